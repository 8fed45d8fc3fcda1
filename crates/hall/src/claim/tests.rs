//! Claims as they are kept, on both engines.

use std::time::Duration;

use base::now::Now;
use store::Db;

use super::*;
use crate::guard::{Held, Place, Role, Via};
use crate::schema::SCHEMA;
use crate::source::{self, Card};

fn somebody(area: Option<&str>) -> Who {
    let grant = Held {
        id: Id::from_bytes([1; 16]),
        role: Role::Admin,
        area: area.map(|code| code.parse().expect("a code")),
        agency: None,
        from: Wall::from_us(0),
        to: None,
    };
    Who::new(
        Id::from_bytes([9; 16]),
        "Penguji".to_owned(),
        Via::Session(Id::from_bytes([8; 16])),
        vec![grant],
        None,
        None,
    )
}

struct House {
    hall: Hall,
    clock: crate::clock::Clock,
    who: Who,
    _folder: tempfile::TempDir,
}

const VILLAGE: &str = "62.71.01.1001";
const OTHER: &str = "62.01.01.1011";

impl House {
    async fn new(db: Db) -> Self {
        let (hall, clock, folder) = crate::hall::of_test(db).await;
        crate::areas::seed(hall.db(), hall.now().wall)
            .await
            .expect("areas");
        Self {
            hall,
            clock,
            who: somebody(None),
            _folder: folder,
        }
    }

    async fn source(&self, owner: &str, definition: &str) -> Id<Source> {
        let card = Card {
            title: Some("Daftar".to_owned()),
            owner: Some(owner.to_owned()),
            definition: Some(definition.to_owned()),
            ..Card::default()
        };
        let mut tx = self.hall.db().write().await.expect("a transaction");
        let area = "62".parse().ok();
        let place = Place::new(area, None);
        let listed = source::register(
            &self.hall, &mut tx, &self.who, "file", "villages", &card, place,
        )
        .await
        .expect("a source");
        tx.commit().await.expect("a commit");
        listed.id
    }

    async fn say(&self, village: &str, source: Id<Source>, as_of: &str, value: Value) -> Id<Claim> {
        let area: AreaCode = village.parse().expect("a code");
        let new = New {
            subject: Subject::Village(area.clone()),
            area,
            property: "blank_spot".to_owned(),
            value,
            source,
            row: Some(7),
            as_of: as_of.parse().expect("a day"),
            definition: None,
        };
        let mut tx = self.hall.db().write().await.expect("a transaction");
        let ids = record(&self.hall, &mut tx, &self.who, vec![new])
            .await
            .expect("recorded");
        tx.commit().await.expect("a commit");
        ids[0]
    }

    /// An hour passes; what time it is then.
    fn later(&self) -> Wall {
        self.clock.turn(Duration::from_secs(3_600));
        let Now { wall, .. } = self.hall.now();
        wall
    }

    async fn ask(&self, then: Option<&str>, known: Option<Wall>) -> Vec<(String, String)> {
        let filter = Filter {
            moment: Moment {
                then: then.map(|day| day.parse().expect("a day")),
                known,
            },
            subject: Some(Subject::Village(VILLAGE.parse().expect("a code"))),
            ..Filter::default()
        };
        let mut read = self.hall.db().read().await.expect("a snapshot");
        every(&mut read, &filter)
            .await
            .expect("claims")
            .into_iter()
            .map(|claim| (claim.as_of.to_string(), claim.value.shown()))
            .collect()
    }
}

async fn two_times(db: Db) {
    let house = House::new(db).await;
    let list = house.source("Diskominfo", "tanpa sinyal 4G").await;
    let before = house.hall.now().wall;
    house.later();
    let first = house
        .say(VILLAGE, list, "2025-05-16", Value::Flag(true))
        .await;
    let after_first = house.hall.now().wall;
    house.later();
    // Learned later, and about an earlier day.
    house
        .say(
            VILLAGE,
            list,
            "2025-03-01",
            Value::Word("voice only".to_owned()),
        )
        .await;
    house.say(OTHER, list, "2025-03-01", Value::Whole(-3)).await;
    let after_second = house.hall.now().wall;
    house.later();

    let pair = |day: &str, value: &str| (day.to_owned(), value.to_owned());
    let may = pair("2025-05-16", "ya");
    let march = pair("2025-03-01", "voice only");
    for (then, known, found) in [
        (None, None, vec![may.clone(), march.clone()]),
        (None, Some(before), vec![]),
        (None, Some(after_first), vec![may.clone()]),
        (Some("2025-04-01"), Some(after_first), vec![]),
        (Some("2025-04-01"), None, vec![march.clone()]),
        (
            Some("2025-05-16"),
            Some(after_second),
            vec![may.clone(), march.clone()],
        ),
        (Some("2025-02-28"), None, vec![]),
    ] {
        assert_eq!(house.ask(then, known).await, found, "{then:?} {known:?}");
    }

    // Withdrawn: it counted until then, and goes on counting for a question about then.
    let mut tx = house.hall.db().write().await.expect("a transaction");
    withdraw(&house.hall, &mut tx, &house.who, first, "salah desa")
        .await
        .expect("withdrawn");
    tx.commit().await.expect("a commit");
    let at = house.hall.now().wall;
    assert_eq!(house.ask(None, None).await, std::slice::from_ref(&march));
    assert_eq!(
        house.ask(None, Some(at)).await,
        std::slice::from_ref(&march)
    );
    assert_eq!(house.ask(None, Some(after_second)).await, [may, march]);
    let mut tx = house.hall.db().write().await.expect("a transaction");
    let again = withdraw(&house.hall, &mut tx, &house.who, first, "lagi").await;
    assert_eq!(again.expect_err("once").slug(), "claim-withdrawn");
    let blank = withdraw(&house.hall, &mut tx, &house.who, first, " ").await;
    assert_eq!(blank.expect_err("a reason").slug(), "form");
    drop(tx);

    let mut read = house.hall.db().read().await.expect("a snapshot");
    let all = Filter {
        source: Some(list),
        withdrawn: true,
        ..Filter::default()
    };
    let kept = every(&mut read, &all).await.expect("claims");
    assert_eq!(kept.len(), 3, "nothing is deleted");
    let gone = kept.iter().find(|claim| claim.id == first).expect("kept");
    let said = gone
        .withdrawn
        .as_ref()
        .map(|said| (said.at, said.why.as_str()));
    assert_eq!(said, Some((at, "salah desa")));
    assert_eq!(gone.owner.as_deref(), Some("Diskominfo"));
    assert_eq!(gone.definition.as_deref(), Some("tanpa sinyal 4G"));
    assert_eq!((gone.row, &gone.value), (Some(7), &Value::Flag(true)));
}

async fn sources(db: Db) {
    let house = House::new(db).await;
    let (one, other) = (house.source("A", "a").await, house.source("B", "b").await);
    for village in [VILLAGE, OTHER] {
        house
            .say(village, one, "2025-01-01", Value::Flag(true))
            .await;
        house
            .say(
                village,
                other,
                "2025-01-01",
                Value::Day("2025-06-01".parse().expect("a day")),
            )
            .await;
    }
    let mut tx = house.hall.db().write().await.expect("a transaction");
    let count = withdraw_source(&house.hall, &mut tx, &house.who, one, "salah berkas").await;
    assert_eq!(count.expect("withdrawn"), 2);
    let count = withdraw_source(&house.hall, &mut tx, &house.who, one, "salah berkas").await;
    assert_eq!(count.expect("nothing is left"), 0);
    tx.commit().await.expect("a commit");
    let mut read = house.hall.db().read().await.expect("a snapshot");
    let gone = Filter {
        source: Some(one),
        withdrawn: true,
        ..Filter::default()
    };
    let gone = every(&mut read, &gone).await.expect("claims");
    let why = |claim: &Listed| {
        claim
            .withdrawn
            .as_ref()
            .map(|gone| (gone.by, gone.why.clone()))
    };
    let by = (house.who.person(), "salah berkas".to_owned());
    assert!(gone.iter().all(|claim| why(claim).as_ref() == Some(&by)));
    assert_eq!(gone.len(), 2);
    let left = every(&mut read, &Filter::default()).await.expect("claims");
    assert!(left.iter().all(|claim| claim.source == other), "{left:?}");
    assert_eq!(left.len(), 2);

    // Who works in one regency reads of that one.
    let here = somebody(Some("62.71"));
    for (who, count) in [(&here, 1), (&house.who, 2), (&somebody(Some("62.02")), 0)] {
        let seen = list(&mut read, who, Permission::AreasRead, &Filter::default()).await;
        assert_eq!(seen.expect("claims").len(), count);
    }
    let within = Filter {
        within: "62.01".parse().ok(),
        kind: Some("village"),
        ..Filter::default()
    };
    assert_eq!(every(&mut read, &within).await.expect("claims").len(), 1);
}

store::on_both_engines!(a_question_has_two_times, &[SCHEMA], async |db: Db| {
    two_times(db).await
});
store::on_both_engines!(
    a_source_is_withdrawn_as_a_whole,
    &[SCHEMA],
    async |db: Db| sources(db).await
);

#[test]
fn subjects_and_values_are_read_back() {
    let code: AreaCode = VILLAGE.parse().expect("a code");
    for subject in [
        Subject::Village(code),
        Subject::Point(Id::from_bytes([1; 16])),
        Subject::Project("PS-07".to_owned()),
        Subject::Indicator("desa-tersambung".to_owned()),
        Subject::Camera(Id::from_bytes([2; 16])),
    ] {
        assert!(Subject::KINDS.contains(&subject.kind()));
        assert_eq!(
            Subject::parse(subject.kind(), &subject.key()),
            Some(subject)
        );
    }
    for value in [
        Value::Flag(true),
        Value::Flag(false),
        Value::Whole(i64::MIN),
        Value::Word("ya".to_owned()),
        Value::Day("2026-01-31".parse().expect("a day")),
    ] {
        let (kind, text) = value.stored();
        assert!(Value::KINDS.contains(&kind));
        assert_eq!(Value::parse(kind, &text), Some(value));
    }
    assert_eq!(Value::parse("flag", "yes"), None);
    assert_eq!(Subject::parse("river", "x"), None);
}
