//! `/api/v1/card/runs/{run}/late`: lists that came after an examination, taken into it alone.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use base::now::Wall;
use hall::Hall;
use hall::guard::{Guarded as _, Permission, Who};
use hall::idempotency::Keyed;
use hall::problem::{self, Path, Problem};
use hall::staff;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::runs::{self, Names, RunView};
use crate::examine::late::{self, LateList};
use crate::import::desk;
use crate::room::Room;
use crate::sql::run as rows;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(take).guard(Permission::CardImport))
        .routes(routes!(take_back).guard(Permission::CardImport))
}

/// A list that was taken late.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardLateList)]
pub(super) struct LateView {
    /// The run that took it.
    run: i64,
    /// Its number,
    list: i64,
    /// what it is a list of,
    kind: String,
    /// and what it is called.
    title: String,
    /// Rows that were taken.
    rows: u64,
    /// Rows whose key was destroyed: they say nothing.
    erased: u64,
    /// Rows that came to somebody who was known before.
    joined: u64,
    /// Persons that nobody knew before.
    founded: u64,
    /// Families that nobody knew before.
    families: u64,
    /// Rows of lists that count no more, since this one has taken their place.
    replaced: u64,
    /// Pairs that people are asked about, since the linkage was not sure.
    grey: u64,
    /// Pairs by which two persons may be one, or one may be two: people say so.
    proposals: u64,
    /// Who had it taken.
    by_name: Option<String>,
    /// From when on it counts.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// How long it took, in milliseconds.
    took_ms: u64,
}

impl LateView {
    pub(super) fn new(names: &Names, it: LateList) -> Self {
        Self {
            by_name: names.get(&it.by).cloned(),
            run: it.run,
            list: it.list,
            kind: it.kind,
            title: it.title,
            rows: it.rows,
            erased: it.erased,
            joined: it.joined,
            founded: it.founded,
            families: it.families,
            replaced: it.replaced,
            grey: it.grey,
            proposals: it.proposals,
            at_us: it.at,
            took_ms: it.took_ms,
        }
    }
}

/// Which list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardLateForm, example = json!({ "list": 7 }))]
struct Form {
    /// Its number.
    list: i64,
}

/// Takes a list that came after the newest examination into it: its rows alone are held
/// against all others, and come to whom they belong or to somebody new. That two persons are
/// one, or one is two, is asked among the pairs. The answer comes at once; the list of runs
/// tells how far it has come.
#[utoipa::path(post, path = "/api/v1/card/runs/{run}/late", tag = "card", request_body = Form,
    params(("run" = i64, Path, description = "the newest examination"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 202, body = RunView), (status = 404), (status = 409), (status = 422)))]
async fn take(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(run): Path<i64>,
    Keyed { body, once }: Keyed<Form>,
) -> Result<Response, Problem> {
    desk::require(&who)?;
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, hall.now()).await? {
        return Ok(answer);
    }
    drop(tx);
    late::idle(&hall, &room).await?;
    let mut tx = hall.db().write().await?;
    let taking = late::begin(&hall, &room, &who, &mut tx, (run, body.list)).await?;
    let names = staff::names(&mut tx).await?;
    let row = rows::find(&mut tx, taking.number()).await?;
    let row = row.ok_or_else(|| Problem::bug("a run that has begun is not there"))?;
    let view = runs::view(&room, &names, row)?;
    let answer = once.accepted(&mut tx, hall.now(), &view).await?;
    taking.start(tx).await?;
    Ok(answer)
}

/// Takes a list back that was taken late, the last one first: whatever it has brought is as if
/// it had never been. The list itself stays. The answer comes at once; the list of runs tells
/// when it is done.
#[utoipa::path(delete, path = "/api/v1/card/runs/{run}/late/{list}", tag = "card",
    params(("run" = i64, Path, description = "the newest examination"),
        ("list" = i64, Path, description = "the list")),
    responses((status = 202, body = RunView), (status = 404), (status = 409)))]
async fn take_back(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path((run, list)): Path<(i64, i64)>,
) -> Result<Response, Problem> {
    desk::require(&who)?;
    let number = late::take_back(&hall, &room, &who, (run, list)).await?;
    let mut read = hall.db().read().await?;
    let names = staff::names(&mut read).await?;
    let row = rows::find(&mut read, number).await?;
    let row = row.ok_or_else(|| Problem::bug("a run that counted is not there"))?;
    Ok(problem::accepted(axum::Json(runs::view(
        &room, &names, row,
    )?)))
}
