//! What cameras say that happens, as callers meet it: on both engines what is kept, against a
//! simulated camera how it is listened to. The clock of camera and house is turned by the
//! tests alone.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use base::now::{Mono, Now, Wall};
use base::redact::Secret;
use hall::Hall;
use hall::clock::Clock;
use hall::config::Config;
use http::header;
use serde_json::{Value, json};
use sim::live::onvif::{Device, Shown};
use std::time::Duration;
use store::Db;
use tower::ServiceExt as _;
use watch::Settings;

const PASSWORD_OF_ALL: &str = "jembatan kahayan";

/// A guard against hanging, not a measure.
const HANG: Duration = Duration::from_secs(60);

struct House {
    app: Router,
    clock: Clock,
    admin: String,
    device: Device,
    address: String,
    _folder: tempfile::TempDir,
}

impl House {
    /// With a camera `alun` that is asked by ONVIF.
    async fn new(db: Db, shown: Shown) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data").display().to_string();
        let clock = Clock::hand(Now {
            mono: Mono::from_us(1_000_000_000),
            wall: Wall::from_us(1_700_000_000_000_000),
        });
        let flags = [
            ("data", data),
            ("camera_networks", "127.0.0.0/8".to_owned()),
        ];
        let config = Config::load(None, [], &flags).expect("a configuration");
        let hall = Hall::open(db, clock.clone(), config).await.expect("a hall");
        hall::areas::seed(hall.db(), hall.now().wall)
            .await
            .expect("areas");
        hall::staff::first_admin(&hall, Some(Secret::new(PASSWORD_OF_ALL.to_owned())))
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
        let device = Device::new(clock.clone(), "op", "rahasia", shown, "rtsp://10.9.9.9/cam");
        let at = device
            .serve(([127, 0, 0, 1], 0).into(), hall.tasks())
            .await
            .expect("a port");
        let mut house = Self {
            app: router.with_state(hall.clone()),
            clock,
            admin: String::new(),
            device,
            address: format!("http://{at}/onvif/device_service"),
            _folder: folder,
        };
        house.admin = house.log_in("admin").await;
        let form = json!({ "short": "alun", "name": "Alun-alun", "area": "62.71.01",
            "main": "rtsp://127.0.0.1:9/main" });
        house
            .ask("POST", "/api/v1/cameras", Some(form))
            .await
            .is(201);
        house
    }

    async fn set_onvif(&self, password: &str) {
        let form = json!({ "address": self.address, "profile": "utama", "username": "op",
            "password": password, "turns": false });
        let path = "/api/v1/cameras/alun/onvif";
        self.ask("PUT", path, Some(form)).await.is(200);
    }

    async fn listen(&self, on: bool) -> Answer {
        let path = "/api/v1/cameras/alun/listening";
        self.ask("PUT", path, Some(json!({ "on": on }))).await
    }

    async fn listening(&self) -> Value {
        let path = "/api/v1/cameras/alun/listening";
        self.ask("GET", path, None).await.is(200)
    }

    /// What is kept, the oldest first: kind, state and how many were left out before it.
    async fn events(&self) -> Vec<String> {
        let path = "/api/v1/cameras/alun/events?limit=500";
        let page = self.ask("GET", path, None).await.is(200);
        let items = page["items"].as_array().cloned().unwrap_or_default();
        let word = |item: &Value, name: &str| item[name].as_str().unwrap_or_default().to_owned();
        let all = items.iter().rev();
        let all = all.map(|item| {
            let left_out = item["left_out"].as_i64().unwrap_or_default();
            format!("{} {} {left_out}", word(item, "kind"), word(item, "state"))
        });
        all.collect()
    }

    async fn until_word(&self, word: &str) -> Value {
        let found = async {
            loop {
                let view = self.listening().await;
                if view["word"] == word {
                    return view;
                }
                tokio::task::yield_now().await;
            }
        };
        let found = tokio::time::timeout(HANG, found).await;
        found.unwrap_or_else(|_| panic!("it is never {word}"))
    }

    async fn until_events(&self, all: &[&str]) {
        let found = async {
            while self.events().await != all {
                tokio::task::yield_now().await;
            }
        };
        if tokio::time::timeout(HANG, found).await.is_err() {
            panic!("{all:?} and not {:?}", self.events().await);
        }
    }

    /// The same, while the clock goes on.
    async fn until_events_as_time_goes(&self, all: &[&str]) {
        let found = async {
            while self.events().await != all {
                self.clock.turn(Duration::from_millis(100));
            }
        };
        if tokio::time::timeout(HANG, found).await.is_err() {
            panic!("{all:?} and not {:?}", self.events().await);
        }
    }

    fn tell(&self, line: &str) -> String {
        self.device.tell(line).expect("told")
    }

    async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
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
        let bytes = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
        let cookie = parts.headers.get(header::SET_COOKIE);
        let cookie = cookie.and_then(|cookie| cookie.to_str().ok()?.split(';').next());
        Answer {
            status: parts.status.as_u16(),
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
            text: String::from_utf8_lossy(&bytes).into_owned(),
            cookie: cookie.map(str::to_owned),
        }
    }

    async fn log_in(&self, username: &str) -> String {
        let body = json!({ "username": username, "password": PASSWORD_OF_ALL });
        let answer = self.ask("POST", "/api/v1/session", Some(body)).await;
        answer.cookie.expect("a cookie")
    }
}

struct Answer {
    status: u16,
    body: Value,
    text: String,
    cookie: Option<String>,
}

impl Answer {
    #[track_caller]
    fn is(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.body
    }
}

async fn kept(db: Db) {
    let house = House::new(db, Shown::Digest).await;
    // Off, and not to be turned on before it is known where to ask.
    assert_eq!(house.listening().await["on"], json!(false));
    house.listen(true).await.is(409);
    house.set_onvif("rahasia").await;
    house.tell("skew 3600");
    house.tell("input on");
    house.listen(true).await.is(200);
    let view = house.until_word("listening").await;
    assert_eq!(view["clock_ahead_s"], json!(3_600));
    // What is on when one begins to listen is told; what is off is not.
    house.until_events(&["input on 0"]).await;
    house.tell("motion on");
    house.until_events(&["input on 0", "motion on 0"]).await;
    let path = "/api/v1/cameras/alun/events?limit=1";
    let page = house.ask("GET", path, None).await.is(200);
    let item = &page["items"][0];
    let ahead = item["device_us"].as_i64().zip(item["heard_us"].as_i64());
    let ahead = ahead.map(|(device, heard)| (device - heard).div_euclid(1_000_000));
    assert_eq!(ahead, Some(3_600), "both clocks are told");
    assert_eq!((&item["seq"], &page["next"]), (&json!(2), &json!("2")));
    let older = house
        .ask("GET", "/api/v1/cameras/alun/events?cursor=2", None)
        .await
        .is(200);
    assert_eq!(older["items"].as_array().map(Vec::len), Some(1));
    // Ended: what goes on is not known any more, and the device is told to forget us.
    house.listen(false).await.is(200);
    house
        .until_events(&[
            "input on 0",
            "motion on 0",
            "motion unknown 0",
            "input unknown 0",
        ])
        .await;
    let path = "/api/v1/cameras/alun/events?format=csv";
    let file = house.ask("GET", path, None).await.text;
    assert_eq!(file.lines().count(), 5, "{file}");
    let path = "/api/v1/audit?limit=100";
    let audit = house.ask("GET", path, None).await.text;
    for verb in [
        "camera.listened",
        "camera.unlistened",
        "camera.events_exported",
    ] {
        assert!(audit.contains(verb), "{verb}");
    }
    assert!(!audit.contains("rahasia"));
}

async fn begun_anew(db: Db) {
    let house = House::new(db, Shown::Digest).await;
    house.set_onvif("rahasia").await;
    house.tell("motion on");
    house.listen(true).await.is(200);
    house.until_events(&["motion on 0"]).await;
    // It restarts: nobody listens any more, which is told in words, and it is begun anew.
    house.tell("forget");
    let lost = house.until_word("lost").await;
    assert_eq!(lost["trouble"], json!("fault"));
    house.until_word("listening").await;
    house
        .until_events(&["motion on 0", "motion unknown 0", "motion on 0"])
        .await;
    // An end has to hold for a while.
    house.tell("motion off");
    let all = [
        "motion on 0",
        "motion unknown 0",
        "motion on 0",
        "motion off 0",
    ];
    house.until_events_as_time_goes(&all).await;
    // What nobody renews is forgotten: it was renewed meanwhile, or is with the next answer.
    house.tell("input on");
    house
        .until_events(&[&all[..], &["input on 0"]].concat())
        .await;
    let told = house.tell("events");
    assert!(told.contains("made 2"), "{told}");
}

async fn refused(db: Db) {
    let house = House::new(db, Shown::Token).await;
    house.set_onvif("salah").await;
    house.listen(true).await.is(200);
    let view = house.until_word("refused").await;
    assert_eq!(view["trouble"], json!("password"));
    assert_eq!(house.events().await.len(), 0);
    // The right one is tried at once and not when the wait is over.
    house.set_onvif("rahasia").await;
    house.until_word("listening").await;
    // Asked by ONVIF no more, it is not listened to either, also when it is asked again.
    let path = "/api/v1/cameras/alun/onvif";
    house.ask("DELETE", path, None).await.is(204);
    house.set_onvif("rahasia").await;
    assert_eq!(house.listening().await["on"], json!(false));
}

macro_rules! on_both {
    ($($name:ident: $check:ident;)+) => {$(
        store::on_both_engines!($name, &[hall::SCHEMA, watch::SCHEMA], async |db: Db| $check(db).await);
    )+};
}

on_both! {
    what_a_camera_says_is_kept_with_both_clocks: kept;
    a_camera_that_has_forgotten_us_is_begun_anew: begun_anew;
    a_password_that_is_refused_is_told_and_not_hammered: refused;
}
