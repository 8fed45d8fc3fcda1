use proptest::prelude::*;

use super::*;

const D: SlotDay = SlotDay(20_454);

fn seen(seen: Seen) -> Minute {
    Minute {
        seen,
        ..Minute::default()
    }
}

fn asked(sent: u8, lost: u8, rtt_ms: u16) -> Minute {
    Minute {
        seen: Seen::TRIED | Seen::HTTPS | Seen::ALIVE,
        sent,
        lost,
        rtt_ms,
    }
}

fn whole(minute: Minute) -> Sheet {
    let mut sheet = Sheet::default();
    (0..DAY).for_each(|at| sheet.add(at, minute));
    sheet
}

fn all(sheet: &Sheet) -> Vec<Run> {
    day(D, sheet, None, &Usual::default(), D.plus(1).first())
}

#[test]
fn each_kind_of_evidence_has_its_verdict() {
    use {Cause as C, State as S};
    let cases = [
        (Seen::default(), S::Unknown, C::Silent),
        (Seen::HEARD, S::Up, C::None),
        (Seen::TRIED | Seen::HTTPS, S::Up, C::None),
        (Seen::TRIED | Seen::DNS | Seen::TCP, S::Up, C::None),
        // A name that is answered, or a door that opens, is not yet the internet.
        (Seen::TRIED | Seen::DNS, S::Down, C::Link),
        (Seen::TRIED | Seen::TCP, S::Down, C::Link),
        (Seen::TRIED | Seen::DNS | Seen::PORTAL, S::Down, C::Portal),
        (Seen::TRIED | Seen::ALIVE, S::Down, C::Link),
        (Seen::TRIED | Seen::HEARD, S::Up, C::None),
        (Seen::ALIVE, S::Unknown, C::Untried),
        (Seen::GONE | Seen::REBOOTED | Seen::POWER, S::Off, C::Power),
        (
            Seen::GONE | Seen::REBOOTED | Seen::ORDERLY,
            S::Unknown,
            C::Stopped,
        ),
        (
            Seen::GONE | Seen::REBOOTED | Seen::CRASHED,
            S::Unknown,
            C::Crashed,
        ),
        (Seen::GONE, S::Unknown, C::Program),
        // One box of the site was gone, another heard: it was up.
        (
            Seen::GONE | Seen::REBOOTED | Seen::POWER | Seen::HEARD,
            S::Up,
            C::None,
        ),
        (
            Seen::GONE | Seen::REBOOTED | Seen::POWER | Seen::TRIED,
            S::Down,
            C::Link,
        ),
    ];
    for (what, state, cause) in cases {
        let mut sheet = Sheet::default();
        sheet.add(700, seen(what));
        let runs = all(&sheet);
        let at = D.at(700);
        let run = runs
            .iter()
            .find(|run| run.slots.contains(&at))
            .expect("a verdict");
        assert_eq!(
            (run.verdict.state, run.verdict.cause),
            (state, cause),
            "{what:?}"
        );
    }
}

#[test]
fn loss_is_judged_over_ten_slots_and_not_by_one_answer() {
    let mut sheet = whole(asked(5, 0, 40));
    // Two of fifty: 4 %.
    sheet.add(
        100,
        Minute {
            lost: 2,
            ..Minute::default()
        },
    );
    assert!(all(&sheet).iter().all(|run| run.verdict.state == State::Up));
    // The third makes it 6 %, for as long as all three are in the window.
    sheet.add(
        105,
        Minute {
            lost: 1,
            ..Minute::default()
        },
    );
    let runs = all(&sheet);
    let bad: Vec<_> = runs
        .iter()
        .filter(|run| run.verdict.state == State::Degraded)
        .collect();
    assert_eq!(bad.len(), 1);
    assert_eq!(bad[0].slots, D.at(105)..D.at(110));
    assert_eq!(bad[0].verdict.cause, Cause::Loss);
}

#[test]
fn the_window_reaches_into_the_day_before() {
    let mut before = whole(asked(5, 0, 40));
    before.add(
        DAY - 1,
        Minute {
            lost: 3,
            ..Minute::default()
        },
    );
    let today = whole(asked(5, 0, 40));
    let runs = day(
        D,
        &today,
        Some(&before),
        &Usual::default(),
        D.plus(1).first(),
    );
    assert_eq!(runs[0].verdict.cause, Cause::Loss);
    assert_eq!(runs[0].slots, D.at(0)..D.at(9));
    assert_eq!(runs.len(), 2);
}

#[test]
fn slow_is_slower_than_usual_there() {
    let mut usual = Usual::default();
    usual.add(&whole(asked(5, 0, 600)));
    assert_eq!(usual.median(), Some(600));
    let verdict = |rtt_ms, usual: &Usual| {
        let runs = day(
            D,
            &whole(asked(5, 0, rtt_ms)),
            None,
            usual,
            D.plus(1).first(),
        );
        assert_eq!(runs.len(), 1);
        runs[0].verdict.cause
    };
    // A satellite is not slow for being one: 1.5 x 600 + 100.
    assert_eq!(verdict(1_000, &usual), Cause::None);
    assert_eq!(verdict(1_001, &usual), Cause::Slow);
    // Where too little is known nothing is called slow.
    assert_eq!(verdict(4_000, &Usual::default()), Cause::None);
}

#[test]
fn what_has_not_ended_is_not_decided() {
    let sheet = whole(seen(Seen::HEARD));
    let runs = day(D, &sheet, None, &Usual::default(), D.at(10));
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].slots, D.at(0)..D.at(10));
    assert!(day(D, &sheet, None, &Usual::default(), D.first()).is_empty());
}

/// The same rule written down from its words, slot by slot, without windows that move.
fn by_the_words(sheet: &Sheet, before: &Sheet, days: &[Sheet]) -> Vec<(State, Cause)> {
    let both: Vec<Minute> = before
        .minutes()
        .iter()
        .chain(sheet.minutes())
        .copied()
        .collect();
    let mut trips: Vec<u32> = days
        .iter()
        .flat_map(|day| day.minutes())
        .filter(|it| it.rtt_ms != 0)
        .map(|it| u32::from(it.rtt_ms))
        .collect();
    trips.sort_unstable();
    let median = (trips.len() >= 1_440).then(|| trips[(trips.len() - 1) / 2]);
    (DAY..2 * DAY)
        .map(|at| {
            let it = both[at];
            let has = |bit: Seen| it.seen.0 & bit.0 != 0;
            if has(Seen::HEARD) || has(Seen::HTTPS) || (has(Seen::DNS) && has(Seen::TCP)) {
                let window = &both[at - 9..=at];
                let asked: u32 = window.iter().map(|it| u32::from(it.sent)).sum();
                let lost: u32 = window.iter().map(|it| u32::from(it.lost)).sum();
                if asked >= 20 && f64::from(lost) / f64::from(asked) >= 0.05 {
                    (State::Degraded, Cause::Loss)
                } else if median
                    .is_some_and(|median| f64::from(it.rtt_ms) > 1.5 * f64::from(median) + 100.0)
                {
                    (State::Degraded, Cause::Slow)
                } else {
                    (State::Up, Cause::None)
                }
            } else if has(Seen::TRIED) {
                (
                    State::Down,
                    if has(Seen::PORTAL) {
                        Cause::Portal
                    } else {
                        Cause::Link
                    },
                )
            } else if has(Seen::ALIVE) {
                (State::Unknown, Cause::Untried)
            } else if has(Seen::GONE) && has(Seen::REBOOTED) && has(Seen::POWER) {
                (State::Off, Cause::Power)
            } else if has(Seen::CRASHED) {
                (State::Unknown, Cause::Crashed)
            } else if has(Seen::ORDERLY) {
                (State::Unknown, Cause::Stopped)
            } else if has(Seen::GONE) {
                (State::Unknown, Cause::Program)
            } else {
                (State::Unknown, Cause::Silent)
            }
        })
        .collect()
}

fn stretch() -> impl Strategy<Value = Vec<(usize, Minute)>> {
    let minute =
        (0_u16..8_192, 0_u8..8, 0_u8..3, 0_u16..2_000).prop_map(|(bits, sent, lost, rtt_ms)| {
            Minute {
                seen: Seen(bits),
                sent,
                lost: lost.min(sent),
                rtt_ms,
            }
        });
    prop::collection::vec((1_usize..90, minute), 1..60)
}

fn sheet_of(stretches: &[(usize, Minute)]) -> Sheet {
    let mut sheet = Sheet::default();
    let mut at = 0;
    for (long, what) in stretches.iter().cycle() {
        for _ in 0..*long {
            if at == DAY {
                return sheet;
            }
            sheet.add(at, *what);
            at += 1;
        }
    }
    sheet
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_judge_keeps_to_the_words(
        days in prop::collection::vec(stretch(), 9),
    ) {
        let sheets: Vec<_> = days.iter().map(|day| sheet_of(day)).collect();
        // Nine days: the eighth is judged after seven, then the ninth, after one went
        // out and one came in.
        let mut usual = Usual::default();
        sheets[..7].iter().for_each(|sheet| usual.add(sheet));
        for judged in [7, 8] {
            if judged == 8 {
                usual.take(&sheets[0]);
                usual.add(&sheets[7]);
            }
            let (sheet, before) = (&sheets[judged], &sheets[judged - 1]);
            let runs = day(D, sheet, Some(before), &usual, D.plus(1).first());
            let said: Vec<_> = runs
                .iter()
                .flat_map(|run| {
                    let verdict = (run.verdict.state, run.verdict.cause);
                    crate::slot::each(run.slots.clone()).map(move |_| verdict)
                })
                .collect();
            prop_assert_eq!(said, by_the_words(sheet, before, &sheets[judged - 7..judged]));
            let touching = runs.windows(2).all(|two| {
                two[0].slots.end == two[1].slots.start && two[0].verdict != two[1].verdict
            });
            prop_assert!(touching, "runs touch, and differ");
        }
    }
}
