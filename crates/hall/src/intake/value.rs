//! A cell as the field reads it, and what a spreadsheet has eaten.
//!
//! A spreadsheet keeps fifteen digits of a number, drops zeros at its ends and
//! makes days of what looks like one. What it has lost cannot be brought back: it
//! is refused with the reason. What it has only dressed otherwise is read.

use super::grid::{Cell, Raw};
use super::{Column, Reads, Said};

/// From here on a spreadsheet's number no longer tells each digit.
const EATEN_FROM: f64 = 1e15;

/// A value, and what a reader should know about how it came about.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Empty,
    Text(String),
    Number(f64),
    Flag(bool),
}

/// What is wrong with a cell, and what to do about it.
pub(super) type Fault = (Said, Said);

/// A value as read, and a note where it was written otherwise.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Read {
    pub(super) value: Value,
    pub(super) note: Option<Said>,
    /// The file held a number where digits belong.
    pub(super) was_number: bool,
}

const fn plain(value: Value) -> Read {
    Read {
        value,
        note: None,
        was_number: false,
    }
}

/// Reads a cell as its column wants it.
pub(super) fn read(cell: &Cell, column: &Column) -> Result<Read, Fault> {
    match &cell.raw {
        Raw::Empty => Ok(plain(Value::Empty)),
        Raw::Broken(error) => Err((
            Said::with(
                format!("rumus di sel ini gagal ({error})"),
                format!("the formula in this cell fails ({error})"),
            ),
            Said::new("tulis nilainya langsung", "write the value itself"),
        )),
        Raw::TooLong(length) => Err((
            Said::with(
                format!("{length} karakter dalam satu sel"),
                format!("{length} characters in one cell"),
            ),
            Said::new(
                "ringkas isinya; pada CSV, periksa tanda kutip yang tidak ditutup",
                "shorten it; in a CSV look for a quotation mark that is not closed",
            ),
        )),
        Raw::Text(text) => of_text(text, column.reads),
        Raw::Number(number) => of_number(*number, column.reads),
        Raw::Day(day) => of_day(day, column.reads),
        Raw::Flag(flag) => Ok(match column.reads {
            Reads::Flag => plain(Value::Flag(*flag)),
            _ => plain(Value::Text(if *flag { "TRUE" } else { "FALSE" }.to_owned())),
        }),
    }
}

/// The text without what a spreadsheet or people put around it.
fn bare(text: &str) -> &str {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    // ="0812" is how a CSV tells Excel that digits are text.
    if let Some(inner) = text
        .strip_prefix("=\"")
        .and_then(|rest| rest.strip_suffix('"'))
        .filter(|inner| !inner.contains('"'))
    {
        return inner.trim();
    }
    // So do an apostrophe, and the house's own files before what could calculate.
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit() || "=+-@".contains(c)) => rest,
        _ => text,
    }
}

fn of_text(text: &str, reads: Reads) -> Result<Read, Fault> {
    // A password may begin and end with anything.
    if reads == Reads::Secret && text.trim() != "-" {
        return Ok(Read {
            note: (text.trim() != text).then(|| {
                Said::new(
                    "kata sandi diawali atau diakhiri spasi",
                    "the password begins or ends with a blank",
                )
            }),
            ..plain(Value::Text(text.to_owned()))
        });
    }
    let text = bare(text);
    if text.is_empty() || matches!(text, "-" | "–" | "—") {
        return Ok(plain(Value::Empty));
    }
    match reads {
        Reads::Text | Reads::Address | Reads::Digits if is_scientific(text) => Err(eaten(text)),
        Reads::Text | Reads::Address | Reads::Digits | Reads::Secret => {
            Ok(plain(Value::Text(text.to_owned())))
        }
        Reads::Number => decimal(text).map(|n| plain(Value::Number(n))).ok_or((
            Said::new("bukan angka", "is not a number"),
            Said::new(
                "tulis angka dengan satu koma atau titik desimal, misalnya -2,2083",
                "write a number with one decimal comma or point, such as -2.2083",
            ),
        )),
        Reads::Day => day(text).ok_or((
            Said::new("bukan tanggal", "is not a day"),
            Said::new(
                "tulis TTTT-BB-HH, misalnya 2027-12-31",
                "write YYYY-MM-DD, such as 2027-12-31",
            ),
        )),
        Reads::Flag => flag(text).map(|flag| plain(Value::Flag(flag))).ok_or((
            Said::new("bukan ya atau tidak", "is neither yes nor no"),
            Said::new("tulis ya atau tidak", "write ya or tidak"),
        )),
    }
}

fn of_number(number: f64, reads: Reads) -> Result<Read, Fault> {
    let written = written(number);
    match reads {
        Reads::Number => Ok(plain(Value::Number(number))),
        Reads::Flag => of_text(&written, reads),
        Reads::Day => Err((
            Said::with(
                format!("angka {written}, bukan tanggal"),
                format!("the number {written} and no day"),
            ),
            Said::new(
                "beri sel itu format tanggal, atau tulis TTTT-BB-HH",
                "give the cell a date format, or write YYYY-MM-DD",
            ),
        )),
        Reads::Text | Reads::Digits | Reads::Address | Reads::Secret => {
            if number.abs() >= EATEN_FROM {
                return Err(eaten(if reads == Reads::Secret { "" } else { &written }));
            }
            Ok(Read {
                value: Value::Text(written),
                note: (reads == Reads::Secret).then(|| {
                    Said::new(
                        "kata sandi ditulis sebagai angka; nol di depannya hilang, bila ada",
                        "the password stands there as a number; zeros before it are lost, if any",
                    )
                }),
                was_number: true,
            })
        }
    }
}

fn of_day(day: &str, reads: Reads) -> Result<Read, Fault> {
    match reads {
        Reads::Day if plausible(day) => Ok(plain(Value::Text(day.to_owned()))),
        Reads::Day => Err((
            Said::with(
                format!("tanggal {day} tidak masuk akal"),
                format!("{day} cannot be the day"),
            ),
            Said::new("periksa tahunnya", "look at its year"),
        )),
        Reads::Text => Ok(Read {
            note: Some(Said::with(
                format!("sel ini tanggal; dibaca {day}"),
                format!("the cell is a day; read as {day}"),
            )),
            ..plain(Value::Text(day.to_owned()))
        }),
        _ => Err((
            Said::with(
                format!("lembar sebar menjadikannya tanggal ({day})"),
                format!("the spreadsheet has made a day of it ({day})"),
            ),
            Said::new(
                "beri kolom itu format teks, lalu tulis ulang nilainya",
                "give the column the format text and write the value again",
            ),
        )),
    }
}

fn eaten(text: &str) -> Fault {
    (
        Said::with(
            format!("angka panjang yang dipotong lembar sebar {text}")
                .trim_end()
                .to_owned(),
            format!("a long number of which the spreadsheet has cut digits off {text}")
                .trim_end()
                .to_owned(),
        ),
        Said::new(
            "beri kolom itu format teks, lalu salin ulang dari sumbernya",
            "give the column the format text and copy it again from where it came",
        ),
    )
}

/// As a person would have written it.
pub(super) fn written(number: f64) -> String {
    // Adding zero makes minus zero plain.
    format!("{}", number + 0.0)
}

/// `6.27E+15`: a number that was too long to be shown.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else {
        return false;
    };
    let digits = exponent.strip_prefix('+').unwrap_or(exponent);
    let is_number = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_digit() || c == ',' || c == '.')
    };
    exponent.starts_with('+') && is_number(mantissa) && is_number(digits)
}

/// A number with its decimals after a comma or a point. Both, or one of them twice,
/// is a number that somebody else has grouped: how, nobody can tell.
pub(super) fn decimal(text: &str) -> Option<f64> {
    let text: String = text
        .trim_end_matches(['°', 'º'])
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '−' | '–' => '-',
            ',' => '.',
            c => c,
        })
        .collect();
    let plain = text
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'));
    if !plain || text.matches('.').count() > 1 {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Yes or no, in the words of lists.
pub(super) fn flag(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "ya" | "y" | "iya" | "yes" | "true" | "benar" | "1" | "ada" | "aktif" | "on" | "v"
        | "√" | "✓" | "✔" | "selalu" => Some(true),
        "tidak" | "tdk" | "t" | "no" | "n" | "false" | "salah" | "0" | "tidak ada" | "belum"
        | "belum ada" | "nonaktif" | "off" | "x" | "✗" => Some(false),
        _ => None,
    }
}

const MONTHS: [[&str; 4]; 12] = [
    ["januari", "january", "jan", "jan"],
    ["februari", "february", "feb", "peb"],
    ["maret", "march", "mar", "mrt"],
    ["april", "april", "apr", "apr"],
    ["mei", "may", "mei", "may"],
    ["juni", "june", "jun", "jun"],
    ["juli", "july", "jul", "jul"],
    ["agustus", "august", "agu", "aug"],
    ["september", "september", "sep", "sept"],
    ["oktober", "october", "okt", "oct"],
    ["november", "november", "nov", "nop"],
    ["desember", "december", "des", "dec"],
];

/// A day as lists write it. Day before month, as in Indonesia; where that is not
/// the only way to read it, it is said.
fn day(text: &str) -> Option<Read> {
    // A time behind it adds nothing to a day.
    let text = text.split(['T']).next().unwrap_or(text);
    let text = match text.split_once(' ') {
        Some((day, time)) if time.contains(':') => day,
        _ => text,
    };
    let parts: Vec<&str> = text
        .split(['-', '/', '.', ' ', ','])
        .filter(|part| !part.is_empty())
        .collect();
    let [first, middle, last] = parts.as_slice() else {
        return None;
    };
    let (year, month, day, by_number) = if first.len() == 4 {
        (
            first.parse().ok()?,
            middle.parse().ok()?,
            last.parse().ok()?,
            false,
        )
    } else if last.len() == 4 {
        let (month, by_number) = match middle.parse::<i8>() {
            Ok(month) => (month, true),
            Err(_) => (month_of(middle)?, false),
        };
        (
            last.parse().ok()?,
            month,
            first.parse::<i8>().ok()?,
            by_number,
        )
    } else {
        return None;
    };
    let iso = jiff::civil::Date::new(year, month, day).ok()?.to_string();
    if !plausible(&iso) {
        return None;
    }
    let note = (by_number && day <= 12 && day != month).then(|| {
        Said::with(
            format!("dibaca hari-bulan-tahun: {iso}"),
            format!("read as day, month, year: {iso}"),
        )
    });
    Some(Read {
        note,
        ..plain(Value::Text(iso))
    })
}

fn month_of(word: &str) -> Option<i8> {
    let word = word.to_lowercase();
    let at = MONTHS
        .iter()
        .position(|names| names.contains(&word.as_str()))?;
    i8::try_from(at + 1).ok()
}

/// Before 1950 lies what a spreadsheet makes of small numbers.
fn plausible(iso: &str) -> bool {
    iso.parse::<jiff::civil::Date>()
        .is_ok_and(|day| (1950..=2150).contains(&day.year()))
}

/// What may be shown of a value to whoever sent it.
pub(super) fn shown(text: &str, reads: Reads) -> String {
    const SHOWN_MAX: usize = 120;
    let text = match reads {
        Reads::Secret => return "•••".to_owned(),
        Reads::Address => address(text),
        _ => text.trim().to_owned(),
    };
    if text.chars().count() <= SHOWN_MAX {
        return text;
    }
    let cut: String = text.chars().take(SHOWN_MAX).collect();
    format!("{cut}…")
}

/// An address without a name, a password, or a path that could hold one.
pub(super) fn address(text: &str) -> String {
    let text = text.trim();
    let Some((scheme, rest)) = text.split_once("://") else {
        // Whatever it is, it may be a password in the wrong column.
        return "…".to_owned();
    };
    let (authority, path) = match rest.rsplit_once('@') {
        // What stands before the last @ is a name and a password, also where the
        // password holds a slash.
        Some((_, rest)) => rest.split_once('/').map_or((rest, ""), |(a, p)| (a, p)),
        None => rest.split_once('/').map_or((rest, ""), |(a, p)| (a, p)),
    };
    let authority = authority.split(['?', '#']).next().unwrap_or_default();
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let lower = path.to_lowercase();
    let speaks = ['=', '&', ':'].iter().any(|sign| path.contains(*sign))
        || ["pass", "pwd", "sandi", "user"]
            .iter()
            .any(|word| lower.contains(word));
    match (path, speaks) {
        ("", _) => format!("{scheme}://{authority}"),
        (_, true) => format!("{scheme}://{authority}/…"),
        (path, false) => format!("{scheme}://{authority}/{path}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn column(reads: Reads) -> Column {
        Column {
            key: "x",
            name: Said::new("x", "x"),
            about: Said::new("x", "x"),
            example: "x",
            reads,
            required: false,
            synonyms: &[],
        }
    }

    fn of(raw: Raw, reads: Reads) -> Result<Value, Fault> {
        read(&Cell::of(raw), &column(reads)).map(|read| read.value)
    }

    fn text(text: &str, reads: Reads) -> Option<Value> {
        read(&Cell::text(text), &column(reads))
            .ok()
            .map(|read| read.value)
    }

    #[test]
    fn numbers_have_one_decimal_sign() {
        for (written, number) in [
            ("-2,2083", Some(-2.2083)),
            ("−2.2083", Some(-2.2083)),
            ("113.9213°", Some(113.9213)),
            (" 12 ", Some(12.0)),
            ("-2.208.300", None),
            ("1.234,5", None),
            ("2°12'30\"", None),
            ("1e5", None),
            ("NaN", None),
            ("inf", None),
            ("", None),
        ] {
            assert_eq!(decimal(written), number, "{written}");
        }
    }

    #[test]
    fn days_are_read_as_lists_write_them() {
        let read = |written: &str| match text(written, Reads::Day) {
            Some(Value::Text(day)) => day,
            other => format!("{other:?}"),
        };
        for (written, iso) in [
            ("2027-12-31", "2027-12-31"),
            ("2027-12-31T00:00:00", "2027-12-31"),
            ("31/12/2027", "2027-12-31"),
            ("31-12-2027 00:00", "2027-12-31"),
            ("31.12.2027", "2027-12-31"),
            ("31 Desember 2027", "2027-12-31"),
            ("1 Agt 2027", "None"),
            ("1 Agu 2027", "2027-08-01"),
            ("31/02/2027", "None"),
            ("31/12/27", "None"),
            ("1900-01-01", "None"),
            ("besok", "None"),
        ] {
            assert_eq!(read(written), iso, "{written}");
        }
        let both = super::read(&Cell::text("03/04/2027"), &column(Reads::Day)).expect("a day");
        assert_eq!(both.value, Value::Text("2027-04-03".to_owned()));
        assert!(both.note.is_some(), "it can be read in two ways");
    }

    #[test]
    fn what_a_spreadsheet_has_eaten_is_refused() {
        assert!(of(Raw::Number(6.201_011_234_56e15), Reads::Digits).is_err());
        assert!(text("6.2E+15", Reads::Digits).is_none());
        assert!(text("6,20101E+15", Reads::Text).is_none());
        assert_eq!(
            of(Raw::Number(628_125_550_001.0), Reads::Digits),
            Ok(Value::Text("628125550001".to_owned()))
        );
        assert_eq!(
            of(Raw::Number(62.71), Reads::Digits),
            Ok(Value::Text("62.71".to_owned()))
        );
        assert!(of(Raw::Day("2027-02-01".to_owned()), Reads::Digits).is_err());
        assert!(of(Raw::Day("1900-01-02".to_owned()), Reads::Day).is_err());
        assert!(of(Raw::Broken("#REF!".to_owned()), Reads::Text).is_err());
        // A name may hold an E.
        assert!(text("3E-Hall", Reads::Text).is_some());
    }

    #[test]
    fn dashes_are_nothing_and_signs_of_text_are_taken_off() {
        assert_eq!(text(" - ", Reads::Text), Some(Value::Empty));
        for (written, value) in [
            ("=\"0812\"", "0812"),
            ("'0812", "0812"),
            ("'+62 812", "+62 812"),
            ("'t Hooft", "'t Hooft"),
        ] {
            assert_eq!(
                text(written, Reads::Text),
                Some(Value::Text(value.to_owned()))
            );
        }
        assert_eq!(
            text(" -'x ", Reads::Secret),
            Some(Value::Text(" -'x ".to_owned()))
        );
    }

    #[test]
    fn an_address_is_shown_without_what_opens_it() {
        for (address, shown) in [
            (
                "rtsp://op:r@hasia@10.0.0.9:554/main",
                "rtsp://10.0.0.9:554/main",
            ),
            ("rtsp://op:a/b@10.0.0.9/main", "rtsp://10.0.0.9/main"),
            (
                "rtsp://10.0.0.9/user=admin&password=kahayan",
                "rtsp://10.0.0.9/…",
            ),
            ("rtsp://10.0.0.9/a?pwd=kahayan", "rtsp://10.0.0.9/a"),
            ("kahayan", "…"),
            ("rtsp://op:kahayan@", "rtsp://"),
        ] {
            assert_eq!(super::shown(address, Reads::Address), shown);
        }
        assert_eq!(super::shown("kahayan", Reads::Secret), "•••");
    }

    proptest! {
        #[test]
        fn no_text_panics(written in ".{0,60}") {
            for reads in [
                Reads::Text, Reads::Digits, Reads::Number, Reads::Day, Reads::Flag,
                Reads::Address, Reads::Secret,
            ] {
                let _ = text(&written, reads);
                let _ = super::shown(&written, reads);
            }
        }

        #[test]
        fn every_day_is_read_back(days in 0_i32..50_000) {
            let day = jiff::civil::date(1950, 1, 1)
                .checked_add(jiff::Span::new().days(days))
                .expect("a day");
            let iso = day.to_string();
            let (year, month, dom) = (day.year(), day.month(), day.day());
            for written in [iso.clone(), format!("{dom}/{month}/{year}"), format!("{dom:02}-{month:02}-{year}")] {
                prop_assert_eq!(text(&written, Reads::Day), Some(Value::Text(iso.clone())));
            }
        }

        #[test]
        fn a_password_is_never_shown(word in "[a-zA-Z0-9@/:?&=]{4,20}", host in "[a-z]{1,3}\\.id") {
            let shown = super::shown(&format!("rtsp://op:{word}@{host}/x"), Reads::Address);
            prop_assert_eq!(shown, format!("rtsp://{host}/x"));
        }
    }
}
