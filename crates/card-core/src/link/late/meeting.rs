//! Whom a record meets, and what they are to it.

use rayon::prelude::*;

use super::super::cluster::Across;
use super::super::compare::{self, Comparer, Pattern};
use super::super::explain::{self, Why};
use super::super::learn::Class;
use super::super::register::Row;
use super::blocks::LeftOut;
use super::event::{Cluster, Wrong};
use super::place::CHUNK;
use super::{Index, groups};

/// A record that another one meets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Likeness {
    /// The record.
    pub record: u32,
    /// In what they agree.
    pub pattern: Pattern,
    /// How probable it is that both are one person.
    pub same: f64,
    /// What they most probably are to each other.
    pub class: Class,
}

/// A cluster that a record meets.
#[derive(Debug, Clone, PartialEq)]
pub struct Met {
    /// The cluster.
    pub cluster: Cluster,
    /// Those of its records that were met, the likest first.
    pub records: Vec<Likeness>,
    /// What its records say, whether they were met or not.
    pub across: Across,
    /// Whether nothing would be merged, since most of them speak against it.
    pub refused: bool,
}

/// Whom a record meets.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Meeting {
    /// Clusters, the likest first.
    pub met: Vec<Met>,
    /// Blocks of it that were left out.
    pub left_out: Vec<LeftOut>,
}

/// Whom one record meets, and the blocks of it that were left out.
pub(super) type Seen = (Vec<Likeness>, Vec<LeftOut>);

impl Index {
    /// Why two records are one person's, or not.
    ///
    /// # Errors
    /// If there is no such record.
    pub fn why(&self, one: u32, other: u32) -> Result<Why, Wrong> {
        for record in [one, other] {
            self.persons.of(record).ok_or(Wrong::Record(record))?;
        }
        let (left, right) = (one.min(other) as usize, one.max(other) as usize);
        let pattern = compare::compare(&self.register, left, right);
        Ok(explain::explain(&self.model, pattern))
    }

    /// The same of a pair that was met.
    #[must_use]
    pub fn explain(&self, likeness: &Likeness) -> Why {
        explain::explain(&self.model, likeness.pattern)
    }

    /// Whom a row would meet. Nothing stays of it.
    #[must_use]
    pub fn meets(&mut self, row: &Row<'_>) -> Meeting {
        self.guest(row, None)
    }

    /// Whom a record would meet if it were written so. Nothing stays of it.
    ///
    /// # Errors
    /// If there is no such record.
    pub fn meets_changed(&mut self, record: u32, row: &Row<'_>) -> Result<Meeting, Wrong> {
        self.persons.of(record).ok_or(Wrong::Record(record))?;
        Ok(self.guest(row, Some(record)))
    }

    /// Whom a record meets that is there, the rest of its own cluster included.
    ///
    /// # Errors
    /// If there is no such record.
    pub fn around(&self, record: u32) -> Result<Meeting, Wrong> {
        self.persons.of(record).ok_or(Wrong::Record(record))?;
        Ok(self.meeting(record, &[record]))
    }

    /// Whom each of some records shares a block with, by their numbers. In the pool of the
    /// caller.
    #[must_use]
    pub fn beside(&self, records: &[u32]) -> Vec<Vec<Likeness>> {
        let beside = records.par_chunks(CHUNK).flat_map_iter(|some| {
            let mut comparer = Comparer::new(&self.register);
            let seen = some
                .iter()
                .map(|record| self.seen(&mut comparer, *record, &[*record]).0);
            seen.collect::<Vec<_>>()
        });
        beside.collect()
    }

    /// What two records are to each other, as the second is told.
    #[must_use]
    pub fn between(&self, one: u32, other: u32) -> Likeness {
        self.likeness(&mut Comparer::new(&self.register), one, other)
    }

    fn guest(&mut self, row: &Row<'_>, instead: Option<u32>) -> Meeting {
        let texts = self.register.texts();
        let record = self.register.push_late(row);
        let but: Vec<u32> = instead.into_iter().collect();
        let meeting = self.meeting(record, &but);
        self.register.pull(&texts);
        meeting
    }

    /// Whom a record meets, but for some that are not looked at.
    fn meeting(&self, record: u32, but: &[u32]) -> Meeting {
        let mut comparer = Comparer::new(&self.register);
        let seen = self.seen(&mut comparer, record, but);
        self.told(record, but, seen)
    }

    /// The clusters of records that a record has met.
    pub(super) fn told(&self, record: u32, but: &[u32], (seen, left_out): Seen) -> Meeting {
        let mut comparer = Comparer::new(&self.register);
        let mut of: Vec<(Cluster, Likeness)> = seen
            .into_iter()
            .filter_map(|it| Some((self.persons.of(it.record)?, it)))
            .collect();
        of.sort_unstable_by(|(one, a), (other, b)| {
            let likest = || b.same.total_cmp(&a.same).then(a.record.cmp(&b.record));
            one.cmp(other).then_with(likest)
        });
        let met = of.chunk_by(|(one, _), (other, _)| one == other).map(|of| {
            let cluster = of[0].0;
            let records: Vec<Likeness> = of.iter().map(|(_, it)| *it).collect();
            let is_other = |it: &u32| *it != record && !but.contains(it);
            let members: Vec<u32> = self.persons.members(cluster).filter(is_other).collect();
            let words = self.persons.words();
            let across = groups::across(&mut comparer, &self.model, words, (&[record], &members));
            let parted = words.parts(&[record], &members) || words.parts(but, &members);
            Met {
                cluster,
                refused: parted || members.len() > 1 && across.refuses(),
                records,
                across,
            }
        });
        let mut met: Vec<Met> = met.collect();
        met.sort_by(|one, other| other.records[0].same.total_cmp(&one.records[0].same));
        Meeting { met, left_out }
    }

    /// The records that a record shares a block with, by their numbers.
    pub(super) fn seen(&self, comparer: &mut Comparer<'_>, record: u32, but: &[u32]) -> Seen {
        let it = &self.register.records[record as usize];
        let (beside, left_out) = self.blocks.beside(&self.register, it, but);
        let seen = beside.into_iter();
        let seen = seen.map(|other| self.likeness(comparer, record, other));
        (seen.collect(), left_out)
    }

    /// What two records are to each other.
    pub(super) fn likeness(
        &self,
        comparer: &mut Comparer<'_>,
        record: u32,
        other: u32,
    ) -> Likeness {
        let (left, right) = (record.min(other) as usize, record.max(other) as usize);
        let pattern = comparer.pattern(left, right);
        let shares = self.model.shares_of(pattern);
        let likest = Class::ALL
            .into_iter()
            .max_by(|one, other| shares[*one as usize].total_cmp(&shares[*other as usize]));
        Likeness {
            record: other,
            pattern,
            same: shares[Class::Same as usize],
            class: likest.unwrap_or(Class::Namesakes),
        }
    }
}
