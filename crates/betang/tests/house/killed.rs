//! A house that is killed again and again while people write.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use reqwest::{Client, StatusCode};
use serde_json::{Value as Json, json};
use tokio::sync::mpsc;

use crate::running::{BETANG, House, data, within};

/// Lives of the house.
const LIVES: u64 = 6;

/// Who writes at the same time.
const WRITERS: usize = 4;

/// Acknowledged writes of a life at most.
const WRITES_MAX: u64 = 40;

/// Numbers that look random, the same for the same seed (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

/// Another one in each run, unless `BETANG_TEST_SEED` says which.
fn seed(folder: &Path) -> u64 {
    let chosen = std::env::var("BETANG_TEST_SEED").ok();
    let chosen = chosen.and_then(|text| text.parse().ok());
    // The folder's name is random.
    let name = folder.to_string_lossy();
    chosen.unwrap_or_else(|| {
        name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    })
}

fn form(short: &str) -> Json {
    json!({
        "short": short, "name": short, "area": "62.71.01", "main": "rtsp://127.0.0.1:9/main",
    })
}

#[tokio::test]
#[expect(
    clippy::print_stdout,
    reason = "what made a failure has to be known to see it again"
)]
async fn every_acknowledged_write_outlives_kill_minus_nine_wherever_it_strikes() {
    let (folder, data) = data();
    let seed = seed(folder.path());
    println!("BETANG_TEST_SEED={seed}");
    let mut numbers = Numbers(seed);
    let mut kept = BTreeSet::new();
    let mut house = House::start(&data);
    let token = house.token().await;
    for life in 0..LIVES {
        let enough = 1 + numbers.below(WRITES_MAX);
        let (tell, mut acknowledged) = mpsc::channel(256);
        let url = house.at("/api/v1/cameras");
        let write = async |writer: usize, tell: mpsc::Sender<String>| {
            let client = Client::new();
            for number in 0_u64.. {
                let short = format!("k-{life}-{writer}-{number}");
                let asked = client.post(&url).bearer_auth(&token).json(&form(&short));
                // An answer that never came promises nothing.
                let Ok(answer) = asked.send().await else {
                    return;
                };
                assert_eq!(answer.status(), StatusCode::CREATED);
                if tell.send(short).await.is_err() {
                    return;
                }
            }
        };
        let [a, b, c, d] =
            <[usize; WRITERS]>::map([0, 1, 2, 3], |writer| write(writer, tell.clone()));
        drop(tell);
        let reap = async {
            let mut count = 0;
            while let Some(short) = acknowledged.recv().await {
                kept.insert(short);
                count += 1;
                if count == enough {
                    house.signal("-KILL");
                }
            }
            count
        };
        let (.., count) = within(async { tokio::join!(a, b, c, d, reap) }).await;
        assert!(count >= enough, "the house ended by itself");
        house.ended();
        house = House::start(&data);
        let listed = Client::new()
            .get(house.at("/api/v1/cameras?limit=5000"))
            .bearer_auth(&token)
            .send();
        let listed: Json = within(listed)
            .await
            .expect("an answer")
            .json()
            .await
            .expect("the cameras");
        let there: BTreeSet<_> = listed["items"]
            .as_array()
            .expect("items")
            .iter()
            .filter_map(|camera| camera["short"].as_str().map(str::to_owned))
            .collect();
        let lost: Vec<_> = kept.difference(&there).collect();
        assert!(
            lost.is_empty(),
            "life {life}: acknowledged and lost: {lost:?}"
        );
        // What was asked and not acknowledged may be there: one for each writer.
        let more = there.difference(&kept).count();
        assert!(more <= WRITERS, "life {life}: {more} more");
        kept.extend(there);
        let chain = Command::new(BETANG)
            .args(["audit", "verify", "--data"])
            .arg(&data)
            .output()
            .expect("it runs beside the house");
        let said = String::from_utf8_lossy(&chain.stdout).into_owned();
        assert!(chain.status.success(), "life {life}: {said}");
    }
}
