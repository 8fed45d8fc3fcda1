//! What the centre writes, and whether a batch is the next to be written.

use base::id::{Agent, Id};

use crate::batch::{Batch, Gap, Piece};
use crate::identity::{Cursor, Epoch, Origin, Seq};
use crate::record::{Envelope, RecordError};

/// What is to be committed together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Whose.
    pub agent: Id<Agent>,
    /// By chain, in their order.
    pub stages: Vec<Stage>,
}

/// What is to be committed of one chain: insert each entry whose origin is not held
/// with its digest, and set the cursor from `expect` to `then`, or undo everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Where the chain has to stand before.
    pub expect: Cursor,
    /// Where it stands then.
    pub then: Cursor,
    /// What is new.
    pub entries: Vec<Entry>,
}

/// One thing that is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A record.
    Record {
        /// Its number.
        seq: Seq,
        /// The name it was made under, by which it is held once.
        origin: Origin,
        /// What it says of itself.
        envelope: Envelope,
        /// Its octets.
        raw: Vec<u8>,
    },
    /// Octets that are no record: to be put aside.
    Poison {
        /// Its number.
        seq: Seq,
        /// The name it was made under.
        origin: Origin,
        /// What is wrong with it.
        why: RecordError,
        /// Its octets.
        raw: Vec<u8>,
    },
    /// Numbers whose records are gone at the site.
    Gap(Gap),
}

/// Why a batch is not the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// All of it is held.
    Old,
    /// Something is missing before it.
    Hole,
    /// It does not go on from what is held: another epoch is needed.
    Fork(Epoch),
}

/// What is new in a batch, for a chain that stands there.
pub(crate) fn stage(batch: Batch, tip: Cursor) -> Result<Stage, Unfit> {
    let fork = Unfit::Fork(batch.chain.epoch);
    if batch.first() > tip.seq.next() {
        return Err(Unfit::Hole);
    }
    if batch.last() <= tip.seq {
        return Err(Unfit::Old);
    }
    // A chain that cannot be followed was made by no site.
    let trace = batch.trace().ok_or(Unfit::Hole)?;
    let chain = batch.chain;
    let mut digest = tip.digest;
    // Where a batch begins behind what is held, the records there have to be those
    // that are held: by the nature of a chain the last of them answers for all.
    let before = if batch.first() == tip.seq.next() {
        batch.prev
    } else {
        let at = batch.pieces.iter().position(|piece| piece.to() == tip.seq);
        at.and_then(|at| trace[at])
    };
    if before.is_some_and(|before| before != tip.digest) {
        return Err(fork);
    }
    let mut entries = Vec::with_capacity(batch.pieces.len());
    for (piece, at) in batch.pieces.into_iter().zip(trace) {
        digest = at.unwrap_or(digest);
        if piece.to() <= tip.seq {
            continue;
        }
        entries.push(match piece {
            Piece::Gap { gap, .. } => Entry::Gap(Gap {
                from: gap.from.max(tip.seq.next()),
                ..gap
            }),
            Piece::Record {
                seq,
                origin,
                record: raw,
            } => {
                let origin = origin.unwrap_or(Origin {
                    epoch: chain.epoch,
                    seq,
                    digest,
                });
                match Envelope::decode(&raw) {
                    Ok(envelope) => Entry::Record {
                        seq,
                        origin,
                        envelope,
                        raw,
                    },
                    Err(why) => Entry::Poison {
                        seq,
                        origin,
                        why,
                        raw,
                    },
                }
            }
        });
    }
    let seq = entries.last().map_or(tip.seq, Entry::to);
    Ok(Stage {
        expect: tip,
        then: Cursor { chain, seq, digest },
        entries,
    })
}

impl Entry {
    /// The last number it speaks about.
    #[must_use]
    pub const fn to(&self) -> Seq {
        match self {
            Self::Record { seq, .. } | Self::Poison { seq, .. } => *seq,
            Self::Gap(gap) => gap.to,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::tests::{agent, batch, chain, gap, record};

    #[test]
    fn only_what_is_new_of_a_batch_is_staged() {
        let whole = batch(vec![
            record(1, 9),
            record(2, 9),
            gap(3, 6, Some(4)),
            record(7, 9),
        ]);
        let trace = whole.trace().expect("it can be followed");
        let at = |seq, digest: usize| Cursor {
            chain: chain(),
            seq: Seq::new(seq),
            digest: trace[digest].expect("a digest"),
        };
        let start = Cursor::start(agent(), chain());
        assert_eq!(
            stage(whole.clone(), start).map(|it| it.entries.len()),
            Ok(4)
        );
        let half = stage(whole.clone(), at(2, 1)).expect("some is new");
        assert_eq!((half.expect, half.then), (at(2, 1), at(7, 3)));
        assert_eq!(half.entries.len(), 2);
        // In the midst of a gap the rest of it is told.
        let within = Cursor {
            seq: Seq::new(4),
            ..at(2, 1)
        };
        let rest = stage(whole.clone(), within).expect("some is new");
        assert!(matches!(rest.entries[0], Entry::Gap(gap) if gap.from == Seq::new(5)));
        assert_eq!(stage(whole.clone(), at(7, 3)), Err(Unfit::Old));
        let other = Cursor {
            digest: start.digest,
            ..at(2, 1)
        };
        assert_eq!(stage(whole, other), Err(Unfit::Fork(chain().epoch)));
        assert_eq!(stage(batch(vec![record(2, 9)]), start), Err(Unfit::Hole));
    }

    #[test]
    fn a_record_is_known_by_the_name_it_was_made_under() {
        let origin = Origin {
            epoch: Epoch::from_bits(3),
            seq: Seq::new(40),
            digest: Cursor::start(agent(), chain()).digest,
        };
        let moved = Piece::Record {
            seq: Seq::new(1),
            origin: Some(origin),
            record: vec![7],
        };
        let start = Cursor::start(agent(), chain());
        let staged = stage(batch(vec![moved, record(2, 9)]), start).expect("all is new");
        let names = staged.entries.iter().map(|entry| match entry {
            Entry::Record { origin, .. } | Entry::Poison { origin, .. } => *origin,
            Entry::Gap(_) => panic!("there is no gap"),
        });
        let names: Vec<_> = names.collect();
        assert_eq!(names[0], origin);
        let own = Origin {
            epoch: chain().epoch,
            seq: Seq::new(2),
            digest: staged.then.digest,
        };
        assert_eq!(names[1], own);
    }
}
