//! Numbers, days and times as they are printed: in Bahasa Indonesia.

use base::day::Day;
use base::month::Month;
use base::now::Wall;

use crate::Hall;

const MONTHS: [&str; 12] = [
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
];

/// A whole number, its thousands apart by points.
#[must_use]
pub fn number(of: impl Into<i64>) -> String {
    let of = of.into();
    let digits = of.unsigned_abs().to_string();
    let mut text = String::from(if of < 0 { "-" } else { "" });
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n) % 3 == 0 {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

/// A share in hundredths of a percent. What was rounded down stays so.
#[must_use]
pub fn percent(hundredths: u32) -> String {
    format!("{},{:02} %", hundredths / 100, hundredths % 100)
}

/// An amount of rupiah.
#[must_use]
pub fn rupiah(of: i64) -> String {
    format!("Rp {}", number(of))
}

/// A day.
#[must_use]
pub fn day(of: Day) -> String {
    format!("{} {}", of.of_month(), month(Month::of(of)))
}

/// A month.
#[must_use]
pub fn month(of: Month) -> String {
    let (year, number) = of.parts();
    let name = usize::try_from(number - 1).ok().and_then(|n| MONTHS.get(n));
    format!("{} {year}", name.copied().unwrap_or_default())
}

/// A time in the house's zone, to the minute.
#[must_use]
pub fn time(hall: &Hall, at: Wall) -> String {
    format!("{} {}", day(hall.day_of(at)), clock(hall, at))
}

/// The same in few letters, for columns: on one line.
#[must_use]
pub fn short_time(hall: &Hall, at: Wall) -> String {
    let of = hall.day_of(at);
    let (year, _) = Month::of(of).parts();
    let name: String = month(Month::of(of)).chars().take(3).collect();
    // Blanks at which no line is broken.
    format!(
        "{}\u{a0}{name}\u{a0}{year}\u{a0}{}",
        of.of_month(),
        clock(hall, at)
    )
}

/// The same with the name of the zone.
#[must_use]
pub fn time_of_zone(hall: &Hall, at: Wall) -> String {
    let zone = zoned(hall, at).map(|it| it.strftime("%Z").to_string());
    format!("{} {}", time(hall, at), zone.unwrap_or_default())
}

/// The same with how far the zone is ahead of UTC, for papers that are read elsewhere.
#[must_use]
pub fn time_with_offset(hall: &Hall, at: Wall) -> String {
    let offset = zoned(hall, at).map(|it| it.strftime("%:z").to_string());
    let offset = offset.unwrap_or_default();
    format!("{} (UTC{offset})", time_of_zone(hall, at))
}

/// A time in the house's zone with its offset, as tables have it (RFC 3339).
#[must_use]
pub fn instant(hall: &Hall, at: Wall) -> String {
    let it = zoned(hall, at).map(|it| it.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string());
    it.unwrap_or_default()
}

/// The time of the day, and nothing of the day.
#[must_use]
pub fn clock(hall: &Hall, at: Wall) -> String {
    let it = zoned(hall, at).map(|it| it.strftime("%H.%M").to_string());
    it.unwrap_or_default()
}

fn zoned(hall: &Hall, at: Wall) -> Option<jiff::Zoned> {
    let at = jiff::Timestamp::from_microsecond(at.as_us()).ok()?;
    Some(at.to_zoned(hall.config().zone.clone()))
}

/// So many minutes, as days, hours and minutes.
#[must_use]
pub fn minutes(of: u32) -> String {
    let parts = [
        (of / 1_440, "hari"),
        (of / 60 % 24, "jam"),
        (of % 60, "menit"),
    ];
    let told: Vec<_> = parts
        .iter()
        .filter(|(n, word)| *n > 0 || (of == 0 && *word == "menit"))
        .map(|(n, word)| format!("{n} {word}"))
        .collect();
    told.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_here() {
        for (of, text) in [
            (0, "0"),
            (7, "7"),
            (999, "999"),
            (1_000, "1.000"),
            (44_640, "44.640"),
            (-1_234_567, "-1.234.567"),
        ] {
            assert_eq!(number(of), text);
        }
        assert_eq!(percent(9_999), "99,99 %");
        assert_eq!(percent(10_000), "100,00 %");
        assert_eq!(percent(5), "0,05 %");
        assert_eq!(rupiah(376_000_000), "Rp 376.000.000");
        assert_eq!(day("2025-12-01".parse().expect("a day")), "1 Desember 2025");
        assert_eq!(minutes(0), "0 menit");
        assert_eq!(minutes(1_440 + 61), "1 hari 1 jam 1 menit");
        assert_eq!(minutes(120), "2 jam");
    }
}
