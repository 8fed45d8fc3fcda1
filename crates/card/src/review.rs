//! Pairs that people are asked about: chosen at the end of an examination, answered at any
//! time, and counted by the next.

use std::collections::BTreeMap;

use base::area::AreaCode;
use card_core::household::Households;
use card_core::link::Linked;
use card_core::link::cluster::Said;
use card_core::link::compare::Pattern;
use card_core::link::explain::explain;
use card_core::link::learn::Model;
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
    let record = |row| at(lists, memory, row);
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

/// The record of a row, if it is there.
fn at(lists: &[ListRow], memory: &Memory, (list, number): (i64, u32)) -> Option<u32> {
    let list = lists.iter().position(|it| it.number == list)?;
    let key = (u16::try_from(list).ok()?, number);
    // Records are in the order of lists and rows.
    let told = memory
        .told
        .binary_search_by_key(&key, |it| (it.list, it.row));
    u32::try_from(told.ok()?).ok()
}

/// What an examination was not sure of.
#[derive(Debug, Default)]
pub(crate) struct Chosen {
    pub(crate) pairs: Vec<PairRow>,
    /// Pairs of each band, and how many of these were joined.
    pub(crate) bands: Vec<(u64, u64)>,
}

/// What pairs are told by.
struct Telling<'a> {
    /// Families that have a row of the running list.
    running: Vec<bool>,
    households: &'a Households,
    lists: &'a [ListRow],
    memory: &'a Memory,
    model: &'a Model,
}

impl<'a> Telling<'a> {
    fn new(
        households: &'a Households,
        lists: &'a [ListRow],
        memory: &'a Memory,
        model: &'a Model,
    ) -> Self {
        let mut running = vec![false; households.families as usize];
        for (at, told) in memory.told.iter().enumerate() {
            let is_running = lists[usize::from(told.list)].kind == Kind::Kpm;
            running[households.of(at) as usize] |= is_running;
        }
        Self {
            running,
            households,
            lists,
            memory,
            model,
        }
    }

    fn place(&self, record: u32) -> (i64, u32) {
        let told = &self.memory.told[record as usize];
        (self.lists[usize::from(told.list)].number, told.row)
    }

    fn pays(&self, records: [u32; 2]) -> bool {
        let family = |record: u32| self.households.of(record as usize) as usize;
        records.iter().any(|record| self.running[family(*record)])
    }

    /// A pair, not of the random sample.
    fn pair(
        &self,
        (left, right): (u32, u32),
        pattern: Pattern,
        same: f64,
        kind: review::Kind,
    ) -> PairRow {
        let (mut left, mut right) = (left, right);
        if self.place(left) > self.place(right) {
            (left, right) = (right, left);
        }
        let area = |record: u32| {
            let area = self.memory.areas[record as usize].as_ref();
            area.map_or("", AreaCode::as_str).to_owned()
        };
        let why = explain(self.model, pattern);
        let evidence: Vec<_> = why
            .evidence
            .iter()
            .map(|it| json!({ "field": it.field.as_str(), "says": it.says, "bits": it.bits }))
            .collect();
        let person = |record: u32| self.households.person[record as usize];
        PairRow {
            id: PairId::new(self.place(left), self.place(right)),
            same,
            kind,
            band: None,
            joined: person(left) == person(right),
            pays: self.pays([left, right]),
            areas: [area(left), area(right)],
            why: json!({ "prior": why.prior, "against": why.against.as_str(),
                "evidence": evidence }),
        }
    }
}

/// Chooses the pairs that people are asked about.
pub(crate) fn choose(
    linked: &Linked,
    households: &Households,
    lists: &[ListRow],
    memory: &Memory,
    run: i64,
) -> Chosen {
    let of = &linked.clusters.of;
    let mut bands = vec![(0, 0); BANDS.len()];
    for (pair, same) in linked.pairs.iter().zip(&linked.same) {
        let band: &mut (u64, u64) = &mut bands[review::band(*same)];
        band.0 += 1;
        band.1 += u64::from(of[pair.left as usize] == of[pair.right as usize]);
    }
    let telling = Telling::new(households, lists, memory, &linked.model);
    let asked = review::choose(linked, run.unsigned_abs());
    let pairs = asked.iter().map(|asked| {
        let (pair, same) = (&linked.pairs[asked.pair], linked.same[asked.pair]);
        let row = telling.pair((pair.left, pair.right), pair.pattern, same, asked.kind);
        PairRow {
            band: asked.is_sampled.then(|| review::band(same)),
            ..row
        }
    });
    Chosen {
        pairs: pairs.collect(),
        bands,
    }
}

/// The pairs that people are asked about after a list was taken late: those of before whose
/// rows are still there, and those of the list. Bands and their sample stay those of the
/// examination of all.
pub(crate) fn choose_late(
    before: Chosen,
    late: &[review::Late],
    model: &Model,
    households: &Households,
    lists: &[ListRow],
    memory: &Memory,
) -> Chosen {
    let telling = Telling::new(households, lists, memory, model);
    let mut pairs: BTreeMap<PairId, PairRow> = BTreeMap::new();
    for mut row in before.pairs {
        let [left, right] = [row.id.left, row.id.right].map(|it| at(lists, memory, it));
        if let (Some(left), Some(right)) = (left, right) {
            // Whoever is on the running list may have come to be with this list.
            row.pays = telling.pays([left, right]);
            pairs.insert(row.id, row);
        }
    }
    for it in late {
        let row = telling.pair((it.left, it.right), it.pattern, it.same, it.kind);
        pairs
            .entry(row.id)
            .and_modify(|was| was.kind = row.kind)
            .or_insert(row);
    }
    Chosen {
        pairs: pairs.into_values().collect(),
        bands: before.bands,
    }
}
