//! A long workbook, row by row.
//!
//! The file itself is held, and so are its strings; of the sheet one row at a time,
//! with the merged cells that reach into it.

use std::io::{Cursor, Read};
use std::ops::ControlFlow;

use calamine::{Dimensions, Reader as _};

use super::shape::BOOK_OCTETS_MAX;
use super::{HEAD_LINES, Halt};
use crate::intake::Contract;
use crate::intake::book::{self, Book, broken};
use crate::intake::grid::{self, COLUMNS_MAX, Cell, Grid, Line, Merged, Unreadable};
use crate::intake::weight::{self, Bounds};

/// Octets of all parts together, inflated: a million rows of thirty columns.
const INFLATED_MAX: u64 = 1_536 << 20;

/// Octets of the parts that are held, inflated: strings above all.
const HELD_MAX: u64 = 512 << 20;

/// Merged cells of all sheets: one for every row that a sheet can have.
const MERGES_MAX: usize = 1 << 20;

const BOUNDS: Bounds = Bounds {
    inflated: INFLATED_MAX,
    held: HELD_MAX,
    merges: MERGES_MAX,
};

/// What is done with a row, and whether another is wanted.
pub(super) type Take<'a> = dyn FnMut(Line) -> Result<ControlFlow<()>, Unreadable> + 'a;

/// The beginning of the sheet that is wanted, or of the one that is understood best.
pub(super) fn head(
    read: impl Read,
    contract: &Contract,
    wanted: Option<&str>,
) -> Result<Grid, Halt> {
    let octets = octets(read)?;
    let mut volume = Volume::open(&octets)?;
    let sheets = book::sheets(&volume.book);
    let mut best: Option<(usize, String, Vec<Line>)> = None;
    for name in &sheets {
        if wanted.is_some_and(|wanted| wanted != name) {
            continue;
        }
        let mut lines = Vec::new();
        volume.rows(name, &mut |line| {
            lines.push(line);
            Ok(if lines.len() < HEAD_LINES {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            })
        })?;
        let known = grid::recognised(&lines, contract);
        let better = best
            .as_ref()
            .is_none_or(|(most, _, held)| known > *most || (held.is_empty() && !lines.is_empty()));
        if better {
            best = Some((known, name.clone(), lines));
        }
    }
    let (_, sheet, lines) = best.ok_or_else(|| book::no_sheet(wanted))?;
    Ok(Grid {
        format: "xlsx",
        encoding: None,
        delimiter: None,
        sheet: Some(sheet),
        sheets,
        lines,
    })
}

/// All rows of a sheet.
pub(super) fn each(read: impl Read, sheet: &str, take: &mut Take<'_>) -> Result<(), Halt> {
    let octets = octets(read)?;
    let mut volume = Volume::open(&octets)?;
    volume.rows(sheet, take)?;
    Ok(())
}

fn octets(read: impl Read) -> Result<Vec<u8>, Halt> {
    let mut octets = Vec::new();
    read.take(BOOK_OCTETS_MAX + 1)
        .read_to_end(&mut octets)
        .map_err(Halt::Source)?;
    let most = usize::try_from(BOOK_OCTETS_MAX).unwrap_or(usize::MAX);
    if octets.len() > most {
        return Err(Halt::Unreadable(Unreadable::TooMany {
            what: "octets",
            most,
        }));
    }
    Ok(octets)
}

/// A workbook that was weighed.
struct Volume<'o> {
    book: Book<'o>,
    /// Whether any cells are merged: who they are stands at the end of a sheet.
    merged: bool,
}

impl<'o> Volume<'o> {
    fn open(octets: &'o [u8]) -> Result<Self, Unreadable> {
        let merges = weight::weigh(octets, &BOUNDS)?;
        Ok(Self {
            book: Book::new(Cursor::new(octets)).map_err(broken)?,
            merged: merges > 0,
        })
    }

    /// Rows of a sheet that hold something, in order.
    fn rows(&mut self, sheet: &str, take: &mut Take<'_>) -> Result<(), Unreadable> {
        let merges = if self.merged {
            let merges = self.book.merge_cells_by_sheet_name(sheet);
            merges.map_err(broken)?
        } else {
            Vec::new()
        };
        let mut merges = Merges::new(merges);
        let mut reader = self.book.worksheet_cells_reader(sheet).map_err(broken)?;
        let mut row = 0;
        let mut cells = Vec::new();
        while let Some(found) = reader.next_cell().map_err(broken)? {
            let (at, column) = found.get_position();
            let cell = book::cell(found.get_value());
            if cell.is_empty() {
                continue;
            }
            let column = place(column);
            if column >= COLUMNS_MAX {
                return Err(Unreadable::TooMany {
                    what: "columns",
                    most: COLUMNS_MAX,
                });
            }
            if at < row {
                let (row, at) = (number(row), number(at));
                return Err(broken(format!("row {at} comes behind row {row}")));
            }
            if at > row && !cells.is_empty() {
                let whole = merges.line(row, std::mem::take(&mut cells))?;
                if take(whole)?.is_break() {
                    return Ok(());
                }
            }
            row = at;
            widen(&mut cells, column);
            cells[column] = cell;
        }
        if !cells.is_empty() {
            let _ = take(merges.line(row, cells)?)?;
        }
        Ok(())
    }
}

/// The number that a spreadsheet shows beside a row.
const fn number(row: u32) -> u32 {
    row.saturating_add(1)
}

fn place(column: u32) -> usize {
    usize::try_from(column).unwrap_or(usize::MAX)
}

fn widen(cells: &mut Vec<Cell>, column: usize) {
    if cells.len() <= column {
        cells.resize_with(column + 1, Cell::default);
    }
}

/// The merged cells of a sheet, as its rows come by.
struct Merges {
    /// Those below, the uppermost last.
    below: Vec<Dimensions>,
    /// Those that reach into the row, and what their first cell holds.
    here: Vec<(Dimensions, Cell)>,
}

impl Merges {
    fn new(mut merges: Vec<Dimensions>) -> Self {
        merges.retain(|merge| {
            let ((top, left), (bottom, right)) = (merge.start, merge.end);
            place(left) < COLUMNS_MAX && top <= bottom && left <= right
        });
        merges.sort_by_key(|merge| std::cmp::Reverse(merge.start.0));
        Self {
            below: merges,
            here: Vec::new(),
        }
    }

    /// Gives the merged cells of a row what they show, as the short path does: down a
    /// column the value at its top; across columns nobody can say whose value it is.
    fn line(&mut self, row: u32, mut cells: Vec<Cell>) -> Result<Line, Unreadable> {
        self.here.retain(|(merge, _)| merge.end.0 >= row);
        while let Some(merge) = self.below.pop_if(|merge| merge.start.0 <= row) {
            // One whose first row holds nothing has nothing to show.
            let first = cells.get(place(merge.start.1));
            if let Some(first) = first.filter(|cell| merge.start.0 == row && !cell.is_empty()) {
                self.here.push((merge, first.clone()));
            }
        }
        if self.here.len() > COLUMNS_MAX {
            return Err(broken(format!(
                "merged cells of row {} lie over each other",
                number(row)
            )));
        }
        for (merge, value) in &self.here {
            let (left, right) = (place(merge.start.1), place(merge.end.1));
            for column in left..=right.min(COLUMNS_MAX - 1) {
                widen(&mut cells, column);
                if left != right {
                    cells[column].merged = Merged::Across;
                } else if row > merge.start.0 {
                    cells[column] = Cell {
                        merged: Merged::Down,
                        ..value.clone()
                    };
                }
            }
        }
        Ok(Line {
            number: number(row),
            cells,
        })
    }
}
