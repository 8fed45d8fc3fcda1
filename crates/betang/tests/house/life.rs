//! How the program starts and ends, and what it leaves.

use std::net::TcpListener;
use std::process::{Command, Stdio};

use reqwest::{Client, StatusCode};
use serde_json::{Value as Json, json};

use crate::running::{BETANG, House, PASSWORD, data, run, serve};

#[tokio::test]
async fn a_second_server_is_refused_and_the_first_ends_when_told() {
    let (_folder, data) = data();
    let mut house = House::start(&data);
    let second = serve(&data)
        .stderr(Stdio::piped())
        .output()
        .expect("it ends by itself");
    assert!(!second.status.success());
    let why = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(why.contains("in use by another betang server"), "{why}");
    house.signal("-TERM");
    let status = house.ended();
    assert!(status.success(), "{status}");
}

#[tokio::test]
async fn a_log_that_nobody_reads_any_more_ends_nothing() {
    let (_folder, data) = data();
    let mut house = House::of(
        serve(&data)
            .env("BETANG_ADMIN_PASSWORD", PASSWORD)
            .stderr(Stdio::piped()),
    );
    house.stop_reading_its_log();
    house.token().await;
    // It logs that it ends, and does.
    house.signal("-TERM");
    let status = house.ended();
    assert!(status.success(), "{status}");
}

#[tokio::test]
async fn what_was_saved_is_there_after_kill_minus_nine_and_the_chain_is_whole() {
    let (_folder, data) = data();
    let mut house = House::start(&data);
    let token = house.token().await;
    let form = json!({
        "short": "dermaga", "name": "Dermaga Rambang", "area": "62.71.01",
        "main": "rtsp://op:rahasia@127.0.0.1:9/main",
    });
    let saved = Client::new()
        .post(format!("{}/api/v1/cameras", house.url))
        .bearer_auth(&token)
        .json(&form)
        .send()
        .await
        .expect("an answer");
    assert_eq!(saved.status(), StatusCode::CREATED);
    house.signal("-KILL");
    house.ended();

    let house = House::start(&data);
    let camera: Json = Client::new()
        .get(format!("{}/api/v1/cameras/dermaga", house.url))
        .bearer_auth(&token)
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("the camera");
    assert_eq!(camera["name"], "Dermaga Rambang");
    assert!(
        !camera.to_string().contains("rahasia"),
        "a password never comes back"
    );
    let chain = Command::new(BETANG)
        .args(["audit", "verify", "--data"])
        .arg(&data)
        .output()
        .expect("it runs beside the house");
    assert!(
        chain.status.success(),
        "{}",
        String::from_utf8_lossy(&chain.stdout)
    );
}

#[tokio::test]
async fn a_row_altered_by_hand_is_named() {
    let (_folder, data) = data();
    let mut house = House::start(&data);
    house.token().await;
    house.signal("-TERM");
    house.ended();
    let place = store::Place::Sqlite {
        path: data.join("betang.sqlite"),
    };
    let db = store::Db::open(&place).await.expect("the database");
    let mut tx = db.write().await.expect("to write");
    tx.execute(
        "UPDATE hall_audit SET verb = $1 WHERE seq = $2",
        store::params!["camera.forgotten", 2_i64],
    )
    .await
    .expect("altered");
    tx.commit().await.expect("written");
    db.close().await;
    let chain = Command::new(BETANG)
        .args(["audit", "verify", "--data"])
        .arg(&data)
        .output()
        .expect("it runs");
    assert!(!chain.status.success());
    assert_eq!(
        String::from_utf8_lossy(&chain.stdout).trim(),
        "broken at row 2: it was altered"
    );
}

#[tokio::test]
async fn a_default_port_that_is_taken_moves_and_a_chosen_one_does_not() {
    let (_folder, data) = data();
    // Taken by us, or by somebody else already.
    let _taken = TcpListener::bind("127.0.0.1:8080");
    let house = House::of(
        Command::new(BETANG)
            .args(["serve", "--media", "127.0.0.1:0", "--data"])
            .arg(&data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null()),
    );
    assert!(
        house.said[0].starts_with("port 8080 is taken; using "),
        "{:?}",
        house.said
    );
    let ready = Client::new().get(house.at("/readyz")).send().await;
    assert_eq!(ready.expect("an answer").status(), StatusCode::OK);

    let address = house.url.trim_start_matches("http://");
    let other = data.with_file_name("other");
    let chosen = run([
        "serve",
        "--listen",
        address,
        "--data",
        other.to_str().expect("text"),
    ]);
    assert!(!chosen.status.success());
    let why = String::from_utf8_lossy(&chosen.stderr).into_owned();
    assert!(why.contains("cannot be taken"), "{why}");
}

#[test]
fn a_setting_that_cannot_be_is_refused_and_a_secret_is_never_printed() {
    let (_folder, data) = data();
    let data = data.to_str().expect("text");
    for (variable, value, says) in [
        ("BETANG_LISTN", "x", "did you mean listen?"),
        ("BETANG_LOG", "watch=loudly", "watch=loudly"),
        ("BETANG_TLS", "perhaps", "write own, off or a folder"),
    ] {
        let refused = serve(data.as_ref())
            .env(variable, value)
            .stderr(Stdio::piped())
            .output()
            .expect("it ends by itself");
        assert!(!refused.status.success());
        let why = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(why.contains(says), "{why}");
    }
    let told = Command::new(BETANG)
        .args(["config", "explain", "--data", data])
        .env("BETANG_ADMIN_PASSWORD", PASSWORD)
        .output()
        .expect("it runs");
    let told = String::from_utf8(told.stdout).expect("text");
    assert!(told.contains("environment BETANG_ADMIN_PASSWORD"), "{told}");
    assert!(
        told.contains("command line") && !told.contains(PASSWORD),
        "{told}"
    );
}

#[tokio::test]
async fn a_house_of_its_own_authority_is_trusted_by_who_has_it() {
    let (folder, data) = data();
    let house = House::of(
        serve(&data)
            .args(["--tls", "own"])
            .env("BETANG_ADMIN_PASSWORD", PASSWORD),
    );
    assert!(house.url.starts_with("https://127.0.0.1:"), "{}", house.url);
    let stranger = Client::new().get(house.at("/healthz")).send().await;
    assert!(stranger.is_err(), "nobody trusts it without its authority");
    let own = data.join("ca").join("ca.pem");
    let pem = std::fs::read(&own).expect("the authority");
    let authority = reqwest::Certificate::from_pem(&pem).expect("a certificate");
    let client = Client::builder()
        .tls_certs_only([authority])
        .cookie_store(true)
        .build()
        .expect("a client");
    let offered = client
        .get(house.at("/ca.pem"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(
        offered.headers()["content-type"],
        "application/x-x509-ca-cert"
    );
    assert!(offered.headers().contains_key("strict-transport-security"));
    assert_eq!(offered.bytes().await.expect("a file"), pem);
    let login = json!({ "username": "admin", "password": PASSWORD });
    let answer = client
        .post(house.at("/api/v1/session"))
        .json(&login)
        .send()
        .await
        .expect("an answer");
    let cookie = answer.headers()["set-cookie"].to_str().expect("text");
    assert!(cookie.contains("; Secure"), "{cookie}");
    let made: Json = client
        .post(house.at("/api/v1/tokens"))
        .json(&json!({ "name": "uji" }))
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("a token");
    let token = folder.path().join("token");
    std::fs::write(&token, made["token"].as_str().expect("a token")).expect("written");
    let listed = run([
        "areas".as_ref(),
        "list".as_ref(),
        "--server".as_ref(),
        house.url.as_ref(),
        "--token-file".as_ref(),
        token.as_os_str(),
        "--ca".as_ref(),
        own.as_os_str(),
    ]);
    let why = String::from_utf8_lossy(&listed.stderr).into_owned();
    assert!(listed.status.success(), "{why}");
    assert!(
        String::from_utf8_lossy(&listed.stdout).contains("Palangka"),
        "{why}"
    );
}
