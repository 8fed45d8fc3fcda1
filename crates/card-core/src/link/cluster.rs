//! Persons out of pairs.
//!
//! Pairs are merged in the order of how sure they are. A merge of two clusters is refused
//! where most of the pairs across them speak against it: a mother whose number was written
//! for her daughter does not become her daughter. Nothing else is refused.

use super::compare::{Comparer, Pair};
use super::learn::Model;
use super::register::Register;

/// Records whose pairs across two clusters are looked at, of each cluster.
const LOOKED_AT: usize = 8;

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

/// Merges pairs that are one person's from a probability on.
pub(crate) fn cluster<'a>(
    register: &Register,
    model: &Model,
    pairs: impl Iterator<Item = (&'a Pair, &'a f64)>,
    threshold: f64,
) -> Clusters {
    let mut sure: Vec<(&Pair, &f64)> = pairs.filter(|(_, same)| **same >= threshold).collect();
    sure.sort_unstable_by(|(a, one), (b, other)| {
        let by_pair = || (a.left, a.right).cmp(&(b.left, b.right));
        other.total_cmp(one).then_with(by_pair)
    });
    let mut joined = Joined::new(register.len());
    let mut comparer = Comparer::new(register);
    let mut refused = 0;
    for (pair, _) in sure {
        let (one, other) = (joined.first(pair.left), joined.first(pair.right));
        if one == other {
            continue;
        }
        let sizes = joined.size[one as usize] + joined.size[other as usize];
        if sizes > 2 && !agrees(&joined, &mut comparer, model, (one, other)) {
            refused += 1;
            continue;
        }
        joined.join(one, other);
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

/// Whether the pairs across two clusters speak for one person.
fn agrees(
    joined: &Joined,
    comparer: &mut Comparer<'_>,
    model: &Model,
    (one, other): (u32, u32),
) -> bool {
    let (mut against, mut all) = (0, 0);
    for left in joined.members(one).take(LOOKED_AT) {
        for right in joined.members(other).take(LOOKED_AT) {
            let pattern = comparer.pattern(left as usize, right as usize);
            all += 1;
            against += u32::from(model.same(pattern) < 0.5);
        }
    }
    against * 2 <= all
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
        );
        assert_eq!(clusters.of, [0, 0, 2, 2, 2]);
        assert!(clusters.refused > 0);
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
