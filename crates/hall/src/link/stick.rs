//! A box's end when there is no connection: what waits goes into a file, and a receipt
//! comes back.
//!
//! Both open the outbox themselves, so the box must not be running. A file that never
//! arrives costs nothing: what is in it stays in the outbox until a receipt or the
//! line says that the house holds it. What arrives twice is held once.

use std::path::Path;

use base::now::Now;
use sync::carry::{self, CarryError, Label, Packer};
use sync::frame::{Frame, Hello, PROTOCOLS};
use sync::queue::Queue;
use sync::share::Shares;
use sync::site::{Effect, Input, Site};

use super::identity::Identity;
use super::outbox::Disk;
use super::site::{SiteError, boot};

/// Why a file cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum StickError {
    /// The box cannot be opened.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// The outbox does not answer; perhaps the box is running.
    #[error("the outbox: {0}")]
    Outbox(#[from] store::Error),
    /// It is no such file, or not whole.
    #[error(transparent)]
    File(#[from] CarryError),
    /// It is another box's.
    #[error("this receipt is for another box")]
    Other,
}

/// What waits for the house, as a file; how many pieces it has.
///
/// # Errors
/// If the box cannot be opened.
pub async fn export(folder: &Path, now: Now, seed: u64) -> Result<(Vec<u8>, usize), StickError> {
    let (identity, disk, mut queue) = open(folder, now, seed).await?;
    // What lies there may not have been synced by who wrote it.
    if let Some(transaction) = queue.take(true) {
        disk.store(transaction).await?;
        queue.stored();
    }
    let hello = Hello {
        protocols: PROTOCOLS,
        agent: identity.agent,
        boot: boot()?,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        mono: now.mono,
        wall: now.wall,
        tails: queue.tails(),
    };
    let mut packer = Packer::new(hello, &queue, carry::FILE_MAX);
    let mut pieces = 0;
    while let Some(read) = packer.read(&queue) {
        let rows = disk.rows(read.chain, read.from, read.to).await?;
        pieces += rows.len();
        packer.rows(rows, &queue);
    }
    disk.close().await;
    let label = Label {
        agent: identity.agent,
        centre: identity.house,
        made: now.wall,
    };
    let frames = packer.finish();
    let file = carry::pack(&label, frames.iter().map(Vec::as_slice));
    Ok((file, pieces))
}

/// Takes a receipt in: what the house holds need not be sent again.
///
/// # Errors
/// If it is no receipt for this box, or the box cannot be opened.
pub async fn receipt(folder: &Path, file: &[u8], now: Now, seed: u64) -> Result<(), StickError> {
    let (label, frames) = carry::unpack(file)?;
    let identity = Identity::read(folder)
        .map_err(SiteError::from)?
        .ok_or(SiteError::NotEnrolled)?;
    if label.agent != identity.agent {
        return Err(StickError::Other);
    }
    // A frame that cannot be read says nothing.
    let frames = frames
        .into_iter()
        .filter_map(|octets| Frame::decode(octets).ok())
        .collect();
    let mut rng = fastrand::Rng::with_seed(seed);
    let (disk, outbox) = Disk::open(folder, identity.agent, now.wall, &mut rng).await?;
    let version = env!("CARGO_PKG_VERSION");
    let shares = Shares::default();
    let mut site = Site::new(&outbox, shares, boot()?, version, now, rng.u64(..));
    let mut effects = site.handle(Input::Receipt(frames), now);
    // Nothing but the outbox is touched: no connection is opened here.
    while !effects.is_empty() {
        let mut next = Vec::new();
        for effect in effects {
            let answer = match effect {
                Effect::Store(transaction) => {
                    disk.store(transaction).await?;
                    Input::Stored
                }
                Effect::Renew(renewal) => {
                    disk.renew(&renewal).await?;
                    Input::Reloaded(disk.read().await?)
                }
                Effect::Reload => Input::Reloaded(disk.read().await?),
                Effect::Dial | Effect::HangUp | Effect::Read(_) | Effect::Run(_) => continue,
            };
            next.extend(site.handle(answer, now));
        }
        effects = next;
    }
    disk.close().await;
    Ok(())
}

async fn open(folder: &Path, now: Now, seed: u64) -> Result<(Identity, Disk, Queue), StickError> {
    let identity = Identity::read(folder)
        .map_err(SiteError::from)?
        .ok_or(SiteError::NotEnrolled)?;
    let mut rng = fastrand::Rng::with_seed(seed);
    let (disk, outbox) = Disk::open(folder, identity.agent, now.wall, &mut rng).await?;
    let queue = Queue::open(&outbox, Shares::default());
    Ok((identity, disk, queue))
}
