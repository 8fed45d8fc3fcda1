//! Which cameras may be heard: `watch_sound`.

use std::collections::BTreeMap;

use base::id::{Camera, Id, Person};
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Tx, params};

use super::camera::{IDS_MAX, among};

/// Whether a camera may be heard, what for and by which right.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Switch {
    pub(crate) on: bool,
    pub(crate) purpose: String,
    pub(crate) basis: String,
}

/// The switch as somebody has left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SoundRow {
    pub(crate) switch: Switch,
    /// None when the house did it by itself.
    pub(crate) by: Option<Id<Person>>,
    pub(crate) changed: Wall,
}

/// The switches of the given cameras; one that was never touched is not in it, and
/// may not be heard.
pub(crate) async fn of(
    conn: &mut Conn,
    cameras: &[Id<Camera>],
) -> Result<BTreeMap<Id<Camera>, SoundRow>, Error> {
    let mut found = BTreeMap::new();
    for some in cameras.chunks(IDS_MAX) {
        let query = among(
            Query::new(
                "SELECT camera_id, switched, purpose, basis, person_id, changed_us \
                 FROM watch_sound WHERE camera_id IN (",
            ),
            some.iter().copied(),
        );
        for row in conn.all_query(&query).await? {
            let switch = Switch {
                on: row.get("switched")?,
                purpose: row.get("purpose")?,
                basis: row.get("basis")?,
            };
            let sound = SoundRow {
                switch,
                by: row.get("person_id")?,
                changed: row.get("changed_us")?,
            };
            found.insert(row.get("camera_id")?, sound);
        }
    }
    Ok(found)
}

/// Writes a camera's switch.
pub(crate) async fn put(tx: &mut Tx, camera: Id<Camera>, sound: &SoundRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO watch_sound (camera_id, switched, purpose, basis, person_id, changed_us) \
         VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (camera_id) DO UPDATE SET switched = excluded.switched, \
         purpose = excluded.purpose, basis = excluded.basis, person_id = excluded.person_id, \
         changed_us = excluded.changed_us",
        params![
            camera,
            sound.switch.on,
            sound.switch.purpose.as_str(),
            sound.switch.basis.as_str(),
            sound.by,
            sound.changed
        ],
    )
    .await?;
    Ok(())
}
