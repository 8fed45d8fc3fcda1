//! The last minute of all streams, behind one lock.
//!
//! [`watch_core::trail`] says what stays and what goes. Frames are pushed after the viewers
//! of a stream have been woken, and groups that go are dropped outside the lock, so that
//! nobody who watches waits for the past.
//!
//! Bound: the key `lookback_memory` of the configuration, in octets, for the whole house.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base::now::{Mono, Now};
use base::unit::Bytes;
use watch_core::frame::Frame;
use watch_core::trail::{Held, Pin, Short, Stretch, Sum, Trails};

use super::{StreamKey, lock};

/// How often what is too old goes, of streams that bring nothing more.
pub(crate) const EXPIRE_EVERY: Duration = Duration::from_secs(5);

/// The last minute of all streams. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Past {
    trails: Arc<Mutex<Trails<StreamKey>>>,
}

/// A stretch that stays for as long as this lives, however the trails go on.
#[derive(Debug)]
pub struct Pinned {
    past: Past,
    pin: Pin,
    /// The pictures.
    pub stretch: Stretch,
}

impl Past {
    pub(super) fn new(budget: Bytes) -> Self {
        Self {
            trails: Arc::new(Mutex::new(Trails::bounded(budget))),
        }
    }

    pub(super) fn push(&self, key: StreamKey, frame: Arc<Frame>, watched: bool) {
        let gone = lock(&self.trails).push(key, frame, watched);
        drop(gone);
    }

    pub(super) fn broke(&self, key: StreamKey) {
        lock(&self.trails).broke(key);
    }

    pub(super) fn forget(&self, key: StreamKey) {
        let gone = lock(&self.trails).forget(key);
        drop(gone);
    }

    /// Lets go of what is too old.
    pub(crate) fn expire(&self, now: Mono) {
        let gone = lock(&self.trails).expire(now);
        drop(gone);
    }

    /// How much of a stream can be looked at; none: nothing.
    #[must_use]
    pub fn held(&self, key: StreamKey, now: Now) -> Option<Held> {
        self.expire(now.mono);
        lock(&self.trails).held(key)
    }

    /// What is held of the house.
    #[must_use]
    pub fn sum(&self) -> Sum {
        lock(&self.trails).sum()
    }

    /// What is there of a stream now, without holding it for longer than the answer lives;
    /// none: nothing.
    pub(crate) fn look(&self, key: StreamKey, now: Now) -> Option<Stretch> {
        self.expire(now.mono);
        lock(&self.trails).look(key, now.mono)
    }

    /// The same, held for whoever looks at it; none: there is nothing.
    pub(crate) fn pin(&self, key: StreamKey, now: Now) -> Result<Option<Pinned>, Short> {
        self.expire(now.mono);
        let mut trails = lock(&self.trails);
        let Some(stretch) = trails.look(key, now.mono) else {
            return Ok(None);
        };
        let (pin, gone) = trails.pin(&stretch)?;
        drop(trails);
        drop(gone);
        Ok(Some(Pinned {
            past: self.clone(),
            pin,
            stretch,
        }))
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        lock(&self.past.trails).unpin(self.pin);
    }
}
