//! Somebody looked for in all of the province, without a number.

use super::*;

const INDEX: &str = "/api/v1/card/persons/index";
const SEARCH: &str = "/api/v1/card/persons/search";

impl House {
    /// Has all records loaded, and waits until they are there.
    async fn load(&self) -> Json {
        self.post(INDEX, json!({})).await.is(200);
        let is_over = |seen: &Json| seen["state"] == "here" || !seen["failure"].is_null();
        let seen = self.until(INDEX, is_over).await;
        assert_eq!(seen["failure"], Json::Null, "{seen}");
        seen
    }
}

async fn found(db: Db) {
    let house = House::new(db).await;
    let early = House::post(&house, INDEX, json!({})).await;
    assert_eq!(early.is(404).slug(), "card-run");
    let rows = (1..=8).map(|it| format!("{},1\n", who(it, it, if it < 5 { HERE } else { THERE })));
    let dtsen = format!("{WHO},desil\n{}", rows.collect::<String>());
    house
        .bring("dtsen", &dtsen, json!({ "title": "DTSEN uji" }))
        .await;
    let rows = (1..=6).map(|it| format!("{}\n", who(it, it, HERE)));
    let kpm = format!("{WHO}\n{}", rows.collect::<String>());
    house
        .bring("kpm", &kpm, json!({ "title": "KPM uji" }))
        .await;
    house.examine(json!({})).await;
    // As it is heard at a counter: no number, the name by its sound, the mother in part.
    let heard = json!({ "name": "Kameluh Usop", "birth": "1975-06-14", "mother": "Slamet" });
    let away = House::post(&house, SEARCH, heard.clone()).await;
    assert_eq!(away.is(409).slug(), "card-index-away");
    let seen = house.load().await;
    assert_eq!((&seen["records"], &seen["run"]), (&json!(14), &json!(1)));
    assert!(seen["octets"].as_u64().expect("octets") > 0);

    let search = json!({ "number": nik(2) });
    let by_number = house
        .post("/api/v1/card/families/search", search)
        .await
        .is(200)
        .json();
    let like = house.post(SEARCH, heard.clone()).await.is(200).json();
    let first = &like["items"][0];
    assert_eq!(first["family"], by_number["items"][0]["id"], "{like}");
    assert_eq!(first["who"]["name"], "K•••• U•••", "{like}");
    assert!(first["same"].as_f64().expect("a share") > 0.5, "{like}");
    let sames: Vec<f64> = like["items"]
        .as_array()
        .expect("items")
        .iter()
        .filter_map(|it| it["same"].as_f64())
        .collect();
    assert!(sames.is_sorted_by(|one, next| one >= next), "{sames:?}");
    let evidence = first["evidence"].as_array().expect("evidence");
    assert!(
        evidence
            .iter()
            .any(|it| it["field"] == "name" && it["bits"].as_f64() > Some(0.0)),
        "{like}"
    );
    for hidden in [nik(2), "KAMELOH".to_owned(), "Jl. Mawar".to_owned()] {
        assert!(!like.to_string().contains(&hidden), "{hidden}");
    }
    // Who looks stays no record: whoever looks again finds as many.
    let again = house.post(SEARCH, heard.clone()).await.is(200).json();
    assert_eq!(again, like);

    // Who looked, and whom he found, is kept; not by what.
    let kept = "/api/v1/audit?verb=card_person.sought";
    let kept = house.get(kept).await.is(200).json();
    assert_eq!(kept["items"][0]["detail"]["families"][0], first["family"]);
    assert!(!kept.to_string().to_uppercase().contains("USOP"), "{kept}");
    // Whoever asks who looked at them is told of it as of something that may be.
    let family = first["family"].as_str().expect("an id");
    let looks = format!("/api/v1/card/looks?subject={family}");
    let looks = house.get(&looks).await.is(200).json();
    let looks = looks["items"].as_array().expect("looks").iter();
    let looks: Vec<_> = looks.map(|it| (&it["verb"], &it["is_certain"])).collect();
    assert_eq!(
        looks,
        [(&json!("card_person.sought"), &json!(false)); 2],
        "both searches, and nothing was opened"
    );
    let nobody = base::id::Id::<base::id::Family>::from_bytes([7; 16]);
    let looks = format!("/api/v1/card/looks?subject={nobody}");
    assert_eq!(house.get(&looks).await.is(200).json()["items"], json!([]));
    // What a field says tells what stands in it: whoever may not open it is not told.
    let auditor = house.person("auditor", "pengawas", None).await;
    let seen = house
        .call(&auditor, "POST", SEARCH, Some(heard.clone()))
        .await;
    let seen = seen.is(200).json();
    assert_eq!(seen["items"][0]["family"], first["family"]);
    assert_eq!(seen["items"][0]["evidence"], json!([]));

    // Who sees a part of the province finds whoever lives there.
    let there = house.person("jauh", "bansos", Some(THERE)).await;
    let seen = house
        .call(&there, "POST", SEARCH, Some(heard.clone()))
        .await
        .is(200)
        .json();
    let areas = seen["items"].as_array().expect("items").iter();
    assert!(areas.clone().all(|it| it["area"] == THERE), "{seen}");
    house
        .call(&there, "POST", INDEX, Some(json!({})))
        .await
        .is(403);
    for (wrong, field) in [
        (json!({ "name": "Kameloh" }), "birth"),
        (json!({ "name": "", "birth": "1975-06-14" }), "name"),
        (json!({ "name": "Kameloh", "village": "62.02" }), "village"),
        (
            json!({ "name": "Kameloh", "birth": "1975-06-14", "sex": "x" }),
            "sex",
        ),
    ] {
        let refused = House::post(&house, SEARCH, wrong).await.is(422).json();
        assert_eq!(refused["errors"][0]["field"], field);
    }
    // A newer examination has the memory, and another index is of that one.
    house.examine(json!({})).await;
    let seen = house.get(INDEX).await.is(200).json();
    assert_eq!(
        (&seen["state"], &seen["records"]),
        (&json!("away"), &Json::Null)
    );
    assert_eq!(house.load().await["run"], 2);
}

on_both! {
    somebody_is_found_without_a_number: found;
}
