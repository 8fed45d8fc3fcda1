//! Publishers on a bad day, and such as mean harm.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use base::redact::Secret;
use hall::outward::{Outward, Ports};
use watch::ingest::gate::Gate;
use watch::ingest::pull::Seen;
use watch::ingest::session::{Failure, Heard, Session, Source, Transport};
use watch_core::supervise::Reason;

use crate::publisher::{Answer, H264, MP4, Publisher, TS, answered, run};
use crate::{source, within};

const HEAD: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:7\n";

fn gate() -> Gate {
    let network = "127.0.0.0/8".parse().expect("a network");
    Gate::new(Outward::new(vec![network], Ports::default()))
}

/// Three pieces of a second each, `a0` to `a2`, and the head of those of MP4.
async fn pieces(publisher: &Publisher, encoder: &[&str], kind: &[&str], name: &str) {
    let mut args = vec![
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        "testsrc=size=320x240:rate=25",
        "-t",
        "3",
    ];
    args.extend_from_slice(encoder);
    args.extend_from_slice(&["-f", "hls", "-hls_time", "1", "-hls_list_size", "0"]);
    args.extend_from_slice(kind);
    let list = format!("{name}.m3u8");
    args.push(&list);
    run("ffmpeg", &args, publisher.folder.path()).await;
    std::fs::remove_file(publisher.folder.path().join(list)).expect("its list");
}

/// Plays until it ends: how many pictures came, and why it ended.
async fn plays(source: &Source, gate: &Gate) -> (u32, Failure) {
    let mut pictures = 0;
    let ended = within(async {
        let mut opened = match Session::open(source, Transport::Tcp, gate).await {
            Ok(opened) => opened,
            Err(failed) => return failed,
        };
        loop {
            match opened.session.next().await {
                Ok(Heard::Frame { .. }) => pictures += 1,
                Ok(_) => {}
                Err(failed) => return failed,
            }
        }
    });
    let ended = ended.await;
    (pictures, ended)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_live_list_is_named() {
    let publisher = Publisher::start().await;
    pieces(&publisher, &H264, &TS, "a").await;
    let piece = "#EXTINF:1,\na0.ts\n";
    let key = "#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n";
    let long = "#EXTINF:1,\na\n".repeat(30_000);
    for (list, reason, detail) in [
        (
            format!("{HEAD}{piece}#EXT-X-ENDLIST\n"),
            Reason::Stopped,
            "recording",
        ),
        (format!("{HEAD}{key}{piece}"), Reason::Codec, "encrypted"),
        (
            "<html>404</html>".to_owned(),
            Reason::Protocol,
            "no list of pieces",
        ),
        (HEAD.to_owned(), Reason::Stopped, "empty"),
        (format!("{HEAD}{long}"), Reason::Protocol, "more entries"),
        (
            format!("{HEAD}#EXTINF:1,\n{}\n", "x".repeat(3 << 20)),
            Reason::Protocol,
            "larger",
        ),
        (
            format!("{HEAD}#EXTINF:1,\nfile:///etc/passwd\n"),
            Reason::NotAllowed,
            "not HTTP",
        ),
        (
            "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"av01.0.04M.08\"\na.m3u8\n".to_owned(),
            Reason::Codec,
            "h264 or h265",
        ),
        (
            "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlist.m3u8\n".to_owned(),
            Reason::Protocol,
            "leads to another",
        ),
    ] {
        publisher.says("/list.m3u8", "200 OK", &list);
        let (pictures, ended) = plays(&source(publisher.url("/list.m3u8")), &gate()).await;
        assert_eq!((pictures, ended.reason), (0, reason), "{}", ended.detail);
        assert!(ended.detail.contains(detail), "{}", ended.detail);
    }
    for (status, reason) in [
        ("404 Not Found", Reason::NoSuchPath),
        ("403 Forbidden", Reason::WrongPassword),
        ("503 Service Unavailable", Reason::SessionLimit),
        ("500 Oops", Reason::Protocol),
    ] {
        publisher.says("/list.m3u8", status, "");
        let (_, ended) = plays(&source(publisher.url("/list.m3u8")), &gate()).await;
        assert_eq!(ended.reason, reason, "{}", ended.detail);
    }
    let compressed = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\nx";
    publisher.answer("/list.m3u8", Answer::Raw(compressed.to_vec()));
    let (_, ended) = plays(&source(publisher.url("/list.m3u8")), &gate()).await;
    assert!(ended.detail.contains("compressed"), "{}", ended.detail);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_stops_is_shown_to_its_end_and_never_again() {
    let publisher = Publisher::start().await;
    pieces(&publisher, &H264, &TS, "a").await;
    let list = format!("{HEAD}#EXTINF:1,\na0.ts\n#EXTINF:1,\na1.ts\n");
    publisher.says("/list.m3u8", "200 OK", &list);
    let (source, gate, seen) = (source(publisher.url("/list.m3u8")), gate(), Seen::default());
    let mut opened = within(Session::open_again(&source, Transport::Tcp, &gate, &seen))
        .await
        .expect("it plays");
    let mut pictures = 0;
    let ended = within(async {
        loop {
            match opened.session.next().await {
                Ok(Heard::Frame { .. }) => pictures += 1,
                Ok(_) => {}
                Err(failed) => return failed,
            }
        }
    });
    assert_eq!(ended.await.reason, Reason::Frozen);
    assert_eq!(pictures, 25, "the newest piece");
    assert!(publisher.count("/list.m3u8") > 3, "it was asked anew");
    assert_eq!(
        publisher.count("/a0.ts"),
        0,
        "what is older than the newest is not asked for"
    );
    // What was shown as live once is not live when it is opened anew.
    let again = within(Session::open_again(&source, Transport::Tcp, &gate, &seen)).await;
    assert_eq!(
        again.err().map(|failed| failed.reason),
        Some(Reason::Frozen)
    );
    publisher.says(
        "/list.m3u8",
        "200 OK",
        &format!("{list}#EXTINF:1,\na2.ts\n"),
    );
    let again = within(Session::open_again(&source, Transport::Tcp, &gate, &seen)).await;
    assert!(again.is_ok(), "it has moved on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_has_stood_for_a_while_is_as_much_older() {
    let publisher = Publisher::start().await;
    pieces(&publisher, &H264, &TS, "a").await;
    let list = format!("{HEAD}#EXTINF:1,\na0.ts\n");
    let source = source(publisher.url("/list.m3u8"));
    // A list that has stood for an hour says nothing of a piece of a second.
    for (modified, least) in [
        ("07:59:57", 3_000),
        ("07:00:00", 1_000),
        ("08:30:00", 1_000),
    ] {
        let head = format!(
            "HTTP/1.1 200 OK\r\ndate: Sun, 01 Mar 2026 08:00:00 GMT\r\n\
             last-modified: Sun, 01 Mar 2026 {modified} GMT\r\ncontent-length: {}\r\n\r\n",
            list.len()
        );
        publisher.answer(
            "/list.m3u8",
            Answer::Raw([head, list.clone()].concat().into_bytes()),
        );
        let gate = gate();
        let opened = within(Session::open(&source, Transport::Tcp, &gate)).await;
        let mut opened = opened.expect("it plays");
        let Ok(Heard::Frame { behind, .. }) = within(opened.session.next()).await else {
            panic!("a picture comes first");
        };
        let behind = behind.expect("it is told").as_millis();
        assert!(behind >= least, "{modified}: {behind} ms");
        assert!(behind < 1_800_000, "{modified}: {behind} ms");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_piece_that_is_missing_is_left_out_and_three_in_a_row_are_the_end() {
    let publisher = Publisher::start().await;
    pieces(&publisher, &H264, &TS, "a").await;
    let first = format!("{HEAD}#EXTINF:1,\na0.ts\n");
    publisher.says("/list.m3u8", "200 OK", &first);
    let source = source(publisher.url("/list.m3u8"));
    let gate = gate();
    let mut opened = within(Session::open(&source, Transport::Tcp, &gate))
        .await
        .expect("it plays");
    let rest = format!("{first}#EXTINF:1,\ngone.ts\n#EXTINF:1,\na2.ts\n#EXT-X-ENDLIST\n");
    publisher.says("/list.m3u8", "200 OK", &rest);
    let mut stamps = Vec::new();
    let ended = within(async {
        loop {
            match opened.session.next().await {
                Ok(Heard::Frame { rtp, .. }) => stamps.push(rtp),
                Ok(_) => {}
                Err(failed) => return failed,
            }
        }
    });
    assert_eq!(
        ended.await.reason,
        Reason::Stopped,
        "it ends as the list says"
    );
    assert_eq!(stamps.len(), 50);
    assert_eq!(
        stamps[25] - stamps[24],
        26 * 3_600,
        "a second is missing between"
    );

    let asked = publisher.count("/gone.ts");
    publisher.says(
        "/list.m3u8",
        "200 OK",
        &format!("{HEAD}#EXTINF:1,\na0.ts\n"),
    );
    let mut opened = within(Session::open(&source, Transport::Tcp, &gate))
        .await
        .expect("it plays");
    publisher.says(
        "/list.m3u8",
        "200 OK",
        &format!(
            "{HEAD}#EXTINF:1,\na0.ts\n{}",
            "#EXTINF:1,\ngone.ts\n".repeat(3)
        ),
    );
    let ended = within(async {
        loop {
            if let Err(failed) = opened.session.next().await {
                return failed;
            }
        }
    });
    assert_eq!(ended.await.reason, Reason::NoSuchPath);
    assert_eq!(publisher.count("/gone.ts"), asked + 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_content_and_endless_files_are_let_go() {
    let publisher = Publisher::start().await;
    let list = format!("{HEAD}#EXTINF:1,\na.ts\n");
    publisher.says("/list.m3u8", "200 OK", &list);
    let source = source(publisher.url("/list.m3u8"));
    let endless = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
    for (answer, detail) in [
        (
            Answer::Raw(answered("200 OK", &[b'<'; 30_000])),
            "neither MPEG-TS",
        ),
        (
            Answer::Raw(answered("200 OK", b"<html></html>")),
            "neither MPEG-TS",
        ),
        (Answer::Raw(answered("200 OK", b"")), "neither MPEG-TS"),
        (Answer::Endless(endless), "larger"),
    ] {
        publisher.answer("/a.ts", answer);
        let (pictures, ended) = plays(&source, &gate()).await;
        assert_eq!(
            (pictures, ended.reason),
            (0, Reason::Protocol),
            "{}",
            ended.detail
        );
        assert!(ended.detail.contains(detail), "{}", ended.detail);
    }
    // A list without an end, and one that begins and stops.
    publisher.answer(
        "/list.m3u8",
        Answer::Endless(b"HTTP/1.1 200 OK\r\n\r\n#EXTM3U\n".to_vec()),
    );
    let (_, ended) = plays(&source, &gate()).await;
    assert!(ended.detail.contains("larger"), "{}", ended.detail);
    publisher.answer(
        "/list.m3u8",
        Answer::Hangs(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec()),
    );
    let (_, ended) = plays(&source, &gate()).await;
    assert_eq!(ended.reason, Reason::Silent, "{}", ended.detail);
    publisher.answer("/list.m3u8", Answer::Raw(b"SSH-2.0-x\r\n\r\n".to_vec()));
    let (_, ended) = plays(&source, &gate()).await;
    assert_eq!(ended.reason, Reason::Protocol, "{}", ended.detail);
}

/// Two addresses of this machine: the publisher's, and one that nobody may be led to.
const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_led_where_the_house_does_not_go() {
    let publisher = Publisher::at(PUBLIC).await;
    let inside = Publisher::start().await;
    let network = "127.0.0.2/32".parse().expect("a network");
    let gate = Gate::new(Outward::new(vec![network], Ports::default()));
    let led = inside.url("/rahasia");
    let list = |address: &str| {
        answered(
            "200 OK",
            format!("{HEAD}#EXTINF:1,\n{address}\n").as_bytes(),
        )
    };
    let away = |to: &str| {
        format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n").into_bytes()
    };
    let variants = format!("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{led}\n");
    let head = format!("{HEAD}#EXT-X-MAP:URI=\"{led}\"\n#EXTINF:1,\na.m4s\n");
    for answer in [
        list(led.as_str()),
        list("http://169.254.169.254/latest/meta-data/"),
        list("http://[::1]:80/a.ts"),
        list("http://2130706433/a.ts"),
        list("http://localhost/a.ts"),
        away(led.as_str()),
        away("http://169.254.169.254/"),
        answered("200 OK", variants.as_bytes()),
        answered("200 OK", head.as_bytes()),
    ] {
        let shown = String::from_utf8_lossy(&answer).into_owned();
        publisher.answer("/list.m3u8", Answer::Raw(answer));
        let (_, ended) = plays(&source(publisher.url("/list.m3u8")), &gate).await;
        assert_eq!(
            ended.reason,
            Reason::NotAllowed,
            "{shown}: {}",
            ended.detail
        );
    }
    assert!(inside.asked().is_empty(), "nobody was asked");
    // Round and round is the end, too.
    publisher.answer("/list.m3u8", Answer::Raw(away("/list.m3u8")));
    let (_, ended) = plays(&source(publisher.url("/list.m3u8")), &gate).await;
    assert_eq!(ended.reason, Reason::Protocol, "{}", ended.detail);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_goes_to_the_place_that_was_typed_and_to_no_other() {
    let (publisher, other) = (Publisher::start().await, Publisher::start().await);
    pieces(&other, &H264, &TS, "a").await;
    let elsewhere = other.url("/a0.ts");
    let list = format!("{HEAD}#EXTINF:1,\n{elsewhere}\n");
    let wants = "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Basic realm=\"k\"\r\ncontent-length: 0\r\n\r\n";
    publisher.answer("/list.m3u8", Answer::Raw(wants.as_bytes().to_vec()));
    let url = publisher.url("/list.m3u8");
    let credentials = Some(("op".to_owned(), Secret::new("rahasia".to_owned())));
    let named = Source {
        url: url.clone(),
        credentials,
    };
    // Nobody is shown anything who does not ask for it; who is not content is not asked on.
    let (_, ended) = plays(&named, &gate()).await;
    assert_eq!(ended.reason, Reason::WrongPassword);
    let asked = publisher.asked();
    let shown: Vec<_> = asked
        .iter()
        .map(|asked| asked.contains("authorization: basic b3a6cmfoyxnpyq=="))
        .collect();
    assert_eq!(shown, [false, true], "{asked:?}");

    // By a proof where one will do, which does not tell the password.
    let wants = "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Basic realm=\"k\"\r\n\
        www-authenticate: Digest realm=\"k\", nonce=\"n\", qop=\"auth\"\r\ncontent-length: 0\r\n\r\n";
    publisher.answer("/list.m3u8", Answer::Raw(wants.as_bytes().to_vec()));
    plays(&named, &gate()).await;
    let asked = publisher.asked();
    assert!(
        asked[3].contains("authorization: digest username=\"op\""),
        "{asked:?}"
    );

    publisher.says("/list.m3u8", "200 OK", &list);
    let gate = gate();
    let mut opened = within(Session::open(&named, Transport::Tcp, &gate))
        .await
        .expect("it plays");
    within(opened.session.next()).await.expect("a picture");
    assert!(
        other
            .asked()
            .iter()
            .all(|asked| !asked.contains("authorization"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn time_that_begins_anew_runs_on_and_another_codec_is_another_session() {
    let publisher = Publisher::start().await;
    pieces(&publisher, &H264, &TS, "a").await;
    pieces(&publisher, &crate::publisher::H265, &MP4, "b").await;
    let first = format!("{HEAD}#EXTINF:1,\na1.ts\n");
    publisher.says("/list.m3u8", "200 OK", &first);
    let (source, gate) = (source(publisher.url("/list.m3u8")), gate());
    let mut opened = within(Session::open(&source, Transport::Tcp, &gate))
        .await
        .expect("it plays");
    // Back to the beginning, and then pictures of another kind.
    let rest = format!(
        "{first}#EXT-X-DISCONTINUITY\n#EXTINF:1,\na0.ts\n\
        #EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:1,\nb0.m4s\n"
    );
    publisher.says("/list.m3u8", "200 OK", &rest);
    let mut stamps = Vec::new();
    let ended = within(async {
        loop {
            match opened.session.next().await {
                Ok(Heard::Frame { rtp, .. }) => stamps.push(rtp),
                Ok(_) => {}
                Err(failed) => return failed,
            }
        }
    });
    let ended = ended.await;
    assert_eq!(ended.reason, Reason::Stopped, "{}", ended.detail);
    assert!(ended.detail.contains("h265"), "{}", ended.detail);
    assert_eq!(stamps.len(), 50);
    assert!(
        stamps.windows(2).all(|pair| pair[1] - pair[0] == 3_600),
        "{stamps:?}"
    );
    let opened = within(Session::open(&source, Transport::Tcp, &gate))
        .await
        .expect("it plays");
    assert_eq!(opened.video.codec, "h265");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_nobody_vouches_for_is_not_believed() {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let key = made.signing_key.serialize_der().try_into().expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a certificate");
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .expect("a port");
    let at = listener.local_addr().expect("an address");
    let met = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a caller");
        acceptor.accept(stream).await.is_ok()
    });
    let url = format!("https://{at}/list.m3u8")
        .parse()
        .expect("an address");
    let (_, ended) = plays(&source(url), &gate()).await;
    assert_eq!(ended.reason, Reason::Protocol);
    assert!(ended.detail.contains("certificate"), "{}", ended.detail);
    assert!(!met.await.expect("met"), "nothing was said to it");
}
