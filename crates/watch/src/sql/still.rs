//! Pictures that somebody kept: `watch_still`.

use base::id::{Blob, Camera, Id, Person};
use base::now::Wall;
use store::{Conn, Error, Tx, params};

use crate::hub::Layer;

/// A kept picture.
pub(crate) struct Kept<'a> {
    pub(crate) id: Id<Blob>,
    pub(crate) camera: Id<Camera>,
    pub(crate) layer: Layer,
    pub(crate) picture: Wall,
    pub(crate) saved: Wall,
    pub(crate) person: Id<Person>,
    pub(crate) reason: &'a str,
    pub(crate) sha256: &'a str,
}

pub(crate) async fn keep(tx: &mut Tx, kept: &Kept<'_>) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO watch_still \
         (id, camera_id, layer, picture_us, saved_us, person_id, reason, sha256) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            kept.id,
            kept.camera,
            kept.layer.as_str(),
            kept.picture,
            kept.saved,
            kept.person,
            kept.reason,
            kept.sha256
        ],
    )
    .await?;
    Ok(())
}

/// The SHA-256 of a picture that was kept of this camera; none if there is no such one.
pub(crate) async fn of(
    conn: &mut Conn,
    camera: Id<Camera>,
    id: Id<Blob>,
) -> Result<Option<String>, Error> {
    conn.maybe(
        "SELECT sha256 FROM watch_still WHERE id = $1 AND camera_id = $2",
        params![id, camera],
    )
    .await?
    .map(|row| row.get("sha256"))
    .transpose()
}
