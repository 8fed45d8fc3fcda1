//! `/api/v1/points`: places of villages that are to be online.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::area::{AreaCode, AreaLevel};
use base::fact::Fact;
use base::geo::Point as Degrees;
use base::id::{Agency, Id, Point, Site};
use base::kind::Kind;
use base::now::Wall;
use hall::areas::NamedArea;
use hall::audit::{self, Act};
use hall::csv::{self, File};
use hall::guard::{Guarded as _, Permission, Place, Who};
use hall::http::LatLon;
use hall::idempotency::Keyed;
use hall::problem::{Json, Path, Problem, Query};
use hall::{Hall, agencies, line, site};
use http::HeaderMap;
use reach_core::flow::{self, Event, State as Stage};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Conn, Error, Tx, facts};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::money::MoneyView;
use super::{Times, Withdrawal, limit, paged, refuse};
use crate::room::Room;
use crate::sql::point::{self, PointRow};
use crate::sql::{event, money};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::VillagesRead))
        .routes(routes!(add).guard(Permission::PointsWrite))
        .routes(routes!(show).guard(Permission::VillagesRead))
        .routes(routes!(change).guard(Permission::PointsWrite))
        .routes(routes!(retire).guard(Permission::PointsWrite))
}

/// Kinds of points.
pub(crate) const KINDS: [&str; 5] = ["kantor_desa", "sekolah", "pustu", "titik_publik", "lainnya"];

/// Longest hours, in characters.
pub(crate) const HOURS_MAX: usize = 120;

/// Furthest that a point reaches, in metres.
pub(crate) const RADIUS_MAX_M: i64 = 50_000;

/// Most people that use a point in a day.
pub(crate) const USERS_MAX: i64 = 100_000;

hall::words! {
    /// How far a point has come.
    pub(super) StageWord = Stage::WORDS
}

hall::words! {
    /// What kind of place a point is.
    pub(super) PointKindWord = KINDS
}

/// A point.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VillagePoint)]
pub(crate) struct PointView {
    /// `pnt_…`.
    #[schema(value_type = String)]
    id: Id<Point>,
    /// What it is called.
    name: String,
    /// What kind of place it is.
    #[schema(value_type = PointKindWord)]
    kind: String,
    /// The village it lies in.
    village: NamedArea,
    /// The OPD that answers for it.
    #[schema(value_type = Option<String>)]
    agency: Option<Id<Agency>>,
    /// Where it stands; null where nobody has been.
    #[schema(value_type = Option<LatLon>)]
    point: Option<Degrees>,
    /// Whether citizens may use it; null: unknown.
    open_to_citizens: Option<bool>,
    /// When.
    open_hours: Option<String>,
    /// How far it reaches, in metres; null: unknown.
    radius_m: Option<i64>,
    /// How many use it in a day; null: unknown.
    users_a_day: Option<i64>,
    /// The site whose box stands there, `sit_…`.
    #[schema(value_type = Option<String>)]
    site: Option<Id<Site>>,
    /// How far it has come, by what people say.
    #[schema(value_type = StageWord)]
    state: &'static str,
    /// Since when, as was said; null: nobody has said anything.
    #[schema(value_type = Option<i64>)]
    state_us: Option<Wall>,
    /// When it was taken off; null: it is on.
    #[schema(value_type = Option<i64>)]
    retired_us: Option<Wall>,
    /// What it costs; null: nothing was said, or the caller may not know.
    money: Option<MoneyView>,
}

/// What people say about a point.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VillagePointForm, example = json!({
    "name": "Kantor Desa Tumbang Nusa", "kind": "kantor_desa", "village": "62.11.07.2007",
}))]
struct Form {
    /// What it is called.
    name: String,
    /// What kind of place it is.
    #[schema(value_type = PointKindWord)]
    kind: String,
    /// The village it lies in: a Kemendagri code.
    #[schema(value_type = String)]
    village: AreaCode,
    /// The OPD that answers for it; null for none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    agency: Option<Id<Agency>>,
    /// Where it stands.
    #[serde(default)]
    point: Option<LatLon>,
    /// Whether citizens may use it.
    #[serde(default)]
    open_to_citizens: Option<bool>,
    /// When.
    #[serde(default)]
    open_hours: Option<String>,
    /// How far it reaches, in metres.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 50_000)]
    radius_m: Option<i64>,
    /// How many use it in a day.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100_000)]
    users_a_day: Option<i64>,
    /// The site whose box stands there.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    site: Option<Id<Site>>,
}

/// Which points.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Rows of this page, 1 to 5000.
    limit: Option<usize>,
    /// `next` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Id<Point>>,
    /// Only in this area.
    #[param(value_type = Option<String>)]
    within: Option<AreaCode>,
    /// Only those that have come so far.
    #[param(value_type = Option<StageWord>)]
    state: Option<String>,
    /// Only of this kind.
    #[param(value_type = Option<PointKindWord>)]
    kind: Option<String>,
    /// Only what happened on this day or before it.
    #[param(value_type = Option<String>)]
    then: Option<base::day::Day>,
    /// Only what the house knew at the end of this day.
    #[param(value_type = Option<String>)]
    known: Option<base::day::Day>,
    /// `csv` for a file.
    format: Option<String>,
}

/// A page of points.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VillagePointPage)]
struct Page {
    /// The points, in the order they were added.
    items: Vec<PointView>,
    /// What to send as `cursor` for the next page; null on the last.
    next: Option<String>,
}

pub(crate) fn place(row: &PointRow) -> Place {
    Place::new(Some(row.area.clone()), row.agency)
}

/// Points as they were at a time, as known at a time: those that the register had
/// then, each with how far it had come.
pub(super) async fn at(
    hall: &Hall,
    conn: &mut Conn,
    within: Option<&AreaCode>,
    times: Times,
) -> Result<Vec<(PointRow, Stage)>, Error> {
    let query = match within {
        Some(area) => point::within(point::list(), area),
        None => point::list(),
    };
    let rows = point::fetch(conn, &query.raw(" ORDER BY p.id")).await?;
    if times.then.is_none() && times.known.is_none() {
        // The row says how far it has come by now.
        let on = rows.into_iter().filter(|row| row.retired.is_none());
        return Ok(on.map(|row| (row.clone(), row.state)).collect());
    }
    let events = event::within(conn, within).await?;
    let now = hall.now().wall;
    let said = times.said(hall).unwrap_or(now);
    let happened = times.happened(hall).unwrap_or(now);
    Ok(rows
        .into_iter()
        .filter(|row| row.added <= said && row.retired.is_none_or(|at| at > said))
        .map(|row| {
            let log: Vec<Event> = events
                .get(&row.id)
                .into_iter()
                .flatten()
                .map(|event| event.event.clone())
                .collect();
            let stage = flow::state_at(&flow::known(&log, said), happened);
            (row, stage)
        })
        .collect())
}

/// The points of a village that the caller may see, with what they cost.
pub(super) async fn of_village(
    hall: &Hall,
    conn: &mut Conn,
    who: &Who,
    village: &AreaCode,
    times: Times,
) -> Result<Vec<PointView>, Problem> {
    let rows = at(hall, conn, Some(village), times).await?;
    let rows = rows
        .into_iter()
        .filter(|(row, _)| who.may(Permission::VillagesRead, &place(row)))
        .collect();
    views(hall, conn, who, Some(village), times, rows).await
}

async fn views(
    hall: &Hall,
    conn: &mut Conn,
    who: &Who,
    within: Option<&AreaCode>,
    times: Times,
    rows: Vec<(PointRow, Stage)>,
) -> Result<Vec<PointView>, Problem> {
    let mut costs = if who.holds(Permission::MoneyRead) {
        money::within(conn, within, times.said(hall)).await?
    } else {
        BTreeMap::new()
    };
    let names = hall::areas::names(conn, rows.iter().map(|(row, _)| &row.area)).await?;
    Ok(rows
        .into_iter()
        .map(|(row, stage)| {
            let may = who.may(Permission::MoneyRead, &place(&row));
            let money = costs.remove(&row.id).filter(|_| may).map(MoneyView::from);
            let name = names.get(&row.area).cloned().unwrap_or_default();
            view(row, stage, name, money)
        })
        .collect())
}

fn view(row: PointRow, stage: Stage, village: String, money: Option<MoneyView>) -> PointView {
    let same = stage == row.state;
    PointView {
        id: row.id,
        name: row.name,
        kind: row.kind,
        village: NamedArea {
            code: row.area,
            name: village,
        },
        agency: row.agency,
        point: row.degrees,
        open_to_citizens: row.open_to_citizens,
        open_hours: row.open_hours,
        radius_m: row.radius_m,
        users_a_day: row.users_a_day,
        site: row.site,
        state: stage.as_str(),
        state_us: row.since.filter(|_| same),
        retired_us: row.retired,
        money,
    }
}

/// One point as the caller may see it.
pub(super) async fn one(
    hall: &Hall,
    conn: &mut Conn,
    who: &Who,
    row: PointRow,
) -> Result<PointView, Problem> {
    let area = row.area.clone();
    let stage = row.state;
    let rows = vec![(row, stage)];
    let mut found = views(hall, conn, who, Some(&area), Times::default(), rows).await?;
    found
        .pop()
        .ok_or_else(|| Problem::bug("one point is no point"))
}

/// The row of a point, if this caller may know of it.
pub(super) async fn readable(
    conn: &mut Conn,
    who: &Who,
    id: Id<Point>,
) -> Result<PointRow, Problem> {
    point::by_id(conn, id)
        .await?
        .filter(|row| who.may(Permission::VillagesRead, &place(row)))
        .ok_or_else(|| Problem::not_found("point", "There is no such point."))
}

/// Points in the order they were added.
#[utoipa::path(get, path = "/api/v1/points", tag = "points", params(Filter),
    responses((status = 200, body = Page)))]
async fn list(
    State(hall): State<Hall>,
    who: Who,
    headers: HeaderMap,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let csv = csv::wanted(&headers, filter.format.as_deref())?;
    let limit = limit(filter.limit)?;
    if let Some(state) = filter.state.as_deref()
        && Stage::parse(state).is_none()
    {
        return Err(refuse("state", "is no state of a point"));
    }
    if let Some(kind) = filter.kind.as_deref()
        && !KINDS.contains(&kind)
    {
        return Err(refuse("kind", format!("use one of {}", KINDS.join(", "))));
    }
    let times = Times {
        then: filter.then,
        known: filter.known,
    };
    let mut read = hall.db().read().await?;
    let within = filter.within.as_ref();
    let found = at(&hall, &mut read, within, times).await?;
    let wanted = found.into_iter().filter(|(row, stage)| {
        filter.cursor.is_none_or(|cursor| row.id > cursor)
            && filter
                .state
                .as_deref()
                .is_none_or(|state| state == stage.as_str())
            && filter.kind.as_ref().is_none_or(|kind| *kind == row.kind)
            && who.may(Permission::VillagesRead, &place(row))
    });
    let (rows, next) = paged(wanted, limit, |(row, _)| row.id);
    let items = views(&hall, &mut read, &who, within, times, rows).await?;
    drop(read);
    if csv {
        return export(&hall, &who, &filter, items).await;
    }
    Ok(axum::Json(Page { items, next }).into_response())
}

/// A file that leaves the house: it is written down who took it.
async fn export(
    hall: &Hall,
    who: &Who,
    filter: &Filter,
    points: Vec<PointView>,
) -> Result<Response, Problem> {
    let mut tx = hall.db().write().await?;
    let act = Act {
        verb: "point.exported",
        subject: "points".to_owned(),
        detail: json!({
            "rows": points.len(), "within": filter.within, "state": filter.state,
            "kind": filter.kind, "then": filter.then, "known": filter.known,
        }),
    };
    audit::record(&mut tx, hall.now(), who, act).await?;
    tx.commit().await?;
    let mut file = File::new(&[
        "id",
        "name",
        "kind",
        "village",
        "village_name",
        "lat_deg",
        "lon_deg",
        "state",
        "open_to_citizens",
        "open_hours",
        "radius_m",
        "users_a_day",
        "site",
    ]);
    for one in points {
        let degrees = |part: fn(Degrees) -> f64| {
            let part = one.point.map(part);
            part.map(|part| part.to_string()).unwrap_or_default()
        };
        let whole = |number: Option<i64>| number.map(|n| n.to_string()).unwrap_or_default();
        let open = one
            .open_to_citizens
            .map(|open| if open { "ya" } else { "tidak" });
        file.row(&[
            one.id.to_string(),
            one.name.clone(),
            one.kind.clone(),
            one.village.code.to_string(),
            one.village.name.clone(),
            degrees(Degrees::lat_deg),
            degrees(Degrees::lon_deg),
            one.state.to_owned(),
            open.unwrap_or_default().to_owned(),
            one.open_hours.clone().unwrap_or_default(),
            whole(one.radius_m),
            whole(one.users_a_day),
            one.site.map(|site| site.to_string()).unwrap_or_default(),
        ]);
    }
    Ok(file.response("titik.csv"))
}

/// Adds a point. It is listed until a step says more.
#[utoipa::path(post, path = "/api/v1/points", tag = "points", request_body = Form,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = PointView), (status = 409), (status = 422)))]
async fn add(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Keyed { body, once }: Keyed<Form>,
) -> Result<Response, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, now).await? {
        return Ok(answer);
    }
    let blank = PointRow::new(&hall, body.village.clone(), now.wall);
    let row = checked(&room, &mut tx, &who, blank, body).await?;
    who.require(Permission::PointsWrite, &place(&row))?;
    write(&hall, &mut tx, &who, "point.added", None, &row).await?;
    let location = format!("/api/v1/points/{}", row.id);
    let view = one(&hall, &mut tx, &who, row).await?;
    let answer = once.created(&mut tx, now, &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// One point.
#[utoipa::path(get, path = "/api/v1/points/{id}", tag = "points",
    params(("id" = String, Path, description = "`pnt_…`")),
    responses((status = 200, body = PointView), (status = 404)))]
async fn show(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Point>>,
) -> Result<axum::Json<PointView>, Problem> {
    let mut read = hall.db().read().await?;
    let row = readable(&mut read, &who, id).await?;
    Ok(axum::Json(one(&hall, &mut read, &who, row).await?))
}

/// Says something else about a point. How far it has come is not changed by this.
#[utoipa::path(put, path = "/api/v1/points/{id}", tag = "points", request_body = Form,
    params(("id" = String, Path, description = "`pnt_…`")),
    responses((status = 200, body = PointView), (status = 404), (status = 409), (status = 422)))]
async fn change(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<Id<Point>>,
    Json(form): Json<Form>,
) -> Result<axum::Json<PointView>, Problem> {
    let mut tx = hall.db().write().await?;
    let old = readable(&mut tx, &who, id).await?;
    who.require(Permission::PointsWrite, &place(&old))?;
    let row = checked(&room, &mut tx, &who, old.clone(), form).await?;
    // Out of the old place and into the new one: both must be one's own.
    who.require(Permission::PointsWrite, &place(&row))?;
    let row = PointRow {
        changed: hall.now().wall,
        ..row
    };
    if told(&row) != told(&old) {
        write(&hall, &mut tx, &who, "point.changed", Some(&old), &row).await?;
    }
    let view = one(&hall, &mut tx, &who, row).await?;
    tx.commit().await?;
    Ok(axum::Json(view))
}

/// Takes a point off. What was said of it stays, and so do reports of earlier days.
#[utoipa::path(post, path = "/api/v1/points/{id}/retirement", tag = "points",
    request_body = Withdrawal,
    params(("id" = String, Path, description = "`pnt_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = PointView), (status = 404), (status = 409), (status = 422)))]
async fn retire(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Point>>,
    Keyed { body, once }: Keyed<Withdrawal>,
) -> Result<Response, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, now).await? {
        return Ok(answer);
    }
    let why = body.read()?;
    let old = readable(&mut tx, &who, id).await?;
    who.require(Permission::PointsWrite, &place(&old))?;
    if old.retired.is_some() {
        return Err(Problem::conflict(
            "point-retired",
            "The point was taken off before.",
        ));
    }
    let row = PointRow {
        retired: Some(now.wall),
        // Its box may stand at another point from now on.
        site: None,
        ..old
    };
    point::put(&mut tx, &row).await?;
    changed(&hall, &mut tx, &row).await?;
    let act = Act {
        verb: "point.retired",
        subject: id.to_string(),
        detail: json!({ "site": old.site, "why": why }),
    };
    audit::record(&mut tx, now, &who, act).await?;
    let location = format!("/api/v1/points/{id}");
    let view = one(&hall, &mut tx, &who, row).await?;
    let answer = once.created(&mut tx, now, &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Wakes whoever follows points.
pub(super) async fn changed(hall: &Hall, tx: &mut Tx, row: &PointRow) -> Result<(), Error> {
    let fact = Fact::PointChanged {
        point: row.id,
        village: row.area.clone(),
    };
    facts::append(tx, &fact, hall.now().wall).await?;
    Ok(())
}

/// What the audit keeps of a point.
fn told(row: &PointRow) -> serde_json::Value {
    json!({
        "name": row.name, "kind": row.kind, "village": row.area, "agency": row.agency,
        "point": row.degrees, "open_to_citizens": row.open_to_citizens,
        "open_hours": row.open_hours, "radius_m": row.radius_m, "users_a_day": row.users_a_day,
        "site": row.site,
    })
}

/// Writes what people say about a point, with its audit and its fact.
pub(crate) async fn write(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    verb: &'static str,
    old: Option<&PointRow>,
    row: &PointRow,
) -> Result<(), Problem> {
    let now = hall.now();
    point::put(tx, row).await?;
    changed(hall, tx, row).await?;
    let act = Act {
        verb,
        subject: row.id.to_string(),
        detail: json!({ "from": old.map(told), "to": told(row) }),
    };
    Ok(audit::record(tx, now, who, act).await?)
}

/// One site's box stands at one point.
pub(super) async fn alone(conn: &mut Conn, site: Id<Site>, id: Id<Point>) -> Result<(), Problem> {
    let other = point::by_site(conn, site).await?;
    if other.is_some_and(|other| other.id != id) {
        return Err(Problem::conflict(
            "point-site",
            "The site belongs to another point.",
        ));
    }
    Ok(())
}

async fn checked(
    room: &Room,
    conn: &mut Conn,
    who: &Who,
    row: PointRow,
    form: Form,
) -> Result<PointRow, Problem> {
    let village = &form.village;
    if village.level() != AreaLevel::Village || room.register().village(village).is_none() {
        return Err(line::refuse("village", "is no village of the register"));
    }
    if !KINDS.contains(&form.kind.as_str()) {
        return Err(line::refuse(
            "kind",
            format!("use one of {}", KINDS.join(", ")),
        ));
    }
    if let Some(agency) = form.agency
        && !agencies::exists(conn, agency).await?
    {
        return Err(line::refuse("agency", "is not in the register of agencies"));
    }
    if let Some(site) = form.site {
        // A site that he may not know of is as one that is not there.
        let unknown = |problem: Problem| match problem.kind() {
            Kind::NotFound => line::refuse("site", "is not in the register of sites"),
            _ => problem,
        };
        site::find(conn, who, site).await.map_err(unknown)?;
        alone(conn, site, row.id).await?;
    }
    let bounded = |field: &'static str, number: Option<i64>, most: i64| match number {
        Some(number) if !(0..=most).contains(&number) => {
            Err(line::refuse(field, format!("use 0 to {most}")))
        }
        number => Ok(number),
    };
    Ok(PointRow {
        name: line::read("name", &form.name, line::NAME_MAX)?,
        kind: form.kind,
        area: form.village,
        agency: form.agency,
        degrees: form.point.map(|point| point.read("point")).transpose()?,
        open_to_citizens: form.open_to_citizens,
        open_hours: line::read_maybe("open_hours", form.open_hours.as_deref(), HOURS_MAX)?,
        radius_m: bounded("radius_m", form.radius_m, RADIUS_MAX_M)?,
        users_a_day: bounded("users_a_day", form.users_a_day, USERS_MAX)?,
        site: form.site,
        ..row
    })
}
