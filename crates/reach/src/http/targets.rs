//! `/api/v1/targets` and `/api/v1/holidays`: how many points by which day, and which
//! days count.

use axum::extract::State;
use axum::response::Response;
use base::area::AreaCode;
use base::day::Day;
use base::id::{Agency, Id, Target};
use base::now::Wall;
use hall::Hall;
use hall::areas::{self, NamedArea};
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Place, Who};
use hall::idempotency::Keyed;
use hall::problem::{Json, Path, Problem, Query};
use hall::{agencies, line};
use reach_core::calendar::{self, Calendar, Holidays, Uncounted};
use reach_core::flow::State as Stage;
use reach_core::stand::Tally;
use reach_core::target::{self, Target as Goal};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Conn, Tx};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::points;
use super::stand::Measured;
use super::{Times, Withdrawal};
use crate::sql::target::{self as rows, TargetRow, YearRow};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::VillagesRead))
        .routes(routes!(set).guard(Permission::TargetsWrite))
        .routes(routes!(show).guard(Permission::VillagesRead))
        .routes(routes!(withdraw).guard(Permission::TargetsWrite))
        .routes(routes!(holidays).guard(Permission::VillagesRead))
        .routes(routes!(enter).guard(Permission::TargetsWrite))
}

/// Most points of one target.
const GOAL_MAX: u32 = 100_000;

/// Holidays of one year at most.
const HOLIDAYS_MAX: usize = 100;

hall::words! {
    /// Which days count: all (kalender), or Monday to Friday without holidays (kerja).
    CalendarWord = Calendar::ALL.map(Calendar::as_str)
}

hall::words! {
    /// How far a point has to have come to count.
    ReachedWord = REACHED.map(Stage::as_str)
}

/// How far a point can have to have come.
const REACHED: [Stage; 4] = [
    Stage::Surveyed,
    Stage::Delivered,
    Stage::Installed,
    Stage::Active,
];

/// A target to be set. It ends on a day, or so many days of its calendar after its
/// start; a number of days without a calendar cannot be said.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TargetForm, example = json!({
    "name": "100 hari kerja", "area": "62", "owner": "Bidang Infrastruktur",
    "reached": "active", "goal": 376, "start": "2026-01-02", "end": "2026-06-30",
    "calendar": "kalender",
}))]
struct Form {
    /// What it is called.
    name: String,
    /// Where its points lie: a Kemendagri code.
    #[schema(value_type = String)]
    area: AreaCode,
    /// The OPD that it is of; null for none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    agency: Option<Id<Agency>>,
    /// Who answers for it.
    owner: String,
    /// How far a point has to have come to count.
    #[schema(value_type = ReachedWord)]
    reached: String,
    /// How many points.
    #[schema(minimum = 1, maximum = 100_000)]
    goal: u32,
    /// The day before the first that counts.
    #[schema(value_type = String)]
    start: Day,
    /// The last day; left out where `days` says it.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    end: Option<Day>,
    /// So many days of the calendar after the start.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 7_305)]
    days: Option<u32>,
    /// Which days count.
    #[schema(value_type = CalendarWord)]
    calendar: String,
}

/// A target, and how far it has come.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Target)]
pub(super) struct TargetView {
    /// `tgt_…`.
    #[schema(value_type = String)]
    id: Id<Target>,
    /// What it is called.
    pub(super) name: String,
    /// Where its points lie.
    pub(super) area: NamedArea,
    /// The OPD that it is of.
    #[schema(value_type = Option<String>)]
    agency: Option<Id<Agency>>,
    /// Who answers for it.
    pub(super) owner: String,
    /// How far a point has to have come to count.
    #[schema(value_type = ReachedWord)]
    reached: &'static str,
    /// How many points.
    pub(super) goal: u32,
    /// The day before the first that counts.
    #[schema(value_type = String)]
    start: Day,
    /// The last day.
    #[schema(value_type = String)]
    pub(super) end: Day,
    /// Which days count.
    #[schema(value_type = CalendarWord)]
    calendar: &'static str,
    /// When it was taken back; null while it stands.
    #[schema(value_type = Option<i64>)]
    withdrawn_us: Option<Wall>,
    /// How far it has come.
    pub(super) progress: ProgressView,
}

/// Three numbers beside each other, never mixed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TargetProgress)]
pub(super) struct ProgressView {
    /// The day that is asked about.
    #[schema(value_type = String)]
    on: Day,
    /// Rencana: how many points were to be done by then; null: its days cannot be
    /// counted, since the holidays of `holidays_unknown` are not entered.
    pub(super) planned: Option<u32>,
    /// The year whose holidays are not entered.
    holidays_unknown: Option<i32>,
    /// Laporan: how many points people say are done.
    pub(super) reported: u32,
    /// Terukur: of how many points the ledger proves a minute of the 24 hours up to the
    /// end of that day, or up to now; null: no point has a box that was let in by then.
    pub(super) measured: Option<u32>,
    /// Points in the area.
    points: u32,
    /// Days that count, up to then.
    days_passed: Option<u32>,
    /// Days that count in all.
    days: Option<u32>,
}

/// Targets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Targets)]
struct Targets {
    /// The targets, the last to end first.
    items: Vec<TargetView>,
    /// All are on one page: null.
    next: Option<String>,
}

/// The holidays of one year, whole.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HolidaysForm)]
struct HolidaysForm {
    /// The decree that lists them.
    source: String,
    /// The days.
    days: Vec<Holiday>,
}

/// A holiday.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Holiday {
    /// Which day.
    #[schema(value_type = String)]
    day: Day,
    /// What it is.
    name: String,
}

/// The holidays of a year as they were entered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HolidayYear)]
struct YearView {
    /// The year.
    year: i64,
    /// The decree that lists them.
    source: String,
    /// The days.
    days: Vec<Holiday>,
    /// When they were entered last.
    #[schema(value_type = i64)]
    entered_us: Wall,
}

impl From<YearRow> for YearView {
    fn from(row: YearRow) -> Self {
        let day = |(day, name)| Holiday { day, name };
        Self {
            year: row.year,
            source: row.source,
            days: row.days.into_iter().map(day).collect(),
            entered_us: row.at,
        }
    }
}

/// Years whose holidays are entered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HolidayYears)]
struct Years {
    /// The years.
    items: Vec<YearView>,
    /// All are on one page: null.
    next: Option<String>,
}

fn place(row: &TargetRow) -> Place {
    Place::new(Some(row.area.clone()), row.agency)
}

/// Targets with how far they have come, as of then, as known when.
#[utoipa::path(get, path = "/api/v1/targets", tag = "targets", params(Times),
    responses((status = 200, body = Targets)))]
async fn list(
    State(hall): State<Hall>,
    who: Who,
    Query(times): Query<Times>,
) -> Result<axum::Json<Targets>, Problem> {
    let mut read = hall.db().read().await?;
    let items = standing(&hall, &mut read, &who, times).await?;
    Ok(axum::Json(Targets { items, next: None }))
}

/// Targets that stood then and that somebody may know of, the last to end first.
pub(super) async fn standing(
    hall: &Hall,
    conn: &mut Conn,
    who: &Who,
    times: Times,
) -> Result<Vec<TargetView>, Problem> {
    let (visible, values) = who.visible(Permission::VillagesRead, "t.area_code", "t.agency_id");
    let query = rows::list().raw(" AND ").condition(&visible, values);
    let known = times.said(hall).unwrap_or(hall.now().wall);
    let found = rows::fetch(conn, &query.raw(" ORDER BY t.end_day DESC, t.id")).await?;
    let mut items = Vec::new();
    for row in found {
        if row.set <= known && row.withdrawn.is_none_or(|at| at > known) {
            items.push(view(hall, conn, who, row, times).await?);
        }
    }
    Ok(items)
}

/// Sets a target.
#[utoipa::path(post, path = "/api/v1/targets", tag = "targets", request_body = Form,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = TargetView), (status = 409), (status = 422)))]
async fn set(
    State(hall): State<Hall>,
    who: Who,
    Keyed { body, once }: Keyed<Form>,
) -> Result<Response, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, now).await? {
        return Ok(answer);
    }
    let row = checked(&hall, &mut tx, &who, body).await?;
    who.require(Permission::TargetsWrite, &place(&row))?;
    write(&hall, &mut tx, &who, &row).await?;
    let location = format!("/api/v1/targets/{}", row.id);
    let view = view(&hall, &mut tx, &who, row, Times::default()).await?;
    let answer = once.created(&mut tx, now, &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Writes a target, with its audit.
pub(crate) async fn write(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    row: &TargetRow,
) -> Result<(), Problem> {
    rows::insert(tx, row).await?;
    let act = Act {
        verb: "target.set",
        subject: row.id.to_string(),
        detail: json!({
            "name": row.name, "area": row.area, "owner": row.owner, "goal": row.goal,
            "reached": row.reached.as_str(), "start": row.start, "end": row.end,
            "calendar": row.calendar.as_str(),
        }),
    };
    Ok(audit::record(tx, hall.now(), who, act).await?)
}

/// One target, with how far it has come, as of then, as known when.
#[utoipa::path(get, path = "/api/v1/targets/{id}", tag = "targets",
    params(("id" = String, Path, description = "`tgt_…`"), Times),
    responses((status = 200, body = TargetView), (status = 404)))]
async fn show(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Target>>,
    Query(times): Query<Times>,
) -> Result<axum::Json<TargetView>, Problem> {
    let mut read = hall.db().read().await?;
    let row = readable(&mut read, &who, id).await?;
    Ok(axum::Json(view(&hall, &mut read, &who, row, times).await?))
}

/// Takes a target back. It stays for reports of earlier days.
#[utoipa::path(post, path = "/api/v1/targets/{id}/withdrawal", tag = "targets",
    request_body = Withdrawal,
    params(("id" = String, Path, description = "`tgt_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = TargetView), (status = 404), (status = 409), (status = 422)))]
async fn withdraw(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Target>>,
    Keyed { body, once }: Keyed<Withdrawal>,
) -> Result<Response, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, now).await? {
        return Ok(answer);
    }
    let why = body.read()?;
    let row = readable(&mut tx, &who, id).await?;
    who.require(Permission::TargetsWrite, &place(&row))?;
    if row.withdrawn.is_some() {
        let why = "The target was taken back before.";
        return Err(Problem::conflict("target-withdrawn", why));
    }
    rows::withdraw(&mut tx, id, now.wall).await?;
    let act = Act {
        verb: "target.withdrawn",
        subject: id.to_string(),
        detail: json!({ "name": row.name, "why": why }),
    };
    audit::record(&mut tx, now, &who, act).await?;
    let row = readable(&mut tx, &who, id).await?;
    let view = view(&hall, &mut tx, &who, row, Times::default()).await?;
    let location = format!("/api/v1/targets/{id}");
    let answer = once.created(&mut tx, now, &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

async fn readable(conn: &mut Conn, who: &Who, id: Id<Target>) -> Result<TargetRow, Problem> {
    rows::by_id(conn, id)
        .await?
        .filter(|row| who.may(Permission::VillagesRead, &place(row)))
        .ok_or_else(|| Problem::not_found("target", "There is no such target."))
}

async fn checked(hall: &Hall, tx: &mut Tx, who: &Who, form: Form) -> Result<TargetRow, Problem> {
    if !areas::exists(tx, &form.area).await? {
        return Err(line::refuse("area", "is not in the register of areas"));
    }
    if let Some(agency) = form.agency
        && !agencies::exists(tx, agency).await?
    {
        return Err(line::refuse("agency", "is not in the register of agencies"));
    }
    let reached = Stage::parse(&form.reached)
        .filter(|stage| REACHED.contains(stage))
        .ok_or_else(|| {
            let words = REACHED.map(Stage::as_str).join(", ");
            line::refuse("reached", format!("use one of {words}"))
        })?;
    let calendar = Calendar::parse(&form.calendar)
        .ok_or_else(|| line::refuse("calendar", "use kalender or kerja"))?;
    if !(1..=GOAL_MAX).contains(&form.goal) {
        return Err(line::refuse("goal", format!("use 1 to {GOAL_MAX}")));
    }
    let holidays = rows::holidays(tx).await?;
    let end = match (form.end, form.days) {
        (Some(end), None) => end,
        (None, Some(days)) => {
            calendar::end(form.start, days, calendar, &holidays).map_err(uncounted)?
        }
        _ => {
            return Err(line::refuse(
                "end",
                "give the last day, or a number of days",
            ));
        }
    };
    // Whether its days can be counted is seen now and not when somebody looks.
    calendar::between(form.start, end, calendar, &holidays).map_err(uncounted)?;
    Ok(TargetRow {
        id: hall.mint(),
        name: line::read("name", &form.name, line::NAME_MAX)?,
        area: form.area,
        agency: form.agency,
        owner: line::read("owner", &form.owner, line::NAME_MAX)?,
        reached,
        goal: form.goal,
        start: form.start,
        end,
        calendar,
        set: hall.now().wall,
        by: who.person(),
        withdrawn: None,
    })
}

fn uncounted(why: Uncounted) -> Problem {
    match why {
        Uncounted::Year(year) => Problem::conflict(
            "holidays",
            "Working days cannot be counted: the holidays of a year are not entered.",
        )
        .field("calendar", year.to_string()),
        Uncounted::Span => line::refuse(
            "end",
            "lies before the start, or more than 20 years behind it",
        ),
    }
}

async fn view(
    hall: &Hall,
    conn: &mut Conn,
    who: &Who,
    row: TargetRow,
    times: Times,
) -> Result<TargetView, Problem> {
    let holidays = rows::holidays(conn).await?;
    let points: Vec<_> = points::at(hall, conn, Some(&row.area), times)
        .await?
        .into_iter()
        .filter(|(point, _)| {
            let of = row.agency.is_none() || point.agency == row.agency;
            of && who.may(Permission::VillagesRead, &points::place(point))
        })
        .collect();
    let done = points
        .iter()
        .filter(|(_, stage)| has_reached(*stage, row.reached));
    let reported = u32::try_from(done.count()).unwrap_or(u32::MAX);
    let has_box = points.iter().any(|(point, _)| point.site.is_some());
    let measured = if has_box {
        let measured = Measured::of(hall, conn, Some(&row.area), times).await?;
        let mut tally = Tally::default();
        for (point, stage) in &points {
            tally.take(*stage, measured.says(point.site));
        }
        tally.proven()
    } else {
        None
    };
    let name = areas::name(conn, &row.area).await?.unwrap_or_default();
    let on = times.then.unwrap_or(hall.today());
    let progress = progress(&row, on, &holidays, reported, measured);
    Ok(TargetView {
        id: row.id,
        name: row.name,
        area: NamedArea {
            code: row.area,
            name,
        },
        agency: row.agency,
        owner: row.owner,
        reached: row.reached.as_str(),
        goal: row.goal,
        start: row.start,
        end: row.end,
        calendar: row.calendar.as_str(),
        withdrawn_us: row.withdrawn,
        progress: ProgressView {
            points: u32::try_from(points.len()).unwrap_or(u32::MAX),
            ..progress
        },
    })
}

fn progress(
    row: &TargetRow,
    on: Day,
    holidays: &Holidays,
    reported: u32,
    measured: Option<u32>,
) -> ProgressView {
    let goal = Goal {
        goal: row.goal,
        start: row.start,
        end: row.end,
        calendar: row.calendar,
    };
    let found = target::progress(&goal, on, holidays, reported, measured);
    let (counted, unknown) = match found {
        Ok(found) => (Some(found), None),
        Err(Uncounted::Year(year)) => (None, Some(year)),
        Err(Uncounted::Span) => (None, None),
    };
    ProgressView {
        on,
        planned: counted.map(|found| found.planned),
        holidays_unknown: unknown,
        reported,
        measured,
        points: 0,
        days_passed: counted.map(|found| found.days_passed),
        days: counted.map(|found| found.days),
    }
}

/// Whether a point counts: it has come so far, and has not gone away from there. One
/// that is said not to work is installed, and not active.
fn has_reached(stage: Stage, reached: Stage) -> bool {
    match reached {
        Stage::Active => stage == Stage::Active,
        Stage::Installed => stage.is_equipped(),
        Stage::Delivered => stage == Stage::Delivered || stage.is_equipped(),
        _ => {
            let gone = [Stage::Listed, Stage::Relocated, Stage::Returned];
            !gone.contains(&stage)
        }
    }
}

/// The years whose holidays are entered.
#[utoipa::path(get, path = "/api/v1/holidays", tag = "targets",
    responses((status = 200, body = Years)))]
async fn holidays(State(hall): State<Hall>) -> Result<axum::Json<Years>, Problem> {
    let mut read = hall.db().read().await?;
    let years = rows::years(&mut read, None).await?;
    Ok(axum::Json(Years {
        items: years.into_iter().map(YearView::from).collect(),
        next: None,
    }))
}

/// Enters the holidays of a year, whole, in the place of what was entered of it. Of
/// the house as a whole.
#[utoipa::path(put, path = "/api/v1/holidays/{year}", tag = "targets",
    request_body = HolidaysForm,
    params(("year" = i64, Path, description = "1900 to 2199")),
    responses((status = 200, body = YearView), (status = 422)))]
async fn enter(
    State(hall): State<Hall>,
    who: Who,
    Path(year): Path<i64>,
    Json(form): Json<HolidaysForm>,
) -> Result<axum::Json<YearView>, Problem> {
    who.require(Permission::TargetsWrite, &Place::HOUSE)?;
    if !(1900..2200).contains(&year) {
        return Err(line::refuse("year", "use 1900 to 2199"));
    }
    if form.days.len() > HOLIDAYS_MAX {
        return Err(line::refuse("days", format!("at most {HOLIDAYS_MAX}")));
    }
    let now = hall.now();
    let mut days: Vec<(Day, String)> = Vec::new();
    for holiday in &form.days {
        if i64::from(holiday.day.year()) != year {
            return Err(line::refuse(
                "days",
                format!("{} is of another year", holiday.day),
            ));
        }
        if days.iter().any(|(day, _)| *day == holiday.day) {
            return Err(line::refuse(
                "days",
                format!("{} stands twice", holiday.day),
            ));
        }
        let name = line::read("name", &holiday.name, line::NAME_MAX)?;
        days.push((holiday.day, name));
    }
    days.sort();
    let row = YearRow {
        year,
        source: line::read("source", &form.source, line::NAME_MAX)?,
        at: now.wall,
        days,
    };
    let mut tx = hall.db().write().await?;
    rows::enter(&mut tx, &row, who.person()).await?;
    let act = Act {
        verb: "holidays.entered",
        subject: year.to_string(),
        detail: json!({
            "source": row.source,
            "days": row.days.iter().map(|(day, _)| day).collect::<Vec<_>>(),
        }),
    };
    audit::record(&mut tx, now, &who, act).await?;
    tx.commit().await?;
    Ok(axum::Json(row.into()))
}
