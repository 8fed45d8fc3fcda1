//! How long files are kept, and what a start finds half done.

use std::time::Duration;

use base::now::Wall;
use hall::Hall;
use hall::audit::{self, Act};
use hall::problem::Problem;
use hall::source;
use serde_json::json;
use store::Error;
use store::blob::{self, Sha256};

use super::desk::{forget, remove};
use super::write::clear;
use crate::room::Room;
use crate::sql::import::{self as rows, State};
use crate::sql::list;

/// So long an import that nobody goes on with is kept.
const KEPT: Duration = Duration::from_secs(24 * 3600);

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
        tx.commit().await?;
        remove(hall, &row.raw_blob).await?;
    }
    for entry in lists {
        let Some(raw) = entry.raw_blob else {
            continue;
        };
        let mut tx = hall.db().write().await?;
        list::without_raw(&mut tx, entry.number).await?;
        source::without_raw(&mut tx, entry.source).await?;
        if let Some(hash) = Sha256::parse(&raw) {
            blob::forget(&mut tx, &hash).await?;
        }
        let act = Act {
            verb: "card_list.raw_destroyed",
            subject: entry.source.to_string(),
            detail: json!({ "list": entry.number }),
        };
        audit::record_by(&mut tx, hall.now(), &audit::Actor::house("card.kept"), act).await?;
        tx.commit().await?;
        remove(hall, &raw).await?;
    }
    Ok(())
}
