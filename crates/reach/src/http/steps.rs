//! `/api/v1/points/{id}/steps`: how a point has come so far, with what shows it.

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Response;
use base::fact::Fact;
use base::geo::Point as Degrees;
use base::id::{Id, Person, Point};
use base::now::Wall;
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Who};
use hall::http::LatLon;
use hall::idempotency::Keyed;
use hall::line;
use hall::problem::{self, Path, Problem};
use reach_core::flow::{
    self, Cause, Command, Event, Evidence, Refusal, Said, State as Stage, Step,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::blob::{self, Sha256};
use store::{Conn, Tx, facts};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::points::{self, PointView, StageWord, place, readable};
use crate::sql::event::{self, EventRow};
use crate::sql::point::{self, PointRow};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    let photos = OpenApiRouter::new()
        .routes(routes!(put_photo).guard(Permission::PointsStep))
        .layer(DefaultBodyLimit::max(PHOTO_MAX));
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::VillagesRead))
        .routes(routes!(take).guard(Permission::PointsStep))
        .routes(routes!(correct).guard(Permission::PointsStep))
        .routes(routes!(photo).guard(Permission::PointPhotosRead))
        .merge(photos)
}

/// Octets of a photograph at most.
const PHOTO_MAX: usize = 8 << 20;

/// Longest note, and longest reason of a correction, in characters.
const NOTE_MAX: usize = 500;

/// Longest serial number, in characters.
const SERIAL_MAX: usize = 80;

hall::words! {
    /// Why a point was suspended.
    CauseWord = Cause::ALL.map(Cause::as_str)
}

/// A step that was taken.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PointStepForm, example = json!({
    "to": "surveyed", "happened_us": 1_700_000_000_000_000_i64, "note": "bertemu kepala desa",
}))]
struct StepForm {
    /// Where it leads.
    #[schema(value_type = StageWord)]
    to: String,
    /// When it happened, microseconds since 1970 UTC; not in the future.
    happened_us: i64,
    /// Why it was suspended; only then.
    #[serde(default)]
    #[schema(value_type = Option<CauseWord>)]
    cause: Option<String>,
    /// SHA-256 of a photograph that was sent for this point.
    #[serde(default)]
    photo: Option<String>,
    /// Where whoever says it stood.
    #[serde(default)]
    gps: Option<LatLon>,
    /// The number on the equipment.
    #[serde(default)]
    serial: Option<String>,
    /// Words, or the number of a paper.
    #[serde(default)]
    note: Option<String>,
    /// How far the point had come as the caller knew it. Where it has come elsewhere
    /// meanwhile, nothing is written. Left out: whatever was said meanwhile.
    #[serde(default)]
    knew: Option<Knew>,
}

/// How far a point had come, as somebody knew it who was without a line since.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PointKnew)]
struct Knew {
    /// `state` of the point.
    #[schema(value_type = StageWord)]
    state: String,
    /// `state_us` of the point.
    #[serde(default)]
    state_us: Option<i64>,
}

/// What was wrong, and what is right.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PointCorrection)]
struct Correction {
    /// The step that stands in its place; null: it never was.
    #[serde(default)]
    instead: Option<StepForm>,
    /// Why.
    why: String,
}

/// What was said of a point.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PointEvent)]
struct EventView {
    /// The how manyth.
    seq: u32,
    /// The event that it corrects; null: it is a step of its own.
    corrects: Option<u32>,
    /// Whether it counts: it was not corrected.
    counts: bool,
    /// The step; null: what it corrects never was.
    step: Option<StepView>,
    /// Of a correction: why.
    why: Option<String>,
    /// When it was said.
    #[schema(value_type = i64)]
    said_us: Wall,
    /// By whom.
    #[schema(value_type = String)]
    by: Id<Person>,
}

/// A step.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PointStep)]
struct StepView {
    /// Where it leads.
    #[schema(value_type = StageWord)]
    to: &'static str,
    /// When it happened, as was said.
    #[schema(value_type = i64)]
    happened_us: Wall,
    /// Why it was suspended.
    #[schema(value_type = Option<CauseWord>)]
    cause: Option<&'static str>,
    /// SHA-256 of a photograph.
    photo: Option<String>,
    /// Where whoever said it stood.
    #[schema(value_type = Option<LatLon>)]
    gps: Option<Degrees>,
    /// So far from the point, in metres; null where either is unknown.
    distance_m: Option<f64>,
    /// The number on the equipment.
    serial: Option<String>,
    /// Words, or the number of a paper.
    note: Option<String>,
}

/// What was said of a point, in order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PointEvents)]
struct Events {
    /// The events.
    items: Vec<EventView>,
    /// All are on one page: null.
    next: Option<String>,
    /// Where the point can come to next.
    #[schema(value_type = Vec<StageWord>)]
    can: Vec<&'static str>,
}

/// A photograph that was kept.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PointPhoto)]
struct Kept {
    /// SHA-256, to be named in a step.
    sha256: String,
}

/// What was said of a point, in the order in which it was said.
#[utoipa::path(get, path = "/api/v1/points/{id}/steps", tag = "points",
    params(("id" = String, Path, description = "`pnt_…`")),
    responses((status = 200, body = Events), (status = 404)))]
async fn list(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Point>>,
) -> Result<axum::Json<Events>, Problem> {
    let mut read = hall.db().read().await?;
    let row = readable(&mut read, &who, id).await?;
    let events = event::of_point(&mut read, id).await?;
    let log = log(&events);
    let counting: Vec<u32> = flow::steps(&log).into_iter().map(|(seq, _)| seq).collect();
    let can = row.state.next().iter().map(|state| state.as_str());
    Ok(axum::Json(Events {
        can: can.collect(),
        items: events
            .into_iter()
            .map(|event| view(&row, event, &counting))
            .collect(),
        next: None,
    }))
}

/// Says that a point has come a step further. A step may be reported late: the whole
/// way has to be one that a point can go. With `knew`, only if nobody has said more of
/// the point since.
#[utoipa::path(post, path = "/api/v1/points/{id}/steps", tag = "points", request_body = StepForm,
    params(("id" = String, Path, description = "`pnt_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = PointView), (status = 404), (status = 409), (status = 422)))]
async fn take(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Point>>,
    Keyed { body, once }: Keyed<StepForm>,
) -> Result<Response, Problem> {
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, hall.now()).await? {
        return Ok(answer);
    }
    let row = mine(&mut tx, &who, id).await?;
    let knew = body.knew.clone();
    let step = read(&mut tx, id, body).await?;
    if let Some(knew) = knew {
        unmoved(&row, &knew)?;
    }
    let view = say(&hall, &mut tx, &who, row, Command::Take(step), None).await?;
    let location = format!("/api/v1/points/{id}/steps");
    let answer = once.created(&mut tx, hall.now(), &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Says that an event was wrong, and what is right. It stays, and what was known
/// before goes on being known.
#[utoipa::path(post, path = "/api/v1/points/{id}/steps/{seq}/correction", tag = "points",
    request_body = Correction,
    params(("id" = String, Path, description = "`pnt_…`"),
        ("seq" = u32, Path, description = "the event"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = PointView), (status = 404), (status = 409), (status = 422)))]
async fn correct(
    State(hall): State<Hall>,
    who: Who,
    Path((id, of)): Path<(Id<Point>, u32)>,
    Keyed { body, once }: Keyed<Correction>,
) -> Result<Response, Problem> {
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, hall.now()).await? {
        return Ok(answer);
    }
    let row = mine(&mut tx, &who, id).await?;
    let why = line::read("why", &body.why, NOTE_MAX)?;
    let instead = match body.instead {
        Some(form) if form.knew.is_some() => {
            let why = "a correction names the event, and needs nothing else";
            return Err(line::refuse("knew", why));
        }
        Some(form) => Some(read(&mut tx, id, form).await?),
        None => None,
    };
    let command = Command::Correct { of, instead };
    let view = say(&hall, &mut tx, &who, row, command, Some(why)).await?;
    let location = format!("/api/v1/points/{id}/steps");
    let answer = once.created(&mut tx, hall.now(), &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// A point of which the caller may say something.
pub(super) async fn mine(conn: &mut Conn, who: &Who, id: Id<Point>) -> Result<PointRow, Problem> {
    let row = readable(conn, who, id).await?;
    who.require(Permission::PointsStep, &place(&row))?;
    if row.retired.is_some() {
        return Err(Problem::conflict(
            "point-retired",
            "The point was taken off.",
        ));
    }
    Ok(row)
}

/// Whether the point is where the caller knew it to be.
fn unmoved(row: &PointRow, knew: &Knew) -> Result<(), Problem> {
    let state = Stage::parse(&knew.state)
        .ok_or_else(|| line::refuse("knew", format!("use one of {}", Stage::WORDS.join(", "))))?;
    let since = knew.state_us.map(Wall::from_us);
    if (row.state, row.since) == (state, since) {
        return Ok(());
    }
    let (is, was) = (row.state.as_str(), state.as_str());
    Err(Problem::conflict(
        "step-moved",
        format!("The point is {is} by now; the caller knew it as {was}, or from another time."),
    )
    .field("knew", is))
}

/// Takes a step, or says that one was wrong, if the way allows it.
pub(crate) async fn say(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    row: PointRow,
    command: Command,
    why: Option<String>,
) -> Result<PointView, Problem> {
    let now = hall.now();
    let mut log = log(&event::of_point(tx, row.id).await?);
    let event = flow::decide(&log, command, now.wall).map_err(|refusal| refused(&refusal))?;
    log.push(event.clone());
    let (state, last) = flow::state(&log);
    if let Some(serial) = last.and_then(|step| step.evidence.serial.as_deref()) {
        alone(tx, serial, row.id).await?;
    }
    let since = last.map(|step| step.happened);
    let row = PointRow {
        state,
        since,
        ..row
    };
    let detail =
        json!({ "seq": event.seq, "says": said(&event), "state": state.as_str(), "why": why });
    let kept = EventRow {
        event,
        by: who.person(),
        why,
    };
    event::append(tx, row.id, &kept).await?;
    point::put(tx, &row).await?;
    let fact = Fact::PointChanged {
        point: row.id,
        village: row.area.clone(),
    };
    facts::append(tx, &fact, now.wall).await?;
    let act = Act {
        verb: "point.stepped",
        subject: row.id.to_string(),
        detail,
    };
    audit::record(tx, now, who, act).await?;
    points::one(hall, tx, who, row).await
}

fn said(event: &Event) -> serde_json::Value {
    let told = |step: &Step| {
        json!({
            "to": step.to.as_str(), "happened_us": step.happened,
            "cause": step.cause.map(Cause::as_str), "photo": step.evidence.photo,
            "serial": step.evidence.serial, "gps": step.evidence.gps,
            "note": step.evidence.note,
        })
    };
    match &event.kind {
        Said::Took(step) => json!({ "step": told(step) }),
        Said::Corrected { of, instead } => {
            json!({ "corrects": of, "step": instead.as_ref().map(told) })
        }
    }
}

/// One piece of equipment stands at one point.
async fn alone(conn: &mut Conn, serial: &str, id: Id<Point>) -> Result<(), Problem> {
    for other in event::with_serial(conn, serial, id).await? {
        let log = log(&event::of_point(conn, other).await?);
        let (state, last) = flow::state(&log);
        let stands =
            matches!(state, Stage::InDistribution | Stage::Delivered) || state.is_equipped();
        let same = flow::steps(&log)
            .iter()
            .rev()
            .find_map(|(_, step)| step.evidence.serial.clone());
        if stands && last.is_some() && same.as_deref() == Some(serial) {
            return Err(Problem::conflict(
                "step-serial",
                "The equipment of that number is at another point.",
            )
            .field("serial", other.to_string()));
        }
    }
    Ok(())
}

fn log(events: &[EventRow]) -> Vec<Event> {
    events.iter().map(|row| row.event.clone()).collect()
}

fn refused(refusal: &Refusal) -> Problem {
    let cannot = |detail: String| Problem::conflict("step", detail);
    match refusal {
        Refusal::NoWay { from, to, seq } => {
            let next: Vec<&str> = from.next().iter().map(|state| state.as_str()).collect();
            let which = seq.map_or_else(String::new, |seq| format!(" (event {seq})"));
            cannot(format!(
                "From {} a point does not come to {}{which}.",
                from.as_str(),
                to.as_str()
            ))
            .field("to", format!("from {}: {}", from.as_str(), next.join(", ")))
        }
        Refusal::Future => line::refuse("happened_us", "has not come yet"),
        Refusal::NoEvidence => line::refuse(
            "note",
            "needs a photograph, a place, a serial number or the number of a paper",
        ),
        Refusal::Cause => line::refuse("cause", "is given for suspended, and for nothing else"),
        Refusal::NoSuchEvent { of } => Problem::not_found(
            "step-event",
            format!("There is no event {of} of this point that counts."),
        ),
    }
}

async fn read(conn: &mut Conn, point: Id<Point>, form: StepForm) -> Result<Step, Problem> {
    let to = Stage::parse(&form.to)
        .ok_or_else(|| line::refuse("to", format!("use one of {}", Stage::WORDS.join(", "))))?;
    let cause = match form.cause.as_deref() {
        None => None,
        Some(word) => Some(Cause::parse(word).ok_or_else(|| {
            let words = Cause::ALL.map(Cause::as_str).join(", ");
            line::refuse("cause", format!("use one of {words}"))
        })?),
    };
    if let Some(sha256) = form.photo.as_deref() {
        let known = match Sha256::parse(sha256) {
            Some(_) => point::photo(conn, point, sha256).await?,
            None => None,
        };
        if known.is_none() {
            return Err(line::refuse("photo", "is no photograph of this point"));
        }
    }
    Ok(Step {
        to,
        happened: Wall::from_us(form.happened_us),
        cause,
        evidence: Evidence {
            photo: form.photo,
            gps: form.gps.map(|gps| gps.read("gps")).transpose()?,
            serial: line::read_maybe("serial", form.serial.as_deref(), SERIAL_MAX)?,
            note: line::read_maybe("note", form.note.as_deref(), NOTE_MAX)?,
        },
    })
}

fn view(point: &PointRow, row: EventRow, counting: &[u32]) -> EventView {
    let EventRow { event, by, why } = row;
    let (corrects, step) = match event.kind {
        Said::Took(step) => (None, Some(step)),
        Said::Corrected { of, instead } => (Some(of), instead),
    };
    EventView {
        seq: event.seq,
        corrects,
        counts: counting.contains(&event.seq),
        step: step.map(|step| StepView {
            to: step.to.as_str(),
            happened_us: step.happened,
            cause: step.cause.map(Cause::as_str),
            distance_m: step
                .evidence
                .gps
                .zip(point.degrees)
                .map(|(gps, point)| gps.metres_to(point)),
            photo: step.evidence.photo,
            gps: step.evidence.gps,
            serial: step.evidence.serial,
            note: step.evidence.note,
        }),
        why,
        said_us: event.said,
        by,
    }
}

/// Keeps a photograph of a point, JPEG or PNG, up to 8 MiB. The same picture again is
/// the same.
#[utoipa::path(post, path = "/api/v1/points/{id}/photos", tag = "points",
    request_body(content = String, content_type = "application/octet-stream"),
    params(("id" = String, Path, description = "`pnt_…`")),
    responses((status = 201, body = Kept), (status = 404), (status = 413), (status = 422)))]
async fn put_photo(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Point>>,
    octets: Bytes,
) -> Result<Response, Problem> {
    let media_type = match octets.as_ref() {
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => "image/png",
        _ => return Err(line::refuse("photo", "is neither JPEG nor PNG")),
    };
    let mut read = hall.db().read().await?;
    mine(&mut read, &who, id).await?;
    drop(read);
    let (blobs, size, picture) = (hall.blobs().clone(), octets.len(), octets.clone());
    let hash = hall
        .tasks()
        .blocking("keeping a photograph", move || blobs.put(&picture))
        .await
        .map_err(|_| Problem::unavailable("closing", "The house is closing."))??;
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    // Once more: it may have been taken off meanwhile.
    mine(&mut tx, &who, id).await?;
    blob::record(&mut tx, &hash, size, now.wall).await?;
    let known = point::photo(&mut tx, id, hash.as_str()).await?;
    if known.is_none() {
        point::put_photo(
            &mut tx,
            id,
            hash.as_str(),
            media_type,
            now.wall,
            who.person(),
        )
        .await?;
        let act = Act {
            verb: "point.photographed",
            subject: id.to_string(),
            detail: json!({ "sha256": hash.as_str(), "octets": size }),
        };
        audit::record(&mut tx, now, &who, act).await?;
    }
    tx.commit().await?;
    let location = format!("/api/v1/points/{id}/photos/{}", hash.as_str());
    let kept = Kept {
        sha256: hash.as_str().to_owned(),
    };
    Ok(problem::created(&location, axum::Json(kept)))
}

/// A photograph of a point.
#[utoipa::path(get, path = "/api/v1/points/{id}/photos/{sha256}", tag = "points",
    params(("id" = String, Path, description = "`pnt_…`"),
        ("sha256" = String, Path, description = "64 hexadecimal digits")),
    responses((status = 200, content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"))),
        (status = 404)))]
async fn photo(
    State(hall): State<Hall>,
    who: Who,
    Path((id, sha256)): Path<(Id<Point>, String)>,
) -> Result<Response, Problem> {
    let none = || Problem::not_found("point-photo", "There is no such photograph.");
    let hash = Sha256::parse(&sha256).ok_or_else(none)?;
    let mut read = hall.db().read().await?;
    let row = readable(&mut read, &who, id).await?;
    who.require(Permission::PointPhotosRead, &place(&row))?;
    let media_type = point::photo(&mut read, id, &sha256)
        .await?
        .ok_or_else(none)?;
    drop(read);
    let blobs = hall.blobs().clone();
    let octets = hall
        .tasks()
        .blocking("fetching a photograph", move || blobs.get(&hash))
        .await
        .map_err(|_| Problem::unavailable("closing", "The house is closing."))??;
    Ok(problem::file(&media_type, octets.into(), &[]))
}
