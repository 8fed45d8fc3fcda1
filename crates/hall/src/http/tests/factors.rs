//! Networks of offices, the rule that goes by them, and what is shown besides a password.

use std::net::IpAddr;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::*;
use crate::session::Arrival;

mod passkeys;

const OFFICE: &str = "10.62.7.8";
const HOME: &str = "203.0.113.9";

impl House {
    /// A call that is seen from an address.
    async fn from(
        &self,
        address: &str,
        cookie: &str,
        method: &str,
        path: &str,
        body: Option<Json>,
    ) -> Answer {
        let address: IpAddr = address.parse().expect("an address");
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json");
        let kind = match cookie.starts_with("Bearer ") {
            true => header::AUTHORIZATION,
            false => header::COOKIE,
        };
        if !cookie.is_empty() {
            request = request.header(kind, cookie);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let mut request = request.body(body).expect("a request");
        request.extensions_mut().insert(Arrival {
            address: Some(address),
            ..Arrival::default()
        });
        self.send(request).await
    }

    async fn log_in_from(&self, address: &str, username: &str) -> String {
        let body = json!({ "username": username, "password": PASSWORD });
        let answer = self
            .from(address, "", "POST", "/api/v1/session", Some(body))
            .await;
        answer.is(200).cookie()
    }

    /// How a request ends that asks who is there.
    async fn stands(&self, address: &str, cookie: &str) -> String {
        let answer = self
            .from(address, cookie, "GET", "/api/v1/session", None)
            .await;
        match answer.status {
            StatusCode::OK => "in".to_owned(),
            _ => answer.slug(),
        }
    }

    async fn office(&self, admin: &str) -> String {
        let body = json!({ "name": "Kantor", "ranges": ["10.62.0.0/16", "2001:db8:62::/48"] });
        let added = self
            .call(admin, "POST", "/api/v1/networks", Some(body))
            .await
            .is(201);
        added.json()["id"].as_str().expect("an id").to_owned()
    }

    /// An app of somebody: its secret, and the codes on paper.
    async fn enrol(&self, address: &str, cookie: &str) -> (Vec<u8>, Vec<String>) {
        let proof = json!({ "password": PASSWORD });
        let begun = self
            .from(address, cookie, "POST", "/api/v1/factors/totp", Some(proof))
            .await
            .is(200)
            .json();
        let secret = unbase32(begun["secret"].as_str().expect("a secret"));
        let code = json!({ "code": self.app_code(&secret, 0) });
        let codes = self
            .from(address, cookie, "PUT", "/api/v1/factors/totp", Some(code))
            .await
            .is(200)
            .json();
        let codes = codes["codes"].as_array().expect("codes").iter();
        let text = |code: &Json| code.as_str().expect("text").to_owned();
        (secret, codes.map(text).collect())
    }

    /// What an app shows so many steps from now: RFC 2104 and RFC 4226 by hand.
    fn app_code(&self, secret: &[u8], later: i64) -> String {
        let step = self.hall.now().wall.as_us() / 30_000_000 + later;
        let mut key = [0; 64];
        key[..secret.len()].copy_from_slice(secret);
        let pad = |with: u8| key.map(|octet| octet ^ with).to_vec();
        let sha = |parts: [&[u8]; 2]| digest(&SHA1_FOR_LEGACY_USE_ONLY, &parts.concat());
        let inner = sha([&pad(0x36), &step.to_be_bytes()]);
        let outer = sha([&pad(0x5c), inner.as_ref()]);
        let tag: [u8; 20] = outer.as_ref().try_into().expect("twenty");
        let at = usize::from(tag[19] % 16);
        let number = i64::from(tag[at] % 128) * 0x100_0000
            + i64::from(tag[at + 1]) * 0x1_0000
            + i64::from(tag[at + 2]) * 0x100
            + i64::from(tag[at + 3]);
        format!("{:06}", number % 1_000_000)
    }

    async fn show(&self, address: &str, cookie: &str, code: &str) -> Answer {
        let body = Some(json!({ "code": code }));
        self.from(address, cookie, "POST", "/api/v1/session/factor", body)
            .await
    }

    async fn set_rule(&self, admin: &str, on: bool, without: usize) -> Answer {
        let body = Some(json!({ "on": on, "without": without }));
        self.from(OFFICE, admin, "PUT", "/api/v1/factor-rule", body)
            .await
    }
}

/// By the bit, as the RFC has it.
fn unbase32(text: &str) -> Vec<u8> {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String = text
        .chars()
        .map(|c| format!("{:05b}", alphabet.find(c).expect("a letter of base 32")))
        .collect();
    bits.as_bytes()
        .chunks_exact(8)
        .map(|octet| {
            let octet = std::str::from_utf8(octet).expect("text");
            u8::from_str_radix(octet, 2).expect("bits")
        })
        .collect()
}

async fn networks(db: Db) {
    let (house, admin) = House::new(db).await;
    let id = house.office(&admin).await;
    let path = format!("/api/v1/networks/{id}");
    for (body, field) in [
        (json!({ "name": "", "ranges": ["10.1.0.0/16"] }), "name"),
        (json!({ "name": "A", "ranges": [] }), "ranges"),
        (json!({ "name": "A", "ranges": ["10.1.2.3/16"] }), "ranges"),
        (json!({ "name": "A", "ranges": ["0.0.0.0/0"] }), "ranges"),
        (
            json!({ "name": "A", "ranges": ["10.1.0.0/16"], "place": "a\nb" }),
            "place",
        ),
    ] {
        let refused = house
            .call(&admin, "POST", "/api/v1/networks", Some(body.clone()))
            .await;
        assert_eq!(refused.is(422).field(), field, "{body}");
    }
    let same = json!({ "name": "KANTOR", "ranges": ["10.1.0.0/16"] });
    let refused = house
        .call(&admin, "POST", "/api/v1/networks", Some(same))
        .await;
    assert_eq!(refused.is(409).slug(), "network-taken");
    let other = json!({ "name": "Kantor", "ranges": ["10.62.0.0/24", "10.62.0.0/24"], "place": "Diskominfo" });
    let changed = house
        .call(&admin, "PUT", &path, Some(other))
        .await
        .is(200)
        .json();
    assert_eq!(changed["ranges"], json!(["10.62.0.0/24"]));
    let list = house
        .call(&admin, "GET", "/api/v1/networks", None)
        .await
        .json();
    assert_eq!(list["items"], json!([changed]));

    // A clerk of one regency names no office of the house.
    let end = house.hall.now().wall + Duration::from_secs(86_400);
    let (_, clerk) = house
        .person(
            &admin,
            "regional",
            json!([{ "role": "admin", "area": "62.01", "to_us": end }]),
        )
        .await;
    for (method, at, body) in [
        ("GET", "/api/v1/networks", None),
        (
            "POST",
            "/api/v1/networks",
            Some(json!({ "name": "B", "ranges": ["10.1.0.0/16"] })),
        ),
        ("DELETE", path.as_str(), None),
        ("GET", "/api/v1/factor-rule", None),
        ("PUT", "/api/v1/factor-rule", Some(json!({ "on": false }))),
    ] {
        let refused = house.call(&clerk, method, at, body).await;
        assert_eq!(refused.is(403).slug(), "not-allowed", "{method} {at}");
    }
    house.call(&admin, "DELETE", &path, None).await.is(204);
    house.call(&admin, "DELETE", &path, None).await.is(404);
    let verbs = house.verbs().await;
    for verb in ["network.added", "network.changed", "network.removed"] {
        assert!(verbs.contains(&verb.to_owned()), "{verbs:?}");
    }
}

async fn rule(db: Db) {
    let (house, admin) = House::new(db).await;
    let office = house.office(&admin).await;
    let (_, ani) = house
        .person(&admin, "ani", json!([{ "role": "operator" }]))
        .await;
    let (gone, _) = house.person(&admin, "pergi", json!([])).await;
    let path = format!("/api/v1/staff/{gone}");
    let leave = Some(json!({ "active": false }));
    house.call(&admin, "PATCH", &path, leave).await.is(200);
    assert_eq!(
        house.stands(HOME, &ani).await,
        "in",
        "off until somebody turns it on"
    );

    let outlook = house
        .from(OFFICE, &admin, "GET", "/api/v1/factor-rule", None)
        .await
        .is(200)
        .json();
    let names: Vec<_> = outlook["without"]
        .as_array()
        .expect("people")
        .iter()
        .map(|person| person["name"].clone())
        .collect();
    assert_eq!(names, ["Administrator", "ani"], "who is gone is not asked");
    assert_eq!(outlook["on"], false);
    assert_eq!(
        (&outlook["here"], &outlook["address"]),
        (&json!("Kantor"), &json!(OFFICE))
    );

    // Not without having looked, and not oneself out of the house.
    assert_eq!(
        house.set_rule(&admin, true, 3).await.is(409).slug(),
        "factor-outlook"
    );
    let body = Some(json!({ "on": true, "without": 2 }));
    let refused = house
        .from(HOME, &admin, "PUT", "/api/v1/factor-rule", body)
        .await;
    assert_eq!(refused.is(409).slug(), "factor-self");
    let mut revoked = house.hall.revoked();
    assert_eq!(
        house.set_rule(&admin, true, 2).await.is(200).json()["on"],
        true
    );
    assert!(revoked.try_recv().is_ok(), "streams are looked at anew");

    for (address, stands) in [
        (OFFICE, "in"),
        ("2001:db8:62::1", "in"),
        ("::ffff:10.62.0.1", "in"),
        (HOME, "factor-missing"),
        ("10.63.0.1", "factor-missing"),
        ("2001:db8:63::1", "factor-missing"),
    ] {
        assert_eq!(house.stands(address, &ani).await, stands, "{address}");
    }
    let fresh = house.log_in_from(HOME, "ani").await;
    assert_eq!(house.stands(HOME, &fresh).await, "factor-missing");
    let asked = house
        .from(HOME, &fresh, "GET", "/api/v1/session/factor", None)
        .await;
    assert_eq!(asked.is(200).json()["owed"], "missing");
    // From elsewhere nobody adds one by a password alone.
    let proof = Some(json!({ "password": PASSWORD }));
    let refused = house
        .from(HOME, &fresh, "POST", "/api/v1/factors/totp", proof)
        .await;
    assert_eq!(refused.is(403).slug(), "factor-missing");
    house
        .from(HOME, &fresh, "DELETE", "/api/v1/session", None)
        .await
        .is(204);

    // The network goes, and with it the office.
    let path = format!("/api/v1/networks/{office}");
    house.enrol(OFFICE, &admin).await;
    house
        .from(OFFICE, &admin, "DELETE", &path, None)
        .await
        .is(204);
    assert_eq!(house.stands(OFFICE, &ani).await, "factor-missing");
    assert_eq!(
        house.set_rule(&admin, false, 0).await.is(200).json()["on"],
        false
    );
    assert_eq!(house.stands(OFFICE, &ani).await, "in");
    let verbs = house.verbs().await;
    for verb in ["factor_rule.turned_on", "factor_rule.turned_off"] {
        assert!(verbs.contains(&verb.to_owned()), "{verbs:?}");
    }
}

async fn steps(db: Db) {
    let (house, admin) = House::new(db.clone()).await;
    house.office(&admin).await;
    let (_, ani) = house
        .person(&admin, "ani", json!([{ "role": "operator" }]))
        .await;
    let elsewhere = house.log_in_from(HOME, "ani").await;
    // A secret counts for nothing before its first code, nor does a wrong one.
    let proof = Some(json!({ "password": PASSWORD }));
    let begun = house
        .from(OFFICE, &ani, "POST", "/api/v1/factors/totp", proof.clone())
        .await
        .is(200);
    assert_eq!(begun.headers["cache-control"], "no-store");
    let begun = begun.json();
    let uri = begun["uri"].as_str().expect("an address");
    assert!(
        uri.starts_with("otpauth://totp/") && uri.contains(begun["secret"].as_str().expect("text")),
        "{uri}"
    );
    assert!(
        begun["qr_svg"]
            .as_str()
            .is_some_and(|svg| svg.contains("<svg"))
    );
    assert_eq!(house.stands(HOME, &elsewhere).await, "in");
    let (secret, codes) = house.enrol(OFFICE, &ani).await;
    assert_eq!((secret.len(), codes.len()), (20, 10));
    assert_eq!(house.stands(HOME, &elsewhere).await, "factor-needed");
    assert_eq!(house.stands(OFFICE, &elsewhere).await, "in");
    assert_eq!(
        house.stands(HOME, &ani).await,
        "in",
        "it was shown in this one"
    );

    let again = house
        .show(HOME, &elsewhere, &house.app_code(&secret, 0))
        .await;
    assert_eq!(
        again.is(403).slug(),
        "factor-wrong",
        "the first code is used up"
    );
    for (later, right) in [(-1, false), (2, false), (1, true)] {
        let code = house.app_code(&secret, later);
        let shown = house.show(HOME, &elsewhere, &code).await;
        assert_eq!(
            shown.status == StatusCode::NO_CONTENT,
            right,
            "{later}: {}",
            shown.text
        );
    }
    assert_eq!(house.stands(HOME, &elsewhere).await, "in");
    // Each code once, in whatever session, and in another life of the house.
    house.clock.turn(Duration::from_secs(60));
    let third = house.log_in_from(HOME, "ani").await;
    let code = house.app_code(&secret, 0);
    house.show(HOME, &third, &code).await.is(204);
    let fourth = house.log_in_from(HOME, "ani").await;
    let second = Hall::open(db, house.clock.clone(), house.hall.config().clone())
        .await
        .expect("the house again");
    let (router, _) = seal(routes(), &second).expect("guarded");
    let house = House {
        app: router.with_state(second.clone()),
        hall: second,
        ..house
    };
    assert_eq!(
        house.show(HOME, &fourth, &code).await.is(403).slug(),
        "factor-wrong"
    );
    // Codes on paper, each once.
    let paper = codes[3].to_lowercase().replace('-', " ");
    house.show(HOME, &fourth, &paper).await.is(204);
    let fifth = house.log_in_from(HOME, "ani").await;
    assert_eq!(
        house.show(HOME, &fifth, &codes[3]).await.is(403).slug(),
        "factor-wrong"
    );
    let asked = house
        .from(HOME, &fifth, "GET", "/api/v1/session/factor", None)
        .await;
    assert_eq!(
        asked.is(200).json(),
        json!({ "owed": "factor", "totp": true, "recovery": 9, "passkey": false })
    );
    // What is kept says nothing.
    let mut read = house.hall.db().read().await.expect("a snapshot");
    let kept = read
        .one("SELECT secret FROM hall_totp", store::params![])
        .await
        .expect("a row")
        .get::<Vec<u8>>("secret")
        .expect("bytes");
    assert!(!kept.windows(secret.len()).any(|window| window == secret));
    let hashes = read
        .all("SELECT hash FROM hall_recovery", store::params![])
        .await
        .expect("rows");
    for row in hashes {
        let hash: Vec<u8> = row.get("hash").expect("bytes");
        let plain = |code: &String| hash == code.replace('-', "").as_bytes();
        assert!(!codes.iter().any(plain));
    }
    drop(read);
    let verbs = house.verbs().await;
    for verb in [
        "factor.added",
        "factor.shown",
        "factor.refused",
        "recovery.made",
    ] {
        assert!(verbs.contains(&verb.to_owned()), "{verbs:?}");
    }
}

async fn tries(db: Db) {
    let (house, admin) = House::new(db).await;
    let (secret, codes) = house.enrol(OFFICE, &admin).await;
    let cookie = house.log_in_from(HOME, "admin").await;
    for n in 0..5 {
        let wrong = house.show(HOME, &cookie, "000000").await;
        assert_eq!(wrong.is(403).slug(), "factor-wrong", "{n}");
    }
    // Of the person, from wherever, and of whatever kind.
    let stopped = house.show("198.51.100.4", &cookie, &codes[0]).await.is(429);
    assert_eq!(stopped.slug(), "rate");
    assert_eq!(stopped.headers["retry-after"], "2");
    let begin = Some(json!({ "code": codes[0] }));
    house
        .from(
            "198.51.100.4",
            &admin,
            "POST",
            "/api/v1/factors/codes",
            begin,
        )
        .await
        .is(429);
    // The password goes on: who guesses codes does not lock a person out of a login.
    house.log_in_from(OFFICE, "admin").await;
    house.clock.turn(Duration::from_secs(30));
    house
        .show(HOME, &cookie, &house.app_code(&secret, 0))
        .await
        .is(204);
}

async fn removal(db: Db) {
    let (house, admin) = House::new(db).await;
    house.office(&admin).await;
    let (ani, cookie) = house
        .person(&admin, "ani", json!([{ "role": "operator" }]))
        .await;
    let (_, budi) = house
        .person(
            &admin,
            "budi",
            json!([{ "role": "admin", "area": "62.01" }]),
        )
        .await;
    let (secret, codes) = house.enrol(OFFICE, &cookie).await;
    let call = async |path: &str, proof: Json| {
        let path = format!("/api/v1/factors/{path}");
        house
            .from(OFFICE, &cookie, "POST", &path, Some(proof))
            .await
    };
    let right = json!({ "password": PASSWORD });
    for path in ["totp", "totp/removal", "codes"] {
        assert_eq!(
            call(path, json!({})).await.is(422).field(),
            "password",
            "{path}"
        );
        let wrong = json!({ "password": "bukan kata sandi" });
        assert_eq!(call(path, wrong).await.is(403).slug(), "login", "{path}");
        house.clock.turn(Duration::from_secs(3600));
    }
    assert_eq!(
        call("totp", right.clone()).await.is(409).slug(),
        "factor-enrolled"
    );
    let renewed = call("codes", json!({ "code": codes[0] }))
        .await
        .is(200)
        .json();
    assert_eq!(renewed["codes"].as_array().map(Vec::len), Some(10));
    let other = house.log_in_from(HOME, "ani").await;
    let old = house.show(HOME, &other, &codes[1]).await;
    assert_eq!(
        old.is(403).slug(),
        "factor-wrong",
        "the older paper is good no more"
    );
    // A token shows nothing and changes nothing.
    let made = house
        .from(
            OFFICE,
            &cookie,
            "POST",
            "/api/v1/tokens",
            Some(json!({ "name": "t" })),
        )
        .await
        .is(201);
    let bearer = format!("Bearer {}", made.json()["token"].as_str().expect("a token"));
    assert_eq!(
        house.stands(HOME, &bearer).await,
        "in",
        "a program is not asked"
    );
    for path in ["factors/totp/removal", "session/factor"] {
        let body = Some(json!({ "code": "000000" }));
        let path = format!("/api/v1/{path}");
        let refused = house.from(HOME, &bearer, "POST", &path, body).await;
        assert!(
            ["session-needed", "form"].contains(&refused.slug().as_str()),
            "{}",
            refused.text
        );
    }
    // Where the rule is on, the last one is not removed from elsewhere.
    house.set_rule(&admin, true, 2).await.is(200);
    house.clock.turn(Duration::from_secs(3600));
    let proof = Some(json!({ "code": house.app_code(&secret, 0) }));
    let path = "/api/v1/factors/totp/removal";
    let refused = house.from(HOME, &cookie, "POST", path, proof).await;
    assert_eq!(refused.is(409).slug(), "factor-last");
    call("totp/removal", right.clone()).await.is(204);
    let own = house
        .from(OFFICE, &cookie, "GET", "/api/v1/factors", None)
        .await;
    let own = own.is(200).json();
    assert_eq!((&own["totp"], &own["recovery"]), (&Json::Null, &Json::Null));
    assert_eq!(call("codes", right).await.is(404).slug(), "factor-none");
    assert_eq!(house.stands(HOME, &other).await, "factor-missing");

    // Who has lost it is helped by whoever commands him, and told of it.
    house.enrol(OFFICE, &cookie).await;
    let path = format!("/api/v1/staff/{ani}/factors/reset");
    let reason = Some(json!({ "reason": "Ponsel hilang" }));
    let refused = house
        .from(OFFICE, &budi, "POST", &path, reason.clone())
        .await;
    assert_eq!(refused.is(404).slug(), "person");
    let empty = Some(json!({ "reason": " " }));
    assert_eq!(
        house
            .from(OFFICE, &admin, "POST", &path, empty)
            .await
            .is(422)
            .field(),
        "reason"
    );
    house
        .from(OFFICE, &admin, "POST", &path, reason.clone())
        .await
        .is(204);
    let again = house
        .from(OFFICE, &admin, "POST", &path, reason.clone())
        .await;
    assert_eq!(again.is(404).slug(), "factor-none");
    assert_eq!(house.stands(OFFICE, &cookie).await, "not-signed-in");
    let cookie = house.log_in_from(OFFICE, "ani").await;
    let own = async || {
        let own = house
            .from(OFFICE, &cookie, "GET", "/api/v1/factors", None)
            .await;
        own.is(200).json()["reset"].clone()
    };
    assert_eq!(own().await["by"], "Administrator");
    assert_eq!(own().await["reason"], "Ponsel hilang");
    house
        .from(OFFICE, &cookie, "DELETE", "/api/v1/factors/reset", None)
        .await
        .is(204);
    assert_eq!(own().await, Json::Null);
    let me = house
        .from(OFFICE, &admin, "GET", "/api/v1/session", None)
        .await;
    let me = me.json()["person"]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let path = format!("/api/v1/staff/{me}/factors/reset");
    let refused = house.from(OFFICE, &admin, "POST", &path, reason).await;
    assert_eq!(refused.is(409).slug(), "factor-own");
}

async fn televisions(db: Db) {
    let (house, admin) = House::new(db).await;
    house.office(&admin).await;
    let waits = house
        .from(HOME, "", "POST", "/api/v1/screens/codes", None)
        .await
        .is(200)
        .json();
    let form = json!({ "code": waits["code"], "name": "Lobi", "shows": "/situasi" });
    house
        .from(OFFICE, &admin, "POST", "/api/v1/screens", Some(form))
        .await
        .is(201);
    let key = Some(json!({ "key": waits["key"] }));
    let paired = house
        .from(HOME, "", "POST", "/api/v1/screens/session", key)
        .await;
    let screen = paired.is(200).cookie();
    // A person with a password is one, whatever his role.
    let (_, wall) = house
        .person(&admin, "dinding", json!([{ "role": "layar" }]))
        .await;
    house.set_rule(&admin, true, 2).await.is(200);
    assert_eq!(house.stands(HOME, &screen).await, "in");
    assert_eq!(house.stands(HOME, &wall).await, "factor-missing");
}

on_both! {
    networks_are_named_by_who_manages_the_house: networks;
    the_rule_asks_outside_the_offices: rule;
    a_code_is_good_once: steps;
    codes_are_not_guessed: tries;
    factors_change_by_a_password_or_a_factor: removal;
    televisions_are_not_asked: televisions;
}
