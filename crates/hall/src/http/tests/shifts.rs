//! Shifts: begun, written into, handed over and accepted, and what proves that.

use super::*;
use crate::incident::Key;

const LIST: &str = "/api/v1/shifts";

impl House {
    async fn shift(&self, with: &str, id: &str, verb: &str, body: Json) -> Answer {
        let path = format!("{LIST}/{id}/{verb}");
        self.call(with, "POST", &path, Some(body)).await
    }

    async fn begin(&self, with: &str, body: Json) -> Answer {
        self.call(with, "POST", LIST, Some(body)).await
    }

    async fn handed(&self, with: &str, id: &str) -> Json {
        let path = format!("{LIST}/{id}/handover");
        self.call(with, "GET", &path, None).await.is(200).json()
    }
}

fn id(answer: &Answer) -> String {
    answer.json()["id"].as_str().expect("an id").to_owned()
}

/// Not by the code of the house.
fn sha256(text: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    let hex = digest.as_ref().iter().map(|byte| format!("{byte:02x}"));
    hex.collect()
}

async fn handed_over(db: Db) {
    let (house, admin) = House::new(db).await;
    let grants = || json!([{ "role": "operator" }]);
    let (ani, first) = house.person(&admin, "ani", grants()).await;
    let (budi, second) = house.person(&admin, "budi", grants()).await;
    let current = async |with: &str| {
        let path = format!("{LIST}/current");
        let answer = house.call(with, "GET", &path, None).await.is(200);
        answer.json()["shift"].clone()
    };
    assert_eq!(current(&first).await, json!(null));
    let shift = id(&house.begin(&first, json!({})).await.is(201));
    let taken = house.begin(&second, json!({})).await.is(409);
    assert_eq!(
        (taken.slug(), taken.field()),
        ("shift-taken".to_owned(), "shift".to_owned())
    );
    let now = current(&second).await;
    assert_eq!(
        (&now["person"]["id"], &now["area"]["code"]),
        (&json!(ani), &json!("62"))
    );

    let open =
        |title: &str, area: &str| json!({ "title": title, "severity": "critical", "area": area });
    let wrong = house
        .open_by_hand(&first, open("Kabel putus", "62.01"))
        .await;
    house
        .open_by_hand(&first, open("Genset mati", "62.02"))
        .await;
    let done = house
        .open_by_hand(&first, open("Sudah beres", "62.02"))
        .await;
    house
        .act(&first, &done, json!({ "act": "close", "text": "Beres" }))
        .await
        .is(201);
    house
        .act(&first, &wrong, json!({ "act": "take" }))
        .await
        .is(201);
    house
        .shift(&first, &shift, "notes", json!({ "text": "Tamu dari OPD" }))
        .await
        .is(201);
    house
        .shift(&second, &shift, "notes", json!({ "text": "" }))
        .await
        .is(422);

    // Nothing to accept yet, and nobody but its holder writes it.
    let accept = |sha256: &str| json!({ "sha256": sha256 });
    let none = house
        .shift(&second, &shift, "accept", accept("x"))
        .await
        .is(404);
    assert_eq!(none.slug(), "handover");
    let not_his = house
        .shift(&second, &shift, "handover", json!({}))
        .await
        .is(409);
    assert_eq!(not_his.field(), "person");
    let message = || json!({ "message": "Pantau genset" });
    let written = house
        .shift(&first, &shift, "handover", message())
        .await
        .is(201)
        .json();
    let text = written["text"].as_str().expect("a text");
    for part in [
        "SERAH TERIMA SHIFT 1",
        "Area 62 (62)",
        "belum ditutup: 2",
        "#1 KRITIS, ditangani: Kabel putus",
        "Petugas: ani",
        "#2 KRITIS, perlu tindakan: Genset mati",
        "belum ada petugas",
        "Tenggat: ",
        "Tamu dari OPD",
        "Pesan: Pantau genset",
        "WIB",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(!text.contains("Sudah beres"), "{text}");
    assert_eq!(written["sha256"], sha256(text));
    assert_eq!(written["accepted_us"], json!(null));
    assert!(written["written_entry"].as_str().is_some());

    // It is written anew: what was read is not what would be accepted.
    house
        .shift(&first, &shift, "notes", json!({ "text": "Genset hidup" }))
        .await
        .is(201);
    let anew = house
        .shift(&first, &shift, "handover", message())
        .await
        .is(201)
        .json();
    let old = written["sha256"].as_str().expect("a hash");
    let new = anew["sha256"].as_str().expect("a hash").to_owned();
    assert_ne!(old, new);
    let stale = house
        .shift(&second, &shift, "accept", accept(old))
        .await
        .is(409);
    assert_eq!(
        (stale.slug(), stale.field()),
        ("handover-changed".to_owned(), "sha256".to_owned())
    );
    let own = house
        .shift(&first, &shift, "accept", accept(&new))
        .await
        .is(409);
    assert_eq!(own.slug(), "shift-state");
    let next = house
        .shift(&second, &shift, "accept", accept(&new))
        .await
        .is(201);
    assert_eq!(next.json()["after"], shift.as_str());
    assert_eq!(current(&first).await["person"]["id"], budi.as_str());
    for (with, verb, body) in [
        (&first, "notes", json!({ "text": "Terlambat" })),
        (&first, "handover", json!({})),
        (&second, "accept", accept(&new)),
        (&second, "end", json!({ "why": "x" })),
    ] {
        let over = house.shift(with, &shift, verb, body).await.is(409);
        assert_eq!(over.slug(), "shift-state", "{verb}");
    }

    // Both have put their names to these octets, in the chain.
    let proof = house.handed(&first, &shift).await;
    assert_eq!(proof["is_as_written"], true);
    assert_eq!(proof["accepted_by"]["id"], budi.as_str());
    for (field, verb, actor) in [
        ("written_entry", "shift.handed_over", &ani),
        ("accepted_entry", "shift.accepted", &budi),
    ] {
        let path = format!("/api/v1/audit?subject={shift}&verb={verb}&actor={actor}");
        let entries = house.call(&admin, "GET", &path, None).await.is(200).json();
        assert_eq!(entries["items"][0]["id"], proof[field]);
        assert_eq!(entries["items"][0]["detail"]["sha256"], new.as_str());
    }
    let verdict = house
        .call(&admin, "GET", "/api/v1/audit/verify", None)
        .await;
    assert_eq!(verdict.is(200).json()["verdict"], "whole");

    // Who changes the text is found out, and so is who changes its hash too.
    let doctor = async |sql: &'static str, text: &str| {
        let mut tx = house.hall.db().write().await.expect("a transaction");
        tx.execute(sql, store::params![text]).await.expect("done");
        tx.commit().await.expect("a commit");
    };
    doctor("UPDATE hall_handover SET text = $1", "Tidak ada apa-apa").await;
    let proof = house.handed(&first, &shift).await;
    assert_eq!(proof["is_as_written"], false);
    doctor(
        "UPDATE hall_handover SET sha256 = $1",
        &sha256("Tidak ada apa-apa"),
    )
    .await;
    let proof = house.handed(&first, &shift).await;
    assert_eq!(proof["is_as_written"], true);
    assert_eq!(
        (&proof["written_entry"], &proof["accepted_entry"]),
        (&json!(null), &json!(null))
    );
}

async fn desks(db: Db) {
    let (house, admin) = House::new(db).await;
    let at = |role: &str, area: &str| json!([{ "role": role, "area": area }]);
    let (_, here) = house.person(&admin, "here", at("operator", "62.01")).await;
    let (_, there) = house.person(&admin, "there", at("operator", "62.02")).await;
    let (_, leader) = house
        .person(&admin, "leader", at("pimpinan", "62.01"))
        .await;
    house.begin(&here, json!({})).await.is(403);
    let shift = id(&house.begin(&here, json!({ "area": "62.01" })).await.is(201));
    let centre = id(&house.begin(&admin, json!({})).await.is(201));
    let unknown = house
        .begin(&admin, json!({ "area": "62.99" }))
        .await
        .is(422);
    assert_eq!(unknown.field(), "area");
    let numbers = async |with: &str| {
        let list = house.call(with, "GET", LIST, None).await.is(200).json();
        let items = list["items"].as_array().expect("a list").clone();
        items
            .iter()
            .filter_map(|one| one["number"].as_i64())
            .collect::<Vec<_>>()
    };
    assert_eq!(numbers(&admin).await, [2, 1]);
    assert_eq!(numbers(&here).await, [1]);
    assert_eq!(numbers(&there).await, Vec::<i64>::new());
    // A desk is of no office, so a grant over one does not reach it.
    let office = house.agency(&admin, "Dinas A", None).await;
    let of_office = json!([{ "role": "operator", "agency": office }]);
    let (_, clerk) = house.person(&admin, "clerk", of_office).await;
    assert_eq!(numbers(&clerk).await, Vec::<i64>::new());
    for id in [&shift, &centre] {
        for path in [format!("{LIST}/{id}"), format!("{LIST}/{id}/handover")] {
            let hidden = house.call(&there, "GET", &path, None).await.is(404);
            assert_eq!(hidden.slug(), "shift");
        }
        for (verb, body) in [
            ("notes", json!({ "text": "x" })),
            ("handover", json!({})),
            ("accept", json!({ "sha256": "x" })),
            ("end", json!({ "why": "x" })),
        ] {
            house.shift(&there, id, verb, body).await.is(404);
        }
    }
    house
        .call(&leader, "GET", &format!("{LIST}/{shift}"), None)
        .await
        .is(200);
    house
        .shift(&leader, &shift, "notes", json!({ "text": "x" }))
        .await
        .is(403);
    let path = format!("{LIST}/current?area=62.01");
    let hidden = house.call(&there, "GET", &path, None).await.is(200);
    assert_eq!(hidden.json()["shift"], json!(null));

    // What a desk leaves names no place that its readers may not see.
    let open = json!({ "title": "Dari 62.01 ke 62.02", "severity": "notice", "area": "62.01" });
    let both = house.open_by_hand(&admin, open).await;
    house
        .act(&admin, &both, json!({ "act": "link", "area": "62.02" }))
        .await
        .is(201);
    let left = house
        .shift(&here, &shift, "handover", json!({}))
        .await
        .is(201)
        .json();
    let text = left["text"].as_str().expect("a text");
    assert!(text.contains("#1 perhatian"), "{text}");
    assert!(
        text.contains("(sebagian tempatnya di luar pos ini)"),
        "{text}"
    );
    assert!(text.contains("62.01); 1 lagi"), "{text}");
    assert!(!text.contains("62.02"), "{text}");

    // What is wrong with the house itself is the province's to hand over.
    let disk = house.room_says(&Key::new("disk.fills", ""), &[]).await;
    assert!(disk.starts_with("inc_"));
    for (with, shift, holds) in [(&here, &shift, false), (&admin, &centre, true)] {
        let left = house.shift(with, shift, "handover", json!({})).await;
        let text = left.is(201).json()["text"].to_string();
        assert_eq!(text.contains("#2 KRITIS"), holds, "{text}");
        assert_eq!(text.contains("Tempat: pusat"), holds, "{text}");
    }

    // Whoever has it is gone: another ends it, with the reason, and begins anew.
    house
        .shift(&admin, &shift, "end", json!({ "why": " " }))
        .await
        .is(422);
    let ended = house
        .shift(&admin, &shift, "end", json!({ "why": "Sakit" }))
        .await
        .is(200);
    assert_eq!(ended.json()["ended_how"], "left");
    house.begin(&here, json!({ "area": "62.01" })).await.is(201);
    let csv = house
        .call(&admin, "GET", &format!("{LIST}?format=csv"), None)
        .await
        .is(200);
    assert_eq!(csv.text.lines().count(), 4);
    assert!(csv.text.contains(",left,"), "{}", csv.text);
    let verbs = house.verbs().await;
    for verb in [
        "shift.begun",
        "shift.handed_over",
        "shift.left",
        "shift.exported",
    ] {
        assert!(verbs.contains(&verb.to_owned()), "{verb}");
    }
}

/// Two want to have it at once.
async fn at_once(db: Db) {
    let (house, admin) = House::new(db).await;
    let grants = || json!([{ "role": "operator" }]);
    let mut cookies = Vec::new();
    for name in ["ani", "budi", "citra"] {
        cookies.push(house.person(&admin, name, grants()).await.1);
    }
    let [first, second, third] = cookies.as_slice() else {
        panic!("three people");
    };
    let (one, two) = tokio::join!(
        house.begin(first, json!({})),
        house.begin(second, json!({}))
    );
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let (holder, other, got) = if one.status == 201 {
        (first, second, one)
    } else {
        (second, first, two)
    };
    let shift = id(&got);
    let left = house
        .shift(holder, &shift, "handover", json!({}))
        .await
        .is(201)
        .json();
    let accept = json!({ "sha256": left["sha256"] });
    let (one, two) = tokio::join!(
        house.shift(other, &shift, "accept", accept.clone()),
        house.shift(third, &shift, "accept", accept)
    );
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
}

on_both! {
    a_shift_is_handed_over_and_signed_by_both: handed_over;
    a_desk_is_seen_by_those_whose_area_it_is: desks;
    a_shift_has_one_holder: at_once;
}
