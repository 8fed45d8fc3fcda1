//! What the ledger of a whole province costs: not part of the tests.
//!
//! `cargo xtask bench ledger` builds it for release and runs it.

use base::id::{Id, Site};
use reach_core::evidence::{Minute, Seen, Sheet};
use reach_core::slot::{DAY as SLOTS, Slot, SlotDay};

use super::station::Station;
use super::*;
use crate::jobs;
use crate::jobs::evidence::Folder;
use crate::jobs::verdicts::{self, Which};
use crate::simulated::{SimulatedPoint, SimulatedVillages, tell};
use crate::sql::evidence as sheets;

/// The month, and the week before it that it is judged by.
const DAYS: i64 = 31;
const WEEK: i64 = 7;

/// A day of a village: about twenty changes, all round trips told.
fn sheet(rng: &mut fastrand::Rng) -> Sheet {
    let mut sheet = Sheet::default();
    let well = Seen::HEARD | Seen::ALIVE | Seen::TRIED | Seen::HTTPS | Seen::DNS | Seen::TCP;
    let mut at = 0;
    while at < SLOTS {
        let (long, seen) = match rng.u8(..10) {
            0 => (rng.usize(1..20), Seen::ALIVE | Seen::TRIED),
            1 => (rng.usize(1..60), Seen::GONE | Seen::REBOOTED | Seen::POWER),
            _ => (rng.usize(20..180), well),
        };
        for minute in at..(at + long).min(SLOTS) {
            let is_up = seen.has(Seen::HTTPS);
            let what = Minute {
                seen,
                sent: 5,
                lost: if is_up {
                    u8::from(rng.u8(..100) == 0)
                } else {
                    5
                },
                rtt_ms: if is_up { rng.u16(500..800) } else { 0 },
            };
            sheet.add(minute, what);
        }
        at += long;
    }
    sheet
}

/// The real clock: the house of the test has one that is turned by hand.
fn now() -> Mono {
    Clock::real().now().mono
}

#[expect(clippy::print_stdout, reason = "its figures are what a bench is for")]
fn say(line: &str) {
    println!("{line}");
}

fn told(what: &str, since: Mono) {
    say(&format!(
        "{what}: {:.2} s",
        now().since(since).as_secs_f64()
    ));
}

/// The 95th percentile of a question, milliseconds.
async fn asked(house: &House, what: &str, path: &str) {
    let mut took = Vec::new();
    let mut octets = 0;
    for _ in 0..100 {
        let since = now();
        octets = house.get(path).await.is(200).octets.len();
        took.push(now().since(since));
    }
    took.sort_unstable();
    let ms = |at: usize| took[at].as_secs_f64() * 1_000.0;
    say(&format!(
        "{what}: p50 {:.1} ms, p95 {:.1} ms, {octets} octets",
        ms(50),
        ms(95)
    ));
}

/// What the demonstration costs: ten days of twelve boxes, put in and judged.
async fn made_up(house: &House, at: Wall) {
    let room = crate::open(&house.hall).await.expect("a room");
    let point = |(n, [code, name, ..]): (usize, [String; 4])| SimulatedPoint {
        key: format!("point/{n}"),
        name: format!("{name} (simulasi)"),
        kind: "kantor_desa".to_owned(),
        village: code.parse().expect("a code"),
        point: None,
        steps: Vec::new(),
        money: None,
        provided: Some(("Contoh (simulasi)".to_owned(), at - DAY * 10)),
    };
    let all = SimulatedVillages {
        lists: Vec::new(),
        points: (0..12).zip(villages()).map(point).collect(),
        targets: Vec::new(),
    };
    let since = now();
    room.simulate(&house.hall, &all).await.expect("points");
    let speaks = simulated::speaks();
    while tell(&house.hall, &speaks).await.expect("minutes") {}
    told("ten days of twelve made-up boxes, put in", since);
    let since = now();
    jobs::pass(&house.hall, &mut Folder::default(), Which::All)
        .await
        .expect("a pass");
    told("and judged", since);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a bench: minutes, and only its figures count"]
async fn what_a_month_costs() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = store::Place::Sqlite {
        path: folder.path().join("betang.sqlite"),
    };
    let db = Db::open(&place).await.expect("a database");
    let schemas = [hall::SCHEMA, crate::SCHEMA];
    db.migrate(&schemas, START).await.expect("tables");
    let house = House::new(db).await;
    let mut rng = fastrand::Rng::with_seed(62);
    let since = now();
    let mut sites: Vec<Id<Site>> = Vec::new();
    for [code, name, ..] in villages() {
        let station = Station::new(&house.hall, &name, &code, Some("A"), START).await;
        let form = json!({ "name": name, "kind": "kantor_desa", "village": code,
            "site": station.site });
        house.post("/api/v1/points", form).await.is(201);
        sites.push(station.site);
    }
    let first = Slot::of(START).day();
    for site in &sites {
        let mut tx = house.hall.db().write().await.expect("a transaction");
        for day in -WEEK..DAYS {
            let sheet = sheet(&mut rng);
            sheets::put(&mut tx, *site, first.plus(day), &sheet, START)
                .await
                .expect("a day");
        }
        tx.commit().await.expect("a commit");
    }
    told("made up", since);
    let end = SlotDay(first.0 + DAYS).first();
    house.clock.set_wall(end.start());
    let pass = async |what: &str| {
        let since = now();
        verdicts::pass(&house.hall, Which::All)
            .await
            .expect("a pass");
        told(what, since);
    };
    pass("decided for the first time, 38 days of 1,571 villages").await;
    for _ in 0..3 {
        let mut tx = house.hall.db().write().await.expect("a transaction");
        let days = sheets::decide_anew(&mut tx, first).await.expect("days");
        tx.commit().await.expect("a commit");
        pass(&format!("decided anew, {days} days of villages")).await;
    }
    let site = sites[700];
    let span = "from=2025-12-01&to=2025-12-31";
    asked(
        &house,
        "a site's month",
        &format!("/api/v1/sites/{site}/ledger?{span}"),
    )
    .await;
    let (code, rows) = ("62.01.01.1011", "limit=5000");
    asked(
        &house,
        "a village's month",
        &format!("/api/v1/villages/{code}/ledger?{span}"),
    )
    .await;
    asked(&house, "villages, all", &format!("/api/v1/villages?{rows}")).await;
    for (what, path) in [
        ("villages, a page of 100", "/api/v1/villages?limit=100"),
        (
            "villages that differ",
            "/api/v1/villages?limit=100&stand=differs",
        ),
        ("marks of all villages", "/api/v1/villages/marks"),
        ("progress of the province", "/api/v1/points/progress"),
        ("what points cost", "/api/v1/points/money"),
    ] {
        asked(&house, what, path).await;
    }
    asked(
        &house,
        "who is heard, all",
        &format!("/api/v1/contact?{rows}"),
    )
    .await;
    let since = now();
    let path = format!("/api/v1/ledger?{span}&by=village&{rows}");
    let page = house.get(&path).await.is(200).json();
    told("the month of all villages", since);
    assert_eq!(page["items"].as_array().map(Vec::len), Some(1_571));
    let since = now();
    let path = format!("/api/v1/sites/{site}/ledger/proof?{span}");
    house.get(&path).await.is(200);
    told("the proof of a site's month, without records", since);
    made_up(&house, end.start()).await;
    let size = std::fs::metadata(folder.path().join("betang.sqlite")).expect("a file");
    say(&format!("the database: {} MiB", size.len() >> 20));
}
