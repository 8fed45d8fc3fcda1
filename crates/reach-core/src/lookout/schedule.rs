//! When a box looks: once in each slot, at its own second.

use std::ops::RangeInclusive;
use std::time::Duration;

use base::id::{Agent, Id};
use base::now::{Mono, Now};

/// A slot of the ledger.
pub const SLOT: Duration = Duration::from_secs(60);

/// Seconds of a slot that a box can be told. The ledger has minutes; shorter ones let a
/// test see more of them.
pub const SLOTS: RangeInclusive<u64> = 6..=60;

/// A round begins no earlier, no later, and in a slot that is met late not after the
/// third: seconds of a slot of a minute.
const FIRST_S: u32 = 10;
const LAST_S: u32 = 35;
const LATEST_S: u32 = 42;

/// Between the beginnings of two rounds lies at least this.
const APART_S: u32 = 20;

/// When a box looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Schedule {
    slot: Duration,
    phase: Duration,
    /// The slot of the last round, by the box's wall, and when it began.
    done: Option<i64>,
    begun: Option<Mono>,
}

impl Schedule {
    pub(super) fn new(slot: Duration, agent: Id<Agent>) -> Self {
        // FNV-1a: neighbours in a list of ids are no neighbours in the minute.
        let hash = agent.as_bytes().iter().fold(0x811c_9dc5_u32, |hash, byte| {
            (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
        });
        let part = |seconds: u32| slot * seconds / 60;
        Self {
            slot,
            phase: part(FIRST_S) + part(LAST_S - FIRST_S) * (hash >> 16) / 0xffff,
            done: None,
            begun: None,
        }
    }

    /// So many seconds of a slot that has sixty.
    pub(super) fn part(&self, seconds: u32) -> Duration {
        self.slot * seconds / 60
    }

    /// A round begins.
    pub(super) fn begin(&mut self, now: Now) {
        self.done = Some(self.slot_of(now));
        self.begun = Some(now.mono);
    }

    /// So long until a round may begin; zero if it may now.
    pub(super) fn until_next(&self, now: Now) -> Duration {
        let apart = self.begun.map_or(Duration::ZERO, |begun| {
            (begun + self.part(APART_S)).since(now.mono)
        });
        let into = self.since_slot(now);
        let fits = into <= self.part(LATEST_S);
        let wait = if self.done == Some(self.slot_of(now)) || !fits {
            self.slot.saturating_sub(into) + self.phase
        } else {
            self.phase.saturating_sub(into)
        };
        wait.max(apart)
    }

    fn slot_us(&self) -> i64 {
        i64::try_from(self.slot.as_micros()).unwrap_or(i64::MAX)
    }

    fn slot_of(&self, now: Now) -> i64 {
        now.wall.as_us().div_euclid(self.slot_us())
    }

    fn since_slot(&self, now: Now) -> Duration {
        let us = now.wall.as_us().rem_euclid(self.slot_us());
        Duration::from_micros(us.unsigned_abs())
    }
}
