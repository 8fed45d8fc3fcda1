//! Checkpoints of a house over days, on both engines.

use std::collections::BTreeSet;
use std::fs;

use base::now::{Now, Wall};
use serde_json::json;
use store::{Db, params};

use super::*;
use crate::audit::held::{self, Held};
use crate::audit::merkle::{self, Hash};
use crate::audit::note::{self, Checkpoint, Signer};
use crate::audit::tile::{Tile, WIDTH};
use crate::audit::{proof, tree};
use crate::clock::Clock;
use crate::config::Config;
use crate::schema::SCHEMA;

macro_rules! on_both {
    ($($name:ident: $body:ident;)*) => {$(
        store::on_both_engines!($name, &[SCHEMA], async |db: Db| { $body(db).await });
    )*};
}

on_both! {
    a_tree_that_grew_is_the_tree_made_at_once: grown;
    each_day_has_one_checkpoint_and_its_file: days;
    what_was_not_put_before_the_end_is_put_at_the_next_start: killed;
    a_folder_that_is_away_is_an_incident_and_gets_all_once_it_is_back: away;
    a_program_that_fails_is_an_incident_and_holds_nothing_up: programs;
    a_house_does_not_sign_what_contradicts_what_it_signed: contradiction;
    what_was_rewritten_is_narrowed_by_what_was_kept: rewritten;
    an_entry_proves_itself_until_its_salt_is_gone: proven;
}

async fn opened(db: Db, more: &[(&'static str, String)]) -> (Hall, Clock, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Clock::hand(Now {
        mono: Mono::from_us(1_000_000_000),
        wall: Wall::from_us(1_700_000_000_000_000),
    });
    let data = folder.path().join("data").display().to_string();
    let flags = [&[("data", data)], more].concat();
    let config = Config::load(None, [], &flags).expect("a configuration");
    let hall = Hall::open(db, clock.clone(), config).await.expect("a hall");
    (hall, clock, folder)
}

async fn act(hall: &Hall, count: usize) {
    let mut tx = hall.db().write().await.expect("a transaction");
    for n in 0..count {
        let act = Act {
            verb: "thing.made",
            subject: format!("thing {n}"),
            detail: json!({ "n": n }),
        };
        let done = record_by(&mut tx, hall.now(), &Actor::house("test"), act).await;
        done.expect("an entry");
    }
    tx.commit().await.expect("a commit");
}

async fn sealed(hall: &Hall) -> Sealed {
    let made = seal::make(hall, &Actor::house("test"), None).await;
    made.expect("a checkpoint").expect("there is something")
}

fn read(hall: &Hall, it: &Sealed) -> Checkpoint {
    let key = Signer::verifier_of(&hall.config().data).expect("a key");
    note::open(&it.note, &key).expect("a checkpoint of it")
}

/// Kinds of the incidents that go on.
async fn incidents(hall: &Hall) -> Vec<String> {
    let mut read = hall.db().read().await.expect("a snapshot");
    let found = read
        .all(
            "SELECT kind FROM hall_incident WHERE state IN ('open', 'acknowledged') ORDER BY kind",
            params![],
        )
        .await
        .expect("rows");
    let kind = |row: &store::Row| row.get("kind").expect("a text");
    found.iter().map(kind).collect()
}

async fn change(hall: &Hall, statement: &'static str) {
    let mut tx = hall.db().write().await.expect("a transaction");
    tx.execute(statement, params![]).await.expect("a change");
    tx.commit().await.expect("a commit");
}

/// The root by the other way: all leaves at once, as RFC 6962 §2.1 says it.
fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => merkle::empty(),
        [one] => *one,
        _ => {
            let mut k = 1;
            while k * 2 < leaves.len() {
                k *= 2;
            }
            merkle::pair(&root(&leaves[..k]), &root(&leaves[k..]))
        }
    }
}

/// Each leaf of the rows as they stand, without a tile.
async fn leaves(hall: &Hall) -> Vec<Hash> {
    let mut read = hall.db().read().await.expect("a snapshot");
    let found = read
        .all(
            "SELECT e.hash, s.salt FROM hall_audit e JOIN hall_audit_salt s ON s.seq = e.seq \
             ORDER BY e.seq",
            params![],
        )
        .await
        .expect("rows");
    let leaf = |row: &store::Row| {
        let (salt, hash): (Vec<u8>, Vec<u8>) = (
            row.get("salt").expect("salt"),
            row.get("hash").expect("hash"),
        );
        merkle::leaf(&tree::content(&salt, &hash).expect("a leaf"))
    };
    found.iter().map(leaf).collect()
}

async fn tiles(hall: &Hall) -> Vec<(i64, i64, Vec<u8>)> {
    let mut read = hall.db().read().await.expect("a snapshot");
    let found = read
        .all(
            "SELECT level, number, hashes FROM hall_audit_tile ORDER BY level, number",
            params![],
        )
        .await
        .expect("rows");
    let tile = |row: &store::Row| {
        let get = |name| row.get::<i64>(name).expect("a number");
        (
            get("level"),
            get("number"),
            row.get("hashes").expect("octets"),
        )
    };
    found.iter().map(tile).collect()
}

async fn grown(db: Db) {
    let (hall, _clock, _folder) = opened(db, &[]).await;
    let mut roots = Vec::new();
    // Over the ends of tiles, to them, and past them.
    for count in [1, 2, 250, 1, 3, 254, 300] {
        act(&hall, count).await;
        let it = sealed(&hall).await;
        assert_eq!(read(&hall, &it).root, it.root);
        roots.push((it.size, it.root));
    }
    let all = leaves(&hall).await;
    let mut conn = hall.db().read().await.expect("a snapshot");
    for (size, signed) in &roots {
        let count = usize::try_from(*size).expect("small");
        assert_eq!(root(&all[..count]), *signed, "{size}");
        // Narrower tiles are beginnings of what is there now.
        assert_eq!(tree::root(&mut conn, *size).await.expect("tiles"), *signed);
    }
    let size = tree::size(&mut conn).await.expect("a size");
    assert_eq!(usize::try_from(size), Ok(all.len()));
    let beyond = Tile {
        level: 0,
        number: size / WIDTH,
        width: size % WIDTH + 1,
    };
    assert_eq!(
        tree::tile(&mut conn, beyond).await.expect("an answer"),
        None
    );
    drop(conn);
    let kept = tiles(&hall).await;
    assert!(
        kept.iter().any(|(level, ..)| *level == 1),
        "there is a level above"
    );
    change(&hall, "DELETE FROM hall_audit_tile").await;
    let mut tx = hall.db().write().await.expect("a transaction");
    while tree::grow(&mut tx).await.expect("leaves") {}
    tx.commit().await.expect("a commit");
    let again = tiles(&hall).await;
    // One entry more: what the last checkpoint has told.
    let of = |tiles: &[(i64, i64, Vec<u8>)]| -> Vec<(i64, i64, usize)> {
        let mut all: Vec<_> = tiles.iter().map(|it| (it.0, it.1, it.2.len())).collect();
        all.sort_unstable();
        all
    };
    assert_eq!(of(&kept).len(), of(&again).len());
    for ((level, number, before), (.., after)) in kept.iter().zip(&again) {
        assert!(after.starts_with(before), "{level}/{number}");
    }
}

async fn days(db: Db) {
    let (hall, clock, _folder) = opened(db, &[]).await;
    let mut failed = Failed::default();
    assert!(!round(&hall, &mut failed).await, "nothing was done yet");
    act(&hall, 3).await;
    assert!(round(&hall, &mut failed).await);
    assert!(round(&hall, &mut failed).await);
    let first = hall.today();
    clock.turn(Duration::from_secs(3 * 86_400));
    assert!(round(&hall, &mut failed).await);
    let mut conn = hall.db().read().await.expect("a snapshot");
    let found = seal::sealed(&mut conn, None, 10)
        .await
        .expect("checkpoints");
    let days: Vec<_> = found
        .iter()
        .map(|it| it.day.clone().expect("a day"))
        .collect();
    assert_eq!(days, [hall.today().to_string(), first.to_string()]);
    // What was told of the first stands in the second: the key, it, and its file.
    let sizes: Vec<_> = found.iter().map(|it| it.size).collect();
    assert_eq!(sizes, [6, 3]);
    for it in &found {
        let path = folder(&hall.config().data).join(file_name(&hall, it));
        assert_eq!(fs::read_to_string(path).expect("a file"), it.note);
        assert!(it.filed.is_some() && it.foldered.is_none() && it.sent.is_none());
        assert_eq!(read(&hall, it).size, it.size);
    }
    assert!(incidents(&hall).await.is_empty());
}

async fn killed(db: Db) {
    let (hall, _clock, _folder) = opened(db, &[]).await;
    act(&hall, 1).await;
    // The row was written, and then nothing more was done.
    let made = seal::make(&hall, &Actor::house(PART), Some(hall.today())).await;
    let it = made.expect("a checkpoint").expect("there is something");
    let path = folder(&hall.config().data).join(file_name(&hall, &it));
    assert!(!path.exists());
    round(&hall, &mut Failed::default()).await;
    assert_eq!(fs::read_to_string(path).expect("a file"), it.note);
    let mut conn = hall.db().read().await.expect("a snapshot");
    let found = seal::sealed(&mut conn, None, 10)
        .await
        .expect("checkpoints");
    assert_eq!(found.len(), 1);
    assert!(found[0].filed.is_some());
}

async fn away(db: Db) {
    let outside = tempfile::tempdir().expect("a folder");
    let share = outside.path().join("share");
    let flags = [("checkpoints", share.display().to_string())];
    let (hall, clock, _folder) = opened(db, &flags).await;
    let mut failed = Failed::default();
    act(&hall, 1).await;
    round(&hall, &mut failed).await;
    assert_eq!(incidents(&hall).await, [NOT_GONE]);
    assert!(!share.exists(), "a share that is not mounted is not made");
    fs::create_dir(&share).expect("mounted");
    round(&hall, &mut failed).await;
    assert_eq!(
        incidents(&hall).await,
        [NOT_GONE],
        "not tried again so soon"
    );
    clock.turn(AGAIN_AFTER);
    round(&hall, &mut failed).await;
    assert!(incidents(&hall).await.is_empty());
    let mut conn = hall.db().read().await.expect("a snapshot");
    let it = seal::newest(&mut conn).await.expect("rows").expect("one");
    let path = share.join(file_name(&hall, &it));
    assert_eq!(fs::read_to_string(path).expect("a file"), it.note);
    assert!(it.foldered.is_some());
}

async fn programs(db: Db) {
    let flags = [("checkpoint_program", "/bin/false".to_owned())];
    let (hall, ..) = {
        let (hall, clock, folder) = opened(db.clone(), &flags).await;
        act(&hall, 1).await;
        round(&hall, &mut Failed::default()).await;
        assert_eq!(incidents(&hall).await, [NOT_GONE]);
        let mut conn = hall.db().read().await.expect("a snapshot");
        let it = seal::newest(&mut conn).await.expect("rows").expect("one");
        assert!(it.sent.is_none() && it.filed.is_some());
        drop(conn);
        (hall, clock, folder)
    };
    for program in ["/no/such/program", "/bin/cat"] {
        let done = send(&hall, Path::new(program)).await.expect("rows");
        assert_eq!(done.is_ok(), program == "/bin/cat", "{done:?}");
    }
    let mut conn = hall.db().read().await.expect("a snapshot");
    let it = seal::newest(&mut conn).await.expect("rows").expect("one");
    assert!(it.sent.is_some());
    drop(conn);
    tell(&hall, "program", Ok(())).await.expect("told");
    assert!(incidents(&hall).await.is_empty());
}

async fn contradiction(db: Db) {
    let (hall, clock, _folder) = opened(db, &[]).await;
    act(&hall, 5).await;
    let mut failed = Failed::default();
    round(&hall, &mut failed).await;
    change(&hall, "UPDATE hall_audit SET hash = prev WHERE seq = 2").await;
    change(&hall, "DELETE FROM hall_audit_tile").await;
    clock.turn(Duration::from_secs(86_400));
    let error = seal::make(&hall, &Actor::house("test"), None).await;
    let error = error.expect_err("another tree");
    assert!(
        matches!(error, SealError::Contradiction { size: 5 }),
        "{error}"
    );
    round(&hall, &mut failed).await;
    assert_eq!(incidents(&hall).await, [NOT_MADE]);
    let mut conn = hall.db().read().await.expect("a snapshot");
    let found = seal::sealed(&mut conn, None, 10)
        .await
        .expect("checkpoints");
    assert_eq!(found.len(), 1, "nothing more was signed");
}

async fn rewritten(db: Db) {
    let (hall, ..) = opened(db, &[]).await;
    let mut kept = Vec::new();
    for count in [3, 4, 5] {
        act(&hall, count).await;
        let it = sealed(&hall).await;
        kept.push(read(&hall, &it));
    }
    let sizes: BTreeSet<u64> = kept.iter().map(|it| it.size).collect();
    let walk = async || {
        let mut conn = hall.db().read().await.expect("a snapshot");
        held::walk(&mut conn, &sizes).await.expect("a walk")
    };
    let walked = walk().await;
    assert_eq!(walked.against(&kept), [Held::Whole; 3]);
    assert_eq!((walked.differs, walked.unsalted_count), (None, 0));
    // Between the first and the second that was kept.
    change(
        &hall,
        "UPDATE hall_audit SET subject = 'other' WHERE seq = 7",
    )
    .await;
    let walked = walk().await;
    assert_eq!(walked.differs, Some(7));
    let after = kept[0].size;
    let wrong = Held::Rewritten { after };
    assert_eq!(walked.against(&kept), [Held::Whole, wrong, wrong]);
    assert_eq!(walked.against(&kept[2..]), [Held::Rewritten { after: 0 }]);
    // With its salt gone the leaf stands, and says so.
    change(&hall, "DELETE FROM hall_audit_salt WHERE seq = 7").await;
    let walked = walk().await;
    assert_eq!(walked.against(&kept), [Held::Whole; 3]);
    assert_eq!((walked.differs, walked.unsalted), (None, vec![7]));
    change(&hall, "DELETE FROM hall_audit WHERE seq > 9").await;
    let walked = walk().await;
    assert_eq!(walked.differs, Some(10));
    let short = Held::Shorter { has: 9 };
    assert_eq!(walked.against(&kept), [Held::Whole, Held::Whole, short]);
}

async fn proven(db: Db) {
    let (hall, ..) = opened(db, &[]).await;
    act(&hall, 300).await;
    sealed(&hall).await;
    act(&hall, 3).await;
    let key = Signer::verifier_of(&hall.config().data).expect("a key");
    let mut tx = hall.db().write().await.expect("a transaction");
    for seq in [1, 255, 256, 257, 300] {
        let proof = proof::of(&mut tx, seq)
            .await
            .expect("rows")
            .expect("covered");
        assert_eq!(proof.holds(&key), Ok(()), "{seq}");
        let altered = [
            proof::Proof {
                subject: "other".to_owned(),
                ..proof.clone()
            },
            proof::Proof {
                at_us: proof.at_us + 1,
                ..proof.clone()
            },
            proof::Proof {
                seq: seq + 1,
                ..proof.clone()
            },
            proof::Proof {
                salt: "00".repeat(32),
                ..proof.clone()
            },
            proof::Proof {
                path: proof.path[1..].to_vec(),
                ..proof.clone()
            },
        ];
        for it in altered {
            assert_eq!(it.holds(&key), Err(proof::ProofError::Other), "{it:?}");
        }
        let other = proof::Proof { size: 299, ..proof };
        assert_eq!(other.holds(&key), Err(proof::ProofError::Size));
    }
    assert_eq!(
        proof::of(&mut tx, 303).await.expect("rows"),
        None,
        "not covered"
    );
    assert_eq!(proof::of(&mut tx, 0).await.expect("rows"), None);
    tx.execute("DELETE FROM hall_audit_salt WHERE seq = 256", params![])
        .await
        .expect("destroyed");
    assert_eq!(proof::of(&mut tx, 256).await.expect("rows"), None);
}
