//! Counts of a few are hidden, and none of them follows from the others.
//!
//! One to nine are hidden: who knows a village knows of whom three are told. **Zero is
//! shown.** It is nobody, so it points at nobody, and a hidden zero could not be told from a
//! few, who are worth looking for. What it does say, that in a place all are otherwise, is for
//! the shape of a table to see to: counts of a village's families by what they are would
//! tell of all of them, whichever are hidden, and are not to be shown at all.
//!
//! A total gives away the one cell that is hidden beside it, and cells that are hidden
//! together if they can only be ones, or only nines. Then the next smallest count is hidden
//! too, wherever it stands; if there is none, zeros are as well, and if there are none either,
//! the total.
//!
//! What this does not see: other columns. If two columns and their difference are shown, what
//! is hidden in one has to be in both.

/// Counts below are hidden, but for zero.
pub const SMALLEST: u64 = 10;

/// A column of counts as it may be shown; none of what is hidden.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Column {
    /// The counts.
    pub cells: Vec<Option<u64>>,
    /// Their sum; hidden only where it would give a count away.
    pub total: Option<u64>,
}

/// A column as it may be shown beside its total.
#[must_use]
pub fn suppress(cells: &[u64]) -> Column {
    below(cells, SMALLEST)
}

fn below(cells: &[u64], smallest: u64) -> Column {
    let mut hidden: Vec<bool> = cells.iter().map(|it| (1..smallest).contains(it)).collect();
    let (few, sum) = cells
        .iter()
        .filter(|it| (1..smallest).contains(*it))
        .fold((0, 0), |(few, sum): (u64, u64), it| (few + 1, sum + it));
    // Together they are as few or as many as they can be, so each is.
    let is_plain = few == 1 || sum == few || sum == few * (smallest - 1);
    let mut total = Some(cells.iter().sum());
    if few > 0 && is_plain {
        // All that are as small: which of them was taken would tell of the others.
        let next = cells.iter().filter(|it| **it >= smallest).min();
        match next {
            Some(next) => {
                for (hidden, it) in hidden.iter_mut().zip(cells) {
                    *hidden |= it == next;
                }
            }
            None if cells.contains(&0) => hidden.fill(true),
            None => total = None,
        }
    }
    let cells = cells.iter().zip(&hidden);
    Column {
        cells: cells.map(|(it, hidden)| (!hidden).then_some(*it)).collect(),
        total,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn shown(cells: &[u64]) -> (Vec<Option<u64>>, Option<u64>) {
        let column = suppress(cells);
        (column.cells, column.total)
    }

    #[test]
    fn few_are_hidden_with_what_would_tell_them() {
        let (some, none) = (Some::<u64>, None::<u64>);
        for (cells, expected, total) in [
            // Nothing to hide: zero is nobody.
            (vec![], vec![], some(0)),
            (
                vec![0, 10, 300],
                vec![some(0), some(10), some(300)],
                some(310),
            ),
            // Two hide each other.
            (
                vec![3, 40, 5, 0],
                vec![none, some(40), none, some(0)],
                some(48),
            ),
            // One takes the next smallest with it,
            (
                vec![3, 40, 20, 0],
                vec![none, some(40), none, some(0)],
                some(63),
            ),
            // zeros if there is none,
            (vec![3, 0, 0], vec![none, none, none], some(3)),
            // and else the total.
            (vec![3], vec![none], none),
            // Ones are told by how few they are together, nines by how many.
            (vec![1, 1, 40], vec![none, none, none], some(42)),
            (
                vec![9, 9, 50, 40],
                vec![none, none, some(50), none],
                some(108),
            ),
            (vec![1, 1], vec![none, none], none),
            (vec![1, 2, 40], vec![none, none, some(40)], some(43)),
        ] {
            assert_eq!(shown(&cells), (expected, total), "{cells:?}");
        }
    }

    /// All columns of so many cells up to a count.
    fn columns(cells: usize, most: u64) -> Vec<Vec<u64>> {
        (0..cells).fold(vec![Vec::new()], |columns, _| {
            let longer = columns.iter().flat_map(|column| {
                (0..=most).map(|more| column.iter().copied().chain([more]).collect())
            });
            longer.collect()
        })
    }

    #[test]
    fn who_knows_the_rule_derives_no_hidden_cell() {
        // All columns that look the same when shown, and what each hidden cell is in them.
        for (smallest, cells, most) in [(3, 4, 11), (4, 4, 13), (5, 3, 24), (10, 2, 60)] {
            let mut by_look: BTreeMap<_, Vec<Vec<u64>>> = BTreeMap::new();
            for column in columns(cells, most) {
                let look = below(&column, smallest);
                by_look
                    .entry((look.cells, look.total))
                    .or_default()
                    .push(column);
            }
            for ((shown, total), columns) in by_look {
                // Sums beyond what was tried would have more columns.
                if total.is_some_and(|it| it > most) {
                    continue;
                }
                for (at, _) in shown.iter().enumerate().filter(|it| it.1.is_none()) {
                    let first = columns[0][at];
                    assert!(
                        columns.iter().any(|column| column[at] != first),
                        "{shown:?} of {total:?} is {columns:?} only"
                    );
                }
            }
        }
    }

    proptest! {
        #[test]
        fn no_hidden_cell_follows_by_subtraction(
            cells in proptest::collection::vec(prop_oneof![0..14_u64, 0..200_u64], 0..20)
        ) {
            let column = suppress(&cells);
            let hidden: Vec<u64> = cells
                .iter()
                .zip(&column.cells)
                .filter(|it| it.1.is_none())
                .map(|it| *it.0)
                .collect();
            for (cell, shown) in cells.iter().zip(&column.cells) {
                prop_assert!(shown.is_none_or(|it| it == *cell && !(1..SMALLEST).contains(&it)));
            }
            if column.total.is_some() && !hidden.is_empty() {
                // What the total leaves for them is shared out in another way, too, even if
                // none of them can be zero.
                let least = u64::from(!hidden.contains(&0));
                let sum: u64 = hidden.iter().sum();
                prop_assert!(hidden.len() > 1);
                prop_assert!(sum > least * hidden.len() as u64);
            }
            // The same column in another order hides as many.
            let turned: Vec<u64> = cells.iter().rev().copied().collect();
            let count = |it: &Column| it.cells.iter().filter(|it| it.is_none()).count();
            prop_assert_eq!(count(&suppress(&turned)), count(&column));
        }
    }
}
