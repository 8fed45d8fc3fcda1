//! What the room does by itself.
//!
//! Each job looks at the tables and does what is missing, so that running it once more
//! than needed does no harm.

pub(crate) mod evidence;
pub(crate) mod nodes;
pub(crate) mod presence;
pub(crate) mod silence;
pub(crate) mod verdicts;

use std::time::Duration;

use hall::Hall;
use hall::link::kept;
use reach_core::slot::Slot;
use store::Error;

use verdicts::Which;

use crate::sql::{evidence as rows, router};

/// How often records are made evidence of, and evidence is decided, at most. Somebody
/// looks at the results by the minute.
const EVERY: Duration = Duration::from_secs(5);

/// Reports of routers that are let go in one transaction.
const REPORTS: u32 = 1_000;

/// Starts all of them.
pub(crate) async fn start(hall: &Hall) -> Result<(), Error> {
    let since = presence::begin(hall).await?;
    verdicts::by_this_rule(hall).await?;
    let it = hall.clone();
    hall.tasks().spawn(
        "reach.presence",
        async move { presence::go_on(it, since).await },
    );
    let it = hall.clone();
    hall.tasks().spawn("reach.ledger", ledger(it));
    let it = hall.clone();
    hall.tasks().spawn("reach.silence", listen(it));
    let it = hall.clone();
    hall.tasks().spawn("reach.kept", let_go(it));
    let it = hall.clone();
    hall.tasks().spawn("reach.nodes", nodes::go_on(it));
    Ok(())
}

/// Makes evidence of what has arrived and decides it, until the house closes.
async fn ledger(hall: Hall) {
    let stop = hall.tasks().soft().clone();
    let mut folder = evidence::Folder::default();
    let mut last = None;
    while stop
        .run_until_cancelled(tokio::time::sleep(EVERY))
        .await
        .is_some()
    {
        let slot = Some(Slot::of(hall.now().wall));
        let which = match std::mem::replace(&mut last, slot) == slot {
            true => Which::Past,
            false => Which::All,
        };
        if let Err(error) = pass(&hall, &mut folder, which).await {
            // What was not done is done by the next pass.
            tracing::error!(%error, "the ledger was not brought up to date");
        }
    }
}

/// Follows who is not heard, until the house closes.
async fn listen(hall: Hall) {
    let stop = hall.tasks().soft().clone();
    let mut listener = silence::Listener::new(hall.now().wall);
    while stop
        .run_until_cancelled(tokio::time::sleep(EVERY))
        .await
        .is_some()
    {
        if let Err(error) = listener.pass(&hall).await {
            tracing::error!(%error, "who is silent was not looked at");
        }
    }
}

/// Lets what boxes and routers have said go when its term is over, until the house closes.
async fn let_go(hall: Hall) {
    let stop = hall.tasks().soft().clone();
    // A house that is started often lets go, too.
    let mut pause = kept::EVERY / 6;
    while stop
        .run_until_cancelled(tokio::time::sleep(pause))
        .await
        .is_some()
    {
        pause = kept::EVERY;
        match outlived(&hall).await {
            Ok(0) => {}
            Ok(gone) => tracing::info!(gone, "readings were let go, their term is over"),
            Err(error) => tracing::error!(%error, "readings whose term is over were not let go"),
        }
    }
}

/// Lets go what is held for longer than its term; how many.
pub(crate) async fn outlived(hall: &Hall) -> Result<u64, Error> {
    let mut read = hall.db().read().await?;
    let read_to = rows::cursor(&mut read).await?;
    drop(read);
    let mut gone = kept::let_go(hall, read_to).await?;
    let stop = hall.tasks().soft();
    let now = hall.now().wall;
    let mut read = hall.db().read().await?;
    let first = router::first(&mut read).await?;
    drop(read);
    let term = now - hall.config().keep_readings;
    // By a day at most, as readings do.
    while let Some(first) = first.filter(|first| *first < term)
        && !stop.is_cancelled()
    {
        let mut tx = hall.db().write().await?;
        let some =
            router::let_go(&mut tx, term.min(first + kept::STEP_MAX), REPORTS.into()).await?;
        tx.commit().await?;
        gone += some;
        if some < u64::from(REPORTS) {
            break;
        }
    }
    Ok(gone)
}

/// Brings the ledger up to date.
pub(crate) async fn pass(
    hall: &Hall,
    folder: &mut evidence::Folder,
    which: Which,
) -> Result<(), Error> {
    let stop = hall.tasks().soft().clone();
    while !stop.is_cancelled() && folder.pass(hall).await? {}
    while !stop.is_cancelled() && folder.routers(hall).await? {}
    verdicts::pass(hall, which).await
}
