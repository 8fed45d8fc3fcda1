//! Which records of many lists are of one person.
//!
//! ```text
//!   rows ──▶ register ──▶ block ──▶ compare ──▶ learn ──▶ cluster
//!            (folded)     (pairs)   (levels)    (EM)      (persons)
//! ```
//!
//! A pair of records is one of five things: the same person, two of one family, twins, two
//! that share a birthday, or two that share a name. What each looks like is learned from the
//! lists themselves, without an answer sheet. A merge that most pairs across it contradict
//! is refused. The same rows give the same answer, whatever the number of threads.

pub mod block;
pub mod cluster;
pub mod compare;
pub mod explain;
pub mod late;
pub mod learn;
pub mod register;

use std::ops::Range;

use rayon::prelude::*;

use self::block::Found;
use self::cluster::{Clusters, Said};
use self::compare::Pair;
use self::learn::Model;
use self::register::Register;

/// What is decided by whoever asks.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// From which probability on two records are one person's.
    pub threshold: f64,
    /// Most records of a block that are all compared with each other.
    pub block_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            threshold: 0.5,
            block_max: 40,
        }
    }
}

/// What has become of the rows.
#[derive(Debug)]
pub struct Linked {
    /// What each rule has found, and which blocks were too large.
    pub found: Vec<Found>,
    /// Every pair that was looked at, by record.
    pub pairs: Vec<Pair>,
    /// How probable it is that each of these is one person's.
    pub same: Vec<f64>,
    /// What was learned.
    pub model: Model,
    /// Who is who.
    pub clusters: Clusters,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// So many rules have given their pairs.
    Compared {
        /// Rules that have.
        rules: usize,
        /// Rules there are.
        of: usize,
    },
    /// What pairs are like is learned.
    Learning,
    /// Pairs become persons.
    Merging,
}

impl Linked {
    /// The pairs whose probability to be one person's lies there, with it.
    pub fn between(&self, grey: Range<f64>) -> impl Iterator<Item = (&Pair, f64)> {
        let pairs = self.pairs.iter().zip(self.same.iter().copied());
        pairs.filter(move |(_, same)| grey.contains(same))
    }
}

/// Finds who is who. Runs on the pool of threads that it is called in, and tells how far
/// it has come.
#[must_use]
pub fn link(register: &Register, settings: &Settings, tell: &dyn Fn(Step)) -> Linked {
    link_as_said(register, settings, &[], tell)
}

/// Finds who is who, where people have decided about some pairs.
#[must_use]
pub fn link_as_said(
    register: &Register,
    settings: &Settings,
    said: &[Said],
    tell: &dyn Fn(Step),
) -> Linked {
    let (found, pairs) = block::pairs(register, settings.block_max, tell);
    tell(Step::Learning);
    let model = Model::learn(&pairs);
    tell(Step::Merging);
    let same: Vec<f64> = pairs
        .par_iter()
        .map(|pair| model.same(pair.pattern))
        .collect();
    let clusters = cluster::cluster(
        register,
        &model,
        pairs.iter().zip(&same),
        settings.threshold,
        said,
    );
    Linked {
        found,
        pairs,
        same,
        model,
        clusters,
    }
}
