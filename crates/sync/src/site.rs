//! A site's end of the link.
//!
//! One machine per box. It is told what has happened and says what to do; the shell
//! (a database, a socket, a timer) carries out effects in their order and answers
//! those that ask, before it tells the machine anything else. Frames are *pulled*:
//! whenever the transport has room the shell takes [`frame`](Site::frame), so that
//! what is urgent overtakes what waits.
//!
//! ```text
//!            Dial            Connected            Welcome
//!  Resting ───────▶ Dialing ──────────▶ Greeting ─────────▶ Open
//!     ▲                │ Closed            │ late             │ dead, Bye, Closed
//!     └────────────────┴───────────────────┴──────────────────┘
//! ```
//!
//! What goes wrong with the outbox is not mended here: it is read again
//! ([`Effect::Reload`]), as after a power cut.

use std::time::Duration;

use base::now::{Mono, Now, Wall};

use crate::clock::SiteClock;
use crate::command::{Command, Desk, End, Noted, Outcome, Verdict};
use crate::frame::{Bye, Farewell, Frame, Hello, PROTOCOLS, Protocols, Welcome};
use crate::identity::{Boot, Chain, Epoch, Seq, Stream};
use crate::outbox::{Op, Outbox, Transaction};
use crate::outgoing::{Forked, Outgoing, Read};
use crate::pulse::{Beat, Pulse};
use crate::queue::{Queue, SWEEP_EVERY};
use crate::record::{Draft, Envelope, Kind, Quality, Row};
use crate::redial::Redial;
use crate::renewal::Renewal;
use crate::share::{Fill, Refusal, Shares};

/// How long an attempt may take until the centre has greeted. At 1,200 ms a round
/// trip, TCP, TLS and the greeting take five; a stalled link three times that.
pub const GREETING_MAX: Duration = Duration::from_secs(30);

/// How long a sample may lie where a power cut takes it: one commit a minute spares
/// the card.
pub const LOOSE_MAX: Duration = Duration::from_secs(60);

/// How long a site waits with the next transaction after one that failed.
const FAILED_REST: Duration = Duration::from_secs(10);

/// Why the outbox did not take a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The disk is full.
    Full,
    /// Something else.
    Other,
}

/// What has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The connection stands.
    Connected,
    /// The connection has ended, or the attempt has failed.
    Closed,
    /// A frame has come.
    Frame(Vec<u8>),
    /// The transport has taken a frame and may have room for more.
    Room,
    /// The transaction is done.
    Stored,
    /// The transaction is undone.
    Failed(Trouble),
    /// What was to be read.
    Rows(Vec<Row>),
    /// The outbox, as it lies there.
    Reloaded(Outbox),
    /// A command has ended.
    Done {
        /// Which.
        command: Command,
        /// How.
        end: End,
        /// What there is to say.
        body: Vec<u8>,
    },
    /// Frames have come another way: a receipt on a stick, the answer to a POST.
    Receipt(Vec<Frame>),
    /// Nothing but time has passed.
    Tick,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Open a connection; answer `Connected` or `Closed`.
    Dial,
    /// End it; nothing is answered.
    HangUp,
    /// Make these changes together; answer `Stored` or `Failed`.
    Store(Transaction),
    /// Read these rows; answer `Rows`.
    Read(Read),
    /// Read the whole outbox; answer `Reloaded`.
    Reload,
    /// Take the outbox into another epoch in one transaction, as
    /// [`Renewal`] says; answer `Reloaded`, or `Failed`.
    Renew(Renewal),
    /// Do this; answer `Done`, whenever it is.
    Run(Command),
}

/// Where a record went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Its chain.
    pub chain: Chain,
    /// Its number.
    pub seq: Seq,
    /// It is kept for good when the transaction of this number is done.
    pub transaction: u64,
}

/// What a page or a light may show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// Whether the centre has greeted and answers.
    pub open: bool,
    /// Why the last connection ended, if the centre said it.
    pub farewell: Option<Farewell>,
    /// Which protocol was spoken last.
    pub protocol: Option<u32>,
    /// Which edition of its configuration the centre wants it to have.
    pub config: u64,
    /// When the next attempt is made.
    pub retry: Option<Mono>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Resting { until: Mono },
    Dialing { since: Mono },
    Greeting { since: Mono },
    Open,
}

/// A site's end of the link.
#[derive(Debug)]
pub struct Site {
    state: State,
    version: String,
    protocols: Protocols,
    protocol: Option<u32>,
    shares: Shares,
    queue: Queue,
    clock: SiteClock,
    desk: Desk,
    redial: Redial,
    pulse: Option<Pulse>,
    out: Outgoing,
    /// Commands to run once what was noted about them is stored, with the number of
    /// the transaction that holds it.
    noted: Vec<(u64, Command)>,
    /// Outcomes whose transaction is not done: if it fails they are said again.
    answered: Vec<(u64, Noted, Outcome)>,
    loose_since: Option<Mono>,
    swept: Mono,
    /// No transaction before: the disk was full.
    rest_until: Option<Mono>,
    /// The outbox is being read anew.
    reloading: bool,
    /// What lies in the outbox has not been synced by this program.
    opened: bool,
    /// The disk was full when it had to be.
    full: bool,
    /// Another epoch is needed.
    renewing: bool,
    farewell: Option<Farewell>,
    config: u64,
    rng: fastrand::Rng,
}

impl Site {
    /// A box that has just been started, with what lies in its outbox. `seed` has to
    /// be of good randomness: epochs follow from it.
    #[must_use]
    pub fn new(
        outbox: &Outbox,
        shares: Shares,
        boot: Boot,
        version: &str,
        now: Now,
        seed: u64,
    ) -> Self {
        let mut site = Self {
            state: State::Resting { until: now.mono },
            version: version.chars().take(16).collect(),
            protocols: PROTOCOLS,
            protocol: None,
            shares,
            queue: Queue::open(outbox, shares),
            clock: SiteClock::new(boot),
            desk: Desk::default(),
            redial: Redial::default(),
            pulse: None,
            out: Outgoing::default(),
            noted: Vec::new(),
            answered: Vec::new(),
            loose_since: None,
            swept: now.mono,
            rest_until: None,
            reloading: false,
            opened: true,
            full: false,
            renewing: false,
            farewell: None,
            config: 0,
            rng: fastrand::Rng::with_seed(seed),
        };
        site.open_desk(outbox, now);
        site
    }

    /// From the next greeting on it speaks these protocols, and says that it is this
    /// release.
    pub fn speak(&mut self, protocols: Protocols, version: &str) {
        self.protocols = protocols;
        self.version = version.chars().take(16).collect();
    }

    /// Takes a record in. It is kept for good when the transaction that it is placed
    /// in is done, and not before.
    ///
    /// # Errors
    /// If it cannot be kept: the reason is for the person who waits.
    pub fn append(
        &mut self,
        stream: Stream,
        draft: Draft,
        now: Now,
    ) -> Result<(Placed, Vec<Effect>), Refusal> {
        let placed = self.place(stream, draft, now)?;
        Ok((placed, self.flow(now)))
    }

    /// Takes what has happened and says what to do about it.
    #[must_use]
    pub fn handle(&mut self, input: Input, now: Now) -> Vec<Effect> {
        let mut effects = Vec::new();
        match input {
            Input::Connected => self.connected(now),
            Input::Closed => self.rest(now),
            Input::Frame(octets) => self.frame_in(&octets, now, &mut effects),
            Input::Room => {}
            Input::Stored => self.stored(&mut effects),
            Input::Failed(trouble) => self.failed(trouble, now, &mut effects),
            Input::Rows(rows) => {
                let agent = self.queue.agent();
                let read = self.out.rows(rows, agent, &mut self.queue);
                self.judged(read, now, &mut effects);
            }
            Input::Reloaded(outbox) => self.reloaded(&outbox, now),
            Input::Done { command, end, body } => self.done(&command, end, body, now),
            Input::Receipt(frames) => self.receipt(frames, now, &mut effects),
            Input::Tick => self.tick(now, &mut effects),
        }
        effects.extend(self.flow(now));
        effects
    }

    /// The next frame for a transport that has room; answer [`Input::Room`] when it
    /// has taken it.
    pub fn frame(&mut self) -> Option<Vec<u8>> {
        match self.state {
            State::Greeting { .. } | State::Open => self.out.next().map(|frame| frame.encode()),
            State::Resting { .. } | State::Dialing { .. } => None,
        }
    }

    /// What time it is by the house; none if it was not heard in this boot.
    #[must_use]
    pub fn house_time(&self, now: Now) -> Option<Wall> {
        let (wall, quality) = self.clock.read(now);
        (quality == Quality::Synced).then_some(wall)
    }

    /// When [`Input::Tick`] is due, if nothing else happens before.
    #[must_use]
    pub fn deadline(&self) -> Mono {
        let own = match self.state {
            // Another epoch comes first, and waits for the disk.
            State::Resting { .. } if self.renewing => self.swept + SWEEP_EVERY,
            State::Resting { until } => until,
            State::Dialing { since } | State::Greeting { since } => since + GREETING_MAX,
            State::Open => self
                .pulse
                .as_ref()
                .map_or(self.swept + SWEEP_EVERY, Pulse::deadline),
        };
        let loose = self.loose_since.map(|since| {
            // Not before the next transaction may be.
            (since + LOOSE_MAX).max(self.rest_until.unwrap_or(since))
        });
        let all = [
            Some(own),
            loose,
            self.rest_until,
            Some(self.swept + SWEEP_EVERY),
        ];
        all.into_iter().flatten().min().unwrap_or(own)
    }

    /// What a page or a light may show.
    #[must_use]
    pub fn status(&self) -> Status {
        Status {
            open: self.state == State::Open,
            farewell: self.farewell,
            protocol: self.protocol,
            config: self.config,
            retry: match self.state {
                State::Resting { until } => Some(until),
                State::Dialing { .. } | State::Greeting { .. } | State::Open => None,
            },
        }
    }

    /// How full a stream's share is.
    #[must_use]
    pub fn fill(&self, stream: Stream) -> Fill {
        self.queue.fill(stream)
    }

    /// What it keeps, for a stick.
    #[must_use]
    pub const fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Its first word, as it stands now.
    #[must_use]
    pub fn hello(&self, now: Now) -> Hello {
        Hello {
            protocols: self.protocols,
            agent: self.queue.agent(),
            boot: self.clock.boot(),
            version: self.version.clone(),
            mono: now.mono,
            wall: now.wall,
            tails: self.queue.tails(),
        }
    }
}

/// The connection.
impl Site {
    fn connected(&mut self, now: Now) {
        if !matches!(self.state, State::Dialing { .. }) {
            return;
        }
        self.state = State::Greeting { since: now.mono };
        self.out = Outgoing::default();
        let hello = self.hello(now);
        self.out.say(Frame::Hello(hello));
    }

    /// Waits for the next attempt.
    fn rest(&mut self, now: Now) {
        self.pulse = None;
        self.out = Outgoing::default();
        if !matches!(self.state, State::Resting { .. }) {
            self.state = State::Resting {
                until: self.redial.rest(now.mono, &mut self.rng),
            };
        }
    }

    fn hang_up(&mut self, now: Now, effects: &mut Vec<Effect>) {
        if !matches!(self.state, State::Resting { .. }) {
            effects.push(Effect::HangUp);
        }
        self.rest(now);
    }

    fn frame_in(&mut self, octets: &[u8], now: Now, effects: &mut Vec<Effect>) {
        let Ok(frame) = Frame::decode(octets) else {
            return self.hang_up(now, effects);
        };
        match (self.state, frame) {
            (State::Greeting { .. }, Frame::Welcome(it)) => self.welcomed(&it, now, effects),
            (State::Open, Frame::Ack(cursor)) => {
                let heard = self.out.heard(cursor, false, &mut self.queue);
                self.judged(heard, now, effects);
            }
            (State::Open, Frame::Ping { nonce }) => {
                let wall = self.clock.read(now).0;
                if !self.out.say(Frame::Pong { nonce, wall }) {
                    self.hang_up(now, effects);
                }
            }
            (State::Open, Frame::Pong { nonce, wall }) => {
                if let Some(sent) = self.pulse.as_mut().and_then(|pulse| pulse.pong(nonce)) {
                    self.hear(sent, wall, now);
                }
            }
            (State::Open, Frame::Command(command)) => self.command(command, now, effects),
            (State::Greeting { .. } | State::Open, Frame::Bye(bye)) => {
                self.bye(bye, now, effects);
            }
            // A frame of a connection that was given up already.
            (State::Resting { .. } | State::Dialing { .. }, _) => {}
            (State::Greeting { .. } | State::Open, _) => self.hang_up(now, effects),
        }
    }

    fn welcomed(&mut self, it: &Welcome, now: Now, effects: &mut Vec<Effect>) {
        self.state = State::Open;
        self.farewell = None;
        self.protocol = Some(it.protocol);
        self.config = it.config;
        self.redial.greeted(it.window_s);
        let every = Duration::from_secs(it.ping_s.into());
        self.pulse = Some(Pulse::new(now.mono, every, self.rng.u64(..)));
        self.hear(it.echo, it.centre, now);
        let words = it.cursors.iter();
        let heard = words
            .map(|cursor| self.out.heard(*cursor, true, &mut self.queue))
            .fold(Ok(()), Result::and);
        self.judged(heard, now, effects);
    }

    fn bye(&mut self, bye: Bye, now: Now, effects: &mut Vec<Effect>) {
        self.farewell = Some(bye.why);
        self.redial.asked(bye.retry_after_s);
        self.hang_up(now, effects);
        if bye.renew == Some(self.queue.epoch()) {
            self.renewing = true;
        }
    }

    fn judged(&mut self, word: Result<(), Forked>, now: Now, effects: &mut Vec<Effect>) {
        if word.is_err() {
            self.hang_up(now, effects);
            self.renewing = true;
        }
    }

    fn receipt(&mut self, frames: Vec<Frame>, now: Now, effects: &mut Vec<Effect>) {
        for frame in frames {
            match frame {
                Frame::Ack(cursor) => {
                    let heard = self.out.heard(cursor, false, &mut self.queue);
                    self.judged(heard, now, effects);
                }
                Frame::Bye(Bye {
                    renew: Some(epoch), ..
                }) if epoch == self.queue.epoch() => {
                    self.renewing = true;
                }
                // The rest is about a conversation that is over.
                Frame::Hello(_)
                | Frame::Welcome(_)
                | Frame::Ping { .. }
                | Frame::Pong { .. }
                | Frame::Batch(_)
                | Frame::Command(_)
                | Frame::Bye(_) => {}
            }
        }
    }
}

/// Time, commands and the outbox.
impl Site {
    fn tick(&mut self, now: Now, effects: &mut Vec<Effect>) {
        match self.state {
            State::Resting { until } if now.mono >= until && !self.renewing && !self.reloading => {
                self.state = State::Dialing { since: now.mono };
                effects.push(Effect::Dial);
            }
            State::Dialing { since } | State::Greeting { since }
                if now.mono >= since + GREETING_MAX =>
            {
                self.hang_up(now, effects);
            }
            State::Resting { .. }
            | State::Dialing { .. }
            | State::Greeting { .. }
            | State::Open => {}
        }
        match self
            .pulse
            .as_mut()
            .map_or(Beat::Rest, |pulse| pulse.tick(now.mono))
        {
            Beat::Rest => {}
            Beat::Dead => self.hang_up(now, effects),
            Beat::Ping { nonce } => {
                if !self.out.say(Frame::Ping { nonce }) {
                    self.hang_up(now, effects);
                }
            }
        }
        if now.mono >= self.swept + SWEEP_EVERY {
            self.swept = now.mono;
            let wall = self.clock.read(now).0;
            self.queue.sweep(now.mono);
            for id in self.desk.sweep(wall) {
                self.queue.note(Op::CommandOver(id));
            }
        }
        if self.rest_until.is_some_and(|until| now.mono >= until) {
            self.rest_until = None;
        }
    }

    fn place(&mut self, stream: Stream, draft: Draft, now: Now) -> Result<Placed, Refusal> {
        let (event_time, quality) = self.clock.read(now);
        let Draft { kind, ver, body } = draft;
        let boot = self.clock.boot();
        let envelope = Envelope {
            event_time,
            mono: now.mono,
            boot,
            quality,
            kind,
            ver,
            body,
        };
        let seq = self.queue.append(stream, event_time, envelope.encode())?;
        let chain = Chain {
            stream,
            epoch: self.queue.epoch(),
        };
        Ok(Placed {
            chain,
            seq,
            transaction: self.queue.next_transaction(),
        })
    }

    /// A record of the link's own; events are never refused.
    fn record(&mut self, kind: Kind, body: Vec<u8>, now: Now) {
        let _ = self.place(Stream::Event, Draft { kind, ver: 1, body }, now);
    }

    fn hear(&mut self, sent: Mono, centre: Wall, now: Now) {
        if let Some(anchor) = self.clock.hear(sent, centre, now) {
            self.record(Kind::CLOCK, anchor.encode(), now);
        }
    }

    fn open_desk(&mut self, outbox: &Outbox, now: Now) {
        let (desk, interrupted) = Desk::open(&outbox.commands);
        self.desk = desk;
        for noted in interrupted {
            self.answer(noted, End::Interrupted, Vec::new(), now);
        }
    }

    fn command(&mut self, command: Command, now: Now, effects: &mut Vec<Effect>) {
        match self.desk.take(&command, self.clock.read(now).0) {
            Verdict::Known => {}
            Verdict::Run => effects.push(Effect::Run(command)),
            Verdict::NoteAndRun(noted) => {
                self.queue.note(Op::Command(noted));
                self.noted.push((self.queue.next_transaction(), command));
            }
            Verdict::Answer(end, noted) => self.answer(noted, end, Vec::new(), now),
        }
    }

    fn done(&mut self, command: &Command, end: End, body: Vec<u8>, now: Now) {
        if let Some(noted) = self.desk.done(command) {
            self.answer(noted, end, body, now);
        }
    }

    fn answer(&mut self, noted: Noted, end: End, body: Vec<u8>, now: Now) {
        self.say_outcome(
            noted,
            Outcome {
                id: noted.id,
                end,
                body,
            },
            now,
        );
    }

    fn say_outcome(&mut self, noted: Noted, outcome: Outcome, now: Now) {
        // What is refused is not remembered.
        if outcome.end != End::Refused {
            self.queue.note(Op::Command(noted));
        }
        self.answered
            .push((self.queue.next_transaction(), noted, outcome.clone()));
        self.record(Kind::OUTCOME, outcome.encode(), now);
    }

    fn stored(&mut self, effects: &mut Vec<Effect>) {
        self.queue.stored();
        let open = self.queue.next_transaction();
        self.answered.retain(|(number, ..)| *number >= open);
        let ready = self.noted.extract_if(.., |(number, _)| *number < open);
        effects.extend(ready.map(|(_, command)| Effect::Run(command)));
    }

    fn failed(&mut self, trouble: Trouble, now: Now, effects: &mut Vec<Effect>) {
        self.hang_up(now, effects);
        self.reloading = true;
        self.full = trouble == Trouble::Full;
        self.rest_until = Some(now.mono + FAILED_REST);
        effects.push(Effect::Reload);
    }

    /// The outbox is what lies there, and what was on its way into it is said again.
    fn reloaded(&mut self, outbox: &Outbox, now: Now) {
        self.queue = Queue::open(outbox, self.shares);
        (self.reloading, self.renewing, self.opened) = (false, false, true);
        if std::mem::take(&mut self.full) {
            self.queue.relieve();
        }
        for (_, command) in self.noted.drain(..) {
            self.desk.undo(command.id);
        }
        self.clock.forget_written();
        for (_, noted, outcome) in std::mem::take(&mut self.answered) {
            self.say_outcome(noted, outcome, now);
        }
    }

    /// What follows from where things stand: one transaction at a time, then another
    /// epoch if one is needed, then reading.
    fn flow(&mut self, now: Now) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.reloading {
            return effects;
        }
        self.loose_since = match self.queue.is_loose() {
            true => self.loose_since.or(Some(now.mono)),
            false => None,
        };
        let long = |since: Mono| now.mono >= since + LOOSE_MAX;
        let sync = self.opened || self.renewing || self.loose_since.is_some_and(long);
        if self.rest_until.is_none()
            && let Some(it) = self.queue.take(sync)
        {
            self.opened = false;
            effects.push(Effect::Store(it));
        }
        if self.renewing && self.queue.is_settled() {
            self.reloading = true;
            let to = Epoch::mint(&mut self.rng);
            effects.push(Effect::Renew(self.queue.renewal(to)));
        }
        let open = self.state == State::Open;
        effects.extend(self.out.read(open, &self.queue).map(Effect::Read));
        effects
    }
}
