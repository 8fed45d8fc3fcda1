//! Whose each record is, and how it came to that.

use std::collections::BTreeSet;

use base::id::{Id, Person};

use super::super::cluster::{Clusters, Said};
use super::event::{Cluster, Entry, Event, Wrong};
use super::judged::Judged;

/// No record, or no cluster.
const NONE: u32 = u32::MAX;

/// Whose each record is, with the events that have made it so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Persons {
    /// The cluster of each record.
    of: Vec<u32>,
    /// The next record of the same cluster.
    next: Vec<u32>,
    /// The first record of each cluster.
    first: Vec<u32>,
    entries: Vec<Entry>,
    undone: BTreeSet<u32>,
    judged: Judged,
}

impl Persons {
    /// As they were found, and what people have said before, the oldest word first. A
    /// cluster has the number of the record of it that came first.
    ///
    /// # Panics
    /// If a cluster has the number of no record.
    #[must_use]
    pub fn new(clusters: &Clusters, said: &[Said]) -> Self {
        let count = clusters.of.len();
        let mut it = Self {
            of: vec![NONE; count],
            next: vec![NONE; count],
            first: vec![NONE; count],
            entries: Vec::new(),
            undone: BTreeSet::new(),
            judged: Judged::new(said),
        };
        for table in [&mut it.of, &mut it.next, &mut it.first] {
            table.reserve_exact(count / 16 + 1_024);
        }
        it.of.copy_from_slice(&clusters.of);
        for (record, cluster) in clusters.of.iter().enumerate().rev() {
            let first = &mut it.first[*cluster as usize];
            it.next[record] = std::mem::replace(first, at(record));
        }
        it
    }

    /// What has become of them, the oldest first.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The cluster of a record that is there.
    #[must_use]
    pub fn of(&self, record: u32) -> Option<Cluster> {
        let of = self.of.get(record as usize).filter(|it| **it != NONE);
        of.map(|it| Cluster(*it))
    }

    /// The records of a cluster in their order; none where there is no such cluster.
    pub fn members(&self, cluster: Cluster) -> impl Iterator<Item = u32> {
        let some = |record: &u32| (*record != NONE).then_some(*record);
        let first = self.first.get(cluster.0 as usize).and_then(some);
        std::iter::successors(first, move |record| some(&self.next[*record as usize]))
    }

    /// What people have said, and nobody has taken back, by the records.
    pub fn judged(&self) -> impl Iterator<Item = Said> {
        self.judged.all()
    }

    pub(super) const fn words(&self) -> &Judged {
        &self.judged
    }

    /// The clusters as an examination makes them; whoever has left is alone.
    #[must_use]
    pub fn clusters(&self) -> Clusters {
        let first = |(record, cluster): (usize, &u32)| match *cluster {
            NONE => at(record),
            cluster => self.first[cluster as usize],
        };
        let of: Vec<u32> = self.of.iter().enumerate().map(first).collect();
        let are_first = of
            .iter()
            .enumerate()
            .filter(|(at, of)| *at == **of as usize);
        Clusters {
            count: are_first.count(),
            of,
            refused: 0,
        }
    }

    /// Octets of its tables.
    pub(super) fn octets(&self) -> usize {
        let tables = self.of.capacity() + self.next.capacity() + self.first.capacity();
        tables * size_of::<u32>() + self.entries.capacity() * size_of::<Entry>()
    }

    /// The number of the next cluster.
    pub(super) fn number(&self) -> Cluster {
        Cluster(at(self.first.len()))
    }

    /// Does what an event says; its number.
    ///
    /// # Errors
    /// If it cannot have followed on those before; nothing is changed then.
    pub fn apply(&mut self, entry: Entry) -> Result<u32, Wrong> {
        let number = at(self.entries.len());
        if let Some(undone) = entry.undoes {
            self.may_undo(undone)?;
        }
        match &entry.event {
            Event::Joined { record, cluster } => {
                self.is_new(*record)?;
                self.put(self.known(*cluster)?, *cluster, &[*record]);
            }
            Event::Founded { record, cluster } => {
                self.is_new(*record)?;
                self.is_free(*cluster)?;
                self.put(Vec::new(), *cluster, &[*record]);
            }
            Event::Left { record, cluster } => {
                if self.of(*record) != Some(*cluster) {
                    return Err(Wrong::Record(*record));
                }
                self.take(*cluster, &[*record]);
                self.of[*record as usize] = NONE;
            }
            Event::Merged {
                into, from, moved, ..
            } => {
                let (stay, go) = (self.known(*into)?, self.known(*from)?);
                if into == from {
                    return Err(Wrong::Itself(*into));
                }
                if go != *moved {
                    return Err(Wrong::Parts(*from));
                }
                self.says(number, &entry, (&stay, true));
                self.first[from.0 as usize] = NONE;
                self.put(stay, *into, moved);
            }
            Event::Parted {
                cluster,
                off,
                moved,
                ..
            } => {
                let all = self.known(*cluster)?;
                let is_there = |record: &u32| all.binary_search(record).is_ok();
                let in_order = moved.is_sorted_by(|one, next| one < next);
                if moved.is_empty() || !in_order || !moved.iter().all(is_there) {
                    return Err(Wrong::Parts(*cluster));
                }
                self.is_free(*off)?;
                let stay = self.take(*cluster, moved);
                self.says(number, &entry, (&stay, false));
                self.put(Vec::new(), *off, moved);
            }
        }
        if let Some(undone) = entry.undoes {
            self.undone.insert(undone);
            self.judged.take_back(undone);
        }
        self.entries.push(entry);
        Ok(number)
    }

    /// What takes an event back.
    ///
    /// # Errors
    /// If it cannot be taken back, or no longer.
    pub fn undoing(&self, number: u32, by: Id<Person>) -> Result<Entry, Wrong> {
        self.may_undo(number)?;
        let is_at = |record: u32, cluster| self.of(record) == Some(cluster);
        let are_at = |records: &[u32], cluster| {
            let elsewhere = records.iter().any(|record| !is_at(*record, cluster));
            (!elsewhere).then_some(()).ok_or(Wrong::Moved(number))
        };
        let event = match &self.entries[number as usize].event {
            Event::Joined { record, cluster } | Event::Founded { record, cluster } => {
                are_at(&[*record], *cluster)?;
                Event::Left {
                    record: *record,
                    cluster: *cluster,
                }
            }
            Event::Left { record, cluster } => {
                let (record, cluster) = (*record, *cluster);
                if self.of(record).is_some() || self.is_merged(cluster) {
                    return Err(Wrong::Moved(number));
                }
                match self.members(cluster).next() {
                    Some(_) => Event::Joined { record, cluster },
                    None => Event::Founded { record, cluster },
                }
            }
            Event::Merged {
                into, from, moved, ..
            } => {
                are_at(moved, *into)?;
                Event::Parted {
                    cluster: *into,
                    off: *from,
                    moved: moved.clone(),
                    by,
                }
            }
            Event::Parted {
                cluster,
                off,
                moved,
                ..
            } => {
                are_at(moved, *off)?;
                self.known(*cluster).map_err(|_| Wrong::Moved(number))?;
                Event::Merged {
                    into: *cluster,
                    from: *off,
                    moved: self.members(*off).collect(),
                    by,
                }
            }
        };
        Ok(Entry {
            event,
            undoes: Some(number),
        })
    }

    /// Whether a cluster has gone over into another one, and may come back from there.
    fn is_merged(&self, cluster: Cluster) -> bool {
        let mut entries = (0..).zip(&self.entries);
        entries.any(|(number, entry)| {
            matches!(entry.event, Event::Merged { from, .. } if from == cluster)
                && self.may_undo(number).is_ok()
        })
    }

    fn may_undo(&self, number: u32) -> Result<(), Wrong> {
        let entry = self.entries.get(number as usize);
        let entry = entry.ok_or(Wrong::Event(number))?;
        let undone = entry.undoes.is_some() || self.undone.contains(&number);
        (!undone).then_some(()).ok_or(Wrong::Undone(number))
    }

    /// A word of somebody, unless it only takes another one back.
    fn says(&mut self, number: u32, entry: &Entry, (stay, together): (&[u32], bool)) {
        if let (Event::Merged { moved, .. } | Event::Parted { moved, .. }, None) =
            (&entry.event, entry.undoes)
        {
            self.judged.say(number, stay, moved, together);
        }
    }

    /// The records of a cluster that is there.
    pub(super) fn known(&self, cluster: Cluster) -> Result<Vec<u32>, Wrong> {
        let members: Vec<u32> = self.members(cluster).collect();
        (!members.is_empty())
            .then_some(members)
            .ok_or(Wrong::Cluster(cluster))
    }

    /// A record that has left, or the next one.
    fn is_new(&self, record: u32) -> Result<(), Wrong> {
        match self.of.get(record as usize) {
            Some(&NONE) => Ok(()),
            Some(_) => Err(Wrong::There(record)),
            None if record as usize == self.of.len() => Ok(()),
            None => Err(Wrong::Record(record)),
        }
    }

    /// A cluster that has nobody left, or the next one.
    fn is_free(&self, cluster: Cluster) -> Result<(), Wrong> {
        match self.first.get(cluster.0 as usize) {
            Some(&NONE) => Ok(()),
            None if cluster == self.number() => Ok(()),
            _ => Err(Wrong::Given(cluster)),
        }
    }

    /// Puts records beside those of a cluster.
    fn put(&mut self, mut members: Vec<u32>, cluster: Cluster, more: &[u32]) {
        members.extend_from_slice(more);
        members.sort_unstable();
        if let Some(last) = members.last().map(|last| *last as usize + 1)
            && self.of.len() < last
        {
            self.of.resize(last, NONE);
            self.next.resize(last, NONE);
        }
        if self.first.len() <= cluster.0 as usize {
            self.first.resize(cluster.0 as usize + 1, NONE);
        }
        self.chain(cluster, &members);
    }

    /// Takes records out of a cluster; who stays.
    fn take(&mut self, cluster: Cluster, records: &[u32]) -> Vec<u32> {
        let is_taken = |record: &u32| records.binary_search(record).is_ok();
        let stay: Vec<u32> = self.members(cluster).filter(|it| !is_taken(it)).collect();
        for record in records {
            self.next[*record as usize] = NONE;
        }
        self.chain(cluster, &stay);
        stay
    }

    fn chain(&mut self, cluster: Cluster, members: &[u32]) {
        let mut next = NONE;
        for record in members.iter().rev() {
            self.of[*record as usize] = cluster.0;
            self.next[*record as usize] = next;
            next = *record;
        }
        self.first[cluster.0 as usize] = next;
    }
}

fn at(place: usize) -> u32 {
    u32::try_from(place).expect("records are counted by 32 bits")
}
