//! `/api/v1/recorders/{recorder}/swap`: channels that seem rearranged, and what a person
//! decides about it.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::State;
use base::fact::Fact;
use base::id::{Camera, Device, Id};
use base::now::Wall;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Who};
use hall::problem::{Json, Path, Problem};
use serde::{Deserialize, Serialize};
use store::{Conn, Tx, facts};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watch_core::channel::assignment;

use super::recorders::{cameras_of, find, put_streams};
use crate::recorder::watchful::publish;
use crate::room::Room;
use crate::sql::camera::CameraRow;
use crate::sql::fingerprint::{self, SwapRow};
use crate::sql::recorder::{self, RecorderRow};

pub(crate) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(show).guard(Permission::CamerasWrite))
        .routes(routes!(decide).guard(Permission::CamerasWrite))
}

hall::words! {
    /// What was decided about channels that seem rearranged.
    pub(crate) SwapDecision = ["swapped", "right", "undone"]
}
hall::words! {
    /// What is to be done about channels that seem rearranged.
    pub(crate) SwapAct = ["swap", "right", "undo"]
}

/// Channels that seem rearranged.
#[derive(Debug, Serialize, ToSchema)]
struct SwapView {
    /// When it was noticed, µs since 1970 UTC.
    noticed_us: i64,
    /// What was decided; none while nobody has.
    #[schema(value_type = Option<SwapDecision>)]
    decision: Option<String>,
    /// The channels that show another place, in their order.
    moves: Vec<MoveView>,
    /// How cameras would be given their channels anew.
    proposal: Vec<GivenView>,
}

/// A channel that shows another place.
#[derive(Debug, Serialize, ToSchema)]
struct MoveView {
    /// Its number.
    channel: i64,
    /// The camera that has this channel, `cam_…`.
    #[schema(value_type = Option<String>)]
    camera: Option<Id<Camera>>,
    /// Its name.
    name: String,
    /// The channel whose camera it seems to show.
    shows: i64,
    /// The name of that camera.
    shows_name: String,
    /// What the channel is known by: a picture of before.
    before_jpeg_base64: Option<String>,
    /// What it showed when it was noticed.
    now_jpeg_base64: Option<String>,
}

/// A camera and the channel that it would have.
#[derive(Debug, Serialize, ToSchema)]
struct GivenView {
    /// Its name.
    name: String,
    /// The channel that it has.
    from: i64,
    /// The channel that it would have.
    to: i64,
}

/// What a person decides.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "noticed_us": 0, "act": "right" }))]
struct SwapForm {
    /// Which notice.
    noticed_us: i64,
    /// `swap` gives the cameras their channels anew, `right` says that it is right as it
    /// is, `undo` takes a `swap` back.
    #[schema(value_type = SwapAct)]
    act: String,
}

/// The newest notice of a recorder, with pictures of before and after while it is open.
#[utoipa::path(get, path = "/api/v1/recorders/{recorder}/swap", tag = "cameras",
    params(("recorder" = String, Path, description = "`dev_…`")),
    responses((status = 200, body = SwapView), (status = 404)))]
async fn show(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Device>>,
) -> Result<axum::Json<SwapView>, Problem> {
    let mut read = hall.db().read().await?;
    find(&mut read, &who, id).await?;
    let swap = fingerprint::newest(&mut read, id).await?.ok_or_else(none)?;
    view(&mut read, id, &swap).await.map(axum::Json)
}

fn none() -> Problem {
    Problem::not_found(
        "recorder-swap",
        "No channels of this recorder seem rearranged, or it was decided already.",
    )
}

async fn view(conn: &mut Conn, id: Id<Device>, swap: &SwapRow) -> Result<SwapView, Problem> {
    let cameras = cameras_of(conn, id).await?;
    let ids: Vec<_> = cameras.values().map(|row| row.id).collect();
    let kept = fingerprint::of(conn, &ids).await?;
    let name = |channel: &i64| {
        let row = cameras.get(channel);
        row.map(|row| row.name.clone()).unwrap_or_default()
    };
    let moves = swap.moves.iter().map(|(channel, shows)| MoveView {
        channel: *channel,
        camera: cameras.get(channel).map(|row| row.id),
        name: name(channel),
        shows: *shows,
        shows_name: name(shows),
        before_jpeg_base64: cameras
            .get(channel)
            .filter(|_| swap.decision.is_none())
            .and_then(|row| kept.get(&row.id)?.last())
            .map(|kept| STANDARD.encode(&kept.still)),
        now_jpeg_base64: swap.stills.get(channel).cloned(),
    });
    let proposal = assignment(&swap.moves)
        .into_iter()
        .map(|(from, to)| GivenView {
            name: name(&from),
            from,
            to,
        });
    Ok(SwapView {
        noticed_us: swap.noticed.as_us(),
        decision: swap.decision.clone(),
        moves: moves.collect(),
        proposal: proposal.collect(),
    })
}

/// Decides about channels that seem rearranged.
#[utoipa::path(post, path = "/api/v1/recorders/{recorder}/swap", tag = "cameras",
    params(("recorder" = String, Path, description = "`dev_…`")), request_body = SwapForm,
    responses((status = 200, body = SwapView), (status = 404), (status = 422)))]
async fn decide(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<Id<Device>>,
    Json(decision): Json<SwapForm>,
) -> Result<axum::Json<SwapView>, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let row = find(&mut tx, &who, id).await?;
    let noticed = Wall::from_us(decision.noticed_us);
    let swap = fingerprint::noticed(&mut tx, id, noticed)
        .await?
        .ok_or_else(none)?;
    let anew = assignment(&swap.moves);
    let (verb, word, anew) = match (decision.act.as_str(), swap.decision.as_deref()) {
        ("swap", None) => ("recorder.swapped", "swapped", anew),
        ("right", None) => ("recorder.swap_right", "right", Vec::new()),
        ("undo", Some("swapped")) => {
            let back = anew.into_iter().map(|(from, to)| (to, from)).collect();
            ("recorder.swap_undone", "undone", back)
        }
        ("swap" | "right" | "undo", _) => return Err(none()),
        _ => {
            return Err(Problem::invalid("form", "The act cannot stand.")
                .field("act", "use swap, right or undo"));
        }
    };
    let cameras = cameras_of(&mut tx, id).await?;
    let touched: Vec<_> = swap
        .moves
        .iter()
        .flat_map(|(channel, shows)| [*channel, *shows])
        .filter_map(|channel| cameras.get(&channel).cloned())
        .collect();
    for camera in &touched {
        who.require(Permission::CamerasWrite, &camera.place())?;
        // It is right so: what they look like now is what they are known by.
        if word == "right" {
            fingerprint::forget(&mut tx, camera.id).await?;
        }
    }
    give_anew(&hall, &mut tx, &row, &cameras, &anew).await?;
    fingerprint::decide(&mut tx, &swap, word, Some(who.person()), now.wall).await?;
    let act = Act {
        verb,
        subject: id.to_string(),
        detail: serde_json::json!({ "moves": swap.moves, "given": anew }),
    };
    audit::record(&mut tx, now, &who, act).await?;
    tx.commit().await?;
    publish(&room, &touched);
    let mut read = hall.db().read().await?;
    let swap = fingerprint::noticed(&mut read, id, noticed)
        .await?
        .ok_or_else(none)?;
    view(&mut read, id, &swap).await.map(axum::Json)
}

/// Gives cameras, by the channel that they have, another one each.
async fn give_anew(
    hall: &Hall,
    tx: &mut Tx,
    row: &RecorderRow,
    cameras: &BTreeMap<i64, CameraRow>,
    anew: &[(i64, i64)],
) -> Result<(), Problem> {
    let now = hall.now();
    for (from, _) in anew {
        if let Some(camera) = cameras.get(from) {
            recorder::release(tx, camera.id).await?;
        }
    }
    for (from, to) in anew {
        let Some(camera) = cameras.get(from) else {
            continue;
        };
        recorder::give(tx, camera.id, row.id, *to, now.wall).await?;
        put_streams(hall, tx, row, camera.id, *to).await?;
        facts::append(tx, &Fact::CameraChanged { camera: camera.id }, now.wall).await?;
    }
    Ok(())
}
