//! The only file that reads clocks.
//!
//! Linux has three that matter: the wall clock, which people set; the monotonic
//! clock, which stands still while a machine sleeps; and the boot clock, which
//! does not. Ages are made of the boot clock, since a site that slept for a night
//! must not call last evening's picture fresh.
//!
//! A test turns a [`Clock::hand`] by hand.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base::now::{Mono, Now, Wall};
use rustix::time::{ClockId, clock_gettime};

/// Where the house gets its time from. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    Real,
    Hand {
        start: Instant,
        now: Arc<Mutex<Now>>,
    },
}

impl Clock {
    /// The clocks of this machine.
    #[must_use]
    pub const fn real() -> Self {
        Self(Source::Real)
    }

    /// A clock that stands still until it is turned.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this file is where clocks are read"
    )]
    pub fn hand(now: Now) -> Self {
        Self(Source::Hand {
            start: Instant::now(),
            now: Arc::new(Mutex::new(now)),
        })
    }

    /// Both clocks.
    #[must_use]
    pub fn now(&self) -> Now {
        match &self.0 {
            Source::Real => Now {
                mono: Mono::from_us(read(ClockId::Boottime).try_into().unwrap_or(0)),
                wall: Wall::from_us(read(ClockId::Realtime)),
            },
            Source::Hand { now, .. } => *now.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// What libraries call time, in which they set their timers.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this file is where clocks are read"
    )]
    pub fn instant(&self) -> Instant {
        match &self.0 {
            Source::Real => Instant::now(),
            Source::Hand { start, .. } => *start + Duration::from_micros(self.now().mono.as_us()),
        }
    }

    /// Turns a hand clock forward; real ones cannot be turned.
    pub fn turn(&self, by: Duration) {
        if let Source::Hand { now, .. } = &self.0 {
            let mut now = now.lock().unwrap_or_else(PoisonError::into_inner);
            *now = now.later(by);
        }
    }

    /// Sets the wall of a hand clock, as somebody who corrects the date.
    pub fn set_wall(&self, wall: Wall) {
        if let Source::Hand { now, .. } = &self.0 {
            now.lock().unwrap_or_else(PoisonError::into_inner).wall = wall;
        }
    }

    /// A time in the form of RFC 3339, UTC, to the second: for files that other
    /// programs read.
    #[must_use]
    pub fn rfc3339(&self, wall: Wall) -> String {
        jiff::Timestamp::from_microsecond(wall.as_us())
            .map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
            .unwrap_or_default()
    }
}

/// Microseconds.
fn read(clock: ClockId) -> i64 {
    let time = clock_gettime(clock);
    time.tv_sec * 1_000_000 + time.tv_nsec / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_clock_moves_when_it_is_turned() {
        let start = Now {
            mono: Mono::from_us(5),
            wall: Wall::from_us(1_700_000_000_000_000),
        };
        let clock = Clock::hand(start);
        let before = clock.instant();
        clock.turn(Duration::from_secs(3));
        assert_eq!(clock.now(), start.later(Duration::from_secs(3)));
        assert_eq!(clock.instant() - before, Duration::from_secs(3));
        clock.set_wall(start.wall);
        assert_eq!(clock.now().wall, start.wall);
        assert_eq!(clock.rfc3339(start.wall), "2023-11-14T22:13:20Z");
    }

    #[test]
    fn the_real_one_goes_forward() {
        let clock = Clock::real();
        let (first, second) = (clock.now(), clock.now());
        assert!(second.mono >= first.mono);
        assert!(first.wall.as_us() > 1_700_000_000_000_000);
    }
}
