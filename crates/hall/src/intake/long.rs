//! A file of millions of rows, read without being held.
//!
//! ```text
//! octets as they come ─▶ Sniffer ─▶ Shape ─▶ head ─▶ Table: columns, samples
//!                                     └────▶ each ─▶ one Row after the other
//! ```
//!
//! Contract, columns, cells and the numbers of rows are those of a short file: what
//! the two ways say of one file is the same. Only how the file is told apart rests on
//! its beginning here: delimiter, sheet and headings.
//!
//! | module | noun |
//! |---|---|
//! | `shape` | what a file is, found out while it comes |
//! | `text`, `book` | the two kinds, row by row |

mod book;
mod shape;
mod text;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::ops::ControlFlow;

use super::desk::{self, Assigned};
use super::grid::{COLUMNS_MAX, Line, Unreadable};
use super::table::{self, Row, Table};
use super::{Contract, mapping};
use crate::problem::Problem;

pub use shape::{BOOK_OCTETS_MAX, Encoding, Format, Shape, Sniffer, TEXT_OCTETS_MAX};

/// Rows of the beginning: titles, headings, and what shows what a column holds.
const HEAD_LINES: usize = mapping::TITLES_MAX + 200;

/// It is not the file that the table was made of.
const OTHER_HEADINGS: Unreadable = Unreadable::Broken(Cow::Borrowed(
    "its headings are others than those that were read before",
));

/// How many rows went by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Passed {
    /// Rows that count.
    pub rows: usize,
    /// Rows above and between them: titles and remarks.
    pub skipped: usize,
}

/// Why a file is not read to its end.
#[derive(Debug)]
enum Halt {
    /// It is no table that can be read.
    Unreadable(Unreadable),
    /// Its octets do not come.
    Source(io::Error),
}

impl From<Unreadable> for Halt {
    fn from(why: Unreadable) -> Self {
        Self::Unreadable(why)
    }
}

impl From<Halt> for Problem {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Unreadable(why) => why.into(),
            Halt::Source(error) => match error.kind() {
                io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
                    store::Error::corrupt(format!("a file on its way in: {error}")).into()
                }
                _ => store::Error::File {
                    path: "a file on its way in".to_owned(),
                    source: error,
                }
                .into(),
            },
        }
    }
}

/// The beginning of a file as a table: what its columns are, and what some of them hold.
/// It has no more rows than show that. Blocks; a workbook is held meanwhile, and a
/// library that panics over one has met one that is broken.
///
/// # Errors
/// In which way the file cannot be read, or `field` and `column` where one of the
/// columns cannot be what was said of it.
pub fn head(
    read: impl Read,
    shape: &Shape,
    contract: &'static Contract,
    sheet: Option<&str>,
    columns: &BTreeMap<usize, Option<String>>,
) -> Result<Table, Problem> {
    let grid = match shape.format {
        Format::Csv { encoding } => text::head(read, encoding, contract)?,
        Format::Xlsx => book::head(read, contract, sheet)?,
    };
    if grid.lines.is_empty() {
        return Err(Unreadable::Empty.into());
    }
    let table = Table::new(contract, grid, columns);
    for (column, field) in columns {
        let assigned = Assigned {
            column: *column,
            field: field.clone(),
        };
        desk::check(&table, contract, &assigned)?;
    }
    Ok(table)
}

/// Hands out every row that counts, in the order of the file, as long as `take` wants
/// another. `table` is what [`head`] has made of the same file. Blocks; a workbook is
/// held meanwhile, and a library that panics over one has met one that is broken.
///
/// What was handed out before an error came from a file that cannot be read.
///
/// # Errors
/// `file-size` where there are more rows than `rows_max`, or in which way the file
/// cannot be read.
pub fn each(
    read: impl Read,
    table: &Table,
    shape: &Shape,
    rows_max: usize,
    take: &mut dyn FnMut(&mut Row<'_>) -> ControlFlow<()>,
) -> Result<Passed, Problem> {
    let mut passing = Passing {
        table,
        rows_max,
        take,
        at: 0,
        passed: Passed::default(),
    };
    let read = match shape.format {
        Format::Csv { encoding } => passing.text(read, encoding),
        Format::Xlsx => {
            let sheet = table.grid.sheet.as_deref().unwrap_or_default();
            book::each(read, sheet, &mut |line| passing.line(&line))
        }
    };
    read?;
    // A shorter file is another one, too.
    if passing.at <= table.header {
        return Err(OTHER_HEADINGS.into());
    }
    Ok(passing.passed)
}

/// The rows of a file as they go by.
struct Passing<'a> {
    table: &'a Table,
    rows_max: usize,
    take: &'a mut dyn FnMut(&mut Row<'_>) -> ControlFlow<()>,
    /// How many rows that hold something have gone by.
    at: usize,
    passed: Passed,
}

impl Passing<'_> {
    fn text(&mut self, read: impl Read, encoding: Encoding) -> Result<(), Halt> {
        let delimiter = self.table.grid.delimiter;
        let delimiter = delimiter.and_then(|sign| u8::try_from(sign).ok());
        let mut records = text::Records::of(read, encoding, delimiter.unwrap_or(b','))?;
        while let Some(line) = records.next()? {
            if self.line(&line)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn line(&mut self, line: &Line) -> Result<ControlFlow<()>, Unreadable> {
        let at = self.at;
        self.at += 1;
        if line.cells.len() > COLUMNS_MAX {
            return Err(Unreadable::TooMany {
                what: "columns",
                most: COLUMNS_MAX,
            });
        }
        if at == self.table.header {
            if self.table.grid.lines.get(at) != Some(line) {
                return Err(OTHER_HEADINGS);
            }
            return Ok(ControlFlow::Continue(()));
        }
        if at < self.table.header || table::is_remark(line) {
            self.passed.skipped += 1;
            return Ok(ControlFlow::Continue(()));
        }
        if self.passed.rows >= self.rows_max {
            return Err(Unreadable::TooMany {
                what: "rows",
                most: self.rows_max,
            });
        }
        self.passed.rows += 1;
        Ok((self.take)(&mut Row::new(self.table, line)))
    }
}
