//! What a draft warns of, what is told of those who are not known any more, and of a list
//! that was not adopted.

use super::decided::{RULES, tally};
use super::*;

const DRAFTS: &str = "/api/v1/card/decisions";

/// Whether somebody called a head is asked for, as the examples of the house do.
const HEAD: &str = r#"
[[aturan]]
id = "kepala"
jenis = "syarat"
nama = "Kepala keluarganya disebut di suatu daftar"
jika = { salah_satu = [
  { kolom = "kepala_hidup", op = "ya" },
  { kolom = "kepala_hidup", op = "tidak" },
] }
"#;

/// Families of one each: the second is called nobody's head, and the third has a decile.
fn dtsen(third: &str) -> String {
    let child = who(2, 2, HERE).replace("KEPALA", "ANAK");
    let (first, last) = (who(1, 1, HERE), who(3, 3, THERE));
    format!("{WHO},desil\n{first},1\n{child},1\n{last},{third}\n")
}

async fn house(db: Db) -> House {
    let house = House::new(db).await;
    let source = json!({ "title": "DTSEN uji", "owner": "BPS", "as_of": "2025-11-01" });
    house.bring("dtsen", &dtsen("5"), source).await;
    let aided = format!("{WHO},program\n{},PKH\n", who(8, 8, HERE));
    house
        .bring("bansos", &aided, json!({ "title": "PKH uji" }))
        .await;
    let kpm = format!("{WHO}\n{}\n", who(1, 1, HERE));
    house
        .bring("kpm", &kpm, json!({ "title": "KPM uji" }))
        .await;
    house.examine(json!({})).await;
    house
        .post("/api/v1/card/programmes", json!({ "text": RULES }))
        .await
        .is(201);
    house
}

impl House {
    async fn verified(&self, number: i64) -> Json {
        let path = format!("{DRAFTS}/{number}/verification");
        self.post(&path, json!({})).await.is(200).json()
    }
}

/// Whoever would receive and is no known head's family is counted where rules do not ask.
async fn headless(db: Db) {
    let house = house(db).await;
    let asking = format!("{RULES}{HEAD}");
    let persons = RULES.replace("\"keluarga\"", "\"orang\"");
    for (text, headless) in [
        (RULES, json!(1)),
        (&asking, Json::Null),
        (&persons, Json::Null),
    ] {
        let path = "/api/v1/card/simulations";
        let tried = house.post(path, json!({ "text": text })).await.is(200);
        assert_eq!(tried.json()["headless"], headless);
    }
    let here = house.person("desa", "bansos", Some(THERE)).await;
    let form = Some(json!({ "text": RULES }));
    let path = "/api/v1/card/simulations";
    let tried = house.call(&here, "POST", path, form).await.is(200).json();
    assert_eq!(tried["headless"], 0, "{tried}");
    let draft = house.draft().await;
    assert_eq!(
        (tally(&draft["now"])[0], &draft["headless"]),
        (2, &json!(1))
    );
    let list = house.adopt(1, 2).await;
    assert_eq!(list["headless"], 1);
    let all = house.get(DRAFTS).await.is(200).json();
    assert_eq!(all["items"][0]["headless"], 1);
    assert_eq!(house.verified(1).await["is_sound"], true);
    house.change("UPDATE card_decision SET headless = 0").await;
    assert_eq!(house.verified(1).await["differs"][0]["what"], "tally");
    // Lists that were adopted before anybody counted are as sound as they were.
    house
        .change("UPDATE card_decision SET headless = NULL")
        .await;
    assert_eq!(house.verified(1).await["is_sound"], true);
}

/// Who was out by a rule and is not known now is told, with the rule.
async fn unsure(db: Db) {
    let house = house(db).await;
    house.draft().await;
    house.adopt(1, 2).await;
    let source = json!({ "title": "DTSEN baru", "owner": "BPS", "as_of": "2025-11-20" });
    house.bring("dtsen", &dtsen(""), source).await;
    house.examine(json!({})).await;
    let draft = house.draft().await;
    assert_eq!(tally(&draft["now"])[..4], [2, 0, 1, 1], "{draft}");
    let third = house.family_of(3).await;
    let told = async |house: &House, filter: &str| {
        let path = format!("{DRAFTS}/2/changes{filter}");
        let found = house.get(&path).await.is(200).json();
        found["items"].as_array().expect("rows").clone()
    };
    for is_adopted in [false, true] {
        if is_adopted {
            house.adopt(2, 2).await;
        }
        for filter in ["", "?change=unsure", "?change=any"] {
            let rows = told(&house, filter).await;
            assert_eq!(rows.len(), 1, "{rows:?}");
            let row = &rows[0];
            assert_eq!(row["subject"], *third);
            assert_eq!(
                (&row["before"], &row["verdict"]),
                (&json!("excluded"), &json!("unknown"))
            );
            assert_eq!(
                (&row["rule"], &row["truth"]),
                (&json!("desil"), &json!("unknown"))
            );
            let change = &row["changes"][0];
            assert_eq!(
                (&change["rule"], &change["before"], &change["now"]),
                (&json!("desil"), &json!("fails"), &json!("unknown"))
            );
        }
        for filter in ["?change=enters", "?change=leaves"] {
            assert_eq!(told(&house, filter).await, Vec::<Json>::new());
        }
    }
    let file = house.get(&format!("{DRAFTS}/2/changes?format=csv")).await;
    let file = file.is(200).text();
    assert!(file.contains("tidak masuk,belum diketahui"), "{file}");
    assert_eq!(house.verified(2).await["is_sound"], true);
}

/// Why a list was not adopted is told until it is begun again.
async fn failed(db: Db) {
    let house = house(db).await;
    let draft = house.draft().await;
    assert_eq!(draft["failure"], Json::Null);
    // A part that stands there already: the last step of adopting it fails.
    house
        .change(
            "INSERT INTO card_part (decision, area_code, rows, sha256) \
             VALUES (1, '62.02.01.1009', 1, 'x')",
        )
        .await;
    let form = json!({ "receiving": 2, "decree": "1", "decree_day": "2025-12-02",
        "signatories": [{ "name": "Contoh", "office": "Kepala" }] });
    let path = format!("{DRAFTS}/1/adoption");
    house.post(&path, form).await.is(202);
    let at = format!("{DRAFTS}/1");
    let list = house.until(&at, |view| view["state"] != "writing").await;
    assert_eq!(list["state"], "draft");
    let failure = json!({ "problem": "conflict", "at_us": START.as_us() });
    assert_eq!(list["failure"], failure);
    let all = house.get(DRAFTS).await.is(200).json();
    assert_eq!(all["items"][0]["failure"], failure);
    let list = house.adopt(1, 2).await;
    assert_eq!(list["failure"], Json::Null);
    house
        .change("UPDATE card_decision SET state = 'writing'")
        .await;
    crate::open(&house.hall).await.expect("a room");
    let list = house.get(&at).await.is(200).json();
    assert_eq!(list["failure"]["problem"], "closing");
}

on_both! {
    families_without_a_head_are_counted: headless;
    who_is_not_known_any_more_is_told: unsure;
    why_a_list_was_not_adopted_is_told: failed;
}
