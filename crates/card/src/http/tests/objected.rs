//! What people say against where they stand on lists.

use std::time::Duration;

use store::params;

use super::*;

const OBJECTIONS: &str = "/api/v1/card/objections";

/// What somebody says who objects: none of these words is anywhere in the clear.
const GROUND: &str = "Suami saya sudah lama meninggal.\n\nAnak sakit-sakitan; rumah bocor.";
const OBJECTOR: &str = "Ibu Rusmini, datang sendiri";
const REASON: &str = "Surat kematian diperiksa:\nbenar adanya.";

/// The list of a programme, adopted: whoever receives and would not any more leaves it.
async fn adopted(house: &House) -> i64 {
    let list = draft(house).await;
    let path = format!("/api/v1/card/decisions/{}", list["number"]);
    let groups = list["groups"].as_array().expect("groups");
    let mut list = list.clone();
    for group in groups {
        let id = group["id"].as_str().expect("an id");
        let form = json!({ "answer": "remove", "reason": "tidak memenuhi syarat" });
        let ruling = format!("{path}/rulings/{id}");
        let ruled = house.call(&house.admin, "PUT", &ruling, Some(form)).await;
        list = ruled.is(200).json();
    }
    let form = json!({
        "receiving": list["receiving"], "decree": "188.44/1/2025", "decree_day": "2025-12-01",
        "signatories": [{ "name": "Kepala Dinas", "office": "Kepala Dinas Sosial" }],
    });
    house.post(&format!("{path}/adoption"), form).await.is(202);
    house.until(&path, |list| list["state"] == "adopted").await;
    list["number"].as_i64().expect("a number")
}

async fn draft(house: &House) -> Json {
    let form = json!({ "slug": "pangan" });
    let begun = house.post("/api/v1/card/decisions", form).await;
    let begun = begun.is(201).json();
    let path = format!("/api/v1/card/decisions/{}", begun["number"]);
    house.get(&path).await.is(200).json()
}

/// The id of the family of somebody.
pub(super) async fn family(house: &House, person: u32) -> String {
    let search = json!({ "number": nik(person) });
    let found = house.post("/api/v1/card/families/search", search).await;
    let found = found.is(200).json();
    found["items"][0]["id"].as_str().expect("an id").to_owned()
}

pub(super) async fn object(house: &House, cookie: &str, form: Json) -> Answer {
    house.call(cookie, "POST", OBJECTIONS, Some(form)).await
}

pub(super) async fn open(house: &House, cookie: &str, id: &str) -> Answer {
    let path = format!("{OBJECTIONS}/{id}/opening");
    let form = json!({ "purpose": "menjawab sanggahan" });
    house.call(cookie, "POST", &path, Some(form)).await
}

async fn answer(house: &House, cookie: &str, id: &str, answer: &str) -> Answer {
    let path = format!("{OBJECTIONS}/{id}/answer");
    let form = json!({ "answer": answer, "reason": REASON });
    house.call(cookie, "POST", &path, Some(form)).await
}

async fn objections(house: &House, cookie: &str, asked: &str) -> Json {
    let path = format!("{OBJECTIONS}?{asked}");
    house.call(cookie, "GET", &path, None).await.is(200).json()
}

/// Five families and the list of who receives by deciles. 1: does. 2: did, and leaves it, here;
/// 3: as well, there. 4 and 5: neither did nor do, here and there.
pub(super) async fn list(house: &House) -> i64 {
    let rows = [
        (1, 1, HERE),
        (2, 5, HERE),
        (3, 6, THERE),
        (4, 7, HERE),
        (5, 8, THERE),
    ]
    .map(|(it, decile, village)| format!("{},{decile}", who(it, it, village)));
    let dtsen = format!("{WHO},desil\n{}\n", rows.join("\n"));
    let source = json!({ "title": "DTSEN uji", "owner": "BPS", "as_of": "2025-11-01" });
    house.bring("dtsen", &dtsen, source).await;
    let rows = [(1, HERE), (2, HERE), (3, THERE)].map(|(it, village)| who(it, it, village));
    let kpm = format!("{WHO}\n{}\n", rows.join("\n"));
    house
        .bring("kpm", &kpm, json!({ "title": "KPM uji" }))
        .await;
    house.examine(json!({ "decile_max": 2 })).await;
    let form = json!({ "text": RULES });
    house.post("/api/v1/card/programmes", form).await.is(201);
    adopted(house).await
}

pub(super) fn form(list: i64, subject: &str) -> Json {
    json!({ "decision": list, "subject": subject, "ground": GROUND, "by": OBJECTOR })
}

pub(super) fn id_of(view: &Json) -> String {
    view["id"].as_str().expect("an id").to_owned()
}

/// Where somebody stands on a list, and who decided it.
async fn stands(house: &House, list: &Json, subject: &str) -> (Json, Json) {
    let path = format!(
        "/api/v1/card/decisions/{}/subjects/{subject}",
        list["number"]
    );
    let it = house.get(&path).await.is(200).json();
    (it["verdict"].clone(), it["by"].clone())
}

async fn accepted(db: Db) {
    let house = House::new(db).await;
    let list = list(&house).await;
    let second = house.person("kedua", "bansos", None).await;
    let (left, out) = (family(&house, 2).await, family(&house, 4).await);

    let made = object(&house, &house.admin, form(list, &left)).await;
    let made = made.is(201).json();
    let id = id_of(&made);
    assert_eq!(
        made,
        json!({
            "id": id, "number": 1, "decision": list, "programme": "pangan",
            "programme_name": "Paket pangan", "subject": left, "area": HERE,
            "area_name": made["area_name"], "wants": "include", "state": "open",
            "at_us": START.as_us(), "due_us": made["due_us"], "is_overdue": false,
            "by_name": made["by_name"], "ground": null, "objector": null, "decided": null,
        })
    );
    // The end of the fourteenth day after the one of recording, and not before.
    let due = Wall::from_us(made["due_us"].as_i64().expect("a time"));
    let last = house.hall.day_of(START).plus(14).expect("a day");
    assert_eq!(house.hall.day_of(due - Duration::from_micros(1)), last);
    assert_eq!(house.hall.day_of(due), last.plus(1).expect("a day"));
    // Nobody of whom the list has no row is turned away: what was known then says where he is.
    let other = object(&house, &second, form(list, &out))
        .await
        .is(201)
        .json();
    assert_eq!(
        (&other["number"], &other["area"]),
        (&json!(2), &json!(HERE))
    );

    let listed = objections(&house, &house.admin, "").await;
    assert_eq!(listed, json!({ "items": [other, made], "next": null }));
    let page = objections(&house, &house.admin, "limit=1").await;
    assert_eq!((&page["items"][0], &page["next"]), (&other, &json!("2")));
    let page = objections(&house, &house.admin, "limit=1&cursor=2").await;
    assert_eq!((&page["items"][0], &page["next"]), (&made, &Json::Null));

    let opened = open(&house, &second, &id).await.is(200).json();
    assert_eq!(opened["ground"], GROUND);
    assert_eq!(opened["objector"], OBJECTOR);
    let audit = house.get("/api/v1/audit?limit=1").await.is(200).json();
    let entry = &audit["items"][0];
    assert_eq!(entry["verb"], "card_objection.opened");
    assert_eq!(entry["subject"], id.as_str());
    assert_eq!(
        entry["detail"],
        json!({ "number": 1, "decision": list, "purpose": "menjawab sanggahan" })
    );

    let own = answer(&house, &house.admin, &id, "accepted").await.is(409);
    assert_eq!(own.slug(), "card-second-person");
    let wrong = answer(&house, &second, &id, "open").await.is(422).json();
    assert_eq!(wrong["errors"][0]["field"], "answer");
    let done = answer(&house, &second, &id, "accepted")
        .await
        .is(200)
        .json();
    assert_eq!(done["state"], "accepted");
    assert_eq!(
        done["decided"],
        json!({ "answer": "accepted", "reason": null, "at_us": START.as_us(),
            "by_name": "kedua" })
    );
    let again = answer(&house, &second, &id, "rejected").await.is(409);
    assert_eq!(again.slug(), "card-objected");
    let opened = open(&house, &second, &id).await.is(200).json();
    assert_eq!(opened["decided"]["reason"], REASON);
    let unanswered = objections(&house, &house.admin, "state=open").await;
    assert_eq!(unanswered["items"], json!([other]));

    // What was accepted counts in the list that comes, and what was adopted stays.
    let next = draft(&house).await;
    assert_eq!(next["exceptions"], json!({ "include": 1, "exclude": 0 }));
    assert_eq!(
        stands(&house, &next, &left).await,
        ("included".into(), "person".into())
    );
    let before = json!({ "number": list });
    assert_eq!(stands(&house, &before, &left).await.0, "excluded");
    let path = format!("/api/v1/card/decisions/{}/exceptions", next["number"]);
    let exceptions = house.get(&path).await.is(200).json();
    let exception = &exceptions["items"][0];
    assert_eq!(exception["objection"], id.as_str());
}

async fn rejected(db: Db) {
    let house = House::new(db).await;
    let list = list(&house).await;
    let second = house.person("kedua", "bansos", None).await;
    let (stays, left) = (family(&house, 1).await, family(&house, 2).await);
    let made = object(&house, &second, form(list, &left)).await;
    let id = id_of(&made.is(201).json());
    let done = answer(&house, &house.admin, &id, "rejected").await;
    let done = done.is(200).json();
    assert_eq!(
        (&done["state"], &done["decided"]["answer"]),
        (&json!("rejected"), &json!("rejected"))
    );
    // To be left out is for whoever receives.
    let mut out = form(list, &left);
    out["wants"] = "exclude".into();
    let refused = object(&house, &second, out.clone()).await.is(422).json();
    assert_eq!(refused["errors"][0]["field"], "wants");
    out["subject"] = stays.as_str().into();
    let made = object(&house, &second, out).await.is(201).json();
    assert_eq!(made["wants"], "exclude");
    answer(&house, &house.admin, &id_of(&made), "accepted")
        .await
        .is(200);
    let next = draft(&house).await;
    assert_eq!(next["exceptions"], json!({ "include": 0, "exclude": 1 }));
    assert_eq!(
        stands(&house, &next, &stays).await,
        ("excluded".into(), "person".into())
    );
    assert_eq!(
        stands(&house, &next, &left).await,
        ("excluded".into(), "rules".into())
    );

    // Nothing is said against a draft, nor about anybody whom the list does not judge.
    let draft = next["number"].as_i64().expect("a number");
    let person = left.replace("fam_", "rsd_");
    let nobody = base::id::Id::<base::id::Family>::from_bytes([7; 16]).to_string();
    for (list, subject, slug) in [
        (draft, &left, "card-decision"),
        (99, &left, "card-decision"),
        (list, &person, "card-judged"),
        (list, &nobody, "card-judged"),
    ] {
        let refused = object(&house, &second, form(list, subject)).await.is(404);
        assert_eq!(refused.slug(), slug, "{list} {subject}");
    }
    for (field, value) in [
        ("ground", " \n ".to_owned()),
        ("ground", "x".repeat(2_001)),
        ("ground", "a\u{202e}b".to_owned()),
        ("by", "dua\nbaris".to_owned()),
        ("by", "x".repeat(201)),
        ("wants", "hold".to_owned()),
    ] {
        let mut wrong = form(list, &left);
        wrong[field] = value.into();
        let refused = object(&house, &second, wrong).await.is(422).json();
        assert_eq!(refused["errors"][0]["field"], field);
    }
    // The same request twice is one objection.
    let twice = async || {
        let request = Request::post(OBJECTIONS)
            .header("cookie", &second)
            .header("content-type", "application/json")
            .header("idempotency-key", "k1")
            .body(Body::from(form(list, &left).to_string()))
            .expect("a request");
        house.send(request).await.is(201).json()
    };
    assert_eq!(twice().await, twice().await);
    let asked = format!("decision={list}");
    let all = objections(&house, &second, &asked).await;
    assert_eq!(all["items"].as_array().map(Vec::len), Some(3));
    let none = objections(&house, &second, "decision=99").await;
    assert_eq!(none["items"], json!([]));
    for asked in ["state=lain", "cursor=x", "limit=0"] {
        house.get(&format!("{OBJECTIONS}?{asked}")).await.is(422);
    }
}

async fn parts(db: Db) {
    let house = House::new(db).await;
    let list = list(&house).await;
    let here = house.person("loket", "bansos", Some(HERE)).await;
    let auditor = house.person("pengawas", "pengawas", None).await;
    let leader = house.person("kepala", "pimpinan", None).await;
    let mut ids = Vec::new();
    // One with a row on the list and one without, here and there.
    for (person, is_here) in [(2, true), (4, true), (3, false), (5, false)] {
        let family = family(&house, person).await;
        let sent = object(&house, &here, form(list, &family)).await;
        if is_here {
            ids.push(id_of(&sent.is(201).json()));
        } else {
            assert_eq!(sent.is(404).slug(), "card-judged");
            let made = object(&house, &house.admin, form(list, &family)).await;
            ids.push(id_of(&made.is(201).json()));
        }
    }
    let [own, _, theirs, _] = &ids[..] else {
        panic!("four objections");
    };
    let numbers = |listed: Json| -> Vec<i64> {
        let items = listed["items"].as_array().expect("objections").iter();
        items.filter_map(|it| it["number"].as_i64()).collect()
    };
    assert_eq!(numbers(objections(&house, &here, "").await), [2, 1]);
    assert_eq!(
        numbers(objections(&house, &auditor, "").await),
        [4, 3, 2, 1]
    );
    let there = objections(&house, &auditor, "area=62.11").await;
    assert_eq!(numbers(there), [4, 3]);
    let there = objections(&house, &here, "area=62.11").await;
    assert_eq!(numbers(there), [0; 0]);
    open(&house, &here, own).await.is(200);
    assert_eq!(
        open(&house, &here, theirs).await.is(404).slug(),
        "card-objection"
    );
    // Whoever records in a village answers nothing, since a list is one of the province.
    answer(&house, &here, own, "accepted").await.is(403);
    // Who may read opens nothing, and who may count reads nothing.
    for who in [&auditor, &leader] {
        open(&house, who, own).await.is(403);
        answer(&house, who, own, "accepted").await.is(403);
        let family = family(&house, 2).await;
        object(&house, who, form(list, &family)).await.is(403);
    }
    house.call(&leader, "GET", OBJECTIONS, None).await.is(403);
    let nothing = base::id::Id::<base::id::Objection>::from_bytes([7; 16]);
    let nothing = answer(&house, &house.admin, &nothing.to_string(), "accepted").await;
    assert_eq!(nothing.is(404).slug(), "card-objection");
}

/// What is said of people is nowhere in the clear, and gone with its key.
async fn sealed(db: Db) {
    let house = House::new(db).await;
    let list = list(&house).await;
    let second = house.person("kedua", "bansos", None).await;
    let family = family(&house, 2).await;
    let made = object(&house, &house.admin, form(list, &family)).await;
    let id = id_of(&made.is(201).json());
    open(&house, &second, &id).await.is(200);
    answer(&house, &second, &id, "accepted").await.is(200);
    let mut read = house.hall.db().read().await.expect("a reader");
    let mut kept: Vec<Vec<u8>> = Vec::new();
    for (query, columns) in [
        (
            "SELECT id, subject, sealed, wrapped, by_person, answered_by, answer \
             FROM card_objection",
            &[
                "id",
                "subject",
                "sealed",
                "wrapped",
                "by_person",
                "answered_by",
                "answer",
            ][..],
        ),
        (
            "SELECT reason, sealed FROM card_exception",
            &["reason", "sealed"],
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
            "SELECT area_code, state, wants FROM card_objection",
            &["area_code", "state", "wants"][..],
        ),
        (
            "SELECT via, verb, subject, detail FROM hall_audit",
            &["via", "verb", "subject", "detail"],
        ),
    ] {
        for row in read.all(query, params![]).await.expect("rows") {
            for column in columns {
                kept.push(row.get::<String>(column).expect("text").into_bytes());
            }
        }
    }
    drop(read);
    let said = [GROUND, OBJECTOR, REASON].join(" ");
    let words = said.split(|c: char| !c.is_alphabetic());
    for word in words.filter(|word| word.len() > 5) {
        let has = |octets: &Vec<u8>| octets.windows(word.len()).any(|it| it == word.as_bytes());
        assert!(!kept.iter().any(has), "{word}");
    }
    let mut tx = house.hall.db().write().await.expect("a transaction");
    tx.execute(
        "UPDATE card_objection SET wrapped = $1",
        params![Vec::<u8>::new()],
    )
    .await
    .expect("destroyed");
    tx.commit().await.expect("a commit");
    let gone = open(&house, &second, &id).await.is(200).json();
    assert_eq!(
        (
            &gone["state"],
            &gone["ground"],
            &gone["objector"],
            &gone["decided"]["reason"]
        ),
        (&json!("accepted"), &Json::Null, &Json::Null, &Json::Null)
    );
}

/// What nobody answers in time is overdue, and what is answered late is not any more.
async fn late(db: Db) {
    let house = House::new(db).await;
    let list = list(&house).await;
    house.person("kedua", "bansos", None).await;
    let family = family(&house, 2).await;
    let made = object(&house, &house.admin, form(list, &family)).await;
    let made = made.is(201).json();
    let due = Wall::from_us(made["due_us"].as_i64().expect("a time"));
    house
        .hall
        .clock()
        .turn(due.since(START) - Duration::from_micros(1));
    let admin = house.log_in("admin").await;
    let overdue = async |cookie: &str| {
        let listed = objections(&house, cookie, "").await;
        listed["items"][0]["is_overdue"].clone()
    };
    assert_eq!(overdue(&admin).await, false);
    house.hall.clock().turn(Duration::from_micros(1));
    assert_eq!(overdue(&admin).await, true);
    let second = house.log_in("kedua").await;
    answer(&house, &second, &id_of(&made), "rejected")
        .await
        .is(200);
    assert_eq!(overdue(&admin).await, false);
}

on_both! {
    an_objection_is_answered_by_another_and_counts_in_the_next_list: accepted;
    what_was_rejected_changes_nothing: rejected;
    each_objects_and_reads_where_he_may: parts;
    what_an_objection_says_is_nowhere_in_the_clear: sealed;
    an_objection_is_overdue_after_its_last_day: late;
}
