//! Villages as a caller meets them, on both engines.

mod bench;
mod claimed;
mod dish;
mod imports;
mod kept;
mod ledger;
mod listed;
mod nodes;
mod points;
mod reconciled;
mod rights;
mod routers;
#[cfg(feature = "print")]
mod sheets;
mod silent;
mod simulated;
mod speed;
mod stand;
mod station;

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use base::now::{Mono, Now, Wall};
use base::redact::Secret;
use hall::clock::Clock;
use hall::config::Config;
use hall::guard::seal;
use hall::staff::{self, FirstAdmin};
use serde_json::{Value as Json, json};
use store::Db;
use tower::ServiceExt as _;

const PASSWORD: &str = "jembatan kahayan";

/// 2025-12-01 00:00 UTC.
const START: Wall = Wall::from_us(1_764_547_200_000_000);

const DAY: Duration = Duration::from_secs(86_400);

/// The embedded list of areas, read here by hand.
const AREAS: &str = include_str!("../../../../assets/areas/areas.csv");

struct House {
    clock: Clock,
    hall: hall::Hall,
    app: Router,
    admin: String,
    _folder: tempfile::TempDir,
}

struct Answer {
    status: u16,
    octets: Vec<u8>,
    location: Option<String>,
}

impl Answer {
    #[track_caller]
    fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.octets).into_owned()
    }

    fn json(&self) -> Json {
        serde_json::from_slice(&self.octets).unwrap_or(Json::Null)
    }

    fn slug(&self) -> String {
        let problem = self.json();
        let kind = problem["type"].as_str().unwrap_or_default();
        kind.rsplit(':').next().unwrap_or_default().to_owned()
    }
}

impl House {
    async fn new(db: Db) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Clock::hand(Now {
            mono: Mono::from_us(1_000_000_000),
            wall: START,
        });
        hall::areas::seed(&db, START).await.expect("areas");
        // What boxes of tests say is made up.
        let mut tx = db.write().await.expect("a transaction");
        let now = Now {
            mono: Mono::from_us(0),
            wall: START,
        };
        hall::house::mark_simulated(&mut tx, now)
            .await
            .expect("a mark");
        tx.commit().await.expect("a commit");
        let data = folder.path().join("data").display().to_string();
        let config = Config::load(None, [], &[("data", data)]).expect("a configuration");
        let hall = hall::Hall::open(db, clock.clone(), config)
            .await
            .expect("a hall");
        let first = staff::first_admin(&hall, Some(Secret::new(PASSWORD.to_owned()))).await;
        assert!(matches!(first, Ok(FirstAdmin::Created)));
        let room = crate::open(&hall).await.expect("a room");
        let routes = hall::http::routes().merge(room.routes());
        let (router, _) = seal(routes, &hall).expect("guarded");
        let app = router.with_state(hall.clone());
        let mut house = Self {
            clock,
            hall,
            app,
            admin: String::new(),
            _folder: folder,
        };
        house.admin = house.log_in("admin").await;
        // A token outlives the days of a test; a session does not.
        let token = house.post("/api/v1/tokens", json!({ "name": "uji" })).await;
        let token = token.is(201).json()["token"].clone();
        house.admin = format!("Bearer {}", token.as_str().expect("a token"));
        house
    }

    async fn log_in(&self, username: &str) -> String {
        let body = json!({ "username": username, "password": PASSWORD }).to_string();
        let request = Request::post("/api/v1/session")
            .header("content-type", "application/json")
            .body(Body::from(body))
            .expect("a request");
        let answer = self.app.clone().oneshot(request).await.expect("infallible");
        let cookie = answer.headers()["set-cookie"].to_str().expect("text");
        cookie.split(';').next().expect("a pair").to_owned()
    }

    async fn send(&self, request: Request) -> Answer {
        let answer = self.app.clone().oneshot(request).await.expect("infallible");
        let location = answer.headers().get("location").cloned();
        let status = answer.status().as_u16();
        let octets = axum::body::to_bytes(answer.into_body(), 16 << 20)
            .await
            .expect("a body");
        Answer {
            status,
            octets: octets.to_vec(),
            location: location.and_then(|value| value.to_str().ok().map(str::to_owned)),
        }
    }

    async fn call(&self, cookie: &str, method: &str, path: &str, body: Option<Json>) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header_of(cookie), cookie);
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.send(request.body(body).expect("a request")).await
    }

    /// As the admin.
    async fn get(&self, path: &str) -> Answer {
        self.call(&self.admin, "GET", path, None).await
    }

    /// As the admin.
    async fn post(&self, path: &str, body: Json) -> Answer {
        self.call(&self.admin, "POST", path, Some(body)).await
    }

    async fn upload(&self, cookie: &str, octets: &[u8]) -> Answer {
        self.upload_to("/api/v1/villages/imports", cookie, "add", octets)
            .await
    }

    async fn upload_to(&self, path: &str, cookie: &str, mode: &str, octets: &[u8]) -> Answer {
        let mut body = format!(
            "--x\r\ncontent-disposition: form-data; name=\"mode\"\r\n\r\n{mode}\r\n\
             --x\r\ncontent-disposition: form-data; name=\"file\"; \
             filename=\"daftar.csv\"\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(octets);
        body.extend_from_slice(b"\r\n--x--\r\n");
        let request = Request::post(path)
            .header(header_of(cookie), cookie)
            .header("content-type", "multipart/form-data; boundary=x")
            .body(Body::from(body))
            .expect("a request");
        self.send(request).await
    }

    /// Uploads as the admin; the preview and its address.
    async fn open(&self, text: &str) -> (Json, String) {
        let answer = self.upload(&self.admin, text.as_bytes()).await.is(201);
        let preview = answer.json();
        (preview, answer.location.expect("a location"))
    }

    /// Imports a whole list; the source that it became.
    async fn import(&self, text: &str, commit: Json) -> String {
        let (_, at) = self.open(text).await;
        let done = self.post(&format!("{at}/commit"), commit).await.is(201);
        done.json()["source"].as_str().expect("a source").to_owned()
    }

    async fn person(&self, username: &str, role: &str, area: Option<&str>) -> String {
        let body = json!({
            "username": username, "name": username, "password": PASSWORD,
            "grants": [{ "role": role, "area": area }],
        });
        self.post("/api/v1/staff", body).await.is(201);
        self.log_in(username).await
    }
}

/// In which header one says who one is.
fn header_of(credentials: &str) -> &'static str {
    if credentials.starts_with("Bearer ") {
        "authorization"
    } else {
        "cookie"
    }
}

/// What is known of a source that is imported.
fn by(owner: &str, as_of: &str, definition: &str) -> Json {
    json!({ "source": { "title": owner, "owner": owner, "as_of": as_of, "definition": definition } })
}

/// What came of each row: its number and its verdict, and what was noted or refused.
fn report(preview: &Json) -> Vec<String> {
    let rows = preview["report"]["items"].as_array().expect("rows");
    let line = |row: &Json| {
        let fields = |key: &str| {
            let all = row[key].as_array().expect("remarks").iter();
            let fields: Vec<_> = all
                .map(|one| one["field"].as_str().unwrap_or("?"))
                .collect();
            fields.join(",")
        };
        let word = row["verdict"].as_str().unwrap_or("?");
        let (faults, notes) = (fields("faults"), fields("notes"));
        let mut line = format!("{} {word}", row["row"]);
        for (mark, fields) in [("!", faults), ("~", notes)] {
            if !fields.is_empty() {
                line.push_str(&format!(" {mark}{fields}"));
            }
        }
        line
    };
    rows.iter().map(line).collect()
}

/// What the house says of a property, by a village as it was answered.
fn said<'v>(village: &'v Json, property: &str) -> &'v Json {
    let all = village["said"].as_array().expect("what is said");
    all.iter()
        .find(|said| said["property"] == property)
        .unwrap_or(&Json::Null)
}

/// Code, name, district and regency of every village.
fn villages() -> Vec<[String; 4]> {
    let line = |line: &'static str| {
        let mut cells = line.split(',');
        Some((cells.next()?, cells.next()?))
    };
    let names: std::collections::BTreeMap<&str, &str> = AREAS.lines().filter_map(line).collect();
    names
        .iter()
        .filter(|(code, _)| code.len() == 13)
        .map(|(code, name)| [*code, *name, names[&code[..8]], names[&code[..5]]].map(str::to_owned))
        .collect()
}

macro_rules! on_both {
    ($($name:ident: $body:ident;)+) => {$(
        store::on_both_engines!(
            $name,
            &[hall::SCHEMA, crate::SCHEMA],
            async |db: Db| $body(db).await
        );
    )+};
}
use on_both;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tables_are_the_same_on_both_engines() {
    store::test::prove(&[hall::SCHEMA, crate::SCHEMA]).await;
}
