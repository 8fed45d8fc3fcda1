use proptest::prelude::*;

use super::*;
use crate::ring::tests::frame;

const SIZE: usize = 1_000;

fn at_s(s: u64) -> Mono {
    Mono::from_us(s * 1_000_000)
}

/// A second of 25 frames of that stream, from second `s` on, of one group.
fn second(trails: &mut Trails<u8>, key: u8, s: u64, watched: bool) -> Vec<Group> {
    (0..25)
        .flat_map(|i| trails.push(key, frame(s * 25 + i, i == 0, SIZE), watched))
        .collect()
}

fn seconds(trails: &Trails<u8>, key: u8) -> usize {
    trails.held(key).map_or(0, |held| held.groups)
}

fn one_second() -> u64 {
    let all = (0..25).map(|i| weight(&frame(i, i == 0, SIZE)).as_u64());
    all.sum()
}

#[test]
fn a_minute_is_held_and_the_group_in_which_it_began() {
    let mut trails = Trails::bounded(Bytes::from_mib(64));
    for s in 0..90 {
        second(&mut trails, 1, s, false);
    }
    let held = trails.held(1).expect("a trail");
    assert_eq!(held.groups, 61);
    assert_eq!(held.frames, 61 * 25);
    assert_eq!(held.from, Wall::from_us(29_000_000));
    let stretch = trails.look(1, at_s(90)).expect("pictures");
    assert_eq!(stretch.frames().len(), held.frames);
    assert!(stretch.frames()[0].key);
    assert!(stretch.gaps().is_empty());
}

#[test]
fn what_brings_nothing_more_goes_all_the_same() {
    let mut trails = Trails::bounded(Bytes::from_mib(64));
    for s in 0..10 {
        second(&mut trails, 1, s, true);
    }
    trails.broke(1);
    assert_eq!(trails.expire(at_s(30)).len(), 0);
    // The group in which the minute began stays.
    assert_eq!(trails.expire(at_s(65)).len(), 4);
    assert_eq!(seconds(&trails, 1), 6);
    trails.expire(at_s(75));
    assert_eq!(trails.held(1), None);
    assert_eq!((trails.sum().held, trails.sum().streams), (Bytes::ZERO, 0));
}

#[test]
fn of_a_short_budget_the_least_looked_at_pays_first() {
    // Room for thirty seconds of one stream.
    let mut trails = Trails::bounded(Bytes::new(one_second() * 30));
    for s in 0..10 {
        second(&mut trails, 1, s, false);
        second(&mut trails, 2, s, false);
        second(&mut trails, 3, s, true);
    }
    assert_eq!(trails.sum().held, trails.sum().budget);
    // Somebody looked back at the second, long ago; the third is watched.
    assert!(trails.look(2, at_s(10)).is_some());
    for s in 10..20 {
        second(&mut trails, 3, s, true);
    }
    let of = |trails: &Trails<u8>| [1, 2, 3].map(|key| seconds(trails, key));
    assert_eq!(of(&trails), [0, 10, 20], "who was never looked at");
    for s in 20..25 {
        second(&mut trails, 3, s, true);
    }
    assert_eq!(of(&trails), [0, 5, 25], "then who was, long ago");
    // Those who are watched alike shrink together.
    for s in 25..60 {
        second(&mut trails, 3, s, true);
        second(&mut trails, 4, s, true);
    }
    let alike = of(&trails)[2].abs_diff(seconds(&trails, 4));
    assert!(alike <= 2, "{:?}", of(&trails));
}

#[test]
fn a_picture_without_its_key_frame_is_not_kept() {
    let mut trails = Trails::bounded(Bytes::from_mib(1));
    trails.push(1, frame(0, false, SIZE), false);
    assert_eq!(trails.held(1), None);
    trails.push(1, frame(1, true, SIZE), false);
    trails.push(1, frame(2, false, SIZE), false);
    trails.broke(1);
    trails.push(1, frame(3, false, SIZE), false);
    assert_eq!(trails.held(1).map(|held| held.frames), Some(2));
    // A group that outgrows the budget goes whole, and its stream waits for the next.
    let mut trails = Trails::bounded(Bytes::new(one_second()));
    for i in 0..40 {
        trails.push(1, frame(i, i == 0, SIZE), false);
    }
    assert_eq!(trails.held(1), None);
    trails.push(1, frame(41, true, SIZE), false);
    assert_eq!(trails.held(1).map(|held| held.frames), Some(1));
    // Without a budget nothing is held.
    let mut trails = Trails::bounded(Bytes::ZERO);
    trails.push(1, frame(0, true, SIZE), true);
    assert_eq!(trails.held(1), None);
}

#[test]
fn missing_pictures_are_told() {
    let mut trails = Trails::bounded(Bytes::from_mib(64));
    second(&mut trails, 1, 0, false);
    trails.broke(1);
    second(&mut trails, 1, 1, false);
    // Nothing ended, and yet there was nothing for five seconds.
    second(&mut trails, 1, 7, false);
    let stretch = trails.look(1, at_s(8)).expect("pictures");
    let gaps = stretch.gaps();
    let seen: Vec<_> = gaps
        .iter()
        .map(|gap| (gap.from.as_us() / 1_000, gap.to.as_us() / 1_000, gap.after))
        .collect();
    assert_eq!(seen, [(960, 1_000, 25), (1_960, 7_000, 50)]);
    // A part has those within it, and begins with a key frame.
    let from = |ms: i64| Wall::from_us(ms * 1_000);
    let part = stretch.part(from(1_500), from(7_200)).expect("a part");
    assert_eq!(part.span(), Some((from(1_000), from(7_200))));
    assert_eq!(
        part.gaps().iter().map(|gap| gap.after).collect::<Vec<_>>(),
        [25]
    );
    let part = stretch.part(from(-9_000), from(99_000)).expect("all of it");
    assert_eq!(part.frames().len(), 75);
    assert_eq!(part.gaps(), gaps);
    // In the gap nobody has a picture.
    assert!(stretch.part(from(3_000), from(4_000)).is_none());
    assert!(stretch.part(from(99_000), from(100_000)).is_none());
}

#[test]
fn what_is_looked_at_counts_and_stays() {
    let mut trails = Trails::bounded(Bytes::new(one_second() * 30));
    for s in 0..10 {
        second(&mut trails, 1, s, true);
    }
    let stretch = trails.look(1, at_s(10)).expect("pictures");
    let (pin, _) = trails.pin(&stretch).expect("room");
    for s in 10..40 {
        second(&mut trails, 1, s, true);
    }
    let sum = trails.sum();
    assert_eq!(sum.pinned, stretch.weight());
    assert!(sum.held + sum.pinned <= sum.budget);
    assert_eq!(seconds(&trails, 1), 20);
    let stretch = trails.look(1, at_s(40)).expect("pictures");
    let refused = trails.pin(&stretch).expect_err("more than a half");
    assert_eq!(refused.asked, stretch.weight());
    trails.unpin(pin);
    trails.unpin(pin);
    assert_eq!(trails.sum().pinned, Bytes::ZERO);
}

proptest! {
    #[test]
    fn it_never_outgrows_its_budget_and_every_trail_begins_with_a_key_frame(
        steps in prop::collection::vec((0_u8..4, 0_u8..12, 0_usize..3_000), 1..400),
        budget in 0_u64..60_000,
    ) {
        let budget = Bytes::new(budget);
        let mut trails = Trails::bounded(budget);
        let mut pins = Vec::new();
        for (i, (key, what, size)) in (0_u64..).zip(steps) {
            let now = Mono::from_us(i * 40_000);
            match what {
                0 => trails.broke(key),
                1 => drop(trails.expire(now)),
                2 => drop(trails.forget(key)),
                3 => if let Some(stretch) = trails.look(key, now) {
                    pins.extend(trails.pin(&stretch).map(|(pin, _)| pin));
                },
                4 => if let Some(pin) = pins.pop() { trails.unpin(pin) },
                _ => drop(trails.push(key, frame(i, what < 7, size), what % 2 == 0)),
            }
            let sum = trails.sum();
            prop_assert!(sum.held + sum.pinned <= budget);
            prop_assert!(sum.pinned.as_u64() <= budget.as_u64() / 2);
            let mut held = Bytes::ZERO;
            for trail in trails.trails.values() {
                let mut last = None;
                for group in &trail.groups {
                    prop_assert!(group.frames.first().is_some_and(|frame| frame.key));
                    prop_assert!(group.frames[1..].iter().all(|frame| !frame.key));
                    for frame in &group.frames {
                        prop_assert!(last.is_none_or(|last| frame.time > last));
                        last = Some(frame.time);
                    }
                    let weight = group.frames.iter().fold(Bytes::ZERO, |sum, it| sum + weight(it));
                    prop_assert_eq!(weight, group.weight);
                    held += weight;
                }
            }
            prop_assert_eq!(held, sum.held);
        }
    }

    #[test]
    fn any_part_begins_with_a_key_frame_and_lies_within_what_was_asked(
        keys in prop::collection::vec(prop::bool::weighted(0.2), 1..80),
        from in -10_i64..90, to in -10_i64..90,
    ) {
        let mut trails = Trails::bounded(Bytes::from_mib(4));
        for (i, key) in (0_u64..).zip(keys) {
            trails.push(1, frame(i, key || i == 0, 10), false);
        }
        let stretch = trails.look(1, Mono::from_us(0)).expect("pictures");
        let wall = |frames: i64| Wall::from_us(frames * 40_000);
        if let Some(part) = stretch.part(wall(from), wall(to)) {
            prop_assert!(part.frames()[0].key);
            let (first, last) = part.span().expect("pictures");
            prop_assert!(first <= wall(from) || first == wall(0));
            prop_assert!(last >= wall(from) && last <= wall(to));
            // Not a group more than it takes.
            let later = part.frames()[1..].iter().find(|frame| frame.key);
            prop_assert!(later.is_none_or(|later| later.arrived.wall > wall(from)));
        }
    }
}
