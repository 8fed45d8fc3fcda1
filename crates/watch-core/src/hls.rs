//! A camera that is a list of pieces: HTTP Live Streaming (RFC 8216).
//!
//! A publisher cuts what a camera sends into files of some seconds and keeps a list of the
//! newest. [`playlist`] reads the list, [`ts`] and [`fmp4`] take pictures out of the files,
//! and [`pace`] hands them on one after the other, at the pace at which they were taken.
//!
//! What comes out is what a session of RTSP gives too: NAL units behind their lengths in
//! four octets, parameter sets before each picture with which decoding can begin, stamps in
//! 90,000ths of a second that do not wrap.

pub mod fmp4;
pub mod pace;
pub mod playlist;
pub mod ts;

use crate::frame::Codec;
use crate::parameters::{of_h264, of_h265};
use crate::payload::{Parameters, UNIT_MAX};

/// Sets of parameters that are kept of a stream; those of the field have two or three.
const SETS_MAX: usize = 16;

/// Octets of one set, at most: those of the field have less than a hundred.
const SET_MAX: usize = 4 * 1024;

/// One access unit out of a piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// When it is to be decoded, in ticks of 1/90,000 s, unwrapped within the stream.
    pub decode: i64,
    /// When it is to be shown, the same.
    pub show: i64,
    /// How it is coded.
    pub codec: Codec,
    /// NAL units, each behind its length in four octets.
    pub octets: Vec<u8>,
    /// Whether decoding can begin here.
    pub key: bool,
    /// Width and height in pixels, where the parameter sets before it are new.
    pub size_px: Option<(u32, u32)>,
}

/// Why a piece cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It is neither a transport stream nor a fragmented MP4.
    #[error("a piece is neither MPEG-TS nor fragmented MP4")]
    Content,
    /// No pictures are in it that viewers can be given.
    #[error("the pictures are {0}, viewers are given h264 or h265")]
    Codec(&'static str),
    /// It is encrypted.
    #[error("the pieces are encrypted")]
    Encrypted,
    /// A box ends before what it has to say, or says what cannot be.
    #[error("the box {} cannot be read", name(.0))]
    Box([u8; 4]),
    /// A picture is larger than any that is kept.
    #[error("a picture is larger than {UNIT_MAX} octets")]
    TooLarge,
}

/// A box's name as people write it.
fn name(kind: &[u8; 4]) -> String {
    kind.iter()
        .map(|octet| octet.escape_ascii().to_string())
        .collect()
}

/// The parameter sets of a stream, as they were last told.
#[derive(Debug, Clone)]
struct Sets {
    codec: Codec,
    sets: Vec<(Parameters, Vec<u8>)>,
    /// The sequence that the size was last told of.
    told: Vec<u8>,
}

impl Sets {
    const fn new(codec: Codec) -> Self {
        Self {
            codec,
            sets: Vec::new(),
            told: Vec::new(),
        }
    }

    /// A set that stands beside the pictures.
    fn learn(&mut self, nal: &[u8]) {
        let Some(kind) = self.codec.parameters(nal) else {
            return;
        };
        let is_new = !self.sets.iter().any(|(_, had)| had == nal);
        if is_new && nal.len() <= SET_MAX && self.sets.len() < SETS_MAX {
            self.sets.push((kind, nal.to_vec()));
        }
    }

    /// Makes an access unit of its NAL units; none where no picture is in it.
    fn unit(&mut self, nals: &[&[u8]], decode: i64, show: i64) -> Option<Unit> {
        let codec = self.codec;
        let mut pictures = nals.iter().filter(|nal| is_picture(codec, nal)).peekable();
        pictures.peek()?;
        let begins = pictures.any(|nal| begins(codec, nal));
        let brings = |kind| nals.iter().any(|nal| codec.parameters(nal) == Some(kind));
        // Who says anew how a sequence is coded says all of it.
        if brings(Parameters::Sequence) {
            self.sets.clear();
        }
        for nal in nals {
            self.learn(nal);
        }
        let mut octets = Vec::with_capacity(nals.iter().map(|nal| nal.len() + 4).sum());
        if begins {
            for (kind, set) in &self.sets {
                if !brings(*kind) {
                    append(&mut octets, set);
                }
            }
        }
        for nal in nals {
            append(&mut octets, nal);
        }
        let complete = self
            .kinds()
            .iter()
            .all(|kind| self.sets.iter().any(|(had, _)| had == kind));
        let key = begins && complete;
        Some(Unit {
            decode,
            show,
            codec,
            octets,
            key,
            size_px: key.then(|| self.size()).flatten(),
        })
    }

    const fn kinds(&self) -> &'static [Parameters] {
        match self.codec {
            Codec::H264 => &[Parameters::Sequence, Parameters::Picture],
            Codec::H265 => &[Parameters::Video, Parameters::Sequence, Parameters::Picture],
        }
    }

    /// How large pictures are, where that has not been told yet.
    fn size(&mut self) -> Option<(u32, u32)> {
        let sequence = self
            .sets
            .iter()
            .find(|(kind, _)| *kind == Parameters::Sequence);
        let (_, nal) = sequence.filter(|(_, nal)| *nal != self.told)?;
        let said = match self.codec {
            Codec::H264 => of_h264(nal),
            Codec::H265 => of_h265(nal),
        };
        self.told = nal.clone();
        said.map(|said| (said.width, said.height))
    }
}

fn append(octets: &mut Vec<u8>, nal: &[u8]) {
    // A unit is bounded by `UNIT_MAX`, so four octets hold its length.
    let len = u32::try_from(nal.len()).unwrap_or(u32::MAX);
    octets.extend_from_slice(&len.to_be_bytes());
    octets.extend_from_slice(nal);
}

/// Whether a unit is of a picture (ITU-T H.264 table 7-1, H.265 table 7-1).
fn is_picture(codec: Codec, nal: &[u8]) -> bool {
    match (codec, nal) {
        (Codec::H264, [head, ..]) => (1..=5).contains(&(head & 0x1f)),
        (Codec::H265, [head, _, ..]) => head >> 1 & 0x3f < 32,
        _ => false,
    }
}

/// Whether decoding can begin at a picture, as [`Codec::cut`] has it.
fn begins(codec: Codec, nal: &[u8]) -> bool {
    match (codec, nal) {
        (Codec::H264, [head, ..]) => head & 0x1f == 5,
        (Codec::H265, [head, _, ..]) => (16..=21).contains(&(head >> 1 & 0x3f)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPS: &[u8] = &[0x67, 1];
    const PPS: &[u8] = &[0x68, 2];

    fn joined(nals: &[&[u8]]) -> Vec<u8> {
        let mut octets = Vec::new();
        for nal in nals {
            append(&mut octets, nal);
        }
        octets
    }

    #[test]
    fn sets_stand_before_each_picture_that_begins() {
        let mut sets = Sets::new(Codec::H264);
        let idr: &[u8] = &[0x65, 9];
        assert!(sets.unit(&[SPS, PPS], 0, 0).is_none(), "no picture");
        let first = sets.unit(&[SPS, PPS, idr], 0, 0).expect("a picture");
        assert_eq!((first.octets, first.key), (joined(&[SPS, PPS, idr]), true));
        let other = sets.unit(&[&[0x41, 3]], 1, 1).expect("a picture");
        assert_eq!((other.octets, other.key), (joined(&[&[0x41, 3]]), false));
        let bare = sets.unit(&[idr], 2, 2).expect("a picture");
        assert_eq!((bare.octets, bare.key), (joined(&[SPS, PPS, idr]), true));
        // Another sequence replaces all that was said before.
        let anew: &[u8] = &[0x67, 7];
        sets.unit(&[anew, PPS, idr], 3, 3).expect("a picture");
        let bare = sets.unit(&[idr], 4, 4).expect("a picture");
        assert_eq!(bare.octets, joined(&[anew, PPS, idr]));
    }

    #[test]
    fn a_stream_without_sets_has_nothing_to_begin_with() {
        let mut sets = Sets::new(Codec::H265);
        let idr: &[u8] = &[19 << 1, 1, 9];
        assert!(!sets.unit(&[idr], 0, 0).expect("a picture").key);
        for kind in [32, 33, 34] {
            sets.learn(&[kind << 1, 1, kind]);
        }
        assert!(sets.unit(&[idr], 0, 0).expect("a picture").key);
        for kind in 0..100 {
            sets.learn(&[34 << 1, 1, kind]);
        }
        assert_eq!(sets.sets.len(), SETS_MAX);
    }
}
