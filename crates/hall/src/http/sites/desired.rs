//! What a site's box is to be like.

use axum::extract::State;
use axum::response::Response;
use base::id::{Agent, Id, Person, Site};
use base::now::Wall;
use serde::{Deserialize, Serialize};
use sync::anchor::Anchor;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Hall;
use crate::guard::{Guarded as _, Permission, Who};
use crate::http::Page;
use crate::idempotency::Keyed;
use crate::problem::{Path, Problem};
use crate::site::desired::{self, Form, Listed, STATES};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::SitesRead))
        .routes(routes!(set).guard(Permission::SitesWrite))
}

crate::words! {
    /// What became of a configuration.
    SiteConfigStateWord = STATES
}

/// What a box is to be like. What is left out is as it was when the box was started.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "sample_every_s": 300 }))]
struct SiteConfigForm {
    /// Seconds between two samples.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 3600)]
    sample_every_s: Option<u32>,
    /// Where the house is for it, HOST:PORT, in the order they are tried; empty: where
    /// it was when the box was let in.
    #[serde(default)]
    houses: Vec<String>,
    /// Kibibytes of a release that it may fetch in an hour.
    #[serde(default)]
    #[schema(minimum = 16, maximum = 4_194_304)]
    update_kib_per_hour: Option<u32>,
    /// Where it looks whether there is an internet, one to three places in different
    /// networks; empty: as it was started.
    #[serde(default)]
    #[schema(max_items = 3)]
    anchors: Vec<SiteAnchor>,
    /// Octets that it may use on a day (UTC) for its own ends, releases aside.
    #[serde(default)]
    #[schema(minimum = 100_000, maximum = 10_000_000_000_u64)]
    budget_octets: Option<u64>,
}

/// A place that answers when there is an internet. It is asked in each way that is given.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SiteAnchor {
    /// What it is called.
    #[schema(min_length = 1, max_length = 32)]
    name: String,
    /// The network that it stands in, by name or number (AS).
    #[schema(min_length = 1, max_length = 32)]
    network: String,
    /// What answers 204 to a GET: `https://HOST[:PORT]/PATH`.
    #[serde(default)]
    #[schema(max_length = 128)]
    https: Option<String>,
    /// What takes TCP connections: `HOST:PORT`, better an address than a name.
    #[serde(default)]
    #[schema(max_length = 80)]
    tcp: Option<String>,
    /// A resolver, `ADDRESS:PORT`.
    #[serde(default)]
    dns: Option<String>,
    /// The name that it is asked for.
    #[serde(default)]
    #[schema(max_length = 100)]
    dns_name: Option<String>,
}

impl From<SiteAnchor> for Anchor {
    fn from(it: SiteAnchor) -> Self {
        Self {
            name: it.name,
            network: it.network,
            https: it.https,
            tcp: it.tcp,
            dns: it.dns,
            dns_name: it.dns_name,
        }
    }
}

impl From<Anchor> for SiteAnchor {
    fn from(it: Anchor) -> Self {
        Self {
            name: it.name,
            network: it.network,
            https: it.https,
            tcp: it.tcp,
            dns: it.dns,
            dns_name: it.dns_name,
        }
    }
}

/// A configuration of a box, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
struct SiteConfigView {
    /// Which box.
    #[schema(value_type = String)]
    agent: Id<Agent>,
    /// Only rises.
    version: i64,
    /// Seconds between two samples; null: as it was started.
    sample_every_s: Option<u32>,
    /// Where the house is for it; empty: where it was when the box was let in.
    houses: Vec<String>,
    /// Kibibytes of a release in an hour; null: as it was started.
    update_kib_per_hour: Option<u32>,
    /// Where it looks whether there is an internet; empty: as it was started.
    anchors: Vec<SiteAnchor>,
    /// Octets of a day; null: as it was started.
    budget_octets: Option<u64>,
    /// Who.
    #[schema(value_type = String)]
    made_by: Id<Person>,
    /// When.
    #[schema(value_type = i64)]
    made_us: Wall,
    /// What became of it.
    #[schema(value_type = SiteConfigStateWord)]
    state: String,
    /// Why.
    why: Option<String>,
    /// Since when the house knows.
    #[schema(value_type = i64)]
    heard_us: Wall,
}

impl From<Listed> for SiteConfigView {
    fn from(it: Listed) -> Self {
        Self {
            agent: it.agent,
            version: it.version,
            sample_every_s: it.form.sample_every_s,
            houses: it.form.houses,
            update_kib_per_hour: it.form.update_kib_per_hour,
            anchors: it.form.anchors.into_iter().map(SiteAnchor::from).collect(),
            budget_octets: it.form.budget_octets,
            made_by: it.made_by,
            made_us: it.made,
            state: it.state,
            why: it.why,
            heard_us: it.heard,
        }
    }
}

/// What the box of a site was told to be like, the newest first.
#[utoipa::path(get, path = "/api/v1/sites/{id}/config", tag = "sites",
    params(("id" = String, Path, description = "`sit_…`")),
    responses((status = 200, body = Page<SiteConfigView>), (status = 404)))]
async fn list(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Site>>,
) -> Result<axum::Json<Page<SiteConfigView>>, Problem> {
    let mut read = hall.db().read().await?;
    let found = desired::list(&mut read, &who, id).await?;
    Ok(axum::Json(Page {
        items: found.into_iter().map(SiteConfigView::from).collect(),
        next: None,
    }))
}

/// Tells the box of a site to be like this. A box that does not reach the house within
/// ten minutes of it goes back by itself.
#[utoipa::path(post, path = "/api/v1/sites/{id}/config", tag = "sites",
    request_body = SiteConfigForm,
    params(("id" = String, Path, description = "`sit_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = SiteConfigView), (status = 404), (status = 409), (status = 422)))]
async fn set(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Site>>,
    Keyed { body, once }: Keyed<SiteConfigForm>,
) -> Result<Response, Problem> {
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, hall.now()).await? {
        return Ok(answer);
    }
    let form = Form {
        sample_every_s: body.sample_every_s,
        houses: body.houses,
        update_kib_per_hour: body.update_kib_per_hour,
        anchors: body.anchors.into_iter().map(Anchor::from).collect(),
        budget_octets: body.budget_octets,
    };
    let (told, sent) = desired::set(&hall, &mut tx, &who, id, form).await?;
    let location = format!("/api/v1/sites/{id}/config");
    let view = SiteConfigView::from(told);
    let answer = once.created(&mut tx, hall.now(), &location, &view).await?;
    tx.commit().await?;
    sent.go(&hall);
    Ok(answer)
}
