//! The way back to an older version, and forward again.

use store::migrate::Standing;
use store::{Db, Error, Place, rollback};

use crate::{GROWN, NOTES, NOW, count, note};

async fn migrated(place: &Place, schemas: &[store::migrate::Schema]) -> Result<Db, Error> {
    let db = Db::open(place).await?;
    match db.migrate(schemas, NOW).await {
        Ok(_) => Ok(db),
        Err(error) => {
            db.close().await;
            Err(error)
        }
    }
}

#[tokio::test]
async fn an_older_program_takes_the_copy_and_the_newer_database_stays() {
    let house = store::test::sqlite();
    let place = &house.place;
    let Place::Sqlite { path } = place else {
        panic!("a SQLite file");
    };
    let db = migrated(place, NOTES).await.expect("the older one");
    note(&db, 1, "before").await.expect("a row");
    assert!(db.standing(GROWN).await.expect("asked").missing.len() == 1);
    db.close().await;
    assert_eq!(rollback::find(path, NOTES).await.expect("looked"), None);

    let db = migrated(place, GROWN).await.expect("the newer one");
    note(&db, 2, "since").await.expect("a row");
    let whole = Standing {
        applied: 3,
        missing: Vec::new(),
    };
    assert_eq!(db.standing(GROWN).await.expect("asked"), whole);
    let back = rollback::find(path, NOTES).await.expect("looked");
    let back = back.expect("the migration has left a copy");
    assert_eq!(back.made, NOW);
    let lost: Vec<_> = back.lost.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(lost, ["store_migration", "test_note", "test_tag"]);

    // As long as a house runs nothing is exchanged under it.
    let busy = rollback::take(path, &back.copy, NOW).await;
    assert!(matches!(busy, Err(Error::InUse { .. })), "{busy:?}");
    db.close().await;
    let refused = migrated(place, NOTES).await.expect_err("newer data");
    assert!(matches!(refused, Error::Newer { .. }), "{refused}");
    assert!(refused.to_string().contains("betang rollback"), "{refused}");

    let aside = rollback::take(path, &back.copy, NOW).await.expect("taken");
    let db = migrated(place, NOTES).await.expect("the older one again");
    assert_eq!(count(&db).await, 1);
    db.close().await;
    assert!(back.copy.exists(), "it may be needed again");

    // What was set aside is whole, with what came since.
    let db = migrated(&Place::Sqlite { path: aside }, GROWN)
        .await
        .expect("the newer database");
    assert_eq!(count(&db).await, 2);
    db.close().await;
    // And what stands now can be migrated again.
    let db = migrated(place, GROWN).await.expect("forward");
    assert_eq!(count(&db).await, 1);
}

#[tokio::test]
async fn a_copy_that_is_newer_too_is_no_way_back() {
    let house = store::test::sqlite();
    let Place::Sqlite { path } = &house.place else {
        panic!("a SQLite file");
    };
    let db = migrated(&house.place, GROWN).await.expect("made");
    db.close().await;
    std::fs::copy(path, path.with_extension("before-5.sqlite")).expect("a copy");
    assert_eq!(rollback::find(path, NOTES).await.expect("looked"), None);
}
