//! Records that come when all others are linked.
//!
//! ```text
//!               ┌─▶ meets:  whom it meets, and what they are to it
//!   row ─▶ blocks ─▶ take:  whose it is          ─▶ events ─▶ clusters
//!               └─▶ change, remove: what holds without it
//! ```
//!
//! An index stands in memory over a register that was linked as a whole. One record is
//! held against those that it shares a block with, by the same rules, levels, weights and
//! guard, and nothing else is looked at again. A record joins a cluster or founds one; that
//! two clusters are one, or one is two, is proposed and never done here. What becomes of
//! clusters is an event, and each can be taken back.
//!
//! How pairs look is not learned again, and a block that was parted in the beginning stays
//! parted: after many late records an examination of all is due.

mod blocks;
mod event;
mod groups;
mod judged;
mod meeting;
mod persons;
mod place;
#[cfg(test)]
mod tests;
mod wide;

use std::collections::BTreeSet;

use base::id::{Id, Person};

use super::Settings;
use super::cluster::{Clusters, Said};
use super::learn::Model;
use super::register::{Register, Row};
use crate::hash::Map;
use blocks::Blocks;

pub use blocks::LeftOut;
pub use event::{Cluster, Entry, Event, Wrong};
pub use meeting::{Likeness, Meeting, Met};
pub use persons::Persons;
pub use place::Proposal;
pub use wide::Wide;

/// A register that was linked, ready for one record more.
#[derive(Debug)]
pub struct Index {
    register: Register,
    model: Model,
    settings: Settings,
    blocks: Blocks,
    persons: Persons,
    /// Records that have left and say nothing any more.
    forgotten: BTreeSet<u32>,
}

/// What has become of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// Its number.
    pub record: u32,
    /// Where it is.
    pub cluster: Cluster,
    /// What follows for others.
    pub proposals: Vec<Proposal>,
    /// Blocks of it that were left out.
    pub left_out: Vec<LeftOut>,
}

/// What is left where a record has left.
#[derive(Debug, Clone, PartialEq)]
pub struct Removed {
    /// Where it was.
    pub cluster: Cluster,
    /// The rest, if it no longer holds together.
    pub proposal: Option<Proposal>,
}

impl Index {
    /// An index over what [`super::link`] has made, and what people have said of its
    /// records, the oldest word first. In the pool of the caller.
    ///
    /// # Panics
    /// If there are not as many records as clusters tell of.
    #[must_use]
    pub fn new(
        mut register: Register,
        model: Model,
        clusters: &Clusters,
        said: &[Said],
        settings: Settings,
    ) -> Self {
        assert_eq!(register.len(), clusters.of.len());
        register.make_room();
        Self {
            blocks: Blocks::new(&register, settings.block_max),
            persons: Persons::new(clusters, said),
            register,
            model,
            settings,
            forgotten: BTreeSet::new(),
        }
    }

    /// Octets that it holds, as near as they can be told.
    #[must_use]
    pub fn octets(&self) -> usize {
        self.register.octets()
            + self.blocks.octets()
            + self.persons.octets()
            + size_of::<Model>()
            + self.forgotten.len() * size_of::<u32>()
    }

    /// Whose each record is, and what has become of clusters.
    #[must_use]
    pub const fn persons(&self) -> &Persons {
        &self.persons
    }

    /// Lets go of all but what its records say, in the order in which they came.
    #[must_use]
    pub fn into_register(self) -> Register {
        self.register
    }

    /// What its records say.
    #[must_use]
    pub const fn register(&self) -> &Register {
        &self.register
    }

    /// Takes a record.
    pub fn take(&mut self, row: &Row<'_>) -> Taken {
        let mut taken = self.take_all(std::slice::from_ref(row));
        taken.pop().expect("as many as rows")
    }

    /// Takes records that come together: the surest pairs of all of them count first. In
    /// the pool of the caller.
    ///
    /// # Panics
    /// Beyond 4,294,967,295 records.
    pub fn take_all(&mut self, rows: &[Row<'_>]) -> Vec<Taken> {
        let come = |row: &Row<'_>| {
            let record = self.register.push_late(row);
            self.blocks.add(&self.register, record);
            record
        };
        let records: Vec<u32> = rows.iter().map(come).collect();
        let places = self.place(&records);
        let mut founded: Map<usize, Cluster> = Map::default();
        let taken = places.into_iter().map(|place| {
            let (record, known) = (place.record, founded.get(&place.group).copied());
            let event = match place.standing.or(known) {
                Some(cluster) => Event::Joined { record, cluster },
                None => Event::Founded {
                    record,
                    cluster: self.persons.number(),
                },
            };
            if let Event::Founded { cluster, .. } = &event {
                founded.insert(place.group, *cluster);
            }
            place.taken(self.happen(event))
        });
        taken.collect()
    }

    /// A record is written anew. It goes where it belongs by now; what it was in may no
    /// longer hold together.
    ///
    /// # Errors
    /// If there is no such record.
    pub fn change(&mut self, record: u32, row: &Row<'_>) -> Result<Taken, Wrong> {
        let cluster = self.persons.of(record).ok_or(Wrong::Record(record))?;
        let before = self.parts(cluster);
        self.blocks.remove(&self.register, record);
        self.register.change(record, row);
        self.blocks.add(&self.register, record);
        let place = self.place(&[record]).pop().expect("as many as records");
        let alone = self.persons.members(cluster).nth(1).is_none();
        let stays = place.standing.map_or(alone, |standing| standing == cluster);
        if !stays {
            self.happen(Event::Left { record, cluster });
            self.happen(match place.standing {
                Some(cluster) => Event::Joined { record, cluster },
                None => Event::Founded {
                    record,
                    cluster: self.persons.number(),
                },
            });
        }
        let now = self.persons.of(record).ok_or(Wrong::Record(record))?;
        let mut taken = place.taken(now);
        taken
            .proposals
            .extend(self.split_of(cluster, &before, record));
        Ok(taken)
    }

    /// A record leaves. It keeps its number, and can come back by an undoing.
    ///
    /// # Errors
    /// If there is no such record.
    pub fn remove(&mut self, record: u32) -> Result<Removed, Wrong> {
        let cluster = self.persons.of(record).ok_or(Wrong::Record(record))?;
        let before = self.parts(cluster);
        self.happen(Event::Left { record, cluster });
        self.blocks.remove(&self.register, record);
        self.register.leave(record);
        Ok(Removed {
            cluster,
            proposal: self.split_of(cluster, &before, record),
        })
    }

    /// Lets go of what a record says that has left: it cannot come back.
    ///
    /// # Errors
    /// If it has not left, or there is none.
    pub fn forget(&mut self, record: u32) -> Result<(), Wrong> {
        if self.persons.of(record).is_some() {
            return Err(Wrong::There(record));
        }
        if record as usize >= self.register.len() {
            return Err(Wrong::Record(record));
        }
        self.register.blank(record);
        self.forgotten.insert(record);
        Ok(())
    }

    /// Two clusters are one, as somebody says; the one that stays, which is the larger.
    ///
    /// # Errors
    /// If there are no two such clusters.
    pub fn merge(
        &mut self,
        one: Cluster,
        other: Cluster,
        by: Id<Person>,
    ) -> Result<Cluster, Wrong> {
        let (these, those) = (self.persons.known(one)?, self.persons.known(other)?);
        let stays =
            (those.len(), other) < (these.len(), one) || these.len() == those.len() && one < other;
        let (into, from, moved) = match stays {
            true => (one, other, those),
            false => (other, one, these),
        };
        let merged = Event::Merged {
            into,
            from,
            moved,
            by,
        };
        self.persons.apply(merged.into())?;
        Ok(into)
    }

    /// A cluster is several, as somebody says; the clusters of its parts. The largest keeps
    /// its number.
    ///
    /// # Errors
    /// If these are not its records, each once, in two parts or more.
    pub fn split(
        &mut self,
        cluster: Cluster,
        parts: &[Vec<u32>],
        by: Id<Person>,
    ) -> Result<Vec<Cluster>, Wrong> {
        let mut named: Vec<u32> = parts.iter().flatten().copied().collect();
        named.sort_unstable();
        let is_whole = named == self.persons.known(cluster)?;
        if !is_whole || parts.len() < 2 || parts.iter().any(Vec::is_empty) {
            return Err(Wrong::Parts(cluster));
        }
        let mut stays = 0;
        for (at, part) in parts.iter().enumerate() {
            if part.len() > parts[stays].len() {
                stays = at;
            }
        }
        let mut clusters = Vec::with_capacity(parts.len());
        for (at, part) in parts.iter().enumerate() {
            if at == stays {
                clusters.push(cluster);
                continue;
            }
            let mut moved = part.clone();
            moved.sort_unstable();
            let off = self.persons.number();
            let parted = Event::Parted {
                cluster,
                off,
                moved,
                by,
            };
            self.persons.apply(parted.into())?;
            clusters.push(off);
        }
        Ok(clusters)
    }

    /// Takes an event back; the number of the event that does.
    ///
    /// # Errors
    /// If it cannot be taken back, or no longer.
    pub fn undo(&mut self, number: u32, by: Id<Person>) -> Result<u32, Wrong> {
        let entry = self.persons.undoing(number, by)?;
        let event = entry.event.clone();
        if let Event::Joined { record, .. } | Event::Founded { record, .. } = event
            && self.forgotten.contains(&record)
        {
            return Err(Wrong::Forgotten(record));
        }
        let number = self.persons.apply(entry)?;
        match event {
            Event::Joined { record, .. } | Event::Founded { record, .. } => {
                self.register.come_back(record);
                self.blocks.add(&self.register, record);
            }
            Event::Left { record, .. } => {
                self.blocks.remove(&self.register, record);
                self.register.leave(record);
            }
            Event::Merged { .. } | Event::Parted { .. } => {}
        }
        Ok(number)
    }

    /// Something becomes of a record; the cluster that it is about.
    fn happen(&mut self, event: Event) -> Cluster {
        let (Event::Joined { cluster, .. }
        | Event::Founded { cluster, .. }
        | Event::Left { cluster, .. }
        | Event::Merged { into: cluster, .. }
        | Event::Parted { cluster, .. }) = event;
        self.persons.apply(event.into()).expect("it follows");
        cluster
    }
}
