//! Shapes that travel: the description of the interface knows each by one name, and the
//! later of two of one name takes the earlier one's place unseen.

use std::collections::BTreeMap;

use super::{Fault, Source};

/// Names that stand for more than one shape.
pub(super) fn twice(sources: &[Source]) -> Vec<Fault> {
    let mut first: BTreeMap<String, String> = BTreeMap::new();
    let mut faults = Vec::new();
    for source in sources {
        if !source.path.ends_with(".rs") || source.path.starts_with("crates/xtask/") {
            continue;
        }
        for (line, name) in named(&source.text) {
            let at = format!("{}:{line}", source.path);
            if let Some(other) = first.get(&name) {
                faults.push(format!("{at}: a shape {name} is at {other} too"));
            } else {
                first.insert(name, at);
            }
        }
    }
    faults
}

/// The shapes of a file: the line and the name of each.
fn named(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    // Whether what follows is a shape, and what it calls itself.
    let (mut shape, mut word, mut alias) = (false, false, None);
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line == "#[cfg(test)]" {
            break;
        }
        if line.starts_with("//") {
            continue;
        }
        if line.contains("words! {") {
            word = true;
        } else if line.starts_with("#[derive(") {
            (shape, alias) = (false, None);
        }
        shape |= has(line, "ToSchema") && !line.starts_with("use ");
        if let Some((_, rest)) = line.split_once("schema(as = ") {
            alias = Some(ident(rest));
        }
        let name = after(line, "struct ").or_else(|| after(line, "enum "));
        if let Some(name) = name
            && std::mem::take(&mut shape)
        {
            found.push((number + 1, alias.take().unwrap_or(name)));
        } else if word && let Some((left, _)) = line.split_once(" = ") {
            word = false;
            let name = left.rsplit(' ').next().unwrap_or_default();
            found.push((number + 1, name.to_owned()));
        }
    }
    found
}

fn has(line: &str, word: &str) -> bool {
    let mut parts = line.split(|letter: char| !letter.is_alphanumeric());
    parts.any(|part| part == word)
}

/// The name behind a keyword that begins a line, whoever may see it.
fn after(line: &str, keyword: &str) -> Option<String> {
    let (seen, rest) = line.split_once(keyword)?;
    let seen = seen.trim();
    (seen.is_empty() || seen.starts_with("pub")).then(|| ident(rest))
}

fn ident(text: &str) -> String {
    text.chars()
        .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
        .collect()
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
    fn two_shapes_of_one_name_are_found() {
        let one = "#[derive(Debug, ToSchema)]\npub(crate) struct Place {\n}\n";
        let other = "#[derive(\n    Debug,\n    ToSchema,\n)]\n#[serde(deny_unknown_fields)]\nstruct Place(u8);\n";
        let said = "#[derive(ToSchema)]\n#[schema(as = Place, example = 1)]\nenum Spot {\n";
        let word = "hall::words! {\n    /// A place.\n    pub(crate) Place = PLACES\n}\n";
        let plain = "#[derive(Debug)]\nstruct Place;\n#[derive(ToSchema)]\nstruct Other;\n";
        let aliased = "#[derive(ToSchema)]\n#[schema(as = Site)]\nstruct Place;\n";
        for (text, faults) in [(other, 1), (said, 1), (word, 1), (plain, 0), (aliased, 0)] {
            let sources = [
                source("crates/a/src/a.rs", one),
                source("crates/b/src/b.rs", text),
            ];
            assert_eq!(twice(&sources).len(), faults, "{text}");
        }
    }
}
