//! How pictures of the past become a film.
//!
//! The film holds the pictures as the camera has sent them; nothing is decoded. It is an MP4
//! whose table stands before its pictures, and each part of it can be made by itself, so that
//! nobody has to hold all of it: what a player asks for is made of the frames at that
//! moment.
//!
//! A picture stays until the next one, however long that takes. So the film is as long as
//! what it shows, and where nothing came it stands still.
//!
//! Assumption: pictures are shown in the order in which they come, as everywhere in this
//! room. Cameras with pictures that refer to later ones fail here as they do live.

mod boxes;

use std::io;
use std::sync::Arc;

use base::now::Wall;

use crate::frame::{Codec, Frame, TICKS_PER_SECOND};
use crate::parameters::{Sequence, of_h264, of_h265};
use crate::payload::{Nals, Parameters};
use crate::trail::Stretch;

/// How long the last picture stays if there is no other to go by: 1/25 s.
const STEP: u32 = 3_600;

/// A film that is behind the arrival of its pictures by more, in ticks, catches up at the
/// next key frame: else a camera whose stamps are slow would make time vanish. Half a second.
const APART: u64 = TICKS_PER_SECOND / 2;

/// Why there is no film.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MovieError {
    /// There is no picture.
    #[error("there is no picture to make a film of")]
    Empty,
    /// The camera has changed from one way of coding to another.
    #[error("the camera has changed its codec in between; no film holds both")]
    Codecs,
    /// What the camera says of its pictures cannot be read.
    #[error("the camera does not say how large its pictures are")]
    Size,
}

/// A film, of which each part can be made.
#[derive(Debug)]
pub struct Movie {
    head: Vec<u8>,
    table: Table,
    frames: Vec<Arc<Frame>>,
    /// Where each picture begins behind the head, and where the last one ends.
    starts: Vec<u64>,
    /// Which entry each picture is decoded by.
    entries: Vec<usize>,
    /// When each is shown, in ticks from the first.
    times: Vec<u64>,
}

/// What the head of a film says.
#[derive(Debug)]
struct Table {
    codec: Codec,
    size_px: (u32, u32),
    began: Wall,
    entries: Vec<Entry>,
    chunks: Vec<Chunk>,
    /// How long each picture stays, in ticks.
    steps: Vec<u32>,
    /// Octets of each picture.
    sizes: Vec<u32>,
}

/// How some pictures are decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    sets: Vec<(Parameters, Vec<u8>)>,
    sequence: Sequence,
}

/// Pictures that follow on each other, from a key frame to before the next.
#[derive(Debug, Clone, Copy)]
struct Chunk {
    samples: u32,
    entry: u32,
    /// Where it begins, behind the head.
    at: u64,
}

impl Entry {
    /// By what a key frame brings.
    fn of_key(codec: Codec, unit: &[u8]) -> Option<Self> {
        let mut sets: Vec<(Parameters, Vec<u8>)> = Vec::new();
        for nal in Nals::new(unit).flatten() {
            if let Some(kind) = codec.parameters(nal)
                && !sets.iter().any(|(_, had)| had == nal)
            {
                sets.push((kind, nal.to_vec()));
            }
        }
        let first = sets.iter().find(|(kind, _)| *kind == Parameters::Sequence);
        let (_, nal) = first?;
        let sequence = match codec {
            Codec::H264 => of_h264(nal)?,
            Codec::H265 => of_h265(nal)?,
        };
        Some(Self { sets, sequence })
    }

    fn of(&self, kind: Parameters) -> Vec<&[u8]> {
        let sets = self.sets.iter().filter(|(of, _)| *of == kind);
        sets.map(|(_, nal)| nal.as_slice()).collect()
    }

    fn holds(&self, nal: &[u8]) -> bool {
        self.sets.iter().any(|(_, had)| had == nal)
    }
}

impl Movie {
    /// The film of a stretch.
    ///
    /// # Errors
    /// If there is nothing to show, or no film can hold it.
    pub fn of(stretch: &Stretch) -> Result<Self, MovieError> {
        let frames = stretch.frames().to_vec();
        let first = frames.first().ok_or(MovieError::Empty)?;
        let codec = first.codec;
        if frames.iter().any(|frame| frame.codec != codec) {
            return Err(MovieError::Codecs);
        }
        let times = times(&frames);
        let mut steps: Vec<_> = times
            .windows(2)
            .map(|pair| u32::try_from(pair[1] - pair[0]).unwrap_or(u32::MAX))
            .collect();
        // The shortest there is: how long the last one would have stayed nobody knows.
        steps.push(steps.iter().copied().min().unwrap_or(STEP));

        let mut table = Table {
            codec,
            size_px: (0, 0),
            began: first.arrived.wall,
            entries: Vec::new(),
            chunks: Vec::new(),
            steps,
            sizes: Vec::new(),
        };
        let (mut starts, mut entries, mut at) = (vec![0], Vec::new(), 0);
        let mut current = 0;
        for frame in &frames {
            let unit = frame.unit();
            if frame.key {
                let entry = Entry::of_key(codec, &unit).ok_or(MovieError::Size)?;
                let known = table.entries.iter().position(|had| *had == entry);
                current = known.unwrap_or(table.entries.len());
                if known.is_none() {
                    table.entries.push(entry);
                }
                table.chunks.push(Chunk {
                    samples: 0,
                    entry: u32::try_from(current).unwrap_or(u32::MAX),
                    at,
                });
            }
            // A stretch begins with a key frame.
            let entry = table.entries.get(current).ok_or(MovieError::Size)?;
            let size = sample(&unit, entry).len();
            if let Some(chunk) = table.chunks.last_mut() {
                chunk.samples += 1;
            }
            at += u64::try_from(size).unwrap_or(u64::MAX);
            starts.push(at);
            entries.push(current);
            table.sizes.push(u32::try_from(size).unwrap_or(u32::MAX));
        }
        let sequences = table.entries.iter().map(|entry| entry.sequence);
        // A frame around all sizes, should the camera have changed its own.
        table.size_px = sequences.fold((0, 0), |size, it| {
            (size.0.max(it.width), size.1.max(it.height))
        });
        Ok(Self {
            head: boxes::head(&table, at),
            table,
            frames,
            starts,
            entries,
            times,
        })
    }

    /// Its octets, head included.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.before() + self.starts.last().copied().unwrap_or(0)
    }

    /// How it is coded.
    #[must_use]
    pub const fn codec(&self) -> Codec {
        self.table.codec
    }

    /// Width and height in pixels.
    #[must_use]
    pub const fn size_px(&self) -> (u32, u32) {
        self.table.size_px
    }

    /// How long it is, in thousandths of a second.
    #[must_use]
    pub fn length_ms(&self) -> u64 {
        let last = self.table.steps.last().copied().unwrap_or(0);
        ms(self.times.last().copied().unwrap_or(0) + u64::from(last))
    }

    /// When a picture is shown, in thousandths of a second; of none that there is, the end.
    #[must_use]
    pub fn at_ms(&self, picture: usize) -> u64 {
        self.times
            .get(picture)
            .map_or_else(|| self.length_ms(), |ticks| ms(*ticks))
    }

    /// The octets from one place to before another.
    #[must_use]
    pub fn read(&self, from: u64, to: u64) -> Vec<u8> {
        let mut octets = Vec::new();
        // Writing to memory cannot fail.
        let _ = self.write_part(from, to, &mut octets);
        octets
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// If that cannot be written to.
    pub fn write(&self, to: &mut impl io::Write) -> io::Result<()> {
        self.write_part(0, self.size(), to)
    }

    fn write_part(&self, from: u64, to: u64, out: &mut impl io::Write) -> io::Result<()> {
        out.write_all(part(&self.head, 0, from, to))?;
        let before = self.before();
        // The picture in which the part begins, and those after it.
        let begun = self.starts.partition_point(|start| before + start <= from);
        for at in begun.saturating_sub(1)..self.frames.len() {
            let start = before + self.starts[at];
            if start >= to {
                break;
            }
            let entry = &self.table.entries[self.entries[at]];
            let octets = sample(&self.frames[at].unit(), entry);
            out.write_all(part(&octets, start, from, to))?;
        }
        Ok(())
    }

    fn before(&self) -> u64 {
        u64::try_from(self.head.len()).unwrap_or(u64::MAX)
    }
}

/// When each picture is shown, in ticks from the first: as the camera has spaced them, as long
/// as that does not part from their arrival by more than [`APART`].
fn times(frames: &[Arc<Frame>]) -> Vec<u64> {
    let Some(first) = frames.first() else {
        return Vec::new();
    };
    let (mut times, mut ahead, mut least) = (Vec::new(), 0_u64, 0);
    for frame in frames {
        let spaced = frame.time.ticks().saturating_sub(first.time.ticks());
        if frame.key {
            let arrived = frame.arrived.mono.since(first.arrived.mono);
            let arrived = u64::try_from(arrived.as_micros()).unwrap_or(u64::MAX);
            let arrived = arrived.saturating_mul(TICKS_PER_SECOND) / 1_000_000;
            if arrived.saturating_sub(spaced + ahead) > APART {
                ahead = arrived - spaced;
            }
        }
        let time = least.max(spaced + ahead);
        times.push(time);
        least = time + 1;
    }
    times
}

/// A picture as it stands in a film: without the sets that its entry has.
fn sample(unit: &[u8], entry: &Entry) -> Vec<u8> {
    let mut sample = Vec::with_capacity(unit.len());
    for nal in Nals::new(unit).flatten() {
        if !entry.holds(nal) {
            let len = u32::try_from(nal.len()).unwrap_or(u32::MAX);
            sample.extend_from_slice(&len.to_be_bytes());
            sample.extend_from_slice(nal);
        }
    }
    sample
}

/// What of some octets that begin at `at` lies from one place to before another.
fn part(octets: &[u8], at: u64, from: u64, to: u64) -> &[u8] {
    let place = |place: u64| {
        let behind = usize::try_from(place.saturating_sub(at)).unwrap_or(usize::MAX);
        behind.min(octets.len())
    };
    octets.get(place(from)..place(to)).unwrap_or_default()
}

fn ms(ticks: u64) -> u64 {
    ticks * 1_000 / TICKS_PER_SECOND
}

#[cfg(test)]
mod tests;
