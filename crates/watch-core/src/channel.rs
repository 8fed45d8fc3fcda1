//! Whether the channels of a recorder show the places that they did.
//!
//! A recorder gives numbers to plugs and not to cameras: somebody re-plugs two, or puts in
//! another box, and pictures stand under each other's names. What a channel was seen to be
//! at different hours is kept ([`Seen`]), and what all channels show now is held against it.
//!
//! A channel has **moved** to another's place when it looks like the other and not like
//! itself, in pictures, or in names with nothing in the pictures against it. Channels are
//! **rearranged** when two at least have moved, each to a place of its own. So a camera
//! that turned or got dark, one that was exchanged, and one that was given another name
//! are no rearrangement: they look like nobody else, or only one does.

use std::collections::{BTreeMap, BTreeSet};

use crate::looks::Looks;

/// Pictures of one place are at most so far apart, in thousandths.
pub const SAME_MAX: u32 = 230;

/// A channel is nearer to another's place than to its own by at least so much.
const NEARER_MIN: u32 = 120;

/// And to that place than to any other by at least so much.
const CLEAR_MIN: u32 = 60;

/// Pictures of two places are at least so far apart, in thousandths.
pub const OTHER_MIN: u32 = 330;

/// What a channel was seen to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What it called itself.
    pub name: Option<String>,
    /// Its codec and size.
    pub shape: (String, Option<(u32, u32)>),
    /// Pictures from key frame to key frame.
    pub gop: Option<u32>,
    /// Its picture.
    pub looks: Looks,
}

/// How one thing that was seen goes with what is known of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Match {
    Same,
    Other,
    Unknown,
}

/// The channels that show another's place now, with that other: in the order of channels.
/// Empty when nothing is rearranged.
#[must_use]
pub fn rearranged(known: &BTreeMap<i64, Vec<Seen>>, now: &BTreeMap<i64, Seen>) -> Vec<(i64, i64)> {
    let mut moves = Vec::new();
    for (channel, seen) in now {
        let Some(own) = known.get(channel).filter(|own| !own.is_empty()) else {
            continue;
        };
        let others = known.iter().filter(|(other, _)| *other != channel);
        let mut places: Vec<(u32, i64)> = others
            .filter(|(_, other)| has_moved(seen, own, other))
            .map(|(place, other)| (nearest(seen, other).unwrap_or(0), *place))
            .collect();
        places.sort_unstable();
        // What looks like two others alike is not known to be either.
        let clear = match places[..] {
            [(first, _), (second, _), ..] => second >= first + CLEAR_MIN,
            _ => true,
        };
        if let Some((_, place)) = places.first().filter(|_| clear) {
            moves.push((*channel, *place));
        }
    }
    // Two that would both be one place: at most one is, and which is not known.
    let mut count: BTreeMap<i64, usize> = BTreeMap::new();
    for (_, place) in &moves {
        *count.entry(*place).or_default() += 1;
    }
    moves.retain(|(_, place)| count.get(place) == Some(&1));
    if moves.len() < 2 {
        moves.clear();
    }
    moves
}

/// How the channels are to be given anew for every camera to show its place again: camera
/// by its channel of today, and the channel that shows it. Cameras whose place no channel
/// shows take the channels that are left over, in their order.
#[must_use]
pub fn assignment(moves: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let shown_by: BTreeMap<i64, i64> = moves.iter().map(|(now, place)| (*place, *now)).collect();
    let touched: BTreeSet<i64> = moves
        .iter()
        .flat_map(|(now, place)| [*now, *place])
        .collect();
    let taken: BTreeSet<i64> = shown_by.values().copied().collect();
    let mut free = touched.iter().filter(|channel| !taken.contains(channel));
    let mut to = |camera: &i64| shown_by.get(camera).or_else(|| free.next()).copied();
    touched
        .iter()
        .filter_map(|camera| Some((*camera, to(camera)?)))
        .collect()
}

fn has_moved(seen: &Seen, own: &[Seen], other: &[Seen]) -> bool {
    match (nearest(seen, own), nearest(seen, other)) {
        // A stream of another kind may be the same place, set otherwise: it says nothing.
        (Some(own), Some(other)) => other <= SAME_MAX && own >= other + NEARER_MIN,
        (None, None) => {
            let names = (names(seen, own), names(seen, other));
            names == (Match::Other, Match::Same) && shapes(seen, other)
        }
        _ => false,
    }
}

/// How far what is seen is from the nearest hour that is known.
fn nearest(seen: &Seen, known: &[Seen]) -> Option<u32> {
    let apart = known.iter().filter_map(|it| it.looks.apart(&seen.looks));
    apart.min()
}

fn names(seen: &Seen, known: &[Seen]) -> Match {
    let Some(name) = &seen.name else {
        return Match::Unknown;
    };
    let mut named = known.iter().filter_map(|it| it.name.as_ref());
    match named.next_back() {
        Some(last) if last == name => Match::Same,
        Some(_) => Match::Other,
        None => Match::Unknown,
    }
}

/// Whether the stream is of the kind that the other's was.
fn shapes(seen: &Seen, other: &[Seen]) -> bool {
    other
        .last()
        .is_some_and(|it| it.shape == seen.shape && it.gop == seen.gop)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::looks::tests::{lit, looks, place};

    fn seen(name: &str, luma: &[u8]) -> Seen {
        Seen {
            name: Some(name.to_owned()).filter(|name| !name.is_empty()),
            shape: ("h264".to_owned(), Some((1280, 720))),
            gop: Some(50),
            looks: looks(luma),
        }
    }

    fn name(channel: i64) -> String {
        format!("Kamera {channel}")
    }

    fn view(channel: i64) -> Vec<u8> {
        place(u64::try_from(channel).expect("positive") * 977)
    }

    /// A box of so many channels, each known by day and by dusk.
    fn known(channels: i64) -> BTreeMap<i64, Vec<Seen>> {
        let of = |channel| {
            let day = view(channel);
            let dusk = lit(&day, 70, 8, 3);
            (
                channel,
                vec![seen(&name(channel), &day), seen(&name(channel), &dusk)],
            )
        };
        (1..=channels).map(of).collect()
    }

    /// What it shows now, a little later and darker.
    fn now(channels: i64) -> BTreeMap<i64, Seen> {
        let of = |channel| {
            (
                channel,
                seen(&name(channel), &lit(&view(channel), 85, 6, 9)),
            )
        };
        (1..=channels).map(of).collect()
    }

    fn swapped(mut now: BTreeMap<i64, Seen>, one: i64, other: i64) -> BTreeMap<i64, Seen> {
        let first = now.remove(&one).expect("a channel");
        let second = now.insert(other, first).expect("a channel");
        now.insert(one, second);
        now
    }

    #[test]
    fn two_that_were_swapped_are_found_and_nothing_else() {
        let known = known(16);
        assert_eq!(rearranged(&known, &now(16)), []);
        let swap = rearranged(&known, &swapped(now(16), 3, 5));
        assert_eq!(swap, [(3, 5), (5, 3)]);
        let two = swapped(swapped(now(16), 3, 5), 9, 14);
        // Whatever else was swapped, these two are found.
        assert!(rearranged(&known, &two).starts_with(&[(3, 5), (5, 3)]));
        // Whatever the names say: most boxes keep them at the plug.
        let mut kept = swapped(now(16), 3, 5);
        for (channel, seen) in &mut kept {
            seen.name = Some(name(*channel));
        }
        assert_eq!(rearranged(&known, &kept), [(3, 5), (5, 3)]);
    }

    #[test]
    fn all_that_moved_up_by_one_are_found() {
        let known = known(6);
        let mut moved = now(6);
        moved.remove(&2);
        let moved: BTreeMap<_, _> = moved
            .into_iter()
            .map(|(channel, seen)| (if channel > 2 { channel - 1 } else { channel }, seen))
            .collect();
        let moves = rearranged(&known, &moved);
        assert_eq!(moves, [(2, 3), (3, 4), (4, 5), (5, 6)]);
        // Channel 6 is left over, and goes to the camera that nothing shows.
        let anew = [(2, 6), (3, 2), (4, 3), (5, 4), (6, 5)];
        assert_eq!(assignment(&moves), anew);
    }

    #[test]
    fn what_is_no_rearrangement_is_not_called_one() {
        let known = known(8);
        let turned = || {
            let mut it = now(8);
            it.insert(3, seen(&name(3), &place(777_777)));
            it
        };
        let dark = |channels: &[i64]| {
            let mut it = now(8);
            for channel in channels {
                let night = lit(&view(*channel), 1, 4, 1);
                it.insert(*channel, seen(&name(*channel), &night));
            }
            it
        };
        let dead = || {
            let mut it = now(8);
            it.remove(&3);
            it
        };
        let blank = || {
            let mut it = now(8);
            for channel in [3, 5] {
                it.insert(channel, seen(&name(channel), &[41; 160 * 90]));
            }
            it
        };
        let renamed = || {
            let mut it = now(8);
            for (channel, called) in [(3, "Gerbang"), (4, "Kamera 5"), (5, "Kamera 4")] {
                it.get_mut(&channel).expect("a channel").name = Some(called.to_owned());
            }
            it
        };
        // A camera that turns to what its neighbour looks at: one has moved, not two.
        let twin = || {
            let mut it = now(8);
            it.insert(3, seen(&name(3), &view(5)));
            it
        };
        let smaller = || {
            let mut it = now(8);
            it.get_mut(&3).expect("a channel").shape.1 = Some((640, 360));
            it
        };
        for (what, now) in [
            ("one turned", turned()),
            ("night on all", dark(&[1, 2, 3, 4, 5, 6, 7, 8])),
            ("night on two", dark(&[3, 5])),
            ("one dead", dead()),
            ("two unplugged", blank()),
            ("names changed", renamed()),
            ("one looks at another's place", twin()),
            ("another size", smaller()),
            ("nothing seen", BTreeMap::new()),
        ] {
            assert_eq!(rearranged(&known, &now), [], "{what}");
        }
        assert_eq!(rearranged(&BTreeMap::new(), &now(8)), [], "nothing known");
    }

    #[test]
    fn at_night_names_that_cross_are_enough() {
        let known = known(4);
        let night = |channel: i64| {
            let luma = lit(&view(channel), 1, 4, 1);
            seen(&name(channel), &luma)
        };
        let mut now: BTreeMap<i64, Seen> =
            (1..=4).map(|channel| (channel, night(channel))).collect();
        assert_eq!(rearranged(&known, &now), []);
        now = swapped(now, 1, 4);
        assert_eq!(rearranged(&known, &now), [(1, 4), (4, 1)]);
    }

    proptest! {
        /// Whoever re-plugs what: no channel is said to show a place that it does not, and a
        /// camera that is given a channel anew has that which shows it.
        #[test]
        fn whatever_is_said_of_any_order_is_so(order in Just((1_i64..=9).collect::<Vec<_>>()).prop_shuffle()) {
            let known = known(9);
            let places = now(9);
            let plugged: BTreeMap<i64, Seen> = (1..=9).zip(&order)
                .map(|(channel, place)| (channel, places[place].clone())).collect();
            let moves = rearranged(&known, &plugged);
            for (channel, place) in &moves {
                prop_assert_eq!(order[usize::try_from(channel - 1).expect("small")], *place);
            }
            let found: BTreeSet<_> = moves.iter().map(|(_, place)| *place).collect();
            for (camera, channel) in assignment(&moves) {
                if found.contains(&camera) {
                    prop_assert_eq!(order[usize::try_from(channel - 1).expect("small")], camera);
                }
            }
        }

        /// Each camera has one channel and each channel one camera, whatever was found.
        #[test]
        fn what_is_given_anew_is_one_to_one(
            moves in prop::collection::btree_map(1_i64..12, 1_i64..12, 0..8),
        ) {
            let mut places = BTreeSet::new();
            let moves: Vec<_> = moves.into_iter().filter(|(_, place)| places.insert(*place)).collect();
            let anew = assignment(&moves);
            let cameras: BTreeSet<_> = anew.iter().map(|(camera, _)| *camera).collect();
            let channels: BTreeSet<_> = anew.iter().map(|(_, channel)| *channel).collect();
            prop_assert_eq!(&cameras, &channels);
            prop_assert_eq!(cameras.len(), anew.len());
        }
    }
}
