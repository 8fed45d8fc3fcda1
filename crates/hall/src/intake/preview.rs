//! What a page is shown of an import.

use axum::response::Response;
use base::id::{Id, Intake as IntakeNoun};
use base::now::Wall;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::desk::{Intake, KEPT, Mode, Seen, Written};
use super::grid::Raw;
use super::report::{Counts, Judged, Line, Remark};
use super::table::{Table, shown};
use super::{Contract, Language, Reads, Said, mapping};
use crate::csv::File;
use crate::problem::Problem;

/// Values that show what a column holds.
const SAMPLES: usize = 3;

/// Which rows of the report.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// Rows of this page, 1 to 5000; all that fit when left out.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<u32>,
    /// Only `add`, `change`, `same`, `exists` or `refused`.
    pub verdict: Option<String>,
    /// `csv` for the report as a file.
    pub format: Option<String>,
    /// The language of that file: `id` or `en`.
    #[param(inline)]
    pub language: Option<Language>,
}

/// Rows of a page at most.
const LIMIT_MAX: usize = 5_000;

/// An import as a page shows it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportPreview)]
pub struct Preview {
    /// `itk_…`.
    #[schema(value_type = String)]
    id: Id<IntakeNoun>,
    /// `open` or `committed`.
    state: &'static str,
    /// Whether rows that are there already may be changed.
    mode: Mode,
    /// The file.
    file: FileView,
    /// When the same file was imported before, the last first.
    seen: Vec<Seen>,
    /// Its columns, and which field each is.
    columns: Vec<ColumnView>,
    /// The fields that there are.
    fields: Vec<FieldView>,
    /// Fields that a new row needs and no column is.
    missing: Vec<&'static str>,
    /// How many rows have which verdict.
    counts: Counts,
    /// The rows that the filter leaves.
    report: Report,
    /// What was written, once it was.
    written: Option<Written>,
    /// When it is forgotten if nobody goes on with it, microseconds since 1970 UTC.
    #[schema(value_type = Option<i64>)]
    forgotten_us: Option<Wall>,
}

/// A file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportFile)]
struct FileView {
    /// What it was called.
    name: String,
    /// Octets.
    size_bytes: i64,
    /// SHA-256 in hexadecimal.
    sha256: String,
    /// `csv` or `xlsx`; empty once it was written.
    format: &'static str,
    /// Of a CSV.
    encoding: Option<&'static str>,
    /// Of a CSV: what stands between its cells.
    delimiter: Option<char>,
    /// Of a workbook: the sheet that is read.
    sheet: Option<String>,
    /// Of a workbook: all its sheets.
    sheets: Vec<String>,
    /// The row of its headings.
    header_row: Option<u32>,
}

/// How a file is read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ImportFormat)]
pub struct FileFormat {
    /// `csv` or `xlsx`.
    pub format: &'static str,
    /// Of a CSV.
    pub encoding: Option<&'static str>,
    /// Of a CSV: what stands between its cells.
    pub delimiter: Option<char>,
    /// Of a workbook: the sheet that is read.
    pub sheet: Option<String>,
    /// Of a workbook: all its sheets.
    pub sheets: Vec<String>,
    /// The row of its headings.
    pub header_row: Option<u32>,
}

/// A column of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ImportColumn)]
pub struct ColumnView {
    /// Its place, from 0.
    pub column: usize,
    /// The letters that a spreadsheet shows above it.
    pub letters: String,
    /// What stands above it.
    pub heading: String,
    /// The key of the field that it is; null for none.
    pub field: Option<&'static str>,
    /// Whether it looks like passwords: then it can be no field that is shown.
    pub secret: bool,
    /// What it holds. Only of columns that are a field, and never of passwords.
    pub samples: Vec<String>,
}

/// A field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ImportField)]
pub struct FieldView {
    /// Its key.
    pub key: &'static str,
    /// What people call it.
    pub name: Said,
    /// What belongs there.
    pub about: Said,
    /// Whether a new row needs it.
    pub required: bool,
    /// Whether it is never shown: only such a field may take a column that looks
    /// like passwords.
    pub secret: bool,
}

/// A page of the report.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportReport)]
struct Report {
    /// The rows, in the order of the file.
    items: Vec<Line>,
    /// What to send as `cursor` for the next page; null on the last.
    next: Option<String>,
}

impl Preview {
    /// An open import with its verdicts, or one that was written.
    ///
    /// # Errors
    /// `query` if the page cannot be.
    pub fn new<T>(
        intake: &Intake,
        judged: Option<&Judged<T>>,
        page: &Page,
    ) -> Result<Self, Problem> {
        let limit = page.limit.unwrap_or(LIMIT_MAX);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(refuse("limit", "use 1 to 5000"));
        }
        let (counts, items) = match judged {
            Some(judged) => (judged.counts(), filtered(judged, page)?),
            None => (Counts::default(), Vec::new()),
        };
        let more = items.len() > limit;
        let items: Vec<Line> = items.into_iter().take(limit).collect();
        let next = items
            .last()
            .filter(|_| more)
            .map(|line| line.row.to_string());
        let contract = intake.contract;
        let open = intake.written.is_none();
        Ok(Self {
            id: intake.row.id,
            state: if open { "open" } else { "committed" },
            mode: intake.choice.mode,
            file: file(intake),
            seen: intake.seen.clone(),
            columns: intake
                .table
                .as_ref()
                .map(|table| table.columns(true))
                .unwrap_or_default(),
            fields: fields(contract),
            missing: missing(intake, contract),
            counts,
            report: Report { items, next },
            written: intake.written.clone(),
            forgotten_us: open.then(|| intake.row.opened + KEPT),
        })
    }
}

fn file(intake: &Intake) -> FileView {
    let row = &intake.row;
    let format = intake.table.as_ref().map(Table::format);
    let format = format.unwrap_or_default();
    FileView {
        name: row.file_name.clone(),
        size_bytes: row.size_bytes,
        sha256: row.sha256.clone(),
        format: format.format,
        encoding: format.encoding,
        delimiter: format.delimiter,
        sheet: format.sheet,
        sheets: format.sheets,
        header_row: format.header_row,
    }
}

/// The fields that there are.
#[must_use]
pub fn fields(contract: &Contract) -> Vec<FieldView> {
    let columns = contract.columns.iter();
    columns
        .map(|column| FieldView {
            key: column.key,
            name: column.name.clone(),
            about: column.about.clone(),
            required: column.required,
            secret: column.reads == Reads::Secret,
        })
        .collect()
}

impl Table {
    /// How the file is read.
    #[must_use]
    pub fn format(&self) -> FileFormat {
        let grid = &self.grid;
        FileFormat {
            format: grid.format,
            encoding: grid.encoding,
            delimiter: grid.delimiter,
            sheet: grid.sheet.clone(),
            sheets: grid.sheets.clone(),
            header_row: grid.lines.get(self.header).map(|line| line.number),
        }
    }

    /// The columns of the file, and which field each is. What they hold is shown where
    /// that is wanted: of a list of people it is not to be.
    #[must_use]
    pub fn columns(&self, with_samples: bool) -> Vec<ColumnView> {
        self.fields
            .iter()
            .enumerate()
            .map(|(at, field)| {
                let heading = self.heading(at);
                let secret = mapping::is_secret(&heading, self.contract);
                let samples = match field {
                    Some(field) if with_samples && field.reads != Reads::Secret && !secret => {
                        self.samples(at, field.reads)
                    }
                    _ => Vec::new(),
                };
                ColumnView {
                    column: at,
                    letters: mapping::letters(at),
                    heading,
                    field: field.map(|field| field.key),
                    secret,
                    samples,
                }
            })
            // What has neither a heading nor a meaning is the edge of the sheet.
            .filter(|column| !column.heading.is_empty() || column.field.is_some())
            .collect()
    }

    fn samples(&self, at: usize, reads: Reads) -> Vec<String> {
        let below = self.grid.lines.iter().skip(self.header + 1);
        below
            .filter_map(|line| line.cells.get(at))
            .filter(|cell| cell.raw != Raw::Empty)
            .map(|cell| shown(&cell.raw, reads))
            .take(SAMPLES)
            .collect()
    }
}

fn missing(intake: &Intake, contract: &Contract) -> Vec<&'static str> {
    let Some(table) = &intake.table else {
        return Vec::new();
    };
    contract
        .columns
        .iter()
        .filter(|column| {
            Some(column.key) == contract.key || column.required && !intake.may_change()
        })
        .filter(|column| !table.has(column.key))
        .map(|column| column.key)
        .collect()
}

fn filtered<T>(judged: &Judged<T>, page: &Page) -> Result<Vec<Line>, Problem> {
    let words = ["add", "change", "same", "exists", "refused"];
    if let Some(verdict) = page.verdict.as_deref()
        && !words.contains(&verdict)
    {
        return Err(refuse(
            "verdict",
            format!("use one of {}", words.join(", ")),
        ));
    }
    let wanted = |line: &Line| {
        page.verdict
            .as_deref()
            .is_none_or(|verdict| verdict == line.verdict)
            && page.cursor.is_none_or(|cursor| line.row > cursor)
    };
    Ok(judged.lines().filter(wanted).collect())
}

fn refuse(parameter: &'static str, why: impl Into<String>) -> Problem {
    Problem::invalid("query", "A parameter cannot stand.").field(parameter, why)
}

/// The report as a file: one line for each thing that there is to say.
///
/// # Errors
/// `query` if the filter cannot be.
pub fn report_csv<T>(
    intake: &Intake,
    judged: &Judged<T>,
    page: &Page,
    name: &'static str,
) -> Result<Response, Problem> {
    let language = page.language.unwrap_or_default();
    let say = |id: &'static str, en: &'static str| match language {
        Language::Id => id,
        Language::En => en,
    };
    let mut report = File::new(&[
        say("baris", "row"),
        say("putusan", "verdict"),
        say("kunci", "key"),
        say("nama", "name"),
        say("kolom", "column"),
        say("isian", "field"),
        say("nilai", "value"),
        say("keterangan", "said"),
        say("yang perlu dilakukan", "what to do"),
    ]);
    let verdict = |word: &str| match word {
        "add" => say("baru", "new"),
        "change" => say("berubah", "changed"),
        "same" => say("sama", "same"),
        "exists" => say("sudah ada", "exists"),
        _ => say("ditolak", "refused"),
    };
    let field = |key: &str| {
        let column = intake.contract.column(key);
        column.map_or_else(String::new, |c| c.name.in_language(language).to_owned())
    };
    for line in filtered(judged, page)? {
        let head = [
            line.row.to_string(),
            verdict(line.verdict).to_owned(),
            line.key.clone(),
            line.title.clone(),
        ];
        let mut tails: Vec<[String; 5]> = Vec::new();
        let remark = |remark: &Remark| {
            let todo = remark.todo.as_ref();
            [
                remark.column.clone(),
                field(&remark.field),
                remark.value.clone(),
                remark.said.in_language(language).to_owned(),
                todo.map_or_else(String::new, |todo| todo.in_language(language).to_owned()),
            ]
        };
        tails.extend(line.faults.iter().chain(&line.notes).map(remark));
        tails.extend(line.changes.iter().map(|change| {
            [
                String::new(),
                field(change.field),
                change.to.clone(),
                format!("{} {}", say("sebelumnya", "before"), change.from),
                String::new(),
            ]
        }));
        if tails.is_empty() {
            tails.push(Default::default());
        }
        for tail in tails {
            let cells: Vec<String> = head.iter().chain(&tail).cloned().collect();
            report.row(&cells);
        }
    }
    Ok(report.response(name))
}
