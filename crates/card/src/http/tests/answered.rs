//! The running list, held against everything else.

use super::*;

/// Eight families. 1: nothing speaks against it. 2: on the list twice. 3: dead. 4: gone.
/// 5: aided. 6: decile 7. 7: not in DTSEN. 8: should be on it and is not.
async fn lists(house: &House) {
    let dtsen: Vec<String> = [(1, 1), (2, 2), (3, 1), (4, 2), (5, 1), (6, 7), (8, 2)]
        .map(|(person, decile)| format!("{},{decile}", who(person, person, HERE)))
        .into();
    let dtsen = format!("{WHO},desil\n{}\n", dtsen.join("\n"));
    let source = json!({ "title": "DTSEN uji", "owner": "BPS", "as_of": "2025-11-01" });
    house.bring("dtsen", &dtsen, source).await;
    let bansos = format!("{WHO},program\n{},PKH\n", who(5, 5, HERE));
    house
        .bring("bansos", &bansos, json!({ "owner": "Dinsos" }))
        .await;
    let dead = format!("{WHO},tgl_meninggal\n{},2025-10-31\n", who(3, 3, HERE));
    house
        .bring("kematian", &dead, json!({ "title": "Kematian uji" }))
        .await;
    let gone = format!(
        "{WHO},tgl_pindah,kode_tujuan\n{},2025-09-01,63.71\n",
        who(4, 4, HERE)
    );
    house.bring("pindah", &gone, json!({})).await;
    let rows = [1, 2, 3, 4, 5, 6, 7].map(|it| {
        let village = if it == 6 { THERE } else { HERE };
        format!("{},62000000000000{it:02},400.000", who(it, it, village))
    });
    // The second family once more, by a card of its own and without a word on money.
    let again = format!("{},6200000000000099,", who(2, 2, HERE));
    let kpm = format!("{WHO},no_kartu,nilai\n{}\n{again}\n", rows.join("\n"));
    house
        .bring("kpm", &kpm, json!({ "title": "KPM uji" }))
        .await;
}

fn count(rows: i64, rupiah: i64, unknown: i64) -> Json {
    json!({ "rows": rows, "rupiah": rupiah, "unknown": unknown })
}

async fn whole(db: Db) {
    let house = House::new(db).await;
    lists(&house).await;
    let asked = json!({ "decile_max": 2, "rupiah_each": 400_000 });
    let answer = house.examine(asked.clone()).await;
    let each = || count(1, 400_000, 0);
    assert_eq!(
        answer["found"],
        json!({ "duplicate": count(1, 0, 1), "dead": each(), "moved": each(), "aided": each(),
            "decile": each(), "unknown": each(), "left_out": each() })
    );
    // Not to be known is nothing that speaks against a row.
    assert_eq!(answer["questioned"], count(5, 1_600_000, 1));
    assert_eq!(answer["not_known"], each());
    assert_eq!(answer["is_stale"], false);
    let result = &answer["run"]["result"];
    assert_eq!(
        (&result["rows"], &result["fine"], &result["families"]),
        (&json!(8), &json!(2), &json!(8)),
        "{result}"
    );
    // Of those who should receive: 1, 2, 4 has gone, and 8 who is not on it.
    assert_eq!(result["eligible"], 3);
    let parts = answer["parts"].as_array().expect("parts");
    let codes: Vec<_> = parts.iter().map(|part| &part["code"]).collect();
    assert_eq!(codes, ["62.02", "62.11"]);
    assert_eq!(parts[1]["found"], json!({ "decile": each() }));
    assert_eq!(parts[1]["list"], each());
    assert_eq!(answer["list"], count(8, 2_800_000, 1));

    let found = house
        .get("/api/v1/card/findings?what=aided")
        .await
        .is(200)
        .json();
    let aided = &found["items"][0];
    assert_eq!(aided["programmes"], json!(["PKH"]));
    assert_eq!(
        aided["row"]["who"]["name"],
        "M••••• N•••••".replace("•••••", "••••")
    );
    assert_eq!(aided["row"]["who"]["nik"], "6202•••••••••••5");
    assert_eq!(aided["shown_by"]["kind"], "bansos");
    // Page after page is the same as all at once.
    let all = house.get("/api/v1/card/findings").await.is(200).json();
    let (mut paged, mut next) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/card/findings?limit=2{next}");
        let page = house.get(&path).await.is(200).json();
        paged.extend(page["items"].as_array().expect("rows").clone());
        match page["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(&json!(paged), &all["items"]);
    assert_eq!(paged.len(), 7);

    // A family by a number, masked, then opened for a purpose.
    let search = json!({ "number": nik(3) });
    let found = house
        .post("/api/v1/card/families/search", search)
        .await
        .is(200)
        .json();
    let family = found["items"][0]["id"]
        .as_str()
        .expect("a family")
        .to_owned();
    assert_eq!(
        found["items"][0]["kinds"],
        json!(["dtsen", "kematian", "kpm"])
    );
    let path = format!("/api/v1/card/families/{family}");
    let masked = house.get(&path).await.is(200);
    assert!(!masked.text().contains("SLAMET") && !masked.text().contains(&nik(3)));
    let masked = masked.json();
    assert_eq!(masked["members"][0]["died"], "2025-10-31");
    assert_eq!(masked["findings"][0]["what"], "dead");
    let opening = format!("{path}/opening");
    let refused = house
        .post(&opening, json!({ "purpose": " " }))
        .await
        .is(422);
    assert_eq!(refused.json()["errors"][0]["field"], "purpose");
    let open = house
        .post(&opening, json!({ "purpose": "sanggah" }))
        .await
        .is(200)
        .json();
    assert_eq!(
        open["members"][0]["records"][0]["says"]["name"],
        "SLAMET SUPARMAN"
    );
    // By a name within a village, as it sounds.
    let search = json!({ "name": "soeparman", "village": HERE });
    let found = house
        .post("/api/v1/card/families/search", search)
        .await
        .is(200)
        .json();
    assert_eq!(found["items"][0]["id"], family.as_str());

    let form = json!({ "area": "62.02.01", "purpose": "verifikasi", "what": "dead" });
    let list = house
        .post("/api/v1/card/worklists", form)
        .await
        .is(200)
        .text();
    assert_eq!(list.lines().count(), 2);
    assert!(
        list.contains("SLAMET SUPARMAN") && !list.contains(&nik(3)),
        "{list}"
    );
    let audit = house.get("/api/v1/audit?limit=5").await.is(200).json();
    let verbs: Vec<_> = audit["items"]
        .as_array()
        .expect("entries")
        .iter()
        .map(|entry| (&entry["verb"], &entry["detail"]["purpose"]))
        .take(2)
        .collect();
    assert_eq!(
        verbs,
        [
            (&json!("card_worklist.taken"), &json!("verifikasi")),
            (&json!("card_family.opened"), &json!("sanggah")),
        ]
    );

    // Another examination of the same lists changes nothing, and everybody stays who he is.
    let again = house.examine(asked).await;
    assert_eq!(again["found"], answer["found"]);
    assert_eq!(again["run"]["result"]["moved_records"], 0);
    house.get(&path).await.is(200);
}

/// A row whose key is gone says nothing, wherever it is read.
async fn erased(db: Db) {
    let house = House::new(db).await;
    lists(&house).await;
    house.examine(json!({})).await;
    let search = json!({ "number": nik(3) });
    let path = "/api/v1/card/families/search";
    let found = house.post(path, search.clone()).await.is(200).json();
    assert_eq!(
        found["items"][0]["kinds"],
        json!(["dtsen", "kematian", "kpm"])
    );
    let lists = house.get("/api/v1/card/lists").await.is(200).json();
    let deaths = lists["items"].as_array().expect("lists").iter();
    let deaths = deaths.filter(|list| list["kind"] == "kematian");
    let number: Vec<i64> = deaths.filter_map(|list| list["number"].as_i64()).collect();
    let mut tx = house.hall.db().write().await.expect("a transaction");
    crate::sql::record::destroy(&mut tx, number[0], 2)
        .await
        .expect("destroyed");
    tx.commit().await.expect("a commit");
    let found = house.post(path, search).await.is(200).json();
    assert_eq!(found["items"][0]["kinds"], json!(["dtsen", "kpm"]));
    let answer = house.examine(json!({})).await;
    assert_eq!(answer["run"]["result"]["erased"], 1);
    assert_eq!(answer["found"]["dead"], Json::Null);
}

/// Lists that come later move nobody who stays the same person.
async fn later(db: Db) {
    let house = House::new(db).await;
    lists(&house).await;
    let refused = House::post(&house, "/api/v1/card/runs", json!({ "decile_max": 0 })).await;
    assert_eq!(refused.is(422).json()["errors"][0]["field"], "decile_max");
    house.examine(json!({ "decile_max": 7 })).await;
    let path = "/api/v1/card/families/search";
    let family = async |person: u32| {
        let search = json!({ "number": nik(person) });
        let found = house.post(path, search).await.is(200).json();
        found["items"][0]["id"].clone()
    };
    let before = (family(1).await, family(8).await);
    // A new DTSEN takes the place of the old one: the first family has risen. The eighth
    // stands in no other list.
    let dtsen = format!(
        "{WHO},desil\n{},9\n{},1\n",
        who(1, 1, HERE),
        who(8, 8, HERE)
    );
    let source = json!({ "owner": "BPS", "as_of": "2026-02-01" });
    house.bring("dtsen", &dtsen, source).await;
    // Of another programme is another list, though by the same office.
    let bansos = format!("{WHO},program\n{},SEMBAKO\n", who(7, 7, HERE));
    let source = json!({ "owner": "Dinsos" });
    house.bring("bansos", &bansos, source).await;
    let stale = house.get("/api/v1/card/answer").await.is(200).json();
    assert_eq!(stale["is_stale"], true);
    let answer = house.examine(json!({})).await;
    assert_eq!(answer["is_stale"], false);
    assert_eq!(answer["found"]["decile"]["rows"], 1);
    assert_eq!(answer["found"]["unknown"]["rows"], 7);
    assert_eq!(answer["found"]["aided"]["rows"], 2);
    assert_eq!((family(1).await, family(8).await), before);
    // What was withdrawn is opened no more, by nobody, also before the next examination.
    let lists = house.get("/api/v1/card/lists").await.is(200).json();
    let kpm = lists["items"].as_array().expect("lists").iter();
    let kpm: Vec<i64> = kpm
        .filter(|list| list["kind"] == "kpm")
        .filter_map(|list| list["number"].as_i64())
        .collect();
    let withdrawal = format!("/api/v1/card/lists/{}/withdrawal", kpm[0]);
    let why = json!({ "why": "salah berkas" });
    house.post(&withdrawal, why).await.is(204);
    let found = house.get("/api/v1/card/findings?what=aided").await.is(200);
    assert_eq!(found.json()["items"][0]["row"]["who"], Json::Null);
}

on_both! {
    the_running_list_is_answered_on_one_page: whole;
    a_row_whose_key_is_destroyed_says_nothing: erased;
    lists_that_come_later_take_the_place_of_older_ones: later;
}
