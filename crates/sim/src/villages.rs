//! The villages of the demonstration: lists that contradict each other, points on their
//! way, what they cost, and boxes with their habits.
//!
//! Villages are real ones of the register, so that lists can be matched and the map
//! means something. Everything that is said of them is made up by a seed, and each
//! title, owner, provider and paper says so.

pub mod boxes;
pub mod lists;

use std::collections::BTreeMap;
use std::time::Duration;

use base::area::AreaCode;
use base::day::Day;
use base::geo::Point;
use base::money::{Amount, Rupiah};
use base::now::Wall;
use reach_core::calendar::Calendar;
use reach_core::flow::{Cause, Evidence, State, Step};
use reach_core::register::is_kelurahan;
use reach_core::target::Target;

use boxes::Habit;

/// The register, as it is embedded.
const AREAS: &str = include_str!("../../../assets/areas/areas.csv");

/// What all of it follows from.
const SEED: u64 = 62;

/// A day, in microseconds.
const DAY_US: i64 = 86_400_000_000;

/// A village of the register.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Village {
    pub(crate) code: AreaCode,
    pub(crate) name: String,
    pub(crate) point: Option<Point>,
}

/// A point of the demonstration.
#[derive(Debug, Clone, PartialEq)]
pub struct DemoPoint {
    /// By which it is found again.
    pub key: String,
    /// What it is called.
    pub name: String,
    /// `kantor_desa`, sekolah, pustu, `titik_publik` or lainnya.
    pub kind: &'static str,
    /// The village it lies in.
    pub village: AreaCode,
    /// Where the register says that the village is, indicatively.
    pub point: Option<Point>,
    /// Its way, in order.
    pub steps: Vec<Step>,
    /// What it costs; none where nobody has said anything.
    pub money: Option<DemoMoney>,
    /// Who provides the connection of its box, and how that behaves.
    pub provided: Option<(&'static str, Habit)>,
}

/// What a point costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DemoMoney {
    /// Until which day it is paid.
    pub paid_until: Option<Day>,
    /// Of the equipment.
    pub price: Amount,
    /// Of the connection each month.
    pub monthly: Amount,
    /// In the budget.
    pub planned: Amount,
    /// Bound by contract.
    pub committed: Amount,
    /// Paid out.
    pub paid: Amount,
}

/// A target of the demonstration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoTarget {
    /// By which it is found again.
    pub key: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// Who answers for it.
    pub owner: &'static str,
    /// How far a point has to have come to count.
    pub reached: State,
    /// How many by when, by which calendar.
    pub goal: Target,
}

/// The target: a hundred days that end in some weeks.
#[must_use]
pub fn target(today: Day) -> DemoTarget {
    DemoTarget {
        key: "target/100-hari",
        name: "SIMULASI: 30 titik aktif dalam 100 hari",
        owner: "Bidang Contoh (simulasi)",
        reached: State::Active,
        goal: Target {
            goal: 30,
            start: today.plus(-62).unwrap_or(today),
            end: today.plus(38).unwrap_or(today),
            calendar: Calendar::Kalender,
        },
    }
}

/// The three providers. None of them exists.
const PROVIDERS: [&str; 3] = [
    "Satelit Contoh (simulasi)",
    "Seluler Contoh (simulasi)",
    "Radio Contoh (simulasi)",
];

/// How far the points have come, and the boxes that stand at some of them: each state of
/// the way is there, and each habit of a box.
const POINTS: [(State, Option<(usize, Habit)>); 40] = {
    use Habit::{
        Contradicted, Flapping, Never, NightlyDark, ShortCuts, Silent, SlowEvenings, Unpaid,
        WasPortal, Well,
    };
    use State::{
        Absent, Active, Delivered, Granted, InDistribution, Inactive, Installed, Listed, Refused,
        Relocated, Returned, Surveyed, Suspended,
    };
    [
        (Active, Some((0, Well))),
        (Active, Some((1, NightlyDark))),
        (Active, Some((0, ShortCuts))),
        (Active, Some((2, Flapping))),
        (Active, Some((0, Silent))),
        (Active, Some((1, Never))),
        (Active, Some((0, SlowEvenings))),
        (Active, Some((2, Contradicted))),
        (Active, Some((1, NightlyDark))),
        (Active, Some((0, Unpaid))),
        (Active, None),
        (Active, None),
        (Active, None),
        (Active, None),
        // Proven, and nobody has said that it works.
        (Installed, Some((2, Well))),
        (Suspended, Some((0, WasPortal))),
        (Suspended, None),
        (Suspended, None),
        (Inactive, None),
        (Inactive, None),
        (Installed, None),
        (Installed, None),
        (Delivered, None),
        (Delivered, None),
        (Delivered, None),
        (InDistribution, None),
        (InDistribution, None),
        (InDistribution, None),
        (InDistribution, None),
        (Granted, None),
        (Granted, None),
        (Granted, None),
        (Surveyed, None),
        (Surveyed, None),
        (Refused, None),
        (Refused, None),
        (Absent, None),
        (Relocated, None),
        (Returned, None),
        (Listed, None),
    ]
};

/// The points, as of an instant: their steps lie before it.
#[must_use]
pub fn points(now: Wall, today: Day) -> Vec<DemoPoint> {
    let villages = by_regency();
    let regencies: Vec<_> = villages.keys().collect();
    let mut rng = fastrand::Rng::with_seed(SEED);
    let mut points = Vec::with_capacity(POINTS.len());
    for (at, (state, provided)) in POINTS.into_iter().enumerate() {
        // One regency after the other, each time its next village.
        let regency = regencies[at % regencies.len()];
        let village = &villages[regency][at / regencies.len()];
        let jitter = rng.i64(0..20);
        points.push(DemoPoint {
            key: format!("point/{:02}", at + 1),
            name: format!("Kantor {} {} (simulasi)", kind(&village.code), village.name),
            kind: "kantor_desa",
            village: village.code.clone(),
            point: village.point,
            steps: way(state, at, now, jitter),
            money: money(state, at, today),
            provided: provided.map(|(provider, habit)| (PROVIDERS[provider], habit)),
        });
    }
    points
}

fn kind(code: &AreaCode) -> &'static str {
    match is_kelurahan(code) {
        true => "Kelurahan",
        false => "Desa",
    }
}

/// The way that leads to a state, a fortnight from step to step.
fn way(state: State, at: usize, now: Wall, jitter: i64) -> Vec<Step> {
    use State::{
        Absent, Active, Delivered, Granted, InDistribution, Inactive, Installed, Listed, Refused,
        Relocated, Returned, Surveyed, Suspended,
    };
    let common = [
        Surveyed,
        Granted,
        InDistribution,
        Delivered,
        Installed,
        Active,
    ];
    let states: Vec<State> = match state {
        Listed => Vec::new(),
        Refused => vec![Surveyed, Refused],
        Absent => vec![Surveyed, Granted, InDistribution, Absent],
        Inactive => common.into_iter().chain([Inactive]).collect(),
        Suspended => common.into_iter().chain([Suspended]).collect(),
        Relocated => common[..5].iter().copied().chain([Relocated]).collect(),
        Returned => common[..4].iter().copied().chain([Returned]).collect(),
        state => {
            let to = common.iter().position(|it| *it == state);
            common[..to.map_or(0, |to| to + 1)].to_vec()
        }
    };
    let last = i64::try_from(states.len()).unwrap_or(0);
    let causes = [Cause::Unpaid, Cause::SupplierStop, Cause::Damage];
    states
        .into_iter()
        .zip(1_i64..)
        .map(|(to, nth)| Step {
            to,
            happened: now - days(14 * (last - nth) + 12 + jitter),
            cause: (to == Suspended).then_some(causes[at % causes.len()]),
            evidence: Evidence {
                serial: (to == Installed).then(|| format!("SIMULASI-{:03}", at + 1)),
                note: (to != Installed).then(|| format!("SIMULASI {nth}/{}", at + 1)),
                ..Evidence::default()
            },
        })
        .collect()
}

fn days(n: i64) -> Duration {
    Duration::from_micros(u64::try_from(n * DAY_US).unwrap_or(0))
}

/// Made-up amounts. Of some nobody has said anything, and one is paid until a day that
/// has passed.
fn money(state: State, at: usize, today: Day) -> Option<DemoMoney> {
    let early = [State::Listed, State::Surveyed, State::Refused];
    if early.contains(&state) || at % 7 == 5 {
        return None;
    }
    let amount = |rupiah: i64, known: bool| {
        let rupiah = Rupiah::new(rupiah).ok().filter(|_| known);
        Amount::from(rupiah)
    };
    let is_paid = state.is_equipped() || state == State::Delivered;
    let price = 7_500_000 + 25_000 * i64::try_from(at).unwrap_or(0);
    let until = match at {
        2 => Some(-12),
        _ if is_paid && at % 3 != 1 => Some(45),
        _ => None,
    };
    Some(DemoMoney {
        paid_until: until.and_then(|days| today.plus(days)),
        price: amount(price, at % 5 != 3),
        monthly: amount(
            if at.is_multiple_of(2) {
                750_000
            } else {
                1_150_000
            },
            at % 4 != 3,
        ),
        planned: amount(price + 9_000_000, true),
        committed: amount(price, at % 5 != 4),
        paid: amount(if is_paid { price } else { 0 }, at % 3 != 2),
    })
}

/// The villages of each regency, in an order that follows from the seed.
fn by_regency() -> BTreeMap<AreaCode, Vec<Village>> {
    let mut found: BTreeMap<AreaCode, Vec<Village>> = BTreeMap::new();
    for village in register() {
        let district = village.code.parent();
        if let Some(regency) = district.and_then(|district| district.parent()) {
            found.entry(regency).or_default().push(village);
        }
    }
    let mut rng = fastrand::Rng::with_seed(SEED);
    for villages in found.values_mut() {
        rng.shuffle(villages);
    }
    found
}

/// Every village of the register, by code.
pub(crate) fn register() -> Vec<Village> {
    let mut villages: Vec<Village> = AREAS
        .lines()
        .filter_map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            let code: AreaCode = cells.first()?.parse().ok()?;
            let degrees = |at: usize| cells.get(at)?.parse::<f64>().ok();
            let point = degrees(3).zip(degrees(4));
            (code.level() == base::area::AreaLevel::Village).then(|| Village {
                name: cells
                    .get(1)
                    .map(|name| (*name).to_owned())
                    .unwrap_or_default(),
                point: point.and_then(|(lat, lon)| Point::new(lat, lon).ok()),
                code,
            })
        })
        .collect();
    villages.sort_by(|a, b| a.code.cmp(&b.code));
    villages
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use reach_core::flow::{Command, decide, state};

    use super::*;

    /// 2026-03-02 00:00 UTC.
    const NOW: Wall = Wall::from_us(1_772_409_600_000_000);

    fn some() -> Vec<DemoPoint> {
        points(NOW, "2026-03-02".parse().expect("a day"))
    }

    #[test]
    fn every_state_is_there_by_a_way_that_a_point_can_go() {
        let points = some();
        let mut states = BTreeSet::new();
        for (point, (wanted, _)) in points.iter().zip(POINTS) {
            let mut log = Vec::new();
            for step in &point.steps {
                let event = decide(&log, Command::Take(step.clone()), NOW);
                log.push(event.unwrap_or_else(|why| panic!("{}: {why:?}", point.key)));
            }
            assert_eq!(state(&log).0, wanted, "{}", point.key);
            states.insert(wanted);
        }
        assert_eq!(states.len(), State::ALL.len());
        let regencies: BTreeSet<_> = points
            .iter()
            .map(|point| point.village.as_str()[..5].to_owned())
            .collect();
        assert_eq!(regencies.len(), 14);
        let villages: BTreeSet<_> = points.iter().map(|point| &point.village).collect();
        assert_eq!(villages.len(), points.len());
    }

    #[test]
    fn all_of_it_says_that_it_is_made_up() {
        let points = some();
        for point in &points {
            assert!(point.name.ends_with("(simulasi)"));
            for step in &point.steps {
                let shown = step.evidence.serial.iter().chain(&step.evidence.note);
                assert!(shown.into_iter().all(|text| text.starts_with("SIMULASI")));
            }
        }
        assert!(PROVIDERS.iter().all(|name| name.ends_with("(simulasi)")));
        let boxes = points.iter().filter(|point| point.provided.is_some());
        assert_eq!(boxes.count(), 12);
        let unknown = points
            .iter()
            .filter_map(|point| point.money)
            .filter(|money| money.monthly == Amount::Unknown);
        assert!(unknown.count() > 3);
    }
}
