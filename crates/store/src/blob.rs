//! Files by the hash of their content.
//!
//! Order of writing: bytes into a temporary file, sync, rename to the hash, sync
//! of the folder, then the row. So a row means a durable file; a file without a
//! row is what a crash leaves, and harmless; an unfinished temporary file goes
//! when the folder is opened again. A file too long for memory is written as it
//! comes ([`Blobs::begin`]) and ends in the same order.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, Digest, SHA256, digest};
use base::now::Wall;
use tempfile::NamedTempFile;

use crate::{Error, Tx, params};

/// How the name of an unfinished file begins; no hash does.
const TEMPORARY: &str = ".part-";

/// Octets that are read at once where a file is only looked through.
const BUFFER: usize = 1 << 18;

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
        Self::hex(&digest(&SHA256, bytes))
    }

    /// Of all that is read, and how many octets that was.
    pub(crate) fn of_all(mut from: impl io::Read, mut also: impl Write) -> io::Result<(Self, u64)> {
        let mut hash = Context::new(&SHA256);
        let (mut octets, mut some) = (0, vec![0; BUFFER]);
        loop {
            let read = match from.read(&mut some) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            if read == 0 {
                return Ok((Self::hex(&hash.finish()), octets));
            }
            hash.update(&some[..read]);
            also.write_all(&some[..read])?;
            octets += u64::try_from(read).unwrap_or(u64::MAX);
        }
    }

    /// Two letters of the hash are a folder, so that no folder grows too long.
    pub(crate) fn within(&self, folder: &Path) -> PathBuf {
        folder.join(&self.0[..2]).join(&self.0)
    }

    fn hex(hash: &Digest) -> Self {
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
        let folder = self.shard(&path)?;
        // Whoever puts the same at the same time may not have synced yet, so the
        // folder is synced in either case.
        if self.get(&hash).is_err() {
            write(folder, &path, bytes)?;
        }
        sync(folder)?;
        Ok(hash)
    }

    /// Begins a file that is written as it comes. Blocks, as writing it does.
    ///
    /// # Errors
    /// [`Error::Full`] if the disk is.
    pub fn begin(&self) -> Result<Writing, Error> {
        Ok(Writing {
            blobs: self.clone(),
            file: temporary(&self.folder)?,
            hash: Context::new(&SHA256),
            octets: 0,
            failed: None,
        })
    }

    /// Opens a file for reading. Its hash is not looked at: who reads it knows by
    /// other means whether it is what was put there. Blocks. A hash from outside the
    /// house has to be looked up in a table first.
    ///
    /// # Errors
    /// [`Error::Lost`] if there is no such file.
    pub fn file(&self, hash: &Sha256) -> Result<File, Error> {
        let path = self.path(hash);
        File::open(&path).map_err(|error| lost(&path, hash, error))
    }

    /// What went wrong with reading or writing a file of the folder, in the words of
    /// the house: whoever streams through [`Read`](io::Read) and [`Write`] is told it
    /// in theirs.
    #[must_use]
    pub fn trouble(&self, error: io::Error) -> Error {
        Error::file(&self.folder, error)
    }

    /// The bytes, checked against their hash. Blocks. A hash from outside the
    /// house has to be looked up in a table first.
    ///
    /// # Errors
    /// [`Error::Lost`] if there is no such file, [`Error::Corrupt`] if it is not
    /// what was put there.
    pub fn get(&self, hash: &Sha256) -> Result<Vec<u8>, Error> {
        let path = self.path(hash);
        let bytes = fs::read(&path).map_err(|error| lost(&path, hash, error))?;
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
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::file(&path, error)),
            _ => Ok(()),
        }
    }

    /// The folder of a path, which is made when it is not there.
    fn shard<'p>(&'p self, path: &'p Path) -> Result<&'p Path, Error> {
        let folder = path.parent().unwrap_or(&self.folder);
        if !folder.exists() {
            make_folder(folder)?;
            sync(&self.folder)?;
        }
        Ok(folder)
    }

    fn path(&self, hash: &Sha256) -> PathBuf {
        hash.within(&self.folder)
    }
}

/// A file that is being written. Its hash, which is its name, is known at its end:
/// until [`keep`](Self::keep) it has none, and one that is dropped leaves nothing.
pub struct Writing {
    blobs: Blobs,
    file: NamedTempFile,
    hash: Context,
    octets: u64,
    /// What went wrong with it first.
    failed: Option<io::ErrorKind>,
}

impl Writing {
    /// Keeps the file on the disk: its hash, and how many octets it has. It counts as
    /// kept once [`record`] is committed. Blocks. A file of the same hash is replaced.
    ///
    /// # Errors
    /// [`Error::Full`] if the disk is, or was while it was written; then nothing is
    /// left behind.
    pub fn keep(self) -> Result<(Sha256, u64), Error> {
        // What is written behind a gap is another file.
        if let Some(kind) = self.failed {
            return Err(self.blobs.trouble(kind.into()));
        }
        self.file
            .as_file()
            .sync_all()
            .map_err(|error| self.blobs.trouble(error))?;
        let hash = Sha256::hex(&self.hash.finish());
        let path = self.blobs.path(&hash);
        let folder = self.blobs.shard(&path)?;
        self.file
            .persist(&path)
            .map_err(|error| Error::file(&path, error.error))?;
        sync(folder)?;
        Ok((hash, self.octets))
    }
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.file.write(bytes) {
            Ok(written) => {
                self.hash.update(&bytes[..written]);
                self.octets += u64::try_from(written).unwrap_or(u64::MAX);
                Ok(written)
            }
            Err(error) => {
                if error.kind() != io::ErrorKind::Interrupted {
                    self.failed.get_or_insert(error.kind());
                }
                Err(error)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl std::fmt::Debug for Writing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writing")
            .field("octets", &self.octets)
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}

/// For the owner's eyes: pictures and lists of people may lie in it.
pub(crate) fn make_folder(folder: &Path) -> Result<(), Error> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| Error::file(folder, error))
}

fn lost(path: &Path, hash: &Sha256, error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::NotFound {
        return Error::Lost {
            what: format!("blob {}", hash.as_str()),
        };
    }
    Error::file(path, error)
}

/// For the owner's eyes as well.
pub(crate) fn temporary(folder: &Path) -> Result<NamedTempFile, Error> {
    tempfile::Builder::new()
        .prefix(TEMPORARY)
        .tempfile_in(folder)
        .map_err(|error| Error::file(folder, error))
}

fn write(folder: &Path, path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut temporary = temporary(folder)?;
    temporary
        .write_all(bytes)
        .and_then(|()| temporary.as_file().sync_all())
        .map_err(|error| Error::file(path, error))?;
    temporary
        .persist(path)
        .map_err(|error| Error::file(path, error.error))?;
    Ok(())
}

pub(crate) fn sync(folder: &Path) -> Result<(), Error> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| Error::file(folder, error))
}

/// Octets that are written over a file at once.
const BLANK: usize = 1 << 16;

/// Writes over a file that has no name any more. One that has another name is somebody
/// else's copy.
pub(crate) fn blank(mut file: File) -> io::Result<()> {
    let about = file.metadata()?;
    if about.nlink() > 0 {
        return Ok(());
    }
    let blank = vec![0; BLANK];
    for _ in 0..about.len().div_ceil(BLANK as u64) {
        file.write_all(&blank)?;
    }
    file.sync_all()
}

/// Takes a file away that may be there, and writes over what it held.
pub(crate) fn wipe(path: &Path) -> Result<(), Error> {
    let wrong = |error| Error::file(path, error);
    let file = match File::options().write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(wrong(error)),
    };
    fs::remove_file(path).map_err(wrong)?;
    blank(file).map_err(wrong)?;
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    sync(folder.unwrap_or(Path::new(".")))
}

/// Takes away what a crash has left unfinished: beside the folders of the hashes what
/// was written as it came, in them the others.
fn sweep(folder: &Path) -> io::Result<()> {
    for shard in fs::read_dir(folder)? {
        let shard = shard?;
        if !shard.file_type()?.is_dir() {
            remove_unfinished(&shard)?;
            continue;
        }
        for file in fs::read_dir(shard.path())? {
            remove_unfinished(&file?)?;
        }
    }
    Ok(())
}

fn remove_unfinished(file: &fs::DirEntry) -> io::Result<()> {
    if file.file_name().to_string_lossy().starts_with(TEMPORARY) {
        fs::remove_file(file.path())?;
    }
    Ok(())
}

/// Writes the row of a file that [`Blobs::put`] or [`Writing::keep`] has kept.
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
        let long = folder.path().join(".part-y");
        for unfinished in [&shard, &long] {
            fs::write(unfinished, b"ha").expect("unfinished");
        }
        let blobs = Blobs::open(folder.path()).expect("opened again");
        assert!(!shard.exists() && !long.exists());
        assert_eq!(blobs.get(&hash).expect("there"), b"whole");
    }

    /// What lies in the folder, apart from folders.
    fn lying(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).expect("a folder");
        entries
            .map(|entry| entry.expect("an entry").path())
            .flat_map(|path| {
                if path.is_dir() {
                    lying(&path)
                } else {
                    vec![path]
                }
            })
            .collect()
    }

    #[test]
    fn what_is_written_as_it_comes_is_what_would_have_been_put() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let blobs = Blobs::open(folder.path()).expect("a folder");
        for text in [&b""[..], b"huma", b"huma betang"] {
            let mut writing = blobs.begin().expect("begun");
            for piece in text.chunks(3) {
                writing.write_all(piece).expect("written");
            }
            let octets = u64::try_from(text.len()).expect("few");
            assert_eq!(writing.keep().expect("kept"), (Sha256::of(text), octets));
            let mut read = Vec::new();
            let mut file = blobs.file(&Sha256::of(text)).expect("there");
            io::Read::read_to_end(&mut file, &mut read).expect("read");
            assert_eq!(read, text);
            assert_eq!(blobs.get(&Sha256::of(text)).expect("whole"), text);
        }
        // A damaged one is replaced.
        let hash = Sha256::of(b"huma");
        fs::write(blobs.path(&hash), b"other").expect("altered");
        let mut writing = blobs.begin().expect("begun");
        writing.write_all(b"huma").expect("written");
        writing.keep().expect("kept again");
        assert_eq!(blobs.get(&hash).expect("mended"), b"huma");
        assert_eq!(lying(folder.path()).len(), 3);
        blobs.remove(&hash).expect("removed");
        assert!(matches!(blobs.file(&hash), Err(Error::Lost { .. })));
    }

    #[test]
    fn one_that_is_dropped_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let blobs = Blobs::open(folder.path()).expect("a folder");
        let mut writing = blobs.begin().expect("begun");
        writing.write_all(b"half").expect("written");
        assert_eq!(lying(folder.path()).len(), 1);
        drop(writing);
        assert!(lying(folder.path()).is_empty());
    }

    #[test]
    fn a_full_disk_is_said_and_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let blobs = Blobs::open(folder.path()).expect("a folder");
        let mut writing = blobs.begin().expect("begun");
        let full = File::options().write(true).open("/dev/full");
        let (_, path) = writing.file.into_parts();
        writing.file = NamedTempFile::from_parts(full.expect("a full disk"), path);
        let error = writing.write_all(b"more than it holds").expect_err("full");
        assert!(matches!(blobs.trouble(error), Error::Full));
        assert!(matches!(writing.keep(), Err(Error::Full)));
        assert!(lying(folder.path()).is_empty());
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
