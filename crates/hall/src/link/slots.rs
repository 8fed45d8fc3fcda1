//! The programs of a box, on its disk.
//!
//! ```text
//! slots/ledger.json        what stands, what is tried, what did not stand; written by
//!                          the supervisor only
//! slots/a, slots/b         program and manifest of a release
//! slots/staged.json        the free slot holds a release to be tried; written by who has
//!                          put it there
//! slots/incoming, .manifest  a release that is on its way over the line
//! slots/keys               the keys that releases are signed for, one a line
//! slots/told               up to which number the ledger's news are in the outbox
//! slots/lock               held by who writes the free slot
//! ```
//!
//! Every file is replaced as a whole. A slot is emptied by taking its manifest away,
//! and filled by putting it there last; a program that is not what its manifest says is
//! not started. So a power cut leaves what stands as it is, and at worst a free slot
//! that is empty.

use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use base::now::Wall;
use rustix::fs::{FlockOperation, flock};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sync::ledger::{Holding, Ledger, Slot, Staged};
use sync::release::{KEYS_MAX, Manifest, PublicKey, Refused, ReleaseError, Signed, Stand, Version};
use sync::trial::Program;

use super::identity::{IdentityError, replace, trouble};

/// What a program that is supervised says on its standard output, a line each: that it
/// has opened the outbox, and that the house has greeted it.
pub const OPENED: &str = "betang-agent opened";
/// See [`OPENED`].
pub const LINKED: &str = "betang-agent linked";

/// The kind of machine that this program was built for, as releases name it.
pub const TARGET: &str = if cfg!(all(target_arch = "x86_64", target_env = "musl")) {
    "x86_64-unknown-linux-musl"
} else if cfg!(all(target_arch = "x86_64", target_env = "gnu")) {
    "x86_64-unknown-linux-gnu"
} else if cfg!(all(target_arch = "aarch64", target_env = "musl")) {
    "aarch64-unknown-linux-musl"
} else if cfg!(all(target_arch = "aarch64", target_env = "gnu")) {
    "aarch64-unknown-linux-gnu"
} else if cfg!(all(target_arch = "arm", target_env = "musl")) {
    "armv7-unknown-linux-musleabihf"
} else {
    "unknown"
};

/// Octets that are copied at once.
const BUFFER: usize = 64 * 1024;

/// Why a release does not get into a slot.
#[derive(Debug, thiserror::Error)]
pub enum SlotError {
    /// The files of the slots cannot be used.
    #[error(transparent)]
    File(#[from] IdentityError),
    /// It is no release that counts, or its program is another.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// This box does not take it.
    #[error(transparent)]
    Refused(#[from] Refused),
}

/// The programs of a box.
#[derive(Debug, Clone)]
pub struct Slots {
    folder: PathBuf,
}

impl Slots {
    /// Those of a data folder; nothing is made yet.
    #[must_use]
    pub fn of(data: &Path) -> Self {
        Self {
            folder: data.join("slots"),
        }
    }

    /// What is on the disk about programs; nothing, before the first release.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn ledger(&self) -> Result<Ledger, IdentityError> {
        Ok(self.read("ledger.json")?.unwrap_or_default())
    }

    /// Writes it. The supervisor's alone.
    ///
    /// # Errors
    /// If it cannot be written; what was there stays.
    pub fn save(&self, ledger: &Ledger) -> Result<(), IdentityError> {
        self.write("ledger.json", ledger)
    }

    /// What was put into the free slot to be tried.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn staged(&self) -> Result<Option<Staged>, IdentityError> {
        self.read("staged.json")
    }

    /// Notes how the line was when the program that ran has ended for it: whoever put it
    /// there by hand cannot know.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn restage(&self, linked: bool) -> Result<(), IdentityError> {
        match self.staged()? {
            Some(staged) => self.write("staged.json", &Staged { linked, ..staged }),
            None => Ok(()),
        }
    }

    /// Nothing waits to be tried any more.
    ///
    /// # Errors
    /// If the file cannot be taken away.
    pub fn unstage(&self) -> Result<(), IdentityError> {
        self.remove("staged.json")
    }

    /// The keys that releases are signed for.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn keys(&self) -> Result<Vec<PublicKey>, IdentityError> {
        let path = self.folder.join("keys");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(trouble(&path, &error)),
        };
        let key = |line: &str| {
            line.parse()
                .map_err(|error| trouble(&path, &io::Error::other(error)))
        };
        text.lines()
            .filter(|line| !line.is_empty())
            .map(key)
            .collect()
    }

    /// Only these keys count from now on.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn trust(&self, keys: &[PublicKey]) -> Result<(), IdentityError> {
        let lines: String = keys
            .iter()
            .take(KEYS_MAX)
            .map(|key| format!("{key}\n"))
            .collect();
        replace(&self.folder, "keys", lines.as_bytes())
    }

    /// The number of the newest of the ledger's news that is in the outbox.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn told(&self) -> Result<u64, IdentityError> {
        Ok(self.read("told")?.unwrap_or(0))
    }

    /// Notes it.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn tell(&self, number: u64) -> Result<(), IdentityError> {
        self.write("told", &number)
    }

    /// The program in a slot.
    #[must_use]
    pub fn program(&self, slot: Slot) -> PathBuf {
        self.folder.join(slot.as_str()).join("program")
    }

    /// What is signed about the program in a slot; its signature was looked at when it
    /// was put there.
    ///
    /// # Errors
    /// If the slot is empty or cannot be read.
    pub fn manifest(&self, slot: Slot) -> Result<Manifest, SlotError> {
        let path = self.folder.join(slot.as_str()).join("manifest");
        let octets = fs::read(&path).map_err(|error| trouble(&path, &error))?;
        Ok(Signed::decode(&octets)?.believed()?)
    }

    /// Whether a slot holds that release, whole; what is signed about it.
    ///
    /// # Errors
    /// If it does not.
    pub fn check(&self, holding: Holding) -> Result<Manifest, SlotError> {
        let manifest = self.manifest(holding.slot)?;
        if manifest.version != holding.version {
            let what = "its version";
            return Err(ReleaseError::Program { what }.into());
        }
        let path = self.program(holding.slot);
        let file = File::open(&path).map_err(|error| trouble(&path, &error))?;
        let (size, sum) = copy(file, &mut io::sink()).map_err(|error| trouble(&path, &error))?;
        is_of(&manifest, size, &sum)?;
        Ok(manifest)
    }

    /// Whether this box would take a release, and what it says.
    ///
    /// # Errors
    /// If nobody who counts has signed it, or the box does not take it.
    pub fn admit(&self, signed: &Signed, runs: Running, now: Wall) -> Result<Manifest, SlotError> {
        let keys = self.keys()?;
        if keys.is_empty() {
            return Err(Refused::NoKey.into());
        }
        let manifest = signed.verify(&keys)?;
        let ledger = self.ledger()?;
        let Some(version) = runs.supervised() else {
            return Err(Refused::Unsupervised.into());
        };
        if ledger.trial.is_some() {
            return Err(Refused::Busy.into());
        }
        let stand = Stand {
            target: TARGET,
            runs: version,
            floor: ledger.floor.unwrap_or(version).max(version),
            bad: ledger.worst(),
        };
        manifest.admit(&stand, now)?;
        Ok(manifest)
    }

    /// Puts a release into the free slot, to be tried when the program is started next.
    /// Nothing of it is executed here.
    ///
    /// # Errors
    /// If the box does not take it, the program is another than the signed one, or the
    /// disk does not take it; what stands is as it was.
    pub fn install(
        &self,
        signed: &Signed,
        program: impl Read,
        runs: Running,
        linked: bool,
        now: Wall,
    ) -> Result<Manifest, SlotError> {
        let _lock = self.lock()?;
        let manifest = self.admit(signed, runs, now)?;
        let slot = self.ledger()?.free();
        let folder = self.folder.join(slot.as_str());
        // From here on the slot is empty, and nothing is staged.
        self.unstage()?;
        self.remove(&format!("{}/manifest", slot.as_str()))?;
        let path = folder.join("program");
        let beside = folder.join("program.new");
        let put = || {
            fs::create_dir_all(&folder)?;
            let mut file = File::options()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o700)
                .open(&beside)?;
            let found = copy(program, &mut file)?;
            file.sync_all()?;
            Ok::<_, io::Error>(found)
        };
        let (size, sum) = put().map_err(|error| trouble(&beside, &error))?;
        if let Err(error) = is_of(&manifest, size, &sum) {
            // The first failure is the one to tell.
            let _ = fs::remove_file(&beside);
            return Err(error.into());
        }
        fs::set_permissions(&beside, fs::Permissions::from_mode(0o700))
            .and_then(|()| fs::rename(&beside, &path))
            .map_err(|error| trouble(&path, &error))?;
        replace(&folder, "manifest", &signed.encode())?;
        let version = manifest.version;
        let holding = Holding { slot, version };
        self.write("staged.json", &Staged { holding, linked })?;
        Ok(manifest)
    }

    /// A release of which the first octets have come over the line: what is signed, and
    /// how many.
    ///
    /// # Errors
    /// If the files cannot be read.
    pub fn incoming(&self) -> Result<Option<(Signed, u64)>, IdentityError> {
        let path = self.folder.join("incoming.manifest");
        let signed = match fs::read(&path) {
            Ok(octets) => Signed::decode(&octets),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(trouble(&path, &error)),
        };
        let have = fs::metadata(self.folder.join("incoming")).map_or(0, |file| file.len());
        Ok(signed.ok().map(|signed| (signed, have)))
    }

    /// Another release is to come over the line.
    ///
    /// # Errors
    /// If the files cannot be written.
    pub fn expect(&self, signed: &Signed) -> Result<(), IdentityError> {
        self.remove("incoming")?;
        replace(&self.folder, "incoming.manifest", &signed.encode())
    }

    /// The next octets of it have come.
    ///
    /// # Errors
    /// If the disk does not take them; how many count is what lies there.
    pub fn append(&self, at: u64, octets: &[u8]) -> Result<(), IdentityError> {
        let path = self.folder.join("incoming");
        let put = || {
            let mut file = File::options().append(true).create(true).open(&path)?;
            // A power cut may have left a piece that was not counted.
            file.set_len(at)?;
            file.write_all(octets)?;
            file.sync_data()
        };
        put().map_err(|error| trouble(&path, &error))
    }

    /// The octets that have come.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn arrived(&self) -> Result<File, IdentityError> {
        let path = self.folder.join("incoming");
        File::open(&path).map_err(|error| trouble(&path, &error))
    }

    /// Nothing is on its way any more.
    ///
    /// # Errors
    /// If the files cannot be taken away.
    pub fn forget_incoming(&self) -> Result<(), IdentityError> {
        self.remove("incoming.manifest")?;
        self.remove("incoming")
    }

    /// Nobody else writes the free slot while this is held.
    fn lock(&self) -> Result<File, SlotError> {
        let path = self.folder.join("lock");
        let open = || {
            fs::create_dir_all(&self.folder)?;
            let file = File::options()
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(&path)?;
            Ok::<_, io::Error>(file)
        };
        let file = open().map_err(|error| trouble(&path, &error))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(file),
            Err(_) => Err(Refused::Busy.into()),
        }
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, IdentityError> {
        let path = self.folder.join(name);
        match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text)
                .map(Some)
                .map_err(|error| trouble(&path, &error.into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(trouble(&path, &error)),
        }
    }

    fn write<T: Serialize>(&self, name: &str, value: &T) -> Result<(), IdentityError> {
        let text = serde_json::to_vec_pretty(value)
            .map_err(|error| trouble(&self.folder.join(name), &error.into()))?;
        replace(&self.folder, name, &text)
    }

    fn remove(&self, name: &str) -> Result<(), IdentityError> {
        let path = self.folder.join(name);
        let removed = fs::remove_file(&path).and_then(|()| {
            let folder = path.parent().unwrap_or(&self.folder);
            File::open(folder)?.sync_all()
        });
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(trouble(&path, &error)),
            _ => Ok(()),
        }
    }
}

/// How the program that asks was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Running {
    /// What a supervisor has started; none: there is no supervisor.
    pub program: Option<Program>,
    /// The version of what was started.
    pub version: Version,
}

impl Running {
    /// The version of this very program.
    ///
    /// # Panics
    /// If the version of the workspace is not three numbers.
    #[must_use]
    pub fn own_version() -> Version {
        let text = env!("CARGO_PKG_VERSION");
        text.parse().expect("three numbers, as the manifests have")
    }

    fn supervised(self) -> Option<Version> {
        self.program.map(|_| self.version)
    }
}

/// Copies to the end; how many octets there were, and their SHA-256.
fn copy(mut from: impl Read, to: &mut impl io::Write) -> io::Result<(u64, [u8; 32])> {
    let mut sum = Context::new(&SHA256);
    let mut buffer = vec![0; BUFFER];
    let mut size = 0_u64;
    loop {
        let count = from.read(&mut buffer)?;
        let Some(octets) = buffer.get(..count).filter(|octets| !octets.is_empty()) else {
            break;
        };
        size += u64::try_from(count).unwrap_or(u64::MAX);
        if size > sync::release::PROGRAM_MAX {
            return Err(io::Error::other("longer than a program may be"));
        }
        sum.update(octets);
        to.write_all(octets)?;
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(sum.finish().as_ref());
    Ok((size, bytes))
}

fn is_of(manifest: &Manifest, size: u64, sum: &[u8; 32]) -> Result<(), ReleaseError> {
    if size != manifest.size {
        return Err(ReleaseError::Program { what: "its size" });
    }
    if *sum != manifest.sha256 {
        let what = "its SHA-256";
        return Err(ReleaseError::Program { what });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sync::frame::PROTOCOLS;
    use sync::release::SecretKey;

    use super::*;

    const NOW: Wall = Wall::from_us(1_800_000_000_000_000);
    const PROGRAM: &[u8] = b"#!/bin/sh\nexit 0\n";

    fn key() -> SecretKey {
        SecretKey::from_seed(&[7; 32]).expect("a key")
    }

    fn signed(version: &str, program: &[u8]) -> Signed {
        let manifest = Manifest {
            version: version.parse().expect("a version"),
            over: "0.0.0".parse().expect("a version"),
            protocols: PROTOCOLS,
            target: TARGET.to_owned(),
            size: u64::try_from(program.len()).expect("a size"),
            sha256: crate::ca::sha256(program),
            expires: NOW + Duration::from_secs(1),
            keys: Vec::new(),
        };
        key().sign(&manifest)
    }

    fn running() -> Running {
        Running {
            program: Some(Program::Own),
            version: "0.1.0".parse().expect("a version"),
        }
    }

    fn slots() -> (tempfile::TempDir, Slots) {
        let folder = tempfile::tempdir().expect("a folder");
        let slots = Slots::of(folder.path());
        slots.trust(&[key().public()]).expect("written");
        (folder, slots)
    }

    #[test]
    fn a_release_gets_into_the_free_slot_whole_and_is_checked_again() {
        let (_folder, slots) = slots();
        let put = slots.install(&signed("0.2.0", PROGRAM), PROGRAM, running(), true, NOW);
        let version = put.expect("installed").version;
        let staged = slots.staged().expect("read").expect("staged");
        let slot = Slot::A;
        assert_eq!(staged.holding, Holding { slot, version });
        assert!(staged.linked);
        slots.check(staged.holding).expect("whole");
        let path = slots.program(slot);
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        // A card that has turned an octet, and one that has lost some.
        fs::write(&path, b"#!/bin/sh\nexit 1\n").expect("written");
        assert!(slots.check(staged.holding).is_err());
        fs::write(&path, b"#!").expect("written");
        assert!(slots.check(staged.holding).is_err());
    }

    #[test]
    fn what_is_refused_leaves_the_slots_as_they_were() {
        let (_folder, slots) = slots();
        let refused = |signed: &Signed, program: &[u8], runs| {
            let put = slots.install(signed, program, runs, false, NOW);
            let why = put.expect_err("refused").to_string();
            assert_eq!(slots.staged().expect("read"), None, "{why}");
            assert!(slots.manifest(Slot::A).is_err(), "{why}");
            why
        };
        let good = signed("0.2.0", PROGRAM);
        let other = SecretKey::from_seed(&[8; 32]).expect("a key");
        let by_other = other.sign(&good.verify(&[key().public()]).expect("signed"));
        assert!(refused(&by_other, PROGRAM, running()).contains("no key"));
        assert!(refused(&good, b"#!/bin/sh\nexit 1\n", running()).contains("SHA-256"));
        assert!(refused(&good, b"#!", running()).contains("size"));
        assert!(refused(&signed("0.1.0", PROGRAM), PROGRAM, running()).contains("newer"));
        let alone = Running {
            program: None,
            ..running()
        };
        assert!(refused(&good, PROGRAM, alone).contains("betang agent run"));
        slots.trust(&[]).expect("written");
        assert!(refused(&good, PROGRAM, running()).contains("no key"));
    }

    #[test]
    fn pieces_are_put_behind_each_other_also_after_a_cut() {
        let (_folder, slots) = slots();
        let signed = signed("0.2.0", PROGRAM);
        slots.expect(&signed).expect("written");
        slots.append(0, &PROGRAM[..5]).expect("written");
        // What came after was not counted before the power went.
        slots.append(5, b"torn").expect("written");
        slots.append(5, &PROGRAM[5..]).expect("written");
        let (found, have) = slots.incoming().expect("read").expect("on its way");
        assert_eq!(found, signed);
        assert_eq!(have, u64::try_from(PROGRAM.len()).expect("a size"));
        let file = slots.arrived().expect("there");
        let put = slots.install(&found, file, running(), false, NOW);
        put.expect("installed");
        slots.forget_incoming().expect("removed");
        assert_eq!(slots.incoming().expect("read"), None);
    }
}
