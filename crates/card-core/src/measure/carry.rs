//! The error of the linkage and what nobody knows, carried into what rules count.
//!
//! Rules judge a subject by rows that the linkage has put together. Where it joins two that
//! are not one, a rule finds an error that is none; where it misses a link, a rule finds
//! nothing, or takes an eligible family that receives under another row for one left out. And
//! of some a rule knows nothing. None of that has a single likely value: who is unknown may
//! be eligible or not, and a link that is missing hides an error or makes one. So what is told
//! is between what and what the share lies (bounds of partial identification: Manski 2003,
//! *Partial Identification of Probability Distributions*, chapter 1), the links being right
//! (precision, `P`) and made (recall, `R`) as often as their own intervals allow.
//!
//! - **Inclusion error**, of all who receive: `e` of them were found not to be eligible, `s`
//!   to be, and of `u` it is not known. At least `e·P` are errors, each unknown one being
//!   eligible. At most `e·P/R + s·(1−R) + u` are: of the errors that there are a share of `R`
//!   was seen, and of those found eligible so many are a part of a family that receives
//!   under another row.
//! - **Exclusion error**, of all who are eligible: `s` of them receive, `m` do not, and of
//!   those of whom it is not known `u` receive and `v` do not. Of links of those who receive
//!   `P/R` are to be expected for each that was made, so `s·P/R` receive of `m + s`. At least
//!   `m + s − s·P/R` are left out, of `m + s + u`; at most that and `v`, of `m + s + v`. The
//!   least has the greatest `P/R` and the most the smallest.
//!
//! **What is assumed.** That pairs of rows, of which precision and recall are known, stand for
//! families, each of which rests on several of them; that recall is that among the pairs which
//! were compared; that nobody is called ineligible only because of a wrong link who does not
//! receive.
//!
//! A made-up province whose truth is known says how often these ends hold it
//! (`crates/sim/tests/measure.rs`): they are bounds, and meant to hold it at least as often as
//! an interval of 95 % would. What is true at the door a sample in the field measures.

use super::float;
use crate::review::Share;

/// Whom rules include and exclude, and of whom they do not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Of those who receive: whom the rules exclude,
    pub excluded: u64,
    /// whom they include,
    pub served: u64,
    /// and of whom it is not known.
    pub unknown: u64,
    /// Of those who do not receive: whom the rules include,
    pub missing: u64,
    /// and of whom it is not known.
    pub missing_unknown: u64,
}

/// A share that rules count, and between what it lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Carried {
    /// As counted: who is unknown is no error.
    pub exact: f64,
    /// The lower and the upper end, from zero to one. The exact one need not lie between them.
    /// None while it is not known how good the linkage is.
    pub between: Option<(f64, f64)>,
}

impl Counts {
    /// The inclusion error: those found not to be eligible, of those who receive. None where
    /// nobody receives.
    #[must_use]
    pub fn inclusion(&self, precision: Option<Share>, recall: Option<Share>) -> Option<Carried> {
        let [excluded, served, unknown] = [self.excluded, self.served, self.unknown].map(float);
        let receiving = excluded + served + unknown;
        let between = ends(precision, recall).map(|(precision, recall)| {
            let least = excluded * precision.low;
            let hidden = excluded * precision.high / recall.low + served * (1.0 - recall.low);
            (of(least, receiving), of(hidden + unknown, receiving))
        });
        (receiving > 0.0).then(|| Carried {
            exact: of(excluded, receiving),
            between,
        })
    }

    /// The exclusion error: those eligible who do not receive, beside those who do. None where
    /// nobody is known to be eligible.
    #[must_use]
    pub fn exclusion(&self, precision: Option<Share>, recall: Option<Share>) -> Option<Carried> {
        let [served, missing] = [self.served, self.missing].map(float);
        let [unknown, missing_unknown] = [self.unknown, self.missing_unknown].map(float);
        let eligible = served + missing;
        let between = ends(precision, recall).map(|(precision, recall)| {
            let left = |links: f64| (eligible - served * links).max(0.0);
            let least = left(precision.high / recall.low);
            let most = left(precision.low / recall.high) + missing_unknown;
            (
                of(least, eligible + unknown),
                of(most, eligible + missing_unknown),
            )
        });
        (eligible > 0.0).then(|| Carried {
            exact: of(missing, eligible),
            between,
        })
    }
}

/// So many of all, at most all of them.
fn of(part: f64, all: f64) -> f64 {
    (part / all).min(1.0)
}

/// Both, where something can be divided by them.
fn ends(precision: Option<Share>, recall: Option<Share>) -> Option<(Share, Share)> {
    let (precision, recall) = (precision?, recall?);
    (recall.low > 0.0).then_some((precision, recall))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn share(value: f64, low: f64, high: f64) -> Option<Share> {
        Some(Share { value, low, high })
    }

    const PERFECT: Option<Share> = share(1.0, 1.0, 1.0);

    fn near(ends: Option<(f64, f64)>, low: f64, high: f64) {
        let ends = ends.expect("known");
        assert!((ends.0 - low).abs() < 1e-9, "{ends:?} begins at {low}");
        assert!((ends.1 - high).abs() < 1e-9, "{ends:?} ends at {high}");
    }

    #[test]
    fn where_all_is_known_and_linked_nothing_is_in_doubt() {
        let counts = Counts {
            excluded: 120,
            served: 880,
            missing: 220,
            ..Counts::default()
        };
        let inclusion = counts.inclusion(PERFECT, PERFECT).expect("of some");
        assert!((inclusion.exact - 0.12).abs() < 1e-12);
        near(inclusion.between, 0.12, 0.12);
        let exclusion = counts.exclusion(PERFECT, PERFECT).expect("of some");
        assert!((exclusion.exact - 0.2).abs() < 1e-12);
        near(exclusion.between, 0.2, 0.2);
    }

    #[test]
    fn who_is_unknown_may_be_either() {
        let counts = Counts {
            excluded: 100,
            served: 860,
            unknown: 40,
            missing: 100,
            missing_unknown: 60,
        };
        let inclusion = counts.inclusion(PERFECT, PERFECT).expect("of some");
        assert!((inclusion.exact - 0.1).abs() < 1e-12);
        near(inclusion.between, 0.1, 0.14);
        let exclusion = counts.exclusion(PERFECT, PERFECT).expect("of some");
        near(exclusion.between, 100.0 / 1_000.0, 160.0 / 1_020.0);
    }

    #[test]
    fn links_that_are_wrong_or_missing_move_the_ends() {
        let (precision, recall) = (share(0.99, 0.98, 0.995), share(0.9, 0.87, 0.93));
        let counts = Counts {
            excluded: 100,
            served: 800,
            missing: 100,
            ..Counts::default()
        };
        let inclusion = counts.inclusion(precision, recall).expect("of some");
        let most = 100.0 * 0.995 / 0.87 + 800.0 * 0.13;
        near(inclusion.between, 98.0 / 900.0, most / 900.0);
        let exclusion = counts.exclusion(precision, recall).expect("of some");
        // More are reached than there are: nobody need have been left out.
        let most = 900.0 - 800.0 * 0.98 / 0.93;
        near(exclusion.between, 0.0, most / 900.0);
    }

    #[test]
    fn what_is_not_known_is_not_said() {
        let known = share(0.9, 0.8, 0.95);
        assert_eq!(Counts::default().inclusion(known, known), None);
        assert_eq!(Counts::default().exclusion(known, known), None);
        let counts = Counts {
            excluded: 1,
            served: 1,
            missing: 1,
            ..Counts::default()
        };
        for (precision, recall) in [(None, known), (known, None), (known, share(0.1, 0.0, 0.2))] {
            for carried in [
                counts.inclusion(precision, recall),
                counts.exclusion(precision, recall),
            ] {
                let carried = carried.expect("of some");
                assert!((carried.exact - 0.5).abs() < 1e-12);
                assert_eq!(carried.between, None);
            }
        }
    }

    fn any_share() -> impl Strategy<Value = Share> {
        (0.01..=1.0, 0.1..=1.0, 0.0..=1.0).prop_map(|(value, down, up): (f64, f64, f64)| Share {
            value,
            low: value * down,
            high: value + (1.0 - value) * up,
        })
    }

    fn any_counts() -> impl Strategy<Value = Counts> {
        let count = || 0..1_000_u64;
        (count(), 1..1_000_u64, count(), count(), count()).prop_map(
            |(excluded, served, unknown, missing, missing_unknown)| Counts {
                excluded,
                served,
                unknown,
                missing,
                missing_unknown,
            },
        )
    }

    proptest! {
        #[test]
        fn ends_stay_in_order(
            counts in any_counts(),
            precision in any_share(),
            recall in any_share(),
        ) {
            let (precision, recall) = (Some(precision), Some(recall));
            for carried in [
                counts.inclusion(precision, recall),
                counts.exclusion(precision, recall),
            ] {
                let (low, high) = carried.and_then(|it| it.between).expect("known");
                prop_assert!(0.0 <= low && low <= high && high <= 1.0, "{low} {high}");
            }
        }

        #[test]
        fn who_becomes_known_only_narrows(counts in any_counts(), is_eligible: bool) {
            prop_assume!(counts.unknown > 0);
            let mut then = Counts { unknown: counts.unknown - 1, ..counts };
            then.served += u64::from(is_eligible);
            then.excluded += u64::from(!is_eligible);
            let before = counts.inclusion(PERFECT, PERFECT).and_then(|it| it.between);
            let after = then.inclusion(PERFECT, PERFECT).and_then(|it| it.between);
            let ((low, high), (then_low, then_high)) = before.zip(after).expect("of some");
            prop_assert!(low <= then_low + 1e-12 && then_high <= high + 1e-12);
        }
    }
}
