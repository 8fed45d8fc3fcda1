//! `/api/v1/agencies`: offices of the government.

use axum::extract::State;
use axum::response::Response;
use base::id::{Agency, Id};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Page, cursor, limit, present};
use crate::Hall;
use crate::agencies::{self, Change, Listed};
use crate::guard::{Guarded as _, Permission, Who};
use crate::idempotency::Keyed;
use crate::problem::{Json, Path, Problem, Query};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::AgenciesRead))
        .routes(routes!(add).guard(Permission::AgenciesWrite))
        .routes(routes!(change).guard(Permission::AgenciesWrite))
}

/// Which offices.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Rows of this page, 1 to 5000.
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Part of the name or short name.
    q: Option<String>,
}

/// A new office.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Dinas Perhubungan", "short": "Dishub" }))]
struct AgencyForm {
    /// Its full name.
    name: String,
    /// What people say.
    #[serde(default)]
    short: Option<String>,
    /// The office above; null at the top.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    parent: Option<Id<Agency>>,
}

/// What to change; what is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AgencyChange {
    /// Its full name.
    name: Option<String>,
    /// What people say; null for nothing.
    #[serde(default, deserialize_with = "present")]
    short: Option<Option<String>>,
    /// The office above; null at the top.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    parent: Option<Option<Id<Agency>>>,
}

/// An office.
#[derive(Debug, Serialize, ToSchema)]
struct AgencyView {
    /// `opd_…`.
    #[schema(value_type = String)]
    id: Id<Agency>,
    /// Its full name.
    name: String,
    /// What people say.
    short: Option<String>,
    /// The office above; null at the top.
    #[schema(value_type = Option<String>)]
    parent: Option<Id<Agency>>,
}

impl From<Listed> for AgencyView {
    fn from(listed: Listed) -> Self {
        Self {
            id: listed.id,
            name: listed.name,
            short: listed.short,
            parent: listed.parent,
        }
    }
}

/// All offices, in the order of the tree.
#[utoipa::path(get, path = "/api/v1/agencies", tag = "agencies", params(Filter),
    responses((status = 200, body = Page<AgencyView>)))]
async fn list(
    State(hall): State<Hall>,
    Query(filter): Query<Filter>,
) -> Result<axum::Json<Page<AgencyView>>, Problem> {
    let after = cursor(filter.cursor.as_deref())?;
    let limit = limit(filter.limit)?;
    let mut read = hall.db().read().await?;
    let (found, next) = agencies::list(&mut read, filter.q.as_deref(), after, limit).await?;
    Ok(axum::Json(Page {
        items: found.into_iter().map(AgencyView::from).collect(),
        next: next.map(|id| id.to_string()),
    }))
}

/// Adds an office.
#[utoipa::path(post, path = "/api/v1/agencies", tag = "agencies", request_body = AgencyForm,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = AgencyView), (status = 409), (status = 422)))]
async fn add(
    State(hall): State<Hall>,
    who: Who,
    Keyed { body, once }: Keyed<AgencyForm>,
) -> Result<Response, Problem> {
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, hall.now()).await? {
        return Ok(answer);
    }
    let short = body.short.as_deref();
    let added = agencies::add(&hall, &mut tx, &who, &body.name, short, body.parent).await?;
    let location = format!("/api/v1/agencies/{}", added.id);
    let view = AgencyView::from(added);
    let answer = once.created(&mut tx, hall.now(), &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Renames or moves an office.
#[utoipa::path(patch, path = "/api/v1/agencies/{id}", tag = "agencies",
    request_body = AgencyChange,
    params(("id" = String, Path, description = "`opd_…`")),
    responses((status = 200, body = AgencyView), (status = 404), (status = 409), (status = 422)))]
async fn change(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Agency>>,
    Json(form): Json<AgencyChange>,
) -> Result<axum::Json<AgencyView>, Problem> {
    let change = Change {
        name: form.name,
        short: form.short,
        parent: form.parent,
    };
    let changed = agencies::change(&hall, &who, id, change).await?;
    Ok(axum::Json(changed.into()))
}
