//! What a rule asks: a tree whose leaves each ask one thing of one column.

use base::area::AreaCode;

use super::{Column, Truth};

/// A part of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// Everything of it is so: `semua`.
    All(Vec<Self>),
    /// Something of it is so: `salah_satu`.
    Any(Vec<Self>),
    /// It is not so: `bukan`.
    Not(Box<Self>),
    /// What one column says.
    Is(Leaf),
}

impl Term {
    /// What it is if the leaves are that, by their numbers.
    ///
    /// # Panics
    /// If there are fewer truths than leaves.
    #[must_use]
    pub fn truth(&self, leaves: &[Truth]) -> Truth {
        match self {
            Self::All(of) => of
                .iter()
                .fold(Truth::Yes, |so_far, it| so_far.and(it.truth(leaves))),
            Self::Any(of) => of
                .iter()
                .fold(Truth::No, |so_far, it| so_far.or(it.truth(leaves))),
            Self::Not(of) => !of.truth(leaves),
            Self::Is(leaf) => leaves[leaf.number],
        }
    }

    /// Its leaves, in the order of the file.
    #[must_use]
    pub fn leaves(&self) -> Vec<&Leaf> {
        let mut leaves = Vec::new();
        self.gather(&mut leaves);
        leaves
    }

    /// What it can be of somebody of whom those columns are not known, whatever all others
    /// say: by [`Truth`], in the order of its words.
    pub(super) fn can_be(&self, unknown: &[Column]) -> [bool; Truth::ALL.len()] {
        let each = |of: &[Self], from: Truth, with: fn(Truth, Truth) -> Truth| {
            of.iter().fold(only(from), |so_far, it| {
                let it = it.can_be(unknown);
                let mut both = [false; Truth::ALL.len()];
                for one in Truth::ALL {
                    for other in Truth::ALL {
                        both[with(one, other) as usize] |=
                            so_far[one as usize] && it[other as usize];
                    }
                }
                both
            })
        };
        match self {
            Self::All(of) => each(of, Truth::Yes, Truth::and),
            Self::Any(of) => each(of, Truth::No, Truth::or),
            Self::Not(of) => {
                let of = of.can_be(unknown);
                Truth::ALL.map(|it| of[!it as usize])
            }
            Self::Is(leaf) if unknown.contains(&leaf.column) => only(Truth::Unknown),
            Self::Is(_) => [true; Truth::ALL.len()],
        }
    }

    pub(super) fn gather<'a>(&'a self, leaves: &mut Vec<&'a Leaf>) {
        match self {
            Self::All(of) | Self::Any(of) => of.iter().for_each(|it| it.gather(leaves)),
            Self::Not(of) => of.gather(leaves),
            Self::Is(leaf) => leaves.push(leaf),
        }
    }
}

/// Nothing but that.
fn only(truth: Truth) -> [bool; Truth::ALL.len()] {
    Truth::ALL.map(|it| it == truth)
}

/// What is asked of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The column.
    pub column: Column,
    /// What is asked.
    pub test: Test,
    /// Its number among all leaves of the programme, in the order of the file, from zero.
    pub number: usize,
}

/// How a number is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `=`
    Equal,
    /// `!=`
    Other,
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
}

impl Op {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Equal,
        Self::Other,
        Self::Below,
        Self::AtMost,
        Self::Above,
        Self::AtLeast,
    ];

    /// The word that rule files use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Other => "!=",
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::AtLeast => ">=",
        }
    }

    /// What a word stands for.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|op| op.as_str() == word)
    }
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// Of a number, how it compares.
    Compare {
        /// How.
        op: Op,
        /// To what.
        to: i32,
    },
    /// Of a number, whether it lies between both or is one of them: `antara`.
    Between {
        /// The lower.
        from: i32,
        /// The higher.
        to: i32,
    },
    /// Of a flag: `ya` or `tidak`.
    Flag(bool),
    /// Of an area, whether it is one of these or lies within; sorted: `di`.
    Within(Vec<AreaCode>),
    /// Of aid, whether the family gets some of these, in capitals: `ada`.
    Gets(Vec<String>),
}

impl Test {
    /// The word that rule files use.
    #[must_use]
    pub const fn op(&self) -> &'static str {
        match self {
            Self::Compare { op, .. } => op.as_str(),
            Self::Between { .. } => "antara",
            Self::Flag(true) => "ya",
            Self::Flag(false) => "tidak",
            Self::Within(_) => "di",
            Self::Gets(_) => "ada",
        }
    }

    /// The numbers that pass, or where the flag says so, the only ones that do not.
    const fn interval(&self) -> Option<(i32, i32, bool)> {
        Some(match *self {
            Self::Compare { op, to } => match op {
                Op::Equal => (to, to, false),
                Op::Other => (to, to, true),
                Op::Below => (i32::MIN, to.saturating_sub(1), false),
                Op::AtMost => (i32::MIN, to, false),
                Op::Above => (to.saturating_add(1), i32::MAX, false),
                Op::AtLeast => (to, i32::MAX, false),
            },
            Self::Between { from, to } => (from, to, false),
            _ => return None,
        })
    }

    /// What it is of a number of which is known that it is one from `least` to `most`.
    #[must_use]
    pub fn of_span(&self, least: i32, most: i32) -> Truth {
        let Some((from, to, outside)) = self.interval() else {
            return Truth::Unknown;
        };
        let inside = if from <= least && most <= to {
            Truth::Yes
        } else if most < from || to < least {
            Truth::No
        } else {
            Truth::Unknown
        };
        if outside { !inside } else { inside }
    }

    /// Numbers beside which it turns, on both sides.
    pub(super) fn edges(&self) -> impl Iterator<Item = i32> {
        let (from, to, _) = self.interval().unwrap_or((i32::MIN, i32::MAX, false));
        let below = (from > i32::MIN).then(|| [from - 1, from]);
        let above = (to < i32::MAX).then(|| [to, to + 1]);
        below.into_iter().chain(above).flatten()
    }
}

/// Whether an area is one of some, or lies within one. An area that is known less exactly
/// than they are and has one of them within it may be there or not.
pub(super) fn within(codes: &[AreaCode], code: &str) -> Truth {
    let has = |part: &str| codes.binary_search_by(|it| it.as_str().cmp(part)).is_ok();
    let mut dots = code.match_indices('.');
    if has(code) || dots.any(|(at, _)| has(&code[..at])) {
        return Truth::Yes;
    }
    let after = codes.partition_point(|it| it.as_str() <= code);
    let rest = codes
        .get(after)
        .and_then(|it| it.as_str().strip_prefix(code));
    match rest {
        Some(rest) if rest.starts_with('.') => Truth::Unknown,
        _ => Truth::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_is_known_where_all_that_is_possible_agrees() {
        use Truth::{No, Unknown, Yes};
        let compare = |op, to| Test::Compare { op, to };
        let between = |from, to| Test::Between { from, to };
        for (test, at_two, at_three, at_four, spread) in [
            (compare(Op::Equal, 3), No, Yes, No, Unknown),
            (compare(Op::Other, 3), Yes, No, Yes, Unknown),
            (compare(Op::Below, 3), Yes, No, No, Unknown),
            (compare(Op::AtMost, 3), Yes, Yes, No, Unknown),
            (compare(Op::Above, 3), No, No, Yes, Unknown),
            (compare(Op::AtLeast, 3), No, Yes, Yes, Unknown),
            (between(3, 4), No, Yes, Yes, Unknown),
            (between(2, 4), Yes, Yes, Yes, Yes),
            (compare(Op::Equal, 5), No, No, No, No),
            (compare(Op::Other, 5), Yes, Yes, Yes, Yes),
            (compare(Op::AtMost, 4), Yes, Yes, Yes, Yes),
            (compare(Op::Above, 4), No, No, No, No),
        ] {
            let told = [(2, 2), (3, 3), (4, 4), (2, 4)].map(|(lo, hi)| test.of_span(lo, hi));
            assert_eq!(told, [at_two, at_three, at_four, spread], "{test:?}");
        }
        assert_eq!(Test::Flag(true).of_span(1, 1), Unknown);
        assert_eq!(Test::Flag(true).edges().count(), 0);
    }

    #[test]
    fn a_test_turns_only_at_its_edges() {
        let tests = Op::ALL.map(|op| Test::Compare { op, to: 5 });
        for test in tests.into_iter().chain([Test::Between { from: 4, to: 6 }]) {
            let edges: Vec<i32> = test.edges().collect();
            for value in 0..=10 {
                if test.of_span(value, value) != test.of_span(value + 1, value + 1) {
                    assert!(edges.contains(&value) && edges.contains(&(value + 1)));
                }
            }
        }
        for op in Op::ALL {
            assert_eq!(Op::parse(op.as_str()), Some(op));
        }
    }

    #[test]
    fn an_area_lies_within_by_its_dots() {
        let mut codes = ["62.02", "62.71.01.1001", "62.03.05"].map(|it| it.parse().expect("code"));
        codes.sort();
        for (code, truth) in [
            ("62.02", Truth::Yes),
            ("62.02.11", Truth::Yes),
            ("62.02.11.2001", Truth::Yes),
            ("62.021", Truth::No),
            ("62.01.02.2001", Truth::No),
            ("62.03.05.2001", Truth::Yes),
            ("62.03.06.2001", Truth::No),
            ("62.71.01.1001", Truth::Yes),
            ("62.71.01.1002", Truth::No),
            // Known less exactly.
            ("62.71.01", Truth::Unknown),
            ("62.71", Truth::Unknown),
            ("62.03", Truth::Unknown),
            ("62", Truth::Unknown),
            ("6", Truth::No),
            ("", Truth::No),
        ] {
            assert_eq!(within(&codes, code), truth, "{code}");
        }
    }
}
