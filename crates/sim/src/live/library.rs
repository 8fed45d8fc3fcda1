//! Films on disk: encoded when first wanted, read ever after.
//!
//! A film appears under its name only when it is whole, so that a power cut leaves
//! none that is half one.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::film::{Codec, Film, FilmError, Script};
use crate::packet::{self, Payload};

/// The one film in H.265, which nothing here can encode: see `assets/README.md`.
const H265: &[u8] = include_bytes!("../../assets/h265.hevc");

/// A film and its packets, cut once for all sessions.
#[derive(Debug)]
pub struct Reel {
    /// The pictures.
    pub film: Film,
    /// The packets of each.
    pub payloads: Vec<Vec<Payload>>,
}

/// The films of a folder.
#[derive(Debug)]
pub struct Library {
    folder: PathBuf,
    held: Mutex<BTreeMap<Script, Arc<Reel>>>,
    h265: Arc<Reel>,
}

/// Why a film cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// The disk.
    #[error("the film {path}: {source}")]
    Disk {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The film itself.
    #[error(transparent)]
    Film(#[from] FilmError),
}

impl Reel {
    fn new(film: Film) -> Arc<Self> {
        let cut = |frame| packet::cut(film.codec, frame);
        let payloads = film.frames.iter().map(cut).collect();
        Arc::new(Self { film, payloads })
    }
}

impl Library {
    /// The films of this folder, which is made.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn open(folder: &Path) -> Result<Self, LibraryError> {
        fs::create_dir_all(folder).map_err(|source| LibraryError::Disk {
            path: folder.to_owned(),
            source,
        })?;
        let h265 = Film::read(Codec::H265, &Bytes::from_static(H265))?;
        Ok(Self {
            folder: folder.to_owned(),
            held: Mutex::default(),
            h265: Reel::new(h265),
        })
    }

    /// Whether the film is on disk already.
    #[must_use]
    pub fn has(&self, script: &Script) -> bool {
        self.folder.join(script.file()).exists()
    }

    /// The film in H.265.
    #[must_use]
    pub fn h265(&self) -> Arc<Reel> {
        Arc::clone(&self.h265)
    }

    /// The film; encodes it when it is not there, which takes seconds, and reads
    /// the disk, so never to be called where nobody may wait.
    ///
    /// # Errors
    /// If it can be neither read nor made.
    pub fn get(&self, script: &Script) -> Result<Arc<Reel>, LibraryError> {
        if let Some(reel) = self.lock().get(script) {
            return Ok(Arc::clone(reel));
        }
        let path = self.folder.join(script.file());
        let disk = |source| LibraryError::Disk {
            path: path.clone(),
            source,
        };
        let stream = match fs::read(&path) {
            Ok(stream) => stream,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let stream = script.encode()?;
                let half = path.with_extension(format!("{}.half", std::process::id()));
                fs::write(&half, &stream).map_err(disk)?;
                fs::rename(&half, &path).map_err(disk)?;
                stream
            }
            Err(error) => return Err(disk(error)),
        };
        let film = Film::read(Codec::H264, &Bytes::from(stream))?;
        let reel = Reel::new(film);
        // Of two that made it at once, both go on with the first.
        Ok(Arc::clone(self.lock().entry(*script).or_insert(reel)))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Script, Arc<Reel>>> {
        // A holder that panicked has left at most one film out.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Scene;

    #[test]
    fn the_committed_film_can_be_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let library = Library::open(folder.path()).expect("opened");
        let reel = library.h265();
        assert!(reel.film.frames.len() >= 25 && reel.film.frames[0].key);
        // VPS, SPS and PPS (H.265 table 7-1).
        let kinds: Vec<_> = reel.film.parameters().map(|nal| nal[0] >> 1).collect();
        assert!(
            [32, 33, 34].iter().all(|kind| kinds.contains(kind)),
            "{kinds:?}"
        );
    }

    #[test]
    fn a_film_that_is_none_is_said_to_be_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let library = Library::open(folder.path()).expect("opened");
        let script = Script::main(Scene::Road);
        assert!(!library.has(&script));
        fs::write(folder.path().join(script.file()), b"half").expect("written");
        assert!(matches!(library.get(&script), Err(LibraryError::Film(_))));
    }
}
