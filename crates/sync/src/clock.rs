//! What time it is at a site, and what time it was.
//!
//! A box without a battery wakes in 1970, and one with a bad battery an hour off.
//! Its monotonic clock is right about spans within a boot, whatever people do to
//! the wall clock. So one exchange with the centre in a boot is enough to know when
//! everything of that boot happened, also what came before it.
//!
//! [`SiteClock`] is the box's side: it listens to exchanges and stamps records. An
//! [`Anchor`] is what it has heard, as a record among the others. [`Timeline`] is
//! the centre's side: event times as a function of the *set* of anchors, whatever
//! the order in which they arrive.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use base::now::{Mono, Now, Wall};
use prost::Message as _;

use crate::identity::Boot;
use crate::record::{Envelope, Quality};
use crate::wire;

/// Of so many exchanges the one with the shortest round trip is believed: queues on
/// the way make it longer, nothing makes it shorter (RFC 5905 §10 keeps eight).
pub const EXCHANGES: usize = 5;

/// A step larger than this is written down as a record.
pub const STEP: Duration = Duration::from_secs(2);

/// How wrong a box's monotonic clock may go, in millionths: a cheap crystal in the
/// sun has 100.
const DRIFT_PPM: u64 = 200;

/// The centre's time at one instant of a boot. Stored, as the body of a record of
/// kind [`Kind::CLOCK`](crate::record::Kind::CLOCK).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Anchor {
    /// The instant.
    pub mono: Mono,
    /// The centre's time then.
    pub centre: Wall,
    /// What the box took the time to be.
    pub wall: Wall,
    /// The round trip it was taken over: half of it is the error.
    pub rtt: Duration,
}

impl Anchor {
    /// When another instant of the same boot was.
    #[must_use]
    pub fn at(&self, mono: Mono) -> Wall {
        if mono >= self.mono {
            self.centre + mono.since(self.mono)
        } else {
            self.centre - self.mono.since(mono)
        }
    }

    /// How wrong that may be.
    #[must_use]
    pub fn error(&self, mono: Mono) -> Duration {
        let apart = self.mono.since(mono).max(mono.since(self.mono));
        let us = u64::try_from(apart.as_micros()).unwrap_or(u64::MAX);
        self.rtt / 2 + Duration::from_micros(us / 1_000_000 * DRIFT_PPM)
    }

    /// The body of its record.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        wire::Anchor {
            mono_ns: self.mono.as_us().saturating_mul(1_000),
            centre_us: self.centre.as_us(),
            wall_us: self.wall.as_us(),
            rtt_us: u64::try_from(self.rtt.as_micros()).unwrap_or(u64::MAX),
        }
        .encode_to_vec()
    }

    /// Reads the body of its record; none if it is not one.
    #[must_use]
    pub fn decode(body: &[u8]) -> Option<Self> {
        let it = wire::Anchor::decode(body).ok()?;
        Some(Self {
            mono: Mono::from_us(it.mono_ns / 1_000),
            centre: Wall::from_us(it.centre_us),
            wall: Wall::from_us(it.wall_us),
            rtt: Duration::from_micros(it.rtt_us),
        })
    }
}

/// What time it is at a site.
#[derive(Debug)]
pub struct SiteClock {
    boot: Boot,
    heard: VecDeque<Anchor>,
    /// The last that was written down as a record.
    written: Option<Anchor>,
}

impl SiteClock {
    /// One that has heard nothing in this boot.
    #[must_use]
    pub const fn new(boot: Boot) -> Self {
        Self {
            boot,
            heard: VecDeque::new(),
            written: None,
        }
    }

    /// The boot whose monotonic clock it is.
    #[must_use]
    pub const fn boot(&self) -> Boot {
        self.boot
    }

    /// The centre said `centre` in answer to what was sent at `sent`. Gives what is
    /// to be written down: the first of a boot, and each step.
    #[must_use]
    pub fn hear(&mut self, sent: Mono, centre: Wall, now: Now) -> Option<Anchor> {
        let rtt = now.mono.since(sent);
        let it = Anchor {
            mono: now.mono,
            centre: centre + rtt / 2,
            wall: now.wall,
            rtt,
        };
        if self.heard.len() == EXCHANGES {
            self.heard.pop_front();
        }
        self.heard.push_back(it);
        let best = *self.best(now.mono)?;
        let told = self.written.map(|written| written.at(now.mono));
        let is = best.at(now.mono);
        let step = told.is_none_or(|told| told.since(is).max(is.since(told)) > STEP);
        step.then(|| *self.written.insert(best))
    }

    /// What was written down is lost: write it down again.
    pub fn forget_written(&mut self) {
        self.written = None;
    }

    /// The time, and how far it can be trusted.
    #[must_use]
    pub fn read(&self, now: Now) -> (Wall, Quality) {
        self.best(now.mono)
            .map_or((now.wall, Quality::None), |best| {
                (best.at(now.mono), Quality::Synced)
            })
    }

    fn best(&self, mono: Mono) -> Option<&Anchor> {
        self.heard
            .iter()
            .min_by_key(|anchor| (anchor.error(mono), anchor.rtt))
    }
}

/// When something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retimed {
    /// When.
    pub wall: Wall,
    /// How wrong that may be.
    pub error: Duration,
}

/// What is known of one agent's boots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    boots: BTreeMap<Boot, BTreeSet<Anchor>>,
}

impl Timeline {
    /// Takes an anchor in; earlier and later records of its boot may have happened at
    /// another time than was thought.
    pub fn learn(&mut self, boot: Boot, anchor: Anchor) {
        self.boots.entry(boot).or_default().insert(anchor);
    }

    /// When something happened, by the anchor that can be least wrong about it; none
    /// while nothing is known of its boot, and then its own time proves nothing.
    #[must_use]
    pub fn time(&self, boot: Boot, mono: Mono) -> Option<Retimed> {
        let anchors = self.boots.get(&boot)?;
        let best = anchors
            .iter()
            .min_by_key(|anchor| (anchor.error(mono), **anchor))?;
        Some(Retimed {
            wall: best.at(mono),
            error: best.error(mono),
        })
    }

    /// When a record's event happened: as [`time`](Self::time) says, or, while no
    /// anchor of its boot is here, as the box said if it knew; none if nobody knows.
    #[must_use]
    pub fn of(&self, envelope: &Envelope) -> Option<Retimed> {
        let own = (envelope.quality == Quality::Synced).then_some(Retimed {
            wall: envelope.event_time,
            error: STEP,
        });
        self.time(envelope.boot, envelope.mono).or(own)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOOT: Boot = Boot::from_bytes([1; 16]);
    /// 2026-01-01, at the centre.
    const TRUTH: Wall = Wall::from_us(1_767_225_600_000_000);

    fn at(mono_s: u64, wall: Wall) -> Now {
        Now {
            mono: Mono::from_us(mono_s * 1_000_000),
            wall,
        }
    }

    fn seconds(s: u64) -> Duration {
        Duration::from_secs(s)
    }

    #[test]
    fn a_box_that_woke_in_1970_knows_the_time_after_one_exchange() {
        let mut clock = SiteClock::new(BOOT);
        let asleep = at(100, Wall::from_us(0));
        assert_eq!(clock.read(asleep), (Wall::from_us(0), Quality::None));
        let heard = clock.hear(Mono::from_us(100_000_000), TRUTH, at(102, Wall::from_us(2)));
        let anchor = heard.expect("the first of a boot is written down");
        assert_eq!(anchor.centre, TRUTH + seconds(1));
        assert_eq!(
            clock.read(at(103, Wall::from_us(9))),
            (TRUTH + seconds(2), Quality::Synced)
        );
        let mut timeline = Timeline::default();
        assert_eq!(timeline.time(BOOT, Mono::from_us(0)), None);
        timeline.learn(BOOT, anchor);
        let before = timeline
            .time(BOOT, Mono::from_us(52_000_000))
            .expect("it is known now");
        assert_eq!(before.wall, TRUTH + seconds(1) - seconds(50));
        assert_eq!(
            timeline.time(Boot::from_bytes([2; 16]), Mono::from_us(0)),
            None
        );
    }

    #[test]
    fn the_shortest_of_five_round_trips_is_believed() {
        let mut clock = SiteClock::new(BOOT);
        // A stall on the way back: the centre's word is eight seconds old.
        let first = clock.hear(Mono::from_us(0), TRUTH, at(8, TRUTH));
        assert_eq!(first.map(|anchor| anchor.centre), Some(TRUTH + seconds(4)));
        let second = clock.hear(
            Mono::from_us(60_000_000),
            TRUTH + seconds(60),
            at(60, TRUTH),
        );
        assert_eq!(
            second.map(|anchor| anchor.rtt),
            Some(Duration::ZERO),
            "a step of four seconds"
        );
        for minute in 2..9 {
            let sent = Mono::from_us(minute * 60_000_000);
            let now = at(minute * 60 + 1, TRUTH);
            assert_eq!(clock.hear(sent, TRUTH + seconds(minute * 60), now), None);
        }
    }

    #[test]
    fn hands_on_the_wall_clock_change_nothing() {
        let mut clock = SiteClock::new(BOOT);
        let _ = clock.hear(Mono::from_us(0), TRUTH, at(0, TRUTH));
        let set = at(10, TRUTH + seconds(3 * 3_600));
        assert_eq!(clock.read(set), (TRUTH + seconds(10), Quality::Synced));
    }

    fn anchor() -> impl Strategy<Value = (bool, Anchor)> {
        (any::<bool>(), 0_u64..90_000, 0_i64..5_000_000, 0_u64..3_000).prop_map(
            |(other, mono_s, off_us, rtt_ms)| {
                let it = Anchor {
                    mono: Mono::from_us(mono_s * 1_000_000),
                    centre: Wall::from_us(TRUTH.as_us() + off_us) + seconds(mono_s),
                    wall: Wall::from_us(0),
                    rtt: Duration::from_millis(rtt_ms),
                };
                (other, it)
            },
        )
    }

    proptest! {
        #[test]
        fn times_follow_from_the_set_and_not_from_the_order(
            anchors in prop::collection::vec(anchor(), 1..20), mono_s in 0_u64..90_000,
        ) {
            let boot = |other| Boot::from_bytes([u8::from(other); 16]);
            let of = |order: &mut dyn Iterator<Item = &(bool, Anchor)>| {
                let mut timeline = Timeline::default();
                order.for_each(|(other, anchor)| timeline.learn(boot(*other), *anchor));
                timeline
            };
            let (there, back) = (of(&mut anchors.iter()), of(&mut anchors.iter().rev()));
            let twice = of(&mut anchors.iter().chain(&anchors));
            let mono = Mono::from_us(mono_s * 1_000_000);
            prop_assert_eq!(there.time(boot(true), mono), back.time(boot(true), mono));
            prop_assert_eq!(there, twice);
        }

        #[test]
        fn a_body_is_read_as_it_was_written((_, it) in anchor()) {
            prop_assert_eq!(Anchor::decode(&it.encode()), Some(it));
        }
    }
}
