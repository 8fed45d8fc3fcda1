//! Looks every ten minutes whether the channels of recorders show the places that they
//! did. Cameras that play are looked at as they play; of the others the first pictures are
//! asked for, where the recorder has a session that nobody else wants.

use std::collections::BTreeMap;
use std::time::Duration;

use base::id::{Camera, Id};
use store::Error;
use watch_core::allot::Need;
use watch_core::supervise::Word;

use crate::http::recorder_channels::target;
use crate::hub::{Layer, StreamKey};
use crate::recorder::search::{self, Found};
use crate::recorder::watchful::{Shown, consider};
use crate::room::Room;
use crate::sql::recorder::{self, RecorderRow};

/// From the end of one round to the next. A rearrangement is known after a round, which
/// takes seconds a channel.
const EVERY: Duration = Duration::from_secs(600);

/// How long a channel may wait for a session that nobody wants, and be looked at.
const PATIENCE: Duration = Duration::from_secs(30);

/// Goes round until the house closes.
pub(crate) async fn follow(room: Room) {
    let stop = room.inner.hall.tasks().soft().clone();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        tokio::select! {
            () = stop.cancelled() => return,
            done = round(&room) => if let Err(error) = done {
                tracing::error!(%error, "the recorders could not be looked at");
            },
        }
    }
}

async fn round(room: &Room) -> Result<(), Error> {
    let mut read = room.inner.hall.db().read().await?;
    let rows = recorder::fetch(&mut read, &recorder::list()).await?;
    drop(read);
    for row in rows {
        look(room, &row).await?;
    }
    Ok(())
}

async fn look(room: &Room, row: &RecorderRow) -> Result<(), Error> {
    let mut read = room.inner.hall.db().read().await?;
    let given = recorder::channels(&mut read, &[row.id])
        .await?
        .remove(&row.id);
    let given = given.unwrap_or_default();
    let target = target(room, &mut read, row).await;
    drop(read);
    let Ok(target) = target else {
        tracing::error!(device.id = %row.id, "a recorder is kept that cannot be asked");
        return Ok(());
    };
    // One channel cannot be another.
    if given.len() < 2 {
        return Ok(());
    }
    let turns = room.inner.hub.turns((target.device, target.sessions));
    let mut shown = BTreeMap::new();
    for (channel, camera) in given {
        let found = match playing(room, camera).await {
            Some(found) => Some(found),
            None => {
                let number = u32::try_from(channel).unwrap_or(0);
                let looked = Box::pin(search::channel_of(
                    room,
                    &turns,
                    &target,
                    number,
                    Need::Spare,
                    &[Layer::Main],
                ));
                let looked = tokio::time::timeout(PATIENCE, looked).await;
                looked.ok().and_then(|(_, found)| Shown::of(&found))
            }
        };
        if let Some(found) = found {
            shown.insert(channel, found);
        }
    }
    consider(room, row, &shown).await
}

/// What a camera shows that plays already.
async fn playing(room: &Room, camera: Id<Camera>) -> Option<Shown> {
    let layer = Layer::Main;
    let channel = room.inner.hub.stream(StreamKey { camera, layer })?;
    let report = channel.report();
    if report.truth.word != Word::Live {
        return None;
    }
    let key = channel.ring().newest_key()?.alone()?;
    let (still, looks) = search::pictured(room, Some(key.into())).await;
    Shown::of(&Found::playing(report.video?, still, looks))
}
