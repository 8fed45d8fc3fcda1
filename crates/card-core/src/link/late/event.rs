//! What becomes of clusters, one event after the other.
//!
//! Whoever applies all of them to the clusters of the beginning has those of now, and each
//! can be taken back by another one. They hold numbers only: nobody's values.

use std::fmt;

use base::id::{Id, Person};

/// A cluster. It keeps its number whoever joins and leaves, and a number that was given
/// once is never given to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cluster(pub u32);

/// Something that has become of clusters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A record has come to others.
    Joined {
        /// The record.
        record: u32,
        /// To whom.
        cluster: Cluster,
    },
    /// A record is the first of a cluster.
    Founded {
        /// The record.
        record: u32,
        /// Of which.
        cluster: Cluster,
    },
    /// A record is gone; so is its cluster, if it was the last.
    Left {
        /// The record.
        record: u32,
        /// Where it was.
        cluster: Cluster,
    },
    /// Two clusters are one, as somebody has said.
    Merged {
        /// The one that stays.
        into: Cluster,
        /// The one that is no more,
        from: Cluster,
        /// with all of its records, in their order.
        moved: Vec<u32>,
        /// Who has said so.
        by: Id<Person>,
    },
    /// Some records of a cluster are one of their own, as somebody has said.
    Parted {
        /// The one that they were in.
        cluster: Cluster,
        /// The one that they are.
        off: Cluster,
        /// Those records, in their order.
        moved: Vec<u32>,
        /// Who has said so.
        by: Id<Person>,
    },
}

/// An event, and which it takes back, if it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The event.
    pub event: Event,
    /// The number of the one that it takes back; they are numbered from zero.
    pub undoes: Option<u32>,
}

impl From<Event> for Entry {
    fn from(event: Event) -> Self {
        Self {
            event,
            undoes: None,
        }
    }
}

/// Why something is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// There is no such record, or it has left.
    Record(u32),
    /// The record is still there.
    There(u32),
    /// What the record says was let go of.
    Forgotten(u32),
    /// There is no such cluster.
    Cluster(Cluster),
    /// There is one of that number, or was.
    Given(Cluster),
    /// A cluster cannot be merged with itself.
    Itself(Cluster),
    /// What is named are not the records of the cluster, each once, in parts that have some.
    Parts(Cluster),
    /// There is no such event.
    Event(u32),
    /// It was taken back before, or takes another one back itself.
    Undone(u32),
    /// Its records are no longer where it has put them.
    Moved(u32),
}

impl fmt::Display for Wrong {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record(record) => write!(into, "there is no record {record}"),
            Self::There(record) => write!(into, "record {record} has not left"),
            Self::Forgotten(record) => write!(into, "what record {record} says is let go of"),
            Self::Cluster(Cluster(number)) => write!(into, "there is no cluster {number}"),
            Self::Given(Cluster(number)) => write!(into, "the number {number} was given before"),
            Self::Itself(Cluster(number)) => write!(into, "cluster {number} is one already"),
            Self::Parts(Cluster(number)) => {
                write!(into, "these are not the records of cluster {number}")
            }
            Self::Event(number) => write!(into, "there is no event {number}"),
            Self::Undone(number) => write!(into, "event {number} was taken back, or takes back"),
            Self::Moved(number) => {
                write!(into, "the records of event {number} are elsewhere by now")
            }
        }
    }
}

impl std::error::Error for Wrong {}
