//! One stream, for as long as the house stands.
//!
//! The loop here does and never decides: the supervisor says open or close, the
//! time line says when a frame is to be shown, and the frame goes to the hub.

use std::sync::Arc;
use std::time::Duration;

use base::now::{Mono, Now};
use base::unit::Bytes;
use futures::future::BoxFuture;
use hall::Hall;
use tokio_util::sync::CancellationToken;
use watch_core::frame::{Codec, Frame};
use watch_core::supervise::{Effect, Input, Supervisor, Word};
use watch_core::timeline::Timeline;

use super::gate::Gate;
use super::pull::Seen;
use super::session::{Clock, Failure, Heard, Opened, Session, Transport};
use crate::hub::turns::{Turn, Turns};
use crate::hub::{Channel, Meter};

/// How often a report tells the age of the newest picture anew.
const NEWEST_EVERY: Duration = Duration::from_secs(1);

/// How much the age of what comes changes until it is told anew.
const BEHIND_STEP_US: u64 = 500_000;

/// What the task of one stream is given.
pub(crate) struct Task {
    pub(crate) hall: Hall,
    pub(crate) gate: Gate,
    pub(crate) channel: Arc<Channel>,
    pub(crate) turns: Turns,
    pub(crate) stop: CancellationToken,
}

/// The connection, whichever stage it is in, with the device's session it uses.
enum Link {
    None,
    /// The device has none to spare.
    Queued(Turn),
    Opening(BoxFuture<'static, Result<Opened, Failure>>, Turn),
    Playing(Box<Session>, Turn),
}

enum Event {
    Stop,
    Wants,
    Changed,
    Granted,
    Yield,
    Opened(Result<Opened, Failure>),
    Heard(Result<Heard, Failure>),
    Tick,
}

struct Ingest {
    hall: Hall,
    gate: Gate,
    channel: Arc<Channel>,
    turns: Turns,
    supervisor: Supervisor,
    timeline: Timeline,
    meter: Meter,
    link: Link,
    transport: Transport,
    /// What was shown of a list of pieces.
    seen: Seen,
    /// How long ago what comes was taken, at least.
    behind: Option<Duration>,
    /// When the newest picture was taken, at the latest.
    taken: Option<Now>,
    /// How the session's pictures are coded.
    codec: Codec,
    /// Whether this session has brought a frame to begin with.
    began: bool,
}

impl Task {
    pub(crate) async fn run(self) {
        let now = self.hall.now();
        // Any seed will do: it only has to differ from stream to stream.
        let [.., a, b, c, d] = *self.channel.key().camera.as_bytes();
        let seed = u64::from(u32::from_be_bytes([a, b, c, d]));
        let mut sources = self.channel.sources();
        let mut ingest = Ingest {
            supervisor: Supervisor::new(now, seed),
            timeline: Timeline::default(),
            meter: Meter::default(),
            link: Link::None,
            transport: Transport::Tcp,
            seen: Seen::default(),
            behind: None,
            taken: None,
            codec: Codec::H264,
            began: false,
            hall: self.hall,
            gate: self.gate,
            channel: self.channel,
            turns: self.turns,
        };
        loop {
            let due = ingest.due();
            let event = tokio::select! {
                biased;
                () = self.stop.cancelled() => Event::Stop,
                _ = sources.changed() => Event::Changed,
                () = ingest.channel.wants_changed() => Event::Wants,
                event = next(&mut ingest.link) => event,
                () = sleep(due) => Event::Tick,
            };
            if matches!(event, Event::Stop) {
                return;
            }
            ingest.take(event);
        }
    }
}

/// Dropping this future loses nothing: an attempt and a session keep their state
/// in the link.
async fn next(link: &mut Link) -> Event {
    match link {
        Link::None => futures::future::pending().await,
        Link::Queued(turn) => {
            turn.granted().await;
            Event::Granted
        }
        Link::Opening(attempt, turn) => tokio::select! {
            biased;
            () = turn.yields() => Event::Yield,
            opened = attempt => Event::Opened(opened),
        },
        Link::Playing(session, turn) => tokio::select! {
            biased;
            () = turn.yields() => Event::Yield,
            heard = session.next() => Event::Heard(heard),
        },
    }
}

async fn sleep(span: Option<Duration>) {
    match span {
        Some(span) => tokio::time::sleep(span).await,
        None => futures::future::pending().await,
    }
}

impl Ingest {
    fn due(&self) -> Option<Duration> {
        let now = self.hall.now().mono;
        self.supervisor.deadline().map(|due| due.since(now))
    }

    fn take(&mut self, event: Event) {
        let now = self.hall.now();
        let input = match event {
            Event::Stop | Event::Tick => Some(Input::Tick),
            Event::Changed => {
                self.seen = Seen::default();
                Some(Input::Changed)
            }
            Event::Wants => Some(self.wants()),
            Event::Granted => {
                if let Link::Queued(turn) = std::mem::replace(&mut self.link, Link::None) {
                    self.begin(turn);
                }
                Some(Input::Turn)
            }
            Event::Yield => {
                // Closed before the supervisor is told: it was no fault of the transport.
                self.link = Link::None;
                self.supervise(Input::Yielded, now);
                if self.supervisor.is_queued() {
                    self.link = Link::Queued(self.turns.ask(self.channel.need()));
                }
                None
            }
            Event::Opened(Ok(opened)) => {
                self.playing(opened);
                Some(Input::Playing)
            }
            Event::Opened(Err(failure)) | Event::Heard(Err(failure)) => Some(self.failed(&failure)),
            Event::Heard(Ok(heard)) => self.heard(heard, now),
        };
        if let Some(input) = input {
            self.supervise(input, now);
        }
    }

    fn supervise(&mut self, input: Input, now: Now) {
        let before = self.supervisor.truth();
        match self.supervisor.handle(input, now) {
            Effect::None => {}
            Effect::Close => self.close(before.newest.is_some()),
            Effect::Open => self.open(now),
        }
        let mut truth = self.supervisor.truth();
        // What is true of a picture is when it was taken, and not when its turn came.
        if let (Some(newest), Some(behind)) = (&mut truth.newest, self.behind) {
            *newest = *newest - behind;
        }
        // Every frame makes the newest picture newer; telling that once a second
        // is enough for a report, the ring knows it to the frame.
        let told = self.channel.report().truth;
        let same = (told.word, told.reason, told.since) == (truth.word, truth.reason, truth.since);
        let fresh = truth.newest.is_none_or(|newest| {
            told.newest
                .is_some_and(|told| newest.since(told) < NEWEST_EVERY)
        });
        if same && fresh {
            return;
        }
        self.channel.tell(|report| {
            report.truth = truth;
            if truth.word != Word::Live {
                report.bitrate = None;
            }
        });
    }

    fn open(&mut self, now: Now) {
        self.link = Link::None;
        self.began = false;
        let turn = self.turns.ask(self.channel.need());
        if turn.holds() {
            self.begin(turn);
        } else {
            self.link = Link::Queued(turn);
            self.supervise(Input::Queued, now);
        }
    }

    fn begin(&mut self, turn: Turn) {
        let source = self.channel.sources().borrow().clone();
        let transport = self.transport;
        let gate = self.gate.clone();
        let seen = self.seen.clone();
        let attempt =
            Box::pin(async move { Session::open_again(&source, transport, &gate, &seen).await });
        self.link = Link::Opening(attempt, turn);
    }

    /// Somebody has come or gone: what its session is needed for may be another thing.
    fn wants(&self) -> Input {
        if let Link::Queued(turn) | Link::Opening(_, turn) | Link::Playing(_, turn) = &self.link {
            turn.need(self.channel.need());
        }
        if self.channel.is_wanted() {
            Input::Wanted
        } else {
            Input::Unwanted
        }
    }

    fn close(&mut self, had_picture: bool) {
        // A session that stood and never brought a frame may be one whose packets
        // do not come this way: the next one asks for the other.
        if matches!(self.link, Link::Playing(..)) && !self.began && !had_picture {
            self.transport = self.transport.other();
        }
        self.link = Link::None;
        self.began = false;
        self.channel.forget();
    }

    fn playing(&mut self, opened: Opened) {
        let Opened {
            session,
            video,
            microphone,
        } = opened;
        self.timeline.connected();
        self.meter = Meter::default();
        self.codec = session.codec;
        self.channel.tell(|report| {
            report.video = Some(video);
            report.microphone = Some(microphone);
        });
        if let Link::Opening(_, turn) = std::mem::replace(&mut self.link, Link::None) {
            self.link = Link::Playing(Box::new(session), turn);
        }
    }

    fn failed(&mut self, failure: &Failure) -> Input {
        tracing::info!(
            camera.id = %self.channel.key().camera,
            camera.layer = self.channel.key().layer.as_str(),
            reason = failure.reason.as_str(),
            detail = %failure.detail,
            "a camera's stream failed"
        );
        Input::Failed(failure.reason)
    }

    fn heard(&mut self, heard: Heard, now: Now) -> Option<Input> {
        match heard {
            Heard::Other => None,
            Heard::Clock(Clock { wall, rtp }) => {
                let offset_us = self.timeline.sender_report(wall, now.wall);
                if let Some(rtp) = rtp {
                    self.timeline.reported(rtp, wall);
                }
                self.channel
                    .tell(|report| report.clock_offset_us = Some(offset_us));
                None
            }
            Heard::Dated(Clock { wall, rtp }) => {
                if let Some(rtp) = rtp {
                    self.timeline.reported(rtp, wall);
                }
                None
            }
            Heard::Frame {
                rtp,
                unit,
                video,
                behind,
            } => {
                if let Some(video) = video {
                    self.channel.tell(|report| report.video = Some(video));
                }
                let lag_us = self.timeline.lag(rtp, now.wall);
                self.channel.lags(lag_us);
                self.late(behind, lag_us);
                self.frame(rtp, &unit, now)
            }
        }
    }

    /// How old what comes is, told anew when it has become another by more than jitter.
    fn late(&mut self, behind: Option<Duration>, dated_us: Option<i64>) {
        self.behind = behind;
        let dated_us = dated_us.filter(|_| behind.is_some());
        let told = self.channel.report();
        let alike = |told: Option<i64>, now: Option<i64>| match (told, now) {
            (Some(told), Some(now)) => told.abs_diff(now) < BEHIND_STEP_US,
            (told, now) => told == now,
        };
        let us = |span: Duration| i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        let is_same = alike(told.behind.map(us), behind.map(us)) && alike(told.dated_us, dated_us);
        if !is_same {
            self.channel.tell(|report| {
                report.behind = behind;
                report.dated_us = dated_us;
            });
        }
    }

    /// When what comes now was taken, at the latest; never before what came before it.
    fn taken(&mut self, now: Now) -> Now {
        let behind = self.behind.unwrap_or_default();
        let behind_us = u64::try_from(behind.as_micros()).unwrap_or(u64::MAX);
        let taken = Now {
            mono: Mono::from_us(now.mono.as_us().saturating_sub(behind_us)),
            wall: now.wall - behind,
        };
        let taken = match self.taken {
            Some(before) if before.mono > taken.mono => before,
            _ => taken,
        };
        self.taken = Some(taken);
        taken
    }

    fn frame(&mut self, rtp: i64, unit: &[u8], now: Now) -> Option<Input> {
        let time = self.timeline.place(rtp, now.mono);
        if let Some(bitrate) = self.meter.count(Bytes::of(unit), now.mono) {
            self.channel.tell(|report| report.bitrate = Some(bitrate));
        }
        let cut = match self.codec.cut(unit) {
            Ok(cut) => cut,
            Err(error) => {
                // What refers to a picture that is missing cannot be shown.
                self.began = false;
                self.channel.broke();
                tracing::debug!(camera.id = %self.channel.key().camera, %error, "an access unit was left out");
                return None;
            }
        };
        if !self.began && !cut.key {
            return Some(Input::Frame { key: false });
        }
        self.began = true;
        let arrived = self.taken(now);
        self.channel.push(Frame {
            time,
            arrived,
            codec: self.codec,
            key: cut.key,
            packets: cut.packets,
        });
        Some(Input::Frame { key: cut.key })
    }
}
