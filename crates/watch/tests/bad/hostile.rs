//! Cameras that mean harm: RTSP written by hand, with none of the house's code.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hall::outward::Outward;
use retina::client::{Session as Raw, SessionOptions, SetupOptions};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use url::Url;
use watch::ingest::gate::Gate;
use watch::ingest::session::{Failure, Session, Source, Transport};
use watch_core::supervise::Reason;

use crate::{House, until, within};

/// What a camera sends at most before a test calls it unbounded.
const SENT_MAX: u64 = 1 << 30;

/// What it writes at once.
const CHUNK: usize = 16 * 1024;

/// Two addresses of this machine: the camera's, and one that nobody may be led to.
const CAMERA: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const INSIDE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

const SDP: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n\
    a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:track1\r\n";

/// What a hostile camera says.
#[derive(Clone)]
struct Script {
    /// The answer to `DESCRIBE`, behind the line with its number.
    described: Vec<u8>,
    /// The `Transport` of its answer to `SETUP`.
    transport: String,
    /// What it repeats for as long as it is read: behind which answer, and what.
    flood: Option<(&'static str, Vec<u8>)>,
}

/// A camera that follows a script.
struct Hostile {
    at: SocketAddr,
    sent: Arc<AtomicU64>,
    asked: Arc<Mutex<Vec<String>>>,
    /// Connections that whoever called has closed.
    left: Arc<AtomicU64>,
}

impl Hostile {
    async fn start(script: Script) -> Self {
        let listener = TcpListener::bind((CAMERA, 0)).await.expect("a port");
        let at = listener.local_addr().expect("an address");
        let (sent, left) = <(Arc<AtomicU64>, Arc<AtomicU64>)>::default();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let shared = (Arc::clone(&sent), Arc::clone(&left), Arc::clone(&asked));
        tokio::spawn(async move {
            let mut number = 0;
            while let Ok((stream, _)) = listener.accept().await {
                number += 1;
                let script = script.clone();
                let (sent, left, asked) = shared.clone();
                tokio::spawn(async move {
                    let _ = follow(stream, number, &script, &sent, &asked).await;
                    left.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        Self {
            at,
            sent,
            asked,
            left,
        }
    }

    fn source(&self) -> Source {
        Source {
            url: self.url(),
            credentials: None,
        }
    }

    fn url(&self) -> Url {
        format!("rtsp://{}/main", self.at)
            .parse()
            .expect("an address")
    }

    fn sent(&self) -> u64 {
        self.sent.load(Ordering::SeqCst)
    }

    fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.clone()
    }
}

async fn follow(
    stream: TcpStream,
    number: u64,
    script: &Script,
    sent: &AtomicU64,
    asked: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut first = String::new();
        let mut cseq = String::new();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("CSeq:") {
                value.trim().clone_into(&mut cseq);
            }
            if first.is_empty() {
                line.clone_into(&mut first);
            }
        }
        let verb = first.split(' ').next().unwrap_or_default().to_owned();
        asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(first);
        let body = match verb.as_str() {
            "DESCRIBE" => script.described.clone(),
            "SETUP" => format!(
                "Session: s{number};timeout=60\r\nTransport: {}\r\n\r\n",
                script.transport
            )
            .into_bytes(),
            // It says nothing more on this line, so that whoever insists calls anew.
            "TEARDOWN" => return Ok(()),
            _ => b"Session: s\r\n\r\n".to_vec(),
        };
        if body.starts_with(b"RTSP") {
            let text = String::from_utf8_lossy(&body).replace("%C", &cseq);
            stream.write_all(text.as_bytes()).await?;
        } else {
            let head = format!("RTSP/1.0 200 OK\r\nCSeq: {cseq}\r\n");
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(&body).await?;
        }
        if let Some((behind, piece)) = &script.flood
            && *behind == verb
        {
            let many = piece.repeat(CHUNK / piece.len() + 1);
            while sent.load(Ordering::SeqCst) < SENT_MAX {
                stream.write_all(&many).await?;
                sent.fetch_add(many.len() as u64, Ordering::SeqCst);
            }
            // Enough: whoever still reads has no bound.
            stream.read_u8().await?;
        }
    }
}

fn described(more: &str, sdp: &str) -> Vec<u8> {
    format!(
        "Content-Type: application/sdp\r\n{more}Content-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    )
    .into_bytes()
}

fn script() -> Script {
    Script {
        described: described("", SDP),
        transport: "RTP/AVP/TCP;unicast;interleaved=0-1".to_owned(),
        flood: None,
    }
}

fn gate(networks: &[&str]) -> Gate {
    let networks = networks
        .iter()
        .map(|it| it.parse().expect("a network"))
        .collect();
    Gate::new(Outward::new(networks, "554".parse().expect("ports")))
}

/// What comes of a session that is read until it ends.
async fn played(camera: &Hostile, gate: &Gate) -> Failure {
    let work = async {
        let mut opened = Session::open(&camera.source(), Transport::Tcp, gate).await?;
        loop {
            opened.session.next().await?;
        }
    };
    let ended: Result<std::convert::Infallible, Failure> = within(work).await;
    match ended {
        Ok(never) => match never {},
        Err(failure) => failure,
    }
}

/// A packet within the connection, its payload whatever it is.
fn packet(channel: u8, rtp: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rtp.len()).expect("a packet");
    [&[b'$', channel][..], &length.to_be_bytes(), rtp].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_never_ends_is_ended_before_it_fills_the_memory() {
    let house = House::alone().await;
    let gate = house.gate();
    let header = "Content-Type: application/sdp\r\n";
    for (name, flood, described) in [
        (
            "a body of four gigabytes",
            ("DESCRIBE", b"a=x\r\n".to_vec()),
            format!("{header}Content-Length: 4294967295\r\n\r\n"),
        ),
        (
            "headers without end",
            (
                "DESCRIBE",
                b"X-Padding: aaaaaaaaaaaaaaaaaaaaaaaa\r\n".to_vec(),
            ),
            header.to_owned(),
        ),
    ] {
        let mut script = script();
        script.flood = Some(flood);
        script.described = described.into_bytes();
        let camera = Hostile::start(script).await;
        let failure = played(&camera, &gate).await;
        assert_eq!(failure.reason, Reason::Protocol, "{name}: {failure}");
        assert!(camera.sent() < SENT_MAX, "{name}: {} octets", camera.sent());
    }
}

/// Fragments of one picture that has a beginning and no end (RFC 6184 §5.8), numbered
/// as they have to be.
async fn endless(mut stream: TcpStream, sent: &AtomicU64) -> std::io::Result<()> {
    let mut seq = 0_u16;
    while sent.load(Ordering::SeqCst) < SENT_MAX {
        let mut many = Vec::new();
        while many.len() < CHUNK {
            let start = u8::from(sent.load(Ordering::SeqCst) == 0 && seq == 0) << 7;
            let mut rtp = vec![0x80, 96];
            rtp.extend(seq.to_be_bytes());
            rtp.extend([0, 0, 0, 1, 0, 0, 0, 7, 0x7c, start | 5]);
            rtp.extend([0x5a; 1_300]);
            many.extend(packet(0, &rtp));
            seq = seq.wrapping_add(1);
        }
        stream.write_all(&many).await?;
        sent.fetch_add(many.len() as u64, Ordering::SeqCst);
    }
    stream.read_u8().await.map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_without_an_end_is_ended_and_one_too_large_is_not_kept() {
    let house = House::alone().await;
    let listener = TcpListener::bind((CAMERA, 0)).await.expect("a port");
    let at = listener.local_addr().expect("an address");
    let sent = Arc::<AtomicU64>::default();
    let counted = Arc::clone(&sent);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let script = script();
            let stream = answer_until_play(stream, &script).await?;
            let _ = endless(stream, &counted).await;
        }
        Some(())
    });
    let source = Source {
        url: format!("rtsp://{at}/main").parse().expect("an address"),
        credentials: None,
    };
    let work = async {
        let mut opened = Session::open(&source, Transport::Tcp, &house.gate()).await?;
        loop {
            opened.session.next().await?;
        }
    };
    let ended: Result<std::convert::Infallible, Failure> = within(work).await;
    let Err(failure) = ended;
    assert_eq!(failure.reason, Reason::Protocol, "{failure}");
    let sent = sent.load(Ordering::SeqCst);
    assert!(sent < SENT_MAX, "{sent} octets of one picture");
}

/// Plays the part of a camera up to `PLAY`.
async fn answer_until_play(stream: TcpStream, script: &Script) -> Option<TcpStream> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut text = String::new();
        while !text.ends_with("\r\n\r\n") {
            if stream.read_line(&mut text).await.ok()? == 0 {
                return None;
            }
        }
        let verb = text.split(' ').next()?.to_owned();
        let cseq = text.lines().find_map(|line| line.strip_prefix("CSeq:"))?;
        let body = match verb.as_str() {
            "DESCRIBE" => script.described.clone(),
            "SETUP" => {
                format!("Session: s1\r\nTransport: {}\r\n\r\n", script.transport).into_bytes()
            }
            _ => b"Session: s1\r\n\r\n".to_vec(),
        };
        let head = format!("RTSP/1.0 200 OK\r\nCSeq: {}\r\n", cseq.trim());
        let answer = [head.as_bytes(), &body].concat();
        stream.write_all(&answer).await.ok()?;
        if verb == "PLAY" {
            return Some(stream.into_inner());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_that_says_too_much_of_itself_is_refused() {
    let gate = gate(&["127.0.0.2"]);
    let tracks = |count: usize| {
        let track = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n";
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n{}",
            track.repeat(count)
        )
    };
    let padded = format!(
        "{SDP}{}",
        "a=x-padding:aaaaaaaaaaaaaaaaaaaa\r\n".repeat(100_000)
    );
    for (name, sdp) in [
        ("thousands of tracks", tracks(5_000)),
        ("some tracks too many", tracks(33)),
        ("megabytes", padded),
        (
            "parameter sets of megabytes",
            SDP.replace(
                "packetization-mode=1",
                &format!(
                    "packetization-mode=1;sprop-parameter-sets={}",
                    "Zw==,".repeat(1 << 20)
                ),
            ),
        ),
    ] {
        let mut script = script();
        script.described = described("", &sdp);
        let camera = Hostile::start(script).await;
        let opened = within(Session::open(&camera.source(), Transport::Tcp, &gate)).await;
        let failure = opened.map(drop).expect_err(name);
        assert_eq!(failure.reason, Reason::Protocol, "{name}: {failure}");
        let set_up = camera.asked().iter().any(|line| line.starts_with("SETUP"));
        assert!(!set_up, "{name}: nothing of it was asked for");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_asked_for_is_thrown_away() {
    let house = House::alone().await;
    let gate = house.gate();
    // Frames of channels that nobody asked for, of no length and of the longest.
    let junk = [packet(7, &[]), packet(200, &vec![0; 65_535])].concat();
    let mut script = script();
    script.flood = Some(("PLAY", junk));
    let camera = Hostile::start(script).await;
    let before = crate::resident();
    let playing = async {
        let mut opened = Session::open(&camera.source(), Transport::Tcp, &gate)
            .await
            .expect("it opens");
        let ended: Result<std::convert::Infallible, Failure> = async {
            loop {
                opened.session.next().await?;
            }
        }
        .await;
        let Err(failure) = ended;
        failure
    };
    let enough = until(|| camera.sent() > 256 << 20);
    tokio::select! {
        failure = playing => panic!("{failure}"),
        () = enough => {}
    }
    let grown = crate::resident().saturating_sub(before);
    assert!(grown < 64 << 20, "{grown} octets more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_that_drips_is_given_up_like_a_silent_one() {
    let house = House::open().await;
    let listener = TcpListener::bind((CAMERA, 0)).await.expect("a port");
    let at = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                // A header of which another octet comes whenever the house might lose
                // patience with one that says nothing at all.
                let _ = stream.write_all(b"RTSP/1.0 200 OK\r\nX: ").await;
                loop {
                    if stream.write_all(b"a").await.is_err() {
                        return;
                    }
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
            });
        }
    });
    let url = format!("rtsp://{at}/main").parse().expect("an address");
    let channel = house.pull_from(url);
    let mut reports = channel.reports();
    let told = reports.wait_for(|report| report.truth.reason == Some(Reason::Silent));
    within(told).await.expect("a report");
}

/// Listens where nobody may be led; every request that comes there anyway.
async fn inside() -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind((INSIDE, 0)).await.expect("a port");
    let at = listener.local_addr().expect("an address");
    let came = Arc::<Mutex<Vec<String>>>::default();
    let told = Arc::clone(&came);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut text = String::new();
            let mut stream = BufReader::new(stream);
            while !text.ends_with("\r\n\r\n") {
                if stream.read_line(&mut text).await.unwrap_or(0) == 0 {
                    break;
                }
            }
            told.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(text);
        }
    });
    (at, came)
}

/// The library by itself calls wherever the camera has said that it is: this test has a
/// session of the house first and one of the library behind it, and only the second one
/// arrives.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_a_camera_says_that_it_is_nobody_is_led() {
    let (secret, came) = inside().await;
    let mut script = script();
    let base = format!("Content-Base: rtsp://{secret}/meta/\r\n");
    let sdp = format!("{SDP}a=tool:LIVE555 Streaming Media v2010.01.01\r\n").replace(
        "m=video",
        "a=tool:LIVE555 Streaming Media v2010.01.01\r\nm=video",
    );
    script.described = described(&base, &sdp);
    let camera = Hostile::start(script).await;
    let closed = gate(&["127.0.0.2"]);
    let opened = within(Session::open(&camera.source(), Transport::Tcp, &closed)).await;
    drop(
        opened
            .map_err(|failure| failure.to_string())
            .expect("it opens"),
    );
    // Both of its connections are closed: it asked a second time, to say nothing at the end.
    until(|| camera.left.load(Ordering::SeqCst) == 2).await;

    let raw = within(Raw::describe(camera.url(), SessionOptions::default())).await;
    let mut raw = raw.expect("it answers");
    within(raw.setup(0, SetupOptions::default()))
        .await
        .expect("it is set up");
    drop(raw);
    until(|| {
        !came
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_empty()
    })
    .await;
    let came = came.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(
        came.iter().all(|text| text.contains("Session: s3")),
        "{came:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redirect_is_followed_by_nobody() {
    let (secret, came) = inside().await;
    for status in [301, 302, 303, 305, 307] {
        let mut script = script();
        let answer = format!(
            "RTSP/1.0 {status} Moved\r\nCSeq: %C\r\nLocation: rtsp://{secret}/meta\r\n\r\n"
        );
        script.described = answer.into_bytes();
        let camera = Hostile::start(script).await;
        let gate = gate(&["127.0.0.2"]);
        let opened = within(Session::open(&camera.source(), Transport::Tcp, &gate)).await;
        let failure = opened.map(drop).expect_err("a redirect");
        assert_eq!(failure.reason, Reason::Protocol, "{status}: {failure}");
        assert_eq!(camera.asked().len(), 1, "{status}: asked once, and no more");
    }
    assert!(
        came.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_machine_that_would_send_by_udp_is_listened_to_by_nobody() {
    let elsewhere = "RTP/AVP;unicast;client_port=1-2;source=127.0.0.1;server_port=40000-40001";
    let here = elsewhere.replace("127.0.0.1", "127.0.0.2");
    for (transport, refused) in [(elsewhere.to_owned(), true), (here, false)] {
        let mut script = script();
        script.transport.clone_from(&transport);
        let camera = Hostile::start(script).await;
        let gate = gate(&["127.0.0.2"]);
        let opened = within(Session::open(&camera.source(), Transport::Udp, &gate)).await;
        let reason = opened.map(drop).err().map(|failure| failure.reason);
        assert_eq!(
            reason == Some(Reason::NotAllowed),
            refused,
            "{transport}: {reason:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_connected_to_is_the_address_that_was_judged() {
    let listener = TcpListener::bind((INSIDE, 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let source = |host: &str| Source {
        url: format!("rtsp://{host}:{port}/main")
            .parse()
            .expect("an address"),
        credentials: None,
    };
    // Refused before anything is connected to, whatever it is called.
    let shut = gate(&["127.0.0.2"]);
    for host in [
        "127.0.0.1",
        "localhost",
        "localhost.",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "[::ffff:127.0.0.1]",
        "[::1]",
        "[64:ff9b::7f00:1]",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "0.0.0.0",
    ] {
        let opened = within(Session::open(&source(host), Transport::Tcp, &shut)).await;
        let failure = opened.map(drop).expect_err(host);
        assert_eq!(failure.reason, Reason::NotAllowed, "{host}: {failure}");
    }
    let std = listener.into_std().expect("a listener");
    let nobody = std.accept().map(drop).expect_err("nobody has come");
    assert_eq!(nobody.kind(), std::io::ErrorKind::WouldBlock);
    // A name is looked up once: what is asked is the number, so nothing looks it up again.
    let listener = TcpListener::from_std(std).expect("a listener");
    let open = gate(&["127.0.0.1"]);
    let named = source("localhost");
    let asked = async {
        let (stream, _) = listener.accept().await.expect("a caller");
        let mut line = String::new();
        let read = BufReader::new(stream).read_line(&mut line).await;
        read.map(|_| line)
    };
    let (line, _) =
        within(async { tokio::join!(asked, Session::open(&named, Transport::Tcp, &open)) }).await;
    let line = line.expect("a request");
    assert_eq!(
        line,
        format!("DESCRIBE rtsp://127.0.0.1:{port}/main RTSP/1.0\r\n")
    );
}
