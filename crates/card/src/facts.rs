//! What an examination knows, kept sealed, and opened for whoever judges by it.
//!
//! It is one file under a key of its own, made when the examination is whole. Once a newer
//! one is, it goes with its key, unless a list was judged by it.

use std::io::{Read as _, Write as _};
use std::sync::Arc;

use card_core::facts::Facts;
use hall::Hall;
use hall::problem::Problem;
use hall::vault::{Opener, Sealer};
use store::blob::{self, Sha256};
use store::{Error, Tx};

use crate::room::Room;
use crate::sql::run::{self, Kept};

/// What its key is bound to.
const KEY: (&str, &str) = ("card_run", "facts");

/// The associated data of the file.
fn place(run: i64) -> String {
    format!("card_run {run} facts")
}

/// Largest file that is opened, in octets: of four times the people of the province.
const OCTETS_MAX: u64 = 1 << 30;

/// A file that was written and is not yet in the tables.
#[derive(Debug)]
pub(crate) struct Written {
    kept: Kept,
    hash: Sha256,
    octets: u64,
}

/// Seals what an examination knows.
pub(crate) async fn seal(hall: &Hall, run: i64, facts: Arc<Facts>) -> Result<Written, Problem> {
    let (blobs, vault) = (hall.blobs().clone(), hall.vault().clone());
    let sealing = hall.tasks().blocking("sealing facts", move || {
        let key = vault.own_key()?;
        let full = |error: std::io::Error| Problem::from(blobs.trouble(error));
        let mut sealer = Sealer::new(&key, place(run).as_bytes(), blobs.begin()?).map_err(full)?;
        sealer.write_all(&facts.octets()).map_err(full)?;
        let (hash, octets) = sealer.finish().map_err(full)?.keep()?;
        let kept = Kept {
            blob: hash.as_str().to_owned(),
            key: vault.wrap(KEY.0, &run.to_string(), KEY.1, &key)?,
        };
        Ok::<_, Problem>(Written { kept, hash, octets })
    });
    sealing
        .await
        .map_err(|undone| Problem::bug(undone.to_string()))?
}

impl Written {
    /// Takes the file away: the examination did not come to its end.
    pub(crate) async fn forget(self, hall: &Hall) {
        let blobs = hall.blobs().clone();
        let removed = hall
            .tasks()
            .blocking("removing facts", move || blobs.remove(&self.hash));
        if !matches!(removed.await, Ok(Ok(()))) {
            tracing::warn!("what an examination knew that failed lies there still");
        }
    }

    /// As the run names it.
    pub(crate) const fn kept(&self) -> &Kept {
        &self.kept
    }

    /// Writes down that the file is there.
    pub(crate) async fn record(&self, hall: &Hall, tx: &mut Tx) -> Result<(), Error> {
        let octets = usize::try_from(self.octets).unwrap_or(usize::MAX);
        blob::record(tx, &self.hash, octets, hall.now().wall).await
    }
}

/// What an examination knows.
///
/// # Errors
/// `card-no-facts` if it is not kept.
pub(crate) async fn open(hall: &Hall, room: &Room, number: i64) -> Result<Arc<Facts>, Problem> {
    if let Some(facts) = room.facts(number) {
        return Ok(facts);
    }
    // Whoever comes meanwhile finds it held.
    let _one = room.opening().lock().await;
    if let Some(facts) = room.facts(number) {
        return Ok(facts);
    }
    let mut read = hall.db().read().await?;
    let found = run::find(&mut read, number).await?;
    drop(read);
    let kept = found
        .filter(|run| run.state == "done")
        .and_then(|run| run.facts)
        .ok_or_else(none)?;
    let (blobs, vault) = (hall.blobs().clone(), hall.vault().clone());
    let opening = hall.tasks().blocking("opening facts", move || {
        let key = vault.unwrap_key(KEY.0, &number.to_string(), KEY.1, &kept.key)?;
        let broken = || Error::corrupt("card_run.facts_blob");
        let hash = Sha256::parse(&kept.blob).ok_or_else(broken)?;
        let trouble = |error: std::io::Error| Problem::from(blobs.trouble(error));
        let file = blobs.file(&hash)?;
        let opener = Opener::new(&key, place(number).as_bytes(), file).map_err(trouble)?;
        let mut octets = Vec::new();
        opener
            .take(OCTETS_MAX)
            .read_to_end(&mut octets)
            .map_err(trouble)?;
        Facts::read(&octets).map_err(|_| Problem::from(broken()))
    });
    let facts = opening
        .await
        .map_err(|undone| Problem::bug(undone.to_string()))??;
    let facts = Arc::new(facts);
    room.put_facts(number, &facts);
    Ok(facts)
}

fn none() -> Problem {
    Problem::conflict(
        "card-no-facts",
        "What that examination knew is not kept any more, or it is older than rules are: examine the lists again.",
    )
}

/// Lets go of what examinations before this one knew, where no list was judged by them.
pub(crate) async fn let_go(hall: &Hall, before: i64) -> Result<(), Problem> {
    let mut read = hall.db().read().await?;
    let idle = run::idle(&mut read, before).await?;
    drop(read);
    for (number, name) in idle {
        let Some(hash) = forget(hall, number, &name).await? else {
            continue;
        };
        remove(hall, hash).await?;
    }
    Ok(())
}

/// Lets go of what a run knew that counts no more.
pub(crate) async fn end(hall: &Hall, number: i64) -> Result<(), Error> {
    let mut read = hall.db().read().await?;
    let found = run::find(&mut read, number).await?;
    drop(read);
    let Some(name) = found.and_then(|run| run.facts_name) else {
        return Ok(());
    };
    if let Some(hash) = forget(hall, number, &name).await?
        && remove(hall, hash).await.is_err()
    {
        // Its key is gone: it is in nobody's way.
        tracing::warn!(run = number, "what a run knew lies there still");
    }
    Ok(())
}

/// The key goes first.
async fn forget(hall: &Hall, number: i64, name: &str) -> Result<Option<Sha256>, Error> {
    let Some(hash) = Sha256::parse(name) else {
        return Ok(None);
    };
    let mut tx = hall.db().write().await?;
    run::without_facts(&mut tx, number).await?;
    blob::forget(&mut tx, &hash).await?;
    tx.commit().await?;
    Ok(Some(hash))
}

async fn remove(hall: &Hall, hash: Sha256) -> Result<(), Problem> {
    let blobs = hall.blobs().clone();
    let removed = hall
        .tasks()
        .blocking("removing facts", move || blobs.remove(&hash));
    removed
        .await
        .map_err(|undone| Problem::bug(undone.to_string()))??;
    Ok(())
}
