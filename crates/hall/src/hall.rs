//! The hall itself: what every room is handed.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base::day::Day;
use base::id::Id;
use base::now::{Now, Wall};
use jiff::Timestamp;
use store::Db;
use store::blob::Blobs;
use tokio::sync::broadcast;

use crate::ca::{Authority, CaError};
use crate::clock::Clock;
use crate::config::Config;
use crate::factor::Challenges;
use crate::link::centre::Centre;
use crate::live::Live;
use crate::metrics::Metrics;
use crate::oidc::Desk;
use crate::outward::Outward;
use crate::screen::Waiting;
use crate::session::{Door, Revoked};
use crate::speed::Tests;
use crate::task::Tasks;
use crate::vault::{Vault, VaultError};

/// What every room is handed. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Hall {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    db: Db,
    clock: Clock,
    config: Config,
    tasks: Tasks,
    live: Live,
    vault: Vault,
    blobs: Blobs,
    door: Door,
    metrics: Metrics,
    outward: Outward,
    speed: Tests,
    screens: Waiting,
    challenges: Challenges,
    oidc: Desk,
    authority: Authority,
    sites: Centre,
    /// The port for sites, once it is open.
    sites_port: OnceLock<u16>,
    /// For ids, which have to differ and not to be secret.
    rng: Mutex<fastrand::Rng>,
}

/// Why the hall cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum HallError {
    /// The vault stays shut.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The authority for sites cannot be used.
    #[error(transparent)]
    Authority(#[from] CaError),
    /// The blobs' folder cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The data folder has no name beside which a key could lie.
    #[error("the data folder cannot be used: {0}")]
    Folder(std::io::Error),
    /// The system gives no randomness.
    #[error("the system has no randomness")]
    Randomness,
}

impl Hall {
    /// Opens the hall over a migrated database.
    ///
    /// # Errors
    /// If the vault's key is not the one of this database, or a folder cannot be
    /// used.
    pub async fn open(db: Db, clock: Clock, config: Config) -> Result<Self, HallError> {
        let data = config.data.clone();
        let key_file = key_file(&config).map_err(HallError::Folder)?;
        let vault = Vault::unlock(&key_file, &db, clock.now().wall).await?;
        let authority = Authority::open(&db, &vault, clock.now().wall).await?;
        let mut read = db.read().await?;
        let boxes = crate::sql::enrol::active(&mut read).await?;
        drop(read);
        let mut seed = [0; 8];
        SystemRandom::new()
            .fill(&mut seed)
            .map_err(|_| HallError::Randomness)?;
        let outward = Outward::new(config.camera_networks.clone(), config.camera_ports.clone());
        for listens in [config.listen, config.media, config.sites] {
            outward.take(listens.port());
        }
        let hall = Self {
            inner: Arc::new(Inner {
                outward,
                blobs: Blobs::open(&data.join("blobs"))?,
                live: Live::new(clock.clone()),
                rng: Mutex::new(fastrand::Rng::with_seed(u64::from_ne_bytes(seed))),
                tasks: Tasks::new(),
                door: Door::new(),
                metrics: Metrics::default(),
                speed: Tests::default(),
                screens: Waiting::default(),
                challenges: Challenges::default(),
                oidc: Desk::default(),
                authority,
                sites: Centre::new(boxes),
                sites_port: OnceLock::new(),
                db,
                clock,
                config,
                vault,
            }),
        };
        crate::gauges::tell(&hall);
        Ok(hall)
    }

    /// The database.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.inner.db
    }

    /// Both clocks, read now.
    #[must_use]
    pub fn now(&self) -> Now {
        self.inner.clock.now()
    }

    /// Which day it is in the house's zone.
    #[must_use]
    pub fn today(&self) -> Day {
        self.day_of(self.now().wall)
    }

    /// Which day a time belongs to in the house's zone. Times that no calendar of the
    /// house has belong to its first or last day.
    #[must_use]
    pub fn day_of(&self, at: Wall) -> Day {
        let first = Timestamp::UNIX_EPOCH;
        let at = Timestamp::from_microsecond(at.as_us()).unwrap_or(first);
        let date = at.to_zoned(self.config().zone.clone()).date();
        let (year, month, day) = (date.year(), date.month(), date.day());
        Day::new(year.into(), month.into(), day.into()).unwrap_or(Day::FIRST)
    }

    /// When a day ends in the house's zone: the first moment that is no more of it.
    #[must_use]
    pub fn end_of(&self, day: Day) -> Wall {
        let next = day.plus(1).unwrap_or(day).to_string();
        let date: jiff::civil::Date = next.parse().unwrap_or(jiff::civil::Date::MAX);
        let zoned = date.to_zoned(self.config().zone.clone());
        let us = zoned.map(|zoned| zoned.timestamp().as_microsecond());
        Wall::from_us(us.unwrap_or(i64::MAX))
    }

    /// Where time comes from.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// How the house is set up.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// A new identity.
    #[must_use]
    pub fn mint<N>(&self) -> Id<N> {
        let now = self.now().wall;
        Id::mint(now, &mut self.rng())
    }

    /// Where things are spawned.
    #[must_use]
    pub fn tasks(&self) -> &Tasks {
        &self.inner.tasks
    }

    /// What open pages are told.
    #[must_use]
    pub fn live(&self) -> &Live {
        &self.inner.live
    }

    /// Where secrets are sealed.
    #[must_use]
    pub fn vault(&self) -> &Vault {
        &self.inner.vault
    }

    /// Where files are kept.
    #[must_use]
    pub fn blobs(&self) -> &Blobs {
        &self.inner.blobs
    }

    /// What logins have in common.
    #[must_use]
    pub fn door(&self) -> &Door {
        &self.inner.door
    }

    /// What the house measures of itself.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    /// Where the house connects to for somebody.
    #[must_use]
    pub fn outward(&self) -> &Outward {
        &self.inner.outward
    }

    /// The tests of speed that go on.
    pub(crate) fn speed(&self) -> &Tests {
        &self.inner.speed
    }

    /// Televisions whose code nobody has typed yet.
    pub(crate) fn screens(&self) -> &Waiting {
        &self.inner.screens
    }

    /// What passkeys are asked to sign.
    pub(crate) fn challenges(&self) -> &Challenges {
        &self.inner.challenges
    }

    /// Logins by a provider of identities.
    pub(crate) fn oidc(&self) -> &Desk {
        &self.inner.oidc
    }

    /// Another provider, before anybody else has the hall.
    #[cfg(test)]
    pub(crate) fn set_oidc(&mut self, desk: Desk) {
        Arc::get_mut(&mut self.inner)
            .expect("nobody else has it")
            .oidc = desk;
    }

    /// Who signs for sites.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.inner.authority
    }

    /// The lines of sites that are open.
    #[must_use]
    pub fn sites(&self) -> &Centre {
        &self.inner.sites
    }

    /// A seed for machines that need to differ and not to be secret.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.rng().u64(..)
    }

    fn rng(&self) -> MutexGuard<'_, fastrand::Rng> {
        self.inner
            .rng
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The port for sites is open, and which one it is.
    pub fn sites_open(&self, port: u16) {
        // A second opening is none: the first one counts for as long as the house stands.
        let _ = self.inner.sites_port.set(port);
    }

    /// Host and port by which sites find the house.
    #[must_use]
    pub fn sites_at(&self) -> (String, u16) {
        let config = self.config();
        let open = self.inner.sites_port.get().copied();
        let port = open.unwrap_or(config.sites.port());
        match &config.sites_host {
            Some((host, told)) => (host.clone(), told.unwrap_or(port)),
            None => (crate::tls::told(config.sites.ip()), port),
        }
    }

    /// Tells of every login that is revoked or changed from now on.
    #[must_use]
    pub fn revoked(&self) -> broadcast::Receiver<Revoked> {
        self.inner.door.revoked()
    }
}

/// Where the master key of a house lies: where it was said to, else beside the data folder.
///
/// # Errors
/// If the data folder is the root of a disk, or cannot be found.
pub fn key_file(config: &Config) -> std::io::Result<PathBuf> {
    match &config.vault_key_file {
        Some(chosen) => Ok(chosen.clone()),
        None => beside(&config.data),
    }
}

/// Beside the data folder and not in it, so that no copy of the data holds it.
///
/// `.` and `..` have no name of their own, so they are looked up first: without
/// that the key would land inside the folder.
fn beside(data: &Path) -> std::io::Result<PathBuf> {
    let mut data = std::path::absolute(data)?;
    if data.file_name().is_none() {
        data = data.canonicalize()?;
    }
    let mut name = data
        .file_name()
        .ok_or_else(|| std::io::Error::other("the root of a disk cannot be the data folder"))?
        .to_owned();
    name.push(".key");
    Ok(data.with_file_name(name))
}

/// A hall over a migrated database, its hand clock and its folder.
#[cfg(test)]
pub(crate) async fn of_test(db: Db) -> (Hall, Clock, tempfile::TempDir) {
    use base::now::Mono;

    let folder = tempfile::tempdir().expect("a folder");
    let clock = Clock::hand(Now {
        mono: Mono::from_us(1_000_000_000),
        wall: Wall::from_us(1_700_000_000_000_000),
    });
    let data = folder.path().join("data").display().to_string();
    let config = Config::load(None, [], &[("data", data)]).expect("a configuration");
    let hall = Hall::open(db, clock.clone(), config).await.expect("a hall");
    (hall, clock, folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_never_lies_within_the_data() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder
            .path()
            .canonicalize()
            .expect("it is there")
            .join("data");
        std::fs::create_dir_all(data.join("blobs")).expect("made");
        let key = data.with_file_name("data.key");
        assert_eq!(beside(&data).expect("a place"), key);
        assert_eq!(beside(&data.join(".")).expect("a place"), key);
        assert_eq!(beside(&data.join("blobs/..")).expect("a place"), key);
        assert!(beside(Path::new("/")).is_err());
        let here = beside(Path::new(".")).expect("a place");
        let current = std::env::current_dir().expect("a folder");
        assert_eq!(here.parent(), current.parent());
    }
}
