//! `/whep`: pictures over WebRTC (draft-ietf-wish-whep-03).
//!
//! `POST` an offer, get an answer and a resource; `DELETE` the resource to leave.
//! All candidates of the house are in the answer and none of the peer's are
//! needed (ICE-lite, RFC 8445 §2.5), so `PATCH` for trickling and restarts is
//! answered 405 as the draft says (§4.3 there): a peer whose network has changed
//! posts anew.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use base::id::{Id, Viewing};
use futures::{StreamExt as _, stream};
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Who};
use hall::problem::{Path, Problem, Query};
use hall::session::Arrival;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watch_core::frame::Codec;
use watch_core::sound::Microphone;
use watch_core::supervise::{OPEN_DEADLINE, Reason, Word};

use super::cameras::find;
use crate::hub::{Channel, Layer, StreamKey};
use crate::live::{EngineError, Guest, OFFER_MAX, OfferError};
use crate::room::Room;
use crate::sql::camera;
use crate::sql::viewing::{self, Began};

pub(crate) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(join).guard(Permission::CamerasWatch))
        .routes(routes!(leave).guard(Permission::CamerasWatch))
}

/// Which quality.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wish {
    /// `main` or `sub`; the best the camera has when left out.
    layer: Option<String>,
}

/// Begins to watch. The body is an SDP offer that receives H.264 or H.265; the answer is
/// in the response, `Location` is what to delete in the end. Sound is sent as G.711 to
/// an offer that takes it, where the camera may be heard; else the answer has it
/// inactive.
#[utoipa::path(post, path = "/whep/{camera}", tag = "live",
    params(("camera" = String, Path, description = "id or short name"), Wish),
    request_body(content = String, content_type = "application/sdp"),
    responses((status = 201, body = String, content_type = "application/sdp"),
        (status = 404), (status = 415), (status = 422), (status = 503)))]
async fn join(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(name): Path<String>,
    Query(wish): Query<Wish>,
    (arrival, headers): (Arrival, HeaderMap),
    offer: Bytes,
) -> Result<Response, Problem> {
    let is_sdp = headers
        .get(axum::http::header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/sdp"));
    if !is_sdp {
        return Err(Problem::media_type("application/sdp"));
    }
    let offer = offer_text(&offer)?;
    let mut read = hall.db().read().await?;
    let row = find(&mut read, &who, Permission::CamerasWatch, &name).await?;
    let streams = camera::streams(&mut read, &[row.id]).await?;
    drop(read);
    let has = streams.get(&row.id).map_or(&[][..], Vec::as_slice);
    let layer = layer(wish.layer.as_deref(), has)?;
    let key = StreamKey {
        camera: row.id,
        layer,
    };
    let channel =
        room.inner.hub.stream(key).ok_or_else(|| {
            Problem::unavailable("stream", "The stream is being set up; try again.")
        })?;
    refresh(&channel, &offer).await;
    // What nobody pulls is not known to be so still.
    if channel.is_wanted() && channel.report().truth.reason == Some(Reason::Codec) {
        return Err(Problem::conflict(
            "codec",
            "This layer is neither H.264 nor H.265; choose another layer.",
        ));
    }
    let sound = room.inner.hub.sound(row.id).filter(|_| {
        // What is known to be of another format, or none, need not be waited for.
        !matches!(
            channel.report().microphone,
            Some(Microphone::None | Microphone::Other(_))
        )
    });
    let hears = sound.is_some() && offer.contains("\nm=audio ");

    let now = hall.now();
    let id: Id<Viewing> = hall.mint();
    let remote = who.address().map(|address| address.to_string());
    let mut tx = hall.db().write().await?;
    let began = Began {
        id,
        camera: row.id,
        layer,
        person: who.person(),
        login: who.login(),
        loan: None,
        remote: remote.as_deref(),
        from: now.wall,
    };
    viewing::begin(&mut tx, &began).await?;
    let act = Act {
        verb: "camera.watch",
        subject: row.id.to_string(),
        detail: serde_json::json!({ "viewing": id, "layer": layer.as_str(), "sound": hears }),
    };
    audit::record(&mut tx, now, &who, act).await?;
    tx.commit().await?;

    let guest = Guest {
        viewing: id,
        login: who.login(),
        channel,
        sound,
        offer,
        door: arrival.port,
    };
    let joined = match room.inner.engine.join(guest).await {
        Ok(joined) => joined,
        Err(error) => {
            let mut tx = hall.db().write().await?;
            viewing::never_began(&mut tx, id, hall.now().wall).await?;
            tx.commit().await?;
            return Err(refused(&error));
        }
    };
    let location = format!("/whep/{}/{id}", row.id);
    let created = hall::problem::created_as(&location, "application/sdp", String::new());
    Ok(created.map(|_| in_two(joined.answer)))
}

/// Between the two halves of an answer, so that they are no one packet.
const PAUSE: Duration = Duration::from_millis(2);

/// An answer in two packets. That one is lost which went alone is noticed after two round
/// trips and 200 ms; of two, when the other has come or after two round trips (RFC 8985 §6.2
/// and §7.2). On a line that loses, that is what the slowest first pictures wait for.
fn in_two(answer: String) -> Body {
    let mut first = Bytes::from(answer);
    let last = first.split_off(first.len() / 2);
    let last = async move {
        tokio::time::sleep(PAUSE).await;
        Ok::<_, Infallible>(last)
    };
    Body::from_stream(stream::iter([Ok(first)]).chain(stream::once(last)))
}

/// Stops watching.
#[utoipa::path(delete, path = "/whep/{camera}/{viewing}", tag = "live",
    params(("camera" = String, Path, description = "as in Location"),
        ("viewing" = String, Path, description = "as in Location")),
    responses((status = 204), (status = 404)))]
async fn leave(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(path): Path<(String, String)>,
) -> Result<Response, Problem> {
    let not_found = || Problem::not_found("viewing", "There is no such viewing, or it has ended.");
    let (_, viewing) = path;
    let id: Id<Viewing> = viewing.parse().map_err(|_| not_found())?;
    let mut read = hall.db().read().await?;
    let person = viewing::person_of(&mut read, id).await?;
    drop(read);
    if person != Some(who.person()) {
        return Err(not_found());
    }
    match room.inner.engine.leave(id).await {
        Ok(true) => Ok(hall::problem::no_content()),
        Ok(false) => Err(not_found()),
        Err(error) => Err(refused(&error)),
    }
}

/// Asks a camera again that was last known to speak what the player does not take,
/// if nobody has asked it lately: either it still does, and the refusal is true, or
/// it has been mended.
async fn refresh(channel: &Arc<Channel>, offer: &str) {
    let report = channel.report();
    let open = matches!(report.truth.word, Word::Live | Word::Stale);
    let was = report.video.and_then(|video| Codec::parse(&video.codec));
    if open || was != Some(Codec::H265) || offer.to_ascii_uppercase().contains("H265/90000") {
        return;
    }
    let _want = channel.want();
    let mut reports = channel.reports();
    let settled = reports.wait_for(|report| {
        let word = report.truth.word;
        matches!(word, Word::Live | Word::Stale | Word::Dark)
    });
    // Whatever is known in the end is answered by.
    let _ = tokio::time::timeout(OPEN_DEADLINE, settled).await;
}

fn offer_text(offer: &Bytes) -> Result<String, Problem> {
    if offer.len() > OFFER_MAX {
        return Err(Problem::invalid(
            "offer",
            "The offer is longer than 64 KiB.",
        ));
    }
    String::from_utf8(offer.to_vec())
        .map_err(|_| Problem::invalid("offer", "The offer is not text."))
}

/// The wished layer, or the best that the camera has.
fn layer(wish: Option<&str>, has: &[camera::StreamRow]) -> Result<Layer, Problem> {
    let missing = || {
        Problem::not_found("layer", "The camera has no such layer.").field("layer", "main or sub")
    };
    match wish {
        None => has.first().map(|stream| stream.layer).ok_or_else(missing),
        Some(word) => Layer::parse(word)
            .filter(|layer| has.iter().any(|stream| stream.layer == *layer))
            .ok_or_else(missing),
    }
}

fn refused(error: &EngineError) -> Problem {
    match error {
        EngineError::Offer(OfferError::OtherCodec(codec)) => Problem::conflict(
            "codec",
            format!("This layer is {codec}, which the player does not take; choose another layer."),
        ),
        EngineError::Offer(error) => Problem::invalid("offer", error.to_string()),
        EngineError::Full | EngineError::Enough => Problem::exhausted("viewers", error.to_string()),
        EngineError::Closed => Problem::unavailable("closing", error.to_string()),
    }
}
