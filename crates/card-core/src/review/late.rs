//! Which pairs people are asked about where records came late.
//!
//! They are chosen as after an examination: what the linkage was least sure of, and what
//! looks like one person and was left apart. Besides, each proposal of the index is a pair:
//! that two clusters are one, by the surest pair that speaks for it, and that one is several,
//! by the surest pair across its parts. None is of the random sample, since only an
//! examination of all draws one.

use std::collections::BTreeSet;

use super::{ASKED, GREY, Kind, LIKE};
use crate::link::compare::Pattern;
use crate::link::late::{Cluster, Index, Likeness, Proposal, Taken};

/// A pair that people are asked about, the record that came first first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Late {
    /// One record,
    pub left: u32,
    /// and the other.
    pub right: u32,
    /// In what they agree.
    pub pattern: Pattern,
    /// How probable it is that both are one person's.
    pub same: f64,
    /// Why people are asked.
    pub kind: Kind,
}

impl Late {
    fn new(record: u32, likeness: &Likeness, kind: Kind) -> Self {
        Self {
            left: record.min(likeness.record),
            right: record.max(likeness.record),
            pattern: likeness.pattern,
            same: likeness.same,
            kind,
        }
    }
}

/// The pairs that people are asked about after records were taken together: proposals first,
/// then by how sure the linkage was. `bereft` are clusters that a record has left: whether
/// they still hold together is asked. Of pairs between the same two clusters one stands for
/// all. In the pool of the caller.
#[must_use]
pub fn late(index: &Index, taken: &[Taken], bereft: &BTreeSet<Cluster>) -> Vec<Late> {
    let mut asked = Vec::new();
    let mut met: BTreeSet<(Cluster, Cluster)> = BTreeSet::new();
    for proposal in taken.iter().flat_map(|it| &it.proposals) {
        if let Proposal::Merge {
            one, other, pair, ..
        } = proposal
            && met.insert((*one, *other))
        {
            let likeness = index.between(pair.0, pair.1);
            asked.push(Late::new(pair.0, &likeness, Kind::Merge));
        }
    }
    for cluster in bereft {
        asked.extend(parted(index, *cluster));
    }
    let mut unsure = unsure(index, taken);
    unsure.retain(|it| {
        let of = |record| index.persons().of(record);
        match of(it.left).zip(of(it.right)) {
            Some((one, other)) if one != other => met.insert((one.min(other), one.max(other))),
            _ => true,
        }
    });
    unsure.truncate((taken.len() * ASKED.0).div_ceil(ASKED.1).max(ASKED.0));
    asked.extend(unsure);
    asked
}

/// The surest pair between each part of a cluster and those before it.
fn parted(index: &Index, cluster: Cluster) -> Vec<Late> {
    let parts = index.parts(cluster);
    let further = parts.iter().enumerate().skip(1);
    let pairs = further.filter_map(|(at, part)| {
        let before = parts[..at].iter().flatten();
        let pairs = before.flat_map(|one| part.iter().map(|other| (*one, *other)));
        let pairs =
            pairs.map(|(one, other)| Late::new(one, &index.between(one, other), Kind::Split));
        pairs.max_by(|a, b| {
            a.same
                .total_cmp(&b.same)
                .then((b.left, b.right).cmp(&(a.left, a.right)))
        })
    });
    pairs.collect()
}

/// Pairs of late records of which the linkage was not sure, refused ones first, then the
/// least sure.
fn unsure(index: &Index, taken: &[Taken]) -> Vec<Late> {
    let records: Vec<u32> = taken.iter().map(|it| it.record).collect();
    let is_late = |record: u32| records.binary_search(&record).is_ok();
    let mut asked = Vec::new();
    for (record, beside) in records.iter().zip(index.beside(&records)) {
        let of = |record| index.persons().of(record);
        for likeness in &beside {
            // Two that are both late have met each other: once is enough.
            if is_late(likeness.record) && likeness.record > *record {
                continue;
            }
            let is_apart = of(*record) != of(likeness.record);
            let kind = match likeness.same {
                same if is_apart && same >= LIKE => Kind::Refused,
                same if (GREY.0..GREY.1).contains(&same) => Kind::Grey,
                _ => continue,
            };
            asked.push(Late::new(*record, likeness, kind));
        }
    }
    asked.sort_by(|a, b| {
        let key = |it: &Late| (it.kind != Kind::Refused, (it.same - LIKE).abs());
        let (a_key, b_key) = (key(a), key(b));
        let by_doubt = || a_key.1.total_cmp(&b_key.1);
        let by_pair = || (a.left, a.right).cmp(&(b.left, b.right));
        a_key.0.cmp(&b_key.0).then_with(by_doubt).then_with(by_pair)
    });
    asked
}
