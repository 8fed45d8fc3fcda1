//! The minute ledger from records to numbers, on both engines.

use hall::link::kinds;
use prost::Message as _;
use reach_core::judge::State as Was;
use reach_core::round::Began;
use reach_core::slot::Slot;
use sync::record::Quality;

use super::station::{Station, round};
use super::*;
use crate::jobs::{self, evidence::Folder, verdicts::Which};
use crate::sql::verdict;

const VILLAGE: &str = "62.71.01.1001";

const MINUTE: Duration = Duration::from_secs(60);

/// So many minutes after the start.
fn m(n: u64) -> Wall {
    START + MINUTE * u32::try_from(n).expect("few")
}

impl House {
    /// Brings the ledger up to date, as of now.
    async fn pass(&self, folder: &mut Folder) {
        jobs::pass(&self.hall, folder, Which::All)
            .await
            .expect("a pass");
    }

    fn at(&self, wall: Wall) {
        self.clock.set_wall(wall);
    }

    async fn ledger(&self, station: &Station, more: &str) -> Json {
        let path = format!(
            "/api/v1/sites/{}/ledger?from=2025-12-01{more}",
            station.site
        );
        self.get(&path).await.is(200).json()
    }
}

/// What the runs say of the first minutes since the start, one letter each.
fn letters(ledger: &Json, minutes: i64) -> String {
    let runs = ledger["runs"].as_array().expect("runs");
    let slot = |run: &Json, key: &str| run[key].as_i64().expect("a slot") - Slot::of(START).0;
    let letter = |at: i64| {
        let here = |run: &&Json| (slot(run, "from_slot")..slot(run, "to_slot")).contains(&at);
        let run = runs.iter().find(here);
        run.map_or('.', |run| {
            run["state"]
                .as_str()
                .expect("a state")
                .chars()
                .next()
                .unwrap_or('?')
        })
    };
    (0..minutes).map(letter).collect()
}

fn counts(ledger: &Json) -> Vec<i64> {
    ["all", "up", "down", "off", "unknown"]
        .map(|key| ledger["counts"][key].as_i64().expect("a number"))
        .to_vec()
}

/// An hour that is well, then half an hour without a link, then it comes back and tells.
async fn late_news(db: Db) {
    let house = House::new(db).await;
    let mut folder = Folder::default();
    let mut station = Station::new(&house.hall, "Kantor", VILLAGE, Some("A"), START).await;
    station.hears_time(&house.hall, START, START).await;
    let says = async |station: &mut Station, minute: u64, is_up: bool, held: Wall| {
        let at = m(minute) + Duration::from_secs(25);
        station
            .says(&house.hall, round(is_up), at, Quality::Synced, (held, true))
            .await;
    };
    for minute in 0..60 {
        let at = m(minute) + Duration::from_secs(25);
        says(&mut station, minute, true, at).await;
        house.at(m(minute) + Duration::from_secs(30));
        house.pass(&mut folder).await;
    }
    house.at(m(90));
    house.pass(&mut folder).await;
    let before = house.ledger(&station, "").await;
    assert_eq!(
        letters(&before, 90),
        format!("{}{}", "u".repeat(60), ".".repeat(30))
    );
    assert_eq!(counts(&before), [90, 60, 0, 0, 30]);
    assert_eq!(before["proved_bp"], 6_666, "silence is no success");
    assert_eq!(before["measured_bp"], 10_000);
    assert_eq!(before["contract"]["verdict"], "not_enough");
    // Ten minutes were out; of the rest it says that it was well all the time.
    let back = m(90) + Duration::from_secs(10);
    for minute in 60..90 {
        says(&mut station, minute, !(65..75).contains(&minute), back).await;
    }
    house.at(m(92));
    // What holds the ledger together is in the tables, and not in who does the work.
    house.pass(&mut Folder::default()).await;
    let after = house.ledger(&station, "").await;
    let ten = format!("{}{}{}", "u".repeat(65), "d".repeat(10), "u".repeat(16));
    // It came back in the 91st minute; the last is not known of yet.
    assert_eq!(letters(&after, 92), format!("{ten}."));
    assert_eq!(counts(&after), [92, 81, 10, 0, 1]);
    let outages = after["outages"].as_array().expect("outages");
    assert_eq!(outages.len(), 1);
    assert_eq!(outages[0]["from_us"], m(65).as_us());
    assert_eq!(outages[0]["to_us"], m(75).as_us());
    assert_eq!(outages[0]["cause"], "link");
    // It can be made anew from the records, and what does not follow is found.
    let proof = format!(
        "/api/v1/sites/{}/ledger/proof?from=2025-12-01",
        station.site
    );
    let told = house.get(&proof).await.is(200).json();
    assert_eq!(
        (&told["same"], &told["differing"]),
        (&json!(true), &json!([]))
    );
    assert_eq!(told["stands"], told["came_out"]);
    let mut tx = house.hall.db().write().await.expect("a transaction");
    let forged = Slot::of(m(70));
    let done = verdict::forge(&mut tx, station.site, forged, Was::Up).await;
    assert_eq!(done.expect("a statement"), 1);
    tx.commit().await.expect("a commit");
    let told = house.get(&proof).await.is(200).json();
    assert_eq!(told["same"], false);
    assert_eq!(told["differing"].as_array().map(Vec::len), Some(10));
    assert_eq!(told["differing"][0]["slot"], Slot::of(m(65)).0);
    assert_eq!(told["differing"][0]["came_out"], "down");
}

/// What comes within 35 days is judged once more, and what comes later is kept and changes
/// nothing: a sheet that was signed has to stand.
async fn too_late(db: Db) {
    const DAY: Duration = Duration::from_secs(24 * 3_600);
    let house = House::new(db).await;
    let mut folder = Folder::default();
    for (days, expected) in [(34, "u"), (36, ".")] {
        let name = format!("Kantor {days}");
        let mut station = Station::new(&house.hall, &name, VILLAGE, None, START).await;
        station.boot[15] = days;
        station.hears_time(&house.hall, START, START).await;
        let held = START + DAY * u32::from(days);
        house.at(held);
        house.pass(&mut folder).await;
        for minute in 0..10 {
            let at = m(minute) + Duration::from_secs(25);
            let said = round(true);
            let how = (held, true);
            station
                .says(&house.hall, said, at, Quality::Synced, how)
                .await;
        }
        house.at(held + MINUTE * 2);
        house.pass(&mut folder).await;
        let ledger = house.ledger(&station, "").await;
        // In the first minute its clock was heard, in time.
        let expected = format!("u{}", expected.repeat(9));
        assert_eq!(letters(&ledger, 10), expected, "{days} days");
        let proof = format!(
            "/api/v1/sites/{}/ledger/proof?from=2025-12-01",
            station.site
        );
        let told = house.get(&proof).await.is(200).json();
        assert_eq!(told["same"], true, "{days} days");
    }
}

/// The line is lost, an hour later the power; days after that both come back, and all that
/// the box had to say comes at once, with what it now knows of the time.
async fn of_the_boot_before(db: Db) {
    let house = House::new(db).await;
    let mut station = Station::new(&house.hall, "Kantor", VILLAGE, Some("A"), START).await;
    station.hears_time(&house.hall, START, START).await;
    house.at(m(1));
    house.pass(&mut Folder::default()).await;
    let back = START + Duration::from_secs(5 * 86_400);
    for minute in 0..60 {
        let at = m(minute) + Duration::from_secs(25);
        station
            .says(&house.hall, round(true), at, Quality::Synced, (back, true))
            .await;
    }
    station.reboots(back);
    station.hears_time(&house.hall, back, back).await;
    house.at(back + MINUTE);
    house.pass(&mut Folder::default()).await;
    let ledger = house.ledger(&station, "").await;
    assert_eq!(letters(&ledger, 61), format!("{}.", "u".repeat(60)));
    let proof = format!(
        "/api/v1/sites/{}/ledger/proof?from=2025-12-01",
        station.site
    );
    assert_eq!(house.get(&proof).await.is(200).json()["same"], true);
}

/// What the house said on a day can be asked for ever.
async fn as_it_was_known(db: Db) {
    let house = House::new(db).await;
    let mut folder = Folder::default();
    let mut station = Station::new(&house.hall, "Kantor", VILLAGE, None, START).await;
    station.hears_time(&house.hall, START, START).await;
    // On the first day the first hour is heard; what follows comes two days later.
    for minute in 0..60 {
        let at = m(minute) + Duration::from_secs(25);
        let quality = Quality::Synced;
        station
            .says(&house.hall, round(true), at, quality, (at, true))
            .await;
    }
    house.at(m(61));
    house.pass(&mut folder).await;
    let back = m(2 * 1_440);
    for minute in 60..120 {
        let at = m(minute) + Duration::from_secs(25);
        let quality = Quality::Synced;
        station
            .says(&house.hall, round(false), at, quality, (back, true))
            .await;
    }
    house.at(back + MINUTE);
    house.pass(&mut folder).await;
    let day = "&to=2025-12-01";
    let now = house.ledger(&station, day).await;
    let then = house
        .ledger(&station, &format!("{day}&known=2025-12-02"))
        .await;
    // A day of the house's zone (UTC+7) begins seven hours before START's.
    assert_eq!(
        letters(&now, 120),
        format!("{}{}", "u".repeat(60), "d".repeat(60))
    );
    assert_eq!(
        letters(&then, 120),
        format!("{}{}", "u".repeat(60), ".".repeat(60))
    );
    assert_eq!(counts(&now), [17 * 60, 60, 60, 0, 15 * 60]);
    assert_eq!(counts(&then), [17 * 60, 60, 0, 0, 16 * 60]);
}

/// A box without a clock, whose power went: what it says is placed when the house knows
/// when its boots were.
async fn without_a_clock(db: Db) {
    let house = House::new(db).await;
    let mut folder = Folder::default();
    let mut station = Station::new(&house.hall, "Kantor", VILLAGE, None, START).await;
    let first_boot = station.boot;
    for minute in 0..30 {
        let at = m(minute) + Duration::from_secs(25);
        let held = m(100);
        let quality = Quality::None;
        station
            .says(
                &house.hall,
                round(minute % 10 != 3),
                at,
                quality,
                (held, false),
            )
            .await;
    }
    house.at(m(100));
    house.pass(&mut folder).await;
    let nothing = house.ledger(&station, "").await;
    assert_eq!(
        letters(&nothing, 100),
        ".".repeat(100),
        "nobody knows when it was"
    );
    // The power goes in the thirtieth minute and comes in the ninetieth.
    let last = station.mono(m(30)).as_us();
    station.reboots(m(90));
    let began = Began {
        covers_ms: 5_000,
        before_boot: Some(first_boot.to_vec()),
        before_mono_us: last,
        ..Began::default()
    };
    let began = (kinds::BEGAN, began.encode_to_vec());
    let at = m(90) + Duration::from_secs(5);
    station
        .says(&house.hall, began, at, Quality::None, (m(101), false))
        .await;
    // The house hears of the second boot's clock, and by a stick of the first one's.
    station.hears_time(&house.hall, m(100), m(101)).await;
    house.at(m(101) + MINUTE);
    house.pass(&mut folder).await;
    let ledger = house.ledger(&station, "").await;
    assert_eq!(
        &letters(&ledger, 100),
        &".".repeat(100),
        "of the first boot nothing is known"
    );
    let second = (station.boot, station.booted);
    (station.boot, station.booted) = (first_boot, START);
    station.hears_time(&house.hall, m(20), m(110)).await;
    (station.boot, station.booted) = second;
    house.at(m(112));
    house.pass(&mut folder).await;
    let ledger = house.ledger(&station, "").await;
    let ten = "uuuduuuuuu";
    // It may have lived for a minute after its last note.
    let hour = format!(".{}", "o".repeat(59));
    assert_eq!(letters(&ledger, 90), format!("{}{hour}", ten.repeat(3)));
    assert_eq!(ledger["outages"][0]["cause"], "power");
    // The same from the records alone, by who has never seen them.
    let proof = format!(
        "/api/v1/sites/{}/ledger/proof?from=2025-12-01",
        station.site
    );
    assert_eq!(house.get(&proof).await.is(200).json()["same"], true);
}

/// Records may come in any order and in any portions.
async fn in_any_order(db: Db) {
    let house = House::new(db).await;
    let mut rng = fastrand::Rng::with_seed(62);
    let states: Vec<bool> = (0..240).map(|_| rng.u8(..) > 60).collect();
    let mut told = Vec::new();
    for order in 0..3 {
        let name = format!("Kantor {order}");
        let mut station = Station::new(&house.hall, &name, VILLAGE, None, START).await;
        station.boot[15] = order;
        let mut folder = Folder::default();
        let mut minutes: Vec<u64> = (0..240).collect();
        if order > 0 {
            rng.shuffle(&mut minutes);
        }
        let anchor = rng.usize(..240);
        for (nth, minute) in minutes.into_iter().enumerate() {
            let at = m(minute) + Duration::from_secs(25);
            let is_up = states[usize::try_from(minute).expect("few")];
            let held = (m(300), false);
            let quality = Quality::None;
            station
                .says(&house.hall, round(is_up), at, quality, held)
                .await;
            if nth == anchor {
                station.hears_time(&house.hall, m(minute), m(300)).await;
            }
            if rng.u8(..) < 20 {
                house.at(m(300));
                house.pass(&mut folder).await;
            }
        }
        house.at(m(302));
        house.pass(&mut folder).await;
        told.push(letters(&house.ledger(&station, "").await, 300));
    }
    let wanted: String = states
        .iter()
        .map(|is_up| if *is_up { 'u' } else { 'd' })
        .collect();
    for letters in told {
        // The house heard of the clock in minute 300, by a line.
        assert_eq!(&letters[..240], &wanted, "seed 62");
    }
}

/// One declares, another decides, and late maintenance excuses nothing.
async fn excuses(db: Db) {
    let house = House::new(db).await;
    let mut folder = Folder::default();
    let mut station = Station::new(&house.hall, "Kantor", VILLAGE, Some("A"), START).await;
    station.hears_time(&house.hall, START, START).await;
    let other = house.person("kedua", "admin", None).await;
    let span = |from: u64, to: u64| (m(from).as_us(), m(to).as_us());
    let form = |overlay: &str, (from, to): (i64, i64), document: Option<&str>| {
        json!({
            "overlay": overlay, "area": "62.71", "provider": "a", "from_us": from,
            "to_us": to, "why": "ganti modem", "document": document,
        })
    };
    house.at(m(0));
    let announced = form("maintenance", span(10, 20), None);
    let announced = house
        .post("/api/v1/excuses", announced)
        .await
        .is(201)
        .json();
    house.at(m(30));
    let late = house
        .post("/api/v1/excuses", form("maintenance", span(25, 35), None))
        .await;
    let late = late.is(201).json();
    assert_eq!(
        (&late["late"], &late["counts"]),
        (&json!(true), &json!(false))
    );
    let bare = form("force_majeure", span(40, 50), None);
    assert_eq!(
        house.post("/api/v1/excuses", bare).await.is(422).slug(),
        "form"
    );
    let flood = form("force_majeure", span(40, 50), Some("BA-12/BPBD"));
    let flood = house.post("/api/v1/excuses", flood).await.is(201).json();
    for (bad, why) in [
        (form("ours", span(1, 2), None), "overlay"),
        (form("maintenance", span(2, 2), None), "to_us"),
        (form("maintenance", span(0, 200_000), None), "to_us"),
    ] {
        let refused = house.post("/api/v1/excuses", bad).await.is(422).json();
        assert_eq!(refused["errors"][0]["field"], why, "{refused}");
    }
    let decide = |excuse: &Json| {
        let id = excuse["id"].as_str().expect("an id");
        format!("/api/v1/excuses/{id}/decision")
    };
    let agreed = json!({ "agreed": true });
    let own = house
        .post(&decide(&announced), agreed.clone())
        .await
        .is(409);
    assert_eq!(own.slug(), "excuse-own");
    for excuse in [&announced, &late, &flood] {
        let done = house
            .call(&other, "POST", &decide(excuse), Some(agreed.clone()))
            .await;
        done.is(201);
    }
    let twice = house
        .call(&other, "POST", &decide(&flood), Some(agreed))
        .await
        .is(409);
    assert_eq!(twice.slug(), "excuse-decided");
    // An hour, of which the excused minutes and five others were out.
    for minute in 0..60 {
        let is_up = !(10..20).contains(&minute)
            && !(27..32).contains(&minute)
            && !(40..50).contains(&minute);
        let at = m(minute) + Duration::from_secs(25);
        station
            .says(
                &house.hall,
                round(is_up),
                at,
                Quality::Synced,
                (m(60), false),
            )
            .await;
    }
    house.at(m(60));
    house.pass(&mut folder).await;
    let ledger = house.ledger(&station, "").await;
    assert_eq!(counts(&ledger), [60, 35, 25, 0, 0]);
    let over = |key: &str| ledger["counts"][key].clone();
    assert_eq!(
        (over("maintenance"), over("force_majeure")),
        (json!(10), json!(10))
    );
    assert_eq!(ledger["contract"]["share_bp"], 8_750, "35 of 40");
    // What is measured for a target is what the ledger proves.
    let point = json!({ "name": "Kantor", "village": VILLAGE, "kind": "kantor_desa", "site": station.site });
    house.post("/api/v1/points", point).await.is(201);
    let target = json!({
        "name": "seratus hari", "area": "62", "owner": "Bidang", "reached": "active", "goal": 10,
        "start": "2025-11-30", "end": "2025-12-31", "calendar": "kalender",
    });
    let target = house.post("/api/v1/targets", target).await.is(201).json();
    assert_eq!(target["progress"]["measured"], 1);
    let path = format!("/api/v1/targets/{}", target["id"].as_str().expect("an id"));
    let before = house
        .get(&format!("{path}?then=2025-11-30"))
        .await
        .is(200)
        .json();
    assert_eq!(
        before["progress"]["measured"],
        Json::Null,
        "its box was not let in yet"
    );
    let unknown = house
        .get(&format!("{path}?known=2025-11-30"))
        .await
        .is(200)
        .json();
    assert_eq!(
        unknown["progress"]["measured"],
        Json::Null,
        "the point was not known then"
    );
    // Another provider's site is not excused.
    let list = house
        .get("/api/v1/ledger?from=2025-12-01&by=provider")
        .await
        .is(200)
        .json();
    assert_eq!(list["items"][0]["key"], "A");
    assert_eq!(list["items"][0]["counts"]["force_majeure"], 10);
    let regency = house
        .get("/api/v1/ledger?from=2025-12-01&by=regency")
        .await
        .is(200)
        .json();
    assert_eq!(regency["items"][0]["key"], "62.71");
    assert_eq!(regency["items"][0]["village_mean_bp"], 5_833, "35 of 60");
    let file = house
        .get("/api/v1/ledger?from=2025-12-01&format=csv")
        .await
        .is(200)
        .text();
    assert!(file.contains(",60,35,0,25,0,0,10,10,0,"), "{file}");
    // Who may read sites of another regency sees none of it.
    let stranger = house.person("jauh", "konektivitas", Some("62.01")).await;
    let path = format!("/api/v1/sites/{}/ledger", station.site);
    house.call(&stranger, "GET", &path, None).await.is(404);
    let list = house
        .call(&stranger, "GET", "/api/v1/ledger?from=2025-12-01", None)
        .await;
    assert_eq!(list.is(200).json()["items"], json!([]));
    let list = house.call(&stranger, "GET", "/api/v1/excuses", None).await;
    assert_eq!(list.is(200).json()["items"], json!([]));
    let contact = house.call(&stranger, "GET", "/api/v1/contact", None).await;
    assert_eq!(contact.is(200).json()["counts"]["sites"], 0);
    let contact = house.get("/api/v1/contact").await.is(200).json();
    assert_eq!(contact["counts"]["sites"], 1);
}

on_both! {
    what_a_box_says_of_the_boot_before_is_not_lost: of_the_boot_before;
    late_news_change_the_ledger_and_the_proof_finds_what_was_forged: late_news;
    the_ledger_is_told_as_it_was_known: as_it_was_known;
    a_box_without_a_clock_is_placed_when_its_boots_are: without_a_clock;
    records_in_any_order_make_the_same_ledger: in_any_order;
    what_comes_after_35_days_changes_nothing: too_late;
    minutes_are_excused_by_two_people: excuses;
}
