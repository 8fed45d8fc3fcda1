//! Rows against the register of the province, whole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

/// The embedded list of areas: code, name, level, and more.
const AREAS: &str = include_str!("../../../../assets/areas/areas.csv");

/// Read by hand, apart from the house's own reader: no name of it holds a comma.
fn areas() -> BTreeMap<AreaCode, String> {
    let line = |line: &str| {
        let mut cells = line.split(',');
        let (code, name) = (cells.next()?, cells.next()?);
        Some((code.parse().ok()?, name.to_owned()))
    };
    AREAS.lines().filter_map(line).collect()
}

fn register() -> &'static Register {
    static REGISTER: LazyLock<Register> = LazyLock::new(whole);
    &REGISTER
}

fn whole() -> Register {
    let areas = areas();
    let around = |code: &AreaCode| {
        let code = code.parent().expect("a village lies in a district");
        areas[&code].clone()
    };
    Register::new(
        areas
            .iter()
            .filter(|(code, _)| code.as_str().len() == 13)
            .map(|(code, name)| Village {
                code: code.clone(),
                name: name.clone(),
                district: around(code),
                regency: around(&code.parent().expect("a district")),
            }),
    )
}

fn code(text: &str) -> AreaCode {
    text.parse().expect("a code of the table")
}

fn found(register: &Register, code: &str, names: [&str; 3]) -> (String, Vec<String>) {
    let some = |text: &'static str| Some(text).filter(|text| !text.is_empty());
    let leak = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
    let written = Written {
        code: some(leak(code)),
        system: None,
        regency: some(leak(names[0])),
        district: some(leak(names[1])),
        village: some(leak(names[2])),
    };
    match register.find(&written) {
        Found::Village(code, how) => (how.as_str().to_owned(), vec![code.to_string()]),
        Found::Asked(doubt, codes) => (
            format!("? {}", doubt.as_str()),
            codes.iter().map(AreaCode::to_string).collect(),
        ),
    }
}

#[test]
fn the_register_is_whole() {
    let register = register();
    assert_eq!(register.villages().count(), 1_571);
    let kelurahan = register.villages().filter(|village| village.is_kelurahan());
    assert_eq!(kelurahan.count(), 139);
    assert_eq!(
        register
            .village(&code("62.71.01.1001"))
            .map(|v| v.regency.as_str()),
        Some("Kota Palangka Raya")
    );
}

#[test]
fn rows_are_found_or_asked_about() {
    let register = register();
    let village = register.village(&code("62.71.01.1001")).expect("there");
    let name = village.name.clone();
    for (code, names, how, first) in [
        ("62.71.01.1001", ["", "", ""], "code", Some("62.71.01.1001")),
        (
            "62.71.01.1001",
            ["Palangkaraya", "PAHANDUT", &name],
            "code",
            Some("62.71.01.1001"),
        ),
        (
            "6271011001",
            ["Palangka Raya", "Pahandut", &name],
            "code_without_dots",
            Some("62.71.01.1001"),
        ),
        (
            "6271011001",
            ["", "", ""],
            "? code_without_dots",
            Some("62.71.01.1001"),
        ),
        (
            "62.71.01.1001",
            ["", "", "Langkai"],
            "? code_contradicts_name",
            Some("62.71.01.1001"),
        ),
        (
            "62.71.01.1001",
            ["Kapuas", "", &name],
            "? code_elsewhere",
            Some("62.71.01.1001"),
        ),
        (
            "62.71.01.1099",
            ["Palangka Raya", "Pahandut", &name],
            "? code_unknown",
            Some("62.71.01.1001"),
        ),
        (
            "6271010001",
            ["Palangka Raya", "Pahandut", &name],
            "name_in_district",
            Some("62.71.01.1001"),
        ),
        (
            "62.71.01",
            ["Palangka Raya", "Pahandut", &name],
            "name_in_district",
            Some("62.71.01.1001"),
        ),
        (
            "",
            ["Kota Palangka Raya", "Kec. Pahandut", &name],
            "name_in_district",
            Some("62.71.01.1001"),
        ),
        (
            "",
            ["Palangka Raya", "", &name],
            "name_in_regency",
            Some("62.71.01.1001"),
        ),
        (
            "",
            ["Palangka Raya", "Bukit Batu", &name],
            "? wrong_district",
            Some("62.71.01.1001"),
        ),
        (
            "",
            ["Kapuas", "", &name],
            "? wrong_regency",
            Some("62.71.01.1001"),
        ),
        (
            "",
            ["Banjarmasin", "", &name],
            "? no_such_regency",
            Some("62.71.01.1001"),
        ),
        (
            "",
            ["Palangka Raya", "Pahandut", "Tak Ada Sama Sekali"],
            "? no_such_name",
            None,
        ),
        ("", ["Palangka Raya", "Pahandut", ""], "? empty", None),
        ("", ["", "", ""], "? empty", None),
        ("", ["", "", "Sumber Makmur"], "? several", None),
        ("abc", ["", "", ""], "? code_unknown", None),
    ] {
        let (told, codes) = found(register, code, names);
        assert_eq!(told, how, "{code} {names:?}");
        if let Some(first) = first {
            assert_eq!(
                codes.first().map(String::as_str),
                Some(first),
                "{code} {names:?}"
            );
        }
    }
    let (told, codes) = found(register, "", ["", "", "Sumber Makmur"]);
    assert_eq!((told.as_str(), codes.len()), ("? several", 4));
    let mistyped = format!("{}x", &name);
    let (_, codes) = found(register, "", ["Palangka Raya", "Pahandut", &mistyped]);
    assert_eq!(codes, ["62.71.01.1001"]);
}

#[test]
fn what_a_person_says_of_a_column_counts() {
    let register = register();
    let written = Written {
        code: Some("6271011001"),
        ..Written::default()
    };
    let said = |system| {
        register.find(&Written {
            system: Some(system),
            ..written
        })
    };
    let found = Found::Village(code("62.71.01.1001"), How::CodeWithoutDots);
    assert_eq!(said(System::Kemendagri), found);
    assert_eq!(said(System::Bps), Found::Asked(Doubt::Empty, Vec::new()));
}

/// Folding must not make one name of two that the register tells apart where they lie.
#[test]
fn no_two_villages_of_a_district_are_folded_into_one() {
    let register = register();
    let mut seen: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    for village in register.villages() {
        let district = village.code.parent().expect("a district").to_string();
        let key = Name::new(&village.name).key().to_owned();
        seen.entry((district, key)).or_default().push(&village.name);
    }
    for ((district, key), names) in seen {
        let spelled: BTreeSet<String> = names
            .iter()
            .map(|name| name.to_lowercase().replace(' ', ""))
            .collect();
        assert_eq!(spelled.len(), 1, "{district} {key}: {names:?}");
    }
}

/// Whoever writes what the register holds, in any of the dresses of lists, is
/// understood or asked, and never given another village.
#[test]
fn every_village_is_found_as_it_is_written_and_none_is_found_for_another() {
    let register = register();
    let all: Vec<Village> = register.villages().cloned().collect();
    let twins: BTreeMap<(String, String), usize> =
        all.iter().fold(BTreeMap::new(), |mut counts, village| {
            let district = village.code.parent().expect("a district").to_string();
            let name = Name::new(&village.name).key().to_owned();
            *counts.entry((district, name)).or_insert(0) += 1;
            counts
        });
    for village in &all {
        let (upper, short) = (
            village.name.to_uppercase(),
            village
                .name
                .replace("Tumbang", "Tb.")
                .replace("Sungai", "Sei"),
        );
        for name in [&village.name, &upper, &short] {
            let written = Written {
                code: None,
                system: None,
                regency: Some(&village.regency),
                district: Some(&village.district),
                village: Some(name),
            };
            let district = village.code.parent().expect("a district").to_string();
            let alone = twins[&(district, Name::new(&village.name).key().to_owned())] == 1;
            match register.find(&written) {
                Found::Village(code, _) => assert_eq!(code, village.code, "{name}"),
                Found::Asked(doubt, codes) => {
                    assert!(!alone, "{name} {doubt:?}");
                    assert!(codes.contains(&village.code), "{name} {codes:?}");
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn a_wrong_code_never_wins_over_a_name(one in 0_usize..1_571, other in 0_usize..1_571) {
        let register = register();
        let all: Vec<&Village> = register.villages().collect();
        let (one, other) = (all[one], all[other]);
        let digits: String = one.code.as_str().chars().filter(char::is_ascii_digit).collect();
        for text in [one.code.as_str(), &digits] {
            let written = Written {
                code: Some(text),
                system: None,
                regency: Some(&other.regency),
                district: Some(&other.district),
                village: Some(&other.name),
            };
            match register.find(&written) {
                Found::Village(code, _) => {
                    let own = register.village(&code).expect("of the register");
                    // Found by code, so all names have to be its own.
                    prop_assert_eq!(&code, &one.code);
                    prop_assert!(Name::new(&own.name).fits(&Name::new(&other.name)));
                    prop_assert_eq!(&own.district, &other.district);
                }
                Found::Asked(..) => prop_assert_ne!(&one.code, &other.code),
            }
        }
    }

    #[test]
    fn no_row_panics(code in ".{0,16}", regency in ".{0,16}", district in ".{0,16}", village in ".{0,16}") {
        let register = Register::new([Village {
            code: "62.71.01.1001".parse().expect("a code"),
            name: "Langkai".to_owned(),
            district: "Pahandut".to_owned(),
            regency: "Kota Palangka Raya".to_owned(),
        }]);
        let written = Written {
            code: Some(&code), system: None,
            regency: Some(&regency), district: Some(&district), village: Some(&village),
        };
        let _ = register.find(&written);
        let _ = key(&written);
        let _ = register.evidence([written]);
    }
}
