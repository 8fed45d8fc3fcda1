//! What must hold, told by who saw it and not by who did it.
//!
//! The oracle sees what is written to disks and taken from them, and in the end what
//! the centre has. A record is known to it by its octets alone. It knows no epoch, no
//! cursor and no acknowledgement; of chains and numbers it knows what is written
//! beside a record and beside a gap.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use base::id::{Agent, Id};
use sync::batch::{Gap, Reason};
use sync::clock::Retimed;
use sync::identity::{Chain, Seq, Stream};
use sync::record::Quality;

use super::Instant;
use super::disk::Trace;

/// A record, by its octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Tag(u64);

fn tag(record: &[u8]) -> Tag {
    let mut hasher = DefaultHasher::new();
    record.hash(&mut hasher);
    Tag(hasher.finish())
}

#[derive(Debug)]
struct Made {
    station: usize,
    stream: Stream,
    /// When it happened, where somebody made it happen.
    at: Option<Instant>,
    order: u64,
    /// Every place it had on a disk.
    places: Vec<(Chain, Seq)>,
    /// It went with the power, or with the card.
    gone: Option<Gone>,
    /// It was taken out, or cannot be read.
    let_go: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gone {
    Power,
    Card,
}

/// What the centre has in the end.
#[derive(Debug, Clone)]
pub struct Held {
    /// Whose.
    pub agent: Id<Agent>,
    /// Of which chain.
    pub chain: Chain,
    /// Its number.
    pub seq: Seq,
    /// Its octets.
    pub raw: Vec<u8>,
    /// How far the box trusted its clock.
    pub quality: Quality,
    /// When it happened, as the centre knows in the end.
    pub time: Option<Retimed>,
}

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Broken {
    /// A record is not at the centre, nothing says so, and it was kept for good.
    Lost(Stream),
    /// A record is at the centre more than once.
    Twice(Stream),
    /// The centre has what no box wrote.
    Foreign(Stream),
    /// The centre has what was never kept for good.
    Ghost(Stream),
    /// Records of a chain are not in the order in which they were made.
    Order(Stream),
    /// A gap names a number whose record was never let go.
    Gap(Stream, Reason),
    /// A time is wrong by more than it says; by so many microseconds.
    Time(u64),
    /// A box trusted its clock, and the centre cannot tell why.
    Trust,
    /// A command that must not be done twice was.
    Repeated,
    /// A command has no outcome.
    Unanswered,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Who keeps count.
#[derive(Debug, Default)]
pub struct Oracle {
    made: BTreeMap<Tag, Made>,
    /// The records of a station, by where they stand.
    places: BTreeMap<(usize, Chain, Seq), Vec<Tag>>,
    /// When things happened, by what was said about them.
    happened: BTreeMap<[u8; 16], Instant>,
    order: u64,
}

impl Oracle {
    /// Something happens in a village, and this is said about it: the end of a
    /// record's octets.
    pub fn happens(&mut self, body: [u8; 16], now: Instant) {
        self.happened.insert(body, now);
    }

    /// A disk was changed.
    pub fn saw(&mut self, station: usize, traces: Vec<Trace>) {
        for trace in traces {
            match trace {
                Trace::Put(row) => {
                    let tag = tag(&row.record);
                    self.order += 1;
                    let said = row.record.last_chunk::<16>();
                    let at = said.and_then(|body| self.happened.get(body)).copied();
                    let made = self.made.entry(tag).or_insert(Made {
                        station,
                        stream: row.chain.stream,
                        at,
                        order: self.order,
                        places: Vec::new(),
                        gone: None,
                        let_go: false,
                    });
                    made.places.push((row.chain, row.seq));
                    self.places
                        .entry((station, row.chain, row.seq))
                        .or_default()
                        .push(tag);
                }
                Trace::Dropped(row) | Trace::Forgotten(row) => self.let_go(&row.record),
                Trace::Moved { from, to, behind } => self.moved(station, from, to, behind),
            }
        }
    }

    /// A record cannot be read any more, or was taken out.
    pub fn let_go(&mut self, record: &[u8]) {
        if let Some(made) = self.made.get_mut(&tag(record)) {
            made.let_go = true;
        }
    }

    /// A record went with the power.
    pub fn lost_power(&mut self, record: &[u8]) {
        if let Some(made) = self.made.get_mut(&tag(record)) {
            made.gone = Some(Gone::Power);
        }
    }

    /// The card of a station is another from here on, with these records on it.
    pub fn other_card<'a>(&mut self, station: usize, left: impl Iterator<Item = &'a [u8]>) {
        let left: BTreeSet<_> = left.map(tag).collect();
        for (tag, made) in &mut self.made {
            if made.station == station && !left.contains(tag) && made.gone.is_none() {
                made.gone = Some(Gone::Card);
            }
        }
    }

    /// A second station begins with what lies on the card of a first.
    pub fn copied(&mut self, from: usize, to: usize) {
        let of = self
            .places
            .range((from, CHAINS.0, Seq::ZERO)..)
            .take_while(|(key, _)| key.0 == from);
        let of: Vec<_> = of
            .map(|((_, chain, seq), tags)| ((to, *chain, *seq), tags.clone()))
            .collect();
        self.places.extend(of);
    }

    fn moved(&mut self, station: usize, from: Chain, to: Chain, behind: Seq) {
        let first = (station, from, behind.next());
        let of = self
            .places
            .range(first..=(station, from, Seq::new(u64::MAX)));
        let of: Vec<_> = of.map(|((.., seq), tags)| (*seq, tags.clone())).collect();
        for (seq, tags) in of {
            let seq = Seq::new(seq.get() - behind.get());
            for tag in &tags {
                if let Some(made) = self.made.get_mut(tag) {
                    made.places.push((to, seq));
                }
            }
            self.places
                .entry((station, to, seq))
                .or_default()
                .extend(tags);
        }
    }

    /// Every promise that was broken.
    #[must_use]
    pub fn judge(
        &self,
        agents: &[Id<Agent>],
        held: &[Held],
        gaps: &[(Id<Agent>, Chain, Gap)],
    ) -> Vec<Broken> {
        let mut broken = Vec::new();
        let mut times: BTreeMap<Tag, u32> = BTreeMap::new();
        let mut last: BTreeMap<(Id<Agent>, Chain), (Seq, u64)> = BTreeMap::new();
        let mut in_order: Vec<_> = held.iter().collect();
        in_order.sort_by_key(|held| (held.agent, held.chain, held.seq));
        for it in in_order {
            let (tag, stream) = (tag(&it.raw), it.chain.stream);
            let Some(made) = self.made.get(&tag) else {
                broken.push(Broken::Foreign(stream));
                continue;
            };
            let count = times.entry(tag).or_default();
            *count += 1;
            if *count > 1 {
                broken.push(Broken::Twice(stream));
            }
            if made.gone == Some(Gone::Power) {
                broken.push(Broken::Ghost(stream));
            }
            let before = last.insert((it.agent, it.chain), (it.seq, made.order));
            if before.is_some_and(|(_, order)| order >= made.order) {
                broken.push(Broken::Order(stream));
            }
            broken.extend(made.at.and_then(|at| wrong_time(it, at)));
        }
        let mut covered: BTreeMap<(Id<Agent>, Chain, Seq), Reason> = BTreeMap::new();
        for (agent, chain, gap) in gaps {
            for seq in (gap.from.get()..=gap.to.get()).map(Seq::new) {
                covered.insert((*agent, *chain, seq), gap.reason);
                let stations = (0..agents.len()).filter(|at| agents[*at] == *agent);
                let mut tags = stations
                    .filter_map(|at| self.places.get(&(at, *chain, seq)))
                    .flatten();
                if !tags.any(|tag| self.made[tag].let_go) {
                    broken.push(Broken::Gap(chain.stream, gap.reason));
                }
            }
        }
        for (tag, made) in &self.made {
            let agent = agents[made.station];
            let mut said = made
                .places
                .iter()
                .filter_map(|(chain, seq)| covered.get(&(agent, *chain, *seq)));
            // Money is let go by nobody; a card may lose it.
            let may =
                |reason: &Reason| made.stream != Stream::Money || *reason == Reason::Unreadable;
            let excused = made.gone.is_some() || said.any(may);
            if !times.contains_key(tag) && !excused {
                broken.push(Broken::Lost(made.stream));
            }
        }
        broken
    }

    /// How many records were made.
    #[must_use]
    pub fn made(&self) -> usize {
        self.made.len()
    }
}

/// The first of all chains.
const CHAINS: (Chain,) = (Chain {
    stream: Stream::Money,
    epoch: sync::identity::Epoch::from_bits(0),
},);

/// Rounding, in microseconds.
const ROUNDING_US: u64 = 5_000;

fn wrong_time(it: &Held, truth: Instant) -> Option<Broken> {
    let Some(time) = it.time else {
        return (it.quality == Quality::Synced).then_some(Broken::Trust);
    };
    let is = u64::try_from(time.wall.as_us()).unwrap_or(0);
    let off = is.abs_diff(truth);
    let may = u64::try_from(time.error.as_micros()).unwrap_or(u64::MAX) + ROUNDING_US;
    (off > may).then_some(Broken::Time(off))
}
