//! `/api/v1/cameras/{camera}/events` and `…/listening`: what a camera says that happens.

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Who};
use hall::problem::{Json, Path, Problem, Query};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use store::Conn;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watch_core::happen::{Kind, State as Thing};

use super::cameras::find;
use crate::listening::{self, Word};
use crate::room::Room;
use crate::sql::camera::CameraRow;
use crate::sql::event::{self, EventRow};
use crate::sql::onvif;

/// Rows of one answer, if nobody says how many, and at most.
const LIMIT: i64 = 50;
const LIMIT_MAX: i64 = 5_000;

pub(crate) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::CamerasRead))
        .routes(routes!(show).guard(Permission::CamerasRead))
        .routes(routes!(set).guard(Permission::CamerasWrite))
}

hall::words! {
    /// What happened.
    pub(crate) EventKind = Kind::ALL.map(Kind::as_str)
}
hall::words! {
    /// How it is from then on; unknown: the device was not heard any more.
    pub(crate) EventState = Thing::ALL.map(Thing::as_str)
}
hall::words! {
    /// How a camera is listened to: on its way, heard, one too many, not heard at the moment,
    /// refused by the device.
    pub(crate) ListeningWord = Word::ALL.map(Word::as_str)
}

/// Which rows.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// 1 to 5,000; 50 if left out.
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<i64>,
    /// `csv` for a file.
    format: Option<String>,
}

/// Something that happened before a camera, as it has said.
#[derive(Debug, Serialize, ToSchema)]
struct EventView {
    /// Its number at this camera.
    seq: i64,
    /// What.
    #[schema(value_type = EventKind)]
    kind: String,
    /// Where at the device, as it says; may be empty.
    source: String,
    /// How it is from then on.
    #[schema(value_type = EventState)]
    state: String,
    /// When, by the device's own clock, µs since 1970 UTC; none if it did not say.
    device_us: Option<i64>,
    /// When the house heard of it, µs since 1970 UTC.
    heard_us: i64,
    /// Beginnings before it that were not written down, since there were too many.
    left_out: i64,
}

/// What happened before a camera.
#[derive(Debug, Serialize, ToSchema)]
struct EventList {
    /// The newest first.
    items: Vec<EventView>,
    /// For the next page; none on the last.
    next: Option<String>,
}

/// How a camera is listened to.
#[derive(Debug, Serialize, ToSchema)]
struct ListeningView {
    /// Whether it shall be.
    on: bool,
    /// Whether it can be: it is asked by ONVIF.
    possible: bool,
    /// Since when it shall, µs since 1970 UTC.
    on_us: Option<i64>,
    /// How it is; none while it shall not be.
    #[schema(value_type = Option<ListeningWord>)]
    word: Option<&'static str>,
    /// Since when, µs since 1970 UTC.
    since_us: Option<i64>,
    /// What the device is in trouble with: a word as of any question by ONVIF.
    trouble: Option<&'static str>,
    /// By how many seconds its clock goes before that of the house.
    clock_ahead_s: Option<i64>,
    /// How often it had to be begun anew since the house was started.
    anew: u32,
    /// Beginnings that were not written down and have not been told with one that was.
    left_out: u32,
    /// What was heard is kept for so many days.
    days: u64,
}

/// Whether a camera shall be listened to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "on": true }))]
struct ListeningForm {
    /// It shall.
    on: bool,
}

/// What has happened before a camera, as it has said, the newest first. A file with
/// `format=csv`.
#[utoipa::path(get, path = "/api/v1/cameras/{camera}/events", tag = "cameras",
    params(("camera" = String, Path, description = "id or short name"), Filter),
    responses((status = 200, body = EventList), (status = 404)))]
async fn list(
    State(hall): State<Hall>,
    who: Who,
    headers: HeaderMap,
    Path(name): Path<String>,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let limit = filter.limit.unwrap_or(LIMIT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Problem::invalid("query", "One parameter cannot stand.")
            .field("limit", "use 1 to 5000"));
    }
    let csv = hall::csv::wanted(&headers, filter.format.as_deref())?;
    let mut read = hall.db().read().await?;
    let camera = find(&mut read, &who, Permission::CamerasRead, &name).await?;
    let rows = event::of(&mut read, camera.id, filter.cursor, limit).await?;
    drop(read);
    let full = i64::try_from(rows.len()) == Ok(limit);
    let next = rows.last().filter(|_| full).map(|row| row.seq.to_string());
    if !csv {
        let items = rows.into_iter().map(EventView::of).collect();
        return Ok(axum::Json(EventList { items, next }).into_response());
    }
    let mut file = hall::csv::File::new(&COLUMNS);
    for row in &rows {
        let time = |at: Option<base::now::Wall>| {
            at.map_or_else(String::new, |at| hall.clock().rfc3339(at))
        };
        file.row(&[
            camera.short.clone(),
            row.seq.to_string(),
            time(Some(row.heard)),
            time(row.device),
            row.kind.clone(),
            row.source.clone(),
            row.state.clone(),
            row.left_out.to_string(),
        ]);
    }
    let mut tx = hall.db().write().await?;
    let act = Act {
        verb: "camera.events_exported",
        subject: camera.id.to_string(),
        detail: serde_json::json!({ "rows": rows.len() }),
    };
    audit::record(&mut tx, hall.now(), &who, act).await?;
    tx.commit().await?;
    Ok(file.response("peristiwa.csv"))
}

const COLUMNS: [&str; 8] = [
    "kamera",
    "nomor",
    "diterima",
    "menurut_alat",
    "jenis",
    "sumber",
    "keadaan",
    "tidak_dicatat_sebelumnya",
];

/// How a camera is listened to.
#[utoipa::path(get, path = "/api/v1/cameras/{camera}/listening", tag = "cameras",
    params(("camera" = String, Path, description = "id or short name")),
    responses((status = 200, body = ListeningView), (status = 404)))]
async fn show(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(name): Path<String>,
) -> Result<axum::Json<ListeningView>, Problem> {
    let mut read = hall.db().read().await?;
    let camera = find(&mut read, &who, Permission::CamerasRead, &name).await?;
    view(&mut read, &room, &camera).await.map(axum::Json)
}

/// Turns listening on or off. It needs an address of ONVIF.
#[utoipa::path(put, path = "/api/v1/cameras/{camera}/listening", tag = "cameras",
    params(("camera" = String, Path, description = "id or short name")),
    request_body = ListeningForm,
    responses((status = 200, body = ListeningView), (status = 404), (status = 409)))]
async fn set(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(name): Path<String>,
    Json(form): Json<ListeningForm>,
) -> Result<axum::Json<ListeningView>, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let camera = find(&mut tx, &who, Permission::CamerasWrite, &name).await?;
    let was = event::listening(&mut tx, camera.id).await?.is_some();
    if form.on && onvif::of(&mut tx, camera.id).await?.is_none() {
        return Err(Problem::conflict(
            "conflict",
            "Write down first where the camera is asked by ONVIF.",
        ));
    }
    if form.on {
        event::listen(&mut tx, camera.id, who.person(), now.wall).await?;
    } else {
        event::leave(&mut tx, camera.id).await?;
    }
    if was != form.on {
        let act = Act {
            verb: if form.on {
                "camera.listened"
            } else {
                "camera.unlistened"
            },
            subject: camera.id.to_string(),
            detail: serde_json::json!({}),
        };
        audit::record(&mut tx, now, &who, act).await?;
    }
    tx.commit().await?;
    if was != form.on {
        room.inner.listening.changed(camera.id);
    }
    let mut read = hall.db().read().await?;
    view(&mut read, &room, &camera).await.map(axum::Json)
}

async fn view(conn: &mut Conn, room: &Room, camera: &CameraRow) -> Result<ListeningView, Problem> {
    let on = event::listening(conn, camera.id).await?;
    let possible = onvif::of(conn, camera.id).await?.is_some();
    let now = room.inner.hall.now().wall;
    let report = room.inner.listening.report(camera.id, now);
    let report = report.filter(|_| on.is_some());
    Ok(ListeningView {
        possible,
        on: on.is_some(),
        on_us: on.map(|(_, since)| since.as_us()),
        word: on.map(|_| {
            report
                .as_ref()
                .map_or(Word::Starting, |it| it.word)
                .as_str()
        }),
        since_us: report.as_ref().map(|it| it.since.as_us()),
        trouble: report.as_ref().and_then(|it| it.trouble),
        clock_ahead_s: report.as_ref().and_then(|it| it.ahead_s),
        anew: report.as_ref().map_or(0, |it| it.anew),
        left_out: report.as_ref().map_or(0, |it| it.left_out),
        days: listening::TERM.as_secs() / 86_400,
    })
}

impl EventView {
    fn of(row: EventRow) -> Self {
        Self {
            seq: row.seq,
            kind: row.kind,
            source: row.source,
            state: row.state,
            device_us: row.device.map(base::now::Wall::as_us),
            heard_us: row.heard.as_us(),
            left_out: row.left_out,
        }
    }
}
