//! Looking back and saving, as a caller meets it, on both engines, by a clock that is turned
//! by hand.

use std::fs;
use std::path::{Path as File, PathBuf};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use base::now::{Mono, Now};
use base::redact::Secret;
use hall::clock::Clock;
use hall::config::Config;
use serde_json::{Value, json};
use store::Db;
use tower::ServiceExt as _;
use watch_core::frame::{Codec, Frame, MediaTime};

use super::*;
use crate::hub::Channel;
use crate::jobs::clips;
use crate::room::Settings;

const PASSWORD_OF_ALL: &str = "jembatan kahayan";

/// Sets of x264 for 320 × 240.
const SPS: &[u8] = &[
    0x67, 0x42, 0xc0, 0x0b, 0xda, 0x05, 0x07, 0xec, 0x04, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40, 0x00,
    0x00, 0x03, 0x02, 0x83, 0xc5, 0x0a, 0xa8,
];
const PPS: &[u8] = &[0x68, 0xce, 0x0f, 0x2c, 0x80];

const PATH: &str = "/api/v1/cameras/loket";

struct House {
    hall: Hall,
    room: Room,
    app: Router,
    admin: String,
    folder: tempfile::TempDir,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    octets: bytes::Bytes,
}

impl Answer {
    #[track_caller]
    fn is(self, status: u16) -> Value {
        let body: Value = serde_json::from_slice(&self.octets).unwrap_or_default();
        assert_eq!(self.status, status, "{body}");
        body
    }
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
            ("lookback_memory_mib", "4".to_owned()),
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
            folder,
        };
        house.log_in().await;
        house
    }

    /// A session is over sooner than a clip.
    async fn log_in(&mut self) {
        let body = json!({ "username": "admin", "password": PASSWORD_OF_ALL });
        let answer = self.ask("POST", "/api/v1/session", Some(body)).await;
        let cookie = answer.headers[header::SET_COOKIE].to_str().expect("text");
        self.admin = cookie.split(';').next().unwrap_or_default().to_owned();
    }

    async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.asked(method, path, body, &[]).await
    }

    async fn asked(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
        more: &[(&str, &str)],
    ) -> Answer {
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, &self.admin)
            .header(header::CONTENT_TYPE, "application/json");
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        let request = request.body(body).expect("a request");
        let answer = self.app.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = answer.into_parts();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            octets: axum::body::to_bytes(body, 1 << 24).await.expect("a body"),
        }
    }

    /// A camera, once the hub has followed the tables.
    async fn camera(&self) -> std::sync::Arc<Channel> {
        let form = json!({ "short": "loket", "name": "Loket", "area": "62.71.01",
            "main": "rtsp://127.0.0.1:9/main", "legal": { "retention_days": 7 } });
        let added = self
            .ask("POST", "/api/v1/cameras", Some(form))
            .await
            .is(201);
        let camera = added["id"].as_str().and_then(|id| id.parse().ok());
        let key = StreamKey {
            camera: camera.expect("an id"),
            layer: Layer::Main,
        };
        loop {
            if let Some(channel) = self.room.hub().stream(key) {
                return channel;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Pictures of so many seconds, ten a second, as the clock goes on.
    fn play(&self, channel: &Channel, seconds: u64) {
        for i in 0..seconds * 10 {
            let now = self.hall.now();
            channel.push(frame(now, i % 10 == 0));
            self.hall.clock().turn(Duration::from_millis(100));
        }
    }

    async fn acts(&self, verb: &str) -> Vec<Value> {
        let path = format!("/api/v1/audit?limit=100&verb={verb}");
        let mut page = self.ask("GET", &path, None).await.is(200);
        let items = page["items"].as_array_mut().map(std::mem::take);
        let details = items.unwrap_or_default().into_iter();
        details.map(|mut item| item["detail"].take()).collect()
    }

    fn files(&self) -> Vec<PathBuf> {
        under(&self.folder.path().join("data/blobs"))
    }
}

fn under(folder: &File) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                under(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

fn frame(now: Now, key: bool) -> Frame {
    let mut unit = Vec::new();
    let mut slice = vec![if key { 0x65 } else { 0x41 }];
    slice.extend(now.mono.as_us().to_be_bytes());
    slice.resize(2_000, 0x5a);
    let sets: &[&[u8]] = if key { &[SPS, PPS] } else { &[] };
    for nal in sets.iter().copied().chain([slice.as_slice()]) {
        let len = u32::try_from(nal.len()).expect("short");
        unit.extend_from_slice(&len.to_be_bytes());
        unit.extend_from_slice(nal);
    }
    let cut = Codec::H264.cut(&unit).expect("a picture");
    Frame {
        time: MediaTime::from_ticks(now.mono.as_us() * 9 / 100),
        arrived: now,
        codec: Codec::H264,
        key,
        packets: cut.packets,
    }
}

fn form(from: i64, to: i64) -> Value {
    json!({ "from_us": from, "to_us": to, "purpose": "keamanan", "reason": "Laporan kehilangan" })
}

/// What somebody looks at stays as it was, and ends by itself.
async fn looking(db: Db) {
    let house = House::new(db).await;
    let channel = house.camera().await;
    let looks = format!("{PATH}/looks");
    house.ask("POST", &looks, Some(json!({}))).await.is(409);
    house.play(&channel, 20);
    let held = house
        .ask("GET", &format!("{PATH}/past"), None)
        .await
        .is(200);
    assert_eq!(held["layers"][0]["frames"], 200);
    let look = house.ask("POST", &looks, Some(json!({}))).await.is(201);
    assert_eq!(
        (&look["frames"], &look["film_ms"]),
        (&json!(200), &json!(20_000))
    );
    let video = look["video"].as_str().expect("a path").to_owned();
    let whole = house.ask("GET", &video, None).await;
    assert_eq!(whole.headers[header::CONTENT_TYPE], FILM);
    // What comes later is not in it, and what is too old goes without it.
    house.play(&channel, 80);
    let part = house
        .asked("GET", &video, None, &[("range", "bytes=100-299")])
        .await;
    assert_eq!(part.status, 206);
    assert_eq!(part.octets, whole.octets[100..300]);
    let range = format!("bytes 100-299/{}", whole.octets.len());
    assert_eq!(part.headers[header::CONTENT_RANGE], range.as_str());
    let held = house
        .ask("GET", &format!("{PATH}/past"), None)
        .await
        .is(200);
    assert_eq!(held["layers"][0]["frames"], 610);
    assert!(held["house"]["looked_bytes"].as_u64() > Some(0));
    // Nobody looks for ever.
    house.hall.clock().turn(crate::looking::LONGEST);
    for open in house.room.inner.looking.overdue(house.hall.now().mono) {
        crate::looking::end(&house.room, &open, "time").await;
    }
    house.ask("GET", &video, None).await.is(404);
    let ended = house.acts("camera.looked_back").await;
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0]["ended_by"], "time");
    assert_eq!(ended[0]["sent_bytes"], json!(whole.octets.len() + 200));
    let held = house
        .ask("GET", &format!("{PATH}/past"), None)
        .await
        .is(200);
    assert_eq!(held["house"]["looked_bytes"], 0);
    assert_eq!(held["layers"], json!([]), "what is old is gone as well");
}

/// More than the half of the budget is held for nobody.
async fn full(db: Db) {
    let house = House::new(db).await;
    let channel = house.camera().await;
    let looks = format!("{PATH}/looks");
    house.play(&channel, 50);
    let look = house.ask("POST", &looks, Some(json!({}))).await.is(201);
    let refused = house.ask("POST", &looks, Some(json!({}))).await.is(429);
    assert_eq!(refused["type"], "urn:betang:problem:past-full");
    let id = look["id"].as_str().expect("an id");
    house
        .ask("DELETE", &format!("{looks}/{id}"), None)
        .await
        .is(204);
    house.ask("POST", &looks, Some(json!({}))).await.is(201);
}

/// A clip is kept until its day and no longer; its row stays.
async fn term(db: Db) {
    let mut house = House::new(db).await;
    let channel = house.camera().await;
    let began = house.hall.now().wall.as_us();
    house.play(&channel, 10);
    let before = house.files().len();
    let clips_of = format!("{PATH}/clips");
    let keyed = [("idempotency-key", "sekali")];
    let body = form(began + 2_500_000, began + 4_050_000);
    let save = || house.asked("POST", &clips_of, Some(body.clone()), &keyed);
    let clip = save().await.is(201);
    assert_eq!(clip, save().await.is(201), "asked twice it is saved once");
    assert_eq!(clip["first_us"], json!(began + 2_000_000), "at a key frame");
    assert_eq!(clip["last_us"], json!(began + 4_000_000));
    assert_eq!(clip["frames"], 21);
    let at = format!("/api/v1/clips/{}", clip["id"].as_str().expect("an id"));
    let video = house.ask("GET", &format!("{at}/video"), None).await;
    assert_eq!(Sha256::of(&video.octets).as_str(), clip["sha256"]);
    let manifest = house.ask("GET", &format!("{at}/manifest"), None).await;
    assert_eq!(
        Sha256::of(&manifest.octets).as_str(),
        clip["manifest_sha256"]
    );
    let manifest = manifest.is(200);
    assert_eq!(manifest["sha256"], clip["sha256"]);
    assert_eq!(manifest["pictures"]["count"], 21);
    assert_eq!(manifest["legal"]["retention_days"], 7);
    assert_eq!(house.acts("clip.saved").await.len(), 1);
    assert_eq!(house.acts("clip.taken").await.len(), 1);
    assert_eq!(house.files().len(), before + 1);

    // The same pictures saved once more are the same file, which stays for the later one.
    let mut other = body.clone();
    other["keep_days"] = json!(1);
    let short = house.ask("POST", &clips_of, Some(other)).await.is(201);
    assert_eq!(short["sha256"], clip["sha256"]);
    house.hall.clock().turn(DAY);
    house.log_in().await;
    clips::remove(&house.room).await.expect("removed");
    house.ask("GET", &format!("{at}/video"), None).await.is(200);
    assert_eq!(house.files().len(), before + 1);
    house.hall.clock().turn(DAY * 6);
    house.log_in().await;
    clips::remove(&house.room).await.expect("removed");
    house.ask("GET", &format!("{at}/video"), None).await.is(409);
    let shown = house.ask("GET", &at, None).await.is(200);
    assert_eq!(shown["removed_us"], json!(house.hall.now().wall.as_us()));
    assert_eq!(house.files().len(), before);
    assert_eq!(house.acts("clip.removed").await.len(), 2);
    let list = house.ask("GET", "/api/v1/clips?camera=loket", None).await;
    assert_eq!(list.is(200)["items"].as_array().map(Vec::len), Some(2));
}

/// What a stop in the middle has left is gone after the next start.
async fn stopped(db: Db) {
    let house = House::new(db).await;
    let channel = house.camera().await;
    let began = house.hall.now().wall.as_us();
    house.play(&channel, 4);
    let body = form(began, began + 4_000_000);
    let clip = house
        .ask("POST", &format!("{PATH}/clips"), Some(body))
        .await
        .is(201);
    let id: Id<Clip> = clip["id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .expect("an id");
    // One row whose file has its name already, one whose file was never written, and one
    // that is of the same pictures as one that is kept.
    let half = house.hall.blobs().put(b"half").expect("kept");
    let mut tx = house.hall.db().write().await.expect("a transaction");
    let kept = clip::by_id(&mut tx, id)
        .await
        .expect("asked")
        .expect("a row");
    let never = Sha256::of(b"never written");
    for hash in [half.as_str(), never.as_str(), &kept.sha256] {
        let row = ClipRow {
            id: house.hall.mint(),
            sha256: hash.to_owned(),
            ..kept.clone()
        };
        clip::begin(&mut tx, &row).await.expect("begun");
    }
    tx.commit().await.expect("a commit");
    let before = house.files().len();
    clips::put_right(&house.room).await.expect("put right");
    assert_eq!(house.files().len(), before - 1);
    let mut read = house.hall.db().read().await.expect("a reader");
    assert!(clip::begun(&mut read).await.expect("asked").is_empty());
    let video = format!("/api/v1/clips/{id}/video");
    house.ask("GET", &video, None).await.is(200);
}

store::on_both_engines!(
    what_somebody_looks_back_at_stays_as_it_was_and_ends,
    &[hall::SCHEMA, crate::SCHEMA],
    async |db: Db| looking(db).await
);
store::on_both_engines!(
    no_more_is_held_for_those_who_look_back_than_may_be,
    &[hall::SCHEMA, crate::SCHEMA],
    async |db: Db| full(db).await
);
store::on_both_engines!(
    a_clip_is_kept_until_its_day_and_its_row_for_good,
    &[hall::SCHEMA, crate::SCHEMA],
    async |db: Db| term(db).await
);
store::on_both_engines!(
    what_a_stop_has_left_of_a_clip_is_taken_away,
    &[hall::SCHEMA, crate::SCHEMA],
    async |db: Db| stopped(db).await
);
