//! An import from its upload to its end.
//!
//! A file is sealed before its row is written and read again for each preview, so
//! what is shown is always what would be written now. Only whoever sent it sees
//! it. One that nobody goes on with is forgotten after a day, with its file; one
//! that was written stays, as the raw copy of its source.

use std::collections::BTreeMap;
use std::time::Duration;

use base::id::{Id, Intake as IntakeNoun, Source};
use base::now::Wall;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::blob::{self, Sha256};
use store::{Conn, Tx};
use utoipa::ToSchema;

use super::grid::{self, Grid, Unreadable};
use super::report::{Commit, Tally};
use super::table::Table;
use super::{Contract, Upload, mapping};
use crate::Hall;
use crate::audit::{self, Act};
use crate::guard::{Permission, Place, Who};
use crate::line;
use crate::problem::Problem;
use crate::source::{self, Brought, Card};
use crate::sql::intake::{self as rows, IntakeRow};

/// So long a preview that nobody goes on with is kept.
pub(super) const KEPT: Duration = Duration::from_secs(24 * 3600);

/// Open previews of one person; the oldest go first.
const OPEN_MAX: i64 = 10;

/// What a sealed file is bound to, besides the id of its source (hall vault).
const RAW: (&str, &str) = ("hall_source", "raw");

/// What is to be done with rows that are there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ImportMode)]
pub enum Mode {
    /// They stand in the way.
    #[default]
    Add,
    /// The columns that the file has change them.
    Update,
}

impl Mode {
    pub(super) fn parse(word: &str) -> Option<Self> {
        match word {
            "add" => Some(Self::Add),
            "update" => Some(Self::Update),
            _ => None,
        }
    }
}

/// What a person has chosen for a file. Never holds a value of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Choice {
    pub(super) mode: Mode,
    pub(super) sheet: Option<String>,
    /// By column: the key of its field, or nothing.
    pub(super) columns: BTreeMap<usize, Option<String>>,
}

/// What to change about the reading of a file. What is left out stays as it is.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = ImportChange)]
pub struct Change {
    /// Whether rows that are there already may be changed.
    pub mode: Option<Mode>,
    /// Another sheet of the workbook. Its columns are proposed anew.
    pub sheet: Option<String>,
    /// Which column is which field.
    pub columns: Option<Vec<Assigned>>,
}

/// One column and its field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ImportAssigned)]
pub struct Assigned {
    /// The place of the column, from 0.
    pub column: usize,
    /// The key of the field; null for none.
    pub field: Option<String>,
}

/// The same file, as it was imported before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ImportSeen)]
pub struct Seen {
    /// `src_…`.
    #[schema(value_type = String)]
    pub source: Id<Source>,
    /// When, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    pub at_us: Wall,
    /// Rows of it that counted.
    pub rows: Option<i64>,
}

/// What was written, for whoever asks and asks again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ImportWritten)]
pub struct Written {
    /// `src_…`: where it all comes from.
    #[schema(value_type = String)]
    pub source: Id<Source>,
    /// How many rows became what.
    pub tally: Tally,
}

/// An import of a file.
#[derive(Debug)]
pub struct Intake {
    pub(super) row: IntakeRow,
    pub(super) contract: &'static Contract,
    pub(super) choice: Choice,
    /// None once it was written: the file is history then.
    pub(super) table: Option<Table>,
    pub(super) written: Option<Written>,
    pub(super) seen: Vec<Seen>,
}

impl Intake {
    /// Which.
    #[must_use]
    pub const fn id(&self) -> Id<IntakeNoun> {
        self.row.id
    }

    /// The source that it becomes.
    #[must_use]
    pub const fn source(&self) -> Id<Source> {
        self.row.source
    }

    /// Whether rows that are there already may be changed.
    #[must_use]
    pub fn may_change(&self) -> bool {
        self.choice.mode == Mode::Update
    }

    /// The rows, while it is open.
    #[must_use]
    pub const fn table(&self) -> Option<&Table> {
        self.table.as_ref()
    }

    /// When the same file was imported before, the last first.
    #[must_use]
    pub fn seen(&self) -> &[Seen] {
        &self.seen
    }

    /// What was written, if it was.
    #[must_use]
    pub const fn written(&self) -> Option<&Written> {
        self.written.as_ref()
    }
}

/// Takes a file in: reads it once, so that one that is no table is refused here and
/// kept nowhere, then seals it. The same file of the same person, while it is open,
/// is the same import: a repeated upload has no second effect.
///
/// # Errors
/// `not-allowed`, or in which way the file cannot be read.
pub async fn open(
    hall: &Hall,
    who: &Who,
    contract: &'static Contract,
    upload: Upload,
) -> Result<Intake, Problem> {
    if !who.holds(Permission::SourcesWrite) {
        return Err(Problem::denied("not-allowed", "This needs source.write."));
    }
    let grid = read(hall, contract, upload.octets.clone(), None).await?;
    let rows = Table::new(contract, grid.clone(), &BTreeMap::new()).count();
    if rows > contract.rows_max {
        let most = contract.rows_max;
        return Err(Unreadable::TooMany { what: "rows", most }.into());
    }
    let choice = Choice {
        mode: upload.mode,
        ..Choice::default()
    };
    let row = IntakeRow {
        id: hall.mint(),
        source: hall.mint(),
        subject: contract.subject.to_owned(),
        person: who.person(),
        file_name: upload.name,
        size_bytes: i64::try_from(upload.octets.len()).unwrap_or(i64::MAX),
        sha256: Sha256::of(&upload.octets).as_str().to_owned(),
        raw_blob: String::new(),
        choice: printed(&choice)?,
        result: None,
        opened: hall.now().wall,
    };
    let kept = keep(hall, who, row, &upload.octets).await?;
    let mut intake = unread(hall, contract, kept).await?;
    let said = &intake.choice.columns;
    // Another sheet may have been chosen the first time.
    let grid = if intake.choice.sheet.is_some() && intake.choice.sheet != grid.sheet {
        read(hall, contract, upload.octets, intake.choice.sheet.clone()).await?
    } else {
        grid
    };
    intake.table = Some(Table::new(contract, grid, said));
    Ok(intake)
}

/// Seals the file and writes its row, or finds the row that is there.
async fn keep(
    hall: &Hall,
    who: &Who,
    mut row: IntakeRow,
    octets: &Bytes,
) -> Result<IntakeRow, Problem> {
    let now = hall.now();
    let mut read = hall.db().read().await?;
    let there = rows::same(&mut read, &row).await?;
    drop(read);
    if let Some(there) = there {
        let mode = read_choice(&row.choice)?.mode;
        let choice = Choice {
            mode,
            ..read_choice(&there.choice)?
        };
        let mut tx = hall.db().write().await?;
        rows::choose(&mut tx, there.id, &printed(&choice)?).await?;
        tx.commit().await?;
        return Ok(IntakeRow {
            choice: printed(&choice)?,
            ..there
        });
    }
    let sealed = hall
        .vault()
        .seal(RAW.0, &row.source.to_string(), RAW.1, octets)?;
    let size = sealed.len();
    let blobs = hall.blobs().clone();
    let put = hall
        .tasks()
        .blocking("keeping a file", move || blobs.put(&sealed));
    let hash = put
        .await
        .map_err(|undone| Problem::bug(undone.to_string()))??;
    hash.as_str().clone_into(&mut row.raw_blob);

    let mut tx = hall.db().write().await?;
    rows::insert(&mut tx, &row).await?;
    blob::record(&mut tx, &hash, size, now.wall).await?;
    let left = rows::left_lying(&mut tx, now.wall - KEPT, row.person, OPEN_MAX).await?;
    for old in &left {
        forget(&mut tx, old).await?;
    }
    let act = Act {
        verb: "import.opened",
        subject: row.id.to_string(),
        detail: json!({ "about": row.subject, "sha256": row.sha256, "octets": row.size_bytes }),
    };
    audit::record(&mut tx, now, who, act).await?;
    tx.commit().await?;
    for old in left {
        remove(hall, old).await?;
    }
    Ok(row)
}

/// An import of the caller's own.
///
/// # Errors
/// `import` if there is none.
pub async fn find(
    hall: &Hall,
    who: &Who,
    contract: &'static Contract,
    id: Id<IntakeNoun>,
) -> Result<Intake, Problem> {
    let mut read = hall.db().read().await?;
    let row = own(&mut read, who, contract, id).await?;
    drop(read);
    let mut intake = unread(hall, contract, row).await?;
    if intake.written.is_none() {
        let octets = unseal(hall, &intake.row).await?;
        let sheet = intake.choice.sheet.clone();
        let grid = self::read(hall, contract, octets, sheet).await?;
        intake.table = Some(Table::new(contract, grid, &intake.choice.columns));
    }
    Ok(intake)
}

/// Changes how an open import is read.
///
/// # Errors
/// `import`, `import-done`, or the choice that cannot stand.
pub async fn choose(
    hall: &Hall,
    who: &Who,
    contract: &'static Contract,
    id: Id<IntakeNoun>,
    change: Change,
) -> Result<Intake, Problem> {
    let mut intake = find(hall, who, contract, id).await?;
    let Some(table) = &intake.table else {
        return Err(done());
    };
    let mut choice = intake.choice.clone();
    choice.mode = change.mode.unwrap_or(choice.mode);
    if let Some(sheet) = change.sheet
        && table.grid.sheet.as_ref() != Some(&sheet)
    {
        if !table.grid.sheets.contains(&sheet) {
            return Err(line::refuse("sheet", "is not in the workbook"));
        }
        choice.sheet = Some(sheet);
        choice.columns.clear();
    }
    for assigned in change.columns.into_iter().flatten() {
        check(table, contract, &assigned)?;
        choice.columns.insert(assigned.column, assigned.field);
    }
    let mut tx = hall.db().write().await?;
    rows::choose(&mut tx, id, &printed(&choice)?).await?;
    tx.commit().await?;
    if choice.sheet == intake.choice.sheet {
        let grid = table.grid.clone();
        intake.table = Some(Table::new(contract, grid, &choice.columns));
        intake.choice = choice;
        return Ok(intake);
    }
    find(hall, who, contract, id).await
}

/// Whether a column may become a field: one that looks like passwords may become
/// nothing that is shown.
pub(super) fn check(
    table: &Table,
    contract: &Contract,
    assigned: &Assigned,
) -> Result<(), Problem> {
    if assigned.column >= table.fields.len() {
        return Err(line::refuse("column", "the file has no such column"));
    }
    let Some(key) = assigned.field.as_deref() else {
        return Ok(());
    };
    let Some(column) = contract.column(key) else {
        return Err(line::refuse("field", format!("there is no field {key}")));
    };
    let heading = table.heading(assigned.column);
    if mapping::is_secret(&heading, contract) && column.reads != super::Reads::Secret {
        return Err(line::refuse(
            "field",
            "the column looks like passwords, and this field is shown",
        ));
    }
    Ok(())
}

/// Forgets an open import, and its file with it.
///
/// # Errors
/// `import` if there is none, `import-done` if it was written.
pub async fn discard(
    hall: &Hall,
    who: &Who,
    contract: &'static Contract,
    id: Id<IntakeNoun>,
) -> Result<(), Problem> {
    let mut tx = hall.db().write().await?;
    let row = own(&mut tx, who, contract, id).await?;
    if row.result.is_some() {
        return Err(done());
    }
    forget(&mut tx, &row).await?;
    let act = Act {
        verb: "import.dropped",
        subject: row.id.to_string(),
        detail: json!({ "about": row.subject, "sha256": row.sha256 }),
    };
    audit::record(&mut tx, hall.now(), who, act).await?;
    tx.commit().await?;
    remove(hall, row).await
}

/// What was written meanwhile, if it was: to be asked in the transaction that is
/// about to write.
///
/// # Errors
/// `import` if it was dropped meanwhile.
pub async fn written_meanwhile(
    tx: &mut Tx,
    who: &Who,
    intake: &Intake,
) -> Result<Option<Written>, Problem> {
    let row = own(tx, who, intake.contract, intake.row.id).await?;
    Ok(row.result.as_deref().map(read_written).transpose()?)
}

/// Ends an import in the transaction of what it wrote: registers its source, writes
/// the audit, and keeps the answer for whoever asks again. `around` is the smallest
/// place that holds all that was written.
///
/// # Errors
/// What of the source's card cannot stand.
pub async fn settle(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    intake: &Intake,
    commit: &Commit,
    tally: Tally,
    around: Place,
) -> Result<Written, Problem> {
    let row = &intake.row;
    let file = Brought {
        name: row.file_name.clone(),
        size_bytes: row.size_bytes,
        sha256: row.sha256.clone(),
        rows: i64::try_from(tally.rows).unwrap_or(i64::MAX),
        raw_blob: row.raw_blob.clone(),
    };
    let mut card: Card = commit.source.clone();
    card.classification
        .get_or_insert_with(|| intake.contract.classification.to_owned());
    source::bring(
        hall,
        tx,
        who,
        row.source,
        intake.contract.subject,
        &card,
        &file,
        around,
    )
    .await?;
    let written = Written {
        source: row.source,
        tally,
    };
    let kept = serde_json::to_string(&written)
        .map_err(|error| Problem::bug(format!("a result cannot be written: {error}")))?;
    let now = hall.now();
    rows::settle(tx, row.id, &kept, now.wall).await?;
    let act = Act {
        verb: "import.committed",
        subject: row.source.to_string(),
        detail: json!({
            "about": row.subject, "file": row.file_name, "sha256": row.sha256,
            "rows": tally.rows, "added": tally.added, "changed": tally.changed,
            "same": tally.same, "left_out": tally.left_out,
        }),
    };
    audit::record(tx, now, who, act).await?;
    Ok(written)
}

async fn own(
    conn: &mut Conn,
    who: &Who,
    contract: &Contract,
    id: Id<IntakeNoun>,
) -> Result<IntakeRow, Problem> {
    rows::own(conn, id, who.person(), contract.subject)
        .await?
        .ok_or_else(|| {
            Problem::not_found(
                "import",
                "There is no such import of yours, or it was left lying for a day.",
            )
        })
}

fn done() -> Problem {
    Problem::conflict("import-done", "It was written; what is done stays done.")
}

/// The import of a row, its file not read yet.
async fn unread(
    hall: &Hall,
    contract: &'static Contract,
    row: IntakeRow,
) -> Result<Intake, Problem> {
    let mut read = hall.db().read().await?;
    let seen = source::seen(&mut read, &row.subject, &row.sha256, row.source)
        .await?
        .into_iter()
        .map(|before| Seen {
            source: before.source,
            at_us: before.at_us,
            rows: before.rows,
        })
        .collect();
    Ok(Intake {
        choice: read_choice(&row.choice)?,
        written: row.result.as_deref().map(read_written).transpose()?,
        row,
        contract,
        table: None,
        seen,
    })
}

async fn read(
    hall: &Hall,
    contract: &'static Contract,
    octets: Bytes,
    sheet: Option<String>,
) -> Result<Grid, Problem> {
    let work = move || grid::read(&octets, contract, sheet.as_deref());
    match hall.tasks().blocking("reading a file", work).await {
        Ok(read) => Ok(read?),
        // A library that panics over a file has met one that is broken.
        Err(_) => Err(Unreadable::Broken("its parts contradict each other".into()).into()),
    }
}

async fn unseal(hall: &Hall, row: &IntakeRow) -> Result<Bytes, Problem> {
    let hash = Sha256::parse(&row.raw_blob)
        .ok_or_else(|| store::Error::corrupt("hall_intake.raw_blob"))?;
    let blobs = hall.blobs().clone();
    let got = hall
        .tasks()
        .blocking("fetching a file", move || blobs.get(&hash));
    let sealed = got
        .await
        .map_err(|undone| Problem::bug(undone.to_string()))??;
    let octets = hall
        .vault()
        .open(RAW.0, &row.source.to_string(), RAW.1, &sealed)?;
    Ok(octets.into())
}

/// A sealed file is like no other, so nothing else names its blob.
async fn forget(tx: &mut Tx, row: &IntakeRow) -> Result<(), Problem> {
    rows::forget(tx, row).await?;
    if let Some(hash) = Sha256::parse(&row.raw_blob) {
        blob::forget(tx, &hash).await?;
    }
    Ok(())
}

async fn remove(hall: &Hall, row: IntakeRow) -> Result<(), Problem> {
    let Some(hash) = Sha256::parse(&row.raw_blob) else {
        return Ok(());
    };
    let blobs = hall.blobs().clone();
    let removed = hall
        .tasks()
        .blocking("removing a file", move || blobs.remove(&hash));
    removed
        .await
        .map_err(|undone| Problem::bug(undone.to_string()))??;
    Ok(())
}

fn printed(choice: &Choice) -> Result<String, Problem> {
    serde_json::to_string(choice)
        .map_err(|error| Problem::bug(format!("a choice cannot be written: {error}")))
}

fn read_choice(text: &str) -> Result<Choice, store::Error> {
    serde_json::from_str(text).map_err(|_| store::Error::corrupt("hall_intake.choice"))
}

fn read_written(text: &str) -> Result<Written, store::Error> {
    serde_json::from_str(text).map_err(|_| store::Error::corrupt("hall_intake.result"))
}
