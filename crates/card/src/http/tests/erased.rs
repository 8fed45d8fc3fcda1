//! Families and persons of whom all is destroyed.

mod copied;
mod held;
mod late;

use base::id::{Family, Id};
use store::blob::Sha256;
use store::params;

use super::*;
use crate::sql::record::Sealed;
use crate::{facts, strongbox};

const ERASURES: &str = "/api/v1/card/erasures";

/// Nothing of this is anywhere in the clear.
const REASON: &str = "permohonan Ibu Kameloh, keluarga Tambun Bungai";

/// Four families, the first of two persons (1 and 5), on three lists: DTSEN (list 1), other aid
/// (2, the first only), and the running list (3), without the fourth. What was paid stands in
/// `paid`.
async fn house(db: Db, paid: &str) -> House {
    let house = House::new(db).await;
    let of = |person: u32| if person == 5 { 1 } else { person };
    let rows = (1..=5).map(|it| {
        format!(
            "{},{}\n",
            who(it, of(it), HERE),
            if it == 3 { 5 } else { 1 }
        )
    });
    let dtsen = format!("{WHO},desil\n{}", rows.collect::<String>());
    house
        .bring("dtsen", &dtsen, json!({ "title": "DTSEN uji" }))
        .await;
    let aided = format!("{WHO},program\n{},PKH\n", who(1, 1, HERE));
    house
        .bring("bansos", &aided, json!({ "title": "PKH uji" }))
        .await;
    let rows = (1..=3).map(|it| format!("{},{paid}\n", who(it, it, HERE)));
    let kpm = format!("{WHO},nilai\n{}", rows.collect::<String>());
    house
        .bring("kpm", &kpm, json!({ "title": "KPM uji" }))
        .await;
    house.examine(json!({})).await;
    house
}

impl House {
    /// Families that a search finds.
    async fn found(&self, search: Json) -> Vec<String> {
        let found = self.post("/api/v1/card/families/search", search).await;
        let found = found.is(200).json();
        let items = found["items"].as_array().expect("families").iter();
        items
            .map(|it| it["id"].as_str().expect("an id").to_owned())
            .collect()
    }

    async fn family_with(&self, person: u32) -> String {
        let found = self.found(json!({ "number": nik(person) })).await;
        found.first().expect("a family").clone()
    }

    async fn preview(&self, subject: &str) -> Json {
        let form = json!({ "subject": subject });
        let seen = self.post(&format!("{ERASURES}/preview"), form).await;
        seen.is(200).json()
    }

    async fn propose(&self, subject: &str, rows: i64) -> Answer {
        self.post(ERASURES, proposal(subject, rows)).await
    }

    async fn confirm(&self, cookie: &str, number: &Json, rows: i64) -> Answer {
        let path = format!("{ERASURES}/{number}/confirmation");
        let form = Some(json!({ "rows": rows }));
        self.call(cookie, "POST", &path, form).await
    }

    /// Erases somebody of whom there are so many rows; the erasure.
    async fn erase(&self, second: &str, subject: &str, rows: i64) -> Json {
        let made = self.propose(subject, rows).await.is(201).json();
        let done = self.confirm(second, &made["number"], rows).await;
        done.is(200).json()
    }

    /// Later, with a session of then.
    async fn later(&mut self, by: Duration) {
        self.hall.clock().turn(by);
        self.admin = self.log_in("admin").await;
    }

    async fn adopted(&self, keep_years: i64) -> i64 {
        let form = json!({ "text": RULES });
        self.post("/api/v1/card/programmes", form).await.is(201);
        let number = self.begun().await;
        let path = format!("/api/v1/card/decisions/{number}");
        let list = self.get(&path).await.is(200).json();
        for group in list["groups"].as_array().expect("groups") {
            let id = group["id"].as_str().expect("an id");
            let form = json!({ "answer": "remove", "reason": "tidak memenuhi syarat" });
            let ruling = format!("{path}/rulings/{id}");
            let ruled = self.call(&self.admin, "PUT", &ruling, Some(form)).await;
            ruled.is(200);
        }
        let list = self.get(&path).await.is(200).json();
        let form = json!({
            "receiving": list["receiving"], "decree": "188.44/1/2025",
            "decree_day": "2025-12-01", "keep_years": keep_years,
            "signatories": [{ "name": "Kepala", "office": "Kepala Dinas Sosial" }],
        });
        self.post(&format!("{path}/adoption"), form).await.is(202);
        self.until(&path, |list| list["state"] == "adopted").await;
        number
    }

    async fn begun(&self) -> i64 {
        let form = json!({ "slug": "pangan" });
        let begun = self.post("/api/v1/card/decisions", form).await;
        begun.is(201).json()["number"].as_i64().expect("a number")
    }
}

fn proposal(subject: &str, rows: i64) -> Json {
    json!({
        "subject": subject, "decree": { "number": "460/17/2025", "day": "2025-12-01" },
        "reason": REASON, "rows": rows,
    })
}

/// All that rows rest on, as a thief or a backup has it.
#[derive(Debug, PartialEq)]
struct Copied {
    records: Vec<(i64, i64, Vec<u8>)>,
    index: Vec<(i64, i64, i64)>,
    members: Vec<(i64, i64, i64, Option<i64>)>,
    lists: Vec<(i64, Option<String>, Option<Vec<u8>>)>,
    keys: Vec<(i64, i64, Vec<u8>)>,
}

impl Copied {
    async fn of(house: &House) -> Self {
        let mut read = house.hall.db().read().await.expect("a reader");
        let mut all = async |sql: &'static str| read.all(sql, params![]).await.expect("rows");
        let (records, index) = (
            all("SELECT list, number, sealed FROM card_record ORDER BY list, number").await,
            all("SELECT hash, list, number FROM card_index ORDER BY hash, list, number").await,
        );
        let members = all(
            "SELECT list, number, since_run, until_run FROM card_member \
             ORDER BY list, number, since_run",
        )
        .await;
        let lists = all("SELECT number, raw_blob, file_key FROM card_list ORDER BY number").await;
        let keys = all("SELECT list, number, wrapped FROM card_key ORDER BY list, number").await;
        let number = |row: &store::Row, column: &str| row.get::<i64>(column).expect("a number");
        let octets = |row: &store::Row, column: &str| {
            let octets: Vec<u8> = row.get(column).expect("octets");
            (number(row, "list"), number(row, "number"), octets)
        };
        Self {
            records: records.iter().map(|row| octets(row, "sealed")).collect(),
            index: index
                .iter()
                .map(|row| {
                    (
                        number(row, "hash"),
                        number(row, "list"),
                        number(row, "number"),
                    )
                })
                .collect(),
            members: members
                .iter()
                .map(|row| {
                    let until = row.get("until_run").expect("a number or none");
                    let since = number(row, "since_run");
                    (number(row, "list"), number(row, "number"), since, until)
                })
                .collect(),
            lists: lists
                .iter()
                .map(|row| {
                    let blob = row.get("raw_blob").expect("a name or none");
                    let key = row.get("file_key").expect("a key or none");
                    (number(row, "number"), blob, key)
                })
                .collect(),
            keys: keys.iter().map(|row| octets(row, "wrapped")).collect(),
        }
    }

    /// Puts all of it back but the keys of rows.
    async fn put_back(&self, house: &House) {
        let mut tx = house.hall.db().write().await.expect("a transaction");
        for (list, number, sealed) in &self.records {
            tx.execute(
                "UPDATE card_record SET sealed = $3 WHERE list = $1 AND number = $2",
                params![*list, *number, sealed.clone()],
            )
            .await
            .expect("back");
        }
        for (hash, list, number) in &self.index {
            tx.execute(
                "INSERT INTO card_index (hash, list, number) VALUES ($1, $2, $3) \
                 ON CONFLICT (hash, list, number) DO NOTHING",
                params![*hash, *list, *number],
            )
            .await
            .expect("back");
        }
        for (list, number, since, until) in &self.members {
            tx.execute(
                "UPDATE card_member SET until_run = $4 WHERE list = $1 AND number = $2 \
                 AND since_run = $3",
                params![*list, *number, *since, *until],
            )
            .await
            .expect("back");
        }
        for (number, blob, key) in &self.lists {
            tx.execute(
                "UPDATE card_list SET raw_blob = $2, file_key = $3 WHERE number = $1",
                params![*number, blob.as_deref(), key.clone()],
            )
            .await
            .expect("back");
        }
        tx.commit().await.expect("a commit");
    }

    async fn put_keys_back(&self, house: &House) {
        let mut tx = house.hall.db().write().await.expect("a transaction");
        for (list, number, wrapped) in &self.keys {
            tx.execute(
                "INSERT INTO card_key (list, number, wrapped) VALUES ($1, $2, $3) \
                 ON CONFLICT (list, number) DO UPDATE SET wrapped = excluded.wrapped",
                params![*list, *number, wrapped.clone()],
            )
            .await
            .expect("back");
        }
        tx.commit().await.expect("a commit");
    }
}

/// The rows of the first family: both of DTSEN, of other aid, and of the running list.
const FIRST: [(i64, u32); 4] = [(1, 2), (1, 6), (2, 2), (3, 2)];

/// How many of them say something.
async fn says(house: &House) -> usize {
    let mut read = house.hall.db().read().await.expect("a reader");
    let mut says = 0;
    for (list, number) in FIRST {
        let kept = crate::sql::record::kept(&mut read, list, &[number]).await;
        let rows: Vec<Sealed> = kept.expect("rows");
        let opened = strongbox::open(house.hall.vault(), list, &rows[0]);
        says += usize::from(opened.expect("no error").is_some());
    }
    says
}

async fn erased(db: Db) {
    let house = house(db, "").await;
    let second = house.person("kedua", "bansos", None).await;
    let first = house.family_with(1).await;
    let others = [house.family_with(2).await, house.family_with(4).await];
    let seen = house.preview(&first).await;
    let title = |number: i64, title: &str, rows: i64| json!({ "number": number, "title": title, "rows": rows, "has_raw": true });
    assert_eq!(
        seen,
        json!({
            "subject": first, "rows": 4, "moved": 0, "holds": [], "raw_copies": 3, "photos": 0,
            "lists": [title(1, "DTSEN uji", 2), title(2, "PKH uji", 1), title(3, "KPM uji", 1)],
            "stays": [{ "what": "audit", "number": null, "until_us": null }],
        })
    );
    let before = Copied::of(&house).await;
    assert_eq!(says(&house).await, 4);
    let facts = facts::open(&house.hall, &house.room, 1)
        .await
        .expect("facts");
    let id: Id<Family> = first.parse().expect("an id");
    assert!(facts.family(id.as_bytes()).is_some());
    drop(facts);
    let raw = before.lists[0]
        .1
        .as_deref()
        .and_then(Sha256::parse)
        .expect("a file");
    assert!(house.hall.blobs().get(&raw).is_ok());

    let done = house.erase(&second, &first, 4).await;
    let record = &done["record"];
    assert_eq!(record["rows"], json!(["1:2", "1:6", "2:2", "3:2"]));
    assert_eq!(
        (&record["raw_copies"], &record["facts"], &record["subject"]),
        (&json!([1, 2, 3]), &json!([1]), &json!(first))
    );
    let destroyed = &record["destroyed"];
    assert_eq!(
        (
            &destroyed["keys"],
            &destroyed["memberships"],
            &destroyed["index"]
        ),
        (&json!(4), &json!(4), &json!(12)),
        "each is found by NIK, family card and village"
    );
    assert!(destroyed["findings"].as_i64().expect("a count") > 0);
    assert_eq!(says(&house).await, 0);

    // Nothing finds it, and nothing that remains is an error.
    for person in [1, 5] {
        assert!(
            house
                .found(json!({ "number": nik(person) }))
                .await
                .is_empty()
        );
    }
    assert!(house.found(json!({ "number": kk(1) })).await.is_empty());
    let named = |name: &str| json!({ "name": name, "village": HERE });
    assert!(house.found(named("TAMBUN")).await.is_empty());
    house
        .get(&format!("/api/v1/card/families/{first}"))
        .await
        .is(404);
    let gone = house.preview(&first).await;
    assert_eq!((&gone["rows"], &gone["lists"]), (&json!(0), &json!([])));
    assert_eq!(house.propose(&first, 0).await.is(409).slug(), "card-erased");
    // Others of the same lists are who they were.
    for (other, person) in others.iter().zip([2, 4]) {
        assert_eq!(house.family_with(person).await, *other);
        let path = format!("/api/v1/card/families/{other}/opening");
        let opened = house.post(&path, json!({ "purpose": "uji" })).await;
        let opened = opened.is(200).json();
        assert_eq!(
            opened["members"][0]["records"][0]["says"]["nik"],
            nik(person)
        );
    }
    assert_eq!(house.found(named("KAMELOH")).await, [others[0].clone()]);
    for path in ["findings", "pairs", "answer", "runs", "lists"] {
        house.get(&format!("/api/v1/card/{path}")).await.is(200);
    }
    let lists = house.get("/api/v1/card/lists").await.is(200).json();
    assert_eq!(lists["items"][0]["has_raw"], false);
    assert!(house.hall.blobs().get(&raw).is_err());
    // What the examination knew is written anew, for whoever opens it next.
    let known = facts::open(&house.hall, &house.room, 1)
        .await
        .expect("facts");
    assert_eq!((known.families.len(), known.persons.len()), (3, 3));
    assert!(known.family(id.as_bytes()).is_none());
    assert!(known.aided.is_empty());
    // A draft by it does not know of them, and the next examination skips rows without keys.
    let form = json!({ "text": RULES });
    house.post("/api/v1/card/programmes", form).await.is(201);
    let number = house.begun().await;
    let list = house.get(&format!("/api/v1/card/decisions/{number}")).await;
    assert_eq!(list.is(200).json()["now"]["included"], 2);
    house.examine(json!({})).await;
    let runs = house.get("/api/v1/card/runs").await.is(200).json();
    let result = &runs["items"][0]["result"];
    assert_eq!(
        (&result["erased"], &result["persons"]),
        (&json!(4), &json!(3))
    );
    assert_eq!(house.family_with(2).await, others[0]);

    // A copy of everything but the keys, put back, tells nothing; with the keys it would have.
    before.put_back(&house).await;
    assert_eq!(says(&house).await, 0);
    assert!(house.found(json!({ "number": nik(1) })).await.is_empty());
    assert!(house.found(named("TAMBUN")).await.is_empty());
    let page = house.get(&format!("/api/v1/card/families/{first}")).await;
    let page = page.is(200).text();
    assert!(!page.contains("TAMBUN") && !page.contains("6202"), "{page}");
    assert!(
        house.hall.blobs().get(&raw).is_err(),
        "a key without its file"
    );
    before.put_keys_back(&house).await;
    assert_eq!(says(&house).await, 4);
    assert_eq!(
        house.found(json!({ "number": nik(1) })).await,
        std::slice::from_ref(&first)
    );
}

/// One person of a family goes, and the other stays.
async fn alone(db: Db) {
    let house = house(db, "").await;
    let second = house.person("kedua", "bansos", None).await;
    let first = house.family_with(1).await;
    let path = format!("/api/v1/card/families/{first}");
    let page = house.get(&path).await.is(200).json();
    let members = page["members"].as_array().expect("members");
    assert_eq!(members.len(), 2);
    let fifth = members.iter().find(|it| {
        let records = it["records"].as_array().expect("records");
        records.len() == 1
    });
    let fifth = fifth.expect("on one list only")["id"]
        .as_str()
        .expect("an id");
    let done = house.erase(&second, fifth, 1).await;
    assert_eq!(done["record"]["ended"], json!([fifth]));
    let page = house.get(&path).await.is(200).json();
    assert_eq!(page["members"].as_array().expect("members").len(), 1);
    assert_eq!(house.family_with(1).await, first);
    assert!(house.found(json!({ "number": nik(5) })).await.is_empty());
    let known = facts::open(&house.hall, &house.room, 1)
        .await
        .expect("facts");
    assert_eq!((known.families.len(), known.persons.len()), (4, 4));
    house.examine(json!({})).await;
    assert_eq!(house.family_with(1).await, first);
}

async fn twice(db: Db) {
    let house = house(db, "").await;
    let second = house.person("kedua", "bansos", None).await;
    let here = house.person("desa", "bansos", Some(HERE)).await;
    let auditor = house.person("pengawas", "pengawas", None).await;
    let first = house.family_with(1).await;
    house.call(&here, "GET", ERASURES, None).await.is(403);
    house.call(&auditor, "GET", ERASURES, None).await.is(200);
    for who in [&here, &auditor] {
        let form = Some(proposal(&first, 4));
        house.call(who, "POST", ERASURES, form).await.is(403);
    }
    let nobody = Id::<Family>::from_bytes([7; 16]).to_string();
    assert_eq!(
        house.propose(&nobody, 1).await.is(404).slug(),
        "card-subject"
    );
    let wrong = house.propose(&first, 3).await.is(409);
    assert_eq!(wrong.slug(), "card-count");
    assert_eq!(wrong.json()["errors"][0]["detail"], "4");
    let mut early = proposal(&first, 4);
    early["decree"]["day"] = "2025-12-31".into();
    house.post(ERASURES, early).await.is(422);

    let made = house.propose(&first, 4).await.is(201).json();
    let number = &made["number"];
    assert_eq!(
        (&made["state"], &made["record"], &made["confirmed_by"]),
        (&json!("proposed"), &Json::Null, &Json::Null)
    );
    let own = house.confirm(&house.admin, number, 4).await.is(409);
    assert_eq!(own.slug(), "card-second-person");
    let wrong = house.confirm(&second, number, 5).await.is(409);
    assert_eq!(wrong.slug(), "card-count");
    house.confirm(&second, &json!(99), 4).await.is(404);
    // Whoever confirms reads why; nobody does afterwards.
    let path = format!("{ERASURES}/{number}");
    let seen = house.call(&second, "GET", &path, None).await.is(200).json();
    assert_eq!(seen["reason"], REASON);
    // An auditor reads all but that, and does nothing.
    let seen = house.call(&auditor, "GET", &path, None).await;
    let seen = seen.is(200).json();
    assert_eq!((&seen["rows"], &seen["reason"]), (&json!(4), &Json::Null));
    house.call(&auditor, "DELETE", &path, None).await.is(403);
    house.confirm(&auditor, number, 4).await.is(403);
    // One that is dropped is not done.
    let other = house.propose(&first, 4).await.is(201).json();
    let other = format!("{ERASURES}/{}", other["number"]);
    house.call(&second, "DELETE", &other, None).await.is(204);
    house.call(&second, "DELETE", &other, None).await.is(409);
    let confirmation = format!("{other}/confirmation");
    let refused = house.post(&confirmation, json!({ "rows": 4 })).await;
    assert_eq!(refused.is(409).slug(), "card-erasure-done");
    house.get(&format!("{other}/record")).await.is(404);
    // While an examination goes on nothing is destroyed.
    house.post("/api/v1/card/runs", json!({})).await.is(202);
    let stage = crate::examine::Stage {
        run: 2,
        doing: "reading",
        done: 0,
        of: 1,
    };
    house
        .until("/api/v1/card/runs", |runs| {
            runs["items"][0]["state"] == "done"
        })
        .await;
    house.room.put_stage(Some(stage));
    let busy = house.confirm(&second, number, 4).await.is(409);
    assert_eq!(busy.slug(), "card-examining");
    house.room.put_stage(None);

    let done = house.confirm(&second, number, 4).await.is(200).json();
    assert_eq!(
        (&done["state"], &done["reason"], &done["confirmed_name"]),
        (&json!("done"), &Json::Null, &json!("kedua"))
    );
    house.confirm(&second, number, 4).await.is(409);
    let listed = house
        .get(&format!("{ERASURES}?state=done"))
        .await
        .is(200)
        .json();
    let read = format!("{path}/record");
    house.call(&auditor, "GET", &read, None).await.is(200);
    assert_eq!(done["is_settled"], true);
    assert_eq!(
        (&listed["items"], &listed["next"]),
        (&json!([done]), &Json::Null)
    );
    house.get(&format!("{ERASURES}?state=lain")).await.is(422);
    // The hash is that of what is kept, and the audit says the same.
    let mut read = house.hall.db().read().await.expect("a reader");
    let row = read
        .one(
            "SELECT record FROM card_erasure WHERE number = 1",
            params![],
        )
        .await;
    let kept: String = row.expect("a row").get("record").expect("a text");
    assert_eq!(done["sha256"], Sha256::of(kept.as_bytes()).as_str());
    let told = hall::audit::newest(&mut read, "card_erasure.done", "erasure 1").await;
    let told = told.expect("an answer").expect("an entry");
    assert_eq!(
        (&told["sha256"], &told["record"]),
        (&done["sha256"], &done["record"])
    );
    let mut sorted = String::new();
    write_sorted(&told["record"], &mut sorted);
    assert_eq!(sorted, kept, "canonical");
    let paper = house.get(&format!("{path}/record")).await.is(200).text();
    for line in [
        "BERITA ACARA PEMUSNAHAN DATA PRIBADI",
        "keputusan nomor 460/17/2025 tanggal 2025-12-01",
        "- 4 kunci baris daftar",
        "1 Desember 2025 07.00 WIB (UTC+07:00)\n",
        "): sudah ditimpa",
        "1:2 1:6 2:2 3:2",
        done["sha256"].as_str().expect("a hash"),
        "kedua (",
    ] {
        assert!(paper.contains(line), "{line} in {paper}");
    }
    // Neither they nor anything else that stays tells who it was.
    let mut texts = vec![paper, kept];
    for (sql, columns) in [
        (
            "SELECT verb, subject, detail FROM hall_audit",
            &["verb", "subject", "detail"][..],
        ),
        ("SELECT decree FROM card_erasure", &["decree"]),
        ("SELECT body FROM hall_idempotency", &["body"]),
    ] {
        for row in read.all(sql, params![]).await.expect("rows") {
            for column in columns {
                texts.push(row.get(column).expect("a text"));
            }
        }
    }
    for word in ["Kameloh", "Tambun", "TAMBUN", &nik(1), &nik(5)] {
        assert!(texts.iter().all(|text| !text.contains(word)), "{word}");
    }
}

/// JSON with its keys in order and no blanks.
fn write_sorted(value: &Json, out: &mut String) {
    match value {
        Json::Object(map) => {
            let mut keys: Vec<_> = map.keys().collect();
            keys.sort();
            out.push('{');
            for (at, key) in keys.into_iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                out.push_str(&format!("\"{key}\":"));
                write_sorted(&map[key], out);
            }
            out.push('}');
        }
        Json::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                write_sorted(item, out);
            }
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}

/// The power fails between the commit and the disk: the next start goes on.
async fn cut(db: Db) {
    let house = house(db, "").await;
    let second = house.person("kedua", "bansos", None).await;
    let first = house.family_with(1).await;
    let files = async |house: &House| {
        let mut read = house.hall.db().read().await.expect("a reader");
        let rows = read.all(
            "SELECT raw_blob AS blob FROM card_list WHERE raw_blob IS NOT NULL \
             UNION ALL SELECT facts_blob AS blob FROM card_run WHERE facts_blob IS NOT NULL",
            params![],
        );
        let rows = rows.await.expect("rows");
        let names = rows
            .iter()
            .map(|row| row.get::<String>("blob").expect("a name"));
        names
            .map(|it| Sha256::parse(&it).expect("a hash"))
            .collect::<Vec<_>>()
    };
    let were = files(&house).await;
    let octets: Vec<Vec<u8>> = were
        .iter()
        .map(|hash| house.hall.blobs().get(hash).expect("a file"))
        .collect();
    house.erase(&second, &first, 4).await;
    // As it was when the transaction was committed.
    let mut tx = house.hall.db().write().await.expect("a transaction");
    for (hash, octets) in were.iter().zip(octets) {
        assert!(house.hall.blobs().get(hash).is_err(), "it was removed");
        house.hall.blobs().put(&octets).expect("back");
        let left = crate::sql::erasure::leave(&mut tx, hash, START).await;
        left.expect("left");
    }
    tx.commit().await.expect("a commit");
    crate::open(&house.hall).await.expect("a start");
    for hash in &were {
        assert!(
            house.hall.blobs().get(hash).is_err(),
            "the start removed it"
        );
    }
    let mut read = house.hall.db().read().await.expect("a reader");
    let left = crate::sql::erasure::left(&mut read).await.expect("files");
    assert!(left.is_empty());
    drop(read);
    // What is in force is there still.
    let now = files(&house).await;
    assert_eq!(now.len(), 1);
    house
        .hall
        .blobs()
        .get(&now[0])
        .expect("facts, written anew");
}

/// Words and examinations join and part people, and seal nothing anew.
async fn untouched(db: Db) {
    let house = house(db, "").await;
    let second = house.person("kedua", "bansos", None).await;
    let before = Copied::of(&house).await;
    let persons = async |house: &House| {
        let runs = house.get("/api/v1/card/runs").await.is(200).json();
        runs["items"][0]["result"]["persons"].as_i64()
    };
    assert_eq!(persons(&house).await, Some(5));
    let page = format!("/api/v1/card/families/{}", house.family_with(2).await);
    let page = house.get(&page).await.is(200).json();
    let person = page["members"][0]["id"].as_str().expect("an id");
    // The row of the second person in DTSEN and the one on the running list.
    for who in [&house.admin, &second] {
        let path = "/api/v1/card/pairs/1.3-3.3/answer";
        let form = Some(json!({ "answer": "different" }));
        house.call(who, "POST", path, form).await.is(200);
    }
    house.examine(json!({})).await;
    assert_eq!(persons(&house).await, Some(6));
    // What belonged to somebody once is told of when he is to be erased.
    let seen = house.preview(person).await;
    assert_eq!((&seen["rows"], &seen["moved"]), (&json!(2), &json!(1)));
    let path = "/api/v1/card/pairs/1.3-3.3/answer?by=all";
    house.call(&house.admin, "DELETE", path, None).await.is(200);
    house.examine(json!({})).await;
    assert_eq!(persons(&house).await, Some(5));
    let after = Copied::of(&house).await;
    assert_eq!((after.records, after.keys), (before.records, before.keys));
    assert_eq!(after.index, before.index);
}

on_both! {
    what_is_erased_is_found_by_nobody_and_a_copy_without_keys_is_worth_nothing: erased;
    one_of_a_family_goes_and_the_other_stays: alone;
    two_persons_destroy_and_a_record_stays: twice;
    a_start_finishes_what_a_power_cut_left: cut;
    who_joins_and_parts_people_seals_nothing_anew: untouched;
}
