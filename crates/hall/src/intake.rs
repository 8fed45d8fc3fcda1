//! Files of others on their way in.
//!
//! ```text
//! octets ─▶ sealed blob ─▶ grid ─▶ columns ─▶ rows judged ─▶ preview
//!                                                  └──────▶ one transaction
//! ```
//!
//! A room hands in a [`Contract`] of columns and a function that judges one row.
//! The intake knows nothing of what the rows are about: it reads files that nobody
//! can be trusted to have written well, proposes which column is which, keeps
//! count, and writes all of a file or nothing of it.
//!
//! | module | noun |
//! |---|---|
//! | `grid` | a file as rows of cells: which kind it is, and its bounds |
//! | `text`, `book` | the two kinds: CSV and XLSX |
//! | `weight` | what a workbook weighs, before it is read |
//! | `long` | a file of millions of rows, which is not held |
//! | `mapping` | which column is which field |
//! | `value` | a cell as the field reads it, and what a spreadsheet has eaten |
//! | `table` | one row for the room's judge |
//! | `report` | verdicts, counts, what blocks a commit |
//! | `preview` | what a page is shown |
//! | `desk` | an import from its upload to its end |
//! | `template` | an empty file with its words explained |
//! | `upload` | the file as a browser sends it |
//!
//! Untrusted all along: octets, inflated octets, rows, columns and characters of a
//! cell have bounds, and what lies beyond one is said and never cut off silently.

mod book;
mod desk;
mod grid;
mod long;
mod mapping;
mod preview;
mod report;
mod table;
mod template;
mod text;
mod upload;
mod value;
mod weight;

#[cfg(test)]
mod nasty;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use desk::{
    Assigned, Change, Intake, Mode, Seen, Written, choose, discard, find, open, settle,
    written_meanwhile,
};
pub use grid::OCTETS_MAX;
pub use long::{
    BOOK_OCTETS_MAX, Encoding, Format, Passed, Shape, Sniffer, TEXT_OCTETS_MAX, each, head,
};
pub use preview::{ColumnView, FieldView, FileFormat, Page, Preview, fields, report_csv};
pub use report::{Altered, Commit, Counts, Judged, Line, Outcome, Remark, Tally, Verdict};
pub use table::{Row, Table};
pub use template::{template_csv, template_xlsx};
pub use upload::{BODY_MAX, Upload, file_name};

/// How many lines a file has that is read whole, for [`crate::doors`]; none where it is no
/// table.
pub(crate) fn lines(octets: &[u8], contract: &Contract) -> Option<usize> {
    let grid = grid::read(octets, contract, None).ok()?;
    Some(grid.lines.len())
}

/// A sentence in both languages of the house. A report leaves the house as a file,
/// so its words come along and do not wait for a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Said {
    /// In Indonesian.
    #[schema(value_type = String)]
    pub id: Cow<'static, str>,
    /// In English.
    #[schema(value_type = String)]
    pub en: Cow<'static, str>,
}

impl Said {
    /// A sentence without values.
    #[must_use]
    pub const fn new(id: &'static str, en: &'static str) -> Self {
        Self {
            id: Cow::Borrowed(id),
            en: Cow::Borrowed(en),
        }
    }

    /// A sentence with values in it.
    #[must_use]
    pub fn with(id: String, en: String) -> Self {
        Self {
            id: Cow::Owned(id),
            en: Cow::Owned(en),
        }
    }

    /// In one of the languages.
    #[must_use]
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Id => &self.id,
            Language::En => &self.en,
        }
    }
}

/// The beginning of what somebody wrote, for a sentence about it.
#[must_use]
pub fn excerpt(text: &str) -> String {
    const MOST: usize = 40;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MOST {
        return line;
    }
    let cut: String = line.chars().take(MOST).collect();
    format!("{cut}…")
}

/// An address without a name, a password, or a path that could hold one.
#[must_use]
pub fn shown_address(text: &str) -> String {
    value::address(text)
}

/// A language of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Indonesian.
    #[default]
    Id,
    /// English.
    En,
}

/// What a room takes: its columns, and how many rows at once.
#[derive(Debug)]
pub struct Contract {
    /// What the rows are, in one word: `cameras`.
    pub subject: &'static str,
    /// What a file and a sheet of them are called.
    pub name: Said,
    /// The columns. A key is there once.
    pub columns: &'static [Column],
    /// The column whose value each row has, and no two rows of a file may share. None:
    /// rows are known by their number alone.
    pub key: Option<&'static str>,
    /// The column that names a row to a reader.
    pub title: &'static str,
    /// Rows of one file at most.
    pub rows_max: usize,
    /// How openly the files may be spoken of, where nobody says otherwise.
    pub classification: &'static str,
}

impl Contract {
    /// The column of a key.
    #[must_use]
    pub fn column(&self, key: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.key == key)
    }
}

/// One column that a room takes.
#[derive(Debug)]
pub struct Column {
    /// By which the judge asks for it.
    pub key: &'static str,
    /// What the template and the page call it.
    pub name: Said,
    /// What belongs there.
    pub about: Said,
    /// One right value.
    pub example: &'static str,
    /// How a cell is read.
    pub reads: Reads,
    /// Whether a new thing cannot do without.
    pub required: bool,
    /// What else people write above it, in lower case.
    pub synonyms: &'static [&'static str],
}

/// How a cell of a column is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// Words.
    Text,
    /// Digits that are no quantity: a code, a telephone. A spreadsheet that made a
    /// number of it may have eaten some.
    Digits,
    /// A quantity, its decimals after a comma or a point.
    Number,
    /// A day.
    Day,
    /// Yes or no.
    Flag,
    /// An address that may hold a name and a password, which are not shown.
    Address,
    /// What is never shown, not even to whoever sent it.
    Secret,
}
