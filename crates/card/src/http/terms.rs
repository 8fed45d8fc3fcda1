//! `/api/v1/card/terms`: how long what is kept, and what is past that.

use std::collections::BTreeMap;

use axum::extract::State;
use base::now::Wall;
use hall::Hall;
use hall::guard::{Guarded as _, Permission, Who};
use hall::line;
use hall::problem::{Json, Path, Problem, Query};
use serde::{Deserialize, Serialize};
use store::Conn;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::erasures::require;
use crate::decide;
use crate::sql::term::{self as rows, LastRow};
use crate::term::{self, Term};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::CardRead))
        .routes(routes!(preview).guard(Permission::CardRead))
        .routes(routes!(change).guard(Permission::CardGuard))
}

/// Longest reason, in characters.
const REASON_MAX: usize = 500;

/// How long something is kept.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardTerm)]
struct TermView {
    /// `raw_copy`, `imports`, `list_rows`, `facts`, `objections`, `exceptions`, `drafts`,
    /// `photos_house`, `photos_person` or `photos_paper`.
    #[schema(value_type = String)]
    what: &'static str,
    /// So many days. Null: until a date of its own.
    days: Option<i64>,
    /// So many days at least. Null: it is not changed here.
    days_min: Option<i64>,
    /// By which act, or whose measure it is.
    #[schema(value_type = String)]
    basis: &'static str,
    /// What is destroyed, and from when on the days count.
    #[schema(value_type = String)]
    does: &'static str,
    /// How much is past its term now.
    due: i64,
    /// How much of that is held, by the last look.
    held: i64,
    /// When the first of what is held is looked at again.
    #[schema(value_type = Option<i64>)]
    held_until_us: Option<Wall>,
    /// When it is enforced next, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    next_us: Wall,
    /// The last time. Null: never.
    last: Option<LastView>,
}

/// A time at which a term was enforced.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardTermRun)]
struct LastView {
    /// When, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// How much was destroyed.
    destroyed: i64,
}

/// The table of terms.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardTerms)]
struct Terms {
    /// In the order of the table.
    items: Vec<TermView>,
}

async fn view(
    conn: &mut Conn,
    term: Term,
    days: Option<i64>,
    last: Option<&LastRow>,
    now: Wall,
) -> Result<TermView, Problem> {
    let fixed = term.fixed();
    let (held, held_until_us) = term::held(conn, term, days, now).await?;
    Ok(TermView {
        what: term.as_str(),
        days,
        days_min: fixed.days_min,
        basis: fixed.basis,
        does: fixed.does,
        due: term::due(conn, term, days, now).await?,
        held,
        held_until_us,
        next_us: term::next(last, now).max(now),
        last: last.map(|last| LastView {
            at_us: last.at,
            destroyed: last.destroyed,
        }),
    })
}

/// How long what is kept, by which basis, and what is past that.
#[utoipa::path(get, path = "/api/v1/card/terms", tag = "card",
    responses((status = 200, body = Terms), (status = 403)))]
async fn list(State(hall): State<Hall>, who: Who) -> Result<axum::Json<Terms>, Problem> {
    decide::require_whole(&who, Permission::CardRead)?;
    let now = hall.now().wall;
    let mut read = hall.db().read().await?;
    let days = term::days(&mut read).await?;
    let last: BTreeMap<String, LastRow> = rows::last(&mut read)
        .await?
        .into_iter()
        .map(|row| (row.what.clone(), row))
        .collect();
    let mut items = Vec::with_capacity(Term::ALL.len());
    for term in Term::ALL {
        let days = days.get(&term).copied().flatten();
        items.push(view(&mut read, term, days, last.get(term.as_str()), now).await?);
    }
    Ok(axum::Json(Terms { items }))
}

/// For how many days something might be kept.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// So many days.
    days: i64,
}

/// What another term would destroy.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardTermPreview)]
struct PreviewView {
    /// Such as `list_rows`.
    #[schema(value_type = String)]
    what: &'static str,
    /// Were it so many days.
    days: i64,
    /// How much would be past its term at once: this has to be said when it is changed.
    due: i64,
    /// How much of that is held, by the last look.
    held: i64,
}

/// How much would be past its term at once, were something kept for another number of days.
/// Nothing is changed.
#[utoipa::path(get, path = "/api/v1/card/terms/{what}/preview", tag = "card",
    params(("what" = String, Path, description = "such as `list_rows`"), Asked),
    responses((status = 200, body = PreviewView), (status = 403), (status = 404),
        (status = 422)))]
async fn preview(
    State(hall): State<Hall>,
    who: Who,
    Path(what): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<axum::Json<PreviewView>, Problem> {
    decide::require_whole(&who, Permission::CardRead)?;
    let term = Term::parse(&what).ok_or_else(none)?;
    term::check(term, asked.days)?;
    let now = hall.now().wall;
    let mut read = hall.db().read().await?;
    let days = Some(asked.days);
    let (held, _) = term::held(&mut read, term, days, now).await?;
    Ok(axum::Json(PreviewView {
        what: term.as_str(),
        days: asked.days,
        due: term::due(&mut read, term, days, now).await?,
        held,
    }))
}

fn none() -> Problem {
    Problem::not_found("card-term", "There is no such term.")
}

/// How long something is to be kept.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardTermForm, example = json!({
    "days": 1095, "reason": "keputusan kepala dinas 460/3/2026", "due": 0,
}))]
struct Form {
    /// So many days.
    days: i64,
    /// Why. It is about the term, and kept in the audit.
    reason: String,
    /// How much would be past its term at once.
    due: i64,
}

/// Says how long something is kept. What is past that is destroyed by the next run.
#[utoipa::path(put, path = "/api/v1/card/terms/{what}", tag = "card", request_body = Form,
    params(("what" = String, Path, description = "such as `list_rows`")),
    responses((status = 200, body = TermView), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
async fn change(
    State(hall): State<Hall>,
    who: Who,
    Path(what): Path<String>,
    Json(form): Json<Form>,
) -> Result<axum::Json<TermView>, Problem> {
    require(&who)?;
    let term = Term::parse(&what).ok_or_else(none)?;
    let reason = line::read("reason", &form.reason, REASON_MAX)?;
    term::change(&hall, &who, term, (form.days, &reason), form.due).await?;
    let now = hall.now().wall;
    let mut read = hall.db().read().await?;
    let last = rows::last(&mut read).await?;
    let last = last.iter().find(|row| row.what == term.as_str());
    Ok(axum::Json(
        view(&mut read, term, Some(form.days), last, now).await?,
    ))
}
