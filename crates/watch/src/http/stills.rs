//! `/api/v1/cameras/{camera}/still`: one picture instead of a stream.

use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use base::id::Blob;
use base::id::Id;
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Who};
use hall::problem::{Json, Path, Problem, Query};
use serde::{Deserialize, Serialize};
use store::blob::{self, Sha256};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watch_core::frame::Codec;
use watch_core::supervise::Word;

use super::cameras::find;
use crate::hub::{Hub, Layer, StreamKey};
use crate::room::Room;
use crate::sql::camera::{CameraRow, StreamRow};
use crate::sql::still::{self, Kept};
use crate::still::{Still, StillError};

/// How long a camera that nobody watches may take to its first picture.
const PATIENCE: Duration = Duration::from_secs(6);

pub(crate) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(show).guard(Permission::CamerasWatch))
        .routes(routes!(keep).guard(Permission::StillsSave))
        .routes(routes!(kept).guard(Permission::CamerasWatch))
}

/// Which quality.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wish {
    /// `main` or `sub`; the small one when left out and there is one.
    layer: Option<String>,
    /// At most so many pixels wide, 64 to 4,096; as the camera sends it when left out.
    width: Option<u16>,
}

/// Why a picture is kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reason {
    /// What for, 3 to 500 characters.
    reason: String,
    /// `main` or `sub`; the main one when left out.
    #[serde(default)]
    layer: Option<String>,
}

/// A picture that was kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeptView {
    /// Its id.
    #[schema(value_type = String)]
    id: Id<Blob>,
    /// SHA-256 of the JPEG, hexadecimal.
    sha256: String,
    /// When the picture arrived, µs since 1970 UTC.
    picture_us: i64,
    /// How old it was when it was kept.
    age_ms: u64,
}

/// The newest key frame as a JPEG. `x-picture-us` says when it arrived, `age`
/// how many seconds ago that is.
#[utoipa::path(get, path = "/api/v1/cameras/{camera}/still", tag = "stills",
    params(("camera" = String, Path, description = "id or short name"), Wish),
    responses((status = 200, content_type = "image/jpeg", body = Vec<u8>),
        (status = 404), (status = 503)))]
async fn show(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(name): Path<String>,
    Query(wish): Query<Wish>,
) -> Result<Response, Problem> {
    let (row, streams) = camera(&hall, &who, Permission::CamerasWatch, &name).await?;
    let layers: Vec<_> = streams.iter().map(|stream| stream.layer).collect();
    let layer = match wish.layer.as_deref() {
        Some(word) => wished(word, &layers)?,
        None => layers.last().copied().ok_or_else(no_layer)?,
    };
    let widest = match wish.width {
        None => usize::MAX,
        Some(width @ 64..=4_096) => usize::from(width),
        Some(_) => {
            return Err(Problem::invalid("query", "No picture is as wide as that.")
                .field("width", "64 to 4096 pixels"));
        }
    };
    let still = newest(&room, &row, layer, widest).await?;
    let age = hall.now().mono.since(still.arrived.mono);
    Ok(hall::problem::file(
        "image/jpeg",
        still.jpeg,
        &[
            ("x-picture-us", still.arrived.wall.as_us().to_string()),
            ("age", age.as_secs().to_string()),
            ("cache-control", "no-store".to_owned()),
        ],
    ))
}

/// Keeps the newest picture, with the reason.
#[utoipa::path(post, path = "/api/v1/cameras/{camera}/stills", tag = "stills",
    params(("camera" = String, Path, description = "id or short name")),
    request_body = Reason,
    responses((status = 201, body = KeptView), (status = 404), (status = 422), (status = 503)))]
async fn keep(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(name): Path<String>,
    Json(form): Json<Reason>,
) -> Result<Response, Problem> {
    let reason = form.reason.trim().to_owned();
    if !(3..=500).contains(&reason.chars().count()) {
        return Err(Problem::invalid("form", "Nothing was kept.")
            .field("reason", "say what it is for, in 3 to 500 characters"));
    }
    let (row, streams) = camera(&hall, &who, Permission::StillsSave, &name).await?;
    let layers: Vec<_> = streams.iter().map(|stream| stream.layer).collect();
    let layer = match form.layer.as_deref() {
        Some(word) => wished(word, &layers)?,
        None => layers.first().copied().ok_or_else(no_layer)?,
    };
    let still = newest(&room, &row, layer, usize::MAX).await?;
    let (blobs, jpeg) = (hall.blobs().clone(), still.jpeg.clone());
    let hash = hall
        .tasks()
        .blocking("watch.keep", move || blobs.put(&jpeg))
        .await
        .map_err(|_| Problem::unavailable("closing", "The house is closing."))??;
    let now = hall.now();
    let kept = Kept {
        id: hall.mint(),
        camera: row.id,
        layer,
        picture: still.arrived.wall,
        saved: now.wall,
        person: who.person(),
        reason: &reason,
        sha256: hash.as_str(),
    };
    let age = now.mono.since(still.arrived.mono);
    let age_ms = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
    let mut tx = hall.db().write().await?;
    blob::record(&mut tx, &hash, still.jpeg.len(), now.wall).await?;
    still::keep(&mut tx, &kept).await?;
    let act = Act {
        verb: "still.kept",
        subject: row.id.to_string(),
        detail: serde_json::json!({
            "still": kept.id, "layer": layer.as_str(), "picture_us": kept.picture,
            "age_ms": age_ms, "sha256": kept.sha256, "reason": reason,
        }),
    };
    audit::record(&mut tx, now, &who, act).await?;
    tx.commit().await?;
    let view = KeptView {
        id: kept.id,
        sha256: hash.as_str().to_owned(),
        picture_us: kept.picture.as_us(),
        age_ms,
    };
    let location = format!("/api/v1/cameras/{}/stills/{}", row.id, view.id);
    Ok(hall::problem::created(&location, axum::Json(view)))
}

/// A picture that was kept. Who looks at it is written down.
#[utoipa::path(get, path = "/api/v1/cameras/{camera}/stills/{still}", tag = "stills",
    params(("camera" = String, Path, description = "id or short name"),
        ("still" = String, Path, description = "`blb_…`")),
    responses((status = 200, content_type = "image/jpeg", body = Vec<u8>), (status = 404)))]
async fn kept(
    State(hall): State<Hall>,
    who: Who,
    Path((name, id)): Path<(String, Id<Blob>)>,
) -> Result<Response, Problem> {
    let none = || Problem::not_found("still", "No such picture was kept of this camera.");
    let mut tx = hall.db().write().await?;
    let row = find(&mut tx, &who, Permission::CamerasWatch, &name).await?;
    let sha256 = still::of(&mut tx, row.id, id).await?.ok_or_else(none)?;
    let hash = Sha256::parse(&sha256).ok_or_else(none)?;
    let act = Act {
        verb: "still.seen",
        subject: row.id.to_string(),
        detail: serde_json::json!({ "still": id, "sha256": sha256 }),
    };
    audit::record(&mut tx, hall.now(), &who, act).await?;
    tx.commit().await?;
    let blobs = hall.blobs().clone();
    let octets = hall
        .tasks()
        .blocking("watch.kept", move || blobs.get(&hash))
        .await
        .map_err(|_| Problem::unavailable("closing", "The house is closing."))??;
    let headers = [("cache-control", "no-store".to_owned())];
    Ok(hall::problem::file("image/jpeg", octets.into(), &headers))
}

async fn camera(
    hall: &Hall,
    who: &Who,
    permission: Permission,
    name: &str,
) -> Result<(CameraRow, Vec<StreamRow>), Problem> {
    let mut read = hall.db().read().await?;
    let row = find(&mut read, who, permission, name).await?;
    let streams = crate::sql::camera::streams(&mut read, &[row.id]).await?;
    let streams = streams.into_values().next().unwrap_or_default();
    Ok((row, streams))
}

fn wished(word: &str, layers: &[Layer]) -> Result<Layer, Problem> {
    Layer::parse(word)
        .filter(|layer| layers.contains(layer))
        .ok_or_else(no_layer)
}

fn no_layer() -> Problem {
    Problem::not_found("layer", "The camera has no such layer.").field("layer", "main or sub")
}

/// The newest key frame; a camera that nobody watches is pulled for it.
async fn newest(
    room: &Room,
    row: &CameraRow,
    layer: Layer,
    widest: usize,
) -> Result<Still, Problem> {
    let key = StreamKey {
        camera: row.id,
        layer,
    };
    let frame = key_frame(&room.inner.hub, key).await?;
    if frame.codec == Codec::H265 {
        return Err(Problem::conflict(
            "codec",
            "This layer is H.265, of which no still can be made here; choose another layer.",
        ));
    }
    match room.inner.stills.within(&frame, widest).await {
        Ok(Some(still)) => Ok(still),
        Ok(None) => Err(Problem::unavailable(
            "no-picture",
            "There is no picture yet.",
        )),
        Err(StillError::Closed) => Err(Problem::unavailable("closing", "The house is closing.")),
        Err(error) => Err(Problem::unavailable("undecodable", error.to_string())),
    }
}

async fn key_frame(
    hub: &Hub,
    key: StreamKey,
) -> Result<std::sync::Arc<watch_core::frame::Frame>, Problem> {
    let channel = hub
        .stream(key)
        .ok_or_else(|| Problem::unavailable("stream", "The stream is being set up; try again."))?;
    let _want = channel.want();
    let mut reports = channel.reports();
    let played = reports.wait_for(|report| matches!(report.truth.word, Word::Live | Word::Stale));
    let in_time = tokio::time::timeout(PATIENCE, played).await.is_ok();
    let found = channel.ring().newest_key();
    found.filter(|_| in_time).ok_or_else(|| {
        let reason = channel.report().truth.reason;
        let problem = Problem::unavailable("no-picture", "The camera gives no picture now.");
        match reason {
            Some(reason) => problem.field("reason", reason.as_str()),
            None => problem,
        }
    })
}
