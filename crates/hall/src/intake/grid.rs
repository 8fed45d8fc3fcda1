//! A file as rows of cells.
//!
//! What kind of file it is, its first octets say; its name may say anything.

use std::borrow::Cow;

use super::{Contract, book, mapping, text};
use crate::problem::Problem;

/// Octets of a file at most.
pub const OCTETS_MAX: usize = 8 << 20;

/// Columns that may hold something.
pub(super) const COLUMNS_MAX: usize = 120;

/// Characters of a cell at most.
pub(super) const CELL_MAX: usize = 2_000;

/// Rows above and between the rows that count: titles, blanks, remarks.
pub(super) const OTHER_ROWS_MAX: usize = 500;

/// What stands in a cell, as far as the file tells it apart.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Raw {
    #[default]
    Empty,
    Text(String),
    Number(f64),
    /// ISO 8601.
    Day(String),
    Flag(bool),
    /// `#REF!` and its kind.
    Broken(String),
    /// How many characters there were.
    TooLong(usize),
}

/// Whether a cell shares its value with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Merged {
    #[default]
    No,
    /// Its value is that of the cell at the top of a merge down the column.
    Down,
    /// It lies in a merge across columns: whose value it has cannot be known.
    Across,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Cell {
    pub(super) raw: Raw,
    pub(super) merged: Merged,
}

impl Cell {
    pub(super) fn text(text: &str) -> Self {
        let length = text.chars().count();
        let raw = if length > CELL_MAX {
            Raw::TooLong(length)
        } else if text.trim().is_empty() {
            Raw::Empty
        } else {
            Raw::Text(text.to_owned())
        };
        Self::of(raw)
    }

    pub(super) const fn of(raw: Raw) -> Self {
        Self {
            raw,
            merged: Merged::No,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.raw == Raw::Empty && self.merged != Merged::Across
    }
}

/// A row, by the number that the spreadsheet shows beside it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) number: u32,
    pub(super) cells: Vec<Cell>,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Grid {
    /// `csv` or `xlsx`.
    pub(super) format: &'static str,
    /// Of a CSV.
    pub(super) encoding: Option<&'static str>,
    /// Of a CSV: what stands between cells.
    pub(super) delimiter: Option<char>,
    /// Of a workbook: the sheet that was read, and all that there are.
    pub(super) sheet: Option<String>,
    pub(super) sheets: Vec<String>,
    /// Rows that hold something, in order.
    pub(super) lines: Vec<Line>,
}

/// Why a file is no table that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("The file is empty.")]
    Empty,
    #[error("This is {0}. Send a CSV or an XLSX file.")]
    Kind(&'static str),
    #[error("The file cannot be read: {0}.")]
    Broken(Cow<'static, str>),
    #[error("The file has more than {most} {what}. Send it in parts.")]
    TooMany { what: &'static str, most: usize },
}

impl From<Unreadable> for Problem {
    fn from(why: Unreadable) -> Self {
        let slug = match why {
            Unreadable::Empty => "file-empty",
            Unreadable::Kind(_) => "file-kind",
            Unreadable::Broken(_) => "file-unreadable",
            Unreadable::TooMany { .. } => "file-size",
        };
        Self::invalid(slug, why.to_string()).field("file", why.to_string())
    }
}

/// Reads a file. Blocks, and may take its time.
pub(super) fn read(
    octets: &[u8],
    contract: &Contract,
    sheet: Option<&str>,
) -> Result<Grid, Unreadable> {
    if octets.len() > OCTETS_MAX {
        return Err(Unreadable::TooMany {
            what: "octets",
            most: OCTETS_MAX,
        });
    }
    let grid = match kind(octets)? {
        Kind::Book => book::read(octets, contract, sheet)?,
        Kind::Text => text::read(octets, contract)?,
    };
    if grid.lines.is_empty() {
        return Err(Unreadable::Empty);
    }
    Ok(grid)
}

/// A kind of file that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Book,
}

/// What kind of file its first octets say.
pub(super) fn kind(octets: &[u8]) -> Result<Kind, Unreadable> {
    match octets {
        [] => Err(Unreadable::Empty),
        [b'P', b'K', 3, 4, ..] => Ok(Kind::Book),
        // A compound file: Excel up to 2003, and a workbook under a password.
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Err(Unreadable::Kind(
            "an old Excel file (.xls) or one under a password",
        )),
        [b'%', b'P', b'D', b'F', ..] => Err(Unreadable::Kind("a PDF")),
        _ => Ok(Kind::Text),
    }
}

/// Refuses what no table of the contract can have.
pub(super) fn bounded(lines: &[Line], contract: &Contract) -> Result<(), Unreadable> {
    if lines.len() > contract.rows_max + OTHER_ROWS_MAX {
        return Err(Unreadable::TooMany {
            what: "rows",
            most: contract.rows_max,
        });
    }
    if lines.iter().any(|line| line.cells.len() > COLUMNS_MAX) {
        return Err(Unreadable::TooMany {
            what: "columns",
            most: COLUMNS_MAX,
        });
    }
    Ok(())
}

/// How many columns of a table somebody could have meant: which of several
/// readings of a file is the right one.
pub(super) fn recognised(lines: &[Line], contract: &Contract) -> usize {
    mapping::header(lines, contract).map_or(0, |(_, known)| known)
}
