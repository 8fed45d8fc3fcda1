//! Which machines are known already, whatever asks them.

use base::area::AreaCode;
use base::id::{Agency, Camera, Device, Id};
use hall::guard::Place;
use store::{Conn, Error, Row, params};

/// What a machine is known as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum As {
    /// A camera, with its short name.
    Camera(Id<Camera>, String),
    Recorder(Id<Device>),
}

/// A camera or recorder in service and where it answers.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) kind: As,
    pub(crate) name: String,
    pub(crate) area: AreaCode,
    pub(crate) agency: Option<Id<Agency>>,
    /// `host` or `host:port`, and an address of ONVIF.
    pub(crate) addresses: [Option<String>; 2],
}

impl Known {
    /// Where it lies, as rights see it.
    pub(crate) fn place(&self) -> Place {
        Place::new(Some(self.area.clone()), self.agency)
    }
}

/// All of them; a camera of a recorder has its recorder's address.
pub(crate) async fn all(conn: &mut Conn) -> Result<Vec<Known>, Error> {
    let recorders = "SELECT r.device_id, r.name, r.area_code, r.agency_id, d.address \
         FROM watch_recorder r JOIN watch_device d ON d.id = r.device_id \
         WHERE r.retired_us IS NULL ORDER BY r.name, r.device_id";
    let cameras = "SELECT c.id, c.short, c.name, c.area_code, c.agency_id, d.address, o.address AS onvif \
         FROM watch_camera c JOIN watch_device d ON d.id = c.device_id \
         LEFT JOIN watch_onvif o ON o.camera_id = c.id \
         WHERE c.retired_us IS NULL ORDER BY c.name, c.id";
    let mut found = Vec::new();
    for row in conn.all(recorders, params![]).await? {
        found.push(Known {
            kind: As::Recorder(row.get("device_id")?),
            name: row.get("name")?,
            area: area(&row)?,
            agency: row.get("agency_id")?,
            addresses: [Some(row.get("address")?), None],
        });
    }
    for row in conn.all(cameras, params![]).await? {
        found.push(Known {
            kind: As::Camera(row.get("id")?, row.get("short")?),
            name: row.get("name")?,
            area: area(&row)?,
            agency: row.get("agency_id")?,
            addresses: [Some(row.get("address")?), row.get("onvif")?],
        });
    }
    Ok(found)
}

fn area(row: &Row) -> Result<AreaCode, Error> {
    let text: String = row.get("area_code")?;
    text.parse()
        .map_err(|_| Error::corrupt("watch_camera.area_code"))
}
