//! What the boxes of the demonstration say, minute by minute.
//!
//! How a minute was is a function of the box's habit and of the minute alone, so that a
//! house that was stopped goes on where it was. What is said of it is what a real box
//! would say: the bodies are those of [`reach_core::round`], a link that is cut keeps
//! them back until it is there again, and a cut of power ends a boot.

use base::now::Wall;
use prost::Message as _;
use reach_core::dish;
use reach_core::round::{Began, Check, Fault, Named, Power, Probes, Round, Spent, Way};
use reach_core::slot::Slot;

/// How a box and its link behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    /// Nothing is wrong.
    Well,
    /// A few short cuts of the link each day.
    ShortCuts,
    /// Answers take long in the evening, when everybody is there.
    SlowEvenings,
    /// The generator is off at night.
    NightlyDark,
    /// The link comes and goes all afternoon, every other day.
    Flapping,
    /// It has not been heard for hours when the demonstration begins, and never is again.
    Silent,
    /// It has never been heard.
    Never,
    /// Somebody had not paid: a page of the provider answered for some hours.
    WasPortal,
    /// For some hours nobody has paid for its dish; it is heard by another line.
    Unpaid,
    /// Nothing is wrong, and lists contradict each other about the village.
    Contradicted,
}

/// How a minute was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weather {
    Well,
    Slow,
    Lossy,
    Cut,
    Portal,
    Dark,
}

/// When the demonstration was begun, and how many days of history it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct History {
    /// The first slot of it.
    pub since: Slot,
    /// The slot in which it was put in: up to it, without it, is history.
    pub put: Slot,
}

/// So long before it was put in the silent one was heard last, in slots.
const SILENT_FOR: i64 = 190;

/// So long before it was put in a page of the provider answered, in slots: from, to.
const PORTAL: (i64, i64) = (2_900, 2_580);

/// So long before it was put in the dish of the unpaid one was shut out, in slots.
const UNPAID: i64 = 500;

/// Slots from one word of a dish to the next.
const DISH_EVERY: i64 = 15;

/// Slots by which the clocks of the province are ahead of UTC.
const ZONE: i64 = 7 * 60;

/// In which second of a slot a box says what it has seen, and the house holds it.
const SAYS_S: i64 = 25;
const HELD_S: i64 = 27;

/// What a box uses of a day's octets in a minute, and what it may in a day.
const OCTETS: u64 = 2_100;
const BUDGET: u64 = 5_000_000;

/// What a record of the demonstration is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The box has heard what time it is.
    Time,
    /// It has begun: a [`Began`].
    Began(Vec<u8>),
    /// It has looked: a [`Round`].
    Round(Vec<u8>),
    /// It has asked its dish: a [`dish::Said`].
    Dish(Vec<u8>),
}

/// A record that is held in a minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// When it happened.
    pub at: Wall,
    /// Which boot, and when that was.
    pub boot: ([u8; 16], Wall),
    /// Whether the box had heard the time in that boot.
    pub synced: bool,
    /// What it says.
    pub told: Told,
    /// When the house held it.
    pub held: Wall,
}

/// What the house holds of a box in a slot, in its order.
#[must_use]
pub fn minute(key: &str, habit: Habit, history: History, slot: Slot) -> Vec<Record> {
    let one = One {
        seed: seed(key),
        habit,
        history,
    };
    if habit == Habit::Never || slot < history.since || !one.is_linked(slot) {
        return Vec::new();
    }
    // What was kept back while there was no link comes first.
    let mut from = slot;
    while from > history.since && !one.is_linked(from.plus(-1)) {
        from = from.plus(-1);
    }
    let held = second(slot, HELD_S);
    let alive = reach_core::slot::each(from..slot.plus(1)).filter(|at| one.is_alive(*at));
    alive.flat_map(|at| one.says(at, held)).collect()
}

/// The same for the same name, on every machine.
fn seed(key: &str) -> u64 {
    // FNV-1a.
    key.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, octet| {
        (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn second(slot: Slot, seconds: i64) -> Wall {
    Wall::from_us(slot.start().as_us() + seconds * 1_000_000)
}

/// A box, as the demonstration knows it.
#[derive(Debug, Clone, Copy)]
struct One {
    seed: u64,
    habit: Habit,
    history: History,
}

impl One {
    fn weather(&self, slot: Slot) -> Weather {
        // The minute in which it was let in, and the next: somebody stands beside it.
        if slot <= self.history.since.plus(1) {
            return Weather::Well;
        }
        let minute = (slot.0 + ZONE).rem_euclid(1_440);
        let day = (slot.0 + ZONE).div_euclid(1_440);
        let hour = minute / 60;
        let before = self.history.put.0 - slot.0;
        match self.habit {
            Habit::NightlyDark if !(5..22).contains(&hour) => Weather::Dark,
            Habit::SlowEvenings if (18..21).contains(&hour) => Weather::Slow,
            Habit::Silent if before < SILENT_FOR => Weather::Cut,
            Habit::WasPortal if PORTAL.1 < before && before <= PORTAL.0 => Weather::Portal,
            // Four minutes out, three there.
            Habit::Flapping if day % 2 == 0 && (13..17).contains(&hour) && minute % 7 < 4 => {
                Weather::Cut
            }
            Habit::ShortCuts => self.short_cuts(day, minute),
            _ => self.noise(slot),
        }
    }

    /// Three cuts a day of five to forty minutes, at other times each day.
    fn short_cuts(&self, day: i64, minute: i64) -> Weather {
        let mut rng = fastrand::Rng::with_seed(self.seed ^ day.unsigned_abs());
        let is_cut = (0..3).any(|nth| {
            let from = nth * 480 + rng.i64(0..400);
            let long = rng.i64(5..40);
            (from..from + long).contains(&minute)
        });
        match is_cut {
            true => Weather::Cut,
            false => Weather::Well,
        }
    }

    /// Now and then ten minutes in which something is lost.
    fn noise(&self, slot: Slot) -> Weather {
        let mut rng = fastrand::Rng::with_seed(self.seed ^ slot.0.div_euclid(10).unsigned_abs());
        match rng.u8(..) {
            0 => Weather::Lossy,
            _ => Weather::Well,
        }
    }

    fn is_alive(&self, slot: Slot) -> bool {
        self.weather(slot) != Weather::Dark
    }

    fn is_linked(&self, slot: Slot) -> bool {
        matches!(
            self.weather(slot),
            Weather::Well | Weather::Slow | Weather::Lossy
        )
    }

    /// The slot in which the boot of a slot began.
    fn booted(&self, slot: Slot) -> Slot {
        if self.habit != Habit::NightlyDark {
            return self.history.since;
        }
        let morning = (slot.0 + ZONE - 5 * 60).div_euclid(1_440) * 1_440 + 5 * 60 - ZONE;
        Slot(morning).max(self.history.since)
    }

    /// What a boot is called, and when it was.
    fn boot(&self, began: Slot) -> ([u8; 16], Wall) {
        let mut boot = [0; 16];
        boot[..8].copy_from_slice(&self.seed.to_be_bytes());
        boot[8..].copy_from_slice(&began.0.to_be_bytes());
        (boot, second(began, 2))
    }

    /// What it says of a slot in which it is alive.
    fn says(&self, slot: Slot, held: Wall) -> Vec<Record> {
        let began = self.booted(slot);
        let boot = self.boot(began);
        let record = |at: Wall, synced: bool, told: Told| Record {
            at,
            boot,
            synced,
            told,
            held,
        };
        let mut records = Vec::new();
        let mut covers_ms = 60_000;
        if began == slot {
            let at = second(slot, 8);
            records.push(record(at, false, Told::Began(self.began(began))));
            records.push(record(second(slot, 10), false, Told::Time));
            covers_ms = 17_000;
        }
        let round = self.round(slot, covers_ms, began == slot);
        let told = Told::Round(round.encode_to_vec());
        records.push(record(second(slot, SAYS_S), true, told));
        if self.habit == Habit::Unpaid && self.asks_dish(slot) {
            let told = Told::Dish(self.dish(slot).encode_to_vec());
            records.push(record(second(slot, SAYS_S), true, told));
        }
        records
    }

    fn is_unpaid(&self, slot: Slot) -> bool {
        self.history.put.0 - slot.0 <= UNPAID
    }

    /// Whether its dish has a word in a slot: a new one, or the same as before after a while.
    fn asks_dish(&self, slot: Slot) -> bool {
        slot == self.history.since.plus(2)
            || slot.0.rem_euclid(DISH_EVERY) == 0
            || self.is_unpaid(slot) != self.is_unpaid(slot.plus(-1))
    }

    /// What its dish says: served, until nobody pays for it.
    fn dish(&self, slot: Slot) -> dish::Said {
        let unpaid = self.is_unpaid(slot);
        let up = second(slot, SAYS_S).since(second(self.history.since, 2));
        dish::Said {
            id: Some("SIMULASI".to_owned()),
            hardware: Some("simulasi".to_owned()),
            software: Some("simulasi".to_owned()),
            bootcount: Some(3),
            uptime_s: Some(up.as_secs()),
            // No active account; all is well.
            disablement: if unpaid { 2 } else { 1 },
            // Nothing answers behind it.
            outage: unpaid.then_some(8),
            obstructed_ppm: Some(1_200),
            ..dish::Said::default()
        }
    }

    /// What it knows of how it ended before, said eight seconds into its first slot.
    fn began(&self, slot: Slot) -> Vec<u8> {
        let mut began = Began {
            covers_ms: 5_000,
            ..Began::default()
        };
        if slot > self.history.since {
            let mut last = slot.plus(-1);
            while last > self.history.since && !self.is_alive(last) {
                last = last.plus(-1);
            }
            let (boot, booted) = self.boot(self.booted(last));
            let noted = second(last, 50).since(booted);
            began.before_boot = Some(boot.to_vec());
            began.before_mono_us = u64::try_from(noted.as_micros()).unwrap_or(0);
            began.power = Some(Power {
                mains: Some(false),
                battery_percent: None,
            });
        }
        began.encode_to_vec()
    }

    fn round(&self, slot: Slot, covers_ms: u32, introduces: bool) -> Round {
        let weather = self.weather(slot);
        let mut rng = fastrand::Rng::with_seed(self.seed.rotate_left(7) ^ slot.0.unsigned_abs());
        let ms = match self.habit {
            Habit::NightlyDark => 90,
            _ => 610,
        } + rng.u32(0..60);
        let check = |anchor: u32, way: Way, took_ms: u32, fault: Fault| Check {
            anchor,
            way: way as i32,
            ago_ms: 4_000,
            took_ms,
            fault: fault as i32,
        };
        let at = u32::try_from(slot.0.rem_euclid(3)).unwrap_or(0);
        let usual = [Way::Https, Way::Dns, Way::Tcp];
        let checks: Vec<Check> = match weather {
            Weather::Cut | Weather::Dark => (0..3)
                .flat_map(|anchor| usual.map(|way| check(anchor, way, 8_000, Fault::Timeout)))
                .collect(),
            Weather::Portal => usual.map(|way| check(at, way, ms, Fault::Portal)).to_vec(),
            Weather::Well | Weather::Lossy => self.answered(at, ms, check),
            Weather::Slow => self.answered(at, ms * 3, check),
        };
        let (lost, rtt_p95_ms) = match weather {
            Weather::Cut | Weather::Dark | Weather::Portal => (5, None),
            Weather::Lossy => (1 + rng.u32(0..2), Some(ms + 40)),
            Weather::Slow => (0, Some(ms * 3)),
            Weather::Well => (0, Some(ms)),
        };
        let minute = u64::try_from(slot.0.rem_euclid(1_440)).unwrap_or(0);
        let named = |n: u32| Named {
            name: format!("jangkar-{}", n + 1),
            network: "simulasi".to_owned(),
        };
        Round {
            covers_ms,
            checks,
            probes: vec![Probes {
                ago_ms: 3_000,
                sent: 5,
                lost,
                rtt_p95_ms,
            }],
            spent: Some(Spent {
                bytes: (minute + 1) * OCTETS,
                budget: BUDGET,
                thrift: false,
            }),
            anchors: if introduces {
                (0..3).map(named).collect()
            } else {
                Vec::new()
            },
            ..Round::default()
        }
    }

    fn answered(
        &self,
        at: u32,
        ms: u32,
        check: impl Fn(u32, Way, u32, Fault) -> Check,
    ) -> Vec<Check> {
        vec![
            check(at, Way::Https, ms * 2, Fault::None),
            check((at + 1) % 3, Way::Tcp, ms, Fault::None),
            check((at + 2) % 3, Way::Dns, ms, Fault::None),
        ]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use reach_core::evidence::Sheet;
    use reach_core::fold::{self, When};
    use reach_core::judge::{State, Usual, day};
    use reach_core::outage::outages;
    use reach_core::slot::{SlotDay, each};

    use super::*;

    /// From noon to noon, ten days.
    const HISTORY: History = History {
        since: Slot(29_539_020),
        put: Slot(29_539_020 + 10 * 1_440),
    };

    struct Known(BTreeMap<[u8; 16], Wall>);

    impl When for Known {
        fn when(&self, boot: &[u8; 16], mono_us: u64) -> Option<Wall> {
            let booted = self.0.get(boot)?;
            Some(*booted + std::time::Duration::from_micros(mono_us))
        }
    }

    /// States of each slot of the history, by what the house would hold of it.
    fn judged(habit: Habit) -> (Vec<State>, usize) {
        let mut known = Known(BTreeMap::new());
        let mut sheets: BTreeMap<SlotDay, Sheet> = BTreeMap::new();
        for slot in each(HISTORY.since..HISTORY.put) {
            for record in minute("box/01", habit, HISTORY, slot) {
                assert!(
                    record.held >= record.at,
                    "nothing is held before it has happened"
                );
                assert_eq!(Slot::of(record.held), slot);
                known.0.insert(record.boot.0, record.boot.1);
                let marks = match &record.told {
                    Told::Time | Told::Dish(_) => Vec::new(),
                    Told::Began(body) => {
                        let body = Began::decode(body.as_slice()).expect("a body");
                        fold::began(record.at, &record.boot.0, &body, &known)
                    }
                    Told::Round(body) => {
                        fold::round(record.at, &Round::decode(body.as_slice()).expect("a body"))
                    }
                };
                for mark in marks.into_iter().chain([fold::heard(record.held)]) {
                    let sheet = sheets.entry(mark.day()).or_default();
                    sheet.add(mark.slot.minute(), mark.what);
                }
            }
        }
        let mut usual = Usual::default();
        let mut states: BTreeMap<Slot, State> = BTreeMap::new();
        let mut runs = Vec::new();
        for (at, sheet) in &sheets {
            let before = sheets.get(&at.plus(-1));
            for run in day(*at, sheet, before, &usual, HISTORY.put) {
                states.extend(each(run.slots.clone()).map(|slot| (slot, run.verdict.state)));
                runs.push(run);
            }
            usual.add(sheet);
        }
        let all = each(HISTORY.since..HISTORY.put);
        let states = all.map(|slot| states.get(&slot).copied().unwrap_or(State::Unknown));
        (states.collect(), outages(&runs).len())
    }

    fn shares(states: &[State]) -> [usize; 5] {
        State::ALL.map(|state| states.iter().filter(|it| **it == state).count())
    }

    #[test]
    fn habits_are_judged_as_what_they_are() {
        let all = 14_400;
        let (well, fails) = judged(Habit::Well);
        let [up, degraded, down, off, unknown] = shares(&well);
        assert!(up > all * 95 / 100 && degraded > 0, "{up} {degraded}");
        assert_eq!((down, off, unknown, fails), (0, 0, 0, 0));

        let (dark, _) = judged(Habit::NightlyDark);
        let [_, _, down, off, unknown] = shares(&dark);
        // Seven hours of ten nights, but for the minute in which it may have lived.
        assert!((4_150..4_200).contains(&off), "{off}");
        assert!(down == 0 && unknown < 40, "{down} {unknown}");

        let (flaps, fails) = judged(Habit::Flapping);
        let [_, _, down, ..] = shares(&flaps);
        assert!((600..800).contains(&down), "{down}");
        assert_eq!(fails, 5, "an afternoon of it is one failure");

        let (cuts, fails) = judged(Habit::ShortCuts);
        let [_, _, down, _, unknown] = shares(&cuts);
        assert!(down > 200 && unknown == 0, "{down} {unknown}");
        assert!((20..=31).contains(&fails), "{fails}");

        let (slow, _) = judged(Habit::SlowEvenings);
        let [_, degraded, ..] = shares(&slow);
        assert!(degraded > 1_000, "{degraded}");

        let (silent, _) = judged(Habit::Silent);
        let told = silent.iter().rposition(|state| *state != State::Unknown);
        let quiet = i64::try_from(silent.len() - 1 - told.expect("heard once"));
        assert_eq!(quiet, Ok(SILENT_FOR - 1));

        let (portal, _) = judged(Habit::WasPortal);
        let [_, _, down, ..] = shares(&portal);
        assert_eq!(i64::try_from(down), Ok(PORTAL.0 - PORTAL.1));

        let (unpaid, _) = judged(Habit::Unpaid);
        let [up, degraded, ..] = shares(&unpaid);
        assert_eq!(up + degraded, all, "it is heard by another line");

        let (never, _) = judged(Habit::Never);
        assert_eq!(shares(&never), [0, 0, 0, 0, all]);
    }

    #[test]
    fn a_dish_is_served_until_nobody_pays_for_it() {
        let slots = each(HISTORY.since..HISTORY.put.plus(60));
        let records = slots.flat_map(|slot| minute("box/01", Habit::Unpaid, HISTORY, slot));
        let mut words: Vec<(&str, i64, usize)> = Vec::new();
        for record in records {
            let Told::Dish(body) = &record.told else {
                continue;
            };
            let said = dish::Said::decode(body.as_slice()).expect("a body");
            let (word, at) = (said.word().as_str(), Slot::of(record.at).0);
            match words.last_mut() {
                Some((was, _, times)) if *was == word => *times += 1,
                _ => words.push((word, at, 1)),
            }
        }
        let [well, unpaid] = words.as_slice() else {
            panic!("{words:?}");
        };
        assert_eq!((well.0, unpaid.0), ("well", "no_account"));
        assert_eq!(HISTORY.put.0 - unpaid.1, UNPAID);
        // Each quarter of an hour, before and after it was put in.
        assert!((37..=39).contains(&unpaid.2), "{words:?}");
    }
}
