//! How many receive who should not, and how many should and do not, as people find on the
//! doorstep.
//!
//! Of an adopted list a probability sample is drawn, in villages that are drawn themselves,
//! so that a field worker has a few families in one place. What is found there is weighed by
//! how likely each was to be asked, and told with its interval. The order of things:
//!
//! 1. [`Frame::gather`]: who can be drawn at all.
//! 2. [`size()`]: how many have to be, so that the answer is as sharp as wanted.
//! 3. [`Plan::of`] and [`Plan::draw`]: who is drawn.
//! 4. [`estimate()`]: what follows from what was found.
//!
//! Beside it stand [`carry`], by which the error of the linkage goes into what rules count,
//! and [`suppress`], by which counts of a few are hidden.
//!
//! **What no sample of a list can tell:** families that stand in no list at all are in no
//! frame, so nobody asks them, and the share of those left out is without them. And who
//! lives in no known village is [`Frame::outside`]: counted and not drawn.

pub mod carry;
mod draw;
mod estimate;
mod frame;
mod outcome;
mod plan;
mod quantile;
mod size;
pub mod suppress;
#[cfg(test)]
mod tests;
mod variance;
mod weight;

pub use draw::{Drawn, Sample, Unit};
pub use estimate::{Bounds, FEW, Figure, Measured, Regency, Unknown, Unreached, estimate};
pub use frame::{Frame, Village};
pub use outcome::{HOUSEHOLDS_MAX, Outcome, Visit};
pub use plan::{Design, Plan, Stratum};
pub use size::{Aim, Size, size};

/// Letters of a village's code that are its regency's.
const REGENCY: usize = 5;

/// The regency of a village: drawn is in each by itself.
fn regency(code: &str) -> &str {
    code.get(..REGENCY).unwrap_or(code)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "no province has 2^53 of anything"
)]
const fn float(count: u64) -> f64 {
    count as f64
}
