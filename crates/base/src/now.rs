//! One reading of both clocks.
//!
//! The house knows two notions of time and never mixes them:
//!
//! - [`Mono`] only moves forward and also counts the time that the machine
//!   sleeps. Ages, deadlines and rates are made of it.
//! - [`Wall`] is what people agree on. It may jump when somebody sets the clock.
//!   Stored rows and printed times are made of it.
//!
//! Both are read together, in one place (`hall/src/clock.rs`), and handed on as
//! a [`Now`]. Nothing else in the house asks for the time.

use std::ops::{Add, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One reading of both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// For ages and deadlines.
    pub mono: Mono,
    /// For rows and people.
    pub wall: Wall,
}

impl Now {
    /// Both clocks, the given time later: what a test turns by hand.
    #[must_use]
    pub fn later(self, by: Duration) -> Self {
        Self {
            mono: self.mono + by,
            wall: self.wall + by,
        }
    }
}

/// Microseconds since some start of this machine, suspended time included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Mono(u64);

/// Microseconds since 1970-01-01 00:00 UTC, without leap seconds. Stored.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Wall(i64);

impl Mono {
    /// From microseconds since the start.
    #[must_use]
    pub const fn from_us(us: u64) -> Self {
        Self(us)
    }

    /// Microseconds since the start.
    #[must_use]
    pub const fn as_us(self) -> u64 {
        self.0
    }

    /// How long after `earlier` this is; zero if it is not.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Wall {
    /// From microseconds since 1970.
    #[must_use]
    pub const fn from_us(us: i64) -> Self {
        Self(us)
    }

    /// Microseconds since 1970.
    #[must_use]
    pub const fn as_us(self) -> i64 {
        self.0
    }

    /// How long after `earlier` this is; zero if it is not.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

fn us(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

impl Add<Duration> for Mono {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(us(span)))
    }
}

impl Add<Duration> for Wall {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add_unsigned(us(span)))
    }
}

impl Sub<Duration> for Wall {
    type Output = Self;
    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub_unsigned(us(span)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_add_up_and_never_go_negative() {
        let start = Wall::from_us(5);
        let later = start + Duration::from_secs(1);
        assert_eq!(later.since(start), Duration::from_secs(1));
        assert_eq!(start.since(later), Duration::ZERO);
        assert_eq!(later - Duration::from_secs(1), start);
        assert_eq!(
            Mono::from_us(u64::MAX) + Duration::from_secs(1),
            Mono::from_us(u64::MAX)
        );
    }
}
