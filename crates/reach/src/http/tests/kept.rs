//! Readings are let go when their term is over, and nothing that was made of them is.

use sync::record::Quality;

use super::station::{Station, round};
use super::*;
use crate::jobs::{self, evidence::Folder, verdicts::Which};
use crate::sql::evidence;

const VILLAGE: &str = "62.71.01.1001";

/// The term when nobody says otherwise.
const TERM: u32 = 130;

/// A house with a box that says three things a day, on so many days.
async fn told(db: Db, days: u32) -> (House, Station) {
    let house = House::new(db).await;
    let mut station = Station::new(&house.hall, "Kantor", VILLAGE, Some("A"), START).await;
    station.hears_time(&house.hall, START, START).await;
    for day in 0..days {
        for minute in 1..4 {
            let at = START + DAY * day + Duration::from_secs(60 * minute + 25);
            station
                .says(&house.hall, round(true), at, Quality::Synced, (at, true))
                .await;
        }
    }
    house.clock.set_wall(START + DAY * days);
    jobs::pass(&house.hall, &mut Folder::default(), Which::All)
        .await
        .expect("a pass");
    (house, station)
}

impl House {
    async fn let_go(&self) -> u64 {
        jobs::outlived(&self.hall).await.expect("a pass")
    }

    async fn listed(&self, station: &Station) -> Vec<Json> {
        let path = format!("/api/v1/sites/{}/records?limit=1000", station.site);
        let page = self.get(&path).await.is(200).json();
        page["items"].as_array().expect("a list").clone()
    }
}

/// It says something on two more days; nine days after the term, twelve passes let go of what
/// is over. How many went.
async fn later(house: &House, station: &mut Station, days: [u32; 2]) -> u64 {
    for day in days {
        let at = START + DAY * day;
        station
            .says(&house.hall, round(true), at, Quality::Synced, (at, true))
            .await;
    }
    house.clock.set_wall(START + DAY * (days[1] + 1));
    jobs::pass(&house.hall, &mut Folder::default(), Which::All)
        .await
        .expect("a pass");
    house.clock.set_wall(START + DAY * (TERM + 9));
    let mut gone = 0;
    for _ in 0..12 {
        gone += house.let_go().await;
    }
    gone
}

async fn the_term(db: Db) {
    let (house, mut station) = told(db, 10).await;
    assert_eq!(house.let_go().await, 0, "nothing is as old");
    let before = house.listed(&station).await;
    let ledger = format!(
        "/api/v1/sites/{}/ledger?from=2025-12-01&to=2026-01-31",
        station.site
    );
    let told = house.get(&ledger).await.is(200).json();

    // Of ten days the first four are over; an hour's pass takes one day of them.
    house.clock.set_wall(START + DAY * (TERM + 4));
    let mut gone = Vec::new();
    for _ in 0..100 {
        gone.push(house.let_go().await);
    }
    gone.retain(|some| *some > 0);
    assert_eq!(gone, [3, 3, 3, 3]);
    let after = house.listed(&station).await;
    assert_eq!(after.len(), before.len() - 12 + 1);
    let gap = after
        .iter()
        .find(|row| row["gap"] == "let_go")
        .expect("it says that they were here");
    let rounds: Vec<_> = before.iter().filter(|row| row["kind"] == "round").collect();
    assert_eq!(gap["seq"], rounds[0]["seq"]);
    assert_eq!(gap["to_seq"], rounds[11]["seq"]);
    assert_eq!(gap["event_us"], rounds[0]["event_us"]);
    assert_eq!(gap["let_go"], 12);
    // What is known of clocks stays.
    let clocks = |rows: &[Json]| rows.iter().filter(|row| row["kind"] == "clock").count();
    assert_eq!((clocks(&before), clocks(&after)), (1, 1));

    // What was made of them stands, also when the house comes to know better when that
    // boot began.
    station
        .hears_time(&house.hall, START + DAY * (TERM + 4), house.hall.now().wall)
        .await;
    jobs::pass(&house.hall, &mut Folder::default(), Which::All)
        .await
        .expect("a pass");
    assert_eq!(
        house.get(&ledger).await.is(200).json()["runs"],
        told["runs"]
    );
    // It cannot be made anew any more, and that is said; what is younger can.
    let proof = format!("/api/v1/sites/{}/ledger/proof", station.site);
    let day = |n: u32| house.hall.day_of(START + DAY * n).to_string();
    let of = |from: u32, to: u32| format!("{proof}?from={}&to={}", day(from), day(to));
    assert_eq!(house.get(&of(0, 2)).await.is(409).slug(), "records-let-go");
    let young = house.get(&of(14, 15)).await.is(200).json();
    assert_eq!(young["same"], true, "{young}");

    // Numbers count on, also when everything but the newest is gone.
    house.clock.set_wall(START + DAY * 400);
    let mut gone = 0;
    for _ in 0..400 {
        gone += house.let_go().await;
    }
    assert_eq!(gone, 30 - 12);
    let mut read = house.hall.db().read().await.expect("a connection");
    let cursor = evidence::cursor(&mut read).await.expect("a number");
    drop(read);
    let at = START + DAY * 400;
    station
        .says(&house.hall, round(true), at, Quality::Synced, (at, true))
        .await;
    let mut read = house.hall.db().read().await.expect("a connection");
    let new = hall::link::arrived::after(&mut read, cursor, 10)
        .await
        .expect("records");
    assert_eq!(new.len(), 1);
}

async fn unread(db: Db) {
    let (house, station) = told(db, 4).await;
    let mut tx = house.hall.db().write().await.expect("a transaction");
    evidence::set_cursor(&mut tx, 5).await.expect("set");
    tx.commit().await.expect("a commit");
    house.clock.set_wall(START + DAY * (TERM + 30));
    for _ in 0..6 {
        house.let_go().await;
    }
    // The first of five is what it has heard of the time.
    let left = house.listed(&station).await;
    let rounds = left.iter().filter(|row| row["kind"] == "round").count();
    assert_eq!(rounds, 12 - 4);
}

async fn wrong_clocks(db: Db) {
    let (house, station) = told(db, 4).await;
    // Ten years ahead for an hour: what one day has brought is gone, and no more.
    house.clock.set_wall(START + DAY * 3_650);
    assert_eq!(house.let_go().await, 3);
    house.clock.set_wall(START + DAY * 4);
    assert_eq!(house.let_go().await, 0);
    // Held under such a clock, one does not keep all behind it here for ever.
    let mut station = station;
    let far = START + DAY * 9_000;
    station
        .says(
            &house.hall,
            round(true),
            START + DAY * 5,
            Quality::Synced,
            (far, true),
        )
        .await;
    let gone = later(&house, &mut station, [6, 7]).await;
    // All but the newest, and the one of which nobody knows when it was held.
    assert_eq!(gone, 12 - 3 + 1);
    let left = house.listed(&station).await;
    let far: Vec<_> = left
        .iter()
        .filter(|row| row["received_us"] == far.as_us())
        .collect();
    assert_eq!(far.len(), 1);
}

/// More is held at a time that has not come yet than a transaction takes.
async fn much_of_the_future(db: Db) {
    let (house, mut station) = told(db, 1).await;
    let far = START + DAY * 9_000;
    for n in 0..2_050 {
        let at = START + DAY + Duration::from_secs(n);
        station
            .says(&house.hall, round(true), at, Quality::Synced, (far, true))
            .await;
    }
    let gone = later(&house, &mut station, [2, 3]).await;
    assert_eq!(gone, 3 + 1);
}

/// A leap of the clock, then the house comes to know better when a boot began: what was
/// made of days whose readings are gone stays, and what comes meanwhile is taken in.
async fn anew(db: Db) {
    let (house, mut station) = told(db, 4).await;
    house.clock.set_wall(START + DAY * 3_650);
    assert_eq!(house.let_go().await, 3);
    let now = START + DAY * 4;
    house.clock.set_wall(now);
    station.hears_time(&house.hall, now, now).await;
    let at = now + Duration::from_secs(85);
    station
        .says(&house.hall, round(true), at, Quality::Synced, (at, true))
        .await;
    house.clock.set_wall(now + Duration::from_secs(3_600));
    jobs::pass(&house.hall, &mut Folder::default(), Which::All)
        .await
        .expect("a pass");
    let ledger = format!("/api/v1/sites/{}/ledger?from=2025-12-01", station.site);
    let told = house.get(&ledger).await.is(200).json();
    // Twice it was heard without a round: when it said what it knew of the time.
    assert_eq!(told["counts"]["up"], 12 + 1 + 2, "{}", told["runs"]);
}

on_both! {
    readings_are_held_for_their_term: the_term;
    what_no_room_has_read_is_not_let_go: unread;
    a_clock_that_leaps_does_not_empty_the_house: wrong_clocks;
    what_was_held_in_the_future_holds_up_nothing: much_of_the_future;
    what_was_made_of_readings_that_are_gone_stays: anew;
}
