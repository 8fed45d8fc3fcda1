//! The stream of events, over a real connection.

use reqwest::{Response, StatusCode};
use serde_json::json;

use crate::running::{House, PASSWORD, data, serve, within};

async fn listen(house: &House, client: &reqwest::Client) -> Response {
    let stream = client
        .get(house.at("/api/v1/live"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(stream.status(), StatusCode::OK);
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    stream
}

/// Reads until the words have come; false if the stream ended before.
async fn hears(stream: &mut Response, words: &str) -> bool {
    let mut heard = String::new();
    while let Ok(Some(bytes)) = within(stream.chunk()).await {
        heard.push_str(&String::from_utf8_lossy(&bytes));
        if heard.contains(words) {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn a_stream_tells_what_happens_and_ends_with_its_session() {
    let (_folder, data) = data();
    let house = House::start(&data);
    let (watcher, other) = (house.admin().await, house.admin().await);
    let mut stream = listen(&house, &watcher).await;
    assert!(hears(&mut stream, "event: reset").await);
    let camera = json!({
        "short": "dermaga", "name": "Dermaga", "area": "62.71.01",
        "main": "rtsp://127.0.0.1:9/main", "always_on": true,
    });
    let saved = other
        .post(house.at("/api/v1/cameras"))
        .json(&camera)
        .send()
        .await
        .expect("an answer");
    assert_eq!(saved.status(), StatusCode::CREATED);
    assert!(hears(&mut stream, "event: camera").await);

    let me: serde_json::Value = watcher
        .get(house.at("/api/v1/sessions"))
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("sessions");
    let own = me["items"]
        .as_array()
        .and_then(|all| all.iter().find(|session| session["current"] == true))
        .and_then(|session| session["id"].as_str())
        .expect("one's own");
    let ended = other
        .delete(house.at(&format!("/api/v1/sessions/{own}")))
        .send()
        .await
        .expect("an answer");
    assert_eq!(ended.status(), StatusCode::NO_CONTENT);
    assert!(!hears(&mut stream, "nothing says this").await, "it ended");
    let again = watcher
        .get(house.at("/api/v1/live"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(again.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_open_stream_does_not_keep_the_house_from_ending() {
    let (folder, data) = data();
    let log = folder.path().join("log");
    let file = std::fs::File::create(&log).expect("a file");
    let mut house = House::of(
        serve(&data)
            .env("BETANG_ADMIN_PASSWORD", PASSWORD)
            .stderr(file),
    );
    let admin = house.admin().await;
    let mut stream = listen(&house, &admin).await;
    assert!(hears(&mut stream, "event: reset").await);
    house.signal("-TERM");
    assert!(!hears(&mut stream, "nothing says this").await);
    assert!(house.ended().success());
    let log = std::fs::read_to_string(log).expect("the log");
    assert!(log.contains("ending"), "{log}");
    assert!(!log.contains("dropped"), "all went by themselves: {log}");
}
