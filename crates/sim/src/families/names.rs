//! Names that people of this province bear: of Arabic, Javanese and Dayak custom.

use fastrand::Rng;

use super::Sex;

/// After which custom a family names its children.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Custom {
    /// Banjar and others of Arabic names.
    Banjar,
    /// Javanese, often of one word.
    Jawa,
    /// Dayak, often with the name of the kin.
    Dayak,
}

const MEN: [&[&str]; 3] = [
    &[
        "Muhammad", "Ahmad", "Abdul", "Rahmat", "Yusuf", "Syahrul", "Nurdin", "Zainal", "Ridwan",
        "Hasan", "Umar", "Rusli", "Saiful", "Mahmud", "Khairul", "Fauzi", "Hamdani", "Sulaiman",
        "Maulana", "Rasyid", "Mukhlis", "Taufik", "Hakim", "Rahman", "Aziz", "Gafur", "Halim",
        "Syukur", "Basri", "Gazali", "Arsyad", "Bahrudin", "Darmawi", "Husaini", "Jailani",
        "Kasim", "Masrani", "Noryadi", "Sabirin", "Tarmiji",
    ],
    &[
        "Slamet", "Agus", "Budi", "Suparno", "Bambang", "Sugeng", "Sutrisno", "Mulyono", "Jumari",
        "Eko", "Joko", "Wahyu", "Heru", "Rudi", "Hendra", "Siswanto", "Sukardi", "Tukimin",
        "Wagiyo", "Hartono", "Purwadi", "Sunarto", "Widodo", "Setiawan", "Gunawan", "Susilo",
        "Nugroho", "Pratama", "Triyono", "Kasman",
    ],
    &[
        "Tambun",
        "Sawang",
        "Nyahu",
        "Lambung",
        "Rangkai",
        "Tarung",
        "Sukah",
        "Yansen",
        "Markus",
        "Yohanes",
        "Petrus",
        "Lukas",
        "Elia",
        "Daniel",
        "Samuel",
        "Andreas",
        "Tomas",
        "Stepanus",
        "Paulus",
        "Hermanus",
        "Bahing",
        "Dambung",
        "Lewi",
        "Marten",
        "Obed",
        "Rinto",
        "Sahdi",
        "Temanggung",
        "Unjung",
        "Yulius",
    ],
];

const WOMEN: [&[&str]; 3] = [
    &[
        "Siti",
        "Nur",
        "Fatimah",
        "Aminah",
        "Aisyah",
        "Khadijah",
        "Rahmah",
        "Halimah",
        "Zainab",
        "Mariam",
        "Norhayati",
        "Mardiana",
        "Jamilah",
        "Salmah",
        "Nurjanah",
        "Rukayah",
        "Saudah",
        "Hasanah",
        "Latifah",
        "Jumiati",
        "Raudah",
        "Masnah",
        "Arbayah",
        "Bahriah",
        "Galuh",
        "Hamsiah",
        "Ijum",
        "Kamsiah",
        "Mastura",
        "Sapura",
    ],
    &[
        "Sri", "Dewi", "Sumiati", "Suparmi", "Wati", "Lestari", "Ningsih", "Rahayu", "Kartini",
        "Endang", "Ani", "Hartini", "Sulastri", "Suryani", "Wahyuni", "Puspita", "Ratna", "Murni",
        "Sutinah", "Lasmini", "Astuti", "Utami", "Tri", "Painah", "Ngatini", "Sariyem", "Warsini",
        "Yuliani", "Partini", "Rumiyati",
    ],
    &[
        "Bawi", "Intan", "Lamiang", "Kameloh", "Kristina", "Maria", "Marta", "Debora", "Ester",
        "Rut", "Sarlina", "Rosalia", "Merry", "Tiwi", "Bulan", "Elisabet", "Rahel", "Lidia",
        "Selvi", "Natalia", "Enon", "Inun", "Kamiar", "Lenie", "Nyai", "Pintan", "Riwut",
        "Sisilia", "Talin", "Yuspina",
    ],
];

const MARGA: [&str; 30] = [
    "Dohong", "Usop", "Narang", "Nahan", "Silam", "Mihing", "Asang", "Sandan", "Pandung", "Ngabe",
    "Bahat", "Rangkap", "Sawung", "Gohong", "Manuah", "Laut", "Tingang", "Antang", "Runting",
    "Andung", "Badak", "Igak", "Tandang", "Bajik", "Gara", "Lampe", "Rasan", "Dehen", "Uhing",
    "Toendan",
];

const STREETS: [&str; 24] = [
    "Tambun Bungai",
    "Garuda",
    "Rajawali",
    "Cilik Riwut",
    "Diponegoro",
    "Pelita",
    "Kapten Mulyono",
    "Sisingamangaraja",
    "Handil Raya",
    "Sungai Kahayan",
    "Anggrek",
    "Melati",
    "Pangeran Samudera",
    "Temanggung Tilung",
    "Yos Sudarso",
    "Murjani",
    "Seth Adji",
    "Galaxi",
    "Beliang",
    "Kutilang",
    "Merpati",
    "Bukit Raya",
    "Hiu Putih",
    "Lintas Barito",
];

const BIRTHPLACES: [&str; 16] = [
    "Palangka Raya",
    "Sampit",
    "Pangkalan Bun",
    "Kuala Kapuas",
    "Buntok",
    "Muara Teweh",
    "Kasongan",
    "Kuala Pembuang",
    "Sukamara",
    "Nanga Bulik",
    "Kuala Kurun",
    "Pulang Pisau",
    "Puruk Cahu",
    "Tamiang Layang",
    "Banjarmasin",
    "Madiun",
];

const BEGINNINGS: [&str; 24] = [
    "Su", "Wi", "Har", "Pur", "Mar", "Sar", "Kar", "Nga", "Tu", "Pra", "Yu", "Rus", "Mul", "Dar",
    "Gi", "Mas", "Nar", "Ban", "Jum", "Lam", "Men", "Ris", "Tan", "Ul",
];
const MIDDLES: [&str; 18] = [
    "di", "yan", "wo", "si", "mi", "ri", "na", "ta", "ja", "ki", "lis", "mar", "ga", "ha", "lu",
    "ba", "ke", "so",
];
const OF_MEN: [&str; 10] = [
    "to", "no", "man", "jo", "wan", "yadi", "rudin", "mono", "san", "dur",
];
const OF_WOMEN: [&str; 10] = [
    "ti", "ni", "nah", "tin", "wati", "sih", "yani", "miah", "lina", "rida",
];

/// Names that few bear.
#[derive(Debug)]
pub(super) struct Tail {
    men: Vec<String>,
    women: Vec<String>,
    marga: Vec<String>,
}

/// Names of a tail.
const TAIL: usize = 1_200;

pub(super) fn tail(rng: &mut Rng) -> Tail {
    let made = |ends: &[&str], rng: &mut Rng| {
        let name = |rng: &mut Rng| {
            format!(
                "{}{}{}",
                one(&BEGINNINGS, rng),
                one(&MIDDLES, rng),
                one(ends, rng)
            )
        };
        (0..TAIL).map(|_| name(rng)).collect()
    };
    Tail {
        men: made(&OF_MEN, rng),
        women: made(&OF_WOMEN, rng),
        marga: (0..TAIL / 4)
            .map(|_| {
                format!(
                    "{}{}",
                    one(&BEGINNINGS, rng),
                    one(&["ng", "i", "an", "ut", "ak"], rng)
                )
            })
            .collect(),
    }
}

fn one<'a, T: ?Sized>(of: &[&'a T], rng: &mut Rng) -> &'a T {
    of[rng.usize(0..of.len())]
}

/// The first of a list are borne by many, the last by few.
fn often<'a, T>(of: &'a [T], rng: &mut Rng) -> &'a T {
    let at = rng.f64() * rng.f64() * 0.999;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place in a list"
    )]
    let at = (at * of.len() as f64) as usize;
    &of[at]
}

pub(super) fn street(rng: &mut Rng) -> String {
    format!(
        "{}{}",
        one(&["Jl. ", "Jln ", "Gg. ", "Jalan "], rng),
        one(&STREETS, rng)
    )
}

pub(super) fn birthplace(rng: &mut Rng) -> &'static str {
    one(&BIRTHPLACES, rng)
}

impl Custom {
    pub(super) fn of(rng: &mut Rng) -> Self {
        super::weighed(
            &[(Self::Banjar, 40), (Self::Jawa, 25), (Self::Dayak, 35)],
            rng,
        )
    }

    pub(super) fn marga(self, tail: &Tail, rng: &mut Rng) -> Option<String> {
        let bears = self == Self::Dayak && super::per_mille(700, rng);
        bears.then(|| match super::per_mille(400, rng) {
            true => often(&tail.marga, rng).clone(),
            false => (*often(&MARGA, rng)).to_owned(),
        })
    }

    /// The words of a name.
    pub(super) fn name(
        self,
        sex: Sex,
        marga: Option<&str>,
        tail: &Tail,
        rng: &mut Rng,
    ) -> Vec<String> {
        let alone = match self {
            Self::Banjar => 220,
            Self::Jawa => 380,
            Self::Dayak => 100,
        };
        let words = match () {
            () if super::per_mille(alone, rng) => 1,
            () if super::per_mille(720, rng) => 2,
            () => 3,
        };
        let mut name: Vec<String> = Vec::new();
        while name.len() + usize::from(marga.is_some() && words > 1) < words {
            let given = self.given(sex, tail, rng);
            if !name.contains(&given) {
                name.push(given);
            }
        }
        if let Some(marga) = marga.filter(|_| words > 1 || rng.bool()) {
            name.push(marga.to_owned());
        }
        name
    }

    fn given(self, sex: Sex, tail: &Tail, rng: &mut Rng) -> String {
        let (all, few) = match sex {
            Sex::Man => (MEN, &tail.men),
            Sex::Woman => (WOMEN, &tail.women),
        };
        match super::per_mille(250, rng) {
            true => often(few, rng).clone(),
            false => (*often(all[self as usize], rng)).to_owned(),
        }
    }
}
