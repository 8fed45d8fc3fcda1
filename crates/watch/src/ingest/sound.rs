//! The sound of one camera, for as long as it is switched on.
//!
//! Like [`stream`](super::stream) the loop here does and never decides. It differs in
//! what it may cost: pictures go first. Sound is asked for only when somebody listens
//! and a picture's connection stands, so that a camera that refuses us is not asked
//! twice as often, and never takes a session of the device that one of the camera's
//! streams would need. Listeners who only turn a page find it still there
//! ([`watch_core::supervise::LINGER`]); switched off, it ends at once.

use std::sync::Arc;
use std::time::Duration;

use base::now::Now;
use futures::future::BoxFuture;
use hall::Hall;
use tokio_util::sync::CancellationToken;
use watch_core::allot::Need;
use watch_core::sound::cut;
use watch_core::supervise::{Effect, Input, Reason, Supervisor};
use watch_core::timeline::Timeline;

use super::hearing::{Heard, Hearing};
use super::session::{Clock, Failure, Transport};
use crate::hub::Hub;
use crate::hub::sound::Sound;
use crate::hub::turns::{Turn, Turns};

/// What the task of one camera's sound is given.
pub(crate) struct Task {
    pub(crate) hall: Hall,
    pub(crate) hub: Hub,
    pub(crate) sound: Arc<Sound>,
    pub(crate) turns: Turns,
    pub(crate) stop: CancellationToken,
}

/// The connection, whichever stage it is in, with the device's session it uses.
enum Link {
    None,
    Opening(BoxFuture<'static, Result<Hearing, Failure>>, Turn),
    Playing(Box<Hearing>, Turn),
}

enum Event {
    Stop,
    Wants,
    Changed,
    Opened(Result<Hearing, Failure>),
    Heard(Result<Heard, Failure>),
    Tick,
}

struct Ingest {
    task: Task,
    supervisor: Supervisor,
    timeline: Timeline,
    link: Link,
    transport: Transport,
    /// Whether this session has brought anything.
    began: bool,
}

impl Task {
    pub(crate) async fn run(self) {
        let (stop, sound) = (self.stop.clone(), Arc::clone(&self.sound));
        let mut sources = sound.sources();
        let mut ingest = Ingest::new(self);
        loop {
            let due = ingest.due();
            let event = tokio::select! {
                biased;
                () = stop.cancelled() => Event::Stop,
                _ = sources.changed() => Event::Changed,
                () = sound.wants_changed() => Event::Wants,
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
        Link::Opening(attempt, turn) => tokio::select! {
            biased;
            () = turn.yields() => Event::Opened(Err(needed())),
            opened = attempt => Event::Opened(opened),
        },
        Link::Playing(hearing, turn) => tokio::select! {
            biased;
            () = turn.yields() => Event::Heard(Err(needed())),
            heard = hearing.next() => Event::Heard(heard),
        },
    }
}

/// A picture needs the session.
fn needed() -> Failure {
    Failure {
        reason: Reason::SessionLimit,
        detail: "a picture of the device needs the session".to_owned(),
    }
}

async fn sleep(span: Option<Duration>) {
    match span {
        Some(span) => tokio::time::sleep(span).await,
        None => futures::future::pending().await,
    }
}

impl Ingest {
    fn new(task: Task) -> Self {
        // Any seed will do: it only has to differ from camera to camera.
        let [.., a, b, c, d] = *task.sound.camera().as_bytes();
        let seed = u64::from(u32::from_be_bytes([d, c, b, a]));
        Self {
            supervisor: Supervisor::new(task.hall.now(), seed),
            timeline: Timeline::of_sound(),
            link: Link::None,
            transport: Transport::Tcp,
            began: false,
            task,
        }
    }

    fn due(&self) -> Option<Duration> {
        let now = self.task.hall.now().mono;
        self.supervisor.deadline().map(|due| due.since(now))
    }

    fn take(&mut self, event: Event) {
        let now = self.task.hall.now();
        let input = match event {
            Event::Stop | Event::Tick => Some(Input::Tick),
            Event::Changed => Some(Input::Changed),
            Event::Wants if self.task.sound.is_wanted() => Some(Input::Wanted),
            Event::Wants => Some(Input::Unwanted),
            Event::Opened(Ok(hearing)) => {
                self.playing(hearing);
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
        match self.supervisor.handle(input, now) {
            Effect::None => {}
            Effect::Close => self.close(),
            Effect::Open => self.open(now),
        }
    }

    fn open(&mut self, now: Now) {
        self.link = Link::None;
        self.began = false;
        let camera = self.task.sound.camera();
        let (plays, resting) = self.task.hub.standing(camera);
        if !plays {
            self.supervise(Input::Failed(Reason::Stopped), now);
            return;
        }
        let spare = self.task.turns.spare() > resting;
        let turn = spare.then(|| self.task.turns.ask(Need::Spare));
        let Some(turn) = turn.filter(Turn::holds) else {
            self.supervise(Input::Failed(Reason::SessionLimit), now);
            return;
        };
        let source = self.task.sound.sources().borrow().clone();
        let transport = self.transport;
        let gate = self.task.hub.gate().clone();
        let attempt = Box::pin(async move { Hearing::open(&source, transport, &gate).await });
        self.link = Link::Opening(attempt, turn);
    }

    fn close(&mut self) {
        // As with pictures: packets that never came may come the other way.
        if matches!(self.link, Link::Playing(..)) && !self.began {
            self.transport = self.transport.other();
        }
        self.link = Link::None;
        self.began = false;
        self.task.sound.forget();
    }

    fn playing(&mut self, hearing: Hearing) {
        self.timeline.connected();
        if let Link::Opening(_, turn) = std::mem::replace(&mut self.link, Link::None) {
            self.link = Link::Playing(Box::new(hearing), turn);
        }
    }

    fn failed(&self, failure: &Failure) -> Input {
        tracing::info!(
            camera.id = %self.task.sound.camera(),
            reason = failure.reason.as_str(),
            detail = %failure.detail,
            "a camera's sound failed"
        );
        Input::Failed(failure.reason)
    }

    fn heard(&mut self, heard: Heard, now: Now) -> Option<Input> {
        match heard {
            Heard::Other => None,
            Heard::Clock(Clock { wall, rtp }) => {
                self.timeline.reported(rtp?, wall);
                None
            }
            Heard::Samples { rtp, payload } => {
                let Link::Playing(hearing, _) = &self.link else {
                    return None;
                };
                self.began = true;
                let time = self.timeline.place(rtp, now.mono);
                self.task.sound.lags(self.timeline.lag(rtp, now.wall));
                self.task.sound.push(cut(time, hearing.law, &payload));
                Some(Input::Frame { key: true })
            }
        }
    }
}
