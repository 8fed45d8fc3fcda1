//! Villages of the simulation, put into the house by the house itself.
//!
//! Lists go through the same intake, queue and claims as those that people bring, points
//! the same way with the same audit and facts, and what boxes say lies among the records
//! of sites: evidence, verdicts, who is silent and what is opened for it follow as they
//! do from real ones. What people have changed, decided, withdrawn or retired since stays
//! as they left it.

use std::sync::Arc;
use std::time::Duration;

use base::area::AreaCode;
use base::day::Day;
use base::geo::Point as Degrees;
use base::id::Site;
use base::money::Amount;
use base::now::Wall;
use hall::guard::Who;
use hall::intake::Upload;
use hall::problem::Problem;
use hall::simulated::{self, Said, Spot, Station};
use hall::source::Card;
use hall::{Hall, house, site};
use reach_core::flow::{Command, State as Stage, Step};
use reach_core::slot::Slot;
use reach_core::target::Target as Goal;
use store::{Error, Tx};

use crate::http::imports::{self, ListCommit};
use crate::http::{money, points, steps, targets};
use crate::import::contract::VILLAGES;
use crate::room::Room;
use crate::sql::list;
use crate::sql::money::MoneyRow;
use crate::sql::point::{self, PointRow};
use crate::sql::simulated as rows;
use crate::sql::target::TargetRow;

/// Minutes of all boxes that one transaction puts in. Whoever writes meanwhile waits for
/// no more than that.
const MINUTES: i64 = 60;

/// What a minute has said is put in so long after it began.
const AFTER: Duration = Duration::from_secs(30);

/// How often is looked whether a minute is due.
const EVERY: Duration = Duration::from_secs(5);

/// A list of villages that is made up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedList {
    /// What it is found by again.
    pub key: String,
    /// What it is called.
    pub title: String,
    /// Whose it is.
    pub owner: String,
    /// The day whose state it tells.
    pub as_of: Day,
    /// What its words mean.
    pub definition: String,
    /// How many villages its source says there are.
    pub announced: i64,
    /// How many of each status.
    pub announced_of: Vec<(Stage, i64)>,
    /// The file, CSV.
    pub csv: String,
}

/// A point that is made up.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulatedPoint {
    /// What it is found by again.
    pub key: String,
    /// What it is called.
    pub name: String,
    /// What kind of place it is.
    pub kind: String,
    /// The village it lies in.
    pub village: AreaCode,
    /// Where it stands.
    pub point: Option<Degrees>,
    /// Its way, in order.
    pub steps: Vec<Step>,
    /// What it costs.
    pub money: Option<SimulatedMoney>,
    /// Who provides the connection of its box, and since when that is let in.
    pub provided: Option<(String, Wall)>,
}

/// What a made-up point costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimulatedMoney {
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

/// A target that is made up, of the whole province.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedTarget {
    /// What it is found by again.
    pub key: String,
    /// What it is called.
    pub name: String,
    /// Who answers for it.
    pub owner: String,
    /// How far a point has to have come to count.
    pub reached: Stage,
    /// How many by when.
    pub goal: Goal,
}

/// All that the simulation has of villages.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulatedVillages {
    /// Lists.
    pub lists: Vec<SimulatedList>,
    /// Points.
    pub points: Vec<SimulatedPoint>,
    /// Targets.
    pub targets: Vec<SimulatedTarget>,
}

/// When a made-up box was let in and when it was put in, and a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// The slot in which it was let in.
    pub since: Slot,
    /// The slot in which it was put in: what lies before it is history.
    pub put: Slot,
    /// The slot that is asked about.
    pub slot: Slot,
}

/// What a made-up box says, by the key of its point: what the house holds of it in a
/// slot, which follows from the slot alone.
pub type Speaks = Arc<dyn Fn(&str, Asked) -> Vec<Said> + Send + Sync>;

/// What a box is kept under, beside its point.
fn box_key(point: &str) -> String {
    format!("box/{point}")
}

impl Room {
    /// How many lists and points there are that nobody has made up: all, while the house
    /// is not marked as simulated.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn real_things(&self, hall: &Hall) -> Result<usize, Error> {
        let mut read = hall.db().read().await?;
        if house::is_simulated(&mut read).await? {
            return Ok(0);
        }
        let lists = list::fetch(&mut read, &list::lists()).await?.len();
        let points = point::fetch(&mut read, &point::list()).await?.len();
        Ok(lists + points)
    }

    /// Sees to it that these are there. What was put in once is not put in again.
    ///
    /// # Errors
    /// If the database does not answer, or something of it cannot stand.
    pub async fn simulate(&self, hall: &Hall, it: &SimulatedVillages) -> Result<(), Problem> {
        let mut tx = hall.db().write().await?;
        house::mark_simulated(&mut tx, hall.now()).await?;
        let who = simulated::hand(hall, &mut tx).await?;
        tx.commit().await?;
        for list in &it.lists {
            self.put_list(hall, &who, list).await?;
        }
        let mut tx = hall.db().write().await?;
        for point in &it.points {
            if !rows::has(&mut tx, &point.key).await? {
                put_point(hall, &mut tx, &who, point).await?;
            }
        }
        for target in &it.targets {
            if !rows::has(&mut tx, &target.key).await? {
                put_target(hall, &mut tx, &who, target).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    /// Lets the boxes speak, from where they had stopped, until the house closes.
    pub fn speak(&self, hall: &Hall, speaks: Speaks) {
        let task = go_on(hall.clone(), speaks);
        hall.tasks().spawn("reach.simulated", task);
    }

    async fn put_list(&self, hall: &Hall, who: &Who, it: &SimulatedList) -> Result<(), Problem> {
        let mut read = hall.db().read().await?;
        let is_there = rows::has(&mut read, &it.key).await?;
        drop(read);
        if is_there {
            return Ok(());
        }
        let file = Upload::made("simulasi.csv", it.csv.clone());
        let intake = hall::intake::open(hall, who, &VILLAGES, file).await?;
        let announced_of = it.announced_of.iter();
        let commit = ListCommit {
            source: Card {
                title: Some(it.title.clone()),
                owner: Some(it.owner.clone()),
                as_of: Some(it.as_of.to_string()),
                definition: Some(it.definition.clone()),
                ..Card::default()
            },
            announced: Some(it.announced),
            announced_of: announced_of
                .map(|(state, count)| (state.as_str().to_owned(), *count))
                .collect(),
            ..ListCommit::default()
        };
        let mut tx = hall.db().write().await?;
        let written = imports::write(hall, self, &mut tx, who, &intake, commit).await?;
        rows::put(&mut tx, &it.key, written.source, None, hall.now().wall).await?;
        tx.commit().await?;
        Ok(())
    }
}

async fn put_point(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    it: &SimulatedPoint,
) -> Result<(), Problem> {
    let now = hall.now().wall;
    let station = match &it.provided {
        Some((provider, since)) => {
            let spot = Spot {
                name: it.name.clone(),
                area: it.village.clone(),
                point: it.point,
                provider: Some(provider.clone()),
            };
            Some((Station::put(hall, tx, spot, *since).await?, *since))
        }
        None => None,
    };
    let row = PointRow {
        name: it.name.clone(),
        kind: it.kind.clone(),
        degrees: it.point,
        site: station.as_ref().map(|(station, _)| station.site),
        ..PointRow::new(hall, it.village.clone(), now)
    };
    let id = row.id;
    points::write(hall, tx, who, "point.added", None, &row).await?;
    for step in &it.steps {
        let row = point::by_id(tx, id)
            .await?
            .ok_or_else(|| Problem::bug("a point that was put in is not there"))?;
        steps::say(hall, tx, who, row, Command::Take(step.clone()), None).await?;
    }
    if let Some(cost) = it.money {
        let row = MoneyRow {
            seq: 1,
            budget_line: None,
            contract: Some("SIMULASI".to_owned()),
            grant_paper: None,
            handover_paper: None,
            payer: Some("Anggaran contoh (simulasi)".to_owned()),
            paid_until: cost.paid_until,
            price: cost.price,
            monthly: cost.monthly,
            planned: cost.planned,
            committed: cost.committed,
            paid: cost.paid,
            said: now,
            by: who.person(),
        };
        money::write(hall, tx, who, id, &row).await?;
    }
    rows::put(tx, &it.key, id, None, now).await?;
    if let Some((station, since)) = station {
        let key = box_key(&it.key);
        rows::put::<Site>(tx, &key, station.site, Some(Slot::of(since)), now).await?;
    }
    Ok(())
}

async fn put_target(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    it: &SimulatedTarget,
) -> Result<(), Problem> {
    let now = hall.now().wall;
    let row = TargetRow {
        id: hall.mint(),
        name: it.name.clone(),
        area: hall.config().province.clone(),
        agency: None,
        owner: it.owner.clone(),
        reached: it.reached,
        goal: it.goal.goal,
        start: it.goal.start,
        end: it.goal.end,
        calendar: it.goal.calendar,
        set: now,
        by: who.person(),
        withdrawn: None,
    };
    targets::write(hall, tx, who, &row).await?;
    rows::put(tx, &it.key, row.id, None, now).await?;
    Ok(())
}

async fn go_on(hall: Hall, speaks: Speaks) {
    let stop = hall.tasks().soft().clone();
    while !stop.is_cancelled() {
        let more = tell(&hall, &speaks).await;
        match more {
            Ok(true) => {}
            Ok(false) => {
                stop.run_until_cancelled(tokio::time::sleep(EVERY)).await;
            }
            Err(error) => {
                tracing::error!(%error, "the simulated boxes could not speak");
                stop.run_until_cancelled(tokio::time::sleep(EVERY)).await;
            }
        }
    }
}

/// Puts in what boxes have said in the minutes that are due, some at a time; whether
/// there are more.
pub(crate) async fn tell(hall: &Hall, speaks: &Speaks) -> Result<bool, Error> {
    let due = Slot::of(hall.now().wall - AFTER).plus(1);
    let mut read = hall.db().read().await?;
    let boxes = rows::boxes(&mut read).await?;
    let first = boxes.iter().map(|one| one.told).min();
    let Some(first) = first.filter(|first| *first < due) else {
        return Ok(false);
    };
    let lives = site::lives(&mut read, None).await?;
    drop(read);
    let until = first.plus(MINUTES).min(due);
    let mut tx = hall.db().write().await?;
    for one in boxes.iter().filter(|one| one.told < until) {
        let since = lives.get(&one.site).map(|(since, _)| Slot::of(*since));
        // A site that people have shut out says nothing more.
        let station = Station::find(&mut tx, one.site).await?;
        if let Some((mut station, since)) = station.zip(since) {
            let point = one.key.strip_prefix("box/").unwrap_or(&one.key);
            let slots = reach_core::slot::each(one.told..until);
            let said = slots.flat_map(|slot| {
                let asked = Asked {
                    since,
                    put: Slot::of(one.put),
                    slot,
                };
                speaks(point, asked)
            });
            station.says(&mut tx, said.collect()).await?;
        }
        rows::told(&mut tx, &one.key, until).await?;
    }
    tx.commit().await?;
    Ok(until < due)
}
