//! All of a house apart from its keys, the way back, and from one engine to the other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::mpsc as blocking;

use base::fact::Fact;
use base::now::Wall;
use store::backup::{
    self, BackupError, House, KeyColumn, Progress, Restored, Stage, Taken, Target,
};
use store::blob::{self, Blobs};
use store::migrate::{Schema, Step, describe};
use store::{Db, Error, Place, Sql, copy, facts, on_both_engines, params};
use tokio::sync::mpsc;

use crate::{NOW, camera};

const FIRST: Step = Step {
    number: 1,
    name: "house",
    sql: "CREATE TABLE test_box (id BYTEA NOT NULL PRIMARY KEY, \
          parent BYTEA REFERENCES test_box (id), name TEXT NOT NULL UNIQUE, \
          weight DOUBLE PRECISION, seen BIGINT);\n\
          CREATE INDEX test_box_seen ON test_box (seen) WHERE seen IS NOT NULL;\n\
          CREATE TABLE test_tag (box_id BYTEA NOT NULL REFERENCES test_box (id), tag TEXT);\n\
          CREATE TABLE test_record (list BIGINT NOT NULL, number BIGINT NOT NULL, \
          sealed BYTEA NOT NULL, PRIMARY KEY (list, number));\n\
          CREATE TABLE test_key (list BIGINT NOT NULL, number BIGINT NOT NULL, \
          wrapped BYTEA NOT NULL, PRIMARY KEY (list, number));\n\
          CREATE TABLE test_file (name TEXT NOT NULL PRIMARY KEY, file_key BYTEA);\n\
          CREATE TABLE test_ask (number BIGINT NOT NULL PRIMARY KEY, wrapped BYTEA NOT NULL);",
};

pub(crate) const SCHEMAS: &[Schema] = &[Schema {
    room: "test",
    steps: &[FIRST],
}];

pub(crate) const KEYS: &[KeyColumn] = &[
    key("test_key", "wrapped", true),
    key("test_file", "file_key", false),
    key("test_ask", "wrapped", false),
];

const fn key(table: &'static str, column: &'static str, row_goes: bool) -> KeyColumn {
    KeyColumn {
        table,
        column,
        row_goes,
    }
}

/// Rows that are more than two pages of any table.
pub(crate) const MANY: i64 = 2_345;

/// A house with something in it, and folders beside it.
pub(crate) struct Full {
    pub(crate) db: Db,
    folder: tempfile::TempDir,
    blobs: Blobs,
}

pub(crate) fn quiet(_: Progress<'_>) {}

pub(crate) fn wrapped(list: i64, number: i64) -> Vec<u8> {
    format!("key {list}/{number} of a row of people").into_bytes()
}

impl Full {
    pub(crate) async fn new(db: Db) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let blobs = Blobs::open(&folder.path().join("data/blobs")).expect("a folder");
        let full = Self { db, folder, blobs };
        full.fill(MANY).await;
        full
    }

    async fn fill(&self, many: i64) {
        let mut tx = self.db.write().await.expect("to write");
        // The one that is pointed to comes last by its key.
        for (seed, parent) in [(9_u64, None), (1, Some(9)), (2, Some(1))] {
            tx.execute(
                "INSERT INTO test_box (id, parent, name, weight, seen) VALUES ($1, $2, $3, $4, $5)",
                params![
                    camera(seed),
                    parent.map(camera),
                    format!("Kahayan \u{1F6F6} {seed}"),
                    (seed != 2).then_some(-0.0),
                    (seed == 1).then_some(NOW)
                ],
            )
            .await
            .expect("a row");
        }
        for number in 0..many {
            tx.execute(
                "INSERT INTO test_tag (box_id, tag) VALUES ($1, $2)",
                params![
                    camera(9),
                    (number % 3 > 0).then(|| (number % 5).to_string())
                ],
            )
            .await
            .expect("a row without a key");
            record(&mut tx, 1, number).await;
        }
        for (name, key) in [("a", Some(b"file key a".to_vec())), ("b", None)] {
            tx.execute(
                "INSERT INTO test_file (name, file_key) VALUES ($1, $2)",
                params![name, key],
            )
            .await
            .expect("a row");
        }
        for (number, key) in [(1_i64, &b"ask key 1"[..]), (2, b"")] {
            tx.execute(
                "INSERT INTO test_ask (number, wrapped) VALUES ($1, $2)",
                params![number, key],
            )
            .await
            .expect("a row");
        }
        for text in ["one file", "another file"] {
            let hash = self.blobs.put(text.as_bytes()).expect("kept");
            blob::record(&mut tx, &hash, text.len(), NOW)
                .await
                .expect("a row");
        }
        tx.commit().await.expect("written");
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) async fn take(&self, name: &str, now: i64) -> Result<Taken, BackupError> {
        self.take_told(name, now, &quiet).await
    }

    async fn take_told(
        &self,
        name: &str,
        now: i64,
        tell: &dyn Fn(Progress<'_>),
    ) -> Result<Taken, BackupError> {
        let db = Db::open_to_read(self.db.place()).await.expect("opens");
        let blobs = self.at("data/blobs");
        let house = House {
            db: &db,
            blobs: &blobs,
            schemas: SCHEMAS,
            keys: KEYS,
            product: "betang test",
        };
        let (to, keys) = (self.at(name), self.at("apart/keys"));
        let taken = backup::take(house, &to, &keys, Wall::from_us(now), tell).await;
        db.close().await;
        taken
    }

    pub(crate) async fn restore(&self, name: &str, place: &Place) -> Result<Restored, BackupError> {
        let keys = self.at("apart/keys");
        restore(
            &self.at(name),
            Some(&keys),
            false,
            place,
            &self.at("new/blobs"),
        )
        .await
    }
}

pub(crate) async fn restore(
    from: &Path,
    keys: Option<&Path>,
    older: bool,
    place: &Place,
    blobs: &Path,
) -> Result<Restored, BackupError> {
    let target = Target {
        place,
        blobs,
        schemas: SCHEMAS,
        keys: KEYS,
    };
    backup::restore(from, keys, older, target, &quiet).await
}

async fn record(tx: &mut store::Tx, list: i64, number: i64) {
    tx.execute(
        "INSERT INTO test_record (list, number, sealed) VALUES ($1, $2, $3)",
        params![list, number, format!("sealed {number}").into_bytes()],
    )
    .await
    .expect("a record");
    tx.execute(
        "INSERT INTO test_key (list, number, wrapped) VALUES ($1, $2, $3)",
        params![list, number, wrapped(list, number)],
    )
    .await
    .expect("its key");
}

/// Every row of every table as text, sorted; made by none of the code that is tried here.
pub(crate) async fn everything(place: &Place) -> BTreeMap<String, Vec<String>> {
    let db = Db::open_to_read(place).await.expect("opens");
    let mut tables: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for (table, column, kind) in describe(&db).await.expect("columns") {
        tables.entry(table).or_default().push((column, kind));
    }
    let mut read = db.read().await.expect("a snapshot");
    let mut all = BTreeMap::new();
    for (table, columns) in tables {
        let found = read
            .all(Sql::built(format!("SELECT * FROM {table}")), params![])
            .await
            .expect("rows");
        let mut rows: Vec<String> = found
            .iter()
            .map(|row| {
                let values = columns.iter().map(|(column, kind)| {
                    let kind = kind.trim_end_matches(" not null");
                    match kind {
                        "bigint" => format!("{:?}", row.get::<Option<i64>>(column).expect("int")),
                        "text" => format!("{:?}", row.get::<Option<String>>(column).expect("text")),
                        "bytea" => {
                            format!("{:?}", row.get::<Option<Vec<u8>>>(column).expect("octets"))
                        }
                        _ => format!(
                            "{:?}",
                            row.get::<Option<f64>>(column)
                                .expect("real")
                                .map(|it| it + 0.0)
                        ),
                    }
                });
                values.collect::<Vec<_>>().join("|")
            })
            .collect();
        rows.sort();
        all.insert(table, rows);
    }
    drop(read);
    db.close().await;
    all
}

pub(crate) async fn run(db: &Db, sql: &'static str) {
    let mut tx = db.write().await.expect("to write");
    tx.execute(sql, params![]).await.expect("done");
    tx.commit().await.expect("written");
}

pub(crate) fn contains(octets: &[u8], text: &[u8]) -> bool {
    octets.windows(text.len()).any(|some| some == text)
}

on_both_engines!(
    what_was_backed_up_comes_back_on_either_engine,
    SCHEMAS,
    async |db: Db| {
        let full = Full::new(db).await;
        let taken = full.take("first", 10).await.expect("taken");
        assert_eq!((taken.files, taken.copied, taken.octets), (2, 0, 20));
        assert_eq!(taken.keys, u64::try_from(MANY).expect("some") + 2);
        assert_eq!(taken.lost, []);
        // No key lies in the backup, and each in the file of keys.
        let bytes = std::fs::read(full.at("first/betang.sqlite")).expect("a file");
        let keys = std::fs::read(full.at("apart/keys")).expect("a file");
        for key in [&wrapped(1, 7)[..], b"file key a", b"ask key 1"] {
            assert!(!contains(&bytes, key) && contains(&keys, key));
        }
        assert!(contains(&bytes, b"sealed 7"));
        let source = everything(full.db.place()).await;
        assert_eq!(source["test_record"].len(), 2_345);
        for (number, house) in [store::test::sqlite(), store::test::postgres()]
            .iter()
            .enumerate()
        {
            let keys = full.at("apart/keys");
            let blobs = full.at(&format!("new-{number}/blobs"));
            let restored = restore(&full.at("first"), Some(&keys), false, &house.place, &blobs)
                .await
                .expect("restored");
            assert_eq!((restored.keys, restored.destroyed), (taken.keys, 0));
            assert_eq!(everything(&house.place).await, source);
            let blobs = Blobs::open(&blobs).expect("a folder");
            let hash = blob::Sha256::of(b"one file");
            assert_eq!(blobs.get(&hash).expect("there"), b"one file");
            // It is a house: references hold, indexes are there, it can be migrated.
            let db = Db::open(&house.place).await.expect("opens");
            assert_eq!(db.migrate(SCHEMAS, NOW).await.expect("nothing").steps, 0);
            let mut tx = db.write().await.expect("to write");
            let dangling = tx
                .execute(
                    "INSERT INTO test_tag (box_id, tag) VALUES ($1, 'x')",
                    params![camera(77)],
                )
                .await
                .expect_err("points nowhere");
            assert!(matches!(dangling, Error::Dangling { .. }), "{dangling}");
            drop(tx);
            let fresh = if number == 0 {
                store::test::sqlite()
            } else {
                store::test::postgres()
            };
            let fresh = store::test::open(&fresh, SCHEMAS).await;
            assert_eq!(indexes(&db).await, indexes(&fresh).await);
            db.close().await;
        }
    }
);

/// How many indexes the engine knows.
async fn indexes(db: &Db) -> i64 {
    let mut read = db.read().await.expect("a snapshot");
    let sql = match db.engine() {
        store::Engine::Sqlite => "SELECT COUNT(*) AS n FROM sqlite_master WHERE type = 'index'",
        store::Engine::Postgres => {
            "SELECT COUNT(*) AS n FROM pg_indexes WHERE schemaname = current_schema()"
        }
    };
    let row = read.one(sql, params![]).await.expect("a count");
    row.get("n").expect("a number")
}

on_both_engines!(
    a_backup_beside_a_writer_is_one_moment,
    SCHEMAS,
    async |db: Db| {
        let full = Full::new(db).await;
        let (ask, mut asked) = mpsc::channel::<()>(1);
        let (done, written) = blocking::sync_channel::<()>(1);
        let writer = full.db.clone();
        let writing = tokio::spawn(async move {
            let mut number = 0;
            while asked.recv().await.is_some() {
                number += 1;
                let mut tx = writer.write().await.expect("to write");
                record(&mut tx, 2, number).await;
                record(&mut tx, 1, MANY + number).await;
                tx.commit().await.expect("written");
                done.send(()).expect("heard");
            }
            number
        });
        // Before each table somebody writes, and is done before the table is read.
        let tell = |progress: Progress<'_>| {
            if progress.stage == Stage::Tables {
                ask.try_send(()).expect("a writer");
                written.recv().expect("written");
            }
        };
        full.take_told("first", 10, &tell).await.expect("taken");
        drop(ask);
        assert!(writing.await.expect("a writer") > 5);
        let house = store::test::sqlite();
        full.restore("first", &house.place).await.expect("restored");
        let there = everything(&house.place).await;
        assert_eq!(there["test_record"].len(), 2_345, "as it was before them");
        assert_eq!(there["test_key"].len(), 2_345);
    }
);

on_both_engines!(
    what_was_destroyed_since_stays_destroyed,
    SCHEMAS,
    async |db: Db| {
        let full = Full::new(db).await;
        full.take("old", 10).await.expect("taken");
        let before = everything(full.db.place()).await;
        run(&full.db, "DELETE FROM test_key WHERE number = 7").await;
        run(
            &full.db,
            "UPDATE test_file SET file_key = NULL WHERE name = 'a'",
        )
        .await;
        // Another thing under the same number.
        run(&full.db, "UPDATE test_key SET wrapped = sealed FROM test_record WHERE test_key.number = 8 AND test_record.number = 8").await;
        let taken = full.take("new", 20).await.expect("taken");
        let keys = std::fs::read(full.at("apart/keys")).expect("a file");
        assert!(!contains(&keys, &wrapped(1, 7)) && contains(&keys, &wrapped(1, 9)));

        let house = store::test::sqlite();
        let restored = full.restore("old", &house.place).await.expect("restored");
        assert_eq!(
            (restored.destroyed, restored.shut, restored.keys),
            (3, 0, taken.keys - 1)
        );
        let there = everything(&house.place).await;
        assert_eq!(there["test_record"], before["test_record"], "it is there");
        let gone: Vec<_> = before["test_key"]
            .iter()
            .filter(|row| !there["test_key"].contains(row))
            .collect();
        assert_eq!(gone.len(), 2, "{gone:?}");
        assert!(gone.iter().all(|row| row.starts_with("Some(1)|Some(7)") || row.starts_with("Some(1)|Some(8)")), "{gone:?}");
        assert_eq!(there["test_ask"], before["test_ask"]);
        assert!(there["test_file"].contains(&"None|Some(\"a\")".to_owned()));
        let others = |all: &BTreeMap<String, Vec<String>>| {
            let mut all = all.clone();
            all.retain(|table, _| table != "test_key" && table != "test_file");
            all
        };
        assert_eq!(others(&there), others(&before), "everything else opens");
    }
);

on_both_engines!(
    keys_that_do_not_belong_to_it_are_refused,
    SCHEMAS,
    async |db: Db| {
        let full = Full::new(db).await;
        full.take("old", 10).await.expect("taken");
        std::fs::copy(full.at("apart/keys"), full.at("older")).expect("a copy");
        let mut tx = full.db.write().await.expect("to write");
        record(&mut tx, 3, 1).await;
        let fact = Fact::CameraChanged { camera: camera(1) };
        facts::append(&mut tx, &fact, NOW).await.expect("a fact");
        tx.commit().await.expect("written");
        // The clock was set back: the facts count.
        full.take("new", 5).await.expect("taken");
        let house = store::test::sqlite();
        let (new, blobs, older) = (full.at("new"), full.at("new-house/blobs"), full.at("older"));
        let with = async |keys: Option<&Path>, older| {
            restore(&new, keys, older, &house.place, &blobs).await
        };
        let refused = with(Some(&older), false).await.expect_err("older");
        assert!(
            matches!(refused, BackupError::OlderKeys { .. }),
            "{refused}"
        );
        let refused = with(Some(&full.at("none")), false).await.expect_err("lost");
        assert!(matches!(refused, BackupError::NoKeys { .. }), "{refused}");
        let refused = with(Some(&new.join("betang.sqlite")), false).await;
        let refused = refused.expect_err("no file of keys");
        assert!(
            matches!(refused, BackupError::Store(Error::Damaged { .. })),
            "{refused}"
        );
        let other = store::test::sqlite();
        let other = Db::open(&other.place).await.expect("opens");
        other
            .migrate(SCHEMAS, Wall::from_us(77))
            .await
            .expect("migrated");
        let other = Full::new(other).await;
        other.take("other", 30).await.expect("taken");
        let refused = with(Some(&other.at("apart/keys")), false).await;
        let refused = refused.expect_err("of another house");
        assert!(
            matches!(refused, BackupError::OtherHouse { .. }),
            "{refused}"
        );
        assert!(!blobs.exists(), "nothing was begun");
        // Whoever has nothing else takes what there is.
        let restored = with(Some(&older), true).await.expect("restored");
        assert_eq!(
            (restored.destroyed, restored.shut),
            (0, 1),
            "nobody says so"
        );
        let bare = store::test::postgres();
        let restored = restore(&new, None, false, &bare.place, &full.at("bare/blobs")).await;
        let restored = restored.expect("restored");
        assert_eq!(
            (restored.keys, restored.destroyed, restored.shut),
            (0, 0, 2_345 + 3)
        );
        assert_eq!(everything(&bare.place).await["test_key"].len(), 0);
        assert_eq!(everything(&bare.place).await["test_record"].len(), 2_346);
    }
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_altered_is_refused_by_name() {
    let house = store::test::sqlite();
    let full = Full::new(store::test::open(&house, SCHEMAS).await).await;
    full.take("whole", 10).await.expect("taken");
    let file = "betang.sqlite";
    let blob = blob::Sha256::of(b"one file");
    let shard = &blob.as_str()[..2];
    let blob_file = format!("blobs/{shard}/{}", blob.as_str());
    let altered = async |name: &str| {
        let target = store::test::sqlite();
        let refused = full
            .restore(name, &target.place)
            .await
            .expect_err("altered");
        let Place::Sqlite { path } = &target.place else {
            panic!("a SQLite file");
        };
        assert!(!path.exists(), "nothing passes for a house");
        refused.to_string()
    };
    let copied = |name: &str| {
        copy_folder(&full.at("whole"), &full.at(name));
        full.at(name)
    };

    let row = copied("row");
    let db = Db::open(&Place::Sqlite {
        path: row.join(file),
    })
    .await;
    let db = db.expect("opens");
    run(&db, "UPDATE test_record SET sealed = wrapped FROM test_key WHERE test_record.number = 5 AND test_key.number = 5").await;
    db.close().await;
    let said = altered("row").await;
    assert!(said.contains("test_record"), "{said}");

    let less = copied("less");
    let db = Db::open(&Place::Sqlite {
        path: less.join(file),
    })
    .await;
    let db = db.expect("opens");
    run(&db, "DELETE FROM test_tag WHERE tag IS NULL").await;
    db.close().await;
    let said = altered("less").await;
    assert!(said.contains("test_tag"), "{said}");

    let text = copied("text").join("manifest.json");
    let manifest = std::fs::read_to_string(&text).expect("text");
    std::fs::write(&text, manifest.replacen(blob.as_str(), &"0".repeat(64), 1)).expect("written");
    let said = altered("text").await;
    assert!(said.contains("manifest.json"), "{said}");

    let text = copied("count").join("manifest.json");
    let manifest = std::fs::read_to_string(&text).expect("text");
    let mut told: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    let rows = told["tables"]["test_tag"]["rows"]
        .as_u64()
        .expect("a count");
    told["tables"]["test_tag"]["rows"] = (rows + 1).into();
    std::fs::write(&text, told.to_string()).expect("written");
    let said = altered("count").await;
    assert!(said.contains("test_tag"), "{said}");

    for (name, octets) in [("rotten", Some("one fil3")), ("missing", None)] {
        let path = copied(name).join(&blob_file);
        std::fs::remove_file(&path).expect("removed");
        if let Some(octets) = octets {
            std::fs::write(&path, octets).expect("written");
        }
        let said = altered(name).await;
        assert!(said.contains(blob.as_str()), "{name}: {said}");
    }
    let long = std::fs::metadata(full.at("whole").join(file))
        .expect("a file")
        .len();
    for (number, length) in [0, 1_000, 4_096, long / 2, long - 1]
        .into_iter()
        .enumerate()
    {
        let name = format!("cut-{number}");
        let path = copied(&name).join(file);
        let cut = std::fs::File::options().write(true).open(path);
        cut.expect("opens").set_len(length).expect("cut");
        let said = altered(&name).await;
        assert!(
            said.contains("is not what its manifest says"),
            "{length}: {said}"
        );
    }
    std::fs::remove_file(copied("none").join("manifest.json")).expect("removed");
    let said = altered("none").await;
    assert!(said.contains("no whole backup"), "{said}");
}

pub(crate) fn copy_folder(from: &Path, into: &Path) {
    std::fs::create_dir(into).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = into.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copied");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_come_and_go_meanwhile_are_those_of_the_snapshot() {
    let house = store::test::sqlite();
    let full = Full::new(store::test::open(&house, SCHEMAS).await).await;
    // One goes and one comes once the snapshot stands; one is lost for good.
    let (going, lost) = (
        blob::Sha256::of(b"one file"),
        blob::Sha256::of(b"another file"),
    );
    full.blobs.remove(&lost).expect("removed");
    let (ask, mut asked) = mpsc::channel::<()>(1);
    let (done, written) = blocking::sync_channel::<()>(1);
    let (writer, blobs, goes) = (full.db.clone(), full.blobs.clone(), going.clone());
    let writing = tokio::spawn(async move {
        asked.recv().await.expect("asked");
        let mut tx = writer.write().await.expect("to write");
        blob::forget(&mut tx, &goes).await.expect("forgotten");
        let fresh = blobs.put(b"a fresh file").expect("kept");
        blob::record(&mut tx, &fresh, 12, NOW).await.expect("a row");
        tx.commit().await.expect("written");
        blobs.remove(&goes).expect("removed");
        done.send(()).expect("heard");
    });
    let tell = |progress: Progress<'_>| {
        if progress.stage == Stage::Blobs && progress.done == 1 {
            ask.try_send(()).expect("a writer");
            written.recv().expect("written");
        }
    };
    let taken = full.take_told("first", 10, &tell).await.expect("taken");
    writing.await.expect("a writer");
    assert_eq!(taken.lost, [lost], "what went is not lost");
    assert_eq!(taken.files, 0);
    let target = store::test::sqlite();
    let restored = full
        .restore("first", &target.place)
        .await
        .expect("restored");
    assert_eq!(restored.absent, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_written_where_something_is() {
    let house = store::test::sqlite();
    let full = Full::new(store::test::open(&house, SCHEMAS).await).await;
    full.take("first", 10).await.expect("taken");
    let again = full.take("first", 20).await.expect_err("not empty");
    assert!(matches!(again, BackupError::NotEmpty { .. }), "{again}");
    let db = Db::open_to_read(full.db.place()).await.expect("opens");
    let blobs = full.at("data/blobs");
    let of = House {
        db: &db,
        blobs: &blobs,
        schemas: SCHEMAS,
        keys: KEYS,
        product: "betang test",
    };
    let (to, within) = (full.at("second"), full.at("second/keys"));
    let refused = backup::take(of, &to, &within, NOW, &quiet).await;
    let refused = refused.expect_err("together");
    assert!(matches!(refused, BackupError::Together { .. }), "{refused}");

    for occupied in [store::test::sqlite(), store::test::postgres()] {
        let db = store::test::open(&occupied, SCHEMAS).await;
        run(&db, "INSERT INTO test_file (name) VALUES ('x')").await;
        db.close().await;
        let before = everything(&occupied.place).await;
        let refused = full.restore("first", &occupied.place).await;
        let refused = refused.expect_err("occupied");
        assert!(matches!(refused, BackupError::NotEmpty { .. }), "{refused}");
        let refused = copy::copy(&full.db, &occupied.place, SCHEMAS, &quiet).await;
        let refused = refused.expect_err("occupied");
        assert!(matches!(refused, Error::Place { .. }), "{refused}");
        assert_eq!(everything(&occupied.place).await, before);
    }
    // Somebody fills it now: what is there of it is his.
    let target = store::test::sqlite();
    let Place::Sqlite { path } = &target.place else {
        panic!("a SQLite file");
    };
    let beside = |more: &str| PathBuf::from(format!("{}{more}", path.display()));
    let lock = std::fs::File::create(beside(".lock")).expect("a file");
    lock.lock().expect("locked");
    std::fs::write(beside(".part"), b"of others").expect("written");
    let refused = full.restore("first", &target.place).await;
    let refused = refused.expect_err("in use");
    let in_use = matches!(refused, BackupError::Store(Error::InUse { .. }));
    assert!(in_use, "{refused}");
    assert_eq!(std::fs::read(beside(".part")).expect("there"), b"of others");
    assert!(beside(".lock").exists(), "he holds it still");

    let target = store::test::sqlite();
    Blobs::open(&full.at("new/blobs"))
        .expect("a folder")
        .put(b"of others")
        .expect("kept");
    let refused = full
        .restore("first", &target.place)
        .await
        .expect_err("files");
    assert!(matches!(refused, BackupError::NotEmpty { .. }), "{refused}");
}

on_both_engines!(
    a_house_moves_from_one_engine_to_the_other_and_back,
    SCHEMAS,
    async |db: Db| {
        let full = Full::new(db).await;
        let source = everything(full.db.place()).await;
        let [there, back] = match full.db.engine() {
            store::Engine::Sqlite => [store::test::postgres(), store::test::sqlite()],
            store::Engine::Postgres => [store::test::sqlite(), store::test::postgres()],
        };
        let first = copy::copy(&full.db, &there.place, SCHEMAS, &quiet).await;
        let first = first.expect("copied");
        assert_eq!(everything(&there.place).await, source);
        let other = Db::open(&there.place).await.expect("opens");
        let second = copy::copy(&other, &back.place, SCHEMAS, &quiet).await;
        assert_eq!(second.expect("copied"), first);
        other.close().await;
        assert_eq!(everything(&back.place).await, source);
        let names: BTreeSet<_> = first
            .tables
            .iter()
            .map(|(name, ..)| name.as_str())
            .collect();
        assert!(names.contains("store_migration") && names.contains("test_tag"));
    }
);
