//! By how little a verdict would have been the other one.
//!
//! One number is thought to be another, and all else stays as it is, other counts of the
//! same family too. It is told to whoever looks at those nearest to a line, and changes
//! nothing.

use base::day::Day;

use super::value::{On, Question, Value, Who};
use super::{Column, Judged, Leaf, Programme, Truth, Verdict};
use crate::facts::Facts;

/// The smallest change of one number that turns a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Margin {
    /// The column of the number.
    pub column: Column,
    /// The first rule that would be another.
    pub rule: usize,
    /// The first leaf of it that would, by its number.
    pub leaf: usize,
    /// What the number is.
    pub value: i32,
    /// The nearest that it would have to be.
    pub line: i32,
    /// How far that is.
    pub distance: u32,
}

/// Of [`margins`] the smallest; of as small ones the first of the file.
///
/// # Panics
/// If there are not as many subjects, or what was judged is another programme.
#[cfg(test)]
fn margin(
    programme: &Programme,
    judged: &Judged,
    facts: &Facts,
    on: Day,
    at: usize,
) -> Option<Margin> {
    let margins = margins(programme, judged, facts, on, at);
    margins.into_iter().min_by_key(|margin| margin.distance)
}

/// For each column the smallest change of its number by which who is included would be
/// excluded, or the other way round, in the order of the file; of as small ones the lower
/// number. None for who is neither, and for columns whose number alone does not do it.
///
/// A column that is asked more than once changes everywhere. A number that is not known
/// exactly is not changed.
///
/// # Panics
/// If there are not as many subjects, or what was judged is another programme.
#[must_use]
pub fn margins(
    programme: &Programme,
    judged: &Judged,
    facts: &Facts,
    on: Day,
    at: usize,
) -> Vec<Margin> {
    let other = match judged.verdict(at) {
        Verdict::Included => Verdict::Excluded,
        Verdict::Excluded => Verdict::Included,
        Verdict::Unknown => return Vec::new(),
    };
    let leaves = programme.leaves();
    let was = judged.truths(at);
    let who = Who::new(programme.subject, facts, at);
    let on = On::new(on);
    let mut margins: Vec<Margin> = Vec::new();
    for (place, (_, leaf)) in leaves.iter().enumerate() {
        let Some((least, most)) = leaf.column.range() else {
            continue;
        };
        if leaves[..place]
            .iter()
            .any(|(_, it)| it.column == leaf.column)
        {
            continue;
        }
        let Value::Span(value, same) = Question::new(leaf, facts).value(&who, on) else {
            continue;
        };
        if value != same {
            continue;
        }
        let asked = || leaves.iter().filter(|(_, it)| it.column == leaf.column);
        let mut lines: Vec<i32> = asked()
            .flat_map(|(_, it)| it.test.edges())
            .filter(|line| (least..=most).contains(line) && *line != value)
            .collect();
        lines.sort_unstable_by_key(|line| (line.abs_diff(value), *line));
        for line in lines {
            let distance = line.abs_diff(value);
            let mut is = was.clone();
            for (_, it) in asked() {
                is[it.number] = it.test.of_span(line, line);
            }
            if programme.verdict(&is) == other
                && let Some((rule, turned)) = turned(programme, &leaves, &was, &is)
            {
                margins.push(Margin {
                    column: leaf.column,
                    rule,
                    leaf: turned,
                    value,
                    line,
                    distance,
                });
                break;
            }
        }
    }
    margins
}

/// The first rule that is another, and the first of its leaves that is.
fn turned(
    programme: &Programme,
    leaves: &[(usize, &Leaf)],
    was: &[Truth],
    is: &[Truth],
) -> Option<(usize, usize)> {
    let rules = programme.rules.iter();
    let rule = rules
        .map(|it| &it.term)
        .position(|term| term.truth(was) != term.truth(is))?;
    let changed = |it: &&(usize, &Leaf)| it.0 == rule && was[it.1.number] != is[it.1.number];
    leaves
        .iter()
        .find(changed)
        .map(|(_, leaf)| (rule, leaf.number))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{
        FAMILY, Facts, FamilyFacts, PERSON, PersonFacts, TODAY, born, day, facts, written,
    };
    use super::super::{Op, Subject, judge};
    use super::*;

    fn of(subject: Subject, rules: &[(&str, &str)], facts: &Facts) -> Vec<Option<Margin>> {
        let programme = written(subject, rules);
        let judged = judge(&programme, facts, day(TODAY));
        (0..judged.len())
            .map(|at| margin(&programme, &judged, facts, day(TODAY), at))
            .collect()
    }

    fn home(decile: Option<u8>, persons: &[PersonFacts]) -> (FamilyFacts, Vec<PersonFacts>) {
        (FamilyFacts { decile, ..FAMILY }, persons.to_vec())
    }

    /// Rule, leaf, value, line, distance.
    type Told = (usize, usize, i32, i32, u32);

    fn told(margins: Vec<Option<Margin>>) -> Vec<Option<Told>> {
        let margins = margins.into_iter();
        margins
            .map(|it| it.map(|it| (it.rule, it.leaf, it.value, it.line, it.distance)))
            .collect()
    }

    const DECILE: (&str, &str) = ("syarat", r#"{ kolom = "desil", op = "<=", nilai = 2 }"#);

    #[test]
    fn the_nearest_line_is_told() {
        let child = born("2020-01-01");
        let facts = facts(&[
            home(Some(1), &[child]),
            home(Some(2), &[child, child]),
            home(Some(3), &[child]),
            home(Some(9), &[PERSON]),
            home(None, &[child]),
        ]);
        assert_eq!(
            told(of(Subject::Family, &[DECILE], &facts)),
            [
                Some((0, 0, 1, 3, 2)),
                Some((0, 0, 2, 3, 1)),
                Some((0, 0, 3, 2, 1)),
                Some((0, 0, 9, 2, 7)),
                None,
            ]
        );
        // The first rule only where the second holds; the nearer of two numbers.
        let children = ("syarat", r#"{ kolom = "anak", op = ">=", nilai = 2 }"#);
        assert_eq!(
            told(of(Subject::Family, &[DECILE, children], &facts)),
            [
                Some((1, 1, 1, 2, 1)),
                Some((0, 0, 2, 3, 1)),
                None,
                // Two rules speak against it, or one more is not known.
                None,
                None,
            ]
        );
    }

    #[test]
    fn a_number_that_is_asked_twice_changes_in_both() {
        let facts = facts(&[home(Some(4), &[PERSON]), home(Some(7), &[PERSON])]);
        let other = (
            "pengecualian",
            r#"{ kolom = "desil", op = "antara", nilai = [5, 8] }"#,
        );
        let rules = [
            ("syarat", r#"{ kolom = "desil", op = ">=", nilai = 3 }"#),
            other,
        ];
        assert_eq!(
            told(of(Subject::Family, &rules, &facts)),
            [Some((1, 1, 4, 5, 1)), Some((1, 1, 7, 9, 2))]
        );
        // What no number turns: a rule that no decile satisfies together with the other.
        let never = ("syarat", r#"{ kolom = "desil", op = "=", nilai = 5 }"#);
        assert_eq!(
            told(of(Subject::Family, &[never, other], &facts)),
            [None, None]
        );
        // Of as near ones the lower.
        let around = [(
            "pengecualian",
            r#"{ kolom = "desil", op = "=", nilai = 4 }"#,
        )];
        assert_eq!(
            told(of(Subject::Family, &around, &facts)),
            [Some((0, 0, 4, 3, 1)), Some((0, 0, 7, 4, 3))]
        );
    }

    #[test]
    fn a_number_that_is_not_known_exactly_is_not_changed() {
        let child = born("2020-01-01");
        let facts = facts(&[
            home(Some(1), &[child, PERSON]),
            home(Some(1), &[child, child]),
        ]);
        let rules = [("syarat", r#"{ kolom = "anak", op = ">=", nilai = 1 }"#)];
        assert_eq!(
            told(of(Subject::Family, &rules, &facts)),
            [None, Some((0, 0, 2, 0, 2))]
        );
    }

    /// Somebody of an age in a family of a decile.
    fn somebody(decile: Option<u8>, age: Option<i32>) -> Facts {
        let birth = age.and_then(|age| Day::new(2026 - age, 1, 1));
        facts(&[home(decile, &[PersonFacts { birth, ..PERSON }])])
    }

    /// The smallest change of either number, by judging each again.
    fn by_trial(programme: &Programme, decile: Option<u8>, age: Option<i32>) -> Option<u32> {
        let verdict = |decile, age| {
            let facts = somebody(decile, age);
            judge(programme, &facts, day(TODAY)).verdict(0)
        };
        let other = match verdict(decile, age) {
            Verdict::Included => Verdict::Excluded,
            Verdict::Excluded => Verdict::Included,
            Verdict::Unknown => return None,
        };
        let deciles = (1..=10).filter(|it| verdict(Some(*it), age) == other);
        let deciles = deciles.filter_map(|it| Some(u32::from(it.abs_diff(decile?))));
        let ages = (0..=120).filter(|it| verdict(decile, Some(*it)) == other);
        let ages = ages.filter_map(|it| Some(it.abs_diff(age?)));
        deciles.chain(ages).min()
    }

    fn leaf() -> impl Strategy<Value = String> {
        let op = || prop::sample::select(Op::ALL.map(Op::as_str).to_vec());
        prop_oneof![
            (op(), 1..=10).prop_map(|(op, to)| {
                format!(r#"{{ kolom = "desil", op = "{op}", nilai = {to} }}"#)
            }),
            (op(), 0..=80).prop_map(|(op, to)| {
                format!(r#"{{ kolom = "umur", op = "{op}", nilai = {to} }}"#)
            }),
            (0..=40, 40..=80).prop_map(|(from, to)| {
                format!(r#"{{ kolom = "umur", op = "antara", nilai = [{from}, {to}] }}"#)
            }),
        ]
    }

    proptest! {
        #[test]
        fn no_smaller_change_turns_a_verdict(
            decile in prop::option::weighted(0.8, 1_u8..=10),
            age in prop::option::weighted(0.8, 0..=90),
            leaves in prop::collection::vec(leaf(), 3),
            requires in any::<bool>(),
            any in any::<bool>(),
        ) {
            let word = if any { "salah_satu" } else { "semua" };
            let both = format!("{{ {word} = [{}, {}] }}", leaves[0], leaves[1]);
            let kind = if requires { "syarat" } else { "pengecualian" };
            let programme = written(Subject::Person, &[("syarat", &both), (kind, &leaves[2])]);
            let facts = somebody(decile, age);
            let judged = judge(&programme, &facts, day(TODAY));
            let found = margin(&programme, &judged, &facts, day(TODAY), 0);
            prop_assert_eq!(found.map(|it| it.distance), by_trial(&programme, decile, age));
            if let Some(it) = found {
                prop_assert_eq!(it.distance, it.value.abs_diff(it.line));
                let (rule, leaf) = programme.leaves()[it.leaf];
                prop_assert_eq!((rule, leaf.number), (it.rule, it.leaf));
            }
        }
    }
}
