//! What the disk below a folder is like: how much room, of which kind, how fast it keeps.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use base::unit::Bytes;
use rustix::fs::{StatVfsMountFlags, statfs, statvfs};

use crate::clock::Clock;

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// For whoever asks, without what only root may use.
    pub free: Bytes,
    /// In all.
    pub total: Bytes,
    /// Files that can still be made; none where the file system does not count them.
    pub files_free: Option<u64>,
    /// Files that there can be.
    pub files: u64,
    /// Whether nothing can be written.
    pub is_read_only: bool,
}

/// How much room there is below a folder.
///
/// # Errors
/// If the folder is not there.
pub fn space(folder: &Path) -> io::Result<Space> {
    let told = statvfs(folder)?;
    Ok(Space {
        free: Bytes::new(told.f_bavail.saturating_mul(told.f_frsize)),
        total: Bytes::new(told.f_blocks.saturating_mul(told.f_frsize)),
        files_free: (told.f_files > 0).then_some(told.f_favail),
        files: told.f_files,
        is_read_only: told.f_flag.contains(StatVfsMountFlags::RDONLY),
    })
}

/// What a file system is to a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It keeps what it says that it keeps.
    Local,
    /// Other machines have it too: locks and shared memory do not hold.
    Network,
    /// It is gone with the power.
    Memory,
    /// The writable layer of a container, gone with it.
    Layer,
    /// One that this program does not know.
    Unknown,
}

/// What they are called, by their numbers (statfs(2)).
const KINDS: &[(u32, &str, Kind)] = &[
    (0xEF53, "ext4", Kind::Local),
    (0x5846_5342, "xfs", Kind::Local),
    (0x9123_683E, "btrfs", Kind::Local),
    (0x2FC1_2FC1, "zfs", Kind::Local),
    (0xF2F5_2010, "f2fs", Kind::Local),
    (0xCA45_1A4E, "bcachefs", Kind::Local),
    (0x6969, "nfs", Kind::Network),
    (0xFF53_4D42, "cifs", Kind::Network),
    (0xFE53_4D42, "smb2", Kind::Network),
    (0x517B, "smb", Kind::Network),
    (0x0102_1997, "9p", Kind::Network),
    (0x00C3_6400, "ceph", Kind::Network),
    (0x6573_5546, "fuse", Kind::Network),
    (0x0102_1994, "tmpfs", Kind::Memory),
    (0x8584_58F6, "ramfs", Kind::Memory),
    (0x794C_7630, "overlay", Kind::Layer),
];

/// Which file system a folder lies on: its name, and what it is to a database.
///
/// # Errors
/// If the folder is not there.
pub fn kind(folder: &Path) -> io::Result<(String, Kind)> {
    let told = statfs(folder)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the number is 32 bits wide, whatever the type that carries it"
    )]
    let number = told.f_type as u32;
    Ok(KINDS
        .iter()
        .find(|(known, ..)| *known == number)
        .map_or_else(
            || (format!("{number:#x}"), Kind::Unknown),
            |(_, name, kind)| ((*name).to_owned(), *kind),
        ))
}

/// How often it is asked to keep something.
const TRIES: usize = 9;

/// How long the disk takes to keep 4 KiB for good: the middle and the longest of nine tries.
///
/// # Errors
/// If nothing can be written there.
pub fn keeps(folder: &Path, clock: &Clock) -> io::Result<(Duration, Duration)> {
    let path = folder.join(format!(".betang-doctor-{}", std::process::id()));
    let measured = measured(&path, clock);
    let _ = fs::remove_file(&path);
    measured
}

fn measured(path: &Path, clock: &Clock) -> io::Result<(Duration, Duration)> {
    let mut file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    let mut took = Vec::new();
    for _ in 0..TRIES {
        let before = clock.instant();
        file.write_all(&[0; 4096])?;
        file.sync_all()?;
        took.push(clock.instant() - before);
    }
    took.sort();
    let longest = took.last().copied().unwrap_or_default();
    Ok((took[TRIES / 2], longest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_room_and_a_kind_and_keeps() {
        let folder = tempfile::tempdir().expect("a folder");
        let space = space(folder.path()).expect("asked");
        assert!(space.free <= space.total && !space.is_read_only);
        kind(folder.path()).expect("asked");
        let (middle, longest) = keeps(folder.path(), &Clock::real()).expect("kept");
        assert!(middle <= longest);
        let left = fs::read_dir(folder.path()).expect("read").count();
        assert_eq!(left, 0, "nothing of it stays");
    }

    #[test]
    fn memory_is_known_as_such() {
        // Linux has it there.
        let (name, is) = kind(Path::new("/dev/shm")).expect("asked");
        assert_eq!((name.as_str(), is), ("tmpfs", Kind::Memory));
        assert!(kind(Path::new("/nowhere")).is_err());
    }
}
