//! The hall as a caller meets it: every operation, on both engines.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use base::id::{Agency, Id};
use base::now::{Mono, Now, Wall};
use base::redact::Secret;
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::{Value as Json, json};
use store::Db;
use tokio::sync::broadcast::error::TryRecvError;
use tower::ServiceExt as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::routes;
use crate::audit::{self, Verdict};
use crate::clock::Clock;
use crate::config::Config;
use crate::guard::{EXTENSION, Guarded as _, Permission, Role, seal};
use crate::schema::SCHEMA;
use crate::session::{IDLE, OLDEST};
use crate::staff::{self, FirstAdmin};
use crate::{Hall, areas};

const PASSWORD: &str = "jembatan kahayan";

struct House {
    hall: Hall,
    clock: Clock,
    app: Router,
    description: OpenApi,
    _folder: tempfile::TempDir,
}

/// What came back.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap_or(Json::Null)
    }

    /// The last part of the problem's type.
    fn slug(&self) -> String {
        let kind = self.json()["type"].as_str().unwrap_or_default().to_owned();
        kind.rsplit(':').next().unwrap_or_default().to_owned()
    }

    fn field(&self) -> String {
        self.json()["errors"][0]["field"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// Name and value of the cookie that was set.
    fn cookie(&self) -> String {
        self.headers[header::SET_COOKIE]
            .to_str()
            .expect("text")
            .split(';')
            .next()
            .expect("a pair")
            .to_owned()
    }

    #[track_caller]
    fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }
}

impl House {
    /// A house with an administrator, whose cookie comes along, and some areas.
    async fn new(db: Db) -> (Self, String) {
        let house = Self::empty(db).await;
        let first = staff::first_admin(&house.hall, Some(Secret::new(PASSWORD.to_owned()))).await;
        assert!(matches!(first, Ok(FirstAdmin::Created)));
        let cookie = house.log_in("admin", PASSWORD).await.is(200).cookie();
        (house, cookie)
    }

    async fn empty(db: Db) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Clock::hand(Now {
            mono: Mono::from_us(1_000_000_000),
            wall: Wall::from_us(1_700_000_000_000_000),
        });
        let data = folder.path().join("data").display().to_string();
        let config = Config::load(None, [], &[("data", data)]).expect("a configuration");
        let mut tx = db.write().await.expect("a transaction");
        for (code, level) in [
            ("62", "province"),
            ("62.01", "regency"),
            ("62.01.01", "district"),
            ("62.02", "regency"),
        ] {
            tx.execute(
                "INSERT INTO hall_area (code, name, level, point_quality, decree, successors) \
                 VALUES ($1, $2, $3, 'indicative', 'x', '')",
                store::params![code, format!("Area {code}"), level],
            )
            .await
            .expect("an area");
        }
        tx.commit().await.expect("a commit");
        let hall = Hall::open(db, clock.clone(), config).await.expect("a hall");
        let (router, description) = seal(routes(), &hall).expect("every operation is guarded");
        House {
            app: router.with_state(hall.clone()),
            hall,
            clock,
            description,
            _folder: folder,
        }
    }

    async fn send(&self, request: Request) -> Answer {
        let answer = self.app.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = answer.into_parts();
        // A stream has no end; its beginning is enough.
        let is_stream = parts
            .headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind == "text/event-stream");
        let bytes = if is_stream {
            axum::body::Bytes::new()
        } else {
            axum::body::to_bytes(body, 1 << 20).await.expect("a body")
        };
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).expect("text"),
        }
    }

    /// With a cookie, a `Bearer …`, or nothing.
    async fn call(&self, with: &str, method: &str, path: &str, body: Option<Json>) -> Answer {
        self.call_with(with, method, path, body, &[]).await
    }

    async fn call_with(
        &self,
        with: &str,
        method: &str,
        path: &str,
        body: Option<Json>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if with.starts_with("Bearer ") {
            request = request.header(header::AUTHORIZATION, with);
        } else if !with.is_empty() {
            request = request.header(header::COOKIE, with);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.send(request.body(body).expect("a request")).await
    }

    async fn log_in(&self, username: &str, password: &str) -> Answer {
        let body = json!({ "username": username, "password": password });
        self.call("", "POST", "/api/v1/session", Some(body)).await
    }

    /// Adds a person with these grants; his id and cookie.
    async fn person(&self, admin: &str, username: &str, grants: Json) -> (String, String) {
        let body = json!({
            "name": username, "username": username, "password": PASSWORD, "grants": grants,
        });
        let added = self
            .call(admin, "POST", "/api/v1/staff", Some(body))
            .await
            .is(201);
        let id = added.json()["id"].as_str().expect("an id").to_owned();
        let cookie = self.log_in(username, PASSWORD).await.is(200).cookie();
        (id, cookie)
    }

    async fn agency(&self, admin: &str, name: &str, parent: Option<&str>) -> String {
        let body = json!({ "name": name, "parent": parent });
        let added = self
            .call(admin, "POST", "/api/v1/agencies", Some(body))
            .await
            .is(201);
        added.json()["id"].as_str().expect("an id").to_owned()
    }

    async fn verbs(&self) -> Vec<String> {
        let mut read = self.hall.db().read().await.expect("a snapshot");
        let filter = audit::Filter::default();
        let (entries, _) = audit::list(&mut read, &filter, 5000)
            .await
            .expect("entries");
        entries.into_iter().rev().map(|entry| entry.verb).collect()
    }

    /// Method, path with every part filled in, and case of each operation.
    fn operations(&self) -> Vec<(Method, String, String)> {
        let paths = serde_json::to_value(&self.description).expect("JSON")["paths"].clone();
        let mut all = Vec::new();
        for (path, item) in paths.as_object().expect("paths") {
            for (method, operation) in item.as_object().expect("operations") {
                let case = operation[EXTENSION].as_str().expect("a case").to_owned();
                let filled = path
                    .split('/')
                    .map(|part| if part.starts_with('{') { "x" } else { part })
                    .collect::<Vec<_>>()
                    .join("/");
                let method = method.to_uppercase().parse().expect("a method");
                all.push((method, filled, case));
            }
        }
        all
    }
}

const GARBAGE: &str = "{\"limit\": \"";

impl House {
    /// What an operation says to nonsense.
    async fn nonsense(&self, with: &str, method: &Method, path: &str) -> Answer {
        let mut request = Request::builder()
            .method(method.clone())
            .uri(format!("{path}?limit=%00&unknown=1"))
            .header(header::CONTENT_TYPE, "application/json");
        if !with.is_empty() {
            request = request.header(header::COOKIE, with);
        }
        let body = Body::from(GARBAGE);
        self.send(request.body(body).expect("a request")).await
    }
}

async fn strangers(db: Db) {
    let (house, admin) = House::new(db).await;
    let (_, nobody) = house.person(&admin, "nobody", json!([])).await;
    let operations = house.operations();
    assert!(operations.len() >= 20, "{operations:?}");
    for (method, path, case) in operations {
        let stranger = house.nonsense("", &method, &path).await;
        let bad = house.nonsense("betang_session=00", &method, &path).await;
        let logs_out = path == "/api/v1/session" && method == Method::DELETE;
        let again = house.log_in("nobody", PASSWORD).await.is(200).cookie();
        let cookie = if logs_out { &again } else { &nobody };
        let powerless = house.nonsense(cookie, &method, &path).await;
        let says = (
            stranger.status.as_u16(),
            bad.status.as_u16(),
            powerless.status.as_u16(),
        );
        match case.as_str() {
            "open" => assert!(![401, 403].contains(&says.0), "{method} {path}: {says:?}"),
            "signed_in" => {
                assert_eq!((says.0, says.1), (401, 401), "{method} {path}");
                assert!(![401, 403].contains(&says.2), "{method} {path}: {says:?}");
            }
            _ => assert_eq!(says, (401, 401, 403), "{method} {path}"),
        }
        if case != "open" {
            assert_eq!(stranger.headers["content-type"], "application/problem+json");
        }
    }
}

async fn every_role(db: Db) {
    let (house, admin) = House::new(db).await;
    let end = house.hall.now().wall + Duration::from_secs(86_400);
    for role in Role::ALL {
        let grants = json!([{ "role": role, "to_us": end }]);
        let (_, cookie) = house
            .person(&admin, &format!("a-{}", role.as_str()), grants)
            .await;
        for (method, path, case) in house.operations() {
            let known = Permission::ALL.iter().find(|p| p.name() == case);
            let Some(permission) = known else {
                assert!(["open", "signed_in"].contains(&case.as_str()), "{case}");
                continue;
            };
            let answer = house.nonsense(&cookie, &method, &path).await;
            let refused = answer.status == StatusCode::FORBIDDEN;
            assert_eq!(
                refused,
                !role.holds(*permission),
                "{role:?} {method} {path}: {}",
                answer.text
            );
        }
    }
}

async fn first_link(db: Db) {
    let house = House::empty(db).await;
    let Ok(FirstAdmin::Link(old)) = staff::first_admin(&house.hall, None).await else {
        panic!("a link is made while nobody is there");
    };
    let Ok(FirstAdmin::Link(code)) = staff::first_admin(&house.hall, None).await else {
        panic!("and another one at the next start");
    };
    let become_first = async |code: &str, password: &str| {
        let body = json!({
            "code": code, "username": "Ani", "password": password, "name": "Ani Sulastri",
        });
        house
            .call("", "POST", "/api/v1/session/first", Some(body))
            .await
    };
    assert_eq!(
        become_first(old.expose(), PASSWORD).await.is(403).slug(),
        "first-code"
    );
    assert_eq!(
        become_first(code.expose(), "pendek").await.is(422).field(),
        "password"
    );
    house.clock.turn(Duration::from_secs(24 * 3600));
    assert_eq!(
        become_first(code.expose(), PASSWORD).await.is(403).slug(),
        "first-code"
    );
    let Ok(FirstAdmin::Link(code)) = staff::first_admin(&house.hall, None).await else {
        panic!("a link is made while nobody is there");
    };
    let entered = become_first(code.expose(), PASSWORD).await.is(200);
    assert_eq!(entered.json()["grants"][0]["role"], "admin");
    let me = house
        .call(&entered.cookie(), "GET", "/api/v1/session", None)
        .await
        .is(200);
    assert_eq!(me.json()["person"]["name"], "Ani Sulastri");
    assert_eq!(me.json()["house"]["province"]["name"], "Area 62");
    assert_eq!(me.json()["house"]["simulated"], false);
    assert_eq!(
        me.json()["permissions"].as_array().map(Vec::len),
        Some(Permission::ALL.len())
    );
    assert_eq!(
        become_first(code.expose(), PASSWORD).await.is(409).slug(),
        "set-up-already"
    );
    house.log_in("ANI", PASSWORD).await.is(200);
    let again = staff::first_admin(&house.hall, Some(Secret::new("x".to_owned()))).await;
    assert!(matches!(again, Ok(FirstAdmin::AlreadyThere)));
}

async fn sessions_and_tokens(db: Db) {
    let (house, admin) = House::new(db).await;
    house.clock.turn(Duration::from_millis(1));
    let first = house.log_in("admin", PASSWORD).await.is(200);
    let set = first.headers[header::SET_COOKIE]
        .to_str()
        .expect("text")
        .to_owned();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=604800"] {
        assert!(set.contains(part), "{set}");
    }
    assert!(
        !set.contains("Secure"),
        "http on loopback has to work: {set}"
    );
    let second = first.cookie();

    let list = house
        .call(&admin, "GET", "/api/v1/sessions", None)
        .await
        .is(200)
        .json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(2));
    let current: Vec<_> = list["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|s| s["current"].as_bool())
        .collect();
    assert_eq!(current, [Some(false), Some(true)], "newest first");
    let id = list["items"][0]["id"].as_str().expect("an id").to_owned();
    let mut revoked = house.hall.revoked();
    house
        .call(&admin, "DELETE", &format!("/api/v1/sessions/{id}"), None)
        .await
        .is(204);
    assert_eq!(
        revoked.try_recv().expect("told").login,
        *id.parse::<Id<base::id::Session>>()
            .expect("an id")
            .as_bytes()
    );
    house
        .call(&second, "GET", "/api/v1/session", None)
        .await
        .is(401);
    house
        .call(&admin, "DELETE", &format!("/api/v1/sessions/{id}"), None)
        .await
        .is(404);

    let body = Some(json!({ "name": "impor" }));
    let made = house
        .call(&admin, "POST", "/api/v1/tokens", body.clone())
        .await
        .is(201);
    let token = made.json()["token"].as_str().expect("a token").to_owned();
    assert!(token.starts_with("btg_"), "{token}");
    let bearer = format!("Bearer {token}");
    let me = house
        .call(&bearer, "GET", "/api/v1/session", None)
        .await
        .is(200);
    assert_eq!(me.json()["person"]["name"], "Administrator");
    assert_eq!(
        house
            .call(&bearer, "POST", "/api/v1/tokens", body)
            .await
            .is(403)
            .slug(),
        "session-needed"
    );
    assert_eq!(
        house
            .call(&bearer, "DELETE", "/api/v1/session", None)
            .await
            .is(409)
            .slug(),
        "not-a-session"
    );
    let listed = house
        .call(&admin, "GET", "/api/v1/tokens", None)
        .await
        .is(200);
    assert!(!listed.text.contains(&token));
    assert_eq!(
        listed.json()["items"][0]["used_us"],
        1_700_000_000_001_000_i64
    );
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    house
        .call(&admin, "DELETE", &format!("/api/v1/tokens/{id}"), None)
        .await
        .is(204);
    house
        .call(&bearer, "GET", "/api/v1/session", None)
        .await
        .is(401);

    let soon = house.hall.now().wall + Duration::from_secs(60);
    let body = Some(json!({ "name": "sebentar", "expires_us": soon }));
    let made = house
        .call(&admin, "POST", "/api/v1/tokens", body)
        .await
        .is(201);
    let bearer = format!("Bearer {}", made.json()["token"].as_str().expect("a token"));
    house
        .call(&bearer, "GET", "/api/v1/session", None)
        .await
        .is(200);
    house.clock.turn(Duration::from_secs(60));
    house
        .call(&bearer, "GET", "/api/v1/session", None)
        .await
        .is(401);

    house
        .call(&admin, "DELETE", "/api/v1/session", None)
        .await
        .is(204);
    house
        .call(&admin, "GET", "/api/v1/session", None)
        .await
        .is(401);
    let verbs = house.verbs().await;
    for verb in [
        "session.opened",
        "session.ended",
        "token.made",
        "token.revoked",
    ] {
        assert!(verbs.contains(&verb.to_owned()), "{verbs:?}");
    }
}

async fn time_limits(db: Db) {
    let (house, admin) = House::new(db).await;
    let (_, screen) = house
        .person(&admin, "layar-1", json!([{ "role": "layar" }]))
        .await;
    let me = async |cookie: &str| {
        let answer = house.call(cookie, "GET", "/api/v1/session", None).await;
        answer.status.as_u16()
    };
    house.clock.turn(IDLE - Duration::from_secs(1));
    assert_eq!(me(&admin).await, 200);
    house.clock.turn(IDLE - Duration::from_secs(1));
    assert_eq!(me(&admin).await, 200, "each request counts");
    house.clock.turn(IDLE);
    assert_eq!(me(&admin).await, 401, "idle");
    assert_eq!(me(&screen).await, 200, "a wall screen is never idle");

    let admin = house.log_in("admin", PASSWORD).await.is(200).cookie();
    let step = Duration::from_secs(6 * 3600);
    for _ in 1..(OLDEST.as_secs() / step.as_secs()) {
        house.clock.turn(step);
        assert_eq!(me(&admin).await, 200);
    }
    house.clock.turn(step);
    assert_eq!(me(&admin).await, 401, "old");
    house.clock.turn(OLDEST * 50);
    assert_eq!(me(&screen).await, 200, "a wall screen does not age");
}

async fn guesses(db: Db) {
    let (house, _) = House::new(db).await;
    let wrong = house.log_in("admin", "salah salah salah").await.is(401);
    let unknown = house.log_in("tidak ada", "salah salah salah").await.is(401);
    assert_eq!(wrong.text, unknown.text, "the answer does not tell which");
    for _ in 0..4 {
        house.log_in("admin", "salah salah salah").await.is(401);
    }
    let stopped = house.log_in("admin", PASSWORD).await.is(429);
    assert_eq!(stopped.slug(), "rate");
    assert_eq!(stopped.headers["retry-after"], "2");
    house.clock.turn(Duration::from_secs(2));
    house.log_in("admin", PASSWORD).await.is(200);
    let refusals = house
        .verbs()
        .await
        .iter()
        .filter(|verb| *verb == "session.refused")
        .count();
    assert_eq!(refusals, 6, "each one that was judged is written down");
}

async fn escalation(db: Db) {
    let (house, admin) = House::new(db).await;
    let day = Duration::from_secs(86_400);
    let until = house.hall.now().wall + day;
    let me = house
        .call(&admin, "GET", "/api/v1/session", None)
        .await
        .json();
    let chief = me["person"]["id"].as_str().expect("an id").to_owned();
    let (clerk, regional) = house
        .person(
            &admin,
            "regional",
            json!([{ "role": "admin", "area": "62.01", "to_us": until }]),
        )
        .await;
    let wanted = |grants: Json| {
        Some(json!({ "name": "X", "username": "x-1", "password": PASSWORD, "grants": grants }))
    };
    for (grants, status, slug) in [
        (json!([{ "role": "operator" }]), 403, "not-allowed"),
        (
            json!([{ "role": "operator", "area": "62" }]),
            403,
            "not-allowed",
        ),
        (
            json!([{ "role": "operator", "area": "62.02", "to_us": until }]),
            403,
            "not-allowed",
        ),
        (
            json!([{ "role": "operator", "area": "62.01" }]),
            403,
            "not-yours-to-give",
        ),
        (
            json!([{ "role": "operator", "area": "62.01", "to_us": until + day }]),
            403,
            "not-yours-to-give",
        ),
        (
            json!([
                { "role": "operator", "area": "62.01", "to_us": until },
                { "role": "admin", "area": null, "to_us": until },
            ]),
            403,
            "not-yours-to-give",
        ),
        (json!([{ "role": "relawan", "area": "62.01" }]), 422, "form"),
        (
            json!([{ "role": "operator", "area": "62.99", "to_us": until }]),
            422,
            "form",
        ),
        (json!([{ "role": "raja" }]), 422, "form"),
    ] {
        let answer = house
            .call(&regional, "POST", "/api/v1/staff", wanted(grants.clone()))
            .await;
        assert_eq!(
            (answer.status.as_u16(), answer.slug().as_str()),
            (status, slug),
            "{grants}: {}",
            answer.text
        );
    }
    let fine = json!([{ "role": "operator", "area": "62.01.01", "to_us": until }]);
    let added = house
        .call(&regional, "POST", "/api/v1/staff", wanted(fine))
        .await
        .is(201);
    let operator = added.json()["id"].as_str().expect("an id").to_owned();

    let patch = async |with: &str, id: &str, body: Json| {
        let path = format!("/api/v1/staff/{id}");
        house.call(with, "PATCH", &path, Some(body)).await
    };
    // The chief is not even to be seen.
    patch(&regional, &chief, json!({ "password": "kata sandi baru" }))
        .await
        .is(404);
    // Himself: his rights can neither grow nor outlast their end.
    let more = patch(
        &regional,
        &clerk,
        json!({ "grants": [{ "role": "admin", "area": "62.01" }] }),
    )
    .await;
    assert_eq!(more.is(403).slug(), "not-yours-to-give");
    let moved = patch(&regional, &clerk, json!({ "area": null })).await;
    assert_eq!(moved.is(403).slug(), "not-allowed");
    // His operator, once the chief has given that one more than he commands.
    patch(&regional, &operator, json!({ "name": "Budi" }))
        .await
        .is(200);
    patch(
        &admin,
        &operator,
        json!({ "grants": [{ "role": "pengawas" }] }),
    )
    .await
    .is(200);
    let above = patch(
        &regional,
        &operator,
        json!({ "password": "kata sandi baru" }),
    )
    .await;
    assert_eq!(above.is(403).slug(), "not-yours-to-give");

    // Somebody can always manage the house.
    for body in [
        json!({ "active": false }),
        json!({ "grants": [] }),
        json!({ "grants": [{ "role": "admin", "area": "62" }] }),
        json!({ "grants": [{ "role": "admin", "to_us": until }] }),
    ] {
        let answer = patch(&admin, &chief, body.clone()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.slug().as_str()),
            (409, "last-admin"),
            "{body}"
        );
    }
    patch(
        &admin,
        &operator,
        json!({ "grants": [{ "role": "admin" }] }),
    )
    .await
    .is(200);
    patch(&admin, &chief, json!({ "active": false }))
        .await
        .is(200);
    house
        .call(&admin, "GET", "/api/v1/session", None)
        .await
        .is(401);
    house.log_in("admin", PASSWORD).await.is(401);

    let mut read = house.hall.db().read().await.expect("a snapshot");
    let verdict = audit::verify(&mut read).await.expect("a verdict");
    assert!(matches!(verdict, Verdict::Whole { .. }), "{verdict:?}");
}

async fn changes_hold_at_once(db: Db) {
    let (house, admin) = House::new(db).await;
    let (id, operator) = house
        .person(&admin, "operator-1", json!([{ "role": "operator" }]))
        .await;
    let path = format!("/api/v1/staff/{id}");
    let list = house.call(&operator, "GET", "/api/v1/agencies", None).await;
    list.is(200);
    let mut revoked = house.hall.revoked();
    let body = json!({ "grants": [{ "role": "relawan", "to_us": house.hall.now().wall + Duration::from_secs(60) }] });
    house.call(&admin, "PATCH", &path, Some(body)).await.is(200);
    assert_eq!(revoked.try_recv().expect("told").person.to_string(), id);
    assert_eq!(revoked.try_recv(), Err(TryRecvError::Empty));
    house
        .call(&operator, "GET", "/api/v1/agencies", None)
        .await
        .is(403);
    house
        .call(&operator, "GET", "/api/v1/areas", None)
        .await
        .is(200);
    house.clock.turn(Duration::from_secs(60));
    house
        .call(&operator, "GET", "/api/v1/areas", None)
        .await
        .is(403);

    let body = json!({ "password": "kata sandi baru" });
    house.call(&admin, "PATCH", &path, Some(body)).await.is(200);
    house
        .call(&operator, "GET", "/api/v1/session", None)
        .await
        .is(401);
    house.log_in("operator-1", PASSWORD).await.is(401);
    let again = house
        .log_in("operator-1", "kata sandi baru")
        .await
        .is(200)
        .cookie();
    let other = house
        .log_in("operator-1", "kata sandi baru")
        .await
        .is(200)
        .cookie();
    let body = json!({ "old": "bukan itu", "new": "yang ketiga kali" });
    house
        .call(&again, "PUT", "/api/v1/session/password", Some(body))
        .await
        .is(403);
    let body = json!({ "old": "kata sandi baru", "new": "yang ketiga kali" });
    house
        .call(&again, "PUT", "/api/v1/session/password", Some(body))
        .await
        .is(204);
    house
        .call(&again, "GET", "/api/v1/session", None)
        .await
        .is(200);
    house
        .call(&other, "GET", "/api/v1/session", None)
        .await
        .is(401);
    house.log_in("operator-1", "yang ketiga kali").await.is(200);
}

async fn tree_of_agencies(db: Db) {
    let (house, admin) = House::new(db).await;
    let top = house.agency(&admin, "Sekretariat Daerah", None).await;
    let office = house.agency(&admin, "Dinas Kominfo", Some(&top)).await;
    let desk = house.agency(&admin, "Bidang Data", Some(&office)).await;
    let other = house.agency(&admin, "Dinas Sosial", Some(&top)).await;
    let patch = async |id: &str, body: Json| {
        let path = format!("/api/v1/agencies/{id}");
        house.call(&admin, "PATCH", &path, Some(body)).await
    };
    assert_eq!(
        patch(&office, json!({ "parent": desk }))
            .await
            .is(409)
            .slug(),
        "agency-cycle"
    );
    assert_eq!(
        patch(&office, json!({ "parent": office }))
            .await
            .is(409)
            .slug(),
        "agency-cycle"
    );
    assert_eq!(
        patch(&other, json!({ "name": "DINAS KOMINFO" }))
            .await
            .is(409)
            .slug(),
        "agency-taken"
    );
    let nowhere = Id::<Agency>::from_bytes([5; 16]).to_string();
    let lost = patch(&other, json!({ "parent": nowhere })).await;
    assert_eq!(lost.is(422).field(), "parent");

    // A clerk of one office sees its people, also those of desks that move into it.
    let (_, clerk) = house
        .person(
            &admin,
            "clerk",
            json!([{ "role": "admin", "agency": other }]),
        )
        .await;
    house
        .person(
            &admin,
            "worker",
            json!([{ "role": "bansos", "agency": desk }]),
        )
        .await;
    let seen = async || {
        let list = house
            .call(&clerk, "GET", "/api/v1/staff", None)
            .await
            .is(200)
            .json();
        let mut names: Vec<_> = list["items"]
            .as_array()
            .expect("items")
            .iter()
            .map(|p| p["name"].as_str().expect("a name").to_owned())
            .collect();
        names.sort();
        names.join(" ")
    };
    assert_eq!(seen().await, "clerk");
    let mut revoked = house.hall.revoked();
    patch(&office, json!({ "parent": other, "short": "Kominfo" }))
        .await
        .is(200);
    assert!(
        revoked.try_recv().is_ok(),
        "who holds grants over branches is judged anew"
    );
    assert_eq!(seen().await, "clerk worker");
    patch(&office, json!({ "parent": null, "short": null }))
        .await
        .is(200);
    assert_eq!(seen().await, "clerk");
    let list = house
        .call(&admin, "GET", "/api/v1/agencies?q=kominfo", None)
        .await
        .is(200)
        .json();
    assert_eq!(
        list["items"],
        json!([{ "id": office, "name": "Dinas Kominfo", "short": null, "parent": null }])
    );

    // The clerk commands his branch and nothing above it.
    let rename = |id: &str| format!("/api/v1/agencies/{id}");
    house
        .call(
            &clerk,
            "PATCH",
            &rename(&other),
            Some(json!({ "short": "Dinsos" })),
        )
        .await
        .is(200);
    house
        .call(
            &clerk,
            "PATCH",
            &rename(&top),
            Some(json!({ "short": "Setda" })),
        )
        .await
        .is(403);
    house
        .call(
            &clerk,
            "PATCH",
            &rename(&desk),
            Some(json!({ "parent": other })),
        )
        .await
        .is(403);

    let mut below = top;
    for n in 0..11 {
        below = house
            .agency(&admin, &format!("Tingkat {n}"), Some(&below))
            .await;
    }
    let body = json!({ "name": "Terlalu dalam", "parent": below });
    assert_eq!(
        house
            .call(&admin, "POST", "/api/v1/agencies", Some(body))
            .await
            .is(422)
            .field(),
        "parent"
    );
    assert_eq!(
        patch(&office, json!({ "parent": below }))
            .await
            .is(422)
            .field(),
        "parent"
    );
}

async fn other_sites(db: Db) {
    let (house, admin) = House::new(db).await;
    let body = || Some(json!({ "name": "Dinas A" }));
    let evil = [
        ("host", "betang.example"),
        ("origin", "https://evil.example"),
    ];
    let path = "/api/v1/agencies";
    let refused = house
        .call_with(&admin, "POST", path, body(), &evil)
        .await
        .is(403);
    assert_eq!(refused.slug(), "cross-site");
    let login = Some(json!({ "username": "admin", "password": PASSWORD }));
    house
        .call_with("", "POST", "/api/v1/session", login, &evil)
        .await
        .is(403);
    house
        .call_with(&admin, "GET", path, None, &evil)
        .await
        .is(200);
    let own = [
        ("host", "betang.example"),
        ("origin", "https://betang.example"),
    ];
    house
        .call_with(&admin, "POST", path, body(), &own)
        .await
        .is(201);
    let made = house
        .call(
            &admin,
            "POST",
            "/api/v1/tokens",
            Some(json!({ "name": "t" })),
        )
        .await
        .is(201);
    let bearer = format!("Bearer {}", made.json()["token"].as_str().expect("a token"));
    let body = Some(json!({ "name": "Dinas B" }));
    house
        .call_with(&bearer, "POST", path, body, &evil)
        .await
        .is(201);
}

async fn once_only(db: Db) {
    let (house, admin) = House::new(db).await;
    let key = [("idempotency-key", "k-1")];
    let body = || Some(json!({ "name": "Dinas A" }));
    let path = "/api/v1/agencies";
    let first = house
        .call_with(&admin, "POST", path, body(), &key)
        .await
        .is(201);
    let again = house
        .call_with(&admin, "POST", path, body(), &key)
        .await
        .is(201);
    assert_eq!(first.text, again.text);
    assert_eq!(first.headers["location"], again.headers["location"]);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let list = house.call(&admin, "GET", path, None).await.json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
    let other = Some(json!({ "name": "Dinas B" }));
    assert_eq!(
        house
            .call_with(&admin, "POST", path, other, &key)
            .await
            .is(409)
            .slug(),
        "idempotency"
    );
    // A refusal is not kept: the same key may be used once it can stand.
    let key = [("idempotency-key", "k-2")];
    house
        .call_with(&admin, "POST", path, body(), &key)
        .await
        .is(409);
    house
        .call_with(
            &admin,
            "POST",
            path,
            Some(json!({ "name": "Dinas C" })),
            &key,
        )
        .await
        .is(201);
    let key = [("idempotency-key", "k-3")];
    let body = || Some(json!({ "name": "t" }));
    house
        .call_with(&admin, "POST", "/api/v1/tokens", body(), &key)
        .await
        .is(201);
    let secret = house
        .call_with(&admin, "POST", "/api/v1/tokens", body(), &key)
        .await
        .is(409);
    assert_eq!(secret.slug(), "once-only");
}

async fn audit_is_read(db: Db) {
    let (house, admin) = House::new(db).await;
    let (_, auditor) = house
        .person(&admin, "auditor", json!([{ "role": "pengawas" }]))
        .await;
    let (_, regional) = house
        .person(
            &admin,
            "auditor-2",
            json!([{ "role": "pengawas", "area": "62.01" }]),
        )
        .await;
    house.agency(&admin, "=cmd|calc", None).await;
    house
        .call(&regional, "GET", "/api/v1/audit", None)
        .await
        .is(403);
    let get = async |query: &str| {
        house
            .call(&auditor, "GET", &format!("/api/v1/audit{query}"), None)
            .await
    };
    let page = get("?limit=2").await.is(200).json();
    assert_eq!(page["items"][0]["verb"], "agency.added");
    assert_eq!(page["items"][0]["who"]["name"], "Administrator");
    let next = page["next"].as_str().expect("a cursor").to_owned();
    let second = get(&format!("?limit=2&cursor={next}")).await.is(200).json();
    assert_eq!(
        second["items"][0]["seq"].as_i64(),
        page["items"][1]["seq"].as_i64().map(|seq| seq - 1)
    );
    let by = async |query: &str| {
        let items = get(query).await.is(200).json()["items"].clone();
        items.as_array().map_or(0, Vec::len)
    };
    assert_eq!(by("?verb=person.added").await, 3);
    assert_eq!(by("?q=CALC").await, 1);
    assert_eq!(by("?q=administrator&verb=agency.added").await, 1);
    assert_eq!(by("?q=%25").await, 0);
    assert_eq!(by("?to_us=1").await, 0);
    assert_eq!(get("?limit=0").await.is(422).field(), "limit");
    assert_eq!(get("?cursor=x").await.is(422).field(), "cursor");

    let file = get("?verb=agency.added&format=csv").await.is(200);
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(file.text.lines().count(), 2, "{}", file.text);
    let told = get("?verb=audit.exported").await.is(200).json();
    assert_eq!(
        told["items"][0]["detail"],
        json!({ "filter": { "verb": "agency.added" }, "rows": 1 })
    );
    let verdict = get("/verify").await.is(200).json();
    assert_eq!(verdict["verdict"], "whole");
    let mut tx = house.hall.db().write().await.expect("a transaction");
    tx.execute(
        "UPDATE hall_audit SET detail = '{}' WHERE seq = 4",
        store::params![],
    )
    .await
    .expect("a change");
    tx.commit().await.expect("a commit");
    let verdict = get("/verify").await.is(200).json();
    assert_eq!(
        verdict,
        json!({ "verdict": "broken", "seq": 4, "fault": { "fault": "altered" } })
    );
}

async fn outlines(db: Db) {
    let (house, admin) = House::new(db).await;
    let square = json!([[[110.0, -2.0], [111.0, -2.0], [111.0, -3.0], [110.0, -2.0]]]);
    let feature = |code: &str| {
        json!({
            "type": "Feature", "properties": { "kode": code },
            "geometry": { "type": "Polygon", "coordinates": square },
        })
    };
    let file = |codes: &[&str]| {
        let features: Vec<_> = codes.iter().map(|code| feature(code)).collect();
        Some(json!({ "type": "FeatureCollection", "features": features }))
    };
    let import = async |body| {
        let path = "/api/v1/areas/outlines?source=Bappeda";
        house.call(&admin, "POST", path, body).await
    };
    let bad = import(file(&["62.01", "62.99", "x", "62.01"]))
        .await
        .is(422);
    let fields: Vec<_> = bad.json()["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|e| e["field"].clone())
        .collect();
    assert_eq!(fields, ["features.1", "features.2", "features.3"]);
    let codes = async || {
        let outline = house
            .call(&admin, "GET", "/api/v1/areas/outline", None)
            .await
            .is(200)
            .json();
        let all = outline["features"].as_array().expect("features").clone();
        all.iter()
            .map(|f| {
                (
                    f["properties"]["code"].as_str().expect("a code").to_owned(),
                    f["properties"]["source"]
                        .as_str()
                        .expect("a source")
                        .to_owned(),
                )
            })
            .filter(|(_, source)| source == "Bappeda")
            .map(|(code, _)| code)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(codes().await, "");
    import(file(&["62.01", "62.02", "62.01.01"])).await.is(200);
    assert_eq!(codes().await, "62.01 62.02");
    import(file(&["62"])).await.is(200);
    assert_eq!(codes().await, "62 62.01 62.02");
    assert_eq!(
        import(Some(json!({ "type": "Feature" })))
            .await
            .is(422)
            .field(),
        "type"
    );
    let page = house
        .call(&admin, "GET", "/api/v1/areas?level=regency&limit=1", None)
        .await
        .is(200)
        .json();
    assert_eq!(
        (page["items"][0]["code"].as_str(), page["next"].as_str()),
        (Some("62.01"), Some("62.01"))
    );
    let file = house
        .call_with(
            &admin,
            "GET",
            "/api/v1/areas",
            None,
            &[("accept", "text/csv")],
        )
        .await
        .is(200);
    assert_eq!(file.text.lines().count(), 5);
    house
        .call(&admin, "GET", "/api/v1/areas/62.99", None)
        .await
        .is(404);
    house
        .call(&admin, "GET", "/api/v1/areas/62-99", None)
        .await
        .is(400);
    let mut read = house.hall.db().read().await.expect("a snapshot");
    assert!(
        areas::exists(&mut read, &"62.01".parse().expect("a code"))
            .await
            .expect("a look")
    );
}

macro_rules! on_both {
    ($($name:ident: $body:ident;)*) => {$(
        store::on_both_engines!($name, &[SCHEMA], async |db: Db| { $body(db).await });
    )*};
}

on_both! {
    strangers_are_refused_before_anything_is_read: strangers;
    every_role_on_every_operation_is_as_the_table_says: every_role;
    the_first_administrator_comes_by_a_link: first_link;
    sessions_and_tokens_count_until_they_are_ended: sessions_and_tokens;
    sessions_end_by_time_and_screens_do_not: time_limits;
    guessing_is_slow_and_tells_nothing: guesses;
    nobody_gives_or_takes_more_than_he_holds: escalation;
    changes_of_a_person_hold_at_once: changes_hold_at_once;
    agencies_are_a_tree: tree_of_agencies;
    another_site_cannot_act: other_sites;
    a_request_sent_twice_has_one_effect: once_only;
    the_audit_is_read_and_its_readers_are_written_down: audit_is_read;
    outlines_are_imported_as_a_whole: outlines;
}

#[utoipa::path(get, path = "/api/v1/forgotten", responses((status = 200)))]
async fn forgotten() {}

#[test]
fn a_forgotten_guard_is_named() {
    // No house is needed to see it: the description says so.
    let router: OpenApiRouter<Hall> = OpenApiRouter::new().routes(routes!(forgotten));
    let bare = crate::guard::unguarded(router.get_openapi());
    assert_eq!(bare, ["GET /api/v1/forgotten"]);
    let guarded: OpenApiRouter<Hall> =
        OpenApiRouter::new().routes(routes!(forgotten).guard(Permission::AreasRead));
    assert!(crate::guard::unguarded(guarded.get_openapi()).is_empty());
}

#[test]
fn the_description_is_as_released() {
    let description = serde_json::to_value(routes().get_openapi()).expect("JSON");
    let mut lines = BTreeSet::new();
    for (path, item) in description["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let case = operation[EXTENSION].as_str().expect("a case");
            lines.insert(format!("{path} {method}: {case}"));
        }
    }
    let lines: Vec<_> = lines.into_iter().collect();
    insta::assert_snapshot!(lines.join("\n"));
}
