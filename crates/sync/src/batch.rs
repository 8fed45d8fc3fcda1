//! Consecutive numbers of one chain, on their way to the centre.
//!
//! A batch holds records as they lie in the outbox, and gaps where numbers have
//! none any more. Digests are not sent with every record, where they would cost
//! more than the telemetry they guard: a batch names the digest before its first
//! piece, and [`Batch::trace`] makes the others of the octets themselves.
//!
//! The same octets travel over the link, in a POST and on a stick.

use base::id::{Agent, Id};
use base::now::Wall;
use prost::Message as _;

use crate::identity::{Chain, Cursor, Digest, Epoch, Origin, Seq, Stream};
use crate::wire;

/// The most pieces in a batch.
pub const PIECES_MAX: usize = 500;

/// The most octets in a batch before it is compressed: whatever they are, a frame
/// holds them.
pub const OCTETS_MAX: usize = 60 * 1024;

/// What a batch may open to: what [`OCTETS_MAX`] of the outbox can become when
/// names and gaps are written beside them, and no more.
pub const OPENED_MAX: usize = 256 * 1024;

/// From this on a batch is compressed: a single record gains nothing.
const COMPRESS_FROM: usize = 400;

/// The level of the format's own default; higher ones cost a small processor more
/// than they save on such short texts.
const LEVEL: i32 = 3;

/// Why numbers have no records. Stored and sent by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Samples were thinned to make room.
    Thinned,
    /// The oldest had to go to make room.
    Full,
    /// They were acknowledged and given away, and the centre has lost them since.
    Forgotten,
    /// The disk does not give back what was written.
    Unreadable,
}

impl Reason {
    /// Every reason, in the order of the wire.
    pub const ALL: [Self; 4] = [Self::Thinned, Self::Full, Self::Forgotten, Self::Unreadable];

    /// The number on the wire and in rows.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Thinned => 1,
            Self::Full => 2,
            Self::Forgotten => 3,
            Self::Unreadable => 4,
        }
    }

    /// The word that rows and pages use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Thinned => "thinned",
            Self::Full => "full",
            Self::Forgotten => "forgotten",
            Self::Unreadable => "unreadable",
        }
    }

    fn from_number(number: u32) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|reason| u32::from(reason.number()) == number)
    }
}

/// Numbers whose records are gone at the site, with why. Stored.
///
/// The times are those of the first and the last that went; where only a part of
/// the numbers is told, they still bound it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The first number that is gone.
    pub from: Seq,
    /// The last.
    pub to: Seq,
    /// Event time of the first.
    pub from_time: Wall,
    /// Event time of the last.
    pub to_time: Wall,
    /// Why.
    pub reason: Reason,
}

/// One piece of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A record.
    Record {
        /// Its number.
        seq: Seq,
        /// Where it was made, if elsewhere.
        origin: Option<Origin>,
        /// Its octets.
        record: Vec<u8>,
    },
    /// Numbers without records.
    Gap {
        /// Which, and why.
        gap: Gap,
        /// The digest of the last that is gone, from which the chain goes on; none
        /// where another gap follows.
        digest: Option<Digest>,
    },
}

impl Piece {
    /// The first number it speaks about.
    #[must_use]
    pub const fn from(&self) -> Seq {
        match self {
            Self::Record { seq, .. } => *seq,
            Self::Gap { gap, .. } => gap.from,
        }
    }

    /// The last number it speaks about.
    #[must_use]
    pub const fn to(&self) -> Seq {
        match self {
            Self::Record { seq, .. } => *seq,
            Self::Gap { gap, .. } => gap.to,
        }
    }
}

/// Consecutive numbers of one chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Whose.
    pub agent: Id<Agent>,
    /// Of which chain.
    pub chain: Chain,
    /// The digest before the first piece; none where that is a gap, whose records
    /// are gone and with them what they were chained to.
    pub prev: Option<Digest>,
    /// What there is, without holes; never empty.
    pub pieces: Vec<Piece>,
}

/// Why octets are not a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// Nothing, or a coding that is none.
    #[error("a batch begins with how it is coded")]
    Coding,
    /// It would open to more than [`OPENED_MAX`].
    #[error("a batch opens to at most {OPENED_MAX} octets, this to {found}")]
    Large {
        /// What it says that it opens to.
        found: usize,
    },
    /// It does not open.
    #[error("a batch does not open")]
    Closed,
    /// It is not the message.
    #[error("not a batch's message")]
    Message,
    /// A field that the house cannot have written.
    #[error("a batch has an impossible {field}")]
    Field {
        /// Which.
        field: &'static str,
    },
}

/// Reading and writing.
impl Batch {
    /// The octets on the wire: how they are coded, then the message.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let message = self.to_wire().encode_to_vec();
        if message.len() >= COMPRESS_FROM
            && let Ok(packed) = zstd::bulk::compress(&message, LEVEL)
            && packed.len() + 5 < message.len()
            && let Ok(opened) = u32::try_from(message.len())
        {
            return [&[1][..], &opened.to_le_bytes(), &packed].concat();
        }
        [&[0][..], &message].concat()
    }

    /// Reads octets of the wire; nothing larger than [`OPENED_MAX`] is ever made of
    /// them.
    ///
    /// # Errors
    /// If they are not a batch that a site can have written.
    pub fn decode(octets: &[u8]) -> Result<Self, BatchError> {
        let opened;
        let message = match octets {
            [0, message @ ..] if message.len() > OPENED_MAX => {
                return Err(BatchError::Large {
                    found: message.len(),
                });
            }
            [0, message @ ..] => message,
            [1, a, b, c, d, packed @ ..] => {
                let found = usize::try_from(u32::from_le_bytes([*a, *b, *c, *d]));
                let found = found.unwrap_or(usize::MAX);
                if found > OPENED_MAX {
                    return Err(BatchError::Large { found });
                }
                opened = zstd::bulk::decompress(packed, found).map_err(|_| BatchError::Closed)?;
                if opened.len() != found {
                    return Err(BatchError::Closed);
                }
                opened.as_slice()
            }
            _ => return Err(BatchError::Coding),
        };
        Self::from_wire(wire::Batch::decode(message).map_err(|_| BatchError::Message)?)
    }

    fn to_wire(&self) -> wire::Batch {
        wire::Batch {
            agent: self.agent.as_bytes().to_vec(),
            stream: self.chain.stream.number().into(),
            epoch: self.chain.epoch.bits(),
            first: self.first().get(),
            prev: self
                .prev
                .map_or_else(Vec::new, |prev| prev.as_bytes().to_vec()),
            pieces: self.steps(),
        }
    }

    /// The pieces, each record as a step from the one before it where that can be:
    /// telemetry moves little, and small numbers pack well.
    fn steps(&self) -> Vec<wire::Piece> {
        let mut before: &[u8] = &[];
        let mut pieces = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            let mut it = piece.to_wire();
            if let Piece::Record { record, .. } = piece {
                if record.len() == before.len() {
                    let more = record.iter().zip(before);
                    it.step = more.map(|(now, then)| now.wrapping_sub(*then)).collect();
                    it.record.clear();
                }
                before = record;
            }
            pieces.push(it);
        }
        pieces
    }

    fn from_wire(it: wire::Batch) -> Result<Self, BatchError> {
        let field = |field| BatchError::Field { field };
        let agent = <[u8; 16]>::try_from(it.agent.as_slice()).map_err(|_| field("agent"))?;
        let stream = Stream::from_number(it.stream).ok_or(field("stream"))?;
        let epoch = Epoch::from_bits(it.epoch);
        if it.pieces.is_empty() || it.pieces.len() > PIECES_MAX {
            return Err(field("number of pieces"));
        }
        if it.first == 0 {
            return Err(field("first number"));
        }
        let mut next = it.first;
        let mut pieces: Vec<Piece> = Vec::with_capacity(it.pieces.len());
        let mut before = None;
        for mut piece in it.pieces {
            if !piece.step.is_empty() {
                let then = before.map(|at: usize| &pieces[at]);
                piece.record = stepped(then, &piece.step).ok_or(field("step"))?;
            }
            if piece.gap.is_none() {
                before = Some(pieces.len());
            }
            let piece = Piece::from_wire(piece, next)?;
            next = piece.to().get().checked_add(1).ok_or(field("number"))?;
            pieces.push(piece);
        }
        let prev = digest(&it.prev).map_err(|()| field("digest"))?;
        if prev.is_none() && matches!(pieces.first(), Some(Piece::Record { .. })) {
            return Err(field("digest"));
        }
        Ok(Self {
            agent: Id::from_bytes(agent),
            chain: Chain { stream, epoch },
            prev,
            pieces,
        })
    }
}

/// A record that is told as a step from another of the same length.
fn stepped(before: Option<&Piece>, step: &[u8]) -> Option<Vec<u8>> {
    let Some(Piece::Record { record, .. }) = before else {
        return None;
    };
    let more = record.iter().zip(step);
    (record.len() == step.len())
        .then(|| more.map(|(then, more)| then.wrapping_add(*more)).collect())
}

/// A digest that may be absent; anything but 32 octets or none is wrong.
fn digest(octets: &[u8]) -> Result<Option<Digest>, ()> {
    if octets.is_empty() {
        return Ok(None);
    }
    <[u8; 32]>::try_from(octets)
        .map(|octets| Some(Digest::from_bytes(octets)))
        .map_err(|_| ())
}

impl Piece {
    fn to_wire(&self) -> wire::Piece {
        match self {
            Self::Record { origin, record, .. } => wire::Piece {
                record: record.clone(),
                step: Vec::new(),
                gap: None,
                origin: origin.map(|origin| wire::Origin {
                    epoch: origin.epoch.bits(),
                    seq: origin.seq.get(),
                    digest: origin.digest.as_bytes().to_vec(),
                }),
            },
            Self::Gap { gap, digest } => wire::Piece {
                record: Vec::new(),
                step: Vec::new(),
                gap: Some(wire::Gap {
                    count: gap.from.through(gap.to),
                    from_us: gap.from_time.as_us(),
                    to_us: gap.to_time.as_us(),
                    reason: gap.reason.number().into(),
                    digest: digest.map_or_else(Vec::new, |digest| digest.as_bytes().to_vec()),
                }),
                origin: None,
            },
        }
    }

    fn from_wire(it: wire::Piece, number: u64) -> Result<Self, BatchError> {
        let field = |field| BatchError::Field { field };
        let from = Seq::new(number);
        if let Some(gap) = it.gap {
            let to = gap
                .count
                .checked_sub(1)
                .and_then(|more| number.checked_add(more));
            return Ok(Self::Gap {
                gap: Gap {
                    from,
                    to: Seq::new(to.ok_or(field("length of a gap"))?),
                    from_time: Wall::from_us(gap.from_us),
                    to_time: Wall::from_us(gap.to_us),
                    reason: Reason::from_number(gap.reason).ok_or(field("reason"))?,
                },
                digest: digest(&gap.digest).map_err(|()| field("digest"))?,
            });
        }
        let origin = match it.origin {
            None => None,
            Some(origin) => Some(Origin {
                epoch: Epoch::from_bits(origin.epoch),
                seq: Seq::new(origin.seq),
                digest: digest(&origin.digest)
                    .ok()
                    .flatten()
                    .ok_or(field("digest of an origin"))?,
            }),
        };
        Ok(Self::Record {
            seq: from,
            origin,
            record: it.record,
        })
    }
}

/// What a batch comes to.
impl Batch {
    /// The first number it speaks about.
    #[must_use]
    pub fn first(&self) -> Seq {
        self.pieces.first().map_or(Seq::ZERO, Piece::from)
    }

    /// The last number it speaks about.
    #[must_use]
    pub fn last(&self) -> Seq {
        self.pieces.last().map_or(Seq::ZERO, Piece::to)
    }

    /// The digest at the end of each piece. None where it cannot be known, which is
    /// within gaps that follow each other; nothing at all if a record follows such
    /// a place, or the batch ends at one.
    #[must_use]
    pub fn trace(&self) -> Option<Vec<Option<Digest>>> {
        let mut at = self.prev;
        let mut trace = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            at = match piece {
                Piece::Record {
                    seq,
                    origin,
                    record,
                } => Some(at?.after(self.agent, self.chain, *seq, *origin, record)),
                Piece::Gap { digest, .. } => *digest,
            };
            trace.push(at);
        }
        at.map(|_| trace)
    }

    /// Where the centre stands once it holds this.
    #[must_use]
    pub fn end(&self) -> Option<Cursor> {
        let digest = self.trace()?.last().copied().flatten()?;
        Some(Cursor {
            chain: self.chain,
            seq: self.last(),
            digest,
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn agent() -> Id<Agent> {
        Id::from_bytes([1; 16])
    }

    pub(crate) fn chain() -> Chain {
        Chain {
            stream: Stream::Sample,
            epoch: Epoch::from_bits(7),
        }
    }

    pub(crate) fn record(seq: u64, octets: usize) -> Piece {
        Piece::Record {
            seq: Seq::new(seq),
            origin: None,
            record: vec![7; octets],
        }
    }

    pub(crate) fn gap(from: u64, to: u64, digest: Option<u8>) -> Piece {
        Piece::Gap {
            gap: Gap {
                from: Seq::new(from),
                to: Seq::new(to),
                from_time: Wall::from_us(1),
                to_time: Wall::from_us(2),
                reason: Reason::Thinned,
            },
            digest: digest.map(|octet| Digest::from_bytes([octet; 32])),
        }
    }

    pub(crate) fn batch(pieces: Vec<Piece>) -> Batch {
        let prev = matches!(pieces.first(), Some(Piece::Record { .. }));
        let prev = prev.then(|| Digest::genesis(agent(), chain()));
        Batch {
            agent: agent(),
            chain: chain(),
            prev,
            pieces,
        }
    }

    #[test]
    fn a_chain_goes_on_behind_a_gap() {
        let whole = batch(vec![
            record(1, 9),
            gap(2, 4, None),
            gap(5, 5, Some(3)),
            record(6, 9),
        ]);
        let trace = whole.trace().expect("it can be followed");
        assert_eq!(trace[1], None);
        let after = Digest::from_bytes([3; 32]);
        let expected = after.after(agent(), chain(), Seq::new(6), None, &[7; 9]);
        assert_eq!(trace[3], Some(expected));
        assert_eq!(whole.end().map(|end| end.seq), Some(Seq::new(6)));
    }

    #[test]
    fn a_chain_that_cannot_be_followed_is_no_chain() {
        assert_eq!(batch(vec![gap(1, 4, None), record(5, 9)]).trace(), None);
        assert_eq!(batch(vec![record(1, 9), gap(2, 4, None)]).trace(), None);
    }

    #[test]
    fn the_largest_batch_fits_and_a_bomb_is_not_opened() {
        let pieces = (1..=500).map(|seq| record(seq, OCTETS_MAX / 500)).collect();
        let whole = batch(pieces);
        let octets = whole.encode();
        assert!(octets.len() < 2_000, "the same octets again and again");
        assert_eq!(Batch::decode(&octets), Ok(whole));
        let bomb = zstd::bulk::compress(&vec![0; 10 * OPENED_MAX], 3).expect("it packs");
        let lies = [&[1, 0, 0, 1, 0][..], &bomb].concat();
        assert_eq!(Batch::decode(&lies), Err(BatchError::Closed));
        let says = [&[1, 0, 0, 0, 1][..], &bomb].concat();
        assert_eq!(
            Batch::decode(&says),
            Err(BatchError::Large { found: 1 << 24 })
        );
    }

    #[test]
    fn numbers_that_no_site_has_are_refused() {
        let wire = |change: fn(&mut wire::Batch)| {
            let mut it = batch(vec![record(1, 9), gap(2, 4, Some(3))]).to_wire();
            change(&mut it);
            Batch::decode(&[&[0][..], &it.encode_to_vec()].concat()).err()
        };
        let field = |field| Some(BatchError::Field { field });
        assert_eq!(wire(|_| {}), None);
        assert_eq!(wire(|it| it.agent = vec![1]), field("agent"));
        assert_eq!(wire(|it| it.stream = 9), field("stream"));
        assert_eq!(wire(|it| it.first = 0), field("first number"));
        assert_eq!(wire(|it| it.first = u64::MAX), field("number"));
        assert_eq!(wire(|it| it.prev = vec![]), field("digest"));
        assert_eq!(wire(|it| it.prev = vec![1; 31]), field("digest"));
        assert_eq!(wire(|it| it.pieces.clear()), field("number of pieces"));
        let count = |it: &mut wire::Batch, count| {
            it.pieces[1].gap.as_mut().expect("a gap").count = count;
        };
        assert_eq!(
            wire(|it| it.pieces[1].gap = None),
            None,
            "an empty record is poison, not here"
        );
        let mut it = batch(vec![gap(2, 4, Some(3))]).to_wire();
        it.pieces.push(it.pieces[0].clone());
        for bad in [0, u64::MAX] {
            count(&mut it, bad);
            assert!(Batch::from_wire(it.clone()).is_err());
        }
    }

    proptest! {
        #[test]
        fn no_octets_panic(
            coding in 0_u8..3, octets in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            if let Ok(it) = Batch::decode(&[&[coding][..], &octets].concat()) {
                let _ = it.trace();
            }
        }

        #[test]
        fn no_change_panics(at in 0_usize..200, to: u8, plain: bool) {
            let whole = batch(vec![record(1, if plain { 9 } else { 500 }), gap(2, 4, Some(3))]);
            let mut octets = whole.encode();
            let at = at % octets.len();
            octets[at] = to;
            if let Ok(it) = Batch::decode(&octets) {
                let _ = it.trace();
            }
        }
    }
}
