//! Pieces of the past that were saved: `watch_clip`.

use base::area::AreaCode;
use base::id::{Agency, Camera, Clip, Id, Person};
use base::now::Wall;
use hall::guard::Place;
use store::query::Query;
use store::{Conn, Error, Row, Tx, Value, params};

use crate::hub::Layer;

/// What a clip's row says, with the camera's name of today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClipRow {
    pub(crate) id: Id<Clip>,
    pub(crate) camera: Id<Camera>,
    pub(crate) camera_short: String,
    pub(crate) camera_name: String,
    pub(crate) place: Place,
    pub(crate) layer: Layer,
    pub(crate) first: Wall,
    pub(crate) last: Wall,
    pub(crate) frames: i64,
    pub(crate) gaps: i64,
    pub(crate) purpose: String,
    pub(crate) reason: String,
    pub(crate) person: Id<Person>,
    pub(crate) person_name: String,
    pub(crate) saved: Wall,
    pub(crate) until: Wall,
    pub(crate) sha256: String,
    pub(crate) size_bytes: i64,
    pub(crate) manifest: String,
    pub(crate) manifest_sha256: String,
    pub(crate) removed: Option<Wall>,
}

const SELECT: &str = "SELECT k.id, k.camera_id, c.short, c.name, c.area_code, c.agency_id, k.layer, \
     k.first_us, k.last_us, k.frames, k.gaps, k.purpose, k.reason, k.person_id, k.person_name, \
     k.saved_us, k.until_us, k.sha256, k.size_bytes, k.manifest, k.manifest_sha256, k.removed_us \
     FROM watch_clip k JOIN watch_camera c ON c.id = k.camera_id WHERE k.state <> 'begun'";

/// Begins a list of clips, those included that were removed and those of cameras out of
/// service; conditions on `k` and `c` may follow.
pub(crate) fn list() -> Query {
    Query::new(SELECT)
}

pub(crate) async fn fetch(conn: &mut Conn, query: &Query) -> Result<Vec<ClipRow>, Error> {
    conn.all_query(query).await?.iter().map(clip).collect()
}

/// By id.
pub(crate) async fn by_id(conn: &mut Conn, id: Id<Clip>) -> Result<Option<ClipRow>, Error> {
    Ok(fetch(conn, &list().push(" AND k.id = ", id)).await?.pop())
}

/// Writes a clip down whose file has no name yet.
pub(crate) async fn begin(tx: &mut Tx, row: &ClipRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO watch_clip (id, camera_id, layer, first_us, last_us, frames, gaps, purpose, \
         reason, person_id, person_name, saved_us, until_us, sha256, size_bytes, manifest, \
         manifest_sha256, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, \
         $14, $15, $16, $17, 'begun')",
        params![
            row.id,
            row.camera,
            row.layer.as_str(),
            row.first,
            row.last,
            row.frames,
            row.gaps,
            row.purpose.as_str(),
            row.reason.as_str(),
            row.person,
            row.person_name.as_str(),
            row.saved,
            row.until,
            row.sha256.as_str(),
            row.size_bytes,
            row.manifest.as_str(),
            row.manifest_sha256.as_str()
        ],
    )
    .await?;
    Ok(())
}

/// Its file lies on the disk.
pub(crate) async fn kept(tx: &mut Tx, id: Id<Clip>) -> Result<(), Error> {
    tx.execute(
        "UPDATE watch_clip SET state = 'kept' WHERE id = $1",
        params![id],
    )
    .await?;
    Ok(())
}

/// It came to nothing.
pub(crate) async fn drop_begun(tx: &mut Tx, id: Id<Clip>) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM watch_clip WHERE id = $1 AND state = 'begun'",
        params![id],
    )
    .await?;
    Ok(())
}

/// What a crash has left unfinished: id and hash.
pub(crate) async fn begun(conn: &mut Conn) -> Result<Vec<(Id<Clip>, String)>, Error> {
    pairs(
        conn,
        "SELECT id, sha256 FROM watch_clip WHERE state = 'begun'",
        params![],
    )
    .await
}

/// Kept ones whose term is over, so many at most: id and hash.
pub(crate) async fn over(
    conn: &mut Conn,
    now: Wall,
    most: i64,
) -> Result<Vec<(Id<Clip>, String)>, Error> {
    pairs(
        conn,
        "SELECT id, sha256 FROM watch_clip WHERE state = 'kept' AND until_us <= $1 \
         ORDER BY until_us LIMIT $2",
        params![now, most],
    )
    .await
}

/// Removed ones whose file nobody has seen to be gone: id and hash.
pub(crate) async fn not_gone(conn: &mut Conn) -> Result<Vec<(Id<Clip>, String)>, Error> {
    pairs(
        conn,
        "SELECT id, sha256 FROM watch_clip WHERE state = 'removed' AND gone_us IS NULL",
        params![],
    )
    .await
}

/// Whether another clip that is kept or being saved has the same file.
pub(crate) async fn shares(conn: &mut Conn, id: Id<Clip>, sha256: &str) -> Result<bool, Error> {
    let row = conn
        .maybe(
            "SELECT id FROM watch_clip WHERE sha256 = $1 AND id <> $2 AND state <> 'removed' \
             LIMIT 1",
            params![sha256, id],
        )
        .await?;
    Ok(row.is_some())
}

pub(crate) async fn remove(tx: &mut Tx, id: Id<Clip>, at: Wall) -> Result<(), Error> {
    tx.execute(
        "UPDATE watch_clip SET state = 'removed', removed_us = $2 WHERE id = $1",
        params![id, at],
    )
    .await?;
    Ok(())
}

pub(crate) async fn gone(tx: &mut Tx, id: Id<Clip>, at: Wall) -> Result<(), Error> {
    tx.execute(
        "UPDATE watch_clip SET gone_us = $2 WHERE id = $1",
        params![id, at],
    )
    .await?;
    Ok(())
}

async fn pairs(
    conn: &mut Conn,
    sql: &'static str,
    values: &[Value],
) -> Result<Vec<(Id<Clip>, String)>, Error> {
    let rows = conn.all(sql, values).await?;
    rows.iter()
        .map(|row| Ok((row.get("id")?, row.get("sha256")?)))
        .collect()
}

fn clip(row: &Row) -> Result<ClipRow, Error> {
    let layer: String = row.get("layer")?;
    let area: String = row.get("area_code")?;
    let area: AreaCode = area
        .parse()
        .map_err(|_| Error::corrupt("watch_camera.area_code"))?;
    let agency: Option<Id<Agency>> = row.get("agency_id")?;
    Ok(ClipRow {
        id: row.get("id")?,
        camera: row.get("camera_id")?,
        camera_short: row.get("short")?,
        camera_name: row.get("name")?,
        place: Place::new(Some(area), agency),
        layer: Layer::parse(&layer).ok_or_else(|| Error::corrupt("watch_clip.layer"))?,
        first: row.get("first_us")?,
        last: row.get("last_us")?,
        frames: row.get("frames")?,
        gaps: row.get("gaps")?,
        purpose: row.get("purpose")?,
        reason: row.get("reason")?,
        person: row.get("person_id")?,
        person_name: row.get("person_name")?,
        saved: row.get("saved_us")?,
        until: row.get("until_us")?,
        sha256: row.get("sha256")?,
        size_bytes: row.get("size_bytes")?,
        manifest: row.get("manifest")?,
        manifest_sha256: row.get("manifest_sha256")?,
        removed: row.get("removed_us")?,
    })
}
