//! What a box has said, as evidence.
//!
//! Records tell time by the clock of a boot. When that was is known to the house as far
//! as it has heard ([`When`]); what nobody can place in time leaves no evidence yet, and
//! does when the house comes to know.

use std::time::Duration;

use base::now::Wall;

use crate::evidence::{Mark, Minute, Seen};
use crate::round::{Began, CHECKS_MAX, Fault, NOTED_EVERY, Round, Way};
use crate::slot::{Slot, between, each};

/// So long after a slot its evidence may still come. Older news change no verdict.
pub const FINAL_AFTER: Duration = Duration::from_secs(35 * 24 * 3_600);

/// When an instant of a boot was, microseconds of its clock; none while that is not
/// known.
pub trait When {
    /// When it was.
    fn when(&self, boot: &[u8; 16], mono_us: u64) -> Option<Wall>;
}

fn ms(span: u32) -> Duration {
    Duration::from_millis(span.into())
}

/// What reaches the house, at the instant at which it was held.
#[must_use]
pub fn heard(received: Wall) -> Mark {
    mark(received, Seen::HEARD)
}

/// What a round shows that happened at `at`.
#[must_use]
pub fn round(at: Wall, it: &Round) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mains = it.power.as_ref().and_then(|power| power.mains);
    let alive = match mains {
        Some(false) => Seen::ALIVE | Seen::BATTERY,
        Some(true) | None => Seen::ALIVE,
    };
    let earlier = it.earlier.iter().take(CHECKS_MAX).map(|lived| {
        let to = at - ms(lived.ago_ms);
        (to - ms(lived.for_ms), to)
    });
    let lived = earlier.chain([(at - ms(it.covers_ms), at)]);
    let slots = lived.flat_map(|(from, to)| each(between(from, to)));
    // Clocks that contradict each other by years make no evidence of years.
    let slots = slots.filter(|slot| at.since(slot.start()) <= FINAL_AFTER);
    marks.extend(slots.map(|slot| Mark {
        slot,
        what: seen(alive),
    }));
    for check in it.checks.iter().take(CHECKS_MAX) {
        let fault = Fault::try_from(check.fault).unwrap_or(Fault::Unknown);
        let found = match (check.way(), fault) {
            // What was tried is not known here, so neither is what it would prove.
            (Way::Unknown, _) => continue,
            (Way::Https, Fault::None) => Seen::HTTPS,
            (Way::Dns, Fault::None) => Seen::DNS,
            (Way::Tcp, Fault::None) => Seen::TCP,
            (_, Fault::Portal) => Seen::PORTAL,
            _ => Seen::default(),
        };
        // What was answered was there when it was; what was not answered was not there
        // when it was asked, and may be by the time that the box gives up.
        let ended = at - ms(check.ago_ms);
        let when = match fault {
            Fault::None => ended,
            _ => ended - ms(check.took_ms),
        };
        marks.push(mark(when, Seen::TRIED | found));
    }
    for probes in it.probes.iter().take(CHECKS_MAX) {
        let small = |n: u32| u8::try_from(n).unwrap_or(u8::MAX);
        let rtt = probes.rtt_p95_ms.map_or(0, |rtt| rtt.max(1));
        let what = Minute {
            seen: Seen::default(),
            sent: small(probes.sent),
            lost: small(probes.lost.min(probes.sent)),
            rtt_ms: u16::try_from(rtt).unwrap_or(u16::MAX),
        };
        let slot = Slot::of(at - ms(probes.ago_ms));
        marks.push(Mark { slot, what });
    }
    marks
}

/// What a start shows of the time before it, that happened at `at` in `boot`.
#[must_use]
pub fn began(at: Wall, boot: &[u8; 16], it: &Began, when: &impl When) -> Vec<Mark> {
    let from = at - ms(it.covers_ms);
    let mut marks: Vec<_> = each(between(from, at))
        .map(|slot| Mark {
            slot,
            what: seen(Seen::ALIVE),
        })
        .collect();
    let before = it
        .before_boot
        .as_deref()
        .and_then(|octets| <[u8; 16]>::try_from(octets).ok());
    // What was before a first start is nobody's silence.
    let Some(before) = before else { return marks };
    let Some(last) = when.when(&before, it.before_mono_us) else {
        return marks;
    };
    let gone = each(between(last + NOTED_EVERY, from)).filter(|slot| {
        // Clocks that contradict each other by years make no evidence of years.
        at.since(slot.start()) <= FINAL_AFTER
    });
    let how = how(&before != boot, it);
    marks.extend(gone.map(|slot| Mark {
        slot,
        what: seen(how),
    }));
    marks
}

/// How a program went that has begun again.
fn how(rebooted: bool, it: &Began) -> Seen {
    let mut how = Seen::GONE;
    if it.orderly {
        how |= Seen::ORDERLY;
    }
    if rebooted {
        how |= Seen::REBOOTED;
        let mains_gone = it.power.as_ref().and_then(|power| power.mains) == Some(false);
        if it.crashed {
            how |= Seen::CRASHED;
        } else if mains_gone || !it.orderly {
            how |= Seen::POWER;
        }
    }
    how
}

fn mark(at: Wall, what: Seen) -> Mark {
    Mark {
        slot: Slot::of(at),
        what: seen(what),
    }
}

fn seen(seen: Seen) -> Minute {
    Minute {
        seen,
        ..Minute::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::round::{Check, Power, Probes};

    /// 2026-01-01 00:00 UTC.
    const T: Wall = Wall::from_us(1_767_225_600_000_000);

    struct One([u8; 16], Wall);

    impl When for One {
        fn when(&self, boot: &[u8; 16], mono_us: u64) -> Option<Wall> {
            (boot == &self.0).then(|| self.1 + Duration::from_micros(mono_us))
        }
    }

    fn s(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn of(marks: &[Mark], at: Wall) -> Seen {
        let here = marks.iter().filter(|mark| mark.slot == Slot::of(at));
        here.fold(Seen::default(), |all, mark| all | mark.what.seen)
    }

    #[test]
    fn a_round_proves_the_slot_in_which_it_was_answered() {
        let check = |way: Way, ago_ms, fault: Fault| Check {
            anchor: 0,
            way: way as i32,
            ago_ms,
            took_ms: 1,
            fault: fault as i32,
        };
        let round = Round {
            covers_ms: 120_000,
            checks: vec![
                check(Way::Https, 90_000, Fault::None),
                check(Way::Https, 30_000, Fault::Portal),
                check(Way::Unknown, 1_000, Fault::None),
            ],
            probes: vec![Probes {
                ago_ms: 30_000,
                sent: 5,
                lost: 9,
                rtt_p95_ms: Some(0),
            }],
            ..Round::default()
        };
        // At 00:02:20.
        let at = T + s(140);
        let marks = super::round(at, &round);
        assert!(of(&marks, T + s(50)).proves());
        let second = of(&marks, T + s(110));
        assert!(second.has(Seen::TRIED | Seen::PORTAL | Seen::ALIVE) && !second.proves());
        assert_eq!(
            of(&marks, T + s(139)),
            Seen::default(),
            "an unknown way proves nothing"
        );
        let asked = marks
            .iter()
            .find(|mark| mark.what.sent > 0)
            .expect("probes");
        assert_eq!((asked.what.lost, asked.what.rtt_ms), (5, 1));
    }

    #[test]
    fn a_start_tells_a_cut_of_power_from_an_end_that_was_ordered() {
        let (old, new) = ([1; 16], [2; 16]);
        let known = One(old, T);
        let began = |orderly, crashed, mains| Began {
            covers_ms: 1_000,
            before_boot: Some(old.to_vec()),
            before_mono_us: 600_000_000,
            orderly,
            crashed,
            power: Some(Power {
                mains,
                battery_percent: None,
            }),
            ..Began::default()
        };
        let at = T + s(3_600);
        let middle = T + s(1_800);
        let seen = |it: &Began, boot: [u8; 16]| of(&super::began(at, &boot, it, &known), middle);
        let cut = seen(&began(false, false, None), new);
        assert_eq!(cut, Seen::GONE | Seen::REBOOTED | Seen::POWER);
        let ordered = seen(&began(true, false, None), new);
        assert_eq!(ordered, Seen::GONE | Seen::REBOOTED | Seen::ORDERLY);
        let drained = seen(&began(true, false, Some(false)), new);
        assert!(drained.has(Seen::POWER), "it ended because the battery did");
        let crash = seen(&began(false, true, None), new);
        assert_eq!(crash, Seen::GONE | Seen::REBOOTED | Seen::CRASHED);
        let killed = seen(&began(false, false, None), old);
        assert_eq!(killed, Seen::GONE, "the machine ran on");
        // Before and after it there is no such evidence.
        let marks = super::began(at, &new, &began(false, false, None), &known);
        assert_eq!(of(&marks, T + s(640)), Seen::default());
        assert_eq!(of(&marks, at), Seen::default());
    }

    #[test]
    fn a_boot_that_nobody_can_place_leaves_no_evidence_of_its_end() {
        let began = Began {
            before_boot: Some(vec![9; 16]),
            ..Began::default()
        };
        assert!(super::began(T, &[2; 16], &began, &One([1; 16], T)).is_empty());
        let torn = Began {
            before_boot: Some(vec![9; 3]),
            ..Began::default()
        };
        assert!(super::began(T, &[2; 16], &torn, &One([1; 16], T)).is_empty());
    }
}
