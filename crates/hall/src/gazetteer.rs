//! Which area a list means.
//!
//! Lists name areas by Kemendagri codes that spreadsheets have eaten, by BPS codes
//! that look alike and mean others, and by names that several areas have. What can
//! be told apart is; what cannot is refused, and the refusal names what it could
//! have been. Nothing is guessed.

use base::area::{AreaCode, AreaLevel};
use store::{Conn, Error};

use crate::areas::{self, Filter};
use crate::intake::Said;

/// Areas that a refusal names.
const NAMED_MAX: usize = 5;

/// Why no area is meant: what is wrong, and what to do.
pub type Refusal = (Said, Said);

/// Every area in force, ready to be found by code or name.
#[derive(Debug)]
pub struct Gazetteer {
    areas: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    code: AreaCode,
    name: String,
    level: AreaLevel,
    keys: Keys,
}

/// A name as it is compared: whole, and without the word that says what it is.
#[derive(Debug, PartialEq, Eq)]
struct Keys {
    whole: String,
    bare: String,
}

impl Keys {
    /// Whether a name that somebody wrote may be this one. "Kota Waringin" begins
    /// with a word that says what it is, and does not mean it so.
    fn fit(&self, written: &Self) -> bool {
        self.bare == written.bare || self.bare == written.whole || self.whole == written.whole
    }
}

/// What a list says of a place in names, the widest first. What it leaves out is
/// none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Named<'n> {
    /// Kabupaten or kota.
    pub regency: Option<&'n str>,
    /// Kecamatan.
    pub district: Option<&'n str>,
    /// Desa or kelurahan.
    pub village: Option<&'n str>,
    /// A name of which the list does not say how deep it lies.
    pub any: Option<&'n str>,
}

impl<'n> Named<'n> {
    /// Each name, how deep it lies if that is known, and which one it is.
    fn steps(&self) -> [(Option<&'n str>, Option<AreaLevel>, &'static str); 4] {
        [
            (self.regency, Some(AreaLevel::Regency), "regency"),
            (self.district, Some(AreaLevel::District), "district"),
            (self.village, Some(AreaLevel::Village), "village"),
            (self.any, None, "area_name"),
        ]
    }

    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps().iter().all(|(name, ..)| name.is_none())
    }
}

impl Gazetteer {
    /// Reads the register.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn load(conn: &mut Conn) -> Result<Self, Error> {
        let mut found = Vec::new();
        let mut filter = Filter::default();
        loop {
            let (page, next) = areas::list(conn, &filter, 5_000).await?;
            found.extend(page.into_iter().filter(|area| area.valid_to.is_none()));
            match next {
                Some(after) => filter.after = Some(after),
                None => break,
            }
        }
        Ok(Self::of(
            found.into_iter().map(|area| (area.code, area.name)),
        ))
    }

    fn of(areas: impl IntoIterator<Item = (AreaCode, String)>) -> Self {
        let entry = |(code, name): (AreaCode, String)| Entry {
            level: code.level(),
            keys: keys(&name),
            code,
            name,
        };
        Self {
            areas: areas.into_iter().map(entry).collect(),
        }
    }

    /// The area of a code that a list says is one of Kemendagri.
    ///
    /// # Errors
    /// What is wrong with it; that it is a code of BPS, if it is one.
    pub fn code(&self, text: &str) -> Result<AreaCode, Refusal> {
        let text = text.trim();
        if let Ok(code) = text.parse::<AreaCode>() {
            return if self.entry(&code).is_some() {
                Ok(code)
            } else {
                Err((
                    Said::with(
                        format!("{code} tidak ada di daftar wilayah"),
                        format!("{code} is not in the register of areas"),
                    ),
                    Said::new(
                        "pakai kode Kemendagri yang berlaku, atau isi nama wilayahnya",
                        "use a Kemendagri code in force, or give the names of the area",
                    ),
                ))
            };
        }
        let digits = text.chars().all(|c| c.is_ascii_digit());
        let parts: Vec<&str> = text.split('.').collect();
        let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
        let numeric = parts
            .iter()
            .all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()));
        match lengths.as_slice() {
            // BPS has three digits for a district and three for a village.
            [7] if digits => Err(bps(text)),
            [2, 2, 3] | [2, 2, 3, 3] if numeric => Err(bps(text)),
            [10] if digits && text[6..].starts_with('0') => Err(bps(text)),
            [4 | 6 | 10] if digits => Err(self.without_dots(text)),
            [2, 1] if numeric => Err(self.eaten(parts[0], parts[1])),
            _ => Err((
                Said::with(
                    format!("{} bukan kode wilayah", crate::intake::excerpt(text)),
                    format!("{} is no area code", crate::intake::excerpt(text)),
                ),
                Said::new(
                    "tulis PP.KK.CC.DDDD seperti 62.71.01.1001, atau isi nama wilayahnya",
                    "write PP.RR.DD.VVVV such as 62.71.01.1001, or give the names of the area",
                ),
            )),
        }
    }

    /// A code without its dots is written as BPS writes: it may be either.
    fn without_dots(&self, digits: &str) -> Refusal {
        let dotted: String = digits
            .char_indices()
            .fold(String::new(), |mut text, (at, c)| {
                if matches!(at, 2 | 4 | 6) {
                    text.push('.');
                }
                text.push(c);
                text
            });
        let known = dotted.parse().ok().and_then(|code| self.entry(&code));
        let (id, en) = match known {
            Some(entry) => (
                format!("tulis dengan titik bila maksudnya {}", self.full(entry)),
                format!("write it with dots if it means {}", self.full(entry)),
            ),
            None => (
                "tulis kode Kemendagri dengan titik, atau isi nama wilayahnya".to_owned(),
                "write the Kemendagri code with dots, or give the names of the area".to_owned(),
            ),
        };
        (
            Said::with(
                format!("{digits} ditulis tanpa titik, seperti kode BPS"),
                format!("{digits} stands there without dots, as codes of BPS do"),
            ),
            Said::with(id, en),
        )
    }

    /// `62.1`: a spreadsheet made a number of 62.10, or somebody means 62.01.
    fn eaten(&self, province: &str, last: &str) -> Refusal {
        let meant: Vec<String> = [format!("{province}.{last}0"), format!("{province}.0{last}")]
            .iter()
            .filter_map(|text| self.entry(&text.parse().ok()?))
            .map(|entry| self.full(entry))
            .collect();
        (
            Said::with(
                format!("{province}.{last} kehilangan satu angka; lembar sebar membuang nol"),
                format!("{province}.{last} lacks a digit; spreadsheets drop zeros"),
            ),
            Said::with(
                format!(
                    "format kolom sebagai teks, lalu tulis {}",
                    or(&meant, "atau")
                ),
                format!("make the column text and write {}", or(&meant, "or")),
            ),
        )
    }

    /// The one area that the names mean. The field that is to blame comes with a
    /// refusal.
    ///
    /// # Errors
    /// That there is none of a name, or which ones there are.
    pub fn named(&self, named: &Named<'_>) -> Result<AreaCode, (&'static str, Refusal)> {
        let mut within: Option<Vec<&Entry>> = None;
        let mut last = ("area_name", "");
        for (name, level, field) in named.steps() {
            let Some(name) = name else { continue };
            let here = |entry: &&Entry| {
                within
                    .as_ref()
                    .is_none_or(|wide| wide.iter().any(|around| around.code.contains(&entry.code)))
            };
            let fits = |entry: &&Entry| level.is_none_or(|level| entry.level == level);
            let wanted = keys(name);
            let candidates: Vec<&Entry> = self
                .areas
                .iter()
                .filter(fits)
                .filter(here)
                .filter(|entry| entry.keys.fit(&wanted))
                .collect();
            if candidates.is_empty() {
                let near = self.near(&wanted, |entry| fits(&entry) && here(&entry));
                return Err((field, none(name, within.as_deref(), &near)));
            }
            // "Kota Bandung" is not "Kabupaten Bandung", where both are there.
            let whole: Vec<&Entry> = candidates
                .iter()
                .filter(|entry| entry.keys.whole == wanted.whole)
                .copied()
                .collect();
            within = Some(if whole.is_empty() { candidates } else { whole });
            last = (field, name);
        }
        match within.as_deref() {
            Some([one]) => Ok(one.code.clone()),
            Some(several) => Err((last.0, self.several(last.1, several))),
            None => Err((
                "area",
                (
                    Said::new("wilayah kosong", "the area is empty"),
                    Said::new(
                        "isi kode wilayah, atau nama kabupaten/kota, kecamatan, dan desa",
                        "give the area code, or the names of regency, district and village",
                    ),
                ),
            )),
        }
    }

    /// Whether the names say something else than the code does. Where they do, the
    /// code may be one of BPS with dots put in.
    #[must_use]
    pub fn contradicts(
        &self,
        code: &AreaCode,
        named: &Named<'_>,
    ) -> Option<(&'static str, Refusal)> {
        for (name, level, field) in named.steps() {
            let (Some(name), Some(level)) = (name, level) else {
                continue;
            };
            let around = self
                .areas
                .iter()
                .find(|entry| entry.level == level && entry.code.contains(code));
            let wanted = keys(name);
            if let Some(around) = around
                && !around.keys.fit(&wanted)
            {
                let name = crate::intake::excerpt(name);
                let full = self.full(around);
                return Some((
                    field,
                    (
                        Said::with(
                            format!("kode berarti {full}, kolom ini berisi {name}"),
                            format!("the code means {full}, and this column says {name}"),
                        ),
                        Said::new(
                            "periksa apakah itu kode BPS; kode Kemendagri sering lain",
                            "see whether it is a BPS code; that of Kemendagri often differs",
                        ),
                    ),
                ));
            }
        }
        None
    }

    /// The name of an area with what lies around it.
    #[must_use]
    pub fn name(&self, code: &AreaCode) -> String {
        self.entry(code)
            .map_or_else(|| code.to_string(), |entry| self.full(entry))
    }

    fn entry(&self, code: &AreaCode) -> Option<&Entry> {
        self.areas.iter().find(|entry| entry.code == *code)
    }

    fn full(&self, entry: &Entry) -> String {
        let regency = self.areas.iter().find(|wide| {
            wide.level == AreaLevel::Regency
                && wide.code != entry.code
                && wide.code.contains(&entry.code)
        });
        match regency {
            Some(regency) => format!("{} {} ({})", entry.code, entry.name, regency.name),
            None => format!("{} {}", entry.code, entry.name),
        }
    }

    fn several(&self, name: &str, several: &[&Entry]) -> Refusal {
        let mut named: Vec<String> = several
            .iter()
            .take(NAMED_MAX)
            .map(|entry| self.full(entry))
            .collect();
        if several.len() > NAMED_MAX {
            named.push("…".to_owned());
        }
        let (count, name) = (several.len(), crate::intake::excerpt(name));
        (
            Said::with(
                format!("ada {count} wilayah bernama {name}: {}", named.join("; ")),
                format!("there are {count} areas named {name}: {}", named.join("; ")),
            ),
            Said::new(
                "isi kode wilayahnya, atau kolom kabupaten/kota dan kecamatan",
                "give the area code, or the columns of regency and district",
            ),
        )
    }

    /// What somebody who has mistyped could have meant, the nearest first.
    fn near(&self, wanted: &Keys, among: impl Fn(&Entry) -> bool) -> Vec<String> {
        let most = (wanted.bare.chars().count() / 4).clamp(1, 3);
        let mut near: Vec<(usize, &Entry)> = self
            .areas
            .iter()
            .filter(|entry| among(entry))
            .map(|entry| (distance(&entry.keys.bare, &wanted.bare), entry))
            .filter(|(distance, _)| *distance <= most)
            .collect();
        near.sort_by_key(|(distance, entry)| (*distance, entry.code.clone()));
        near.iter()
            .take(3)
            .map(|(_, entry)| self.full(entry))
            .collect()
    }
}

fn bps(code: &str) -> Refusal {
    (
        Said::with(
            format!("{code} adalah kode BPS"),
            format!("{code} is a code of BPS"),
        ),
        Said::new(
            "pakai kode Kemendagri (PP.KK.CC.DDDD), atau isi nama wilayahnya",
            "use the Kemendagri code (PP.RR.DD.VVVV), or give the names of the area",
        ),
    )
}

fn none(name: &str, within: Option<&[&Entry]>, near: &[String]) -> Refusal {
    let name = crate::intake::excerpt(name);
    let place = |word: &str| match within {
        Some([one]) => format!(" {word} {}", one.name),
        _ => String::new(),
    };
    let todo = if near.is_empty() {
        Said::new(
            "tulis nama seperti di daftar wilayah, atau isi kodenya",
            "write the name as the register of areas does, or give its code",
        )
    } else {
        Said::with(
            format!("maksudnya {}?", or(near, "atau")),
            format!("does it mean {}?", or(near, "or")),
        )
    };
    (
        Said::with(
            format!("tidak ada wilayah bernama {name}{}", place("di")),
            format!("there is no area named {name}{}", place("in")),
        ),
        todo,
    )
}

fn or(words: &[String], or: &str) -> String {
    words.join(&format!(" {or} "))
}

/// Words that say what an area is, as people write them.
const KINDS: [(&str, &str); 12] = [
    ("kab", "kabupaten"),
    ("kabupaten", "kabupaten"),
    ("kota", "kota"),
    ("kotamadya", "kota"),
    ("kodya", "kota"),
    ("kec", "kecamatan"),
    ("kecamatan", "kecamatan"),
    ("kel", "kelurahan"),
    ("kelurahan", "kelurahan"),
    ("ds", "desa"),
    ("desa", "desa"),
    ("provinsi", "provinsi"),
];

fn keys(name: &str) -> Keys {
    let lower = name.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let kind = words
        .first()
        .filter(|_| words.len() > 1)
        .and_then(|first| KINDS.iter().find(|(word, _)| word == first));
    match kind {
        Some((_, kind)) => {
            let bare = words[1..].concat();
            Keys {
                whole: format!("{kind}{bare}"),
                bare,
            }
        }
        None => Keys {
            whole: words.concat(),
            bare: words.concat(),
        },
    }
}

/// Letters to change, add or take away between two words (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn gazetteer() -> Gazetteer {
        Gazetteer::of(
            [
                ("62", "Kalimantan Tengah"),
                ("62.01", "Kabupaten Kotawaringin Barat"),
                ("62.04", "Kabupaten Barito Selatan"),
                ("62.05", "Kabupaten Barito Utara"),
                ("62.10", "Kabupaten Gunung Mas"),
                ("62.71", "Kota Palangka Raya"),
                ("62.71.01", "Pahandut"),
                ("62.71.01.1001", "Pahandut"),
                ("62.05.01", "Montallat"),
                ("62.05.01.2001", "Sikui"),
                ("62.05.02", "Gunung Timang"),
                ("62.05.02.2001", "Rarawa"),
                ("62.04.02", "Dusun Utara"),
                ("62.04.02.2003", "Rarawa"),
            ]
            .map(|(code, name)| (code.parse().expect("a code"), name.to_owned())),
        )
    }

    fn named(named: Named<'_>) -> Result<String, (String, String)> {
        let found = gazetteer().named(&named);
        found
            .map(|code| code.to_string())
            .map_err(|(field, (wrong, todo))| {
                (field.to_owned(), format!("{} {}", wrong.en, todo.en))
            })
    }

    #[test]
    fn codes_are_told_from_what_looks_alike() {
        let code = |text: &str| {
            let found = gazetteer().code(text);
            found.map_or_else(
                |(wrong, todo)| format!("{}; {}", wrong.en, todo.en),
                |code| code.to_string(),
            )
        };
        assert_eq!(code(" 62.71.01 "), "62.71.01");
        for (text, says) in [
            ("62.72", "is not in the register"),
            ("6271010", "is a code of BPS"),
            ("6271010001", "is a code of BPS"),
            ("62.71.010", "is a code of BPS"),
            ("62.71.010.001", "is a code of BPS"),
            (
                "6271",
                "write it with dots if it means 62.71 Kota Palangka Raya",
            ),
            ("627101", "62.71.01 Pahandut (Kota Palangka Raya)"),
            ("6271011001", "62.71.01.1001 Pahandut"),
            (
                "62.1",
                "62.10 Kabupaten Gunung Mas or 62.01 Kabupaten Kotawaringin Barat",
            ),
            ("Pahandut", "is no area code"),
            ("", "is no area code"),
        ] {
            assert!(code(text).contains(says), "{text}: {}", code(text));
        }
    }

    #[test]
    fn a_name_is_an_area_when_it_is_one_only() {
        let regency = |name| Named {
            regency: Some(name),
            ..Named::default()
        };
        for name in ["Kota Palangka Raya", "palangkaraya", "KOTA PALANGKARAYA"] {
            assert_eq!(named(regency(name)).as_deref(), Ok("62.71"), "{name}");
        }
        for name in [
            "Kab. Kotawaringin Barat",
            "Kotawaringin  Barat",
            "Kota Waringin Barat",
        ] {
            assert_eq!(named(regency(name)).as_deref(), Ok("62.01"), "{name}");
        }
        let rarawa = Named {
            village: Some("Desa Rarawa"),
            ..Named::default()
        };
        let (field, says) = named(rarawa).expect_err("two of that name");
        assert_eq!(field, "village");
        assert!(
            says.contains("62.05.02.2001 Rarawa (Kabupaten Barito Utara)"),
            "{says}"
        );
        assert!(
            says.contains("62.04.02.2003 Rarawa (Kabupaten Barito Selatan)"),
            "{says}"
        );
        let told = Named {
            regency: Some("Barito Selatan"),
            ..rarawa
        };
        assert_eq!(named(told).as_deref(), Ok("62.04.02.2003"));
        let any = Named {
            any: Some("Pahandut"),
            ..Named::default()
        };
        let (_, says) = named(any).expect_err("a district and a village");
        assert!(
            says.contains("62.71.01 Pahandut") && says.contains("62.71.01.1001"),
            "{says}"
        );
        let (_, says) = named(regency("Barito Utra")).expect_err("mistyped");
        assert!(
            says.contains("does it mean 62.05 Kabupaten Barito Utara"),
            "{says}"
        );
        let (field, _) = named(Named::default()).expect_err("nothing");
        assert_eq!(field, "area");
    }

    #[test]
    fn a_bps_code_with_dots_is_given_away_by_its_name() {
        let named = Named {
            regency: Some("Barito Selatan"),
            ..Named::default()
        };
        let code = "62.05".parse().expect("a code");
        let (field, (wrong, _)) = gazetteer().contradicts(&code, &named).expect("they differ");
        assert_eq!(field, "regency");
        assert!(wrong.en.contains("Barito Utara"), "{}", wrong.en);
        let code = "62.04".parse().expect("a code");
        assert!(gazetteer().contradicts(&code, &named).is_none());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,20}", digits in "[0-9.]{0,14}") {
            let gazetteer = gazetteer();
            let _ = gazetteer.code(&text);
            let _ = gazetteer.code(&digits);
            let _ = gazetteer.named(&Named { any: Some(&text), ..Named::default() });
        }

        #[test]
        fn every_name_that_is_there_once_is_found(at in 0_usize..14) {
            let gazetteer = gazetteer();
            let entry = &gazetteer.areas[at];
            let named = Named { any: Some(&entry.name), ..Named::default() };
            let same = gazetteer.areas.iter().filter(|other| other.name == entry.name).count();
            match gazetteer.named(&named) {
                Ok(code) => prop_assert_eq!(&code, &entry.code),
                Err(_) => prop_assert!(same > 1),
            }
        }
    }
}
