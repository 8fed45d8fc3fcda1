//! How fast may something be done?
//!
//! A bucket of tokens: so many come in a second, and it holds so many. Who was held up
//! makes good what it can hold and no more.

use std::num::NonZeroU32;
use std::time::Duration;

use base::now::Mono;

/// Parts of a token that are counted: one comes in each microsecond at a rate of one a
/// second.
const PARTS: u64 = 1_000_000;

/// A bucket of tokens.
#[derive(Debug, Clone)]
pub struct Pace {
    /// Tokens a second.
    rate: u64,
    /// Parts that it holds.
    full: u64,
    /// Parts in it.
    level: u64,
    /// As of when.
    at: Mono,
}

impl Pace {
    /// So many a second, at most `burst` at once; full at the beginning.
    #[must_use]
    pub const fn new(rate: NonZeroU32, burst: NonZeroU32, now: Mono) -> Self {
        let full = burst.get() as u64 * PARTS;
        Self {
            rate: rate.get() as u64,
            full,
            level: full,
            at: now,
        }
    }

    /// How many may be done now.
    pub fn may(&mut self, now: Mono) -> usize {
        let us = u64::try_from(now.since(self.at).as_micros()).unwrap_or(u64::MAX);
        self.level = self
            .level
            .saturating_add(us.saturating_mul(self.rate))
            .min(self.full);
        self.at = self.at.max(now);
        usize::try_from(self.level / PARTS).unwrap_or(usize::MAX)
    }

    /// One was done.
    pub const fn take(&mut self) {
        self.level = self.level.saturating_sub(PARTS);
    }

    /// When the next may be done; in the past if it may be done already.
    #[must_use]
    pub fn next(&self) -> Mono {
        let lacks = PARTS.saturating_sub(self.level);
        self.at + Duration::from_micros(lacks.div_ceil(self.rate))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn some(n: u32) -> NonZeroU32 {
        NonZeroU32::new(n).expect("not zero")
    }

    #[test]
    fn a_token_is_there_when_it_was_said_to_be() {
        let mut pace = Pace::new(some(3), some(1), Mono::from_us(7));
        assert_eq!(pace.may(Mono::from_us(7)), 1);
        pace.take();
        assert_eq!(pace.next(), Mono::from_us(333_341));
        assert_eq!(pace.may(Mono::from_us(333_340)), 0);
        assert_eq!(pace.may(pace.next()), 1);
        // A clock that stands still, or a reading that is older, gives nothing.
        pace.take();
        assert_eq!(pace.may(Mono::from_us(0)), 0);
    }

    proptest! {
        #[test]
        fn no_span_has_more_than_its_share_and_one_bucket(
            rate in 1_u32..20_000,
            burst in 1_u32..500,
            steps in proptest::collection::vec((0_u64..2_000_000, 0_usize..600), 1..60),
        ) {
            let start = Mono::from_us(5);
            let mut pace = Pace::new(some(rate), some(burst), start);
            let (mut now, mut taken) = (start, Vec::new());
            for (pause, wanted) in steps {
                now = now + Duration::from_micros(pause);
                let may = pace.may(now).min(wanted);
                for _ in 0..may {
                    pace.take();
                }
                taken.push((now, may));
            }
            for (from, (begin, _)) in taken.iter().enumerate() {
                let mut sum = 0_u64;
                for (end, count) in &taken[from..] {
                    sum += *count as u64;
                    let us = u64::try_from(end.since(*begin).as_micros()).expect("short");
                    let most = u64::from(burst) * PARTS + us * u64::from(rate);
                    prop_assert!(sum * PARTS <= most, "{sum} in {us} us");
                }
            }
        }
    }
}
