//! What it costs: octets on the wire, and instants of the simulated world.
//!
//! Nothing here measures this machine.

use std::fmt;

use base::id::{Agent, Id};
use base::now::{Mono, Wall};
use sync::batch::{Batch, PIECES_MAX, Piece};
use sync::frame::Frame;
use sync::identity::{Boot, Chain, Digest, Epoch, Seq, Stream};
use sync::record::{Envelope, Kind, Quality};
use sync::share::Shares;

use super::pipe::Line;
use super::world::{Mutation, Setting, World};
use super::{BEGIN, Instant, SECOND};

/// Samples of three days at one in ten seconds.
pub const THREE_DAYS: u64 = 25_920;

/// Fields of a sample.
const FIELDS: usize = 20;

/// How the fields of telemetry move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telemetry {
    /// As a box's do: five stand still, five count, ten wander.
    Usual,
    /// Each field anything of 4,096, each time: nothing can be told beforehand.
    Wild,
}

/// Telemetry, one sample after the other: a protobuf message of twenty varints.
#[derive(Debug)]
pub struct Meter {
    kind: Telemetry,
    fields: [u64; FIELDS],
    rng: fastrand::Rng,
}

impl Meter {
    /// One that begins somewhere.
    #[must_use]
    pub fn new(kind: Telemetry, seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let fields = std::array::from_fn(|_| rng.u64(100..4_096));
        Self { kind, fields, rng }
    }

    /// The next sample's body.
    pub fn sample(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        for (at, field) in (0_u8..).zip(&mut self.fields) {
            *field = match (self.kind, at) {
                (Telemetry::Wild, _) => self.rng.u64(..4_096),
                (Telemetry::Usual, 0..5) => *field,
                (Telemetry::Usual, 5..10) => *field + self.rng.u64(..2_000),
                (Telemetry::Usual, _) => (*field + self.rng.u64(..9)).saturating_sub(4),
            };
            body.push((at % 15 + 1) << 3);
            let mut rest = *field;
            while rest >= 0x80 {
                body.push(u8::try_from(rest & 0x7f).unwrap_or(0) | 0x80);
                rest >>= 7;
            }
            body.push(u8::try_from(rest).unwrap_or(0));
        }
        body
    }
}

/// Octets of a sample on the wire, in a frame of five hundred, less what TLS and TCP
/// add.
#[must_use]
pub fn octets_per_sample(kind: Telemetry) -> f64 {
    let mut meter = Meter::new(kind, 1);
    let mut rng = fastrand::Rng::with_seed(2);
    let agent = Id::<Agent>::from_bytes([1; 16]);
    let chain = Chain {
        stream: Stream::Sample,
        epoch: Epoch::from_bits(7),
    };
    let count = u64::try_from(PIECES_MAX).unwrap_or(0);
    let pieces = (1..=count).map(|seq| {
        let us = seq * 10 * SECOND + rng.u64(..2_000);
        let envelope = Envelope {
            event_time: Wall::from_us(i64::try_from(BEGIN + us).unwrap_or(0)),
            mono: Mono::from_us(us),
            boot: Boot::from_bytes([3; 16]),
            quality: Quality::Synced,
            kind: Kind(66),
            ver: 1,
            body: meter.sample(),
        };
        Piece::Record {
            seq: Seq::new(seq),
            origin: None,
            record: envelope.encode(),
        }
    });
    let prev = Some(Digest::genesis(agent, chain));
    let batch = Batch {
        agent,
        chain,
        prev,
        pieces: pieces.collect(),
    };
    let octets = Frame::Batch(batch).encode().len();
    f64::from(u32::try_from(octets).unwrap_or(u32::MAX)) / 500.0
}

/// How three days without a link come through.
#[derive(Debug, Clone, Copy)]
pub struct Drained {
    /// From the attempt to dial to the greeting.
    pub greeted: Instant,
    /// From the greeting until the centre holds everything and the site knows it.
    pub drained: Instant,
    /// How long a command took that was given meanwhile.
    pub command: Instant,
    /// Octets of a sample on the wire, with what TLS and TCP add.
    pub octets: f64,
}

/// Three days without a link, and then one.
#[must_use]
pub fn drain(line: Line, kind: Telemetry, seed: u64) -> Drained {
    let setting = Setting {
        seed,
        sites: 1,
        line,
        shares: Shares::default(),
        mutation: Mutation::None,
        mishaps: Vec::new(),
        living: false,
    };
    let mut world = World::new(setting);
    let mut meter = Meter::new(kind, seed);
    let healed = BEGIN + THREE_DAYS * 10 * SECOND;
    world.set_line(0, line, healed);
    for at in 0..THREE_DAYS {
        world.run_until(BEGIN + at * 10 * SECOND);
        world.record(0, Stream::Sample, meter.sample());
    }
    world.run_until(healed);
    let before = world.octets();
    while world.open() == 0 && world.now < healed + 600 * SECOND {
        world.run_until(world.now + SECOND / 100);
    }
    let greeted = world.now;
    // In the middle of it.
    world.run_until(greeted + SECOND / 2);
    let given = world.now;
    let command = world.command(0, false, 3_600 * SECOND);
    let (mut answered, mut drained) = (0, 0);
    while (answered == 0 || drained == 0) && world.now < greeted + 7_200 * SECOND {
        world.run_until(world.now + SECOND / 100);
        if answered == 0 && world.outcome(command).is_some() {
            answered = world.now;
        }
        if drained == 0 && world.stations[0].disk.is_drained() {
            drained = world.now;
        }
    }
    let octets = u32::try_from(world.octets().0 - before.0).unwrap_or(u32::MAX);
    let samples = u32::try_from(THREE_DAYS).unwrap_or(u32::MAX);
    Drained {
        greeted: greeted - healed,
        drained: drained.saturating_sub(greeted),
        command: answered.saturating_sub(given),
        octets: f64::from(octets) / f64::from(samples),
    }
}

/// How long after an outage of the centre so many sites are all in.
#[must_use]
pub fn herd(sites: usize, seed: u64) -> Instant {
    let setting = Setting {
        seed,
        sites,
        line: Line::FAST,
        shares: Shares::default(),
        mutation: Mutation::None,
        mishaps: Vec::new(),
        living: false,
    };
    let mut world = World::new(setting);
    let all_in = |world: &mut World, until: Instant| {
        while world.open() < sites && world.now < until {
            world.run_until(world.now + SECOND / 2);
        }
    };
    let end = BEGIN + 1_800 * SECOND;
    all_in(&mut world, end);
    world.outage(5 * SECOND);
    world.run_until(world.now + 5 * SECOND);
    let back = world.now;
    all_in(&mut world, back + 1_800 * SECOND);
    world.now - back
}

impl fmt::Display for Drained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = |us: Instant| format!("{}.{:02} s", us / SECOND, us % SECOND / 10_000);
        write!(
            f,
            "greeted after {}, drained after {}, a command meanwhile took {}, {:.1} octets a sample",
            tenths(self.greeted),
            tenths(self.drained),
            tenths(self.command),
            self.octets
        )
    }
}
