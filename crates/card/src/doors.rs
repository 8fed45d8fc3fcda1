//! What reads bytes of strangers, for the fuzz targets in `fuzz/` and nobody else.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::LazyLock;

use base::day::Day;
use card_core::facts::{Aided, BusinessFacts, Facts, FamilyFacts, ListOf, PersonFacts, Place};
use card_core::list::Kind;
use card_core::rule::{Column, Programme, Subject, Type, judge, margins, reason};
use hall::intake::{Shape, Sniffer, each, head};

use crate::import::contract;
use crate::import::judge::{self as rows, Reading};
use crate::import::report::Report;
use crate::record::Record;
use crate::room::Areas;
use crate::words::{self, Language};

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
        let judged = rows::judge(&reading, row);
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

/// The same of a workbook, which is read whole as well, as smaller lists are.
///
/// # Panics
/// If a promise is broken.
#[must_use]
pub fn workbook(kind: u8, octets: &[u8]) -> Option<(u64, u64)> {
    let of = Kind::ALL[usize::from(kind) % Kind::ALL.len()];
    let whole = hall::doors::lines(octets, contract::of(of));
    let rows = list(kind, octets);
    // A workbook of the long way has more rows, not fewer.
    let most = contract::ROWS_MAX;
    assert!(whole.is_none_or(|lines| lines <= most + 500), "bounded");
    rows
}

fn shape(octets: &[u8], piece: usize) -> Option<Shape> {
    let mut sniffer = Sniffer::new();
    for piece in octets.chunks(piece) {
        sniffer.feed(piece);
    }
    sniffer.finish().ok()
}

/// Pixels of a photograph that is kept of octets, from side to side and from top to bottom; none
/// where they are refused.
///
/// # Panics
/// If a promise is broken: what is kept is a JPEG of that size that is decoded again, without
/// what cameras note, and ends where the picture ends.
#[must_use]
pub fn photo(octets: &[u8]) -> Option<(usize, usize)> {
    let picture = match crate::photo::prepared(octets) {
        Ok(picture) => picture,
        Err(wrong) => {
            assert!(!wrong.to_string().is_empty(), "why it is refused");
            return None;
        }
    };
    let kept = zune_core::bytestream::ZCursor::new(&picture.jpeg);
    let mut decoder = zune_jpeg::JpegDecoder::new(kept);
    let pixels = decoder.decode().map(|it| it.len()).ok();
    let size = (picture.width, picture.height);
    assert_eq!(decoder.dimensions(), Some(size), "of its size");
    assert_eq!(pixels, Some(size.0 * size.1 * 3), "all of it");
    let notes = [decoder.exif(), decoder.xmp(), decoder.iptc()];
    assert!(notes.iter().all(Option::is_none), "without notes");
    assert!(picture.jpeg.ends_with(&[0xff, 0xd9]), "nothing behind it");
    Some(size)
}

/// Rules as officials write them, held against a few families: how many rules; none where a
/// text is no programme.
///
/// # Panics
/// If a promise is broken: what is refused says why, what is read can be told in words, and
/// whoever is judged has that verdict again when it is told why.
#[must_use]
pub fn programme(octets: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(octets).ok()?;
    let programme = match Programme::parse(text) {
        Ok(programme) => programme,
        Err(wrong) => {
            let told = [wrong.to_string(), wrong.english()];
            assert!(told.iter().all(|it| !it.is_empty()), "why it is refused");
            return None;
        }
    };
    let areas = Areas::default();
    for rule in &programme.rules {
        for language in [Language::Indonesian, Language::English] {
            let told = words::term(&areas, language, &rule.term);
            assert!(!told.is_empty(), "what is asked");
        }
    }
    hold(&programme, &FEW);
    Some(programme.rules.len())
}

/// What an examination knows, as it lies sealed: how many families and persons; none where
/// octets are nothing of the kind.
///
/// # Panics
/// If a promise is broken: what is read is written as it was, whoever stands for a family
/// stands on one of the lists, and everybody can be judged.
#[must_use]
pub fn facts(octets: &[u8]) -> Option<(usize, usize)> {
    let facts = Facts::read(octets).ok()?;
    let again = facts.octets();
    assert_eq!(Facts::read(&again).as_ref(), Ok(&facts), "as it was");
    // What is of a form before is written in the newest.
    if octets.starts_with(&again[..FORM]) {
        assert_eq!(again, octets, "octet by octet");
    }
    for (at, family) in (0_u32..).zip(&facts.families) {
        let stands = facts.representative(family);
        assert!(usize::from(stands.list) < facts.lists.len(), "on a list");
        assert_eq!(facts.family(&family.id), Some(at), "found by its id");
    }
    for programme in ALL.iter() {
        hold(programme, &facts);
    }
    Some((facts.families.len(), facts.persons.len()))
}

/// Octets that say in which form facts are.
const FORM: usize = 8;

/// Judges everybody, and asks why.
fn hold(programme: &Programme, facts: &Facts) {
    let judged = judge(programme, facts, *TODAY);
    let all = facts.count(programme.subject);
    assert_eq!(judged.len(), all, "each once");
    for at in 0..all {
        let reason = reason(programme, facts, *TODAY, at);
        assert_eq!(reason.verdict, judged.verdict(at), "as it was judged");
        for rule in &reason.rules {
            assert_eq!(rule.tree.truth(), judged.rule(at, rule.rule), "by each");
        }
        for margin in margins(programme, &judged, facts, *TODAY, at) {
            let apart = margin.value.abs_diff(margin.line);
            assert_eq!((margin.distance, apart > 0), (apart, true), "how far");
        }
    }
}

/// The day for which is judged.
static TODAY: LazyLock<Day> = LazyLock::new(|| day(2026, 6, 15));

/// Programmes that ask all there is to ask, of families, of persons and of
/// businesses.
static ALL: LazyLock<[Programme; 3]> = LazyLock::new(|| {
    Subject::ALL.map(|subject| {
        let head = format!(
            "program = \"semua\"\nnama = \"Semua\"\nsubjek = \"{}\"\ninstansi = \"-\"\n\
             dasar = \"-\"\nbarang = \"paket\"\nsatuan = \"paket\"\njumlah = 1\n\
             berlaku_dari = 2026-01-01\n",
            subject.as_str()
        );
        let columns = Column::ALL.into_iter().filter(|it| it.is_of(subject));
        let rules = columns.map(|column| {
            let asks = match column.holds() {
                Type::Number { .. } => "op = \"<=\", nilai = 2",
                Type::Flag => "op = \"ya\"",
                Type::Area => "op = \"di\", nilai = [\"62\"]",
                Type::Aid => "op = \"ada\", nilai = [\"PKH\"]",
            };
            let key = column.key();
            format!(
                "[[aturan]]\nid = \"{}\"\njenis = \"syarat\"\nnama = \"{key}\"\n\
                 jika = {{ kolom = \"{key}\", {asks} }}\n",
                key.replace('_', "-")
            )
        });
        let text: String = [head].into_iter().chain(rules).collect();
        Programme::parse(&text).expect("rules that ask each column once")
    })
});

/// Families by which rules are tried: one of which much is known, and one of which nothing is.
static FEW: LazyLock<Facts> = LazyLock::new(|| {
    let list = |(number, kind): (i64, Kind)| ListOf {
        number,
        kind: kind.as_str().to_owned(),
        title: kind.as_str().to_owned(),
        as_of: Some(*TODAY),
    };
    let kinds = [
        Kind::Dtsen,
        Kind::Bansos,
        Kind::Kematian,
        Kind::Kpm,
        Kind::Usaha,
    ];
    let place = |list, row| Place { list, row };
    let known = FamilyFacts {
        id: [1; 16],
        area: Some(1),
        decile: Some(2),
        decile_by: Some(place(0, 2)),
        stands: Some(place(0, 1)),
        running: Some(place(3, 1)),
        recipient_is_here: true,
        proposed: None,
        failed: None,
        aid: 1,
        has_card: true,
        has_address: true,
        first: 0,
        count: 2,
    };
    let unknown = FamilyFacts {
        id: [2; 16],
        area: None,
        decile: None,
        decile_by: None,
        stands: None,
        running: None,
        aid: 0,
        has_card: false,
        has_address: false,
        first: 2,
        count: 1,
        ..known
    };
    let old = PersonFacts {
        id: [3; 16],
        birth: Some(day(1955, 2, 28)),
        stands: place(0, 1),
        birth_by: Some(place(0, 1)),
        died: None,
        gone: None,
        is_woman: Some(true),
        is_head: true,
        has_nik: true,
    };
    let young = PersonFacts {
        id: [4; 16],
        birth: Some(day(2023, 12, 1)),
        died: Some(place(2, 3)),
        is_woman: None,
        is_head: false,
        ..old
    };
    let stranger = PersonFacts {
        id: [5; 16],
        birth: None,
        birth_by: None,
        is_woman: None,
        is_head: false,
        has_nik: false,
        ..old
    };
    Facts {
        lists: (1..).zip(kinds).map(list).collect(),
        areas: ["62", "62.02.11.2001"].map(str::to_owned).to_vec(),
        programmes: vec!["PKH".to_owned()],
        families: vec![known, unknown],
        persons: vec![old, young, stranger],
        aided: vec![Aided {
            family: 0,
            programme: 0,
            by: place(1, 2),
        }],
        grants: vec!["BPUM".to_owned(), "PKH".to_owned()],
        businesses: vec![
            BusinessFacts {
                id: [6; 16],
                family: Some(0),
                owner: Some(0),
                area: Some(1),
                stands: place(4, 1),
                turnover: Some(3_000_000),
                years: Some(4),
                sector: Some(56),
                has_nib: true,
                grants: Some(0b1),
            },
            BusinessFacts {
                id: [7; 16],
                family: None,
                owner: None,
                area: None,
                stands: place(4, 2),
                turnover: None,
                years: None,
                sector: None,
                has_nib: false,
                grants: None,
            },
        ],
    }
});

fn day(year: i32, month: i32, of_month: i32) -> Day {
    Day::new(year, month, of_month).expect("a day that there is")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_search_begins_with_is_let_in() {
        assert_eq!(facts(&FEW.octets()), Some((2, 3)));
        let seed = include_bytes!("../../../fuzz/corpus/card_facts/businesses");
        assert_eq!(FEW.octets(), seed);
        let before: [&[u8]; 2] = [
            include_bytes!("../../../fuzz/corpus/card_facts/few"),
            include_bytes!("../../../fuzz/corpus/card_facts/decile-by"),
        ];
        for before in before {
            assert_eq!(facts(before), Some((2, 3)), "of a form before");
        }
        let seeds: [(&[u8], _); 5] = [
            (include_bytes!("../../../fuzz/corpus/rule_text/modal"), 7),
            (include_bytes!("../../../fuzz/corpus/rule_text/pangan"), 4),
            (include_bytes!("../../../fuzz/corpus/rule_text/berobat"), 4),
            (include_bytes!("../../../fuzz/corpus/rule_text/nested"), 1),
            (
                include_bytes!("../../../fuzz/corpus/rule_text/every-flag"),
                1,
            ),
        ];
        for (text, rules) in seeds {
            assert_eq!(programme(text), Some(rules));
        }
    }
}
