//! Samples of made-up provinces of which the truth is known.

mod answers;
mod coverage;
mod drawing;
mod hidden;
mod jackknife;
mod province;

use province::{Province, Shape};

use super::*;

/// A seed of its own for each number.
fn seed(number: u64) -> [u8; 32] {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    seed
}

/// What people would find of a sample.
fn visits(province: &Province, sample: &Sample) -> Vec<Visit> {
    let visit = |unit: &Unit| Visit {
        village: unit.village,
        receives: unit.receives,
        weight: unit.weight,
        outcome: Some(province.outcome(unit.place)),
    };
    sample.units.iter().map(visit).collect()
}
