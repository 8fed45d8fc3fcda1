//! The sound of one camera, many listeners.
//!
//! It is here exactly as long as it is switched on, and asked of the camera only
//! while somebody listens.

use std::sync::{Arc, Mutex};

use base::id::{Camera, Device, Id};
use tokio::sync::watch;
use watch_core::sound::{Packet, Reader, Ring};

use super::bell::{Bell, Bells, Rung};
use super::{Want, Wants, lock};
use crate::ingest::session::Source;

/// What the hub has to know of a camera's sound in order to pull it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoundSpec {
    /// Where it comes from.
    pub source: Source,
    /// The device behind it and how many sessions that allows.
    pub device: (Id<Device>, usize),
}

/// The sound of one camera that may be heard.
#[derive(Debug)]
pub struct Sound {
    camera: Id<Camera>,
    ring: Mutex<Ring>,
    source: watch::Sender<Source>,
    lag_us: Mutex<Option<i64>>,
    wants: Arc<Wants>,
    bells: Bells,
}

impl Sound {
    pub(super) fn new(camera: Id<Camera>, source: Source) -> Self {
        Self {
            camera,
            ring: Mutex::default(),
            source: watch::Sender::new(source),
            lag_us: Mutex::default(),
            wants: Arc::default(),
            bells: Bells::default(),
        }
    }

    /// Whose it is.
    #[must_use]
    pub const fn camera(&self) -> Id<Camera> {
        self.camera
    }

    /// How many packets there have ever been.
    #[must_use]
    pub fn heard(&self) -> u64 {
        lock(&self.ring).end()
    }

    /// Asks for it to be pulled, as long as the answer lives.
    #[must_use]
    pub fn want(&self) -> Want {
        self.wants.want()
    }

    pub(super) fn move_to(&self, source: Source) {
        self.source.send_replace(source);
    }

    pub(crate) fn sources(&self) -> watch::Receiver<Source> {
        self.source.subscribe()
    }

    pub(crate) fn is_wanted(&self) -> bool {
        self.wants.any()
    }

    pub(crate) async fn wants_changed(&self) {
        self.wants.changed().await;
    }

    pub(crate) fn push(&self, packets: impl Iterator<Item = Packet>) {
        let mut ring = lock(&self.ring);
        packets.for_each(|packet| ring.push(packet));
        drop(ring);
        self.bells.ring(Rung::Sound(self.camera));
    }

    /// It has ended, or nobody may hear it any more.
    pub(crate) fn forget(&self) {
        lock(&self.ring).clear();
    }

    pub(crate) fn next(&self, reader: &mut Reader) -> Option<Arc<Packet>> {
        reader.next(&lock(&self.ring))
    }

    pub(crate) fn lags(&self, lag_us: Option<i64>) {
        *lock(&self.lag_us) = lag_us;
    }

    /// How long it is under way, in µs by the camera's clock and ours.
    pub(crate) fn lag_us(&self) -> Option<i64> {
        *lock(&self.lag_us)
    }

    pub(crate) fn listen(&self, bell: &Arc<Bell>) {
        self.bells.listen(bell);
    }

    pub(crate) fn unlisten(&self, bell: &Arc<Bell>) {
        self.bells.unlisten(bell);
    }
}
