//! Rows of lists of people: eleven cells with tabs between them, one row a line, as a
//! list writes them. Every row is one person's, the same rows have the same answer, and
//! what is read of a number are its digits as they stand.
//!
//! Does not cover: the file around the rows, which `betang link` reads by a library and
//! its own tests try.

use card_core::link::explain::explain;
use card_core::link::register::{Register, Row};
use card_core::link::{Linked, Settings, link};
use card_core::{birth::Birth, name, number};

/// More rows than this make a search slow and show nothing new.
const ROWS_MAX: usize = 64;

fn linked(rows: &[Row<'_>]) -> Linked {
    let mut register = Register::new();
    rows.iter().for_each(|row| register.push(row));
    register.settle();
    link(&register, &Settings::default(), &|_| ())
}

pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let rows: Vec<Row<'_>> = text
        .lines()
        .take(ROWS_MAX)
        .map(|line| {
            let mut cells = line.split('\t');
            Row::of(std::array::from_fn(|_| cells.next().unwrap_or_default()))
        })
        .collect();
    for row in &rows {
        for (reading, cell) in [
            (number::read(row.nik), row.nik),
            (number::read(row.kk), row.kk),
        ] {
            if let Some(digits) = reading.digits {
                let (octets, length) = digits.octets();
                assert_eq!(
                    &octets[..length],
                    cell.trim().as_bytes(),
                    "nothing is mended"
                );
            }
        }
        if let Some(birth) = Birth::parse(row.birth) {
            let said = format!("{:04}-{:02}-{:02}", birth.year, birth.month, birth.day);
            assert_eq!(Birth::parse(&said), Some(birth));
        }
        let name = name::parse(row.name);
        assert!(
            name.words
                .iter()
                .all(|word| word.bytes().all(|it| it.is_ascii_lowercase()))
        );
    }
    let found = linked(&rows);
    assert_eq!(found.clusters.of.len(), rows.len());
    for (record, first) in found.clusters.of.iter().enumerate() {
        assert!(*first as usize <= record, "known by the first");
        assert_eq!(found.clusters.of[*first as usize], *first);
    }
    for pair in &found.pairs {
        let why = explain(&found.model, pair.pattern);
        assert!(
            (0.0..=1.0).contains(&why.same) && why.evidence.iter().all(|it| it.bits.is_finite())
        );
    }
    assert_eq!(
        linked(&rows).clusters,
        found.clusters,
        "the same rows, the same answer"
    );
}
