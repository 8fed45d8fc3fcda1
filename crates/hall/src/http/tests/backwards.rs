//! A clock that somebody sets back.

use super::*;

const HOUR: Duration = Duration::from_secs(3_600);

/// Sets the wall clock back by an hour; the other one goes on.
fn set_back(house: &House) {
    let now = house.hall.now().wall;
    house.clock.turn(Duration::from_millis(1));
    let us = i64::try_from(HOUR.as_micros()).expect("an hour");
    house.clock.set_wall(Wall::from_us(now.as_us() - us));
}

async fn goes_on(db: Db) {
    let (house, admin) = House::new(db).await;
    let (ani, cookie) = house
        .person(&admin, "ani", json!([{ "role": "operator" }]))
        .await;
    let token = house
        .call(
            &admin,
            "POST",
            "/api/v1/tokens",
            Some(json!({ "name": "t" })),
        )
        .await
        .is(201);
    let bearer = format!(
        "Bearer {}",
        token.json()["token"].as_str().expect("a token")
    );
    let before = house.agency(&admin, "Dinas Pagi", None).await;
    set_back(&house);

    // Whoever was in stays in, with the rights that were given in the lost hour.
    for with in [&admin, &bearer] {
        let me = house
            .call(with, "GET", "/api/v1/session", None)
            .await
            .is(200);
        assert_eq!(me.json()["grants"][0]["role"], "admin", "{}", me.text);
    }
    let me = house
        .call(&cookie, "GET", "/api/v1/session", None)
        .await
        .is(200);
    assert_eq!(me.json()["grants"][0]["role"], "operator");
    let again = house.log_in("admin", PASSWORD).await.is(200).cookie();
    let after = house.agency(&again, "Dinas Lagi", None).await;
    assert_ne!(before, after);

    // Rights that are taken are gone at once and do not come back with the hour.
    let change = json!({ "grants": [] });
    let path = format!("/api/v1/staff/{ani}");
    house
        .call(&again, "PATCH", &path, Some(change))
        .await
        .is(200);
    let me = house.log_in("ani", PASSWORD).await.is(200).cookie();
    for _ in 0..3 {
        let rights = house
            .call(&me, "GET", "/api/v1/session", None)
            .await
            .is(200);
        assert_eq!(rights.json()["grants"], json!([]), "{}", rights.text);
        house.clock.turn(HOUR);
    }
}

async fn order(db: Db) {
    let (house, admin) = House::new(db).await;
    let mut made = Vec::new();
    for number in 0..6 {
        made.push(house.agency(&admin, &format!("Dinas {number}"), None).await);
        if number % 2 == 1 {
            set_back(&house);
        }
    }
    let distinct: BTreeSet<_> = made.iter().collect();
    assert_eq!(distinct.len(), made.len(), "ids are never given twice");

    // The audit is in the order in which things were done, and whole.
    let (mut subjects, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/audit?verb=agency.added&limit=2{cursor}");
        let page = house.call(&admin, "GET", &path, None).await.is(200).json();
        let items = page["items"].as_array().expect("items").clone();
        subjects.extend(items.iter().filter_map(|entry| {
            let subject = entry["subject"].as_str()?;
            Some(subject.to_owned())
        }));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    subjects.reverse();
    assert_eq!(subjects, made);
    let verdict = house
        .call(&admin, "GET", "/api/v1/audit/verify", None)
        .await
        .is(200);
    assert_eq!(verdict.json()["verdict"], "whole", "{}", verdict.text);

    // A list by id leaves nothing out, whichever way ids have gone.
    let (mut listed, mut cursor) = (BTreeSet::new(), String::new());
    loop {
        let path = format!("/api/v1/agencies?limit=2{cursor}");
        let page = house.call(&admin, "GET", &path, None).await.is(200).json();
        for item in page["items"].as_array().expect("items") {
            let fresh = listed.insert(item["id"].as_str().expect("an id").to_owned());
            assert!(fresh, "{} is there twice", item["name"]);
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(listed, made.into_iter().collect());
}

async fn guesses(db: Db) {
    let (house, _) = House::new(db).await;
    for _ in 0..5 {
        house.log_in("admin", "salah salah salah").await.is(401);
    }
    // Neither way of setting the wall clock buys a guess.
    for hours in [-1_i64, 24, 24 * 365] {
        let now = house.hall.now().wall.as_us();
        let by = hours * i64::try_from(HOUR.as_micros()).expect("an hour");
        house.clock.set_wall(Wall::from_us(now + by));
        house.log_in("admin", PASSWORD).await.is(429);
    }
    house.clock.turn(Duration::from_secs(2));
    house.log_in("admin", PASSWORD).await.is(200);
}

async fn twice(db: Db) {
    let (house, admin) = House::new(db).await;
    let body = || Some(json!({ "name": "Dinas Sekali" }));
    let key = [("idempotency-key", "k-1")];
    let path = "/api/v1/agencies";
    let first = house
        .call_with(&admin, "POST", path, body(), &key)
        .await
        .is(201);
    set_back(&house);
    let second = house
        .call_with(&admin, "POST", path, body(), &key)
        .await
        .is(201);
    assert_eq!(
        first.text, second.text,
        "a request sent twice has one effect"
    );
}

on_both! {
    an_hour_that_is_lost_shuts_nobody_out: goes_on;
    an_hour_that_is_lost_mixes_nothing_up: order;
    setting_the_clock_buys_no_guess: guesses;
    an_hour_that_is_lost_forgets_no_key: twice;
}
