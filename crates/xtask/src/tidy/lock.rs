//! What the house is built from: one of each, and by a licence that we may ship.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value as Json;

use super::Fault;

/// The system that pages and packages are made for first.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// What deny.toml says: one page for cargo-deny and for us.
pub(super) struct Deny {
    /// Licences that we may ship.
    licences: BTreeSet<String>,
    /// Crates that are not to be built: a second stack of cryptography.
    banned: BTreeSet<String>,
    /// Crates of which two versions mean two stacks.
    single: BTreeSet<String>,
}

impl Deny {
    /// Reads it; a page that forbids nothing is refused.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let page: toml::Table = text.parse()?;
        let licences = list(&page, "licenses", "allow")?.iter();
        let licences = licences.filter_map(|licence| licence.as_str().map(str::to_owned));
        let mut deny = Self {
            licences: licences.collect(),
            banned: BTreeSet::new(),
            single: BTreeSet::new(),
        };
        for entry in list(&page, "bans", "deny")? {
            let name = entry.get("crate").and_then(toml::Value::as_str);
            let name = name.context("deny.toml: an entry of bans.deny without its crate")?;
            if entry.get("deny-multiple-versions").is_some() {
                deny.single.insert(name.to_owned());
            } else {
                deny.banned.insert(name.to_owned());
            }
        }
        ensure!(
            !deny.licences.is_empty() && !deny.banned.is_empty() && !deny.single.is_empty(),
            "deny.toml forbids nothing"
        );
        Ok(deny)
    }
}

fn list<'a>(page: &'a toml::Table, section: &str, key: &str) -> Result<&'a [toml::Value]> {
    page.get(section)
        .and_then(|section| section.get(key)?.as_array())
        .map(Vec::as_slice)
        .with_context(|| format!("deny.toml: {section}.{key}"))
}

/// Nothing is locked twice that has to be there once.
pub(super) fn versions(lock: &str, deny: &Deny) -> Vec<Fault> {
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut name = "";
    for line in lock.lines() {
        if let Some(rest) = line.strip_prefix("name = ") {
            name = rest.trim_matches('"');
        } else if let Some(rest) = line.strip_prefix("version = ") {
            let versions = found.entry(name).or_default();
            versions.insert(rest.trim_matches('"'));
        }
    }
    found
        .iter()
        .filter(|(name, versions)| deny.single.contains(**name) && versions.len() > 1)
        .map(|(name, versions)| format!("Cargo.lock: {name} in {} versions", versions.len()))
        .collect()
}

/// One stack of cryptography. The lock file lists others, for systems that we do
/// not ship for; the tree is what is built.
pub(super) fn crypto(root: &Path, deny: &Deny) -> Result<Vec<Fault>> {
    let tree = cargo(
        root,
        &["tree", "--workspace", "--prefix", "none"],
        "--target",
    )?;
    ensure!(tree.contains("aws-lc-rs "), "cargo tree printed no tree");
    Ok(second_stack(&tree, deny))
}

fn second_stack(tree: &str, deny: &Deny) -> Vec<Fault> {
    deny.banned
        .iter()
        .filter(|name| {
            tree.lines()
                .any(|line| line.split(' ').next() == Some(name.as_str()))
        })
        .map(|name| format!("Cargo.lock: {name} is built; aws-lc-rs is the one stack"))
        .collect()
}

/// Everything that is built has a licence of the list in deny.toml.
pub(super) fn licences(root: &Path, deny: &Deny) -> Result<Vec<Fault>> {
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
        if !permits(licence, &deny.licences) {
            let name = package["name"].as_str().unwrap_or_default();
            faults.push(format!("Cargo.lock: {name} has the licence {licence}"));
        }
    }
    Ok(faults)
}

/// Whether an SPDX expression can be met by the allowed licences. An older
/// spelling writes OR as a slash.
fn permits(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let words: Vec<_> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    any(&mut rest, allowed) && rest.is_empty()
}

fn any(rest: &mut &[&str], allowed: &BTreeSet<String>) -> bool {
    let mut met = all(rest, allowed);
    while let ["OR", after @ ..] = *rest {
        *rest = after;
        met |= all(rest, allowed);
    }
    met
}

fn all(rest: &mut &[&str], allowed: &BTreeSet<String>) -> bool {
    let mut met = one(rest, allowed);
    while let ["AND", after @ ..] = *rest {
        *rest = after;
        met &= one(rest, allowed);
    }
    met
}

fn one(rest: &mut &[&str], allowed: &BTreeSet<String>) -> bool {
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
            allowed.contains(*name)
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

    fn deny() -> Deny {
        Deny::parse(
            "licenses.allow = [\"MIT\"]\n[bans]\ndeny = [{ crate = \"ring\" }, \
             { crate = \"tokio\", deny-multiple-versions = true }]",
        )
        .expect("a page")
    }

    #[test]
    fn a_second_version_is_found() {
        let lock = "name = \"tokio\"\nversion = \"1.0.0\"\nname = \"tokio\"\nversion = \"2.0.0\"\n\
                    name = \"syn\"\nversion = \"1.0.0\"\nname = \"syn\"\nversion = \"2.0.0\"\n";
        assert_eq!(versions(lock, &deny()), ["Cargo.lock: tokio in 2 versions"]);
    }

    #[test]
    fn a_second_stack_is_found() {
        let tree = "betang v0.1.0 (/house)\naws-lc-rs v1.15.0\nring v0.17.14\nring-buffer v1.0.0\n";
        assert_eq!(second_stack(tree, &deny()).len(), 1);
        assert!(second_stack("ring-buffer v1.0.0\n", &deny()).is_empty());
    }

    #[test]
    fn a_page_that_forbids_nothing_is_refused() {
        for text in [
            "",
            "licenses.allow = [\"MIT\"]\nbans.deny = []",
            "licenses.allow = [\"MIT\"]\nbans.deny = [{ crate = \"ring\" }]",
        ] {
            assert!(Deny::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_licence_that_may_not_be_shipped_is_found() {
        let allowed = ["MIT", "Apache-2.0", "Unicode-3.0", "Apache-2.0 WITH X"];
        let allowed = allowed.map(str::to_owned).into();
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
