//! How many points were to stand by a day.
//!
//! Three numbers stand beside each other and are never mixed: *rencana* follows from
//! the target alone, *laporan* is what people have said of points, *terukur* is what
//! the house has measured. Where nothing can be measured the third is unknown.

use base::day::Day;

use crate::calendar::{Calendar, Holidays, Uncounted, between};

/// So many points from a day to a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// How many points.
    pub goal: u32,
    /// The day before the first that counts.
    pub start: Day,
    /// The last day.
    pub end: Day,
    /// Which days count.
    pub calendar: Calendar,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Rencana: how many were to be done by then, if each day brings as many.
    pub planned: u32,
    /// Laporan: how many people say are done.
    pub reported: u32,
    /// Terukur: how many the house has measured. None: nothing can be measured.
    pub measured: Option<u32>,
    /// Days that counted so far.
    pub days_passed: u32,
    /// Days that count in all.
    pub days: u32,
}

/// How many were to be done by a day, the days that have passed, and all of them: the share of the days that have passed, rounded
/// down, so that the whole goal is due on the last day and not before.
fn planned(target: &Target, by: Day, holidays: &Holidays) -> Result<(u32, u32, u32), Uncounted> {
    let Target {
        goal,
        start,
        end,
        calendar,
    } = *target;
    let days = between(start, end, calendar, holidays)?;
    let by = by.clamp(start, end);
    let passed = between(start, by, calendar, holidays)?;
    let due = match days {
        // All at once, on the day itself.
        0 => goal,
        days => {
            u32::try_from(u64::from(goal) * u64::from(passed) / u64::from(days)).unwrap_or(goal)
        }
    };
    Ok((due, passed, days))
}

/// The three numbers beside each other.
///
/// # Errors
/// Why the days cannot be counted.
pub fn progress(
    target: &Target,
    by: Day,
    holidays: &Holidays,
    reported: u32,
    measured: Option<u32>,
) -> Result<Progress, Uncounted> {
    let (planned, days_passed, days) = planned(target, by, holidays)?;
    Ok(Progress {
        planned,
        reported,
        measured,
        days_passed,
        days,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect("a day of the table")
    }

    #[test]
    fn the_whole_goal_is_due_on_the_last_day_and_not_before() {
        let target = Target {
            goal: 376,
            start: day("2026-01-01"),
            end: day("2026-04-11"),
            calendar: Calendar::Kalender,
        };
        let by = |text| planned(&target, day(text), &Holidays::default());
        for (text, due) in [
            ("2025-12-01", (0, 0, 100)),
            ("2026-01-01", (0, 0, 100)),
            ("2026-01-02", (3, 1, 100)),
            ("2026-04-10", (372, 99, 100)),
            ("2026-04-11", (376, 100, 100)),
            ("2027-01-01", (376, 100, 100)),
        ] {
            assert_eq!(by(text), Ok(due), "{text}");
        }
        let working = Target {
            calendar: Calendar::Kerja,
            ..target
        };
        let unknown = planned(&working, day("2026-02-01"), &Holidays::default());
        assert_eq!(unknown, Err(Uncounted::Year(2026)));
        let progress = progress(&target, day("2026-02-20"), &Holidays::default(), 202, None);
        let progress = progress.expect("a progress");
        assert_eq!(
            (progress.planned, progress.reported, progress.measured),
            (188, 202, None)
        );
    }

    proptest! {
        #[test]
        fn what_is_due_never_shrinks(goal in 0_u32..2_000, length in 0_i32..200, one in 0_i32..250, more in 0_i32..50) {
            let start = day("2026-01-01");
            let at = |days: i32| start.plus(days).expect("a day");
            let target = Target { goal, start, end: at(length), calendar: Calendar::Kalender };
            let due = |days| planned(&target, at(days), &Holidays::default()).expect("days").0;
            prop_assert!(due(one) <= due(one + more));
            prop_assert_eq!(due(length), goal);
        }
    }
}
