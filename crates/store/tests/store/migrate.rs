//! From an older schema to this one, and no way back.

use store::backup::KeyColumn;
use store::copies::{self, Former};
use store::migrate::{Schema, Step, describe};
use store::{Db, Engine, Error, Place, on_both_engines, params};

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

const KEYED: Step = Step {
    number: 1,
    name: "keyed",
    sql: "CREATE TABLE test_key (list BIGINT NOT NULL, number BIGINT NOT NULL, \
          wrapped BYTEA NOT NULL, PRIMARY KEY (list, number));\n\
          CREATE TABLE test_file (name TEXT NOT NULL PRIMARY KEY, file_key BYTEA);\n\
          CREATE TABLE test_why (number BIGINT NOT NULL PRIMARY KEY, why BYTEA NOT NULL);",
};

const REKEYED: Step = Step {
    number: 2,
    name: "rekeyed",
    sql: "ALTER TABLE test_why ADD COLUMN wrapped BYTEA;\n\
          CREATE TABLE test_new (number BIGINT NOT NULL PRIMARY KEY, wrapped BYTEA);",
};

const fn keyed(table: &'static str, column: &'static str, row_goes: bool) -> KeyColumn {
    KeyColumn {
        table,
        column,
        row_goes,
    }
}

/// What is destroyed goes from the copy that a migration has left, from its octets too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_destroyed_goes_from_the_copies() {
    let house = store::test::sqlite();
    let of = |steps| {
        [Schema {
            room: "test",
            steps,
        }]
    };
    let db = store::test::open(&house, &of(&[KEYED])).await;
    let octets = |text: &str| format!("key of {text} that opens").into_bytes();
    let mut tx = db.write().await.expect("to write");
    for number in 0..500_i64 {
        let key = octets(&format!("row {number:03}"));
        let sql = "INSERT INTO test_key (list, number, wrapped) VALUES (1, $1, $2)";
        tx.execute(sql, params![number, key]).await.expect("a row");
    }
    for name in ["a", "b"] {
        let sql = "INSERT INTO test_file (name, file_key) VALUES ($1, $2)";
        let done = tx.execute(sql, params![name, octets(name)]).await;
        done.expect("a row");
    }
    for number in 1..=2_i64 {
        let sql = "INSERT INTO test_why (number, why) VALUES ($1, $2)";
        let why = octets(&format!("reason {number}"));
        tx.execute(sql, params![number, why]).await.expect("a row");
    }
    tx.commit().await.expect("written");
    let Place::Sqlite { path } = &house.place else {
        panic!("a SQLite file");
    };
    let migrated = db.migrate(&of(&[KEYED, REKEYED]), NOW).await;
    let copy = migrated.expect("migrated").backup.expect("a copy");
    let half = path.with_extension("before-1.part");
    std::fs::write(&half, octets("half")).expect("left by a power cut");
    // Both reasons have keys by now; then one row, a file and a reason are destroyed, and a
    // row comes in the place of another.
    let mut tx = db.write().await.expect("to write");
    for sql in [
        "UPDATE test_why SET why = X'', wrapped = X'01'",
        "UPDATE test_why SET wrapped = X'' WHERE number = 1",
        "DELETE FROM test_key WHERE number = 7",
        "UPDATE test_key SET wrapped = X'02' WHERE number = 8",
        "UPDATE test_file SET file_key = NULL WHERE name = 'a'",
    ] {
        tx.execute(sql, params![]).await.expect("done");
    }
    tx.commit().await.expect("written");
    let keys = [
        keyed("test_key", "wrapped", true),
        keyed("test_file", "file_key", false),
        keyed("test_why", "wrapped", false),
        keyed("test_new", "wrapped", false),
    ];
    let former = [Former {
        table: "test_why",
        column: "why",
        key: "wrapped",
    }];
    let struck = copies::strike(&db, &keys, &former).await.expect("struck");
    assert_eq!((struck.copies, struck.values), (1, 4));
    let all = std::fs::read(&copy).expect("a file");
    let has = |text: &str| {
        let text = octets(text);
        all.windows(text.len()).any(|some| some == text)
    };
    for (text, is_there) in [
        ("row 007", false),
        ("row 008", false),
        ("row 009", true),
        ("a", false),
        ("b", true),
        ("reason 1", false),
        ("reason 2", true),
    ] {
        assert_eq!(has(text), is_there, "{text}");
    }
    // It is a database still, with all else, and nothing lies beside it.
    let copied = Db::open(&Place::Sqlite { path: copy.clone() }).await;
    let copied = copied.expect("the copy opens");
    assert!(copied.is_whole().await.expect("an answer"));
    let mut read = copied.read().await.expect("a snapshot");
    let rows = read.one("SELECT COUNT(*) AS n FROM test_key", params![]);
    assert_eq!(rows.await.expect("a row").get::<i64>("n").expect("n"), 498);
    drop(read);
    copied.close().await;
    assert!(!half.exists());
    let journal = copy.with_file_name(format!(
        "{}-journal",
        copy.file_name().expect("a name").display()
    ));
    assert!(!journal.exists());
    let again = copies::strike(&db, &keys, &former).await.expect("struck");
    assert_eq!(again.values, 0);
}
