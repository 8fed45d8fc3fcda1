//! How a camera cuts a picture into RTP: payloads of RFC 6184 and RFC 7798.
//!
//! Like most cameras it fills packets to the network's limit and sends parameter
//! sets as packets of their own. Payloads are a short head and a piece of the film,
//! which is not copied.

use base::now::Wall;
use bytes::Bytes;

use crate::film::{Codec, Frame};

/// The longest payload, in octets: an Ethernet frame less its headers, as cameras
/// have it.
pub const PAYLOAD_MAX: usize = 1_400;

/// Octets of an RTP header without extensions (RFC 3550 §5.1).
const HEADER: usize = 12;

/// One packet, without what differs from session to session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    head: [u8; 3],
    head_len: usize,
    body: Bytes,
    marker: bool,
}

/// What a session adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Payload type.
    pub pt: u8,
    /// Rises by one a packet.
    pub seq: u16,
    /// In ticks of 1/90,000 s.
    pub time: u32,
    /// The stream's name.
    pub ssrc: u32,
}

/// Cuts one picture.
#[must_use]
pub fn cut(codec: Codec, frame: &Frame) -> Vec<Payload> {
    let mut payloads = Vec::new();
    for nal in &frame.nals {
        if nal.len() <= PAYLOAD_MAX {
            payloads.push(Payload {
                head: [0; 3],
                head_len: 0,
                body: nal.clone(),
                marker: false,
            });
        } else {
            fragments(codec, nal, &mut payloads);
        }
    }
    if let Some(last) = payloads.last_mut() {
        last.marker = true;
    }
    payloads
}

/// FU-A (RFC 6184 §5.8) and FU (RFC 7798 §4.4.3).
fn fragments(codec: Codec, nal: &Bytes, payloads: &mut Vec<Payload>) {
    let (head, skip, kind) = match codec {
        Codec::H264 => ([nal[0] & 0xe0 | 28, 0, 0], 1, nal[0] & 0x1f),
        Codec::H265 => ([nal[0] & 0x81 | 49 << 1, nal[1], 0], 2, nal[0] >> 1 & 0x3f),
    };
    let head_len = skip + 1;
    let mut at = skip;
    while at < nal.len() {
        let end = nal.len().min(at + PAYLOAD_MAX - head_len);
        let first = if at == skip { 0x80 } else { 0 };
        let last = if end == nal.len() { 0x40 } else { 0 };
        let mut head = head;
        head[head_len - 1] = first | last | kind;
        payloads.push(Payload {
            head,
            head_len,
            body: nal.slice(at..end),
            marker: false,
        });
        at = end;
    }
}

/// What a sender says of itself from time to time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// The stream's name.
    pub ssrc: u32,
    /// When what was sent last was taken.
    pub at: Wall,
    /// How far the camera's clock is ahead.
    pub ahead_s: i64,
    /// The stamp of what was sent last.
    pub time: u32,
    /// Packets so far.
    pub packets: u32,
    /// Octets so far.
    pub octets: u32,
}

/// A sender report with a name (RFC 3550 §6.4.1, §6.5).
#[must_use]
pub fn report(of: Report) -> Vec<u8> {
    const SECONDS_1900_TO_1970: i64 = 2_208_988_800;
    let us = of.at.as_us();
    let seconds = us.div_euclid(1_000_000) + SECONDS_1900_TO_1970 + of.ahead_s;
    let fraction = (us.rem_euclid(1_000_000) << 32) / 1_000_000;
    let low = |value: i64| u32::try_from(value.rem_euclid(1 << 32)).unwrap_or(0);
    let mut report = vec![0x80, 200, 0, 6];
    for word in [
        of.ssrc,
        low(seconds),
        low(fraction),
        of.time,
        of.packets,
        of.octets,
    ] {
        report.extend_from_slice(&word.to_be_bytes());
    }
    report.extend_from_slice(&[0x81, 202, 0, 3]);
    report.extend_from_slice(&of.ssrc.to_be_bytes());
    report.extend_from_slice(&[1, 3, b's', b'i', b'm', 0, 0, 0]);
    report
}

impl Payload {
    /// The length of the packet with its header, in octets.
    #[must_use]
    pub fn packet_len(&self) -> usize {
        HEADER + self.head_len + self.body.len()
    }

    /// Appends the packet.
    pub fn write(&self, header: Header, into: &mut Vec<u8>) {
        into.push(0x80);
        into.push(header.pt | if self.marker { 0x80 } else { 0 });
        into.extend_from_slice(&header.seq.to_be_bytes());
        into.extend_from_slice(&header.time.to_be_bytes());
        into.extend_from_slice(&header.ssrc.to_be_bytes());
        into.extend_from_slice(&self.head[..self.head_len]);
        into.extend_from_slice(&self.body);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(sizes: &[usize], first: [u8; 2]) -> Frame {
        let nals = sizes.iter().map(|size| {
            let mut nal = first.to_vec();
            nal.extend((2..*size).map(|at| u8::try_from(at % 251).unwrap_or(0)));
            Bytes::from(nal)
        });
        Frame {
            key: true,
            nals: nals.collect(),
        }
    }

    #[test]
    fn a_long_unit_is_cut_and_its_pieces_make_it_again() {
        for (codec, first, skip) in [
            (Codec::H264, [0x65, 0x88], 1),
            (Codec::H265, [0x26, 0x01], 2),
        ] {
            let frame = frame(&[20, 5_000], first);
            let payloads = cut(codec, &frame);
            assert_eq!(payloads.len(), 5);
            assert_eq!(payloads[0].body, frame.nals[0]);
            let whole: Vec<u8> = payloads[1..].iter().flat_map(|p| p.body.to_vec()).collect();
            assert_eq!(whole, frame.nals[1][skip..]);
            let flags: Vec<_> = payloads[1..]
                .iter()
                .map(|payload| payload.head[payload.head_len - 1] & 0xc0)
                .collect();
            assert_eq!(flags, [0x80, 0, 0, 0x40]);
            let markers = payloads.iter().filter(|payload| payload.marker).count();
            assert!(markers == 1 && payloads[4].marker);
        }
    }

    #[test]
    fn a_packet_stays_within_what_a_network_carries() {
        for payload in cut(Codec::H264, &frame(&[1_400, 1_401, 9_999], [0x41, 0])) {
            let mut packet = Vec::new();
            let header = Header {
                pt: 96,
                seq: 7,
                time: 8,
                ssrc: 9,
            };
            payload.write(header, &mut packet);
            assert_eq!(packet.len(), payload.packet_len());
            assert!(packet.len() <= PAYLOAD_MAX + HEADER);
            assert_eq!(
                packet[..4],
                [0x80, 96 | if payload.marker { 0x80 } else { 0 }, 0, 7]
            );
        }
    }
}
