//! What people have said, held against clusters that were made anew.
//!
//! An examination links everything as if nobody had ever looked. What was said before of
//! two of its records holds all the same: clusters are merged that somebody has called one,
//! and of those that somebody has parted each record goes where the surest pairs lead it.

use std::collections::BTreeSet;

use super::super::cluster::Clusters;
use super::super::learn::Model;
use super::super::register::Register;
use super::event::Cluster;
use super::groups::Groups;
use super::judged::{Judged, Said};
use super::persons::Persons;
use super::place;

/// Clusters in which holds what was said.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// The clusters.
    pub clusters: Clusters,
    /// Words that have changed something,
    pub changed: usize,
    /// and those that could not hold beside others, or in a cluster of too many records.
    pub contrary: Vec<Said>,
}

/// Holds words against clusters, the oldest first: of two on the same records the later
/// counts.
///
/// # Panics
/// If a word is about a record that there is not.
#[must_use]
pub fn hold(
    register: &Register,
    model: &Model,
    threshold: f64,
    clusters: &Clusters,
    said: &[Said],
) -> Held {
    let judged = Judged::new(said);
    let persons = Persons::new(clusters, &[]);
    let of = |record: u32| Cluster(clusters.of[record as usize]);
    let touched: BTreeSet<Cluster> = judged
        .all()
        .flat_map(|it| [of(it.one), of(it.other)])
        .collect();
    let has_parted: BTreeSet<Cluster> = judged
        .all()
        .filter(|it| !it.together && of(it.one) == of(it.other))
        .map(|it| of(it.one))
        .collect();
    let mut groups = Groups::new(register, model, &judged);
    let mut group = vec![
        usize::MAX;
        if touched.is_empty() {
            0
        } else {
            register.len()
        }
    ];
    for cluster in touched {
        let members: Vec<u32> = persons.members(cluster).collect();
        let mut parts = Vec::new();
        if has_parted.contains(&cluster) {
            let alone = Groups::new(register, model, &judged);
            parts = place::parts(alone, &members, threshold);
        }
        if parts.is_empty() {
            parts.push(members);
        }
        for part in parts {
            let members = part.clone();
            let at = groups.add(part);
            for record in members {
                group[record as usize] = at;
            }
        }
    }
    let (mut changed, mut contrary) = (0, Vec::new());
    for it in judged.all() {
        let (one, other) = (group[it.one as usize], group[it.other as usize]);
        let holds = match it.together {
            true => groups.say(one, other),
            false => groups.now(one) != groups.now(other),
        };
        if !holds {
            contrary.push(it);
        } else if it.together != (of(it.one) == of(it.other)) {
            changed += 1;
        }
    }
    let mut clusters = clusters.clone();
    for part in groups.parts() {
        for record in &part {
            clusters.of[*record as usize] = part[0];
        }
    }
    let firsts = clusters.of.iter().enumerate();
    clusters.count = firsts.filter(|(at, of)| *at == **of as usize).count();
    Held {
        clusters,
        changed,
        contrary,
    }
}
