//! Groups of records on their way to become clusters.
//!
//! They are joined by pairs, the surest first, with the guard of an examination: where
//! most pairs across two groups speak against it, they stay apart. Besides, what people have
//! said counts, and two clusters that stand are never made one here.

use super::super::cluster::{Across, LOOKED_AT};
use super::super::compare::Comparer;
use super::super::learn::Model;
use super::super::register::Register;
use super::event::Cluster;
use super::judged::Judged;
use crate::hash::Map;

/// Two records and how probable it is that they are one person's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sure {
    pub(super) left: u32,
    pub(super) right: u32,
    pub(super) same: f64,
}

impl Sure {
    /// The surest first, then by records.
    pub(super) fn sort(pairs: &mut [Self]) {
        pairs.sort_unstable_by(|one, other| {
            let by_pair = || (one.left, one.right).cmp(&(other.left, other.right));
            other.same.total_cmp(&one.same).then_with(by_pair)
        });
    }
}

/// A group.
#[derive(Debug)]
struct Group {
    /// Its records in their order.
    members: Vec<u32>,
    /// The cluster that it was before, if it was one.
    standing: Option<Cluster>,
}

/// What becomes of two groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joining {
    /// They are one: by now, or before.
    One,
    /// Most pairs across speak against it, or somebody has said so.
    Refused,
    /// Nothing speaks against it, and both are clusters that stand.
    Standing(Cluster, Cluster, Across),
}

/// All groups.
pub(super) struct Groups<'a> {
    comparer: Comparer<'a>,
    model: &'a Model,
    judged: &'a Judged,
    groups: Vec<Group>,
    /// The group that each is by now.
    into: Vec<usize>,
    /// The groups of clusters that stand.
    standing: Map<Cluster, usize>,
}

impl<'a> Groups<'a> {
    pub(super) fn new(register: &'a Register, model: &'a Model, judged: &'a Judged) -> Self {
        Self {
            comparer: Comparer::new(register),
            model,
            judged,
            groups: Vec::new(),
            into: Vec::new(),
            standing: Map::default(),
        }
    }

    /// One record more, that is alone.
    pub(super) fn add(&mut self, record: u32) -> usize {
        self.push(vec![record], None)
    }

    /// The group of a cluster that stands, with those of its records.
    pub(super) fn of(&mut self, cluster: Cluster, members: impl Iterator<Item = u32>) -> usize {
        if let Some(group) = self.standing.get(&cluster) {
            return *group;
        }
        let group = self.push(members.collect(), Some(cluster));
        self.standing.insert(cluster, group);
        group
    }

    fn push(&mut self, members: Vec<u32>, standing: Option<Cluster>) -> usize {
        let at = self.groups.len();
        self.groups.push(Group { members, standing });
        self.into.push(at);
        at
    }

    /// The cluster that a group was or has come to.
    pub(super) fn cluster(&mut self, group: usize) -> Option<Cluster> {
        let at = self.now(group);
        self.groups[at].standing
    }

    /// Which group it is by now.
    pub(super) fn now(&mut self, group: usize) -> usize {
        let mut at = group;
        while self.into[at] != at {
            self.into[at] = self.into[self.into[at]];
            at = self.into[at];
        }
        at
    }

    /// Joins two that a pair speaks for.
    pub(super) fn join(&mut self, one: usize, other: usize) -> Joining {
        let (one, other) = (self.now(one), self.now(other));
        if one == other {
            return Joining::One;
        }
        let (these, those) = (&self.groups[one], &self.groups[other]);
        if self.judged.parts(&these.members, &those.members) {
            return Joining::Refused;
        }
        let across = across(
            &mut self.comparer,
            self.model,
            self.judged,
            (&these.members, &those.members),
        );
        // Of two records alone the pair that speaks for them is the only one.
        if these.members.len() + those.members.len() > 2 && across.refuses() {
            return Joining::Refused;
        }
        if let (Some(one), Some(other)) = (these.standing, those.standing) {
            return Joining::Standing(one, other, across);
        }
        self.unite(one, other);
        Joining::One
    }

    /// Joins what somebody has said is one, unless somebody has parted what comes together
    /// by it, or both are clusters that stand.
    pub(super) fn say(&mut self, one: usize, other: usize) -> Joining {
        let (one, other) = (self.now(one), self.now(other));
        if one == other {
            return Joining::One;
        }
        let (these, those) = (&self.groups[one], &self.groups[other]);
        if self.judged.parts(&these.members, &those.members) {
            return Joining::Refused;
        }
        if let (Some(one), Some(other)) = (these.standing, those.standing) {
            let across = across(
                &mut self.comparer,
                self.model,
                self.judged,
                (&these.members, &those.members),
            );
            return Joining::Standing(one, other, across);
        }
        self.unite(one, other);
        Joining::One
    }

    fn unite(&mut self, one: usize, other: usize) {
        let gone = std::mem::take(&mut self.groups[other].members);
        self.into[other] = one;
        let standing = self.groups[other].standing.take();
        let group = &mut self.groups[one];
        group.members.extend(gone);
        group.members.sort_unstable();
        group.standing = group.standing.or(standing);
    }

    /// The records of all groups, by the first of each.
    pub(super) fn parts(self) -> Vec<Vec<u32>> {
        let groups = self.groups.into_iter().map(|group| group.members);
        let mut parts: Vec<Vec<u32>> = groups.filter(|it| !it.is_empty()).collect();
        parts.sort_unstable();
        parts
    }
}

/// How probable it is that two records are one person's.
pub(super) fn same(comparer: &mut Comparer<'_>, model: &Model, one: u32, other: u32) -> f64 {
    let (left, right) = (one.min(other) as usize, one.max(other) as usize);
    model.same(comparer.pattern(left, right))
}

/// What the pairs across two groups say. Records that people said to be of one person speak
/// as one: what any of them agrees with, all of them do.
pub(super) fn across(
    comparer: &mut Comparer<'_>,
    model: &Model,
    judged: &Judged,
    (these, those): (&[u32], &[u32]),
) -> Across {
    let (one, other) = (judged.one(these), judged.one(those));
    let mut best = [[None::<f64>; LOOKED_AT]; LOOKED_AT];
    for (left, at) in these.iter().zip(one) {
        for (right, place) in those.iter().zip(other) {
            let same = same(comparer, model, *left, *right);
            let best = &mut best[at][place];
            *best = Some(best.map_or(same, |it| it.max(same)));
        }
    }
    let mut across = Across::default();
    best.iter()
        .flatten()
        .flatten()
        .for_each(|it| across.add(*it));
    across
}
