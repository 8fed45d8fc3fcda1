//! `/api/v1/shifts`: whose turn it is at a desk, its log, and what it leaves to the next.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::area::AreaCode;
use base::id::{AuditEntry, Id, Shift};
use base::now::Wall;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Conn;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::incidents::PersonView;
use super::{Page, cursor, limit};
use crate::Hall;
use crate::areas::{self, NamedArea};
use crate::audit::{self, Act};
use crate::csv::{self, File};
use crate::guard::{Guarded as _, Permission, Who};
use crate::idempotency::Keyed;
use crate::problem::{Json, Path, Problem, Query};
use crate::shift::{self, ENDS, Proven};
use crate::sql::shift::{NoteRow, ShiftRow};
use crate::sql::staff;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::IncidentsRead))
        .routes(routes!(begin).guard(Permission::IncidentsWrite))
        .routes(routes!(current).guard(Permission::IncidentsRead))
        .routes(routes!(one).guard(Permission::IncidentsRead))
        .routes(routes!(note).guard(Permission::IncidentsWrite))
        .routes(routes!(left).guard(Permission::IncidentsRead))
        .routes(routes!(hand_over).guard(Permission::IncidentsWrite))
        .routes(routes!(accept).guard(Permission::IncidentsWrite))
        .routes(routes!(end).guard(Permission::IncidentsWrite))
}

crate::words! {
    /// What has ended a shift.
    ShiftEndWord = ENDS
}

/// Which shifts.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Rows of this page, 1 to 5000.
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Only at the desk of this area.
    #[param(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// `csv` for a file.
    format: Option<String>,
}

/// Which desk.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Desk {
    /// Of this area; of the province when left out.
    #[param(value_type = Option<String>)]
    area: Option<AreaCode>,
}

/// A shift to be begun.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct ShiftForm {
    /// At the desk of this area; of the province when left out.
    #[schema(value_type = Option<String>)]
    area: Option<AreaCode>,
}

/// Something for the log.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ShiftNote {
    /// What.
    text: String,
}

/// What is said to the next beside what the house lists.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct HandoverForm {
    /// What the next should know.
    message: Option<String>,
}

/// What was read, and is accepted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HandoverAcceptance)]
struct Acceptance {
    /// The SHA-256 of the text that was read, as it came with it.
    sha256: String,
}

/// Why a shift ends that nobody hands over.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ShiftEnd {
    /// Why.
    why: String,
}

/// A turn at the desk of a place.
#[derive(Debug, Serialize, ToSchema)]
struct ShiftView {
    /// `shf_…`.
    #[schema(value_type = String)]
    id: Id<Shift>,
    /// The how manyth of the house.
    number: i64,
    /// Whose desk it is.
    area: NamedArea,
    /// Who has it.
    person: PersonView,
    /// Since when.
    #[schema(value_type = i64)]
    from_us: Wall,
    /// The shift that was handed over to it; null: none was.
    #[schema(value_type = Option<String>)]
    after: Option<Id<Shift>>,
    /// When it ended; null: it goes on.
    #[schema(value_type = Option<i64>)]
    ended_us: Option<Wall>,
    /// How it ended.
    #[schema(value_type = Option<ShiftEndWord>)]
    ended_how: Option<String>,
    /// Who accepted it, or ended it.
    ended_by: Option<PersonView>,
    /// Why it ended without a hand-over.
    ended_why: Option<String>,
}

/// A shift with its log.
#[derive(Debug, Serialize, ToSchema)]
struct ShiftShown {
    #[serde(flatten)]
    shift: ShiftView,
    /// Its log, in order.
    notes: Vec<NoteView>,
}

/// A note in the log of a shift.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ShiftNoteView)]
struct NoteView {
    /// The how manyth.
    seq: i64,
    /// When.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// By whom.
    by: PersonView,
    /// What.
    text: String,
}

/// The shift of a desk that goes on.
#[derive(Debug, Serialize, ToSchema)]
struct CurrentShift {
    /// Null: nobody has it.
    shift: Option<ShiftShown>,
}

/// What a shift leaves to the next. It is signed when both entries are there: each
/// stands in the audit chain, by the login of whoever did it, and names the hash.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Handover)]
struct HandoverView {
    /// The text, as both read it.
    text: String,
    /// Its SHA-256, 64 hexadecimal digits.
    sha256: String,
    /// How often it was written anew, from 1.
    nth: i64,
    /// When it was written.
    #[schema(value_type = i64)]
    written_us: Wall,
    /// By whom.
    written_by: PersonView,
    /// When it was accepted; null: it waits.
    #[schema(value_type = Option<i64>)]
    accepted_us: Option<Wall>,
    /// By whom.
    accepted_by: Option<PersonView>,
    /// Whether the text that is kept has this hash.
    is_as_written: bool,
    /// The entry of the audit chain by which the writer put his name to it.
    #[schema(value_type = Option<String>)]
    written_entry: Option<Id<AuditEntry>>,
    /// The same of whoever accepted it.
    #[schema(value_type = Option<String>)]
    accepted_entry: Option<Id<AuditEntry>>,
}

async fn views(conn: &mut Conn, found: Vec<ShiftRow>) -> Result<Vec<ShiftView>, Problem> {
    let names = staff::names(conn).await?;
    let areas = areas::names(conn, found.iter().map(|row| &row.area)).await?;
    let view = |row: ShiftRow| ShiftView {
        id: row.id,
        number: row.number,
        area: NamedArea {
            name: areas.get(&row.area).cloned().unwrap_or_default(),
            code: row.area,
        },
        person: PersonView::of(&names, row.person),
        from_us: row.from,
        after: row.after,
        ended_us: row.ended,
        ended_how: row.ended_how,
        ended_by: row.ended_by.map(|by| PersonView::of(&names, by)),
        ended_why: row.ended_why,
    };
    Ok(found.into_iter().map(view).collect())
}

async fn shown(
    conn: &mut Conn,
    (row, notes): (ShiftRow, Vec<NoteRow>),
) -> Result<ShiftShown, Problem> {
    let names = staff::names(conn).await?;
    let mut views = views(conn, vec![row]).await?;
    let shift = views
        .pop()
        .ok_or_else(|| Problem::bug("one shift is no shift"))?;
    let note = |row: NoteRow| NoteView {
        seq: row.seq,
        at_us: row.at,
        by: PersonView::of(&names, row.by),
        text: row.text,
    };
    Ok(ShiftShown {
        shift,
        notes: notes.into_iter().map(note).collect(),
    })
}

async fn handed(conn: &mut Conn, proven: Proven) -> Result<HandoverView, Problem> {
    let names = staff::names(conn).await?;
    let row = proven.row;
    Ok(HandoverView {
        text: row.text,
        sha256: row.sha256,
        nth: row.nth,
        written_us: row.written,
        written_by: PersonView::of(&names, row.written_by),
        accepted_us: row.accepted,
        accepted_by: row.accepted_by.map(|by| PersonView::of(&names, by)),
        is_as_written: proven.is_as_written,
        written_entry: proven.written_entry,
        accepted_entry: proven.accepted_entry,
    })
}

/// Shifts, the newest first.
#[utoipa::path(get, path = "/api/v1/shifts", tag = "shifts", params(Filter),
    responses((status = 200, body = Page<ShiftView>)))]
async fn list(
    State(hall): State<Hall>,
    who: Who,
    headers: HeaderMap,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let csv = csv::wanted(&headers, filter.format.as_deref())?;
    let limit = limit(filter.limit)?;
    let wanted = shift::Filter {
        area: filter.area,
        going_on: false,
        before: cursor(filter.cursor.as_deref())?,
    };
    if csv {
        return export(&hall, &who, &wanted, limit).await;
    }
    let mut read = hall.db().read().await?;
    let (found, next) = shift::list(&mut read, &who, &wanted, limit).await?;
    Ok(axum::Json(Page {
        items: views(&mut read, found).await?,
        next: next.map(|number| number.to_string()),
    })
    .into_response())
}

async fn export(
    hall: &Hall,
    who: &Who,
    wanted: &shift::Filter,
    limit: i64,
) -> Result<Response, Problem> {
    let mut tx = hall.db().write().await?;
    let (found, _) = shift::list(&mut tx, who, wanted, limit).await?;
    let act = Act {
        verb: "shift.exported",
        subject: "shifts".to_owned(),
        detail: json!({ "rows": found.len(), "area": wanted.area }),
    };
    audit::record(&mut tx, hall.now(), who, act).await?;
    let found = views(&mut tx, found).await?;
    tx.commit().await?;
    let mut file = File::new(&[
        "number",
        "id",
        "area",
        "person",
        "from_us",
        "after",
        "ended_us",
        "ended_how",
        "ended_by",
    ]);
    for one in found {
        file.row(&[
            one.number.to_string(),
            one.id.to_string(),
            one.area.code.to_string(),
            one.person.name().to_owned(),
            one.from_us.as_us().to_string(),
            one.after.map(|id| id.to_string()).unwrap_or_default(),
            one.ended_us
                .map(|at| at.as_us().to_string())
                .unwrap_or_default(),
            one.ended_how.unwrap_or_default(),
            one.ended_by
                .map(|by| by.name().to_owned())
                .unwrap_or_default(),
        ]);
    }
    Ok(file.response("shift.csv"))
}

/// Begins a shift at a desk where none goes on.
#[utoipa::path(post, path = "/api/v1/shifts", tag = "shifts", request_body = ShiftForm,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = ShiftShown), (status = 409), (status = 422)))]
async fn begin(
    State(hall): State<Hall>,
    who: Who,
    Keyed { body, once }: Keyed<ShiftForm>,
) -> Result<Response, Problem> {
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, hall.now()).await? {
        return Ok(answer);
    }
    let area = body.area.unwrap_or_else(|| hall.config().province.clone());
    let row = shift::begin(&hall, &mut tx, &who, &area).await?;
    let location = format!("/api/v1/shifts/{}", row.id);
    let view = shown(&mut tx, (row, Vec::new())).await?;
    let answer = once.created(&mut tx, hall.now(), &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// The shift that goes on at a desk, with its log.
#[utoipa::path(get, path = "/api/v1/shifts/current", tag = "shifts", params(Desk),
    responses((status = 200, body = CurrentShift)))]
async fn current(
    State(hall): State<Hall>,
    who: Who,
    Query(desk): Query<Desk>,
) -> Result<axum::Json<CurrentShift>, Problem> {
    let area = desk.area.unwrap_or_else(|| hall.config().province.clone());
    let wanted = shift::Filter {
        area: Some(area),
        going_on: true,
        before: None,
    };
    let mut read = hall.db().read().await?;
    let (mut found, _) = shift::list(&mut read, &who, &wanted, 1).await?;
    let shift = match found.pop() {
        Some(row) => {
            let found = shift::find(&mut read, &who, row.id).await?;
            Some(shown(&mut read, found).await?)
        }
        None => None,
    };
    Ok(axum::Json(CurrentShift { shift }))
}

/// One shift, with its log.
#[utoipa::path(get, path = "/api/v1/shifts/{id}", tag = "shifts",
    params(("id" = String, Path, description = "`shf_…`")),
    responses((status = 200, body = ShiftShown), (status = 404)))]
async fn one(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Shift>>,
) -> Result<axum::Json<ShiftShown>, Problem> {
    let mut read = hall.db().read().await?;
    let found = shift::find(&mut read, &who, id).await?;
    Ok(axum::Json(shown(&mut read, found).await?))
}

/// Writes something into the log of a shift that goes on.
#[utoipa::path(post, path = "/api/v1/shifts/{id}/notes", tag = "shifts", request_body = ShiftNote,
    params(("id" = String, Path, description = "`shf_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = ShiftShown), (status = 404), (status = 409), (status = 422)))]
async fn note(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Shift>>,
    Keyed { body, once }: Keyed<ShiftNote>,
) -> Result<Response, Problem> {
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, hall.now()).await? {
        return Ok(answer);
    }
    shift::note(&hall, &mut tx, &who, id, &body.text).await?;
    let found = shift::find(&mut tx, &who, id).await?;
    let view = shown(&mut tx, found).await?;
    let location = format!("/api/v1/shifts/{id}");
    let answer = once.created(&mut tx, hall.now(), &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// What a shift leaves to the next, and whether that is proven.
#[utoipa::path(get, path = "/api/v1/shifts/{id}/handover", tag = "shifts",
    params(("id" = String, Path, description = "`shf_…`")),
    responses((status = 200, body = HandoverView), (status = 404)))]
async fn left(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Shift>>,
) -> Result<axum::Json<HandoverView>, Problem> {
    let mut read = hall.db().read().await?;
    let proven = shift::left(&mut read, &who, id).await?;
    Ok(axum::Json(handed(&mut read, proven).await?))
}

/// Writes what whoever has the shift leaves to the next: what is open with who looks
/// after it and by when, the log, and a message. Written again, the newest counts.
#[utoipa::path(post, path = "/api/v1/shifts/{id}/handover", tag = "shifts", request_body = HandoverForm,
    params(("id" = String, Path, description = "`shf_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = HandoverView), (status = 404), (status = 409), (status = 422)))]
async fn hand_over(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Shift>>,
    Keyed { body, once }: Keyed<HandoverForm>,
) -> Result<Response, Problem> {
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, hall.now()).await? {
        return Ok(answer);
    }
    let proven = shift::hand_over(&hall, &mut tx, &who, id, body.message.as_deref()).await?;
    let view = handed(&mut tx, proven).await?;
    let location = format!("/api/v1/shifts/{id}/handover");
    let answer = once.created(&mut tx, hall.now(), &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Accepts what was left, as it was read: the shift is the caller's from then on. Answers
/// with the new shift.
#[utoipa::path(post, path = "/api/v1/shifts/{id}/accept", tag = "shifts", request_body = Acceptance,
    params(("id" = String, Path, description = "`shf_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = ShiftShown), (status = 404), (status = 409), (status = 422)))]
async fn accept(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Shift>>,
    Keyed { body, once }: Keyed<Acceptance>,
) -> Result<Response, Problem> {
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, hall.now()).await? {
        return Ok(answer);
    }
    let next = shift::accept(&hall, &mut tx, &who, id, &body.sha256).await?;
    let location = format!("/api/v1/shifts/{}", next.id);
    let view = shown(&mut tx, (next, Vec::new())).await?;
    let answer = once.created(&mut tx, hall.now(), &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Ends a shift that nobody hands over.
#[utoipa::path(post, path = "/api/v1/shifts/{id}/end", tag = "shifts", request_body = ShiftEnd,
    params(("id" = String, Path, description = "`shf_…`")),
    responses((status = 200, body = ShiftShown), (status = 404), (status = 409), (status = 422)))]
async fn end(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Shift>>,
    Json(form): Json<ShiftEnd>,
) -> Result<axum::Json<ShiftShown>, Problem> {
    let mut tx = hall.db().write().await?;
    shift::leave(&hall, &mut tx, &who, id, &form.why).await?;
    let found = shift::find(&mut tx, &who, id).await?;
    let view = shown(&mut tx, found).await?;
    tx.commit().await?;
    Ok(axum::Json(view))
}
