//! Televisions whose code nobody has typed yet: in memory, for a while, and not too many.
//!
//! A code has eight characters of 23, in two groups, none of which is taken for another
//! from across a room. It lives [`CODE_LIFE`]; some 36 random bits stand against at most
//! [`WAITING_MAX`] codes that count at once and a few guesses a minute.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base::now::Mono;
use base::redact::Secret;

use crate::limit::customer;

/// So long a code is good for.
pub const CODE_LIFE: Duration = Duration::from_secs(600);

/// Codes that wait at once. Policy: one more is refused, so that nobody pushes out the
/// code that a person is about to type.
pub const WAITING_MAX: usize = 256;

/// Codes of one address that wait at once: the screens of one hall behind one router. A
/// code that was left alone counts until it is over, so this is also how often one asks.
pub const WAITING_PER_ADDRESS: usize = 16;

/// Without 0 O, 1 I L, 2 Z, 5 S, 8 B, and without G and U beside 6 and V.
const ALPHABET: &[u8; 23] = b"ACDEFHJKMNPQRTVWXY34679";

/// Characters of a code.
const LENGTH: usize = 8;

/// Draws a code that nobody has had, as it is shown: `AC3D-7HKM`.
///
/// # Errors
/// If the system has no randomness.
pub(super) fn draw() -> Result<Secret<String>, Unspecified> {
    let random = SystemRandom::new();
    // Octets beyond the last whole round would make some characters likelier than others.
    let most = u8::try_from(256 / ALPHABET.len() * ALPHABET.len()).map_err(|_| Unspecified)?;
    let mut code = String::with_capacity(LENGTH + 1);
    while code.len() < LENGTH + 1 {
        let mut octet = [0];
        random.fill(&mut octet)?;
        if octet[0] >= most {
            continue;
        }
        if code.len() == LENGTH / 2 {
            code.push('-');
        }
        code.push(char::from(ALPHABET[usize::from(octet[0]) % ALPHABET.len()]));
    }
    Ok(Secret::new(code))
}

/// What somebody has typed, in the spelling that is shown; none if no code has it.
fn normal(typed: &str) -> Option<String> {
    let mut code = String::with_capacity(LENGTH + 1);
    for c in typed.chars().filter(|c| !matches!(c, '-' | ' ')) {
        let c = c.to_ascii_uppercase();
        if code.len() > LENGTH || !ALPHABET.iter().any(|a| char::from(*a) == c) {
            return None;
        }
        if code.len() == LENGTH / 2 {
            code.push('-');
        }
        code.push(c);
    }
    (code.len() == LENGTH + 1).then_some(code)
}

/// Why no code is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full {
    /// When the oldest of those in the way is over.
    pub(super) wait: Duration,
}

#[derive(Debug)]
struct Slot {
    code: Secret<String>,
    address: Option<IpAddr>,
    until: Mono,
}

/// The televisions that wait, by the hash of the key that each of them holds.
#[derive(Debug, Default)]
pub struct Waiting(Mutex<BTreeMap<Vec<u8>, Slot>>);

impl Waiting {
    /// Lets one wait, until when its code is over.
    ///
    /// # Errors
    /// [`Full`] if too many do, of all or of this address.
    pub(super) fn begin(
        &self,
        now: Mono,
        address: Option<IpAddr>,
        key: Vec<u8>,
        code: Secret<String>,
    ) -> Result<(), Full> {
        let address = address.map(customer);
        let mut slots = self.slots(now);
        let own = slots.values().filter(|slot| slot.address == address);
        let mine = own.clone().count() >= WAITING_PER_ADDRESS;
        let first = if mine {
            own.map(|slot| slot.until).min()
        } else if slots.len() >= WAITING_MAX {
            slots.values().map(|slot| slot.until).min()
        } else {
            None
        };
        if let Some(first) = first {
            return Err(Full {
                wait: first.since(now),
            });
        }
        let until = now + CODE_LIFE;
        slots.insert(
            key,
            Slot {
                code,
                address,
                until,
            },
        );
        Ok(())
    }

    /// Whether the code of this key may still be typed.
    pub(super) fn waits(&self, now: Mono, key: &[u8]) -> bool {
        self.slots(now).contains_key(key)
    }

    /// The key of the television that shows what was typed.
    pub(super) fn typed(&self, now: Mono, typed: &str) -> Option<Vec<u8>> {
        let code = normal(typed)?;
        let slots = self.slots(now);
        slots
            .iter()
            .find(|(_, slot)| *slot.code.expose() == code)
            .map(|(key, _)| key.clone())
    }

    /// The code was used: it counts no more.
    pub(super) fn end(&self, key: &[u8]) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(key);
    }

    /// All that are not over.
    fn slots(&self, now: Mono) -> MutexGuard<'_, BTreeMap<Vec<u8>, Slot>> {
        // What waits is whole between any two statements.
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|_, slot| slot.until > now);
        slots
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Mono = Mono::from_us(1_000_000);

    fn address(n: usize) -> Option<IpAddr> {
        let octets = u32::try_from(n).expect("small").to_be_bytes();
        Some(IpAddr::from(octets))
    }

    fn key(n: usize) -> Vec<u8> {
        n.to_be_bytes().to_vec()
    }

    fn code(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[test]
    fn a_code_has_two_groups_of_four_and_nothing_that_looks_like_another() {
        for _ in 0..500 {
            let code = draw().expect("randomness");
            let (one, other) = code.expose().split_once('-').expect("two groups");
            assert_eq!((one.len(), other.len()), (4, 4));
            assert!(!code.expose().contains(|c| "0O1IL2Z5S8BGU".contains(c)));
        }
    }

    #[test]
    fn a_code_counts_once_and_not_for_long() {
        let waiting = Waiting::default();
        waiting
            .begin(START, None, key(1), code("AC3D-7HKM"))
            .expect("room");
        for typed in ["AC3D-7HKM", "ac3d7hkm", " ac3d 7hkm ", "AC-3D-7H-KM"] {
            assert_eq!(waiting.typed(START, typed), Some(key(1)), "{typed}");
        }
        for typed in [
            "",
            "AC3D-7HK",
            "AC3D-7HKMA",
            "AC3D-7HKN",
            "AC3D-7HK0",
            "ẠC3D-7HKM",
        ] {
            assert_eq!(waiting.typed(START, typed), None, "{typed}");
        }
        let last = START + (CODE_LIFE - Duration::from_micros(1));
        assert!(waiting.waits(last, &key(1)));
        waiting.end(&key(1));
        assert_eq!(waiting.typed(last, "AC3D-7HKM"), None);
        waiting
            .begin(START, None, key(2), code("AC3D-7HKM"))
            .expect("room");
        assert_eq!(waiting.typed(START + CODE_LIFE, "AC3D-7HKM"), None);
        assert!(!waiting.waits(START + CODE_LIFE, &key(2)));
    }

    #[test]
    fn so_many_wait_and_no_more_and_those_that_are_over_make_room() {
        let waiting = Waiting::default();
        for n in 0..WAITING_PER_ADDRESS {
            let begun = waiting.begin(START, address(1), key(n), code("AC3D-7HKM"));
            assert_eq!(begun, Ok(()), "{n}");
        }
        let later = START + Duration::from_secs(60);
        let refused = waiting.begin(later, address(1), key(999), code("AC3D-7HKM"));
        let wait = CODE_LIFE - Duration::from_secs(60);
        assert_eq!(refused, Err(Full { wait }));
        for n in WAITING_PER_ADDRESS..WAITING_MAX {
            let begun = waiting.begin(later, address(n), key(n), code("AC3D-7HKM"));
            assert_eq!(begun, Ok(()), "{n}");
        }
        let refused = waiting.begin(later, address(9_999), key(999), code("AC3D-7HKM"));
        assert_eq!(refused, Err(Full { wait }));
        let after = START + CODE_LIFE;
        let begun = waiting.begin(after, address(1), key(999), code("AC3D-7HKM"));
        assert_eq!(begun, Ok(()));
    }

    #[test]
    fn neither_code_nor_key_is_printed() {
        let waiting = Waiting::default();
        waiting
            .begin(START, None, key(1), code("AC3D-7HKM"))
            .expect("room");
        assert!(!format!("{waiting:?}").contains("AC3D"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = normal(&text);
        }
    }
}
