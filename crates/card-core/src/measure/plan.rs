//! What a design means for a frame: how likely each village and each subject is drawn.
//!
//! **Villages** are shared out to regencies by their subjects, two at least to each. Within a
//! regency a village of `s` of its `S` subjects is drawn with chance `n·s/S`; one whose
//! chance would be one or more is drawn for certain and stands for itself, and the rest is
//! shared anew. Where a single village would then be drawn among several two are, since one
//! alone tells nothing of how much villages differ.
//!
//! **Subjects** of one standing (receivers, others) are drawn within a village with chance
//! `x/N` each, `N` being all of them there, and `x = f·N/chance` of the village, so that over
//! both steps everyone has the same chance `f` and weighs the same, `1/f`. Where that is
//! fewer than one, `x` is one, so that nobody goes to a village for nobody; where it is more
//! than there are, all. `f` is such that as many are to be expected as are wanted. A weight
//! is `N/(chance·x)`, the inverse of the chance over both steps, whatever happens to be drawn.
//!
//! Where fewer than two to a village are wanted on average, the least is half of that average
//! instead of one: else the few would be shared out by villages and not by subjects, and those
//! of large villages would weigh many times what others do.
//!
//! There are only sums, products and comparisons here: they are the same on each machine.

use super::frame::Frame;
use super::{float, regency};

/// Villages of a regency at least.
const LEAST: usize = 2;

/// How often an interval is halved: to the last bit.
const HALVINGS: usize = 64;

/// What is to be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Design {
    /// Visits to subjects that receive,
    pub receivers: u32,
    /// and to others.
    pub others: u32,
    /// Villages; two of each regency are drawn in any case.
    pub villages: u32,
}

/// What is drawn in one regency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stratum {
    /// The code of the regency.
    pub regency: String,
    /// Villages that are drawn,
    pub villages: u32,
    /// of so many.
    pub of_villages: u32,
    /// How many of them are drawn for certain.
    pub certain: u32,
}

/// Receivers, then others.
pub(super) const STANDINGS: [bool; 2] = [true, false];

/// How one village is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Odds {
    /// Its chance; one where it is certain.
    pub(super) chance: f64,
    /// Whether it is.
    pub(super) is_certain: bool,
    /// Expected visits of each standing.
    pub(super) take: [f64; 2],
}

/// The villages of a regency by their places in the frame, and how many of those that are
/// not certain are drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lot {
    pub(super) villages: std::ops::Range<usize>,
    pub(super) wanted: u64,
}

/// What a design means for a frame. Nothing in it is by chance.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan<'a> {
    pub(super) frame: &'a Frame,
    pub(super) odds: Vec<Odds>,
    pub(super) lots: Vec<Lot>,
    strata: Vec<Stratum>,
}

/// How much a plan is like a simple random sample of one standing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Likeness {
    /// Expected visits.
    pub(super) visits: f64,
    /// The share of them in villages that do not stand for themselves.
    pub(super) clustered: f64,
    /// Expected visits in the same such village as one, itself among them.
    pub(super) together: f64,
    /// One and the squared variation of weights (Kish 1965).
    pub(super) unequal: f64,
}

impl<'a> Plan<'a> {
    /// What a design means for a frame.
    #[must_use]
    pub fn of(frame: &'a Frame, design: Design) -> Self {
        let sizes: Vec<u64> = frame.villages().iter().map(|it| it.subjects()).collect();
        let ranges = ranges(frame);
        let counts = shared(&ranges, &sizes, design.villages as usize);
        let mut odds = Vec::with_capacity(sizes.len());
        let (mut lots, mut strata) = (Vec::new(), Vec::new());
        for (range, count) in ranges.into_iter().zip(counts) {
            let own = &sizes[range.clone()];
            let (certain, wanted) = certain(own, count);
            let left: u64 = rest(own, &certain).sum();
            for (size, is_certain) in own.iter().zip(&certain) {
                let chance = if *is_certain || left == 0 {
                    1.0
                } else {
                    float(*size * wanted) / float(left)
                };
                odds.push(Odds {
                    chance,
                    is_certain: *is_certain,
                    take: [0.0; 2],
                });
            }
            let for_certain = certain.iter().filter(|it| **it).count() as u64;
            strata.push(Stratum {
                regency: regency(&frame.villages()[range.start].code).to_owned(),
                villages: count_of(for_certain + wanted),
                of_villages: count_of(own.len() as u64),
                certain: count_of(for_certain),
            });
            lots.push(Lot {
                villages: range,
                wanted,
            });
        }
        for (standing, visits) in [design.receivers, design.others].into_iter().enumerate() {
            let there: Vec<f64> = frame
                .villages()
                .iter()
                .map(|it| float([&it.receivers, &it.others][standing].len() as u64))
                .collect();
            takes(&mut odds, standing, &there, visits.into());
        }
        Self {
            frame,
            odds,
            lots,
            strata,
        }
    }

    /// What is drawn in each regency, in the order of their codes.
    #[must_use]
    pub fn strata(&self) -> &[Stratum] {
        &self.strata
    }

    /// How much it is like a simple random sample of receivers or of others; none where
    /// nobody of them is drawn.
    pub(super) fn likeness(&self, standing: usize) -> Option<Likeness> {
        let (mut visits, mut clustered, mut pairs) = (0.0, 0.0, 0.0);
        let (mut weights, mut all) = (0.0, 0.0);
        for (odds, village) in self.odds.iter().zip(self.frame.villages()) {
            let there = float([&village.receivers, &village.others][standing].len() as u64);
            let take = odds.take[standing];
            if take <= 0.0 {
                continue;
            }
            visits += odds.chance * take;
            if !odds.is_certain {
                clustered += odds.chance * take;
                pairs += odds.chance * take * take;
            }
            weights += there * there / (odds.chance * take);
            all += there;
        }
        (visits > 0.0).then(|| Likeness {
            visits,
            clustered: clustered / visits,
            together: pairs / visits,
            unequal: visits * weights / (all * all),
        })
    }
}

fn count_of(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The villages of each regency.
fn ranges(frame: &Frame) -> Vec<std::ops::Range<usize>> {
    let mut ranges: Vec<std::ops::Range<usize>> = Vec::new();
    for chunk in frame
        .villages()
        .chunk_by(|one, next| one.regency() == next.regency())
    {
        let from = ranges.last().map_or(0, |it| it.end);
        ranges.push(from..from + chunk.len());
    }
    ranges
}

/// Villages for each regency: two, and the rest one by one to the one that has the fewest
/// for its subjects (the divisors of Webster), never more than it has.
fn shared(ranges: &[std::ops::Range<usize>], sizes: &[u64], villages: usize) -> Vec<u64> {
    let all: Vec<u64> = ranges
        .iter()
        .map(|it| sizes[it.clone()].iter().sum())
        .collect();
    let mut counts: Vec<u64> = ranges.iter().map(|it| it.len().min(LEAST) as u64).collect();
    let given: u64 = counts.iter().sum();
    for _ in given..villages as u64 {
        let due = |at: &usize| (u128::from(all[*at]), u128::from(2 * counts[*at] + 1));
        let next = (0..ranges.len())
            .filter(|at| counts[*at] < ranges[*at].len() as u64)
            .reduce(|best, at| {
                let ((size, divisor), (most, its)) = (due(&at), due(&best));
                if size * its > most * divisor {
                    at
                } else {
                    best
                }
            });
        match next {
            Some(at) => counts[at] += 1,
            None => break,
        }
    }
    counts
}

fn rest<'b>(sizes: &'b [u64], certain: &'b [bool]) -> impl Iterator<Item = u64> + 'b {
    let uncertain = sizes.iter().zip(certain).filter(|it| !it.1);
    uncertain.map(|it| *it.0)
}

/// Which villages are drawn for certain, and how many of the others are drawn.
fn certain(sizes: &[u64], count: u64) -> (Vec<bool>, u64) {
    let mut certain = vec![false; sizes.len()];
    let mut wanted = count;
    loop {
        let (left, villages) = rest(sizes, &certain).fold((0, 0), |(sum, n), it| (sum + it, n + 1));
        if wanted == 1 && villages >= LEAST {
            wanted = LEAST as u64;
        }
        let before = wanted;
        for (size, is_certain) in sizes.iter().zip(&mut certain) {
            if !*is_certain && size * before >= left {
                *is_certain = true;
                wanted = wanted.saturating_sub(1);
            }
        }
        if wanted == before || wanted == 0 {
            return (certain, wanted);
        }
    }
}

/// Sets how many of a standing are visited in each village.
fn takes(odds: &mut [Odds], standing: usize, there: &[f64], visits: f64) {
    if visits <= 0.0 {
        return;
    }
    let met: f64 = odds
        .iter()
        .zip(there)
        .filter(|it| *it.1 > 0.0)
        .map(|it| it.0.chance)
        .sum();
    let least = (visits / met.max(f64::MIN_POSITIVE) / 2.0).min(1.0);
    // Where nobody is, nobody is taken.
    let take =
        |odds: &Odds, there: f64, share: f64| (share * there / odds.chance).max(least).min(there);
    let expected = |share: f64| -> f64 {
        let each = odds.iter().zip(there);
        each.map(|(odds, there)| odds.chance * take(odds, *there, share))
            .sum()
    };
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if expected(middle) < visits {
            low = middle;
        } else {
            high = middle;
        }
    }
    for (odds, there) in odds.iter_mut().zip(there) {
        odds.take[standing] = take(odds, *there, high);
    }
}
