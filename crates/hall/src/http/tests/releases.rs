//! Releases for boxes, and what boxes are told to be like.

use std::collections::BTreeMap;

use base::id::{Agent, Release};
use prost::Message as _;
use sync::command::{End, Outcome, Ulid};
use sync::desired::{Configured, Fate, House as Address, unseal};
use sync::frame::{PROTOCOLS, Protocols};
use sync::identity::{Boot, Chain, Digest, Epoch, Origin, Seq, Stream};
use sync::record::{Envelope, Kind, Quality};
use sync::release::{Manifest, Progress, SecretKey, Updated, pack};

use super::sites::Kotak;
use super::*;
use crate::ca::sha256;
use crate::link::vitals::Vitals;
use crate::link::{effects, kinds};
use crate::sql::{link, release as rows};

const TARGET: &str = "aarch64-unknown-linux-musl";

/// The key of [`House::empty`]'s configuration, and another.
fn key(is_good: bool) -> SecretKey {
    let seed = if is_good { RELEASE_SEED } else { [9; 32] };
    SecretKey::from_seed(&seed).expect("a key")
}

fn file(by: &SecretKey, version: &str, program: &[u8], protocols: Protocols) -> Vec<u8> {
    let manifest = Manifest {
        version: version.parse().expect("a version"),
        over: "0.0.0".parse().expect("a version"),
        protocols,
        target: TARGET.to_owned(),
        size: u64::try_from(program.len()).expect("a size"),
        sha256: sha256(program),
        expires: Wall::from_us(1_800_000_000_000_000),
        keys: Vec::new(),
    };
    pack(&by.sign(&manifest), program)
}

impl House {
    async fn bring(&self, with: &str, file: Vec<u8>) -> Answer {
        let request = Request::builder()
            .method("POST")
            .uri("/api/v1/releases")
            .header(header::COOKIE, with)
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .body(Body::from(file));
        self.send(request.expect("a request")).await
    }

    async fn offer(&self, with: &str, release: &str, form: Json) -> Answer {
        let path = format!("/api/v1/releases/{release}/offer");
        self.call(with, "POST", &path, Some(form)).await
    }

    /// A site whose box is let in.
    pub(super) async fn boxed(&self, with: &str) -> (String, Id<Agent>) {
        let site = self.site(with, "62.01").await;
        let (_, short) = self.code(with, &site, json!({})).await;
        let waits = Kotak::new().asks(self, &short).await.expect("it may ask");
        self.decide(with, &site, waits.agent, true).await.is(200);
        (site, waits.agent)
    }

    /// A box says something for the first time.
    async fn says(&self, agent: Id<Agent>, kind: Kind, body: Vec<u8>) {
        let now = self.hall.now();
        let record = Envelope {
            event_time: now.wall,
            mono: now.mono,
            boot: Boot::from_bytes([1; 16]),
            quality: Quality::Synced,
            kind,
            ver: 1,
            body,
        };
        let mut tx = self.hall.db().write().await.expect("a transaction");
        let done = effects::held(&mut tx, now, agent, &record).await;
        done.expect("an effect");
        tx.commit().await.expect("a commit");
    }

    async fn became(&self, agent: Id<Agent>, version: &str, progress: Progress) {
        let updated = Updated {
            version: version.parse().expect("a version"),
            progress,
            why: "crashed".to_owned(),
            detail: "\u{202e}\nexit".to_owned(),
        };
        self.says(agent, kinds::UPDATED, updated.encode()).await;
    }

    /// What an agent is waiting to be told.
    pub(super) async fn waiting(&self, agent: Id<Agent>) -> Vec<(u32, Ulid, Vec<u8>)> {
        let mut read = self.hall.db().read().await.expect("a snapshot");
        let waiting = link::waiting(&mut read, agent, 10).await.expect("commands");
        let plain = |it: sync::command::Command| (it.kind, it.id, it.body);
        waiting.into_iter().map(plain).collect()
    }
}

async fn what_is_kept(db: Db) {
    let (house, admin) = House::new(db).await;
    let good = || file(&key(true), "0.2.0", b"program", PROTOCOLS);
    let by_other = file(&key(false), "0.2.0", b"program", PROTOCOLS);
    let newer = Protocols { min: 8, max: 9 };
    let mut broken = good();
    broken.push(0);
    for wrong in [
        by_other,
        broken,
        b"no release".to_vec(),
        file(&key(true), "0.2.0", b"program", newer),
    ] {
        let refused = house.bring(&admin, wrong).await.is(422);
        assert_eq!(refused.slug(), "release-file");
    }
    let first = house.bring(&admin, good()).await.is(201).json();
    assert_eq!(first["state"], "kept");
    assert_eq!(first["target"], TARGET);
    let again = house.bring(&admin, good()).await.is(201).json();
    assert_eq!(first["id"], again["id"]);
    let other = file(&key(true), "0.2.0", b"another", PROTOCOLS);
    let taken = house.bring(&admin, other).await.is(409);
    assert_eq!(taken.slug(), "release-taken");
    let hash = first["sha256"].as_str().expect("a hash");
    let hash = store::blob::Sha256::parse(hash).expect("a hash");
    let blob = house.hall.blobs().get(&hash).expect("a blob");
    assert_eq!(blob, b"program");
    // Somebody whose rights end at a regency brings none.
    let grants = json!([{ "role": "admin", "area": "62.01" }]);
    let (_, local) = house.person(&admin, "setempat", grants).await;
    house.bring(&local, good()).await.is(403);
}

async fn who_is_told_and_when_it_halts(db: Db) {
    let (house, admin) = House::new(db).await;
    let mut all = Vec::new();
    for _ in 0..4 {
        all.push(house.boxed(&admin).await);
    }
    let of_other = Vitals {
        target: Some("x86_64-unknown-linux-gnu".to_owned()),
        ..Vitals::default()
    };
    let body = prost::Message::encode_to_vec(&of_other);
    house.says(all[3].1, kinds::STARTED, body).await;
    let kept = file(&key(true), "0.2.0", b"program", PROTOCOLS);
    let kept = house.bring(&admin, kept).await.is(201).json();
    let release = kept["id"].as_str().expect("an id").to_owned();
    let id: Id<Release> = release.parse().expect("an id");
    let hash = kept["sha256"].as_str().expect("a hash").to_owned();
    // Nobody yet but one site that is named.
    let named = json!({ "share_percent": 0, "sites": [all[0].0], "failures_max": 1 });
    house.offer(&admin, &release, named.clone()).await.is(200);
    let told = house.waiting(all[0].1).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].0, kinds::UPGRADE);
    assert!(house.waiting(all[1].1).await.is_empty());
    // Then everybody, but not a machine of another kind.
    let everybody = json!({ "share_percent": 100, "failures_max": 1 });
    house
        .offer(&admin, &release, everybody.clone())
        .await
        .is(200);
    for (n, (_, agent)) in all.iter().enumerate() {
        let told = house.waiting(*agent).await.len();
        assert_eq!(told, usize::from(n < 3), "once each, box {n}");
    }
    house.became(all[0].1, "0.2.0", Progress::Committed).await;
    house.became(all[1].1, "0.2.0", Progress::RolledBack).await;
    let boxes = format!("/api/v1/releases/{release}/boxes");
    let listed = house.call(&admin, "GET", &boxes, None).await.is(200).json();
    let at: BTreeMap<_, _> = listed["items"]
        .as_array()
        .expect("boxes")
        .iter()
        .map(|one| (one["agent"].to_string(), one["at"].to_string()))
        .collect();
    let word = |agent: Id<Agent>| at[&json!(agent).to_string()].clone();
    assert_eq!(word(all[0].1), "\"committed\"");
    assert_eq!(word(all[1].1), "\"rolled_back\"");
    assert_eq!(word(all[2].1), "\"told\"");
    let state = async || {
        let listed = house.call(&admin, "GET", "/api/v1/releases", None).await;
        listed.json()["items"][0]["state"].to_string()
    };
    assert_eq!(state().await, "\"offered\"", "one may fail");
    let gets = async |agent: Id<Agent>| {
        let mut read = house.hall.db().read().await.expect("a snapshot");
        let found = rows::fetched_by(&mut read, agent, &hash).await;
        found.expect("an answer").is_some_and(|row| row.id == id)
    };
    assert!(gets(all[2].1).await);
    assert!(!gets(all[3].1).await, "it was offered to others");
    // One too many: who has not heard of it hears nothing any more.
    house.became(all[2].1, "0.2.0", Progress::Fetching).await;
    house.became(all[0].1, "0.2.0", Progress::RolledBack).await;
    assert_eq!(state().await, "\"halted\"");
    assert!(house.waiting(all[2].1).await.is_empty());
    assert!(!gets(all[2].1).await);
    // It can be offered again: those on whose way it was are told again.
    house.offer(&admin, &release, everybody).await.is(200);
    assert_eq!(house.waiting(all[2].1).await.len(), 1);
    assert!(house.waiting(all[0].1).await.is_empty());
    // One that does not take it says why, and that is no failure of the release.
    let (_, command, _) = house.waiting(all[2].1).await.remove(0);
    let outcome = Outcome {
        id: command,
        end: End::Failed,
        body: b"it has expired".to_vec(),
    };
    let before = house.call(&admin, "GET", &boxes, None).await.json();
    house.says(all[2].1, Kind::OUTCOME, outcome.encode()).await;
    let after = house.call(&admin, "GET", &boxes, None).await.json();
    assert_ne!(before, after);
    assert!(after.to_string().contains("it has expired"), "{after}");
    assert_eq!(state().await, "\"offered\"");
    let halted = format!("/api/v1/releases/{release}/halt");
    let why = json!({ "why": "uji" });
    house.call(&admin, "POST", &halted, Some(why)).await.is(200);
    assert_eq!(state().await, "\"halted\"");
    let verbs = house.verbs().await;
    for verb in ["release.kept", "release.offered", "release.halted"] {
        assert!(verbs.iter().any(|one| one == verb), "{verb} in {verbs:?}");
    }
    // Bad fields, and what has expired.
    let wrong = json!({ "share_percent": 101 });
    let refused = house.offer(&admin, &release, wrong).await.is(422);
    assert_eq!(refused.field(), "share_percent");
    house.clock.turn(Duration::from_secs(4 * 365 * 24 * 3_600));
    let cookie = house.log_in("admin", PASSWORD).await.is(200).cookie();
    let refused = house.offer(&cookie, &release, named).await.is(409);
    assert_eq!(refused.slug(), "release-expired");
}

async fn what_a_box_is_told_to_be_like(db: Db) {
    let (house, admin) = House::new(db).await;
    let (site, agent) = house.boxed(&admin).await;
    let path = format!("/api/v1/sites/{site}/config");
    let anchor = json!({
        "name": "provinsi", "network": "AS64512", "https": "https://cek.example.id/204",
        "tcp": null, "dns": "203.0.113.8:53", "dns_name": "cek.example.id",
    });
    let form = json!({
        "sample_every_s": 300, "houses": ["pusat.example:8443"], "anchors": [anchor],
        "budget_octets": 2_000_000,
    });
    let set = async |form: &Json| house.call(&admin, "POST", &path, Some(form.clone())).await;
    let first = set(&form).await.is(201).json();
    let second = set(&form).await.is(201).json();
    let version = |made: &Json| made["version"].as_u64().expect("a version");
    assert!(version(&second) > version(&first), "within one second, too");
    // What the box is sent it believes by the key that it knows the house by.
    let told = house.waiting(agent).await;
    assert_eq!(told.len(), 2);
    assert_eq!(told[1].0, kinds::CONFIGURE);
    let known = house.hall.authority().house_key().0;
    let mut told: Vec<_> = told
        .into_iter()
        .map(|(_, id, body)| (unseal(&body, &known, agent).expect("signed"), id))
        .collect();
    told.sort_by_key(|(desired, _)| desired.version);
    let desired = told[1].0.clone();
    assert_eq!(desired.version, version(&second));
    assert_eq!(desired.sample_every_s, Some(300));
    let address: Address = "pusat.example:8443".parse().expect("an address");
    assert_eq!(desired.houses, [address]);
    assert_eq!(desired.budget_octets, Some(2_000_000));
    assert_eq!(json!(desired.anchors[0].https), anchor["https"]);
    let fate = async |version: u64, fate: Fate, why: &'static str| {
        let said = Configured { version, fate, why };
        house.says(agent, kinds::CONFIGURED, said.encode()).await;
    };
    fate(version(&second), Fate::Applied, "").await;
    fate(version(&second), Fate::RolledBack, "no_contact").await;
    let outcome = Outcome {
        id: told[0].1,
        end: End::Failed,
        body: b"old".to_vec(),
    };
    house.says(agent, Kind::OUTCOME, outcome.encode()).await;
    let listed = house.call(&admin, "GET", &path, None).await.is(200).json();
    assert_eq!(listed["items"][0]["anchors"], json!([anchor]));
    assert_eq!(listed["items"][0]["budget_octets"], 2_000_000);
    let states: Vec<_> = listed["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (one["state"].clone(), one["why"].clone()))
        .collect();
    let expected = [("rolled_back", "no_contact"), ("refused", "old")];
    let expected = expected.map(|(state, why)| (json!(state), json!(why)));
    assert_eq!(states, expected);
    for (wrong, field) in [
        (json!({ "houses": ["pusat"] }), "houses"),
        (json!({ "sample_every_s": 0 }), "form"),
        (json!({ "update_kib_per_hour": 1 }), "form"),
        (json!({ "budget_octets": 1 }), "form"),
        (
            json!({ "anchors": [{ "name": "a", "network": "b", "tcp": "c:1" }] }),
            "anchors",
        ),
        (json!({ "anchors": [anchor, anchor] }), "anchors"),
    ] {
        assert_eq!(set(&wrong).await.is(422).field(), field, "{wrong}");
    }
    let verbs = house.verbs().await;
    assert!(verbs.iter().any(|one| one == "site.configured"));
    let empty = house.site(&admin, "62.02").await;
    let path = format!("/api/v1/sites/{empty}/config");
    let refused = house.call(&admin, "POST", &path, Some(form)).await.is(409);
    assert_eq!(refused.slug(), "site-state");
}

async fn what_a_record_says(db: Db) {
    let (house, admin) = House::new(db).await;
    let (site, agent) = house.boxed(&admin).await;
    let now = house.hall.now();
    let mut tx = house.hall.db().write().await.expect("a transaction");
    // One of a box, one that may be of a person.
    for (seq, kind) in [(1, kinds::ROUND), (2, Kind(4_000))] {
        let chain = Chain {
            stream: Stream::Event,
            epoch: Epoch::from_bits(7),
        };
        let record = Envelope {
            event_time: now.wall,
            mono: Mono::from_us(77),
            boot: Boot::from_bytes([1; 16]),
            quality: Quality::None,
            kind,
            ver: 1,
            body: vec![0x08, 0x05],
        };
        let raw = record.clone().encode();
        let made = Origin {
            epoch: chain.epoch,
            seq: Seq::new(seq),
            digest: Digest::genesis(agent, chain),
        };
        let at = (chain, Seq::new(seq));
        let put = link::insert(&mut tx, agent, at, made, &record, &raw, true, now.wall).await;
        assert!(put.expect("put in"));
    }
    tx.commit().await.expect("a commit");
    let path = format!("/api/v1/sites/{site}/records");
    let plain = house.call(&admin, "GET", &path, None).await.is(200).json();
    assert_eq!(plain["items"][0]["kind"], "round");
    assert_eq!(plain["items"][0]["inside"], json!(null));
    let path = format!("{path}?bodies=true");
    let told = house.call(&admin, "GET", &path, None).await.is(200).json();
    let inside = json!({
        "boot": "01".repeat(16), "mono_us": 77, "synced": false, "ver": 1, "body": "CAU=",
    });
    assert_eq!(told["items"][0]["inside"], inside);
    assert_eq!(
        told["items"][1]["inside"],
        json!(null),
        "of nobody knows whom"
    );
}

/// A box whose disk fills up is one incident, until it has room again.
async fn a_disk_that_fills(db: Db) {
    let (house, admin) = House::new(db).await;
    let (site, agent) = house.boxed(&admin).await;
    let free = async |kib: u64| {
        let vitals = Vitals {
            disk_free_kib: Some(kib),
            ..Vitals::default()
        };
        house
            .says(agent, kinds::VITALS, vitals.encode_to_vec())
            .await;
        let path = "/api/v1/incidents?kind=site.disk_filling";
        let page = house.call(&admin, "GET", path, None).await.is(200).json();
        let all = page["items"].as_array().expect("incidents").clone();
        let state = |it: &Json| it["state"].as_str().unwrap_or("?").to_owned();
        (all.iter().map(state).collect::<Vec<_>>(), all)
    };
    assert_eq!(free(500_000).await.0, Vec::<String>::new());
    assert_eq!(free(65_000).await.0, ["open"]);
    let (states, all) = free(64_000).await;
    assert_eq!(states, ["open"], "the same one");
    assert_eq!(all[0]["facts"]["free_kib"], 64_000);
    let subjects = all[0]["subjects"].to_string();
    assert!(subjects.contains(&site), "{subjects}");
    // A little more is not yet enough.
    assert_eq!(free(100_000).await.0, ["open"]);
    assert_eq!(free(140_000).await.0, ["cleared"]);
}

on_both! {
    a_disk_that_fills_is_one_incident: a_disk_that_fills;
    a_record_is_told_with_what_it_says_of_its_box: what_a_record_says;
    what_a_key_that_counts_has_signed_is_kept: what_is_kept;
    an_offer_grows_and_halts_by_itself: who_is_told_and_when_it_halts;
    a_box_is_told_what_to_be_like_and_says_what_became_of_it: what_a_box_is_told_to_be_like;
}
