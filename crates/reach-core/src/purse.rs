//! How many octets of a village's connection a box may use on a day for its own ends.
//!
//! A day is one of UTC by the box's own clock, and that clock may be wrong. What is spent
//! under the name of a day is remembered under that name, so a clock that is set to and
//! fro buys nothing; and what a program has spent since it began, or since it lived
//! through a midnight, follows it into every day that it is put into.
//!
//! Not only an empty purse makes thrifty: who has spent more than the hour of the day
//! allows spares what is left, so that the evening is looked at as well as the morning.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use base::now::Now;

/// Octets of a day, unless somebody says otherwise.
pub const BUDGET: u64 = 5_000_000;

/// Octets of a day: the fewest and the most that can be said.
pub const BUDGETS: RangeInclusive<u64> = 100_000..=10_000_000_000;

/// Microseconds of a day.
const DAY_US: i64 = 86_400_000_000;

/// The wall may run so much away from the clock of the boot between two looks before it
/// counts as set by somebody, microseconds.
const STEP_US: u64 = 2_000_000;

/// Days whose spending is remembered. Bound; policy: of the others the earliest is
/// forgotten, so a clock that is set back by more than a month begins anew.
const DAYS_MAX: usize = 32;

/// How freely may be spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mood {
    /// The day has been paced.
    Free,
    /// More was spent than the hour allows.
    Thrifty,
}

/// What was spent, and what may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purse {
    budget: u64,
    /// Days since 1970 by the box's wall.
    day: i64,
    /// Of each day, as it was called.
    spent: BTreeMap<i64, u64>,
    /// Since the program began, or lived through a midnight.
    run: u64,
    /// The wall less the clock of the boot, microseconds, at the last look.
    offset: i64,
    part_us: i64,
    mood: Mood,
}

impl Purse {
    /// A purse of which so much was spent on those days.
    #[must_use]
    pub fn new(budget: u64, spent: &[(i64, u64)], now: Now) -> Self {
        let mut purse = Self {
            budget,
            day: day(now),
            spent: spent.iter().copied().collect(),
            run: 0,
            offset: offset(now),
            part_us: part(now),
            mood: Mood::Free,
        };
        purse.name();
        purse.judge();
        purse
    }

    /// Another budget.
    pub fn allow(&mut self, budget: u64) {
        self.budget = budget;
        self.judge();
    }

    /// Time has passed, or somebody has set the clock.
    pub fn look(&mut self, now: Now) {
        let lived_through = self.offset.abs_diff(offset(now)) <= STEP_US;
        self.offset = offset(now);
        self.part_us = part(now);
        if day(now) != self.day {
            if lived_through && day(now) > self.day {
                self.run = 0;
            }
            self.day = day(now);
            self.name();
        }
        self.judge();
    }

    /// So many octets were sent or received.
    pub fn spend(&mut self, octets: u64) {
        self.run = self.run.saturating_add(octets);
        let spent = self.spent.entry(self.day).or_default();
        *spent = spent.saturating_add(octets);
        self.judge();
    }

    /// Octets of this day.
    #[must_use]
    pub fn spent(&self) -> u64 {
        self.spent.get(&self.day).copied().unwrap_or_default()
    }

    /// What is left of this day.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.budget.saturating_sub(self.spent())
    }

    /// Octets that may be spent on a day.
    #[must_use]
    pub const fn budget(&self) -> u64 {
        self.budget
    }

    /// How freely may be spent now.
    #[must_use]
    pub const fn mood(&self) -> Mood {
        self.mood
    }

    /// What was spent on which day since 1970, to be remembered.
    #[must_use]
    pub fn days(&self) -> Vec<(i64, u64)> {
        self.spent
            .iter()
            .map(|(day, spent)| (*day, *spent))
            .collect()
    }

    /// Begins to spend under the name of a day.
    fn name(&mut self) {
        let spent = self.spent.entry(self.day).or_default();
        *spent = (*spent).max(self.run);
        while self.spent.len() > DAYS_MAX {
            let others = self.spent.keys().copied();
            let Some(earliest) = others.filter(|day| *day != self.day).min() else {
                return;
            };
            self.spent.remove(&earliest);
        }
    }

    /// A twentieth may be spent at once, the rest as the day goes.
    fn allowed(&self) -> u64 {
        let first = self.budget / 20;
        let rest = u128::from(self.budget - first) * u128::from(self.part_us.unsigned_abs());
        let rest = rest / u128::from(DAY_US.unsigned_abs());
        first + u64::try_from(rest).unwrap_or(u64::MAX)
    }

    /// Who is thrifty stays so until there is something to spend again.
    fn judge(&mut self) {
        let (spent, allowed) = (self.spent(), self.allowed());
        self.mood = match self.mood {
            Mood::Free if spent > allowed => Mood::Thrifty,
            Mood::Thrifty if spent.saturating_add(self.budget / 50) <= allowed => Mood::Free,
            same => same,
        };
    }
}

fn day(now: Now) -> i64 {
    now.wall.as_us().div_euclid(DAY_US)
}

fn part(now: Now) -> i64 {
    now.wall.as_us().rem_euclid(DAY_US)
}

fn offset(now: Now) -> i64 {
    let mono = i64::try_from(now.mono.as_us()).unwrap_or(i64::MAX);
    now.wall.as_us().saturating_sub(mono)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use base::now::{Mono, Wall};
    use proptest::prelude::*;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn at(day: i64, hour: u64) -> Now {
        Now {
            mono: Mono::from_us(1_000_000),
            wall: Wall::from_us(day * DAY_US) + HOUR * u32::try_from(hour).expect("an hour"),
        }
    }

    #[test]
    fn who_spends_ahead_of_the_hour_is_thrifty_until_it_has_caught_up() {
        let mut now = at(20_000, 0);
        let mut purse = Purse::new(2_400_000, &[], now);
        purse.spend(120_000);
        assert_eq!(purse.mood(), Mood::Free, "a twentieth at once");
        purse.spend(700_000);
        assert_eq!(purse.mood(), Mood::Thrifty);
        let mut hours = 0;
        while purse.mood() == Mood::Thrifty {
            now = now.later(HOUR);
            purse.look(now);
            hours += 1;
        }
        assert_eq!(hours, 8, "and a little more than caught up");
        assert_eq!(purse.left(), 2_400_000 - 820_000);
    }

    #[test]
    fn a_midnight_that_was_lived_through_begins_anew() {
        let now = at(20_000, 23);
        let mut purse = Purse::new(BUDGET, &[], now);
        purse.spend(4_000_000);
        purse.look(now.later(HOUR));
        assert_eq!((purse.spent(), purse.mood()), (0, Mood::Free));
        assert_eq!(purse.days(), [(20_000, 4_000_000), (20_001, 0)]);
    }

    #[test]
    fn a_clock_that_is_set_buys_nothing() {
        let now = at(20_000, 12);
        let mut purse = Purse::new(BUDGET, &[], now);
        purse.spend(3_000_000);
        for other in [20_001, 0, 30_000, 20_000] {
            purse.look(at(other, 12));
            assert_eq!(purse.spent(), 3_000_000, "{other}");
        }
    }

    #[test]
    fn a_box_that_starts_in_1970_goes_on_where_it_was() {
        let mut purse = Purse::new(BUDGET, &[(20_000, 4_000_000)], at(0, 0));
        assert_eq!(purse.spent(), 0);
        purse.spend(10_000);
        // The clock is right again, on the same day and on the next.
        let mut same = purse.clone();
        same.look(at(20_000, 15));
        assert_eq!(same.spent(), 4_000_000);
        purse.look(at(20_001, 8));
        assert_eq!(purse.spent(), 10_000);
    }

    #[derive(Debug, Clone)]
    enum Step {
        Spend(u64),
        Pass(u64),
        Set { day: i64, hour: u64 },
        Restart,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            4 => (0_u64..900_000).prop_map(Step::Spend),
            3 => (1_u64..30).prop_map(Step::Pass),
            2 => (0_i64..4, 0_u64..24).prop_map(|(day, hour)| Step::Set { day, hour }),
            1 => Just(Step::Restart),
        ];
        prop::collection::vec(step, 1..80)
    }

    proptest! {
        /// Whoever spends only while something is left spends no day over its budget by
        /// more than one spending, whatever the clock is set to and how often it starts.
        #[test]
        fn no_day_goes_over_by_more_than_one_spending(steps in steps()) {
            let budget = 1_000_000;
            let mut now = at(1, 0);
            let mut purse = Purse::new(budget, &[], now);
            let mut truth: BTreeMap<i64, u64> = BTreeMap::new();
            for step in steps {
                // What is forgotten is another matter.
                if purse.days().len() == DAYS_MAX {
                    break;
                }
                match step {
                    Step::Spend(octets) => {
                        if purse.left() > 0 {
                            purse.spend(octets);
                            *truth.entry(day(now)).or_default() += octets;
                        }
                    }
                    Step::Pass(hours) => {
                        for _ in 0..hours {
                            if purse.days().len() == DAYS_MAX {
                                break;
                            }
                            now = now.later(HOUR);
                            purse.look(now);
                        }
                    }
                    Step::Set { day, hour } => {
                        now.wall = at(day, hour).wall;
                        purse.look(now);
                    }
                    Step::Restart => purse = Purse::new(budget, &purse.days(), now),
                }
            }
            for (day, spent) in truth {
                prop_assert!(spent <= budget + 900_000, "day {day}: {spent}");
            }
        }
    }
}
