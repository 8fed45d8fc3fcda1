//! A long CSV, record by record.
//!
//! What is held is a block of octets as they come, and one record. Rows have the
//! numbers that the short path gives them: records and blank lines are counted, and
//! of a record that spans several lines only the first.

use std::io::{self, Read};

use csv::StringRecord;
use encoding_rs::Decoder;

use super::shape::Encoding;
use super::{HEAD_LINES, Halt};
use crate::intake::Contract;
use crate::intake::grid::{self, COLUMNS_MAX, Cell, Grid, Line, Unreadable};
use crate::intake::text::{self, DELIMITERS};

/// Octets that are read at once.
const BLOCK: usize = 64 << 10;

/// Octets of a record at most. One that is longer has lost a quotation mark.
const RECORD_MAX: usize = 1 << 20;

/// Octets from which the delimiter is told, and what the columns are.
const HEAD_OCTETS: usize = 4 << 20;

/// What may stand before a text.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// The beginning of a file, by the delimiter that makes the best table of it.
pub(super) fn head(read: impl Read, encoding: Encoding, contract: &Contract) -> Result<Grid, Halt> {
    let mut octets = Vec::new();
    let most = u64::try_from(HEAD_OCTETS).unwrap_or(u64::MAX);
    read.take(most)
        .read_to_end(&mut octets)
        .map_err(Halt::Source)?;
    let mut best: Option<((usize, usize), u8, Beginning)> = None;
    for delimiter in DELIMITERS {
        let lines = Lines::new(octets.as_slice(), encoding).map_err(Halt::Source)?;
        if lines.hint.is_some_and(|hint| hint != delimiter) {
            continue;
        }
        let beginning = Beginning::of(Records::new(lines, delimiter), octets.len())?;
        let known = grid::recognised(&beginning.lines, contract);
        let rank = (known, text::regular(&beginning.lines));
        if best.as_ref().is_none_or(|(best, ..)| rank > *best) {
            best = Some((rank, delimiter, beginning));
        }
    }
    let (_, delimiter, beginning) = best.ok_or(Halt::Unreadable(Unreadable::Empty))?;
    // What stands in the way of another reading is no matter.
    if let Some(why) = beginning.halted {
        return Err(Halt::Unreadable(why));
    }
    grid::bounded(&beginning.lines, contract)?;
    Ok(Grid {
        format: "csv",
        encoding: Some(encoding.name()),
        delimiter: Some(char::from(delimiter)),
        sheet: None,
        sheets: Vec::new(),
        lines: beginning.lines,
    })
}

/// The first rows of one reading, and what stood in the way of more.
struct Beginning {
    lines: Vec<Line>,
    halted: Option<Unreadable>,
}

impl Beginning {
    fn of(mut records: Records<&[u8]>, octets: usize) -> Result<Self, Halt> {
        let cut = octets == HEAD_OCTETS;
        let mut lines = Vec::new();
        let mut halted = None;
        while lines.len() < HEAD_LINES {
            let next = records.next();
            // What the end of the head has cut is read when its rest is there.
            if cut && records.is_at_end() {
                break;
            }
            match next {
                Ok(Some(line)) => lines.push(line),
                Ok(None) => break,
                Err(Halt::Unreadable(why)) => {
                    halted = Some(why);
                    break;
                }
                Err(source @ Halt::Source(_)) => return Err(source),
            }
        }
        Ok(Self { lines, halted })
    }
}

/// The rows of a text that hold something.
pub(super) struct Records<R> {
    reader: csv::Reader<Lines<R>>,
    record: StringRecord,
    /// Ends of lines within cells so far: a spreadsheet counts records.
    within: u64,
}

impl<R: Read> Records<R> {
    /// All of a text.
    pub(super) fn of(source: R, encoding: Encoding, delimiter: u8) -> Result<Self, Halt> {
        let lines = Lines::new(source, encoding).map_err(Halt::Source)?;
        Ok(Self::new(lines, delimiter))
    }

    fn new(lines: Lines<R>, delimiter: u8) -> Self {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(lines);
        Self {
            reader,
            record: StringRecord::new(),
            within: 0,
        }
    }

    /// The next row. It has one cell more than there may be where it has too many.
    pub(super) fn next(&mut self) -> Result<Option<Line>, Halt> {
        loop {
            self.reader.get_mut().begin();
            match self.reader.read_record(&mut self.record) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(error) => return Err(self.halted(error)),
            }
            let number = self.number();
            let signs = self.record.as_slice().bytes();
            let breaks = signs.filter(|octet| *octet == b'\n').count();
            self.within += u64::try_from(breaks).unwrap_or(0);
            let width = text::filled(&self.record).min(COLUMNS_MAX + 1);
            if width > 0 {
                let cells = self.record.iter().take(width).map(Cell::text).collect();
                return Ok(Some(Line { number, cells }));
            }
        }
    }

    /// The number that a spreadsheet shows beside the record that was begun last.
    fn number(&self) -> u32 {
        let row = self.reader.get_ref().first.saturating_sub(self.within);
        u32::try_from(row).unwrap_or(u32::MAX)
    }

    /// Whether the record that was read last reaches to the end.
    fn is_at_end(&self) -> bool {
        self.reader.get_ref().closed
    }

    fn halted(&self, error: csv::Error) -> Halt {
        if self.reader.get_ref().is_too_long() {
            let row = self.number();
            let why = format!(
                "row {row} has more than {RECORD_MAX} octets; \
                 look there for a quotation mark that is not closed"
            );
            return Halt::Unreadable(Unreadable::Broken(why.into()));
        }
        match error.into_kind() {
            csv::ErrorKind::Io(error) => Halt::Source(error),
            csv::ErrorKind::Utf8 { .. } => {
                let why = format!("row {} is not {}", self.number(), Encoding::Utf8.name());
                Halt::Unreadable(Unreadable::Broken(why.into()))
            }
            _ => Halt::Unreadable(Unreadable::Broken(
                "its records cannot be told apart".into(),
            )),
        }
    }
}

/// A text as UTF-8, handed out so that a record and the next are never in one piece:
/// at most one line at once, and one sign for its end. So it is known at each moment
/// where a record begins and how long it is.
struct Lines<R> {
    source: R,
    decoder: Option<Decoder>,
    /// Octets before they are decoded.
    raw: Vec<u8>,
    /// What comes next, as UTF-8, and how far it was handed out.
    held: Vec<u8>,
    at: usize,
    /// Nothing comes behind what is held.
    drained: bool,
    /// The end of the last line was handed out.
    closed: bool,
    /// The last sign was a carriage return: a line feed behind it ends no other line.
    returned: bool,
    /// Ends of lines that are handed out once something follows: at the end of a text
    /// there is one, however many stand there.
    waiting: u64,
    /// Ends of lines that are to be handed out now.
    due: u64,
    /// Ends of lines that were handed out.
    ended: u64,
    /// The line in which the record began, from 1.
    first: u64,
    /// Whether anything of the record was handed out, blank lines before it apart.
    begun: bool,
    /// How many octets of it.
    octets: usize,
    /// Nothing was handed out yet.
    fresh: bool,
    /// The delimiter that the first line says.
    hint: Option<u8>,
}

impl<R: Read> Lines<R> {
    fn new(source: R, encoding: Encoding) -> io::Result<Self> {
        let mut lines = Self {
            source,
            decoder: encoding.decoder(),
            raw: Vec::new(),
            held: Vec::new(),
            at: 0,
            drained: false,
            closed: false,
            returned: false,
            waiting: 0,
            due: 0,
            ended: 0,
            first: 1,
            begun: false,
            octets: 0,
            fresh: true,
            hint: None,
        };
        lines.fill()?;
        // The mark of UTF-8, and what is made of that of UTF-16.
        if lines.held.starts_with(MARK) {
            lines.at = MARK.len();
        }
        lines.take_hint();
        Ok(lines)
    }

    /// Takes a first line that only says the delimiter.
    fn take_hint(&mut self) {
        let text = &self.held[self.at..];
        let end = text.iter().position(is_break).unwrap_or(text.len());
        self.hint = text::hinted(&String::from_utf8_lossy(&text[..end]));
        if self.hint.is_some() {
            self.returned = text.get(end) == Some(&b'\r');
            self.at = self.held.len().min(self.at + end + 1);
            self.ended = 1;
        }
    }

    /// From here on it is another record.
    const fn begin(&mut self) {
        self.begun = false;
        self.octets = 0;
    }

    const fn is_too_long(&self) -> bool {
        self.begun && self.octets > RECORD_MAX
    }

    /// Holds what comes next. False where nothing does.
    fn fill(&mut self) -> io::Result<bool> {
        self.held.clear();
        self.at = 0;
        if self.drained {
            return Ok(false);
        }
        let into = match self.decoder {
            Some(_) => &mut self.raw,
            None => &mut self.held,
        };
        into.clear();
        let most = u64::try_from(BLOCK).unwrap_or(u64::MAX);
        (&mut self.source).take(most).read_to_end(into)?;
        self.drained = into.len() < BLOCK;
        if let Some(decoder) = &mut self.decoder {
            // Never more than three octets for each.
            let room = decoder.max_utf8_buffer_length(self.raw.len());
            self.held.resize(room.unwrap_or(4 * BLOCK), 0);
            let (_, _, written, _) =
                decoder.decode_to_utf8(&self.raw, &mut self.held, self.drained);
            self.held.truncate(written);
        }
        Ok(true)
    }

    /// Hands out ends of lines: blank lines together, others one by one.
    fn hand_breaks(&mut self, out: &mut [u8]) -> usize {
        let due = usize::try_from(self.due).unwrap_or(usize::MAX);
        let handed = if self.begun { 1 } else { due.min(out.len()) };
        out[..handed].fill(b'\n');
        self.fresh = false;
        let count = u64::try_from(handed).unwrap_or(self.due);
        self.due -= count;
        self.ended += count;
        if self.begun {
            self.octets += handed;
        }
        handed
    }

    /// Hands out what stands on a line, or a part of it.
    fn hand_text(&mut self, out: &mut [u8]) -> usize {
        let rest = &self.held[self.at..];
        let rest = &rest[..rest.len().min(out.len())];
        let handed = rest.iter().position(is_break).unwrap_or(rest.len());
        out[..handed].copy_from_slice(&rest[..handed]);
        if !self.begun {
            self.begun = true;
            self.first = self.ended + 1;
        }
        self.at += handed;
        self.octets += handed;
        handed
    }
}

fn is_break(octet: &u8) -> bool {
    matches!(octet, b'\n' | b'\r')
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.is_too_long() {
                return Err(io::Error::other("a record is too long"));
            }
            if self.due > 0 {
                return Ok(self.hand_breaks(out));
            }
            let Some(next) = self.held.get(self.at).copied() else {
                if self.fill()? {
                    continue;
                }
                if std::mem::replace(&mut self.closed, true) {
                    return Ok(0);
                }
                self.waiting = 0;
                self.due = 1;
                continue;
            };
            match next {
                b'\r' => {
                    self.returned = true;
                    self.waiting += 1;
                    self.at += 1;
                }
                b'\n' => {
                    if !std::mem::take(&mut self.returned) {
                        self.waiting += 1;
                    }
                    self.at += 1;
                }
                _ => {
                    self.returned = false;
                    if self.waiting > 0 {
                        self.due = std::mem::take(&mut self.waiting);
                        continue;
                    }
                    let handed = self.hand_text(out);
                    // The library takes a mark off the first piece, and then a piece
                    // of nothing else for the end.
                    if std::mem::take(&mut self.fresh) && out[..handed] == *MARK {
                        continue;
                    }
                    return Ok(handed);
                }
            }
        }
    }
}
