//! `/api/v1/cameras/{camera}/onvif`: where a camera is asked and told by ONVIF.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use base::fact::Fact;
use base::redact::Secret;
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Who};
use hall::problem::{Json, Path, Problem};
use serde::{Deserialize, Serialize};
use store::facts;
use url::Url;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watch_core::aim::Optics;

use super::cameras::find;
use super::form::Faults;
use super::ptz::silent;
use crate::jobs::ONVIF_PASSWORD;
use crate::onvif::{self, Device, Target, Trouble};
use crate::room::Room;
use crate::sql::event;
use crate::sql::onvif::{self as rows, OnvifRow};
use crate::turning;

/// Longest token of a profile, in octets (ONVIF Core, ReferenceToken).
const TOKEN_MAX: usize = 64;

/// A clock that is off by more spoils the times in pictures, and what is shown of who asks.
const CLOCK_MAX_S: i64 = 5;

pub(crate) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(show).guard(Permission::CamerasWrite))
        .routes(routes!(put).guard(Permission::CamerasWrite))
        .routes(routes!(remove).guard(Permission::CamerasWrite))
        .routes(routes!(probe).guard(Permission::CamerasWrite))
}

/// What a lens and its motors can, by the maker's sheet.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpticsView {
    /// Horizontal field of view at the widest, 1 to 179 degrees.
    wide_deg: f64,
    /// How much larger things are at the longest, 1 to 100.
    times: f64,
    /// From the utmost left to the utmost right, 1 to 720 degrees.
    pan_deg: f64,
    /// From the utmost down to the utmost up, 1 to 360 degrees.
    tilt_deg: f64,
}

/// Where a camera is asked by ONVIF.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OnvifView {
    /// Of its device service.
    address: String,
    /// The token of the profile that is turned.
    profile: String,
    /// What it asks for; none: what the camera's stream asks for.
    username: Option<String>,
    /// Whether a password of its own is kept.
    password: bool,
    /// Whether it is offered to be turned.
    turns: bool,
    /// What its lens sees; unknown when none.
    optics: Option<OpticsView>,
    /// When it was written, µs since 1970 UTC.
    changed_us: i64,
}

/// Where a camera is to be asked by ONVIF.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "address": "http://127.0.0.1:9/onvif/device_service", "profile": "profile_1",
    "username": "op", "password": "rahasia", "turns": true,
}))]
pub(crate) struct OnvifForm {
    /// `http://host[:port]/path` of its device service.
    address: String,
    /// The token of the profile that is turned.
    profile: String,
    /// What it asks for; none: what the camera's stream asks for, on the same host.
    username: Option<String>,
    /// What it asks for. Kept sealed, never shown again; left out, it stays as it is while
    /// host and name do.
    #[schema(value_type = Option<String>)]
    password: Option<Secret<String>>,
    /// Whether it is offered to be turned.
    turns: bool,
    /// What its lens sees.
    optics: Option<OpticsView>,
}

/// Which device to ask.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "address": "http://127.0.0.1:9/onvif/device_service", "username": "op", "password": "rahasia",
}))]
pub(crate) struct OnvifProbeForm {
    /// `http://host[:port]/path` of its device service.
    address: String,
    /// What it asks for.
    username: Option<String>,
    /// What it asks for. Not kept.
    #[schema(value_type = Option<String>)]
    password: Option<Secret<String>>,
}

/// What a device says of itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OnvifProbed {
    /// By how many seconds its clock goes before that of the house; none: it does not tell.
    clock_ahead_s: Option<i64>,
    /// Whether that is too much, so that its clock is to be set.
    clock_wrong: bool,
    /// Whether it has motors.
    turns: bool,
    /// Its ways to bring a picture, 128 at most.
    profiles: Vec<ProfileView>,
}

/// One way of a device to bring a picture.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProfileView {
    /// What the device calls it by.
    token: String,
    /// What its maker does.
    name: String,
    /// Profiles of one source are layers of one camera.
    source: Option<String>,
    /// Whether it can be turned.
    turns: bool,
    /// Where its picture is; none where the device does not say it.
    stream: Option<String>,
    /// Where it hands out a still; none where it has none.
    still: Option<String>,
}

/// Where a camera is asked by ONVIF.
#[utoipa::path(get, path = "/api/v1/cameras/{camera}/onvif", tag = "ptz",
    params(("camera" = String, Path, description = "id or short name")),
    responses((status = 200, body = OnvifView), (status = 404)))]
async fn show(
    State(hall): State<Hall>,
    who: Who,
    Path(name): Path<String>,
) -> Result<axum::Json<OnvifView>, Problem> {
    let mut read = hall.db().read().await?;
    let camera = find(&mut read, &who, Permission::CamerasWrite, &name).await?;
    let row = rows::of(&mut read, camera.id).await?.ok_or_else(none)?;
    let sealed = rows::sealed_password(&mut read, camera.id).await?;
    Ok(axum::Json(view(&row, sealed.is_some())))
}

/// Says where a camera is asked by ONVIF. It is not asked now. Whoever turns it leaves.
#[utoipa::path(put, path = "/api/v1/cameras/{camera}/onvif", tag = "ptz",
    params(("camera" = String, Path, description = "id or short name")),
    request_body = OnvifForm,
    responses((status = 200, body = OnvifView), (status = 404), (status = 422)))]
async fn put(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(name): Path<String>,
    Json(form): Json<OnvifForm>,
) -> Result<axum::Json<OnvifView>, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let camera = find(&mut tx, &who, Permission::CamerasWrite, &name).await?;
    let mut faults = Faults::default();
    let url = reachable(&mut faults, &room, &form.address);
    let profile = form.profile.trim();
    if profile.is_empty() || profile.len() > TOKEN_MAX || profile.chars().any(char::is_control) {
        faults.add("profile", "is 1 to 64 characters");
    }
    let optics = form.optics.map(|optics| Optics {
        wide_deg: optics.wide_deg,
        times: optics.times,
        pan_deg: optics.pan_deg,
        tilt_deg: optics.tilt_deg,
    });
    if optics.is_some_and(|optics| !optics.is_fit()) {
        faults.add("optics", "no lens is so");
    }
    let username = form.username.map(|name| name.trim().to_owned());
    let username = username.filter(|name| !name.is_empty());
    if username
        .as_ref()
        .is_some_and(|name| name.chars().count() > 120)
    {
        faults.add("username", "is up to 120 characters");
    }
    if let (None, Some(url)) = (&username, &url)
        && url.host_str() != Some(host_of(&camera.address))
    {
        // Whoever may change an address does not have a password told elsewhere by that.
        faults.add(
            "username",
            "is needed where the host is not that of the camera's stream",
        );
    }
    if username.is_none() && form.password.is_some() {
        faults.add("username", "is needed with a password");
    }
    faults.judge()?;
    let url = url.ok_or_else(none)?;
    let before = rows::of(&mut tx, camera.id).await?;
    let sealed = match form.password {
        Some(password) => {
            who.require(Permission::CameraCredentialsWrite, &camera.place())?;
            let (table, column) = ONVIF_PASSWORD;
            let key = camera.id.to_string();
            let password = password.expose().as_bytes();
            Some(hall.vault().seal(table, &key, column, password)?)
        }
        None => {
            let stays = before.is_some_and(|before| {
                let was = onvif::address(&before.address).ok();
                let is_there = was.is_some_and(|was| was.host() == url.host());
                is_there && before.username == username
            });
            let sealed = rows::sealed_password(&mut tx, camera.id).await?;
            sealed.filter(|_| stays)
        }
    };
    let row = OnvifRow {
        address: url.to_string(),
        profile: profile.to_owned(),
        username,
        turns: form.turns,
        optics,
        person: who.person(),
        changed: now.wall,
    };
    let has_password = sealed.is_some();
    rows::put(&mut tx, camera.id, &row, sealed).await?;
    let act = Act {
        verb: "camera.onvif_set",
        subject: camera.id.to_string(),
        detail: serde_json::json!({ "address": row.address, "turns": row.turns }),
    };
    audit::record(&mut tx, now, &who, act).await?;
    let fact = Fact::CameraChanged { camera: camera.id };
    facts::append(&mut tx, &fact, now.wall).await?;
    tx.commit().await?;
    turning::changed(&room, camera.id).await?;
    room.inner.listening.changed(camera.id);
    Ok(axum::Json(view(&row, has_password)))
}

/// A camera is asked by ONVIF no more, and turned by nobody.
#[utoipa::path(delete, path = "/api/v1/cameras/{camera}/onvif", tag = "ptz",
    params(("camera" = String, Path, description = "id or short name")),
    responses((status = 204), (status = 404)))]
async fn remove(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let now = hall.now();
    let mut read = hall.db().read().await?;
    let camera = find(&mut read, &who, Permission::CamerasWrite, &name).await?;
    drop(read);
    // While it can still be told to stop.
    turning::changed(&room, camera.id).await?;
    let mut tx = hall.db().write().await?;
    if !rows::remove(&mut tx, camera.id).await? {
        return Err(none());
    }
    event::leave(&mut tx, camera.id).await?;
    let act = Act {
        verb: "camera.onvif_removed",
        subject: camera.id.to_string(),
        detail: serde_json::json!({}),
    };
    audit::record(&mut tx, now, &who, act).await?;
    let fact = Fact::CameraChanged { camera: camera.id };
    facts::append(&mut tx, &fact, now.wall).await?;
    tx.commit().await?;
    turning::changed(&room, camera.id).await?;
    room.inner.listening.changed(camera.id);
    Ok(hall::problem::no_content())
}

/// Asks a device what it has, by ONVIF. Saves nothing.
#[utoipa::path(post, path = "/api/v1/cameras/probe/onvif", tag = "cameras",
    request_body = OnvifProbeForm,
    responses((status = 200, body = OnvifProbed), (status = 422), (status = 503)))]
async fn probe(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Json(form): Json<OnvifProbeForm>,
) -> Result<axum::Json<OnvifProbed>, Problem> {
    let mut faults = Faults::default();
    let url = reachable(&mut faults, &room, &form.address);
    faults.judge()?;
    let url = url.ok_or_else(none)?;
    // A probe reaches into the network in the house's name: it leaves a trace.
    let mut tx = hall.db().write().await?;
    let act = Act {
        verb: "camera.probed",
        subject: url.host_str().unwrap_or_default().to_owned(),
        detail: serde_json::json!({ "by": "onvif" }),
    };
    audit::record(&mut tx, hall.now(), &who, act).await?;
    tx.commit().await?;
    let username = form.username.filter(|name| !name.is_empty());
    let password = form.password.unwrap_or_else(|| Secret::new(String::new()));
    let target = Target {
        url,
        credentials: username.map(|username| (username, password)),
    };
    let asked = async {
        let device = Device::reach(&target, &room.inner.onvif).await?;
        let all = device.profiles().await?;
        Ok::<_, Trouble>((device, all))
    };
    let (device, all) = asked.await.map_err(|trouble| silent(&trouble))?;
    let clock_ahead_s = device.clock_ahead_s(hall.now().wall);
    let mut profiles = Vec::with_capacity(all.len());
    for profile in all {
        let stream = device.stream(&profile.token).await.ok();
        let still = device.still(&profile.token).await;
        profiles.push(ProfileView {
            stream: stream.map(String::from),
            still: still.map(String::from),
            token: profile.token,
            name: profile.name,
            source: profile.source,
            turns: profile.turns,
        });
    }
    Ok(axum::Json(OnvifProbed {
        clock_ahead_s,
        clock_wrong: clock_ahead_s.is_some_and(|ahead| ahead.abs() > CLOCK_MAX_S),
        turns: device.turns(),
        profiles,
    }))
}

/// An address that the house may ask.
fn reachable(faults: &mut Faults, room: &Room, address: &str) -> Option<Url> {
    let url = match onvif::address(address) {
        Ok(url) => url,
        Err(why) => {
            faults.add("address", why);
            return None;
        }
    };
    let host = url.host_str().unwrap_or_default();
    if let Err(refused) = room.inner.onvif.foresee(host, onvif::port(&url)) {
        faults.add("address", refused.to_string());
    }
    Some(url)
}

/// The host of `host` or `host:port`.
fn host_of(address: &str) -> &str {
    let end = address
        .rfind(':')
        .filter(|at| !address[*at..].contains(']'));
    end.map_or(address, |end| &address[..end])
}

fn none() -> Problem {
    Problem::not_found("ptz", "This camera is not asked by ONVIF.")
}

fn view(row: &OnvifRow, has_password: bool) -> OnvifView {
    OnvifView {
        address: row.address.clone(),
        profile: row.profile.clone(),
        username: row.username.clone(),
        password: has_password,
        turns: row.turns,
        optics: row.optics.map(|optics| OpticsView {
            wide_deg: optics.wide_deg,
            times: optics.times,
            pan_deg: optics.pan_deg,
            tilt_deg: optics.tilt_deg,
        }),
        changed_us: row.changed.as_us(),
    }
}
