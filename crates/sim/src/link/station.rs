//! A box with its disk, its clocks and its people.

use std::collections::VecDeque;

use base::id::{Agent, Id};
use base::now::{Mono, Now, Wall};
use sync::carry::{FILE_MAX, Packer};
use sync::command::{Command, End, Ulid};
use sync::identity::{Boot, Epoch, Stream};
use sync::outgoing::Read;
use sync::record::{Draft, Kind};
use sync::share::Shares;
use sync::site::{Effect, Input, Site, Trouble};

use super::disk::{Disk, Image};
use super::oracle::Oracle;
use super::world::Mutation;
use super::{Instant, SECOND};

/// What the world has to do for a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Dial the centre.
    Dial,
    /// End the connection.
    HangUp,
    /// The power goes now.
    PowerCut,
}

/// A box.
#[derive(Debug)]
pub struct Station {
    /// Its number in the world.
    pub at: usize,
    /// Its key.
    pub agent: Id<Agent>,
    /// Its card.
    pub disk: Disk,
    /// A copy of its card.
    pub copy: Option<Image>,
    /// Its program, while it runs.
    pub site: Option<Site>,
    /// Commands that must not be done twice, as they were done.
    pub done_once: Vec<Ulid>,
    /// How often its program has started.
    pub starts: u64,
    /// How many redemptions were refused.
    pub refused: u64,
    /// The power goes with the next transaction: before it, or after.
    pub power_at: Option<bool>,
    shares: Shares,
    boot: Boot,
    booted: Instant,
    /// How fast its crystal is, in millionths above the slowest there is.
    drift_ppm: u8,
    /// How wrong its wall clock is.
    wall_off_us: i64,
    mutation: Mutation,
    /// How often it has gone on in its old epoch on purpose.
    stayed: u16,
    rng: fastrand::Rng,
}

/// So often a careless box goes on in its old epoch. It is asked to leave it each time,
/// and a day of that is tens of thousands of times.
const STAYS_MAX: u16 = 300;

const MILLION: u128 = 1_000_000;

/// How many millionths a crystal is slow or fast at most.
const DRIFT_MAX: u128 = 100;

/// What a village of the tests records: a redemption, an incident, a sample.
const KINDS: [Kind; 3] = [Kind(64), Kind(65), Kind(66)];

impl Station {
    /// A box that is off, with a new card.
    #[must_use]
    pub fn new(at: usize, agent: Id<Agent>, shares: Shares, mutation: Mutation, seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let disk = Disk::new(agent, Epoch::mint(&mut rng));
        Self {
            at,
            agent,
            disk,
            copy: None,
            site: None,
            done_once: Vec::new(),
            starts: 0,
            refused: 0,
            power_at: None,
            shares,
            boot: Boot::from_bytes([0; 16]),
            booted: 0,
            drift_ppm: rng.u8(..=200),
            wall_off_us: 0,
            mutation,
            stayed: 0,
            rng,
        }
    }

    /// Both its clocks.
    #[must_use]
    pub fn now(&self, world: Instant) -> Now {
        let up = u128::from(world.saturating_sub(self.booted)) * self.pace() / MILLION;
        let wall = i64::try_from(world).unwrap_or(i64::MAX) + self.wall_off_us;
        let mono = u64::try_from(up).unwrap_or(u64::MAX);
        Now {
            mono: Mono::from_us(mono),
            wall: Wall::from_us(wall),
        }
    }

    /// The first instant of the world at which its monotonic clock shows that.
    #[must_use]
    pub fn when(&self, mono: Mono) -> Instant {
        let up = (u128::from(mono.as_us()) * MILLION).div_ceil(self.pace());
        self.booted + u64::try_from(up).unwrap_or(u64::MAX / 2)
    }

    /// Microseconds that its crystal counts in a million.
    fn pace(&self) -> u128 {
        MILLION + u128::from(self.drift_ppm) - DRIFT_MAX
    }

    /// The power comes: another boot. A box in three has a clock that lost the time.
    pub fn power_on(&mut self, world: Instant) {
        let mut boot = [0; 16];
        self.rng.fill(&mut boot);
        self.boot = Boot::from_bytes(boot);
        self.booted = world;
        self.wall_off_us = match self.rng.u8(..3) {
            0 => -i64::try_from(world).unwrap_or(0),
            1 => 3 * 3_600_000_000,
            _ => 0,
        };
        self.start(world);
    }

    /// The program starts.
    pub fn start(&mut self, world: Instant) {
        let (now, seed) = (self.now(world), self.rng.u64(..));
        self.starts += 1;
        let outbox = self.disk.outbox();
        self.site = Some(Site::new(&outbox, self.shares, self.boot, "sim", now, seed));
    }

    /// The power goes.
    pub fn power_off(&mut self, oracle: &mut Oracle) {
        self.site = None;
        for row in self.disk.power_cut(&mut self.rng) {
            oracle.lost_power(&row.record);
        }
    }

    /// Somebody sets the wall clock.
    pub fn step(&mut self, seconds: i64) {
        self.wall_off_us += seconds * 1_000_000;
    }

    /// Something happens in the village.
    pub fn make(&mut self, stream: Stream, world: Instant, oracle: &mut Oracle) -> Vec<Act> {
        let mut body = [0; 16];
        self.rng.fill(&mut body);
        oracle.happens(body, world);
        self.record(stream, body.to_vec(), world, oracle)
    }

    /// Something is recorded.
    pub fn record(
        &mut self,
        stream: Stream,
        body: Vec<u8>,
        world: Instant,
        oracle: &mut Oracle,
    ) -> Vec<Act> {
        let now = self.now(world);
        let Some(site) = &mut self.site else {
            return Vec::new();
        };
        let kind = KINDS[usize::from(stream.number()) - 1];
        match site.append(stream, Draft { kind, ver: 1, body }, now) {
            Ok((_, effects)) => self.run(effects, world, oracle),
            Err(_) => {
                self.refused += 1;
                Vec::new()
            }
        }
    }

    /// Something of another kind is recorded, as an event; whether it was taken. The
    /// oracle is told nothing of it: others keep count of what it says.
    pub fn say(
        &mut self,
        kind: Kind,
        body: Vec<u8>,
        world: Instant,
        oracle: &mut Oracle,
    ) -> (bool, Vec<Act>) {
        let now = self.now(world);
        let Some(site) = &mut self.site else {
            return (false, Vec::new());
        };
        match site.append(Stream::Event, Draft { kind, ver: 1, body }, now) {
            Ok((_, effects)) => (true, self.run(effects, world, oracle)),
            Err(_) => (false, Vec::new()),
        }
    }

    /// Which boot this is.
    #[must_use]
    pub const fn boot(&self) -> Boot {
        self.boot
    }

    /// What is pending, as frames for a stick.
    #[must_use]
    pub fn export(&self, world: Instant) -> Vec<Vec<u8>> {
        let Some(site) = &self.site else {
            return Vec::new();
        };
        let mut packer = Packer::new(site.hello(self.now(world)), site.queue(), FILE_MAX);
        while let Some(read) = packer.read(site.queue()) {
            packer.rows(self.disk.read(&read), site.queue());
        }
        packer.finish()
    }

    /// Tells the machine what has happened and does what it says.
    pub fn tell(&mut self, input: Input, world: Instant, oracle: &mut Oracle) -> Vec<Act> {
        let now = self.now(world);
        let Some(site) = &mut self.site else {
            return Vec::new();
        };
        let effects = site.handle(input, now);
        self.run(effects, world, oracle)
    }

    fn run(&mut self, effects: Vec<Effect>, world: Instant, oracle: &mut Oracle) -> Vec<Act> {
        let now = self.now(world);
        let mut todo: VecDeque<_> = effects.into();
        let mut acts = Vec::new();
        while let Some(effect) = todo.pop_front() {
            let input = match effect {
                Effect::Dial => {
                    acts.push(Act::Dial);
                    continue;
                }
                Effect::HangUp => {
                    acts.push(Act::HangUp);
                    continue;
                }
                Effect::Store(transaction) => {
                    if self.power_at == Some(false) {
                        acts.push(Act::PowerCut);
                        return acts;
                    }
                    let done = self.disk.apply(transaction);
                    if self.power_at == Some(true) {
                        oracle.saw(self.at, done.unwrap_or_default());
                        acts.push(Act::PowerCut);
                        return acts;
                    }
                    match done {
                        Some(traces) => {
                            oracle.saw(self.at, traces);
                            Input::Stored
                        }
                        None => Input::Failed(Trouble::Full),
                    }
                }
                Effect::Read(read) => {
                    let rows = self.disk.read(&read);
                    self.read_back(&read);
                    Input::Rows(rows)
                }
                Effect::Reload => Input::Reloaded(self.disk.outbox()),
                Effect::Renew(renewal) => {
                    if self.mutation == Mutation::SameEpoch && self.stayed < STAYS_MAX {
                        self.stayed += 1;
                    } else {
                        let traces = self.disk.renew(&renewal);
                        oracle.saw(self.at, traces);
                    }
                    Input::Reloaded(self.disk.outbox())
                }
                Effect::Run(command) => self.obey(command),
            };
            if let Some(site) = &mut self.site {
                todo.extend(site.handle(input, now));
            }
        }
        acts
    }

    fn read_back(&mut self, read: &Read) {
        if self.mutation == Mutation::DeleteEarly {
            self.disk.lose(read);
        }
    }

    fn obey(&mut self, command: Command) -> Input {
        if !command.repeatable {
            self.done_once.push(command.id);
        }
        Input::Done {
            command,
            end: End::Done,
            body: b"done".to_vec(),
        }
    }

    /// When its machine wants to be woken.
    #[must_use]
    pub fn wakes(&self) -> Option<Instant> {
        self.site.as_ref().map(|site| self.when(site.deadline()))
    }

    /// How long until the next of a stream happens here.
    pub fn pause(&mut self, stream: Stream) -> Instant {
        match stream {
            Stream::Money => self.rng.u64(60 * SECOND..600 * SECOND),
            Stream::Event => self.rng.u64(120 * SECOND..1_200 * SECOND),
            Stream::Sample => 60 * SECOND - self.rng.u64(..SECOND),
        }
    }
}
