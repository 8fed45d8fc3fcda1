//! A router's agent of OpenWISP, as its script sends: by curl, with its key in the
//! address. The key is nowhere afterwards.

use std::fs::File;
use std::path::Path;
use std::process::Command;

use serde_json::{Value as Json, json};

use crate::running::{House, PASSWORD, data, serve};

/// What the script does: sends, and looks at the status line of what curl tells.
fn sends(house: &House, uuid: &str, query: &str, body: &Path) -> String {
    let url = house.at(&format!("/api/v1/monitoring/device/{uuid}/?{query}"));
    let done = Command::new("curl")
        .args(["-s", "-v", "--connect-timeout", "30", "-m", "60"])
        .args(["-H", "Content-Type: application/json", "-X", "POST", "-d"])
        .arg(format!("@{}", body.display()))
        .arg(url)
        .output()
        .expect("curl");
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    let status = told
        .lines()
        .find_map(|line| line.strip_prefix("< HTTP/1.1 "));
    status.unwrap_or("none").trim().to_owned()
}

/// Whether a text lies in a file, or in any below a folder.
fn holds(place: &Path, text: &str) -> bool {
    if place.is_dir() {
        let below = std::fs::read_dir(place).expect("a folder");
        return below.flatten().any(|entry| holds(&entry.path(), text));
    }
    let octets = std::fs::read(place).unwrap_or_default();
    octets
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

#[tokio::test]
async fn the_key_of_a_router_is_neither_in_the_log_nor_in_the_data() {
    let (folder, data) = data();
    let log = folder.path().join("log");
    let mut command = serve(&data);
    command
        .env("BETANG_ADMIN_PASSWORD", PASSWORD)
        .env("BETANG_LOG", "trace")
        .stderr(File::create(&log).expect("a log"));
    let house = House::of(&mut command);
    let admin = house.admin().await;
    let post = async |path: &str, body: Json| -> Json {
        let answer = admin.post(house.at(path)).json(&body).send().await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status().as_u16(), 201, "{path}");
        answer.json().await.expect("JSON")
    };
    let form = json!({ "name": "Kantor Desa Uji", "kind": "kantor_desa", "area": "62.71.01.1001" });
    let site = post("/api/v1/sites", form).await["id"].clone();
    let site = site.as_str().expect("an id").to_owned();
    let made = post(&format!("/api/v1/sites/{site}/routers"), json!({})).await;
    let text = |name: &str| made[name].as_str().expect("text").to_owned();
    let (uuid, key) = (text("uuid"), text("key"));
    let body = folder.path().join("report");
    let report = json!({ "type": "DeviceMonitoring", "general": { "uptime": 86_401 } });
    std::fs::write(&body, report.to_string()).expect("written");
    let wrong = "0".repeat(32);
    for (key, query, status) in [
        (
            &key,
            "time=30-11-2025_23:55:00.000000&current=true",
            "200 OK",
        ),
        (&key, "time=01-12-2025_00:00:00.000000", "200 OK"),
        (&key, "time=31-11-2025_00:00:00.000000", "200 OK"),
        (&wrong, "time=01-12-2025_00:05:00.000000", "403 Forbidden"),
    ] {
        let query = format!("key={key}&{query}");
        assert_eq!(sends(&house, &uuid, &query, &body), status, "{query}");
    }
    // The key twice cannot be read, and is not said back.
    let twice = format!("key={key}&key={key}");
    assert_eq!(
        sends(&house, &uuid, &twice, &body),
        "422 Unprocessable Entity"
    );
    let path = house.at(&format!("/api/v1/sites/{site}/routers"));
    let said: Json = admin
        .get(path)
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    let reports = said["items"][0]["reports"].as_array().expect("reports");
    assert_eq!(reports.len(), 3, "{said}");
    assert_eq!(said["items"][0]["unreadable"], 1);
    drop(house);
    // What it was asked is in the log; by which key is not, and neither is it in the data.
    assert!(
        holds(&log, "\"method\":\"POST\""),
        "the log says nothing of requests"
    );
    assert!(holds(&data, &site), "the data says nothing of the site");
    for secret in [&key, &wrong] {
        assert!(!holds(&log, secret), "a key is in the log");
        assert!(!holds(&data, secret), "a key is in the data");
    }
}
