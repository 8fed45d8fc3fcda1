//! What a camera hears, on its way to those who may hear it.
//!
//! G.711 alone, as cameras put it into packets (RFC 3551 §4.5.14: one octet a
//! sample, 8,000 a second, one channel): every browser plays it, so it is passed on
//! as it comes.
//!
//! Bound: [`PACKETS_MAX`] packets of at most [`PAYLOAD_MAX`] octets. Policy: who
//! falls off goes on at the newest; sound that is late is worth nothing.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::frame::MediaTime;
use crate::payload::PAYLOAD_MAX;

/// Samples in a second, which is the RTP clock of G.711.
pub const TICKS_PER_SECOND: u64 = 8_000;

/// Packets that one camera's sound may keep: 1.28 s of the usual 20 ms.
pub const PACKETS_MAX: usize = 64;

/// How G.711 writes a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Law {
    /// A-law: PCMA, payload type 8.
    A,
    /// μ-law: PCMU, payload type 0.
    Mu,
}

/// What a camera says of its sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Microphone {
    /// It describes none.
    None,
    /// One that can be passed on.
    G711(Law),
    /// One in another format, by its name in the session description, in lower case.
    Other(String),
}

impl Microphone {
    /// From a line of a session description: name in lower case, clock rate,
    /// channels where they are told.
    #[must_use]
    pub fn described(name: &str, rate_hz: u32, channels: Option<u16>) -> Self {
        let law = match name {
            "pcma" => Some(Law::A),
            "pcmu" => Some(Law::Mu),
            _ => None,
        };
        let plain = u64::from(rate_hz) == TICKS_PER_SECOND && channels.unwrap_or(1) == 1;
        law.filter(|_| plain)
            .map_or_else(|| Self::Other(name.to_owned()), Self::G711)
    }

    /// The name of its format, if it has one.
    #[must_use]
    pub fn format(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::G711(Law::A) => Some("pcma"),
            Self::G711(Law::Mu) => Some("pcmu"),
            Self::Other(name) => Some(name),
        }
    }
}

/// A piece of sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// When its first sample is to be heard, in ticks of 1/8,000 s.
    pub time: MediaTime,
    /// How its samples are written.
    pub law: Law,
    /// One octet a sample, shared by all listeners.
    pub payload: Arc<[u8]>,
}

/// Cuts what a camera sends into pieces that every path carries. Nothing comes of
/// nothing, which some cameras send to keep a way open.
pub fn cut(time: MediaTime, law: Law, payload: &[u8]) -> impl Iterator<Item = Packet> {
    let times = (0..).step_by(PAYLOAD_MAX);
    payload
        .chunks(PAYLOAD_MAX)
        .zip(times)
        .map(move |(piece, later)| Packet {
            time: MediaTime::from_ticks(time.ticks().saturating_add(later)),
            law,
            payload: piece.into(),
        })
}

/// The newest packets of one camera's sound.
#[derive(Debug, Default)]
pub struct Ring {
    packets: VecDeque<Arc<Packet>>,
    /// The number of the packet that comes next.
    next: u64,
}

impl Ring {
    /// Takes the next packet, and lets go of the oldest when there is no room.
    pub fn push(&mut self, packet: Packet) {
        if self.packets.len() == PACKETS_MAX {
            self.packets.pop_front();
        }
        self.packets.push_back(Arc::new(packet));
        self.next += 1;
    }

    /// Forgets everything: nobody may hear it any more, or it has ended.
    pub fn clear(&mut self) {
        self.packets.clear();
    }

    /// How many packets there have ever been.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.next
    }
}

/// One listener's place.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reader {
    cursor: Option<u64>,
}

impl Reader {
    /// The packet that this listener gets next, if there is one. A new one begins at
    /// the newest, and so does one whose packets are gone.
    pub fn next(&mut self, ring: &Ring) -> Option<Arc<Packet>> {
        let kept = u64::try_from(ring.packets.len()).unwrap_or(0);
        let first = ring.next - kept;
        let newest = ring.next.checked_sub(1)?;
        let wanted = self
            .cursor
            .filter(|cursor| *cursor >= first)
            .unwrap_or(newest);
        let index = usize::try_from(wanted.checked_sub(first)?).ok()?;
        let packet = Arc::clone(ring.packets.get(index)?);
        self.cursor = Some(wanted + 1);
        Some(packet)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packet(number: u64) -> Packet {
        Packet {
            time: MediaTime::from_ticks(number * 160),
            law: Law::A,
            payload: [0xd5; 160].into(),
        }
    }

    fn heard(reader: &mut Reader, ring: &Ring) -> Vec<u64> {
        std::iter::from_fn(|| reader.next(ring))
            .map(|packet| packet.time.ticks() / 160)
            .collect()
    }

    #[test]
    fn g711_of_one_channel_is_passed_on_and_nothing_else() {
        for (name, rate_hz, channels, law) in [
            ("pcma", 8_000, None, Some(Law::A)),
            ("pcma", 8_000, Some(1), Some(Law::A)),
            ("pcmu", 8_000, Some(1), Some(Law::Mu)),
            ("pcma", 16_000, Some(1), None),
            ("pcmu", 8_000, Some(2), None),
            ("mpeg4-generic", 8_000, Some(1), None),
            ("g726-32", 8_000, None, None),
            ("l16", 8_000, Some(1), None),
            ("", 0, None, None),
        ] {
            let found = Microphone::described(name, rate_hz, channels);
            match law {
                Some(law) => assert_eq!(found, Microphone::G711(law), "{name} {rate_hz}"),
                None => assert_eq!(found, Microphone::Other(name.to_owned()), "{rate_hz}"),
            }
            assert_eq!(found.format(), Some(name));
        }
        assert_eq!(Microphone::None.format(), None);
    }

    #[test]
    fn who_comes_hears_the_newest_and_then_all() {
        let mut ring = Ring::default();
        let mut reader = Reader::default();
        assert!(heard(&mut reader, &ring).is_empty());
        for number in 0..10 {
            ring.push(packet(number));
        }
        assert_eq!(heard(&mut reader, &ring), [9]);
        assert!(heard(&mut reader, &ring).is_empty());
        ring.push(packet(10));
        ring.push(packet(11));
        assert_eq!(heard(&mut reader, &ring), [10, 11]);
    }

    #[test]
    fn who_is_too_slow_skips_to_the_newest() {
        let mut ring = Ring::default();
        ring.push(packet(0));
        let mut reader = Reader::default();
        assert_eq!(heard(&mut reader, &ring), [0]);
        let last = 1 + u64::try_from(PACKETS_MAX).expect("few");
        for number in 1..=last {
            ring.push(packet(number));
        }
        assert_eq!(heard(&mut reader, &ring), [last]);
    }

    #[test]
    fn what_is_forgotten_is_heard_by_nobody() {
        let mut ring = Ring::default();
        let mut reader = Reader::default();
        for number in 0..3 {
            ring.push(packet(number));
        }
        assert_eq!(heard(&mut reader, &ring), [2]);
        ring.push(packet(3));
        ring.clear();
        assert!(heard(&mut reader, &ring).is_empty());
        ring.push(packet(4));
        assert_eq!(heard(&mut reader, &ring), [4]);
    }

    proptest! {
        #[test]
        fn no_piece_is_empty_or_too_long_and_none_is_lost(len in 0_usize..70_000) {
            let payload: Vec<u8> = (0..len).map(|at| u8::try_from(at % 251).unwrap_or(0)).collect();
            let pieces: Vec<_> = cut(MediaTime::from_ticks(7), Law::Mu, &payload).collect();
            let whole: Vec<u8> = pieces.iter().flat_map(|piece| piece.payload.to_vec()).collect();
            prop_assert_eq!(whole, payload);
            let mut at = 7;
            for piece in pieces {
                prop_assert!((1..=PAYLOAD_MAX).contains(&piece.payload.len()));
                prop_assert_eq!(piece.time.ticks(), at);
                at += u64::try_from(piece.payload.len()).unwrap_or(0);
            }
        }

        #[test]
        fn the_ring_keeps_its_bound_and_time_goes_forward(steps in prop::collection::vec(0_u8..8, 0..400)) {
            let (mut ring, mut reader) = (Ring::default(), Reader::default());
            let (mut number, mut last) = (0, None);
            for step in steps {
                match step {
                    0 => ring.clear(),
                    1..=5 => {
                        ring.push(packet(number));
                        number += 1;
                    }
                    _ => for packet in heard(&mut reader, &ring) {
                        prop_assert!(last.is_none_or(|last| packet > last));
                        last = Some(packet);
                    },
                }
                prop_assert!(ring.packets.len() <= PACKETS_MAX);
            }
        }
    }
}
