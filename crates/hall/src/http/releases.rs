//! `/api/v1/releases`: programs for boxes, and to whom they are offered.

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Response;
use base::id::{Agent, Id, Person, Release, Site};
use base::now::Wall;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Page;
use crate::Hall;
use crate::guard::{Guarded as _, Permission, Who};
use crate::problem::{self, Json, Path, Problem};
use crate::release::{self, At, FAILURES_MAX, FILE_MAX, Listed, Offer, Seen, State as Stage};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    let kept = OpenApiRouter::new()
        .routes(routes!(keep).guard(Permission::SettingsWrite))
        .layer(DefaultBodyLimit::max(FILE_MAX));
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::SettingsRead))
        .routes(routes!(boxes).guard(Permission::SettingsRead))
        .routes(routes!(offer).guard(Permission::SettingsWrite))
        .routes(routes!(halt).guard(Permission::SettingsWrite))
        .merge(kept)
}

crate::words! {
    /// Where a release stands.
    ReleaseStateWord = Stage::ALL.map(Stage::as_str)
}

crate::words! {
    /// How far a release has come at a box.
    ReleaseAtWord = At::ALL.map(At::as_str)
}

/// A release of the program for boxes.
#[derive(Debug, Serialize, ToSchema)]
struct ReleaseView {
    /// `rel_…`.
    #[schema(value_type = String)]
    id: Id<Release>,
    /// Three numbers with points between; only rises.
    version: String,
    /// The kind of machine: a target triple.
    target: String,
    /// Octets of the program.
    size_bytes: i64,
    /// Their SHA-256.
    sha256: String,
    /// The oldest protocol that it speaks.
    protocol_min: i64,
    /// The newest.
    protocol_max: i64,
    /// Not to be installed from then on.
    #[schema(value_type = i64)]
    expires_us: Wall,
    /// Who has brought it.
    #[schema(value_type = String)]
    made_by: Id<Person>,
    /// When.
    #[schema(value_type = i64)]
    made_us: Wall,
    /// Where it stands.
    #[schema(value_type = ReleaseStateWord)]
    state: Stage,
    /// To how many boxes of a hundred it is offered, those of named sites aside.
    share_percent: i64,
    /// The offer halts by itself when more have gone back.
    failures_max: i64,
    /// Since when it stands so.
    #[schema(value_type = i64)]
    changed_us: Wall,
    /// Why it was halted.
    halted_why: Option<String>,
    /// How many boxes it is at, by how far it has come there.
    boxes: Vec<ReleaseCount>,
}

/// So many boxes.
#[derive(Debug, Serialize, ToSchema)]
struct ReleaseCount {
    /// How far it has come there.
    #[schema(value_type = ReleaseAtWord)]
    at: At,
    /// How many.
    count: i64,
}

impl From<Listed> for ReleaseView {
    fn from(it: Listed) -> Self {
        let count = |(at, count)| ReleaseCount { at, count };
        Self {
            id: it.id,
            version: it.version,
            target: it.target,
            size_bytes: it.size,
            sha256: it.sha256,
            protocol_min: it.protocols.0,
            protocol_max: it.protocols.1,
            expires_us: it.expires,
            made_by: it.made_by,
            made_us: it.made,
            state: it.state,
            share_percent: it.share,
            failures_max: it.failures_max,
            changed_us: it.changed,
            halted_why: it.halted_why,
            boxes: it.counts.into_iter().map(count).collect(),
        }
    }
}

/// A release at a box.
#[derive(Debug, Serialize, ToSchema)]
struct ReleaseBoxView {
    /// `agt_…`.
    #[schema(value_type = String)]
    agent: Id<Agent>,
    /// `sit_…`.
    #[schema(value_type = String)]
    site: Id<Site>,
    /// When it was told.
    #[schema(value_type = i64)]
    told_us: Wall,
    /// How far it has come there.
    #[schema(value_type = ReleaseAtWord)]
    at: At,
    /// Why, in a word of the box.
    why: Option<String>,
    /// The same for people.
    detail: Option<String>,
    /// Since when the house knows.
    #[schema(value_type = i64)]
    heard_us: Wall,
}

impl From<Seen> for ReleaseBoxView {
    fn from(it: Seen) -> Self {
        Self {
            agent: it.agent,
            site: it.site,
            told_us: it.told,
            at: it.at,
            why: it.why,
            detail: it.detail,
            heard_us: it.heard,
        }
    }
}

/// To whom a release is offered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "share_percent": 1 }))]
struct OfferForm {
    /// To so many boxes of a hundred: first 1, then 10, then 100. The same boxes are
    /// among them when it is raised.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100)]
    share_percent: i64,
    /// And to the boxes of these sites, whatever the share.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    sites: Vec<Id<Site>>,
    /// The offer halts by itself when more have gone back to what they ran before.
    #[serde(default = "failures_max")]
    #[schema(minimum = 0, maximum = 1_000_000)]
    failures_max: i64,
}

const fn failures_max() -> i64 {
    FAILURES_MAX
}

/// Why an offer is halted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HaltForm {
    /// Why.
    #[serde(default)]
    why: Option<String>,
}

/// Releases that the house keeps, the newest first.
#[utoipa::path(get, path = "/api/v1/releases", tag = "releases",
    responses((status = 200, body = Page<ReleaseView>)))]
async fn list(
    State(hall): State<Hall>,
    _who: Who,
) -> Result<axum::Json<Page<ReleaseView>>, Problem> {
    let mut read = hall.db().read().await?;
    let found = release::list(&mut read).await?;
    Ok(axum::Json(Page {
        items: found.into_iter().map(ReleaseView::from).collect(),
        next: None,
    }))
}

/// Takes a release in, as `betang release sign` has made it. Its signature has to be of
/// one of the keys in the configuration. The same file again changes nothing.
#[utoipa::path(post, path = "/api/v1/releases", tag = "releases",
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 201, body = ReleaseView), (status = 409), (status = 413),
        (status = 422)))]
async fn keep(State(hall): State<Hall>, who: Who, file: Bytes) -> Result<Response, Problem> {
    let kept = release::keep(&hall, &who, file).await?;
    let location = format!("/api/v1/releases/{}/boxes", kept.id);
    Ok(problem::created(
        &location,
        axum::Json(ReleaseView::from(kept)),
    ))
}

/// The boxes that a release was offered to.
#[utoipa::path(get, path = "/api/v1/releases/{id}/boxes", tag = "releases",
    params(("id" = String, Path, description = "`rel_…`")),
    responses((status = 200, body = Page<ReleaseBoxView>), (status = 404)))]
async fn boxes(
    State(hall): State<Hall>,
    _who: Who,
    Path(id): Path<Id<Release>>,
) -> Result<axum::Json<Page<ReleaseBoxView>>, Problem> {
    let mut read = hall.db().read().await?;
    let found = release::boxes(&mut read, id).await?;
    Ok(axum::Json(Page {
        items: found.into_iter().map(ReleaseBoxView::from).collect(),
        next: None,
    }))
}

/// Offers a release to a share of the boxes and to named sites, or to more of them.
#[utoipa::path(post, path = "/api/v1/releases/{id}/offer", tag = "releases",
    request_body = OfferForm,
    params(("id" = String, Path, description = "`rel_…`")),
    responses((status = 200, body = ReleaseView), (status = 404), (status = 409),
        (status = 422)))]
async fn offer(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Release>>,
    Json(form): Json<OfferForm>,
) -> Result<axum::Json<ReleaseView>, Problem> {
    let offer = Offer {
        share: form.share_percent,
        sites: form.sites,
        failures_max: form.failures_max,
    };
    let offered = release::offer(&hall, &who, id, offer).await?;
    Ok(axum::Json(offered.into()))
}

/// Halts an offer: no box is told of it any more, and what is on its way ends.
#[utoipa::path(post, path = "/api/v1/releases/{id}/halt", tag = "releases",
    request_body = HaltForm,
    params(("id" = String, Path, description = "`rel_…`")),
    responses((status = 200, body = ReleaseView), (status = 404), (status = 422)))]
async fn halt(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Release>>,
    Json(form): Json<HaltForm>,
) -> Result<axum::Json<ReleaseView>, Problem> {
    let halted = release::halt(&hall, &who, id, form.why).await?;
    Ok(axum::Json(halted.into()))
}
