//! What a box notes of itself for its next start, and for people who ask how it is.
//!
//! One file in the data folder, written anew each minute and put in the place of the old
//! one whole. A file that cannot be read is as none: the box goes on without a before.

use std::collections::BTreeSet;
use std::path::Path;

use base::now::Now;
use hall::link::identity::{IdentityError, replace};
use reach_core::round::{Began, Power};
use serde::{Deserialize, Serialize};

/// Its name.
pub(super) const FILE: &str = "lookout.json";

/// Longest file that is read, in octets.
const FILE_MAX: u64 = 64 * 1024;

/// What is noted. Fields are only added; an older program leaves out what it does not
/// know, a newer one takes what is missing for unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Notes {
    /// The boot that the box lived in, 32 hexadecimal digits.
    pub(super) boot: String,
    /// The last instant at which it did, microseconds of that boot's clock.
    pub(super) mono_us: u64,
    /// The same by the wall.
    pub(super) wall_us: i64,
    /// The program was told to end.
    #[serde(default)]
    pub(super) orderly: bool,
    /// And the machine was about to.
    #[serde(default)]
    pub(super) machine_ended: Option<bool>,
    /// Whether the mains were there, and what was left in the battery.
    #[serde(default)]
    pub(super) mains: Option<bool>,
    #[serde(default)]
    pub(super) battery_percent: Option<u32>,
    /// Octets that were spent, by day since 1970.
    #[serde(default)]
    pub(super) spent: Vec<(i64, u64)>,
    /// Notes of crashes that were seen.
    #[serde(default)]
    pub(super) crashes: BTreeSet<String>,
    /// For people.
    #[serde(default)]
    pub(super) shown: serde_json::Value,
}

impl Notes {
    /// Reads them; none if there are none that can be read.
    pub(super) fn read(folder: &Path) -> Option<Self> {
        let path = folder.join(FILE);
        let long = std::fs::metadata(&path).ok()?.len() > FILE_MAX;
        let text = std::fs::read(&path).ok().filter(|_| !long)?;
        match serde_json::from_slice(&text) {
            Ok(notes) => Some(notes),
            Err(error) => {
                tracing::warn!(%error, "the notes of before cannot be read; nothing is known of it");
                None
            }
        }
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), IdentityError> {
        let text = serde_json::to_vec(self).unwrap_or_default();
        replace(folder, FILE, &text)
    }

    /// When the box lived last.
    pub(super) const fn at(&mut self, now: Now) {
        self.mono_us = now.mono.as_us();
        self.wall_us = now.wall.as_us();
    }

    pub(super) fn set_power(&mut self, power: Option<&Power>) {
        self.mains = power.and_then(|it| it.mains);
        self.battery_percent = power.and_then(|it| it.battery_percent);
    }

    /// What they say of how the program ended before, but for the time since it began.
    pub(super) fn began(&self, crashes: &BTreeSet<String>) -> Began {
        let power = Power {
            mains: self.mains,
            battery_percent: self.battery_percent,
        };
        let boot = u128::from_str_radix(&self.boot, 16).ok();
        Began {
            covers_ms: 0,
            before_boot: boot.map(|bits| bits.to_be_bytes().to_vec()),
            before_mono_us: self.mono_us,
            orderly: self.orderly,
            // One that lay there before tells nothing of this end.
            crashed: crashes.difference(&self.crashes).next().is_some(),
            power: (power != Power::default()).then_some(power),
            machine_ended: self.machine_ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes() -> Notes {
        Notes {
            boot: "000102030405060708090a0b0c0d0e0f".to_owned(),
            mono_us: 77,
            wall_us: 1_800_000_000_000_000,
            mains: Some(false),
            spent: vec![(20_000, 5)],
            ..Notes::default()
        }
    }

    #[test]
    fn what_was_noted_is_read_and_a_torn_file_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(Notes::read(folder.path()), None);
        notes().write(folder.path()).expect("written");
        assert_eq!(Notes::read(folder.path()), Some(notes()));
        let path = folder.path().join(FILE);
        let whole = std::fs::read(&path).expect("the file");
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).expect("written");
            assert_eq!(Notes::read(folder.path()), None, "{length}");
        }
    }

    #[test]
    fn a_crash_counts_once() {
        let crash = BTreeSet::from(["dmesg-ramoops-0".to_owned()]);
        let mut notes = notes();
        let began = notes.began(&crash);
        assert!(began.crashed);
        assert_eq!(began.before_boot, Some((0..16).collect()));
        assert_eq!(began.power.and_then(|it| it.mains), Some(false));
        notes.crashes.clone_from(&crash);
        assert!(!notes.began(&crash).crashed);
    }
}
