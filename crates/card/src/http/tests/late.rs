//! Lists that come after an examination and are taken into it alone.

use std::collections::BTreeMap;

use base::id::Id;
use card_core::review::Answer as Word;
use store::Row;

use super::*;
use crate::processing::classes::TABLES;
use crate::sql::pair::{self, PairId, WordRow};

const RUNS: &str = "/api/v1/card/runs";

/// A couple that no other list knows, under one card.
fn couple(column: &str) -> String {
    let kk = "6202110101160041";
    let (he, she) = ("6202111203880001", "6202115507900003");
    format!(
        "{he},{kk},YOHANES SANGALANG,1988-03-12,L,Buntok,MARIA SANGALANG,KEPALA,\
         Jl. Anggrek 41,{HERE},{column}\n\
         {she},{kk},LUSIA BANGAS,1990-07-15,P,Kasongan,NORMA BANGAS,ISTRI,\
         Jl. Anggrek 41,{HERE},{column}\n"
    )
}

/// Other aid of an office that has brought none before: one who receives, one who does not,
/// and a couple that nobody knows.
fn aid() -> String {
    let known = [1, 6].map(|it| format!("{},PKH\n", who(it, it, HERE)));
    format!("{WHO},program\n{}{}", known.concat(), couple("PKH"))
}

/// A table as it stands, each row as a text, in the order of these.
type Dump = BTreeMap<&'static str, Vec<String>>;

fn cell(row: &Row, column: &str) -> String {
    let number = row.get::<Option<i64>>(column).map(|it| format!("{it:?}"));
    let text = || {
        row.get::<Option<String>>(column)
            .map(|it| format!("{it:?}"))
    };
    let float = || row.get::<Option<f64>>(column).map(|it| format!("{it:?}"));
    let octets = || {
        row.get::<Option<Vec<u8>>>(column)
            .map(|it| format!("{it:?}"))
    };
    let found = number.or_else(|_| text()).or_else(|_| float());
    found.or_else(|_| octets()).expect("a value")
}

impl House {
    /// All that the room keeps, but for runs of late lists, which stay told.
    async fn dump(&self) -> Dump {
        let mut read = self.hall.db().read().await.expect("a reader");
        let mut dump = Dump::new();
        // Whether the disk has been overwritten yet is of the file, and not of what counts.
        let counting = TABLES.iter().filter(|it| it.name != "card_unsettled");
        for table in counting {
            let classed = table.columns.iter().map(|it| it.name);
            let columns: Vec<&str> = classed.chain(table.plain.iter().copied()).collect();
            let tail = match table.name {
                "card_run" => " WHERE late_of IS NULL",
                _ => "",
            };
            let select = format!("SELECT {} FROM {}{tail}", columns.join(", "), table.name);
            let rows = read
                .all(store::query::Sql::built(select), store::params![])
                .await
                .expect("rows");
            let line = |row: &Row| {
                let cells = columns.iter().map(|it| format!("{it}={}", cell(row, it)));
                cells.collect::<Vec<_>>().join(" ")
            };
            let mut lines: Vec<String> = rows.iter().map(line).collect();
            lines.sort_unstable();
            dump.insert(table.name, lines);
        }
        let blobs = read
            .all(
                "SELECT sha256 FROM store_blob ORDER BY sha256",
                store::params![],
            )
            .await
            .expect("blobs");
        let hash = |row: &Row| row.get::<String>("sha256").expect("a hash");
        dump.insert("store_blob", blobs.iter().map(hash).collect());
        dump
    }

    /// The newest run once nothing goes on.
    async fn ended(&self) -> Json {
        let is_over = |runs: &Json| {
            let mut runs = runs["items"].as_array().expect("runs").iter();
            runs.all(|run| {
                let state = run["state"].as_str().unwrap_or_default();
                run["stage"].is_null() && !["working", "undoing"].contains(&state)
            })
        };
        self.until(RUNS, is_over).await["items"][0].clone()
    }

    async fn late(&self, run: i64, list: i64) -> Answer {
        self.post(&format!("{RUNS}/{run}/late"), json!({ "list": list }))
            .await
    }

    /// Takes a list late; what came of it.
    async fn takes(&self, run: i64, list: i64) -> Json {
        let begun = self.late(run, list).await.is(202).json();
        assert_eq!(
            (&begun["late_list"], &begun["state"], &begun["whole"]),
            (&json!(list), &json!("working"), &json!(1)),
            "{begun}"
        );
        let ended = self.ended().await;
        assert_eq!(ended["state"], "done", "{ended}");
        ended
    }

    async fn gives_back(&self, run: i64, list: i64) -> Answer {
        let path = format!("{RUNS}/{run}/late/{list}");
        self.call(&self.admin, "DELETE", &path, None).await
    }

    async fn aided(&self) -> i64 {
        let answer = self.get("/api/v1/card/answer").await.is(200).json();
        answer["found"]["aided"]["rows"].as_i64().unwrap_or(0)
    }

    async fn says_before(&self, one: (i64, u32), other: (i64, u32), answer: Word) {
        let mut tx = self.hall.db().write().await.expect("a writer");
        let word = WordRow {
            id: PairId::new(one, other),
            by: Id::from_bytes([9; 16]),
            answer,
            pays: false,
            at: START,
        };
        pair::say(&mut tx, &word).await.expect("said");
        tx.commit().await.expect("said");
    }

    /// The house stops and starts again.
    async fn starts_again(self) -> Self {
        let room = crate::open(&self.hall).await.expect("a room");
        let routes = hall::http::routes().merge(room.routes());
        let (router, _) = seal(routes, &self.hall).expect("guarded");
        let app = router.with_state(self.hall.clone());
        Self { room, app, ..self }
    }
}

fn counts(of: &Json) -> [i64; 6] {
    [
        "rows",
        "joined",
        "founded",
        "families",
        "replaced",
        "proposals",
    ]
    .map(|word| of[word].as_i64().expect("a number"))
}

/// Lists that were taken late, by their numbers.
fn taken(run: &Json) -> Vec<i64> {
    let late = run["late"].as_array().expect("lists").iter();
    late.map(|it| it["list"].as_i64().expect("a number"))
        .collect()
}

async fn house(db: Db) -> House {
    let house = super::decided::house(db).await;
    let text = json!({ "text": super::decided::RULES });
    house.post("/api/v1/card/programmes", text).await.is(201);
    house
}

/// A list is taken, seen everywhere, and taken back without a trace.
async fn whole(db: Db) {
    let house = house(db).await;
    let list = house
        .bring(
            "bansos",
            &aid(),
            json!({ "title": "PKH kabupaten", "owner": "lain" }),
        )
        .await;
    let (before, aided) = (house.dump().await, house.aided().await);
    let (first, sixth) = (house.family_of(1).await, house.family_of(6).await);
    let stale = house.get("/api/v1/card/answer").await.is(200).json();
    assert_eq!(stale["is_stale"], true);

    let run = house.takes(1, list).await;
    assert_eq!(run["number"], 2);
    assert_eq!(taken(&run), [list]);
    // Two rows are of people who were known, and two of a couple that nobody knew.
    assert_eq!(counts(&run["late"][0]), [4, 2, 2, 1, 0, 0], "{run}");
    assert_eq!(run["late"][0]["by_name"], "Administrator");
    // Four of nineteen records are more than a tenth.
    assert_eq!((&run["whole"], &run["is_due"]), (&json!(1), &json!(true)));
    let result = &run["result"];
    assert_eq!(
        (&result["persons"], &result["families"], &result["records"]),
        (&json!(10), &json!(9), &json!(19)),
        "{run}"
    );
    // Nothing of before has changed: all is written beside it.
    let after = house.dump().await;
    let is_of = |line: &&String| line.contains(&format!("list=Some({list}) "));
    let (new, old): (Vec<_>, Vec<_>) = after["card_member"].iter().partition(is_of);
    assert_eq!(new.len(), 4, "{new:?}");
    assert_eq!(old, before["card_member"].iter().collect::<Vec<_>>());

    // Found, answered, drafted and searched as if it had been there from the beginning.
    let answer = house.get("/api/v1/card/answer").await.is(200).json();
    assert_eq!(
        (&answer["is_stale"], &answer["run"]["number"]),
        (&json!(false), &json!(2))
    );
    assert_eq!(house.aided().await, aided + 1);
    assert_eq!(house.family_of(1).await, first);
    assert_eq!(house.family_of(6).await, sixth);
    let search = json!({ "number": "6202115507900003" });
    let found = house.post("/api/v1/card/families/search", search).await;
    let found = found.is(200).json();
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1), "{found}");
    // 1 gets PKH now and is to be ruled on; 2 enters; the couple gets nothing.
    let draft = house.draft().await;
    assert_eq!(draft["run"], 2);
    assert_eq!(super::decided::tally(&draft["now"]), [1, 0, 3, 0, 5]);

    // What people work with is not taken from under them.
    let refused = house.gives_back(2, list).await.is(409);
    assert_eq!(refused.slug(), "card-late-used");
    let path = format!("/api/v1/card/decisions/{}", draft["number"]);
    let dropped = house.call(&house.admin, "DELETE", &path, None).await;
    assert!(dropped.status < 300, "{}", dropped.text());
    let undoing = house.gives_back(1, list).await.is(202).json();
    assert_eq!(undoing["number"], 2);
    let ended = house.ended().await;
    assert_eq!(ended["state"], "undone", "{ended}");
    let mut now = house.dump().await;
    let mut was = before;
    // The dropped draft is told still.
    for dump in [&mut now, &mut was] {
        for table in ["card_decision", "card_programme"] {
            dump.remove(table);
        }
    }
    assert_eq!(now, was);
    assert_eq!(house.aided().await, aided);
    let gone = house.gives_back(1, list).await.is(404);
    assert_eq!(gone.slug(), "card-late");
    let verbs = [
        "card_run.late_began",
        "card_run.late_done",
        "card_run.late_undone",
    ];
    for verb in verbs {
        let kept = format!("/api/v1/audit?verb={verb}");
        let kept = house.get(&kept).await.is(200).json();
        assert_eq!(kept["items"][0]["subject"], "run 2", "{verb}: {kept}");
    }

    // Taken once more it is as it was, under another number; an examination of all knows
    // the same persons.
    let run = house.takes(1, list).await;
    assert_eq!(run["number"], 3);
    assert_eq!(counts(&run["late"][0]), [4, 2, 2, 1, 0, 0]);
    let members = house.dump().await["card_member"].clone();
    house.examine(json!({})).await;
    assert_eq!(house.dump().await["card_member"], members);
    let runs = house.get(RUNS).await.is(200).json();
    let newest = &runs["items"][0];
    assert_eq!((&newest["late"], &newest["whole"]), (&json!([]), &json!(4)));
    assert_eq!(newest["result"]["moved_records"], 0);
}

/// Of lists that replace each other the rows of the older one count no more.
async fn replaced(db: Db) {
    let house = house(db).await;
    // 5 stands on no other list: his number says who he is.
    let fifth = house.family_of(5).await;
    let rows = [1, 2, 5].map(|it| format!("{},100000\n", who(it, it, HERE)));
    let kpm = format!("{WHO},nilai\n{}", rows.concat());
    let source = json!({ "title": "KPM baru", "as_of": "2025-12-01" });
    let list = house.bring("kpm", &kpm, source).await;
    let before = house.dump().await;
    let run = house.takes(1, list).await;
    // 1, 3, 4, 5 and 7 stood on the one before. Nobody is new.
    assert_eq!(counts(&run["late"][0]), [3, 3, 0, 0, 5, 0], "{run}");
    assert_eq!(run["result"]["rows"], 3);
    assert_eq!(house.family_of(5).await, fifth);
    let answer = house.get("/api/v1/card/answer").await.is(200).json();
    assert_eq!(answer["list"]["rows"], 3);
    assert_eq!(answer["list"]["rupiah"], 300_000);

    // Another one behind it; the last one is taken back first.
    let source = json!({ "title": "PKH kabupaten", "owner": "lain" });
    let second = house.bring("bansos", &aid(), source).await;
    let between = house.dump().await;
    let run = house.takes(2, second).await;
    assert_eq!(
        (taken(&run), &run["whole"]),
        (vec![list, second], &json!(1))
    );
    let refused = house.gives_back(3, list).await.is(409);
    assert_eq!(refused.slug(), "card-late-behind");
    house.gives_back(3, second).await.is(202);
    house.ended().await;
    assert_eq!(house.dump().await, between);
    house.gives_back(2, list).await.is(202);
    house.ended().await;
    let mut now = house.dump().await;
    let was = before;
    // The second list stands, and nothing of it counts.
    for table in [
        "card_import",
        "card_index",
        "card_key",
        "card_list",
        "card_record",
        "store_blob",
    ] {
        now.insert(table, was[table].clone());
    }
    assert_eq!(now, was);
}

/// What people have said of rows goes before what is probable.
async fn said(db: Db) {
    let house = house(db).await;
    let list = house
        .bring(
            "bansos",
            &aid(),
            json!({ "title": "PKH kabupaten", "owner": "lain" }),
        )
        .await;
    // The headings are the first row; DTSEN names 1, 2, 3, 4, 6, 7 and 8. The late row of 1
    // is not his, and the husband is 8.
    house.says_before((1, 2), (list, 2), Word::Different).await;
    house.says_before((1, 8), (list, 4), Word::Same).await;
    let eighth = house.family_of(8).await;
    let run = house.takes(1, list).await;
    // 6 and the husband are known; whoever bears 1's number and the wife are not.
    assert_eq!(counts(&run["late"][0])[..3], [4, 2, 2], "{run}");
    let search = json!({ "number": "6202111203880001" });
    let found = house.post("/api/v1/card/families/search", search).await;
    let found = found.is(200).json();
    assert_eq!(found["items"][0]["id"], *eighth, "{found}");
    // An examination of all says the same.
    let persons = run["result"]["persons"].clone();
    house.examine(json!({})).await;
    let runs = house.get(RUNS).await.is(200).json();
    assert_eq!(runs["items"][0]["result"]["persons"], persons);
}

/// That two persons are one is asked, and done by nobody but people.
async fn proposed(db: Db) {
    let house = house(db).await;
    let title = json!({ "title": "PKH kabupaten", "owner": "lain" });
    let list = house.bring("bansos", &aid(), title).await;
    // The husband is said to be 3 and 8, who stand apart.
    house.says_before((1, 4), (list, 4), Word::Same).await;
    house.says_before((1, 8), (list, 4), Word::Same).await;
    let (third, eighth) = (house.family_of(3).await, house.family_of(8).await);
    let run = house.takes(1, list).await;
    assert_eq!(counts(&run["late"][0]), [4, 3, 1, 1, 0, 1], "{run}");
    assert_eq!(house.family_of(3).await, third);
    assert_eq!(house.family_of(8).await, eighth);
    let pairs = house.get("/api/v1/card/pairs?limit=1000").await;
    let pairs = pairs.is(200).json();
    let items = pairs["items"].as_array().expect("pairs").iter();
    let merge: Vec<_> = items.clone().filter(|it| it["kind"] == "merge").collect();
    assert_eq!(merge.len(), 1, "{merge:?}");
    assert_eq!(
        (&merge[0]["joined"], &merge[0]["sampled"]),
        (&json!(false), &json!(false))
    );
    // Those of the examination are asked still, and so is what of the late list is not sure.
    let of_list = |it: &&Json| {
        let id = it["id"].as_str().unwrap_or_default();
        id.contains(&format!("-{list}.")) || id.starts_with(&format!("{list}."))
    };
    let grey = run["late"][0]["grey"].as_u64().expect("a number");
    assert_eq!(items.clone().filter(of_list).count() as u64, grey + 1);
    assert!(items.clone().any(|it| it["sampled"] == true));
    // Who is looked for without a number is found among the late rows, too.
    let index = "/api/v1/card/persons/index";
    House::post(&house, index, json!({})).await.is(200);
    let seen = house.until(index, |seen| seen["state"] == "here").await;
    assert_eq!((&seen["records"], &seen["run"]), (&json!(19), &json!(2)));
    let heard = json!({ "name": "Lusia Bangas", "birth": "1990-07-15" });
    let found = House::post(&house, "/api/v1/card/persons/search", heard).await;
    let found = found.is(200).json();
    assert_eq!(found["items"][0]["who"]["name"], "L•••• B••••", "{found}");
}

/// What did not end leaves nothing, wherever it stopped.
async fn killed(db: Db) {
    let mut house = house(db).await;
    let list = house
        .bring(
            "bansos",
            &aid(),
            json!({ "title": "PKH kabupaten", "owner": "lain" }),
        )
        .await;
    let before = house.dump().await;
    // Before the moment in which it counts, all of it written; and between two steps of that.
    for (number, half) in [
        (2, &[][..]),
        (
            3,
            &[
                "DELETE FROM card_total WHERE run = 3",
                "DELETE FROM card_member WHERE since_run = 3 AND number > 3",
            ],
        ),
        (
            4,
            &[
                "DELETE FROM card_finding WHERE run = 4",
                "DELETE FROM card_pair WHERE run = 4",
            ],
        ),
    ] {
        house.takes(1, list).await;
        for statement in half {
            let mut tx = house.hall.db().write().await.expect("a writer");
            tx.execute(*statement, store::params![])
                .await
                .expect("half");
            tx.commit().await.expect("half");
        }
        let mut tx = house.hall.db().write().await.expect("a writer");
        let statement = "UPDATE card_run SET state = 'working', result = NULL WHERE number = $1";
        tx.execute(statement, store::params![number])
            .await
            .expect("half");
        tx.commit().await.expect("half");
        house = house.starts_again().await;
        assert_eq!(house.dump().await, before, "run {number}");
        let run = house.ended().await;
        assert_eq!(
            (&run["number"], &run["state"]),
            (&json!(number), &json!("failed"))
        );
    }
    // While it is taken back.
    house.takes(1, list).await;
    house
        .change("UPDATE card_run SET state = 'undoing' WHERE number = 5")
        .await;
    house
        .change("DELETE FROM card_member WHERE since_run = 5 AND number > 3")
        .await;
    let house = house.starts_again().await;
    assert_eq!(house.dump().await, before);
    assert_eq!(house.ended().await["state"], "undone");
    // The house closes while it goes on.
    house.hall.tasks().soft().cancel();
    house.late(1, list).await.is(202);
    let run = house.ended().await;
    assert_eq!(
        (&run["state"], &run["failure"]),
        (&json!("failed"), &json!("closing"))
    );
    assert_eq!(house.dump().await, before);
}

/// What is refused says why; the same request twice has one effect.
async fn refused(db: Db) {
    let house = house(db).await;
    let slug = async |run, list| house.late(run, list).await.is(409).slug();
    assert_eq!(slug(1, 2).await, "card-late-taken");
    assert_eq!(house.late(1, 99).await.is(404).slug(), "card-list");
    assert_eq!(house.late(7, 2).await.is(404).slug(), "card-run");
    let dtsen = format!("{WHO},desil\n{},1\n", who(1, 1, HERE));
    let dtsen = house
        .bring(
            "dtsen",
            &dtsen,
            json!({ "title": "DTSEN baru", "as_of": "2025-11-20" }),
        )
        .await;
    assert_eq!(slug(1, dtsen).await, "card-late-kind");
    let old = format!("{WHO}\n{}\n", who(1, 1, HERE));
    let old = house
        .bring(
            "kpm",
            &old,
            json!({ "title": "KPM lama", "as_of": "2024-01-01" }),
        )
        .await;
    assert_eq!(slug(1, old).await, "card-late-old");
    let list = house
        .bring(
            "bansos",
            &aid(),
            json!({ "title": "PKH kabupaten", "owner": "lain" }),
        )
        .await;
    // Whoever has a part of the province takes none.
    let there = house.person("jauh", "bansos", Some(THERE)).await;
    for (method, path, body) in [
        (
            "POST",
            "/api/v1/card/runs/1/late",
            Some(json!({ "list": list })),
        ),
        ("DELETE", "/api/v1/card/runs/1/late/2", None),
    ] {
        house.call(&there, method, path, body).await.is(403);
    }
    let keyed = || {
        Request::post(format!("{RUNS}/1/late"))
            .header("cookie", &house.admin)
            .header("content-type", "application/json")
            .header("idempotency-key", "uji-1")
            .body(Body::from(json!({ "list": list }).to_string()))
            .expect("a request")
    };
    let first = house.send(keyed()).await.is(202).json();
    house.ended().await;
    assert_eq!(house.send(keyed()).await.is(202).json(), first);
    assert_eq!(house.ended().await["number"], 2);
    assert_eq!(slug(1, list).await, "card-late-taken");
    // Withdrawn lists leave with an examination of all.
    let more = format!("{WHO},tgl_meninggal\n{},2025-11-02\n", who(3, 3, HERE));
    let more = house
        .bring("kematian", &more, json!({ "title": "Kematian baru" }))
        .await;
    let why = json!({ "why": "uji" });
    let path = format!("/api/v1/card/lists/{list}/withdrawal");
    house.post(&path, why).await.is(204);
    assert_eq!(slug(2, more).await, "card-late-gone");
    house.examine(json!({})).await;
    assert_eq!(slug(1, more).await, "card-late-run");
    house
        .change("UPDATE card_run SET model = NULL WHERE number = 3")
        .await;
    let aid = house
        .bring(
            "bansos",
            &aid(),
            json!({ "title": "PKH kota", "owner": "kota" }),
        )
        .await;
    assert_eq!(slug(3, aid).await, "card-late-model");
}

/// An adopted list rests on what it was adopted by.
async fn adopted(db: Db) {
    let house = super::decided::house(db).await;
    let number = super::decided::first(&house).await;
    let list = house
        .bring(
            "bansos",
            &aid(),
            json!({ "title": "PKH kabupaten", "owner": "lain" }),
        )
        .await;
    let at = format!("/api/v1/card/decisions/{number}");
    let sound = async || {
        let verified = house.post(&format!("{at}/verification"), json!({})).await;
        verified.is(200).json()
    };
    let before = sound().await;
    let run = house.takes(1, list).await;
    assert_eq!(run["number"], 2);
    assert_eq!(sound().await, before);
    // It rests on the examination, and not on what came behind that.
    house.gives_back(2, list).await.is(202);
    assert_eq!(house.ended().await["state"], "undone");
    assert_eq!(sound().await, before);
}

on_both! {
    a_late_list_is_taken_alone_and_taken_back: whole;
    a_late_running_list_takes_the_place_of_the_one_before: replaced;
    what_people_said_of_late_rows_counts: said;
    two_persons_that_a_late_row_joins_stay_two: proposed;
    a_late_list_that_did_not_end_leaves_nothing: killed;
    a_late_list_is_refused_with_a_reason: refused;
    an_adopted_list_rests_on_its_examination: adopted;
}
