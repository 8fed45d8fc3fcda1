//! What tests of speed have cost.
//!
//! A purse beside that of the daily checks. What a test may cost is written down before
//! it begins, and what it did when it is over: a box whose power goes in between has
//! spent the whole of it. Times are those of the house, so setting a clock buys nothing.

use base::now::Wall;
use serde::{Deserialize, Serialize};

use super::{ASKED_WEEK, CAP_LEAST, Figure, WEEK, WEEK_MAX};

/// Tests that are remembered. Bound; policy: the oldest is forgotten, and since each
/// costs at least [`CAP_LEAST`] while it goes on, it is older than what still counts,
/// unless tests were refused by the house, which cost next to nothing.
const ENTRIES_MAX: usize = 256;

/// One test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When it began, by the house's time.
    pub at: Wall,
    /// What it has cost; while it goes on, what it may.
    pub octets: u64,
    /// The command that has asked for it; none: the box by itself.
    pub command: Option<[u8; 16]>,
    /// Whether it goes on.
    pub open: bool,
}

/// Why a test that was asked for is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The week has had what it may cost.
    Spent,
    /// So little may be spent that nothing could be measured.
    TooSmall,
}

impl Refused {
    /// The word of it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Spent => "week_spent",
            Self::TooSmall => "cap_too_small",
        }
    }
}

/// What was measured, and what it has cost. Kept by a box over its starts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Book {
    /// The oldest first.
    #[serde(default)]
    entries: Vec<Entry>,
    /// When the box measured last by itself.
    #[serde(default)]
    weekly: Option<Wall>,
    /// What the last test has found towards the village: octets, microseconds, and
    /// whether it was cut short.
    #[serde(default)]
    last: Option<(u64, u64, bool)>,
    /// The house that was asked last does not know how.
    #[serde(default)]
    pub unsupported: bool,
}

impl Book {
    /// Begins a test: what it may cost, which is no more than `cap` and no more than what
    /// the week has left.
    ///
    /// # Errors
    /// [`Refused`], and nothing is noted.
    pub fn begin(
        &mut self,
        command: Option<[u8; 16]>,
        cap: u64,
        now: Wall,
    ) -> Result<u64, Refused> {
        if cap < CAP_LEAST {
            return Err(Refused::TooSmall);
        }
        let left = self.left(command.is_some(), now);
        let octets = cap.min(left);
        if octets < CAP_LEAST {
            return Err(Refused::Spent);
        }
        self.entries.push(Entry {
            at: now,
            octets,
            command,
            open: true,
        });
        if self.entries.len() > ENTRIES_MAX {
            self.entries.remove(0);
        }
        Ok(octets)
    }

    /// The test that goes on is over, and has cost so much. One of the box's own counts
    /// for its week only if it `counts`: one that the house had no room for does not.
    pub fn end(&mut self, octets: u64, counts: bool) {
        let Some(open) = self.entries.iter_mut().rfind(|it| it.open) else {
            return;
        };
        open.open = false;
        open.octets = octets;
        if open.command.is_none() && counts {
            self.weekly = Some(open.at);
        }
    }

    /// Tests that went on when the program ended. They have cost what they might, and
    /// those of the box's own count: a box that loses its power whenever it measures must
    /// not measure every night.
    pub fn interrupted(&mut self) -> Vec<Entry> {
        let mut cut = Vec::new();
        for it in self.entries.iter_mut().filter(|it| it.open) {
            it.open = false;
            if it.command.is_none() {
                self.weekly = Some(it.at);
            }
            cut.push(*it);
        }
        cut
    }

    /// What a test has found.
    pub const fn found(&mut self, figure: Figure) {
        self.last = Some((figure.octets, figure.us, figure.at_least));
    }

    /// What the last one has.
    #[must_use]
    pub fn last(&self) -> Option<Figure> {
        let (octets, us, at_least) = self.last?;
        Figure::new(octets, us, at_least)
    }

    /// When the box measured last by itself.
    #[must_use]
    pub const fn weekly(&self) -> Option<Wall> {
        self.weekly
    }

    /// What tests of the last week have cost: those that were asked for, or all.
    #[must_use]
    pub fn spent(&self, asked: bool, now: Wall) -> u64 {
        let counts = |it: &&Entry| {
            // One in a time to come is no older than a week, whatever clock it was by.
            let is_young = it.at + WEEK > now;
            is_young && (!asked || it.command.is_some())
        };
        let octets = self.entries.iter().filter(counts).map(|it| it.octets);
        octets.fold(0, u64::saturating_add)
    }

    /// What is left of this week for a test that is asked for, or for one of the box's own.
    #[must_use]
    pub fn left(&self, asked: bool, now: Wall) -> u64 {
        let all = WEEK_MAX.saturating_sub(self.spent(false, now));
        match asked {
            true => all.min(ASKED_WEEK.saturating_sub(self.spent(true, now))),
            false => all,
        }
    }
}
