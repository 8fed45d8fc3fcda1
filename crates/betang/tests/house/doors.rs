//! Who may come in, and what failures look like.

use std::process::Command;

use reqwest::{Client, Method, StatusCode};
use serde_json::Value as Json;

use crate::running::{BETANG, House, data};

#[test]
fn the_committed_description_of_the_api_is_fresh() {
    let printed = Command::new(BETANG)
        .arg("openapi")
        .output()
        .expect("it runs");
    let printed = String::from_utf8(printed.stdout).expect("text");
    let path = "../../docs/api/openapi.json";
    if std::env::var_os("BETANG_BLESS").is_some() {
        std::fs::write(path, &printed).expect("the description is written");
    }
    let committed = std::fs::read_to_string(path).expect("the description is committed");
    assert!(
        committed == printed,
        "docs/api/openapi.json is stale: run this test with BETANG_BLESS=1"
    );
}

#[tokio::test]
async fn a_stranger_is_refused_before_anything_is_read() {
    let (_folder, data) = data();
    let house = House::start(&data);
    let client = Client::new();
    let description: Json = client
        .get(house.at("/api/v1/openapi.json"))
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("the description");
    let (mut asked, mut open) = (0, Vec::new());
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
                // On the machine itself measurements are open to all; this came
                // from elsewhere.
                .header("x-forwarded-for", "10.0.0.9")
                .body("{ nonsense")
                .send()
                .await
                .expect("an answer");
            if case == "open" {
                open.push(format!("{method} {path}"));
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
    assert_eq!(
        open,
        [
            "POST /api/v1/monitoring/device/{uuid}/",
            "POST /api/v1/screens/codes",
            "POST /api/v1/screens/session",
            "POST /api/v1/session",
            "POST /api/v1/session/emergency",
            "POST /api/v1/session/first",
            "POST /api/v1/session/passkey",
            "POST /api/v1/session/passkey/challenge",
            "POST /api/v1/session/provider",
            "POST /api/v1/session/provider/answer",
            "GET /api/v1/session/ways",
            "GET /ca.pem",
            "GET /healthz",
            "GET /readyz",
        ],
        "whoever opens another door says so here"
    );
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
        (Method::GET, "/ca.pem", "", 404),
        (Method::GET, "/api/v1/cameras?limit=0", "", 422),
        (Method::GET, "/api/v1/cameras?no=such", "", 422),
        (Method::GET, "/api/v1/cameras/none", "", 404),
        (Method::POST, "/whep/none", "v=0", 415),
    ] {
        let answer = client
            .request(method.clone(), format!("{}{path}", house.url))
            .bearer_auth(&token)
            .header("content-type", "application/json")
            .body(body.to_owned())
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
        let id = answer.headers()["x-request-id"].clone();
        let body: Json = answer.json().await.expect("a problem");
        assert_eq!(body["status"], status);
        assert_eq!(body["request_id"].as_str(), id.to_str().ok());
        assert_eq!(body["instance"].as_str(), path.split('?').next());
        assert!(
            body["type"]
                .as_str()
                .is_some_and(|kind| kind.starts_with("urn:betang:problem:"))
        );
    }
}
