//! A camera that plays a script, and the house's session with it, over one
//! connection of the loopback interface.

use std::time::Duration;

use base::redact::Secret;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use watch::ingest::session::{Heard, Opened, Session, Source, Transport};

/// A script is read in less than a millisecond: whoever takes so long hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where an answer is to have the number of its request.
const NUMBER: &[u8] = b"%C";

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
}

/// Opens a session with a camera that gives its answers and then goes; every frame that the house hears is handed on.
pub(crate) fn play(answers: &[Vec<u8>], hear: impl FnMut(i64, &[u8])) {
    RUNTIME.with(|runtime| {
        runtime.block_on(async {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
            let at = listener.local_addr().expect("an address");
            let both = async { tokio::join!(camera(listener, answers), house(at.port(), hear)) };
            tokio::time::timeout(PATIENCE, both)
                .await
                .expect("a session with a camera that is gone ends");
        });
    });
}

async fn house(port: u16, mut hear: impl FnMut(i64, &[u8])) {
    let source = Source {
        url: format!("rtsp://127.0.0.1:{port}/main")
            .parse()
            .expect("an address"),
        credentials: Some(("op".to_owned(), Secret::new("rahasia".to_owned()))),
    };
    let gate = watch::doors::gate_to_loopback();
    let Ok(Opened { mut session, .. }) = Session::open(&source, Transport::Tcp, &gate).await else {
        return;
    };
    while let Ok(heard) = session.next().await {
        if let Heard::Frame { rtp, unit, .. } = heard {
            hear(rtp, &unit);
        }
    }
}

async fn camera(listener: TcpListener, answers: &[Vec<u8>]) {
    let Ok((mut stream, _)) = listener.accept().await else {
        return;
    };
    drop(listener);
    let _ = stream.set_nodelay(true);
    // All answers at once, each with the number of the request to come: a camera that
    // waited for one would wait for good where the house waits for the rest of a body.
    let Some(first) = request(&mut stream).await else {
        return;
    };
    for (i, answer) in (0..).zip(answers) {
        let answer = numbered(answer, &(first + i).to_string());
        if stream.write_all(&answer).await.is_err() {
            return;
        }
    }
    let _ = stream.shutdown().await;
    // What the house still says is read, so that closing loses nothing of ours.
    let mut rest = [0; 1024];
    while matches!(stream.read(&mut rest).await, Ok(1..)) {}
}

/// Reads a request to its blank line: its number.
async fn request(stream: &mut TcpStream) -> Option<u32> {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n") {
        text.push(stream.read_u8().await.ok()?);
    }
    let text = String::from_utf8_lossy(&text).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("CSeq:"))?;
    line.trim().parse().ok()
}

fn numbered(answer: &[u8], number: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(answer.len() + 8);
    let mut rest = answer;
    while let Some((first, tail)) = rest.split_first() {
        if rest.starts_with(NUMBER) {
            out.extend_from_slice(number.as_bytes());
            rest = &rest[NUMBER.len()..];
        } else {
            out.push(*first);
            rest = tail;
        }
    }
    out
}
