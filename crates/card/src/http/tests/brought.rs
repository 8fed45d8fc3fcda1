//! Lists on their way in.

use super::*;

async fn told(db: Db) {
    let house = House::new(db).await;
    let text = format!(
        "{WHO},no_kartu,nilai\n\
         {},6200000000000001,400000\n\
         620211140675000,6.20211E+15,Siti,1975-06-14,P,,,,,6202999999,1,1.5\n\
         ,,,,,,,,,,2,\n\
         {},6200000000000002,\n",
        who(1, 1, HERE),
        who(1, 1, HERE),
    );
    let (view, at) = house.read("kpm", &text).await;
    let found = &view["found"];
    assert_eq!(
        (&found["rows"], &found["refused"], &found["skipped"]),
        (&json!(4), &json!(2), &json!(0)),
        "{view}"
    );
    let points: Vec<(bool, i64, &str)> = found["points"]
        .as_array()
        .expect("points")
        .iter()
        .map(|point| {
            (
                point["refuses"].as_bool().expect("a flag"),
                point["count"].as_i64().expect("a number"),
                point["said"]["en"].as_str().expect("words"),
            )
        })
        .collect();
    for expected in [
        (true, 1, "names nobody: name, NIK and family card are empty"),
        (true, 1, "the value is no whole number of rupiah"),
        (
            false,
            1,
            "NIK: 15 digits; a spreadsheet has cut the sixteenth off",
        ),
        (
            false,
            1,
            "KK: written as a quantity (such as 6.2E+15); its digits are lost",
        ),
        (false, 1, "the village is not in the register of areas"),
        (false, 1, "the same NIK stands in a row before it"),
    ] {
        assert!(points.contains(&expected), "{expected:?} in {points:?}");
    }
    // No value of a file is in its report.
    assert!(!view.to_string().contains(&nik(1)) && !view.to_string().contains("TAMBUN"));
    // Left out is what was counted, exactly.
    let commit = format!("{at}/commit");
    let refused = house.post(&commit, json!({ "leave_out": 1 })).await.is(409);
    assert_eq!(refused.slug(), "import-refused");
    // The same file is the same import; another kind reads it otherwise.
    let again = house.upload("kpm", text.clone()).await.is(201).json();
    assert_eq!(again["id"], view["id"]);
    let list = house.bring("kpm", &text, json!({ "title": "KPM" })).await;
    let seen = house.read("kpm", &text).await;
    assert_eq!(seen.0["seen"].as_array().map(Vec::len), Some(1));
    house
        .call(&house.admin, "DELETE", &seen.1, None)
        .await
        .is(204);
    let lists = house.get("/api/v1/card/lists").await.is(200).json();
    assert_eq!(lists["items"][0]["rows"], 2);
    let path = format!("/api/v1/card/lists/{list}/withdrawal");
    house
        .post(&path, json!({ "why": "salah berkas" }))
        .await
        .is(204);
    house
        .post(&path, json!({ "why": "salah berkas" }))
        .await
        .is(404);
    let lists = house.get("/api/v1/card/lists").await.is(200).json();
    assert_eq!(lists["items"], json!([]));
    let none = house.post("/api/v1/card/runs", json!({})).await.is(409);
    assert_eq!(none.slug(), "card-no-list");
}

async fn refused(db: Db) {
    let house = House::new(db).await;
    for (octets, slug) in [
        (b"".to_vec(), "file-empty"),
        (b"%PDF-1.7 ...".to_vec(), "file-kind"),
        (b"PK\x03\x04 no book".to_vec(), "file-unreadable"),
        (b"nama\n\x00\x01\x02\n".to_vec(), "file-kind"),
    ] {
        let answer = house.upload("kpm", octets).await;
        if answer.status == 201 {
            // What only shows when it is read is said by its state.
            let path = format!(
                "/api/v1/card/imports/{}",
                answer.json()["id"].as_str().expect("an id")
            );
            let view = house.until(&path, |view| view["state"] != "reading").await;
            assert_eq!(
                (&view["state"], &view["failure"]["slug"]),
                (&json!("failed"), &json!(slug))
            );
            house
                .call(&house.admin, "DELETE", &path, None)
                .await
                .is(204);
        } else {
            assert_eq!(answer.is(422).slug(), slug);
        }
    }
    let unknown = house.upload("lain", "nama\nX\n").await.is(422);
    assert_eq!(unknown.json()["errors"][0]["field"], "kind");
    // Codes of another office are asked about.
    let foreign = format!("{WHO},desil\n{},1\n", who(1, 1, "6299010001"));
    let (view, at) = house.read("dtsen", &foreign).await;
    assert_eq!(view["found"]["codes_are_foreign"], true);
    let commit = format!("{at}/commit");
    assert_eq!(
        house.post(&commit, json!({})).await.is(409).slug(),
        "import-codes"
    );
    let other = json!({ "codes": "other" });
    house
        .call(&house.admin, "PATCH", &at, Some(other))
        .await
        .is(200);
    house.until(&at, |view| view["state"] == "read").await;
    house.post(&commit, json!({})).await.is(202);
    house.until(&at, |view| view["state"] == "written").await;
    // A column that rows cannot do without is named.
    let (view, _) = house.read("bansos", "nama,nik\nX,1\n").await;
    assert_eq!(view["found"]["missing"], json!(["program"]));
    assert_eq!(view["found"]["refused"], 1);
}

/// A body that breaks off is nowhere.
async fn broken_off(db: Db) {
    let house = House::new(db).await;
    let pieces: [Result<&[u8], std::io::Error>; 2] =
        [Ok(b"nama,nik\n"), Err(std::io::Error::other("gone"))];
    let body = Body::from_stream(futures::stream::iter(pieces));
    let answer = house.upload("kpm", body).await;
    assert_eq!(answer.is(400).slug(), "bad-request");
    let open = house.get("/api/v1/card/imports").await.is(200).json();
    assert_eq!(open["items"], json!([]));
}

/// What was being written when the house stopped is taken away, and can be written again.
async fn stopped(db: Db) {
    let house = House::new(db).await;
    let text = format!("{WHO}\n{}\n{}\n", who(1, 1, HERE), who(2, 2, HERE));
    let (view, at) = house.read("kpm", &text).await;
    let mut tx = house.hall.db().write().await.expect("a transaction");
    let id = view["id"].as_str().expect("an id").parse().expect("an id");
    crate::sql::import::moves(
        &mut tx,
        id,
        crate::sql::import::State::Open,
        crate::sql::import::State::Staged,
    )
    .await
    .expect("moved");
    let source: base::id::Id<base::id::Source> = house.hall.mint();
    let row = crate::sql::list::ListRow {
        number: 0,
        source,
        kind: card_core::list::Kind::Kpm,
        title: "setengah".to_owned(),
        owner: None,
        as_of: None,
        part: String::new(),
        rows: 0,
        raw_blob: None,
        file_key: None,
        keep_until: None,
        by: house.hall.mint(),
        written: START,
    };
    let list = crate::sql::list::stage(&mut tx, &row)
        .await
        .expect("staged");
    let half = crate::sql::record::Sealed {
        number: 2,
        area: None,
        sealed: vec![1],
        wrapped: vec![2],
        business: None,
    };
    crate::sql::record::write(&mut tx, list, &[half])
        .await
        .expect("written");
    crate::sql::record::index(&mut tx, list, &[(7, 2)])
        .await
        .expect("found");
    tx.commit().await.expect("a commit");
    let busy = house.call(&house.admin, "DELETE", &at, None).await.is(409);
    assert_eq!(busy.slug(), "import-done");

    crate::import::kept::sweep(&house.hall)
        .await
        .expect("swept");
    let mut read = house.hall.db().read().await.expect("a reader");
    let staged = crate::sql::list::staged(&mut read).await.expect("lists");
    assert!(staged.is_empty());
    let rows = crate::sql::record::after(&mut read, list, 0, 9)
        .await
        .expect("rows");
    assert_eq!(rows, []);
    drop(read);
    let list = house.bring("kpm", &text, json!({})).await;
    assert_eq!(list, 1);
}

/// A raw copy goes when its term is over, and its key with it; so do imports that nobody
/// goes on with.
async fn outlived(db: Db) {
    let house = House::new(db).await;
    let text = format!("{WHO}\n{}\n", who(1, 1, HERE));
    house
        .bring("kpm", &text, json!({ "retention_days": 30 }))
        .await;
    house.upload("dtsen", "nama\nX\n").await.is(201);
    let raw = async |house: &House| {
        let lists = house.get("/api/v1/card/lists").await.is(200).json();
        let open = house.get("/api/v1/card/imports").await.is(200).json();
        (
            lists["items"][0]["has_raw"].as_bool(),
            open["items"].as_array().map(Vec::len),
        )
    };
    assert_eq!(raw(&house).await, (Some(true), Some(1)));
    let day = std::time::Duration::from_secs(24 * 3_600);
    crate::import::kept::outlived(&house.hall, START + day * 29)
        .await
        .expect("looked");
    assert_eq!(raw(&house).await, (Some(true), Some(0)));
    crate::import::kept::outlived(&house.hall, START + day * 31)
        .await
        .expect("looked");
    assert_eq!(raw(&house).await, (Some(false), Some(0)));
}

on_both! {
    what_is_wrong_with_a_list_is_told_and_counted: told;
    what_is_no_list_is_refused_and_foreign_codes_are_asked_about: refused;
    a_body_that_breaks_off_is_kept_nowhere: broken_off;
    a_list_that_was_being_written_is_taken_away: stopped;
    what_outlives_its_term_goes: outlived;
}
