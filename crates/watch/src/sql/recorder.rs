//! Recorders, and which camera is which of their channels.

use std::collections::BTreeMap;

use base::area::AreaCode;
use base::id::{Agency, Camera, Device, Id, Person};
use base::now::Wall;
use hall::guard::Place;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

use super::camera::{IDS_MAX, among};

/// What a recorder's rows say, its password not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecorderRow {
    pub(crate) id: Id<Device>,
    pub(crate) name: String,
    pub(crate) area: AreaCode,
    pub(crate) agency: Option<Id<Agency>>,
    /// `host:port`.
    pub(crate) address: String,
    pub(crate) username: Option<String>,
    /// Whether a password is kept.
    pub(crate) password: bool,
    pub(crate) session_limit: i64,
    pub(crate) template: String,
    /// The scheme that was typed: its path and the words of main and sub.
    pub(crate) own: Option<(String, [String; 2])>,
    pub(crate) notes: String,
    pub(crate) person: Id<Person>,
    pub(crate) created: Wall,
    pub(crate) changed: Wall,
}

impl RecorderRow {
    /// Where it lies, as rights see it.
    pub(crate) fn place(&self) -> Place {
        Place::new(Some(self.area.clone()), self.agency)
    }
}

const SELECT: &str = "SELECT r.device_id, r.name, r.area_code, r.agency_id, r.template, r.path, \
     r.main_word, r.sub_word, r.notes, r.person_id, r.created_us, r.changed_us, d.address, \
     d.username, CAST(CASE WHEN d.password_sealed IS NULL THEN 0 ELSE 1 END AS BIGINT) AS has_password, \
     d.session_limit \
     FROM watch_recorder r JOIN watch_device d ON d.id = r.device_id \
     WHERE r.retired_us IS NULL";

/// Begins a list of recorders in service; conditions on `r` may follow.
pub(crate) fn list() -> Query {
    Query::new(SELECT)
}

pub(crate) async fn fetch(conn: &mut Conn, query: &Query) -> Result<Vec<RecorderRow>, Error> {
    conn.all_query(query).await?.iter().map(recorder).collect()
}

/// By id.
pub(crate) async fn by_id(conn: &mut Conn, id: Id<Device>) -> Result<Option<RecorderRow>, Error> {
    let query = list().push(" AND r.device_id = ", id);
    Ok(fetch(conn, &query).await?.pop())
}

/// The device of a recorder in service at that address, and how many sessions it stands.
pub(crate) async fn at(conn: &mut Conn, host: &str) -> Result<Option<(Id<Device>, i64)>, Error> {
    let query = list().push(" AND d.address = ", host);
    let found = fetch(conn, &query).await?.pop();
    Ok(found.map(|row| (row.id, row.session_limit)))
}

/// Registers or changes a recorder, its device included.
pub(crate) async fn put(
    tx: &mut Tx,
    row: &RecorderRow,
    sealed: Option<Vec<u8>>,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO watch_device \
         (id, address, username, password_sealed, make, session_limit, created_us, changed_us) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7) \
         ON CONFLICT (id) DO UPDATE SET address = excluded.address, \
         username = excluded.username, password_sealed = excluded.password_sealed, \
         make = excluded.make, session_limit = excluded.session_limit, \
         changed_us = excluded.changed_us",
        params![
            row.id,
            row.address.as_str(),
            row.username.as_deref(),
            sealed,
            row.template.as_str(),
            row.session_limit,
            row.changed
        ],
    )
    .await?;
    let (path, words) = row
        .own
        .clone()
        .map_or((None, None), |(path, words)| (Some(path), Some(words)));
    let [main, sub] = words.map_or([None, None], |words| words.map(Some));
    tx.execute(
        "INSERT INTO watch_recorder (device_id, name, area_code, agency_id, template, path, \
         main_word, sub_word, notes, person_id, created_us, changed_us) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         ON CONFLICT (device_id) DO UPDATE SET name = excluded.name, \
         area_code = excluded.area_code, agency_id = excluded.agency_id, \
         template = excluded.template, path = excluded.path, main_word = excluded.main_word, \
         sub_word = excluded.sub_word, notes = excluded.notes, changed_us = excluded.changed_us",
        params![
            row.id,
            row.name.as_str(),
            row.area.as_str(),
            row.agency,
            row.template.as_str(),
            path,
            main,
            sub,
            row.notes.as_str(),
            row.person,
            row.created,
            row.changed
        ],
    )
    .await?;
    Ok(())
}

/// Takes a recorder out of service.
pub(crate) async fn retire(tx: &mut Tx, id: Id<Device>, now: Wall) -> Result<(), Error> {
    tx.execute(
        "UPDATE watch_recorder SET retired_us = $2, changed_us = $2 WHERE device_id = $1",
        params![id, now],
    )
    .await?;
    Ok(())
}

/// The cameras of the given recorders, by channel.
pub(crate) async fn channels(
    conn: &mut Conn,
    recorders: &[Id<Device>],
) -> Result<BTreeMap<Id<Device>, BTreeMap<i64, Id<Camera>>>, Error> {
    let mut found: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    for some in recorders.chunks(IDS_MAX) {
        let query = Query::new(
            "SELECT device_id, channel, camera_id FROM watch_channel WHERE device_id IN (",
        );
        for row in conn.all_query(&among(query, some.iter().copied())).await? {
            found
                .entry(row.get("device_id")?)
                .or_default()
                .insert(row.get("channel")?, row.get("camera_id")?);
        }
    }
    Ok(found)
}

/// Of which recorder which channel a camera is, if of any.
pub(crate) async fn channel_of(
    conn: &mut Conn,
    camera: Id<Camera>,
) -> Result<Option<(Id<Device>, i64)>, Error> {
    let row = conn
        .maybe(
            "SELECT device_id, channel FROM watch_channel WHERE camera_id = $1",
            params![camera],
        )
        .await?;
    row.map(|row| Ok((row.get("device_id")?, row.get("channel")?)))
        .transpose()
}

/// Gives a channel to a camera, which has none yet.
pub(crate) async fn give(
    tx: &mut Tx,
    camera: Id<Camera>,
    device: Id<Device>,
    channel: i64,
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO watch_channel (camera_id, device_id, channel, given_us) \
         VALUES ($1, $2, $3, $4)",
        params![camera, device, channel, now],
    )
    .await?;
    Ok(())
}

/// A camera that is no channel any more.
pub(crate) async fn release(tx: &mut Tx, camera: Id<Camera>) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM watch_channel WHERE camera_id = $1",
        params![camera],
    )
    .await?;
    Ok(())
}

fn recorder(row: &Row) -> Result<RecorderRow, Error> {
    let area: String = row.get("area_code")?;
    let path: Option<String> = row.get("path")?;
    let words: [Option<String>; 2] = [row.get("main_word")?, row.get("sub_word")?];
    Ok(RecorderRow {
        id: row.get("device_id")?,
        name: row.get("name")?,
        area: area
            .parse()
            .map_err(|_| Error::corrupt("watch_recorder.area_code"))?,
        agency: row.get("agency_id")?,
        address: row.get("address")?,
        username: row.get("username")?,
        password: row.get("has_password")?,
        session_limit: row.get("session_limit")?,
        template: row.get("template")?,
        own: path.map(|path| (path, words.map(Option::unwrap_or_default))),
        notes: row.get("notes")?,
        person: row.get("person_id")?,
        created: row.get("created_us")?,
        changed: row.get("changed_us")?,
    })
}
