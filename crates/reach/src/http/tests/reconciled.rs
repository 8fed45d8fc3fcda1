//! Three lists that contradict each other, in the shape of those that were announced:
//! 457, 376 and 65. Which villages they name is made up here.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// A list as text, and what each of its rows was made from.
struct Made {
    text: String,
    /// Row, village, status.
    rows: Vec<(u32, Option<String>, &'static str)>,
}

/// 457 desa by their codes.
fn first() -> Made {
    let mut made = Made {
        text: "kode desa,desa,blank spot\n".to_owned(),
        rows: Vec::new(),
    };
    let desa = villages().into_iter().filter(|row| &row[0][9..10] == "2");
    for (row, village) in (2..).zip(desa.step_by(3).take(457)) {
        made.text
            .push_str(&format!("{},{},ya\n", village[0], village[1]));
        made.rows.push((row, Some(village[0].clone()), ""));
    }
    made
}

/// 369 rows of 376 that were announced: 202 active, 18 inactive, 149 in distribution;
/// by their names, kelurahan among them. Of the rows three repeat a village, two are
/// mistyped and one is of another province.
fn second() -> Made {
    let mut made = Made {
        text: "kabupaten;kecamatan;desa/kelurahan;status\n".to_owned(),
        rows: Vec::new(),
    };
    let all = villages();
    let (kelurahan, desa): (Vec<_>, Vec<_>) = all.iter().partition(|row| &row[0][9..10] == "1");
    // Names that stand twice in a district cannot be told apart by name.
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for row in &all {
        *counts
            .entry((row[0][..8].to_owned(), row[1].to_lowercase()))
            .or_insert(0) += 1;
    }
    let alone = |row: &&&[String; 4]| counts[&(row[0][..8].to_owned(), row[1].to_lowercase())] == 1;
    let named: Vec<&[String; 4]> = desa
        .iter()
        .step_by(2)
        .filter(alone)
        .take(333)
        .copied()
        .chain(kelurahan.iter().filter(alone).take(30).copied())
        .collect();
    let status = |n: usize| match n {
        0..202 => ("aktif", "active"),
        202..220 => ("tidak aktif", "inactive"),
        _ => ("distribusi", "in_distribution"),
    };
    let mut line = |n: usize, village: &[String; 4], name: &str, means: Option<String>| {
        let (word, state) = status(n);
        made.text
            .push_str(&format!("{};{};{name};{word}\n", village[3], village[2]));
        made.rows
            .push((u32::try_from(n).expect("small") + 2, means, state));
    };
    for n in 0..369 {
        match n {
            0..363 => line(
                n,
                named[n],
                &named[n][1].to_uppercase(),
                Some(named[n][0].clone()),
            ),
            363..366 => line(
                n,
                named[n - 300],
                &named[n - 300][1],
                Some(named[n - 300][0].clone()),
            ),
            366..368 => line(n, named[n - 300], "Desa Yang Tak Ada", None),
            _ => line(
                n,
                &["", "", "Martapura", "Kabupaten Banjar"].map(str::to_owned),
                "Sungai Sipai",
                None,
            ),
        }
    }
    made
}

/// 65 villages whose codes have lost their dots, with their names.
fn third() -> Made {
    let mut made = Made {
        text: "kode wilayah,nama desa,kabupaten\n".to_owned(),
        rows: Vec::new(),
    };
    for (row, village) in (2..).zip(villages().into_iter().skip(7).step_by(20).take(65)) {
        let digits = village[0].replace('.', "");
        made.text
            .push_str(&format!("{digits},{},{}\n", village[1], village[3]));
        made.rows.push((row, Some(village[0].clone()), ""));
    }
    made
}

fn whole(value: &Json) -> i64 {
    value
        .as_i64()
        .unwrap_or_else(|| panic!("{value} is no number"))
}

async fn three_lists(db: Db) {
    let house = House::new(db).await;
    let made = [first(), second(), third()];
    let mut second = by(
        "Diskominfo",
        "2025-05-16",
        "blank spot: tanpa sinyal atau hanya suara",
    );
    second["announced"] = json!(376);
    second["announced_of"] = json!({ "active": 202, "inactive": 18, "in_distribution": 149 });
    let mut first = by("Pemprov", "2025-05-18", "blank spot: cakupan 4G 0 %");
    first["announced"] = json!(457);
    let commits = [
        first,
        second,
        by("BAKTI", "2025-11-01", "blank spot: cakupan 4G 0 %"),
    ];
    let mut sources = Vec::new();
    for (made, commit) in made.iter().zip(commits) {
        sources.push(house.import(&made.text, commit).await);
    }
    // One of the second's rows is of another province: a person says so.
    let path = format!("/api/v1/villages/queue/{}/370", sources[1]);
    house.post(&path, json!({ "village": null })).await.is(201);

    let path = format!(
        "/api/v1/villages/reconciliation?lists={}",
        sources.join(",")
    );
    let found = house.get(&path).await.is(200).json();

    // Counted here from the rows as they were made.
    let sets: Vec<BTreeSet<&String>> = made
        .iter()
        .map(|made| {
            made.rows
                .iter()
                .filter_map(|(_, village, _)| village.as_ref())
                .collect()
        })
        .collect();
    let rows: Vec<i64> = made
        .iter()
        .map(|made| i64::try_from(made.rows.len()).expect("small"))
        .collect();
    assert_eq!(rows, [457, 369, 65]);
    for (at, list) in found["lists"].as_array().expect("lists").iter().enumerate() {
        let waiting = [0, 2, 0][at];
        let foreign = [0, 1, 0][at];
        let villages = i64::try_from(sets[at].len()).expect("small");
        assert_eq!(whole(&list["file_rows"]), rows[at], "{at}");
        assert_eq!(whole(&list["villages"]), villages, "{at}");
        assert_eq!(
            (whole(&list["waiting"]), whole(&list["foreign"])),
            (waiting, foreign),
            "{at}"
        );
        assert_eq!(
            whole(&list["duplicates"]),
            rows[at] - villages - waiting - foreign,
            "{at}"
        );
        let kelurahan = sets[at].iter().filter(|code| &code[9..10] == "1").count();
        assert_eq!(
            whole(&list["kelurahan"]),
            i64::try_from(kelurahan).expect("small"),
            "{at}"
        );
    }
    let second = &found["lists"][1];
    assert_eq!(
        second["duplicate_rows"],
        json!([[65, 365], [66, 366], [67, 367]])
    );
    assert_eq!(
        second["announced"],
        json!({ "total": 376, "not_in_file": 7, "of_statuses": 369, "not_named": 7 }),
        "announced 376, rows 369, difference 7 not named by the source"
    );
    assert_eq!(
        second["statuses"],
        json!({
            "active": { "rows": 202, "announced": 202, "difference": 0 },
            "inactive": { "rows": 18, "announced": 18, "difference": 0 },
            "in_distribution": { "rows": 149, "announced": 149, "difference": 0 },
        })
    );
    assert_eq!(found["lists"][0]["announced"]["not_in_file"], 0);
    assert_eq!(found["lists"][2]["announced"], Json::Null);

    let shared = [0, 1, 2].map(|at| found["pairs"][at]["both"].as_i64());
    assert!(shared.iter().all(|both| *both > Some(0)), "{shared:?}");
    let expected = [
        (0, 1, Some(false), -2),
        (0, 2, Some(true), 167),
        (1, 2, Some(false), 169),
    ];
    for (pair, (one, other, same, days)) in found["pairs"]
        .as_array()
        .expect("pairs")
        .iter()
        .zip(expected)
    {
        let (a, b) = (&sets[one], &sets[other]);
        assert_eq!(pair["first"], sources[one].as_str());
        assert_eq!(pair["second"], sources[other].as_str());
        let count = |set: Vec<&&String>| i64::try_from(set.len()).expect("small");
        assert_eq!(whole(&pair["both"]), count(a.intersection(b).collect()));
        for (key, of, other) in [("only_first", a, b), ("only_second", b, a)] {
            let only: Vec<&&String> = of.difference(other).collect();
            let told = &pair[key];
            assert_eq!(told["villages"], json!(only), "{key}");
            assert_eq!(whole(&told["count"]), count(only.clone()));
            let no_kelurahan = other.iter().all(|code| &code[9..10] != "1");
            let outside = only
                .iter()
                .filter(|code| no_kelurahan && &code[9..10] == "1")
                .count();
            assert_eq!(
                whole(&told["out_of_scope"]),
                i64::try_from(outside).expect("small")
            );
            let others: i64 = told["others"]
                .as_object()
                .expect("by regency")
                .values()
                .map(whole)
                .sum();
            assert_eq!(others + whole(&told["out_of_scope"]), whole(&told["count"]));
        }
        assert_eq!(pair["same_definition"].as_bool(), same);
        assert_eq!(whole(&pair["days"]), days);
    }
    let any: BTreeSet<_> = sets.iter().flatten().collect();
    let all = any
        .iter()
        .filter(|code| sets.iter().all(|set| set.contains(**code)))
        .count();
    assert_eq!(
        whole(&found["in_any"]),
        i64::try_from(any.len()).expect("small")
    );
    assert_eq!(whole(&found["in_all"]), i64::try_from(all).expect("small"));

    // The lists of villages say the same.
    for (filter, count) in [
        ("listed=true", any.len()),
        ("listed=false", 1_571 - any.len()),
    ] {
        let rows = house
            .get(&format!("/api/v1/villages?limit=5000&{filter}"))
            .await
            .is(200)
            .json();
        assert_eq!(
            rows["items"].as_array().map(Vec::len),
            Some(count),
            "{filter}"
        );
    }
    let file = house
        .get(&format!("{path}&format=csv"))
        .await
        .is(200)
        .text();
    assert_eq!(file.lines().count(), any.len() + 1);

    // As known the day before, there was none of them; withdrawn ones are not counted.
    house.clock.turn(DAY);
    house.get(&format!("{path}&known=2025-11-30")).await.is(404);
    house.get(&format!("{path}&known=2025-12-01")).await.is(200);
    let withdrawal = format!("/api/v1/villages/lists/{}/withdrawal", sources[2]);
    house
        .post(&withdrawal, json!({ "why": "daftar uji" }))
        .await
        .is(201);
    house.get(&path).await.is(404);
    let then = house
        .get(&format!("{path}&known=2025-12-01"))
        .await
        .is(200)
        .json();
    assert_eq!(then["pairs"], found["pairs"], "what was known then stays");
    for bad in ["", "src_x", &sources[0], &format!("{0},{0}", sources[0])] {
        house
            .get(&format!("/api/v1/villages/reconciliation?lists={bad}"))
            .await
            .is(422);
    }
}

async fn two_times(db: Db) {
    let house = House::new(db).await;
    let list =
        |word: &str| format!("kode desa,blank spot\n62.71.01.1001,{word}\n62.71.01.1002,ya\n");
    house
        .import(&list("ya"), by("Diskominfo", "2025-05-16", "4G"))
        .await;
    house.clock.turn(DAY);
    // Learned later, and about an earlier day, by somebody else with the same meaning.
    let other = house
        .import(&list("tidak"), by("BAKTI", "2025-03-01", "4G"))
        .await;
    house.clock.turn(DAY);
    let path = "/api/v1/villages/62.71.01.1001";
    let value = |village: &Json| said(village, "blank_spot")["value"]["value"].clone();
    let word = |village: &Json| said(village, "blank_spot")["reason"]["word"].clone();
    for (query, says, why) in [
        ("", json!("ya"), json!("newest")),
        ("?known=2025-12-01", json!("ya"), json!("only")),
        ("?then=2025-04-01", json!("tidak"), json!("only")),
        ("?then=2025-04-01&known=2025-12-01", Json::Null, Json::Null),
        ("?then=2025-02-01", Json::Null, Json::Null),
        ("?known=2025-11-30", Json::Null, Json::Null),
    ] {
        let village = house.get(&format!("{path}{query}")).await.is(200).json();
        assert_eq!(
            (value(&village), word(&village)),
            (says.clone(), why.clone()),
            "{query}"
        );
        // The list of villages says the same as the page of one.
        let query = query.replace('?', "&");
        let rows = house
            .get(&format!("/api/v1/villages?q=62.71.01.1001{query}"))
            .await
            .is(200)
            .json();
        assert_eq!(
            (value(&rows["items"][0]), word(&rows["items"][0])),
            (says, why),
            "{query}"
        );
    }
    let village = house.get(path).await.is(200).json();
    let said_now = said(&village, "blank_spot");
    assert_eq!(said_now["reason"], json!({ "word": "newest", "days": 76 }));
    assert_eq!(said_now["passed"][0]["why"], "older");
    let claims = village["claims"].as_array().expect("claims");
    let rests = claims
        .iter()
        .find(|claim| claim["id"] == said_now["claim"])
        .expect("there");
    assert_eq!(
        (&rests["owner"], &rests["property"]),
        (&json!("Diskominfo"), &json!("blank_spot"))
    );

    let conflicts = house.get("/api/v1/villages/conflicts").await.is(200).json();
    let [conflict] = conflicts["items"].as_array().expect("conflicts").as_slice() else {
        panic!("{conflicts}");
    };
    assert_eq!(
        (&conflict["code"], &conflict["said"]["property"]),
        (&json!("62.71.01.1001"), &json!("blank_spot"))
    );
    assert_eq!(conflict["claims"].as_array().map(Vec::len), Some(2));
    let rows = house
        .get("/api/v1/villages?disputed=true")
        .await
        .is(200)
        .json();
    assert_eq!(rows["items"].as_array().map(Vec::len), Some(1));
    let rows = house
        .get("/api/v1/villages?says=blank_spot:ya")
        .await
        .is(200)
        .json();
    assert_eq!(rows["items"].as_array().map(Vec::len), Some(2));
    house.get("/api/v1/villages?says=blank_spot").await.is(422);

    let path = format!("/api/v1/villages/lists/{other}/withdrawal");
    house.post(&path, json!({ "why": "salah" })).await.is(201);
    let conflicts = house.get("/api/v1/villages/conflicts").await.is(200).json();
    assert_eq!(conflicts["items"], json!([]));
}

on_both! {
    lists_that_contradict_are_led_to_a_named_difference: three_lists;
    what_the_house_says_has_two_times_and_a_reason: two_times;
}
