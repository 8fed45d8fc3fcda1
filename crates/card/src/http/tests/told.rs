//! All that is held of somebody: lists that no examination has read, and every look.

use store::params;

use super::asked::{ask, dossier, form};
use super::*;

const SEARCH: &str = "/api/v1/card/families/search";

/// A house that knows three families, and the first of them.
async fn known(db: Db) -> (House, String) {
    let house = House::new(db).await;
    let rows = (1..=3).map(|it| format!("{},1\n", who(it, it, HERE)));
    let dtsen = format!("{WHO},desil\n{}", rows.collect::<String>());
    house
        .bring("dtsen", &dtsen, json!({ "title": "DTSEN" }))
        .await;
    let kpm = format!("{WHO},nilai\n{},400000\n", who(3, 3, HERE));
    house.bring("kpm", &kpm, json!({ "title": "KPM" })).await;
    house.examine(json!({})).await;
    let found = house.post(SEARCH, json!({ "number": nik(1) })).await;
    let found = found.is(200).json();
    let family = found["items"][0]["id"].as_str().expect("an id").to_owned();
    (house, family)
}

async fn unread(db: Db) {
    let (house, family) = known(db).await;
    ask(&house, &house.admin, form("access", &family))
        .await
        .is(201);
    let read = dossier(&house, &house.admin, &json!(1), "json").await;
    let read = read.is(200).json();
    assert_eq!(read["rows"].as_array().expect("rows").len(), 1);
    assert_eq!(read["unread"], json!([]));
    // The first by his number, one more under the number of his card, and somebody else.
    let rows = [who(1, 1, THERE), who(5, 1, HERE), who(2, 2, HERE)];
    let aided = rows.map(|it| format!("{it},PKH\n")).concat();
    let aided = format!("{WHO},program\n{aided}");
    let list = house
        .bring("bansos", &aided, json!({ "title": "PKH baru" }))
        .await;
    let read = dossier(&house, &house.admin, &json!(1), "json").await;
    let read = read.is(200).json();
    assert_eq!(read["rows"].as_array().expect("rows").len(), 1);
    let unread = read["unread"].as_array().expect("rows").iter();
    let unread: Vec<_> = unread
        .map(|it| (&it["list"], &it["row"], &it["says"]["nik"], &it["title"]))
        .collect();
    let title = json!("PKH baru");
    assert_eq!(
        unread,
        [
            (&json!(list), &json!(2), &json!(nik(1)), &title),
            (&json!(list), &json!(3), &json!(nik(5)), &title)
        ]
    );
    let table = dossier(&house, &house.admin, &json!(1), "csv").await;
    let table = table.is(200).text();
    assert!(
        table.contains(&format!(
            "PKH baru (daftar {list}, baris 3, belum diperiksa)"
        )),
        "{table}"
    );
    // Times are those of the house, and say so.
    assert!(table.contains("2025-12-01T07:00:00+07:00"), "{table}");
    // Once they were read they are rows as all others.
    house.examine(json!({})).await;
    let read = dossier(&house, &house.admin, &json!(1), "json").await;
    let read = read.is(200).json();
    assert_eq!(read["unread"], json!([]));
    assert_eq!(read["rows"].as_array().expect("rows").len(), 3);
}

/// However many others were looked at since.
async fn looked(db: Db) {
    let (house, family) = known(db).await;
    let path = format!("/api/v1/card/families/{family}/opening");
    house
        .post(&path, json!({ "purpose": "paling awal" }))
        .await
        .is(200);
    let mut tx = house.hall.db().write().await.expect("a writer");
    let others = tx
        .execute(
            "INSERT INTO hall_audit (seq, id, at_us, via, verb, subject, detail, prev, hash) \
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200001) \
             SELECT 1000000 + n.i, a.id, a.at_us, 'x', 'card_family.opened', 'fam_x', '{}', \
             a.prev, a.hash FROM n CROSS JOIN hall_audit a WHERE a.seq = 1",
            params![],
        )
        .await;
    assert_eq!(others.expect("many"), 200_001);
    tx.commit().await.expect("written");
    ask(&house, &house.admin, form("access", &family))
        .await
        .is(201);
    let read = dossier(&house, &house.admin, &json!(1), "json").await;
    let read = read.is(200).json();
    let looks = read["looks"].as_array().expect("looks").iter();
    let looks: Vec<_> = looks
        .map(|it| (&it["purpose"], &it["is_certain"]))
        .collect();
    assert_eq!(looks, [(&json!("paling awal"), &json!(true))]);
}

on_both! {
    rows_that_no_examination_has_read_are_told: unread;
    no_look_is_left_out: looked;
}
