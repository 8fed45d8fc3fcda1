//! Lets the past go in time: what is in memory, and what was saved.

use std::time::Duration;

use base::id::{Clip, Id};
use hall::audit::{self, Act, Actor};
use store::Error;
use store::blob::{self, Sha256};

use crate::hub::past::EXPIRE_EVERY;
use crate::looking;
use crate::room::Room;
use crate::sql::clip;

/// How often somebody looks whose term is over.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Clips that are removed in one go. Bound; policy: the others come next.
const AT_ONCE: i64 = 100;

/// What the audit calls this part of the house.
const PART: &str = "clips";

/// Lets go of pictures that are too old, and of those who have looked back long enough;
/// until the house closes.
pub(crate) async fn past(room: Room) {
    let hall = &room.inner.hall;
    let stop = hall.tasks().soft().clone();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(EXPIRE_EVERY) => {}
        }
        room.inner.hub.past().expire(hall.now().mono);
        for open in room.inner.looking.overdue(hall.now().mono) {
            looking::end(&room, &open, "time").await;
        }
        let sum = room.inner.hub.past().sum();
        for (name, help, bytes) in [
            (
                "betang_past_budget_bytes",
                "Octets that the last minute of all streams may take.",
                sum.budget,
            ),
            (
                "betang_past_held_bytes",
                "Octets of pictures of the last minute that are held.",
                sum.held,
            ),
            (
                "betang_past_looked_bytes",
                "Octets of pictures that are held for those who look back.",
                sum.pinned,
            ),
        ] {
            #[expect(clippy::cast_precision_loss, reason = "a gauge")]
            hall.metrics().set(name, help, "", bytes.as_u64() as f64);
        }
    }
    for open in room.inner.looking.leave(None) {
        looking::end(&room, &open, "end").await;
    }
}

/// Removes what was kept long enough, until the house closes.
pub(crate) async fn follow(room: Room) {
    let stop = room.inner.hall.tasks().soft().clone();
    loop {
        if let Err(error) = remove(&room).await {
            tracing::error!(%error, "clips whose term is over could not be removed");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Takes away what a crash has left unfinished: a clip that was begun, and a file that was to
/// be gone.
pub(crate) async fn put_right(room: &Room) -> Result<(), Error> {
    let hall = &room.inner.hall;
    let mut read = hall.db().read().await?;
    let begun = clip::begun(&mut read).await?;
    drop(read);
    for (id, sha256) in begun {
        let mut tx = hall.db().write().await?;
        let shared = clip::shares(&mut tx, id, &sha256).await?;
        tx.commit().await?;
        if !shared {
            take_away(room, &sha256).await?;
        }
        let mut tx = hall.db().write().await?;
        clip::drop_begun(&mut tx, id).await?;
        tx.commit().await?;
        tracing::warn!(clip.id = %id, "a clip was cut off by the last stop and is not kept");
    }
    Ok(())
}

pub(crate) async fn remove(room: &Room) -> Result<(), Error> {
    let hall = &room.inner.hall;
    loop {
        let now = hall.now();
        let mut read = hall.db().read().await?;
        let over = clip::over(&mut read, now.wall, AT_ONCE).await?;
        drop(read);
        if over.is_empty() {
            break;
        }
        for (id, sha256) in over {
            one(room, id, &sha256).await?;
        }
    }
    let mut read = hall.db().read().await?;
    let lying = clip::not_gone(&mut read).await?;
    drop(read);
    for (id, sha256) in lying {
        let mut read = hall.db().read().await?;
        let shared = clip::shares(&mut read, id, &sha256).await?;
        drop(read);
        if !shared {
            take_away(room, &sha256).await?;
        }
        let mut tx = hall.db().write().await?;
        clip::gone(&mut tx, id, hall.now().wall).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn one(room: &Room, id: Id<Clip>, sha256: &str) -> Result<(), Error> {
    let now = room.inner.hall.now();
    let mut tx = room.inner.hall.db().write().await?;
    clip::remove(&mut tx, id, now.wall).await?;
    let shared = clip::shares(&mut tx, id, sha256).await?;
    if let Some(hash) = Sha256::parse(sha256).filter(|_| !shared) {
        blob::forget(&mut tx, &hash).await?;
    }
    let act = Act {
        verb: "clip.removed",
        subject: id.to_string(),
        detail: serde_json::json!({ "sha256": sha256, "because": "term" }),
    };
    audit::record_by(&mut tx, now, &Actor::house(PART), act).await?;
    tx.commit().await
}

async fn take_away(room: &Room, sha256: &str) -> Result<(), Error> {
    let Some(hash) = Sha256::parse(sha256) else {
        return Ok(());
    };
    let blobs = room.inner.hall.blobs().clone();
    let removed = room
        .inner
        .hall
        .tasks()
        .blocking("watch.clip", move || blobs.remove(&hash))
        .await;
    // Refused only when the house is closing; the next start does it.
    removed.unwrap_or(Ok(()))
}
