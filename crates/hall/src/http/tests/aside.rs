//! What came from a box and could not be read, and what follows when it can be.

use base::id::Agent;
use sync::command::{End, Outcome};
use sync::identity::{Boot, Chain, Digest, Epoch, Origin, Seq, Stream};
use sync::record::{Envelope, Kind, Quality, RecordError};

use super::*;
use crate::link::aside;

impl House {
    /// A piece of a chain is put aside, as the centre does it.
    async fn puts_aside(&self, agent: Id<Agent>, seq: u64, raw: &[u8]) {
        let (epoch, seq) = (Epoch::from_bits(7), Seq::new(seq));
        let chain = Chain {
            stream: Stream::Event,
            epoch,
        };
        let made = Origin {
            epoch,
            seq,
            digest: Digest::from_bytes([u8::try_from(seq.get()).expect("small"); 32]),
        };
        let mut tx = self.hall.db().write().await.expect("a transaction");
        let place = (chain, seq, made);
        aside::piece(&self.hall, &mut tx, agent, place, RecordError::Message, raw)
            .await
            .expect("put aside");
        tx.commit().await.expect("a commit");
    }

    async fn incidents(&self, with: &str, kind: &str) -> Vec<String> {
        let path = format!("/api/v1/incidents?kind={kind}");
        let found = self.call(with, "GET", &path, None).await.is(200).json();
        let items = found["items"].as_array().expect("items");
        items
            .iter()
            .map(|it| it["state"].as_str().expect("a state").to_owned())
            .collect()
    }
}

async fn aside_and_back(db: Db) {
    let (house, admin) = House::new(db).await;
    let (site, agent) = house.boxed(&admin).await;
    let path = format!("/api/v1/sites/{site}/aside");
    let now = house.hall.now();
    // The command that the record ends: its outcome has to take effect when it is read.
    let asked = format!("/api/v1/sites/{site}/commands");
    let form = Some(json!({ "kind": "how_are_you" }));
    house.call(&admin, "POST", &asked, form).await.is(201);
    let (_, command, _) = house.waiting(agent).await.pop().expect("a command");
    let outcome = Outcome {
        id: command,
        end: End::Done,
        body: b"{}".to_vec(),
    };
    let record = Envelope {
        event_time: now.wall,
        mono: now.mono,
        boot: Boot::from_bytes([1; 16]),
        quality: Quality::Synced,
        kind: Kind::OUTCOME,
        ver: 1,
        body: outcome.encode(),
    };
    house.puts_aside(agent, 3, &record.encode()).await;
    house.puts_aside(agent, 4, b"\xff\xff no record").await;
    assert_eq!(house.incidents(&admin, "site.unreadable").await, ["open"]);
    let list = house.call(&admin, "GET", &path, None).await.is(200).json();
    let items = list["items"].as_array().expect("items");
    assert_eq!(items.len(), 2);
    for item in items {
        assert_eq!(item["stream"], "event");
        assert_eq!(item["epoch"], "0000000000000007");
        assert_eq!(item["has_place"], true);
        assert_eq!(item["why"], "message");
    }
    let csv = house
        .call(&admin, "GET", &format!("{path}?format=csv"), None)
        .await
        .is(200);
    assert_eq!(csv.text.lines().count(), 3, "{}", csv.text);

    let tries = format!("{path}/tries");
    let tried = house
        .call(&admin, "POST", &tries, None)
        .await
        .is(200)
        .json();
    assert_eq!((&tried["read"], &tried["left"]), (&json!(1), &json!(1)));
    let records = format!("/api/v1/sites/{site}/records");
    let held = house
        .call(&admin, "GET", &records, None)
        .await
        .is(200)
        .json();
    assert_eq!(held["items"][0]["kind"], "outcome");
    assert_eq!(held["items"][0]["seq"], 3);
    let told = house.call(&admin, "GET", &asked, None).await.is(200).json();
    assert_eq!(told["items"][0]["ended"], "done", "its effect came with it");
    assert_eq!(house.incidents(&admin, "site.unreadable").await, ["open"]);

    // Again: nothing happens twice.
    let tried = house
        .call(&admin, "POST", &tries, None)
        .await
        .is(200)
        .json();
    assert_eq!((&tried["read"], &tried["left"]), (&json!(0), &json!(1)));
    let (_, reader) = house
        .person(&admin, "reader", json!([{ "role": "pengawas" }]))
        .await;
    house.call(&reader, "GET", &path, None).await.is(200);
    house.call(&reader, "POST", &tries, None).await.is(403);
}

async fn all_is_read(db: Db) {
    let (house, admin) = House::new(db).await;
    let (site, agent) = house.boxed(&admin).await;
    let now = house.hall.now();
    let record = Envelope {
        event_time: now.wall,
        mono: now.mono,
        boot: Boot::from_bytes([1; 16]),
        quality: Quality::Synced,
        kind: Kind(9_999),
        ver: 1,
        body: b"of a newer box".to_vec(),
    };
    house.puts_aside(agent, 1, &record.encode()).await;
    // A house that is started again may have learned to read it.
    aside::at_start(house.hall.clone()).await;
    let path = format!("/api/v1/sites/{site}/aside");
    let list = house.call(&admin, "GET", &path, None).await.is(200).json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(0));
    assert_eq!(
        house.incidents(&admin, "site.unreadable").await,
        ["cleared"]
    );
}

on_both! {
    what_cannot_be_read_lies_aside_until_it_can: aside_and_back;
    a_house_that_starts_tries_again: all_is_read;
}
