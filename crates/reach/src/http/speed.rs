//! `/api/v1/villages/{code}/speed`: how fast the connections of a village are, as its boxes
//! have measured it; and that one measures now.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::area::AreaCode;
use base::id::{Id, Person, Site};
use base::now::Wall;
use hall::csv::{self, File};
use hall::guard::{Guarded as _, Permission, Who};
use hall::idempotency::Keyed;
use hall::link::said;
use hall::problem::{Path, Problem, Query};
use hall::{Hall, line};
use http::HeaderMap;
use prost::Message as _;
use reach_core::purse::BUDGET;
use reach_core::speed::{
    ASKED_WEEK, Ask, CAP_LEAST, End, Fault, Figure, Median, WEEK, Way, cap, median,
};
use serde::{Deserialize, Serialize};
use store::Conn;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ledger::readable;
use crate::ledger;
use crate::sql::speed::{self as rows, SpeedRow};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(of_village).guard(Permission::SitesRead))
        .routes(routes!(measure).guard(Permission::SpeedTest))
}

/// What the middle is made of: so much of the last time.
const MIDDLE: Duration = Duration::from_secs(8 * 7 * 86_400);

/// The newest figure is stale when two weekly tests after it have not come.
const STALE: Duration = Duration::from_secs(15 * 86_400);

hall::words! {
    /// Why one way of a test ended.
    SpeedEndWord = End::ALL.map(End::as_str)
}

hall::words! {
    /// Why there is no test: none (there is one) or what was in the way.
    SpeedFaultWord = Fault::ALL.map(Fault::as_str)
}

/// Which tests.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Rows at most, 1 to 5000.
    limit: Option<usize>,
    /// Only of this site, `sit_…`.
    #[param(value_type = Option<String>)]
    site: Option<Id<Site>>,
    /// `csv` for a file.
    format: Option<String>,
}

/// One way of a test.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SpeedWay)]
struct WayView {
    /// Octets that came.
    octets: u64,
    /// In so many microseconds. A short test begins slowly, and its figure is low.
    us: u64,
    /// Why it ended.
    #[schema(value_type = SpeedEndWord)]
    end: &'static str,
    /// Octets that the other end had sent; null: it is not known.
    sent_octets: Option<u64>,
    /// The shortest round trip, microseconds; null: it was not measured.
    min_rtt_us: Option<u64>,
    /// The mean, kbit/s; null: nothing was measured.
    kbps: Option<u64>,
    /// Whether it was cut by what it may cost: the connection may be faster.
    at_least: bool,
}

impl From<Way> for WayView {
    fn from(way: Way) -> Self {
        let figure = way.figure();
        Self {
            octets: way.octets,
            us: way.us,
            end: way.end().as_str(),
            sent_octets: way.sent,
            min_rtt_us: way.min_rtt_us,
            kbps: figure.map(Figure::kbps),
            at_least: figure.is_some_and(|it| it.at_least),
        }
    }
}

/// A test.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SpeedTest)]
struct TestView {
    /// At which site.
    #[schema(value_type = String)]
    site: Id<Site>,
    /// When it began.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// When the house received it.
    #[schema(value_type = i64)]
    received_us: Wall,
    /// Whether somebody has asked for it; else it was the one of the week.
    asked: bool,
    /// Who; null where that is not known.
    #[schema(value_type = Option<String>)]
    asked_by: Option<Id<Person>>,
    /// Octets that it might cost.
    cap_octets: u64,
    /// And that it did.
    spent_octets: u64,
    /// Why there is none.
    #[schema(value_type = SpeedFaultWord)]
    fault: &'static str,
    /// To the village.
    down: Option<WayView>,
    /// From it.
    up: Option<WayView>,
}

impl From<SpeedRow> for TestView {
    fn from(row: SpeedRow) -> Self {
        Self {
            site: row.site,
            at_us: row.at,
            received_us: row.received,
            asked: row.command.is_some(),
            asked_by: row.asked_by,
            cap_octets: row.cap,
            spent_octets: row.spent,
            fault: row.fault.as_str(),
            down: row.down.map(WayView::from),
            up: row.up.map(WayView::from),
        }
    }
}

/// The middle of the tests of eight weeks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SpeedMiddle)]
struct MiddleView {
    /// kbit/s.
    kbps: u64,
    /// Of so many tests.
    tests: usize,
    /// Whether it may be more: tests were cut.
    at_least: bool,
}

impl From<Median> for MiddleView {
    fn from(it: Median) -> Self {
        Self {
            kbps: it.kbps,
            tests: it.of,
            at_least: it.at_least,
        }
    }
}

/// What a test would cost at a site now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SpeedOffer)]
struct OfferView {
    /// Which site.
    #[schema(value_type = String)]
    site: Id<Site>,
    /// What it is called.
    name: String,
    /// Octets of the village's connection that it may cost, at most.
    cost_octets: u64,
    /// What is left of this week for tests that are asked for.
    left_octets: u64,
    /// Whether one was asked for and its end is not known.
    pending: bool,
    /// Whether its box is connected: else it hears of it within the hour, or never.
    connected: bool,
}

/// How fast the connections of a village are.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VillageSpeed)]
struct View {
    /// Which village.
    #[schema(value_type = String)]
    village: AreaCode,
    /// The newest test that has measured something, of this page or of eight weeks.
    latest: Option<TestView>,
    /// Whether its next is overdue: it may be otherwise by now.
    stale: bool,
    /// The middle of eight weeks, to the village.
    down: Option<MiddleView>,
    /// And from it.
    up: Option<MiddleView>,
    /// Where somebody can ask for a test, and what it would cost.
    sites: Vec<OfferView>,
    /// Tests, the newest first.
    items: Vec<TestView>,
}

/// How fast the connections of a village are, as its boxes have measured it.
#[utoipa::path(get, path = "/api/v1/villages/{code}/speed", tag = "reach",
    params(("code" = String, Path, description = "Kemendagri code of the village."), Filter),
    responses((status = 200, body = View)))]
async fn of_village(
    State(hall): State<Hall>,
    who: Who,
    headers: HeaderMap,
    Path(village): Path<AreaCode>,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let wants_csv = csv::wanted(&headers, filter.format.as_deref())?;
    let limit = i64::try_from(super::limit(filter.limit)?).unwrap_or(i64::MAX);
    let mut read = hall.db().read().await?;
    let members: Vec<_> = ledger::members(&mut read)
        .await?
        .into_iter()
        .filter(|member| member.village.as_ref() == Some(&village))
        .filter(|member| who.may(Permission::SitesRead, &member.site.place()))
        .filter(|member| filter.site.is_none_or(|site| site == member.site.id))
        .collect();
    let ids: Vec<_> = members.iter().map(|member| member.site.id).collect();
    let now = hall.now().wall;
    let found = rows::of_sites(&mut read, &ids, Wall::from_us(0), limit).await?;
    if wants_csv {
        return Ok(file(found));
    }
    let of_weeks = rows::of_sites(&mut read, &ids, now - MIDDLE, i64::from(u16::MAX)).await?;
    let figures = |way: fn(&SpeedRow) -> Option<Way>| {
        median(of_weeks.iter().filter_map(way).filter_map(|it| it.figure())).map(MiddleView::from)
    };
    // Where many have failed in a row, the newest figure lies behind a short page.
    let mut newest = found.iter().chain(&of_weeks);
    let latest = newest.find(|row| row.fault == Fault::None).cloned();
    let mut sites = Vec::new();
    for member in &members {
        let (cost_octets, left_octets) = offer(&mut read, member.site.id, now).await?;
        sites.push(OfferView {
            site: member.site.id,
            name: member.site.form.name.clone(),
            cost_octets,
            left_octets,
            pending: said::measures(&mut read, member.site.id, now).await?,
            connected: hall.sites().has(member.site.id),
        });
    }
    Ok(axum::Json(View {
        village,
        stale: latest.as_ref().is_some_and(|row| now.since(row.at) > STALE),
        latest: latest.map(TestView::from),
        down: figures(|row| row.down),
        up: figures(|row| row.up),
        sites,
        items: found.into_iter().map(TestView::from).collect(),
    })
    .into_response())
}

/// What a test of a site may cost now, and what its week has left.
async fn offer(conn: &mut Conn, site: Id<Site>, now: Wall) -> Result<(u64, u64), Problem> {
    let last = rows::of_sites(conn, &[site], Wall::from_us(0), 20).await?;
    let figure = last.iter().find_map(|row| row.down?.figure());
    let spent = rows::asked_since(conn, site, now - WEEK).await?;
    let left = ASKED_WEEK.saturating_sub(spent);
    Ok((cap(figure, BUDGET).min(left), left))
}

fn file(found: Vec<SpeedRow>) -> Response {
    let mut file = File::new(&[
        "site",
        "at_us",
        "received_us",
        "asked",
        "cap_octets",
        "spent_octets",
        "fault",
        "down_octets",
        "down_us",
        "down_end",
        "down_kbps",
        "down_at_least",
        "up_octets",
        "up_us",
        "up_end",
        "up_kbps",
        "up_at_least",
    ]);
    for row in found {
        let mut cells = vec![
            row.site.to_string(),
            row.at.as_us().to_string(),
            row.received.as_us().to_string(),
            row.command.is_some().to_string(),
            row.cap.to_string(),
            row.spent.to_string(),
            row.fault.as_str().to_owned(),
        ];
        for way in [row.down, row.up] {
            let Some(way) = way.map(WayView::from) else {
                cells.extend(std::iter::repeat_n(String::new(), 5));
                continue;
            };
            cells.extend([
                way.octets.to_string(),
                way.us.to_string(),
                way.end.to_owned(),
                way.kbps.map(|kbps| kbps.to_string()).unwrap_or_default(),
                way.at_least.to_string(),
            ]);
        }
        file.row(&cells);
    }
    file.response("kecepatan.csv")
}

/// That whoever asks knows what it costs.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SpeedAsk, example = json!({ "accept_octets": 30_000_000 }))]
struct Form {
    /// Octets of the village's connection that the test may cost, as they were told.
    #[schema(minimum = 2_000_000, maximum = 30_000_000)]
    accept_octets: u64,
}

/// A test that was asked for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SpeedAsked)]
struct Asked {
    /// The command, 32 hexadecimal digits.
    id: String,
    /// What the test may cost, octets.
    cap_octets: u64,
}

/// Tells the box of a site to measure how fast its connection is, within the hour.
#[utoipa::path(post, path = "/api/v1/sites/{site}/speed", tag = "reach", request_body = Form,
    params(("site" = String, Path, description = "Id of the site."),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = Asked), (status = 404), (status = 409), (status = 422)))]
async fn measure(
    State(hall): State<Hall>,
    who: Who,
    Path(site): Path<Id<Site>>,
    Keyed { body, once }: Keyed<Form>,
) -> Result<Response, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, now).await? {
        return Ok(answer);
    }
    let member = readable(&mut tx, &who, site).await?;
    who.require(Permission::SpeedTest, &member.site.place())?;
    let (cost, left) = offer(&mut tx, site, now.wall).await?;
    if left < CAP_LEAST {
        let why = "Tests that were asked for have cost what they may in seven days.";
        return Err(Problem::conflict("speed-week", why));
    }
    if said::measures(&mut tx, site, now.wall).await? {
        let why = "A test was asked for already, and its end is not known.";
        return Err(Problem::conflict("speed-pending", why));
    }
    if body.accept_octets < CAP_LEAST || body.accept_octets > cost {
        let why = format!("say what it may cost: {CAP_LEAST} to {cost} octets");
        return Err(line::refuse("accept_octets", why));
    }
    let ask = Ask {
        cap: body.accept_octets,
    };
    let (id, sent) =
        said::measure(&hall, &mut tx, &who, site, ask.cap, ask.encode_to_vec()).await?;
    let location = format!("/api/v1/sites/{site}/commands");
    let view = Asked {
        id,
        cap_octets: ask.cap,
    };
    let answer = once.created(&mut tx, now, &location, &view).await?;
    tx.commit().await?;
    sent.go(&hall);
    Ok(answer)
}
