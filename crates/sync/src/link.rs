//! The centre's end of one connection.
//!
//! ```text
//!            Hello           Cursors
//!  Waiting ─────────▶ Asking ────────▶ Open ──▶ Closed (with a last word)
//! ```
//!
//! The machine holds nothing that is not also in the centre's tables: a connection
//! that ends at any instant costs what was on its way and no more. Four promises:
//!
//! 1. An acknowledgement is said after the commit, never before.
//! 2. A commit names where the chain stood ([`Stage::expect`]); if it stands elsewhere
//!    by then, because another connection of the same agent was there, it is undone.
//! 3. What cannot be read is put aside raw, and acknowledged: it blocks nothing.
//! 4. Before each commit it is asked whether the agent may still ([`Effect::Ask`]). If
//!    not, everything that came goes into quarantine and nothing is acknowledged.
//!
//! It serves a connection, a POST and a stick alike: the latter two are conversations
//! in which the site says everything first.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use base::id::{Agent, Id};
use base::now::{Mono, Now, Wall};

use crate::batch::Batch;
use crate::command::Command;
use crate::commit::{Commit, Stage, Unfit, stage};
use crate::frame::{Bye, Farewell, Frame, Hello, Protocols, Welcome};
use crate::identity::{Boot, Chain, Cursor, Epoch};
use crate::outgoing::WINDOW;
use crate::pulse::{Beat, Pulse};

/// How long a connection may be open without a greeting.
pub const GREETING_MAX: Duration = Duration::from_secs(30);

/// Batches that wait for a commit. Bound; a site that sends more than its window of
/// either lane breaks the protocol.
pub const WAITING_MAX: usize = 2 * WINDOW;

/// Commands that wait for the transport, and answers. Bound; policy: a command waits
/// at the centre for the next connection, an end that asks more than it reads is
/// given up.
pub const WORDS_MAX: usize = 64;

/// How long a site is kept away when the centre has no room or another trouble.
const TROUBLE_REST_S: u32 = 60;

/// What this centre tells the sites of how to behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manners {
    /// What it speaks.
    pub protocols: Protocols,
    /// How often each end asks whether the other lives.
    pub ping: Duration,
    /// Over how long to spread a return.
    pub window: Duration,
    /// Which edition of its configuration the site should have.
    pub config: u64,
}

/// What has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A frame has come.
    Frame(Vec<u8>),
    /// The answer to [`Effect::LookUp`]: where the chains stand, those that nothing is
    /// held of left out, and the commands that wait for this agent.
    Cursors(Vec<Cursor>, Vec<Command>),
    /// The answer to [`Effect::Ask`].
    Allowed(bool),
    /// The commit is done.
    Committed,
    /// The commit is undone.
    Failed(Trouble),
    /// A new command.
    Command(Command),
    /// Prove that the other end lives: another has its name.
    Probe,
    /// End it with this word.
    Close(Bye),
    /// Nothing but time has passed.
    Tick,
}

/// Why a commit is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The disk is full.
    Full,
    /// A chain stands elsewhere than [`Stage::expect`] says.
    Moved,
    /// Something else.
    Other,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A site has greeted: tell the roster.
    Greeted(Greeted),
    /// Read where these chains stand; answer `Cursors`.
    LookUp(Vec<Chain>),
    /// May the agent still? Answer `Allowed`.
    Ask,
    /// Commit this in one transaction; answer `Committed` or `Failed`.
    Commit(Commit),
    /// Keep these octets of somebody who may not; nothing is answered.
    Quarantine(Vec<u8>),
    /// The other end has answered a probe: tell the roster.
    Lives,
    /// End the connection once the last frame is sent.
    HangUp(Farewell),
}

/// Who has greeted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeted {
    /// The agent.
    pub agent: Id<Agent>,
    /// Its boot.
    pub boot: Boot,
    /// The epoch it makes records in.
    pub epoch: Option<Epoch>,
    /// Its program.
    pub version: String,
    /// Its wall clock, which may be wrong.
    pub wall: Wall,
}

#[derive(Debug)]
enum State {
    Waiting { since: Mono },
    Asking { hello: Hello },
    Open,
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    /// Nothing is out.
    Idle,
    /// It was asked whether the agent may.
    Asked,
    /// A commit is out.
    Committing,
}

/// The centre's end of one connection.
#[derive(Debug)]
pub struct Link {
    agent: Id<Agent>,
    manners: Manners,
    state: State,
    pulse: Option<Pulse>,
    /// Where each chain stands, with what has been taken in since.
    tips: BTreeMap<Chain, Cursor>,
    /// Stages that wait for a commit, with the octets they came in.
    waiting: VecDeque<(Stage, Vec<u8>)>,
    /// A batch of a chain that was not in the greeting, until it is looked up.
    stranger: Option<(Batch, Vec<u8>)>,
    work: Work,
    /// What is acknowledged when the commit is done.
    acks: Vec<Cursor>,
    words: VecDeque<Frame>,
    probe: Option<u64>,
    rng: fastrand::Rng,
}

impl Link {
    /// A connection of the agent that its certificate names.
    #[must_use]
    pub fn new(agent: Id<Agent>, manners: Manners, now: Now, seed: u64) -> Self {
        Self {
            agent,
            manners,
            state: State::Waiting { since: now.mono },
            pulse: None,
            tips: BTreeMap::new(),
            waiting: VecDeque::new(),
            stranger: None,
            work: Work::Idle,
            acks: Vec::new(),
            words: VecDeque::new(),
            probe: None,
            rng: fastrand::Rng::with_seed(seed),
        }
    }

    /// Takes what has happened and says what to do about it.
    #[must_use]
    pub fn handle(&mut self, input: Input, now: Now) -> Vec<Effect> {
        let mut effects = Vec::new();
        if matches!(self.state, State::Closed) {
            return effects;
        }
        match input {
            Input::Frame(octets) => self.frame_in(octets, now, &mut effects),
            Input::Cursors(cursors, commands) => {
                self.cursors(&cursors, commands, now, &mut effects);
            }
            Input::Allowed(true) => self.commit(&mut effects),
            Input::Allowed(false) => self.revoked(&mut effects),
            Input::Committed => {
                self.work = Work::Idle;
                for ack in std::mem::take(&mut self.acks) {
                    self.say(Frame::Ack(ack), &mut effects);
                }
            }
            Input::Failed(trouble) => {
                let (why, rest) = match trouble {
                    Trouble::Full => (Farewell::Full, TROUBLE_REST_S),
                    Trouble::Other => (Farewell::Trouble, TROUBLE_REST_S),
                    Trouble::Moved => (Farewell::Displaced, 0),
                };
                self.close(
                    Bye {
                        why,
                        retry_after_s: rest,
                        renew: None,
                    },
                    &mut effects,
                );
            }
            Input::Command(command) => {
                if matches!(self.state, State::Open) && self.words.len() < WORDS_MAX {
                    self.words.push_back(Frame::Command(command));
                }
            }
            Input::Probe => {
                if let Some(pulse) = &mut self.pulse {
                    let nonce = pulse.ask(now.mono);
                    self.probe = Some(nonce);
                    self.say(Frame::Ping { nonce }, &mut effects);
                }
            }
            Input::Close(bye) => self.close(bye, &mut effects),
            Input::Tick => self.tick(now, &mut effects),
        }
        if self.work == Work::Idle && !self.waiting.is_empty() && matches!(self.state, State::Open)
        {
            self.work = Work::Asked;
            effects.push(Effect::Ask);
        }
        effects
    }

    /// The next frame for a transport that has room.
    pub fn frame(&mut self) -> Option<Vec<u8>> {
        self.words.pop_front().map(|frame| frame.encode())
    }

    /// Whose connection it is.
    #[must_use]
    pub const fn agent(&self) -> Id<Agent> {
        self.agent
    }

    /// When [`Input::Tick`] is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Mono> {
        match (&self.state, &self.pulse) {
            (State::Waiting { since }, _) => Some(*since + GREETING_MAX),
            (_, Some(pulse)) => Some(pulse.deadline()),
            (_, None) => None,
        }
    }

    fn say(&mut self, frame: Frame, effects: &mut Vec<Effect>) {
        if self.words.len() >= WORDS_MAX {
            let bye = Bye {
                why: Farewell::Malformed,
                retry_after_s: 0,
                renew: None,
            };
            return self.close(bye, effects);
        }
        self.words.push_back(frame);
    }

    fn close(&mut self, bye: Bye, effects: &mut Vec<Effect>) {
        if matches!(self.state, State::Closed) {
            return;
        }
        self.state = State::Closed;
        self.pulse = None;
        self.words.clear();
        self.words.push_back(Frame::Bye(bye));
        effects.push(Effect::HangUp(bye.why));
    }

    fn end(&mut self, why: Farewell, effects: &mut Vec<Effect>) {
        self.close(
            Bye {
                why,
                retry_after_s: 0,
                renew: None,
            },
            effects,
        );
    }

    fn tick(&mut self, now: Now, effects: &mut Vec<Effect>) {
        if let State::Waiting { since } = self.state
            && now.mono >= since + GREETING_MAX
        {
            return self.end(Farewell::Malformed, effects);
        }
        match self
            .pulse
            .as_mut()
            .map_or(Beat::Rest, |pulse| pulse.tick(now.mono))
        {
            Beat::Rest => {}
            Beat::Dead => self.end(Farewell::Closing, effects),
            Beat::Ping { nonce } => self.say(Frame::Ping { nonce }, effects),
        }
    }
}

/// What comes.
impl Link {
    fn frame_in(&mut self, octets: Vec<u8>, now: Now, effects: &mut Vec<Effect>) {
        let Ok(frame) = Frame::decode(&octets) else {
            return self.end(Farewell::Malformed, effects);
        };
        match (&self.state, frame) {
            (State::Waiting { .. }, Frame::Hello(hello)) => self.greeted(hello, effects),
            (State::Open, Frame::Batch(batch)) => self.batch(batch, octets, effects),
            (State::Open, Frame::Ping { nonce }) => {
                self.say(
                    Frame::Pong {
                        nonce,
                        wall: now.wall,
                    },
                    effects,
                );
            }
            (State::Open, Frame::Pong { nonce, .. }) => {
                if let Some(pulse) = &mut self.pulse
                    && pulse.pong(nonce).is_some()
                    && self.probe == Some(nonce)
                {
                    self.probe = None;
                    effects.push(Effect::Lives);
                }
            }
            (_, Frame::Bye(bye)) => self.end(bye.why, effects),
            _ => self.end(Farewell::Malformed, effects),
        }
    }

    fn greeted(&mut self, hello: Hello, effects: &mut Vec<Effect>) {
        if hello.agent != self.agent {
            return self.end(Farewell::Malformed, effects);
        }
        if self.manners.protocols.agree(hello.protocols).is_none() {
            return self.end(Farewell::Version, effects);
        }
        let current = hello.tails.iter().find(|tail| tail.current);
        effects.push(Effect::Greeted(Greeted {
            agent: hello.agent,
            boot: hello.boot,
            epoch: current.map(|tail| tail.head.chain.epoch),
            version: hello.version.clone(),
            wall: hello.wall,
        }));
        effects.push(Effect::LookUp(
            hello.tails.iter().map(|tail| tail.head.chain).collect(),
        ));
        self.state = State::Asking { hello };
    }

    fn cursors(
        &mut self,
        held: &[Cursor],
        commands: Vec<Command>,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        let place = |chain| {
            let held = held.iter().find(|cursor| cursor.chain == chain);
            held.copied()
                .unwrap_or_else(|| Cursor::start(self.agent, chain))
        };
        if let Some((batch, octets)) = self.stranger.take() {
            self.tips.insert(batch.chain, place(batch.chain));
            return self.batch(batch, octets, effects);
        }
        let State::Asking { hello } = &self.state else {
            return;
        };
        let cursors: Vec<_> = hello
            .tails
            .iter()
            .map(|tail| place(tail.head.chain))
            .collect();
        // A site that has less than it had, or something else under the same number.
        let forked = hello.tails.iter().zip(&cursors).any(|(tail, held)| {
            let other = tail.head.seq == held.seq && tail.head.digest != held.digest;
            tail.current && (tail.head.seq < held.seq || other)
        });
        let epoch = hello
            .tails
            .iter()
            .find(|tail| tail.current)
            .map(|tail| tail.head.chain.epoch);
        if forked {
            let bye = Bye {
                why: Farewell::Fork,
                retry_after_s: 0,
                renew: epoch,
            };
            return self.close(bye, effects);
        }
        self.tips = cursors
            .iter()
            .map(|cursor| (cursor.chain, *cursor))
            .collect();
        let seconds = |span: Duration| u32::try_from(span.as_secs()).unwrap_or(u32::MAX);
        let spoken = self.manners.protocols;
        let welcome = Welcome {
            protocol: spoken.agree(hello.protocols).unwrap_or(spoken.max),
            cursors,
            echo: hello.mono,
            centre: now.wall,
            ping_s: seconds(self.manners.ping),
            window_s: seconds(self.manners.window),
            config: self.manners.config,
        };
        self.state = State::Open;
        self.pulse = Some(Pulse::new(now.mono, self.manners.ping, self.rng.u64(..)));
        self.say(Frame::Welcome(welcome), effects);
        self.words
            .extend(commands.into_iter().take(WORDS_MAX - 1).map(Frame::Command));
    }

    fn batch(&mut self, batch: Batch, octets: Vec<u8>, effects: &mut Vec<Effect>) {
        if batch.agent != self.agent || self.waiting.len() >= WAITING_MAX {
            return self.end(Farewell::Malformed, effects);
        }
        let Some(tip) = self.tips.get(&batch.chain).copied() else {
            // One chain is looked up at a time.
            if self.stranger.is_some() {
                return self.end(Farewell::Malformed, effects);
            }
            effects.push(Effect::LookUp(vec![batch.chain]));
            self.stranger = Some((batch, octets));
            return;
        };
        match stage(batch, tip) {
            Ok(stage) => {
                self.tips.insert(stage.then.chain, stage.then);
                self.waiting.push_back((stage, octets));
            }
            // Nothing new: say again where the chain stands. What is on its way is
            // acknowledged when it is held.
            Err(Unfit::Old) => {
                let of = |cursor: &Cursor| cursor.chain == tip.chain;
                let out = self.waiting.iter().any(|(stage, _)| of(&stage.then));
                if !out && !self.acks.iter().any(of) {
                    self.say(Frame::Ack(tip), effects);
                }
            }
            Err(Unfit::Hole) => self.end(Farewell::Malformed, effects),
            Err(Unfit::Fork(epoch)) => {
                let bye = Bye {
                    why: Farewell::Fork,
                    retry_after_s: 0,
                    renew: Some(epoch),
                };
                self.close(bye, effects);
            }
        }
    }

    /// Everything that waits is one commit.
    fn commit(&mut self, effects: &mut Vec<Effect>) {
        if self.work != Work::Asked {
            return;
        }
        self.work = Work::Committing;
        let mut stages: Vec<Stage> = Vec::new();
        for (stage, _) in self.waiting.drain(..) {
            match stages
                .iter_mut()
                .find(|before| before.then.chain == stage.then.chain)
            {
                Some(before) => {
                    before.then = stage.then;
                    before.entries.extend(stage.entries);
                }
                None => stages.push(stage),
            }
        }
        // The end of a stage is the end of a batch, which is what a site knows.
        self.acks = stages.iter().map(|stage| stage.then).collect();
        effects.push(Effect::Commit(Commit {
            agent: self.agent,
            stages,
        }));
    }

    fn revoked(&mut self, effects: &mut Vec<Effect>) {
        let octets = self.waiting.drain(..).map(|(_, octets)| octets);
        effects.extend(octets.map(Effect::Quarantine));
        self.end(Farewell::Revoked, effects);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::tests::{agent, batch, chain, record};
    use crate::commit::Entry;
    use crate::frame::{PROTOCOLS, Tail};
    use crate::identity::{Digest, Seq};

    fn now() -> Now {
        Now {
            mono: Mono::from_us(0),
            wall: Wall::from_us(0),
        }
    }

    fn hello(head: Cursor) -> Frame {
        Frame::Hello(Hello {
            protocols: PROTOCOLS,
            agent: agent(),
            boot: Boot::from_bytes([2; 16]),
            version: String::new(),
            mono: Mono::from_us(0),
            wall: Wall::from_us(0),
            tails: vec![Tail {
                head,
                kept_from: Seq::new(1),
                current: true,
            }],
        })
    }

    fn tell(link: &mut Link, frame: &Frame) -> Vec<Effect> {
        link.handle(Input::Frame(frame.encode()), now())
    }

    fn said(link: &mut Link) -> Vec<Frame> {
        let frames = std::iter::from_fn(|| link.frame());
        frames
            .map(|octets| Frame::decode(&octets).expect("a frame"))
            .collect()
    }

    fn new() -> Link {
        let span = Duration::from_secs(60);
        Link::new(
            agent(),
            Manners {
                protocols: PROTOCOLS,
                ping: span,
                window: span,
                config: 1,
            },
            now(),
            1,
        )
    }

    /// A link that has welcomed a site of which nothing is held.
    fn open() -> Link {
        let mut link = new();
        let _ = tell(&mut link, &hello(Cursor::start(agent(), chain())));
        let _ = link.handle(Input::Cursors(Vec::new(), Vec::new()), now());
        assert!(matches!(said(&mut link)[..], [Frame::Welcome(_)]));
        link
    }

    #[test]
    fn it_is_asked_then_committed_then_acknowledged() {
        let mut link = open();
        let first = batch(vec![record(1, 9)]);
        let end = first.end().expect("an end");
        assert_eq!(tell(&mut link, &Frame::Batch(first)), [Effect::Ask]);
        let effects = link.handle(Input::Allowed(true), now());
        let [Effect::Commit(commit)] = &effects[..] else {
            panic!("{effects:?}")
        };
        assert_eq!(commit.stages[0].then, end);
        let poison = matches!(commit.stages[0].entries[..], [Entry::Poison { .. }]);
        assert!(poison, "what is no record is put aside, and blocks nothing");
        assert!(said(&mut link).is_empty(), "not before it is committed");
        assert!(link.handle(Input::Committed, now()).is_empty());
        assert_eq!(said(&mut link), [Frame::Ack(end)]);
        // Again: nothing is new, and it is said where the chain stands.
        assert!(tell(&mut link, &Frame::Batch(batch(vec![record(1, 9)]))).is_empty());
        assert_eq!(said(&mut link), [Frame::Ack(end)]);
    }

    #[test]
    fn what_is_undone_is_not_acknowledged_and_ends_the_connection() {
        for (trouble, why) in [
            (Trouble::Full, Farewell::Full),
            (Trouble::Moved, Farewell::Displaced),
            (Trouble::Other, Farewell::Trouble),
        ] {
            let mut link = open();
            let _ = tell(&mut link, &Frame::Batch(batch(vec![record(1, 9)])));
            let _ = link.handle(Input::Allowed(true), now());
            assert_eq!(
                link.handle(Input::Failed(trouble), now()),
                [Effect::HangUp(why)]
            );
            assert!(matches!(said(&mut link)[..], [Frame::Bye(bye)] if bye.why == why));
        }
    }

    #[test]
    fn who_may_not_is_put_aside_whole() {
        let mut link = open();
        let frame = Frame::Batch(batch(vec![record(1, 9)]));
        let _ = tell(&mut link, &frame);
        let effects = link.handle(Input::Allowed(false), now());
        let quarantined = Effect::Quarantine(frame.encode());
        assert_eq!(effects, [quarantined, Effect::HangUp(Farewell::Revoked)]);
    }

    #[test]
    fn a_site_that_has_something_else_is_told_to_take_another_epoch() {
        let held = |seq, octet| Cursor {
            chain: chain(),
            seq: Seq::new(seq),
            digest: Digest::from_bytes([octet; 32]),
        };
        let renew = |frames: &[Frame]| {
            matches!(
                frames,
                [Frame::Bye(Bye {
                    why: Farewell::Fork,
                    renew: Some(_),
                    ..
                })]
            )
        };
        for head in [held(4, 1), held(5, 2)] {
            let mut link = new();
            let _ = tell(&mut link, &hello(head));
            let _ = link.handle(Input::Cursors(vec![held(5, 1)], Vec::new()), now());
            assert!(renew(&said(&mut link)), "{head:?}");
        }
        // What lies before the first record is not what is held.
        let mut link = new();
        let _ = tell(&mut link, &hello(held(6, 1)));
        let _ = link.handle(Input::Cursors(vec![held(5, 1)], Vec::new()), now());
        let _ = said(&mut link);
        let mut next = batch(vec![record(6, 9)]);
        next.prev = Some(Digest::from_bytes([3; 32]));
        let _ = tell(&mut link, &Frame::Batch(next));
        assert!(renew(&said(&mut link)));
    }

    #[test]
    fn octets_that_are_not_its_turn_end_the_connection_only() {
        let ping = Frame::Ping { nonce: 1 };
        assert!(matches!(
            tell(&mut new(), &ping)[..],
            [Effect::HangUp(Farewell::Malformed)]
        ));
        let mut link = open();
        let hung_up = link.handle(Input::Frame(vec![0; 9]), now());
        assert_eq!(hung_up, [Effect::HangUp(Farewell::Malformed)]);
        assert!(tell(&mut link, &ping).is_empty(), "it is over");
        let hole = Frame::Batch(batch(vec![record(3, 9)]));
        assert!(matches!(tell(&mut open(), &hole)[..], [Effect::HangUp(_)]));
    }
}
