//! All of a house by command: backed up while it runs, restored, moved, and what was
//! destroyed meanwhile.

use std::fs;
use std::path::Path;
use std::process::Output;

use reqwest::Client;
use serde_json::{Value as Json, json};

use crate::families::{NAMES, WHO, families, import, list, nik, who};
use crate::running::{House, PASSWORD, data, local, run, within};

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// Runs a verb; what it said on both outputs, and whether it succeeded.
fn said(done: &Output) -> (bool, String) {
    let out = String::from_utf8_lossy(&done.stdout).into_owned();
    let err = String::from_utf8_lossy(&done.stderr);
    (done.status.success(), out + &err)
}

fn backup(data: &Path, to: &Path, keys: &Path) -> String {
    let (data, to, keys) = (text(data), text(to), text(keys));
    let (is_whole, said) = said(&run([
        "backup", "--data", &data, "--to", &to, "--keys", &keys,
    ]));
    assert!(is_whole, "{said}");
    said
}

fn restore(from: &Path, keys: &Path, into: &Path) -> (bool, String) {
    let (from, keys, into) = (text(from), text(keys), text(into));
    said(&run([
        "restore", "--from", &from, "--keys", &keys, "--into", &into,
    ]))
}

/// What the house shows of the family of a number, opened; nothing where it finds none.
async fn opened(house: &House, admin: &Client, number: &str) -> String {
    let post = async |path: &str, body: Json| {
        let sent = admin.post(house.at(path)).json(&body).send();
        let answer = within(sent).await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.text().await.expect("text")
    };
    let found = post("/api/v1/card/families/search", json!({ "number": number })).await;
    let found: Json = serde_json::from_str(&found).expect("JSON");
    let Some(family) = found["items"][0]["id"].as_str() else {
        return String::new();
    };
    let path = format!("/api/v1/card/families/{family}/opening");
    post(&path, json!({ "purpose": "uji cadangan" })).await
}

/// Erases the family of a number by its door: one proposes it, another confirms it. How many
/// rows went.
async fn erased(house: &House, admin: &Client, number: &str) -> i64 {
    let post = async |client: &Client, path: &str, body: Json| -> Json {
        let sent = client.post(house.at(path)).json(&body).send();
        let answer = within(sent).await.expect("an answer");
        let status = answer.status();
        let text = answer.text().await.expect("text");
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).expect("JSON")
    };
    let second = json!({ "username": "kedua", "name": "Kedua", "password": PASSWORD,
        "grants": [{ "role": "bansos" }] });
    post(admin, "/api/v1/staff", second).await;
    let second = house.person("kedua").await;
    let found = json!({ "number": number });
    let found = post(admin, "/api/v1/card/families/search", found).await;
    let subject = &found["items"][0]["id"];
    let erasures = "/api/v1/card/erasures";
    let asked = json!({ "subject": subject });
    let seen = post(admin, &format!("{erasures}/preview"), asked).await;
    assert_eq!(seen["holds"], json!([]));
    let proposal = json!({ "subject": subject, "rows": seen["rows"], "reason": "uji cadangan",
        "decree": { "number": "460/1/2025", "day": "2025-12-01" } });
    let made = post(admin, erasures, proposal).await;
    let confirmation = format!("{erasures}/{}/confirmation", made["number"]);
    let done = post(&second, &confirmation, json!({ "rows": seen["rows"] })).await;
    assert_eq!(
        (&done["state"], &done["is_settled"]),
        (&json!("done"), &json!(true))
    );
    done["record"]["destroyed"]["keys"]
        .as_i64()
        .expect("a number")
}

/// A photograph from outside, with the place where it was taken.
const PHOTO: &[u8] = include_bytes!("../../../../fuzz/corpus/photos/turned");

/// The photographs of a family: a path, and the one that they are asked from.
async fn photographs(house: &House, admin: &Client, number: &str) -> String {
    let found = admin.post(house.at("/api/v1/card/families/search"));
    let found = found.json(&json!({ "number": number })).send();
    let found = within(found).await.expect("an answer");
    let found: Json = found.json().await.expect("JSON");
    let family = found["items"][0]["id"].as_str().expect("a family");
    format!("/api/v1/card/families/{family}/photos")
}

/// Opens a photograph: the status, and its first octets.
async fn look(house: &House, admin: &Client, photos: &str, number: i64) -> (u16, Vec<u8>) {
    let asked = admin.post(house.at(&format!("{photos}/{number}/opening")));
    let asked = asked.json(&json!({ "purpose": "uji cadangan" })).send();
    let answer = within(asked).await.expect("an answer");
    let status = answer.status().as_u16();
    (status, answer.bytes().await.expect("octets").to_vec())
}

#[tokio::test]
async fn a_photograph_comes_back_with_a_backup_until_its_key_is_destroyed() {
    let (folder, data) = data();
    let at = |name: &str| folder.path().join(name);
    let keys = at("kunci/keys");
    let mut house = House::start(&data);
    let rows: Vec<String> = (0..2).map(|it| format!("{},{}", who(it), it + 1)).collect();
    let rows = format!("{WHO},desil\n{}\n", rows.join("\n"));
    import(
        &data,
        "dtsen",
        &list(folder.path(), "dtsen.csv", &rows),
        &[],
    );
    let kpm = format!("{WHO},nilai\n{},400000\n", who(0));
    import(&data, "kpm", &list(folder.path(), "kpm.csv", &kpm), &[]);
    families(&data, "examine");
    let admin = house.admin().await;
    let mut photos = Vec::new();
    for person in 0..2 {
        let path = photographs(&house, &admin, &nik(person)).await;
        let sent = format!("{path}?kind=house&taken_for=verification");
        let sent = admin.post(house.at(&sent)).body(PHOTO);
        let sent = sent
            .header("content-type", "application/octet-stream")
            .send();
        assert_eq!(within(sent).await.expect("an answer").status(), 201);
        photos.push(path);
    }
    backup(&data, &at("cadangan/1"), &keys);
    let then = at("kunci-dulu");
    fs::copy(&keys, &then).expect("the keys of then");
    let (status, picture) = look(&house, &admin, &photos[0], 1).await;
    assert!(status == 200 && picture.starts_with(&[0xff, 0xd8, 0xff]));
    let gone = admin.post(house.at(&format!("{}/1/removal", photos[0])));
    let gone = gone.json(&json!({ "why": "asked" })).send();
    assert_eq!(within(gone).await.expect("an answer").status(), 200);
    assert_eq!(look(&house, &admin, &photos[0], 1).await.0, 409);
    house.signal("-TERM");
    assert!(house.ended().success());
    backup(&data, &at("cadangan/2"), &keys);
    // With the keys of then it opens as it was; with those of today it does not, whichever
    // backup, and the other one does.
    for (from, keys, back, opens) in [
        ("cadangan/1", &then, "dulu", 200),
        ("cadangan/1", &keys, "pulih", 409),
        ("cadangan/2", &keys, "kini", 409),
    ] {
        let (is_whole, told) = restore(&at(from), keys, &at(back));
        assert!(is_whole, "{told}");
        fs::copy(at("data.key"), at(&format!("{back}.key"))).expect("the master key");
        let mut house = House::start(&at(back));
        let admin = house.admin().await;
        let (status, octets) = look(&house, &admin, &photos[0], 1).await;
        assert_eq!(status, opens, "{back}");
        assert_eq!(octets == picture, opens == 200, "{back}");
        let (status, octets) = look(&house, &admin, &photos[1], 2).await;
        assert!(status == 200 && octets == picture, "{back}");
        house.signal("-TERM");
        assert!(house.ended().success());
    }
}

#[tokio::test]
async fn a_house_comes_back_without_what_was_destroyed_since() {
    let (folder, data) = data();
    let at = |name: &str| folder.path().join(name);
    let keys = at("kunci/keys");
    let mut house = House::start(&data);
    let rows: Vec<String> = (0..3).map(|it| format!("{},{}", who(it), it + 1)).collect();
    let rows = format!("{WHO},desil\n{}\n", rows.join("\n"));
    import(
        &data,
        "dtsen",
        &list(folder.path(), "dtsen.csv", &rows),
        &[],
    );
    let kpm = format!("{WHO},nilai\n{},400000\n", who(0));
    import(&data, "kpm", &list(folder.path(), "kpm.csv", &kpm), &[]);
    families(&data, "examine");
    let told = backup(&data, &at("cadangan/1"), &keys);
    assert!(
        told.contains("kunci induk") && told.contains("master key"),
        "{told}"
    );
    let admin = house.admin().await;
    assert!(opened(&house, &admin, &nik(1)).await.contains(NAMES[1]));

    // As long as it runs it cannot move.
    let (from, to) = (text(&data), text(&at("pindah")));
    let (moved, told) = said(&run(["copy", "--from", &from, "--to", &to]));
    assert!(!moved && told.contains("hentikan server itu"), "{told}");
    assert_eq!(erased(&house, &admin, &nik(1)).await, 1);
    house.signal("-TERM");
    assert!(house.ended().success());
    let told = backup(&data, &at("cadangan/2"), &keys);
    // What the examination knew is another file, and the raw copy of the list is none.
    assert!(told.contains("keys"), "{told}");

    let back = at("pulih");
    let (is_whole, told) = restore(&at("cadangan/1"), &keys, &back);
    assert!(is_whole, "{told}");
    // The row, the raw copy of its list, and what the examination knew before.
    let line = "3 baris yang dimusnahkan sesudah cadangan ini tetap tidak terbuka";
    assert!(told.contains(line) && told.contains("whole: "), "{told}");
    let (again, told) = restore(&at("cadangan/1"), &keys, &back);
    assert!(!again && told.contains("tidak kosong"), "{told}");

    fs::copy(at("data.key"), at("pulih.key")).expect("the master key");
    let house = House::start(&back);
    let admin = house.admin().await;
    for (person, opens) in [(0, true), (1, false), (2, true)] {
        // A row that does not open answers to no number.
        let shown = opened(&house, &admin, &nik(person)).await;
        assert_eq!(shown.contains(NAMES[person]), opens, "{person}: {shown}");
        assert_eq!(shown.is_empty(), !opens, "{person}: {shown}");
    }
    local(&back, &["audit", "verify"]);
    drop(house);

    let (moved, told) = said(&run(["copy", "--from", &from, "--to", &to]));
    assert!(
        moved && told.contains("counts and digests the same"),
        "{told}"
    );
    let (moved, told) = said(&run(["copy", "--from", &from, "--to", &to]));
    assert!(!moved && told.contains("tidak dapat dipakai"), "{told}");
    fs::copy(at("data.key"), at("pindah.key")).expect("the master key");
    let house = House::start(&at("pindah"));
    let admin = house.admin().await;
    assert!(opened(&house, &admin, &nik(2)).await.contains(NAMES[2]));

    // What is not a backup, and keys that are none.
    let (is_whole, told) = restore(&at("kunci"), &keys, &at("kosong"));
    assert!(!is_whole && told.contains("no whole backup"), "{told}");
    let wrong = at("dtsen.csv");
    let (is_whole, told) = restore(&at("cadangan/2"), &wrong, &at("kosong"));
    assert!(!is_whole && told.contains("not a database"), "{told}");
    assert!(!at("kosong").exists(), "nothing was begun");
}

#[test]
fn no_core_dump_can_be_made_of_a_house() {
    let (_folder, data) = data();
    let house = House::start(&data);
    let limits = fs::read_to_string(format!("/proc/{}/limits", house.id()));
    let limits = limits.expect("readable still");
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let words: Vec<_> = line
        .expect("it is there")
        .split_ascii_whitespace()
        .collect();
    assert_eq!(words[4..6], ["0", "0"], "{words:?}");
}
