//! In what several lists differ, to the last row.
//!
//! Lists of one programme name different numbers of villages. Each difference here is
//! a sum over rows, no row is in two sums, and what is left has a name: *not named by
//! the source*. All numbers are whole, and two identities hold for every input:
//!
//! - rows of the file = villages + duplicates + waiting + foreign + left out
//! - announced = rows of the file + what the file does not hold
//!
//! The second may be negative: a file can hold more than was announced.

use std::collections::{BTreeMap, BTreeSet};

use base::area::AreaCode;
use base::day::Day;

use crate::register::is_kelurahan;

/// A list as it was imported.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List {
    /// The day whose state it tells.
    pub as_of: Option<Day>,
    /// What its words mean.
    pub definition: Option<String>,
    /// How many its source says there are.
    pub announced: Option<i64>,
    /// How many its source says there are of each status.
    pub announced_of: BTreeMap<String, i64>,
    /// Rows of the file that were left out when it was imported.
    pub left_out: i64,
    /// The others.
    pub rows: Vec<Row>,
}

/// A row of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number beside the spreadsheet.
    pub number: u32,
    /// What it means.
    pub means: Means,
    /// Its status, if it has one.
    pub status: Option<String>,
}

/// What a row means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Means {
    /// A village of the register.
    Village(AreaCode),
    /// A person has yet to say.
    Waiting,
    /// A person has said that it is no village of the register.
    Foreign,
}

/// One list, counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Rows of its file that count.
    pub file_rows: i64,
    /// Villages that it names, each once.
    pub villages: i64,
    /// Of those, kelurahan.
    pub kelurahan: i64,
    /// Rows that name a village which an earlier row names.
    pub duplicates: i64,
    /// Those rows: the earlier and the later.
    pub duplicate_rows: Vec<(u32, u32)>,
    /// Rows that wait for a person.
    pub waiting: i64,
    /// Rows that are no village of the register.
    pub foreign: i64,
    /// Rows that were left out.
    pub left_out: i64,
    /// How the announced total comes about. None: none was announced.
    pub announced: Option<Announced>,
    /// Rows of each status, and how many of them were announced.
    pub statuses: BTreeMap<String, Counted>,
    /// Rows without a status.
    pub without_status: i64,
}

/// An announced total and what becomes of it:
/// `total = villages + duplicates + waiting + foreign + left out + not_in_file`, and
/// `total = of_statuses + not_named`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announced {
    /// What its source has announced.
    pub total: i64,
    /// Announced, and not in the file. Negative: the file holds more.
    pub not_in_file: i64,
    /// The sum of what was announced of each status. None: of no status.
    pub of_statuses: Option<i64>,
    /// Announced, and in no status that was announced: not named by the source.
    pub not_named: Option<i64>,
}

/// Rows of one status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    /// Rows of the file.
    pub rows: i64,
    /// What its source has announced. None: nothing.
    pub announced: Option<i64>,
}

impl Counted {
    /// Announced less found, if it was announced.
    #[must_use]
    pub fn difference(self) -> Option<i64> {
        self.announced.map(|announced| announced - self.rows)
    }
}

/// Two lists beside each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Which, by their places.
    pub lists: (usize, usize),
    /// Villages that both name.
    pub both: i64,
    /// Villages that only the first names.
    pub only_first: Only,
    /// Villages that only the second names.
    pub only_second: Only,
    /// How many days the second is newer; negative if it is older.
    pub days: Option<i32>,
    /// Whether their words mean the same. None: one of them does not say.
    pub same_definition: Option<bool>,
    /// Villages that both name, with statuses that differ.
    pub statuses_differ: i64,
}

/// Villages that only one of two lists names, in parts that add up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Only {
    /// All of them.
    pub villages: BTreeSet<AreaCode>,
    /// Kelurahan, where the other list holds none; or desa, where it holds none.
    pub out_of_scope: i64,
    /// The others, by regency.
    pub others: BTreeMap<AreaCode, i64>,
}

impl Only {
    /// How many there are.
    #[must_use]
    pub fn count(&self) -> i64 {
        long(self.villages.len())
    }
}

/// Several lists, counted and beside each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciled {
    /// Each list.
    pub accounts: Vec<Account>,
    /// Each pair of them, the first before the second.
    pub pairs: Vec<Pair>,
    /// Villages that every list names.
    pub in_all: i64,
    /// Villages that any list names.
    pub in_any: i64,
}

/// Counts lists and lays them beside each other.
#[must_use]
pub fn reconcile(lists: &[List]) -> Reconciled {
    let sets: Vec<BTreeSet<AreaCode>> = lists.iter().map(villages).collect();
    let mut pairs = Vec::new();
    for first in 0..lists.len() {
        for second in first + 1..lists.len() {
            pairs.push(pair(lists, &sets, first, second));
        }
    }
    let any: BTreeSet<&AreaCode> = sets.iter().flatten().collect();
    let all = any
        .iter()
        .filter(|code| sets.iter().all(|set| set.contains(**code)));
    Reconciled {
        accounts: lists.iter().map(account).collect(),
        pairs,
        in_all: long(all.count()),
        in_any: long(any.len()),
    }
}

fn villages(list: &List) -> BTreeSet<AreaCode> {
    let village = |row: &Row| match &row.means {
        Means::Village(code) => Some(code.clone()),
        Means::Waiting | Means::Foreign => None,
    };
    list.rows.iter().filter_map(village).collect()
}

/// Counts one list.
#[must_use]
pub fn account(list: &List) -> Account {
    let mut first: BTreeMap<&AreaCode, u32> = BTreeMap::new();
    let mut duplicate_rows = Vec::new();
    let (mut waiting, mut foreign, mut without_status) = (0, 0, 0);
    let mut statuses: BTreeMap<String, Counted> = BTreeMap::new();
    for row in &list.rows {
        match &row.means {
            Means::Village(code) => match first.get(code) {
                Some(earlier) => duplicate_rows.push((*earlier, row.number)),
                None => {
                    first.insert(code, row.number);
                }
            },
            Means::Waiting => waiting += 1,
            Means::Foreign => foreign += 1,
        }
        match &row.status {
            Some(status) => statuses.entry(status.clone()).or_default().rows += 1,
            None => without_status += 1,
        }
    }
    for (status, announced) in &list.announced_of {
        statuses.entry(status.clone()).or_default().announced = Some(*announced);
    }
    let file_rows = long(list.rows.len()) + list.left_out;
    let of_statuses = (!list.announced_of.is_empty()).then(|| list.announced_of.values().sum());
    Account {
        file_rows,
        villages: long(first.len()),
        kelurahan: long(first.keys().filter(|code| is_kelurahan(code)).count()),
        duplicates: long(duplicate_rows.len()),
        duplicate_rows,
        waiting,
        foreign,
        left_out: list.left_out,
        announced: list.announced.map(|total| Announced {
            total,
            not_in_file: total - file_rows,
            of_statuses,
            not_named: of_statuses.map(|sum: i64| total - sum),
        }),
        statuses,
        without_status,
    }
}

fn pair(lists: &[List], sets: &[BTreeSet<AreaCode>], first: usize, second: usize) -> Pair {
    let (one, other) = (&sets[first], &sets[second]);
    let both: BTreeSet<&AreaCode> = one.intersection(other).collect();
    let (a, b) = (&lists[first], &lists[second]);
    let differ = |code: &&&AreaCode| {
        let (one, other) = (statuses(a, code), statuses(b, code));
        !one.is_empty() && !other.is_empty() && one != other
    };
    Pair {
        lists: (first, second),
        both: long(both.len()),
        only_first: only(one, other),
        only_second: only(other, one),
        days: a.as_of.zip(b.as_of).map(|(a, b)| b.since(a)),
        same_definition: a
            .definition
            .as_ref()
            .zip(b.definition.as_ref())
            .map(|(a, b)| a == b),
        statuses_differ: long(both.iter().filter(differ).count()),
    }
}

/// What a list says of a village's status: more than one thing, if it names it twice.
fn statuses<'l>(list: &'l List, code: &AreaCode) -> BTreeSet<&'l str> {
    list.rows
        .iter()
        .filter(|row| matches!(&row.means, Means::Village(own) if own == code))
        .filter_map(|row| row.status.as_deref())
        .collect()
}

fn only(of: &BTreeSet<AreaCode>, other: &BTreeSet<AreaCode>) -> Only {
    let holds = |kelurahan: bool| other.iter().any(|code| is_kelurahan(code) == kelurahan);
    // A list without any village has no scope that something could lie outside of.
    let leaves_out = |kelurahan: bool| !other.is_empty() && !holds(kelurahan);
    let mut only = Only::default();
    for code in of.difference(other) {
        only.villages.insert(code.clone());
        if leaves_out(is_kelurahan(code)) {
            only.out_of_scope += 1;
        } else {
            let regency = code.parent().and_then(|district| district.parent());
            *only
                .others
                .entry(regency.unwrap_or_else(|| code.clone()))
                .or_insert(0) += 1;
        }
    }
    only
}

fn long(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn village(n: u32) -> AreaCode {
        // Every seventh is a kelurahan; two regencies.
        let kind = if n.is_multiple_of(7) { 1 } else { 2 };
        let code = format!("62.{:02}.01.{kind}{:03}", 1 + n % 2, n);
        code.parse().expect("a code")
    }

    fn row(number: u32, means: Means, status: &str) -> Row {
        let status = Some(status.to_owned()).filter(|status| !status.is_empty());
        Row {
            number,
            means,
            status,
        }
    }

    #[test]
    fn an_announced_total_is_led_to_its_villages() {
        // 376 announced: 202 active, 18 inactive, 149 in distribution; the file holds
        // 369 rows.
        let status = |n: u32| match n {
            0..202 => "active",
            202..220 => "inactive",
            _ => "in_distribution",
        };
        let mut rows: Vec<Row> = (0..369_u32)
            .map(|n| row(n + 2, Means::Village(village(n)), status(n)))
            .collect();
        rows[10].means = Means::Village(village(3));
        rows[20].means = Means::Waiting;
        rows[30].means = Means::Foreign;
        let list = List {
            announced: Some(376),
            announced_of: [("active", 202), ("inactive", 18), ("in_distribution", 149)]
                .map(|(status, n)| (status.to_owned(), n))
                .into(),
            rows,
            ..List::default()
        };
        let account = account(&list);
        let announced = account.announced.expect("announced");
        assert_eq!((account.file_rows, account.villages), (369, 366));
        assert_eq!(
            (account.duplicates, account.duplicate_rows.as_slice()),
            (1, &[(5, 12)][..])
        );
        assert_eq!(
            (account.waiting, account.foreign, account.left_out),
            (1, 1, 0)
        );
        assert_eq!(
            announced,
            Announced {
                total: 376,
                not_in_file: 7,
                of_statuses: Some(369),
                not_named: Some(7)
            }
        );
        assert!(
            account
                .statuses
                .values()
                .all(|counted| counted.difference() == Some(0))
        );
        assert_eq!(account.without_status, 0);
    }

    #[test]
    fn a_list_with_kelurahan_and_one_without_differ_by_name() {
        let of = |numbers: std::ops::Range<u32>, kelurahan: bool| List {
            rows: numbers
                .filter(|n| kelurahan || !n.is_multiple_of(7))
                .map(|n| row(n, Means::Village(village(n)), ""))
                .collect(),
            ..List::default()
        };
        let found = reconcile(&[of(0..70, true), of(35..105, false)]);
        let [pair] = found.pairs.as_slice() else {
            panic!("{found:?}")
        };
        // 0..35 and the five kelurahan of 35..70.
        assert_eq!(pair.both, 30);
        assert_eq!(pair.only_first.count(), 40);
        assert_eq!(pair.only_first.out_of_scope, 10);
        assert_eq!(pair.only_first.others.values().sum::<i64>(), 30);
        assert_eq!(
            (pair.only_second.count(), pair.only_second.out_of_scope),
            (30, 0)
        );
        assert_eq!((found.in_all, found.in_any), (30, 100));
    }

    fn lists() -> impl Strategy<Value = Vec<List>> {
        let means = prop_oneof![
            8 => (0_u32..30).prop_map(|n| Means::Village(village(n))),
            1 => Just(Means::Waiting),
            1 => Just(Means::Foreign),
        ];
        let status = prop::option::of(prop_oneof![Just("active"), Just("inactive")]);
        let rows = prop::collection::vec((means, status), 0..40);
        let list = (
            rows,
            0_i64..5,
            prop::option::of(0_i64..60),
            prop::option::of(0_i64..30),
        )
            .prop_map(|(rows, left_out, announced, active)| List {
                left_out,
                announced,
                announced_of: active
                    .map(|n| ("active".to_owned(), n))
                    .into_iter()
                    .collect(),
                rows: (2_u32..)
                    .zip(rows)
                    .map(|(number, (means, status))| row(number, means, status.unwrap_or_default()))
                    .collect(),
                ..List::default()
            });
        prop::collection::vec(list, 0..4)
    }

    proptest! {
        #[test]
        fn as_many_rows_come_out_as_went_in(lists in lists()) {
            for (list, account) in lists.iter().zip(reconcile(&lists).accounts) {
                let parts = account.villages + account.duplicates + account.waiting + account.foreign + account.left_out;
                prop_assert_eq!(account.file_rows, parts);
                prop_assert_eq!(account.file_rows, long(list.rows.len()) + list.left_out);
                let stated: i64 = account.statuses.values().map(|counted| counted.rows).sum();
                prop_assert_eq!(stated + account.without_status + account.left_out, account.file_rows);
                if let Some(announced) = account.announced {
                    prop_assert_eq!(announced.total, parts + announced.not_in_file);
                    if let Some(sum) = announced.of_statuses {
                        prop_assert_eq!(announced.not_named, Some(announced.total - sum));
                    }
                }
            }
        }

        /// By brute force over all villages that there are.
        #[test]
        fn pairs_are_what_counting_by_hand_gives(lists in lists()) {
            let found = reconcile(&lists);
            let names = |list: &List, n: u32| list.rows.iter().any(|row| row.means == Means::Village(village(n)));
            let count = |test: &dyn Fn(u32) -> bool| long((0..30).filter(|n| test(*n)).count());
            prop_assert_eq!(found.pairs.len(), lists.len() * lists.len().saturating_sub(1) / 2);
            for pair in &found.pairs {
                let (a, b) = (&lists[pair.lists.0], &lists[pair.lists.1]);
                prop_assert_eq!(pair.both, count(&|n| names(a, n) && names(b, n)));
                prop_assert_eq!(pair.only_first.count(), count(&|n| names(a, n) && !names(b, n)));
                prop_assert_eq!(pair.only_second.count(), count(&|n| !names(a, n) && names(b, n)));
                for only in [&pair.only_first, &pair.only_second] {
                    prop_assert_eq!(only.count(), only.out_of_scope + only.others.values().sum::<i64>());
                }
            }
            prop_assert_eq!(found.in_any, count(&|n| lists.iter().any(|list| names(list, n))));
            let all = if lists.is_empty() { 0 } else { count(&|n| lists.iter().all(|list| names(list, n))) };
            prop_assert_eq!(found.in_all, all);
        }
    }
}
