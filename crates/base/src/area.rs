//! A Kemendagri area code.
//!
//! Province, regency or city, district, village: `62`, `62.71`, `62.71.01`,
//! `62.71.01.1001` (Permendagri 58/2021, codes of Kepmendagri
//! 300.2.2-2430/2025). BPS codes look alike and differ for 8 of the 14
//! regencies of Central Kalimantan, so a column of codes always carries its
//! system; this type is the Kemendagri one and no other.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How deep a code goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AreaLevel {
    /// Provinsi, `PP`.
    Province,
    /// Kabupaten or kota, `PP.RR`.
    Regency,
    /// Kecamatan, `PP.RR.DD`.
    District,
    /// Desa or kelurahan, `PP.RR.DD.VVVV`.
    Village,
}

impl AreaLevel {
    /// Every level, widest first.
    pub const ALL: [Self; 4] = [Self::Province, Self::Regency, Self::District, Self::Village];

    /// The word that rows and queries use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Province => "province",
            Self::Regency => "regency",
            Self::District => "district",
            Self::Village => "village",
        }
    }

    const fn len(self) -> usize {
        match self {
            Self::Province => 2,
            Self::Regency => 5,
            Self::District => 8,
            Self::Village => 13,
        }
    }
}

/// The code of one area, well formed; whether it exists is the register's word.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AreaCode(Box<str>);

/// Why a text is not an area code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AreaCodeError {
    /// Not 2, 5, 8 or 13 characters.
    #[error("an area code is PP, PP.RR, PP.RR.DD or PP.RR.DD.VVVV; this has {found} characters")]
    Length {
        /// How many characters there are.
        found: usize,
    },
    /// A digit or a dot is missing where it belongs.
    #[error("character {at} of an area code is a {expected}")]
    Character {
        /// Which character, counted from one.
        at: usize,
        /// `digit` or `dot`.
        expected: &'static str,
    },
}

impl AreaCode {
    /// How deep this code goes.
    #[must_use]
    pub fn level(&self) -> AreaLevel {
        match self.0.len() {
            2 => AreaLevel::Province,
            5 => AreaLevel::Regency,
            8 => AreaLevel::District,
            _ => AreaLevel::Village,
        }
    }

    /// The area around this one; a province has none.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.0.rfind('.').map(|dot| Self(self.0[..dot].into()))
    }

    /// Whether `other` is this area or lies within it.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        other
            .0
            .strip_prefix(&*self.0)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// The dotted text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AreaCode {
    type Err = AreaCodeError;

    fn from_str(text: &str) -> Result<Self, AreaCodeError> {
        if !AreaLevel::ALL.iter().any(|level| level.len() == text.len()) {
            return Err(AreaCodeError::Length {
                found: text.chars().count(),
            });
        }
        for (i, c) in text.bytes().enumerate() {
            let dot = matches!(i, 2 | 5 | 8);
            if dot && c != b'.' {
                return Err(AreaCodeError::Character {
                    at: i + 1,
                    expected: "dot",
                });
            }
            if !dot && !c.is_ascii_digit() {
                return Err(AreaCodeError::Character {
                    at: i + 1,
                    expected: "digit",
                });
            }
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for AreaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AreaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for AreaCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for AreaCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(text: &str) -> AreaCode {
        text.parse().expect("a code of the table")
    }

    #[test]
    fn levels_and_parents() {
        for (text, level, parent) in [
            ("62", AreaLevel::Province, None),
            ("62.71", AreaLevel::Regency, Some("62")),
            ("62.71.01", AreaLevel::District, Some("62.71")),
            ("62.71.01.1001", AreaLevel::Village, Some("62.71.01")),
        ] {
            assert_eq!(code(text).level(), level);
            assert_eq!(code(text).parent(), parent.map(code));
            assert_eq!(code(text).as_str().len(), level.len());
        }
    }

    #[test]
    fn an_area_contains_itself_and_what_lies_in_it() {
        assert!(code("62").contains(&code("62")));
        assert!(code("62.71").contains(&code("62.71.01.1001")));
        assert!(!code("62.71").contains(&code("62.72")));
        assert!(!code("62.71").contains(&code("62")));
    }

    #[test]
    fn refusals_say_what_is_wrong() {
        let refuse = |text: &str| text.parse::<AreaCode>().expect_err("not a code");
        assert_eq!(refuse("6271"), AreaCodeError::Length { found: 4 });
        assert_eq!(
            refuse("62-71"),
            AreaCodeError::Character {
                at: 3,
                expected: "dot"
            }
        );
        assert_eq!(
            refuse("62.7x"),
            AreaCodeError::Character {
                at: 5,
                expected: "digit"
            }
        );
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,16}") {
            let _ = text.parse::<AreaCode>();
        }
    }
}
