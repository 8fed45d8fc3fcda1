//! What is true when not everything is known.
//!
//! Strong three-valued logic (Kleene 1952): a whole is unknown only where what is unknown
//! of its parts could turn it. So nobody is taken in or left out by a guess.

use super::RuleKind;

/// Whether something is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Truth {
    /// It is not.
    No,
    /// It is.
    Yes,
    /// It is not known.
    Unknown,
}

impl Truth {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::No, Self::Yes, Self::Unknown];

    /// Of what is known.
    #[must_use]
    pub const fn of(it: bool) -> Self {
        if it { Self::Yes } else { Self::No }
    }

    /// Whether both are so.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Unknown,
        }
    }

    /// Whether one of both is so.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::No, Self::No) => Self::No,
            _ => Self::Unknown,
        }
    }

    /// The word that answers use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Yes => "yes",
            Self::Unknown => "unknown",
        }
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Yes => Self::No,
            Self::Unknown => Self::Unknown,
        }
    }
}

/// What a rule says about a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It speaks for them: a requirement that holds, an exclusion that does not.
    Holds,
    /// It speaks against them.
    Fails,
    /// It is not known which.
    Unknown,
}

impl Outcome {
    /// Of a rule whose term is that.
    #[must_use]
    pub const fn of(kind: RuleKind, truth: Truth) -> Self {
        match (kind, truth) {
            (_, Truth::Unknown) => Self::Unknown,
            (RuleKind::Requirement, Truth::Yes) | (RuleKind::Exclusion, Truth::No) => Self::Holds,
            (RuleKind::Requirement, Truth::No) | (RuleKind::Exclusion, Truth::Yes) => Self::Fails,
        }
    }

    /// The word that rows and requests use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Fails => "fails",
            Self::Unknown => "unknown",
        }
    }

    /// What a word stands for.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let all = [Self::Holds, Self::Fails, Self::Unknown];
        all.into_iter().find(|it| it.as_str() == word)
    }
}

/// Whether a subject should receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Every rule speaks for it.
    Included,
    /// Some rule speaks against it.
    Excluded,
    /// Nothing speaks against it, and not everything is known.
    Unknown,
}

impl Verdict {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Included, Self::Excluded, Self::Unknown];

    /// Of what each rule says.
    #[must_use]
    pub fn of(rules: impl IntoIterator<Item = Outcome>) -> Self {
        rules.into_iter().fold(Self::Included, Self::and)
    }

    /// With one rule more.
    #[must_use]
    pub const fn and(self, rule: Outcome) -> Self {
        match (self, rule) {
            (Self::Excluded, _) | (_, Outcome::Fails) => Self::Excluded,
            (Self::Included, Outcome::Holds) => Self::Included,
            _ => Self::Unknown,
        }
    }

    /// The word that rows and requests use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Included => "included",
            Self::Excluded => "excluded",
            Self::Unknown => "unknown",
        }
    }

    /// What a word stands for.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_is_unknown_only_where_a_part_could_turn_it() {
        let (n, y, u) = (Truth::No, Truth::Yes, Truth::Unknown);
        for (one, other, and, or) in [
            (n, n, n, n),
            (n, y, n, y),
            (n, u, n, u),
            (y, y, y, y),
            (y, u, u, y),
            (u, u, u, u),
        ] {
            assert_eq!((one.and(other), other.and(one)), (and, and));
            assert_eq!((one.or(other), other.or(one)), (or, or));
            assert_eq!(!one.and(other), (!one).or(!other));
        }
        assert_eq!((!n, !y, !u), (y, n, u));
        assert_eq!((Truth::of(true), Truth::of(false)), (y, n));
    }

    #[test]
    fn one_rule_against_is_enough_and_all_are_needed() {
        use Outcome::{Fails, Holds, Unknown};
        for (rules, verdict) in [
            (&[][..], Verdict::Included),
            (&[Holds, Holds], Verdict::Included),
            (&[Holds, Unknown], Verdict::Unknown),
            (&[Unknown, Fails], Verdict::Excluded),
            (&[Fails, Holds], Verdict::Excluded),
        ] {
            assert_eq!(Verdict::of(rules.iter().copied()), verdict, "{rules:?}");
        }
        for (truth, requirement, exclusion) in [
            (Truth::Yes, Holds, Fails),
            (Truth::No, Fails, Holds),
            (Truth::Unknown, Unknown, Unknown),
        ] {
            assert_eq!(Outcome::of(RuleKind::Requirement, truth), requirement);
            assert_eq!(Outcome::of(RuleKind::Exclusion, truth), exclusion);
        }
    }

    #[test]
    fn words_are_read_back() {
        for verdict in Verdict::ALL {
            assert_eq!(Verdict::parse(verdict.as_str()), Some(verdict));
        }
        for outcome in [Outcome::Holds, Outcome::Fails, Outcome::Unknown] {
            assert_eq!(Outcome::parse(outcome.as_str()), Some(outcome));
        }
        assert_eq!(Verdict::parse("Included"), None);
        assert_eq!(Outcome::parse(""), None);
    }
}
