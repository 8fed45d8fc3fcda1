//! What travels from a camera to its viewers.
//!
//! A frame is packetised once, when it arrives; every viewer is sent the same
//! payload bytes under headers of its own. Only reference counts are copied.

use std::sync::Arc;

use base::now::Now;
use base::unit::Bytes;

use crate::payload::{Cut, Parameters, UnitError, annex_b};

/// Ticks of 90,000 in a second, the RTP clock of video (RFC 6184 §8.2.1).
pub const TICKS_PER_SECOND: u64 = 90_000;

/// A place on a stream's own time line, in ticks of its clock: 1/90,000 s for
/// pictures, 1/8,000 s for sound.
///
/// It starts anywhere, never goes back and never wraps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct MediaTime(u64);

impl MediaTime {
    /// From ticks.
    #[must_use]
    pub const fn from_ticks(ticks: u64) -> Self {
        Self(ticks)
    }

    /// Ticks.
    #[must_use]
    pub const fn ticks(self) -> u64 {
        self.0
    }

    /// What an RTP header carries: the low 32 bits (RFC 3550 §5.1).
    #[must_use]
    pub const fn rtp(self) -> u32 {
        let [.., a, b, c, d] = self.0.to_be_bytes();
        u32::from_be_bytes([a, b, c, d])
    }
}

/// The payload of one RTP packet, header excluded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// At most [`crate::payload::PAYLOAD_MAX`] octets, shared by all viewers.
    pub payload: Arc<[u8]>,
    /// Whether it is the last of its frame (RFC 6184 §5.1).
    pub marker: bool,
}

/// How pictures are coded, as far as they are passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// ITU-T H.264: what every browser plays.
    H264,
    /// ITU-T H.265: for players that say they can.
    H265,
}

impl Codec {
    /// From the name in a session description, in lower case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "h264" => Some(Self::H264),
            "h265" => Some(Self::H265),
            _ => None,
        }
    }

    /// That name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::H264 => "h264",
            Self::H265 => "h265",
        }
    }

    /// Cuts an access unit into packets.
    ///
    /// # Errors
    /// If it is none.
    pub fn cut(self, unit: &[u8]) -> Result<Cut, UnitError> {
        match self {
            Self::H264 => crate::h264::cut(unit),
            Self::H265 => crate::h265::cut(unit),
        }
    }

    /// The access unit that such packets carry.
    #[must_use]
    pub fn join(self, packets: &[Packet]) -> Vec<u8> {
        match self {
            Self::H264 => crate::h264::join(packets),
            Self::H265 => crate::h265::join(packets),
        }
    }

    pub(crate) fn parameters(self, nal: &[u8]) -> Option<Parameters> {
        match self {
            Self::H264 => crate::h264::parameters(nal),
            Self::H265 => crate::h265::parameters(nal),
        }
    }
}

/// One picture of one camera layer.
#[derive(Debug, Clone)]
pub struct Frame {
    /// When it is to be shown, on the stream's time line.
    pub time: MediaTime,
    /// When its last octet reached this house.
    pub arrived: Now,
    /// How it is coded.
    pub codec: Codec,
    /// Whether decoding can begin here.
    pub key: bool,
    /// In the order in which they are sent.
    pub packets: Box<[Packet]>,
}

impl Frame {
    /// What it weighs on a link, headers excluded.
    #[must_use]
    pub fn size(&self) -> Bytes {
        self.packets
            .iter()
            .fold(Bytes::ZERO, |sum, packet| sum + Bytes::of(&packet.payload))
    }

    /// The access unit that its packets carry: NAL units, each behind its length in four
    /// octets. Made anew each time, since few ask for it.
    #[must_use]
    pub fn unit(&self) -> Vec<u8> {
        self.codec.join(&self.packets)
    }

    /// The same as a byte stream with start codes, where it decodes alone by what the house
    /// can decode: a key frame of H.264.
    #[must_use]
    pub fn alone(&self) -> Option<Vec<u8>> {
        if !self.key || self.codec != Codec::H264 {
            return None;
        }
        annex_b(&self.unit()).ok()
    }

    /// What it takes in memory. A camera that cuts its picture into crumbs is not
    /// let off the bound by their being small.
    #[must_use]
    pub fn weight(&self) -> Bytes {
        // Two counters stand before what is shared.
        const SHARED: usize = 2 * size_of::<usize>();
        let packet = size_of::<Packet>() + SHARED;
        let around = size_of::<Self>() + SHARED + self.packets.len() * packet;
        self.size() + Bytes::new(u64::try_from(around).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_carries_the_low_half() {
        assert_eq!(MediaTime::from_ticks(7).rtp(), 7);
        assert_eq!(MediaTime::from_ticks((1 << 32) + 7).rtp(), 7);
    }
}
