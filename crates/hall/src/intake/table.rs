//! A file whose columns have a meaning, and one row of it for the room's judge.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use base::redact::Secret;

use super::grid::{Grid, Line, Merged, Raw};
use super::report::{Judged, Outcome, Remark, Verdict};
use super::value::{self, Read, Value};
use super::{Column, Contract, Reads, Said, mapping};

/// A file whose columns have a meaning.
#[derive(Debug)]
pub struct Table {
    pub(super) contract: &'static Contract,
    pub(super) grid: Grid,
    /// The place of the headings among the lines.
    pub(super) header: usize,
    /// What each column is.
    pub(super) fields: Vec<Option<&'static Column>>,
}

impl Table {
    /// Gives the columns their meaning: what is proposed, and over it what a person
    /// has said. What he may not say was refused when he said it.
    pub(super) fn new(
        contract: &'static Contract,
        grid: Grid,
        said: &BTreeMap<usize, Option<String>>,
    ) -> Self {
        let header = mapping::header(&grid.lines, contract).map_or(0, |(at, _)| at);
        let mut fields = grid
            .lines
            .get(header)
            .map(|line| mapping::propose(line, contract))
            .unwrap_or_default();
        let widest = grid.lines.iter().map(|line| line.cells.len()).max();
        fields.resize(widest.unwrap_or(0), None);
        for (column, key) in said {
            let Some(field) = fields.get(*column) else {
                continue;
            };
            let chosen = key.as_deref().and_then(|key| contract.column(key));
            // A field that a person gives to one column leaves the other.
            if let Some(chosen) = chosen
                && field.is_none_or(|field| field.key != chosen.key)
            {
                for other in &mut fields {
                    if other.is_some_and(|other| other.key == chosen.key) {
                        *other = None;
                    }
                }
            }
            fields[*column] = chosen;
        }
        Self {
            contract,
            grid,
            header,
            fields,
        }
    }

    /// Whether some column is that field.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.fields.iter().flatten().any(|column| column.key == key)
    }

    /// What stands above a column.
    pub(super) fn heading(&self, column: usize) -> String {
        self.grid
            .lines
            .get(self.header)
            .map(|line| mapping::heading(line, column))
            .unwrap_or_default()
    }

    /// Every text of a field: what a room has to look up before it judges.
    #[must_use]
    pub fn values(&self, key: &str) -> BTreeSet<String> {
        self.lines()
            .filter_map(|line| Row::new(self, line).text(key).map(str::to_owned))
            .collect()
    }

    /// Judges every row. A row with a fault is refused, whatever the judge says of
    /// it, and so is the second of two with the same key.
    pub fn judge<T>(&self, mut judge: impl FnMut(&mut Row<'_>) -> Outcome<T>) -> Judged<T> {
        let mut first: BTreeMap<String, u32> = BTreeMap::new();
        let mut verdicts = Vec::new();
        for line in self.lines() {
            let mut row = Row::new(self, line);
            let key = self.known_by(&mut row, &mut first);
            let outcome = judge(&mut row);
            let outcome = if row.faults.is_empty() {
                outcome
            } else {
                Outcome::Refused
            };
            verdicts.push(Verdict {
                row: line.number,
                title: row
                    .text(self.contract.title)
                    .map(|text| value::shown(text, Reads::Text))
                    .unwrap_or_default(),
                key: value::shown(&key, Reads::Text),
                outcome,
                faults: row.faults,
                notes: row.notes,
            });
        }
        Judged {
            skipped: self.grid.lines.len() - verdicts.len() - 1,
            verdicts,
        }
    }

    /// What a row is known by. A row without it is refused, and so is a second one
    /// with the same.
    fn known_by(&self, row: &mut Row<'_>, first: &mut BTreeMap<String, u32>) -> String {
        let Some(column) = self.contract.key else {
            return String::new();
        };
        let key = row.text(column).unwrap_or_default().to_owned();
        if key.is_empty() {
            if row.faults.is_empty() {
                row.missing(column);
            }
        } else if let Some(first) = first.get(&key).copied() {
            row.fault(
                column,
                Said::with(
                    format!("sama dengan baris {first}"),
                    format!("is the same as in row {first}"),
                ),
                Said::new(
                    "hapus salah satu baris, atau beri nama lain",
                    "take one of the rows out, or name it otherwise",
                ),
            );
        } else {
            first.insert(key.clone(), row.number());
        }
        key
    }

    /// Every row that counts: what a room has to see of all of them before it judges
    /// the first.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.lines().map(|line| Row::new(self, line))
    }

    /// Rows that count: below the headings, and no remark.
    fn lines(&self) -> impl Iterator<Item = &Line> {
        let below = self.grid.lines.iter().skip(self.header + 1);
        below.filter(|line| !is_remark(line))
    }

    /// How many rows count.
    pub(super) fn count(&self) -> usize {
        self.lines().count()
    }
}

/// `# …` in the first cell: the template explains itself so.
pub(super) fn is_remark(line: &Line) -> bool {
    let first = line.cells.iter().find(|cell| !cell.is_empty());
    first.is_some_and(|cell| matches!(&cell.raw, Raw::Text(text) if text.starts_with("# ")))
}

/// One row, as the room's judge reads it and speaks about it.
#[derive(Debug)]
pub struct Row<'t> {
    table: &'t Table,
    line: &'t Line,
    values: BTreeMap<&'static str, Read>,
    faults: Vec<Remark>,
    notes: Vec<Remark>,
}

impl<'t> Row<'t> {
    pub(super) fn new(table: &'t Table, line: &'t Line) -> Self {
        let mut row = Self {
            table,
            line,
            values: BTreeMap::new(),
            faults: Vec::new(),
            notes: Vec::new(),
        };
        for (at, column) in table.fields.iter().enumerate() {
            let (Some(column), Some(cell)) = (column, line.cells.get(at)) else {
                continue;
            };
            if cell.merged == Merged::Across {
                row.fault(
                    column.key,
                    Said::new(
                        "sel ini digabung dengan kolom lain",
                        "the cell is merged with another column",
                    ),
                    Said::new(
                        "pisahkan sel, lalu isi masing-masing",
                        "take the cells apart and fill each",
                    ),
                );
                continue;
            }
            match value::read(cell, column) {
                Err((wrong, todo)) => row.fault(column.key, wrong, todo),
                Ok(read) => {
                    if let Some(note) = read.note.clone() {
                        row.note(column.key, note);
                    }
                    if cell.merged == Merged::Down && read.value != Value::Empty {
                        row.note(
                            column.key,
                            Said::new(
                                "nilai dari sel gabungan di atasnya",
                                "the value of the merged cell above",
                            ),
                        );
                    }
                    row.values.insert(column.key, read);
                }
            }
        }
        row
    }

    /// The number that the spreadsheet shows beside it.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.line.number
    }

    /// The words of a field; none where it is empty or no column of the file.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        match &self.values.get(key)?.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The quantity of a field.
    #[must_use]
    pub fn decimal(&self, key: &str) -> Option<f64> {
        match self.values.get(key)?.value {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// Yes or no.
    #[must_use]
    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.values.get(key)?.value {
            Value::Flag(flag) => Some(flag),
            _ => None,
        }
    }

    /// What is never shown.
    #[must_use]
    pub fn secret(&self, key: &str) -> Option<Secret<String>> {
        self.text(key).map(|text| Secret::new(text.to_owned()))
    }

    /// What stands in the cell of a field exactly as the file writes it, also where
    /// the field cannot be read from that: a number without its dress, a day by ISO
    /// 8601, TRUE or FALSE. None where it is empty or no column of the file; of a text
    /// too long for a cell, nothing was kept.
    #[must_use]
    pub fn raw(&self, key: &str) -> Option<Cow<'_, str>> {
        let (at, _) = self.column(key)?;
        let cell = self.line.cells.get(at)?;
        match &cell.raw {
            Raw::Empty | Raw::TooLong(_) => None,
            Raw::Text(text) | Raw::Day(text) | Raw::Broken(text) => Some(Cow::Borrowed(text)),
            Raw::Number(number) => Some(Cow::Owned(value::written(*number))),
            Raw::Flag(flag) => Some(Cow::Borrowed(if *flag { "TRUE" } else { "FALSE" })),
        }
    }

    /// Whether the cell of a field is a number of a spreadsheet, however many of its digits
    /// can be trusted.
    #[must_use]
    pub fn is_number(&self, key: &str) -> bool {
        let at = self.column(key).map(|(at, _)| at);
        let cell = at.and_then(|at| self.line.cells.get(at));
        cell.is_some_and(|cell| matches!(cell.raw, Raw::Number(_)))
    }

    /// Whether the file holds a number where digits belong.
    #[must_use]
    pub fn was_number(&self, key: &str) -> bool {
        self.values.get(key).is_some_and(|read| read.was_number)
    }

    /// Refuses the row for a field: what is wrong, and what to do.
    pub fn fault(&mut self, key: &str, wrong: Said, todo: Said) {
        let remark = self.remark(key, wrong, Some(todo));
        self.faults.push(remark);
    }

    /// Refuses the row because a field is empty that has to be there.
    pub fn missing(&mut self, key: &str) {
        let name = self
            .table
            .contract
            .column(key)
            .map_or(Said::new("", ""), |column| column.name.clone());
        let todo = if self.table.has(key) {
            Said::new("isi sel ini", "fill the cell")
        } else {
            Said::new(
                "pilih kolom berkas yang berisi itu, atau tambahkan",
                "choose the column of the file that holds it, or add one",
            )
        };
        let wrong = Said::with(
            format!("{} kosong", name.id),
            format!("{} is empty", name.en),
        );
        // One that cannot be read has been refused for that.
        if !self.is_refused_for(key) {
            self.fault(key, wrong, todo);
        }
    }

    /// Says something about a field that refuses nothing.
    pub fn note(&mut self, key: &str, said: Said) {
        let remark = self.remark(key, said, None);
        self.notes.push(remark);
    }

    /// Whether a field has been refused so far, for what its cell holds.
    #[must_use]
    pub fn is_refused_for(&self, key: &str) -> bool {
        self.faults.iter().any(|fault| fault.field == key)
    }

    /// What was said of it so far, which is said no more: why it is refused, and what
    /// a reader should know besides.
    #[must_use]
    pub fn take_remarks(&mut self) -> (Vec<Remark>, Vec<Remark>) {
        let faults = std::mem::take(&mut self.faults);
        (faults, std::mem::take(&mut self.notes))
    }

    /// The column of the file that is a field.
    fn column(&self, key: &str) -> Option<(usize, &'static Column)> {
        let fields = self.table.fields.iter();
        fields
            .enumerate()
            .find_map(|(at, field)| field.filter(|field| field.key == key).map(|f| (at, f)))
    }

    fn remark(&self, key: &str, said: Said, todo: Option<Said>) -> Remark {
        let at = self.column(key);
        Remark {
            column: at.map(|(at, _)| mapping::letters(at)).unwrap_or_default(),
            field: key.to_owned(),
            value: at.map_or_else(String::new, |(at, field)| {
                let cell = self.line.cells.get(at).map(|cell| &cell.raw);
                cell.map_or_else(String::new, |raw| shown(raw, field.reads))
            }),
            said,
            todo,
        }
    }
}

/// What stands in a cell, as far as it may be shown.
pub(super) fn shown(raw: &Raw, reads: Reads) -> String {
    match raw {
        Raw::Empty => String::new(),
        Raw::Text(text) | Raw::Day(text) | Raw::Broken(text) => value::shown(text, reads),
        Raw::Number(number) => value::shown(&value::written(*number), reads),
        Raw::Flag(flag) => value::shown(if *flag { "TRUE" } else { "FALSE" }, reads),
        Raw::TooLong(_) => "…".to_owned(),
    }
}
