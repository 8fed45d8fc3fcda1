//! What the house claims of itself is held by tests that are there: a page of claims
//! names each as `file::test`, and what a real browser is promised by its sentence.

use super::{Fault, Source};

/// The pages, and what a row may say in the place of a test.
const PAGES: &[(&str, &[&str])] = &[
    ("docs/threats.md", &["not held"]),
    ("docs/guide/keamanan.md", &["belum ada", "tidak berlaku"]),
];

/// Every claim without a test, and every test that is not there.
pub(super) fn tests(sources: &[Source]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (page, instead) in PAGES {
        let Some(source) = sources.iter().find(|source| source.path == *page) else {
            faults.push(format!("{page}: it is not there"));
            continue;
        };
        for (number, line) in (1..).zip(source.text.lines()) {
            let named: Vec<_> = named(line).collect();
            let is_row = line.starts_with('|') && !is_head(&source.text, number);
            let is_honest = instead.iter().any(|word| line.contains(word));
            if is_row && named.is_empty() && !is_honest {
                faults.push(format!("{page}:{number}: a claim without a test"));
            }
            for (path, test) in named {
                let file = sources.iter().find(|source| source.path == path);
                let is_there = |file: &Source| match path.ends_with(".mjs") {
                    true => file.text.contains(&format!("promise('{test}', ")),
                    false => holds(&file.text, test),
                };
                if !file.is_some_and(is_there) {
                    faults.push(format!("{page}:{number}: there is no test {path}::{test}"));
                }
            }
        }
    }
    faults
}

/// The tests that a line names.
fn named(line: &str) -> impl Iterator<Item = (&str, &str)> {
    line.split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|code| code.split_once("::"))
        .filter(|(path, _)| path.contains('/'))
}

/// Whether a line is the head of a table or the one below it.
fn is_head(text: &str, number: usize) -> bool {
    let line = |number: usize| text.lines().nth(number - 1).unwrap_or_default();
    let is_rule = |line: &str| line.starts_with("|--") || line.starts_with("| --");
    is_rule(line(number)) || is_rule(line(number + 1))
}

/// Whether a file holds a test: a function, a line of a macro that makes one of each
/// engine, or a fuzz target that is replayed.
fn holds(text: &str, test: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(test).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + test.len()..]);
        let whole = !before.ends_with(is_word) && !after.starts_with(is_word);
        whole && (before.ends_with("fn ") || after.starts_with(':') || before.contains("replay! {"))
    })
}

#[cfg(test)]
mod tests {
    use super::super::source;
    use super::*;

    fn page(path: &str, row: &str) -> Source {
        let head = "| claim | test |\n|---|---|\n";
        source(path, &format!("# Page\n\n{head}{row}\n"))
    }

    fn faults(row: &str) -> Vec<Fault> {
        let file = "fn held() {}\non_both! {\n    on_two: held;\n}\n";
        let script = "await promise('it holds, in a page', async () => {";
        let sources = [
            page("docs/threats.md", row),
            page("docs/guide/keamanan.md", "| V1 | belum ada |"),
            source("crates/a/tests/b.rs", file),
            source("web/tests/a.e2e.mjs", script),
        ];
        tests(&sources)
    }

    #[test]
    fn a_test_that_is_not_there_and_a_claim_without_one_are_found() {
        assert!(faults("| a | `crates/a/tests/b.rs::held` |").is_empty());
        assert!(faults("| a | `crates/a/tests/b.rs::on_two` |").is_empty());
        assert!(faults("| a | `web/tests/a.e2e.mjs::it holds, in a page` |").is_empty());
        assert!(faults("| a | not held |").is_empty());
        for row in [
            "| a | `crates/a/tests/b.rs::hel` |",
            "| a | `crates/a/tests/b.rs::gone` |",
            "| a | `crates/a/tests/c.rs::held` |",
            "| a | `web/tests/a.e2e.mjs::it holds` |",
            "| a | `crates/a/tests/b.rs` |",
            "| a | |",
        ] {
            assert_eq!(faults(row).len(), 1, "{row}");
        }
        assert_eq!(tests(&[]).len(), PAGES.len());
    }
}
