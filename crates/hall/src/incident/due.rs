//! By when the next thing has to happen to an incident, and what follows when it has
//! not.
//!
//! Pure: the time and the incident go in. A level is never taken back by a clock: what
//! was told was told, and the same overrun is told once, whichever way the clock of the
//! house is set afterwards.

use std::time::Duration;

use base::now::Wall;

use super::life::{Severity, Standing, State};

/// The highest level. Behind it nobody else is told: it stays on top of the list.
pub const LEVEL_MAX: u8 = 3;

/// So long a room may be silent about what was cleared and say it again, and it is the
/// same incident: a line that comes and goes is one thing that is wrong. As long as a
/// box in a village needs to dial again after its longest pause, and as much again.
pub const FLAPPING: Duration = Duration::from_secs(30 * 60);

/// The furthest that a person may set the time, from now.
pub const DUE_MAX: Duration = Duration::from_secs(366 * 24 * 3_600);

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// So long somebody may take to take note of it; also what lies between two levels.
#[must_use]
pub const fn to_note(severity: Severity) -> Duration {
    match severity {
        Severity::Critical => MINUTE.saturating_mul(15),
        Severity::Warning => HOUR,
        Severity::Notice => HOUR.saturating_mul(8),
    }
}

/// So long it may take, once somebody has taken note of it.
#[must_use]
pub const fn to_mend(severity: Severity) -> Duration {
    match severity {
        Severity::Critical => HOUR.saturating_mul(4),
        Severity::Warning => HOUR.saturating_mul(24),
        Severity::Notice => HOUR.saturating_mul(7 * 24),
    }
}

/// How long the next thing may take in a state; none where nothing is waited for.
#[must_use]
pub const fn span(state: State, severity: Severity) -> Option<Duration> {
    match state {
        State::Open => Some(to_note(severity)),
        State::Handled => Some(to_mend(severity)),
        State::Cleared | State::Closed => None,
    }
}

/// What the time alone does to an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overrun {
    /// The time was overrun once more.
    Level(u8),
    /// The clock was ahead when the time was set, and has been set back since: nobody
    /// would hear of it for as long as it was ahead. It is due now.
    Mended,
}

/// What the time alone does to an incident now, if anything. `waited` is for how long
/// the house has seen it [out of reach](is_out_of_reach), by the clock that nobody sets.
#[must_use]
pub fn overrun(it: &Standing, now: Wall, waited: Duration) -> Option<Overrun> {
    let span = span(it.state, it.severity)?;
    if is_out_of_reach(it, now) && waited >= span {
        return Some(Overrun::Mended);
    }
    let reached = level_at(it, now);
    (reached > it.level).then_some(Overrun::Level(reached))
}

/// Whether the time lies further away than any that the house sets: the clock was ahead
/// then, or it is behind now, as that of a machine without a battery is until it has
/// asked somebody. Which of the two only waiting can tell.
#[must_use]
pub fn is_out_of_reach(it: &Standing, now: Wall) -> bool {
    let span = span(it.state, it.severity);
    span.is_some_and(|span| !it.due_set && it.due > now + span)
}

/// The level that an overrun has reached by then: one at the time itself, and one more
/// for each further span.
fn level_at(it: &Standing, now: Wall) -> u8 {
    if now < it.due {
        return 0;
    }
    let over = now.since(it.due).as_micros() / to_note(it.severity).as_micros();
    u8::try_from(over)
        .unwrap_or(LEVEL_MAX)
        .saturating_add(1)
        .min(LEVEL_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::life::Event;

    const START: Wall = Wall::from_us(1_700_000_000_000_000);

    fn critical() -> Standing {
        Standing::new(Severity::Critical, true, START)
    }

    #[test]
    fn the_times_by_severity_and_state() {
        for (severity, note_min, mend_min) in [
            (Severity::Critical, 15, 240),
            (Severity::Warning, 60, 1_440),
            (Severity::Notice, 480, 10_080),
        ] {
            assert_eq!(to_note(severity), MINUTE * note_min);
            assert_eq!(to_mend(severity), MINUTE * mend_min);
        }
        for state in [State::Cleared, State::Closed] {
            assert_eq!(span(state, Severity::Critical), None);
        }
    }

    fn now_does(it: &Standing, now: Wall) -> Option<Overrun> {
        overrun(it, now, Duration::ZERO)
    }

    #[test]
    fn each_overrun_is_told_once() {
        let mut it = critical();
        let mut told = Vec::new();
        for minute in 0..120 {
            let now = START + MINUTE * minute;
            while let Some(Overrun::Level(level)) = now_does(&it, now) {
                it.apply(&Event::Escalated(level), now);
                told.push((minute, level));
            }
        }
        assert_eq!(told, [(15, 1), (30, 2), (45, 3)]);
    }

    #[test]
    fn a_house_that_was_off_says_how_late_it_is_in_one_step() {
        let it = critical();
        let now = START + HOUR * 48;
        assert_eq!(now_does(&it, now), Some(Overrun::Level(LEVEL_MAX)));
    }

    #[test]
    fn a_clock_set_back_takes_no_level_back_and_gives_none_twice() {
        let mut it = critical();
        let late = START + MINUTE * 16;
        it.apply(&Event::Escalated(1), late);
        for now in [START - HOUR, START, START + MINUTE, late] {
            assert_eq!(now_does(&it, now), None);
            assert_eq!(it.level, 1);
        }
        assert_eq!(
            now_does(&it, START + MINUTE * 30),
            Some(Overrun::Level(2)),
            "and goes on where it was"
        );
    }

    #[test]
    fn a_clock_that_was_a_year_ahead_hides_nothing_for_a_year() {
        let ahead = START + HOUR * 24 * 365;
        let mut it = Standing::new(Severity::Warning, true, ahead);
        assert!(is_out_of_reach(&it, START));
        // It may be the clock of now that is wrong: nothing happens before its time.
        for waited in [Duration::ZERO, HOUR - MINUTE] {
            assert_eq!(overrun(&it, START, waited), None);
        }
        let now = START + HOUR;
        assert_eq!(overrun(&it, now, HOUR), Some(Overrun::Mended));
        let mended = Event::DueSet {
            to: now,
            by_person: false,
        };
        it.apply(&mended, now);
        assert!(!is_out_of_reach(&it, now));
        assert_eq!(now_does(&it, now), Some(Overrun::Level(1)));
    }

    #[test]
    fn what_a_person_has_set_stays() {
        let mut it = critical();
        let far = START + HOUR * 24 * 30;
        let set = Event::DueSet {
            to: far,
            by_person: true,
        };
        it.apply(&set, START);
        assert_eq!(overrun(&it, START, HOUR), None);
        assert_eq!(now_does(&it, far), Some(Overrun::Level(1)));
    }

    #[test]
    fn nothing_is_waited_for_once_it_is_over() {
        let mut it = critical();
        it.apply(&Event::Cleared, START);
        assert_eq!(overrun(&it, START + HOUR * 100, HOUR), None);
    }
}
