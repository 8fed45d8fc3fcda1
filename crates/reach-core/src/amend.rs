//! What becomes of verdicts that stand when a day is decided anew.
//!
//! A verdict that still holds is left alone, so that it keeps the time at which it was
//! decided. One that holds in part is superseded by what is left of it, which keeps that
//! time too. What is new was decided now.

use std::ops::Range;
use std::time::Duration;

use base::now::Wall;

use crate::judge::{Run, Verdict};
use crate::slot::Slot;

/// A minute that is decided within this time after its end was decided at its end: rows
/// grow by such minutes, and by no others.
pub const PROMPT: Duration = Duration::from_secs(600);

/// A verdict that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// What was decided, of which slots.
    pub run: Run,
    /// By which edition of the rule.
    pub rule: u32,
    /// When.
    pub decided: Wall,
}

/// What is to be done to the verdicts of a day, in this order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Amendment {
    /// Those that no longer hold as they are, by their first slot.
    pub superseded: Vec<Slot>,
    /// Those that go on, by their first slot, and up to where.
    pub grown: Vec<(Slot, Slot)>,
    /// Those that are new.
    pub written: Vec<Standing>,
}

impl Amendment {
    /// Whether nothing is to be done.
    #[must_use]
    pub const fn is_nothing(&self) -> bool {
        self.superseded.is_empty() && self.grown.is_empty() && self.written.is_empty()
    }
}

/// What has to be done so that `fresh` stands where `standing` did. Both come in the
/// order of their slots and share none among themselves. Slots of which nothing is known
/// are not written down.
#[must_use]
pub fn amend(standing: &[Standing], fresh: &[Run], rule: u32, now: Wall) -> Amendment {
    let fresh: Vec<&Run> = fresh
        .iter()
        .filter(|run| run.verdict != Verdict::SILENT)
        .collect();
    let mut amendment = Amendment::default();
    // What of the fresh ones is said by what stands.
    let mut said: Vec<Range<Slot>> = Vec::new();
    for one in standing {
        let holds: Vec<Range<Slot>> = fresh
            .iter()
            .filter(|run| run.verdict == one.run.verdict && one.rule == rule)
            .filter_map(|run| both(&run.slots, &one.run.slots))
            .collect();
        if holds != [one.run.slots.clone()] {
            amendment.superseded.push(one.run.slots.start);
            amendment.written.extend(holds.iter().map(|slots| Standing {
                run: Run {
                    slots: slots.clone(),
                    verdict: one.run.verdict,
                },
                rule,
                decided: one.decided,
            }));
        }
        said.extend(holds);
    }
    said.sort_by_key(|slots| slots.start);
    for run in fresh {
        for slots in without(&run.slots, &said) {
            // What stands and touches it from below may go on with it.
            let goes_on = slots.start.end() + PROMPT >= now;
            let below = standing.iter().find(|one| {
                one.run.slots.end == slots.start
                    && one.run.verdict == run.verdict
                    && one.rule == rule
                    && !amendment.superseded.contains(&one.run.slots.start)
            });
            match below.filter(|_| goes_on) {
                Some(one) => amendment.grown.push((one.run.slots.start, slots.end)),
                None => amendment.written.push(Standing {
                    run: Run {
                        slots,
                        verdict: run.verdict,
                    },
                    rule,
                    decided: now,
                }),
            }
        }
    }
    amendment
}

fn both(one: &Range<Slot>, other: &Range<Slot>) -> Option<Range<Slot>> {
    let shared = one.start.max(other.start)..one.end.min(other.end);
    (shared.start < shared.end).then_some(shared)
}

/// What of a range is in none of `taken`, which come in their order.
fn without(of: &Range<Slot>, taken: &[Range<Slot>]) -> Vec<Range<Slot>> {
    let mut left = Vec::new();
    let mut from = of.start;
    for slots in taken.iter().filter_map(|slots| both(slots, of)) {
        if from < slots.start {
            left.push(from..slots.start);
        }
        from = from.max(slots.end);
    }
    if from < of.end {
        left.push(from..of.end);
    }
    left
}

/// Runs that touch and say the same, as one: rows are cut where days end and where they
/// were decided at different times.
#[must_use]
pub fn joined(runs: impl IntoIterator<Item = Run>) -> Vec<Run> {
    let mut joined: Vec<Run> = Vec::new();
    for run in runs {
        match joined.last_mut() {
            Some(last) if last.slots.end == run.slots.start && last.verdict == run.verdict => {
                last.slots.end = run.slots.end;
            }
            _ => joined.push(run),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::evidence::Seen;
    use crate::judge::{Cause, RULE, State};
    use crate::slot::each;

    fn run(from: i64, to: i64, state: State) -> Run {
        Run {
            slots: Slot(from)..Slot(to),
            verdict: Verdict {
                state,
                cause: Cause::None,
                basis: Seen::ALIVE,
            },
        }
    }

    fn stands(from: i64, to: i64, state: State, decided: i64) -> Standing {
        Standing {
            run: run(from, to, state),
            rule: RULE,
            decided: Slot(decided).start(),
        }
    }

    #[test]
    fn minutes_that_come_in_time_are_added() {
        let standing = [stands(0, 60, State::Up, 3)];
        let fresh = [run(0, 61, State::Up)];
        let now = Slot(61).start();
        let it = amend(&standing, &fresh, RULE, now);
        assert_eq!(it.grown, [(Slot(0), Slot(61))]);
        assert!(it.superseded.is_empty() && it.written.is_empty());
        // A day later the same minute is news of its own.
        let it = amend(&standing, &fresh, RULE, Slot(1_500).start());
        assert_eq!(it.written, [stands(60, 61, State::Up, 1_500)]);
        assert!(it.superseded.is_empty() && it.grown.is_empty());
    }

    #[test]
    fn what_is_left_of_a_verdict_keeps_its_time() {
        let standing = [stands(0, 100, State::Up, 7)];
        let fresh = [
            run(0, 40, State::Up),
            run(40, 50, State::Down),
            run(50, 100, State::Up),
        ];
        let it = amend(&standing, &fresh, RULE, Slot(9_000).start());
        assert_eq!(it.superseded, [Slot(0)]);
        assert_eq!(
            it.written,
            [
                stands(0, 40, State::Up, 7),
                stands(50, 100, State::Up, 7),
                stands(40, 50, State::Down, 9_000),
            ]
        );
    }

    #[test]
    fn another_edition_of_the_rule_decides_all_of_it() {
        let standing = [stands(0, 100, State::Up, 7)];
        let it = amend(
            &standing,
            &[run(0, 100, State::Up)],
            RULE + 1,
            Slot(200).start(),
        );
        assert_eq!(it.superseded, [Slot(0)]);
        assert_eq!(it.written.len(), 1);
        assert_eq!(it.written[0].decided, Slot(200).start());
        let same = amend(
            &standing,
            &[run(0, 100, State::Up)],
            RULE,
            Slot(200).start(),
        );
        assert!(same.is_nothing());
    }

    fn some_runs() -> impl Strategy<Value = Vec<Run>> {
        let piece = (
            0_i64..5,
            1_i64..20,
            prop::sample::select(State::ALL.to_vec()),
        );
        prop::collection::vec(piece, 0..12).prop_map(|pieces| {
            let mut at = 0;
            joined(pieces.into_iter().map(|(gap, long, state)| {
                let from = at + gap;
                at = from + long;
                run(from, at, state)
            }))
        })
    }

    fn told(standing: &[Standing]) -> Vec<(Slot, State)> {
        let mut all: Vec<_> = standing
            .iter()
            .flat_map(|one| {
                let state = one.run.verdict.state;
                each(one.run.slots.clone()).map(move |slot| (slot, state))
            })
            .collect();
        all.sort_unstable();
        all
    }

    /// What the table does.
    fn done(standing: &[Standing], it: &Amendment) -> Vec<Standing> {
        let mut rows: Vec<_> = standing.to_vec();
        rows.retain(|one| !it.superseded.contains(&one.run.slots.start));
        for (from, to) in &it.grown {
            let row = rows.iter_mut().find(|one| one.run.slots.start == *from);
            row.expect("it stands").run.slots.end = *to;
        }
        rows.extend(it.written.iter().cloned());
        rows.sort_by_key(|one| one.run.slots.start);
        rows
    }

    proptest! {
        #[test]
        fn what_stands_then_is_what_was_decided(
            days in prop::collection::vec(some_runs(), 1..6), later in 0_i64..40,
        ) {
            let mut standing: Vec<Standing> = Vec::new();
            for (at, fresh) in days.iter().enumerate() {
                let now = Slot(250 + later * i64::try_from(at).expect("few")).start();
                let it = amend(&standing, fresh, RULE, now);
                let was = told(&standing);
                standing = done(&standing, &it);
                let is: Vec<_> = told(&standing);
                let wanted: Vec<_> = fresh.iter().flat_map(|run| {
                    let state = run.verdict.state;
                    each(run.slots.clone()).map(move |slot| (slot, state))
                }).collect();
                prop_assert_eq!(&is, &wanted);
                // Deciding the same again does nothing.
                prop_assert!(amend(&standing, fresh, RULE, now).is_nothing());
                // What was decided before and holds has kept its time.
                for one in &standing {
                    for slot in each(one.run.slots.clone()) {
                        let held = was.contains(&(slot, one.run.verdict.state));
                        prop_assert!(!held || one.decided <= now);
                        prop_assert!(held || one.decided == now || slot.end() + PROMPT >= now);
                    }
                }
            }
        }
    }
}
