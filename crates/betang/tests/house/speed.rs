//! How fast a line is, as a box measures it: against a server of ndt7 that shares no code
//! with the house, and against the house itself.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value as Json, json};

use crate::line::Kotak;
use crate::running::{House, data, local, run, within};

/// A server that others might have written, ended when it is dropped.
struct Foreign {
    child: Child,
    lines: BufReader<ChildStdout>,
    url: String,
}

impl Foreign {
    fn start(args: &[&str]) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/foreign/ndt7_server.py");
        let mut child = Command::new("python3")
            .arg(script)
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut lines = BufReader::new(child.stdout.take().expect("its output"));
        let mut port = String::new();
        lines.read_line(&mut port).expect("its port");
        let url = format!("ws://127.0.0.1:{}", port.trim());
        Self { child, lines, url }
    }

    /// What it says of the next test that has ended.
    fn next(&mut self) -> Json {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        serde_json::from_str(&line).expect("JSON")
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a box says that measures there.
fn measured(url: &str, octets: u64) -> Json {
    let octets = octets.to_string();
    let said = run(["agent", "speed", url, "--octets", &octets, "--json"]);
    assert!(said.status.success(), "{said:?}");
    serde_json::from_slice(&said.stdout).expect("JSON")
}

fn number(of: &Json, key: &str) -> u64 {
    of[key].as_u64().unwrap_or_else(|| panic!("{key} of {of}"))
}

#[test]
fn both_ways_stop_at_the_cap_and_both_ends_count_the_same() {
    // As fast as a good line: what is on its way when the end is said is little.
    let mut foreign = Foreign::start(&["--rtt", "4321", "--rate", "8000000"]);
    let cap = 10_000_000;
    let told = measured(&foreign.url, cap);
    let (down, up) = (&told["down"], &told["up"]);
    let (sent, taken) = (foreign.next(), foreign.next());
    assert_eq!(sent["path"], "/ndt/v7/download");
    assert_eq!(taken["path"], "/ndt/v7/upload");
    for (way, end) in [(down, &sent), (up, &taken)] {
        assert_eq!(
            (&way["end"], &way["at_least"]),
            (&json!("cap"), &json!(true)),
            "{told}"
        );
        assert_eq!(
            (&end["closed"], &end["broke"]),
            (&json!(true), &Json::Null),
            "{end}"
        );
        assert_eq!(way["min_rtt_us"], 4_321, "{told}");
    }
    // What has come is no more than what was sent, stops within a piece of the cap, and is
    // more than the server had said a quarter of a second before.
    let share = cap * 54 / 100;
    let came = number(down, "octets");
    assert!((share..share + 65_536).contains(&came), "{came} of {share}");
    assert!(number(&sent, "octets") >= came, "{sent} for {came}");
    assert_eq!(
        sent["said"]["Origin"].as_str().unwrap_or("client"),
        "client"
    );
    // The server has counted every octet of every message, and the box believes that count.
    let left = number(up, "sent");
    assert_eq!(number(&taken, "octets"), left, "{taken}");
    assert_eq!(number(up, "octets"), left, "{told}");
    assert!(left <= cap * 26 / 100, "{left}");
}

#[test]
fn what_is_slow_ends_by_its_time_and_says_how_slow_it_was() {
    // 400 kB a second each way: neither cap is reached in ten seconds.
    let rate = 400_000;
    let mut foreign = Foreign::start(&["--rate", &rate.to_string()]);
    let told = measured(&foreign.url, 30_000_000);
    let (sent, taken) = (foreign.next(), foreign.next());
    for (way, end) in [(&told["down"], &sent), (&told["up"], &taken)] {
        assert!(way["end"] == "time" || way["end"] == "other", "{told}");
        assert_eq!(way["at_least"], false);
        // By the server's own numbers; a message may be on its way.
        let theirs = number(&end["within"], "octets");
        let ours = number(way, "octets");
        assert!(
            ours <= theirs + 65_536 && ours + 524_288 >= theirs,
            "{ours} of {theirs}"
        );
        let figure = u128::from(ours) * 1_000_000 / u128::from(number(way, "us"));
        assert_eq!(
            u128::from(number(way, "kbps")),
            figure * 8 / 1_000,
            "{told}"
        );
        let theirs = u128::from(theirs) * 1_000_000 / u128::from(number(&end["within"], "us"));
        assert!(
            figure * 10 <= theirs * 12 && figure * 12 >= theirs * 10,
            "{told} by {end}"
        );
    }
}

/// The most memory that a box had while it measured, in KiB, and what it said. The
/// high-water mark of the kernel is read while it lives.
fn most_memory(url: &str) -> (u64, Json) {
    let box_ = Command::new(crate::running::BETANG)
        .args(["agent", "speed", url, "--octets", "40000000", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut most = 0;
    while let Ok(text) = std::fs::read_to_string(format!("/proc/{}/status", box_.id())) {
        let line = text.lines().find(|line| line.starts_with("VmHWM:"));
        let Some(kib) = line.and_then(|line| line.split_whitespace().nth(1)) else {
            break;
        };
        most = kib.parse::<u64>().expect("a number").max(most);
        std::thread::yield_now();
    }
    let told = box_.wait_with_output().expect("it ends");
    assert!(told.status.success(), "{told:?}");
    (most, serde_json::from_slice(&told.stdout).expect("JSON"))
}

#[test]
fn a_message_as_large_as_may_be_takes_no_more_memory() {
    let small = Foreign::start(&[]);
    let large = Foreign::start(&["--large", "16777216"]);
    let (usual, told) = most_memory(&small.url);
    assert!(number(&told["down"], "octets") >= 21_600_000, "{told}");
    let (most, told) = most_memory(&large.url);
    assert!(number(&told["down"], "octets") >= 21_600_000, "{told}");
    // It would be sixteen thousand more if it were held.
    assert!(
        usual > 0 && most < usual + 4 * 1_024,
        "{most} and {usual} KiB"
    );
}

#[test]
fn who_has_no_room_or_does_not_know_how_is_told_apart() {
    for (how, words) in [
        ("--busy", "no room for a test"),
        ("--none", "gives no such test: 404"),
    ] {
        let mut foreign = Foreign::start(&[how]);
        let said = run(["agent", "speed", &foreign.url, "--json"]);
        assert!(!said.status.success(), "{how}");
        let why = String::from_utf8_lossy(&said.stderr).into_owned();
        assert!(why.contains(words), "{how}: {why}");
        assert_eq!(foreign.next()["refused"], true);
    }
}

/// The house's own count of octets of tests, one way.
async fn counted(house: &House, way: &str) -> u64 {
    let admin = house.admin().await;
    let answer = admin.get(house.at("/metrics")).send().await;
    let text = answer.expect("an answer").text().await.expect("text");
    let name = format!("betang_speed_octets_total{{test=\"{way}\"}} ");
    let line = text.lines().find_map(|line| line.strip_prefix(&name));
    line.map_or(0, |count| count.parse().expect("a count"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_measures_when_it_is_asked_and_both_ends_agree() {
    let (_folder, data) = data();
    let house = House::start(&data);
    let (_own, of_box) = crate::running::data();
    let args = ["sites", "add", "--name", "Kantor Desa Uji", "--area"];
    let at = ["62.71.01.1001", "--point=-2.31,114.05"];
    let site = local(&data, &[args.as_slice(), &at].concat());
    let site = site.trim().to_owned();
    let codes = local(&data, &["sites", "code", &site, "--near", "2000"]);
    let ticket = codes.lines().next().expect("a ticket");
    let folder = of_box.to_str().expect("text");
    let enrol = [
        "agent",
        "enrol",
        ticket,
        "--at=-2.31,114.05",
        "--data",
        folder,
    ];
    let done = run(enrol);
    assert!(done.status.success(), "{done:?}");
    // Without a certificate nobody measures at the port for sites.
    let host = ticket
        .strip_prefix("https://")
        .and_then(|it| it.split('/').next());
    let (host, port) = host
        .and_then(|it| it.rsplit_once(':'))
        .expect("host and port");
    let stranger = "import http.client,ssl,sys\n\
        c=ssl._create_unverified_context()\n\
        h=http.client.HTTPSConnection(sys.argv[1],int(sys.argv[2]),context=c,timeout=30)\n\
        h.request('GET','/ndt/v7/download',headers={'Connection':'Upgrade','Upgrade':'websocket',\
        'Sec-WebSocket-Version':'13','Sec-WebSocket-Key':'x'*22+'==',\
        'Sec-WebSocket-Protocol':'net.measurementlab.ndt.v7'})\n\
        print(h.getresponse().status)";
    let said = Command::new("python3")
        .args(["-c", stranger, host, port])
        .output()
        .expect("it runs");
    assert_eq!(
        String::from_utf8_lossy(&said.stdout).trim(),
        "401",
        "{said:?}"
    );
    let boxed = Kotak::told(&of_box, &["--slot-seconds", "6"]);
    boxed.until(|live| live["open"] == true);
    let admin = house.admin().await;
    let ask = format!("/api/v1/sites/{site}/speed");
    let asked = admin
        .post(house.at(&ask))
        .json(&json!({ "accept_octets": 4_000_000 }))
        .send()
        .await
        .expect("an answer");
    assert_eq!(asked.status(), 201);
    let path = "/api/v1/villages/62.71.01.1001/speed";
    let told = within(async {
        loop {
            let answer = admin.get(house.at(path)).send().await.expect("an answer");
            let told: Json = answer.json().await.expect("JSON");
            if told["latest"] != Json::Null {
                break told;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    let test = &told["latest"];
    assert_eq!(
        (&test["asked"], &test["cap_octets"]),
        (&json!(true), &json!(4_000_000))
    );
    assert!(test["asked_by"].is_string(), "{told}");
    assert!(number(test, "spent_octets") <= 4_000_000, "{told}");
    let (down, up) = (&test["down"], &test["up"]);
    assert_eq!(
        (&down["end"], &up["end"]),
        (&json!("cap"), &json!("cap")),
        "{told}"
    );
    assert!(number(down, "octets") >= 2_160_000, "{told}");
    assert!(
        counted(&house, "download").await >= number(down, "octets"),
        "{told}"
    );
    // What has left has come, by the house's own count.
    assert_eq!(number(up, "octets"), number(up, "sent_octets"), "{told}");
    assert_eq!(
        counted(&house, "upload").await,
        number(up, "sent_octets"),
        "{told}"
    );
    // The box has written down what it has cost, and the day's checks have not paid it.
    let status = run(["agent", "status", "--json", "--data", folder]);
    let status: Json = serde_json::from_slice(&status.stdout).expect("JSON");
    assert_eq!(
        status["speed"]["asked_octets"], test["spent_octets"],
        "{status}"
    );
    let day = status["lookout"]["spent_octets"].as_u64().unwrap_or(0);
    assert!(day < 2_000_000, "{status}");
}
