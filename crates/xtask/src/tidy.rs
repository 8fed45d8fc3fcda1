//! What no compiler checks.
//!
//! The map is part of the machine: the crate table of ARCHITECTURE.md is read
//! here and held against the manifests, so it cannot rot. Each rule is a function
//! over text; each has a test with a violation that it must find. Runs as
//! `cargo xtask tidy` and as an ordinary test.

mod absence;
mod claims;
mod fuzz;
mod lock;
mod map;
mod schema;
mod shapes;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

/// One thing that is not as it should be: where, and what.
type Fault = String;

/// A file of the house.
struct Source {
    /// From the root, with slashes.
    path: String,
    text: String,
}

/// Folders that hold what is made and not what is written.
const MADE: &[&str] = &[
    ".git",
    ".data",
    ".stamps",
    ".tools",
    "target",
    "fuzz/artifacts",
    "fuzz/found",
    "fuzz/target",
    "web/node_modules",
    "web/build",
    "web/.svelte-kit",
];

/// Kinds of files that rules speak about.
const KINDS: &[&str] = &[".rs", ".sql", ".md", ".ts", ".svelte", ".mjs"];

/// Lines of a file with its tests.
const LINES_MAX: usize = 800;

/// Files that may be longer, and why.
const LONG: &[(&str, &str)] = &[(
    "web/src/api/schema.d.ts",
    "generated from docs/api/openapi.json",
)];

/// Names that say nothing of what a file answers.
const BUCKETS: &[&str] = &["util", "utils", "common", "helper", "helpers", "manager"];

/// Everything that is not as it should be.
pub(crate) fn check(root: &Path) -> Result<Vec<Fault>> {
    let mut sources = Vec::new();
    collect(root, "", &mut sources)?;
    let of_rust = sources.iter().filter(|source| source.path.ends_with(".rs"));
    ensure!(of_rust.count() > 0, "no sources in {}", root.display());
    let architecture =
        fs::read_to_string(root.join("ARCHITECTURE.md")).context("ARCHITECTURE.md")?;
    let mut faults = map::arrows(&architecture, &map::manifests(root)?);
    faults.extend(map::rooms(&architecture));
    faults.extend(absence::stale(&sources));
    faults.extend(stale(&sources));
    faults.extend(fuzz::targets(&sources, root));
    faults.extend(shapes::twice(&sources));
    faults.extend(claims::tests(&sources));
    for source in &sources {
        faults.extend(absence::of(source));
        faults.extend(length(source));
        faults.extend(bucket(source));
        faults.extend(schema::comments(source));
        faults.extend(schema::foreign(source));
        faults.extend(map::links(source, root));
        faults.extend(map::names(source, root));
    }
    let deny = lock::Deny::parse(&fs::read_to_string(root.join("deny.toml"))?)?;
    let locked = fs::read_to_string(root.join("Cargo.lock"))?;
    faults.extend(lock::versions(&locked, &deny));
    faults.extend(lock::crypto(root, &deny)?);
    faults.extend(lock::licences(root, &deny)?);
    faults.sort();
    Ok(faults)
}

/// The written files below a folder, by their own order.
fn collect(root: &Path, folder: &str, into: &mut Vec<Source>) -> Result<()> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root.join(folder))? {
        names.extend(entry?.file_name().into_string());
    }
    names.sort();
    for name in names {
        let path = if folder.is_empty() {
            name
        } else {
            format!("{folder}/{name}")
        };
        if MADE.contains(&path.as_str()) {
            continue;
        }
        let kind = fs::symlink_metadata(root.join(&path))?;
        if kind.is_dir() {
            collect(root, &path, into)?;
        } else if kind.is_file() && KINDS.iter().any(|kind| path.ends_with(kind)) {
            let text = fs::read_to_string(root.join(&path)).with_context(|| path.clone())?;
            into.push(Source { path, text });
        }
    }
    Ok(())
}

fn length(source: &Source) -> Option<Fault> {
    let counts = [".rs", ".ts", ".svelte", ".mjs"]
        .iter()
        .any(|end| source.path.ends_with(end));
    let may = LONG.iter().any(|(path, _)| *path == source.path);
    let lines = source.text.lines().count();
    (counts && !may && lines > LINES_MAX)
        .then(|| format!("{}: {lines} lines; look for the second noun", source.path))
}

/// An exception for a file that is gone would cover its successor unseen.
fn stale(sources: &[Source]) -> Vec<Fault> {
    LONG.iter()
        .filter(|(path, _)| sources.iter().all(|source| source.path != *path))
        .map(|(path, why)| format!("xtask: {path} may be long ({why}) and is not there"))
        .collect()
}

fn bucket(source: &Source) -> Option<Fault> {
    source
        .path
        .split('/')
        .filter_map(|part| part.split('.').next())
        .find(|stem| BUCKETS.contains(stem))
        .map(|stem| format!("{}: {stem} is no noun", source.path))
}

#[cfg(test)]
fn source(path: &str, text: &str) -> Source {
    Source {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_house_is_tidy() {
        let faults = check(&crate::root()).expect("the house can be read");
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    #[test]
    fn a_long_file_and_a_bucket_are_found() {
        let long = "\n".repeat(LINES_MAX + 1);
        assert!(length(&source("crates/a/src/b.rs", &long)).is_some());
        assert!(length(&source(LONG[0].0, &long)).is_none());
        assert!(bucket(&source("crates/a/src/utils/b.rs", "")).is_some());
        assert!(bucket(&source("crates/a/src/helpers.rs", "")).is_some());
        assert!(bucket(&source("crates/a/src/commons_licence.rs", "")).is_none());
    }

    #[test]
    fn an_exception_without_its_file_is_found() {
        assert_eq!(stale(&[]).len(), LONG.len());
    }
}
