//! Facts and programmes as tests write them.

use base::day::Day;

use super::super::*;
use crate::facts::{Aided, ListOf};
pub(in super::super) use crate::facts::{BusinessFacts, Facts, FamilyFacts, PersonFacts, Place};

/// The day for which tests judge.
pub(in super::super) const TODAY: &str = "2026-06-15";

/// Codes of areas, sorted.
pub(in super::super) const AREAS: [&str; 6] = [
    "62",
    "62.02",
    "62.02.11",
    "62.02.11.2001",
    "62.71.01.1001",
    "63.01.01.2001",
];

/// The places of a village and of one in another province.
pub(in super::super) const VILLAGE: u32 = 3;
pub(in super::super) const ELSEWHERE: u32 = 5;

/// Other aid of which lists were examined.
pub(in super::super) const PROGRAMMES: [&str; 3] = ["PKH", "SEMBAKO", "BLT DD"];

/// Aid that businesses have had.
pub(in super::super) const GRANTS: [&str; 2] = ["BPUM", "KUR"];

pub(in super::super) const BUSINESS: BusinessFacts = BusinessFacts {
    id: [0; 16],
    family: None,
    owner: None,
    area: None,
    stands: place(7, 1),
    turnover: None,
    years: None,
    sector: None,
    has_nib: false,
    grants: None,
};

pub(in super::super) const FAMILY: FamilyFacts = FamilyFacts {
    id: [0; 16],
    area: None,
    decile: None,
    decile_by: None,
    stands: None,
    running: None,
    recipient_is_here: false,
    proposed: None,
    failed: None,
    aid: 0,
    has_card: false,
    has_address: false,
    first: 0,
    count: 0,
};

pub(in super::super) const PERSON: PersonFacts = PersonFacts {
    id: [0; 16],
    birth: None,
    stands: place(0, 0),
    birth_by: None,
    died: None,
    gone: None,
    is_woman: None,
    is_head: false,
    has_nik: true,
};

pub(in super::super) const fn place(list: u16, row: u32) -> Place {
    Place { list, row }
}

pub(in super::super) fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

pub(in super::super) fn born(birth: &str) -> PersonFacts {
    PersonFacts {
        birth: Some(day(birth)),
        ..PERSON
    }
}

/// Lists of these kinds, by their places.
pub(in super::super) fn lists(kinds: &[&str]) -> Vec<ListOf> {
    let kinds = (1..).zip(kinds);
    kinds
        .map(|(number, kind)| ListOf {
            number,
            kind: (*kind).to_owned(),
            title: (*kind).to_owned(),
            as_of: None,
        })
        .collect()
}

/// Facts of families with their persons; aid stands in rows of list 1.
pub(in super::super) fn facts(homes: &[(FamilyFacts, Vec<PersonFacts>)]) -> Facts {
    let mut facts = Facts {
        lists: lists(&[
            "dtsen", "bansos", "kematian", "pindah", "desa", "kpm", "gagal", "usaha",
        ]),
        areas: AREAS.map(str::to_owned).to_vec(),
        programmes: PROGRAMMES.map(str::to_owned).to_vec(),
        grants: GRANTS.map(str::to_owned).to_vec(),
        ..Facts::default()
    };
    for (number, (family, persons)) in (0_u32..).zip(homes) {
        let mut id = [0; 16];
        id[12..].copy_from_slice(&number.to_be_bytes());
        facts.families.push(FamilyFacts {
            id,
            first: u32::try_from(facts.persons.len()).expect("few"),
            count: u32::try_from(persons.len()).expect("few"),
            ..*family
        });
        facts.persons.extend(persons);
        let gets = (0..32).filter(|bit| family.aid & (1 << bit) != 0);
        facts.aided.extend(gets.map(|programme| Aided {
            family: number,
            programme,
            by: place(1, number * 100 + u32::from(programme)),
        }));
    }
    facts
}

/// The text of a programme with these rules, each of its kind and its term.
pub(in super::super) fn text(subject: Subject, rules: &[(&str, &str)]) -> String {
    let mut text = format!(
        r#"
program = "contoh"
nama = "Contoh"
subjek = "{}"
instansi = "Dinas Sosial"
dasar = "Peraturan Gubernur"
barang = "paket"
satuan = "paket"
jumlah = 2
rupiah = 150000
berlaku_dari = 2026-01-01
"#,
        subject.as_str()
    );
    for (number, (kind, term)) in rules.iter().enumerate() {
        text += &format!(
            "[[aturan]]\nid = \"aturan-{number}\"\njenis = \"{kind}\"\nnama = \"Aturan\"\njika = {term}\n"
        );
    }
    text
}

/// A programme with these rules.
pub(in super::super) fn written(subject: Subject, rules: &[(&str, &str)]) -> Programme {
    let text = text(subject, rules);
    Programme::parse(&text).unwrap_or_else(|wrong| panic!("{wrong}\n{text}"))
}

/// The verdicts of a programme's text about everybody.
pub(in super::super) fn verdicts(text: &str, facts: &Facts) -> Vec<Verdict> {
    let programme = Programme::parse(text).expect("a programme");
    let judged = judge(&programme, facts, day(TODAY));
    (0..judged.len()).map(|at| judged.verdict(at)).collect()
}
