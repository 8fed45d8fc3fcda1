//! Which record is which.
//!
//! A record is named by its agent, stream, epoch and number. The *stream* is what
//! it is about; the *epoch* is a random number that an outbox is made with, so
//! that a box that was wiped or set back can never use a name twice; the *number*
//! counts from one within both. A stream and an epoch are a [`Chain`]: each record
//! carries the digest of the one before, so two boxes that went on from the same
//! record are told apart at the first that differs.

use std::fmt;

use aws_lc_rs::digest;
use base::id::{Agent, Id};

/// What a record is about. Stored and sent by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    /// Redemptions.
    Money,
    /// What happened: incidents, ends of commands, clocks.
    Event,
    /// Telemetry.
    Sample,
}

impl Stream {
    /// Every stream, what matters most first.
    pub const ALL: [Self; 3] = [Self::Money, Self::Event, Self::Sample];

    /// The number on the wire and in rows.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Money => 1,
            Self::Event => 2,
            Self::Sample => 3,
        }
    }

    /// The stream of that number.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Money),
            2 => Some(Self::Event),
            3 => Some(Self::Sample),
            _ => None,
        }
    }
}

/// The random number that an outbox is made with. Stored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(u64);

impl Epoch {
    /// A new one.
    #[must_use]
    pub fn mint(rng: &mut fastrand::Rng) -> Self {
        Self(rng.u64(1..))
    }

    /// From its 64 bits.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Its 64 bits.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The number of a record within its stream and epoch. Stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Seq(u64);

impl Seq {
    /// Before the first record.
    pub const ZERO: Self = Self(0);

    /// From a number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The one after.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The one before; before the first there is only [`ZERO`](Self::ZERO).
    #[must_use]
    pub const fn prev(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// How many numbers there are from this one to `to`, both counted.
    #[must_use]
    pub const fn through(self, to: Self) -> u64 {
        to.0.saturating_add(1).saturating_sub(self.0)
    }
}

/// One stream of one epoch: what has numbers and digests of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chain {
    /// What it is about.
    pub stream: Stream,
    /// Which outbox.
    pub epoch: Epoch,
}

/// SHA-256 over a record and everything before it in its chain.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// Whatever else is ever hashed with SHA-256 in this house begins otherwise.
const DOMAIN: &[u8] = b"betang-edge/1 record\0";

impl Digest {
    /// What stands before the first record of a chain.
    #[must_use]
    pub fn genesis(agent: Id<Agent>, chain: Chain) -> Self {
        Self::of(agent, chain, Seq::ZERO, &[])
    }

    /// The digest of a record: over its name, the digest before, where it was
    /// before and its octets.
    #[must_use]
    pub fn after(
        self,
        agent: Id<Agent>,
        chain: Chain,
        seq: Seq,
        origin: Option<Origin>,
        record: &[u8],
    ) -> Self {
        match origin {
            None => Self::of(agent, chain, seq, &[&self.0, &[0], record]),
            Some(Origin {
                epoch,
                seq: was,
                digest,
            }) => {
                let parts: [&[u8]; 6] = [
                    &self.0,
                    &[1],
                    &epoch.bits().to_be_bytes(),
                    &was.get().to_be_bytes(),
                    &digest.0,
                    record,
                ];
                Self::of(agent, chain, seq, &parts)
            }
        }
    }

    fn of(agent: Id<Agent>, chain: Chain, seq: Seq, parts: &[&[u8]]) -> Self {
        let mut sum = digest::Context::new(&digest::SHA256);
        sum.update(DOMAIN);
        sum.update(agent.as_bytes());
        sum.update(&[chain.stream.number()]);
        sum.update(&chain.epoch.bits().to_be_bytes());
        sum.update(&seq.get().to_be_bytes());
        for part in parts {
            sum.update(part);
        }
        let mut bytes = [0; 32];
        bytes.copy_from_slice(sum.finish().as_ref());
        Self(bytes)
    }

    /// The stored form.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The stored form.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:02x}{:02x}{:02x}{:02x}…",
            self.0[0], self.0[1], self.0[2], self.0[3]
        )
    }
}

/// A number of a chain and the digest of what stands there.
///
/// As the centre's word it says: up to here I hold everything, and it is this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// Whose number.
    pub chain: Chain,
    /// The number; zero before the first record.
    pub seq: Seq,
    /// The digest there.
    pub digest: Digest,
}

impl Cursor {
    /// Before the first record of a chain.
    #[must_use]
    pub fn start(agent: Id<Agent>, chain: Chain) -> Self {
        Self {
            chain,
            seq: Seq::ZERO,
            digest: Digest::genesis(agent, chain),
        }
    }
}

/// The name under which a record was made, if its box has taken another epoch
/// since. It stays the first one however often that happens, so what was delivered
/// under any of its names is known by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The epoch that it was made in.
    pub epoch: Epoch,
    /// Its number there.
    pub seq: Seq,
    /// Its digest there.
    pub digest: Digest,
}

/// One boot of a box. Within it the monotonic clock goes on, also when the program
/// is started again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Boot([u8; 16]);

impl Boot {
    /// From its octets, as the kernel names them.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its octets.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for Boot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "boot {:02x}{:02x}{:02x}{:02x}",
            self.0[0], self.0[1], self.0[2], self.0[3]
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(stream: Stream, epoch: u64) -> Chain {
        Chain {
            stream,
            epoch: Epoch::from_bits(epoch),
        }
    }

    #[test]
    fn a_digest_is_bound_to_everything_that_names_a_record() {
        let agent = |octet| Id::<Agent>::from_bytes([octet; 16]);
        let here = chain(Stream::Money, 7);
        let start = Digest::genesis(agent(1), here);
        let origin = Origin {
            epoch: Epoch::from_bits(3),
            seq: Seq::new(9),
            digest: start,
        };
        let one = Seq::new(1);
        let all = [
            start.after(agent(1), here, one, None, b"rice"),
            start.after(agent(2), here, one, None, b"rice"),
            start.after(agent(1), chain(Stream::Event, 7), one, None, b"rice"),
            start.after(agent(1), chain(Stream::Money, 8), one, None, b"rice"),
            start.after(agent(1), here, Seq::new(2), None, b"rice"),
            start.after(agent(1), here, one, Some(origin), b"rice"),
            start.after(agent(1), here, one, None, b"salt"),
            Digest::genesis(agent(2), here).after(agent(1), here, one, None, b"rice"),
        ];
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
    }

    #[test]
    fn numbers_of_streams_are_for_ever() {
        for (stream, number) in Stream::ALL.into_iter().zip(1..) {
            assert_eq!(u32::from(stream.number()), number);
            assert_eq!(Stream::from_number(number), Some(stream));
        }
        assert_eq!(Stream::from_number(0), None);
        assert_eq!(Stream::from_number(4), None);
    }
}
