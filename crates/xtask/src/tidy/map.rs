//! The pages that say how the house is built, held against the house.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::{Fault, Source};

/// What a crate's manifest names of the other crates of the house.
#[derive(Debug, Default)]
pub(super) struct Uses {
    /// What it is built with.
    built: BTreeSet<String>,
    /// What its tests and its build script are built with besides.
    tested: BTreeSet<String>,
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
pub(super) fn arrows(architecture: &str, manifests: &BTreeMap<String, Uses>) -> Vec<Fault> {
    let table = table(architecture);
    let mut faults = Vec::new();
    for name in manifests.keys().filter(|name| !table.contains_key(*name)) {
        faults.push(format!(
            "ARCHITECTURE.md: the crate {name} is not in the table"
        ));
    }
    for (name, allowed) in &table {
        let Some(uses) = manifests.get(name) else {
            faults.push(format!("ARCHITECTURE.md: there is no crate {name}"));
            continue;
        };
        for more in uses.built.union(&uses.tested) {
            // A crate may name itself, to test with its own features.
            if !allowed.contains(more) && more != name {
                faults.push(format!(
                    "crates/{name}/Cargo.toml: may not depend on {more}"
                ));
            }
        }
        // What only tests are built with is in the table as well.
        for less in allowed.difference(&uses.built.union(&uses.tested).cloned().collect()) {
            faults.push(format!("ARCHITECTURE.md: {name} does not depend on {less}"));
        }
    }
    faults
}

/// No room may name another, and what rooms stand on may name none. A room is
/// what has a core.
pub(super) fn rooms(architecture: &str) -> Vec<Fault> {
    let table = table(architecture);
    let room = |name: &str| {
        let name = name.strip_suffix("-core").unwrap_or(name);
        table
            .contains_key(&format!("{name}-core"))
            .then(|| name.to_owned())
    };
    let mut faults = Vec::new();
    for (name, allowed) in &table {
        for other in allowed {
            let crosses = room(other).is_some() && room(other) != room(name);
            // The binary puts the rooms together, and a simulated village runs the brain of
            // a box, whose hands it has of its own.
            let may = name == "betang" || (name == "sim" && other.ends_with("-core"));
            if crosses && !may {
                faults.push(format!(
                    "ARCHITECTURE.md: {name} may not name the room of {other}"
                ));
            }
        }
    }
    faults
}

/// What each crate's manifest names.
pub(super) fn manifests(root: &Path) -> Result<BTreeMap<String, Uses>> {
    let folder = root.join("crates");
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(&folder)? {
        names.extend(entry?.file_name().into_string());
    }
    let mut manifests = BTreeMap::new();
    for name in &names {
        let path = folder.join(name).join("Cargo.toml");
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        manifests.insert(name.clone(), uses(&text.parse()?, &names));
    }
    Ok(manifests)
}

fn uses(manifest: &toml::Table, names: &BTreeSet<String>) -> Uses {
    let mut uses = Uses::default();
    let per_target = manifest
        .get("target")
        .and_then(toml::Value::as_table)
        .into_iter()
        .flat_map(|targets| targets.values().filter_map(toml::Value::as_table));
    for section in std::iter::once(manifest).chain(per_target) {
        for (kinds, into) in [
            (&["dependencies"][..], &mut uses.built),
            (
                &["dev-dependencies", "build-dependencies"],
                &mut uses.tested,
            ),
        ] {
            for named in kinds.iter().filter_map(|kind| section.get(*kind)) {
                let named = named.as_table().into_iter().flat_map(toml::Table::keys);
                into.extend(named.filter(|key| names.contains(*key)).cloned());
            }
        }
    }
    uses
}

/// Links between pages lead somewhere.
pub(super) fn links(source: &Source, root: &Path) -> Vec<Fault> {
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

/// Files that a page names are there.
pub(super) fn names(source: &Source, root: &Path) -> Vec<Fault> {
    if !source.path.ends_with(".md") {
        return Vec::new();
    }
    source
        .text
        .lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .filter(|name| {
            ["crates/", "web/", "docs/", "assets/", "scripts/"]
                .iter()
                .any(|folder| name.starts_with(folder))
        })
        .filter(|name| !name.contains([' ', '<', '*']) && !name.contains("::"))
        .filter(|name| !root.join(name).exists())
        .map(|name| format!("{}: there is no {name}", source.path))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::source;
    use super::*;

    const PAGE: &str = "| crate | what | may depend on |\n|---|---|---|\n\
        | `base` | words | - |\n| `store` | data | `base` |\n| `old` | gone | - |\n";

    fn of(manifests: &[(&str, &str)]) -> BTreeMap<String, Uses> {
        let names: BTreeSet<_> = manifests
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .collect();
        manifests
            .iter()
            .map(|(name, text)| {
                let text = text.parse().expect("a manifest");
                ((*name).to_owned(), uses(&text, &names))
            })
            .collect()
    }

    #[test]
    fn an_arrow_that_is_not_in_the_table_is_found_and_one_that_is_not_in_the_house() {
        let faults = arrows(
            PAGE,
            &of(&[
                ("base", "[dependencies]\nstore.workspace = true"),
                ("store", "[dev-dependencies]\nstore.workspace = true"),
                ("new", ""),
            ]),
        );
        assert_eq!(
            faults,
            [
                "ARCHITECTURE.md: the crate new is not in the table",
                "crates/base/Cargo.toml: may not depend on store",
                "ARCHITECTURE.md: there is no crate old",
                "ARCHITECTURE.md: store does not depend on base",
            ]
        );
    }

    #[test]
    fn an_arrow_of_a_test_or_of_one_system_is_found() {
        for text in [
            "[dev-dependencies]\nstore.workspace = true",
            "[target.'cfg(unix)'.dependencies]\nstore.workspace = true",
        ] {
            let faults = arrows(
                "| `base` | words | - |\n| `store` | data | - |\n",
                &of(&[("base", text), ("store", "")]),
            );
            assert_eq!(faults.len(), 1, "{text}");
        }
    }

    #[test]
    fn a_room_that_names_another_is_found() {
        let page = "| `hall` | all | `card` |\n| `watch-core` | brain | - |\n\
                    | `watch` | hands | `watch-core`, `hall`, `card-core` |\n\
                    | `card-core` | brain | - |\n| `card` | hands | `card-core` |\n\
                    | `betang` | binary | `watch`, `card` |\n\
                    | `sim` | world | `watch-core`, `card` |\n";
        let faults = rooms(page);
        assert_eq!(
            faults,
            [
                "ARCHITECTURE.md: hall may not name the room of card",
                "ARCHITECTURE.md: sim may not name the room of card",
                "ARCHITECTURE.md: watch may not name the room of card-core",
            ]
        );
    }

    #[test]
    fn a_dead_link_and_a_file_that_is_gone_are_found() {
        let page = source(
            "docs/a.md",
            "see [b](no-such-page.md), [c](https://example.org) and `crates/gone/src/a.rs`,\n\
             not `crates/<room>/src` or `web build`",
        );
        assert_eq!(links(&page, &crate::root()).len(), 1);
        assert_eq!(names(&page, &crate::root()).len(), 1);
    }
}
