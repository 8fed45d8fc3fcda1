//! Which cameras may be heard, as a caller meets it, on both engines.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use base::id::Viewing;
use base::now::{Mono, Wall};
use hall::clock::Clock;
use hall::config::Config;
use http::header;
use serde_json::{Value, json};
use store::Db;
use tower::ServiceExt as _;

use super::*;
use crate::live::Ended;
use crate::room::Settings;
use crate::sql::still;
use crate::sql::viewing::{self, Began};

const PASSWORD_OF_ALL: &str = "jembatan kahayan";

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
        let clock = Clock::hand(Now {
            mono: Mono::from_us(1_000_000_000),
            wall: Wall::from_us(1_700_000_000_000_000),
        });
        let flags = [
            ("data", data),
            ("camera_networks", "127.0.0.0/8".to_owned()),
        ];
        let config = Config::load(None, [], &flags).expect("a configuration");
        let hall = Hall::open(db, clock, config).await.expect("a hall");
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
        house.admin = house.log_in("admin").await;
        house
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

    async fn log_in(&self, username: &str) -> String {
        let body = json!({ "username": username, "password": PASSWORD_OF_ALL });
        let answer = self.ask("", "POST", "/api/v1/session", Some(body)).await;
        answer.cookie.expect("a cookie")
    }

    async fn patch(&self, body: Value) -> Answer {
        let path = "/api/v1/cameras/loket";
        self.ask(&self.admin, "PATCH", path, Some(body)).await
    }

    /// What the chain holds of these acts, the newest last.
    async fn acts(&self, verb: &str) -> Vec<Value> {
        let path = format!("/api/v1/audit?limit=100&verb={verb}");
        let mut page = self.ask(&self.admin, "GET", &path, None).await.is(200);
        let items = page["items"].take();
        let mut items: Vec<_> = items.as_array().cloned().unwrap_or_default();
        items.reverse();
        items
            .into_iter()
            .map(|mut item| item["detail"].take())
            .collect()
    }

    /// Waits until the hub has followed the tables.
    async fn audible(&self, camera: Id<Camera>, so: bool) {
        while self.room.hub().sound(camera).is_some() != so {
            tokio::task::yield_now().await;
        }
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
    fn refuses(self, fields: &[&str]) {
        let body = self.is(422);
        let errors = body["errors"].as_array().cloned().unwrap_or_default();
        let named: Vec<_> = errors.iter().map(|error| error["field"].as_str()).collect();
        let fields: Vec<_> = fields.iter().map(|field| Some(*field)).collect();
        assert_eq!(named, fields, "{body}");
    }
}

const WHY: (&str, &str) = ("Aduan di loket", "SK Gubernur 12/2026");

async fn switching(db: Db) {
    let house = House::new(db).await;
    let (purpose, basis) = WHY;
    let form = json!({ "short": "loket", "name": "Loket", "area": "62.71.01",
        "main": "rtsp://127.0.0.1:9/main" });
    let added = house
        .ask(&house.admin, "POST", "/api/v1/cameras", Some(form))
        .await;
    let added = added.is(201);
    let id: Id<Camera> = added["id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .expect("an id");
    let off = json!({ "on": false, "purpose": null, "basis": null, "by": null,
        "changed_us": null, "microphone": "unknown", "format": null });
    assert_eq!(added["sound"], off, "a camera is not heard by itself");

    for (sound, fields) in [
        (json!({ "on": true }), &["sound.purpose", "sound.basis"][..]),
        (json!({ "on": true, "purpose": purpose }), &["sound.basis"]),
        (
            json!({ "on": true, "purpose": " ", "basis": basis }),
            &["sound.purpose"],
        ),
        (
            json!({ "on": true, "purpose": purpose, "basis": "" }),
            &["sound.basis"],
        ),
    ] {
        house.patch(json!({ "sound": sound })).await.refuses(fields);
    }
    assert!(house.acts("camera.sound_on").await.is_empty());
    assert!(house.room.hub().sound(id).is_none());

    let on = json!({ "on": true, "purpose": purpose, "basis": basis });
    let view = house.patch(json!({ "sound": on })).await.is(200);
    let heard = &view["sound"];
    assert_eq!(
        (&heard["on"], &heard["purpose"]),
        (&json!(true), &json!(purpose))
    );
    assert_eq!(heard["basis"], json!(basis));
    assert_eq!(heard["changed_us"], json!(house.hall.now().wall.as_us()));
    assert!(
        heard["by"]
            .as_str()
            .is_some_and(|by| by.starts_with("prs_"))
    );
    house.audible(id, true).await;

    // What has nothing to do with it, or says the same, is no switching.
    house
        .patch(json!({ "name": "Loket pelayanan" }))
        .await
        .is(200);
    house
        .patch(json!({ "sound": { "on": true } }))
        .await
        .is(200);
    house
        .patch(json!({ "sound": { "purpose": "" } }))
        .await
        .refuses(&["sound.purpose"]);
    let told = json!({ "purpose": purpose, "basis": basis });
    assert_eq!(
        house.acts("camera.sound_on").await,
        std::slice::from_ref(&told)
    );

    // For another reason it is heard anew.
    house
        .patch(json!({ "sound": { "purpose": "Keamanan" } }))
        .await
        .is(200);
    assert_eq!(house.acts("camera.sound_on").await.len(), 2);
    house
        .patch(json!({ "sound": { "purpose": purpose } }))
        .await
        .is(200);

    let view = house
        .patch(json!({ "sound": { "on": false } }))
        .await
        .is(200);
    assert_eq!(view["sound"]["on"], json!(false));
    assert_eq!(
        view["sound"]["purpose"],
        json!(purpose),
        "it stays readable"
    );
    assert_eq!(house.acts("camera.sound_off").await, [told]);
    house.audible(id, false).await;

    // One out of service is not heard either.
    house
        .patch(json!({ "sound": { "on": true } }))
        .await
        .is(200);
    house.audible(id, true).await;
    let gone = house
        .ask(&house.admin, "DELETE", "/api/v1/cameras/loket", None)
        .await;
    gone.is(204);
    house.audible(id, false).await;
}

async fn rights(db: Db) {
    let house = House::new(db).await;
    let (purpose, basis) = WHY;
    let form = json!({ "short": "loket", "name": "Loket", "area": "62.71.01",
        "main": "rtsp://127.0.0.1:9/main",
        "sound": { "on": true, "purpose": purpose, "basis": basis } });
    let added = house
        .ask(&house.admin, "POST", "/api/v1/cameras", Some(form))
        .await;
    assert_eq!(
        added.is(201)["sound"]["on"],
        json!(true),
        "from the beginning"
    );
    for (username, role, area) in [("piket", "operator", "62"), ("kapuas", "admin", "62.03")] {
        let body = json!({ "name": username, "username": username,
            "password": PASSWORD_OF_ALL, "grants": [{ "role": role, "area": area }] });
        house
            .ask(&house.admin, "POST", "/api/v1/staff", Some(body))
            .await
            .is(201);
    }
    let off = json!({ "sound": { "on": false } });
    for (username, status) in [("piket", 403), ("kapuas", 404)] {
        let cookie = house.log_in(username).await;
        let path = "/api/v1/cameras/loket";
        house
            .ask(&cookie, "PATCH", path, Some(off.clone()))
            .await
            .is(status);
    }
    assert!(house.acts("camera.sound_off").await.is_empty());
}

/// A program that forgets to ask is refused by the table.
async fn constraint(db: Db) {
    let house = House::new(db).await;
    let mut tx = house.hall.db().write().await.expect("a transaction");
    let row = CameraRow::new(&house.hall, house.hall.now().wall);
    camera::put_device(&mut tx, &row, None, house.hall.now().wall)
        .await
        .expect("a device");
    camera::put(&mut tx, &row).await.expect("a camera");
    tx.commit().await.expect("a commit");
    for (purpose, basis, stands) in [
        ("", "SK", false),
        ("aduan", "", false),
        ("aduan", "SK", true),
    ] {
        let sound = SoundRow {
            switch: Switch {
                on: true,
                purpose: purpose.to_owned(),
                basis: basis.to_owned(),
            },
            by: None,
            changed: house.hall.now().wall,
        };
        let mut tx = house.hall.db().write().await.expect("a transaction");
        let put = sound::put(&mut tx, row.id, &sound).await;
        assert_eq!(put.is_ok(), stands, "{purpose:?} {basis:?}");
        if stands {
            let found = sound::of(&mut tx, &[row.id]).await.expect("a row");
            assert_eq!(found.get(&row.id), Some(&sound));
        }
    }
}

/// Whether somebody has heard stands with who has seen.
async fn heard(db: Db) {
    let house = House::new(db).await;
    let now = house.hall.now();
    let row = CameraRow::new(&house.hall, now.wall);
    let mut tx = house.hall.db().write().await.expect("a transaction");
    camera::put_device(&mut tx, &row, None, now.wall)
        .await
        .expect("a device");
    camera::put(&mut tx, &row).await.expect("a camera");
    for sound in [true, false] {
        let id: Id<Viewing> = house.hall.mint();
        let began = Began {
            id,
            camera: row.id,
            layer: Layer::Main,
            person: house.hall.mint(),
            login: [1; 16],
            loan: None,
            remote: None,
            from: now.wall,
        };
        viewing::begin(&mut tx, &began).await.expect("a viewing");
        let kept = viewing::sound_of(&mut tx, id).await.expect("a row");
        assert_eq!(kept, None, "nobody knows yet");
        let ended = Ended {
            viewing: id,
            at: now,
            sent: base::unit::Bytes::ZERO,
            remote: None,
            lost: 0,
            sound,
        };
        viewing::end(&mut tx, &ended).await.expect("an end");
        let kept = viewing::sound_of(&mut tx, id).await.expect("a row");
        assert_eq!(kept, Some(i64::from(sound)));
    }
}

/// What somebody sees to be wrong on a picture, and the picture.
async fn incidents(db: Db) {
    let house = House::new(db).await;
    let ask = async |cookie: &str, method: &str, path: &str, body: Option<Value>| {
        house.ask(cookie, method, path, body).await
    };
    for (short, area) in [("loket", "62.71.01"), ("dermaga", "62.03")] {
        let form = json!({ "short": short, "name": format!("Kamera {short}"), "area": area,
            "main": "rtsp://127.0.0.1:9/main" });
        ask(&house.admin, "POST", "/api/v1/cameras", Some(form))
            .await
            .is(201);
    }
    let body = json!({ "name": "piket", "username": "piket", "password": PASSWORD_OF_ALL,
        "grants": [{ "role": "operator", "area": "62.71" }] });
    ask(&house.admin, "POST", "/api/v1/staff", Some(body))
        .await
        .is(201);
    let piket = house.log_in("piket").await;

    // A picture that was kept of one of them.
    let jpeg = [0xff, 0xd8, 0xff, 0xd9];
    let hash = house.hall.blobs().put(&jpeg).expect("kept");
    let mut tx = house.hall.db().write().await.expect("a transaction");
    let row = camera::by_short(&mut tx, "loket")
        .await
        .expect("asked")
        .expect("a camera");
    let now = house.hall.now().wall;
    store::blob::record(&mut tx, &hash, jpeg.len(), now)
        .await
        .expect("a blob");
    let kept = still::Kept {
        id: house.hall.mint(),
        camera: row.id,
        layer: Layer::Main,
        picture: now,
        saved: now,
        person: house.hall.mint(),
        reason: "uji",
        sha256: hash.as_str(),
    };
    still::keep(&mut tx, &kept).await.expect("kept");
    tx.commit().await.expect("a commit");

    let form = |still: Value| json!({ "title": "Asap", "severity": "critical", "still": still });
    let path = "/api/v1/cameras/loket/incidents";
    let opened = ask(&piket, "POST", path, Some(form(json!(kept.id))))
        .await
        .is(201);
    let id = opened["id"].as_str().expect("an id").to_owned();
    let shown = ask(&piket, "GET", &format!("/api/v1/incidents/{id}"), None)
        .await
        .is(200);
    assert_eq!(shown["still"], json!(kept.id));
    assert_eq!(shown["subjects"][0]["id"], json!(row.id));
    assert_eq!(shown["subjects"][0]["name"], "Kamera loket");
    let see = shown["subjects"][0]["see"]
        .as_str()
        .expect("a place to look");
    assert_eq!(
        ask(&piket, "GET", see, None).await.is(200)["short"],
        "loket"
    );
    let list = format!("/api/v1/incidents?subject={}", row.id);
    let listed = ask(&piket, "GET", &list, None).await.is(200);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));

    // The picture of another camera is none of this one, to open from or to look at.
    let path = "/api/v1/cameras/dermaga/incidents";
    let wrong = ask(&house.admin, "POST", path, Some(form(json!(kept.id)))).await;
    wrong.refuses(&["still"]);
    let picture = |short: &str| format!("/api/v1/cameras/{short}/stills/{}", kept.id);
    ask(&house.admin, "GET", &picture("dermaga"), None)
        .await
        .is(404);
    ask(&piket, "GET", &picture("loket"), None).await.is(200);
    assert_eq!(house.acts("still.seen").await.len(), 1);

    // A camera that one may not see is not there.
    ask(&piket, "POST", path, Some(form(Value::Null)))
        .await
        .is(404);
    let link = |short: &str| format!("/api/v1/cameras/{short}/incidents/{id}");
    ask(&piket, "POST", &link("dermaga"), Some(json!({})))
        .await
        .is(404);
    ask(&house.admin, "POST", &link("loket"), Some(json!({})))
        .await
        .is(409);
    ask(&house.admin, "POST", &link("dermaga"), Some(json!({})))
        .await
        .is(201);
    let shown = ask(&piket, "GET", &format!("/api/v1/incidents/{id}"), None)
        .await
        .is(200);
    assert_eq!(
        (&shown["withheld"], &shown["title"]),
        (&json!(1), &Value::Null)
    );
    assert_eq!(
        shown["still"],
        Value::Null,
        "a picture may show more than its place"
    );
}

store::on_both_engines!(
    an_incident_is_opened_from_a_camera_and_a_kept_picture,
    &[hall::SCHEMA, crate::SCHEMA],
    async |db: Db| incidents(db).await
);
store::on_both_engines!(
    a_camera_is_heard_for_a_purpose_by_a_right_or_not_at_all,
    &[hall::SCHEMA, crate::SCHEMA],
    async |db: Db| switching(db).await
);
store::on_both_engines!(
    who_may_not_change_a_camera_switches_nothing,
    &[hall::SCHEMA, crate::SCHEMA],
    async |db: Db| rights(db).await
);
store::on_both_engines!(
    the_table_takes_no_sound_without_a_reason,
    &[hall::SCHEMA, crate::SCHEMA],
    async |db: Db| constraint(db).await
);
store::on_both_engines!(
    who_has_heard_stands_with_who_has_seen,
    &[hall::SCHEMA, crate::SCHEMA],
    async |db: Db| heard(db).await
);
