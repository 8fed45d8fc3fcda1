//! A month of the calendar.
//!
//! Months are those of the house's own zone, as days are. Printed, sent and stored as
//! ISO 8601 (`2026-05`).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::day::{Day, DayError};

/// A month of the Gregorian calendar, between the years 1900 and 2199.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// Its first day.
    first: Day,
}

/// Why a text is not a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MonthError {
    /// It is not four digits and two with a hyphen between.
    #[error("a month is written YYYY-MM")]
    Form,
    /// There is no such month, or its year is not 1900 to 2199.
    #[error("there is no such month from 1900 to 2199")]
    Absent,
}

impl Month {
    /// The month that a day lies in.
    #[must_use]
    pub fn of(day: Day) -> Self {
        let mut first = day;
        while let Some(before) = first.plus(-1)
            && before.month() == day.month()
        {
            first = before;
        }
        Self { first }
    }

    /// Its first day.
    #[must_use]
    pub const fn first(self) -> Day {
        self.first
    }

    /// Its last day.
    #[must_use]
    pub fn last(self) -> Day {
        let mut last = self.first;
        while let Some(next) = last.plus(1)
            && next.month() == self.first.month()
        {
            last = next;
        }
        last
    }

    /// Its days, in their order.
    pub fn days(self) -> impl Iterator<Item = Day> {
        let last = self.last();
        std::iter::successors(Some(self.first), |day| day.plus(1))
            .take_while(move |day| *day <= last)
    }

    /// Its year, and which month of that it is, from 1.
    #[must_use]
    pub fn parts(self) -> (i32, i32) {
        (self.first.year(), self.first.month())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month) = self.parts();
        write!(f, "{year:04}-{month:02}")
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Month {
    type Err = MonthError;

    fn from_str(text: &str) -> Result<Self, MonthError> {
        let first = format!("{text}-01").parse::<Day>();
        first
            .map(|first| Self { first })
            .map_err(|error| match error {
                DayError::Form => MonthError::Form,
                DayError::Absent => MonthError::Absent,
            })
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn months_are_those_of_the_calendar() {
        for (text, last, days) in [
            ("2024-02", "2024-02-29", 29),
            ("2025-12", "2025-12-31", 31),
            ("2026-02", "2026-02-28", 28),
            ("1900-01", "1900-01-31", 31),
            ("2199-12", "2199-12-31", 31),
        ] {
            let month: Month = text.parse().expect("a month of the table");
            assert_eq!(month.to_string(), text);
            assert_eq!(month.last().to_string(), last);
            assert_eq!(month.days().count(), days);
            assert!(month.days().all(|day| Month::of(day) == month));
        }
        for (text, why) in [
            ("2026-13", MonthError::Absent),
            ("2026-1", MonthError::Form),
            ("2026-01-01", MonthError::Form),
            ("", MonthError::Form),
        ] {
            assert_eq!(text.parse::<Month>(), Err(why), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,12}") {
            let _ = text.parse::<Month>();
        }
    }
}
