//! The annex of a list as a whole: asked for, granted by a second person, taken.

use std::time::Duration;

use store::blob::Sha256;

use super::decided;
use super::*;

const EXPORTS: &str = "/api/v1/card/exports";

/// The octets of a line that is the last, and those before it.
fn last(octets: &[u8]) -> (Vec<u8>, String) {
    let end = octets.len() - 2;
    let from = octets[..end].iter().rposition(|it| *it == b'\n');
    let from = from.map_or(0, |at| at + 1);
    let line = String::from_utf8_lossy(&octets[from..end]).into_owned();
    (octets[..from].to_vec(), line)
}

impl House {
    async fn ask(&self, cookie: &str, number: i64) -> Answer {
        let path = format!("/api/v1/card/decisions/{number}/exports");
        let form = Some(json!({ "purpose": "uji banding" }));
        self.call(cookie, "POST", &path, form).await
    }

    async fn export(&self, cookie: &str, number: i64, what: &str) -> Answer {
        let path = format!("{EXPORTS}/{number}/{what}");
        self.call(cookie, "POST", &path, None).await
    }

    async fn told(&self, number: i64) -> Json {
        self.get(&format!("{EXPORTS}/{number}"))
            .await
            .is(200)
            .json()
    }

    /// The newest entries of the audit: verbs and details.
    async fn audited(&self, most: usize) -> Vec<(String, Json)> {
        let path = format!("/api/v1/audit?limit={most}");
        let audit = self.get(&path).await.is(200).json();
        let items = audit["items"].as_array().expect("entries").iter();
        let told = items.map(|it| {
            let verb = it["verb"].as_str().expect("a verb").to_owned();
            (verb, it["detail"].clone())
        });
        told.collect()
    }

    async fn alter(&self, statement: &'static str) {
        let mut tx = self.hall.db().write().await.expect("a writer");
        tx.execute(statement, store::params![])
            .await
            .expect("changed");
        tx.commit().await.expect("changed");
    }
}

/// One asks, another grants, the first takes it three times at most.
async fn whole(db: Db) {
    let house = decided::house(db).await;
    let list = decided::first(&house).await;
    let second = house.person("kedua", "bansos", None).await;
    let part = house.person("desa", "bansos", Some(HERE)).await;
    house.ask(&part, list).await.is(403);
    house.ask(&second, 9).await.is(404);
    let path = format!("/api/v1/card/decisions/{list}/exports");
    house.post(&path, json!({ "purpose": " " })).await.is(422);
    let asked = house.ask(&house.admin, list).await.is(201).json();
    assert_eq!(
        (&asked["number"], &asked["state"], &asked["rows"]),
        (&json!(1), &json!("asked"), &json!(3)),
        "{asked}"
    );
    assert_eq!(asked["purpose"], "uji banding");
    assert_eq!(asked["answered"], Json::Null);

    // Nobody grants it to himself, and nobody takes what is not granted.
    let refused = house.export(&house.admin, 1, "grant").await.is(409);
    assert_eq!(refused.slug(), "card-second-person");
    house.export(&part, 1, "grant").await.is(403);
    let refused = house.export(&house.admin, 1, "file").await.is(409);
    assert_eq!(refused.slug(), "card-export-closed");
    let granted = house.export(&second, 1, "grant").await.is(200).json();
    assert_eq!(granted["state"], "granted");
    assert_eq!(granted["answered"]["by_name"], "kedua");
    let day = 24 * 3_600 * 1_000_000;
    assert_eq!(granted["until_us"], START.as_us() + day);
    for what in ["grant", "refusal"] {
        let again = house.export(&second, 1, what).await.is(409);
        assert_eq!(again.slug(), "card-export-answered");
    }
    house.export(&second, 1, "file").await.is(403);
    house.export(&second, 2, "grant").await.is(404);

    let file = house.export(&house.admin, 1, "file").await.is(200);
    let text = file.text();
    let lines: Vec<&str> = text.trim_end().split("\r\n").collect();
    assert!(lines[0].ends_with(",baris asal,tanda salinan"), "{text}");
    assert_eq!(lines.len(), 5, "{text}");
    let mark = format!(
        ",ekspor 1; {}; 2025-12-01",
        asked["by_name"].as_str().expect("a name")
    );
    assert!(lines[1..].iter().all(|it| it.ends_with(&mark)), "{text}");
    assert!(text.contains(NAMES[0]) && !text.contains(&nik(1)), "{text}");
    let (before, end) = last(&file.octets);
    let hash = Sha256::of(&before);
    assert!(end.starts_with("UTUH,3,"), "{end}");
    assert!(end.contains(hash.as_str()), "{end}");
    // Lines are those of the parts that the cover names.
    let form = json!({ "area": HERE, "purpose": "uji" });
    let path = format!("/api/v1/card/decisions/{list}/annexes");
    let annex = house.post(&path, form).await.is(200).text();
    for line in annex.lines().skip(1) {
        assert!(text.contains(line), "{line}");
    }
    assert_eq!(house.told(1).await["state"], "taken");
    let audit = house.audited(30).await;
    let of = |verb: &str| {
        let found = audit.iter().find(|it| it.0 == verb);
        found
            .unwrap_or_else(|| panic!("{verb} in {audit:?}"))
            .1
            .clone()
    };
    for verb in [
        "card_export.asked",
        "card_export.granted",
        "card_export.taken",
    ] {
        assert_eq!(of(verb)["rows"], 3);
    }
    // What for stands with the export: it may name people, and the audit is kept for good.
    assert!(
        audit.iter().all(
            |it| !it.1.to_string().contains("uji banding") || !it.0.starts_with("card_export.")
        )
    );
    let looks = house.get("/api/v1/card/looks?what=card_export.taken").await;
    assert_eq!(looks.is(200).json()["items"][0]["purpose"], "uji banding");
    for time in 2..=3 {
        house.export(&house.admin, 1, "file").await.is(200);
        assert_eq!(house.told(1).await["taken"], time);
    }
    assert_eq!(house.told(1).await["state"], "ended");
    house.export(&house.admin, 1, "file").await.is(409);

    // What nobody took in time is over; what was refused stays refused.
    house.ask(&second, list).await.is(201);
    house.export(&house.admin, 2, "grant").await.is(200);
    house.ask(&second, list).await.is(201);
    let refused = house
        .export(&house.admin, 3, "refusal")
        .await
        .is(200)
        .json();
    assert_eq!(
        (&refused["state"], &refused["until_us"]),
        (&json!("refused"), &Json::Null)
    );
    house.export(&second, 3, "file").await.is(409);
    house.hall.clock().turn(Duration::from_secs(24 * 3_600));
    let second = house.log_in("kedua").await;
    let late = house.export(&second, 2, "file").await.is(409);
    assert_eq!(late.slug(), "card-export-closed");
    let auditor = house.log_in("admin").await;
    let all = house
        .call(&auditor, "GET", EXPORTS, None)
        .await
        .is(200)
        .json();
    let states: Vec<_> = all["items"].as_array().expect("rows").iter().collect();
    let states: Vec<_> = states.iter().map(|it| it["state"].as_str()).collect();
    assert_eq!(states, [Some("refused"), Some("ended"), Some("ended")]);
    let one = format!("{EXPORTS}?decision={list}&limit=1&cursor=3");
    let page = house.call(&auditor, "GET", &one, None).await.is(200).json();
    assert_eq!(page["items"][0]["number"], 2);
    assert_eq!(page["next"], "2");
}

/// What is not what was adopted is not handed out, and the file says so.
async fn altered(db: Db) {
    let house = decided::house(db).await;
    let list = decided::first(&house).await;
    let second = house.person("kedua", "bansos", None).await;
    house.ask(&house.admin, list).await.is(201);
    house.export(&second, 1, "grant").await.is(200);
    // The village that comes last.
    house
        .alter("UPDATE card_judged SET verdict = 'held' WHERE area_code = '62.11.05.2004'")
        .await;
    let file = house.export(&house.admin, 1, "file").await.is(200);
    let (before, end) = last(&file.octets);
    let before = String::from_utf8(before).expect("text");
    assert_eq!(before.lines().count(), 3, "{before}");
    assert!(
        before.contains(NAMES[0]) && !before.contains(NAMES[1]),
        "{before}"
    );
    assert!(end.starts_with("TIDAK UTUH,2,62.11.05.2004,"), "{end}");
    assert!(!file.text().contains("\r\nUTUH,"), "{end}");
    let audit = house.audited(1).await;
    let detail = json!({ "decision": list, "area": "62.11.05.2004", "rows": 2,
        "problem": "card-annex-altered" });
    assert_eq!(audit, [("card_export.broken".to_owned(), detail)]);
    // A cover that is another hands nothing out, and nothing was taken.
    house.alter("UPDATE card_part SET rows = rows + 1").await;
    let refused = house.export(&house.admin, 1, "file").await.is(409);
    assert_eq!(refused.slug(), "card-annex-altered");
    assert_eq!(house.told(1).await["taken"], 1);
}

on_both! {
    a_whole_annex_is_granted_by_a_second_person: whole;
    what_is_altered_is_not_handed_out: altered;
}
