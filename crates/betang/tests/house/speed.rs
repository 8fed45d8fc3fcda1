//! How fast a line is, as a box measures it: against a server of ndt7 that shares no code
//! with the house, and against the house itself.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value as Json, json};

use crate::running::run;

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
    let mut foreign = Foreign::start(&["--rtt", "4321"]);
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
    let share = cap * 6 / 10;
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
    assert!(left <= cap * 3 / 10, "{left}");
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
        let theirs = number(end, "octets");
        let ours = number(way, "octets");
        assert!(
            ours <= theirs + 65_536 && ours + 524_288 >= theirs,
            "{ours} of {theirs}"
        );
        let figure = ours as u128 * 1_000_000 / u128::from(number(way, "us"));
        assert_eq!(
            u128::from(number(way, "kbps")),
            figure * 8 / 1_000,
            "{told}"
        );
        let theirs = u128::from(theirs) * 1_000_000 / u128::from(number(end, "us"));
        assert!(
            figure * 10 <= theirs * 12 && figure * 12 >= theirs * 10,
            "{told} by {end}"
        );
    }
}

#[test]
fn a_message_as_large_as_may_be_takes_no_more_memory() {
    let large = (1 << 24).to_string();
    let mut foreign = Foreign::start(&["--large", &large]);
    let octets = 40_000_000.to_string();
    let told = Command::new(crate::running::BETANG)
        .args([
            "agent",
            "speed",
            &foreign.url,
            "--octets",
            &octets,
            "--json",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    let pid = told.id();
    let mut most = 0;
    // The high-water mark of the kernel, read while it lives.
    while let Ok(text) = std::fs::read_to_string(format!("/proc/{pid}/status")) {
        let line = text.lines().find(|line| line.starts_with("VmHWM:"));
        let Some(kib) = line.and_then(|line| line.split_whitespace().nth(1)) else {
            break;
        };
        most = kib.parse::<u64>().expect("a number").max(most);
        std::thread::yield_now();
    }
    let told = told.wait_with_output().expect("it ends");
    assert!(told.status.success(), "{told:?}");
    let told: Json = serde_json::from_slice(&told.stdout).expect("JSON");
    assert!(number(&told["down"], "octets") > 1 << 24, "{told}");
    assert!(number(&foreign.next(), "messages") >= 1);
    assert!((1..25 * 1_024).contains(&most), "{most} KiB");
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
