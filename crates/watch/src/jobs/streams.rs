//! Makes the hub pull what the tables say.
//!
//! A fact that a camera was changed wakes it; what it then does follows from the
//! tables alone.

use std::collections::BTreeSet;

use base::fact::Fact;
use base::id::{Camera, Device, Id};
use base::redact::Secret;
use hall::guard::{Permission, Place};
use hall::live::Event;
use store::{Error, facts};
use url::Url;

use crate::hub::sound::SoundSpec;
use crate::hub::{StreamKey, StreamSpec};
use crate::ingest::session::Source;
use crate::room::Room;
use crate::sql::camera::{self, CameraRow};
use crate::sql::sound;

/// Facts that are read at once.
const FACTS: i64 = 500;

/// How a password of a camera is bound to its place (hall vault).
pub(crate) const PASSWORD: (&str, &str) = ("watch_device", "password_sealed");

/// Tells the hub about every camera; the number of the newest fact seen.
pub(crate) async fn load(room: &Room) -> Result<i64, Error> {
    let mut read = room.inner.hall.db().read().await?;
    let cursor = facts::newest(&mut read).await?;
    let rows = camera::fetch(&mut read, &camera::list()).await?;
    drop(read);
    for row in rows {
        tell(room, row.id, Some(row)).await?;
    }
    Ok(cursor)
}

/// Follows the facts until the house closes.
pub(crate) async fn follow(room: Room, mut cursor: i64) {
    let hall = &room.inner.hall;
    let mut commits = hall.db().commits();
    let stop = hall.tasks().soft().clone();
    loop {
        match changed_after(&room, cursor).await {
            Ok((cameras, newest)) => {
                cursor = newest;
                for id in cameras {
                    if let Err(error) = reload(&room, id).await {
                        tracing::error!(camera.id = %id, %error, "a changed camera could not be read");
                    }
                }
            }
            Err(error) => tracing::error!(%error, "the facts could not be read"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            changed = commits.changed() => if changed.is_err() { return },
        }
    }
}

async fn changed_after(room: &Room, cursor: i64) -> Result<(BTreeSet<Id<Camera>>, i64), Error> {
    let mut read = room.inner.hall.db().read().await?;
    let mut cameras = BTreeSet::new();
    let mut newest = cursor;
    loop {
        let some = facts::after(&mut read, newest, FACTS).await?;
        if some.is_empty() {
            return Ok((cameras, newest));
        }
        for numbered in some {
            newest = numbered.number;
            if let Fact::CameraChanged { camera } = numbered.fact {
                cameras.insert(camera);
            }
        }
    }
}

async fn reload(room: &Room, id: Id<Camera>) -> Result<(), Error> {
    let mut read = room.inner.hall.db().read().await?;
    let row = camera::by_id(&mut read, id).await?;
    drop(read);
    tell(room, id, row).await
}

/// A camera without a row is retired: it has no streams.
async fn tell(room: &Room, id: Id<Camera>, row: Option<CameraRow>) -> Result<(), Error> {
    let hub = &room.inner.hub;
    let Some(row) = row else {
        leave(room, hub.set(id, None, &[])).await;
        switch(room, id, None, None).await;
        return Ok(());
    };
    let mut read = room.inner.hall.db().read().await?;
    let credentials = credentials(room, &mut read, row.device, row.username.clone()).await?;
    let streams = camera::streams(&mut read, &[id]).await?.remove(&id);
    let audible = sound::of(&mut read, &[id]).await?.remove(&id);
    drop(read);
    let sessions = usize::try_from(row.session_limit).unwrap_or(1);
    let specs: Vec<_> = streams
        .unwrap_or_default()
        .into_iter()
        .filter_map(|stream| {
            Some(StreamSpec {
                key: StreamKey {
                    camera: id,
                    layer: stream.layer,
                },
                source: Source {
                    url: Url::parse(&stream.url).ok()?,
                    credentials: credentials.clone(),
                },
                always_on: row.always_on,
                device: (row.device, sessions),
            })
        })
        .collect();
    leave(room, hub.set(id, Some(row.place()), &specs)).await;
    // The first stream is the full picture, and its sound is the best.
    let audible = audible.is_some_and(|row| row.switch.on);
    let heard = specs.first().filter(|_| audible).map(|spec| SoundSpec {
        source: spec.source.clone(),
        device: spec.device,
    });
    switch(room, id, Some(row.place()), heard.as_ref()).await;
    Ok(())
}

/// Who hears a camera hears nothing from the moment on when it may not be heard, and
/// open pages read anew what may be.
async fn switch(room: &Room, id: Id<Camera>, place: Option<Place>, heard: Option<&SoundSpec>) {
    if !room.inner.hub.set_sound(id, heard) {
        return;
    }
    // Refused only when the house is closing, and then all leave.
    let _ = room.inner.engine.hush(id).await;
    if let Some(place) = place {
        room.inner.hall.live().publish(Event {
            topic: "camera",
            permission: Permission::CamerasRead,
            place,
            data: serde_json::json!({ "id": id }),
        });
    }
}

/// Viewers of a stream that is no more would look at its last picture for ever.
async fn leave(room: &Room, stopped: Vec<StreamKey>) {
    for key in stopped {
        // Refused only when the house is closing, and then all leave.
        let _ = room.inner.engine.leave_stream(key).await;
        room.inner.lending.leave_stream(key);
    }
}

/// A password that cannot be opened is one that the camera will refuse; the page
/// then says so, and everything else of the camera goes on working.
pub(crate) async fn credentials(
    room: &Room,
    conn: &mut store::Conn,
    device: Id<Device>,
    username: Option<String>,
) -> Result<Option<(String, Secret<String>)>, Error> {
    let Some(username) = username else {
        return Ok(None);
    };
    let sealed = camera::sealed_password(conn, device).await?;
    let password = match sealed {
        None => String::new(),
        Some(sealed) => {
            let key = device.to_string();
            match room
                .inner
                .hall
                .vault()
                .open(PASSWORD.0, &key, PASSWORD.1, &sealed)
            {
                Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                Err(error) => {
                    tracing::error!(device.id = %device, %error, "a camera's password cannot be opened");
                    String::new()
                }
            }
        }
    };
    Ok(Some((username, Secret::new(password))))
}
