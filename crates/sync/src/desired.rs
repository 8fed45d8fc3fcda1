//! What a box is to be like: the centre says it, signed, and the box goes back by
//! itself to what it was if it cannot reach the centre any more.
//!
//! The signature is that of the centre's authority, whose key a box knows since it was
//! let in, so it does not matter which way a document comes. It names the box that it is
//! for and has a version that only rises, so an old one, or another box's, is nothing.
//!
//! ```text
//!            offer              contact
//!  settled ─────────▶ on trial ─────────▶ settled (new)
//!     ▲                  │ no contact for ten minutes, or too many starts
//!     └──────────────────┘
//! ```

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use base::id::{Agent, Id};
use base::now::{Mono, Wall};
use prost::Message as _;
use serde::{Deserialize, Serialize};

use crate::anchor::{self, Anchor};
use crate::wire;

/// The longest document with its signature, in octets.
pub const SIGNED_MAX: usize = 4 * 1024;

/// The most addresses of a centre.
pub const HOUSES_MAX: usize = 8;

/// The longest address, in octets: a name of 253 and a port.
const HOUSE_MAX: usize = 260;

/// Seconds between two samples: the fewest and the most.
pub const SAMPLE_EVERY_S: std::ops::RangeInclusive<u32> = 1..=3_600;

/// Kibibytes of a release in an hour: the fewest and the most.
pub const UPDATE_KIB_PER_HOUR: std::ops::RangeInclusive<u32> = 16..=4 * 1024 * 1024;

/// Octets of a day: the fewest and the most.
pub const BUDGET_OCTETS: std::ops::RangeInclusive<u64> = 100_000..=10_000_000_000;

/// So long a box tries a document without reaching the centre, unless it is told
/// otherwise when it is started.
pub const PATIENCE: Duration = Duration::from_secs(600);

/// How often the box may be started again meanwhile: power that comes and goes begins
/// the time anew, and not for ever.
pub const STARTS_MAX: u32 = 5;

/// What is signed begins with this.
const DOMAIN: &[u8] = b"betang site configuration/1\0";

/// How the key of an authority begins: ECDSA over P-256, an uncompressed point
/// (RFC 5480 §2).
const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// What a box is to be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// Only rises, for one box.
    pub version: u64,
    /// Whom it is for.
    pub agent: Id<Agent>,
    /// When it was made.
    pub made: Wall,
    /// Seconds between two samples; none: as it was started.
    pub sample_every_s: Option<u32>,
    /// Where the centre is, in the order they are tried; none: where it was when the box
    /// was let in.
    pub houses: Vec<House>,
    /// Kibibytes of a release that may be fetched in an hour; none: as it was started.
    pub update_kib_per_hour: Option<u32>,
    /// Where it looks whether there is an internet; none: as it was started.
    pub anchors: Vec<Anchor>,
    /// Octets that it may use on a day (UTC) for its own ends; none: as it was started.
    pub budget_octets: Option<u64>,
}

/// An address of a centre: `HOST:PORT`, `[ADDRESS]:PORT`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct House {
    /// A name or an address.
    pub host: String,
    /// A TCP port.
    pub port: u16,
}

impl std::fmt::Display for House {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// A text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an address of a centre is HOST:PORT")]
pub struct HouseError;

impl std::str::FromStr for House {
    type Err = HouseError;

    fn from_str(text: &str) -> Result<Self, HouseError> {
        if text.len() > HOUSE_MAX {
            return Err(HouseError);
        }
        let (host, port) = text.rsplit_once(':').ok_or(HouseError)?;
        let inner = host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let host = match inner {
            Some(inner) => inner
                .parse::<core::net::Ipv6Addr>()
                .map_err(|_| HouseError)?
                .to_string(),
            None => host.to_owned(),
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':');
        let is_name = !host.is_empty() && host.bytes().all(plain);
        if !is_name || (inner.is_none() && host.contains(':')) {
            return Err(HouseError);
        }
        let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse().ok().filter(|port| *port != 0 && is_number);
        Ok(Self {
            host,
            port: port.ok_or(HouseError)?,
        })
    }
}

/// Why a document does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DesiredError {
    /// It is none.
    #[error("this is no configuration")]
    Unreadable,
    /// The centre that this box belongs to has not signed it.
    #[error("the house of this box has not signed this configuration")]
    Signature,
    /// It is for another box.
    #[error("this configuration is for another box")]
    Other,
    /// It was signed, and says something impossible.
    #[error("the configuration has an impossible {field}")]
    Field {
        /// Which.
        field: &'static str,
    },
    /// It is no newer than what was here.
    #[error("a configuration of version {floor} was here already")]
    Old {
        /// The highest that was.
        floor: u64,
    },
}

impl Desired {
    /// Its octets, to be signed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        wire::Desired {
            version: self.version,
            agent: self.agent.as_bytes().to_vec(),
            made_us: self.made.as_us(),
            sample_every_s: self.sample_every_s,
            houses: self.houses.iter().map(House::to_string).collect(),
            update_kib_per_hour: self.update_kib_per_hour,
            anchors: self.anchors.iter().map(written).collect(),
            budget_octets: self.budget_octets,
        }
        .encode_to_vec()
    }

    /// What the authority signs for these octets.
    #[must_use]
    pub fn to_sign(octets: &[u8]) -> Vec<u8> {
        [DOMAIN, octets].concat()
    }

    /// Whether its numbers are within their bounds.
    ///
    /// # Errors
    /// If one is not.
    pub fn check(&self) -> Result<(), DesiredError> {
        let wrong = |field| Err(DesiredError::Field { field });
        if self
            .sample_every_s
            .is_some_and(|it| !SAMPLE_EVERY_S.contains(&it))
        {
            return wrong("interval of samples");
        }
        if self
            .update_kib_per_hour
            .is_some_and(|it| !UPDATE_KIB_PER_HOUR.contains(&it))
        {
            return wrong("share of an hour");
        }
        if self.houses.len() > HOUSES_MAX {
            return wrong("number of addresses");
        }
        if !self.anchors.is_empty() && anchor::read(&self.anchors).is_err() {
            return wrong("anchor");
        }
        if self
            .budget_octets
            .is_some_and(|it| !BUDGET_OCTETS.contains(&it))
        {
            return wrong("budget of a day");
        }
        Ok(())
    }

    /// Reads octets of a stranger; whose word they are is another question.
    ///
    /// # Errors
    /// If they are no configuration, or say something impossible.
    pub fn decode(octets: &[u8]) -> Result<Self, DesiredError> {
        let it = wire::Desired::decode(octets).map_err(|_| DesiredError::Unreadable)?;
        let wrong = |field| DesiredError::Field { field };
        let agent: [u8; 16] = it.agent.try_into().map_err(|_| wrong("box"))?;
        let house = |text: &String| text.parse().map_err(|_| wrong("address"));
        let desired = Self {
            version: it.version,
            agent: Id::from_bytes(agent),
            made: Wall::from_us(it.made_us),
            sample_every_s: it.sample_every_s,
            houses: it.houses.iter().map(house).collect::<Result<_, _>>()?,
            update_kib_per_hour: it.update_kib_per_hour,
            anchors: it.anchors.into_iter().map(read).collect(),
            budget_octets: it.budget_octets,
        };
        desired.check()?;
        Ok(desired)
    }
}

fn written(it: &Anchor) -> wire::LookedAt {
    wire::LookedAt {
        name: it.name.clone(),
        network: it.network.clone(),
        https: it.https.clone().unwrap_or_default(),
        tcp: it.tcp.clone().unwrap_or_default(),
        dns: it.dns.clone().unwrap_or_default(),
        dns_name: it.dns_name.clone().unwrap_or_default(),
    }
}

fn read(it: wire::LookedAt) -> Anchor {
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    Anchor {
        name: it.name,
        network: it.network,
        https: some(it.https),
        tcp: some(it.tcp),
        dns: some(it.dns),
        dns_name: some(it.dns_name),
    }
}

/// A document as it travels.
#[must_use]
pub fn seal(desired: Vec<u8>, signature: Vec<u8>, key: Vec<u8>) -> Vec<u8> {
    wire::SignedDesired {
        desired,
        signature,
        key,
    }
    .encode_to_vec()
}

/// What octets of a stranger say, if the centre of that key has signed them for this
/// box.
///
/// # Errors
/// If it has not, or what was signed cannot be.
pub fn unseal(octets: &[u8], house: &[u8; 32], agent: Id<Agent>) -> Result<Desired, DesiredError> {
    if octets.len() > SIGNED_MAX {
        return Err(DesiredError::Unreadable);
    }
    let it = wire::SignedDesired::decode(octets).map_err(|_| DesiredError::Unreadable)?;
    if digest(&SHA256, &it.key).as_ref() != house {
        return Err(DesiredError::Signature);
    }
    let point = it.key.strip_prefix(&SPKI).ok_or(DesiredError::Signature)?;
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
        .verify(&Desired::to_sign(&it.desired), &it.signature)
        .map_err(|_| DesiredError::Signature)?;
    let desired = Desired::decode(&it.desired)?;
    if desired.agent != agent {
        return Err(DesiredError::Other);
    }
    Ok(desired)
}

/// What became of a document. Sent and stored by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// The box is like that now, for a trial.
    Applied,
    /// The centre was reached since.
    Confirmed,
    /// It was not, and the box is as it was before.
    RolledBack,
}

impl Fate {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::Applied, Self::Confirmed, Self::RolledBack];

    /// The word that rows and pages use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Confirmed => "confirmed",
            Self::RolledBack => "rolled_back",
        }
    }
}

/// The body of a record about a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configured {
    /// Which.
    pub version: u64,
    /// What became of it.
    pub fate: Fate,
    /// Why, in a word; empty where there is nothing to say.
    pub why: &'static str,
}

impl Configured {
    /// Its octets.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        wire::Configured {
            version: self.version,
            state: self.fate as u32 + 1,
            why: self.why.to_owned(),
        }
        .encode_to_vec()
    }

    /// Reads the body of its record, with what it says as the reason; none if it is not
    /// one.
    #[must_use]
    pub fn decode(body: &[u8]) -> Option<(u64, Fate, String)> {
        let it = wire::Configured::decode(body).ok()?;
        let state = usize::try_from(it.state.checked_sub(1)?).ok()?;
        Some((it.version, *Fate::ALL.get(state)?, it.why))
    }
}

/// A trial of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Trying {
    /// The boot that `since_us` counts from.
    boot: u128,
    since_us: u64,
    starts: u32,
}

/// What is on the disk about configurations. The documents are kept as they came.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Held {
    /// The highest version that was ever taken: only what is higher is.
    pub floor: u64,
    /// What counts; none: what the box was started with.
    pub current: Option<Vec<u8>>,
    /// What counted before, while the current one is on trial.
    former: Option<Vec<u8>>,
    trying: Option<Trying>,
}

impl Held {
    /// Whether what counts is on trial.
    #[must_use]
    pub const fn is_trying(&self) -> bool {
        self.trying.is_some()
    }

    /// Takes a document that was unsealed; it is on trial from now on.
    ///
    /// # Errors
    /// If it is no newer than what was here.
    pub fn offer(
        &mut self,
        octets: Vec<u8>,
        desired: &Desired,
        boot: u128,
        now: Mono,
    ) -> Result<(), DesiredError> {
        if desired.version <= self.floor {
            return Err(DesiredError::Old { floor: self.floor });
        }
        self.floor = desired.version;
        let was = self.current.replace(octets);
        // What is gone back to is what was confirmed last, and not another trial.
        if self.trying.is_none() {
            self.former = was;
        }
        self.trying = Some(Trying {
            boot,
            since_us: now.as_us(),
            starts: 0,
        });
        Ok(())
    }

    /// The box's program has started. Whether it has gone back: it was started too often.
    pub fn begun(&mut self, boot: u128, now: Mono) -> bool {
        let Some(trying) = &mut self.trying else {
            return false;
        };
        trying.starts += 1;
        if trying.boot != boot {
            trying.boot = boot;
            trying.since_us = now.as_us();
        }
        if trying.starts > STARTS_MAX {
            self.go_back();
            return true;
        }
        false
    }

    /// The centre has greeted. Whether that ends a trial.
    pub fn contact(&mut self) -> bool {
        self.former = None;
        self.trying.take().is_some()
    }

    /// When [`Held::tick`] is due; none if never.
    #[must_use]
    pub fn deadline(&self, patience: Duration) -> Option<Mono> {
        let since = Mono::from_us(self.trying?.since_us);
        Some(since + patience)
    }

    /// Time has passed. Whether it has gone back.
    pub fn tick(&mut self, patience: Duration, now: Mono) -> bool {
        let is_late = self.deadline(patience).is_some_and(|due| now >= due);
        if is_late {
            self.go_back();
        }
        is_late
    }

    fn go_back(&mut self) {
        self.current = self.former.take();
        self.trying = None;
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};

    use super::*;

    fn agent(n: u8) -> Id<Agent> {
        Id::from_bytes([n; 16])
    }

    fn desired(version: u64) -> Desired {
        Desired {
            version,
            agent: agent(1),
            made: Wall::from_us(1_800_000_000_000_000),
            sample_every_s: Some(300),
            houses: vec!["pusat.example:8443".parse().expect("an address")],
            update_kib_per_hour: None,
            anchors: anchor::usual(),
            budget_octets: Some(2_000_000),
        }
    }

    /// A centre: signs, and what boxes know it by.
    fn centre() -> (impl Fn(&Desired) -> Vec<u8>, [u8; 32]) {
        let random = SystemRandom::new();
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random);
        let made = made.expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, made.as_ref());
        let key = key.expect("a key");
        let spki = [&SPKI, key.public_key().as_ref()].concat();
        let mut house = [0; 32];
        house.copy_from_slice(digest(&SHA256, &spki).as_ref());
        let sign = move |desired: &Desired| {
            let octets = desired.encode();
            let signed = key.sign(&random, &Desired::to_sign(&octets));
            let signature = signed.expect("signed").as_ref().to_vec();
            seal(octets, signature, spki.clone())
        };
        (sign, house)
    }

    #[test]
    fn only_what_the_own_centre_has_signed_for_this_box_counts() {
        let (sign, house) = centre();
        let octets = sign(&desired(1));
        assert_eq!(unseal(&octets, &house, agent(1)), Ok(desired(1)));
        assert_eq!(unseal(&octets, &house, agent(2)), Err(DesiredError::Other));
        let (other, _) = centre();
        let of_other = other(&desired(1));
        assert_eq!(
            unseal(&of_other, &house, agent(1)),
            Err(DesiredError::Signature)
        );
        for at in 0..octets.len() {
            let mut changed = octets.clone();
            changed[at] ^= 1;
            assert!(unseal(&changed, &house, agent(1)).is_err(), "octet {at}");
        }
    }

    #[test]
    fn a_signed_nonsense_is_refused_by_name() {
        let (sign, house) = centre();
        type Change = fn(&mut Desired);
        let all: [(&str, Change); 5] = [
            ("interval of samples", |it| it.sample_every_s = Some(0)),
            ("share of an hour", |it| it.update_kib_per_hour = Some(1)),
            ("number of addresses", |it| {
                it.houses = vec![it.houses[0].clone(); HOUSES_MAX + 1];
            }),
            ("anchor", |it| {
                it.anchors[0].https = Some("http://a/".to_owned())
            }),
            ("budget of a day", |it| it.budget_octets = Some(1)),
        ];
        for (field, change) in all {
            let mut it = desired(1);
            change(&mut it);
            let read = unseal(&sign(&it), &house, agent(1));
            assert_eq!(read, Err(DesiredError::Field { field }));
        }
    }

    /// The longest of everything still travels.
    #[test]
    fn the_longest_document_fits() {
        let (sign, house) = centre();
        let name = |n: usize| ["a", "b", "c"][n].repeat(32);
        let it = Desired {
            houses: vec![
                format!("{}:65535", "h".repeat(253))
                    .parse()
                    .expect("a house");
                HOUSES_MAX
            ],
            anchors: (0..anchor::ANCHORS_MAX)
                .map(|n| Anchor {
                    name: name(n),
                    network: name(n),
                    https: Some(format!("https://{}/", "h".repeat(119))),
                    tcp: Some(format!("{}:65535", "h".repeat(74))),
                    dns: Some("[2001:db8:1111:1111:1111:1111:1111:1111]:65535".to_owned()),
                    dns_name: Some(["x".repeat(49), "y".repeat(50)].join(".")),
                })
                .collect(),
            ..desired(1)
        };
        let octets = sign(&it);
        assert_eq!(unseal(&octets, &house, agent(1)), Ok(it));
    }

    #[test]
    fn addresses_are_a_name_and_a_port() {
        for good in ["a.example:1", "10.0.0.1:65535", "[2001:db8::1]:8443"] {
            let house: House = good.parse().expect("an address");
            assert_eq!(house.to_string(), good);
        }
        for wrong in [
            "", "a", "a:", ":1", "a:0", "a:65536", "a b:1", "a:+1", "::1:2", "[x]:1", "a/b:1",
        ] {
            assert_eq!(wrong.parse::<House>(), Err(HouseError), "{wrong:?}");
        }
    }

    const PATIENCE: Duration = Duration::from_secs(600);
    const T0: Mono = Mono::from_us(5_000_000);

    /// Version 1 confirmed, version 2 on trial since [`T0`] in boot 7.
    fn on_trial() -> Held {
        let mut held = Held::default();
        held.offer(vec![1], &desired(1), 7, T0).expect("newer");
        assert!(held.contact());
        held.offer(vec![2], &desired(2), 7, T0).expect("newer");
        held
    }

    #[test]
    fn a_contact_confirms_and_silence_goes_back() {
        let mut held = on_trial();
        assert!(!held.tick(PATIENCE, T0 + PATIENCE / 2));
        assert!(held.contact());
        assert!(!held.tick(PATIENCE, T0 + PATIENCE * 2));
        assert_eq!(held.current, Some(vec![2]));
        let mut held = on_trial();
        assert_eq!(held.deadline(PATIENCE), Some(T0 + PATIENCE));
        assert!(held.tick(PATIENCE, T0 + PATIENCE));
        assert_eq!(held.current, Some(vec![1]));
        assert!(!held.contact(), "nothing is on trial any more");
        // What was gone back from does not come again.
        let again = held.offer(vec![2], &desired(2), 7, T0);
        assert_eq!(again, Err(DesiredError::Old { floor: 2 }));
        assert!(held.offer(vec![3], &desired(3), 7, T0).is_ok());
    }

    #[test]
    fn without_one_before_it_goes_back_to_none() {
        let mut held = Held::default();
        held.offer(vec![1], &desired(1), 7, T0).expect("newer");
        assert!(held.tick(PATIENCE, T0 + PATIENCE));
        assert_eq!(held.current, None);
    }

    #[test]
    fn a_second_trial_goes_back_to_what_was_confirmed() {
        let mut held = on_trial();
        held.offer(vec![3], &desired(3), 7, T0).expect("newer");
        assert!(held.tick(PATIENCE, T0 + PATIENCE));
        assert_eq!(held.current, Some(vec![1]));
    }

    #[test]
    fn a_power_cut_begins_the_time_anew_and_not_for_ever() {
        let mut held = on_trial();
        // The same boot: the program was started again, and the time goes on.
        assert!(!held.begun(7, T0 + PATIENCE / 2));
        assert_eq!(held.deadline(PATIENCE), Some(T0 + PATIENCE));
        let early = Mono::from_us(1);
        for boot in 8..12 {
            assert!(!held.begun(boot, early));
            assert_eq!(held.deadline(PATIENCE), Some(early + PATIENCE));
        }
        assert!(held.begun(12, early));
        assert_eq!(held.current, Some(vec![1]));
    }

    #[test]
    fn what_became_of_it_is_read_as_it_was_written() {
        for fate in Fate::ALL {
            let it = Configured {
                version: 3,
                fate,
                why: "x",
            };
            let read = Configured::decode(&it.encode());
            assert_eq!(read, Some((3, fate, "x".to_owned())));
        }
        assert_eq!(Configured::decode(&[]), None);
    }
}
