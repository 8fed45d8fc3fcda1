//! Persons out of pairs.
//!
//! Pairs are merged in the order of how sure they are. A merge of two clusters is refused
//! where most of the pairs across them speak against it: a mother whose number was written
//! for her daughter does not become her daughter. What people have decided about two
//! records goes before: who they say is one person is joined first, and who they say is
//! not is never joined, over others neither. Nothing else is refused.

use super::compare::{Comparer, Pair};
use super::learn::Model;
use super::register::Register;
use crate::hash::Map;

/// Records whose pairs across two clusters are looked at, of each cluster.
pub(crate) const LOOKED_AT: usize = 8;

/// What the pairs across two clusters say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Across {
    /// Pairs that speak against one person,
    pub against: u32,
    /// of so many that were looked at.
    pub of: u32,
}

impl Across {
    /// Whether most speak against it: then nothing is merged.
    #[must_use]
    pub const fn refuses(self) -> bool {
        self.against * 2 > self.of
    }

    pub(crate) fn add(&mut self, same: f64) {
        self.of += 1;
        self.against += u32::from(same < 0.5);
    }
}

/// Who is who.
#[derive(Debug, Clone, PartialEq)]
pub struct Clusters {
    /// The cluster of each record: the record of it that came first.
    pub of: Vec<u32>,
    /// How many clusters there are.
    pub count: usize,
    /// Pairs that were left apart, since most across their clusters speak against them.
    pub refused: u64,
}

impl Clusters {
    /// How many clusters there are of one record, of two, and so on; the last number
    /// stands for all that are as large and larger.
    #[must_use]
    pub fn sizes(&self) -> Vec<usize> {
        let mut size = vec![0_u32; self.of.len()];
        for first in &self.of {
            size[*first as usize] += 1;
        }
        let mut sizes = vec![0; SIZES];
        for size in size.into_iter().filter(|size| *size > 0) {
            sizes[(size as usize).min(SIZES) - 1] += 1;
        }
        sizes
    }
}

/// Sizes of clusters that are told apart.
const SIZES: usize = 12;

/// What somebody has decided about two records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Said {
    /// One of them,
    pub left: u32,
    /// the other,
    pub right: u32,
    /// and whether they are one person's.
    pub same: bool,
}

/// Joined records: each knows one before it, and the first knows all.
struct Joined {
    first: Vec<u32>,
    /// The next record of the same cluster, in a ring.
    next: Vec<u32>,
    size: Vec<u32>,
}

impl Joined {
    fn new(count: usize) -> Self {
        let count = u32::try_from(count).expect("as many as are counted");
        Self {
            first: (0..count).collect(),
            next: (0..count).collect(),
            size: vec![1; count as usize],
        }
    }

    fn first(&mut self, record: u32) -> u32 {
        let mut at = record;
        while self.first[at as usize] != at {
            let over = self.first[self.first[at as usize] as usize];
            self.first[at as usize] = over;
            at = over;
        }
        at
    }

    fn members(&self, of: u32) -> impl Iterator<Item = u32> {
        let mut at = Some(of);
        std::iter::from_fn(move || {
            let now = at?;
            let next = self.next[now as usize];
            at = (next != of).then_some(next);
            Some(now)
        })
    }

    fn join(&mut self, one: u32, other: u32) {
        let (first, later) = (one.min(other), one.max(other));
        self.first[later as usize] = first;
        self.next.swap(first as usize, later as usize);
        self.size[first as usize] += self.size[later as usize];
    }
}

/// Who was said to be one person, and who not.
struct Word {
    /// For each record that was said to be of one person with others the first of those.
    one: Map<u32, u32>,
    /// For each record those that it is not to be joined with.
    from: Map<u32, Vec<u32>>,
    /// Whether a cluster, by its first record, has such a record.
    has: Vec<bool>,
}

impl Word {
    fn new(count: usize, said: &[Said]) -> Self {
        let mut word = Self {
            one: Map::default(),
            from: Map::default(),
            has: vec![false; count],
        };
        for it in said.iter().filter(|it| !it.same) {
            for (one, other) in [(it.left, it.right), (it.right, it.left)] {
                word.from.entry(one).or_default().push(other);
                word.has[one as usize] = true;
            }
        }
        word
    }

    /// Joins whom people said to be one person.
    fn begin(&mut self, joined: &mut Joined, said: &[Said]) {
        for it in said.iter().filter(|it| it.same) {
            let (one, other) = (joined.first(it.left), joined.first(it.right));
            // Of what contradicts itself the word that parts counts: it can be taken back.
            if one != other && !self.parts(joined, one, other) {
                joined.join(one, other);
                self.join(one, other);
            }
        }
        let records = said.iter().filter(|it| it.same);
        for record in records.flat_map(|it| [it.left, it.right]) {
            self.one.insert(record, joined.first(record));
        }
    }

    /// Whom a record stands for in the question whether two clusters agree.
    fn stands(&self, record: u32) -> u32 {
        self.one.get(&record).copied().unwrap_or(record)
    }

    /// Whether somebody has said that two clusters hold records of two persons.
    fn parts(&self, joined: &mut Joined, one: u32, other: u32) -> bool {
        if !self.has[one as usize] || !self.has[other as usize] {
            return false;
        }
        let members: Vec<u32> = joined.members(one).collect();
        let others = members.iter().filter_map(|record| self.from.get(record));
        let others: Vec<u32> = others.flatten().copied().collect();
        others
            .into_iter()
            .any(|record| joined.first(record) == other)
    }

    fn join(&mut self, one: u32, other: u32) {
        let has = self.has[one as usize] | self.has[other as usize];
        self.has[one.min(other) as usize] = has;
    }
}

/// Merges pairs that are one person's from a probability on, as people have said.
pub(crate) fn cluster<'a>(
    register: &Register,
    model: &Model,
    pairs: impl Iterator<Item = (&'a Pair, &'a f64)>,
    threshold: f64,
    said: &[Said],
) -> Clusters {
    let mut sure: Vec<(&Pair, &f64)> = pairs.filter(|(_, same)| **same >= threshold).collect();
    sure.sort_unstable_by(|(a, one), (b, other)| {
        let by_pair = || (a.left, a.right).cmp(&(b.left, b.right));
        other.total_cmp(one).then_with(by_pair)
    });
    let mut joined = Joined::new(register.len());
    let mut comparer = Comparer::new(register);
    let mut refused = 0;
    let mut word = Word::new(register.len(), said);
    word.begin(&mut joined, said);
    for (pair, _) in sure {
        let (one, other) = (joined.first(pair.left), joined.first(pair.right));
        if one == other {
            continue;
        }
        if word.parts(&mut joined, one, other) {
            continue;
        }
        let sizes = joined.size[one as usize] + joined.size[other as usize];
        if sizes > 2 && !agrees(&joined, &word, &mut comparer, model, (one, other)) {
            refused += 1;
            continue;
        }
        joined.join(one, other);
        word.join(one, other);
    }
    let of: Vec<u32> = (0..register.len())
        .map(|record| joined.first(u32::try_from(record).expect("as many as are counted")))
        .collect();
    let count = of
        .iter()
        .enumerate()
        .filter(|(at, first)| *at == **first as usize)
        .count();
    Clusters { of, count, refused }
}

/// Whether the pairs across two clusters speak for one person. Records that people said to be
/// of one person speak as one: what any of them agrees with, all of them do.
fn agrees(
    joined: &Joined,
    word: &Word,
    comparer: &mut Comparer<'_>,
    model: &Model,
    (one, other): (u32, u32),
) -> bool {
    let mut pairs: Vec<(u32, u32, f64)> = Vec::with_capacity(LOOKED_AT * LOOKED_AT);
    for left in joined.members(one).take(LOOKED_AT) {
        for right in joined.members(other).take(LOOKED_AT) {
            let pattern = comparer.pattern(left as usize, right as usize);
            pairs.push((word.stands(left), word.stands(right), model.same(pattern)));
        }
    }
    if !word.one.is_empty() {
        pairs.sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(b.2.total_cmp(&a.2)));
        pairs.dedup_by_key(|pair| (pair.0, pair.1));
    }
    let mut across = Across::default();
    pairs.iter().for_each(|pair| across.add(pair.2));
    !across.refuses()
}

#[cfg(test)]
mod tests {
    use super::super::register::Row;
    use super::super::{Linked, Settings, link};
    use super::*;

    const MOTHER: Row<'_> = Row {
        source: "DTSEN",
        nik: "6271014506660001",
        kk: "6271011203150004",
        name: "Kameloh Dohong",
        birth: "1966-06-05",
        sex: "P",
        birthplace: "Sampit",
        mother: "Bawi",
        relation: "KEPALA",
        address: "Jl. Garuda RT 02 RW 01",
        village: "6271011001",
    };

    const DAUGHTER: Row<'_> = Row {
        nik: "6271015412940003",
        name: "Emiliana Dohong",
        birth: "1994-12-14",
        birthplace: "Buntok",
        mother: "Kameloh Dohong",
        relation: "ANAK",
        ..MOTHER
    };

    /// The daughter, with her mother's number.
    const WRONG: Row<'_> = Row {
        source: "DESA",
        nik: MOTHER.nik,
        ..DAUGHTER
    };

    fn linked(rows: &[Row<'_>]) -> (Register, Linked) {
        let mut register = Register::new();
        rows.iter().for_each(|row| register.push(row));
        register.settle();
        let linked = link(&register, &Settings::default(), &|_| ());
        (register, linked)
    }

    fn of(source: &'static str, row: Row<'static>) -> Row<'static> {
        Row { source, ..row }
    }

    #[test]
    fn a_daughter_with_her_mothers_number_stays_who_she_is() {
        let rows = [
            MOTHER,
            of("PKH", MOTHER),
            of("DINSOS", MOTHER),
            DAUGHTER,
            of("PKH", DAUGHTER),
            WRONG,
        ];
        assert_eq!(linked(&rows).1.clusters.of, [0, 0, 0, 3, 3, 3]);
    }

    #[test]
    fn a_merge_that_most_speak_against_is_refused() {
        let rows = [
            MOTHER,
            of("PKH", MOTHER),
            DAUGHTER,
            of("PKH", DAUGHTER),
            WRONG,
        ];
        let (register, linked) = linked(&rows);
        // Even where next to nothing is asked of a pair.
        let clusters = cluster(
            &register,
            &linked.model,
            linked.pairs.iter().zip(&linked.same),
            1e-300,
            &[],
        );
        assert_eq!(clusters.of, [0, 0, 2, 2, 2]);
        assert!(clusters.refused > 0);
    }

    #[test]
    fn what_people_say_goes_before_and_can_be_taken_back() {
        let twin = Row {
            nik: "6271015412940004",
            name: "Emilda Dohong",
            ..DAUGHTER
        };
        let rows = [DAUGHTER, twin, of("PKH", DAUGHTER), of("PKH", twin), MOTHER];
        let (register, linked) = linked(&rows);
        let as_said = |said: &[Said]| {
            let pairs = linked.pairs.iter().zip(&linked.same);
            cluster(&register, &linked.model, pairs, 0.5, said).of
        };
        let said = |left, right, same| Said { left, right, same };
        assert_eq!(as_said(&[]), [0, 1, 0, 1, 4]);
        // One slip of paper was written twice: nobody is a twin.
        assert_eq!(as_said(&[said(0, 1, true)]), [0, 0, 0, 0, 4]);
        // Two that look like one are two, over a third neither.
        assert_eq!(as_said(&[said(0, 2, false)]), [0, 1, 2, 1, 4]);
        let both = [said(0, 1, true), said(2, 3, false)];
        let of = as_said(&both);
        assert_ne!(of[2], of[3]);
        assert_eq!(of[0], of[1]);
        // What contradicts itself keeps apart.
        assert_eq!(
            as_said(&[said(0, 1, true), said(0, 1, false)]),
            [0, 1, 0, 1, 4]
        );
    }

    #[test]
    fn twins_are_two() {
        let twin = Row {
            nik: "6271015412940004",
            name: "Emilda Dohong",
            ..DAUGHTER
        };
        let rows = [DAUGHTER, twin, of("PKH", DAUGHTER), of("PKH", twin)];
        assert_eq!(linked(&rows).1.clusters.of, [0, 1, 0, 1]);
    }

    #[test]
    fn a_ring_knows_all_of_its_records() {
        let mut joined = Joined::new(6);
        for (one, other) in [(0, 1), (2, 3), (1, 3), (4, 5)] {
            let (one, other) = (joined.first(one), joined.first(other));
            joined.join(one, other);
        }
        let mut members: Vec<u32> = joined.members(0).collect();
        members.sort_unstable();
        assert_eq!(members, [0, 1, 2, 3]);
        assert_eq!(joined.members(4).count(), 2);
        assert_eq!((joined.first(3), joined.first(5)), (0, 4));
    }

    #[test]
    fn sizes_count_every_record() {
        let clusters = Clusters {
            of: vec![0, 0, 2, 3, 3, 3],
            count: 3,
            refused: 0,
        };
        assert_eq!(clusters.sizes()[..4], [1, 1, 1, 0]);
    }
}
