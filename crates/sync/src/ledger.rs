//! What is on a box's disk about its programs.
//!
//! One file, replaced as a whole, says which program stands and which is tried. What
//! changes it is decided in [`super::trial`].

use serde::{Deserialize, Serialize};

use crate::release::{Progress, Updated, Version};

/// Versions remembered as bad. Bound; policy: the lowest is forgotten.
pub(crate) const BAD_MAX: usize = 8;

/// What is to be told to the centre. Bound; policy: the oldest is forgotten.
pub(crate) const NEWS_MAX: usize = 16;

/// One of two places for a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slot {
    /// The first.
    A,
    /// The second.
    B,
}

impl Slot {
    /// The name of its folder.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// A release in a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// Where.
    pub slot: Slot,
    /// Which.
    pub version: Version,
}

/// A release that was put into a slot, to be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staged {
    /// Where and which.
    pub holding: Holding,
    /// Whether the link was up then: if so it has to come up again.
    pub linked: bool,
}

/// A release on trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// What is tried.
    pub staged: Staged,
    /// Whether its self-test was good.
    pub tested: bool,
    /// How often it was started.
    pub starts: u32,
    /// How often it has ended by itself.
    pub crashes: u32,
}

/// Why a release did not stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Its self-test failed.
    SelfTest,
    /// It ended by itself too often.
    Crashed,
    /// It was started too often.
    Restarted,
    /// It did not say in time that it has opened the outbox.
    NotOpened,
    /// The link was up before and did not come up in time.
    NotLinked,
    /// Its octets are not those that were put there.
    Damaged,
}

impl Why {
    /// The word that records, rows and pages use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SelfTest => "self_test",
            Self::Crashed => "crashed",
            Self::Restarted => "restarted",
            Self::NotOpened => "not_opened",
            Self::NotLinked => "not_linked",
            Self::Damaged => "damaged",
        }
    }
}

/// A version that was tried and did not stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bad {
    /// Which.
    pub version: Version,
    /// Why.
    pub why: Why,
    /// The same for people.
    pub detail: String,
}

/// Something that the centre is to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    /// Counts up.
    pub number: u64,
    /// About which release.
    pub version: Version,
    /// What became of it.
    pub progress: Progress,
    /// Why, if it did not stand.
    pub why: Option<Why>,
    /// The same for people.
    pub detail: String,
}

impl News {
    /// The body of its record.
    #[must_use]
    pub fn said(&self) -> Updated {
        Updated {
            version: self.version,
            progress: self.progress,
            why: self.why.map_or("", Why::as_str).to_owned(),
            detail: self.detail.clone(),
        }
    }
}

/// What is on the disk about programs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ledger {
    /// What stands; none: the program that was installed by hand.
    pub stands: Option<Holding>,
    /// What stood before it, and may still be there.
    pub former: Option<Holding>,
    /// The highest version that has ever stood.
    pub floor: Option<Version>,
    /// What is on trial.
    pub trial: Option<Trial>,
    /// What did not stand.
    pub bad: Vec<Bad>,
    /// What the centre is to be told.
    pub news: Vec<News>,
}

impl Ledger {
    /// The slot that the next release goes into: not that of what stands.
    #[must_use]
    pub fn free(&self) -> Slot {
        self.stands.map_or(Slot::A, |it| it.slot.other())
    }

    /// The highest version that did not stand.
    #[must_use]
    pub fn worst(&self) -> Option<Version> {
        self.bad.iter().map(|bad| bad.version).max()
    }

    pub(crate) fn tell(
        &mut self,
        version: Version,
        progress: Progress,
        why: Option<Why>,
        detail: &str,
    ) {
        let number = self.news.last().map_or(1, |last| last.number + 1);
        self.news.push(News {
            number,
            version,
            progress,
            why,
            detail: detail.to_owned(),
        });
        if self.news.len() > NEWS_MAX {
            self.news.remove(0);
        }
    }
}
