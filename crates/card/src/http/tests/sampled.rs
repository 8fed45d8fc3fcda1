//! How well a list meets whom it is for: counted, sampled, visited, estimated.

mod measured;

use super::*;

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
berlaku_dari = 2025-01-01

[[aturan]]
id = "desil"
jenis = "syarat"
nama = "Desil 1 sampai 2"
dasar = "pasal 4"
jika = { kolom = "desil", op = "<=", nilai = 2 }
"#;

/// Families of one each, forty in each of these.
const FAMILIES: u32 = 160;

const VILLAGES: [&str; 4] = [
    "62.02.01.1009",
    "62.02.01.1010",
    "62.11.05.2001",
    "62.11.05.2004",
];

fn village(family: u32) -> &'static str {
    VILLAGES[family as usize % VILLAGES.len()]
}

/// Of each five: 0 should receive and does, 1 should and did not, 2 should not and does, the
/// others neither should nor do.
fn part(family: u32) -> u32 {
    family / 4 % 5
}

fn one(family: u32, village: &str) -> String {
    let name = |at: u32| NAMES[at as usize % NAMES.len()];
    let (day, month, year) = (1 + family % 28, 1 + family / 28 % 12, 50 + family % 40);
    let first = name(family).split(' ').next().unwrap_or_default();
    let last = name(family / 8 + 3).split(' ').next_back();
    let (last, mother) = (last.unwrap_or_default(), name(family / 3 + 5));
    format!(
        "620211{day:02}{month:02}{year}{family:04},620211010115{family:04},{first} {last},\
         19{year}-{month:02}-{day:02},L,Sampit,{mother},KEPALA,Jl. Mawar {family},{village}"
    )
}

/// A house with a list that was adopted: all who should and all who did.
async fn house(db: Db) -> House {
    let house = House::new(db).await;
    let rows = (0..FAMILIES).map(|it| {
        let decile = if part(it) < 2 { 1 + it % 2 } else { 5 };
        format!("{},{decile}\n", one(it, village(it)))
    });
    // One more, who should, and of whom nobody knows where he lives.
    let lost = format!("{},1\n", one(FAMILIES, ""));
    let dtsen = format!("{WHO},desil\n{}{lost}", rows.collect::<String>());
    let source = json!({ "title": "DTSEN uji", "owner": "BPS", "as_of": "2025-11-01" });
    house.bring("dtsen", &dtsen, source).await;
    let rows = (0..FAMILIES).filter(|it| matches!(part(*it), 0 | 2));
    let rows = rows.map(|it| format!("{}\n", one(it, village(it))));
    let kpm = format!("{WHO}\n{}", rows.collect::<String>());
    house
        .bring("kpm", &kpm, json!({ "title": "KPM uji", "owner": "uji" }))
        .await;
    house.examine(json!({})).await;
    let none = house.get("/api/v1/card/indicators").await.is(404);
    assert_eq!(none.slug(), "card-decision");
    let text = json!({ "text": RULES });
    house.post("/api/v1/card/programmes", text).await.is(201);
    house.adopts("pangan", Some("desil:fails")).await;
    house
}

impl House {
    /// Adopts a list, by holding a group where there is one.
    async fn adopts(&self, slug: &str, group: Option<&str>) -> Json {
        let form = json!({ "slug": slug });
        let begun = self.post("/api/v1/card/decisions", form).await.is(201);
        let at = format!("/api/v1/card/decisions/{}", begun.json()["number"]);
        if let Some(group) = group {
            let form = json!({ "answer": "hold", "reason": "menunggu kunjungan" });
            let path = format!("{at}/rulings/{group}");
            self.call(&self.admin, "PUT", &path, Some(form))
                .await
                .is(200);
        }
        let draft = self.get(&at).await.is(200).json();
        let form = json!({ "receiving": draft["receiving"], "decree": "460/12/2025",
            "decree_day": "2025-12-02",
            "signatories": [{ "name": "Contoh", "office": "Kepala Dinas Sosial" }] });
        self.post(&format!("{at}/adoption"), form).await.is(202);
        let view = self.until(&at, |view| view["state"] != "writing").await;
        assert_eq!(view["state"], "adopted", "{view}");
        view
    }

    async fn indicators(&self) -> Json {
        let path = "/api/v1/card/indicators?decision=1";
        self.get(path).await.is(200).json()
    }

    async fn drawn(&self, half_width: f64) -> Json {
        let form = json!({ "decision": 1, "half_width": half_width, "rho": 0.0, "response": 1.0,
            "reference": "Pedoman verifikasi lapangan (uji)" });
        self.post("/api/v1/card/samples", form).await.is(201).json()
    }

    async fn visits(&self, cookie: &str, sample: i64) -> Vec<Json> {
        let path = format!("/api/v1/card/samples/{sample}/visits?limit=1000");
        let found = self.call(cookie, "GET", &path, None).await.is(200).json();
        assert_eq!(found["next"], Json::Null);
        found["items"].as_array().expect("visits").clone()
    }

    async fn visited(&self, cookie: &str, items: Json) -> Answer {
        let path = "/api/v1/card/samples/1/outcomes";
        let form = json!({ "items": items });
        self.call(cookie, "PUT", path, Some(form)).await
    }

    async fn answered(&self, sample: i64) -> u64 {
        let path = format!("/api/v1/card/samples/{sample}");
        let whole = self.get(&path).await.is(200).json();
        whole["answered"].as_u64().expect("a number")
    }

    async fn differs(&self, sample: i64) -> Vec<String> {
        let path = format!("/api/v1/card/samples/{sample}/verification");
        let found = self.post(&path, json!({})).await.is(200).json();
        let differs = found["differs"].as_array().expect("differences").iter();
        let differs: Vec<String> = differs
            .map(|it| it.as_str().expect("a text").to_owned())
            .collect();
        assert_eq!(found["is_sound"], differs.is_empty(), "{found}");
        differs
    }
}

/// What is found at a visit of the tests, as it is sent.
fn outcome(visit: u64) -> Json {
    let (outcome, found) = match visit {
        it if it % 7 == 0 => ("unreached", None),
        it if it % 9 == 0 => ("gone", None),
        it if it % 11 == 0 => ("part", None),
        it if it % 6 == 1 => ("found", Some((2, 2))),
        it => ("found", Some((1, it % 2))),
    };
    match found {
        None => json!({ "visit": visit, "outcome": outcome }),
        Some((households, eligible)) => json!({ "visit": visit, "outcome": outcome,
            "households": households, "eligible": eligible }),
    }
}

/// The weights of those who were reached: where somebody was not, those of his village and
/// standing who were stand for him, too.
fn weighed(visits: &[Json]) -> Vec<(&Json, f64)> {
    let weight = |it: &Json| it["weight"].as_f64().expect("a weight");
    let is_met = |it: &Json| it["outcome"] != "unreached" && !it["outcome"].is_null();
    let like = |a: &Json, b: &Json| a["area"] == b["area"] && a["receiving"] == b["receiving"];
    let met = visits.iter().filter(|it| is_met(it));
    met.map(|one| {
        let alike = visits.iter().filter(|it| like(it, one));
        let all: f64 = alike.clone().map(weight).sum();
        let met: f64 = alike.filter(|it| is_met(it)).map(weight).sum();
        (one, weight(one) * all / met)
    })
    .collect()
}

/// A share of weights: of what, and what of it.
fn ratio(visits: &[Json], of: impl Fn(&Json) -> f64, part: impl Fn(&Json) -> f64) -> f64 {
    let weighed = weighed(visits);
    let sum = |value: &dyn Fn(&Json) -> f64| -> f64 {
        weighed.iter().map(|(it, weight)| weight * value(it)).sum()
    };
    sum(&part) / sum(&of)
}

fn close(one: &Json, other: f64) {
    let one = one.as_f64().expect("a number");
    assert!((one - other).abs() < 1e-9, "{one} is not {other}");
}

/// From a sample to an estimate, which follows by hand from the weights of the visits.
async fn whole(db: Db) {
    let house = house(db).await;
    let sizing = json!({ "decision": 1, "half_width": 0.2, "rho": 0.0, "response": 1.0 });
    let size = house
        .post("/api/v1/card/samples/sizing", sizing)
        .await
        .is(200)
        .json();
    assert_eq!(
        (&size["covered"], &size["not_covered"]),
        (&json!(160), &json!(1))
    );
    let strata = size["strata"].as_array().expect("strata");
    assert_eq!(strata[1]["code"], "62.11");
    assert_eq!(
        (&strata[1]["villages"], &strata[1]["of_villages"]),
        (&json!(2), &json!(2))
    );
    for (field, wrong) in [("half_width", 0.6), ("take", 0.0), ("response", 2.0)] {
        let mut form = json!({ "decision": 1 });
        form[field] = json!(wrong);
        let refused = house
            .post("/api/v1/card/samples/sizing", form)
            .await
            .is(422);
        assert!(refused.text().contains(field), "{}", refused.text());
    }
    let short = json!({ "decision": 1, "reference": "singkat" });
    house.post("/api/v1/card/samples", short).await.is(422);
    let unknown = json!({ "decision": 7, "reference": "Pedoman yang panjang" });
    house.post("/api/v1/card/samples", unknown).await.is(404);
    let sample = house.drawn(0.1).await;
    assert_eq!(
        (&sample["number"], &sample["state"]),
        (&json!(1), &json!("open"))
    );
    let again = json!({ "decision": 1, "reference": "Pedoman verifikasi lapangan (uji)" });
    let refused = house.post("/api/v1/card/samples", again).await.is(409);
    assert_eq!(refused.slug(), "card-sample-open");
    let list = house.get("/api/v1/card/decisions/1").await.is(200).json();
    let hash = list["adopted"]["sha256"].as_str().expect("a hash");
    let seed = store::blob::Sha256::of(format!("{hash} 1").as_bytes());
    assert_eq!(sample["seed"], seed.as_str());
    let villages = sample["villages"].as_array().expect("villages");
    assert_eq!(villages.len(), 4);
    assert_eq!(villages[0]["receiving_frame"], 24);
    let count = sample["visits"].as_u64().expect("a number");
    assert!(count > 60, "{sample}");

    // Whoever visits is not told who receives.
    let visits = house.visits(&house.admin, 1).await;
    assert_eq!(visits.len() as u64, count);
    for visit in &visits {
        assert_eq!(
            (&visit["weight"], &visit["receiving"]),
            (&Json::Null, &Json::Null)
        );
        assert_eq!(visit.get("subject"), None);
    }
    let path = "/api/v1/card/samples/1/visits";
    let file = house
        .get(&format!("{path}?format=csv"))
        .await
        .is(200)
        .text();
    assert!(
        !file.contains("menerima") && !file.contains("bobot"),
        "{file}"
    );
    assert_eq!(file.lines().count() as u64, count + 1);
    let page = house
        .get(&format!("{path}?limit=2&cursor=3"))
        .await
        .is(200)
        .json();
    assert_eq!(
        (&page["items"][0]["number"], &page["next"]),
        (&json!(4), &json!("5"))
    );
    let form = json!({ "area": VILLAGES[0], "purpose": "kunjungan uji" });
    let sheet = house
        .post("/api/v1/card/samples/1/sheets", form)
        .await
        .is(200)
        .text();
    let of_first = visits.iter().filter(|it| it["area"] == VILLAGES[0]).count();
    assert_eq!(sheet.lines().count(), of_first + 1);
    assert!(
        sheet.contains("Jl. Mawar") && !sheet.contains("menerima"),
        "{sheet}"
    );
    assert!(
        (0..FAMILIES).all(|it| !sheet.contains(&one(it, "")[..16])),
        "{sheet}"
    );
    let form = json!({ "area": "62.02.01.2003", "purpose": "uji" });
    house
        .post("/api/v1/card/samples/1/sheets", form)
        .await
        .is(404);

    // What is refused changes nothing.
    let good = outcome(1);
    for (bad, status, slug) in [
        (
            json!({ "visit": 9_999, "outcome": "gone" }),
            404,
            "card-visit",
        ),
        (json!({ "visit": 2, "outcome": "found" }), 422, "form"),
        (
            json!({ "visit": 2, "outcome": "found", "households": 1, "eligible": 2 }),
            422,
            "form",
        ),
        (
            json!({ "visit": 2, "outcome": "gone", "households": 1, "eligible": 0 }),
            422,
            "form",
        ),
        (outcome(1), 422, "form"),
    ] {
        let number = bad["visit"].to_string();
        let refused = house
            .visited(&house.admin, json!([good, bad]))
            .await
            .is(status);
        assert!(refused.text().contains(&number), "{}", refused.text());
        assert_eq!(refused.slug(), slug);
    }
    house.visited(&house.admin, json!([])).await.is(422);
    assert_eq!(house.answered(1).await, 0);
    assert_eq!(house.indicators().await["field"], Json::Null);

    let items: Vec<Json> = (1..=count).map(outcome).collect();
    // An outcome can be changed while the sample is open.
    let first = json!([{ "visit": 1, "outcome": "part" }]);
    house.visited(&house.admin, first).await.is(200);
    let kept = house
        .visited(&house.admin, json!(items))
        .await
        .is(200)
        .json();
    assert_eq!(kept["answered"], count);
    assert_eq!(kept.get("villages"), None);
    let open = house.indicators().await["field"].clone();
    assert_eq!(open["state"], "open");
    let refused = house
        .call(&house.admin, "DELETE", "/api/v1/card/samples/1", None)
        .await
        .is(409);
    assert_eq!(refused.slug(), "card-sample-answered");
    let closed = house
        .post("/api/v1/card/samples/1/closing", json!({}))
        .await;
    assert_eq!(closed.is(200).json()["state"], "closed");
    let late = house.visited(&house.admin, json!([good])).await.is(409);
    assert_eq!(late.slug(), "card-sample-ended");

    // By hand, from the weights.
    let visits = house.visits(&house.admin, 1).await;
    let field = house.indicators().await["field"].clone();
    assert_eq!(field["inclusion"], open["inclusion"]);
    let number = |it: &Json, word: &str| it[word].as_f64().unwrap_or(0.0);
    let receives = |it: &Json| f64::from(u8::from(it["receiving"] == true));
    let wrong = |it: &Json| match number(it, "eligible") > 0.0 {
        true => 0.0,
        false => receives(it),
    };
    close(
        &field["inclusion"]["share"]["share"],
        ratio(&visits, receives, wrong),
    );
    let left_out = |it: &Json| (number(it, "eligible") - receives(it)).max(0.0);
    let eligible = |it: &Json| number(it, "eligible");
    close(
        &field["exclusion"]["share"]["share"],
        ratio(&visits, eligible, left_out),
    );
    let by_linkage = |it: &Json| {
        let is_two = number(it, "households") > 1.0 && number(it, "eligible") > 1.0;
        receives(it) * f64::from(u8::from(it["outcome"] == "part" || is_two))
    };
    close(
        &field["linkage_share"]["share"]["share"],
        ratio(&visits, receives, by_linkage),
    );
    let reached = visits.iter().filter(|it| it["outcome"] != "unreached");
    assert_eq!(field["answered"], reached.count());
    assert_eq!(
        (&field["sampled"], &field["not_covered"]),
        (&json!(count), &json!(1))
    );
    let share = &field["inclusion"]["share"];
    let ends = ["low", "share", "high"].map(|word| number(share, word));
    assert!(ends[0] < ends[1] && ends[1] < ends[2], "{field}");
    let bounds = &field["if_unreached"]["inclusion"];
    assert!(number(bounds, "low") < number(bounds, "high"), "{field}");
    close(&field["aimed"]["half_width"], 0.1);
    let file = house
        .get("/api/v1/card/indicators?format=csv")
        .await
        .is(200)
        .text();
    assert!(file.contains("Pedoman verifikasi lapangan (uji)"), "{file}");
    let file = house
        .get(&format!("{path}?format=csv"))
        .await
        .is(200)
        .text();
    assert!(file.contains("bobot,menerima"), "{file}");
    assert!(house.differs(1).await.is_empty());
}

/// Whoever has a part of the province visits there, and nobody else learns of it.
async fn rights(db: Db) {
    let house = house(db).await;
    house.drawn(0.2).await;
    let desa = house.person("desa", "bansos", Some(VILLAGES[0])).await;
    let leader = house.person("gubernur", "pimpinan", None).await;
    let auditor = house.person("auditor", "pengawas", None).await;
    let visits = house.visits(&desa, 1).await;
    assert!(!visits.is_empty() && visits.iter().all(|it| it["area"] == VILLAGES[0]));
    let all = house.visits(&auditor, 1).await;
    let other = all.iter().find(|it| it["area"] != VILLAGES[0]);
    let other = other.expect("a visit")["number"]
        .as_u64()
        .expect("a number");
    let own = visits[0]["number"].as_u64().expect("a number");
    let sheet = |area: &str| Some(json!({ "area": area, "purpose": "uji" }));
    let path = "/api/v1/card/samples/1/sheets";
    house
        .call(&desa, "POST", path, sheet(VILLAGES[0]))
        .await
        .is(200);
    house
        .call(&desa, "POST", path, sheet(VILLAGES[1]))
        .await
        .is(403);
    house
        .call(&auditor, "POST", path, sheet(VILLAGES[0]))
        .await
        .is(403);
    let both = json!([outcome(own), outcome(other)]);
    let refused = house.visited(&desa, both).await.is(404);
    assert!(refused.text().contains(&other.to_string()));
    assert_eq!(house.answered(1).await, 0);
    house.visited(&auditor, json!([outcome(own)])).await.is(403);
    house.visited(&desa, json!([outcome(own)])).await.is(200);
    for (state, count) in [("done", 1), ("open", visits.len() - 1)] {
        let path = format!("/api/v1/card/samples/1/visits?state={state}&area=62.02");
        let seen = house.call(&desa, "GET", &path, None).await.is(200).json();
        assert_eq!(seen["items"].as_array().map(Vec::len), Some(count));
    }
    // By what becomes of a share he could tell who receives.
    let path = "/api/v1/card/indicators";
    let seen = house.call(&desa, "GET", path, None).await.is(200).json();
    assert_eq!(seen["field"], Json::Null);
    let seen = house.call(&leader, "GET", path, None).await.is(200).json();
    assert_eq!(seen["field"]["sample"], 1);
    // In a village of which all receive the frame would tell it of each who is visited.
    let path = "/api/v1/card/samples/1";
    let seen = house.call(&leader, "GET", path, None).await.is(200).json();
    assert_eq!(seen["villages"][0]["receiving_frame"], 24);
    let seen = house.call(&desa, "GET", path, None).await.is(200).json();
    let village = &seen["villages"][0];
    assert_eq!(
        (&village["receiving_frame"], &village["others_frame"]),
        (&Json::Null, &Json::Null)
    );
    assert!(village["visits"].is_u64() && village["chance"].is_f64());
    for (who, method, path, body) in [
        (&leader, "GET", "/api/v1/card/samples/1/visits", None),
        (
            &leader,
            "POST",
            "/api/v1/card/samples/1/verification",
            Some(json!({})),
        ),
        (
            &desa,
            "POST",
            "/api/v1/card/samples/1/verification",
            Some(json!({})),
        ),
        (
            &desa,
            "POST",
            "/api/v1/card/samples/1/closing",
            Some(json!({})),
        ),
        (&desa, "DELETE", "/api/v1/card/samples/1", None),
        (
            &desa,
            "POST",
            "/api/v1/card/samples",
            Some(json!({ "decision": 1, "reference": "Pedoman yang panjang" })),
        ),
    ] {
        house.call(who, method, path, body).await.is(403);
    }
    house
        .post("/api/v1/card/samples/1/closing", json!({}))
        .await
        .is(200);
    let seen = house.call(&desa, "GET", "/api/v1/card/indicators", None);
    assert_eq!(seen.await.is(200).json()["field"]["state"], "closed");
    let seen = house.call(&desa, "GET", "/api/v1/card/samples/1", None);
    let seen = seen.await.is(200).json();
    assert_eq!(seen["villages"][0]["receiving_frame"], 24);
}

/// Of a village with few who receive no number tells how few: neither to whoever counts nor,
/// but for the visits that he may list, to whoever reads families.
async fn few(db: Db) {
    let house = house(db).await;
    house.drawn(0.2).await;
    let leader = house.person("gubernur", "pimpinan", None).await;
    let [lone, tiny, ..] = VILLAGES;
    house
        .change(
            "UPDATE card_sample_village SET receiving_frame = 3 WHERE area_code = '62.02.01.1009'",
        )
        .await;
    house
        .change(
            "UPDATE card_sample_village SET receiving_frame = 3, others_frame = 2 \
             WHERE area_code = '62.02.01.1010'",
        )
        .await;
    let path = "/api/v1/card/samples/1";
    let of = |whole: &Json, area: &str| {
        let villages = whole["villages"].as_array().expect("villages").iter();
        let mut villages = villages.filter(|it| it["area"] == area);
        villages.next().cloned().expect("it")
    };
    let (counts, opens) = (
        house.call(&leader, "GET", path, None).await.is(200).json(),
        house.get(path).await.is(200).json(),
    );
    for whole in [&counts, &opens] {
        for area in [lone, tiny] {
            let it = of(whole, area);
            assert_eq!(it["suppressed"], true);
            assert_eq!(
                (&it["receiving_frame"], &it["others_frame"]),
                (&Json::Null, &Json::Null)
            );
        }
        // How many live there is told where they are not few themselves.
        assert!(of(whole, lone)["chance"].is_f64());
        assert_eq!(of(whole, tiny)["chance"], Json::Null);
    }
    let visits = |whole: &Json, area: &str| {
        let it = of(whole, area);
        (it["visits"].as_u64(), it["answered"].as_u64())
    };
    let sum: Option<u64> = VILLAGES.iter().map(|it| visits(&opens, it).0).sum();
    assert_eq!(sum, counts["visits"].as_u64());
    for area in [lone, tiny] {
        assert_eq!(visits(&counts, area), (None, None));
    }
    // Two that are hidden hide each other.
    for area in &VILLAGES[2..] {
        assert_eq!(visits(&counts, area), visits(&opens, area));
        assert_eq!(of(&counts, area)["suppressed"], false);
    }
}

/// Whatever was changed behind the house's back is named.
async fn tampered(db: Db) {
    let house = house(db).await;
    house.drawn(0.2).await;
    assert!(house.differs(1).await.is_empty());
    house
        .change("UPDATE card_visit SET weight = weight * 2 WHERE number = 3")
        .await;
    assert_eq!(house.differs(1).await, ["visit 3"]);
    house
        .change("UPDATE card_visit SET weight = weight / 2 WHERE number = 3")
        .await;
    house
        .change("UPDATE card_sample_village SET chance = 0.5 WHERE area_code = '62.11.05.2001'")
        .await;
    assert_eq!(house.differs(1).await, ["village 62.11.05.2001"]);
    house
        .change("UPDATE card_sample_village SET chance = 1.0 WHERE area_code = '62.11.05.2001'")
        .await;
    let seed = house.get("/api/v1/card/samples/1").await.is(200).json()["seed"].clone();
    house.change("UPDATE card_sample SET seed = 'ab'").await;
    assert_eq!(house.differs(1).await, ["seed", "audit"]);
    house
        .change("UPDATE card_sample SET state = 'dropped'")
        .await;
    // One that was dropped is none: whoever draws again draws the same.
    let again = house.drawn(0.2).await;
    assert_eq!(again["number"], 2);
    assert_eq!(again["seed"], seed);
    assert!(house.differs(2).await.is_empty());
    // Somebody is put on the list or off it, drawn or not.
    house
        .change("UPDATE card_judged SET verdict = 'excluded', place = NULL WHERE place = 40")
        .await;
    let differs = house.differs(2).await;
    assert_eq!(differs[0], "list", "{differs:?}");
    house
        .change(
            "UPDATE card_judged SET verdict = 'included', place = 40 \
             WHERE verdict = 'excluded'",
        )
        .await;
    assert!(house.differs(2).await.is_empty());
    house.change("UPDATE card_decision SET sha256 = 'ab'").await;
    assert_eq!(house.differs(2).await, ["seed"]);
    let path = "/api/v1/card/samples/2/outcomes";
    let form = json!({ "items": [outcome(1), outcome(2)] });
    house
        .call(&house.admin, "PUT", path, Some(form))
        .await
        .is(200);
    house
        .post("/api/v1/card/samples/2/closing", json!({}))
        .await
        .is(200);
    assert_eq!(house.differs(2).await, ["seed"]);
    house
        .change("UPDATE card_visit SET eligible = 0 WHERE sample = 2 AND number = 1")
        .await;
    assert_eq!(house.differs(2).await, ["seed", "outcomes"]);
    house.change("UPDATE card_run SET facts_blob = NULL").await;
    assert_eq!(house.differs(2).await, ["seed", "facts", "outcomes"]);
}

/// A sample that nobody was visited of is dropped, and stays on record; persons are sampled,
/// too.
async fn ended(db: Db) {
    let house = house(db).await;
    house.drawn(0.2).await;
    house
        .call(&house.admin, "DELETE", "/api/v1/card/samples/1", None)
        .await
        .is(204);
    house
        .call(&house.admin, "DELETE", "/api/v1/card/samples/1", None)
        .await
        .is(409);
    house
        .call(&house.admin, "DELETE", "/api/v1/card/samples/9", None)
        .await
        .is(404);
    let rules = RULES
        .replace("\"pangan\"", "\"berobat\"")
        .replace("\"keluarga\"", "\"orang\"");
    house
        .post("/api/v1/card/programmes", json!({ "text": rules }))
        .await
        .is(201);
    house.adopts("berobat", None).await;
    let path = "/api/v1/card/indicators?decision=2";
    let persons = house.get(path).await.is(200).json();
    assert_eq!(persons["subject"], "person");
    assert_eq!(persons["rules"]["before"], Json::Null);
    assert_eq!(persons["rules"]["after"]["receiving"], 65);
    // The newest of families is another.
    let newest = house.get("/api/v1/card/indicators").await.is(200).json();
    assert_eq!(newest["decision"], 1);
    let form = json!({ "decision": 2, "half_width": 0.2,
        "reference": "Pedoman verifikasi lapangan (uji)" });
    let sample = house
        .post("/api/v1/card/samples", form)
        .await
        .is(201)
        .json();
    assert_eq!(
        (&sample["number"], &sample["decision"]),
        (&json!(2), &json!(2))
    );
    assert!(house.differs(2).await.is_empty());
    let all = house.get("/api/v1/card/samples").await.is(200).json();
    let states: Vec<_> = all["items"].as_array().expect("samples").iter().collect();
    let states: Vec<_> = states.iter().map(|it| it["state"].as_str()).collect();
    assert_eq!(states, [Some("open"), Some("dropped")]);
    // The same request twice draws one.
    house
        .call(&house.admin, "DELETE", "/api/v1/card/samples/2", None)
        .await
        .is(204);
    let form = json!({ "decision": 2, "reference": "Pedoman verifikasi lapangan (uji)" });
    for _ in 0..2 {
        let request = Request::post("/api/v1/card/samples")
            .header("cookie", &house.admin)
            .header("content-type", "application/json")
            .header("idempotency-key", "sampel-uji")
            .body(Body::from(form.to_string()))
            .expect("a request");
        assert_eq!(house.send(request).await.is(201).json()["number"], 3);
    }
    let one = house.get("/api/v1/card/samples?decision=1&limit=1").await;
    assert_eq!(one.is(200).json()["items"][0]["number"], 1);
    house.get("/api/v1/card/samples?cursor=x").await.is(422);
}

on_both! {
    an_estimate_follows_from_a_sample_that_chance_has_drawn: whole;
    each_visits_in_his_area_and_is_not_told_who_receives: rights;
    of_a_village_with_few_no_number_tells_how_few: few;
    a_sample_is_drawn_again_and_what_differs_is_named: tampered;
    a_sample_ends_and_persons_are_sampled_too: ended;
}
