//! Lists on their way in.

use super::*;

const LIST: &str = "DAFTAR DESA BLANK SPOT\n\
    No;Kode Desa;Kabupaten;Kecamatan;Desa;Blank Spot;Status;Cakupan 4G\n\
    1;62.71.01.1001;Palangka Raya;Pahandut;Pahandut;ya;aktif;45,5%\n\
    2;;Kota Palangka Raya;Pahandut;Langkai;ya;distribusi;\n\
    3;;Palangka Raya;Pahandut;Lngkai;tidak;aktif;\n\
    4;62.71.01.1002;Palangka Raya;Pahandut;Langkai;ya;;\n\
    5;;;;Sumber Makmur;ya;;\n\
    6;62.71.01.1001;;;;ya;;\n";

async fn comes_in(db: Db) {
    let house = House::new(db).await;
    let (preview, at) = house.open(LIST).await;
    assert_eq!(
        report(&preview),
        [
            "3 add",
            "4 add ~village",
            "5 add ~village",
            "6 add ~village",
            "7 add ~village",
            "8 add"
        ]
    );
    assert_eq!(preview["counts"]["skipped"], 1);
    // Without an owner and a day nothing could be weighed against it.
    let commit = format!("{at}/commit");
    for source in [
        json!({}),
        json!({ "owner": "Diskominfo" }),
        json!({ "as_of": "2025-05-16" }),
        json!({ "owner": "Diskominfo", "as_of": "2026-05-16" }),
    ] {
        let refused = house
            .post(&commit, json!({ "source": source }))
            .await
            .is(422);
        assert_eq!(refused.slug(), "form");
    }
    let wrong =
        json!({ "source": by("A", "2025-05-16", "x")["source"], "announced_of": { "aktif": 3 } });
    house.post(&commit, wrong).await.is(422);
    let body = by("Diskominfo", "2025-05-16", "tanpa sinyal 4G");
    let done = house.post(&commit, body.clone()).await.is(201);
    assert_eq!(
        done.json()["tally"],
        json!({ "rows": 6, "added": 6, "changed": 0, "same": 0, "left_out": 0 })
    );
    let again = house.post(&commit, body).await.is(201);
    assert_eq!(again.text(), done.text(), "asked again it answers the same");
    let source = done.json()["source"].as_str().expect("a source").to_owned();

    let village = house
        .get("/api/v1/villages/62.71.01.1001")
        .await
        .is(200)
        .json();
    assert_eq!(
        (&village["lists"], &village["disputes"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(
        said(&village, "blank_spot")["value"],
        json!({ "kind": "flag", "value": "ya" })
    );
    assert_eq!(said(&village, "status")["value"]["value"], "active");
    assert_eq!(
        said(&village, "four_g")["value"],
        json!({ "kind": "whole", "value": "455" })
    );
    // It stands twice in the list, and the list is one voice.
    assert_eq!(said(&village, "blank_spot")["reason"]["word"], "only");
    let claims = village["claims"].as_array().expect("claims");
    assert_eq!(claims.len(), 6);
    assert!(claims.iter().all(|claim| claim["source"] == source.as_str()
        && claim["as_of"] == "2025-05-16"
        && claim["definition"] == "tanpa sinyal 4G"
        && claim["owner"] == "Diskominfo"));
    let registered = house
        .get(&format!("/api/v1/sources/{source}"))
        .await
        .is(200)
        .json();
    let hash = store::blob::Sha256::of(LIST.as_bytes());
    assert_eq!(registered["sha256"], hash.as_str());
    assert_eq!(
        (&registered["has_raw"], &registered["row_count"]),
        (&json!(true), &json!(6))
    );

    // The same file again is known, and nothing of it is written twice.
    let (preview, second) = house.open(LIST).await;
    assert_eq!(preview["seen"][0]["source"], source.as_str());
    assert_eq!(preview["counts"]["exists"], 6);
    let all: Vec<u32> = (3..9).collect();
    for body in [
        json!({ "source": by("X", "2025-05-16", "x")["source"] }),
        json!({ "source": by("X", "2025-05-16", "x")["source"], "leave_out": all }),
    ] {
        house.post(&format!("{second}/commit"), body).await.is(409);
    }
    // Unless the list was withdrawn.
    let path = format!("/api/v1/villages/lists/{source}/withdrawal");
    house
        .post(&path, json!({ "why": "berkas yang salah" }))
        .await
        .is(201);
    house
        .post(&path, json!({ "why": "berkas yang salah" }))
        .await
        .is(409);
    let village = house
        .get("/api/v1/villages/62.71.01.1001")
        .await
        .is(200)
        .json();
    assert_eq!(village["said"], json!([]));
    assert_eq!(
        village["claims"].as_array().map(Vec::len),
        Some(6),
        "they stay"
    );
    let row = house
        .get("/api/v1/villages?q=62.71.01.1001")
        .await
        .is(200)
        .json();
    assert_eq!(row["items"][0]["lists"], 0);
    let path = format!(
        "/api/v1/villages/imports/{}",
        second.rsplit('/').next().expect("an id")
    );
    let preview = house.get(&path).await.is(200).json();
    assert_eq!(preview["counts"]["add"], 6);
    let audit = house.get("/api/v1/audit?limit=5000").await.is(200).text();
    for verb in ["import.committed", "claim.withdrawn"] {
        assert!(audit.contains(verb), "{verb}");
    }
}

async fn all_or_nothing(db: Db) {
    let house = House::new(db).await;
    let list = "kabupaten,kecamatan,desa,status,cakupan 4g,blank spot\n\
        Palangka Raya,Pahandut,Langkai,aktif,45%,ya\n\
        Palangka Raya,Pahandut,Pahandut,hampir,45%,ya\n\
        Palangka Raya,Pahandut,Panarung,aktif,0.45,ya\n\
        Palangka Raya,Pahandut,Tumbang Rungan,aktif,45%,mungkin\n";
    let (preview, at) = house.open(list).await;
    assert_eq!(
        report(&preview),
        [
            "2 add ~village",
            "3 refused !status ~village",
            "4 refused !four_g ~village",
            "5 refused !blank_spot ~village"
        ]
    );
    let commit = format!("{at}/commit");
    for leave_out in [json!([]), json!([3, 4])] {
        let mut body = by("Diskominfo", "2025-05-16", "x");
        body["leave_out"] = leave_out;
        house.post(&commit, body).await.is(409);
    }
    let lists = house.get("/api/v1/villages/lists").await.is(200).json();
    assert_eq!(lists["items"], json!([]), "nothing of it was written");
    let mut body = by("Diskominfo", "2025-05-16", "x");
    body["leave_out"] = json!([3, 4, 5]);
    let done = house.post(&commit, body).await.is(201).json();
    assert_eq!(done["tally"]["left_out"], 3);
    let rows = house
        .get("/api/v1/villages?listed=true")
        .await
        .is(200)
        .json();
    assert_eq!(rows["items"].as_array().map(Vec::len), Some(1));
}

async fn codes_of_bps(db: Db) {
    let house = House::new(db).await;
    // BPS writes 6209 for Katingan, which is Lamandau at Kemendagri: digits that are
    // villages of both.
    let all = villages();
    let katingan: Vec<&[String; 4]> = all
        .iter()
        .filter(|row| row[3] == "Kabupaten Katingan")
        .collect();
    let lamandau: Vec<&[String; 4]> = all
        .iter()
        .filter(|row| row[3] == "Kabupaten Lamandau")
        .collect();
    let mut list = "kode desa,kabupaten,kecamatan,desa\n".to_owned();
    for (real, wrong) in katingan.iter().zip(&lamandau).take(12) {
        let digits = wrong[0].replace('.', "");
        list.push_str(&format!("{digits},{},{},{}\n", real[3], real[2], real[1]));
    }
    let (preview, at) = house.open(&list).await;
    assert_eq!(preview["counts"]["refused"], 12, "{:?}", report(&preview));
    let fault = &preview["report"]["items"][0]["faults"][0];
    assert_eq!(fault["field"], "code");
    assert!(
        fault["said"]["id"]
            .as_str()
            .is_some_and(|said| said.contains("kode BPS")),
        "{fault}"
    );
    house
        .post(&format!("{at}/commit"), by("BPS", "2025-05-16", "x"))
        .await
        .is(409);
    // A person says what it is; then the names count, and the codes do not.
    let change = json!({ "columns": [{ "column": 0, "field": "code_bps" }] });
    let preview = house
        .call(&house.admin, "PATCH", &at, Some(change))
        .await
        .is(200)
        .json();
    assert_eq!(preview["counts"]["add"], 12, "{:?}", report(&preview));
    house
        .post(&format!("{at}/commit"), by("BPS", "2025-05-16", "x"))
        .await
        .is(201);
    let rows = house
        .get("/api/v1/villages?listed=true&limit=5000")
        .await
        .is(200)
        .json();
    let regencies: Vec<&str> = rows["items"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["regency"]["name"].as_str().expect("a name"))
        .collect();
    assert!(
        !regencies.is_empty() && regencies.iter().all(|name| *name == "Kabupaten Katingan"),
        "{regencies:?}"
    );

    // Codes without dots and without names could be either; a person says which.
    let mut list = "kode wilayah\n".to_owned();
    for row in lamandau.iter().take(5) {
        list.push_str(&format!("{}\n", row[0].replace('.', "")));
    }
    let (preview, at) = house.open(&list).await;
    assert_eq!(preview["counts"]["refused"], 5);
    let change = json!({ "columns": [{ "column": 0, "field": "code_kemendagri" }] });
    let preview = house
        .call(&house.admin, "PATCH", &at, Some(change))
        .await
        .is(200)
        .json();
    assert_eq!(preview["counts"]["add"], 5, "{:?}", report(&preview));
}

async fn a_queue(db: Db) {
    let house = House::new(db).await;
    let source = house
        .import(LIST, by("Diskominfo", "2025-05-16", "tanpa 4G"))
        .await;
    let queue = house.get("/api/v1/villages/queue").await.is(200).json();
    let rows = queue["items"].as_array().expect("rows");
    let told: Vec<(u64, &str)> = rows
        .iter()
        .map(|row| {
            (
                row["row"].as_u64().expect("a row"),
                row["doubt"].as_str().expect("a doubt"),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (5, "no_such_name"),
            (6, "code_contradicts_name"),
            (7, "several")
        ]
    );
    assert_eq!(rows[0]["candidates"][0]["name"], "Langkai");
    assert_eq!(rows[2]["candidates"].as_array().map(Vec::len), Some(4));
    let page = house
        .get("/api/v1/villages/queue?limit=2")
        .await
        .is(200)
        .json();
    let next = page["next"].as_str().expect("more");
    let page = house
        .get(&format!("/api/v1/villages/queue?limit=2&cursor={next}"))
        .await
        .is(200)
        .json();
    assert_eq!(page["items"][0]["row"], 7);
    let file = house
        .get("/api/v1/villages/queue?format=csv")
        .await
        .is(200)
        .text();
    assert!(file.contains("no_such_name"));

    let decide = |row: u32| format!("/api/v1/villages/queue/{source}/{row}");
    let langkai = "62.71.01.1003";
    for (village, status) in [("62.71.01", 422), ("62.71.01.1099", 422), (langkai, 201)] {
        house
            .post(&decide(5), json!({ "village": village }))
            .await
            .is(status);
    }
    house
        .post(&decide(6), json!({ "village": null, "why": "bukan desa" }))
        .await
        .is(201);
    house
        .post(&decide(99), json!({ "village": langkai }))
        .await
        .is(404);
    let village = house
        .get(&format!("/api/v1/villages/{langkai}"))
        .await
        .is(200)
        .json();
    // Row 4 says that it is a blank spot, row 5 that it is not: one list of one day says
    // two things, and there is nothing to choose by.
    let disputed = said(&village, "blank_spot");
    assert_eq!(
        (&disputed["value"], &disputed["reason"]["word"]),
        (&Json::Null, &json!("same_day"))
    );
    // Somebody thinks again: what the row has led to is withdrawn.
    house
        .post(&decide(5), json!({ "village": "62.71.01.1002" }))
        .await
        .is(201);
    let village = house
        .get(&format!("/api/v1/villages/{langkai}"))
        .await
        .is(200)
        .json();
    assert_eq!(said(&village, "blank_spot")["value"]["value"], "ya");
    let other = house
        .get("/api/v1/villages/62.71.01.1002")
        .await
        .is(200)
        .json();
    assert_eq!(said(&other, "blank_spot")["value"]["value"], "tidak");
    let queue = house.get("/api/v1/villages/queue").await.is(200).json();
    assert_eq!(queue["items"].as_array().map(Vec::len), Some(1));

    // The next file of that owner: what was decided is known, however it is dressed.
    let next = "kode desa,kabupaten,kecamatan,desa,blank spot\n\
        ,PALANGKA RAYA,Kec. Pahandut,LNGKAI,ya\n\
        62-71-01-1002,Palangka Raya,Pahandut,Langkai,ya\n";
    let (preview, at) = house.open(next).await;
    assert_eq!(report(&preview), ["2 add ~village", "3 add ~village"]);
    let words = |preview: &Json, row: usize| {
        preview["report"]["items"][row]["notes"][0]["said"]["en"].to_string()
    };
    assert!(words(&preview, 0).contains("waits for a person"));
    let preview = house
        .get(&format!("{at}?owner=DISKOMINFO"))
        .await
        .is(200)
        .json();
    assert!(
        words(&preview, 0).contains("by an earlier decision"),
        "{}",
        words(&preview, 0)
    );
    house
        .post(
            &format!("{at}/commit"),
            by("Dis-kominfo", "2025-06-16", "tanpa 4G"),
        )
        .await
        .is(201);
    let queue = house.get("/api/v1/villages/queue").await.is(200).json();
    assert_eq!(
        queue["items"].as_array().map(Vec::len),
        Some(1),
        "no new row waits"
    );
    // Another owner's decisions are his own.
    let (_, at) = house.open(&next.replace("ya", "tidak")).await;
    house
        .post(
            &format!("{at}/commit"),
            by("BAKTI", "2025-06-16", "tanpa 4G"),
        )
        .await
        .is(201);
    let queue = house.get("/api/v1/villages/queue").await.is(200).json();
    assert_eq!(queue["items"].as_array().map(Vec::len), Some(3));
}

async fn a_workbook(db: Db) {
    let house = House::new(db).await;
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (at, heading) in (0_u16..).zip(["Kode Kemendagri", "Kabupaten", "Kecamatan", "Desa"]) {
        sheet.write_string(0, at, heading).expect("written");
    }
    let wide = rust_xlsxwriter::Format::new();
    sheet
        .merge_range(1, 1, 3, 1, "Kota Palangka Raya", &wide)
        .expect("merged");
    for (at, (code, name)) in (1_u32..).zip([
        (6_271_011_001.0, "Pahandut"),
        (6_271_011_002.0, "Panarung"),
        (6_271_011_003.0, "Langkai"),
    ]) {
        sheet.write_number(at, 0, code).expect("written");
        sheet.write_string(at, 2, "Pahandut").expect("written");
        sheet.write_string(at, 3, name).expect("written");
    }
    let octets = book.save_to_buffer().expect("a workbook");
    let answer = house.upload(&house.admin, &octets).await.is(201);
    let preview = answer.json();
    assert_eq!(preview["counts"]["add"], 3, "{:?}", report(&preview));
    let at = answer.location.expect("a location");
    house
        .post(&format!("{at}/commit"), by("Dukcapil", "2025-05-16", "x"))
        .await
        .is(201);
    let rows = house
        .get("/api/v1/villages?listed=true")
        .await
        .is(200)
        .json();
    let codes: Vec<&str> = rows["items"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["code"].as_str().expect("a code"))
        .collect();
    assert_eq!(codes, ["62.71.01.1001", "62.71.01.1002", "62.71.01.1003"]);
}

on_both! {
    a_list_comes_in_whole_and_once: comes_in;
    a_row_that_cannot_stand_holds_everything_back: all_or_nothing;
    codes_of_another_system_are_asked_about: codes_of_bps;
    what_cannot_be_told_waits_and_is_remembered: a_queue;
    a_spreadsheet_that_lost_dots_and_merged_cells_is_read: a_workbook;
}

#[test]
fn the_columns_are_known_by_one_name_each() {
    use crate::import::contract::VILLAGES;
    let mut words = std::collections::BTreeMap::new();
    for column in VILLAGES.columns {
        let names = [column.key, &column.name.id, &column.name.en];
        for word in names.into_iter().chain(column.synonyms.iter().copied()) {
            let owner = words.insert(word.replace(['_', '/'], " ").to_lowercase(), column.key);
            assert!(
                owner.is_none_or(|owner| owner == column.key),
                "{word}: {owner:?}"
            );
        }
    }
    assert!(VILLAGES.column(VILLAGES.title).is_some());
}
