//! A box and a house as programs of their own, that are killed and come back.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};

use serde_json::Value as Json;

use crate::running::{BETANG, House, PASSWORD, local, run, serve_sites};

/// Where a house waits for its boxes; below the numbers that the kernel hands out.
const PORT: u16 = 8_443;

/// A box that runs, killed when it is dropped.
pub(crate) struct Kotak {
    child: Child,
    folder: PathBuf,
}

impl Kotak {
    pub(crate) fn start(folder: &Path) -> Self {
        Self::told(folder, &[])
    }

    /// The same, told more.
    pub(crate) fn told(folder: &Path, more: &[&str]) -> Self {
        let child = Command::new(BETANG)
            .args(["agent", "--every", "1", "--data"])
            .arg(folder)
            .args(more)
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
    pub(crate) fn until(&self, is_so: impl Fn(&Json) -> bool) -> Json {
        for _ in 0..3_000 {
            let status = self.status();
            if is_so(&status["live"]) {
                return status;
            }
            std::thread::yield_now();
        }
        panic!("it never was: {}", self.status());
    }

    fn kill(mut self) {
        self.child.kill().expect("it ends");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Kotak {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The newest number and the acknowledged one of a stream, over all epochs.
pub(crate) fn stream(live: &Json, name: &str) -> (u64, u64) {
    let chains = live["chains"].as_array().into_iter().flatten();
    chains
        .filter(|chain| chain["stream"] == name)
        .fold((0, 0), |(head, acked), chain| {
            let number = |key: &str| chain[key].as_u64().unwrap_or(0);
            (head + number("head"), acked + number("acked"))
        })
}

/// A house whose port for sites stays the same, so that it can come back there.
pub(crate) fn house_at(data: &Path, at: SocketAddr) -> House {
    let mut command = serve_sites(data, &at.to_string());
    House::of(command.env("BETANG_ADMIN_PASSWORD", PASSWORD))
}

/// An address of the loopback network that no other test has, on a port that is
/// never handed out for the asking.
pub(crate) fn own_address() -> SocketAddr {
    static TAKEN: AtomicU8 = AtomicU8::new(1);
    let [_, _, high, low] = std::process::id().to_be_bytes();
    let one = TAKEN.fetch_add(1, Ordering::Relaxed);
    SocketAddr::from(([127, one, high, low], PORT))
}

/// A site whose box is let in; the site's id.
pub(crate) fn let_in(data: &Path, folder: &Path) -> String {
    let args = ["sites", "add", "--name", "Kantor Desa Uji", "--area"];
    let at = ["62.01", "--point=-2.31,114.05"];
    let site = local(data, &[args.as_slice(), &at].concat())
        .trim()
        .to_owned();
    let codes = local(data, &["sites", "code", &site, "--near", "2000"]);
    let ticket = codes.lines().next().expect("a ticket");
    let folder = folder.to_str().expect("text");
    let done = run([
        "agent",
        "enrol",
        ticket,
        "--at=-2.31,114.05",
        "--data",
        folder,
    ]);
    assert!(done.status.success(), "{done:?}");
    site
}

/// The numbers of each stream that the house holds, gaps filled in.
pub(crate) fn held(data: &Path, site: &str) -> BTreeMap<(String, String), Vec<u64>> {
    let said = local(data, &["sites", "records", "--site", site]);
    let mut held: BTreeMap<_, Vec<u64>> = BTreeMap::new();
    for line in said.lines().skip(1) {
        let cells: Vec<_> = line.split(',').collect();
        let key = (cells[1].to_owned(), cells[2].to_owned());
        held.entry(key)
            .or_default()
            .push(cells[3].parse().expect("a number"));
    }
    held
}

#[test]
fn nothing_is_lost_or_twice_when_either_end_is_killed() {
    let (_folder, data) = crate::running::data();
    let (_own, of_box) = crate::running::data();
    let at = own_address();
    let house = house_at(&data, at);
    let site = let_in(&data, &of_box);
    let kotak = Kotak::start(&of_box);
    kotak.until(|live| stream(live, "event").1 >= 1);
    // The house is gone, and the box goes on keeping.
    drop(house);
    let before = stream(&kotak.status()["live"], "sample").0;
    kotak.until(|live| stream(live, "sample").0 > before + 1);
    // The box is gone too; then both come back.
    kotak.kill();
    let house = house_at(&data, at);
    let kotak = Kotak::start(&of_box);
    let status = kotak.until(|live| {
        let (head, acked) = stream(live, "event");
        live["open"] == true && head > 1 && head == acked
    });
    let events = stream(&status["live"], "event").1;
    local(&data, &["sites", "ask", &site]);
    kotak.until(|live| stream(live, "event").1 > events);
    let commands = local(&data, &["sites", "commands", &site]);
    assert!(commands.contains("done"), "{commands}");
    let held = held(&data, &site);
    for ((stream, epoch), numbers) in &held {
        let whole: Vec<u64> = (1..=numbers.len().try_into().expect("a number")).collect();
        assert_eq!(numbers, &whole, "{stream} {epoch}");
    }
    assert_eq!(held.len(), 2, "one epoch, events and samples: {held:?}");
    drop(house);
}

#[test]
fn what_waits_is_carried_on_a_stick_and_the_receipt_is_believed() {
    let (_folder, data) = crate::running::data();
    let (_own, of_box) = crate::running::data();
    let at = own_address();
    let _house = house_at(&data, at);
    let site = let_in(&data, &of_box);
    // The house moved, or the line is cut: the box finds nobody.
    let identity = of_box.join("site.json");
    let text = std::fs::read_to_string(&identity).expect("who it is");
    let lost = text.replace(&format!(":{PORT}"), ":9");
    std::fs::write(&identity, lost).expect("written");
    let kotak = Kotak::start(&of_box);
    kotak.until(|live| stream(live, "sample").0 >= 2);
    kotak.kill();
    let folder = of_box.to_str().expect("text");
    let (file, receipt) = (of_box.join("stick"), of_box.join("receipt"));
    let (file, receipt) = (
        file.to_str().expect("text"),
        receipt.to_str().expect("text"),
    );
    let done = |args: &[&str]| {
        let done = run(args);
        assert!(done.status.success(), "{args:?}: {done:?}");
    };
    done(&["agent", "export", file, "--data", folder]);
    local(&data, &["sites", "import", file, "--receipt", receipt]);
    let first = held(&data, &site);
    assert_eq!(first.len(), 2, "events and samples: {first:?}");
    // The same file again changes nothing; a file that was cut off says so.
    local(&data, &["sites", "import", file, "--receipt", receipt]);
    assert_eq!(first, held(&data, &site));
    let whole = std::fs::read(file).expect("the file");
    std::fs::write(file, &whole[..whole.len() - 1]).expect("written");
    let here = data.to_str().expect("text");
    let args = [
        "sites",
        "import",
        file,
        "--receipt",
        receipt,
        "--data",
        here,
    ];
    assert!(!run(args).status.success());
    done(&["agent", "receipt", receipt, "--data", folder]);
    let kotak = Kotak::start(&of_box);
    kotak.until(|live| {
        let (head, acked) = stream(live, "sample");
        head >= 2 && acked >= 2
    });
}

#[test]
fn who_is_suspended_is_put_out_and_what_he_says_is_not_believed() {
    let (_folder, data) = crate::running::data();
    let (_own, of_box) = crate::running::data();
    let _house = house_at(&data, own_address());
    let site = let_in(&data, &of_box);
    let kotak = Kotak::start(&of_box);
    kotak.until(|live| live["open"] == true && stream(live, "event").1 >= 1);
    local(&data, &["sites", "suspend", &site]);
    kotak.until(|live| live["open"] == false && live["farewell"] == "revoked");
    let held = held(&data, &site);
    kotak.kill();
    // It comes again, greets, says what it has, and is not believed.
    let kotak = Kotak::start(&of_box);
    kotak.until(|live| live["farewell"] == "revoked" && stream(live, "event").0 > 1);
    assert_eq!(held, self::held(&data, &site));
}

/// A network that resets whatever goes on after so many questions and answers.
struct Relay {
    child: Child,
    port: u16,
    /// Held open: the little that it says later has a reader.
    _out: BufReader<ChildStdout>,
}

impl Relay {
    fn before(at: SocketAddr, turns: u32) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/foreign/brief_relay.py");
        let (host, port) = (at.ip().to_string(), at.port().to_string());
        let mut child = Command::new("python3")
            .args([script, &host, &port, &turns.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python runs");
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("its output"));
        out.read_line(&mut line).expect("text");
        let port = line.trim().parse().expect("a port");
        Self {
            child,
            port,
            _out: out,
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn where_no_line_lasts_it_goes_by_post_with_the_same_rights() {
    let (_folder, data) = crate::running::data();
    let (_own, of_box) = crate::running::data();
    let at = own_address();
    let _house = house_at(&data, at);
    let site = let_in(&data, &of_box);
    // Its handshake and one question with its answer come through, a line's second does not.
    let relay = Relay::before(at, 4);
    let identity = of_box.join("site.json");
    let text = std::fs::read_to_string(&identity).expect("who it is");
    let led: Json = {
        let mut it: Json = serde_json::from_str(&text).expect("JSON");
        (it["host"], it["port"]) = ("127.0.0.1".into(), relay.port.into());
        it
    };
    std::fs::write(&identity, led.to_string()).expect("written");
    // Something waits to be done already.
    local(&data, &["sites", "ask", &site]);
    let kotak = Kotak::start(&of_box);
    let status = kotak.until(|live| {
        let (head, acked) = stream(live, "event");
        // Its start, its clock, and the outcome of what it was told.
        live["by_post"] == true && head >= 3 && head == acked
    });
    let (head, _) = stream(&status["live"], "event");
    let commands = local(&data, &["sites", "commands", &site]);
    assert!(commands.contains("done"), "{commands}");
    let numbers = |held: &BTreeMap<(String, String), Vec<u64>>| {
        let of_events = held.iter().find(|((stream, _), _)| stream == "event");
        of_events.map(|(_, numbers)| numbers.clone())
    };
    assert_eq!(numbers(&held(&data, &site)), Some((1..=head).collect()));
    kotak.kill();
    // Who is suspended is not believed by this way either, and hears it.
    local(&data, &["sites", "suspend", &site]);
    let before = held(&data, &site);
    let kotak = Kotak::start(&of_box);
    kotak.until(|live| live["farewell"] == "revoked" && stream(live, "event").0 > head);
    assert_eq!(before, held(&data, &site));
}
