//! Cameras with their devices, streams and legal cards.

use std::collections::BTreeMap;

use base::area::AreaCode;
use base::geo::Point;
use base::id::{Agency, Camera, Device, Id, Stream};
use base::now::Wall;
use hall::guard::Place;
use store::query::Query;
use store::{Conn, Error, Row, Tx, Value, params};

use crate::hub::Layer;

/// What a camera's row says, its device's address included, its password not.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CameraRow {
    pub(crate) id: Id<Camera>,
    pub(crate) device: Id<Device>,
    pub(crate) address: String,
    pub(crate) username: Option<String>,
    pub(crate) session_limit: i64,
    pub(crate) short: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) area: AreaCode,
    pub(crate) agency: Option<Id<Agency>>,
    pub(crate) point: Option<Point>,
    pub(crate) heading_deg: Option<f64>,
    pub(crate) always_on: bool,
    pub(crate) simulated: bool,
    pub(crate) contact: Contact,
    pub(crate) project: Project,
    pub(crate) created: Wall,
    pub(crate) changed: Wall,
}

impl CameraRow {
    /// Where it lies, as rights see it.
    pub(crate) fn place(&self) -> Place {
        Place::new(Some(self.area.clone()), self.agency)
    }
}

/// Whom to call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Contact {
    pub(crate) name: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) duty: Option<String>,
}

/// The strategic project a camera watches, as reported.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Project {
    pub(crate) code: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) agency: Option<String>,
    pub(crate) contractor: Option<String>,
    pub(crate) contract: Option<String>,
    pub(crate) starts: Option<String>,
    pub(crate) ends: Option<String>,
    pub(crate) physical_permille: Option<i64>,
    pub(crate) reported: Option<String>,
}

/// One quality of a camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StreamRow {
    pub(crate) id: Id<Stream>,
    pub(crate) layer: Layer,
    pub(crate) url: String,
    pub(crate) codec: Option<String>,
    pub(crate) width_px: Option<i64>,
    pub(crate) height_px: Option<i64>,
}

/// By which right it films.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LegalRow {
    pub(crate) controller: Option<String>,
    pub(crate) purpose: Option<String>,
    pub(crate) basis: Option<String>,
    pub(crate) agreement: Option<String>,
    pub(crate) agreement_until: Option<String>,
    pub(crate) sign_on_site: Option<bool>,
    pub(crate) zone: Option<String>,
    pub(crate) retention_days: Option<i64>,
}

const SELECT: &str = "SELECT c.id, c.device_id, d.address, d.username, d.session_limit, c.short, \
     c.name, c.kind, c.area_code, c.agency_id, c.lat_deg, c.lon_deg, c.heading_deg, c.always_on, \
     c.simulated, c.contact_name, c.contact_phone, c.contact_duty, c.project_code, c.project_name, \
     c.project_agency, c.project_contractor, c.project_contract, c.project_starts, c.project_ends, \
     c.project_physical_permille, c.project_reported, c.created_us, c.changed_us \
     FROM watch_camera c JOIN watch_device d ON d.id = c.device_id \
     WHERE c.retired_us IS NULL";

/// Begins a list of cameras in service; conditions on `c` may follow.
pub(crate) fn list() -> Query {
    Query::new(SELECT)
}

pub(crate) async fn fetch(conn: &mut Conn, query: &Query) -> Result<Vec<CameraRow>, Error> {
    conn.all_query(query).await?.iter().map(camera).collect()
}

/// By id.
pub(crate) async fn by_id(conn: &mut Conn, id: Id<Camera>) -> Result<Option<CameraRow>, Error> {
    let query = list().push(" AND c.id = ", id);
    Ok(fetch(conn, &query).await?.pop())
}

/// By short name, the old ones included.
pub(crate) async fn by_short(conn: &mut Conn, short: &str) -> Result<Option<CameraRow>, Error> {
    let query = list().push(" AND c.short = ", short);
    if let Some(row) = fetch(conn, &query).await?.pop() {
        return Ok(Some(row));
    }
    let moved = conn
        .maybe(
            "SELECT camera_id FROM watch_short WHERE short = $1",
            params![short],
        )
        .await?;
    match moved {
        Some(row) => by_id(conn, row.get("camera_id")?).await,
        None => Ok(None),
    }
}

/// Cameras in service, by their short names of today.
pub(crate) async fn by_shorts(conn: &mut Conn, shorts: &[String]) -> Result<Vec<CameraRow>, Error> {
    let mut found = Vec::new();
    for some in shorts.chunks(IDS_MAX) {
        let query = among(
            list().raw(" AND c.short IN ("),
            some.iter().map(String::as_str),
        );
        found.append(&mut fetch(conn, &query).await?);
    }
    Ok(found)
}

/// Those of the short names that a camera out of service keeps.
pub(crate) async fn retired(conn: &mut Conn, shorts: &[String]) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    for some in shorts.chunks(IDS_MAX) {
        let query = Query::new(
            "SELECT short FROM watch_camera WHERE retired_us IS NOT NULL AND short IN (",
        );
        for row in conn
            .all_query(&among(query, some.iter().map(String::as_str)))
            .await?
        {
            found.push(row.get("short")?);
        }
    }
    Ok(found)
}

/// Those of the short names that a camera had before, and how it is called now.
pub(crate) async fn moved(
    conn: &mut Conn,
    shorts: &[String],
) -> Result<Vec<(String, String)>, Error> {
    let mut found = Vec::new();
    for some in shorts.chunks(IDS_MAX) {
        let query = Query::new(
            "SELECT s.short, c.short AS now FROM watch_short s \
             JOIN watch_camera c ON c.id = s.camera_id WHERE s.short IN (",
        );
        for row in conn
            .all_query(&among(query, some.iter().map(String::as_str)))
            .await?
        {
            found.push((row.get("short")?, row.get("now")?));
        }
    }
    Ok(found)
}

/// All streams of the given cameras.
pub(crate) async fn streams(
    conn: &mut Conn,
    cameras: &[Id<Camera>],
) -> Result<BTreeMap<Id<Camera>, Vec<StreamRow>>, Error> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for some in cameras.chunks(IDS_MAX) {
        let query = among(
            Query::new(
                "SELECT id, camera_id, layer, url, codec, width_px, height_px FROM watch_stream \
                 WHERE camera_id IN (",
            ),
            some.iter().copied(),
        );
        for row in conn.all_query(&query).await? {
            let layer: String = row.get("layer")?;
            let Some(layer) = Layer::parse(&layer) else {
                continue;
            };
            found
                .entry(row.get("camera_id")?)
                .or_default()
                .push(StreamRow {
                    id: row.get("id")?,
                    layer,
                    url: row.get("url")?,
                    codec: row.get("codec")?,
                    width_px: row.get("width_px")?,
                    height_px: row.get("height_px")?,
                });
        }
    }
    for streams in found.values_mut() {
        streams.sort_by_key(|stream| stream.layer);
    }
    Ok(found)
}

/// The legal cards of the given cameras; a camera without one is not in it.
pub(crate) async fn legal(
    conn: &mut Conn,
    cameras: &[Id<Camera>],
) -> Result<BTreeMap<Id<Camera>, LegalRow>, Error> {
    let mut found = BTreeMap::new();
    for some in cameras.chunks(IDS_MAX) {
        let query = among(
            Query::new(
                "SELECT camera_id, controller, purpose, basis, agreement, agreement_until, \
                 sign_on_site, zone, retention_days FROM watch_legal WHERE camera_id IN (",
            ),
            some.iter().copied(),
        );
        for row in conn.all_query(&query).await? {
            let card = LegalRow {
                controller: row.get("controller")?,
                purpose: row.get("purpose")?,
                basis: row.get("basis")?,
                agreement: row.get("agreement")?,
                agreement_until: row.get("agreement_until")?,
                sign_on_site: row.get("sign_on_site")?,
                zone: row.get("zone")?,
                retention_days: row.get("retention_days")?,
            };
            found.insert(row.get("camera_id")?, card);
        }
    }
    Ok(found)
}

/// The sealed password of a device; none if it has none or is not there yet.
pub(crate) async fn sealed_password(
    conn: &mut Conn,
    device: Id<Device>,
) -> Result<Option<Vec<u8>>, Error> {
    let row = conn
        .maybe(
            "SELECT password_sealed FROM watch_device WHERE id = $1",
            params![device],
        )
        .await?;
    Ok(row
        .map(|row| row.get("password_sealed"))
        .transpose()?
        .flatten())
}

/// Registers or replaces the device behind a camera.
pub(crate) async fn put_device(
    tx: &mut Tx,
    row: &CameraRow,
    sealed: Option<Vec<u8>>,
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO watch_device \
         (id, address, username, password_sealed, session_limit, created_us, changed_us) \
         VALUES ($1, $2, $3, $4, $5, $6, $6) \
         ON CONFLICT (id) DO UPDATE SET address = excluded.address, \
         username = excluded.username, password_sealed = excluded.password_sealed, \
         session_limit = excluded.session_limit, changed_us = excluded.changed_us",
        params![
            row.device,
            row.address.as_str(),
            row.username.as_deref(),
            sealed,
            row.session_limit,
            now
        ],
    )
    .await?;
    Ok(())
}

/// Registers or changes a camera. Its device has to be there.
pub(crate) async fn put(tx: &mut Tx, row: &CameraRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO watch_camera (id, device_id, short, name, kind, area_code, agency_id, \
         lat_deg, lon_deg, heading_deg, always_on, simulated, contact_name, contact_phone, \
         contact_duty, project_code, project_name, project_agency, project_contractor, \
         project_contract, project_starts, project_ends, project_physical_permille, \
         project_reported, created_us, changed_us) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, \
         $19, $20, $21, $22, $23, $24, $25, $26) \
         ON CONFLICT (id) DO UPDATE SET device_id = excluded.device_id, short = excluded.short, \
         name = excluded.name, kind = excluded.kind, area_code = excluded.area_code, \
         agency_id = excluded.agency_id, lat_deg = excluded.lat_deg, lon_deg = excluded.lon_deg, \
         heading_deg = excluded.heading_deg, always_on = excluded.always_on, \
         simulated = excluded.simulated, contact_name = excluded.contact_name, \
         contact_phone = excluded.contact_phone, contact_duty = excluded.contact_duty, \
         project_code = excluded.project_code, project_name = excluded.project_name, \
         project_agency = excluded.project_agency, \
         project_contractor = excluded.project_contractor, \
         project_contract = excluded.project_contract, project_starts = excluded.project_starts, \
         project_ends = excluded.project_ends, \
         project_physical_permille = excluded.project_physical_permille, \
         project_reported = excluded.project_reported, changed_us = excluded.changed_us",
        params![
            row.id,
            row.device,
            row.short.as_str(),
            row.name.as_str(),
            row.kind.as_str(),
            row.area.as_str(),
            row.agency,
            row.point.map(Point::lat_deg),
            row.point.map(Point::lon_deg),
            row.heading_deg,
            row.always_on,
            row.simulated,
            row.contact.name.as_deref(),
            row.contact.phone.as_deref(),
            row.contact.duty.as_deref(),
            row.project.code.as_deref(),
            row.project.name.as_deref(),
            row.project.agency.as_deref(),
            row.project.contractor.as_deref(),
            row.project.contract.as_deref(),
            row.project.starts.as_deref(),
            row.project.ends.as_deref(),
            row.project.physical_permille,
            row.project.reported.as_deref(),
            row.created,
            row.changed
        ],
    )
    .await?;
    Ok(())
}

/// Makes a camera's streams those that are given.
pub(crate) async fn put_streams(
    tx: &mut Tx,
    camera: Id<Camera>,
    streams: &[StreamRow],
) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM watch_stream WHERE camera_id = $1",
        params![camera],
    )
    .await?;
    for stream in streams {
        tx.execute(
            "INSERT INTO watch_stream (id, camera_id, layer, url, codec, width_px, height_px) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            params![
                stream.id,
                camera,
                stream.layer.as_str(),
                stream.url.as_str(),
                stream.codec.as_deref(),
                stream.width_px,
                stream.height_px
            ],
        )
        .await?;
    }
    Ok(())
}

/// Writes a camera's legal card.
pub(crate) async fn put_legal(
    tx: &mut Tx,
    camera: Id<Camera>,
    card: &LegalRow,
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO watch_legal (camera_id, controller, purpose, basis, agreement, \
         agreement_until, sign_on_site, zone, retention_days, changed_us) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         ON CONFLICT (camera_id) DO UPDATE SET controller = excluded.controller, \
         purpose = excluded.purpose, basis = excluded.basis, agreement = excluded.agreement, \
         agreement_until = excluded.agreement_until, sign_on_site = excluded.sign_on_site, \
         zone = excluded.zone, retention_days = excluded.retention_days, \
         changed_us = excluded.changed_us",
        params![
            camera,
            card.controller.as_deref(),
            card.purpose.as_deref(),
            card.basis.as_deref(),
            card.agreement.as_deref(),
            card.agreement_until.as_deref(),
            card.sign_on_site.map(i64::from),
            card.zone.as_deref(),
            card.retention_days,
            now
        ],
    )
    .await?;
    Ok(())
}

/// Keeps an old short name leading to its camera.
pub(crate) async fn redirect(tx: &mut Tx, old: &str, camera: Id<Camera>) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO watch_short (short, camera_id) VALUES ($1, $2) \
         ON CONFLICT (short) DO UPDATE SET camera_id = excluded.camera_id",
        params![old, camera],
    )
    .await?;
    Ok(())
}

/// Whether a short name leads to another camera already.
pub(crate) async fn short_is_taken(
    conn: &mut Conn,
    short: &str,
    but: Option<Id<Camera>>,
) -> Result<bool, Error> {
    let taken = by_short(conn, short).await?;
    Ok(taken.is_some_and(|row| Some(row.id) != but))
}

/// Takes a camera out of service.
pub(crate) async fn retire(tx: &mut Tx, camera: Id<Camera>, now: Wall) -> Result<(), Error> {
    tx.execute(
        "UPDATE watch_camera SET retired_us = $2, changed_us = $2 WHERE id = $1",
        params![camera, now],
    )
    .await?;
    Ok(())
}

/// Ids or names in one statement; both engines take far more placeholders.
pub(super) const IDS_MAX: usize = 500;

/// Ends a statement that has come to `IN (`.
pub(super) fn among(mut query: Query, values: impl Iterator<Item = impl Into<Value>>) -> Query {
    for (i, value) in values.enumerate() {
        query = query.push(if i == 0 { "" } else { ", " }, value);
    }
    query.raw(")")
}

fn camera(row: &Row) -> Result<CameraRow, Error> {
    let area: String = row.get("area_code")?;
    let lat: Option<f64> = row.get("lat_deg")?;
    let lon: Option<f64> = row.get("lon_deg")?;
    Ok(CameraRow {
        id: row.get("id")?,
        device: row.get("device_id")?,
        address: row.get("address")?,
        username: row.get("username")?,
        session_limit: row.get("session_limit")?,
        short: row.get("short")?,
        name: row.get("name")?,
        kind: row.get("kind")?,
        area: area
            .parse()
            .map_err(|_| Error::corrupt("watch_camera.area_code"))?,
        agency: row.get("agency_id")?,
        point: lat
            .zip(lon)
            .and_then(|(lat, lon)| Point::new(lat, lon).ok()),
        heading_deg: row.get("heading_deg")?,
        always_on: row.get("always_on")?,
        simulated: row.get("simulated")?,
        contact: Contact {
            name: row.get("contact_name")?,
            phone: row.get("contact_phone")?,
            duty: row.get("contact_duty")?,
        },
        project: Project {
            code: row.get("project_code")?,
            name: row.get("project_name")?,
            agency: row.get("project_agency")?,
            contractor: row.get("project_contractor")?,
            contract: row.get("project_contract")?,
            starts: row.get("project_starts")?,
            ends: row.get("project_ends")?,
            physical_permille: row.get("project_physical_permille")?,
            reported: row.get("project_reported")?,
        },
        created: row.get("created_us")?,
        changed: row.get("changed_us")?,
    })
}
