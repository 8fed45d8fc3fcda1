//! Logins that have been begun and not come back yet. In memory only: a house that starts
//! anew asks people to begin again.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use base::id::{Id, Person};
use base::now::Mono;
use base::redact::Secret;

use crate::limit::customer;

/// So long somebody may take at the provider.
pub(super) const LIFE: Duration = Duration::from_secs(600);

/// Logins that wait at a time. Policy: one more drops the oldest.
const WAITING_MAX: usize = 2_000;

/// Logins of one address that wait at a time. Policy: one more drops its oldest.
const WAITING_PER_ADDRESS: usize = 100;

/// What somebody who comes back is to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Somebody who is here.
    LogIn,
    /// The same as before, and known by the provider: this login, of that person.
    Link([u8; 16], Id<Person>),
}

/// What is kept of a login that has been begun.
#[derive(Debug, Clone)]
pub(super) struct Begun {
    /// The hash of what only the browser has that has begun it.
    pub(super) browser: Vec<u8>,
    pub(super) nonce: Secret<String>,
    pub(super) verifier: Secret<String>,
    /// A page of this house.
    pub(super) back: String,
    pub(super) purpose: Purpose,
}

/// Logins that wait, by the hash of their state. Pure: time comes in as an argument.
#[derive(Debug, Default)]
pub(super) struct Waiting(BTreeMap<Vec<u8>, (Mono, Option<IpAddr>, Begun)>);

impl Waiting {
    pub(super) fn begin(
        &mut self,
        now: Mono,
        address: Option<IpAddr>,
        state: Vec<u8>,
        begun: Begun,
    ) {
        let address = address.map(customer);
        self.0.retain(|_, (at, ..)| now.since(*at) < LIFE);
        let own = self.0.values().filter(|(_, from, _)| *from == address);
        if own.count() >= WAITING_PER_ADDRESS {
            self.drop_oldest(|from| from == address);
        } else if self.0.len() >= WAITING_MAX {
            self.drop_oldest(|_| true);
        }
        self.0.insert(state, (now, address, begun));
    }

    /// Takes the one of a state, if that browser has begun it. It is gone either way: a
    /// state is shown once.
    pub(super) fn take(&mut self, now: Mono, state: &[u8], browser: &[u8]) -> Option<Begun> {
        let (at, _, begun) = self.0.remove(state)?;
        (now.since(at) < LIFE && begun.browser == browser).then_some(begun)
    }

    fn drop_oldest(&mut self, among: impl Fn(Option<IpAddr>) -> bool) {
        let oldest = self
            .0
            .iter()
            .filter(|(_, (_, from, _))| among(*from))
            .min_by_key(|(_, (at, ..))| *at)
            .map(|(state, _)| state.clone());
        if let Some(state) = oldest {
            self.0.remove(&state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Mono = Mono::from_us(1_000_000);

    fn begun(browser: &str) -> Begun {
        Begun {
            browser: browser.as_bytes().to_vec(),
            nonce: Secret::new("n".to_owned()),
            verifier: Secret::new("v".to_owned()),
            back: "/situasi".to_owned(),
            purpose: Purpose::LogIn,
        }
    }

    fn address(n: u16) -> Option<IpAddr> {
        let [a, b] = n.to_be_bytes();
        Some(IpAddr::from([10, 0, a, b]))
    }

    #[test]
    fn a_state_is_shown_once_by_its_browser_and_in_time() {
        let mut waiting = Waiting::default();
        for (browser, later, found) in [
            ("mine", Duration::ZERO, true),
            ("another", Duration::ZERO, false),
            ("mine", LIFE, false),
        ] {
            waiting.begin(START, None, b"state".to_vec(), begun("mine"));
            let now = START + later;
            let first = waiting.take(now, b"state", browser.as_bytes());
            assert_eq!(first.is_some(), found, "{browser}");
            assert!(waiting.take(now, b"state", b"mine").is_none(), "{browser}");
        }
    }

    #[test]
    fn who_begins_many_drops_his_own() {
        let mut waiting = Waiting::default();
        waiting.begin(START, address(1), b"first".to_vec(), begun("b"));
        for n in 0..5_000_u16 {
            let now = START + Duration::from_micros(1 + u64::from(n));
            let state = n.to_be_bytes().to_vec();
            waiting.begin(now, address(2), state, begun("b"));
        }
        assert_eq!(waiting.0.len(), WAITING_PER_ADDRESS + 1);
        assert!(waiting.take(START, b"first", b"b").is_some());
        for n in 0..5_000_u16 {
            let now = START + Duration::from_micros(u64::from(n));
            let state = (70_000 + u32::from(n)).to_be_bytes().to_vec();
            waiting.begin(now, address(n), state, begun("b"));
        }
        assert_eq!(waiting.0.len(), WAITING_MAX);
    }
}
