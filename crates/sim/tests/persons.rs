//! Whether records of one person are found among the lists of a made-up province: the
//! answers are the generator's, which shares no code with the linkage.

use std::collections::BTreeMap;

use card_core::link::register::{Register, Row};
use card_core::link::{self, Linked, Settings};
use sim::families::{self, Plan};

/// A register, and of whom each record is.
fn lists(seed: u64, records: usize, careless: f64) -> (Register, Vec<u32>) {
    let plan = Plan {
        seed,
        records,
        careless,
    };
    let mut register = Register::new();
    let mut truth = Vec::new();
    families::write(&plan, |record, person, _| {
        register.push(&Row::of(record.fields()));
        truth.push(person);
    });
    register.settle();
    (register, truth)
}

fn linked(register: &Register, threads: usize) -> Linked {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    let pool = pool.build().expect("threads");
    pool.install(|| link::link(register, &Settings::default(), &|_| ()))
}

/// Pairs of records that both of these put together.
fn pairs<T: Ord>(of: impl Iterator<Item = T>) -> u64 {
    let mut sizes: BTreeMap<T, u64> = BTreeMap::new();
    of.for_each(|it| *sizes.entry(it).or_default() += 1);
    sizes.into_values().map(|size| size * (size - 1) / 2).sum()
}

/// Precision and recall over pairs within clusters.
fn scored(linked: &Linked, truth: &[u32]) -> (f64, f64) {
    let clusters = || linked.clusters.of.iter();
    let right = pairs(clusters().zip(truth));
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    let share = |of: u64| right as f64 / of as f64;
    (share(pairs(clusters())), share(pairs(truth.iter())))
}

#[test]
fn persons_are_found_in_lists_that_are_kept_as_usual() {
    for seed in [1, 2, 3] {
        let (register, truth) = lists(seed, 20_000, 1.0);
        let (precision, recall) = scored(&linked(&register, 2), &truth);
        assert!(
            precision > 0.99 && recall > 0.985,
            "seed {seed}: {precision} {recall}"
        );
    }
}

#[test]
fn careless_lists_cost_recall_and_hardly_precision() {
    let (register, truth) = lists(4, 20_000, 2.0);
    let (precision, recall) = scored(&linked(&register, 2), &truth);
    assert!(precision > 0.98 && recall > 0.95, "{precision} {recall}");
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let (register, _) = lists(5, 8_000, 1.0);
    let (one, four) = (linked(&register, 1), linked(&register, 4));
    assert_eq!(one.clusters, four.clusters);
    assert_eq!(one.pairs, four.pairs);
    assert_eq!(
        one.model.shares.map(f64::to_bits),
        four.model.shares.map(f64::to_bits)
    );
}

#[test]
fn what_is_claimed_of_pairs_holds() {
    // Of the pairs that are called one person's with so much certainty, as many are.
    let (register, truth) = lists(6, 30_000, 1.3);
    let linked = linked(&register, 2);
    for (from, to, least) in [(0.99, 1.01, 0.98), (0.9, 0.99, 0.6)] {
        let (mut said, mut right) = (0_u32, 0_u32);
        for (pair, _) in linked.between(from..to) {
            said += 1;
            right += u32::from(truth[pair.left as usize] == truth[pair.right as usize]);
        }
        let share = f64::from(right) / f64::from(said);
        assert!(share >= least, "{from} to {to}: {right} of {said}");
    }
}

#[test]
fn what_every_rule_has_found_adds_up() {
    let (register, _) = lists(7, 5_000, 1.0);
    let linked = linked(&register, 2);
    let found: u64 = linked.found.iter().map(|it| it.pairs).sum();
    assert_eq!(found, linked.pairs.len() as u64);
    // No pair is looked at twice, and none of a record with itself.
    let mut seen: Vec<(u32, u32)> = linked.pairs.iter().map(|it| (it.left, it.right)).collect();
    seen.sort_unstable();
    let all = seen.len();
    seen.dedup();
    assert_eq!(seen.len(), all);
    assert!(seen.iter().all(|(left, right)| left < right));
}

#[test]
fn a_block_that_is_too_large_is_told() {
    // A whole village that was born on one day, of one name, in one street.
    let mut register = Register::new();
    for _ in 0..200 {
        register.push(&Row {
            name: "Sri",
            birth: "1990-01-01",
            sex: "P",
            address: "Jl. Melati",
            village: "6271011001",
            ..Row::default()
        });
    }
    register.settle();
    let linked = linked(&register, 1);
    let dropped: u64 = linked.found.iter().map(|it| it.dropped_records).sum();
    assert!(dropped >= 200, "{dropped}");
    assert_eq!(linked.clusters.count, 200);
}
