//! What reads bytes of strangers, for the fuzz targets in `fuzz/` and nobody else.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use card_core::list::Kind;
use hall::intake::{Shape, Sniffer, each, head};

use crate::import::contract;
use crate::import::judge::{Reading, judge};
use crate::import::report::Report;
use crate::record::Record;
use crate::room::Areas;

/// Octets that arrive at once.
const PIECE: usize = 7;

/// Rows of a list of that kind, and how many of them are refused; none where it is no list.
///
/// # Panics
/// If a promise is broken: a list is the same however it arrives, each row is counted once,
/// and a row that is written is read again as it was.
#[must_use]
pub fn list(kind: u8, octets: &[u8]) -> Option<(u64, u64)> {
    let kind = Kind::ALL[usize::from(kind) % Kind::ALL.len()];
    let shape = shape(octets, octets.len().max(1));
    assert_eq!(
        shape,
        self::shape(octets, PIECE),
        "as a whole and in pieces"
    );
    let shape = shape?;
    let contract = contract::of(kind);
    let table = head(octets, &shape, contract, None, &BTreeMap::new()).ok()?;
    let (areas, mut report, mut written) = (Areas::default(), Report::default(), 0);
    let reading = Reading {
        kind,
        kemendagri: true,
        areas: &areas,
    };
    let passed = each(octets, &table, &shape, contract::ROWS_MAX, &mut |row| {
        let judged = judge(&reading, row);
        report.take(row.number(), &judged.points);
        if !judged.is_refused() {
            written += 1;
            let again = Record::read(&judged.record.octets());
            assert_eq!(again.as_ref(), Some(&judged.record), "as it was");
        }
        ControlFlow::Continue(())
    })
    .ok()?;
    assert_eq!(report.rows, passed.rows as u64, "each row once");
    assert_eq!(report.rows, report.refused + written, "in and out");
    let _ = report.view();
    Some((report.rows, report.refused))
}

fn shape(octets: &[u8], piece: usize) -> Option<Shape> {
    let mut sniffer = Sniffer::new();
    for piece in octets.chunks(piece) {
        sniffer.feed(piece);
    }
    sniffer.finish().ok()
}
