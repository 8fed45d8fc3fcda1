//! What is hidden stays hidden: from a reader who solves for it.
//!
//! The reader has no part of the code that hides. He writes down as equations what is shown
//! on a page and what it is about, and asks a linear program for the least and the most that
//! each hidden count can be. Rows of these equations are those of a network, so that his
//! answers are whole numbers.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::measure::suppress::{SMALLEST, below, by_place, grouped, pair, without};

/// Equations over counts that are not below zero.
#[derive(Debug, Clone, Default)]
struct Known {
    counts: usize,
    rows: Vec<(Vec<f64>, f64)>,
}

impl Known {
    /// One more count; known where it is shown.
    fn count(&mut self, shown: Option<u64>) -> usize {
        self.counts += 1;
        let at = self.counts - 1;
        if let Some(shown) = shown {
            self.is(&[(at, 1.0)], shown);
        }
        at
    }

    /// That some counts, each so many times, are together a number.
    fn is(&mut self, of: &[(usize, f64)], together: u64) {
        let mut row = vec![0.0; self.counts];
        for (at, times) in of {
            row[*at] += times;
        }
        self.rows.push((row, whole(together)));
    }

    /// The least and the most that a count can be; no most where there is none.
    fn range(&self, of: usize) -> (u64, Option<u64>) {
        let least = self.most(of, -1.0).expect("never below zero");
        (number(-least), self.most(of, 1.0).map(number))
    }

    /// The most that a count can be so many times, by the simplex in two phases, with Bland's
    /// rule. None: there is no most.
    fn most(&self, of: usize, times: f64) -> Option<f64> {
        let (rows, counts) = (self.rows.len(), self.counts);
        let width = counts + rows;
        // Each row has a slack of its own to begin with; all of them have to become zero.
        let mut table: Vec<Vec<f64>> = Vec::new();
        for (at, (row, together)) in self.rows.iter().enumerate() {
            let mut line: Vec<f64> = row.clone();
            line.resize(width, 0.0);
            line[counts + at] = 1.0;
            line.push(*together);
            table.push(line);
        }
        let mut base: Vec<usize> = (counts..width).collect();
        let slack: Vec<f64> = (0..width)
            .map(|at| if at < counts { 0.0 } else { -1.0 })
            .collect();
        let off = climb(&mut table, &mut base, &slack, width).expect("has a most");
        assert!(off.abs() < 1e-6, "what is shown contradicts itself");
        for row in 0..rows {
            if base[row] >= counts
                && let Some(at) = (0..counts).find(|at| table[row][*at].abs() > 1e-9)
            {
                pivot(&mut table, &mut base, row, at);
            }
        }
        let aim: Vec<f64> = (0..width)
            .map(|at| if at == of { times } else { 0.0 })
            .collect();
        climb(&mut table, &mut base, &aim, counts)
    }
}

fn climb(table: &mut [Vec<f64>], base: &mut [usize], aim: &[f64], to: usize) -> Option<f64> {
    loop {
        let gain = |at: usize| {
            let of = table.iter().zip(base.iter());
            aim[at]
                - of.map(|(line, in_base)| aim[*in_base] * line[at])
                    .sum::<f64>()
        };
        let Some(enters) = (0..to).find(|at| !base.contains(at) && gain(*at) > 1e-9) else {
            let of = table.iter().zip(base.iter());
            return Some(of.map(|(line, at)| aim[*at] * line[line.len() - 1]).sum());
        };
        let ratio = |line: &Vec<f64>| line[line.len() - 1] / line[enters];
        let rows = (0..table.len()).filter(|row| table[*row][enters] > 1e-9);
        let leaves = rows.min_by(|one, other| {
            let (first, second) = (ratio(&table[*one]), ratio(&table[*other]));
            first.total_cmp(&second).then(base[*one].cmp(&base[*other]))
        })?;
        pivot(table, base, leaves, enters);
    }
}

fn pivot(table: &mut [Vec<f64>], base: &mut [usize], row: usize, at: usize) {
    let by = table[row][at];
    for it in &mut table[row] {
        *it /= by;
    }
    let line = table[row].clone();
    for (other, it) in table.iter_mut().enumerate() {
        let times = it[at];
        if other != row && times != 0.0 {
            for (cell, of) in it.iter_mut().zip(&line) {
                *cell -= times * of;
            }
        }
    }
    base[row] = at;
}

#[expect(clippy::cast_precision_loss, reason = "counts of a test")]
const fn whole(count: u64) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a whole number"
)]
fn number(value: f64) -> u64 {
    assert!((value - value.round()).abs() < 1e-6, "{value}");
    value.round() as u64
}

const fn is_few(count: u64) -> bool {
    count > 0 && count < SMALLEST
}

/// Whether a reader can tell of a few no more than that they are a few.
fn is_blurred((low, high): (u64, Option<u64>)) -> bool {
    low <= 1 && high.is_none_or(|it| it + 1 >= SMALLEST)
}

/// A column below a headline: shown as it is or hidden, and nothing hidden is told.
fn column(counts: &[u64], shown: &[Option<u64>]) {
    assert_eq!(counts.len(), shown.len());
    let all: u64 = counts.iter().sum();
    let mut known = Known::default();
    let cells: Vec<usize> = shown.iter().map(|it| known.count(*it)).collect();
    let of: Vec<(usize, f64)> = cells.iter().map(|at| (*at, 1.0)).collect();
    known.is(&of, all);
    for ((count, shown), at) in counts.iter().zip(shown).zip(cells) {
        assert!(shown.is_none_or(|it| it == *count && !is_few(it)));
        if shown.is_some() || !is_few(*count) {
            continue;
        }
        let range = known.range(at);
        let all_hidden = shown_none(counts, all, range);
        assert!(is_blurred(range) || all_hidden, "{range:?} {counts:?}");
    }
}

/// Where the headline is of a few, or all are: a reader may know of each what it says and no
/// more, from none to all of them.
fn shown_none(counts: &[u64], all: u64, range: (u64, Option<u64>)) -> bool {
    let is_alone = counts.len() == 1;
    all < SMALLEST && (is_alone || range == (0, Some(all)))
}

#[test]
fn few_are_hidden_with_what_would_tell_them() {
    let (some, none) = (Some::<u64>, None::<u64>);
    for (counts, expected) in [
        // Nothing to hide: zero is nobody.
        (vec![], vec![]),
        (vec![0, 10, 300], vec![some(0), some(10), some(300)]),
        // One takes the next smallest with it, not the largest.
        (vec![3, 40, 20, 0], vec![none, some(40), none, some(0)]),
        // Two that are as small are taken together.
        (vec![3, 20, 20, 400], vec![none, none, none, some(400)]),
        // Two hide each other where they are ten together, and else with a third.
        (vec![8, 40, 7, 0], vec![none, some(40), none, some(0)]),
        (vec![3, 40, 4, 0], vec![none, none, none, some(0)]),
        // All nines are as good as told.
        (vec![9, 9, 50, 40], vec![none, none, some(50), none]),
        // A headline of a few hides all below it, zeros as well.
        (vec![3, 0, 0], vec![none, none, none]),
        (vec![3], vec![none]),
    ] {
        assert_eq!(below(&counts), expected, "{counts:?}");
        column(&counts, &below(&counts));
    }
}

#[test]
fn a_sum_of_a_group_is_told_where_nothing_follows() {
    // Both groups have enough to hide with.
    let (shown, tells) = grouped(&[&[3, 60], &[4, 70, 80], &[50]]);
    assert!(tells);
    assert_eq!(shown, [None, None, None, None, Some(80), Some(50)]);
    // A group of one that is a few is its sum; so is a sum of a few.
    assert!(!grouped(&[&[30, 40], &[20, 50], &[7]]).1);
    assert!(!grouped(&[&[3, 4], &[20, 50], &[70]]).1);
    assert_eq!(grouped(&[&[], &[]]), (vec![], true));
}

#[test]
fn of_two_that_are_few_the_sum_is_hidden_too() {
    assert_eq!(pair(24, 16), (Some((24, 16)), true));
    assert_eq!(pair(0, 300), (Some((0, 300)), true));
    assert_eq!(pair(5, 300), (None, true));
    assert_eq!(pair(300, 9), (None, true));
    assert_eq!(pair(5, 2), (None, false));
    assert_eq!(pair(0, 4), (None, false));
}

#[test]
fn what_must_not_be_told_is_not_whatever_it_is() {
    assert_eq!(without(&[(7, false), (10, false)]), [true, true]);
    assert_eq!(
        without(&[(7, true), (10, false), (40, false)]),
        [false, false, true]
    );
    assert_eq!(
        without(&[(7, true), (6, true), (10, false)]),
        [false, false, true]
    );
    assert_eq!(without(&[(7, true)]), [false]);
}

/// All columns of so many cells up to a count.
fn columns(cells: usize, most: u64) -> Vec<Vec<u64>> {
    (0..cells).fold(vec![Vec::new()], |columns, _| {
        let longer = columns.iter().flat_map(|column: &Vec<u64>| {
            (0..=most).map(|more| column.iter().copied().chain([more]).collect())
        });
        longer.collect()
    })
}

#[test]
fn who_knows_the_rule_derives_no_hidden_count() {
    // All columns that look the same when shown, and what each hidden count is in them.
    for (cells, most) in [(2, 60), (3, 32)] {
        let mut by_look: BTreeMap<_, Vec<Vec<u64>>> = BTreeMap::new();
        for counts in columns(cells, most) {
            let all: u64 = counts.iter().sum();
            // Larger sums have columns that were not tried.
            if all <= most {
                by_look
                    .entry((below(&counts), all))
                    .or_default()
                    .push(counts);
            }
        }
        for ((shown, all), columns) in by_look {
            for at in (0..cells).filter(|at| shown[*at].is_none()) {
                let first = columns[0][at];
                let is_told = columns.iter().all(|it| it[at] == first);
                assert!(!is_told, "{shown:?} of {all} is {columns:?} only");
            }
        }
    }
}

fn any_count() -> impl Strategy<Value = u64> {
    prop_oneof![0..14_u64, 0..14_u64, 0..40_u64, 0..400_u64, Just(0)]
}

proptest! {
    #[test]
    fn no_column_tells_what_it_hides(counts in prop::collection::vec(any_count(), 0..12)) {
        column(&counts, &below(&counts));
        // In another order the same is hidden.
        let turned: Vec<u64> = counts.iter().rev().copied().collect();
        let mut shown = below(&turned);
        shown.reverse();
        prop_assert_eq!(shown, below(&counts));
    }

    #[test]
    fn no_table_of_places_tells_what_it_hides(
        counts in prop::collection::vec((any_count(), any_count()), 1..9)
    ) {
        // Some in each place, and others.
        let counts: Vec<(u64, u64)> = counts.iter().map(|it| (it.0 + it.1, it.1)).collect();
        let shown = by_place(&counts);
        let mut known = Known::default();
        let all: Vec<usize> = shown.iter().map(|it| known.count(it.0)).collect();
        let some: Vec<usize> = shown.iter().map(|it| known.count(it.1)).collect();
        let rest: Vec<usize> = counts.iter().map(|_| known.count(None)).collect();
        let ones = |of: &[usize]| of.iter().map(|at| (*at, 1.0)).collect::<Vec<_>>();
        known.is(&ones(&all), counts.iter().map(|it| it.0).sum());
        known.is(&ones(&some), counts.iter().map(|it| it.1).sum());
        for at in 0..counts.len() {
            known.is(&[(all[at], 1.0), (some[at], -1.0), (rest[at], -1.0)], 0);
        }
        // By the headlines alone, with nothing shown, as much is told anyway.
        let bare = Known { rows: known.rows.iter()
            .filter(|(row, _)| row.iter().filter(|it| **it != 0.0).count() != 1 || counts.len() == 1)
            .cloned().collect(), ..known.clone() };
        for (at, (whole, part)) in counts.iter().enumerate() {
            for (count, shown, cell) in [(*whole, shown[at].0, all[at]),
                (*part, shown[at].1, some[at]), (whole - part, None, rest[at])] {
                prop_assert!(shown.is_none_or(|it| it == count && !is_few(it)));
                if is_few(count) && shown.is_none() {
                    let range = known.range(cell);
                    prop_assert!(is_blurred(range) || range == bare.range(cell),
                        "{cell} is {range:?} of {counts:?}");
                }
            }
        }
    }

    #[test]
    fn no_sum_of_a_group_tells_what_it_hides(
        groups in prop::collection::vec(prop::collection::vec(any_count(), 0..6), 1..4)
    ) {
        let lent: Vec<&[u64]> = groups.iter().map(Vec::as_slice).collect();
        let (shown, tells) = grouped(&lent);
        let mut from = 0;
        for counts in &groups {
            if tells {
                column(counts, &shown[from..from + counts.len()]);
                prop_assert!(!is_few(counts.iter().sum()));
            }
            from += counts.len();
        }
        column(&groups.concat(), &shown);
    }

    #[test]
    fn no_pair_tells_what_it_hides(one in any_count(), other in any_count()) {
        let (shown, tells) = pair(one, other);
        let mut known = Known::default();
        let cells = [known.count(shown.map(|it| it.0)), known.count(shown.map(|it| it.1))];
        if tells {
            known.is(&[(cells[0], 1.0), (cells[1], 1.0)], one + other);
        }
        for (count, at) in [(one, cells[0]), (other, cells[1])] {
            prop_assert!(!is_few(count) || is_blurred(known.range(at)));
        }
    }

    #[test]
    fn nothing_that_must_not_be_told_is(
        counts in prop::collection::vec((any_count(), any::<bool>()), 2..12)
    ) {
        let shown = without(&counts);
        let mut known = Known::default();
        let cells: Vec<usize> = counts.iter().zip(&shown)
            .map(|(it, shown)| known.count(shown.then_some(it.0))).collect();
        let of: Vec<(usize, f64)> = cells.iter().map(|at| (*at, 1.0)).collect();
        known.is(&of, counts.iter().map(|it| it.0).sum());
        for ((count, is_kept), at) in counts.iter().zip(cells) {
            let (low, high) = known.range(at);
            prop_assert!(!is_kept || high != Some(low) || shown.iter().all(|it| !it),
                "{count} of {counts:?}");
        }
    }
}
