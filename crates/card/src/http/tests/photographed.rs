//! Photographs of families.

use store::blob::Sha256;
use store::params;

use super::objected::{family, form, list as listed, object};
use super::*;
use crate::term;

const GPS: &[u8] = b"GPSLatitude 2.2088 S, GPSLongitude 113.9136 E";

/// A photograph as a phone sends it, of a shade, with the place where it was taken.
fn jpeg(shade: u8) -> Vec<u8> {
    let mut plain = Vec::new();
    jpeg_encoder::Encoder::new(&mut plain, 90)
        .encode(
            &[shade; 120 * 90 * 3],
            120,
            90,
            jpeg_encoder::ColorType::Rgb,
        )
        .expect("written");
    let length = u16::try_from(GPS.len() + 2).expect("short").to_be_bytes();
    let note = [&[0xff, 0xe1], &length[..], GPS].concat();
    [&plain[..2], &note, &plain[2..]].concat()
}

fn has(octets: &[u8], what: &[u8]) -> bool {
    octets.windows(what.len()).any(|it| it == what)
}

impl House {
    async fn photograph(&self, cookie: &str, family: &str, said: &str, octets: Vec<u8>) -> Answer {
        let path = format!("/api/v1/card/families/{family}/photos?{said}");
        let request = Request::post(path)
            .header("cookie", cookie)
            .header("content-type", "application/octet-stream")
            .body(Body::from(octets))
            .expect("a request");
        self.send(request).await
    }

    /// Of the house of a family, for a verification, as the admin; its number.
    async fn of_house(&self, family: &str, shade: u8) -> i64 {
        let said = "kind=house&taken_for=verification";
        let sent = self.photograph(&self.admin, family, said, jpeg(shade));
        let view = sent.await.is(201).json();
        view["number"].as_i64().expect("a number")
    }

    async fn photos(&self, family: &str) -> Vec<Json> {
        let path = format!("/api/v1/card/families/{family}/photos");
        let list = self.get(&path).await.is(200).json();
        list["items"].as_array().expect("photographs").clone()
    }

    async fn look(&self, cookie: &str, family: &str, number: i64) -> Answer {
        let path = format!("/api/v1/card/families/{family}/photos/{number}/opening");
        let form = json!({ "purpose": "memeriksa sanggahan" });
        self.call(cookie, "POST", &path, Some(form)).await
    }

    async fn take_away(&self, cookie: &str, family: &str, number: i64, form: Json) -> Answer {
        let path = format!("/api/v1/card/families/{family}/photos/{number}/removal");
        self.call(cookie, "POST", &path, Some(form)).await
    }

    /// Who belongs to a family, by ids.
    async fn members(&self, family: &str) -> Vec<String> {
        let path = format!("/api/v1/card/families/{family}");
        let page = self.get(&path).await.is(200).json();
        let members = page["members"].as_array().expect("members").iter();
        members
            .map(|it| it["id"].as_str().expect("an id").to_owned())
            .collect()
    }

    /// The file of a photograph, as it lies; none once its row names none.
    async fn file(&self, number: i64) -> Option<(Sha256, Vec<u8>)> {
        let mut read = self.hall.db().read().await.expect("a reader");
        let sql = "SELECT blob, wrapped FROM card_photo WHERE number = $1";
        let row = read.one(sql, params![number]).await.expect("a row");
        let name: Option<String> = row.get("blob").expect("a name or none");
        let key: Vec<u8> = row.get("wrapped").expect("a key");
        let hash = Sha256::parse(&name?).expect("a hash");
        Some((hash, key))
    }

    async fn written_down(&self, verb: &str) -> Vec<Json> {
        let path = format!("/api/v1/audit?verb={verb}&limit=100");
        let found = self.get(&path).await.is(200).json();
        found["items"].as_array().expect("entries").clone()
    }
}

/// Two families, the first of two persons.
async fn two(db: Db) -> House {
    let house = House::new(db).await;
    let rows = [(1, 1), (2, 1), (3, 3)].map(|(it, of)| format!("{},1\n", who(it, of, HERE)));
    let dtsen = format!("{WHO},desil\n{}", rows.concat());
    let source = json!({ "title": "DTSEN" });
    house.bring("dtsen", &dtsen, source).await;
    let kpm = format!("{WHO}\n{}\n", who(3, 3, HERE));
    house.bring("kpm", &kpm, json!({ "title": "KPM" })).await;
    house.examine(json!({})).await;
    house
}

async fn kept(db: Db) {
    let house = two(db).await;
    let first = family(&house, 1).await;
    assert!(house.photos(&first).await.is_empty());
    let number = house.of_house(&first, 90).await;
    // What lies on the disk is noise, and what is told tells nothing that is on it.
    let (hash, _) = house.file(number).await.expect("a file");
    let sealed = house.hall.blobs().get(&hash).expect("a file");
    assert!(!has(&sealed, &[0xff, 0xd8, 0xff]) && !has(&sealed, GPS));
    let told = house.photos(&first).await;
    let view = &told[0];
    assert_eq!(
        (
            &view["kind"],
            &view["class"],
            &view["taken_for"],
            &view["person"]
        ),
        (
            &json!("house"),
            &json!("umum"),
            &json!("verification"),
            &Json::Null
        )
    );
    assert_eq!(
        (
            &view["width"],
            &view["height"],
            &view["gone"],
            &view["holds"]
        ),
        (&json!(120), &json!(90), &Json::Null, &json!([]))
    );
    assert_eq!(view["until_us"], json!((START + DAY * 365).as_us()));
    // Opened for a purpose, which is kept before it is seen.
    let path = format!("/api/v1/card/families/{first}/photos/{number}/opening");
    let none = house.post(&path, json!({ "purpose": "" })).await;
    assert_eq!(none.is(422).slug(), "form");
    assert!(house.written_down("card_photo.opened").await.is_empty());
    let request = Request::post(&path)
        .header("cookie", &house.admin)
        .header("content-type", "application/json")
        .body(Body::from(r#"{"purpose":"memeriksa sanggahan"}"#))
        .expect("a request");
    let answer = house
        .app
        .clone()
        .oneshot(request)
        .await
        .expect("infallible");
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(answer.headers()["content-type"], "image/jpeg");
    let octets = axum::body::to_bytes(answer.into_body(), 1 << 20).await;
    let octets = octets.expect("a body").to_vec();
    assert!(octets.starts_with(&[0xff, 0xd8, 0xff]) && !has(&octets, GPS));
    let opened = house.written_down("card_photo.opened").await;
    assert_eq!(opened.len(), 1);
    assert_eq!(
        (
            &opened[0]["subject"],
            &opened[0]["detail"]["purpose"],
            &opened[0]["detail"]["photo"]
        ),
        (&json!(first), &json!("memeriksa sanggahan"), &json!(number))
    );
    let looks = house
        .get(&format!("/api/v1/card/looks?subject={first}"))
        .await;
    let looks = looks.is(200).json();
    assert_eq!(looks["items"][0]["verb"], "card_photo.opened");
    // There is no address that shows it.
    for (method, path) in [("GET", path.clone()), ("GET", path.replace("/opening", ""))] {
        let status = house.call(&house.admin, method, &path, None).await.status;
        assert!(matches!(status, 404 | 405), "{method} {path}: {status}");
    }
    house
        .call("", "POST", &path, Some(json!({ "purpose": "tanpa sesi" })))
        .await
        .is(401);
    // The same file is the same photograph, however often it is sent.
    assert_eq!(house.of_house(&first, 90).await, number);
    assert_eq!(house.photos(&first).await.len(), 1);
    assert_eq!(house.written_down("card_photo.added").await.len(), 1);
    assert_ne!(house.of_house(&first, 91).await, number);
    // Under another family there is none of that number.
    let third = family(&house, 3).await;
    let there = house.look(&house.admin, &third, number).await;
    assert_eq!(there.is(404).slug(), "card-photo");
}

async fn said(db: Db) {
    let house = two(db).await;
    let (first, third) = (family(&house, 1).await, family(&house, 3).await);
    let members = house.members(&first).await;
    let stranger = house.members(&third).await[0].clone();
    let person = &members[0];
    let later = (START + DAY).as_us();
    for (said, field) in [
        ("kind=face&taken_for=verification".to_owned(), "kind"),
        ("kind=house&taken_for=holiday".to_owned(), "taken_for"),
        ("kind=person&taken_for=verification".to_owned(), "person"),
        (
            format!("kind=house&taken_for=verification&person={person}"),
            "person",
        ),
        (
            format!("kind=person&taken_for=verification&person={stranger}"),
            "person",
        ),
        (
            "kind=house&taken_for=verification&taken_in=1".to_owned(),
            "taken_in",
        ),
        ("kind=house&taken_for=objection".to_owned(), "taken_in"),
        (
            "kind=house&taken_for=objection&taken_in=1".to_owned(),
            "taken_in",
        ),
        (
            "kind=house&taken_for=request&taken_in=1".to_owned(),
            "taken_in",
        ),
        (
            "kind=house&taken_for=sample&taken_in=1".to_owned(),
            "taken_in",
        ),
        (
            format!("kind=house&taken_for=verification&taken_us={later}"),
            "taken_us",
        ),
    ] {
        let refused = house.photograph(&house.admin, &first, &said, jpeg(1)).await;
        let refused = refused.is(422).json();
        assert_eq!(refused["errors"][0]["field"], field, "{said}: {refused}");
    }
    // What is no photograph is told why; nothing of it is kept.
    let plain = "kind=house&taken_for=verification";
    for (octets, why) in [
        (b"GIF89a".to_vec(), "is neither JPEG nor PNG"),
        (jpeg(1)[..200].to_vec(), "cannot be decoded"),
    ] {
        let refused = house.photograph(&house.admin, &first, plain, octets).await;
        let refused = refused.is(422);
        assert_eq!(refused.slug(), "card-photo-picture");
        let detail = refused.json()["errors"][0]["detail"].to_string();
        assert!(detail.contains(why), "{detail}");
    }
    let long = vec![0xff; (12 << 20) + 1];
    house
        .photograph(&house.admin, &first, plain, long)
        .await
        .is(413);
    assert!(house.photos(&first).await.is_empty());
    // Of somebody, and of what was asked.
    let form = json!({ "kind": "correction", "subject": first, "who": "Ibu Kameloh",
        "asks": "alamat salah" });
    house.post("/api/v1/card/requests", form).await.is(201);
    let said = format!("kind=paper&taken_for=request&taken_in=1&person={person}");
    let paper = house.photograph(&house.admin, &first, &said, jpeg(2)).await;
    let paper = paper.is(201).json();
    assert_eq!(
        (&paper["class"], &paper["taken_in"]),
        (&json!("spesifik"), &json!(1))
    );
    assert_eq!(
        paper["holds"],
        json!([{ "why": "request", "number": 1, "until_us": null }])
    );
    // As many as are kept at once, and one more.
    for shade in 3..42 {
        house.of_house(&first, shade).await;
    }
    let more = house
        .photograph(&house.admin, &first, plain, jpeg(99))
        .await;
    assert_eq!(more.is(409).slug(), "card-photos");
}

async fn rights(db: Db) {
    let house = two(db).await;
    let first = family(&house, 1).await;
    let number = house.of_house(&first, 90).await;
    let list = format!("/api/v1/card/families/{first}/photos");
    let said = "kind=house&taken_for=verification";
    // A village sees the family and none of its photographs; its district does.
    let village = house.person("desa", "bansos", Some(HERE)).await;
    house
        .call(
            &village,
            "GET",
            &format!("/api/v1/card/families/{first}"),
            None,
        )
        .await
        .is(200);
    house.call(&village, "GET", &list, None).await.is(403);
    house.look(&village, &first, number).await.is(403);
    house
        .photograph(&village, &first, said, jpeg(7))
        .await
        .is(403);
    let form = json!({ "why": "wrong" });
    house
        .take_away(&village, &first, number, form.clone())
        .await
        .is(403);
    let district = house.person("kecamatan", "bansos", Some("62.02.01")).await;
    house.call(&district, "GET", &list, None).await.is(200);
    house.look(&district, &first, number).await.is(200);
    let there = house.person("jauh", "bansos", Some("62.11")).await;
    house.call(&there, "GET", &list, None).await.is(404);
    house.look(&there, &first, number).await.is(404);
    // Auditors read that there is one; leaders and screens nothing.
    let auditor = house.person("pengawas", "pengawas", None).await;
    house.call(&auditor, "GET", &list, None).await.is(200);
    house.look(&auditor, &first, number).await.is(403);
    house
        .take_away(&auditor, &first, number, form)
        .await
        .is(403);
    let leader = house.person("gubernur", "pimpinan", None).await;
    house.call(&leader, "GET", &list, None).await.is(403);
    assert_eq!(
        house.written_down("card_photo.opened").await.len(),
        1,
        "the district's"
    );
}

async fn removed(db: Db) {
    let house = two(db).await;
    let second = house.person("kedua", "bansos", None).await;
    let first = family(&house, 1).await;
    let number = house.of_house(&first, 90).await;
    let (hash, key) = house.file(number).await.expect("a file");
    let sealed = house.hall.blobs().get(&hash).expect("a file");
    for (form, field) in [
        (json!({ "why": "term" }), "why"),
        (
            json!({ "why": "wrong", "decree": { "number": "1", "day": "2025-12-01" } }),
            "decree",
        ),
    ] {
        let refused = house.take_away(&house.admin, &first, number, form).await;
        assert_eq!(refused.is(422).json()["errors"][0]["field"], field);
    }
    let form = json!({ "why": "unclear" });
    let gone = house
        .take_away(&house.admin, &first, number, form.clone())
        .await;
    let gone = gone.is(200).json();
    assert_eq!(
        (&gone["gone"]["why"], &gone["until_us"]),
        (&json!("unclear"), &Json::Null)
    );
    // Asked again, since the answer was lost, it is as it was.
    house
        .take_away(&house.admin, &first, number, form.clone())
        .await
        .is(200);
    let other = house.take_away(&second, &first, number, form).await;
    assert_eq!(other.is(409).slug(), "card-photo-gone");
    assert_eq!(house.written_down("card_photo.removed").await.len(), 1);
    let opened = house.look(&house.admin, &first, number).await;
    assert_eq!(opened.is(409).slug(), "card-photo-gone");
    assert!(house.hall.blobs().get(&hash).is_err(), "off the disk");
    assert!(house.file(number).await.is_none());
    let mut read = house.hall.db().read().await.expect("a reader");
    let row = read
        .one("SELECT wrapped, same FROM card_photo", params![])
        .await
        .expect("a row");
    assert!(row.get::<Vec<u8>>("wrapped").expect("a key").is_empty());
    assert!(
        row.get::<Option<Vec<u8>>>("same")
            .expect("a hash")
            .is_none()
    );
    drop(read);
    // A thief who has the old file has noise; with the old key as well it opens, so that what
    // destroys it is that the key is gone.
    house.hall.blobs().put(&sealed).expect("back");
    assert_eq!(house.look(&house.admin, &first, number).await.status, 409);
    let mut tx = house.hall.db().write().await.expect("a writer");
    let sql = "UPDATE card_photo SET ended_us = NULL, ended_why = NULL, blob = $1, wrapped = $2";
    let (name, none) = (hash.as_str(), Vec::<u8>::new());
    tx.execute(sql, params![name, none])
        .await
        .expect("as a backup without keys is");
    tx.commit().await.expect("a commit");
    assert!(house.look(&house.admin, &first, number).await.status >= 400);
    let mut tx = house.hall.db().write().await.expect("a writer");
    tx.execute(sql, params![name, key])
        .await
        .expect("with the key");
    tx.commit().await.expect("a commit");
    house.look(&house.admin, &first, number).await.is(200);
    // The same file may come again once it is gone.
    house
        .take_away(&house.admin, &first, number, json!({ "why": "wrong" }))
        .await
        .is(200);
    assert_ne!(house.of_house(&first, 90).await, number);
}

async fn held(db: Db) {
    let mut house = House::new(db).await;
    let list = listed(&house).await;
    let second = house.person("kedua", "bansos", None).await;
    let subject = family(&house, 2).await;
    let before = house.of_house(&subject, 10).await;
    let person = house.members(&subject).await[0].clone();
    let said = format!("kind=paper&taken_for=verification&person={person}");
    let paper = house
        .photograph(&house.admin, &subject, &said, jpeg(11))
        .await;
    let paper = paper.is(201).json();
    let until = paper["holds"][0]["until_us"].clone();
    assert_eq!(
        paper["holds"],
        json!([{ "why": "decision", "number": list, "until_us": until }]),
        "a list rests on papers, and on a house it does not"
    );
    let objection = object(&house, &house.admin, form(list, &subject))
        .await
        .is(201)
        .json();
    let number = objection["number"].as_i64().expect("a number");
    let said = format!("kind=house&taken_for=objection&taken_in={number}");
    let seen = house
        .photograph(&house.admin, &subject, &said, jpeg(12))
        .await;
    let seen = seen.is(201).json()["number"].as_i64().expect("a number");
    let told = house.photos(&subject).await;
    let whys = |number: i64| -> Vec<String> {
        let found = told.iter().find(|it| it["number"] == number);
        let holds = found.expect("a photograph")["holds"]
            .as_array()
            .expect("holds");
        let words = holds
            .iter()
            .map(|it| it["why"].as_str().expect("a word").to_owned());
        words.collect()
    };
    assert_eq!(whys(before), ["objection"]);
    assert_eq!(whys(seen), ["decision", "objection"]);
    // Held, it goes by a decree alone, and by another person than added it.
    let refused = house
        .take_away(&house.admin, &subject, seen, json!({ "why": "wrong" }))
        .await;
    assert_eq!(refused.is(409).slug(), "card-held");
    let form = json!({ "why": "wrong", "decree": { "number": "460/1", "day": "2025-12-01" } });
    let own = house
        .take_away(&house.admin, &subject, seen, form.clone())
        .await;
    assert_eq!(own.is(409).slug(), "card-second-person");
    let district = house.person("kecamatan", "bansos", Some("62.02.01")).await;
    house
        .take_away(&district, &subject, seen, form.clone())
        .await
        .is(403);
    let gone = house
        .take_away(&second, &subject, seen, form)
        .await
        .is(200)
        .json();
    assert_eq!(gone["gone"]["decree"]["number"], "460/1");
    // Terms pass over what is held, and count it; nothing holds the one of a family beside it.
    let other = family(&house, 4).await;
    house.of_house(&other, 13).await;
    house.hall.clock().turn(DAY * 366);
    house.admin = house.log_in("admin").await;
    term::enforce(&house.hall, &house.room)
        .await
        .expect("enforced");
    let terms = house.get("/api/v1/card/terms").await.is(200).json();
    let items = terms["items"].as_array().expect("terms");
    let of = |what: &str| {
        items
            .iter()
            .find(|it| it["what"] == what)
            .expect("a term")
            .clone()
    };
    let houses = of("photos_house");
    assert_eq!(
        (
            &houses["due"],
            &houses["held"],
            &houses["last"]["destroyed"]
        ),
        (&json!(1), &json!(1), &json!(1)),
        "{houses}"
    );
    assert_eq!(house.photos(&other).await[0]["gone"]["why"], "term");
    assert_eq!(house.written_down("card_term.destroyed").await.len(), 1);
    house.look(&house.admin, &subject, before).await.is(200);
}

async fn joined(db: Db) {
    let house = two(db).await;
    let (first, third) = (family(&house, 1).await, family(&house, 3).await);
    let (of_first, of_third) = (
        house.of_house(&first, 20).await,
        house.of_house(&third, 21).await,
    );
    let person = house.members(&third).await[0].clone();
    let said = format!("kind=person&taken_for=verification&person={person}");
    let face = house
        .photograph(&house.admin, &third, &said, jpeg(22))
        .await;
    let face = face.is(201).json()["number"].as_i64().expect("a number");
    let files = [of_first, of_third, face];
    let mut before = Vec::new();
    for number in files {
        before.push(house.file(number).await);
    }
    // An examination finds that the third family is of the first: its id ended.
    let mut tx = house.hall.db().write().await.expect("a writer");
    let ids: (
        base::id::Id<base::id::Family>,
        base::id::Id<base::id::Family>,
    ) = (first.parse().expect("an id"), third.parse().expect("an id"));
    for sql in [
        "INSERT INTO card_member (list, number, since_run, person, family) \
         SELECT list, number, 2, person, $1 FROM card_member WHERE family = $2 AND since_run = 1",
        "UPDATE card_member SET until_run = 2 WHERE since_run = 1 AND family = $2 AND $1 <> $2",
    ] {
        tx.execute(sql, params![ids.0, ids.1]).await.expect("moved");
    }
    tx.commit().await.expect("a commit");
    house
        .change("UPDATE card_run SET number = 2 WHERE number = 1")
        .await;
    let numbers = |told: &[Json]| -> Vec<i64> {
        told.iter()
            .map(|it| it["number"].as_i64().expect("a number"))
            .collect()
    };
    let told = house.photos(&first).await;
    assert_eq!(numbers(&told), [face, of_third, of_first]);
    house.look(&house.admin, &first, of_third).await.is(200);
    house.look(&house.admin, &first, face).await.is(200);
    // Nothing was sealed anew.
    for (number, was) in files.into_iter().zip(before) {
        assert_eq!(house.file(number).await, was);
    }
    // Taken back, each has its own again.
    house
        .change("DELETE FROM card_member WHERE since_run = 2")
        .await;
    house
        .change("UPDATE card_member SET until_run = NULL")
        .await;
    assert_eq!(numbers(&house.photos(&first).await), [of_first]);
    assert_eq!(numbers(&house.photos(&third).await), [face, of_third]);
}

async fn erased(db: Db) {
    let house = two(db).await;
    let second = house.person("kedua", "bansos", None).await;
    let (first, third) = (family(&house, 1).await, family(&house, 3).await);
    let person = house.members(&first).await[0].clone();
    let said = format!("kind=person&taken_for=verification&person={person}");
    house
        .photograph(&house.admin, &first, &said, jpeg(30))
        .await
        .is(201);
    let number = house.of_house(&first, 31).await;
    let other = house.of_house(&third, 32).await;
    let (hash, _) = house.file(number).await.expect("a file");
    let form = json!({ "subject": first });
    let seen = house
        .post("/api/v1/card/erasures/preview", form)
        .await
        .is(200)
        .json();
    assert_eq!(seen["photos"], 2);
    let form = json!({ "subject": first, "rows": seen["rows"], "reason": "permohonan",
        "decree": { "number": "460/17/2025", "day": "2025-12-01" } });
    let made = house
        .post("/api/v1/card/erasures", form)
        .await
        .is(201)
        .json();
    let path = format!("/api/v1/card/erasures/{}/confirmation", made["number"]);
    let form = Some(json!({ "rows": seen["rows"] }));
    let done = house
        .call(&second, "POST", &path, form)
        .await
        .is(200)
        .json();
    assert_eq!(done["record"]["destroyed"]["photos"], 2);
    assert!(house.hall.blobs().get(&hash).is_err() && house.file(number).await.is_none());
    house.look(&house.admin, &third, other).await.is(200);
    let paper = house
        .get(&format!("/api/v1/card/erasures/{}/record", made["number"]))
        .await;
    let paper = paper.is(200).text();
    assert!(paper.contains("- 2 foto beserta kuncinya"), "{paper}");
}

async fn handed(db: Db) {
    let house = two(db).await;
    let first = family(&house, 1).await;
    let members = house.members(&first).await;
    for (person, shade) in members.iter().zip([40, 41]) {
        let said = format!("kind=person&taken_for=verification&person={person}");
        house
            .photograph(&house.admin, &first, &said, jpeg(shade))
            .await
            .is(201);
    }
    house.of_house(&first, 42).await;
    for (subject, many) in [(&first, 3), (&members[0], 2)] {
        let form = json!({ "kind": "access", "subject": subject, "who": "Ibu Kameloh",
            "identity": "KTP", "asks": "semua data saya" });
        let asked = house
            .post("/api/v1/card/requests", form)
            .await
            .is(201)
            .json();
        let path = format!("/api/v1/card/requests/{}/dossier", asked["number"]);
        let before = house.written_down("card_photo.opened").await.len();
        let told = house
            .post(&path, json!({ "purpose": "menjawab" }))
            .await
            .is(200)
            .json();
        let photos = told["photos"].as_array().expect("photographs");
        assert_eq!(photos.len(), many);
        assert!(photos.iter().all(|it| it["jpeg"].is_null()));
        assert_eq!(house.written_down("card_photo.opened").await.len(), before);
        let form = json!({ "purpose": "menjawab", "photos": true });
        let told = house.post(&path, form).await.is(200).json();
        let photos = told["photos"].as_array().expect("photographs");
        // JPEG begins so, in Base64 as well.
        let is_jpeg = |it: &Json| it["jpeg"].as_str().is_some_and(|it| it.starts_with("/9j/"));
        assert!(photos.iter().all(is_jpeg));
        assert_eq!(
            house.written_down("card_photo.opened").await.len(),
            before + many
        );
        let as_table = format!("{path}?format=csv");
        let table = house.post(&as_table, json!({ "purpose": "menjawab" }));
        let table = table.await.is(200).text();
        assert!(
            table.contains("foto rumah") && !table.contains("/9j/"),
            "{table}"
        );
    }
}

on_both! {
    a_photograph_is_sealed_told_of_masked_and_opened_for_a_purpose: kept;
    what_is_said_with_a_photograph_has_to_stand: said;
    a_village_sees_no_photographs_and_auditors_only_that_there_are: rights;
    a_photograph_that_is_removed_is_gone_with_its_key: removed;
    what_holds_a_photograph_is_overcome_by_a_decree_and_passed_over_by_terms: held;
    photographs_follow_whoever_is_joined_and_nothing_is_sealed_anew: joined;
    who_is_erased_takes_his_photographs_along: erased;
    who_asks_what_is_kept_of_him_is_told_of_photographs_and_may_have_them: handed;
}

/// What a build is made of names no library that looks at faces, or at pictures at all, but for
/// those that read and write them.
#[test]
fn nothing_that_the_house_is_made_of_looks_at_faces() {
    let lock = include_str!("../../../../../Cargo.lock");
    let names = lock
        .lines()
        .filter_map(|line| line.strip_prefix("name = \""));
    let names: Vec<&str> = names.map(|it| it.trim_end_matches('"')).collect();
    assert!(names.contains(&"zune-jpeg"), "a search finds");
    let looking = [
        "opencv",
        "dlib",
        "rustface",
        "face",
        "tract",
        "onnx",
        "ort",
        "tch",
        "candle",
        "burn",
        "tensorflow",
        "tflite",
        "mediapipe",
        "insightface",
        "landmark",
        "embedding",
        "imageproc",
        "ndarray-vision",
        "wgpu",
        "cudarc",
    ];
    for name in names {
        let parts: Vec<&str> = name.split(['-', '_']).collect();
        let looks = looking.iter().any(|it| parts.contains(it) || name == *it);
        assert!(!looks, "{name} is not of this house");
    }
}
