//! What the store promises, on both engines.

use std::time::Duration;

use base::fact::Fact;
use base::id::{Camera, Id, Job};
use base::now::Wall;
use store::migrate::{Schema, Step, describe};
use store::query::Query;
use store::{Db, Error, Place, facts, jobs, on_both_engines, params};

const NOW: Wall = Wall::from_us(1_700_000_000_000_000);

const NOTES: &[Schema] = &[Schema {
    room: "test",
    steps: &[FIRST],
}];

const GROWN: &[Schema] = &[Schema {
    room: "test",
    steps: &[FIRST, SECOND],
}];

const FIRST: Step = Step {
    number: 1,
    name: "notes",
    sql: "-- a note; with a semicolon\n\
          CREATE TABLE test_note (id BYTEA NOT NULL PRIMARY KEY, body TEXT NOT NULL UNIQUE,\n\
          weight DOUBLE PRECISION, seen BIGINT); -- and another;\n\
          CREATE INDEX test_note_seen ON test_note (seen);",
};

const SECOND: Step = Step {
    number: 2,
    name: "tags",
    sql: "CREATE TABLE test_tag (note_id BYTEA NOT NULL REFERENCES test_note (id), tag TEXT NOT NULL);\n\
          ALTER TABLE test_note ADD COLUMN colour TEXT;",
};

fn camera(seed: u64) -> Id<Camera> {
    Id::mint(NOW, &mut fastrand::Rng::with_seed(seed))
}

async fn note(db: &Db, seed: u64, body: &str) -> Result<(), Error> {
    let mut tx = db.write().await?;
    tx.execute(
        "INSERT INTO test_note (id, body) VALUES ($1, $2)",
        params![camera(seed), body],
    )
    .await?;
    tx.commit().await
}

async fn count(db: &Db) -> i64 {
    let mut read = db.read().await.expect("a snapshot");
    let row = read
        .one("SELECT COUNT(*) AS n FROM test_note", params![])
        .await
        .expect("a count");
    row.get("n").expect("a number")
}

on_both_engines!(values_come_back_as_they_went, NOTES, async |db: Db| {
    let mut tx = db.write().await.expect("to write");
    tx.execute(
        "INSERT INTO test_note (id, body, weight, seen) VALUES ($1, $2, $3, $4), ($5, $6, $7, $8)",
        params![
            camera(1),
            "Ngaju: bètàng",
            1.5,
            NOW,
            camera(2),
            "",
            None::<f64>,
            None::<Wall>
        ],
    )
    .await
    .expect("two rows");
    tx.commit().await.expect("written");
    let query = Query::new("SELECT id, body, weight, seen FROM test_note WHERE 1 = 1")
        .push(" AND body <> ", "nothing")
        .raw(" ORDER BY body DESC")
        .push(" LIMIT ", 10_i64);
    let mut read = db.read().await.expect("a snapshot");
    let rows = read.all_query(&query).await.expect("rows");
    assert_eq!(rows[0].get::<Id<Camera>>("id").expect("an id"), camera(1));
    assert_eq!(
        rows[0].get::<String>("body").expect("text"),
        "Ngaju: bètàng"
    );
    assert_eq!(
        rows[0].get::<Option<f64>>("weight").expect("a real"),
        Some(1.5)
    );
    assert_eq!(rows[0].get::<Wall>("seen").expect("a time"), NOW);
    assert_eq!(rows[1].get::<Option<f64>>("weight").expect("absent"), None);
    assert_eq!(rows[1].get::<Option<Wall>>("seen").expect("absent"), None);
    assert!(rows[1].get::<i64>("seen").is_err(), "absent is not zero");
});

on_both_engines!(
    what_is_not_committed_has_not_happened,
    NOTES,
    async |db: Db| {
        let mut tx = db.write().await.expect("to write");
        tx.execute(
            "INSERT INTO test_note (id, body) VALUES ($1, $2)",
            params![camera(1), "lost"],
        )
        .await
        .expect("a row");
        drop(tx);
        assert_eq!(count(&db).await, 0);
    }
);

on_both_engines!(trouble_has_the_same_name_on_both, GROWN, async |db: Db| {
    note(&db, 1, "once").await.expect("a row");
    assert!(matches!(
        note(&db, 2, "once").await,
        Err(Error::Taken { .. })
    ));
    let mut tx = db.write().await.expect("to write");
    let dangling = tx
        .execute(
            "INSERT INTO test_tag (note_id, tag) VALUES ($1, $2)",
            params![camera(9), "x"],
        )
        .await;
    assert!(
        matches!(dangling, Err(Error::Dangling { .. })),
        "{dangling:?}"
    );
    drop(tx);
    let mut read = db.read().await.expect("a snapshot");
    let missing = read
        .one("SELECT id FROM test_note WHERE body = $1", params!["none"])
        .await;
    assert!(matches!(missing, Err(Error::Missing)));
});

on_both_engines!(writers_take_turns, NOTES, async |db: Db| {
    // Each reads the count and writes it: two at once would write one twice.
    let writers: Vec<_> = (0..20)
        .map(|seed| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut tx = db.write().await?;
                let row = tx
                    .one("SELECT COUNT(*) AS n FROM test_note", params![])
                    .await?;
                let n: i64 = row.get("n")?;
                tx.execute(
                    "INSERT INTO test_note (id, body) VALUES ($1, $2)",
                    params![camera(seed), n.to_string()],
                )
                .await?;
                tx.commit().await
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("no panic").expect("written");
    }
    assert_eq!(count(&db).await, 20);
});

on_both_engines!(a_reader_sees_one_snapshot, NOTES, async |db: Db| {
    let mut read = db.read().await.expect("a snapshot");
    let before = read
        .one("SELECT COUNT(*) AS n FROM test_note", params![])
        .await
        .expect("a count");
    note(&db, 1, "later").await.expect("a row");
    let after = read
        .one("SELECT COUNT(*) AS n FROM test_note", params![])
        .await
        .expect("a count");
    assert_eq!(before.get::<i64>("n").ok(), after.get::<i64>("n").ok());
    drop(read);
    assert_eq!(count(&db).await, 1);
});

on_both_engines!(a_second_server_is_kept_out, async |place: Place| {
    let first = Db::open(&place).await.expect("the first server");
    let second = Db::open(&place).await;
    assert!(matches!(second, Err(Error::InUse { .. })), "{second:?}");
    first.close().await;
    Db::open(&place)
        .await
        .expect("once the first has gone")
        .close()
        .await;
});

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
        let grown = columns(&db).await;
        db.close().await;

        let fresh = store::test::sqlite();
        let fresh = store::test::open(&fresh, GROWN).await;
        assert_eq!(
            grown,
            columns(&fresh).await,
            "as migrated at once, on SQLite"
        );
    }
);

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

on_both_engines!(
    facts_are_numbered_and_wake_their_readers,
    NOTES,
    async |db: Db| {
        let mut commits = db.commits();
        commits.mark_unchanged();
        for seed in 1..=3 {
            let mut tx = db.write().await.expect("to write");
            let fact = Fact::CameraChanged {
                camera: camera(seed),
            };
            facts::append(&mut tx, &fact, NOW).await.expect("a fact");
            tx.commit().await.expect("written");
        }
        assert!(commits.has_changed().expect("the handle lives"));
        let mut read = db.read().await.expect("a snapshot");
        let found = facts::after(&mut read, 1, 10).await.expect("facts");
        let numbers: Vec<_> = found.iter().map(|numbered| numbered.number).collect();
        assert_eq!(numbers, [2, 3]);
        assert_eq!(found[1].fact, Fact::CameraChanged { camera: camera(3) });
        assert_eq!(facts::newest(&mut read).await.expect("a number"), 3);
    }
);

on_both_engines!(
    a_lease_runs_out_and_the_job_comes_back,
    NOTES,
    async |db: Db| {
        let minute = Duration::from_secs(60);
        let job = Id::<Job>::mint(NOW, &mut fastrand::Rng::with_seed(1));
        let mut tx = db.write().await.expect("to write");
        assert!(
            jobs::enqueue(&mut tx, job, "still", "cam-1", NOW)
                .await
                .expect("queued")
        );
        let again = Id::<Job>::mint(NOW, &mut fastrand::Rng::with_seed(2));
        assert!(
            !jobs::enqueue(&mut tx, again, "still", "cam-1", NOW)
                .await
                .expect("known")
        );
        let leased = jobs::lease(&mut tx, "still", "a", NOW, minute)
            .await
            .expect("asked");
        assert_eq!(leased.map(|job| job.attempts), Some(1));
        assert_eq!(
            jobs::lease(&mut tx, "still", "b", NOW, minute)
                .await
                .expect("asked"),
            None
        );
        let late = NOW + minute;
        let leased = jobs::lease(&mut tx, "still", "b", late, minute)
            .await
            .expect("asked");
        assert_eq!(leased.map(|job| job.attempts), Some(2));
        assert!(
            !jobs::done(&mut tx, job, "a").await.expect("asked"),
            "no longer a's"
        );
        assert!(
            jobs::failed(&mut tx, job, "b", "camera silent", late + minute)
                .await
                .expect("asked")
        );
        assert_eq!(
            jobs::lease(&mut tx, "still", "b", late, minute)
                .await
                .expect("asked"),
            None
        );
        let leased = jobs::lease(&mut tx, "still", "b", late + minute, minute)
            .await
            .expect("asked");
        assert_eq!(leased.map(|job| job.attempts), Some(3));
        assert!(jobs::done(&mut tx, job, "b").await.expect("asked"));
        tx.commit().await.expect("written");
    }
);

/// A page bound stands in for a full disk: SQLite reports both alike.
#[tokio::test]
async fn a_full_disk_refuses_writes_and_corrupts_nothing() {
    let house = store::test::sqlite();
    let db = store::test::open(&house, NOTES).await;
    note(&db, 1, "before").await.expect("a row");
    let mut tx = db.write().await.expect("to write");
    tx.maybe("PRAGMA max_page_count = 40", params![])
        .await
        .expect("bounded");
    drop(tx);
    let large = "x".repeat(4 * 1024 * 1024);
    let full = note(&db, 2, &large).await.expect_err("no room");
    assert!(matches!(full, Error::Full), "{full}");
    assert_eq!(count(&db).await, 1, "reads go on");
    let mut read = db.read().await.expect("a snapshot");
    let verdict = read
        .one("PRAGMA integrity_check", params![])
        .await
        .expect("checked");
    assert_eq!(
        verdict.get::<String>("integrity_check").expect("a word"),
        "ok"
    );
    drop(read);
    note(&db, 3, "after").await.expect("small rows still fit");
}

/// The child is this very test, told by its environment to write and to say so.
#[tokio::test]
async fn what_is_acknowledged_survives_kill_minus_nine() {
    use std::io::BufRead as _;
    const FOLDER: &str = "BETANG_TEST_CHILD_FOLDER";
    if let Ok(folder) = std::env::var(FOLDER) {
        let path = std::path::Path::new(&folder).join("betang.sqlite");
        let db = Db::open(&Place::Sqlite { path }).await.expect("opens");
        db.migrate(NOTES, NOW).await.expect("migrated");
        for seed in 0..100_000 {
            note(&db, seed, &seed.to_string()).await.expect("a row");
            use std::io::Write as _;
            writeln!(std::io::stderr(), "ack {seed}").expect("the parent reads");
        }
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut child = std::process::Command::new(std::env::current_exe().expect("this test"))
        .args([
            "--exact",
            "what_is_acknowledged_survives_kill_minus_nine",
            "--nocapture",
        ])
        .env(FOLDER, folder.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the child starts");
    let lines = std::io::BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let acknowledged: Vec<u64> = lines
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix("ack ")?.parse().ok())
        .take(50)
        .collect();
    child.kill().expect("killed");
    child.wait().expect("gone");
    assert_eq!(acknowledged.len(), 50);
    let path = folder.path().join("betang.sqlite");
    let db = Db::open(&Place::Sqlite { path })
        .await
        .expect("opens again at once");
    let mut read = db.read().await.expect("a snapshot");
    for seed in acknowledged {
        read.one(
            "SELECT id FROM test_note WHERE body = $1",
            params![seed.to_string()],
        )
        .await
        .expect("what was acknowledged is there");
    }
}

async fn columns(db: &Db) -> Vec<(String, String, String)> {
    let mut read = db.read().await.expect("a snapshot");
    describe(&mut read).await.expect("a description")
}
