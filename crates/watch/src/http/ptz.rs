//! `/api/v1/cameras/{camera}/ptz`: one person at a time turns a camera.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use base::id::{Camera, Id, Person};
use hall::Hall;
use hall::guard::{Guarded as _, Permission, Who};
use hall::problem::{Json, Path, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watch_core::aim::Click;
use watch_core::hold::{Deed, LEASE, LONGEST, PULSE, Velocity};

use super::cameras::find;
use crate::hub::Layer;
use crate::onvif::Trouble;
use crate::room::Room;
use crate::sql::camera::{self, CameraRow};
use crate::sql::onvif::{self, OnvifRow};
use crate::turning::{self, Held, Refusal};

/// Longest name of a preset, in characters.
const NAME_MAX: usize = 60;

/// As wide as this to its height is a picture of which nothing is known.
const ASPECT: f64 = 16.0 / 9.0;

pub(crate) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(show).guard(Permission::CamerasTurn))
        .routes(routes!(take).guard(Permission::CamerasTurn))
        .routes(routes!(leave).guard(Permission::CamerasTurn))
        .routes(routes!(steer).guard(Permission::CamerasTurn))
        .routes(routes!(centre).guard(Permission::CamerasTurn))
        .routes(routes!(presets).guard(Permission::CamerasTurn))
        .routes(routes!(keep).guard(Permission::CamerasTurn))
        .routes(routes!(go).guard(Permission::CamerasTurn))
}

/// Who turns a camera now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PtzHoldView {
    /// `prs_…`.
    #[schema(value_type = String)]
    person: Id<Person>,
    /// His name.
    name: String,
    /// Whether it is the caller.
    own: bool,
    /// Since when, µs since 1970 UTC.
    from_us: i64,
    /// Until when, if he does nothing more with it, µs since 1970 UTC.
    until_us: i64,
}

/// How a camera can be turned, and who does.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PtzView {
    /// None while nobody does.
    hold: Option<PtzHoldView>,
    /// Whether the caller may take it from somebody.
    may_take_over: bool,
    /// Whether a click can be had in the middle: its lens is known.
    centres: bool,
    /// A hold that nobody uses lasts so many seconds.
    lease_s: u64,
    /// A hold lasts so many seconds at most.
    longest_s: u64,
    /// A movement that nobody renews lasts so many milliseconds.
    pulse_ms: u64,
}

/// How it is taken.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({ "over": false }))]
pub(crate) struct PtzTakeForm {
    /// Also from somebody who has it, which needs `camera.takeover`.
    over: bool,
}

/// How fast it turns: parts of what it can, -1 to 1. Renewed for as long as it shall move;
/// all zero: it stops.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({ "pan": 0.5 }))]
pub(crate) struct SteerForm {
    /// To the right.
    pan: f64,
    /// Up.
    tilt: f64,
    /// Nearer.
    zoom: f64,
}

/// What shall be in the middle.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "x": 0.25, "y": 0.5 }))]
pub(crate) struct ClickForm {
    /// 0 to 1 from the left of the picture.
    x: f64,
    /// 0 to 1 from its top.
    y: f64,
}

/// A place that a camera keeps.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PresetView {
    /// What the camera calls it by.
    token: String,
    /// What people do.
    name: String,
}

/// The places that a camera keeps.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PresetList {
    /// In the camera's order, 256 at most.
    items: Vec<PresetView>,
}

/// A place to be kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Gerbang utara" }))]
pub(crate) struct KeepForm {
    /// Up to 60 characters.
    name: String,
}

/// Where to go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "preset": "1" }))]
pub(crate) struct GoForm {
    /// The token of a place that it keeps.
    preset: String,
}

/// Who turns the camera, if anybody does.
#[utoipa::path(get, path = "/api/v1/cameras/{camera}/ptz", tag = "ptz",
    params(("camera" = String, Path, description = "id or short name")),
    responses((status = 200, body = PtzView), (status = 404)))]
async fn show(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(name): Path<String>,
) -> Result<axum::Json<PtzView>, Problem> {
    let (row, onvif) = turned(&hall, &who, &name).await?;
    let held = turning::held(&room, row.id).await?;
    Ok(axum::Json(view(&who, &row, &onvif, held)))
}

/// Takes the camera, or keeps it for longer. Somebody else's is answered 409, with who has
/// it and until when, unless it is taken over.
#[utoipa::path(post, path = "/api/v1/cameras/{camera}/ptz/hold", tag = "ptz",
    params(("camera" = String, Path, description = "id or short name")),
    request_body = PtzTakeForm,
    responses((status = 200, body = PtzView), (status = 404), (status = 409)))]
async fn take(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(name): Path<String>,
    Json(form): Json<PtzTakeForm>,
) -> Result<axum::Json<PtzView>, Problem> {
    let (row, onvif) = turned(&hall, &who, &name).await?;
    if form.over {
        who.require(Permission::CamerasTakeOver, &row.place())?;
    }
    let (held, is_own) = turning::take(&room, row.id, row.place(), &who, form.over).await?;
    if !is_own {
        return Err(busy(&held));
    }
    Ok(axum::Json(view(&who, &row, &onvif, Some(held))))
}

/// Gives the camera back.
#[utoipa::path(delete, path = "/api/v1/cameras/{camera}/ptz/hold", tag = "ptz",
    params(("camera" = String, Path, description = "id or short name")),
    responses((status = 204), (status = 404), (status = 409)))]
async fn leave(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let (row, _) = turned(&hall, &who, &name).await?;
    if turning::leave(&room, row.id, who.person()).await? {
        Ok(hall::problem::no_content())
    } else {
        Err(over(&room, row.id).await?)
    }
}

/// Sets the camera in motion, keeps it so, or stops it. The house stops it when this is
/// not said again within 1.5 seconds.
#[utoipa::path(post, path = "/api/v1/cameras/{camera}/ptz/move", tag = "ptz",
    params(("camera" = String, Path, description = "id or short name")),
    request_body = SteerForm,
    responses((status = 204), (status = 404), (status = 409), (status = 422), (status = 503)))]
async fn steer(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(name): Path<String>,
    Json(form): Json<SteerForm>,
) -> Result<Response, Problem> {
    let (row, _) = turned(&hall, &who, &name).await?;
    let velocity = Velocity::new(form.pan, form.tilt, form.zoom).ok_or_else(|| {
        Problem::invalid("form", "Some fields cannot stand.")
            .field("pan", "pan, tilt and zoom are -1 to 1")
    })?;
    let done = turning::steer(&room, row.id, who.person(), velocity).await;
    told(&room, row.id, done).await?;
    Ok(hall::problem::no_content())
}

/// Turns the camera so that what was clicked at is in the middle.
#[utoipa::path(post, path = "/api/v1/cameras/{camera}/ptz/centre", tag = "ptz",
    params(("camera" = String, Path, description = "id or short name")),
    request_body = ClickForm,
    responses((status = 204), (status = 404), (status = 409), (status = 422), (status = 503)))]
async fn centre(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(name): Path<String>,
    Json(form): Json<ClickForm>,
) -> Result<Response, Problem> {
    let (row, onvif) = turned(&hall, &who, &name).await?;
    let click = Click::new(form.x, form.y).ok_or_else(|| {
        Problem::invalid("form", "Some fields cannot stand.").field("x", "x and y are 0 to 1")
    })?;
    let Some(optics) = onvif.optics else {
        return Err(Problem::not_found(
            "ptz",
            "What the lens of this camera sees is not known, so no click can be centred.",
        ));
    };
    let aspect = aspect(&hall, row.id).await?;
    let done = turning::act(
        &room,
        row.id,
        who.person(),
        Deed::Centre,
        move |onvif, device| {
            Box::pin(async move {
                let profile = &onvif.profile;
                device.centre(profile, &optics, click, aspect).await
            })
        },
    );
    told(&room, row.id, done.await).await?;
    Ok(hall::problem::no_content())
}

/// The places that the camera keeps, as it says now.
#[utoipa::path(get, path = "/api/v1/cameras/{camera}/ptz/presets", tag = "ptz",
    params(("camera" = String, Path, description = "id or short name")),
    responses((status = 200, body = PresetList), (status = 404), (status = 503)))]
async fn presets(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(name): Path<String>,
) -> Result<axum::Json<PresetList>, Problem> {
    let (row, _) = turned(&hall, &who, &name).await?;
    let all = turning::ask(&room, row.id, |onvif, device| {
        Box::pin(device.presets(&onvif.profile))
    });
    let items = told(&room, row.id, all.await).await?.into_iter();
    let items = items.map(|preset| PresetView {
        name: preset.name,
        token: preset.token,
    });
    Ok(axum::Json(PresetList {
        items: items.collect(),
    }))
}

/// Has the camera keep where it looks.
#[utoipa::path(post, path = "/api/v1/cameras/{camera}/ptz/presets", tag = "ptz",
    params(("camera" = String, Path, description = "id or short name")),
    request_body = KeepForm,
    responses((status = 201, body = PresetView), (status = 404), (status = 409), (status = 422),
        (status = 503)))]
async fn keep(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(name): Path<String>,
    Json(form): Json<KeepForm>,
) -> Result<Response, Problem> {
    let (row, _) = turned(&hall, &who, &name).await?;
    let called = form.name.trim();
    let is_fit = !called.is_empty()
        && called.chars().count() <= NAME_MAX
        && !called.chars().any(char::is_control);
    if !is_fit {
        return Err(Problem::invalid("form", "Some fields cannot stand.")
            .field("name", "is 1 to 60 characters on one line"));
    }
    let kept = called.to_owned();
    let done = turning::act(
        &room,
        row.id,
        who.person(),
        Deed::Keep(called.to_owned()),
        move |onvif, device| Box::pin(async move { device.keep(&onvif.profile, &kept).await }),
    );
    let token = told(&room, row.id, done.await).await?;
    let location = format!("/api/v1/cameras/{}/ptz/presets", row.id);
    let name = called.to_owned();
    let view = axum::Json(PresetView { token, name });
    Ok(hall::problem::created(&location, view))
}

/// Has the camera go to a place that it keeps.
#[utoipa::path(post, path = "/api/v1/cameras/{camera}/ptz/go", tag = "ptz",
    params(("camera" = String, Path, description = "id or short name")),
    request_body = GoForm,
    responses((status = 204), (status = 404), (status = 409), (status = 503)))]
async fn go(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(name): Path<String>,
    Json(form): Json<GoForm>,
) -> Result<Response, Problem> {
    let (row, _) = turned(&hall, &who, &name).await?;
    // Nobody without the hold learns what there is by trying, and who has it is told first.
    let held = turning::held(&room, row.id).await?;
    if held.is_none_or(|held| held.holder.person != who.person()) {
        return Err(over(&room, row.id).await?);
    }
    let all = turning::ask(&room, row.id, |onvif, device| {
        Box::pin(device.presets(&onvif.profile))
    });
    let all = told(&room, row.id, all.await).await?;
    let preset = all.into_iter().find(|preset| preset.token == form.preset);
    let preset = preset.ok_or_else(|| {
        Problem::not_found("ptz-preset", "The camera keeps no such place any more.")
    })?;
    let done = turning::act(
        &room,
        row.id,
        who.person(),
        Deed::Go(preset.name.clone()),
        move |onvif, device| {
            Box::pin(async move { device.go(&onvif.profile, &preset.token).await })
        },
    );
    told(&room, row.id, done.await).await?;
    Ok(hall::problem::no_content())
}

/// A camera that can be turned, by somebody who may.
async fn turned(hall: &Hall, who: &Who, name: &str) -> Result<(CameraRow, OnvifRow), Problem> {
    let mut read = hall.db().read().await?;
    let row = find(&mut read, who, Permission::CamerasTurn, name).await?;
    let onvif = onvif::of(&mut read, row.id).await?;
    let onvif = onvif.filter(|onvif| onvif.turns).ok_or_else(no_ptz)?;
    Ok((row, onvif))
}

fn no_ptz() -> Problem {
    Problem::not_found("ptz", "This camera is not set up to be turned.")
}

fn view(who: &Who, row: &CameraRow, onvif: &OnvifRow, held: Option<Held>) -> PtzView {
    PtzView {
        hold: held.map(|held| PtzHoldView {
            own: held.holder.person == who.person(),
            person: held.holder.person,
            name: held.holder.name,
            from_us: held.holder.from.as_us(),
            until_us: held.until.as_us(),
        }),
        may_take_over: who.may(Permission::CamerasTakeOver, &row.place()),
        centres: onvif.optics.is_some(),
        lease_s: LEASE.as_secs(),
        longest_s: LONGEST.as_secs(),
        pulse_ms: u64::try_from(PULSE.as_millis()).unwrap_or(u64::MAX),
    }
}

/// How wide its picture is to its height.
async fn aspect(hall: &Hall, camera: Id<Camera>) -> Result<f64, Problem> {
    let mut read = hall.db().read().await?;
    let streams = camera::streams(&mut read, &[camera]).await?.remove(&camera);
    let main = streams.unwrap_or_default().into_iter();
    let main = main.filter(|stream| stream.layer == Layer::Main);
    let mut size = main.filter_map(|stream| stream.width_px.zip(stream.height_px));
    let aspect = size.next_back().map(|(width, height)| {
        #[expect(clippy::cast_precision_loss, reason = "pixels")]
        let aspect = width as f64 / height as f64;
        aspect
    });
    Ok(aspect
        .filter(|aspect| (0.1..10.0).contains(aspect))
        .unwrap_or(ASPECT))
}

/// Somebody else has it: who, and until when.
fn busy(held: &Held) -> Problem {
    Problem::conflict(
        "ptz-held",
        format!("{} turns this camera.", held.holder.name),
    )
    .field("holder", held.holder.name.clone())
    .field("until_us", held.until.as_us().to_string())
}

/// The caller does not have it: perhaps somebody else does.
async fn over(room: &Room, camera: Id<Camera>) -> Result<Problem, Problem> {
    Ok(match turning::held(room, camera).await? {
        Some(held) => busy(&held),
        None => Problem::conflict("ptz-over", "Take the camera first; the hold has ended."),
    })
}

async fn told<T>(room: &Room, camera: Id<Camera>, done: Result<T, Refusal>) -> Result<T, Problem> {
    match done {
        Ok(done) => Ok(done),
        Err(Refusal::NotHeld(_)) => Err(over(room, camera).await?),
        Err(Refusal::NoCamera) => Err(no_ptz()),
        Err(Refusal::Trouble(trouble)) => Err(silent(&trouble)),
        Err(Refusal::Store(error)) => Err(error.into()),
    }
}

/// The camera did not do what it was asked.
pub(crate) fn silent(trouble: &Trouble) -> Problem {
    Problem::unavailable("camera-silent", trouble.to_string()).field("reason", trouble.word())
}
