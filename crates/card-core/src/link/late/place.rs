//! Where records belong, and whether a cluster holds together.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::super::cluster::{Across, Said};
use super::super::compare::Comparer;
use super::blocks::LeftOut;
use super::event::Cluster;
use super::groups::{self, Groups, Joining, Sure};
use super::meeting::Seen;
use super::{Index, Taken};

/// Records that one thread compares at once.
pub(super) const CHUNK: usize = 64;

/// Records of a cluster beyond which it is not asked whether it holds together: there are
/// so many pairs in it, and what makes such a cluster is seen by people.
const ASKED_MAX: usize = 64;

/// Something that a person has to say.
#[derive(Debug, Clone, PartialEq)]
pub enum Proposal {
    /// Two clusters may be one.
    Merge {
        /// The one whose number is the smaller.
        one: Cluster,
        /// The other.
        other: Cluster,
        /// The surest pair that speaks for it.
        pair: (u32, u32),
        /// How probable it is that this pair is one person.
        same: f64,
        /// What the pairs across say.
        across: Across,
    },
    /// A cluster may be several.
    Split {
        /// The cluster.
        cluster: Cluster,
        /// Its records, part by part.
        parts: Vec<Vec<u32>>,
    },
}

/// Where a record belongs.
pub(super) struct Place {
    pub(super) record: u32,
    /// The group that it has come to.
    pub(super) group: usize,
    /// The cluster that this is, if it is one.
    pub(super) standing: Option<Cluster>,
    proposals: Vec<Proposal>,
    left_out: Vec<LeftOut>,
}

impl Place {
    pub(super) fn taken(self, cluster: Cluster) -> Taken {
        Taken {
            record: self.record,
            cluster,
            proposals: self.proposals,
            left_out: self.left_out,
        }
    }
}

impl Index {
    /// Where records belong, whatever they belong to now; in their order.
    pub(super) fn place(&self, records: &[u32]) -> Vec<Place> {
        let seen: Vec<Seen> = records
            .par_chunks(CHUNK)
            .flat_map_iter(|some| {
                let mut comparer = Comparer::new(&self.register);
                let see = |record: &u32| {
                    let (mut seen, left_out) = self.seen(&mut comparer, *record, &[*record]);
                    seen.retain(|it| it.same >= self.settings.threshold);
                    (seen, left_out)
                };
                some.iter().map(see).collect::<Vec<_>>()
            })
            .collect();
        let is_late = |record: u32| records.binary_search(&record).ok();
        let mut sure = Vec::new();
        for (record, (seen, _)) in records.iter().zip(&seen) {
            // Two that are both late have seen each other: once is enough.
            let once = seen
                .iter()
                .filter(|it| it.record < *record || is_late(it.record).is_none());
            sure.extend(once.map(|it| Sure {
                left: it.record.min(*record),
                right: it.record.max(*record),
                same: it.same,
            }));
        }
        Sure::sort(&mut sure);
        let mut groups = Groups::new(&self.register, &self.model, self.persons.words());
        let mut places: Vec<Place> = records
            .iter()
            .zip(seen)
            .map(|(record, (_, left_out))| Place {
                record: *record,
                group: groups.add(*record),
                standing: None,
                proposals: Vec::new(),
                left_out,
            })
            .collect();
        let of = |groups: &mut Groups<'_>, record: u32| match is_late(record) {
            Some(at) => Some(at),
            None => self.persons.of(record).map(|cluster| {
                let members = self.persons.members(cluster);
                groups.of(cluster, members.filter(|it| is_late(*it).is_none()))
            }),
        };
        for (at, record) in records.iter().enumerate() {
            if let Some(other) = self.said_to_be_with(*record)
                && let Some(other) = of(&mut groups, other)
            {
                groups.say(at, other);
            }
        }
        let mut proposed: BTreeSet<(Cluster, Cluster)> = BTreeSet::new();
        let mut propose = |pair: Sure, (one, other, across): (Cluster, Cluster, Across)| {
            let (one, other) = (one.min(other), one.max(other));
            let late = is_late(pair.right).or_else(|| is_late(pair.left));
            if let Some(at) = late
                && proposed.insert((one, other))
            {
                let proposal = Proposal::Merge {
                    one,
                    other,
                    pair: (pair.left, pair.right),
                    same: pair.same,
                    across,
                };
                return Some((at, proposal));
            }
            None
        };
        // What was said before of records that come now goes before what is probable.
        for said in self.words_of_new(records) {
            let [one, other] = [said.left, said.right].map(|record| of(&mut groups, record));
            let (Some(one), Some(other)) = (one, other) else {
                continue;
            };
            if let Joining::Standing(one, other, across) = groups.say(one, other) {
                let mut comparer = Comparer::new(&self.register);
                let pair = Sure {
                    left: said.left,
                    right: said.right,
                    same: groups::same(&mut comparer, &self.model, said.left, said.right),
                };
                if let Some((at, proposal)) = propose(pair, (one, other, across)) {
                    places[at].proposals.push(proposal);
                }
            }
        }
        for pair in sure {
            let [one, other] = [pair.left, pair.right].map(|record| of(&mut groups, record));
            let (Some(one), Some(other)) = (one, other) else {
                continue;
            };
            if let Joining::Standing(one, other, across) = groups.join(one, other)
                && let Some((at, proposal)) = propose(pair, (one, other, across))
            {
                places[at].proposals.push(proposal);
            }
        }
        for place in &mut places {
            place.standing = groups.cluster(place.group);
            place.group = groups.now(place.group);
        }
        places
    }

    /// What was said to be one person's of records that are nowhere yet.
    fn words_of_new(&self, records: &[u32]) -> Vec<Said> {
        let is_new = |record: u32| {
            records.binary_search(&record).is_ok() && self.persons.of(record).is_none()
        };
        let words = self.persons.judged();
        words
            .filter(|said| said.same && (is_new(said.left) || is_new(said.right)))
            .collect()
    }

    /// Another record of the same cluster, of which somebody has said that it is the same
    /// person's: then it is, whatever both say.
    fn said_to_be_with(&self, record: u32) -> Option<u32> {
        let mut others = self.persons.members(self.persons.of(record)?);
        others.find(|other| self.persons.words().of(record, *other) == Some(true))
    }

    /// The parts of a cluster, as its own pairs and what people have said would have them;
    /// none where it has too many.
    #[must_use]
    pub fn parts(&self, cluster: Cluster) -> Vec<Vec<u32>> {
        let members: Vec<u32> = self.persons.members(cluster).collect();
        if members.len() > ASKED_MAX {
            return Vec::new();
        }
        let mut comparer = Comparer::new(&self.register);
        let words = self.persons.words();
        let mut groups = Groups::new(&self.register, &self.model, words);
        for member in &members {
            groups.add(*member);
        }
        let mut sure = Vec::new();
        for (at, left) in members.iter().enumerate() {
            for (other, right) in members.iter().enumerate().skip(at + 1) {
                if words.of(*left, *right) == Some(true) {
                    groups.say(at, other);
                }
                let same = groups::same(&mut comparer, &self.model, *left, *right);
                if same >= self.settings.threshold {
                    sure.push(Sure {
                        left: *left,
                        right: *right,
                        same,
                    });
                }
            }
        }
        Sure::sort(&mut sure);
        for pair in sure {
            let place = |record: u32| members.binary_search(&record).ok();
            if let (Some(one), Some(other)) = (place(pair.left), place(pair.right)) {
                groups.join(one, other);
            }
        }
        groups.parts()
    }

    /// The parts of a cluster, if it no longer holds together. What it was without the
    /// record already is no news.
    pub(super) fn split_of(
        &self,
        cluster: Cluster,
        before: &[Vec<u32>],
        record: u32,
    ) -> Option<Proposal> {
        let parts = self.parts(cluster);
        let without = |parts: &[Vec<u32>]| {
            let rest = parts.iter().map(|part| {
                let rest = part.iter().filter(|it| **it != record);
                rest.copied().collect::<Vec<_>>()
            });
            let mut rest: Vec<Vec<u32>> = rest.filter(|part| !part.is_empty()).collect();
            rest.sort_unstable();
            rest
        };
        let was_asked = !before.is_empty();
        let news = was_asked && parts.len() > 1 && without(&parts) != without(before);
        news.then_some(Proposal::Split { cluster, parts })
    }
}
