//! Where cameras answer ONVIF: `watch_onvif`.

use std::collections::BTreeSet;

use base::id::{Camera, Id, Person};
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};
use watch_core::aim::Optics;

use super::camera::{IDS_MAX, among};

/// Where a camera answers ONVIF, its password not.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OnvifRow {
    pub(crate) address: String,
    pub(crate) profile: String,
    /// None: that of the device.
    pub(crate) username: Option<String>,
    pub(crate) turns: bool,
    pub(crate) optics: Option<Optics>,
    pub(crate) person: Id<Person>,
    pub(crate) changed: Wall,
}

const SELECT: &str = "SELECT address, profile, username, turns, wide_deg, times, pan_deg, \
     tilt_deg, person_id, changed_us FROM watch_onvif WHERE camera_id = $1";

/// Of a camera, if it is asked by ONVIF at all.
pub(crate) async fn of(conn: &mut Conn, camera: Id<Camera>) -> Result<Option<OnvifRow>, Error> {
    let row = conn.maybe(SELECT, params![camera]).await?;
    row.as_ref().map(onvif).transpose()
}

/// Those of the given cameras that are offered to be turned.
pub(crate) async fn turning(
    conn: &mut Conn,
    cameras: &[Id<Camera>],
) -> Result<BTreeSet<Id<Camera>>, Error> {
    let mut found = BTreeSet::new();
    for some in cameras.chunks(IDS_MAX) {
        let query =
            Query::new("SELECT camera_id FROM watch_onvif WHERE turns = 1 AND camera_id IN (");
        for row in conn.all_query(&among(query, some.iter().copied())).await? {
            found.insert(row.get("camera_id")?);
        }
    }
    Ok(found)
}

/// The sealed password of its own, if it has one.
pub(crate) async fn sealed_password(
    conn: &mut Conn,
    camera: Id<Camera>,
) -> Result<Option<Vec<u8>>, Error> {
    let row = conn
        .maybe(
            "SELECT password_sealed FROM watch_onvif WHERE camera_id = $1",
            params![camera],
        )
        .await?;
    Ok(row
        .map(|row| row.get("password_sealed"))
        .transpose()?
        .flatten())
}

/// Writes it down.
pub(crate) async fn put(
    tx: &mut Tx,
    camera: Id<Camera>,
    row: &OnvifRow,
    sealed: Option<Vec<u8>>,
) -> Result<(), Error> {
    let part = |part: fn(&Optics) -> f64| row.optics.as_ref().map(part);
    tx.execute(
        "INSERT INTO watch_onvif (camera_id, address, profile, username, password_sealed, turns, \
         wide_deg, times, pan_deg, tilt_deg, person_id, changed_us) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         ON CONFLICT (camera_id) DO UPDATE SET address = excluded.address, \
         profile = excluded.profile, username = excluded.username, \
         password_sealed = excluded.password_sealed, turns = excluded.turns, \
         wide_deg = excluded.wide_deg, times = excluded.times, pan_deg = excluded.pan_deg, \
         tilt_deg = excluded.tilt_deg, person_id = excluded.person_id, \
         changed_us = excluded.changed_us",
        params![
            camera,
            row.address.as_str(),
            row.profile.as_str(),
            row.username.as_deref(),
            sealed,
            row.turns,
            part(|optics| optics.wide_deg),
            part(|optics| optics.times),
            part(|optics| optics.pan_deg),
            part(|optics| optics.tilt_deg),
            row.person,
            row.changed
        ],
    )
    .await?;
    Ok(())
}

/// It is asked by ONVIF no more. Whether it was.
pub(crate) async fn remove(tx: &mut Tx, camera: Id<Camera>) -> Result<bool, Error> {
    let gone = tx
        .execute(
            "DELETE FROM watch_onvif WHERE camera_id = $1",
            params![camera],
        )
        .await?;
    Ok(gone > 0)
}

fn onvif(row: &Row) -> Result<OnvifRow, Error> {
    let parts: [Option<f64>; 4] = [
        row.get("wide_deg")?,
        row.get("times")?,
        row.get("pan_deg")?,
        row.get("tilt_deg")?,
    ];
    let optics = match parts {
        [Some(wide_deg), Some(times), Some(pan_deg), Some(tilt_deg)] => Some(Optics {
            wide_deg,
            times,
            pan_deg,
            tilt_deg,
        }),
        _ => None,
    };
    Ok(OnvifRow {
        address: row.get("address")?,
        profile: row.get("profile")?,
        username: row.get("username")?,
        turns: row.get("turns")?,
        optics,
        person: row.get("person_id")?,
        changed: row.get("changed_us")?,
    })
}
