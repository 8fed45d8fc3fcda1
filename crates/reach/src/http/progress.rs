//! `/api/v1/points/progress`: how far the points of an area have come, by the areas in
//! it, as people say and as the ledger shows.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::area::AreaCode;
use base::day::Day;
use base::now::Wall;
use hall::Hall;
use hall::areas::{self, NamedArea};
use hall::audit::{self, Act};
use hall::csv::{self, File};
use hall::guard::{Guarded as _, Permission, Who};
use hall::problem::{Problem, Query};
use http::HeaderMap;
use reach_core::flow::State as Stage;
use reach_core::stand::{Stand, Tally, Which};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Times, stand, villages};
use crate::room::Room;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new().routes(routes!(list).guard(Permission::VillagesRead))
}

/// Where, as of when, as known when.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Only this area and what lies in it; left out: the province.
    #[param(value_type = Option<String>)]
    within: Option<AreaCode>,
    /// Only what happened on this day or before it.
    #[param(value_type = Option<String>)]
    then: Option<Day>,
    /// Only what the house knew at the end of this day.
    #[param(value_type = Option<String>)]
    known: Option<Day>,
    /// `csv` for a file.
    format: Option<String>,
}

/// Villages of an area, counted by how they stand: as many as a list of villages shows
/// that is asked for the same word.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = ProgressStand)]
struct StandCounts {
    /// That were to be online.
    planned: u32,
    /// Of which people say that they are.
    reported: u32,
    /// Of which the ledger proves it.
    measured: u32,
    /// Of which people say it, and that have no box.
    unmeasured: u32,
    /// Of which people say something else than the ledger shows.
    differs: u32,
}

impl StandCounts {
    fn take(&mut self, stand: Stand) {
        for (which, count) in [
            (Which::Planned, &mut self.planned),
            (Which::Reported, &mut self.reported),
            (Which::Measured, &mut self.measured),
            (Which::Unmeasured, &mut self.unmeasured),
            (Which::Differs, &mut self.differs),
        ] {
            *count += u32::from(which.fits(stand));
        }
    }
}

/// Points of an area, counted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProgressLine)]
struct Line {
    /// Which area; null: all of them together.
    area: Option<NamedArea>,
    /// Villages of the register that lie in it.
    villages: u32,
    /// Points.
    points: u32,
    /// How many have come how far, by what people say.
    #[schema(value_type = BTreeMap<String, u32>)]
    by_state: BTreeMap<&'static str, u32>,
    /// Points with a box that was let in.
    boxes: u32,
    /// Terukur: of how many of those the ledger proves a minute of the last 24 hours;
    /// null: no point has a box.
    proven: Option<u32>,
    /// Laporan: points of which people say that they are active.
    reported_active: u32,
    /// Points with a box that are said to be active and not proven, or the other way
    /// round.
    differs: u32,
    /// The villages, by how they stand.
    stand: StandCounts,
}

/// How far points have come.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PointProgress)]
struct Progress {
    /// The day that is asked about.
    #[schema(value_type = String)]
    on: Day,
    /// Up to when was looked.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// The area that is asked about.
    area: NamedArea,
    /// All of it.
    total: Line,
    /// By the areas of the next level in it, by code; none of a village.
    items: Vec<Line>,
}

/// What is counted of one area.
#[derive(Debug, Default)]
struct Counted {
    villages: u32,
    points: Tally,
    stand: StandCounts,
}

impl Counted {
    fn line(self, area: Option<NamedArea>) -> Line {
        let states = self.points.by_state.iter();
        Line {
            area,
            villages: self.villages,
            points: self.points.points(),
            by_state: states.map(|(state, n)| (state.as_str(), *n)).collect(),
            boxes: self.points.boxes,
            proven: self.points.proven(),
            reported_active: self.points.of(Stage::Active),
            differs: self.points.differing,
            stand: self.stand,
        }
    }
}

/// How far the points of an area have come, and how many the ledger proves, as of then,
/// as known when; by the areas of the next level.
#[utoipa::path(get, path = "/api/v1/points/progress", tag = "points", params(Wanted),
    responses((status = 200, body = Progress)))]
async fn list(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let is_file = csv::wanted(&headers, wanted.format.as_deref())?;
    let times = Times {
        then: wanted.then,
        known: wanted.known,
    };
    let area = wanted.within.clone();
    let area = area.unwrap_or_else(|| hall.config().province.clone());
    let mut read = hall.db().read().await?;
    let mut said = stand::said_of(&mut read, Some(&area), times.moment(&hall)).await?;
    let (at_us, points) = stand::of_points(&hall, &mut read, Some(&area), times).await?;
    let mut tallies = stand::by_village(&points);
    let mut total = Counted::default();
    let mut items: BTreeMap<AreaCode, Counted> = BTreeMap::new();
    for village in room.register().villages() {
        let code = &village.code;
        if !area.contains(code) || !who.may(Permission::VillagesRead, &villages::place(code)) {
            continue;
        }
        let of = said.remove(code).unwrap_or_default();
        let stand = stand::stand(&of, &tallies.remove(code).unwrap_or_default())?;
        let counted = below(&area, code).map(|below| items.entry(below).or_default());
        for counted in [Some(&mut total), counted].into_iter().flatten() {
            counted.villages += 1;
            counted.stand.take(stand);
        }
    }
    // Points by their own places: who answers for an office sees its points.
    for point in points
        .iter()
        .filter(|point| who.may(Permission::VillagesRead, &point.place))
    {
        total.points.take(point.state, point.measured);
        if let Some(below) = below(&area, &point.area) {
            let counted = items.entry(below).or_default();
            counted.points.take(point.state, point.measured);
        }
    }
    let names = areas::names(&mut read, items.keys().chain([&area])).await?;
    drop(read);
    let named = |code: AreaCode| NamedArea {
        name: names.get(&code).cloned().unwrap_or_default(),
        code,
    };
    let progress = Progress {
        on: wanted.then.unwrap_or(hall.today()),
        at_us,
        area: named(area),
        total: total.line(None),
        items: items
            .into_iter()
            .map(|(code, counted)| counted.line(Some(named(code))))
            .collect(),
    };
    if is_file {
        return export(&hall, &who, &wanted, &progress).await;
    }
    Ok(axum::Json(progress).into_response())
}

/// The area of the next level below one that another lies in; none if that is the area
/// itself.
fn below(area: &AreaCode, other: &AreaCode) -> Option<AreaCode> {
    let mut at = other.clone();
    loop {
        let parent = at.parent()?;
        if parent == *area {
            return Some(at);
        }
        at = parent;
    }
}

/// A file that leaves the house: it is written down who took it.
async fn export(
    hall: &Hall,
    who: &Who,
    wanted: &Wanted,
    progress: &Progress,
) -> Result<Response, Problem> {
    let mut tx = hall.db().write().await?;
    let act = Act {
        verb: "point.exported",
        subject: "progress".to_owned(),
        detail: json!({
            "rows": progress.items.len() + 1, "within": progress.area.code,
            "then": wanted.then, "known": wanted.known,
        }),
    };
    audit::record(&mut tx, hall.now(), who, act).await?;
    tx.commit().await?;
    let mut heads = vec![
        "code",
        "name",
        "villages",
        "villages_planned",
        "villages_reported",
        "villages_measured",
        "villages_unmeasured",
        "villages_differ",
        "points",
        "boxes",
        "proven",
        "reported_active",
        "differs",
    ];
    heads.extend(Stage::WORDS);
    let mut file = File::new(&heads);
    for line in progress.items.iter().chain([&progress.total]) {
        let area = line.area.as_ref().unwrap_or(&progress.area);
        let stand = &line.stand;
        let mut cells = vec![area.code.to_string(), area.name.clone()];
        let numbers = [
            line.villages,
            stand.planned,
            stand.reported,
            stand.measured,
            stand.unmeasured,
            stand.differs,
            line.points,
            line.boxes,
        ];
        cells.extend(numbers.map(|n| n.to_string()));
        cells.push(line.proven.map(|n| n.to_string()).unwrap_or_default());
        cells.extend([line.reported_active, line.differs].map(|n| n.to_string()));
        let of = |word| line.by_state.get(word).copied().unwrap_or(0);
        cells.extend(Stage::WORDS.map(|word| of(word).to_string()));
        file.row(&cells);
    }
    Ok(file.response("kemajuan-titik.csv"))
}
