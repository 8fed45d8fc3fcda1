//! `/api/v1/cameras/probe`: what a camera answers, before anything is saved.
//!
//! Asks for the stream's description, then plays it until the first key frame or
//! [`PATIENCE`]. Nothing is stored and nobody else sees it.

use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use base::redact::Secret;
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Who};
use hall::problem::{Json, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watch_core::allot::Need;
use watch_core::h264;
use watch_core::payload::annex_b;
use watch_core::supervise::Reason;

use super::form::Faults;
use crate::ingest::pull::is_list;
use crate::ingest::session::{Described, Failure, Heard, Transport};
use crate::room::Room;
use crate::sql::recorder;

/// How long the first key frame is waited for. Longer GOPs are common; the answer
/// then says so and has no still.
pub(crate) const PATIENCE: Duration = Duration::from_secs(6);

/// How long a silent host is waited for.
pub(crate) const SILENCE: Duration = Duration::from_secs(5);

pub(crate) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new().routes(routes!(probe).guard(Permission::CamerasWrite))
}

/// Where to look.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "url": "rtsp://127.0.0.1:9/main", "username": "op", "password": "rahasia" }))]
pub(crate) struct ProbeForm {
    /// `rtsp://host[:port]/path`, or `http://` and `https://` of a list of pieces (`.m3u8`).
    url: String,
    /// What the camera asks for.
    username: Option<String>,
    /// What the camera asks for. Not kept.
    #[schema(value_type = Option<String>)]
    password: Option<Secret<String>>,
}

/// What the camera answered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Probed {
    /// `h264`, `h265`, `jpeg`, …
    codec: String,
    /// Whether every browser can be given it.
    playable: bool,
    /// Whether it is a list of pieces (HLS), whose pictures are some seconds old.
    list: bool,
    /// In pixels.
    width: Option<u32>,
    /// In pixels.
    height: Option<u32>,
    /// The first key frame; none when it did not come within six seconds.
    still_jpeg_base64: Option<String>,
}

/// Asks a camera what it has and shows its first picture. Saves nothing.
#[utoipa::path(post, path = "/api/v1/cameras/probe", tag = "cameras", request_body = ProbeForm,
    responses((status = 200, body = Probed), (status = 422), (status = 503)))]
async fn probe(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Json(form): Json<ProbeForm>,
) -> Result<axum::Json<Probed>, Problem> {
    let mut faults = Faults::default();
    let address = faults.address("url", &form.url);
    if let Some(address) = &address {
        faults.within_reach("url", address, &hall);
    }
    faults.judge()?;
    let Some(address) = address else {
        return Err(Problem::invalid("form", "The address cannot stand."));
    };
    // A probe reaches into the network in the house's name: it leaves a trace.
    let mut tx = hall.db().write().await?;
    let act = Act {
        verb: "camera.probed",
        subject: address.host(),
        detail: serde_json::json!({}),
    };
    audit::record(&mut tx, hall.now(), &who, act).await?;
    tx.commit().await?;
    // A recorder counts those who try it too.
    let mut read = hall.db().read().await?;
    let recorder = recorder::at(&mut read, &address.host()).await?;
    drop(read);
    let _turn = match recorder {
        Some((device, limit)) => {
            let limit = usize::try_from(limit).unwrap_or(1);
            let mut turn = room.inner.hub.turns((device, limit)).ask(Need::Probe);
            let granted = tokio::time::timeout(SILENCE, turn.granted()).await;
            if granted.is_err() {
                return Err(told(&Failure {
                    reason: Reason::Queued,
                    detail: "all sessions of the recorder are held by who watches".to_owned(),
                }));
            }
            Some(turn)
        }
        None => None,
    };
    let source = address.source(form.username, form.password);
    let gate = room.inner.hub.gate();
    let described = within(
        SILENCE,
        Box::pin(Described::ask(&source, Transport::Tcp, gate)),
    )
    .await
    .map_err(|failure| told(&failure))?;
    let video = described.video.clone();
    let playable = video.codec == "h264";
    let still = if playable {
        first_key(described)
            .await
            .map_err(|failure| told(&failure))?
    } else {
        None
    };
    let picture = match still {
        Some(unit) => room.inner.picture(&unit).await,
        None => None,
    };
    Ok(axum::Json(Probed {
        playable,
        list: is_list(&source.url),
        width: video.size_px.map(|(width, _)| width),
        height: video.size_px.map(|(_, height)| height),
        codec: video.codec,
        still_jpeg_base64: picture,
    }))
}

/// The first access unit that decodes alone, if one comes in time.
async fn first_key(described: Described) -> Result<Option<Vec<u8>>, Failure> {
    let mut session = within(SILENCE, described.play(Transport::Tcp)).await?;
    let key = async {
        loop {
            if let Heard::Frame { unit, .. } = session.next().await? {
                let is_key = h264::cut(&unit).is_ok_and(|cut| cut.key);
                if is_key && let Ok(stream) = annex_b(&unit) {
                    return Ok(stream);
                }
            }
        }
    };
    match tokio::time::timeout(PATIENCE, key).await {
        Ok(found) => found.map(Some),
        Err(_) => Ok(None),
    }
}

pub(crate) async fn within<T>(
    span: Duration,
    asked: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::time::timeout(span, asked).await.unwrap_or_else(|_| {
        Err(Failure {
            reason: Reason::Silent,
            detail: "the host takes the connection and says nothing".to_owned(),
        })
    })
}

/// The same words as on a dark tile.
fn told(failure: &Failure) -> Problem {
    Problem::unavailable("camera-silent", failure.detail.clone())
        .field("reason", failure.reason.as_str())
}
