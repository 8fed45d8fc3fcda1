//! Bad days of lists: a house that is killed while it examines, a disk that is full, a key file
//! that is lost, columns that are changed over.

use std::fs;

use reqwest::{Client, StatusCode};
use serde_json::{Value as Json, json};

use crate::full::{fill, on_a_small_disk, seen_from_here};
use crate::running::{House, PASSWORD, data, serve, within};

const HEAD: &str = "nik,no_kk,nama,tgl_lahir,jk,ibu_kandung,hubungan,alamat,kode_desa";

/// Rows of made-up people: each a family of one.
fn rows(count: usize, more: &str) -> String {
    let row = |at: usize| {
        let (day, year) = (1 + at % 28, 1950 + at % 50);
        format!(
            "620201{day:02}06{:02}{at:04},6202010101{:02}{at:04},WARGA {},{year}-06-{day:02},L,,KEPALA,Jl. Uji {},62.02.01.1009{more}\n",
            year % 100,
            9 + at % 10,
            name(at),
            at / 7,
        )
    };
    (0..count).map(row).collect()
}

/// A name that only one of them has.
fn name(mut at: usize) -> String {
    let mut name = String::new();
    for sounds in ["BDGKLMNPRS", "AEIOU", "LMNRSTKPBD", "AEIOU", "NRSTLKMHGP"] {
        let letters: Vec<char> = sounds.chars().collect();
        name.push(letters[at % letters.len()]);
        at = at / letters.len() + 3;
    }
    name
}

struct Office {
    house: House,
    admin: Client,
}

impl Office {
    async fn of(house: House) -> Self {
        let admin = house.admin().await;
        Self { house, admin }
    }

    async fn get(&self, path: &str) -> Json {
        let answer = within(self.admin.get(self.house.at(path)).send()).await;
        answer.expect("an answer").json().await.expect("JSON")
    }

    async fn post(&self, path: &str, body: &Json) -> (StatusCode, Json) {
        let answer = within(self.admin.post(self.house.at(path)).json(body).send()).await;
        let answer = answer.expect("an answer");
        let status = answer.status();
        let text = answer.text().await.expect("text");
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    async fn until(&self, path: &str, is_so: impl Fn(&Json) -> bool) -> Json {
        within(async {
            loop {
                let view = self.get(path).await;
                if is_so(&view) {
                    return view;
                }
            }
        })
        .await
    }

    async fn sent(&self, kind: &str, file: String) -> (StatusCode, Json) {
        let path = format!("/api/v1/card/imports?kind={kind}&name={kind}.csv");
        let request = self.admin.post(self.house.at(&path)).body(file);
        let request = request.header("content-type", "application/octet-stream");
        let answer = within(request.send()).await.expect("an answer");
        (answer.status(), answer.json().await.expect("JSON"))
    }

    /// Sends a list and has it read; where it lies, and what was found.
    async fn read(&self, kind: &str, file: String) -> (String, Json) {
        let (_, sent) = self.sent(kind, file).await;
        let id = sent["id"].as_str().expect("an id");
        let at = format!("/api/v1/card/imports/{id}");
        let read = self.until(&at, |view| view["state"] != "reading").await;
        (at, read)
    }

    async fn bring(&self, kind: &str, file: String) -> Json {
        let (at, read) = self.read(kind, file).await;
        let form = json!({ "leave_out": read["found"]["refused"] });
        let (status, body) = self.post(&format!("{at}/commit"), &form).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{body}");
        self.until(&at, |view| view["state"] != "writing").await
    }

    async fn examine(&self) -> (StatusCode, Json) {
        let form = json!({ "decile_max": 2, "rupiah_each": 400_000 });
        self.post("/api/v1/card/runs", &form).await
    }

    async fn run(&self, is_so: impl Fn(&Json) -> bool) -> Json {
        let runs = self.until("/api/v1/card/runs", |runs| is_so(&runs["items"][0]));
        runs.await["items"][0].clone()
    }
}

fn is_over(run: &Json) -> bool {
    run["state"] != "working" && run["stage"].is_null()
}

/// Rows of a list, so many that their examination takes a while.
const MANY: usize = 12_000;

#[tokio::test]
async fn a_house_killed_while_it_examines_knows_what_it_knew_and_does_it_again() {
    let (_folder, data) = data();
    let mut office = Office::of(House::start(&data)).await;
    office
        .bring("dtsen", format!("{HEAD},desil\n{}", rows(40, ",2")))
        .await;
    office
        .bring("kpm", format!("{HEAD},nilai\n{}", rows(30, ",400000")))
        .await;
    office.examine().await;
    let first = office.run(is_over).await;
    assert_eq!(first["state"], "done", "{first}");
    office
        .bring("dtsen", format!("{HEAD},desil\n{}", rows(MANY, ",2")))
        .await;
    let lists = office.get("/api/v1/card/lists").await;
    let before = office.get("/api/v1/card/answer").await;

    for stage in ["reading", "writing"] {
        let (status, body) = office.examine().await;
        assert_eq!(status, StatusCode::ACCEPTED, "{body}");
        let is_there = |run: &Json| is_over(run) || run["stage"]["doing"] == stage;
        let struck = office.run(is_there).await;
        assert_eq!(struck["stage"]["doing"], stage, "under way: {struck}");
        office.house.signal("-KILL");
        office.house.ended();
        office = Office::of(House::start(&data)).await;
        // What was half done counts for nothing; what counted counts.
        assert_eq!(office.get("/api/v1/card/lists").await, lists, "{stage}");
        let seen = office.get("/api/v1/card/answer").await;
        assert_eq!(seen["whole"], before["whole"], "struck while {stage}");
        let newest = office.get("/api/v1/card/runs").await["items"][0].clone();
        assert_ne!(newest["state"], "done", "struck while {stage}: {newest}");
    }
    let (status, body) = office.examine().await;
    assert_eq!(status, StatusCode::ACCEPTED, "{body}");
    let run = office.run(is_over).await;
    assert_eq!(run["state"], "done", "{run}");
    assert_eq!(run["result"]["records"], json!(MANY + 30), "{run}");
}

#[tokio::test]
async fn a_full_disk_lets_no_half_list_in_and_room_mends_it() {
    let (folder, data) = data();
    let mut command = on_a_small_disk(folder.path(), &data);
    let office = Office::of(House::of(&mut command)).await;
    office
        .bring("dtsen", format!("{HEAD},desil\n{}", rows(40, ",2")))
        .await;
    let lists = office.get("/api/v1/card/lists").await;
    let (at, read) = office
        .read("kpm", format!("{HEAD},nilai\n{}", rows(6_000, ",400000")))
        .await;
    assert_eq!(read["state"], "read", "{read}");
    let filler = seen_from_here(&office.house, folder.path()).join("filler");
    fill(&filler);
    // It is refused at once, or breaks off while it is written: nothing of it counts.
    let form = json!({ "leave_out": read["found"]["refused"] });
    let (status, body) = office.post(&format!("{at}/commit"), &form).await;
    if status == StatusCode::ACCEPTED {
        let over = office.until(&at, |view| view["state"] != "writing").await;
        assert_ne!(over["state"], "written", "{over}");
    } else {
        assert_eq!(status, StatusCode::INSUFFICIENT_STORAGE, "{body}");
    }
    assert_eq!(office.get("/api/v1/card/lists").await, lists);
    let (status, sent) = office
        .sent("desa", format!("{HEAD}\n{}", rows(9_000, "")))
        .await;
    assert_eq!(status, StatusCode::INSUFFICIENT_STORAGE, "{sent}");
    fs::remove_file(&filler).expect("room");
    let (status, body) = office.post(&format!("{at}/commit"), &form).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{body}");
    let done = office.until(&at, |view| view["state"] != "writing").await;
    assert_eq!(done["written"]["written"], json!(6_000), "{done}");
}

#[tokio::test]
async fn a_house_without_its_key_file_does_not_start_and_makes_no_other() {
    let (folder, data) = data();
    let mut office = Office::of(House::start(&data)).await;
    office
        .bring("dtsen", format!("{HEAD},desil\n{}", rows(40, ",2")))
        .await;
    office.house.signal("-TERM");
    assert!(office.house.ended().success());
    // Beside the folder of the data, so that a copy of that is worth nothing.
    let key = data.with_extension("key");
    let aside = folder.path().join("aside");
    fs::rename(&key, &aside).expect("the key file");
    let refused = serve(&data).output().expect("it ends");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success(), "{said}");
    assert!(said.contains("data.key"), "{said}");
    assert!(
        !key.exists(),
        "another key would only look like a wrong one"
    );
    // One of another house is refused too, and left as it is.
    let other = [7_u8; 32];
    fs::write(&key, other).expect("a file");
    let refused = serve(&data).output().expect("it ends");
    assert!(!refused.status.success());
    assert_eq!(fs::read(&key).expect("a file"), other);
    fs::rename(&aside, &key).expect("the key file");
    let office = Office::of(House::of(
        serve(&data).env("BETANG_ADMIN_PASSWORD", PASSWORD),
    ))
    .await;
    office
        .bring("kpm", format!("{HEAD},nilai\n{}", rows(30, ",400000")))
        .await;
    office.examine().await;
    let run = office.run(is_over).await;
    assert_eq!(run["result"]["records"], json!(70), "{run}");
}

#[tokio::test]
async fn columns_that_are_changed_over_are_told_before_anything_is_written() {
    let (_folder, data) = data();
    let office = Office::of(House::start(&data)).await;
    let right = format!("{HEAD},desil\n{}", rows(60, ",2"));
    // Numbers of cards stand under the heading of the NIK, and the other way round.
    let wrong = right.replacen("nik,no_kk", "no_kk,nik", 1);
    let told = async |file: String| {
        let (_, read) = office.read("dtsen", file).await;
        assert_eq!(read["state"], "read", "{read}");
        let points = read["found"]["points"].as_array().expect("points").clone();
        let of = |words: &str| {
            let mut named = points.iter().filter(|it| it.to_string().contains(words));
            named.find_map(|it| it["count"].as_u64()).unwrap_or(0)
        };
        of("the day inside the NIK is another")
    };
    assert_eq!(told(right).await, 0);
    let birth = told(wrong).await;
    assert!(birth > 50, "{birth}");
    assert_eq!(office.get("/api/v1/card/lists").await["items"], json!([]));
}
