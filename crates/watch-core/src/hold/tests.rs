use proptest::prelude::*;

use super::*;

const fn at(ms: u64) -> Mono {
    Mono::from_us(1_000_000 + ms * 1_000)
}

const RIGHT: Velocity = Velocity {
    pan: 500,
    tilt: 0,
    zoom: 0,
};
const UP: Velocity = Velocity {
    pan: 0,
    tilt: 250,
    zoom: 0,
};

const ANI: char = 'a';
const BUDI: char = 'b';

fn taken() -> Turning<char> {
    let mut turning = Turning::default();
    assert_eq!(turning.take(ANI, false, at(0)), Taken::New { before: None });
    turning
}

#[test]
fn one_holds_and_the_other_is_told_until_when() {
    let mut turning = taken();
    assert_eq!(turning.take(BUDI, false, at(10)), Taken::Busy);
    assert_eq!(turning.steer(BUDI, RIGHT, at(11)), Err(NotHeld));
    assert_eq!(turning.held(), Some((ANI, 0, at(0) + LEASE)));
    assert_eq!(turning.take(ANI, false, at(5_000)), Taken::Own);
    assert_eq!(turning.held(), Some((ANI, 0, at(5_000) + LEASE)));
}

#[test]
fn a_hold_ends_when_it_is_not_used_and_when_it_lasted_long_enough() {
    let mut turning = taken();
    assert_eq!(turning.due(), Some(at(30_000)));
    assert_eq!(turning.tick(at(29_999)), (Order::Nothing, None));
    let (_, over) = turning.tick(at(30_000));
    let over = over.expect("idle");
    assert_eq!((over.who, over.end, over.moves), (ANI, End::Idle, false));
    assert_eq!(turning.due(), None);

    let mut turning = taken();
    let mut now = 0;
    while now < 590_000 {
        now += 10_000;
        assert_eq!(turning.take(ANI, false, at(now)), Taken::Own);
        assert_eq!(turning.tick(at(now)), (Order::Nothing, None), "{now}");
    }
    let (_, over) = turning.tick(at(600_000));
    assert_eq!(over.map(|over| over.end), Some(End::Long));
}

#[test]
fn a_movement_that_nobody_renews_is_stopped() {
    let mut turning = taken();
    let steer = |turning: &mut Turning<char>, velocity, ms| turning.steer(ANI, velocity, at(ms));
    for (velocity, ms, order) in [
        (RIGHT, 0, Order::Move(RIGHT)),
        (RIGHT, 400, Order::Nothing),
        (RIGHT, 999, Order::Nothing),
        (RIGHT, 1_000, Order::Move(RIGHT)),
        (UP, 1_200, Order::Move(UP)),
        (UP, 1_600, Order::Nothing),
    ] {
        assert_eq!(steer(&mut turning, velocity, ms), Ok(order), "{ms}");
    }
    assert_eq!(turning.due(), Some(at(3_100)));
    assert_eq!(turning.tick(at(3_099)), (Order::Nothing, None));
    assert_eq!(turning.tick(at(3_100)), (Order::Stop, None));
    assert_eq!(turning.tick(at(3_200)), (Order::Nothing, None));
    let over = turning.end(End::Left, at(4_000)).expect("held");
    let deeds = Deeds {
        moves: 1,
        moving: Duration::from_millis(3_100),
        cut: 1,
        ..Deeds::default()
    };
    assert_eq!((over.deeds, over.moves), (deeds, false));
}

#[test]
fn to_move_by_nothing_is_to_stop() {
    let mut turning = taken();
    let still = Velocity::default();
    assert_eq!(turning.steer(ANI, still, at(0)), Ok(Order::Nothing));
    assert_eq!(turning.steer(ANI, RIGHT, at(10)), Ok(Order::Move(RIGHT)));
    assert_eq!(turning.steer(ANI, still, at(20)), Ok(Order::Stop));
    assert_eq!(turning.steer(ANI, still, at(30)), Ok(Order::Nothing));
}

#[test]
fn who_may_takes_it_over_and_the_camera_is_stopped() {
    let mut turning = taken();
    assert_eq!(turning.steer(ANI, RIGHT, at(10)), Ok(Order::Move(RIGHT)));
    let Taken::New { before } = turning.take(BUDI, true, at(500)) else {
        panic!("it is not his");
    };
    let before = before.expect("she had it");
    assert_eq!(
        (before.who, before.number, before.end, before.moves),
        (ANI, 0, End::TakenOver, true)
    );
    assert_eq!(turning.held(), Some((BUDI, 1, at(500) + LEASE)));
    assert_eq!(turning.steer(ANI, RIGHT, at(600)), Err(NotHeld));
}

#[test]
fn what_was_done_is_counted_and_names_are_bounded() {
    let mut turning = taken();
    assert_eq!(turning.steer(ANI, UP, at(0)), Ok(Order::Move(UP)));
    let go =
        |turning: &mut Turning<char>, ms| turning.act(ANI, Deed::Go("Gerbang".to_owned()), at(ms));
    assert_eq!(go(&mut turning, 100), Ok(Order::Stop));
    for ms in 0..40 {
        assert_eq!(go(&mut turning, 200 + ms), Ok(Order::Nothing));
    }
    let keep = Deed::Keep("Loket".to_owned());
    assert_eq!(turning.act(ANI, keep, at(300)), Ok(Order::Nothing));
    assert_eq!(turning.act(ANI, Deed::Centre, at(301)), Ok(Order::Nothing));
    assert_eq!(turning.act(BUDI, Deed::Centre, at(302)), Err(NotHeld));
    let deeds = turning.end(End::Left, at(400)).expect("held").deeds;
    assert_eq!((deeds.gone.len(), deeds.more), (NOTED_MAX, 9));
    assert_eq!((deeds.kept, deeds.centred), (vec!["Loket".to_owned()], 1));
}

#[test]
fn a_velocity_is_between_minus_one_and_one() {
    for (parts, fit) in [
        ([0.0, 0.0, 0.0], true),
        ([1.0, -1.0, 0.5], true),
        ([1.001, 0.0, 0.0], false),
        ([f64::NAN, 0.0, 0.0], false),
        ([0.0, f64::INFINITY, 0.0], false),
    ] {
        let [pan, tilt, zoom] = parts;
        assert_eq!(Velocity::new(pan, tilt, zoom).is_some(), fit, "{parts:?}");
    }
    let half = Velocity::new(0.5, -0.25, 0.0004).expect("fit");
    let wide = |(part, of): (f32, f32)| (part - of).abs() > 1e-6;
    assert!(!half.parts().into_iter().zip([0.5, -0.25, 0.0]).any(wide));
    assert!(Velocity::new(0.0, -0.0, 0.0001).is_some_and(Velocity::is_zero));
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Take(char, bool),
    Steer(char, i16),
    Go(char),
    Tick,
    Leave,
}

fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
    let who = prop_oneof![Just(ANI), Just(BUDI)];
    let step = prop_oneof![
        (who.clone(), any::<bool>()).prop_map(|(who, over)| Step::Take(who, over)),
        (who.clone(), -3_i16..4).prop_map(|(who, pan)| Step::Steer(who, pan)),
        who.prop_map(Step::Go),
        Just(Step::Tick),
        Just(Step::Leave),
    ];
    proptest::collection::vec((0_u64..3_000, step), 1..200)
}

proptest! {
    /// Whatever people do, a camera that was set in motion and is looked at when that is
    /// due never moves longer than a pulse after the last wish, and never after the hold.
    #[test]
    fn nothing_moves_unwished(steps in steps()) {
        let mut turning: Turning<char> = Turning::default();
        let (mut now, mut moving, mut wished) = (0, false, 0);
        for (wait, step) in steps {
            // The shell wakes when something is due.
            let until = now + wait;
            while let Some(due) = turning.due().filter(|due| *due <= at(until)) {
                let (order, over) = turning.tick(due);
                if order == Order::Stop || over.as_ref().is_some_and(|over| over.moves) {
                    prop_assert!(moving);
                    moving = false;
                }
                prop_assert!(over.is_some() || turning.due().is_none_or(|next| next > due));
            }
            now = until;
            let ordered = |order: Result<Order, NotHeld>, moving: &mut bool| match order {
                Ok(Order::Move(_)) => *moving = true,
                Ok(Order::Stop) => *moving = false,
                Ok(Order::Nothing) | Err(NotHeld) => {}
            };
            match step {
                Step::Take(who, over) => {
                    if let Taken::New { before: Some(before) } = turning.take(who, over, at(now)) {
                        prop_assert_eq!(before.moves, moving);
                        moving = false;
                    }
                }
                Step::Steer(who, pan) => {
                    let velocity = Velocity { pan, ..Velocity::default() };
                    let order = turning.steer(who, velocity, at(now));
                    if order.is_ok() && pan != 0 {
                        wished = now;
                    }
                    ordered(order, &mut moving);
                }
                Step::Go(who) => ordered(turning.act(who, Deed::Go(String::new()), at(now)), &mut moving),
                Step::Tick => ordered(Ok(turning.tick(at(now)).0), &mut moving),
                Step::Leave => {
                    if let Some(over) = turning.end(End::Left, at(now)) {
                        prop_assert_eq!(over.moves, moving);
                    }
                    moving = false;
                }
            }
            prop_assert!(!moving || turning.held().is_some());
            prop_assert!(!moving || at(now).since(at(wished)) < PULSE);
        }
    }
}
