//! A program looks whether it could run here, before it is trusted to.
//!
//! It reads what the one before it has left: who the box is, what it was told to be
//! like, and the outbox, of which it takes a copy, since its own tables may be newer.
//! Nothing that is there is changed. It runs while no other program of the box does.

use std::fs;
use std::io;
use std::path::Path;

use base::now::Now;
use serde::{Deserialize, Serialize};
use sync::frame::Protocols;
use sync::queue::Queue;
use sync::share::Shares;

use super::identity::{Identity, IdentityError, Key, trouble};
use super::outbox::Disk;
use super::slots::TARGET;
use super::upkeep;

/// The folder of the copy, in the data folder.
const COPY: &str = "selftest";

/// What has to be left on the disk beside the copy, in octets.
const SPARE: u64 = 4 * 1024 * 1024;

/// The files of an outbox.
const FILES: [&str; 2] = ["outbox.sqlite", "outbox.sqlite-wal"];

/// What a program says that could run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its own version.
    pub version: String,
    /// The kind of machine that it was built for.
    pub target: String,
    /// The oldest and the newest protocol that it speaks.
    pub protocols: (u32, u32),
    /// How many records it can read that the house does not hold.
    pub waiting: u64,
}

/// Why a program could not run.
#[derive(Debug, thiserror::Error)]
pub enum SelfTestError {
    /// What the box keeps about itself cannot be read.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// There is nothing of the kind.
    #[error("this box has not been let in anywhere")]
    NotEnrolled,
    /// The outbox cannot be read.
    #[error("the outbox: {0}")]
    Outbox(#[from] store::Error),
    /// The disk has no room for a copy of it.
    #[error("the disk has {free} octets and a copy of the outbox needs {needed}")]
    Room {
        /// What there is.
        free: u64,
        /// What is needed.
        needed: u64,
    },
}

/// Looks, and says what it found.
///
/// # Errors
/// If it could not run here.
pub async fn self_test(
    folder: &Path,
    protocols: Protocols,
    now: Now,
    seed: u64,
) -> Result<Report, SelfTestError> {
    let identity = Identity::read(folder)?.ok_or(SelfTestError::NotEnrolled)?;
    // A key that is not there would be made, and nothing is to be made here.
    let key = folder.join("key.pem");
    fs::metadata(&key).map_err(|error| trouble(&key, &error))?;
    identity.papers(&Key::open(folder)?)?;
    upkeep::readable(folder)?;
    let copy = folder.join(COPY);
    let waiting = match copied(folder, &copy) {
        Ok(()) => waiting(&copy, &identity, now, seed).await,
        Err(error) => Err(error),
    };
    // One that stays is written over by the next.
    let _ = fs::remove_dir_all(&copy);
    Ok(Report {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        target: TARGET.to_owned(),
        protocols: (protocols.min, protocols.max),
        waiting: waiting?,
    })
}

fn copied(folder: &Path, copy: &Path) -> Result<(), SelfTestError> {
    let wrong = |error: &io::Error| SelfTestError::Identity(trouble(copy, error));
    let size = |name: &&str| fs::metadata(folder.join(name)).map_or(0, |file| file.len());
    // Its own steps may write as much again.
    let needed = FILES.iter().map(size).sum::<u64>() * 2 + SPARE;
    let disk = rustix::fs::statvfs(folder).map_err(|error| wrong(&error.into()))?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if free < needed {
        return Err(SelfTestError::Room { free, needed });
    }
    match fs::remove_dir_all(copy) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(wrong(&error)),
        _ => {}
    }
    fs::create_dir_all(copy).map_err(|error| wrong(&error))?;
    for name in FILES {
        match fs::copy(folder.join(name), copy.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(wrong(&error)),
            _ => {}
        }
    }
    Ok(())
}

async fn waiting(
    copy: &Path,
    identity: &Identity,
    now: Now,
    seed: u64,
) -> Result<u64, SelfTestError> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let (disk, outbox) = Disk::open(copy, identity.agent, now.wall, &mut rng).await?;
    let queue = Queue::open(&outbox, Shares::default());
    let mut waiting = 0;
    for chain in queue.chains() {
        let head = queue.head(chain).map_or(0, |at| at.seq.get());
        let acked = queue.acked(chain).map_or(0, |at| at.get());
        if head > acked {
            // The newest record is one that can be read whole.
            let last = sync::identity::Seq::new(head);
            let rows = disk.rows(chain, last, last).await?;
            if rows.iter().any(|row| !row.is_whole()) {
                return Err(store::Error::corrupt("hall_box_record").into());
            }
            waiting += head - acked;
        }
    }
    disk.close().await;
    Ok(waiting)
}
