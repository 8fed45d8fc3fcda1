//! Televisions: how one is paired, what it can do, and how that ends.

use std::net::{IpAddr, Ipv4Addr};

use futures::StreamExt as _;

use super::*;
use crate::screen::{CODE_LIFE, WAITING_PER_ADDRESS};
use crate::session::Arrival;

const LIST: &str = "/api/v1/screens";
const SELF: &str = "/api/v1/screens/self";

/// What a television was told when it asked.
struct Television {
    code: String,
    key: String,
}

impl House {
    async fn television(&self) -> Television {
        let path = format!("{LIST}/codes");
        let told = self.call("", "POST", &path, None).await.is(200).json();
        let text = |name: &str| told[name].as_str().expect("text").to_owned();
        Television {
            code: text("code"),
            key: text("key"),
        }
    }

    async fn poll(&self, key: &str) -> Answer {
        let path = format!("{LIST}/session");
        let body = json!({ "key": key });
        self.call("", "POST", &path, Some(body)).await.is(200)
    }

    async fn stand(&self, key: &str) -> String {
        let state = self.poll(key).await.json()["state"].clone();
        state.as_str().expect("a word").to_owned()
    }

    async fn pair(&self, with: &str, code: &str, more: Json) -> Answer {
        let mut body = json!({ "code": code, "name": "Dinding timur", "shows": "/situasi" });
        for (name, value) in more.as_object().expect("fields") {
            body[name] = value.clone();
        }
        self.call(with, "POST", LIST, Some(body)).await
    }

    /// A screen, as its id and its cookie.
    async fn screen(&self, with: &str, more: Json) -> (String, String) {
        let television = self.television().await;
        let paired = self.pair(with, &television.code, more).await.is(201);
        let id = paired.json()["id"].as_str().expect("an id").to_owned();
        (id, self.poll(&television.key).await.cookie())
    }

    async fn by_address(&self, with: &str, path: &str, octet: u8) -> Answer {
        let arrival = Arrival {
            address: Some(IpAddr::V4(Ipv4Addr::new(10, 0, 0, octet))),
            tls: false,
            port: None,
        };
        let request = Request::builder()
            .uri(path)
            .header(header::COOKIE, with)
            .extension(arrival);
        self.send(request.body(Body::empty()).expect("a request"))
            .await
    }

    /// All of the chain, as text.
    async fn told(&self) -> String {
        let mut read = self.hall.db().read().await.expect("a snapshot");
        let (entries, _) = audit::list(&mut read, &audit::Filter::default(), 5000)
            .await
            .expect("entries");
        format!("{entries:?}")
    }
}

async fn life(db: Db) {
    let (house, admin) = House::new(db).await;
    let (_, operator) = house
        .person(&admin, "operator-1", json!([{ "role": "operator" }]))
        .await;
    let television = house.television().await;
    assert_eq!(house.stand(&television.key).await, "waiting");
    assert_eq!(house.stand("nobody's").await, "expired");
    let typed = television.code.to_lowercase().replace('-', " ");
    let paired = house.pair(&operator, &typed, json!({})).await.is(201);
    let id = paired.json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(paired.json()["signed_in"], false);
    assert_eq!(paired.json()["seen_us"], Json::Null, "it has never come");
    let again = house.pair(&admin, &television.code, json!({})).await;
    assert_eq!(again.is(403).slug(), "screen-code", "a code lives once");

    let let_in = house.poll(&television.key).await;
    assert_eq!(let_in.json()["state"], "paired");
    let set = let_in.headers[header::SET_COOKIE].to_str().expect("text");
    assert!(set.contains("Max-Age=34560000"), "{set}");
    let cookie = let_in.cookie();
    let again = house.poll(&television.key).await;
    assert_eq!(again.json()["state"], "revoked", "a key is exchanged once");
    assert!(!again.headers.contains_key(header::SET_COOKIE));

    let me = house.call(&cookie, "GET", "/api/v1/session", None).await;
    let me = me.is(200).json();
    assert_eq!(
        (&me["screen"], &me["grants"][0]["role"]),
        (&json!(true), &json!("layar"))
    );
    assert_eq!(me["person"]["name"], "Dinding timur");
    let own = house.call(&cookie, "GET", SELF, None).await.is(200);
    assert_eq!(own.json()["shows"], "/situasi");
    assert_eq!(own.cookie(), cookie, "the same secret, for as long again");
    let other = house.call(&operator, "GET", SELF, None).await;
    assert_eq!(other.is(404).slug(), "screen");
    let me = house.call(&operator, "GET", "/api/v1/session", None).await;
    assert_eq!(me.json()["screen"], false);

    let path = format!("{LIST}/{id}");
    let shows = "/kamera/videowall/piket-malam?putar=30";
    let body = json!({ "name": "Dinding barat", "shows": shows });
    for _ in 0..2 {
        let changed = house
            .call(&operator, "PUT", &path, Some(body.clone()))
            .await;
        assert_eq!(changed.is(200).json()["shows"], shows);
    }
    let own = house.call(&cookie, "GET", SELF, None).await.json();
    assert_eq!(
        (&own["name"], &own["shows"]),
        (&json!("Dinding barat"), &json!(shows))
    );
    let body = json!({ "name": "x", "shows": "/kartu" });
    let refused = house
        .call(&operator, "PUT", &path, Some(body))
        .await
        .is(422);
    assert_eq!(refused.field(), "shows");
    house
        .call(&cookie, "PUT", &path, Some(json!({})))
        .await
        .is(403);

    let csv = house
        .call(&operator, "GET", &format!("{LIST}?format=csv"), None)
        .await;
    assert!(
        csv.is(200)
            .text
            .contains(&format!("{id},Dinding barat,,,{shows},"))
    );

    house.call(&operator, "DELETE", &path, None).await.is(204);
    house.call(&cookie, "GET", SELF, None).await.is(401);
    assert_eq!(house.stand(&television.key).await, "revoked");
    let gone = house.call(&operator, "DELETE", &path, None).await.is(404);
    assert_eq!(gone.slug(), "screen");
    let list = house.call(&operator, "GET", LIST, None).await.json();
    assert_eq!(list["items"], json!([]));

    let verbs = house.verbs().await;
    let screens: Vec<_> = verbs
        .iter()
        .filter(|verb| verb.starts_with("screen."))
        .collect();
    assert_eq!(
        screens,
        [
            "screen.paired",
            "screen.refused",
            "screen.changed",
            "screen.exported",
            "screen.revoked"
        ]
    );
    let told = house.told().await;
    for secret in [&television.code, &typed, &television.key] {
        assert!(
            !told.contains(secret.as_str()),
            "{secret} stands in the chain"
        );
    }
    let mut read = house.hall.db().read().await.expect("a snapshot");
    let verdict = audit::verify(&mut read).await.expect("a verdict");
    assert!(matches!(verdict, Verdict::Whole { .. }), "{verdict:?}");
}

async fn endures(db: Db) {
    let (house, admin) = House::new(db.clone()).await;
    // The house is started anew after the code was typed and before the screen has asked.
    let television = house.television().await;
    let paired = house
        .pair(&admin, &television.code, json!({}))
        .await
        .is(201);
    let id = paired.json()["id"].clone();
    let config = house.hall.config().clone();
    let hall = Hall::open(db, house.clock.clone(), config)
        .await
        .expect("the same house");
    let (router, _) = seal(routes(), &hall).expect("every operation is guarded");
    let house = House {
        app: router.with_state(hall.clone()),
        hall,
        ..house
    };
    let cookie = house.poll(&television.key).await.cookie();
    // Years go by without a request, and the next comes from elsewhere.
    house.clock.turn(OLDEST * 100);
    house.by_address(&cookie, SELF, 7).await.is(200);
    house.by_address(&cookie, SELF, 7).await.is(200);
    house.by_address(&cookie, SELF, 8).await.is(200);
    let admin = house.log_in("admin", PASSWORD).await.is(200).cookie();
    let list = house.call(&admin, "GET", LIST, None).await.is(200).json();
    let row = &list["items"][0];
    assert_eq!((&row["id"], &row["address"]), (&id, &json!("10.0.0.8")));
    assert_eq!(
        (&row["signed_in"], &row["until_us"]),
        (&json!(true), &Json::Null)
    );
    assert_eq!(row["seen_us"], json!(house.hall.now().wall));
    assert_eq!(row["paired_by"]["name"], "Administrator");
    let verbs = house.verbs().await;
    let moves = verbs.iter().filter(|verb| *verb == "screen.moved").count();
    assert_eq!(moves, 2, "once for each address");
}

async fn wrong_codes(db: Db) {
    let (house, admin) = House::new(db).await;
    let over = house.television().await;
    house.clock.turn(CODE_LIFE);
    assert_eq!(house.stand(&over.key).await, "expired");
    let used = house.television().await;
    house.pair(&admin, &used.code, json!({})).await.is(201);
    let good = house.television().await;
    let mut answers = BTreeSet::new();
    for wrong in [over.code.as_str(), used.code.as_str(), "AAAA-AAAA", "x", ""] {
        let answer = house.pair(&admin, wrong, json!({})).await.is(403);
        assert_eq!(
            (answer.slug(), answer.field()),
            ("screen-code".into(), "code".into())
        );
        answers.insert(answer.text);
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    let refused = house.pair(&admin, &good.code, json!({})).await.is(429);
    assert_eq!(refused.slug(), "rate");
    assert!(refused.headers.contains_key("retry-after"));
    // A form that cannot stand costs no guess, and says nothing about the code.
    for (more, field) in [
        (json!({ "name": " " }), "name"),
        (json!({ "shows": "//evil.example" }), "shows"),
        (json!({ "area": "62.99" }), "area"),
    ] {
        assert_eq!(house.pair(&admin, "x", more).await.is(422).field(), field);
    }
    house.clock.turn(Duration::from_secs(2));
    house.pair(&admin, &good.code, json!({})).await.is(201);
    let verbs = house.verbs().await;
    let refusals = verbs
        .iter()
        .filter(|verb| *verb == "screen.refused")
        .count();
    assert_eq!(refusals, 5);
}

async fn crowd(db: Db) {
    let (house, admin) = House::new(db).await;
    let first = house.television().await;
    for _ in 1..WAITING_PER_ADDRESS {
        house.television().await;
    }
    let path = format!("{LIST}/codes");
    let full = house.call("", "POST", &path, None).await.is(429);
    assert_eq!(full.slug(), "screens-waiting");
    assert_eq!(
        full.headers["retry-after"],
        (CODE_LIFE.as_secs() + 1).to_string()
    );
    house.pair(&admin, &first.code, json!({})).await.is(201);
    house.television().await;
}

async fn places(db: Db) {
    let (house, admin) = House::new(db).await;
    let until = house.hall.now().wall + Duration::from_secs(86_400);
    let (_, here) = house
        .person(
            &admin,
            "here",
            json!([{ "role": "operator", "area": "62.01", "to_us": until }]),
        )
        .await;
    let (_, there) = house
        .person(
            &admin,
            "there",
            json!([{ "role": "operator", "area": "62.02" }]),
        )
        .await;
    let (_, viewer) = house
        .person(&admin, "viewer", json!([{ "role": "pimpinan" }]))
        .await;
    let television = house.television().await;
    for more in [
        json!({}),
        json!({ "area": "62" }),
        json!({ "area": "62.02" }),
    ] {
        let refused = house.pair(&here, &television.code, more).await.is(403);
        assert_eq!(refused.slug(), "not-allowed");
    }
    let refused = house
        .pair(&viewer, &television.code, json!({ "area": "62" }))
        .await;
    refused.is(403);
    let (id, cookie) = house.screen(&here, json!({ "area": "62.01.01" })).await;
    let list = |with: String| {
        let house = &house;
        async move { house.call(&with, "GET", LIST, None).await.is(200).json() }
    };
    let own = list(here.clone()).await;
    assert_eq!(own["items"][0]["id"], json!(id));
    assert_eq!(
        own["items"][0]["until_us"],
        json!(until),
        "nobody gives longer than he has"
    );
    assert_eq!(list(there.clone()).await["items"], json!([]));
    let path = format!("{LIST}/{id}");
    let body = json!({ "name": "x", "shows": "/peta" });
    house.call(&there, "PUT", &path, Some(body)).await.is(404);
    house.call(&there, "DELETE", &path, None).await.is(404);
    house
        .call(&cookie, "GET", "/api/v1/areas", None)
        .await
        .is(200);
    house.clock.turn(Duration::from_secs(86_400));
    // Without a grant it is a browser that nobody has used for too long.
    house
        .call(&cookie, "GET", "/api/v1/areas", None)
        .await
        .is(401);
}

async fn no_human_being(db: Db) {
    let (house, admin) = House::new(db).await;
    let (_, cookie) = house.screen(&admin, json!({})).await;
    let staff = house
        .call(&admin, "GET", "/api/v1/staff", None)
        .await
        .is(200)
        .json();
    let marked: Vec<_> = staff["items"]
        .as_array()
        .expect("people")
        .iter()
        .filter(|person| person["screen"] == json!(true))
        .collect();
    assert_eq!(marked.len(), 1, "{staff}");
    assert_eq!(marked[0]["username"], Json::Null);
    let path = format!("/api/v1/staff/{}", marked[0]["id"].as_str().expect("an id"));
    for body in [
        json!({ "grants": [{ "role": "admin" }] }),
        json!({ "password": "jembatan baru" }),
        json!({ "name": "Budi" }),
        json!({ "active": false }),
    ] {
        let refused = house.call(&admin, "PATCH", &path, Some(body)).await.is(409);
        assert_eq!(refused.slug(), "screen-person");
    }
    let body = json!({ "old": PASSWORD, "new": "jembatan baru" });
    let own = house
        .call(&cookie, "PUT", "/api/v1/session/password", Some(body))
        .await;
    own.is(403);
    let body = json!({ "name": "t" });
    house
        .call(&cookie, "POST", "/api/v1/tokens", Some(body))
        .await
        .is(403);
}

async fn twice(db: Db) {
    let (house, admin) = House::new(db).await;
    let television = house.television().await;
    let body = json!({ "code": television.code, "name": "Dinding", "shows": "/peta" });
    let key = [("idempotency-key", "a-1")];
    let pair = async |body: Json| {
        house
            .call_with(&admin, "POST", LIST, Some(body), &key)
            .await
    };
    let first = pair(body.clone()).await.is(201);
    let again = pair(body).await.is(201);
    assert_eq!(first.text, again.text);
    assert!(again.headers.contains_key("idempotency-replayed"));
    let other = json!({ "code": television.code, "name": "Lain", "shows": "/peta" });
    assert_eq!(pair(other).await.is(409).slug(), "idempotency");
    let list = house.call(&admin, "GET", LIST, None).await.json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
}

async fn streams_end(db: Db) {
    let (house, admin) = House::new(db).await;
    let (id, cookie) = house.screen(&admin, json!({})).await;
    let request = Request::get("/api/v1/live").header(header::COOKIE, &cookie);
    let request = request.body(Body::empty()).expect("a request");
    let answer = house
        .app
        .clone()
        .oneshot(request)
        .await
        .expect("infallible");
    assert_eq!(answer.status().as_u16(), 200);
    let mut stream = answer.into_body().into_data_stream();
    let path = format!("{LIST}/{id}");
    let body = json!({ "name": "Dinding timur", "shows": "/peta" });
    house.call(&admin, "PUT", &path, Some(body)).await.is(200);
    let mut heard = String::new();
    while !heard.contains("event: screen") {
        let octets = stream.next().await.expect("it goes on").expect("octets");
        heard.push_str(std::str::from_utf8(&octets).expect("text"));
    }
    assert!(heard.contains(&format!("{{\"id\":\"{id}\"}}")), "{heard}");
    house.call(&admin, "DELETE", &path, None).await.is(204);
    // Whatever was said before the end is no error; that it ends is what counts.
    while stream.next().await.is_some() {}
}

on_both! {
    a_screen_is_paired_once_changed_and_revoked: life;
    a_screen_outlives_restarts_years_and_addresses: endures;
    wrong_codes_are_answered_alike_and_cost_time: wrong_codes;
    so_many_televisions_wait_at_an_address: crowd;
    a_screen_hangs_where_its_operator_may: places;
    a_screen_becomes_nobody_else: no_human_being;
    the_same_pairing_twice_makes_one_screen: twice;
    a_revoked_screen_hears_no_more: streams_end;
}
