//! `/api/v1/staff`: people and what they may do.

use axum::extract::State;
use axum::response::Response;
use base::area::AreaCode;
use base::id::{Agency, Id, Person};
use base::now::Wall;
use base::redact::Secret;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::session::GrantView;
use super::{Page, cursor, limit, present};
use crate::Hall;
use crate::guard::{Guarded as _, Permission, Role, Who};
use crate::idempotency::Keyed;
use crate::problem::{Json, Path, Problem, Query};
use crate::staff::{self, Change, Given, Member, New, Wanted};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::StaffRead))
        .routes(routes!(add).guard(Permission::StaffWrite))
        .routes(routes!(show).guard(Permission::StaffRead))
        .routes(routes!(change).guard(Permission::StaffWrite))
}

/// Which people.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Rows of this page, 1 to 5000.
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Part of the name or user name.
    q: Option<String>,
}

/// A right that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GrantForm {
    /// In which role.
    role: Role,
    /// Over this area and what lies in it; null for all.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// Over this office and those below it; null for all.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    agency: Option<Id<Agency>>,
    /// Since when, microseconds since 1970 UTC; now when left out.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    from_us: Option<Wall>,
    /// Until before when; null until further notice. A `relawan` has an end.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    to_us: Option<Wall>,
}

impl From<GrantForm> for Wanted {
    fn from(form: GrantForm) -> Self {
        Self {
            role: form.role,
            area: form.area,
            agency: form.agency,
            from: form.from_us,
            to: form.to_us,
        }
    }
}

/// A new person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Operator Contoh", "username": "operator.contoh", "password": "jembatan kahayan",
    "grants": [{ "role": "operator", "area": "62.71" }],
}))]
struct StaffForm {
    /// By what name.
    name: String,
    /// What to log in by: 2 to 64 of a-z 0-9 . - _ @.
    username: String,
    /// The first password, at least 10 characters.
    #[schema(value_type = String)]
    password: Secret<String>,
    /// Where the person belongs; where the first grant is when left out.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// To which office.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    agency: Option<Id<Agency>>,
    /// What the person may do.
    #[serde(default)]
    grants: Vec<GrantForm>,
}

/// What to change; what is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StaffChange {
    /// By what name.
    name: Option<String>,
    /// Whether the person may come in at all.
    active: Option<bool>,
    /// Another password; the person's sessions end.
    #[schema(value_type = Option<String>)]
    password: Option<Secret<String>>,
    /// Where the person belongs; null for the whole province.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    area: Option<Option<AreaCode>>,
    /// To which office; null for no single one.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    agency: Option<Option<Id<Agency>>>,
    /// All that the person may do from now on; what is not in it ends.
    grants: Option<Vec<GrantForm>>,
}

/// A person.
#[derive(Debug, Serialize, ToSchema)]
struct StaffView {
    /// `prs_…`.
    #[schema(value_type = String)]
    id: Id<Person>,
    /// By what name.
    name: String,
    /// What to log in by; null without a way in.
    username: Option<String>,
    /// Whether the person may come in at all.
    active: bool,
    /// Where the person belongs; null for the whole province.
    #[schema(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// To which office; null for no single one.
    #[schema(value_type = Option<String>)]
    agency: Option<Id<Agency>>,
    /// What the person may do, now or later.
    grants: Vec<GrantView>,
    /// The newest request, to the minute; null for never.
    #[schema(value_type = Option<i64>)]
    seen_us: Option<Wall>,
    /// Whether it is a television on a wall, which is changed by `/api/v1/screens`.
    screen: bool,
}

impl From<Given> for GrantView {
    fn from(given: Given) -> Self {
        Self {
            id: given.id,
            role: given.role,
            area: given.area,
            agency: given.agency,
            from_us: given.from,
            to_us: given.to,
        }
    }
}

impl From<Member> for StaffView {
    fn from(member: Member) -> Self {
        Self {
            id: member.id,
            name: member.name,
            username: member.username,
            active: member.active,
            area: member.area,
            agency: member.agency,
            grants: member.grants.into_iter().map(GrantView::from).collect(),
            seen_us: member.seen,
            screen: member.screen,
        }
    }
}

/// People whom one may see, in the order in which they were added.
#[utoipa::path(get, path = "/api/v1/staff", tag = "staff", params(Filter),
    responses((status = 200, body = Page<StaffView>)))]
async fn list(
    State(hall): State<Hall>,
    who: Who,
    Query(filter): Query<Filter>,
) -> Result<axum::Json<Page<StaffView>>, Problem> {
    let after = cursor(filter.cursor.as_deref())?;
    let limit = limit(filter.limit)?;
    let (found, next) = staff::list(&hall, &who, filter.q.as_deref(), after, limit).await?;
    Ok(axum::Json(Page {
        items: found.into_iter().map(StaffView::from).collect(),
        next: next.map(|id| id.to_string()),
    }))
}

/// One person.
#[utoipa::path(get, path = "/api/v1/staff/{id}", tag = "staff",
    params(("id" = String, Path, description = "`prs_…`")),
    responses((status = 200, body = StaffView), (status = 404)))]
async fn show(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Person>>,
) -> Result<axum::Json<StaffView>, Problem> {
    let member = staff::find(&hall, &who, id).await?;
    Ok(axum::Json(member.into()))
}

/// Adds a person with a way in and rights.
#[utoipa::path(post, path = "/api/v1/staff", tag = "staff", request_body = StaffForm,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = StaffView), (status = 409), (status = 422)))]
async fn add(
    State(hall): State<Hall>,
    who: Who,
    Keyed { body, once }: Keyed<StaffForm>,
) -> Result<Response, Problem> {
    let new = New {
        name: body.name,
        username: body.username,
        password: body.password,
        area: body.area,
        agency: body.agency,
        grants: body.grants.into_iter().map(Wanted::from).collect(),
    };
    let prepared = staff::prepare(&hall, &new).await?;
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, hall.now()).await? {
        return Ok(answer);
    }
    let member = staff::add(&hall, &mut tx, &who, prepared, new).await?;
    let location = format!("/api/v1/staff/{}", member.id);
    let view = StaffView::from(member);
    let answer = once.created(&mut tx, hall.now(), &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Changes a person. What changes holds from the next request on.
#[utoipa::path(patch, path = "/api/v1/staff/{id}", tag = "staff", request_body = StaffChange,
    params(("id" = String, Path, description = "`prs_…`")),
    responses((status = 200, body = StaffView), (status = 404), (status = 409), (status = 422)))]
async fn change(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Person>>,
    Json(form): Json<StaffChange>,
) -> Result<axum::Json<StaffView>, Problem> {
    let change = Change {
        name: form.name,
        active: form.active,
        password: form.password,
        area: form.area,
        agency: form.agency,
        grants: form
            .grants
            .map(|grants| grants.into_iter().map(Wanted::from).collect()),
    };
    let member = staff::change(&hall, &who, id, change).await?;
    Ok(axum::Json(member.into()))
}
