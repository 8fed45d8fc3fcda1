//! A dish, a box that asks it and a house that hears of it, as programs of their own. The
//! dish writes what it answers octet by octet; nothing here knows its messages.

use std::path::Path;

use hall::task::Tasks;
use serde_json::{Value as Json, json};
use sim::live::dish::{Dish, Scene};

use crate::line::{Kotak, let_in};
use crate::running::{House, data, local, within};

/// The shortest slot of a box, seconds.
const SLOT: &str = "6";

/// The newest that the box has said of its dish, as the house holds it.
fn newest(data: &Path, site: &str) -> Json {
    let said = local(
        data,
        &["sites", "records", "--site", site, "--format", "json"],
    );
    let records: Vec<Json> = serde_json::from_str(&said).expect("JSON");
    let of_dish = records.into_iter().filter(|it| it["kind"] == "dish");
    of_dish
        .max_by_key(|it| it["event_us"].as_i64())
        .expect("a record")
}

/// Whether every field that is expected is said so.
fn says(told: &Json, expected: &Json) -> bool {
    let fields = expected.as_object().expect("fields");
    fields.iter().all(|(name, value)| told[name] == *value)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_scene_of_a_dish_is_told_as_what_it_is() {
    let (_folder, data) = data();
    let house = House::start(&data);
    let (_own, of_box) = crate::running::data();
    let site = let_in(&data, &of_box);
    let tasks = Tasks::new();
    let dish = Dish::somewhere(Scene::Good).open(&tasks).await;
    let (at, shown) = dish.expect("ports");
    let _box = Kotak::told(&of_box, &["--dish", &at, "--slot-seconds", SLOT]);
    let admin = house.admin().await;
    let path = format!("/api/v1/sites/{site}/dish");
    let get = async |path: &str| -> Json {
        let answer = admin.get(house.at(path)).send().await.expect("an answer");
        answer.json().await.expect("JSON")
    };
    // What a dish is like, the word that follows, what the box says of it, what the house
    // adds, and which incident is open.
    let table = [
        (
            Scene::Good,
            "well",
            json!({
                "fault": 0, "id": "ut01000000-00000000-0sim0000", "hardware": "rev4_sim",
                "software": "2026.06.23.sim", "bootcount": 31, "uptime_s": 86_400,
                "disablement": 1, "alerts": 0, "outage": null, "obstructed": false,
                "obstructed_ppm": 1_000, "lost_permille": 0,
                "outages": [],
            }),
            json!({ "bill": false, "alerts": [] }),
            None,
        ),
        (
            Scene::Obstructed,
            "obstructed",
            json!({
                "disablement": 1, "alerts": 131_072, "outage": 6, "obstructed": true,
                "obstructed_ppm": 180_000,
            }),
            json!({ "bill": false, "alerts": ["lower_signal_than_predicted"] }),
            None,
        ),
        (
            Scene::Rebooting,
            "booting",
            json!({ "uptime_s": 22, "reboot_reason": 4, "outage": 1, "disablement": 1 }),
            json!({ "bill": false, "uptime_s": 22 }),
            None,
        ),
        (
            Scene::NoAccount,
            "no_account",
            json!({ "fault": 0, "disablement": 2, "outage": 8 }),
            json!({ "bill": true, "disablement": 2, "stale": false }),
            Some("dish.bill"),
        ),
        // It cannot be asked: who has not paid before has not paid now.
        (
            Scene::Mute,
            "unreachable",
            json!({ "fault": 2, "id": null, "disablement": 0 }),
            json!({ "bill": false, "id": null }),
            Some("dish.bill"),
        ),
        (
            Scene::Moved,
            "moved",
            json!({ "fault": 0, "disablement": 3, "alerts": 16 }),
            json!({ "bill": false, "alerts": ["unexpected_location"] }),
            Some("dish.moved"),
        ),
        // What it does not say is unknown: neither that it is well, nor that it is not.
        (
            Scene::Bare,
            "unsaid",
            json!({
                "fault": 0, "id": "ut01000000-00000000-0sim0000", "hardware": null,
                "software": null, "bootcount": null, "disablement": 0, "outage": null,
                "obstructed_ppm": null, "seconds": 0, "rtt_ms": null, "power_mw": null,
            }),
            json!({ "bill": false, "hardware": null, "obstructed_ppm": null }),
            Some("dish.moved"),
        ),
        (
            Scene::Good,
            "well",
            json!({ "fault": 0, "disablement": 1, "outage": null }),
            json!({ "bill": false }),
            None,
        ),
    ];
    for (scene, word, said, answered, wrong) in table {
        shown.set(scene);
        within(async {
            loop {
                let told = get(&path).await;
                let open = get("/api/v1/incidents?state=open&limit=100").await;
                let kinds = open["items"].as_array().into_iter().flatten();
                let kinds = kinds.filter_map(|it| it["kind"].as_str());
                let kinds: Vec<_> = kinds.filter(|it| it.starts_with("dish.")).collect();
                if told["word"] == word && kinds == wrong.as_slice() {
                    assert!(says(&told, &answered), "{scene:?}: {told} for {answered}");
                    break;
                }
                tokio::task::yield_now().await;
            }
        })
        .await;
        let record = newest(&data, &site);
        let told = &record["says"];
        assert_eq!(told["word"], word, "{scene:?}: {record}");
        assert!(says(told, &said), "{scene:?}: {told} for {said}");
    }
}

/// Some dishes answer at one door only: where gRPC is closed, gRPC-Web is asked.
#[tokio::test(flavor = "multi_thread")]
async fn a_dish_whose_first_door_is_closed_is_asked_at_the_other() {
    let (_folder, data) = data();
    let house = House::start(&data);
    let (_own, of_box) = crate::running::data();
    let site = let_in(&data, &of_box);
    let tasks = Tasks::new();
    let dish = Dish::somewhere(Scene::NoAccount).open(&tasks).await;
    let (at, _) = dish.expect("ports");
    let web = at.rsplit('/').next().expect("a port");
    // Nobody listens where this one did.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let closed = taken.local_addr().expect("an address").port();
    drop(taken);
    let at = format!("127.0.0.1/{closed}/{web}");
    let _box = Kotak::told(&of_box, &["--dish", &at, "--slot-seconds", SLOT]);
    let admin = house.admin().await;
    let path = format!("/api/v1/sites/{site}/dish");
    within(async {
        loop {
            let answer = admin.get(house.at(&path)).send().await.expect("an answer");
            let told: Json = answer.json().await.expect("JSON");
            if told["word"] == "no_account" {
                assert_eq!(told["disablement"], 2, "{told}");
                break;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
}
