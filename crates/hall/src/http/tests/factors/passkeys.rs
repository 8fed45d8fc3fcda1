//! Passkeys: instead of a password, and besides one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;
use crate::factor::webauthn::soft::{HOUSE, ORIGIN, Soft};

impl House {
    /// A call from the page of the house, by the name that passkeys are for.
    async fn page(&self, cookie: &str, method: &str, path: &str, body: Json) -> Answer {
        let host = ORIGIN.trim_start_matches("https://");
        let headers = [("host", host), ("origin", ORIGIN)];
        self.call_with(cookie, method, path, Some(body), &headers)
            .await
    }

    /// Lets an authenticator answer a challenge that is asked for at a path.
    async fn challenged(&self, cookie: &str, path: &str, body: Json, soft: &mut Soft) -> Json {
        let asked = self.page(cookie, "POST", path, body).await.is(200).json();
        let challenge = asked["challenge"].as_str().expect("a challenge");
        soft.challenge = URL_SAFE_NO_PAD.decode(challenge).expect("base64url");
        asked
    }

    async fn adds(&self, cookie: &str, soft: &mut Soft, name: &str) -> Answer {
        let proof = json!({ "password": PASSWORD });
        soft.purpose = "webauthn.create";
        self.challenged(cookie, "/api/v1/factors/passkeys/challenge", proof, soft)
            .await;
        let made = json!({
            "name": name,
            "challenge": URL_SAFE_NO_PAD.encode(&soft.challenge),
            "client": URL_SAFE_NO_PAD.encode(soft.client()),
            "attestation": URL_SAFE_NO_PAD.encode(soft.attestation()),
        });
        self.page(cookie, "POST", "/api/v1/factors/passkeys", made)
            .await
    }

    async fn enters(&self, soft: &mut Soft) -> Answer {
        soft.purpose = "webauthn.get";
        let path = "/api/v1/session/passkey";
        self.challenged("", &format!("{path}/challenge"), json!({}), soft)
            .await;
        self.page("", "POST", path, vouched(soft)).await
    }
}

/// What a browser hands on of what an authenticator has signed.
fn vouched(soft: &Soft) -> Json {
    json!({
        "credential": URL_SAFE_NO_PAD.encode(b"abc"),
        "challenge": URL_SAFE_NO_PAD.encode(&soft.challenge),
        "client": URL_SAFE_NO_PAD.encode(soft.client()),
        "data": URL_SAFE_NO_PAD.encode(soft.data(false)),
        "signature": URL_SAFE_NO_PAD.encode(soft.signature()),
    })
}

async fn passkeys(db: Db) {
    let (house, admin) = House::new(db).await;
    let (ani, cookie) = house
        .person(&admin, "ani", json!([{ "role": "operator" }]))
        .await;
    let mut soft = Soft::new("webauthn.get");
    assert_eq!(
        house.enters(&mut soft).await.is(403).slug(),
        "passkey",
        "not known"
    );
    let added = house
        .adds(&cookie, &mut soft, "Ponsel")
        .await
        .is(200)
        .json();
    assert_eq!(added["codes"].as_array().map(Vec::len), Some(10));
    assert_eq!(added["passkey"]["rp_id"], HOUSE);
    let id = added["passkey"]["id"].as_str().expect("an id").to_owned();
    let again = house.adds(&admin, &mut soft, "Curian").await;
    assert_eq!(again.is(409).slug(), "passkey-taken", "of whomever");

    // Instead of a password, and with the second factor in it.
    soft.counter = 6;
    let inside = house.enters(&mut soft).await.is(200);
    assert_eq!(inside.json()["person"]["name"], "ani");
    assert_eq!(house.stands(HOME, &inside.cookie()).await, "in");
    // Besides a password.
    let half = house.log_in_from(HOME, "ani").await;
    assert_eq!(house.stands(HOME, &half).await, "factor-needed");
    soft.counter = 7;
    let path = "/api/v1/session/factor";
    let asked = house
        .challenged(&half, &format!("{path}/challenge"), json!({}), &mut soft)
        .await;
    assert_eq!(
        asked["credentials"],
        json!([URL_SAFE_NO_PAD.encode(b"abc")])
    );
    let said = vouched(&soft);
    let path = format!("{path}/passkey");
    house.page(&half, "POST", &path, said.clone()).await.is(204);
    assert_eq!(house.stands(HOME, &half).await, "in");
    let once = house.page(&half, "POST", &path, said).await;
    assert_eq!(
        once.is(403).slug(),
        "passkey",
        "a challenge is answered once"
    );

    // Of another page, and of another house.
    for spoil in [
        (|soft: &mut Soft| soft.origin = "https://betang.exampIe:8443".to_owned()) as fn(&mut Soft),
        |soft| soft.house = "evil.example".to_owned(),
        |soft| soft.flags = 1,
    ] {
        let (origin, name, flags) = (soft.origin.clone(), soft.house.clone(), soft.flags);
        spoil(&mut soft);
        soft.counter += 1;
        assert_eq!(house.enters(&mut soft).await.is(403).slug(), "passkey");
        (soft.origin, soft.house, soft.flags) = (origin, name, flags);
    }
    // What another page asked for is not good here: the challenge knows whose it is.
    let host = [
        ("host", "other.example"),
        ("origin", "https://other.example"),
    ];
    let path = "/api/v1/session/passkey";
    let asked = house
        .call_with("", "POST", &format!("{path}/challenge"), None, &host)
        .await
        .is(200)
        .json();
    let challenge = asked["challenge"].as_str().expect("a challenge");
    soft.challenge = URL_SAFE_NO_PAD.decode(challenge).expect("base64url");
    let refused = house.page("", "POST", path, vouched(&soft)).await;
    assert_eq!(refused.is(403).slug(), "passkey");
    for origin in ["http://betang.example", "https://10.62.0.1"] {
        let host = origin.split("//").nth(1).expect("a host");
        let headers = [("host", host), ("origin", origin)];
        let refused = house
            .call_with("", "POST", &format!("{path}/challenge"), None, &headers)
            .await;
        assert_eq!(refused.is(409).slug(), "passkey-address", "{origin}");
    }
    // A challenge is over after five minutes.
    soft.purpose = "webauthn.get";
    house
        .challenged("", &format!("{path}/challenge"), json!({}), &mut soft)
        .await;
    house.clock.turn(Duration::from_secs(300));
    let late = house.page("", "POST", path, vouched(&soft)).await;
    assert_eq!(late.is(403).slug(), "passkey");

    // Somebody holds a copy: told, and the one that counts on is good.
    house.clock.turn(Duration::from_secs(3600));
    soft.counter = 7;
    assert_eq!(
        house.enters(&mut soft).await.is(403).slug(),
        "passkey-copied"
    );
    let cookie = house.log_in_from(OFFICE, "ani").await;
    soft.counter = 8;
    house.enters(&mut soft).await.is(200);
    let half = cookie;
    house
        .challenged(
            &half,
            "/api/v1/session/factor/challenge",
            json!({}),
            &mut soft,
        )
        .await;
    soft.counter = 9;
    let shown = house
        .page(
            &half,
            "POST",
            "/api/v1/session/factor/passkey",
            vouched(&soft),
        )
        .await;
    shown.is(204);
    let own = house
        .call(&half, "GET", "/api/v1/factors", None)
        .await
        .is(200)
        .json();
    assert!(own["passkeys"][0]["copied_us"].is_i64(), "{own}");
    let path = format!("/api/v1/factors/passkeys/{id}");
    let renamed = house
        .page(&half, "PUT", &path, json!({ "name": "Ponsel lama" }))
        .await;
    assert_eq!(renamed.is(200).json()["name"], "Ponsel lama");
    house
        .page(&admin, "PUT", &path, json!({ "name": "X" }))
        .await
        .is(404);

    // Whoever is shut out is out by every door; and a key that is removed opens none.
    let person = format!("/api/v1/staff/{ani}");
    for active in [false, true] {
        let body = json!({ "active": active });
        house.page(&admin, "PATCH", &person, body).await.is(200);
        soft.counter += 1;
        let answer = house.enters(&mut soft).await;
        assert_eq!(answer.status == StatusCode::OK, active, "{}", answer.text);
    }
    soft.counter += 1;
    let half = house.enters(&mut soft).await.is(200).cookie();
    let proof = json!({ "password": PASSWORD });
    house
        .page(&half, "POST", &format!("{path}/removal"), proof)
        .await
        .is(204);
    soft.counter += 1;
    assert_eq!(house.enters(&mut soft).await.is(403).slug(), "passkey");
    let verbs = house.verbs().await;
    for verb in ["factor.added", "factor.removed", "passkey.copied"] {
        assert!(verbs.contains(&verb.to_owned()), "{verbs:?}");
    }
}

on_both! {
    passkeys_open_and_vouch_for_this_house_alone: passkeys;
}
