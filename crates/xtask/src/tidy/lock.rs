//! What the house is built from: one of each, and by a licence that we may ship.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value as Json;

use super::Fault;

/// The system that pages and packages are made for first.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Crates of which two versions mean two stacks.
const ONE_VERSION: &[&str] = &[
    "rustls",
    "tokio",
    "hyper",
    "http",
    "axum",
    "tower-http",
    "sqlx",
    "prost",
    "aws-lc-rs",
    "str0m",
];

/// A second stack of cryptography.
const SECOND_STACK: &[&str] = &["ring", "openssl-sys", "native-tls"];

/// Each of [`ONE_VERSION`] is locked at most once.
pub(super) fn versions(lock: &str) -> Vec<Fault> {
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut name = "";
    for line in lock.lines() {
        if let Some(rest) = line.strip_prefix("name = ") {
            name = rest.trim_matches('"');
        } else if let Some(rest) = line.strip_prefix("version = ") {
            found
                .entry(name)
                .or_default()
                .insert(rest.trim_matches('"'));
        }
    }
    ONE_VERSION
        .iter()
        .filter_map(|name| found.get(name).map(|versions| (name, versions)))
        .filter(|(_, versions)| versions.len() > 1)
        .map(|(name, versions)| format!("Cargo.lock: {name} in {} versions", versions.len()))
        .collect()
}

/// One stack of cryptography. The lock file lists others, for systems that we do
/// not ship for; the tree is what is built.
pub(super) fn crypto(root: &Path) -> Result<Vec<Fault>> {
    let tree = cargo(
        root,
        &["tree", "--workspace", "--prefix", "none"],
        "--target",
    )?;
    ensure!(tree.contains("aws-lc-rs "), "cargo tree printed no tree");
    Ok(second_stack(&tree))
}

fn second_stack(tree: &str) -> Vec<Fault> {
    SECOND_STACK
        .iter()
        .filter(|name| {
            tree.lines()
                .any(|line| line.split(' ').next() == Some(**name))
        })
        .map(|name| format!("Cargo.lock: {name} is built; aws-lc-rs is the one stack"))
        .collect()
}

/// Everything that is built has a licence of the list in deny.toml.
pub(super) fn licences(root: &Path) -> Result<Vec<Fault>> {
    let deny: toml::Table = fs::read_to_string(root.join("deny.toml"))?.parse()?;
    let allowed: BTreeSet<&str> = deny["licenses"]["allow"]
        .as_array()
        .context("deny.toml: licenses.allow")?
        .iter()
        .filter_map(toml::Value::as_str)
        .collect();
    let arguments = ["metadata", "--format-version", "1"];
    let metadata: Json = serde_json::from_str(&cargo(root, &arguments, "--filter-platform")?)?;
    let built: BTreeSet<&str> = metadata["resolve"]["nodes"]
        .as_array()
        .context("cargo metadata: nodes")?
        .iter()
        .filter_map(|node| node["id"].as_str())
        .collect();
    let packages = metadata["packages"].as_array();
    let mut faults = Vec::new();
    for package in packages.context("cargo metadata: packages")? {
        if !package["id"].as_str().is_some_and(|id| built.contains(id)) {
            continue;
        }
        let licence = package["license"].as_str().unwrap_or("none");
        if !permits(licence, &allowed) {
            let name = package["name"].as_str().unwrap_or_default();
            faults.push(format!("Cargo.lock: {name} has the licence {licence}"));
        }
    }
    Ok(faults)
}

/// Whether an SPDX expression can be met by the allowed licences. An older
/// spelling writes OR as a slash.
fn permits(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let words: Vec<_> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    any(&mut rest, allowed) && rest.is_empty()
}

fn any(rest: &mut &[&str], allowed: &BTreeSet<&str>) -> bool {
    let mut met = all(rest, allowed);
    while let ["OR", after @ ..] = *rest {
        *rest = after;
        met |= all(rest, allowed);
    }
    met
}

fn all(rest: &mut &[&str], allowed: &BTreeSet<&str>) -> bool {
    let mut met = one(rest, allowed);
    while let ["AND", after @ ..] = *rest {
        *rest = after;
        met &= one(rest, allowed);
    }
    met
}

fn one(rest: &mut &[&str], allowed: &BTreeSet<&str>) -> bool {
    match *rest {
        ["(", inner @ ..] => {
            *rest = inner;
            let met = any(rest, allowed);
            let [")", after @ ..] = *rest else {
                return false;
            };
            *rest = after;
            met
        }
        [name, "WITH", exception, after @ ..] => {
            *rest = after;
            allowed.contains(format!("{name} WITH {exception}").as_str())
        }
        [name, after @ ..] => {
            *rest = after;
            allowed.contains(name)
        }
        [] => false,
    }
}

/// What a locked cargo says of the workspace on [`TARGET`].
fn cargo(root: &Path, arguments: &[&str], of_target: &str) -> Result<String> {
    let said = Command::new("cargo")
        .args(arguments)
        .args(["--locked", of_target, TARGET])
        .current_dir(root)
        .output()
        .context("cargo is needed")?;
    ensure!(
        said.status.success(),
        "cargo {} failed: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&said.stderr)
    );
    Ok(String::from_utf8(said.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_version_is_found() {
        let lock = "name = \"tokio\"\nversion = \"1.0.0\"\nname = \"tokio\"\nversion = \"2.0.0\"\n";
        assert_eq!(versions(lock).len(), 1);
    }

    #[test]
    fn a_second_stack_is_found() {
        let tree = "betang v0.1.0 (/house)\naws-lc-rs v1.15.0\nring v0.17.14\nring-buffer v1.0.0\n";
        assert_eq!(second_stack(tree).len(), 1);
        assert!(second_stack("ring-buffer v1.0.0\n").is_empty());
    }

    #[test]
    fn a_licence_that_may_not_be_shipped_is_found() {
        let allowed = BTreeSet::from(["MIT", "Apache-2.0", "Unicode-3.0", "Apache-2.0 WITH X"]);
        for (expression, met) in [
            ("MIT", true),
            ("GPL-3.0-only OR MIT", true),
            ("GPL-3.0-only/MIT", true),
            ("(MIT OR GPL-3.0-only) AND Unicode-3.0", true),
            ("Apache-2.0 WITH X OR GPL-3.0-only", true),
            ("GPL-3.0-only", false),
            ("MIT AND GPL-3.0-only", false),
            ("(MIT OR Apache-2.0) AND GPL-3.0-only", false),
            ("Apache-2.0 WITH Y", false),
            ("(MIT", false),
            ("none", false),
            ("", false),
        ] {
            assert_eq!(permits(expression, &allowed), met, "{expression}");
        }
    }
}
