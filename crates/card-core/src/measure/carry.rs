//! The error of the linkage, carried into what rules count.
//!
//! Rules judge a subject by rows that the linkage has put together. Where it joins two that
//! are not one, a rule finds an error that is none; where it misses a link, a rule finds
//! nothing, or takes an eligible family that receives under another row for one left out.
//! With `P` of the links that were made being right (precision) and `R` of those that there
//! are having been made (recall), of every link that was found `P/R` are to be expected:
//!
//! - **Inclusion error.** Of `e` found among `N` who receive, `e·P` are true, and they are
//!   `R` of all: `e·P/R` of `N`.
//! - **Exclusion error.** `C` eligible subjects were found to receive: of these `C·(1−P)` do
//!   not, and `C·P·(1−R)/R` more do, who were counted among the `M` left out. So `C·P/R`
//!   receive. There are as many eligible ones as before, `M + C`: whoever moves from one side
//!   to the other is still eligible.
//!
//! The interval is that of `P/R` on the log scale, where variances of the two add up (the
//! delta method), within zero and one.
//!
//! **What is assumed.** That the linkage errs about the eligible as often as about others, and
//! about those in error as often as about those who are not. That pairs of rows, of which
//! precision and recall are known, stand for families, each of which rests on several of
//! them. That all findings rest on a link; a rule that reads a row of the list itself does
//! not, so this is the most that the linkage can do, not the least. That precision and recall
//! err by themselves; they come from one sample and err the same way for the most part, so
//! the interval is wide rather than narrow. And recall is among the pairs that were compared.
//!
//! **What it is not.** An interval that holds the truth as often as it says. In a made-up
//! province whose truth is known (`crates/sim/tests/measure.rs`) the span of the inclusion
//! error misses it nearly always, by a point and a half; why is not known yet. Pages call it rough, and a sample in the field measures.

use super::float;
use super::quantile::Z;
use crate::review::Share;

/// A share that rules count, and what it likely is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Carried {
    /// As counted.
    pub exact: f64,
    /// As it likely is, the linkage being as good as it is, with the interval of that. It need
    /// not hold the exact one. None while it is not known how good the linkage is.
    pub likely: Option<Share>,
}

/// The inclusion error by rules: those found not to be eligible, of those who receive. None
/// where nobody receives.
#[must_use]
pub fn inclusion(
    found: u64,
    receiving: u64,
    precision: Option<Share>,
    recall: Option<Share>,
) -> Option<Carried> {
    let exact = share(found, receiving)?;
    let likely = links(precision, recall).map(|links| within(links, exact));
    Some(Carried { exact, likely })
}

/// The exclusion error by rules: those eligible who do not receive, beside those who do. None
/// where nobody is eligible.
#[must_use]
pub fn exclusion(
    missing: u64,
    served: u64,
    precision: Option<Share>,
    recall: Option<Share>,
) -> Option<Carried> {
    let eligible = missing.checked_add(served)?;
    let exact = share(missing, eligible)?;
    let reached = share(served, eligible)?;
    let likely = links(precision, recall).map(|links| {
        let reached = within(links, reached);
        Share {
            value: 1.0 - reached.value,
            low: 1.0 - reached.high,
            high: 1.0 - reached.low,
        }
    });
    Some(Carried { exact, likely })
}

fn share(count: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| float(count.min(of)) / float(of))
}

/// How many links there are for each that was made, and between what.
fn links(precision: Option<Share>, recall: Option<Share>) -> Option<Share> {
    let (precision, recall) = (precision?, recall?);
    if precision.value <= 0.0 || recall.value <= 0.0 {
        return None;
    }
    let value = precision.value / recall.value;
    let error = error(precision).hypot(error(recall));
    Some(Share {
        value,
        low: value * (-Z * error).exp(),
        high: value * (Z * error).exp(),
    })
}

/// The standard error of a share's logarithm. An end that was cut off at one (or at zero)
/// says less than the other one.
fn error(share: Share) -> f64 {
    let half = (share.value - share.low).max(share.high - share.value);
    half.max(0.0) / (Z * share.value)
}

/// So many times a share, which stays one.
fn within(links: Share, share: f64) -> Share {
    let of = |links: f64| (links * share).clamp(0.0, 1.0);
    Share {
        value: of(links.value),
        low: of(links.low),
        high: of(links.high),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn of(value: f64, low: f64, high: f64) -> Option<Share> {
        Some(Share { value, low, high })
    }

    #[test]
    fn a_linkage_without_error_changes_nothing() {
        let perfect = of(1.0, 1.0, 1.0);
        let inclusion = inclusion(120, 1_000, perfect, perfect).expect("of some");
        assert!((inclusion.exact - 0.12).abs() < 1e-12);
        assert_eq!(inclusion.likely, of(0.12, 0.12, 0.12));
        let exclusion = exclusion(100, 900, perfect, perfect).expect("of some");
        assert!((exclusion.exact - 0.1).abs() < 1e-12);
        let likely = exclusion.likely.expect("known");
        assert!((likely.value - 0.1).abs() < 1e-12 && likely.high - likely.low < 1e-12);
    }

    #[test]
    fn what_the_linkage_errs_is_put_right() {
        // 0.99 of the links are right, 0.9 of them all were made: 1.1 for each.
        let (precision, recall) = (of(0.99, 0.98, 0.995), of(0.9, 0.87, 0.93));
        let found = inclusion(100, 1_000, precision, recall).and_then(|it| it.likely);
        let found = found.expect("known");
        assert!((found.value - 0.11).abs() < 1e-9, "{found:?}");
        // ln: 0.01/(1.96·0.99) and 0.03/(1.96·0.9), together 0.03484/1.96.
        assert!((found.low - 0.11 * (-0.034_84_f64).exp()).abs() < 1e-5);
        assert!((found.high - 0.11 * 0.034_84_f64.exp()).abs() < 1e-5);
        // By hand: 100 left out, 800 served; 8 of them are not, 88 more are.
        let left_out = exclusion(100, 800, precision, recall).and_then(|it| it.likely);
        let left_out = left_out.expect("known");
        let (wrong, missed) = (800.0 * 0.01, 800.0 * 0.99 * 0.1 / 0.9);
        let by_hand = (100.0 + wrong - missed) / 900.0;
        assert!((left_out.value - by_hand).abs() < 1e-9, "{left_out:?}");
    }

    #[test]
    fn what_is_not_known_is_not_said() {
        let known = of(0.9, 0.8, 0.95);
        assert_eq!(inclusion(0, 0, known, known), None);
        assert_eq!(exclusion(0, 0, known, known), None);
        for (precision, recall) in [(None, known), (known, None), (known, of(0.0, 0.0, 0.1))] {
            let carried = inclusion(1, 2, precision, recall).expect("of some");
            assert!((carried.exact - 0.5).abs() < 1e-12);
            assert_eq!(carried.likely, None);
        }
    }

    fn any_share() -> impl Strategy<Value = Share> {
        (0.01..=1.0, 0.0..=1.0, 0.0..=1.0).prop_map(|(value, down, up): (f64, f64, f64)| Share {
            value,
            low: value * down,
            high: value + (1.0 - value) * up,
        })
    }

    proptest! {
        #[test]
        fn shares_stay_shares(
            one in 0..1_000_u64,
            other in 1..1_000_u64,
            precision in any_share(),
            recall in any_share(),
        ) {
            let (precision, recall) = (Some(precision), Some(recall));
            for carried in [
                inclusion(one, one + other, precision, recall),
                exclusion(one, other, precision, recall),
            ] {
                let likely = carried.and_then(|it| it.likely).expect("known");
                prop_assert!(0.0 <= likely.low && likely.low <= likely.value);
                prop_assert!(likely.value <= likely.high && likely.high <= 1.0);
            }
        }
    }
}
