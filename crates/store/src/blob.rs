//! Files by the hash of their content.
//!
//! Order of writing: bytes into a temporary file, sync, rename to the hash, sync
//! of the folder, then the row. So a row means a durable file; a file without a
//! row is what a crash leaves, and harmless; an unfinished temporary file goes
//! when the folder is opened again.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use base::now::Wall;

use crate::{Error, Tx, params};

/// How the name of an unfinished file begins; no hash does.
const TEMPORARY: &str = ".part-";

/// The folder of the files.
#[derive(Debug, Clone)]
pub struct Blobs {
    folder: PathBuf,
}

/// The SHA-256 of a file, as lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256(String);

impl Sha256 {
    /// Of those bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let hash = digest(&SHA256, bytes);
        Self(
            hash.as_ref()
                .iter()
                .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}")),
        )
    }

    /// From 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        (text.len() == 64 && text.chars().all(digit)).then(|| Self(text.to_owned()))
    }

    /// The 64 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Blobs {
    /// Opens the folder, which is made when it is not there.
    ///
    /// # Errors
    /// If it cannot be made or read.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        make_folder(folder)?;
        if let Some(parent) = folder.parent().filter(|parent| *parent != Path::new("")) {
            sync(parent)?;
        }
        sweep(folder).map_err(|error| Error::file(folder, error))?;
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// Keeps the bytes on the disk. They count as kept once [`record`] is
    /// committed. Blocks; call it where blocking is allowed. A file that is there
    /// but damaged is replaced.
    ///
    /// # Errors
    /// [`Error::Full`] if the disk is; then nothing is left behind.
    pub fn put(&self, bytes: &[u8]) -> Result<Sha256, Error> {
        let hash = Sha256::of(bytes);
        let path = self.path(&hash);
        let folder = path.parent().unwrap_or(&self.folder);
        if !folder.exists() {
            make_folder(folder)?;
            sync(&self.folder)?;
        }
        // Whoever puts the same at the same time may not have synced yet, so the
        // folder is synced in either case.
        if self.get(&hash).is_err() {
            write(folder, &path, bytes)?;
        }
        sync(folder)?;
        Ok(hash)
    }

    /// The bytes, checked against their hash. Blocks. A hash from outside the
    /// house has to be looked up in a table first.
    ///
    /// # Errors
    /// [`Error::Lost`] if there is no such file, [`Error::Corrupt`] if it is not
    /// what was put there.
    pub fn get(&self, hash: &Sha256) -> Result<Vec<u8>, Error> {
        let path = self.path(hash);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::Lost {
                    what: format!("blob {}", hash.as_str()),
                });
            }
            Err(error) => return Err(Error::file(&path, error)),
        };
        if Sha256::of(&bytes) != *hash {
            return Err(Error::corrupt(format!("blob {}", hash.as_str())));
        }
        Ok(bytes)
    }

    /// Takes a file off the disk, once the transaction of [`forget`] is committed.
    /// One that is not there is as good as removed. Blocks.
    ///
    /// # Errors
    /// If it is there and cannot be removed.
    pub fn remove(&self, hash: &Sha256) -> Result<(), Error> {
        let path = self.path(hash);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::file(&path, error))
            }
            _ => Ok(()),
        }
    }

    /// Two letters of the hash are a folder, so that no folder grows too long.
    fn path(&self, hash: &Sha256) -> PathBuf {
        self.folder.join(&hash.0[..2]).join(&hash.0)
    }
}

/// For the owner's eyes: pictures and lists of people may lie in it.
fn make_folder(folder: &Path) -> Result<(), Error> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| Error::file(folder, error))
}

fn write(folder: &Path, path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut temporary = tempfile::Builder::new()
        .prefix(TEMPORARY)
        .tempfile_in(folder)
        .map_err(|error| Error::file(folder, error))?;
    temporary
        .write_all(bytes)
        .and_then(|()| temporary.as_file().sync_all())
        .map_err(|error| Error::file(path, error))?;
    temporary
        .persist(path)
        .map_err(|error| Error::file(path, error.error))?;
    Ok(())
}

fn sync(folder: &Path) -> Result<(), Error> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| Error::file(folder, error))
}

/// Takes away what a crash has left unfinished.
fn sweep(folder: &Path) -> std::io::Result<()> {
    for shard in fs::read_dir(folder)? {
        let shard = shard?;
        if !shard.file_type()?.is_dir() {
            continue;
        }
        for file in fs::read_dir(shard.path())? {
            let file = file?;
            if file.file_name().to_string_lossy().starts_with(TEMPORARY) {
                fs::remove_file(file.path())?;
            }
        }
    }
    Ok(())
}

/// Writes the row of a file that [`Blobs::put`] has kept.
///
/// # Errors
/// If the database does not answer.
pub async fn record(tx: &mut Tx, hash: &Sha256, size: usize, now: Wall) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO store_blob (sha256, size_bytes, kept_us) VALUES ($1, $2, $3) \
         ON CONFLICT (sha256) DO NOTHING",
        params![hash.as_str(), i64::try_from(size).unwrap_or(i64::MAX), now],
    )
    .await?;
    Ok(())
}

/// Takes the row of a file away. The caller knows that nothing else names it, and
/// calls [`Blobs::remove`] after the commit: a crash between leaves a file without
/// a row, which is harmless.
///
/// # Errors
/// If the database does not answer.
pub async fn forget(tx: &mut Tx, hash: &Sha256) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM store_blob WHERE sha256 = $1",
        params![hash.as_str()],
    )
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_comes_back_and_what_was_altered_does_not() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let blobs = Blobs::open(folder.path()).expect("a folder");
        let hash = blobs.put(b"huma betang").expect("kept");
        assert_eq!(blobs.put(b"huma betang").expect("kept once"), hash);
        assert_eq!(blobs.get(&hash).expect("there"), b"huma betang");
        fs::write(blobs.path(&hash), b"other").expect("altered");
        assert!(matches!(blobs.get(&hash), Err(Error::Corrupt { .. })));
        blobs.put(b"huma betang").expect("kept again");
        assert_eq!(blobs.get(&hash).expect("mended"), b"huma betang");
        blobs.remove(&hash).expect("removed");
        assert!(matches!(blobs.get(&hash), Err(Error::Lost { .. })));
        blobs.remove(&hash).expect("gone already");
    }

    #[test]
    fn an_unfinished_file_goes_and_a_finished_one_stays() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let blobs = Blobs::open(folder.path()).expect("a folder");
        let hash = blobs.put(b"whole").expect("kept");
        let shard = blobs.path(&hash).with_file_name(".part-x");
        fs::write(&shard, b"ha").expect("unfinished");
        let blobs = Blobs::open(folder.path()).expect("opened again");
        assert!(!shard.exists());
        assert_eq!(blobs.get(&hash).expect("there"), b"whole");
    }

    #[test]
    fn only_a_hash_names_a_file() {
        let hash = Sha256::of(b"");
        assert_eq!(Sha256::parse(hash.as_str()), Some(hash));
        for wrong in ["", "../../etc/passwd", &"A".repeat(64), &"é".repeat(32)] {
            assert_eq!(Sha256::parse(wrong), None, "{wrong:?}");
        }
    }
}
