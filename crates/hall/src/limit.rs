//! How often one may try to log in.
//!
//! Every attempt counts as failed until it is known to have succeeded, so that
//! many at once gain nothing. Failures are counted per user name and per address;
//! behind the free ones each doubles the wait, up to a ceiling:
//!
//! | counted per | free | then | at most |
//! |---|---|---|---|
//! | user name | 5 | 1 s, 2 s, 4 s … | 60 s, since anybody can hold up anybody |
//! | address, IPv6 by /64 | 20 | 1 s, 2 s, 4 s … | 15 min |
//!
//! An hour without a failure forgets them. The table is bounded; when it is full,
//! the entry that has been quiet longest makes room. To flush a name out of it
//! takes ten thousand attempts, which the address is not allowed.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base::now::Mono;

/// Names and addresses that are remembered.
const KEYS_MAX: usize = 10_000;

/// Quiet for so long, failures are forgotten.
const FORGET: Duration = Duration::from_secs(3600);

const NAME: Policy = Policy {
    free: 5,
    most: Duration::from_secs(60),
};

const ADDRESS: Policy = Policy {
    free: 20,
    most: Duration::from_secs(15 * 60),
};

struct Policy {
    free: u32,
    most: Duration,
}

/// Failed attempts to log in. Pure: time comes in as an argument.
#[derive(Debug, Default)]
pub struct Limiter {
    failures: BTreeMap<Key, Failures>,
    /// The same keys, the longest quiet first.
    quiet: BTreeSet<(Mono, Key)>,
}

/// An attempt that was let through, to be closed when it succeeds.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    name: Key,
    address: Option<Key>,
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Mono,
    until: Mono,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// The hash: a mistyped name may be a password.
    Name([u8; 32]),
    Address(IpAddr),
}

impl Limiter {
    /// Lets an attempt through, or says how long to wait.
    ///
    /// # Errors
    /// The time to wait, which is never zero.
    pub fn attempt(
        &mut self,
        now: Mono,
        name: &str,
        address: Option<IpAddr>,
    ) -> Result<Attempt, Duration> {
        let attempt = Attempt {
            name: Key::name(name),
            address: address.map(Key::address),
        };
        let keys = || std::iter::once(attempt.name).chain(attempt.address);
        let wait = keys().map(|key| self.wait(now, key)).max();
        if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
            return Err(wait);
        }
        for key in keys() {
            self.count(now, key);
        }
        Ok(attempt)
    }

    /// The attempt was right: it forgives the name, and itself to the address.
    ///
    /// The address keeps its other failures: one known password must not open
    /// the way to guess others.
    pub fn succeeded(&mut self, attempt: Attempt) {
        self.forget(attempt.name);
        if let Some(key) = attempt.address
            && let Some(failures) = self.failures.get_mut(&key)
        {
            failures.count = failures.count.saturating_sub(1);
            failures.until = failures.last;
        }
    }

    fn wait(&self, now: Mono, key: Key) -> Duration {
        self.failures
            .get(&key)
            .map_or(Duration::ZERO, |failures| failures.until.since(now))
    }

    fn count(&mut self, now: Mono, key: Key) {
        let before = self
            .failures
            .get(&key)
            .filter(|failures| now.since(failures.last) < FORGET)
            .map_or(0, |failures| failures.count);
        self.forget(key);
        if self.failures.len() >= KEYS_MAX
            && let Some((_, quiet)) = self.quiet.first().copied()
        {
            self.forget(quiet);
        }
        let count = before.saturating_add(1);
        let until = now + key.policy().delay(count);
        self.failures.insert(
            key,
            Failures {
                count,
                last: now,
                until,
            },
        );
        self.quiet.insert((now, key));
    }

    fn forget(&mut self, key: Key) {
        if let Some(failures) = self.failures.remove(&key) {
            self.quiet.remove(&(failures.last, key));
        }
    }
}

impl Policy {
    /// How long to wait after so many failures.
    fn delay(&self, count: u32) -> Duration {
        match count.checked_sub(self.free) {
            None => Duration::ZERO,
            Some(more) => {
                let seconds = 1_u64.checked_shl(more).unwrap_or(u64::MAX);
                Duration::from_secs(seconds).min(self.most)
            }
        }
    }
}

/// What one customer of a provider has: an IPv4 address, or at least a /64.
pub(crate) fn customer(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
    }
}

impl Key {
    fn name(name: &str) -> Self {
        let hash = digest(&SHA256, name.as_bytes());
        Self::Name(hash.as_ref().first_chunk().copied().unwrap_or_default())
    }

    fn address(address: IpAddr) -> Self {
        Self::Address(customer(address))
    }

    const fn policy(self) -> Policy {
        match self {
            Self::Name(_) => NAME,
            Self::Address(_) => ADDRESS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Mono = Mono::from_us(1_000_000);

    fn address(n: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, n]))
    }

    #[test]
    fn waits_double_up_to_a_ceiling() {
        let mut limiter = Limiter::default();
        let mut now = START;
        let mut waits = Vec::new();
        for n in 0..14 {
            // Always another address: only the name counts.
            let tried = limiter.attempt(now, "admin", address(n));
            if let Err(wait) = tried {
                waits.push(wait.as_secs());
                now = now + wait;
                limiter
                    .attempt(now, "admin", address(n))
                    .expect("after the wait");
            }
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }

    #[test]
    fn one_address_cannot_try_many_names() {
        let mut limiter = Limiter::default();
        let refused = (0..100)
            .filter(|n| {
                limiter
                    .attempt(START, &format!("name {n}"), address(1))
                    .is_err()
            })
            .count();
        assert_eq!(refused, 80);
        assert!(limiter.attempt(START, "name 99", address(2)).is_ok());
    }

    #[test]
    fn attempts_at_the_same_time_count() {
        let mut limiter = Limiter::default();
        let through = (0..50)
            .filter(|_| limiter.attempt(START, "admin", None).is_ok())
            .count();
        assert_eq!(through, 5);
    }

    #[test]
    fn success_forgives_the_name_and_only_itself_to_the_address() {
        let mut limiter = Limiter::default();
        for n in 0..19 {
            let _ = limiter.attempt(START, &format!("name {n}"), address(1));
        }
        let own = limiter.attempt(START, "mine", address(1)).expect("free");
        limiter.succeeded(own);
        limiter
            .attempt(START, "mine", address(1))
            .expect("the twentieth failure");
        assert!(limiter.attempt(START, "mine", address(1)).is_err());
    }

    #[test]
    fn an_hour_of_quiet_forgets() {
        let mut limiter = Limiter::default();
        for _ in 0..5 {
            let _ = limiter.attempt(START, "admin", None);
        }
        let later = START + FORGET;
        for _ in 0..5 {
            limiter.attempt(later, "admin", None).expect("forgotten");
        }
    }

    #[test]
    fn the_table_is_bounded() {
        let mut limiter = Limiter::default();
        for n in 0..KEYS_MAX + 500 {
            let now = START + Duration::from_micros(u64::try_from(n).expect("small"));
            let _ = limiter.attempt(now, &format!("name {n}"), None);
        }
        assert_eq!(limiter.failures.len(), KEYS_MAX);
        assert_eq!(limiter.quiet.len(), KEYS_MAX);
    }

    #[test]
    fn one_network_is_one_address() {
        let key = |text: &str| Key::address(text.parse().expect("an address"));
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:1"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
    }
}
