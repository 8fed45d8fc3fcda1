//! What is drawn, and whether weights are what they say.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// A small frame: villages by receivers and others.
fn frame(villages: &[(&str, u32, u32)]) -> Frame {
    Frame::gather(villages.iter().flat_map(|(code, receivers, others)| {
        let of = |receives| move |_| (*code, receives);
        (0..*receivers)
            .map(of(true))
            .chain((0..*others).map(of(false)))
    }))
}

fn uneven() -> Frame {
    frame(&[
        ("62.01.01.1001", 12, 30),
        ("62.01.01.1002", 1, 7),
        ("62.01.01.1003", 25, 3),
        ("62.01.01.1004", 9, 9),
        ("62.01.01.1005", 0, 14),
        ("62.01.01.1006", 40, 90),
        ("62.02.01.1001", 80, 20),
        ("62.02.01.1002", 5, 5),
        ("62.02.01.1003", 6, 6),
        ("62.02.01.1004", 2, 8),
        ("62.03.01.1001", 3, 4),
        ("62.04.01.1001", 10, 0),
        ("62.04.01.1002", 8, 9),
    ])
}

#[test]
fn a_frame_knows_who_is_where() {
    let of = [
        ("62.02.01.1001", true),
        ("", true),
        ("62.01.01.2001", false),
        ("62.02.01.1001", false),
        ("62.02.01", false),
        ("62.02.01.1001", true),
    ];
    let frame = Frame::gather(of);
    assert_eq!((frame.covered(), frame.outside()), (4, 2));
    assert_eq!((frame.receivers(), frame.others()), (2, 2));
    let villages = frame.villages();
    assert_eq!(villages[0].regency(), "62.01");
    assert_eq!(villages[0].others, [2]);
    assert_eq!(villages[1].receivers, [0, 5]);
    assert_eq!(villages[1].subjects(), 3);
}

#[test]
fn weights_are_the_inverse_of_chances() {
    let frame = uneven();
    for (receivers, others, villages) in [(14, 9, 8), (40, 60, 9), (3, 2, 2), (200, 200, 13)] {
        let design = Design {
            receivers,
            others,
            villages,
        };
        let plan = Plan::of(&frame, design);
        let draws = 20_000_u64;
        let mut met: BTreeMap<u32, (u32, f64)> = BTreeMap::new();
        let mut chances: BTreeMap<String, (u32, f64)> = BTreeMap::new();
        for number in 0..draws {
            let sample = plan.draw(&seed(number));
            for unit in &sample.units {
                let (times, weight) = met.entry(unit.place).or_insert((0, unit.weight));
                *times += 1;
                assert!(
                    (*weight - unit.weight).abs() < 1e-12,
                    "a weight is of who it is"
                );
            }
            for village in sample.villages {
                chances.entry(village.code).or_insert((0, village.chance)).0 += 1;
            }
        }
        // Everybody can be drawn, as often as his weight says.
        assert_eq!(met.len() as u64, frame.covered());
        for (place, (times, weight)) in met {
            let share = f64::from(times) / float(draws);
            let spread = (share.max(1.0 / weight) / float(draws)).sqrt();
            let off = (share - 1.0 / weight).abs();
            assert!(
                off < 5.0 * spread,
                "{design:?} {place}: {share} by {weight}"
            );
        }
        assert_eq!(chances.len(), frame.villages().len());
        for (code, (times, chance)) in chances {
            let share = f64::from(times) / float(draws);
            let spread = (chance * (1.0 - chance) / float(draws)).sqrt();
            assert!(
                (share - chance).abs() <= 5.0 * spread,
                "{code}: {share} by {chance}"
            );
        }
    }
}

#[test]
fn weights_add_up_to_the_frame() {
    let province = Province::of(Shape::USUAL, 7);
    let design = Design {
        receivers: 560,
        others: 420,
        villages: 112,
    };
    let plan = Plan::of(&province.frame, design);
    let (draws, mut sums, mut squares) = (2_000_u64, [0.0; 2], [0.0; 2]);
    let mut visits = [0.0; 2];
    for number in 0..draws {
        let mut sum = [0.0; 2];
        for unit in plan.draw(&seed(number)).units {
            sum[usize::from(!unit.receives)] += unit.weight;
            visits[usize::from(!unit.receives)] += 1.0;
        }
        for at in [0, 1] {
            sums[at] += sum[at];
            squares[at] += sum[at] * sum[at];
        }
    }
    let n = float(draws);
    let counts = [province.frame.receivers(), province.frame.others()];
    for (at, count) in counts.into_iter().enumerate() {
        let mean = sums[at] / n;
        let error = ((squares[at] / n - mean * mean) / n).sqrt();
        let off = mean - float(count);
        assert!(
            off.abs() < 4.0 * error,
            "{off} of {count}, give or take {error}"
        );
        // And it is a small error, so that this says something.
        assert!(error < 0.004 * float(count), "{error}");
    }
    for (visits, wanted) in visits.into_iter().zip([560.0, 420.0]) {
        assert!((visits / n - wanted).abs() < 0.5, "{}", visits / n);
    }
}

#[test]
fn weights_of_a_standing_are_nearly_the_same() {
    let province = Province::of(Shape::USUAL, 7);
    let design = Design {
        receivers: 560,
        others: 420,
        villages: 112,
    };
    let plan = Plan::of(&province.frame, design);
    for at in [0, 1] {
        let likeness = plan.likeness(at).expect("drawn");
        assert!(likeness.unequal < 1.05, "{likeness:?}");
        assert!(likeness.together < 8.0, "{likeness:?}");
    }
}

#[test]
fn strata_are_what_is_drawn() {
    let frame = uneven();
    let design = Design {
        receivers: 20,
        others: 20,
        villages: 8,
    };
    let plan = Plan::of(&frame, design);
    for number in 0..200 {
        let sample = plan.draw(&seed(number));
        for stratum in plan.strata() {
            let of = sample
                .villages
                .iter()
                .filter(|it| it.regency() == stratum.regency);
            let (drawn, certain): (Vec<_>, Vec<_>) = of.map(|it| ((), it.is_certain)).unzip();
            assert_eq!(drawn.len(), stratum.villages as usize);
            let certain = certain.into_iter().filter(|it| *it).count();
            assert_eq!(certain, stratum.certain as usize);
        }
    }
    let strata: Vec<_> = plan.strata().iter().map(|it| it.of_villages).collect();
    assert_eq!(strata, [6, 4, 1, 2]);
    // The large village of the second regency is certain, and two of its others are drawn.
    let second = &plan.strata()[1];
    assert_eq!((second.villages, second.certain), (3, 1));
}

#[test]
fn a_seed_gives_what_it_gave() {
    // Who verifies a sample years later draws it again: nothing of this may change.
    let frame = uneven();
    let design = Design {
        receivers: 18,
        others: 12,
        villages: 6,
    };
    let sample = Plan::of(&frame, design).draw(&[7; 32]);
    let places: Vec<u32> = sample.units.iter().map(|it| it.place).collect();
    assert_eq!(places, PLACES);
    let again = Plan::of(&frame, design).draw(&[7; 32]);
    assert_eq!(again, sample);
    assert_ne!(Plan::of(&frame, design).draw(&[8; 32]), sample);
}

const PLACES: [u32; 29] = [
    3, 24, 32, 50, 65, 72, 73, 77, 118, 133, 142, 176, 196, 208, 220, 247, 257, 258, 265, 287, 293,
    321, 342, 347, 354, 373, 383, 391, 403,
];

fn any_frame() -> impl Strategy<Value = Frame> {
    let village = (1..6_u32, 1..40_u32, 0..30_u32, 0..30_u32);
    proptest::collection::vec(village, 0..30).prop_map(|villages| {
        let codes = villages
            .iter()
            .map(|(regency, village, ..)| format!("62.{regency:02}.01.{:04}", 1_000 + village));
        let codes: Vec<String> = codes.collect();
        let villages: Vec<(&str, u32, u32)> = codes
            .iter()
            .zip(&villages)
            .map(|(code, (_, _, receivers, others))| (code.as_str(), *receivers, *others))
            .collect();
        frame(&villages)
    })
}

proptest! {
    #[test]
    fn samples_are_sound(
        frame in any_frame(),
        (receivers, others, villages) in (0..300_u32, 0..300_u32, 0..40_u32),
        number in any::<u64>(),
    ) {
        let plan = Plan::of(&frame, Design { receivers, others, villages });
        let sample = plan.draw(&seed(number));
        let planned: u32 = plan.strata().iter().map(|it| it.villages).sum();
        prop_assert_eq!(sample.villages.len(), planned as usize);
        prop_assert!(sample.villages.is_sorted_by(|one, next| one.code < next.code));
        for stratum in plan.strata() {
            prop_assert!(stratum.villages >= stratum.of_villages.min(2));
            prop_assert!(stratum.certain <= stratum.villages);
            prop_assert!(stratum.villages <= stratum.of_villages);
            // One village alone would tell nothing of how much they differ.
            prop_assert!(stratum.villages - stratum.certain != 1);
        }
        let by_code: BTreeMap<&str, &Village> =
            frame.villages().iter().map(|it| (it.code.as_str(), it)).collect();
        let mut places: Vec<u32> = Vec::new();
        for unit in &sample.units {
            let drawn = &sample.villages[unit.village as usize];
            let village = by_code[drawn.code.as_str()];
            let there = if unit.receives { &village.receivers } else { &village.others };
            prop_assert!(there.contains(&unit.place));
            prop_assert!(unit.weight >= 1.0 - 1e-9 && unit.weight.is_finite());
            prop_assert_eq!(drawn.is_certain, drawn.chance >= 1.0);
            places.push(unit.place);
        }
        places.sort_unstable();
        places.dedup();
        prop_assert_eq!(places.len(), sample.units.len());
        // Where there is somebody, somebody is asked, if two to a village or more are wanted.
        for (at, drawn) in sample.villages.iter().enumerate() {
            let asked = |receives: bool| sample.units.iter()
                .any(|it| it.village as usize == at && it.receives == receives);
            let is_due = |wanted: u32| wanted >= 2 * planned;
            prop_assert!(asked(true) <= (drawn.receivers > 0 && receivers > 0));
            prop_assert!(asked(false) <= (drawn.others > 0 && others > 0));
            prop_assert!(asked(true) || drawn.receivers == 0 || !is_due(receivers));
            prop_assert!(asked(false) || drawn.others == 0 || !is_due(others));
        }
        // As many are to be expected as are wanted, or all.
        for (at, (wanted, all)) in
            [(receivers, frame.receivers()), (others, frame.others())].into_iter().enumerate()
        {
            let expected = plan.likeness(at).map_or(0.0, |it| it.visits);
            prop_assert!(expected <= f64::from(wanted) + 1e-6);
            prop_assert!(expected <= float(all) + 1e-6);
        }
    }
}
