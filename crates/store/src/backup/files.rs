//! Files of a backup: linked where they lie, or copied, and read through in either case.
//!
//! A file of the house is named by its hash and never written again, so that another name
//! for it is as good as a copy, on the same disk. On another disk the backup before may
//! hold it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::blob::{Sha256, make_folder, sync, temporary};

/// Backups before this one that are looked into.
const EARLIER_MAX: usize = 8;

/// How a file came to its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placed {
    Linked,
    Copied,
}

/// Other backups beside this one, the last by name first: whole ones have a manifest.
pub(super) fn earlier(folder: &Path) -> Vec<PathBuf> {
    let Some(parent) = folder.parent() else {
        return Vec::new();
    };
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| path != folder && path.join(super::manifest::NAME).is_file())
        .map(|path| path.join(super::BLOBS))
        .collect();
    found.sort();
    found.reverse();
    found.truncate(EARLIER_MAX);
    found
}

/// Puts a file of one folder into another, from where it is nearest. Its octets, or none
/// where it is not there or is not what was put there.
pub(super) fn put(
    hash: &Sha256,
    from: &Path,
    earlier: &[PathBuf],
    into: &Path,
) -> Result<Option<(Placed, u64)>, Error> {
    let target = hash.within(into);
    let shard = target.parent().unwrap_or(into);
    make_folder(shard)?;
    if let Some(octets) = whole(&target, hash)? {
        return Ok(Some((Placed::Linked, octets)));
    }
    let source = hash.within(from);
    let nearest = std::iter::once(source.clone()).chain(earlier.iter().map(|it| hash.within(it)));
    for near in nearest {
        remove(&target)?;
        // Another disk, a file system without links, or too many of them already.
        if fs::hard_link(&near, &target).is_ok()
            && let Some(octets) = whole(&target, hash)?
        {
            return Ok(Some((Placed::Linked, octets)));
        }
    }
    remove(&target)?;
    let file = match File::open(&source) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::file(&source, error)),
    };
    let mut part = temporary(shard)?;
    let (found, octets) =
        Sha256::of_all(file, &mut part).map_err(|error| Error::file(&target, error))?;
    if found != *hash {
        return Ok(None);
    }
    part.as_file()
        .sync_all()
        .map_err(|error| Error::file(&target, error))?;
    part.persist(&target)
        .map_err(|error| Error::file(&target, error.error))?;
    Ok(Some((Placed::Copied, octets)))
}

/// How many octets a file has that is what its name says.
pub(super) fn whole(path: &Path, hash: &Sha256) -> Result<Option<u64>, Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::file(path, error)),
    };
    let (found, octets) =
        Sha256::of_all(file, io::sink()).map_err(|error| Error::file(path, error))?;
    Ok((found == *hash).then_some(octets))
}

/// The SHA-256 of a file.
pub(super) fn hash(path: &Path) -> Result<Sha256, Error> {
    let wrong = |error| Error::file(path, error);
    let file = File::open(path).map_err(wrong)?;
    Ok(Sha256::of_all(file, io::sink()).map_err(wrong)?.0)
}

/// Makes the names durable.
pub(super) fn settle(folder: &Path) -> Result<(), Error> {
    for shard in fs::read_dir(folder).map_err(|error| Error::file(folder, error))? {
        let shard = shard.map_err(|error| Error::file(folder, error))?;
        if shard.path().is_dir() {
            sync(&shard.path())?;
        }
    }
    sync(folder)
}

/// The files of a folder, by the names that they have.
pub(super) fn names(folder: &Path) -> Result<Vec<String>, Error> {
    let wrong = |error| Error::file(folder, error);
    let mut found = Vec::new();
    if !folder.exists() {
        return Ok(found);
    }
    for shard in fs::read_dir(folder).map_err(wrong)? {
        let shard = shard.map_err(wrong)?;
        if !shard.path().is_dir() {
            found.push(shard.file_name().to_string_lossy().into_owned());
            continue;
        }
        for file in fs::read_dir(shard.path()).map_err(wrong)? {
            found.push(
                file.map_err(wrong)?
                    .file_name()
                    .to_string_lossy()
                    .into_owned(),
            );
        }
    }
    Ok(found)
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::file(path, error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::Blobs;

    #[test]
    fn a_file_is_linked_copied_or_told_to_be_absent() {
        let folder = tempfile::tempdir().expect("a folder");
        let [from, old, into] = ["from", "old", "into"].map(|name| folder.path().join(name));
        let blobs = Blobs::open(&from).expect("a folder");
        let hash = blobs.put(b"huma betang").expect("kept");
        make_folder(&into).expect("a folder");
        let placed = put(&hash, &from, &[], &into).expect("placed");
        assert_eq!(placed, Some((Placed::Linked, 11)));
        // Again, as after a power cut.
        assert!(put(&hash, &from, &[], &into).expect("placed").is_some());
        settle(&into).expect("durable");
        assert_eq!(names(&into).expect("names"), [hash.as_str()]);

        // What rots in the house is found, and what rots in the backup replaced.
        fs::remove_file(hash.within(&into)).expect("removed");
        fs::write(hash.within(&into), b"rot").expect("written");
        assert!(put(&hash, &from, &[], &into).expect("placed").is_some());
        fs::remove_file(hash.within(&into)).expect("removed");
        fs::write(hash.within(&from), b"other").expect("rotten");
        assert_eq!(put(&hash, &from, &[], &into).expect("told"), None);
        assert!(names(&into).expect("names").is_empty());

        // The backup before has it whole.
        Blobs::open(&old)
            .expect("a folder")
            .put(b"huma betang")
            .expect("kept");
        let placed = put(&hash, &from, std::slice::from_ref(&old), &into);
        assert_eq!(placed.expect("placed"), Some((Placed::Linked, 11)));
        let none = put(&Sha256::of(b"none"), &from, &[old], &into);
        assert_eq!(none.expect("told"), None);
    }
}
