//! A box's end of the line: runs [`sync::site::Site`] over a disk and a socket.
//!
//! One task owns the machine. What others want kept comes by a bounded queue
//! ([`Desk`]) and is answered once it is on the disk. Effects are carried out in their
//! order; while one is under way nothing else is told to the machine.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base::now::Mono;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt as _, StreamExt as _};
use http::Request;
use serde::Serialize;
use sync::command::{Command, End};
use sync::identity::{Boot, Stream};
use sync::record::Draft;
use sync::share::{Refusal, Shares};
use sync::site::{Effect, Input, Placed, Site, Trouble};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::Error as SocketError;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tokio_util::sync::CancellationToken;

use super::apply;
use super::identity::{Identity, IdentityError, Key};
use super::kinds;
use super::outbox::Disk;
use super::upkeep::{Hands, Outfit, Turn, Upkeep};
use super::vitals::Vitals;
use crate::ca::{DOOR, RENEW_BEFORE};
use crate::clock::Clock;

/// Drafts that wait to be kept. Bound; policy: who brings another waits.
const DRAFTS_MAX: usize = 64;

/// So long a frame may take to leave before the line counts as dead.
const SEND_MAX: Duration = Duration::from_secs(60);

/// How often what others may read about this box is written anew, at most.
const STATUS_EVERY: Duration = Duration::from_secs(1);

/// What others may read about this box while it runs, in its data folder.
pub const STATUS: &str = "status.json";

/// Where the kernel says which boot this is.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";

/// Why a box cannot run.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// Its own files cannot be used.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// It has not been let in.
    #[error("this box has not been let in anywhere; run betang agent enrol first")]
    NotEnrolled,
    /// Its outbox cannot be used.
    #[error("the outbox: {0}")]
    Outbox(#[from] store::Error),
    /// The kernel does not say which boot this is.
    #[error("{BOOT}: {0}")]
    Boot(String),
}

/// Something to be kept, and who wants to know.
#[derive(Debug)]
struct Wanted {
    stream: Stream,
    draft: Draft,
    kept: oneshot::Sender<Result<Placed, Refusal>>,
}

/// Where others bring what is to be kept. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Desk(mpsc::Sender<Wanted>);

/// Why a record was not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unkept {
    /// The outbox does not take it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The box is ending, or the disk undid it.
    #[error("the record was not kept; bring it again")]
    Undone,
}

impl Desk {
    /// Keeps a record; answers once it is on the disk.
    ///
    /// # Errors
    /// If it is not kept.
    pub async fn keep(&self, stream: Stream, draft: Draft) -> Result<Placed, Unkept> {
        let (kept, answer) = oneshot::channel();
        let wanted = Wanted {
            stream,
            draft,
            kept,
        };
        self.0.send(wanted).await.map_err(|_| Unkept::Undone)?;
        Ok(answer.await.map_err(|_| Unkept::Undone)??)
    }
}

/// A stream of one epoch, as [`STATUS`] shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ChainStatus {
    stream: &'static str,
    epoch: String,
    /// The newest number on the disk, and up to where the house holds everything.
    head: u64,
    acked: u64,
}

/// A running box.
#[derive(Debug)]
pub struct Runner {
    folder: PathBuf,
    clock: Clock,
    key: Key,
    identity: Identity,
    disk: Disk,
    site: Site,
    upkeep: Upkeep,
    wanted: mpsc::Receiver<Wanted>,
    /// Those who wait, by the transaction that theirs is in.
    waiting: Vec<(Placed, oneshot::Sender<Result<Placed, Refusal>>)>,
    line: Option<Line>,
    /// The last refusal of the house was about the certificate's end.
    renew: bool,
    said: Option<(Mono, String)>,
}

type Stream_ = WebSocketStream<TlsStream<TcpStream>>;

#[derive(Debug)]
struct Line {
    out: SplitSink<Stream_, Message>,
    back: SplitStream<Stream_>,
}

impl Runner {
    /// Opens a box's folder.
    ///
    /// # Errors
    /// If it was not let in, or its files cannot be used.
    pub async fn open(folder: &Path, clock: Clock, seed: u64) -> Result<(Self, Desk), SiteError> {
        let identity = Identity::read(folder)?.ok_or(SiteError::NotEnrolled)?;
        let key = Key::open(folder)?;
        let now = clock.now();
        let mut rng = fastrand::Rng::with_seed(seed);
        let (disk, outbox) = Disk::open(folder, identity.agent, now.wall, &mut rng).await?;
        let boot = boot()?;
        let version = env!("CARGO_PKG_VERSION");
        let shares = Shares::default();
        let site = Site::new(&outbox, shares, boot, version, now, rng.u64(..));
        let upkeep = Upkeep::open(folder, &identity, boot, now)?;
        let (desk, wanted) = mpsc::channel(DRAFTS_MAX);
        let runner = Self {
            folder: folder.to_owned(),
            clock,
            key,
            identity,
            disk,
            site,
            upkeep,
            wanted,
            waiting: Vec::new(),
            line: None,
            renew: false,
            said: None,
        };
        Ok((runner, Desk(desk)))
    }

    /// How it is run, and what others follow from it.
    pub fn outfit(&mut self, outfit: Outfit) -> Hands {
        self.site.speak(outfit.protocols, &outfit.version);
        self.upkeep.outfit(outfit)
    }

    /// Runs until it is told to stop. What was kept is on the disk by then.
    pub async fn run(mut self, stop: &CancellationToken) {
        self.tell(Input::Tick).await;
        loop {
            self.flush().await;
            self.tend().await;
            let owes = self.say();
            let now = self.clock.now();
            let nap = self.site.deadline().since(now.mono);
            // The machine's own deadline may lie in the past by a hair.
            let nap = nap.max(Duration::from_millis(1));
            let nap = if owes { nap.min(STATUS_EVERY) } else { nap };
            let nap = self.upkeep.nap(now.mono).map_or(nap, |due| nap.min(due));
            let input = tokio::select! {
                () = stop.cancelled() => break,
                wanted = self.wanted.recv() => match wanted {
                    Some(wanted) => {
                        self.keep(wanted).await;
                        continue;
                    }
                    None => break,
                },
                heard = hear(self.line.as_mut()) => match heard {
                    Some(octets) => Input::Frame(octets),
                    None => {
                        self.line = None;
                        Input::Closed
                    }
                },
                () = tokio::time::sleep(nap) => Input::Tick,
            };
            self.tell(input).await;
        }
        if let Some(mut line) = self.line.take() {
            let _ = tokio::time::timeout(Duration::from_secs(1), line.out.close()).await;
        }
        self.disk.close().await;
    }

    /// Takes a draft in; who brought it is answered when its transaction is done.
    async fn keep(&mut self, wanted: Wanted) {
        let now = self.clock.now();
        match self.site.append(wanted.stream, wanted.draft, now) {
            Ok((placed, effects)) => {
                self.waiting.push((placed, wanted.kept));
                self.carry_out(effects.into()).await;
            }
            Err(refusal) => {
                // Nobody who has gone has to be told.
                let _ = wanted.kept.send(Err(refusal));
            }
        }
    }

    async fn tell(&mut self, input: Input) {
        let now = self.clock.now();
        let effects = self.site.handle(input, now);
        self.carry_out(effects.into()).await;
    }

    /// One after the other; what follows from an answer comes behind what is there.
    async fn carry_out(&mut self, mut effects: VecDeque<Effect>) {
        while let Some(effect) = effects.pop_front() {
            let answer = match effect {
                Effect::Dial => Some(self.dial().await),
                Effect::HangUp => {
                    self.line = None;
                    None
                }
                Effect::Store(transaction) => {
                    let number = transaction.number;
                    match self.disk.store(transaction).await {
                        Ok(()) => {
                            self.kept(number);
                            Some(Input::Stored)
                        }
                        Err(error) => Some(self.undone(&error)),
                    }
                }
                Effect::Read(read) => match self.disk.rows(read.chain, read.from, read.to).await {
                    Ok(rows) => Some(Input::Rows(rows)),
                    Err(error) => Some(self.undone(&error)),
                },
                Effect::Reload => Some(self.reload().await),
                Effect::Renew(renewal) => match self.disk.renew(&renewal).await {
                    Ok(()) => Some(self.reload().await),
                    Err(error) => Some(self.undone(&error)),
                },
                Effect::Run(command) => Some(self.obey(command)),
            };
            if let Some(input) = answer {
                effects.extend(self.site.handle(input, self.clock.now()));
            }
        }
    }

    /// Keeps what the upkeep has to say, and begins the line anew where it asks for it.
    async fn tend(&mut self) {
        let now = self.clock.now();
        let (drafts, turn) = self.upkeep.tick(&self.site, now);
        for draft in drafts {
            // Events are never refused.
            if let Ok((_, effects)) = self.site.append(Stream::Event, draft, now) {
                self.carry_out(effects.into()).await;
            }
        }
        if turn == Turn::Redial && self.line.take().is_some() {
            self.tell(Input::Closed).await;
        }
    }

    fn obey(&mut self, command: Command) -> Input {
        let (end, body) = match command.kind {
            kinds::HOW_ARE_YOU => {
                let said = serde_json::to_vec(&Vitals::read(&self.folder));
                (End::Done, said.unwrap_or_default())
            }
            kinds::UPGRADE => self.upkeep.update(&command.body, self.clock.now()),
            kinds::CONFIGURE => self.upkeep.configure(&command.body, self.clock.now()),
            // Of a house that knows more than this box.
            _ => (End::Failed, b"unknown command".to_vec()),
        };
        Input::Done { command, end, body }
    }

    /// A transaction is done: those whose records it held are told.
    fn kept(&mut self, number: u64) {
        let (done, waiting) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|(placed, _)| placed.transaction <= number);
        self.waiting = waiting;
        for (placed, kept) in done {
            let _ = kept.send(Ok(placed));
        }
    }

    fn undone(&mut self, error: &store::Error) -> Input {
        tracing::error!(%error, "the outbox");
        // Who waits hears that nothing was kept: the other end of the channel goes.
        self.waiting.clear();
        Input::Failed(match error {
            store::Error::Full => Trouble::Full,
            _ => Trouble::Other,
        })
    }

    async fn reload(&mut self) -> Input {
        match self.disk.read().await {
            Ok(outbox) => Input::Reloaded(outbox),
            Err(error) => self.undone(&error),
        }
    }

    async fn dial(&mut self) -> Input {
        match self.connect().await {
            Ok(stream) => {
                let (out, back) = stream.split();
                self.line = Some(Line { out, back });
                Input::Connected
            }
            Err(why) => {
                tracing::info!(%why, "the house cannot be reached");
                self.upkeep.missed();
                Input::Closed
            }
        }
    }

    async fn connect(&mut self) -> Result<Stream_, String> {
        let said = |error: &dyn std::fmt::Display| error.to_string();
        let until = self.identity.certificate_until_us;
        let soon = self.clock.now().wall + RENEW_BEFORE;
        if std::mem::take(&mut self.renew) || soon.as_us() >= until {
            let renewed = apply::renew(&self.folder, &self.identity, &self.key).await;
            match renewed {
                Ok(renewed) => self.identity = renewed,
                // The one that is there may still do.
                Err(error) => tracing::warn!(%error, "the certificate was not renewed"),
            }
        }
        let papers = self.identity.papers(&self.key).map_err(|e| said(&e))?;
        let way = self.identity.way().map_err(|e| said(&e))?;
        let way = self.upkeep.way(way);
        let line = way.connect(Some(&papers)).await.map_err(|e| said(&e))?;
        let request = Request::builder()
            .uri(format!("wss://{DOOR}{}", super::door::LINK))
            .header("host", DOOR)
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header(
                "sec-websocket-key",
                tokio_tungstenite::tungstenite::handshake::client::generate_key(),
            )
            .body(())
            .map_err(|e| said(&e))?;
        let begun =
            tokio_tungstenite::client_async_with_config(request, line.stream, Some(limits()));
        match tokio::time::timeout(sync::site::GREETING_MAX, begun).await {
            Ok(Ok((stream, _))) => Ok(stream),
            Ok(Err(SocketError::Http(answer))) => {
                let body = answer.body().as_deref().unwrap_or_default();
                let body = String::from_utf8_lossy(body).into_owned();
                self.renew = body.contains("certificate-expired");
                Err(format!("the house says {}: {body}", answer.status()))
            }
            Ok(Err(error)) => Err(said(&error)),
            Err(_) => Err("the house took too long".to_owned()),
        }
    }

    /// Gives the line what the machine has for it, as long as there is room.
    async fn flush(&mut self) {
        while let Some(line) = self.line.as_mut() {
            let Some(frame) = self.site.frame() else {
                return;
            };
            let sent = line.out.send(Message::Binary(Bytes::from(frame)));
            let input = match tokio::time::timeout(SEND_MAX, sent).await {
                Ok(Ok(())) => Input::Room,
                Ok(Err(_)) | Err(_) => {
                    self.line = None;
                    Input::Closed
                }
            };
            self.tell(input).await;
        }
    }

    /// Writes for others how it is; a status that cannot be written stops nothing.
    /// Whether there is something to be said that was not said yet.
    fn say(&mut self) -> bool {
        let now = self.clock.now();
        let status = self.site.status();
        let chains: Vec<_> = self
            .site
            .queue()
            .chains()
            .map(|chain| ChainStatus {
                stream: word(chain.stream),
                epoch: format!("{:016x}", chain.epoch.bits()),
                head: self.site.queue().head(chain).map_or(0, |at| at.seq.get()),
                acked: self.site.queue().acked(chain).map_or(0, |at| at.get()),
            })
            .collect();
        let text = serde_json::json!({
            "agent": self.identity.agent,
            "site": self.identity.site,
            "certificate_until_us": self.identity.certificate_until_us,
            "open": status.open,
            "farewell": status.farewell.map(sync::frame::Farewell::as_str),
            "protocol": status.protocol,
            "config": self.upkeep.told(),
            "chains": chains,
        })
        .to_string();
        match &self.said {
            Some((_, said)) if *said == text => return false,
            Some((at, _)) if now.mono.since(*at) < STATUS_EVERY => return true,
            Some(_) | None => {}
        }
        let beside = self.folder.join(format!("{STATUS}.new"));
        let written = std::fs::write(&beside, &text)
            .and_then(|()| std::fs::rename(&beside, self.folder.join(STATUS)));
        if let Err(error) = written {
            tracing::warn!(%error, "the status could not be written");
        }
        self.said = Some((now.mono, text));
        false
    }
}

/// The next frame; nothing once the line is gone. Without a line it waits for ever.
async fn hear(line: Option<&mut Line>) -> Option<Vec<u8>> {
    let Some(line) = line else {
        return std::future::pending().await;
    };
    loop {
        match line.back.next().await {
            Some(Ok(Message::Binary(octets))) => return Some(octets.to_vec()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
            // Whether the other end lives is asked in frames of our own.
            Some(Ok(_)) => {}
        }
    }
}

/// A frame is the longest message.
pub(super) fn limits() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(sync::frame::FRAME_MAX))
        .max_frame_size(Some(sync::frame::FRAME_MAX))
}

/// The word of a stream.
#[must_use]
pub const fn word(stream: Stream) -> &'static str {
    match stream {
        Stream::Money => "money",
        Stream::Event => "event",
        Stream::Sample => "sample",
    }
}

pub(super) fn boot() -> Result<Boot, SiteError> {
    let text = std::fs::read_to_string(BOOT).map_err(|error| SiteError::Boot(error.to_string()))?;
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    u128::from_str_radix(&digits, 16)
        .map(|bits| Boot::from_bytes(bits.to_be_bytes()))
        .map_err(|error| SiteError::Boot(error.to_string()))
}
