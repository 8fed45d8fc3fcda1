//! An outbox goes on in another epoch.
//!
//! A box that was set back, or lives twice, would give numbers away a second time.
//! So it takes a new epoch: everything that lies there moves behind a new beginning
//! and keeps, as its [`Origin`], the name that it was made under. By that name the
//! centre knows what it holds already.
//!
//! The shell walks the rows of each moved chain in their order, within one
//! transaction:
//!
//! ```text
//! for (old, behind) in renewal.moves
//!     let mut walk = renewal.walk(old, behind)
//!     for each row or gap of `old`, by number
//!         put what walk.row(..) or walk.gap(..) gives in its place
//!     `old` has walk.left(..) as its head and as what is acknowledged; the new chain
//!     has walk.head() as its head, and nothing acknowledged
//! delete every chain of the epochs in renewal.forget
//! ```

use base::id::{Agent, Id};

use crate::batch::Gap;
use crate::identity::{Chain, Cursor, Digest, Epoch, Origin, Seq};
use crate::record::Row;

/// How to take an outbox into another epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewal {
    /// Whose outbox.
    pub agent: Id<Agent>,
    /// The epoch that new records are made in from here on.
    pub to: Epoch,
    /// The chains that move, and the last number of each that is gone for good.
    pub moves: Vec<(Chain, Seq)>,
    /// Epochs that are remembered no longer.
    pub forget: Vec<Epoch>,
}

impl Renewal {
    /// The way of one chain.
    #[must_use]
    pub fn walk(&self, old: Chain, behind: Seq) -> Walk {
        let new = Chain {
            epoch: self.to,
            ..old
        };
        Walk {
            agent: self.agent,
            behind,
            left: None,
            chained: true,
            head: Cursor::start(self.agent, new),
        }
    }
}

/// One chain on its way into another epoch.
#[derive(Debug)]
pub struct Walk {
    agent: Id<Agent>,
    behind: Seq,
    /// The digest at `behind` in the old chain, once the first row has told it.
    left: Option<Digest>,
    /// Whether the record before is there, so that its digest is known.
    chained: bool,
    head: Cursor,
}

impl Walk {
    /// A row in its new place, and its digest there.
    pub fn row(&mut self, row: Row) -> (Row, Digest) {
        self.left.get_or_insert(row.prev);
        let made = Origin {
            epoch: row.chain.epoch,
            seq: row.seq,
            digest: row.digest(self.agent),
        };
        let moved = Row {
            chain: self.head.chain,
            seq: self.moved(row.seq),
            // What stood before a gap is not known in the new chain either; any
            // digest will do that the gap can name.
            prev: if self.chained {
                self.head.digest
            } else {
                row.prev
            },
            origin: row.origin.or(Some(made)),
            ..row
        };
        let digest = moved.digest(self.agent);
        self.head = Cursor {
            seq: moved.seq,
            digest,
            ..self.head
        };
        self.chained = true;
        (moved, digest)
    }

    /// A gap in its new place.
    pub fn gap(&mut self, gap: Gap) -> Gap {
        self.chained = false;
        let (from, to) = (
            self.moved(gap.from.max(self.behind.next())),
            self.moved(gap.to),
        );
        self.head.seq = to;
        Gap { from, to, ..gap }
    }

    /// The head of the new chain.
    #[must_use]
    pub const fn head(&self) -> Cursor {
        self.head
    }

    /// What is left as the head of the old chain, which had `head`: nothing but its
    /// number, so that what is gone can still be named.
    #[must_use]
    pub fn left(&self, head: Cursor) -> Cursor {
        if head.seq == self.behind {
            return head;
        }
        // After a gap there is no telling; nothing is sent of it that would need it.
        Cursor {
            seq: self.behind,
            digest: self.left.unwrap_or(head.digest),
            ..head
        }
    }

    fn moved(&self, seq: Seq) -> Seq {
        Seq::new(seq.get() - self.behind.get())
    }
}

#[cfg(test)]
mod tests {
    use base::now::Wall;

    use super::*;
    use crate::batch::Reason;
    use crate::batch::tests::{agent, chain};
    use crate::record::crc32c;

    fn row(seq: u64, prev: Digest, origin: Option<Origin>) -> Row {
        let record = vec![7, 7];
        let crc = crc32c(&[&record]);
        Row {
            chain: chain(),
            seq: Seq::new(seq),
            prev,
            origin,
            at: Wall::from_us(0),
            record,
            crc,
        }
    }

    #[test]
    fn what_is_pending_begins_anew_and_keeps_its_first_name() {
        let renewal = Renewal {
            agent: agent(),
            to: Epoch::from_bits(8),
            moves: vec![(chain(), Seq::new(4))],
            forget: Vec::new(),
        };
        let mut walk = renewal.walk(chain(), Seq::new(4));
        let before = Digest::from_bytes([9; 32]);
        let five = row(5, before, None);
        let made = five.digest(agent());
        let (moved, digest) = walk.row(five);
        assert_eq!((moved.chain.epoch, moved.seq), (renewal.to, Seq::new(1)));
        assert_eq!(moved.prev, Cursor::start(agent(), moved.chain).digest);
        let origin = Origin {
            epoch: chain().epoch,
            seq: Seq::new(5),
            digest: made,
        };
        assert_eq!(moved.origin, Some(origin));
        assert_eq!(digest, moved.digest(agent()));
        let gap = Gap {
            from: Seq::new(6),
            to: Seq::new(8),
            from_time: Wall::from_us(0),
            to_time: Wall::from_us(0),
            reason: Reason::Full,
        };
        assert_eq!(walk.gap(gap).from, Seq::new(2));
        let (after, _) = walk.row(row(9, before, Some(origin)));
        assert_eq!((after.seq, after.prev), (Seq::new(5), before));
        assert_eq!(after.origin, Some(origin), "the first name stays");
        assert_eq!(walk.head().seq, Seq::new(5));
        let old = Cursor {
            chain: chain(),
            seq: Seq::new(9),
            digest: made,
        };
        assert_eq!(
            walk.left(old),
            Cursor {
                seq: Seq::new(4),
                digest: before,
                ..old
            }
        );
    }
}
