//! A small town to judge, and the programmes that come with the house.

mod asked;
mod bounds;
mod town;
mod values;
mod worlds;
mod wrongs;

pub(super) use town::*;

use super::*;

const PANGAN: &str = include_str!("../../data/programmes/pangan.toml");
const TUNAI: &str = include_str!("../../data/programmes/tunai.toml");
const KULIAH: &str = include_str!("../../data/programmes/kuliah.toml");
const BEROBAT: &str = include_str!("../../data/programmes/berobat.toml");
const MODAL: &str = include_str!("../../data/programmes/modal.toml");

#[test]
fn the_examples_say_what_they_are() {
    for (text, slug, subject, each, rules) in [
        (PANGAN, "pangan", Subject::Family, Some(150_000), 5),
        (TUNAI, "tunai", Subject::Family, Some(250_000), 5),
        (KULIAH, "kuliah", Subject::Person, None, 3),
        (BEROBAT, "berobat", Subject::Person, None, 4),
        (MODAL, "modal", Subject::Business, Some(2_500_000), 7),
    ] {
        let programme = Programme::parse(text).expect(slug);
        assert_eq!(programme.slug, slug);
        assert_eq!(programme.subject, subject);
        assert_eq!(programme.rupiah_each(), each);
        assert_eq!(programme.rules.len(), rules);
        assert!(programme.rules.iter().all(|it| it.source.is_some()));
        assert!(text.starts_with("# CONTOH."));
        let numbers: Vec<usize> = programme.leaves().iter().map(|it| it.1.number).collect();
        assert_eq!(numbers, (0..numbers.len()).collect::<Vec<_>>());
        for (on, is) in [
            ("2025-12-31", false),
            ("2026-01-01", true),
            ("2026-12-31", true),
            ("2027-01-01", false),
        ] {
            assert_eq!(programme.is_in_force(day(on)), is, "{on}");
        }
    }
    let bulk = |text| {
        let programme = Programme::parse(text).expect("an example");
        let rules = programme.rules.into_iter();
        rules.map(|it| it.in_bulk).collect::<Vec<_>>()
    };
    assert_eq!(bulk(PANGAN), [true; 5]);
    assert_eq!(bulk(BEROBAT), [true, true, false, true]);
    assert_eq!(bulk(MODAL), [false, true, true, true, true, false, true]);
}

/// Families by hand, with their persons.
fn examples() -> Facts {
    let poor = FamilyFacts {
        decile: Some(1),
        area: Some(VILLAGE),
        ..FAMILY
    };
    let middle = FamilyFacts {
        decile: Some(4),
        ..poor
    };
    let unknown = FamilyFacts {
        decile: None,
        ..poor
    };
    let aided = FamilyFacts { aid: 0b10, ..poor };
    let elsewhere = FamilyFacts {
        area: Some(ELSEWHERE),
        ..poor
    };
    let head = |birth| PersonFacts {
        is_head: true,
        ..born(birth)
    };
    let dead = PersonFacts {
        died: Some(place(2, 9)),
        ..head("1990-01-01")
    };
    let without = PersonFacts {
        has_nik: false,
        ..born("1990-01-01")
    };
    facts(&[
        // 0: persons 0 to 2.
        (
            poor,
            vec![head("1980-01-01"), born("2006-06-16"), born("2021-06-16")],
        ),
        // 1: persons 3 and 4.
        (middle, vec![head("1960-01-01"), born("2008-06-16")]),
        // 2: persons 5 and 6.
        (unknown, vec![head("1966-06-15"), born("1966-06-16")]),
        // 3: person 7.
        (aided, vec![head("2000-01-01")]),
        // 4: person 8.
        (elsewhere, vec![PERSON]),
        // 5: persons 9 and 10.
        (poor, vec![dead, without]),
        // 6: person 11, whose family has nobody here.
        (poor, vec![dead]),
        // 7: person 12, who stands under a number of her own and is nobody's head.
        (poor, vec![born("2010-01-01")]),
    ])
}

#[test]
fn the_examples_judge_as_by_hand() {
    use Verdict::{Excluded, Included, Unknown};
    let facts = examples();
    for text in [PANGAN, TUNAI] {
        assert_eq!(
            verdicts(text, &facts),
            [
                Included, Excluded, Unknown, Excluded, Excluded, Included, Excluded, Unknown
            ]
        );
    }
    assert_eq!(
        verdicts(KULIAH, &facts),
        [
            Excluded, Included, Excluded, // 46, 19 and 4 years
            Excluded, Included, // 66 and 17, decile 4
            Excluded, Excluded, // 60 and 59 of an unknown decile
            Excluded, // 26
            Excluded, // in another province, of an unknown age
            Excluded, Excluded, Excluded, // dead, 36, dead
            Excluded, // 16
        ]
    );
    // No list of PBI-JK was examined: who else should be included is not known.
    assert_eq!(
        verdicts(BEROBAT, &facts),
        [
            Unknown, Unknown, Unknown, Unknown, Unknown, Unknown, Unknown, Unknown, Unknown,
            Excluded, Excluded, Excluded, Unknown,
        ]
    );
    let mut facts = facts;
    facts.programmes.push("PBI-JK".to_owned());
    facts.families[3].aid |= 1 << 3;
    assert_eq!(
        verdicts(BEROBAT, &facts),
        [
            Included, Included, Included, // decile 1
            Included, Included, // decile 4
            Included, Unknown,  // 60, and 59 of an unknown decile
            Excluded, // gets PBI-JK
            Included, // decile 1, whatever the age
            Excluded, Excluded, Excluded, // dead, without a NIK, dead
            Included, // decile 1
        ]
    );
}

#[test]
fn the_example_of_businesses_judges_as_by_hand() {
    use Verdict::{Excluded, Included, Unknown};
    let mut facts = examples();
    let good = BusinessFacts {
        family: Some(0),
        owner: Some(0),
        area: Some(VILLAGE),
        turnover: Some(3_000_000),
        years: Some(2),
        sector: Some(56),
        has_nib: true,
        grants: Some(0),
        ..BUSINESS
    };
    facts.businesses = vec![
        good,
        // What it takes is not known, and is too much.
        BusinessFacts {
            turnover: None,
            ..good
        },
        BusinessFacts {
            turnover: Some(25_000_001),
            ..good
        },
        // Nobody knows whose it is: neither who would be asked nor how poor they are.
        BusinessFacts {
            family: None,
            owner: None,
            ..good
        },
        // Of that family, but of whom of it is not known.
        BusinessFacts {
            owner: None,
            ..good
        },
        // Of a family of decile 4, and of one whose decile is not known.
        BusinessFacts {
            family: Some(1),
            owner: Some(3),
            ..good
        },
        BusinessFacts {
            family: Some(2),
            owner: Some(5),
            ..good
        },
        // In another province, without a number, with aid, and of somebody who has died.
        BusinessFacts {
            area: Some(ELSEWHERE),
            ..good
        },
        BusinessFacts {
            has_nib: false,
            ..good
        },
        BusinessFacts {
            grants: Some(0b10),
            ..good
        },
        BusinessFacts {
            grants: None,
            ..good
        },
        BusinessFacts {
            family: Some(6),
            owner: Some(11),
            ..good
        },
        // It has not run for a year, and it has for not known how long.
        BusinessFacts {
            years: Some(0),
            ..good
        },
        BusinessFacts {
            years: None,
            ..good
        },
    ];
    assert_eq!(
        verdicts(MODAL, &facts),
        [
            Included, Unknown, Excluded, Unknown, Unknown, Included, Unknown, Excluded, Excluded,
            Excluded, Unknown, Excluded, Excluded, Unknown,
        ]
    );
    // What a row does not say is no aid, and no row says so of another business.
    let programme = Programme::parse(MODAL).expect("an example");
    let why = reason(&programme, &facts, day(TODAY), 0);
    let last = &why.rules.last().expect("rules").tree;
    let aid = Node::Is {
        truth: Truth::No,
        leaf: programme.leaves().len() - 1,
        value: Shown::Aid(vec![]),
        by: vec![BUSINESS.stands],
    };
    assert_eq!(*last, aid);
}

#[test]
fn whether_a_head_is_asked_for() {
    for (text, asks) in [(PANGAN, true), (TUNAI, true), (KULIAH, false)] {
        let programme = Programme::parse(text).expect("an example");
        assert_eq!(programme.asks_for_head(), asks, "{}", programme.slug);
    }
    let lives = r#"{ kolom = "kepala_hidup", op = "ya" }"#;
    let woman = r#"{ kolom = "kepala_perempuan", op = "tidak" }"#;
    let small = r#"{ kolom = "balita", op = ">=", nilai = 1 }"#;
    let all = |of: &[&str]| format!("{{ semua = [{}] }}", of.join(", "));
    let any = |of: &[&str]| format!("{{ salah_satu = [{}] }}", of.join(", "));
    let not = |of: &str| format!("{{ bukan = {of} }}");
    for (kind, term, asks) in [
        ("syarat", lives.to_owned(), true),
        ("syarat", woman.to_owned(), true),
        ("pengecualian", lives.to_owned(), true),
        ("syarat", small.to_owned(), false),
        ("syarat", not(lives), true),
        ("syarat", any(&[lives, woman]), true),
        ("syarat", all(&[lives, small]), true),
        // Whoever has small children is let in without a head.
        ("syarat", any(&[woman, small]), false),
        ("syarat", not(&all(&[lives, small])), false),
        ("pengecualian", all(&[lives, small]), false),
        ("pengecualian", any(&[lives, small]), true),
    ] {
        let programme = written(Subject::Family, &[("syarat", small), (kind, &term)]);
        assert_eq!(programme.asks_for_head(), asks, "{kind} {term}");
        // Nobody without a head is included by rules that ask for one.
        let infant = born("2025-01-01");
        let facts = facts(&[(FAMILY, vec![infant]), (FAMILY, vec![PERSON])]);
        assert!(!facts.has_head(&facts.families[0]));
        let judged = judge(&programme, &facts, day(TODAY));
        let included = (0..2).filter(|at| judged.verdict(*at) == Verdict::Included);
        assert!(!asks || included.count() == 0, "{kind} {term}");
    }
}

#[test]
fn who_decides_and_how_many() {
    let facts = examples();
    let programme = Programme::parse(PANGAN).expect("an example");
    let judged = judge(&programme, &facts, day(TODAY));
    let deciding: Vec<Option<(usize, Truth)>> = (0..judged.len())
        .map(|at| judged.deciding(at, &programme))
        .collect();
    assert_eq!(
        deciding,
        [
            None,
            Some((2, Truth::No)),
            Some((2, Truth::Unknown)),
            Some((3, Truth::Yes)),
            Some((0, Truth::No)),
            None,
            Some((1, Truth::No)),
            Some((4, Truth::Unknown)),
        ]
    );
    let tally = Tally {
        included: 2,
        excluded: 4,
        unknown: 2,
    };
    assert_eq!(judged.tally(), tally);
    let nobody = judge(&programme, &Facts::default(), day(TODAY));
    assert!(nobody.is_empty());
    assert_eq!((nobody.len(), nobody.tally()), (0, Tally::default()));
}

#[test]
fn what_is_asked_again_is_answered_the_same() {
    let facts = examples();
    for text in [PANGAN, KULIAH, BEROBAT, MODAL] {
        let programme = Programme::parse(text).expect("an example");
        let judged = judge(&programme, &facts, day(TODAY));
        assert_eq!(judged, judge(&programme, &facts, day(TODAY)));
    }
}

#[test]
fn more_than_a_block_is_in_order() {
    let homes: Vec<(FamilyFacts, Vec<PersonFacts>)> = (0..10_000_u32)
        .map(|at| {
            let decile = u8::try_from(at % 10 + 1).ok();
            (
                FamilyFacts { decile, ..FAMILY },
                vec![PERSON; 1 + at as usize % 2],
            )
        })
        .collect();
    let mut facts = facts(&homes);
    facts.businesses = (0..10_000_u32)
        .map(|at| BusinessFacts {
            family: Some(at),
            ..BUSINESS
        })
        .collect();
    let leaf = r#"{ kolom = "desil", op = "<=", nilai = 3 }"#;
    for subject in Subject::ALL {
        let programme = written(subject, &[("syarat", leaf)]);
        let judged = judge(&programme, &facts, day(TODAY));
        let families = facts.families.iter().enumerate();
        let of: Vec<usize> = match subject {
            Subject::Family | Subject::Business => families.map(|(at, _)| at).collect(),
            Subject::Person => families
                .flat_map(|(at, it)| vec![at; it.count as usize])
                .collect(),
        };
        assert_eq!(judged.len(), of.len());
        for (at, family) in of.into_iter().enumerate() {
            assert_eq!(judged.truth(at, 0), Truth::of(family % 10 < 3), "{at}");
        }
    }
}
