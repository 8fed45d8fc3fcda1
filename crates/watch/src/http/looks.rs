//! `/api/v1/cameras/{camera}/looks`: what a camera has shown in the last minute.
//!
//! `POST` steps back: what there is at that moment is held for whoever asked, as a film that
//! a player reads piece by piece. `DELETE` ends it, and so does time. Who looked back, at
//! what span and for how long, is written down like a viewing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use base::id::{Camera, Id, Look};
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Who};
use hall::problem::{Json, Path, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watch_core::clip::Movie;
use watch_core::trail::SPAN;

use super::cameras::find;
use super::span::{self, Span};
use crate::clip::unmade;
use crate::hub::{Layer, StreamKey};
use crate::looking::{self, LONGEST, Open};
use crate::room::Room;
use crate::sql::look::{self, Began};

/// What films are.
pub(crate) const FILM: &str = "video/mp4";

pub(crate) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(past).guard(Permission::CamerasLookBack))
        .routes(routes!(step).guard(Permission::CamerasLookBack))
        .routes(routes!(video).guard(Permission::CamerasLookBack))
        .routes(routes!(leave).guard(Permission::CamerasLookBack))
}

/// How much can be looked at.
#[derive(Debug, Serialize, ToSchema)]
struct PastView {
    /// How far back a camera is held at most, in seconds.
    span_s: u64,
    /// Each layer of which something is held, the full picture first.
    layers: Vec<HeldView>,
    /// What is held of all cameras together.
    house: PastSumView,
}

/// What is held of one layer.
#[derive(Debug, Serialize, ToSchema)]
struct HeldView {
    /// `main` or `sub`.
    layer: &'static str,
    /// When the oldest picture arrived, µs since 1970 UTC.
    from_us: i64,
    /// When the newest picture arrived.
    to_us: i64,
    /// Pictures.
    frames: usize,
    /// What they take in memory.
    bytes: u64,
}

/// What is held of all cameras together, in octets.
#[derive(Debug, Serialize, ToSchema)]
struct PastSumView {
    /// What may be held at most (`lookback_memory_mib`).
    budget_bytes: u64,
    /// Pictures of the last minute.
    held_bytes: u64,
    /// Pictures that are held for those who look back.
    looked_bytes: u64,
    /// Streams of which something is held.
    streams: usize,
}

/// What to look at.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Wish {
    /// `main` or `sub`; the one that reaches further back when left out.
    layer: Option<String>,
}

/// What somebody looks at.
#[derive(Debug, Serialize, ToSchema)]
struct LookView {
    /// `lok_…`.
    #[schema(value_type = String)]
    id: Id<Look>,
    /// The camera.
    #[schema(value_type = String)]
    camera: Id<Camera>,
    /// `main` or `sub`.
    layer: &'static str,
    /// `h264` or `h265`.
    codec: &'static str,
    /// When its first picture arrived, µs since 1970 UTC.
    from_us: i64,
    /// When its last picture arrived.
    to_us: i64,
    /// Pictures.
    frames: usize,
    /// How long the film is.
    film_ms: u64,
    /// Where it is: an MP4 that is asked for by ranges.
    video: String,
    /// When it is let go at the latest.
    ends_us: i64,
    /// Which time some places of the film are; between two, time runs as in the film.
    marks: Vec<Mark>,
    /// Where there are no pictures: the film stands still.
    gaps: Vec<GapView>,
}

/// A place of a film.
#[derive(Debug, Serialize, ToSchema)]
struct Mark {
    /// From the beginning of the film.
    film_ms: u64,
    /// When the picture there arrived, µs since 1970 UTC.
    at_us: i64,
}

/// Time without pictures.
#[derive(Debug, Serialize, ToSchema)]
struct GapView {
    /// When the last picture before it arrived, µs since 1970 UTC.
    from_us: i64,
    /// When the first picture after it arrived.
    to_us: i64,
    /// Where the film begins to stand still.
    film_from_ms: u64,
    /// Where it goes on.
    film_to_ms: u64,
}

impl LookView {
    fn of(open: &Open, ends_us: i64) -> Self {
        let stretch = &open.held.stretch;
        let movie = &open.movie;
        let (from, to) = stretch.span().unwrap_or_default();
        let gaps = stretch.gaps();
        // Of each group the first, and of each gap both ends.
        let marks = stretch.frames().iter().enumerate().filter(|(at, frame)| {
            frame.key
                || gaps
                    .iter()
                    .any(|gap| gap.after == *at || gap.after == at + 1)
        });
        Self {
            id: open.id,
            camera: open.camera,
            layer: open.layer.as_str(),
            codec: movie.codec().as_str(),
            from_us: from.as_us(),
            to_us: to.as_us(),
            frames: stretch.frames().len(),
            film_ms: movie.length_ms(),
            video: format!("/api/v1/cameras/{}/looks/{}/video", open.camera, open.id),
            ends_us,
            marks: marks
                .map(|(at, frame)| Mark {
                    film_ms: movie.at_ms(at),
                    at_us: frame.arrived.wall.as_us(),
                })
                .collect(),
            gaps: gaps
                .iter()
                .map(|gap| GapView {
                    from_us: gap.from.as_us(),
                    to_us: gap.to.as_us(),
                    film_from_ms: movie.at_ms(gap.after.saturating_sub(1)),
                    film_to_ms: movie.at_ms(gap.after),
                })
                .collect(),
        }
    }
}

/// How much of a camera's last minute is held now.
#[utoipa::path(get, path = "/api/v1/cameras/{camera}/past", tag = "past",
    params(("camera" = String, Path, description = "id or short name")),
    responses((status = 200, body = PastView), (status = 404)))]
async fn past(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(name): Path<String>,
) -> Result<axum::Json<PastView>, Problem> {
    let mut read = hall.db().read().await?;
    let row = find(&mut read, &who, Permission::CamerasLookBack, &name).await?;
    drop(read);
    let past = room.inner.hub.past();
    let now = hall.now();
    let layers = Layer::ALL.into_iter().filter_map(|layer| {
        let held = past.held(
            StreamKey {
                camera: row.id,
                layer,
            },
            now,
        )?;
        Some(HeldView {
            layer: layer.as_str(),
            from_us: held.from.as_us(),
            to_us: held.to.as_us(),
            frames: held.frames,
            bytes: held.weight.as_u64(),
        })
    });
    let layers = layers.collect();
    let sum = past.sum();
    Ok(axum::Json(PastView {
        span_s: SPAN.as_secs(),
        layers,
        house: PastSumView {
            budget_bytes: sum.budget.as_u64(),
            held_bytes: sum.held.as_u64(),
            looked_bytes: sum.pinned.as_u64(),
            streams: sum.streams,
        },
    }))
}

/// Steps back: holds what there is now, for at most ten minutes.
#[utoipa::path(post, path = "/api/v1/cameras/{camera}/looks", tag = "past",
    params(("camera" = String, Path, description = "id or short name")), request_body = Wish,
    responses((status = 201, body = LookView), (status = 404), (status = 409), (status = 422),
        (status = 429)))]
async fn step(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(name): Path<String>,
    Json(wish): Json<Wish>,
) -> Result<Response, Problem> {
    let mut read = hall.db().read().await?;
    let row = find(&mut read, &who, Permission::CamerasLookBack, &name).await?;
    drop(read);
    let now = hall.now();
    let past = room.inner.hub.past();
    let layer = match wish.layer.as_deref() {
        Some(word) => Layer::parse(word).ok_or_else(no_layer)?,
        None => furthest(&room, row.id, now).ok_or_else(nothing)?,
    };
    let held = past
        .pin(
            StreamKey {
                camera: row.id,
                layer,
            },
            now,
        )
        .map_err(|short| Problem::exhausted("past-full", short.to_string()))?
        .ok_or_else(nothing)?;
    let stretch = held.stretch.clone();
    let movie = hall
        .tasks()
        .blocking("watch.look", move || Movie::of(&stretch))
        .await
        .map_err(|_| Problem::unavailable("closing", "The house is closing."))?
        .map_err(|error| unmade(&error))?;
    let span = held.stretch.span().ok_or_else(nothing)?;
    let open = Open {
        id: hall.mint(),
        camera: row.id,
        layer,
        person: who.person(),
        login: who.login(),
        opened: now,
        movie,
        held,
        sent: AtomicU64::new(0),
    };
    let ends = now.wall + LONGEST;
    let view = LookView::of(&open, ends.as_us());

    let remote = who.address().map(|address| address.to_string());
    let mut tx = hall.db().write().await?;
    let began = Began {
        id: open.id,
        camera: row.id,
        layer,
        person: who.person(),
        login: who.login(),
        remote: remote.as_deref(),
        opened: now.wall,
        span,
    };
    look::begin(&mut tx, &began).await?;
    let act = Act {
        verb: "camera.look_back",
        subject: row.id.to_string(),
        detail: serde_json::json!({
            "look": open.id, "layer": layer.as_str(), "first_us": span.0, "last_us": span.1,
        }),
    };
    audit::record(&mut tx, now, &who, act).await?;
    let ended = room
        .inner
        .looking
        .begin(open)
        .map_err(|full| Problem::exhausted("looks-full", full.to_string()))?;
    if let Err(error) = tx.commit().await {
        room.inner.looking.end(view.id);
        return Err(error.into());
    }
    for open in ended {
        looking::end(&room, &open, "end").await;
    }
    let location = format!("/api/v1/cameras/{}/looks/{}", row.id, view.id);
    Ok(hall::problem::created(&location, axum::Json(view)))
}

/// The film, or the part of it that is asked for; of a long part as much as is given at once.
#[utoipa::path(get, path = "/api/v1/cameras/{camera}/looks/{look}/video", tag = "past",
    params(("camera" = String, Path, description = "id or short name"),
        ("look" = String, Path, description = "`lok_…`")),
    responses((status = 200, content_type = "video/mp4", body = Vec<u8>),
        (status = 206, content_type = "video/mp4", body = Vec<u8>), (status = 404), (status = 416)))]
async fn video(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path((name, id)): Path<(String, Id<Look>)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut read = hall.db().read().await?;
    let row = find(&mut read, &who, Permission::CamerasLookBack, &name).await?;
    drop(read);
    let open = room.inner.looking.of(id, who.login());
    let open = open.filter(|open| open.camera == row.id).ok_or_else(over)?;
    let size = open.movie.size();
    let (from, to) = match span::asked(&headers, size) {
        Span::All => (0, size),
        Span::Part(from, to) => (from, to),
        Span::Beyond => return Err(hall::problem::beyond(size)),
    };
    let whole = (from, to) == (0, size);
    let octets = hall
        .tasks()
        .blocking("watch.look", move || {
            open.sent.fetch_add(to - from, Ordering::AcqRel);
            open.movie.read(from, to)
        })
        .await
        .map_err(|_| Problem::unavailable("closing", "The house is closing."))?;
    if whole && !headers.contains_key(axum::http::header::RANGE) {
        let more = [
            ("accept-ranges", "bytes".to_owned()),
            ("cache-control", "no-store".to_owned()),
        ];
        return Ok(hall::problem::file(FILM, octets.into(), &more));
    }
    Ok(hall::problem::part(FILM, octets.into(), from, size))
}

/// Ends looking back.
#[utoipa::path(delete, path = "/api/v1/cameras/{camera}/looks/{look}", tag = "past",
    params(("camera" = String, Path, description = "id or short name"),
        ("look" = String, Path, description = "`lok_…`")),
    responses((status = 204), (status = 404)))]
async fn leave(
    Extension(room): Extension<Room>,
    who: Who,
    Path(path): Path<(String, Id<Look>)>,
) -> Result<Response, Problem> {
    let (_, id) = path;
    let open = room.inner.looking.of(id, who.login()).ok_or_else(over)?;
    if room.inner.looking.end(open.id).is_some() {
        looking::end(&room, &open, "end").await;
    }
    Ok(hall::problem::no_content())
}

/// The full picture, unless the small one reaches further back.
fn furthest(room: &Room, camera: Id<Camera>, now: base::now::Now) -> Option<Layer> {
    let past = room.inner.hub.past();
    let from = |layer: Layer| Some(past.held(StreamKey { camera, layer }, now)?.from);
    match (from(Layer::Main), from(Layer::Sub)) {
        // Layers of one age begin at key frames of their own.
        (Some(main), Some(sub)) if main.since(sub) > ALIKE => Some(Layer::Sub),
        (Some(_), _) => Some(Layer::Main),
        (None, sub) => sub.map(|_| Layer::Sub),
    }
}

/// Layers that begin within so long of each other reach equally far.
const ALIKE: Duration = Duration::from_secs(10);

fn nothing() -> Problem {
    Problem::conflict("past-empty", "No picture of the last minute is held.")
}

fn no_layer() -> Problem {
    Problem::invalid("form", "No such layer.").field("layer", "main or sub")
}

pub(crate) fn over() -> Problem {
    Problem::not_found("look", "There is no such look back, or it has ended.")
}
