//! What rules ask and columns say, in words.

use card_core::facts::Facts;
use card_core::rule::{Column, Leaf, Op, Shown, Term, Test, Type};

use crate::room::Areas;

/// In which language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Indonesian,
    English,
}

use Language::{English, Indonesian};

impl Language {
    const fn of(self, indonesian: &'static str, english: &'static str) -> &'static str {
        match self {
            Indonesian => indonesian,
            English => english,
        }
    }
}

/// Codes or names that are told by name; of more it is told how many.
const NAMED: usize = 6;

/// What a rule asks.
pub(crate) fn term(areas: &Areas, language: Language, term: &Term) -> String {
    let many = |of: &[Term], between: &str| {
        let parts: Vec<String> = of
            .iter()
            .map(|part| match (part, of.len()) {
                (Term::All(_) | Term::Any(_), 2..) => {
                    format!("({})", self::term(areas, language, part))
                }
                _ => self::term(areas, language, part),
            })
            .collect();
        parts.join(between)
    };
    match term {
        Term::All(of) => many(of, language.of(" dan ", " and ")),
        Term::Any(of) => many(of, language.of(" atau ", " or ")),
        Term::Not(of) => {
            let inner = self::term(areas, language, of);
            format!(
                "{} ({inner})",
                language.of("tidak benar bahwa", "it is not so that")
            )
        }
        Term::Is(leaf) => self::leaf(areas, language, leaf),
    }
}

/// What one leaf asks.
pub(crate) fn leaf(areas: &Areas, language: Language, leaf: &Leaf) -> String {
    let column = name(leaf.column, language);
    let unit = match leaf.column.holds() {
        Type::Number { unit: "" } => String::new(),
        Type::Number { unit } => format!(" {}", self::unit(unit, language)),
        _ => String::new(),
    };
    match &leaf.test {
        Test::Compare { op, to } => {
            let is_rank = unit.is_empty();
            let how = match op {
                Op::Equal => language.of("tepat", "exactly"),
                Op::Other => language.of("bukan", "other than"),
                Op::Below => language.of("kurang dari", "less than"),
                Op::AtMost if is_rank => language.of("paling tinggi", "at most"),
                Op::AtMost => language.of("paling banyak", "at most"),
                Op::Above => language.of("lebih dari", "more than"),
                Op::AtLeast if is_rank => language.of("paling rendah", "at least"),
                Op::AtLeast => language.of("paling sedikit", "at least"),
            };
            format!("{column} {how} {to}{unit}")
        }
        Test::Between { from, to } => {
            let (till, how) = (language.of("sampai", "to"), language.of("dari", "from"));
            format!("{column} {how} {from} {till} {to}{unit}")
        }
        Test::Flag(true) => format!("{column}: {}", language.of("ya", "yes")),
        Test::Flag(false) => format!("{column}: {}", language.of("tidak", "no")),
        Test::Within(codes) => {
            let named: Vec<String> = codes
                .iter()
                .take(NAMED)
                .map(|code| match areas.name(code) {
                    Some(name) => format!("{code} {name}"),
                    None => code.to_string(),
                })
                .collect();
            let named = several(language, named, codes.len());
            let place = match leaf.column {
                Column::Site => language.of("usahanya di", "the business is in"),
                _ => language.of("bertempat di", "lives in"),
            };
            format!("{place} {named}")
        }
        Test::Gets(names) => {
            let named = names.iter().take(NAMED).cloned().collect();
            let named = several(language, named, names.len());
            let gets = match leaf.column {
                Column::Grants => language.of("usahanya sudah menerima", "the business has had"),
                _ => language.of("menerima", "gets"),
            };
            format!("{gets} {named}")
        }
    }
}

fn several(language: Language, named: Vec<String>, all: usize) -> String {
    let more = all.saturating_sub(named.len());
    let mut text = named.join(language.of(" atau ", " or "));
    if more > 0 {
        text.push_str(&format!(" {} {more}", language.of("dan", "and")));
        text.push_str(language.of(" lainnya", " others"));
    }
    text
}

fn unit(unit: &'static str, language: Language) -> &'static str {
    match (language, unit) {
        (English, "orang") => "persons",
        (English, "tahun") => "years",
        _ => unit,
    }
}

/// What a column is called.
pub(crate) const fn name(column: Column, language: Language) -> &'static str {
    match language {
        Indonesian => column.indonesian(),
        English => column.english(),
    }
}

/// What a column says of somebody.
pub(crate) fn value(areas: &Areas, facts: &Facts, column: Column, shown: &Shown) -> String {
    let unit = match column.holds() {
        Type::Number { unit: "" } => String::new(),
        Type::Number { unit } => format!(" {unit}"),
        _ => String::new(),
    };
    match shown {
        Shown::Number(number) => format!("{number}{unit}"),
        Shown::Between(from, to) => format!("{from} sampai {to}{unit}"),
        Shown::Flag(true) => "ya".to_owned(),
        Shown::Flag(false) => "tidak".to_owned(),
        Shown::Area(area) => {
            let code = facts.areas.get(*area as usize).map_or("", String::as_str);
            let name = code.parse().ok().and_then(|code| areas.name(&code));
            match name {
                Some(name) => format!("{code} {name}"),
                None => code.to_owned(),
            }
        }
        Shown::Aid(programmes) => {
            let known = match column {
                Column::Grants => &facts.grants,
                _ => &facts.programmes,
            };
            let names: Vec<&str> = programmes
                .iter()
                .filter_map(|at| known.get(usize::from(*at)))
                .map(String::as_str)
                .collect();
            match names.is_empty() {
                true => "tidak ada".to_owned(),
                false => names.join(", "),
            }
        }
        Shown::Unknown => "belum diketahui".to_owned(),
    }
}

/// What two rows are to each other in a field, in Indonesian.
pub(crate) fn level(english: &str) -> &str {
    let found = LEVELS.iter().find(|(known, _)| *known == english);
    found.map_or(english, |(_, indonesian)| indonesian)
}

/// Levels of fields, as `card_core::link::compare` tells them, and what they are called.
const LEVELS: &[(&str, &str)] = &[
    ("not told", "tidak disebut"),
    ("the same", "sama"),
    ("different", "berbeda"),
    (
        "the same but for a last digit that a spreadsheet has lost",
        "sama kecuali angka terakhir yang hilang di lembar sebar",
    ),
    ("one slip apart", "beda satu salah ketik"),
    ("two slips apart", "beda dua salah ketik"),
    ("the same but for the serial", "sama kecuali nomor urut"),
    (
        "the same birthday inside, another region or serial",
        "tanggal lahir di dalamnya sama, wilayah atau nomor urut lain",
    ),
    ("the same, and rare", "sama, dan nama yang jarang"),
    ("the same, and common", "sama, dan nama yang umum"),
    ("the same but for spelling", "sama kecuali ejaan"),
    (
        "one has a word more or an initial, rare",
        "satu lebih panjang atau disingkat, nama yang jarang",
    ),
    (
        "one has a word more or an initial, common",
        "satu lebih panjang atau disingkat, nama yang umum",
    ),
    (
        "the first word is the same, others differ",
        "kata pertama sama, yang lain berbeda",
    ),
    (
        "another word is the same, the first differs",
        "kata lain sama, yang pertama berbeda",
    ),
    ("alike", "mirip"),
    ("hardly alike", "kurang mirip"),
    ("day and month changed over", "tanggal dan bulan tertukar"),
    (
        "the same year, one day is a stand-in",
        "tahun sama, satu tanggal hanya pengganti",
    ),
    (
        "the same day and month, another year",
        "tanggal dan bulan sama, tahun lain",
    ),
    ("a month apart at most", "selisih paling banyak sebulan"),
    ("the same year", "tahun sama"),
    ("two years apart at most", "selisih paling banyak dua tahun"),
    (
        "the same village, street and number",
        "desa, jalan dan nomor sama",
    ),
    (
        "the same village, and street or number",
        "desa sama, jalan atau nomor sama",
    ),
    ("the same village", "desa sama"),
    ("the same district", "kecamatan sama"),
    ("the same regency", "kabupaten sama"),
    ("elsewhere", "di tempat lain"),
    (
        "another village, the same street with the same number",
        "desa lain, jalan dan nomor sama",
    ),
];

#[cfg(test)]
mod tests {
    use card_core::link::compare::Field;

    use super::*;

    #[test]
    fn every_level_is_called_something() {
        for field in Field::ALL {
            for english in field.levels() {
                assert_ne!(level(english), *english, "{field:?}");
            }
        }
    }
}
