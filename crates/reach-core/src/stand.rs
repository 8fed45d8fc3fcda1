//! How a village stands, by three voices that are never mixed.
//!
//! *Rencana* is what was to be: a list that stands names it, or it has a point that is
//! still meant to be there. *Laporan* is what people say: a point of it has come to
//! active, or else what the house says of its status does. *Terukur* is what the ledger
//! proves of its points that have a box; where none has one it is unknown, which is not
//! the same as nothing. Beside them stands only whether the last two differ.

use std::collections::BTreeMap;

use crate::flow::State;

/// Points, counted: how far they have come by what people say, and of how many the
/// ledger proves something.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// How many have come how far.
    pub by_state: BTreeMap<State, u32>,
    /// Those with a box that was let in.
    pub boxes: u32,
    /// Those of them that differ: said to be active and not proven, or the other way
    /// round.
    pub differing: u32,
    proven: u32,
}

impl Tally {
    /// Takes one more point in. `measured` is whether the ledger proves it; none: it has
    /// no box.
    pub fn take(&mut self, state: State, measured: Option<bool>) {
        *self.by_state.entry(state).or_default() += 1;
        let Some(proven) = measured else { return };
        self.boxes += 1;
        self.proven += u32::from(proven);
        self.differing += u32::from(proven != (state == State::Active));
    }

    /// How many points there are.
    #[must_use]
    pub fn points(&self) -> u32 {
        self.by_state.values().sum()
    }

    /// How many have come just so far.
    #[must_use]
    pub fn of(&self, state: State) -> u32 {
        self.by_state.get(&state).copied().unwrap_or(0)
    }

    /// Of how many the ledger proves something. None: no point has a box.
    #[must_use]
    pub const fn proven(&self) -> Option<u32> {
        if self.boxes == 0 {
            None
        } else {
            Some(self.proven)
        }
    }

    /// Whether one of them is still meant to be there.
    fn is_meant(&self) -> bool {
        let gone = [State::Returned, State::Relocated, State::Refused];
        let mut there = self.by_state.iter().filter(|(_, count)| **count > 0);
        there.any(|(state, _)| !gone.contains(state))
    }

    /// Takes those of another in.
    pub fn add(&mut self, other: &Self) {
        for (state, count) in &other.by_state {
            *self.by_state.entry(*state).or_default() += count;
        }
        self.boxes += other.boxes;
        self.differing += other.differing;
        self.proven += other.proven;
    }
}

/// How a village stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stand {
    /// It was to be online.
    pub planned: bool,
    /// People say that it is.
    pub reported: bool,
    /// The ledger proves it of a point. None: no point has a box, so nobody can say.
    pub measured: Option<bool>,
}

impl Stand {
    /// Of a village: whether a list that stands names it, what the house says of its
    /// status, and its points.
    #[must_use]
    pub fn of(named: bool, status: Option<State>, points: &Tally) -> Self {
        Self {
            planned: named || points.is_meant(),
            reported: points.of(State::Active) > 0 || status == Some(State::Active),
            measured: points.proven().map(|proven| proven > 0),
        }
    }

    /// Whether what people say is not what the ledger shows. Where nothing can be
    /// measured nothing is contradicted.
    #[must_use]
    pub fn differs(self) -> bool {
        self.measured
            .is_some_and(|measured| measured != self.reported)
    }

    /// Whether nobody has said or measured anything.
    #[must_use]
    pub const fn is_blank(self) -> bool {
        !self.planned && !self.reported && self.measured.is_none()
    }
}

/// What villages are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Which {
    /// Those that were to be online.
    Planned,
    /// Those of which people say that they are.
    Reported,
    /// Those of which the ledger proves it.
    Measured,
    /// Those of which people say it, and that have no box that could prove it.
    Unmeasured,
    /// Those of which people say something else than the ledger shows.
    Differs,
}

impl Which {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Planned,
        Self::Reported,
        Self::Measured,
        Self::Unmeasured,
        Self::Differs,
    ];

    /// The word of requests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Reported => "reported",
            Self::Measured => "measured",
            Self::Unmeasured => "unmeasured",
            Self::Differs => "differs",
        }
    }

    /// What a word asks for.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|which| which.as_str() == word)
    }

    /// Whether a village is one of them.
    #[must_use]
    pub fn fits(self, stand: Stand) -> bool {
        match self {
            Self::Planned => stand.planned,
            Self::Reported => stand.reported,
            Self::Measured => stand.measured == Some(true),
            Self::Unmeasured => stand.reported && stand.measured.is_none(),
            Self::Differs => stand.differs(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tally(points: &[(State, Option<bool>)]) -> Tally {
        let mut tally = Tally::default();
        for (state, measured) in points {
            tally.take(*state, *measured);
        }
        tally
    }

    #[test]
    fn three_voices_that_are_never_mixed() {
        use State::{Active, Granted, Listed, Refused, Relocated, Returned, Suspended};
        type Case<'c> = (bool, Option<State>, &'c [(State, Option<bool>)], &'c str);
        let cases: [Case<'_>; 16] = [
            (false, None, &[], "- - ?"),
            (true, None, &[], "p - ?"),
            (false, None, &[(Listed, None)], "p - ?"),
            (false, None, &[(Refused, None), (Returned, None)], "- - ?"),
            (false, None, &[(Relocated, None), (Granted, None)], "p - ?"),
            (true, None, &[(Refused, None)], "p - ?"),
            (false, Some(Active), &[], "- r ?"),
            (true, Some(Granted), &[], "p - ?"),
            (false, None, &[(Active, None)], "p r ?"),
            (false, Some(Active), &[(Suspended, None)], "p r ?"),
            (false, None, &[(Active, Some(true))], "p r m"),
            // Said to work, has a box, and nothing of it is proven.
            (false, None, &[(Active, Some(false))], "p r 0 differs"),
            (
                true,
                Some(Active),
                &[(Suspended, Some(false))],
                "p r 0 differs",
            ),
            // Proven, and nobody has said so.
            (false, None, &[(Granted, Some(true))], "p - m differs"),
            (true, None, &[(Suspended, Some(false))], "p - 0"),
            // One of two: it is measured, and which point differs is told by points.
            (
                false,
                None,
                &[(Active, Some(true)), (Active, Some(false))],
                "p r m",
            ),
        ];
        for (named, status, points, told) in cases {
            let stand = Stand::of(named, status, &tally(points));
            let measured = match stand.measured {
                None => "?",
                Some(true) => "m",
                Some(false) => "0",
            };
            let flag = |is: bool, word: &'static str| if is { word } else { "-" };
            let mut is = format!(
                "{} {} {measured}",
                flag(stand.planned, "p"),
                flag(stand.reported, "r")
            );
            if stand.differs() {
                is.push_str(" differs");
            }
            assert_eq!(is, told, "{named} {status:?} {points:?}");
        }
    }

    #[test]
    fn words_ask_for_what_they_say() {
        for which in Which::ALL {
            assert_eq!(Which::parse(which.as_str()), Some(which));
        }
        let asked = |planned, reported, measured| {
            let stand = Stand {
                planned,
                reported,
                measured,
            };
            Which::ALL.map(|which| which.fits(stand))
        };
        assert_eq!(
            asked(true, true, None),
            [true, true, false, true, false],
            "said, and without a box"
        );
        assert_eq!(
            asked(true, true, Some(false)),
            [true, true, false, false, true]
        );
        assert_eq!(
            asked(false, false, Some(true)),
            [false, false, true, false, true]
        );
    }

    proptest! {
        #[test]
        fn tallies_add_up_whatever_the_order(
            points in prop::collection::vec(
                (prop::sample::select(State::ALL.to_vec()), prop::option::of(any::<bool>())), 0..40,
            ),
            cut in 0_usize..40,
        ) {
            let whole = tally(&points);
            let cut = cut.min(points.len());
            let mut parts = tally(&points[cut..]);
            parts.add(&tally(&points[..cut]));
            prop_assert_eq!(&whole, &parts);
            let boxes = points.iter().filter(|(_, measured)| measured.is_some()).count();
            let proven = points.iter().filter(|(_, measured)| *measured == Some(true)).count();
            prop_assert_eq!(usize::try_from(whole.points()).ok(), Some(points.len()));
            let told = whole.proven().map(|proven| proven as usize);
            prop_assert_eq!(told, (boxes > 0).then_some(proven));
        }
    }
}
