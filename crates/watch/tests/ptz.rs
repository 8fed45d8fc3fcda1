//! One person at a time turns a camera, as callers meet it: on both engines what is kept,
//! against a simulated camera what it is told. The camera and the house have one clock,
//! which only the tests turn.

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

struct House {
    hall: Hall,
    app: Router,
    clock: Clock,
    admin: String,
    device: Device,
    _folder: tempfile::TempDir,
}

impl House {
    /// With a camera `alun` that can be turned, and two operators.
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
            announce: Vec::new(),
            rtsp: None,
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
            hall,
            clock,
            admin: String::new(),
            device,
            _folder: folder,
        };
        house.admin = house.log_in("admin").await;
        for username in ["ani", "budi"] {
            let body = json!({ "name": username.to_uppercase(), "username": username,
                "password": PASSWORD_OF_ALL, "grants": [{ "role": "operator", "area": "62.71" }] });
            house
                .post(&house.admin, "/api/v1/staff", body)
                .await
                .is(201);
        }
        let form = json!({ "short": "alun", "name": "Alun-alun", "area": "62.71.01",
            "main": "rtsp://127.0.0.1:9/main" });
        house
            .post(&house.admin, "/api/v1/cameras", form)
            .await
            .is(201);
        house.set(at.port(), json!({})).await.is(200);
        house
    }

    async fn set(&self, port: u16, more: Value) -> Answer {
        let mut form = json!({ "address": format!("http://127.0.0.1:{port}/onvif/device_service"),
            "profile": "utama", "username": "op", "password": "rahasia", "turns": true,
            "optics": { "wide_deg": 60.0, "times": 20.0, "pan_deg": 360.0, "tilt_deg": 90.0 } });
        for (key, value) in more.as_object().into_iter().flatten() {
            form[key] = value.clone();
        }
        let path = "/api/v1/cameras/alun/onvif";
        self.ask(&self.admin, "PUT", path, Some(form)).await
    }

    async fn ask(&self, cookie: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, cookie)
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
            cookie: cookie.map(str::to_owned),
        }
    }

    async fn post(&self, cookie: &str, path: &str, body: Value) -> Answer {
        self.ask(cookie, "POST", path, Some(body)).await
    }

    async fn ptz(&self, cookie: &str, what: &str, body: Value) -> Answer {
        let path = format!("/api/v1/cameras/alun/ptz/{what}");
        self.post(cookie, &path, body).await
    }

    async fn held(&self, cookie: &str) -> Value {
        let path = "/api/v1/cameras/alun/ptz";
        self.ask(cookie, "GET", path, None).await.is(200)["hold"].take()
    }

    async fn log_in(&self, username: &str) -> String {
        let body = json!({ "username": username, "password": PASSWORD_OF_ALL });
        let answer = self.post("", "/api/v1/session", body).await;
        answer.cookie.expect("a cookie")
    }

    /// What the chain holds of these acts, the newest last.
    async fn acts(&self, verb: &str) -> Vec<Value> {
        let path = format!("/api/v1/audit?limit=100&verb={verb}");
        let mut page = self.ask(&self.admin, "GET", &path, None).await.is(200);
        let items = page["items"].take();
        let mut items: Vec<_> = items.as_array().cloned().unwrap_or_default();
        items.reverse();
        items
    }

    /// What the camera tells of itself.
    fn told(&self) -> String {
        self.device.tell("where").expect("told")
    }
}

struct Answer {
    status: u16,
    body: Value,
    cookie: Option<String>,
}

impl Answer {
    #[track_caller]
    fn is(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    #[track_caller]
    fn refuses(self, status: u16, slug: &str) -> Value {
        let body = self.is(status);
        let kind = body["type"].as_str().unwrap_or_default();
        assert!(kind.ends_with(slug), "{body}");
        body
    }
}

fn field<'a>(problem: &'a Value, name: &str) -> Option<&'a str> {
    let errors = problem["errors"].as_array()?;
    let error = errors.iter().find(|error| error["field"] == name)?;
    error["detail"].as_str()
}

async fn one_holder(db: Db) {
    let house = House::new(db, Shown::Digest).await;
    let (ani, budi) = (house.log_in("ani").await, house.log_in("budi").await);
    assert_eq!(house.held(&ani).await, Value::Null);
    house
        .ptz(&ani, "move", json!({ "pan": 1.0 }))
        .await
        .refuses(409, "ptz-over");

    let taken = house.ptz(&ani, "hold", json!({})).await.is(200);
    assert_eq!(taken["hold"]["own"], json!(true));
    let until = house.hall.now().wall.as_us() + 30_000_000;
    assert_eq!(taken["hold"]["until_us"], json!(until));
    // The other is told who, and until when.
    let refused = house.ptz(&budi, "hold", json!({})).await;
    let refused = refused.refuses(409, "ptz-held");
    assert_eq!(field(&refused, "holder"), Some("ANI"));
    assert_eq!(
        field(&refused, "until_us"),
        Some(until.to_string().as_str())
    );
    let refused = house.ptz(&budi, "move", json!({ "pan": 1.0 })).await;
    assert_eq!(
        field(&refused.refuses(409, "ptz-held"), "holder"),
        Some("ANI")
    );
    house
        .ptz(&budi, "hold", json!({ "over": true }))
        .await
        .refuses(403, "not-allowed");

    // It moves for as long as it is said so, and stops where nobody does.
    house.ptz(&ani, "move", json!({ "pan": 1.0 })).await.is(204);
    house.clock.turn(Duration::from_millis(1_000));
    house.ptz(&ani, "move", json!({ "pan": 1.0 })).await.is(204);
    assert_eq!(
        house.told(),
        "pan 0.250 tilt 0.000 zoom 0.000 moving 1 moves 2 stops 0 timed 0"
    );
    house.clock.turn(Duration::from_millis(1_600));
    // Whoever looks, or the clock of the house's own task: what is due is done.
    house.held(&budi).await;
    assert_eq!(
        house.told(),
        "pan 0.650 tilt 0.000 zoom 0.000 moving 0 moves 2 stops 1 timed 0"
    );

    // What is not used is given back, and is his who asks next.
    house.clock.turn(Duration::from_secs(31));
    house.ptz(&budi, "hold", json!({})).await.is(200);
    house
        .ptz(&ani, "move", json!({ "pan": 1.0 }))
        .await
        .refuses(409, "ptz-held");
    house
        .ask(&ani, "DELETE", "/api/v1/cameras/alun/ptz/hold", None)
        .await
        .refuses(409, "ptz-held");
    house
        .ask(&budi, "DELETE", "/api/v1/cameras/alun/ptz/hold", None)
        .await
        .is(204);
    assert_eq!(house.held(&ani).await, Value::Null);

    // One entry for each hold says what was done.
    assert_eq!(house.acts("camera.held").await.len(), 2);
    let turned = house.acts("camera.turned").await;
    let ends: Vec<_> = turned
        .iter()
        .map(|act| &act["detail"]["ended_by"])
        .collect();
    assert_eq!(ends, [&json!("idle"), &json!("left")]);
    let deeds = &turned[0]["detail"]["deeds"];
    assert_eq!(
        (&deeds["moves"], &deeds["moving_ms"], &deeds["cut"]),
        (&json!(1), &json!(2_600), &json!(1))
    );
}

async fn taken_over(db: Db) {
    let house = House::new(db, Shown::Token).await;
    let ani = house.log_in("ani").await;
    house.ptz(&ani, "hold", json!({})).await.is(200);
    house
        .ptz(&ani, "move", json!({ "tilt": 0.5 }))
        .await
        .is(204);
    let refused = house.ptz(&house.admin, "hold", json!({})).await;
    refused.refuses(409, "ptz-held");
    let taken = house
        .ptz(&house.admin, "hold", json!({ "over": true }))
        .await;
    assert_eq!(taken.is(200)["hold"]["own"], json!(true));
    assert!(
        house.told().contains("moving 0 moves 1 stops 1"),
        "{}",
        house.told()
    );
    let over = house.acts("camera.taken_over").await;
    assert!(
        over[0]["detail"]["from"]
            .as_str()
            .is_some_and(|from| from.starts_with("prs_"))
    );
    let turned = house.acts("camera.turned").await;
    assert_eq!(turned[0]["detail"]["ended_by"], json!("taken_over"));

    // Where the camera is asked is said anew: whoever turns it leaves.
    house.set(9, json!({})).await.is(200);
    assert_eq!(house.held(&ani).await, Value::Null);
    let turned = house.acts("camera.turned").await;
    assert_eq!(turned[1]["detail"]["ended_by"], json!("changed"));
    house
        .ask(&house.admin, "DELETE", "/api/v1/cameras/alun/onvif", None)
        .await
        .is(204);
    house.ptz(&ani, "hold", json!({})).await.refuses(404, "ptz");
}

async fn presets(db: Db) {
    let house = House::new(db, Shown::Digest).await;
    let ani = house.log_in("ani").await;
    let list = "/api/v1/cameras/alun/ptz/presets";
    let all = house.ask(&ani, "GET", list, None).await.is(200);
    assert_eq!(
        all["items"][1],
        json!({ "token": "2", "name": "Loket & antrean" })
    );
    house
        .ptz(&ani, "go", json!({ "preset": "1" }))
        .await
        .refuses(409, "ptz-over");
    house.ptz(&ani, "hold", json!({})).await.is(200);
    house
        .ptz(&ani, "go", json!({ "preset": "2" }))
        .await
        .is(204);
    assert!(
        house
            .told()
            .starts_with("pan -0.500 tilt -0.250 zoom 0.500")
    );
    house
        .ptz(&ani, "go", json!({ "preset": "77" }))
        .await
        .refuses(404, "ptz-preset");
    let kept = house
        .ptz(&ani, "presets", json!({ "name": " <Dermaga> " }))
        .await;
    assert_eq!(kept.is(201), json!({ "token": "3", "name": "<Dermaga>" }));
    house
        .ptz(&ani, "presets", json!({ "name": " " }))
        .await
        .is(422);
    let all = house.ask(&ani, "GET", list, None).await.is(200);
    assert_eq!(all["items"][2]["name"], json!("<Dermaga>"));

    // What was clicked at is in the middle: at the half of the range of zoom things are
    // 10.5 times as large, and the right edge is 3.147° off; of 360° that is 0.017.
    house
        .ptz(&ani, "centre", json!({ "x": 1.0, "y": 0.5 }))
        .await
        .is(204);
    assert!(
        house.told().starts_with("pan -0.483 tilt -0.250"),
        "{}",
        house.told()
    );
    house
        .ptz(&ani, "centre", json!({ "x": 1.5, "y": 0.5 }))
        .await
        .is(422);
    house.ptz(&ani, "move", json!({ "pan": 2.0 })).await.is(422);

    house
        .ask(&ani, "DELETE", "/api/v1/cameras/alun/ptz/hold", None)
        .await
        .is(204);
    let turned = house.acts("camera.turned").await;
    let deeds = &turned[0]["detail"]["deeds"];
    assert_eq!(deeds["presets"], json!(["Loket & antrean"]));
    assert_eq!(
        (&deeds["kept"], &deeds["centred"]),
        (&json!(["<Dermaga>"]), &json!(1))
    );
}

async fn told_where(db: Db) {
    let house = House::new(db, Shown::Digest).await;
    let ani = house.log_in("ani").await;
    let shown = house
        .ask(&house.admin, "GET", "/api/v1/cameras/alun/onvif", None)
        .await;
    let shown = shown.is(200);
    assert_eq!(
        (&shown["username"], &shown["password"]),
        (&json!("op"), &json!(true))
    );
    assert!(!shown.to_string().contains("rahasia"), "{shown}");
    house
        .ask(&ani, "GET", "/api/v1/cameras/alun/onvif", None)
        .await
        .is(403);
    let camera = house
        .ask(&ani, "GET", "/api/v1/cameras/alun", None)
        .await
        .is(200);
    assert_eq!(camera["turns"], json!(true));

    for (more, name) in [
        (json!({ "address": "https://127.0.0.1/onvif" }), "address"),
        (
            json!({ "address": "http://op:x@127.0.0.1/onvif" }),
            "address",
        ),
        (
            json!({ "address": "http://169.254.169.254/latest" }),
            "address",
        ),
        (json!({ "address": "http://10.0.0.4:22/onvif" }), "address"),
        (json!({ "profile": "" }), "profile"),
        (
            json!({ "optics": { "wide_deg": 0.0, "times": 1.0, "pan_deg": 1.0, "tilt_deg": 1.0 } }),
            "optics",
        ),
        (json!({ "username": null }), "username"),
        (
            json!({ "username": null, "password": null, "address": "http://10.0.0.4/onvif" }),
            "username",
        ),
    ] {
        let refused = house.set(9, more.clone()).await.is(422);
        assert!(field(&refused, name).is_some(), "{more}: {refused}");
    }
    // A password goes nowhere but where it was typed for.
    house.set(9, json!({ "password": null })).await.is(200);
    let moved = json!({ "password": null, "address": "http://10.0.0.4/onvif/device_service" });
    assert_eq!(house.set(9, moved).await.is(200)["password"], json!(false));
}

async fn strange(db: Db) {
    let house = House::new(db, Shown::Basic).await;
    let ani = house.log_in("ani").await;
    let list = "/api/v1/cameras/alun/ptz/presets";
    let refused = house
        .ask(&ani, "GET", list, None)
        .await
        .refuses(503, "camera-silent");
    assert_eq!(
        field(&refused, "reason"),
        Some("password"),
        "never in the clear"
    );
    house.device.tell("deep").expect("told");
    let refused = house
        .ask(&ani, "GET", list, None)
        .await
        .refuses(503, "camera-silent");
    assert_eq!(field(&refused, "reason"), Some("protocol"));
}

async fn probing(db: Db) {
    let house = House::new(db, Shown::Token).await;
    house.device.tell("skew -7200").expect("told");
    let onvif = house
        .ask(&house.admin, "GET", "/api/v1/cameras/alun/onvif", None)
        .await;
    let address = onvif.is(200)["address"].take();
    let probe =
        |password: &str| json!({ "address": address, "username": "op", "password": password });
    let path = "/api/v1/cameras/probe/onvif";
    let found = house
        .post(&house.admin, path, probe("rahasia"))
        .await
        .is(200);
    assert_eq!(
        (&found["clock_ahead_s"], &found["clock_wrong"]),
        (&json!(-7_200), &json!(true))
    );
    let first = json!({ "token": "utama", "name": "Utama", "source": "vs", "turns": true,
        "stream": "rtsp://127.0.0.1/cam/main", "still": "http://127.0.0.1/snap.jpg" });
    assert_eq!(found["profiles"][0], first, "on the machine that was asked");
    let refused = house.post(&house.admin, path, probe("salah")).await;
    assert_eq!(
        field(&refused.refuses(503, "camera-silent"), "reason"),
        Some("password")
    );
}

macro_rules! on_both {
    ($($name:ident: $check:ident;)+) => {$(
        store::on_both_engines!($name, &[hall::SCHEMA, watch::SCHEMA], async |db: Db| $check(db).await);
    )+};
}

on_both! {
    one_person_turns_a_camera_and_the_other_is_told: one_holder;
    who_may_takes_a_camera_over_and_it_stands_in_the_audit: taken_over;
    places_are_kept_gone_to_and_clicked_at: presets;
    a_camera_is_told_where_it_may_be_and_its_password_stays: told_where;
    a_strange_camera_gets_no_password_in_the_clear_and_no_stack: strange;
    a_device_says_its_streams_and_by_how_much_its_clock_is_off: probing;
}
