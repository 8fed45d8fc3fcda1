//! A list on its way into the tables.
//!
//! It is staged first, which says what stands in its way; then its rows are sealed on one
//! thread and written by another, some thousand in one transaction, so that nobody else
//! waits long for the writer. Nobody reads them until the last transaction lets the list
//! stand. What does not come to its end is taken away.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base::day::Day;
use base::id::{Id, Intake, Source};
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Place, Who};
use hall::intake::Table;
use hall::problem::Problem;
use hall::source::{self, Brought, Card};
use hall::vault::Vault;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Error, Tx};
use tokio::sync::mpsc;
use utoipa::ToSchema;

use super::contract;
use super::desk::{File, Found, Work, begin, done, printed, read_choice};
use crate::room::Room;
use crate::sql::import::{self as rows, ImportRow, State};
use crate::sql::list::{self, ListRow};
use crate::sql::record::{self, Sealed};
use crate::strongbox;

/// Rows of one transaction: it is over before anybody waits for the writer.
const CHUNK: usize = 4_000;

/// Parts in which hashes are gone through: one is over before anybody waits for the writer.
const PARTS: i64 = 256;

/// Chunks of rows that may wait to be written.
const WAITING: usize = 4;

/// How long a raw copy is kept where nobody says otherwise.
const RAW_DAYS: i64 = 365;

/// Writes what was reported.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = CardImportCommit)]
pub(crate) struct Commit {
    /// How many refused rows are left out: exactly as many as the report says.
    pub(crate) leave_out: u64,
    /// What is known about where the file comes from.
    pub(crate) source: Card,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CardImportWritten)]
pub(crate) struct Written {
    /// `src_…`: where it all comes from.
    #[schema(value_type = String)]
    pub(crate) source: Id<Source>,
    /// The number of the list.
    pub(crate) list: i64,
    /// Rows of the file that count: the sum of the other two.
    pub(crate) rows: u64,
    /// Rows that were written.
    pub(crate) written: u64,
    /// Rows that were left out.
    pub(crate) left_out: u64,
}

/// Says what stands in the way of a list, and stages it. Its rows are written by
/// [`Whole::begin`], once the transaction is committed.
pub(crate) async fn commit(
    hall: &Hall,
    room: &Room,
    who: &Who,
    tx: &mut Tx,
    row: &ImportRow,
    commit: &Commit,
) -> Result<Whole, Problem> {
    if row.state != State::Open {
        return Err(done());
    }
    let known = room.work(row.id);
    if let Some(Work::Failed(_)) = known {
        // It is read once more, and can then be written.
        room.take_work(row.id);
        begin(hall, room, row)?;
    }
    let Some(Work::Read(found)) = known else {
        return Err(Problem::conflict(
            "import-unread",
            "The file is still being read; write it when its report is whole.",
        ));
    };
    let report = &found.report;
    if report.refused != commit.leave_out {
        return Err(Problem::conflict(
            "import-refused",
            "Nothing was written: refused rows have to be mended in the file, or left out by their exact number.",
        )
        .field("leave_out", report.refused.to_string()));
    }
    if report.rows == report.refused {
        return Err(Problem::conflict(
            "import-refused",
            "Nothing was written: no row of the file can be.",
        )
        .field("rows", report.rows.to_string()));
    }
    let choice = read_choice(row)?;
    if report.codes_are_foreign() && choice.codes.is_none() {
        return Err(Problem::conflict(
            "import-codes",
            "Most village codes are not those of Kemendagri. Say of which system they are.",
        )
        .field("codes", "kemendagri or other"));
    }
    source::check(hall, who, &commit.source)?;
    let as_of = commit
        .source
        .as_of
        .as_deref()
        .and_then(|day| day.parse::<Day>().ok());
    if !rows::moves(tx, row.id, State::Open, State::Staged).await? {
        return Err(done());
    }
    let title = commit.source.title.clone();
    let mut entry = ListRow {
        number: 0,
        source: row.source,
        kind: row.kind,
        title: title.unwrap_or_else(|| row.file_name.clone()),
        owner: commit.source.owner.clone(),
        as_of,
        part: report.part(),
        rows: 0,
        raw_blob: Some(row.raw_blob.clone()),
        file_key: Some(row.file_key.clone()),
        keep_until: None,
        by: who.person(),
        written: hall.now().wall,
    };
    entry.number = list::stage(tx, &entry).await?;
    Ok(Whole {
        file: File::of(hall, room, row)?,
        found,
        entry,
        row: row.clone(),
        commit: commit.clone(),
        who: who.clone(),
        count: Arc::new(AtomicU64::new(0)),
    })
}

/// All that writing a list takes.
pub(crate) struct Whole {
    file: File,
    found: Arc<Found>,
    entry: ListRow,
    row: ImportRow,
    commit: Commit,
    who: Who,
    count: Arc<AtomicU64>,
}

/// Rows on their way into the tables.
enum Piece {
    Rows(Vec<Sealed>),
    /// By what all of them are found, sorted.
    Found(Vec<(i64, u32)>),
}

impl Whole {
    /// Writes the rows, by itself.
    pub(crate) fn begin(self, hall: &Hall, room: &Room) {
        let report = &self.found.report;
        let rows = report.rows - report.refused;
        let work = Work::Writing(Arc::clone(&self.count), rows);
        room.put_work(self.row.id, work);
        let (it, room) = (hall.clone(), room.clone());
        hall.tasks()
            .spawn("card.write", async move { self.run(&it, &room).await });
    }

    /// Writes the rows, and tells the room what came of it.
    pub(crate) async fn run(mut self, hall: &Hall, room: &Room) {
        let id = self.row.id;
        match self.write(hall).await {
            Ok(()) => drop(room.take_work(id)),
            Err(problem) => {
                tracing::warn!(
                    list = self.entry.number,
                    problem = problem.slug(),
                    "a list was not written"
                );
                if let Err(error) = undo(hall, self.entry.number, id).await {
                    // The next start takes it away.
                    tracing::error!(%error, "a half written list was not taken away");
                }
                room.put_work(id, Work::Failed(Arc::new(problem)));
            }
        }
    }

    async fn write(&mut self, hall: &Hall) -> Result<(), Problem> {
        let (send, pieces) = mpsc::channel(WAITING);
        let (file, found, list) = (
            self.file.clone(),
            Arc::clone(&self.found),
            self.entry.number,
        );
        let (vault, stop) = (hall.vault().clone(), hall.tasks().soft().clone());
        let sealing = hall.tasks().blocking("sealing a list", move || {
            let stops = || stop.is_cancelled();
            sealed_rows(&file, &found.table, &vault, list, &send, &stops)
        });
        let count = &self.count;
        let writing = async {
            // Whoever seals waits for nobody once this has ended.
            let (mut pieces, mut written) = (pieces, 0);
            while let Some(piece) = pieces.recv().await {
                match piece {
                    Piece::Rows(rows) => {
                        let mut tx = hall.db().write().await?;
                        record::write(&mut tx, list, &rows).await?;
                        tx.commit().await?;
                        written += rows.len() as u64;
                        count.store(written, Ordering::Relaxed);
                    }
                    Piece::Found(hashes) => {
                        for some in hashes.chunks(CHUNK * 4) {
                            let mut tx = hall.db().write().await?;
                            record::index(&mut tx, list, some).await?;
                            tx.commit().await?;
                        }
                    }
                }
            }
            Ok::<u64, Problem>(written)
        };
        let (sealed, written) = tokio::join!(sealing, writing);
        let passed = sealed.map_err(|undone| Problem::bug(undone.to_string()))??;
        let written = written?;
        let report = &self.found.report;
        // As many rows come out as went in.
        if passed != report.rows || written + report.refused != report.rows {
            return Err(Problem::bug(
                "a list was written with another number of rows than it has",
            ));
        }
        self.settle(hall, written).await
    }

    /// From now on the list counts.
    async fn settle(&mut self, hall: &Hall, written: u64) -> Result<(), Problem> {
        let (row, report, now) = (&self.row, &self.found.report, hall.now());
        let mut tx = hall.db().write().await?;
        let mut card = self.commit.source.clone();
        card.classification
            .get_or_insert_with(|| "pribadi".to_owned());
        let days = *card.retention_days.get_or_insert(RAW_DAYS);
        let file = Brought {
            name: row.file_name.clone(),
            size_bytes: row.size_bytes,
            sha256: row.sha256.clone(),
            rows: i64::try_from(report.rows).unwrap_or(i64::MAX),
            raw_blob: row.raw_blob.clone(),
        };
        let subject = contract::of(row.kind).subject;
        source::bring(
            hall,
            &mut tx,
            &self.who,
            row.source,
            subject,
            &card,
            &file,
            Place::HOUSE,
        )
        .await?;
        self.entry.rows = i64::try_from(written).unwrap_or(i64::MAX);
        self.entry.written = now.wall;
        let term = Duration::from_secs(u64::try_from(days).unwrap_or(0) * 24 * 3_600);
        self.entry.keep_until = Some(now.wall + term);
        list::stand(&mut tx, &self.entry).await?;
        let result = Written {
            source: row.source,
            list: self.entry.number,
            rows: report.rows,
            written,
            left_out: report.refused,
        };
        rows::written(&mut tx, row.id, &printed(&result)?, now.wall).await?;
        let act = Act {
            verb: "card_import.written",
            subject: row.source.to_string(),
            detail: json!({
                "about": row.kind.as_str(), "file": row.file_name, "sha256": row.sha256,
                "list": self.entry.number, "rows": report.rows, "written": written,
                "left_out": report.refused,
            }),
        };
        audit::record(&mut tx, now, &self.who, act).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Seals all rows that are written, in chunks; how many rows there were. Blocks.
fn sealed_rows(
    file: &File,
    table: &Table,
    vault: &Vault,
    list: i64,
    send: &mpsc::Sender<Piece>,
    stop: &dyn Fn() -> bool,
) -> Result<u64, Problem> {
    let (mut chunk, mut hashes) = (Vec::with_capacity(CHUNK), Vec::new());
    let mut broken = None;
    let mut gone = false;
    let passed = file.each(table, |number, judged| {
        if judged.is_refused() {
            return ControlFlow::Continue(());
        }
        let found = strongbox::hashes(vault, &judged.record, judged.area.as_ref());
        hashes.extend(found.into_iter().map(|hash| (hash, number)));
        match strongbox::seal(vault, list, number, judged.area, &judged.record) {
            Ok(sealed) => chunk.push(sealed),
            Err(error) => {
                broken = Some(error);
                return ControlFlow::Break(());
            }
        }
        if chunk.len() == CHUNK {
            let rows = std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK));
            gone = stop() || send.blocking_send(Piece::Rows(rows)).is_err();
        }
        match gone {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })?;
    if let Some(error) = broken {
        return Err(error.into());
    }
    hashes.sort_unstable();
    hashes.dedup();
    // Whoever listens no more has told why.
    let sent = !gone
        && send.blocking_send(Piece::Rows(chunk)).is_ok()
        && send.blocking_send(Piece::Found(hashes)).is_ok();
    match sent {
        true => Ok(passed.rows as u64),
        false => Err(Problem::unavailable(
            "closing",
            "The house is closing; the list was not written and can be written again.",
        )),
    }
}

/// Takes away what was staged for an import that nobody writes any more.
pub(crate) async fn rescue(hall: &Hall, row: &ImportRow) -> Result<(), Error> {
    let mut read = hall.db().read().await?;
    let staged = list::staged_of(&mut read, row.source).await?;
    drop(read);
    for list in staged {
        undo(hall, list, row.id).await?;
    }
    let mut tx = hall.db().write().await?;
    rows::moves(&mut tx, row.id, State::Staged, State::Open).await?;
    tx.commit().await
}

/// Takes a list away that was not written to its end, in small steps.
async fn undo(hall: &Hall, list: i64, import: Id<Intake>) -> Result<(), Error> {
    let mut read = hall.db().read().await?;
    let is_staged = list::staged(&mut read).await?.contains(&list);
    drop(read);
    // What stands stays, whatever the one who made it stand was told.
    if !is_staged {
        return Ok(());
    }
    clear(hall, list).await?;
    let mut tx = hall.db().write().await?;
    list::forget(&mut tx, list).await?;
    rows::moves(&mut tx, import, State::Staged, State::Open).await?;
    tx.commit().await
}

pub(super) async fn clear(hall: &Hall, list: i64) -> Result<(), Error> {
    let part = i64::MAX / PARTS;
    for at in 0..=PARTS {
        let hashes = at * part..(at + 1).saturating_mul(part);
        let mut tx = hall.db().write().await?;
        record::forget_index(&mut tx, list, hashes).await?;
        tx.commit().await?;
    }
    loop {
        let mut tx = hall.db().write().await?;
        let more = record::forget(&mut tx, list, i64::try_from(CHUNK).unwrap_or(i64::MAX)).await?;
        tx.commit().await?;
        if !more {
            return Ok(());
        }
    }
}
