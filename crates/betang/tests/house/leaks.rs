//! A whole run of a house, and every way out of it searched: what stands for a person is in no
//! file, log, stream, figure, refusal, export or backup, however it is written there.

use std::fs;
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use reqwest::{Client, RequestBuilder};
use serde_json::{Value as Json, json};

use crate::running::{House, PASSWORD, data, run, serve, within};

/// What stands for people here, and nowhere else in a house.
const NAMES: [&str; 3] = ["ZORKWEMA TULVIN", "ZORKWEMB HASTREL", "ZORKWEMC DALPHON"];
const MOTHER: &str = "QUILVERA MOSTRANE";
const STREET: &str = "Jl. Vexiladro 88";
const PLACE: &str = "Krundolvia";
const SAYS: &str = "Sdr. ZORKWEMA keberatan di Vexiladro";
const HEAD: &str = "nik,no_kk,nama,tgl_lahir,jk,tempat_lahir,ibu_kandung,hubungan,alamat,kode_desa";

/// Where a photograph was taken, as its camera noted it: 96 by 72 pixels, on its side.
const NOTED: &str = "GPSLatitude 2.2088 S";
const PHOTO: &[u8] = include_bytes!("../../../../fuzz/corpus/photos/turned");

/// The least that a programme of families says, so that a sheet of reasons can be printed.
const RULES: &str = r#"
program = "pangan"
nama = "Paket pangan"
subjek = "keluarga"
instansi = "Dinas Sosial"
dasar = "Peraturan contoh"
barang = "paket pangan"
satuan = "paket"
jumlah = 1
rupiah = 150000
berlaku_dari = 2020-01-01

[[aturan]]
id = "desil"
jenis = "syarat"
nama = "Desil 1 sampai 2"
jika = { kolom = "desil", op = "<=", nilai = 2 }
"#;

/// A title is no secret: that it is found shows that a search finds.
const TITLE: &str = "Daftar Terbuka 9137";

fn nik(person: usize) -> String {
    format!("620201170368{:04}", 6801 + person)
}

fn kk(family: usize) -> String {
    format!("620201170319{:04}", 5901 + family)
}

fn row(person: usize) -> String {
    format!(
        "{},{},{},1968-03-17,L,{PLACE},{MOTHER},KEPALA,{STREET},62.02.01.1009",
        nik(person),
        kk(person),
        NAMES[person]
    )
}

/// All that nobody may find.
fn secrets() -> Vec<String> {
    let numbers = (0..NAMES.len()).flat_map(|it| [nik(it), kk(it)]);
    let words = NAMES.iter().chain([&MOTHER, &STREET, &NOTED]);
    let parts = ["ZORKWEM", "QUILVERA", "Vexiladro", PLACE];
    let all = numbers.chain(words.map(|it| (*it).to_owned()));
    all.chain(parts.map(str::to_owned)).collect()
}

/// A text in every form in which somebody might have written it: as it is, in small and in
/// large letters, in UTF-16, in hexadecimal, in Base64 wherever it begins, in a URL, and a
/// number in eight octets.
fn forms(text: &str) -> Vec<Vec<u8>> {
    let mut forms: Vec<Vec<u8>> = Vec::new();
    for text in [text.to_owned(), text.to_lowercase(), text.to_uppercase()] {
        forms.push(text.clone().into_bytes());
        forms.push(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
        forms.push(text.encode_utf16().flat_map(u16::to_be_bytes).collect());
        let hex: String = text.bytes().map(|it| format!("{it:02x}")).collect();
        forms.extend([hex.to_uppercase().into_bytes(), hex.into_bytes()]);
        forms.extend((0..3).map(|before| base64(text.as_bytes(), before)));
        for blank in ["%20", "+"] {
            forms.push(text.replace(' ', blank).into_bytes());
        }
    }
    if let Ok(number) = text.parse::<u64>() {
        forms.push(number.to_le_bytes().to_vec());
        forms.push(number.to_be_bytes().to_vec());
    }
    forms.sort();
    forms.dedup();
    forms
}

/// The middle of a text in Base64 (RFC 4648 §4) where so many octets stand before it: what of
/// it does not depend on its neighbours.
fn base64(text: &[u8], before: usize) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let own = &text[(3 - before) % 3..];
    let letter = |bits: u32, at: u32| LETTERS[(bits >> at & 63) as usize];
    let whole = own.chunks_exact(3);
    whole
        .flat_map(|it| {
            let bits = u32::from(it[0]) << 16 | u32::from(it[1]) << 8 | u32::from(it[2]);
            [18, 12, 6, 0].map(|at| letter(bits, at))
        })
        .collect()
}

fn holds(octets: &[u8], form: &[u8]) -> bool {
    let Some(first) = form.first() else {
        return false;
    };
    let starts = octets.iter().enumerate().filter(|it| it.1 == first);
    starts
        .into_iter()
        .any(|(at, _)| octets[at..].starts_with(form))
}

/// What is packed into octets by gzip (RFC 1952), wherever it begins.
fn unpacked(octets: &[u8]) -> Vec<Vec<u8>> {
    let begins = octets.windows(3).enumerate();
    let begins = begins.filter(|it| it.1 == [0x1f, 0x8b, 8]).map(|it| it.0);
    let each = begins.map(|at| {
        // A file, since one that has read enough reads no more of a pipe.
        let mut packed = tempfile::tempfile().expect("a file");
        packed.write_all(&octets[at..]).expect("written");
        packed.rewind().expect("its beginning");
        let gzip = Command::new("gzip")
            .args(["-dcq"])
            .stdin(packed)
            .stderr(Stdio::null())
            .output();
        gzip.expect("gzip is there").stdout
    });
    each.collect()
}

/// All forms of all secrets, by the two octets with which they begin.
struct Search {
    forms: Vec<(String, Vec<u8>)>,
    begins: Vec<Vec<usize>>,
}

impl Search {
    fn new(secrets: Vec<String>) -> Self {
        let each = secrets.into_iter();
        let forms = each.flat_map(|it| forms(&it).into_iter().map(move |form| (it.clone(), form)));
        let forms: Vec<(String, Vec<u8>)> = forms.collect();
        let mut begins = vec![Vec::new(); 1 << 16];
        for (at, (_, form)) in forms.iter().enumerate() {
            begins[usize::from(form[0]) << 8 | usize::from(form[1])].push(at);
        }
        Self { forms, begins }
    }

    /// What is found first, and what stands around it.
    fn find(&self, octets: &[u8]) -> Option<(&str, String)> {
        for (at, two) in octets.windows(2).enumerate() {
            for form in &self.begins[usize::from(two[0]) << 8 | usize::from(two[1])] {
                let (secret, form) = &self.forms[*form];
                if octets[at..].starts_with(form) {
                    let part = at.saturating_sub(160)..(at + form.len() + 60).min(octets.len());
                    return Some((secret, String::from_utf8_lossy(&octets[part]).into_owned()));
                }
            }
        }
        None
    }
}

#[track_caller]
fn nowhere(places: &[(String, Vec<u8>)]) {
    let search = Search::new(secrets());
    let mut open = Vec::new();
    for (place, octets) in places {
        let packed = unpacked(octets);
        for octets in packed.iter().chain([octets]) {
            if let Some((secret, around)) = search.find(octets) {
                open.push(format!("{place} holds {secret}: {around}"));
            }
        }
    }
    assert!(
        open.is_empty(),
        "{} leaks:\n{}",
        open.len(),
        open.join("\n")
    );
}

/// What a PDF says, as somebody else's reader reads it.
fn written(pdf: &[u8], folder: &Path) -> String {
    let file = folder.join("lembar.pdf");
    fs::write(&file, pdf).expect("written");
    let mut reader = Command::new("pdftotext");
    let read = reader.arg("-layout").arg(&file).arg("-").output();
    let read = read.expect("poppler-utils are there");
    fs::remove_file(&file).expect("removed");
    assert!(
        read.status.success(),
        "{}",
        String::from_utf8_lossy(&read.stderr)
    );
    String::from_utf8_lossy(&read.stdout).into_owned()
}

/// A sheet of reasons names whom it is for, and tells nothing else about anybody.
#[track_caller]
fn names_one_alone(text: &str) {
    let spaced = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(spaced.contains(NAMES[0]), "whom it is for: {text}");
    let others = secrets().into_iter();
    let others = others.filter(|it| !NAMES[0].contains(it.as_str()));
    let search = Search::new(others.collect());
    for text in [text, &spaced] {
        let found = search.find(text.as_bytes());
        assert!(found.is_none(), "a sheet holds {found:?}");
    }
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for entry in entries {
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

fn read(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let each = files(folder).into_iter();
    // What is temporary may be gone again.
    each.filter_map(|path| Some((path.display().to_string(), fs::read(&path).ok()?)))
        .collect()
}

/// A house and what was heard of it.
struct Heard {
    house: House,
    admin: Client,
    /// By what was asked.
    answers: Vec<(String, Vec<u8>)>,
    keys: u32,
}

impl Heard {
    async fn send(&mut self, name: String, request: RequestBuilder) -> (u16, Vec<u8>) {
        let answer = within(request.send()).await.expect("an answer");
        let status = answer.status().as_u16();
        let head = format!("{:?} {}", answer.headers(), answer.url().path());
        let body = answer.bytes().await.expect("octets").to_vec();
        assert!(
            status < 500,
            "{name}: {status} {}",
            String::from_utf8_lossy(&body)
        );
        self.answers
            .push((format!("the head of {name}"), head.into_bytes()));
        (status, body)
    }

    /// Posts, by a key of its own; what comes back is searched unless it is told on purpose.
    async fn post(&mut self, path: &str, body: &Json, is_told: bool) -> Json {
        self.keys += 1;
        let request = self.admin.post(self.house.at(path)).json(body);
        let request = request.header("idempotency-key", format!("uji-{}", self.keys));
        let (status, octets) = self.send(format!("POST {path}"), request).await;
        let text = String::from_utf8_lossy(&octets).into_owned();
        assert!(status < 300, "{path}: {status} {text}");
        if !is_told {
            self.answers.push((format!("POST {path}"), octets));
        }
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Has a sheet of reasons printed of a family; what comes back is told on purpose.
    async fn print(&mut self, family: &str) -> Vec<u8> {
        let text = json!({ "text": RULES });
        self.post("/api/v1/card/programmes", &text, false).await;
        let slug = json!({ "slug": "pangan" });
        let begun = self.post("/api/v1/card/decisions", &slug, false).await;
        let path = format!("/api/v1/card/decisions/{}", begun["number"]);
        for path in [
            path.clone(),
            format!("{path}/subjects"),
            format!("{path}/subjects?format=csv"),
        ] {
            self.get(&path).await;
        }
        let path = format!("{path}/subjects/{family}/sheet");
        let form = json!({ "purpose": "uji kebocoran" });
        let request = self.admin.post(self.house.at(&path)).json(&form);
        let (status, pdf) = self.send(format!("POST {path}"), request).await;
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&pdf));
        pdf
    }

    /// Sends a photograph with what its camera noted, and opens it again; what was noted is in
    /// neither answer.
    async fn photograph(&mut self, family: &str) {
        let photos = format!("/api/v1/card/families/{family}/photos");
        let path = format!("{photos}?kind=house&taken_for=verification");
        let request = self.admin.post(self.house.at(&path)).body(PHOTO);
        let request = request.header("content-type", "application/octet-stream");
        let (status, view) = self.send(format!("POST {path}"), request).await;
        assert_eq!(status, 201, "{}", String::from_utf8_lossy(&view));
        self.answers.push((format!("POST {path}"), view));
        let path = format!("{photos}/1/opening");
        let form = json!({ "purpose": "uji kebocoran" });
        let request = self.admin.post(self.house.at(&path)).json(&form);
        let (status, jpeg) = self.send(format!("POST {path}"), request).await;
        assert!(status == 200 && jpeg.starts_with(&[0xff, 0xd8, 0xff]));
        self.answers.push((format!("POST {path}"), jpeg));
        let broken = self
            .admin
            .post(self.house.at(&format!("{photos}?kind=house&taken_for=x")));
        let request = broken.body(PHOTO);
        let request = request.header("content-type", "application/octet-stream");
        let (_, refused) = self
            .send("a photograph for nothing".to_owned(), request)
            .await;
        self.answers
            .push(("a photograph for nothing".to_owned(), refused));
        self.get(&photos).await;
    }

    async fn get(&mut self, path: &str) {
        let request = self.admin.get(self.house.at(path));
        let (_, octets) = self.send(format!("GET {path}"), request).await;
        self.answers.push((format!("GET {path}"), octets));
    }

    async fn until(&mut self, path: &str, is_so: impl Fn(&Json) -> bool) -> Json {
        within(async {
            loop {
                let sent = self.admin.get(self.house.at(path)).send();
                let view: Json = sent.await.expect("an answer").json().await.expect("JSON");
                if is_so(&view) {
                    return view;
                }
            }
        })
        .await
    }

    /// Brings a list in over the API, as a page does.
    async fn bring(&mut self, kind: &str, file: String) -> Json {
        let path = format!("/api/v1/card/imports?kind={kind}&name={kind}.csv");
        let request = self.admin.post(self.house.at(&path)).body(file);
        let request = request.header("content-type", "application/octet-stream");
        let (_, sent) = self.send(format!("POST {path}"), request).await;
        let sent: Json = serde_json::from_slice(&sent).expect("JSON");
        let id = sent["id"].as_str().expect("an id").to_owned();
        let at = format!("/api/v1/card/imports/{id}");
        let read = self.until(&at, |view| view["state"] != "reading").await;
        self.answers
            .push((at.clone(), read.to_string().into_bytes()));
        let form = json!({ "leave_out": read["found"]["refused"], "source": { "title": TITLE } });
        self.post(&format!("{at}/commit"), &form, false).await;
        self.until(&at, |view| view["state"] != "writing").await["written"]["list"].clone()
    }

    async fn examined(&mut self) {
        let is_over = |runs: &Json| {
            let items = runs["items"].as_array().expect("runs");
            items
                .iter()
                .all(|it| it["state"] != "working" && it["stage"].is_null())
        };
        self.until("/api/v1/card/runs", is_over).await;
    }

    /// What is wrong with a request is told without what it held, to whoever reads logs too.
    async fn refused(&mut self) {
        let (number, name) = (nik(0), NAMES[0]);
        let bodies = [
            format!("{{\"number\": \"{number}"),
            format!("{{\"number\": {number}}}"),
            format!("{{\"{number}\": 1}}"),
            format!("{{\"number\": [\"{number}\"]}}"),
            format!("{{\"name\": \"{name}\", \"sex\": \"{number}\"}}"),
            format!("{{\"name\": \"{name}\", \"birth\": \"{MOTHER}\"}}"),
            format!("{{\"name\": \"{name}\", \"village\": \"{STREET}\"}}"),
            format!("{{\"purpose\": {{\"x\": \"{name}\"}}, \"subject\": \"{number}\"}}"),
            format!("{{\"kind\": \"{MOTHER}\", \"who\": \"{name}\", \"asks\": \"{STREET}\"}}"),
            format!("{number} {name} {MOTHER}"),
        ];
        let paths = [
            "card/families/search",
            "card/persons/search",
            "card/requests",
            "card/objections",
            "card/worklists",
            "card/erasures",
            "card/exports",
            "card/samples",
            "card/breaches",
            "card/runs",
            "session",
        ];
        for path in paths {
            for body in &bodies {
                let path = self.house.at(&format!("/api/v1/{path}"));
                let json = self.admin.post(&path).body(body.clone());
                let json = json.header("content-type", "application/json");
                let plain = self.admin.post(&path).body(body.clone());
                for request in [json, plain] {
                    let (_, octets) = self.send(format!("POST {path} {body}"), request).await;
                    self.answers
                        .push((format!("POST {path} of {body}"), octets));
                }
            }
        }
        // A password that was typed wrongly.
        let login = json!({ "username": "admin", "password": format!("{name} {number}") });
        let client = Client::new();
        let request = client.post(self.house.at("/api/v1/session")).json(&login);
        let (status, octets) = self.send("a wrong password".to_owned(), request).await;
        assert_eq!(status, 401);
        self.answers.push(("a wrong password".to_owned(), octets));
    }
}

#[tokio::test]
async fn nothing_of_a_person_leaves_a_house_by_any_way() {
    nothing_leaves(None).await;
}

/// The same with PostgreSQL, whose dump is searched as well.
#[tokio::test]
async fn nothing_of_a_person_leaves_a_house_on_postgresql_nor_its_dump() {
    let house = store::test::postgres();
    let store::Place::Postgres { url, .. } = &house.place else {
        unreachable!("a PostgreSQL");
    };
    // Of its own, since a house takes a whole database.
    let name = format!("bocor_{}", std::process::id());
    let psql = |statement: String| {
        let mut command = Command::new("psql");
        let done = command
            .args([
                "--no-psqlrc",
                "--quiet",
                "--dbname",
                url.expose(),
                "--command",
            ])
            .arg(statement)
            .status();
        assert!(done.is_ok_and(|it| it.success()), "psql");
    };
    psql(format!("CREATE DATABASE {name}"));
    let own = url.expose().strip_suffix("postgres").expect("its database");
    nothing_leaves(Some(format!("{own}{name}"))).await;
    psql(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
}

async fn nothing_leaves(database: Option<String>) {
    let (folder, data) = data();
    let at = |name: &str| folder.path().join(name);
    let (log, temporary) = (at("log"), at("tmp"));
    fs::create_dir(&temporary).expect("a folder");
    let errors = fs::File::create(&log).expect("a log");
    let mut command = serve(&data);
    let command = command
        .env("BETANG_LOG", "debug")
        .env("BETANG_ADMIN_PASSWORD", PASSWORD)
        .env("TMPDIR", &temporary)
        .stderr(Stdio::from(errors));
    if let Some(url) = &database {
        command.args(["--database", url]);
    }
    let house = House::of(command);
    let admin = house.admin().await;
    let live = within(admin.get(house.at("/api/v1/live")).send());
    let mut live = live.await.expect("a stream");
    assert!(live.status().is_success());
    let mut it = Heard {
        house,
        admin,
        answers: Vec::new(),
        keys: 0,
    };

    let rows: Vec<String> = (0..3).map(|at| format!("{},{}", row(at), at + 1)).collect();
    it.bring("dtsen", format!("{HEAD},desil\n{}\n", rows.join("\n")))
        .await;
    let wrong = row(1).replace("1968-03-17", "31 Maret 19688");
    let kpm = format!(
        "{HEAD},nilai\n{},400000\n{wrong},400000\n{},400000\n",
        row(0),
        row(1)
    );
    it.bring("kpm", kpm).await;
    it.post(
        "/api/v1/card/runs",
        &json!({ "decile_max": 2, "rupiah_each": 400_000 }),
        false,
    )
    .await;
    it.examined().await;
    let late = it
        .bring("bansos", format!("{HEAD},program\n{},PKH\n", row(2)))
        .await;
    it.post("/api/v1/card/runs/1/late", &json!({ "list": late }), false)
        .await;
    it.examined().await;

    // Looked for and opened, which tells; everything else does not.
    let found = json!({ "number": nik(0) });
    let found = it.post("/api/v1/card/families/search", &found, false).await;
    let family = found["items"][0]["id"]
        .as_str()
        .expect("a family")
        .to_owned();
    let purpose = json!({ "purpose": "uji kebocoran" });
    let opening = format!("/api/v1/card/families/{family}/opening");
    let opened = it.post(&opening, &purpose, true).await.to_string();
    assert!(
        opened.contains(NAMES[0]) && opened.contains(&nik(0)),
        "{opened}"
    );
    let work = json!({ "area": "62.02.01", "purpose": "uji kebocoran" });
    it.post("/api/v1/card/worklists", &work, true).await;
    let asks = json!({ "kind": "access", "subject": family, "who": NAMES[0],
        "identity": nik(0), "asks": SAYS });
    it.post("/api/v1/card/requests", &asks, false).await;
    it.post("/api/v1/card/persons/index", &json!({}), false)
        .await;
    let is_there = |seen: &Json| seen["state"] == "here" || !seen["failure"].is_null();
    it.until("/api/v1/card/persons/index", is_there).await;
    let form = json!({ "name": NAMES[1], "birth": "1968-03-17", "mother": MOTHER,
        "birthplace": PLACE, "address": STREET, "village": "62.02.01.1009" });
    it.post("/api/v1/card/persons/search", &form, false).await;
    it.photograph(&family).await;
    names_one_alone(&written(&it.print(&family).await, folder.path()));
    it.refused().await;
    for path in [
        "/metrics",
        "/api/v1/audit?limit=1000",
        "/api/v1/audit?format=csv&limit=1000",
        "/api/v1/sources",
        "/api/v1/card/answer",
        "/api/v1/card/answer?format=csv",
        "/api/v1/card/findings",
        "/api/v1/card/findings?what=dead",
        "/api/v1/card/lists",
        "/api/v1/card/runs",
        "/api/v1/card/imports",
        "/api/v1/card/pairs",
        "/api/v1/card/pairs/summary",
        "/api/v1/card/requests",
        "/api/v1/card/looks",
        "/api/v1/card/processing",
        "/api/v1/card/processing?format=csv",
        "/api/v1/card/terms",
        "/api/v1/card/exports",
        "/api/v1/card/erasures",
        &format!("/api/v1/card/families/{family}"),
    ] {
        it.get(path).await;
    }

    // While it runs: the log that is written ahead, what is temporary, a dump, and a backup.
    let mut places = read(&data);
    let pictures = places
        .iter()
        .filter(|it| it.1.starts_with(&[0xff, 0xd8, 0xff]));
    assert_eq!(pictures.count(), 0, "a photograph lies in the clear");
    if let Some(url) = &database {
        let dumped = Command::new("pg_dump").args(["--dbname", url]).output();
        let dumped = dumped.expect("PostgreSQL's programs are there");
        assert!(
            dumped.status.success(),
            "{}",
            String::from_utf8_lossy(&dumped.stderr)
        );
        assert!(holds(&dumped.stdout, b"card_photo"), "all tables are in it");
        places.push(("the dump of the database".to_owned(), dumped.stdout));
    }
    places.extend(read(&temporary));
    let [from, to, keys] = [data.clone(), at("cadangan"), at("kunci/keys")];
    let text = |path: &Path| path.display().to_string();
    let (from, to, keys) = (text(&from), text(&to), text(&keys));
    let mut verb = vec!["backup", "--data", &from, "--to", &to, "--keys", &keys];
    if let Some(url) = &database {
        verb.extend(["--database", url]);
    }
    let done = run(verb);
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    places.push((
        "what a backup says".to_owned(),
        [done.stdout, done.stderr].concat(),
    ));
    let backup = read(&at("cadangan"));
    assert!(!backup.is_empty(), "a backup");
    places.extend(backup);
    places.extend(read(&at("kunci")));

    it.house.signal("-TERM");
    let mut stream = Vec::new();
    while let Ok(Some(piece)) = within(live.chunk()).await {
        stream.extend(piece);
    }
    assert!(holds(&stream, b"data:"), "the stream said something");
    assert!(it.house.ended().success());
    places.push(("the stream of events".to_owned(), stream));
    places.extend(read(&data));
    places.extend(read(&temporary));
    let log = fs::read(log).expect("a log");
    assert!(holds(&log, b"DEBUG"), "it was told to say much");
    places.push(("the log".to_owned(), log));
    places.append(&mut it.answers);
    assert!(
        places
            .iter()
            .any(|(_, octets)| holds(octets, TITLE.as_bytes()))
    );
    nowhere(&places);
}

#[test]
fn whatever_somebody_writes_it_in_is_found() {
    let secret = nik(0);
    for before in ["", "a", "ab", "abc"] {
        let packed = format!("{before}{secret} und so weiter");
        let whole = base64(packed.as_bytes(), 0);
        assert!(
            forms(&secret).iter().any(|it| holds(&whole, it)),
            "{before}"
        );
    }
    let number: u64 = secret.parse().expect("a number");
    for written in [
        secret.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        number.to_be_bytes().to_vec(),
        secret
            .bytes()
            .map(|it| format!("{it:02X}"))
            .collect::<String>()
            .into_bytes(),
        NAMES[0].replace(' ', "%20").into_bytes(),
        NAMES[0].to_lowercase().into_bytes(),
    ] {
        let is_found = secrets()
            .iter()
            .flat_map(|it| forms(it))
            .any(|it| holds(&written, &it));
        assert!(is_found, "{written:?}");
    }
}
