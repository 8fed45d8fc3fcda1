//! Writes down how each viewing ended.

use hall::audit::{self, Act, Actor};
use store::Error;
use tokio::sync::mpsc;

use crate::live::Ended;
use crate::room::Room;
use crate::sql::viewing;

/// Follows the engine until it has closed, which is after the last viewer left.
pub(crate) async fn write(room: Room, mut ended: mpsc::Receiver<Ended>) {
    while let Some(ended) = ended.recv().await {
        if let Err(error) = one(&room, &ended).await {
            tracing::error!(viewing.id = %ended.viewing, %error, "the end of a viewing was not written down");
        }
    }
}

/// Writes one of them down.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn one(room: &Room, ended: &Ended) -> Result<(), Error> {
    let mut tx = room.inner.hall.db().write().await?;
    let Some(watched) = viewing::end(&mut tx, ended).await? else {
        return Ok(());
    };
    let actor = match watched.loan {
        Some(loan) => Actor {
            person: None,
            via: loan.to_string(),
            address: ended.remote.map(|at| at.ip().to_canonical().to_string()),
        },
        None => Actor {
            person: Some(watched.person),
            ..Actor::house("afterwards")
        },
    };
    let act = Act {
        verb: "camera.watched",
        subject: watched.camera.to_string(),
        detail: serde_json::json!({
            "viewing": ended.viewing,
            "layer": watched.layer,
            "from_us": watched.from,
            "to_us": ended.at.wall,
            "sent_bytes": ended.sent,
            "media_remote": ended.remote,
            "lost_frames": ended.lost,
            "sound": ended.sound,
        }),
    };
    audit::record_by(&mut tx, ended.at, &actor, act).await?;
    tx.commit().await
}
