//! How villages stand by plan, by report and by measurement, on both engines.

use sync::record::Quality;

use super::station::{Station, round};
use super::*;
use crate::jobs::{self, evidence::Folder, verdicts::Which};

const DAY_US: i64 = 86_400_000_000;

/// The seven villages of one district, by their last digit.
fn village(n: u32) -> String {
    format!("62.71.02.100{n}")
}

impl House {
    async fn stands(&self, n: u32, site: Option<&Station>) -> String {
        let site = site.map(|station| station.site.to_string());
        let form = json!({ "name": format!("Kantor {n}"), "kind": "kantor_desa",
            "village": village(n), "site": site });
        let made = self.post("/api/v1/points", form).await.is(201).json();
        made["id"].as_str().expect("an id").to_owned()
    }

    /// As far as that, a day after the other, the last one yesterday.
    async fn goes(&self, id: &str, way: &[&str]) {
        for (at, to) in way.iter().enumerate() {
            let days = i64::try_from(way.len() - at).expect("few");
            let body = json!({ "to": to, "happened_us": START.as_us() - days * DAY_US,
                "note": "BAST 7" });
            let path = format!("/api/v1/points/{id}/steps");
            self.post(&path, body).await.is(201);
        }
    }

    async fn heard(&self, station: &mut Station, minutes: std::ops::Range<u32>) {
        for minute in minutes {
            let at = START + Duration::from_secs(60) * minute + Duration::from_secs(25);
            // By a stick: what is held is no word of the box itself.
            station
                .says(&self.hall, round(true), at, Quality::Synced, (at, false))
                .await;
        }
    }

    async fn items(&self, query: &str) -> Vec<Json> {
        let path = format!("/api/v1/villages?limit=5000&within=62.71{query}");
        let page = self.get(&path).await.is(200).json();
        page["items"].as_array().expect("villages").clone()
    }

    async fn which(&self, word: &str) -> String {
        let items = self.items(&format!("&stand={word}")).await;
        let last = |it: &Json| it["code"].as_str().expect("a code")[12..].to_owned();
        items.iter().map(last).collect()
    }
}

impl House {
    /// The same on pages of one village: what a page passes over is on none.
    async fn by_ones(&self, word: &str) -> String {
        let (mut found, mut cursor) = (String::new(), String::new());
        loop {
            let path = format!("/api/v1/villages?limit=1&within=62.71&stand={word}{cursor}");
            let page = self.get(&path).await.is(200).json();
            for item in page["items"].as_array().expect("villages") {
                found.push_str(&item["code"].as_str().expect("a code")[12..]);
            }
            let Some(next) = page["next"].as_str() else {
                return found;
            };
            cursor = format!("&cursor={next}");
        }
    }
}

const WAY: [&str; 5] = [
    "granted",
    "in_distribution",
    "delivered",
    "installed",
    "active",
];

/// Seven villages, each of which stands otherwise, at the end of the second hour.
async fn seven(db: Db) -> House {
    let house = House::new(db).await;
    let list = format!(
        "kode desa,status\n{},aktif\n{},hibah\n{},aktif\n",
        village(1),
        village(2),
        village(7)
    );
    let source = house.import(&list, by("Pertama", "2025-05-16", "x")).await;
    assert!(source.starts_with("src_"));
    let other = format!("kode desa,status\n{},menolak\n", village(7));
    house.import(&other, by("Kedua", "2025-05-16", "x")).await;
    let station =
        async |n: u32| Station::new(&house.hall, &village(n), &village(n), None, START).await;
    let (never, mut there) = (station(4).await, station(5).await);
    // 3: listed, and a site without a box.
    let bare = json!({ "name": "Kantor", "kind": "kantor_desa", "area": village(3) });
    let bare = house.post("/api/v1/sites", bare).await.is(201).json()["id"].clone();
    let form = json!({ "name": "Kantor 3", "kind": "kantor_desa", "village": village(3),
        "site": bare });
    house.post("/api/v1/points", form).await.is(201);
    // 4: active, and its box has never been heard. 5: installed, proven for an hour, and nobody
    // says that it works.
    let four = house.stands(4, Some(&never)).await;
    house.goes(&four, &WAY).await;
    let five = house.stands(5, Some(&there)).await;
    house.goes(&five, &WAY[..4]).await;
    // 6: refused, and that is all.
    let six = house.stands(6, None).await;
    house.goes(&six, &["refused"]).await;
    there.hears_time(&house.hall, START, START).await;
    house.heard(&mut there, 60..120).await;
    house.clock.set_wall(START + Duration::from_secs(7_200));
    house.pass_all().await;
    for (id, fee) in [(&four, json!(400_000)), (&five, json!(800_000))] {
        let path = format!("/api/v1/points/{id}/money");
        let body = json!({ "monthly_rupiah": fee });
        house.post(&path, body).await.is(201);
    }
    house
}

impl House {
    async fn pass_all(&self) {
        jobs::pass(&self.hall, &mut Folder::default(), Which::All)
            .await
            .expect("a pass");
    }
}

async fn lists(db: Db) {
    let house = seven(db).await;
    let items = house.items("").await;
    let told = |n: u32| {
        let code = village(n);
        let item = items.iter().find(|it| it["code"] == code.as_str());
        let item = item.expect("a village");
        let stand = &item["stand"];
        let word = |key: &str| match &stand[key] {
            Json::Bool(true) => "y",
            Json::Bool(false) => "n",
            _ => "?",
        };
        let flags = ["planned", "reported", "measured", "differs"].map(word);
        let points = &item["points"];
        format!(
            "{} {}/{}",
            flags.join(""),
            points["proven"],
            points["boxes"]
        )
    };
    for (n, wanted) in [
        (1, "yy?n null/0"),
        (2, "yn?n null/0"),
        (3, "yn?n null/0"),
        (4, "yyny 0/1"),
        (5, "ynyy 1/1"),
        (6, "nn?n null/0"),
        // Two sources of the same day: what its status is nobody knows.
        (7, "yn?n null/0"),
    ] {
        assert_eq!(told(n), wanted, "village {n}");
    }
    for (word, wanted) in [
        ("planned", "123457"),
        ("reported", "14"),
        ("measured", "5"),
        ("unmeasured", "1"),
        ("differs", "45"),
    ] {
        assert_eq!(house.which(word).await, wanted, "{word}");
        assert_eq!(house.by_ones(word).await, wanted, "{word}, one by one");
    }
    // A day later nothing of the last 24 hours is proven, and what was known stays.
    house.clock.set_wall(START + DAY + DAY);
    house.pass_all().await;
    assert_eq!(house.which("measured").await, "");
    assert_eq!(house.which("differs").await, "4");
    let then = "&then=2025-12-01";
    assert_eq!(house.which(&format!("measured{then}")).await, "5");
    let known = "&known=2025-12-01";
    assert_eq!(house.which(&format!("measured{known}")).await, "5");
    // Before the boxes were let in there was none.
    let before = house.items("&then=2025-11-30&stand=measured").await;
    assert_eq!(before, Vec::<Json>::new());
    house.get("/api/v1/villages?stand=online").await.is(422);
    let file = house
        .get("/api/v1/villages?format=csv&within=62.71.02&limit=5")
        .await
        .is(200)
        .text();
    let mut lines = file.lines();
    let heads = lines.next().expect("heads");
    assert!(heads.contains(",points,boxes,proven,planned,reported,measured,differs,"));
    assert!(file.contains(",1,1,0,ya,ya,tidak,ya,"), "{file}");
}

async fn marks(db: Db) {
    let house = seven(db).await;
    let marks = house.get("/api/v1/villages/marks").await.is(200).json();
    assert_eq!(marks["at_us"], (START + Duration::from_secs(7_200)).as_us());
    let listed = house.items("").await;
    let wanted: Vec<Json> = listed
        .iter()
        .filter(|it| {
            let stand = &it["stand"];
            let any = |key: &str| stand[key] == true;
            any("planned") || any("reported") || !stand["measured"].is_null() || it["disputes"] != 0
        })
        .map(|it| {
            let mut mark = it["stand"].clone();
            mark["code"] = it["code"].clone();
            mark["disputed"] = json!(it["disputes"] != 0);
            mark
        })
        .collect();
    assert_eq!(wanted.len(), 6);
    assert_eq!(marks["items"], Json::from(wanted));
    let disputed = |it: &&Json| it["disputed"] == true;
    let items = marks["items"].as_array().expect("marks");
    assert_eq!(items.iter().filter(disputed).count(), 1);
    let elsewhere = house
        .get("/api/v1/villages/marks?within=62.01")
        .await
        .is(200)
        .json();
    assert_eq!(elsewhere["items"], json!([]));
    let stranger = house.person("jauh", "konektivitas", Some("62.01")).await;
    let theirs = house
        .call(&stranger, "GET", "/api/v1/villages/marks", None)
        .await
        .is(200)
        .json();
    assert_eq!(theirs["items"], json!([]));
}

async fn progress(db: Db) {
    let house = seven(db).await;
    let path = "/api/v1/points/progress";
    let all = house.get(path).await.is(200).json();
    let numbers = json!({
        "villages": 1_571, "points": 4,
        "by_state": { "active": 1, "installed": 1, "listed": 1, "refused": 1 },
        "boxes": 2, "proven": 1, "reported_active": 1, "differs": 2,
        "stand": { "planned": 6, "reported": 2, "measured": 1, "unmeasured": 1, "differs": 2 },
    });
    let mut total = all["total"].clone();
    assert_eq!(total["area"].take(), Json::Null);
    total.as_object_mut().expect("a line").remove("area");
    assert_eq!(total, numbers);
    assert_eq!(all["area"]["code"], "62");
    assert_eq!(all["on"], "2025-12-01");
    let items = all["items"].as_array().expect("lines");
    assert_eq!(items.len(), 14, "regencies and the city");
    let sum = |key: &str| items.iter().filter_map(|it| it[key].as_i64()).sum::<i64>();
    for key in ["villages", "points", "boxes", "reported_active", "differs"] {
        assert_eq!(Json::from(sum(key)), total[key], "{key}");
    }
    let city = items.iter().find(|it| it["area"]["code"] == "62.71");
    let city = city.expect("the city");
    assert_eq!(
        (&city["points"], &city["villages"]),
        (&json!(4), &json!(30))
    );
    assert_eq!(city["area"]["name"], "Kota Palangka Raya");
    // Where there is no box nothing is measured, which is not zero.
    assert_eq!(items[0]["proven"], Json::Null);
    // Each level tells of the next.
    for (within, codes) in [("62.71", 8), ("62.71.02", 13), ("62.71.02.1005", 13)] {
        let page = house
            .get(&format!("{path}?within={within}"))
            .await
            .is(200)
            .json();
        let items = page["items"].as_array().expect("lines");
        let deep = |it: &Json| it["area"]["code"].as_str().map(str::len) == Some(codes);
        assert!(items.iter().all(deep), "{within}");
        assert_eq!(items.is_empty(), within.len() == 13, "{within}");
    }
    let district = house
        .get(&format!("{path}?within=62.71.02"))
        .await
        .is(200)
        .json();
    let five = &district["items"][4];
    assert_eq!(five["area"]["code"], village(5));
    assert_eq!((&five["proven"], &five["differs"]), (&json!(1), &json!(1)));
    let file = house
        .get(&format!("{path}?format=csv"))
        .await
        .is(200)
        .text();
    assert_eq!(file.lines().count(), 16);
    assert!(file.contains("\r\n62.71,Kota Palangka Raya,30,6,2,1,1,2,4,2,1,1,2,"));
    let audit = house.get("/api/v1/audit?limit=5000").await.is(200).text();
    assert!(audit.contains("\"progress\""));
    let stranger = house.person("jauh", "konektivitas", Some("62.01")).await;
    let theirs = house
        .call(&stranger, "GET", path, None)
        .await
        .is(200)
        .json();
    assert_eq!(theirs["total"]["points"], 0);
    assert_eq!(theirs["total"]["proven"], Json::Null);
    assert_eq!(theirs["items"].as_array().map(Vec::len), Some(1));
}

async fn fees(db: Db) {
    let house = seven(db).await;
    let month = async |query: &str| {
        let path = format!("/api/v1/points/money{query}");
        house.get(&path).await.is(200).json()["per_proven_month"].clone()
    };
    // The month began seven hours before START: nine hours have ended. Point 5 is proven
    // for an hour and the minute in which the house heard it, point 4 for none.
    let told = month("").await;
    let slots = 61;
    assert_eq!(
        told,
        json!({ "rupiah": (1_200_000 * 540_i64 + slots - 1) / slots, "points": 2,
            "fee_unknown": 0, "proven_permille_sum": slots * 1_000 / 540 })
    );
    let five = month(&format!("?within={}", village(5))).await;
    assert_eq!(five["rupiah"], (800_000 * 540_i64 + 60) / 61);
    // An equipped point of which nobody has said what it costs is in neither sum.
    let more = house.stands(6, None).await;
    house.goes(&more, &WAY).await;
    let told = month("").await;
    assert_eq!(
        (&told["points"], &told["fee_unknown"]),
        (&json!(2), &json!(1))
    );
    let six = month(&format!("?within={}", village(6))).await;
    assert_eq!(
        six,
        json!({ "rupiah": null, "points": 0, "fee_unknown": 1, "proven_permille_sum": 0 })
    );
    // As it was known the day before: the points were not.
    let before = month("?known=2025-11-30").await;
    assert_eq!(before["points"], 0);
}

on_both! {
    villages_stand_by_three_voices: lists;
    marks_are_of_what_somebody_says: marks;
    progress_is_told_by_the_next_level: progress;
    a_proven_month_costs_what_silence_cost_too: fees;
}
