//! Arrangements as a caller meets them, on both engines.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use base::now::{Mono, Now, Wall};
use base::redact::Secret;
use hall::clock::Clock;
use hall::config::Config;
use http::{StatusCode, header};
use serde_json::{Value as Json, json};
use store::Db;
use tower::ServiceExt as _;

use super::*;
use crate::sql::camera::{self, CameraRow};

const PASSWORD: &str = "jembatan kahayan";

struct House {
    hall: Hall,
    app: Router,
    _folder: tempfile::TempDir,
}

/// Status and body of an answer.
#[derive(Debug)]
struct Answer(StatusCode, Json, Option<String>);

impl Answer {
    #[track_caller]
    fn is(self, status: u16) -> Json {
        assert_eq!(self.0.as_u16(), status, "{}", self.1);
        self.1
    }
}

fn slug_of(problem: &Json) -> &str {
    let kind = problem["type"].as_str().unwrap_or_default();
    kind.rsplit(':').next().unwrap_or_default()
}

fn field_of(problem: &Json) -> &str {
    problem["errors"][0]["field"].as_str().unwrap_or_default()
}

impl House {
    /// A house with cameras in two regencies, and its admin's cookie.
    async fn new(db: Db) -> (Self, String) {
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
        hall::staff::first_admin(&hall, Some(Secret::new(PASSWORD.to_owned())))
            .await
            .expect("an admin");
        let mut tx = hall.db().write().await.expect("a transaction");
        for (short, area) in [
            ("pasar", "62.71.01"),
            ("dermaga", "62.71.01"),
            ("kapuas", "62.03"),
        ] {
            let mut row = CameraRow::new(&hall, hall.now().wall);
            short.clone_into(&mut row.short);
            short.clone_into(&mut row.name);
            row.area = area.parse().expect("a code");
            camera::put_device(&mut tx, &row, None, hall.now().wall)
                .await
                .expect("a device");
            camera::put(&mut tx, &row).await.expect("a camera");
        }
        tx.commit().await.expect("a commit");
        let routes = hall::http::routes().merge(super::routes());
        let (router, _) = hall::guard::seal(routes, &hall).expect("every operation is guarded");
        let house = Self {
            app: router.with_state(hall.clone()),
            hall,
            _folder: folder,
        };
        let cookie = house.log_in("admin").await;
        (house, cookie)
    }

    async fn call(&self, cookie: &str, method: &str, path: &str, body: Option<Json>) -> Answer {
        self.keyed(cookie, method, path, body, None).await
    }

    async fn keyed(
        &self,
        cookie: &str,
        method: &str,
        path: &str,
        body: Option<Json>,
        key: Option<&str>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !cookie.is_empty() {
            request = request.header(header::COOKIE, cookie);
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let request = request.body(body).expect("a request");
        let answer = self.app.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = answer.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
        let cookie = parts.headers.get(header::SET_COOKIE);
        let cookie = cookie.and_then(|cookie| cookie.to_str().ok()?.split(';').next());
        Answer(
            parts.status,
            serde_json::from_slice(&bytes).unwrap_or_default(),
            cookie.map(str::to_owned),
        )
    }

    async fn log_in(&self, username: &str) -> String {
        let body = json!({ "username": username, "password": PASSWORD });
        let answer = self.call("", "POST", "/api/v1/session", Some(body)).await;
        answer.2.expect("a cookie")
    }

    async fn person(&self, admin: &str, username: &str, role: &str, area: Option<&str>) -> String {
        let body = json!({
            "name": username, "username": username, "password": PASSWORD,
            "grants": [{ "role": role, "area": area }],
        });
        let added = self.call(admin, "POST", "/api/v1/staff", Some(body)).await;
        added.is(201);
        self.log_in(username).await
    }

    /// Slugs that somebody is shown.
    async fn slugs(&self, cookie: &str) -> String {
        let list = self
            .call(cookie, "GET", "/api/v1/layouts", None)
            .await
            .is(200);
        let items = list["items"].as_array().expect("items").clone();
        let slugs: Vec<_> = items
            .iter()
            .filter_map(|item| item["slug"].as_str())
            .collect();
        slugs.join(" ")
    }
}

const LAYOUTS: &str = "/api/v1/layouts";

async fn life(db: Db) {
    let (house, admin) = House::new(db).await;
    let form = json!({
        "name": "Pagi: Pasar & Dermaga", "grid": 4, "turn_s": 10, "cameras": ["dermaga", "pasar"],
    });
    let saved = house
        .keyed(&admin, "POST", LAYOUTS, Some(form.clone()), Some("k"))
        .await
        .is(201);
    assert_eq!(saved["slug"], "pagi-pasar-dermaga");
    assert_eq!(saved["cameras"], json!(["dermaga", "pasar"]));
    for (field, value) in [
        ("own", json!(true)),
        ("shared", json!(false)),
        ("changeable", json!(true)),
        ("everything", json!(false)),
        ("grid", json!(4)),
        ("turn_s", json!(10)),
        ("hidden", json!(0)),
    ] {
        assert_eq!(saved[field], value, "{field}");
    }
    let again = house
        .keyed(&admin, "POST", LAYOUTS, Some(form.clone()), Some("k"))
        .await
        .is(201);
    assert_eq!(again["id"], saved["id"]);
    let second = house
        .call(&admin, "POST", LAYOUTS, Some(form))
        .await
        .is(201);
    assert_eq!(second["slug"], "pagi-pasar-dermaga-2");
    let all = json!({ "name": "2026" });
    let all = house.call(&admin, "POST", LAYOUTS, Some(all)).await.is(201);
    assert_eq!(
        (&all["slug"], &all["everything"]),
        (&json!("tata-2026"), &json!(true))
    );
    assert_eq!((&all["grid"], &all["turn_s"]), (&json!(9), &json!(0)));

    let path = format!("{LAYOUTS}/pagi-pasar-dermaga");
    let change = json!({ "name": "Sore", "cameras": ["pasar"], "turn_s": 0 });
    let changed = house
        .call(&admin, "PATCH", &path, Some(change))
        .await
        .is(200);
    assert_eq!(changed["name"], "Sore");
    assert_eq!(changed["slug"], "pagi-pasar-dermaga");
    assert_eq!(changed["cameras"], json!(["pasar"]));
    let by_id = format!("{LAYOUTS}/{}", saved["id"].as_str().expect("an id"));
    let shown = house.call(&admin, "GET", &by_id, None).await.is(200);
    assert_eq!(shown, changed);
    let everything = json!({ "everything": true });
    let everything = house
        .call(&admin, "PATCH", &path, Some(everything))
        .await
        .is(200);
    assert_eq!(everything["cameras"], json!([]));
    assert_eq!(everything["everything"], true);

    let page = house
        .call(&admin, "GET", "/api/v1/layouts?limit=2", None)
        .await
        .is(200);
    assert_eq!(page["next"], "pagi-pasar-dermaga-2");
    let rest = "/api/v1/layouts?limit=2&cursor=pagi-pasar-dermaga-2";
    let rest = house.call(&admin, "GET", rest, None).await.is(200);
    assert_eq!(rest["items"][0]["slug"], "tata-2026");
    assert_eq!(rest["next"], Json::Null);

    house.call(&admin, "DELETE", &path, None).await.is(204);
    let gone = house.call(&admin, "GET", &path, None).await.is(404);
    assert_eq!(slug_of(&gone), "layout");
    assert_eq!(house.slugs(&admin).await, "pagi-pasar-dermaga-2 tata-2026");

    let audit = house
        .call(&admin, "GET", "/api/v1/audit", None)
        .await
        .is(200);
    let acts = audit["items"].as_array().expect("entries").clone();
    let acts: Vec<_> = acts
        .iter()
        .filter(|act| act["subject"] == saved["id"])
        .filter_map(|act| act["verb"].as_str())
        .collect();
    assert_eq!(
        acts,
        [
            "layout.removed",
            "layout.changed",
            "layout.changed",
            "layout.saved"
        ]
    );
}

async fn refusals(db: Db) {
    let (house, admin) = House::new(db).await;
    for (form, field) in [
        (json!({}), "name"),
        (json!({ "name": " " }), "name"),
        (json!({ "name": "x", "grid": 5 }), "grid"),
        (json!({ "name": "x", "turn_s": 4 }), "turn_s"),
        (json!({ "name": "x", "turn_s": 3601 }), "turn_s"),
        (json!({ "name": "x", "cameras": [] }), "cameras"),
        (
            json!({ "name": "x", "cameras": ["pasar", "hilang"] }),
            "cameras.1",
        ),
        (
            json!({ "name": "x", "cameras": ["pasar"], "everything": true }),
            "cameras",
        ),
        (json!({ "name": "x", "everything": false }), "cameras"),
        (
            json!({ "name": "x", "cameras": vec!["pasar"; CAMERAS_MAX + 1] }),
            "cameras",
        ),
    ] {
        let problem = house
            .call(&admin, "POST", LAYOUTS, Some(form.clone()))
            .await
            .is(422);
        assert_eq!(field_of(&problem), field, "{form}");
    }
    assert_eq!(house.slugs(&admin).await, "");
    for method in ["GET", "DELETE"] {
        let path = format!("{LAYOUTS}/hilang");
        let problem = house.call(&admin, method, &path, None).await.is(404);
        assert_eq!(slug_of(&problem), "layout");
    }
}

async fn rights(db: Db) {
    let (house, admin) = House::new(db).await;
    let kapuas = house
        .person(&admin, "kapuas", "operator", Some("62.03"))
        .await;
    let head = house.person(&admin, "kepala", "pimpinan", None).await;
    let screen = house.person(&admin, "layar", "layar", None).await;
    let worker = house.person(&admin, "petugas", "petugas", None).await;

    let form = json!({ "name": "Rahasia", "cameras": ["pasar", "kapuas"] });
    house
        .call(&admin, "POST", LAYOUTS, Some(form))
        .await
        .is(201);
    let path = format!("{LAYOUTS}/rahasia");
    // Another's own is as one that is not there, and so is a camera that one may
    // not see.
    assert_eq!(house.slugs(&kapuas).await, "");
    house.call(&kapuas, "GET", &path, None).await.is(404);
    house.call(&kapuas, "DELETE", &path, None).await.is(404);
    let foreign = json!({ "name": "x", "cameras": ["pasar"] });
    let problem = house
        .call(&kapuas, "POST", LAYOUTS, Some(foreign))
        .await
        .is(422);
    assert_eq!(field_of(&problem), "cameras.0");

    // Shared, it is offered to all who see cameras, and shows each his own.
    let share = json!({ "shared": true });
    house
        .call(&admin, "PATCH", &path, Some(share.clone()))
        .await
        .is(200);
    let seen = house.call(&kapuas, "GET", &path, None).await.is(200);
    assert_eq!(seen["cameras"], json!(["kapuas"]));
    assert_eq!((&seen["hidden"], &seen["own"]), (&json!(1), &json!(false)));
    assert_eq!(seen["changeable"], false);
    let seen = house.call(&screen, "GET", &path, None).await.is(200);
    assert_eq!(seen["cameras"], json!(["pasar", "kapuas"]));
    house.call(&worker, "GET", LAYOUTS, None).await.is(403);

    // Not everybody saves, not everybody shares, and nobody changes another's.
    let mine = |name: &str| Some(json!({ "name": name }));
    house
        .call(&screen, "POST", LAYOUTS, mine("Layar"))
        .await
        .is(403);
    let refused = json!({ "name": "Kepala", "shared": true });
    let refused = house
        .call(&head, "POST", LAYOUTS, Some(refused))
        .await
        .is(403);
    assert_eq!(slug_of(&refused), "not-allowed");
    house
        .call(&head, "POST", LAYOUTS, mine("Kepala"))
        .await
        .is(201);
    for (method, body) in [("PATCH", mine("Lain")), ("DELETE", None)] {
        let refused = house.call(&kapuas, method, &path, body).await.is(403);
        assert_eq!(slug_of(&refused), "not-allowed");
    }
    // People leave and walls stay: who shares for the whole house may mend them.
    let own = json!({ "name": "Kapuas", "cameras": ["kapuas"], "shared": true });
    house
        .call(&kapuas, "POST", LAYOUTS, Some(own))
        .await
        .is(201);
    house
        .call(
            &admin,
            "PATCH",
            &format!("{LAYOUTS}/kapuas"),
            mine("Kapuas Malam"),
        )
        .await
        .is(200);

    // A camera out of service is shown to nobody, and its place is counted.
    let mut tx = house.hall.db().write().await.expect("a transaction");
    let kapuas_camera = camera::by_short(&mut tx, "kapuas").await.expect("a look");
    let id = kapuas_camera.expect("there").id;
    let now = house.hall.now().wall;
    camera::retire(&mut tx, id, now).await.expect("retired");
    tx.commit().await.expect("a commit");
    let seen = house.call(&admin, "GET", &path, None).await.is(200);
    assert_eq!(
        (&seen["cameras"], &seen["hidden"]),
        (&json!(["pasar"]), &json!(1))
    );
}

store::on_both_engines!(
    a_layout_is_saved_opened_changed_and_removed,
    &[hall::SCHEMA, crate::SCHEMA],
    async |db: Db| life(db).await
);
store::on_both_engines!(
    what_cannot_stand_is_refused_by_its_field,
    &[hall::SCHEMA, crate::SCHEMA],
    async |db: Db| refusals(db).await
);
store::on_both_engines!(
    a_layout_gives_nobody_a_camera,
    &[hall::SCHEMA, crate::SCHEMA],
    async |db: Db| rights(db).await
);

#[test]
fn a_slug_is_what_an_address_keeps_of_a_name() {
    for (name, kept) in [
        ("Pagi", "pagi"),
        ("  Pasar & Dermaga! ", "pasar-dermaga"),
        ("Kota Palangka Raya 2", "kota-palangka-raya-2"),
        ("16", "tata-16"),
        ("日本", "tata"),
        ("Café", "caf"),
    ] {
        assert_eq!(slug(name), kept, "{name}");
    }
    let long = slug(&"a b".repeat(40));
    assert!(long.len() <= SLUG_MAX && !long.ends_with('-'), "{long}");
}
