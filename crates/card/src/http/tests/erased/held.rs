//! What keeps rows from being destroyed, and until when.

use base::day::Day;

use super::*;

fn whys(seen: &Json) -> Vec<&str> {
    let holds = seen["holds"].as_array().expect("holds").iter();
    holds
        .map(|it| it["why"].as_str().expect("a word"))
        .collect()
}

async fn listed(db: Db) {
    let mut house = house(db, "").await;
    let list = house.adopted(3).await;
    let first = house.family_with(1).await;
    let seen = house.preview(&first).await;
    let until = seen["holds"][0]["until_us"].as_i64().expect("a date");
    assert_eq!(
        seen["holds"],
        json!([{ "why": "decision", "number": list, "until_us": until }])
    );
    let rows = seen["rows"].as_i64().expect("a count");
    let held = house.propose(&first, rows).await.is(409);
    assert_eq!(held.slug(), "card-held");
    assert_eq!(
        held.json()["errors"][0]["field"],
        format!("decision {list}")
    );
    // A person of a family that a list tells of is held with it, and whoever received before
    // and does not by the list is told of by it, too.
    let form = json!({ "number": nik(5) });
    let family = house.found(form).await;
    let page = house
        .get(&format!("/api/v1/card/families/{}", family[0]))
        .await;
    let page = page.is(200).json();
    let person = page["members"][0]["id"].as_str().expect("an id");
    assert_eq!(whys(&house.preview(person).await), ["decision"]);
    let third = house.family_with(3).await;
    assert_eq!(whys(&house.preview(&third).await), ["decision"]);
    // Held by a membership of the past as well: nobody counts as the first any more.
    let mut tx = house.hall.db().write().await.expect("a transaction");
    tx.execute("UPDATE card_member SET until_run = 2", params![])
        .await
        .expect("ended");
    tx.commit().await.expect("a commit");
    assert_eq!(whys(&house.preview(&first).await), ["decision"]);
    // On the date nothing holds it any more.
    let left = u64::try_from(until - START.as_us()).expect("later");
    house.later(Duration::from_micros(left - 1)).await;
    assert_eq!(whys(&house.preview(&first).await), ["decision"]);
    house.hall.clock().turn(Duration::from_micros(1));
    let seen = house.preview(&first).await;
    assert_eq!(seen["holds"], json!([]));
    // What it rests on is of the newest examination, and goes with the next.
    assert_eq!(
        seen["stays"],
        json!([{ "what": "facts", "number": 1, "until_us": null },
            { "what": "judged", "number": list, "until_us": until },
            { "what": "audit", "number": null, "until_us": null }])
    );
    // What the list says of them stays and is told without them, and without an error.
    house.person("kedua", "bansos", None).await;
    let second = house.log_in("kedua").await;
    let done = house.erase(&second, &first, rows).await;
    assert_eq!(done["record"]["facts"], json!([]), "a list rests on them");
    assert_eq!(done["record"]["stays"], seen["stays"]);
    let path = format!("/api/v1/card/decisions/{list}");
    let annex = json!({ "area": HERE, "purpose": "uji" });
    let part = house.post(&format!("{path}/annexes"), annex).await;
    let part = part.is(200).text();
    assert!(
        part.contains("(kunci dimusnahkan)") && part.contains("KAMELOH"),
        "{part}"
    );
    assert!(!part.contains("TAMBUN"), "{part}");
    let subject = format!("{path}/subjects/{first}");
    for path in [
        &path,
        &format!("{path}/subjects"),
        &subject,
        &format!("{path}/cover"),
    ] {
        house.get(path).await.is(200);
    }
    let form = json!({ "purpose": "uji" });
    house.post(&format!("{subject}/sheet"), form).await.is(200);
    let checked = house.post(&format!("{path}/verification"), json!({})).await;
    let checked = checked.is(200).json();
    assert_eq!(
        (&checked["erased"], &checked["differs"]),
        (&json!(1), &json!([{ "what": "part", "of": HERE }]))
    );
    // The list that comes after it has them as people of whom no list tells any more.
    house.examine(json!({})).await;
    let next_number = house.begun().await;
    let next = next_number;
    let next = format!("/api/v1/card/decisions/{next}");
    house.get(&next).await.is(200);
    // While a list is being adopted nobody is erased.
    let fourth = house.family_with(4).await;
    let made = house.propose(&fourth, 1).await.is(201).json();
    let state = async |state: &'static str| {
        let mut tx = house.hall.db().write().await.expect("a transaction");
        let sql = "UPDATE card_decision SET state = $1 WHERE number = 2";
        tx.execute(sql, params![state]).await.expect("changed");
        tx.commit().await.expect("a commit");
    };
    state("writing").await;
    let seen = house.preview(&fourth).await;
    assert_eq!(
        seen["holds"],
        json!([{ "why": "adoption", "number": next_number, "until_us": null }])
    );
    let held = house.propose(&fourth, 1).await.is(409).json();
    assert_eq!(held["errors"][0]["detail"], "until it is adopted", "{held}");
    let busy = house.confirm(&second, &made["number"], 1).await.is(409);
    assert_eq!(busy.slug(), "card-adopting");
    state("draft").await;
    house.confirm(&second, &made["number"], 1).await.is(200);
    // Whoever looked at a draft before that looks again.
    let mut read = house.hall.db().read().await.expect("a reader");
    let now = house.hall.now().wall;
    let early = now - Duration::from_micros(1);
    assert!(crate::erase::is_of_today(&mut read, early).await.is_err());
    assert!(crate::erase::is_of_today(&mut read, now).await.is_ok());
}

async fn paid(db: Db) {
    let mut house = house(db, "400000").await;
    let (first, fourth) = (house.family_with(1).await, house.family_with(4).await);
    let seen = house.preview(&first).await;
    let until = seen["holds"][0]["until_us"].as_i64().expect("a date");
    assert_eq!(
        seen["holds"],
        json!([{ "why": "payment", "number": 3, "until_us": until }])
    );
    let last: Day = "2035-12-01".parse().expect("a day");
    assert_eq!(until, house.hall.end_of(last).as_us(), "ten years");
    let rows = seen["rows"].as_i64().expect("a count");
    assert_eq!(
        house.propose(&first, rows).await.is(409).slug(),
        "card-held"
    );
    // Whoever was paid nothing is held by nothing.
    assert_eq!(house.preview(&fourth).await["holds"], json!([]));
    let left = u64::try_from(until - START.as_us()).expect("later");
    house.later(Duration::from_micros(left)).await;
    assert_eq!(house.preview(&first).await["holds"], json!([]));
    house.propose(&first, rows).await.is(201);
}

async fn objected(db: Db) {
    let mut house = house(db, "").await;
    let list = house.adopted(1).await;
    let fourth = house.family_with(4).await;
    // Said while the list was kept, and answered when it was not any more.
    let form = json!({ "decision": list, "subject": fourth, "ground": "x", "by": "y" });
    let made = house.post("/api/v1/card/objections", form).await;
    let made = made.is(201).json();
    house.person("kedua", "bansos", None).await;
    house.later(DAY * 400).await;
    let second = house.log_in("kedua").await;
    let seen = house.preview(&fourth).await;
    assert_eq!(
        seen["holds"],
        json!([{ "why": "objection", "number": 1, "until_us": null }])
    );
    let made = made["id"].as_str().expect("an id");
    let answer = format!("/api/v1/card/objections/{made}/answer");
    let form = Some(json!({ "answer": "accepted", "reason": REASON }));
    house.call(&second, "POST", &answer, form).await.is(200);
    let seen = house.preview(&fourth).await;
    assert_eq!(seen["holds"], json!([]));
    // What was said, what was answered and what was decided for it go with the rows.
    let rows = seen["rows"].as_i64().expect("a count");
    let done = house.erase(&second, &fourth, rows).await;
    assert_eq!(
        (
            &done["record"]["destroyed"]["objections"],
            &done["record"]["destroyed"]["exceptions"]
        ),
        (&json!(1), &json!(1))
    );
    let opening = format!("/api/v1/card/objections/{made}/opening");
    let opened = house.post(&opening, json!({ "purpose": "uji" })).await;
    assert_eq!(opened.is(200).json()["ground"], Json::Null);
}

/// What somebody asks about himself is not destroyed before it is answered, unless that is
/// what is asked; nor whoever is to be visited.
async fn asked(db: Db) {
    let house = house(db, "").await;
    let first = house.family_with(1).await;
    let form = crate::http::tests::asked::form("erasure", &first);
    let path = crate::http::tests::asked::REQUESTS;
    let made = house.post(path, form).await.is(201).json();
    let number = &made["number"];
    let held = json!([{ "why": "request", "number": number, "until_us": null }]);
    let seen = house.preview(&first).await;
    assert_eq!(seen["holds"], held);
    let rows = seen["rows"].as_i64().expect("a count");
    let refused = house.propose(&first, rows).await.is(409);
    assert_eq!(refused.slug(), "card-held");
    // A request of another kind, about somebody else, or of nobody lifts nothing.
    let access = crate::http::tests::asked::form("access", &first);
    let access = house.post(path, access).await.is(201).json();
    for wrong in [access["number"].clone(), json!(99)] {
        let mut form = proposal(&first, rows);
        form["request"] = wrong;
        let refused = house.post(ERASURES, form).await.is(422).json();
        assert_eq!(refused["errors"][0]["field"], "request");
    }
    house
        .change("DELETE FROM card_request WHERE kind = 'access'")
        .await;
    let preview = json!({ "subject": first, "request": number });
    let seen = house.post(&format!("{ERASURES}/preview"), preview).await;
    assert_eq!(seen.is(200).json()["holds"], json!([]));
    let mut tx = house.hall.db().write().await.expect("a transaction");
    let subject: crate::subject::SubjectId = first.parse().expect("an id");
    for (statement, values) in [
        (
            "INSERT INTO card_sample (number, decision, state, reference, seed, design, frame, \
             not_covered, drawn_by, drawn_us) VALUES (1, 1, 'open', '', '', '{}', '', 0, $1, 0)",
            params![subject.octets().to_vec()],
        ),
        (
            "INSERT INTO card_visit (sample, number, subject, area_code, receives, weight, list, \
             row_number) VALUES (1, 1, $1, '', 1, 1.0, 1, 1)",
            params![subject.octets().to_vec()],
        ),
    ] {
        tx.execute(statement, values).await.expect("written");
    }
    tx.commit().await.expect("a commit");
    assert_eq!(whys(&house.preview(&first).await), ["request", "sample"]);
    let mut form = proposal(&first, rows);
    form["request"] = number.clone();
    house.post(ERASURES, form.clone()).await.is(409);
    house
        .change("UPDATE card_sample SET state = 'closed'")
        .await;
    let made = house.post(ERASURES, form).await.is(201).json();
    let second = house.person("kedua", "bansos", None).await;
    house.confirm(&second, &made["number"], rows).await.is(200);
}

/// A list that no examination has read tells of them as well: its rows are found by their
/// numbers, and those of others are left.
async fn unread(db: Db) {
    let house = house(db, "").await;
    let first = house.family_with(1).await;
    let before = house.preview(&first).await["rows"].as_i64().expect("rows");
    let later = format!(
        "{WHO},desil\n{},1\n{},1\n",
        who(1, 1, HERE),
        who(2, 2, HERE)
    );
    let source = json!({ "title": "DTSEN belum diperiksa", "as_of": "2020-01-01" });
    house.bring("dtsen", &later, source).await;
    let rows = house.preview(&first).await["rows"].as_i64().expect("rows");
    assert_eq!(rows, before + 1);
    house.person("kedua", "bansos", None).await;
    let second = house.log_in("kedua").await;
    house.erase(&second, &first, rows).await;
    assert_eq!(house.found(json!({ "number": nik(1) })).await, [""; 0]);
    let left = house.found(json!({ "number": nik(2) })).await;
    assert_eq!(left.len(), 1);
    house.examine(json!({})).await;
    assert_eq!(house.found(json!({ "number": nik(1) })).await, [""; 0]);
}

on_both! {
    what_no_examination_has_read_is_erased_too: unread;
    what_is_asked_or_visited_is_held_until_it_is_over: asked;
    an_adopted_list_holds_until_its_date: listed;
    a_payment_holds_for_ten_years: paid;
    an_open_objection_holds_until_it_is_answered: objected;
}
