//! `/api/v1/sites/{site}/dish`: what the dish at a site says of itself.

use axum::extract::State;
use base::id::{Id, Site};
use base::now::Wall;
use hall::Hall;
use hall::guard::{Guarded as _, Permission, Who};
use hall::problem::{Path, Problem};
use reach_core::dish::{STALE, Word};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ledger::readable;
use crate::sql::dish::{self as rows, DishRow};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new().routes(routes!(show).guard(Permission::SitesRead))
}

hall::words! {
    /// How a dish is.
    pub(super) DishWord = Word::ALL.map(Word::as_str)
}

/// Alerts by the number of their field.
const ALERTS: [(u32, &str); 14] = [
    (1, "motors_stuck"),
    (2, "thermal_shutdown"),
    (3, "thermal_throttle"),
    (4, "unexpected_location"),
    (5, "mast_not_near_vertical"),
    (6, "slow_ethernet_speeds"),
    (7, "roaming"),
    (8, "install_pending"),
    (10, "power_supply_thermal_throttle"),
    (17, "lower_signal_than_predicted"),
    (18, "slow_ethernet_speeds_100"),
    (20, "dish_water_detected"),
    (21, "router_water_detected"),
    (23, "no_ethernet_link"),
];

/// A dish in a word.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = DishBrief)]
pub(super) struct Brief {
    /// How it is.
    #[schema(value_type = DishWord)]
    pub(super) word: &'static str,
    /// Whether money mends it, and nobody has to climb a roof.
    bill: bool,
    /// Since when it is so.
    #[schema(value_type = i64)]
    pub(super) since_us: Wall,
    /// When it was asked last.
    #[schema(value_type = i64)]
    pub(super) at_us: Wall,
    /// Whether its next word is overdue: it may be otherwise by now.
    stale: bool,
    /// Whether it may be used: 1 yes; else why not, as a code of the dish; 0 unknown.
    disablement: i32,
    /// What keeps it from the network, as a code of the dish; null: nothing does.
    outage: Option<i32>,
}

impl Brief {
    /// As it is at this moment.
    pub(super) fn new(row: &DishRow, now: Wall) -> Self {
        Self {
            word: row.word.as_str(),
            bill: row.word.is_bill(),
            since_us: row.since,
            at_us: row.at,
            stale: now.since(row.at) > STALE,
            disablement: row.said.disablement,
            outage: row.said.outage,
        }
    }
}

/// What a dish has said last. What it did not say is null.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Dish)]
struct View {
    #[serde(flatten)]
    brief: Brief,
    /// Its own name.
    id: Option<String>,
    /// Which model.
    hardware: Option<String>,
    /// Which firmware.
    software: Option<String>,
    /// Seconds since it was started.
    uptime_s: Option<u64>,
    /// Why it was started last, as a code of the dish.
    reboot_reason: i32,
    /// What it complains of.
    alerts: Vec<&'static str>,
    /// Share of its sight in which something stands, millionths.
    obstructed_ppm: Option<u32>,
    /// Seconds that the next numbers are about; 0: they are not known.
    seconds: u32,
    /// Questions to its network that were not answered, thousandths.
    lost_permille: u32,
    /// How long answers took in the mean, milliseconds.
    rtt_ms: Option<u32>,
    /// Towards it in the mean, kbit/s.
    down_kbps: u32,
    /// From it in the mean, kbit/s.
    up_kbps: u32,
    /// What it drew in the mean, milliwatts.
    power_mw: Option<u32>,
}

/// What the dish at a site has said of itself last.
#[utoipa::path(get, path = "/api/v1/sites/{site}/dish", tag = "reach",
    params(("site" = String, Path, description = "Id of the site.")),
    responses((status = 200, body = View), (status = 404)))]
async fn show(
    State(hall): State<Hall>,
    who: Who,
    Path(site): Path<Id<Site>>,
) -> Result<axum::Json<View>, Problem> {
    let mut read = hall.db().read().await?;
    readable(&mut read, &who, site).await?;
    let row = rows::of_site(&mut read, site).await?;
    let row = row.ok_or_else(|| Problem::not_found("dish", "No dish has said anything there."))?;
    let brief = Brief::new(&row, hall.now().wall);
    let said = row.said;
    let alerts = ALERTS
        .into_iter()
        .filter(|(bit, _)| said.alerts & (1 << bit) != 0);
    Ok(axum::Json(View {
        brief,
        alerts: alerts.map(|(_, word)| word).collect(),
        id: said.id,
        hardware: said.hardware,
        software: said.software,
        uptime_s: said.uptime_s,
        reboot_reason: said.reboot_reason,
        obstructed_ppm: said.obstructed_ppm,
        seconds: said.seconds,
        lost_permille: said.lost_permille,
        rtt_ms: said.rtt_ms,
        down_kbps: said.down_kbps,
        up_kbps: said.up_kbps,
        power_mw: said.power_mw,
    }))
}
