//! Who looked back at what: `watch_look`.

use base::id::{Camera, Id, Look, Person};
use base::now::Wall;
use store::{Error, Tx, params};

use crate::hub::Layer;

/// Somebody who begins to look back.
pub(crate) struct Began<'a> {
    pub(crate) id: Id<Look>,
    pub(crate) camera: Id<Camera>,
    pub(crate) layer: Layer,
    pub(crate) person: Id<Person>,
    pub(crate) login: [u8; 16],
    pub(crate) remote: Option<&'a str>,
    pub(crate) opened: Wall,
    pub(crate) span: (Wall, Wall),
}

pub(crate) async fn begin(tx: &mut Tx, began: &Began<'_>) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO watch_look (id, camera_id, layer, person_id, login_id, remote, opened_us, \
         first_us, last_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![
            began.id,
            began.camera,
            began.layer.as_str(),
            began.person,
            began.login.as_slice(),
            began.remote,
            began.opened,
            began.span.0,
            began.span.1
        ],
    )
    .await?;
    Ok(())
}

/// Writes the end down, once; whether it was not written already.
pub(crate) async fn end(
    tx: &mut Tx,
    id: Id<Look>,
    at: Wall,
    sent: u64,
    by: &'static str,
) -> Result<bool, Error> {
    let ended = tx
        .execute(
            "UPDATE watch_look SET ended_us = $2, sent_bytes = $3, ended_by = $4 \
             WHERE id = $1 AND ended_by IS NULL",
            params![id, at, i64::try_from(sent).unwrap_or(i64::MAX), by],
        )
        .await?;
    Ok(ended > 0)
}

/// Closes what a crash left open, without inventing an end. Returns how many.
pub(crate) async fn close_open(tx: &mut Tx) -> Result<u64, Error> {
    tx.execute(
        "UPDATE watch_look SET ended_by = 'restart' WHERE ended_by IS NULL",
        params![],
    )
    .await
}
