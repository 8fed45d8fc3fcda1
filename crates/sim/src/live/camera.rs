//! A simulated camera: its films, its password, and what is wrong with it.

use std::sync::Arc;

use tokio::sync::watch;

use super::library::{Library, LibraryError, Reel};
use crate::fault::Fault;
use crate::film::{Codec, Script};

/// The qualities that a camera offers, as the last part of its path.
pub const LAYERS: [&str; 2] = ["main", "sub"];

/// One camera. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Camera {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    name: String,
    /// Main and sub.
    scripts: [Script; 2],
    codec: Codec,
    credentials: Option<(String, String)>,
    /// Whether it has a microphone.
    sound: bool,
    fault: watch::Sender<Fault>,
    library: Arc<Library>,
}

impl Camera {
    /// A camera that shows these films as main and sub, and perhaps hears. In H.265
    /// its main picture is the committed film.
    #[must_use]
    pub fn new(
        name: &str,
        scripts: [Script; 2],
        codec: Codec,
        credentials: Option<(&str, &str)>,
        sound: bool,
        library: &Arc<Library>,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                name: name.to_owned(),
                scripts,
                codec,
                credentials: credentials.map(|(user, word)| (user.to_owned(), word.to_owned())),
                sound,
                fault: watch::Sender::new(Fault::None),
                library: Arc::clone(library),
            }),
        }
    }

    /// The first part of its path.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// What it asks for, as it is now.
    pub(super) fn credentials(&self) -> Option<(String, String)> {
        if self.fault() == Fault::Password {
            return Some(("sim".to_owned(), "another than was told".to_owned()));
        }
        self.inner.credentials.clone()
    }

    /// Whether it has a microphone.
    pub(super) fn hears(&self) -> bool {
        self.inner.sound
    }

    /// What is wrong with it now.
    #[must_use]
    pub fn fault(&self) -> Fault {
        *self.inner.fault.borrow()
    }

    /// Makes that wrong with it, and what was wrong before right.
    pub fn set_fault(&self, fault: Fault) {
        self.inner.fault.send_replace(fault);
    }

    /// Tells of every change.
    pub(super) fn faults(&self) -> watch::Receiver<Fault> {
        self.inner.fault.subscribe()
    }

    /// What it shows on a layer. Reads the disk or encodes.
    pub(super) fn reel(&self, layer: usize) -> Result<Arc<Reel>, LibraryError> {
        self.reel_with(self.fault(), layer)
    }

    /// Makes the films that it would show with that fault.
    pub(super) fn prepare(&self, fault: Fault) -> Result<(), LibraryError> {
        (0..LAYERS.len()).try_for_each(|layer| self.reel_with(fault, layer).map(|_| ()))
    }

    fn reel_with(&self, fault: Fault, layer: usize) -> Result<Arc<Reel>, LibraryError> {
        let inner = &self.inner;
        let script = inner.scripts[layer.min(1)];
        match (fault, inner.codec) {
            (Fault::H265, _) => Ok(inner.library.h265()),
            (_, Codec::H265) if layer == 0 => Ok(inner.library.h265()),
            (Fault::LongGop, _) => inner.library.get(&script.long_gop()),
            _ => inner.library.get(&script),
        }
    }

    /// The films that it needs when nothing is wrong.
    #[must_use]
    pub fn scripts(&self) -> [Script; 2] {
        self.inner.scripts
    }
}
