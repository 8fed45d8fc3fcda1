//! A database belongs to one server, and can be looked into by others.

use base::kind::Kind;
use base::redact::Secret;
use store::{Db, Error, Place, on_both_engines, params};

use crate::{NOTES, NOW, count, note};

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

on_both_engines!(others_may_look_and_not_write, async |place: Place| {
    let absent = Db::open_to_read(&place).await.expect_err("nothing there");
    assert!(matches!(absent, Error::Place { .. }), "{absent:?}");

    let server = Db::open(&place).await.expect("the server");
    server.migrate(NOTES, NOW).await.expect("migrated");
    note(&server, 1, "seen").await.expect("a row");
    let other = Db::open_to_read(&place).await.expect("beside the server");
    assert_eq!(count(&other).await, 1);
    note(&server, 2, "seen too").await.expect("a row");
    assert_eq!(count(&other).await, 2);
    let refused = note(&other, 3, "not mine").await.expect_err("it may look");
    assert_eq!(refused.kind(), Kind::Denied, "{refused}");
    let mut read = other.read().await.expect("a snapshot");
    read.execute("DELETE FROM test_note", params![])
        .await
        .expect_err("not even by the back door");
    drop(read);
    server.close().await;
    assert_eq!(count(&other).await, 2, "and without it");
    other.close().await;
});

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
