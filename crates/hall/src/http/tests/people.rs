//! What people and offices may be changed, and by whom.

use super::*;

async fn escalation(db: Db) {
    let (house, admin) = House::new(db).await;
    let day = Duration::from_secs(86_400);
    let until = house.hall.now().wall + day;
    let me = house
        .call(&admin, "GET", "/api/v1/session", None)
        .await
        .json();
    let chief = me["person"]["id"].as_str().expect("an id").to_owned();
    let (clerk, regional) = house
        .person(
            &admin,
            "regional",
            json!([{ "role": "admin", "area": "62.01", "to_us": until }]),
        )
        .await;
    let wanted = |grants: Json| {
        Some(json!({ "name": "X", "username": "x-1", "password": PASSWORD, "grants": grants }))
    };
    for (grants, status, slug) in [
        (json!([{ "role": "operator" }]), 403, "not-allowed"),
        (
            json!([{ "role": "operator", "area": "62" }]),
            403,
            "not-allowed",
        ),
        (
            json!([{ "role": "operator", "area": "62.02", "to_us": until }]),
            403,
            "not-allowed",
        ),
        (
            json!([{ "role": "operator", "area": "62.01" }]),
            403,
            "not-yours-to-give",
        ),
        (
            json!([{ "role": "operator", "area": "62.01", "to_us": until + day }]),
            403,
            "not-yours-to-give",
        ),
        (
            json!([
                { "role": "operator", "area": "62.01", "to_us": until },
                { "role": "admin", "area": null, "to_us": until },
            ]),
            403,
            "not-yours-to-give",
        ),
        (json!([{ "role": "relawan", "area": "62.01" }]), 422, "form"),
        (
            json!([{ "role": "operator", "area": "62.99", "to_us": until }]),
            422,
            "form",
        ),
        (json!([{ "role": "raja" }]), 422, "form"),
    ] {
        let answer = house
            .call(&regional, "POST", "/api/v1/staff", wanted(grants.clone()))
            .await;
        assert_eq!(
            (answer.status.as_u16(), answer.slug().as_str()),
            (status, slug),
            "{grants}: {}",
            answer.text
        );
    }
    let fine = json!([{ "role": "operator", "area": "62.01.01", "to_us": until }]);
    let added = house
        .call(&regional, "POST", "/api/v1/staff", wanted(fine))
        .await
        .is(201);
    let operator = added.json()["id"].as_str().expect("an id").to_owned();

    let patch = async |with: &str, id: &str, body: Json| {
        let path = format!("/api/v1/staff/{id}");
        house.call(with, "PATCH", &path, Some(body)).await
    };
    // The chief is not even to be seen.
    patch(&regional, &chief, json!({ "password": "kata sandi baru" }))
        .await
        .is(404);
    // Himself: his rights can neither grow nor outlast their end.
    let more = patch(
        &regional,
        &clerk,
        json!({ "grants": [{ "role": "admin", "area": "62.01" }] }),
    )
    .await;
    assert_eq!(more.is(403).slug(), "not-yours-to-give");
    let moved = patch(&regional, &clerk, json!({ "area": null })).await;
    assert_eq!(moved.is(403).slug(), "not-allowed");
    // His operator, once the chief has given that one more than he commands.
    patch(&regional, &operator, json!({ "name": "Budi" }))
        .await
        .is(200);
    patch(
        &admin,
        &operator,
        json!({ "grants": [{ "role": "pengawas" }] }),
    )
    .await
    .is(200);
    let above = patch(
        &regional,
        &operator,
        json!({ "password": "kata sandi baru" }),
    )
    .await;
    assert_eq!(above.is(403).slug(), "not-yours-to-give");

    // Somebody can always manage the house.
    for body in [
        json!({ "active": false }),
        json!({ "grants": [] }),
        json!({ "grants": [{ "role": "admin", "area": "62" }] }),
        json!({ "grants": [{ "role": "admin", "to_us": until }] }),
    ] {
        let answer = patch(&admin, &chief, body.clone()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.slug().as_str()),
            (409, "last-admin"),
            "{body}"
        );
    }
    patch(
        &admin,
        &operator,
        json!({ "grants": [{ "role": "admin" }] }),
    )
    .await
    .is(200);
    patch(&admin, &chief, json!({ "active": false }))
        .await
        .is(200);
    house
        .call(&admin, "GET", "/api/v1/session", None)
        .await
        .is(401);
    house.log_in("admin", PASSWORD).await.is(401);

    let mut read = house.hall.db().read().await.expect("a snapshot");
    let verdict = audit::verify(&mut read).await.expect("a verdict");
    assert!(matches!(verdict, Verdict::Whole { .. }), "{verdict:?}");
}

async fn changes_hold_at_once(db: Db) {
    let (house, admin) = House::new(db).await;
    let (id, operator) = house
        .person(&admin, "operator-1", json!([{ "role": "operator" }]))
        .await;
    let path = format!("/api/v1/staff/{id}");
    let list = house.call(&operator, "GET", "/api/v1/agencies", None).await;
    list.is(200);
    let mut revoked = house.hall.revoked();
    let body = json!({ "grants": [{ "role": "relawan", "to_us": house.hall.now().wall + Duration::from_secs(60) }] });
    house.call(&admin, "PATCH", &path, Some(body)).await.is(200);
    assert_eq!(revoked.try_recv().expect("told").person.to_string(), id);
    assert_eq!(revoked.try_recv(), Err(TryRecvError::Empty));
    house
        .call(&operator, "GET", "/api/v1/agencies", None)
        .await
        .is(403);
    house
        .call(&operator, "GET", "/api/v1/areas", None)
        .await
        .is(200);
    house.clock.turn(Duration::from_secs(60));
    house
        .call(&operator, "GET", "/api/v1/areas", None)
        .await
        .is(403);

    let body = json!({ "password": "kata sandi baru" });
    house.call(&admin, "PATCH", &path, Some(body)).await.is(200);
    house
        .call(&operator, "GET", "/api/v1/session", None)
        .await
        .is(401);
    house.log_in("operator-1", PASSWORD).await.is(401);
    let again = house
        .log_in("operator-1", "kata sandi baru")
        .await
        .is(200)
        .cookie();
    let other = house
        .log_in("operator-1", "kata sandi baru")
        .await
        .is(200)
        .cookie();
    let body = json!({ "old": "bukan itu", "new": "yang ketiga kali" });
    house
        .call(&again, "PUT", "/api/v1/session/password", Some(body))
        .await
        .is(403);
    let body = json!({ "old": "kata sandi baru", "new": "yang ketiga kali" });
    house
        .call(&again, "PUT", "/api/v1/session/password", Some(body))
        .await
        .is(204);
    house
        .call(&again, "GET", "/api/v1/session", None)
        .await
        .is(200);
    house
        .call(&other, "GET", "/api/v1/session", None)
        .await
        .is(401);
    house.log_in("operator-1", "yang ketiga kali").await.is(200);
}

async fn tree_of_agencies(db: Db) {
    let (house, admin) = House::new(db).await;
    let top = house.agency(&admin, "Sekretariat Daerah", None).await;
    let office = house.agency(&admin, "Dinas Kominfo", Some(&top)).await;
    let desk = house.agency(&admin, "Bidang Data", Some(&office)).await;
    let other = house.agency(&admin, "Dinas Sosial", Some(&top)).await;
    let patch = async |id: &str, body: Json| {
        let path = format!("/api/v1/agencies/{id}");
        house.call(&admin, "PATCH", &path, Some(body)).await
    };
    assert_eq!(
        patch(&office, json!({ "parent": desk }))
            .await
            .is(409)
            .slug(),
        "agency-cycle"
    );
    assert_eq!(
        patch(&office, json!({ "parent": office }))
            .await
            .is(409)
            .slug(),
        "agency-cycle"
    );
    assert_eq!(
        patch(&other, json!({ "name": "DINAS KOMINFO" }))
            .await
            .is(409)
            .slug(),
        "agency-taken"
    );
    let nowhere = Id::<Agency>::from_bytes([5; 16]).to_string();
    let lost = patch(&other, json!({ "parent": nowhere })).await;
    assert_eq!(lost.is(422).field(), "parent");

    // A clerk of one office sees its people, also those of desks that move into it.
    let (_, clerk) = house
        .person(
            &admin,
            "clerk",
            json!([{ "role": "admin", "agency": other }]),
        )
        .await;
    house
        .person(
            &admin,
            "worker",
            json!([{ "role": "bansos", "agency": desk }]),
        )
        .await;
    let seen = async || {
        let list = house
            .call(&clerk, "GET", "/api/v1/staff", None)
            .await
            .is(200)
            .json();
        let mut names: Vec<_> = list["items"]
            .as_array()
            .expect("items")
            .iter()
            .map(|p| p["name"].as_str().expect("a name").to_owned())
            .collect();
        names.sort();
        names.join(" ")
    };
    assert_eq!(seen().await, "clerk");
    let mut revoked = house.hall.revoked();
    patch(&office, json!({ "parent": other, "short": "Kominfo" }))
        .await
        .is(200);
    assert!(
        revoked.try_recv().is_ok(),
        "who holds grants over branches is judged anew"
    );
    assert_eq!(seen().await, "clerk worker");
    patch(&office, json!({ "parent": null, "short": null }))
        .await
        .is(200);
    assert_eq!(seen().await, "clerk");
    let list = house
        .call(&admin, "GET", "/api/v1/agencies?q=kominfo", None)
        .await
        .is(200)
        .json();
    assert_eq!(
        list["items"],
        json!([{ "id": office, "name": "Dinas Kominfo", "short": null, "parent": null }])
    );

    // The clerk commands his branch and nothing above it.
    let rename = |id: &str| format!("/api/v1/agencies/{id}");
    house
        .call(
            &clerk,
            "PATCH",
            &rename(&other),
            Some(json!({ "short": "Dinsos" })),
        )
        .await
        .is(200);
    house
        .call(
            &clerk,
            "PATCH",
            &rename(&top),
            Some(json!({ "short": "Setda" })),
        )
        .await
        .is(403);
    house
        .call(
            &clerk,
            "PATCH",
            &rename(&desk),
            Some(json!({ "parent": other })),
        )
        .await
        .is(403);

    let mut below = top;
    for n in 0..11 {
        below = house
            .agency(&admin, &format!("Tingkat {n}"), Some(&below))
            .await;
    }
    let body = json!({ "name": "Terlalu dalam", "parent": below });
    assert_eq!(
        house
            .call(&admin, "POST", "/api/v1/agencies", Some(body))
            .await
            .is(422)
            .field(),
        "parent"
    );
    assert_eq!(
        patch(&office, json!({ "parent": below }))
            .await
            .is(422)
            .field(),
        "parent"
    );
}

on_both! {
    nobody_gives_or_takes_more_than_he_holds: escalation;
    changes_of_a_person_hold_at_once: changes_hold_at_once;
    agencies_are_a_tree: tree_of_agencies;
}
