//! What the program is made of, as CycloneDX 1.5: each crate and each package of the pages
//! with its version, licence and digest.
//!
//! Crates are those that the binary is built with for the system that packages are for,
//! build scripts too and tests not; a feature that is off may leave one of them out. Of the
//! pages all that the lock file names is told: what is bundled and what bundles it, the
//! latter marked as such.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value as Json, json};

/// The system that is asked for.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// The list, as text that is the same for the same lock files.
///
/// # Errors
/// If cargo does not answer, or a lock file is not what it should be.
pub(super) fn make(root: &Path, version: &str, time: &str) -> Result<String> {
    let mut components = crates(root)?;
    components.extend(packages(root)?);
    let list = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": time,
            "component": {
                "type": "application",
                "bom-ref": "betang",
                "name": "betang",
                "version": version,
                "licenses": [{ "expression": "Apache-2.0" }],
            },
        },
        "components": components,
    });
    Ok(format!("{}\n", serde_json::to_string_pretty(&list)?))
}

fn crates(root: &Path) -> Result<Vec<Json>> {
    let done = Command::new("cargo")
        .current_dir(root)
        .args([
            "metadata",
            "--format-version=1",
            "--locked",
            "--filter-platform",
            TARGET,
        ])
        .output()
        .context("cargo")?;
    ensure!(
        done.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    let metadata: Json = serde_json::from_slice(&done.stdout)?;
    let lock = fs::read_to_string(root.join("Cargo.lock"))?;
    let sums = sums(&lock);
    let built = built(&metadata)?;
    let packages = metadata["packages"].as_array().context("packages")?;
    let mut found = BTreeMap::new();
    for package in packages {
        let of = |key: &str| package[key].as_str().unwrap_or_default();
        let (name, version) = (of("name"), of("version"));
        if !built.contains(of("id")) || package["source"].is_null() {
            continue;
        }
        let purl = format!("pkg:cargo/{name}@{version}");
        let mut component = json!({
            "type": "library",
            "bom-ref": purl,
            "name": name,
            "version": version,
            "purl": purl,
        });
        // An older spelling writes OR as a slash.
        let licence = of("license").replace('/', " OR ").replace("  ", " ");
        ensure!(!licence.is_empty(), "{name} names no licence");
        component["licenses"] = json!([{ "expression": licence }]);
        if let Some(sum) = sums.get(&(name, version)) {
            component["hashes"] = json!([{ "alg": "SHA-256", "content": sum }]);
        }
        found.insert((name.to_owned(), version.to_owned()), component);
    }
    Ok(found.into_values().collect())
}

/// Everything that the binary is reached by, tests aside.
fn built(metadata: &Json) -> Result<BTreeSet<&str>> {
    let nodes = metadata["resolve"]["nodes"].as_array().context("nodes")?;
    let nodes: BTreeMap<&str, &Json> = nodes
        .iter()
        .filter_map(|node| Some((node["id"].as_str()?, node)))
        .collect();
    let start = nodes
        .keys()
        .find(|id| id.contains("crates/betang#"))
        .context("the binary is not in the workspace")?;
    let (mut found, mut open) = (BTreeSet::new(), vec![*start]);
    while let Some(id) = open.pop() {
        if !found.insert(id) {
            continue;
        }
        let node = nodes.get(id).context("a crate that nobody describes")?;
        for next in node["deps"].as_array().into_iter().flatten() {
            let kinds = next["dep_kinds"].as_array().into_iter().flatten();
            if kinds.clone().any(|kind| kind["kind"] != "dev") {
                open.push(next["pkg"].as_str().context("pkg")?);
            }
        }
    }
    Ok(found)
}

/// The digests of a lock file of cargo.
fn sums(lock: &str) -> BTreeMap<(&str, &str), &str> {
    let mut sums = BTreeMap::new();
    let (mut name, mut version) = ("", "");
    for line in lock.lines() {
        if let Some(rest) = line.strip_prefix("name = ") {
            name = rest.trim_matches('"');
        } else if let Some(rest) = line.strip_prefix("version = ") {
            version = rest.trim_matches('"');
        } else if let Some(rest) = line.strip_prefix("checksum = ") {
            sums.insert((name, version), rest.trim_matches('"'));
        }
    }
    sums
}

fn packages(root: &Path) -> Result<Vec<Json>> {
    let text = fs::read_to_string(root.join("web/package-lock.json"))?;
    let lock: Json = serde_json::from_str(&text)?;
    let all = lock["packages"]
        .as_object()
        .context("packages of the pages")?;
    let mut found = BTreeMap::new();
    for (path, package) in all {
        let Some((_, name)) = path.rsplit_once("node_modules/") else {
            continue;
        };
        let version = package["version"].as_str().unwrap_or_default();
        let purl = format!("pkg:npm/{}@{version}", name.replacen('@', "%40", 1));
        let mut component = json!({
            "type": "library",
            "bom-ref": purl,
            "name": name,
            "version": version,
            "purl": purl,
        });
        if let Some(licence) = package["license"].as_str() {
            component["licenses"] = json!([{ "expression": licence }]);
        }
        if package["dev"] == true {
            component["properties"] =
                json!([{ "name": "betang:builds-the-pages", "value": "true" }]);
        }
        if let Some(sum) = package["integrity"].as_str().and_then(sha512) {
            component["hashes"] = json!([{ "alg": "SHA-512", "content": sum }]);
        }
        found.insert((name.to_owned(), version.to_owned()), component);
    }
    Ok(found.into_values().collect())
}

/// `sha512-…` of npm, in hexadecimal.
fn sha512(text: &str) -> Option<String> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let text = text.strip_prefix("sha512-")?.trim_end_matches('=');
    let mut bits = (0_u32, 0);
    let mut hex = String::new();
    for digit in text.bytes() {
        let value = DIGITS.iter().position(|it| *it == digit)?;
        bits = ((bits.0 << 6) | u32::try_from(value).ok()?, bits.1 + 6);
        if bits.1 >= 8 {
            bits.1 -= 8;
            let _ = write!(hex, "{:02x}", (bits.0 >> bits.1) & 0xff);
        }
    }
    (hex.len() == 128).then_some(hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_component_has_a_name_a_version_and_a_licence() {
        let text = make(&crate::root(), "0.0.0", "1970-01-01T00:00:00Z").expect("a list");
        let again = make(&crate::root(), "0.0.0", "1970-01-01T00:00:00Z").expect("a list");
        assert!(text == again, "the same lock files are the same octets");
        let list: Json = serde_json::from_str(&text).expect("JSON");
        let components = list["components"].as_array().expect("components");
        let mut names = BTreeSet::new();
        for component in components {
            for key in ["name", "version", "purl"] {
                assert!(
                    component[key].as_str().is_some_and(|it| !it.is_empty()),
                    "{component}"
                );
            }
            // Its lock file says of one package nothing.
            let has_licence = component["licenses"][0]["expression"].is_string();
            assert!(
                has_licence || component["name"] == "@mapbox/jsonlint-lines-primitives",
                "{component}"
            );
            assert!(names.insert(component["bom-ref"].as_str()), "{component}");
        }
        assert!(components.iter().any(|it| it["name"] == "@sveltejs/kit"));
        assert!(components.iter().any(|it| it["name"] == "rustls"));
        // What only tests use is in no program.
        assert!(!components.iter().any(|it| it["name"] == "proptest"));
    }

    #[test]
    fn digests_of_npm_are_read() {
        let zeros = format!("sha512-{}==", "A".repeat(86));
        assert_eq!(sha512(&zeros), Some("0".repeat(128)));
        assert_eq!(sha512("sha1-AAAA"), None);
        let ones = format!("sha512-{}w==", "/".repeat(85));
        assert_eq!(sha512(&ones), Some("f".repeat(128)));
    }
}
