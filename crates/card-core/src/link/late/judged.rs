//! What people have said of records: one person, or two.
//!
//! It is kept by pairs of records and not by clusters, so that it can be held against
//! clusters that are made anew. The last word on a pair counts; one that is taken back
//! gives way to the one before.

use std::collections::BTreeMap;

use super::super::cluster::{LOOKED_AT, Said};

/// What people have said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Judged {
    /// Of two records, the smaller number first: in which event what was said.
    said: BTreeMap<(u32, u32), Vec<Word>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Word {
    event: u32,
    together: bool,
}

/// The event of what was said before there were any.
const BEFORE: u32 = u32::MAX;

impl Judged {
    /// What was said before, the oldest word first.
    pub(super) fn new(said: &[Said]) -> Self {
        let mut it = Self::default();
        for said in said {
            it.say(BEFORE, &[said.left], &[said.right], said.same);
        }
        it
    }

    /// Somebody says that records here and there are of one person, or that they are not. A
    /// few of each speak for all.
    pub(super) fn say(&mut self, event: u32, here: &[u32], there: &[u32], together: bool) {
        for one in here.iter().take(LOOKED_AT) {
            for other in there.iter().take(LOOKED_AT) {
                let words = self.said.entry(pair(*one, *other)).or_default();
                words.push(Word { event, together });
            }
        }
    }

    /// What was said in an event is taken back.
    pub(super) fn take_back(&mut self, event: u32) {
        self.said.retain(|_, words| {
            words.retain(|word| word.event != event);
            !words.is_empty()
        });
    }

    /// What was said last of two records: whether they are of one person.
    pub(super) fn of(&self, one: u32, other: u32) -> Option<bool> {
        let words = self.said.get(&pair(one, other))?;
        words.last().map(|word| word.together)
    }

    /// Whether somebody has said that these are not those.
    pub(super) fn parts(&self, these: &[u32], those: &[u32]) -> bool {
        !self.said.is_empty()
            && these.iter().any(|one| {
                let apart = |other: &u32| self.of(*one, *other) == Some(false);
                those.iter().any(apart)
            })
    }

    /// All of it that counts, by the records.
    pub(super) fn all(&self) -> impl Iterator<Item = Said> {
        let last = |((left, right), words): (&(u32, u32), &Vec<Word>)| {
            let same = words.last()?.together;
            let (left, right) = (*left, *right);
            Some(Said { left, right, same })
        };
        self.said.iter().filter_map(last)
    }

    /// For each of some records, of which few are looked at, the first that it is one person
    /// with as people have said, straight or round others; by its place.
    pub(super) fn one(&self, records: &[u32]) -> [usize; LOOKED_AT] {
        let mut one: [usize; LOOKED_AT] = std::array::from_fn(|at| at);
        if self.said.is_empty() {
            return one;
        }
        for (at, left) in records.iter().enumerate().take(LOOKED_AT) {
            for (place, right) in records.iter().enumerate().take(at) {
                if self.of(*left, *right) == Some(true) {
                    let (first, later) = (one[at].min(one[place]), one[at].max(one[place]));
                    one.iter_mut()
                        .filter(|it| **it == later)
                        .for_each(|it| *it = first);
                }
            }
        }
        one
    }
}

fn pair(one: u32, other: u32) -> (u32, u32) {
    (one.min(other), one.max(other))
}
