//! The outbox.

use base::fact::Fact;
use store::{Db, facts, on_both_engines, params};

use crate::{NOTES, NOW, camera};

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
