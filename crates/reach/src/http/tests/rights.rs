//! Who may what, where; and the register as a whole.

use super::*;

async fn the_register(db: Db) {
    let house = House::new(db).await;
    let all = villages();
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = house
            .get(&format!("/api/v1/villages?limit=700{cursor}"))
            .await
            .is(200)
            .json();
        for row in page["items"].as_array().expect("rows") {
            found.push([
                row["code"].clone(),
                row["name"].clone(),
                row["district"]["name"].clone(),
                row["regency"]["name"].clone(),
            ]);
            assert_eq!(
                row["kelurahan"],
                row["code"].as_str().is_some_and(|code| &code[9..10] == "1")
            );
            assert_eq!(
                (&row["said"], &row["points"]["count"]),
                (&json!([]), &json!(0))
            );
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let all: Vec<[Json; 4]> = all.into_iter().map(|row| row.map(Json::from)).collect();
    assert_eq!(found.len(), 1_571);
    assert_eq!(found, all);
    for (filter, count) in [
        ("kelurahan=true", 139),
        ("kelurahan=false", 1_432),
        ("within=62.71", 30),
        ("q=sumber+makmur", 4),
        ("within=63", 0),
    ] {
        let rows = house
            .get(&format!("/api/v1/villages?limit=5000&{filter}"))
            .await
            .is(200)
            .json();
        assert_eq!(
            rows["items"].as_array().map(Vec::len),
            Some(count),
            "{filter}"
        );
    }
    for bad in [
        "limit=0",
        "limit=5001",
        "cursor=x",
        "state=x",
        "then=kemarin",
        "nama=x",
        "format=pdf",
    ] {
        house.get(&format!("/api/v1/villages?{bad}")).await.is(422);
    }
    let file = house
        .get("/api/v1/villages?limit=5000&format=csv")
        .await
        .is(200)
        .text();
    assert_eq!(file.lines().count(), 1_572);
    for path in [
        "/api/v1/villages/62.71.01",
        "/api/v1/villages/62.71.01.9999",
    ] {
        house.get(path).await.is(404);
    }
}

async fn subtrees(db: Db) {
    let house = House::new(db).await;
    let list = "kode desa,blank spot\n62.71.01.1001,ya\n62.11.05.2004,ya\n";
    let here = house.person("kota", "konektivitas", Some("62.71")).await;
    let (there, screen, worker) = (
        house.person("pulpis", "konektivitas", Some("62.11")).await,
        house.person("dinding", "layar", Some("62.71")).await,
        house.person("petugas", "petugas", Some("62.11")).await,
    );
    // Nobody says something about a place where he may not.
    let answer = house.upload(&here, list.as_bytes()).await.is(201);
    let preview = answer.json();
    assert_eq!(report(&preview), ["2 add", "3 refused !village"]);
    let commit = format!("{}/commit", answer.location.expect("a location"));
    let mut body = by("Kominfo Kota", "2025-05-16", "x");
    house
        .call(&here, "POST", &commit, Some(body.clone()))
        .await
        .is(409);
    body["leave_out"] = json!([3]);
    let own = house
        .call(&here, "POST", &commit, Some(body))
        .await
        .is(201)
        .json()["source"]
        .clone();
    let own = own.as_str().expect("a source");
    // The same octets would be the same file.
    let list = &format!("{list}62.03.01.1006,ya\n");
    let whole = house
        .import(list, by("Diskominfo", "2025-05-16", "x"))
        .await;

    for (who, count) in [(&here, 30), (&screen, 30), (&house.admin, 1_571)] {
        let rows = house
            .call(who, "GET", "/api/v1/villages?limit=5000", None)
            .await
            .is(200)
            .json();
        assert_eq!(rows["items"].as_array().map(Vec::len), Some(count));
    }
    house
        .call(&there, "GET", "/api/v1/villages/62.71.01.1001", None)
        .await
        .is(404);
    house
        .call(&screen, "GET", "/api/v1/villages/62.71.01.1001", None)
        .await
        .is(200);
    // A list is read by who may read of all that it names.
    let lists = house
        .call(&here, "GET", "/api/v1/villages/lists", None)
        .await
        .is(200)
        .json();
    assert_eq!(lists["items"].as_array().map(Vec::len), Some(1));
    let both = format!("/api/v1/villages/reconciliation?lists={own},{whole}");
    house.call(&here, "GET", &both, None).await.is(404);
    house.get(&both).await.is(200);
    let path = format!("/api/v1/villages/lists/{own}/withdrawal");
    let why = || Some(json!({ "why": "x" }));
    house.call(&there, "POST", &path, why()).await.is(404);
    house.call(&screen, "POST", &path, why()).await.is(403);
    let row = format!("/api/v1/villages/queue/{whole}/2");
    let decision = |code: &str| Some(json!({ "village": code }));
    house
        .call(&there, "POST", &row, decision("62.11.05.2004"))
        .await
        .is(404);
    house
        .call(&here, "POST", &row, decision("62.11.05.2004"))
        .await
        .is(403);

    // Points, by the same rule; a worker says how far they have come, and no more.
    let form = |village: &str| {
        Some(json!({ "name": "Kantor", "kind": "kantor_desa", "village": village }))
    };
    house
        .call(&here, "POST", "/api/v1/points", form("62.11.05.2004"))
        .await
        .is(403);
    house
        .call(&worker, "POST", "/api/v1/points", form("62.11.05.2004"))
        .await
        .is(403);
    let made = house
        .call(&there, "POST", "/api/v1/points", form("62.11.05.2004"))
        .await
        .is(201);
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/points/{id}");
    house.call(&here, "GET", &path, None).await.is(404);
    house
        .call(&there, "PUT", &path, form("62.71.01.1001"))
        .await
        .is(403);
    let step = || Some(json!({ "to": "surveyed", "happened_us": START.as_us() }));
    house
        .call(&here, "POST", &format!("{path}/steps"), step())
        .await
        .is(404);
    house
        .call(&worker, "POST", &format!("{path}/steps"), step())
        .await
        .is(201);
    house
        .call(&worker, "GET", &format!("{path}/money"), None)
        .await
        .is(403);
    // The days that count are those of the whole house.
    let days = Some(json!({ "source": "SK", "days": [] }));
    house
        .call(&there, "PUT", "/api/v1/holidays/2026", days)
        .await
        .is(403);
    let rows = house
        .call(&here, "GET", "/api/v1/points", None)
        .await
        .is(200)
        .json();
    assert_eq!(rows["items"], json!([]));
}

async fn twice(db: Db) {
    let house = House::new(db).await;
    let send = async |path: &str, body: &Json| {
        let request = Request::post(path)
            .header(header_of(&house.admin), &house.admin)
            .header("content-type", "application/json")
            .header("idempotency-key", path.replace('/', "-"))
            .body(Body::from(body.to_string()))
            .expect("a request");
        house.send(request).await
    };
    let form = json!({ "name": "Kantor", "kind": "kantor_desa", "village": "62.11.05.2004" });
    let first = send("/api/v1/points", &form).await.is(201);
    assert_eq!(
        send("/api/v1/points", &form).await.is(201).text(),
        first.text()
    );
    let id = first.json()["id"].as_str().expect("an id").to_owned();
    let step = json!({ "to": "surveyed", "happened_us": START.as_us() });
    let path = format!("/api/v1/points/{id}/steps");
    for _ in 0..2 {
        send(&path, &step).await.is(201);
    }
    let money = format!("/api/v1/points/{id}/money");
    for _ in 0..2 {
        send(&money, &json!({ "price_rupiah": 7 })).await.is(201);
    }
    for path in [path, money] {
        let kept = house.get(&path).await.is(200).json();
        assert_eq!(kept["items"].as_array().map(Vec::len), Some(1));
    }
    let rows = house.get("/api/v1/points").await.is(200).json();
    assert_eq!(rows["items"].as_array().map(Vec::len), Some(1));
}

on_both! {
    all_villages_of_the_decree_are_there: the_register;
    everybody_sees_and_changes_what_is_his: subtrees;
    a_request_sent_twice_has_one_effect: twice;
}
