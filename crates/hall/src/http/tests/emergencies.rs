//! The sealed way in: how it is made, what it opens, who hears of it, and how it ends.

use super::*;
use crate::emergency::{self, LASTS};
use crate::local::Local;
use axum::middleware::from_fn_with_state;

const ENVELOPE: &str = "/api/v1/emergency";
const DOOR: &str = "/api/v1/session/emergency";
const INCIDENTS: &str = "/api/v1/incidents?kind=house.emergency";

impl House {
    /// On the machine of the house.
    async fn on_the_machine(&self, method: &str, path: &str) -> Answer {
        let local = Local::new(self.hall.clone());
        let app = self.app.clone();
        let app = app.layer(from_fn_with_state(local, Local::admit));
        let request = Request::builder().method(method).uri(path);
        let answer = app
            .oneshot(request.body(Body::empty()).expect("a request"))
            .await
            .expect("infallible");
        let (parts, body) = answer.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).expect("text"),
        }
    }

    async fn seal(&self) -> String {
        let sealed = self.on_the_machine("POST", ENVELOPE).await.is(200).json();
        sealed["code"].as_str().expect("a code").to_owned()
    }

    async fn type_code(&self, code: &str) -> Answer {
        let body = Some(json!({ "code": code }));
        self.call("", "POST", DOOR, body).await
    }

    async fn envelope(&self, with: &str) -> Json {
        self.call(with, "GET", ENVELOPE, None).await.is(200).json()
    }

    async fn told_of(&self, with: &str) -> Json {
        let me = self.call(with, "GET", "/api/v1/session", None).await;
        me.is(200).json()["emergency"].clone()
    }

    fn counted(&self, what: &str) -> bool {
        let line = format!("betang_emergency_total{{what=\"{what}\"}} 1");
        self.hall.metrics().counted().contains(&line)
    }
}

async fn life(db: Db) {
    let (house, admin) = House::new(db).await;
    let (_, chief) = house
        .person(&admin, "kepala", json!([{ "role": "pimpinan" }]))
        .await;
    let (_, regional) = house
        .person(
            &admin,
            "daerah",
            json!([{ "role": "operator", "area": "62.01" }]),
        )
        .await;
    assert_eq!(house.envelope(&admin).await["state"], "none");
    let elsewhere = house.call(&admin, "POST", ENVELOPE, None).await;
    assert_eq!(elsewhere.is(409).slug(), "emergency-server");
    let code = house.seal().await;
    assert_eq!(house.envelope(&admin).await["state"], "intact");
    let mut read = house.hall.db().read().await.expect("a snapshot");
    let kept = format!(
        "{:?}",
        read.all("SELECT * FROM hall_emergency", &[])
            .await
            .expect("rows")
    );
    drop(read);
    assert!(!kept.contains(&code) && !kept.contains(&code.replace('-', "")));

    // What else the house hangs on is gone.
    let key = house.hall.config().data.with_extension("key");
    std::fs::remove_file(&key).expect("the key of the vault is gone");
    let before = house.hall.now().wall;
    let typed = code.to_lowercase().replace('-', " ");
    let opened = house.type_code(&typed).await.is(200);
    let set = opened.headers[header::SET_COOKIE].to_str().expect("text");
    assert!(set.contains("Max-Age=3600"), "{set}");
    let cookie = opened.cookie();
    assert_eq!(opened.json()["person"]["name"], "Admin darurat");
    let until = json!(before + LASTS);
    assert_eq!(
        house.told_of(&cookie).await,
        json!({ "until_us": until, "own": true })
    );
    let other = json!({ "until_us": until, "own": false });
    assert_eq!(house.told_of(&admin).await, other);
    assert_eq!(house.told_of(&chief).await, other);
    assert_eq!(house.told_of(&regional).await, Json::Null);
    let state = house.envelope(&admin).await;
    assert_eq!(
        (&state["state"], &state["until_us"]),
        (&json!("used"), &until)
    );
    let told = house.call(&chief, "GET", INCIDENTS, None).await.is(200);
    let told = told.json()["items"].clone();
    assert_eq!(told.as_array().expect("a list").len(), 1);
    assert_eq!(told[0]["severity"], "critical");
    assert_eq!(told[0]["state"], "open");
    assert!(house.counted("sealed") && house.counted("used"));

    // It counts once, and tells nobody why.
    let again = house.type_code(&code).await.is(403);
    assert_eq!(again.slug(), "emergency-code");
    assert!(house.counted("refused"));

    // It makes an administrator who stays, and nothing of its own that does.
    let (_, fresh) = house
        .person(&cookie, "penerus", json!([{ "role": "admin" }]))
        .await;
    let made = house
        .call(
            &cookie,
            "POST",
            "/api/v1/tokens",
            Some(json!({ "name": "t" })),
        )
        .await
        .is(201);
    let token = format!("Bearer {}", made.json()["token"].as_str().expect("a token"));
    let own = opened.json()["person"]["id"].clone();
    let path = format!("/api/v1/staff/{}", own.as_str().expect("an id"));
    for body in [
        json!({ "grants": [{ "role": "admin" }] }),
        json!({ "password": "jembatan barito" }),
    ] {
        let grown = house.call(&cookie, "PATCH", &path, Some(body)).await;
        assert_eq!(grown.is(409).slug(), "emergency-person");
    }

    // To be busy does not lengthen it.
    for _ in 0..3 {
        house.clock.turn(LASTS / 4);
        house
            .call(&cookie, "GET", "/api/v1/session", None)
            .await
            .is(200);
    }
    assert_eq!(emergency::lapse(&house.hall).await.expect("looked"), 0);
    house.clock.turn(LASTS / 4);
    house
        .call(&cookie, "GET", "/api/v1/session", None)
        .await
        .is(401);
    assert_eq!(house.told_of(&admin).await, Json::Null);
    let mut revoked = house.hall.revoked();
    assert_eq!(emergency::lapse(&house.hall).await.expect("looked"), 1);
    assert_eq!(emergency::lapse(&house.hall).await.expect("looked"), 0);
    assert_eq!(
        json!(revoked.try_recv().expect("told").person),
        own,
        "its streams end"
    );
    for dead in [&cookie, &token] {
        house
            .call(dead, "GET", "/api/v1/session", None)
            .await
            .is(401);
    }
    house
        .call(&fresh, "GET", "/api/v1/staff", None)
        .await
        .is(200);
    let told = house.call(&chief, "GET", INCIDENTS, None).await.is(200);
    assert_eq!(told.json()["items"][0]["state"], "cleared");
    let verbs = house.verbs().await;
    let steps: Vec<_> = verbs
        .iter()
        .filter_map(|verb| verb.strip_prefix("emergency."))
        .collect();
    assert_eq!(steps, ["sealed", "used", "refused", "ended"]);
    let mut read = house.hall.db().read().await.expect("a snapshot");
    let verdict = audit::verify(&mut read).await.expect("a verdict");
    assert!(matches!(verdict, Verdict::Whole { .. }), "{verdict:?}");
}

async fn exchange(db: Db) {
    let (house, admin) = House::new(db).await;
    let none = house.call(&admin, "DELETE", ENVELOPE, None).await;
    assert_eq!(none.is(409).slug(), "emergency-none");
    let first = house.seal().await;
    let second = house.seal().await;
    assert_ne!(first, second);
    house.type_code(&first).await.is(403);
    house.call(&admin, "DELETE", ENVELOPE, None).await.is(204);
    assert_eq!(house.envelope(&admin).await["state"], "void");
    house.type_code(&second).await.is(403);
    let third = house.seal().await;
    let one = house.type_code(&third).await.is(200).cookie();
    // Another envelope while one is open: the earlier session ends.
    let fourth = house.seal().await;
    assert_eq!(house.envelope(&admin).await["state"], "intact");
    assert_ne!(house.envelope(&admin).await["until_us"], Json::Null);
    let two = house.type_code(&fourth).await.is(200).cookie();
    house
        .call(&one, "GET", "/api/v1/session", None)
        .await
        .is(401);
    house
        .call(&two, "GET", "/api/v1/session", None)
        .await
        .is(200);
    // To leave is an end, too.
    house
        .call(&two, "DELETE", "/api/v1/session", None)
        .await
        .is(204);
    assert_eq!(emergency::lapse(&house.hall).await.expect("looked"), 1);
    assert_eq!(house.told_of(&admin).await, Json::Null);
    let told = house.call(&admin, "GET", INCIDENTS, None).await.is(200);
    let states: Vec<_> = told.json()["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["state"].clone())
        .collect();
    assert_eq!(states, ["cleared", "cleared"], "each is one of its own");
    let verbs = house.verbs().await;
    for verb in ["emergency.resealed", "emergency.withdrawn"] {
        assert!(verbs.iter().any(|it| it == verb), "{verb}");
    }
}

async fn guesses(db: Db) {
    let (house, _) = House::new(db).await;
    let code = house.seal().await;
    let mut wrong = code.clone().into_bytes();
    wrong[0] = if wrong[0] == b'A' { b'B' } else { b'A' };
    let wrong = String::from_utf8(wrong).expect("ASCII");
    let mistyped = house.type_code(&wrong).await.is(422);
    assert_eq!(mistyped.field(), "code");
    // A code of another house: whole, and none of this one.
    let other = "0".repeat(27);
    let whole = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
        .chars()
        .map(|check| format!("{other}{check}"))
        .collect::<Vec<_>>();
    let mut denied = 0;
    for guess in &whole {
        denied += usize::from(house.type_code(guess).await.status == 403);
    }
    assert_eq!(denied, 1, "one of 32 characters checks");
    // Held up is who repeats himself, and not who has the code.
    let before = house.verbs().await.len();
    let waits = async |code: &str| house.type_code(code).await.status.as_u16() == 429;
    let mut held = 0;
    for _ in 0..10 {
        held += usize::from(waits(&wrong).await);
    }
    assert_eq!(held, 10 - 4, "the first counted before");
    let refused = house.verbs().await.len() - before;
    assert_eq!(refused, 4, "who has to wait is not written down each time");
    house.type_code(&code).await.is(200);
}

async fn nothing_owed(db: Db) {
    let (house, admin) = House::new(db).await;
    let code = house.seal().await;
    // Nobody is in an office here, and the rule is on.
    let doctor = async |sql: &'static str| {
        let mut tx = house.hall.db().write().await.expect("a transaction");
        tx.execute(sql, &[]).await.expect("done");
        tx.commit().await.expect("a commit");
    };
    doctor(
        "INSERT INTO hall_factor_rule (number, since_us, by_person) \
         SELECT 1, 0, person_id FROM hall_session LIMIT 1",
    )
    .await;
    let people = async |with: &str| house.call(with, "GET", "/api/v1/staff", None).await;
    assert_eq!(people(&admin).await.is(403).slug(), "factor-missing");
    let opened = house.type_code(&code).await.is(200).cookie();
    people(&opened).await.is(200);
    // A provider has asked for a second factor where its word for one is among those that count.
    doctor("UPDATE hall_session SET way = 'provider' WHERE way IS NULL").await;
    people(&admin).await.is(403);
    doctor(
        "INSERT INTO hall_session_factor (session_id, kind, shown_us) \
         SELECT id, 'otp', 0 FROM hall_session WHERE way = 'provider'",
    )
    .await;
    people(&admin).await.is(200);
}

on_both! {
    a_sealed_code_opens_the_house_for_an_hour_and_everybody_hears: life;
    an_envelope_is_exchanged_and_taken_back: exchange;
    who_guesses_a_sealed_code_waits: guesses;
    the_envelope_and_a_provider_that_has_asked_owe_no_factor: nothing_owed;
}
