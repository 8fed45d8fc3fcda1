//! A programme held against everybody.
//!
//! What each leaf and each rule is of each subject stays in two bits, so that a list of
//! millions can be counted, grouped and compared without being judged again.

use base::day::Day;
use rayon::prelude::*;

use super::value::{On, Question, Who};
use super::{Outcome, Programme, Rule, Subject, Truth, Verdict};
use crate::facts::{Facts, FamilyFacts};

/// Subjects that are judged in one go.
const BLOCK: usize = 4_096;

/// Things of two bits in an octet.
const SLOTS: usize = 4;

/// What a programme says of everybody: families in the order of [`Facts::families`],
/// persons in that of [`Facts::persons`] or businesses in that of [`Facts::businesses`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    rules: usize,
    leaves: usize,
    /// Octets per subject: the verdict, then each rule, then each leaf.
    wide: usize,
    octets: Vec<u8>,
}

/// How many subjects have which verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Those who should receive.
    pub included: u64,
    /// Those who should not.
    pub excluded: u64,
    /// Those of whom it is not known.
    pub unknown: u64,
}

impl Judged {
    /// How many subjects there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.octets.len() / self.wide
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    fn slot(&self, at: usize, slot: usize) -> u8 {
        let octet = self.octets[at * self.wide + slot / SLOTS];
        (octet >> (slot % SLOTS * 2)) & 0b11
    }

    /// The verdict of a subject.
    ///
    /// # Panics
    /// If there are not as many subjects.
    #[must_use]
    pub fn verdict(&self, at: usize) -> Verdict {
        verdict_of(self.slot(at, 0))
    }

    /// What the term of a rule is of a subject.
    ///
    /// # Panics
    /// If there are not as many subjects or rules.
    #[must_use]
    pub fn rule(&self, at: usize, rule: usize) -> Truth {
        assert!(rule < self.rules, "a rule of the programme");
        truth_of(self.slot(at, 1 + rule))
    }

    /// What a leaf is of a subject.
    ///
    /// # Panics
    /// If there are not as many subjects or leaves.
    #[must_use]
    pub fn truth(&self, at: usize, leaf: usize) -> Truth {
        assert!(leaf < self.leaves, "a leaf of the programme");
        truth_of(self.slot(at, 1 + self.rules + leaf))
    }

    /// What each leaf is of a subject.
    ///
    /// # Panics
    /// If there are not as many subjects.
    #[must_use]
    pub fn truths(&self, at: usize) -> Vec<Truth> {
        (0..self.leaves).map(|leaf| self.truth(at, leaf)).collect()
    }

    /// The rule that decides against a subject, and what its term is: the first of the file
    /// that excludes it, else the first that is not known; none where it is included.
    ///
    /// # Panics
    /// If there are not as many subjects, or the programme is another.
    #[must_use]
    pub fn deciding(&self, at: usize, programme: &Programme) -> Option<(usize, Truth)> {
        let wanted = match self.verdict(at) {
            Verdict::Included => return None,
            Verdict::Excluded => Outcome::Fails,
            Verdict::Unknown => Outcome::Unknown,
        };
        let rules = programme.rules.iter().enumerate();
        rules
            .map(|(place, rule)| (place, rule.kind, self.rule(at, place)))
            .find(|(_, kind, truth)| Outcome::of(*kind, *truth) == wanted)
            .map(|(place, _, truth)| (place, truth))
    }

    /// How many subjects have which verdict.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for octets in self.octets.chunks_exact(self.wide) {
            match verdict_of(octets[0] & 0b11) {
                Verdict::Included => tally.included += 1,
                Verdict::Excluded => tally.excluded += 1,
                Verdict::Unknown => tally.unknown += 1,
            }
        }
        tally
    }
}

const fn verdict_of(bits: u8) -> Verdict {
    match bits {
        0 => Verdict::Included,
        1 => Verdict::Excluded,
        _ => Verdict::Unknown,
    }
}

const fn truth_of(bits: u8) -> Truth {
    match bits {
        0 => Truth::No,
        1 => Truth::Yes,
        _ => Truth::Unknown,
    }
}

/// Judges everybody as of a day, in the pool of rayon in which it is called.
///
/// # Panics
/// If persons of a family are not among the facts.
#[must_use]
pub fn judge(programme: &Programme, facts: &Facts, on: Day) -> Judged {
    let leaves = programme.leaves();
    let questions: Vec<Question> = leaves
        .iter()
        .map(|(_, leaf)| Question::new(leaf, facts).settled(facts))
        .collect();
    let bench = Bench {
        rules: &programme.rules,
        questions: &questions,
        facts,
        on: On::new(on),
    };
    let slots = 1 + programme.rules.len() + questions.len();
    let wide = slots.div_ceil(SLOTS);
    let subjects = match programme.subject {
        Subject::Family => facts.families.len(),
        Subject::Person => facts.persons.len(),
        Subject::Business => facts.businesses.len(),
    };
    let families = match programme.subject {
        Subject::Family | Subject::Business => Vec::new(),
        Subject::Person => families(facts),
    };
    let mut octets = vec![0; subjects * wide];
    let blocks = octets.par_chunks_mut(BLOCK * wide).enumerate();
    blocks.for_each(|(block, octets)| {
        let mut truths = Vec::with_capacity(questions.len());
        for (at, octets) in octets.chunks_exact_mut(wide).enumerate() {
            let at = block * BLOCK + at;
            let who = match programme.subject {
                Subject::Family => Who::family(facts, at),
                Subject::Person => {
                    Who::person(facts, at, Some(families[at]).filter(|it| *it != NONE))
                }
                Subject::Business => Who::business(facts, at),
            };
            bench.judge(&who, &mut truths, octets);
        }
    });
    Judged {
        rules: programme.rules.len(),
        leaves: questions.len(),
        wide,
        octets,
    }
}

/// No family.
const NONE: u32 = u32::MAX;

/// The family of each person.
fn families(facts: &Facts) -> Vec<u32> {
    let mut of = vec![NONE; facts.persons.len()];
    for (number, family) in (0..).zip(&facts.families) {
        let FamilyFacts { first, count, .. } = *family;
        let first = first as usize;
        of[first..first + count as usize].fill(number);
    }
    of
}

struct Bench<'a> {
    rules: &'a [Rule],
    questions: &'a [Question<'a>],
    facts: &'a Facts,
    on: On,
}

impl Bench<'_> {
    fn judge(&self, who: &Who, truths: &mut Vec<Truth>, octets: &mut [u8]) {
        truths.clear();
        let ask = |it: &Question| it.truth(it.value(who, self.on), self.facts);
        truths.extend(self.questions.iter().map(ask));
        let mut put = |slot: usize, bits: u8| octets[slot / SLOTS] |= bits << (slot % SLOTS * 2);
        for (slot, truth) in (1 + self.rules.len()..).zip(truths.iter()) {
            put(slot, *truth as u8);
        }
        let mut verdict = Verdict::Included;
        for (slot, rule) in (1..).zip(self.rules) {
            let truth = rule.term.truth(truths);
            put(slot, truth as u8);
            verdict = verdict.and(Outcome::of(rule.kind, truth));
        }
        put(0, verdict as u8);
    }
}
