//! When to try the centre again.
//!
//! After a lost connection a site waits for a random part of a window that the
//! centre has named: three thousand sites that lose it at once return evenly over
//! that window, and ten over a second. After [`PATIENCE`] failures each further one
//! doubles the window, up to [`WINDOW_MAX`]. What the centre asks for with its last word comes on top.

use std::time::Duration;

use base::now::Mono;

/// The window before a centre has named one.
pub const WINDOW: Duration = Duration::from_secs(5);

/// The shortest window.
pub const WINDOW_MIN: Duration = Duration::from_secs(1);

/// The longest that a centre may name.
pub const WINDOW_NAMED_MAX: Duration = Duration::from_secs(60);

/// The longest that failures make of it: after an outage of the centre.
pub const WINDOW_MAX: Duration = Duration::from_secs(300);

/// The longest that a centre may keep a site away.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(3_600);

/// Failures that are no outage: an attempt that came while the centre was starting.
pub const PATIENCE: u32 = 4;

/// More doublings than these change nothing.
const DOUBLINGS_MAX: u32 = 8;

/// When to try again.
#[derive(Debug, Default)]
pub struct Redial {
    named: Option<Duration>,
    failures: u32,
    retry_after: Option<Duration>,
}

impl Redial {
    /// The centre has greeted, and named the window for the next return.
    pub fn greeted(&mut self, window_s: u32) {
        let window = Duration::from_secs(window_s.into());
        self.named = Some(window.clamp(WINDOW_MIN, WINDOW_NAMED_MAX));
        self.failures = 0;
        self.retry_after = None;
    }

    /// The centre has asked for a rest.
    pub fn asked(&mut self, retry_after_s: u32) {
        let rest = Duration::from_secs(retry_after_s.into());
        self.retry_after = Some(rest.min(RETRY_AFTER_MAX));
    }

    /// The connection has ended, or the attempt has failed: when to try again.
    pub fn rest(&mut self, now: Mono, rng: &mut fastrand::Rng) -> Mono {
        let doublings = self.failures.saturating_sub(PATIENCE).min(DOUBLINGS_MAX);
        let window = self.named.unwrap_or(WINDOW) * (1 << doublings);
        self.failures = self.failures.saturating_add(1);
        let jitter = window.min(WINDOW_MAX).mul_f64(rng.f64());
        now + self.retry_after.take().unwrap_or_default() + jitter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_return_evenly_over_the_window_and_never_past_the_longest() {
        let mut within = [0_u32; 6];
        for seed in 0..3_000 {
            let mut it = Redial::default();
            let mut rng = fastrand::Rng::with_seed(seed);
            it.greeted(60);
            let first = it.rest(Mono::from_us(0), &mut rng).as_us() / 10_000_000;
            within[usize::try_from(first).expect("below a minute")] += 1;
            for _ in 0..20 {
                let rest = it.rest(Mono::from_us(0), &mut rng);
                assert!(rest.since(Mono::from_us(0)) <= WINDOW_MAX);
            }
        }
        assert!(
            within.iter().all(|tenth| (400..600).contains(tenth)),
            "{within:?}"
        );
    }

    #[test]
    fn what_the_centre_asks_for_comes_on_top_and_once() {
        let mut rng = fastrand::Rng::with_seed(1);
        let mut it = Redial::default();
        it.greeted(1);
        it.asked(60);
        let start = Mono::from_us(0);
        assert!(it.rest(start, &mut rng).since(start) >= Duration::from_secs(60));
        assert!(it.rest(start, &mut rng).since(start) <= Duration::from_secs(2));
    }
}
