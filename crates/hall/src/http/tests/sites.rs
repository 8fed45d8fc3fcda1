//! Sites, codes, and boxes that are let in, turned away, replaced and revoked.

use base::geo::Point;
use rcgen::{CertificateParams, KeyPair};

use super::*;
use crate::ca::{LEAF_LIFE, Request as Csr};
use crate::enrol::code::{Code, Ticket};
use crate::enrol::{self, Answer as Let, Asking, CODE_LIFE, Standing};
use crate::problem::Problem;
use crate::session::Arrival;

/// A box: a key of its own.
pub(super) struct Kotak(KeyPair);

impl Kotak {
    pub(super) fn new() -> Self {
        Self(KeyPair::generate().expect("a key"))
    }

    fn request(&self) -> Csr {
        let made = CertificateParams::default()
            .serialize_request(&self.0)
            .expect("a request");
        Csr::read(made.der()).expect("a request")
    }

    pub(super) async fn asks(&self, house: &House, code: &Code) -> Result<Let, Problem> {
        self.asks_from(house, code, None).await
    }

    async fn asks_from(
        &self,
        house: &House,
        code: &Code,
        point: Option<Point>,
    ) -> Result<Let, Problem> {
        let arrival = Arrival {
            address: Some([10, 9, 8, 7].into()),
            tls: true,
            port: None,
        };
        let asking = Asking {
            code: code.clone(),
            request: self.request(),
            serial: Some("SN-1".to_owned()),
            version: Some("0.1.0".to_owned()),
            point,
        };
        enrol::ask(&house.hall, arrival, asking).await
    }
}

impl House {
    pub(super) async fn site(&self, with: &str, area: &str) -> String {
        let body = json!({
            "name": format!("Kantor Desa {area}"), "kind": "kantor_desa", "area": area,
            "point": { "lat_deg": -2.31, "lon_deg": 114.05 },
            "contact_name": "Uji", "contact_phone": "0800",
        });
        let added = self
            .call(with, "POST", "/api/v1/sites", Some(body))
            .await
            .is(201);
        added.json()["id"].as_str().expect("an id").to_owned()
    }

    /// The long form and the short form of a new code.
    pub(super) async fn code(&self, with: &str, site: &str, terms: Json) -> (Code, Code) {
        let path = format!("/api/v1/sites/{site}/codes");
        let made = self.call(with, "POST", &path, Some(terms)).await.is(201);
        let made = made.json();
        let ticket = |name: &str| {
            let text = made[name].as_str().expect("a ticket");
            text.parse::<Ticket>().expect("a ticket")
        };
        assert_eq!(
            ticket("ticket").house,
            Some(self.hall.authority().house_key())
        );
        assert!(made["qr_svg"].as_str().expect("a QR").contains("<svg"));
        (ticket("ticket").code, ticket("typed").code)
    }

    async fn state(&self, with: &str, site: &str) -> String {
        let path = format!("/api/v1/sites/{site}");
        let shown = self.call(with, "GET", &path, None).await.is(200);
        shown.json()["state"].as_str().expect("a state").to_owned()
    }

    pub(super) async fn decide(
        &self,
        with: &str,
        site: &str,
        agent: impl ToString,
        let_in: bool,
    ) -> Answer {
        let path = format!("/api/v1/sites/{site}/agents/{}/decision", agent.to_string());
        let body = Some(json!({ "let_in": let_in }));
        self.call(with, "POST", &path, body).await
    }

    async fn turn(&self, with: &str, site: &str, step: &str) -> Answer {
        let path = format!("/api/v1/sites/{site}/steps");
        let body = Some(json!({ "step": step, "why": "uji" }));
        self.call(with, "POST", &path, body).await
    }

    async fn worth(&self, kotak: &Kotak) -> Option<enrol::Judged> {
        let mut read = self.hall.db().read().await.expect("a snapshot");
        let key = kotak.request().key_hash;
        enrol::judge(&mut read, &key).await.expect("an answer")
    }
}

async fn from_plan_to_box(db: Db) {
    let (house, admin) = House::new(db).await;
    let site = house.site(&admin, "62.01.01").await;
    assert_eq!(house.state(&admin, &site).await, "planned");
    let (long, short) = house.code(&admin, &site, json!({})).await;
    assert_eq!(house.state(&admin, &site).await, "claimed");

    let kotak = Kotak::new();
    let waits = kotak.asks(&house, &short).await.expect("it may ask");
    assert_eq!(waits.standing, Standing::Pending);
    assert!(waits.certificate.is_none());
    assert_eq!(house.state(&admin, &site).await, "pending");
    let again = kotak.asks(&house, &short).await.expect("it may ask again");
    assert_eq!(again.agent, waits.agent);
    // Both forms are one code, and it is used up.
    let other = Kotak::new();
    for code in [&long, &short] {
        let refused = other.asks(&house, code).await.expect_err("used");
        assert_eq!(refused.slug(), "code");
    }
    let path = format!("/api/v1/sites/{site}/agents");
    let listed = house.call(&admin, "GET", &path, None).await.is(200).json();
    let words = listed["items"][0]["words"].as_str().expect("six words");
    let house_key = house.hall.authority().house_key();
    let key = kotak.request().key_hash;
    assert_eq!(words, enrol::words::six_words(house_key, &key));

    house.decide(&admin, &site, waits.agent, true).await.is(200);
    house.decide(&admin, &site, waits.agent, true).await.is(409);
    assert_eq!(house.state(&admin, &site).await, "active");
    let let_in = kotak.asks(&house, &short).await.expect("let in");
    let (_, until) = let_in.certificate.expect("a certificate");
    assert_eq!(until, house.hall.now().wall + LEAF_LIFE);
    assert!(house.worth(&kotak).await.expect("known").is_in());
    assert!(house.worth(&other).await.is_none());

    house.turn(&admin, &site, "suspended").await.is(200);
    assert!(!house.worth(&kotak).await.expect("known").is_in());
    house.turn(&admin, &site, "resumed").await.is(200);
    assert!(house.worth(&kotak).await.expect("known").is_in());
    house.turn(&admin, &site, "revoked").await.is(200);
    assert!(!house.worth(&kotak).await.expect("known").is_in());
    house.turn(&admin, &site, "resumed").await.is(409);
    let refused = kotak.asks(&house, &short).await.expect_err("revoked");
    assert_eq!(refused.slug(), "turned-away");
    let refused = enrol::renew(&house.hall, &key, kotak.request()).await;
    assert_eq!(refused.expect_err("revoked").slug(), "turned-away");

    let steps = format!("/api/v1/sites/{site}/steps");
    let steps = house.call(&admin, "GET", &steps, None).await.is(200).json();
    let steps: Vec<_> = steps["items"]
        .as_array()
        .expect("steps")
        .iter()
        .rev()
        .map(|step| step["step"].as_str().expect("a word"))
        .collect();
    assert_eq!(
        steps,
        [
            "added",
            "code_made",
            "asked",
            "let_in",
            "suspended",
            "resumed",
            "revoked"
        ]
    );
    let verbs = house.verbs().await;
    for verb in [
        "site.added",
        "site.code_made",
        "site.agent_asked",
        "site.agent_let_in",
        "site.revoked",
    ] {
        assert!(verbs.iter().any(|one| one == verb), "{verb} in {verbs:?}");
    }
}

async fn the_rule_of_a_code(db: Db) {
    let (house, admin) = House::new(db).await;
    let site = house.site(&admin, "62.01").await;
    let terms = || json!({ "near_m": 2000, "serial": "SN-1" });
    let near = Point::new(-2.305, 114.055).ok();
    let far = Point::new(-2.28, 114.05).ok();
    for (by_qr, at, serial, standing) in [
        (true, near, "SN-1", Standing::Active),
        (true, far, "SN-1", Standing::Pending),
        (true, None, "SN-1", Standing::Pending),
        (true, near, "SN-2", Standing::Pending),
        (false, near, "SN-1", Standing::Pending),
    ] {
        let mut terms = terms();
        terms["serial"] = serial.into();
        let (long, short) = house.code(&admin, &site, terms).await;
        let code = if by_qr { long } else { short };
        let asked = Kotak::new().asks_from(&house, &code, at).await;
        let asked = asked.expect("it may ask");
        assert_eq!(asked.standing, standing, "{by_qr} {at:?} {serial}");
        assert_eq!(asked.certificate.is_some(), standing == Standing::Active);
        house.turn(&admin, &site, "revoked").await.is(200);
    }
    // Nobody takes the place of an active box without a person.
    let (long, _) = house.code(&admin, &site, terms()).await;
    let first = Kotak::new();
    first
        .asks_from(&house, &long, near)
        .await
        .expect("by the rule");
    let (long, _) = house.code(&admin, &site, terms()).await;
    let second = Kotak::new();
    let asked = second.asks_from(&house, &long, near).await.expect("asked");
    assert_eq!(asked.standing, Standing::Pending);
    assert!(house.worth(&first).await.expect("known").is_in());
    house.decide(&admin, &site, asked.agent, true).await.is(200);
    let standing = house.worth(&first).await.expect("known").standing;
    assert_eq!(standing, Standing::Replaced);
    assert!(house.worth(&second).await.expect("known").is_in());
    // A rule needs a point to be near to.
    let body = json!({ "name": "Tanpa titik", "kind": "lokasi_kamera", "area": "62.01" });
    let bare = house
        .call(&admin, "POST", "/api/v1/sites", Some(body))
        .await;
    let bare = bare.is(201).json()["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let path = format!("/api/v1/sites/{bare}/codes");
    let refused = house
        .call(&admin, "POST", &path, Some(terms()))
        .await
        .is(422);
    assert_eq!(refused.field(), "near_m");
}

async fn codes_end(db: Db) {
    let (house, admin) = House::new(db).await;
    let site = house.site(&admin, "62.01").await;
    let (first, _) = house.code(&admin, &site, json!({})).await;
    let (second, _) = house.code(&admin, &site, json!({})).await;
    let kotak = Kotak::new();
    let refused = kotak.asks(&house, &first).await.expect_err("taken back");
    assert_eq!(refused.slug(), "code");
    house.clock.turn(CODE_LIFE);
    let refused = kotak.asks(&house, &second).await.expect_err("expired");
    assert_eq!(refused.slug(), "code");
    let unknown: Code = "00000000000000000000000000".parse().expect("a code");
    for _ in 0..40 {
        let _ = kotak.asks(&house, &unknown).await;
    }
    let refused = kotak.asks(&house, &unknown).await.expect_err("too often");
    assert_eq!(refused.slug(), "rate");
}

async fn who_sees_which_site(db: Db) {
    let (house, admin) = House::new(db).await;
    let here = house.site(&admin, "62.01.01").await;
    let there = house.site(&admin, "62.02").await;
    let (_, regional) = house
        .person(
            &admin,
            "regional",
            json!([{ "role": "konektivitas", "area": "62.01" }]),
        )
        .await;
    let list = house
        .call(&regional, "GET", "/api/v1/sites", None)
        .await
        .is(200)
        .json();
    let ids: Vec<_> = list["items"]
        .as_array()
        .expect("sites")
        .iter()
        .map(|site| site["id"].as_str().expect("an id"))
        .collect();
    assert_eq!(ids, [here.as_str()]);
    for path in ["", "/steps", "/agents"] {
        let path = format!("/api/v1/sites/{there}{path}");
        let hidden = house.call(&regional, "GET", &path, None).await.is(404);
        assert_eq!(hidden.slug(), "site");
    }
    let path = format!("/api/v1/sites/{there}/codes");
    house
        .call(&regional, "POST", &path, Some(json!({})))
        .await
        .is(404);
    house.turn(&regional, &there, "revoked").await.is(404);
    house.code(&regional, &here, json!({})).await;
    // Neither out of one's own place nor into it.
    let path = format!("/api/v1/sites/{here}");
    let away = json!({ "name": "Pindah", "kind": "kantor_desa", "area": "62.02" });
    house
        .call(&regional, "PUT", &path, Some(away))
        .await
        .is(403);
    let csv = house
        .call(&regional, "GET", "/api/v1/sites?format=csv", None)
        .await
        .is(200);
    assert_eq!(csv.text.lines().count(), 2);
    assert!(house.verbs().await.contains(&"site.exported".to_owned()));
}

on_both! {
    a_site_goes_from_a_plan_to_a_box_and_out_again: from_plan_to_box;
    a_box_is_let_in_by_the_rule_of_its_code: the_rule_of_a_code;
    codes_are_used_once_taken_back_and_expire: codes_end;
    a_site_is_seen_by_those_whose_place_it_is_in: who_sees_which_site;
}
