//! The program as people start it: its life, its doors, its description.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value as Json, json};

const BETANG: &str = env!("CARGO_BIN_EXE_betang");
const PASSWORD: &str = "huma-betang-kahayan-24";

/// A running house, killed when it is dropped.
struct House {
    child: Child,
    url: String,
}

impl House {
    fn start(data: &Path) -> Self {
        let mut child = serve(data).spawn().expect("the program starts");
        let out = child.stdout.take().expect("its output");
        let url = BufReader::new(out)
            .lines()
            .map_while(Result::ok)
            .find_map(|line| {
                Some(
                    line.strip_prefix("betang")?
                        .trim()
                        .trim_end_matches('/')
                        .to_owned(),
                )
            })
            .expect("it prints its address");
        Self { child, url }
    }

    async fn token(&self) -> String {
        let client = Client::builder()
            .cookie_store(true)
            .build()
            .expect("a client");
        let login = json!({ "username": "admin", "password": PASSWORD });
        let answer = client
            .post(format!("{}/api/v1/session", self.url))
            .json(&login)
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        let made: Json = client
            .post(format!("{}/api/v1/tokens", self.url))
            .json(&json!({ "name": "uji" }))
            .send()
            .await
            .expect("an answer")
            .json()
            .await
            .expect("a token");
        made["token"].as_str().expect("a token").to_owned()
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &id]).status();
        assert!(sent.is_ok_and(|status| status.success()));
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(data: &Path) -> Command {
    let mut command = Command::new(BETANG);
    command
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--media",
            "127.0.0.1:0",
            "--data",
        ])
        .arg(data)
        .env("BETANG_ADMIN_PASSWORD", PASSWORD)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

fn data() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    (folder, data)
}

#[test]
fn the_committed_description_of_the_api_is_fresh() {
    let printed = Command::new(BETANG)
        .arg("openapi")
        .output()
        .expect("it runs");
    let printed = String::from_utf8(printed.stdout).expect("text");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    if committed != printed {
        std::fs::write(path, printed).expect("the description is written");
        panic!("docs/api/openapi.json was stale and has been written anew; commit it");
    }
}

#[tokio::test]
async fn a_stranger_is_refused_before_anything_is_read() {
    let (_folder, data) = data();
    let house = House::start(&data);
    let client = Client::new();
    let description: Json = client
        .get(format!("{}/api/v1/openapi.json", house.url))
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("the description");
    let mut asked = 0;
    for (path, item) in description["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let Ok(method) = method.to_uppercase().parse::<Method>() else {
                continue;
            };
            let case = operation["x-permission"]
                .as_str()
                .expect("every operation has a case");
            let url = format!("{}{}", house.url, path.replace(['{', '}'], "%"));
            let answer = client
                .request(method.clone(), format!("{url}?limit=nonsense"))
                .header("content-type", "application/json")
                .body("{ nonsense")
                .send()
                .await
                .expect("an answer");
            if case == "open" {
                continue;
            }
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
            let kind = answer.headers()["content-type"]
                .to_str()
                .expect("a type")
                .to_owned();
            assert_eq!(kind, "application/problem+json", "{method} {path}");
            asked += 1;
        }
    }
    assert!(asked > 25, "only {asked} operations have a guard");
}

#[tokio::test]
async fn failures_are_problems_and_answers_say_how_they_may_be_used() {
    let (_folder, data) = data();
    let house = House::start(&data);
    let client = Client::new();
    let token = house.token().await;
    for (method, path, body, status) in [
        (Method::GET, "/api/v1/nothing", "", 404),
        (Method::PUT, "/api/v1/cameras", "", 405),
        (Method::POST, "/api/v1/cameras", "{ nonsense", 400),
        (Method::POST, "/api/v1/cameras", "{}", 422),
        (Method::GET, "/api/v1/cameras?limit=0", "", 422),
        (Method::GET, "/api/v1/cameras?no=such", "", 422),
        (Method::GET, "/api/v1/cameras/none", "", 404),
        (Method::POST, "/whep/none", "v=0", 415),
    ] {
        let answer = client
            .request(method.clone(), format!("{}{path}", house.url))
            .bearer_auth(&token)
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status().as_u16(), status, "{method} {path}");
        for (name, value) in [
            ("content-type", "application/problem+json"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
        ] {
            assert_eq!(answer.headers()[name], value, "{method} {path}");
        }
        let policy = answer.headers()["content-security-policy"]
            .to_str()
            .expect("a policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
        let body: Json = answer.json().await.expect("a problem");
        assert_eq!(body["status"], status);
        assert!(
            body["type"]
                .as_str()
                .is_some_and(|kind| kind.starts_with("urn:betang:problem:"))
        );
    }
}

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
    let status = house.child.wait().expect("it ends");
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
    house.child.wait().expect("it is gone");

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
    house.child.wait().expect("it ends");
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
