//! Whom a programme is about: a family, a person or a household business, by id.

use std::fmt;
use std::str::FromStr;

use base::id::{Business, Family, Id, IdError, Resident};
use card_core::rule::Subject;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The id of a family, a person or a household business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SubjectId {
    /// `fam_…`
    Family(Id<Family>),
    /// `rsd_…`
    Person(Id<Resident>),
    /// `biz_…`
    Business(Id<Business>),
}

impl SubjectId {
    /// Of such a programme the one of these octets.
    pub(crate) const fn of(subject: Subject, octets: [u8; 16]) -> Self {
        match subject {
            Subject::Family => Self::Family(Id::from_bytes(octets)),
            Subject::Person => Self::Person(Id::from_bytes(octets)),
            Subject::Business => Self::Business(Id::from_bytes(octets)),
        }
    }

    /// Its octets.
    pub(crate) const fn octets(&self) -> &[u8; 16] {
        match self {
            Self::Family(id) => id.as_bytes(),
            Self::Person(id) => id.as_bytes(),
            Self::Business(id) => id.as_bytes(),
        }
    }

    /// What it is.
    pub(crate) const fn subject(&self) -> Subject {
        match self {
            Self::Family(_) => Subject::Family,
            Self::Person(_) => Subject::Person,
            Self::Business(_) => Subject::Business,
        }
    }
}

impl fmt::Display for SubjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Family(id) => id.fmt(f),
            Self::Person(id) => id.fmt(f),
            Self::Business(id) => id.fmt(f),
        }
    }
}

impl FromStr for SubjectId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if let Ok(id) = text.parse() {
            return Ok(Self::Person(id));
        }
        match text.parse() {
            Ok(id) => Ok(Self::Business(id)),
            Err(_) => text.parse().map(Self::Family),
        }
    }
}

impl Serialize for SubjectId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SubjectId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_read_as_it_is_written_and_says_what_it_is() {
        for subject in Subject::ALL {
            let id = SubjectId::of(subject, [7; 16]);
            assert_eq!(id.subject(), subject);
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        assert!("cam_1".parse::<SubjectId>().is_err());
    }
}
