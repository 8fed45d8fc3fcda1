//! `/api/v1/villages/brief`: one page for whoever leads: what is proven now, what is not,
//! and who acts. It names offices and no persons.

mod paper;

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::area::AreaCode;
use base::day::Day;
use base::id::{Agency, Id};
use base::month::Month;
use base::now::Wall;
use hall::areas::{self, NamedArea};
use hall::audit::Act;
use hall::guard::{Guarded as _, Permission, Who};
use hall::incident::desk;
use hall::link::said;
use hall::problem::{Problem, Query};
use hall::{Hall, agencies};
use http::HeaderMap;
use reach_core::judge::RULE;
use reach_core::slot::Slot;
use reach_core::uptime::{Counts, mean};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Conn;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ledger::Numbers;
use super::money::{self, Totals};
use super::sheets::{Format, begun, file, zone};
use super::stand::Measured;
use super::targets::{self, TargetView};
use super::{Times, points};
use crate::jobs::silence::KINDS;
use crate::ledger::{self, slots_of};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new().routes(routes!(brief).guard(Permission::SitesRead))
}

const FORMATS: [Format; 3] = [Format::Json, Format::Pdf, Format::Png];

/// Of which area, and of which month.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Only this area and what lies in it; left out: the province.
    #[param(value_type = Option<String>)]
    within: Option<AreaCode>,
    /// The month whose minutes are shown, YYYY-MM; left out: this one.
    #[param(value_type = Option<String>)]
    month: Option<Month>,
    /// `pdf` for a paper, `png` for a picture of it, `json` for what stands on it.
    format: Option<String>,
}

/// One page for whoever leads.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VillageBrief)]
struct View {
    /// Of which area.
    within: NamedArea,
    /// The day that it is of.
    #[schema(value_type = String)]
    on: Day,
    /// Its zone (IANA name).
    zone: String,
    /// When it was made.
    #[schema(value_type = i64)]
    made_us: Wall,
    /// When a site was heard last; null: none ever was.
    #[schema(value_type = Option<i64>)]
    heard_us: Option<Wall>,
    /// What is proven now, and what is not.
    points: PointsView,
    /// The minutes of a month.
    ledger: LedgerView,
    /// What was to be, what people say and what is measured, the last to end first.
    targets: Vec<TargetView>,
    /// When people said something of points last; null: nobody has.
    #[schema(value_type = Option<i64>)]
    reported_us: Option<Wall>,
    /// Who acts on what is wrong; null: the caller may not know.
    incidents: Option<IncidentsView>,
    /// What it costs; null: the caller may not know.
    money: Option<Totals>,
}

/// Points: proven, and not.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BriefPoints)]
struct PointsView {
    /// All of them.
    all: usize,
    /// Of which the ledger proves a minute of the slots below.
    proven: usize,
    /// That have a box, and of which it proves none.
    unproven: usize,
    /// That have no box: of those nothing is measured.
    without_box: usize,
    /// From which slot on,
    from_slot: i64,
    /// and up to which, without it.
    to_slot: i64,
}

/// The minutes of a month.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BriefLedger)]
struct LedgerView {
    /// Which month.
    #[schema(value_type = String)]
    month: Month,
    /// From which slot on,
    from_slot: i64,
    /// and up to which, without it; those that have not ended are in no number.
    to_slot: i64,
    /// By which edition of the rule.
    rule: u32,
    /// How many sites.
    sites: usize,
    /// In how many villages.
    villages: usize,
    /// The mean of the villages' proved shares, each village one vote, in hundredths of a
    /// percent, rounded down; null of no village.
    village_mean_bp: Option<u32>,
    #[serde(flatten)]
    numbers: Numbers,
}

/// What is wrong with connections, and whose it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BriefIncidents)]
struct IncidentsView {
    /// How many go on.
    open: usize,
    /// How many of those nobody looks after.
    unowned: usize,
    /// How many each office looks after.
    offices: Vec<OfficeView>,
}

/// How much an office looks after.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BriefOffice)]
struct OfficeView {
    /// Which; null: people of no single one.
    #[schema(value_type = Option<String>)]
    agency: Option<Id<Agency>>,
    /// What it is called.
    name: Option<String>,
    /// How many incidents.
    incidents: usize,
}

/// One page for whoever leads: what is proven now and what is not, what was planned, what
/// is reported and what is measured, who acts, and what it costs.
#[utoipa::path(get, path = "/api/v1/villages/brief", tag = "reach", params(Wanted),
    responses((status = 200, content((View = "application/json"), (String = "application/pdf"),
        (String = "image/png"))), (status = 409)))]
async fn brief(
    State(hall): State<Hall>,
    who: Who,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let format = Format::wanted(wanted.format.as_deref(), &headers, &FORMATS)?;
    let month = wanted.month.unwrap_or_else(|| Month::of(hall.today()));
    let month = begun(&hall, month)?;
    let mut read = hall.db().read().await?;
    let view = view(&hall, &mut read, &who, wanted.within, month).await?;
    drop(read);
    if format == Format::Json {
        return Ok(axum::Json(view).into_response());
    }
    let act = Act {
        verb: "sheet.exported",
        subject: "villages/brief".to_owned(),
        detail: json!({
            "within": view.within.code, "month": month, "format": format.as_str(),
            "points": view.points.all, "targets": view.targets.len(),
        }),
    };
    let name = format!("koneksi-{}-{}", view.within.code, view.on);
    let paper = paper::print(&hall, &view);
    file(&hall, &who, paper, format, &name, act).await
}

async fn view(
    hall: &Hall,
    conn: &mut Conn,
    who: &Who,
    within: Option<AreaCode>,
    month: Month,
) -> Result<View, Problem> {
    let now = hall.now().wall;
    let code = within.clone().unwrap_or(hall.config().province.clone());
    let within = within.as_ref();
    let name = areas::name(conn, &code).await?;
    if within.is_some() && name.is_none() {
        return Err(super::refuse("within", "is not in the register of areas"));
    }
    let (counted, reported) = proven(hall, conn, who, within).await?;
    let mut members = ledger::members(conn).await?;
    members.retain(|member| {
        within.is_none_or(|area| area.contains(&member.site.form.area))
            && who.may(Permission::SitesRead, &member.site.place())
    });
    let last = said::heard_last(conn).await?;
    let heard = members
        .iter()
        .filter_map(|member| last.get(&member.site.id));
    let heard = heard.max().copied();
    let slots = slots_of(hall, month);
    let kept = ledger::kept(conn, &members, &slots, Slot::of(now), None).await?;
    let mut villages: BTreeMap<&AreaCode, Counts> = BTreeMap::new();
    let mut all = Counts::default();
    for (member, kept) in members.iter().zip(&kept) {
        all = all.plus(kept.counts);
        if let Some(village) = &member.village {
            let of = villages.entry(village).or_default();
            *of = of.plus(kept.counts);
        }
    }
    let shares = villages.values().filter_map(Counts::proved);
    let ledger = LedgerView {
        month,
        from_slot: slots.start.0,
        to_slot: slots.end.0.min(Slot::of(now).0),
        rule: RULE,
        sites: members.len(),
        villages: villages.len(),
        village_mean_bp: mean(shares.map(|share| (share, 1))),
        numbers: all.into(),
    };
    let mut targets = targets::standing(hall, conn, who, Times::default()).await?;
    targets.retain(|it| within.is_none_or(|area| area.contains(&it.area.code)));
    let incidents = match who.holds(Permission::IncidentsRead) {
        true => Some(incidents(conn, who, within, now).await?),
        false => None,
    };
    let money = match who.holds(Permission::MoneyRead) {
        true => Some(money::sums(hall, conn, who, within, None).await?),
        false => None,
    };
    Ok(View {
        within: NamedArea {
            name: name.unwrap_or_default(),
            code,
        },
        on: hall.today(),
        zone: zone(hall),
        made_us: now,
        heard_us: heard,
        points: counted,
        ledger,
        targets,
        reported_us: reported,
        incidents,
        money,
    })
}

/// How many points are proven, and when people said something of points last.
async fn proven(
    hall: &Hall,
    conn: &mut Conn,
    who: &Who,
    within: Option<&AreaCode>,
) -> Result<(PointsView, Option<Wall>), Problem> {
    let points = points::at(hall, conn, within, Times::default()).await?;
    let points: Vec<_> = points
        .into_iter()
        .map(|(point, _)| point)
        .filter(|point| who.may(Permission::VillagesRead, &points::place(point)))
        .collect();
    let measured = Measured::of(hall, conn, within, Times::default()).await?;
    let of = |which: Option<bool>| {
        let points = points.iter();
        points
            .filter(|point| measured.says(point.site) == which)
            .count()
    };
    let slots = measured.slots();
    let counted = PointsView {
        all: points.len(),
        proven: of(Some(true)),
        unproven: of(Some(false)),
        without_box: of(None),
        from_slot: slots.start.0,
        to_slot: slots.end.0,
    };
    Ok((counted, points.iter().filter_map(|point| point.since).max()))
}

async fn incidents(
    conn: &mut Conn,
    who: &Who,
    within: Option<&AreaCode>,
    now: Wall,
) -> Result<IncidentsView, Problem> {
    let found = desk::offices(conn, who, &KINDS, within, now).await?;
    let names = agencies::names(conn).await?;
    let offices = found
        .by_office
        .into_iter()
        .map(|(agency, incidents)| OfficeView {
            agency,
            name: agency.and_then(|id| names.get(&id).cloned()),
            incidents,
        });
    let mut offices: Vec<_> = offices.collect();
    offices.sort_by(|one, other| {
        other
            .incidents
            .cmp(&one.incidents)
            .then(one.name.cmp(&other.name))
    });
    Ok(IncidentsView {
        open: found.open,
        unowned: found.unowned,
        offices,
    })
}
