//! Who enters and who leaves, where, and what it costs: one list beside another.

use std::collections::BTreeMap;

use base::day::Day;
use rayon::prelude::*;

use crate::decree::{Against, Group, Standing};
use crate::facts::Facts;
use crate::rule::{self, Column, Judged, Margin, Outcome, Programme, Verdict};

/// How many stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// By [`Standing`], in the order of its words.
    counts: [u64; Standing::ALL.len()],
}

impl Tally {
    /// One more.
    pub const fn add(&mut self, standing: Standing) {
        self.counts[standing as usize] += 1;
    }

    /// How many stand there.
    #[must_use]
    pub const fn of(&self, standing: Standing) -> u64 {
        self.counts[standing as usize]
    }

    /// What those who receive get in a cycle, where one of them gets so much. Whoever is
    /// undecided receives.
    #[must_use]
    pub fn rupiah(&self, each: Option<i64>) -> Option<i64> {
        let receive = [Standing::Included, Standing::Held, Standing::Undecided];
        let count: u64 = receive.into_iter().map(|it| self.of(it)).sum();
        each?.checked_mul(i64::try_from(count).ok()?)
    }

    fn merge(&mut self, other: &Self) {
        for (own, more) in self.counts.iter_mut().zip(other.counts) {
            *own += more;
        }
    }
}

/// One part of the subjects, before and now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Part {
    /// Before.
    pub before: Tally,
    /// Now.
    pub now: Tally,
    /// Who receives now and did not.
    pub enters: u64,
    /// Who does not and did.
    pub leaves: u64,
}

impl Part {
    fn add(&mut self, before: Verdict, now: Standing) {
        self.before.add(before.into());
        self.now.add(now);
        let did = before == Verdict::Included;
        let does = now.verdict() == Verdict::Included;
        self.enters += u64::from(does && !did);
        self.leaves += u64::from(did && !does);
    }

    fn merge(&mut self, other: &Self) {
        self.before.merge(&other.before);
        self.now.merge(&other.now);
        self.enters += other.enters;
        self.leaves += other.leaves;
    }
}

/// What one rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RuleCount {
    /// Against whom it speaks.
    pub fails: u64,
    /// Of whom it is not known whether it does.
    pub unknown: u64,
    /// Against whom it alone speaks, all other rules being in favour.
    pub only: u64,
    /// Of those who received: against whom it speaks first,
    pub leaves: u64,
    /// and of whom it is the first that is not known.
    pub leaves_unknown: u64,
}

impl RuleCount {
    const fn merge(&mut self, other: &Self) {
        self.fails += other.fails;
        self.unknown += other.unknown;
        self.only += other.only;
        self.leaves += other.leaves;
        self.leaves_unknown += other.leaves_unknown;
    }
}

/// Somebody near a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Near {
    /// Who, by the place among the subjects.
    pub at: usize,
    /// How far from which line.
    pub margin: Margin,
}

/// One list beside another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Compared {
    /// All subjects.
    pub whole: Part,
    /// How many went from where (included, excluded, unknown) to where.
    pub moves: [[u64; 3]; 3],
    /// By area, so many letters of its code; the empty one is not known.
    pub by_area: BTreeMap<String, Part>,
    /// By decile; the first is not known.
    pub by_decile: [Part; 11],
    /// By rule, in the order of the programme.
    pub by_rule: Vec<RuleCount>,
    /// Who is how near a line, by the column whose number would have to change.
    pub lines: Vec<Line>,
}

/// The lines of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The column.
    pub column: Column,
    /// How many of those inside are so far from a line that would let them out,
    pub inside: BTreeMap<u32, u64>,
    /// and of those outside from one that would let them in.
    pub outside: BTreeMap<u32, u64>,
    /// Those nearest to a line, the nearest first: inside,
    pub nearest_in: Vec<Near>,
    /// and outside.
    pub nearest_out: Vec<Near>,
}

impl Line {
    const fn new(column: Column) -> Self {
        Self {
            column,
            inside: BTreeMap::new(),
            outside: BTreeMap::new(),
            nearest_in: Vec::new(),
            nearest_out: Vec::new(),
        }
    }
}

/// How many of those nearest to a line are kept, on each side.
pub const NEAREST: usize = 20;

/// Subjects that one thread counts at once.
const CHUNK: usize = 16_384;

/// What is compared.
#[derive(Clone, Copy)]
pub struct Sides<'a> {
    /// Who should receive now.
    pub programme: &'a Programme,
    /// What its rules say.
    pub judged: &'a Judged,
    /// By what.
    pub facts: &'a Facts,
    /// On which day.
    pub on: Day,
    /// Where subjects stood before; none: nobody received.
    pub before: Option<&'a [Verdict]>,
    /// The family of each subject, as [`Facts::homes`] tells it.
    pub owners: &'a [u32],
    /// Which areas of the facts count, and last whether those do of whom no area is known;
    /// none: all.
    pub sees: Option<&'a [bool]>,
    /// How many letters of the code of a village tell its part: 5, 8 or 13.
    pub letters: usize,
    /// Whether it is counted who is near a line.
    pub near: bool,
}

impl Sides<'_> {
    fn before(&self, at: usize) -> Verdict {
        let known = self.before.and_then(|before| before.get(at).copied());
        known.unwrap_or(Verdict::Excluded)
    }

    /// Compares them; `now` says where a subject stands. In the pool of the caller.
    #[must_use]
    pub fn compare(&self, now: impl Fn(usize) -> Standing + Sync) -> Compared {
        let count = self.judged.len();
        let starts: Vec<usize> = (0..count).step_by(CHUNK).collect();
        let mut whole = starts
            .into_par_iter()
            .map(|from| {
                let mut some = Compared::empty(self.programme.rules.len());
                for at in from..(from + CHUNK).min(count) {
                    let area = self
                        .facts
                        .area_of(self.programme.subject, at, self.owners[at]);
                    if self.counts(area) {
                        self.count(&mut some, at, area, now(at));
                    }
                }
                some.keep_nearest();
                some
            })
            .reduce(
                || Compared::empty(self.programme.rules.len()),
                |mut one, other| {
                    one.merge(other);
                    one
                },
            );
        whole.keep_nearest();
        whole
    }

    fn counts(&self, area: Option<u32>) -> bool {
        self.sees.is_none_or(|sees| {
            let at = area.map_or(self.facts.areas.len(), |area| area as usize);
            sees.get(at).copied().unwrap_or(false)
        })
    }

    fn count(&self, into: &mut Compared, at: usize, area: Option<u32>, now: Standing) {
        let before = self.before(at);
        into.whole.add(before, now);
        into.moves[before as usize][now.verdict() as usize] += 1;
        let area = area.map_or("", |area| &self.facts.areas[area as usize]);
        into.part(area, self.letters).add(before, now);
        let decile = self.facts.decile_of(self.owners[at]).unwrap_or(0);
        into.by_decile[usize::from(decile).min(10)].add(before, now);
        self.rules(into, at, before);
        if !self.near {
            return;
        }
        let verdict = self.judged.verdict(at);
        for margin in rule::margins(self.programme, self.judged, self.facts, self.on, at) {
            let line = into.line(margin.column);
            let (distances, nearest) = match verdict {
                Verdict::Included => (&mut line.inside, &mut line.nearest_in),
                _ => (&mut line.outside, &mut line.nearest_out),
            };
            *distances.entry(margin.distance).or_default() += 1;
            if nearest.len() >= 4 * NEAREST {
                keep(nearest);
            }
            nearest.push(Near { at, margin });
        }
    }

    fn rules(&self, into: &mut Compared, at: usize, before: Verdict) {
        let verdict = self.judged.verdict(at);
        if verdict == Verdict::Included {
            return;
        }
        let mut against = None;
        let (mut fails, mut unknown) = (0, 0);
        for (place, rule) in self.programme.rules.iter().enumerate() {
            match Outcome::of(rule.kind, self.judged.rule(at, place)) {
                Outcome::Holds => {}
                Outcome::Fails => {
                    into.by_rule[place].fails += 1;
                    (fails, against) = (fails + 1, Some(place));
                }
                Outcome::Unknown => {
                    into.by_rule[place].unknown += 1;
                    unknown += 1;
                }
            }
        }
        if let (1, 0, Some(place)) = (fails, unknown, against) {
            into.by_rule[place].only += 1;
        }
        if before == Verdict::Included
            && let Some(group) = Group::of(self.programme, self.judged, at)
        {
            let count = &mut into.by_rule[group.rule];
            match group.against {
                Against::Fails => count.leaves += 1,
                Against::Unknown => count.leaves_unknown += 1,
            }
        }
    }
}

/// The nearest, each distance in the order of subjects.
fn keep(nearest: &mut Vec<Near>) {
    nearest.sort_unstable_by_key(|near| (near.margin.distance, near.at));
    nearest.truncate(NEAREST);
}

impl Compared {
    fn empty(rules: usize) -> Self {
        Self {
            by_rule: vec![RuleCount::default(); rules],
            ..Self::default()
        }
    }

    fn part(&mut self, area: &str, letters: usize) -> &mut Part {
        let area = area.get(..letters).unwrap_or(area);
        if !self.by_area.contains_key(area) {
            self.by_area.insert(area.to_owned(), Part::default());
        }
        self.by_area.get_mut(area).expect("it was put there")
    }

    /// Takes somebody who received and of whom no facts tell any more.
    pub fn take_absent(&mut self, area: &str, letters: usize, now: Standing) {
        let before = Verdict::Included;
        self.whole.add(before, now);
        self.moves[before as usize][now.verdict() as usize] += 1;
        self.part(area, letters).add(before, now);
        self.by_decile[0].add(before, now);
    }

    fn line(&mut self, column: Column) -> &mut Line {
        let place = self.lines.iter().position(|line| line.column == column);
        let place = place.unwrap_or_else(|| {
            self.lines.push(Line::new(column));
            self.lines.len() - 1
        });
        &mut self.lines[place]
    }

    fn keep_nearest(&mut self) {
        for line in &mut self.lines {
            keep(&mut line.nearest_in);
            keep(&mut line.nearest_out);
        }
        self.lines.sort_unstable_by_key(|line| line.column as usize);
    }

    fn merge(&mut self, other: Self) {
        self.whole.merge(&other.whole);
        for (own, more) in self.moves.iter_mut().zip(other.moves) {
            for (own, more) in own.iter_mut().zip(more) {
                *own += more;
            }
        }
        for (area, part) in other.by_area {
            self.by_area.entry(area).or_default().merge(&part);
        }
        for (own, more) in self.by_decile.iter_mut().zip(&other.by_decile) {
            own.merge(more);
        }
        for (own, more) in self.by_rule.iter_mut().zip(&other.by_rule) {
            own.merge(more);
        }
        for other in other.lines {
            let own = self.line(other.column);
            for (own, more) in [
                (&mut own.inside, other.inside),
                (&mut own.outside, other.outside),
            ] {
                for (distance, count) in more {
                    *own.entry(distance).or_default() += count;
                }
            }
            own.nearest_in.extend(other.nearest_in);
            own.nearest_out.extend(other.nearest_out);
        }
    }
}
