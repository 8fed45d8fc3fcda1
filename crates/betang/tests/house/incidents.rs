//! What is wrong, found by the house itself and looked after from the command line.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value as Json, json};

use crate::line::{Kotak, house_at, let_in, own_address, stream};
use crate::running::{BETANG, House, local, run};

/// A second machine, as its kernel says: another boot, in a mount namespace of its own.
const BOOT: &str = "11111111-2222-3333-4444-555555555555";

/// A box that runs on another machine, killed when it is dropped.
struct Copy(Child);

impl Copy {
    fn start(folder: &Path) -> Self {
        let boot = folder.join("boot_id");
        std::fs::write(&boot, BOOT).expect("written");
        let script = "mount --bind \"$1\" /proc/sys/kernel/random/boot_id && \
                      exec \"$2\" agent --every 1 --data \"$3\"";
        let child = Command::new("unshare")
            .args([
                "--user",
                "--map-root-user",
                "--mount",
                "sh",
                "-c",
                script,
                "sh",
            ])
            .args([boot.as_os_str(), BETANG.as_ref(), folder.as_os_str()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("a namespace of its own");
        Self(child)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn copied(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        if entry.file_type().expect("a kind").is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).expect("copied");
        }
    }
}

/// With a token of somebody, in the folder of the house.
fn as_person(house: &House, token: &str, args: &[&str]) -> Result<String, String> {
    let all = [args, &["--server", &house.url, "--token", token]].concat();
    let done = run(&all);
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    if done.status.success() {
        Ok(said)
    } else {
        Err(String::from_utf8_lossy(&done.stderr).into_owned())
    }
}

#[tokio::test]
async fn a_box_that_was_copied_is_an_incident_that_survives_the_house() {
    let (_folder, data) = crate::running::data();
    let (_own, of_box) = crate::running::data();
    let (_other, of_copy) = crate::running::data();
    let at = own_address();
    let house = house_at(&data, at);
    let site = let_in(&data, &of_box);
    std::fs::create_dir_all(&of_copy).expect("a folder");
    copied(&of_box, &of_copy);
    let kotak = Kotak::start(&of_box);
    kotak.until(|live| live["open"] == true && stream(live, "event").1 >= 1);
    let copy = Copy::start(&of_copy);
    let twice = ["incidents", "list", "--kind", "site.lives_twice"];
    let found = (0..3_000)
        .map(|_| local(&data, &twice))
        .find(|said| !said.is_empty())
        .expect("the house sees that it lives twice");
    drop(copy);
    assert_eq!(found.lines().count(), 1, "{found}");
    for part in ["#1", "critical", "open", "belum ada petugas", &site] {
        assert!(found.contains(part), "{part}: {found}");
    }
    let incident = found.split(' ').next().expect("an id").to_owned();

    // The house is killed; what was found stays, with its chain.
    drop(house);
    let house = house_at(&data, at);
    let shown = local(&data, &["incidents", "show", &incident]);
    assert!(
        shown.contains("opened") && shown.contains("link"),
        "{shown}"
    );
    let take = ["incidents", "take", &incident];
    let door = [&take[..], &["--data", data.to_str().expect("text")]].concat();
    let nobody = run(&door);
    assert!(
        !nobody.status.success(),
        "the door of the machine is no person"
    );
    let token = house.token().await;
    let taken = as_person(&house, &token, &take).expect("a person takes it");
    assert!(taken.contains("handled"), "{taken}");
    let close = ["incidents", "close", &incident, "Selesai"];
    let refused = as_person(&house, &token, &close).expect_err("it is not cleared");
    assert!(refused.contains("409"), "{refused}");
    let clear = ["incidents", "clear", &incident, "Perangkat salinan ditarik"];
    as_person(&house, &token, &clear).expect("who was there knows better");
    let closed = as_person(&house, &token, &close).expect("now it is over");
    assert!(closed.contains("closed"), "{closed}");
    drop(house);
    let data = data.to_str().expect("text");
    let verified = run(["audit", "verify", "--data", data]);
    assert!(verified.status.success(), "{verified:?}");
}

#[tokio::test]
async fn a_shift_is_handed_over_from_the_command_line() {
    let (_folder, data) = crate::running::data();
    let house = House::start(&data);
    let admin = house.admin().await;
    let first = house.token().await;
    let form = json!({
        "name": "Budi Uji", "username": "budi", "password": "jembatan kahayan",
        "grants": [{ "role": "operator" }],
    });
    let added = admin
        .post(house.at("/api/v1/staff"))
        .json(&form)
        .send()
        .await;
    assert_eq!(added.expect("an answer").status().as_u16(), 201);
    let login = json!({ "username": "budi", "password": "jembatan kahayan" });
    let client = reqwest::Client::builder()
        .cookie_store(true)
        .build()
        .expect("a client");
    let session = client
        .post(house.at("/api/v1/session"))
        .json(&login)
        .send()
        .await;
    assert_eq!(session.expect("an answer").status().as_u16(), 200);
    let made = client
        .post(house.at("/api/v1/tokens"))
        .json(&json!({ "name": "uji" }));
    let made: Json = made
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("a token");
    let second = made["token"].as_str().expect("a token").to_owned();

    let open = [
        "incidents",
        "open",
        "--title",
        "Genset mati",
        "--severity",
        "critical",
    ];
    as_person(&house, &first, &open).expect("opened");
    let begun = as_person(&house, &first, &["shifts", "begin"]).expect("begun");
    let shift = begun.split(' ').next().expect("an id").to_owned();
    let current = as_person(&house, &second, &["shifts", "current"]).expect("read");
    assert!(current.contains("masih bertugas"), "{current}");
    let note = ["shifts", "note", &shift, "Solar tinggal separuh"];
    as_person(&house, &first, &note).expect("noted");
    let hand = ["shifts", "hand-over", &shift, "--message", "Pantau genset"];
    let written = as_person(&house, &first, &hand).expect("written");
    for part in [
        "Genset mati",
        "Solar tinggal separuh",
        "Pesan: Pantau genset",
    ] {
        assert!(written.contains(part), "{part}: {written}");
    }
    let read = as_person(&house, &second, &["shifts", "left", &shift]).expect("read");
    let hash = read
        .lines()
        .find_map(|line| line.strip_prefix("sha256"))
        .expect("a hash")
        .trim();
    let wrong = ["shifts", "accept", &shift, "--sha256", "00"];
    let refused = as_person(&house, &second, &wrong).expect_err("not what was read");
    assert!(refused.contains("409"), "{refused}");
    let accept = ["shifts", "accept", &shift, "--sha256", hash];
    as_person(&house, &second, &accept).expect("accepted");
    let left = as_person(&house, &first, &["shifts", "left", &shift]).expect("read");
    assert!(left.contains("naskah    utuh"), "{left}");
    assert_eq!(left.matches("audit aud_").count(), 2, "{left}");
    let current = as_person(&house, &first, &["shifts", "current"]).expect("read");
    assert!(current.contains("Budi Uji"), "{current}");
    let over = local(&data, &["shifts", "list"]);
    assert_eq!(over.lines().count(), 2, "{over}");
    assert!(over.contains("handed_over"), "{over}");
}
