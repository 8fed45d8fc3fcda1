//! How much of a span a connection was there, by which measure.
//!
//! Four numbers, none of which is called "the" uptime. All are made of whole slots, and
//! a share is rounded down when it is made: what was not wholly there never prints as
//! 100 %.

use std::ops::Range;

use base::now::Wall;

use crate::judge::{Run, State};
use crate::slot::{Slot, count};

/// Less evidence than this, in hundredths of a percent, and no verdict on a contract.
pub const COVERAGE_MIN: u32 = 9_500;

/// What is laid over verdicts and never changes one. Stored by [`as_str`](Self::as_str).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Overlay {
    /// Work that was announced.
    Maintenance,
    /// What nobody could have prevented, with a document that says so.
    ForceMajeure,
    /// The house itself was not there.
    Ours,
}

impl Overlay {
    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Maintenance => "maintenance",
            Self::ForceMajeure => "force_majeure",
            Self::Ours => "ours",
        }
    }

    /// All of them.
    pub const ALL: [Self; 3] = [Self::Maintenance, Self::ForceMajeure, Self::Ours];

    /// Reads what is stored.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// Slots that somebody says are not to be held against anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excused {
    /// What they are.
    pub overlay: Overlay,
    /// Which.
    pub slots: Range<Slot>,
    /// When that was said.
    pub declared: Wall,
    /// Whether whoever may has agreed.
    pub approved: bool,
}

impl Excused {
    /// Whether it counts. What was declared as maintenance after it had begun does not;
    /// it is shown as late.
    #[must_use]
    pub fn counts(&self) -> bool {
        match self.overlay {
            Overlay::Maintenance => self.approved && !self.is_late(),
            Overlay::ForceMajeure => self.approved,
            Overlay::Ours => true,
        }
    }

    /// Whether it was said when it had begun already.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.declared > self.slots.start.start()
    }
}

/// Slots of a span, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// All of them.
    pub all: u32,
    /// Of each state: they add up to all.
    pub up: u32,
    /// Up, and worse than it should be.
    pub degraded: u32,
    /// Down.
    pub down: u32,
    /// Without power.
    pub off: u32,
    /// Nobody can say.
    pub unknown: u32,
    /// Excused, each slot once: ours before force majeure before maintenance.
    pub maintenance: u32,
    /// Excused as force majeure.
    pub force_majeure: u32,
    /// Excused as ours.
    pub ours: u32,
    /// Of the excused those that were up or degraded,
    pub excused_up: u32,
    /// and those without power.
    pub excused_off: u32,
}

/// A share in hundredths of a percent, rounded down; none of nothing.
#[must_use]
pub fn share(part: u32, whole: u32) -> Option<u32> {
    let hundredths = (u64::from(part) * 10_000).checked_div(whole.into())?;
    u32::try_from(hundredths).ok()
}

/// What can be said of a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// This share, in hundredths of a percent.
    Share(u32),
    /// Too little is known.
    NotEnough,
    /// Everything was excused.
    Nothing,
}

impl Counts {
    /// Up of all: silence is no success.
    #[must_use]
    pub fn proved(&self) -> Option<u32> {
        share(self.up + self.degraded, self.all)
    }

    /// Up of all of which is known how they were.
    #[must_use]
    pub fn measured(&self) -> Option<u32> {
        share(self.up + self.degraded, self.all - self.unknown)
    }

    /// How much is known.
    #[must_use]
    pub fn coverage(&self) -> Option<u32> {
        share(self.all - self.unknown, self.all)
    }

    /// Up of all that is held against a provider: what is excused is left out above the
    /// line and below it.
    #[must_use]
    pub fn contract(&self, excludes_power: bool) -> Kept {
        if self
            .coverage()
            .is_none_or(|coverage| coverage < COVERAGE_MIN)
        {
            return Kept::NotEnough;
        }
        let excused = self.maintenance + self.force_majeure + self.ours;
        let power = match excludes_power {
            true => self.off - self.excused_off,
            false => 0,
        };
        let up = self.up + self.degraded - self.excused_up;
        share(up, self.all - excused - power).map_or(Kept::Nothing, Kept::Share)
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            all: self.all + other.all,
            up: self.up + other.up,
            degraded: self.degraded + other.degraded,
            down: self.down + other.down,
            off: self.off + other.off,
            unknown: self.unknown + other.unknown,
            maintenance: self.maintenance + other.maintenance,
            force_majeure: self.force_majeure + other.force_majeure,
            ours: self.ours + other.ours,
            excused_up: self.excused_up + other.excused_up,
            excused_off: self.excused_off + other.excused_off,
        }
    }
}

/// Counts the slots of a span. Runs come in their order and share no slot; where there is
/// none nothing is known.
#[must_use]
pub fn counts(of: &Range<Slot>, runs: &[Run], excused: &[Excused]) -> Counts {
    let excused: Vec<_> = excused.iter().filter(|it| it.counts()).collect();
    // Between two cuts neither the verdict nor what excuses it changes.
    let clip = |slot: Slot| slot.clamp(of.start, of.end.max(of.start));
    let mut cuts = vec![clip(of.start), clip(of.end)];
    let ranges = runs.iter().map(|run| &run.slots);
    for slots in ranges.chain(excused.iter().map(|it| &it.slots)) {
        cuts.extend([clip(slots.start), clip(slots.end)]);
    }
    cuts.sort_unstable();
    cuts.dedup();
    let mut counts = Counts::default();
    let mut runs = runs.iter().peekable();
    for cut in cuts.windows(2) {
        let piece = cut[0]..cut[1];
        while runs.next_if(|run| run.slots.end <= piece.start).is_some() {}
        let state = runs
            .peek()
            .filter(|run| run.slots.contains(&piece.start))
            .map_or(State::Unknown, |run| run.verdict.state);
        let over = excused.iter().filter(|it| it.slots.contains(&piece.start));
        let over = over.map(|it| it.overlay).max();
        counts = counts.plus(of_piece(count(&piece), state, over));
    }
    counts
}

fn of_piece(n: u32, state: State, over: Option<Overlay>) -> Counts {
    let mut counts = Counts {
        all: n,
        ..Counts::default()
    };
    let slots = match state {
        State::Up => &mut counts.up,
        State::Degraded => &mut counts.degraded,
        State::Down => &mut counts.down,
        State::Off => &mut counts.off,
        State::Unknown => &mut counts.unknown,
    };
    *slots = n;
    if let Some(over) = over {
        let slots = match over {
            Overlay::Maintenance => &mut counts.maintenance,
            Overlay::ForceMajeure => &mut counts.force_majeure,
            Overlay::Ours => &mut counts.ours,
        };
        *slots = n;
        if state.is_up() {
            counts.excused_up = n;
        } else if state == State::Off {
            counts.excused_off = n;
        }
    }
    counts
}

/// The mean of shares, each with its weight, rounded down: of villages one vote each, or
/// as many as people live there. None of nothing.
#[must_use]
pub fn mean(shares: impl IntoIterator<Item = (u32, u64)>) -> Option<u32> {
    let (mut sum, mut weights) = (0_u64, 0_u64);
    for (share, weight) in shares {
        sum = sum.saturating_add(u64::from(share).saturating_mul(weight));
        weights = weights.saturating_add(weight);
    }
    u32::try_from(sum.checked_div(weights)?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::evidence::Seen;
    use crate::judge::{Cause, Verdict};

    fn run(from: i64, to: i64, state: State) -> Run {
        Run {
            slots: Slot(from)..Slot(to),
            verdict: Verdict {
                state,
                cause: Cause::None,
                basis: Seen(0),
            },
        }
    }

    fn excused(overlay: Overlay, from: i64, to: i64, said: i64) -> Excused {
        Excused {
            overlay,
            slots: Slot(from)..Slot(to),
            declared: Slot(said).start(),
            approved: true,
        }
    }

    #[test]
    fn a_day_in_four_numbers() {
        let runs = [
            run(0, 1_000, State::Up),
            run(1_000, 1_100, State::Degraded),
            run(1_100, 1_200, State::Down),
            run(1_200, 1_300, State::Off),
            // Of the rest nothing is known: 40 slots.
            run(1_340, 1_440, State::Up),
        ];
        let over = [
            // An hour of work, announced the day before; half of it was up anyway.
            excused(Overlay::Maintenance, 1_070, 1_130, -1_440),
            // Announced when it had begun: it counts for nothing.
            excused(Overlay::Maintenance, 1_150, 1_200, 1_151),
        ];
        let day = counts(&(Slot(0)..Slot(1_440)), &runs, &over);
        assert_eq!(
            (day.up, day.degraded, day.down, day.off, day.unknown),
            (1_100, 100, 100, 100, 40)
        );
        assert_eq!((day.maintenance, day.excused_up), (60, 30));
        assert_eq!(day.proved(), Some(8_333), "1200 of 1440");
        assert_eq!(day.measured(), Some(8_571), "1200 of 1400");
        assert_eq!(day.coverage(), Some(9_722), "1400 of 1440");
        assert_eq!(day.contract(false), Kept::Share(8_478), "1170 of 1380");
        assert_eq!(day.contract(true), Kept::Share(9_140), "1170 of 1280");
    }

    #[test]
    fn what_was_not_wholly_there_is_never_all() {
        assert_eq!(share(44_639, 44_640), Some(9_999));
        assert_eq!(share(44_640, 44_640), Some(10_000));
        assert_eq!(share(0, 0), None);
    }

    #[test]
    fn silence_is_no_success_and_no_breach() {
        let silent = counts(&(Slot(0)..Slot(1_440)), &[run(0, 1_367, State::Up)], &[]);
        assert_eq!(silent.coverage(), Some(9_493));
        assert_eq!(silent.contract(false), Kept::NotEnough);
        assert_eq!(silent.measured(), Some(10_000));
        let nothing = counts(&(Slot(5)..Slot(5)), &[], &[]);
        assert_eq!(
            (nothing.proved(), nothing.contract(false)),
            (None, Kept::NotEnough)
        );
        let ours = excused(Overlay::Ours, 0, 1_440, 0);
        let all = counts(
            &(Slot(0)..Slot(1_440)),
            &[run(0, 1_440, State::Up)],
            &[ours],
        );
        assert_eq!(all.contract(false), Kept::Nothing);
    }

    fn state() -> impl Strategy<Value = State> {
        prop::sample::select(State::ALL.to_vec())
    }

    proptest! {
        #[test]
        fn pieces_count_as_single_slots_do(
            lengths in prop::collection::vec((0_i64..40, 1_i64..60, state()), 0..30),
            over in prop::collection::vec((0_usize..3, 0_i64..900, 0_i64..200, any::<bool>()), 0..6),
            from in 0_i64..400, long in 0_i64..800,
        ) {
            let mut at = 0;
            let runs: Vec<_> = lengths
                .into_iter()
                .map(|(gap, long, state)| {
                    let from = at + gap;
                    at = from + long;
                    run(from, at, state)
                })
                .collect();
            let over: Vec<_> = over
                .into_iter()
                .map(|(which, from, long, approved)| Excused {
                    approved,
                    ..excused(Overlay::ALL[which], from, from + long, 100)
                })
                .collect();
            let span = Slot(from)..Slot(from + long);
            let mut plain = Counts::default();
            for slot in crate::slot::each(span.clone()) {
                let state = runs.iter().find(|run| run.slots.contains(&slot));
                let state = state.map_or(State::Unknown, |run| run.verdict.state);
                let here = |overlay| over.iter().any(|it: &Excused| {
                    it.overlay == overlay && it.slots.contains(&slot) && match overlay {
                        Overlay::Maintenance => it.approved && it.slots.start >= Slot(100),
                        Overlay::ForceMajeure => it.approved,
                        Overlay::Ours => true,
                    }
                });
                plain.all += 1;
                match state {
                    State::Up => plain.up += 1,
                    State::Degraded => plain.degraded += 1,
                    State::Down => plain.down += 1,
                    State::Off => plain.off += 1,
                    State::Unknown => plain.unknown += 1,
                }
                let any = if here(Overlay::Ours) {
                    plain.ours += 1;
                    true
                } else if here(Overlay::ForceMajeure) {
                    plain.force_majeure += 1;
                    true
                } else if here(Overlay::Maintenance) {
                    plain.maintenance += 1;
                    true
                } else {
                    false
                };
                if any && matches!(state, State::Up | State::Degraded) {
                    plain.excused_up += 1;
                }
                if any && state == State::Off {
                    plain.excused_off += 1;
                }
            }
            let counted = counts(&span, &runs, &over);
            prop_assert_eq!(counted, plain);
            prop_assert_eq!(counted.all, counted.up + counted.degraded + counted.down + counted.off + counted.unknown);
        }
    }
}
