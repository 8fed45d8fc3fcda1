//! A printed sheet: what the house says, on paper.
//!
//! A [`Sheet`] is blocks one below the other. They are laid out once on pages of A4
//! (`layout`); the same pages become a [`pdf`](Sheet::pdf), with text that can be
//! selected and searched, or, where there is one page, a [`picture`](Sheet::picture) for
//! sharing. What is drawn is what was measured: lengths are whole hundredths of a point
//! and the faces are our own, so a sheet of the same words is the same to the octet on
//! any machine, at any time.
//!
//! Nothing here relies on colour alone: each [`Mark`] has a pattern too, and a word
//! beside it.
//!
//! Bounded by [`PAGES_MAX`], [`ROWS_MAX`] and [`CHARS_MAX`]. Policy: refuse, and say
//! what is too much; a sheet that is cut short would be believed.

mod face;
mod ink;
mod layout;
mod mark;
mod pdf;
mod picture;
pub mod said;

use base::now::Wall;

pub use mark::Mark;

/// Pages of a sheet at most.
pub const PAGES_MAX: usize = 400;

/// Rows of all its tables at most.
pub const ROWS_MAX: usize = 20_000;

/// Characters of all its words at most.
pub const CHARS_MAX: usize = 2_000_000;

/// What is to be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// What the file is called by whoever opens it.
    pub title: String,
    /// When it was made: the only time that the file tells of itself.
    pub made: Wall,
    /// What stands at the foot of each page, beside its number.
    pub foot: String,
    /// What stands on it, from the top.
    pub blocks: Vec<Block>,
}

/// A part of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// What the sheet is, of whom, and a line about that.
    Head {
        /// What it is.
        kind: String,
        /// Of whom or what.
        name: String,
        /// Where that is.
        below: String,
    },
    /// A heading; what follows stays with it.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// A paragraph in small print.
    Small(String),
    /// What is known, by its name, one line each.
    Facts(Vec<(String, String)>),
    /// Numbers that are to be seen first, side by side.
    Figures(Vec<Figure>),
    /// Rows and columns.
    Table(Table),
    /// One bar of parts.
    Bar(Vec<Part>),
    /// A strip of cells for each day.
    Strips(Strips),
    /// A QR code, and lines beside it.
    Code {
        /// What it says.
        text: String,
        /// What stands beside it.
        lines: Vec<String>,
    },
    /// What follows begins a page.
    Break,
}

/// A number with what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// What it is.
    pub label: String,
    /// The number, or why there is none.
    pub value: String,
    /// Of what.
    pub note: String,
}

/// Rows and columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, their cells in the order of the columns.
    pub rows: Vec<Vec<String>>,
    /// How many of the last rows are sums.
    pub sums: usize,
    /// What stands there when there is no row.
    pub none: String,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// What is in it.
    pub head: String,
    /// How wide it is, beside the others.
    pub share: u16,
    /// Whether it holds figures: these stand below each other, at the right.
    pub is_figure: bool,
}

impl Column {
    /// A column of words.
    #[must_use]
    pub fn words(head: &str, share: u16) -> Self {
        Self {
            head: head.to_owned(),
            share,
            is_figure: false,
        }
    }

    /// A column of figures.
    #[must_use]
    pub fn figures(head: &str, share: u16) -> Self {
        Self {
            is_figure: true,
            ..Self::words(head, share)
        }
    }
}

/// A part of a bar, and its line of the legend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// How it is drawn.
    pub mark: Mark,
    /// What it is.
    pub word: String,
    /// How much of it there is, as it is to be read.
    pub figure: String,
    /// How long it is, beside the others.
    pub weight: u32,
}

/// Days one below the other, each a strip of equally long cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strips {
    /// What marks mean.
    pub legend: Vec<(Mark, String)>,
    /// What stands over the strips, equally far apart from their beginning on.
    pub scale: Vec<String>,
    /// What each day is called, and its cells; none: the cell does not count.
    pub days: Vec<(String, Vec<Option<Mark>>)>,
}

/// Why a sheet cannot be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unprinted {
    /// It would have too many pages.
    #[error("a sheet has at most {PAGES_MAX} pages")]
    Pages,
    /// It has too many rows.
    #[error("a sheet has at most {ROWS_MAX} rows")]
    Rows,
    /// It says too much.
    #[error("a sheet has at most {CHARS_MAX} characters")]
    Chars,
    /// It is to be a picture and does not fit one page.
    #[error("a picture is of one page")]
    Picture,
    /// A QR code does not hold so much.
    #[error("a QR code does not hold so much")]
    Code,
    /// A library that draws refused what it was given.
    #[error("it could not be drawn: {0}")]
    Drawn(&'static str),
}

impl Sheet {
    /// As a file for printing and keeping: PDF/A-2u.
    ///
    /// # Errors
    /// If there is too much of it.
    pub fn pdf(&self) -> Result<Vec<u8>, Unprinted> {
        pdf::draw(self, &layout::lay(self)?)
    }

    /// As a picture of its only page, `wide` pixels wide: PNG.
    ///
    /// # Errors
    /// If there is more than one page of it.
    pub fn picture(&self, wide: u16) -> Result<Vec<u8>, Unprinted> {
        match layout::lay(self)?.as_slice() {
            [page] => picture::draw(page, wide),
            _ => Err(Unprinted::Picture),
        }
    }

    /// How many pages it has.
    ///
    /// # Errors
    /// If there is too much of it.
    pub fn pages(&self) -> Result<usize, Unprinted> {
        Ok(layout::lay(self)?.len())
    }
}

#[cfg(test)]
mod tests;
