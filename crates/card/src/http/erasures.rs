//! `/api/v1/card/erasures`: all that is known of a family or person, destroyed by decree.
//!
//! One person proposes it after a look at what it is about, another confirms it; how many rows
//! it is has to be said each time. Nothing of what is said here tells who it was, but for the
//! reason, which is sealed and shown to whoever may confirm, and goes with the rows. Auditors
//! read the rest.

use axum::Extension;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use base::day::Day;
use base::id::{Id, Person};
use base::now::Wall;
use hall::Hall;
use hall::guard::{Guarded as _, Permission, Who};
use hall::idempotency::Keyed;
use hall::problem::{self, Json, Path, Problem, Query};
use hall::{line, staff};
use serde::{Deserialize, Serialize};
use store::Conn;
use tokio::sync::oneshot;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::decide;
use crate::erase::{self, Proposal, Reach, Stays};
use crate::hold::Hold;
use crate::room::Room;
use crate::settle;
use crate::sql::erasure::{self as rows, ErasureRow, State as Stage};
use crate::subject::SubjectId;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::CardRead))
        .routes(routes!(preview).guard(Permission::CardGuard))
        .routes(routes!(propose).guard(Permission::CardGuard))
        .routes(routes!(find).guard(Permission::CardRead))
        .routes(routes!(give_up).guard(Permission::CardGuard))
        .routes(routes!(confirm).guard(Permission::CardGuard))
        .routes(routes!(record).guard(Permission::CardRead))
}

/// Who reads reads of the whole province.
fn require_reading(who: &Who) -> Result<(), Problem> {
    decide::require_whole(who, Permission::CardRead)
}

/// Longest number of a decree, in characters.
const DECREE_MAX: usize = 100;

/// Longest reason, in characters.
const REASON_MAX: usize = 500;

/// Who destroys does it for the whole province, since lists are of all of it.
pub(super) fn require(who: &Who) -> Result<(), Problem> {
    decide::require_whole(who, Permission::CardGuard)
}

/// A decree by which something is destroyed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardErasureDecree)]
pub(super) struct Decree {
    /// Its number.
    pub(super) number: String,
    /// Its day.
    #[schema(value_type = String)]
    pub(super) day: Day,
}

/// An erasure.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardErasure)]
struct ErasureView {
    /// Counts up from one.
    number: i64,
    /// `proposed`, `done` or `dropped`.
    #[schema(value_type = String)]
    state: &'static str,
    /// `fam_…`, `rsd_…` or `biz_…`: of whom.
    #[schema(value_type = String)]
    subject: SubjectId,
    /// How many rows it is.
    rows: i64,
    /// By which decree.
    decree: Decree,
    /// The number of the request that it follows from.
    request: Option<i64>,
    /// Why; null once it is done or dropped, since it may name somebody, and for whoever may
    /// not confirm.
    reason: Option<String>,
    /// Who has proposed it.
    #[schema(value_type = String)]
    by: Id<Person>,
    /// What that one is called.
    by_name: Option<String>,
    /// When, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// Who has confirmed it.
    #[schema(value_type = Option<String>)]
    confirmed_by: Option<Id<Person>>,
    /// What that one is called.
    confirmed_name: Option<String>,
    /// When it was done.
    #[schema(value_type = Option<i64>)]
    confirmed_us: Option<Wall>,
    /// What was destroyed, and what stays. Null until it is done.
    #[schema(value_type = Option<Object>)]
    record: Option<serde_json::Value>,
    /// SHA-256 of the record as it is kept, in hexadecimal.
    sha256: Option<String>,
    /// Whether the file of the database and the copies of it before migrations were written
    /// over, where it lay. False: it is tried again by the hour; its keys are gone all the
    /// same. Null until it is done.
    is_settled: Option<bool>,
}

async fn views(
    hall: &Hall,
    who: &Who,
    conn: &mut Conn,
    found: Vec<ErasureRow>,
) -> Result<Vec<ErasureView>, Problem> {
    let names = staff::names(conn).await?;
    let since = settle::since(conn).await?;
    let may_confirm = require(who).is_ok();
    let view = |row: ErasureRow| {
        let reason = match may_confirm {
            true => erase::reason(hall.vault(), &row)?,
            false => None,
        };
        let is_settled = erase::is_settled(&row, since);
        let record = row.record.as_deref().map(serde_json::from_str);
        Ok(ErasureView {
            number: row.number,
            state: row.state.as_str(),
            subject: row.subject,
            rows: row.rows,
            decree: Decree {
                number: row.decree,
                day: row.decree_day,
            },
            request: row.request,
            reason,
            by_name: names.get(&row.by).cloned(),
            by: row.by,
            at_us: row.at,
            confirmed_name: row.confirmed_by.and_then(|by| names.get(&by).cloned()),
            confirmed_by: row.confirmed_by,
            confirmed_us: row.confirmed,
            record: record
                .transpose()
                .map_err(|_| store::Error::corrupt("card_erasure.record"))?,
            sha256: row.sha256,
            is_settled,
        })
    };
    found.into_iter().map(view).collect()
}

async fn view(
    hall: &Hall,
    who: &Who,
    conn: &mut Conn,
    row: ErasureRow,
) -> Result<ErasureView, Problem> {
    let view = views(hall, who, conn, vec![row]).await?.pop();
    view.ok_or_else(|| Problem::bug("an erasure without a view"))
}

/// Which erasures.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// `proposed`, `done` or `dropped`.
    state: Option<String>,
    /// Rows of this page, 1 to 1000.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A page of erasures.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardErasures)]
struct Erasures {
    /// The newest first.
    items: Vec<ErasureView>,
    /// What to send as `cursor` for the next page.
    next: Option<String>,
}

/// Erasures, the newest first.
#[utoipa::path(get, path = "/api/v1/card/erasures", tag = "card", params(Filter),
    responses((status = 200, body = Erasures), (status = 403), (status = 422)))]
async fn list(
    State(hall): State<Hall>,
    who: Who,
    Query(filter): Query<Filter>,
) -> Result<axum::Json<Erasures>, Problem> {
    require_reading(&who)?;
    let limit = super::limit(filter.limit)?;
    let words = Stage::ALL.map(Stage::as_str).join(", ");
    let state = match filter.state.as_deref() {
        None => None,
        Some(word) => Some(
            Stage::parse(word)
                .ok_or_else(|| super::refuse("state", format!("use one of {words}")))?,
        ),
    };
    let behind = super::behind(filter.cursor.as_deref())?;
    let most = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let mut read = hall.db().read().await?;
    let mut found = rows::some(&mut read, state, behind, most).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more);
    let next = next.map(|row| row.number.to_string());
    let items = views(&hall, &who, &mut read, found).await?;
    Ok(axum::Json(Erasures { items, next }))
}

/// An erasure.
#[utoipa::path(get, path = "/api/v1/card/erasures/{number}", tag = "card",
    params(("number" = i64, Path, description = "of the erasure")),
    responses((status = 200, body = ErasureView), (status = 403), (status = 404)))]
async fn find(
    State(hall): State<Hall>,
    who: Who,
    Path(number): Path<i64>,
) -> Result<axum::Json<ErasureView>, Problem> {
    require_reading(&who)?;
    let mut read = hall.db().read().await?;
    let row = rows::find(&mut read, number)
        .await?
        .ok_or_else(erase::none)?;
    Ok(axum::Json(view(&hall, &who, &mut read, row).await?))
}

/// Whom to destroy all of.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardErasurePreviewForm, example = json!({
    "subject": "fam_01k9xq2v7e8rj5t0m4c6n8p2sw",
}))]
struct PreviewForm {
    /// `fam_…`, `rsd_…` or `biz_…`.
    #[schema(value_type = String)]
    subject: SubjectId,
    /// The number of the request that it follows, which does not hold it.
    #[serde(default)]
    request: Option<i64>,
}

/// Rows of one list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardErasureList)]
struct ListView {
    /// The number of the list.
    number: i64,
    /// What it is called.
    title: String,
    /// How many of its rows.
    rows: usize,
    /// Whether its file is kept, which would end.
    has_raw: bool,
}

/// Something that keeps all of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardHold)]
pub(super) struct HoldView {
    /// `decision` (an adopted list tells of it), `payment` (a row says one), `objection` or
    /// `request` (one is open), `sample` (somebody is to visit them), or `adoption` (a list is
    /// being adopted, whomever it tells of).
    #[schema(value_type = String)]
    why: &'static str,
    /// The number of the adopted list, of the list with the payment, of the objection, the
    /// request, the sample or the list that is being adopted.
    number: Option<i64>,
    /// Until when. Null: until it is answered, closed or adopted.
    #[schema(value_type = Option<i64>)]
    until_us: Option<Wall>,
}

impl From<Hold> for HoldView {
    fn from(hold: Hold) -> Self {
        Self {
            why: hold.why.as_str(),
            number: Some(hold.number),
            until_us: hold.until,
        }
    }
}

/// What an erasure would be about.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardErasurePreview)]
struct PreviewView {
    /// Of whom.
    #[schema(value_type = String)]
    subject: SubjectId,
    /// How many rows would be destroyed: this has to be said when it is proposed.
    rows: i64,
    /// How many of these count as rows of somebody else now, since people or lists said so
    /// later.
    moved: u64,
    /// By list.
    lists: Vec<ListView>,
    /// What holds it: as long as there is anything, nothing is destroyed.
    holds: Vec<HoldView>,
    /// What would stay.
    stays: Vec<Stays>,
    /// How many files would end before their terms.
    raw_copies: usize,
    /// How many photographs would go with them.
    photos: usize,
}

/// What it would be about to destroy all of a family or person, and what stands in the way.
#[utoipa::path(post, path = "/api/v1/card/erasures/preview", tag = "card",
    request_body = PreviewForm,
    responses((status = 200, body = PreviewView), (status = 403), (status = 404),
        (status = 422)))]
async fn preview(
    State(hall): State<Hall>,
    who: Who,
    Json(form): Json<PreviewForm>,
) -> Result<axum::Json<PreviewView>, Problem> {
    require(&who)?;
    let mut read = hall.db().read().await?;
    let reach = Reach::of(hall.vault(), &mut read, form.subject).await?;
    let holds = reach.holds(&hall, &mut read, form.request).await?;
    let stays = reach.stays(&hall, &mut read).await?;
    let lists = reach.rows.iter().map(|(list, rows)| ListView {
        number: list.number,
        title: list.title.clone(),
        rows: rows.len(),
        has_raw: list.raw_blob.is_some(),
    });
    Ok(axum::Json(PreviewView {
        subject: reach.subject,
        rows: reach.count(),
        moved: reach.moved,
        lists: lists.collect(),
        holds: holds.into_iter().map(HoldView::from).collect(),
        stays,
        raw_copies: reach.raw_copies().count(),
        photos: reach.photos(&mut read).await?,
    }))
}

/// What is to be destroyed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardErasureForm, example = json!({
    "subject": "fam_01k9xq2v7e8rj5t0m4c6n8p2sw",
    "decree": { "number": "460/17/2026", "day": "2026-11-20" },
    "reason": "permohonan pemusnahan yang dikabulkan", "rows": 7, "request": null,
}))]
struct Form {
    /// `fam_…`, `rsd_…` or `biz_…`.
    #[schema(value_type = String)]
    subject: SubjectId,
    /// By which decree.
    decree: Decree,
    /// Why. It is sealed, shown to whoever confirms, and destroyed with the rows.
    reason: String,
    /// How many rows the preview said.
    rows: i64,
    /// The number of the request that it follows from.
    #[serde(default)]
    request: Option<i64>,
}

/// Proposes to destroy all that lists say of a family or person. Another person confirms it.
#[utoipa::path(post, path = "/api/v1/card/erasures", tag = "card", request_body = Form,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = ErasureView), (status = 403), (status = 404),
        (status = 409), (status = 422)))]
async fn propose(
    State(hall): State<Hall>,
    who: Who,
    Keyed { body, once }: Keyed<Form>,
) -> Result<Response, Problem> {
    require(&who)?;
    let proposal = Proposal {
        subject: body.subject,
        decree: line::read("decree.number", &body.decree.number, DECREE_MAX)?,
        decree_day: body.decree.day,
        reason: line::read("reason", &body.reason, REASON_MAX)?,
        request: body.request,
        rows: body.rows,
    };
    if proposal.decree_day > hall.today() {
        return Err(line::refuse("decree.day", "is still to come"));
    }
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, now).await? {
        return Ok(answer);
    }
    let row = erase::propose(&hall, &who, &mut tx, proposal).await?;
    let location = format!("/api/v1/card/erasures/{}", row.number);
    let mut view = view(&hall, &who, &mut tx, row).await?;
    // The answer is kept for whoever asks again; a reason is not.
    view.reason = None;
    let answer = once.created(&mut tx, now, &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Nobody goes on with an erasure that was proposed.
#[utoipa::path(delete, path = "/api/v1/card/erasures/{number}", tag = "card",
    params(("number" = i64, Path, description = "of the erasure")),
    responses((status = 204), (status = 403), (status = 404), (status = 409)))]
async fn give_up(
    State(hall): State<Hall>,
    who: Who,
    Path(number): Path<i64>,
) -> Result<Response, Problem> {
    require(&who)?;
    let mut tx = hall.db().write().await?;
    erase::give_up(&hall, &who, &mut tx, number).await?;
    tx.commit().await?;
    Ok(problem::no_content())
}

/// A second look.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardErasureConfirmation, example = json!({ "rows": 7 }))]
struct Confirmation {
    /// How many rows it is.
    rows: i64,
}

/// Confirms an erasure that somebody else has proposed, and does it: keys and all that is
/// sealed under them are destroyed, and nobody brings them back.
#[utoipa::path(post, path = "/api/v1/card/erasures/{number}/confirmation", tag = "card",
    request_body = Confirmation, params(("number" = i64, Path, description = "of the erasure")),
    responses((status = 200, body = ErasureView), (status = 403), (status = 404),
        (status = 409), (status = 422)))]
async fn confirm(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(number): Path<i64>,
    Json(form): Json<Confirmation>,
) -> Result<axum::Json<ErasureView>, Problem> {
    require(&who)?;
    // Whoever hangs up does not stop it half way: what is in memory has to go as well.
    let (tell, told) = oneshot::channel();
    let (it, its, by) = (hall.clone(), room.clone(), who.clone());
    hall.tasks().spawn("card.erase", async move {
        let done = erase::confirm(&it, &its, &by, number, form.rows).await;
        // Nobody may wait for it any more.
        let _ = tell.send(done);
    });
    told.await
        .map_err(|_| Problem::unavailable("closing", "The house is closing."))??;
    let mut read = hall.db().read().await?;
    let row = rows::find(&mut read, number)
        .await?
        .ok_or_else(erase::none)?;
    Ok(axum::Json(view(&hall, &who, &mut read, row).await?))
}

/// The record of an erasure that was done, as a text to print and sign.
#[utoipa::path(get, path = "/api/v1/card/erasures/{number}/record", tag = "card",
    params(("number" = i64, Path, description = "of the erasure")),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 403),
        (status = 404)))]
async fn record(
    State(hall): State<Hall>,
    who: Who,
    Path(number): Path<i64>,
) -> Result<Response, Problem> {
    require_reading(&who)?;
    let mut read = hall.db().read().await?;
    let row = rows::find(&mut read, number)
        .await?
        .ok_or_else(erase::none)?;
    let names = staff::names(&mut read).await?;
    let name = |id: &str| {
        let id: Option<Id<Person>> = id.parse().ok();
        id.and_then(|id| names.get(&id).cloned())
    };
    let is_settled = erase::is_settled(&row, settle::since(&mut read).await?);
    let text = erase::paper(&hall, &row, is_settled == Some(true), &name)?;
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((kind, text).into_response())
}
