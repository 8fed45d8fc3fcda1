//! Who should receive, by which rule, and why.
//!
//! A programme is a text that officials write and read: each rule has its legal source and
//! asks columns of what is known of families and persons. Judging says of every subject
//! whether it is included, excluded or not known; nothing is guessed. Each verdict can be
//! told again as a tree with the rows of lists that it rests on, and by how little it
//! would have been another.

mod column;
mod judge;
mod margin;
mod parse;
mod reason;
mod term;
#[cfg(test)]
mod tests;
mod truth;
mod value;
mod wrong;

use base::day::Day;

pub use column::{Class, Column, Type};
pub use judge::{Judged, Tally, judge};
pub use margin::{Margin, margins};
pub use reason::{Node, Reason, RuleReason, Shown, reason};
pub use term::{Leaf, Op, Term, Test};
pub use truth::{Outcome, Truth, Verdict};
pub use wrong::{Form, Why, Wrong};

/// What is said of whoever received and of whom no list tells any more. No rule is called so.
pub const ABSENT: &str = "absent";

/// Octets of a programme's text; a longer one is none that a person wrote.
pub const TEXT_MAX: usize = 64 * 1024;

/// Rules of a programme.
pub const RULES_MAX: usize = 32;

/// Leaves of all its rules together.
pub const LEAVES_MAX: usize = 64;

/// How deep a term goes: a leaf is one deep.
pub const DEPTH_MAX: usize = 8;

/// Codes or names that one leaf lists.
pub const LIST_MAX: usize = 2_000;

/// Units per subject and cycle; with [`RUPIAH_MAX`], what a province gets fits 64 bits.
pub const AMOUNT_MAX: u32 = 1_000;

/// Rupiah per unit.
pub const RUPIAH_MAX: i64 = 1_000_000_000;

/// Years that nobody outlives: a birthday longer ago is none.
pub const AGE_MAX: i32 = 130;

/// Rupiah of a month beyond which a turnover is told as that much: ten times what a micro
/// business takes in (two thousand million a year, government regulation 7/2021, article 35).
pub const TURNOVER_MAX: i32 = 2_000_000_000;

/// Of whom a programme judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// Each family.
    Family,
    /// Each person.
    Person,
    /// Each household business.
    Business,
}

impl Subject {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Family, Self::Person, Self::Business];

    /// The word that rule files use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Family => "keluarga",
            Self::Person => "orang",
            Self::Business => "usaha",
        }
    }

    /// What a word stands for.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// How a rule speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleKind {
    /// Its term has to hold.
    Requirement,
    /// Its term must not hold.
    Exclusion,
}

impl RuleKind {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::Requirement, Self::Exclusion];

    /// The word that rule files use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requirement => "syarat",
            Self::Exclusion => "pengecualian",
        }
    }

    /// What a word stands for.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// A rule of a programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its slug, unique in the programme.
    pub id: String,
    /// How it speaks.
    pub kind: RuleKind,
    /// What it is called.
    pub name: String,
    /// Its legal source.
    pub source: Option<String>,
    /// Whether many may be removed by it at once.
    pub in_bulk: bool,
    /// What it asks.
    pub term: Term,
}

/// A programme: who should receive what, by which law.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programme {
    /// Its slug.
    pub slug: String,
    /// What it is called.
    pub name: String,
    /// Of whom it judges.
    pub subject: Subject,
    /// Whose it is.
    pub agency: String,
    /// Its legal source.
    pub source: String,
    /// Under which heading it is paid.
    pub budget: Option<String>,
    /// What is given.
    pub item: String,
    /// In which unit.
    pub unit: String,
    /// Units per subject and cycle.
    pub amount: u32,
    /// Rupiah per unit, where they are known.
    pub rupiah: Option<i64>,
    /// The first day in force.
    pub from: Day,
    /// The last, where there is one.
    pub to: Option<Day>,
    /// Its rules, in the order of the file.
    pub rules: Vec<Rule>,
}

impl Programme {
    /// Reads a programme.
    ///
    /// # Errors
    /// The first thing that is wrong, and where.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        parse::programme(text)
    }

    /// Whether it is in force on a day.
    #[must_use]
    pub fn is_in_force(&self, on: Day) -> bool {
        self.from <= on && self.to.is_none_or(|to| on <= to)
    }

    /// Rupiah per subject and cycle, where they are known.
    #[must_use]
    pub fn rupiah_each(&self) -> Option<i64> {
        let amount = i64::from(self.amount);
        self.rupiah.map(|rupiah| rupiah.saturating_mul(amount))
    }

    /// All leaves with the place of their rule, by their numbers.
    #[must_use]
    pub fn leaves(&self) -> Vec<(usize, &Leaf)> {
        let rules = self.rules.iter().enumerate();
        rules
            .flat_map(|(at, rule)| rule.term.leaves().into_iter().map(move |leaf| (at, leaf)))
            .collect()
    }

    /// Whether no family is included of which nobody is known as a head: some rule cannot
    /// speak for it, whatever else is known.
    #[must_use]
    pub fn asks_for_head(&self) -> bool {
        let of_heads = [Column::HeadLives, Column::HeadIsWoman];
        self.rules.iter().any(|rule| {
            let can_be = rule.term.can_be(&of_heads);
            let holds = |it: &Truth| Outcome::of(rule.kind, *it) == Outcome::Holds;
            !Truth::ALL
                .iter()
                .any(|it| can_be[*it as usize] && holds(it))
        })
    }

    /// The verdict if the leaves are that, by their numbers.
    pub(crate) fn verdict(&self, leaves: &[Truth]) -> Verdict {
        let outcome = |rule: &Rule| Outcome::of(rule.kind, rule.term.truth(leaves));
        Verdict::of(self.rules.iter().map(outcome))
    }
}
