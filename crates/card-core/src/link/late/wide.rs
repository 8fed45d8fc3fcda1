//! Somebody looked for: met are not only those of the same blocks, but whoever was born that
//! day, and whoever lives in that village.
//!
//! Blocks are made for pairs of records that say much. Who is looked for says little, and the
//! first letters of his name may be wrong; of one of him a few thousand comparisons are cheap.

use super::super::compare::Comparer;
use super::super::register::{Folded, Row};
use super::{Index, Meeting};

/// Records of one day or village that are compared at most: stand-ins for days that nobody
/// knows have many.
const MOST: usize = 60_000;

/// The likest records that are looked at closer.
const LIKEST: usize = 100;

/// The records of an index by day of birth and by village.
#[derive(Debug)]
pub struct Wide {
    births: Vec<(u32, u32)>,
    villages: Vec<(u32, u32)>,
}

impl Wide {
    /// Of the records that an index has by now.
    #[must_use]
    pub fn new(index: &Index) -> Self {
        let records = || (0_u32..).zip(&index.register.records);
        let mut births: Vec<(u32, u32)> = records()
            .filter_map(|(at, it)| Some((birth(it)?, at)))
            .collect();
        let mut villages: Vec<(u32, u32)> = records()
            .filter_map(|(at, it)| Some((village(it)?, at)))
            .collect();
        births.sort_unstable();
        villages.sort_unstable();
        Self { births, villages }
    }

    /// Octets that it holds.
    #[must_use]
    pub fn octets(&self) -> usize {
        (self.births.capacity() + self.villages.capacity()) * size_of::<(u32, u32)>()
    }

    /// Whoever shares day or village with a record.
    fn beside(&self, it: &Folded) -> Vec<u32> {
        let mut beside: Vec<u32> = [(birth(it), &self.births), (village(it), &self.villages)]
            .into_iter()
            .filter_map(|(key, all)| Some(of(all, key?)))
            .flat_map(|some| some.iter().take(MOST).map(|it| it.1))
            .collect();
        beside.sort_unstable();
        beside.dedup();
        beside
    }
}

fn birth(it: &Folded) -> Option<u32> {
    let birth = it.birth?;
    Some(u32::from(birth.year) << 16 | u32::from(birth.month) << 8 | u32::from(birth.day))
}

fn village(it: &Folded) -> Option<u32> {
    (it.home.village != 0).then_some(it.home.village)
}

fn of(all: &[(u32, u32)], key: u32) -> &[(u32, u32)] {
    let from = all.partition_point(|it| it.0 < key);
    let to = all.partition_point(|it| it.0 <= key);
    &all[from..to]
}

impl Index {
    /// Whom a row would meet, whoever was born that day or lives in that village included: the
    /// likest hundred records. Nothing stays of it.
    #[must_use]
    pub fn meets_wide(&mut self, row: &Row<'_>, wide: &Wide) -> Meeting {
        let texts = self.register.texts();
        let record = self.register.push_late(row);
        let mut comparer = Comparer::new(&self.register);
        let (mut seen, left_out) = self.seen(&mut comparer, record, &[]);
        let mut met: Vec<u32> = seen.iter().map(|it| it.record).collect();
        met.sort_unstable();
        let beside = wide.beside(&self.register.records[record as usize]);
        let others = beside
            .into_iter()
            .filter(|other| met.binary_search(other).is_err());
        seen.extend(others.map(|other| self.likeness(&mut comparer, record, other)));
        seen.sort_unstable_by(|a, b| b.same.total_cmp(&a.same).then(a.record.cmp(&b.record)));
        seen.truncate(LIKEST);
        drop(comparer);
        let meeting = self.told(record, &[], (seen, left_out));
        self.register.pull(&texts);
        meeting
    }
}
