//! Household businesses of a made-up province, as an office of small businesses lists them.
//!
//! They belong to people whom DTSEN knows, of whom the list says as much as whoever counted
//! the stalls was told; some belong to people whom no list knows. Whose each is goes out
//! beside it.

use fastrand::Rng;

use super::programme::{List, Programme, TooFew};
use super::{names, per_mille};

/// What the columns are called.
pub const HEADINGS: [&str; 14] = [
    "nik",
    "no_kk",
    "nama",
    "tgl_lahir",
    "jk",
    "nama_usaha",
    "jenis_usaha",
    "kbli",
    "nib",
    "omzet",
    "lama_usaha",
    "bantuan",
    "alamat",
    "kode_desa",
];

/// Of a thousand grown people, those who own a business.
const OWNERS: u32 = 120;
/// Of a thousand owners, those with a second one.
const SECOND: u32 = 60;
/// Of a thousand businesses, those of people whom no list knows.
pub const STRANGERS: u32 = 40;

/// What people trade in: what it is called, in words, by KBLI 2020, and what it takes in a
/// month at the least, in thousand rupiah.
const TRADES: [(&str, &str, &str, u32); 8] = [
    ("Warung", "warung makan", "56102", 1_500),
    ("Kios", "perdagangan eceran", "47112", 2_000),
    ("Kue", "pembuatan kue basah", "10792", 900),
    ("Anyaman", "kerajinan rotan", "16291", 600),
    ("Bengkel", "bengkel sepeda motor", "45407", 3_000),
    ("Jahit", "penjahitan pakaian", "14120", 1_200),
    ("Ternak", "peternakan ayam kampung", "01463", 1_000),
    ("Ikan", "pengolahan ikan asin", "10211", 1_400),
];

/// A row as it goes out.
#[derive(Debug, Clone)]
pub struct Business {
    /// What stands in its columns.
    pub fields: [String; HEADINGS.len()],
    /// Whose it is, as the lists of the programme number people; none of whom no list knows.
    pub owner: Option<u32>,
    /// The owner's family.
    pub family: Option<u32>,
}

/// Gives each business of the province of a programme, in an order by chance.
///
/// # Errors
/// When the province has fewer families than its lists are of.
pub fn write(programme: &Programme) -> Result<Vec<Business>, TooFew> {
    let mut rng = Rng::with_seed(programme.seed ^ 0x75_7361_6861);
    let mut all = Vec::new();
    programme.write(|row| {
        let is_grown = row.fields.get(7).is_some_and(|it| *it != "ANAK");
        if row.list != List::Dtsen || !is_grown || !per_mille(OWNERS, &mut rng) {
            return;
        }
        let times = 1 + usize::from(per_mille(SECOND, &mut rng));
        for nth in 0..times {
            all.push(of(row.fields, nth, &mut rng));
            if let Some(it) = all.last_mut() {
                (it.owner, it.family) = (Some(row.person), Some(row.family));
            }
        }
    })?;
    let strangers = all.len() * STRANGERS as usize / 1_000;
    let tail = names::tail(&mut rng);
    for _ in 0..strangers {
        let custom = names::Custom::of(&mut rng);
        let name = custom
            .name(super::Sex::Woman, None, &tail, &mut rng)
            .join(" ");
        let village = all[rng.usize(0..all.len())].fields[13].clone();
        let row = ["", "", &name, "", "P", "", "", "", "", &village];
        all.push(of(&row, 0, &mut rng));
    }
    rng.shuffle(&mut all);
    Ok(all)
}

/// A business of somebody who stands in DTSEN like that.
fn of(person: &[&str], nth: usize, rng: &mut Rng) -> Business {
    let said = |at: usize| (*person.get(at).unwrap_or(&"")).to_owned();
    let (called, trade, kbli, least) = TRADES[rng.usize(0..TRADES.len())];
    let first = said(2)
        .split_whitespace()
        .next()
        .unwrap_or("")
        .to_lowercase();
    let often = |share: u32, text: String, rng: &mut Rng| match per_mille(share, rng) {
        true => text,
        false => String::new(),
    };
    let rupiah = u64::from(least) * 1_000 * rng.u64(5..200) / 10;
    let nib = format!("91{:011}", rng.u64(0..100_000_000_000));
    let grants = [
        "tidak ada",
        "tidak ada",
        "tidak ada",
        "BPUM",
        "KUR",
        "BPUM, KUR",
    ];
    let fields = [
        often(930, said(0), rng),
        often(800, said(1), rng),
        often(970, said(2), rng),
        often(250, said(3), rng),
        said(4),
        format!("{called} {first} {}", nth + 1),
        trade.to_owned(),
        often(700, kbli.to_owned(), rng),
        often(400, nib, rng),
        often(900, rupiah.to_string(), rng),
        often(850, rng.u32(0..25).to_string(), rng),
        often(800, grants[rng.usize(0..grants.len())].to_owned(), rng),
        said(8),
        often(980, said(9), rng),
    ];
    Business {
        fields,
        owner: None,
        family: None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn programme(seed: u64) -> Programme {
        Programme {
            seed,
            recipients: 500,
            families: 1_000,
            careless: 1.0,
        }
    }

    #[test]
    fn whose_each_is_follows_from_the_list_of_people() {
        let programme = programme(3);
        let mut people: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        programme
            .write(|row| {
                if row.list == List::Dtsen {
                    people
                        .entry(row.person)
                        .or_default()
                        .push(row.fields[0].to_owned());
                }
            })
            .expect("enough families");
        let all = write(&programme).expect("enough families");
        assert!(all.len() > 150, "{}", all.len());
        let strangers = all.iter().filter(|it| it.owner.is_none());
        let known = all.iter().filter(|it| it.owner.is_some()).count();
        assert_eq!(strangers.count(), known * STRANGERS as usize / 1_000);
        for it in &all {
            let nik = &it.fields[0];
            let its = it.owner.and_then(|owner| people.get(&owner));
            assert!(nik.is_empty() || its.is_some_and(|its| its.contains(nik)));
            assert!(!it.fields[5].is_empty());
        }
        let again = write(&programme).expect("enough families");
        assert!(all.iter().zip(&again).all(|(a, b)| a.fields == b.fields));
    }
}
