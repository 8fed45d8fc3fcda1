//! Amounts that wear their unit.
//!
//! The algebra is the physical one and nothing more: bytes over a duration are
//! a rate. A rate over no time does not exist, so it is `None` and never zero.

use std::fmt;
use std::ops::{Add, AddAssign};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// An amount of data, in octets.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Bytes(u64);

/// A rate of data.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct BitsPerSecond(u64);

impl Bytes {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From octets.
    #[must_use]
    pub const fn new(octets: u64) -> Self {
        Self(octets)
    }

    /// From 1,024 times 1,024 octets, the unit of memory bounds.
    #[must_use]
    pub const fn from_mib(mib: u64) -> Self {
        Self(mib * 1024 * 1024)
    }

    /// The size of something in memory.
    #[must_use]
    pub fn of(slice: &[u8]) -> Self {
        Self(u64::try_from(slice.len()).unwrap_or(u64::MAX))
    }

    /// Octets.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The rate that brings this amount in that time; no time has no rate.
    #[must_use]
    pub fn over(self, span: Duration) -> Option<BitsPerSecond> {
        let us = span.as_micros();
        if us == 0 {
            return None;
        }
        let bits = u128::from(self.0) * 8 * 1_000_000 / us;
        Some(BitsPerSecond(u64::try_from(bits).unwrap_or(u64::MAX)))
    }
}

impl BitsPerSecond {
    /// From bits in a second.
    #[must_use]
    pub const fn new(bits: u64) -> Self {
        Self(bits)
    }

    /// Bits in a second.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }
}

impl Add for Bytes {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Bytes {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} B", self.0)
    }
}

impl fmt::Display for BitsPerSecond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bit/s", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_bits_over_time() {
        let second = Duration::from_secs(1);
        assert_eq!(
            Bytes::new(1_000).over(second),
            Some(BitsPerSecond::new(8_000))
        );
        assert_eq!(Bytes::new(1).over(Duration::ZERO), None);
        assert_eq!(
            Bytes::new(u64::MAX).over(Duration::from_micros(1)),
            Some(BitsPerSecond::new(u64::MAX))
        );
    }
}
