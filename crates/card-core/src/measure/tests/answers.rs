//! What follows from a few answers, by hand.

use proptest::prelude::*;

use super::*;

fn drawn(code: &str, is_certain: bool) -> Drawn {
    Drawn {
        code: code.to_owned(),
        chance: if is_certain { 1.0 } else { 0.25 },
        is_certain,
        receivers: 20,
        others: 30,
    }
}

/// Four villages of two regencies.
fn four() -> Vec<Drawn> {
    [
        "62.01.01.1001",
        "62.01.01.1002",
        "62.02.01.1001",
        "62.02.01.1002",
    ]
    .map(|code| drawn(code, false))
    .into()
}

const fn found(households: u32, eligible: u32) -> Option<Outcome> {
    Some(Outcome::Found {
        households,
        eligible,
    })
}

fn visit(village: u32, receives: bool, weight: f64, outcome: Option<Outcome>) -> Visit {
    Visit {
        village,
        receives,
        weight,
        outcome,
    }
}

fn value(figure: &Figure) -> f64 {
    figure.share.expect("known").value
}

#[test]
fn shares_are_as_by_hand() {
    let visits = [
        visit(0, true, 10.0, found(1, 1)),
        visit(0, true, 10.0, Some(Outcome::Gone)),
        visit(0, false, 20.0, found(1, 0)),
        visit(1, true, 10.0, found(2, 2)),
        visit(1, true, 10.0, found(1, 0)),
        visit(1, false, 20.0, found(1, 1)),
        visit(2, true, 10.0, Some(Outcome::Part)),
        visit(2, true, 10.0, found(2, 1)),
        visit(2, false, 20.0, found(1, 0)),
        visit(3, true, 10.0, found(1, 1)),
        visit(3, true, 10.0, found(3, 0)),
        visit(3, false, 20.0, Some(Outcome::Gone)),
    ];
    let measured = estimate(&four(), &visits);
    assert_eq!((measured.sampled, measured.answered), (12, 12));
    // Of 80 who receive the gone, the part and two found: 40.
    assert!((value(&measured.inclusion) - 0.5).abs() < 1e-12);
    // Eligible: 10 + 20 + 20 + 10 + 10; left out: 10 of two, and 20 who do not receive.
    assert!((value(&measured.exclusion) - 30.0 / 70.0).abs() < 1e-12);
    // The part, and the two of whom one receives.
    assert!((value(&measured.linkage) - 0.25).abs() < 1e-12);
    // The first regency: z of its villages is w(y − R)/X, 10·(0.5 − 0.5)/80 each.
    assert_eq!(measured.inclusion.df, 2);
    assert_eq!(measured.inclusion.sampled, 8);
    assert_eq!(measured.exclusion.answered, 12);
    for regency in &measured.regencies {
        assert_eq!(regency.inclusion.share, Err(Unknown::TooFew));
        assert_eq!(regency.answered, 6);
    }
}

#[test]
fn a_variance_is_as_by_hand() {
    // Two villages of each of two regencies with 10 receivers each, alike in weight.
    let mut visits = Vec::new();
    for (village, wrong) in [(0, 1), (1, 3), (2, 0), (3, 4)] {
        for at in 0..10 {
            visits.push(visit(village, true, 5.0, found(1, u32::from(at >= wrong))));
        }
        visits.push(visit(village, false, 5.0, found(1, 0)));
    }
    let figure = estimate(&four(), &visits).inclusion;
    assert!((value(&figure) - 0.2).abs() < 1e-12);
    // z is (wrong − 0.2·10)/40: −1, 1 and −2, 2 of 40; each regency 2/1·Σ(z − mean)².
    let by_hand = (2.0 * 2.0 + 2.0 * 8.0) / 1_600.0;
    let simple = 0.2 * 0.8 * 40.0 / 39.0 / 40.0 * (1.0 - 40.0 / 200.0);
    assert!((figure.error.expect("told").powi(2) - by_hand).abs() < 1e-12);
    assert!((figure.deff.expect("told") - by_hand / simple).abs() < 1e-9);
    assert_eq!(figure.df, 2);
}

#[test]
fn a_village_that_stands_for_itself_is_a_stratum() {
    let villages = vec![drawn("62.01.01.1001", true), drawn("62.01.01.1002", true)];
    let mut visits = Vec::new();
    for (village, wrong, asked) in [(0, 2, 10), (1, 6, 20)] {
        for at in 0..asked {
            let weight = 20.0 / f64::from(asked);
            visits.push(visit(
                village,
                true,
                weight,
                found(1, u32::from(at >= wrong)),
            ));
            visits.push(visit(village, false, 30.0 / f64::from(asked), found(1, 0)));
        }
    }
    let figure = estimate(&villages, &visits).inclusion;
    assert!((value(&figure) - 0.25).abs() < 1e-12);
    // Half of the first was asked and all of the second, of which nothing is left to vary:
    // (20/40)²·(1 − 1/2)·p(1 − p)/(10 − 1) with p = 0.2.
    let by_hand = 0.25 * 0.5 * 0.16 / 9.0;
    assert!((figure.error.expect("told").powi(2) - by_hand).abs() < 1e-12);
    assert_eq!(figure.df, 28);
}

#[test]
fn one_cluster_alone_goes_with_its_neighbour() {
    let villages: Vec<Drawn> = [
        "62.01.01.1001",
        "62.02.01.1001",
        "62.02.01.1002",
        "62.03.01.1001",
    ]
    .map(|code| drawn(code, false))
    .into();
    let mut visits = Vec::new();
    for (village, wrong) in [(0, 1), (1, 3), (2, 0), (3, 4)] {
        for at in 0..10 {
            visits.push(visit(village, true, 5.0, found(1, u32::from(at >= wrong))));
            visits.push(visit(village, false, 5.0, found(1, 0)));
        }
    }
    let figure = estimate(&villages, &visits).inclusion;
    // The first takes the second regency to itself, and the third goes to them: one stratum
    // of −1, 1, −2, 2 of 40, 4/3·10.
    assert_eq!(figure.df, 3);
    let by_hand = 4.0 / 3.0 * 10.0 / 1_600.0;
    assert!((figure.error.expect("told").powi(2) - by_hand).abs() < 1e-12);
}

#[test]
fn what_nobody_can_know_is_not_said() {
    let villages = four();
    let share = |visits: &[Visit]| {
        let it = estimate(&villages, visits);
        (it.inclusion.share, it.exclusion.share)
    };
    let none = (Err(Unknown::NoVisits), Err(Unknown::NoVisits));
    assert_eq!(share(&[]), none);
    let open = [
        visit(0, true, 1.0, None),
        visit(1, false, 1.0, Some(Outcome::Unreached)),
    ];
    assert_eq!(share(&open), none);
    assert_eq!(estimate(&villages, &open).response(), Some(0.0));
    assert_eq!(estimate(&villages, &[]).response(), None);
    assert_eq!(estimate(&[], &[]).regencies, []);
    // Of others nobody answered: nothing is known of who is left out.
    let receivers: Vec<Visit> = (0..4)
        .map(|at| visit(at, true, 1.0, found(1, at % 2)))
        .collect();
    let (inclusion, exclusion) = share(&receivers);
    assert!(inclusion.is_ok());
    assert_eq!(exclusion, Err(Unknown::NoVisits));
    // One village says nothing of how much they differ.
    assert_eq!(share(&receivers[..1]).0, Err(Unknown::TooFew));
    // Nobody is eligible: a share of nobody.
    let nobody: Vec<Visit> = (0..8)
        .map(|at| visit(at / 2, at % 2 == 0, 1.0, Some(Outcome::Gone)))
        .collect();
    assert_eq!(share(&nobody).1, Err(Unknown::NothingOfIt));
    for (why, word) in [
        (Unknown::NoVisits, "no-visits"),
        (Unknown::TooFew, "too-few"),
        (Unknown::NothingOfIt, "nothing-of-it"),
    ] {
        assert_eq!(why.as_str(), word);
    }
}

#[test]
fn where_nobody_is_in_error_some_may_be() {
    let right = |n: u32| -> Vec<Visit> {
        let of = |at| {
            visit(
                at % 4,
                at / 4 % 2 == 0,
                10.0,
                found(1, u32::from(at / 4 % 2 == 0)),
            )
        };
        (0..n).map(of).collect()
    };
    let (few, many) = (
        estimate(&four(), &right(80)),
        estimate(&four(), &right(800)),
    );
    for of in [|it: &Measured| it.inclusion, |it: &Measured| it.exclusion] {
        let (few, many) = (of(&few), of(&many));
        assert_eq!((few.error, few.deff), (None, None));
        let (few, many) = (few.share.expect("known"), many.share.expect("known"));
        assert!(few.value.abs() < 1e-12 && few.low.abs() < 1e-12);
        assert!(
            0.0 < many.high && many.high < few.high && few.high < 0.5,
            "{few:?} {many:?}"
        );
    }
    // 40 receivers in four villages, ten each: worth 40/(1 + 9·0.05), and less by t.
    let worth = 40.0 / 1.45 * (1.96_f64 / 4.302_65).powi(2);
    let high = 1.0 - 0.025_f64.powf(1.0 / worth);
    assert!((few.inclusion.share.expect("known").high - high).abs() < 1e-4);
    // The other way round: nobody who receives should, and all others should.
    let wrong: Vec<Visit> = right(80)
        .into_iter()
        .map(|it| Visit {
            receives: !it.receives,
            ..it
        })
        .collect();
    let wrong = estimate(&four(), &wrong);
    for figure in [wrong.inclusion, wrong.exclusion] {
        let share = figure.share.expect("known");
        assert!((share.value - 1.0).abs() < 1e-12 && (share.high - 1.0).abs() < 1e-12);
        assert!((0.5..1.0).contains(&share.low), "{share:?}");
    }
}

#[test]
fn who_was_met_speaks_for_who_was_not() {
    let visits = [
        visit(0, true, 10.0, found(1, 0)),
        visit(0, true, 10.0, Some(Outcome::Unreached)),
        visit(0, false, 10.0, found(1, 0)),
        // Nobody was met in the second village; the first speaks for its regency.
        visit(1, true, 20.0, Some(Outcome::Unreached)),
        visit(1, false, 10.0, found(1, 1)),
        visit(2, true, 10.0, found(1, 1)),
        visit(2, false, 10.0, None),
        visit(3, true, 10.0, found(1, 1)),
        visit(3, false, 10.0, None),
    ];
    let measured = estimate(&four(), &visits);
    assert_eq!(measured.response(), Some(5.0 / 9.0));
    // 40 of 60 who receive.
    assert!((value(&measured.inclusion) - 40.0 / 60.0).abs() < 1e-12);
    // Of others in the second regency nobody was met: those of the first speak for them,
    // half of 40 are eligible, beside 20 who receive.
    assert!((value(&measured.exclusion) - 20.0 / 40.0).abs() < 1e-12);
    // If no unreached one were in error: 10 of 60; if all were, 40.
    let bounds = measured.if_unreached.inclusion.expect("answered");
    assert!((bounds.low - 10.0 / 60.0).abs() < 1e-12, "{bounds:?}");
    assert!((bounds.high - 40.0 / 60.0).abs() < 1e-12, "{bounds:?}");
    // Left out are 10 beside 20 served; 30 unreached may be served, or 20 left out.
    let bounds = measured.if_unreached.exclusion.expect("answered");
    assert!((bounds.low - 10.0 / 60.0).abs() < 1e-12, "{bounds:?}");
    assert!((bounds.high - 30.0 / 50.0).abs() < 1e-12, "{bounds:?}");
}

#[test]
fn outcomes_are_read_as_they_are_written() {
    for (word, households, eligible, outcome) in [
        ("unreached", None, None, Some(Outcome::Unreached)),
        ("gone", Some(0), Some(0), Some(Outcome::Gone)),
        ("part", None, Some(0), Some(Outcome::Part)),
        ("gone", Some(1), None, None),
        ("found", Some(1), Some(1), found(1, 1)),
        ("found", Some(2), Some(0), found(2, 0)),
        ("found", Some(1), Some(2), None),
        ("found", Some(0), Some(0), None),
        (
            "found",
            Some(HOUSEHOLDS_MAX),
            Some(1),
            found(HOUSEHOLDS_MAX, 1),
        ),
        ("found", Some(HOUSEHOLDS_MAX + 1), Some(1), None),
        ("found", None, Some(1), None),
        ("found", Some(1), None, None),
        ("moved", None, None, None),
    ] {
        let read = Outcome::of(word, households, eligible);
        assert_eq!(read, outcome, "{word} {households:?} {eligible:?}");
        assert!(read.is_none_or(|it| it.as_str() == word));
    }
}

fn any_outcome() -> impl Strategy<Value = Option<Outcome>> {
    prop_oneof![
        Just(None),
        Just(Some(Outcome::Unreached)),
        Just(Some(Outcome::Gone)),
        Just(Some(Outcome::Part)),
        (1..4_u32, 0..4_u32)
            .prop_map(|(households, eligible)| { found(households, eligible.min(households)) }),
    ]
}

proptest! {
    #[test]
    fn shares_lie_within_their_intervals(
        certain in any::<[bool; 4]>(),
        visits in proptest::collection::vec(
            (0..5_u32, any::<bool>(), 1.0..500.0, any_outcome()), 0..120)
    ) {
        let mut villages = four();
        for (village, certain) in villages.iter_mut().zip(certain) {
            village.is_certain = certain;
        }
        let visits: Vec<Visit> = visits
            .into_iter()
            .map(|(village, receives, weight, outcome)| visit(village, receives, weight, outcome))
            .collect();
        let measured = estimate(&villages, &visits);
        let regencies = measured.regencies.iter().flat_map(|it| [it.inclusion, it.exclusion]);
        let whole = [measured.inclusion, measured.exclusion, measured.linkage];
        for figure in whole.into_iter().chain(regencies) {
            prop_assert!(figure.answered <= figure.sampled);
            let Ok(share) = figure.share else { continue };
            prop_assert!(0.0 <= share.low && share.high <= 1.0, "{:?}", share);
            prop_assert!(share.low <= share.value + 1e-9, "{:?}", share);
            prop_assert!(share.value <= share.high + 1e-9, "{:?}", share);
            prop_assert!(figure.df > 0);
        }
        for bounds in [measured.if_unreached.inclusion, measured.if_unreached.exclusion] {
            let Some(bounds) = bounds else { continue };
            prop_assert!(0.0 <= bounds.low && bounds.low <= bounds.high && bounds.high <= 1.0);
        }
    }
}
