//! `/api/v1/nodes`: addresses that the centre asks by itself whether they answer.
//!
//! What they answer is no evidence of a village's minutes, and stands in no ledger.

mod pasted;
mod view;

use std::collections::BTreeMap;
use std::net::{IpAddr, UdpSocket};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::area::AreaCode;
use base::id::{Agency, Id, Node, Site};
use base::kind::Kind;
use base::now::Wall;
use hall::audit::{self, Act};
use hall::csv;
use hall::guard::{Guarded as _, Permission, Place, Who};
use hall::idempotency::Keyed;
use hall::problem::{self, Json, Path, Problem, Query};
use hall::site::{self, Listed};
use hall::{Hall, agencies, areas, line};
use http::HeaderMap;
use reach_core::node::{self, Fault, NODES_MAX};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Conn, Error, Tx};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{limit, paged, refuse};
use crate::sql::node::{self as rows, NodeRow};

use view::{
    Counted, History, NodeStateWord, NodeView, Page, RoundView, STATES, counted, export, order,
};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::SitesRead))
        .routes(routes!(add).guard(Permission::SitesWrite))
        .routes(routes!(pasted::add_all).guard(Permission::SitesWrite))
        .routes(routes!(show).guard(Permission::SitesRead))
        .routes(routes!(change).guard(Permission::SitesWrite))
        .routes(routes!(remove).guard(Permission::SitesWrite))
        .routes(routes!(pause).guard(Permission::SitesWrite))
}

/// Longest note, in characters.
const NOTE_MAX: usize = 500;

/// What people say about a node. It lies where its site lies, if it has one.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NodeForm, example = json!({
    "name": "Router simpul Kapuas", "address": "10.62.3.1", "area": "62.03",
}))]
struct Form {
    /// What it is called.
    name: String,
    /// Its address, of IPv4 or IPv6; not a name.
    address: String,
    /// The port to which connections are asked for where ICMP is not permitted; null: 443.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 65_535)]
    port: Option<u16>,
    /// The site at which it stands, `sit_…`; null for none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    site: Option<Id<Site>>,
    /// Where it lies: a Kemendagri code; only without a site. Null: in no single area.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// The OPD that it is of; only without a site.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    agency: Option<Id<Agency>>,
    /// What is to be known of it.
    #[serde(default)]
    note: Option<String>,
}

/// Whether a node is to be left alone.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NodePause, example = json!({ "paused": true }))]
struct Pause {
    /// Whether it is.
    paused: bool,
}

/// Which nodes.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only in this area.
    #[param(value_type = Option<String>)]
    within: Option<AreaCode>,
    /// Only those that stand so.
    #[param(value_type = Option<NodeStateWord>)]
    state: Option<String>,
    /// Rows of this page, 1 to 5000.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// `csv` for a file.
    format: Option<String>,
}

/// Sites by id: where nodes lie.
type Sites = BTreeMap<Id<Site>, Listed>;

async fn sites(conn: &mut Conn) -> Result<Sites, Error> {
    let all = site::all(conn).await?;
    Ok(all.into_iter().map(|site| (site.id, site)).collect())
}

/// Where a node lies, as rights see it.
fn place(row: &NodeRow, sites: &Sites) -> Place {
    match row.site {
        // A site that is not there lies nowhere.
        Some(id) => sites.get(&id).map_or(Place::HOUSE, Listed::place),
        None => Place::new(row.area.clone(), row.agency),
    }
}

/// Nodes as they stand: the silent ones first, the longest silent first.
#[utoipa::path(get, path = "/api/v1/nodes", tag = "nodes", params(Filter),
    responses((status = 200, body = Page)))]
async fn list(
    State(hall): State<Hall>,
    who: Who,
    headers: HeaderMap,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let limit = limit(filter.limit)?;
    let is_file = csv::wanted(&headers, filter.format.as_deref())?;
    if let Some(state) = filter.state.as_deref()
        && !STATES.contains(&state)
    {
        return Err(refuse("state", format!("use one of {}", STATES.join(", "))));
    }
    let now = hall.now().wall;
    let mut read = hall.db().read().await?;
    let simulated = hall::house::is_simulated(&mut read).await?;
    let round = rows::round(&mut read).await?.map(RoundView::from);
    let mut views = readable(&mut read, &who, now).await?;
    drop(read);
    views.retain(|view| {
        let within = filter.within.as_ref();
        within.is_none_or(|within| view.area().is_some_and(|area| within.contains(area)))
    });
    let counts: Counted = counted(&views);
    views.retain(|view| {
        filter
            .state
            .as_deref()
            .is_none_or(|state| state == view.state())
    });
    views.sort_by_key(order);
    if is_file {
        return export(&hall, &who, &views).await;
    }
    // A node that went from the list since: the page begins anew.
    let behind = filter
        .cursor
        .as_ref()
        .and_then(|cursor| views.iter().position(|it| it.id().to_string() == *cursor))
        .map_or(0, |at| at + 1);
    let (items, next) = paged(views.into_iter().skip(behind), limit, NodeView::id);
    let page = Page {
        at_us: now,
        simulated,
        round,
        counts,
        items,
        next,
    };
    Ok(axum::Json(page).into_response())
}

/// The nodes that somebody may know of, as they stand.
async fn readable(conn: &mut Conn, who: &Who, now: Wall) -> Result<Vec<NodeView>, Problem> {
    let sites = sites(conn).await?;
    let mut found = rows::all(conn).await?;
    found.retain(|row| who.may(Permission::SitesRead, &place(row, &sites)));
    let mut states = rows::states(conn, None).await?;
    let of = |row: &NodeRow| place(row, &sites).area;
    let codes: Vec<AreaCode> = found.iter().filter_map(of).collect();
    let names = areas::names(conn, codes.iter()).await?;
    let one = |row: NodeRow| {
        let state = states.remove(&row.id);
        NodeView::new(row, state, &sites, &names, now)
    };
    Ok(found.into_iter().map(one).collect())
}

/// The row of a node, if this caller may know of it.
async fn find(conn: &mut Conn, who: &Who, id: Id<Node>) -> Result<(NodeRow, Sites), Problem> {
    let sites = sites(conn).await?;
    let row = rows::by_id(conn, id)
        .await?
        .filter(|row| who.may(Permission::SitesRead, &place(row, &sites)))
        .ok_or_else(|| Problem::not_found("node", "There is no such node."))?;
    Ok((row, sites))
}

async fn one(conn: &mut Conn, row: NodeRow, now: Wall) -> Result<NodeView, Problem> {
    let sites = sites(conn).await?;
    let area = place(&row, &sites).area;
    let names = areas::names(conn, area.iter()).await?;
    let state = rows::states(conn, Some(row.id)).await?.remove(&row.id);
    Ok(NodeView::new(row, state, &sites, &names, now))
}

/// Adds a node. It is asked when the round that goes on is over, at once if none does.
#[utoipa::path(post, path = "/api/v1/nodes", tag = "nodes", request_body = Form,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = NodeView), (status = 409), (status = 422), (status = 429)))]
async fn add(
    State(hall): State<Hall>,
    who: Who,
    Keyed { body, once }: Keyed<Form>,
) -> Result<Response, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, now).await? {
        return Ok(answer);
    }
    let all = rows::all(&mut tx).await?;
    if all.len() >= NODES_MAX {
        return Err(full());
    }
    let blank = blank(&hall, &who);
    let row = checked(&hall, &mut tx, &who, &all, blank, body).await?;
    write(&hall, &mut tx, &who, "node.added", None, &row).await?;
    let location = format!("/api/v1/nodes/{}", row.id);
    let view = one(&mut tx, row, now.wall).await?;
    let answer = once.created(&mut tx, now, &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

fn full() -> Problem {
    let why = format!("The house asks at most {NODES_MAX} addresses; remove one.");
    Problem::exhausted("nodes", why)
}

/// One node, and how it stood in the last seven days.
#[utoipa::path(get, path = "/api/v1/nodes/{id}", tag = "nodes",
    params(("id" = String, Path, description = "`nod_…`")),
    responses((status = 200, body = History), (status = 404)))]
async fn show(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Node>>,
) -> Result<axum::Json<History>, Problem> {
    let now = hall.now().wall;
    let mut read = hall.db().read().await?;
    let (row, _) = find(&mut read, &who, id).await?;
    let spans = rows::spans(&mut read, id, now - reach_core::answering::KEPT).await?;
    let state = rows::states(&mut read, Some(id)).await?.remove(&id);
    let goes_on = state.and_then(|it| it.standing.end(now));
    let node = one(&mut read, row, now).await?;
    let spans = spans.into_iter().chain(goes_on).map(Into::into).collect();
    Ok(axum::Json(History { node, spans }))
}

/// Says something else about a node. With another address it is another device: how it
/// stood is forgotten.
#[utoipa::path(put, path = "/api/v1/nodes/{id}", tag = "nodes", request_body = Form,
    params(("id" = String, Path, description = "`nod_…`")),
    responses((status = 200, body = NodeView), (status = 404), (status = 422)))]
async fn change(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Node>>,
    Json(form): Json<Form>,
) -> Result<axum::Json<NodeView>, Problem> {
    let now = hall.now().wall;
    let mut tx = hall.db().write().await?;
    let (old, sites) = find(&mut tx, &who, id).await?;
    who.require(Permission::SitesWrite, &place(&old, &sites))?;
    let all = rows::all(&mut tx).await?;
    // Out of the old place and into the new one: both must be one's own.
    let row = checked(&hall, &mut tx, &who, &all, old.clone(), form).await?;
    if told(&row) != told(&old) {
        if row.address != old.address {
            rows::forget(&mut tx, id).await?;
        }
        write(&hall, &mut tx, &who, "node.changed", Some(&old), &row).await?;
    }
    let view = one(&mut tx, row, now).await?;
    tx.commit().await?;
    Ok(axum::Json(view))
}

/// Lets a node be, or asks it again. Until it is asked again nothing is known of it; how
/// it stood before stays.
#[utoipa::path(put, path = "/api/v1/nodes/{id}/paused", tag = "nodes", request_body = Pause,
    params(("id" = String, Path, description = "`nod_…`")),
    responses((status = 200, body = NodeView), (status = 404), (status = 422)))]
async fn pause(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Node>>,
    Json(Pause { paused }): Json<Pause>,
) -> Result<axum::Json<NodeView>, Problem> {
    let now = hall.now().wall;
    let mut tx = hall.db().write().await?;
    let (old, sites) = find(&mut tx, &who, id).await?;
    who.require(Permission::SitesWrite, &place(&old, &sites))?;
    let row = NodeRow {
        paused,
        changed: now,
        changed_by: who.person(),
        ..old.clone()
    };
    if paused != old.paused {
        rows::rest(&mut tx, id, now).await?;
        let verb = if paused {
            "node.paused"
        } else {
            "node.resumed"
        };
        write(&hall, &mut tx, &who, verb, Some(&old), &row).await?;
    }
    let view = one(&mut tx, row, now).await?;
    tx.commit().await?;
    Ok(axum::Json(view))
}

/// Takes a node off the register, and forgets how it stood.
#[utoipa::path(delete, path = "/api/v1/nodes/{id}", tag = "nodes",
    params(("id" = String, Path, description = "`nod_…`")),
    responses((status = 204), (status = 404)))]
async fn remove(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Node>>,
) -> Result<Response, Problem> {
    let mut tx = hall.db().write().await?;
    let (row, sites) = find(&mut tx, &who, id).await?;
    who.require(Permission::SitesWrite, &place(&row, &sites))?;
    rows::remove(&mut tx, id).await?;
    let act = Act {
        verb: "node.removed",
        subject: id.to_string(),
        detail: told(&row),
    };
    audit::record(&mut tx, hall.now(), &who, act).await?;
    tx.commit().await?;
    Ok(problem::no_content())
}

/// A node of which nothing is known yet.
fn blank(hall: &Hall, who: &Who) -> NodeRow {
    let now = hall.now().wall;
    NodeRow {
        id: hall.mint(),
        name: String::new(),
        address: IpAddr::from([0; 4]),
        port: None,
        site: None,
        area: None,
        agency: None,
        note: None,
        paused: false,
        added: now,
        added_by: who.person(),
        changed: now,
        changed_by: who.person(),
    }
}

/// The row that a form makes of another one, if this caller may have it so.
async fn checked(
    hall: &Hall,
    conn: &mut Conn,
    who: &Who,
    all: &[NodeRow],
    row: NodeRow,
    form: Form,
) -> Result<NodeRow, Problem> {
    let row = NodeRow {
        site: form.site,
        area: form.area,
        agency: form.agency,
        changed: hall.now().wall,
        changed_by: who.person(),
        ..row
    };
    let sites = placed(conn, who, &row).await?;
    let refused = |fault: Fault| line::refuse("address", fault.to_string());
    let address = node::address(&form.address).map_err(refused)?;
    if is_own(hall, address) {
        return Err(refused(Fault::Own));
    }
    let same = all
        .iter()
        .find(|it| it.address == address && it.id != row.id);
    if let Some(same) = same {
        // Its name only to whom it may be known.
        let is_known = who.may(Permission::SitesRead, &place(same, &sites));
        let name = if is_known {
            format!(": {}", same.name)
        } else {
            String::new()
        };
        return Err(line::refuse("address", format!("{}{name}", Fault::Taken)));
    }
    if form.port == Some(0) {
        return Err(line::refuse("port", "use 1 to 65535"));
    }
    Ok(NodeRow {
        name: line::read("name", &form.name, line::NAME_MAX)?,
        address,
        port: form.port,
        note: line::read_maybe("note", form.note.as_deref(), NOTE_MAX)?,
        ..row
    })
}

/// Whether a node may lie where it is said to, and all sites.
async fn placed(conn: &mut Conn, who: &Who, row: &NodeRow) -> Result<Sites, Problem> {
    if let Some(id) = row.site {
        if row.area.is_some() || row.agency.is_some() {
            let why = "is that of the site; leave it out";
            let field = if row.area.is_some() { "area" } else { "agency" };
            return Err(line::refuse(field, why));
        }
        // A site that he may not know of is as one that is not there.
        let unknown = |problem: Problem| match problem.kind() {
            Kind::NotFound => line::refuse("site", "is not in the register of sites"),
            _ => problem,
        };
        site::find(conn, who, id).await.map_err(unknown)?;
    }
    if let Some(area) = &row.area
        && !areas::exists(conn, area).await?
    {
        return Err(line::refuse("area", "is not in the register of areas"));
    }
    if let Some(agency) = row.agency
        && !agencies::exists(conn, agency).await?
    {
        return Err(line::refuse("agency", "is not in the register of agencies"));
    }
    let sites = sites(conn).await?;
    who.require(Permission::SitesWrite, &place(row, &sites))?;
    Ok(sites)
}

/// Whether this machine has the address, or it is that of all machines of a network of
/// its own: the kernel lets a socket have these two and no other.
fn is_own(hall: &Hall, address: IpAddr) -> bool {
    hall.config().announce.contains(&address) || UdpSocket::bind((address, 0)).is_ok()
}

/// Writes a node, with its audit.
async fn write(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    verb: &'static str,
    old: Option<&NodeRow>,
    row: &NodeRow,
) -> Result<(), Problem> {
    rows::put(tx, row).await?;
    let act = Act {
        verb,
        subject: row.id.to_string(),
        detail: json!({ "from": old.map(told), "to": told(row) }),
    };
    Ok(audit::record(tx, hall.now(), who, act).await?)
}

/// What the audit keeps of a node.
fn told(row: &NodeRow) -> serde_json::Value {
    json!({
        "name": row.name, "address": row.address, "port": row.port, "site": row.site,
        "area": row.area, "agency": row.agency, "note": row.note, "paused": row.paused,
    })
}
