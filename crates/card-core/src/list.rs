//! Which kinds of lists there are, and how much each says.

use serde::{Deserialize, Serialize};

/// What a list is a list of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Families and their members with the decile of their welfare (DTSEN).
    Dtsen,
    /// Who gets other aid: PKH, sembako, BLT of the village fund.
    Bansos,
    /// Who has died.
    Kematian,
    /// Who has moved.
    Pindah,
    /// Families that a village proposes.
    Desa,
    /// Who gets the aid of the card now: the running list.
    Kpm,
    /// Transfers that have failed or come back.
    Gagal,
    /// Household businesses, each with whoever owns it.
    Usaha,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Dtsen,
        Self::Bansos,
        Self::Kematian,
        Self::Pindah,
        Self::Desa,
        Self::Kpm,
        Self::Gagal,
        Self::Usaha,
    ];

    /// The word that rows and requests use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dtsen => "dtsen",
            Self::Bansos => "bansos",
            Self::Kematian => "kematian",
            Self::Pindah => "pindah",
            Self::Desa => "desa",
            Self::Kpm => "kpm",
            Self::Gagal => "gagal",
            Self::Usaha => "usaha",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Whose word on somebody's family card counts first, where lists disagree equally.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::Dtsen => 0,
            Self::Desa => 1,
            Self::Kpm => 2,
            Self::Bansos => 3,
            Self::Pindah => 4,
            Self::Kematian => 5,
            Self::Gagal => 6,
            Self::Usaha => 7,
        }
    }

    /// Whether a row tells of people: one of a business names somebody and makes nobody.
    #[must_use]
    pub const fn tells_of_people(self) -> bool {
        !matches!(self, Self::Usaha)
    }

    /// Whether a new list replaces the one before it: who is not on it any more is not.
    /// Deaths, moves and failed transfers add up instead.
    #[must_use]
    pub const fn replaces(self) -> bool {
        match self {
            Self::Dtsen | Self::Bansos | Self::Desa | Self::Kpm | Self::Usaha => true,
            Self::Kematian | Self::Pindah | Self::Gagal => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_one_word() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(Kind::parse("lain"), None);
    }
}
