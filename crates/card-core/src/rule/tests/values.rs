//! What each column says, of everybody that a word can be about.

use super::super::value::{On, family_of};
use super::super::*;
use super::*;
use crate::list::Kind;

/// What a question is of the first subject, judged and told.
fn truth(subject: Subject, term: &str, facts: &Facts) -> Truth {
    let programme = written(subject, &[("syarat", term)]);
    let judged = judge(&programme, facts, day(TODAY)).truth(0, 0);
    let told = reason(&programme, facts, day(TODAY), 0);
    assert_eq!(told.rules[0].tree.truth(), judged, "{term}");
    judged
}

fn family(key: &str, family: FamilyFacts, persons: &[PersonFacts]) -> Truth {
    let facts = facts(&[(family, persons.to_vec())]);
    truth(
        Subject::Family,
        &format!("{{ kolom = \"{key}\", op = \"ya\" }}"),
        &facts,
    )
}

/// The span of a number, by asking for each one.
fn span_of(subject: Subject, key: &str, facts: &Facts) -> Vec<i32> {
    let (least, most) = Column::parse(key)
        .and_then(Column::range)
        .expect("a number");
    let may = |it: &i32| {
        let term = format!("{{ kolom = \"{key}\", op = \"=\", nilai = {it} }}");
        truth(subject, &term, facts) != Truth::No
    };
    (least..=most).filter(may).collect()
}

const DEAD: PersonFacts = PersonFacts {
    died: Some(place(2, 1)),
    ..PERSON
};
const GONE: PersonFacts = PersonFacts {
    gone: Some(place(3, 1)),
    ..PERSON
};
const HEAD: PersonFacts = PersonFacts {
    is_head: true,
    ..PERSON
};

#[test]
fn ages_count_those_who_live_here() {
    let dead = PersonFacts {
        died: Some(place(2, 1)),
        ..born("2024-01-01")
    };
    let town = facts(&[(
        FAMILY,
        vec![
            born("2021-06-16"), // 4
            born("2021-06-15"), // 5
            born("2008-06-16"), // 17
            born("2008-06-15"), // 18
            born("2007-06-15"), // 19
            born("1966-06-15"), // 60
            born("1966-06-16"), // 59
            born("2019-06-15"), // 7
            dead,
            DEAD,
            GONE,
            PERSON,
        ],
    )]);
    for (key, span) in [
        ("anggota", &[9][..]),
        ("balita", &[1, 2]),
        ("anak", &[4, 5]),
        ("usia_sekolah", &[3, 4]),
        ("lansia", &[1, 2]),
    ] {
        assert_eq!(span_of(Subject::Family, key, &town), span, "{key}");
    }
    let nobody = facts(&[(FAMILY, vec![DEAD, GONE])]);
    for key in ["anggota", "balita", "anak", "usia_sekolah", "lansia"] {
        assert_eq!(span_of(Subject::Family, key, &nobody), [0], "{key}");
    }
}

#[test]
fn a_year_is_completed_on_the_birthday() {
    let age = |birth: &str, on: &str| On::new(day(on)).age(&born(birth));
    for (birth, on, years) in [
        ("2000-06-15", "2026-06-14", Some(25)),
        ("2000-06-15", "2026-06-15", Some(26)),
        ("2026-06-15", "2026-06-15", Some(0)),
        // Of 29 February on 1 March, where there is no such day.
        ("2004-02-29", "2026-02-28", Some(21)),
        ("2004-02-29", "2026-03-01", Some(22)),
        ("2004-02-29", "2028-02-28", Some(23)),
        ("2004-02-29", "2028-02-29", Some(24)),
        // Ahead, and longer ago than anybody lives.
        ("2026-06-16", "2026-06-15", None),
        ("2027-01-01", "2026-06-15", None),
        ("1900-01-01", "2030-12-31", Some(130)),
        ("1900-01-01", "2031-01-01", None),
    ] {
        assert_eq!(age(birth, on), years, "{birth} {on}");
    }
    assert_eq!(On::new(day(TODAY)).age(&PERSON), None);
    let of = |person| span_of(Subject::Person, "umur", &facts(&[(FAMILY, vec![person])]));
    assert_eq!(of(born("2008-06-16")), [17]);
    assert_eq!(of(PERSON), (0..=130).collect::<Vec<_>>());
}

#[test]
fn a_decile_is_one_of_ten() {
    for subject in [Subject::Family, Subject::Person] {
        let of = |decile| {
            let facts = facts(&[(FamilyFacts { decile, ..FAMILY }, vec![PERSON])]);
            span_of(subject, "desil", &facts)
        };
        assert_eq!(of(Some(3)), [3]);
        assert_eq!(of(None), (1..=10).collect::<Vec<_>>());
    }
}

#[test]
fn flags_of_a_family() {
    use Truth::{No, Unknown, Yes};
    let woman = PersonFacts {
        is_woman: Some(true),
        ..HEAD
    };
    let man = PersonFacts {
        is_woman: Some(false),
        ..HEAD
    };
    let dead = PersonFacts {
        died: Some(place(2, 1)),
        ..woman
    };
    let gone = PersonFacts {
        gone: Some(place(3, 1)),
        ..man
    };
    for (persons, lives, is_woman) in [
        (&[PERSON, PERSON][..], Unknown, Unknown),
        (&[HEAD, PERSON], Yes, Unknown),
        (&[woman, PERSON], Yes, Yes),
        (&[man, PERSON], Yes, No),
        (&[man, HEAD], Yes, Unknown),
        (&[man, woman], Yes, Yes),
        (&[dead, PERSON], No, Unknown),
        (&[gone, PERSON], No, Unknown),
        (&[dead, man], Yes, No),
    ] {
        assert_eq!(
            family("kepala_hidup", FAMILY, persons),
            lives,
            "{persons:?}"
        );
        assert_eq!(
            family("kepala_perempuan", FAMILY, persons),
            is_woman,
            "{persons:?}"
        );
    }
    let without = PersonFacts {
        has_nik: false,
        ..PERSON
    };
    let dead = PersonFacts {
        has_nik: false,
        ..DEAD
    };
    for (persons, all) in [
        (&[PERSON, PERSON][..], Yes),
        (&[PERSON, without], No),
        (&[PERSON, dead], Yes),
        (&[dead], Yes),
    ] {
        assert_eq!(family("nik_lengkap", FAMILY, persons), all);
    }
    let by = Some(place(4, 1));
    let full = FamilyFacts {
        running: by,
        proposed: by,
        failed: by,
        has_card: true,
        has_address: true,
        ..FAMILY
    };
    let keys = [
        "kk_ada",
        "alamat_ada",
        "usulan_desa",
        "kpm",
        "transfer_gagal",
    ];
    for key in keys {
        assert_eq!(family(key, full, &[PERSON]), Yes, "{key}");
        assert_eq!(family(key, FAMILY, &[PERSON]), No, "{key}");
        let term = format!("{{ kolom = \"{key}\", op = \"tidak\" }}");
        let town = facts(&[(FAMILY, vec![PERSON])]);
        assert_eq!(truth(Subject::Family, &term, &town), Yes, "{key}");
    }
}

#[test]
fn what_no_list_could_have_told_is_not_known() {
    for (key, kind) in [
        ("usulan_desa", "desa"),
        ("kpm", "kpm"),
        ("transfer_gagal", "gagal"),
    ] {
        let others: Vec<&str> = Kind::ALL
            .into_iter()
            .map(Kind::as_str)
            .filter(|it| *it != kind)
            .collect();
        for (kinds, should) in [(&others[..], Truth::Unknown), (&[kind], Truth::No)] {
            let facts = Facts {
                lists: lists(kinds),
                ..facts(&[(FAMILY, vec![PERSON])])
            };
            let term = format!("{{ kolom = \"{key}\", op = \"ya\" }}");
            assert_eq!(truth(Subject::Family, &term, &facts), should, "{key}");
        }
    }
}

#[test]
fn flags_of_a_person() {
    use Truth::{No, Unknown, Yes};
    let woman = PersonFacts {
        is_woman: Some(true),
        ..PERSON
    };
    let man = PersonFacts {
        is_woman: Some(false),
        ..PERSON
    };
    let without = PersonFacts {
        has_nik: false,
        ..PERSON
    };
    for (key, persons, should) in [
        ("perempuan", &[woman][..], Yes),
        ("perempuan", &[man], No),
        ("perempuan", &[PERSON], Unknown),
        ("kepala", &[HEAD, PERSON], Yes),
        ("kepala", &[PERSON, HEAD], No),
        ("kepala", &[PERSON, PERSON], Unknown),
        ("hidup", &[PERSON], Yes),
        ("hidup", &[DEAD], No),
        ("hidup", &[GONE], Yes),
        ("di_sini", &[PERSON], Yes),
        ("di_sini", &[GONE], No),
        ("di_sini", &[DEAD], Yes),
        ("nik_ada", &[PERSON], Yes),
        ("nik_ada", &[without], No),
    ] {
        let facts = facts(&[(FAMILY, persons.to_vec())]);
        let term = |op| format!("{{ kolom = \"{key}\", op = \"{op}\" }}");
        assert_eq!(truth(Subject::Person, &term("ya"), &facts), should, "{key}");
        assert_eq!(
            truth(Subject::Person, &term("tidak"), &facts),
            !should,
            "{key}"
        );
    }
}

#[test]
fn areas_and_aid_of_either() {
    use Truth::{No, Unknown, Yes};
    for subject in [Subject::Family, Subject::Person] {
        let di = |area, codes: &[&str]| {
            let facts = facts(&[(FamilyFacts { area, ..FAMILY }, vec![PERSON])]);
            let term = format!("{{ kolom = \"wilayah\", op = \"di\", nilai = {codes:?} }}");
            truth(subject, &term, &facts)
        };
        assert_eq!(di(Some(VILLAGE), &["62"]), Yes);
        assert_eq!(di(Some(VILLAGE), &["63", "62.02"]), Yes);
        assert_eq!(di(Some(VILLAGE), &["62.71"]), No);
        assert_eq!(di(Some(ELSEWHERE), &["62"]), No);
        assert_eq!(di(None, &["62"]), Unknown);
        // Known to be in the province and no more.
        assert_eq!((AREAS[0], di(Some(0), &["62.71"])), ("62", Unknown));
        assert_eq!(di(Some(0), &["62"]), Yes);
        // A place that the facts do not have.
        assert_eq!(di(Some(99), &["62"]), Unknown);

        let ada = |aid, names: &[&str]| {
            let facts = facts(&[(FamilyFacts { aid, ..FAMILY }, vec![PERSON])]);
            let term = format!("{{ kolom = \"bantuan\", op = \"ada\", nilai = {names:?} }}");
            truth(subject, &term, &facts)
        };
        assert_eq!(ada(0b001, &["PKH", "SEMBAKO"]), Yes);
        assert_eq!(ada(0b100, &["PKH", "SEMBAKO"]), No);
        assert_eq!(ada(0, &["sembako"]), No);
        assert_eq!(ada(0, &["PKH", "PBI-JK"]), Unknown);
        assert_eq!(ada(0b001, &["PKH", "PBI-JK"]), Yes);
        assert_eq!(ada(0b111, &["PBI-JK"]), Unknown);
    }
}

#[test]
fn a_person_finds_their_family_in_any_order() {
    let home = |decile| {
        let decile = Some(decile);
        (FamilyFacts { decile, ..FAMILY }, vec![PERSON, PERSON])
    };
    let mut facts = facts(&[home(1), home(2), home(3)]);
    let of = |facts: &Facts| (0..6).map(|at| family_of(facts, at)).collect::<Vec<_>>();
    let inner = [0, 0, 1, 1, 2, 2].map(Some);
    assert_eq!(of(&facts), inner);
    facts.families.swap(0, 2);
    assert_eq!(of(&facts), inner.map(|it| it.map(|it| 2 - it)));
    facts.families.truncate(1);
    assert_eq!(of(&facts), [None, None, None, None, Some(0), Some(0)]);
    // Of whom no family is known, nothing of one is.
    let term = r#"{ kolom = "anggota", op = ">=", nilai = 1 }"#;
    assert_eq!(truth(Subject::Person, term, &facts), Truth::Unknown);
}
