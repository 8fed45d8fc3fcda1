//! A box's end of a test of speed (ndt7), and what came of it.
//!
//! What happens next says [`sync::speed`], as it does at the house. The test goes to the
//! house that the box belongs to, by a connection of its own beside the line: the same
//! port, the same certificates. Whoever else gives such a test can be asked too, so that
//! this end can be held against servers that others have written.
//!
//! What comes is counted and dropped as it comes ([`frames`]): a message of 2²⁴ octets
//! takes no more memory than the buffer that it is read into.

pub mod frames;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use aws_lc_rs::rand;
use base::now::{Mono, Now};
use bytes::Bytes;
use http::{Method, Request, Response, header};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::upgrade::{self, Upgraded};
use hyper_util::rt::TokioIo;
use sync::speed::{
    Direction, End, Limits, OVER, PROTOCOL, Part, RUN, Said, TOLD_TIMES_MAX, Test, Turn,
    measurement, read,
};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::dial::DialError;
use super::identity::{Identity, IdentityError, Key};
use super::meter::Meter;
use super::upkeep::Hands;
use crate::ca::DOOR;
use crate::clock::Clock;
use frames::{Piece, Reader, Sort};

/// One way of a test takes no longer than this, connecting included.
pub const WAY_MAX: Duration = Duration::from_secs(20);

/// Octets that are read at once, and of which what is sent is made again and again: TLS
/// lies over them, so nobody on the way can make them smaller.
const BUFFER: usize = 64 * 1024;

/// So long the last that is on its way is waited for once the end was said.
const GOODBYE_MAX: Duration = Duration::from_secs(2);

/// What one end has seen of one way of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Course {
    /// Why it ended.
    pub end: End,
    /// Octets of messages that this end has read or written.
    pub octets: u64,
    /// Until the last of them was, in microseconds from its beginning.
    pub us: u64,
    /// What the other end has said last.
    pub said: Option<Said>,
}

/// Why there is no test.
#[derive(Debug, thiserror::Error)]
pub enum NoTest {
    /// Nobody was reached.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// Who the box is cannot be read.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// Who was reached has no room now.
    #[error("the house has no room for a test now")]
    Busy(
        /// So long to stay away, as it says.
        Option<Duration>,
    ),
    /// Who was reached does not know how.
    #[error("whoever was reached gives no such test: {0}")]
    Unsupported(u16),
    /// What was answered is none of it.
    #[error("no test was begun: {0}")]
    Broken(String),
}

/// Measures at the house that the box belongs to.
#[derive(Debug, Clone)]
pub struct Gauge {
    /// The box's folder.
    pub folder: PathBuf,
    /// By which address the line has found the house.
    pub hands: Hands,
    /// Where time comes from.
    pub clock: Clock,
}

impl Gauge {
    /// One way of a test, within limits; what it has cost goes to `meter`.
    ///
    /// # Errors
    /// [`NoTest`], and nothing was measured.
    pub async fn measure(
        &self,
        direction: Direction,
        limits: Limits,
        meter: &Meter,
    ) -> Result<Course, NoTest> {
        let measured = async {
            // Read anew: the line may have renewed the certificate.
            let identity = Identity::read(&self.folder)?.ok_or_else(|| {
                DialError::Papers("this box has not been let in anywhere".to_owned())
            })?;
            let papers = identity.papers(&Key::open(&self.folder)?)?;
            let way = self.hands.way.borrow().clone();
            let mut way = match way {
                Some(way) => way,
                None => identity.way()?,
            };
            way.meter = meter.clone();
            let line = way.connect(Some(&papers)).await?;
            measure(line.stream, DOOR, direction, limits, &self.clock).await
        };
        match tokio::time::timeout(WAY_MAX, measured).await {
            Ok(measured) => measured,
            Err(_) => Err(DialError::TimedOut.into()),
        }
    }
}

/// One way of a test, over a connection that stands, with a host of that name.
///
/// # Errors
/// [`NoTest`], and nothing was measured.
pub async fn measure<S>(
    stream: S,
    host: &str,
    direction: Direction,
    limits: Limits,
    clock: &Clock,
) -> Result<Course, NoTest>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let upgraded = begin(stream, host, direction).await?;
    let run = Run::new(direction, limits, clock)?;
    Ok(run.course(TokioIo::new(upgraded)).await)
}

fn broken(error: impl std::fmt::Display) -> NoTest {
    NoTest::Broken(error.to_string())
}

/// Asks for the WebSocket of a test.
async fn begin<S>(stream: S, host: &str, direction: Direction) -> Result<Upgraded, NoTest>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let key = generate_key();
    let request = Request::builder()
        .method(Method::GET)
        .uri(format!("/ndt/v7/{}", direction.as_str()))
        .header(header::HOST, host)
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_VERSION, "13")
        .header(header::SEC_WEBSOCKET_KEY, &key)
        .header(header::SEC_WEBSOCKET_PROTOCOL, PROTOCOL)
        .body(Empty::<Bytes>::new())
        .map_err(broken)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let asked = async {
        let answer = sender.send_request(request).await.map_err(broken)?;
        admitted(&answer, &key)?;
        upgrade::on(answer).await.map_err(broken)
    };
    let mut asked = pin!(asked);
    // The connection has to be driven while the answer is waited for, and hands the
    // stream over when it is done.
    tokio::select! {
        biased;
        done = &mut asked => return done,
        _ = connection.with_upgrades() => {}
    }
    asked.await
}

/// Whether what was answered begins a test.
fn admitted(answer: &Response<Incoming>, key: &str) -> Result<(), NoTest> {
    let said = |name| {
        let value: Option<&http::HeaderValue> = answer.headers().get(name);
        value.and_then(|value| value.to_str().ok())
    };
    match answer.status().as_u16() {
        101 => {}
        429 | 503 => {
            let seconds = said(header::RETRY_AFTER).and_then(|text| text.parse().ok());
            return Err(NoTest::Busy(seconds.map(Duration::from_secs)));
        }
        other @ (404 | 405 | 501) => return Err(NoTest::Unsupported(other)),
        other => return Err(broken(format!("status {other}"))),
    }
    if said(header::SEC_WEBSOCKET_ACCEPT) != Some(derive_accept_key(key.as_bytes()).as_str()) {
        return Err(broken("the answer is to another question"));
    }
    if said(header::SEC_WEBSOCKET_PROTOCOL) != Some(PROTOCOL) {
        return Err(broken("another protocol was chosen"));
    }
    Ok(())
}

/// What is on its way out. A message of octets that only count is made while it leaves.
#[derive(Debug, Default)]
struct Out {
    /// Whole frames, and the head of one, in their order.
    written: VecDeque<u8>,
    /// Octets of the message behind them.
    left: usize,
    /// The message that leaves, when it has left.
    whole: usize,
    /// Frames that may not stand within that message.
    behind: Vec<u8>,
    /// Something may lie in a buffer below.
    unflushed: bool,
}

impl Out {
    fn is_empty(&self) -> bool {
        self.written.is_empty() && self.left == 0
    }
}

/// One way of a test on its way.
struct Run<'c> {
    clock: &'c Clock,
    direction: Direction,
    test: Test,
    reader: Reader,
    out: Out,
    /// What is read into, and what is sent.
    buffer: Vec<u8>,
    noise: Vec<u8>,
    said: Option<Said>,
    heard: u32,
    last: Option<Mono>,
    /// What may still come once the end was said, in octets.
    margin: u64,
    /// The other end has said its last word.
    over: bool,
}

impl<'c> Run<'c> {
    fn new(direction: Direction, limits: Limits, clock: &'c Clock) -> Result<Self, NoTest> {
        let part = match direction {
            Direction::Download => Part::Takes,
            Direction::Upload => Part::Sends,
        };
        let many = match part {
            Part::Sends => BUFFER,
            Part::Takes => 0,
        };
        let mut noise = vec![0; many];
        rand::fill(&mut noise).map_err(|_| broken("the system has no randomness"))?;
        Ok(Self {
            clock,
            direction,
            test: Test::new(clock.now().mono, part, limits),
            reader: Reader::default(),
            out: Out::default(),
            buffer: vec![0; BUFFER],
            noise,
            said: None,
            heard: 0,
            last: None,
            margin: limits.octets / 8,
            over: false,
        })
    }

    fn now(&self) -> Now {
        self.clock.now()
    }

    async fn course<S: AsyncRead + AsyncWrite + Unpin>(mut self, mut stream: S) -> Course {
        let end = self.run(&mut stream).await;
        let now = self.now().mono;
        // One that was ended by its time was going on until then.
        let until = match end {
            End::Time => now,
            _ => self.last.unwrap_or(now),
        };
        let us = u64::try_from(self.test.elapsed(until).as_micros()).unwrap_or(u64::MAX);
        let octets = self.test.octets();
        if !matches!(end, End::Broken) && !self.over {
            self.part_ways(&mut stream, end).await;
        }
        // What was handed to the kernel has not all come: what ended it was its time.
        let arrived = self.said.and_then(|it| it.octets);
        let is_slow = self.direction == Direction::Upload && arrived.is_some_and(|it| it < octets);
        let end = match end {
            End::Cap if is_slow => End::Time,
            end => end,
        };
        Course {
            end,
            octets,
            us,
            said: self.said,
        }
    }

    async fn run<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: &mut S) -> End {
        loop {
            let now = self.now().mono;
            let turn = self.test.turn(now);
            let until = match turn {
                Turn::End(end) => return end,
                // What is on its way out comes first; its time may end meanwhile.
                _ if !self.out.is_empty() => self.test.until(now),
                Turn::Tell => {
                    let said = measurement(self.direction, &self.test, now, None);
                    self.frame(Sort::Text, said.as_bytes());
                    self.test.told(now);
                    continue;
                }
                Turn::Send(size) => {
                    self.message(size);
                    continue;
                }
                Turn::Rest(until) => {
                    // Slowed down by not reading, so TCP tells the other end.
                    tokio::time::sleep(until.since(now)).await;
                    continue;
                }
                Turn::Take(until) => until,
            };
            if let Err(end) = self.step(stream, until.since(now)).await {
                return end;
            }
        }
    }

    /// Reads or writes something, or waits for so long.
    async fn step<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        wait: Duration,
    ) -> Result<(), End> {
        let (mut back, mut forth) = tokio::io::split(stream);
        let out = &self.out;
        let (ready, more) = (out.written.as_slices().0, out.left.min(self.noise.len()));
        let some = if ready.is_empty() {
            &self.noise[..more]
        } else {
            ready
        };
        let leaves = async {
            if some.is_empty() {
                forth.flush().await.map(|()| 0)
            } else {
                forth.write(some).await
            }
        };
        let has_to_leave = !some.is_empty() || out.unflushed;
        let of_message = ready.is_empty();
        // Neither is lost if the other is done first: nothing was taken then.
        let came = tokio::select! {
            came = back.read(&mut self.buffer) => came.map_err(|_| End::Broken)?,
            left = leaves, if has_to_leave => {
                let left = left.map_err(|_| End::Broken)?;
                self.left(left, of_message);
                return Ok(());
            }
            () = tokio::time::sleep(wait) => return Ok(()),
        };
        if came == 0 {
            self.over = true;
            return Err(End::Broken);
        }
        self.take(came)
    }

    /// So many octets have left.
    fn left(&mut self, count: usize, of_message: bool) {
        let out = &mut self.out;
        if count == 0 {
            out.unflushed = false;
            return;
        }
        out.unflushed = true;
        if !of_message {
            out.written.drain(..count);
            return;
        }
        out.left -= count;
        if out.left == 0 {
            let whole = std::mem::take(&mut out.whole);
            out.written.extend(out.behind.drain(..));
            self.test.moved(whole);
            self.last = Some(self.now().mono);
        }
    }

    /// Goes on with what has come.
    fn take(&mut self, came: usize) -> Result<(), End> {
        let mut at = 0;
        while at < came {
            let (taken, piece) = self
                .reader
                .take(&self.buffer[at..came])
                .map_err(|_| End::Broken)?;
            at += taken;
            match piece {
                Some(Piece::Octets(octets)) if self.direction == Direction::Download => {
                    self.test.moved(octets);
                    self.last = Some(self.clock.now().mono);
                }
                Some(Piece::Octets(_)) => return Err(End::Broken),
                Some(Piece::Text(text)) => {
                    self.heard += 1;
                    if self.heard > TOLD_TIMES_MAX {
                        return Err(End::Broken);
                    }
                    match read(&text) {
                        Ok(said) => self.hear(said),
                        Err(error) => tracing::debug!(%error, "the other end of a test of speed"),
                    }
                }
                Some(Piece::Ping(octets)) => self.frame(Sort::Pong, &octets),
                Some(Piece::Close) => {
                    self.over = true;
                    return Err(End::Other);
                }
                None => {}
            }
        }
        Ok(())
    }

    /// What is not said anew stays as it was said.
    fn hear(&mut self, said: Said) {
        let was = self.said.unwrap_or_default();
        let counts = said.octets.is_some() && said.elapsed_us.is_some();
        self.said = Some(Said {
            octets: if counts { said.octets } else { was.octets },
            elapsed_us: if counts {
                said.elapsed_us
            } else {
                was.elapsed_us
            },
            min_rtt_us: said.min_rtt_us.or(was.min_rtt_us),
        });
    }

    fn frame(&mut self, sort: Sort, octets: &[u8]) {
        let frame = frames::whole(sort, octets, mask());
        match self.out.left {
            0 => self.out.written.extend(frame),
            _ => self.out.behind.extend(frame),
        }
    }

    /// Noise that is masked is noise: what leaves is what lies there.
    fn message(&mut self, size: usize) {
        self.out
            .written
            .extend(frames::head(Sort::Binary, size, mask()));
        (self.out.left, self.out.whole) = (size, size);
    }

    /// Says the end and takes what is still on its way. What this end has sent is let
    /// arrive before, so that the other can say that it has.
    async fn part_ways<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: &mut S, end: End) {
        let begun = self.now().mono;
        // A message whose rest does not leave any more cannot be followed by a frame.
        let is_whole = self.out.left == 0;
        let patience = match (self.direction, end) {
            (Direction::Upload, End::Cap) => RUN.saturating_sub(self.test.elapsed(begun)),
            _ => Duration::ZERO,
        };
        let arrives = begun + patience;
        let all = self.test.octets();
        loop {
            let now = self.now().mono;
            let is_there = self.said.and_then(|it| it.octets) >= Some(all);
            if (now >= arrives || is_there) && self.out.is_empty() {
                break;
            }
            let wait = arrives.since(now).max(Duration::from_millis(1));
            if now.since(begun) > OVER || self.step(stream, wait).await.is_err() {
                return;
            }
            if now >= arrives && !is_whole {
                return;
            }
        }
        self.frame(Sort::Close, &1_000_u16.to_be_bytes());
        let goodbye = async {
            // What still comes has cost, and counts for nothing. Who goes on sending is
            // not listened to any longer.
            let most = all.saturating_add(self.margin);
            while self.test.octets() <= most && self.step(stream, GOODBYE_MAX).await.is_ok() {}
        };
        let _ = tokio::time::timeout(GOODBYE_MAX, goodbye).await;
    }
}

/// Four octets that nobody could have guessed.
fn mask() -> [u8; 4] {
    let mut mask = [0; 4];
    // Without randomness the noise had been none before.
    let _ = rand::fill(&mut mask);
    mask
}
