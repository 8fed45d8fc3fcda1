//! When a picture's turn is (pictures come in heaps, people watch them one by one).
//!
//! A piece brings the pictures of some seconds at once. They are handed on at the distance
//! at which they were taken. The first has its turn at once, so that what is shown is as new
//! as the list permits; who comes too late is waited for, and from then on what is held is
//! as much longer as he was late, and [`CUSHION`] beside. So the delay comes to be what this
//! publisher and this line need, and no more.
//!
//! What is held is bounded in time by whoever asks and in octets by [`OCTETS_MAX`]. Beyond
//! that the oldest pictures go, up to one with which decoding can begin: better a step than
//! a picture that is ever older.

use std::collections::VecDeque;
use std::time::Duration;

use base::now::Mono;

use crate::frame::TICKS_PER_SECOND;

/// What is held beside what was needed, once somebody came too late.
pub const CUSHION: Duration = Duration::from_millis(300);

/// Octets of pictures that wait for their turn, at most: 20 s of 13 Mbit/s.
pub const OCTETS_MAX: usize = 32 * 1024 * 1024;

/// Pictures that wait, at most: 60 s of 60 a second, and more than that are no pictures.
pub const COUNT_MAX: usize = 3_600;

/// Two pictures that are further apart, or the wrong way round, are not of one time.
const STEP_MAX: Duration = Duration::from_secs(10);

/// Pictures that wait for their turn.
#[derive(Debug)]
pub struct Pacer<T> {
    held: VecDeque<Held<T>>,
    octets: usize,
    /// Which stamp has its turn when.
    anchor: Option<(i64, Mono)>,
    newest: Option<i64>,
    hops: u64,
}

#[derive(Debug)]
struct Held<T> {
    stamp: i64,
    key: bool,
    octets: usize,
    what: T,
}

impl<T> Default for Pacer<T> {
    fn default() -> Self {
        Self {
            held: VecDeque::new(),
            octets: 0,
            anchor: None,
            newest: None,
            hops: 0,
        }
    }
}

impl<T> Pacer<T> {
    /// Takes a picture of that stamp, in ticks of 1/90,000 s. `span_max` is how much time
    /// may be held.
    pub fn push(
        &mut self,
        stamp: i64,
        key: bool,
        octets: usize,
        what: T,
        now: Mono,
        span_max: Duration,
    ) {
        let step = self.newest.map(|newest| stamp.saturating_sub(newest));
        let is_odd = step.is_some_and(|step| step < 0 || ticks(STEP_MAX) < step);
        if self.anchor.is_none() || is_odd && self.held.is_empty() {
            self.anchor = Some((stamp, now));
        } else if self.held.is_empty() && self.turn(stamp) < Some(now) {
            self.anchor = Some((stamp, now + CUSHION));
        }
        self.newest = Some(stamp);
        self.octets += octets;
        self.held.push_back(Held {
            stamp,
            key,
            octets,
            what,
        });
        let span = stamp.saturating_sub(self.held.front().map_or(stamp, |front| front.stamp));
        let is_over = self.octets > OCTETS_MAX || self.held.len() > COUNT_MAX;
        if span > ticks(span_max) || span < 0 || is_over {
            self.hop(ticks(span_max) / 2, now);
        }
    }

    /// Goes on at the oldest picture that leaves no more than `span` ticks held, or the
    /// newest with which decoding can begin; without such a one at nothing.
    fn hop(&mut self, span: i64, now: Mono) {
        let newest = self.newest.unwrap_or_default();
        let keys = || {
            self.held
                .iter()
                .enumerate()
                .skip(1)
                .filter(|(_, held)| held.key)
        };
        let fits = |held: &Held<T>| (0..=span).contains(&newest.saturating_sub(held.stamp));
        let target = keys()
            .find(|(_, held)| fits(held))
            .or_else(|| keys().next_back());
        let is_over = self.octets > OCTETS_MAX || self.held.len() > COUNT_MAX;
        let Some(at) = target
            .map(|(at, _)| at)
            .or(is_over.then_some(self.held.len()))
        else {
            return;
        };
        for gone in self.held.drain(..at) {
            self.octets -= gone.octets;
        }
        self.hops += 1;
        self.anchor = self.held.front().map(|front| (front.stamp, now));
    }

    fn turn(&self, stamp: i64) -> Option<Mono> {
        let (from, at) = self.anchor?;
        let ticks = u64::try_from(stamp.saturating_sub(from)).unwrap_or(0);
        let us = u128::from(ticks) * 1_000_000 / u128::from(TICKS_PER_SECOND);
        Some(at + Duration::from_micros(u64::try_from(us).unwrap_or(u64::MAX)))
    }

    /// When the next picture has its turn; none: nothing is held.
    #[must_use]
    pub fn due(&self) -> Option<Mono> {
        self.turn(self.held.front()?.stamp)
    }

    /// The next picture, if it has its turn.
    pub fn pop(&mut self, now: Mono) -> Option<T> {
        if self.due()? > now {
            return None;
        }
        let next = self.held.pop_front()?;
        self.octets -= next.octets;
        Some(next.what)
    }

    /// How often pictures were left out because too many were held.
    #[must_use]
    pub const fn hops(&self) -> u64 {
        self.hops
    }
}

fn ticks(span: Duration) -> i64 {
    let ticks = span.as_micros() * u128::from(TICKS_PER_SECOND) / 1_000_000;
    i64::try_from(ticks).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SPAN: Duration = Duration::from_secs(12);

    const fn ms(ms: u64) -> Mono {
        Mono::from_us(ms * 1_000)
    }

    /// A piece of so many seconds, two pictures a second, the first of them a key.
    fn piece(pacer: &mut Pacer<i64>, from_s: i64, seconds: i64, now: Mono) {
        for at in 0..2 * seconds {
            let stamp = from_s * 90_000 + at * 45_000;
            pacer.push(stamp, at == 0, 1_000, stamp, now, SPAN);
        }
    }

    /// When each that has its turn until then has it, in ms.
    fn turns(pacer: &mut Pacer<i64>, until: Mono) -> Vec<(u64, i64)> {
        let mut turns = Vec::new();
        while let Some(due) = pacer.due().filter(|due| *due <= until) {
            let stamp = pacer.pop(due).expect("its turn");
            turns.push((due.as_us() / 1_000, stamp));
        }
        turns
    }

    #[test]
    fn pictures_come_at_the_distance_at_which_they_were_taken() {
        let mut pacer = Pacer::default();
        piece(&mut pacer, 100, 2, ms(5_000));
        let turns = turns(&mut pacer, ms(60_000));
        let times: Vec<_> = turns.iter().map(|(at, _)| *at).collect();
        assert_eq!(times, [5_000, 5_500, 6_000, 6_500]);
        assert_eq!((pacer.due(), pacer.hops()), (None, 0));
    }

    #[test]
    fn who_is_late_is_waited_for_and_then_there_is_a_cushion() {
        let mut pacer = Pacer::default();
        piece(&mut pacer, 0, 4, ms(0));
        turns(&mut pacer, ms(3_999));
        // 200 ms late, and from then on in time.
        piece(&mut pacer, 4, 4, ms(4_200));
        assert_eq!(turns(&mut pacer, ms(4_600)), [(4_500, 4 * 90_000)]);
        piece(&mut pacer, 8, 4, ms(8_450));
        let shown = turns(&mut pacer, ms(20_000));
        let last = shown.windows(2).all(|pair| pair[1].0 - pair[0].0 == 500);
        assert!(last, "no step: {shown:?}");
    }

    #[test]
    fn too_much_is_left_out_up_to_a_key() {
        let mut pacer = Pacer::default();
        for at in 0..5 {
            piece(&mut pacer, at * 4, 4, ms(0));
        }
        assert_eq!(pacer.hops(), 1);
        let (_, first) = turns(&mut pacer, ms(0))[0];
        assert_eq!(first % (4 * 90_000), 0, "a key");
        assert!(first >= 8 * 90_000, "near the newest: {first}");
    }

    #[test]
    fn another_time_begins_anew() {
        let mut pacer = Pacer::default();
        piece(&mut pacer, 1_000, 1, ms(0));
        turns(&mut pacer, ms(900));
        piece(&mut pacer, 3, 1, ms(1_000));
        assert_eq!(
            turns(&mut pacer, ms(9_000)),
            [(1_000, 270_000), (1_500, 315_000)]
        );
    }

    proptest! {
        #[test]
        fn what_is_held_is_bounded_and_in_order(
            pushes in prop::collection::vec(
                (any::<i32>(), any::<bool>(), 0_usize..9_000_000, 0_u64..5_000), 1..200,
            ),
        ) {
            let mut pacer = Pacer::default();
            let (mut now, mut last) = (Mono::from_us(0), None);
            for (at, (stamp, key, octets, later)) in pushes.into_iter().enumerate() {
                now = now + Duration::from_millis(later);
                pacer.push(i64::from(stamp), key, octets, at, now, SPAN);
                prop_assert!(pacer.octets <= OCTETS_MAX);
                prop_assert!(pacer.held.len() <= COUNT_MAX);
                let sum: usize = pacer.held.iter().map(|held| held.octets).sum();
                prop_assert_eq!(pacer.octets, sum);
                if let Some(next) = pacer.pop(now) {
                    prop_assert!(last.is_none_or(|last| last < next));
                    last = Some(next);
                }
            }
        }
    }
}
