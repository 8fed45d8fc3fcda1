//! A full disk and a killed process.

use std::process::Stdio;
use std::time::Duration;

use base::kind::Kind;
use base::redact::Secret;
use store::{Db, Error, Place, params};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::{NOTES, NOW, count, note};

/// How long anything here may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(120);

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
    kill_a_writer(
        &house,
        "crash::acknowledged_writes_survive_kill_minus_nine_sqlite",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_writes_survive_kill_minus_nine_postgres() {
    let house = store::test::postgres();
    kill_a_writer(
        &house,
        "crash::acknowledged_writes_survive_kill_minus_nine_postgres",
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
