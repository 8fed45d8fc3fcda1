//! Pictures out of a fragmented MP4 (ISO/IEC 14496-12, -15).
//!
//! What stands before all pieces says how pictures are coded and how time is counted. A
//! piece has fragments: a table, and behind it what the table is of. Octets come in as they
//! arrive, and a picture goes out when its last octet has come, so that nobody waits for
//! the end of a piece. What is held is bounded by a table and one picture.

use super::{Sets, Unfit, Unit};
use crate::frame::{Codec, TICKS_PER_SECOND};
use crate::payload::UNIT_MAX;

/// Octets of a table, at most: that of ten minutes of 60 pictures a second.
const TABLE_MAX: usize = 1024 * 1024;

/// Pictures of one fragment, at most.
const SAMPLES_MAX: usize = 36_000;

/// How pictures are coded and counted.
#[derive(Debug, Clone)]
pub struct Head {
    track: u32,
    /// Ticks in a second.
    rate: u32,
    /// Octets of a length before a unit.
    prefix: usize,
    sets: Sets,
    /// What a fragment does not say.
    span: u32,
    size: u32,
}

/// Takes pictures out of pieces.
#[derive(Debug)]
pub struct Demux {
    head: Head,
    rest: Vec<u8>,
    /// Where in the piece `rest` begins.
    at: u64,
    /// Where the fragment's table begins.
    table_at: u64,
    /// Pictures of the fragment that are still to come, by where they are.
    samples: std::collections::VecDeque<Sample>,
    /// Octets that are passed over: of a box that says nothing of pictures.
    skip: u64,
    /// Where the pictures' box ends, while it is being read.
    inside: Option<u64>,
    /// When the next fragment begins that does not say so.
    next: i64,
    any: bool,
}

#[derive(Debug, Clone, Copy)]
struct Sample {
    from: u64,
    len: u64,
    decode: i64,
    show: i64,
}

/// A box: its kind, its body, and what follows.
type Parted<'a> = ([u8; 4], &'a [u8], &'a [u8]);

/// The first box of several; none: there is no more.
fn first(octets: &[u8]) -> Option<Result<Parted<'_>, Unfit>> {
    if octets.is_empty() {
        return None;
    }
    let parted = || {
        let (head, len, kind) = header(octets)?;
        let len = usize::try_from(len).ok()?;
        let len = if len == 0 { octets.len() } else { len };
        let body = octets.get(head..len)?;
        Some((kind, body, &octets[len..]))
    };
    Some(parted().ok_or(Unfit::Box(*b"????")))
}

/// Octets of a box's head and of all of it, and its kind; none: more has to come.
fn header(octets: &[u8]) -> Option<(usize, u64, [u8; 4])> {
    let len = u32::from_be_bytes(*octets.first_chunk()?);
    let kind = *octets.get(4..)?.first_chunk()?;
    if len == 1 {
        let len = u64::from_be_bytes(*octets.get(8..)?.first_chunk()?);
        return Some((16, len.max(16), kind));
    }
    let len = if len == 0 { 0 } else { len.max(8) };
    Some((8, u64::from(len), kind))
}

/// The first box of that kind.
fn child<'a>(octets: &'a [u8], wanted: &[u8; 4]) -> Result<Option<&'a [u8]>, Unfit> {
    let mut rest = octets;
    while let Some(parted) = first(rest) {
        let (kind, body, tail) = parted?;
        if kind == *wanted {
            return Ok(Some(body));
        }
        rest = tail;
    }
    Ok(None)
}

fn must<'a>(octets: &'a [u8], wanted: &[u8; 4]) -> Result<&'a [u8], Unfit> {
    child(octets, wanted)?.ok_or(Unfit::Box(*wanted))
}

fn u32_at(octets: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*octets.get(at..)?.first_chunk()?))
}

fn u64_at(octets: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(*octets.get(at..)?.first_chunk()?))
}

impl Head {
    /// Reads what stands before all pieces.
    ///
    /// # Errors
    /// If it cannot be read, or has no pictures that viewers can be given.
    pub fn read(octets: &[u8]) -> Result<Self, Unfit> {
        let Some(Ok((kind, ..))) = first(octets) else {
            return Err(Unfit::Content);
        };
        if !matches!(&kind, b"ftyp" | b"moov" | b"styp" | b"free") {
            return Err(Unfit::Content);
        }
        let movie = must(octets, b"moov")?;
        let mut rest = movie;
        let mut found = None;
        while let Some(parted) = first(rest) {
            let (kind, body, tail) = parted?;
            if &kind == b"trak" && found.is_none() {
                found = Self::track(body)?;
            }
            rest = tail;
        }
        let mut head = found.ok_or(Unfit::Codec("not there"))?;
        if let Some(extends) = child(movie, b"mvex")? {
            let mut rest = extends;
            while let Some(parted) = first(rest) {
                let (kind, body, tail) = parted?;
                if &kind == b"trex" && u32_at(body, 4) == Some(head.track) {
                    head.span = u32_at(body, 12).ok_or(Unfit::Box(kind))?;
                    head.size = u32_at(body, 16).ok_or(Unfit::Box(kind))?;
                }
                rest = tail;
            }
        }
        Ok(head)
    }

    /// A track; none where it is not of pictures.
    fn track(body: &[u8]) -> Result<Option<Self>, Unfit> {
        let media = must(body, b"mdia")?;
        if must(media, b"hdlr")?.get(8..12) != Some(b"vide") {
            return Ok(None);
        }
        // The second version has longer times before it (§8.3.2, §8.4.2).
        let behind = |octets: &[u8]| if octets.first() == Some(&1) { 20 } else { 12 };
        let header = must(body, b"tkhd")?;
        let track = u32_at(header, behind(header)).ok_or(Unfit::Box(*b"tkhd"))?;
        let header = must(media, b"mdhd")?;
        let rate = u32_at(header, behind(header)).filter(|rate| *rate > 0);
        let rate = rate.ok_or(Unfit::Box(*b"mdhd"))?;
        let table = must(must(media, b"minf")?, b"stbl")?;
        let entries = must(table, b"stsd")?;
        let entry = first(entries.get(8..).unwrap_or_default());
        let (kind, entry, _) = entry.ok_or(Unfit::Box(*b"stsd"))??;
        let inside = entry.get(78..).ok_or(Unfit::Box(kind))?;
        let (sets, prefix) = match &kind {
            b"avc1" | b"avc3" => avc(must(inside, b"avcC")?).ok_or(Unfit::Box(*b"avcC"))?,
            b"hvc1" | b"hev1" => hevc(must(inside, b"hvcC")?).ok_or(Unfit::Box(*b"hvcC"))?,
            b"encv" => return Err(Unfit::Encrypted),
            b"av01" => return Err(Unfit::Codec("av1")),
            b"mp4v" => return Err(Unfit::Codec("mpeg4")),
            b"vp09" => return Err(Unfit::Codec("vp9")),
            _ => return Err(Unfit::Codec("of no known kind")),
        };
        Ok(Some(Self {
            track,
            rate,
            prefix,
            sets,
            span: 0,
            size: 0,
        }))
    }

    /// How pictures are coded.
    #[must_use]
    pub const fn codec(&self) -> Codec {
        self.sets.codec
    }

    fn ticks(&self, ticks: i64) -> i64 {
        let ticks = i128::from(ticks) * i128::from(TICKS_PER_SECOND) / i128::from(self.rate);
        i64::try_from(ticks).unwrap_or(i64::MAX)
    }
}

/// ISO/IEC 14496-15 §5.3.3.1: the sets, and the octets of a length.
fn avc(body: &[u8]) -> Option<(Sets, usize)> {
    let mut sets = Sets::new(Codec::H264);
    let prefix = usize::from(body.get(4)? & 3) + 1;
    let mut rest = body.get(5..)?;
    for mask in [0x1f, 0xff] {
        let (count, tail) = rest.split_first()?;
        rest = tail;
        for _ in 0..count & mask {
            rest = set(rest, &mut sets)?;
        }
    }
    Some((sets, prefix))
}

/// ISO/IEC 14496-15 §8.3.3.1.
fn hevc(body: &[u8]) -> Option<(Sets, usize)> {
    let mut sets = Sets::new(Codec::H265);
    let prefix = usize::from(body.get(21)? & 3) + 1;
    let (arrays, mut rest) = body.get(22..)?.split_first()?;
    for _ in 0..*arrays {
        let count = u16::from_be_bytes(*rest.get(1..)?.first_chunk()?);
        rest = rest.get(3..)?;
        for _ in 0..count {
            rest = set(rest, &mut sets)?;
        }
    }
    Some((sets, prefix))
}

fn set<'a>(octets: &'a [u8], sets: &mut Sets) -> Option<&'a [u8]> {
    let (len, rest) = octets.split_first_chunk()?;
    let (nal, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
    sets.learn(nal);
    Some(rest)
}

impl Demux {
    /// Of pieces behind that head.
    #[must_use]
    pub const fn new(head: Head) -> Self {
        Self {
            head,
            rest: Vec::new(),
            at: 0,
            table_at: 0,
            samples: std::collections::VecDeque::new(),
            skip: 0,
            inside: None,
            next: 0,
            any: false,
        }
    }

    /// How pictures are coded.
    #[must_use]
    pub const fn codec(&self) -> Codec {
        self.head.codec()
    }

    /// Takes what has come and puts out the pictures that are whole.
    ///
    /// # Errors
    /// If it is no fragmented MP4, or a table says what cannot be.
    pub fn push(&mut self, octets: &[u8], out: &mut Vec<Unit>) -> Result<(), Unfit> {
        let mut octets = octets;
        loop {
            let passed = usize::try_from(self.skip)
                .unwrap_or(usize::MAX)
                .min(octets.len());
            self.skip -= passed as u64;
            self.at += passed as u64;
            octets = &octets[passed..];
            if self.skip > 0 {
                return Ok(());
            }
            self.rest.extend_from_slice(octets);
            octets = &[];
            let went_on = match self.inside {
                Some(end) => self.pictures(end, out)?,
                None => self.next_box()?,
            };
            if !went_on && self.skip == 0 {
                return Ok(());
            }
        }
    }

    /// A piece has ended.
    ///
    /// # Errors
    /// If nothing in it was a fragment.
    pub fn end(&mut self) -> Result<(), Unfit> {
        let any = std::mem::take(&mut self.any);
        self.rest.clear();
        self.samples.clear();
        (self.at, self.skip, self.inside) = (0, 0, None);
        if any { Ok(()) } else { Err(Unfit::Content) }
    }

    /// Forgets so many octets, of those that have come and of those that will.
    fn pass(&mut self, len: u64) {
        let here = usize::try_from(len)
            .unwrap_or(usize::MAX)
            .min(self.rest.len());
        self.rest.drain(..here);
        self.at += here as u64;
        self.skip = len - here as u64;
    }

    fn next_box(&mut self) -> Result<bool, Unfit> {
        let Some((head, len, kind)) = header(&self.rest) else {
            return Ok(false);
        };
        if !self.any && !kind.iter().all(|octet| octet.is_ascii_alphanumeric()) {
            return Err(Unfit::Content);
        }
        match &kind {
            b"moof" => {
                if len == 0 || len > TABLE_MAX as u64 {
                    return Err(Unfit::Box(kind));
                }
                let len = usize::try_from(len).unwrap_or(usize::MAX);
                let Some(table) = self.rest.get(head..len).map(<[u8]>::to_vec) else {
                    return Ok(false);
                };
                self.table_at = self.at;
                let samples = self.table(&table)?;
                self.samples = samples.into();
                self.any = true;
                self.pass(len as u64);
            }
            b"mdat" => {
                // One without a length goes on to the end of the piece (§4.2).
                let end = if len == 0 {
                    u64::MAX
                } else {
                    self.at.saturating_add(len)
                };
                self.inside = Some(end);
                self.pass(head as u64);
            }
            _ if len == 0 => self.pass(u64::MAX - self.at),
            _ => self.pass(len),
        }
        Ok(true)
    }

    /// Puts out the pictures that are whole; whether anything is left to be done.
    fn pictures(&mut self, end: u64, out: &mut Vec<Unit>) -> Result<bool, Unfit> {
        while let Some(sample) = self.samples.front().copied() {
            let until = sample.from.saturating_add(sample.len);
            if until > end {
                break;
            }
            // One that is behind: its octets are gone.
            let Some(skip) = sample.from.checked_sub(self.at) else {
                return Err(Unfit::Box(*b"trun"));
            };
            if sample.len > UNIT_MAX as u64 {
                return Err(Unfit::TooLarge);
            }
            if skip > 0 {
                self.pass(skip);
                if self.skip > 0 {
                    return Ok(true);
                }
            }
            let len = usize::try_from(sample.len).unwrap_or(usize::MAX);
            let Some(octets) = self.rest.get(..len) else {
                return Ok(false);
            };
            if let Some(unit) = picture(&mut self.head, octets, &sample)? {
                out.push(unit);
            }
            self.samples.pop_front();
            self.rest.drain(..len);
            self.at += sample.len;
        }
        self.inside = None;
        self.pass(end.saturating_sub(self.at));
        Ok(true)
    }

    /// The pictures of a fragment (§8.8.4 to 8.8.8, 8.8.12).
    fn table(&mut self, body: &[u8]) -> Result<Vec<Sample>, Unfit> {
        let mut samples = Vec::new();
        let mut rest = body;
        while let Some(parted) = first(rest) {
            let (kind, body, tail) = parted?;
            if &kind == b"traf" {
                self.track(body, &mut samples)?;
            }
            rest = tail;
        }
        samples.sort_by_key(|sample| sample.from);
        Ok(samples)
    }

    fn track(&mut self, body: &[u8], samples: &mut Vec<Sample>) -> Result<(), Unfit> {
        let about = must(body, b"tfhd")?;
        let wrong = || Unfit::Box(*b"tfhd");
        let flags = u32_at(about, 0).ok_or_else(wrong)?;
        if u32_at(about, 4) != Some(self.head.track) {
            return Ok(());
        }
        let mut at = 8;
        let mut base = self.table_at;
        if flags & 1 != 0 {
            base = u64_at(about, at).ok_or_else(wrong)?;
            at += 8;
        }
        at += if flags & 2 != 0 { 4 } else { 0 };
        let mut own = |bit: u32, or: u32| {
            if flags & bit == 0 {
                return Some(or);
            }
            at += 4;
            u32_at(about, at - 4)
        };
        let span = own(8, self.head.span).ok_or_else(wrong)?;
        let size = own(0x10, self.head.size).ok_or_else(wrong)?;
        if let Some(told) = child(body, b"tfdt")? {
            let told = match told.first() {
                Some(1) => u64_at(told, 4),
                _ => u32_at(told, 4).map(u64::from),
            };
            let told = told.and_then(|told| i64::try_from(told).ok());
            self.next = told.ok_or(Unfit::Box(*b"tfdt"))?;
        }
        let mut from = base;
        let mut rest = body;
        while let Some(parted) = first(rest) {
            let (kind, run, tail) = parted?;
            if &kind == b"trun" {
                from = self
                    .run(run, (base, from), (span, size), samples)
                    .ok_or(Unfit::Box(kind))?;
            }
            rest = tail;
        }
        Ok(())
    }

    /// One run of pictures; where it ends.
    fn run(
        &mut self,
        run: &[u8],
        (base, mut from): (u64, u64),
        (span, size): (u32, u32),
        samples: &mut Vec<Sample>,
    ) -> Option<u64> {
        let flags = u32_at(run, 0)?;
        let count = usize::try_from(u32_at(run, 4)?).ok()?;
        let mut at = 8;
        let mut own = |bit: u32| {
            let told = (flags & bit != 0).then(|| u32_at(run, at));
            at += if told.is_some() { 4 } else { 0 };
            told
        };
        if let Some(told) = own(1) {
            let told = i64::from(told?.cast_signed());
            from = base.checked_add_signed(told)?;
        }
        if let Some(told) = own(4) {
            told?;
        }
        if samples.len().checked_add(count)? > SAMPLES_MAX {
            return None;
        }
        for _ in 0..count {
            let span = own(0x100).map_or(Some(span), |told| told)?;
            let size = own(0x200).map_or(Some(size), |told| told)?;
            if let Some(told) = own(0x400) {
                told?;
            }
            // The first version has them without a sign, and who writes one means one.
            let later = own(0x800).map_or(Some(0), |told| told)?.cast_signed();
            let (decode, show) = (self.next, self.next.checked_add(i64::from(later))?);
            samples.push(Sample {
                from,
                len: u64::from(size),
                decode: self.head.ticks(decode),
                show: self.head.ticks(show),
            });
            self.next = self.next.checked_add(i64::from(span))?;
            from = from.checked_add(u64::from(size))?;
        }
        Some(from)
    }
}

/// The access unit of a sample: units behind lengths of its own kind.
fn picture(head: &mut Head, octets: &[u8], sample: &Sample) -> Result<Option<Unit>, Unfit> {
    let mut nals = Vec::new();
    let mut rest = octets;
    while !rest.is_empty() {
        let parted = rest
            .split_at_checked(head.prefix)
            .and_then(|(prefix, tail)| {
                let len = prefix
                    .iter()
                    .fold(0, |len, octet| len << 8 | usize::from(*octet));
                tail.split_at_checked(len)
            });
        let (nal, tail) = parted.ok_or(Unfit::Box(*b"mdat"))?;
        if !nal.is_empty() {
            nals.push(nal);
        }
        rest = tail;
    }
    Ok(head.sets.unit(&nals, sample.decode, sample.show))
}

#[cfg(test)]
mod tests;
