//! Follows a list, and takes the pictures out of its pieces as they come.
//!
//! Begins with the newest whole piece, so that what is shown is as new as the list permits.
//! The list is asked for anew as RFC 8216 §6.3.4 has it. A piece that is not there is left
//! out; one that is missing again and again, or a list that does not move on, ends it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base::now::{Mono, Wall};
use hall::clock::Clock;
use url::Url;
use watch_core::hls::playlist::{self, Head, Piece, Pieces, Playlist};
use watch_core::hls::{Unfit, Unit, fmp4, ts};
use watch_core::supervise::Reason;

use super::super::gate::Gate;
use super::super::session::{Failure, Source};
use super::fetch::{Fetch, failure};

/// Octets of a list, at most.
const LIST_MAX: usize = 2 * 1024 * 1024;

/// Octets of what stands before all pieces, at most.
const HEAD_MAX: usize = 1024 * 1024;

/// Octets of a piece, at most: 20 s of 25 Mbit/s.
const PIECE_MAX: usize = 64 * 1024 * 1024;

/// How long all of a piece may take, whatever trickles in.
const PIECE_PATIENCE: Duration = Duration::from_secs(30);

/// Pieces that wait to be fetched, in times of the longest; of more the oldest are left out.
const AHEAD_MAX: u32 = 3;

/// A list that does not move on for so many of its longest pieces has stopped.
const STALLED: u32 = 3;

/// And for this long at least.
const STALLED_MIN: Duration = Duration::from_secs(6);

/// Pieces in a row that may be missing.
const MISSES_MAX: u32 = 3;

/// Stamps that are further apart than this are not of one time.
const GAP_MAX: i64 = 10 * 90_000;

/// Between two pictures where nothing tells: 1/25 s.
const STEP: i64 = 3_600;

/// Which piece of a list was shown last, beyond the session that showed it: what was live
/// once is not shown as live again. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Seen(Arc<Mutex<Option<Mark>>>);

#[derive(Debug, Clone)]
struct Mark {
    number: u64,
    address: String,
    /// When the list first told of it.
    listed: Mono,
}

impl Seen {
    fn set(&self, mark: Option<Mark>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = mark;
    }

    /// When the list first told of that piece, if it was shown.
    fn listed(&self, piece: &Piece) -> Option<Mono> {
        let mark = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |mark: &&Mark| mark.number == piece.number && mark.address == piece.address;
        mark.as_ref().filter(same).map(|mark| mark.listed)
    }
}

/// A picture out of a piece.
#[derive(Debug)]
pub(super) struct Taken {
    /// What it is; its stamps run on over all pieces.
    pub(super) unit: Unit,
    /// By which the latest moment at which it can have been taken follows from its stamp:
    /// µs of the house's clock less µs of the stamp.
    pub(super) latest_us: i64,
    /// When the first of a piece was taken, by the publisher's clock.
    pub(super) dated: Option<Wall>,
    /// How much time may wait for its turn.
    pub(super) span_max: Duration,
}

enum Demux {
    Ts(ts::Demux),
    Mp4(fmp4::Demux),
}

/// A piece that is coming.
struct Open {
    piece: Piece,
    listed: Mono,
    begun: Mono,
    /// Whether no picture has come of it yet.
    fresh: bool,
}

pub(super) struct Feed {
    fetch: Fetch,
    clock: Clock,
    seen: Seen,
    list: Url,
    target: Duration,
    ended: bool,
    asked: Mono,
    moved: Mono,
    changed: bool,
    newest: u64,
    waiting: VecDeque<(Piece, Mono)>,
    misses: u32,
    head: Option<Head>,
    demux: Option<Demux>,
    open: Option<Open>,
    ready: VecDeque<Taken>,
    units: Vec<Unit>,
    era: Option<u64>,
    shift: i64,
    last: Option<i64>,
    step: i64,
    latest_us: Option<i64>,
}

impl Feed {
    pub(super) async fn open(source: &Source, gate: &Gate, seen: &Seen) -> Result<Self, Failure> {
        let clock = Clock::real();
        let mut fetch = Fetch::new(source, gate);
        let (mut list, mut found) = read(&mut fetch, &source.url).await?;
        if let Playlist::Variants(variants) = &found {
            let best = playlist::best(variants).ok_or_else(|| unfit(playlist::Unfit::Codec))?;
            let url = joined(&list, &best.address)?;
            (list, found) = read(&mut fetch, &url).await?;
        }
        let Playlist::Pieces(Pieces {
            target,
            pieces,
            ended,
        }) = found
        else {
            return Err(failure(
                Reason::Protocol,
                "a list of lists leads to another",
            ));
        };
        if ended {
            return Err(recorded());
        }
        let newest = pieces.last().ok_or_else(|| unfit(playlist::Unfit::Empty))?;
        let now = clock.now().mono;
        // Who comes back at once sees it again, and how old it is by now. A list that lives
        // has another after half as long again (RFC 8216 §6.2.1).
        let listed = match seen.listed(newest) {
            Some(listed) if now.since(listed) > target + target / 2 => return Err(stalled()),
            Some(listed) => listed,
            None => earlier(now, fetch.stood(), target),
        };
        let number = newest.number;
        let first = pieces.into_iter().rev().find(|piece| !piece.gap);
        Ok(Self {
            waiting: first.map(|piece| (piece, listed)).into_iter().collect(),
            newest: number,
            fetch,
            clock,
            seen: seen.clone(),
            list,
            target,
            ended: false,
            asked: now,
            moved: now,
            changed: true,
            misses: 0,
            head: None,
            demux: None,
            open: None,
            ready: VecDeque::new(),
            units: Vec::new(),
            era: None,
            shift: 0,
            last: None,
            step: STEP,
            latest_us: None,
        })
    }

    /// The next picture, however long it takes.
    pub(super) async fn next(&mut self) -> Result<Taken, Failure> {
        loop {
            if let Some(taken) = self.ready.pop_front() {
                return Ok(taken);
            }
            if self.open.is_some() {
                self.read_on().await?;
            } else if let Some((piece, listed)) = self.waiting.pop_front() {
                self.begin(piece, listed).await?;
            } else if self.ended {
                return Err(recorded());
            } else {
                self.ask_again().await?;
            }
        }
    }

    async fn begin(&mut self, piece: Piece, listed: Mono) -> Result<(), Failure> {
        let begun = self.clock.now().mono;
        let url = joined(&self.list, &piece.address)?;
        let ready = async {
            self.prepare(&piece).await?;
            self.fetch.begin(&url, piece.range, PIECE_MAX).await
        };
        match ready.await {
            Ok(_) => {
                self.open = Some(Open {
                    piece,
                    listed,
                    begun,
                    fresh: true,
                });
                Ok(())
            }
            Err(failed) => self.missed(failed),
        }
    }

    /// Makes ready what takes pictures out of that piece.
    async fn prepare(&mut self, piece: &Piece) -> Result<(), Failure> {
        let anew = self
            .era
            .replace(piece.era)
            .is_some_and(|era| era != piece.era);
        let Some(head) = &piece.head else {
            self.head = None;
            if anew || !matches!(self.demux, Some(Demux::Ts(_))) {
                self.demux = Some(Demux::Ts(ts::Demux::default()));
            }
            return Ok(());
        };
        if self.head.as_ref() == Some(head) && self.demux.is_some() {
            return Ok(());
        }
        let url = joined(&self.list, &head.address)?;
        let (_, octets) = self.fetch.whole(&url, head.range, HEAD_MAX).await?;
        let read = fmp4::Head::read(&octets).map_err(of_piece)?;
        self.demux = Some(Demux::Mp4(fmp4::Demux::new(read)));
        self.head = Some(head.clone());
        Ok(())
    }

    /// Something of a piece is not there; too often, and that is the end.
    fn missed(&mut self, failed: Failure) -> Result<(), Failure> {
        self.open = None;
        self.misses += 1;
        let is_final = matches!(
            failed.reason,
            Reason::Codec | Reason::NotAllowed | Reason::WrongPassword
        );
        // Before the first picture there is nothing to go on with.
        if is_final || self.last.is_none() || self.misses >= MISSES_MAX {
            return Err(failed);
        }
        tracing::debug!(detail = %failed.detail, "a piece of a list is left out");
        Ok(())
    }

    async fn read_on(&mut self) -> Result<(), Failure> {
        let Some(open) = &self.open else {
            return Ok(());
        };
        let taken = self.clock.now().mono.since(open.begun);
        let chunk = tokio::time::timeout(PIECE_PATIENCE.saturating_sub(taken), self.fetch.chunk());
        let chunk = chunk.await.unwrap_or_else(|_| {
            Err(failure(
                Reason::Silent,
                "a piece trickles in more slowly than time passes",
            ))
        });
        let chunk = match chunk {
            Ok(chunk) => chunk,
            Err(failed) => {
                self.end_piece();
                return self.missed(failed);
            }
        };
        let mut units = std::mem::take(&mut self.units);
        let read = match (&mut self.demux, &chunk) {
            (Some(Demux::Ts(demux)), Some(chunk)) => demux.push(chunk, &mut units),
            (Some(Demux::Ts(demux)), None) => demux.end(false, &mut units),
            (Some(Demux::Mp4(demux)), Some(chunk)) => demux.push(chunk, &mut units),
            (Some(Demux::Mp4(demux)), None) => demux.end(),
            (None, _) => Ok(()),
        };
        for unit in units.drain(..) {
            self.place(unit);
        }
        self.units = units;
        if let Err(unfit) = read {
            self.end_piece();
            return self.missed(of_piece(unfit));
        }
        if chunk.is_none() {
            self.open = None;
            self.misses = 0;
        }
        Ok(())
    }

    /// The rest of a piece does not come: what is left of it is nothing.
    fn end_piece(&mut self) {
        match &mut self.demux {
            Some(Demux::Mp4(demux)) => drop(demux.end()),
            Some(Demux::Ts(demux)) => drop(demux.end(true, &mut Vec::new())),
            None => {}
        }
        self.open = None;
    }

    /// Lets time run on over all pieces, and says when at the latest it was taken.
    fn place(&mut self, mut unit: Unit) {
        let Some(open) = &mut self.open else { return };
        let fresh = std::mem::take(&mut open.fresh);
        let mut decode = unit.decode.saturating_add(self.shift);
        if let Some(last) = self.last {
            let step = decode.saturating_sub(last);
            if (1..=GAP_MAX).contains(&step) {
                self.step = if fresh { self.step } else { step };
            } else {
                self.shift = self.shift.saturating_add(last + self.step - decode);
                decode = last + self.step;
                self.latest_us = None;
            }
        }
        self.last = Some(decode);
        unit.show = decode.saturating_add(unit.show.saturating_sub(unit.decode));
        unit.decode = decode;
        if fresh {
            self.seen.set(Some(Mark {
                number: open.piece.number,
                address: open.piece.address.clone(),
                listed: open.listed,
            }));
            // The piece was whole when the list told of it, so its end was taken before.
            let span_us = i64::try_from(open.piece.span.as_micros()).unwrap_or(i64::MAX);
            let listed_us = i64::try_from(open.listed.as_us()).unwrap_or(i64::MAX);
            let latest = listed_us.saturating_sub(span_us).saturating_sub(us(decode));
            let before = self.latest_us.unwrap_or(latest);
            self.latest_us = Some(before.min(latest));
        }
        self.ready.push_back(Taken {
            latest_us: self.latest_us.unwrap_or_default(),
            dated: open.piece.date.filter(|_| fresh),
            span_max: self.target * STALLED,
            unit,
        });
    }

    async fn ask_again(&mut self) -> Result<(), Failure> {
        let wait = if self.changed {
            self.target
        } else {
            self.target / 2
        };
        let now = self.clock.now().mono;
        tokio::time::sleep((self.asked + wait).since(now)).await;
        self.asked = self.clock.now().mono;
        let list = self.list.clone();
        let read = read(&mut self.fetch, &list).await;
        let now = self.clock.now().mono;
        let patience = (self.target * STALLED).max(STALLED_MIN);
        let is_over = now.since(self.moved) > patience;
        let listed = earlier(now, self.fetch.stood(), self.target);
        let pieces = match read {
            Ok((_, Playlist::Pieces(pieces))) => pieces,
            Ok((_, Playlist::Variants(_))) => {
                return Err(failure(Reason::Protocol, "the list has become another"));
            }
            // One that is away for a moment may be back at the next.
            Err(failed) => {
                self.changed = false;
                let is_final = matches!(
                    failed.reason,
                    Reason::Codec | Reason::NotAllowed | Reason::WrongPassword
                );
                return if is_final || is_over {
                    Err(failed)
                } else {
                    Ok(())
                };
            }
        };
        self.target = pieces.target;
        self.ended = pieces.ended;
        let newest = pieces
            .pieces
            .last()
            .map_or(self.newest, |piece| piece.number);
        // One whose numbers go back has begun anew.
        let began = newest < self.newest;
        let known = if began { None } else { Some(self.newest) };
        let fresh = pieces
            .pieces
            .into_iter()
            .filter(|piece| known.is_none_or(|known| piece.number > known));
        let mut fresh: VecDeque<_> = fresh
            .filter(|piece| !piece.gap)
            .map(|piece| (piece, listed))
            .collect();
        self.newest = newest;
        self.changed = !fresh.is_empty();
        if self.changed {
            self.moved = now;
        } else if is_over && !self.ended {
            return Err(stalled());
        }
        let mut ahead: Duration = fresh.iter().map(|(piece, _)| piece.span).sum();
        while fresh.len() > 1 && (began || ahead > self.target * AHEAD_MAX) {
            let gone = fresh.pop_front().map(|(piece, _)| piece.span);
            ahead = ahead.saturating_sub(gone.unwrap_or_default());
        }
        self.waiting = fresh;
        Ok(())
    }

    /// How the pictures of the next session are coded is for it to see.
    pub(super) fn forget(seen: &Seen) {
        seen.set(None);
    }
}

/// When a list told of its newest piece, where its publisher says how long it has stood.
/// One that has stood for longer than any that lives says something else.
fn earlier(now: Mono, stood: Duration, target: Duration) -> Mono {
    let stood = if stood > target * STALLED {
        Duration::ZERO
    } else {
        stood
    };
    let stood_us = u64::try_from(stood.as_micros()).unwrap_or(0);
    Mono::from_us(now.as_us().saturating_sub(stood_us))
}

async fn read(fetch: &mut Fetch, url: &Url) -> Result<(Url, Playlist), Failure> {
    let (at, octets) = fetch.whole(url, None, LIST_MAX).await?;
    let text = String::from_utf8_lossy(&octets);
    let list = Playlist::read(&text).map_err(unfit)?;
    Ok((at, list))
}

fn joined(list: &Url, address: &str) -> Result<Url, Failure> {
    let wrong = |_| failure(Reason::Protocol, "an address in the list cannot be read");
    list.join(address).map_err(wrong)
}

fn unfit(unfit: playlist::Unfit) -> Failure {
    let reason = match unfit {
        playlist::Unfit::Encrypted | playlist::Unfit::Codec | playlist::Unfit::KeysOnly => {
            Reason::Codec
        }
        playlist::Unfit::Empty => Reason::Stopped,
        _ => Reason::Protocol,
    };
    failure(reason, unfit.to_string())
}

fn of_piece(unfit: Unfit) -> Failure {
    let reason = match unfit {
        Unfit::Codec(_) | Unfit::Encrypted => Reason::Codec,
        Unfit::Content | Unfit::Box(_) | Unfit::TooLarge => Reason::Protocol,
    };
    failure(reason, unfit.to_string())
}

fn recorded() -> Failure {
    failure(
        Reason::Stopped,
        "the list has ended: it is a recording and no camera that is live",
    )
}

fn stalled() -> Failure {
    failure(Reason::Frozen, "the list does not move on")
}

/// Ticks of 1/90,000 s in µs.
pub(super) const fn us(ticks: i64) -> i64 {
    ticks.saturating_mul(100) / 9
}
