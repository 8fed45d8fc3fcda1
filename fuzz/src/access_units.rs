//! Access units as a camera's session yields them: cut into packets, and put
//! together again by a receiver that is written from RFC 6184 §5.6–5.8 alone.
//!
//! Does not cover: what decoders make of slices and parameter sets.

use std::collections::BTreeMap;

use watch::doors::Packet;
use watch::doors::h264;
use watch::doors::payload::{PAYLOAD_MAX, UNIT_MAX, annex_b};

pub fn run(bytes: &[u8]) {
    let units = units(bytes);
    let cut = h264::cut(bytes);
    let stream = annex_b(bytes);
    let Some(units) = units else {
        assert!(
            cut.is_err() && stream.is_err(),
            "lengths that do not add up"
        );
        return;
    };
    let expected: Vec<u8> = units
        .iter()
        .flat_map(|unit| [&[0, 0, 0, 1], *unit].concat())
        .collect();
    assert_eq!(stream, Ok(expected), "the byte stream");
    let Ok(cut) = cut else {
        let shown = units.iter().any(|unit| (1..=5).contains(&kind(unit)));
        assert!(!shown || bytes.len() > UNIT_MAX, "a picture was refused");
        return;
    };
    let told: Vec<&[u8]> = units.into_iter().filter(|unit| tells(unit)).collect();
    let mut kinds = BTreeMap::new();
    for unit in &told {
        *kinds.entry(kind(unit)).or_insert(0) += 1;
    }
    let decodes_alone = [5, 7, 8].iter().all(|kind| kinds.contains_key(kind));
    assert_eq!(cut.key, decodes_alone, "where decoding can begin");
    assert_eq!(received(&cut.packets), told, "what a receiver gets");
    assert!(
        cut.packets
            .iter()
            .all(|packet| packet.payload.len() <= PAYLOAD_MAX)
    );
    let (last, before) = cut.packets.split_last().expect("a picture has packets");
    assert!(last.marker && before.iter().all(|packet| !packet.marker));
}

fn kind(unit: &[u8]) -> u8 {
    unit[0] & 0x1f
}

/// Delimiters and filler tell a viewer nothing, and the kinds that RFC 6184 §5.2
/// takes for its own would be read as packets.
fn tells(unit: &[u8]) -> bool {
    !matches!(kind(unit), 0 | 9 | 12 | 24..=31)
}

/// The units behind their lengths; none if these do not add up.
fn units(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut units = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let unit = rest.get(..length).filter(|unit| !unit.is_empty())?;
        units.push(unit);
        bytes = &rest[length..];
    }
    Some(units)
}

/// What a receiver makes of packets.
pub(crate) fn received(packets: &[Packet]) -> Vec<Vec<u8>> {
    let mut units = Vec::new();
    let mut open: Option<Vec<u8>> = None;
    for packet in packets {
        let payload = &packet.payload;
        match payload[0] & 0x1f {
            24 => {
                assert!(open.is_none(), "a fragmented unit was not ended");
                let mut rest = &payload[1..];
                while let [high, low, tail @ ..] = rest {
                    let length = usize::from(*high) << 8 | usize::from(*low);
                    let (unit, tail) = tail.split_at(length);
                    units.push(unit.to_vec());
                    rest = tail;
                }
                assert!(rest.is_empty(), "half a length");
            }
            28 => {
                let (starts, ends) = (payload[1] & 0x80 != 0, payload[1] & 0x40 != 0);
                assert_eq!(starts, open.is_none(), "a fragment out of order");
                assert!(!(starts && ends), "a fragment alone");
                assert!(payload.len() > 2, "an empty fragment");
                let unit =
                    open.get_or_insert_with(|| vec![(payload[0] & 0xe0) | (payload[1] & 0x1f)]);
                unit.extend_from_slice(&payload[2..]);
                if ends {
                    units.extend(open.take());
                }
            }
            1..=23 => {
                assert!(open.is_none(), "a fragmented unit was not ended");
                units.push(payload.to_vec());
            }
            kind => panic!("no receiver reads a packet of kind {kind}"),
        }
    }
    assert!(open.is_none(), "a fragmented unit was not ended");
    units
}
