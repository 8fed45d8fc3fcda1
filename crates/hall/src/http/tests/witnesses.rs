//! Checkpoints and tiles as an auditor takes them, and nobody else.

use super::*;
use crate::audit::merkle::{Hash, fold, nodes, perfect};
use crate::audit::note::{self, Verifier};
use crate::audit::proof::Proof;
use crate::audit::tile::{Tile, hashes};

async fn octets(house: &House, cookie: &str, path: &str) -> (u16, Vec<u8>) {
    let request = Request::get(path).header(header::COOKIE, cookie);
    let request = request.body(Body::empty()).expect("a request");
    let answer = house
        .app
        .clone()
        .oneshot(request)
        .await
        .expect("infallible");
    let status = answer.status().as_u16();
    let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await;
    (status, body.expect("a body").to_vec())
}

/// A root by what is served, tile by tile.
async fn root(house: &House, cookie: &str, size: u64) -> Hash {
    let mut all = Vec::new();
    for node in nodes(0..size) {
        let (tile, range) = Tile::of(node, size).expect("it is there");
        let path = format!("/api/v1/audit/tile/{tile}");
        let (status, body) = octets(house, cookie, &path).await;
        assert_eq!(status, 200, "{path}");
        all.push(perfect(&hashes(&body)[range]));
    }
    fold(&all)
}

async fn taken(db: Db) {
    let (house, admin) = House::new(db).await;
    let base = "/api/v1/audit";
    let get = async |path: &str| {
        house
            .call(&admin, "GET", &format!("{base}/{path}"), None)
            .await
    };
    assert_eq!(get("checkpoint").await.is(404).slug(), "checkpoint");
    assert_eq!(get("verifier").await.is(200).json()["verifier"], Json::Null);
    let empty = get("checkpoints").await.is(200).json();
    assert_eq!(empty, json!({ "items": [], "next": null }));
    let mut sizes = Vec::new();
    for n in 0..3 {
        for m in 0..=n * 130 {
            let body = json!({ "name": format!("Dinas {n} {m}") });
            house
                .call(&admin, "POST", "/api/v1/agencies", Some(body))
                .await
                .is(201);
        }
        let made = house
            .call(&admin, "POST", &format!("{base}/checkpoints"), None)
            .await
            .is(201);
        sizes.push(made.json()["size"].as_u64().expect("a size"));
        let location = made.headers[header::LOCATION]
            .to_str()
            .expect("text")
            .to_owned();
        assert_eq!(location, format!("{base}/checkpoints/{}", sizes[n]));
    }
    let key = get("verifier").await.is(200).json();
    let key: Verifier = key["verifier"]
        .as_str()
        .expect("a key")
        .parse()
        .expect("a key");
    for size in &sizes {
        let note = get(&format!("checkpoints/{size}")).await.is(200);
        assert_eq!(note.headers["content-type"], "text/plain; charset=utf-8");
        let it = note::open(&note.text, &key).expect("signed");
        assert_eq!((it.size, it.origin.as_str()), (*size, key.name()));
        assert_eq!(it.root, root(&house, &admin, *size).await);
    }
    let newest = get("checkpoint").await.is(200).text;
    assert_eq!(newest, get(&format!("checkpoints/{}", sizes[2])).await.text);

    // Page by page, newest first, and as a file.
    let first = get("checkpoints?limit=2").await.is(200).json();
    let next = first["next"].as_str().expect("more");
    let second = get(&format!("checkpoints?limit=2&cursor={next}"))
        .await
        .is(200)
        .json();
    let listed: Vec<_> = [&first, &second]
        .iter()
        .flat_map(|page| page["items"].as_array().expect("items"))
        .map(|it| it["size"].as_u64().expect("a size"))
        .collect();
    assert_eq!(listed, [sizes[2], sizes[1], sizes[0]]);
    let file = get("checkpoints?format=csv").await.is(200);
    assert_eq!(file.text.lines().count(), 4, "{}", file.text);

    for wrong in [
        "tile/0/900",
        "tile/0/000.p/0",
        "tile/9/000",
        "tile/x/000",
        "checkpoints/1",
    ] {
        assert_eq!(get(wrong).await.is(404).slug(), "checkpoint", "{wrong}");
    }
    let proof = get("proof/2").await.is(200).json();
    let proof: Proof = serde_json::from_value(proof).expect("a proof");
    assert_eq!(proof.holds(&key), Ok(()));
    let last = house
        .call(&admin, "GET", "/api/v1/audit?limit=1", None)
        .await
        .is(200)
        .json();
    assert_eq!(last["items"][0]["verb"], "audit.proven");
    let uncovered = format!("proof/{}", last["items"][0]["seq"]);
    assert_eq!(get(&uncovered).await.is(404).slug(), "checkpoint");
    let verdict = get("verify").await.is(200).json();
    assert_eq!(verdict["verdict"], "whole");
}

#[cfg(feature = "print")]
async fn printed(db: Db) {
    let (house, admin) = House::new(db).await;
    let made = house
        .call(&admin, "POST", "/api/v1/audit/checkpoints", None)
        .await
        .is(201);
    let size = made.json()["size"].clone();
    let path = format!("/api/v1/audit/checkpoints/{size}/paper");
    let (status, body) = octets(&house, &admin, &path).await;
    assert_eq!(status, 200);
    assert!(body.starts_with(b"%PDF-"));
    let listed = house
        .call(&admin, "GET", "/api/v1/audit/checkpoints", None)
        .await
        .is(200);
    assert!(
        listed.json()["items"][0]["printed_us"].is_i64(),
        "{}",
        listed.text
    );
    let told = house
        .call(&admin, "GET", "/api/v1/audit?limit=1", None)
        .await
        .is(200);
    assert_eq!(told.json()["items"][0]["verb"], "checkpoint.handed_out");
    assert_eq!(told.json()["items"][0]["detail"]["to"], "paper");
}

on_both! {
    checkpoints_and_tiles_are_taken_and_hold: taken;
}

#[cfg(feature = "print")]
on_both! {
    a_checkpoint_is_printed_and_the_audit_says_so: printed;
}
