//! Writes down that the house is there.

use std::time::Duration;

use hall::Hall;
use reach_core::slot::Slot;
use store::Error;

use crate::sql::presence as rows;

/// How often: each slot has one of these in it.
const EVERY: Duration = Duration::from_secs(20);

/// It is there, from now on.
pub(crate) async fn begin(hall: &Hall) -> Result<Slot, Error> {
    let slot = Slot::of(hall.now().wall);
    let mut tx = hall.db().write().await?;
    rows::begin(&mut tx, slot).await?;
    tx.commit().await?;
    Ok(slot)
}

/// And still is, until it closes.
pub(crate) async fn go_on(hall: Hall, since: Slot) {
    let stop = hall.tasks().soft().clone();
    while stop
        .run_until_cancelled(tokio::time::sleep(EVERY))
        .await
        .is_some()
    {
        if let Err(error) = note(&hall, since).await {
            tracing::error!(%error, "that the house is there was not written down");
        }
    }
}

/// Writes it down once.
pub(crate) async fn note(hall: &Hall, since: Slot) -> Result<(), Error> {
    let mut tx = hall.db().write().await?;
    rows::go_on(&mut tx, since, Slot::of(hall.now().wall)).await?;
    tx.commit().await
}
