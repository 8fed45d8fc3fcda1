//! `/api/v1/clips`: pieces of the past that were saved.
//!
//! Saved out of the last minute of a camera, with a purpose and a reason, until a day. Who
//! may know of a clip is told what it is; whoever takes its file needs a right of its own,
//! and each taking is in the audit.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use base::id::{Camera, Clip, Id, Look, Person};
use base::now::Wall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Who};
use hall::idempotency::Keyed;
use hall::problem::{Path, Problem, Query};
use hall::{Hall, line};
use serde::{Deserialize, Serialize};
use store::blob::Sha256;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cameras::find as find_camera;
use super::looks::{FILM, over};
use super::span::{self, Span};
use crate::clip::{self as saving, Wanted, stem, sums};
use crate::hub::{Layer, StreamKey};
use crate::room::Room;
use crate::sql::camera;
use crate::sql::clip::{self, ClipRow};

/// What pictures of people in public may be kept for (UU 27/2022 art. 17, and art. 15 for
/// those who enforce the law).
pub(crate) const PURPOSES: [&str; 4] = ["keamanan", "bencana", "lalu_lintas", "penegakan_hukum"];

/// Longest reason, in characters.
const REASON_MAX: usize = 500;

/// Shortest.
const REASON_MIN: usize = 5;

/// So long a clip is kept whose camera has no term on its legal card.
const KEEP_DAYS: i64 = 30;

const DAY: Duration = Duration::from_secs(86_400);

/// Rows of a page when nobody has said otherwise.
const LIMIT: i64 = 200;

/// Rows of a page at most.
const LIMIT_MAX: i64 = 5_000;

pub(crate) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(save).guard(Permission::ClipsSave))
        .routes(routes!(list).guard(Permission::ClipsRead))
        .routes(routes!(show).guard(Permission::ClipsRead))
        .routes(routes!(manifest).guard(Permission::ClipsRead))
        .routes(routes!(hashes).guard(Permission::ClipsRead))
        .routes(routes!(video).guard(Permission::ClipsTake))
}

/// What is to be saved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ClipForm {
    /// What one looks back at, `lok_…`; the last minute as it is now when left out.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    look: Option<Id<Look>>,
    /// `main` or `sub`; that of `look`, or the main one, when left out.
    #[serde(default)]
    layer: Option<String>,
    /// From when, µs since 1970 UTC. The clip begins at the key frame before it.
    from_us: i64,
    /// Until when.
    to_us: i64,
    /// `keamanan`, `bencana`, `lalu_lintas` or `penegakan_hukum`.
    purpose: String,
    /// What for, 5 to 500 characters.
    reason: String,
    /// For so many days, at most as the legal card allows; as it allows when left out, 30
    /// where it says nothing.
    #[serde(default)]
    keep_days: Option<i64>,
}

/// A clip.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClipView {
    /// `klp_…`.
    #[schema(value_type = String)]
    id: Id<Clip>,
    /// The camera.
    #[schema(value_type = String)]
    camera: Id<Camera>,
    /// Its short name.
    camera_short: String,
    /// Its name.
    camera_name: String,
    /// `main` or `sub`.
    layer: &'static str,
    /// When its first picture arrived, µs since 1970 UTC.
    first_us: i64,
    /// When its last picture arrived.
    last_us: i64,
    /// Pictures.
    frames: i64,
    /// Times without pictures in it; the manifest has each.
    gaps: i64,
    /// What it may be used for.
    purpose: String,
    /// What for, in the words of who saved it.
    reason: String,
    /// Who saved it.
    #[schema(value_type = String)]
    by: Id<Person>,
    /// His name on that day.
    by_name: String,
    /// When it was saved.
    saved_us: i64,
    /// When it is removed.
    until_us: i64,
    /// When it was; its file is no more.
    removed_us: Option<i64>,
    /// What its files are called, without their endings.
    name: String,
    /// SHA-256 of the MP4, hexadecimal.
    sha256: String,
    /// Octets of the MP4.
    size_bytes: i64,
    /// SHA-256 of the manifest.
    manifest_sha256: String,
}

impl ClipView {
    pub(crate) fn of(hall: &Hall, row: ClipRow) -> Self {
        Self {
            name: stem(hall, &row.camera_short, row.first, row.id),
            id: row.id,
            camera: row.camera,
            camera_short: row.camera_short,
            camera_name: row.camera_name,
            layer: row.layer.as_str(),
            first_us: row.first.as_us(),
            last_us: row.last.as_us(),
            frames: row.frames,
            gaps: row.gaps,
            purpose: row.purpose,
            reason: row.reason,
            by: row.person,
            by_name: row.person_name,
            saved_us: row.saved.as_us(),
            until_us: row.until.as_us(),
            removed_us: row.removed.map(Wall::as_us),
            sha256: row.sha256,
            size_bytes: row.size_bytes,
            manifest_sha256: row.manifest_sha256,
        }
    }
}

/// What a list is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Id or short name of a camera in service.
    camera: Option<String>,
    /// Rows of this page, 1 to 5000.
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// `csv` for a file.
    format: Option<String>,
}

/// A page of clips, the newest first.
#[derive(Debug, Serialize, ToSchema)]
struct ClipList {
    /// The clips.
    items: Vec<ClipView>,
    /// What to send as `cursor` for the next page; null on the last.
    next: Option<String>,
}

/// Saves a piece of the last minute of a camera as an MP4, as the camera has sent it.
#[utoipa::path(post, path = "/api/v1/cameras/{camera}/clips", tag = "past",
    request_body = ClipForm,
    params(("camera" = String, Path, description = "id or short name"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = ClipView), (status = 404), (status = 409), (status = 422),
        (status = 503)))]
async fn save(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(name): Path<String>,
    Keyed { body, once }: Keyed<ClipForm>,
) -> Result<Response, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, now).await? {
        return Ok(answer);
    }
    drop(tx);
    let mut read = hall.db().read().await?;
    let row = find_camera(&mut read, &who, Permission::ClipsSave, &name).await?;
    let legal = camera::legal(&mut read, &[row.id]).await?.remove(&row.id);
    drop(read);

    let purpose = PURPOSES.into_iter().find(|it| *it == body.purpose);
    let purpose = purpose
        .ok_or_else(|| line::refuse("purpose", format!("one of {}", PURPOSES.join(", "))))?;
    let reason = line::read("reason", &body.reason, REASON_MAX)?;
    if reason.chars().count() < REASON_MIN {
        return Err(line::refuse(
            "reason",
            format!("say what it is for, in {REASON_MIN} characters or more"),
        ));
    }
    let allowed = legal.as_ref().and_then(|card| card.retention_days);
    let allowed = allowed.unwrap_or(KEEP_DAYS).max(1);
    let days = body.keep_days.unwrap_or(allowed);
    if !(1..=allowed).contains(&days) {
        return Err(line::refuse("keep_days", format!("1 to {allowed}")));
    }
    let days = u32::try_from(days).unwrap_or(u32::MAX);
    let asked = (Wall::from_us(body.from_us), Wall::from_us(body.to_us));
    if asked.0 > asked.1 {
        return Err(line::refuse("to_us", "not before from_us"));
    }

    let look = match body.look {
        Some(id) => Some(
            room.inner
                .looking
                .of(id, who.login())
                .filter(|open| open.camera == row.id)
                .ok_or_else(over)?,
        ),
        None => None,
    };
    let layer = match (body.layer.as_deref(), &look) {
        (Some(word), _) => {
            Layer::parse(word).ok_or_else(|| line::refuse("layer", "main or sub"))?
        }
        (None, Some(open)) => open.layer,
        (None, None) => Layer::Main,
    };
    let key = StreamKey {
        camera: row.id,
        layer,
    };
    let held = match look {
        Some(open) if open.layer == layer => Some(open.held.stretch.clone()),
        Some(_) => return Err(line::refuse("layer", "the one that one looks at")),
        None => room.inner.hub.past().look(key, now),
    };
    let stretch = held
        .and_then(|stretch| stretch.part(asked.0, asked.1))
        .ok_or_else(|| Problem::conflict("past-gone", "No picture of that time is held."))?;
    let channel = room.inner.hub.stream(key);
    let wanted = Wanted {
        camera: row,
        legal,
        layer,
        stretch,
        asked,
        clock_offset_us: channel.and_then(|channel| channel.report().clock_offset_us),
        purpose,
        reason,
        term: DAY * days,
    };
    saving::save(&hall, &room.inner.savings, &who, &once, wanted).await
}

/// Clips of cameras that one may read of, those that were removed included. A file with
/// `format=csv`.
#[utoipa::path(get, path = "/api/v1/clips", tag = "past", params(Filter),
    responses((status = 200, body = ClipList), (status = 404)))]
async fn list(
    State(hall): State<Hall>,
    who: Who,
    headers: HeaderMap,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let limit = filter.limit.unwrap_or(LIMIT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Problem::invalid("query", "One parameter cannot stand.")
            .field("limit", "use 1 to 5000"));
    }
    let csv = hall::csv::wanted(&headers, filter.format.as_deref())?;
    let mut read = hall.db().read().await?;
    let (visible, values) = who.visible(Permission::ClipsRead, "c.area_code", "c.agency_id");
    let mut query = clip::list()
        .raw(" AND (")
        .condition(&visible, values)
        .raw(")");
    if let Some(name) = filter.camera.as_deref() {
        let row = find_camera(&mut read, &who, Permission::ClipsRead, name).await?;
        query = query.push(" AND k.camera_id = ", row.id);
    }
    if let Some(cursor) = filter.cursor.as_deref() {
        let after: Id<Clip> = cursor.parse().map_err(|_| {
            Problem::invalid("query", "One parameter cannot stand.")
                .field("cursor", "`next` of the page before")
        })?;
        query = query.push(" AND k.id < ", after);
    }
    let query = query.push(" ORDER BY k.id DESC LIMIT ", limit);
    let rows = clip::fetch(&mut read, &query).await?;
    drop(read);
    let full = i64::try_from(rows.len()) == Ok(limit);
    let next = rows.last().filter(|_| full).map(|row| row.id.to_string());
    let items: Vec<_> = rows
        .into_iter()
        .map(|row| ClipView::of(&hall, row))
        .collect();
    if !csv {
        return Ok(axum::Json(ClipList { items, next }).into_response());
    }
    let mut file = hall::csv::File::new(&COLUMNS);
    for view in &items {
        file.row(&cells(&hall, view));
    }
    let mut tx = hall.db().write().await?;
    let act = Act {
        verb: "clip.exported",
        subject: "clips".to_owned(),
        detail: serde_json::json!({ "camera": filter.camera, "rows": items.len() }),
    };
    audit::record(&mut tx, hall.now(), &who, act).await?;
    tx.commit().await?;
    Ok(file.response("klip.csv"))
}

const COLUMNS: [&str; 13] = [
    "id",
    "kamera",
    "nama_kamera",
    "lapisan",
    "dari",
    "sampai",
    "jeda",
    "tujuan",
    "alasan",
    "oleh",
    "disimpan",
    "sampai_tanggal",
    "sha256",
];

fn cells(hall: &Hall, view: &ClipView) -> [String; 13] {
    let at = |us: i64| hall.clock().rfc3339(Wall::from_us(us));
    [
        view.id.to_string(),
        view.camera_short.clone(),
        view.camera_name.clone(),
        view.layer.to_owned(),
        at(view.first_us),
        at(view.last_us),
        view.gaps.to_string(),
        view.purpose.clone(),
        view.reason.clone(),
        view.by_name.clone(),
        at(view.saved_us),
        at(view.until_us),
        view.sha256.clone(),
    ]
}

/// One clip.
#[utoipa::path(get, path = "/api/v1/clips/{clip}", tag = "past",
    params(("clip" = String, Path, description = "`klp_…`")),
    responses((status = 200, body = ClipView), (status = 404)))]
async fn show(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Clip>>,
) -> Result<axum::Json<ClipView>, Problem> {
    let row = find(&hall, &who, Permission::ClipsRead, id).await?;
    Ok(axum::Json(ClipView::of(&hall, row)))
}

/// What a clip is: the octets that `manifest_sha256` is of.
#[utoipa::path(get, path = "/api/v1/clips/{clip}/manifest", tag = "past",
    params(("clip" = String, Path, description = "`klp_…`")),
    responses((status = 200, content_type = "application/json", body = Vec<u8>), (status = 404)))]
async fn manifest(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Clip>>,
) -> Result<Response, Problem> {
    let row = find(&hall, &who, Permission::ClipsRead, id).await?;
    let name = format!("{}.json", stem(&hall, &row.camera_short, row.first, row.id));
    Ok(attached("application/json", row.manifest.into(), &name))
}

/// The hashes of its files, as `sha256sum -c` reads them.
#[utoipa::path(get, path = "/api/v1/clips/{clip}/sha256", tag = "past",
    params(("clip" = String, Path, description = "`klp_…`")),
    responses((status = 200, content_type = "text/plain", body = String), (status = 404)))]
async fn hashes(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Clip>>,
) -> Result<Response, Problem> {
    let row = find(&hall, &who, Permission::ClipsRead, id).await?;
    let stem = stem(&hall, &row.camera_short, row.first, row.id);
    let text = sums(&stem, &row);
    let name = format!("{stem}.sha256");
    Ok(attached("text/plain; charset=utf-8", text.into(), &name))
}

/// The film itself, or the part of it that is asked for. Whoever takes it is written down.
#[utoipa::path(get, path = "/api/v1/clips/{clip}/video", tag = "past",
    params(("clip" = String, Path, description = "`klp_…`")),
    responses((status = 200, content_type = "video/mp4", body = Vec<u8>),
        (status = 206, content_type = "video/mp4", body = Vec<u8>), (status = 404),
        (status = 409), (status = 416)))]
async fn video(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Clip>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let row = find(&hall, &who, Permission::ClipsTake, id).await?;
    if row.removed.is_some() {
        return Err(Problem::conflict(
            "clip-removed",
            "Its term is over; the file is no more.",
        ));
    }
    let hash = Sha256::parse(&row.sha256).ok_or_else(none)?;
    let size = u64::try_from(row.size_bytes).unwrap_or_default();
    let (from, to) = match span::asked(&headers, size) {
        Span::All => (0, size),
        Span::Part(from, to) => (from, to),
        Span::Beyond => return Err(hall::problem::beyond(size)),
    };
    // A player asks for one film many times, and for its beginning once.
    if from == 0 {
        let mut tx = hall.db().write().await?;
        let act = Act {
            verb: "clip.taken",
            subject: row.camera.to_string(),
            detail: serde_json::json!({ "clip": row.id, "sha256": row.sha256 }),
        };
        audit::record(&mut tx, hall.now(), &who, act).await?;
        tx.commit().await?;
    }
    let blobs = hall.blobs().clone();
    let whole = !headers.contains_key(header::RANGE);
    let octets = hall
        .tasks()
        .blocking("watch.clip", move || {
            // A whole one is held against its hash.
            if whole {
                return blobs.get(&hash);
            }
            let mut file = blobs.file(&hash)?;
            let mut octets = Vec::new();
            file.seek(SeekFrom::Start(from))
                .and_then(|_| file.take(to - from).read_to_end(&mut octets))
                .map_err(|error| blobs.trouble(error))?;
            Ok(octets)
        })
        .await
        .map_err(|_| Problem::unavailable("closing", "The house is closing."))??;
    if !whole {
        return Ok(hall::problem::part(FILM, octets.into(), from, size));
    }
    let name = format!("{}.mp4", stem(&hall, &row.camera_short, row.first, row.id));
    Ok(attached(FILM, octets.into(), &name))
}

async fn find(
    hall: &Hall,
    who: &Who,
    permission: Permission,
    id: Id<Clip>,
) -> Result<ClipRow, Problem> {
    let mut read = hall.db().read().await?;
    let row = clip::by_id(&mut read, id).await?.ok_or_else(none)?;
    if !who.may(Permission::ClipsRead, &row.place) {
        return Err(none());
    }
    who.require(permission, &row.place)?;
    Ok(row)
}

fn none() -> Problem {
    Problem::not_found(
        "clip",
        "There is no such clip, or none that you may know of.",
    )
}

fn attached(content_type: &str, bytes: bytes::Bytes, name: &str) -> Response {
    let more = [
        ("accept-ranges", "bytes".to_owned()),
        ("cache-control", "no-store".to_owned()),
        (
            "content-disposition",
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    hall::problem::file(content_type, bytes, &more)
}

#[cfg(test)]
mod tests;
