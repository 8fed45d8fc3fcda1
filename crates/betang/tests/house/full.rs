//! A disk that is full, and has room again.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use reqwest::{Client, StatusCode};
use serde_json::{Value as Json, json};

use crate::running::{House, PASSWORD, data, serve, within};

/// Room of the disk, in MiB: a new house takes a third of it.
const DISK_MIB: u32 = 24;

/// A command on a small disk of its own that nobody else sees (`unshare` in
/// mount_namespaces(7)).
pub(crate) fn on_a_small_disk(folder: &Path, data: &Path) -> std::process::Command {
    let plain = serve(data);
    let mut command = std::process::Command::new("unshare");
    // Root may mount; others may in a namespace in which they are root.
    let as_root = ["-m"];
    let as_other = ["-m", "-r"];
    let may = std::process::Command::new("unshare")
        .args(as_root)
        .arg("true")
        .status();
    let is_root = may.is_ok_and(|status| status.success());
    command
        .args(if is_root { &as_root[..] } else { &as_other[..] })
        .args(["sh", "-c"])
        .arg(format!(
            "mount -t tmpfs -o size={DISK_MIB}m none '{}' && exec \"$@\"",
            folder.display()
        ))
        .arg("sh")
        .arg(plain.get_program())
        .args(plain.get_args())
        .env("BETANG_ADMIN_PASSWORD", PASSWORD)
        .envs(
            plain
                .get_envs()
                .filter_map(|(key, value)| Some((key, value?))),
        )
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null());
    command
}

/// A folder of such a disk as it is seen from here, where the disk lies below the process.
pub(crate) fn seen_from_here(house: &House, folder: &Path) -> PathBuf {
    let inside = folder.strip_prefix("/").expect("an absolute path");
    PathBuf::from(format!("/proc/{}/root", house.id())).join(inside)
}

/// Writes until nothing more fits.
pub(crate) fn fill(filler: &Path) {
    let mut file = File::create(filler).expect("a file");
    for size in [1 << 20, 1 << 12, 1] {
        let block = vec![0; size];
        while file.write_all(&block).is_ok() {}
    }
}

async fn add(house: &House, token: &str, number: usize) -> (StatusCode, Json) {
    let form = json!({
        "short": format!("kamera-{number}"), "name": "Kamera", "area": "62.71.01",
        "main": "rtsp://127.0.0.1:9/main", "contact": { "name": "x".repeat(400) },
    });
    let answer = Client::new()
        .post(house.at("/api/v1/cameras"))
        .bearer_auth(token)
        .json(&form)
        .send();
    let answer = within(answer).await.expect("an answer");
    let status = answer.status();
    (status, answer.json().await.expect("JSON"))
}

async fn read(house: &House, token: &str, path: &str) -> Json {
    let answer = Client::new().get(house.at(path)).bearer_auth(token).send();
    let answer = within(answer).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    answer.json().await.expect("JSON")
}

#[tokio::test]
async fn a_full_disk_is_said_reads_go_on_and_room_mends_it() {
    let (folder, data) = data();
    let mut command = on_a_small_disk(folder.path(), &data);
    let house = House::of(&mut command);
    let token = house.token().await;
    let filler = seen_from_here(&house, folder.path()).join("filler");
    let mut kept = Vec::new();
    for number in 0..3 {
        let (status, body) = add(&house, &token, number).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
        kept.push(format!("kamera-{number}"));
    }
    fill(&filler);

    let refusal = loop {
        let number = kept.len();
        match add(&house, &token, number).await {
            (StatusCode::CREATED, _) => kept.push(format!("kamera-{number}")),
            refused => break refused,
        }
        assert!(kept.len() < 2_000, "the disk is never full");
    };
    assert_eq!(refusal.0, StatusCode::INSUFFICIENT_STORAGE, "{}", refusal.1);
    assert_eq!(refusal.1["type"], "urn:betang:problem:full");
    // Whoever comes in is written down, so nobody new comes in; it says why.
    let login = json!({ "username": "admin", "password": PASSWORD });
    let login = Client::new()
        .post(house.at("/api/v1/session"))
        .json(&login)
        .send();
    let login = within(login).await.expect("an answer");
    assert_eq!(login.status(), StatusCode::INSUFFICIENT_STORAGE);

    let listed = async || -> Vec<String> {
        let cameras = read(&house, &token, "/api/v1/cameras?limit=5000").await;
        let items = cameras["items"].as_array().expect("items").clone();
        let shorts = items.iter().filter_map(|item| item["short"].as_str());
        shorts.map(str::to_owned).collect()
    };
    kept.sort();
    assert_eq!(
        listed().await,
        kept,
        "what was answered 201 and nothing else"
    );
    let ready = Client::new().get(house.at("/readyz")).send();
    assert_eq!(
        within(ready).await.expect("an answer").status(),
        StatusCode::OK
    );

    fs::remove_file(&filler).expect("room");
    let (status, body) = add(&house, &token, 9_999).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    kept.push("kamera-9999".to_owned());
    kept.sort();
    assert_eq!(listed().await, kept);
    let verdict = read(&house, &token, "/api/v1/audit/verify").await;
    assert_eq!(verdict["verdict"], "whole", "{verdict}");
}
