//! An identity that names its kind.
//!
//! An [`Id`] is a UUIDv7 (RFC 9562 §5.7): 48 bits of milliseconds, then
//! randomness, so that keys made later sort later and an index grows at its end.
//! The type parameter is the noun it identifies; two nouns cannot be swapped.
//! It prints as the noun's prefix and 26 characters of Crockford base 32
//! (`cam_01jd5x…`), and is stored as its 16 bytes.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::now::Wall;

/// A kind of thing that has an identity.
pub trait Noun {
    /// What its printed ids begin with: three lower-case letters.
    const PREFIX: &'static str;
}

macro_rules! nouns {
    ($($(#[$doc:meta])* $name:ident $prefix:literal,)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}
        impl Noun for $name {
            const PREFIX: &'static str = $prefix;
        }
    )*
        #[cfg(test)]
        const PREFIXES: &[&str] = &[$($prefix),*];
    };
}

nouns! {
    /// A human being known to the house.
    Person "prs",
    /// One way for a person to log in.
    Login "lgn",
    /// Who a person is at a provider outside.
    Identity "idt",
    /// A person in a role over a place.
    Staff "stf",
    /// One role over one area and agency, from a day to a day.
    Grant "grt",
    /// An office of the government (OPD).
    Agency "opd",
    /// A browser that has logged in.
    Session "ses",
    /// A key for a program.
    Token "tok",
    /// A television on a wall, paired by a code.
    Screen "scr",
    /// The network of an office, by its addresses.
    Network "net",
    /// A key that a phone, a computer or a stick vouches by.
    Passkey "psk",
    /// A sealed code for the day on which nobody else can come in.
    Emergency "drt",
    /// A row of the audit chain.
    AuditEntry "aud",
    /// A piece of work in the job table.
    Job "job",
    /// A file or feed whose origin is on record.
    Source "src",
    /// One import of a file.
    Intake "itk",
    /// A value somebody has stated, with its source.
    Claim "clm",
    /// A content-addressed file.
    Blob "blb",
    /// A camera, recorder or other video system with an address.
    Device "dev",
    /// One channel of a device.
    Camera "cam",
    /// One layer of a camera.
    Stream "str",
    /// One person watching one camera, from a time to a time.
    Viewing "vwg",
    /// Cameras lent to another system, until a day.
    Loan "pjm",
    /// One person turning one camera, from a time to a time.
    Hold "hld",
    /// One person looking at what a camera has shown a moment ago.
    Look "lok",
    /// A piece of the past of a camera that was saved as a file.
    Clip "klp",
    /// A saved arrangement of a video wall.
    Layout "lay",
    /// A place that dials in: a village office, a camera's mast, a regency's node.
    Site "sit",
    /// A box at a site, by the key it has made for itself.
    Agent "agt",
    /// Octets of a site that nobody believes.
    Quarantine "qtn",
    /// A program for boxes, of one version and for one kind of machine.
    Release "rel",
    /// Where a village is to be online: its office, a school, a public place.
    Point "pnt",
    /// A router that tells how it is by an agent of OpenWISP.
    Router "rtr",
    /// An address that the centre asks by itself whether it answers.
    Node "nod",
    /// So many points by a day.
    Target "tgt",
    /// Minutes that are not to be held against anybody.
    Excuse "exc",
    /// Something that is wrong, and what is being done about it.
    Incident "inc",
    /// A turn at the desk of a place.
    Shift "shf",
    /// A human being on the lists of the welfare card.
    Resident "rsd",
    /// Who stand together under one family card.
    Family "fam",
    /// A household business, by what its rows on lists have in common.
    Business "biz",
    /// What somebody has decided about one family or person, whatever the rules say.
    Exception "xcp",
    /// What somebody says against where he stands on a list.
    Objection "obj",
}

/// The identity of one `N`.
pub struct Id<N> {
    bytes: [u8; 16],
    noun: PhantomData<fn() -> N>,
}

impl<N> Id<N> {
    /// Makes a new identity at the given time.
    ///
    /// Times before 1970 or after the year 10889 are clamped to the 48 bits that
    /// the format has.
    #[must_use]
    pub fn mint(wall: Wall, rng: &mut fastrand::Rng) -> Self {
        const MAX_MS: u64 = (1 << 48) - 1;
        let ms = u64::try_from(wall.as_us().max(0) / 1000).unwrap_or(MAX_MS);
        let mut bytes = [0; 16];
        rng.fill(&mut bytes);
        bytes[..6].copy_from_slice(&ms.min(MAX_MS).to_be_bytes()[2..]);
        bytes[6] = 0x70 | (bytes[6] & 0x0f);
        bytes[8] = 0x80 | (bytes[8] & 0x3f);
        Self::from_bytes(bytes)
    }

    /// The stored form.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self {
            bytes,
            noun: PhantomData,
        }
    }

    /// The stored form.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.bytes
    }
}

/// Why a text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// It begins with another noun's prefix, or none.
    #[error("an id of this kind begins with {expected}_")]
    Prefix {
        /// The prefix that belongs there.
        expected: &'static str,
    },
    /// It is not 26 characters long after the prefix.
    #[error("an id has 26 characters after its prefix, this has {found}")]
    Length {
        /// How many there are.
        found: usize,
    },
    /// A character that Crockford base 32 does not have, or bits past 128.
    #[error("character {at} of the id is not one that an id can have")]
    Character {
        /// Which one, counted from one after the prefix.
        at: usize,
    },
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const PRINTED: usize = 26;

impl<N: Noun> fmt::Display for Id<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = u128::from_be_bytes(self.bytes);
        let mut text = [0; PRINTED];
        for (place, c) in text.iter_mut().rev().enumerate() {
            let digit = usize::try_from((value >> (5 * place)) & 31).unwrap_or(0);
            *c = ALPHABET[digit];
        }
        f.write_str(N::PREFIX)?;
        f.write_str("_")?;
        f.write_str(str::from_utf8(&text).unwrap_or_default())
    }
}

impl<N: Noun> FromStr for Id<N> {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let digits = text
            .strip_prefix(N::PREFIX)
            .and_then(|rest| rest.strip_prefix('_'))
            .ok_or(IdError::Prefix {
                expected: N::PREFIX,
            })?;
        if digits.len() != PRINTED {
            return Err(IdError::Length {
                found: digits.chars().count(),
            });
        }
        let mut value: u128 = 0;
        for (i, c) in digits.bytes().enumerate() {
            let digit = ALPHABET
                .iter()
                .position(|a| *a == c)
                .filter(|digit| i > 0 || *digit < 8)
                .ok_or(IdError::Character { at: i + 1 })?;
            value = (value << 5) | u128::try_from(digit).unwrap_or(0);
        }
        Ok(Self::from_bytes(value.to_be_bytes()))
    }
}

impl<N: Noun> fmt::Debug for Id<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<N: Noun> Serialize for Id<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, N: Noun> Deserialize<'de> for Id<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

// Derives would ask the same of the noun, which is never a value.
impl<N> Clone for Id<N> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<N> Copy for Id<N> {}
impl<N> PartialEq for Id<N> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}
impl<N> Eq for Id<N> {}
impl<N> PartialOrd for Id<N> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<N> Ord for Id<N> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bytes.cmp(&other.bytes)
    }
}
impl<N> Hash for Id<N> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn later_ids_sort_later_and_are_version_7() {
        let mut rng = fastrand::Rng::with_seed(1);
        let first = Id::<Camera>::mint(Wall::from_us(1_000), &mut rng);
        let second = Id::<Camera>::mint(Wall::from_us(2_000), &mut rng);
        assert!(first < second);
        let uuid = uuid::Uuid::from_bytes(*first.as_bytes());
        assert_eq!(uuid.get_version_num(), 7);
        assert_eq!(uuid.get_variant(), uuid::Variant::RFC4122);
    }

    #[test]
    fn a_prefix_names_one_noun() {
        let distinct: BTreeSet<_> = PREFIXES.iter().collect();
        assert_eq!(distinct.len(), PREFIXES.len());
        assert!(PREFIXES.iter().all(|prefix| prefix.len() == 3));
    }

    #[test]
    fn refusals_say_what_is_wrong() {
        let refuse = |text: &str| text.parse::<Id<Camera>>().expect_err("not an id");
        assert_eq!(refuse("dev_0"), IdError::Prefix { expected: "cam" });
        assert_eq!(refuse("cam_0"), IdError::Length { found: 1 });
        assert_eq!(
            refuse("cam_8zzzzzzzzzzzzzzzzzzzzzzzzz"),
            IdError::Character { at: 1 },
        );
        assert_eq!(
            refuse("cam_0000000000000000000000000u"),
            IdError::Character { at: 26 },
        );
    }

    proptest! {
        #[test]
        fn printing_and_parsing_are_inverse(bytes: [u8; 16]) {
            let id = Id::<Camera>::from_bytes(bytes);
            prop_assert_eq!(id.to_string().parse::<Id<Camera>>(), Ok(id));
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = text.parse::<Id<Camera>>();
        }
    }
}
