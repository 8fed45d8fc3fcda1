//! Who turned what: `watch_hold`.

use base::id::{Camera, Hold, Id, Person};
use base::now::Wall;
use store::{Conn, Error, Tx, params};

/// A hold that begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Began {
    pub(crate) id: Id<Hold>,
    pub(crate) camera: Id<Camera>,
    pub(crate) person: Id<Person>,
    pub(crate) login: [u8; 16],
    pub(crate) from: Wall,
}

pub(crate) async fn begin(tx: &mut Tx, began: &Began) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO watch_hold (id, camera_id, person_id, login_id, from_us) \
         VALUES ($1, $2, $3, $4, $5)",
        params![
            began.id,
            began.camera,
            began.person,
            began.login.as_slice(),
            began.from
        ],
    )
    .await?;
    Ok(())
}

/// Writes the end down, once. Whether it was open.
pub(crate) async fn end(
    tx: &mut Tx,
    id: Id<Hold>,
    to: Wall,
    ended_by: &str,
    deeds: &str,
) -> Result<bool, Error> {
    let ended = tx
        .execute(
            "UPDATE watch_hold SET to_us = $2, ended_by = $3, deeds = $4 \
             WHERE id = $1 AND ended_by IS NULL",
            params![id, to, ended_by, deeds],
        )
        .await?;
    Ok(ended > 0)
}

/// The cameras of holds that a crash has left open.
pub(crate) async fn open(conn: &mut Conn) -> Result<Vec<Id<Camera>>, Error> {
    let rows = conn
        .all(
            "SELECT camera_id FROM watch_hold WHERE ended_by IS NULL ORDER BY id",
            params![],
        )
        .await?;
    rows.iter().map(|row| row.get("camera_id")).collect()
}

/// Closes them, without inventing an end.
pub(crate) async fn close_open(tx: &mut Tx) -> Result<u64, Error> {
    tx.execute(
        "UPDATE watch_hold SET ended_by = 'restart' WHERE ended_by IS NULL",
        params![],
    )
    .await
}
