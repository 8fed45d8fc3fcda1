//! Evidence sheets, and that they follow from the records by who knows none of our code.

use std::path::Path;
use std::process::Command;

use hall::incident::{self, About, Opening, Severity};
use hall::link::kinds;
use prost::Message as _;
use reach_core::judge::State as Was;
use reach_core::round::{Began, Check, Fault, Probes, Round, Way};
use reach_core::slot::Slot;
use sync::record::{Kind, Quality};

use super::station::Station;
use super::*;
use crate::jobs::{self, evidence::Folder, verdicts::Which};
use crate::sql::{presence, verdict};

const VILLAGE: &str = "62.71.01.1001";

const PROVIDER: &str = "PT Satelit Khayalan";

const SHEET: &str = "/api/v1/villages/62.71.01.1001/sheet?month=2025-12";

const MINUTE: Duration = Duration::from_secs(60);

/// Half hours after the start.
fn half(n: u32) -> Wall {
    START + MINUTE * 30 * n
}

/// How half an hour was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Well,
    ByName,
    Down,
    Portal,
    Lossy,
    Slow,
    Flapping,
    Idle,
}

/// What a box says of half an hour, at its end.
fn round(mood: Mood) -> (Kind, Vec<u8>) {
    let mut round = Round {
        covers_ms: 30 * 60_000,
        ..Round::default()
    };
    for minute in 0..30_u32 {
        let ago_ms = (29 - minute) * 60_000 + 20_000;
        let mut check = |way: Way, fault: Fault| {
            round.checks.push(Check {
                anchor: 0,
                way: way as i32,
                ago_ms,
                took_ms: 900,
                fault: fault as i32,
            });
        };
        match mood {
            Mood::Idle => continue,
            Mood::Well | Mood::Lossy | Mood::Slow => check(Way::Https, Fault::None),
            Mood::ByName => {
                check(Way::Https, Fault::Timeout);
                check(Way::Dns, Fault::None);
                check(Way::Tcp, Fault::None);
            }
            Mood::Down => {
                check(Way::Https, Fault::Timeout);
                check(Way::Dns, Fault::None);
            }
            Mood::Portal => check(Way::Https, Fault::Portal),
            Mood::Flapping if minute / 3 % 2 == 0 => check(Way::Https, Fault::NoRoute),
            Mood::Flapping => check(Way::Https, Fault::None),
        }
        let rtt = match mood {
            Mood::Slow => 1_900,
            _ => 500 + minute * 3,
        };
        round.probes.push(Probes {
            ago_ms,
            sent: 5,
            lost: u32::from(mood == Mood::Lossy && minute % 3 == 0),
            rtt_p95_ms: (mood != Mood::Down).then_some(rtt),
        });
    }
    (kinds::ROUND, round.encode_to_vec())
}

/// So many half hours of a rough life: some brought at once, some days later, some by a
/// stick; cuts of power; a boot of which the time is known only later.
async fn live(house: &House, station: &mut Station, rng: &mut fastrand::Rng, halves: u32) {
    station.hears_time(&house.hall, half(0), half(0)).await;
    let mut at = 1;
    while at < halves {
        let mood = match rng.u8(..40) {
            0 | 1 => Mood::Down,
            2 => Mood::Portal,
            3 => Mood::Lossy,
            4 => Mood::Slow,
            5 => Mood::Flapping,
            6 => Mood::Idle,
            7 | 8 => Mood::ByName,
            9 => {
                // The power goes, and comes back some hours later.
                let last = half(at - 1) + MINUTE * 7;
                let mono = station.mono(last).as_us();
                let boot = station.boot;
                at += rng.u32(1..12);
                station.reboots(half(at));
                let began = Began {
                    covers_ms: 4_000,
                    before_boot: Some(boot.to_vec()),
                    before_mono_us: mono,
                    orderly: rng.u8(..4) == 0,
                    ..Began::default()
                };
                let began = (kinds::BEGAN, began.encode_to_vec());
                let when = half(at) + Duration::from_secs(5);
                let held = (when + MINUTE, false);
                station
                    .says(&house.hall, began, when, Quality::None, held)
                    .await;
                let heard = half(at) + Duration::from_secs(rng.u64(60..40_000));
                station.hears_time(&house.hall, heard, heard).await;
                at += 1;
                continue;
            }
            10 => {
                // Nobody ever says anything of it.
                at += rng.u32(1..6);
                continue;
            }
            _ => Mood::Well,
        };
        let when = half(at) - Duration::from_secs(rng.u64(..20));
        let held = match rng.u8(..10) {
            0 => (when + DAY * rng.u32(1..5), rng.bool()),
            1 => (when + Duration::from_secs(90), false),
            _ => (when + Duration::from_secs(2), mood != Mood::Down),
        };
        let quality = if rng.bool() {
            Quality::Synced
        } else {
            Quality::None
        };
        station
            .says(&house.hall, round(mood), when, quality, held)
            .await;
        at += 1;
    }
}

impl House {
    async fn bring_up_to_date(&self) {
        let mut folder = Folder::default();
        jobs::pass(&self.hall, &mut folder, Which::All)
            .await
            .expect("a pass");
    }

    /// All records of a site, as `betang sites records --format json` tells them.
    async fn records(&self, station: &Station) -> Vec<Json> {
        let mut all = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!(
                "/api/v1/sites/{}/records?bodies=true&limit=5000{cursor}",
                station.site
            );
            let page = self.get(&path).await.is(200).json();
            all.extend(page["items"].as_array().cloned().unwrap_or_default());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return all,
            }
        }
    }
}

/// Another program makes the sheet again: what it says, and whether it agrees.
fn made_again(folder: &Path, records: &Json, sheet: &Json, pdf: Option<&[u8]>) -> (bool, String) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../betang/tests/net/sheets.py");
    let put = |name: &str, octets: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, octets).expect("written");
        path
    };
    let mut command = Command::new("python3");
    command
        .args(["-B", script])
        .arg(put("catatan.json", records.to_string().as_bytes()))
        .arg(put("lembar.json", sheet.to_string().as_bytes()));
    if let Some(pdf) = pdf {
        command.arg(put("lembar.pdf", pdf));
    }
    let done = command.output().expect("python3 runs");
    let said = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
    (done.status.success(), said.into_owned())
}

/// A village of two sites for a month.
async fn month(db: Db) {
    let house = House::new(db).await;
    let mut rng = fastrand::Rng::with_seed(1_962);
    let mut stations = Vec::new();
    for name in [
        "Kantor Desa Pahandut Seberang Hulu dan Balai Basara",
        "Pustu",
    ] {
        stations.push(Station::new(&house.hall, name, VILLAGE, Some(PROVIDER), START).await);
    }
    // The house itself was away for an hour on the second day.
    let mut tx = house.hall.db().write().await.expect("a transaction");
    for (since, to) in [(0, 1_500), (1_560, 60_000)] {
        let since = Slot::of(START).plus(since);
        presence::begin(&mut tx, since).await.expect("a statement");
        presence::go_on(&mut tx, since, Slot::of(START).plus(to))
            .await
            .expect("a statement");
    }
    tx.commit().await.expect("a commit");
    let us = |halves: u32| half(halves).as_us();
    let declared = [
        ("maintenance", us(100), us(108), None, Some(true)),
        (
            "force_majeure",
            us(20),
            us(26),
            Some("BA-12/BPBD/2025"),
            Some(true),
        ),
        ("maintenance", us(40), us(44), None, Some(true)),
        ("maintenance", us(200), us(203), None, Some(false)),
        ("maintenance", us(300), us(302), None, None),
    ];
    house.clock.set_wall(half(41));
    let other = house.person("kedua", "admin", None).await;
    for (overlay, from, to, document, agreed) in declared {
        let form = json!({
            "overlay": overlay, "area": VILLAGE, "provider": PROVIDER, "from_us": from,
            "to_us": to, "why": "penggantian antena di menara", "document": document,
        });
        let excuse = house.post("/api/v1/excuses", form).await.is(201).json();
        if let Some(agreed) = agreed {
            let path = format!(
                "/api/v1/excuses/{}/decision",
                excuse["id"].as_str().expect("an id")
            );
            let agreed = json!({ "agreed": agreed });
            house
                .call(&other, "POST", &path, Some(agreed))
                .await
                .is(201);
        }
    }
    for station in &mut stations {
        live(&house, station, &mut rng, 30 * 48 + 30).await;
    }
    house.clock.set_wall(START + DAY * 36);
    house.bring_up_to_date().await;
    // An incident of each kind: in a person's words, and of the house.
    house.clock.set_wall(START + DAY * 3);
    let form = json!({
        "title": "Ibu Uji melapor", "severity": "warning",
        "site": stations[0].site.to_string(),
    });
    house.post("/api/v1/incidents", form).await.is(201);
    let mut tx = house.hall.db().write().await.expect("a transaction");
    let about = About::site(&mut tx, stations[0].site).await.expect("read");
    let opening = Opening {
        key: incident::Key::new("link.silent", stations[0].site),
        by: "reach",
        severity: Severity::Warning,
        title: "Lokasi tidak terdengar".to_owned(),
        facts: serde_json::Map::new(),
        about: about.into_iter().collect(),
    };
    incident::open(&mut tx, house.hall.now(), opening)
        .await
        .expect("opened");
    tx.commit().await.expect("a commit");
    house.clock.set_wall(START + DAY * 36);
    let sheet = house.get(SHEET).await.is(200).json();
    let named = |at: usize| {
        let of = |site: &&Json| site["site"] == stations[at].site.to_string();
        let site = sheet["sites"].as_array().into_iter().flatten().find(of);
        let all = &site.expect("a site")["incidents"];
        let titles = all.as_array().into_iter().flatten();
        let titles: Vec<Json> = titles.map(|it| it["title"].clone()).collect();
        titles
    };
    assert_eq!(named(0), [Json::Null, json!("Lokasi tidak terdengar")]);
    assert_eq!(named(1), [] as [Json; 0]);
    assert_eq!(sheet["whole"], true);
    assert_eq!(sheet["village"]["name"], "Pahandut");
    assert_eq!(
        sheet["to_slot"]
            .as_i64()
            .zip(sheet["from_slot"].as_i64())
            .map(|(to, from)| to - from),
        Some(44_640)
    );
    let total = &sheet["total"]["counts"];
    for key in [
        "up",
        "degraded",
        "down",
        "off",
        "unknown",
        "maintenance",
        "force_majeure",
        "ours",
    ] {
        assert!(total[key].as_u64() > Some(0), "{key}: {total}");
    }
    for site in sheet["sites"].as_array().expect("sites") {
        assert!(site["outages"].as_array().is_some_and(|all| all.len() > 20));
        assert_eq!(site["excused"].as_array().map(Vec::len), Some(6));
        // Its box's own chain ends where the last record of it stands.
        let of_site = stations
            .iter()
            .find(|it| site["site"] == it.site.to_string());
        let all = house.records(of_site.expect("a station")).await;
        let journals = site["journals"].as_array().expect("journals");
        assert_eq!(journals.len(), 1, "{journals:?}");
        let last = all
            .iter()
            .filter(|it| it["stream"] == journals[0]["stream"])
            .filter(|it| it["epoch"] == journals[0]["epoch"])
            .filter_map(|it| it["seq"].as_u64())
            .max();
        assert_eq!(journals[0]["seq"].as_u64(), last);
        assert_eq!(journals[0]["digest"].as_str().map(str::len), Some(64));
        // The same as the ledger says.
        let path = format!(
            "/api/v1/sites/{}/ledger?from=2025-12-01&to=2025-12-31",
            site["site"].as_str().expect("an id")
        );
        assert_eq!(
            site["counts"],
            house.get(&path).await.is(200).json()["counts"]
        );
    }
    let pdf = house
        .get(&format!("{SHEET}&format=pdf"))
        .await
        .is(200)
        .octets;
    let mut records = serde_json::Map::new();
    for station in &stations {
        records.insert(
            station.site.to_string(),
            house.records(station).await.into(),
        );
    }
    let records = Json::from(records);
    let folder = tempfile::tempdir().expect("a folder");
    let (same, said) = made_again(folder.path(), &records, &sheet, Some(&pdf));
    assert!(same, "{said}");
    assert!(said.starts_with("same: 2 sites, 88"), "{said}");

    // A minute of a file that was touched is found, and so is one of the ledger.
    let mut touched = sheet.clone();
    let up = touched["sites"][0]["counts"]["up"]
        .as_u64()
        .expect("a number");
    touched["sites"][0]["counts"]["up"] = json!(up + 1);
    let (same, said) = made_again(folder.path(), &records, &touched, None);
    assert!(
        !same && said.contains(&format!("up: sheet {}, records {up}", up + 1)),
        "{said}"
    );
    let outage = &sheet["sites"][0]["outages"][0]["from_us"];
    let forged = Slot::of(Wall::from_us(outage.as_i64().expect("a time")));
    let site = sheet["sites"][0]["site"]
        .as_str()
        .expect("an id")
        .parse()
        .expect("an id");
    let mut tx = house.hall.db().write().await.expect("a transaction");
    assert_eq!(
        verdict::forge(&mut tx, site, forged, Was::Up)
            .await
            .expect("a statement"),
        1
    );
    tx.commit().await.expect("a commit");
    let now = house.get(SHEET).await.is(200).json();
    assert_ne!(now["digest"], sheet["digest"]);
    let (same, said) = made_again(folder.path(), &records, &now, None);
    assert!(!same && said.contains("digest"), "{said}");
}

/// Late news change the sheet of now, and never the one that was.
async fn as_known(db: Db) {
    let house = House::new(db).await;
    let mut station = Station::new(&house.hall, "Kantor", VILLAGE, Some(PROVIDER), START).await;
    station.hears_time(&house.hall, half(0), half(0)).await;
    for n in 1..=4 {
        let held = (half(n) + MINUTE, false);
        station
            .says(
                &house.hall,
                round(Mood::Well),
                half(n),
                Quality::Synced,
                held,
            )
            .await;
    }
    house.clock.set_wall(half(8));
    house.bring_up_to_date().await;
    let counts = |sheet: &Json| {
        ["all", "up", "down", "unknown"].map(|key| sheet["total"]["counts"][key].as_u64())
    };
    let first = house.get(SHEET).await.is(200).json();
    // Those of the last ten minutes are in no sheet, and the month goes on.
    assert_eq!(counts(&first), [Some(230), Some(120), Some(0), Some(110)]);
    assert_eq!(first["whole"], false);
    house.clock.set_wall(half(9));
    let again = house
        .get(&format!("{SHEET}&known_us={}", first["known_us"]))
        .await
        .is(200)
        .json();
    for key in ["digest", "sites", "total", "known_us"] {
        assert_eq!(again[key], first[key], "{key}");
    }
    // Two days later it tells of an hour that was out.
    for n in 5..=6 {
        let held = (START + DAY * 2, true);
        station
            .says(
                &house.hall,
                round(Mood::Down),
                half(n),
                Quality::Synced,
                held,
            )
            .await;
    }
    house.clock.set_wall(START + DAY * 2 + MINUTE * 20);
    house.bring_up_to_date().await;
    let then = house
        .get(&format!("{SHEET}&known_us={}", first["known_us"]))
        .await
        .is(200)
        .json();
    assert_eq!(then["digest"], first["digest"]);
    let day = house
        .get(&format!("{SHEET}&known=2025-12-01"))
        .await
        .is(200)
        .json();
    assert_eq!(counts(&day)[1..3], [Some(120), Some(0)]);
    let now = house.get(SHEET).await.is(200).json();
    assert_eq!(counts(&now)[1..3], [Some(121), Some(60)]);
    assert_eq!(now["sites"][0]["outages"][0]["down"], 60);
}

/// Who may, what is refused, and what is written down of it.
async fn doors(db: Db) {
    let house = House::new(db).await;
    Station::new(&house.hall, "Kantor", VILLAGE, Some(PROVIDER), START).await;
    Station::new(&house.hall, "Menara", "62.01", Some(PROVIDER), START).await;
    house.clock.set_wall(half(10));
    for bad in [
        "/api/v1/villages/62.71.01.1001/sheet",
        "/api/v1/villages/62.71.01.1001/sheet?month=2025-13",
        "/api/v1/villages/62.71.01.1001/sheet?month=2026-01",
        "/api/v1/villages/62.71.01.1001/sheet?month=2025-12&format=png",
        "/api/v1/villages/62.71.01.1001/sheet?month=2025-12&known=2025-12-01&known_us=1",
        "/api/v1/villages/62.71.01.1001/sheet?month=2025-12&provider=x",
        "/api/v1/providers/sheet?month=2025-12",
    ] {
        house.get(bad).await.is(422);
    }
    let missing = house
        .get("/api/v1/villages/62.71.01/sheet?month=2025-12")
        .await
        .is(404);
    assert_eq!(missing.slug(), "area");
    let missing = house
        .get("/api/v1/providers/sheet?month=2025-12&provider=Lain")
        .await
        .is(404);
    assert_eq!(missing.slug(), "provider");
    // A village without a box has a sheet that says so.
    let bare = "/api/v1/villages/62.11.05.2004/sheet?month=2025-12";
    let told = house.get(bare).await.is(200).json();
    assert_eq!(
        (&told["sites"], &told["total"]["proved_bp"]),
        (&json!([]), &Json::Null)
    );
    let pdf = house
        .get(&format!("{bare}&format=pdf"))
        .await
        .is(200)
        .octets;
    assert!(pdf.starts_with(b"%PDF"));
    let provider = "/api/v1/providers/sheet?month=2025-12&provider=PT+Satelit+Khayalan";
    let all = house.get(provider).await.is(200).json();
    assert_eq!(all["total"]["sites"], 2);
    assert_eq!(all["total"]["villages"], 1);
    let some = house
        .get(&format!("{provider}&within=62.71"))
        .await
        .is(200)
        .json();
    assert_eq!(
        (&some["total"]["sites"], &some["within"]["code"]),
        (&json!(1), &json!("62.71"))
    );
    // Who may read another regency sees that there is nothing for him.
    let stranger = house.person("jauh", "konektivitas", Some("62.02")).await;
    house.call(&stranger, "GET", provider, None).await.is(404);
    let told = house
        .call(&stranger, "GET", SHEET, None)
        .await
        .is(200)
        .json();
    assert_eq!(told["sites"], json!([]));
    let near = house.person("dekat", "konektivitas", Some("62.01")).await;
    let told = house
        .call(&near, "GET", provider, None)
        .await
        .is(200)
        .json();
    assert_eq!(told["total"]["sites"], 1);
    // Whoever takes a file is in the chain, and so is the digest of what he took.
    let pdf = house
        .get(&format!("{SHEET}&format=pdf"))
        .await
        .is(200)
        .octets;
    let sheet = house.get(SHEET).await.is(200).json();
    let entries = house
        .get("/api/v1/audit?verb=sheet.exported")
        .await
        .is(200)
        .json();
    let entry = &entries["items"][0];
    assert_eq!(entry["subject"], VILLAGE);
    assert_eq!(entry["detail"]["digest"], sheet["digest"]);
    assert_eq!(
        entries["items"].as_array().map(Vec::len),
        Some(2),
        "JSON is no export"
    );
    assert_eq!(sheet["chain"]["seq"], entry["seq"]);
    // The same question at the same time makes the same file, but for the chain that has
    // grown by who took the first one.
    assert!(pdf.len() > 5_000);
}

/// The page for whoever leads: three numbers, what is unknown, one page.
async fn brief(db: Db) {
    let house = House::new(db).await;
    let path = "/api/v1/villages/brief";
    let empty = house.get(path).await.is(200).json();
    assert_eq!(empty["within"]["name"], "Kalimantan Tengah");
    assert_eq!(
        (&empty["points"]["all"], &empty["heard_us"]),
        (&json!(0), &Json::Null)
    );
    assert_eq!(empty["money"]["per_proven_month"]["rupiah"], Json::Null);
    let mut station = Station::new(&house.hall, "Kantor", VILLAGE, Some(PROVIDER), START).await;
    let silent = Station::new(&house.hall, "Pustu", VILLAGE, Some(PROVIDER), START).await;
    station.hears_time(&house.hall, half(0), half(0)).await;
    station
        .says(
            &house.hall,
            round(Mood::Well),
            half(1),
            Quality::Synced,
            (half(1), true),
        )
        .await;
    house.clock.set_wall(half(2));
    house.bring_up_to_date().await;
    let mut ids = Vec::new();
    for (name, site) in [
        ("Kantor", Some(station.site)),
        ("Pustu", Some(silent.site)),
        ("Sekolah", None),
    ] {
        let form = json!({ "name": name, "village": VILLAGE, "kind": "lainnya", "site": site });
        let saved = house.post("/api/v1/points", form).await.is(201).json();
        ids.push(saved["id"].as_str().expect("an id").to_owned());
    }
    let money = |monthly: Option<i64>| json!({ "monthly_rupiah": monthly, "paid_rupiah": monthly });
    for (id, monthly) in ids.iter().zip([Some(1_100_001), Some(900_000)]) {
        let path = format!("/api/v1/points/{id}/money");
        house.post(&path, money(monthly)).await.is(201);
    }
    for n in 0..8 {
        let form = json!({
            "name": format!("Target ke-{n} {}", "titik layanan internet desa ".repeat(3)),
            "area": "62", "owner": "Bidang Infrastruktur Teknologi Informasi dan Komunikasi",
            "reached": "active", "goal": 10 + n, "start": "2025-11-30",
            "end": "2025-12-31", "calendar": "kalender",
        });
        house.post("/api/v1/targets", form).await.is(201);
    }
    let told = house.get(path).await.is(200).json();
    let points =
        ["all", "proven", "unproven", "without_box"].map(|key| told["points"][key].as_u64());
    assert_eq!(points, [Some(3), Some(1), Some(1), Some(1)]);
    // The minute in which it was heard comes behind those that it tells of.
    assert_eq!(told["ledger"]["counts"]["up"], 31);
    assert_eq!(told["targets"].as_array().map(Vec::len), Some(8));
    assert_eq!(told["targets"][0]["progress"]["measured"], 1);
    assert_eq!(
        told["money"]["monthly"],
        json!({ "known_rupiah": 2_000_001, "known": 2, "unknown": 1 })
    );
    assert_eq!(told["money"]["planned"]["known"], 0);
    // None of them is said to be equipped, so there is no fee that is held against proof.
    assert_eq!(told["money"]["per_proven_month"]["points"], 0);
    assert_eq!(told["money"]["per_proven_month"]["rupiah"], Json::Null);
    assert_eq!(told["incidents"]["open"], 0);
    assert_eq!(told["heard_us"], half(1).as_us());
    let text = told.to_string();
    assert!(
        !text.contains("admin") && !text.contains("prs_"),
        "no persons: {text}"
    );
    let pdf = house
        .get(&format!("{path}?format=pdf"))
        .await
        .is(200)
        .octets;
    assert!(pdf.starts_with(b"%PDF"));
    let png = house
        .get(&format!("{path}?format=png"))
        .await
        .is(200)
        .octets;
    assert!(png.starts_with(b"\x89PNG"));
    for bad in ["?format=csv", "?within=63", "?month=2026-02", "?x=1"] {
        house.get(&format!("{path}{bad}")).await.is(422);
    }
    // Who may not know of money reads that it is not shown, and not that there is none.
    let worker = house.person("petugas", "petugas", Some("62.71")).await;
    let told = house.call(&worker, "GET", path, None).await.is(200).json();
    assert_eq!(
        (&told["money"], &told["incidents"]),
        (&Json::Null, &Json::Null)
    );
    assert_eq!(told["points"]["all"], 3);
}

on_both! {
    a_month_is_made_again_by_another_program_to_the_minute: month;
    late_news_change_no_sheet_that_was: as_known;
    sheets_are_for_who_may_and_are_written_down: doors;
    the_page_for_whoever_leads_is_one_page_without_persons: brief;
}
