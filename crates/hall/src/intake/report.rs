//! Verdicts row by row, their counts, and what blocks a commit.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Said;
use crate::problem::Problem;
use crate::source::Card;

/// What becomes of one row.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome<T> {
    /// Something new, as it will be written.
    Add(T),
    /// Something that is there changes so.
    Change(T, Vec<Altered>),
    /// It is there and already as the row says.
    Same,
    /// It is there, and the file was sent to add only.
    Exists,
    /// Something is wrong with it.
    Refused,
}

impl<T> Outcome<T> {
    const fn word(&self) -> &'static str {
        match self {
            Self::Add(_) => "add",
            Self::Change(..) => "change",
            Self::Same => "same",
            Self::Exists => "exists",
            Self::Refused => "refused",
        }
    }
}

/// One field that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ImportAltered)]
pub struct Altered {
    /// The key of the column.
    #[schema(value_type = String)]
    pub field: &'static str,
    /// As it is.
    pub from: String,
    /// As it will be.
    pub to: String,
}

/// What there is to say about one cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ImportRemark)]
pub struct Remark {
    /// The letters of its column; empty where the file has no such column.
    pub column: String,
    /// The key of the field.
    pub field: String,
    /// What stands there, as far as it may be shown.
    pub value: String,
    /// What is wrong, or how it was read.
    pub said: Said,
    /// What to do about it; null where nothing has to be done.
    pub todo: Option<Said>,
}

/// What was found about one row.
#[derive(Debug)]
pub struct Verdict<T> {
    /// Its number beside the spreadsheet.
    pub row: u32,
    /// What it is known by.
    pub key: String,
    /// What it is called.
    pub title: String,
    /// What becomes of it.
    pub outcome: Outcome<T>,
    /// Why it is refused.
    pub faults: Vec<Remark>,
    /// What a reader should know besides.
    pub notes: Vec<Remark>,
}

/// How many rows have which verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ImportCounts)]
pub struct Counts {
    /// Rows that count.
    pub rows: usize,
    /// Rows above and between them: titles and remarks.
    pub skipped: usize,
    /// New.
    pub add: usize,
    /// Changed.
    pub change: usize,
    /// As they are.
    pub same: usize,
    /// There already.
    pub exists: usize,
    /// Refused.
    pub refused: usize,
}

/// What was written: `rows` is the sum of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ImportTally)]
pub struct Tally {
    /// Rows of the file that count.
    pub rows: usize,
    /// New.
    pub added: usize,
    /// Changed.
    pub changed: usize,
    /// As they were.
    pub same: usize,
    /// Left out, as was asked for.
    pub left_out: usize,
}

/// Writes what a preview shows.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = ImportCommit)]
pub struct Commit {
    /// The rows that are not written. Each refused row has to be among them, and
    /// each that is there already: nothing is left out that nobody has named.
    pub leave_out: BTreeSet<u32>,
    /// What is known about where the file comes from.
    pub source: Card,
}

/// A file, judged.
#[derive(Debug)]
pub struct Judged<T> {
    pub(super) skipped: usize,
    pub(super) verdicts: Vec<Verdict<T>>,
}

/// Rows that a refusal names.
const NAMED_MAX: usize = 20;

impl<T> Judged<T> {
    /// How many rows have which verdict.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts {
            rows: self.verdicts.len(),
            skipped: self.skipped,
            ..Counts::default()
        };
        for verdict in &self.verdicts {
            *match verdict.outcome {
                Outcome::Add(_) => &mut counts.add,
                Outcome::Change(..) => &mut counts.change,
                Outcome::Same => &mut counts.same,
                Outcome::Exists => &mut counts.exists,
                Outcome::Refused => &mut counts.refused,
            } += 1;
        }
        counts
    }

    /// What will be written, by row, once the rows that are left out are gone.
    ///
    /// # Errors
    /// `import-refused` while a row that stays is refused or there already, if a
    /// row is named that is not in the file, or if nothing would be written.
    pub fn written(self, leave_out: &BTreeSet<u32>) -> Result<(Vec<(u32, T)>, Tally), Problem> {
        let mut tally = Tally {
            rows: self.verdicts.len(),
            added: 0,
            changed: 0,
            same: 0,
            left_out: 0,
        };
        let known: BTreeSet<u32> = self.verdicts.iter().map(|verdict| verdict.row).collect();
        if let Some(row) = leave_out.difference(&known).next() {
            return Err(refused().field("leave_out", format!("the file has no row {row}")));
        }
        let mut blocked = Vec::new();
        let mut written = Vec::new();
        for verdict in self.verdicts {
            if leave_out.contains(&verdict.row) {
                tally.left_out += 1;
                continue;
            }
            match verdict.outcome {
                Outcome::Add(thing) => {
                    tally.added += 1;
                    written.push((verdict.row, thing));
                }
                Outcome::Change(thing, _) => {
                    tally.changed += 1;
                    written.push((verdict.row, thing));
                }
                Outcome::Same => tally.same += 1,
                Outcome::Exists => blocked.push((verdict.row, "is there already".to_owned())),
                Outcome::Refused => {
                    let why = verdict
                        .faults
                        .first()
                        .map(|fault| fault.said.en.to_string());
                    blocked.push((verdict.row, why.unwrap_or_else(|| "is refused".to_owned())));
                }
            }
        }
        if !blocked.is_empty() {
            let more = blocked.len().saturating_sub(NAMED_MAX);
            let mut problem = blocked
                .into_iter()
                .take(NAMED_MAX)
                .fold(refused(), |problem, (row, why)| {
                    problem.field(format!("row {row}"), why)
                });
            if more > 0 {
                problem = problem.field("rows", format!("and {more} more"));
            }
            return Err(problem);
        }
        if written.is_empty() {
            return Err(refused().field("rows", "no row would change anything"));
        }
        Ok((written, tally))
    }

    /// The verdicts as a page shows them, in the order of the file.
    pub(super) fn lines(&self) -> impl Iterator<Item = Line> {
        self.verdicts.iter().map(|verdict| Line {
            row: verdict.row,
            verdict: verdict.outcome.word(),
            key: verdict.key.clone(),
            title: verdict.title.clone(),
            faults: verdict.faults.clone(),
            notes: verdict.notes.clone(),
            changes: match &verdict.outcome {
                Outcome::Change(_, changes) => changes.clone(),
                _ => Vec::new(),
            },
        })
    }
}

fn refused() -> Problem {
    Problem::conflict(
        "import-refused",
        "Nothing was written: rows that cannot stand have to be mended or left out.",
    )
}

/// One row of the report.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ImportLine)]
pub struct Line {
    /// Its number beside the spreadsheet.
    pub row: u32,
    /// `add`, `change`, `same`, `exists` or `refused`.
    #[schema(value_type = String)]
    pub verdict: &'static str,
    /// What it is known by.
    pub key: String,
    /// What it is called.
    pub title: String,
    /// Why it is refused.
    pub faults: Vec<Remark>,
    /// What a reader should know besides.
    pub notes: Vec<Remark>,
    /// What would change.
    pub changes: Vec<Altered>,
}
