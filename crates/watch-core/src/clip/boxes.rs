//! The boxes of a film (ISO/IEC 14496-12, 14496-15), written and never read.
//!
//! One track of pictures, its table before its pictures, so that a player may begin before it
//! has all. Some twenty boxes of which most are constants.

use super::{Entry, Table};
use crate::frame::{Codec, TICKS_PER_SECOND};
use crate::parameters::PROFILES_OF_COLOUR;
use crate::payload::Parameters;

/// Seconds from 1904, in which these files count, to 1970.
const EPOCH_S: u64 = 2_082_844_800;

/// No turning and no stretching, in 16.16 and 2.30 fixed point.
const UPRIGHT: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

/// Undetermined language, three letters of five bits.
const NO_LANGUAGE: u16 = 0x55c4;

/// A picture has no depth but this.
const DEPTH: u16 = 0x18;

/// 72 dots an inch in 16.16 fixed point, as everybody writes.
const DOTS: u32 = 0x48_0000;

/// Octets in the making.
#[derive(Default)]
struct Out(Vec<u8>);

impl Out {
    fn u8(&mut self, value: u8) -> &mut Self {
        self.0.push(value);
        self
    }

    fn u16(&mut self, value: u16) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    fn u32(&mut self, value: u32) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    fn u64(&mut self, value: u64) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    fn u32s(&mut self, values: &[u32]) {
        for value in values {
            self.u32(*value);
        }
    }

    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn zeros(&mut self, count: usize) -> &mut Self {
        self.0.resize(self.0.len() + count, 0);
        self
    }

    /// A box: its length, its name, what is in it.
    fn in_box(&mut self, name: [u8; 4], fill: impl FnOnce(&mut Self)) -> &mut Self {
        let at = self.0.len();
        self.zeros(4).bytes(&name);
        fill(self);
        let len = count(self.0.len() - at);
        if let Some(place) = self.0.get_mut(at..at + 4) {
            place.copy_from_slice(&len.to_be_bytes());
        }
        self
    }

    /// The same with a version and flags.
    fn full(&mut self, name: [u8; 4], version: u8, flags: u32, fill: impl FnOnce(&mut Self)) {
        self.in_box(name, |out| {
            out.u32(u32::from(version) << 24 | flags);
            fill(out);
        });
    }
}

/// Tables have as many rows as there are pictures of a minute.
fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

/// All that stands before the pictures, which take so many octets.
pub(super) fn head(table: &Table, pictures: u64) -> Vec<u8> {
    // Places are counted from the beginning of the file, and how long this is does not depend
    // on them.
    let len = written(table, 0, pictures).len();
    written(table, u64::try_from(len).unwrap_or(u64::MAX), pictures)
}

fn written(table: &Table, offset: u64, pictures: u64) -> Vec<u8> {
    let mut out = Out::default();
    out.in_box(*b"ftyp", |out| {
        out.bytes(b"isom").u32(0x200);
        out.bytes(b"isomiso4mp41");
        out.bytes(match table.codec {
            Codec::H264 => b"avc1",
            Codec::H265 => b"hvc1",
        });
    });
    out.in_box(*b"moov", |out| moov(out, table, offset));
    // The long form of a length, whatever it is: then it is always as long itself.
    out.u32(1).bytes(b"mdat").u64(pictures.saturating_add(16));
    out.0
}

fn moov(out: &mut Out, table: &Table, offset: u64) {
    let length = table.steps.iter().map(|step| u64::from(*step)).sum();
    let made = u64::try_from(table.began.as_us().max(0)).unwrap_or(0) / 1_000_000 + EPOCH_S;
    let scale = u32::try_from(TICKS_PER_SECOND).unwrap_or(u32::MAX);
    let (width, height) = table.size_px;
    out.full(*b"mvhd", 1, 0, |out| {
        out.u64(made).u64(made).u32(scale).u64(length);
        out.u32(0x1_0000).u16(0x100).zeros(10);
        out.u32s(&UPRIGHT);
        out.zeros(24).u32(2);
    });
    out.in_box(*b"trak", |out| {
        // Switched on, in the film and in its preview.
        out.full(*b"tkhd", 1, 7, |out| {
            out.u64(made).u64(made).u32(1).zeros(4).u64(length);
            out.zeros(16);
            out.u32s(&UPRIGHT);
            out.u32(width << 16).u32(height << 16);
        });
        out.in_box(*b"mdia", |out| {
            out.full(*b"mdhd", 1, 0, |out| {
                out.u64(made).u64(made).u32(scale).u64(length);
                out.u16(NO_LANGUAGE).u16(0);
            });
            out.full(*b"hdlr", 0, 0, |out| {
                out.zeros(4).bytes(b"vide").zeros(12).bytes(b"video\0");
            });
            out.in_box(*b"minf", |out| {
                out.full(*b"vmhd", 0, 1, |out| {
                    out.zeros(8);
                });
                out.in_box(*b"dinf", |out| {
                    out.full(*b"dref", 0, 0, |out| {
                        out.u32(1);
                        // Flag 1: in this very file.
                        out.full(*b"url ", 0, 1, |_| {});
                    });
                });
                out.in_box(*b"stbl", |out| stbl(out, table, offset));
            });
        });
    });
}

fn stbl(out: &mut Out, table: &Table, offset: u64) {
    out.full(*b"stsd", 0, 0, |out| {
        out.u32(count(table.entries.len()));
        table.entries.iter().for_each(|it| entry(out, table, it));
    });
    out.full(*b"stts", 0, 0, |out| {
        let runs: Vec<_> = table.steps.chunk_by(|one, next| one == next).collect();
        out.u32(count(runs.len()));
        for run in runs {
            out.u32(count(run.len())).u32(run[0]);
        }
    });
    out.full(*b"stss", 0, 0, |out| {
        out.u32(count(table.chunks.len()));
        let mut key = 1;
        for chunk in &table.chunks {
            out.u32(key);
            key += chunk.samples;
        }
    });
    out.full(*b"stsc", 0, 0, |out| {
        let alike = table
            .chunks
            .chunk_by(|one, next| (one.samples, one.entry) == (next.samples, next.entry));
        let runs: Vec<_> = alike.collect();
        out.u32(count(runs.len()));
        let mut first = 1;
        for run in runs {
            out.u32(first).u32(run[0].samples).u32(run[0].entry + 1);
            first += count(run.len());
        }
    });
    out.full(*b"stsz", 0, 0, |out| {
        out.u32(0).u32(count(table.sizes.len()));
        out.u32s(&table.sizes);
    });
    out.full(*b"co64", 0, 0, |out| {
        out.u32(count(table.chunks.len()));
        for chunk in &table.chunks {
            out.u64(offset.saturating_add(chunk.at));
        }
    });
}

fn entry(out: &mut Out, table: &Table, entry: &Entry) {
    let name = match table.codec {
        Codec::H264 => *b"avc1",
        Codec::H265 => *b"hvc1",
    };
    out.in_box(name, |out| {
        out.zeros(6).u16(1).zeros(16);
        let side = |pixels: u32| u16::try_from(pixels).unwrap_or(u16::MAX);
        out.u16(side(entry.sequence.width))
            .u16(side(entry.sequence.height));
        out.u32(DOTS).u32(DOTS).zeros(4).u16(1).zeros(32);
        out.u16(DEPTH).u16(u16::MAX);
        match table.codec {
            Codec::H264 => out.in_box(*b"avcC", |out| avcc(out, entry)),
            Codec::H265 => out.in_box(*b"hvcC", |out| hvcc(out, entry)),
        };
    });
}

/// How a stream of H.264 is decoded (ISO/IEC 14496-15 §5.3.3.1).
fn avcc(out: &mut Out, entry: &Entry) {
    let sequence = entry.of(Parameters::Sequence);
    let about = sequence.first().and_then(|nal| nal.get(1..4));
    let about = about.unwrap_or(&[66, 0, 30][..]);
    out.u8(1).bytes(about).u8(0xff);
    out.u8(0xe0 | u8::try_from(sequence.len()).unwrap_or(31).min(31));
    sets(out, &sequence);
    let picture = entry.of(Parameters::Picture);
    out.u8(u8::try_from(picture.len()).unwrap_or(u8::MAX));
    sets(out, &picture);
    if PROFILES_OF_COLOUR.contains(&about[0]) {
        out.u8(0xfc | entry.sequence.chroma & 3);
        out.u8(0xf8 | entry.sequence.luma_bits);
        out.u8(0xf8 | entry.sequence.chroma_bits).u8(0);
    }
}

/// How a stream of H.265 is decoded (ISO/IEC 14496-15 §8.3.3.1).
fn hvcc(out: &mut Out, entry: &Entry) {
    let sequence = entry.of(Parameters::Sequence);
    let rbsp = sequence
        .first()
        .map(|nal| crate::parameters::unescaped(nal))
        .unwrap_or_default();
    // Profile, flags and level stand behind the header and one octet.
    let mut about = [0; 12];
    if let Some(said) = rbsp.get(3..15) {
        about.copy_from_slice(said);
    }
    out.u8(1).bytes(&about).u16(0xf000).u8(0xfc);
    out.u8(0xfc | entry.sequence.chroma & 3);
    out.u8(0xf8 | entry.sequence.luma_bits);
    out.u8(0xf8 | entry.sequence.chroma_bits).u16(0);
    let levels = (entry.sequence.levels + 1) << 3;
    out.u8(levels | u8::from(entry.sequence.nested) << 2 | 3);
    let arrays = [
        (32, Parameters::Video),
        (33, Parameters::Sequence),
        (34, Parameters::Picture),
    ];
    out.u8(3);
    for (kind, parameters) in arrays {
        let nals = entry.of(parameters);
        // All of them stand here and none among the pictures.
        out.u8(0x80 | kind);
        out.u16(u16::try_from(nals.len()).unwrap_or(u16::MAX));
        sets(out, &nals);
    }
}

fn sets(out: &mut Out, nals: &[&[u8]]) {
    for nal in nals {
        let len = u16::try_from(nal.len()).unwrap_or(u16::MAX);
        out.u16(len).bytes(&nal[..usize::from(len)]);
    }
}
