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

macro_rules! on_both {
    ($($name:ident: $body:ident;)*) => {$(
        store::on_both_engines!($name, &[SCHEMA], async |db: Db| { $body(db).await });
    )*};
}

mod aside;
mod backwards;
mod doors;
mod emergencies;
mod factors;
mod guards;
mod incidents;
mod line;
mod overruns;
mod people;
mod records;
mod releases;
mod screens;
mod shifts;
mod simulated;
mod sites;
mod witnesses;

/// The key that signs releases which this house takes.
const RELEASE_SEED: [u8; 32] = [7; 32];

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
        let key = sync::release::SecretKey::from_seed(&RELEASE_SEED).expect("a key");
        let flags = [("data", data), ("release_keys", key.public().to_string())];
        let config = Config::load(None, [], &flags).expect("a configuration");
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
