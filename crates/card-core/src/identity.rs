//! Who was found to be somebody before stays that one.
//!
//! A run makes persons anew from records. A person keeps the id under which most of his
//! records stood, and an id goes to one person only: to the one who has most of its
//! records. All others are new.

use std::cmp::Reverse;
use std::collections::BTreeSet;

/// The id of each of `count` things, of which `of` gives the one of each record, and `was`
/// the id that the record stood under.
pub fn keep<I: Copy + Ord>(
    of: &[u32],
    count: usize,
    was: &[Option<I>],
    mut mint: impl FnMut() -> I,
) -> Vec<I> {
    let pairs = was.iter().zip(of);
    let mut pairs: Vec<(I, u32)> = pairs
        .filter_map(|(id, thing)| id.map(|id| (id, *thing)))
        .collect();
    pairs.sort_unstable();
    let mut votes: Vec<(Reverse<usize>, u32, I)> = pairs
        .chunk_by(|a, b| a == b)
        .map(|same| (Reverse(same.len()), same[0].1, same[0].0))
        .collect();
    votes.sort_unstable();
    let mut kept: Vec<Option<I>> = vec![None; count];
    let mut given = BTreeSet::new();
    for (_, thing, id) in votes {
        let place = &mut kept[thing as usize];
        if place.is_none() && given.insert(id) {
            *place = Some(id);
        }
    }
    kept.into_iter()
        .map(|id| id.unwrap_or_else(&mut mint))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(of: &[u32], was: &[u8]) -> Vec<u8> {
        let was: Vec<Option<u8>> = was.iter().map(|it| (*it != 0).then_some(*it)).collect();
        let count = of.iter().max().map_or(0, |last| *last as usize + 1);
        let mut new = 200;
        keep(of, count, &was, || {
            new += 1;
            new
        })
    }

    #[test]
    fn most_records_say_who_stays_who() {
        // Nothing was known; nothing has changed; one is new.
        assert_eq!(kept(&[0, 1], &[0, 0]), [201, 202]);
        assert_eq!(kept(&[0, 1, 0], &[7, 8, 7]), [7, 8]);
        assert_eq!(kept(&[0, 1, 2], &[7, 0, 8]), [7, 201, 8]);
        // Two become one: the larger one's id stays.
        assert_eq!(kept(&[0, 0, 0], &[7, 8, 8]), [8]);
        // One becomes two: the larger part keeps it.
        assert_eq!(kept(&[0, 1, 1], &[7, 7, 7]), [201, 7]);
        // As many: the first.
        assert_eq!(kept(&[0, 1], &[7, 7]), [7, 201]);
    }
}
