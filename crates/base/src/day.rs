//! A day of the calendar.
//!
//! Days are those of the house's own zone; which day it is, whoever reads the
//! clock says. Printed, sent and stored as ISO 8601 (`2026-05-16`).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A day of the Gregorian calendar, between the years 1900 and 2199.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

/// Why a text is not a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DayError {
    /// It is not four digits, two and two with hyphens between.
    #[error("a day is written YYYY-MM-DD")]
    Form,
    /// There is no such day, or its year is not 1900 to 2199.
    #[error("there is no such day from 1900 to 2199")]
    Absent,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weekday {
    /// Senin.
    Monday,
    /// Selasa.
    Tuesday,
    /// Rabu.
    Wednesday,
    /// Kamis.
    Thursday,
    /// Jumat.
    Friday,
    /// Sabtu.
    Saturday,
    /// Minggu.
    Sunday,
}

const fn leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days from 1970-01-01 to the first day of a year.
const fn until(year: i32) -> i32 {
    let before = year - 1;
    365 * (year - 1970) + (before / 4 - before / 100 + before / 400) - 477
}

const fn in_month(year: i32, month: i32) -> i32 {
    match month {
        2 if leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Day {
    /// The first that there is, 1900-01-01.
    pub const FIRST: Self = Self(until(1900));

    /// The day of that year, month (from 1) and day of the month (from 1), if there
    /// is one.
    #[must_use]
    pub fn new(year: i32, month: i32, day: i32) -> Option<Self> {
        let is_one = (1900..2200).contains(&year)
            && (1..=12).contains(&month)
            && (1..=in_month(year, month)).contains(&day);
        is_one.then(|| {
            let before: i32 = (1..month).map(|month| in_month(year, month)).sum();
            Self(until(year) + before + day - 1)
        })
    }

    /// Its year.
    #[must_use]
    pub fn year(self) -> i32 {
        self.parts().0
    }

    /// Which month of its year, from 1.
    #[must_use]
    pub fn month(self) -> i32 {
        self.parts().1
    }

    /// Which day of its month, from 1.
    #[must_use]
    pub fn of_month(self) -> i32 {
        self.parts().2
    }

    fn parts(self) -> (i32, i32, i32) {
        // A year of 366 days reaches too far, never too short: one less is before it.
        let mut year = 1969 + self.0.div_euclid(366);
        while until(year + 1) <= self.0 {
            year += 1;
        }
        let mut rest = self.0 - until(year);
        let mut month = 1;
        while rest >= in_month(year, month) {
            rest -= in_month(year, month);
            month += 1;
        }
        (year, month, rest + 1)
    }

    /// The day so many days later, or earlier; none beyond the years that there are.
    #[must_use]
    pub fn plus(self, days: i32) -> Option<Self> {
        let moved = self.0.checked_add(days)?;
        (until(1900)..until(2200))
            .contains(&moved)
            .then_some(Self(moved))
    }

    /// How many days this one is after the other; negative if it is before.
    #[must_use]
    pub const fn since(self, other: Self) -> i32 {
        self.0 - other.0
    }

    /// Which day of the week.
    #[must_use]
    pub const fn weekday(self) -> Weekday {
        // 1970-01-01 was a Thursday.
        match (self.0 + 3).rem_euclid(7) {
            0 => Weekday::Monday,
            1 => Weekday::Tuesday,
            2 => Weekday::Wednesday,
            3 => Weekday::Thursday,
            4 => Weekday::Friday,
            5 => Weekday::Saturday,
            _ => Weekday::Sunday,
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.parts();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Self, DayError> {
        let [year, month, day] = text.split('-').collect::<Vec<_>>()[..] else {
            return Err(DayError::Form);
        };
        let number = |text: &str, digits: usize| {
            let plain = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
            text.parse::<i32>()
                .ok()
                .filter(|_| plain)
                .ok_or(DayError::Form)
        };
        Self::new(number(year, 4)?, number(month, 2)?, number(day, 2)?).ok_or(DayError::Absent)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect("a day of the table")
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        assert_eq!(day("1970-01-01").0, 0);
        assert_eq!(day("2000-03-01").0, 11_017);
        assert_eq!(day("2026-11-26").weekday(), Weekday::Thursday);
        assert_eq!(day("2024-02-28").plus(2), Some(day("2024-03-01")));
        assert_eq!(day("2026-01-01").since(day("2024-01-01")), 731);
        assert_eq!(day("1900-01-01").plus(-1), None);
        assert_eq!(day("2199-12-31").plus(1), None);
        assert_eq!(day("2026-12-31").year(), 2026);
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for (text, why) in [
            ("2026-02-29", DayError::Absent),
            ("1899-12-31", DayError::Absent),
            ("2026-13-01", DayError::Absent),
            ("2026-1-1", DayError::Form),
            ("16-05-2026", DayError::Form),
            ("+026-01-01", DayError::Form),
            ("", DayError::Form),
        ] {
            assert_eq!(text.parse::<Day>(), Err(why), "{text}");
        }
    }

    proptest! {
        #[test]
        fn printing_and_parsing_are_inverse(days in -25_567_i32..83_000) {
            let day = Day(days);
            let next = day.plus(1).expect("a day");
            prop_assert_eq!(day.to_string().parse::<Day>(), Ok(day));
            prop_assert!(day.to_string() < next.to_string(), "later days sort later");
        }

        #[test]
        fn no_text_panics(text in ".{0,12}") {
            let _ = text.parse::<Day>();
        }
    }
}
