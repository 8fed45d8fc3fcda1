//! Who is not heard, and what is opened and cleared for it, on both engines.

use hall::link::kinds;
use sync::record::Quality;

use super::station::Station;
use super::*;
use crate::jobs::silence::Listener;

/// Villages of one district: each has one site.
const VILLAGES: [&str; 8] = [
    "62.71.01.1001",
    "62.71.01.1002",
    "62.71.01.1003",
    "62.71.01.1004",
    "62.71.01.1005",
    "62.71.01.1006",
    "62.71.02.1001",
    "62.71.02.1002",
];

impl House {
    fn after(&self, seconds: u64) -> Wall {
        START + Duration::from_secs(seconds)
    }

    async fn hears(&self, station: &mut Station, at: Wall) {
        let body = (kinds::VITALS, Vec::new());
        station
            .says(&self.hall, body, at, Quality::Synced, (at, true))
            .await;
    }

    async fn look(&self, listener: &mut Listener, at: Wall) {
        self.clock.set_wall(at);
        listener.pass(&self.hall).await.expect("a look");
    }

    /// Kind, state and number of subjects of each incident, those that go on first.
    async fn incidents(&self) -> Vec<String> {
        let page = self.get("/api/v1/incidents?limit=100").await.is(200).json();
        let mut all: Vec<_> = page["items"]
            .as_array()
            .expect("incidents")
            .iter()
            .map(|it| {
                let word = |key: &str| it[key].as_str().unwrap_or("?").to_owned();
                format!("{} {}", word("kind"), word("state"))
            })
            .collect();
        all.sort();
        all
    }
}

async fn stations(house: &House, providers: &[&str]) -> Vec<Station> {
    let mut stations = Vec::new();
    for (village, provider) in VILLAGES.iter().zip(providers) {
        let name = format!("Kantor {village}");
        let mut one = Station::new(&house.hall, &name, village, Some(provider), START).await;
        house.hears(&mut one, START).await;
        stations.push(one);
    }
    stations
}

/// One falls silent and comes back; nobody is silent before the house has listened.
async fn alone(db: Db) {
    let house = House::new(db).await;
    let mut stations = stations(&house, &["A", "B", "C", "D", "E", "F"]).await;
    let mut listener = Listener::new(START);
    for minute in 1..=5 {
        let at = house.after(minute * 60);
        for one in &mut stations[1..] {
            house.hears(one, at).await;
        }
        house.look(&mut listener, at - Duration::from_secs(1)).await;
        assert_eq!(house.incidents().await, Vec::<String>::new());
    }
    house.look(&mut listener, house.after(300)).await;
    assert_eq!(house.incidents().await, ["link.silent open"]);
    let contact = house
        .get("/api/v1/contact?contact=silent")
        .await
        .is(200)
        .json();
    assert_eq!(contact["items"][0]["site"], stations[0].site.to_string());
    assert_eq!(contact["counts"]["heard"], 5);
    // It is said once, however often somebody looks.
    let heard = house.get("/api/v1/incidents").await.is(200).json();
    house.look(&mut listener, house.after(310)).await;
    assert_eq!(house.get("/api/v1/incidents").await.is(200).json(), heard);
    let back = house.after(320);
    house.hears(&mut stations[0], back).await;
    house.look(&mut listener, back).await;
    assert_eq!(house.incidents().await, ["link.silent cleared"]);
    // Another run of the house looks at the same tables, once it has listened for five
    // minutes: who came back is cleared, who did not stays.
    house.look(&mut listener, house.after(700)).await;
    assert_eq!(house.incidents().await.len(), 6);
    let mut again = Listener::new(house.after(700));
    for one in &mut stations[..5] {
        house.hears(one, house.after(705)).await;
    }
    house.look(&mut again, house.after(710)).await;
    let all = house.incidents().await;
    assert!(all.iter().all(|it| it == "link.silent open"), "{all:?}");
    for one in &mut stations[..5] {
        house.hears(one, house.after(1_000)).await;
    }
    house.look(&mut again, house.after(1_000)).await;
    let all = house.incidents().await;
    let open = all.iter().filter(|it| *it == "link.silent open");
    assert_eq!(open.count(), 1, "{all:?}");
}

/// Four villages of one provider in a regency are one thing that is wrong.
async fn together(db: Db) {
    let house = House::new(db).await;
    let mut stations = stations(&house, &["A", "A", "A", "A", "A", "B"]).await;
    let mut listener = Listener::new(START);
    for (at, one) in stations.iter_mut().enumerate() {
        let seconds = u64::try_from(at).expect("few") * 20;
        house.hears(one, house.after(seconds)).await;
    }
    house.hears(&mut stations[4], house.after(400)).await;
    house.hears(&mut stations[5], house.after(400)).await;
    house.look(&mut listener, house.after(305)).await;
    assert_eq!(house.incidents().await, ["link.silent open"]);
    house.look(&mut listener, house.after(365)).await;
    let all = house.incidents().await;
    assert_eq!(all, ["link.silent cleared", "link.silent_together open"]);
    let page = house
        .get("/api/v1/incidents?kind=link.silent_together")
        .await
        .is(200)
        .json();
    let one = &page["items"][0];
    assert_eq!(one["facts"]["silent"], 4);
    assert_eq!(one["facts"]["of"], 5);
    assert_eq!(one["severity"], "critical");
    // When three are left it is no more than three that are silent.
    house.hears(&mut stations[0], house.after(380)).await;
    house.look(&mut listener, house.after(385)).await;
    let all = house.incidents().await;
    let open: Vec<_> = all.iter().filter(|it| it.ends_with("open")).collect();
    assert_eq!(open.len(), 3, "{all:?}");
    assert!(
        open.iter().all(|it| it.starts_with("link.silent ")),
        "{all:?}"
    );
}

/// All villages of two providers grow quiet at once: the house asks about itself, once,
/// and nobody's village is called silent for it.
async fn everywhere(db: Db) {
    let house = House::new(db).await;
    let mut stations = stations(&house, &["A", "A", "A", "A", "B", "B", "B", "B"]).await;
    let mut listener = Listener::new(START);
    for (at, one) in stations.iter_mut().enumerate() {
        let seconds = 200 + u64::try_from(at).expect("few") * 10;
        house.hears(one, house.after(seconds)).await;
    }
    house.look(&mut listener, house.after(320)).await;
    assert_eq!(house.incidents().await, [] as [&str; 0]);
    // Late is enough, when it is so many: each alone is silent two minutes later.
    house.look(&mut listener, house.after(430)).await;
    let ours = "link.silent_everywhere";
    assert_eq!(house.incidents().await, [format!("{ours} open")]);
    house.look(&mut listener, house.after(900)).await;
    assert_eq!(house.incidents().await, [format!("{ours} open")]);
    let page = house.get(&format!("/api/v1/incidents?kind={ours}")).await;
    let page = page.is(200).json();
    assert_eq!(page["items"][0]["facts"]["silent"], 8);
    assert_eq!(page["items"][0]["severity"], "critical");
    // They come back over a minute. The last stays away, and that is a matter of its own.
    for one in &mut stations[..4] {
        house.hears(one, house.after(950)).await;
    }
    house.look(&mut listener, house.after(951)).await;
    assert_eq!(house.incidents().await, [format!("{ours} open")]);
    for one in &mut stations[4..7] {
        house.hears(one, house.after(960)).await;
    }
    house.look(&mut listener, house.after(961)).await;
    assert_eq!(
        house.incidents().await,
        ["link.silent open".to_owned(), format!("{ours} cleared")]
    );
}

on_both! {
    nearly_all_at_once_is_the_house_itself: everywhere;
    who_falls_silent_is_one_incident_until_he_is_heard: alone;
    who_falls_silent_together_is_one_incident: together;
}
