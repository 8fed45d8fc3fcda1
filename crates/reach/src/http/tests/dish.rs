//! What dishes say, and what is opened and cleared for it, on both engines.

use hall::link::kinds;
use prost::Message as _;
use reach_core::dish::{Fault, Said};
use sync::record::{Kind, Quality};

use super::station::Station;
use super::*;
use crate::jobs::{self, evidence::Folder, verdicts::Which};

fn says(disablement: i32) -> (Kind, Vec<u8>) {
    let said = Said {
        disablement,
        uptime_s: Some(77),
        ..Said::default()
    };
    (kinds::DISH, said.encode_to_vec())
}

impl House {
    /// A dish has said something that happened so many minutes after the start, and that
    /// was held then.
    async fn dish(
        &self,
        station: &mut Station,
        body: (Kind, Vec<u8>),
        (happened, held): (u32, u32),
    ) {
        let minutes = |n: u32| START + Duration::from_secs(60) * n;
        let (happened, held) = (minutes(happened), minutes(held));
        station
            .says(&self.hall, body, happened, Quality::Synced, (held, true))
            .await;
        self.clock.set_wall(held);
        jobs::pass(&self.hall, &mut Folder::default(), Which::Past)
            .await
            .expect("a pass");
    }

    /// Kind and state of each incident about dishes.
    async fn about_dishes(&self) -> Vec<String> {
        let page = self.get("/api/v1/incidents?limit=100").await.is(200).json();
        let all = page["items"].as_array().expect("incidents").iter();
        let word = |it: &Json, key: &str| it[key].as_str().unwrap_or("?").to_owned();
        let mut all: Vec<_> = all
            .map(|it| format!("{} {}", word(it, "kind"), word(it, "state")))
            .filter(|it| it.starts_with("dish."))
            .collect();
        all.sort();
        all
    }
}

async fn the_bill(db: Db) {
    let house = House::new(db).await;
    let village = "62.71.01.1001";
    let mut station = Station::new(&house.hall, "Kantor", village, Some("A"), START).await;
    station.hears_time(&house.hall, START, START).await;
    let path = format!("/api/v1/sites/{}/dish", station.site);
    assert_eq!(house.get(&path).await.is(404).slug(), "dish");
    house.dish(&mut station, says(1), (1, 1)).await;
    assert_eq!(house.get(&path).await.is(200).json()["word"], "well");
    assert!(house.about_dishes().await.is_empty());
    house.dish(&mut station, says(2), (2, 2)).await;
    house.dish(&mut station, says(2), (3, 3)).await;
    let told = house.get(&path).await.is(200).json();
    assert_eq!(
        (&told["word"], &told["bill"]),
        (&json!("no_account"), &json!(true))
    );
    let minute = |n: u32| (START + Duration::from_secs(60) * n).as_us();
    assert_eq!(told["since_us"], minute(2));
    assert_eq!(told["at_us"], minute(3));
    assert_eq!(told["uptime_s"], 77);
    assert_eq!(house.about_dishes().await, ["dish.bill open"]);
    // What comes late and was so before changes nothing.
    house.dish(&mut station, says(1), (1, 4)).await;
    assert_eq!(house.get(&path).await.is(200).json()["word"], "no_account");
    // Something else forbids it: that is another thing to be done.
    house.dish(&mut station, says(3), (5, 5)).await;
    assert_eq!(
        house.about_dishes().await,
        ["dish.bill cleared", "dish.moved open"]
    );
    // Nonsense shows nothing, and what is of another kind neither.
    house
        .dish(&mut station, (kinds::DISH, vec![0xff]), (6, 6))
        .await;
    assert_eq!(house.get(&path).await.is(200).json()["word"], "moved");
    // It starts, it does not say, it cannot be asked: none of these says that it is over.
    let silent = Said::not_asked(Fault::Timeout).encode_to_vec();
    let starts = Said {
        outage: Some(1),
        ..Said::default()
    };
    let unsure = [
        silent,
        starts.encode_to_vec(),
        Said::default().encode_to_vec(),
    ];
    let words = [(7, "unreachable"), (8, "booting"), (9, "unsaid")];
    for (body, (at, word)) in unsure.into_iter().zip(words) {
        house
            .dish(&mut station, (kinds::DISH, body), (at, at))
            .await;
        assert_eq!(house.get(&path).await.is(200).json()["word"], word);
        assert_eq!(
            house.about_dishes().await,
            ["dish.bill cleared", "dish.moved open"]
        );
    }
    house
        .dish(
            &mut station,
            (kinds::DISH, starts.encode_to_vec()),
            (10, 10),
        )
        .await;
    // It starts and says that it may be used: the word is the same, and it is over.
    let starts = Said {
        disablement: 1,
        ..starts
    };
    house
        .dish(
            &mut station,
            (kinds::DISH, starts.encode_to_vec()),
            (11, 11),
        )
        .await;
    assert_eq!(
        house.about_dishes().await,
        ["dish.bill cleared", "dish.moved cleared"]
    );
    // A rule that nobody knows is a thing of its own, with its code.
    house.dish(&mut station, says(99), (12, 12)).await;
    let open = house
        .get("/api/v1/incidents?state=open&limit=100")
        .await
        .is(200)
        .json();
    let wrong = open["items"].as_array().expect("incidents").iter();
    let wrong: Vec<_> = wrong.filter(|it| it["kind"] == "dish.forbidden").collect();
    assert_eq!(wrong.len(), 1, "{open}");
    assert_eq!(wrong[0]["facts"]["code"], 99);
}

/// What stands in the row of a site among those that are heard.
async fn the_contact(db: Db) {
    let house = House::new(db).await;
    let village = "62.71.01.1001";
    let mut station = Station::new(&house.hall, "Kantor", village, Some("A"), START).await;
    station.hears_time(&house.hall, START, START).await;
    let dish =
        async || house.get("/api/v1/contact").await.is(200).json()["items"][0]["dish"].clone();
    assert_eq!(dish().await, Json::Null, "nobody has said anything");
    house.dish(&mut station, says(2), (1, 1)).await;
    let minute = |n: u32| START + Duration::from_secs(60) * n;
    let mut told = json!({
        "word": "no_account", "bill": true, "since_us": minute(1).as_us(),
        "at_us": minute(1).as_us(), "stale": false, "disablement": 2, "outage": null,
    });
    assert_eq!(dish().await, told);
    // Twenty minutes are still of now, and no more.
    house.clock.set_wall(minute(21));
    assert_eq!(dish().await, told);
    house.clock.set_wall(minute(22));
    told["stale"] = json!(true);
    assert_eq!(dish().await, told);
    let file = house.get("/api/v1/contact?format=csv").await.is(200).text();
    let row = file.lines().nth(1).expect("a row");
    assert!(row.contains(",no_account,"), "{row}");
}

on_both! {
    a_dish_that_nobody_pays_for_is_a_bill_and_no_cut: the_bill;
    what_a_dish_says_stands_beside_who_is_heard_and_grows_old: the_contact;
}
