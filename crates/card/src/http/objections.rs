//! `/api/v1/card/objections`: what people say against where they stand on adopted lists.
//!
//! Who objects and on what ground is in no list: an objection is opened for a purpose, which
//! is kept in the audit. One person records it, another answers.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use base::area::AreaCode;
use base::id::{Id, Objection};
use base::now::Wall;
use card_core::decree::Exception;
use hall::Hall;
use hall::guard::{Guarded as _, Permission, Place, Who};
use hall::idempotency::Keyed;
use hall::problem::{Json, Path, Problem, Query};
use hall::{line, staff};
use serde::{Deserialize, Serialize};
use store::Conn;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::decide;
use crate::objection::{self, GROUND_MAX, OBJECTOR_MAX, Record, Stand};
use crate::room::Room;
use crate::sql::objection::{self as rows, Asked, ObjectionRow, State as Stage};
use crate::subject::SubjectId;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::CardRead))
        .routes(routes!(record).guard(Permission::CardOpen))
        .routes(routes!(open).guard(Permission::CardOpen))
        .routes(routes!(answer).guard(Permission::CardDecide))
}

/// What somebody says against where he stands on an adopted list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardObjection)]
pub(super) struct ObjectionView {
    /// `obj_…`.
    #[schema(value_type = String)]
    id: Id<Objection>,
    /// The number that people say.
    number: i64,
    /// The number of the list that it is against.
    decision: i64,
    /// The programme of the list, by its name in addresses.
    programme: String,
    /// What that is called.
    programme_name: String,
    /// `fam_…`, `rsd_…` or `biz_…`: about whom.
    #[schema(value_type = String)]
    subject: SubjectId,
    /// The area that the subject lives in.
    #[schema(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// What that is called.
    area_name: Option<String>,
    /// What is asked for: `include` or `exclude`.
    #[schema(value_type = String)]
    wants: &'static str,
    /// `open`, `accepted` or `rejected`.
    #[schema(value_type = String)]
    state: &'static str,
    /// When it was recorded, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// Until before when it is to be answered.
    #[schema(value_type = i64)]
    due_us: Wall,
    /// Whether it is open and should have been answered.
    is_overdue: bool,
    /// Who has recorded it.
    by_name: Option<String>,
    /// On what ground; null unless it was opened.
    ground: Option<String>,
    /// Who objects, in words; null unless it was opened.
    objector: Option<String>,
    /// The answer; null while it is open.
    decided: Option<DecidedView>,
}

/// The answer to an objection.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardObjectionAnswer)]
struct DecidedView {
    /// `accepted` or `rejected`.
    #[schema(value_type = String)]
    answer: &'static str,
    /// Why; null unless the objection was opened.
    reason: Option<String>,
    /// When, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// Who has answered.
    by_name: Option<String>,
}

/// Objections as they are without being opened.
pub(super) async fn views(
    hall: &Hall,
    room: &Room,
    conn: &mut Conn,
    found: Vec<ObjectionRow>,
) -> Result<Vec<ObjectionView>, Problem> {
    let names = staff::names(conn).await?;
    let now = hall.now().wall;
    let mut lists = BTreeMap::new();
    let mut views = Vec::with_capacity(found.len());
    for row in found {
        let (list, kept) = match lists.entry(row.decision) {
            Entry::Occupied(list) => list.into_mut(),
            Entry::Vacant(list) => list.insert(objection::against(conn, row.decision).await?),
        };
        views.push(ObjectionView {
            id: row.id,
            number: row.number,
            decision: row.decision,
            programme: list.slug.clone(),
            programme_name: kept.programme.name.clone(),
            subject: SubjectId::of(kept.programme.subject, row.subject),
            area_name: row
                .area
                .as_ref()
                .and_then(|area| room.areas().name(area))
                .map(str::to_owned),
            area: row.area,
            wants: row.wants.as_str(),
            state: row.state.as_str(),
            at_us: row.at,
            due_us: row.due,
            is_overdue: row.state == Stage::Open && row.due <= now,
            by_name: names.get(&row.by).cloned(),
            ground: None,
            objector: None,
            decided: row.answered.map(|it| DecidedView {
                answer: row.state.as_str(),
                reason: None,
                at_us: it.at,
                by_name: names.get(&it.by).cloned(),
            }),
        });
    }
    Ok(views)
}

async fn view(
    hall: &Hall,
    room: &Room,
    conn: &mut Conn,
    row: ObjectionRow,
) -> Result<ObjectionView, Problem> {
    let views = views(hall, room, conn, vec![row]).await?;
    let view = views.into_iter().next();
    view.ok_or_else(|| Problem::bug("an objection without a view"))
}

/// Where an objection lies, as rights see it.
fn place(row: &ObjectionRow) -> Place {
    Place::new(row.area.clone(), None)
}

async fn readable(conn: &mut Conn, who: &Who, id: Id<Objection>) -> Result<ObjectionRow, Problem> {
    rows::find(conn, id)
        .await?
        .filter(|row| who.may(Permission::CardRead, &place(row)))
        .ok_or_else(objection::none)
}

/// Which objections.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// `open`, `accepted` or `rejected`.
    state: Option<String>,
    /// Only in this area.
    #[param(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// Only against the list of this number.
    decision: Option<i64>,
    /// Rows of this page, 1 to 1000.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A page of objections.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardObjections)]
struct Objections {
    /// The newest first.
    items: Vec<ObjectionView>,
    /// What to send as `cursor` for the next page.
    next: Option<String>,
}

/// Objections against adopted lists, the newest first. Not what they say.
#[utoipa::path(get, path = "/api/v1/card/objections", tag = "card", params(Filter),
    responses((status = 200, body = Objections), (status = 422)))]
async fn list(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Query(filter): Query<Filter>,
) -> Result<axum::Json<Objections>, Problem> {
    let limit = super::limit(filter.limit)?;
    let state = filter.state.as_deref().map(state).transpose()?;
    let behind = super::behind(filter.cursor.as_deref())?;
    let asked = Asked {
        state,
        decision: filter.decision,
        area: filter.area.as_ref(),
        behind,
        ..Asked::default()
    };
    let sight = who.visible(Permission::CardRead, "area_code", "NULL");
    let most = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let mut read = hall.db().read().await?;
    let mut found = rows::some(&mut read, &asked, sight, most).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found
        .last()
        .filter(|_| more)
        .map(|row| row.number.to_string());
    let items = views(&hall, &room, &mut read, found).await?;
    Ok(axum::Json(Objections { items, next }))
}

fn state(word: &str) -> Result<Stage, Problem> {
    let words = Stage::ALL.map(Stage::as_str).join(", ");
    Stage::parse(word).ok_or_else(|| super::refuse("state", format!("use one of {words}")))
}

/// What somebody says against where he stands.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardObjectionForm, example = json!({
    "decision": 3, "subject": "fam_01k9xq2v7e8rj5t0m4c6n8p2sw",
    "ground": "Suami sudah meninggal; kami tidak menerima bantuan lain.",
    "by": "istri kepala keluarga, datang sendiri ke kantor desa",
}))]
struct Form {
    /// The number of an adopted list.
    decision: i64,
    /// `fam_…`, `rsd_…` or `biz_…`: about whom.
    #[schema(value_type = String)]
    subject: SubjectId,
    /// What is asked for: `include`, or `exclude` of somebody who receives by the list.
    /// Left out: `include`.
    #[serde(default)]
    wants: Option<String>,
    /// On what ground; it may have several lines. It is sealed.
    ground: String,
    /// Who objects, in words. It is sealed.
    by: String,
}

/// Records an objection against an adopted list, for whoever lives in the caller's area.
/// What it says is sealed, and the answer here is without it.
#[utoipa::path(post, path = "/api/v1/card/objections", tag = "card", request_body = Form,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = ObjectionView), (status = 403), (status = 404),
        (status = 409), (status = 422)))]
async fn record(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Keyed { body, once }: Keyed<Form>,
) -> Result<Response, Problem> {
    let wants = match body.wants.as_deref() {
        None => Exception::Include,
        Some(word) => {
            Exception::parse(word).ok_or_else(|| line::refuse("wants", "use include or exclude"))?
        }
    };
    let it = Record {
        wants,
        objector: line::read("by", &body.by, OBJECTOR_MAX)?,
        ground: objection::lines("ground", &body.ground, GROUND_MAX)?,
    };
    let stand = Stand::of(&hall, &room, body.decision, body.subject).await?;
    let place = Place::new(stand.area.clone(), None);
    if !who.may(Permission::CardRead, &place) {
        return Err(objection::nobody());
    }
    who.require(Permission::CardOpen, &place)?;
    if wants == Exception::Exclude && !stand.receives {
        return Err(line::refuse(
            "wants",
            "exclude is for somebody who receives by this list",
        ));
    }
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, now).await? {
        return Ok(answer);
    }
    let row = objection::record(&hall, &who, &mut tx, &stand, it).await?;
    let location = format!("/api/v1/card/objections/{}", row.id);
    let view = view(&hall, &room, &mut tx, row).await?;
    let answer = once.created(&mut tx, now, &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// What an objection is opened for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardObjectionOpenForm, example = json!({ "purpose": "menjawab sanggahan" }))]
struct OpenForm {
    /// What for. It is written into the audit.
    purpose: String,
}

/// Opens an objection: who objects, on what ground, and why it was answered so. Who opened
/// it, when and for what is kept.
#[utoipa::path(post, path = "/api/v1/card/objections/{id}/opening", tag = "card",
    request_body = OpenForm, params(("id" = String, Path, description = "`obj_…`")),
    responses((status = 200, body = ObjectionView), (status = 403), (status = 404),
        (status = 422)))]
async fn open(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<Id<Objection>>,
    Json(form): Json<OpenForm>,
) -> Result<axum::Json<ObjectionView>, Problem> {
    let purpose = line::read("purpose", &form.purpose, super::PURPOSE_MAX)?;
    // What is seen is written down before it is seen.
    let mut tx = hall.db().write().await?;
    let row = readable(&mut tx, &who, id).await?;
    who.require(Permission::CardOpen, &place(&row))?;
    let opened = objection::open(&hall, &who, &mut tx, &row, &purpose).await?;
    let mut view = view(&hall, &room, &mut tx, row).await?;
    if let Some(opened) = opened {
        view.ground = Some(opened.ground);
        view.objector = Some(opened.objector);
        if let Some(decided) = &mut view.decided {
            decided.reason = opened.reason;
        }
    }
    tx.commit().await?;
    Ok(axum::Json(view))
}

/// The answer to an objection.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardObjectionAnswerForm, example = json!({
    "answer": "accepted", "reason": "kartu keluarga yang baru sudah diperiksa",
}))]
struct AnswerForm {
    /// `accepted` or `rejected`.
    answer: String,
    /// Why; it may have several lines. It is sealed.
    reason: String,
}

/// Answers an objection that somebody else has recorded. What was accepted counts in the
/// lists of the programme that come; what was answered stays.
#[utoipa::path(post, path = "/api/v1/card/objections/{id}/answer", tag = "card",
    request_body = AnswerForm, params(("id" = String, Path, description = "`obj_…`")),
    responses((status = 200, body = ObjectionView), (status = 403), (status = 404),
        (status = 409), (status = 422)))]
async fn answer(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<Id<Objection>>,
    Json(form): Json<AnswerForm>,
) -> Result<axum::Json<ObjectionView>, Problem> {
    decide::require(&who)?;
    let is_accepted = match Stage::parse(&form.answer) {
        Some(Stage::Accepted) => true,
        Some(Stage::Rejected) => false,
        Some(Stage::Open) | None => {
            return Err(line::refuse("answer", "use accepted or rejected"));
        }
    };
    let reason = objection::lines("reason", &form.reason, GROUND_MAX)?;
    let mut tx = hall.db().write().await?;
    let row = readable(&mut tx, &who, id).await?;
    objection::answer(&hall, &who, &mut tx, &row, is_accepted, &reason).await?;
    let row = readable(&mut tx, &who, id).await?;
    let view = view(&hall, &room, &mut tx, row).await?;
    tx.commit().await?;
    Ok(axum::Json(view))
}
