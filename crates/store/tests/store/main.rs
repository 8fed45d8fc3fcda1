//! What the store promises, on both engines: transactions, values and errors.

#![expect(
    clippy::disallowed_methods,
    reason = "a test spawns what it waits for, and has no house to spawn it in"
)]

mod backup;
mod claim;
mod crash;
mod facts;
mod jobs;
mod keys;
mod migrate;
mod rollback;
mod struck;

use base::id::{Camera, Id};
use base::kind::Kind;
use base::now::Wall;
use store::migrate::{Schema, Step};
use store::query::Query;
use store::{Db, Error, Row, on_both_engines, params};

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
