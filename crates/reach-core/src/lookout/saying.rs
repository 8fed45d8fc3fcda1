//! What a box says of its rounds. It is told in spans before the record's own instant,
//! which is known only when the record is stamped.

use std::time::Duration;

use base::now::Mono;

use crate::presence::{Claim, ms};
use crate::round::{Check, Fault, Probes, Round, Spent, Way};

/// A check that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Place of the anchor in the configuration.
    pub anchor: usize,
    /// What was tried.
    pub way: Way,
    /// When it ended.
    pub at: Mono,
    /// How long it took.
    pub took: Duration,
    /// How it ended.
    pub fault: Fault,
}

/// The probes of a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// When the last was asked.
    pub at: Mono,
    /// How many were asked.
    pub sent: u32,
    /// How many were not answered.
    pub lost: u32,
    /// Of those that were, the 95th percentile by nearest rank.
    pub rtt_p95: Option<Duration>,
}

/// What is to be said; its numbers follow when it is known when it is stamped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saying {
    pub(super) claim: Claim,
    pub(super) checks: Vec<Ended>,
    pub(super) probes: Vec<Probed>,
    pub(super) introduces: bool,
    pub(super) spent: Spent,
}

impl Saying {
    /// The body, stamped at that instant. What the machine does not know of is left out.
    #[must_use]
    pub fn round(&self, at: Mono) -> Round {
        let checks = self.checks.iter().map(|it| Check {
            anchor: u32::try_from(it.anchor).unwrap_or(u32::MAX),
            way: it.way as i32,
            ago_ms: ms(at.since(it.at)),
            took_ms: ms(it.took),
            fault: it.fault as i32,
        });
        let probes = self.probes.iter().map(|it| Probes {
            ago_ms: ms(at.since(it.at)),
            sent: it.sent,
            lost: it.lost,
            rtt_p95_ms: it.rtt_p95.map(ms),
        });
        let mut round = Round {
            checks: checks.collect(),
            probes: probes.collect(),
            spent: Some(self.spent.clone()),
            ..Round::default()
        };
        self.claim.write(at, &mut round);
        round
    }

    /// Whether it says what the anchors are called.
    #[must_use]
    pub const fn introduces(&self) -> bool {
        self.introduces
    }
}
