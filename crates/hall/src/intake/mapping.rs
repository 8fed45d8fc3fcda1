//! Which column of a file is which field.
//!
//! Proposed from what stands above the columns, in the words that offices use, and
//! always changeable. A column that looks like passwords can become nothing that
//! is shown.

use super::grid::{Line, Raw};
use super::{Column, Contract, Reads};

/// Rows above the data that may be titles.
pub(super) const TITLES_MAX: usize = 40;

/// A heading without case, signs and what stands in brackets.
pub(super) fn normal(text: &str) -> String {
    let mut depth = 0_usize;
    let mut words = String::new();
    for c in text.chars() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            c if c.is_alphanumeric() => words.extend(c.to_lowercase()),
            _ => words.push(' '),
        }
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The field that a heading means.
pub(super) fn meaning(heading: &str, contract: &Contract) -> Option<&'static Column> {
    let heading = normal(heading);
    if heading.is_empty() {
        return None;
    }
    let mut columns = contract.columns.iter();
    columns.find(|column| {
        heading == normal(column.key)
            || heading == normal(&column.name.id)
            || heading == normal(&column.name.en)
            || column.synonyms.iter().any(|word| heading == normal(word))
    })
}

/// Words that stand above columns of passwords.
const SECRETS: [&str; 6] = ["password", "pass", "passwd", "pwd", "sandi", "pin"];

/// Whether what stands below a heading is never to be shown.
pub(super) fn is_secret(heading: &str, contract: &Contract) -> bool {
    meaning(heading, contract).is_some_and(|column| column.reads == Reads::Secret)
        || normal(heading)
            .split(' ')
            .any(|word| SECRETS.contains(&word))
}

/// The text of a heading.
pub(super) fn heading(line: &Line, column: usize) -> String {
    match line.cells.get(column).map(|cell| &cell.raw) {
        Some(Raw::Text(text)) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        Some(Raw::Number(number)) => super::value::written(*number),
        _ => String::new(),
    }
}

/// What each column is taken to be. Of two that could be one field the first is.
pub(super) fn propose(line: &Line, contract: &Contract) -> Vec<Option<&'static Column>> {
    let mut taken: Vec<&str> = Vec::new();
    (0..line.cells.len())
        .map(|column| {
            let found = meaning(&heading(line, column), contract)?;
            if taken.contains(&found.key) {
                return None;
            }
            taken.push(found.key);
            Some(found)
        })
        .collect()
}

/// The row of headings, as a place among the lines, and how many of its columns are
/// known: the one that knows most; without any, the first that names two columns.
pub(super) fn header(lines: &[Line], contract: &Contract) -> Option<(usize, usize)> {
    let known = |line: &Line| propose(line, contract).iter().flatten().count();
    let best = lines
        .iter()
        .take(TITLES_MAX)
        .map(known)
        .enumerate()
        // Of equals the first: a row of data may repeat a heading.
        .max_by_key(|(at, known)| (*known, std::cmp::Reverse(*at)))?;
    if best.1 > 0 {
        return Some(best);
    }
    let texts = |line: &Line| {
        let cells = line.cells.iter();
        cells
            .filter(|cell| matches!(cell.raw, Raw::Text(_)))
            .count()
    };
    let first = lines
        .iter()
        .take(TITLES_MAX)
        .position(|line| texts(line) > 1)
        .unwrap_or(0);
    Some((first, 0))
}

/// The letters that a spreadsheet shows above a column.
pub(super) fn letters(mut column: usize) -> String {
    let mut letters = Vec::new();
    loop {
        let digit = u8::try_from(column % 26).unwrap_or(0);
        letters.push(char::from(b'A' + digit));
        if column < 26 {
            break;
        }
        column = column / 26 - 1;
    }
    letters.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_compared_without_their_dress() {
        for (written, plain) in [
            ("  Nama_Kamera* ", "nama kamera"),
            ("Lintang (°LS)", "lintang"),
            ("Kab./Kota", "kab kota"),
            ("NO. HP", "no hp"),
            ("(semua)", ""),
        ] {
            assert_eq!(normal(written), plain);
        }
    }

    #[test]
    fn columns_have_the_letters_of_a_spreadsheet() {
        for (column, written) in [
            (0, "A"),
            (25, "Z"),
            (26, "AA"),
            (51, "AZ"),
            (52, "BA"),
            (702, "AAA"),
        ] {
            assert_eq!(letters(column), written);
        }
    }
}
