//! `/api/v1/points/{id}/money` and `/api/v1/points/money`: what points cost.
//!
//! Planned, committed and paid are three numbers that are never one, and what is
//! unknown is never zero: each total says how many amounts are in it and how many are
//! not.

use std::ops::Range;

use axum::extract::State;
use axum::response::Response;
use base::area::AreaCode;
use base::day::Day;
use base::id::{Id, Person, Point};
use base::money::{Amount, Total};
use base::month::Month;
use base::now::Wall;
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Who};
use hall::idempotency::Keyed;
use hall::line;
use hall::problem::{Path, Problem, Query};
use reach_core::price::Fees;
use reach_core::slot::{Slot, count};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Conn, Tx};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Times;
use super::points::{self, place, readable};
use crate::ledger::slots_of;
use crate::sql::money::{self, MoneyRow};
use crate::sql::verdict;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(totals).guard(Permission::MoneyRead))
        .routes(routes!(versions).guard(Permission::MoneyRead))
        .routes(routes!(say).guard(Permission::MoneyWrite))
}

/// What a point costs, as it is said from now on. What is left out or null is unknown.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
#[schema(as = PointMoneyForm)]
struct MoneyForm {
    /// The line of the budget (kode rekening).
    budget_line: Option<String>,
    /// Number of the contract.
    contract: Option<String>,
    /// Number of the grant (NPHD).
    grant_paper: Option<String>,
    /// Number of the hand-over (BAST).
    handover_paper: Option<String>,
    /// Who pays.
    payer: Option<String>,
    /// Until which day it is paid.
    #[schema(value_type = Option<String>)]
    paid_until: Option<Day>,
    /// Of the equipment, in rupiah.
    #[schema(value_type = Option<i64>)]
    price_rupiah: Unsaid,
    /// Of the connection each month, in rupiah.
    #[schema(value_type = Option<i64>)]
    monthly_rupiah: Unsaid,
    /// In the budget, in rupiah.
    #[schema(value_type = Option<i64>)]
    planned_rupiah: Unsaid,
    /// Bound by contract, in rupiah.
    #[schema(value_type = Option<i64>)]
    committed_rupiah: Unsaid,
    /// Paid out, in rupiah.
    #[schema(value_type = Option<i64>)]
    paid_rupiah: Unsaid,
}

/// An amount of a form: left out it is unknown.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(transparent)]
struct Unsaid(Amount);

impl Default for Unsaid {
    fn default() -> Self {
        Self(Amount::Unknown)
    }
}

/// What a point costs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PointMoney)]
pub(super) struct MoneyView {
    /// The how manyth version.
    version: i64,
    /// The line of the budget (kode rekening).
    budget_line: Option<String>,
    /// Number of the contract.
    contract: Option<String>,
    /// Number of the grant (NPHD).
    grant_paper: Option<String>,
    /// Number of the hand-over (BAST).
    handover_paper: Option<String>,
    /// Who pays.
    payer: Option<String>,
    /// Until which day it is paid.
    #[schema(value_type = Option<String>)]
    paid_until: Option<Day>,
    /// Of the equipment, in rupiah; null: unknown.
    #[schema(value_type = Option<i64>)]
    price_rupiah: Amount,
    /// Of the connection each month, in rupiah; null: unknown.
    #[schema(value_type = Option<i64>)]
    monthly_rupiah: Amount,
    /// In the budget, in rupiah; null: unknown.
    #[schema(value_type = Option<i64>)]
    planned_rupiah: Amount,
    /// Bound by contract, in rupiah; null: unknown.
    #[schema(value_type = Option<i64>)]
    committed_rupiah: Amount,
    /// Paid out, in rupiah; null: unknown.
    #[schema(value_type = Option<i64>)]
    paid_rupiah: Amount,
    /// When it was said.
    #[schema(value_type = i64)]
    said_us: Wall,
    /// By whom.
    #[schema(value_type = String)]
    by: Id<Person>,
}

impl From<MoneyRow> for MoneyView {
    fn from(row: MoneyRow) -> Self {
        Self {
            version: row.seq,
            budget_line: row.budget_line,
            contract: row.contract,
            grant_paper: row.grant_paper,
            handover_paper: row.handover_paper,
            payer: row.payer,
            paid_until: row.paid_until,
            price_rupiah: row.price,
            monthly_rupiah: row.monthly,
            planned_rupiah: row.planned,
            committed_rupiah: row.committed,
            paid_rupiah: row.paid,
            said_us: row.said,
            by: row.by,
        }
    }
}

/// Versions of what a point costs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PointMoneyVersions)]
struct Versions {
    /// The newest first.
    items: Vec<MoneyView>,
    /// All are on one page: null.
    next: Option<String>,
}

/// A sum of amounts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MoneyTotal)]
pub(super) struct TotalView {
    /// The sum of those that are known, in rupiah; not of all unless `unknown` is 0.
    pub(super) known_rupiah: i64,
    /// How many are in the sum.
    pub(super) known: usize,
    /// How many are not, because nobody has said.
    pub(super) unknown: usize,
}

impl From<Total> for TotalView {
    fn from(total: Total) -> Self {
        let (known_rupiah, known, unknown) = total.parts();
        Self {
            known_rupiah,
            known,
            unknown,
        }
    }
}

/// What the points of an area cost.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MoneyTotals)]
pub(super) struct Totals {
    /// How many points.
    pub(super) points: usize,
    /// Prices of the equipment.
    price: TotalView,
    /// Of the connections, each month.
    pub(super) monthly: TotalView,
    /// In the budget.
    pub(super) planned: TotalView,
    /// Bound by contract.
    pub(super) committed: TotalView,
    /// Paid out.
    pub(super) paid: TotalView,
    /// Points that are paid until a day that has passed.
    overdue: usize,
    /// Points of which nobody has said until when they are paid.
    until_unknown: usize,
    /// What a month that the ledger proves costs.
    pub(super) per_proven_month: ProvenMonthView,
}

/// What a month of a point that the ledger proves costs: the monthly fees of equipped
/// points over the share of this month, so far, that is proven of the same points. A
/// point without a box has a fee and proves nothing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MoneyPerProvenMonth)]
pub(super) struct ProvenMonthView {
    /// Rupiah for a month that is proven, rounded up; null: nothing is proven.
    pub(super) rupiah: Option<i64>,
    /// Equipped points whose fee is known.
    points: u32,
    /// Equipped points whose fee nobody has said: they are in neither sum.
    pub(super) fee_unknown: u32,
    /// How many months of a point are proven, in thousandths, rounded down.
    proven_permille_sum: u64,
}

/// Which points, as known when.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Only in this area.
    #[param(value_type = Option<String>)]
    within: Option<AreaCode>,
    /// Only what the house knew at the end of this day.
    #[param(value_type = Option<String>)]
    known: Option<Day>,
}

/// What the points of an area cost: each total with how many amounts are unknown.
#[utoipa::path(get, path = "/api/v1/points/money", tag = "points", params(Wanted),
    responses((status = 200, body = Totals)))]
async fn totals(
    State(hall): State<Hall>,
    who: Who,
    Query(wanted): Query<Wanted>,
) -> Result<axum::Json<Totals>, Problem> {
    let mut read = hall.db().read().await?;
    let within = wanted.within.as_ref();
    Ok(axum::Json(
        sums(&hall, &mut read, &who, within, wanted.known).await?,
    ))
}

/// What the points of an area cost that somebody may know of.
pub(super) async fn sums(
    hall: &Hall,
    conn: &mut Conn,
    who: &Who,
    within: Option<&AreaCode>,
    known: Option<Day>,
) -> Result<Totals, Problem> {
    let times = Times { then: None, known };
    let day = known.unwrap_or(hall.today());
    let points = points::at(hall, conn, within, times).await?;
    let mut costs = money::within(conn, within, times.said(hall)).await?;
    let slots = month(hall, day);
    let proven = verdict::proven(conn, within, &slots, times.said(hall)).await?;
    let mut fees = Fees::default();
    let costs: Vec<Option<MoneyRow>> = points
        .iter()
        .filter(|(row, _)| who.may(Permission::MoneyRead, &place(row)))
        .map(|(row, stage)| {
            let cost = costs.remove(&row.id);
            if stage.is_equipped() {
                let monthly = cost.as_ref().map_or(Amount::Unknown, |cost| cost.monthly);
                let proven = row.site.and_then(|site| proven.get(&site));
                fees.take(monthly, proven.copied().unwrap_or(0));
            }
            cost
        })
        .collect();
    let ended = count(&slots);
    let sum = |amount: fn(&MoneyRow) -> Amount| {
        // A point of which nobody has said anything is one unknown amount.
        let amounts = costs
            .iter()
            .map(|row| row.as_ref().map_or(Amount::Unknown, amount));
        TotalView::from(amounts.collect::<Total>())
    };
    let until = |row: &Option<MoneyRow>| row.as_ref().and_then(|row| row.paid_until);
    Ok(Totals {
        points: costs.len(),
        price: sum(|row| row.price),
        monthly: sum(|row| row.monthly),
        planned: sum(|row| row.planned),
        committed: sum(|row| row.committed),
        paid: sum(|row| row.paid),
        overdue: costs
            .iter()
            .filter(|row| until(row).is_some_and(|until| until < day))
            .count(),
        until_unknown: costs.iter().filter(|row| until(row).is_none()).count(),
        per_proven_month: ProvenMonthView {
            rupiah: fees.per_proven_month(ended),
            points: fees.points,
            fee_unknown: fees.unknown,
            proven_permille_sum: fees.proven_permille(ended),
        },
    })
}

/// The slots of a day's month that have ended by the end of that day.
fn month(hall: &Hall, day: Day) -> Range<Slot> {
    let from = slots_of(hall, Month::of(day)).start;
    let to = Slot::of(hall.end_of(day)).min(Slot::of(hall.now().wall));
    from..to.max(from)
}

/// Every version of what a point costs, the newest first.
#[utoipa::path(get, path = "/api/v1/points/{id}/money", tag = "points",
    params(("id" = String, Path, description = "`pnt_…`")),
    responses((status = 200, body = Versions), (status = 404)))]
async fn versions(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Point>>,
) -> Result<axum::Json<Versions>, Problem> {
    let mut read = hall.db().read().await?;
    let row = readable(&mut read, &who, id).await?;
    who.require(Permission::MoneyRead, &place(&row))?;
    let found = money::of_point(&mut read, id).await?;
    Ok(axum::Json(Versions {
        items: found.into_iter().map(MoneyView::from).collect(),
        next: None,
    }))
}

/// Says what a point costs from now on, as a new version: what was said before stays.
#[utoipa::path(post, path = "/api/v1/points/{id}/money", tag = "points", request_body = MoneyForm,
    params(("id" = String, Path, description = "`pnt_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = MoneyView), (status = 404), (status = 422)))]
async fn say(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Point>>,
    Keyed { body, once }: Keyed<MoneyForm>,
) -> Result<Response, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, now).await? {
        return Ok(answer);
    }
    let point = readable(&mut tx, &who, id).await?;
    who.require(Permission::MoneyWrite, &place(&point))?;
    let last = money::of_point(&mut tx, id).await?;
    let text =
        |field, text: &Option<String>| line::read_maybe(field, text.as_deref(), line::NAME_MAX);
    let row = MoneyRow {
        seq: last.first().map_or(0, |row| row.seq) + 1,
        budget_line: text("budget_line", &body.budget_line)?,
        contract: text("contract", &body.contract)?,
        grant_paper: text("grant_paper", &body.grant_paper)?,
        handover_paper: text("handover_paper", &body.handover_paper)?,
        payer: text("payer", &body.payer)?,
        paid_until: body.paid_until,
        price: body.price_rupiah.0,
        monthly: body.monthly_rupiah.0,
        planned: body.planned_rupiah.0,
        committed: body.committed_rupiah.0,
        paid: body.paid_rupiah.0,
        said: now.wall,
        by: who.person(),
    };
    write(&hall, &mut tx, &who, id, &row).await?;
    let location = format!("/api/v1/points/{id}/money");
    let view = MoneyView::from(row);
    let answer = once.created(&mut tx, now, &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Writes a version of what a point costs, with its audit.
pub(crate) async fn write(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    id: Id<Point>,
    row: &MoneyRow,
) -> Result<(), Problem> {
    money::append(tx, id, row).await?;
    let act = Act {
        verb: "point.money.said",
        subject: id.to_string(),
        detail: json!({
            "version": row.seq, "contract": row.contract, "payer": row.payer,
            "paid_until": row.paid_until, "price": row.price, "monthly": row.monthly,
            "planned": row.planned, "committed": row.committed, "paid": row.paid,
        }),
    };
    Ok(audit::record(tx, hall.now(), who, act).await?)
}
