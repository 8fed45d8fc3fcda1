//! What the store promises, on both engines.

use std::process::Stdio;
use std::time::Duration;

use base::fact::Fact;
use base::id::{Camera, Id, Job};
use base::kind::Kind;
use base::now::Wall;
use base::redact::Secret;
use store::migrate::{Schema, Step, describe};
use store::query::Query;
use store::{Db, Engine, Error, Place, Row, facts, jobs, on_both_engines, params};
use tokio::io::{AsyncBufReadExt as _, BufReader};

const NOW: Wall = Wall::from_us(1_700_000_000_000_000);

/// How long anything here may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(120);

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
    let taken = note(&db, 2, "once").await.expect_err("there already");
    assert!(
        matches!(&taken, Error::Taken { constraint } if constraint == "test_note.body"),
        "{taken:?}"
    );
    let taken = note(&db, 1, "twice").await.expect_err("there already");
    assert!(
        matches!(&taken, Error::Taken { constraint } if constraint == "test_note.id"),
        "{taken:?}"
    );
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
    let nonsense = read.all("SELEKT", params![]).await.expect_err("not SQL");
    assert_eq!(nonsense.kind(), Kind::Bug);
});

on_both_engines!(
    what_one_engine_cannot_keep_is_refused_by_both,
    NOTES,
    async |db: Db| {
        let mut tx = db.write().await.expect("to write");
        for value in [params!["a\0b"], params![f64::NAN]] {
            let refused = tx
                .execute("UPDATE test_note SET body = $1", value)
                .await
                .expect_err("no engine is asked");
            assert_eq!(refused.kind(), Kind::Invalid, "{refused}");
        }
        tx.commit().await.expect("nothing is broken by it");
    }
);

on_both_engines!(both_read_alike, NOTES, async |db: Db| {
    note(&db, 1, "Katingan").await.expect("a row");
    let mut read = db.read().await.expect("a snapshot");
    let row = read
        .one(
            "SELECT 1 AS one, LENGTH(body) AS length, COALESCE(weight, 0) AS zero, body, id \
             FROM test_note",
            params![],
        )
        .await
        .expect("a row");
    assert_eq!(row.get::<i64>("one").ok(), Some(1));
    assert_eq!(row.get::<i64>("length").ok(), Some(8));
    assert_eq!(row.get::<f64>("zero").ok(), Some(0.0));
    let wrong: [fn(&Row) -> bool; 5] = [
        |row| row.get::<i64>("body").is_err(),
        |row| row.get::<Vec<u8>>("body").is_err(),
        |row| row.get::<String>("id").is_err(),
        |row| row.get::<bool>("id").is_err(),
        |row| row.get::<i64>("absent").is_err(),
    ];
    for (n, is_refused) in wrong.iter().enumerate() {
        assert!(is_refused(&row), "nothing is bent into shape ({n})");
    }
    let like = read
        .all(
            "SELECT id FROM test_note WHERE body LIKE $1",
            params!["katin%"],
        )
        .await
        .expect("an answer");
    assert_eq!(like.len(), 0, "a small letter is not a capital");
});

on_both_engines!(a_broken_transaction_keeps_nothing, NOTES, async |db: Db| {
    note(&db, 1, "once").await.expect("a row");
    let insert = "INSERT INTO test_note (id, body) VALUES ($1, $2)";
    let mut tx = db.write().await.expect("to write");
    tx.execute(insert, params![camera(2), "half"])
        .await
        .expect("a row");
    tx.execute(insert, params![camera(3), "once"])
        .await
        .expect_err("there already");
    let after = tx.execute(insert, params![camera(4), "more"]).await;
    assert!(matches!(after, Err(Error::Broken)), "{after:?}");
    let commit = tx.commit().await;
    assert!(matches!(commit, Err(Error::Broken)), "{commit:?}");
    assert_eq!(count(&db).await, 1);
    note(&db, 5, "the next one is sound").await.expect("a row");
});

on_both_engines!(a_reader_cannot_write, NOTES, async |db: Db| {
    let mut read = db.read().await.expect("a snapshot");
    read.execute("DELETE FROM test_note", params![])
        .await
        .expect_err("it may only read");
});

on_both_engines!(readers_do_not_wait_for_writers, NOTES, async |db: Db| {
    let tx = db.write().await.expect("to write");
    let waiting: Vec<_> = (0..10)
        .map(|seed| {
            let db = db.clone();
            tokio::spawn(async move { note(&db, seed, &seed.to_string()).await })
        })
        .collect();
    // More than there are connections: each has to give its own back.
    for _ in 0..20 {
        assert_eq!(count(&db).await, 0);
    }
    drop(tx);
    for writer in waiting {
        writer.await.expect("no panic").expect("written");
    }
    assert_eq!(count(&db).await, 10);
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
    first.migrate(NOTES, NOW).await.expect("the first goes on");
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

on_both_engines!(the_oldest_facts_go_first, NOTES, async |db: Db| {
    let fact = Fact::CameraChanged { camera: camera(1) };
    let mut tx = db.write().await.expect("to write");
    facts::append(&mut tx, &fact, NOW).await.expect("a fact");
    facts::append(&mut tx, &fact, NOW).await.expect("a fact");
    tx.execute(
        "UPDATE store_fact SET number = $1 WHERE number = 2",
        params![facts::FACTS_MAX],
    )
    .await
    .expect("many facts later");
    facts::append(&mut tx, &fact, NOW).await.expect("a fact");
    let left = facts::after(&mut tx, 0, 10).await.expect("facts");
    let numbers: Vec<_> = left.iter().map(|numbered| numbered.number).collect();
    assert_eq!(numbers, [facts::FACTS_MAX, facts::FACTS_MAX + 1]);
});

const MINUTE: Duration = Duration::from_secs(60);

fn job(seed: u64) -> Id<Job> {
    Id::mint(NOW, &mut fastrand::Rng::with_seed(seed))
}

on_both_engines!(
    a_lease_runs_out_and_the_job_comes_back,
    NOTES,
    async |db: Db| {
        let mut tx = db.write().await.expect("to write");
        let tx = &mut tx;
        assert!(
            jobs::enqueue(tx, job(1), "still", "cam-1", NOW)
                .await
                .expect("queued")
        );
        assert!(
            !jobs::enqueue(tx, job(2), "still", "cam-1", NOW)
                .await
                .expect("known")
        );
        assert!(
            jobs::enqueue(tx, job(3), "probe", "cam-1", NOW)
                .await
                .expect("another kind is other work")
        );
        let first = leased(tx, "a", NOW).await.expect("due");
        assert_eq!((first.id, first.attempts), (job(1), 1));
        assert_eq!(leased(tx, "b", NOW).await, None, "it is a's");

        let late = NOW + MINUTE;
        assert!(
            jobs::renew(tx, &first, NOW, 2 * MINUTE)
                .await
                .expect("asked")
        );
        assert_eq!(leased(tx, "b", late).await, None, "it is a's for longer");
        let later = late + MINUTE;
        let second = leased(tx, "b", later).await.expect("it came back");
        assert_eq!(second.attempts, 2);
        // Even a worker of the same name cannot take the lease of another.
        assert!(!jobs::done(tx, &first).await.expect("asked"));
        assert!(!jobs::renew(tx, &first, later, MINUTE).await.expect("asked"));
        assert_eq!(
            jobs::failed(tx, &first, "x", later).await.expect("asked"),
            None
        );

        let again = jobs::failed(tx, &second, "camera\0silent", later)
            .await
            .expect("asked")
            .expect("a time");
        assert_eq!(again, later + Duration::from_secs(20), "the second pause");
        assert_eq!(leased(tx, "b", later).await, None, "not yet");
        let third = leased(tx, "b", again).await.expect("due");
        assert!(jobs::done(tx, &third).await.expect("asked"));
        assert!(!jobs::done(tx, &third).await.expect("asked"), "once");
        assert_eq!(leased(tx, "b", again + MINUTE).await, None, "done");
    }
);

on_both_engines!(
    what_is_asked_for_during_the_work_is_done_again,
    NOTES,
    async |db: Db| {
        let mut tx = db.write().await.expect("to write");
        let tx = &mut tx;
        jobs::enqueue(tx, job(1), "still", "cam-1", NOW)
            .await
            .expect("queued");
        let first = leased(tx, "a", NOW).await.expect("due");
        let soon = NOW + Duration::from_secs(1);
        jobs::enqueue(tx, job(2), "still", "cam-1", soon)
            .await
            .expect("asked for again");
        assert!(jobs::done(tx, &first).await.expect("asked"));
        assert_eq!(leased(tx, "a", NOW).await, None, "not before it is due");
        let second = leased(tx, "a", soon).await.expect("once more");
        assert_eq!(second.attempts, 1, "a new beginning");
        assert!(
            !jobs::done(tx, &first).await.expect("asked"),
            "the old lease"
        );
        assert!(jobs::done(tx, &second).await.expect("asked"));
        assert_eq!(leased(tx, "a", soon).await, None, "and no more");
    }
);

async fn leased(tx: &mut store::Tx, by: &str, now: Wall) -> Option<jobs::Leased> {
    jobs::lease(tx, "still", by, now, MINUTE)
        .await
        .expect("asked")
}

/// A page bound stands in for a full disk: SQLite reports both alike.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_writes_and_corrupts_nothing() {
    let house = store::test::sqlite();
    let db = store::test::open(&house, NOTES).await;
    let mut tx = db.write().await.expect("to write");
    tx.maybe("PRAGMA max_page_count = 200", params![])
        .await
        .expect("bounded");
    drop(tx);

    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let reading = tokio::spawn({
        let db = db.clone();
        async move {
            let mut seen = 0;
            while stopped.try_recv().is_err() {
                let now = count(&db).await;
                assert!(now >= seen, "what was read is still there");
                seen = now;
                tokio::task::yield_now().await;
            }
        }
    });
    let large = "x".repeat(64 * 1024);
    let mut written = 0;
    let full = loop {
        match note(&db, written, &format!("{written} {large}")).await {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
        assert!(written < 100, "the bound is never met");
    };
    assert!(matches!(full, Error::Full), "{full}");
    assert_eq!(full.kind(), Kind::Exhausted);
    stop.send(()).expect("the reader is there");
    reading.await.expect("reads went on");

    assert!(written > 0);
    assert_eq!(count(&db).await, i64::try_from(written).expect("few"));
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
    note(&db, 1_000, "after")
        .await
        .expect("small rows still fit");
}

/// A killed process loses nothing that the system has; a power cut would. No
/// test can cut the power, so the settings that matter then are read back.
#[tokio::test]
async fn a_sqlite_writer_syncs_every_commit() {
    let house = store::test::sqlite();
    let db = store::test::open(&house, NOTES).await;
    let mut tx = db.write().await.expect("to write");
    let row = tx
        .one(
            "SELECT synchronous, journal_mode, foreign_keys \
             FROM pragma_synchronous, pragma_journal_mode, pragma_foreign_keys",
            params![],
        )
        .await
        .expect("settings");
    assert_eq!(row.get::<i64>("synchronous").ok(), Some(2), "FULL");
    assert_eq!(
        row.get::<String>("journal_mode").ok().as_deref(),
        Some("wal")
    );
    assert_eq!(row.get::<bool>("foreign_keys").ok(), Some(true));
}

/// Which database a child of this test writes to.
const CHILD: &str = "BETANG_TEST_CHILD";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_writes_survive_kill_minus_nine_sqlite() {
    let house = store::test::sqlite();
    kill_a_writer(&house, "acknowledged_writes_survive_kill_minus_nine_sqlite").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_writes_survive_kill_minus_nine_postgres() {
    let house = store::test::postgres();
    kill_a_writer(
        &house,
        "acknowledged_writes_survive_kill_minus_nine_postgres",
    )
    .await;
}

/// The child is this very test, told by its environment to write and to say so.
/// It is killed in mid-write, and a new server opens the database at once.
async fn kill_a_writer(house: &store::test::House, test: &str) {
    if let Ok(place) = std::env::var(CHILD) {
        let place = match place.split_once('|') {
            Some((url, schema)) => Place::Postgres {
                url: Secret::new(url.to_owned()),
                schema: Some(schema.to_owned()),
            },
            None => Place::Sqlite { path: place.into() },
        };
        let db = Db::open(&place).await.expect("opens");
        db.migrate(NOTES, NOW).await.expect("migrated");
        // Bounded, should nobody kill it.
        for seed in 0..100_000 {
            note(&db, seed, &seed.to_string()).await.expect("a row");
            use std::io::Write as _;
            writeln!(std::io::stderr(), "ack {seed}").expect("the parent reads");
        }
        return;
    }
    let place = match &house.place {
        Place::Sqlite { path } => path.display().to_string(),
        Place::Postgres { url, schema } => format!(
            "{}|{}",
            url.expose(),
            schema.as_deref().expect("a schema of its own")
        ),
    };
    let mut child = tokio::process::Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, place)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the child starts");
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let mut acknowledged: Vec<u64> = Vec::new();
    let all = async {
        while let Some(line) = lines.next_line().await.expect("a readable line") {
            acknowledged.extend(
                line.strip_prefix("ack ")
                    .and_then(|seed| seed.parse::<u64>().ok()),
            );
            if acknowledged.len() == 50 {
                child.start_kill().expect("killed");
            }
        }
        child.wait().await.expect("gone");
    };
    tokio::time::timeout(PATIENCE, all)
        .await
        .expect("the child writes, and dies when killed");
    assert!(acknowledged.len() >= 50);
    let db = Db::open(&house.place).await.expect("opens again at once");
    let mut read = db.read().await.expect("a snapshot");
    for seed in acknowledged {
        read.one(
            "SELECT id FROM test_note WHERE body = $1",
            params![seed.to_string()],
        )
        .await
        .expect("what was acknowledged is there");
    }
    drop(read);
    db.close().await;
}

/// The connection that writes is cut, and another server takes over: the first
/// must not write any more, until the second has gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_loses_the_claim_cannot_write() {
    let house = store::test::postgres();
    let first = store::test::open(&house, NOTES).await;
    let mut read = first.read().await.expect("a snapshot");
    read.all(
        "SELECT pg_terminate_backend(pid) FROM pg_locks \
         WHERE locktype = 'advisory' AND objid = hashtext(current_schema())::oid",
        params![],
    )
    .await
    .expect("cut");
    drop(read);
    let second = Db::open(&house.place).await.expect("takes over");
    let refused = note(&first, 1, "stale").await;
    assert!(matches!(refused, Err(Error::InUse { .. })), "{refused:?}");
    note(&second, 2, "fresh").await.expect("written");
    second.close().await;
    // The server says so when the second has really gone.
    let third = Db::open(&house.place).await.expect("free again");
    third.close().await;
}

on_both_engines!(a_place_that_cannot_be_is_named, async |place: Place| {
    let (wrong, word) = match &place {
        Place::Sqlite { path } => {
            std::fs::write(
                path,
                "this is a letter and not a database, dear reader\n".repeat(100),
            )
            .expect("a file");
            (place.clone(), "betang.sqlite")
        }
        Place::Postgres { url, .. } => (
            Place::Postgres {
                url: Secret::new(url.expose().replace("/postgres", "/nowhere")),
                schema: None,
            },
            "nowhere",
        ),
    };
    let refused = Db::open(&wrong).await.expect_err("no database");
    assert_eq!(refused.kind(), Kind::Invalid, "{refused:?}");
    assert!(refused.to_string().contains(word), "{refused}");
});

#[tokio::test]
async fn an_address_that_cannot_be_read_is_not_repeated() {
    for url in ["postgres://petugas:rahasia@host:port/betang", "rahasia"] {
        let place = Place::Postgres {
            url: Secret::new(url.to_owned()),
            schema: None,
        };
        let refused = Db::open(&place).await.expect_err("not an address");
        assert_eq!(refused.kind(), Kind::Invalid);
        assert!(!format!("{refused} {refused:?}").contains("rahasia"));
    }
}

async fn columns(db: &Db) -> Vec<(String, String, String)> {
    describe(db).await.expect("a description")
}
