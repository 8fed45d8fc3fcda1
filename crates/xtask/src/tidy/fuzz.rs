//! The fuzz targets are whole: each says what it does not cover, has something to
//! begin with, and can be searched with.

use std::path::Path;

use super::{Fault, Source};

/// What the text above a target's code has to say.
const HONEST: &str = "//! Does not cover:";

/// Every target that lacks one of its parts.
pub(super) fn targets(sources: &[Source], root: &Path) -> Vec<Fault> {
    let named = |folder: &str| -> Vec<(String, &Source)> {
        sources
            .iter()
            .filter_map(|source| {
                let name = source.path.strip_prefix(folder)?.strip_suffix(".rs")?;
                Some((name.to_owned(), source))
            })
            .collect()
    };
    let (bodies, doors) = (named("fuzz/src/"), named("fuzz/bin/"));
    let mut faults = Vec::new();
    for (name, source) in &bodies {
        if !source.text.contains("\npub fn run(") {
            continue;
        }
        if name != "lib" && !source.text.contains(HONEST) {
            faults.push(format!(
                "{}: it says nowhere what it does not cover",
                source.path
            ));
        }
        if name != "lib" && !doors.iter().any(|(door, _)| door == name) {
            faults.push(format!("{}: there is no fuzz/bin/{name}.rs", source.path));
        }
    }
    for (name, source) in &doors {
        if !bodies.iter().any(|(body, _)| body == name) {
            faults.push(format!("{}: there is no fuzz/src/{name}.rs", source.path));
        }
        let corpus = root.join("fuzz/corpus").join(name);
        let begins = std::fs::read_dir(corpus).is_ok_and(|mut inputs| inputs.next().is_some());
        if !begins {
            faults.push(format!("fuzz/corpus/{name}: nothing to begin with"));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::super::source;
    use super::*;

    #[test]
    fn a_target_that_lacks_a_part_is_found() {
        let body = "//! What it is.\n\npub fn run(bytes: &[u8]) {}\n";
        let honest =
            "//! What it is.\n//!\n//! Does not cover: much.\n\npub fn run(bytes: &[u8]) {}\n";
        let faults = |sources: &[Source]| targets(sources, &crate::root());
        assert_eq!(faults(&[source("fuzz/src/offers.rs", body)]).len(), 2);
        let whole = [
            source("fuzz/src/offers.rs", honest),
            source("fuzz/bin/offers.rs", ""),
        ];
        assert!(faults(&whole).is_empty());
        assert_eq!(faults(&[source("fuzz/bin/no_such.rs", "")]).len(), 2);
        let part = "//! A part of targets.\n";
        assert!(faults(&[source("fuzz/src/session.rs", part)]).is_empty());
    }
}
