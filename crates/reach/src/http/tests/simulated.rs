//! Villages that are made up: put in once, left as people leave them, and their boxes
//! believed as any, on both engines.

use std::sync::Arc;

use hall::simulated::{Said, heard_time};
use reach_core::calendar::Calendar;
use reach_core::flow::{Evidence, State as Stage, Step};
use reach_core::slot::Slot;
use reach_core::target::Target;
use sync::record::Quality;

use super::station::round;
use super::*;
use crate::jobs::{self, evidence::Folder, verdicts::Which};
use crate::simulated::{
    Asked, SimulatedList, SimulatedPoint, SimulatedTarget, SimulatedVillages, Speaks, tell,
};

const VILLAGES: [&str; 2] = ["62.71.01.1001", "62.11.05.2004"];

/// The first ten minutes of each hour are out.
fn is_up(slot: Slot) -> bool {
    slot.0.rem_euclid(60) >= 10
}

/// A box that keeps back what it could not send.
pub(super) fn speaks() -> Speaks {
    Arc::new(|_, Asked { since, slot, .. }| {
        let second = |slot: Slot, s: i64| Wall::from_us(slot.start().as_us() + s * 1_000_000);
        let booted = second(since, 0);
        if !is_up(slot) && slot != since {
            return Vec::new();
        }
        let mut from = slot;
        while from > since && !is_up(from.plus(-1)) && from.plus(-1) != since {
            from = from.plus(-1);
        }
        let held = second(slot, 27);
        let said = |at: Wall, (kind, body): (sync::record::Kind, Vec<u8>)| Said {
            at,
            boot: ([9; 16], booted),
            quality: Quality::Synced,
            kind,
            body,
            held,
            by_line: true,
        };
        let mut all = Vec::new();
        if slot == since {
            let at = second(since, 5);
            all.push(said(at, heard_time(booted, at)));
        }
        for minute in reach_core::slot::each(from..slot.plus(1)) {
            all.push(said(second(minute, 25), round(is_up(minute))));
        }
        all
    })
}

fn point(n: usize, since: Option<Wall>) -> SimulatedPoint {
    let step = |to: Stage, days: i64| Step {
        to,
        happened: Wall::from_us(START.as_us() - days * 86_400_000_000),
        cause: None,
        evidence: Evidence {
            note: Some("SIMULASI 1".to_owned()),
            ..Evidence::default()
        },
    };
    SimulatedPoint {
        key: format!("point/{n}"),
        name: format!("Kantor {n} (simulasi)"),
        kind: "kantor_desa".to_owned(),
        village: VILLAGES[n].parse().expect("a code"),
        point: None,
        steps: vec![step(Stage::Surveyed, 20), step(Stage::Granted, 10)],
        money: None,
        provided: since.map(|since| ("Contoh (simulasi)".to_owned(), since)),
    }
}

fn villages() -> SimulatedVillages {
    let day = |text: &str| text.parse().expect("a day");
    let [one, two] = VILLAGES;
    SimulatedVillages {
        lists: vec![SimulatedList {
            key: "list/1".to_owned(),
            title: "SIMULASI".to_owned(),
            owner: "Contoh (simulasi)".to_owned(),
            as_of: day("2025-05-16"),
            definition: "simulasi".to_owned(),
            announced: 3,
            announced_of: vec![(Stage::Active, 1)],
            csv: format!("kode desa,status\n{one},aktif\n{two},hibah\n"),
        }],
        points: vec![point(0, Some(START - DAY)), point(1, None)],
        targets: vec![SimulatedTarget {
            key: "target/1".to_owned(),
            name: "SIMULASI".to_owned(),
            owner: "Contoh (simulasi)".to_owned(),
            reached: Stage::Granted,
            goal: Target {
                goal: 2,
                start: day("2025-11-01"),
                end: day("2025-12-31"),
                calendar: Calendar::Kalender,
            },
        }],
    }
}

async fn put_in(db: Db) {
    let house = House::new(db).await;
    let room = crate::open(&house.hall).await.expect("a room");
    let count = async |path: &str| {
        let page = house.get(path).await.is(200).json();
        page["items"].as_array().map(Vec::len).expect("items")
    };
    let paths = [
        "/api/v1/villages/lists",
        "/api/v1/points",
        "/api/v1/targets",
        "/api/v1/sites",
    ];
    for _ in 0..2 {
        let done = room.simulate(&house.hall, &villages()).await;
        done.expect("made-up villages");
        let mut counts = Vec::new();
        for path in paths {
            counts.push(count(path).await);
        }
        assert_eq!(counts, [1, 2, 1, 1]);
    }
    assert_eq!(room.real_things(&house.hall).await.expect("a count"), 0);
    let all = house.get("/api/v1/points").await.is(200).json();
    let points = all["items"].as_array().expect("points");
    let named = |name: &str| points.iter().find(|it| it["name"] == name);
    let first = named("Kantor 0 (simulasi)").expect("the first");
    assert_eq!(
        (&first["state"], first["site"].is_null()),
        (&json!("granted"), false)
    );
    let listed = house.get("/api/v1/villages?listed=true").await.is(200);
    assert_eq!(listed.json()["items"].as_array().map(Vec::len), Some(2));
    // What people have taken off or taken back stays so.
    let second = named("Kantor 1 (simulasi)").expect("the second");
    let second = second["id"].as_str().expect("an id");
    let path = format!("/api/v1/points/{second}/retirement");
    house.post(&path, json!({ "why": "uji" })).await.is(201);
    let lists = house.get("/api/v1/villages/lists").await.is(200).json();
    let source = lists["items"][0]["source"].as_str().expect("a source");
    let path = format!("/api/v1/villages/lists/{source}/withdrawal");
    house.post(&path, json!({ "why": "uji" })).await.is(201);
    let done = room.simulate(&house.hall, &villages()).await;
    done.expect("nothing more");
    assert_eq!(count("/api/v1/points").await, 1);
    let listed = house.get("/api/v1/villages?listed=true").await.is(200);
    assert_eq!(listed.json()["items"], json!([]));
    // Who has put it in has no name that anybody could take for a person's.
    let audit = house.get("/api/v1/audit?limit=5000").await.is(200).text();
    assert!(audit.contains("Simulasi (bukan orang)"));
}

async fn believed(db: Db) {
    let house = House::new(db).await;
    let room = crate::open(&house.hall).await.expect("a room");
    house.clock.set_wall(START + Duration::from_secs(90));
    let done = room.simulate(&house.hall, &villages()).await;
    done.expect("made-up villages");
    let speaks = speaks();
    let speak = async || while tell(&house.hall, &speaks).await.expect("minutes") {};
    let pass = async || {
        jobs::pass(&house.hall, &mut Folder::default(), Which::All)
            .await
            .expect("a pass");
    };
    speak().await;
    pass().await;
    let sites = house.get("/api/v1/sites").await.is(200).json();
    let site = sites["items"][0]["id"].as_str().expect("an id").to_owned();
    let counts = async || {
        let path = format!("/api/v1/sites/{site}/ledger?from=2025-11-01");
        let ledger = house.get(&path).await.is(200).json();
        ["all", "up", "down", "unknown"].map(|key| ledger["counts"][key].as_i64().expect("n"))
    };
    // By the truth, which the house was not shown: from the first minute to the last that
    // was due, of which the one that goes on counts nowhere yet.
    let truth = |to: Slot| {
        let all = reach_core::slot::each(Slot::of(START - DAY)..to);
        let first = Slot::of(START - DAY);
        let (up, down): (Vec<_>, Vec<_>) = all.partition(|slot| is_up(*slot) || *slot == first);
        let n = |of: &Vec<Slot>| i64::try_from(of.len()).expect("few");
        [n(&up) + n(&down), n(&up), n(&down), 0]
    };
    let told = counts().await;
    let end = Slot::of(START).plus(1);
    // The cut that goes on is not told yet: it will be.
    let late = i64::try_from(reach_core::slot::each(Slot::of(START)..end).count()).expect("few");
    let [all, up, down, _] = truth(end);
    assert_eq!(told, [all, up, down - late, late]);
    // A quarter of an hour later it goes on where it was, and nothing is told twice.
    house
        .clock
        .set_wall(START + Duration::from_secs(15 * 60 + 40));
    speak().await;
    let contact = house.get("/api/v1/contact").await.is(200).json();
    assert_eq!(contact["counts"]["heard"], 1);
    pass().await;
    assert_eq!(counts().await, truth(Slot::of(START).plus(15)));
    let path = format!("/api/v1/sites/{site}/ledger/proof?from=2025-11-01");
    let proof = house.get(&path).await.is(200).json();
    assert_eq!(proof["same"], true, "{proof}");
    let records = house
        .get(&format!("/api/v1/sites/{site}/records?limit=5000"))
        .await
        .is(200)
        .json();
    // A record for each minute, and one of the time.
    assert_eq!(
        records["items"].as_array().map(Vec::len),
        Some(1_440 + 16 + 1)
    );
}

on_both! {
    made_up_villages_are_put_in_once: put_in;
    made_up_boxes_are_believed_as_any: believed;
}
