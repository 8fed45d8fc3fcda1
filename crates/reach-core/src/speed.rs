//! How fast the connection of a village is: when a box measures it, what that may cost,
//! and what a figure says.
//!
//! A test costs octets of the village, so there is one a week at night, with a cap; more
//! of them only when somebody asks, and of those a week has a cap too. Boxes do not all
//! measure at once: each has its own moment of the seven nights, drawn from its id.
//!
//! A test that its cap has cut was short, and TCP begins slowly: its figure is *at least*
//! so much. Octets and microseconds are kept, and never a rate alone.

use std::time::Duration;

use base::id::{Agent, Id};
use base::now::Wall;
use prost::Message;

mod book;

pub use book::{Book, Entry, Refused};

/// The edition of [`Tested`] that this program writes.
pub const VER: u32 = 1;

/// Octets of one test, both ways together, with everything around them.
pub const CAP: u64 = 30_000_000;

/// The same where the connection is thin.
pub const CAP_THIN: u64 = 5_000_000;

/// The least that is worth a test.
pub const CAP_LEAST: u64 = 2_000_000;

/// What tests that somebody has asked for may cost in a [`WEEK`].
pub const ASKED_WEEK: u64 = 2 * CAP;

/// What all tests may cost in one.
pub const WEEK_MAX: u64 = CAP + ASKED_WEEK;

/// A connection is thin on which less than so much came in a second, in octets: 5 Mbit/s.
pub const THIN: u64 = 5_000_000 / 8;

/// Who was given less than so many octets a day has a thin connection too.
pub const BUDGET_THIN: u64 = crate::purse::BUDGET;

/// A week.
pub const WEEK: Duration = Duration::from_secs(7 * 86_400);

/// Two weekly tests lie at least so far apart, however late the first was made up for.
const APART: Duration = Duration::from_secs(7 * 86_400 / 2);

/// The night, in hours of [`ZONE`]: from, and up to.
const NIGHT_HOURS: (i64, i64) = (1, 5);

/// Asia/Pontianak (WIB) is seven hours ahead of UTC, all year. A box of another zone would
/// measure at another hour, and no figure would be wrong by that.
const ZONE_US: i64 = 7 * HOUR_US;

const HOUR_US: i64 = 3_600_000_000;
const DAY_US: i64 = 24 * HOUR_US;
const NIGHT_US: i64 = (NIGHT_HOURS.1 - NIGHT_HOURS.0) * HOUR_US;

/// When a box measures by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Which night of the week, and how far into it, microseconds.
    night: i64,
    into_us: i64,
}

impl Plan {
    /// That of a box.
    #[must_use]
    pub fn of(agent: Id<Agent>) -> Self {
        // FNV-1a: neighbours in a list of ids are no neighbours in the week.
        let hash = agent
            .as_bytes()
            .iter()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
            });
        let share = i64::try_from((hash >> 24) % 7_000_000).unwrap_or(0);
        Self {
            night: share / 1_000_000,
            into_us: NIGHT_US / 1_000_000 * (share % 1_000_000),
        }
    }

    /// Its newest moment up to now.
    #[must_use]
    pub fn newest(self, now: Wall) -> Wall {
        let local = now.as_us() + ZONE_US;
        let into_week = NIGHT_HOURS.0 * HOUR_US + self.night * DAY_US + self.into_us;
        let week = (local - into_week).div_euclid(7 * DAY_US);
        Wall::from_us(week * 7 * DAY_US + into_week - ZONE_US)
    }

    /// Whether a test is due: its newest moment has passed without one, and it is night.
    /// One that was missed is made up for on the next night, and never added to the one
    /// after it. `now` is the house's time; who does not know it measures nothing.
    #[must_use]
    pub fn is_due(self, last: Option<Wall>, now: Wall) -> bool {
        let newest = self.newest(now);
        let is_done = last.is_some_and(|last| last + APART >= newest);
        // What was done in a time to come was done by another clock.
        let is_done = is_done && last.is_some_and(|last| last <= now + WEEK);
        is_night(now) && !is_done
    }
}

/// Whether it is night.
#[must_use]
pub fn is_night(now: Wall) -> bool {
    let into_day = (now.as_us() + ZONE_US).rem_euclid(DAY_US);
    (NIGHT_HOURS.0 * HOUR_US..NIGHT_HOURS.1 * HOUR_US).contains(&into_day)
}

/// What a test may cost on a connection on which the last one found so many octets a
/// second, by a box that may use so many octets a day.
#[must_use]
pub fn cap(last: Option<Figure>, budget: u64) -> u64 {
    // One that its cap has cut says only that it is no less.
    let is_thin = last.is_some_and(|it| it.per_second() < THIN && !it.at_least);
    if is_thin || budget < BUDGET_THIN {
        CAP_THIN
    } else {
        CAP
    }
}

/// What of a cap the one way may bring, and what the other may take. The rest is for
/// headers of packets, and for what is on its way when the end is said.
#[must_use]
pub const fn shares(cap: u64) -> (u64, u64) {
    (cap / 100 * 54, cap / 100 * 26)
}

/// Why one way of a test ended. Sent and stored by number and word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum End {
    /// Of a newer program, or there was none.
    Unknown = 0,
    /// Its ten seconds were over.
    Time = 1,
    /// What it may cost was spent.
    Cap = 2,
    /// The other end has ended it.
    Other = 3,
    /// The connection broke, or what came was no test.
    Broken = 4,
}

impl End {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Unknown,
        Self::Time,
        Self::Cap,
        Self::Other,
        Self::Broken,
    ];

    /// The word of it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Time => "time",
            Self::Cap => "cap",
            Self::Other => "other",
            Self::Broken => "broken",
        }
    }

    /// The end of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// Why there is no test. Sent and stored by number and word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum Fault {
    /// There is one.
    None = 0,
    /// Of a newer program: there is none.
    Unknown = 1,
    /// The house was not reached.
    Unreached = 2,
    /// It had no room.
    Busy = 3,
    /// It does not know how.
    Unsupported = 4,
    /// The program or the machine ended while it went on: what it has cost is not known,
    /// and is taken to be all that it might.
    Interrupted = 5,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::None,
        Self::Unknown,
        Self::Unreached,
        Self::Busy,
        Self::Unsupported,
        Self::Interrupted,
    ];

    /// The word of it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Unknown => "unknown",
            Self::Unreached => "unreached",
            Self::Busy => "busy",
            Self::Unsupported => "unsupported",
            Self::Interrupted => "interrupted",
        }
    }

    /// The fault of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// One way of a test, as both ends have counted it.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct Way {
    /// Octets that have come: of a download at the box, of an upload at the house.
    #[prost(uint64, tag = "1")]
    pub octets: u64,
    /// In so many microseconds.
    #[prost(uint64, tag = "2")]
    pub us: u64,
    /// Why it ended.
    #[prost(enumeration = "End", tag = "3")]
    pub end: i32,
    /// Octets that have left: of a download at the house, of an upload at the box. None:
    /// the house has not said.
    #[prost(uint64, optional, tag = "4")]
    pub sent: Option<u64>,
    /// The shortest round trip, microseconds; none where the house does not say it.
    #[prost(uint64, optional, tag = "5")]
    pub min_rtt_us: Option<u64>,
}

impl Way {
    /// How fast it was; none if nothing was measured.
    #[must_use]
    pub fn figure(&self) -> Option<Figure> {
        let at_least = match self.end() {
            End::Time | End::Other => false,
            End::Cap => true,
            End::Broken | End::Unknown => return None,
        };
        Figure::new(self.octets, self.us, at_least)
    }
}

/// A box has measured, or could not: the body of its record. What is missing is unknown.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Tested {
    /// The command that has asked for it, 16 octets; empty: the box by itself.
    #[prost(bytes = "vec", tag = "1")]
    pub command: Vec<u8>,
    /// When it began: so many milliseconds before the record's instant.
    #[prost(uint32, tag = "2")]
    pub ago_ms: u32,
    /// What it might cost, in octets.
    #[prost(uint64, tag = "3")]
    pub cap: u64,
    /// And what it did.
    #[prost(uint64, tag = "4")]
    pub spent: u64,
    /// To the village.
    #[prost(message, optional, tag = "5")]
    pub down: Option<Way>,
    /// From it.
    #[prost(message, optional, tag = "6")]
    pub up: Option<Way>,
    /// Why there is none.
    #[prost(enumeration = "Fault", tag = "7")]
    pub fault: i32,
}

/// What the house asks a box for: the body of its command.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct Ask {
    /// What the test may cost at most, in octets, as whoever asks was told.
    #[prost(uint64, tag = "1")]
    pub cap: u64,
}

/// How fast it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figure {
    /// Octets.
    pub octets: u64,
    /// In so many microseconds, never zero.
    pub us: u64,
    /// Whether it was cut short: it may be faster.
    pub at_least: bool,
}

impl Figure {
    /// Of so many octets in so long; none if nothing came, or in no time.
    #[must_use]
    pub const fn new(octets: u64, us: u64, at_least: bool) -> Option<Self> {
        if octets == 0 || us == 0 {
            return None;
        }
        Some(Self {
            octets,
            us,
            at_least,
        })
    }

    /// Octets per second in the mean.
    #[must_use]
    pub fn per_second(self) -> u64 {
        let per_second = u128::from(self.octets) * 1_000_000 / u128::from(self.us);
        u64::try_from(per_second).unwrap_or(u64::MAX)
    }

    /// The same in kbit/s.
    #[must_use]
    pub fn kbps(self) -> u64 {
        self.per_second().saturating_mul(8) / 1_000
    }
}

/// The middle of several figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Median {
    /// kbit/s.
    pub kbps: u64,
    /// Of so many figures.
    pub of: usize,
    /// Whether it may be more: a figure that is not above it was cut short.
    pub at_least: bool,
}

/// The middle of several figures, the lower one of two; none if there are none.
#[must_use]
pub fn median(figures: impl IntoIterator<Item = Figure>) -> Option<Median> {
    let mut all: Vec<Figure> = figures.into_iter().collect();
    all.sort_by_key(|it| it.kbps());
    let middle = all.get(all.len().checked_sub(1)? / 2)?.kbps();
    Some(Median {
        kbps: middle,
        of: all.len(),
        // One above it may be what it likes, and the middle stays where it is.
        at_least: all.iter().any(|it| it.at_least && it.kbps() <= middle),
    })
}

#[cfg(test)]
mod tests;
