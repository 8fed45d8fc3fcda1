//! Days of villages, and whether the ledger tells them as they were.

use sim::link::village::{Looks, Wrong, day};

fn few(all: &[Wrong]) -> &[Wrong] {
    &all[..all.len().min(5)]
}

#[test]
fn a_rough_day_is_told_as_it_was() {
    let mut slots = 0;
    for seed in 0..4 {
        let it = day(seed, 10, Looks::Honest);
        slots += it.slots;
        let wrong = few(&it.wrong);
        assert!(
            it.wrong.is_empty(),
            "seed {seed}: {} {wrong:?}",
            it.wrong.len()
        );
        // A box that loses its power loses what it has not written down, and says in its
        // notes only each minute that it lives.
        let unknown = few(&it.unknown);
        let lost = it.unknown.len();
        assert!(
            lost * 100 < it.slots,
            "seed {seed}: {lost} of {} {unknown:?}",
            it.slots
        );
    }
    assert!(slots > 50_000, "nothing happened");
}

#[test]
fn a_calm_day_has_no_minute_that_was_not_up() {
    let it = day(62, 10, Looks::Calm);
    assert!(it.slots >= 10 * 1_440);
    assert!(it.wrong.is_empty(), "{:?}", few(&it.wrong));
    // Each box's first minute, before its first round, and its last.
    assert!(
        it.unknown.len() <= 20,
        "{} {:?}",
        it.unknown.len(),
        few(&it.unknown)
    );
}

#[test]
fn a_box_that_lies_is_seen() {
    assert!(!day(0, 10, Looks::Lying).wrong.is_empty());
}
