//! `/api/v1/networks`: networks of offices, and the rule that goes by them.

use axum::extract::State;
use axum::response::Response;
use base::id::{Id, Network, Person};
use base::now::Wall;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Page;
use super::session::PersonView;
use crate::Hall;
use crate::guard::{Guarded as _, Permission, Who};
use crate::idempotency::Keyed;
use crate::network::{self, Listed, Outlook, Wanted};
use crate::problem::{self, Json, Path, Problem};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::SettingsRead))
        .routes(routes!(add).guard(Permission::SettingsWrite))
        .routes(routes!(change).guard(Permission::SettingsWrite))
        .routes(routes!(remove).guard(Permission::SettingsWrite))
        .routes(routes!(outlook).guard(Permission::SettingsRead))
        .routes(routes!(set_rule).guard(Permission::SettingsWrite))
}

/// A network of an office.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Kantor Diskominfo", "ranges": ["10.62.0.0/16", "2001:db8:62::/48"],
    "place": "Diskominfo, Palangka Raya",
}))]
struct NetworkForm {
    /// What it is called.
    name: String,
    /// Its ranges, as CIDR, of IPv4 and IPv6.
    ranges: Vec<String>,
    /// Which area or office it is of, in one's own words.
    #[serde(default)]
    place: Option<String>,
}

impl From<NetworkForm> for Wanted {
    fn from(form: NetworkForm) -> Self {
        Self {
            name: form.name,
            ranges: form.ranges,
            place: form.place,
        }
    }
}

/// A network of an office.
#[derive(Debug, Serialize, ToSchema)]
struct NetworkView {
    /// `net_…`.
    #[schema(value_type = String)]
    id: Id<Network>,
    /// What it is called.
    name: String,
    /// Its ranges, as CIDR.
    ranges: Vec<String>,
    /// Which area or office it is of.
    place: Option<String>,
}

impl From<Listed> for NetworkView {
    fn from(listed: Listed) -> Self {
        Self {
            id: listed.id,
            name: listed.name,
            ranges: listed.ranges,
            place: listed.place,
        }
    }
}

/// Whether the rule is to be on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RuleForm {
    /// Nobody comes in from elsewhere without a second factor.
    on: bool,
    /// To turn it on: how many people have none, as was shown.
    #[serde(default)]
    without: Option<usize>,
}

/// How the house stands to the rule, or would.
#[derive(Debug, Serialize, ToSchema)]
struct RuleView {
    /// Whether it is on.
    on: bool,
    /// Since when, microseconds since 1970 UTC.
    #[schema(value_type = Option<i64>)]
    since_us: Option<Wall>,
    /// Who has turned it on.
    by: Option<String>,
    /// The address that the caller is seen from.
    address: Option<String>,
    /// The network that it lies in; null for no office.
    here: Option<String>,
    /// Whether the caller has a second factor.
    own: bool,
    /// How many active people with a way in have one.
    with: i64,
    /// Those who have none: with the rule, they come in from an office only.
    without: Vec<PersonView>,
}

impl From<Outlook> for RuleView {
    fn from(outlook: Outlook) -> Self {
        let (since_us, by) = outlook.rule.unzip();
        let person = |(id, name): (Id<Person>, String)| PersonView { id, name };
        Self {
            on: since_us.is_some(),
            since_us,
            by,
            address: outlook.address,
            here: outlook.here,
            own: outlook.own,
            with: outlook.with,
            without: outlook.without.into_iter().map(person).collect(),
        }
    }
}

/// All networks, by name.
#[utoipa::path(get, path = "/api/v1/networks", tag = "networks",
    responses((status = 200, body = Page<NetworkView>)))]
async fn list(
    State(hall): State<Hall>,
    who: Who,
) -> Result<axum::Json<Page<NetworkView>>, Problem> {
    let found = network::list(&hall, &who).await?;
    Ok(axum::Json(Page {
        items: found.into_iter().map(NetworkView::from).collect(),
        next: None,
    }))
}

/// Names a network.
#[utoipa::path(post, path = "/api/v1/networks", tag = "networks", request_body = NetworkForm,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = NetworkView), (status = 409), (status = 422), (status = 429)))]
async fn add(
    State(hall): State<Hall>,
    who: Who,
    Keyed { body, once }: Keyed<NetworkForm>,
) -> Result<Response, Problem> {
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, hall.now()).await? {
        return Ok(answer);
    }
    let added = network::add(&hall, &mut tx, &who, &body.into()).await?;
    let location = format!("/api/v1/networks/{}", added.id);
    let view = NetworkView::from(added);
    let answer = once.created(&mut tx, hall.now(), &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Says something else of a network.
#[utoipa::path(put, path = "/api/v1/networks/{id}", tag = "networks", request_body = NetworkForm,
    params(("id" = String, Path, description = "`net_…`")),
    responses((status = 200, body = NetworkView), (status = 404), (status = 409), (status = 422)))]
async fn change(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Network>>,
    Json(form): Json<NetworkForm>,
) -> Result<axum::Json<NetworkView>, Problem> {
    let changed = network::change(&hall, &who, id, &form.into()).await?;
    Ok(axum::Json(changed.into()))
}

/// Takes a network away.
#[utoipa::path(delete, path = "/api/v1/networks/{id}", tag = "networks",
    params(("id" = String, Path, description = "`net_…`")),
    responses((status = 204), (status = 404)))]
async fn remove(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Network>>,
) -> Result<Response, Problem> {
    network::remove(&hall, &who, id).await?;
    Ok(problem::no_content())
}

/// Whether nobody comes in from elsewhere without a second factor, and whom that shuts out
/// or would.
#[utoipa::path(get, path = "/api/v1/factor-rule", tag = "networks",
    responses((status = 200, body = RuleView)))]
async fn outlook(State(hall): State<Hall>, who: Who) -> Result<axum::Json<RuleView>, Problem> {
    Ok(axum::Json(network::outlook(&hall, &who).await?.into()))
}

/// Turns the rule on or off.
#[utoipa::path(put, path = "/api/v1/factor-rule", tag = "networks", request_body = RuleForm,
    responses((status = 200, body = RuleView), (status = 409), (status = 422)))]
async fn set_rule(
    State(hall): State<Hall>,
    who: Who,
    Json(form): Json<RuleForm>,
) -> Result<axum::Json<RuleView>, Problem> {
    let outlook = network::set_rule(&hall, &who, form.on, form.without).await?;
    Ok(axum::Json(outlook.into()))
}
