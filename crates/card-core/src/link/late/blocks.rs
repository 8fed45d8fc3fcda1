//! Who shares a block with a record, at any time.
//!
//! The keys are those by which all records are compared when a register is linked as a
//! whole, and so are the bounds: whoever comes late meets the records that he would have
//! met then. Keys of the beginning lie sorted, one behind the other; those of whoever came
//! or changed later lie beside them.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::super::block::{self, Key, Placed, RULES, key_of, most, part_key, placed, record_of};
use super::super::register::{Folded, Register};

/// A block that was left out, since it was too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftOut {
    /// The rule.
    pub rule: &'static str,
    /// Records that have that key, those included that have left since the beginning.
    pub records: usize,
}

/// Who shares a key.
#[derive(Debug)]
pub(super) struct Blocks {
    block_max: usize,
    /// Records of the beginning.
    records: usize,
    rules: Vec<OfRule>,
    /// Records of the beginning whose sorted keys hold no longer.
    moved: Vec<bool>,
}

#[derive(Debug)]
struct OfRule {
    /// Keys of the beginning, those of parted blocks by their parts.
    sorted: Vec<Placed>,
    /// Keys whose blocks were parted then, in their order.
    parted: Vec<Key>,
    /// Keys of later.
    later: BTreeSet<Placed>,
}

impl Blocks {
    /// In the pool of the caller.
    pub(super) fn new(register: &Register, block_max: usize) -> Self {
        let rules = (0..RULES).map(|rule| OfRule::new(register, rule, block_max));
        Self {
            block_max,
            records: register.len(),
            rules: rules.collect(),
            moved: vec![false; register.len()],
        }
    }

    pub(super) fn octets(&self) -> usize {
        let rules = self.rules.iter().map(|of| {
            of.sorted.capacity() * size_of::<Placed>()
                + of.parted.capacity() * size_of::<Key>()
                // Nodes of a tree are two thirds full.
                + of.later.len() * size_of::<Placed>() * 3 / 2
        });
        rules.sum::<usize>() + self.moved.capacity()
    }

    /// A record is there by now, as it is written by now.
    pub(super) fn add(&mut self, register: &Register, record: u32) {
        let it = &register.records[record as usize];
        for (rule, of) in self.rules.iter_mut().enumerate() {
            let key = block::key(register, rule, it);
            if key != 0 {
                let key = match of.is_parted(key) {
                    true => part_key(register, rule, key, it),
                    false => key,
                };
                of.later.insert(placed(key, record as usize));
            }
        }
    }

    /// A record is there no longer, which is still written as it was.
    pub(super) fn remove(&mut self, register: &Register, record: u32) {
        let it = &register.records[record as usize];
        if let Some(moved) = self.moved.get_mut(record as usize) {
            *moved = true;
        }
        for (rule, of) in self.rules.iter_mut().enumerate() {
            let key = block::key(register, rule, it);
            for key in [key, part_key(register, rule, key, it)] {
                of.later.remove(&placed(key, record as usize));
            }
        }
    }

    /// Whom a record meets, by their numbers and each once, but for some; and the blocks
    /// of it that were left out.
    pub(super) fn beside(
        &self,
        register: &Register,
        it: &Folded,
        but: &[u32],
    ) -> (Vec<u32>, Vec<LeftOut>) {
        let (mut met, mut left_out) = (Vec::new(), Vec::new());
        for (rule, of) in self.rules.iter().enumerate() {
            let key = block::key(register, rule, it);
            if key == 0 {
                continue;
            }
            let from = met.len();
            let mut of_key = key;
            if of.is_parted(key) {
                of_key = part_key(register, rule, key, it);
                met.extend(self.under(of, of_key, but).take(self.block_max));
            } else {
                met.extend(self.under(of, key, but));
                // With itself it is one more.
                if met.len() - from >= most(rule, self.block_max, self.records) {
                    let part = part_key(register, rule, key, it);
                    let is_here = |record: &u32| {
                        let it = &register.records[*record as usize];
                        part_key(register, rule, key, it) == part
                    };
                    let here: Vec<u32> = met.drain(from..).filter(is_here).collect();
                    met.extend(here);
                }
            }
            if met.len() - from >= self.block_max {
                met.truncate(from);
                left_out.push(LeftOut {
                    rule: block::name(rule),
                    records: of.sorted_under(of_key).len() + of.later_under(of_key).count(),
                });
            }
        }
        met.sort_unstable();
        met.dedup();
        (met, left_out)
    }

    /// The records of a key that are there, but for some.
    fn under(&self, of: &OfRule, key: Key, but: &[u32]) -> impl Iterator<Item = u32> {
        let sorted = of.sorted_under(key).iter().map(|it| record_of(*it));
        let sorted = sorted.filter(|record| !self.moved[*record]);
        let later = of.later_under(key);
        sorted
            .chain(later)
            .filter_map(|record| u32::try_from(record).ok())
            .filter(|record| !but.contains(record))
    }
}

impl OfRule {
    fn new(register: &Register, rule: usize, block_max: usize) -> Self {
        let records = register.records.par_iter().enumerate();
        let mut sorted: Vec<Placed> = records
            .map(|(record, it)| placed(block::key(register, rule, it), record))
            .filter(|placed| key_of(*placed) != 0)
            .collect();
        sorted.par_sort_unstable();
        let bound = most(rule, block_max, register.len());
        let parted: Vec<Key> = sorted
            .chunk_by(|one, next| key_of(*one) == key_of(*next))
            .filter(|block| block.len() > bound)
            .map(|block| key_of(block[0]))
            .collect();
        if !parted.is_empty() {
            sorted.par_iter_mut().for_each(|it| {
                let (key, record) = (key_of(*it), record_of(*it));
                if parted.binary_search(&key).is_ok() {
                    let folded = &register.records[record];
                    *it = placed(part_key(register, rule, key, folded), record);
                }
            });
            sorted.par_sort_unstable();
        }
        sorted.shrink_to_fit();
        Self {
            sorted,
            parted,
            later: BTreeSet::new(),
        }
    }

    fn is_parted(&self, key: Key) -> bool {
        self.parted.binary_search(&key).is_ok()
    }

    fn sorted_under(&self, key: Key) -> &[Placed] {
        let from = self.sorted.partition_point(|it| key_of(*it) < key);
        let rest = &self.sorted[from..];
        // A block is short as a rule: doubling finds its end sooner than halving the rest.
        let mut step = 1;
        while step < rest.len() && key_of(rest[step]) == key {
            step *= 2;
        }
        let near = &rest[..rest.len().min(step + 1)];
        &near[..near.partition_point(|it| key_of(*it) <= key)]
    }

    fn later_under(&self, key: Key) -> impl Iterator<Item = usize> {
        let (from, to) = (placed(key, 0), placed(key, u32::MAX as usize));
        self.later.range(from..=to).map(|it| record_of(*it))
    }
}
