//! Lists of families by command, a house that is killed while one is written, and what lies
//! open of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use reqwest::Client;
use serde_json::{Value as Json, json};

use crate::running::{House, PASSWORD, data, run, serve, within};

/// What stands for people here, and nowhere else in a house.
pub(crate) const NAMES: [&str; 3] = ["QXVORTAM BRELKIN", "QXVORTAN DROSMIT", "QXVORTAP KELBRUN"];
const MOTHER: &str = "WEXLORINA PIRTHAK";
const STREET: &str = "Jl. Zyquembro 77";

/// A title is no secret: that it is found shows that the search finds.
const TITLE: &str = "Daftar Uji Terbuka 4711";

pub(crate) fn nik(person: usize) -> String {
    format!("620201140675{:04}", 7301 + person)
}

fn kk(family: usize) -> String {
    format!("620201010115{:04}", 8401 + family)
}

fn card(family: usize) -> String {
    format!("629876543210{:04}", 5501 + family)
}

pub(crate) const WHO: &str = "nik,no_kk,nama,tgl_lahir,jk,ibu_kandung,hubungan,alamat,kode_desa";

pub(crate) fn who(person: usize) -> String {
    format!(
        "{},{},{},1975-06-14,L,{MOTHER},KEPALA,{STREET},62.02.01.1009",
        nik(person),
        kk(person),
        NAMES[person]
    )
}

/// Writes a list beside the data; where.
pub(crate) fn list(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).expect("a file");
    path
}

pub(crate) fn import(data: &Path, kind: &str, file: &Path, more: &[&str]) -> String {
    let mut args: Vec<String> = ["families", "import", "--kind", kind, "--data"]
        .map(str::to_owned)
        .into();
    args.push(data.display().to_string());
    args.extend(more.iter().map(|it| (*it).to_owned()));
    args.push(file.display().to_string());
    let done = run(args);
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let complained = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}{complained}");
    said
}

pub(crate) fn families(data: &Path, verb: &str) -> String {
    let data = data.display().to_string();
    let done = run(["families", verb, "--data", &data]);
    let complained = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{complained}");
    String::from_utf8_lossy(&done.stdout).into_owned()
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => all.extend(files(&path)),
            false if path.is_file() => all.push(path),
            // A socket holds nothing.
            false => {}
        }
    }
    all
}

fn holds(octets: &[u8], text: &str) -> bool {
    octets
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

async fn asked(client: &Client, url: String) -> String {
    let answer = within(client.get(url).send()).await.expect("an answer");
    answer.text().await.expect("text")
}

#[tokio::test]
async fn lists_come_in_by_command_and_nothing_of_a_person_lies_open() {
    let (folder, data) = data();
    let log = folder.path().join("log");
    let errors = fs::File::create(&log).expect("a log");
    let mut command = serve(&data);
    let command = command.env("BETANG_ADMIN_PASSWORD", PASSWORD);
    let mut house = House::of(command.stderr(Stdio::from(errors)));
    let admin = house.admin().await;

    let dtsen: Vec<String> = (0..3).map(|it| format!("{},{}", who(it), it + 1)).collect();
    let dtsen = format!("{WHO},desil\n{}\n", dtsen.join("\n"));
    let file = list(folder.path(), "dtsen.csv", &dtsen);
    let said = import(&data, "dtsen", &file, &["--title", TITLE, "--owner", "BPS"]);
    assert!(
        said.contains("list 1: 3 rows written, 0 left out, of 3"),
        "{said}"
    );
    let rows: Vec<String> = (0..2)
        .map(|it| format!("{},{},400000", who(it), card(it)))
        .collect();
    let kpm = format!("{WHO},no_kartu,nilai\n{}\n,,,,,,,,,,x\n", rows.join("\n"));
    let file = list(folder.path(), "kpm.csv", &kpm);
    let path = file.display().to_string();
    let shown = data.display().to_string();
    let refused = run([
        "families", "import", "--kind", "kpm", "--data", &shown, &path,
    ]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stdout).contains("nothing was written"));
    import(&data, "kpm", &file, &["--leave-out"]);
    let said = families(&data, "examine");
    assert!(
        said.contains("of 2 rows of the running list nothing speaks against 2"),
        "{said}"
    );
    let answer = families(&data, "answer");
    assert!(answer.starts_with("kode,wilayah,KPM"), "{answer}");
    assert_eq!(families(&data, "lists").lines().count(), 2);

    // Looked for, opened, taken along, exported, measured.
    let post = async |path: &str, body: Json| {
        let sent = admin.post(house.at(path)).json(&body).send();
        let answer = within(sent).await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.text().await.expect("text")
    };
    let found = post("/api/v1/card/families/search", json!({ "number": nik(1) })).await;
    let found: Json = serde_json::from_str(&found).expect("JSON");
    let family = found["items"][0]["id"].as_str().expect("a family");
    let path = format!("/api/v1/card/families/{family}/opening");
    let open = post(&path, json!({ "purpose": "uji kebocoran" })).await;
    assert!(open.contains(NAMES[1]) && open.contains(&nik(1)));
    let work = json!({ "area": "62.02.01", "purpose": "uji kebocoran" });
    post("/api/v1/card/worklists", work).await;
    let wrong = admin
        .get(house.at("/api/v1/card/families/fam_00000000000000000000000000"))
        .send();
    assert_eq!(within(wrong).await.expect("an answer").status(), 404);
    let audit = asked(&admin, house.at("/api/v1/audit?format=csv&limit=1000")).await;
    let metrics = asked(&admin, house.at("/metrics")).await;
    let sources = asked(&admin, house.at("/api/v1/sources")).await;
    let report = asked(&admin, house.at("/api/v1/card/findings")).await;
    house.signal("-TERM");
    assert!(house.ended().success());

    let mut places: Vec<(String, Vec<u8>)> = files(&data)
        .into_iter()
        .map(|path| (path.display().to_string(), fs::read(path).expect("a file")))
        .collect();
    assert!(
        places.iter().any(|(_, octets)| holds(octets, TITLE)),
        "a title is found"
    );
    places.push(("the log".to_owned(), fs::read(log).expect("a log")));
    for (name, text) in [
        ("audit", audit),
        ("metrics", metrics),
        ("sources", sources),
        ("findings", report),
    ] {
        assert!(!text.is_empty(), "{name}");
        places.push((name.to_owned(), text.into_bytes()));
    }
    let secrets: Vec<String> = (0..3)
        .flat_map(|it| [nik(it), kk(it), card(it), NAMES[it].to_owned()])
        .chain([MOTHER.to_owned(), STREET.to_owned(), "QXVORTA".to_owned()])
        .collect();
    for (place, octets) in &places {
        let open: Vec<_> = secrets.iter().filter(|it| holds(octets, it)).collect();
        assert!(open.is_empty(), "{place}: {open:?}");
    }
}

/// Rows of a list that is long enough to be struck while it is written.
const LONG: usize = 40_000;

#[tokio::test]
async fn a_list_that_kill_minus_nine_strikes_is_all_or_nothing() {
    let (folder, data) = data();
    let mut house = House::start(&data);
    let admin = house.admin().await;
    let rows: String = (0..LONG)
        .map(|it| format!("62020114067{it:05},62020101011{it:05},WARGA {it},1975-06-14,L,,KEPALA,,62.02.01.1009\n"))
        .collect();
    let text = format!("{WHO}\n{rows}");
    let sent = admin
        .post(house.at("/api/v1/card/imports?kind=kpm&name=panjang.csv"))
        .header("content-type", "application/octet-stream")
        .body(text)
        .send();
    let sent: Json = within(sent)
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    let at = format!(
        "/api/v1/card/imports/{}",
        sent["id"].as_str().expect("an id")
    );
    until(&admin, &house, &at, |view| view["state"] == "read").await;
    let commit = format!("{at}/commit");
    let form = json!({ "leave_out": 0 });
    let begun = admin.post(house.at(&commit)).json(&form).send();
    assert_eq!(within(begun).await.expect("an answer").status(), 202);
    let struck = until(&admin, &house, &at, |view| {
        view["state"] == "written" || view["done"].as_u64().is_some_and(|done| done > 0)
    })
    .await;
    assert_eq!(
        struck["state"], "writing",
        "it is under way when it is struck"
    );
    house.signal("-KILL");
    house.ended();

    let house = House::start(&data);
    let admin = house.admin().await;
    let lists: Json =
        serde_json::from_str(&asked(&admin, house.at("/api/v1/card/lists")).await).expect("JSON");
    assert_eq!(lists["items"], json!([]), "nothing of it is there");
    // It waits to be written again.
    until(&admin, &house, &at, |view| view["state"] == "read").await;
    let begun = admin.post(house.at(&commit)).json(&form).send();
    assert_eq!(within(begun).await.expect("an answer").status(), 202);
    let done = until(&admin, &house, &at, |view| view["state"] != "writing").await;
    assert_eq!(done["written"]["written"], json!(LONG), "{done}");
    let chain = Command::new(crate::running::BETANG)
        .args(["audit", "verify", "--data"])
        .arg(&data)
        .output()
        .expect("it runs beside the house");
    assert!(chain.status.success());
    drop(folder);
}

/// Asks again until it is so.
async fn until(admin: &Client, house: &House, path: &str, is_so: impl Fn(&Json) -> bool) -> Json {
    within(async {
        loop {
            let view = serde_json::from_str(&asked(admin, house.at(path)).await).expect("JSON");
            if is_so(&view) {
                return view;
            }
        }
    })
    .await
}
