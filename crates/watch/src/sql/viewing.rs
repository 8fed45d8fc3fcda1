//! Who watched what: `watch_viewing`.

use base::id::{Camera, Id, Loan, Person, Viewing};
use base::now::Wall;
use store::{Conn, Error, Tx, params};

use crate::hub::Layer;
use crate::live::Ended;

/// A viewing that begins.
pub(crate) struct Began<'a> {
    pub(crate) id: Id<Viewing>,
    pub(crate) camera: Id<Camera>,
    pub(crate) layer: Layer,
    pub(crate) person: Id<Person>,
    pub(crate) login: [u8; 16],
    /// By which loan, where another system watches; `person` is then who lent.
    pub(crate) loan: Option<Id<Loan>>,
    pub(crate) remote: Option<&'a str>,
    pub(crate) from: Wall,
}

/// A viewing that has ended, with what the audit says of it.
pub(crate) struct Watched {
    pub(crate) camera: Id<Camera>,
    pub(crate) layer: String,
    pub(crate) person: Id<Person>,
    pub(crate) loan: Option<Id<Loan>>,
    pub(crate) from: Wall,
}

pub(crate) async fn begin(tx: &mut Tx, began: &Began<'_>) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO watch_viewing (id, camera_id, layer, person_id, login_id, remote, from_us, \
         loan_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            began.id,
            began.camera,
            began.layer.as_str(),
            began.person,
            began.login.as_slice(),
            began.remote,
            began.from,
            began.loan
        ],
    )
    .await?;
    Ok(())
}

/// Writes the end down, once; none if it is written already.
pub(crate) async fn end(tx: &mut Tx, ended: &Ended) -> Result<Option<Watched>, Error> {
    let row = tx
        .maybe(
            "UPDATE watch_viewing SET to_us = $2, sent_bytes = $3, lost_frames = $4, \
             media_remote = $5, sound = $6, ended_by = 'end' WHERE id = $1 AND ended_by IS NULL \
             RETURNING camera_id, layer, person_id, loan_id, from_us",
            params![
                ended.viewing,
                ended.at.wall,
                i64::try_from(ended.sent.as_u64()).unwrap_or(i64::MAX),
                i64::try_from(ended.lost).unwrap_or(i64::MAX),
                ended.remote.map(|remote| remote.to_string()),
                ended.sound
            ],
        )
        .await?;
    row.map(|row| {
        Ok(Watched {
            camera: row.get("camera_id")?,
            layer: row.get("layer")?,
            person: row.get("person_id")?,
            loan: row.get("loan_id")?,
            from: row.get("from_us")?,
        })
    })
    .transpose()
}

/// Closes what a crash left open, without inventing an end. Returns how many.
pub(crate) async fn close_open(tx: &mut Tx) -> Result<u64, Error> {
    tx.execute(
        "UPDATE watch_viewing SET ended_by = 'restart' WHERE ended_by IS NULL",
        params![],
    )
    .await
}

/// A viewing whose offer could not be answered: it ends as it began.
pub(crate) async fn never_began(tx: &mut Tx, id: Id<Viewing>, at: Wall) -> Result<(), Error> {
    tx.execute(
        "UPDATE watch_viewing SET to_us = $2, sent_bytes = 0, lost_frames = 0, sound = 0, \
         ended_by = 'end' WHERE id = $1 AND ended_by IS NULL",
        params![id, at],
    )
    .await?;
    Ok(())
}

/// Who watches, for the one who ends it.
pub(crate) async fn person_of(
    conn: &mut Conn,
    id: Id<Viewing>,
) -> Result<Option<Id<Person>>, Error> {
    let row = conn
        .maybe(
            "SELECT person_id FROM watch_viewing WHERE id = $1",
            params![id],
        )
        .await?;
    row.map(|row| row.get("person_id")).transpose()
}

/// Whether sound was sent, as the row has it.
#[cfg(test)]
pub(crate) async fn sound_of(conn: &mut Conn, id: Id<Viewing>) -> Result<Option<i64>, Error> {
    let row = conn
        .maybe("SELECT sound FROM watch_viewing WHERE id = $1", params![id])
        .await?;
    Ok(row.map(|row| row.get("sound")).transpose()?.flatten())
}
