//! One checkpoint each day, and where it goes.
//!
//! A day is one of the house's zone. Its checkpoint is made at its beginning, or when the
//! house is there again. It stands in the database first; then it goes into the data
//! folder, into the folder for witnesses and through the program that sends it, each of
//! which can fail and is tried again: what has not gone is known by its row, also after
//! the house was killed in between. A failure is an incident and holds nothing else up.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use base::now::Mono;
use serde_json::{Map, Value as Json, json};
use store::Error;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::place::put;
use super::seal::{self, PART, SealError, Sealed};
use super::{Act, Actor, record, record_by};
use crate::Hall;
use crate::guard::Who;
use crate::incident::{self, Key, Opening, Severity};
use crate::sql::checkpoint::{self as rows, Went};

/// How often somebody looks what day it is. The clock may be set meanwhile.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// What failed is tried again after so long.
const AGAIN_AFTER: Duration = Duration::from_secs(15 * 60);

/// So long the program that sends may take.
const PROGRAM_MAX: Duration = Duration::from_secs(60);

/// What it says of its failure is kept so far, in octets.
const SAID_MAX: u64 = 300;

/// Checkpoints that are put in one go. Bound; policy: the others come next.
const AT_ONCE: i64 = 500;

/// The kind of the incident that there is no checkpoint.
const NOT_MADE: &str = "checkpoint.not_made";

/// The kind of the incident that one did not go where it should.
const NOT_GONE: &str = "checkpoint.not_gone";

/// The folder of checkpoints within a data folder.
#[must_use]
pub fn folder(data: &Path) -> PathBuf {
    data.join("checkpoints")
}

/// What the file of a checkpoint is called.
#[must_use]
pub fn file_name(hall: &Hall, it: &Sealed) -> String {
    match &it.day {
        Some(day) => format!("{day}.checkpoint"),
        None => format!("{}-{}.checkpoint", hall.day_of(it.made), it.size),
    }
}

/// What failed last, and when.
#[derive(Debug, Default)]
pub struct Failed {
    foldered: Option<Mono>,
    sent: Option<Mono>,
}

/// Looks after checkpoints until the house closes.
pub async fn keep(hall: Hall) {
    let stop = hall.tasks().soft().clone();
    let mut commits = hall.db().commits();
    let mut look = tokio::time::interval(LOOK_EVERY);
    let mut failed = Failed::default();
    loop {
        let is_made = round(&hall, &mut failed).await;
        tokio::select! {
            () = stop.cancelled() => return,
            _ = look.tick() => {}
            // A new house has nothing to sign until somebody has done something.
            changed = commits.changed(), if !is_made => if changed.is_err() { return },
        }
    }
}

/// Makes the checkpoint of today if there is none, and puts what was made where it has to
/// go. Whether there is one of today, or that is known to fail.
pub async fn round(hall: &Hall, failed: &mut Failed) -> bool {
    let house = Actor::house(PART);
    let is_made = match seal::make(hall, &house, Some(hall.today())).await {
        Ok(made) => {
            let told = over(hall, NOT_MADE, "").await;
            complain(told, "an incident could not be cleared");
            made.is_some()
        }
        Err(error) => {
            tracing::error!(%error, "there is no checkpoint of today");
            complain(
                not_made(hall, &error).await,
                "an incident could not be opened",
            );
            true
        }
    };
    complain(
        hand_out(hall, failed).await,
        "checkpoints could not be handed out",
    );
    is_made
}

fn complain(done: Result<(), Error>, what: &'static str) {
    if let Err(error) = done {
        tracing::error!(%error, "{what}");
    }
}

/// Puts every checkpoint where it has to go and has not gone yet.
///
/// # Errors
/// If the database does not answer. Where one cannot go, there is an incident.
pub async fn hand_out(hall: &Hall, failed: &mut Failed) -> Result<(), Error> {
    let now = hall.now().mono;
    let config = hall.config();
    let waits = |since: Option<Mono>| since.is_some_and(|at| now.since(at) < AGAIN_AFTER);
    let own = folder(&config.data);
    let made = std::fs::create_dir_all(&own);
    let filed = match made {
        Ok(()) => file(hall, Went::Filed, &own).await?,
        Err(error) => Err(error.to_string()),
    };
    tell(hall, "file", filed).await?;
    if let Some(folder) = &config.checkpoints
        && !waits(failed.foldered)
    {
        let done = file(hall, Went::Foldered, folder).await?;
        failed.foldered = done.is_err().then_some(now);
        tell(hall, "folder", done).await?;
    }
    if let Some(program) = &config.checkpoint_program
        && !waits(failed.sent)
    {
        let done = send(hall, program).await?;
        failed.sent = done.is_err().then_some(now);
        tell(hall, "program", done).await?;
    }
    Ok(())
}

/// What was done, or why it was not.
type Done = Result<(), String>;

/// Puts all that are not there yet into a folder.
async fn file(hall: &Hall, way: Went, folder: &Path) -> Result<Done, Error> {
    let mut after = 0;
    loop {
        let mut read = hall.db().read().await?;
        let found = rows::after(&mut read, after, AT_ONCE).await?;
        drop(read);
        let Some(last) = found.last().map(|row| row.size) else {
            return Ok(Ok(()));
        };
        after = last;
        let missing = |row: &rows::CheckpointRow| match way {
            Went::Filed => row.filed.is_none(),
            _ => row.foldered.is_none(),
        };
        let missing: Vec<_> = found.into_iter().filter(missing).collect();
        let mut gone = Vec::new();
        let mut stuck = None;
        for row in missing {
            let size = row.size;
            let it = Sealed::try_from(row)?;
            let path = folder.join(file_name(hall, &it));
            match put(&path, it.note.as_bytes(), 0o644) {
                Ok(()) => gone.push(size),
                Err(error) => {
                    stuck = Some(format!("{}: {error}", path.display()));
                    break;
                }
            }
        }
        wrote(hall, way, &gone).await?;
        if let Some(why) = stuck {
            return Ok(Err(why));
        }
    }
}

/// Hands the checkpoint of the newest day to the program that sends it. Those before it
/// are contained in it.
async fn send(hall: &Hall, program: &Path) -> Result<Done, Error> {
    let mut read = hall.db().read().await?;
    let today = rows::of_day(&mut read, &hall.today().to_string()).await?;
    drop(read);
    let Some(row) = today.filter(|row| row.sent.is_none()) else {
        return Ok(Ok(()));
    };
    let size = row.size;
    let it = Sealed::try_from(row)?;
    let ran = tokio::time::timeout(PROGRAM_MAX, run(program, &it)).await;
    let done = match ran {
        Ok(done) => done,
        Err(_) => Err(format!("it took longer than {} s", PROGRAM_MAX.as_secs())),
    };
    match done {
        Ok(()) => {
            wrote(hall, Went::Sent, &[size]).await?;
            Ok(Ok(()))
        }
        Err(why) => Ok(Err(format!("{}: {why}", program.display()))),
    }
}

/// It is given nothing of the house but the checkpoint: no variable of the environment,
/// where passwords may stand.
async fn run(program: &Path, it: &Sealed) -> Done {
    let text = |error: std::io::Error| error.to_string();
    let mut child = tokio::process::Command::new(program)
        .env_clear()
        .env(
            "PATH",
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        )
        .env("CHECKPOINT_DAY", it.day.as_deref().unwrap_or_default())
        .env("CHECKPOINT_SIZE", it.size.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(text)?;
    let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
    let give = async {
        if let Some(mut stdin) = stdin {
            // One that has read enough may close its input.
            let _ = stdin.write_all(it.note.as_bytes()).await;
        }
    };
    let hear = async {
        let mut said = Vec::new();
        if let Some(mut stderr) = stderr {
            let mut begin = (&mut stderr).take(SAID_MAX);
            let _ = begin.read_to_end(&mut said).await;
            let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
        }
        String::from_utf8_lossy(&said).trim().to_owned()
    };
    let ((), said, ended) = tokio::join!(give, hear, child.wait());
    let ended = ended.map_err(text)?;
    if ended.success() {
        Ok(())
    } else {
        Err(format!("{ended}: {said}"))
    }
}

/// Writes down that checkpoints went there, and tells of it once.
async fn wrote(hall: &Hall, way: Went, sizes: &[i64]) -> Result<(), Error> {
    let Some(newest) = sizes.last() else {
        return Ok(());
    };
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    for size in sizes {
        rows::went(&mut tx, *size, way, now.wall).await?;
    }
    let to = match way {
        Went::Filed => "file",
        Went::Foldered => "folder",
        Went::Sent => "program",
        Went::Printed => "paper",
    };
    let act = Act {
        verb: "checkpoint.handed_out",
        subject: newest.to_string(),
        detail: json!({ "to": to, "checkpoints": sizes.len() }),
    };
    record_by(&mut tx, now, &Actor::house(PART), act).await?;
    tx.commit().await
}

/// Writes down that somebody has printed one.
pub(crate) async fn printed(hall: &Hall, who: &Who, size: u64) -> Result<(), Error> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let key = i64::try_from(size).map_err(|_| Error::corrupt("the size of a checkpoint"))?;
    rows::went(&mut tx, key, Went::Printed, now.wall).await?;
    let act = Act {
        verb: "checkpoint.handed_out",
        subject: size.to_string(),
        detail: json!({ "to": "paper", "checkpoints": 1 }),
    };
    record(&mut tx, now, who, act).await?;
    tx.commit().await
}

async fn tell(hall: &Hall, way: &'static str, done: Done) -> Result<(), Error> {
    let Err(why) = done else {
        return over(hall, NOT_GONE, way).await;
    };
    tracing::warn!(way, why, "a checkpoint did not go where it should");
    let title = match way {
        "folder" => {
            "Titik periksa audit tidak dapat disalin ke folder saksi; titik itu tetap tersimpan \
             di folder data. Periksa folder itu; disalin lagi dengan sendirinya"
        }
        "program" => {
            "Titik periksa audit tidak terkirim; titik itu tetap tersimpan di folder data. \
             Periksa program pengirim; dicoba lagi dengan sendirinya"
        }
        _ => {
            "Titik periksa audit tidak dapat ditulis ke folder data; titik itu tetap tersimpan di \
             basis data. Periksa ruang dan izin folder; ditulis lagi dengan sendirinya"
        }
    };
    let facts = Map::from_iter([("way".to_owned(), json!(way))]);
    open(hall, NOT_GONE, way, (Severity::Warning, title), facts).await
}

async fn not_made(hall: &Hall, error: &SealError) -> Result<(), Error> {
    let (severity, title, why) = match error {
        SealError::Contradiction { .. } => (
            Severity::Critical,
            "Rantai audit bertentangan dengan titik periksa yang sudah ditandatangani; tidak ada \
             yang ditandatangani lagi. Jalankan betang audit verify --against dengan titik \
             periksa milik saksi",
            "contradiction",
        ),
        SealError::Signer(_) => (
            Severity::Warning,
            "Kunci titik periksa audit tidak dapat dipakai; rantai audit tetap berjalan. Periksa \
             folder seal di folder data",
            "key",
        ),
        SealError::Store(_) => (
            Severity::Warning,
            "Titik periksa audit tidak dapat dibuat; rantai audit tetap berjalan. Jalankan betang \
             audit verify",
            "store",
        ),
    };
    let facts = Map::from_iter([("why".to_owned(), json!(why))]);
    open(hall, NOT_MADE, "", (severity, title), facts).await
}

async fn open(
    hall: &Hall,
    kind: &'static str,
    of: &str,
    (severity, title): (Severity, &str),
    facts: Map<String, Json>,
) -> Result<(), Error> {
    let mut tx = hall.db().write().await?;
    let opening = Opening {
        key: Key::new(kind, of),
        by: PART,
        severity,
        title: title.to_owned(),
        facts,
        about: Vec::new(),
    };
    incident::open(&mut tx, hall.now(), opening).await?;
    tx.commit().await
}

/// The cause is gone, if there was one.
async fn over(hall: &Hall, kind: &'static str, of: &str) -> Result<(), Error> {
    let mut read = hall.db().read().await?;
    let goes_on = incident::goes_on(&mut read, &Key::new(kind, of)).await?;
    drop(read);
    if goes_on {
        let mut tx = hall.db().write().await?;
        incident::clear(&mut tx, hall.now(), &Key::new(kind, of), PART).await?;
        tx.commit().await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
