//! The villages of the demonstration, as the room takes them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base::day::Day;
use base::now::Wall;
use hall::Hall;
use hall::link::kinds;
use hall::simulated::{Said, heard_time};
use reach::simulated::{
    Asked, SimulatedList, SimulatedMoney, SimulatedPoint, SimulatedTarget, SimulatedVillages,
    Speaks,
};
use sim::villages::boxes::{self, Habit, History, Record, Told};
use sim::villages::lists::{self, DemoList};
use sim::villages::{self, DemoPoint};
use sync::record::Quality;

/// Days of minutes that a box has behind it when the demonstration begins: a week from
/// which follows what is usual, and three days that are judged by it.
///
/// Built for debugging, on two processors with a load of ten, all of it was put in and
/// heard 98 s after the start, behind the first page; with `--release` it has not been
/// measured (`cargo xtask bench ledger` does).
const HISTORY_DAYS: u64 = 10;

/// All of them, as of now.
pub(super) fn all(hall: &Hall) -> SimulatedVillages {
    let (now, today) = (hall.now().wall, hall.today());
    let points = villages::points(now, today);
    let lists = lists::lists(&points, today);
    let since = now - Duration::from_secs(HISTORY_DAYS * 24 * 3_600);
    let target = villages::target(today);
    SimulatedVillages {
        lists: lists.into_iter().map(list).collect(),
        points: points.into_iter().map(|it| point(it, since)).collect(),
        targets: vec![SimulatedTarget {
            key: target.key.to_owned(),
            name: target.name.to_owned(),
            owner: target.owner.to_owned(),
            reached: target.reached,
            goal: target.goal,
        }],
    }
}

fn list(it: DemoList) -> SimulatedList {
    SimulatedList {
        key: it.key.to_owned(),
        title: it.title.to_owned(),
        owner: it.owner.to_owned(),
        as_of: it.as_of,
        definition: it.definition.to_owned(),
        announced: it.announced,
        announced_of: it.announced_of,
        csv: it.csv,
    }
}

fn point(it: DemoPoint, since: Wall) -> SimulatedPoint {
    SimulatedPoint {
        key: it.key,
        name: it.name,
        kind: it.kind.to_owned(),
        village: it.village,
        point: it.point,
        steps: it.steps,
        money: it.money.map(|money| SimulatedMoney {
            paid_until: money.paid_until,
            price: money.price,
            monthly: money.monthly,
            planned: money.planned,
            committed: money.committed,
            paid: money.paid,
        }),
        provided: it
            .provided
            .map(|(provider, _)| (provider.to_owned(), since)),
    }
}

/// What their boxes say.
pub(super) fn speaks() -> Speaks {
    // Habits are those of the points, whenever that is.
    let points = villages::points(Wall::from_us(0), Day::FIRST);
    let habits: BTreeMap<String, Habit> = points
        .into_iter()
        .filter_map(|point| Some((point.key, point.provided?.1)))
        .collect();
    Arc::new(move |key, asked| minute(&habits, key, asked))
}

fn minute(habits: &BTreeMap<String, Habit>, key: &str, asked: Asked) -> Vec<Said> {
    // One of another edition of the demonstration says nothing more.
    let Some(habit) = habits.get(key) else {
        return Vec::new();
    };
    let Asked { since, put, slot } = asked;
    let records = boxes::minute(key, *habit, History { since, put }, slot);
    records.into_iter().map(said).collect()
}

fn said(record: Record) -> Said {
    let Record {
        at,
        boot,
        synced,
        told,
        held,
    } = record;
    let (kind, body) = match told {
        Told::Time => heard_time(boot.1, at),
        Told::Began(body) => (kinds::BEGAN, body),
        Told::Round(body) => (kinds::ROUND, body),
        Told::Dish(body) => (kinds::DISH, body),
    };
    Said {
        at,
        boot,
        quality: match synced {
            true => Quality::Synced,
            false => Quality::None,
        },
        kind,
        body,
        held,
        by_line: true,
    }
}
