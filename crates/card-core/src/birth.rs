//! Days of birth as lists write them.

/// A day of birth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Birth {
    /// The year.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// Days that stand for "not known" where only the year is: 1 January, 1 July, 31 December.
const STAND_INS: [(u8, u8); 3] = [(1, 1), (7, 1), (12, 31)];

impl Birth {
    /// A day of the calendar between 1880 and 2100.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            1..=12 => 31,
            _ => return None,
        };
        ((1880..=2100).contains(&year) && (1..=days).contains(&day)).then_some(Self {
            year,
            month,
            day,
        })
    }

    /// Reads `1975-06-18`, `19750618`, and with the day first `18-06-1975`, `18/06/1975`,
    /// `18.06.1975`. The order of day and month is never guessed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (year, month, day) = match text.len() {
            8 if text.bytes().all(|octet| octet.is_ascii_digit()) => {
                (text.get(..4)?, text.get(4..6)?, text.get(6..)?)
            }
            _ => {
                let mut parts = text.splitn(3, ['-', '/', '.']);
                let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
                // A time of day that follows is let go.
                let c = c.split([' ', 'T']).next()?;
                if a.len() == 4 { (a, b, c) } else { (c, b, a) }
            }
        };
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if year.len() != 4 || !digits(year) || !digits(month) || !digits(day) {
            return None;
        }
        Self::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
    }

    /// Whether the day only stands in for one that is not known.
    #[must_use]
    pub fn stands_in(self) -> bool {
        STAND_INS.contains(&(self.month, self.day))
    }

    /// Days from a fixed day, to tell how far two births lie apart.
    #[must_use]
    pub fn number(self) -> i32 {
        // Of the civil calendar, with the year beginning in March.
        let (year, month, day) = (
            i32::from(self.year),
            i32::from(self.month),
            i32::from(self.day),
        );
        let year = if month <= 2 { year - 1 } else { year };
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        365 * year + year / 4 - year / 100 + year / 400 + of_year
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_lists_write_them() {
        let day = Birth::new(1975, 6, 18);
        for text in [
            "1975-06-18",
            "19750618",
            "18-06-1975",
            "18/6/1975",
            "1975-6-18",
            "18.06.1975",
            "1975-06-18 00:00:00",
            " 1975-06-18T00:00:00 ",
        ] {
            assert_eq!(Birth::parse(text), day, "{text}");
        }
        for text in [
            "",
            "1975",
            "1975-13-01",
            "31-02-1975",
            "18-06-75",
            "75-06-1918x",
            "+975-06-18",
        ] {
            assert_eq!(Birth::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_follows_the_other() {
        let number = |year, month, day| Birth::new(year, month, day).expect("a day").number();
        assert_eq!(number(2000, 3, 1) - number(2000, 2, 29), 1);
        assert_eq!(number(1901, 3, 1) - number(1901, 2, 28), 1);
        assert_eq!(number(2001, 1, 1) - number(2000, 1, 1), 366);
        assert_eq!(number(2026, 12, 31) - number(2026, 1, 1), 364);
    }
}
