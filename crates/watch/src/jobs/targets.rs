//! Where a camera is asked by ONVIF, with what it asks for.

use base::redact::Secret;
use store::{Conn, Error};

use super::credentials;
use crate::onvif::{self, Target};
use crate::room::Room;
use crate::sql::camera::CameraRow;
use crate::sql::onvif::{OnvifRow, sealed_password};

/// How a password of its own is bound to its place (hall vault).
pub(crate) const ONVIF_PASSWORD: (&str, &str) = ("watch_onvif", "password_sealed");

/// The device behind a row; none if its address is none any more.
pub(crate) async fn onvif_target(
    room: &Room,
    conn: &mut Conn,
    camera: &CameraRow,
    row: &OnvifRow,
) -> Result<Option<Target>, Error> {
    let Ok(url) = onvif::address(&row.address) else {
        return Ok(None);
    };
    let credentials = match &row.username {
        None => credentials(room, conn, camera.device, camera.username.clone()).await?,
        Some(username) => {
            let password = match sealed_password(conn, camera.id).await? {
                None => String::new(),
                Some(sealed) => opened(room, camera, &sealed),
            };
            Some((username.clone(), Secret::new(password)))
        }
    };
    Ok(Some(Target { url, credentials }))
}

/// One that cannot be opened is one that the camera will refuse, and the page says so.
fn opened(room: &Room, camera: &CameraRow, sealed: &[u8]) -> String {
    let (table, column) = ONVIF_PASSWORD;
    let vault = room.inner.hall.vault();
    match vault.open(table, &camera.id.to_string(), column, sealed) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => {
            tracing::error!(camera.id = %camera.id, %error, "a password cannot be opened");
            String::new()
        }
    }
}
