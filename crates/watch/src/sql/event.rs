//! What cameras say that happens, and which are listened to: `watch_event`,
//! `watch_listening`.

use base::id::{Camera, Id, Person};
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Tx, params};
use watch_core::happen::Happened;

/// What was written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventRow {
    pub(crate) seq: i64,
    pub(crate) kind: String,
    pub(crate) source: String,
    pub(crate) state: String,
    pub(crate) device: Option<Wall>,
    pub(crate) heard: Wall,
    pub(crate) left_out: i64,
}

/// Who turned it on, and when; none if the camera is not listened to.
pub(crate) async fn listening(
    conn: &mut Conn,
    camera: Id<Camera>,
) -> Result<Option<(Id<Person>, Wall)>, Error> {
    let row = conn
        .maybe(
            "SELECT person_id, since_us FROM watch_listening WHERE camera_id = $1",
            params![camera],
        )
        .await?;
    let row = row.map(|row| Ok::<_, Error>((row.get("person_id")?, row.get("since_us")?)));
    row.transpose()
}

/// The cameras in service that are listened to and can be asked, in the order in which that
/// was turned on.
pub(crate) async fn wanted(conn: &mut Conn) -> Result<Vec<Id<Camera>>, Error> {
    let rows = conn
        .all(
            "SELECT l.camera_id FROM watch_listening l \
             JOIN watch_camera c ON c.id = l.camera_id \
             JOIN watch_onvif o ON o.camera_id = l.camera_id \
             WHERE c.retired_us IS NULL ORDER BY l.since_us, l.camera_id",
            params![],
        )
        .await?;
    rows.iter().map(|row| row.get("camera_id")).collect()
}

/// It is listened to from now on; what it was stays if it was.
pub(crate) async fn listen(
    tx: &mut Tx,
    camera: Id<Camera>,
    person: Id<Person>,
    at: Wall,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO watch_listening (camera_id, person_id, since_us) VALUES ($1, $2, $3) \
         ON CONFLICT (camera_id) DO NOTHING",
        params![camera, person, at],
    )
    .await?;
    Ok(())
}

/// It is listened to no more. Whether it was.
pub(crate) async fn leave(tx: &mut Tx, camera: Id<Camera>) -> Result<bool, Error> {
    let gone = tx
        .execute(
            "DELETE FROM watch_listening WHERE camera_id = $1",
            params![camera],
        )
        .await?;
    Ok(gone > 0)
}

/// Writes down what happened, in its order.
pub(crate) async fn write(tx: &mut Tx, camera: Id<Camera>, all: &[Happened]) -> Result<(), Error> {
    let last = tx
        .maybe(
            "SELECT seq FROM watch_event WHERE camera_id = $1 ORDER BY seq DESC LIMIT 1",
            params![camera],
        )
        .await?;
    let mut seq: i64 = match last {
        Some(row) => row.get("seq")?,
        None => 0,
    };
    for it in all {
        seq += 1;
        tx.execute(
            "INSERT INTO watch_event \
             (camera_id, seq, kind, source, state, device_us, heard_us, left_out) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            params![
                camera,
                seq,
                it.kind.as_str(),
                it.source.as_str(),
                it.state.as_str(),
                it.device,
                it.heard,
                i64::from(it.left_out)
            ],
        )
        .await?;
    }
    Ok(())
}

/// Of a camera, the newest first, those before a number if one is given.
pub(crate) async fn of(
    conn: &mut Conn,
    camera: Id<Camera>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<EventRow>, Error> {
    let query = Query::new(
        "SELECT seq, kind, source, state, device_us, heard_us, left_out FROM watch_event",
    );
    let query = query.push(" WHERE camera_id = ", camera);
    let query = match before {
        Some(before) => query.push(" AND seq < ", before),
        None => query,
    };
    let query = query.push(" ORDER BY seq DESC LIMIT ", limit);
    let rows = conn.all_query(&query).await?;
    let event = |row: &store::Row| {
        Ok(EventRow {
            seq: row.get("seq")?,
            kind: row.get("kind")?,
            source: row.get("source")?,
            state: row.get("state")?,
            device: row.get("device_us")?,
            heard: row.get("heard_us")?,
            left_out: row.get("left_out")?,
        })
    };
    rows.iter().map(event).collect()
}

/// Removes what was heard before, but the newest of each camera, by which numbers go on
/// growing. Returns how many.
pub(crate) async fn forget(tx: &mut Tx, before: Wall) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM watch_event WHERE heard_us < $1 AND seq < \
         (SELECT MAX(n.seq) FROM watch_event n WHERE n.camera_id = watch_event.camera_id)",
        params![before],
    )
    .await
}
