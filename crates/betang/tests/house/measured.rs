//! What is handed to those who watch the watcher: the page of a house that runs, and the
//! dashboard and rules that read it.

use std::collections::{BTreeMap, BTreeSet};

use crate::running::{House, data};

const DASHBOARD: &str = include_str!("../../../../assets/watcher/grafana.json");
const RULES: &str = include_str!("../../../../assets/watcher/alerts.yml");

/// Names that stand on the page only once something has happened, and what that is. Each is
/// looked for in the source instead, so that none is there which nothing counts.
const LATER: [(&str, &str); 8] = [
    ("betang_checkpoint_made_seconds", "hall/src/gauges.rs"), // a first checkpoint
    ("betang_emergency_total", "hall/src/emergency.rs"),      // the envelope was opened
    ("betang_examined_seconds", "card/src/gauges.rs"),        // lists were examined
    ("betang_nodes", "reach/src/jobs/nodes.rs"),              // a round was over
    ("betang_oidc_silent_total", "hall/src/oidc.rs"),         // a provider did not answer
    ("betang_request_seconds", "hall/src/request.rs"),        // something was asked for
    ("betang_requests_total", "hall/src/request.rs"),
    ("betang_unsettled_since_seconds", "card/src/gauges.rs"), // something was destroyed
];

/// Words of an expression that are names of measurements of the house.
fn names(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| word.starts_with("betang_") || word.starts_with("process_"))
        .map(|word| word.strip_suffix("_bucket").unwrap_or(word).to_owned())
        .collect()
}

/// Every number of a page by its name and labels, read as the format says: comments, then a
/// name, labels in braces, a blank and a number.
fn numbers(page: &str) -> BTreeMap<String, String> {
    let lines = page.lines().filter(|line| !line.starts_with('#'));
    let read = |line: &str| {
        let (name, number) = line.rsplit_once(' ').expect("a name and a number");
        let _: f64 = number.parse().expect("a number");
        (name.to_owned(), number.to_owned())
    };
    lines.map(read).collect()
}

#[tokio::test]
async fn the_dashboard_and_the_rules_read_what_a_house_says() {
    let (_folder, data) = data();
    let house = House::start(&data);
    let page = reqwest::get(house.at("/metrics")).await.expect("an answer");
    let page = page.text().await.expect("text");
    let said = numbers(&page);
    let typed: BTreeSet<_> = page
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect();
    let dashboard: serde_json::Value = serde_json::from_str(DASHBOARD).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let mut wanted = BTreeSet::new();
    for expression in panels
        .iter()
        .filter_map(|panel| panel["targets"].as_array())
        .flatten()
    {
        wanted.extend(names(expression["expr"].as_str().expect("an expression")));
    }
    let rules = RULES.lines().filter(|line| !line.trim().starts_with('#'));
    for line in rules.filter_map(|line| line.trim().strip_prefix("expr: ")) {
        wanted.extend(names(line));
    }
    assert!(wanted.len() > 25, "{wanted:?}");
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for name in &wanted {
        let later = LATER.iter().find(|(later, _)| later == name);
        match later {
            None => assert!(typed.contains(name), "{name} is on no page:\n{page}"),
            Some((_, file)) => {
                let source = std::fs::read_to_string(source.join(file)).expect("the source");
                assert!(source.contains(&format!("\"{name}\"")), "{name}, {file}");
            }
        }
    }
    // Numbers of a house that has just begun and of which nothing is wrong.
    assert_eq!(said["betang_streams{layer=\"main\",state=\"dark\"}"], "0");
    assert_eq!(said["betang_owed_late{kind=\"request\"}"], "0");
    assert_eq!(said["betang_viewers{way=\"udp\"}"], "0");
    for part in ["process", "hall", "watch", "reach", "card"] {
        let silent = &said[&format!("betang_silent_total{{part=\"{part}\"}}")];
        assert_eq!(silent, "0", "{part} did not say how it is");
    }
    // Never examined and never signed are absent: a zero would be 1970.
    assert!(!page.contains("betang_examined_seconds"));
    assert!(!page.contains("betang_unsettled_since_seconds"));
    // What the kernel says of the process, from outside of it.
    let status = std::fs::read_to_string(format!("/proc/{}/status", house.id()));
    let status = status.expect("it runs");
    let threads = status
        .lines()
        .find_map(|line| line.strip_prefix("Threads:"));
    let threads: f64 = threads.expect("a line").trim().parse().expect("a number");
    let told: f64 = said["process_threads"].parse().expect("a number");
    assert!((told - threads).abs() <= 4.0, "{told} against {threads}");
}
