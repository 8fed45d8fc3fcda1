//! What is true of a family, whatever stands of it in lists.

use std::collections::BTreeSet;

use fastrand::Rng;

use super::{Flags, LINE, Lot};
use crate::families::lists::DTSEN;
use crate::families::places::Places;
use crate::families::{Day, Family, Home, NOW, Person, names, nik, per_mille, weighed};

/// Of a thousand families with a fault, those with another one besides, of each kind.
const BESIDES: u32 = 40;
/// Of a thousand others, those at or below the line; all of them get other aid.
const NEEDY: u32 = 300;
/// Of a thousand others above the line, those that get other aid all the same.
const AIDED_ABOVE: u32 = 60;
/// Of a thousand others, those that have left the province, and those where the only one
/// has died.
const OTHERS_GONE: [u32; 2] = [8, 4];
/// Of a thousand old people and of a thousand others, those who have died, besides those
/// to whom it falls by lot.
const MORTALITY: [u32; 2] = [20, 2];
/// Of a thousand dead, those whom DTSEN has struck off; heads are not.
const STRUCK_OFF: u32 = 300;
/// Of a thousand families that some lists know elsewhere, those that have reported it.
const REPORTED: u32 = 400;
/// Of a thousand grown children, those who went to study or work in another province.
const AWAY: u32 = 12;
/// Of a thousand families with other aid, those that get it from two programmes.
const TWO_PROGRAMMES: u32 = 250;
/// Of a thousand recipients, wives of the head.
const WIVES: u32 = 250;

/// Deciles above the line, and how many families are in each.
const DECILES_ABOVE: [(u8, u32); 8] = [
    (3, 22),
    (4, 20),
    (5, 16),
    (6, 12),
    (7, 10),
    (8, 8),
    (9, 7),
    (10, 5),
];

/// Programmes of other aid, and how many get each.
const PROGRAMMES: [(&str, u32); 3] = [("PKH", 40), ("SEMBAKO", 45), ("BLT DD", 15)];

/// Regencies of other provinces by Kemendagri, to which people move.
const ELSEWHERE: [u64; 16] = [
    6371, 6372, 6303, 6308, 6309, 6171, 6104, 6110, 6471, 6472, 3578, 3573, 3374, 3404, 3171, 7371,
];

/// Families one after the other. No number is given twice, though it may be written so.
pub(super) struct People<'a> {
    count: u32,
    taken: BTreeSet<u64>,
    tail: names::Tail,
    places: &'a Places,
}

impl<'a> People<'a> {
    pub(super) fn new(places: &'a Places, rng: &mut Rng) -> Self {
        Self {
            count: 0,
            taken: BTreeSet::new(),
            tail: names::tail(rng),
            places,
        }
    }

    fn family(&mut self, rng: &mut Rng) -> Family {
        let mut family = Family::new(&mut self.count, &self.tail, self.places, rng);
        for home in std::iter::once(&mut family.home).chain(&mut family.other_home) {
            home.kk = self.own(home.kk);
        }
        for person in &mut family.members {
            person.nik = self.own(person.nik);
        }
        family
    }

    /// The first number from this one on that nobody has.
    fn own(&mut self, number: u64) -> u64 {
        (number..)
            .find(|number| self.taken.insert(*number))
            .unwrap_or(number)
    }

    /// The same person with a number that was given anew.
    pub(super) fn renumbered(&mut self, person: &Person, rng: &mut Rng) -> Person {
        let issued = self.places.home(rng).village;
        Person {
            nik: self.own(nik(issued, person.born, person.sex, rng)),
            ..person.clone()
        }
    }

    /// The same home with a family card that was given anew.
    pub(super) fn with_new_card(&mut self, home: &Home, rng: &mut Rng) -> Home {
        Home {
            kk: self.own(Home::at(home.village, rng).kk),
            ..home.clone()
        }
    }
}

/// How somebody has left a home.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leave {
    pub(super) day: Day,
    /// A regency of another province, or a village of this one.
    pub(super) to: u64,
    /// Whether it is another province.
    pub(super) out: bool,
}

/// What is true of somebody of a family.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fate {
    /// Whether DTSEN has them.
    pub(super) known: bool,
    pub(super) died: Option<Day>,
    pub(super) left: Option<Leave>,
}

impl Fate {
    const fn lives(&self) -> bool {
        self.died.is_none()
    }

    const fn is_out(&self) -> bool {
        matches!(self.left, Some(Leave { out: true, .. }))
    }
}

/// A family, and what is true of it.
pub(super) struct Case {
    pub(super) id: u32,
    pub(super) lot: Lot,
    /// How many rows of the running list are of it.
    pub(super) rows: u8,
    pub(super) family: Family,
    /// Of each of its members, in their order.
    pub(super) fates: Vec<Fate>,
    /// Which of its members the card is for.
    pub(super) recipient: usize,
    pub(super) decile: u8,
    /// By which programmes it is aided otherwise.
    pub(super) aid: Vec<&'static str>,
    /// Whether DTSEN has it.
    pub(super) known: bool,
}

impl Case {
    pub(super) fn new(id: u32, lot: Lot, rows: u8, people: &mut People<'_>, rng: &mut Rng) -> Self {
        let mut family = people.family(rng);
        while lot == Lot::Died && family.members.len() == 1 {
            family = people.family(rng);
        }
        let by_chance = |share, rng: &mut Rng| lot == Lot::Other && per_mille(share, rng);
        let out = lot == Lot::MovedOut || by_chance(OTHERS_GONE[0], rng);
        let alone = lot == Lot::DiedAlone || by_chance(OTHERS_GONE[1], rng);
        if alone {
            family.members.truncate(1);
        }
        let has_wife = family
            .members
            .get(1)
            .is_some_and(|it| it.relation == "ISTRI");
        let mut case = Self {
            id,
            lot,
            rows,
            recipient: usize::from(has_wife && per_mille(WIVES, rng)),
            decile: 0,
            aid: Vec::new(),
            known: match lot {
                Lot::Unknown => false,
                Lot::Other => per_mille(DTSEN.families, rng),
                _ => true,
            },
            fates: vec![Fate::default(); family.members.len()],
            family,
        };
        case.judge(rng);
        case.die(alone, rng);
        case.leave(out, rng);
        case.become_known(rng);
        case
    }

    /// Its decile, and the other aid that it gets.
    fn judge(&mut self, rng: &mut Rng) {
        let needy = match self.lot {
            Lot::Right | Lot::LeftOut => true,
            Lot::Above => false,
            Lot::Other => per_mille(NEEDY, rng),
            _ => !per_mille(BESIDES, rng),
        };
        self.decile = match needy {
            true => rng.u8(1..=LINE),
            false => weighed(&DECILES_ABOVE, rng),
        };
        let aided = match self.lot {
            Lot::Right | Lot::LeftOut => false,
            Lot::Aided => true,
            Lot::Other => needy || per_mille(AIDED_ABOVE, rng),
            _ => per_mille(BESIDES, rng),
        };
        if aided {
            self.aid.push(weighed(&PROGRAMMES, rng));
            let other = weighed(&PROGRAMMES, rng);
            if other != self.aid[0] && per_mille(TWO_PROGRAMMES, rng) {
                self.aid.push(other);
            }
        }
    }

    /// Who of it has died in the last two years.
    fn die(&mut self, alone: bool, rng: &mut Rng) {
        for (at, person) in self.family.members.iter().enumerate() {
            let dies = match self.lot {
                _ if at == self.recipient && (alone || self.lot == Lot::Died) => true,
                // Whose card it is or should be lives, where that is not what is wrong.
                _ if at == self.recipient && self.lot != Lot::Other => false,
                _ => {
                    let is_old = person.born.year < NOW - 60;
                    let share = MORTALITY[usize::from(!is_old)];
                    person.born.year < NOW - 2 && per_mille(share, rng)
                }
            };
            let day = Day::of(rng.u16(NOW - 2..NOW), rng);
            self.fates[at].died = dies.then_some(day);
        }
    }

    /// Who of it has moved in the last year: the family, or a child that is grown.
    fn leave(&mut self, out: bool, rng: &mut Rng) {
        let day = Day::of(NOW - 1, rng);
        let old = self.family.other_home.as_ref();
        let has_reported = old.is_some_and(|old| old.village != self.family.home.village)
            && per_mille(REPORTED, rng);
        let to_province = |rng: &mut Rng| Leave {
            day,
            to: ELSEWHERE[rng.usize(0..ELSEWHERE.len())],
            out: true,
        };
        let all = match () {
            () if out => Some(to_province(rng)),
            () if has_reported => Some(Leave {
                day,
                to: self.family.home.village,
                out: false,
            }),
            () => None,
        };
        for (person, fate) in self.family.members.iter().zip(&mut self.fates) {
            let is_grown = (NOW - 30..=NOW - 18).contains(&person.born.year);
            let goes_alone = all.is_none()
                && person.relation == "ANAK"
                && is_grown
                && fate.lives()
                && per_mille(AWAY, rng);
            fate.left = match goes_alone {
                true => Some(to_province(rng)),
                false => all.filter(|_| fate.lives()),
            };
        }
    }

    /// Whom of it DTSEN has: the head, most of the others, and whoever keeps the house.
    fn become_known(&mut self, rng: &mut Rng) {
        for (person, fate) in self.family.members.iter().zip(&mut self.fates) {
            let struck_off =
                person.relation != "KEPALA" && !fate.lives() && per_mille(STRUCK_OFF, rng);
            fate.known = self.known && DTSEN.keeps(person, rng) && !struck_off;
        }
        let fates = &mut self.fates;
        let keeper = fates
            .iter()
            .position(|fate| fate.lives() && !fate.is_out())
            .or_else(|| fates.iter().position(Fate::lives));
        if let Some(keeper) = keeper {
            fates[keeper].known = self.known;
        }
    }

    /// Whether it should be on the running list.
    fn is_eligible(&self) -> bool {
        self.known
            && self.decile <= LINE
            && self.aid.is_empty()
            && self.fates.iter().any(|fate| fate.lives() && !fate.is_out())
    }

    /// What is true of a row of one of its members.
    pub(super) fn flags(&self, at: usize) -> Flags {
        let fate = &self.fates[at];
        let is_dead = !fate.lives();
        Flags::default()
            .with(Flags::DEAD, is_dead)
            .with(Flags::ALONE, is_dead && !self.fates.iter().any(Fate::lives))
            .with(Flags::MOVED, fate.is_out())
            .with(Flags::AIDED, !self.aid.is_empty())
            .with(Flags::DECILE, self.known && self.decile > LINE)
            .with(Flags::UNKNOWN, !self.known)
            .with(Flags::LEFT_OUT, self.rows == 0 && self.is_eligible())
    }
}
