//! How offices write people into their lists.

use fastrand::Rng;

use super::places::Places;
use super::{Day, Family, Home, Person, Sex, per_mille};

/// A record of a list, as it is written.
#[derive(Debug, Clone, Default)]
pub struct Record {
    source: &'static str,
    nik: String,
    kk: String,
    name: String,
    born: String,
    sex: &'static str,
    birthplace: &'static str,
    mother: String,
    relation: &'static str,
    address: String,
    village: String,
}

impl Record {
    /// What the columns are called, the name of the record aside.
    pub const HEADINGS: [&'static str; 11] = [
        "sumber",
        "nik",
        "no_kk",
        "nama",
        "tgl_lahir",
        "jk",
        "tempat_lahir",
        "ibu_kandung",
        "hubungan",
        "alamat",
        "kode_desa",
    ];

    /// What stands in them.
    #[must_use]
    pub fn fields(&self) -> [&str; 11] {
        [
            self.source,
            &self.nik,
            &self.kk,
            &self.name,
            &self.born,
            self.sex,
            self.birthplace,
            &self.mother,
            self.relation,
            &self.address,
            &self.village,
        ]
    }
}

/// How a list is kept: so many of a thousand.
#[derive(Debug, Clone, Copy)]
pub struct Care {
    /// What it is called.
    pub name: &'static str,
    pub(super) families: u32,
    members: u32,
    twice: u32,
    no_nik: u32,
    nik_slips: u32,
    nik_of_another: u32,
    fifteen_digits: u32,
    no_kk: u32,
    kk_slips: u32,
    no_birth: u32,
    birth_slips: u32,
    no_mother: u32,
}

/// The lists of the province.
pub const LISTS: [Care; 5] = [
    Care {
        name: "DTSEN",
        families: 950,
        members: 970,
        twice: 4,
        no_nik: 20,
        nik_slips: 10,
        nik_of_another: 4,
        fifteen_digits: 0,
        no_kk: 10,
        kk_slips: 10,
        no_birth: 5,
        birth_slips: 30,
        no_mother: 150,
    },
    Care {
        name: "DINSOS",
        families: 300,
        members: 800,
        twice: 10,
        no_nik: 50,
        nik_slips: 30,
        nik_of_another: 10,
        fifteen_digits: 20,
        no_kk: 50,
        kk_slips: 30,
        no_birth: 30,
        birth_slips: 50,
        no_mother: 400,
    },
    Care {
        name: "DESA",
        families: 280,
        members: 750,
        twice: 15,
        no_nik: 150,
        nik_slips: 50,
        nik_of_another: 20,
        fifteen_digits: 60,
        no_kk: 150,
        kk_slips: 50,
        no_birth: 80,
        birth_slips: 80,
        no_mother: 600,
    },
    Care {
        name: "PKH",
        families: 140,
        members: 700,
        twice: 6,
        no_nik: 30,
        nik_slips: 20,
        nik_of_another: 10,
        fifteen_digits: 10,
        no_kk: 30,
        kk_slips: 20,
        no_birth: 10,
        birth_slips: 40,
        no_mother: 250,
    },
    Care {
        name: "LAPANGAN",
        families: 100,
        members: 600,
        twice: 10,
        no_nik: 100,
        nik_slips: 60,
        nik_of_another: 20,
        fifteen_digits: 0,
        no_kk: 100,
        kk_slips: 60,
        no_birth: 50,
        birth_slips: 80,
        no_mother: 500,
    },
];

pub(super) const DTSEN: &Care = &LISTS[0];
pub(super) const DESA: &Care = &LISTS[2];
pub(super) const PKH: &Care = &LISTS[3];

/// The deaths that are registered: all of them, and nobody asks for mothers.
pub(super) const KEMATIAN: &Care = &Care {
    name: "KEMATIAN",
    families: 1000,
    members: 1000,
    twice: 8,
    no_nik: 30,
    nik_slips: 15,
    nik_of_another: 8,
    fifteen_digits: 10,
    no_kk: 60,
    kk_slips: 15,
    no_birth: 15,
    birth_slips: 35,
    no_mother: 1000,
};

/// The moves that are registered: all of them, and whoever writes has the papers at hand.
pub(super) const PINDAH: &Care = &Care {
    name: "PINDAH",
    families: 1000,
    members: 1000,
    twice: 4,
    no_nik: 5,
    nik_slips: 5,
    nik_of_another: 2,
    fifteen_digits: 5,
    no_kk: 10,
    kk_slips: 10,
    no_birth: 5,
    birth_slips: 15,
    no_mother: 1000,
};

/// Who gets the card. Whether a family stands there twice is not left to slips.
pub(super) const KPM: &Care = &Care {
    name: "KPM",
    families: 1000,
    members: 1000,
    twice: 0,
    no_nik: 15,
    nik_slips: 15,
    nik_of_another: 6,
    fifteen_digits: 15,
    no_kk: 25,
    kk_slips: 15,
    no_birth: 10,
    birth_slips: 35,
    no_mother: 200,
};

impl Care {
    /// Whether somebody of a family that it has stands in the list.
    pub(super) fn keeps(&self, person: &Person, rng: &mut Rng) -> bool {
        person.relation == "KEPALA" || per_mille(self.members, rng)
    }
}

/// Short forms that people write, and of what.
const SHORT: [(&str, &[&str]); 8] = [
    (
        "Muhammad",
        &[
            "M.", "Muh.", "Moh.", "Mhd", "Mohammad", "Muhamad", "Mochamad",
        ],
    ),
    ("Ahmad", &["Akhmad", "Achmad", "A.", "Ahmat"]),
    ("Abdul", &["Abd.", "Abd", "Abdoel"]),
    ("Siti", &["St.", "Sitti"]),
    ("Nur", &["Noor", "Nor"]),
    ("Yusuf", &["Jusuf", "Yusup", "Joesoef"]),
    ("Sri", &["Seri", "Srie"]),
    ("Yohanes", &["Johanes", "Yohannes"]),
];

/// Spellings of one sound.
const SPELLINGS: [(&str, &str); 14] = [
    ("u", "oe"),
    ("j", "dj"),
    ("c", "tj"),
    ("sy", "s"),
    ("kh", "h"),
    ("z", "j"),
    ("f", "p"),
    ("v", "f"),
    ("ah", "a"),
    ("ai", "ay"),
    ("th", "t"),
    ("d", "dh"),
    ("o", "u"),
    ("i", "ie"),
];

/// Writes lists with so much care.
pub(super) struct Writer<'a> {
    careless: f64,
    places: &'a Places,
}

impl<'a> Writer<'a> {
    pub(super) const fn new(careless: f64, places: &'a Places) -> Self {
        Self { careless, places }
    }

    /// A slip that happens to so many of a thousand where care is usual.
    fn slips(&self, share: u32, rng: &mut Rng) -> bool {
        rng.f64() * 1000.0 < f64::from(share) * self.careless
    }

    /// What all lists have of a family, each with the person that it is of.
    pub(super) fn write(&self, family: &Family, rng: &mut Rng) -> Vec<(Record, u32)> {
        let mut records = Vec::new();
        let mut lists: Vec<Care> = LISTS
            .into_iter()
            .filter(|list| per_mille(list.families, rng))
            .collect();
        if lists.is_empty() {
            lists.push(LISTS[0]);
        }
        for person in &family.members {
            for list in &lists {
                if lists.len() == 1 || list.keeps(person, rng) {
                    for _ in 0..self.times(list, rng) {
                        records.push((self.record(list, family, person, rng), person.id));
                    }
                }
            }
        }
        records
    }

    /// How many records a list has of somebody who stands in it.
    pub(super) fn times(&self, list: &Care, rng: &mut Rng) -> usize {
        1 + usize::from(self.slips(list.twice, rng))
    }

    /// Somebody as a list has them, at one of the homes of the family.
    pub(super) fn record(
        &self,
        list: &Care,
        family: &Family,
        person: &Person,
        rng: &mut Rng,
    ) -> Record {
        let moved = family.other_home.as_ref().filter(|_| rng.bool());
        self.record_at(moved.unwrap_or(&family.home), list, family, person, rng)
    }

    /// Somebody as a list has them at a home.
    pub(super) fn record_at(
        &self,
        home: &Home,
        list: &Care,
        family: &Family,
        person: &Person,
        rng: &mut Rng,
    ) -> Record {
        let sex = if self.slips(6, rng) == (person.sex == Sex::Man) {
            "P"
        } else {
            "L"
        };
        let street = if rng.u8(0..4) == 0 {
            slip(&home.street, rng)
        } else {
            home.street.clone()
        };
        let address = match per_mille(800, rng) {
            true => format!("{street} RT {:02} RW {:02}", home.rt_rw.0, home.rt_rw.1),
            false => street,
        };
        let village = if self.slips(10, rng) {
            self.places.home(rng).village
        } else {
            home.village
        };
        let father = family
            .members
            .first()
            .filter(|head| head.sex == Sex::Man && head.id != person.id)
            .map(|head| head.name.join(" "));
        Record {
            source: list.name,
            nik: self.nik(list, family, person, rng),
            kk: self.kk(list, home.kk, rng),
            name: self.name(person, father.as_deref(), rng),
            born: self.born(list, person.born, rng),
            sex,
            birthplace: if per_mille(100, rng) {
                ""
            } else {
                person.birthplace
            },
            mother: match self.slips(list.no_mother, rng) {
                true => String::new(),
                false => self.words(&person.mother, rng),
            },
            relation: person.relation,
            address,
            village: village.to_string(),
        }
    }

    fn nik(&self, list: &Care, family: &Family, person: &Person, rng: &mut Rng) -> String {
        let whole = person.nik.to_string();
        if self.slips(list.no_nik, rng) {
            let no = ["", "", "-", "0", "9999999999999999"];
            return no[rng.usize(0..no.len())].to_owned();
        }
        if self.slips(list.nik_slips, rng) {
            return wrong_digits(&whole, rng);
        }
        if self.slips(list.nik_of_another, rng) {
            return family.members[rng.usize(0..family.members.len())]
                .nik
                .to_string();
        }
        if self.slips(list.fifteen_digits, rng) {
            return format!("{}0", &whole[..15]);
        }
        whole
    }

    fn kk(&self, list: &Care, kk: u64, rng: &mut Rng) -> String {
        match () {
            () if self.slips(list.no_kk, rng) => String::new(),
            () if self.slips(list.kk_slips, rng) => wrong_digits(&kk.to_string(), rng),
            () => kk.to_string(),
        }
    }

    fn born(&self, list: &Care, born: Day, rng: &mut Rng) -> String {
        if self.slips(list.no_birth, rng) {
            return String::new();
        }
        let mut day = born;
        if self.slips(list.birth_slips, rng) {
            match rng.u8(0..5) {
                0 if day.day <= 12 => std::mem::swap(&mut day.day, &mut day.month),
                0 | 1 => day.year = day.year + rng.u16(1..3) - if rng.bool() { 0 } else { 3 },
                2 => (day.month, day.day) = [(1, 1), (7, 1), (12, 31)][rng.usize(0..3)],
                3 => day.day = 1 + (day.day + rng.u8(1..10)) % 28,
                _ => day.month = 1 + day.month % 12,
            }
        }
        day.to_string()
    }

    /// A name with all that lists add to it.
    fn name(&self, person: &Person, father: Option<&str>, rng: &mut Rng) -> String {
        let mut name = self.words(&person.name, rng);
        let (haji, child) = match person.sex {
            Sex::Man => ("H. ", "bin"),
            Sex::Woman => ("Hj. ", "binti"),
        };
        if self.slips(25, rng) {
            name.insert_str(0, haji);
        }
        if let Some(father) = father.filter(|_| self.slips(20, rng)) {
            name = format!("{name} {child} {father}");
        }
        if self.slips(10, rng) {
            name.push_str([", S.Pd", ", SE", " S.Kom", ", A.Md"][rng.usize(0..4)]);
        }
        match rng.u8(0..10) {
            0..7 => name.to_uppercase(),
            _ => name,
        }
    }

    /// The words of a name as somebody writes them.
    fn words(&self, name: &[String], rng: &mut Rng) -> String {
        let mut words = name.to_vec();
        if self.slips(280, rng)
            && let Some((word, (_, forms))) = words.iter_mut().find_map(|word| {
                SHORT
                    .iter()
                    .find(|(full, _)| word == full)
                    .map(|short| (word, short))
            })
        {
            *word = forms[rng.usize(0..forms.len())].to_owned();
        }
        if self.slips(80, rng) {
            let at = rng.usize(0..words.len());
            let (old, new) = SPELLINGS[rng.usize(0..SPELLINGS.len())];
            words[at] = words[at].to_lowercase().replacen(old, new, 1);
        }
        if words.len() > 1 {
            match rng.u32(0..1000) {
                0..50 => drop(words.remove(rng.usize(0..words.len()))),
                50..70 => words.swap(0, 1),
                70..90 => {
                    let last = words.len() - 1;
                    words[last] = format!("{}.", &words[last][..1]);
                }
                90..110 => words = vec![words.concat()],
                _ => {}
            }
        }
        if self.slips(90, rng) {
            let at = rng.usize(0..words.len());
            words[at] = slip(&words[at], rng);
        }
        words.join(" ")
    }
}

/// One slip of the pen in a word.
fn slip(word: &str, rng: &mut Rng) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    if letters.len() < 3 {
        return word.to_owned();
    }
    let at = rng.usize(1..letters.len() - 1);
    match rng.u8(0..4) {
        0 => letters.swap(at, at + 1),
        1 => letters[at] = char::from(rng.u8(b'a'..=b'z')),
        2 => drop(letters.remove(at)),
        _ => letters.insert(at, letters[at]),
    }
    letters.into_iter().collect()
}

/// A number with a slip: two digits changed over, one wrong, or one lost.
fn wrong_digits(number: &str, rng: &mut Rng) -> String {
    let mut digits: Vec<char> = number.chars().collect();
    let at = rng.usize(0..digits.len() - 1);
    match rng.u8(0..3) {
        0 => digits.swap(at, at + 1),
        1 => digits[at] = char::from(rng.u8(b'0'..=b'9')),
        _ => {
            digits.remove(at);
            if rng.bool() {
                digits.push(char::from(rng.u8(b'0'..=b'9')));
            }
        }
    }
    digits.into_iter().collect()
}
