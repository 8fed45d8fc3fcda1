//! `/api/v1/card/exports`: the annex of a list as a whole, asked for by one person and granted
//! by another.

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use base::id::{Id, Person};
use base::now::Wall;
use hall::Hall;
use hall::guard::{Guarded as _, Permission, Who};
use hall::idempotency::Keyed;
use hall::problem::{Path, Problem, Query};
use hall::{line, staff};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::decide;
use crate::export;
use crate::sql::export::{self as rows, ExportRow};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::CardRead))
        .routes(routes!(ask).guard(Permission::CardOpen))
        .routes(routes!(find).guard(Permission::CardRead))
        .routes(routes!(grant).guard(Permission::CardDecide))
        .routes(routes!(refuse).guard(Permission::CardDecide))
        .routes(routes!(file).guard(Permission::CardOpen))
}

/// An annex as a whole that somebody asked for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardExport)]
struct ExportView {
    /// Its number: each line that is handed out names it.
    number: i64,
    /// `asked`, `granted`, `refused`, `taken` (and it can be again) or `ended` (its time is up,
    /// or it was taken three times).
    #[schema(value_type = String)]
    state: &'static str,
    /// Of which list.
    decision: i64,
    /// What for.
    purpose: String,
    /// How many rows it has.
    rows: i64,
    /// `per_…`: who asked; nobody else takes it.
    #[schema(value_type = String)]
    by: Id<Person>,
    /// What they are called.
    by_name: Option<String>,
    /// When.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// What was answered; null: nothing yet.
    answered: Option<AnsweredView>,
    /// Before that it can be taken; null unless it was granted.
    #[schema(value_type = Option<i64>)]
    until_us: Option<Wall>,
    /// How often it was taken,
    taken: i64,
    /// of so many times,
    times: i64,
    /// and when last.
    #[schema(value_type = Option<i64>)]
    taken_us: Option<Wall>,
}

/// Who has answered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardExportAnswer)]
struct AnsweredView {
    /// `per_…`: who.
    #[schema(value_type = String)]
    by: Id<Person>,
    /// What they are called.
    by_name: Option<String>,
    /// When.
    #[schema(value_type = i64)]
    at_us: Wall,
}

type Names = BTreeMap<Id<Person>, String>;

fn view(hall: &Hall, names: &Names, row: &ExportRow) -> Result<ExportView, Problem> {
    let answered = row.answered.as_ref();
    Ok(ExportView {
        number: row.number,
        state: export::state(row, hall),
        decision: row.decision,
        purpose: export::purpose(hall, row)?,
        rows: row.rows,
        by: row.by,
        by_name: names.get(&row.by).cloned(),
        at_us: row.at,
        answered: answered.map(|it| AnsweredView {
            by: it.by,
            by_name: names.get(&it.by).cloned(),
            at_us: it.at,
        }),
        until_us: answered.and_then(|it| it.until),
        taken: row.taken,
        times: export::TIMES,
        taken_us: row.last,
    })
}

/// Exports are of the whole province.
fn require(who: &Who) -> Result<(), Problem> {
    decide::require_whole(who, Permission::CardRead)
}

/// Which exports.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only of the list of this number.
    decision: Option<i64>,
    /// Rows of this page, 1 to 1000.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A page of exports.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardExports)]
struct Exports {
    /// The newest first.
    items: Vec<ExportView>,
    /// What to send as `cursor` for the next page.
    next: Option<String>,
}

/// Annexes as a whole that somebody asked for, the newest first.
#[utoipa::path(get, path = "/api/v1/card/exports", tag = "card", params(Filter),
    responses((status = 200, body = Exports), (status = 403), (status = 422)))]
async fn list(
    State(hall): State<Hall>,
    who: Who,
    Query(filter): Query<Filter>,
) -> Result<axum::Json<Exports>, Problem> {
    require(&who)?;
    let limit = super::limit(filter.limit)?;
    let behind = super::behind(filter.cursor.as_deref())?;
    let most = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let mut read = hall.db().read().await?;
    let mut found = rows::some(&mut read, filter.decision, behind, most).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let names = staff::names(&mut read).await?;
    let items = found.iter().map(|row| view(&hall, &names, row));
    let next = found.last().filter(|_| more);
    Ok(axum::Json(Exports {
        items: items.collect::<Result<_, _>>()?,
        next: next.map(|row| row.number.to_string()),
    }))
}

/// What an annex is asked for as a whole for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardExportForm, example = json!({ "purpose": "pencocokan dengan bank penyalur" }))]
struct Form {
    /// What for. It is written into the audit.
    purpose: String,
}

/// Asks for the annex of an adopted list as a whole: somebody else has to grant it.
#[utoipa::path(post, path = "/api/v1/card/decisions/{number}/exports", tag = "card",
    request_body = Form,
    params(("number" = i64, Path, description = "of the list"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = ExportView), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
async fn ask(
    State(hall): State<Hall>,
    who: Who,
    Path(number): Path<i64>,
    Keyed { body: form, once }: Keyed<Form>,
) -> Result<Response, Problem> {
    let purpose = line::read("purpose", &form.purpose, super::PURPOSE_MAX)?;
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, now).await? {
        return Ok(answer);
    }
    let row = export::ask(&hall, &who, &mut tx, number, &purpose).await?;
    let names = staff::names(&mut tx).await?;
    let view = view(&hall, &names, &row)?;
    let location = format!("/api/v1/card/exports/{}", row.number);
    let answer = once.created(&mut tx, now, &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// One of them.
#[utoipa::path(get, path = "/api/v1/card/exports/{number}", tag = "card",
    params(("number" = i64, Path, description = "of the export")),
    responses((status = 200, body = ExportView), (status = 403), (status = 404)))]
async fn find(
    State(hall): State<Hall>,
    who: Who,
    Path(number): Path<i64>,
) -> Result<axum::Json<ExportView>, Problem> {
    require(&who)?;
    let mut read = hall.db().read().await?;
    let row = rows::find(&mut read, number).await?;
    let row = row.ok_or_else(export::none)?;
    let names = staff::names(&mut read).await?;
    Ok(axum::Json(view(&hall, &names, &row)?))
}

/// Grants what somebody else asked for: they take it within 24 hours, three times at most.
#[utoipa::path(post, path = "/api/v1/card/exports/{number}/grant", tag = "card",
    params(("number" = i64, Path, description = "of the export")),
    responses((status = 200, body = ExportView), (status = 403), (status = 404),
        (status = 409)))]
async fn grant(
    State(hall): State<Hall>,
    who: Who,
    Path(number): Path<i64>,
) -> Result<axum::Json<ExportView>, Problem> {
    answer(&hall, &who, number, true).await
}

/// Refuses what somebody else asked for.
#[utoipa::path(post, path = "/api/v1/card/exports/{number}/refusal", tag = "card",
    params(("number" = i64, Path, description = "of the export")),
    responses((status = 200, body = ExportView), (status = 403), (status = 404),
        (status = 409)))]
async fn refuse(
    State(hall): State<Hall>,
    who: Who,
    Path(number): Path<i64>,
) -> Result<axum::Json<ExportView>, Problem> {
    answer(&hall, &who, number, false).await
}

async fn answer(
    hall: &Hall,
    who: &Who,
    number: i64,
    is_granted: bool,
) -> Result<axum::Json<ExportView>, Problem> {
    let mut tx = hall.db().write().await?;
    let row = export::answer(hall, who, &mut tx, number, is_granted).await?;
    let names = staff::names(&mut tx).await?;
    tx.commit().await?;
    Ok(axum::Json(view(hall, &names, &row)?))
}

/// The annex as a whole, with names, for whoever asked for it and was granted it. It comes
/// village by village, each held against the cover first; each line names the export, who asked
/// and the day. The last line begins with `UTUH` and has the number of rows, and the SHA-256 of
/// all octets before it. A file whose last line does not is not whole: where a part is not what
/// was adopted, it ends with a line that begins with `TIDAK UTUH` and says why.
#[utoipa::path(post, path = "/api/v1/card/exports/{number}/file", tag = "card",
    params(("number" = i64, Path, description = "of the export")),
    responses((status = 200, content((String = "text/csv"))), (status = 403), (status = 404),
        (status = 409)))]
async fn file(
    State(hall): State<Hall>,
    who: Who,
    Path(number): Path<i64>,
) -> Result<Response, Problem> {
    let taken = export::take(&hall, &who, number).await?;
    let name = format!("lampiran-{}-utuh-ekspor-{number}.csv", taken.list());
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    Ok((headers, Body::from_stream(taken.stream())).into_response())
}
