//! Failures to protect what is kept, and the record of processing.

use std::time::Duration;

use super::asked::{kept, nowhere};
use super::*;

const BREACHES: &str = "/api/v1/card/breaches";

/// What is said of a breach: none of these words is anywhere in the clear.
const WHAT: &str = "Lampiran tercecer di pelabuhan Sampit.\n\nDitemukan nelayan bernama Salundik.";
const HANDLING: &str = "Berkas dimusnahkan, kurir ditegur.";
const HOW: &str = "surat tercatat diterima Wulandari";
const WHY: &str = "berkasnya terbungkus rapat, tidak terbaca siapapun";

const HOUR: Duration = Duration::from_secs(3_600);

fn form(found: Wall) -> Json {
    json!({ "found_us": found.as_us(), "what": WHAT, "data": ["identitas", "anak"],
        "people": 120, "handling": HANDLING })
}

async fn record(house: &House, found: Wall) -> Json {
    house.post(BREACHES, form(found)).await.is(201).json()
}

async fn tell(house: &House, number: &Json, whom: &str, at: Wall) -> Answer {
    let path = format!("{BREACHES}/{number}/told");
    let form = json!({ "whom": whom, "at_us": at.as_us(), "how": HOW });
    house.post(&path, form).await
}

async fn close(house: &House, number: &Json, reason: Json) -> Answer {
    let path = format!("{BREACHES}/{number}/closing");
    house.post(&path, json!({ "reason": reason })).await
}

/// Incidents of breaches: their states, severities and facts.
async fn incidents(house: &House) -> Vec<(String, String, Json)> {
    let path = "/api/v1/incidents?kind=card.breach";
    let listed = house.get(path).await.is(200).json();
    let items = listed["items"].as_array().expect("incidents").iter();
    let text = |it: &Json| it.as_str().unwrap_or_default().to_owned();
    items
        .map(|it| {
            (
                text(&it["state"]),
                text(&it["severity"]),
                it["facts"].clone(),
            )
        })
        .collect()
}

async fn told(db: Db) {
    let house = House::new(db).await;
    let found = START - HOUR;
    let made = record(&house, found).await;
    assert_eq!(
        made,
        json!({
            "number": 1, "state": "open", "found_us": found.as_us(),
            "due_us": (found + HOUR * 72).as_us(), "late": false, "told_authority_us": null,
            "told_people_us": null, "people": 120, "data": ["identitas", "anak"],
            "by_name": made["by_name"], "at_us": START.as_us(), "what": null,
            "handling": null, "told_authority_how": null, "told_people_how": null,
            "closed_us": null, "closed_by_name": null, "reason": null,
        })
    );
    let number = &made["number"];
    let facts = |authority: bool, people: bool, of: Json| {
        json!({ "number": 1, "due_us": made["due_us"], "people": of,
            "told_authority": authority, "told_people": people })
    };
    let open = |facts: Json| vec![("open".to_owned(), "critical".to_owned(), facts)];
    assert_eq!(
        incidents(&house).await,
        open(facts(false, false, json!(120)))
    );

    // What is known by now is another; the clock is not.
    let path = format!("{BREACHES}/1");
    let change = json!({ "what": WHAT, "data": ["alamat", "alamat"], "handling": HANDLING });
    let changed = house.call(&house.admin, "PUT", &path, Some(change)).await;
    let changed = changed.is(200).json();
    assert_eq!(
        (&changed["data"], &changed["people"]),
        (&json!(["alamat"]), &Json::Null)
    );
    assert_eq!(changed["due_us"], made["due_us"]);
    assert_eq!(
        incidents(&house).await,
        open(facts(false, false, Json::Null))
    );

    // Nobody was told: it is not closed without a reason.
    let early = close(&house, number, Json::Null).await.is(409);
    assert_eq!(early.slug(), "card-breach-untold");
    for at in [
        found - Duration::from_micros(1),
        START + Duration::from_micros(1),
    ] {
        let refused = tell(&house, number, "authority", at).await.is(422).json();
        assert_eq!(refused["errors"][0]["field"], "at_us");
    }
    tell(&house, number, "press", START).await.is(422);
    let done = tell(&house, number, "authority", START)
        .await
        .is(200)
        .json();
    assert_eq!(done["told_authority_us"], START.as_us());
    let again = tell(&house, number, "authority", START).await.is(409);
    assert_eq!(again.slug(), "card-breach-told");
    close(&house, number, json!("  ")).await.is(409);
    tell(&house, number, "people", START).await.is(200);
    assert_eq!(incidents(&house).await, open(facts(true, true, Json::Null)));

    // What the notice says, and who took it.
    let notice = async |whom: &str| {
        let path = format!("{BREACHES}/1/notice?whom={whom}");
        house.get(&path).await
    };
    let text = notice("people").await.is(200).text();
    for part in [
        "Pasal 46",
        "alamat dan wilayah",
        "   Lampiran tercecer",
        "   Berkas dimusnahkan",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(notice("authority").await.is(200).text().contains("Lembaga"));
    notice("press").await.is(422);
    let audit = house.get("/api/v1/audit?limit=1").await.is(200).json();
    let entry = &audit["items"][0];
    assert_eq!(entry["verb"], "card_breach.noticed");
    assert_eq!(entry["detail"], json!({ "number": 1, "whom": "authority" }));

    let closed = close(&house, number, Json::Null).await.is(200).json();
    assert_eq!(
        (&closed["state"], &closed["closed_us"]),
        (&json!("closed"), &json!(START.as_us()))
    );
    assert_eq!(incidents(&house).await[0].0, "cleared");
    // What is closed stays.
    for refused in [
        close(&house, number, Json::Null).await,
        tell(&house, number, "people", START).await,
    ] {
        assert_eq!(refused.is(409).slug(), "card-breach-closed");
    }
    let change = json!({ "what": WHAT, "data": ["alamat"], "handling": HANDLING });
    let refused = house.call(&house.admin, "PUT", &path, Some(change)).await;
    assert_eq!(refused.is(409).slug(), "card-breach-closed");
    assert_eq!(incidents(&house).await[0].0, "cleared");
    let open = house.get(&format!("{BREACHES}?state=open")).await;
    assert_eq!(open.is(200).json()["items"], json!([]));
}

/// Three days of 24 hours after it was found, for each who is to be told.
async fn late(db: Db) {
    let house = House::new(db).await;
    for _ in 0..2 {
        record(&house, START).await;
    }
    house
        .hall
        .clock()
        .turn(HOUR * 72 - Duration::from_micros(1));
    let admin = house.log_in("admin").await;
    let lates = async |cookie: &str| {
        let listed = house
            .call(cookie, "GET", BREACHES, None)
            .await
            .is(200)
            .json();
        let items = listed["items"].as_array().expect("breaches").iter();
        items.map(|it| it["late"] == true).collect::<Vec<_>>()
    };
    assert_eq!(lates(&admin).await, [false, false]);
    let now = house.hall.now().wall;
    for whom in ["authority", "people"] {
        let path = format!("{BREACHES}/1/told");
        let form = json!({ "whom": whom, "at_us": now.as_us(), "how": HOW });
        house.call(&admin, "POST", &path, Some(form)).await.is(200);
    }
    house.hall.clock().turn(Duration::from_micros(1));
    assert_eq!(lates(&admin).await, [true, false]);
    // It is told late, and stays so.
    let now = house.hall.now().wall;
    let path = format!("{BREACHES}/2/told");
    let form = json!({ "whom": "authority", "at_us": now.as_us(), "how": HOW });
    house.call(&admin, "POST", &path, Some(form)).await.is(200);
    let path = format!("{BREACHES}/2/closing");
    let form = json!({ "reason": WHY });
    house.call(&admin, "POST", &path, Some(form)).await.is(200);
    assert_eq!(lates(&admin).await, [true, false]);
}

async fn sealed(db: Db) {
    let house = House::new(db).await;
    let number = record(&house, START).await["number"].clone();
    tell(&house, &number, "authority", START).await.is(200);
    close(&house, &number, json!(WHY)).await.is(200);
    let path = format!("{BREACHES}/{number}/opening");
    let opened = house.post(&path, json!({ "purpose": "memeriksa" })).await;
    let opened = opened.is(200).json();
    assert_eq!(
        (&opened["what"], &opened["handling"], &opened["reason"]),
        (&json!(WHAT), &json!(HANDLING), &json!(WHY))
    );
    assert_eq!(opened["told_authority_how"], HOW);
    assert_eq!(opened["told_people_how"], Json::Null);
    nowhere(&kept(&house).await, &[WHAT, HANDLING, HOW, WHY]);
    let looks = house.get("/api/v1/card/looks").await.is(200).json();
    assert_eq!(looks["items"][0]["verb"], "card_breach.opened");
}

async fn parts(db: Db) {
    let house = House::new(db).await;
    record(&house, START).await;
    let here = house.person("loket", "bansos", Some("62.02")).await;
    let auditor = house.person("pengawas", "pengawas", None).await;
    let leader = house.person("kepala", "pimpinan", None).await;
    house.call(&auditor, "GET", BREACHES, None).await.is(200);
    for who in [&here, &leader] {
        house.call(who, "GET", BREACHES, None).await.is(403);
    }
    let path = |what: &str| format!("{BREACHES}/1/{what}");
    for who in [&here, &auditor, &leader] {
        for (method, path, body) in [
            ("POST", BREACHES.to_owned(), Some(form(START))),
            ("POST", path("opening"), Some(json!({ "purpose": "uji" }))),
            ("POST", path("closing"), Some(json!({}))),
            ("GET", path("notice?whom=people"), None),
        ] {
            house.call(who, method, &path, body).await.is(403);
        }
    }
    for (field, value) in [
        ("found_us", json!((START + HOUR).as_us())),
        ("found_us", json!(-1)),
        ("what", json!(" ")),
        ("data", json!([])),
        ("data", json!(["sidik jari"])),
        ("people", json!(-1)),
        ("handling", json!("")),
    ] {
        let mut wrong = form(START);
        wrong[field] = value;
        let refused = house.post(BREACHES, wrong).await.is(422).json();
        assert_eq!(refused["errors"][0]["field"], field);
    }
    for asked in ["state=lain", "cursor=x", "limit=0"] {
        house.get(&format!("{BREACHES}?{asked}")).await.is(422);
    }
    let none = close(&house, &json!(9), json!("x")).await.is(404);
    assert_eq!(none.slug(), "card-breach");
}

async fn processed(db: Db) {
    let house = House::new(db).await;
    let kpm = format!("{WHO}\n{}\n", who(1, 1, HERE));
    let source = json!({ "title": "KPM uji", "owner": "Dinas Sosial",
        "legal_basis": "Pergub contoh", "purposes": ["verifikasi", "penyaluran"],
        "agreement": "PKS 1/2025", "agreement_until": "2026-12-31", "as_of": "2025-11-01",
        "classification": "pribadi" });
    house.bring("kpm", &kpm, source).await;
    let path = "/api/v1/card/processing";
    let auditor = house.person("pengawas", "pengawas", None).await;
    let here = house.person("loket", "bansos", Some("62.02")).await;
    house.call(&here, "GET", path, None).await.is(403);
    let it = house.call(&auditor, "GET", path, None).await.is(200).json();
    let list = &it["activities"][0];
    assert_eq!(
        *list,
        json!({ "key": null, "name": "KPM uji", "purposes": ["verifikasi", "penyaluran"],
            "basis": "Pergub contoh", "owner": "Dinas Sosial", "controller": null,
            "agreement": "PKS 1/2025", "agreement_until": "2026-12-31",
            "source": list["source"], "list_kind": "kpm", "classification": "pribadi",
            "as_of": "2025-11-01", "data": null, "recipients": [],
            "retention": "berkas asli daftar sampai tanggal simpannya; baris daftar 1825 hari \
                sejak daftarnya tidak berlaku",
            "security": list["security"] })
    );
    assert_eq!(it["office"], Json::Null);
    assert_eq!(it["activities"][1]["key"], "linking");
    let columns = it["columns"].as_array().expect("columns");
    let of = |column: &str| columns.iter().find(|it| it["column"] == column);
    assert_eq!(
        of("sealed.decile"),
        Some(
            &json!({ "table": "card_record", "column": "sealed.decile", "class": "spesifik",
            "kind": "keuangan", "sealed": true, "why": "desil kesejahteraan keluarga" })
        )
    );
    assert_eq!(
        of("sealed.birth").map(|it| &it["kind"]),
        Some(&json!("anak"))
    );
    assert!(it["recipients"].as_array().is_some_and(|all| all.len() > 3));
    let file = format!("{path}?format=csv");
    let file = house.get(&file).await.is(200).text();
    for part in ["KPM uji", "card_record.sealed.nik", "penerima,"] {
        assert!(file.contains(part), "{part}\n{file}");
    }
}

/// Who answers for what the house does is not said until somebody says it, and then everywhere.
async fn answered_for(db: Db) {
    let house = House::new(db).await;
    let (path, office) = ("/api/v1/card/processing", "/api/v1/card/office");
    let own = async || {
        let all = house.get(path).await.is(200).json();
        let activities = all["activities"].as_array().expect("activities").clone();
        assert!(activities.len() > 10, "{all}");
        activities
    };
    assert!(own().await.iter().all(|it| it["controller"].is_null()));
    let file = || async {
        house
            .get(&format!("{path}?format=csv"))
            .await
            .is(200)
            .text()
    };
    let before = file().await;
    assert!(before.contains("pengendali,belum diisi,belum diisi,,belum diisi,belum diisi"));
    let form = json!({ "name": "Dinas Sosial Contoh", "address": "Jl. Contoh 1, Palangka Raya",
        "officer": "Kepala Bidang Data", "contact": "ppdp@contoh.example" });
    let clerk = house.person("loket", "bansos", Some("62.02")).await;
    let auditor = house.person("pengawas", "pengawas", None).await;
    for who in [&clerk, &auditor] {
        let refused = house.call(who, "PUT", office, Some(form.clone())).await;
        refused.is(403);
    }
    for field in ["name", "address", "officer", "contact"] {
        let mut wrong = form.clone();
        wrong[field] = json!(" ");
        let refused = house.call(&house.admin, "PUT", office, Some(wrong)).await;
        assert_eq!(refused.is(422).json()["errors"][0]["field"], field);
    }
    assert!(own().await.iter().all(|it| it["controller"].is_null()));
    let said = house
        .call(&house.admin, "PUT", office, Some(form.clone()))
        .await
        .is(200)
        .json();
    assert_eq!(said["at_us"], START.as_us());
    for it in own().await {
        assert_eq!(it["owner"], form["name"]);
        assert_eq!(
            it["controller"],
            "Dinas Sosial Contoh, Jl. Contoh 1, Palangka Raya"
        );
    }
    let all = house.call(&auditor, "GET", path, None).await.is(200).json();
    assert_eq!(all["office"], said);
    let after = file().await;
    assert!(!after.contains("belum diisi") && after.contains("ppdp@contoh.example"));
    // Somebody else follows; who it was stays on record.
    let mut next = form.clone();
    next["officer"] = json!("Sekretaris");
    house
        .call(&house.admin, "PUT", office, Some(next.clone()))
        .await
        .is(200);
    let mut read = house.hall.db().read().await.expect("a connection");
    let told = hall::audit::newest(&mut read, "card_office.said", "card office").await;
    let told = told.expect("an audit").expect("an entry");
    assert_eq!((&told["was"], &told["now"]), (&form, &next));
}

on_both! {
    who_answers_for_the_house_is_said_by_its_office: answered_for;
    a_breach_is_closed_once_both_were_told: told;
    a_breach_is_late_seventy_two_hours_after_it_was_found: late;
    what_a_breach_was_is_nowhere_in_the_clear: sealed;
    breaches_are_kept_for_the_whole_province: parts;
    the_record_of_processing_joins_lists_and_sources: processed;
}
