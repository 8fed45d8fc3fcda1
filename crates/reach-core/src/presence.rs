//! When the program of a box was at work.
//!
//! A record claims the time up to its own instant, so claims have to follow each other
//! without a gap and without an overlap, whatever happens between the moment a record is
//! wanted and the moment it is stamped. What was not lived is not claimed: where the
//! program was not asked for longer than [`STALL_MAX`], the machine slept or stood still,
//! and the stretch before that is told apart.
//!
//! Everything here is on the clock of the boot, which also counts while a machine
//! sleeps; what people set their clocks to does not matter.

use std::time::Duration;

use base::now::Mono;

use crate::round::{Lived, Round};

/// The program is asked at least every five seconds. Three of those missed in a row are
/// no slow card any more: from then on nobody knows whether it was at work.
pub const STALL_MAX: Duration = Duration::from_secs(15);

/// Stretches that wait to be told. Bound; policy: the oldest is forgotten.
const EARLIER_MAX: usize = 16;

/// A stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stretch {
    from: Mono,
    to: Mono,
}

/// What was lived and not claimed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    earlier: Vec<Stretch>,
    since: Mono,
    seen: Mono,
}

/// What a record is to claim; how much that is depends on when it is stamped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    earlier: Vec<Stretch>,
    since: Mono,
    ready: Mono,
}

impl Presence {
    /// At work since then.
    #[must_use]
    pub const fn since(now: Mono) -> Self {
        Self {
            earlier: Vec::new(),
            since: now,
            seen: now,
        }
    }

    /// The program is at work now. Whether it was all the time since it was last asked.
    pub fn look(&mut self, now: Mono) -> bool {
        let unbroken = now.since(self.seen) <= STALL_MAX;
        if !unbroken {
            self.close();
            self.since = now;
        }
        self.seen = self.seen.max(now);
        unbroken
    }

    /// Everything that was lived up to now, to be put into a record.
    pub fn claim(&mut self) -> Claim {
        let claim = Claim {
            earlier: std::mem::take(&mut self.earlier),
            since: self.since,
            ready: self.seen,
        };
        self.since = self.seen;
        claim
    }

    /// A claim was stamped at that instant.
    pub fn claimed(&mut self, claim: &Claim, at: Mono) {
        let end = claim.end(at);
        self.since = self.since.max(end);
        for stretch in &mut self.earlier {
            stretch.from = stretch.from.max(end);
        }
        self.earlier.retain(|stretch| stretch.from < stretch.to);
        // Stamped by another task before this one has looked at the clock.
        self.seen = self.seen.max(self.since);
    }

    /// A claim was not kept: it is told with the next one.
    pub fn unclaimed(&mut self, claim: Claim) {
        let mut all = claim.earlier;
        all.push(Stretch {
            from: claim.since,
            to: claim.ready,
        });
        all.append(&mut self.earlier);
        self.earlier = all;
        // What ends where the last begins is one stretch.
        while let Some(last) = self.earlier.last().copied()
            && last.to == self.since
        {
            self.since = last.from;
            self.earlier.pop();
        }
        self.earlier.retain(|stretch| stretch.from < stretch.to);
        self.bound();
    }

    fn close(&mut self) {
        if self.since < self.seen {
            self.earlier.push(Stretch {
                from: self.since,
                to: self.seen,
            });
        }
        self.bound();
    }

    fn bound(&mut self) {
        let over = self.earlier.len().saturating_sub(EARLIER_MAX);
        self.earlier.drain(..over);
    }
}

impl Claim {
    /// Writes it into a body that is stamped at that instant.
    pub fn write(&self, at: Mono, round: &mut Round) {
        round.earlier = self
            .earlier
            .iter()
            .filter_map(|stretch| lived(*stretch, at))
            .collect();
        if self.end(at) == at {
            round.covers_ms = ms(at.since(self.since));
        } else {
            // It lay so long before it was stamped that nobody knows of that time.
            round.covers_ms = 0;
            let stretch = Stretch {
                from: self.since,
                to: self.ready,
            };
            round.earlier.extend(lived(stretch, at));
        }
    }

    /// Up to when it claims.
    fn end(&self, at: Mono) -> Mono {
        if at.since(self.ready) <= STALL_MAX {
            at.max(self.ready)
        } else {
            self.ready
        }
    }
}

/// Told in whole milliseconds, of which none lies outside.
fn lived(stretch: Stretch, at: Mono) -> Option<Lived> {
    let ago_us = at.since(stretch.to).as_micros();
    let ago_ms = u32::try_from(ago_us.div_ceil(1_000)).ok()?;
    let back = Duration::from_millis(ago_ms.into());
    let for_ms = ms(at.since(stretch.from).saturating_sub(back));
    (for_ms > 0).then_some(Lived { ago_ms, for_ms })
}

/// Whole milliseconds.
pub(crate) fn ms(span: Duration) -> u32 {
    u32::try_from(span.as_millis()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> Mono {
        Mono::from_us(seconds * 1_000_000)
    }

    fn told(claim: &Claim, stamped: Mono) -> (u32, Vec<(u32, u32)>) {
        let mut round = Round::default();
        claim.write(stamped, &mut round);
        let earlier = round.earlier.iter();
        (
            round.covers_ms,
            earlier.map(|it| (it.ago_ms, it.for_ms)).collect(),
        )
    }

    #[test]
    fn claims_follow_each_other() {
        let mut presence = Presence::since(at(100));
        assert!(presence.look(at(105)));
        let first = presence.claim();
        // The disk took two seconds.
        assert_eq!(told(&first, at(107)), (7_000, vec![]));
        presence.claimed(&first, at(107));
        assert!(presence.look(at(110)));
        let second = presence.claim();
        assert_eq!(told(&second, at(110)), (3_000, vec![]));
    }

    #[test]
    fn what_was_slept_through_is_not_claimed() {
        let mut presence = Presence::since(at(100));
        presence.look(at(110));
        assert!(!presence.look(at(4_000)));
        presence.look(at(4_005));
        let claim = presence.claim();
        assert_eq!(
            told(&claim, at(4_005)),
            (5_000, vec![(3_895_000, 10_000)]),
            "ten seconds before the night, five after it"
        );
    }

    #[test]
    fn what_was_not_kept_is_claimed_again_and_only_once() {
        let mut presence = Presence::since(at(100));
        presence.look(at(110));
        let lost = presence.claim();
        presence.look(at(120));
        presence.unclaimed(lost);
        let claim = presence.claim();
        assert_eq!(told(&claim, at(121)), (21_000, vec![]));
    }

    #[test]
    fn a_record_that_lay_too_long_claims_up_to_when_it_was_ready() {
        let mut presence = Presence::since(at(100));
        presence.look(at(110));
        let claim = presence.claim();
        assert_eq!(told(&claim, at(200)), (0, vec![(90_000, 10_000)]));
        presence.look(at(120));
        presence.claimed(&claim, at(200));
        let next = presence.claim();
        assert_eq!(told(&next, at(121)), (11_000, vec![]));
    }

    #[derive(Debug, Clone)]
    enum Step {
        Pass(u64),
        Keep { after_ms: u64, stands: bool },
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            4 => (1_u64..14_000).prop_map(Step::Pass),
            1 => (15_001_u64..9_000_000).prop_map(Step::Pass),
            3 => (0_u64..40_000, any::<bool>())
                .prop_map(|(after_ms, stands)| Step::Keep { after_ms, stands }),
        ];
        prop::collection::vec(step, 1..40)
    }

    proptest! {
        /// By brute force: a table of which millisecond was lived, and how often it was
        /// claimed.
        #[test]
        fn nothing_is_claimed_twice_or_unlived(steps in steps()) {
            let mut now = 1_000_u64;
            let mono = |ms: u64| Mono::from_us(ms * 1_000);
            let mut presence = Presence::since(mono(now));
            let mut lived: Vec<(u64, u64)> = Vec::new();
            let mut claimed: Vec<(u64, u64)> = Vec::new();
            let pass = |now: &mut u64, by: u64, lived: &mut Vec<(u64, u64)>, presence: &mut Presence| {
                if by <= 15_000 {
                    lived.push((*now, *now + by));
                }
                *now += by;
                presence.look(mono(*now));
            };
            for step in steps {
                match step {
                    Step::Pass(by) => pass(&mut now, by, &mut lived, &mut presence),
                    Step::Keep { after_ms, stands } => {
                        let claim = presence.claim();
                        pass(&mut now, after_ms, &mut lived, &mut presence);
                        if !stands {
                            presence.unclaimed(claim);
                            continue;
                        }
                        let mut round = Round::default();
                        claim.write(mono(now), &mut round);
                        claimed.push((now - u64::from(round.covers_ms), now));
                        for it in round.earlier {
                            let to = now - u64::from(it.ago_ms);
                            claimed.push((to - u64::from(it.for_ms), to));
                        }
                        presence.claimed(&claim, mono(now));
                    }
                }
            }
            claimed.retain(|(from, to)| from < to);
            claimed.sort_unstable();
            for pair in claimed.windows(2) {
                prop_assert!(pair[0].1 <= pair[1].0, "{pair:?} overlap");
            }
            for (from, to) in claimed {
                // Lived stretches that touch are one.
                let mut at = from;
                for (a, b) in &lived {
                    if *a <= at && at < *b {
                        at = *b;
                    }
                }
                prop_assert!(at >= to, "{from}..{to} was not lived from {at}");
            }
        }

        /// A program that is never held up claims all its time, to the millisecond.
        #[test]
        fn nothing_is_left_out(waits in prop::collection::vec((1_u64..5_000, 0_u64..9_000), 1..40)) {
            let mono = |ms: u64| Mono::from_us(ms * 1_000);
            let (mut now, mut end) = (7_u64, 7_u64);
            let mut presence = Presence::since(mono(now));
            for (wait, disk) in waits {
                now += wait;
                presence.look(mono(now));
                let claim = presence.claim();
                now += disk;
                let mut round = Round::default();
                claim.write(mono(now), &mut round);
                prop_assert_eq!(now - u64::from(round.covers_ms), end);
                prop_assert!(round.earlier.is_empty());
                end = now;
                presence.claimed(&claim, mono(now));
            }
        }
    }
}
