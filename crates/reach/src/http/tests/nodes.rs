//! Addresses that the centre asks by itself, on both engines.

use crate::jobs::nodes::tests::{round, said};
use crate::prober::{Refusal, Tally};

use super::*;

const NODES: &str = "/api/v1/nodes";

fn after(minutes: u64) -> Wall {
    START + Duration::from_secs(60 * minutes)
}

/// What a round found of an address: so many of five answers.
fn tally(address: &str, received: u32) -> Tally {
    Tally {
        address: address.parse().expect("an address"),
        sent: 5,
        received,
        refused: 0,
        unsent: 0,
        duplicates: 0,
        late: 0,
        refusal: None,
        rtt: None,
    }
}

impl House {
    async fn node(&self, form: Json) -> Json {
        self.post(NODES, form).await.is(201).json()
    }

    async fn put(&self, path: &str, body: Json) -> Answer {
        self.call(&self.admin, "PUT", path, Some(body)).await
    }

    /// A round at a time.
    async fn round(&self, at: Wall, tallies: &[Tally], dropped: u64) {
        self.clock.set_wall(at);
        said(&self.hall, tallies.to_vec(), dropped).await;
    }

    /// Name and state of each node, in the order of the list.
    async fn states(&self, query: &str) -> Vec<(String, String)> {
        let page = self.get(&format!("{NODES}{query}")).await.is(200).json();
        let text = |it: &Json| it.as_str().expect("text").to_owned();
        let items = page["items"].as_array().expect("nodes").iter();
        items
            .map(|it| (text(&it["name"]), text(&it["state"])))
            .collect()
    }

    /// How a node stood: the state and the minutes from and to.
    async fn spans(&self, id: &str) -> Vec<(String, i64, i64)> {
        let found = self.get(&format!("{NODES}/{id}")).await.is(200).json();
        let minute = |it: &Json| (it.as_i64().expect("a time") - START.as_us()) / 60_000_000;
        let spans = found["spans"].as_array().expect("spans").iter();
        spans
            .map(|it| {
                let state = it["state"].as_str().expect("a word").to_owned();
                (state, minute(&it["from_us"]), minute(&it["to_us"]))
            })
            .collect()
    }
}

fn id_of(node: &Json) -> String {
    node["id"].as_str().expect("an id").to_owned()
}

async fn register(db: Db) {
    let house = House::new(db).await;
    let site = json!({ "name": "Kantor Desa", "kind": "kantor_desa", "area": "62.71.01.1001" });
    let site = id_of(&house.post("/api/v1/sites", site).await.is(201).json());
    let first =
        json!({ "name": "Simpul", "address": " 10.62.0.7 ", "area": "62.01", "port": 8291 });
    let first = house.node(first).await;
    assert_eq!(
        (&first["address"], &first["port"], &first["area"]["code"]),
        (&json!("10.62.0.7"), &json!(8291), &json!("62.01"))
    );
    assert_eq!(
        (&first["state"], &first["since_us"]),
        (&json!("unasked"), &Json::Null)
    );
    let second = json!({ "name": "Desa", "address": "fd77:0::0007", "site": site, "note": "baru" });
    let second = house.node(second).await;
    assert_eq!(second["address"], "fd77::7");
    assert_eq!(
        (&second["site"]["name"], &second["area"]["code"]),
        (&json!("Kantor Desa"), &json!("62.71.01.1001"))
    );
    for (form, field, why) in [
        (
            json!({ "name": "x", "address": "127.0.0.1" }),
            "address",
            "machine itself",
        ),
        (
            json!({ "name": "x", "address": "0.0.0.0" }),
            "address",
            "no machine",
        ),
        (
            json!({ "name": "x", "address": "224.0.0.5" }),
            "address",
            "many machines",
        ),
        (
            json!({ "name": "x", "address": "255.255.255.255" }),
            "address",
            "all machines",
        ),
        (
            json!({ "name": "x", "address": "router.desa.id" }),
            "address",
            "names are not asked",
        ),
        (
            json!({ "name": "x", "address": "10.62.0.7" }),
            "address",
            "asked already: Simpul",
        ),
        (
            json!({ "name": "x", "address": "fd77::0:7" }),
            "address",
            "asked already: Desa",
        ),
        (
            json!({ "name": "", "address": "10.62.0.9" }),
            "name",
            "empty",
        ),
        (
            json!({ "name": "x", "address": "10.62.0.9", "port": 0 }),
            "port",
            "1 to 65535",
        ),
        (
            json!({ "name": "x", "address": "10.62.0.9", "area": "62.99" }),
            "area",
            "register",
        ),
        (
            json!({ "name": "x", "address": "10.62.0.9", "area": "62", "site": site }),
            "area",
            "the site",
        ),
        (
            json!({ "name": "x", "address": "10.62.0.9", "site": "sit_00000000000000000000000000" }),
            "site",
            "register",
        ),
    ] {
        let refused = house.post(NODES, form.clone()).await.is(422).json();
        let error = &refused["errors"][0];
        assert_eq!(error["field"], field, "{form}: {refused}");
        let detail = error["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(why), "{form}: {detail}");
    }
    assert_eq!(house.states("").await.len(), 2);
    assert_eq!(house.states("?within=62.71").await.len(), 1);
    for bad in ["?state=down", "?limit=0", "?format=pdf", "?warna=x"] {
        house.get(&format!("{NODES}{bad}")).await.is(422);
    }
    // Said otherwise, without another address: how it stood stays.
    house.round(after(1), &[tally("10.62.0.7", 5)], 0).await;
    let path = format!("{NODES}/{}", id_of(&first));
    let form = json!({ "name": "Simpul Kapuas", "address": "10.62.0.7", "area": "62.03" });
    let changed = house.put(&path, form).await.is(200).json();
    assert_eq!(
        (&changed["name"], &changed["state"], &changed["port"]),
        (&json!("Simpul Kapuas"), &json!("answers"), &Json::Null)
    );
    let form = json!({ "name": "Simpul Kapuas", "address": "10.62.0.8", "area": "62.03" });
    let other = house.put(&path, form).await.is(200).json();
    assert_eq!(
        (&other["state"], &other["last"]),
        (&json!("unasked"), &Json::Null)
    );
    assert_eq!(house.spans(&id_of(&first)).await, []);
    // What the round before has still to say is of the other address.
    house.round(after(2), &[tally("10.62.0.7", 5)], 0).await;
    assert_eq!(house.states("?state=unasked").await.len(), 2);
    let file = house
        .get(&format!("{NODES}?format=csv"))
        .await
        .is(200)
        .text();
    assert_eq!(file.lines().count(), 3);
    assert!(file.contains("Simpul Kapuas,10.62.0.8,,"), "{file}");
    let gone = house.call(&house.admin, "DELETE", &path, None).await;
    gone.is(204);
    for (method, body) in [("GET", None), ("DELETE", None)] {
        let answer = house.call(&house.admin, method, &path, body).await.is(404);
        assert_eq!(answer.slug(), "node");
    }
    let log = house.get("/api/v1/audit?limit=100").await.is(200).text();
    for verb in [
        "node.added",
        "node.changed",
        "node.exported",
        "node.removed",
    ] {
        assert!(log.contains(verb), "{verb}: {log}");
    }
}

async fn pasted(db: Db) {
    let house = House::new(db).await;
    house
        .node(json!({ "name": "Lama", "address": "10.62.0.1" }))
        .await;
    let list = format!("{NODES}/list");
    let lines = "# simpul\nSatu;10.62.0.2;8291;pasang\nDua;10.62.0.1\n\nTiga;10.62.0.2\n10.62.0.4\nLima;localhost";
    let form =
        |lines: &str, preview: bool| json!({ "lines": lines, "area": "62.01", "preview": preview });
    let preview = house.post(&list, form(lines, true)).await.is(200).json();
    let found: Vec<_> = preview["lines"]
        .as_array()
        .expect("lines")
        .iter()
        .map(|it| {
            (
                it["line"].as_u64(),
                it["name"].as_str(),
                it["fault"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (Some(2), Some("Satu"), None),
            (Some(3), Some("Dua"), Some("taken")),
            (Some(5), Some("Tiga"), Some("twice")),
            (Some(6), Some("10.62.0.4"), None),
            (Some(7), Some("Lima"), Some("not_address")),
        ]
    );
    assert_eq!(
        (&preview["added"], &preview["faults"]),
        (&json!(0), &json!(3))
    );
    // All of it or nothing, and each line is named.
    let refused = house.post(&list, form(lines, false)).await.is(422).json();
    let fields: Vec<_> = refused["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|it| it["field"].as_str())
        .collect();
    assert_eq!(fields, [Some("lines.3"), Some("lines.5"), Some("lines.7")]);
    assert_eq!(house.states("").await.len(), 1);
    let good = "Satu;10.62.0.2;8291;pasang\n10.62.0.4";
    let added = house.post(&list, form(good, false)).await.is(201).json();
    assert_eq!((&added["added"], &added["faults"]), (&json!(2), &json!(0)));
    assert_eq!(house.states("?within=62.01").await.len(), 2);
    for empty in ["", "\n# apa\n"] {
        house.post(&list, form(empty, true)).await.is(422);
    }
    // As many as a house asks, and no more.
    let many: String = (0..1_998)
        .map(|n| format!("10.63.{}.{}\n", n / 250, n % 250 + 1))
        .collect();
    let full = house.post(&list, form(&many, true)).await.is(200).json();
    assert_eq!(full["faults"], 1);
    assert_eq!(full["lines"][1_997]["fault"], "full");
    let fits = many.trim_end().rsplit_once('\n').expect("lines").0;
    house.post(&list, form(fits, false)).await.is(201);
    let one = json!({ "name": "lebih", "address": "10.64.0.1" });
    assert_eq!(house.post(NODES, one).await.is(429).slug(), "nodes");
}

async fn rights(db: Db) {
    let house = House::new(db).await;
    let site = json!({ "name": "Kantor", "kind": "kantor_desa", "area": "62.71.01.1001" });
    let site = id_of(&house.post("/api/v1/sites", site).await.is(201).json());
    for (name, address, at) in [
        ("kota", "10.62.0.1", json!({ "site": site })),
        ("jauh", "10.62.0.2", json!({ "area": "62.01" })),
        ("rumah", "10.62.0.3", json!({})),
    ] {
        let mut form = at;
        form["name"] = json!(name);
        form["address"] = json!(address);
        house.node(form).await;
    }
    let team = house.person("tim", "konektivitas", Some("62.71")).await;
    let reader = house.person("baca", "pimpinan", Some("62.01")).await;
    let names = |answer: Answer| -> Vec<String> {
        let page = answer.is(200).json();
        let items = page["items"].as_array().expect("nodes").iter();
        items
            .map(|it| it["name"].as_str().expect("a name").to_owned())
            .collect()
    };
    assert_eq!(names(house.call(&team, "GET", NODES, None).await), ["kota"]);
    assert_eq!(
        names(house.call(&reader, "GET", NODES, None).await),
        ["jauh"]
    );
    let all = house.get(NODES).await.is(200).json();
    let id = |name: &str| {
        let items = all["items"].as_array().expect("nodes");
        id_of(items.iter().find(|it| it["name"] == name).expect("a node"))
    };
    let far = format!("{NODES}/{}", id("jauh"));
    house.call(&team, "GET", &far, None).await.is(404);
    house.call(&team, "DELETE", &far, None).await.is(404);
    house.call(&reader, "DELETE", &far, None).await.is(403);
    let form =
        |address: &str, area: &str| Some(json!({ "name": "x", "address": address, "area": area }));
    house
        .call(&team, "POST", NODES, form("10.62.0.9", "62.01"))
        .await
        .is(403);
    house
        .call(&reader, "POST", NODES, form("10.62.0.9", "62.01"))
        .await
        .is(403);
    // What he may not know of is not named to him.
    let taken = house
        .call(&team, "POST", NODES, form("10.62.0.2", "62.71"))
        .await;
    let taken = taken.is(422).json();
    let why = taken["errors"][0]["detail"].as_str();
    assert_eq!(why, Some("is asked already"));
    // Not out of his own place either.
    let near = format!("{NODES}/{}", id("kota"));
    house
        .call(&team, "PUT", &near, form("10.62.0.1", "62.01"))
        .await
        .is(403);
    house
        .call(&team, "PUT", &near, form("10.62.0.1", "62.71.01"))
        .await
        .is(200);
    let pause = Some(json!({ "paused": true }));
    house
        .call(&team, "PUT", &format!("{near}/paused"), pause)
        .await
        .is(200);
    house.call(&team, "DELETE", &near, None).await.is(204);
}

/// Rounds say who answers, and since when; what was not asked is not known.
async fn rounds(db: Db) {
    let house = House::new(db).await;
    for (name, address) in [("a", "10.62.0.1"), ("b", "10.62.0.2"), ("c", "10.62.0.3")] {
        house
            .node(json!({ "name": name, "address": address }))
            .await;
    }
    let all = house.get(NODES).await.is(200).json();
    let items = all["items"].as_array().expect("nodes");
    let b = id_of(items.iter().find(|it| it["name"] == "b").expect("a node"));
    let some = |b: u32| [tally("10.62.0.1", 5), tally("10.62.0.2", b)];
    let lost = Tally {
        sent: 0,
        unsent: 5,
        refusal: Some(Refusal::NoRoute),
        ..tally("10.62.0.3", 0)
    };
    house.round(after(1), &some(3), 0).await;
    house.round(after(2), &some(0), 0).await;
    house
        .round(after(3), &[&some(0)[..], &[lost]].concat(), 0)
        .await;
    let state = |name: &str, state: &str| (name.to_owned(), state.to_owned());
    assert_eq!(
        house.states("").await,
        [
            state("b", "silent"),
            state("c", "unknown"),
            state("a", "answers")
        ]
    );
    let page = house.get(NODES).await.is(200).json();
    assert_eq!(
        page["counts"],
        json!({ "nodes": 3, "silent": 1, "unknown": 1, "unasked": 0, "answers": 1, "paused": 0 })
    );
    assert_eq!(page["items"][0]["since_us"], after(2).as_us());
    assert_eq!(page["items"][1]["last"]["refusal"], "no_route");
    assert_eq!(page["items"][2]["since_us"], after(1).as_us());
    let span = |state: &str, from: i64, to: i64| (state.to_owned(), from, to);
    house.clock.set_wall(after(4));
    assert_eq!(
        house.spans(&b).await,
        [span("answers", 1, 2), span("silent", 2, 4)]
    );
    // Answers were lost here, so nobody is called silent.
    house.round(after(4), &some(0), 1).await;
    house.round(after(5), &some(5), 1).await;
    house.clock.set_wall(after(11));
    assert_eq!(
        house.states("?state=unasked").await.len(),
        3,
        "nobody was asked for longer"
    );
    house.round(after(30), &some(5), 0).await;
    let rest = format!("{NODES}/{b}/paused");
    house.clock.set_wall(after(31));
    let paused = house
        .put(&rest, json!({ "paused": true }))
        .await
        .is(200)
        .json();
    assert_eq!(
        (&paused["state"], &paused["last"]),
        (&json!("paused"), &Json::Null)
    );
    house.put(&rest, json!({ "paused": true })).await.is(200);
    house.round(after(32), &some(0), 0).await;
    house.clock.set_wall(after(40));
    let resumed = house
        .put(&rest, json!({ "paused": false }))
        .await
        .is(200)
        .json();
    assert_eq!(resumed["state"], "unasked");
    house.round(after(41), &some(0), 0).await;
    house.clock.set_wall(after(42));
    let before = [
        span("answers", 1, 2),
        span("silent", 2, 4),
        span("unknown", 4, 5),
        span("answers", 5, 6),
        span("answers", 30, 31),
        span("silent", 41, 42),
    ];
    assert_eq!(house.spans(&b).await, before);
    // A week later what is older is gone; what goes on is not.
    let week = 7 * 24 * 60;
    house.round(after(week + 5), &some(0), 0).await;
    let left: Vec<_> = house
        .spans(&b)
        .await
        .into_iter()
        .map(|it| (it.1, it.2))
        .collect();
    assert_eq!(left, [(5, 6), (30, 31), (41, 42)]);
    house.round(after(week + 7), &some(0), 0).await;
    house.clock.set_wall(after(week + 8));
    let left: Vec<_> = house
        .spans(&b)
        .await
        .into_iter()
        .map(|it| (it.1, it.2))
        .collect();
    assert_eq!(
        left,
        [
            (30, 31),
            (41, 42),
            (
                i64::try_from(week + 5).expect("small"),
                i64::try_from(week + 8).expect("small")
            )
        ]
    );
}

/// One that comes and goes by the minute does not fill the disk.
async fn restless(db: Db) {
    let house = House::new(db).await;
    let node = house
        .node(json!({ "name": "a", "address": "10.62.0.1" }))
        .await;
    for minute in 0..1_010 {
        let answers = u32::from(minute % 2 == 0);
        house
            .round(after(minute), &[tally("10.62.0.1", answers)], 0)
            .await;
    }
    let spans = house.spans(&id_of(&node)).await;
    assert_eq!(spans.first().map(|it| it.1), Some(9));
    assert_eq!(spans.len(), 1_000);
}

/// A house of a made-up province asks nobody outside itself: its clock stands still, so
/// a round that asked somebody would not end.
async fn made_up(db: Db) {
    let house = House::new(db).await;
    house
        .node(json!({ "name": "a", "address": "10.62.0.1" }))
        .await;
    round(&house.hall, 0).await;
    let page = house.get(NODES).await.is(200).json();
    assert_eq!(
        (&page["simulated"], &page["round"]),
        (&json!(true), &Json::Null)
    );
    assert_eq!(page["items"][0]["state"], "unasked");
}

on_both! {
    what_is_registered_is_precise_and_can_be_taken_back: register;
    a_list_is_added_as_a_whole_or_not_at_all: pasted;
    rights_follow_the_place_of_the_site: rights;
    rounds_say_who_answers_and_since_when: rounds;
    one_that_comes_and_goes_does_not_fill_the_disk: restless;
    a_made_up_province_asks_nobody: made_up;
}
