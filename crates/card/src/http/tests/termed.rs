//! How long what is kept.

use store::params;

use super::*;
use crate::term;

const TERMS: &str = "/api/v1/card/terms";

impl House {
    async fn enforce(&self) {
        term::enforce(&self.hall, &self.room)
            .await
            .expect("enforced");
    }

    async fn term(&self, what: &str) -> Json {
        let terms = self.get(TERMS).await.is(200).json();
        let items = terms["items"].as_array().expect("terms");
        let term = items.iter().find(|it| it["what"] == what);
        term.expect("a term").clone()
    }

    async fn count(&self, sql: &'static str) -> i64 {
        let mut read = self.hall.db().read().await.expect("a reader");
        let row = read.one(sql, params![]).await.expect("a row");
        row.get("count").expect("a number")
    }

    /// So many days after the beginning, with a session of then.
    async fn on_day(&mut self, day: u32) {
        let since = self.hall.now().wall.since(START);
        self.hall.clock().turn(DAY * day - since);
        self.admin = self.log_in("admin").await;
    }

    /// Two editions of DTSEN and of the running list, the older ones of three rows: one of the
    /// running list says a payment.
    async fn two_editions(&self) {
        for edition in ["2025-10-01", "2025-11-01"] {
            let source = json!({ "title": format!("DTSEN {edition}"), "as_of": edition });
            let rows = (1..=3).map(|it| format!("{},1\n", who(it, it, HERE)));
            let dtsen = format!("{WHO},desil\n{}", rows.collect::<String>());
            self.bring("dtsen", &dtsen, source).await;
            let source = json!({ "title": format!("KPM {edition}"), "as_of": edition });
            let rows = (1..=3).map(|it| {
                format!(
                    "{},{}\n",
                    who(it, it, HERE),
                    if it == 2 { "400000" } else { "" }
                )
            });
            let kpm = format!("{WHO},nilai\n{}", rows.collect::<String>());
            self.bring("kpm", &kpm, source).await;
        }
        self.examine(json!({})).await;
    }

    async fn adopt_a_list(&self) -> i64 {
        let form = json!({ "text": RULES });
        self.post("/api/v1/card/programmes", form).await.is(201);
        let form = json!({ "slug": "pangan" });
        let begun = self.post("/api/v1/card/decisions", form).await;
        let number = begun.is(201).json()["number"].as_i64().expect("a number");
        let path = format!("/api/v1/card/decisions/{number}");
        let list = self.get(&path).await.is(200).json();
        let form = json!({
            "receiving": list["receiving"], "decree": "188.44/1/2025",
            "decree_day": "2025-12-01", "keep_years": 10,
            "signatories": [{ "name": "Kepala", "office": "Kepala Dinas Sosial" }],
        });
        self.post(&format!("{path}/adoption"), form).await.is(202);
        self.until(&path, |list| list["state"] == "adopted").await;
        number
    }
}

async fn empty(db: Db) {
    let house = House::new(db).await;
    house.enforce().await;
    let terms = house.get(TERMS).await.is(200).json();
    let items = terms["items"].as_array().expect("terms");
    let whats: Vec<_> = items.iter().filter_map(|it| it["what"].as_str()).collect();
    assert_eq!(
        whats,
        [
            "raw_copy",
            "imports",
            "list_rows",
            "facts",
            "objections",
            "exceptions",
            "drafts",
            "photos_house",
            "photos_person",
            "photos_paper"
        ]
    );
    for term in items {
        assert_eq!(
            (&term["due"], &term["held"]),
            (&json!(0), &json!(0)),
            "{term}"
        );
        assert!(!term["basis"].as_str().expect("words").is_empty());
    }
    let rows = house.term("list_rows").await;
    assert_eq!(
        (&rows["days"], &rows["days_min"], &rows["last"]),
        (
            &json!(1_825),
            &json!(365),
            &json!({ "at_us": START.as_us(), "destroyed": 0 })
        )
    );
    assert_eq!(rows["next_us"], (START + DAY).as_us());
    assert_eq!(house.term("raw_copy").await["last"], Json::Null);
}

async fn rows(db: Db) {
    let mut house = House::new(db).await;
    house.two_editions().await;
    // The third is withdrawn: its list counts no more from then on.
    let path = "/api/v1/card/lists/3/withdrawal";
    house
        .post(path, json!({ "why": "berkas yang salah" }))
        .await
        .is(204);
    house.enforce().await;
    // The first edition counts again, since the second is gone.
    let ended = "SELECT COUNT(*) AS count FROM card_list WHERE ended_us IS NOT NULL";
    assert_eq!(
        house.count(ended).await,
        2,
        "list 2 was replaced, 3 withdrawn"
    );
    house.on_day(1_825).await;
    assert_eq!(house.term("list_rows").await["due"], 0, "on the last day");
    house.enforce().await;
    assert_eq!(
        house.count("SELECT COUNT(*) AS count FROM card_key").await,
        12
    );
    house.on_day(1_826).await;
    let due = house.term("list_rows").await;
    assert_eq!((&due["due"], &due["held"]), (&json!(6), &json!(0)));
    house.enforce().await;
    // The row that says a payment stays for ten years after the day of its list.
    let left = house.term("list_rows").await;
    let until = house.hall.end_of("2035-10-01".parse().expect("a day"));
    assert_eq!(
        (
            &left["due"],
            &left["held"],
            &left["held_until_us"],
            &left["last"]["destroyed"]
        ),
        (&json!(1), &json!(1), &json!(until.as_us()), &json!(5))
    );
    let told = async |house: &House| {
        let mut read = house.hall.db().read().await.expect("a reader");
        let told = hall::audit::newest(&mut read, "card_term.enforced", "term list_rows").await;
        told.expect("an answer").expect("an entry")
    };
    assert_eq!(told(&house).await, json!({ "destroyed": 5, "held": 1 }));
    // Each part that was destroyed is told of by the transaction that did.
    let audit = house.get("/api/v1/audit?verb=card_term.destroyed").await;
    let audit = audit.is(200).json();
    let parts: Vec<_> = audit["items"].as_array().expect("entries").iter().collect();
    let parts: Vec<_> = parts.iter().map(|it| it["detail"].clone()).collect();
    assert_eq!(
        parts,
        [
            json!({ "list": 3, "destroyed": 3 }),
            json!({ "list": 2, "destroyed": 2 })
        ]
    );
    // Their files have those rows as well; those of others stay.
    let raw = "SELECT COUNT(*) AS count FROM card_list WHERE raw_blob IS NOT NULL \
               AND number IN (1, 4)";
    assert_eq!(house.count(raw).await, 2);
    let raw = "SELECT COUNT(*) AS count FROM card_list WHERE (raw_blob IS NOT NULL \
               OR file_key IS NOT NULL) AND number IN (2, 3)";
    assert_eq!(house.count(raw).await, 0);
    assert_eq!(house.term("raw_copy").await["last"]["destroyed"], 2);
    let waits = "SELECT COUNT(*) AS count FROM card_unsettled";
    assert_eq!(house.count(waits).await, 0, "settled");
    let sealed = "SELECT COUNT(*) AS count FROM card_record WHERE LENGTH(sealed) > 0";
    assert_eq!(house.count(sealed).await, 7);
    // Nothing is found by what they said, and nobody asks for them in vain.
    let index = "SELECT COUNT(*) AS count FROM card_index WHERE list IN (2, 3)";
    assert_eq!(house.count(index).await, 3);
    let words = json!({ "number": nik(2) });
    house
        .post("/api/v1/card/families/search", words)
        .await
        .is(200);
    house.examine(json!({})).await;
    // Once a day, and not once more.
    house.enforce().await;
    assert_eq!(house.term("list_rows").await["last"]["destroyed"], 5);
    let after = until.since(START).as_secs() / DAY.as_secs() + 1;
    house.on_day(u32::try_from(after).expect("few")).await;
    house.enforce().await;
    assert_eq!(
        house
            .count("SELECT COUNT(*) AS count FROM card_key WHERE list IN (2, 3)")
            .await,
        0
    );
    assert_eq!(
        house.count("SELECT COUNT(*) AS count FROM card_key").await,
        6
    );
}

/// A run is cut off behind the last key of a list: what hangs on its rows goes with the next.
async fn cut(db: Db) {
    let mut house = House::new(db).await;
    house.two_editions().await;
    house
        .post("/api/v1/card/lists/3/withdrawal", json!({ "why": "x" }))
        .await
        .is(204);
    house.enforce().await;
    house.on_day(1_826).await;
    // As `one_list` leaves it when the house closes before its end.
    house.change("DELETE FROM card_key WHERE list = 3").await;
    house
        .change(
            "INSERT INTO card_finding (run, list, number, what, family, value, with_list, \
             with_number, further) SELECT 1, 4, 2, 'unknown', by_person, 0, 3, 2, 0 \
             FROM card_run WHERE number = 1",
        )
        .await;
    house
        .change("UPDATE card_list SET hanging = 1 WHERE number = 3")
        .await;
    house.enforce().await;
    let hanging = "SELECT COUNT(*) AS count FROM card_finding WHERE with_list = 3";
    assert_eq!(house.count(hanging).await, 0);
    let left = "SELECT COUNT(*) AS count FROM card_list WHERE hanging IS NOT NULL";
    assert_eq!(house.count(left).await, 0);
}

/// While a list is being adopted nobody knows whom it tells of.
async fn adopting(db: Db) {
    let mut house = House::new(db).await;
    house.two_editions().await;
    house.adopt_a_list().await;
    house
        .post("/api/v1/card/lists/3/withdrawal", json!({ "why": "x" }))
        .await
        .is(204);
    house
        .change("UPDATE card_decision SET state = 'writing', keep_until_us = 0")
        .await;
    let mut read = house.hall.db().read().await.expect("a reader");
    let lists = crate::sql::list::all(&mut read).await.expect("lists");
    for list in lists {
        let rows = crate::sql::record::after(&mut read, list.number, 0, 10);
        let rows = rows.await.expect("rows");
        let held = crate::hold::of_rows(&house.hall, &mut read, &list, &rows);
        assert_eq!(held.await.expect("an answer").len(), rows.len());
    }
    drop(read);
    house.enforce().await;
    house.on_day(3_000).await;
    house.enforce().await;
    assert_eq!(
        house.count("SELECT COUNT(*) AS count FROM card_key").await,
        12
    );
}

async fn held(db: Db) {
    let mut house = House::new(db).await;
    house.two_editions().await;
    let list = house.adopt_a_list().await;
    house.person("kedua", "bansos", None).await;
    let found = json!({ "number": nik(1) });
    let found = house.post("/api/v1/card/families/search", found).await;
    let family = found.is(200).json()["items"][0]["id"].clone();
    let form = json!({ "decision": list, "subject": family, "ground": "x", "by": "y" });
    let made = house
        .post("/api/v1/card/objections", form)
        .await
        .is(201)
        .json();
    let second = house.log_in("kedua").await;
    let answer = format!(
        "/api/v1/card/objections/{}/answer",
        made["id"].as_str().expect("an id")
    );
    let form = Some(json!({ "answer": "rejected", "reason": "z" }));
    house.call(&second, "POST", &answer, form).await.is(200);
    house.enforce().await;
    house.on_day(1_900).await;
    house.enforce().await;
    // Only the newest editions are in the register of that list's examination: the older rows
    // belonged to nobody, so that payments alone hold them.
    let rows = house.term("list_rows").await;
    assert_eq!(
        (&rows["due"], &rows["held"]),
        (&json!(1), &json!(1)),
        "{rows}"
    );
    // What was said against a list that is kept still is held, too.
    house.on_day(3_651).await;
    house.enforce().await;
    let said = house.term("objections").await;
    assert_eq!((&said["due"], &said["held"]), (&json!(1), &json!(1)));
    // Its examination is not the newest any more, and its date is over.
    house.examine(json!({})).await;
    house.on_day(3_670).await;
    assert_eq!(house.term("facts").await["due"], 1);
    let sealed = "SELECT COUNT(*) AS count FROM card_objection WHERE LENGTH(wrapped) > 0";
    assert_eq!(house.count(sealed).await, 1);
    house.enforce().await;
    assert_eq!(house.count(sealed).await, 0);
    let path = format!(
        "/api/v1/card/objections/{}/opening",
        made["id"].as_str().expect("an id")
    );
    let opened = house
        .post(&path, json!({ "purpose": "uji" }))
        .await
        .is(200)
        .json();
    assert_eq!(
        (&opened["state"], &opened["ground"]),
        (&json!("rejected"), &Json::Null)
    );
    let keys = "SELECT COUNT(*) AS count FROM card_run WHERE facts_key IS NOT NULL";
    assert_eq!(house.count(keys).await, 1, "of the newest");
    // The cover is made again all the same: it names the file by its hash.
    let path = format!("/api/v1/card/decisions/{list}");
    let mut read = house.hall.db().read().await.expect("a reader");
    let adopted = crate::sql::decision::find(&mut read, list).await;
    let adopted = adopted.expect("an answer").expect("a list").sha256;
    drop(read);
    let cover = house.get(&format!("{path}/cover")).await.is(200).json();
    assert_eq!(cover["sha256"].as_str(), adopted.as_deref());
    let checked = house
        .post(&format!("{path}/verification"), json!({}))
        .await
        .is(200)
        .json();
    assert_eq!(
        checked["differs"],
        json!([{ "what": "facts", "of": null }]),
        "it says what is not there any more"
    );
}

/// Rows that adopted lists rest on are held by whomever they belonged to then.
async fn behind(db: Db) {
    let mut house = House::new(db).await;
    house.two_editions().await;
    house.adopt_a_list().await;
    // Two lists more take the place of those that the adopted one rests on.
    let source = json!({ "title": "DTSEN baru", "as_of": "2025-12-01" });
    let dtsen = format!("{WHO},desil\n{},1\n", who(1, 1, HERE));
    house.bring("dtsen", &dtsen, source).await;
    let source = json!({ "title": "KPM baru", "as_of": "2025-12-01" });
    let kpm = format!("{WHO}\n{}\n", who(1, 1, HERE));
    house.bring("kpm", &kpm, source).await;
    house.examine(json!({})).await;
    house.enforce().await;
    house.on_day(1_900).await;
    house.enforce().await;
    let rows = house.term("list_rows").await;
    // Of the first edition the payment; of the second all three families, on both lists.
    assert_eq!(
        (&rows["due"], &rows["held"]),
        (&json!(7), &json!(7)),
        "{rows}"
    );
    // Once the date of that list is over they go.
    house.on_day(3_700).await;
    house.enforce().await;
    let rows = house.term("list_rows").await;
    assert_eq!(rows["due"], 0, "{rows}");
    assert_eq!(
        house.count("SELECT COUNT(*) AS count FROM card_key").await,
        2
    );
}

async fn drafts(db: Db) {
    let mut house = House::new(db).await;
    house.two_editions().await;
    let form = json!({ "text": RULES.replace("<=", ">=") });
    house.post("/api/v1/card/programmes", form).await.is(201);
    let begun = house
        .post("/api/v1/card/decisions", json!({ "slug": "pangan" }))
        .await;
    let path = format!("/api/v1/card/decisions/{}", begun.is(201).json()["number"]);
    let form = Some(json!({ "answer": "remove", "reason": "uji" }));
    let ruling = format!("{path}/rulings/desil:fails");
    house.call(&house.admin, "PUT", &ruling, form).await.is(200);
    let found = json!({ "number": nik(1) });
    let found = house.post("/api/v1/card/families/search", found).await;
    let family = found.is(200).json()["items"][0]["id"].clone();
    let form = json!({ "subject": family, "answer": "include", "reason": "rumahnya terbakar" });
    let made = house
        .post(&format!("{path}/exceptions"), form)
        .await
        .is(201)
        .json();
    let one = format!("{path}/exceptions/{}", made["id"].as_str().expect("an id"));
    house.call(&house.admin, "DELETE", &one, None).await.is(204);
    house
        .call(&house.admin, "DELETE", &path, None)
        .await
        .is(204);
    house.on_day(366).await;
    assert_eq!(house.term("drafts").await["due"], 1);
    house.enforce().await;
    let rulings = "SELECT COUNT(*) AS count FROM card_ruling";
    assert_eq!(house.count(rulings).await, 0);
    assert_eq!(house.term("drafts").await["last"]["destroyed"], 1);
    let reasons = "SELECT COUNT(*) AS count FROM card_exception WHERE LENGTH(wrapped) > 0";
    assert_eq!(house.count(reasons).await, 1);
    house.on_day(3_651).await;
    house.enforce().await;
    assert_eq!(house.count(reasons).await, 0);
    let all = "SELECT COUNT(*) AS count FROM card_exception";
    assert_eq!(house.count(all).await, 1);
}

async fn changed(db: Db) {
    let mut house = House::new(db).await;
    house.two_editions().await;
    house.enforce().await;
    house.person("pengawas", "pengawas", None).await;
    house.person("desa", "bansos", Some(HERE)).await;
    house.on_day(800).await;
    let (auditor, here) = (house.log_in("pengawas").await, house.log_in("desa").await);
    house.call(&auditor, "GET", TERMS, None).await.is(200);
    house.call(&here, "GET", TERMS, None).await.is(403);
    let put = async |who: &str, what: &str, days: i64, due: i64| {
        let path = format!("{TERMS}/{what}");
        let form = json!({ "days": days, "reason": "keputusan dinas", "due": due });
        house.call(who, "PUT", &path, Some(form)).await
    };
    // What another term would destroy is looked at by whoever reads, and changes nothing.
    let look = async |who: &str, what: &str, days: i64| {
        let path = format!("{TERMS}/{what}/preview?days={days}");
        house.call(who, "GET", &path, None).await
    };
    let seen = look(&auditor, "list_rows", 700).await.is(200).json();
    assert_eq!(
        seen,
        json!({ "what": "list_rows", "days": 700, "due": 6, "held": 0 })
    );
    look(&here, "list_rows", 700).await.is(403);
    assert_eq!(
        look(&auditor, "lain", 700).await.is(404).slug(),
        "card-term"
    );
    for (what, days) in [("list_rows", 364), ("raw_copy", 900)] {
        let refused = look(&auditor, what, days).await.is(422).json();
        assert_eq!(refused["errors"][0]["field"], "days", "{what}");
    }
    assert_eq!(house.term("list_rows").await["days"], 1_825);
    put(&auditor, "list_rows", 700, 6).await.is(403);
    put(&here, "list_rows", 700, 6).await.is(403);
    let admin = house.admin.as_str();
    for (what, days) in [
        ("list_rows", 364),
        ("list_rows", 40_000),
        ("raw_copy", 900),
        ("facts", 900),
    ] {
        let refused = put(admin, what, days, 0).await.is(422).json();
        assert_eq!(refused["errors"][0]["field"], "days", "{what}");
    }
    assert_eq!(put(admin, "lain", 700, 0).await.is(404).slug(), "card-term");
    let wrong = put(admin, "list_rows", 700, 0).await.is(409);
    assert_eq!(wrong.slug(), "card-count");
    assert_eq!(wrong.json()["errors"][0]["detail"], "6");
    let view = put(admin, "list_rows", 700, 6).await.is(200).json();
    assert_eq!((&view["days"], &view["due"]), (&json!(700), &json!(6)));
    assert_eq!(house.term("list_rows").await, view);
    let mut read = house.hall.db().read().await.expect("a reader");
    let told = hall::audit::newest(&mut read, "card_term.changed", "term list_rows").await;
    assert_eq!(
        told.expect("an answer"),
        Some(json!({ "days": 700, "was": 1_825, "reason": "keputusan dinas", "due": 6 }))
    );
    drop(read);
    // What is past the new term goes with the next run.
    house.enforce().await;
    assert_eq!(house.term("list_rows").await["last"]["destroyed"], 5);
}

on_both! {
    an_empty_house_has_nothing_to_let_go: empty;
    rows_of_lists_that_ended_go_and_payments_stay: rows;
    what_hangs_on_rows_of_a_run_that_was_cut_off_goes_with_the_next: cut;
    while_a_list_is_adopted_nothing_is_destroyed: adopting;
    what_an_adopted_list_rests_on_stays_until_its_date: held;
    rows_behind_an_adopted_list_stay: behind;
    what_was_ruled_and_dropped_goes: drafts;
    a_term_is_changed_by_whoever_knows_what_that_destroys: changed;
}
