//! What rooms say, on both engines.

use std::time::Duration;

use store::Db;

use super::due::FLAPPING;
use super::*;
use crate::audit::Verdict;
use crate::schema::SCHEMA;
use crate::sql::area::{AreaRow, put};

const START: Now = Now {
    mono: base::now::Mono::from_us(1_000_000),
    wall: Wall::from_us(1_700_000_000_000_000),
};
const MINUTE: Duration = Duration::from_secs(60);

fn key() -> Key {
    Key::new("line.lost", "62.01")
}

fn area(code: &str) -> About {
    let code: AreaCode = code.parse().expect("a code");
    About {
        subject: Subject::Area(code.clone()),
        name: format!("Area {code}"),
        place: Place::new(Some(code), None),
    }
}

fn lost(silent: i64) -> Opening {
    let mut facts = Map::new();
    facts.insert("silent".to_owned(), silent.into());
    Opening {
        key: key(),
        by: "reach",
        severity: Severity::Warning,
        title: "Sambungan putus".to_owned(),
        facts,
        about: vec![area("62.01")],
    }
}

async fn areas(db: &Db) {
    let mut tx = db.write().await.expect("a transaction");
    let rows: Vec<_> = ["62", "62.01", "62.02", "62.03"].map(area_row).into();
    put(&mut tx, &rows).await.expect("areas");
    tx.commit().await.expect("a commit");
}

fn area_row(code: &str) -> AreaRow {
    let code: AreaCode = code.parse().expect("a code");
    AreaRow {
        name: format!("Area {code}"),
        level: code.level(),
        code,
        point: None,
        point_quality: "indicative".to_owned(),
        elevation_m: None,
        postal_code: None,
        decree: "x".to_owned(),
        valid_from: None,
        valid_to: None,
        successors: Vec::new(),
    }
}

async fn opened(db: &Db, now: Now, opening: Opening) -> Id<Incident> {
    let mut tx = db.write().await.expect("a transaction");
    let id = open(&mut tx, now, opening).await.expect("opened");
    tx.commit().await.expect("a commit");
    id
}

async fn cleared(db: &Db, now: Now) -> Option<Id<Incident>> {
    let mut tx = db.write().await.expect("a transaction");
    let id = clear(&mut tx, now, &key(), "reach").await.expect("asked");
    tx.commit().await.expect("a commit");
    id
}

async fn row(db: &Db, id: Id<Incident>) -> IncidentRow {
    let mut read = db.read().await.expect("a snapshot");
    rows::by_id(&mut read, id)
        .await
        .expect("asked")
        .expect("it is there")
}

async fn words(db: &Db, id: Id<Incident>) -> Vec<&'static str> {
    let mut read = db.read().await.expect("a snapshot");
    let steps = rows::steps(&mut read, id, 0, 1_000).await.expect("steps");
    assert!(
        steps
            .iter()
            .map(|step| step.seq)
            .eq(1..=row(db, id).await.steps)
    );
    steps.iter().map(|step| step.event.as_str()).collect()
}

/// The row is what its steps lead to, made anew from them.
async fn is_what_its_steps_say(db: &Db, id: Id<Incident>) {
    let mut read = db.read().await.expect("a snapshot");
    let kept = row(db, id).await;
    let steps = rows::steps(&mut read, id, 0, 1_000).await.expect("steps");
    let first = steps.first().expect("it was opened");
    let severity = first.severity.expect("it says how bad it is");
    let mut made = Standing::new(severity, kept.room.is_some(), first.at);
    for step in &steps {
        made.apply(&step.event, step.at);
        assert_eq!(made.state, step.state);
    }
    assert_eq!(made, kept.standing);
}

async fn one_thing(db: Db) {
    areas(&db).await;
    let first = opened(&db, START, lost(3)).await;
    let same = opened(&db, START.later(MINUTE), lost(5)).await;
    assert_eq!(first, same);
    let it = row(&db, first).await;
    assert_eq!((it.number, it.seen, it.steps), (1, 2, 2));
    assert_eq!(it.facts["silent"], 5);
    assert_eq!(it.opened, START.wall);
    assert_eq!(it.seen_at, START.wall + MINUTE);
    assert_eq!(words(&db, first).await, ["opened", "linked"]);

    // Another key is another one, and so is another kind about the same.
    for key in [
        Key::new("line.lost", "62.02"),
        Key::new("line.slow", "62.01"),
    ] {
        let other = opened(&db, START, Opening { key, ..lost(1) }).await;
        assert_ne!(other, first);
    }

    // It comes and goes: the same, opened again.
    let gone = START.later(MINUTE * 2);
    assert_eq!(cleared(&db, gone).await, Some(first));
    assert_eq!(cleared(&db, gone).await, None, "once");
    let back = opened(&db, gone.later(FLAPPING - MINUTE), lost(2)).await;
    assert_eq!(back, first);
    is_what_its_steps_say(&db, first).await;
    let way = ["opened", "linked", "cleared", "reopened"];
    assert_eq!(words(&db, first).await, way);

    // Later it is another one, and the old one stays as it was.
    let over = gone.later(FLAPPING);
    assert_eq!(cleared(&db, over).await, Some(first));
    let next = opened(&db, over.later(FLAPPING), lost(2)).await;
    assert_ne!(next, first);
    assert_eq!(row(&db, first).await.standing.state, State::Cleared);
    assert_eq!(row(&db, next).await.number, 4);
    assert_eq!(cleared(&db, over.later(FLAPPING)).await, Some(next));

    let mut read = db.read().await.expect("a snapshot");
    let whole = audit::verify(&mut read).await.expect("a verdict");
    assert!(matches!(whole, Verdict::Whole { .. }), "{whole:?}");
}

async fn at_once(db: Db) {
    areas(&db).await;
    let (one, other) = tokio::join!(opened(&db, START, lost(1)), opened(&db, START, lost(2)));
    assert_eq!(one, other);
    assert_eq!(row(&db, one).await.seen, 2);
    let mut read = db.read().await.expect("a snapshot");
    let all = rows::fetch(&mut read, &rows::list()).await.expect("a list");
    assert_eq!(all.len(), 1);
    drop(read);
    // And the tables themselves let no second one be.
    let mut tx = db.write().await.expect("a transaction");
    let second = IncidentRow {
        id: Id::from_bytes([9; 16]),
        number: 2,
        ..row(&db, one).await
    };
    let refused = rows::insert(&mut tx, &second).await;
    assert!(matches!(refused, Err(Error::Taken { .. })), "{refused:?}");
}

async fn not_by_half(db: Db) {
    areas(&db).await;
    let mut tx = db.write().await.expect("a transaction");
    open(&mut tx, START, lost(1)).await.expect("opened");
    drop(tx);
    let mut read = db.read().await.expect("a snapshot");
    assert!(
        rows::newest(&mut read, "line.lost:62.01")
            .await
            .expect("asked")
            .is_none()
    );
    let told = facts::after(&mut read, 0, 10).await.expect("facts");
    assert!(told.is_empty());
    drop(read);
    let id = opened(&db, START, lost(1)).await;
    let mut read = db.read().await.expect("a snapshot");
    let told = facts::after(&mut read, 0, 10).await.expect("facts");
    let told: Vec<_> = told.into_iter().map(|fact| fact.fact).collect();
    assert_eq!(told, [Fact::IncidentChanged { incident: id }]);
    drop(read);
    // The same once more is counted, and wakes nobody.
    opened(&db, START.later(MINUTE), lost(1)).await;
    let mut read = db.read().await.expect("a snapshot");
    assert_eq!(
        facts::after(&mut read, 0, 10).await.expect("facts").len(),
        1
    );
}

async fn worse(db: Db) {
    areas(&db).await;
    let said = |severity| Opening {
        severity,
        ..lost(1)
    };
    let id = opened(&db, START, said(Severity::Notice)).await;
    let now = START.later(MINUTE);
    opened(&db, now, said(Severity::Critical)).await;
    assert_eq!(row(&db, id).await.standing.severity, Severity::Critical);
    // A person calls it a warning; the room says again what it said before.
    let mut tx = db.write().await.expect("a transaction");
    let mut milder = row(&db, id).await;
    let hand = Hand::house("test");
    let rated = [Event::Rated(Severity::Warning)];
    take(&mut tx, now, &mut milder, &rated, &hand, None)
        .await
        .expect("rated");
    rows::update(&mut tx, &milder).await.expect("kept");
    tx.commit().await.expect("a commit");
    opened(&db, now, said(Severity::Critical)).await;
    assert_eq!(row(&db, id).await.standing.severity, Severity::Warning);
    // It becomes better and worse again: now it counts.
    opened(&db, now, said(Severity::Notice)).await;
    assert_eq!(row(&db, id).await.standing.severity, Severity::Warning);
    opened(&db, now, said(Severity::Critical)).await;
    assert_eq!(row(&db, id).await.standing.severity, Severity::Critical);
    is_what_its_steps_say(&db, id).await;
}

async fn many(db: Db) {
    areas(&db).await;
    let about = |from: u8, to: u8| {
        let place = || Place::new("62.01".parse().ok(), None);
        let camera = |n| About::camera(Id::from_bytes([n; 16]), format!("k{n}"), place());
        (from..=to).map(camera).collect::<Vec<_>>()
    };
    let said = |about| Opening { about, ..lost(1) };
    let id = opened(&db, START, said(about(1, 150))).await;
    opened(&db, START, said(about(100, 210))).await;
    let it = row(&db, id).await;
    assert_eq!(it.standing.linked.len(), SUBJECTS_MAX);
    assert_eq!(it.left_out, 10);
    opened(&db, START, said(about(1, 3))).await;
    assert_eq!(row(&db, id).await.left_out, 0, "as it was said last");
    let mut read = db.read().await.expect("a snapshot");
    let of = rows::subjects_of(&mut read, 1, 1).await.expect("subjects");
    assert_eq!(of[&id].len(), SUBJECTS_MAX);
    drop(read);
    is_what_its_steps_say(&db, id).await;
    // One that is about nothing in particular is about the house.
    let key = Key::new("disk.fills", "");
    let of_house = Opening {
        key,
        about: Vec::new(),
        ..lost(1)
    };
    let id = opened(&db, START, of_house).await;
    let mut read = db.read().await.expect("a snapshot");
    let subjects = rows::subjects(&mut read, id).await.expect("subjects");
    assert_eq!(subjects[0].about, About::house());
}

macro_rules! on_both {
    ($($name:ident: $body:ident;)*) => {$(
        store::on_both_engines!($name, &[SCHEMA], async |db: Db| { $body(db).await });
    )*};
}

on_both! {
    said_again_it_is_the_same_incident: one_thing;
    said_twice_at_once_it_is_one_incident: at_once;
    a_transaction_that_does_not_end_opens_nothing: not_by_half;
    what_a_person_calls_it_counts_until_the_room_finds_it_worse: worse;
    subjects_have_a_bound_and_the_others_are_counted: many;
}

#[test]
fn subjects_and_their_words_are_inverse() {
    for (kind, subject) in [
        ("house", Subject::House),
        ("area", Subject::Area("62.01".parse().expect("a code"))),
        ("site", Subject::Site(Id::from_bytes([1; 16]))),
        ("camera", Subject::Camera(Id::from_bytes([2; 16]))),
        ("point", Subject::Point(Id::from_bytes([3; 16]))),
    ] {
        assert_eq!(subject.kind(), kind);
        assert_eq!(Subject::parse(kind, &subject.to_string()), Some(subject));
        assert!(Subject::KINDS.contains(&kind));
    }
    assert_eq!(Subject::parse("house", "x"), None);
    assert_eq!(Subject::parse("site", "cam_x"), None);
    assert_eq!(Subject::parse("person", ""), None);
}
