//! A box that changes its program, and one that is told to be otherwise, as programs of
//! their own.
//!
//! A release here is a script that starts this very program as another one would be:
//! older or newer by a protocol, or broken. What a box does with it is what it does with
//! any program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value as Json;

use crate::line::{held, let_in, own_address, stream};
use crate::running::{BETANG, House, PASSWORD, local, run, serve_sites};

/// What makes a build for development speak other protocols.
const PROTOCOLS: &str = "BETANG_TEST_PROTOCOLS";

/// A box under its supervisor.
struct Kotak {
    child: Child,
    folder: PathBuf,
}

impl Kotak {
    /// The program that was installed by hand speaks protocol 1.
    fn start(folder: &Path, more: &[&str]) -> Self {
        let child = Command::new(BETANG)
            .args(["agent", "run", "--every", "1", "--settle", "1", "--data"])
            .arg(folder)
            .args(more)
            .env(PROTOCOLS, "1..1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it runs");
        Self {
            child,
            folder: folder.to_owned(),
        }
    }

    fn status(&self) -> Json {
        let folder = self.folder.to_str().expect("text");
        let said = run(["agent", "status", "--json", "--data", folder]);
        serde_json::from_slice(&said.stdout).expect("JSON")
    }

    /// Looks at its status until it is so. A guard against hanging ends it.
    fn until(&self, is_so: impl Fn(&Json) -> bool) -> Json {
        for _ in 0..3_000 {
            let status = self.status();
            if is_so(&status) {
                return status;
            }
            std::thread::yield_now();
        }
        panic!("it never was: {}", self.status());
    }

    /// The reason why a version did not stand, once it is known and the link is up again.
    fn rolled_back(&self, version: &str) -> String {
        let status = self.until(|status| {
            let bad = status["programs"]["bad"].as_array().expect("a list");
            let is_bad = bad.iter().any(|bad| bad["version"] == version);
            is_bad && status["live"]["open"] == true && status["programs"]["trial"].is_null()
        });
        let bad = status["programs"]["bad"].as_array().expect("a list");
        let bad = bad.iter().find(|bad| bad["version"] == version);
        bad.expect("it is there")["why"]
            .as_str()
            .expect("a word")
            .to_owned()
    }

    /// As a power cut does: nobody is asked.
    fn kill(mut self) {
        self.child.kill().expect("it ends");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Kotak {
    fn drop(&mut self) {
        // What it has started ends with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A house, a key far from it, and a box that was let in.
struct Set {
    _house: House,
    data: PathBuf,
    site: String,
    of_box: PathBuf,
    work: tempfile::TempDir,
    _folders: [tempfile::TempDir; 2],
}

impl Set {
    fn up() -> Self {
        let (folder, data) = crate::running::data();
        let (own, of_box) = crate::running::data();
        let work = tempfile::tempdir().expect("a folder");
        let key = work.path().join("key");
        let made = run(["release", "key", key.to_str().expect("text")]);
        assert!(made.status.success(), "{made:?}");
        let public = String::from_utf8(made.stdout).expect("text");
        let house = House::of(
            serve_sites(&data, &own_address().to_string())
                .env("BETANG_ADMIN_PASSWORD", PASSWORD)
                .env("BETANG_RELEASE_KEYS", public.trim())
                .env(PROTOCOLS, "1..2"),
        );
        let site = let_in(&data, &of_box);
        Self {
            _house: house,
            data,
            site,
            of_box,
            work,
            _folders: [folder, own],
        }
    }

    /// A release that is this program, started as the script says.
    fn sign(&self, version: &str, script: &str, protocols: &str) -> PathBuf {
        let program = self.work.path().join("program");
        fs::write(&program, script).expect("written");
        let out = self.work.path().join(format!("{version}.rilis"));
        let key = self.work.path().join("key");
        let text = |path: &Path| path.to_str().expect("text").to_owned();
        let (program, key, file) = (text(&program), text(&key), text(&out));
        let args = ["release", "sign", &program, "--key", &key, "--out", &file];
        let more = ["--release", version, "--protocols", protocols];
        let done = run(args.iter().chain(&more));
        assert!(done.status.success(), "{done:?}");
        out
    }

    /// Brings it to the house; its id.
    fn add(&self, file: &Path) -> String {
        let said = local(
            &self.data,
            &["release", "add", file.to_str().expect("text")],
        );
        said.trim().to_owned()
    }

    /// What the house says of the boxes of a release, once it says a word.
    fn until_heard(&self, release: &str, word: &str) -> String {
        for _ in 0..3_000 {
            let said = local(&self.data, &["release", "boxes", release]);
            if said.contains(word) {
                return said;
            }
            std::thread::yield_now();
        }
        panic!("it was never {word}");
    }

    fn until_configured(&self, word: &str) -> String {
        for _ in 0..3_000 {
            let said = local(&self.data, &["sites", "config", &self.site]);
            let newest = said.lines().next().unwrap_or_default().to_owned();
            if newest.contains(word) {
                return newest;
            }
            std::thread::yield_now();
        }
        panic!("it was never {word}");
    }
}

/// Everything that a box made is at the house, and nothing twice.
fn nothing_is_missing(set: &Set) {
    for ((stream, epoch), numbers) in held(&set.data, &set.site) {
        let whole: Vec<u64> = (1..=numbers.len().try_into().expect("a number")).collect();
        assert_eq!(numbers, whole, "{stream} {epoch}");
    }
}

#[test]
fn a_running_box_is_upgraded_across_a_protocol_and_through_a_power_cut() {
    let set = Set::up();
    let kotak = Kotak::start(&set.of_box, &["--health-window", "120"]);
    kotak.until(|status| status["live"]["protocol"] == 1 && status["live"]["open"] == true);
    // As fast as it can, so that the share of an hour is no matter here.
    let share = ["--update-per-hour", "4194304"];
    let config = [&["sites", "config", set.site.as_str()], share.as_slice()].concat();
    local(&set.data, &config);
    set.until_configured("confirmed");
    // A newer program: it speaks protocol 2 and no other. Behind its last line is what
    // nobody reads, so that it is a hundred pieces long.
    let script = format!("#!/bin/sh\n{PROTOCOLS}=2..2 exec {BETANG} \"$@\"\n");
    let script = script + &"#".repeat(100 * 16 * 1024);
    let file = set.sign("0.9.0", &script, "2..2");
    let release = set.add(&file);
    assert_eq!(set.add(&file), release, "the same file is the same release");
    local(&set.data, &["release", "offer", &release, "--share", "100"]);
    set.until_heard(&release, "agt_");
    // The power goes while it comes, or lies there, or is tried, and comes back.
    kotak.kill();
    let kotak = Kotak::start(&set.of_box, &["--health-window", "120"]);
    let status = kotak.until(|status| {
        status["programs"]["stands"]["version"] == "0.9.0" && status["live"]["open"] == true
    });
    assert_eq!(status["live"]["protocol"], 2, "{status}");
    assert_eq!(status["programs"]["stands"]["slot"], "a", "{status}");
    set.until_heard(&release, "committed");
    let listed = local(&set.data, &["release", "list"]);
    assert!(
        listed.contains("offered") && listed.contains("committed 1"),
        "{listed}"
    );
    // An older one is not gone back to, signed or not.
    let older = set.sign("0.8.0", "#!/bin/sh\nexit 1\n", "1..2");
    let folder = set.of_box.to_str().expect("text");
    let refused = run([
        "agent",
        "update",
        older.to_str().expect("text"),
        "--data",
        folder,
    ]);
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && why.contains("not newer"),
        "{why}"
    );
    let events = stream(&kotak.status()["live"], "event").0;
    kotak.until(|status| stream(&status["live"], "event").1 >= events);
    nothing_is_missing(&set);
    let audit = run([
        "audit",
        "verify",
        "--data",
        set.data.to_str().expect("text"),
    ]);
    assert!(audit.status.success(), "{audit:?}");
}

#[test]
fn a_bad_program_is_gone_back_from_and_never_tried_again() {
    let set = Set::up();
    let kotak = Kotak::start(&set.of_box, &["--health-window", "10"]);
    kotak.until(|status| status["live"]["open"] == true);
    // One that does nothing but fail: its self-test does, and it is never started.
    let broken = set.add(&set.sign("0.2.0", "#!/bin/sh\nexit 1\n", "1..1"));
    let offer = ["release", "offer", &broken, "--failures", "0", "--site"];
    local(&set.data, &[offer.as_slice(), &[&set.site]].concat());
    assert_eq!(kotak.rolled_back("0.2.0"), "self_test");
    let said = set.until_heard(&broken, "rolled_back");
    assert!(said.contains("self_test"), "{said}");
    let listed = local(&set.data, &["release", "list"]);
    assert!(listed.contains("halted"), "one was one too many: {listed}");
    // One that tests well and then ends by itself, again and again.
    let script =
        format!("#!/bin/sh\ncase \"$2\" in self-test) exec {BETANG} \"$@\";; *) exit 3;; esac\n");
    let crashes = set.add(&set.sign("0.3.0", &script, "1..1"));
    local(&set.data, &["release", "offer", &crashes, "--share", "100"]);
    assert_eq!(kotak.rolled_back("0.3.0"), "crashed");
    set.until_heard(&crashes, "rolled_back");
    // One that runs and never reaches the house, which was reached before. No house would
    // offer it, so it comes on a stick.
    let script = format!("#!/bin/sh\n{PROTOCOLS}=9..9 exec {BETANG} \"$@\"\n");
    let deaf = set.sign("0.4.0", &script, "9..9");
    let data = set.data.to_str().expect("text");
    let args = [
        "release",
        "add",
        deaf.to_str().expect("text"),
        "--data",
        data,
    ];
    let refused = run(args);
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && why.contains("protocols 9 to 9"),
        "{why}"
    );
    let folder = set.of_box.to_str().expect("text");
    let args = ["agent", "update", deaf.to_str().expect("text"), "--data"];
    let done = run(args.iter().chain(&[folder]));
    assert!(done.status.success(), "{done:?}");
    assert_eq!(kotak.rolled_back("0.4.0"), "not_linked");
    // The same again is refused, and nothing that is lower than what failed is tried.
    let again = run(args.iter().chain(&[folder]));
    let why = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(
        !again.status.success() && why.contains("did not stand"),
        "{why}"
    );
    let status = kotak.until(|status| {
        let (head, acked) = stream(&status["live"], "event");
        status["live"]["open"] == true && head == acked
    });
    assert!(status["programs"]["stands"].is_null(), "{status}");
    let records = local(&set.data, &["sites", "records", "--site", &set.site]);
    let updated = records.lines().filter(|line| line.contains(",updated,"));
    assert!(updated.count() >= 3, "{records}");
    nothing_is_missing(&set);
}

#[test]
fn a_wrong_address_of_the_house_is_gone_back_from() {
    let set = Set::up();
    let kotak = Kotak::start(&set.of_box, &["--config-window", "3"]);
    kotak.until(|status| status["live"]["open"] == true);
    let config = |more: &[&str]| {
        let args = [&["sites", "config", set.site.as_str()], more].concat();
        local(&set.data, &args)
    };
    // Nobody is there.
    let wrong = ["--house", "127.0.0.1:9", "--sample-every", "7"];
    let version: u64 = config(&wrong).trim().parse().expect("a version");
    let status = kotak.until(|status| {
        let config = &status["live"]["config"];
        config["floor"] == version && config["version"].is_null() && status["live"]["open"] == true
    });
    let config_now = &status["live"]["config"];
    assert_eq!(config_now["houses"], serde_json::json!([]), "{status}");
    assert_eq!(config_now["sample_every_s"], 1, "{status}");
    let said = set.until_configured("rolled_back");
    assert!(said.contains("no_contact"), "{said}");
    // One that is right counts, also after the power was away.
    config(&["--sample-every", "5"]);
    let said = set.until_configured("confirmed");
    assert!(said.starts_with(|c: char| c.is_ascii_digit()), "{said}");
    kotak.kill();
    let kotak = Kotak::start(&set.of_box, &["--config-window", "3"]);
    kotak.until(|status| {
        let config = &status["live"]["config"];
        config["sample_every_s"] == 5 && config["trying"] == false
    });
    // What is no address is said to be none, by the field.
    let args = ["sites", "config", &set.site, "--house", "x", "--data"];
    let refused = run(args.iter().chain(&[set.data.to_str().expect("text")]));
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && why.contains("houses"), "{why}");
}
