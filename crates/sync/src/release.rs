//! A release of the program: what is signed about it, and whether a box takes it.
//!
//! The key that signs is kept far from every network, the centre included: who takes
//! the centre over can offer a release to boxes and cannot make one. A box believes
//! the signature first, then reads what was signed, then looks at the octets; nothing
//! of a program is executed before all of that holds.
//!
//! A release travels as one file, whichever way it goes:
//!
//! ```text
//! "betang-release/1\n"
//! 4 octets     length of the signed manifest, little endian
//! that many    SignedManifest of proto/release.proto
//! the rest     the program
//! ```

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base::now::Wall;
use prost::Message as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::frame::Protocols;
pub use crate::key::{PublicKey, SecretKey};
use crate::wire;

/// The largest program, in octets: four times what a box's is today.
pub const PROGRAM_MAX: u64 = 64 * 1024 * 1024;

/// The longest manifest with its signatures, in octets.
pub const SIGNED_MAX: usize = 4 * 1024;

/// The most keys that count at once, and the most signatures that are looked at.
pub const KEYS_MAX: usize = 4;

/// The longest name of a target, in octets.
const TARGET_MAX: usize = 64;

const MAGIC: &[u8] = b"betang-release/1\n";

/// What is signed begins with this, so that a signature is never one for something
/// else.
const DOMAIN: &[u8] = b"betang release manifest/1\0";

/// A version of the program; only rises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Changes that people have to know of.
    pub major: u32,
    /// Changes.
    pub minor: u32,
    /// Repairs.
    pub patch: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// A text is no version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a version is three numbers with points between, like 0.3.1")]
pub struct VersionError;

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let mut parts = text.split('.').map(|part| {
            let is_plain = part.bytes().all(|byte| byte.is_ascii_digit())
                && (part == "0" || !part.starts_with('0'));
            is_plain.then(|| part.parse().ok()).flatten()
        });
        let mut next = || parts.next().flatten().ok_or(VersionError);
        let version = Self {
            major: next()?,
            minor: next()?,
            patch: next()?,
        };
        parts
            .next()
            .is_none()
            .then_some(version)
            .ok_or(VersionError)
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Version {
    pub(crate) const fn wire(self) -> wire::Version {
        wire::Version {
            major: self.major,
            minor: self.minor,
            patch: self.patch,
        }
    }

    pub(crate) const fn of(it: &wire::Version) -> Self {
        Self {
            major: it.major,
            minor: it.minor,
            patch: it.patch,
        }
    }
}

impl SecretKey {
    /// Signs a manifest.
    #[must_use]
    pub fn sign(&self, manifest: &Manifest) -> Signed {
        Signed {
            manifest: manifest.encode(),
            signatures: Vec::new(),
        }
        .signed_by(self)
    }
}

/// What is signed about a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Which release this is.
    pub version: Version,
    /// The oldest that it may be installed over.
    pub over: Version,
    /// The protocols that it speaks.
    pub protocols: Protocols,
    /// The machines that it runs on: a target triple.
    pub target: String,
    /// Octets of the program.
    pub size: u64,
    /// Their SHA-256.
    pub sha256: [u8; 32],
    /// Not to be installed from then on.
    pub expires: Wall,
    /// The keys that count once this release stands; none: those that did before.
    pub keys: Vec<PublicKey>,
}

/// Why something is no release that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// It does not begin like a file of a release, or was cut off.
    #[error("this is no release, or not all of it")]
    Unreadable,
    /// Nobody who counts has signed it.
    #[error("no key that counts here has signed this release")]
    Signature,
    /// It was signed, and says something impossible.
    #[error("the manifest of this release has an impossible {field}")]
    Field {
        /// Which.
        field: &'static str,
    },
    /// The program is not the one that was signed.
    #[error("the program is not the one that was signed: {what} differs")]
    Program {
        /// What.
        what: &'static str,
    },
}

impl Manifest {
    fn encode(&self) -> Vec<u8> {
        wire::Manifest {
            version: Some(self.version.wire()),
            over: Some(self.over.wire()),
            protocol_min: self.protocols.min,
            protocol_max: self.protocols.max,
            target: self.target.clone(),
            size: self.size,
            sha256: self.sha256.to_vec(),
            expires_us: self.expires.as_us(),
            keys: self
                .keys
                .iter()
                .map(|key| key.as_bytes().to_vec())
                .collect(),
        }
        .encode_to_vec()
    }

    /// Reads what was signed.
    fn decode(octets: &[u8]) -> Result<Self, ReleaseError> {
        let it = wire::Manifest::decode(octets).map_err(|_| ReleaseError::Unreadable)?;
        let wrong = |field| ReleaseError::Field { field };
        let protocols = Protocols {
            min: it.protocol_min,
            max: it.protocol_max,
        };
        if protocols.min > protocols.max {
            return Err(wrong("range of protocols"));
        }
        let is_name = |text: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            (1..=TARGET_MAX).contains(&text.len()) && text.bytes().all(plain)
        };
        if !is_name(&it.target) {
            return Err(wrong("target"));
        }
        if it.size == 0 || it.size > PROGRAM_MAX {
            return Err(wrong("size"));
        }
        if it.keys.len() > KEYS_MAX {
            return Err(wrong("number of keys"));
        }
        let key = |octets: &Vec<u8>| {
            let bytes = octets.as_slice().try_into().map_err(|_| wrong("key"))?;
            Ok(PublicKey::from_bytes(bytes))
        };
        Ok(Self {
            version: Version::of(&it.version.ok_or(wrong("version"))?),
            over: Version::of(&it.over.ok_or(wrong("oldest version"))?),
            protocols,
            target: it.target,
            size: it.size,
            sha256: it.sha256.try_into().map_err(|_| wrong("SHA-256"))?,
            expires: Wall::from_us(it.expires_us),
            keys: it.keys.iter().map(key).collect::<Result<_, _>>()?,
        })
    }

    /// Whether these octets are the program.
    ///
    /// # Errors
    /// If they are not.
    pub fn is_of(&self, program: &[u8]) -> Result<(), ReleaseError> {
        if u64::try_from(program.len()) != Ok(self.size) {
            return Err(ReleaseError::Program { what: "its size" });
        }
        if digest(&SHA256, program).as_ref() != self.sha256 {
            return Err(ReleaseError::Program {
                what: "its SHA-256",
            });
        }
        Ok(())
    }

    /// Whether a box takes it.
    ///
    /// # Errors
    /// If it does not.
    pub fn admit(&self, to: &Stand<'_>, now: Wall) -> Result<(), Refused> {
        if self.target != to.target {
            return Err(Refused::Target);
        }
        if now >= self.expires {
            return Err(Refused::Expired);
        }
        if self.version <= to.floor {
            return Err(Refused::NotNewer { floor: to.floor });
        }
        if let Some(bad) = to.bad.filter(|bad| self.version <= *bad) {
            return Err(Refused::Bad { bad });
        }
        if to.runs < self.over {
            return Err(Refused::TooOld { over: self.over });
        }
        Ok(())
    }
}

/// How a box stands when it is offered a release.
#[derive(Debug, Clone, Copy)]
pub struct Stand<'s> {
    /// The machine it is.
    pub target: &'s str,
    /// What it runs.
    pub runs: Version,
    /// The highest that has ever stood: only what is higher is taken.
    pub floor: Version,
    /// The highest that was tried and did not stand.
    pub bad: Option<Version>,
}

/// Why a box does not take a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is for another kind of machine.
    #[error("it is for another kind of machine")]
    Target,
    /// It was not to be installed any more.
    #[error("it has expired")]
    Expired,
    /// It is no newer than what stood already.
    #[error("it is not newer than {floor}, which has stood here")]
    NotNewer {
        /// What stood.
        floor: Version,
    },
    /// It, or a newer one, was tried and did not stand.
    #[error("{bad} did not stand here; only a higher version is tried")]
    Bad {
        /// Which did not.
        bad: Version,
    },
    /// What runs is too old for it.
    #[error("it can be installed over {over} or newer only")]
    TooOld {
        /// The oldest it goes over.
        over: Version,
    },
    /// Another is being tried.
    #[error("another release is being tried")]
    Busy,
    /// The box starts its program without a supervisor.
    #[error("this box was not started by betang agent run, which could change its program")]
    Unsupervised,
    /// The box knows no key for releases.
    #[error("this box knows no key for releases")]
    NoKey,
}

impl Refused {
    /// The word that records, rows and pages use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::Expired => "expired",
            Self::NotNewer { .. } => "not_newer",
            Self::Bad { .. } => "bad",
            Self::TooOld { .. } => "too_old",
            Self::Busy => "busy",
            Self::Unsupervised => "unsupervised",
            Self::NoKey => "no_key",
        }
    }
}

/// A manifest as it travels: octets and who has signed them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    manifest: Vec<u8>,
    signatures: Vec<[u8; 64]>,
}

impl Signed {
    /// The same, signed by another key as well.
    #[must_use]
    pub fn signed_by(mut self, key: &SecretKey) -> Self {
        let message = [DOMAIN, &self.manifest].concat();
        self.signatures.push(key.sign_octets(&message));
        self
    }

    /// Its octets.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let signatures = self.signatures.iter().map(|one| one.to_vec()).collect();
        wire::SignedManifest {
            manifest: self.manifest.clone(),
            signatures,
        }
        .encode_to_vec()
    }

    /// Reads octets of a stranger.
    ///
    /// # Errors
    /// If they are none.
    pub fn decode(octets: &[u8]) -> Result<Self, ReleaseError> {
        if octets.len() > SIGNED_MAX {
            return Err(ReleaseError::Unreadable);
        }
        let it = wire::SignedManifest::decode(octets).map_err(|_| ReleaseError::Unreadable)?;
        if it.signatures.len() > KEYS_MAX {
            return Err(ReleaseError::Unreadable);
        }
        let signature = |octets: Vec<u8>| octets.try_into().map_err(|_| ReleaseError::Unreadable);
        Ok(Self {
            manifest: it.manifest,
            signatures: it
                .signatures
                .into_iter()
                .map(signature)
                .collect::<Result<_, _>>()?,
        })
    }

    /// What it says, for who has believed it before: keys may have changed since.
    ///
    /// # Errors
    /// If what was signed cannot be.
    pub fn believed(&self) -> Result<Manifest, ReleaseError> {
        Manifest::decode(&self.manifest)
    }

    /// What it says, if one of these keys has signed it.
    ///
    /// # Errors
    /// If none has, or what was signed cannot be.
    pub fn verify(&self, keys: &[PublicKey]) -> Result<Manifest, ReleaseError> {
        let message = [DOMAIN, &self.manifest].concat();
        let by = |key: &PublicKey| {
            let key = UnparsedPublicKey::new(&ED25519, key.as_bytes());
            let good = |signature: &[u8; 64]| key.verify(&message, signature).is_ok();
            self.signatures.iter().any(good)
        };
        if !keys.iter().take(KEYS_MAX).any(by) {
            return Err(ReleaseError::Signature);
        }
        Manifest::decode(&self.manifest)
    }
}

/// The file of a release.
#[must_use]
pub fn pack(signed: &Signed, program: &[u8]) -> Vec<u8> {
    let label = signed.encode();
    let length = u32::try_from(label.len()).unwrap_or(u32::MAX);
    [MAGIC, &length.to_le_bytes(), &label, program].concat()
}

/// Takes a file apart that a stranger may have made: what is signed, and the octets
/// that may be the program.
///
/// # Errors
/// If it is no such file.
pub fn unpack(file: &[u8]) -> Result<(Signed, &[u8]), ReleaseError> {
    let rest = file.strip_prefix(MAGIC).ok_or(ReleaseError::Unreadable)?;
    let (length, rest) = rest
        .split_first_chunk::<4>()
        .ok_or(ReleaseError::Unreadable)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
    let (label, program) = rest
        .split_at_checked(length)
        .ok_or(ReleaseError::Unreadable)?;
    Ok((Signed::decode(label)?, program))
}

/// What became of a release at a box. Sent and stored by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// It comes over the line, piece by piece.
    Fetching,
    /// It lies whole on the disk, and everything signed about it holds.
    Staged,
    /// It runs, and stands.
    Committed,
    /// It was tried and did not stand; what ran before runs again.
    RolledBack,
    /// The box does not take it.
    Refused,
    /// What stood was not what it had been on the disk; what ran before runs again.
    Damaged,
}

impl Progress {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 6] = [
        Self::Fetching,
        Self::Staged,
        Self::Committed,
        Self::RolledBack,
        Self::Refused,
        Self::Damaged,
    ];

    /// The word that rows and pages use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fetching => "fetching",
            Self::Staged => "staged",
            Self::Committed => "committed",
            Self::RolledBack => "rolled_back",
            Self::Refused => "refused",
            Self::Damaged => "damaged",
        }
    }
}

/// The body of a record about a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Updated {
    /// Which.
    pub version: Version,
    /// How far it has come.
    pub progress: Progress,
    /// Why, in a word; empty where there is nothing to say.
    pub why: String,
    /// The same for people.
    pub detail: String,
}

impl Updated {
    /// Its octets.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        wire::Updated {
            version: Some(self.version.wire()),
            state: self.progress as u32 + 1,
            why: self.why.clone(),
            detail: self.detail.clone(),
        }
        .encode_to_vec()
    }

    /// Reads the body of its record; none if it is not one.
    #[must_use]
    pub fn decode(body: &[u8]) -> Option<Self> {
        let it = wire::Updated::decode(body).ok()?;
        let state = usize::try_from(it.state.checked_sub(1)?).ok()?;
        Some(Self {
            version: Version::of(&it.version?),
            progress: *Progress::ALL.get(state)?,
            why: it.why,
            detail: it.detail,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Wall = Wall::from_us(1_800_000_000_000_000);

    fn key(seed: u8) -> SecretKey {
        SecretKey::from_seed(&[seed; 32]).expect("a key")
    }

    fn version(text: &str) -> Version {
        text.parse().expect("a version")
    }

    fn manifest(program: &[u8]) -> Manifest {
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(digest(&SHA256, program).as_ref());
        Manifest {
            version: version("0.3.0"),
            over: version("0.2.0"),
            protocols: Protocols { min: 1, max: 2 },
            target: "aarch64-unknown-linux-musl".to_owned(),
            size: u64::try_from(program.len()).expect("a size"),
            sha256,
            expires: NOW + std::time::Duration::from_secs(1),
            keys: vec![key(9).public()],
        }
    }

    #[test]
    fn only_what_a_key_that_counts_has_signed_is_read() {
        let program = b"#!/bin/sh\n";
        let signed = key(1).sign(&manifest(program));
        let file = pack(&signed, program);
        let (read, rest) = unpack(&file).expect("a file");
        assert_eq!(rest, program);
        let keys = [key(2).public(), key(1).public()];
        assert_eq!(read.verify(&keys), Ok(manifest(program)));
        assert_eq!(read.verify(&keys[..1]), Err(ReleaseError::Signature));
        assert_eq!(read.verify(&[]), Err(ReleaseError::Signature));
        // Each octet of the manifest and its signature counts.
        let (from, to) = (MAGIC.len() + 4, file.len() - program.len());
        for at in from..to {
            let mut other = file.clone();
            other[at] ^= 1;
            let believed = unpack(&other).and_then(|(signed, _)| signed.verify(&keys));
            assert!(believed.is_err(), "octet {at}");
        }
        // A second key makes it count for those who know the second one only.
        let both = signed.signed_by(&key(2));
        assert!(both.verify(&keys[..1]).is_ok());
    }

    #[test]
    fn a_program_is_the_one_that_was_signed_or_none() {
        let it = manifest(b"abc");
        assert_eq!(it.is_of(b"abc"), Ok(()));
        assert!(matches!(
            it.is_of(b"abcd"),
            Err(ReleaseError::Program { .. })
        ));
        assert!(matches!(
            it.is_of(b"abd"),
            Err(ReleaseError::Program { .. })
        ));
    }

    #[test]
    fn a_signed_nonsense_is_refused_by_name() {
        type Change = fn(&mut Manifest);
        let all: [(&str, Change); 4] = [
            ("size", |it| it.size = 0),
            ("size", |it| it.size = PROGRAM_MAX + 1),
            ("target", |it| it.target = "../x".to_owned()),
            ("range of protocols", |it| it.protocols.min = 3),
        ];
        for (field, change) in all {
            let mut it = manifest(b"abc");
            change(&mut it);
            let read = key(1).sign(&it).verify(&[key(1).public()]);
            assert_eq!(read, Err(ReleaseError::Field { field }));
        }
    }

    #[test]
    fn a_box_takes_what_is_newer_for_it_good_and_not_too_far() {
        let it = manifest(b"abc");
        let stand = Stand {
            target: "aarch64-unknown-linux-musl",
            runs: version("0.2.5"),
            floor: version("0.2.5"),
            bad: None,
        };
        assert_eq!(it.admit(&stand, NOW), Ok(()));
        let cases = [
            (
                Stand {
                    target: "x",
                    ..stand
                },
                Refused::Target,
            ),
            (
                Stand {
                    floor: version("0.3.0"),
                    ..stand
                },
                Refused::NotNewer {
                    floor: version("0.3.0"),
                },
            ),
            (
                Stand {
                    floor: version("0.10.0"),
                    ..stand
                },
                Refused::NotNewer {
                    floor: version("0.10.0"),
                },
            ),
            (
                Stand {
                    bad: Some(version("0.3.0")),
                    ..stand
                },
                Refused::Bad {
                    bad: version("0.3.0"),
                },
            ),
            (
                Stand {
                    runs: version("0.1.9"),
                    floor: version("0.1.9"),
                    ..stand
                },
                Refused::TooOld {
                    over: version("0.2.0"),
                },
            ),
        ];
        for (stand, why) in cases {
            assert_eq!(it.admit(&stand, NOW), Err(why));
        }
        assert_eq!(it.admit(&stand, it.expires), Err(Refused::Expired));
    }

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(version("0.9.0") < version("0.10.0"));
        assert!(version("1.0.0") > version("0.99.99"));
        for wrong in [
            "", "1", "1.2", "1.2.3.4", "1.2.x", "01.2.3", "1.2.+3", "1.2.-3",
        ] {
            assert!(wrong.parse::<Version>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_became_of_it_is_read_as_it_was_written() {
        for progress in Progress::ALL {
            let it = Updated {
                version: version("1.2.3"),
                progress,
                why: "crashed".to_owned(),
                detail: String::new(),
            };
            assert_eq!(Updated::decode(&it.encode()), Some(it));
        }
        assert_eq!(Updated::decode(&[]), None);
    }
}
