//! What a row of a list of household businesses says, besides whose the business is.
//!
//! Such a row names somebody and makes nobody: it is linked like any other, and whoever
//! stands on lists of businesses alone is no person that rules know. An owner who is not
//! found stays unknown.

use crate::rule::{AGE_MAX, TURNOVER_MAX};

/// Digits of a business number (NIB; government regulation 5/2021).
pub const NIB_LENGTH: usize = 13;

/// Digits of a code of KBLI 2020 (regulation of the head of BPS 2/2020).
pub const KBLI_LENGTH: usize = 5;

/// A record of a business, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// The record, by its place.
    pub record: u32,
    /// Which business it is of: 16 octets that rows of one business have in common.
    pub id: [u8; 16],
    /// What it takes in a month, in rupiah.
    pub turnover: Option<i32>,
    /// Whole years that it has run.
    pub years: Option<u8>,
    /// Its division by KBLI.
    pub sector: Option<u8>,
    /// Whether it has a sound business number.
    pub has_nib: bool,
    /// Aid that it has had, as bits; none where the row does not say.
    pub grants: Option<u32>,
}

/// Whether a business number is sound in its form.
#[must_use]
pub fn is_nib(digits: &str) -> bool {
    let is_one = digits.bytes().any(|it| it != b'0');
    digits.len() == NIB_LENGTH && digits.bytes().all(|it| it.is_ascii_digit()) && is_one
}

/// The division of a code of KBLI: its first two digits, 1 to 99. A code may be shorter than
/// five digits where a list tells its group only.
#[must_use]
pub fn sector(code: &str) -> Option<u8> {
    let is_code = (2..=KBLI_LENGTH).contains(&code.len());
    if !is_code || !code.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    code[..2].parse().ok().filter(|it| *it > 0)
}

/// A turnover as rules are asked of it: what is more than anybody asks for is that much.
#[must_use]
pub fn turnover(rupiah: u64) -> i32 {
    i32::try_from(rupiah).map_or(TURNOVER_MAX, |it| it.min(TURNOVER_MAX))
}

/// Years as rules are asked of them.
#[must_use]
pub fn years(years: u32) -> Option<u8> {
    u8::try_from(years)
        .ok()
        .filter(|it| i32::from(*it) <= AGE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_codes_are_told_from_what_is_none() {
        assert!(is_nib("9120301234567"));
        for wrong in [
            "",
            "912030123456",
            "91203012345678",
            "912030123456x",
            "0000000000000",
        ] {
            assert!(!is_nib(wrong), "{wrong}");
        }
        for (code, is) in [
            ("56102", Some(56)),
            ("01", Some(1)),
            ("471", Some(47)),
            ("00123", None),
            ("5", None),
            ("561020", None),
            ("5610a", None),
            ("é6", None),
            ("", None),
        ] {
            assert_eq!(sector(code), is, "{code}");
        }
        assert_eq!(turnover(1_500_000), 1_500_000);
        assert_eq!(turnover(u64::MAX), TURNOVER_MAX);
        assert_eq!(
            (years(7), years(130), years(131)),
            (Some(7), Some(130), None)
        );
    }
}
