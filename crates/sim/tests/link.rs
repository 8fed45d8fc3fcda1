//! Days of villages, and what must hold in the end.

use std::collections::BTreeMap;

use sim::link::oracle::Broken;
use sim::link::plan::{Weather, live};
use sim::link::world::Mutation;

/// What was broken on a day of ten sites, and how often.
fn broken(seed: u64, weather: Weather, mutation: Mutation) -> BTreeMap<Broken, usize> {
    let world = live(seed, 10, weather, mutation);
    assert!(
        world.oracle.made() > 10_000,
        "seed {seed}: nothing happened"
    );
    let mut broken = BTreeMap::new();
    for it in world.judge() {
        *broken.entry(it).or_default() += 1;
    }
    broken
}

fn holds(weather: Weather, seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let broken = broken(seed, weather, Mutation::None);
        assert!(broken.is_empty(), "{weather:?}, seed {seed}: {broken:?}");
    }
}

#[test]
fn a_rough_day_loses_nothing_and_counts_nothing_twice() {
    holds(Weather::Rough, 0..10);
}

#[test]
fn a_foul_day_loses_nothing_and_counts_nothing_twice() {
    holds(Weather::Foul, 0..10);
}

/// Each kind of carelessness breaks its promise within a few days: an oracle that does
/// not see it is blind.
fn seen(mutation: Mutation, expected: fn(&Broken) -> bool) {
    let sees = |seed| broken(seed, Weather::Foul, mutation).keys().any(expected);
    assert!((0..8).any(sees), "{mutation:?} is not seen");
}

#[test]
fn a_centre_that_takes_in_what_it_has_is_seen() {
    seen(Mutation::NoDedupe, |broken| {
        matches!(broken, Broken::Twice(_))
    });
}

#[test]
fn a_centre_that_acknowledges_before_it_commits_is_seen() {
    seen(Mutation::AckEarly, |broken| {
        matches!(broken, Broken::Lost(_))
    });
}

#[test]
fn a_box_that_goes_on_in_its_old_epoch_is_seen() {
    seen(Mutation::SameEpoch, |broken| {
        matches!(broken, Broken::Lost(_))
    });
}

#[test]
fn a_box_that_deletes_what_it_sends_is_seen() {
    seen(Mutation::DeleteEarly, |broken| {
        matches!(broken, Broken::Lost(_))
    });
}
