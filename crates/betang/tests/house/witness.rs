//! What a witness outside the office holds against somebody who has everything inside.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::{Client, StatusCode};
use serde_json::{Value as Json, json};
use store::{Db, Place, Row, Tx, params};

use crate::running::{House, data, local, run, serve, within};

type Hash = [u8; 32];

fn sha(octets: &[u8]) -> Hash {
    digest(&SHA256, octets).as_ref().try_into().expect("32")
}

/// RFC 6962 §2.1, over hashed leaves.
fn root(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => sha(&[]),
        [one] => *one,
        _ => {
            let k = hashes.len().next_power_of_two() / 2;
            let (left, right) = (root(&hashes[..k]), root(&hashes[k..]));
            sha(&[&[1], left.as_slice(), right.as_slice()].concat())
        }
    }
}

/// A row of the chain as `0003_audit.sql` describes it.
struct Entry {
    seq: i64,
    at: i64,
    fields: [Option<Vec<u8>>; 7],
}

const SUBJECT: usize = 5;
const DETAIL: usize = 6;
const VERB: usize = 4;

impl Entry {
    fn of(row: &Row) -> Self {
        let text = |name| row.get::<Option<String>>(name).expect("a text");
        let octets = |name| text(name).map(String::into_bytes);
        Self {
            seq: row.get("seq").expect("a number"),
            at: row.get("at_us").expect("a time"),
            fields: [
                Some(row.get("id").expect("an id")),
                octets("actor"),
                octets("via"),
                octets("address"),
                octets("verb"),
                octets("subject"),
                octets("detail"),
            ],
        }
    }

    fn hash(&self, prev: &Hash) -> Hash {
        let mut all = b"betang-audit-1".to_vec();
        all.extend(self.seq.to_be_bytes());
        all.extend(self.at.to_be_bytes());
        for field in &self.fields {
            let length = field.as_ref().map_or(u64::MAX, |it| it.len() as u64);
            all.extend(length.to_be_bytes());
            all.extend(field.as_deref().unwrap_or_default());
        }
        all.extend(prev);
        sha(&all)
    }

    fn text(&self, which: usize) -> String {
        String::from_utf8(self.fields[which].clone().unwrap_or_default()).expect("text")
    }
}

/// An administrator with the database and every key: rewrites what one entry was about,
/// and after it the chain, the leaves, the tiles, what the chain tells of checkpoints,
/// and every checkpoint, signed with the house's own key.
async fn rewrite(data: &Path, victim: i64) {
    let place = Place::Sqlite {
        path: data.join("betang.sqlite"),
    };
    let db = Db::open(&place).await.expect("the database");
    let mut tx = db.write().await.expect("to write");
    let found = tx
        .all("SELECT * FROM hall_audit ORDER BY seq", params![])
        .await
        .expect("the chain");
    let salts = tx
        .all("SELECT salt FROM hall_audit_salt ORDER BY seq", params![])
        .await
        .expect("salts");
    let salts: Vec<Vec<u8>> = salts
        .iter()
        .map(|row| row.get("salt").expect("a salt"))
        .collect();
    let (mut prev, mut leaves) = ([0; 32], Vec::new());
    for mut entry in found.iter().map(Entry::of) {
        if entry.seq == victim {
            entry.fields[SUBJECT] = Some(b"somebody else".to_vec());
        }
        if entry.text(VERB) == "checkpoint.made" {
            let size: usize = entry.text(SUBJECT).parse().expect("a size");
            let mut detail: Json = serde_json::from_str(&entry.text(DETAIL)).expect("JSON");
            detail["root"] = BASE64.encode(root(&leaves[..size])).into();
            entry.fields[DETAIL] = Some(detail.to_string().into_bytes());
        }
        let hash = entry.hash(&prev);
        tx.execute(
            "UPDATE hall_audit SET subject = $2, detail = $3, prev = $4, hash = $5 WHERE seq = $1",
            params![
                entry.seq,
                entry.text(SUBJECT),
                entry.text(DETAIL),
                prev.as_slice(),
                hash.as_slice()
            ],
        )
        .await
        .expect("rewritten");
        if let Some(salt) = salts.get(leaves.len()) {
            let content = sha(&[b"betang-leaf-1", salt.as_slice(), &hash].concat());
            leaves.push(sha(&[&[0], content.as_slice()].concat()));
        }
        prev = hash;
    }
    tx.execute(
        "UPDATE hall_audit_head SET hash = $1",
        params![prev.as_slice()],
    )
    .await
    .expect("the head");
    tile(&mut tx, &leaves).await;
    sign(&mut tx, data, &leaves).await;
    tx.commit().await.expect("written");
    db.close().await;
}

async fn tile(tx: &mut Tx, leaves: &[Hash]) {
    let (mut hashes, mut level) = (leaves.to_vec(), 0_i64);
    while !hashes.is_empty() {
        for (number, tile) in (0_i64..).zip(hashes.chunks(256)) {
            tx.execute(
                "UPDATE hall_audit_tile SET hashes = $3 WHERE level = $1 AND number = $2",
                params![level, number, tile.as_flattened()],
            )
            .await
            .expect("a tile");
        }
        let (whole, _) = hashes.as_chunks::<256>();
        hashes = whole.iter().map(|tile| root(tile)).collect();
        level += 1;
    }
}

async fn sign(tx: &mut Tx, data: &Path, leaves: &[Hash]) {
    let pem = std::fs::read_to_string(data.join("seal/key.pem")).expect("the key");
    let der: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = BASE64.decode(der).expect("base64");
    let pair = Ed25519KeyPair::from_pkcs8(&der).expect("a key");
    let made = tx
        .all("SELECT size, day, note FROM hall_checkpoint", params![])
        .await
        .expect("checkpoints");
    for row in made {
        let size: i64 = row.get("size").expect("a size");
        let note: String = row.get("note").expect("a note");
        let root = root(&leaves[..usize::try_from(size).expect("small")]);
        let origin = note.lines().next().expect("an origin");
        let text = format!("{origin}\n{size}\n{}\n", BASE64.encode(root));
        let signed = note.lines().last().expect("a signature");
        let (name, packed) = signed.rsplit_once(' ').expect("two parts");
        let mut packed = BASE64.decode(packed).expect("base64")[..4].to_vec();
        packed.extend(pair.sign(text.as_bytes()).as_ref());
        let note = format!("{text}\n{name} {}\n", BASE64.encode(packed));
        tx.execute(
            "UPDATE hall_checkpoint SET root = $2, note = $3 WHERE size = $1",
            params![size, root.as_slice(), note.as_str()],
        )
        .await
        .expect("signed again");
        if let Some(day) = row.get::<Option<String>>("day").expect("a day") {
            let path = data.join(format!("checkpoints/{day}.checkpoint"));
            std::fs::write(path, note).expect("the file");
        }
    }
}

async fn agencies(house: &House, admin: &Client, names: std::ops::Range<usize>) {
    for n in names {
        let answer = admin
            .post(house.at("/api/v1/agencies"))
            .json(&json!({ "name": format!("Dinas {n}") }))
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), StatusCode::CREATED);
    }
}

/// Code and words of `betang audit verify`.
fn verify(args: &[&str]) -> (Option<i32>, String) {
    let done = run(["audit", "verify"].iter().chain(args));
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let failed = String::from_utf8_lossy(&done.stderr).into_owned();
    (done.status.code(), said + &failed)
}

/// The same by other hands, which know nothing of our code.
fn foreign(file: &Path, key: &str, house: &House, token: &str) -> Output {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/foreign/witness.py");
    Command::new("python3")
        .arg(script)
        .arg(file)
        .args([key, &house.url, token])
        .output()
        .expect("python3 runs")
}

/// Takes a checkpoint out of the house.
fn taken(data: &Path, to: PathBuf) -> (PathBuf, u64) {
    local(
        data,
        &["audit", "checkpoint", "--out", to.to_str().expect("text")],
    );
    let note = std::fs::read_to_string(&to).expect("a note");
    let size = note.lines().nth(1).expect("a size");
    (to, size.parse().expect("a number"))
}

#[tokio::test]
async fn a_history_rewritten_with_every_key_is_exposed_by_an_old_checkpoint() {
    let (folder, data) = data();
    let here = data.to_str().expect("text").to_owned();
    let mut house = House::start(&data);
    let admin = house.admin().await;
    let token = house.token().await;
    agencies(&house, &admin, 0..120).await;
    let (early, early_size) = taken(&data, folder.path().join("early.checkpoint"));
    agencies(&house, &admin, 120..300).await;
    let (yesterday, size) = taken(&data, folder.path().join("yesterday.checkpoint"));
    assert!(size > 256, "more than one tile");
    agencies(&house, &admin, 300..310).await;
    let key = run(["audit", "key", "--data", &here]);
    let key = String::from_utf8(key.stdout)
        .expect("text")
        .trim()
        .to_owned();
    let victim = i64::try_from(early_size).expect("small") + 20;
    let proof = folder.path().join("entry.json");
    let proof = proof.to_str().expect("text");
    local(
        &data,
        &["audit", "proof", &victim.to_string(), "--out", proof],
    );
    let proven = ["--proof", proof, "--key", &key];

    let [one, two] = [&early, &yesterday].map(|path| path.to_str().expect("text"));
    let by_file = ["--data", &here, "--key", &key, "--against", one, two];
    let by_line = ["--server", &house.url, "--token", &token];
    let by_line = [&by_line[..], &["--key", &key, "--against", one, two]].concat();
    for args in [&by_file[..], &by_line[..], &proven[..]] {
        let (code, said) = verify(args);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("holds: "), "{said}");
    }
    let done = foreign(&yesterday, &key, &house, &token);
    assert!(done.status.success(), "{done:?}");
    house.signal("-TERM");
    house.ended();

    rewrite(&data, victim).await;

    let house = House::start(&data);
    // By itself the house is whole, and so is what it serves.
    let (code, said) = verify(&["--data", &here]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.starts_with("whole: "), "{said}");
    assert!(said.contains("own checkpoints: all"), "{said}");
    let (today, _) = taken(&data, folder.path().join("today.checkpoint"));
    let today = today.to_str().expect("text");
    let (code, said) = verify(&["--data", &here, "--against", today]);
    assert_eq!(code, Some(0), "{said}");

    // What was kept outside says that it is not, and where.
    let where_alone = format!("REWRITTEN: an entry from 1 to {size} is not what it was");
    let (code, said) = verify(&["--data", &here, "--key", &key, "--against", two]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.starts_with("whole: ") && said.contains(&where_alone),
        "{said}"
    );
    let first = early_size + 1;
    let narrowed = format!("REWRITTEN: an entry from {first} to {size} is not what it was");
    let by_line = ["--server", &house.url, "--token", &token];
    let by_line = [&by_line[..], &["--key", &key, "--against", one, two]].concat();
    for args in [&by_file[..], &by_line[..]] {
        let (code, said) = verify(args);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(&narrowed), "{said}");
        assert!(said.contains(&format!("{one}: holds: ")), "{said}");
    }
    let done = foreign(&yesterday, &key, &house, &token);
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    assert_eq!(said.trim(), format!("REWRITTEN within the first {size}"));
    assert!(foreign(&early, &key, &house, &token).status.success());
    // What the entry had said is proven still, by what was taken out before.
    let (code, said) = verify(&proven);
    assert_eq!(code, Some(0), "{said}");
}

#[tokio::test]
async fn a_checkpoint_that_cannot_be_believed_is_said_to_be_none() {
    let (folder, data) = data();
    let here = data.to_str().expect("text").to_owned();
    let house = House::start(&data);
    house.admin().await;
    let (kept, size) = taken(&data, folder.path().join("kept.checkpoint"));
    let kept = std::fs::read_to_string(kept).expect("a note");
    let try_one = |text: &str, key: Option<&str>| {
        let file = folder.path().join("tried.checkpoint");
        std::fs::write(&file, text).expect("written");
        let mut args = vec!["--data", &here, "--against", file.to_str().expect("text")];
        args.extend(key.iter().flat_map(|key| ["--key", *key]));
        verify(&args)
    };
    let (code, said) = try_one(&kept, None);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("taken from the house itself, which is weaker"),
        "{said}"
    );
    let other = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let more = kept.replacen(&format!("\n{size}\n"), &format!("\n{}\n", size + 1), 1);
    let cases = [
        (kept.as_str(), Some(other), "not signed by that key"),
        (more.as_str(), None, "the checkpoint was altered"),
        ("halo\n", None, "this is no signed note"),
        (&kept[..kept.len() - 2], None, "this is no signed note"),
    ];
    for (text, key, words) in cases {
        let (code, said) = try_one(text, key);
        assert_eq!(code, Some(3), "{said}");
        assert!(said.contains(words), "{said}");
    }
    // A house that was set back to before it.
    drop(house);
    let place = Place::Sqlite {
        path: data.join("betang.sqlite"),
    };
    let db = Db::open(&place).await.expect("the database");
    let mut tx = db.write().await.expect("to write");
    for statement in [
        "DELETE FROM hall_audit WHERE seq > 1",
        "UPDATE hall_audit_head SET seq = 1, hash = (SELECT hash FROM hall_audit WHERE seq = 1)",
        "DELETE FROM hall_audit_tile",
        "DELETE FROM hall_audit_salt WHERE seq > 1",
        "DELETE FROM hall_checkpoint",
    ] {
        tx.execute(statement, params![]).await.expect("set back");
    }
    tx.commit().await.expect("written");
    db.close().await;
    let (code, said) = try_one(&kept, None);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.starts_with("whole: 1 rows"), "{said}");
    assert!(
        said.contains(&format!("SHORTER: it covers {size} entries")),
        "{said}"
    );
}

#[tokio::test]
async fn killed_between_row_and_file_the_next_start_writes_the_file() {
    let (folder, data) = data();
    // Nothing can be put there: the row stands and the file does not come.
    std::fs::create_dir_all(&data).expect("a folder");
    let files = data.join("checkpoints");
    std::fs::write(&files, "in the way").expect("a file");
    let mut house = House::start(&data);
    house.admin().await;
    let (kept, _) = taken(&data, folder.path().join("kept.checkpoint"));
    house.signal("-KILL");
    house.ended();
    std::fs::remove_file(&files).expect("out of the way");

    let sent = folder.path().join("sent");
    let program = folder.path().join("send.sh");
    let script = format!("#!/bin/sh\ncat > {}\n", sent.display());
    std::fs::write(&program, script).expect("a program");
    let mode = Command::new("chmod").arg("700").arg(&program).status();
    assert!(mode.expect("it runs").success());
    let house = House::of(serve(&data).env("BETANG_CHECKPOINT_PROGRAM", &program));
    let admin = house.admin().await;
    let asked = house.at("/api/v1/audit/checkpoints");
    let made = within(async {
        loop {
            let answer = admin.get(&asked).send().await.expect("an answer");
            let page: Json = answer.json().await.expect("checkpoints");
            let items = page["items"].as_array().expect("items").clone();
            let daily = items.iter().any(|it| it["sent_us"].is_i64());
            if daily && items.iter().all(|it| it["filed_us"].is_i64()) {
                return items;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    let of = |it: &Json| match it["day"].as_str() {
        Some(day) => files.join(format!("{day}.checkpoint")),
        None => {
            let end = format!("-{}.checkpoint", it["size"]);
            let all = std::fs::read_dir(&files).expect("a folder");
            let mut all = all.map(|entry| entry.expect("an entry").path());
            all.find(|path| path.to_string_lossy().ends_with(&end))
                .expect("its file")
        }
    };
    for it in &made {
        let note = std::fs::read_to_string(of(it)).expect("a file");
        assert!(note.contains(&format!("\n{}\n", it["size"])), "{note}");
        if it["day"].is_null() {
            assert_eq!(note, std::fs::read_to_string(&kept).expect("a note"));
        } else {
            assert_eq!(note, std::fs::read_to_string(&sent).expect("what was sent"));
        }
    }
}
