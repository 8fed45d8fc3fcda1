//! Whatever somebody types at a counter, or brings in, stands nowhere in the clear afterwards:
//! no log, no audit, no table, no masked answer and no refusal holds it, however it was spelled.

use std::fmt::{Debug, Write as _};
use std::sync::{Mutex, OnceLock, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id as SpanId, Record as Values};
use tracing::{Event, Metadata, Subscriber};

use super::*;

/// Words that stand for people here, and nowhere else in a house.
const NAMES: [&str; 3] = ["QXVORTAM BRELKIN", "QXVORTAN DROSMIT", "QXVORTAP KELBRUN"];
const MOTHER: &str = "WEXLORINA PIRTHAK";
const PLACE: &str = "Trundavik";
const STREET: &str = "Jl. Zyquembro 77";
const PURPOSE: &str = "uji kebocoran";

fn planted(person: usize) -> String {
    format!("620211231137{:04}", 7301 + person)
}

fn slip(family: usize) -> String {
    format!("620211010115{:04}", 8401 + family)
}

fn row(person: usize) -> String {
    format!(
        "{},{},{},1937-11-23,L,{PLACE},{MOTHER},KEPALA,{STREET},{HERE}",
        planted(person),
        slip(person),
        NAMES[person]
    )
}

/// Spellings of a number, right and with slips.
fn numbers(number: &str) -> Vec<String> {
    let mut spelled = vec![number.to_owned()];
    let grouped = |size: usize, sign: &str| {
        let digits: Vec<char> = number.chars().collect();
        let groups = digits.chunks(size).map(|it| it.iter().collect::<String>());
        groups.collect::<Vec<_>>().join(sign)
    };
    spelled.extend([grouped(4, " "), grouped(2, "."), grouped(6, "-")]);
    for at in [0, 7, number.len() - 1] {
        let mut digits: Vec<u8> = number.bytes().collect();
        digits[at] = b'0' + (digits[at] - b'0' + 3) % 10;
        spelled.push(String::from_utf8(digits.clone()).expect("digits"));
        digits.swap(at, (at + 5) % number.len());
        spelled.push(String::from_utf8(digits).expect("digits"));
    }
    spelled.push(number[..number.len() - 1].to_owned());
    spelled.push(number.replace('0', "O"));
    spelled
}

/// Spellings of a name: parts of it, turned round, by its sound, with what is said before it.
fn names(name: &str) -> Vec<String> {
    let (first, last) = name.split_once(' ').expect("two words");
    let lower = name.to_lowercase();
    vec![
        name.to_owned(),
        first.to_owned(),
        last.to_owned(),
        first[..6].to_owned(),
        format!("{last} {first}"),
        format!("Sdr. {lower}, S.Pd."),
        lower.replace('v', "f").replace('k', "c"),
        name.replace(' ', "  "),
    ]
}

/// Spellings of a birthday. The first is one that is understood.
const BIRTHDAYS: [&str; 6] = [
    "1937-11-23",
    "23-11-1937",
    "23/11/1937",
    "23 November 1937",
    "19371123",
    "231137",
];

/// All that is logged by whoever runs in this process, as it comes.
static LOGGED: OnceLock<Mutex<String>> = OnceLock::new();

fn logged() -> &'static Mutex<String> {
    LOGGED.get_or_init(Mutex::default)
}

/// Keeps the words of each event and span.
struct Ears;

struct Words<'a>(&'a mut String);

impl Visit for Words<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{field}={value:?} ").expect("text");
    }
}

impl Ears {
    fn hear(what: &Metadata<'_>, record: impl FnOnce(&mut Words<'_>)) {
        let mut log = logged().lock().unwrap_or_else(PoisonError::into_inner);
        write!(log, "{} ", what.target()).expect("text");
        record(&mut Words(&mut log));
        log.push('\n');
    }
}

impl Subscriber for Ears {
    fn enabled(&self, what: &Metadata<'_>) -> bool {
        *what.level() <= tracing::Level::DEBUG
    }

    fn new_span(&self, span: &Attributes<'_>) -> SpanId {
        Self::hear(span.metadata(), |words| span.record(words));
        SpanId::from_u64(1)
    }

    fn record(&self, _: &SpanId, values: &Values<'_>) {
        let mut log = logged().lock().unwrap_or_else(PoisonError::into_inner);
        values.record(&mut Words(&mut log));
    }

    fn record_follows_from(&self, _: &SpanId, _: &SpanId) {}

    fn event(&self, event: &Event<'_>) {
        Self::hear(event.metadata(), |words| event.record(words));
    }

    fn enter(&self, _: &SpanId) {}

    fn exit(&self, _: &SpanId) {}
}

/// All that is kept, by table and column.
async fn kept(house: &House) -> Vec<(String, Vec<u8>)> {
    let columns = store::migrate::describe(house.hall.db()).await;
    let mut read = house.hall.db().read().await.expect("a reader");
    let mut kept = Vec::new();
    for (table, column, _) in columns.expect("columns") {
        let select = store::query::Sql::built(format!("SELECT {column} FROM {table}"));
        for row in read.all(select, store::params![]).await.expect("rows") {
            let text = row.get::<Option<String>>(&column);
            let text = text.map(|it| it.map(String::into_bytes));
            let octets = text.or_else(|_| row.get::<Option<Vec<u8>>>(&column));
            let octets = octets.or_else(|_| {
                let number = row.get::<Option<i64>>(&column);
                number.map(|it| it.map(|it| it.to_string().into_bytes()))
            });
            // A share or a chance names nobody.
            if let Ok(Some(octets)) = octets {
                kept.push((format!("{table}.{column}"), octets));
            }
        }
    }
    kept
}

/// Letters and digits alone, in capitals: no spelling hides from it.
fn bare(octets: &[u8]) -> Vec<u8> {
    let letters = octets.iter().filter(|it| it.is_ascii_alphanumeric());
    letters.map(u8::to_ascii_uppercase).collect()
}

/// What nobody may find, bare: whole numbers, each word of a name, whole birthdays.
fn secrets() -> Vec<Vec<u8>> {
    let mut all: Vec<String> = Vec::new();
    for person in 0..NAMES.len() {
        for number in [planted(person), slip(person)] {
            all.extend(numbers(&number));
        }
    }
    for name in NAMES.iter().chain([&MOTHER]) {
        all.extend(names(name));
        all.extend(name.split(' ').map(str::to_owned));
    }
    all.extend([PLACE, "Zyquembro"].map(str::to_owned));
    // Six digits are in many a hash.
    all.extend(BIRTHDAYS[..5].iter().map(|it| (*it).to_owned()));
    all.iter().map(|it| bare(it.as_bytes())).collect()
}

#[track_caller]
fn nowhere(places: &[(String, Vec<u8>)]) {
    let secrets = secrets();
    for (place, octets) in places {
        let bare = bare(octets);
        for secret in &secrets {
            let is_here = bare.windows(secret.len()).any(|it| it == secret.as_slice());
            let shown = String::from_utf8_lossy(secret);
            assert!(
                !is_here,
                "{place} holds {shown}: {}",
                String::from_utf8_lossy(octets)
            );
        }
    }
}

async fn typed(db: Db) {
    // Another test of this process may have the ears: then the logs are heard by that one.
    let hears = tracing::subscriber::set_global_default(Ears).is_ok();
    let house = House::new(db).await;
    let rows = (0..3).map(|it| format!("{},1\n", row(it)));
    let dtsen = format!("{WHO},desil\n{}", rows.collect::<String>());
    house
        .bring("dtsen", &dtsen, json!({ "title": "DTSEN uji" }))
        .await;
    // Rows that are refused are counted, and never quoted.
    let mut wrong = row(1).replace("1937-11-23", "31 November 1937");
    wrong.push_str(",400000\n");
    let kpm = format!("{WHO},nilai\n{},400000\n{wrong}", row(0));
    let (report, at) = house.read("kpm", &kpm).await;
    let mut answers = vec![("a report".to_owned(), report.to_string().into_bytes())];
    let form = json!({ "leave_out": report["found"]["refused"],
        "source": { "title": "KPM uji" } });
    house.post(&format!("{at}/commit"), form).await.is(202);
    house.until(&at, |view| view["state"] != "writing").await;
    house.examine(json!({})).await;
    let late = format!("{WHO},program\n{},PKH\n", row(2));
    let late = house
        .bring("bansos", &late, json!({ "title": "PKH susulan" }))
        .await;
    let path = "/api/v1/card/runs/1/late";
    house.post(path, json!({ "list": late })).await.is(202);
    let runs = "/api/v1/card/runs";
    house
        .until(runs, |runs| {
            let items = runs["items"].as_array().expect("runs");
            items
                .iter()
                .all(|it| it["state"] != "working" && it["stage"].is_null())
        })
        .await;
    house
        .post("/api/v1/card/persons/index", json!({}))
        .await
        .is(200);
    let is_over = |seen: &Json| seen["state"] == "here" || !seen["failure"].is_null();
    house.until("/api/v1/card/persons/index", is_over).await;

    // Everything that is typed where people are looked for.
    let (families, persons) = (
        "/api/v1/card/families/search",
        "/api/v1/card/persons/search",
    );
    let mut asked: Vec<(&str, Json)> = Vec::new();
    for number in numbers(&planted(0)).into_iter().chain(numbers(&slip(1))) {
        asked.push((families, json!({ "number": number })));
        asked.push((families, json!({ "nomor": number })));
    }
    for name in names(NAMES[0]) {
        asked.push((families, json!({ "name": name, "village": HERE })));
        asked.push((persons, json!({ "name": name, "mother": MOTHER })));
        asked.push((persons, json!({ "name": name })));
    }
    for mother in names(MOTHER) {
        let form = json!({ "name": NAMES[1], "birth": BIRTHDAYS[0], "mother": mother,
            "birthplace": PLACE, "address": STREET, "village": HERE });
        asked.push((persons, form));
    }
    for birth in BIRTHDAYS {
        asked.push((persons, json!({ "name": NAMES[2], "birth": birth })));
        asked.push((persons, json!({ "birth": birth, "name": [NAMES[2]] })));
    }
    let auditor = house.person("auditor", "pengawas", None).await;
    let leader = house.person("kepala", "pimpinan", None).await;
    let mut found = 0;
    for (path, form) in &asked {
        for who in [&house.admin, &auditor, &leader] {
            let answer = house.call(who, "POST", path, Some(form.clone())).await;
            assert!(answer.status < 500, "{path} {form}: {}", answer.text());
            found += answer.json()["items"].as_array().map_or(0, Vec::len);
            answers.push((format!("{path} of {form}"), answer.octets));
        }
    }
    assert!(found > 20, "a search finds: {found}");
    // Doors that show people masked, count them, or tell who looked.
    for path in [
        "/api/v1/card/answer",
        "/api/v1/card/findings",
        "/api/v1/card/findings?kind=clean",
        "/api/v1/card/lists",
        "/api/v1/card/runs",
        "/api/v1/card/pairs",
        "/api/v1/card/pairs/summary",
        "/api/v1/card/persons/index",
        "/api/v1/card/looks",
        "/api/v1/card/processing",
        "/api/v1/card/processing?format=csv",
        "/api/v1/sources",
        "/api/v1/audit?limit=1000",
        "/api/v1/audit?format=csv&limit=1000",
    ] {
        let answer = house.get(path).await;
        assert!(answer.status < 500, "{path}: {}", answer.text());
        answers.push((path.to_owned(), answer.octets));
    }
    nowhere(&answers);

    // Opened for a purpose, it is told, which shows that there is something to hide.
    let first = house.post(families, json!({ "number": planted(0) })).await;
    let first = first.is(200).json()["items"][0]["id"].clone();
    let path = format!(
        "/api/v1/card/families/{}/opening",
        first.as_str().expect("an id")
    );
    let opened = house
        .post(&path, json!({ "purpose": PURPOSE }))
        .await
        .is(200)
        .text();
    assert!(opened.contains(NAMES[0]) && opened.contains(&planted(0)));
    let work = json!({ "area": "62.02.01", "purpose": PURPOSE });
    let work = house.post("/api/v1/card/worklists", work).await.is(200);
    assert!(work.status == 200);
    let audit = house
        .get("/api/v1/audit?format=csv&limit=1000")
        .await
        .text();
    assert!(audit.contains(PURPOSE), "{audit}");
    let kept = kept(&house).await;
    assert!(kept.iter().any(|(place, _)| place == "hall_audit.detail"));
    nowhere(&kept);
    nowhere(&[("the audit".to_owned(), audit.into_bytes())]);
    let log = logged()
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    assert!(!hears || !log.is_empty(), "nothing was heard");
    for line in log.lines() {
        nowhere(&[("a line of the log".to_owned(), line.as_bytes().to_vec())]);
    }
}

on_both! {
    nothing_that_is_typed_or_brought_in_stands_in_the_clear: typed;
}
