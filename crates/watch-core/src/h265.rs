//! H.265 in RTP (RFC 7798): aggregation packets (§4.4.2) for units that share a
//! packet, fragmentation units (§4.4.3) for pieces of one.
//!
//! Nothing here decodes it: it is passed on to players that say they can.

use crate::frame::Packet;
use crate::payload::{Cut, Form, Joined, Nals, Packets, Parameters, UNIT_MAX, UnitError};

const NAL_VPS: u8 = 32;
const NAL_SPS: u8 = 33;
const NAL_PPS: u8 = 34;
const NAL_AUD: u8 = 35;
const NAL_FILLER: u8 = 38;
const AP: u8 = 48;
const FU: u8 = 49;

/// Pictures with which decoding can begin: BLA, IDR and CRA (ITU-T H.265 table 7-1).
const IRAP: std::ops::RangeInclusive<u8> = 16..=21;

/// The first unit type that holds no picture.
const NO_PICTURE: u8 = 32;

/// A unit's header is two octets: one bit, six of the type, six of the layer and
/// three of the temporal level (ITU-T H.265 §7.3.1.2).
const HEADER: usize = 2;

const fn kind(nal: &[u8]) -> u8 {
    nal[0] >> 1 & 0x3f
}

/// The header of another unit, with the type of a packet (RFC 7798 §4.4.2: the
/// lowest layer and level of those inside).
fn headed(units: &[Vec<u8>]) -> Vec<u8> {
    let least = |part: fn(u16) -> u16| {
        let parts = units.iter().map(|nal| u16::from_be_bytes([nal[0], nal[1]]));
        parts.map(part).min().unwrap_or(0)
    };
    let forbidden = units.iter().any(|nal| nal[0] & 0x80 != 0);
    let header = u16::from(forbidden) << 15
        | u16::from(AP) << 9
        | least(|header| header & 0x1f8)
        | least(|header| header & 7);
    header.to_be_bytes().to_vec()
}

const FORM: Form = Form {
    header: HEADER,
    joined: headed,
    piece: |nal| vec![nal[0] & 0x81 | FU << 1, nal[1], kind(nal)],
};

/// Cuts an access unit, given as NAL units each behind its length in four
/// octets (ISO/IEC 14496-15 §8.3), into packets.
///
/// Delimiters and filler are dropped: they tell a viewer nothing. So are the kinds
/// that H.265 leaves open and RFC 7798 §4.4 takes for its packets: a receiver would
/// read such a unit as a packet of others.
///
/// # Errors
/// If the lengths do not add up, a unit is too short for its header, it is too
/// large, or no picture is in it.
pub fn cut(unit: &[u8]) -> Result<Cut, UnitError> {
    if unit.len() > UNIT_MAX {
        return Err(UnitError::TooLarge { len: unit.len() });
    }
    let mut packets = Packets::new(FORM);
    let (mut vps, mut sps, mut pps) = (false, false, false);
    let (mut picture, mut begins) = (false, false);
    for nal in Nals::new(unit) {
        let nal = nal?;
        if nal.len() < HEADER {
            return Err(UnitError::NoHeader { len: nal.len() });
        }
        match kind(nal) {
            NAL_AUD | NAL_FILLER | AP.. => continue,
            NAL_VPS => vps = true,
            NAL_SPS => sps = true,
            NAL_PPS => pps = true,
            kind if IRAP.contains(&kind) => (picture, begins) = (true, true),
            kind if kind < NO_PICTURE => picture = true,
            _ => {}
        }
        packets.push(nal);
    }
    if !picture {
        return Err(UnitError::NoPicture);
    }
    Ok(Cut {
        packets: packets.finish(),
        key: begins && vps && sps && pps,
    })
}

/// The access unit that packets of [`cut`] carry, as it was given to it.
#[must_use]
pub fn join(packets: &[Packet]) -> Vec<u8> {
    let mut joined = Joined::default();
    for packet in packets {
        let nal = &*packet.payload;
        match *nal {
            [_, _, ref rest @ ..] if kind(nal) == AP => joined.shared(rest),
            [head, level, flags, ref rest @ ..] if kind(nal) == FU => {
                let header = [head & 0x81 | (flags & 0x3f) << 1, level];
                joined.piece(&header, flags, rest);
            }
            _ => joined.whole(nal),
        }
    }
    joined.finish()
}

/// Which set of parameters a unit is, if it is one.
#[must_use]
pub(crate) fn parameters(nal: &[u8]) -> Option<Parameters> {
    if nal.len() < HEADER {
        return None;
    }
    match kind(nal) {
        NAL_VPS => Some(Parameters::Video),
        NAL_SPS => Some(Parameters::Sequence),
        NAL_PPS => Some(Parameters::Picture),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::payload::PAYLOAD_MAX;

    fn unit(nals: &[Vec<u8>]) -> Vec<u8> {
        let mut unit = Vec::new();
        for nal in nals {
            let len = u32::try_from(nal.len()).expect("a short unit");
            unit.extend_from_slice(&len.to_be_bytes());
            unit.extend_from_slice(nal);
        }
        unit
    }

    fn nal(kind: u8, level: u8, len: usize) -> Vec<u8> {
        let mut nal = vec![kind << 1, level];
        nal.extend((2..len).map(|i| u8::try_from(i % 251).unwrap_or(0)));
        nal
    }

    /// What a receiver makes of packets, written from RFC 7798 §4.4 and not from
    /// the code above.
    fn reassemble(packets: &[Packet]) -> Vec<Vec<u8>> {
        let mut nals: Vec<Vec<u8>> = Vec::new();
        let mut open: Option<Vec<u8>> = None;
        for packet in packets {
            let p = &packet.payload;
            match (p[0] & 0x7e) / 2 {
                48 => {
                    let mut rest = &p[2..];
                    while let [a, b, tail @ ..] = rest {
                        let len = usize::from(*a) * 256 + usize::from(*b);
                        nals.push(tail[..len].to_vec());
                        rest = &tail[len..];
                    }
                }
                49 => {
                    if p[2] & 0x80 != 0 {
                        open = Some(vec![(p[0] & 0x81) | ((p[2] & 0x3f) * 2), p[1]]);
                    }
                    let nal = open.as_mut().expect("a piece after its first");
                    nal.extend_from_slice(&p[3..]);
                    if p[2] & 0x40 != 0 {
                        nals.extend(open.take());
                    }
                }
                _ => nals.push(p.to_vec()),
            }
        }
        assert!(open.is_none(), "a unit in pieces was not ended");
        nals
    }

    #[test]
    fn a_key_frame_needs_all_parameter_sets() {
        let sets = [nal(32, 1, 9), nal(33, 1, 20), nal(34, 1, 6)];
        let with = |sets: &[Vec<u8>], kind| {
            let mut nals = sets.to_vec();
            nals.push(nal(kind, 1, 50));
            cut(&unit(&nals)).expect("a picture").key
        };
        for kind in [16, 19, 20, 21] {
            assert!(with(&sets, kind), "{kind}");
        }
        assert!(!with(&sets, 1));
        assert!(!with(&sets[1..], 19));
        assert!(!with(&sets[..2], 19));
    }

    #[test]
    fn units_that_share_a_packet_keep_their_lowest_level() {
        let nals = [nal(32, 3, 9), nal(33, 2, 9), nal(1, 5, 9)];
        let cut = cut(&unit(&nals)).expect("a picture");
        assert_eq!(cut.packets.len(), 1);
        assert_eq!(cut.packets[0].payload[..2], [48 << 1, 2]);
    }

    #[test]
    fn refusals_say_why() {
        assert_eq!(cut(&[]), Err(UnitError::NoPicture));
        assert_eq!(cut(&unit(&[nal(32, 1, 9)])), Err(UnitError::NoPicture));
        assert_eq!(cut(&[0, 0, 0, 1, 2]), Err(UnitError::NoHeader { len: 1 }));
    }

    proptest! {
        #[test]
        fn a_receiver_gets_the_same_units(
            lens in prop::collection::vec(2_usize..5_000, 1..6),
            kinds in prop::collection::vec(prop::sample::select(vec![1_u8, 19, 32, 33, 39]), 6),
        ) {
            let mut nals: Vec<Vec<u8>> = lens
                .iter()
                .zip(&kinds)
                .map(|(len, kind)| nal(*kind, 1, *len))
                .collect();
            nals.push(nal(19, 1, 40));
            let cut = cut(&unit(&nals)).expect("well formed");
            prop_assert_eq!(join(&cut.packets), unit(&nals));
            prop_assert_eq!(reassemble(&cut.packets), nals);
            prop_assert!(cut.packets.iter().all(|p| p.payload.len() <= PAYLOAD_MAX));
            let marked = cut.packets.iter().filter(|p| p.marker).count();
            prop_assert_eq!(marked, 1);
            prop_assert!(cut.packets.last().is_some_and(|p| p.marker));
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = cut(&bytes);
        }
    }
}
