//! What follows from a change.
//!
//! Each job takes no arguments, looks at the state and does what is missing, so
//! that running it once more than needed does no harm.

pub(crate) mod clips;
pub(crate) mod endings;
mod recorders;
mod revoked;
mod states;
mod streams;
mod targets;

use tokio::sync::mpsc;

use crate::live::Ended;
use crate::room::{Error, Room};
use crate::{listening, sql, turning};

pub(crate) use streams::{PASSWORD, credentials};
pub(crate) use targets::{ONVIF_PASSWORD, onvif_target};

/// Starts all of them, after what a crash has left is put right.
pub(crate) async fn start(room: &Room, ended: mpsc::Receiver<Ended>) -> Result<(), Error> {
    let hall = &room.inner.hall;
    let mut tx = hall.db().write().await?;
    let open = sql::viewing::close_open(&mut tx).await?;
    let turned = sql::hold::open(&mut tx).await?;
    sql::hold::close_open(&mut tx).await?;
    let looks = sql::look::close_open(&mut tx).await?;
    tx.commit().await?;
    if open + looks > 0 {
        tracing::warn!(
            viewings = open,
            looks,
            "viewings were cut off by the last stop"
        );
    }
    if !turned.is_empty() {
        tracing::warn!(holds = turned.len(), "cameras were turned at the last stop");
        let stopping = turning::stop_all(room.clone(), turned);
        hall.tasks().spawn("watch.still", stopping);
    }
    clips::put_right(room).await?;
    let cursor = streams::load(room).await?;
    hall.tasks()
        .spawn("watch.streams", streams::follow(room.clone(), cursor));
    hall.tasks()
        .spawn("watch.states", states::tell(room.clone()));
    hall.tasks().spawn("watch.past", clips::past(room.clone()));
    hall.tasks()
        .spawn("watch.clips", clips::follow(room.clone()));
    hall.tasks()
        .spawn("watch.endings", endings::write(room.clone(), ended));
    hall.tasks()
        .spawn("watch.recorders", recorders::follow(room.clone()));
    hall.tasks()
        .spawn("watch.listening", listening::follow(room.clone()));
    hall.tasks()
        .spawn("watch.revoked", revoked::follow(room.clone()));
    Ok(())
}
