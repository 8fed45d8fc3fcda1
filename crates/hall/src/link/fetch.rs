//! How a box gets a release: over the line's port, piece by piece, and into a slot.
//!
//! [`sync::fetch`] says when the next piece may be asked for. Pieces come by a second
//! connection of the same kind as the line: the same port, the same certificates, the
//! same house. It stays open over the pieces of one go and is closed in the pauses.

use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Method, Request, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use sync::fetch::{Fetch, PIECE, Step};
use sync::identity::Stream;
use sync::release::{Manifest, Progress, Signed, Updated};

use super::dial::{DialError, Papers, Way};
use super::identity::{Identity, IdentityError, Key};
use super::site::Desk;
use super::slots::{Running, SlotError, Slots};
use super::upkeep::{Hands, updated};
use crate::audit::hex;
use crate::ca::DOOR;
use crate::clock::Clock;

/// So long a piece may take.
const PIECE_MAX: Duration = Duration::from_secs(120);

/// How often it is looked whether somebody has staged a release by hand, or whether the
/// supervisor has something to tell.
const LOOK: Duration = Duration::from_secs(5);

/// Where releases are asked for, with their SHA-256 behind.
pub(super) const PATH: &str = "/edge/v1/releases";

/// What the house answers where nothing is offered to this box.
const WITHDRAWN: &str = "\"urn:betang:problem:release\"";

/// Fetches what is offered, and says when the program has to end for it.
#[derive(Debug)]
pub struct Fetcher {
    /// The box's folder.
    pub folder: std::path::PathBuf,
    /// What was started.
    pub running: Running,
    /// What it follows.
    pub hands: Hands,
    /// Where it says how far it has come.
    pub desk: Desk,
    /// Where time comes from.
    pub clock: Clock,
}

/// Why a release did not come.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error(transparent)]
    Dial(#[from] DialError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Slot(#[from] SlotError),
    /// The house does not hand it out any more.
    #[error("the house does not hand this release out any more")]
    Withdrawn,
}

impl Fetcher {
    /// Runs until a release is staged, by itself or by hand: then the program has to
    /// end, so that it can be tried.
    pub async fn until_staged(mut self) {
        let slots = Slots::of(&self.folder);
        let mut last = 0;
        loop {
            if let Err(error) = self.tell_news(&slots).await {
                tracing::warn!(%error, "what became of releases could not be told");
            }
            if slots.staged().is_ok_and(|staged| staged.is_some()) {
                let linked = self.hands.line.borrow().open;
                if let Err(error) = slots.restage(linked) {
                    tracing::warn!(%error, "how the line was could not be noted");
                }
                return;
            }
            let offered = self.hands.offered.borrow_and_update().clone();
            if let Some(offer) = offered.filter(|offer| offer.number > last) {
                last = offer.number;
                self.expect(&slots, &offer.signed);
            }
            match slots.incoming() {
                Ok(Some((signed, have))) => match self.bring(&slots, &signed, have).await {
                    Ok(()) => {}
                    Err(error) => self.give_up(&slots, &signed, &error).await,
                },
                Ok(None) => {
                    // By hand, it is noticed by looking.
                    let changed = self.hands.offered.changed();
                    if let Ok(Err(_)) = tokio::time::timeout(LOOK, changed).await {
                        return std::future::pending().await;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "the slots cannot be used");
                    tokio::time::sleep(LOOK).await;
                }
            }
        }
    }

    /// What the supervisor has written becomes records, each once.
    async fn tell_news(&self, slots: &Slots) -> Result<(), SlotError> {
        let told = slots.told()?;
        let ledger = slots.ledger()?;
        for news in ledger.news.iter().filter(|news| news.number > told) {
            if news.progress == Progress::Committed {
                self.trust_next(slots, &ledger, news.version)?;
            }
            if self.say(&news.said()).await {
                slots.tell(news.number)?;
            }
        }
        Ok(())
    }

    /// The keys that a release brings count once it stands.
    fn trust_next(
        &self,
        slots: &Slots,
        ledger: &sync::ledger::Ledger,
        version: sync::release::Version,
    ) -> Result<(), SlotError> {
        let stands = ledger.stands.filter(|it| it.version == version);
        let keys = stands.map(|it| slots.manifest(it.slot)).transpose()?;
        match keys.map(|manifest| manifest.keys) {
            Some(keys) if !keys.is_empty() => Ok(slots.trust(&keys)?),
            Some(_) | None => Ok(()),
        }
    }

    async fn say(&self, what: &Updated) -> bool {
        let kept = self.desk.keep(Stream::Event, updated(what)).await;
        kept.is_ok()
    }

    /// Begins anew, unless just this one is on its way.
    fn expect(&self, slots: &Slots, signed: &Signed) {
        let same = slots
            .incoming()
            .is_ok_and(|there| there.is_some_and(|(there, _)| there == *signed));
        if !same && let Err(error) = slots.expect(signed) {
            tracing::warn!(%error, "the release cannot be taken in");
        }
    }

    async fn give_up(&self, slots: &Slots, signed: &Signed, error: &FetchError) {
        tracing::warn!(%error, "the release is not taken");
        if let Ok(manifest) = signed.believed() {
            let why = match error {
                FetchError::Slot(SlotError::Refused(refused)) => refused.as_str(),
                FetchError::Slot(SlotError::Release(_)) => "not_as_signed",
                FetchError::Withdrawn => "withdrawn",
                FetchError::Slot(_) | FetchError::Identity(_) | FetchError::Dial(_) => "disk",
            };
            let said = Updated {
                version: manifest.version,
                progress: Progress::Refused,
                why: why.to_owned(),
                detail: error.to_string(),
            };
            self.say(&said).await;
        }
        if let Err(error) = slots.forget_incoming() {
            tracing::warn!(%error, "what has come of it stays");
        }
    }

    /// Everything that is missing, and into a slot.
    async fn bring(&mut self, slots: &Slots, signed: &Signed, have: u64) -> Result<(), FetchError> {
        // Believed anew: it may have lain here while the power was away.
        let manifest = slots.admit(signed, self.running, self.clock.now().wall)?;
        let settings = self.hands.settings.borrow().clone();
        let now = self.clock.now().mono;
        let mut fetch = Fetch::new(manifest.size, have, settings.per_hour, now);
        self.say(&Updated {
            version: manifest.version,
            progress: Progress::Fetching,
            why: String::new(),
            detail: String::new(),
        })
        .await;
        let mut line: Option<Pieces> = None;
        loop {
            let now = self.clock.now().mono;
            if self.hands.settings.has_changed().unwrap_or(false) {
                fetch.allow(self.hands.settings.borrow_and_update().per_hour, now);
            }
            let offered = self.hands.offered.borrow().clone();
            if offered.is_some_and(|offer| offer.signed != *signed) {
                // A newer offer goes before this one.
                return Ok(());
            }
            let state = *self.hands.line.borrow();
            match fetch.step(state.open && !state.owes, now) {
                Step::Done => break,
                Step::Wait(until) => {
                    let nap = until.since(now);
                    if nap > Duration::from_secs(2) {
                        line = None;
                    }
                    let changed = self.hands.offered.changed();
                    // Whichever comes first.
                    let _ = tokio::time::timeout(nap, changed).await;
                }
                Step::Get { from, count } => {
                    let got = self.piece(&mut line, &manifest, from, count).await;
                    let then = self.clock.now().mono;
                    match got {
                        Ok(octets) => {
                            slots.append(from, &octets)?;
                            fetch.got(count, then.since(now), then);
                        }
                        Err(error @ FetchError::Withdrawn) => return Err(error),
                        Err(error) => {
                            tracing::info!(%error, "a piece of a release did not come");
                            line = None;
                            fetch.failed(then);
                        }
                    }
                }
            }
        }
        let linked = self.hands.line.borrow().open;
        let program = slots.arrived()?;
        let wall = self.clock.now().wall;
        slots.install(signed, program, self.running, linked, wall)?;
        slots.forget_incoming()?;
        self.say(&Updated {
            version: manifest.version,
            progress: Progress::Staged,
            why: String::new(),
            detail: String::new(),
        })
        .await;
        Ok(())
    }

    async fn piece(
        &self,
        line: &mut Option<Pieces>,
        manifest: &Manifest,
        from: u64,
        count: u64,
    ) -> Result<Bytes, FetchError> {
        let pieces = match line {
            Some(pieces) => pieces,
            None => line.insert(self.connect().await?),
        };
        let name = hex(&manifest.sha256);
        let got = pieces.get(&name, from, count);
        match tokio::time::timeout(PIECE_MAX, got).await {
            Ok(got) => got,
            Err(_) => Err(DialError::TimedOut.into()),
        }
    }

    /// By the address that the line has found the house at.
    async fn connect(&self) -> Result<Pieces, FetchError> {
        // Read anew: the line may have renewed the certificate.
        let identity = Identity::read(&self.folder)?
            .ok_or_else(|| DialError::Papers("this box has not been let in anywhere".to_owned()))?;
        let key = Key::open(&self.folder)?;
        let papers = identity.papers(&key)?;
        let way = self.hands.way.borrow().clone();
        let way = match way {
            Some(way) => way,
            None => identity.way()?,
        };
        Pieces::open(&way, &papers).await
    }
}

/// A connection that pieces come by.
struct Pieces {
    sender: SendRequest<Empty<Bytes>>,
    connection: BoxFuture<'static, hyper::Result<()>>,
}

impl Pieces {
    async fn open(way: &Way, papers: &Papers) -> Result<Self, FetchError> {
        let line = way.connect(Some(papers)).await?;
        let (sender, connection) = http1::handshake(TokioIo::new(line.stream))
            .await
            .map_err(|error| DialError::Broken(error.to_string()))?;
        Ok(Self {
            sender,
            connection: Box::pin(connection),
        })
    }

    async fn get(&mut self, sha256: &str, from: u64, count: u64) -> Result<Bytes, FetchError> {
        let broken = |error: &dyn std::fmt::Display| DialError::Broken(error.to_string());
        let request = Request::builder()
            .method(Method::GET)
            .uri(format!("{PATH}/{sha256}"))
            .header(header::HOST, DOOR)
            .header(header::RANGE, format!("bytes={from}-{}", from + count - 1))
            .body(Empty::new())
            .map_err(|error| broken(&error))?;
        let most = usize::try_from(PIECE).unwrap_or(usize::MAX);
        let sender = &mut self.sender;
        let answered = async {
            let answer = sender.send_request(request).await?;
            let status = answer.status();
            let range = answer.headers().get(header::CONTENT_RANGE).cloned();
            let body = Limited::new(answer.into_body(), most).collect().await;
            Ok::<_, hyper::Error>((status, range, body))
        };
        // The connection has to be driven while the answer is waited for.
        let (status, range, body) = tokio::select! {
            answered = answered => answered.map_err(|error| broken(&error))?,
            _ = &mut self.connection => {
                return Err(DialError::Broken("it hung up".to_owned()).into());
            }
        };
        let octets = body.map_err(|error| broken(&error))?.to_bytes();
        // Any other refusal may be over by the next attempt.
        if String::from_utf8_lossy(&octets).contains(WITHDRAWN) && !status.is_success() {
            return Err(FetchError::Withdrawn);
        }
        // Whoever answers with something else has not read what was asked for.
        let asked = format!("bytes {from}-{}/", from + count - 1);
        let is_asked = range.is_some_and(|it| it.as_bytes().starts_with(asked.as_bytes()));
        let is_piece = is_asked && u64::try_from(octets.len()) == Ok(count);
        if !is_piece {
            let why = format!("status {status}, {} octets", octets.len());
            return Err(DialError::Broken(why).into());
        }
        Ok(octets)
    }
}
