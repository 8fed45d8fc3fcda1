//! How a box fetches a release without holding up what matters.
//!
//! In short pieces, each asked for by its range, so that a cut costs one of them; and
//! patiently: nothing while the line is down or while money or events wait to be sent,
//! never more than a share of each hour, and after each piece at least as long a pause
//! as the piece took, so that at most half of a thin line is ever used.

use std::time::Duration;

use base::now::Mono;

/// Octets of one piece: a quarter of a frame, three seconds at 40 kbit/s.
pub const PIECE: u64 = 16 * 1024;

/// What may be fetched in an hour unless the centre says otherwise, in octets: a
/// program of 12 MiB takes six hours.
pub const PER_HOUR: u64 = 2 * 1024 * 1024;

/// Pieces that may be fetched at once after a long rest.
const BURST: u64 = 4;

/// So long until it is looked again whether the line is free.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The longest pause after failures.
const REST_MAX: Duration = Duration::from_secs(600);

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Ask for octets from there on, so many.
    Get {
        /// The first.
        from: u64,
        /// How many.
        count: u64,
    },
    /// Nothing before then.
    Wait(Mono),
    /// Everything is there.
    Done,
}

/// A release on its way.
#[derive(Debug)]
pub struct Fetch {
    size: u64,
    have: u64,
    per_hour: u64,
    /// Octets that may be fetched, as of an instant.
    purse: u64,
    filled: Mono,
    rest_until: Mono,
    failures: u32,
}

impl Fetch {
    /// So many octets, of which the first are there already.
    #[must_use]
    pub fn new(size: u64, have: u64, per_hour: u64, now: Mono) -> Self {
        Self {
            size,
            have: have.min(size),
            per_hour: per_hour.max(1),
            purse: PIECE * BURST,
            filled: now,
            rest_until: now,
            failures: 0,
        }
    }

    /// How many octets are there.
    #[must_use]
    pub const fn have(&self) -> u64 {
        self.have
    }

    /// Another share of the hour from now on, in octets.
    pub fn allow(&mut self, per_hour: u64, now: Mono) {
        self.fill(now);
        self.per_hour = per_hour.max(1);
    }

    /// What to do now; `is_free` if the line is up and nothing that matters waits.
    pub fn step(&mut self, is_free: bool, now: Mono) -> Step {
        if self.have == self.size {
            return Step::Done;
        }
        if now < self.rest_until {
            return Step::Wait(self.rest_until);
        }
        if !is_free {
            return Step::Wait(now + LOOK_AGAIN);
        }
        self.fill(now);
        let count = PIECE.min(self.size - self.have);
        if self.purse < count {
            let lacks = u128::from(count - self.purse) * 3_600_000_000;
            let us = lacks.div_ceil(u128::from(self.per_hour));
            let us = u64::try_from(us).unwrap_or(u64::MAX);
            return Step::Wait(now + Duration::from_micros(us));
        }
        Step::Get {
            from: self.have,
            count,
        }
    }

    /// A piece has come, and is on the disk.
    pub fn got(&mut self, count: u64, took: Duration, now: Mono) {
        self.have = (self.have + count).min(self.size);
        self.purse = self.purse.saturating_sub(count);
        self.failures = 0;
        self.rest_until = now + took.min(REST_MAX);
    }

    /// A piece did not come.
    pub fn failed(&mut self, now: Mono) {
        let rest = Duration::from_secs(5) * (1 << self.failures.min(7));
        self.failures = self.failures.saturating_add(1);
        self.rest_until = now + rest.min(REST_MAX);
    }

    fn fill(&mut self, now: Mono) {
        let us = u64::try_from(now.since(self.filled).as_micros()).unwrap_or(u64::MAX);
        let more = u128::from(us) * u128::from(self.per_hour) / 3_600_000_000;
        // An instant too short for an octet is not lost.
        if more > 0 {
            let more = u64::try_from(more).unwrap_or(u64::MAX);
            self.purse = self.purse.saturating_add(more).min(PIECE * BURST);
            self.filled = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fetches everything over a line on which a piece takes so long; when it ended and
    /// how long the line was used.
    fn run(size: u64, per_hour: u64, took: Duration) -> (Duration, Duration) {
        let start = Mono::from_us(0);
        let (mut now, mut used) = (start, Duration::ZERO);
        let mut it = Fetch::new(size, 0, per_hour, now);
        loop {
            match it.step(true, now) {
                Step::Get { from, count } => {
                    assert_eq!(from, it.have());
                    now = now + took;
                    used += took;
                    it.got(count, took, now);
                }
                Step::Wait(until) => {
                    assert!(until > now, "time goes on");
                    now = until;
                }
                Step::Done => return (now.since(start), used),
            }
        }
    }

    #[test]
    fn never_more_than_its_share_of_an_hour_and_half_of_the_line() {
        let hour = Duration::from_secs(3_600);
        let (took, _) = run(12 * 1024 * 1024, PER_HOUR, Duration::from_millis(20));
        let least = hour * 6 - hour.mul_f64(0.04);
        assert!(took > least && took < hour * 6 + hour / 60, "{took:?}");
        // A thin line: 3 s a piece, and a share that would allow more.
        let (took, used) = run(1024 * 1024, 1 << 40, Duration::from_secs(3));
        assert!(
            used * 2 <= took + Duration::from_secs(3),
            "{used:?} of {took:?}"
        );
    }

    #[test]
    fn what_matters_goes_first_and_a_cut_costs_a_piece() {
        let now = Mono::from_us(0);
        let mut it = Fetch::new(PIECE * 2 + 1, PIECE, PER_HOUR, now);
        assert_eq!(it.step(false, now), Step::Wait(now + LOOK_AGAIN));
        let piece = Step::Get {
            from: PIECE,
            count: PIECE,
        };
        assert_eq!(it.step(true, now), piece);
        it.failed(now);
        assert!(matches!(it.step(true, now), Step::Wait(_)));
        let later = now + Duration::from_secs(5);
        assert_eq!(it.step(true, later), piece);
        it.got(PIECE, Duration::ZERO, later);
        let last = Step::Get {
            from: PIECE * 2,
            count: 1,
        };
        assert_eq!(it.step(true, later), last);
        it.got(1, Duration::ZERO, later);
        assert_eq!(it.step(false, later), Step::Done);
    }

    #[test]
    fn failures_make_it_patient_and_not_for_ever() {
        let mut now = Mono::from_us(0);
        let mut it = Fetch::new(PIECE, 0, PER_HOUR, now);
        for _ in 0..40 {
            it.failed(now);
            let Step::Wait(until) = it.step(true, now) else {
                panic!("it has to rest");
            };
            assert!(until.since(now) <= REST_MAX);
            now = until;
        }
    }
}
