//! What is found on the doorstep.

/// Households that one subject of the register may turn out to be; more is a slip of the pen.
pub const HOUSEHOLDS_MAX: u32 = 20;

/// What a field worker found of one drawn subject. Whether a household is eligible he judges
/// without being told whether it receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nobody could be spoken to.
    Unreached,
    /// Nobody of it lives there any more: moved away, dead, or never was.
    Gone,
    /// Part of a family that stands in the register elsewhere: the linkage has split one. The
    /// other place speaks for the family; here nobody is eligible.
    Part,
    /// It is there.
    Found {
        /// So many households; more than one if the linkage has made one of them.
        households: u32,
        /// So many of them are eligible.
        eligible: u32,
    },
}

impl Outcome {
    /// The word that rows and requests use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreached => "unreached",
            Self::Gone => "gone",
            Self::Part => "part",
            Self::Found { .. } => "found",
        }
    }

    /// What a word and its counts stand for; none where they make no sense together.
    #[must_use]
    pub fn of(word: &str, households: Option<u32>, eligible: Option<u32>) -> Option<Self> {
        let (households, eligible) = match (word, households, eligible) {
            ("found", Some(households), Some(eligible)) => (households, eligible),
            (word, households, eligible) => {
                let plain = [Self::Unreached, Self::Gone, Self::Part];
                let none = households.unwrap_or(0) == 0 && eligible.unwrap_or(0) == 0;
                return plain.into_iter().find(|it| none && it.as_str() == word);
            }
        };
        let is_sound = (1..=HOUSEHOLDS_MAX).contains(&households) && eligible <= households;
        is_sound.then_some(Self::Found {
            households,
            eligible,
        })
    }

    /// Households and how many of them are eligible; none where nobody knows.
    pub(super) const fn answer(self) -> Option<Answer> {
        match self {
            Self::Unreached => None,
            Self::Gone => Some(Answer {
                eligible: 0,
                by_linkage: false,
            }),
            Self::Part => Some(Answer {
                eligible: 0,
                by_linkage: true,
            }),
            Self::Found {
                households,
                eligible,
            } => Some(Answer {
                eligible,
                by_linkage: households > 1 && eligible > 1,
            }),
        }
    }
}

/// What counts of an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) eligible: u32,
    /// Whether, if it receives, somebody is in error since records were linked wrongly: it
    /// receives beside its own family, or for one family while another one is left out.
    pub(super) by_linkage: bool,
}

/// One drawn subject and what was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Visit {
    /// Where, by the place among the drawn villages.
    pub village: u32,
    /// Whether it receives.
    pub receives: bool,
    /// Its weight as it was drawn.
    pub weight: f64,
    /// What was found; none while nobody has been there.
    pub outcome: Option<Outcome>,
}

impl Visit {
    pub(super) fn answer(&self) -> Option<Answer> {
        self.outcome.and_then(Outcome::answer)
    }
}
