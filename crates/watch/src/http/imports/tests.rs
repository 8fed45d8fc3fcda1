//! Lists of cameras as offices send them, on both engines.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use base::geo::Point;
use base::now::{Mono, Now, Wall};
use base::redact::Secret;
use hall::clock::Clock;
use hall::config::Config;
use hall::guard::seal;
use hall::staff::{self, FirstAdmin};
use serde_json::{Value as Json, json};
use store::Db;
use tower::ServiceExt as _;

use super::*;
use crate::jobs::PASSWORD as PLACE;
use crate::sql::camera;

const PASSWORD: &str = "jembatan kahayan";

struct House {
    hall: Hall,
    app: Router,
    admin: String,
    folder: tempfile::TempDir,
}

struct Answer {
    status: u16,
    text: String,
    location: Option<String>,
}

impl Answer {
    #[track_caller]
    fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap_or(Json::Null)
    }
}

const IMPORTS: &str = "/api/v1/cameras/imports";

impl House {
    async fn new(db: Db) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let now = Now {
            mono: Mono::from_us(1_000_000_000),
            wall: Wall::from_us(1_700_000_000_000_000),
        };
        hall::areas::seed(&db, now.wall).await.expect("areas");
        let data = folder.path().join("data").display().to_string();
        let flags = [
            ("data", data),
            ("camera_networks", "127.0.0.0/8".to_owned()),
        ];
        let config = Config::load(None, [], &flags).expect("a configuration");
        let hall = Hall::open(db, Clock::hand(now), config)
            .await
            .expect("a hall");
        let first = staff::first_admin(&hall, Some(Secret::new(PASSWORD.to_owned()))).await;
        assert!(matches!(first, Ok(FirstAdmin::Created)));
        let (router, _) = seal(hall::http::routes().merge(routes()), &hall).expect("guarded");
        let app = router.with_state(hall.clone());
        let mut house = Self {
            hall,
            app,
            admin: String::new(),
            folder,
        };
        house.admin = house.log_in("admin").await;
        house
    }

    async fn log_in(&self, username: &str) -> String {
        let body = json!({ "username": username, "password": PASSWORD }).to_string();
        let request = Request::post("/api/v1/session")
            .header("content-type", "application/json")
            .body(Body::from(body))
            .expect("a request");
        let answer = self.app.clone().oneshot(request).await.expect("infallible");
        let cookie = answer.headers()["set-cookie"].to_str().expect("text");
        cookie.split(';').next().expect("a pair").to_owned()
    }

    async fn send(&self, request: Request) -> Answer {
        let answer = self.app.clone().oneshot(request).await.expect("infallible");
        let location = answer.headers().get("location").cloned();
        let status = answer.status().as_u16();
        let octets = axum::body::to_bytes(answer.into_body(), 8 << 20)
            .await
            .expect("a body");
        Answer {
            status,
            text: String::from_utf8_lossy(&octets).into_owned(),
            location: location.and_then(|value| value.to_str().ok().map(str::to_owned)),
        }
    }

    async fn call(&self, cookie: &str, method: &str, path: &str, body: Option<Json>) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("cookie", cookie);
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.send(request.body(body).expect("a request")).await
    }

    async fn upload(&self, cookie: &str, mode: &str, octets: &[u8]) -> Answer {
        let mut body = format!(
            "--x\r\ncontent-disposition: form-data; name=\"mode\"\r\n\r\n{mode}\r\n\
             --x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"daftar.csv\"\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(octets);
        body.extend_from_slice(b"\r\n--x--\r\n");
        let request = Request::post(IMPORTS)
            .header("cookie", cookie)
            .header("content-type", "multipart/form-data; boundary=x")
            .body(Body::from(body))
            .expect("a request");
        self.send(request).await
    }

    /// Uploads as the admin; the preview and its address.
    async fn open(&self, mode: &str, text: &str) -> (Json, String) {
        let answer = self
            .upload(&self.admin, mode, text.as_bytes())
            .await
            .is(201);
        let preview = answer.json();
        (preview, answer.location.expect("a location"))
    }

    async fn commit(&self, at: &str, body: Json) -> Answer {
        let path = format!("{at}/commit");
        self.call(&self.admin, "POST", &path, Some(body)).await
    }

    async fn cameras(&self) -> Vec<CameraRow> {
        let mut read = self.hall.db().read().await.expect("a snapshot");
        let query = camera::list().raw(" ORDER BY c.short");
        camera::fetch(&mut read, &query).await.expect("cameras")
    }

    async fn facts(&self) -> usize {
        let mut read = self.hall.db().read().await.expect("a snapshot");
        let all = facts::after(&mut read, 0, 10_000).await.expect("facts");
        all.len()
    }

    async fn audit(&self) -> String {
        let path = "/api/v1/audit?limit=5000";
        self.call(&self.admin, "GET", path, None).await.is(200).text
    }

    async fn agency(&self, name: &str, short: &str) {
        let body = json!({ "name": name, "short": short });
        let path = "/api/v1/agencies";
        self.call(&self.admin, "POST", path, Some(body))
            .await
            .is(201);
    }

    /// Files of blobs on the disk.
    fn files(&self) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        let blobs = self.folder.path().join("data/blobs");
        for shard in std::fs::read_dir(blobs).expect("a folder") {
            let shard = shard.expect("an entry").path();
            for file in std::fs::read_dir(shard).expect("a folder") {
                found.push(std::fs::read(file.expect("an entry").path()).expect("a file"));
            }
        }
        found
    }
}

/// What came of each row: its number, its verdict, and which fields are to blame.
fn report(preview: &Json) -> Vec<String> {
    let rows = preview["report"]["items"].as_array().expect("rows");
    let line = |row: &Json| {
        let remarks = |key: &str| {
            let all = row[key].as_array().expect("remarks").iter();
            let fields: Vec<_> = all
                .map(|one| one["field"].as_str().unwrap_or("?"))
                .collect();
            fields.join(",")
        };
        let word = row["verdict"].as_str().unwrap_or("?");
        format!("{} {word} {}", row["row"], remarks("faults"))
    };
    rows.iter()
        .map(|row| line(row).trim_end().to_owned())
        .collect()
}

const LIST: &str = "DAFTAR CCTV;;;;;;;;\n\
    Nama Pendek;Nama CCTV;Kab/Kota;Kecamatan;OPD;RTSP;User;Password;Lintang;Bujur;No HP\n\
    pasar-besar;Pasar Besar;Kota Palangka Raya;Pahandut;Diskominfo;\
    rtsp://10.0.0.1/main;pemantau;kahayan-7;-2,2083;113,9213;0812\n\
    dermaga;Dermaga Rambang;Palangkaraya;Pahandut;;\
    rtsp://op:barito%408@10.0.0.2:8554/main;;;;;\n";

async fn one_after_another(db: Db) {
    let house = House::new(db).await;
    house
        .agency("Dinas Komunikasi dan Informatika", "Diskominfo")
        .await;
    let (preview, at) = house.open("add", LIST).await;
    assert_eq!(report(&preview), ["3 add", "4 add"]);
    assert_eq!(preview["counts"]["skipped"], 1);
    assert_eq!(preview["missing"], json!([]));
    assert_eq!(preview["file"]["delimiter"], ";");
    let csv = format!("{at}?format=csv&language=en");
    let file = house
        .call(&house.admin, "GET", &csv, None)
        .await
        .is(200)
        .text;
    let before = house.facts().await;

    let commit = json!({ "source": { "title": "CCTV Pemko", "as_of": "2026-10-31" } });
    let done = house.commit(&at, commit.clone()).await.is(201);
    let written = done.json();
    assert_eq!(
        written["tally"],
        json!({ "rows": 2, "added": 2, "changed": 0, "same": 0, "left_out": 0 })
    );
    let again = house.commit(&at, commit).await.is(201);
    assert_eq!(again.text, done.text, "asked again it answers the same");
    assert_eq!(
        house.facts().await,
        before + 2,
        "a fact for each camera, once"
    );
    assert_eq!(again.location, done.location);

    let rows = house.cameras().await;
    let [dermaga, pasar] = rows.as_slice() else {
        panic!("{rows:?}");
    };
    assert_eq!(
        (pasar.short.as_str(), pasar.area.as_str()),
        ("pasar-besar", "62.71.01")
    );
    assert_eq!(pasar.username.as_deref(), Some("pemantau"));
    assert_eq!(pasar.contact.phone.as_deref(), Some("0812"));
    assert_eq!(pasar.point, Point::new(-2.2083, 113.9213).ok());
    assert!(pasar.agency.is_some() && dermaga.agency.is_none());
    assert_eq!(dermaga.username.as_deref(), Some("op"));
    let mut read = house.hall.db().read().await.expect("a snapshot");
    for (row, password) in [(pasar, "kahayan-7"), (dermaga, "barito@8")] {
        let sealed = camera::sealed_password(&mut read, row.device)
            .await
            .expect("a look");
        let key = row.device.to_string();
        let opened = house
            .hall
            .vault()
            .open(PLACE.0, &key, PLACE.1, &sealed.expect("sealed"));
        assert_eq!(opened.expect("opens"), password.as_bytes());
    }
    let streams = camera::streams(&mut read, &[dermaga.id])
        .await
        .expect("streams");
    assert_eq!(streams[&dermaga.id][0].url, "rtsp://10.0.0.2:8554/main");
    drop(read);

    let source = written["source"].as_str().expect("a source");
    let path = format!("/api/v1/sources/{source}");
    let source = house
        .call(&house.admin, "GET", &path, None)
        .await
        .is(200)
        .json();
    let hash = store::blob::Sha256::of(LIST.as_bytes());
    assert_eq!(source["sha256"], hash.as_str());
    assert_eq!(source["card"]["title"], "CCTV Pemko");
    assert_eq!(
        (&source["row_count"], &source["area"]),
        (&json!(2), &json!("62.71.01"))
    );
    assert_eq!(
        (&source["has_raw"], &source["card"]["classification"]),
        (&json!(true), &json!("terbatas"))
    );
    let audit = house.audit().await;
    for words in [
        "import.opened",
        "import.committed",
        "camera.added",
        hash.as_str(),
    ] {
        assert!(audit.contains(words), "{words}");
    }

    // What is secret stands nowhere.
    let shown = [
        &preview.to_string(),
        &file,
        &done.text,
        &audit,
        &source.to_string(),
    ];
    let files = house.files();
    assert_eq!(files.len(), 1, "the raw copy");
    for secret in ["kahayan-7", "barito%408", "barito@8"] {
        assert!(shown.iter().all(|text| !text.contains(secret)), "{secret}");
        let within = |file: &Vec<u8>| {
            file.windows(secret.len())
                .any(|part| part == secret.as_bytes())
        };
        assert!(
            !files.iter().any(within),
            "{secret} lies on the disk as it is"
        );
    }

    // The same file again: it is known, and stands in its own way.
    let (preview, second) = house.open("add", LIST).await;
    assert_ne!(second, at);
    assert_eq!(report(&preview), ["3 exists", "4 exists"]);
    assert_eq!(preview["seen"][0]["source"], written["source"]);
    let refused = house.commit(&second, json!({})).await.is(409);
    assert!(refused.text.contains("import-refused"), "{}", refused.text);
    let (preview, same) = house.open("update", LIST).await;
    assert_eq!(
        same, second,
        "the same file, while it is open, is the same import"
    );
    assert_eq!(
        report(&preview),
        ["3 change", "4 change"],
        "passwords may be others"
    );
}

async fn all_or_nothing(db: Db) {
    let house = House::new(db).await;
    let list = "short,name,area,main\n\
        satu,Satu,62.71.01,rtsp://10.0.0.1/a\n\
        Dua Kali,Dua,62.71.01,rtsp://10.0.0.2/a\n\
        tiga,Tiga,6271010,rtsp://10.0.0.3/a\n\
        empat,Empat,62.71.01,http://10.0.0.4/a\n\
        satu,Lima,62.71.01,rtsp://10.0.0.5/a\n\
        enam,,62.71,\n\
        tujuh,Tujuh,,rtsp://10.0.0.7/a\n";
    let (preview, at) = house.open("add", list).await;
    assert_eq!(
        report(&preview),
        [
            "2 add",
            "3 refused short",
            "4 refused area",
            "5 refused main",
            "6 refused short",
            "7 refused name,main",
            "8 refused area"
        ]
    );
    let only = format!("{at}?verdict=refused&limit=2");
    let page = house
        .call(&house.admin, "GET", &only, None)
        .await
        .is(200)
        .json();
    assert_eq!(report(&page), ["3 refused short", "4 refused area"]);
    let page = format!(
        "{at}?verdict=refused&cursor={}",
        page["report"]["next"].as_str().expect("more")
    );
    let page = house
        .call(&house.admin, "GET", &page, None)
        .await
        .is(200)
        .json();
    assert_eq!(page["report"]["items"].as_array().map(Vec::len), Some(4));

    for leave_out in [
        json!([]),
        json!([3, 4, 5, 6, 7]),
        json!([2, 3, 4, 5, 6, 7, 8]),
        json!([99]),
    ] {
        let body = json!({ "leave_out": leave_out });
        house.commit(&at, body).await.is(409);
        assert_eq!(house.cameras().await, []);
        assert_eq!(house.facts().await, 0);
    }
    let body = json!({ "leave_out": [3, 4, 5, 6, 7, 8] });
    let done = house.commit(&at, body).await.is(201).json();
    assert_eq!(done["tally"]["left_out"], 6);
    assert_eq!(house.cameras().await.len(), 1);
    house.call(&house.admin, "DELETE", &at, None).await.is(409);
    house
        .call(&house.admin, "PATCH", &at, Some(json!({})))
        .await
        .is(409);
    let kept = house
        .call(&house.admin, "GET", &at, None)
        .await
        .is(200)
        .json();
    assert_eq!(kept["state"], "committed");
    assert_eq!(kept["written"]["tally"]["rows"], 7);
}

async fn only_named_columns(db: Db) {
    let house = House::new(db).await;
    let list = "short,name,area,main,username,password,lat,lon,kontak,hp,tujuan,zona\n\
        satu,Satu,62.71.01,rtsp://10.0.0.1/a,op,rahasia-1,-2.2,113.9,Petugas A,0811,keamanan,publik\n\
        dua,Dua,62.71.01,rtsp://10.0.0.2/a,op,rahasia-2,-2.3,113.8,Petugas B,0812,keamanan,publik\n";
    let (_, at) = house.open("add", list).await;
    house.commit(&at, json!({})).await.is(201);
    let before = house.cameras().await;

    let change = "short,kontak,zona,name\nsatu,Petugas C,privat,\ndua,Petugas B,publik,Dua\ntiga,x,publik,Tiga\n";
    let (preview, at) = house.open("add", change).await;
    assert_eq!(
        report(&preview),
        ["2 exists", "3 exists", "4 refused main,area"]
    );
    let patched = house
        .call(
            &house.admin,
            "PATCH",
            &at,
            Some(json!({ "mode": "update" })),
        )
        .await
        .is(200)
        .json();
    assert_eq!(
        report(&patched),
        ["2 change", "3 same", "4 refused main,area"]
    );
    assert_eq!(
        patched["report"]["items"][0]["changes"],
        json!([
            { "field": "contact_name", "from": "Petugas A", "to": "Petugas C" },
            { "field": "legal_zone", "from": "publik", "to": "privat" },
        ])
    );
    let done = house
        .commit(&at, json!({ "leave_out": [4] }))
        .await
        .is(201)
        .json();
    assert_eq!(
        done["tally"],
        json!({ "rows": 3, "added": 0, "changed": 1, "same": 1, "left_out": 1 })
    );
    let after = house.cameras().await;
    assert_eq!(after[0], before[0], "dua stays as it is");
    let satu = CameraRow {
        contact: camera::Contact {
            name: Some("Petugas C".to_owned()),
            ..before[1].contact.clone()
        },
        ..before[1].clone()
    };
    assert_eq!(after[1], satu);
    let mut read = house.hall.db().read().await.expect("a snapshot");
    let legal = camera::legal(&mut read, &[satu.id]).await.expect("cards");
    let card = &legal[&satu.id];
    assert_eq!(card.zone.as_deref(), Some("privat"));
    assert_eq!(
        card.purpose.as_deref(),
        Some("keamanan"),
        "not named, not touched"
    );
    let sealed = camera::sealed_password(&mut read, satu.device)
        .await
        .expect("a look");
    let key = satu.device.to_string();
    let opened = house
        .hall
        .vault()
        .open(PLACE.0, &key, PLACE.1, &sealed.expect("sealed"));
    assert_eq!(opened.expect("opens"), b"rahasia-1");
}

async fn columns_are_chosen(db: Db) {
    let house = House::new(db).await;
    let list = "Kolom A,Judul,Sandi lama,Wil,Aliran\nsatu,Satu,rahasia-9,62.71,rtsp://10.0.0.1/a\n";
    let (preview, at) = house.open("add", list).await;
    assert_eq!(preview["missing"], json!(["short", "name", "main"]));
    assert_eq!(preview["columns"][2]["secret"], true);
    let assign = |column: usize, field: &str| json!({ "column": column, "field": field });
    let secret = json!({ "columns": [assign(2, "name")] });
    house
        .call(&house.admin, "PATCH", &at, Some(secret))
        .await
        .is(422);
    for wrong in [assign(77, "name"), assign(1, "nik")] {
        let body = json!({ "columns": [wrong] });
        house
            .call(&house.admin, "PATCH", &at, Some(body))
            .await
            .is(422);
    }
    let right = json!({ "columns": [
        assign(0, "short"), assign(1, "name"), assign(2, "password"), assign(3, "area"), assign(4, "main"),
    ] });
    let preview = house
        .call(&house.admin, "PATCH", &at, Some(right))
        .await
        .is(200);
    assert!(!preview.text.contains("rahasia-9"));
    assert_eq!(report(&preview.json()), ["2 add"]);
    // Another column takes a field, and the one that had it is free.
    let moved = json!({ "columns": [assign(1, "short")] });
    let preview = house
        .call(&house.admin, "PATCH", &at, Some(moved))
        .await
        .is(200)
        .json();
    assert_eq!(preview["columns"][0]["field"], Json::Null);
    assert_eq!(report(&preview), ["2 refused name,short"]);
}

async fn nobody_elses(db: Db) {
    let house = House::new(db).await;
    let person = json!({
        "name": "Admin Kobar", "username": "kobar", "password": PASSWORD,
        "grants": [{ "role": "admin", "area": "62.01" }],
    });
    house
        .call(&house.admin, "POST", "/api/v1/staff", Some(person))
        .await
        .is(201);
    let kobar = house.log_in("kobar").await;
    let list = "short,name,area,main\nsatu,Satu,62.71,rtsp://10.0.0.1/a\ndua,Dua,62.01.01,rtsp://10.0.0.2/a\n";
    let answer = house.upload(&kobar, "add", list.as_bytes()).await.is(201);
    assert_eq!(report(&answer.json()), ["2 refused area", "3 add"]);
    let at = answer.location.expect("a location");
    house.call(&house.admin, "GET", &at, None).await.is(404);
    house.commit(&at, json!({})).await.is(404);
    let body = Some(json!({ "leave_out": [2] }));
    house
        .call(&kobar, "POST", &format!("{at}/commit"), body)
        .await
        .is(201);
    // A camera that he may not see: he learns that its name is taken, no more.
    let (_, other) = house
        .open(
            "add",
            "short,name,area,main\nrahasia,R,62.71,rtsp://10.0.0.9/a\n",
        )
        .await;
    house.commit(&other, json!({})).await.is(201);
    let list = "short,name\nrahasia,Lain\ndua,Dua baru\n";
    let answer = house
        .upload(&kobar, "update", list.as_bytes())
        .await
        .is(201)
        .json();
    assert_eq!(report(&answer), ["2 refused short,main,area", "3 change"]);
    assert!(!answer.to_string().contains("10.0.0.9"));

    let unseen = "Bearer x";
    assert_eq!(house.upload(unseen, "add", b"a").await.status, 401);
}

async fn dropped(db: Db) {
    let house = House::new(db).await;
    let (_, at) = house.open("add", LIST).await;
    assert_eq!(house.files().len(), 1);
    house.call(&house.admin, "DELETE", &at, None).await.is(204);
    assert_eq!(house.files().len(), 0, "its file is gone, too");
    house.call(&house.admin, "GET", &at, None).await.is(404);
    // Those that nobody goes on with go by themselves.
    for i in 0..12 {
        house.open("add", &format!("short,name\nk-{i},x\n")).await;
    }
    assert_eq!(house.files().len(), 10);
    let wrong = house.upload(&house.admin, "add", b"%PDF-1.7").await.is(422);
    assert!(wrong.text.contains("file-kind"), "{}", wrong.text);
    let huge = vec![b'a'; BODY_MAX + 1];
    house.upload(&house.admin, "add", &huge).await.is(413);
    house.upload(&house.admin, "replace", b"a;b").await.is(422);
    assert_eq!(house.files().len(), 10, "what is refused is kept nowhere");
}

async fn what_spreadsheets_eat(db: Db) {
    let house = House::new(db).await;
    house.agency("Dinas Perhubungan", "Dishub").await;
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let headings = [
        "short",
        "name",
        "area",
        "main",
        "lat",
        "lon",
        "hp",
        "opd",
        "fisik",
        "kabupaten",
    ];
    for (column, heading) in (0_u16..).zip(headings) {
        sheet.write_string(0, column, heading).expect("a cell");
    }
    for row in 1_u32..=9 {
        sheet
            .write_string(row, 0, format!("k-{row}"))
            .expect("a cell");
        sheet.write_string(row, 1, "Kamera").expect("a cell");
        sheet.write_string(row, 2, "62.71").expect("a cell");
        sheet
            .write_string(row, 3, format!("rtsp://10.0.0.{row}/a"))
            .expect("a cell");
    }
    sheet.write_number(1, 2, 62.71).expect("a cell");
    sheet.write_number(2, 2, 62.1).expect("a cell");
    sheet.write_number(3, 2, 6271.0).expect("a cell");
    sheet.write_number(4, 4, -22083.0).expect("a cell");
    sheet.write_number(4, 5, 113.9).expect("a cell");
    sheet.write_number(5, 4, 113.9).expect("a cell");
    sheet.write_number(5, 5, -2.2).expect("a cell");
    sheet.write_number(6, 6, 81_200_000_000.0).expect("a cell");
    sheet.write_string(7, 7, "Dinas X").expect("a cell");
    sheet.write_number(8, 8, 0.455).expect("a cell");
    sheet.write_string(9, 9, "Barito Utara").expect("a cell");
    let octets = book.save_to_buffer().expect("a workbook");
    let answer = house.upload(&house.admin, "add", &octets).await.is(201);
    let preview = answer.json();
    assert_eq!(
        report(&preview),
        [
            "2 add",
            "3 refused area",
            "4 refused area",
            "5 refused lat",
            "6 refused lat",
            "7 add",
            "8 refused agency",
            "9 refused project_physical",
            "10 refused regency"
        ]
    );
    let said = |row: usize, kind: &str| {
        let remark = &preview["report"]["items"][row][kind][0];
        format!(
            "{} {}: {} {}",
            remark["column"], remark["value"], remark["said"]["en"], remark["todo"]["en"]
        )
    };
    for (row, kind, words) in [
        (0, "notes", "read as 62.71 Kota Palangka Raya"),
        (
            1,
            "faults",
            "62.10 Kabupaten Gunung Mas or 62.01 Kabupaten Kotawaringin Barat",
        ),
        (2, "faults", "without dots, as codes of BPS do"),
        (3, "faults", "the decimal sign may have been lost"),
        (4, "faults", "seem to be swapped"),
        (5, "notes", "read as 081200000000"),
        (6, "faults", "there is no agency named Dinas X"),
        (7, "faults", "per cent, or a share?"),
        (8, "faults", "the code means 62.71 Kota Palangka Raya"),
    ] {
        assert!(said(row, kind).contains(words), "{}", said(row, kind));
    }
}

async fn leads_inside(db: Db) {
    let house = House::new(db).await;
    let list = "short,name,area,main,sub\n\
        satu,Satu,62.71.01,rtsp://10.0.0.1/a,rtsp://10.0.0.1/b\n\
        dua,Dua,62.71.01,rtsp://169.254.169.254/a,\n\
        tiga,Tiga,62.71.01,rtsp://10.0.0.3/a,rtsp://[fd00:ec2::254]/b\n\
        empat,Empat,62.71.01,rtsp://2130706433/a,\n\
        lima,Lima,62.71.01,rtsp://10.0.0.5:22/a,\n";
    let (preview, at) = house.open("add", list).await;
    assert_eq!(
        report(&preview),
        [
            "2 add",
            "3 refused main",
            "4 refused sub",
            "5 refused main",
            "6 refused main"
        ]
    );
    house.commit(&at, json!({ "leave_out": [] })).await.is(409);
    assert_eq!(house.cameras().await, []);
}

macro_rules! on_both {
    ($($name:ident: $body:ident;)*) => {$(
        store::on_both_engines!($name, &[hall::SCHEMA, crate::SCHEMA], async |db: Db| { $body(db).await });
    )*};
}

on_both! {
    a_list_becomes_cameras_and_its_secrets_stand_nowhere: one_after_another;
    one_row_that_cannot_stand_holds_all_back: all_or_nothing;
    an_update_changes_only_the_columns_that_the_file_has: only_named_columns;
    which_column_is_which_field_can_be_changed: columns_are_chosen;
    a_preview_is_its_senders_and_a_place_its_holders: nobody_elses;
    what_is_dropped_or_left_lying_is_gone: dropped;
    what_a_spreadsheet_has_eaten_is_said: what_spreadsheets_eat;
    a_row_that_leads_inside_is_refused: leads_inside;
}
