//! Cameras are lent to another system, as that system meets it: over a real connection, from a
//! simulated camera, by programs that this project did not write (ffmpeg, GStreamer).

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use base::redact::Secret;
use hall::Hall;
use hall::clock::Clock;
use hall::config::Config;
use hall::tls::Authority;
use http::header;
use rtsp_types::{Message, Method, Request as Asked, Response, Version};
use serde_json::{Value, json};
use sim::film::{Codec, Script};
use sim::live::camera::Camera;
use sim::live::library::Library;
use sim::live::rtsp::Server;
use sim::picture::Scene;
use store::Db;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::process::Command;
use tower::ServiceExt as _;
use watch::Settings;

const PASSWORD_OF_ALL: &str = "jembatan kahayan";

struct House {
    app: Router,
    room: watch::Room,
    admin: String,
    at: SocketAddr,
    _folder: tempfile::TempDir,
}

/// A loan as whoever is given it knows it.
struct Given {
    id: String,
    username: String,
    secret: String,
}

impl House {
    /// With the cameras `loket` and `gudang`, and an operator of each of two regencies.
    async fn new(db: Db, codec: Codec) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data").display().to_string();
        let clock = Clock::real();
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
        let loopback = ([127, 0, 0, 1], 0).into();
        let settings = Settings {
            media: loopback,
            announce: Vec::new(),
            rtsp: Some(loopback),
        };
        let room = watch::open(&hall, &settings).await.expect("a room");
        let routes = hall::http::routes().merge(room.routes());
        let (router, _) = hall::guard::seal(routes, &hall).expect("every operation is guarded");

        let library = Arc::new(Library::open(&folder.path().join("films")).expect("a library"));
        let script = |width, height, kbps| Script {
            scene: Scene::Road,
            view: 0,
            pictures: 50,
            width,
            height,
            kbps,
            gop: 25,
        };
        let scripts = [script(640, 480, 4_000), script(160, 120, 100)];
        let camera = Camera::new("kamera", scripts, codec, None, true, &library);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let source = listener.local_addr().expect("an address");
        Server::start(listener, vec![camera], clock, hall.tasks(), 1).expect("a camera");

        let mut house = Self {
            app: router.with_state(hall),
            admin: String::new(),
            at: room.rtsp().expect("a port"),
            room,
            _folder: folder,
        };
        house.admin = house.log_in("admin").await;
        for (short, area) in [("loket", "62.71.01"), ("gudang", "62.03")] {
            let form = json!({ "short": short, "name": short, "area": area,
                "main": format!("rtsp://{source}/kamera/main"),
                "sub": format!("rtsp://{source}/kamera/sub") });
            house.post("/api/v1/cameras", form).await;
        }
        for (username, area) in [("ani", "62.71"), ("budi", "62.03")] {
            let body = json!({ "name": username, "username": username,
                "password": PASSWORD_OF_ALL, "grants": [{ "role": "operator", "area": area }] });
            house.post("/api/v1/staff", body).await;
        }
        house
    }

    async fn log_in(&self, username: &str) -> String {
        let body = json!({ "username": username, "password": PASSWORD_OF_ALL });
        let (_, _, cookie) = self.ask("", "POST", "/api/v1/session", Some(body)).await;
        cookie.expect("a cookie")
    }

    async fn ask(
        &self,
        cookie: &str,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value, Option<String>) {
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
        (
            parts.status.as_u16(),
            serde_json::from_slice(&bytes).unwrap_or_default(),
            cookie.map(str::to_owned),
        )
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let (status, body, _) = self.ask(&self.admin, "POST", path, Some(body)).await;
        assert_eq!(status, 201, "{body}");
        body
    }

    async fn lend(&self, cameras: &[&str]) -> Given {
        self.lend_with(cameras, false).await
    }

    async fn lend_with(&self, cameras: &[&str], sound: bool) -> Given {
        let body = json!({ "name": "VMS Dishub", "purpose": "memantau simpang",
            "basis": "Surat 550/12", "cameras": cameras, "sound": sound, "days": 30 });
        let given = self.post("/api/v1/loans", body).await;
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        Given {
            id: text(&given["loan"]["id"]),
            username: text(&given["loan"]["username"]),
            secret: text(&given["secret"]),
        }
    }

    async fn revoke(&self, loan: &Given) {
        let path = format!("/api/v1/loans/{}", loan.id);
        let (status, body, _) = self.ask(&self.admin, "DELETE", &path, None).await;
        assert_eq!(status, 204, "{body}");
    }

    async fn loans(&self, cookie: &str) -> Vec<Value> {
        let (status, mut body, _) = self.ask(cookie, "GET", "/api/v1/loans", None).await;
        assert_eq!(status, 200, "{body}");
        body["items"]
            .as_array_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// What the chain holds of these acts, the newest first.
    async fn acts(&self, verb: &str) -> Vec<Value> {
        let path = format!("/api/v1/audit?limit=100&verb={verb}");
        let (_, mut body, _) = self.ask(&self.admin, "GET", &path, None).await;
        body["items"]
            .as_array_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// Waits until the chain holds so many.
    async fn until_acts(&self, verb: &str, count: usize) -> Vec<Value> {
        within(async {
            loop {
                let acts = self.acts(verb).await;
                if acts.len() >= count {
                    return acts;
                }
                tokio::task::yield_now().await;
            }
        })
        .await
    }

    fn address(&self, loan: &Given, path: &str) -> String {
        format!(
            "rtsp://{}:{}@{}/{path}",
            loan.username, loan.secret, self.at
        )
    }
}

/// A guard against hanging; nothing waits for it to pass.
async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(120), work)
        .await
        .expect("it comes to an end")
}

/// Runs a program to its end: whether it is content, and what it has said.
async fn run(program: &str, args: &[&str]) -> (bool, String) {
    let done = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let done = within(done).await.expect("a program");
    let said = [done.stdout, done.stderr].concat();
    (
        done.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

/// A peer that says what a test has it say, read by a library.
struct Peer {
    stream: TcpStream,
    inbox: Vec<u8>,
    number: u32,
    base: String,
    challenge: Option<String>,
    session: Option<String>,
}

impl Peer {
    async fn new(house: &House, camera: &str) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        // So little that a peer that does not read is one soon.
        socket.set_recv_buffer_size(8 * 1024).expect("a buffer");
        Self {
            stream: socket.connect(house.at).await.expect("a connection"),
            inbox: Vec::new(),
            number: 0,
            base: format!("rtsp://{}/{camera}", house.at),
            challenge: None,
            session: None,
        }
    }

    /// The next message, whatever it is; none at the end.
    async fn next(&mut self) -> Option<Message<Vec<u8>>> {
        within(async {
            loop {
                if let Ok((message, taken)) = Message::<Vec<u8>>::parse(&self.inbox) {
                    self.inbox.drain(..taken);
                    return Some(message);
                }
                match self.stream.read_buf(&mut self.inbox).await {
                    Ok(0) | Err(_) => return None,
                    Ok(_) => {}
                }
            }
        })
        .await
    }

    async fn ask(&mut self, method: Method, path: &str, loan: Option<&Given>) -> Response<Vec<u8>> {
        self.number += 1;
        let url = format!("{}{path}", self.base);
        let mut request = Asked::builder(method.clone(), Version::V1_0)
            .request_uri(url::Url::parse(&url).expect("an address"))
            .header(rtsp_types::headers::CSEQ, self.number.to_string());
        if method == Method::Setup {
            let way = "RTP/AVP/TCP;unicast;interleaved=0-1";
            request = request.header(rtsp_types::headers::TRANSPORT, way);
        }
        if let Some(session) = &self.session {
            request = request.header(rtsp_types::headers::SESSION, session.as_str());
        }
        if let (Some(loan), Some(challenge)) = (loan, &self.challenge) {
            let mut client = http_auth::PasswordClient::try_from(challenge.as_str())
                .expect("a challenge that others read");
            let word: &str = (&method).into();
            let proof = client.respond(&http_auth::PasswordParams {
                username: &loan.username,
                password: &loan.secret,
                uri: &url,
                method: word,
                body: None,
            });
            let proof = proof.expect("a proof");
            request = request.header(rtsp_types::headers::AUTHORIZATION, proof);
        }
        let mut octets = Vec::new();
        Message::from(request.empty())
            .write(&mut octets)
            .expect("a request");
        self.stream.write_all(&octets).await.expect("a connection");
        loop {
            match self.next().await.expect("an answer") {
                Message::Response(answer) => {
                    let header = |name| answer.header(&name).map(|it| it.as_str().to_owned());
                    if let Some(challenge) = header(rtsp_types::headers::WWW_AUTHENTICATE) {
                        self.challenge = Some(challenge);
                    }
                    if let Some(session) = header(rtsp_types::headers::SESSION) {
                        self.session = session.split(';').next().map(str::to_owned);
                    }
                    return answer;
                }
                Message::Data(_) => {}
                Message::Request(_) => panic!("the house asks nothing"),
            }
        }
    }

    async fn status(&mut self, method: Method, path: &str, loan: Option<&Given>) -> u16 {
        self.ask(method, path, loan).await.status().into()
    }

    /// Plays the camera.
    async fn play(&mut self, loan: &Given) {
        assert_eq!(self.status(Method::Describe, "", None).await, 401);
        assert_eq!(self.status(Method::Describe, "", Some(loan)).await, 200);
        let setup = self.status(Method::Setup, "/main/track1", Some(loan)).await;
        assert_eq!(setup, 200);
        assert_eq!(self.status(Method::Play, "/main/", Some(loan)).await, 200);
    }
}

async fn database() -> (Db, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("betang.sqlite");
    let db = Db::open(&store::Place::Sqlite { path })
        .await
        .expect("a database");
    db.migrate(&[hall::SCHEMA, watch::SCHEMA], base::now::Wall::from_us(0))
        .await
        .expect("migrated");
    (db, folder)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_decode_what_is_lent_in_both_qualities_and_both_codecs() {
    for (codec, name) in [(Codec::H264, "h264"), (Codec::H265, "hevc")] {
        let (db, _kept) = database().await;
        let house = House::new(db, codec).await;
        let loan = house.lend(&["loket"]).await;
        // UDP is what it asks for first when nobody has told it otherwise.
        for (path, by_tcp) in [
            ("loket", true),
            ("loket/sub", false),
            ("loket?layer=sub", true),
        ] {
            let address = house.address(&loan, path);
            let way: &[&str] = if by_tcp {
                &["-rtsp_transport", "tcp"]
            } else {
                &[]
            };
            let what = ["-i", &address, "-frames:v", "20", "-f", "null", "-"];
            let args = [&["-v", "error"], way, &what].concat();
            let (content, said) = run("ffmpeg", &args).await;
            assert!(content, "{name} {path}: {said}");
        }
        let address = house.address(&loan, "loket");
        let args = [
            "-v",
            "error",
            "-rtsp_transport",
            "tcp",
            "-show_entries",
            "stream=codec_name",
            "-of",
            "csv=p=0",
            &address,
        ];
        let (content, said) = run("ffprobe", &args).await;
        assert!(content && said.contains(name), "{said}");
        let ended = house.until_acts("camera.watched", 4).await;
        assert!(
            ended.iter().all(|it| it["via"] == json!(loan.id)),
            "{ended:?}"
        );
        assert!(
            ended
                .iter()
                .all(|it| it["detail"]["sent_bytes"].as_i64() > Some(1_000))
        );
        assert_eq!(
            house.acts("loan.used").await.len(),
            1,
            "the first time only"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gstreamer_takes_it_too() {
    let (db, _kept) = database().await;
    let house = House::new(db, Codec::H264).await;
    let loan = house.lend(&["loket"]).await;
    let location = format!("location=rtsp://{}/loket", house.at);
    let user = format!("user-id={}", loan.username);
    let secret = format!("user-pw={}", loan.secret);
    let args = [
        "-q",
        "rtspsrc",
        &location,
        &user,
        &secret,
        "!",
        "rtph264depay",
        "!",
        "h264parse",
        "!",
        "fakesink",
        "num-buffers=20",
    ];
    let (content, said) = run("gst-launch-1.0", &args).await;
    assert!(content, "{said}");
    house.until_acts("camera.watched", 1).await;
}

async fn refused(db: Db) {
    let house = House::new(db, Codec::H264).await;
    let loan = house.lend(&["loket"]).await;
    let wrong = Given {
        id: loan.id.clone(),
        username: loan.username.clone(),
        secret: "0000000000000000".to_owned(),
    };
    let mut peer = Peer::new(&house, "loket").await;
    assert_eq!(peer.status(Method::Options, "", None).await, 200);
    assert_eq!(peer.status(Method::Describe, "", None).await, 401);
    for _ in 0..3 {
        assert_eq!(peer.status(Method::Describe, "", Some(&wrong)).await, 401);
    }
    assert!(peer.next().await.is_none(), "and then it is hung up on");
    // A camera that is not lent and one that is not there are alike.
    for camera in ["gudang", "entah"] {
        let mut peer = Peer::new(&house, camera).await;
        assert_eq!(peer.status(Method::Describe, "", None).await, 401);
        assert_eq!(peer.status(Method::Describe, "", Some(&loan)).await, 404);
        assert_eq!(peer.status(Method::Play, "", Some(&loan)).await, 455);
    }
    let (content, _) = run(
        "ffmpeg",
        &[
            "-v",
            "error",
            "-i",
            &house.address(&wrong, "loket"),
            "-frames:v",
            "1",
            "-f",
            "null",
            "-",
        ],
    )
    .await;
    assert!(!content);
    assert!(house.acts("camera.watch").await.is_empty());
    assert!(house.acts("loan.used").await.is_empty());
}

async fn revoked(db: Db) {
    let house = House::new(db, Codec::H264).await;
    let (loan, other) = (house.lend(&["loket"]).await, house.lend(&["loket"]).await);
    let mut peer = Peer::new(&house, "loket").await;
    peer.play(&loan).await;
    let mut stays = Peer::new(&house, "loket").await;
    stays.play(&other).await;
    assert!(matches!(peer.next().await, Some(Message::Data(_))));
    let taking: Vec<_> = house
        .loans(&house.admin)
        .await
        .iter()
        .map(|it| it["taking"].clone())
        .collect();
    assert_eq!(taking, [json!(1), json!(1)]);

    house.revoke(&loan).await;
    while peer.next().await.is_some() {}
    let ended = house.until_acts("camera.watched", 1).await;
    assert_eq!(ended[0]["via"], json!(loan.id));
    assert!(
        matches!(stays.next().await, Some(Message::Data(_))),
        "others see on"
    );
    let mut again = Peer::new(&house, "loket").await;
    assert_eq!(again.status(Method::Describe, "", None).await, 401);
    assert_eq!(again.status(Method::Describe, "", Some(&loan)).await, 401);
    assert_eq!(house.acts("loan.revoked").await.len(), 1);

    // The camera goes, and with it whoever takes it.
    let (status, ..) = house
        .ask(&house.admin, "DELETE", "/api/v1/cameras/loket", None)
        .await;
    assert_eq!(status, 204);
    while stays.next().await.is_some() {}
    house.until_acts("camera.watched", 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_slowly_misses_pictures_and_goes_on_at_a_key_frame() {
    let (db, _kept) = database().await;
    let house = House::new(db, Codec::H264).await;
    let loan = house.lend(&["loket"]).await;
    let mut peer = Peer::new(&house, "loket").await;
    peer.play(&loan).await;
    // Nothing is read until more has come than the kernel holds for it, and then until the
    // group of pictures in which it stands is gone.
    let channels = house.room.hub().all();
    let channel = channels.iter().find(|it| it.ring().end() > 0);
    let channel = channel.expect("it plays");
    let look = || {
        let ring = channel.ring();
        let newest = ring.newest().map(|frame| frame.size().as_u64());
        (ring.end(), newest.unwrap_or_default())
    };
    within(async {
        let (mut seen, mut octets) = (look().0, 0);
        while octets < 640 * 1024 {
            let (end, newest) = look();
            octets += if end > seen { newest } else { 0 };
            seen = end;
            tokio::task::yield_now().await;
        }
        while look().0 < seen + 75 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let mut last = None;
    for _ in 0..2_000 {
        let Some(Message::Data(data)) = peer.next().await else {
            panic!("it is not let go for being slow");
        };
        if data.channel_id() == 0 {
            let octets = data.as_slice();
            let number = u16::from_be_bytes([octets[2], octets[3]]);
            if let Some(last) = last {
                assert_eq!(
                    number.wrapping_sub(last),
                    1,
                    "numbers follow whatever is left out"
                );
            }
            last = Some(number);
        }
    }
    peer.ask(Method::Teardown, "/main/", Some(&loan)).await;
    let ended = house.until_acts("camera.watched", 1).await;
    let lost = ended[0]["detail"]["lost_frames"].as_i64();
    assert!(lost > Some(0), "{ended:?}");
}

async fn seen(db: Db) {
    let house = House::new(db, Codec::H264).await;
    let both = house.lend(&["loket", "gudang"]).await;
    let (ani, budi) = (house.log_in("ani").await, house.log_in("budi").await);
    let body =
        |camera: &str| Some(json!({ "name": "NVR", "purpose": "rapat", "cameras": [camera] }));
    let (status, ..) = house
        .ask(&ani, "POST", "/api/v1/loans", body("gudang"))
        .await;
    assert_eq!(status, 404);
    let (status, own, _) = house
        .ask(&ani, "POST", "/api/v1/loans", body("loket"))
        .await;
    assert_eq!(status, 201, "{own}");
    let ids = |rows: Vec<Value>| rows.iter().map(|it| it["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(house.loans(&budi).await), [json!(both.id)]);
    let seen = house.loans(&ani).await;
    assert_eq!(seen[1]["others"], json!(1), "{seen:?}");
    assert_eq!(seen[1]["cameras"].as_array().map(Vec::len), Some(1));
    assert_eq!(seen[1]["purpose"], json!("memantau simpang"), "{seen:?}");
    assert_eq!(seen[1]["basis"], json!("Surat 550/12"), "{seen:?}");
    assert_eq!(seen[0]["basis"], Value::Null, "{seen:?}");
    assert!(
        !format!("{seen:?}").contains(&both.secret),
        "it is shown once"
    );
    let path = format!(
        "/api/v1/loans/{}",
        own["loan"]["id"].as_str().expect("text")
    );
    let (status, ..) = house.ask(&budi, "DELETE", &path, None).await;
    assert_eq!(status, 404);
    for wrong in [
        json!({ "name": "NVR", "purpose": "rapat", "cameras": [] }),
        json!({ "name": "NVR", "purpose": "rapat", "cameras": ["loket"], "days": 367 }),
        json!({ "name": " ", "purpose": "rapat", "cameras": ["loket"] }),
        json!({ "name": "NVR", "purpose": " ", "cameras": ["loket"] }),
    ] {
        let (status, body, _) = house.ask(&ani, "POST", "/api/v1/loans", Some(wrong)).await;
        assert_eq!(status, 422, "{body}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_encrypts_takes_it_by_the_same_port_from_a_house_that_he_can_prove() {
    let (db, kept) = database().await;
    let house = House::new(db, Codec::H264).await;
    let authority = Authority::open(kept.path()).expect("an authority");
    let names = ["127.0.0.1".to_owned()];
    let now = Clock::real().now().wall;
    house
        .room
        .encrypt(authority.serve(&names, now).expect("a certificate"));
    let trusted = kept.path().join("ca/ca.pem").display().to_string();
    let stranger = tempfile::tempdir().expect("a folder");
    Authority::open(stranger.path()).expect("another authority");
    let other = stranger.path().join("ca/ca.pem").display().to_string();
    let loan = house.lend(&["loket"]).await;
    let plain = house.address(&loan, "loket");
    let encrypted = plain.replace("rtsp://", "rtsps://");
    // ffmpeg takes by it and proves nothing; openssl proves and takes nothing.
    for address in [&encrypted, &plain] {
        let args = [
            "-v",
            "error",
            "-rtsp_transport",
            "tcp",
            "-i",
            address,
            "-frames:v",
            "20",
            "-f",
            "null",
            "-",
        ];
        let (content, said) = run("ffmpeg", &args).await;
        assert!(content, "{address}: {said}");
    }
    let at = house.at.to_string();
    let proves = async |authority: &str| {
        let args = [
            "s_client",
            "-connect",
            &at,
            "-verify_ip",
            "127.0.0.1",
            "-verify_return_error",
            "-brief",
            "-CAfile",
            authority,
        ];
        run("openssl", &args).await
    };
    let (content, said) = proves(&trusted).await;
    assert!(content && said.contains("Verification: OK"), "{said}");
    let (content, said) = proves(&other).await;
    assert!(!content, "a stranger's word counts: {said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sound_is_lent_where_the_loan_says_so_and_the_camera_may_be_heard() {
    let (db, _kept) = database().await;
    let house = House::new(db, Codec::H264).await;
    let mute = house.lend_with(&["loket"], true).await;
    let kinds = async |loan: &Given| {
        let address = house.address(loan, "loket");
        let args = [
            "-v",
            "error",
            "-rtsp_transport",
            "tcp",
            "-show_entries",
            "stream=codec_type",
            "-of",
            "csv=p=0",
            &address,
        ];
        let (content, said) = run("ffprobe", &args).await;
        assert!(content, "{said}");
        said.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(kinds(&mute).await, ["video"], "nobody may hear this camera");

    let sound = json!({ "sound": { "on": true, "purpose": "keselamatan loket",
        "basis": "SK 12/2026" } });
    let path = "/api/v1/cameras/loket";
    let (status, body, _) = house.ask(&house.admin, "PATCH", path, Some(sound)).await;
    assert_eq!(status, 200, "{body}");
    let (heard, seen) = (mute, house.lend(&["loket"]).await);
    assert_eq!(kinds(&heard).await, ["video", "audio"]);
    assert_eq!(kinds(&seen).await, ["video"]);
    let address = house.address(&heard, "loket");
    let args = [
        "-v",
        "error",
        "-rtsp_transport",
        "tcp",
        "-i",
        &address,
        "-map",
        "0:a:0",
        "-frames:a",
        "20",
        "-f",
        "null",
        "-",
    ];
    let (content, said) = run("ffmpeg", &args).await;
    assert!(content, "{said}");
}

macro_rules! on_both {
    ($($name:ident: $check:ident;)+) => {$(
        store::on_both_engines!($name, &[hall::SCHEMA, watch::SCHEMA], async |db: Db| $check(db).await);
    )+};
}

on_both! {
    who_shows_no_secret_or_a_wrong_one_sees_nothing: refused;
    a_loan_that_is_revoked_ends_what_is_taken_by_it_at_once: revoked;
    whoever_may_lend_a_camera_sees_its_loans_and_nobody_else_does: seen;
}
