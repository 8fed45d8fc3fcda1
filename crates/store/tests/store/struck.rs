//! What the power leaves when it goes, and what is left of what was deleted.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use store::backup::{self, BackupError, House, Progress, Target};
use store::migrate::describe;
use store::{Db, Error, Place, on_both_engines};

use crate::NOW;
use crate::backup::{Full, KEYS, SCHEMAS, contains, everything, run, wrapped};

const CHILD: &str = "STORE_BACKUP_CHILD";

/// What the power leaves when it goes: the child is gone in the middle of its k-th step.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_half_backup_and_no_half_house_passes_for_one() {
    if let Ok(order) = std::env::var(CHILD) {
        return child(&order).await;
    }
    for target in [store::test::sqlite, store::test::postgres] {
        let house = store::test::sqlite();
        let full = Full::new(store::test::open(&house, SCHEMAS).await).await;
        let Place::Sqlite { path } = full.db.place() else {
            panic!("a SQLite file");
        };
        let source = everything(full.db.place()).await;
        let mut whole = None;
        for step in 1_usize.. {
            let name = format!("backup-{step}");
            let order = format!("take|{step}|{}|{}", full.at("").display(), path.display());
            let survived = strike(&order).await;
            assert_eq!(
                full.at(&name).join("manifest.json").exists(),
                survived,
                "step {step}"
            );
            if survived {
                whole = Some(full.at(&name));
                break;
            }
            let nowhere = store::test::sqlite();
            let refused = full.restore(&name, &nowhere.place).await.expect_err("half");
            assert!(
                matches!(refused, BackupError::Unfinished { .. }),
                "{refused}"
            );
        }
        let whole = whole.expect("one is whole");
        let to = target();
        let (engine, at) = match &to.place {
            Place::Sqlite { path } => ("sqlite", path.display().to_string()),
            Place::Postgres { url, schema } => (
                "postgres",
                format!("{}|{}", url.expose(), schema.as_deref().expect("a schema")),
            ),
        };
        for step in 1_usize.. {
            let order = format!(
                "restore|{step}|{}|{}|{engine}|{at}",
                full.at("").display(),
                whole.display()
            );
            let survived = strike(&order).await;
            if survived {
                break;
            }
            // Nothing that a house would take for its own.
            match &to.place {
                Place::Sqlite { path } => assert!(!path.exists(), "step {step}"),
                Place::Postgres { .. } => {
                    if let Ok(db) = Db::open(&to.place).await {
                        assert_eq!(describe(&db).await.expect("columns"), [], "step {step}");
                        db.close().await;
                    }
                }
            }
        }
        assert_eq!(everything(&to.place).await, source);
    }
}

/// Runs this very test as a child with an order; whether it came to its end.
async fn strike(order: &str) -> bool {
    let test = "struck::no_half_backup_and_no_half_house_passes_for_one";
    tokio::process::Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, order)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .await
        .expect("the child runs")
        .success()
}

async fn child(order: &str) {
    let words: Vec<_> = order.split('|').collect();
    let last: usize = words[1].parse().expect("a number");
    let folder = PathBuf::from(words[2]);
    let steps = std::cell::Cell::new(0);
    let tell = |_: Progress<'_>| {
        steps.set(steps.get() + 1);
        if steps.get() == last {
            std::process::abort();
        }
    };
    let keys = folder.join("apart/keys");
    if words[0] == "take" {
        let place = Place::Sqlite {
            path: words[3].into(),
        };
        let db = Db::open_to_read(&place).await.expect("opens");
        let blobs = folder.join("data/blobs");
        let house = House {
            db: &db,
            blobs: &blobs,
            schemas: SCHEMAS,
            keys: KEYS,
            product: "betang test",
        };
        let to = folder.join(format!("backup-{last}"));
        backup::take(house, &to, &keys, NOW, &tell)
            .await
            .expect("taken");
        return;
    }
    let place = match words[4] {
        "sqlite" => Place::Sqlite {
            path: words[5].into(),
        },
        _ => Place::Postgres {
            url: base::redact::Secret::new(words[5].to_owned()),
            schema: Some(words[6].to_owned()),
        },
    };
    let blobs = folder.join(format!("new-{}/blobs", words[4]));
    let target = Target {
        place: &place,
        blobs: &blobs,
        schemas: SCHEMAS,
        keys: KEYS,
    };
    let restored = backup::restore(Path::new(words[3]), Some(&keys), false, target, &tell).await;
    restored.expect("restored");
}

on_both_engines!(
    what_was_deleted_goes_from_where_it_lay,
    SCHEMAS,
    async |db: Db| {
        let full = Full::new(db).await;
        run(&full.db, "DELETE FROM test_key WHERE number = 7").await;
        let held = full.db.read().await.expect("a snapshot");
        drop(held);
        assert!(full.db.settle(&["test_key"]).await.expect("settled"));
        let Place::Sqlite { path } = full.db.place() else {
            return;
        };
        let name = path.display().to_string();
        for place in [name.clone(), format!("{name}-wal")] {
            let octets = std::fs::read(&place).unwrap_or_default();
            assert!(!contains(&octets, &wrapped(1, 7)), "{place}");
        }
        let octets = std::fs::read(&name).expect("the file");
        assert!(contains(&octets, &wrapped(1, 9)));
        // Pages that nobody uses any more are wiped too.
        run(&full.db, "DELETE FROM test_key").await;
        assert!(full.db.settle(&["test_key"]).await.expect("settled"));
        let octets = std::fs::read(&name).expect("the file");
        // What each of them holds, whatever its number.
        assert!(!contains(&octets, b"of a row of people"));
        assert!(contains(&octets, b"sealed 7"));
        let reader = Db::open_to_read(full.db.place()).await.expect("opens");
        let refused = reader.settle(&[]).await.expect_err("only reads");
        assert!(matches!(refused, Error::Refused(_)), "{refused}");
    }
);

/// What a power cut has left of a file of keys is written over before it goes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unfinished_file_of_keys_leaves_nothing() {
    use std::io::Read as _;

    let house = store::test::sqlite();
    let full = Full::new(store::test::open(&house, SCHEMAS).await).await;
    std::fs::create_dir_all(full.at("apart")).expect("a folder");
    let left = ["apart/keys.new", "apart/keys.new.part"];
    let mut held = Vec::new();
    for name in left {
        std::fs::write(full.at(name), wrapped(1, 7)).expect("written");
        held.push(std::fs::File::open(full.at(name)).expect("there"));
    }
    let db = Db::open_to_read(full.db.place()).await.expect("opens");
    let blobs = full.at("data/blobs");
    let of = House {
        db: &db,
        blobs: &blobs,
        schemas: SCHEMAS,
        keys: KEYS,
        product: "betang test",
    };
    let (to, keys) = (full.at("first"), full.at("apart/keys"));
    let taken = backup::take(of, &to, &keys, NOW, &crate::backup::quiet).await;
    taken.expect("taken");
    for (mut file, name) in held.into_iter().zip(left) {
        let mut octets = Vec::new();
        file.read_to_end(&mut octets).expect("read");
        assert!(
            !octets.is_empty() && octets.iter().all(|it| *it == 0),
            "{name}"
        );
        assert!(!full.at(name).exists(), "{name}");
    }
}
