//! Which pairs people are asked about, and what their answers say of the linkage.
//!
//! Asked is about those that it was least sure of, and about a random sample of all pairs by
//! how probable it called them. From the first it gets better; from the second it is known
//! how good it is, since nobody has chosen them.

mod late;

use crate::hash::Map;
use crate::link::Linked;

pub use self::late::{Late, late};

/// Between these the linkage is not sure.
const GREY: (f64, f64) = (0.1, 0.9);

/// From here on two records look like one person's.
const LIKE: f64 = 0.5;

/// Pairs that people are asked about at most, of so many records each.
const ASKED: (usize, usize) = (500, 100_000);

/// Pairs of each band that are sampled.
pub const SAMPLED: usize = 80;

/// Where bands begin; the last ends at one.
pub const BANDS: [f64; 6] = [0.0, 0.1, 0.5, 0.9, 0.99, 0.999];

/// Why people are asked about a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The linkage was not sure.
    Grey,
    /// It looks like one person, and most of what it would have joined spoke against it.
    Refused,
    /// By chance.
    Sample,
    /// A record that came late says that two persons may be one.
    Merge,
    /// Without a record that is gone a person may be several.
    Split,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Grey,
        Self::Refused,
        Self::Sample,
        Self::Merge,
        Self::Split,
    ];

    /// The word that rows and requests use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Grey => "grey",
            Self::Refused => "refused",
            Self::Sample => "sample",
            Self::Merge => "merge",
            Self::Split => "split",
        }
    }

    /// What a word stands for.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A pair that people are asked about, by its place among [`Linked::pairs`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asked {
    /// The pair.
    pub pair: usize,
    /// Why.
    pub kind: Kind,
    /// Whether it is of the random sample: one may be both.
    pub is_sampled: bool,
}

/// The band of a probability.
#[must_use]
pub fn band(same: f64) -> usize {
    BANDS.iter().rposition(|from| same >= *from).unwrap_or(0)
}

/// How many pairs there are in each band.
#[must_use]
pub fn bands(linked: &Linked) -> [u64; BANDS.len()] {
    let mut count = [0; BANDS.len()];
    for same in &linked.same {
        count[band(*same)] += 1;
    }
    count
}

/// The pairs that people are asked about, by how sure the linkage was, the least sure first;
/// then the sample. Of pairs between the same two clusters one stands for all.
#[must_use]
pub fn choose(linked: &Linked, seed: u64) -> Vec<Asked> {
    let of = &linked.clusters.of;
    let apart = |at: usize| {
        let pair = &linked.pairs[at];
        let (one, other) = (of[pair.left as usize], of[pair.right as usize]);
        (one != other).then(|| (one.min(other), one.max(other)))
    };
    let unsure = |at: usize| (linked.same[at] - LIKE).abs();
    let mut grey: Vec<Asked> = (0..linked.pairs.len())
        .filter_map(|pair| {
            let same = linked.same[pair];
            let kind = match apart(pair) {
                Some(_) if same >= LIKE => Kind::Refused,
                _ if (GREY.0..GREY.1).contains(&same) => Kind::Grey,
                _ => return None,
            };
            Some(Asked {
                pair,
                kind,
                is_sampled: false,
            })
        })
        .collect();
    grey.sort_by(|a, b| {
        let refused = |it: &Asked| it.kind != Kind::Refused;
        (refused(a), unsure(a.pair))
            .partial_cmp(&(refused(b), unsure(b.pair)))
            .unwrap_or(std::cmp::Ordering::Equal)
            .then(a.pair.cmp(&b.pair))
    });
    let mut met: Map<(u32, u32), ()> = Map::default();
    grey.retain(|it| apart(it.pair).is_none_or(|between| met.insert(between, ()).is_none()));
    let most = (of.len() * ASKED.0).div_ceil(ASKED.1).max(ASKED.0);
    grey.truncate(most);
    let mut asked = grey;
    let mut places: Map<u32, usize> = Map::default();
    for (place, it) in asked.iter().enumerate() {
        places.insert(u32::try_from(it.pair).unwrap_or(u32::MAX), place);
    }
    for pair in sample(linked, seed) {
        match places.get(&u32::try_from(pair).unwrap_or(u32::MAX)) {
            Some(place) => asked[*place].is_sampled = true,
            None => asked.push(Asked {
                pair,
                kind: Kind::Sample,
                is_sampled: true,
            }),
        }
    }
    asked
}

/// A simple random sample of each band without replacement: the pairs with the smallest
/// hashes of a seed.
fn sample(linked: &Linked, seed: u64) -> Vec<usize> {
    let mut kept: [Vec<(u64, usize)>; BANDS.len()] = Default::default();
    for (at, same) in linked.same.iter().enumerate() {
        let of = &mut kept[band(*same)];
        of.push((mixed(seed ^ at as u64), at));
        if of.len() > 8 * SAMPLED {
            of.sort_unstable();
            of.truncate(SAMPLED);
        }
    }
    let bands = kept.into_iter().flat_map(|mut of| {
        of.sort_unstable();
        of.truncate(SAMPLED);
        of.into_iter().map(|it| it.1)
    });
    bands.collect()
}

/// A number as if by chance (SplitMix64: Steele, Lea and Flood 2014).
const fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A share, and between which ones it lies with 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// The share.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The standard normal quantile of a two-sided 95 %.
const Z: f64 = 1.959_964;

#[expect(clippy::cast_precision_loss, reason = "counts of a sample")]
const fn float(count: u64) -> f64 {
    count as f64
}

/// A share of a simple random sample, by Wilson's interval (1927); none of nothing.
#[must_use]
pub fn wilson(count: u64, of: u64) -> Option<Share> {
    if of == 0 {
        return None;
    }
    let (n, p) = (float(of), float(count) / float(of));
    let middle = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    Some(Share {
        value: p,
        low: (middle - half).max(0.0),
        high: (middle + half).min(1.0),
    })
}

/// What people said of the sample of one band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Band {
    /// Pairs of it in all.
    pub pairs: u64,
    /// Sampled ones on which people agreed.
    pub reviewed: u64,
    /// Of these, one person's.
    pub same: u64,
}

impl Band {
    /// So many of all pairs are one person's, and the variance of that.
    fn estimate(&self) -> Option<(f64, f64)> {
        if self.pairs == 0 {
            return Some((0.0, 0.0));
        }
        if self.reviewed == 0 {
            return None;
        }
        let (all, n) = (float(self.pairs), float(self.reviewed));
        let share = float(self.same) / n;
        // A sample without a single error does not show that there is none: its variance is
        // that of a share with two more answers, one of each kind (Agresti and Coull 1998).
        let spread = (float(self.same) + 1.0) / (n + 2.0);
        let left = 1.0 - (n / all).min(1.0);
        Some((all * share, all * all * spread * (1.0 - spread) / n * left))
    }
}

fn share(part: (f64, f64), rest: (f64, f64)) -> Option<Share> {
    let whole = part.0 + rest.0;
    if whole <= 0.0 {
        return None;
    }
    let value = part.0 / whole;
    // The delta method for part / (part + rest), both independent.
    let variance = (rest.0 * rest.0 * part.1 + part.0 * part.0 * rest.1) / whole.powi(4);
    let half = Z * variance.sqrt();
    Some(Share {
        value,
        low: (value - half).max(0.0),
        high: (value + half).min(1.0),
    })
}

fn sum(bands: &[Band]) -> Option<(f64, f64)> {
    bands
        .iter()
        .try_fold((0.0, 0.0), |(value, variance), band| {
            let (more, its) = band.estimate()?;
            Some((value + more, variance + its))
        })
}

/// Of the pairs from a band on, so many are one person's: precision. None while a band of them
/// has not been reviewed.
#[must_use]
pub fn precision(bands: &[Band], from: usize) -> Option<Share> {
    let above = bands.get(from..)?;
    let (same, variance) = sum(above)?;
    let all: u64 = above.iter().map(|band| band.pairs).sum();
    share((same, variance), (float(all) - same, variance)).map(|share| {
        // Numerator and rest are of the same answers: the share is the plain ratio.
        let half = Z * variance.sqrt() / float(all).max(1.0);
        Share {
            value: share.value,
            low: (share.value - half).max(0.0),
            high: (share.value + half).min(1.0),
        }
    })
}

/// Of all compared pairs that are one person's, so many lie from a band on: recall among pairs
/// that were compared. None while a band has not been reviewed.
#[must_use]
pub fn recall(bands: &[Band], from: usize) -> Option<Share> {
    let (above, below) = (bands.get(from..)?, bands.get(..from)?);
    share(sum(above)?, sum(below)?)
}

/// What people said of one pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// One person's.
    Same,
    /// Two persons'.
    Different,
    /// It cannot be told from what is written.
    Unsure,
}

impl Answer {
    /// The word that rows and requests use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Different => "different",
            Self::Unsure => "unsure",
        }
    }

    /// What a word stands for.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Same, Self::Different, Self::Unsure]
            .into_iter()
            .find(|answer| answer.as_str() == word)
    }
}

/// How far people are with a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nobody has said anything.
    Open,
    /// A second person is needed.
    Waiting,
    /// Two say different things.
    Disputed,
    /// Whoever spoke could not tell.
    Unsure,
    /// It is decided.
    Settled,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Open,
        Self::Waiting,
        Self::Disputed,
        Self::Unsure,
        Self::Settled,
    ];

    /// The word that rows and requests use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waiting => "waiting",
            Self::Disputed => "disputed",
            Self::Unsure => "unsure",
            Self::Settled => "settled",
        }
    }

    /// What a word stands for.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// How far people are with a pair, and what counts: the words of different persons, the
/// oldest first. Where a payment hangs on it two have to say the same. Of words that differ
/// none counts until one has twice as many, and two at least.
#[must_use]
pub fn settle(words: &[Answer], pays: bool) -> (State, Option<bool>) {
    let count = |answer| words.iter().filter(|word| **word == answer).count();
    let (same, different) = (count(Answer::Same), count(Answer::Different));
    let (more, less) = (same.max(different), same.min(different));
    let says = same > different;
    match (more, less) {
        (0, _) if words.is_empty() => (State::Open, None),
        (0, _) => (State::Unsure, None),
        (1, 0) if pays => (State::Waiting, None),
        (_, 0) => (State::Settled, Some(says)),
        (more, less) if more >= 2 * less && more >= 2 => (State::Settled, Some(says)),
        _ => (State::Disputed, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_is_as_published() {
        // Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        for (count, of, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let share = wilson(count, of).expect("of some");
            assert!((share.low - low).abs() < 1e-4, "{share:?}");
            assert!((share.high - high).abs() < 1e-4, "{share:?}");
        }
        assert_eq!(wilson(0, 0), None);
    }

    fn bands(of: [(u64, u64, u64); BANDS.len()]) -> Vec<Band> {
        of.map(|(pairs, reviewed, same)| Band {
            pairs,
            reviewed,
            same,
        })
        .into()
    }

    #[test]
    fn shares_weigh_bands_by_their_pairs() {
        let of = bands([
            (900, 90, 0),
            (100, 50, 10),
            (100, 50, 40),
            (200, 40, 38),
            (300, 60, 60),
            (400, 80, 80),
        ]);
        // From 0.5 on: 80 + 190 + 300 + 400 of 1,000 pairs.
        let precision = precision(&of, 2).expect("all reviewed");
        assert!((precision.value - 0.97).abs() < 1e-9, "{precision:?}");
        assert!(precision.low < 0.97 && precision.high > 0.97);
        // Of 990 that are one person's 20 lie below.
        let recall = recall(&of, 2).expect("all reviewed");
        assert!((recall.value - 970.0 / 990.0).abs() < 1e-9, "{recall:?}");
        assert!(recall.low < recall.value && recall.high <= 1.0);
        // A band that nobody has looked at is not taken for clean.
        let mut unseen = of;
        unseen[5].reviewed = 0;
        assert_eq!(super::precision(&unseen, 2), None);
    }

    #[test]
    fn intervals_hold_the_truth_as_often_as_they_say() {
        // Truth by band, 80 answers of each, again and again.
        let truth: [(u64, f64); BANDS.len()] = [
            (500_000, 0.0002),
            (30_000, 0.2),
            (20_000, 0.75),
            (60_000, 0.96),
            (400_000, 0.996),
            (900_000, 0.9997),
        ];
        let right = |from: usize| {
            let of = &truth[from..];
            let same: f64 = of.iter().map(|(pairs, share)| float(*pairs) * share).sum();
            same / float(of.iter().map(|it| it.0).sum())
        };
        let (mut held, mut all) = (0, 0);
        for seed in 0..1_000_u64 {
            let mut dice = mixed(seed);
            let mut roll = || {
                dice = mixed(dice);
                float(dice >> 11) / float(1 << 53)
            };
            let sampled = truth.map(|(pairs, share)| {
                let same = (0..SAMPLED).filter(|_| roll() < share).count() as u64;
                (pairs, SAMPLED as u64, same)
            });
            let share = precision(&bands(sampled), 2).expect("all reviewed");
            all += 1;
            held += usize::from(share.low <= right(2) && right(2) <= share.high);
        }
        assert!(held * 100 >= all * 93, "{held} of {all}");
    }

    #[test]
    fn two_have_to_agree_where_a_payment_hangs_on_it() {
        use Answer::{Different, Same, Unsure};
        for (words, pays, state, counts) in [
            (&[][..], false, State::Open, None),
            (&[Same], false, State::Settled, Some(true)),
            (&[Same], true, State::Waiting, None),
            (&[Same, Same], true, State::Settled, Some(true)),
            (&[Same, Different], false, State::Disputed, None),
            (
                &[Different, Same, Different],
                true,
                State::Settled,
                Some(false),
            ),
            (&[Unsure], false, State::Unsure, None),
            (&[Unsure, Different], true, State::Waiting, None),
            (
                &[Unsure, Different, Different],
                true,
                State::Settled,
                Some(false),
            ),
            (
                &[Same, Same, Different, Different],
                true,
                State::Disputed,
                None,
            ),
        ] {
            assert_eq!(settle(words, pays), (state, counts), "{words:?}");
        }
    }

    #[test]
    fn bands_hold_every_probability_once() {
        for (same, is) in [
            (0.0, 0),
            (0.1, 1),
            (0.4999, 1),
            (0.5, 2),
            (0.95, 3),
            (0.99, 4),
            (1.0, 5),
        ] {
            assert_eq!(band(same), is, "{same}");
        }
    }
}
