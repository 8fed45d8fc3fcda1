//! Who should receive, by command: rules checked, kept and tried, and a list that is not any
//! more what was adopted.

use std::path::Path;
use std::process::Output;

use reqwest::Client;
use serde_json::{Value as Json, json};
use store::{Db, Place, params};

use crate::running::{House, data, local, run, within};

const RULES: &str = r#"
program = "pangan"
nama = "Paket pangan"
subjek = "keluarga"
instansi = "Dinas Sosial"
dasar = "Peraturan Gubernur (contoh)"
barang = "paket pangan"
satuan = "paket"
jumlah = 1
rupiah = 150000
berlaku_dari = 2020-01-01

[[aturan]]
id = "desil"
jenis = "syarat"
nama = "Desil 1 sampai 2"
dasar = "pasal 4"
jika = { kolom = "desil", op = "<=", nilai = 2 }
"#;

const WHO: &str = "nik,no_kk,nama,tgl_lahir,jk,ibu_kandung,hubungan,alamat,kode_desa";

const NAMES: [&str; 4] = [
    "TAMBUN BUNGAI",
    "KAMELOH USOP",
    "SLAMET SUPARMAN",
    "RUSMINI LESTARI",
];

fn who(person: usize) -> String {
    let (name, mother) = (NAMES[person], NAMES[(person + 1) % NAMES.len()]);
    format!(
        "620201140675000{person},620201010115000{person},{name},1975-06-14,L,{mother},KEPALA,\
         Jl. Mawar {person},62.02.01.1009"
    )
}

/// 0 receives and should, 1 and 2 should not, 3 should and does not.
fn bring_in(folder: &Path, data: &Path) {
    let bring = |kind: &str, text: String| {
        let file = folder.join(format!("{kind}.csv"));
        std::fs::write(&file, text).expect("a file");
        let file = file.to_str().expect("text");
        local(data, &["families", "import", "--kind", kind, file]);
    };
    let deciles = [1, 5, 6, 2].into_iter().enumerate();
    let dtsen: String = deciles
        .map(|(it, of)| format!("{},{of}\n", who(it)))
        .collect();
    bring("dtsen", format!("{WHO},desil\n{dtsen}"));
    let kpm: String = (0..3).map(|it| format!("{}\n", who(it))).collect();
    bring("kpm", format!("{WHO}\n{kpm}"));
    local(data, &["families", "examine"]);
}

/// What a verb is expected to fail with.
fn fails(data: &Path, args: &[&str]) -> (String, String) {
    let here = ["--data", data.to_str().expect("text")];
    let done: Output = run(args.iter().chain(&here));
    assert!(!done.status.success(), "{args:?}");
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    (text(&done.stdout), text(&done.stderr))
}

/// Begins a list, rules on its groups and adopts it, as pages do; its number.
async fn adopt(house: &House, admin: &Client) -> i64 {
    let ask = async |request: reqwest::RequestBuilder, form: Json| -> Json {
        let answer = within(request.json(&form).send()).await.expect("an answer");
        let status = answer.status();
        let body: Json = answer.json().await.expect("JSON");
        assert!(status.is_success(), "{body}");
        body
    };
    let lists = house.at("/api/v1/card/decisions");
    let draft = ask(admin.post(&lists), json!({ "slug": "pangan" })).await;
    let number = draft["number"].as_i64().expect("a number");
    let at = format!("{lists}/{number}");
    let ruling = json!({ "answer": "remove", "reason": "uji" });
    let path = format!("{at}/rulings/desil:fails");
    let ruled = ask(admin.put(path), ruling).await;
    let adoption = json!({ "receiving": ruled["receiving"], "decree": "460/12/2026",
        "decree_day": "2026-01-05",
        "signatories": [{ "name": "Contoh", "office": "Kepala Dinas Sosial" }] });
    ask(admin.post(format!("{at}/adoption")), adoption).await;
    within(async {
        loop {
            let answer = admin.get(&at).send().await.expect("an answer");
            let view: Json = answer.json().await.expect("JSON");
            if view["state"] == "adopted" {
                return number;
            }
        }
    })
    .await
}

#[tokio::test]
async fn rules_are_checked_kept_tried_and_a_list_by_them_is_verified() {
    let (folder, data) = data();
    let mut house = House::start(&data);
    bring_in(folder.path(), &data);
    let file = folder.path().join("pangan.toml");
    let path = file.to_str().expect("text");
    let families = |args: &[&str]| {
        let words: Vec<&str> = ["families"].iter().chain(args).copied().collect();
        local(&data, &words)
    };

    // What is wrong is told with its place, and nothing is kept.
    std::fs::write(&file, RULES.replace("<=", "kurang")).expect("written");
    let (_, why) = fails(&data, &["families", "programme", path, "--check"]);
    assert!(why.contains("text: aturan desil, jika.op"), "{why}");
    fails(&data, &["families", "programme", path]);
    assert_eq!(families(&["programmes"]), "");
    std::fs::write(&file, RULES).expect("written");
    let said = families(&["programme", path, "--check"]);
    assert!(
        said.contains("must hold: desil (Desil 1 sampai 2): "),
        "{said}"
    );
    assert!(said.contains("Rp 150.000"), "{said}");
    assert!(
        said.contains("nothing was kept; it can be, as version 1"),
        "{said}"
    );
    assert_eq!(families(&["programmes"]), "");

    // Tried as it lies there, kept, and tried by its name: the same.
    let tried = families(&["try", path, "--against", "running"]);
    let said = families(&["programme", path, "--note", "uji"]);
    assert!(said.starts_with("pangan version 1: kept"), "{said}");
    let (_, why) = fails(&data, &["families", "programme", path]);
    assert!(why.contains("says exactly that"), "{why}");
    let listed = families(&["programmes"]);
    assert_eq!(
        listed,
        "pangan\tversion 1\tPaket pangan\tin force\tno list yet\n"
    );
    let again = families(&["try", "pangan", "--against", "running"]);
    assert_eq!(
        again.lines().skip(1).collect::<Vec<_>>(),
        tried.lines().skip(1).collect::<Vec<_>>()
    );
    for line in [
        "before: 3 receive, 0 not known, 1 do not; Rp 450.000 in a cycle",
        "now: 2 receive, 0 not known, 2 do not; Rp 300.000 in a cycle",
        "move: included -> excluded: 2; Rp 300.000",
        "area: 62.02 Kabupaten Kotawaringin Timur: 3 before, 2 now, 0 not known; 1 enter, 2 leave; \
         Rp 300.000",
        "rule: desil (Desil 1 sampai 2): speaks against 2, alone against 2, not known of 0; of \
         those who received it is the first against 2, the first not known of 0",
        "hint: no list of deaths has come in: who has died is not recognised",
    ] {
        assert!(again.lines().any(|it| it == line), "{line}\n{again}");
    }
    let table = families(&["try", "pangan@1", "--against", "running", "--csv"]);
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows.len(), 2, "{table}");
    assert!(
        rows[0].starts_with("kode,wilayah,menerima sebelumnya,"),
        "{table}"
    );
    assert!(rows[1].ends_with(",3,2,0,1,2,450000,300000"), "{table}");
    // Beside nobody there is no before.
    let alone = families(&["try", "pangan"]);
    assert!(
        alone.contains("beside nobody") && !alone.contains("before: "),
        "{alone}"
    );
    let same = families(&["try", path, "--against", "pangan@1"]);
    assert!(same.contains("beside Paket pangan (1)"), "{same}");
    let (_, why) = fails(
        &data,
        &["families", "try", "pangan", "--against", "list:satu"],
    );
    assert!(why.contains("write running, list:N or SLUG@V"), "{why}");

    // A list, and what becomes of it when somebody changes it behind the house's back.
    let admin = house.admin().await;
    let number = adopt(&house, &admin).await;
    let listed = families(&["decisions"]);
    assert!(
        listed.starts_with(&format!("{number}\tadopted\tpangan@1\t")),
        "{listed}"
    );
    assert!(
        listed.contains("\t2 receive, Rp 300.000 in a cycle\t"),
        "{listed}"
    );
    assert!(listed.contains("decree 460/12/2026"), "{listed}");
    assert!(families(&["programmes"]).contains("list 1: 2 receive"));
    assert!(families(&["try", "pangan", "--against", "list:1"]).contains("beside list 1"));
    let number = number.to_string();
    let sound = families(&["verify", &number]);
    assert!(sound.starts_with("sound: 4 rows derived again"), "{sound}");
    house.signal("-TERM");
    assert!(house.ended().success());
    let place = Place::Sqlite {
        path: data.join("betang.sqlite"),
    };
    let db = Db::open(&place).await.expect("the database");
    let mut tx = db.write().await.expect("a writer");
    let change =
        "UPDATE card_judged SET verdict = 'included', place = 3 WHERE verdict = 'excluded'";
    tx.execute(change, params![]).await.expect("changed");
    tx.commit().await.expect("changed");
    db.close().await;
    let _house = House::start(&data);
    let (said, _) = fails(&data, &["families", "verify", &number]);
    let rows = said
        .lines()
        .filter(|it| it.starts_with("differs: the row of fam_"));
    assert_eq!(rows.count(), 2, "{said}");
    assert!(
        said.contains("differs: the part of the annex of 62.02.01.1009"),
        "{said}"
    );
    assert!(
        said.lines()
            .last()
            .is_some_and(|it| it.starts_with("not sound: 3 differ")),
        "{said}"
    );
}
