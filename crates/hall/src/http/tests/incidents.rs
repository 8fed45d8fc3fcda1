//! Incidents as people meet them: opened by hand or by a room, looked after, seen by
//! those whose places they are at.

use axum::body::BodyDataStream;
use futures::StreamExt as _;
use serde_json::Map;

use super::*;
use crate::guard::Place;
use crate::incident::{self, About, Key, Opening, Severity, Subject, upkeep};
use crate::live::Event;

const LIST: &str = "/api/v1/incidents";
pub(super) const MINUTE: Duration = Duration::from_secs(60);

impl House {
    pub(super) async fn open_by_hand(&self, with: &str, body: Json) -> String {
        let opened = self.call(with, "POST", LIST, Some(body)).await.is(201);
        let id = opened.json()["id"].as_str().expect("an id").to_owned();
        assert_eq!(opened.headers["location"], format!("{LIST}/{id}").as_str());
        id
    }

    pub(super) async fn act(&self, with: &str, id: &str, body: Json) -> Answer {
        self.call(with, "POST", &format!("{LIST}/{id}/steps"), Some(body))
            .await
    }

    pub(super) async fn incident(&self, with: &str, id: &str) -> Json {
        let path = format!("{LIST}/{id}");
        self.call(with, "GET", &path, None).await.is(200).json()
    }

    /// The numbers of a list, in its order.
    pub(super) async fn numbers(&self, with: &str, query: &str) -> Vec<i64> {
        let path = format!("{LIST}?{query}");
        let list = self.call(with, "GET", &path, None).await.is(200).json();
        let items = list["items"].as_array().expect("a list").clone();
        let numbers = items.iter().filter_map(|one| one["number"].as_i64());
        numbers.collect()
    }

    /// What a room says, in a transaction of its own.
    pub(super) async fn room_says(&self, key: &Key, about: &[&str]) -> String {
        let mut tx = self.hall.db().write().await.expect("a transaction");
        let area = |code: &&str| About {
            subject: Subject::Area(code.parse().expect("a code")),
            name: format!("Area {code}"),
            place: Place::new(code.parse().ok(), None),
        };
        let mut facts = Map::new();
        facts.insert("silent".to_owned(), about.len().into());
        let opening = Opening {
            key: key.clone(),
            by: "test",
            severity: Severity::Critical,
            title: "Sambungan putus".to_owned(),
            facts,
            about: about.iter().map(area).collect(),
        };
        let now = self.hall.now();
        let id = incident::open(&mut tx, now, opening).await.expect("opened");
        tx.commit().await.expect("a commit");
        id.to_string()
    }

    async fn room_clears(&self, key: &Key) {
        let mut tx = self.hall.db().write().await.expect("a transaction");
        let now = self.hall.now();
        let cleared = incident::clear(&mut tx, now, key, "test").await;
        cleared.expect("asked").expect("it went on");
        tx.commit().await.expect("a commit");
    }
}

fn steps(shown: &Json) -> Vec<&str> {
    let steps = shown["steps"].as_array().expect("steps");
    let words = steps.iter().filter_map(|step| step["step"].as_str());
    words.collect()
}

async fn by_hand(db: Db) {
    let (house, admin) = House::new(db).await;
    let site = house.site(&admin, "62.01.01").await;
    let (ani, operator) = house
        .person(&admin, "ani", json!([{ "role": "operator" }]))
        .await;
    let (budi, other) = house
        .person(&admin, "budi", json!([{ "role": "operator" }]))
        .await;
    let form = json!({
        "title": "Listrik padam", "severity": "warning", "note": "Genset dicari", "site": site,
        "point": { "lat_deg": -2.2, "lon_deg": 113.9 },
    });
    let id = house.open_by_hand(&operator, form).await;
    let shown = house.incident(&operator, &id).await;
    assert_eq!(shown["number"], 1);
    assert_eq!(
        (&shown["kind"], &shown["room"]),
        (&json!("manual"), &json!(null))
    );
    assert_eq!(shown["state"], "open");
    assert_eq!(shown["opened_by"]["id"], ani.as_str());
    assert_eq!(shown["subjects"][0]["id"], site.as_str());
    assert_eq!(shown["subjects"][0]["contact"]["phone"], "0800");
    assert_eq!(shown["subjects"][0]["see"], format!("/api/v1/sites/{site}"));
    assert_eq!(shown["steps"][0]["text"], "Genset dicari");
    let due = shown["due_us"].as_i64().expect("a time");
    assert_eq!(
        due - shown["opened_us"].as_i64().expect("a time"),
        3_600_000_000
    );

    // Two want it at once: one has it, the other is told who.
    let take = || json!({ "act": "take" });
    let (one, two) = tokio::join!(
        house.act(&operator, &id, take()),
        house.act(&other, &id, take())
    );
    let (won, lost) = if one.status == 201 {
        (one, two)
    } else {
        (two, one)
    };
    let lost = lost.is(409);
    let owner = won.is(201).json()["owner"]["id"].clone();
    assert_eq!(
        (lost.slug().as_str(), lost.field().as_str()),
        ("incident-owned", "owner")
    );
    assert_eq!(lost.json()["errors"][0]["detail"], owner);
    // Who may look after it is asked of the house, by whoever may do something about it.
    let able = format!("/api/v1/incidents/{id}/able");
    let found = house
        .call(&operator, "GET", &able, None)
        .await
        .is(200)
        .json();
    let found = found["items"].as_array().expect("people");
    let is_able = |of: &str| found.iter().any(|it| it["id"] == of);
    assert!(is_able(&ani) && is_able(&budi), "{found:?}");
    let (screen, seeing) = house
        .person(&admin, "screen", json!([{ "role": "layar" }]))
        .await;
    assert!(!is_able(&screen));
    house.call(&seeing, "GET", &able, None).await.is(403);
    let give = json!({ "act": "assign", "owner": budi });
    if owner != budi.as_str() {
        house.act(&operator, &id, give).await.is(201);
    }

    for (body, status, slug, field) in [
        (json!({ "act": "note" }), 422, "form", "text"),
        (json!({ "act": "note", "text": "  " }), 422, "form", "text"),
        (json!({ "act": "acknowledge" }), 409, "incident-state", ""),
        (json!({ "act": "rate" }), 422, "form", "severity"),
        (
            json!({ "act": "rate", "severity": "warning" }),
            409,
            "incident-state",
            "",
        ),
        (
            json!({ "act": "set_due", "due_us": 1 }),
            422,
            "form",
            "due_us",
        ),
        (
            json!({ "act": "note", "text": "x", "severity": "notice" }),
            422,
            "form",
            "severity",
        ),
        (
            json!({ "act": "assign", "owner": "prs_0000000000000000000000000a" }),
            422,
            "form",
            "owner",
        ),
        (
            json!({ "act": "unlink", "subject": 1 }),
            409,
            "incident-state",
            "",
        ),
        (
            json!({ "act": "unlink", "subject": 9 }),
            404,
            "incident-subject",
            "",
        ),
        (json!({ "act": "link" }), 422, "form", "area"),
        (
            json!({ "act": "link", "area": "62.99" }),
            422,
            "form",
            "area",
        ),
        (json!({ "act": "unwatch" }), 409, "incident-state", ""),
        (json!({ "act": "close" }), 422, "form", "text"),
        (
            json!({ "act": "reopen", "text": "x" }),
            409,
            "incident-state",
            "",
        ),
    ] {
        let refused = house.act(&operator, &id, body.clone()).await.is(status);
        assert_eq!(
            (refused.slug().as_str(), refused.field().as_str()),
            (slug, field),
            "{body}"
        );
    }
    let before = house.incident(&operator, &id).await["steps_total"].clone();

    let later = house.hall.now().wall + 90 * MINUTE;
    for body in [
        json!({ "act": "watch" }),
        json!({ "act": "note", "text": "Teknisi berangkat" }),
        json!({ "act": "rate", "severity": "critical" }),
        json!({ "act": "set_due", "due_us": later }),
        json!({ "act": "link", "area": "62.01" }),
        json!({ "act": "unlink", "subject": 1 }),
        json!({ "act": "close", "text": "Menyala lagi" }),
    ] {
        house.act(&operator, &id, body).await.is(201);
    }
    let shown = house.incident(&operator, &id).await;
    assert_eq!(
        shown["steps_total"].as_i64(),
        before.as_i64().map(|n| n + 7)
    );
    assert_eq!(shown["state"], "closed");
    assert_eq!(shown["due_us"], json!(later));
    assert_eq!(shown["watchers"][0]["id"], ani.as_str());
    assert_eq!(shown["watching"], true);
    assert_eq!(shown["subjects"][0]["id"], "62.01");
    let closed = house
        .act(&operator, &id, json!({ "act": "take" }))
        .await
        .is(409);
    assert_eq!(closed.slug(), "incident-state");
    house
        .act(
            &operator,
            &id,
            json!({ "act": "reopen", "text": "Padam lagi" }),
        )
        .await
        .is(201);
    let shown = house.incident(&operator, &id).await;
    assert_eq!(
        (&shown["state"], &shown["closed_us"]),
        (&json!("open"), &json!(null))
    );
    assert_eq!(
        shown["owner"]["id"],
        budi.as_str(),
        "whoever knew it still has it"
    );

    // All of it is in the chain, and its words are not.
    let verbs = house.verbs().await;
    for step in steps(&shown) {
        assert!(verbs.contains(&format!("incident.{step}")), "{step}");
    }
    let path = format!("/api/v1/audit?subject={id}&limit=500");
    let audit = house.call(&admin, "GET", &path, None).await.is(200);
    let entries = audit.json()["items"].as_array().map(Vec::len);
    assert_eq!(entries, Some(steps(&shown).len()));
    assert!(!audit.text.contains("Teknisi"), "{}", audit.text);
}

async fn of_a_room(db: Db) {
    let (house, admin) = House::new(db).await;
    let key = Key::new("line.lost", "62.01");
    let id = house.room_says(&key, &["62.01"]).await;
    let shown = house.incident(&admin, &id).await;
    assert_eq!(
        (&shown["kind"], &shown["room"]),
        (&json!("line.lost"), &json!("test"))
    );
    assert_eq!(shown["title"], "Sambungan putus");
    assert_eq!(shown["facts"], json!({ "silent": 1 }));
    // What it still sees is not put to the files, except by who knows better.
    let close = || json!({ "act": "close", "text": "Selesai" });
    let refused = house.act(&admin, &id, close()).await.is(409);
    assert_eq!(refused.slug(), "incident-state");
    let silent = house
        .act(&admin, &id, json!({ "act": "clear" }))
        .await
        .is(422);
    assert_eq!(silent.field(), "text");
    house
        .act(&admin, &id, json!({ "act": "clear", "text": "Ditelepon" }))
        .await
        .is(201);
    house.act(&admin, &id, close()).await.is(201);
    // It says it again: the person was wrong, and it is the same.
    assert_eq!(house.room_says(&key, &["62.01"]).await, id);
    let shown = house.incident(&admin, &id).await;
    assert_eq!(
        (&shown["state"], &shown["seen"]),
        (&json!("open"), &json!(2))
    );
    // A subject that a person took off stays off.
    house
        .act(&admin, &id, json!({ "act": "link", "area": "62.02" }))
        .await
        .is(201);
    house
        .act(&admin, &id, json!({ "act": "unlink", "subject": 1 }))
        .await
        .is(201);
    house.room_says(&key, &["62.01"]).await;
    let shown = house.incident(&admin, &id).await;
    let about = shown["subjects"].as_array().expect("subjects");
    assert_eq!((about.len(), &about[0]["id"]), (1, &json!("62.02")));
    house.room_clears(&key).await;
    house.clock.turn(incident::due::FLAPPING);
    let next = house.room_says(&key, &["62.01"]).await;
    assert_ne!(next, id);
    // The old one is not opened beside the new one.
    let beside = house
        .act(&admin, &id, json!({ "act": "reopen", "text": "Lagi" }))
        .await
        .is(409);
    assert!(beside.text.contains("number 2"), "{}", beside.text);
}

async fn lists(db: Db) {
    let (house, admin) = House::new(db).await;
    let (ani, operator) = house
        .person(&admin, "ani", json!([{ "role": "operator" }]))
        .await;
    let hand = |area: &str, severity: &str| json!({ "title": format!("=Uji {area}"), "severity": severity, "area": area });
    let one = house.open_by_hand(&admin, hand("62.01", "notice")).await;
    house.clock.turn(MINUTE);
    let since = house.hall.now().wall;
    let two = house
        .open_by_hand(&admin, hand("62.01.01", "warning"))
        .await;
    house.open_by_hand(&admin, hand("62.02", "critical")).await;
    house.room_says(&Key::new("disk.fills", ""), &[]).await;
    house
        .act(&operator, &one, json!({ "act": "take" }))
        .await
        .is(201);
    house
        .act(&operator, &two, json!({ "act": "watch" }))
        .await
        .is(201);
    let free = house
        .open_by_hand(&admin, json!({ "title": "Uji", "severity": "notice" }))
        .await;
    let shown = house.incident(&admin, &free).await;
    assert_eq!(
        shown["subjects"][0]["id"], "62",
        "the province where nothing is said"
    );
    for (query, numbers) in [
        ("", vec![5, 4, 3, 2, 1]),
        ("state=handled", vec![1]),
        ("state=open,handled", vec![5, 4, 3, 2, 1]),
        ("state=closed", vec![]),
        ("severity=critical", vec![4, 3]),
        ("kind=disk.fills", vec![4]),
        ("area=62.01", vec![2, 1]),
        ("area=62", vec![5, 3, 2, 1]),
        ("subject=62.01.01", vec![2]),
        ("subject=cam_0000000000000000000000000a", vec![]),
        (&format!("owner={ani}"), vec![1]),
        ("owner=none", vec![5, 4, 3, 2]),
        (&format!("since_us={}", since.as_us()), vec![5, 4, 3, 2]),
        ("mine=true", vec![]),
        ("overdue=true", vec![]),
    ] {
        assert_eq!(house.numbers(&admin, query).await, numbers, "{query}");
    }
    assert_eq!(house.numbers(&operator, "mine=true").await, [2, 1]);
    for query in [
        "state=x",
        "owner=x",
        "subject=x",
        "cursor=x",
        "limit=0",
        "level=x",
    ] {
        let path = format!("{LIST}?{query}");
        let refused = house.call(&admin, "GET", &path, None).await.is(422);
        assert_eq!(refused.slug(), "query", "{query}");
    }
    // Page by page nothing is lost or twice.
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("{LIST}?limit=2{cursor}");
        let page = house.call(&admin, "GET", &path, None).await.is(200).json();
        let items = page["items"].as_array().expect("items").clone();
        seen.extend(items.iter().filter_map(|one| one["number"].as_i64()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, [5, 4, 3, 2, 1]);
    let accept = [("accept", "text/csv")];
    let csv = house
        .call_with(&admin, "GET", LIST, None, &accept)
        .await
        .is(200);
    assert_eq!(csv.text.lines().count(), 6);
    assert!(
        csv.text.contains(",'=Uji 62.02,"),
        "no formula: {}",
        csv.text
    );
    assert!(csv.text.contains(",pusat,"), "{}", csv.text);
    assert!(
        house
            .verbs()
            .await
            .contains(&"incident.exported".to_owned())
    );
    // The steps have pages too.
    let path = format!("{LIST}/{one}/steps?limit=2");
    let page = house.call(&admin, "GET", &path, None).await.is(200).json();
    assert_eq!(page["next"], "2");
    let path = format!("{LIST}/{one}/steps?cursor=2");
    let rest = house.call(&admin, "GET", &path, None).await.is(200).json();
    let rest: Vec<_> = rest["items"].as_array().expect("steps").iter().collect();
    assert_eq!(rest.len(), 2);
    assert_eq!(
        (&rest[1]["step"], &rest[1]["seq"]),
        (&json!("owned"), &json!(4))
    );

    let key = [("idempotency-key", "k-1")];
    let body = || Some(hand("62.01", "notice"));
    let first = house
        .call_with(&admin, "POST", LIST, body(), &key)
        .await
        .is(201);
    let again = house
        .call_with(&admin, "POST", LIST, body(), &key)
        .await
        .is(201);
    assert_eq!(first.text, again.text);
    assert_eq!(house.numbers(&admin, "").await.len(), 6);
    let path = format!("{LIST}/{one}/steps");
    let note = || Some(json!({ "act": "note", "text": "Sekali" }));
    let key = [("idempotency-key", "k-2")];
    for _ in 0..2 {
        house
            .call_with(&admin, "POST", &path, note(), &key)
            .await
            .is(201);
    }
    let shown = house.incident(&admin, &one).await;
    let noted = steps(&shown).into_iter().filter(|step| *step == "noted");
    assert_eq!(noted.count(), 1);
}

async fn who_sees(db: Db) {
    let (house, admin) = House::new(db).await;
    let office = house.agency(&admin, "Dinas A", None).await;
    let in_area = |role: &str, area: &str| json!([{ "role": role, "area": area }]);
    let (_, here) = house
        .person(&admin, "here", in_area("operator", "62.01"))
        .await;
    let (there_id, there) = house
        .person(&admin, "there", in_area("operator", "62.02"))
        .await;
    let (_, leader) = house
        .person(&admin, "leader", in_area("pimpinan", "62.01"))
        .await;
    let (_, screen) = house.person(&admin, "screen", in_area("layar", "62")).await;
    let of_office = json!([{ "role": "operator", "agency": office }]);
    let (_, clerk) = house.person(&admin, "clerk", of_office).await;
    let site = house.site(&admin, "62.01.01").await;
    let only_here = house
        .open_by_hand(
            &here,
            json!({ "title": "Di sini", "severity": "notice", "site": site }),
        )
        .await;
    let both = house
        .open_by_hand(
            &admin,
            json!({
                "title": "Putus dari 62.01 ke 62.02", "severity": "notice", "area": "62.01",
                "note": "Kabel di 62.02",
            }),
        )
        .await;
    house
        .act(&admin, &both, json!({ "act": "link", "area": "62.02" }))
        .await
        .is(201);
    let of_house = house.room_says(&Key::new("disk.fills", ""), &[]).await;
    let of_room = house
        .room_says(&Key::new("line.lost", "x"), &["62.01", "62.02"])
        .await;

    assert_eq!(house.numbers(&admin, "").await, [4, 3, 2, 1]);
    assert_eq!(house.numbers(&here, "").await, [4, 2, 1]);
    assert_eq!(house.numbers(&there, "").await, [4, 2]);
    assert_eq!(house.numbers(&leader, "").await, [4, 2, 1]);
    assert_eq!(house.numbers(&screen, "").await, [4, 2, 1]);
    assert_eq!(house.numbers(&clerk, "").await, Vec::<i64>::new());

    // What is not one's own is not there: not to read, and not to be written to.
    for id in [&only_here, &of_house] {
        for path in [format!("{LIST}/{id}"), format!("{LIST}/{id}/steps")] {
            let hidden = house.call(&there, "GET", &path, None).await.is(404);
            assert_eq!(hidden.slug(), "incident");
        }
        let note = json!({ "act": "note", "text": "Halo" });
        house.act(&there, id, note).await.is(404);
    }

    // Who sees a part learns of no other place, by no word.
    let shown = house.incident(&there, &both).await;
    assert_eq!(shown["title"], json!(null));
    assert_eq!(shown["withheld"], 1);
    assert_eq!(shown["subjects"].as_array().map(Vec::len), Some(1));
    assert_eq!(shown["subjects"][0]["id"], "62.02");
    assert_eq!(shown["steps"][0]["text"], json!(null));
    assert_eq!(shown["steps"][0]["withheld"], true);
    let list = house.call(&there, "GET", LIST, None).await.is(200).text;
    let steps = house
        .call(&there, "GET", &format!("{LIST}/{both}/steps"), None)
        .await
        .is(200);
    let csv = house
        .call(&there, "GET", &format!("{LIST}?format=csv"), None)
        .await
        .is(200);
    for text in [shown.to_string(), list, steps.text, csv.text] {
        assert!(!text.contains("62.01") && !text.contains("Kabel"), "{text}");
    }
    // What a room says names no place, and is read by all.
    let shown = house.incident(&there, &of_room).await;
    assert_eq!(
        (&shown["title"], &shown["withheld"]),
        (&json!("Sambungan putus"), &json!(1))
    );

    // He may say something; what counts for the other place too he may not.
    house
        .act(
            &there,
            &both,
            json!({ "act": "note", "text": "Dari 62.02" }),
        )
        .await
        .is(201);
    house
        .act(&there, &both, json!({ "act": "watch" }))
        .await
        .is(201);
    for body in [
        json!({ "act": "take" }),
        json!({ "act": "acknowledge" }),
        json!({ "act": "rate", "severity": "critical" }),
        json!({ "act": "clear" }),
        json!({ "act": "close", "text": "x" }),
        json!({ "act": "link", "area": "62.02" }),
        json!({ "act": "unlink", "subject": 1 }),
    ] {
        house.act(&there, &both, body.clone()).await.is(403);
    }
    // Nobody is given what he could not look after.
    let give = |to: &str| json!({ "act": "assign", "owner": to });
    let refused = house.act(&admin, &both, give(&there_id)).await.is(422);
    assert_eq!(refused.field(), "owner");
    // Nor is anything opened or linked where one may not.
    let away = json!({ "title": "Di sana", "severity": "notice", "area": "62.02" });
    house.call(&here, "POST", LIST, Some(away)).await.is(403);
    let wide = json!({ "title": "Di mana-mana", "severity": "notice" });
    house.call(&here, "POST", LIST, Some(wide)).await.is(403);
    house
        .act(&here, &only_here, json!({ "act": "link", "area": "62.02" }))
        .await
        .is(403);
    let far = house.site(&admin, "62.02").await;
    let unknown = json!({ "act": "link", "site": far });
    assert_eq!(
        house.act(&here, &only_here, unknown).await.is(422).field(),
        "site"
    );

    // Leaders and screens read; whom to call is for those who see the site.
    house
        .act(&leader, &only_here, json!({ "act": "watch" }))
        .await
        .is(403);
    let called = |shown: &Json| shown["subjects"][0]["contact"]["phone"].clone();
    assert_eq!(called(&house.incident(&leader, &only_here).await), "0800");
    assert_eq!(
        called(&house.incident(&screen, &only_here).await),
        json!(null)
    );
}

/// The events of a stream up to one with a word, that one left out.
async fn heard(body: &mut BodyDataStream, until: &str) -> String {
    let mut text = String::new();
    while !text.contains(until) {
        let bytes = tokio::time::timeout(Duration::from_secs(60), body.next())
            .await
            .expect("it comes to an end");
        let bytes = bytes.expect("the stream goes on").expect("octets");
        text.push_str(std::str::from_utf8(&bytes).expect("text"));
    }
    text
}

async fn live(db: Db) {
    let (house, admin) = House::new(db).await;
    let tab = async |username: &str, area: &str| {
        let grants = json!([{ "role": "operator", "area": area }]);
        let (_, cookie) = house.person(&admin, username, grants).await;
        let request = Request::get("/api/v1/live").header("cookie", cookie);
        let request = request.body(Body::empty()).expect("a request");
        let answer = house
            .app
            .clone()
            .oneshot(request)
            .await
            .expect("infallible");
        answer.into_body().into_data_stream()
    };
    let mut here = tab("here", "62.01").await;
    let mut there = tab("there", "62.02").await;
    let mut all = tab("all", "62").await;
    let cursor = upkeep::tell(&house.hall, None).await.expect("facts");
    let one = house
        .open_by_hand(
            &admin,
            json!({ "title": "Rahasia", "severity": "notice", "area": "62.01" }),
        )
        .await;
    let both = house
        .room_says(&Key::new("line.lost", "x"), &["62.01", "62.02"])
        .await;
    upkeep::tell(&house.hall, Some(cursor)).await.expect("told");
    for area in ["62.01", "62.02"] {
        house.hall.live().publish(Event {
            topic: "site",
            permission: Permission::SitesRead,
            place: Place::new(area.parse().ok(), None),
            data: json!({ "end": true }),
        });
    }
    let here = heard(&mut here, "end").await;
    let there = heard(&mut there, "end").await;
    let all = heard(&mut all, "end").await;
    assert!(here.contains(&one) && here.contains(&both), "{here}");
    assert!(!there.contains(&one) && there.contains(&both), "{there}");
    assert_eq!(all.matches(&both).count(), 1, "once, in two places: {all}");
    for text in [here, there, all] {
        assert!(!text.contains("Rahasia"), "{text}");
    }
}

on_both! {
    an_incident_is_opened_looked_after_and_put_to_the_files: by_hand;
    what_a_room_says_and_what_a_person_knows_better: of_a_room;
    incidents_are_listed_by_what_is_asked: lists;
    nobody_learns_of_a_place_that_he_may_not_see: who_sees;
    open_pages_are_told_of_their_own_places_once: live;
}
