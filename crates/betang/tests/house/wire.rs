//! What is no HTTP, or too much of it, byte by byte.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::running::{House, data, within};

/// Sends bytes and reads until the house closes, or has answered `answers` times.
async fn says(house: &House, bytes: &[u8], answers: usize) -> String {
    let at = house.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(at).await.expect("a connection");
    // A house that has heard enough may close before it has heard all.
    let _ = stream.write_all(bytes).await;
    let mut heard = Vec::new();
    let mut buffer = vec![0; 16 * 1024];
    within(async {
        while let Ok(read @ 1..) = stream.read(&mut buffer).await {
            heard.extend_from_slice(&buffer[..read]);
            let text = String::from_utf8_lossy(&heard);
            if answers > 0 && text.matches("HTTP/1.1 ").count() >= answers {
                return;
            }
        }
    })
    .await;
    String::from_utf8_lossy(&heard).into_owned()
}

fn statuses(said: &str) -> Vec<&str> {
    said.split("HTTP/1.1 ")
        .skip(1)
        .filter_map(|answer| answer.get(..3))
        .collect()
}

#[tokio::test]
async fn what_is_no_http_is_answered_precisely_and_hurts_nobody_else() {
    let (_folder, data) = data();
    let house = House::start(&data);
    let token = house.token().await;
    let head = format!("Host: betang\r\nAuthorization: Bearer {token}\r\n");
    let post =
        format!("POST /api/v1/agencies HTTP/1.1\r\n{head}Content-Type: application/json\r\n");
    let (long, huge) = ("x".repeat(70_000), "x".repeat(1 << 20));
    let many: String = (0..2_000).map(|i| format!("X-{i}: 1\r\n")).collect();
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("another protocol", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec(), "400"),
        ("no request line", b"selamat pagi\r\n\r\n".to_vec(), "400"),
        ("a header without a colon", b"GET /healthz HTTP/1.1\r\nHost betang\r\n\r\n".to_vec(), "400"),
        (
            "a header that is too long",
            format!("GET /healthz HTTP/1.1\r\nHost: betang\r\nCookie: {huge}\r\n\r\n").into_bytes(),
            "431",
        ),
        (
            "too many headers",
            format!("GET /healthz HTTP/1.1\r\nHost: betang\r\n{many}\r\n").into_bytes(),
            "431",
        ),
        (
            "a path that is too long",
            format!("GET /{long} HTTP/1.1\r\nHost: betang\r\n\r\n").into_bytes(),
            "414",
        ),
        (
            "a chunk whose length is no number",
            format!("{post}Transfer-Encoding: chunked\r\n\r\nzz\r\n{{}}\r\n0\r\n\r\n").into_bytes(),
            "400",
        ),
        (
            "a chunk that is longer than it says",
            format!("{post}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}{{}}\r\n0\r\n\r\n").into_bytes(),
            "400",
        ),
        (
            "two lengths that differ",
            format!("{post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}").into_bytes(),
            "400",
        ),
        (
            "a body that is longer than is read",
            format!("{post}Content-Length: 2097152\r\n\r\n{huge}{huge}").into_bytes(),
            "413",
        ),
        (
            "a path that is no text",
            format!("GET /api/v1/cameras/%ff%fe HTTP/1.1\r\n{head}\r\n").into_bytes(),
            "404",
        ),
        (
            "a query that is no text",
            format!("GET /api/v1/cameras?q=%ff%00 HTTP/1.1\r\n{head}\r\n").into_bytes(),
            "422",
        ),
        (
            "a token that is no text",
            b"GET /api/v1/session HTTP/1.1\r\nHost: betang\r\nAuthorization: Bearer \xff\xfe\r\n\r\n".to_vec(),
            "401",
        ),
    ];
    for (what, bytes, status) in cases {
        let said = says(&house, &bytes, 1).await;
        assert_eq!(statuses(&said), [status], "{what}: {said}");
    }
    let well = says(
        &house,
        b"GET /healthz HTTP/1.1\r\nHost: betang\r\nConnection: close\r\n\r\n",
        0,
    )
    .await;
    assert_eq!(statuses(&well), ["200"], "{well}");
}

#[tokio::test]
async fn who_never_ends_a_request_is_let_go() {
    let (_folder, data) = data();
    let house = House::start(&data);
    let ends = async |slow: &str| {
        let said = says(&house, slow.as_bytes(), 0).await;
        let found = statuses(&said);
        assert!(found.is_empty() || found == ["408"], "{slow:?}: {said}");
    };
    tokio::join!(
        ends(""),
        ends("GET /healthz HTT"),
        ends("GET /healthz HTTP/1.1\r\nHost: bet"),
    );
}
