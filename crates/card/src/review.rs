//! Pairs that people are asked about: chosen at the end of an examination, answered at any
//! time, and counted by the next.

use std::collections::BTreeMap;

use base::area::AreaCode;
use card_core::household::Households;
use card_core::link::Linked;
use card_core::link::cluster::Said;
use card_core::link::explain::explain;
use card_core::list::Kind;
use card_core::review::{self, Answer, BANDS, Band, State};
use serde_json::json;
use store::{Conn, Error};

use crate::examine::memory::Memory;
use crate::sql::list::ListRow;
use crate::sql::pair::{self, PairId, PairRow, WordRow};

/// What was said of each pair, the oldest first.
pub(crate) type Words = BTreeMap<PairId, Vec<WordRow>>;

/// All that was said.
pub(crate) async fn words(conn: &mut Conn) -> Result<Words, Error> {
    let mut words = Words::new();
    for row in pair::words(conn).await? {
        words.entry(row.id).or_default().push(row);
    }
    Ok(words)
}

/// How far people are with a pair, and what counts. Where a payment hung on it once, two have
/// to agree for good.
pub(crate) fn settled(words: &[WordRow], pays: bool) -> (State, Option<bool>) {
    let answers: Vec<Answer> = words.iter().map(|word| word.answer).collect();
    review::settle(&answers, pays || words.iter().any(|word| word.pays))
}

/// Of each band how many pairs were sampled, and what people agreed on about them; `counts`
/// is how many pairs each has.
pub(crate) fn bands(words: &Words, pairs: &[PairRow], counts: &[(u64, u64)]) -> Vec<(u64, Band)> {
    let mut bands = vec![(0_u64, Band::default()); BANDS.len()];
    for pair in pairs {
        if let Some(of) = pair.band.and_then(|band| bands.get_mut(band)) {
            let words = words.get(&pair.id).map_or(&[][..], Vec::as_slice);
            let said = settled(words, pair.pays).1;
            of.0 += 1;
            of.1.reviewed += u64::from(said.is_some());
            of.1.same += u64::from(said == Some(true));
        }
    }
    for (of, (pairs, _)) in bands.iter_mut().zip(counts) {
        of.1.pairs = *pairs;
    }
    bands
}

/// What counts of what people said, by the records of an examination.
pub(crate) fn said(words: &Words, lists: &[ListRow], memory: &Memory) -> Vec<Said> {
    let at_list: BTreeMap<i64, u16> = (0..)
        .zip(lists)
        .map(|(at, list)| (list.number, at))
        .collect();
    let record = |(list, number): (i64, u32)| {
        let key = (*at_list.get(&list)?, number);
        // Records are in the order of lists and rows.
        let told = memory
            .told
            .binary_search_by_key(&key, |it| (it.list, it.row));
        u32::try_from(told.ok()?).ok()
    };
    let said = words.iter().filter_map(|(id, words)| {
        let same = settled(words, false).1?;
        Some(Said {
            left: record(id.left)?,
            right: record(id.right)?,
            same,
        })
    });
    said.collect()
}

/// What an examination was not sure of.
#[derive(Debug, Default)]
pub(crate) struct Chosen {
    pub(crate) pairs: Vec<PairRow>,
    /// Pairs of each band, and how many of these were joined.
    pub(crate) bands: Vec<(u64, u64)>,
}

/// Chooses the pairs that people are asked about.
pub(crate) fn choose(
    linked: &Linked,
    households: &Households,
    lists: &[ListRow],
    memory: &Memory,
    run: i64,
) -> Chosen {
    let mut running = vec![false; households.families as usize];
    for (at, told) in memory.told.iter().enumerate() {
        let is_running = lists[usize::from(told.list)].kind == Kind::Kpm;
        running[households.of(at) as usize] |= is_running;
    }
    let of = &linked.clusters.of;
    let place = |record: u32| {
        let told = &memory.told[record as usize];
        (lists[usize::from(told.list)].number, told.row)
    };
    let area = |record: u32| {
        let area = memory.areas[record as usize].as_ref();
        area.map_or("", AreaCode::as_str).to_owned()
    };
    let mut bands = vec![(0, 0); BANDS.len()];
    for (pair, same) in linked.pairs.iter().zip(&linked.same) {
        let band: &mut (u64, u64) = &mut bands[review::band(*same)];
        band.0 += 1;
        band.1 += u64::from(of[pair.left as usize] == of[pair.right as usize]);
    }
    let asked = review::choose(linked, run.unsigned_abs());
    let pairs = asked.iter().map(|asked| {
        let pair = &linked.pairs[asked.pair];
        let (mut left, mut right) = (pair.left, pair.right);
        if place(left) > place(right) {
            (left, right) = (right, left);
        }
        let why = explain(&linked.model, pair.pattern);
        let evidence: Vec<_> = why
            .evidence
            .iter()
            .map(|it| json!({ "field": it.field.as_str(), "says": it.says, "bits": it.bits }))
            .collect();
        let same = linked.same[asked.pair];
        let pays = [left, right]
            .iter()
            .any(|record| running[households.of(*record as usize) as usize]);
        PairRow {
            id: PairId::new(place(left), place(right)),
            same,
            kind: asked.kind,
            band: asked.is_sampled.then(|| review::band(same)),
            joined: of[left as usize] == of[right as usize],
            pays,
            areas: [area(left), area(right)],
            why: json!({ "prior": why.prior, "against": why.against.as_str(),
                "evidence": evidence }),
        }
    });
    Chosen {
        pairs: pairs.collect(),
        bands,
    }
}
