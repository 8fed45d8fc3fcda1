//! Routers that tell how they are by an agent of OpenWISP, on both engines.

use reach_core::slot::Slot;

use super::*;
use crate::jobs::{self, evidence::Folder, verdicts::Which};

const VILLAGE: &str = "62.71.01.1001";

/// What the agent of a router sends.
fn report(uptime: u64) -> Vec<u8> {
    json!({
        "type": "DeviceMonitoring",
        "general": { "hostname": "desa", "local_time": 1_764_547_200, "uptime": uptime },
        "interfaces": [{
            "name": "wwan0",
            "statistics": { "rx_bytes": 7_000_000, "tx_bytes": 900_000 },
            "mobile": { "signal": { "lte": { "rssi": -71, "rsrp": -101, "rsrq": -11, "snr": 7 } } },
        }, { "name": "wlan0", "wireless": { "clients": [{}, {}] } }],
    })
    .to_string()
    .into_bytes()
}

fn after(seconds: u64) -> Wall {
    START + Duration::from_secs(seconds)
}

/// A router with its key, at a site of its own.
struct Router {
    site: String,
    id: String,
    uuid: String,
    key: String,
}

impl House {
    async fn router(&self, name: &str) -> Router {
        let form = json!({ "name": name, "kind": "kantor_desa", "area": VILLAGE, "provider": "A" });
        let site = self.post("/api/v1/sites", form).await.is(201).json();
        let site = site["id"].as_str().expect("an id").to_owned();
        self.router_at(site).await
    }

    async fn router_at(&self, site: String) -> Router {
        let path = format!("/api/v1/sites/{site}/routers");
        let made = self.post(&path, json!({})).await.is(201).json();
        let text = |key: &str| made[key].as_str().expect("text").to_owned();
        Router {
            site,
            id: text("id"),
            uuid: text("uuid"),
            key: text("key"),
        }
    }

    /// As the agent sends: no credentials but the key in the address.
    async fn reports(&self, uuid: &str, query: &str, body: Vec<u8>) -> Answer {
        let request = Request::post(format!("/api/v1/monitoring/device/{uuid}/?{query}"))
            .header("content-type", "application/json")
            .body(Body::from(body))
            .expect("a request");
        self.send(request).await
    }

    async fn told(&self, router: &Router, at: Wall, time: &str, more: &str, body: Vec<u8>) {
        self.clock.set_wall(at);
        let query = format!("key={}&time={time}{more}", router.key);
        let answer = self.reports(&router.uuid, &query, body).await.is(200);
        assert_eq!(answer.text(), "");
    }

    async fn routers(&self, router: &Router) -> Json {
        let path = format!("/api/v1/sites/{}/routers", router.site);
        self.get(&path).await.is(200).json()["items"].clone()
    }

    async fn decided(&self, at: Wall) {
        self.clock.set_wall(at);
        let mut folder = Folder::default();
        jobs::pass(&self.hall, &mut folder, Which::All)
            .await
            .expect("a pass");
    }

    /// Of a site: the minutes since the start in which it was up.
    async fn up(&self, site: &str) -> Vec<i64> {
        let path = format!("/api/v1/sites/{site}/ledger?from=2025-12-01");
        let ledger = self.get(&path).await.is(200).json();
        let runs = ledger["runs"].as_array().expect("runs").iter();
        let up = runs.filter(|run| run["state"] == "up").flat_map(|run| {
            let slot = |key: &str| run[key].as_i64().expect("a slot") - Slot::of(START).0;
            slot("from_slot")..slot("to_slot")
        });
        up.collect()
    }

    /// Whether the village is measured as online.
    async fn stands_measured(&self) -> Json {
        let path = format!("/api/v1/villages/{VILLAGE}");
        self.get(&path).await.is(200).json()["stand"]["measured"].clone()
    }

    async fn contact_of(&self, site: &str) -> Json {
        let all = self.get("/api/v1/contact").await.is(200).json();
        let items = all["items"].as_array().expect("sites").clone();
        let found = items.into_iter().find(|it| it["site"] == site);
        found.unwrap_or(Json::Null)
    }
}

/// What waited over the end of a month comes by the names of its files: the first of
/// December before the thirtieth of November.
async fn waited(db: Db) {
    let house = House::new(db).await;
    let router = house.router("Kantor").await;
    assert_eq!(
        house.contact_of(&router.site).await,
        Json::Null,
        "nobody has told"
    );
    let form = json!({ "name": "Kantor", "kind": "kantor_desa", "village": VILLAGE,
        "site": router.site });
    house.post("/api/v1/points", form).await.is(201);
    assert_eq!(
        house.stands_measured().await,
        Json::Null,
        "nothing there may tell"
    );
    let fresh = "&current=true";
    let now = "01-12-2025_00:30:00.000000";
    house
        .told(&router, after(1_800), now, fresh, report(900))
        .await;
    for (n, time) in [
        "01-12-2025_00:05:00.000000",
        "01-12-2025_00:10:00.000000",
        "30-11-2025_23:50:00.000000",
        "30-11-2025_23:55:00.000000",
    ]
    .iter()
    .enumerate()
    {
        let at = after(1_860 + n as u64);
        house.told(&router, at, time, "", report(n as u64)).await;
    }
    // The answer was lost, and it is sent again.
    let again = "30-11-2025_23:55:00.000000";
    house
        .told(&router, after(1_900), again, "", report(3))
        .await;
    let routers = house.routers(&router).await;
    let reports = routers[0]["reports"].as_array().expect("reports");
    let told: Vec<_> = reports
        .iter()
        .map(|it| {
            (
                it["own_us"].as_i64(),
                it["current"].as_bool(),
                it["said"]["uptime_s"].as_u64(),
            )
        })
        .collect();
    let before = |minutes: i64| Some(START.as_us() + minutes * 60_000_000);
    let expected = [
        (before(-5), Some(false), Some(3)),
        (before(-10), Some(false), Some(2)),
        (before(10), Some(false), Some(1)),
        (before(5), Some(false), Some(0)),
        (before(30), Some(true), Some(900)),
    ];
    assert_eq!(told, expected);
    // It is evidence of when it came, and of nothing that the router's clock says.
    house.decided(after(2_400)).await;
    assert_eq!(house.up(&router.site).await, [30, 31]);
    assert_eq!(
        house.stands_measured().await,
        true,
        "a router's word is evidence"
    );
    let contact = house.contact_of(&router.site).await;
    assert_eq!(
        (contact["contact"].as_str(), contact["connected"].as_bool()),
        (Some("heard"), Some(false))
    );
    let said = &contact["router"]["said"];
    assert_eq!(said["clients"], 2);
    assert_eq!(said["uptime_s"], 900, "what waited does not tell how it is");
    assert_eq!(said["interfaces"][0]["lte"]["rsrp_dbm"], -101.0);
    // Five reports that did not come are silence; one or two are not. What was sent again
    // was heard, too.
    house.clock.set_wall(after(1_900 + 1_499));
    assert_eq!(house.contact_of(&router.site).await["contact"], "late");
    house.clock.set_wall(after(1_900 + 1_500));
    assert_eq!(house.contact_of(&router.site).await["contact"], "silent");
    // Evidence that is made anew from what was told is the same.
    let proof = format!("/api/v1/sites/{}/ledger/proof?from=2025-12-01", router.site);
    let proof = house.get(&proof).await.is(200).json();
    assert_eq!(proof["same"], true, "{proof}");
    assert_eq!(proof["came_out"]["up"], 2, "{proof}");
}

/// What cannot be read is kept, told and answered 200: the agent must not try for ever,
/// and it was heard all the same.
async fn unreadable(db: Db) {
    let house = House::new(db).await;
    let router = house.router("Kantor").await;
    let good = "01-12-2025_00:01:00.000000";
    let long = vec![b' '; (256 << 10) + 1];
    for (n, (time, body, why)) in [
        (good, b"{\"type\":\"Device".to_vec(), "no_object"),
        (good, b"{\"type\":\"NetworkGraph\"}".to_vec(), "other_kind"),
        ("kemarin", report(1), "no_time"),
        (good, long, "too_long"),
    ]
    .into_iter()
    .enumerate()
    {
        house
            .told(&router, after(60 + 60 * n as u64), time, "", body)
            .await;
        let routers = house.routers(&router).await;
        assert_eq!(routers[0]["unreadable"], n + 1);
        let newest = &routers[0]["reports"][0];
        assert_eq!(newest["refused"], why);
        assert_eq!(newest["said"], Json::Null);
    }
    house.decided(after(900)).await;
    assert_eq!(house.up(&router.site).await, [1, 2, 3, 4]);
    // What is odd in one that can be read is named, and the rest is taken.
    let odd =
        json!({ "type": "DeviceMonitoring", "general": { "uptime": "lama", "local_time": 7 } });
    let odd = odd.to_string().into_bytes();
    house
        .told(&router, after(960), good, "&current=true", odd)
        .await;
    let said = house.contact_of(&router.site).await["router"]["said"].clone();
    assert_eq!(
        (&said["odd"], &said["local_time_s"]),
        (&json!(["uptime"]), &json!(7))
    );
}

/// A wrong key, an unknown router, one that was revoked, one whose site is suspended:
/// one answer, in the same words, and nothing is kept.
async fn refused(db: Db) {
    let house = House::new(db).await;
    let one = house.router("Kantor").await;
    let other = house.router("Sekolah").await;
    let time = "time=01-12-2025_00:00:00.000000";
    let says = async |uuid: &str, key: &str| {
        let query = format!("{key}&{time}");
        let answer = house.reports(uuid, &query, report(1)).await.is(403);
        let told = answer.json();
        assert!(!answer.text().contains(&one.key) && !answer.text().contains(&other.key));
        (answer.slug(), told["detail"].clone())
    };
    let key = |of: &Router| format!("key={}", of.key);
    let wrong = says(&one.uuid, &key(&other)).await;
    assert_eq!(wrong.0, "router-key");
    for (uuid, key) in [
        ("00000000-0000-0000-0000-000000000000", key(&one)),
        ("bukan-router", key(&one)),
        (one.uuid.as_str(), "key=".to_owned()),
        (one.uuid.as_str(), "kunci=7".to_owned()),
    ] {
        assert_eq!(says(uuid, &key).await, wrong, "{uuid} {key}");
    }
    assert_eq!(house.routers(&one).await[0]["reports"], json!([]));
    let gone = format!("/api/v1/sites/{}/routers/{}", one.site, one.id);
    let admin = house.admin.clone();
    house.call(&admin, "DELETE", &gone, None).await.is(204);
    house.call(&admin, "DELETE", &gone, None).await.is(404);
    assert_eq!(says(&one.uuid, &key(&one)).await, wrong);
    // Of another site it is none.
    let crossed = format!("/api/v1/sites/{}/routers/{}", one.site, other.id);
    house.call(&admin, "DELETE", &crossed, None).await.is(404);
    // Both are in the audit, and no key is.
    let audit = house.get("/api/v1/audit?limit=100").await.is(200).text();
    assert!(audit.contains("router.made") && audit.contains("router.revoked"));
    assert!(!audit.contains(&one.key) && !audit.contains(&other.key));
    // Whoever brings boxes online makes keys in his area; whoever only reads does not.
    let path = format!("/api/v1/sites/{}/routers", other.site);
    let team = house.person("tim", "konektivitas", Some("62.71")).await;
    house
        .call(&team, "POST", &path, Some(json!({})))
        .await
        .is(201);
    let far = house.person("jauh", "konektivitas", Some("62.01")).await;
    house
        .call(&far, "POST", &path, Some(json!({})))
        .await
        .is(404);
    let reader = house.person("baca", "pengawas", None).await;
    house
        .call(&reader, "POST", &path, Some(json!({})))
        .await
        .is(403);
    house.call(&reader, "GET", &path, None).await.is(200);
}

/// A key that leaked does not fill the disk.
async fn flood(db: Db) {
    let house = House::new(db).await;
    let router = house.router("Kantor").await;
    for n in 0..1_000 {
        let time = format!("01-12-2025_00:00:00.{n:06}");
        house
            .told(&router, after(1), &time, "", b"{}".to_vec())
            .await;
    }
    let more = format!("key={}&time=01-12-2025_00:00:01.000000", router.key);
    let full = house.reports(&router.uuid, &more, report(1)).await.is(429);
    assert_eq!(full.slug(), "router-reports");
    let mut read = house.hall.db().read().await.expect("a read");
    let raw = "SELECT COUNT(*) AS kept FROM reach_report WHERE raw IS NOT NULL";
    let kept: i64 = read
        .one(raw, store::params![])
        .await
        .and_then(|row| row.get("kept"))
        .expect("a count");
    assert_eq!(kept, 100);
    drop(read);
    house
        .told(
            &router,
            after(3_700),
            "01-12-2025_01:01:40.000000",
            "",
            report(1),
        )
        .await;
}

on_both! {
    what_waited_over_the_end_of_a_month_is_taken_in_any_order: waited;
    what_cannot_be_read_is_kept_and_told: unreadable;
    a_wrong_key_and_an_unknown_router_are_one_answer: refused;
    a_key_that_leaked_does_not_fill_the_disk: flood;
}
