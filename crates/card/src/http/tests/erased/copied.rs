//! What is destroyed leaves the file and the copies beside it as well.

use store::Place;
use store::migrate::{Schema, Step};

use super::*;
use crate::sql::settled;

/// A version to come.
const LATER: Schema = Schema {
    room: "later",
    steps: &[Step {
        number: 1,
        name: "later",
        sql: "CREATE TABLE later_thing (id BIGINT NOT NULL PRIMARY KEY);",
    }],
};

/// A copy that a migration has left loses the keys of whoever is erased, and nothing else.
async fn copied(db: Db) {
    let house = house(db, "").await;
    let second = house.person("kedua", "bansos", None).await;
    let first = house.family_with(1).await;
    let schemas = [hall::SCHEMA, crate::SCHEMA, LATER];
    let migrated = house.hall.db().migrate(&schemas, START).await;
    let Some(path) = migrated.expect("migrated").backup else {
        // PostgreSQL leaves none.
        return;
    };
    let keys = async || {
        let place = Place::Sqlite { path: path.clone() };
        let copy = Db::open_to_read(&place).await.expect("the copy opens");
        let mut read = copy.read().await.expect("a reader");
        let mut keys = Vec::new();
        for row in read
            .all(
                "SELECT list, number, wrapped FROM card_key ORDER BY list, number",
                params![],
            )
            .await
            .expect("rows")
        {
            let place: (i64, i64) = (row.get("list").expect("a"), row.get("number").expect("a"));
            keys.push((place, row.get::<Vec<u8>>("wrapped").expect("octets")));
        }
        drop(read);
        copy.close().await;
        keys
    };
    let before = keys().await;
    house.erase(&second, &first, 4).await;
    let after = keys().await;
    let octets = std::fs::read(&path).expect("a file");
    let has = |key: &[u8]| octets.windows(key.len()).any(|some| some == key);
    for (place, key) in &before {
        let number = u32::try_from(place.1).expect("small");
        let is_gone = FIRST.contains(&(place.0, number));
        assert_eq!(after.iter().any(|it| it.0 == *place), !is_gone, "{place:?}");
        assert_eq!(has(key), !is_gone, "{place:?}");
    }
    assert_eq!(before.len() - after.len(), 4);
}

/// What could not be settled at once is told of, and tried again.
async fn again(db: Db) {
    let house = house(db, "").await;
    let second = house.person("kedua", "bansos", None).await;
    let first = house.family_with(1).await;
    let done = house.erase(&second, &first, 4).await;
    assert_eq!(done["is_settled"], true);
    // As it is left where somebody reads for long.
    let mut tx = house.hall.db().write().await.expect("a writer");
    settled::destroyed(&mut tx, START).await.expect("marked");
    tx.commit().await.expect("marked");
    let path = format!("{ERASURES}/{}", done["number"]);
    let seen = house.get(&path).await.is(200).json();
    assert_eq!(seen["is_settled"], false);
    let paper = house.get(&format!("{path}/record")).await.is(200).text();
    assert!(paper.contains("): belum ditimpa"), "{paper}");
    crate::term::enforce(&house.hall, &house.room)
        .await
        .expect("enforced");
    let seen = house.get(&path).await.is(200).json();
    assert_eq!(seen["is_settled"], true);
    // What is destroyed while it is settled waits for the next time.
    let mut tx = house.hall.db().write().await.expect("a writer");
    settled::destroyed(&mut tx, START).await.expect("marked");
    let seen = settled::waits(&mut tx).await.expect("an answer");
    settled::destroyed(&mut tx, START).await.expect("marked");
    let seen = seen.expect("a mark");
    assert!(!settled::settled(&mut tx, &seen).await.expect("an answer"));
    let seen = settled::waits(&mut tx).await.expect("an answer");
    let seen = seen.expect("a mark");
    assert!(settled::settled(&mut tx, &seen).await.expect("an answer"));
}

on_both! {
    what_is_erased_goes_from_the_copies_of_migrations: copied;
    what_is_not_settled_is_told_of_and_tried_again: again;
}
