//! A box's end of the line: runs [`sync::site::Site`] over a disk and a socket.
//!
//! One task owns the machine. What others want kept comes by a bounded queue
//! ([`Desk`]) and is answered once it is on the disk. Effects are carried out in their
//! order; while the disk is at one nothing else is told to the machine. The network is
//! never waited for: what is brought is kept while a dead link is dialled.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base::id::{Agent, Id};
use base::now::{Mono, Now, Wall};
use futures::future::BoxFuture;
use serde::Serialize;
use sync::command::{Command, End};
use sync::frame::Frame;
use sync::identity::{Boot, Stream};
use sync::record::Draft;
use sync::share::{Refusal, Shares};
use sync::site::{Effect, Input, Placed, Site, Trouble};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::carriage::{Attempt, Dialled, Failed, Line, Moved};
use super::dial::{DialError, Way};
use super::identity::{Identity, IdentityError, Key};
use super::kinds;
use super::meter::Meter;
use super::outbox::Disk;
use super::posts::Habit;
use super::upkeep::{Hands, Outfit, Turn, Upkeep};
use super::vitals::Vitals;
use crate::clock::Clock;

/// Drafts that wait to be kept. Bound; policy: who brings another waits.
const DRAFTS_MAX: usize = 64;

/// Commands that wait for whoever carries them out. Bound; policy: another is refused, and
/// the outcome says so.
const ERRANDS_MAX: usize = 4;

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
    draft: Making,
    kept: oneshot::Sender<Result<(Placed, Now), Refusal>>,
}

/// Makes a record of the moment at which it is stamped.
struct Making(Box<dyn FnOnce(Now) -> Draft + Send>);

impl std::fmt::Debug for Making {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Making")
    }
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
        let kept = self.keep_as(stream, |_| draft).await;
        kept.map(|(placed, _)| placed)
    }

    /// Keeps a record that speaks of its own moment: `make` is handed the reading of the
    /// clocks that the record is stamped with, and so is whoever waits, once it is on
    /// the disk.
    ///
    /// # Errors
    /// If it is not kept.
    pub async fn keep_as(
        &self,
        stream: Stream,
        make: impl FnOnce(Now) -> Draft + Send + 'static,
    ) -> Result<(Placed, Now), Unkept> {
        let (kept, answer) = oneshot::channel();
        let wanted = Wanted {
            stream,
            draft: Making(Box::new(make)),
            kept,
        };
        self.0.send(wanted).await.map_err(|_| Unkept::Undone)?;
        Ok(answer.await.map_err(|_| Unkept::Undone)??)
    }
}

/// A command that another task carries out. Whoever lets it go without an end leaves it
/// begun: after the next start its outcome is that it was interrupted.
#[derive(Debug)]
pub struct Errand {
    command: Command,
    ends: mpsc::Sender<Ended>,
}

/// How a command ended, and what there is to say.
type Ended = (Command, End, Vec<u8>);

impl Errand {
    /// Which command.
    #[must_use]
    pub const fn id(&self) -> [u8; 16] {
        *self.command.id.as_bytes()
    }

    /// How.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.command.body
    }

    /// Not to be begun from this time on.
    #[must_use]
    pub const fn expires(&self) -> Wall {
        self.command.expires
    }

    /// How it ended.
    pub async fn end(self, end: End, body: Vec<u8>) {
        // A box that is ending says so at its next start.
        let _ = self.ends.send((self.command, end, body)).await;
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

/// A record whose transaction is not done, and who wants to know.
type Waiting = (
    (Placed, Now),
    oneshot::Sender<Result<(Placed, Now), Refusal>>,
);

/// A running box.
pub struct Runner {
    folder: PathBuf,
    clock: Clock,
    key: Arc<Key>,
    identity: Identity,
    disk: Disk,
    site: Site,
    boot: Boot,
    upkeep: Upkeep,
    wanted: mpsc::Receiver<Wanted>,
    /// Those who wait, by the transaction that theirs is in.
    waiting: Vec<Waiting>,
    dialling: Option<BoxFuture<'static, Dialled>>,
    line: Option<Line>,
    /// How much the house had acknowledged before the line, of all chains together.
    acked: u64,
    habit: Habit,
    /// Octets of the line, releases aside.
    meter: Meter,
    /// The last refusal of the house was about the certificate's end.
    renew: bool,
    said: Option<(Mono, String)>,
    /// Whoever measures, if anybody does.
    errands: Option<mpsc::Sender<Errand>>,
    ends: (mpsc::Sender<Ended>, mpsc::Receiver<Ended>),
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
            key: Arc::new(key),
            identity,
            disk,
            site,
            boot,
            upkeep,
            wanted,
            waiting: Vec::new(),
            dialling: None,
            line: None,
            acked: 0,
            habit: Habit::default(),
            meter: Meter::default(),
            renew: false,
            said: None,
            errands: None,
            ends: mpsc::channel(ERRANDS_MAX),
        };
        Ok((runner, Desk(desk)))
    }

    /// Who the box is.
    #[must_use]
    pub const fn agent(&self) -> Id<Agent> {
        self.identity.agent
    }

    /// Which boot this is.
    #[must_use]
    pub const fn boot(&self) -> Boot {
        self.boot
    }

    /// How it is run, and what others follow from it.
    pub fn outfit(&mut self, outfit: Outfit) -> Hands {
        self.site.speak(outfit.protocols, &outfit.version);
        self.upkeep.outfit(outfit, self.meter.clone())
    }

    /// Commands to measure, for whoever does.
    pub fn errands(&mut self) -> mpsc::Receiver<Errand> {
        let (errands, waiting) = mpsc::channel(ERRANDS_MAX);
        self.errands = Some(errands);
        waiting
    }

    /// Runs until it is told to stop. What was kept is on the disk by then.
    pub async fn run(mut self, stop: &CancellationToken) {
        self.tell(Input::Tick).await;
        loop {
            self.flush().await;
            self.tend().await;
            let owes = self.say();
            let now = self.clock.now();
            let dead_at = self.line.as_ref().and_then(Line::dead_at);
            let deadline = self.site.deadline();
            let nap = dead_at
                .map_or(deadline, |at| at.min(deadline))
                .since(now.mono);
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
                dialled = dialled(self.dialling.as_mut()) => self.dialled(dialled),
                moved = moved(self.line.as_mut()) => self.moved(moved),
                Some((command, end, body)) = self.ends.1.recv() => {
                    Input::Done { command, end, body }
                }
                () = tokio::time::sleep(nap) => Input::Tick,
            };
            self.tell(input).await;
        }
        if let Some(line) = self.line.take() {
            line.close().await;
        }
        self.disk.close().await;
    }

    /// Takes a draft in; who brought it is answered when its transaction is done.
    async fn keep(&mut self, wanted: Wanted) {
        let now = self.clock.now();
        let draft = (wanted.draft.0)(now);
        match self.site.append(wanted.stream, draft, now) {
            Ok((placed, effects)) => {
                self.waiting.push(((placed, now), wanted.kept));
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
                Effect::Dial => {
                    self.dial();
                    None
                }
                Effect::HangUp => {
                    self.dialling = None;
                    self.lose(false);
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
                Effect::Run(command) => self.obey(command),
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
        if turn == Turn::Redial {
            // By the other address: an attempt by the old one counts for nothing.
            let was_there = self.dialling.take().is_some() || self.line.is_some();
            self.lose(true);
            if was_there {
                self.tell(Input::Closed).await;
            }
        }
    }

    /// Does what it is told; none if another does, who will say how it ended.
    fn obey(&mut self, command: Command) -> Option<Input> {
        let (end, body) = match command.kind {
            kinds::MEASURE => {
                let Some(errands) = &self.errands else {
                    let (end, body) = (End::Failed, b"nobody measures here".to_vec());
                    return Some(Input::Done { command, end, body });
                };
                let ends = self.ends.0.clone();
                let Err(unmet) = errands.try_send(Errand { command, ends }) else {
                    return None;
                };
                let (TrySendError::Full(errand) | TrySendError::Closed(errand)) = unmet;
                let (command, end) = (errand.command, End::Refused);
                let body = b"too many wait".to_vec();
                return Some(Input::Done { command, end, body });
            }
            kinds::HOW_ARE_YOU => {
                let said = serde_json::to_vec(&Vitals::read(&self.folder));
                (End::Done, said.unwrap_or_default())
            }
            kinds::UPGRADE => self.upkeep.update(&command.body, self.clock.now()),
            kinds::CONFIGURE => self.upkeep.configure(&command.body, self.clock.now()),
            // Of a house that knows more than this box.
            _ => (End::Failed, b"unknown command".to_vec()),
        };
        Some(Input::Done { command, end, body })
    }

    /// A transaction is done: those whose records it held are told.
    fn kept(&mut self, number: u64) {
        let (done, waiting) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|((placed, _), _)| placed.transaction <= number);
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

    /// Begins an attempt; the box goes on meanwhile.
    fn dial(&mut self) {
        let way = self.identity.way().map(|way| Way {
            meter: self.meter.clone(),
            ..self.upkeep.way(way)
        });
        let attempt = Attempt {
            way,
            folder: self.folder.clone(),
            clock: self.clock.clone(),
            key: Arc::clone(&self.key),
            identity: self.identity.clone(),
            renews: std::mem::take(&mut self.renew),
            is_by_post: self.habit.is_by_post(),
        };
        self.dialling = Some(Box::pin(attempt.run()));
    }

    /// What became of an attempt, as the machine is told it.
    fn dialled(&mut self, dialled: Dialled) -> Input {
        self.dialling = None;
        if let Some(identity) = dialled.identity {
            self.identity = identity;
        }
        match dialled.line {
            Ok(line) => {
                self.line = Some(line);
                self.acked = self.acknowledged();
                Input::Connected
            }
            Err(Failed {
                why,
                is_barren,
                renews,
            }) => {
                tracing::info!(%why, "the house cannot be reached");
                self.upkeep.missed();
                self.renew |= renews;
                if is_barren {
                    self.habit.line_ended(false);
                }
                Input::Closed
            }
        }
    }

    /// What has happened to the line, as the machine is told it.
    fn moved(&mut self, moved: Result<Moved, DialError>) -> Input {
        if let Some(Line::Posts(_)) = &self.line {
            match &moved {
                Ok(_) => self.habit.answered(),
                Err(error) => {
                    self.habit.failed();
                    tracing::info!(%error, "a POST was not answered");
                }
            }
        }
        match moved {
            Ok(Moved::Frame(octets)) => {
                if matches!(Frame::decode(&octets), Ok(Frame::Bye(_))) {
                    // The house ends it itself: that is no fault of the line.
                    self.lose(true);
                }
                Input::Frame(octets)
            }
            Ok(Moved::Room) => Input::Room,
            Err(error) => {
                let refused = matches!(&error, DialError::Refused { slug, .. } if slug == "certificate-expired");
                self.renew |= refused;
                self.lose(false);
                Input::Closed
            }
        }
    }

    /// The line is gone; whether the house has ended it.
    fn lose(&mut self, by_house: bool) {
        if let Some(Line::Socket(_)) = self.line.take() {
            let brought = by_house || self.acknowledged() != self.acked;
            self.habit.line_ended(brought);
        }
    }

    /// How much the house has acknowledged, of all chains together.
    fn acknowledged(&self) -> u64 {
        let queue = self.site.queue();
        let acked = queue.chains().filter_map(|chain| queue.acked(chain));
        acked.map(|seq| seq.get()).sum()
    }

    /// Gives the line what the machine has for it, as long as there is room.
    async fn flush(&mut self) {
        while let Some(line) = self.line.as_mut() {
            let now = self.clock.now();
            let frame = if line.has_room() {
                self.site.frame()
            } else {
                None
            };
            let Some(frame) = frame else {
                if let Some(over) = self.pause(now) {
                    self.tell(over).await;
                }
                return;
            };
            let by_post = matches!(line, Line::Posts(_));
            if let Err(error) = line.push(frame, now.mono) {
                let closed = self.moved(Err(error));
                self.tell(closed).await;
            } else if by_post {
                // A body takes more than one.
                self.tell(Input::Room).await;
            }
        }
    }

    /// The machine has nothing more to say now, or there is no room: a body leaves, and
    /// a line that is dead or over is ended.
    fn pause(&mut self, now: Now) -> Option<Input> {
        match self.line.as_mut()? {
            Line::Socket(_) => {
                let dead_at = self.line.as_ref().and_then(Line::dead_at)?;
                if now.mono < dead_at {
                    return None;
                }
                self.lose(false);
            }
            Line::Posts(posts) => {
                let site = &self.site;
                posts.send(|| Frame::Hello(site.hello(now)).encode());
                if !posts.is_over(now.mono) {
                    return None;
                }
                self.line = None;
                self.habit.try_a_line();
            }
        }
        Some(Input::Closed)
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
            "by_post": matches!(self.line, Some(Line::Posts(_))),
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

/// What becomes of an attempt. Without one it waits for ever.
async fn dialled(dialling: Option<&mut BoxFuture<'static, Dialled>>) -> Dialled {
    match dialling {
        Some(dialling) => dialling.await,
        None => std::future::pending().await,
    }
}

/// What happens to the line next. Without one it waits for ever.
async fn moved(line: Option<&mut Line>) -> Result<Moved, DialError> {
    match line {
        Some(line) => line.moved().await,
        None => std::future::pending().await,
    }
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
