//! What is kept: answers, entries and outlines.

use super::*;

async fn once_only(db: Db) {
    let (house, admin) = House::new(db).await;
    let key = [("idempotency-key", "k-1")];
    let body = || Some(json!({ "name": "Dinas A" }));
    let path = "/api/v1/agencies";
    let first = house
        .call_with(&admin, "POST", path, body(), &key)
        .await
        .is(201);
    let again = house
        .call_with(&admin, "POST", path, body(), &key)
        .await
        .is(201);
    assert_eq!(first.text, again.text);
    assert_eq!(first.headers["location"], again.headers["location"]);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let list = house.call(&admin, "GET", path, None).await.json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
    let other = Some(json!({ "name": "Dinas B" }));
    assert_eq!(
        house
            .call_with(&admin, "POST", path, other, &key)
            .await
            .is(409)
            .slug(),
        "idempotency"
    );
    // A refusal is not kept: the same key may be used once it can stand.
    let key = [("idempotency-key", "k-2")];
    house
        .call_with(&admin, "POST", path, body(), &key)
        .await
        .is(409);
    house
        .call_with(
            &admin,
            "POST",
            path,
            Some(json!({ "name": "Dinas C" })),
            &key,
        )
        .await
        .is(201);
    let key = [("idempotency-key", "k-3")];
    let body = || Some(json!({ "name": "t" }));
    house
        .call_with(&admin, "POST", "/api/v1/tokens", body(), &key)
        .await
        .is(201);
    let secret = house
        .call_with(&admin, "POST", "/api/v1/tokens", body(), &key)
        .await
        .is(409);
    assert_eq!(secret.slug(), "once-only");
}

async fn audit_is_read(db: Db) {
    let (house, admin) = House::new(db).await;
    let (_, auditor) = house
        .person(&admin, "auditor", json!([{ "role": "pengawas" }]))
        .await;
    let (_, regional) = house
        .person(
            &admin,
            "auditor-2",
            json!([{ "role": "pengawas", "area": "62.01" }]),
        )
        .await;
    house.agency(&admin, "=cmd|calc", None).await;
    house
        .call(&regional, "GET", "/api/v1/audit", None)
        .await
        .is(403);
    let get = async |query: &str| {
        house
            .call(&auditor, "GET", &format!("/api/v1/audit{query}"), None)
            .await
    };
    let page = get("?limit=2").await.is(200).json();
    assert_eq!(page["items"][0]["verb"], "agency.added");
    assert_eq!(page["items"][0]["who"]["name"], "Administrator");
    let next = page["next"].as_str().expect("a cursor").to_owned();
    let second = get(&format!("?limit=2&cursor={next}")).await.is(200).json();
    assert_eq!(
        second["items"][0]["seq"].as_i64(),
        page["items"][1]["seq"].as_i64().map(|seq| seq - 1)
    );
    let by = async |query: &str| {
        let items = get(query).await.is(200).json()["items"].clone();
        items.as_array().map_or(0, Vec::len)
    };
    assert_eq!(by("?verb=person.added").await, 3);
    assert_eq!(by("?q=CALC").await, 1);
    assert_eq!(by("?q=administrator&verb=agency.added").await, 1);
    assert_eq!(by("?q=%25").await, 0);
    assert_eq!(by("?to_us=1").await, 0);
    assert_eq!(get("?limit=0").await.is(422).field(), "limit");
    assert_eq!(get("?cursor=x").await.is(422).field(), "cursor");

    let file = get("?verb=agency.added&format=csv").await.is(200);
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(file.text.lines().count(), 2, "{}", file.text);
    let told = get("?verb=audit.exported").await.is(200).json();
    assert_eq!(
        told["items"][0]["detail"],
        json!({ "filter": { "verb": "agency.added" }, "rows": 1 })
    );
    let verdict = get("/verify").await.is(200).json();
    assert_eq!(verdict["verdict"], "whole");
    let mut tx = house.hall.db().write().await.expect("a transaction");
    tx.execute(
        "UPDATE hall_audit SET detail = '{}' WHERE seq = 4",
        store::params![],
    )
    .await
    .expect("a change");
    tx.commit().await.expect("a commit");
    let verdict = get("/verify").await.is(200).json();
    assert_eq!(
        verdict,
        json!({ "verdict": "broken", "seq": 4, "fault": { "fault": "altered" } })
    );
}

async fn outlines(db: Db) {
    let (house, admin) = House::new(db).await;
    let square = json!([[[110.0, -2.0], [111.0, -2.0], [111.0, -3.0], [110.0, -2.0]]]);
    let feature = |code: &str| {
        json!({
            "type": "Feature", "properties": { "kode": code },
            "geometry": { "type": "Polygon", "coordinates": square },
        })
    };
    let file = |codes: &[&str]| {
        let features: Vec<_> = codes.iter().map(|code| feature(code)).collect();
        Some(json!({ "type": "FeatureCollection", "features": features }))
    };
    let import = async |body| {
        let path = "/api/v1/areas/outlines?source=Bappeda";
        house.call(&admin, "POST", path, body).await
    };
    let bad = import(file(&["62.01", "62.99", "x", "62.01"]))
        .await
        .is(422);
    let fields: Vec<_> = bad.json()["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|e| e["field"].clone())
        .collect();
    assert_eq!(fields, ["features.1", "features.2", "features.3"]);
    let codes = async || {
        let outline = house
            .call(&admin, "GET", "/api/v1/areas/outline", None)
            .await
            .is(200)
            .json();
        let all = outline["features"].as_array().expect("features").clone();
        all.iter()
            .map(|f| {
                (
                    f["properties"]["code"].as_str().expect("a code").to_owned(),
                    f["properties"]["source"]
                        .as_str()
                        .expect("a source")
                        .to_owned(),
                )
            })
            .filter(|(_, source)| source == "Bappeda")
            .map(|(code, _)| code)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(codes().await, "");
    import(file(&["62.01", "62.02", "62.01.01"])).await.is(200);
    assert_eq!(codes().await, "62.01 62.02");
    outlines_of_a_depth(&house, &admin).await;
    import(file(&["62"])).await.is(200);
    assert_eq!(codes().await, "62 62.01 62.02");
    assert_eq!(
        import(Some(json!({ "type": "Feature" })))
            .await
            .is(422)
            .field(),
        "type"
    );
    let page = house
        .call(&admin, "GET", "/api/v1/areas?level=regency&limit=1", None)
        .await
        .is(200)
        .json();
    assert_eq!(
        (page["items"][0]["code"].as_str(), page["next"].as_str()),
        (Some("62.01"), Some("62.01"))
    );
    let file = house
        .call_with(
            &admin,
            "GET",
            "/api/v1/areas",
            None,
            &[("accept", "text/csv")],
        )
        .await
        .is(200);
    assert_eq!(file.text.lines().count(), 5);
    house
        .call(&admin, "GET", "/api/v1/areas/62.99", None)
        .await
        .is(404);
    house
        .call(&admin, "GET", "/api/v1/areas/62-99", None)
        .await
        .is(404);
    let mut read = house.hall.db().read().await.expect("a snapshot");
    assert!(
        areas::exists(&mut read, &"62.01".parse().expect("a code"))
            .await
            .expect("a look")
    );
}

/// With 62.01, 62.02 and 62.01.01 imported.
async fn outlines_of_a_depth(house: &House, admin: &str) {
    let get = async |query: &str, tag: &str| {
        let path = format!("/api/v1/areas/outlines{query}");
        house
            .call_with(admin, "GET", &path, None, &[("if-none-match", tag)])
            .await
    };
    for (query, codes) in [
        ("", "62.01.01"),
        ("?level=district&within=62.01", "62.01.01"),
        ("?level=district&within=62.01.01", "62.01.01"),
        ("?level=district&within=62.02", ""),
        ("?level=regency", "62.01 62.02"),
        ("?level=village", ""),
    ] {
        let found = get(query, "").await.is(200);
        assert_eq!(found.headers["content-type"], "application/geo+json");
        let found = found.json();
        assert_eq!(found["type"], "FeatureCollection");
        let features = found["features"].as_array().expect("features");
        let found: Vec<_> = features.iter().filter_map(|f| f["id"].as_str()).collect();
        assert_eq!(found.join(" "), codes, "{query}");
        for feature in features {
            assert_eq!(feature["type"], "Feature");
            assert_eq!(feature["geometry"]["type"], "Polygon");
            assert_eq!(feature["geometry"]["coordinates"][0][1][0], 111.0);
        }
    }
    let first = get("", "").await.is(200);
    let tag = first.headers["etag"].to_str().expect("text").to_owned();
    let again = get("", &tag).await.is(304);
    assert_eq!(again.text, "");
    get("?level=regency", &tag).await.is(200);
    assert_eq!(get("?level=dusun", "").await.is(422).slug(), "query");

    let packed = Request::builder()
        .uri("/api/v1/areas/outlines")
        .header(header::COOKIE, admin)
        .header(header::ACCEPT_ENCODING, "gzip")
        .body(Body::empty())
        .expect("a request");
    let packed = house.app.clone().oneshot(packed).await.expect("infallible");
    assert_eq!(packed.headers()[header::CONTENT_ENCODING], "gzip");
    assert_eq!(packed.headers()[header::ETAG], tag.as_str());
}

on_both! {
    a_request_sent_twice_has_one_effect: once_only;
    the_audit_is_read_and_its_readers_are_written_down: audit_is_read;
    outlines_are_imported_as_a_whole: outlines;
}

async fn sources(db: Db) {
    let (house, admin) = House::new(db).await;
    let path = "/api/v1/sources";
    let body = || {
        Some(json!({
            "kind": "feed", "subject": "villages",
            "card": {
                "title": "Daftar desa blank spot", "owner": "=Dinas A", "as_of": "2026-10-31",
                "purposes": ["perencanaan", "laporan"], "retention_days": 365,
            },
        }))
    };
    let key = [("idempotency-key", "s-1")];
    let made = house
        .call_with(&admin, "POST", path, body(), &key)
        .await
        .is(201);
    let again = house
        .call_with(&admin, "POST", path, body(), &key)
        .await
        .is(201);
    assert_eq!(made.text, again.text);
    let location = made.headers["location"].to_str().expect("text").to_owned();
    let found = house
        .call(&admin, "GET", &location, None)
        .await
        .is(200)
        .json();
    assert_eq!(found["card"]["classification"], "internal");
    assert_eq!(found["card"]["purposes"], json!(["perencanaan", "laporan"]));
    assert_eq!(
        found["card"]["legal_basis"],
        Json::Null,
        "unknown, not guessed"
    );
    assert_eq!(
        (&found["has_raw"], &found["kind"]),
        (&json!(false), &json!("feed"))
    );

    for (card, field) in [
        (json!({}), "title"),
        (json!({ "title": "x", "as_of": "31/10/2026" }), "as_of"),
        (
            json!({ "title": "x", "classification": "rahasia" }),
            "classification",
        ),
        (
            json!({ "title": "x", "retention_days": -1 }),
            "retention_days",
        ),
    ] {
        let wrong = Some(json!({ "kind": "feed", "subject": "x", "card": card }));
        let refused = house.call(&admin, "POST", path, wrong).await.is(422);
        assert_eq!(refused.field(), field);
    }

    // A person of one regency sees what lies there, and what he has brought in.
    let grants = json!([{ "role": "konektivitas", "area": "62.01" }]);
    let (_, his) = house.person(&admin, "kobar", grants).await;
    let list = house.call(&his, "GET", path, None).await.is(200).json();
    assert_eq!(
        list["items"],
        json!([]),
        "the feed of the whole house is not his"
    );
    assert_eq!(house.call(&his, "GET", &location, None).await.status, 404);
    let wide = Some(json!({ "kind": "feed", "subject": "x", "card": { "title": "x" } }));
    house.call(&his, "POST", path, wide).await.is(403);
    house.clock.turn(Duration::from_secs(1));
    let own = Some(json!({
        "kind": "file", "subject": "x", "card": { "title": "Desa Kobar" }, "area": "62.01.01",
    }));
    house.call(&his, "POST", path, own).await.is(201);
    let list = house.call(&his, "GET", path, None).await.is(200).json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));

    let page = house
        .call(&admin, "GET", "/api/v1/sources?limit=1", None)
        .await
        .is(200)
        .json();
    let next = page["next"].as_str().expect("another page");
    assert_eq!(page["items"][0]["card"]["title"], "Desa Kobar");
    let path = format!("/api/v1/sources?limit=1&cursor={next}");
    let page = house.call(&admin, "GET", &path, None).await.is(200).json();
    assert_eq!(page["items"][0]["subject"], "villages");
    let none = house
        .call(
            &admin,
            "GET",
            "/api/v1/sources?q=blank&subject=cameras",
            None,
        )
        .await
        .json();
    assert_eq!(none["items"], json!([]));

    let file = house
        .call(&admin, "GET", "/api/v1/sources?format=csv", None)
        .await
        .is(200);
    assert!(file.text.contains("'=Dinas A"), "{}", file.text);
    let verbs = house.verbs().await;
    for verb in ["source.registered", "source.exported"] {
        assert!(verbs.iter().any(|written| written == verb), "{verbs:?}");
    }
}

on_both! {
    sources_are_registered_and_seen_by_place: sources;
}
