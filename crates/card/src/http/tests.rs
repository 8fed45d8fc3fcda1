//! Lists, examinations and families as a caller meets them, on both engines.

mod answered;
mod asked;
mod breached;
mod brought;
mod decided;
mod drafted;
mod erased;
mod exported;
mod held;
mod late;
mod objected;
mod photographed;
mod planted;
mod reviewed;
mod rights;
mod sampled;
mod sought;
mod termed;
mod told;
mod traded;
mod worded;

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

use crate::Room;

const PASSWORD: &str = "jembatan kahayan";

/// 2025-12-01 00:00 UTC.
const START: Wall = Wall::from_us(1_764_547_200_000_000);

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// The least that a programme of families says.
const RULES: &str = r#"
program = "pangan"
nama = "Paket pangan"
subjek = "keluarga"
instansi = "Dinas Sosial"
dasar = "Peraturan contoh"
barang = "paket pangan"
satuan = "paket"
jumlah = 1
rupiah = 150000
berlaku_dari = 2025-01-01

[[aturan]]
id = "desil"
jenis = "syarat"
nama = "Desil 1 sampai 2"
jika = { kolom = "desil", op = "<=", nilai = 2 }
"#;

struct House {
    hall: hall::Hall,
    room: Room,
    app: Router,
    admin: String,
    _folder: tempfile::TempDir,
}

struct Answer {
    status: u16,
    octets: Vec<u8>,
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
        let data = folder.path().join("data").display().to_string();
        let config = Config::load(None, [], &[("data", data)]).expect("a configuration");
        let hall = hall::Hall::open(db, clock, config).await.expect("a hall");
        let first = staff::first_admin(&hall, Some(Secret::new(PASSWORD.to_owned()))).await;
        assert!(matches!(first, Ok(FirstAdmin::Created)));
        let room = crate::open(&hall).await.expect("a room");
        let routes = hall::http::routes().merge(room.routes());
        let (router, _) = seal(routes, &hall).expect("guarded");
        let app = router.with_state(hall.clone());
        let mut house = Self {
            hall,
            room,
            app,
            admin: String::new(),
            _folder: folder,
        };
        house.admin = house.log_in("admin").await;
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
        let status = answer.status().as_u16();
        let octets = axum::body::to_bytes(answer.into_body(), 16 << 20)
            .await
            .expect("a body");
        Answer {
            status,
            octets: octets.to_vec(),
        }
    }

    async fn call(&self, cookie: &str, method: &str, path: &str, body: Option<Json>) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("cookie", cookie);
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

    async fn upload(&self, kind: &str, octets: impl Into<Body>) -> Answer {
        let path = format!("/api/v1/card/imports?kind={kind}&name=daftar.csv");
        let request = Request::post(path)
            .header("cookie", &self.admin)
            .header("content-type", "application/octet-stream")
            .body(octets.into())
            .expect("a request");
        self.send(request).await
    }

    /// Changes something behind the back of the house.
    async fn change(&self, statement: &'static str) {
        let mut tx = self.hall.db().write().await.expect("a writer");
        let done = tx.execute(statement, store::params![]).await;
        assert!(done.expect("changed") > 0, "{statement}");
        tx.commit().await.expect("changed");
    }

    /// Asks again whenever the room has come further, until it is so.
    async fn until(&self, path: &str, is_so: impl Fn(&Json) -> bool) -> Json {
        let mut turns = self.room.turns();
        loop {
            turns.mark_unchanged();
            let view = self.get(path).await.is(200).json();
            if is_so(&view) {
                return view;
            }
            turns.changed().await.expect("a room");
        }
    }

    /// Sends a file; what was found in it, and its address.
    async fn read(&self, kind: &str, text: &str) -> (Json, String) {
        let sent = self.upload(kind, text.to_owned()).await.is(201).json();
        let at = format!(
            "/api/v1/card/imports/{}",
            sent["id"].as_str().expect("an id")
        );
        let view = self.until(&at, |view| view["state"] != "reading").await;
        (view, at)
    }

    /// Brings a whole list in; the number of the list.
    async fn bring(&self, kind: &str, text: &str, source: Json) -> i64 {
        let (view, at) = self.read(kind, text).await;
        assert_eq!(view["state"], "read", "{view}");
        let form = json!({ "leave_out": view["found"]["refused"], "source": source });
        self.post(&format!("{at}/commit"), form).await.is(202);
        let view = self.until(&at, |view| view["state"] != "writing").await;
        assert_eq!(view["state"], "written", "{view}");
        view["written"]["list"].as_i64().expect("a number")
    }

    /// Examines everything; the answer.
    async fn examine(&self, asked: Json) -> Json {
        self.post("/api/v1/card/runs", asked).await.is(202);
        let runs = self
            .until("/api/v1/card/runs", |runs| {
                runs["items"][0]["state"] != "working"
            })
            .await;
        assert_eq!(runs["items"][0]["state"], "done", "{runs}");
        self.get("/api/v1/card/answer").await.is(200).json()
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

/// Who stands in the lists of tests: made up, each number with its own end.
fn nik(person: u32) -> String {
    format!("62021114067500{person:02}")
}

/// The number of a family card.
fn kk(family: u32) -> String {
    format!("62021101011500{family:02}")
}

const NAMES: [&str; 8] = [
    "TAMBUN BUNGAI",
    "KAMELOH USOP",
    "SLAMET SUPARMAN",
    "RUSMINI LESTARI",
    "MARKUS NARANG",
    "SALUNDIK DOHONG",
    "ENDANG HARTATI",
    "PENYANG MIHING",
];

/// The columns that name somebody, for a person of a family in a village.
fn who(person: u32, family: u32, village: &str) -> String {
    let name = NAMES[(person as usize - 1) % NAMES.len()];
    let mother = NAMES[person as usize % NAMES.len()];
    format!(
        "{},{},{name},1975-06-14,L,Sampit,{mother},KEPALA,Jl. Mawar {family},{village}",
        nik(person),
        kk(family)
    )
}

const WHO: &str = "nik,no_kk,nama,tgl_lahir,jk,tempat_lahir,ibu_kandung,hubungan,alamat,kode_desa";

const HERE: &str = "62.02.01.1009";
const THERE: &str = "62.11.05.2004";

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
