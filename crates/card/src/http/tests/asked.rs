//! What people ask about data of their own.

use std::time::Duration;

use store::params;

use super::objected::family;
use super::*;

pub(super) const REQUESTS: &str = "/api/v1/card/requests";

/// What somebody says who asks: none of these words is anywhere in the clear.
pub(super) const ASKS: &str = "Desilnya keliru sekali.\n\nRumah sudah terjual setahun lampau.";
pub(super) const BY: &str = "Bapak Slamet, datang bersama anaknya";
pub(super) const CHECKED: &str = "Paspor diperlihatkan langsung";
const REASON: &str = "Kwitansi penjualan diperiksa:\ncocok.";
const DONE: &str = "Diteruskan kepada pemilik.";
const EVIDENCE: &str = "kwitansi bermeterai";

const HOUR: Duration = Duration::from_secs(3_600);

pub(super) fn form(kind: &str, subject: &str) -> Json {
    json!({ "kind": kind, "subject": subject, "who": BY, "identity": CHECKED, "asks": ASKS })
}

pub(super) async fn ask(house: &House, cookie: &str, form: Json) -> Answer {
    house.call(cookie, "POST", REQUESTS, Some(form)).await
}

pub(super) async fn open(house: &House, cookie: &str, number: &Json) -> Answer {
    let path = format!("{REQUESTS}/{number}/opening");
    let form = json!({ "purpose": "menjawab permintaan" });
    house.call(cookie, "POST", &path, Some(form)).await
}

pub(super) async fn answer(house: &House, cookie: &str, number: &Json, further: Json) -> Answer {
    let path = format!("{REQUESTS}/{number}/answer");
    let mut form = json!({ "answer": "granted", "reason": REASON, "done": DONE });
    for (key, value) in further.as_object().expect("an object") {
        form[key] = value.clone();
    }
    house.call(cookie, "POST", &path, Some(form)).await
}

async fn listed(house: &House, cookie: &str, asked: &str) -> Json {
    let path = format!("{REQUESTS}?{asked}");
    house.call(cookie, "GET", &path, None).await.is(200).json()
}

fn numbers(listed: &Json) -> Vec<i64> {
    let items = listed["items"].as_array().expect("requests").iter();
    items.filter_map(|it| it["number"].as_i64()).collect()
}

pub(super) async fn dossier(house: &House, cookie: &str, number: &Json, format: &str) -> Answer {
    let path = format!("{REQUESTS}/{number}/dossier?format={format}");
    let form = json!({ "purpose": "permintaan akses" });
    house.call(cookie, "POST", &path, Some(form)).await
}

/// A family here and one there, on two lists and examined.
pub(super) async fn two(house: &House) {
    let rows = [(1, 1, HERE), (2, 5, THERE)]
        .map(|(it, decile, village)| format!("{},{decile}", who(it, it, village)));
    let dtsen = format!("{WHO},desil\n{}\n", rows.join("\n"));
    let source = json!({ "title": "DTSEN uji", "owner": "BPS", "as_of": "2025-11-01" });
    house.bring("dtsen", &dtsen, source).await;
    let kpm = format!("{WHO}\n{}\n", who(1, 1, HERE));
    house
        .bring("kpm", &kpm, json!({ "title": "KPM uji" }))
        .await;
    house.examine(json!({ "decile_max": 2 })).await;
}

async fn answered(db: Db) {
    let house = House::new(db).await;
    two(&house).await;
    let second = house.person("kedua", "bansos", None).await;
    let subject = family(&house, 1).await;
    let made = ask(&house, &house.admin, form("correction", &subject)).await;
    let made = made.is(201).json();
    assert_eq!(
        made,
        json!({
            "number": 1, "kind": "correction", "state": "open", "subject": subject,
            "area": HERE, "area_name": made["area_name"], "owner": null, "owner_name": null,
            "by": made["by"], "by_name": made["by_name"], "at_us": START.as_us(),
            "due_us": (START + HOUR * 72).as_us(), "late": false, "is_identified": true,
            "answered_us": null, "answered_by_name": null, "erasure": null, "who": null,
            "identity": null, "asks": null, "reason": null, "done": null, "repairs": [],
        })
    );
    let opened = open(&house, &second, &made["number"]).await.is(200).json();
    assert_eq!(opened["asks"], ASKS);
    assert_eq!(opened["who"], BY);
    assert_eq!(opened["identity"], CHECKED);
    let audit = house.get("/api/v1/audit?limit=1").await.is(200).json();
    let entry = &audit["items"][0];
    assert_eq!(entry["verb"], "card_request.opened");
    assert_eq!(entry["subject"], "request 1");
    assert_eq!(
        entry["detail"],
        json!({ "number": 1, "kind": "correction", "purpose": "menjawab permintaan" })
    );

    // Somebody looks after it.
    let path = format!("{REQUESTS}/1/owner");
    let own = async |person: Json| {
        let form = json!({ "person": person });
        house.call(&second, "PUT", &path, Some(form)).await
    };
    assert_eq!(
        numbers(&listed(&house, &house.admin, "mine=true").await),
        [0; 0]
    );
    let owned = own(made["by"].clone()).await.is(200).json();
    assert_eq!(owned["owner"], made["by"]);
    assert_eq!(owned["owner_name"], made["by_name"]);
    assert_eq!(
        numbers(&listed(&house, &house.admin, "mine=true").await),
        [1]
    );
    let stranger = base::id::Id::<base::id::Person>::from_bytes([7; 16]);
    let refused = own(json!(stranger)).await.is(422).json();
    assert_eq!(refused["errors"][0]["field"], "person");
    let free = own(Json::Null).await.is(200).json();
    assert_eq!(free["owner"], Json::Null);

    // A repair is of a row of the subject, in a field that rows have.
    let repair = |list: i64, row: i64, field: &str| {
        json!({ "repairs": [{ "list": list, "row": row, "field": field, "should_be": "4",
            "evidence": EVIDENCE }] })
    };
    for (wrong, field) in [
        (repair(1, 3, "decile"), "row"),
        (repair(1, 2, "income"), "field"),
        (json!({ "erasure": 1 }), "erasure"),
        (json!({ "answer": "open" }), "answer"),
        (json!({ "reason": " " }), "reason"),
        (json!({ "done": "a\u{202e}b" }), "done"),
    ] {
        let refused = answer(&house, &second, &made["number"], wrong).await;
        assert_eq!(refused.is(422).json()["errors"][0]["field"], field);
    }
    // Whoever has recorded it may answer it.
    let admin = house.admin.clone();
    let done = answer(&house, &admin, &made["number"], repair(1, 2, "decile")).await;
    let done = done.is(200).json();
    assert_eq!(done["state"], "granted");
    assert_eq!(done["reason"], Json::Null);
    assert_eq!(done["answered_us"], START.as_us());
    let again = answer(&house, &second, &made["number"], json!({})).await;
    assert_eq!(again.is(409).slug(), "card-request-answered");
    assert_eq!(
        own(Json::Null).await.is(409).slug(),
        "card-request-answered"
    );
    let opened = open(&house, &second, &made["number"]).await.is(200).json();
    assert_eq!(
        (&opened["reason"], &opened["done"]),
        (&json!(REASON), &json!(DONE))
    );
    assert_eq!(opened["repairs"], repair(1, 2, "decile")["repairs"]);
    assert_eq!(numbers(&listed(&house, &admin, "state=open").await), [0; 0]);

    // Destruction is answered by another than who has recorded it, and names the erasure.
    let erase = ask(&house, &admin, form("erasure", &subject)).await;
    let erase = erase.is(201).json()["number"].clone();
    // One that was not done is none.
    let early = answer(&house, &second, &erase, json!({ "erasure": 7 })).await;
    assert_eq!(early.is(422).json()["errors"][0]["field"], "erasure");
    house
        .change(
            "INSERT INTO card_erasure (number, about, subject, state, rows, decree, decree_day, \
             reason, reason_key, by_person, at_us) SELECT 7, 'family', subject, 'done', 1, '1', \
             '2025-12-01', wrapped, wrapped, by_person, at_us FROM card_request WHERE number = 2",
        )
        .await;
    let own = answer(&house, &admin, &erase, json!({ "erasure": 7 })).await;
    assert_eq!(own.is(409).slug(), "card-second-person");
    let refused = json!({ "answer": "refused", "erasure": 7 });
    answer(&house, &second, &erase, refused).await.is(422);
    let done = answer(
        &house,
        &second,
        &erase,
        json!({ "answer": "partly", "erasure": 7 }),
    )
    .await;
    let done = done.is(200).json();
    assert_eq!(
        (&done["state"], &done["erasure"]),
        (&json!("partly"), &json!(7))
    );
    assert_eq!(numbers(&listed(&house, &admin, "kind=erasure").await), [2]);
    let of = format!("subject={subject}&limit=1");
    let page = listed(&house, &admin, &of).await;
    assert_eq!((numbers(&page), &page["next"]), (vec![2], &json!("2")));
    let page = listed(&house, &admin, &format!("{of}&cursor=2")).await;
    assert_eq!((numbers(&page), &page["next"]), (vec![1], &Json::Null));
}

async fn refused(db: Db) {
    let house = House::new(db).await;
    two(&house).await;
    let subject = family(&house, 1).await;
    let nobody = base::id::Id::<base::id::Family>::from_bytes([7; 16]).to_string();
    let unknown = ask(&house, &house.admin, form("access", &nobody)).await;
    assert_eq!(unknown.is(404).slug(), "card-family");
    for (field, value) in [
        ("kind", json!("lain")),
        ("who", json!("dua\nbaris")),
        ("identity", json!("x".repeat(201))),
        ("asks", json!(" \n ")),
        ("asks", json!("x".repeat(2_001))),
        ("area", json!(HERE)),
    ] {
        let mut wrong = form("access", &subject);
        wrong[field] = value;
        let refused = ask(&house, &house.admin, wrong).await.is(422).json();
        assert_eq!(refused["errors"][0]["field"], field);
    }
    let mut nowhere = form("access", &subject);
    nowhere["subject"] = Json::Null;
    nowhere["area"] = "62.99".into();
    let refused = ask(&house, &house.admin, nowhere).await.is(422).json();
    assert_eq!(refused["errors"][0]["field"], "area");
    for asked in [
        "state=lain",
        "kind=lain",
        "cursor=x",
        "limit=0",
        "subject=x",
    ] {
        house.get(&format!("{REQUESTS}?{asked}")).await.is(422);
    }
    // The same request twice is one.
    let twice = async || {
        let request = Request::post(REQUESTS)
            .header("cookie", &house.admin)
            .header("content-type", "application/json")
            .header("idempotency-key", "k1")
            .body(Body::from(form("access", &subject).to_string()))
            .expect("a request");
        house.send(request).await.is(201).json()
    };
    assert_eq!(twice().await, twice().await);
    assert_eq!(numbers(&listed(&house, &house.admin, "").await), [1]);
    let none = open(&house, &house.admin, &json!(9)).await.is(404);
    assert_eq!(none.slug(), "card-request");
}

async fn parts(db: Db) {
    let house = House::new(db).await;
    two(&house).await;
    let here = house.person("loket", "bansos", Some(HERE)).await;
    let regency = house.person("kabupaten", "bansos", Some("62.11")).await;
    let auditor = house.person("pengawas", "pengawas", None).await;
    let leader = house.person("kepala", "pimpinan", None).await;
    let (own, theirs) = (family(&house, 1).await, family(&house, 2).await);
    ask(&house, &here, form("access", &own)).await.is(201);
    let hidden = ask(&house, &here, form("access", &theirs)).await;
    assert_eq!(hidden.is(404).slug(), "card-family");
    ask(&house, &regency, form("access", &theirs)).await.is(201);
    // Of nobody the house has found: where it was recorded, or in the whole province.
    let mut unfound = json!({ "kind": "access", "who": BY, "asks": ASKS });
    ask(&house, &here, unfound.clone()).await.is(403);
    let whole = ask(&house, &house.admin, unfound.clone()).await;
    assert_eq!(whole.is(201).json()["area"], Json::Null);
    unfound["area"] = HERE.into();
    ask(&house, &regency, unfound.clone()).await.is(403);
    let there = ask(&house, &here, unfound).await.is(201).json();
    assert_eq!(
        (&there["area"], &there["is_identified"]),
        (&json!(HERE), &json!(false))
    );
    assert_eq!(numbers(&listed(&house, &here, "").await), [4, 1]);
    assert_eq!(numbers(&listed(&house, &regency, "").await), [2]);
    assert_eq!(numbers(&listed(&house, &auditor, "").await), [4, 3, 2, 1]);
    assert_eq!(numbers(&listed(&house, &auditor, "area=62.11").await), [2]);
    open(&house, &here, &json!(1)).await.is(200);
    for number in [json!(2), json!(3)] {
        let hidden = open(&house, &here, &number).await.is(404);
        assert_eq!(hidden.slug(), "card-request");
    }
    // Who is to be there is checked later, and what is asked for in a part is answered there.
    let path = format!("{REQUESTS}/4/identity");
    let form = || Some(json!({ "identity": CHECKED }));
    house.call(&regency, "PUT", &path, form()).await.is(404);
    let checked = house.call(&here, "PUT", &path, form()).await.is(200).json();
    assert_eq!(checked["is_identified"], true);
    answer(&house, &here, &json!(4), json!({})).await.is(200);
    house.call(&here, "PUT", &path, form()).await.is(409);
    // Who may read opens and answers nothing, and who may count reads nothing.
    for who in [&auditor, &leader] {
        open(&house, who, &json!(1)).await.is(403);
        answer(&house, who, &json!(1), json!({})).await.is(403);
        dossier(&house, who, &json!(1), "json").await.is(403);
        ask(&house, who, super::asked::form("access", &own))
            .await
            .is(403);
    }
    house.call(&leader, "GET", REQUESTS, None).await.is(403);
    dossier(&house, &here, &json!(1), "json").await.is(200);
    dossier(&house, &here, &json!(2), "json").await.is(404);
    // Looks are of the whole province, and read by whoever opens nothing.
    let looks = "/api/v1/card/looks";
    house.call(&auditor, "GET", looks, None).await.is(200);
    house.call(&here, "GET", looks, None).await.is(403);
    house.call(&leader, "GET", looks, None).await.is(403);
}

/// Three days of 24 hours, whatever the days; what was late stays so.
async fn late(db: Db) {
    let house = House::new(db).await;
    two(&house).await;
    let subject = family(&house, 1).await;
    for _ in 0..2 {
        let made = ask(&house, &house.admin, form("access", &subject)).await;
        made.is(201);
    }
    let lates = async |cookie: &str| {
        let listed = listed(&house, cookie, "").await;
        let items = listed["items"].as_array().expect("requests").iter();
        items.map(|it| it["late"] == true).collect::<Vec<_>>()
    };
    house
        .hall
        .clock()
        .turn(HOUR * 72 - Duration::from_micros(1));
    let admin = house.log_in("admin").await;
    assert_eq!(lates(&admin).await, [false, false]);
    answer(&house, &admin, &json!(1), json!({})).await.is(200);
    house.hall.clock().turn(Duration::from_micros(1));
    assert_eq!(lates(&admin).await, [true, false]);
    answer(&house, &admin, &json!(2), json!({})).await.is(200);
    house.hall.clock().turn(HOUR * 24);
    let admin = house.log_in("admin").await;
    assert_eq!(lates(&admin).await, [true, false]);
}

/// What is to be put right goes to the owner of the list; rows of the house stay.
async fn corrected(db: Db) {
    let house = House::new(db).await;
    two(&house).await;
    let here = house.person("loket", "bansos", Some(HERE)).await;
    let auditor = house.person("pengawas", "pengawas", None).await;
    let subject = family(&house, 1).await;
    let file = async |cookie: &str, owner: &str, from: Option<Wall>| {
        let form = json!({ "owner": owner, "purpose": "perbaikan", "from_us": from });
        let path = "/api/v1/card/corrections/file";
        house.call(cookie, "POST", path, Some(form)).await
    };
    let repair = |should_be: &str| {
        json!({ "repairs": [
            { "list": 1, "row": 2, "field": "decile", "should_be": should_be,
                "evidence": EVIDENCE },
            { "list": 2, "row": 2, "field": "mother", "should_be": "=KAMELOH",
                "evidence": EVIDENCE },
        ] })
    };
    // What is refused or open is nobody's to put right.
    for further in [repair("4"), repair("5"), json!({ "answer": "refused" })] {
        let made = ask(&house, &house.admin, form("correction", &subject)).await;
        let number = made.is(201).json()["number"].clone();
        answer(&house, &house.admin, &number, further).await.is(200);
        house.hall.clock().turn(HOUR);
    }
    let made = ask(&house, &house.admin, form("correction", &subject)).await;
    made.is(201);
    let head = "permintaan,dijawab,daftar,baris,kolom,tertulis,seharusnya,bukti";
    let lines = |text: String| -> Vec<String> {
        let text = text.trim_start_matches('\u{feff}');
        text.lines().map(str::to_owned).collect()
    };
    let all = file(&house.admin, "BPS", None).await.is(200).text();
    let line = |request: i64, should_be: i64| {
        format!("{request},2025-12-01,DTSEN uji,2,decile,1,{should_be},{EVIDENCE}")
    };
    assert_eq!(lines(all), [head.to_owned(), line(2, 5), line(1, 4)]);
    let audit = house.get("/api/v1/audit?limit=1").await.is(200).json();
    let entry = &audit["items"][0];
    assert_eq!(entry["verb"], "card_corrections.taken");
    assert_eq!(
        entry["detail"],
        json!({ "owner": "BPS", "purpose": "perbaikan", "rows": 2, "requests": [1, 2] })
    );
    let later = file(&house.admin, "BPS", Some(START + HOUR)).await;
    assert_eq!(lines(later.is(200).text()), [head.to_owned(), line(2, 5)]);
    let none = file(&house.admin, "Orang lain", None).await.is(422).json();
    assert_eq!(none["errors"][0]["field"], "owner");
    for who in [&here, &auditor] {
        file(who, "BPS", None).await.is(403);
    }
    let path = format!("/api/v1/card/families/{subject}");
    let shown = house.get(&path).await.is(200).json();
    let says = &shown["members"][0]["records"][0]["says"];
    assert_eq!(says["decile"], 1);
}

/// All octets and texts that the tables hold which somebody could read without a key.
pub(super) async fn kept(house: &House) -> Vec<Vec<u8>> {
    let mut read = house.hall.db().read().await.expect("a reader");
    let mut kept: Vec<Vec<u8>> = Vec::new();
    for (query, columns) in [
        (
            "SELECT sealed, wrapped, COALESCE(identity, wrapped) AS identity, \
             COALESCE(answer, wrapped) AS answer FROM card_request",
            &["sealed", "wrapped", "identity", "answer"][..],
        ),
        (
            "SELECT sealed, wrapped, COALESCE(authority_how, wrapped) AS authority_how, \
             COALESCE(people_how, wrapped) AS people_how, COALESCE(closing, wrapped) AS closing \
             FROM card_breach",
            &[
                "sealed",
                "wrapped",
                "authority_how",
                "people_how",
                "closing",
            ],
        ),
    ] {
        for row in read.all(query, params![]).await.expect("rows") {
            for column in columns {
                kept.push(row.get(column).expect("octets"));
            }
        }
    }
    for (query, columns) in [
        (
            "SELECT kind, COALESCE(subject_kind, '') AS subject_kind, state, \
             COALESCE(area_code, '') AS area_code FROM card_request",
            &["kind", "subject_kind", "state", "area_code"][..],
        ),
        ("SELECT state, data FROM card_breach", &["state", "data"]),
        (
            "SELECT via, verb, subject, detail FROM hall_audit",
            &["via", "verb", "subject", "detail"],
        ),
        (
            "SELECT title, facts FROM hall_incident",
            &["title", "facts"],
        ),
        ("SELECT body FROM store_fact", &["body"]),
    ] {
        for row in read.all(query, params![]).await.expect("rows") {
            for column in columns {
                kept.push(row.get::<String>(column).expect("text").into_bytes());
            }
        }
    }
    kept
}

#[track_caller]
pub(super) fn nowhere(kept: &[Vec<u8>], said: &[&str]) {
    let said = said.join(" ");
    let words = said.split(|c: char| !c.is_alphabetic());
    for word in words.filter(|word| word.len() > 5) {
        let has = |octets: &Vec<u8>| octets.windows(word.len()).any(|it| it == word.as_bytes());
        assert!(!kept.iter().any(has), "{word}");
    }
}

/// What is said of people is nowhere in the clear, and gone with its key.
async fn sealed(db: Db) {
    let house = House::new(db).await;
    two(&house).await;
    let second = house.person("kedua", "bansos", None).await;
    let subject = family(&house, 1).await;
    let number = ask(&house, &second, form("correction", &subject)).await;
    let number = number.is(201).json()["number"].clone();
    open(&house, &second, &number).await.is(200);
    let repairs = json!({ "repairs": [{ "list": 1, "row": 2, "field": "mother",
        "should_be": "Kameloh", "evidence": EVIDENCE }] });
    answer(&house, &second, &number, repairs).await.is(200);
    let kept = kept(&house).await;
    nowhere(
        &kept,
        &[ASKS, BY, CHECKED, REASON, DONE, EVIDENCE, "Kameloh"],
    );
    let mut tx = house.hall.db().write().await.expect("a transaction");
    tx.execute(
        "UPDATE card_request SET wrapped = $1",
        params![Vec::<u8>::new()],
    )
    .await
    .expect("destroyed");
    tx.commit().await.expect("a commit");
    let gone = open(&house, &second, &number).await.is(200).json();
    for part in ["who", "identity", "asks", "reason", "done"] {
        assert_eq!(gone[part], Json::Null, "{part}");
    }
    assert_eq!(gone["state"], "granted");
}

on_both! {
    a_request_is_recorded_looked_after_and_answered: answered;
    a_request_that_cannot_stand_is_refused: refused;
    each_asks_and_reads_where_he_may: parts;
    a_request_is_late_after_seventy_two_hours: late;
    what_is_to_be_put_right_goes_to_the_owner_of_the_list: corrected;
    what_a_request_says_is_nowhere_in_the_clear: sealed;
}
