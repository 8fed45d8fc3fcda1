//! Whether a connection was there, minute by minute, and why it was not.
//!
//! A verdict follows from the evidence of its slot, of the nine slots before it and of
//! the seven days before its day, and from nothing else. The rule has a number; what it
//! says is in `docs/decisions/0014-what-online-means.md`, in words that a contract can
//! quote.

use std::ops::Range;

use crate::evidence::{Minute, Seen, Sheet};
use crate::slot::{DAY, Slot, SlotDay};

/// Which edition of the rule this is. Stored beside each verdict.
pub const RULE: u32 = 1;

/// Loss is judged over so many slots, the last of which is the one that is judged,
pub const LOSS_SLOTS: usize = 10;

/// if so many questions were asked in them;
pub const LOSS_ASKED_MIN: u32 = 20;

/// so many in a hundred are too many.
pub const LOSS_PERCENT: u32 = 5;

/// What is usual follows from so many whole days before,
pub const USUAL_DAYS: i64 = 7;

/// if so many of their slots have a round trip: a day of them.
pub const USUAL_MIN: u32 = 1_440;

/// Round trips from here on are taken for equally long, milliseconds.
const LONGEST_MS: usize = 4_095;

/// How a connection was in a slot. Stored by [`as_str`](State::as_str).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Something went through from one end to the other.
    Up,
    /// The same, and worse than it should.
    Degraded,
    /// The box was at work, tried, and nothing went through.
    Down,
    /// The box was without power.
    Off,
    /// Nobody can say, or cannot yet.
    Unknown,
}

/// Why. Stored by [`as_str`](Cause::as_str).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// Of a slot that was up: nothing is to be explained.
    None,
    /// Too many questions were not answered.
    Loss,
    /// Answers took much longer than is usual there.
    Slow,
    /// Nothing was answered.
    Link,
    /// Somebody answered in the anchors' place, who wants a login or a payment.
    Portal,
    /// The power was gone.
    Power,
    /// Somebody had ended the machine or the program.
    Stopped,
    /// The kernel had crashed.
    Crashed,
    /// The program was not at work while the machine was.
    Program,
    /// The box was at work and tried nothing.
    Untried,
    /// There is no record of it, or none yet.
    Silent,
}

/// What was decided of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Verdict {
    /// How it was.
    pub state: State,
    /// Why.
    pub cause: Cause,
    /// On which evidence: what of it has weight for verdicts.
    pub basis: Seen,
}

/// Slots after each other of which the same was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Which.
    pub slots: Range<Slot>,
    /// What.
    pub verdict: Verdict,
}

impl State {
    /// Whether something went through.
    #[must_use]
    pub const fn is_up(self) -> bool {
        matches!(self, Self::Up | Self::Degraded)
    }

    /// Whether it is known that nothing did.
    #[must_use]
    pub const fn is_out(self) -> bool {
        matches!(self, Self::Down | Self::Off)
    }

    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Degraded => "degraded",
            Self::Down => "down",
            Self::Off => "off",
            Self::Unknown => "unknown",
        }
    }

    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Up,
        Self::Degraded,
        Self::Down,
        Self::Off,
        Self::Unknown,
    ];

    /// Reads what is stored.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

impl Cause {
    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Loss => "loss",
            Self::Slow => "slow",
            Self::Link => "link",
            Self::Portal => "portal",
            Self::Power => "power",
            Self::Stopped => "stopped",
            Self::Crashed => "crashed",
            Self::Program => "program",
            Self::Untried => "untried",
            Self::Silent => "silent",
        }
    }

    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::None,
        Self::Loss,
        Self::Slow,
        Self::Link,
        Self::Portal,
        Self::Power,
        Self::Stopped,
        Self::Crashed,
        Self::Program,
        Self::Untried,
        Self::Silent,
    ];

    /// Reads what is stored.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// What a verdict can rest on.
const WEIGHTY: Seen = Seen(
    Seen::HEARD.0
        | Seen::HTTPS.0
        | Seen::DNS.0
        | Seen::TCP.0
        | Seen::TRIED.0
        | Seen::PORTAL.0
        | Seen::GONE.0
        | Seen::REBOOTED.0
        | Seen::POWER.0
        | Seen::ORDERLY.0
        | Seen::CRASHED.0,
);

impl Verdict {
    /// What is decided of a slot of which nothing is known.
    pub const SILENT: Self = Self {
        state: State::Unknown,
        cause: Cause::Silent,
        basis: Seen(0),
    };

    fn of(it: Minute, lossy: bool, slow: bool) -> Self {
        let seen = it.seen;
        let (state, cause) = if seen.proves() {
            match (lossy, slow) {
                (true, _) => (State::Degraded, Cause::Loss),
                (false, true) => (State::Degraded, Cause::Slow),
                (false, false) => (State::Up, Cause::None),
            }
        } else if seen.has(Seen::TRIED) {
            // Who tries is at work.
            match seen.has(Seen::PORTAL) {
                true => (State::Down, Cause::Portal),
                false => (State::Down, Cause::Link),
            }
        } else if seen.has(Seen::ALIVE) {
            (State::Unknown, Cause::Untried)
        } else if seen.has(Seen::GONE | Seen::REBOOTED | Seen::POWER) {
            (State::Off, Cause::Power)
        } else if seen.has(Seen::CRASHED) {
            (State::Unknown, Cause::Crashed)
        } else if seen.has(Seen::ORDERLY) {
            (State::Unknown, Cause::Stopped)
        } else if seen.has(Seen::GONE) {
            (State::Unknown, Cause::Program)
        } else {
            return Self::SILENT;
        };
        Self {
            state,
            cause,
            basis: Seen(seen.0 & WEIGHTY.0),
        }
    }
}

/// What round trips are usual, as counts of them: days come in and go out.
#[derive(Debug, Clone)]
pub struct Usual {
    counts: Box<[u32; LONGEST_MS + 1]>,
    all: u32,
}

impl Default for Usual {
    fn default() -> Self {
        Self {
            counts: Box::new([0; LONGEST_MS + 1]),
            all: 0,
        }
    }
}

impl Usual {
    fn each(sheet: &Sheet) -> impl Iterator<Item = usize> {
        let told = sheet.minutes().iter().filter(|it| it.rtt_ms > 0);
        told.map(|it| usize::from(it.rtt_ms).min(LONGEST_MS))
    }

    /// A day comes in.
    pub fn add(&mut self, sheet: &Sheet) {
        for rtt in Self::each(sheet) {
            self.counts[rtt] += 1;
            self.all += 1;
        }
    }

    /// A day that came in goes out.
    pub fn take(&mut self, sheet: &Sheet) {
        for rtt in Self::each(sheet) {
            self.counts[rtt] = self.counts[rtt].saturating_sub(1);
            self.all = self.all.saturating_sub(1);
        }
    }

    /// The lower median, milliseconds; none if too few are known.
    #[must_use]
    pub fn median(&self) -> Option<u32> {
        if self.all < USUAL_MIN {
            return None;
        }
        let half = self.all.div_ceil(2);
        let mut below = 0;
        let median = self.counts.iter().position(|count| {
            below += count;
            below >= half
        })?;
        u32::try_from(median).ok()
    }

    /// The longest round trip that is not slow: one and a half times the median and a
    /// tenth of a second, in half milliseconds so that nothing is rounded.
    fn longest_halves(&self) -> Option<u32> {
        self.median().map(|median| 3 * median + 200)
    }
}

/// Decides all slots of a day before `until`. `before` is the day before it, if anything
/// is known of that; `usual` what the [`USUAL_DAYS`] days before it were like.
#[must_use]
pub fn day(
    day: SlotDay,
    sheet: &Sheet,
    before: Option<&Sheet>,
    usual: &Usual,
    until: Slot,
) -> Vec<Run> {
    let longest = usual.longest_halves();
    let (mut asked, mut lost) = (0_u32, 0_u32);
    let tail = before.map(|sheet| &sheet.minutes()[DAY - (LOSS_SLOTS - 1)..]);
    for it in tail.into_iter().flatten() {
        asked += u32::from(it.sent);
        lost += u32::from(it.lost);
    }
    let mut runs: Vec<Run> = Vec::new();
    for (minute, it) in sheet.minutes().iter().enumerate() {
        let slot = day.at(minute);
        if slot >= until {
            break;
        }
        asked += u32::from(it.sent);
        lost += u32::from(it.lost);
        let lossy = asked >= LOSS_ASKED_MIN && lost * 100 >= asked * LOSS_PERCENT;
        let slow = longest.is_some_and(|longest| u32::from(it.rtt_ms) * 2 > longest);
        let verdict = Verdict::of(*it, lossy, slow);
        match runs.last_mut() {
            Some(run) if run.verdict == verdict => run.slots.end = slot.plus(1),
            _ => runs.push(Run {
                slots: slot..slot.plus(1),
                verdict,
            }),
        }
        // The window moves on: its first slot goes out.
        let first = (minute + 1).checked_sub(LOSS_SLOTS);
        let out = match first {
            Some(first) => sheet.minutes().get(first),
            None => tail.and_then(|tail| tail.get(minute)),
        };
        if let Some(out) = out {
            asked -= u32::from(out.sent);
            lost -= u32::from(out.lost);
        }
    }
    runs
}

#[cfg(test)]
#[path = "judge/tests.rs"]
mod tests;
