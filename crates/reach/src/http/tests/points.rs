//! Points: how far they have come, what they cost, and targets over them.

use super::*;

const DAY_US: i64 = 86_400_000_000;

fn point(name: &str) -> Json {
    json!({ "name": name, "kind": "kantor_desa", "village": "62.11.05.2004",
        "point": { "lat_deg": -2.31, "lon_deg": 114.05 }, "open_to_citizens": true,
        "open_hours": "Senin-Jumat 07.00-15.00 WIB", "radius_m": 50 })
}

impl House {
    async fn point(&self, name: &str) -> String {
        let made = self.post("/api/v1/points", point(name)).await.is(201);
        let id = made.json()["id"].as_str().expect("an id").to_owned();
        assert_eq!(made.location, Some(format!("/api/v1/points/{id}")));
        id
    }

    /// So many days before the start of the test.
    async fn step(&self, id: &str, to: &str, days: i64, more: Json) -> Answer {
        let mut body = json!({ "to": to, "happened_us": START.as_us() - days * DAY_US });
        for (key, value) in more.as_object().expect("an object") {
            body[key] = value.clone();
        }
        self.post(&format!("/api/v1/points/{id}/steps"), body).await
    }
}

async fn register(db: Db) {
    let house = House::new(db).await;
    let id = house.point("Kantor Desa").await;
    let path = format!("/api/v1/points/{id}");
    let shown = house.get(&path).await.is(200).json();
    assert_eq!(
        (&shown["state"], &shown["state_us"]),
        (&json!("listed"), &Json::Null)
    );
    assert_eq!(shown["village"]["code"], "62.11.05.2004");
    assert_eq!(
        (&shown["users_a_day"], &shown["money"]),
        (&Json::Null, &Json::Null)
    );
    for (field, value) in [
        ("kind", json!("warung")),
        ("village", json!("62.11.05")),
        ("village", json!("62.11.05.9999")),
        ("radius_m", json!(-1)),
        ("name", json!(" ")),
        ("point", json!({ "lat_deg": 91, "lon_deg": 0 })),
        ("site", json!("sit_00000000000000000000000000")),
    ] {
        let mut form = point("X");
        form[field] = value;
        let refused = house.post("/api/v1/points", form).await.is(422).json();
        assert_eq!(refused["errors"][0]["field"], field);
    }
    let site = json!({ "name": "Kantor", "kind": "kantor_desa", "area": "62.11.05.2004" });
    let site = house.post("/api/v1/sites", site).await.is(201).json()["id"].clone();
    let mut form = point("Kantor Desa Baru");
    form["site"] = site.clone();
    let changed = house
        .call(&house.admin, "PUT", &path, Some(form.clone()))
        .await
        .is(200)
        .json();
    assert_eq!(
        (&changed["name"], &changed["site"]),
        (&json!("Kantor Desa Baru"), &site)
    );
    assert_eq!(
        house.post("/api/v1/points", form).await.is(409).slug(),
        "point-site"
    );

    let village = house
        .get("/api/v1/villages/62.11.05.2004")
        .await
        .is(200)
        .json();
    assert_eq!(
        village["points"],
        json!({ "count": 1, "by_state": { "listed": 1 }, "boxes": 0, "proven": null })
    );
    assert_eq!(village["places"][0]["id"], id.as_str());
    let csv = house
        .get("/api/v1/points?format=csv&within=62.11")
        .await
        .is(200)
        .text();
    assert!(csv.contains("Kantor Desa Baru"));
    let off = format!("{path}/retirement");
    for status in [201, 409] {
        house
            .post(&off, json!({ "why": "dipindahkan" }))
            .await
            .is(status);
    }
    house.clock.turn(DAY);
    let rows = house.get("/api/v1/points").await.is(200).json();
    assert_eq!(rows["items"], json!([]));
    assert_eq!(
        house
            .step(&id, "surveyed", 3, json!({}))
            .await
            .is(409)
            .slug(),
        "point-retired"
    );
    let audit = house.get("/api/v1/audit?limit=5000").await.is(200).text();
    for verb in [
        "point.added",
        "point.changed",
        "point.retired",
        "point.exported",
    ] {
        assert!(audit.contains(verb), "{verb}");
    }
}

async fn way(db: Db) {
    let house = House::new(db).await;
    let (id, other) = (house.point("Satu").await, house.point("Dua").await);
    for (to, days, more, status) in [
        ("active", 90, json!({}), 409),
        (
            "surveyed",
            90,
            json!({ "gps": { "lat_deg": -2.32, "lon_deg": 114.05 } }),
            201,
        ),
        ("surveyed", -2, json!({}), 422),
        ("granted", 80, json!({ "note": "NPHD 12" }), 201),
        ("in_distribution", 70, json!({}), 201),
        ("delivered", 60, json!({}), 422),
        (
            "delivered",
            60,
            json!({ "note": "BAST 7", "serial": "KIT-1" }),
            201,
        ),
        ("installed", 50, json!({ "photo": "ff" }), 422),
        ("installed", 50, json!({ "serial": "KIT-1" }), 201),
        ("suspended", 45, json!({}), 422),
        ("suspended", 45, json!({ "cause": "unpaid" }), 201),
        ("active", 40, json!({ "cause": "unpaid" }), 422),
        ("active", 40, json!({}), 201),
        ("nowhere", 1, json!({}), 422),
    ] {
        let answer = house.step(&id, to, days, more.clone()).await;
        assert_eq!(answer.status, status, "{to} {more}: {}", answer.text());
    }
    // One piece of equipment stands at one point.
    for (to, days) in [("granted", 30), ("in_distribution", 29)] {
        house.step(&other, to, days, json!({})).await.is(201);
    }
    let taken = house
        .step(&other, "delivered", 28, json!({ "serial": "KIT-1" }))
        .await
        .is(409);
    assert_eq!(
        (taken.slug(), taken.json()["errors"][0]["detail"].clone()),
        ("step-serial".to_owned(), json!(id))
    );

    let path = format!("/api/v1/points/{id}/steps");
    let events = house.get(&path).await.is(200).json();
    let items = events["items"].as_array().expect("events");
    assert_eq!(items.len(), 7);
    let metres = items[0]["step"]["distance_m"].as_f64().expect("a distance");
    assert!((1_100.0..1_125.0).contains(&metres), "{metres}");
    assert_eq!(
        events["can"],
        json!(["inactive", "suspended", "relocated", "returned"])
    );

    // As of then, as known when.
    let state = async |query: &str| {
        let rows = house
            .get(&format!("/api/v1/points?{query}"))
            .await
            .is(200)
            .json();
        let all = rows["items"].as_array().expect("rows").clone();
        all.iter()
            .find(|row| row["id"] == id.as_str())
            .map(|row| row["state"].clone())
    };
    assert_eq!(state("").await, Some(json!("active")));
    assert_eq!(state("then=2025-10-05").await, Some(json!("delivered")));
    assert_eq!(state("known=2025-11-30").await, None, "it was not there");
    house.clock.turn(DAY);
    // It was never suspended.
    let body = json!({ "why": "salah titik" });
    house
        .post(&format!("{path}/6/correction"), body.clone())
        .await
        .is(201);
    house
        .post(&format!("{path}/6/correction"), body.clone())
        .await
        .is(404);
    house
        .post(&format!("{path}/2/correction"), body)
        .await
        .is(409);
    let instead = json!({ "why": "tanggal salah", "instead": {
        "to": "installed", "happened_us": START.as_us() - 55 * DAY_US, "serial": "KIT-1" } });
    house
        .post(&format!("{path}/5/correction"), instead)
        .await
        .is(201);
    assert_eq!(state("then=2025-10-08").await, Some(json!("installed")));
    assert_eq!(
        state("then=2025-10-08&known=2025-12-01").await,
        Some(json!("delivered"))
    );
    assert_eq!(
        state("then=2025-10-18&known=2025-12-01").await,
        Some(json!("suspended"))
    );
    assert_eq!(state("then=2025-10-18").await, Some(json!("installed")));
    let events = house.get(&path).await.is(200).json();
    assert_eq!(
        events["items"].as_array().map(Vec::len),
        Some(9),
        "nothing was taken away"
    );
    assert_eq!(events["items"][5]["counts"], false);
}

async fn photographs(db: Db) {
    let house = House::new(db).await;
    let (id, other) = (house.point("Satu").await, house.point("Dua").await);
    let jpeg = [&[0xff, 0xd8, 0xff, 0xe0][..], b"made up for a test"].concat();
    let put = async |octets: Vec<u8>| {
        let request = Request::post(format!("/api/v1/points/{id}/photos"))
            .header(header_of(&house.admin), &house.admin)
            .header("content-type", "application/octet-stream")
            .body(Body::from(octets))
            .expect("a request");
        house.send(request).await
    };
    put(b"GIF89a".to_vec()).await.is(422);
    let kept = put(jpeg.clone()).await.is(201);
    assert_eq!(put(jpeg.clone()).await.is(201).json(), kept.json());
    let hash = kept.json()["sha256"].as_str().expect("a hash").to_owned();
    assert_eq!(hash, store::blob::Sha256::of(&jpeg).as_str());
    let got = house.get(&kept.location.expect("a location")).await.is(200);
    assert_eq!(got.octets, jpeg);
    house
        .step(&id, "surveyed", 3, json!({ "photo": hash }))
        .await
        .is(201);
    // A photograph is of one point.
    house
        .step(&other, "surveyed", 3, json!({ "photo": hash }))
        .await
        .is(422);
    house
        .get(&format!("/api/v1/points/{other}/photos/{hash}"))
        .await
        .is(404);
    let leader = house.person("kepala", "pimpinan", None).await;
    let path = format!("/api/v1/points/{id}/photos/{hash}");
    house.call(&leader, "GET", &path, None).await.is(403);
}

async fn money(db: Db) {
    let house = House::new(db).await;
    let (id, _other) = (house.point("Satu").await, house.point("Dua").await);
    let path = format!("/api/v1/points/{id}/money");
    for wrong in [
        json!({ "price_rupiah": -1 }),
        json!({ "price_rupiah": 1.5 }),
        json!({ "paid_rupiah": 10_000_000_000_001_i64 }),
        json!({ "paid_until": "2025-13-01" }),
        json!({ "pajak": 1 }),
    ] {
        house.post(&path, wrong).await.is(422);
    }
    let first = json!({ "budget_line": "2.16.03", "contract": "027/12", "payer": "Diskominfo",
        "price_rupiah": 7_800_000, "monthly_rupiah": 1_100_000, "planned_rupiah": 15_100_000,
        "committed_rupiah": 0, "paid_until": "2025-11-30" });
    let said = house.post(&path, first).await.is(201).json();
    assert_eq!(
        (
            &said["version"],
            &said["paid_rupiah"],
            &said["committed_rupiah"]
        ),
        (&json!(1), &Json::Null, &json!(0))
    );
    let totals = house
        .get("/api/v1/points/money?within=62.11")
        .await
        .is(200)
        .json();
    let total = |rupiah: i64, known: u32| json!({ "known_rupiah": rupiah, "known": known, "unknown": 2 - known });
    assert_eq!(totals["points"], 2);
    assert_eq!(totals["price"], total(7_800_000, 1));
    assert_eq!(totals["committed"], total(0, 1));
    assert_eq!(
        totals["paid"],
        total(0, 0),
        "unknown is no zero: none is known"
    );
    assert_eq!(
        (&totals["overdue"], &totals["until_unknown"]),
        (&json!(1), &json!(1))
    );
    house.clock.turn(DAY);
    let next =
        json!({ "price_rupiah": 7_800_000, "paid_rupiah": 7_800_000, "paid_until": "2026-06-30" });
    house.post(&path, next).await.is(201);
    let now = house.get("/api/v1/points/money").await.is(200).json();
    assert_eq!(
        (&now["paid"], &now["planned"]),
        (&total(7_800_000, 1), &total(0, 0))
    );
    assert_eq!(
        (&now["overdue"], &now["until_unknown"]),
        (&json!(0), &json!(1))
    );
    let then = house
        .get("/api/v1/points/money?known=2025-12-01")
        .await
        .is(200)
        .json();
    assert_eq!(
        (&then["paid"], &then["planned"]),
        (&total(0, 0), &total(15_100_000, 1))
    );
    let versions = house.get(&path).await.is(200).json();
    assert_eq!(versions["items"].as_array().map(Vec::len), Some(2));
    let shown = house
        .get(&format!("/api/v1/points/{id}"))
        .await
        .is(200)
        .json();
    assert_eq!(shown["money"]["version"], 2);
    // Who may not know sees the point without it.
    let operator = house.person("operator", "operator", None).await;
    let shown = house
        .call(&operator, "GET", &format!("/api/v1/points/{id}"), None)
        .await
        .is(200)
        .json();
    assert_eq!(shown["money"], Json::Null);
    house.call(&operator, "GET", &path, None).await.is(403);
}

async fn targets(db: Db) {
    let house = House::new(db).await;
    let (id, _other) = (house.point("Satu").await, house.point("Dua").await);
    for (to, days, more) in [
        ("granted", 30, json!({})),
        ("in_distribution", 29, json!({})),
        ("delivered", 28, json!({ "note": "BAST" })),
        ("installed", 27, json!({ "serial": "K" })),
        ("active", 26, json!({})),
    ] {
        house.step(&id, to, days, more).await.is(201);
    }
    let form = |calendar: &str, end: Json| {
        let mut form = json!({ "name": "100 hari", "area": "62.11", "owner": "Bidang Infrastruktur",
            "reached": "active", "goal": 100, "start": "2025-11-01", "calendar": calendar });
        for (key, value) in end.as_object().expect("an object") {
            form[key] = value.clone();
        }
        form
    };
    for (calendar, end, status) in [
        ("kalender", json!({}), 422),
        ("kalender", json!({ "end": "2025-12-31", "days": 60 }), 422),
        ("kalender", json!({ "end": "2025-10-31" }), 422),
        ("hari", json!({ "days": 60 }), 422),
        ("kerja", json!({ "days": 20 }), 409),
        ("kalender", json!({ "days": 60 }), 201),
    ] {
        let answer = house
            .post("/api/v1/targets", form(calendar, end.clone()))
            .await;
        assert_eq!(answer.status, status, "{calendar} {end}: {}", answer.text());
    }
    // Days made up for the test.
    let days =
        json!({ "source": "SK uji", "days": [{ "day": "2025-11-05", "name": "Libur uji" }] });
    house
        .call(
            &house.admin,
            "PUT",
            "/api/v1/holidays/2026",
            Some(days.clone()),
        )
        .await
        .is(422);
    house
        .call(
            &house.admin,
            "PUT",
            "/api/v1/holidays/2025",
            Some(days.clone()),
        )
        .await
        .is(200);
    let years = house.get("/api/v1/holidays").await.is(200).json();
    assert_eq!(
        (&years["items"][0]["year"], &years["items"][0]["days"]),
        (&json!(2025), &days["days"])
    );
    let set = house
        .post("/api/v1/targets", form("kerja", json!({ "days": 20 })))
        .await
        .is(201)
        .json();
    // Saturday 1 November; 20 working days, of which one is a holiday, end on Monday 1
    // December.
    assert_eq!(set["end"], "2025-12-01");
    assert_eq!(
        set["progress"],
        json!({ "on": "2025-12-01", "planned": 100, "holidays_unknown": null, "reported": 1,
            "measured": null, "points": 2, "days_passed": 20, "days": 20 })
    );
    let id = set["id"].as_str().expect("an id");
    let path = format!("/api/v1/targets/{id}");
    let then = house
        .get(&format!("{path}?then=2025-11-04"))
        .await
        .is(200)
        .json();
    assert_eq!(
        (&then["progress"]["planned"], &then["progress"]["reported"]),
        (&json!(10), &json!(0))
    );
    let listed = house.get("/api/v1/targets").await.is(200).json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(2));
    house.clock.turn(DAY);
    let back = format!("{path}/withdrawal");
    for status in [201, 409] {
        house
            .post(&back, json!({ "why": "diganti" }))
            .await
            .is(status);
    }
    let listed = house.get("/api/v1/targets").await.is(200).json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
    let listed = house
        .get("/api/v1/targets?known=2025-12-01")
        .await
        .is(200)
        .json();
    assert_eq!(
        listed["items"].as_array().map(Vec::len),
        Some(2),
        "as known then"
    );
}

on_both! {
    the_register_of_points: register;
    a_point_goes_its_way_with_evidence: way;
    a_photograph_is_of_one_point: photographs;
    unknown_money_is_never_zero: money;
    a_target_says_which_days_count: targets;
}
