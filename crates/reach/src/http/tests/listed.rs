//! Points on their way in from a file.

use super::*;

const LIST: &str = "Kode Desa;Desa;Nama Titik;Jenis;Lintang;Bujur;Terbuka untuk warga;No Kontrak;Iuran;Anggaran;Dibayar sampai\n\
    62.71.01.1001;Pahandut;Kantor Lurah Pahandut;kantor desa;-2,21;113,93;ya;600/12;Rp 750.000;12.000.000;2026-12-31\n\
    62.71.01.1003;Langkai;SDN 1 Langkai;SDN 1;;;;;;;\n\
    62.71.01.1003;Langkai;SDN 1  langkai;sekolah;;;;;;;\n\
    ;Tidak Ada;Balai;warung;;;;;;;\n\
    62.71.01.1003;Langkai;Pustu;pustu;-200;113,9;;;1,5 juta;;\n";

impl House {
    async fn takes(&self, list: &str, mode: &str) -> (Json, String) {
        let answer = self
            .upload_to("/api/v1/points/imports", &self.admin, mode, list.as_bytes())
            .await
            .is(201);
        let at = answer.location.clone().expect("a location");
        (answer.json(), at)
    }
}

fn verdicts(preview: &Json) -> Vec<String> {
    let rows = preview["report"]["items"].as_array().expect("rows");
    rows.iter()
        .map(|row| {
            let faults = row["faults"].as_array().expect("faults");
            let fields: Vec<_> = faults
                .iter()
                .filter_map(|it| it["field"].as_str())
                .collect();
            let changes = row["changes"].as_array().expect("changes");
            let changed: Vec<_> = changes
                .iter()
                .filter_map(|it| it["field"].as_str())
                .collect();
            format!(
                "{} {} {}{}",
                row["row"],
                row["verdict"].as_str().expect("a verdict"),
                fields.join(","),
                changed.join(",")
            )
        })
        .collect()
}

async fn comes_in(db: Db) {
    let house = House::new(db).await;
    let (preview, at) = house.takes(LIST, "add").await;
    assert_eq!(
        verdicts(&preview),
        [
            "2 add ",
            "3 add ",
            "4 refused name",
            "5 refused village",
            "6 refused lat_deg,monthly_rupiah",
        ]
    );
    let commit = format!("{at}/commit");
    let none = house.get("/api/v1/points").await.is(200).json();
    // All or nothing: a row that cannot stand has to be left out by name.
    house.post(&commit, json!({})).await.is(409);
    assert_eq!(house.get("/api/v1/points").await.is(200).json(), none);
    let done = house
        .post(&commit, json!({ "leave_out": [4, 5, 6] }))
        .await
        .is(201);
    assert_eq!(
        done.json()["tally"],
        json!({ "rows": 5, "added": 2, "changed": 0, "same": 0, "left_out": 3 })
    );
    let again = house
        .post(&commit, json!({ "leave_out": [4, 5, 6] }))
        .await
        .is(201);
    assert_eq!(again.text(), done.text(), "asked again it answers the same");
    let points = house.get("/api/v1/points").await.is(200).json();
    let items = points["items"].as_array().expect("items");
    assert_eq!(items.len(), 2);
    let office = items
        .iter()
        .find(|it| it["kind"] == "kantor_desa")
        .expect("the office");
    assert_eq!(office["village"]["code"], "62.71.01.1001");
    assert_eq!(office["open_to_citizens"], true);
    assert_eq!(office["money"]["monthly_rupiah"], 750_000);
    assert_eq!(office["money"]["planned_rupiah"], 12_000_000);
    assert_eq!(
        office["money"]["price_rupiah"],
        Json::Null,
        "unknown is not zero"
    );
    assert_eq!(office["money"]["paid_until"], "2026-12-31");
    let school = items.iter().find(|it| it["kind"] == "sekolah");
    assert_eq!(school.expect("the school")["money"], Json::Null);
    let totals = house.get("/api/v1/points/money").await.is(200).json();
    assert_eq!(totals["monthly"]["known_rupiah"], 750_000);
    assert_eq!(totals["monthly"]["unknown"], 1);

    // The next list says what was paid; what it leaves empty stays.
    let next = "Kode Desa;Nama Titik;Realisasi;Iuran\n\
        62.71.01.1001;KANTOR LURAH PAHANDUT;9.000.000;\n\
        62.71.01.1003;SDN 1 Langkai;;\n";
    let (preview, _) = house.takes(next, "add").await;
    assert_eq!(verdicts(&preview), ["2 exists ", "3 same "]);
    let (preview, at) = house.takes(next, "update").await;
    assert_eq!(verdicts(&preview), ["2 change paid_rupiah", "3 same "]);
    house.post(&format!("{at}/commit"), json!({})).await.is(201);
    let id = office["id"].as_str().expect("an id");
    let versions = house
        .get(&format!("/api/v1/points/{id}/money"))
        .await
        .is(200)
        .json();
    let versions = versions["items"].as_array().expect("versions");
    assert_eq!(versions.len(), 2, "what was said before stays");
    assert_eq!(versions[0]["paid_rupiah"], 9_000_000);
    assert_eq!(versions[0]["monthly_rupiah"], 750_000);
    assert_eq!(versions[0]["contract"], "600/12");
    assert_eq!(versions[1]["paid_rupiah"], Json::Null);
}

on_both! {
    points_come_in_whole_or_not_at_all_and_keep_what_was_said: comes_in;
}
