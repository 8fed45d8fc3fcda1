//! An import from its upload to its report.
//!
//! The octets of a file are sealed as they arrive, under a key of the file's own. Then the
//! file is read once for its report, and once more when it is written. What is known of an
//! open import lives in memory and is found again by reading the file, so that a restart
//! loses nothing and no value of the file lies about.

use std::collections::BTreeMap;
use std::io::{Read, Write as _};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest::{Context, SHA256};
use axum::body::Body;
use base::id::{Id, Intake, Source};
use bytes::Bytes;
use card_core::list::Kind;
use card_core::number;
use futures::StreamExt as _;
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Permission, Who};
use hall::intake::{Passed, Shape, Sniffer, Table, each, head};
use hall::line;
use hall::problem::Problem;
use hall::vault::{Opener, OwnKey, Sealer};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::blob::{self, Blobs, Sha256};
use store::{Error, Tx};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use super::contract;
use super::judge::{self, Judged, Reading};
use super::report::{Point, Report};
use crate::decide;
use crate::room::Room;
use crate::sql::import::{self as rows, ImportRow, State};

/// Open imports of one person.
const OPEN_MAX: usize = 10;

/// Pieces of a body that may wait to be sealed.
const WAITING: usize = 4;

/// What the key of a file is bound to.
const FILE: (&str, &str) = ("card_import", "file");

/// What a person has chosen for a file. Never holds a value of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Choice {
    sheet: Option<String>,
    /// By column: the key of its field, or nothing.
    columns: BTreeMap<usize, Option<String>>,
    /// Of which system the codes of villages are; none while nobody has said so.
    pub(crate) codes: Option<Codes>,
}

/// Of which system the codes of villages are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CardImportCodes)]
pub(crate) enum Codes {
    /// Those of Kemendagri, which the house knows.
    Kemendagri,
    /// Those of BPS, or of somebody else: rows lie in no village then.
    Other,
}

/// What to change about the reading of a file. What is left out stays as it is.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = CardImportChange)]
pub(crate) struct Change {
    /// Another sheet of the workbook.
    pub(crate) sheet: Option<String>,
    /// Which column is which field.
    pub(crate) columns: Option<Vec<hall::intake::Assigned>>,
    /// Of which system the codes of villages are.
    pub(crate) codes: Option<Codes>,
}

/// What is being done with an open import, or known of it.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    /// It is read, so many rows so far.
    Reading(Arc<AtomicU64>, CancellationToken),
    /// It was read.
    Read(Arc<Found>),
    /// Its rows are written, so many of so many.
    Writing(Arc<AtomicU64>, u64),
    /// It could not be read, or not be written.
    Failed(Arc<Problem>),
}

/// What was found in a file.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) table: Table,
    pub(crate) report: Report,
}

/// Everything that reading a file takes, to be handed to where blocking is allowed.
#[derive(Debug, Clone)]
pub(super) struct File {
    blobs: Blobs,
    hash: Sha256,
    key: Arc<OwnKey>,
    source: Id<Source>,
    shape: Arc<Shape>,
    choice: Choice,
    kind: Kind,
    room: Room,
}

impl File {
    pub(super) fn of(hall: &Hall, room: &Room, row: &ImportRow) -> Result<Self, Problem> {
        let broken = || Error::corrupt("card_import");
        let place = row.source.to_string();
        let key = hall
            .vault()
            .unwrap_key(FILE.0, &place, FILE.1, &row.file_key)?;
        Ok(Self {
            blobs: hall.blobs().clone(),
            hash: Sha256::parse(&row.raw_blob).ok_or_else(broken)?,
            key: Arc::new(key),
            source: row.source,
            shape: Arc::new(serde_json::from_str(&row.shape).map_err(|_| broken())?),
            choice: serde_json::from_str(&row.choice).map_err(|_| broken())?,
            kind: row.kind,
            room: room.clone(),
        })
    }

    fn open(&self) -> Result<impl Read + use<>, Problem> {
        let file = self.blobs.file(&self.hash)?;
        Opener::new(&self.key, place(self.source).as_bytes(), file)
            .map_err(|error| self.blobs.trouble(error).into())
    }

    /// The first lines, with what each column is. Blocks.
    fn table(&self) -> Result<Table, Problem> {
        let sheet = self.choice.sheet.as_deref();
        head(
            self.open()?,
            &self.shape,
            contract::of(self.kind),
            sheet,
            &self.choice.columns,
        )
    }

    /// Goes through all rows. Blocks.
    pub(super) fn each(
        &self,
        table: &Table,
        mut take: impl FnMut(u32, Judged) -> ControlFlow<()>,
    ) -> Result<Passed, Problem> {
        let reading = Reading {
            kind: self.kind,
            kemendagri: self.choice.codes != Some(Codes::Other),
            areas: self.room.areas(),
        };
        each(
            self.open()?,
            table,
            &self.shape,
            contract::ROWS_MAX,
            &mut |row| take(row.number(), judge::judge(&reading, row)),
        )
    }
}

/// The associated data of a sealed file.
fn place(source: Id<Source>) -> String {
    format!("card_import:{source}")
}

/// Who may bring lists in, take them back and have them examined: a list tells of the whole
/// province, so whoever may do it there.
pub(crate) fn require(who: &Who) -> Result<(), Problem> {
    decide::require_whole(who, Permission::CardImport)
}

/// Takes a file in: seals it as it arrives, and begins to read it. The same file of the
/// same person, while it is open, is the same import.
pub(crate) async fn open(
    hall: &Hall,
    room: &Room,
    who: &Who,
    kind: Kind,
    name: &str,
    body: Body,
) -> Result<ImportRow, Problem> {
    require(who)?;
    let name = hall::intake::file_name(name);
    let mut read = hall.db().read().await?;
    let open = rows::unwritten(&mut read, Some(who.person())).await?;
    drop(read);
    if open.len() >= OPEN_MAX {
        return Err(Problem::conflict(
            "import-open",
            "Ten imports of yours are open. Write one or drop one first.",
        ));
    }
    let source: Id<Source> = hall.mint();
    let key = Arc::new(hall.vault().own_key()?);
    let arrived = receive(hall, Arc::clone(&key), source, body).await?;
    let blob = arrived.blob.clone();
    let kept = keep(hall, who, kind, name, source, &key, arrived).await;
    match &kept {
        Ok(row) if row.source == source => begin(hall, room, row)?,
        // It is there already, or could not be kept: nobody names what has arrived.
        _ => remove(hall, blob.as_str()).await?,
    }
    kept
}

/// Writes down what has arrived, or finds the same file that has arrived before.
async fn keep(
    hall: &Hall,
    who: &Who,
    kind: Kind,
    name: String,
    source: Id<Source>,
    key: &OwnKey,
    arrived: Arrived,
) -> Result<ImportRow, Problem> {
    let mut tx = hall.db().write().await?;
    if let Some(same) = rows::same(&mut tx, who.person(), kind, &arrived.sha256).await? {
        return Ok(same);
    }
    let row = ImportRow {
        id: hall.mint(),
        source,
        kind,
        person: who.person(),
        file_name: name,
        size_bytes: i64::try_from(arrived.octets).unwrap_or(i64::MAX),
        sha256: arrived.sha256,
        raw_blob: arrived.blob.as_str().to_owned(),
        file_key: hall
            .vault()
            .wrap(FILE.0, &source.to_string(), FILE.1, key)?,
        shape: printed(&arrived.shape)?,
        choice: printed(&Choice::default())?,
        state: State::Open,
        result: None,
        opened: hall.now().wall,
    };
    rows::insert(&mut tx, &row).await?;
    let sealed = usize::try_from(arrived.sealed).unwrap_or(usize::MAX);
    blob::record(&mut tx, &arrived.blob, sealed, row.opened).await?;
    let act = Act {
        verb: "card_import.opened",
        subject: row.id.to_string(),
        detail: json!({ "about": kind.as_str(), "sha256": row.sha256, "octets": row.size_bytes }),
    };
    audit::record(&mut tx, hall.now(), who, act).await?;
    tx.commit().await?;
    Ok(row)
}

/// What has arrived.
#[derive(Debug)]
struct Arrived {
    blob: Sha256,
    sealed: u64,
    sha256: String,
    octets: u64,
    shape: Shape,
}

/// Seals a body as it comes. Whoever sends faster than the disk writes waits.
async fn receive(
    hall: &Hall,
    key: Arc<OwnKey>,
    source: Id<Source>,
    body: Body,
) -> Result<Arrived, Problem> {
    let (send, pieces) = mpsc::channel::<Option<Bytes>>(WAITING);
    let blobs = hall.blobs().clone();
    let sealing = hall.tasks().blocking("sealing a file", move || {
        sealed(&blobs, &key, source, pieces)
    });
    let feeding = async move {
        let mut body = body.into_data_stream();
        while let Some(piece) = body.next().await {
            let Ok(piece) = piece else {
                // The sender is gone: what is half there is let go.
                return;
            };
            if send.send(Some(piece)).await.is_err() {
                return;
            }
        }
        // Nobody listens any more where the file was refused.
        let _ = send.send(None).await;
    };
    let (sealed, ()) = tokio::join!(sealing, feeding);
    sealed.map_err(|undone| Problem::bug(undone.to_string()))?
}

fn sealed(
    blobs: &Blobs,
    key: &OwnKey,
    source: Id<Source>,
    mut pieces: mpsc::Receiver<Option<Bytes>>,
) -> Result<Arrived, Problem> {
    let full = |error: std::io::Error| Problem::from(blobs.trouble(error));
    let place = place(source);
    let mut sealer = Sealer::new(key, place.as_bytes(), blobs.begin()?).map_err(full)?;
    let (mut sniffer, mut context, mut octets) = (Sniffer::new(), Context::new(&SHA256), 0);
    loop {
        match pieces.blocking_recv() {
            Some(Some(piece)) => {
                octets += piece.len() as u64;
                context.update(&piece);
                sniffer.feed(&piece);
                // Nothing that still comes would make a table of it.
                if sniffer.is_hopeless() {
                    break;
                }
                sealer.write_all(&piece).map_err(full)?;
            }
            Some(None) => break,
            None => {
                return Err(Problem::unreadable(
                    "The file broke off before its end; nothing was kept.",
                ));
            }
        }
    }
    let shape = sniffer.finish()?;
    let (blob, sealed) = sealer.finish().map_err(full)?.keep()?;
    let digest = context.finish();
    let sha256 = digest.as_ref().iter().map(|octet| format!("{octet:02x}"));
    Ok(Arrived {
        blob,
        sealed,
        sha256: sha256.collect(),
        octets,
        shape,
    })
}

/// Begins to read a file for its report, unless that is done or being done.
pub(crate) fn begin(hall: &Hall, room: &Room, row: &ImportRow) -> Result<(), Problem> {
    if room.work(row.id).is_some() || row.state != State::Open {
        return Ok(());
    }
    let file = File::of(hall, room, row)?;
    let (count, stop) = (Arc::new(AtomicU64::new(0)), CancellationToken::new());
    let work = Work::Reading(Arc::clone(&count), stop.clone());
    room.put_work(row.id, work);
    let (hall, room, id) = (hall.clone(), room.clone(), row.id);
    let it = hall.clone();
    hall.tasks().spawn("card.read", async move {
        let (asked, closing) = (stop.clone(), it.tasks().soft().clone());
        let work = move || {
            report(&file, &count, &|| {
                asked.is_cancelled() || closing.is_cancelled()
            })
        };
        // A workbook is held while it is read: a few at a time.
        let _turn = room.reading().acquire().await;
        let found = it.tasks().blocking("reading a list", work).await;
        // A library that panics over a file has met one that is broken.
        let found = found.unwrap_or_else(|_| {
            let why = "The file cannot be read: its parts contradict each other.";
            Err(Problem::invalid("file-unreadable", why))
        });
        // Another reading has begun, by other choices.
        if stop.is_cancelled() {
            return;
        }
        let work = match found {
            Ok(found) => Work::Read(Arc::new(found)),
            Err(problem) => Work::Failed(Arc::new(problem)),
        };
        room.put_work(id, work);
    });
    Ok(())
}

/// Reads all of a file for its report. Blocks.
fn report(file: &File, count: &AtomicU64, stop: &dyn Fn() -> bool) -> Result<Found, Problem> {
    let table = file.table()?;
    let mut report = Report::default();
    let mut numbers: Vec<(u64, u32)> = Vec::new();
    let passed = file.each(&table, |row, judged| {
        report.take(row, &judged.points);
        report.take_part(file.kind, &judged.record.programme, judged.area.as_ref());
        if let Some(nik) = number::read(&judged.record.nik).sound() {
            numbers.push((nik.value(), row));
        }
        count.fetch_add(1, Ordering::Relaxed);
        match stop() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })?;
    report.skipped = passed.skipped as u64;
    numbers.sort_unstable();
    let again = numbers
        .chunk_by(|a, b| a.0 == b.0)
        .flat_map(|same| &same[1..]);
    let mut again: Vec<u32> = again.map(|(_, row)| *row).collect();
    again.sort_unstable();
    for row in again {
        report.more(row, Point::Again);
    }
    Ok(Found { table, report })
}

/// An import of the caller's own.
pub(crate) async fn find(hall: &Hall, who: &Who, id: Id<Intake>) -> Result<ImportRow, Problem> {
    let mut read = hall.db().read().await?;
    rows::find(&mut read, id)
        .await?
        .filter(|row| row.person == who.person())
        .ok_or_else(|| {
            Problem::not_found(
                "import",
                "There is no such import of yours, or it was left lying for a day.",
            )
        })
}

/// Changes how an open import is read, and reads it anew.
pub(crate) async fn choose(
    hall: &Hall,
    room: &Room,
    who: &Who,
    id: Id<Intake>,
    change: Change,
) -> Result<ImportRow, Problem> {
    let mut row = find(hall, who, id).await?;
    if row.state != State::Open {
        return Err(done());
    }
    let mut choice = read_choice(&row)?;
    if let Some(sheet) = change.sheet {
        choice.sheet = Some(sheet);
        choice.columns.clear();
    }
    for assigned in change.columns.into_iter().flatten() {
        if let Some(key) = &assigned.field
            && contract::of(row.kind).column(key).is_none()
        {
            return Err(line::refuse("field", format!("there is no field {key}")));
        }
        choice.columns.insert(assigned.column, assigned.field);
    }
    choice.codes = change.codes.or(choice.codes);
    row.choice = printed(&choice)?;
    let mut tx = hall.db().write().await?;
    if !rows::choose(&mut tx, id, &row.choice).await? {
        return Err(done());
    }
    tx.commit().await?;
    if let Some(Work::Reading(_, stop)) = room.take_work(id) {
        stop.cancel();
    }
    begin(hall, room, &row)?;
    Ok(row)
}

/// Forgets an open import, and its file with it.
pub(crate) async fn discard(
    hall: &Hall,
    room: &Room,
    who: &Who,
    id: Id<Intake>,
) -> Result<(), Problem> {
    let row = find(hall, who, id).await?;
    if row.state != State::Open {
        return Err(done());
    }
    if let Some(Work::Reading(_, stop)) = room.take_work(id) {
        stop.cancel();
    }
    let mut tx = hall.db().write().await?;
    forget(&mut tx, &row).await?;
    let act = Act {
        verb: "card_import.dropped",
        subject: row.id.to_string(),
        detail: json!({ "about": row.kind.as_str(), "sha256": row.sha256 }),
    };
    audit::record(&mut tx, hall.now(), who, act).await?;
    tx.commit().await?;
    remove(hall, &row.raw_blob).await
}

pub(super) async fn forget(tx: &mut Tx, row: &ImportRow) -> Result<(), Problem> {
    // Somebody may have begun to write it since it was looked at.
    if !rows::forget(tx, row.id).await? {
        return Err(done());
    }
    if let Some(hash) = Sha256::parse(&row.raw_blob) {
        blob::forget(tx, &hash).await?;
    }
    Ok(())
}

pub(crate) async fn remove(hall: &Hall, blob: &str) -> Result<(), Problem> {
    let Some(hash) = Sha256::parse(blob) else {
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

pub(crate) fn read_choice(row: &ImportRow) -> Result<Choice, Problem> {
    serde_json::from_str(&row.choice).map_err(|_| Error::corrupt("card_import.choice").into())
}

pub(super) fn printed(of: &impl Serialize) -> Result<String, Problem> {
    serde_json::to_string(of).map_err(|error| Problem::bug(format!("cannot be written: {error}")))
}

pub(super) fn done() -> Problem {
    Problem::conflict(
        "import-done",
        "It was written or is being written; what is done stays done.",
    )
}
