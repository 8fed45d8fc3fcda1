//! `/api/v1/sites/{id}/routers`: which routers of a site may tell how they are, by an
//! agent of OpenWISP.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use axum::extract::State;
use axum::response::Response;
use base::id::{Id, Person, Router, Site};
use base::now::Wall;
use base::redact::Secret;
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Who};
use hall::idempotency::Keyed;
use hall::problem::{self, Path, Problem};
use hall::site;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Conn;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::sql::router::{self as rows, ReportRow, RouterRow};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::SitesRead))
        .routes(routes!(make).guard(Permission::SitesEnrol))
        .routes(routes!(revoke).guard(Permission::SitesEnrol))
}

/// Routers of one site that count. Policy: one more is refused.
const ROUTERS_MAX: usize = 10;

/// Reports that are shown of a router.
const REPORTS: i64 = 50;

/// Nothing is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RouterForm, example = json!({}))]
struct Form {}

/// What is to be written into a router. Its key is shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RouterKey)]
struct KeyView {
    /// Which.
    #[schema(value_type = String)]
    id: Id<Router>,
    /// What the router calls itself: `uuid` of its agent.
    uuid: String,
    /// `key` of its agent.
    key: String,
}

/// A router of a site.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SiteRouter)]
struct View {
    /// Which.
    #[schema(value_type = String)]
    id: Id<Router>,
    /// What it calls itself.
    uuid: String,
    /// When its key was made.
    #[schema(value_type = i64)]
    made_us: Wall,
    /// By whom.
    #[schema(value_type = String)]
    made_by: Id<Person>,
    /// When it was revoked; null: it counts.
    #[schema(value_type = Option<i64>)]
    revoked_us: Option<Wall>,
    /// Reports that could not be read.
    unreadable: i64,
    /// When the newest of these came.
    #[schema(value_type = Option<i64>)]
    unreadable_us: Option<Wall>,
    /// Its reports, the newest first; at most 50.
    reports: Vec<Told>,
}

/// A report of a router.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RouterReport)]
pub(super) struct Told {
    /// When the house received it.
    #[schema(value_type = i64)]
    received_us: Wall,
    /// When the router says that it has looked, by its own clock; null: it does not say.
    #[schema(value_type = Option<i64>)]
    own_us: Option<Wall>,
    /// Whether it was sent as it was made.
    current: bool,
    /// What it said; null: it could not be read.
    said: Option<Said>,
    /// Why it could not be read: `no_object`, `other_kind`, `no_time`, `too_long`.
    refused: Option<String>,
}

/// What a router said of itself.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = RouterSaid)]
struct Said {
    /// How long it has been running, seconds.
    uptime_s: Option<u64>,
    /// What its clock said, seconds since 1970 UTC. It may be wrong.
    local_time_s: Option<u64>,
    /// Its interfaces, in its order.
    interfaces: Vec<Interface>,
    /// Clients of its wireless interfaces, together; null: it does not tell of any.
    clients: Option<u64>,
    /// Parts that were of another shape, and left out.
    odd: Vec<String>,
}

/// An interface of a router.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = RouterInterface)]
struct Interface {
    /// What it is called there.
    name: String,
    /// Octets received since it counts.
    rx_bytes: Option<u64>,
    /// Octets sent since it counts.
    tx_bytes: Option<u64>,
    /// How it hears its mast.
    lte: Option<Lte>,
}

/// How an LTE modem hears its mast.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = RouterLte)]
struct Lte {
    /// Received strength, dBm.
    rssi_dbm: Option<f64>,
    /// Power of the reference signal, dBm.
    rsrp_dbm: Option<f64>,
    /// Quality of the reference signal, dB.
    rsrq_db: Option<f64>,
    /// Signal to noise, dB.
    snr_db: Option<f64>,
}

impl From<ReportRow> for Told {
    fn from(row: ReportRow) -> Self {
        let (said, refused) = match row.taken {
            Ok(taken) => (serde_json::from_str(&taken).ok(), None),
            Err(why) => (None, Some(why)),
        };
        Self {
            received_us: row.received,
            own_us: row.own,
            current: row.fresh,
            said,
            refused,
        }
    }
}

/// The routers of a site.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SiteRouters)]
struct Page {
    /// The newest first; those that were revoked too.
    items: Vec<View>,
}

/// The routers of a site that may tell how they are, or might, with what they said last.
#[utoipa::path(get, path = "/api/v1/sites/{id}/routers", tag = "routers",
    params(("id" = String, Path, description = "`sit_…`")),
    responses((status = 200, body = Page), (status = 404)))]
async fn list(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Site>>,
) -> Result<axum::Json<Page>, Problem> {
    let mut read = hall.db().read().await?;
    site::find(&mut read, &who, id).await?;
    let mut items = Vec::new();
    for row in rows::of_site(&mut read, id).await? {
        items.push(view(&mut read, row).await?);
    }
    Ok(axum::Json(Page { items }))
}

async fn view(conn: &mut Conn, row: RouterRow) -> Result<View, Problem> {
    let (unreadable, unreadable_us) = rows::refused(conn, row.id).await?;
    let reports = rows::reports(conn, row.id, REPORTS).await?;
    Ok(View {
        uuid: uuid_of(row.id),
        id: row.id,
        made_us: row.made,
        made_by: row.made_by,
        revoked_us: row.revoked,
        unreadable,
        unreadable_us,
        reports: reports.into_iter().map(Told::from).collect(),
    })
}

/// Makes name and key for a router of a site. The key is shown this once.
#[utoipa::path(post, path = "/api/v1/sites/{id}/routers", tag = "routers", request_body = Form,
    params(("id" = String, Path, description = "`sit_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = KeyView), (status = 404), (status = 409), (status = 429)))]
async fn make(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Site>>,
    Keyed {
        body: Form {},
        once,
    }: Keyed<Form>,
) -> Result<Response, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, now).await? {
        return Ok(answer);
    }
    let site = site::find(&mut tx, &who, id).await?;
    who.require(Permission::SitesEnrol, &site.place())?;
    let counting = rows::of_site(&mut tx, id).await?;
    if counting.iter().filter(|it| it.revoked.is_none()).count() >= ROUTERS_MAX {
        let why = format!("A site has at most {ROUTERS_MAX} routers; revoke one.");
        return Err(Problem::exhausted("routers", why));
    }
    let key = secret()?;
    let row = RouterRow {
        id: hall.mint(),
        site: id,
        key_hash: hash(key.expose()),
        made: now.wall,
        made_by: who.person(),
        revoked: None,
    };
    rows::insert(&mut tx, &row).await?;
    let act = Act {
        verb: "router.made",
        subject: row.id.to_string(),
        detail: json!({ "site": id }),
    };
    audit::record(&mut tx, now, &who, act).await?;
    let view = KeyView {
        id: row.id,
        uuid: uuid_of(row.id),
        key: key.expose().clone(),
    };
    let location = format!("/api/v1/sites/{id}/routers");
    let answer = once.created_secret(&mut tx, now, &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Takes a router's key back. What it said stays.
#[utoipa::path(delete, path = "/api/v1/sites/{id}/routers/{router}", tag = "routers",
    params(("id" = String, Path, description = "`sit_…`"),
        ("router" = String, Path, description = "`rtr_…`")),
    responses((status = 204), (status = 404)))]
async fn revoke(
    State(hall): State<Hall>,
    who: Who,
    Path((id, router)): Path<(Id<Site>, Id<Router>)>,
) -> Result<Response, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let site = site::find(&mut tx, &who, id).await?;
    who.require(Permission::SitesEnrol, &site.place())?;
    let found = rows::by_id(&mut tx, router).await?;
    found
        .filter(|it| it.site == id && it.revoked.is_none())
        .ok_or_else(|| {
            Problem::not_found("router", "There is no such router, or it is revoked.")
        })?;
    rows::revoke(&mut tx, router, now.wall).await?;
    let act = Act {
        verb: "router.revoked",
        subject: router.to_string(),
        detail: json!({ "site": id }),
    };
    audit::record(&mut tx, now, &who, act).await?;
    tx.commit().await?;
    Ok(problem::no_content())
}

/// A key as agents of OpenWISP have them: 32 hexadecimal digits.
fn secret() -> Result<Secret<String>, Problem> {
    let mut octets = [0; 16];
    rand::fill(&mut octets).map_err(|_| Problem::bug("the system has no randomness"))?;
    Ok(Secret::new(hex(&octets)))
}

/// What is kept of a key. It is as random as one should be, so a plain hash is enough.
pub(super) fn hash(key: &str) -> Vec<u8> {
    digest(&SHA256, key.as_bytes()).as_ref().to_vec()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// What a router calls itself: the digits of its id in the five groups of a UUID.
fn uuid_of(id: Id<Router>) -> String {
    let text = hex(id.as_bytes());
    [
        &text[..8],
        &text[8..12],
        &text[12..16],
        &text[16..20],
        &text[20..],
    ]
    .join("-")
}

/// The router that calls itself so.
pub(super) fn id_of(uuid: &str) -> Option<Id<Router>> {
    let digits: String = uuid.chars().filter(|c| *c != '-').collect();
    let is_plain = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let octets = is_plain.then(|| u128::from_str_radix(&digits, 16).ok())??;
    Some(Id::from_bytes(octets.to_be_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_router_is_found_by_what_it_calls_itself() {
        let id: Id<Router> = Id::from_bytes([7; 16]);
        let uuid = uuid_of(id);
        assert_eq!(uuid, "07070707-0707-0707-0707-070707070707");
        assert_eq!(id_of(&uuid), Some(id));
        assert_eq!(id_of(&uuid.replace('-', "").to_uppercase()), Some(id));
        for none in [
            "",
            "07",
            "0707070707070707070707070707070g",
            "+7070707070707070707070707070707",
        ] {
            assert_eq!(id_of(none), None, "{none}");
        }
    }
}
