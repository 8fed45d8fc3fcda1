//! H.264 in RTP (RFC 6184): STAP-A (§5.7.1) for units that share a packet, FU-A
//! (§5.8) for pieces of one.

use crate::frame::Packet;
use crate::payload::{Cut, Form, Joined, Nals, Packets, Parameters, UNIT_MAX, UnitError};

const NAL_SLICE_IDR: u8 = 5;
const NAL_SPS: u8 = 7;
const NAL_PPS: u8 = 8;
const NAL_AUD: u8 = 9;
const NAL_FILLER: u8 = 12;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;
/// `F` and `NRI`, the bits of a NAL header that fragments inherit.
const NAL_IMPORTANCE: u8 = 0xe0;
const NAL_TYPE: u8 = 0x1f;

const FORM: Form = Form {
    header: 1,
    joined: |units| {
        let importance = units.iter().map(|nal| nal[0] & NAL_IMPORTANCE).max();
        vec![importance.unwrap_or(0) | STAP_A]
    },
    piece: |nal| vec![nal[0] & NAL_IMPORTANCE | FU_A, nal[0] & NAL_TYPE],
};

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
    let mut packets = Packets::new(FORM);
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

/// The access unit that packets of [`cut`] carry, as it was given to it.
#[must_use]
pub fn join(packets: &[Packet]) -> Vec<u8> {
    let mut joined = Joined::default();
    for packet in packets {
        match *packet.payload {
            [head, ref rest @ ..] if head & NAL_TYPE == STAP_A => joined.shared(rest),
            [head, kind, ref rest @ ..] if head & NAL_TYPE == FU_A => {
                let header = [head & NAL_IMPORTANCE | kind & NAL_TYPE];
                joined.piece(&header, kind, rest);
            }
            ref nal => joined.whole(nal),
        }
    }
    joined.finish()
}

/// Which set of parameters a unit is, if it is one.
#[must_use]
pub(crate) fn parameters(nal: &[u8]) -> Option<Parameters> {
    match nal.first()? & NAL_TYPE {
        NAL_SPS => Some(Parameters::Sequence),
        NAL_PPS => Some(Parameters::Picture),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::payload::{PAYLOAD_MAX, annex_b};

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
            prop_assert_eq!(join(&cut.packets), unit(&borrowed));
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
