//! What is counted of a list over everybody, and how far off the linkage may make it.

use base::id::Id;
use card_core::review::Answer as Said;

use super::*;
use crate::sql::pair;

/// Counted over everybody: what the rules say of who receives, now and before.
async fn counted(db: Db) {
    let house = house(db).await;
    let all = house.indicators().await;
    assert_eq!(all, house.get("/api/v1/card/indicators").await.json());
    assert_eq!(
        (&all["programme"], &all["subject"], &all["on_day"]),
        (&json!("pangan"), &json!("family"), &json!("2025-12-01"))
    );
    // 32 of each part; the lost one should receive and does.
    let (after, before) = (&all["rules"]["after"], &all["rules"]["before"]);
    let counts = |of: &Json| {
        [
            "receiving",
            "not_eligible",
            "unknown",
            "eligible",
            "eligible_not_receiving",
        ]
        .map(|word| of[word].as_u64().expect("a number"))
    };
    assert_eq!(counts(after), [97, 32, 0, 65, 0]);
    assert_eq!(counts(before), [64, 32, 0, 65, 33]);
    close(&before["exclusion"]["share"], 33.0 / 65.0);
    close(&after["inclusion"]["share"], 32.0 / 97.0);
    assert_eq!(after["inclusion"]["low"], Json::Null);
    let by_rule = json!([{ "rule": "desil", "name": "Desil 1 sampai 2", "truth": "fails",
        "subjects": 32, "suppressed": false }]);
    assert_eq!(after["by_rule"], by_rule);
    // Nobody has reviewed a pair yet.
    assert_eq!(
        all["linkage"],
        json!({ "run": 1, "precision": null, "recall": null })
    );
    close(&all["bottom_share"], 65.0 / 97.0);
    close(&all["targeting"], 65.0 / 97.0 / 0.2);
    let deciles = all["deciles"].as_array().expect("deciles");
    assert_eq!(deciles.len(), 11);
    assert_eq!(deciles[4]["subjects"], 32);
    assert_eq!(deciles[4]["rupiah"], 32 * 150_000);
    assert_eq!(deciles[10]["decile"], Json::Null);
    let regencies = all["regencies"].as_array().expect("regencies");
    let of = |at: usize| (&regencies[at]["code"], &regencies[at]["receiving"]);
    // One lives nowhere, and of two places that are as large either would tell of the other.
    assert_eq!(of(0), (&Json::Null, &Json::Null));
    assert_eq!(of(1), (&json!("62.02"), &Json::Null));
    assert_eq!(of(2), (&json!("62.11"), &Json::Null));
    assert_eq!(regencies[1]["by_rules_not"], 16);
    assert_eq!(all["field"], Json::Null);
    let file = house
        .get("/api/v1/card/indicators?format=csv")
        .await
        .is(200)
        .text();
    assert!(
        file.contains("kesalahan inklusi,\"aturan program, daftar ini\",SEMUA,0.32"),
        "{file}"
    );
    // Rows that were counted once are not counted again; a list that is asked for by another
    // number is none.
    house
        .get("/api/v1/card/indicators?decision=2")
        .await
        .is(404);

    // A list that has few against its rules does not tell where they live.
    house
        .post("/api/v1/card/decisions", json!({ "slug": "pangan" }))
        .await
        .is(201);
    let path = "/api/v1/card/decisions/2/rulings/desil:fails";
    let form = json!({ "answer": "remove", "reason": "uji" });
    house
        .call(&house.admin, "PUT", path, Some(form))
        .await
        .is(200);
    for family in [2 * 4, 2 * 4 + 1, 2 * 4 + 2, 7 * 4] {
        let number = &one(family, "")[..16];
        let search = json!({ "number": number });
        let found = house.post("/api/v1/card/families/search", search).await;
        let id = found.is(200).json()["items"][0]["id"].clone();
        let form = json!({ "subject": id, "answer": "include", "reason": "uji" });
        house
            .post("/api/v1/card/decisions/2/exceptions", form)
            .await
            .is(201);
    }
    let draft = house.get("/api/v1/card/decisions/2").await.is(200).json();
    let form = json!({ "receiving": draft["receiving"], "decree": "2", "decree_day": "2025-12-02",
        "signatories": [{ "name": "Contoh", "office": "Kepala" }] });
    house
        .post("/api/v1/card/decisions/2/adoption", form)
        .await
        .is(202);
    let at = "/api/v1/card/decisions/2";
    house.until(at, |view| view["state"] == "adopted").await;
    let newest = house.get("/api/v1/card/indicators").await.is(200).json();
    assert_eq!(newest["decision"], 2);
    // The province answers for its four; by which rule is not told, and neither is what the
    // others are.
    assert_eq!(counts(&newest["rules"]["after"]), [69, 4, 0, 65, 0]);
    let by_rule = json!([{ "rule": "desil", "name": "Desil 1 sampai 2", "truth": "fails",
        "subjects": null, "suppressed": true }]);
    assert_eq!(newest["rules"]["after"]["by_rule"], by_rule);
    let file = house
        .get("/api/v1/card/indicators?format=csv")
        .await
        .is(200)
        .text();
    let hidden = "disembunyikan (kurang dari 10, atau mengungkap yang kurang dari 10)";
    for what in [
        "2,penerima di luar aturan,\"aturan program, daftar ini\",Desil 1 sampai 2,,,,,",
        "2,penerima,desil menurut DTSEN,desil 5,,,,,",
    ] {
        let line = file.lines().find(|it| it.starts_with(what));
        assert!(line.is_some_and(|it| it.contains(hidden)), "{what}: {file}");
    }
    let regencies = newest["regencies"].as_array().expect("regencies");
    for of in &regencies[1..] {
        assert_eq!(
            (&of["by_rules_not"], &of["suppressed"]),
            (&Json::Null, &json!(true)),
            "{newest}"
        );
    }
    assert_eq!(newest["deciles"][4]["subjects"], Json::Null);
    assert_eq!(newest["bottom_share"], Json::Null);
}

/// Whom everybody called one person, and whom not, tells how good the linkage is, and that how
/// far off a counted share may be.
async fn linked(db: Db) {
    let house = house(db).await;
    let mut tx = house.hall.db().write().await.expect("a writer");
    let pairs = pair::sampled(&mut tx, 1).await.expect("pairs");
    assert!(!pairs.is_empty());
    for (at, row) in pairs.iter().enumerate() {
        for by in [[1; 16], [2; 16]] {
            let is_same = row.same >= 0.5 && at % 7 != 0;
            let word = pair::WordRow {
                id: row.id,
                by: Id::from_bytes(by),
                answer: if is_same { Said::Same } else { Said::Different },
                pays: row.pays,
                at: START,
            };
            pair::say(&mut tx, &word).await.expect("said");
        }
    }
    tx.commit().await.expect("said");
    let all = house.indicators().await;
    let summary = house.get("/api/v1/card/pairs/summary").await.is(200).json();
    for word in ["precision", "recall"] {
        let (one, other) = (&all["linkage"][word], &summary[word]);
        assert!(other["value"].is_number(), "{summary}");
        assert_eq!(
            (&one["share"], &one["low"]),
            (&other["value"], &other["low"])
        );
    }
    for errors in [&all["rules"]["after"], &all["rules"]["before"]] {
        let share = &errors["inclusion"];
        let (low, high) = (share["low"].as_f64(), share["high"].as_f64());
        assert!(low.expect("an end") < high.expect("an end"), "{errors}");
    }
    // Pairs of an examination go with the next; the linkage is told by that then.
    house.examine(json!({})).await;
    assert_eq!(house.indicators().await["linkage"]["run"], 2);
}

/// Of whom nobody knows where he lives, nobody can be visited; that he receives is counted.
async fn lost(db: Db) {
    let house = House::new(db).await;
    let row = one(1, "");
    house
        .bring("dtsen", &format!("{WHO},desil\n{row},1\n"), json!({}))
        .await;
    house
        .bring("kpm", &format!("{WHO}\n{row}\n"), json!({}))
        .await;
    house.examine(json!({})).await;
    let text = json!({ "text": RULES });
    house.post("/api/v1/card/programmes", text).await.is(201);
    house.adopts("pangan", None).await;
    let all = house.indicators().await;
    assert_eq!(
        all["regencies"],
        json!([{ "code": null, "name": null, "receiving": null, "by_rules_not": null,
            "suppressed": true }])
    );
    assert_eq!(all["rules"]["after"]["exclusion"]["share"], 0.0);
    let form = json!({ "decision": 1, "reference": "Pedoman verifikasi lapangan (uji)" });
    let refused = house.post("/api/v1/card/samples", form).await.is(409);
    assert_eq!(refused.slug(), "card-sample-frame");
    let size = house
        .post("/api/v1/card/samples/sizing", json!({ "decision": 1 }))
        .await
        .is(200)
        .json();
    assert_eq!(
        (&size["covered"], &size["not_covered"], &size["receiving"]),
        (&json!(0), &json!(1), &json!(0))
    );
}

on_both! {
    whoever_lives_nowhere_is_counted_and_not_drawn: lost;
    an_error_of_the_linkage_is_carried_into_what_is_counted: linked;
    what_a_list_gets_wrong_by_its_rules_is_counted: counted;
}
