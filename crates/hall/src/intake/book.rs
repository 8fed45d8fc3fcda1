//! An XLSX workbook.
//!
//! Whoever wrote it may have put one cell into the last corner of the largest sheet
//! there is. So it is weighed before the library sees it, and cells are taken one by
//! one instead of as a rectangle.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{DataRef, Reader as _, SheetType, SheetVisible, Xlsx};

use super::Contract;
use super::grid::{self, COLUMNS_MAX, Cell, Grid, Line, Merged, Raw, Unreadable};
use super::weight::{self, Bounds};

/// Octets of all parts together, inflated.
const INFLATED_MAX: u64 = 64 << 20;

/// Sheets that are looked at.
const SHEETS_MAX: usize = 30;

/// Merges of one sheet.
const MERGES_MAX: usize = 10_000;

const BOUNDS: Bounds = Bounds {
    inflated: INFLATED_MAX,
    held: INFLATED_MAX,
    // Those of a sheet are counted where they are read.
    merges: usize::MAX,
};

pub(super) type Book<'o> = Xlsx<Cursor<&'o [u8]>>;

type Cells = BTreeMap<u32, Vec<Cell>>;

pub(super) fn read(
    octets: &[u8],
    contract: &Contract,
    wanted: Option<&str>,
) -> Result<Grid, Unreadable> {
    weight::weigh(octets, &BOUNDS)?;
    let mut book = Book::new(Cursor::new(octets)).map_err(broken)?;
    let sheets = sheets(&book);
    let mut best: Option<(usize, String, Vec<Line>)> = None;
    for name in &sheets {
        if wanted.is_some_and(|wanted| wanted != name) {
            continue;
        }
        let lines = sheet(&mut book, name, contract)?;
        let known = grid::recognised(&lines, contract);
        let better = best
            .as_ref()
            .is_none_or(|(most, _, held)| known > *most || (held.is_empty() && !lines.is_empty()));
        if better {
            best = Some((known, name.clone(), lines));
        }
    }
    let (_, sheet, lines) = best.ok_or_else(|| no_sheet(wanted))?;
    grid::bounded(&lines, contract)?;
    Ok(Grid {
        format: "xlsx",
        encoding: None,
        delimiter: None,
        sheet: Some(sheet),
        sheets,
        lines,
    })
}

/// The sheets that are looked at: those that a reader sees.
pub(super) fn sheets(book: &Book<'_>) -> Vec<String> {
    let sheets = book.sheets_metadata().iter();
    sheets
        .filter(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone())
        .take(SHEETS_MAX)
        .collect()
}

/// Why no sheet could be read.
pub(super) fn no_sheet(wanted: Option<&str>) -> Unreadable {
    match wanted {
        Some(_) => Unreadable::Broken("it has no sheet of that name".into()),
        None => Unreadable::Empty,
    }
}

pub(super) fn broken(error: impl std::fmt::Display) -> Unreadable {
    Unreadable::Broken(error.to_string().into())
}

fn sheet(book: &mut Book<'_>, name: &str, contract: &Contract) -> Result<Vec<Line>, Unreadable> {
    let mut cells = Cells::new();
    let rows_max = contract.rows_max + grid::OTHER_ROWS_MAX;
    let mut reader = book.worksheet_cells_reader(name).map_err(broken)?;
    while let Some(found) = reader.next_cell().map_err(broken)? {
        let (row, column) = found.get_position();
        let cell = cell(found.get_value());
        if cell.is_empty() {
            continue;
        }
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        if column >= COLUMNS_MAX {
            return Err(Unreadable::TooMany {
                what: "columns",
                most: COLUMNS_MAX,
            });
        }
        let line = cells.entry(row).or_default();
        if line.len() <= column {
            line.resize_with(column + 1, Cell::default);
        }
        line[column] = cell;
        if cells.len() > rows_max {
            return Err(Unreadable::TooMany {
                what: "rows",
                most: contract.rows_max,
            });
        }
    }
    drop(reader);
    unmerge(book, name, &mut cells)?;
    Ok(cells
        .into_iter()
        .map(|(row, cells)| Line {
            number: row.saturating_add(1),
            cells,
        })
        .collect())
}

/// Gives the cells of a merge what they show. Down a column that is the value at
/// its top; across columns nobody can say whose value it is.
fn unmerge(book: &mut Book<'_>, name: &str, cells: &mut Cells) -> Result<(), Unreadable> {
    let merges = book.merge_cells_by_sheet_name(name).map_err(broken)?;
    if merges.len() > MERGES_MAX {
        return Err(Unreadable::TooMany {
            what: "merged cells",
            most: MERGES_MAX,
        });
    }
    for merge in merges {
        let ((top, left), (bottom, right)) = (merge.start, merge.end);
        let at = |column: u32| usize::try_from(column).unwrap_or(usize::MAX);
        if at(left) >= COLUMNS_MAX || top > bottom || left > right {
            continue;
        }
        let value = cells
            .get(&top)
            .and_then(|line| line.get(at(left)))
            .cloned()
            .unwrap_or_default();
        if value.is_empty() {
            continue;
        }
        // Only rows that hold something else, too: a merge fills no new rows.
        for (row, line) in cells.range_mut(top..=bottom) {
            for column in at(left)..=at(right).min(COLUMNS_MAX - 1) {
                if line.len() <= column {
                    line.resize_with(column + 1, Cell::default);
                }
                if left != right {
                    line[column].merged = Merged::Across;
                } else if *row > top {
                    line[column] = Cell {
                        merged: Merged::Down,
                        ..value.clone()
                    };
                }
            }
        }
    }
    Ok(())
}

pub(super) fn cell(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty => Cell::default(),
        DataRef::Int(number) => Cell::text(&number.to_string()),
        DataRef::Float(number) => Cell::of(Raw::Number(*number)),
        DataRef::String(text) => Cell::text(text),
        DataRef::SharedString(text) => Cell::text(text),
        DataRef::Bool(flag) => Cell::of(Raw::Flag(*flag)),
        DataRef::DateTime(time) => {
            if time.is_duration() {
                return Cell::of(Raw::Number(time.as_f64()));
            }
            let (year, month, day, ..) = time.to_ymd_hms_milli();
            Cell::of(Raw::Day(format!("{year:04}-{month:02}-{day:02}")))
        }
        DataRef::DateTimeIso(text) => {
            let day = text.split('T').next().unwrap_or_default();
            Cell::of(Raw::Day(day.to_owned()))
        }
        DataRef::DurationIso(text) => Cell::text(text),
        DataRef::Error(error) => Cell::of(Raw::Broken(error.to_string())),
    }
}
