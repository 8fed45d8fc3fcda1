//! Challenges that a passkey is to sign: in memory, for a while, once, and not too many.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base::id::{Id, Person};
use base::now::Mono;

use super::webauthn::Expected;
use crate::limit::customer;

/// So long one is good for, which is what browsers are told to wait.
pub const CHALLENGE_LIFE: Duration = Duration::from_secs(300);

/// Challenges that wait at once. Policy: one more is refused, so that nobody pushes out the
/// one that a person is about to answer.
const WAITING_MAX: usize = 1_024;

/// Those of one address: everybody of an office behind one router.
const WAITING_PER_ADDRESS: usize = 64;

/// What somebody wants to do with a passkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Add one to those of a person.
    Add(Id<Person>),
    /// Show one in a session of a person.
    Show(Id<Person>),
    /// Come in.
    Enter,
}

#[derive(Debug)]
struct Slot {
    purpose: Purpose,
    origin: String,
    rp_id: String,
    address: Option<IpAddr>,
    until: Mono,
}

/// The challenges that wait.
#[derive(Debug, Default)]
pub struct Challenges(Mutex<BTreeMap<[u8; 32], Slot>>);

impl Challenges {
    /// Lets one wait. What the same person waited with for the same makes room.
    ///
    /// # Errors
    /// If too many wait, of all or of this address: when one is over.
    pub(super) fn begin(
        &self,
        now: Mono,
        address: Option<IpAddr>,
        purpose: Purpose,
        challenge: [u8; 32],
        (origin, rp_id): (String, String),
    ) -> Result<(), Duration> {
        let address = address.map(customer);
        let mut slots = self.slots(now);
        if purpose != Purpose::Enter {
            slots.retain(|_, slot| slot.purpose != purpose);
        }
        let own = slots.values().filter(|slot| slot.address == address);
        let first = if own.clone().count() >= WAITING_PER_ADDRESS {
            own.map(|slot| slot.until).min()
        } else if slots.len() >= WAITING_MAX {
            slots.values().map(|slot| slot.until).min()
        } else {
            None
        };
        if let Some(first) = first {
            return Err(first.since(now));
        }
        let until = now + CHALLENGE_LIFE;
        slots.insert(
            challenge,
            Slot {
                purpose,
                origin,
                rp_id,
                address,
                until,
            },
        );
        Ok(())
    }

    /// Takes one out: what the answer to it has to say.
    pub(super) fn take(&self, now: Mono, purpose: Purpose, challenge: &[u8]) -> Option<Expected> {
        let key: [u8; 32] = challenge.try_into().ok()?;
        let mut slots = self.slots(now);
        let slot = slots.remove(&key)?;
        (slot.purpose == purpose).then(|| Expected {
            challenge: challenge.to_vec(),
            origin: slot.origin,
            rp_id: slot.rp_id,
        })
    }

    /// Those that are not over.
    fn slots(&self, now: Mono) -> MutexGuard<'_, BTreeMap<[u8; 32], Slot>> {
        // A table is whole at any moment: a panic elsewhere spoils nothing.
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|_, slot| slot.until > now);
        slots
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Mono = Mono::from_us(1_000_000);

    fn begin(all: &Challenges, now: Mono, address: u32, purpose: Purpose, n: u32) -> bool {
        let mut challenge = [0; 32];
        challenge[..4].copy_from_slice(&n.to_be_bytes());
        let address = Some(std::net::Ipv4Addr::from_bits(address).into());
        let page = ("https://a.example".to_owned(), "a.example".to_owned());
        all.begin(now, address, purpose, challenge, page).is_ok()
    }

    fn take(all: &Challenges, now: Mono, purpose: Purpose, n: u32) -> bool {
        let mut challenge = [0; 32];
        challenge[..4].copy_from_slice(&n.to_be_bytes());
        all.take(now, purpose, &challenge).is_some()
    }

    #[test]
    fn one_is_good_once_for_its_purpose_and_for_a_while() {
        let all = Challenges::default();
        let (ani, budi) = (Id::from_bytes([1; 16]), Id::from_bytes([2; 16]));
        assert!(begin(&all, START, 1, Purpose::Show(ani), 1));
        assert!(
            !take(&all, START, Purpose::Show(budi), 1),
            "of somebody else"
        );
        assert!(
            !take(&all, START, Purpose::Show(ani), 1),
            "and used up by that"
        );
        assert!(begin(&all, START, 1, Purpose::Show(ani), 2));
        assert!(take(&all, START, Purpose::Show(ani), 2));
        assert!(!take(&all, START, Purpose::Show(ani), 2), "once");
        assert!(begin(&all, START, 1, Purpose::Enter, 3));
        assert!(
            !take(&all, START + CHALLENGE_LIFE, Purpose::Enter, 3),
            "over"
        );
        assert!(begin(&all, START, 1, Purpose::Show(ani), 4));
        assert!(begin(&all, START, 1, Purpose::Show(ani), 5));
        assert!(
            !take(&all, START, Purpose::Show(ani), 4),
            "the newer has its room"
        );
        assert!(all.take(START, Purpose::Enter, b"short").is_none());
    }

    #[test]
    fn too_many_are_refused_and_nobody_is_pushed_out() {
        let all = Challenges::default();
        let mut n = 0;
        let mut another = |address: u32| {
            n += 1;
            begin(&all, START, address, Purpose::Enter, n)
        };
        for _ in 0..WAITING_PER_ADDRESS {
            assert!(another(1));
        }
        assert!(!another(1), "one address");
        for address in 2..=u32::try_from(WAITING_MAX / WAITING_PER_ADDRESS).expect("few") {
            for _ in 0..WAITING_PER_ADDRESS {
                assert!(another(address));
            }
        }
        assert!(!another(99), "all addresses");
        assert!(
            take(&all, START, Purpose::Enter, 1),
            "the first still waits"
        );
        assert!(begin(&all, START + CHALLENGE_LIFE, 1, Purpose::Enter, 0));
    }
}
