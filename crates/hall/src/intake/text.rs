//! A CSV file: which encoding, which delimiter.
//!
//! Office programs write `;` where the comma is the decimal sign, UTF-16 when
//! asked for "Unicode", and Windows-1252 otherwise. None of it stands in the file.

use std::borrow::Cow;

use csv::StringRecord;
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::Contract;
use super::grid::{self, Cell, Grid, Line, Unreadable};

/// What may stand between cells.
pub(super) const DELIMITERS: [u8; 4] = [b';', b',', b'\t', b'|'];

/// So much of a file tells its encoding.
pub(super) const SAMPLE: usize = 4_096;

pub(super) fn read(octets: &[u8], contract: &Contract) -> Result<Grid, Unreadable> {
    let (text, encoding) = decode(octets)?;
    // One sign for the end of a line: rows are counted by it.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    if text.chars().any(is_binary) {
        return Err(NO_TEXT);
    }
    let hint = text.lines().next().and_then(hinted);
    let (body, first) = match hint {
        Some(_) => (text.split_once('\n').map_or("", |(_, rest)| rest), 2),
        None => (text.as_str(), 1),
    };
    let body = &format!("{}\n", body.trim_end_matches('\n'));
    let mut best: Option<((usize, usize), Grid)> = None;
    for delimiter in DELIMITERS {
        if hint.is_some_and(|hint| hint != delimiter) {
            continue;
        }
        let lines = split(body, delimiter, first, contract)?;
        let rank = (grid::recognised(&lines, contract), regular(&lines));
        if best.as_ref().is_none_or(|(known, _)| rank > *known) {
            let grid = Grid {
                format: "csv",
                encoding: Some(encoding),
                delimiter: Some(char::from(delimiter)),
                sheet: None,
                sheets: Vec::new(),
                lines,
            };
            best = Some((rank, grid));
        }
    }
    let (_, grid) = best.ok_or(Unreadable::Empty)?;
    grid::bounded(&grid.lines, contract)?;
    Ok(grid)
}

pub(super) const NO_UTF8: Unreadable =
    Unreadable::Broken(Cow::Borrowed("it begins as UTF-8 and does not go on so"));

pub(super) const NO_UTF16: Unreadable =
    Unreadable::Broken(Cow::Borrowed("it begins as UTF-16 and does not go on so"));

/// A file that holds what no text does.
pub(super) const NO_TEXT: Unreadable = Unreadable::Kind("no table of text");

fn decode(octets: &[u8]) -> Result<(String, &'static str), Unreadable> {
    match octets {
        [0xef, 0xbb, 0xbf, rest @ ..] => match str::from_utf8(rest) {
            Ok(text) => return Ok((text.to_owned(), "UTF-8")),
            Err(_) => return Err(NO_UTF8),
        },
        [0xff, 0xfe, rest @ ..] => return utf16(rest, UTF_16LE),
        [0xfe, 0xff, rest @ ..] => return utf16(rest, UTF_16BE),
        _ => {}
    }
    if let Some(encoding) = wide(octets) {
        return utf16(octets, encoding);
    }
    if let Ok(text) = str::from_utf8(octets) {
        return Ok((text.to_owned(), "UTF-8"));
    }
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(octets);
    Ok((text.into_owned(), "Windows-1252"))
}

/// UTF-16 that does not say so: every other octet is zero.
pub(super) fn wide(octets: &[u8]) -> Option<&'static Encoding> {
    let sample = &octets[..octets.len().min(SAMPLE)];
    let zeros = |odd: usize| {
        let of = sample.iter().skip(odd).step_by(2);
        of.filter(|octet| **octet == 0).count() * 4 > sample.len()
    };
    match (zeros(1), zeros(0)) {
        (true, _) => Some(UTF_16LE),
        (_, true) => Some(UTF_16BE),
        _ => None,
    }
}

fn utf16(octets: &[u8], encoding: &'static Encoding) -> Result<(String, &'static str), Unreadable> {
    let (text, had_errors) = encoding.decode_without_bom_handling(octets);
    if had_errors {
        return Err(NO_UTF16);
    }
    Ok((text.into_owned(), encoding.name()))
}

/// No table holds these: it is something else under that name.
fn is_binary(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\u{b}' | '\u{c}' | '\u{80}'..='\u{9f}')
}

/// Excel's own hint in the first line, for whoever opens the file by a double click.
pub(super) fn hinted(line: &str) -> Option<u8> {
    let sign = line.trim_end().strip_prefix("sep=")?.chars().next()?;
    let sign = u8::try_from(sign).ok()?;
    DELIMITERS.contains(&sign).then_some(sign)
}

/// How many cells a record has, the empty ones at its end apart.
pub(super) fn filled(record: &StringRecord) -> usize {
    let empty = record.iter().rev();
    record.len() - empty.take_while(|cell| Cell::text(cell).is_empty()).count()
}

fn split(
    text: &str,
    delimiter: u8,
    first: u64,
    contract: &Contract,
) -> Result<Vec<Line>, Unreadable> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut lines = Vec::new();
    // The reader counts lines of text, blank ones that it skips among them; a
    // spreadsheet counts records, of which one may span several lines.
    let mut within = 0;
    let most = contract.rows_max + grid::OTHER_ROWS_MAX;
    let mut record = StringRecord::new();
    loop {
        let at = reader.position().clone();
        let more = reader.read_record(&mut record);
        if !more.map_err(|error| Unreadable::Broken(error.to_string().into()))? {
            break;
        }
        let from = usize::try_from(at.byte()).unwrap_or(usize::MAX);
        let ahead = text.as_bytes().get(from..).unwrap_or_default();
        let blank = ahead.iter().take_while(|octet| **octet == b'\n').count();
        let row = at.line() + first + u64::try_from(blank).unwrap_or(0);
        let number = u32::try_from(row.saturating_sub(1 + within)).unwrap_or(u32::MAX);
        let breaks: usize = record.iter().map(|cell| cell.matches('\n').count()).sum();
        within += u64::try_from(breaks).unwrap_or(0);
        let cells: Vec<Cell> = record
            .iter()
            .take(filled(&record))
            .map(Cell::text)
            .collect();
        if cells.is_empty() {
            continue;
        }
        lines.push(Line { number, cells });
        // One more than there may be, so that it is said.
        if lines.len() > most {
            break;
        }
    }
    Ok(lines)
}

/// How many cells stand in rows of the most common length, if that is no single
/// one: a wrong delimiter leaves rows whole or cuts them at random.
pub(super) fn regular(lines: &[Line]) -> usize {
    let mut lengths = std::collections::BTreeMap::<usize, usize>::new();
    for line in lines.iter().filter(|line| line.cells.len() > 1) {
        *lengths.entry(line.cells.len()).or_default() += 1;
    }
    lengths
        .into_iter()
        .map(|(length, rows)| length * rows)
        .max()
        .unwrap_or(0)
}
