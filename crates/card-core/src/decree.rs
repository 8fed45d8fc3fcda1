//! From what rules say to a list of who receives: people decide who leaves it.
//!
//! Rules propose. Whoever receives now and would not any more stays undecided until a person
//! has ruled on his group, those of whom the same rule is the first to speak against, or on
//! him alone. Nobody who receives leaves a list by a machine.

use crate::rule::{Judged, Programme, Truth, Verdict};

/// Where somebody stands on a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Receives.
    Included,
    /// Receives as before, until somebody knows better.
    Held,
    /// Does not.
    Excluded,
    /// Does not, since it is not known whether to.
    Unknown,
    /// Receives now, and nobody has decided yet. On no list that was adopted.
    Undecided,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Included,
        Self::Held,
        Self::Excluded,
        Self::Unknown,
        Self::Undecided,
    ];

    /// The word that rows and requests use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Included => "included",
            Self::Held => "held",
            Self::Excluded => "excluded",
            Self::Unknown => "unknown",
            Self::Undecided => "undecided",
        }
    }

    /// What a word stands for.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// Whether it means to receive.
    #[must_use]
    pub const fn receives(self) -> bool {
        matches!(self, Self::Included | Self::Held)
    }

    /// What it is to the list that comes next.
    #[must_use]
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Included | Self::Held | Self::Undecided => Verdict::Included,
            Self::Excluded => Verdict::Excluded,
            Self::Unknown => Verdict::Unknown,
        }
    }
}

impl From<Verdict> for Standing {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Included => Self::Included,
            Verdict::Excluded => Self::Excluded,
            Verdict::Unknown => Self::Unknown,
        }
    }
}

/// Who has decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// The rules, for somebody who loses nothing.
    Rules,
    /// A person, about a group.
    Group,
    /// A person, about this one.
    Person,
}

impl By {
    /// The word that rows and requests use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Group => "group",
            Self::Person => "person",
        }
    }

    /// What a word stands for.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Rules, Self::Group, Self::Person]
            .into_iter()
            .find(|it| it.as_str() == word)
    }
}

/// How a rule speaks against somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Against {
    /// It does.
    Fails,
    /// It is not known whether it does.
    Unknown,
}

impl Against {
    /// The word that rows and requests use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fails => "fails",
            Self::Unknown => "unknown",
        }
    }

    /// What a word stands for.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Fails, Self::Unknown]
            .into_iter()
            .find(|it| it.as_str() == word)
    }
}

/// Those of whom the same rule is the first to speak against, in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group {
    /// The rule, by its place.
    pub rule: usize,
    /// How.
    pub against: Against,
}

impl Group {
    /// The group of a subject; none of whoever is included.
    #[must_use]
    pub fn of(programme: &Programme, judged: &Judged, at: usize) -> Option<Self> {
        let (rule, truth) = judged.deciding(at, programme)?;
        let against = match truth {
            Truth::Unknown => Against::Unknown,
            Truth::Yes | Truth::No => Against::Fails,
        };
        Some(Self { rule, against })
    }
}

/// What somebody has ruled about a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// They leave the list.
    Remove,
    /// They stay on it meanwhile.
    Hold,
}

impl Answer {
    /// The word that rows and requests use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Remove => "remove",
            Self::Hold => "hold",
        }
    }

    /// What a word stands for.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Remove, Self::Hold]
            .into_iter()
            .find(|it| it.as_str() == word)
    }
}

/// What somebody has decided about one subject, whatever the rules say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exception {
    /// Receives.
    Include,
    /// Does not.
    Exclude,
}

impl Exception {
    /// The word that rows and requests use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Include => "include",
            Self::Exclude => "exclude",
        }
    }

    /// What a word stands for.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Include, Self::Exclude]
            .into_iter()
            .find(|it| it.as_str() == word)
    }
}

/// All that there is to decide by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case {
    /// What the rules say.
    pub verdict: Verdict,
    /// Which of them speaks first against.
    pub group: Option<Group>,
    /// Where the subject stood before.
    pub before: Verdict,
    /// What was decided about it alone.
    pub exception: Option<Exception>,
}

impl Case {
    /// The group that a person has to rule on before this one can be settled.
    #[must_use]
    pub fn awaits(&self) -> Option<Group> {
        let leaves = self.before == Verdict::Included && self.verdict != Verdict::Included;
        self.group.filter(|_| leaves && self.exception.is_none())
    }

    /// Where the subject stands, and who decided it.
    #[must_use]
    pub fn settle(&self, ruled: impl Fn(Group) -> Option<Answer>) -> (Standing, By) {
        match self.exception {
            Some(Exception::Include) => return (Standing::Included, By::Person),
            Some(Exception::Exclude) => return (Standing::Excluded, By::Person),
            None => {}
        }
        match self.awaits() {
            None => (self.verdict.into(), By::Rules),
            Some(group) => match ruled(group) {
                None => (Standing::Undecided, By::Rules),
                Some(Answer::Hold) => (Standing::Held, By::Group),
                Some(Answer::Remove) => (self.verdict.into(), By::Group),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: Group = Group {
        rule: 1,
        against: Against::Fails,
    };

    fn case(verdict: Verdict, before: Verdict) -> Case {
        Case {
            verdict,
            group: (verdict != Verdict::Included).then_some(GROUP),
            before,
            exception: None,
        }
    }

    #[test]
    fn who_receives_leaves_by_a_person_only() {
        use Verdict::{Excluded, Included, Unknown};
        for verdict in [Excluded, Unknown] {
            let leaves = case(verdict, Included);
            assert_eq!(leaves.awaits(), Some(GROUP));
            assert_eq!(leaves.settle(|_| None).0, Standing::Undecided);
            let held = leaves.settle(|_| Some(Answer::Hold));
            assert_eq!(held, (Standing::Held, By::Group));
            let removed = leaves.settle(|_| Some(Answer::Remove));
            assert_eq!(removed, (verdict.into(), By::Group));
            for before in [Excluded, Unknown] {
                // Who did not receive loses nothing: rulings are not about him.
                let other = case(verdict, before);
                assert_eq!(other.awaits(), None);
                let settled = other.settle(|_| Some(Answer::Hold));
                assert_eq!(settled, (verdict.into(), By::Rules));
            }
        }
        let stays = case(Included, Included);
        assert_eq!(stays.settle(|_| None), (Standing::Included, By::Rules));
    }

    #[test]
    fn a_person_decides_about_one_whatever_the_rules_say() {
        for verdict in [Verdict::Included, Verdict::Excluded, Verdict::Unknown] {
            for before in [Verdict::Included, Verdict::Excluded, Verdict::Unknown] {
                let of = |exception| Case {
                    exception: Some(exception),
                    ..case(verdict, before)
                };
                let remove = |_| Some(Answer::Remove);
                let settled = of(Exception::Include).settle(remove);
                assert_eq!(settled, (Standing::Included, By::Person));
                let settled = of(Exception::Exclude).settle(remove);
                assert_eq!(settled, (Standing::Excluded, By::Person));
                assert_eq!(of(Exception::Include).awaits(), None);
            }
        }
    }

    #[test]
    fn each_word_is_read_as_it_is_written() {
        for it in Standing::ALL {
            assert_eq!(Standing::parse(it.as_str()), Some(it));
        }
        for it in [By::Rules, By::Group, By::Person] {
            assert_eq!(By::parse(it.as_str()), Some(it));
        }
        for it in [Against::Fails, Against::Unknown] {
            assert_eq!(Against::parse(it.as_str()), Some(it));
        }
        for it in [Answer::Remove, Answer::Hold] {
            assert_eq!(Answer::parse(it.as_str()), Some(it));
        }
        for it in [Exception::Include, Exception::Exclude] {
            assert_eq!(Exception::parse(it.as_str()), Some(it));
        }
        assert_eq!(Standing::parse(""), None);
    }
}
