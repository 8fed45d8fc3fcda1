//! What whoever stands in a village says of a point: which site's box he has brought,
//! and a step that he knows of since he had a line.

use super::*;

const VILLAGE: &str = "62.11.05.2004";

impl House {
    async fn made(&self, path: &str, body: Json) -> String {
        let made = self.post(path, body).await.is(201).json();
        made["id"].as_str().expect("an id").to_owned()
    }

    async fn kantor(&self, village: &str) -> String {
        let form = json!({ "name": "Kantor", "kind": "kantor_desa", "village": village });
        self.made("/api/v1/points", form).await
    }

    async fn site(&self, area: &str) -> String {
        let form = json!({ "name": "Kantor", "kind": "kantor_desa", "area": area });
        self.made("/api/v1/sites", form).await
    }

    /// The short code of a site, and the long one as its QR says it.
    async fn code(&self, site: &str) -> (String, String) {
        let path = format!("/api/v1/sites/{site}/codes");
        let code = self.post(&path, json!({})).await.is(201).json();
        let ticket = code["ticket"].as_str().expect("a ticket");
        let (_, rest) = ticket.split_once('#').expect("a code");
        let (long, _) = rest.split_once('.').expect("a key");
        let short = code["short"].as_str().expect("a code");
        (short.to_owned(), long.to_owned())
    }

    async fn claim(&self, who: &str, point: &str, code: &str) -> Answer {
        let path = format!("/api/v1/points/{point}/site");
        self.call(who, "POST", &path, Some(json!({ "code": code })))
            .await
    }
}

async fn claims(db: Db) {
    let house = House::new(db).await;
    let worker = house.person("petugas", "petugas", Some("62.11")).await;
    let (here, there) = (house.kantor(VILLAGE).await, house.kantor(VILLAGE).await);
    let (one, two) = (house.site(VILLAGE).await, house.site("62.71.01.1001").await);
    let (short, long) = house.code(&one).await;

    let mut wrong = short.clone().into_bytes();
    wrong[0] = if wrong[0] == b'7' { b'8' } else { b'7' };
    let wrong = String::from_utf8(wrong).expect("ASCII");
    let refused = house.claim(&worker, &here, &wrong).await.is(422).json();
    assert_eq!(refused["errors"][0]["field"], "code");

    // As people write it; it is not used up, and twice is once.
    let spoken = short.to_lowercase().replace('-', " ");
    let claimed = house.claim(&worker, &here, &spoken).await.is(201);
    assert_eq!(claimed.location, Some(format!("/api/v1/points/{here}")));
    assert_eq!(claimed.json()["site"], one.as_str());
    house.claim(&worker, &here, &long).await.is(201);
    let site = house.get(&format!("/api/v1/sites/{one}")).await.is(200);
    let site = site.json();
    assert_eq!(site["state"], "claimed");
    assert!(site["code_until_us"].is_i64(), "{site}");

    // One box at one point.
    let taken = house.claim(&worker, &there, &short).await.is(409);
    assert_eq!(taken.slug(), "point-site");
    let (other, _) = house.code(&house.site(VILLAGE).await).await;
    let taken = house.claim(&worker, &here, &other).await.is(409);
    assert_eq!(taken.slug(), "point-box");

    // A code of a place that is not his is as one that is not there, and so is a point.
    let (far, _) = house.code(&two).await;
    let known = house.claim(&worker, &there, &far).await.is(403);
    let unknown = house.claim(&worker, &there, "00000000X").await;
    let none = house.claim(&worker, &there, "00000000S").await;
    for answer in [&known, &none] {
        assert_eq!(answer.slug(), "code", "{}", answer.text());
    }
    assert_eq!(known.json()["detail"], none.json()["detail"]);
    assert_eq!(
        unknown.status, 422,
        "it cannot be one, and is not looked for"
    );
    let outside = house.kantor("62.71.01.1001").await;
    house.claim(&worker, &outside, &short).await.is(404);
    let screen = house.person("kepala", "pimpinan", None).await;
    house.claim(&screen, &here, &short).await.is(403);

    // Taken back, and out of its time.
    let late = house.site(VILLAGE).await;
    let (old, _) = house.code(&late).await;
    let (new, _) = house.code(&late).await;
    house.claim(&worker, &there, &old).await.is(403);
    house.clock.turn(15 * DAY);
    let worker = house.log_in("petugas").await;
    house.claim(&worker, &there, &new).await.is(403);

    let audit = house.get("/api/v1/audit?limit=5000").await.is(200).text();
    assert_eq!(audit.matches("point.claimed").count(), 1);
    for secret in [&short, &long, &short.replace('-', "")] {
        assert!(!audit.contains(secret.as_str()));
    }
}

async fn guesses(db: Db) {
    let house = House::new(db).await;
    let worker = house.person("petugas", "petugas", Some("62.11")).await;
    let point = house.kantor(VILLAGE).await;
    let (short, _) = house.code(&house.site(VILLAGE).await).await;
    for _ in 0..5 {
        house.claim(&worker, &point, "00000000S").await.is(403);
    }
    let held = house.claim(&worker, &point, &short).await.is(429);
    assert_eq!(held.slug(), "rate");
    // Who guesses holds up himself and nobody else.
    let other = house.person("petugas2", "petugas", Some("62.11")).await;
    house.claim(&other, &point, &short).await.is(201);
}

async fn moved(db: Db) {
    let house = House::new(db).await;
    let id = house.kantor(VILLAGE).await;
    let path = format!("/api/v1/points/{id}/steps");
    let at = |days: i64| START.as_us() - days * 86_400_000_000;
    let step = |to: &str, days: i64, knew: Json| json!({ "to": to, "happened_us": at(days), "note": "x", "knew": knew });
    let listed = json!({ "state": "listed", "state_us": null });
    house
        .post(&path, step("surveyed", 9, listed.clone()))
        .await
        .is(201);
    // Somebody has been there meanwhile.
    let answer = house.post(&path, step("granted", 5, listed.clone())).await;
    assert_eq!(answer.is(409).slug(), "step-moved");
    for other in [
        json!({ "state": "surveyed", "state_us": at(8) }),
        json!({ "state": "surveyed" }),
    ] {
        let answer = house.post(&path, step("granted", 5, other)).await;
        assert_eq!(answer.is(409).slug(), "step-moved");
    }
    let words = json!({ "state": "surveyd", "state_us": null });
    house.post(&path, step("granted", 5, words)).await.is(422);
    let events = house.get(&path).await.is(200).json();
    assert_eq!(events["items"].as_array().map(Vec::len), Some(1));
    // Who has seen that says it anyway, or as known by now.
    house
        .post(&path, step("granted", 5, Json::Null))
        .await
        .is(201);
    let granted = json!({ "state": "granted", "state_us": at(5) });
    house
        .post(&path, step("in_distribution", 4, granted))
        .await
        .is(201);
    let correction = json!({ "why": "x", "instead": step("in_distribution", 3, listed) });
    let refused = house
        .post(&format!("{path}/3/correction"), correction)
        .await
        .is(422)
        .json();
    assert_eq!(refused["errors"][0]["field"], "knew");
}

on_both! {
    a_box_is_claimed_by_its_code_and_the_code_stays_good: claims;
    codes_are_not_guessed: guesses;
    a_step_says_since_when_its_teller_knows: moved;
}
