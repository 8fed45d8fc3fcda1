//! A file of keys that is not what was written.

use store::backup::BackupError;
use store::{Db, Error, Place, params};

use crate::backup::{Full, SCHEMAS, copy_folder, restore, run, wrapped};

/// A file of keys that is damaged, cut off or another's is no proof that anything was destroyed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damaged_keys_are_not_destroyed_ones() {
    let house = store::test::sqlite();
    let full = Full::new(store::test::open(&house, SCHEMAS).await).await;
    full.take("first", 10).await.expect("taken");
    std::fs::copy(full.at("apart/keys"), full.at("keys-first")).expect("a copy");
    run(&full.db, "DELETE FROM test_key WHERE number = 7").await;
    full.take("second", 20).await.expect("taken");
    std::fs::copy(full.at("apart/keys"), full.at("keys-second")).expect("a copy");
    let with = async |backup: &str, keys: &str, older: bool| {
        let target = store::test::sqlite();
        let (from, keys) = (full.at(backup), full.at(keys));
        let blobs = full.at(&format!("house-{backup}/blobs"));
        let restored = restore(&from, Some(&keys), older, &target.place, &blobs).await;
        let Place::Sqlite { path } = &target.place else {
            panic!("a SQLite file");
        };
        assert_eq!(path.exists(), restored.is_ok(), "whole or not at all");
        restored
    };
    let restored = with("first", "keys-first", false).await.expect("restored");
    assert_eq!((restored.destroyed, restored.shut), (0, 0));
    let restored = with("first", "keys-second", false).await.expect("restored");
    assert_eq!((restored.destroyed, restored.shut), (1, 0));
    // Those of two backups taken for each other: the older ones are refused, or nobody says
    // what their gaps are.
    let refused = with("second", "keys-first", false).await;
    let refused = refused.expect_err("older");
    assert!(
        matches!(refused, BackupError::OlderKeys { .. }),
        "{refused}"
    );
    // The key that went lies in them still, and no row of the backup asks for it.
    let restored = with("second", "keys-first", true).await.expect("restored");
    assert_eq!((restored.destroyed, restored.shut), (0, 0));
    // The manifests of both taken for each other.
    copy_folder(&full.at("first"), &full.at("swapped"));
    std::fs::copy(
        full.at("second/manifest.json"),
        full.at("swapped/manifest.json"),
    )
    .expect("a copy");
    for keys in ["keys-first", "keys-second"] {
        let refused = with("swapped", keys, true).await.expect_err("swapped");
        assert!(matches!(refused, BackupError::Altered { .. }), "{refused}");
    }

    let whole = std::fs::read(full.at("keys-first")).expect("a file");
    let newer = std::fs::read(full.at("keys-second")).expect("a file");
    let is_precise = |refused: &BackupError| {
        matches!(refused, BackupError::DamagedKeys { .. })
            || matches!(refused, BackupError::Store(Error::Damaged { .. }))
    };
    // An octet of a key, wherever its pages lie, in a file of the same moment and a newer one.
    for (octets, number) in [(&whole, 9), (&newer, 9), (&newer, 2_000)] {
        let key = wrapped(1, number);
        // Where pages were split it lies twice, and one of them is nobody's.
        let places = octets.windows(key.len()).enumerate();
        let places = places.filter(|(_, some)| *some == key).map(|it| it.0);
        let places: Vec<usize> = places.collect();
        assert!(!places.is_empty());
        let mut octets = octets.clone();
        for at in places {
            octets[at] ^= 1;
        }
        std::fs::write(full.at("flipped"), octets).expect("written");
        let refused = with("first", "flipped", false).await.expect_err("flipped");
        assert!(
            matches!(refused, BackupError::DamagedKeys { .. }),
            "{refused}"
        );
    }
    // Any octet: what is taken is whole, and what is not is refused by name.
    for octets in [&whole, &newer] {
        for at in (0..octets.len()).step_by(octets.len() / 24) {
            let mut flipped = octets.clone();
            flipped[at] ^= 0x41;
            std::fs::write(full.at("flipped"), flipped).expect("written");
            match with("first", "flipped", false).await {
                Ok(restored) => {
                    let gone = u64::from(std::ptr::eq(octets, &raw const newer));
                    assert_eq!(restored.destroyed, gone, "octet {at}");
                }
                Err(refused) => assert!(
                    is_precise(&refused)
                        || matches!(
                            refused,
                            BackupError::OtherHouse { .. } | BackupError::OlderKeys { .. }
                        ),
                    "octet {at}: {refused}"
                ),
            }
        }
        for length in [0, 100, 4_096, octets.len() / 2, octets.len() - 1] {
            std::fs::write(full.at("cut"), &octets[..length]).expect("written");
            let refused = with("first", "cut", false).await.expect_err("cut");
            assert!(is_precise(&refused), "{length}: {refused}");
        }
    }
    // A key less, in a file that says so itself: of the same moment none may be missing.
    let db = Db::open(&Place::Sqlite {
        path: full.at("keys-first"),
    })
    .await;
    let db = db.expect("opens");
    run(
        &db,
        "DELETE FROM store_key WHERE place = 'test_ask.wrapped'",
    )
    .await;
    run(&db, "UPDATE store_keys_whole SET keys = keys - 1").await;
    db.close().await;
    let refused = with("first", "keys-first", false).await.expect_err("less");
    assert!(
        matches!(refused, BackupError::DamagedKeys { .. }),
        "{refused}"
    );
    // As an earlier version wrote both: the counts of the manifest are enough.
    let manifest = full.at("first/manifest.json");
    let text = std::fs::read_to_string(&manifest).expect("text");
    let mut json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    json.as_object_mut().expect("an object").remove("keys_file");
    std::fs::write(&manifest, json.to_string()).expect("written");
    std::fs::write(full.at("old"), &whole).expect("written");
    for (less, is_whole) in [(false, true), (true, false)] {
        let path = full.at("old");
        let db = Db::open(&Place::Sqlite { path }).await.expect("opens");
        if less {
            run(
                &db,
                "DELETE FROM store_key WHERE place = 'test_ask.wrapped'",
            )
            .await;
        } else {
            let mut tx = db.write().await.expect("to write");
            let sql = "DROP TABLE store_keys_whole";
            tx.execute(sql, params![]).await.expect("dropped");
            tx.commit().await.expect("written");
        }
        db.close().await;
        let restored = with("first", "old", false).await;
        assert_eq!(restored.is_ok(), is_whole);
    }
}
