//! Why somebody decided about one subject, and what an annex as a whole is asked for: under
//! keys of their own, and gone with them.

use base::id::{Exception, Id};
use store::params;

use super::decided;
use super::*;

const EXPORTS: &str = "/api/v1/card/exports";
const REASON: &str = "rumah keluarga Kameloh terbakar";
const PURPOSE: &str = "keluarga Kameloh dicocokkan dengan bank";

/// A text of each kind, as it lies.
#[derive(Debug, Clone, PartialEq)]
struct Kept {
    exception: Id<Exception>,
    /// Under the vault, under its own key, and that: of the exception, then of the export.
    texts: [[Vec<u8>; 3]; 2],
}

impl Kept {
    async fn of(house: &House) -> Self {
        let mut read = house.hall.db().read().await.expect("a reader");
        let exception = read
            .one(
                "SELECT id, reason, sealed, wrapped FROM card_exception WHERE answer = 'include'",
                params![],
            )
            .await
            .expect("a row");
        let export = read
            .one(
                "SELECT purpose AS reason, sealed, wrapped FROM card_export",
                params![],
            )
            .await
            .expect("a row");
        let texts = [&exception, &export].map(|row| {
            ["reason", "sealed", "wrapped"].map(|it| {
                let octets: Option<Vec<u8>> = row.get(it).expect("octets or none");
                octets.unwrap_or_default()
            })
        });
        Self {
            exception: exception.get("id").expect("an id"),
            texts,
        }
    }

    async fn put(&self, house: &House) {
        let mut tx = house.hall.db().write().await.expect("a writer");
        for (sql, texts) in [
            "UPDATE card_exception SET reason = $1, sealed = $2, wrapped = $3 \
             WHERE answer = 'include'",
            "UPDATE card_export SET purpose = $1, sealed = $2, wrapped = $3",
        ]
        .into_iter()
        .zip(&self.texts)
        {
            let [first, second, third] = texts.clone();
            let done = tx.execute(sql, params![first, second, third]).await;
            assert_eq!(done.expect("put"), 1);
        }
        tx.commit().await.expect("put");
    }
}

/// What the house tells of both.
async fn told(house: &House) -> [String; 2] {
    let mut read = house.hall.db().read().await.expect("a reader");
    let id = Kept::of(house).await.exception;
    let row = crate::sql::exception::find(&mut read, id).await;
    let row = row.expect("an answer").expect("a row");
    let reason = crate::decide::draft::reason(&house.hall, &row).expect("a text");
    let export = house.get(&format!("{EXPORTS}/1")).await.is(200).json();
    let purpose = export["purpose"].as_str().expect("a text").to_owned();
    [reason, purpose]
}

/// An adopted list that tells of the second family by an exception, and an export of it.
async fn worded(house: &House) -> (i64, String) {
    let list = decided::first(house).await;
    let path = format!("/api/v1/card/decisions/{list}");
    let found = json!({ "number": nik(2) });
    let found = house.post("/api/v1/card/families/search", found).await;
    let family = found.is(200).json()["items"][0]["id"].clone();
    let next = house.post("/api/v1/card/decisions", json!({ "slug": "pangan" }));
    let next = next.await.is(201).json()["number"].clone();
    let form = json!({ "subject": family, "answer": "include", "reason": REASON });
    let at = format!("/api/v1/card/decisions/{next}");
    house.post(&format!("{at}/exceptions"), form).await.is(201);
    house.call(&house.admin, "DELETE", &at, None).await.is(204);
    let form = json!({ "purpose": PURPOSE });
    house.post(&format!("{path}/exports"), form).await.is(201);
    (list, family.as_str().expect("an id").to_owned())
}

/// A backup of an earlier day, with the keys of today, tells neither.
async fn erased(db: Db) {
    let house = decided::house(db).await;
    let (list, family) = worded(&house).await;
    let before = Kept::of(&house).await;
    for [by_vault, sealed, wrapped] in &before.texts {
        assert!(by_vault.is_empty() && !sealed.is_empty() && !wrapped.is_empty());
    }
    assert_eq!(told(&house).await, [REASON, PURPOSE]);
    // Nobody is held by that list any more.
    let mut tx = house.hall.db().write().await.expect("a writer");
    tx.execute(
        "UPDATE card_decision SET keep_until_us = 1 WHERE number = $1",
        params![list],
    )
    .await
    .expect("changed");
    tx.commit().await.expect("changed");
    let second = house.person("kedua", "bansos", None).await;
    let erasures = "/api/v1/card/erasures";
    let preview = format!("{erasures}/preview");
    let seen = house.post(&preview, json!({ "subject": family })).await;
    let rows = seen.is(200).json()["rows"].clone();
    let form = json!({ "subject": family, "reason": "x", "rows": rows,
        "decree": { "number": "1", "day": "2025-12-01" } });
    let made = house.post(erasures, form).await.is(201).json();
    let path = format!("{erasures}/{}/confirmation", made["number"]);
    let form = Some(json!({ "rows": rows }));
    let done = house
        .call(&second, "POST", &path, form)
        .await
        .is(200)
        .json();
    let destroyed = &done["record"]["destroyed"];
    assert_eq!(
        (&destroyed["exceptions"], &destroyed["exports"]),
        (&json!(1), &json!(1))
    );
    const GONE: &str = "(sudah dimusnahkan)";
    assert_eq!(told(&house).await, [GONE, GONE]);
    let mut back = before.clone();
    for text in &mut back.texts {
        text[2] = Vec::new();
    }
    back.put(&house).await;
    assert_eq!(told(&house).await, [GONE, GONE], "without the keys");
    before.put(&house).await;
    assert_eq!(told(&house).await, [REASON, PURPOSE], "with them");
}

/// What an earlier version has sealed under the vault lies under keys of its own after a start.
async fn anew(db: Db) {
    let house = decided::house(db).await;
    worded(&house).await;
    let mut old = Kept::of(&house).await;
    let vault = house.hall.vault();
    let id = old.exception.to_string();
    let sealed = [
        vault.seal("card_exception", &id, "reason", REASON.as_bytes()),
        vault.seal("card_export", "1", "purpose", PURPOSE.as_bytes()),
    ];
    for (text, sealed) in old.texts.iter_mut().zip(sealed) {
        *text = [sealed.expect("sealed"), Vec::new(), Vec::new()];
    }
    old.put(&house).await;
    assert_eq!(told(&house).await, [REASON, PURPOSE]);
    crate::open(&house.hall).await.expect("a start");
    let new = Kept::of(&house).await;
    for [by_vault, sealed, wrapped] in &new.texts {
        assert!(by_vault.is_empty() && !sealed.is_empty() && !wrapped.is_empty());
    }
    assert_eq!(told(&house).await, [REASON, PURPOSE]);
    // What does not open is in nobody's way, and stays.
    old.texts[0][0][20] ^= 1;
    old.put(&house).await;
    crate::open(&house.hall).await.expect("a start");
    let left = Kept::of(&house).await;
    assert_eq!(left.texts[0], old.texts[0]);
    assert!(left.texts[1][0].is_empty());
    crate::open(&house.hall).await.expect("a start");
    assert_eq!(Kept::of(&house).await.texts[1], left.texts[1], "once");
}

on_both! {
    words_go_with_whom_they_may_name: erased;
    words_that_the_vault_sealed_are_sealed_anew: anew;
}
