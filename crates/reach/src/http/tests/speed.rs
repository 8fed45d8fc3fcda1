//! What boxes have measured, and that one is told to measure, on both engines.

use hall::link::kinds;
use prost::Message as _;
use reach_core::speed::{End, Fault, Tested, Way};
use sync::record::Quality;

use super::station::Station;
use super::*;
use crate::jobs::{self, evidence::Folder, verdicts::Which};

const VILLAGE: &str = "62.71.01.1001";

const WEEK: Duration = Duration::from_secs(7 * 86_400);

fn way(octets: u64, us: u64, end: End) -> Way {
    Way {
        octets,
        us,
        end: end.into(),
        sent: Some(octets + 10),
        min_rtt_us: None,
    }
}

/// A test of so many Mbit/s to the village, and a tenth of that from it.
fn tested(mbit: u64, end: End) -> Tested {
    Tested {
        ago_ms: 20_000,
        cap: 30_000_000,
        spent: 21_000_000,
        down: Some(way(mbit * 125_000 * 4, 4_000_000, end)),
        up: Some(way(mbit * 12_500 * 4, 4_000_000, end)),
        fault: Fault::None.into(),
        command: Vec::new(),
    }
}

impl House {
    /// A box has measured; that was held at once.
    async fn measured(&self, station: &mut Station, tested: &Tested, at: Wall) {
        let body = (kinds::SPEED, tested.encode_to_vec());
        station
            .says(&self.hall, body, at, Quality::Synced, (at, true))
            .await;
        self.clock.set_wall(at);
        jobs::pass(&self.hall, &mut Folder::default(), Which::Past)
            .await
            .expect("a pass");
    }

    async fn speed(&self, query: &str) -> Json {
        let path = format!("/api/v1/villages/{VILLAGE}/speed{query}");
        self.get(&path).await.is(200).json()
    }
}

async fn the_tests(db: Db) {
    let house = House::new(db).await;
    let nothing = house.speed("").await;
    for key in ["latest", "down", "up"] {
        assert_eq!(nothing[key], Json::Null, "{nothing}");
    }
    assert_eq!(
        (&nothing["items"], &nothing["sites"]),
        (&json!([]), &json!([]))
    );
    let mut station = Station::new(&house.hall, "Kantor", VILLAGE, Some("A"), START).await;
    station.hears_time(&house.hall, START, START).await;
    let week = |n: u32| START + WEEK * n + Duration::from_secs(60);
    // Eleven weeks: the three oldest do not count in the middle.
    for n in 0..4 {
        house
            .measured(&mut station, &tested(2, End::Time), week(n))
            .await;
    }
    for (n, mbit) in [10, 20, 30, 40, 50, 60, 70].into_iter().enumerate() {
        let end = if mbit > 40 { End::Cap } else { End::Time };
        let n = 4 + u32::try_from(n).expect("a week");
        house
            .measured(&mut station, &tested(mbit, end), week(n))
            .await;
    }
    let told = house.speed("").await;
    assert_eq!(
        told["down"],
        json!({ "kbps": 30_000, "tests": 8, "at_least": false })
    );
    assert_eq!(told["up"]["kbps"], 3_000);
    assert_eq!(told["latest"]["down"]["kbps"], 70_000);
    assert_eq!(told["latest"]["down"]["at_least"], true);
    assert_eq!(
        told["latest"]["at_us"],
        (week(10) - Duration::from_secs(20)).as_us()
    );
    assert_eq!(
        (&told["latest"]["asked"], &told["stale"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(told["items"].as_array().map(Vec::len), Some(11));
    assert_eq!(
        house.speed("?limit=2").await["items"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    // One that could not measure is a row and no figure.
    let none = Tested {
        down: None,
        up: None,
        fault: Fault::Interrupted.into(),
        ..tested(1, End::Time)
    };
    house.measured(&mut station, &none, week(11)).await;
    let told = house.speed("").await;
    assert_eq!(told["items"][0]["fault"], "interrupted");
    assert_eq!(told["latest"]["down"]["kbps"], 70_000);
    // Also where it fills the page that was asked for.
    let short = house.speed("?limit=1").await;
    assert_eq!(short["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(short["latest"]["down"]["kbps"], 70_000);
    // Cut short in the middle, it may be more.
    house
        .measured(
            &mut station,
            &tested(15, End::Cap),
            week(11) + Duration::from_secs(60),
        )
        .await;
    let middle = house.speed("").await["down"].clone();
    assert_eq!(
        middle,
        json!({ "kbps": 30_000, "tests": 8, "at_least": true })
    );
    house.clock.set_wall(week(14));
    assert_eq!(house.speed("").await["stale"], true);
    // A body that is none shows nothing and stops nothing.
    let at = week(14);
    station
        .says(
            &house.hall,
            (kinds::SPEED, vec![0xff]),
            at,
            Quality::Synced,
            (at, true),
        )
        .await;
    house
        .measured(
            &mut station,
            &tested(33, End::Time),
            at + Duration::from_secs(60),
        )
        .await;
    assert_eq!(house.speed("").await["latest"]["down"]["kbps"], 33_000);
    let path = format!("/api/v1/villages/{VILLAGE}/speed?format=csv");
    let file = house.get(&path).await.is(200).text();
    assert_eq!(file.lines().count(), 15, "{file}");
    let row = file.lines().nth(1).expect("a row");
    assert!(
        row.ends_with(",16500000,4000000,time,33000,false,1650000,4000000,time,3300,false"),
        "{row}"
    );
    let other = "/api/v1/villages/62.71.01.1002/speed";
    assert_eq!(house.get(other).await.is(200).json()["items"], json!([]));
    house
        .get(&format!("/api/v1/villages/{VILLAGE}/speed?limit=0"))
        .await
        .is(422);
}

async fn twice(db: Db) {
    let house = House::new(db).await;
    let mut station = Station::new(&house.hall, "Kantor", VILLAGE, Some("A"), START).await;
    station.hears_time(&house.hall, START, START).await;
    let at = START + Duration::from_secs(600);
    house
        .measured(&mut station, &tested(9, End::Time), at)
        .await;
    let told = house.speed("").await;
    // Everything is read again, as after a restore.
    let mut tx = house.hall.db().write().await.expect("a transaction");
    crate::sql::evidence::set_cursor(&mut tx, 0)
        .await
        .expect("set");
    tx.commit().await.expect("a commit");
    jobs::pass(&house.hall, &mut Folder::default(), Which::Past)
        .await
        .expect("a pass");
    assert_eq!(house.speed("").await, told);
}

async fn on_demand(db: Db) {
    let house = House::new(db).await;
    let mut station = Station::new(&house.hall, "Kantor", VILLAGE, Some("A"), START).await;
    station.hears_time(&house.hall, START, START).await;
    let path = format!("/api/v1/sites/{}/speed", station.site);
    let ask = |octets: u64| json!({ "accept_octets": octets });
    let offer = async || house.speed("").await["sites"][0].clone();
    let told = offer().await;
    assert_eq!(told["cost_octets"], 30_000_000);
    assert_eq!(
        (&told["left_octets"], &told["pending"]),
        (&json!(60_000_000), &json!(false))
    );
    // Nobody asks without having said what it may cost.
    for wrong in [0, 1_999_999, 30_000_001] {
        house.post(&path, ask(wrong)).await.is(422);
    }
    house.post(&path, json!({})).await.is(422);
    let asked = house.post(&path, ask(30_000_000)).await.is(201).json();
    let id = asked["id"].as_str().expect("an id").to_owned();
    assert_eq!(offer().await["pending"], true);
    assert_eq!(
        house.post(&path, ask(30_000_000)).await.is(409).slug(),
        "speed-pending"
    );
    // It is with the commands of the site, and in the audit with what it costs.
    let commands = format!("/api/v1/sites/{}/commands", station.site);
    let listed = house.get(&commands).await.is(200).json()["items"][0].clone();
    assert_eq!(
        (&listed["id"], &listed["kind"]),
        (&json!(id), &json!("measure"))
    );
    let audit = house.get("/api/v1/audit?limit=5").await.is(200).text();
    assert!(
        audit.contains("site.commanded") && audit.contains("30000000"),
        "{audit}"
    );
    // What it has found stands with who has asked.
    let command: Vec<u8> = (0..16)
        .map(|n| u8::from_str_radix(&id[2 * n..2 * n + 2], 16).expect("hex"))
        .collect();
    let found = Tested {
        command,
        spent: 29_500_000,
        ..tested(80, End::Cap)
    };
    let at = START + Duration::from_secs(600);
    house.measured(&mut station, &found, at).await;
    let told = house.speed("").await;
    assert_eq!(told["items"][0]["asked"], true);
    assert!(told["items"][0]["asked_by"].is_string(), "{told}");
    assert_eq!(told["sites"][0]["left_octets"], 30_500_000);
    // An hour later nobody waits for it any more, and the week has had enough.
    let more = Tested {
        spent: 29_800_000,
        ..found
    };
    house
        .measured(&mut station, &more, at + Duration::from_secs(7_200))
        .await;
    assert_eq!(
        house.post(&path, ask(2_000_000)).await.is(409).slug(),
        "speed-week"
    );
    house.clock.set_wall(at + WEEK + Duration::from_secs(60));
    assert_eq!(
        house.post(&path, ask(30_500_000 - 1)).await.is(422).slug(),
        "form"
    );
    house.post(&path, ask(30_000_000)).await.is(201);
    house
        .post(
            "/api/v1/sites/sit_00000000000000000000000000/speed",
            ask(2_000_000),
        )
        .await
        .is(404);
}

on_both! {
    what_boxes_have_measured_is_listed_with_its_middle: the_tests;
    a_record_that_comes_twice_is_one_test: twice;
    a_test_is_asked_for_by_who_knows_what_it_costs: on_demand;
}
