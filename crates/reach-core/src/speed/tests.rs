use proptest::prelude::*;

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

/// Monday, 5 October 2026, 00:00 WIB.
const MONDAY: Wall = Wall::from_us(1_791_133_200_000_000);

fn agent(n: u64) -> Id<Agent> {
    let mut bytes = [0x42; 16];
    bytes[8..].copy_from_slice(&n.to_be_bytes());
    Id::from_bytes(bytes)
}

/// Hours after that Monday.
fn at(hours: u32) -> Wall {
    MONDAY + MINUTE * 60 * hours
}

/// The days on which a box measures that is at work in these hours alone, one test each
/// time that one is due.
fn tests(plan: Plan, works: impl Fn(u32) -> bool, weeks: u32) -> Vec<Wall> {
    let (mut last, mut all) = (None, Vec::new());
    // Each quarter of an hour.
    for quarter in 0..weeks * 7 * 96 {
        let now = MONDAY + MINUTE * 15 * quarter;
        if works(quarter / 4) && plan.is_due(last, now) {
            last = Some(now);
            all.push(now);
        }
    }
    all
}

#[test]
fn night_is_from_one_to_five_there() {
    let nights: Vec<u32> = (0..24).filter(|hour| is_night(at(*hour))).collect();
    assert_eq!(nights, [1, 2, 3, 4]);
}

#[test]
fn a_box_that_is_always_at_work_measures_once_a_week() {
    for n in 0..40 {
        let plan = Plan::of(agent(n));
        let all = tests(plan, |_| true, 9);
        // The first is made at once, for the moment that lies before.
        assert!((9..=10).contains(&all.len()), "{n}: {}", all.len());
        for two in all.windows(2).skip(1) {
            assert_eq!(two[1].since(two[0]), WEEK, "{n}");
        }
    }
}

#[test]
fn what_was_missed_is_made_up_for_and_not_doubled() {
    let plan = Plan::of(agent(7));
    let moment = plan.newest(at(24 * 14));
    // Away on the night of its moment, and on the next.
    let works = |hour: u32| {
        let now = at(hour);
        now < moment - MINUTE * 60 || now > moment + MINUTE * 60 * 36
    };
    let all = tests(plan, works, 4);
    let behind: Vec<&Wall> = all.iter().filter(|it| **it > moment).collect();
    assert!(behind[0].since(moment) < MINUTE * 60 * 24 * 3, "{all:?}");
    for two in all.windows(2) {
        assert!(two[1].since(two[0]) >= APART, "{all:?}");
    }
    // Away for five weeks: one test, not five.
    let away = tests(plan, |hour| !(24 * 7..24 * 42).contains(&hour), 8);
    let back = away.iter().filter(|it| **it >= at(24 * 42)).count();
    assert!((2..=3).contains(&back), "{away:?}");
}

#[test]
fn who_is_only_at_work_by_day_measures_nothing() {
    let plan = Plan::of(agent(1));
    assert!(tests(plan, |hour| (6..22).contains(&(hour % 24)), 5).is_empty());
}

#[test]
fn villages_do_not_measure_at_once() {
    let mut minutes = std::collections::BTreeMap::new();
    for n in 0..1_571 {
        let newest = Plan::of(agent(n)).newest(MONDAY);
        assert!(is_night(newest), "{n}");
        *minutes.entry(newest.as_us() / 60_000_000).or_insert(0) += 1;
    }
    // 1,680 minutes for 1,571 boxes; a house takes four or more tests in one.
    let most = minutes.values().max().copied().unwrap_or(0);
    assert!(most <= 8, "{most} in one minute");
    let nights = minutes.keys().map(|minute| minute / (24 * 60));
    assert_eq!(nights.collect::<std::collections::BTreeSet<_>>().len(), 7);
}

#[test]
fn a_thin_connection_is_known_by_its_last_test_or_its_budget() {
    let figure = |octets, at_least| Figure::new(octets, 10_000_000, at_least);
    let table = [
        (None, 5_000_000, CAP),
        (None, 4_999_999, CAP_THIN),
        // 5 Mbit/s are 6.25 MB in ten seconds.
        (figure(6_250_000, false), 5_000_000, CAP),
        (figure(6_249_000, false), 5_000_000, CAP_THIN),
        // It was cut: nobody knows that it is thin.
        (figure(1_000_000, true), 5_000_000, CAP),
        (figure(90_000_000, false), 100_000, CAP_THIN),
    ];
    for (last, budget, expected) in table {
        assert_eq!(cap(last, budget), expected, "{last:?} {budget}");
    }
    for all in [CAP, CAP_THIN, CAP_LEAST] {
        let (down, up) = shares(all);
        assert!(down + up <= all * 9 / 10 && down > 0 && up > 0);
    }
}

#[test]
fn what_a_way_says() {
    let way = |octets, us, end: End| Way {
        octets,
        us,
        end: end.into(),
        ..Way::default()
    };
    let table = [
        (
            way(12_500_000, 10_000_000, End::Time),
            Some((10_000, false)),
        ),
        (way(18_000_000, 2_400_000, End::Cap), Some((60_000, true))),
        (way(1_000, 1_000_000, End::Other), Some((8, false))),
        (way(1_000_000, 1_000_000, End::Broken), None),
        (way(0, 10_000_000, End::Time), None),
        (way(5, 0, End::Time), None),
        (
            Way {
                end: 77,
                ..way(1_000_000, 1_000_000, End::Time)
            },
            None,
        ),
    ];
    for (way, expected) in table {
        let figure = way.figure().map(|it| (it.kbps(), it.at_least));
        assert_eq!(figure, expected, "{way:?}");
    }
}

#[test]
fn the_middle_of_figures_says_whether_it_may_be_more() {
    let mbit = |n: u64, at_least| Figure::new(n * 125_000, 1_000_000, at_least).expect("a figure");
    let of = |all: &[(u64, bool)]| {
        median(all.iter().map(|(n, cut)| mbit(*n, *cut))).map(|it| (it.kbps / 1_000, it.at_least))
    };
    assert_eq!(of(&[]), None);
    assert_eq!(of(&[(7, false)]), Some((7, false)));
    assert_eq!(of(&[(7, true)]), Some((7, true)));
    // What lies above was cut, and the middle is what it is.
    assert_eq!(of(&[(5, false), (6, false), (60, true)]), Some((6, false)));
    assert_eq!(of(&[(5, true), (6, false), (60, false)]), Some((6, true)));
    assert_eq!(of(&[(9, false), (4, false)]), Some((4, false)));
}

#[test]
fn words_and_numbers_go_both_ways() {
    for end in End::ALL {
        assert_eq!(End::parse(end.as_str()), Some(end));
        assert_eq!(End::try_from(i32::from(end)), Ok(end));
    }
    for fault in Fault::ALL {
        assert_eq!(Fault::parse(fault.as_str()), Some(fault));
        assert_eq!(Fault::try_from(i32::from(fault)), Ok(fault));
    }
}

#[test]
fn a_week_has_what_it_has() {
    let mut book = Book::default();
    let asked = |n: u8| Some([n; 16]);
    assert_eq!(book.begin(asked(1), CAP, at(10)), Ok(CAP));
    book.end(CAP, true);
    assert_eq!(book.begin(asked(2), CAP, at(11)), Ok(CAP));
    book.end(CAP - 4_000_000, true);
    // What is left, and then nothing.
    assert_eq!(book.begin(asked(3), CAP, at(12)), Ok(4_000_000));
    book.end(4_000_000, true);
    assert_eq!(book.begin(asked(4), CAP, at(13)), Err(Refused::Spent));
    assert_eq!(book.weekly(), None);
    // The box's own is not touched by that.
    assert_eq!(book.begin(None, CAP, at(25)), Ok(CAP));
    book.end(20_000_000, true);
    assert_eq!(book.weekly(), Some(at(25)));
    assert_eq!(book.begin(asked(5), CAP, at(10 + 168)), Ok(CAP));
    assert_eq!(book.begin(asked(6), 10, at(400)), Err(Refused::TooSmall));
}

#[test]
fn one_that_was_cut_off_has_cost_what_it_might_and_counts() {
    let mut book = Book::default();
    assert_eq!(book.begin(None, CAP, at(25)), Ok(CAP));
    let text = serde_json::to_string(&book).expect("JSON");
    let mut book: Book = serde_json::from_str(&text).expect("the same");
    let cut = book.interrupted();
    assert_eq!((cut.len(), cut[0].octets), (1, CAP));
    assert!(book.interrupted().is_empty(), "told once");
    assert_eq!(book.weekly(), Some(at(25)));
    assert_eq!(book.spent(false, at(26)), CAP);
}

#[test]
fn one_that_the_house_had_no_room_for_is_tried_again() {
    let mut book = Book::default();
    assert_eq!(book.begin(None, CAP, at(25)), Ok(CAP));
    book.end(3_000, false);
    assert_eq!(book.weekly(), None);
    assert_eq!(book.spent(false, at(25)), 3_000);
}

proptest! {
    /// Whatever is asked for and whenever power goes, no seven days cost more than they
    /// may, nor do those that were asked for.
    #[test]
    fn no_week_goes_over(
        steps in prop::collection::vec((any::<bool>(), 0_u32..40, 0_u64..40_000_000, any::<bool>()), 1..120),
    ) {
        let mut book = Book::default();
        let mut now = 0;
        let mut truth: Vec<(u32, bool, u64)> = Vec::new();
        for (asked, hours, cap, dies) in steps {
            now += hours;
            let command = asked.then_some([9; 16]);
            if let Ok(octets) = book.begin(command, cap, at(now)) {
                prop_assert!(octets <= cap);
                let spent = if dies { octets } else { octets / 2 };
                if dies {
                    let text = serde_json::to_string(&book).expect("JSON");
                    book = serde_json::from_str(&text).expect("the same");
                    book.interrupted();
                } else {
                    book.end(spent, true);
                }
                truth.push((now, asked, spent));
            }
            let week = truth.iter().filter(|(then, ..)| then + 168 > now);
            let (mut all, mut of_people) = (0, 0);
            for (_, asked, octets) in week {
                all += octets;
                of_people += if *asked { *octets } else { 0 };
            }
            prop_assert!(all <= WEEK_MAX && of_people <= ASKED_WEEK, "{all} {of_people}");
        }
    }

    /// A body of strangers is read or not; what is read has a figure or none.
    #[test]
    fn no_body_harms(body in prop::collection::vec(any::<u8>(), 0..80)) {
        if let Ok(tested) = Tested::decode(body.as_slice()) {
            for way in [tested.down, tested.up].into_iter().flatten() {
                let _ = way.figure().map(Figure::kbps);
            }
        }
    }
}
