//! From an older schema to this one, and no way back.

use store::migrate::{Schema, Step, describe};
use store::{Db, Engine, Error, Place, on_both_engines};

use crate::{FIRST, GROWN, NOTES, NOW, count, note};

on_both_engines!(
    older_data_is_migrated_to_the_same_schema,
    async |place: Place| {
        let db = Db::open(&place).await.expect("opens");
        let first = db.migrate(NOTES, NOW).await.expect("migrated");
        assert_eq!(
            (first.steps, first.backup.is_some()),
            (2, false),
            "nothing to copy yet"
        );
        note(&db, 1, "kept").await.expect("a row");
        db.close().await;

        let db = Db::open(&place).await.expect("opens again");
        let second = db.migrate(GROWN, NOW).await.expect("migrated");
        assert_eq!(second.steps, 1);
        assert_eq!(second.backup.is_some(), db.engine() == Engine::Sqlite);
        if let Some(copy) = second.backup {
            let copied = Db::open(&Place::Sqlite { path: copy })
                .await
                .expect("the copy opens");
            assert_eq!(count(&copied).await, 1, "the copy holds the data");
        }
        assert_eq!(count(&db).await, 1);
        assert_eq!(
            db.migrate(GROWN, NOW).await.expect("nothing to do").steps,
            0
        );
    }
);

#[tokio::test]
async fn grown_and_fresh_schemas_are_alike_on_both_engines() {
    store::test::prove(GROWN).await;
}

/// Without a copy there is no step.
#[tokio::test]
async fn a_backup_is_whole_or_the_migration_waits() {
    let house = store::test::sqlite();
    let db = store::test::open(&house, NOTES).await;
    note(&db, 1, "kept").await.expect("a row");
    let Place::Sqlite { path } = &house.place else {
        panic!("a SQLite file");
    };
    // What stands in the way of the copy is a folder of its name.
    let part = path.with_extension(format!("before-{}.part", NOW.as_us()));
    std::fs::create_dir(&part).expect("an obstacle");
    let refused = db.migrate(GROWN, NOW).await.expect_err("no copy, no step");
    assert!(matches!(refused, Error::File { .. }), "{refused}");
    assert_eq!(columns(&db).await.len(), columns_of(NOTES).await);
    std::fs::remove_dir(&part).expect("out of the way");
    let copy = db
        .migrate(GROWN, NOW)
        .await
        .expect("migrated")
        .backup
        .expect("a copy");
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(&copy)
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o077, 0, "for its owner only");
    assert!(!part.exists(), "nothing half-done is left");
}

async fn columns_of(schemas: &[Schema]) -> usize {
    let house = store::test::sqlite();
    columns(&store::test::open(&house, schemas).await)
        .await
        .len()
}

on_both_engines!(
    newer_or_altered_data_is_refused_by_name,
    async |place: Place| {
        let db = Db::open(&place).await.expect("opens");
        db.migrate(GROWN, NOW).await.expect("migrated");
        let newer = db
            .migrate(NOTES, NOW)
            .await
            .expect_err("a newer one was here");
        assert!(
            matches!(&newer, Error::Newer { room, number: 2, name } if room == "test" && name == "tags"),
            "{newer}"
        );
        let newer = db
            .migrate(&[], NOW)
            .await
            .expect_err("a room of a newer one");
        assert!(
            matches!(&newer, Error::Newer { room, number: 1, .. } if room == "test"),
            "{newer}"
        );
        const ALTERED: &[Schema] = &[Schema {
            room: "test",
            steps: &[
                FIRST,
                Step {
                    number: 2,
                    name: "tags",
                    sql: "CREATE TABLE test_other (id BIGINT)",
                },
            ],
        }];
        let altered = db
            .migrate(ALTERED, NOW)
            .await
            .expect_err("the text differs");
        assert!(
            matches!(altered, Error::Altered { number: 2, .. }),
            "{altered}"
        );
    }
);

on_both_engines!(
    a_step_that_fails_leaves_the_old_schema,
    async |place: Place| {
        const BROKEN: &[Schema] = &[Schema {
            room: "test",
            steps: &[
                FIRST,
                Step {
                    number: 2,
                    name: "broken",
                    sql: "CREATE TABLE test_half (id BIGINT); CREATE NONSENSE;",
                },
            ],
        }];
        let db = Db::open(&place).await.expect("opens");
        db.migrate(NOTES, NOW).await.expect("migrated");
        let before = columns(&db).await;
        db.migrate(BROKEN, NOW).await.expect_err("not SQL");
        assert_eq!(columns(&db).await, before);
    }
);

async fn columns(db: &Db) -> Vec<(String, String, String)> {
    describe(db).await.expect("a description")
}
