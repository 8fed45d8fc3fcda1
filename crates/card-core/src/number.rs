//! Numbers of persons and families as lists write them.
//!
//! A NIK is 16 digits: the region of the first registration (2 + 2 + 2), the birthday
//! (day, or day + 40 for a woman, month, last two digits of the year) and a serial.
//! It has no check digit and is never issued anew for a wrong birthday inside, so a
//! number that does not fit its person is a weak sign and no fault. What is a fault is
//! told and never mended: whoever mends it must know which paper is right.

use std::fmt;

/// Digits of a NIK or a KK number.
pub const LENGTH: u32 = 16;

/// Most digits that are read at all.
const LENGTH_MAX: u32 = 18;

/// Added to the day of a woman's birth.
const WOMAN: u64 = 40;

/// The digits of a number, leading zeros kept.
///
/// Inside, a one stands before the digits, so that their count is known too.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digits(u64);

impl Digits {
    /// So many digits of this value; `None` beyond 18 digits or none at all.
    #[must_use]
    pub const fn new(value: u64, length: u32) -> Option<Self> {
        if length == 0 || length > LENGTH_MAX || value >= 10_u64.pow(length) {
            return None;
        }
        Some(Self(10_u64.pow(length) + value))
    }

    /// The digits of a text that is nothing else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let length = u32::try_from(text.len()).ok()?;
        (length <= LENGTH_MAX)
            .then(|| text.parse().ok())
            .flatten()
            .and_then(|value| Self::new(value, length))
    }

    /// How many there are.
    #[must_use]
    pub const fn length(self) -> u32 {
        self.0.ilog10()
    }

    /// What they say as one number.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0 - 10_u64.pow(self.length())
    }

    /// The first so many of them, as one number; all where there are fewer.
    #[must_use]
    pub const fn first(self, count: u32) -> u64 {
        let more = self.length().saturating_sub(count);
        self.value() / 10_u64.pow(more)
    }

    /// The octets of their text, and how many of them count.
    #[must_use]
    pub fn octets(self) -> ([u8; LENGTH_MAX as usize], usize) {
        let mut text = [b'0'; LENGTH_MAX as usize];
        let length = self.length() as usize;
        let mut rest = self.value();
        for octet in text[..length].iter_mut().rev() {
            *octet += u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
        }
        (text, length)
    }
}

/// Never the number itself: what is printed may be logged.
impl fmt::Debug for Digits {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(into, "{} digits", self.length())
    }
}

/// What is wrong with how a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// Nothing, a dash, or zeros.
    Missing,
    /// Blanks, dots or dashes stand between the digits.
    Parted,
    /// Letters that look like digits stand among them.
    LookAlike,
    /// Written as a decimal or with an exponent: a spreadsheet took it for a quantity,
    /// and keeps 15 digits of those.
    Quantity,
    /// Something else than a number.
    NoNumber,
    /// Not 16 digits.
    Length(u32),
    /// The region is none that Indonesia has (11 to 96).
    Region,
    /// The day or the month inside is none.
    Birthday,
    /// The serial is 0000.
    Serial,
}

impl Fault {
    /// The words that reports use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Parted => "with blanks or signs between the digits",
            Self::LookAlike => "with letters that look like digits",
            Self::Quantity => "written as a quantity, as a spreadsheet does",
            Self::NoNumber => "no number",
            Self::Length(_) => "not of 16 digits",
            Self::Region => "of no region",
            Self::Birthday => "with no day inside",
            Self::Serial => "with the serial 0000",
        }
    }
}

/// What a cell with a number says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The digits as they stand, where nothing else stands among them.
    pub digits: Option<Digits>,
    /// What is wrong with them.
    pub fault: Option<Fault>,
}

impl Reading {
    const fn bad(fault: Fault) -> Self {
        Self {
            digits: None,
            fault: Some(fault),
        }
    }

    /// The digits, if nothing is wrong with them.
    #[must_use]
    pub const fn sound(self) -> Option<Digits> {
        match self.fault {
            None => self.digits,
            Some(_) => None,
        }
    }
}

/// Reads the number of a person or of a family card. One of another length, or with an
/// impossible inside, keeps its digits: they may still tell who is meant. The day of a
/// woman's birth is one in the other column too, which whoever compares columns may ask about.
#[must_use]
pub fn read(text: &str) -> Reading {
    let text = text.trim();
    if text.bytes().all(|byte| matches!(byte, b'0' | b'-' | b' ')) {
        return Reading::bad(Fault::Missing);
    }
    let Some(digits) = Digits::parse(text) else {
        return Reading::bad(strange(text));
    };
    let fault = match digits.length() {
        LENGTH => inside(digits.value()),
        length => Some(Fault::Length(length)),
    };
    Reading {
        digits: Some(digits),
        fault,
    }
}

/// What is wrong with a text that is more than digits.
fn strange(text: &str) -> Fault {
    let octets = text.as_bytes();
    let digits = octets.iter().filter(|octet| octet.is_ascii_digit()).count();
    let only = |allowed: &[u8]| {
        octets
            .iter()
            .all(|octet| octet.is_ascii_digit() || allowed.contains(octet))
    };
    if digits == octets.len() {
        return Fault::Length(u32::try_from(digits).unwrap_or(u32::MAX));
    }
    let dots = octets
        .iter()
        .filter(|octet| matches!(octet, b'.' | b','))
        .count();
    if digits > 0 && dots <= 1 && only(b".,eE+") && text.replace(',', ".").parse::<f64>().is_ok() {
        return Fault::Quantity;
    }
    if digits > 0 && only(b" .-'") {
        return Fault::Parted;
    }
    if digits * 2 > octets.len() && only(b" oOlIiSsBZz|") {
        return Fault::LookAlike;
    }
    Fault::NoNumber
}

/// What is impossible inside a number of 16 digits.
const fn inside(value: u64) -> Option<Fault> {
    let region = value / 10_u64.pow(14);
    if region < 11 || region > 96 {
        return Some(Fault::Region);
    }
    let (day, month) = (value / 10_u64.pow(8) % 100, value / 10_u64.pow(6) % 100);
    let day = if day > WOMAN { day - WOMAN } else { day };
    if day == 0 || day > 31 || month == 0 || month > 12 {
        return Some(Fault::Birthday);
    }
    if value.is_multiple_of(10_000) {
        return Some(Fault::Serial);
    }
    None
}

/// What a NIK of 16 digits says of its person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inside {
    /// The district of the first registration, six digits of Kemendagri.
    pub region: u32,
    /// Day of birth, 1 to 31.
    pub day: u8,
    /// Month of birth, 1 to 12.
    pub month: u8,
    /// The last two digits of the year of birth: the century is not said.
    pub year: u8,
    /// Whether it was given to a woman.
    pub woman: bool,
}

/// What a NIK says, if nothing in it is impossible.
#[must_use]
pub fn says(nik: Digits) -> Option<Inside> {
    let value = nik.value();
    if nik.length() != LENGTH || inside(value).is_some() {
        return None;
    }
    let two = |at: u32| u8::try_from(value / 10_u64.pow(at) % 100).ok();
    let day = two(8)?;
    let woman = day > 31;
    Some(Inside {
        region: u32::try_from(value / 10_u64.pow(10)).ok()?,
        day: if woman { day - 40 } else { day },
        month: two(6)?,
        year: two(4)?,
        woman,
    })
}

/// How many numbers of a column end in zero. At most a tenth do; more where a spreadsheet
/// has kept 15 digits of 16.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Zeros {
    /// Numbers of 16 digits that end in zero.
    pub ending: u64,
    /// Numbers of 16 digits.
    pub of: u64,
}

impl Zeros {
    /// Counts a number.
    pub const fn count(&mut self, digits: Digits) {
        if digits.length() == LENGTH {
            self.of += 1;
            self.ending += digits.value().is_multiple_of(10) as u64;
        }
    }

    /// Whether more end so than chance would have of a tenth, by five standard deviations.
    #[must_use]
    pub fn are_many(self) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let (ending, of) = (self.ending as f64, self.of as f64);
        ending > of / 10.0 + 5.0 * (0.09 * of).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_number_is_told_and_nothing_is_mended() {
        for (text, fault) in [
            ("6202115410150009", None),
            (" 6202115410150009 ", None),
            ("", Some(Fault::Missing)),
            ("-", Some(Fault::Missing)),
            ("0", Some(Fault::Missing)),
            ("620211541015000", Some(Fault::Length(15))),
            ("62021154101500091", Some(Fault::Length(17))),
            ("6202 1154 1015 0009", Some(Fault::Parted)),
            ("62.02.11.541015.0009", Some(Fault::Parted)),
            ("'6202115410150009", Some(Fault::Parted)),
            ("62O21154lO150009", Some(Fault::LookAlike)),
            ("6.20211541015E+15", Some(Fault::Quantity)),
            ("6,20211541015E+15", Some(Fault::Quantity)),
            ("6202115410150000", Some(Fault::Serial)),
            ("6202115410150009.0", Some(Fault::Quantity)),
            ("tidak ada", Some(Fault::NoNumber)),
            ("9999999999999999", Some(Fault::Region)),
            ("6202110000000000", Some(Fault::Birthday)),
            ("6202113213150009", Some(Fault::Birthday)),
            ("6202111213150009", Some(Fault::Birthday)),
            ("6202111212150000", Some(Fault::Serial)),
        ] {
            assert_eq!(read(text).fault, fault, "{text}");
        }
        // The digits stay for whoever compares them.
        assert!(read("620211541015000").digits.is_some());
        assert!(read("62O21154lO150009").digits.is_none());
    }

    #[test]
    fn a_nik_says_region_birthday_and_sex() {
        let one = read("6202115410150009").digits.expect("digits");
        let said = says(one).expect("sixteen");
        assert_eq!((said.region, said.day, said.month), (620_211, 14, 10));
        assert_eq!((said.year, said.woman), (15, true));
        assert_eq!(read("6202111312100057").fault, None);
    }

    #[test]
    fn leading_zeros_count() {
        let (short, long) = (Digits::parse("12"), Digits::parse("0012"));
        assert_ne!(short, long);
        let long = long.expect("digits");
        assert_eq!((long.length(), long.value(), long.first(3)), (4, 12, 1));
        let (text, length) = long.octets();
        assert_eq!(&text[..length], b"0012");
    }

    #[test]
    fn a_column_of_fifteen_digits_shows() {
        let (mut usual, mut kept) = (Zeros::default(), Zeros::default());
        for i in 0..1_000 {
            let number = 6_202_115_410_150_000 + i;
            usual.count(Digits::new(number, 16).expect("digits"));
            kept.count(Digits::new(number / 10 * 10, 16).expect("digits"));
            usual.count(Digits::new(number % 1_000, 15).expect("digits"));
        }
        assert_eq!((usual.ending, usual.of), (100, 1_000));
        assert!(!usual.are_many() && kept.are_many());
    }
}
