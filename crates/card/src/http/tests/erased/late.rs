//! Somebody is erased while a late list counts, and that is taken back.

use super::*;

const RUNS: &str = "/api/v1/card/runs";

impl House {
    async fn waits(&self) {
        let is_over = |runs: &Json| {
            let mut runs = runs["items"].as_array().expect("runs").iter();
            runs.all(|run| run["stage"].is_null() && run["state"] != "working")
        };
        self.until(RUNS, is_over).await;
    }

    /// Rows without a key that count as somebody's.
    async fn ghosts(&self) -> i64 {
        let mut read = self.hall.db().read().await.expect("a reader");
        let row = read
            .one(
                "SELECT COUNT(*) AS ghosts FROM card_member m WHERE m.until_run IS NULL \
                 AND NOT EXISTS (SELECT 1 FROM card_key k WHERE k.list = m.list \
                 AND k.number = m.number)",
                params![],
            )
            .await;
        row.and_then(|row| row.get("ghosts")).expect("a count")
    }
}

async fn taken_back(db: Db) {
    let house = house(db, "").await;
    let second = house.person("kedua", "bansos", None).await;
    // The running list comes anew with 2 and 3: his row of before counts no more.
    let rows = [2, 3].map(|it| format!("{},\n", who(it, it, HERE)));
    let kpm = format!("{WHO},nilai\n{}", rows.concat());
    let list = house
        .bring("kpm", &kpm, json!({ "title": "KPM baru" }))
        .await;
    let form = json!({ "list": list });
    house.post(&format!("{RUNS}/1/late"), form).await.is(202);
    house.waits().await;
    let gone = house.family_with(2).await;
    let stays = house.family_with(1).await;
    let rows = house.preview(&gone).await["rows"].as_i64().expect("rows");
    assert_eq!(rows, 3);
    house.erase(&second, &gone, rows).await;
    assert_eq!(house.ghosts().await, 0);

    let path = format!("{RUNS}/2/late/{list}");
    house
        .call(&house.admin, "DELETE", &path, None)
        .await
        .is(202);
    house.waits().await;
    assert_eq!(house.ghosts().await, 0);
    assert!(house.found(json!({ "number": nik(2) })).await.is_empty());
    let family = format!("/api/v1/card/families/{gone}");
    house.get(&family).await.is(404);
    assert_eq!(house.family_with(1).await, stays);
    let known = facts::open(&house.hall, &house.room, 1)
        .await
        .expect("facts");
    assert_eq!(known.families.len(), 3);
}

on_both! {
    who_is_erased_does_not_come_back_with_what_is_taken_back: taken_back;
}
