//! Which pairs are looked at.
//!
//! All pairs of a province would be millions of millions. A rule gives each record a key,
//! and only records with the same key are compared. A pair that two rules find is compared
//! once: the later rule leaves it to the earlier one. A block that is too large is parted
//! by a second key, and what is too large even then is left out and told.

use rayon::prelude::*;

use super::Step;
use super::compare::{Comparer, Pair};
use super::register::{Folded, Home, Register, Word};
use crate::birth::Birth;
use crate::hash::{self, mix};
use crate::number::{self, Digits};

/// A key of a record; zero where a rule has none for it.
pub(crate) type Key = u32;

/// How a rule makes a key.
struct Rule {
    /// What it is called in reports.
    name: &'static str,
    key: Asks,
    /// Whether its blocks grow with all records, and are parted sooner than those of others.
    grows: bool,
    /// By what they are parted.
    more: fn(&Register, &Folded) -> u64,
}

/// What a rule asks of a record.
type Asks = fn(&Register, &Folded) -> Option<u64>;

/// A rule whose blocks stay small however many records there are: they are of one number
/// or of one house. One that is too large all the same is parted by street and year.
const fn rule(name: &'static str, key: Asks) -> Rule {
    Rule {
        name,
        key,
        grows: false,
        more: |_, it| mix(it.home.street.into(), year(it)),
    }
}

/// A rule whose blocks grow with all records, since there are only so many names and
/// birthdays: those of more than a few are parted, so that pairs grow as records do.
const fn growing(name: &'static str, key: Asks, more: fn(&Register, &Folded) -> u64) -> Rule {
    Rule {
        name,
        key,
        grows: true,
        more,
    }
}

/// How many rules there are.
pub(crate) const RULES: usize = 15;

const ALL: [Rule; RULES] = [
    rule("nik", |_, it| it.nik.map(Digits::value)),
    rule("kk, first letter", |of, it| {
        Some(mix(it.kk?.value(), begins(of, it, 1)?))
    }),
    growing(
        "birthday, first two letters",
        |of, it| Some(mix(day(born(it)?), begins(of, it, 2)?)),
        |of, it| {
            mix(
                mix(begins(of, it, 4).unwrap_or(0), it.sex.into()),
                regency(of, it).unwrap_or(0),
            )
        },
    ),
    rule("birthday, sex, village", |_, it| {
        Some(mix(mix(day(born(it)?), it.sex.into()), village(it)?))
    }),
    rule("region and birthday of the nik, first letter", |of, it| {
        let nik = it.nik.filter(|nik| nik.length() >= 15)?;
        Some(mix(nik.first(12), begins(of, it, 1)?))
    }),
    rule("kk, year of birth", |_, it| {
        Some(mix(it.kk?.value(), born(it)?.year.into()))
    }),
    growing(
        "day and month either way, year, first word",
        |_, it| {
            let born = born(it)?;
            let both = (born.day.min(born.month), born.day.max(born.month));
            let either = u64::from(born.year) << 16 | u64::from(both.0) << 8 | u64::from(both.1);
            (both.1 <= 12).then_some(mix(either, first(it)?.into()))
        },
        |of, it| regency(of, it).unwrap_or(0),
    ),
    growing(
        "all words, village",
        |_, it| Some(mix(whole(it.name.as_slice())?, village(it)?)),
        |_, it| year(it),
    ),
    growing(
        "first word, year of birth, street, regency",
        |of, it| {
            let word = mix(first(it)?.into(), born(it)?.year.into());
            let place = mix(it.home.street.into(), regency(of, it)?);
            (it.home.street != 0).then_some(mix(word, place))
        },
        |_, it| village(it).unwrap_or(0),
    ),
    growing(
        "mother, year of birth, sex, first letter",
        |of, it| {
            let mother = mix(whole(it.mother.as_slice())?, born(it)?.year.into());
            Some(mix(mix(mother, it.sex.into()), begins(of, it, 1)?))
        },
        |of, it| mix(begins(of, it, 3).unwrap_or(0), regency(of, it).unwrap_or(0)),
    ),
    growing(
        "two or more words, year of birth",
        |_, it| {
            let many = it.name.as_slice().len() > 1;
            many.then_some(mix(whole(it.name.as_slice())?, born(it)?.year.into()))
        },
        |of, it| regency(of, it).unwrap_or(0),
    ),
    growing(
        "last word, birthday",
        |_, it| {
            let last = it.name.as_slice().split_first()?.1.last()?;
            Some(mix(day(born(it)?), (*last).into()))
        },
        |of, it| regency(of, it).unwrap_or(0),
    ),
    rule("street, RT and RW, village, first letter", |of, it| {
        let Home { street, rt_rw, .. } = it.home;
        let told = street != 0 && rt_rw != (0, 0);
        let door = mix(street.into(), u16::from_be_bytes(rt_rw.into()).into());
        told.then_some(mix(mix(door, village(it)?), begins(of, it, 1)?))
    }),
    rule("street and number of the house", |_, it| {
        let Home { street, house, .. } = it.home;
        (street != 0 && house != 0).then_some(mix(street.into(), house.into()))
    }),
    growing(
        "last of several words, village, month of birth, first letter",
        |of, it| {
            let last = it.name.as_slice().split_first()?.1.last()?;
            let word = mix(mix((*last).into(), village(it)?), born(it)?.month.into());
            Some(mix(word, begins(of, it, 1)?))
        },
        |_, it| year(it),
    ),
];

fn first(it: &Folded) -> Option<Word> {
    it.name.as_slice().first().copied()
}

/// All words of a name, whatever their order.
fn whole(words: &[Word]) -> Option<u64> {
    let mixed = words.iter().map(|word| mix(u64::from(*word), 1));
    mixed.reduce(u64::wrapping_add)
}

/// The first letters of the first word.
fn begins(of: &Register, it: &Folded, letters: usize) -> Option<u64> {
    let text = of.words.text(first(it)?).as_bytes();
    Some(hash::of(&text[..text.len().min(letters)]))
}

/// The first four digits of the code of the village.
fn regency(of: &Register, it: &Folded) -> Option<u64> {
    let code = of.village(it.home)?.as_bytes();
    Some(hash::of(&code[..code.len().min(4)]))
}

fn village(it: &Folded) -> Option<u64> {
    (it.home.village != 0).then_some(it.home.village.into())
}

/// The year of birth that is told; zero without one.
fn year(it: &Folded) -> u64 {
    it.birth.map_or(0, |it| it.year.into())
}

fn day(birth: Birth) -> u64 {
    u64::from(birth.year) << 16 | u64::from(birth.month) << 8 | u64::from(birth.day)
}

/// The birthday that is told, else that of the NIK in the likelier century.
fn born(it: &Folded) -> Option<Birth> {
    it.birth.or_else(|| {
        let said = number::says(it.nik?)?;
        let century = if said.year > 30 { 1900 } else { 2000 };
        Birth::new(century + u16::from(said.year), said.month, said.day)
    })
}

/// What a rule has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The rule.
    pub rule: &'static str,
    /// Pairs that no rule before has found.
    pub pairs: u64,
    /// Blocks that were parted by a second key.
    pub parted: u64,
    /// Blocks that were left out, since they were too large even then.
    pub dropped: u64,
    /// Records of those.
    pub dropped_records: u64,
}

/// A key with the record that it belongs to, so that sorting brings blocks together.
pub(crate) type Placed = u64;

pub(crate) const fn placed(key: Key, record: usize) -> Placed {
    (key as u64) << 32 | record as u64
}

pub(crate) const fn key_of(placed: Placed) -> Key {
    (placed >> 32) as Key
}

pub(crate) const fn record_of(placed: Placed) -> usize {
    (placed & 0xffff_ffff) as usize
}

/// The key of a record by a rule.
pub(crate) fn key(register: &Register, rule: usize, it: &Folded) -> Key {
    fold((ALL[rule].key)(register, it))
}

/// Its key where the block of that key is parted.
pub(crate) fn part_key(register: &Register, rule: usize, key: Key, it: &Folded) -> Key {
    let more = (ALL[rule].more)(register, it);
    fold(Some(mix(key.into(), more)))
}

/// Records of a block of a growing rule that are not parted, by how many records there are
/// in all: up to so many so many. In a block of a few most have met by chance, and the more
/// records there are the more blocks are of a few, so that pairs would outgrow records.
const FEW: [(usize, usize); 3] = [(2_000_000, 4), (4_000_000, 3), (usize::MAX, 2)];

/// Records above which a block of a rule is parted, of so many records in all.
pub(crate) fn most(rule: usize, block_max: usize, records: usize) -> usize {
    let few = FEW.iter().find(|it| records <= it.0).map_or(2, |it| it.1);
    let own = if ALL[rule].grows { few } else { usize::MAX };
    block_max.min(own)
}

/// What a rule is called in reports.
pub(crate) const fn name(rule: usize) -> &'static str {
    ALL[rule].name
}

/// Compares every pair that a rule finds: what each rule has found, and the pairs.
pub(crate) fn pairs(
    register: &Register,
    block_max: usize,
    tell: &dyn Fn(Step),
) -> (Vec<Found>, Vec<Pair>) {
    let mut keys: Vec<[Key; RULES]> = register
        .records
        .par_iter()
        .map(|it| std::array::from_fn(|rule| key(register, rule, it)))
        .collect();
    let (mut all, mut pairs) = (Vec::new(), Vec::new());
    for rule in 0..RULES {
        tell(Step::Compared {
            rules: rule,
            of: RULES,
        });
        let mut sorted = by_key(&keys, rule);
        let mut found = part(register, &mut keys, rule, &sorted, block_max);
        if found.parted > 0 {
            sorted = by_key(&keys, rule);
        }
        let of_rule: Vec<Vec<Pair>> = bounds(&sorted)
            .par_chunks(4096)
            .map(|blocks| {
                let mut comparer = Comparer::new(register);
                let mut into = Vec::new();
                for (from, to) in blocks {
                    block(&keys, rule, &sorted[*from..*to], &mut comparer, &mut into);
                }
                into
            })
            .collect();
        let count = of_rule.iter().map(Vec::len).sum();
        found.pairs = count as u64;
        all.push(found);
        pairs.reserve_exact(count);
        of_rule.into_iter().for_each(|of| pairs.extend(of));
    }
    (all, pairs)
}

/// Compares all pairs of a block that no earlier rule has found.
fn block(
    keys: &[[Key; RULES]],
    rule: usize,
    block: &[Placed],
    comparer: &mut Comparer<'_>,
    into: &mut Vec<Pair>,
) {
    for (at, left) in block.iter().enumerate() {
        let left = record_of(*left);
        let left_keys = &keys[left][..rule];
        for right in &block[at + 1..] {
            let right = record_of(*right);
            let right_keys = &keys[right][..rule];
            let met = left_keys
                .iter()
                .zip(right_keys)
                .any(|(left, right)| *left == *right && *left != 0);
            if !met {
                into.push(comparer.pair(left, right));
            }
        }
    }
}

fn fold(key: Option<u64>) -> Key {
    key.map_or(0, |key| hash::fold(mix(key, 1)))
}

/// Bits of a key that one pass sorts by, and where each pass finds them.
const DIGIT: u32 = 11;
const DIGITS: [u32; 3] = [32, 32 + DIGIT, 32 + 2 * DIGIT];

/// Records that have a key of a rule, sorted by it (by digits, the least first: records of
/// one key keep their order).
fn by_key(keys: &[[Key; RULES]], rule: usize) -> Vec<Placed> {
    let mut sorted: Vec<Placed> = keys
        .iter()
        .enumerate()
        .filter(|(_, keys)| keys[rule] != 0)
        .map(|(record, keys)| placed(keys[rule], record))
        .collect();
    let mut next = vec![0; sorted.len()];
    for shift in DIGITS {
        let digit = |it: Placed| (it >> shift & ((1 << DIGIT) - 1)) as usize;
        let mut places = [0_usize; 1 << DIGIT];
        for it in &sorted {
            places[digit(*it)] += 1;
        }
        let mut before = 0;
        for place in &mut places {
            before += std::mem::replace(place, before);
        }
        for it in &sorted {
            let place = &mut places[digit(*it)];
            next[*place] = *it;
            *place += 1;
        }
        std::mem::swap(&mut sorted, &mut next);
    }
    sorted
}

/// Where blocks of two and more begin and end.
fn bounds(sorted: &[Placed]) -> Vec<(usize, usize)> {
    let mut bounds = Vec::new();
    let mut from = 0;
    for block in sorted.chunk_by(|one, next| key_of(*one) == key_of(*next)) {
        if block.len() > 1 {
            bounds.push((from, from + block.len()));
        }
        from += block.len();
    }
    bounds
}

/// Parts the blocks of a rule that are too large, and leaves out what stays so.
fn part(
    register: &Register,
    keys: &mut [[Key; RULES]],
    rule: usize,
    sorted: &[Placed],
    block_max: usize,
) -> Found {
    let mut found = Found {
        rule: name(rule),
        pairs: 0,
        parted: 0,
        dropped: 0,
        dropped_records: 0,
    };
    let bound = most(rule, block_max, register.len());
    for (from, to) in bounds(sorted) {
        if to - from <= bound {
            continue;
        }
        found.parted += 1;
        let mut parts: Vec<Placed> = sorted[from..to]
            .iter()
            .map(|placed_| {
                let record = record_of(*placed_);
                let it = &register.records[record];
                placed(part_key(register, rule, key_of(*placed_), it), record)
            })
            .collect();
        parts.sort_unstable();
        for part in parts.chunk_by(|one, next| key_of(*one) == key_of(*next)) {
            let dropped = part.len() > block_max;
            if dropped {
                found.dropped += 1;
                found.dropped_records += part.len() as u64;
            }
            for it in part {
                keys[record_of(*it)][rule] = if dropped { 0 } else { key_of(*it) };
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn digits_sort_as_comparing_does(keys in proptest::collection::vec(any::<u32>(), 0..200)) {
            let keys: Vec<[Key; RULES]> = keys.iter().map(|key| [*key; RULES]).collect();
            let mut expected: Vec<Placed> = keys
                .iter()
                .enumerate()
                .filter(|(_, keys)| keys[0] != 0)
                .map(|(record, keys)| placed(keys[0], record))
                .collect();
            expected.sort_unstable();
            prop_assert_eq!(by_key(&keys, 0), expected);
        }
    }
}
