//! What no compiler checks.
//!
//! The map is part of the machine: the crate table of ARCHITECTURE.md is read
//! here and held against the manifests, so it cannot rot. Each rule is a function
//! over text; each has a test with a violation that it must find. Runs as
//! `cargo xtask tidy` and as an ordinary test.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

/// One thing that is not as it should be: where, and what.
pub(crate) type Fault = String;

/// A file of the house.
struct Source {
    /// From the root, with slashes.
    path: String,
    text: String,
}

/// Lines of a file with its tests. Generated files and lockfiles do not count.
const LINES_MAX: usize = 800;

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

/// Everything that is not as it should be.
pub(crate) fn check(root: &Path) -> Result<Vec<Fault>> {
    let sources = sources(root)?;
    let architecture =
        fs::read_to_string(root.join("ARCHITECTURE.md")).context("ARCHITECTURE.md")?;
    let manifests = manifests(root)?;
    let mut faults = arrows(&architecture, &manifests);
    for source in &sources {
        faults.extend(absences(source));
        faults.extend(length(source));
        faults.extend(schema_comments(source));
        faults.extend(links(source, root));
    }
    let lock = fs::read_to_string(root.join("Cargo.lock"))?;
    faults.extend(versions(&lock));
    faults.extend(crypto(root)?);
    faults.sort();
    Ok(faults)
}

/// The crates of the table and what each may depend on.
fn table(architecture: &str) -> BTreeMap<String, BTreeSet<String>> {
    architecture
        .lines()
        .filter_map(|line| {
            let cells: Vec<_> = line
                .trim()
                .strip_prefix('|')?
                .split('|')
                .map(str::trim)
                .collect();
            let name = cells.first()?.strip_prefix('`')?.strip_suffix('`')?;
            let allowed = cells.get(2)?;
            let allowed = allowed
                .split(',')
                .map(|word| word.trim().trim_matches('`').to_owned())
                .filter(|word| !word.is_empty() && word != "-")
                .collect();
            Some((name.to_owned(), allowed))
        })
        .collect()
}

/// The table and the manifests say the same.
fn arrows(architecture: &str, manifests: &BTreeMap<String, BTreeSet<String>>) -> Vec<Fault> {
    let table = table(architecture);
    let mut faults = Vec::new();
    for name in manifests.keys().filter(|name| !table.contains_key(*name)) {
        faults.push(format!(
            "ARCHITECTURE.md: the crate {name} is not in the table"
        ));
    }
    for (name, allowed) in &table {
        let Some(used) = manifests.get(name) else {
            faults.push(format!("ARCHITECTURE.md: there is no crate {name}"));
            continue;
        };
        for more in used.difference(allowed) {
            faults.push(format!(
                "crates/{name}/Cargo.toml: may not depend on {more}"
            ));
        }
        for less in allowed.difference(used) {
            faults.push(format!("ARCHITECTURE.md: {name} does not depend on {less}"));
        }
    }
    faults
}

/// A rule about what a text must not hold, and where it may.
struct Absence {
    what: &'static [&'static str],
    why: &'static str,
    except: &'static [&'static str],
}

const ABSENCES: &[Absence] = &[
    Absence {
        what: &[
            "SystemTime::now",
            "Instant::now(",
            "Timestamp::now(",
            "Zoned::now(",
        ],
        why: "only hall/src/clock.rs reads clocks",
        except: &["crates/hall/src/clock.rs", "crates/xtask/"],
    },
    Absence {
        what: &[
            "tokio::spawn(",
            "task::spawn(",
            "spawn_blocking(",
            "thread::spawn(",
        ],
        why: "only hall/src/task.rs spawns",
        except: &["crates/hall/src/task.rs", "crates/xtask/", "/tests/"],
    },
    Absence {
        what: &["StatusCode::"],
        why: "HTTP status codes stand in hall/src/problem.rs",
        except: &[
            "crates/hall/src/problem.rs",
            "crates/betang/src/web.rs",
            "/tests/",
            "crates/xtask/",
        ],
    },
    Absence {
        what: &["\"SELECT ", "\"INSERT INTO ", "\"UPDATE ", "\"DELETE FROM "],
        why: "SQL stands in sql/ and in store",
        except: &[
            "/sql/",
            "crates/store/",
            "/tests/",
            "crates/xtask/",
            // The vault's one table belongs to it, and readiness asks the migrator's.
            "crates/hall/src/vault.rs",
            "crates/hall/src/http/health.rs",
        ],
    },
    Absence {
        what: &["#[allow(", "#![allow("],
        why: "an exception is #[expect] with its reason",
        except: &["crates/xtask/"],
    },
    Absence {
        what: &["unbounded_channel"],
        why: "every queue has a bound and a policy",
        except: &["crates/xtask/"],
    },
];

/// Cores and words: no IO, no clock, no async.
const PURE: &[&str] = &["crates/base/", "crates/watch-core/"];

const IMPURE: &[&str] = &[
    "tokio", "async fn", "std::fs", "std::net", "std::env", "sqlx", "axum",
];

fn absences(source: &Source) -> Vec<Fault> {
    if !source.path.ends_with(".rs") {
        return Vec::new();
    }
    let mut faults = Vec::new();
    // What stands below is a test, which may do what the house may not.
    let code = source
        .text
        .split("#[cfg(test)]\nmod tests")
        .next()
        .unwrap_or_default();
    for (number, line) in code.lines().enumerate() {
        let line = line.trim_start();
        if line.starts_with("//") {
            continue;
        }
        let mut found = |what: &str, why: &str| {
            faults.push(format!("{}:{}: {what}: {why}", source.path, number + 1));
        };
        for rule in ABSENCES {
            if rule
                .except
                .iter()
                .any(|except| source.path.contains(except))
            {
                continue;
            }
            if let Some(what) = rule.what.iter().find(|what| line.contains(**what)) {
                found(what, rule.why);
            }
        }
        if PURE.iter().any(|pure| source.path.starts_with(pure))
            && let Some(what) = IMPURE.iter().find(|what| line.contains(**what))
        {
            found(what, "a core decides and does nothing");
        }
    }
    faults
}

fn length(source: &Source) -> Option<Fault> {
    let counts = [".rs", ".ts", ".svelte", ".mjs"]
        .iter()
        .any(|end| source.path.ends_with(end));
    let generated = source.path.ends_with("schema.d.ts");
    let lines = source.text.lines().count();
    (counts && !generated && lines > LINES_MAX)
        .then(|| format!("{}: {lines} lines; look for the second noun", source.path))
}

/// Each table says what it holds, and each group of columns does: a comment on
/// the line, above it, or above the columns before it.
fn schema_comments(source: &Source) -> Vec<Fault> {
    if !source.path.contains("/schema/") || !source.path.ends_with(".sql") {
        return Vec::new();
    }
    let mut faults = Vec::new();
    let mut above = "";
    let mut group = false;
    let mut inside = false;
    for (number, line) in source.text.lines().enumerate() {
        let at = format!("{}:{}", source.path, number + 1);
        let text = line.trim();
        if text.starts_with("CREATE TABLE") {
            inside = true;
            group = false;
            if !above.starts_with("--") {
                faults.push(format!("{at}: a table without a comment above it"));
            }
        } else if text.starts_with(')') {
            inside = false;
        } else if inside {
            let is_column = [" BIGINT", " TEXT", " BYTEA", " DOUBLE PRECISION"]
                .iter()
                .any(|kind| text.contains(kind));
            group |= text.contains("--");
            if is_column && !group {
                faults.push(format!("{at}: a column without a comment"));
            }
        }
        // A blank line between a comment and its table changes nothing.
        if !text.is_empty() {
            above = text;
        }
    }
    faults
}

/// Links between pages lead somewhere.
fn links(source: &Source, root: &Path) -> Vec<Fault> {
    if !source.path.ends_with(".md") {
        return Vec::new();
    }
    let folder = Path::new(&source.path).parent().unwrap_or(Path::new(""));
    source
        .text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|link| {
            !link.contains("://") && !link.starts_with('#') && !link.starts_with("mailto:")
        })
        .map(|link| link.split('#').next().unwrap_or_default())
        .filter(|link| !link.is_empty() && !root.join(folder).join(link).exists())
        .map(|link| format!("{}: the link {link} leads nowhere", source.path))
        .collect()
}

fn versions(lock: &str) -> Vec<Fault> {
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

/// One stack of cryptography on the systems that we ship for.
fn crypto(root: &Path) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    for name in ["ring", "openssl-sys", "native-tls"] {
        let tree = Command::new("cargo")
            .args([
                "tree",
                "--locked",
                "--workspace",
                "--target",
                "x86_64-unknown-linux-gnu",
                "-i",
                name,
            ])
            .current_dir(root)
            .output()
            .context("cargo tree")?;
        if tree.stdout.starts_with(name.as_bytes()) {
            faults.push(format!(
                "Cargo.lock: {name} is built; aws-lc-rs is the one stack"
            ));
        }
    }
    Ok(faults)
}

fn manifests(root: &Path) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let folder = root.join("crates");
    let names: BTreeSet<String> = fs::read_dir(&folder)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    let mut manifests = BTreeMap::new();
    for name in &names {
        let text = fs::read_to_string(folder.join(name).join("Cargo.toml"))?;
        let table: toml::Table = text.parse()?;
        let used = table
            .get("dependencies")
            .and_then(toml::Value::as_table)
            .map(|dependencies| {
                dependencies
                    .keys()
                    .filter(|key| names.contains(*key))
                    .cloned()
                    .collect()
            })
            .unwrap_or_default();
        manifests.insert(name.clone(), used);
    }
    Ok(manifests)
}

/// Every file that git knows and that is text.
fn sources(root: &Path) -> Result<Vec<Source>> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root)
        .output()
        .context("git ls-files")?;
    let kinds = [".rs", ".sql", ".md", ".ts", ".svelte", ".mjs"];
    Ok(String::from_utf8_lossy(&listed.stdout)
        .split('\0')
        .filter(|path| kinds.iter().any(|kind| path.ends_with(kind)))
        .filter_map(|path| {
            Some(Source {
                path: path.to_owned(),
                text: fs::read_to_string(root.join(path)).ok()?,
            })
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn the_house_is_tidy() {
        let faults = check(&crate::root()).expect("the house can be read");
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    #[test]
    fn an_arrow_that_is_not_in_the_table_is_found_and_one_that_is_not_in_the_house() {
        let page = "| crate | what | may depend on |\n|---|---|---|\n\
                    | `base` | words | - |\n| `store` | data | `base` |\n| `old` | gone | - |\n";
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let manifests = BTreeMap::from([
            ("base".to_owned(), set(&["store"])),
            ("store".to_owned(), set(&[])),
            ("new".to_owned(), set(&[])),
        ]);
        let faults = arrows(page, &manifests);
        assert_eq!(faults.len(), 4, "{faults:?}");
    }

    #[test]
    fn what_must_be_absent_is_found() {
        for (path, line) in [
            (
                "crates/watch/src/hub.rs",
                "let now = std::time::Instant::now();",
            ),
            ("crates/watch/src/hub.rs", "tokio::spawn(run());"),
            (
                "crates/watch/src/http/cameras.rs",
                "return StatusCode::NOT_FOUND;",
            ),
            (
                "crates/watch/src/http/cameras.rs",
                "tx.execute(\"UPDATE watch_camera SET x = 1\")",
            ),
            ("crates/hall/src/guard.rs", "#[allow(dead_code)]"),
            ("crates/watch-core/src/ring.rs", "use tokio::sync::mpsc;"),
        ] {
            assert_eq!(absences(&source(path, line)).len(), 1, "{line}");
        }
        let test = "fn f() {}\n#[cfg(test)]\nmod tests { fn g() { Instant::now(); } }";
        assert!(absences(&source("crates/watch/src/hub.rs", test)).is_empty());
    }

    #[test]
    fn a_silent_table_or_column_is_found() {
        let text = "CREATE TABLE a_b (\n    id BIGINT NOT NULL,\n    at BIGINT -- when\n);\n";
        let faults = schema_comments(&source("crates/a/schema/0001_b.sql", text));
        assert_eq!(faults.len(), 2, "{faults:?}");
    }

    #[test]
    fn a_long_file_a_dead_link_and_a_second_version_are_found() {
        let long = "\n".repeat(LINES_MAX + 1);
        assert!(length(&source("crates/a/src/b.rs", &long)).is_some());
        let page = source(
            "docs/a.md",
            "see [b](no-such-page.md) and [c](https://example.org)",
        );
        assert_eq!(links(&page, &crate::root()).len(), 1);
        let lock = "name = \"tokio\"\nversion = \"1.0.0\"\nname = \"tokio\"\nversion = \"2.0.0\"\n";
        assert_eq!(versions(lock).len(), 1);
    }
}
