//! Times of incidents that are overrun, whatever is done to the clock.

use super::incidents::MINUTE;
use super::*;
use crate::incident::{Key, upkeep};

impl House {
    async fn overruns(&self) -> usize {
        let mut waiting = upkeep::Waiting::default();
        self.overruns_of(&mut waiting).await
    }

    async fn overruns_of(&self, waiting: &mut upkeep::Waiting) -> usize {
        let looked = upkeep::overruns(&self.hall, waiting).await;
        looked.expect("looked")
    }

    /// A token, which outlives the days that these tests turn.
    async fn key(&self, admin: &str) -> String {
        let form = Some(json!({ "name": "uji" }));
        let made = self
            .call(admin, "POST", "/api/v1/tokens", form)
            .await
            .is(201);
        format!("Bearer {}", made.json()["token"].as_str().expect("a token"))
    }
}

async fn overruns(db: Db) {
    let (house, admin) = House::new(db).await;
    let admin = house.key(&admin).await;
    let id = house
        .room_says(&Key::new("line.lost", "62.01"), &["62.01"])
        .await;
    assert_eq!(house.overruns().await, 0);
    let at = async |field: &str| house.incident(&admin, &id).await[field].clone();
    // Critical: a quarter of an hour to take note of it.
    house.clock.turn(15 * MINUTE);
    assert_eq!(house.overruns().await, 1);
    assert_eq!(house.overruns().await, 0, "once");
    assert_eq!(
        (at("level").await, at("overdue").await),
        (json!(1), json!(true))
    );
    assert_eq!(house.numbers(&admin, "overdue=true").await, [1]);
    assert_eq!(house.numbers(&admin, "level=1").await, [1]);
    assert_eq!(house.numbers(&admin, "level=2").await, Vec::<i64>::new());

    // The clock is set back an hour, and comes to the same time again.
    let late = house.hall.now().wall;
    house
        .clock
        .set_wall(Wall::from_us(late.as_us() - 3_600_000_000));
    assert_eq!(house.overruns().await, 0);
    assert_eq!(at("level").await, json!(1), "what was told was told");
    house.clock.set_wall(late);
    let escalated = async || {
        let shown = house.incident(&admin, &id).await;
        let levels = shown["steps"].as_array().expect("steps").clone();
        let levels = levels.iter().filter(|step| step["step"] == "escalated");
        levels
            .filter_map(|step| step["level"].as_i64())
            .collect::<Vec<_>>()
    };
    assert_eq!(house.overruns().await, 0);
    assert_eq!(escalated().await, [1], "and nothing is told twice");

    // A house that was off for a day says in one step how late it is.
    house.clock.turn(24 * 60 * MINUTE);
    assert_eq!(house.overruns().await, 1);
    assert_eq!(escalated().await, [1, 3]);
    // Somebody takes note: another time, from the beginning.
    house
        .act(&admin, &id, json!({ "act": "take" }))
        .await
        .is(201);
    assert_eq!(
        (at("level").await, at("overdue").await),
        (json!(0), json!(false))
    );
    assert_eq!(house.overruns().await, 0);
    house.clock.turn(4 * 60 * MINUTE);
    assert_eq!(house.overruns().await, 1);
    assert_eq!(escalated().await, [1, 3, 1]);
    let shown = house.incident(&admin, &id).await;
    let step = shown["steps"]
        .as_array()
        .and_then(|steps| steps.last())
        .expect("a step");
    assert_eq!(
        (&step["by"], &step["room"]),
        (&json!(null), &json!("incident"))
    );
    house
        .act(&admin, &id, json!({ "act": "clear", "text": "Pulih" }))
        .await
        .is(201);
    house.clock.turn(24 * 60 * MINUTE);
    assert_eq!(house.overruns().await, 0, "over is over");
    let verdict = house
        .call(&admin, "GET", "/api/v1/audit/verify", None)
        .await;
    assert_eq!(verdict.is(200).json()["verdict"], "whole");
}

/// One that was opened while the clock ran ahead, and one that was opened before it fell
/// behind: only by waiting can they be told apart.
async fn out_of_reach(db: Db) {
    let (house, admin) = House::new(db).await;
    let admin = house.key(&admin).await;
    let right = house.hall.now().wall;
    let year = Duration::from_secs(365 * 24 * 3_600);
    house.clock.set_wall(right + year);
    let ahead = house
        .room_says(&Key::new("line.lost", "a"), &["62.01"])
        .await;
    house.clock.set_wall(right);
    let level = async |id: &str| house.incident(&admin, id).await["level"].clone();
    let mut waiting = upkeep::Waiting::default();
    assert_eq!(house.overruns_of(&mut waiting).await, 0);
    house.clock.turn(14 * MINUTE);
    assert_eq!(house.overruns_of(&mut waiting).await, 0);
    house.clock.turn(MINUTE);
    assert_eq!(
        house.overruns_of(&mut waiting).await,
        2,
        "due now, and overrun"
    );
    assert_eq!(level(&ahead).await, json!(1));
    house
        .act(&admin, &ahead, json!({ "act": "clear", "text": "Uji" }))
        .await
        .is(201);

    // A machine that begins in 1970 and learns the time after some minutes.
    let now = house.hall.now().wall;
    let before = house
        .room_says(&Key::new("line.lost", "b"), &["62.01"])
        .await;
    house.clock.set_wall(Wall::from_us(60_000_000));
    let mut waiting = upkeep::Waiting::default();
    for _ in 0..10 {
        assert_eq!(house.overruns_of(&mut waiting).await, 0);
        house.clock.turn(MINUTE);
    }
    house.clock.set_wall(now + 10 * MINUTE);
    assert_eq!(house.overruns_of(&mut waiting).await, 0);
    assert_eq!(level(&before).await, json!(0));
    house.clock.turn(5 * MINUTE);
    assert_eq!(house.overruns_of(&mut waiting).await, 1);
    assert_eq!(level(&before).await, json!(1));
}

/// More than one transaction takes at a time.
async fn many_overruns(db: Db) {
    let (house, _) = House::new(db).await;
    for n in 0..205 {
        house.room_says(&Key::new("line.lost", n), &["62.01"]).await;
    }
    house.clock.turn(15 * MINUTE);
    assert_eq!(house.overruns().await, 205);
    assert_eq!(house.overruns().await, 0);
}

on_both! {
    a_time_that_is_overrun_is_told_once_whatever_the_clock_does: overruns;
    a_clock_that_ran_ahead_or_fell_behind_hides_and_hurries_nothing: out_of_reach;
    many_times_are_overrun_at_once: many_overruns;
}
