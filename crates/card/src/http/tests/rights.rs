//! Who sees what.

use super::*;

async fn parts(db: Db) {
    let house = House::new(db).await;
    let kpm = format!("{WHO}\n{}\n{}\n", who(1, 1, HERE), who(2, 2, THERE));
    house.bring("kpm", &kpm, json!({})).await;
    house.examine(json!({})).await;
    let here = house.person("di.sini", "bansos", Some("62.02")).await;
    let counts = house.person("kepala", "pimpinan", Some("62.11")).await;
    let stranger = house.person("jaringan", "konektivitas", None).await;
    let search = |number: String| json!({ "number": number });
    let path = "/api/v1/card/families/search";
    let found = house
        .call(&here, "POST", path, Some(search(nik(1))))
        .await
        .is(200)
        .json();
    let own = found["items"][0]["id"]
        .as_str()
        .expect("a family")
        .to_owned();
    let found = house
        .call(&here, "POST", path, Some(search(nik(2))))
        .await
        .is(200)
        .json();
    assert_eq!(found["items"], json!([]));
    let theirs = house.post(path, search(nik(2))).await.is(200).json();
    let theirs = theirs["items"][0]["id"]
        .as_str()
        .expect("a family")
        .to_owned();
    let family = |id: &str| format!("/api/v1/card/families/{id}");
    house.call(&here, "GET", &family(&own), None).await.is(200);
    house
        .call(&here, "GET", &family(&theirs), None)
        .await
        .is(404);
    let purpose = || Some(json!({ "purpose": "uji" }));
    let opening = |id: &str| format!("{}/opening", family(id));
    house
        .call(&here, "POST", &opening(&own), purpose())
        .await
        .is(200);
    house
        .call(&here, "POST", &opening(&theirs), purpose())
        .await
        .is(404);
    let found = house
        .call(&here, "GET", "/api/v1/card/findings", None)
        .await
        .is(200)
        .json();
    let areas: Vec<_> = found["items"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| &row["area"])
        .collect();
    assert_eq!(areas, [HERE]);
    let work = |area: &str| Some(json!({ "area": area, "purpose": "uji" }));
    let lists = "/api/v1/card/worklists";
    house
        .call(&here, "POST", lists, work("62.02.01"))
        .await
        .is(200);
    house
        .call(&here, "POST", lists, work("62.11.05"))
        .await
        .is(403);
    house
        .call(&here, "POST", lists, work("62.02"))
        .await
        .is(422);
    let answer = house
        .call(&counts, "GET", "/api/v1/card/answer", None)
        .await
        .is(200)
        .json();
    assert_eq!(answer["found"]["unknown"]["rows"], 1);
    assert_eq!(answer["parts"][0]["code"], "62.11");
    for (method, path, body) in [
        ("GET", "/api/v1/card/findings", None),
        ("POST", path, Some(search(nik(1)))),
        ("POST", "/api/v1/card/runs", Some(json!({}))),
    ] {
        house
            .call(&counts, method, path, body.clone())
            .await
            .is(403);
        house.call(&stranger, method, path, body).await.is(403);
    }
    house
        .call(&stranger, "GET", "/api/v1/card/answer", None)
        .await
        .is(403);
    // A list tells of the whole province: whoever has a part of it brings none in.
    for (path, body) in [
        ("/api/v1/card/runs", json!({})),
        ("/api/v1/card/lists/1/withdrawal", json!({ "why": "uji" })),
    ] {
        house.call(&here, "POST", path, Some(body)).await.is(403);
    }
}

on_both! {
    each_sees_the_families_of_his_area: parts;
}
