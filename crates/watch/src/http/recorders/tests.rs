//! Recorders as a caller meets them: on both engines what is kept, against a simulated box
//! what is found.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hall::clock::Clock;
use hall::config::Config;
use hall::task::Tasks;
use http::header;
use serde_json::{Value, json};
use sim::live::library::Library;
use sim::live::recorder::{Make, Recorder};
use sim::live::rtsp::Server;
use store::Db;
use tower::ServiceExt as _;

use super::*;
use crate::room::Settings;

const PASSWORD_OF_ALL: &str = "jembatan kahayan";
const WORD: &str = "rahasia-123";

struct House {
    hall: Hall,
    room: Room,
    app: Router,
    admin: String,
    _folder: tempfile::TempDir,
}

impl House {
    async fn new(db: Db) -> Self {
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
        hall::staff::first_admin(&hall, Some(Secret::new(PASSWORD_OF_ALL.to_owned())))
            .await
            .expect("an admin");
        let settings = Settings {
            media: ([127, 0, 0, 1], 0).into(),
            announce: Vec::new(),
            rtsp: None,
        };
        let room = crate::room::open(&hall, &settings).await.expect("a room");
        let routes = hall::http::routes().merge(room.routes());
        let (router, _) = hall::guard::seal(routes, &hall).expect("every operation is guarded");
        let mut house = Self {
            app: router.with_state(hall.clone()),
            hall,
            room,
            admin: String::new(),
            _folder: folder,
        };
        let body = json!({ "username": "admin", "password": PASSWORD_OF_ALL });
        let (_, _, cookie) = house.answer("POST", "/api/v1/session", Some(body)).await;
        house.admin = cookie.expect("a cookie");
        house
    }

    async fn answer(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value, Option<String>) {
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, &self.admin)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .expect("a request");
        let answer = self.app.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = answer.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 22).await.expect("a body");
        let cookie = parts.headers.get(header::SET_COOKIE);
        let cookie = cookie.and_then(|cookie| cookie.to_str().ok()?.split(';').next());
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        (parts.status.as_u16(), body, cookie.map(str::to_owned))
    }

    #[track_caller]
    fn ask(
        &self,
        method: &'static str,
        path: &str,
        body: Option<Value>,
        status: u16,
    ) -> impl Future<Output = Value> {
        let path = path.to_owned();
        async move {
            let (found, body, _) = self.answer(method, &path, body).await;
            assert_eq!(found, status, "{method} {path}: {body}");
            body
        }
    }

    async fn acts(&self, verb: &str) -> usize {
        let path = format!("/api/v1/audit?limit=100&verb={verb}");
        let page = self.ask("GET", &path, None, 200).await;
        page["items"].as_array().map_or(0, Vec::len)
    }

    async fn urls(&self, camera: &Value) -> Vec<String> {
        let id = camera
            .as_str()
            .and_then(|id| id.parse().ok())
            .expect("an id");
        let mut read = self.hall.db().read().await.expect("a reader");
        let streams = camera::streams(&mut read, &[id]).await.expect("streams");
        let streams = streams.into_values().flatten();
        streams.map(|stream| stream.url).collect()
    }

    /// A box with cameras plugged in, and its port.
    fn plugged(&self, make: Make, channels: usize, limit: usize) -> (Recorder, u16) {
        // Films are made once for all tests of a machine.
        let films = std::env::temp_dir().join("betang-films-of-recorders");
        let library = Arc::new(Library::open(&films).expect("films"));
        let recorder = Recorder::new(make, channels, limit, ("admin", WORD), &library);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let tasks: &Tasks = self.hall.tasks();
        Server::recorder(listener, &recorder, Clock::real(), tasks, 1).expect("it listens");
        (recorder, port)
    }

    async fn added(&self, make: &str, port: u16, limit: i64, word: &str) -> String {
        let mut form = json!({ "name": "NVR Pasar", "area": "62.71.01", "address": "127.0.0.1",
            "port": port, "template": make, "username": "admin", "password": word,
            "session_limit": limit });
        if make == "onvif" {
            form["path"] = json!("/onvif/profile_{channel}_{layer}");
        }
        let added = self.ask("POST", "/api/v1/recorders", Some(form), 201).await;
        added["id"].as_str().expect("an id").to_owned()
    }

    /// What a search has found when it is over.
    async fn searched(&self, id: &str, channels: Option<u32>) -> Value {
        let path = format!("/api/v1/recorders/{id}/search");
        let form = json!({ "channels": channels });
        self.ask("POST", &path, Some(form), 202).await;
        loop {
            let view = self.ask("GET", &path, None, 200).await;
            if view["stage"] != "running" {
                return view;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}

fn rows(channels: std::ops::RangeInclusive<i64>) -> Vec<Value> {
    let row = |channel| {
        json!({ "channel": channel, "short": format!("pasar-{channel}"),
            "name": format!("Pasar {channel}") })
    };
    channels.map(row).collect()
}

async fn keeping(db: Db) {
    let house = House::new(db).await;
    let refused = json!({ "name": " ", "area": "99", "address": "10.0.0.9/main",
        "template": "sony", "session_limit": 0 });
    let (status, body, _) = house
        .answer("POST", "/api/v1/recorders", Some(refused))
        .await;
    let named: Vec<_> = body["errors"]
        .as_array()
        .expect("fields")
        .iter()
        .map(|it| it["field"].clone())
        .collect();
    assert_eq!(status, 422);
    assert_eq!(
        named,
        ["name", "area", "template", "address", "session_limit"]
    );

    let id = house.added("dahua", 8554, 6, WORD).await;
    let path = format!("/api/v1/recorders/{id}");
    let view = house.ask("GET", &path, None, 200).await;
    assert_eq!(view["address"], "127.0.0.1");
    assert_eq!(view["port"], 8554);
    assert_eq!(view["password"], true);
    assert!(!view.to_string().contains(WORD), "{view}");
    let again = json!({ "name": "Lain", "area": "62.71", "address": "127.0.0.1", "port": 8554,
        "template": "hikvision" });
    house
        .ask("POST", "/api/v1/recorders", Some(again), 409)
        .await;

    // A preview writes nothing, and what cannot stand is told row by row.
    let cameras = format!("{path}/cameras");
    let preview = json!({ "rows": rows(1..=3), "preview": true });
    let seen = house.ask("POST", &cameras, Some(preview), 200).await;
    assert_eq!(seen["written"], false);
    assert!(
        seen["rows"]
            .as_array()
            .is_some_and(|rows| rows.iter().all(|row| row["verdict"] == "new")),
        "{seen}"
    );
    let mut wrong = rows(1..=3);
    wrong[1]["short"] = json!("Pasar Dua");
    wrong[2]["channel"] = json!(1);
    let preview = json!({ "rows": wrong, "preview": true });
    let seen = house.ask("POST", &cameras, Some(preview), 200).await;
    assert_eq!(seen["rows"][1]["faults"][0]["field"], "short", "{seen}");
    assert_eq!(seen["rows"][2]["faults"][0]["field"], "channel", "{seen}");
    let told = house
        .ask("POST", &cameras, Some(json!({ "rows": wrong })), 409)
        .await;
    assert_eq!(told["errors"][0]["field"], "rows.2.short", "{told}");
    let list = house.ask("GET", "/api/v1/cameras", None, 200).await;
    assert_eq!(list["items"], json!([]), "all or nothing");
    let chosen = house
        .ask("POST", &cameras, Some(json!({ "rows": rows(1..=3) })), 201)
        .await;
    let third = chosen["rows"][2]["camera"].clone();
    let at = |port: u16| {
        [0, 1].map(|sub| format!("rtsp://127.0.0.1:{port}/cam/realmonitor?channel=3&subtype={sub}"))
    };
    assert_eq!(house.urls(&third).await, at(8554));
    // The same again writes nothing; another name for a channel is refused.
    let same = house
        .ask("POST", &cameras, Some(json!({ "rows": rows(1..=3) })), 201)
        .await;
    assert!(
        same["rows"]
            .as_array()
            .is_some_and(|rows| rows.iter().all(|row| row["verdict"] == "same")),
        "{same}"
    );
    let mut other = rows(3..=3);
    other[0]["short"] = json!("lain");
    house
        .ask("POST", &cameras, Some(json!({ "rows": other })), 409)
        .await;
    assert_eq!(house.acts("camera.added").await, 3);

    // The address is the recorder's, and changed there for all.
    let own = json!({ "main": "rtsp://10.0.0.1/x", "password": "lain" });
    house
        .ask("PATCH", "/api/v1/cameras/pasar-3", Some(own), 422)
        .await;
    let named = json!({ "name": "Gerbang" });
    house
        .ask("PATCH", "/api/v1/cameras/pasar-3", Some(named), 200)
        .await;
    house
        .ask("PATCH", &path, Some(json!({ "port": 9554 })), 200)
        .await;
    assert_eq!(house.urls(&third).await, at(9554));
    house
        .ask("PATCH", &path, Some(json!({ "template": "uniview" })), 200)
        .await;
    let uniview = [0, 1].map(|sub| format!("rtsp://127.0.0.1:9554/unicast/c3/s{sub}/live"));
    assert_eq!(house.urls(&third).await, uniview);
    let view = house.ask("GET", &path, None, 200).await;
    assert_eq!(view["password"], true, "what is not said stays");
    assert_eq!(view["channels"][2]["short"], "pasar-3");
    assert_eq!(house.acts("recorder.changed").await, 2);

    // A camera that goes leaves its channel to another.
    house
        .ask("DELETE", "/api/v1/cameras/pasar-2", None, 204)
        .await;
    let mut other = rows(2..=2);
    other[0]["short"] = json!("pasar-baru");
    house
        .ask("POST", &cameras, Some(json!({ "rows": other })), 201)
        .await;

    let told = house.ask("DELETE", &path, None, 409).await;
    assert!(
        told["type"]
            .as_str()
            .is_some_and(|slug| slug.ends_with("recorder-in-use")),
        "{told}"
    );
    house
        .ask("DELETE", &format!("{path}?cameras=2"), None, 409)
        .await;
    house
        .ask("DELETE", &format!("{path}?cameras=3"), None, 204)
        .await;
    house.ask("GET", &path, None, 404).await;
    let list = house.ask("GET", "/api/v1/cameras", None, 200).await;
    assert_eq!(list["items"], json!([]));
    assert_eq!(house.acts("recorder.retired").await, 1);
    assert_eq!(house.acts("camera.retired").await, 4);
}

async fn sixteen(db: Db) {
    let house = House::new(db).await;
    let (recorder, port) = house.plugged(Make::Hikvision, 16, 4);
    recorder.tell("dead 7").expect("told");
    recorder.tell("blank 9").expect("told");
    let id = house.added("hikvision", port, 4, WORD).await;
    let view = house.searched(&id, None).await;
    assert_eq!(view["stage"], "done");
    let items = view["items"].as_array().expect("channels");
    let channels: Vec<_> = items.iter().map(|item| item["channel"].as_u64()).collect();
    assert_eq!(channels, (1..=16).map(Some).collect::<Vec<_>>());
    for item in items {
        let verdict = match item["channel"].as_u64() {
            Some(7) => "none",
            Some(9) => "blank",
            _ => "picture",
        };
        assert_eq!(item["verdict"], verdict, "{}", item["channel"]);
        if verdict == "none" {
            assert_eq!(item["reason"], "no_such_path");
            continue;
        }
        let name = format!("Kamera {:02}", item["channel"].as_u64().unwrap_or(0));
        assert_eq!(item["name"], name);
        for (layer, width) in [("main", 640), ("sub", 320)] {
            let tried = &item[layer];
            assert_eq!(tried["codec"], "h264");
            assert_eq!(tried["width"], width);
            assert_eq!(tried["gop"], 25);
            assert_eq!(tried["fps_milli"], 25_000);
        }
        let still = item["still_jpeg_base64"].as_str().expect("a still");
        assert!(still.starts_with("/9j/"), "a JPEG");
    }
    // As the box counted: never more than it stands, and it had to refuse nobody.
    let (_, peak, refused) = recorder.counted();
    assert!((2..=4).contains(&peak) && refused == 0, "{peak} {refused}");
    assert_eq!(house.acts("recorder.searched").await, 1);
}

async fn makes(db: Db) {
    let house = House::new(db).await;
    for (make, slug) in [
        (Make::Hikvision, "hikvision_isapi"),
        (Make::Dahua, "dahua"),
        (Make::Uniview, "uniview"),
        (Make::Onvif, "onvif"),
    ] {
        let (_, port) = house.plugged(make, 2, 2);
        let id = house.added(slug, port, 2, WORD).await;
        let view = house.searched(&id, None).await;
        let items = view["items"].as_array().expect("channels");
        assert_eq!(items.len(), 2, "{slug}: {view}");
        assert!(
            items
                .iter()
                .all(|item| item["verdict"] == "picture" && item["sub"].is_object()),
            "{slug}"
        );
    }
}

async fn refusing(db: Db) {
    let house = House::new(db).await;
    let (recorder, port) = house.plugged(Make::Dahua, 16, 8);
    let id = house.added("dahua", port, 8, "salah").await;
    let view = house.searched(&id, Some(16)).await;
    assert_eq!(view["failed"], "wrong_password", "{view}");
    assert_eq!(view["tried"], 1, "boxes lock whoever guesses");
    assert_eq!(recorder.counted().1, 0);
    // A box that stands fewer than was written refuses, and that is told as it is.
    recorder.tell("limit 0").expect("told");
    let path = format!("/api/v1/recorders/{id}");
    house
        .ask("PATCH", &path, Some(json!({ "password": WORD })), 200)
        .await;
    let view = house.searched(&id, Some(2)).await;
    assert_eq!(view["items"][0]["reason"], "session_limit", "{view}");
}

/// Six cameras that are always on, of a box that stands two: who is looked at goes first.
async fn turns(db: Db) {
    let house = House::new(db).await;
    let (recorder, port) = house.plugged(Make::Hikvision, 6, 2);
    let id = house.added("hikvision", port, 2, WORD).await;
    let mut six = rows(1..=6);
    for row in &mut six {
        row["always_on"] = json!(true);
    }
    let path = format!("/api/v1/recorders/{id}/cameras");
    let chosen = house
        .ask("POST", &path, Some(json!({ "rows": six })), 201)
        .await;
    let cameras: Vec<Id<Camera>> = chosen["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .filter_map(|row| row["camera"].as_str()?.parse().ok())
        .collect();
    let hub = house.room.hub().clone();
    let words = || -> Vec<_> {
        let streams = cameras
            .iter()
            .flat_map(|camera| Layer::ALL.map(|layer| (*camera, layer)));
        streams
            .filter_map(|(camera, layer)| hub.stream(crate::hub::StreamKey { camera, layer }))
            .map(|channel| {
                let truth = channel.report().truth;
                (
                    channel,
                    truth.word.as_str(),
                    truth.reason.map(watch_core::supervise::Reason::as_str),
                )
            })
            .collect()
    };
    let until = async |so: &dyn Fn() -> bool| {
        let waited = async {
            while !so() {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        };
        let done = tokio::time::timeout(std::time::Duration::from_secs(60), waited).await;
        assert!(
            done.is_ok(),
            "{:?}",
            words().iter().map(|it| (it.1, it.2)).collect::<Vec<_>>()
        );
    };
    let live = || {
        words()
            .iter()
            .filter(|(_, word, _)| *word == "live")
            .count()
    };
    let queued = || {
        words()
            .iter()
            .filter(|(_, _, reason)| *reason == Some("queued"))
            .count()
    };
    until(&|| live() == 2 && queued() == 10).await;
    let (waiting, ..) = words()
        .into_iter()
        .find(|(_, word, _)| *word == "starting")
        .expect("one waits");
    let want = waiting.want();
    until(&|| waiting.report().truth.word.as_str() == "live").await;
    assert!(live() <= 2, "one of the others made room");
    drop(want);
    let (_, peak, refused) = recorder.counted();
    assert_eq!((peak, refused), (2, 0), "as the box counted");
}

/// Two plugs are exchanged: it is noticed by the next search, decided by a person, and taken
/// back. One that is dead, one that is blank and one that has another name are none.
async fn swapping(db: Db) {
    let house = House::new(db).await;
    let (recorder, port) = house.plugged(Make::Uniview, 6, 4);
    let id = house.added("uniview", port, 4, WORD).await;
    house.searched(&id, Some(6)).await;
    let path = format!("/api/v1/recorders/{id}");
    let chosen = json!({ "rows": rows(1..=6) });
    house
        .ask("POST", &format!("{path}/cameras"), Some(chosen), 201)
        .await;
    let swap = format!("{path}/swap");
    house.ask("GET", &swap, None, 404).await;

    for told in ["dead 6", "blank 1", "call 2 Gerbang baru"] {
        recorder.tell(told).expect("told");
    }
    house.searched(&id, Some(6)).await;
    house.ask("GET", &swap, None, 404).await;

    recorder.tell("swap 3 5").expect("told");
    house.searched(&id, Some(6)).await;
    let seen = house.ask("GET", &swap, None, 200).await;
    let moves = seen["moves"].as_array().expect("moves");
    let found: Vec<_> = moves
        .iter()
        .map(|it| (&it["channel"], &it["shows"]))
        .collect();
    assert_eq!(found, [(&json!(3), &json!(5)), (&json!(5), &json!(3))]);
    assert!(
        moves
            .iter()
            .all(|it| it["before_jpeg_base64"].is_string() && it["now_jpeg_base64"].is_string())
    );
    let misplaced = async || {
        let list = house.ask("GET", "/api/v1/cameras", None, 200).await;
        let items = list["items"].as_array().cloned().unwrap_or_default();
        let of = items.iter().filter(|it| it["misplaced"] == true);
        of.map(|it| it["short"].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(misplaced().await, ["pasar-3", "pasar-5"]);
    // Nothing more is said of what waits for somebody.
    house.searched(&id, Some(6)).await;
    assert_eq!(house.acts("recorder.swap_noticed").await, 1);

    let decide = |act: &str| json!({ "noticed_us": seen["noticed_us"], "act": act });
    house.ask("POST", &swap, Some(decide("undo")), 404).await;
    house.ask("POST", &swap, Some(decide("guess")), 422).await;
    let done = house.ask("POST", &swap, Some(decide("swap")), 200).await;
    assert_eq!(done["decision"], "swapped");
    let at = async |short: &str| {
        let view = house.ask("GET", &path, None, 200).await;
        let channels = view["channels"].as_array().cloned().unwrap_or_default();
        let given = channels.into_iter().find(|it| it["short"] == short);
        given.and_then(|it| it["channel"].as_i64())
    };
    assert_eq!(
        (at("pasar-3").await, at("pasar-5").await),
        (Some(5), Some(3))
    );
    assert!(misplaced().await.is_empty());
    let camera = house.ask("GET", "/api/v1/cameras/pasar-3", None, 200).await;
    let urls = house.urls(&camera["id"]).await;
    assert!(urls[0].ends_with("/unicast/c5/s0/live"), "{urls:?}");
    house.searched(&id, Some(6)).await;
    assert_eq!(
        house.acts("recorder.swap_noticed").await,
        1,
        "all is in its place"
    );
    house.ask("POST", &swap, Some(decide("undo")), 200).await;
    assert_eq!(
        (at("pasar-3").await, at("pasar-5").await),
        (Some(3), Some(5))
    );

    // The box is put back by itself: what was noticed anew ends without anybody.
    house.searched(&id, Some(6)).await;
    assert_eq!(misplaced().await, ["pasar-3", "pasar-5"]);
    recorder.tell("swap 3 5").expect("told");
    house.searched(&id, Some(6)).await;
    assert!(misplaced().await.is_empty());
    assert_eq!(house.acts("recorder.swap_undone").await, 2);
}

store::on_both_engines!(
    a_recorder_is_kept_and_its_channels_follow_it,
    &[hall::SCHEMA, crate::SCHEMA],
    async |db: Db| keeping(db).await
);
store::on_both_engines!(
    sixteen_channels_are_found_within_the_sessions,
    &[hall::SCHEMA, crate::SCHEMA],
    async |db: Db| sixteen(db).await
);
store::on_both_engines!(
    each_make_is_asked_in_its_own_way,
    &[hall::SCHEMA, crate::SCHEMA],
    async |db: Db| makes(db).await
);
store::on_both_engines!(
    a_box_that_refuses_is_asked_once,
    &[hall::SCHEMA, crate::SCHEMA],
    async |db: Db| refusing(db).await
);
store::on_both_engines!(
    who_is_watched_goes_first,
    &[hall::SCHEMA, crate::SCHEMA],
    async |db: Db| turns(db).await
);
store::on_both_engines!(
    what_was_swapped_is_noticed_and_decided,
    &[hall::SCHEMA, crate::SCHEMA],
    async |db: Db| swapping(db).await
);
