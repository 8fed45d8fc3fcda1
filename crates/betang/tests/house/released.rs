//! Data of each version that was released, opened by this one: migrated, counted, and gone
//! back from.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value as Json, json};

use crate::families::{NAMES, nik};
use crate::running::{BETANG, House, local, run, serve, within};

/// Where archives lie, one of each version (`cargo xtask fixture`).
const FIXTURES: &str = "tests/fixtures";

/// Makes this program play the next version: one table more.
const NEXT: &str = "BETANG_TEST_NEXT";

/// A released version.
struct Released {
    archive: PathBuf,
    /// What it had counted of itself.
    told: Json,
}

/// Each of them.
fn released() -> Vec<Released> {
    let mut found: Vec<_> = fs::read_dir(FIXTURES)
        .expect("fixtures")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|it| it == "json"))
        .map(|path| Released {
            archive: path.with_extension("tar.zst"),
            told: serde_json::from_slice(&fs::read(&path).expect("read")).expect("JSON"),
        })
        .collect();
    found.sort_by(|a, b| a.archive.cmp(&b.archive));
    assert!(!found.is_empty());
    found
}

/// The data folder of a version, unpacked.
fn unpacked(released: &Released) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let packed = fs::read(&released.archive).expect("the archive");
    let tar = zstd::stream::decode_all(packed.as_slice()).expect("zstd");
    let mut child = Command::new("tar")
        .args(["-xf", "-", "--no-same-owner", "-C"])
        .arg(folder.path())
        .stdin(Stdio::piped())
        .spawn()
        .expect("tar runs");
    let mut input = child.stdin.take().expect("its input");
    input.write_all(&tar).expect("read");
    drop(input);
    assert!(child.wait().expect("it ends").success());
    let data = folder.path().join("data");
    (folder, data)
}

/// A verb of the next version.
fn next(args: &[&str], data: &Path) -> Output {
    Command::new(BETANG)
        .args(args)
        .arg("--data")
        .arg(data)
        .env(NEXT, "1")
        .stdin(Stdio::null())
        .output()
        .expect("it runs")
}

fn both(done: &Output) -> String {
    let out = String::from_utf8_lossy(&done.stdout).into_owned();
    out + &String::from_utf8_lossy(&done.stderr)
}

/// Rows of each table, by the backup of whichever version.
fn counted(folder: &Path, data: &Path, name: &str, is_next: bool) -> BTreeMap<String, i64> {
    let to = folder.join(name);
    let keys = folder.join(format!("{name}.keys"));
    let (to_text, keys) = (to.display().to_string(), keys.display().to_string());
    let args = ["backup", "--to", &to_text, "--keys", &keys];
    let done = if is_next {
        next(&args, data)
    } else {
        let data = data.display().to_string();
        run(args.iter().copied().chain(["--data", &data]))
    };
    assert!(done.status.success(), "{}", both(&done));
    let manifest = fs::read(to.join("manifest.json")).expect("a manifest");
    let manifest: Json = serde_json::from_slice(&manifest).expect("JSON");
    manifest["tables"]
        .as_object()
        .expect("tables")
        .iter()
        .map(|(name, it)| (name.clone(), it["rows"].as_i64().expect("rows")))
        .collect()
}

/// What a migration may change: its own ledger, and what is let go of by itself.
fn but_ledger(mut rows: BTreeMap<String, i64>) -> BTreeMap<String, i64> {
    rows.remove("store_migration");
    rows
}

fn of_json(told: &Json) -> BTreeMap<String, i64> {
    told["rows"]
        .as_object()
        .expect("rows")
        .iter()
        .map(|(name, rows)| (name.clone(), rows.as_i64().expect("a number")))
        .collect()
}

#[tokio::test]
async fn data_of_each_release_is_migrated_counted_and_opened() {
    for released in released() {
        let (folder, data) = unpacked(&released);
        let version = &released.told["version"];
        // Without a house: nothing but the steps may change a row.
        local(&data, &["upgrade"]);
        let rows = but_ledger(counted(folder.path(), &data, "after", false));
        for (table, then) in but_ledger(of_json(&released.told)) {
            assert_eq!(rows.get(&table), Some(&then), "{version}: {table}");
        }
        let told = local(&data, &["audit", "verify"]);
        assert!(
            told.contains("whole: ") && told.contains("own checkpoints: all 2 hold"),
            "{told}"
        );

        let house = House::of(&mut serve(&data));
        let admin = house.admin().await;
        let get = async |path: &str| -> Json {
            let answer = within(admin.get(house.at(path)).send())
                .await
                .expect("an answer");
            assert!(answer.status().is_success(), "{path}");
            answer.json().await.expect("JSON")
        };
        for (path, count) in [
            ("/api/v1/cameras", 2),
            ("/api/v1/sites", 2),
            ("/api/v1/incidents", 1),
        ] {
            let items = get(path).await["items"].as_array().map(Vec::len);
            assert_eq!(items, Some(count), "{version}: {path}");
        }
        // What is sealed opens with the key that lay beside it.
        let post = async |path: &str, body: Json| -> String {
            let sent = admin.post(house.at(path)).json(&body).send();
            let answer = within(sent).await.expect("an answer");
            assert!(answer.status().is_success(), "{path}: {}", answer.status());
            answer.text().await.expect("text")
        };
        let found = post("/api/v1/card/families/search", json!({ "number": nik(1) })).await;
        let found: Json = serde_json::from_str(&found).expect("JSON");
        let family = found["items"][0]["id"].as_str().expect("the family");
        let path = format!("/api/v1/card/families/{family}/opening");
        let opened = post(&path, json!({ "purpose": "uji data lama" })).await;
        assert!(opened.contains(NAMES[1]), "{version}: it does not open");
    }
}

#[tokio::test]
async fn a_release_is_upgraded_and_gone_back_to() {
    let released = released().swap_remove(0);
    let (folder, data) = unpacked(&released);
    local(&data, &["upgrade"]);
    let before = but_ledger(counted(folder.path(), &data, "before", false));

    // The next version looks, then starts: the start copies and migrates.
    let told = both(&next(&["upgrade", "--check"], &data));
    assert!(told.contains("next 0001 trial"), "{told}");
    let mut house = House::of(serve(&data).env(NEXT, "1"));
    let data_text = data.display().to_string();
    let opened = next(
        &[
            "incidents",
            "open",
            "--title",
            "Sesudah pembaruan",
            "--area",
            "62.71.01",
        ],
        &data,
    );
    assert!(opened.status.success(), "{}", both(&opened));

    // Nothing is exchanged under a running house.
    let busy = run(["rollback", "--yes", "--data", &data_text]);
    assert!(
        !busy.status.success() && both(&busy).contains("in use"),
        "{}",
        both(&busy)
    );
    house.signal("-TERM");
    assert!(house.ended().success());

    // This version refuses, says how to go on, and a start again would not help.
    let refused = serve(&data).output().expect("it runs");
    assert_eq!(refused.status.code(), Some(78), "{}", both(&refused));
    assert!(
        both(&refused).contains("betang rollback"),
        "{}",
        both(&refused)
    );

    // What would be lost is said, and nothing is done.
    let told = run(["rollback", "--data", &data_text]);
    let text = both(&told);
    assert_eq!(told.status.code(), Some(2), "{text}");
    for line in ["incident.opened", "next_trial", "tidak ada yang diubah"] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let still = serve(&data).output().expect("it runs");
    assert_eq!(still.status.code(), Some(78));

    let done = run(["rollback", "--yes", "--data", &data_text]);
    let text = both(&done);
    assert!(done.status.success() && text.contains("whole: "), "{text}");
    let mut after = but_ledger(counted(folder.path(), &data, "after", false));
    // The audit says that it was done; all else is as it was.
    let entries = after.get_mut("hall_audit").expect("the audit");
    *entries -= 1;
    for table in after.keys() {
        if !table.starts_with("hall_audit") {
            assert_eq!(after.get(table), before.get(table), "{table}");
        }
    }
    assert_eq!(after.get("hall_audit"), before.get("hall_audit"));

    // The newer database is whole, and the way forward again.
    let aside: Vec<PathBuf> = fs::read_dir(&data)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.to_string_lossy().contains(".after-"))
        .collect();
    assert_eq!(aside.len(), 1, "{aside:?}");
    let aside = aside[0].display().to_string();
    let forward = next(&["rollback", "--to", &aside, "--yes"], &data);
    assert!(forward.status.success(), "{}", both(&forward));
    let rows = counted(folder.path(), &data, "forward", true);
    assert!(rows.contains_key("next_trial"));
    let incidents =
        |rows: &BTreeMap<String, i64>| rows.get("hall_incident").copied().expect("a table");
    assert_eq!(incidents(&rows), incidents(&before) + 1);
}
