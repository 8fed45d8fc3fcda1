//! From an H.264 access unit to RTP payloads (RFC 6184).
//!
//! Cameras send packets of 1,400 octets and more, which tunnels and PPPoE do
//! not carry; so every access unit is cut anew, once, for all its viewers.
//! Small units (parameter sets, SEI) travel together in one STAP-A (§5.7.1), a
//! large one in FU-A fragments (§5.8) of equal size, since a kernel that cuts
//! one buffer into datagrams (GSO) wants all but the last alike.

use std::sync::Arc;

use crate::frame::Packet;

/// The longest payload, such that with RTP header (12), header extension (8),
/// SRTP tag (16) and UDP/IPv6 headers (48) a packet stays within the 1,280
/// octets that every IPv6 path carries, and a datagram within 1,200.
pub const PAYLOAD_MAX: usize = 1_160;

/// More octets than any picture of a camera has: a unit above this is refused.
pub const UNIT_MAX: usize = 8 * 1024 * 1024;

const NAL_SLICE_IDR: u8 = 5;
const NAL_SPS: u8 = 7;
const NAL_PPS: u8 = 8;
const NAL_AUD: u8 = 9;
const NAL_FILLER: u8 = 12;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;
const FU_START: u8 = 0x80;
const FU_END: u8 = 0x40;
/// `F` and `NRI`, the bits of a NAL header that fragments inherit.
const NAL_IMPORTANCE: u8 = 0xe0;
const NAL_TYPE: u8 = 0x1f;

/// Why an access unit cannot be cut into packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// A length prefix points past the end, or an empty unit stands inside.
    #[error("NAL unit at octet {at} of {len} claims {claimed} octets")]
    Length {
        /// Where the prefix stands.
        at: usize,
        /// What it says.
        claimed: usize,
        /// How long the access unit is.
        len: usize,
    },
    /// No slice is in it.
    #[error("an access unit without a picture")]
    NoPicture,
    /// Larger than [`UNIT_MAX`].
    #[error("an access unit of {len} octets; {UNIT_MAX} are the most that is taken")]
    TooLarge {
        /// How long the access unit is.
        len: usize,
    },
}

/// An access unit cut into packets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// In sending order; the last one carries the marker.
    pub packets: Box<[Packet]>,
    /// Whether decoding can begin here: an IDR slice with both parameter sets.
    pub key: bool,
}

/// Cuts an access unit, given as NAL units each behind its length in four
/// octets (ISO/IEC 14496-15 §5.3), into packets.
///
/// Delimiters and filler are dropped: they tell a viewer nothing. So are the kinds
/// that H.264 leaves open and RFC 6184 §5.2 takes for its packets: a receiver would
/// read such a unit as a packet of others.
///
/// # Errors
/// If the lengths do not add up, it is too large, or no picture is in it.
pub fn cut(unit: &[u8]) -> Result<Cut, UnitError> {
    if unit.len() > UNIT_MAX {
        return Err(UnitError::TooLarge { len: unit.len() });
    }
    let mut packets = Packets::default();
    let mut idr = false;
    let (mut sps, mut pps, mut picture) = (false, false, false);
    for nal in Nals::new(unit) {
        let nal = nal?;
        match nal[0] & NAL_TYPE {
            NAL_AUD | NAL_FILLER | 0 | STAP_A.. => continue,
            NAL_SPS => sps = true,
            NAL_PPS => pps = true,
            NAL_SLICE_IDR => (idr, picture) = (true, true),
            1..=4 => picture = true,
            _ => {}
        }
        packets.push(nal);
    }
    if !picture {
        return Err(UnitError::NoPicture);
    }
    Ok(Cut {
        packets: packets.finish(),
        key: idr && sps && pps,
    })
}

/// The same access unit as a byte stream with start codes (Annex B), which is
/// what decoders read.
///
/// # Errors
/// As [`cut`].
pub fn annex_b(unit: &[u8]) -> Result<Vec<u8>, UnitError> {
    let mut stream = Vec::with_capacity(unit.len());
    for nal in Nals::new(unit) {
        stream.extend_from_slice(&[0, 0, 0, 1]);
        stream.extend_from_slice(nal?);
    }
    Ok(stream)
}

#[derive(Default)]
struct Packets {
    done: Vec<Arc<[u8]>>,
    /// Units that may still share a packet, without their lengths.
    small: Vec<Vec<u8>>,
}

impl Packets {
    fn push(&mut self, nal: &[u8]) {
        let waiting: usize = self.small.iter().map(|unit| unit.len() + 2).sum();
        if 1 + waiting + 2 + nal.len() <= PAYLOAD_MAX {
            self.small.push(nal.to_vec());
            return;
        }
        self.flush();
        if 3 + nal.len() <= PAYLOAD_MAX {
            self.small.push(nal.to_vec());
        } else if nal.len() <= PAYLOAD_MAX {
            self.done.push(nal.into());
        } else {
            self.fragment(nal);
        }
    }

    fn flush(&mut self) {
        match self.small.as_slice() {
            [] => {}
            [one] => self.done.push(one.as_slice().into()),
            many => {
                let importance = many.iter().map(|nal| nal[0] & NAL_IMPORTANCE).max();
                let mut packet = vec![importance.unwrap_or(0) | STAP_A];
                for nal in many {
                    // Each is shorter than a packet, so two octets hold it.
                    let len = u16::try_from(nal.len()).unwrap_or(u16::MAX);
                    packet.extend_from_slice(&len.to_be_bytes());
                    packet.extend_from_slice(nal);
                }
                self.done.push(packet.into());
            }
        }
        self.small.clear();
    }

    fn fragment(&mut self, nal: &[u8]) {
        let indicator = (nal[0] & NAL_IMPORTANCE) | FU_A;
        let kind = nal[0] & NAL_TYPE;
        let pieces = nal[1..].chunks(PAYLOAD_MAX - 2);
        let last = pieces.len() - 1;
        for (i, piece) in pieces.enumerate() {
            let start = if i == 0 { FU_START } else { 0 };
            let end = if i == last { FU_END } else { 0 };
            let mut packet = Vec::with_capacity(piece.len() + 2);
            packet.extend_from_slice(&[indicator, kind | start | end]);
            packet.extend_from_slice(piece);
            self.done.push(packet.into());
        }
    }

    fn finish(mut self) -> Box<[Packet]> {
        self.flush();
        let last = self.done.len().saturating_sub(1);
        self.done
            .into_iter()
            .enumerate()
            .map(|(i, payload)| Packet {
                payload,
                marker: i == last,
            })
            .collect()
    }
}

struct Nals<'a> {
    unit: &'a [u8],
    at: usize,
}

impl<'a> Nals<'a> {
    const fn new(unit: &'a [u8]) -> Self {
        Self { unit, at: 0 }
    }
}

impl<'a> Iterator for Nals<'a> {
    type Item = Result<&'a [u8], UnitError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.unit.get(self.at..).filter(|rest| !rest.is_empty())?;
        let at = self.at;
        let prefix = rest
            .first_chunk::<4>()
            .map_or(u32::MAX, |prefix| u32::from_be_bytes(*prefix));
        let claimed = usize::try_from(prefix).unwrap_or(usize::MAX);
        let nal = rest
            .get(4..)
            .and_then(|rest| rest.get(..claimed))
            .filter(|nal| !nal.is_empty());
        // After a wrong length nothing that follows can be trusted.
        self.at = nal.map_or(self.unit.len(), |nal| at + 4 + nal.len());
        Some(nal.ok_or(UnitError::Length {
            at,
            claimed,
            len: self.unit.len(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unit(nals: &[&[u8]]) -> Vec<u8> {
        let mut unit = Vec::new();
        for nal in nals {
            let len = u32::try_from(nal.len()).expect("a short unit");
            unit.extend_from_slice(&len.to_be_bytes());
            unit.extend_from_slice(nal);
        }
        unit
    }

    /// What a receiver makes of packets, written from RFC 6184 §5.6–5.8 and not
    /// from the code above.
    fn reassemble(packets: &[Packet]) -> Vec<Vec<u8>> {
        let mut nals: Vec<Vec<u8>> = Vec::new();
        let mut open: Option<Vec<u8>> = None;
        for packet in packets {
            let p = &packet.payload;
            match p[0] & 0x1f {
                24 => {
                    let mut rest = &p[1..];
                    while let [a, b, tail @ ..] = rest {
                        let len = usize::from(*a) * 256 + usize::from(*b);
                        nals.push(tail[..len].to_vec());
                        rest = &tail[len..];
                    }
                }
                28 => {
                    if p[1] & 0x80 != 0 {
                        open = Some(vec![(p[0] & 0xe0) | (p[1] & 0x1f)]);
                    }
                    let nal = open.as_mut().expect("a fragment after its start");
                    nal.extend_from_slice(&p[2..]);
                    if p[1] & 0x40 != 0 {
                        nals.extend(open.take());
                    }
                }
                _ => nals.push(p.to_vec()),
            }
        }
        assert!(open.is_none(), "a fragmented unit was not ended");
        nals
    }

    #[test]
    fn a_key_frame_needs_both_parameter_sets() {
        let sps: &[u8] = &[0x67, 1];
        let pps: &[u8] = &[0x68, 2];
        let idr: &[u8] = &[0x65, 3];
        assert!(cut(&unit(&[sps, pps, idr])).expect("a picture").key);
        assert!(!cut(&unit(&[sps, idr])).expect("a picture").key);
        assert!(!cut(&unit(&[sps, pps, &[0x41, 3]])).expect("a picture").key);
    }

    #[test]
    fn refusals_say_where() {
        assert_eq!(cut(&[]), Err(UnitError::NoPicture));
        assert_eq!(
            cut(&unit(&[&[0x67, 1]])),
            Err(UnitError::NoPicture),
            "parameter sets alone",
        );
        assert_eq!(
            cut(&[0, 0, 0, 9, 0x65]),
            Err(UnitError::Length {
                at: 0,
                claimed: 9,
                len: 5
            }),
        );
        assert_eq!(
            cut(&[0, 0, 0, 0]),
            Err(UnitError::Length {
                at: 0,
                claimed: 0,
                len: 4
            }),
        );
    }

    #[test]
    fn a_unit_that_a_receiver_would_take_for_a_packet_is_dropped() {
        let slice: &[u8] = &[0x41, 3];
        for kind in [0_u8, 24, 28, 31] {
            let units = unit(&[&[0x60 | kind, 9, 9], slice]);
            let cut = cut(&units).expect("a picture");
            assert_eq!(reassemble(&cut.packets), [slice], "kind {kind}");
        }
    }

    #[test]
    fn a_byte_stream_has_start_codes() {
        let stream = annex_b(&unit(&[&[0x65, 3]])).expect("well formed");
        assert_eq!(stream, [0, 0, 0, 1, 0x65, 3]);
    }

    proptest! {
        #[test]
        fn a_receiver_gets_the_same_units(
            lens in prop::collection::vec(1_usize..5_000, 1..6),
            kinds in prop::collection::vec(prop::sample::select(vec![1_u8, 5, 6, 7, 8]), 6),
        ) {
            let mut nals: Vec<Vec<u8>> = lens
                .iter()
                .zip(&kinds)
                .map(|(len, kind)| {
                    let mut nal = vec![0x60 | kind];
                    nal.extend((1..*len).map(|i| u8::try_from(i % 251).unwrap_or(0)));
                    nal
                })
                .collect();
            nals.push(vec![0x65, 1, 2, 3]);
            let borrowed: Vec<&[u8]> = nals.iter().map(Vec::as_slice).collect();
            let cut = cut(&unit(&borrowed)).expect("well formed");
            prop_assert_eq!(reassemble(&cut.packets), nals);
            prop_assert!(cut.packets.iter().all(|p| p.payload.len() <= PAYLOAD_MAX));
            let marked = cut.packets.iter().filter(|p| p.marker).count();
            prop_assert_eq!(marked, 1);
            prop_assert!(cut.packets.last().is_some_and(|p| p.marker));
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = cut(&bytes);
            let _ = annex_b(&bytes);
        }
    }
}
