//! Why a subject has its verdict: each rule as a tree, with what was found and the rows
//! of lists that say it.
//!
//! It is made anew from facts and programme, so that nothing of it has to be kept. Rows
//! that show a value are those it rests on; where none of their own is known, the row that
//! the family or the person stands under.

use base::day::Day;

use super::value::{On, Question, Value, Who, counted};
use super::{Column, Leaf, Outcome, Programme, Term, Truth, Verdict};
use crate::facts::{Facts, FamilyFacts, PersonFacts, Place};

/// Why a subject has its verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The verdict.
    pub verdict: Verdict,
    /// What each rule says, in the order of the file.
    pub rules: Vec<RuleReason>,
}

/// What a rule says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleReason {
    /// Its place among the programme's rules.
    pub rule: usize,
    /// Whether it speaks for the subject.
    pub outcome: Outcome,
    /// Why.
    pub tree: Node,
}

/// A term, and what it is of the subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// Everything of it.
    All {
        /// What that is.
        truth: Truth,
        /// Each.
        of: Vec<Self>,
    },
    /// Something of it.
    Any {
        /// What that is.
        truth: Truth,
        /// Each.
        of: Vec<Self>,
    },
    /// The contrary.
    Not {
        /// What that is.
        truth: Truth,
        /// Of what.
        of: Box<Self>,
    },
    /// A leaf.
    Is {
        /// What it is.
        truth: Truth,
        /// Its number in the programme.
        leaf: usize,
        /// What was found.
        value: Shown,
        /// The rows that say it.
        by: Vec<Place>,
    },
}

impl Node {
    /// What the whole of it is.
    #[must_use]
    pub const fn truth(&self) -> Truth {
        match self {
            Self::All { truth, .. }
            | Self::Any { truth, .. }
            | Self::Not { truth, .. }
            | Self::Is { truth, .. } => *truth,
        }
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// This number.
    Number(i32),
    /// One from the first to the second.
    Between(i32, i32),
    /// Whether it is so.
    Flag(bool),
    /// The place of a code in [`Facts::areas`].
    Area(u32),
    /// Which of the aid that is asked for the family gets, by places in
    /// [`Facts::programmes`]; other aid is nobody's business here.
    Aid(Vec<u8>),
    /// It is not known.
    Unknown,
}

/// Why a subject has its verdict, by its place among families or persons.
///
/// # Panics
/// If there are not as many subjects.
#[must_use]
pub fn reason(programme: &Programme, facts: &Facts, on: Day, at: usize) -> Reason {
    let telling = Telling {
        facts,
        who: Who::new(programme.subject, facts, at),
        on: On::new(on),
    };
    let rules: Vec<RuleReason> = programme
        .rules
        .iter()
        .enumerate()
        .map(|(place, rule)| {
            let tree = telling.tell(&rule.term);
            RuleReason {
                rule: place,
                outcome: Outcome::of(rule.kind, tree.truth()),
                tree,
            }
        })
        .collect();
    Reason {
        verdict: Verdict::of(rules.iter().map(|it| it.outcome)),
        rules,
    }
}

struct Telling<'a> {
    facts: &'a Facts,
    who: Who<'a>,
    on: On,
}

impl Telling<'_> {
    fn tell(&self, term: &Term) -> Node {
        match term {
            Term::All(of) => {
                let of: Vec<Node> = of.iter().map(|it| self.tell(it)).collect();
                let truth = of.iter().map(Node::truth).fold(Truth::Yes, Truth::and);
                Node::All { truth, of }
            }
            Term::Any(of) => {
                let of: Vec<Node> = of.iter().map(|it| self.tell(it)).collect();
                let truth = of.iter().map(Node::truth).fold(Truth::No, Truth::or);
                Node::Any { truth, of }
            }
            Term::Not(of) => {
                let of = Box::new(self.tell(of));
                let truth = !of.truth();
                Node::Not { truth, of }
            }
            Term::Is(leaf) => self.leaf(leaf),
        }
    }

    fn leaf(&self, leaf: &Leaf) -> Node {
        let question = Question::new(leaf, self.facts);
        let value = question.value(&self.who, self.on);
        let truth = question.truth(value, self.facts);
        let value = match value {
            Value::Span(least, most) if least == most => Shown::Number(least),
            Value::Span(least, most) if leaf.column.range() == Some((least, most)) => {
                Shown::Unknown
            }
            Value::Span(least, most) => Shown::Between(least, most),
            Value::Flag(Truth::Unknown) | Value::Area(None) => Shown::Unknown,
            Value::Flag(is) => Shown::Flag(is == Truth::Yes),
            Value::Area(Some(area)) => Shown::Area(area),
            Value::Aid(_) if truth == Truth::Unknown => Shown::Unknown,
            Value::Aid(gets) => Shown::Aid(places(gets.unwrap_or(0) & question.aid())),
        };
        let mut by = self.own(leaf.column, question.aid());
        if by.is_empty() && !is_of_a_list(leaf.column) {
            let person = self.who.of_person().filter(|_| is_of_persons(leaf.column));
            let family = self.who.of_family().and_then(|it| it.stands);
            let business = self.who.of_business().map(|it| it.stands);
            let own = business.filter(|_| is_of_businesses(leaf.column));
            let person = person.map(|it| it.stands);
            by.extend(own.or(person).or(family));
        }
        Node::Is {
            truth,
            leaf: leaf.number,
            value,
            by,
        }
    }

    /// The rows that a column's own value rests on, where there are such.
    fn own(&self, column: Column, aid: u32) -> Vec<Place> {
        let of_family = |place: fn(&FamilyFacts) -> Option<Place>| {
            self.who.of_family().and_then(place).into_iter().collect()
        };
        let of_person = |place: fn(&PersonFacts) -> Option<Place>| {
            self.who.of_person().and_then(place).into_iter().collect()
        };
        match column {
            Column::Proposed => of_family(|it| it.proposed),
            Column::Running => of_family(|it| it.running),
            Column::Decile => of_family(|it| it.decile_by),
            Column::Failed => of_family(|it| it.failed),
            Column::Age | Column::OwnerAge => of_person(|it| it.birth_by),
            Column::Alive | Column::OwnerAlive => of_person(|it| it.died),
            Column::Here | Column::OwnerHere => of_person(|it| it.gone),
            Column::Aid => {
                let aided = self.who.aided().iter();
                let asked = aided.filter(|it| aid & bit(it.programme) != 0);
                asked.map(|it| it.by).collect()
            }
            Column::Members => {
                let stands = self.who.of_family().and_then(|it| it.stands);
                let left = self.who.members().iter().filter_map(leaving);
                stands.into_iter().chain(left).collect()
            }
            Column::HeadLives => {
                let heads = self.who.members().iter().filter(|it| it.is_head);
                heads.map(|it| leaving(it).unwrap_or(it.stands)).collect()
            }
            Column::HeadIsWoman => {
                let heads = self.who.here().filter(|it| it.is_head);
                heads.map(|it| it.stands).collect()
            }
            Column::Infants | Column::Children | Column::SchoolAge | Column::Elderly => {
                self.counted(column)
            }
            Column::OwnerWoman | Column::OwnerKnown => of_person(|it| Some(it.stands)),
            Column::Niks => {
                let without = self.who.here().filter(|it| !it.has_nik);
                without.map(|it| it.stands).collect()
            }
            Column::Card
            | Column::Address
            | Column::Area
            | Column::Woman
            | Column::Head
            | Column::Nik
            | Column::Turnover
            | Column::Years
            | Column::Sector
            | Column::Nib
            | Column::Grants
            | Column::Site => Vec::new(),
        }
    }

    /// The birthdays of those who are counted, and who may be: theirs is not known.
    fn counted(&self, column: Column) -> Vec<Place> {
        let Some((from, to)) = counted(column) else {
            return Vec::new();
        };
        let ages = from..=to;
        let may = |it: &&PersonFacts| self.on.age(it).is_none_or(|age| ages.contains(&age));
        let counted = self.who.here().filter(may);
        counted.map(|it| it.birth_by.unwrap_or(it.stands)).collect()
    }
}

/// By which row somebody is not here any more.
fn leaving(person: &PersonFacts) -> Option<Place> {
    person.died.or(person.gone)
}

/// Whether a column says that somebody is on a list: where he is not, no row says so.
const fn is_of_a_list(column: Column) -> bool {
    matches!(
        column,
        Column::Aid
            | Column::Proposed
            | Column::Running
            | Column::Failed
            | Column::Alive
            | Column::Here
            | Column::OwnerAlive
            | Column::OwnerHere
    )
}

/// Whether a column tells of the person and not of their family.
const fn is_of_persons(column: Column) -> bool {
    !column.is_of(super::Subject::Family)
}

/// Whether a column tells of a business alone.
const fn is_of_businesses(column: Column) -> bool {
    is_of_persons(column) && !column.is_of(super::Subject::Person)
}

fn bit(programme: u8) -> u32 {
    1_u32.checked_shl(programme.into()).unwrap_or(0)
}

/// The places of bits.
fn places(bits: u32) -> Vec<u8> {
    (0..32).filter(|it| bits & bit(*it) != 0).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{FAMILY, PERSON, TODAY, VILLAGE, born, day, facts, place, written};
    use super::super::{RuleKind, Subject};
    use super::*;

    const STANDS: Option<Place> = Some(place(0, 50));

    /// A family of which everything is known, with somebody dead, gone, old and young.
    fn known() -> Facts {
        let family = FamilyFacts {
            area: Some(VILLAGE),
            decile: Some(2),
            decile_by: Some(place(0, 54)),
            stands: STANDS,
            running: Some(place(5, 51)),
            proposed: Some(place(4, 52)),
            failed: Some(place(6, 53)),
            aid: 0b101,
            ..FAMILY
        };
        let person = |row, birth: &str| PersonFacts {
            stands: place(0, row),
            birth_by: Some(place(0, 10 + row)),
            ..born(birth)
        };
        let head = PersonFacts {
            is_head: true,
            is_woman: Some(false),
            died: Some(place(2, 61)),
            ..person(1, "1950-01-01")
        };
        let gone = PersonFacts {
            gone: Some(place(3, 62)),
            ..person(2, "2000-01-01")
        };
        let old = PersonFacts {
            is_woman: Some(true),
            ..person(3, "1955-01-01")
        };
        let young = PersonFacts {
            has_nik: false,
            ..person(4, "2023-01-01")
        };
        let unknown = PersonFacts {
            birth: None,
            birth_by: None,
            ..person(5, "2000-01-01")
        };
        facts(&[(family, vec![head, gone, old, young, unknown])])
    }

    fn told(subject: Subject, term: &str, facts: &Facts, at: usize) -> (Truth, Shown, Vec<Place>) {
        let programme = written(subject, &[("syarat", term)]);
        let mut reason = reason(&programme, facts, day(TODAY), at);
        match reason.rules.remove(0).tree {
            Node::Is {
                truth, value, by, ..
            } => (truth, value, by),
            other => panic!("a leaf, not {other:?}"),
        }
    }

    #[test]
    fn a_value_has_the_rows_that_say_it() {
        let facts = known();
        let flag = |key: &str| format!("{{ kolom = \"{key}\", op = \"ya\" }}");
        let over = |key: &str| format!("{{ kolom = \"{key}\", op = \">\", nilai = 1 }}");
        let stands = vec![place(0, 50)];
        for (term, value, by) in [
            (over("desil"), Shown::Number(2), vec![place(0, 54)]),
            (
                over("anggota"),
                Shown::Number(3),
                vec![place(0, 50), place(2, 61), place(3, 62)],
            ),
            (
                over("balita"),
                Shown::Between(1, 2),
                vec![place(0, 14), place(0, 5)],
            ),
            (
                over("lansia"),
                Shown::Between(1, 2),
                vec![place(0, 13), place(0, 5)],
            ),
            (
                over("usia_sekolah"),
                Shown::Between(0, 1),
                vec![place(0, 5)],
            ),
            (flag("kepala_hidup"), Shown::Flag(false), vec![place(2, 61)]),
            (flag("kepala_perempuan"), Shown::Unknown, stands.clone()),
            (flag("kk_ada"), Shown::Flag(false), stands.clone()),
            (flag("alamat_ada"), Shown::Flag(false), stands.clone()),
            (flag("nik_lengkap"), Shown::Flag(false), vec![place(0, 4)]),
            (flag("usulan_desa"), Shown::Flag(true), vec![place(4, 52)]),
            (flag("kpm"), Shown::Flag(true), vec![place(5, 51)]),
            (
                flag("transfer_gagal"),
                Shown::Flag(true),
                vec![place(6, 53)],
            ),
            (
                r#"{ kolom = "wilayah", op = "di", nilai = ["62"] }"#.to_owned(),
                Shown::Area(VILLAGE),
                stands,
            ),
            (
                r#"{ kolom = "bantuan", op = "ada", nilai = ["BLT DD", "SEMBAKO"] }"#.to_owned(),
                Shown::Aid(vec![2]),
                vec![place(1, 2)],
            ),
            (
                r#"{ kolom = "bantuan", op = "ada", nilai = ["SEMBAKO"] }"#.to_owned(),
                // Who is on no list has no row that says so.
                Shown::Aid(vec![]),
                vec![],
            ),
            (
                r#"{ kolom = "bantuan", op = "ada", nilai = ["PBI-JK"] }"#.to_owned(),
                Shown::Unknown,
                vec![],
            ),
        ] {
            let (_, shown, rows) = told(Subject::Family, &term, &facts, 0);
            assert_eq!((shown, rows), (value, by), "{term}");
        }
    }

    #[test]
    fn of_a_person_too() {
        let facts = known();
        let flag = |key: &str| format!("{{ kolom = \"{key}\", op = \"ya\" }}");
        let age = r#"{ kolom = "umur", op = ">", nilai = 60 }"#;
        for (at, term, value, by) in [
            (0, age.to_owned(), Shown::Number(76), Some(place(0, 11))),
            (4, age.to_owned(), Shown::Unknown, Some(place(0, 5))),
            (0, flag("hidup"), Shown::Flag(false), Some(place(2, 61))),
            (1, flag("hidup"), Shown::Flag(true), None),
            (1, flag("di_sini"), Shown::Flag(false), Some(place(3, 62))),
            (2, flag("di_sini"), Shown::Flag(true), None),
            (2, flag("perempuan"), Shown::Flag(true), Some(place(0, 3))),
            (3, flag("perempuan"), Shown::Unknown, Some(place(0, 4))),
            (2, flag("kepala"), Shown::Flag(false), Some(place(0, 3))),
            (3, flag("nik_ada"), Shown::Flag(false), Some(place(0, 4))),
            (3, flag("kpm"), Shown::Flag(true), Some(place(5, 51))),
            (3, flag("kk_ada"), Shown::Flag(false), Some(place(0, 50))),
            (
                3,
                r#"{ kolom = "desil", op = "=", nilai = 2 }"#.to_owned(),
                Shown::Number(2),
                Some(place(0, 54)),
            ),
        ] {
            let (_, shown, rows) = told(Subject::Person, &term, &facts, at);
            assert_eq!((shown, rows), (value, Vec::from_iter(by)), "{term}");
        }
    }

    #[test]
    fn a_tree_has_the_shape_of_the_rule() {
        let nobody = facts(&[(FAMILY, vec![PERSON])]);
        let term = r#"{ salah_satu = [
            { bukan = { kolom = "desil", op = "<", nilai = 3 } },
            { semua = [{ kolom = "kk_ada", op = "tidak" }, { kolom = "kpm", op = "ya" }] },
        ] }"#;
        let second = r#"{ kolom = "anggota", op = "=", nilai = 0 }"#;
        let programme = written(
            Subject::Family,
            &[("syarat", term), ("pengecualian", second)],
        );
        assert_eq!(programme.rules[1].kind, RuleKind::Exclusion);
        let is = |truth, leaf, value| Node::Is {
            truth,
            leaf,
            value,
            by: vec![],
        };
        let not = Node::Not {
            truth: Truth::Unknown,
            of: Box::new(is(Truth::Unknown, 0, Shown::Unknown)),
        };
        let all = Node::All {
            truth: Truth::No,
            of: vec![
                is(Truth::Yes, 1, Shown::Flag(false)),
                is(Truth::No, 2, Shown::Flag(false)),
            ],
        };
        let any = Node::Any {
            truth: Truth::Unknown,
            of: vec![not, all],
        };
        let reason = reason(&programme, &nobody, day(TODAY), 0);
        let rules = vec![
            RuleReason {
                rule: 0,
                outcome: Outcome::Unknown,
                tree: any,
            },
            RuleReason {
                rule: 1,
                outcome: Outcome::Holds,
                tree: is(Truth::No, 3, Shown::Number(1)),
            },
        ];
        let verdict = Verdict::Unknown;
        assert_eq!(reason, Reason { verdict, rules });
    }
}
