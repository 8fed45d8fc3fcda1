//! What follows from what was found.
//!
//! | figure | of | counts |
//! |---|---|---|
//! | inclusion error | subjects that receive | those where no household is eligible |
//! | exclusion error | eligible households | those beyond the one that a subject receives for |
//! | error by linkage | subjects that receive | those that are part of a family elsewhere, and those for which one household receives while another one is eligible too |
//!
//! Each is a ratio of weighted sums. Its interval is symmetric on the logit scale, with
//! Student's t by the degrees of freedom that are left (Korn and Graubard 1999). Where nobody
//! or everybody is in error no variance can be told; then it is that of Clopper and Pearson
//! (1934) for a simple random sample of the effective size (Korn and Graubard 1998).

use std::collections::BTreeMap;

use super::draw::Drawn;
use super::outcome::{Answer, Visit};
use super::quantile::{Z, logit, none_of, student};
use super::variance::{Addend, Variance, variance};
use super::{float, weight};
use crate::review::Share;

/// Answers from which on a regency has figures of its own.
pub const FEW: u64 = 30;

/// Likeness of neighbours that is assumed where nobody was in error, so that none shows.
const RHO: f64 = 0.05;

/// Below so many degrees of freedom a variance is not taken for smaller than that of a simple
/// random sample: a few villages may agree by chance.
const VAGUE: u32 = 10;

/// Why a share is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// Nobody has answered whom it needs.
    NoVisits,
    /// So few have that nothing can be said of how sure it is.
    TooFew,
    /// There is nothing that it could be a share of.
    NothingOfIt,
}

impl Unknown {
    /// The word that requests use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoVisits => "no-visits",
            Self::TooFew => "too-few",
            Self::NothingOfIt => "nothing-of-it",
        }
    }
}

/// A measured share and how well it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// The share with its interval of 95 %, or why there is none.
    pub share: Result<Share, Unknown>,
    /// Drawn subjects that it is about,
    pub sampled: u64,
    /// and those of them that answered.
    pub answered: u64,
    /// Its standard error; none where nobody or everybody is in error.
    pub error: Option<f64>,
    /// How many times larger its variance is than that of simple random samples of as many
    /// receivers and others; none where either is not known.
    pub deff: Option<f64>,
    /// Degrees of freedom.
    pub df: u32,
}

/// Between which shares the truth about the sample lies, whatever is true of the unreached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// If none of them is in error.
    pub low: f64,
    /// If all of them are.
    pub high: f64,
}

/// What figures would be if nobody or everybody who did not answer were in error.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Unreached {
    /// The inclusion error; none while nobody has answered whom it needs.
    pub inclusion: Option<Bounds>,
    /// The exclusion error.
    pub exclusion: Option<Bounds>,
}

/// What was found in one regency.
#[derive(Debug, Clone, PartialEq)]
pub struct Regency {
    /// Its code.
    pub code: String,
    /// Drawn subjects.
    pub sampled: u64,
    /// Those of them that answered.
    pub answered: u64,
    /// The inclusion error.
    pub inclusion: Figure,
    /// The exclusion error.
    pub exclusion: Figure,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Drawn subjects.
    pub sampled: u64,
    /// Those of them that answered.
    pub answered: u64,
    /// The inclusion error.
    pub inclusion: Figure,
    /// The exclusion error.
    pub exclusion: Figure,
    /// Of the subjects that receive, those about which the linkage has led to an error.
    pub linkage: Figure,
    /// How much the unreached could change.
    pub if_unreached: Unreached,
    /// Regencies in which villages were drawn, by their codes.
    pub regencies: Vec<Regency>,
}

impl Measured {
    /// The share of visits that brought an answer; none of no visits.
    #[must_use]
    pub fn response(&self) -> Option<f64> {
        (self.sampled > 0).then(|| float(self.answered) / float(self.sampled))
    }
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ratio {
    Inclusion,
    Exclusion,
    Linkage,
}

impl Ratio {
    /// Whether it is about subjects of a standing.
    fn is_about(self, receives: bool) -> bool {
        receives || self == Self::Exclusion
    }

    /// What one subject counts, of what.
    fn terms(self, receives: bool, answer: Answer) -> (f64, f64) {
        let eligible = answer.eligible;
        match self {
            Self::Inclusion => (f64::from(u8::from(eligible == 0)), 1.0),
            Self::Exclusion => {
                let left_out = eligible.saturating_sub(u32::from(receives));
                (left_out.into(), eligible.into())
            }
            Self::Linkage => (f64::from(u8::from(answer.by_linkage)), 1.0),
        }
    }
}

/// A visit that brought an answer.
#[derive(Clone, Copy)]
struct Met {
    village: u32,
    receives: bool,
    weight: f64,
    answer: Answer,
}

/// What follows from all visits of a sample, those that nobody has made yet among them.
/// One in no drawn village is none.
#[must_use]
pub fn estimate(drawn: &[Drawn], visits: &[Visit]) -> Measured {
    let is_known = |it: &&Visit| (it.village as usize) < drawn.len();
    let visits: Vec<Visit> = visits.iter().filter(is_known).copied().collect();
    let weights = weight::adjusted(drawn, &visits);
    let mut by_regency: BTreeMap<&str, Part<'_>> = BTreeMap::new();
    let mut whole = Part::of(drawn);
    for village in drawn {
        let part = by_regency
            .entry(village.regency())
            .or_insert_with(|| Part::of(drawn));
        part.add_village(village);
        whole.add_village(village);
    }
    for (visit, weight) in visits.iter().zip(weights) {
        whole.add(visit, weight);
        let village = drawn.get(visit.village as usize);
        if let Some(part) = village.and_then(|it| by_regency.get_mut(it.regency())) {
            part.add(visit, weight);
        }
    }
    let regencies = by_regency.into_iter().map(|(code, part)| Regency {
        code: code.to_owned(),
        sampled: part.sampled[0] + part.sampled[1],
        answered: part.met.len() as u64,
        inclusion: part.figure(Ratio::Inclusion, FEW),
        exclusion: part.figure(Ratio::Exclusion, FEW),
    });
    Measured {
        sampled: whole.sampled[0] + whole.sampled[1],
        answered: whole.met.len() as u64,
        inclusion: whole.figure(Ratio::Inclusion, 0),
        exclusion: whole.figure(Ratio::Exclusion, 0),
        linkage: whole.figure(Ratio::Linkage, 0),
        if_unreached: unreached(&visits),
        regencies: regencies.collect(),
    }
}

/// The visits of a regency or of all of them.
struct Part<'a> {
    drawn: &'a [Drawn],
    met: Vec<Met>,
    /// Drawn subjects: others, receivers.
    sampled: [u64; 2],
    /// Whether there are any in drawn villages: others, receivers.
    are_there: [bool; 2],
}

impl<'a> Part<'a> {
    const fn of(drawn: &'a [Drawn]) -> Self {
        Self {
            drawn,
            met: Vec::new(),
            sampled: [0; 2],
            are_there: [false; 2],
        }
    }

    const fn add_village(&mut self, village: &Drawn) {
        self.are_there[0] |= village.others > 0;
        self.are_there[1] |= village.receivers > 0;
    }

    fn add(&mut self, visit: &Visit, weight: f64) {
        self.sampled[usize::from(visit.receives)] += 1;
        if let Some(answer) = visit.answer() {
            self.met.push(Met {
                village: visit.village,
                receives: visit.receives,
                weight,
                answer,
            });
        }
    }

    /// Those who answered of one standing.
    fn met(&self, receives: bool) -> impl Iterator<Item = &Met> {
        self.met.iter().filter(move |it| it.receives == receives)
    }

    fn figure(&self, ratio: Ratio, least: u64) -> Figure {
        let about = [false, true].map(|it| ratio.is_about(it));
        let count = |counts: [u64; 2]| -> u64 {
            let those = counts.into_iter().zip(about);
            those
                .map(|(count, is_about)| count * u64::from(is_about))
                .sum()
        };
        let answered = [false, true].map(|it| self.met(it).count() as u64);
        let mut figure = Figure {
            share: Err(Unknown::NoVisits),
            sampled: count(self.sampled),
            answered: count(answered),
            error: None,
            deff: None,
            df: 0,
        };
        // Of a standing of which nobody answered nothing is known.
        let is_blind = |at: usize| about[at] && self.are_there[at] && answered[at] == 0;
        if figure.answered == 0 || is_blind(0) || is_blind(1) {
            return figure;
        }
        if figure.answered < least {
            figure.share = Err(Unknown::TooFew);
            return figure;
        }
        let sums = self.met.iter().filter(|it| ratio.is_about(it.receives));
        let (part, whole) = sums.fold((0.0, 0.0), |(part, whole), it| {
            let (y, x) = ratio.terms(it.receives, it.answer);
            (part + it.weight * y, whole + it.weight * x)
        });
        if whole <= 0.0 {
            figure.share = Err(Unknown::NothingOfIt);
            return figure;
        }
        let value = part / whole;
        let Variance {
            value: mut variance,
            df,
        } = variance(self.drawn, &self.addends(ratio, value, whole));
        figure.df = df;
        if df == 0 {
            figure.share = Err(Unknown::TooFew);
            return figure;
        }
        // Sums of weights do not meet exactly.
        let is_none = part <= whole * 1e-12;
        if is_none || whole - part <= whole * 1e-12 {
            let (low, high) = self.one_sided(ratio, is_none, part, whole, df);
            figure.share = Ok(Share {
                value: if is_none { 0.0 } else { 1.0 },
                low,
                high,
            });
            return figure;
        }
        let simple = self.simple(ratio, value, whole);
        if df < VAGUE {
            variance = variance.max(simple);
        }
        let error = variance.sqrt();
        let (low, high) = logit(value, error, student(df));
        figure.error = Some(error);
        figure.deff = (simple > 0.0).then(|| variance / simple);
        figure.share = Ok(Share { value, low, high });
        figure
    }

    /// What each who answered adds to a share.
    fn addends(&self, ratio: Ratio, value: f64, whole: f64) -> Vec<Addend> {
        let addend = |it: &Met| {
            let (y, x) = ratio.terms(it.receives, it.answer);
            Addend {
                village: it.village,
                receives: it.receives,
                value: ratio
                    .is_about(it.receives)
                    .then(|| it.weight * (y - value * x) / whole),
            }
        };
        self.met.iter().map(addend).collect()
    }

    /// The variance if simple random samples of as many of each standing had been drawn.
    fn simple(&self, ratio: Ratio, value: f64, whole: f64) -> f64 {
        let of = |receives: bool| {
            let rests: Vec<(f64, f64)> = self
                .met(receives)
                .map(|it| {
                    let (y, x) = ratio.terms(receives, it.answer);
                    (it.weight, y - value * x)
                })
                .collect();
            let n = float(rests.len() as u64);
            let all: f64 = rests.iter().map(|it| it.0).sum();
            if all <= 0.0 || !ratio.is_about(receives) {
                return 0.0;
            }
            let mean = rests.iter().map(|it| it.0 * it.1).sum::<f64>() / all;
            let squares = rests.iter().map(|it| it.0 * (it.1 - mean).powi(2));
            let spread = squares.sum::<f64>() / all * n / (n - 1.0).max(1.0);
            let left = 1.0 - (n / all).min(1.0);
            (all / whole).powi(2) * spread / n * left
        };
        of(false) + of(true)
    }

    /// The interval where nobody (or everybody) is in error.
    fn one_sided(&self, ratio: Ratio, is_none: bool, part: f64, whole: f64, df: u32) -> (f64, f64) {
        if ratio != Ratio::Exclusion {
            let at_most = none_of(self.effective(true, df));
            return if is_none {
                (0.0, at_most)
            } else {
                (1.0 - at_most, 1.0)
            };
        }
        // Nobody of the others is eligible, or nobody who receives: of as many as that, so
        // many still might be.
        let unseen = |receives: bool| {
            let all: f64 = self.met(receives).map(|it| it.weight).sum();
            all * none_of(self.effective(receives, df))
        };
        if is_none {
            let more = unseen(false);
            (0.0, more / (more + whole))
        } else {
            (part / (part + unseen(true)), 1.0)
        }
    }

    /// How large a simple random sample would say as much of one standing: by weights that
    /// differ (Kish 1965), by neighbours that are alike and by the degrees of freedom.
    fn effective(&self, receives: bool, df: u32) -> f64 {
        let mut by_village: BTreeMap<u32, u64> = BTreeMap::new();
        let (mut n, mut all, mut squares) = (0.0, 0.0, 0.0);
        for it in self.met(receives) {
            *by_village.entry(it.village).or_default() += 1;
            n += 1.0;
            all += it.weight;
            squares += it.weight * it.weight;
        }
        if n <= 0.0 {
            return 0.0;
        }
        let unequal = n * squares / (all * all);
        let pairs: f64 = by_village.values().map(|it| float(it * it)).sum();
        let alike = 1.0 + (pairs / n - 1.0) * RHO;
        n / (unequal * alike) * (Z / student(df)).powi(2)
    }
}

/// What the figures of the sample would be if nobody or everybody unreached were in error.
fn unreached(visits: &[Visit]) -> Unreached {
    let (mut wrong, mut receiving, mut silent) = (0.0, 0.0, 0.0);
    let (mut left_out, mut eligible, mut silent_others) = (0.0, 0.0, 0.0);
    let mut answered = [false; 2];
    for visit in visits {
        let weight = visit.weight;
        if visit.receives {
            receiving += weight;
        }
        let Some(answer) = visit.answer() else {
            *(if visit.receives {
                &mut silent
            } else {
                &mut silent_others
            }) += weight;
            continue;
        };
        answered[usize::from(visit.receives)] = true;
        let (y, x) = Ratio::Exclusion.terms(visit.receives, answer);
        left_out += weight * y;
        eligible += weight * x;
        if visit.receives {
            wrong += weight * Ratio::Inclusion.terms(true, answer).0;
        }
    }
    // Sums that are the same may differ in their last digits.
    let share = |part: f64, whole: f64| {
        if whole > 0.0 {
            (part / whole).min(1.0)
        } else {
            0.0
        }
    };
    let inclusion = Bounds {
        low: share(wrong, receiving),
        high: share(wrong + silent, receiving),
    };
    // One who receives and was not met is left out by nobody: eligible, he makes the share
    // smaller, else he is not of it.
    let exclusion = Bounds {
        low: share(left_out, eligible + silent),
        high: share(left_out + silent_others, eligible + silent_others),
    };
    Unreached {
        inclusion: answered[1].then_some(inclusion),
        exclusion: (answered[0] && answered[1]).then_some(exclusion),
    }
}
