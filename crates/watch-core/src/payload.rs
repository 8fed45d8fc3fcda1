//! From an access unit to RTP payloads, as far as H.264 and H.265 do alike.
//!
//! Cameras send packets of 1,400 octets and more, which tunnels and PPPoE do
//! not carry; so every access unit is cut anew, once, for all its viewers.
//! Small units (parameter sets, SEI) travel together in one packet, a large one in
//! fragments of equal size, since a kernel that cuts one buffer into datagrams
//! (GSO) wants all but the last alike.

use std::sync::Arc;

use crate::frame::Packet;

/// The longest payload, such that with RTP header (12), header extension (8),
/// SRTP tag (16) and UDP/IPv6 headers (48) a packet stays within the 1,280
/// octets that every IPv6 path carries, and a datagram within 1,200.
pub const PAYLOAD_MAX: usize = 1_160;

/// More octets than any picture of a camera has: a unit above this is refused.
pub const UNIT_MAX: usize = 8 * 1024 * 1024;

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
    /// A unit is shorter than its header.
    #[error("a NAL unit of {len} octets, which is shorter than its header")]
    NoHeader {
        /// How long it is.
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
    /// Whether decoding can begin here: a picture that stands alone with all
    /// its parameter sets.
    pub key: bool,
}

/// The same access unit as a byte stream with start codes (Annex B), which is
/// what decoders read.
///
/// # Errors
/// If the lengths do not add up.
pub fn annex_b(unit: &[u8]) -> Result<Vec<u8>, UnitError> {
    let mut stream = Vec::with_capacity(unit.len());
    for nal in Nals::new(unit) {
        stream.extend_from_slice(&[0, 0, 0, 1]);
        stream.extend_from_slice(nal?);
    }
    Ok(stream)
}

/// How a codec writes units that share a packet, and pieces of one.
pub(crate) struct Form {
    /// Octets of a unit's header.
    pub(crate) header: usize,
    /// The octets before the first of several units, from all their headers.
    pub(crate) joined: fn(&[Vec<u8>]) -> Vec<u8>,
    /// The octets before a piece, from the unit's header; the flags of first and
    /// last go into the last of them.
    pub(crate) piece: fn(&[u8]) -> Vec<u8>,
}

/// The flag of the first piece (RFC 6184 §5.8, RFC 7798 §4.4.3), and of the last.
const FIRST: u8 = 0x80;
const LAST: u8 = 0x40;

/// Packets in the making.
pub(crate) struct Packets {
    form: Form,
    done: Vec<Arc<[u8]>>,
    /// Units that may still share a packet, without their lengths.
    small: Vec<Vec<u8>>,
}

impl Packets {
    pub(crate) const fn new(form: Form) -> Self {
        Self {
            form,
            done: Vec::new(),
            small: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, nal: &[u8]) {
        let waiting: usize = self.small.iter().map(|unit| unit.len() + 2).sum();
        if self.form.header + waiting + 2 + nal.len() <= PAYLOAD_MAX {
            self.small.push(nal.to_vec());
            return;
        }
        self.flush();
        if self.form.header + 2 + nal.len() <= PAYLOAD_MAX {
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
                let mut packet = (self.form.joined)(many);
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
        let head = (self.form.piece)(nal);
        let pieces = nal[self.form.header..].chunks(PAYLOAD_MAX - head.len());
        let last = pieces.len() - 1;
        for (i, piece) in pieces.enumerate() {
            let mut packet = Vec::with_capacity(head.len() + piece.len());
            packet.extend_from_slice(&head);
            if let Some(flags) = packet.last_mut() {
                *flags |= if i == 0 { FIRST } else { 0 };
                *flags |= if i == last { LAST } else { 0 };
            }
            packet.extend_from_slice(piece);
            self.done.push(packet.into());
        }
    }

    pub(crate) fn finish(mut self) -> Box<[Packet]> {
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

/// What a set of parameters is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Parameters {
    /// Of all layers (VPS); H.265 only.
    Video,
    /// Of a sequence of pictures (SPS).
    Sequence,
    /// Of pictures (PPS).
    Picture,
}

/// Units in the making, each behind its length in four octets: what packets carry.
#[derive(Default)]
pub(crate) struct Joined {
    unit: Vec<u8>,
    /// Where the unit begins that pieces are being added to.
    open: Option<usize>,
}

impl Joined {
    pub(crate) fn whole(&mut self, nal: &[u8]) {
        self.begin();
        self.add(nal);
        self.end();
    }

    /// The units of a packet that several share, each behind its length in two octets.
    pub(crate) fn shared(&mut self, mut rest: &[u8]) {
        while let Some((len, tail)) = rest.split_first_chunk::<2>() {
            let len = usize::from(u16::from_be_bytes(*len)).min(tail.len());
            let (nal, tail) = tail.split_at(len);
            self.whole(nal);
            rest = tail;
        }
    }

    /// A piece of a unit, with the header of the whole and the flags of first and last.
    pub(crate) fn piece(&mut self, header: &[u8], flags: u8, piece: &[u8]) {
        if flags & FIRST != 0 {
            self.begin();
            self.add(header);
        }
        self.add(piece);
        if flags & LAST != 0 {
            self.end();
        }
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.end();
        self.unit
    }

    fn begin(&mut self) {
        self.end();
        self.open = Some(self.unit.len());
        self.unit.extend_from_slice(&[0; 4]);
    }

    fn add(&mut self, octets: &[u8]) {
        if self.open.is_some() {
            self.unit.extend_from_slice(octets);
        }
    }

    fn end(&mut self) {
        let Some(at) = self.open.take() else { return };
        let len = self.unit.len() - at - 4;
        // No unit is longer than `UNIT_MAX`, so four octets hold it.
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        if let Some(prefix) = self.unit.get_mut(at..at + 4) {
            prefix.copy_from_slice(&len.to_be_bytes());
        }
    }
}

/// The units of an access unit, each behind its length in four octets.
pub(crate) struct Nals<'a> {
    unit: &'a [u8],
    at: usize,
}

impl<'a> Nals<'a> {
    pub(crate) const fn new(unit: &'a [u8]) -> Self {
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
