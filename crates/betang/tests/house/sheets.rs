//! Papers from the command line, and an old one held against the records.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use base::now::Wall;
use hall::clock::Clock;
use hall::config::Config;
use hall::simulated::{Said, Spot, Station, heard_time};
use prost::Message as _;
use serde_json::{Value as Json, json};
use store::{Db, Place};
use sync::record::{Kind, Quality};

use crate::running::{House, data, local, run, within};

const VILLAGE: &str = "62.11.05.2004";

const MINUTE: Duration = Duration::from_secs(60);

/// What a box says of its checks, as decision 0016 has it.
#[derive(Clone, PartialEq, prost::Message)]
struct Round {
    #[prost(uint32, tag = "1")]
    covers_ms: u32,
    #[prost(message, repeated, tag = "2")]
    checks: Vec<Check>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Check {
    #[prost(int32, tag = "2")]
    way: i32,
    #[prost(uint32, tag = "3")]
    ago_ms: u32,
    #[prost(int32, tag = "5")]
    fault: i32,
}

/// The last month, and noon (UTC) of its tenth day.
fn last_month() -> (String, Wall) {
    let now = jiff::Timestamp::from_microsecond(Clock::real().now().wall.as_us()).expect("a time");
    let date = now.in_tz("Asia/Pontianak").expect("a zone").date();
    let first = date
        .first_of_month()
        .yesterday()
        .expect("a day")
        .first_of_month();
    let noon = first.with().day(10).build().expect("a day").at(12, 0, 0, 0);
    let noon = noon
        .in_tz("UTC")
        .expect("a zone")
        .timestamp()
        .as_microsecond();
    (first.strftime("%Y-%m").to_string(), Wall::from_us(noon))
}

/// An hour of a village in a house that has not been started: well, but for five minutes.
async fn lived(data: &Path, since: Wall) -> Station {
    std::fs::create_dir_all(data).expect("a folder");
    let config = [("data", data.display().to_string())];
    let config = Config::load(None, [], &config).expect("a configuration");
    let place = Place::Sqlite {
        path: data.join("betang.sqlite"),
    };
    let db = Db::open(&place).await.expect("a database");
    let schemas = [hall::SCHEMA, watch::SCHEMA, reach::SCHEMA];
    db.migrate(&schemas, since).await.expect("tables");
    hall::areas::seed(&db, since).await.expect("areas");
    let hall = hall::Hall::open(db.clone(), Clock::real(), config).await;
    let hall = hall.expect("a hall");
    let name = "Kantor Desa Uji";
    let spot = Spot {
        name: name.to_owned(),
        area: VILLAGE.parse().expect("a code"),
        point: None,
        provider: Some("PT Uji".to_owned()),
    };
    let mut tx = db.write().await.expect("a transaction");
    hall::house::mark_simulated(&mut tx, hall.now())
        .await
        .expect("a mark");
    let station = Station::put(&hall, &mut tx, spot, since).await;
    let mut station = station.expect("a site");
    let boot = (*station.agent.as_bytes(), since);
    let said = |(kind, body), at, held, by_line| Said {
        at,
        boot,
        quality: Quality::Synced,
        kind,
        body,
        held,
        by_line,
    };
    let mut records = vec![said(heard_time(since, since), since, since, true)];
    for minute in 1..=60 {
        let at = since + MINUTE * minute;
        let is_up = !(20..25).contains(&minute);
        let round = Round {
            covers_ms: 60_000,
            checks: vec![Check {
                way: 1,
                ago_ms: 20_000,
                fault: i32::from(!is_up) * 2,
            }],
        };
        let says = (Kind(96), round.encode_to_vec());
        records.push(said(says, at, at + MINUTE, false));
    }
    station.says(&mut tx, records).await.expect("records");
    tx.commit().await.expect("a commit");
    hall.tasks().shutdown(MINUTE).await;
    db.close().await;
    station
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_sheet_is_held_against_the_records() {
    let (folder, data) = data();
    let (month, since) = last_month();
    let station = lived(&data, since).await;
    let house = House::start(&data);
    let client = house.admin().await;
    let ledger = format!(
        "/api/v1/sites/{}/ledger?from={month}-10&to={month}-10",
        station.site
    );
    let ledger = house.at(&ledger);
    within(async {
        loop {
            let answer = client.get(&ledger).send().await.expect("an answer");
            let told: Json = answer.json().await.expect("JSON");
            if told["counts"]["down"] == 5 && told["counts"]["up"] == 55 {
                break;
            }
        }
    })
    .await;
    let file = |name: &str| {
        let path = folder.path().join(name);
        path.to_str().expect("text").to_owned()
    };
    let of = [
        "villages",
        "sheet",
        "--village",
        VILLAGE,
        "--month",
        &month,
        "--out",
    ];
    for name in ["lembar.json", "lembar.pdf"] {
        local(&data, &[of.as_slice(), &[&file(name)]].concat());
    }
    let wrong =
        run(of
            .iter()
            .chain(&[&*file("lembar.txt"), "--data", data.to_str().expect("text")]));
    let said = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(
        !wrong.status.success() && said.contains("FILE.pdf or FILE.json"),
        "{said}"
    );
    let verify = ["villages", "ledger", "--verify", "--sheet"];
    let told = local(
        &data,
        &[verify.as_slice(), &[&file("lembar.json")]].concat(),
    );
    let lines: Vec<_> = told.lines().collect();
    assert!(
        lines[0].starts_with("as it was known then: same, "),
        "{told}"
    );
    assert!(
        lines[1].starts_with(&format!("{} same, ", station.site)),
        "{told}"
    );
    assert_eq!(lines[2], "as it is known now: same");

    // The same by another program, from what the command line tells of records.
    let records = [
        "sites",
        "records",
        "--site",
        &station.site.to_string(),
        "--format",
        "json",
    ];
    let records: Json = serde_json::from_str(&local(&data, &records)).expect("JSON");
    let mut of_sites = serde_json::Map::new();
    of_sites.insert(station.site.to_string(), records);
    std::fs::write(file("catatan.json"), Json::from(of_sites).to_string()).expect("written");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/net/sheets.py");
    let files = ["catatan.json", "lembar.json", "lembar.pdf"].map(file);
    let done = Command::new("python3")
        .args(["-B", script])
        .args(&files)
        .output();
    let done = done.expect("python3 runs");
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(
        done.status.success() && said.starts_with("same: 1 sites"),
        "{said}"
    );

    // A file that was touched is found by its digest, and one that has another digest by
    // the house.
    let sheet = std::fs::read_to_string(file("lembar.json")).expect("the sheet");
    let mut sheet: Json = serde_json::from_str(&sheet).expect("JSON");
    sheet["sites"][0]["counts"]["up"] = json!(61);
    let refused = |sheet: &Json| {
        std::fs::write(file("palsu.json"), sheet.to_string()).expect("written");
        let file = file("palsu.json");
        let data = data.to_str().expect("text");
        let done = run(verify.iter().chain(&[&*file, "--data", data]));
        assert!(!done.status.success());
        String::from_utf8_lossy(&done.stderr).into_owned()
    };
    let said = refused(&sheet);
    assert!(said.contains("it was changed"), "{said}");
    let named = said
        .split("have the digest ")
        .nth(1)
        .expect("the digest of what it says");
    sheet["digest"] = json!(&named[..64]);
    let said = refused(&sheet);
    let wanted = "as it was known then, the house says otherwise";
    assert!(
        said.contains(wanted) && said.contains("counts") && said.contains(" 61 "),
        "{said}"
    );
}

#[test]
fn the_page_for_whoever_leads_is_a_file() {
    let (folder, data) = data();
    let _house = House::start(&data);
    for (name, begins) in [("k.pdf", "%PDF"), ("k.png", "\u{fffd}PNG"), ("k.json", "{")] {
        let path = folder.path().join(name);
        local(
            &data,
            &["villages", "brief", "--out", path.to_str().expect("text")],
        );
        let octets = std::fs::read(path).expect("a file");
        assert!(
            String::from_utf8_lossy(&octets).starts_with(begins),
            "{name}"
        );
    }
}
