//! How long files are kept, and what a start finds half done.

use std::time::Duration;

use base::now::Wall;
use hall::Hall;
use hall::audit::{self, Act, Actor};
use hall::problem::Problem;
use hall::source;
use serde_json::json;
use store::blob::Sha256;
use store::{Error, Tx};

use super::desk::forget;
pub(crate) use super::desk::remove;
use super::write::clear;
use crate::erase;
use crate::room::Room;
use crate::sql::import::{self as rows, State};
use crate::sql::list::{self, ListRow};
use crate::sql::{erasure, settled, term};
use crate::term::Term;

/// So long an import that nobody goes on with is kept.
pub(crate) const KEPT: Duration = Duration::from_secs(24 * 3600);

/// How often it is looked whether a raw copy has outlived its term.
const LOOK: Duration = Duration::from_secs(3_600);

/// What was being written when the house stopped is taken away, and can be written again.
pub(crate) async fn sweep(hall: &Hall) -> Result<(), Error> {
    let mut read = hall.db().read().await?;
    let staged = list::staged(&mut read).await?;
    let open = rows::unwritten(&mut read, None).await?;
    drop(read);
    for list in staged {
        clear(hall, list).await?;
        let mut tx = hall.db().write().await?;
        list::forget(&mut tx, list).await?;
        tx.commit().await?;
        tracing::warn!(list, "a list that was being written was taken away");
    }
    let mut tx = hall.db().write().await?;
    for row in open.iter().filter(|row| row.state == State::Staged) {
        rows::moves(&mut tx, row.id, State::Staged, State::Open).await?;
    }
    tx.commit().await
}

/// Lets files go that nobody went on with, and raw copies whose term is over, until the
/// house closes.
pub(crate) async fn let_go(hall: Hall, room: Room) {
    let stop = hall.tasks().soft().clone();
    loop {
        if let Err(problem) = outlived(&hall, hall.now().wall).await {
            tracing::error!(
                problem = problem.slug(),
                "files whose term is over were not let go"
            );
        }
        // What examinations know is plain in memory while somebody works with it.
        room.let_go_of_all();
        let pause = tokio::time::sleep(LOOK);
        if stop.run_until_cancelled(pause).await.is_none() {
            return;
        }
    }
}

/// Lets go what is kept for longer than its term.
pub(crate) async fn outlived(hall: &Hall, now: Wall) -> Result<(), Problem> {
    let mut read = hall.db().read().await?;
    let open = rows::unwritten(&mut read, None).await?;
    let lists = list::outlived(&mut read, now).await?;
    drop(read);
    let left = open
        .into_iter()
        .filter(|row| row.opened < now - KEPT && row.state == State::Open);
    for row in left {
        let mut tx = hall.db().write().await?;
        forget(&mut tx, &row).await?;
        settled::destroyed(&mut tx, now).await?;
        term::add(&mut tx, Term::Imports.as_str(), now).await?;
        tx.commit().await?;
        remove(hall, &row.raw_blob).await?;
    }
    for entry in lists {
        let mut tx = hall.db().write().await?;
        end_raw(hall, &mut tx, &entry, &Actor::house("card.kept")).await?;
        term::add(&mut tx, Term::RawCopy.as_str(), now).await?;
        tx.commit().await?;
    }
    // What a power cut has left goes with them.
    erase::sweep(hall).await?;
    Ok(())
}

/// The raw copy of a list ends: its key is destroyed, and the file is left to be taken off the
/// disk once that is committed.
pub(crate) async fn end_raw(
    hall: &Hall,
    tx: &mut Tx,
    entry: &ListRow,
    actor: &Actor,
) -> Result<(), Error> {
    list::without_raw(tx, entry.number).await?;
    source::without_raw(tx, entry.source).await?;
    settled::destroyed(tx, hall.now().wall).await?;
    if let Some(hash) = entry.raw_blob.as_deref().and_then(Sha256::parse) {
        erasure::leave(tx, &hash, hall.now().wall).await?;
    }
    let act = Act {
        verb: "card_list.raw_destroyed",
        subject: entry.source.to_string(),
        detail: json!({ "list": entry.number }),
    };
    audit::record_by(tx, hall.now(), actor, act).await
}
