//! What stands before and beside the payloads (RFC 3550 §5.1, §6.4.1), inside a connection
//! of RTSP (RFC 2326 §10.12).

use base::now::Wall;

use super::path::Inside;

/// Seconds from 1900, where the clock of NTP begins, to 1970.
const NTP_BEGINS_S: u64 = 2_208_988_800;

/// One part of a stream on its way: what its packets have in common, and what was sent.
#[derive(Debug, Clone)]
pub struct Track {
    /// Where its packets go.
    pub way: Inside,
    /// Of whom (RFC 3550 §8).
    pub source: u32,
    /// The number that the next packet has.
    pub next: u16,
    packets: u32,
    octets: u32,
}

impl Track {
    /// One that begins with this number.
    #[must_use]
    pub const fn new(way: Inside, source: u32, next: u16) -> Self {
        Self {
            way,
            source,
            next,
            packets: 0,
            octets: 0,
        }
    }

    /// Adds a packet to what is to be sent. `payload` is at most
    /// [`crate::payload::PAYLOAD_MAX`] octets.
    pub fn put(&mut self, to: &mut Vec<u8>, kind: u8, marker: bool, time: u32, payload: &[u8]) {
        let length = u16::try_from(12 + payload.len()).unwrap_or(u16::MAX);
        to.extend_from_slice(&[b'$', self.way.data]);
        to.extend_from_slice(&length.to_be_bytes());
        to.extend_from_slice(&[0x80, kind & 0x7f | if marker { 0x80 } else { 0 }]);
        to.extend_from_slice(&self.next.to_be_bytes());
        to.extend_from_slice(&time.to_be_bytes());
        to.extend_from_slice(&self.source.to_be_bytes());
        to.extend_from_slice(payload);
        self.next = self.next.wrapping_add(1);
        self.packets = self.packets.wrapping_add(1);
        let octets = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        self.octets = self.octets.wrapping_add(octets);
    }

    /// Adds a sender report: at that moment it was that time on the stream's own line.
    pub fn report(&self, to: &mut Vec<u8>, at: Wall, time: u32) {
        let us = u64::try_from(at.as_us()).unwrap_or(0);
        let seconds = (us / 1_000_000 + NTP_BEGINS_S) & u64::from(u32::MAX);
        let part = ((us % 1_000_000) << 32) / 1_000_000;
        to.extend_from_slice(&[b'$', self.way.control, 0, 28]);
        to.extend_from_slice(&[0x80, 200, 0, 6]);
        to.extend_from_slice(&self.source.to_be_bytes());
        to.extend_from_slice(&(seconds << 32 | part).to_be_bytes());
        to.extend_from_slice(&time.to_be_bytes());
        to.extend_from_slice(&self.packets.to_be_bytes());
        to.extend_from_slice(&self.octets.to_be_bytes());
    }

    /// Adds that nothing more comes (RFC 3550 §6.6).
    pub fn bye(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(&[b'$', self.way.control, 0, 8, 0x81, 203, 0, 1]);
        to.extend_from_slice(&self.source.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAY: Inside = Inside {
        data: 2,
        control: 3,
    };

    #[test]
    fn a_packet_stands_behind_its_channel_and_length() {
        let mut track = Track::new(WAY, 0x0a0b_0c0d, u16::MAX);
        let mut out = Vec::new();
        track.put(&mut out, 96, true, 7, &[1, 2, 3]);
        assert_eq!(
            out,
            [
                b'$', 2, 0, 15, 0x80, 0xe0, 0xff, 0xff, 0, 0, 0, 7, 10, 11, 12, 13, 1, 2, 3
            ]
        );
        assert_eq!(track.next, 0, "numbers go round");
    }

    #[test]
    fn a_report_says_which_moment_was_which_time() {
        let mut track = Track::new(WAY, 1, 0);
        let mut out = Vec::new();
        track.put(&mut out, 96, false, 0, &[0; 10]);
        out.clear();
        track.report(&mut out, Wall::from_us(1_500_000), 9);
        let begins = u32::try_from(NTP_BEGINS_S + 1).expect("fits").to_be_bytes();
        assert_eq!(out[..12], [b'$', 3, 0, 28, 0x80, 200, 0, 6, 0, 0, 0, 1]);
        assert_eq!(out[12..16], begins);
        assert_eq!(out[16..20], [0x80, 0, 0, 0], "half a second");
        assert_eq!(out[20..], [0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 10]);
    }
}
