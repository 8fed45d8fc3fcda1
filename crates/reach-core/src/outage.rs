//! When a connection failed, for how long, and whether that was one failure.
//!
//! A minute without an answer is no outage yet, and one with an answer is not the end of
//! one. A connection that comes and goes fails once, until it has been quiet.

use std::ops::Range;

use crate::judge::{Cause, Run, State};
use crate::slot::{Slot, count};

/// So many slots without a connection, one after the other, open an outage;
pub const OPENS_AFTER: u32 = 3;

/// so many with one close it.
pub const CLOSES_AFTER: u32 = 5;

/// So many changes
pub const FLAPS: usize = 6;

/// within so many slots are one failure,
pub const FLAPS_WITHIN: i64 = 30;

/// until there has been none for so many slots.
pub const QUIET: i64 = 15;

/// A span in which a connection failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// From the first slot without a connection on.
    pub from: Slot,
    /// Up to the first of those that ended it. None: it has not ended, as far as is
    /// known.
    pub to: Option<Slot>,
    /// Slots in it that were down, without power, and of which nothing is known.
    pub down: u32,
    /// Without power.
    pub off: u32,
    /// Nothing is known of them.
    pub unknown: u32,
    /// Why, for most of the slots that have a reason.
    pub cause: Cause,
    /// How often it came and went. Zero: it just failed.
    pub changes: u32,
}

/// All outages of a site, from its verdicts in their order; where there is no run
/// nothing is known.
#[must_use]
pub fn outages(runs: &[Run]) -> Vec<Outage> {
    let pieces = pieces(runs);
    let mut spans = failures(&pieces);
    let flaps = flapping(&pieces);
    for flap in &flaps {
        let joined = spans
            .extract_if(.., |span| touches(span, flap))
            .chain([flap.clone()])
            .reduce(|one, other| Stretch {
                from: one.from.min(other.from),
                to: one.to.zip(other.to).map(|(one, other)| one.max(other)),
                changes: one.changes + other.changes,
            });
        spans.extend(joined);
    }
    spans.sort_by_key(|span| span.from);
    spans.into_iter().map(|span| told(&span, &pieces)).collect()
}

/// A stretch of failing, without what is in it.
#[derive(Debug, Clone)]
struct Stretch {
    from: Slot,
    to: Option<Slot>,
    changes: u32,
}

fn touches(one: &Stretch, other: &Stretch) -> bool {
    let ends_after = |a: &Stretch, b: &Stretch| a.to.is_none_or(|to| to >= b.from);
    ends_after(one, other) && ends_after(other, one)
}

type Piece = (Range<Slot>, State, Cause);

/// The runs, and what is between them.
fn pieces(runs: &[Run]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::with_capacity(runs.len());
    for run in runs {
        if let Some((last, ..)) = pieces.last()
            && last.end < run.slots.start
        {
            let gap = last.end..run.slots.start;
            pieces.push((gap, State::Unknown, Cause::Silent));
        }
        pieces.push((run.slots.clone(), run.verdict.state, run.verdict.cause));
    }
    pieces
}

fn failures(pieces: &[Piece]) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    // Since when it has been out, or up, without a slot that was otherwise.
    let (mut out, mut up): (Option<Slot>, Option<Slot>) = (None, None);
    let mut is_open = false;
    for (slots, state, _) in pieces {
        out = state.is_out().then(|| out.unwrap_or(slots.start));
        up = state.is_up().then(|| up.unwrap_or(slots.start));
        let long = |since: &Option<Slot>| since.map_or(0, |since| count(&(since..slots.end)));
        if !is_open && long(&out) >= OPENS_AFTER {
            is_open = true;
            found.extend(out.map(|from| Stretch {
                from,
                to: None,
                changes: 0,
            }));
        } else if is_open && long(&up) >= CLOSES_AFTER {
            is_open = false;
            if let Some(last) = found.last_mut() {
                last.to = up;
            }
        }
    }
    found
}

/// Stretches in which it came and went.
fn flapping(pieces: &[Piece]) -> Vec<Stretch> {
    let mut changes = Vec::new();
    let mut was_up: Option<bool> = None;
    let mut end = None;
    for (slots, state, _) in pieces {
        end = Some(slots.end);
        let is_up = match (state.is_up(), state.is_out()) {
            (true, _) => true,
            (_, true) => false,
            // What nobody knows is no change.
            _ => continue,
        };
        if was_up.is_some_and(|was| was != is_up) {
            changes.push(slots.start);
        }
        was_up = Some(is_up);
    }
    let mut found: Vec<Stretch> = Vec::new();
    // Up to where changes belong to the last stretch.
    let mut taken = 0;
    for at in 0..changes.len() {
        let Some(first) = (at + 1).checked_sub(FLAPS).filter(|first| *first >= taken) else {
            continue;
        };
        if changes[at].0 - changes[first].0 > FLAPS_WITHIN {
            continue;
        }
        let more = changes[at..]
            .windows(2)
            .take_while(|two| two[1].0 - two[0].0 < QUIET);
        let last = at + more.count();
        let quiet_from = changes[last];
        let is_over = end.is_some_and(|end| end.0 - quiet_from.0 >= QUIET);
        found.push(Stretch {
            from: changes[first],
            to: is_over.then_some(quiet_from),
            changes: u32::try_from(last + 1 - first).unwrap_or(u32::MAX),
        });
        taken = last + 1;
    }
    found
}

/// What is in a stretch.
fn told(span: &Stretch, pieces: &[Piece]) -> Outage {
    let mut outage = Outage {
        from: span.from,
        to: span.to,
        down: 0,
        off: 0,
        unknown: 0,
        cause: Cause::Link,
        changes: span.changes,
    };
    let mut causes = [0_u32; Cause::ALL.len()];
    for (slots, state, cause) in pieces {
        let from = slots.start.max(span.from);
        let to = span.to.map_or(slots.end, |to| slots.end.min(to));
        let here = count(&(from..to.max(from)));
        match state {
            State::Down => outage.down += here,
            State::Off => outage.off += here,
            State::Unknown => outage.unknown += here,
            State::Up | State::Degraded => {}
        }
        if state.is_out() {
            let which = Cause::ALL.iter().position(|it| it == cause);
            causes[which.unwrap_or(0)] += here;
        }
    }
    let most = causes
        .iter()
        .zip(Cause::ALL)
        .max_by_key(|(slots, _)| **slots);
    if let Some((slots, cause)) = most
        && *slots > 0
    {
        outage.cause = cause;
    }
    outage
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::evidence::Seen;
    use crate::judge::Verdict;

    /// `u` up, `d` down, `o` off, `?` unknown; one letter a slot.
    fn runs(letters: &str) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for (at, letter) in letters.bytes().enumerate() {
            let (state, cause) = match letter {
                b'u' => (State::Up, Cause::None),
                b'd' => (State::Down, Cause::Link),
                b'o' => (State::Off, Cause::Power),
                _ => (State::Unknown, Cause::Silent),
            };
            let slot = Slot(i64::try_from(at).expect("a slot"));
            let verdict = Verdict {
                state,
                cause,
                basis: Seen(0),
            };
            match runs.last_mut() {
                Some(run) if run.verdict == verdict => run.slots.end = slot.plus(1),
                _ => runs.push(Run {
                    slots: slot..slot.plus(1),
                    verdict,
                }),
            }
        }
        runs
    }

    fn spans(letters: &str) -> Vec<(i64, Option<i64>, Cause, bool)> {
        outages(&runs(letters))
            .into_iter()
            .map(|it| (it.from.0, it.to.map(|to| to.0), it.cause, it.changes > 0))
            .collect()
    }

    #[test]
    fn three_open_and_five_close() {
        assert_eq!(spans("uudduuuuuu"), []);
        assert_eq!(spans("uuddduuuuuu"), [(2, Some(5), Cause::Link, false)]);
        assert_eq!(spans("uuddduuuu"), [(2, None, Cause::Link, false)]);
        assert_eq!(spans("ddduuuudduuuuu"), [(0, Some(9), Cause::Link, false)]);
        assert_eq!(spans("doouuuuu"), [(0, Some(3), Cause::Power, false)]);
    }

    #[test]
    fn what_nobody_knows_neither_opens_nor_closes() {
        assert_eq!(spans("dd?duuuuu"), []);
        assert_eq!(spans("ddduu??uuu??"), [(0, None, Cause::Link, false)]);
        assert_eq!(spans("ddd????uuuuu"), [(0, Some(7), Cause::Link, false)]);
        let it = &outages(&runs("ddd????uuuuu"))[0];
        assert_eq!((it.down, it.unknown), (3, 4));
    }

    #[test]
    fn who_comes_and_goes_fails_once() {
        // Six changes: one failure, though none lasts three slots.
        let quiet = "u".repeat(20);
        let flaps = format!("uudduudduudduu{quiet}");
        assert_eq!(spans(&flaps), [(2, Some(12), Cause::Link, true)]);
        // Four changes are none.
        assert_eq!(spans(&format!("uudduudduu{quiet}")), []);
        // It is not over before it has been quiet.
        assert_eq!(spans("uudduudduudduuuuuuu"), [(2, None, Cause::Link, true)]);
        // Longer failures in it are the same one.
        let long = format!("uuddduuuuudddduuuuuudddduu{quiet}");
        assert_eq!(spans(&long), [(2, Some(24), Cause::Link, true)]);
        // And it may end in being gone.
        let gone = format!("uudduudduudduud{}", "d".repeat(30));
        assert_eq!(spans(&gone), [(2, None, Cause::Link, true)]);
    }

    proptest! {
        #[test]
        fn outages_are_apart_and_begin_with_a_slot_that_was_out(
            letters in "[udo?]{0,300}",
        ) {
            let found = outages(&runs(&letters));
            for it in &found {
                let at = usize::try_from(it.from.0).expect("a slot");
                let first = letters.as_bytes()[at];
                prop_assert!(first == b'd' || first == b'o' || it.changes > 0);
                prop_assert!(it.to.is_none_or(|to| to > it.from));
            }
            for two in found.windows(2) {
                prop_assert!(two[0].to.is_some_and(|to| to <= two[1].from), "{:?}", two);
            }
        }
    }
}
