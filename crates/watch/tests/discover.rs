//! Devices on the house's own network, found by a search: all on 127.0.0.1, where others of
//! this machine may answer too and are left alone.

use std::net::Ipv4Addr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use base::redact::Secret;
use hall::Hall;
use hall::clock::Clock;
use hall::config::Config;
use http::header;
use serde_json::{Value, json};
use sim::live::discovery::{Says, Voice};
use store::Db;
use tower::ServiceExt as _;
use watch::Settings;

const PASSWORD: &str = "jembatan kahayan";

/// A guard against hanging, not a measure.
const HANG: Duration = Duration::from_secs(60);

async fn ask(
    app: &Router,
    cookie: &str,
    method: &str,
    path: &str,
    body: Value,
) -> (u16, Value, String) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::COOKIE, cookie)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .expect("a request");
    let answer = app.clone().oneshot(request).await.expect("infallible");
    let (parts, body) = answer.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
    let cookie = parts.headers.get(header::SET_COOKIE);
    let cookie = cookie.and_then(|cookie| cookie.to_str().ok()?.split(';').next());
    let value = serde_json::from_slice(&bytes).unwrap_or_default();
    (
        parts.status.as_u16(),
        value,
        cookie.unwrap_or_default().to_owned(),
    )
}

async fn found(db: Db) {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data").display().to_string();
    let flags = [
        ("data", data),
        ("camera_networks", "127.0.0.0/8".to_owned()),
    ];
    let config = Config::load(None, [], &flags).expect("a configuration");
    let hall = Hall::open(db, Clock::real(), config).await.expect("a hall");
    hall::areas::seed(hall.db(), hall.now().wall)
        .await
        .expect("areas");
    hall::staff::first_admin(&hall, Some(Secret::new(PASSWORD.to_owned())))
        .await
        .expect("an admin");
    let settings = Settings {
        media: ([127, 0, 0, 1], 0).into(),
        rtsp: None,
        announce: Vec::new(),
    };
    let room = watch::open(&hall, &settings).await.expect("a room");
    let routes = hall::http::routes().merge(room.routes());
    let (router, _) = hall::guard::seal(routes, &hall).expect("every operation is guarded");
    let app = router.with_state(hall.clone());
    let login = json!({ "username": "admin", "password": PASSWORD });
    let (_, _, cookie) = ask(&app, "", "POST", "/api/v1/session", login).await;

    // Its identity is nobody else's on this machine.
    let uuid = hall.mint::<base::id::Device>();
    let uuid: String = uuid
        .as_bytes()
        .iter()
        .map(|it| format!("{it:02x}"))
        .collect();
    let says = Says {
        uuid: uuid.clone(),
        name: "Gerbang%20utara".to_owned(),
        hardware: "H-1".to_owned(),
        xaddrs: "http://10.0.0.5/onvif http://127.0.0.1:8000/onvif".to_owned(),
    };
    let _voice = Voice::listen(Ipv4Addr::LOCALHOST, says, hall.tasks()).expect("a voice");
    let form = json!({ "short": "gerbang", "name": "Gerbang", "area": "62.71",
        "main": "rtsp://127.0.0.1:8554/main" });
    let (status, _, _) = ask(&app, &cookie, "POST", "/api/v1/cameras", form).await;
    assert_eq!(status, 201);

    let path = "/api/v1/discovery";
    for from in [
        json!([]),
        json!(["10.9.9.9"]),
        json!(["x"]),
        json!(vec!["127.0.0.1"; 17]),
    ] {
        let (status, body, _) = ask(&app, &cookie, "POST", path, json!({ "from": from })).await;
        assert_eq!(status, 422, "{body}");
    }
    let form = json!({ "from": ["127.0.0.1"] });
    let (status, begun, _) = ask(&app, &cookie, "POST", path, form.clone()).await;
    assert_eq!((status, &begun["running"]), (202, &json!(true)), "{begun}");
    let (status, _, _) = ask(&app, &cookie, "POST", path, form).await;
    assert_eq!(status, 409, "one at a time");
    let done = async {
        loop {
            let (_, view, _) = ask(&app, &cookie, "GET", path, Value::Null).await;
            if view["search"]["running"] == json!(false) {
                return view;
            }
            tokio::task::yield_now().await;
        }
    };
    let view = tokio::time::timeout(HANG, done).await.expect("an end");
    let items = view["search"]["items"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let own: Vec<_> = items
        .iter()
        .filter(|it| it["endpoint"] == json!(uuid))
        .collect();
    let [it] = &own[..] else { panic!("{view}") };
    assert_eq!(
        (&it["name"], &it["model"]),
        (&json!("Gerbang utara"), &json!("H-1"))
    );
    let way = json!([{ "from": "127.0.0.1", "onvif": "http://127.0.0.1:8000/onvif",
        "refused": null, "elsewhere": ["10.0.0.5"] }]);
    assert_eq!(it["ways"], way);
    assert_eq!(it["known"][0]["short"], json!("gerbang"));
    assert_eq!(view["search"]["networks"][0]["trouble"], Value::Null);
}

store::on_both_engines!(
    what_answers_is_listed_once_and_known_by_its_machine,
    &[hall::SCHEMA, watch::SCHEMA],
    async |db: Db| found(db).await
);
