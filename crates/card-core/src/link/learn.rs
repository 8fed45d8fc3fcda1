//! What pairs of each kind look like, learned without answers.
//!
//! Expectation and maximisation over the counts of patterns: five classes, fields that
//! are independent within a class. Where it begins is a rough idea of each class, which
//! also stays as a few counted pairs, so that a small list is not learned to death.

use rayon::prelude::*;

use super::compare::{Field, LEVELS, Pair, Pattern};
use crate::hash::Map;

/// What two records are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// One person.
    Same,
    /// Two of one family.
    Relatives,
    /// Two of one family, born on one day.
    Twins,
    /// Two who share a birthday.
    Birthmates,
    /// Two who share a name.
    Namesakes,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; CLASSES] = [
        Self::Same,
        Self::Relatives,
        Self::Twins,
        Self::Birthmates,
        Self::Namesakes,
    ];

    /// The word that reports use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Relatives => "relatives",
            Self::Twins => "twins",
            Self::Birthmates => "birthmates",
            Self::Namesakes => "namesakes",
        }
    }
}

/// How many classes there are.
pub const CLASSES: usize = 5;

const FIELDS: usize = Field::ALL.len();

/// Rounds of learning, at the most.
const ROUNDS_MAX: usize = 200;

/// Learning ends when no class changes its share by more than this.
const STILL: f64 = 1e-6;

/// For how many pairs the rough idea of a class counts.
const IDEA: f64 = 20.0;

/// Patterns and how many pairs show them, by pattern.
type Counts = Vec<(Pattern, f64)>;

/// The weight of each level, by class, field and level.
type Weights = [[[f64; LEVELS]; FIELDS]; CLASSES];

/// What pairs of each class look like.
#[derive(Debug, Clone)]
pub struct Model {
    /// The share of each class among all pairs that were looked at.
    pub shares: [f64; CLASSES],
    /// How likely each level is in each class, where the field is told in both records.
    pub levels: Weights,
    /// Rounds of learning.
    pub rounds: usize,
    /// Different patterns that were seen.
    pub patterns: usize,
    logs: Weights,
    log_shares: [f64; CLASSES],
}

/// The rough idea of a class: for each field how likely each level is, beginning with
/// level one.
fn idea(class: Class, field: Field) -> &'static [f64] {
    use Class::{Birthmates, Namesakes, Relatives, Same, Twins};
    match (class, field) {
        (Same, Field::Nik) => &[0.86, 0.02, 0.04, 0.02, 0.01, 0.03, 0.02],
        (Relatives, Field::Nik) => &[0.01, 0.001, 0.005, 0.06, 0.02, 0.004, 0.9],
        (Twins, Field::Nik) => &[0.01, 0.002, 0.01, 0.9, 0.02, 0.008, 0.05],
        (Birthmates, Field::Nik) => &[0.001, 0.001, 0.002, 0.15, 0.45, 0.01, 0.386],
        (Namesakes, Field::Nik) => &[0.001, 0.001, 0.001, 0.004, 0.01, 0.003, 0.98],
        (Same, Field::Kk) => &[0.84, 0.005, 0.05, 0.005, 0.005, 0.015, 0.08],
        (Relatives | Twins, Field::Kk) => &[0.88, 0.005, 0.04, 0.005, 0.005, 0.015, 0.05],
        (Birthmates | Namesakes, Field::Kk) => &[0.005, 0.0001, 0.001, 0.004, 0.01, 0.002, 0.978],
        (Same, Field::Name) => &[
            0.2, 0.3, 0.14, 0.16, 0.07, 0.04, 0.02, 0.01, 0.04, 0.01, 0.01,
        ],
        (Relatives, Field::Name) => &[
            0.005, 0.005, 0.01, 0.02, 0.01, 0.02, 0.05, 0.2, 0.05, 0.13, 0.5,
        ],
        (Twins, Field::Name) => &[
            0.002, 0.004, 0.01, 0.02, 0.01, 0.02, 0.05, 0.3, 0.1, 0.13, 0.354,
        ],
        (Birthmates, Field::Name) => &[
            0.001, 0.002, 0.01, 0.02, 0.01, 0.02, 0.1, 0.04, 0.03, 0.16, 0.6,
        ],
        (Namesakes, Field::Name) => &[
            0.05, 0.15, 0.35, 0.1, 0.05, 0.1, 0.15, 0.01, 0.02, 0.01, 0.01,
        ],
        (Same, Field::Birth) => &[0.89, 0.02, 0.03, 0.02, 0.02, 0.01, 0.005, 0.005],
        (Relatives, Field::Birth) => &[0.06, 0.001, 0.02, 0.004, 0.01, 0.1, 0.2, 0.605],
        (Twins, Field::Birth) => &[0.93, 0.02, 0.02, 0.01, 0.01, 0.005, 0.003, 0.002],
        (Birthmates, Field::Birth) => &[0.93, 0.02, 0.02, 0.004, 0.006, 0.01, 0.005, 0.005],
        (Namesakes, Field::Birth) => &[0.002, 0.01, 0.03, 0.01, 0.02, 0.5, 0.1, 0.328],
        (Same, Field::Sex) => &[0.985, 0.015],
        (Relatives | Twins | Birthmates, Field::Sex) => &[0.5, 0.5],
        (Namesakes, Field::Sex) => &[0.93, 0.07],
        (Same | Twins, Field::Mother) => &[
            0.2, 0.3, 0.14, 0.16, 0.07, 0.04, 0.02, 0.01, 0.04, 0.01, 0.01,
        ],
        (Relatives, Field::Mother) => &[
            0.12, 0.18, 0.1, 0.1, 0.05, 0.03, 0.02, 0.01, 0.03, 0.06, 0.3,
        ],
        (Birthmates | Namesakes, Field::Mother) => &[
            0.001, 0.003, 0.01, 0.01, 0.005, 0.01, 0.06, 0.02, 0.02, 0.16, 0.701,
        ],
        (Same | Relatives | Twins, Field::Home) => &[0.4, 0.2, 0.28, 0.03, 0.03, 0.05, 0.01],
        (Birthmates | Namesakes, Field::Home) => &[0.002, 0.01, 0.08, 0.3, 0.15, 0.457, 0.001],
        (Same | Twins, Field::Birthplace) => &[0.95, 0.05],
        (_, Field::Birthplace) => &[0.1, 0.9],
        (Same | Twins, Field::Relation) => &[0.95, 0.05],
        (Relatives, Field::Relation) => &[0.35, 0.65],
        (Birthmates | Namesakes, Field::Relation) => &[0.45, 0.55],
        (Same, Field::Source) => &[0.03, 0.97],
        (_, Field::Source) => &[0.5, 0.5],
    }
}

/// Which share of pairs a class is thought to have.
const SHARES: [f64; CLASSES] = [0.3, 0.18, 0.02, 0.3, 0.2];

impl Model {
    /// Before anything is learned.
    fn rough() -> Self {
        let mut levels: Weights = [[[0.0; LEVELS]; FIELDS]; CLASSES];
        for (class, of_class) in Class::ALL.into_iter().zip(&mut levels) {
            for (field, of_field) in Field::ALL.into_iter().zip(of_class) {
                let idea = idea(class, field);
                let total: f64 = idea.iter().sum();
                for (level, share) in of_field[1..].iter_mut().zip(idea) {
                    *level = share / total;
                }
            }
        }
        let mut model = Self {
            shares: SHARES,
            levels,
            rounds: 0,
            patterns: 0,
            logs: levels,
            log_shares: SHARES,
        };
        model.take_logs();
        model
    }

    fn take_logs(&mut self) {
        for (logs, levels) in self.logs.iter_mut().zip(&self.levels) {
            for (logs, levels) in logs.iter_mut().zip(levels) {
                // What is not told says nothing.
                logs[0] = 0.0;
                for (log, level) in logs[1..].iter_mut().zip(&levels[1..]) {
                    *log = level.max(1e-9).ln();
                }
            }
        }
        self.log_shares = self.shares.map(|share| share.max(1e-9).ln());
    }

    /// Learns from pairs what pairs are like.
    #[must_use]
    pub fn learn(pairs: &[Pair]) -> Self {
        let counts = counted(pairs);
        let ideas = Self::rough();
        let mut model = ideas.clone();
        model.patterns = counts.len();
        for round in 1..=ROUNDS_MAX {
            let before = model.shares;
            model.round(&counts, &ideas);
            model.rounds = round;
            let moved = before.iter().zip(&model.shares).map(|(a, b)| (a - b).abs());
            if moved.fold(0.0, f64::max) < STILL {
                break;
            }
        }
        model
    }

    fn round(&mut self, counts: &Counts, ideas: &Self) {
        let parts: Vec<(Weights, [f64; CLASSES])> = counts
            .par_chunks(16_384)
            .map(|counts| {
                let mut sums: Weights = [[[0.0; LEVELS]; FIELDS]; CLASSES];
                let mut shares = [0.0; CLASSES];
                for (pattern, count) in counts {
                    for (class, share) in self.shares_of(*pattern).into_iter().enumerate() {
                        let share = share * count;
                        shares[class] += share;
                        for field in Field::ALL {
                            sums[class][field as usize][pattern.level(field)] += share;
                        }
                    }
                }
                (sums, shares)
            })
            .collect();
        let total: f64 = counts.iter().map(|(_, count)| count).sum();
        for class in 0..CLASSES {
            let of_class: f64 = parts.iter().map(|(_, shares)| shares[class]).sum();
            self.shares[class] = (of_class + IDEA * ideas.shares[class]) / (total + IDEA);
            for field in 0..FIELDS {
                let mut told = IDEA;
                for level in 1..LEVELS {
                    let idea = IDEA * ideas.levels[class][field][level];
                    let seen: f64 = parts
                        .iter()
                        .map(|(sums, _)| sums[class][field][level])
                        .sum();
                    self.levels[class][field][level] = idea + seen;
                    told += seen;
                }
                for level in 1..LEVELS {
                    self.levels[class][field][level] /= told;
                }
            }
        }
        self.take_logs();
    }

    /// What was learned as octets: numbers of all pairs, and nobody's values.
    #[must_use]
    pub fn octets(&self) -> Vec<u8> {
        let counts = [self.rounds, self.patterns].map(|it| it as u64);
        let weights = self.levels.iter().flatten().flatten();
        let floats = self.shares.iter().chain(weights);
        let words = counts.into_iter().chain(floats.map(|it| it.to_bits()));
        words.flat_map(u64::to_le_bytes).collect()
    }

    /// What octets say that were written here; none where they are others'.
    #[must_use]
    pub fn read(octets: &[u8]) -> Option<Self> {
        let (words, rest) = octets.as_chunks::<8>();
        let whole = words.len() == 2 + CLASSES + CLASSES * FIELDS * LEVELS;
        if !whole || !rest.is_empty() {
            return None;
        }
        let mut words = words.iter().map(|it| u64::from_le_bytes(*it));
        let mut model = Self::rough();
        model.rounds = usize::try_from(words.next()?).ok()?;
        model.patterns = usize::try_from(words.next()?).ok()?;
        let weights = model.levels.iter_mut().flatten().flatten();
        for (float, word) in model.shares.iter_mut().chain(weights).zip(words) {
            *float = f64::from_bits(word);
            if !(0.0..=1.0).contains(float) {
                return None;
            }
        }
        model.take_logs();
        Some(model)
    }

    /// How probable each class is for a pattern.
    #[must_use]
    pub fn shares_of(&self, pattern: Pattern) -> [f64; CLASSES] {
        let mut logs = self.log_shares;
        for (class, log) in logs.iter_mut().enumerate() {
            for field in Field::ALL {
                *log += self.logs[class][field as usize][pattern.level(field)];
            }
        }
        let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let shares = logs.map(|log| (log - most).exp());
        let total: f64 = shares.iter().sum();
        shares.map(|share| share / total)
    }

    /// How probable it is that both are one person.
    #[must_use]
    pub fn same(&self, pattern: Pattern) -> f64 {
        self.shares_of(pattern)[Class::Same as usize]
    }

    /// What a field says for one person against a class, in bits.
    #[must_use]
    pub fn bits(&self, pattern: Pattern, field: Field, against: Class) -> f64 {
        let log = |class: Class| self.logs[class as usize][field as usize][pattern.level(field)];
        (log(Class::Same) - log(against)) / std::f64::consts::LN_2
    }

    /// What is thought before any field is looked at, in bits.
    #[must_use]
    pub fn prior(&self, against: Class) -> f64 {
        let log = |class: Class| self.log_shares[class as usize];
        (log(Class::Same) - log(against)) / std::f64::consts::LN_2
    }
}

fn counted(pairs: &[Pair]) -> Counts {
    type Counted = Map<Pattern, u32>;
    let counted = pairs
        .par_chunks(1 << 16)
        .map(|pairs| {
            let mut counted = Counted::default();
            for pair in pairs {
                *counted.entry(pair.pattern).or_default() += 1;
            }
            counted
        })
        .reduce(Counted::default, |one, other| {
            let (mut more, less) = if one.len() >= other.len() {
                (one, other)
            } else {
                (other, one)
            };
            for (pattern, count) in less {
                *more.entry(pattern).or_default() += count;
            }
            more
        });
    let mut counts: Counts = counted
        .into_iter()
        .map(|(pattern, count)| (pattern, f64::from(count)))
        .collect();
    counts.sort_unstable_by_key(|(pattern, _)| pattern.bits());
    counts
}
