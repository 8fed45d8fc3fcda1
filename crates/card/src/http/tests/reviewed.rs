//! Pairs that people are asked about, and what their words do to who is who.

use super::decided::{RULES, tally};
use super::*;

/// Six people in DTSEN and on the running list; the last one is on DTSEN only.
async fn house(db: Db) -> House {
    let house = House::new(db).await;
    let rows = (1..=7).map(|it| format!("{},1\n", who(it, it, HERE)));
    let dtsen = format!("{WHO},desil\n{}", rows.collect::<String>());
    house
        .bring("dtsen", &dtsen, json!({ "title": "DTSEN uji" }))
        .await;
    let rows = (1..=6).map(|it| format!("{}\n", who(it, it, HERE)));
    let kpm = format!("{WHO}\n{}", rows.collect::<String>());
    house
        .bring("kpm", &kpm, json!({ "title": "KPM uji" }))
        .await;
    house.examine(json!({})).await;
    house
}

impl House {
    async fn persons(&self) -> i64 {
        let runs = self.get("/api/v1/card/runs").await.is(200).json();
        runs["items"][0]["result"]["persons"]
            .as_i64()
            .expect("a number")
    }

    /// All pairs, whatever their state.
    async fn pairs(&self) -> Vec<Json> {
        let found = self
            .get("/api/v1/card/pairs?limit=1000")
            .await
            .is(200)
            .json();
        assert_eq!(found["next"], Json::Null);
        found["items"].as_array().expect("pairs").clone()
    }

    async fn says(&self, cookie: &str, id: &str, answer: &str) -> Json {
        let path = format!("/api/v1/card/pairs/{id}/answer");
        let form = Some(json!({ "answer": answer }));
        self.call(cookie, "POST", &path, form).await.is(200).json()
    }

    async fn takes_back(&self, cookie: &str, id: &str, whose: &str) -> Answer {
        let path = format!("/api/v1/card/pairs/{id}/answer{whose}");
        self.call(cookie, "DELETE", &path, None).await
    }

    async fn family_at(&self, person: u32) -> String {
        let search = json!({ "number": nik(person) });
        let found = self.post("/api/v1/card/families/search", search).await;
        found.is(200).json()["items"][0]["id"].to_string()
    }
}

/// The pair of a row of DTSEN and one of the running list.
fn between(dtsen: u32, kpm: u32) -> String {
    // The headings are the first row.
    format!("1.{}-2.{}", dtsen + 1, kpm + 1)
}

async fn whole(db: Db) {
    let house = house(db).await;
    assert_eq!(house.persons().await, 7);
    let pairs = house.pairs().await;
    let own = between(1, 1);
    let pair = pairs
        .iter()
        .find(|it| it["id"] == *own)
        .expect("it is sampled");
    assert_eq!(
        (&pair["state"], &pair["pays"]),
        (&json!("open"), &json!(true)),
        "{pair}"
    );
    assert_eq!(
        (&pair["joined"], &pair["sampled"]),
        (&json!(true), &json!(true)),
        "{pair}"
    );
    assert!(!pair.to_string().contains(&nik(1)), "{pair}");
    let opened = json!({ "ids": [own], "purpose": "uji" });
    let opened = house
        .post("/api/v1/card/pairs/opening", opened)
        .await
        .is(200)
        .json();
    assert_eq!(opened["items"][0]["left_says"]["nik"], nik(1));
    let evidence = opened["items"][0]["evidence"]
        .as_array()
        .expect("fields")
        .iter();
    let nik_says = evidence
        .clone()
        .find(|it| it["field"] == "nik")
        .expect("a field");
    assert_eq!(nik_says["says_id"], "sama");
    // A payment hangs on it: one word does nothing, and is not shown to whoever is second.
    let before = house.family_at(1).await;
    let first = house.admin.clone();
    let said = house.says(&first, &own, "different").await;
    assert_eq!(
        (&said["state"], &said["counts"]),
        (&json!("waiting"), &Json::Null)
    );
    house.examine(json!({})).await;
    assert_eq!(house.persons().await, 7);
    let second = house.person("kedua", "bansos", None).await;
    let path = "/api/v1/card/pairs?state=waiting";
    let seen = house.call(&second, "GET", path, None).await.is(200).json();
    assert_eq!(seen["items"][0]["words"][0]["answer"], Json::Null, "{seen}");
    let summary = "/api/v1/card/pairs/summary";
    let waits = house.get(summary).await.is(200).json();
    let sum = |of: &Json, what: &str| {
        let rows = of["sample_rest"].as_array().expect("rows");
        rows.iter()
            .map(|it| it[what].as_u64().expect("a number"))
            .sum::<u64>()
    };
    assert_eq!(sum(&waits, "another"), 1, "{waits}");
    assert_eq!(waits["reviewers"].as_array().map(Vec::len), Some(1));
    // A file of all of them says nothing of anybody, and nothing too early.
    let path = "/api/v1/card/pairs?format=csv";
    let file = house.call(&second, "GET", path, None).await.is(200).text();
    let lines: Vec<&str> = file.trim_end().lines().collect();
    assert_eq!(lines.len(), house.pairs().await.len() + 1, "{file}");
    let line = lines
        .iter()
        .find(|it| it.starts_with(&own))
        .expect("its line");
    assert!(
        line.contains("belum diperlihatkan (") && !line.contains("different"),
        "{line}"
    );
    for told in ["KAMELOH", nik(1).as_str(), kk(1).as_str(), "TAMBUN"] {
        assert!(!file.contains(told), "{told}");
    }
    let said = house.says(&second, &own, "different").await;
    assert_eq!(
        (&said["state"], &said["counts"]),
        (&json!("settled"), &json!("different"))
    );
    let told = house.get(summary).await.is(200).json();
    assert_eq!(sum(&told, "another"), 0, "{told}");
    assert_eq!(sum(&told, "open"), sum(&waits, "open"), "{told}");
    let reviewers = told["reviewers"].as_array().expect("people");
    assert!(
        reviewers
            .iter()
            .all(|it| it["pairs"] == 1 && it["sampled"] == 1),
        "{told}"
    );
    assert_eq!(reviewers.len(), 2, "{told}");
    assert_eq!(told["agreed"], json!({ "both": 1, "agree": 1 }));
    // The clock stands still here: both were said when it began, or later.
    assert_eq!(told["not_yet_counted"], 2, "{told}");
    house.examine(json!({})).await;
    assert_eq!(house.persons().await, 8);
    // Taken back, it is as if nobody had said it, and the family is who it was.
    house.takes_back(&first, &own, "?by=all").await.is(200);
    house.takes_back(&first, &own, "").await.is(404);
    house.examine(json!({})).await;
    assert_eq!(house.persons().await, 7);
    assert_eq!(house.family_at(1).await, before);
}

/// Two rows of two persons are said to be one person's, and parted again.
async fn joined(db: Db) {
    let house = house(db).await;
    let pairs = house.pairs().await;
    let apart = |it: &&Json| it["joined"] == false && it["pays"] == true;
    let pair = pairs.iter().find(apart).expect("one is compared");
    let id = pair["id"].as_str().expect("an id");
    let second = house.person("kedua", "bansos", None).await;
    let first = house.admin.clone();
    house.says(&first, id, "same").await;
    let said = house.says(&second, id, "different").await;
    assert_eq!(said["state"], "disputed");
    let told = house.get("/api/v1/card/pairs/summary").await.is(200).json();
    assert_eq!(told["agreed"], json!({ "both": 1, "agree": 0 }));
    house.examine(json!({})).await;
    assert_eq!(house.persons().await, 7);
    let said = house.says(&second, id, "same").await;
    assert_eq!(said["counts"], "same");
    house.examine(json!({})).await;
    assert_eq!(house.persons().await, 6);
    let joined = house.pairs().await;
    let pair = joined
        .iter()
        .find(|it| it["id"] == *id)
        .expect("it is asked about still");
    assert_eq!(pair["joined"], true);
    house.takes_back(&second, id, "").await.is(200);
    house.takes_back(&first, id, "").await.is(200);
    house.examine(json!({})).await;
    assert_eq!(house.persons().await, 7);
}

/// Whoever examines says how sure it has to be, where the sample can tell what comes of it.
async fn surer(db: Db) {
    let house = house(db).await;
    let summary = "/api/v1/card/pairs/summary";
    let told = house.get(summary).await.is(200).json();
    assert_eq!(told["threshold"], 0.5);
    for wrong in [0.7, 0.1, 1.0, -0.5] {
        let refused = json!({ "threshold": wrong });
        let refused = House::post(&house, "/api/v1/card/runs", refused).await;
        let refused = refused.is(422).json();
        assert_eq!(refused["errors"][0]["field"], "threshold", "{wrong}");
    }
    // Of somebody the running list writes less, and some of it otherwise.
    let mut slip = who(1, 1, HERE);
    for (written, otherwise) in [
        (nik(1), ""),
        (kk(1), ""),
        ("1975-06-14".to_owned(), "1975-06-15"),
        ("KAMELOH USOP".to_owned(), ""),
        ("TAMBUN BUNGAI".to_owned(), "T BUNGAI"),
    ] {
        slip = slip.replace(&written, otherwise);
    }
    let kpm = format!("{WHO}\n{slip}\n");
    let source = json!({ "title": "KPM baru", "as_of": "2027-01-01" });
    house.bring("kpm", &kpm, source).await;
    let joined = async |house: &House| {
        let pairs = house.pairs().await;
        let mut pairs = pairs.into_iter();
        let pair = pairs.find(|it| it["id"] == "1.2-3.2").expect("compared");
        pair["joined"] == true
    };
    house.examine(json!({})).await;
    assert!(joined(&house).await);
    assert_eq!(house.persons().await, 7);
    house.examine(json!({ "threshold": 0.999 })).await;
    assert!(!joined(&house).await);
    assert_eq!(house.persons().await, 8);
    let told = house.get(summary).await.is(200).json();
    assert_eq!(told["threshold"], 0.999);
}

impl House {
    /// Where a subject stands on a list, by its id; none: it is not known there.
    async fn stands(&self, list: i64, subject: &str) -> Option<(String, String)> {
        let path = format!("/api/v1/card/decisions/{list}/subjects/{subject}");
        let found = self.get(&path).await;
        if found.status == 404 {
            return None;
        }
        let found = found.is(200).json();
        let word = |of: &str| found[of].as_str().expect("a word").to_owned();
        Some((word("before"), word("verdict")))
    }

    /// The numbers of the adopted lists that tell of a family.
    async fn lists_of(&self, family: &str) -> Vec<i64> {
        let path = format!("/api/v1/card/families/{family}/decisions");
        let found = self.get(&path).await.is(200).json();
        let items = found["items"].as_array().expect("lists").iter();
        items
            .map(|it| it["number"].as_i64().expect("a number"))
            .collect()
    }

    /// Whether a list is as it was adopted, and how many rows it has.
    async fn is_sound(&self, list: i64) -> (bool, i64) {
        let path = format!("/api/v1/card/decisions/{list}/verification");
        let found = self.post(&path, json!({})).await.is(200).json();
        let is_sound = found["is_sound"] == true && found["count"] == 0;
        (is_sound, found["rows"].as_i64().expect("a number"))
    }
}

/// Two families are said to be one person's and receive once; they are parted again, and the
/// next list tells what happened, while the one before stays what it was.
async fn story(db: Db) {
    let house = house(db).await;
    // Nothing is asked of other aid, of which no list came in.
    let rules = RULES.replace(
        "kolom = \"bantuan\", op = \"ada\", nilai = [\"PKH\"]",
        "kolom = \"anggota\", op = \">\", nilai = 20",
    );
    house
        .post("/api/v1/card/programmes", json!({ "text": rules }))
        .await
        .is(201);
    let pairs = house.pairs().await;
    let apart = |it: &&Json| it["joined"] == false && it["pays"] == true;
    let pair = pairs.iter().find(apart).expect("one is compared");
    let id = pair["id"].as_str().expect("an id");
    let rows: Vec<u32> = id
        .split('-')
        .filter_map(|row| row.split_once('.')?.1.parse().ok())
        .collect();
    let [one, other] = [rows[0] - 1, rows[1] - 1];
    let was = [house.family_of(one).await, house.family_of(other).await];
    assert_ne!(was[0], was[1]);

    // Two agree that they are one: six families of seven, five of them on the running list.
    let second = house.person("kedua", "bansos", None).await;
    let first = house.admin.clone();
    house.says(&first, id, "same").await;
    house.says(&second, id, "same").await;
    house.examine(json!({})).await;
    let joined = house.family_of(one).await;
    assert_eq!(joined, house.family_of(other).await);
    assert!(was.contains(&joined), "who they were: {joined} of {was:?}");
    let draft = house.draft().await;
    assert_eq!(
        (tally(&draft["before"])[0], tally(&draft["now"])[0]),
        (5, 6),
        "{draft}"
    );
    house.adopt(1, 6).await;
    let gone = was.iter().find(|it| **it != joined).expect("the other");
    let included = |before: &str| Some((before.to_owned(), "included".to_owned()));
    assert_eq!(house.stands(1, &joined).await, included("included"));
    assert_eq!(house.stands(1, gone).await, None);

    // They take it back: the next list lets one of them in.
    house.takes_back(&second, id, "").await.is(200);
    house.takes_back(&first, id, "").await.is(200);
    house.examine(json!({})).await;
    let now = [house.family_of(one).await, house.family_of(other).await];
    assert_ne!(now[0], now[1]);
    assert!(now.contains(&joined), "one of them is who both were");
    let entered = now.iter().find(|it| **it != joined).expect("the other");
    // An id that was given up is nobody's again: what lists before both say of it stays true.
    assert_ne!(entered, gone);
    let draft = house.draft().await;
    assert_eq!(draft["baseline"]["number"], 1);
    assert_eq!(
        (tally(&draft["before"])[0], tally(&draft["now"])[0]),
        (6, 7),
        "{draft}"
    );
    assert_eq!(draft["groups"], json!([]), "nobody leaves by it");
    house.adopt(2, 7).await;
    let changes = house.get("/api/v1/card/decisions/2/changes").await;
    let changes = changes.is(200).json();
    let rows = changes["items"].as_array().expect("rows");
    let subjects: Vec<_> = rows.iter().map(|row| &row["subject"]).collect();
    assert_eq!(subjects, [entered], "{changes}");
    assert_eq!(
        (&rows[0]["before"], &rows[0]["verdict"]),
        (&json!("excluded"), &json!("included"))
    );
    assert_eq!(house.stands(2, &joined).await, included("included"));
    assert_eq!(house.stands(2, entered).await, included("excluded"));
    // The first list still says what it said.
    assert_eq!(house.stands(1, &joined).await, included("included"));
    assert_eq!(house.stands(1, entered).await, None);
    assert_eq!(house.lists_of(&joined).await, [2, 1]);
    assert_eq!(house.lists_of(entered).await, [2]);
    assert_eq!(house.is_sound(1).await, (true, 6));
    assert_eq!(house.is_sound(2).await, (true, 7));
}

/// Who sees a part of the province sees the pairs of it, and says nothing.
async fn rights(db: Db) {
    let house = house(db).await;
    let id = between(2, 2);
    let answer = || Some(json!({ "answer": "same" }));
    let path = format!("/api/v1/card/pairs/{id}/answer");
    let here = house.person("desa", "bansos", Some(HERE)).await;
    let there = house.person("jauh", "bansos", Some(THERE)).await;
    house.call(&here, "POST", &path, answer()).await.is(403);
    let seen = async |cookie: &str| {
        let found = house.call(cookie, "GET", "/api/v1/card/pairs", None).await;
        found.is(200).json()["items"]
            .as_array()
            .expect("pairs")
            .len()
    };
    assert!(seen(&here).await > 0);
    assert_eq!(seen(&there).await, 0);
    let form = Some(json!({ "ids": [id], "purpose": "uji" }));
    let opened = house
        .call(&there, "POST", "/api/v1/card/pairs/opening", form)
        .await;
    assert_eq!(opened.is(200).json()["items"], json!([]));
    for wrong in ["1.2", "2.2-1.2", "x", "9.9-9.99"] {
        let path = format!("/api/v1/card/pairs/{wrong}/answer");
        let refused = house
            .call(&house.admin, "POST", &path, answer())
            .await
            .is(404);
        assert_eq!(refused.slug(), "card-pair");
    }
    let many = json!({ "ids": vec![id; 21], "purpose": "uji" });
    house.post("/api/v1/card/pairs/opening", many).await.is(422);
}

/// Two who decide one pair in the same moment: no word is lost, and none counts twice.
async fn at_once(db: Db) {
    let house = house(db).await;
    let (first, second) = (
        house.admin.clone(),
        house.person("kedua", "bansos", None).await,
    );
    let says = async |cookie: &str, id: &str, answer: &str| {
        let path = format!("/api/v1/card/pairs/{id}/answer");
        house
            .call(cookie, "POST", &path, Some(json!({ "answer": answer })))
            .await
    };
    let state = async |id: &str| {
        let pairs = house.pairs().await;
        let pair = pairs
            .into_iter()
            .find(|it| it["id"] == *id)
            .expect("a pair");
        let words = pair["words"].as_array().map_or(0, Vec::len);
        (pair["state"].clone(), words)
    };
    // Both mean the same.
    let id = between(1, 1);
    let (one, other) = tokio::join!(
        says(&first, &id, "different"),
        says(&second, &id, "different")
    );
    assert_eq!((one.status, other.status), (200, 200));
    assert_eq!(state(&id).await, (json!("settled"), 2));
    // Each means something else: nothing is settled by whoever was first.
    let id = between(2, 2);
    let (one, other) = tokio::join!(says(&first, &id, "same"), says(&second, &id, "different"));
    assert_eq!((one.status, other.status), (200, 200));
    let (seen, words) = state(&id).await;
    assert_eq!(words, 2);
    assert_ne!(seen, json!("settled"));
    // One who presses twice has said one word.
    let id = between(3, 3);
    let (one, other) = tokio::join!(
        says(&first, &id, "different"),
        says(&first, &id, "different")
    );
    assert!(one.status < 500 && other.status < 500);
    let (seen, words) = state(&id).await;
    assert_eq!((seen, words), (json!("waiting"), 1));
}

on_both! {
    two_part_what_was_joined_and_take_it_back: whole;
    two_who_decide_at_once_lose_no_word: at_once;
    two_join_what_was_apart_and_take_it_back: joined;
    who_examines_says_how_sure_it_has_to_be: surer;
    what_is_joined_and_parted_is_told_by_each_list: story;
    pairs_are_seen_where_they_lie: rights;
}
