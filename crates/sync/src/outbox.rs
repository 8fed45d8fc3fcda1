//! What lies on a site's disk, and how it is changed.
//!
//! The shell keeps rows, gaps, a head and an acknowledged number for each chain, and
//! commands. It makes no choice: it carries out a [`Transaction`] whole or not at all,
//! and reads the whole [`Outbox`] when it is asked.

use base::id::{Agent, Id};

use crate::batch::Gap;
use crate::command;
use crate::identity::{Chain, Digest, Epoch, Seq, Stream};
use crate::record::Row;
use crate::shelf::Stored;

/// One change of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Put a row in, and make it the head of its chain.
    Insert {
        /// The row.
        row: Row,
        /// Its digest.
        digest: Digest,
    },
    /// Take all rows and gaps of these numbers out and put this gap in.
    Gap {
        /// Of which chain.
        chain: Chain,
        /// What to put in.
        gap: Gap,
    },
    /// Take all rows and gaps up to this number out: the centre holds them.
    Forget {
        /// Of which chain.
        chain: Chain,
        /// The last number.
        to: Seq,
    },
    /// Note up to where the centre holds a chain; it may be less than before.
    Acked {
        /// Which chain.
        chain: Chain,
        /// The number.
        seq: Seq,
    },
    /// Note how far a command is.
    Command(command::Noted),
    /// Forget a command.
    CommandOver(command::Ulid),
}

impl Op {
    /// Whether it must be on the disk when its transaction is said to be done.
    pub(crate) const fn syncs(&self) -> bool {
        match self {
            Self::Insert { row, .. } => !matches!(row.chain.stream, Stream::Sample),
            Self::Command(_) => true,
            Self::Gap { .. } | Self::Forget { .. } | Self::Acked { .. } | Self::CommandOver(_) => {
                false
            }
        }
    }
}

/// Changes that are made together or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Transaction {
    /// Counted from the opening of the queue: what was appended before it was taken
    /// is in it or an earlier one.
    pub number: u64,
    /// In this order.
    pub ops: Vec<Op>,
    /// Whether it has to be on the disk when it is said to be done
    /// (`synchronous=FULL`); it takes everything before it there as well, also when
    /// it changes nothing.
    pub sync: bool,
}

/// What lies in the outbox when it is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbox {
    /// Whose it is.
    pub agent: Id<Agent>,
    /// The epoch that new records are made in.
    pub epoch: Epoch,
    /// Its chains, those of older epochs first.
    pub chains: Vec<Stored>,
    /// Its commands.
    pub commands: Vec<command::Noted>,
}

impl Outbox {
    /// One that has just been made.
    #[must_use]
    pub fn new(agent: Id<Agent>, epoch: Epoch) -> Self {
        Self {
            agent,
            epoch,
            chains: Vec::new(),
            commands: Vec::new(),
        }
    }
}
