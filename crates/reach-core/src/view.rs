//! What the house says of one property of one thing.
//!
//! Computed from claims and measurements and never stored as truth. Each view says on
//! which of them it rests, why on that one, and what was passed over and why: the
//! reasons are values, which pages and reports put into words.

use std::collections::{BTreeMap, BTreeSet};

use base::day::Day;
use base::id::{Claim, Id, Source};
use base::now::Wall;

/// One claim, as the view weighs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated<V> {
    /// Which.
    pub claim: Id<Claim>,
    /// What it says.
    pub value: V,
    /// Who speaks: the owner of its source, or the source where no owner is known.
    pub speaker: String,
    /// What its words mean. None: nobody has said.
    pub definition: Option<String>,
    /// The document that says it. Later ones have later ids.
    pub source: Id<Source>,
    /// The day whose state it tells.
    pub as_of: Day,
    /// When the house learned it.
    pub recorded: Wall,
}

/// Who speaks, and with which meaning.
type Voice<'s> = (&'s str, Option<&'s str>);

impl<V> Stated<V> {
    fn voice(&self) -> Voice<'_> {
        (&self.speaker, self.definition.as_deref())
    }
}

/// What the house has measured itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured<V> {
    /// What was measured.
    pub value: V,
    /// On which day.
    pub on: Day,
}

/// What the house says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View<V> {
    /// The value. None: unknown.
    pub value: Option<V>,
    /// The day whose state that is.
    pub as_of: Option<Day>,
    /// The claim that it rests on. None: a measurement, or nothing.
    pub rests_on: Option<Id<Claim>>,
    /// Why.
    pub reason: Reason,
    /// The claims that it does not rest on, and why not, in the order they came.
    pub passed: Vec<(Id<Claim>, Passed)>,
}

/// Why the house says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Nobody has said anything.
    Nothing,
    /// It was measured.
    Measured,
    /// Only one voice has spoken.
    Only,
    /// All voices agree.
    Agreed {
        /// How many.
        voices: usize,
    },
    /// Voices do not agree, and this one tells of a newer day.
    Newest {
        /// How many days newer than the newest that says otherwise.
        days: i32,
    },
    /// Voices, or the rows of one document, do not agree and tell of the same day: the
    /// value is unknown.
    SameDay {
        /// How many different values.
        values: usize,
    },
}

/// Why a claim was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Passed {
    /// The same voice has spoken of a newer day, or of this one again.
    Superseded,
    /// It says the same.
    Agrees,
    /// It says something else, of an earlier day.
    Older,
    /// It says something else, of the same day.
    SameDay,
    /// It says something else, and means something else by it.
    OtherDefinition,
    /// It says something else than what was measured.
    AgainstMeasured,
}

impl Passed {
    /// The word of answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Superseded => "superseded",
            Self::Agrees => "agrees",
            Self::Older => "older",
            Self::SameDay => "same_day",
            Self::OtherDefinition => "other_definition",
            Self::AgainstMeasured => "against_measured",
        }
    }

    /// Whether sources disagree by it.
    #[must_use]
    pub const fn disagrees(self) -> bool {
        !matches!(self, Self::Superseded | Self::Agrees)
    }
}

impl<V> View<V> {
    /// Whether sources disagree, so that a person should look.
    #[must_use]
    pub fn is_disputed(&self) -> bool {
        self.passed.iter().any(|(_, why)| why.disagrees())
    }
}

/// What the house says, from all claims of one property of one thing.
///
/// - Of one voice (a speaker with a definition) the newest day speaks, and of that day
///   the document that came last.
/// - What is measured comes first.
/// - Of voices that do not agree the newest day is shown; on the same day there is
///   nothing to choose by, and the value is unknown.
#[must_use]
pub fn view<V: Clone + Ord>(stated: &[Stated<V>], measured: Option<&Measured<V>>) -> View<V> {
    let spoken = spoken(stated);
    let voices: Vec<&Stated<V>> = stated
        .iter()
        .filter(|stated| spoken.contains(&stated.claim))
        .collect();
    let (chosen, reason) = choose(&voices, measured);
    let value = match (measured, chosen) {
        (Some(measured), _) => Some(measured.value.clone()),
        (None, chosen) => chosen.map(|chosen| chosen.value.clone()),
    };
    let newest = voices.iter().map(|stated| stated.as_of).max();
    let passed = stated
        .iter()
        .filter(|stated| chosen.is_none_or(|chosen| chosen.claim != stated.claim))
        .map(|stated| {
            let why = if spoken.contains(&stated.claim) {
                passed(stated, value.as_ref(), chosen, newest, measured.is_some())
            } else {
                Passed::Superseded
            };
            (stated.claim, why)
        })
        .collect();
    View {
        value,
        as_of: match measured {
            Some(measured) => Some(measured.on),
            None => chosen.map(|chosen| chosen.as_of),
        },
        rests_on: chosen.map(|chosen| chosen.claim),
        reason,
        passed,
    }
}

/// The claims by which each voice speaks: those of its newest day, and of those the
/// ones of the document that came last. One document may say two things.
fn spoken<V>(stated: &[Stated<V>]) -> BTreeSet<Id<Claim>> {
    let mut newest: BTreeMap<Voice<'_>, (Day, Id<Source>)> = BTreeMap::new();
    for one in stated {
        let newest = newest.entry(one.voice()).or_insert((one.as_of, one.source));
        *newest = (*newest).max((one.as_of, one.source));
    }
    stated
        .iter()
        .filter(|one| newest.get(&one.voice()) == Some(&(one.as_of, one.source)))
        .map(|one| one.claim)
        .collect()
}

fn choose<'s, V: Ord>(
    spoken: &[&'s Stated<V>],
    measured: Option<&Measured<V>>,
) -> (Option<&'s Stated<V>>, Reason) {
    if measured.is_some() {
        return (None, Reason::Measured);
    }
    // Of equals the last that was recorded: the same claim whatever came first.
    let Some(newest) = spoken
        .iter()
        .max_by_key(|stated| (stated.as_of, stated.recorded, stated.claim))
    else {
        return (None, Reason::Nothing);
    };
    let of_that_day: BTreeSet<&V> = spoken
        .iter()
        .filter(|stated| stated.as_of == newest.as_of)
        .map(|stated| &stated.value)
        .collect();
    if of_that_day.len() > 1 {
        let values = of_that_day.len();
        return (None, Reason::SameDay { values });
    }
    let other = spoken
        .iter()
        .filter(|stated| stated.value != newest.value)
        .map(|stated| stated.as_of)
        .max();
    if let Some(other) = other {
        let days = newest.as_of.since(other);
        return (Some(newest), Reason::Newest { days });
    }
    let voices: BTreeSet<Voice<'_>> = spoken.iter().map(|stated| stated.voice()).collect();
    let reason = match voices.len() {
        1 => Reason::Only,
        voices => Reason::Agreed { voices },
    };
    (Some(newest), reason)
}

fn passed<V: Ord>(
    stated: &Stated<V>,
    value: Option<&V>,
    chosen: Option<&Stated<V>>,
    newest: Option<Day>,
    measured: bool,
) -> Passed {
    match (value, chosen) {
        (Some(value), _) if *value == stated.value => Passed::Agrees,
        (Some(_), _) if measured => Passed::AgainstMeasured,
        (Some(_), Some(chosen)) if chosen.definition != stated.definition => {
            Passed::OtherDefinition
        }
        (Some(_), _) => Passed::Older,
        // Nothing was chosen: what tells of the newest day contradicts itself.
        (None, _) if Some(stated.as_of) == newest => Passed::SameDay,
        (None, _) => Passed::Older,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stated(
        n: u8,
        speaker: &str,
        definition: &str,
        as_of: &str,
        value: &'static str,
    ) -> Stated<&'static str> {
        Stated {
            claim: Id::from_bytes([n; 16]),
            value,
            speaker: speaker.to_owned(),
            definition: Some(definition.to_owned()).filter(|text| !text.is_empty()),
            as_of: as_of.parse().expect("a day"),
            source: Id::from_bytes([n; 16]),
            recorded: Wall::from_us(i64::from(n)),
        }
    }

    fn told(view: &View<&str>) -> (String, Option<u8>, Vec<&'static str>) {
        (
            view.value.unwrap_or("-").to_owned(),
            view.rests_on.map(|claim| claim.as_bytes()[0]),
            view.passed.iter().map(|(_, why)| why.as_str()).collect(),
        )
    }

    #[test]
    fn the_house_says_why() {
        let of = |claims: &[Stated<&'static str>]| {
            let view = view(claims, None);
            let (value, on, passed) = told(&view);
            (value, on, view.reason, passed, view.is_disputed())
        };
        let (may, june) = ("2025-05-16", "2025-06-16");
        for (claims, value, on, reason, passed, disputed) in [
            (vec![], "-", None, Reason::Nothing, vec![], false),
            (
                vec![stated(1, "A", "4g", may, "ya")],
                "ya",
                Some(1),
                Reason::Only,
                vec![],
                false,
            ),
            // One voice that has changed its mind is no dispute.
            (
                vec![
                    stated(1, "A", "4g", june, "tidak"),
                    stated(2, "A", "4g", may, "ya"),
                ],
                "tidak",
                Some(1),
                Reason::Only,
                vec!["superseded"],
                false,
            ),
            (
                vec![
                    stated(1, "A", "4g", may, "ya"),
                    stated(2, "A", "4g", may, "tidak"),
                ],
                "tidak",
                Some(2),
                Reason::Only,
                vec!["superseded"],
                false,
            ),
            (
                vec![
                    stated(1, "A", "4g", may, "ya"),
                    stated(2, "B", "4g", june, "ya"),
                ],
                "ya",
                Some(2),
                Reason::Agreed { voices: 2 },
                vec!["agrees"],
                false,
            ),
            (
                vec![
                    stated(1, "A", "4g", june, "ya"),
                    stated(2, "B", "4g", may, "tidak"),
                ],
                "ya",
                Some(1),
                Reason::Newest { days: 31 },
                vec!["older"],
                true,
            ),
            (
                vec![
                    stated(1, "A", "4g", may, "ya"),
                    stated(2, "B", "4g", may, "tidak"),
                ],
                "-",
                None,
                Reason::SameDay { values: 2 },
                vec!["same_day", "same_day"],
                true,
            ),
            // The same office with another definition is another voice.
            (
                vec![
                    stated(1, "A", "4g", may, "ya"),
                    stated(2, "A", "voice", june, "tidak"),
                ],
                "tidak",
                Some(2),
                Reason::Newest { days: 31 },
                vec!["other_definition"],
                true,
            ),
            (
                vec![
                    stated(1, "A", "", may, "ya"),
                    stated(2, "B", "", june, "tidak"),
                    stated(3, "C", "", june, "tidak"),
                ],
                "tidak",
                Some(3),
                Reason::Newest { days: 31 },
                vec!["older", "agrees"],
                true,
            ),
        ] {
            let told = of(&claims);
            assert_eq!(
                told,
                (value.to_owned(), on, reason, passed, disputed),
                "{claims:?}"
            );
        }
    }

    #[test]
    fn what_is_measured_comes_before_what_is_said() {
        let claims = [
            stated(1, "A", "", "2025-05-16", "ya"),
            stated(2, "B", "", "2025-05-16", "tidak"),
        ];
        let measured = Measured {
            value: "tidak",
            on: "2025-05-01".parse().expect("a day"),
        };
        let view = view(&claims, Some(&measured));
        assert_eq!(
            told(&view),
            ("tidak".to_owned(), None, vec!["against_measured", "agrees"])
        );
        assert_eq!(
            (view.reason, view.as_of),
            (Reason::Measured, Some(measured.on))
        );
        assert!(view.is_disputed());
    }

    fn claims() -> impl Strategy<Value = Vec<Stated<&'static str>>> {
        let one = (0_usize..3, 0_usize..2, 0_i32..4, 0_usize..3, 0_u8..3);
        prop::collection::vec(one, 0..9).prop_map(|rows| {
            rows.into_iter()
                .zip(1_u8..)
                .map(|((speaker, definition, day, value, document), n)| Stated {
                    source: Id::from_bytes([document; 16]),
                    recorded: Wall::from_us(i64::from(document)),
                    as_of: "2025-01-01"
                        .parse::<Day>()
                        .expect("a day")
                        .plus(day)
                        .expect("a day"),
                    ..stated(
                        n,
                        ["A", "B", "C"][speaker],
                        ["", "x"][definition],
                        "2025-01-01",
                        ["p", "q", "r"][value],
                    )
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn the_order_of_claims_does_not_matter(claims in claims(), turn in 0_usize..9) {
            let first = view(&claims, None);
            let mut turned = claims.clone();
            turned.rotate_left(turn.min(claims.len()));
            let second = view(&turned, None);
            prop_assert_eq!((&first.value, first.rests_on, first.reason), (&second.value, second.rests_on, second.reason));
            let sorted = |view: &View<&'static str>| { let mut p = view.passed.clone(); p.sort(); p };
            prop_assert_eq!(sorted(&first), sorted(&second));
        }

        #[test]
        fn every_claim_is_accounted_for(claims in claims()) {
            let view = view(&claims, None);
            prop_assert_eq!(view.passed.len() + usize::from(view.rests_on.is_some()), claims.len());
            // By brute force: the newest claims of each voice, and their values.
            let speaks = |one: &Stated<&str>| !claims.iter().any(|other| {
                (&other.speaker, &other.definition) == (&one.speaker, &one.definition)
                    && (other.as_of, other.source) > (one.as_of, one.source)
            });
            let heard: Vec<_> = claims.iter().filter(|one| speaks(one)).collect();
            let newest = heard.iter().map(|one| one.as_of).max();
            let of_newest: BTreeSet<_> = heard.iter().filter(|one| Some(one.as_of) == newest).map(|one| one.value).collect();
            match of_newest.len() {
                1 => prop_assert_eq!(view.value, of_newest.first().copied()),
                _ => prop_assert_eq!(view.value, None),
            }
            let all: BTreeSet<_> = heard.iter().map(|one| one.value).collect();
            prop_assert_eq!(view.is_disputed(), all.len() > 1);
        }
    }
}
