//! Days that count.
//!
//! A deadline of so many days says which days: *hari kalender* are all of them, *hari
//! kerja* are Monday to Friday without holidays. Holidays are decreed year by year, so
//! a year of which nobody has entered them has no working days that could be counted:
//! that is said, and nothing is guessed.

use std::collections::{BTreeMap, BTreeSet};

use base::day::{Day, Weekday};

/// Longest span that is counted, in days: twenty years.
pub const SPAN_MAX: i32 = 7_305;

/// Which days count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Calendar {
    /// All of them.
    Kalender,
    /// Monday to Friday without holidays.
    Kerja,
}

impl Calendar {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Kalender, Self::Kerja];

    /// The word of rows and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kalender => "kalender",
            Self::Kerja => "kerja",
        }
    }

    /// The calendar of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|calendar| calendar.as_str() == word)
    }
}

/// The holidays that are known, year by year.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holidays {
    years: BTreeMap<i32, BTreeSet<Day>>,
}

/// Why days cannot be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uncounted {
    /// Nobody has entered the holidays of that year.
    Year(i32),
    /// There are no such days, or more than [`SPAN_MAX`] lie between.
    Span,
}

impl Holidays {
    /// Enters a year, whole. Days of other years are left out.
    pub fn enter(&mut self, year: i32, days: impl IntoIterator<Item = Day>) {
        let days = days.into_iter().filter(|day| day.year() == year).collect();
        self.years.insert(year, days);
    }

    /// Whether a day is a working day.
    ///
    /// # Errors
    /// [`Uncounted::Year`] if nobody has entered the holidays of its year.
    pub fn is_working(&self, day: Day) -> Result<bool, Uncounted> {
        let year = day.year();
        let holidays = self.years.get(&year).ok_or(Uncounted::Year(year))?;
        Ok(day.weekday() < Weekday::Saturday && !holidays.contains(&day))
    }
}

fn counts(day: Day, calendar: Calendar, holidays: &Holidays) -> Result<bool, Uncounted> {
    match calendar {
        Calendar::Kalender => Ok(true),
        Calendar::Kerja => holidays.is_working(day),
    }
}

/// The last day of a span of so many days. The first of them is the first day that
/// counts after `start`.
///
/// # Errors
/// Why it cannot be counted.
pub fn end(
    start: Day,
    days: u32,
    calendar: Calendar,
    holidays: &Holidays,
) -> Result<Day, Uncounted> {
    let mut left = days;
    let mut day = start;
    while left > 0 {
        day = day
            .plus(1)
            .filter(|day| day.since(start) <= SPAN_MAX)
            .ok_or(Uncounted::Span)?;
        if counts(day, calendar, holidays)? {
            left -= 1;
        }
    }
    Ok(day)
}

/// How many days count after `start`, up to `end` and with it.
///
/// # Errors
/// Why they cannot be counted.
pub fn between(
    start: Day,
    end: Day,
    calendar: Calendar,
    holidays: &Holidays,
) -> Result<u32, Uncounted> {
    let span = end.since(start);
    if !(0..=SPAN_MAX).contains(&span) {
        return Err(Uncounted::Span);
    }
    let mut found = 0;
    for ahead in 1..=span {
        let day = start.plus(ahead).ok_or(Uncounted::Span)?;
        if counts(day, calendar, holidays)? {
            found += 1;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect("a day of the table")
    }

    /// Days made up for the test; the decreed ones are data.
    fn holidays() -> Holidays {
        let mut holidays = Holidays::default();
        holidays.enter(
            2026,
            [day("2026-01-01"), day("2026-01-16"), day("2027-01-01")],
        );
        holidays
    }

    #[test]
    fn working_days_pass_over_weekends_and_holidays() {
        let holidays = holidays();
        for (start, days, calendar, last) in [
            ("2026-01-12", 5, Calendar::Kalender, Ok("2026-01-17")),
            // Tuesday to Thursday, then Friday is a holiday, then a weekend.
            ("2026-01-12", 5, Calendar::Kerja, Ok("2026-01-20")),
            ("2026-01-12", 0, Calendar::Kerja, Ok("2026-01-12")),
            ("2026-12-30", 1, Calendar::Kerja, Ok("2026-12-31")),
            ("2026-12-31", 1, Calendar::Kerja, Err(Uncounted::Year(2027))),
            ("2025-12-31", 1, Calendar::Kalender, Ok("2026-01-01")),
            (
                "2025-06-01",
                100_000,
                Calendar::Kalender,
                Err(Uncounted::Span),
            ),
        ] {
            let found = end(day(start), days, calendar, &holidays);
            assert_eq!(found, last.map(day), "{start} {days}");
        }
        let back = between(
            day("2026-01-12"),
            day("2026-01-11"),
            Calendar::Kerja,
            &holidays,
        );
        assert_eq!(back, Err(Uncounted::Span));
    }

    proptest! {
        #[test]
        fn counting_there_and_back_is_the_same(ahead in 0_i32..300, days in 0_u32..60) {
            let (holidays, start) = (holidays(), day("2026-01-01").plus(ahead).expect("a day"));
            for calendar in Calendar::ALL {
                if let Ok(last) = end(start, days, calendar, &holidays) {
                    prop_assert_eq!(between(start, last, calendar, &holidays), Ok(days));
                }
            }
        }

        /// In whole weeks without holidays five of seven days are working days.
        #[test]
        fn weeks_have_five_working_days(weeks in 0_i32..40) {
            let mut none = Holidays::default();
            none.enter(2026, []);
            let start = day("2026-01-04");
            let last = start.plus(7 * weeks).expect("a day");
            let found = between(start, last, Calendar::Kerja, &none);
            prop_assert_eq!(found.map(i64::from), Ok(i64::from(5 * weeks)));
        }
    }
}
