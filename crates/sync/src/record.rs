//! What a record says of itself, and how it lies in the outbox.
//!
//! A record is encoded once, when it is made, and those octets never change: a new
//! epoch, a centre that knows fewer fields, a way over a stick leave them as they
//! are. What the octets say is read by [`Envelope::decode`]; what a kind's body
//! says is read by the room that knows the kind.

use base::id::{Agent, Id};
use base::now::{Mono, Wall};
use crc::{CRC_32_ISCSI, Crc, Table};
use prost::Message as _;

use crate::identity::{Boot, Chain, Digest, Origin, Seq};
use crate::wire;

/// The longest body, in octets: a record has to fit a frame with room to spare.
pub const BODY_MAX: usize = 32 * 1024;

/// The longest encoded record: its body, and what the envelope adds at most.
pub const RECORD_MAX: usize = BODY_MAX + 256;

/// CRC-32C (RFC 3720 §12.1).
static CRC: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);

/// The sum that a row and a frame are checked by.
#[must_use]
pub fn crc32c(parts: &[&[u8]]) -> u32 {
    let mut sum = CRC.digest();
    for part in parts {
        sum.update(part);
    }
    sum.finalize()
}

/// What a body is. Rooms number theirs from [`FIRST_FREE`](Self::FIRST_FREE) on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind(pub u32);

impl Kind {
    /// The centre's time at an instant of a boot ([`crate::clock::Anchor`]).
    pub const CLOCK: Self = Self(1);
    /// What became of a command ([`crate::command::Outcome`]).
    pub const OUTCOME: Self = Self(2);
    /// The first number that is not the link's own.
    pub const FIRST_FREE: Self = Self(64);
}

/// How far a record's time can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quality {
    /// The box had not heard the centre's time in this boot.
    None,
    /// It had.
    Synced,
}

/// What a record says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// When it happened, as the box knew it.
    pub event_time: Wall,
    /// When it happened, on the clock of its boot.
    pub mono: Mono,
    /// Which boot.
    pub boot: Boot,
    /// How far `event_time` can be trusted.
    pub quality: Quality,
    /// What the body is.
    pub kind: Kind,
    /// Which edition of it.
    pub ver: u32,
    /// The body.
    pub body: Vec<u8>,
}

/// Why octets are not a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// They are more than [`RECORD_MAX`].
    #[error("a record has at most {RECORD_MAX} octets, this has {found}")]
    Long {
        /// How many there are.
        found: usize,
    },
    /// They are not the message.
    #[error("not a record's message")]
    Message,
    /// The boot is not 16 octets.
    #[error("a boot has 16 octets, this has {found}")]
    Boot {
        /// How many there are.
        found: usize,
    },
}

impl Envelope {
    /// The octets, for ever. A time so early that its boot would be none becomes the
    /// earliest that can be told.
    #[must_use]
    pub fn encode(self) -> Vec<u8> {
        wire::Record {
            boot_time_us: self
                .event_time
                .as_us()
                .saturating_sub_unsigned(self.mono.as_us()),
            mono_ns: self.mono.as_us().saturating_mul(1_000),
            boot: self.boot.as_bytes().to_vec(),
            clock_quality: match self.quality {
                Quality::None => 0,
                Quality::Synced => 1,
            },
            kind: self.kind.0,
            ver: self.ver,
            body: self.body,
        }
        .encode_to_vec()
    }

    /// Reads what is known of it; what is not stays in the octets.
    ///
    /// # Errors
    /// If the octets are no record.
    pub fn decode(octets: &[u8]) -> Result<Self, RecordError> {
        if octets.len() > RECORD_MAX {
            return Err(RecordError::Long {
                found: octets.len(),
            });
        }
        let it = wire::Record::decode(octets).map_err(|_| RecordError::Message)?;
        let boot = <[u8; 16]>::try_from(it.boot.as_slice());
        let mono = Mono::from_us(it.mono_ns / 1_000);
        Ok(Self {
            event_time: Wall::from_us(it.boot_time_us) + mono.since(Mono::default()),
            mono,
            boot: Boot::from_bytes(boot.map_err(|_| RecordError::Boot {
                found: it.boot.len(),
            })?),
            // A quality that a newer box knows is no worse than one that we know.
            quality: match it.clock_quality {
                0 => Quality::None,
                _ => Quality::Synced,
            },
            kind: Kind(it.kind),
            ver: it.ver,
            body: it.body,
        })
    }
}

/// What somebody at the site wants to have recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What the body is.
    pub kind: Kind,
    /// Which edition of it.
    pub ver: u32,
    /// At most [`BODY_MAX`] octets.
    pub body: Vec<u8>,
}

/// A record as it lies in the outbox. Stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its stream and epoch.
    pub chain: Chain,
    /// Its number there.
    pub seq: Seq,
    /// The digest of the record before.
    pub prev: Digest,
    /// Where it was made, if the box has taken another epoch since.
    pub origin: Option<Origin>,
    /// Its event time, to find what is old without reading it.
    pub at: Wall,
    /// Its octets.
    pub record: Vec<u8>,
    /// CRC-32C of its octets: cards lose bits.
    pub crc: u32,
}

impl Row {
    /// Its digest, made of its octets.
    #[must_use]
    pub fn digest(&self, agent: Id<Agent>) -> Digest {
        self.prev
            .after(agent, self.chain, self.seq, self.origin, &self.record)
    }

    /// Whether its octets are those that were written.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        crc32c(&[&self.record]) == self.crc
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn envelope(body: Vec<u8>) -> Envelope {
        Envelope {
            event_time: Wall::from_us(72),
            mono: Mono::from_us(77),
            boot: Boot::from_bytes([9; 16]),
            quality: Quality::Synced,
            kind: Kind(64),
            ver: 2,
            body,
        }
    }

    #[test]
    fn the_octets_are_for_ever() {
        let octets = envelope(b"rice".to_vec()).encode();
        let mut expected = vec![0x08, 9, 0x10, 0xc8, 0xd9, 4, 0x1a, 16];
        expected.extend([9; 16]);
        expected.extend([0x20, 1, 0x28, 64, 0x30, 2, 0x3a, 4]);
        expected.extend(b"rice");
        assert_eq!(octets, expected);
    }

    #[test]
    fn the_sum_is_that_of_the_standard() {
        assert_eq!(crc32c(&[b"1234", b"56789"]), 0xe306_9283);
    }

    #[test]
    fn fields_of_a_newer_box_do_no_harm() {
        let mut octets = envelope(b"rice".to_vec()).encode();
        octets.extend([0x7a, 3, 1, 2, 3]);
        assert_eq!(Envelope::decode(&octets), Ok(envelope(b"rice".to_vec())));
    }

    #[test]
    fn what_is_no_record_is_said() {
        assert_eq!(Envelope::decode(&[0xff]), Err(RecordError::Message));
        assert_eq!(Envelope::decode(&[]), Err(RecordError::Boot { found: 0 }));
        let long = vec![0; RECORD_MAX + 1];
        assert_eq!(
            Envelope::decode(&long),
            Err(RecordError::Long { found: long.len() })
        );
    }

    #[test]
    fn a_time_before_all_boots_becomes_the_first_there_is() {
        let it = Envelope {
            event_time: Wall::from_us(i64::MIN),
            mono: Mono::from_us(7),
            ..envelope(Vec::new())
        };
        let read = Envelope::decode(&it.encode()).expect("a record");
        assert_eq!(read.event_time, Wall::from_us(i64::MIN + 7));
    }

    proptest! {
        #[test]
        fn writing_and_reading_are_inverse(
            us in i64::MIN / 2..i64::MAX / 2, mono in 0..u64::MAX / 1_000, body in prop::collection::vec(any::<u8>(), 0..100),
        ) {
            let it = Envelope {
                event_time: Wall::from_us(us),
                mono: Mono::from_us(mono),
                ..envelope(body)
            };
            prop_assert_eq!(Envelope::decode(&it.clone().encode()), Ok(it));
        }

        #[test]
        fn no_octets_panic(octets in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Envelope::decode(&octets);
        }
    }
}
