//! Pictures out of a transport stream (ISO/IEC 13818-1, MPEG-TS).
//!
//! One programme, its first stream of pictures, everything else passed over. Octets come in
//! as they arrive, in pieces of any size; a picture goes out when the next one begins.
//! What is held is bounded by one picture.
//!
//! What a piece lacks in its middle (a counter that jumps, a picture without an end) is left
//! out up to the next picture with which decoding can begin: what refers to it cannot be
//! shown.

use super::{Sets, Unfit, Unit};
use crate::frame::Codec;
use crate::payload::UNIT_MAX;

/// Octets of a packet (§2.4.3.2).
const PACKET: usize = 188;

/// How a packet begins.
const SYNC: u8 = 0x47;

/// Octets that are looked through for a beginning before it is said that there is none.
const SEARCH_MAX: usize = 64 * PACKET;

/// The packet that names programmes.
const PAT: u16 = 0;

/// A section's octets, at most (§2.4.4.1).
const SECTION_MAX: usize = 1_024;

/// Stamps wrap behind so many ticks (§2.4.3.7).
const WRAP: i64 = 1 << 33;

/// Takes pictures out of a stream.
#[derive(Debug, Default)]
pub struct Demux {
    /// What is left of a packet.
    rest: Vec<u8>,
    /// Octets passed over since the last packet.
    sought: usize,
    table: Section,
    programme: Option<u16>,
    map: Section,
    stream: Option<Stream>,
    newest: Option<i64>,
    /// Whether anything of the piece was a packet.
    any: bool,
}

#[derive(Debug)]
struct Stream {
    pid: u16,
    sets: Sets,
    counter: Option<u8>,
    picture: Option<Picture>,
    /// What comes refers to what is not there.
    broken: bool,
}

/// A picture that is coming in.
#[derive(Debug)]
struct Picture {
    show: i64,
    decode: i64,
    octets: Vec<u8>,
}

/// A section that is coming in.
#[derive(Debug, Default)]
struct Section {
    octets: Vec<u8>,
    begun: bool,
}

impl Section {
    /// Takes a packet's payload; the section, once it is whole.
    fn take(&mut self, begins: bool, payload: &[u8]) -> Option<Vec<u8>> {
        let payload = if begins {
            let (pointer, rest) = payload.split_first()?;
            self.octets.clear();
            self.begun = true;
            rest.get(usize::from(*pointer)..)?
        } else {
            payload
        };
        if !self.begun {
            return None;
        }
        let room = SECTION_MAX.saturating_sub(self.octets.len());
        self.octets.extend(payload.iter().take(room));
        let [_, high, low, ..] = self.octets[..] else {
            return None;
        };
        let len = 3 + (usize::from(high & 0x0f) << 8 | usize::from(low));
        if self.octets.len() < len {
            return None;
        }
        self.begun = false;
        self.octets.truncate(len);
        Some(std::mem::take(&mut self.octets))
    }
}

impl Demux {
    /// Takes what has come and puts out the pictures that are whole.
    ///
    /// # Errors
    /// If it is no transport stream, or has no pictures that viewers can be given.
    pub fn push(&mut self, octets: &[u8], out: &mut Vec<Unit>) -> Result<(), Unfit> {
        self.rest.extend_from_slice(octets);
        let mut rest = std::mem::take(&mut self.rest);
        let mut at = 0;
        while let Some(packet) = rest.get(at..at + PACKET) {
            // One that begins at a wrong place is not followed by another beginning, which has
            // to be seen first.
            let next = rest.get(at + PACKET);
            if self.sought > 0 && packet[0] == SYNC && next.is_none() {
                break;
            }
            if packet[0] != SYNC || self.sought > 0 && next != Some(&SYNC) {
                at += 1;
                self.sought += 1;
                if self.sought > SEARCH_MAX {
                    return Err(Unfit::Content);
                }
                self.lose();
                continue;
            }
            self.sought = 0;
            self.any = true;
            self.packet(packet, out)?;
            at += PACKET;
        }
        rest.drain(..at);
        self.rest = rest;
        Ok(())
    }

    /// A piece has ended: its last picture is whole. `anew`: what follows begins a new time.
    ///
    /// # Errors
    /// As for [`Self::push`].
    pub fn end(&mut self, anew: bool, out: &mut Vec<Unit>) -> Result<(), Unfit> {
        let rest = std::mem::take(&mut self.rest);
        if let Some(packet) = rest.get(..PACKET).filter(|packet| packet[0] == SYNC) {
            self.any = true;
            self.packet(packet, out)?;
        }
        let any = std::mem::take(&mut self.any);
        self.sought = 0;
        self.finish(out);
        if let Some(stream) = &mut self.stream {
            // Each piece counts its packets anew, or not.
            stream.counter = None;
        }
        if anew {
            *self = Self::default();
        }
        if any { Ok(()) } else { Err(Unfit::Content) }
    }

    fn lose(&mut self) {
        if let Some(stream) = &mut self.stream {
            stream.picture = None;
            stream.broken = true;
        }
    }

    fn packet(&mut self, packet: &[u8], out: &mut Vec<Unit>) -> Result<(), Unfit> {
        let begins = packet[1] & 0x40 != 0;
        let is_wrong = packet[1] & 0x80 != 0;
        let pid = u16::from_be_bytes([packet[1] & 0x1f, packet[2]]);
        let is_scrambled = packet[3] & 0xc0 != 0;
        let counter = packet[3] & 0x0f;
        let mut payload = &packet[4..];
        let mut jumps = false;
        if packet[3] & 0x20 != 0 {
            let len = usize::from(payload[0]);
            jumps = len > 0 && payload.get(1).is_some_and(|flags| flags & 0x80 != 0);
            payload = payload.get(1 + len..).unwrap_or_default();
        }
        if packet[3] & 0x10 == 0 {
            return Ok(());
        }
        if pid == PAT {
            if let Some(section) = self.table.take(begins, payload) {
                self.programme = programme(&section).or(self.programme);
            }
            return Ok(());
        }
        if Some(pid) == self.programme {
            if let Some(section) = self.map.take(begins, payload) {
                return self.mapped(&section, out);
            }
            return Ok(());
        }
        let Some(stream) = self.stream.as_mut().filter(|stream| stream.pid == pid) else {
            return Ok(());
        };
        if is_scrambled {
            return Err(Unfit::Encrypted);
        }
        let before = stream.counter.replace(counter);
        // A packet may come twice (§2.4.3.3).
        if before == Some(counter) && !begins {
            return Ok(());
        }
        let follows = before.is_none_or(|before| (before + 1) & 0x0f == counter);
        if is_wrong || !follows && !jumps {
            stream.picture = None;
            stream.broken = true;
        }
        if begins {
            return self.begin(payload, out);
        }
        if let Some(picture) = &mut stream.picture {
            picture.octets.extend_from_slice(payload);
            if picture.octets.len() > UNIT_MAX {
                return Err(Unfit::TooLarge);
            }
        }
        Ok(())
    }

    /// What the programme is made of (§2.4.4.8).
    fn mapped(&mut self, section: &[u8], out: &mut Vec<Unit>) -> Result<(), Unfit> {
        let Some(found) = pictures(section) else {
            return Ok(());
        };
        let (pid, codec) = found?;
        let is_same = self
            .stream
            .as_ref()
            .is_some_and(|stream| stream.pid == pid && stream.sets.codec == codec);
        if !is_same {
            self.finish(out);
            self.stream = Some(Stream {
                pid,
                sets: Sets::new(codec),
                counter: None,
                picture: None,
                broken: false,
            });
        }
        Ok(())
    }

    /// A packet of pictures begins (§2.4.3.6).
    fn begin(&mut self, payload: &[u8], out: &mut Vec<Unit>) -> Result<(), Unfit> {
        let Some(head) = payload.get(..9).filter(|head| head.starts_with(&[0, 0, 1])) else {
            self.lose();
            return Ok(());
        };
        let behind = 9 + usize::from(head[8]);
        let stamps = payload.get(9..behind).unwrap_or_default();
        let body = payload.get(behind..).unwrap_or_default();
        let has = |bit: u8| head[7] & bit != 0;
        let show = has(0x80).then(|| stamp(stamps)).flatten();
        let Some(show) = show else {
            // Without a stamp it is more of the picture before.
            if let Some(picture) = self.stream.as_mut().and_then(|it| it.picture.as_mut()) {
                picture.octets.extend_from_slice(body);
                if picture.octets.len() > UNIT_MAX {
                    return Err(Unfit::TooLarge);
                }
            }
            return Ok(());
        };
        let decode = stamps.get(5..).filter(|_| has(0x40)).and_then(stamp);
        self.finish(out);
        let decode = self.unwrapped(decode.unwrap_or(show));
        // Shown within what a picture may wait, before or behind.
        let show = decode + apart(show, decode);
        if let Some(stream) = &mut self.stream {
            stream.picture = Some(Picture {
                show,
                decode,
                octets: body.to_vec(),
            });
        }
        Ok(())
    }

    fn unwrapped(&mut self, stamp: i64) -> i64 {
        let stamp = self
            .newest
            .map_or(stamp, |newest| newest + apart(stamp, newest));
        self.newest = Some(stamp);
        stamp
    }

    fn finish(&mut self, out: &mut Vec<Unit>) {
        let Some(stream) = &mut self.stream else {
            return;
        };
        let Some(picture) = stream.picture.take() else {
            return;
        };
        let nals = nals(&picture.octets);
        let unit = stream.sets.unit(&nals, picture.decode, picture.show);
        let Some(unit) = unit else { return };
        if stream.broken && !unit.key {
            return;
        }
        stream.broken = false;
        out.push(unit);
    }
}

/// How far a wrapped stamp is behind another, in the shorter direction.
const fn apart(stamp: i64, from: i64) -> i64 {
    (stamp - from + WRAP / 2).rem_euclid(WRAP) - WRAP / 2
}

/// 33 bits with marks between (§2.4.3.7).
fn stamp(octets: &[u8]) -> Option<i64> {
    let [a, b, c, d, e, ..] = *octets else {
        return None;
    };
    let [a, b, c, d, e] = [a, b, c, d, e].map(i64::from);
    Some((a >> 1 & 7) << 30 | b << 22 | (c >> 1) << 15 | d << 7 | e >> 1)
}

/// The packet of the first programme (§2.4.4.3).
fn programme(section: &[u8]) -> Option<u16> {
    let body = section.get(8..section.len().checked_sub(4)?)?;
    body.chunks_exact(4)
        .map(|entry| {
            (
                u16::from_be_bytes([entry[0], entry[1]]),
                u16::from_be_bytes([entry[2] & 0x1f, entry[3]]),
            )
        })
        .find(|(number, _)| *number != 0)
        .map(|(_, pid)| pid)
}

/// The first stream of pictures, and how they are coded; an error: in no way of ours.
fn pictures(section: &[u8]) -> Option<Result<(u16, Codec), Unfit>> {
    let body = section.get(12..section.len().checked_sub(4)?)?;
    let about = usize::from(section[10] & 0x0f) << 8 | usize::from(section[11]);
    let mut rest = body.get(about..)?;
    let mut other = None;
    while let [kind, high, low, len_high, len_low, tail @ ..] = rest {
        let pid = u16::from_be_bytes([high & 0x1f, *low]);
        match kind {
            0x1b => return Some(Ok((pid, Codec::H264))),
            0x24 => return Some(Ok((pid, Codec::H265))),
            0x01 | 0x02 => other = Some("mpeg2video"),
            0x10 => other = Some("mpeg4"),
            0x33 => other = Some("h266"),
            // SAMPLE-AES says in the kind that it is encrypted.
            0xdb => return Some(Err(Unfit::Encrypted)),
            _ => {}
        }
        let len = usize::from(len_high & 0x0f) << 8 | usize::from(*len_low);
        rest = tail.get(len..).unwrap_or_default();
    }
    Some(Err(Unfit::Codec(other.unwrap_or("not there"))))
}

/// The units of a byte stream (ITU-T H.264 Annex B): between start codes, without the zeros
/// that may stand behind.
fn nals(stream: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let mut begun = None;
    let mut at = 0;
    while let Some(window) = stream.get(at..at + 3) {
        if window == [0, 0, 1] {
            if let Some(begun) = begun {
                found.push(&stream[begun..at]);
            }
            begun = Some(at + 3);
            at += 3;
        } else {
            // The next code begins behind whatever is not zero.
            at += if window[2] > 1 { 3 } else { 1 };
        }
    }
    if let Some(begun) = begun {
        found.push(&stream[begun..]);
    }
    let trimmed = found.into_iter().map(|nal| {
        let end = nal
            .iter()
            .rposition(|octet| *octet != 0)
            .map_or(0, |last| last + 1);
        &nal[..end]
    });
    trimmed.filter(|nal| !nal.is_empty()).collect()
}

#[cfg(test)]
mod tests;
