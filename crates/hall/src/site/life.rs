//! The life of a site: from a plan to a box that is let in, and out again.
//!
//! ```text
//! planned ─code made→ claimed ─asked→ pending ─let in→ active ⇄ suspended
//!    ↑                   ↑                │             │           │
//!    └───────────────────┼─ turned away ──┘             └─ revoked ─┘
//!                        └──────── code made ───────────────┘
//! ```
//!
//! Pure: what has happened goes in, the next state comes out. A site that is active
//! stays so while another box asks to take the place of the one that is there.

use serde::{Deserialize, Serialize};

/// How far a site has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is in the register and nothing more.
    Planned,
    /// A code is out, which lets a box ask.
    Claimed,
    /// A box has asked and nobody has decided.
    Pending,
    /// A box is let in.
    Active,
    /// For the time being nothing of it is taken for true.
    Suspended,
    /// Nothing is taken from its box any more; a new code begins anew.
    Revoked,
}

/// What has happened to a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// It came into the register.
    Added,
    /// A code was made.
    CodeMade,
    /// A box has used a code.
    Asked,
    /// The box was let in.
    LetIn,
    /// The box was not let in.
    TurnedAway,
    /// Suspended.
    Suspended,
    /// Resumed.
    Resumed,
    /// Revoked.
    Revoked,
}

impl State {
    /// Every state, in the order of life.
    pub const ALL: [Self; 6] = [
        Self::Planned,
        Self::Claimed,
        Self::Pending,
        Self::Active,
        Self::Suspended,
        Self::Revoked,
    ];

    /// The word of rows and requests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Claimed => "claimed",
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
        }
    }

    /// The state of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// The state behind a step; none if the step cannot be taken from here.
    #[must_use]
    pub const fn after(self, step: Step) -> Option<Self> {
        use State::{Active, Claimed, Pending, Planned, Revoked, Suspended};
        Some(match (self, step) {
            (Planned | Claimed | Revoked, Step::CodeMade) => Claimed,
            (Claimed | Pending, Step::Asked) | (Pending, Step::CodeMade) => Pending,
            (Pending | Active, Step::LetIn)
            | (Active, Step::CodeMade | Step::Asked | Step::TurnedAway)
            | (Suspended, Step::Resumed) => Active,
            // Its code is used up: the next one begins anew.
            (Pending, Step::TurnedAway) => Planned,
            (Active, Step::Suspended) => Suspended,
            (Claimed | Pending | Active | Suspended, Step::Revoked) => Revoked,
            _ => return None,
        })
    }
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 8] = [
        Self::Added,
        Self::CodeMade,
        Self::Asked,
        Self::LetIn,
        Self::TurnedAway,
        Self::Suspended,
        Self::Resumed,
        Self::Revoked,
    ];

    /// The word of rows and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::CodeMade => "code_made",
            Self::Asked => "asked",
            Self::LetIn => "let_in",
            Self::TurnedAway => "turned_away",
            Self::Suspended => "suspended",
            Self::Resumed => "resumed",
            Self::Revoked => "revoked",
        }
    }

    /// The step of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_way_from_a_plan_to_a_box_and_back() {
        let walk = |steps: &[Step]| {
            steps
                .iter()
                .try_fold(State::Planned, |state, step| state.after(*step))
        };
        use Step::{Asked, CodeMade, LetIn, Resumed, Revoked, Suspended, TurnedAway};
        for (steps, end) in [
            (&[CodeMade, Asked, LetIn][..], Some(State::Active)),
            (&[CodeMade, Asked, TurnedAway], Some(State::Planned)),
            (&[CodeMade, Asked, LetIn, Suspended], Some(State::Suspended)),
            (
                &[CodeMade, Asked, LetIn, CodeMade, Asked, LetIn],
                Some(State::Active),
            ),
            (
                &[
                    CodeMade, Asked, LetIn, Suspended, Resumed, Revoked, CodeMade,
                ],
                Some(State::Claimed),
            ),
            (&[Asked], None),
            (&[LetIn], None),
            (&[CodeMade, LetIn], None),
            (&[CodeMade, Asked, LetIn, Suspended, CodeMade], None),
            (&[CodeMade, Asked, LetIn, Revoked, LetIn], None),
        ] {
            assert_eq!(walk(steps), end, "{steps:?}");
        }
    }

    #[test]
    fn words_are_read_back() {
        for state in State::ALL {
            assert_eq!(State::parse(state.as_str()), Some(state));
        }
        for step in Step::ALL {
            assert_eq!(Step::parse(step.as_str()), Some(step));
        }
    }

    proptest! {
        /// Whatever is done in whatever order: only being let in makes a site
        /// active that was not suspended, and a revoked one needs a new code.
        #[test]
        fn nobody_gets_in_by_another_way(choices in proptest::collection::vec(0..Step::ALL.len(), 0..40)) {
            let mut state = State::Planned;
            for choice in choices {
                let step = Step::ALL[choice];
                let Some(next) = state.after(step) else { continue };
                if next == State::Active && state != State::Active {
                    prop_assert!(matches!(
                        (state, step),
                        (State::Pending, Step::LetIn) | (State::Suspended, Step::Resumed)
                    ));
                }
                if state == State::Revoked {
                    prop_assert_eq!(step, Step::CodeMade);
                }
                state = next;
            }
        }
    }
}
