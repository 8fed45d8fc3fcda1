//! How much a weighted share would vary from sample to sample.
//!
//! A share is a ratio of two sums; to first order it varies like the sum of what each subject
//! adds to it, `w·(y − share·x)/X` (Taylor's series; Woodruff 1971, Cochran 1977 chapter 6).
//! Of that sum it is enough to know how much the sums of villages vary within a regency,
//! whatever goes on inside them (the ultimate cluster: Hansen, Hurwitz and Madow 1953):
//! `n/(n−1)·Σ(z − mean)²`. That villages are drawn without replacement is left out, which
//! makes the variance larger if anything.
//!
//! In a village that stands for itself subjects are what is drawn first: its receivers are a
//! stratum and its others are one, with the correction for having asked many of them.
//!
//! A stratum in which a single village (or subject) answered says nothing of how much they
//! vary. It goes together with the one before it of its kind, in the order of codes, the
//! first with the one after it; one without any other counts as varying around nothing. All
//! three make the variance larger rather than smaller.

use std::collections::BTreeMap;

use super::draw::Drawn;
use super::float;

/// What one subject adds to a share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Addend {
    /// Where, among the drawn villages.
    pub(super) village: u32,
    /// Whether it receives.
    pub(super) receives: bool,
    /// How much; none of a subject that the share is not about.
    pub(super) value: Option<f64>,
}

/// A variance, and how well it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Variance {
    pub(super) value: f64,
    /// Degrees of freedom: clusters without strata.
    pub(super) df: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Villages of a regency.
    Villages,
    /// Receivers or others of a village that stands for itself.
    Subjects(bool),
}

/// Clusters that are drawn together.
struct Stratum {
    kind: Kind,
    totals: Vec<f64>,
    /// How many subjects there are in all; of villages it is not asked.
    of: Option<u64>,
}

impl Stratum {
    const fn clusters(&self) -> u64 {
        self.totals.len() as u64
    }

    /// Whether it says nothing of how much clusters vary, and others are there.
    fn is_lone(&self) -> bool {
        self.clusters() == 1 && self.of != Some(1)
    }

    fn absorb(&mut self, other: Self) {
        self.totals.extend(other.totals);
        self.of = self.of.zip(other.of).map(|(one, more)| one + more);
    }

    fn variance(&self) -> f64 {
        let n = float(self.clusters());
        let left = self.of.map_or(1.0, |of| 1.0 - (n / float(of)).min(1.0));
        if self.clusters() < 2 {
            return left * self.totals.iter().map(|it| it * it).sum::<f64>();
        }
        let mean = self.totals.iter().sum::<f64>() / n;
        let squares: f64 = self.totals.iter().map(|it| (it - mean).powi(2)).sum();
        left * n / (n - 1.0) * squares
    }
}

/// The variance of the sum of what subjects add.
pub(super) fn variance(drawn: &[Drawn], addends: &[Addend]) -> Variance {
    let mut totals: BTreeMap<(Kind, &str, usize), f64> = BTreeMap::new();
    let mut sizes: BTreeMap<(Kind, &str), u64> = BTreeMap::new();
    for (at, addend) in addends.iter().enumerate() {
        let Some(village) = drawn.get(addend.village as usize) else {
            continue;
        };
        if !village.is_certain {
            // A village where nobody is whom the share is about was drawn all the same.
            let key = (Kind::Villages, village.regency(), addend.village as usize);
            *totals.entry(key).or_default() += addend.value.unwrap_or(0.0);
        } else if let Some(value) = addend.value {
            let kind = Kind::Subjects(addend.receives);
            totals.insert((kind, &village.code, at), value);
            let of = if addend.receives {
                village.receivers
            } else {
                village.others
            };
            sizes.insert((kind, &village.code), of.into());
        }
    }
    let mut strata: Vec<Stratum> = Vec::new();
    let clusters: Vec<_> = totals.into_iter().collect();
    for chunk in clusters.chunk_by(|(one, _), (next, _)| (one.0, one.1) == (next.0, next.1)) {
        let Some(((kind, code, _), _)) = chunk.first() else {
            continue;
        };
        let stratum = Stratum {
            kind: *kind,
            totals: chunk.iter().map(|it| it.1).collect(),
            of: sizes.get(&(*kind, *code)).copied(),
        };
        match strata.last_mut() {
            Some(last) if last.kind == *kind && (last.is_lone() || stratum.is_lone()) => {
                last.absorb(stratum);
            }
            _ => strata.push(stratum),
        }
    }
    let df: u64 = strata.iter().map(|it| it.clusters() - 1).sum();
    Variance {
        value: strata.iter().map(Stratum::variance).sum(),
        df: u32::try_from(df).unwrap_or(u32::MAX),
    }
}
