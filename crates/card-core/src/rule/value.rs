//! What a column says of a family, a person or a business, and what is asked of it.
//!
//! Where not everything is known a number is the span of what is possible and a flag may
//! be unknown. What no list could have told is unknown of everybody: a village's proposal
//! where no list of proposals was examined, and so the running list and failed transfers.
//! Only that somebody died or moved away is held against nobody until a list says it.

use base::area::AreaCode;
use base::day::Day;

use super::term::within;
use super::{AGE_MAX, Column, Leaf, Subject, Test, Truth};
use crate::facts::{Aided, BusinessFacts, Facts, FamilyFacts, PersonFacts};
use crate::list::Kind;

/// The day for which is judged, taken apart once.
#[derive(Debug, Clone, Copy)]
pub(super) struct On {
    year: i32,
    month: i32,
    of_month: i32,
}

impl On {
    pub(super) fn new(day: Day) -> Self {
        Self {
            year: day.year(),
            month: day.month(),
            of_month: day.of_month(),
        }
    }

    /// Years that somebody has completed. Who was born on 29 February completes one on 1
    /// March where a year has no such day. A birthday that lies ahead or farther back than
    /// anybody lives says nothing.
    pub(super) fn age(self, person: &PersonFacts) -> Option<i32> {
        let birth = person.birth?;
        let years = self.year - birth.year();
        let had_none = (birth.month(), birth.of_month()) > (self.month, self.of_month);
        let age = years - i32::from(had_none);
        (0..=AGE_MAX).contains(&age).then_some(age)
    }
}

/// Of whom is judged: a family, a person with their family, or a business with its owner and
/// the owner's family, as far as they are known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Who<'a> {
    facts: &'a Facts,
    family: Option<(u32, &'a FamilyFacts)>,
    person: Option<&'a PersonFacts>,
    business: Option<&'a BusinessFacts>,
}

impl<'a> Who<'a> {
    pub(super) fn new(subject: Subject, facts: &'a Facts, at: usize) -> Self {
        match subject {
            Subject::Family => Self::family(facts, at),
            Subject::Person => Self::person(facts, at, family_of(facts, at)),
            Subject::Business => Self::business(facts, at),
        }
    }

    pub(super) fn family(facts: &'a Facts, at: usize) -> Self {
        let number = u32::try_from(at).expect("families are counted by 32 bits");
        Self {
            facts,
            family: Some((number, &facts.families[at])),
            person: None,
            business: None,
        }
    }

    pub(super) fn person(facts: &'a Facts, at: usize, family: Option<u32>) -> Self {
        Self {
            facts,
            family: family.map(|it| (it, &facts.families[it as usize])),
            person: Some(&facts.persons[at]),
            business: None,
        }
    }

    pub(super) fn business(facts: &'a Facts, at: usize) -> Self {
        let business = &facts.businesses[at];
        Self {
            facts,
            family: business.family.map(|it| (it, &facts.families[it as usize])),
            person: business.owner.map(|it| &facts.persons[it as usize]),
            business: Some(business),
        }
    }

    pub(super) const fn of_business(&self) -> Option<&'a BusinessFacts> {
        self.business
    }

    pub(super) const fn of_family(&self) -> Option<&'a FamilyFacts> {
        match self.family {
            Some((_, family)) => Some(family),
            None => None,
        }
    }

    pub(super) const fn of_person(&self) -> Option<&'a PersonFacts> {
        self.person
    }

    pub(super) fn members(&self) -> &'a [PersonFacts] {
        self.of_family()
            .map_or(&[][..], |family| self.facts.persons_of(family))
    }

    pub(super) fn here(&self) -> impl Iterator<Item = &'a PersonFacts> {
        self.members().iter().filter(|it| it.is_here())
    }

    pub(super) fn aided(&self) -> &'a [Aided] {
        self.family
            .map_or(&[][..], |(number, _)| self.facts.aided(number))
    }
}

/// The family of a person.
pub(super) fn family_of(facts: &Facts, person: usize) -> Option<u32> {
    let has = |family: &FamilyFacts| {
        let first = family.first as usize;
        (first..first + family.count as usize).contains(&person)
    };
    // Families mostly stand in the order of their persons.
    let after = facts
        .families
        .partition_point(|it| it.first as usize <= person);
    let near = after.checked_sub(1).filter(|at| has(&facts.families[*at]));
    let at = near.or_else(|| facts.families.iter().position(has))?;
    u32::try_from(at).ok()
}

/// What a column says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    /// One from the first to the second.
    Span(i32, i32),
    /// Whether it is so.
    Flag(Truth),
    /// The place of the area's code in the facts.
    Area(Option<u32>),
    /// Programmes as bits.
    Aid(Option<u32>),
}

/// Ages of those that a column counts.
pub(super) const fn counted(column: Column) -> Option<(i32, i32)> {
    match column {
        Column::Infants => Some((0, 4)),
        Column::Children => Some((0, 17)),
        Column::SchoolAge => Some((7, 18)),
        Column::Elderly => Some((60, AGE_MAX)),
        _ => None,
    }
}

/// A leaf, made ready to be asked of many.
#[derive(Debug)]
pub(super) struct Question<'a> {
    column: Column,
    ask: Ask<'a>,
    /// Whether some list could have told.
    told: bool,
}

#[derive(Debug)]
enum Ask<'a> {
    Number(&'a Test),
    Flag(bool),
    Codes(&'a [AreaCode]),
    /// What it is of each area of the facts.
    Areas(Vec<Truth>),
    /// Which programmes are asked for, and whether lists of all of them were examined.
    Aid(u32, bool),
}

impl<'a> Question<'a> {
    pub(super) fn new(leaf: &'a Leaf, facts: &Facts) -> Self {
        let ask = match &leaf.test {
            Test::Compare { .. } | Test::Between { .. } => Ask::Number(&leaf.test),
            Test::Flag(want) => Ask::Flag(*want),
            Test::Within(codes) => Ask::Codes(codes),
            Test::Gets(names) => {
                // A row of a business says what aid it has had: whatever it does not name, not.
                let is_own = leaf.column == Column::Grants;
                let known = match is_own {
                    true => &facts.grants,
                    false => &facts.programmes,
                };
                let (mut bits, mut all) = (0, true);
                for name in names {
                    let at = known.iter().position(|it| it == name);
                    match at.and_then(|at| 1_u32.checked_shl(u32::try_from(at).ok()?)) {
                        Some(bit) => bits |= bit,
                        None => all &= is_own,
                    }
                }
                Ask::Aid(bits, all)
            }
        };
        let kind = match leaf.column {
            Column::Proposed => Some(Kind::Desa),
            Column::Running => Some(Kind::Kpm),
            Column::Failed => Some(Kind::Gagal),
            _ => None,
        };
        let is_of = |kind: Kind| facts.lists.iter().any(|it| it.kind == kind.as_str());
        Self {
            column: leaf.column,
            ask,
            told: kind.is_none_or(is_of),
        }
    }

    /// With what areas are asked for found out for each of them.
    pub(super) fn settled(self, facts: &Facts) -> Self {
        let ask = match self.ask {
            Ask::Codes(codes) => {
                let areas = facts.areas.iter().map(|it| within(codes, it));
                Ask::Areas(areas.collect())
            }
            other => other,
        };
        Self { ask, ..self }
    }

    /// Which programmes of aid are asked for.
    pub(super) const fn aid(&self) -> u32 {
        match self.ask {
            Ask::Aid(bits, _) => bits,
            _ => 0,
        }
    }

    /// Whether what was found is what is asked.
    pub(super) fn truth(&self, value: Value, facts: &Facts) -> Truth {
        match (&self.ask, value) {
            (Ask::Number(test), Value::Span(least, most)) => test.of_span(least, most),
            (Ask::Flag(true), Value::Flag(is)) => is,
            (Ask::Flag(false), Value::Flag(is)) => !is,
            (Ask::Codes(codes), Value::Area(Some(area))) => facts
                .areas
                .get(area as usize)
                .map_or(Truth::Unknown, |code| within(codes, code)),
            (Ask::Areas(truths), Value::Area(Some(area))) => {
                truths.get(area as usize).copied().unwrap_or(Truth::Unknown)
            }
            (Ask::Aid(bits, all), Value::Aid(Some(gets))) => match (gets & bits != 0, all) {
                (true, _) => Truth::Yes,
                (false, true) => Truth::No,
                (false, false) => Truth::Unknown,
            },
            _ => Truth::Unknown,
        }
    }

    /// What the column says.
    pub(super) fn value(&self, who: &Who, on: On) -> Value {
        let family = who.of_family();
        let person = who.of_person();
        let business = who.of_business();
        let known = |number: Option<i32>| span(self.column, number);
        // Not to stand on a list says nothing where no such list was examined.
        let listed = |place: bool| match place {
            false if !self.told => Truth::Unknown,
            it => Truth::of(it),
        };
        let of_family =
            |is: &dyn Fn(&FamilyFacts) -> Truth| Value::Flag(family.map_or(Truth::Unknown, is));
        let of_person =
            |is: &dyn Fn(&PersonFacts) -> Truth| Value::Flag(person.map_or(Truth::Unknown, is));
        match self.column {
            Column::Decile => span(self.column, family.and_then(|it| it.decile).map(i32::from)),
            Column::Members => {
                let count = i32::try_from(who.here().count()).unwrap_or(i32::MAX);
                span(self.column, family.map(|_| count))
            }
            Column::Infants | Column::Children | Column::SchoolAge | Column::Elderly => {
                count(self.column, who, on)
            }
            Column::HeadLives => of_family(&|_| head_lives(who.members())),
            Column::HeadIsWoman => of_family(&|_| head_is_woman(who)),
            Column::Card => of_family(&|it| Truth::of(it.has_card)),
            Column::Address => of_family(&|it| Truth::of(it.has_address)),
            Column::Proposed => of_family(&|it| listed(it.proposed.is_some())),
            Column::Running => of_family(&|it| listed(it.running.is_some())),
            Column::Failed => of_family(&|it| listed(it.failed.is_some())),
            Column::Niks => of_family(&|_| Truth::of(who.here().all(|it| it.has_nik))),
            Column::Area => Value::Area(family.and_then(|it| it.area)),
            Column::Aid => Value::Aid(family.map(|it| it.aid)),
            Column::Age => span(self.column, person.and_then(|it| on.age(it))),
            Column::Woman => of_person(&|it| it.is_woman.map_or(Truth::Unknown, Truth::of)),
            Column::Head => of_person(&|it| {
                let named = it.is_head || who.members().iter().any(|it| it.is_head);
                if named {
                    Truth::of(it.is_head)
                } else {
                    Truth::Unknown
                }
            }),
            Column::Alive => of_person(&|it| Truth::of(it.died.is_none())),
            Column::Here => of_person(&|it| Truth::of(it.gone.is_none())),
            Column::Nik => of_person(&|it| Truth::of(it.has_nik)),
            Column::Turnover => known(business.and_then(|it| it.turnover)),
            Column::Years => known(business.and_then(|it| it.years).map(i32::from)),
            Column::Sector => known(business.and_then(|it| it.sector).map(i32::from)),
            Column::Nib => Value::Flag(business.map_or(Truth::Unknown, |it| Truth::of(it.has_nib))),
            Column::Grants => Value::Aid(business.and_then(|it| it.grants)),
            Column::Site => Value::Area(business.and_then(|it| it.area)),
            Column::OwnerKnown => Value::Flag(Truth::of(person.is_some())),
            Column::OwnerAge => known(person.and_then(|it| on.age(it))),
            Column::OwnerWoman => of_person(&|it| it.is_woman.map_or(Truth::Unknown, Truth::of)),
            Column::OwnerAlive => of_person(&|it| Truth::of(it.died.is_none())),
            Column::OwnerHere => of_person(&|it| Truth::of(it.gone.is_none())),
        }
    }
}

/// A number that is known, or all that the column could be.
fn span(column: Column, known: Option<i32>) -> Value {
    let (least, most) = column.range().unwrap_or((i32::MIN, i32::MAX));
    known.map_or(Value::Span(least, most), |it| Value::Span(it, it))
}

/// How many who live here are of the ages that a column counts: those that are, and with
/// those whose birthday is not known.
fn count(column: Column, who: &Who, on: On) -> Value {
    let (Some((from, to)), Some(_)) = (counted(column), who.of_family()) else {
        return span(column, None);
    };
    let (mut sure, mut most) = (0, 0);
    for person in who.here() {
        match on.age(person) {
            Some(age) if age < from || to < age => {}
            Some(_) => (sure, most) = (sure + 1, most + 1),
            None => most += 1,
        }
    }
    Value::Span(sure, most)
}

/// Whether a head lives here; not known where no list calls anybody that.
fn head_lives(members: &[PersonFacts]) -> Truth {
    let heads = members.iter().filter(|it| it.is_head);
    heads
        .map(|it| Truth::of(it.is_here()))
        .reduce(Truth::or)
        .unwrap_or(Truth::Unknown)
}

/// Whether a head who lives here is a woman; not known where none does.
fn head_is_woman(who: &Who) -> Truth {
    let heads = who.here().filter(|it| it.is_head);
    heads
        .map(|it| it.is_woman.map_or(Truth::Unknown, Truth::of))
        .reduce(Truth::or)
        .unwrap_or(Truth::Unknown)
}
