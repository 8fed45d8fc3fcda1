//! Whether what a random sample of pairs says of the linkage holds what is true of it: lists of
//! a made-up province are linked, a sample is drawn of each band, answered by whom each record
//! is of, which nothing here asks the linkage, and the intervals are laid beside precision and
//! recall counted over all pairs.

use card_core::link::register::{Register, Row};
use card_core::link::{self, Linked, Settings};
use card_core::review::{self, BANDS, Band, Share};
use sim::families::{self, Plan};

/// Records of each province: so many that most bands have more pairs than are sampled.
const RECORDS: usize = 6_000;

/// Samples that are drawn of each province.
const SAMPLES: u64 = 120;

/// From which band on pairs are joined: one half.
const FROM: usize = 2;

/// A province that was linked, and of whom each record is.
fn linked(seed: u64, careless: f64) -> (Linked, Vec<u32>) {
    let plan = Plan {
        seed,
        records: RECORDS,
        careless,
    };
    let mut rows: Vec<([String; 11], u32)> = Vec::new();
    families::write(&plan, |record, person, _| {
        rows.push((record.fields().map(str::to_owned), person));
    });
    fastrand::Rng::with_seed(seed).shuffle(&mut rows);
    let mut register = Register::new();
    for (fields, _) in &rows {
        register.push(&Row::of(std::array::from_fn(|at| fields[at].as_str())));
    }
    register.settle();
    let truth = rows.into_iter().map(|(_, person)| person).collect();
    (link::link(&register, &Settings::default(), &|_| ()), truth)
}

/// Whether a pair is of one person.
fn is_same(linked: &Linked, truth: &[u32], at: usize) -> bool {
    let pair = &linked.pairs[at];
    truth[pair.left as usize] == truth[pair.right as usize]
}

/// Where a probability lies: counted here by comparing, so that a band that is named wrongly
/// shows.
fn band(same: f64) -> usize {
    BANDS.iter().filter(|from| **from <= same).count() - 1
}

#[expect(clippy::cast_precision_loss, reason = "counts of a sample")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

/// Precision and recall over all pairs that were compared.
fn true_of(linked: &Linked, truth: &[u32]) -> (f64, f64) {
    let (mut right, mut joined, mut same) = (0, 0, 0);
    for at in 0..linked.pairs.len() {
        let (is_same, is_joined) = (is_same(linked, truth, at), linked.same[at] >= BANDS[FROM]);
        joined += usize::from(is_joined);
        same += usize::from(is_same);
        right += usize::from(is_same && is_joined);
    }
    (share(right, joined), share(right, same))
}

/// What is told once every pair of a sample is answered by the truth.
fn told(linked: &Linked, truth: &[u32], seed: u64) -> [Band; BANDS.len()] {
    let mut bands = [Band::default(); BANDS.len()];
    for same in &linked.same {
        bands[band(*same)].pairs += 1;
    }
    for it in review::choose(linked, seed)
        .iter()
        .filter(|it| it.is_sampled)
    {
        let of = &mut bands[band(linked.same[it.pair])];
        of.reviewed += 1;
        of.same += u64::from(is_same(linked, truth, it.pair));
    }
    bands
}

fn holds(told: Option<Share>, is: f64) -> bool {
    told.is_some_and(|it| (it.low..=it.high).contains(&is))
}

#[test]
fn intervals_of_a_sample_hold_what_is_true_of_all_pairs() {
    for (seed, careless) in [(21, 1.0), (22, 2.0)] {
        let (linked, truth) = linked(seed, careless);
        let (precision, recall) = true_of(&linked, &truth);
        let (mut of_precision, mut of_recall) = (0, 0);
        for sample in 0..SAMPLES {
            let bands = told(
                &linked,
                &truth,
                (seed << 32 | sample).wrapping_mul(0x9e37_79b9_7f4a_7c15),
            );
            // A band is sampled whole, or as far as samples go.
            for band in &bands {
                let most = u64::try_from(review::SAMPLED).expect("small");
                assert_eq!(band.reviewed, band.pairs.min(most));
            }
            of_precision += u64::from(holds(review::precision(&bands, FROM), precision));
            of_recall += u64::from(holds(review::recall(&bands, FROM), recall));
        }
        // Of intervals that hold it 95 times of 100, fewer than 105 of 120 do once in three
        // thousand times (the binomial distribution).
        for (what, held) in [("precision", of_precision), ("recall", of_recall)] {
            assert!(
                held >= 105,
                "{what}: {held} of {SAMPLES} hold {precision} and {recall}"
            );
        }
    }
}

#[test]
fn a_band_that_nobody_has_answered_leaves_it_unknown() {
    let (linked, truth) = linked(23, 1.0);
    let bands = told(&linked, &truth, 1);
    for at in (0..BANDS.len()).filter(|at| bands[*at].pairs > 0) {
        let mut fewer = bands;
        (fewer[at].reviewed, fewer[at].same) = (0, 0);
        assert_eq!(
            review::precision(&fewer, FROM).is_none(),
            at >= FROM,
            "{at}"
        );
        assert!(review::recall(&fewer, FROM).is_none(), "{at}");
    }
}
