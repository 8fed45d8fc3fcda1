//! Wakes an engine for what has something new.
//!
//! A bell holds each stream and each sound at most once.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use base::id::{Camera, Id};
use tokio::sync::Notify;

use super::{StreamKey, lock};

/// What has something new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rung {
    /// A frame.
    Stream(StreamKey),
    /// A piece of sound.
    Sound(Id<Camera>),
}

/// Wakes one engine.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    dirty: Mutex<BTreeSet<Rung>>,
    notify: Notify,
}

/// The bells that are rung for one stream or sound.
#[derive(Debug, Default)]
pub(super) struct Bells {
    bells: Mutex<Vec<Arc<Bell>>>,
}

impl Bell {
    fn ring(&self, what: Rung) {
        lock(&self.dirty).insert(what);
        self.notify.notify_one();
    }

    pub(crate) async fn rung(&self) {
        self.notify.notified().await;
    }

    pub(crate) fn take(&self) -> BTreeSet<Rung> {
        std::mem::take(&mut *lock(&self.dirty))
    }
}

impl Bells {
    /// Rings that bell from now on, until it is dropped by its owner.
    pub(super) fn listen(&self, bell: &Arc<Bell>) {
        let mut bells = lock(&self.bells);
        if !bells.iter().any(|known| Arc::ptr_eq(known, bell)) {
            bells.push(Arc::clone(bell));
        }
    }

    pub(super) fn unlisten(&self, bell: &Arc<Bell>) {
        lock(&self.bells).retain(|known| !Arc::ptr_eq(known, bell));
    }

    pub(super) fn ring(&self, what: Rung) {
        for bell in lock(&self.bells).iter() {
            bell.ring(what);
        }
    }
}
