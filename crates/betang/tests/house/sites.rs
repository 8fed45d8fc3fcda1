//! Boxes that ask to be let in, as programs of their own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value as Json;

use crate::running::{BETANG, House, data, local, run};

/// A site of the register, made from the command line.
fn site(data: &Path) -> String {
    let args = [
        "sites",
        "add",
        "--name",
        "Kantor Desa Uji",
        "--area",
        "62.01.01.2001",
    ];
    let at = ["--point", "-2.31,114.05"];
    local(data, &[args.as_slice(), &at].concat())
        .trim()
        .to_owned()
}

/// Both tickets of a new code: the one in the QR, the one that is typed.
fn code(data: &Path, site: &str, more: &[&str]) -> [String; 2] {
    let said = local(data, &[&["sites", "code", site], more].concat());
    let mut lines = said.lines().map(str::to_owned);
    [lines.next().expect("a QR"), lines.next().expect("a text")]
}

fn enrol(folder: &Path, ticket: &str, more: &[&str]) -> Child {
    Command::new(BETANG)
        .args(["agent", "enrol", ticket, "--data"])
        .arg(folder)
        .args(more)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs")
}

/// The id of the only box of a site, and its words.
fn waiting(data: &Path, site: &str) -> (String, String) {
    let said = local(data, &["sites", "boxes", site]);
    let line = said.lines().next().expect("a box").to_owned();
    let mut words = line.split_whitespace();
    let id = words.next().expect("an id").to_owned();
    let six: Vec<_> = words.skip(2).collect();
    (id, six.join(" "))
}

#[test]
fn a_box_with_a_typed_code_shows_the_words_that_the_house_shows() {
    let (_folder, data) = data();
    let house = House::start(&data);
    let site = site(&data);
    let [_, typed] = code(&data, &site, &[]);
    let (_own, of_box) = crate::running::data();
    let mut child = enrol(&of_box, &typed, &[]);
    let mut out = BufReader::new(child.stdout.take().expect("its output"));
    let mut said = String::new();
    while !said.contains("menunggu") {
        assert!(out.read_line(&mut said).expect("text") > 0, "{said}");
    }
    let (agent, words) = waiting(&data, &site);
    assert_eq!(words.split(' ').count(), 6);
    assert!(said.contains(&words), "{said} {words}");
    // It asks again in a while; a box that is started again is the same box, and asks
    // at once.
    child.kill().expect("it ends");
    child.wait().expect("it ends");
    local(&data, &["sites", "admit", &site, &agent]);
    let done = enrol(&of_box, &typed, &[])
        .wait_with_output()
        .expect("done");
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success() && said.contains(&agent), "{said}");
    let own = of_box.to_str().expect("text");
    let status = run(["agent", "status", "--json", "--data", own]);
    let status: Json = serde_json::from_slice(&status.stdout).expect("JSON");
    assert_eq!(status["agent"], agent.as_str());
    // Once in, it does not ask anybody else.
    let again = enrol(&of_box, &typed, &[])
        .wait_with_output()
        .expect("done");
    assert!(!again.status.success());
    drop(house);
}

#[test]
fn a_box_with_the_qr_is_let_in_by_rule_and_refuses_another_house() {
    let (_folder, data) = data();
    let _house = House::start(&data);
    let site = site(&data);
    let [ticket, _] = code(&data, &site, &["--near", "2000"]);
    // Another house answers in its place: a name server lies.
    let (_other_folder, other_data) = crate::running::data();
    let other = House::start(&other_data);
    let lying = other
        .said
        .iter()
        .find_map(|line| line.strip_prefix("sites   tcp "))
        .expect("it says where sites come in");
    let fragment = ticket.split_once("/c#").expect("a ticket").1;
    let (_own, of_box) = crate::running::data();
    let refused = enrol(&of_box, &format!("https://{lying}/c#{fragment}"), &[])
        .wait_with_output()
        .expect("done");
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success());
    assert!(why.contains("not the house"), "{why}");
    let near = enrol(&of_box, &ticket, &["--at", "-2.305,114.055"])
        .wait_with_output()
        .expect("done");
    let said = String::from_utf8_lossy(&near.stdout).into_owned();
    assert!(near.status.success(), "{said}");
    let listed = local(&data, &["sites", "list"]);
    assert!(
        listed.contains(&site) && listed.contains("active"),
        "{listed}"
    );
}

#[test]
fn a_box_of_others_is_let_in_and_renews() {
    let (_folder, data) = data();
    let house = House::start(&data);
    let (host, port) = house
        .said
        .iter()
        .find_map(|line| line.strip_prefix("sites   tcp "))
        .and_then(|at| at.rsplit_once(':'))
        .expect("it says where sites come in");
    let site = site(&data);
    let [_, typed] = code(&data, &site, &[]);
    let short = typed.split_once("/c#").expect("a ticket").1;
    let own = tempfile::tempdir().expect("a folder");
    let script = "tests/foreign/site_box.py";
    let mut child = Command::new("python3")
        .args([script, host, port, short])
        .arg(own.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python runs");
    let mut out = BufReader::new(child.stdout.take().expect("its output"));
    let mut next = || {
        let mut line = String::new();
        out.read_line(&mut line).expect("text");
        serde_json::from_str::<Json>(&line).expect("JSON")
    };
    let asked = next();
    assert_eq!(
        (asked["status"].as_u64(), asked["said"]["standing"].as_str()),
        (Some(200), Some("pending"))
    );
    let (agent, _) = waiting(&data, &site);
    local(&data, &["sites", "admit", &site, &agent]);
    writeln!(child.stdin.take().expect("its input"), "diterima").expect("said");
    let renewed = next();
    assert!(child.wait().expect("it ends").success());
    assert_eq!(renewed["status"].as_u64(), Some(200), "{renewed}");
    let text = renewed["text"].as_str().expect("text");
    assert!(
        text.contains(&format!("URI:spiffe://betang/agent/{agent}")),
        "{text}"
    );
    assert!(text.contains("TLS Web Client Authentication"), "{text}");
    assert!(!text.contains("TLS Web Server Authentication"), "{text}");
}
