//! Villages whose boxes look whether there is an internet, and what was true of each
//! minute.
//!
//! Each box runs the machine that real boxes run ([`reach_core::lookout`]). What it tries
//! is answered by the state of its link, second by second. The truth is written down here
//! beside it and never shown to it, and the ledger that follows from the records of the
//! centre is laid beside the truth in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base::id::{Agent, Id};
use base::now::{Mono, Wall};
use prost::Message as _;
use reach_core::evidence::{Mark, Sheet};
use reach_core::fold::{self, When};
use reach_core::judge::{self, State, Usual, Verdict};
use reach_core::lookout::{Effect, Input, Lookout, SLOT, Ways};
use reach_core::presence::Presence;
use reach_core::purse::{BUDGET, Purse};
use reach_core::round::{Began, Fault, NOTED_EVERY, Round};
use reach_core::slot::{Slot, SlotDay};
use sync::clock::{Anchor, Timeline};
use sync::identity::Boot;
use sync::record::{Envelope, Kind};

use super::plan;
use super::world::World;
use super::{BEGIN, Instant, SECOND};

/// What a box says after a round, and at the start of its program.
const ROUND: Kind = Kind(96);
const BEGAN: Kind = Kind(97);

/// How a second was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// The box had power and its link.
    Well,
    /// It had power and no link.
    Cut,
    /// It had no power.
    Dark,
}

/// How boxes look on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looks {
    /// As they do, on a day of cuts and kills.
    Honest,
    /// The same on a day on which nothing goes wrong.
    Calm,
    /// As one that says that it was answered whether it was or not: to see that it is seen.
    Lying,
}

/// Lives through a day of villages, lets all of it come in, and lays the ledger beside
/// the truth.
#[must_use]
pub fn day(seed: u64, sites: usize, looks: Looks) -> Judged {
    const HOUR: Instant = 3_600 * SECOND;
    let mut world = plan::looking(seed, sites, looks != Looks::Calm);
    let mut villages = Villages::new(looks == Looks::Lying);
    villages.live(&mut world, BEGIN + 24 * HOUR);
    world.run_until_drained(BEGIN + 30 * HOUR);
    villages.judge(&world)
}

/// A box that looks.
#[derive(Debug)]
struct Watcher {
    lookout: Lookout,
    starts: u64,
    /// When what is tried ends, and which it is.
    tries: Vec<(Instant, Instant, Duration, u64, bool)>,
    probes: Vec<(Instant, u64)>,
}

/// What a box keeps on its disk about itself.
#[derive(Debug, Clone)]
struct Notes {
    boot: Boot,
    alive: Mono,
    spent: Vec<(i64, u64)>,
}

/// Villages and what was true of them.
#[derive(Debug)]
pub struct Villages {
    /// Boxes say that they were answered, whether they were or not.
    lie: bool,
    watchers: BTreeMap<usize, Watcher>,
    notes: BTreeMap<usize, Notes>,
    /// Which states each slot of each box has seen.
    truth: BTreeMap<usize, BTreeMap<Slot, BTreeSet<Truth>>>,
}

/// A slot that was judged otherwise than it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Of which box.
    pub station: usize,
    /// Which.
    pub slot: Slot,
    /// What it was judged.
    pub verdict: Verdict,
    /// What it was.
    pub truth: BTreeSet<Truth>,
}

/// What came of laying ledger and truth beside each other.
#[derive(Debug, Clone, Default)]
pub struct Judged {
    /// Slots that were looked at.
    pub slots: usize,
    /// Of those the ones of which the ledger says how they were.
    pub known: usize,
    /// Those judged otherwise than they were.
    pub wrong: Vec<Wrong>,
    /// Those that were one state through and through, and of which the ledger says
    /// nothing.
    pub unknown: Vec<Wrong>,
}

fn slot(world: Instant) -> Slot {
    Slot::of(Wall::from_us(i64::try_from(world).unwrap_or(i64::MAX)))
}

impl Villages {
    /// None yet.
    #[must_use]
    pub fn new(lie: bool) -> Self {
        Self {
            lie,
            watchers: BTreeMap::new(),
            notes: BTreeMap::new(),
            truth: BTreeMap::new(),
        }
    }

    /// Lives through seconds with a world until an instant.
    pub fn live(&mut self, world: &mut World, until: Instant) {
        while world.now < until {
            let next = (world.now / SECOND + 1) * SECOND;
            world.run_until(next);
            for at in 0..world.stations.len() {
                self.second(world, at);
            }
        }
    }

    fn second(&mut self, world: &mut World, at: usize) {
        let now = world.now;
        let station = &world.stations[at];
        let truth = match (station.site.is_some(), world.is_cut(at)) {
            (false, _) => Truth::Dark,
            (true, true) => Truth::Cut,
            (true, false) => Truth::Well,
        };
        // The second that has just ended, and the instant in which the box acts now: it may
        // be the first of a minute, and the last of the box.
        let slots = self.truth.entry(at).or_default();
        for when in [now - SECOND / 2, now] {
            slots.entry(slot(when)).or_default().insert(truth);
        }
        if truth == Truth::Dark {
            self.watchers.remove(&at);
            return;
        }
        let is_cut = truth == Truth::Cut;
        let clock = station.now(now);
        let (starts, boot, agent) = (station.starts, station.boot(), station.agent);
        if self.watchers.get(&at).is_none_or(|it| it.starts != starts) {
            let spent = self
                .notes
                .get(&at)
                .map_or(Vec::new(), |it| it.spent.clone());
            let purse = Purse::new(BUDGET, &spent, clock);
            let all = Ways {
                https: true,
                dns: true,
                tcp: true,
            };
            let presence = Presence::since(clock.mono);
            let lookout = Lookout::new(SLOT, agent, vec![all; 3], purse, presence);
            let watcher = Watcher {
                lookout,
                starts,
                tries: Vec::new(),
                probes: Vec::new(),
            };
            self.watchers.insert(at, watcher);
            let began = Began {
                before_boot: self.notes.get(&at).map(|it| it.boot.as_bytes().to_vec()),
                before_mono_us: self.notes.get(&at).map_or(0, |it| it.alive.as_us()),
                ..Began::default()
            };
            // One that is not kept tells nothing; the next start does.
            let _ = world.say(at, BEGAN, began.encode_to_vec());
            let mono = world.stations[at].now(now).mono;
            self.note(at, boot, mono);
        }
        let inputs = self.ended(at, now, is_cut && !self.lie);
        for input in [Input::Tick].into_iter().chain(inputs) {
            if world.stations[at].starts != starts || world.stations[at].site.is_none() {
                return;
            }
            self.tell(world, at, input);
        }
        let mono = world.stations[at].now(now).mono;
        let due = self
            .notes
            .get(&at)
            .is_none_or(|it| mono.since(it.alive) >= NOTED_EVERY);
        if due {
            self.note(at, boot, mono);
        }
    }

    fn note(&mut self, at: usize, boot: Boot, alive: Mono) {
        let spent = self.watchers.get(&at).map(|it| it.lookout.purse().days());
        let notes = Notes {
            boot,
            alive,
            spent: spent.unwrap_or_default(),
        };
        self.notes.insert(at, notes);
    }

    /// What was tried and has ended by now.
    fn ended(&mut self, at: usize, now: Instant, is_cut: bool) -> Vec<Input> {
        let Some(watcher) = self.watchers.get_mut(&at) else {
            return Vec::new();
        };
        for (_, _, _, _, was_cut) in &mut watcher.tries {
            *was_cut |= is_cut;
        }
        let mut inputs = Vec::new();
        watcher
            .tries
            .retain(|(began, due, patience, number, was_cut)| {
                let took = Duration::from_micros(now - began);
                let (fault, is_over) = match was_cut {
                    false => (Fault::None, now >= *due),
                    true => (Fault::Timeout, took >= *patience),
                };
                if is_over {
                    inputs.push(Input::Tried {
                        number: *number,
                        took,
                        fault,
                        octets: 600,
                    });
                }
                !is_over
            });
        watcher.probes.retain(|(due, number)| {
            let is_over = now >= *due;
            if is_over {
                inputs.push(Input::Asked {
                    number: *number,
                    rtt: (!is_cut).then_some(Duration::from_millis(600)),
                    octets: 300,
                });
            }
            !is_over
        });
        inputs
    }

    fn tell(&mut self, world: &mut World, at: usize, input: Input) {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            let clock = world.stations[at].now(world.now);
            let is_cut = world.is_cut(at) && !self.lie;
            let Some(watcher) = self.watchers.get_mut(&at) else {
                return;
            };
            for effect in watcher.lookout.handle(input, clock) {
                match effect {
                    Effect::Try {
                        number, patience, ..
                    } => {
                        let due = world.now + SECOND;
                        watcher
                            .tries
                            .push((world.now, due, patience, number, is_cut));
                    }
                    Effect::Ask { number, .. } => watcher.probes.push((world.now + SECOND, number)),
                    Effect::Changed => {}
                    Effect::Say(saying) => {
                        let body = saying.round(clock.mono).encode_to_vec();
                        inputs.push(match world.say(at, ROUND, body) {
                            Some(mono) => Input::Kept(mono),
                            None => Input::Unkept,
                        });
                    }
                }
            }
        }
    }

    /// Lays the ledger that follows from what the centre holds beside the truth.
    #[must_use]
    pub fn judge(&self, world: &World) -> Judged {
        let mut judged = Judged::default();
        let ledger = ledger(world);
        for (at, truths) in &self.truth {
            let verdicts = ledger.get(&world.stations[*at].agent);
            for (slot, truth) in truths {
                // The first minutes and the last are not whole.
                if slot.start().as_us() < i64::try_from(BEGIN).unwrap_or(0) || truth.is_empty() {
                    continue;
                }
                let verdict = verdicts
                    .and_then(|verdicts| verdicts.get(slot))
                    .copied()
                    .unwrap_or(Verdict::SILENT);
                judged.slots += 1;
                let wrong = Wrong {
                    station: *at,
                    slot: *slot,
                    verdict,
                    truth: truth.clone(),
                };
                if verdict.state == State::Unknown {
                    if truth.len() == 1 {
                        judged.unknown.push(wrong);
                    }
                    continue;
                }
                judged.known += 1;
                let so = match verdict.state {
                    State::Up | State::Degraded => Truth::Well,
                    State::Down => Truth::Cut,
                    State::Off | State::Unknown => Truth::Dark,
                };
                if !truth.contains(&so) {
                    judged.wrong.push(wrong);
                }
            }
        }
        judged
    }
}

/// When instants of one box's boots were.
struct Times(Timeline);

impl When for Times {
    fn when(&self, boot: &[u8; 16], mono_us: u64) -> Option<Wall> {
        let at = self.0.time(Boot::from_bytes(*boot), Mono::from_us(mono_us));
        at.map(|it| it.wall)
    }
}

/// What is decided of each slot of each box, by what the centre holds.
fn ledger(world: &World) -> BTreeMap<Id<Agent>, BTreeMap<Slot, Verdict>> {
    let mut of: BTreeMap<Id<Agent>, (Times, Vec<Envelope>)> = BTreeMap::new();
    for held in world.centre.tables.held() {
        let Ok(envelope) = Envelope::decode(&held.raw) else {
            continue;
        };
        let (times, all) = of
            .entry(held.agent)
            .or_insert_with(|| (Times(Timeline::default()), Vec::new()));
        if envelope.kind == Kind::CLOCK
            && let Some(anchor) = Anchor::decode(&envelope.body)
        {
            times.0.learn(envelope.boot, anchor);
        }
        all.push(envelope);
    }
    of.into_iter()
        .map(|(agent, (times, all))| (agent, verdicts(&times, &all)))
        .collect()
}

fn verdicts(times: &Times, all: &[Envelope]) -> BTreeMap<Slot, Verdict> {
    let mut sheets: BTreeMap<SlotDay, Sheet> = BTreeMap::new();
    let marks = all.iter().flat_map(|it| marks(times, it));
    for Mark { slot, what } in marks {
        let sheet = sheets.entry(slot.day()).or_default();
        sheet.add(slot.minute(), what);
    }
    let mut verdicts = BTreeMap::new();
    for (day, sheet) in &sheets {
        let before = sheets.get(&day.plus(-1));
        let runs = judge::day(*day, sheet, before, &Usual::default(), Slot(i64::MAX));
        for run in runs {
            let slots = reach_core::slot::each(run.slots);
            verdicts.extend(slots.map(|slot| (slot, run.verdict)));
        }
    }
    verdicts
}

fn marks(times: &Times, it: &Envelope) -> Vec<Mark> {
    let Some(at) = times.0.of(it).map(|it| it.wall) else {
        return Vec::new();
    };
    match it.kind {
        ROUND => {
            Round::decode(it.body.as_slice()).map_or(Vec::new(), |body| fold::round(at, &body))
        }
        BEGAN => Began::decode(it.body.as_slice()).map_or(Vec::new(), |body| {
            fold::began(at, it.boot.as_bytes(), &body, times)
        }),
        _ => Vec::new(),
    }
}
