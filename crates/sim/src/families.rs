//! Families of a made-up province, and the lists that several offices keep of them.
//!
//! Nobody here lives. A person is written into each list by whoever keeps it, with the
//! slips that such lists have; which record is of whom is known and told apart from them,
//! so that a linkage can be judged by an answer that it never sees.

pub mod business;
mod lists;
mod names;
mod places;
pub mod programme;

use std::fmt;

use fastrand::Rng;

use lists::Writer;
pub use lists::{Care, LISTS, Record};
use places::Places;

/// What all of it follows from.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// What all randomness follows from.
    pub seed: u64,
    /// Records of all lists together.
    pub records: usize,
    /// How careless those are who keep the lists: one is usual.
    pub careless: f64,
}

/// A person.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    id: u32,
    sex: Sex,
    born: Day,
    name: Vec<String>,
    mother: Vec<String>,
    nik: u64,
    birthplace: &'static str,
    relation: &'static str,
}

/// Whom a number and a name are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sex {
    /// Written L.
    Man,
    /// Written P.
    Woman,
}

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day {
    year: u16,
    month: u8,
    day: u8,
}

impl Day {
    fn of(year: u16, rng: &mut Rng) -> Self {
        Self {
            year,
            month: rng.u8(1..=12),
            day: rng.u8(1..=28),
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// Where a family lives.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    kk: u64,
    village: u64,
    street: String,
    rt_rw: (u8, u8),
}

/// A family.
#[derive(Debug)]
pub(crate) struct Family {
    home: Home,
    /// Where some lists still or already have it.
    other_home: Option<Home>,
    members: Vec<Person>,
}

/// The year of which the lists tell.
const NOW: u16 = 2026;

/// Of a thousand births, twins.
const TWINS: u32 = 12;

/// Of a thousand families, those of which some lists know another home.
const MOVED: u32 = 60;

/// Makes families until their lists hold so many records; gives each record, with who it
/// is of and of which family.
pub fn write(plan: &Plan, mut take: impl FnMut(&Record, u32, u32)) {
    let mut rng = Rng::with_seed(plan.seed);
    let tail = names::tail(&mut rng);
    let places = Places::MadeUp;
    let writer = Writer::new(plan.careless, &places);
    let (mut written, mut people) = (0, 0);
    for id in 1.. {
        let family = Family::new(&mut people, &tail, &places, &mut rng);
        for (record, person) in writer.write(&family, &mut rng) {
            if written == plan.records {
                return;
            }
            take(&record, person, id);
            written += 1;
        }
    }
}

/// A choice by weight.
fn weighed<T: Copy>(of: &[(T, u32)], rng: &mut Rng) -> T {
    let all: u32 = of.iter().map(|(_, weight)| weight).sum();
    let mut at = rng.u32(0..all);
    for (choice, weight) in of {
        if at < *weight {
            return *choice;
        }
        at -= weight;
    }
    of[0].0
}

fn per_mille(share: u32, rng: &mut Rng) -> bool {
    rng.u32(0..1000) < share
}

impl Home {
    fn at(village: u64, rng: &mut Rng) -> Self {
        let issued = Day::of(rng.u16(2009..NOW), rng);
        let date = u64::from(issued.day) * 10_000
            + u64::from(issued.month) * 100
            + u64::from(issued.year % 100);
        Self {
            kk: (village / 10_000 * 1_000_000 + date) * 10_000 + rng.u64(1..90),
            village,
            street: names::street(rng),
            rt_rw: (rng.u8(1..=15), rng.u8(1..=6)),
        }
    }
}

impl Family {
    fn new(people: &mut u32, tail: &names::Tail, places: &Places, rng: &mut Rng) -> Self {
        let home = places.home(rng);
        let other_home = per_mille(MOVED, rng).then(|| match rng.bool() {
            true => places.home(rng),
            false => Home::at(home.village, rng),
        });
        let mut family = Self {
            home,
            other_home,
            members: Vec::new(),
        };
        let custom = names::Custom::of(rng);
        let marga = custom.marga(tail, rng);
        let head_born = rng.u16(1946..2001);
        let alone = per_mille(140, rng);
        let head = if alone { Sex::Woman } else { Sex::Man };
        let mut person = |sex, born, relation, mother: Option<&[String]>, rng: &mut Rng| {
            *people += 1;
            let marga = marga.as_deref().filter(|_| relation != "ISTRI");
            let name = custom.name(sex, marga, tail, rng);
            let born_at = if rng.u8(0..10) < 7 {
                family.home.village
            } else {
                places.home(rng).village
            };
            family.members.push(Person {
                id: *people,
                sex,
                born,
                mother: mother
                    .map_or_else(|| custom.name(Sex::Woman, None, tail, rng), <[_]>::to_vec),
                nik: nik(born_at, born, sex, rng),
                birthplace: names::birthplace(rng),
                relation,
                name: name.clone(),
            });
            name
        };
        let name = person(head, Day::of(head_born, rng), "KEPALA", None, rng);
        let mut wife = alone.then_some(name);
        if !alone && per_mille(860, rng) {
            let born = head_born + rng.u16(0..12) - rng.u16(0..4);
            wife = Some(person(Sex::Woman, Day::of(born, rng), "ISTRI", None, rng));
        }
        let mut year = head_born + 20;
        while rng.u8(0..100) < 68 {
            year += 1 + rng.u16(0..5);
            if year > NOW - 1 {
                break;
            }
            let sex = if rng.bool() { Sex::Man } else { Sex::Woman };
            let born = Day::of(year, rng);
            person(sex, born, "ANAK", wife.as_deref(), rng);
            if per_mille(TWINS, rng) {
                person(sex, born, "ANAK", wife.as_deref(), rng);
            }
        }
        if per_mille(60, rng) && head_born > 1966 {
            person(
                Sex::Woman,
                Day::of(head_born - 22, rng),
                "ORANG TUA",
                None,
                rng,
            );
        }
        family.twins();
        family
    }

    /// Twins have one number after the other, and were born in one place.
    fn twins(&mut self) {
        for at in 1..self.members.len() {
            let (before, from) = self.members.split_at_mut(at);
            let (before, it) = (&before[at - 1], &mut from[0]);
            if before.born == it.born && before.relation == it.relation {
                let days = |sex| {
                    if sex == Sex::Woman {
                        40 * 10_u64.pow(8)
                    } else {
                        0
                    }
                };
                it.nik = before.nik + 1 + days(it.sex) - days(before.sex);
                it.birthplace = before.birthplace;
            }
        }
    }
}

/// Region, birthday, and a serial that is small nearly always.
fn nik(village: u64, born: Day, sex: Sex, rng: &mut Rng) -> u64 {
    let day = u64::from(born.day) + if sex == Sex::Woman { 40 } else { 0 };
    let date = day * 10_000 + u64::from(born.month) * 100 + u64::from(born.year % 100);
    let serial = 1 + rng.u64(0..4) * rng.u64(0..5);
    (village / 10_000 * 1_000_000 + date) * 10_000 + serial
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_seed_has_written_once_it_writes_again() {
        let plan = Plan {
            seed: 1,
            records: 20_000,
            careless: 1.0,
        };
        let mut last = (String::new(), 0, 0);
        write(&plan, |record, person, family| {
            last = (record.fields().join(","), person, family);
        });
        // Figures of benches are of these lists: one draw more and the last is another.
        let line = "DTSEN,6207104702530007,6207101809200071,ZAINAB,1953-02-07,P,Banjarmasin,,\
            ISTRI,Jalan Beliang RT 01 RW 04,6207102007";
        assert_eq!(last, (line.to_owned(), 12_014, 3_254));
    }

    #[test]
    fn the_same_seed_writes_the_same_lists_and_careless_ones_slip_more() {
        let lists = |seed, careless| {
            let mut lists = Vec::new();
            let plan = Plan {
                seed,
                records: 2_000,
                careless,
            };
            write(&plan, |record, person, family| {
                lists.push((record.fields().map(str::to_owned), person, family));
            });
            lists
        };
        let usual = lists(1, 1.0);
        assert_eq!(usual.len(), 2_000);
        assert_eq!(usual, lists(1, 1.0));
        assert_ne!(usual, lists(2, 1.0));
        let without_number = |lists: &[([String; 11], u32, u32)]| {
            lists
                .iter()
                .filter(|(fields, ..)| fields[1].len() != 16)
                .count()
        };
        assert!(without_number(&lists(1, 2.0)) > without_number(&usual));
        let people = usual.iter().map(|(_, person, _)| person).max();
        assert!(people.is_some_and(|people| (800..1_600).contains(people)));
    }
}
