//! Money, in whole rupiah.
//!
//! What is unknown is unknown and never zero. An [`Amount`] cannot be added to
//! another, and a sum of amounts is a [`Total`], which says how many of them are in
//! it and how many nobody knows: no total can hide a hole.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// The most that one amount can be: ten trillion rupiah, more than the budget of the
/// province. Five thousand of them still fit a total.
pub const RUPIAH_MAX: i64 = 10_000_000_000_000;

/// An amount of money that is known: whole rupiah, from 0 to [`RUPIAH_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Rupiah(i64);

/// Why a number is no amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an amount is 0 to {RUPIAH_MAX} rupiah")]
pub struct RupiahError;

impl Rupiah {
    /// From whole rupiah.
    ///
    /// # Errors
    /// If it is negative or more than [`RUPIAH_MAX`].
    pub const fn new(rupiah: i64) -> Result<Self, RupiahError> {
        if 0 <= rupiah && rupiah <= RUPIAH_MAX {
            Ok(Self(rupiah))
        } else {
            Err(RupiahError)
        }
    }

    /// From how offices write it: `Rp 1.500.000,00`, `1,500,000` or `1500000`. Groups are
    /// of three and parted by one sign alone, decimals by another; sen are none.
    ///
    /// # Errors
    /// If it is not written so, or out of bounds: nothing is rounded or guessed.
    pub fn read(text: &str) -> Result<Self, RupiahError> {
        let text = text.trim();
        let text = match text.get(..2) {
            Some(sign) if sign.eq_ignore_ascii_case("rp") => {
                text[2..].trim_start_matches('.').trim_start()
            }
            _ => text,
        };
        let text = text.strip_suffix(",-").unwrap_or(text);
        let (whole, decimals) = match text.rsplit_once([',', '.']) {
            Some((whole, "0" | "00")) => (whole, text[whole.len()..].chars().next()),
            _ => (text, None),
        };
        let parts = |c: char| matches!(c, '.' | ',') || c.is_whitespace();
        let sign = whole.chars().find(|c| parts(*c));
        let digits: String = match sign {
            None => whole.to_owned(),
            Some(sign) if decimals == Some(sign) => return Err(RupiahError),
            Some(sign) => {
                let groups: Vec<&str> = whole.split(sign).collect();
                let (first, rest) = groups.split_first().ok_or(RupiahError)?;
                let is_group = |group: &&str| group.len() == 3;
                if !(1..=3).contains(&first.len())
                    || first.starts_with('0')
                    || !rest.iter().all(is_group)
                {
                    return Err(RupiahError);
                }
                groups.concat()
            }
        };
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(RupiahError);
        }
        Self::new(digits.parse().map_err(|_| RupiahError)?)
    }

    /// Whole rupiah.
    #[must_use]
    pub const fn as_i64(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Rupiah {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rp {}", self.0)
    }
}

impl<'de> Deserialize<'de> for Rupiah {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(i64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// An amount that may be unknown. In JSON and in rows unknown is null.
///
/// There is no way from here to a number but by looking: it has no default, does not
/// add up, and is summed by [`Total`] only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Option<Rupiah>", into = "Option<Rupiah>")]
pub enum Amount {
    /// So much.
    Known(Rupiah),
    /// Nobody has said.
    Unknown,
}

impl From<Option<Rupiah>> for Amount {
    fn from(rupiah: Option<Rupiah>) -> Self {
        rupiah.map_or(Self::Unknown, Self::Known)
    }
}

impl From<Amount> for Option<Rupiah> {
    fn from(amount: Amount) -> Self {
        match amount {
            Amount::Known(rupiah) => Some(rupiah),
            Amount::Unknown => None,
        }
    }
}

/// A sum of amounts, and how many were left out of it because nobody knows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Total {
    /// The sum of those that are known, in rupiah. Not the sum of all unless
    /// `unknown` is 0.
    known_rupiah: i64,
    /// How many are in the sum.
    known: usize,
    /// How many are not, being unknown.
    unknown: usize,
}

impl Total {
    /// Takes one more amount in.
    pub fn take(&mut self, amount: Amount) {
        match amount {
            Amount::Known(rupiah) => {
                self.known += 1;
                self.known_rupiah = self.known_rupiah.saturating_add(rupiah.0);
            }
            Amount::Unknown => self.unknown += 1,
        }
    }

    /// The sum, if nothing is unknown.
    #[must_use]
    pub const fn whole(self) -> Option<i64> {
        if self.unknown == 0 {
            Some(self.known_rupiah)
        } else {
            None
        }
    }

    /// The sum of the known ones, how many those are, and how many are unknown: to
    /// be shown together.
    #[must_use]
    pub const fn parts(self) -> (i64, usize, usize) {
        (self.known_rupiah, self.known, self.unknown)
    }
}

impl FromIterator<Amount> for Total {
    fn from_iter<I: IntoIterator<Item = Amount>>(amounts: I) -> Self {
        let mut total = Self::default();
        amounts.into_iter().for_each(|amount| total.take(amount));
        total
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_offices_write_is_read_and_nothing_is_guessed() {
        for (written, rupiah) in [
            ("1500000", Some(1_500_000)),
            (" Rp 1.500.000 ", Some(1_500_000)),
            ("rp.1.500.000,00", Some(1_500_000)),
            ("1,500,000.00", Some(1_500_000)),
            ("Rp150.000,-", Some(150_000)),
            ("150.000", Some(150_000)),
            ("0", Some(0)),
            ("1 500 000", Some(1_500_000)),
            ("12.5", None),
            ("1.50", None),
            ("1.500,50", None),
            ("15.00.000", None),
            ("1500.000", None),
            ("1.500,000", None),
            ("1.500.00", None),
            ("0.500", None),
            (".500", None),
            ("15 00", None),
            ("1 5", None),
            ("1.500 000", None),
            ("150,00", Some(150)),
            ("-5", None),
            ("1,5 juta", None),
            ("", None),
            ("Rp", None),
            ("99999999999999999999", None),
        ] {
            let read = Rupiah::read(written).ok().map(Rupiah::as_i64);
            assert_eq!(read, rupiah, "{written}");
        }
    }

    #[test]
    fn unknown_money_is_null_and_never_zero() {
        let read = |text| serde_json::from_str::<Amount>(text);
        assert_eq!(read("null").ok(), Some(Amount::Unknown));
        let zero = Rupiah::new(0).expect("an amount");
        assert_eq!(read("0").ok(), Some(Amount::Known(zero)));
        for wrong in ["-1", "1.5", "10000000000001", "\"7\""] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert_eq!(
            serde_json::to_string(&[Amount::Unknown, Amount::Known(zero)]).expect("JSON"),
            "[null,0]"
        );
    }

    proptest! {
        #[test]
        fn a_total_names_its_hole(amounts in prop::collection::vec(
            prop::option::of(0_i64..=RUPIAH_MAX), 0..60,
        )) {
            let total: Total = amounts
                .iter()
                .map(|amount| Amount::from(amount.and_then(|rupiah| Rupiah::new(rupiah).ok())))
                .collect();
            let known: Vec<i64> = amounts.iter().flatten().copied().collect();
            let holes = amounts.len() - known.len();
            prop_assert_eq!(total.parts(), (known.iter().sum(), known.len(), holes));
            prop_assert_eq!(total.whole().is_some(), holes == 0);
        }
    }
}
