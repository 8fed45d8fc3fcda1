//! Facts as octets, and read again.

use base::day::Day;

use super::{Aided, BusinessFacts, Facts, FamilyFacts, ListOf, PersonFacts, Place};
use crate::rule::{AGE_MAX, TURNOVER_MAX};

/// What the octets begin with: what they are, and in which form.
const HEAD: &[u8; 8] = b"btfacts3";

/// The form before it, which knew no businesses: it is read for as long as lists are kept
/// that were judged by it.
const SECOND: &[u8; 8] = b"btfacts2";

/// The first form, which did not tell either by which row a decile is known.
const FIRST: &[u8; 8] = b"btfacts1";

/// In which form octets are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    First,
    Second,
    Third,
}

impl Form {
    const ALL: [Self; 3] = [Self::First, Self::Second, Self::Third];

    const fn head(self) -> &'static [u8; 8] {
        match self {
            Self::First => FIRST,
            Self::Second => SECOND,
            Self::Third => HEAD,
        }
    }

    fn of(octets: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|form| octets.starts_with(form.head()))
    }
}

/// Octets of a business.
const BUSINESS: usize = 16 + 12 + 6 + 4 + 3 + 4;

/// Longest text in them, in octets.
const TEXT_MAX: usize = 4_096;

/// Programmes that are told apart by the bits of a family.
const PROGRAMMES_MAX: usize = 32;

/// A list that stands for none.
const NONE: u16 = u16::MAX;

/// Why octets are no facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// They begin as something else, or in another form.
    Head,
    /// They end too early, or go on.
    Length,
    /// A text is too long, or no text.
    Text,
    /// A number leads nowhere, or something is out of its order.
    Place,
}

impl Facts {
    /// As octets.
    #[must_use]
    pub fn octets(&self) -> Vec<u8> {
        self.octets_as(Form::Third)
    }

    fn octets_as(&self, form: Form) -> Vec<u8> {
        let mut into = Vec::with_capacity(
            HEAD.len()
                + 70 * self.families.len()
                + 44 * self.persons.len()
                + 11 * self.aided.len()
                + BUSINESS * self.businesses.len(),
        );
        into.extend_from_slice(form.head());
        put_count(&mut into, self.lists.len());
        for list in &self.lists {
            into.extend_from_slice(&list.number.to_le_bytes());
            put_text(&mut into, &list.kind);
            put_text(&mut into, &list.title);
            put_day(&mut into, list.as_of);
        }
        for texts in [&self.areas, &self.programmes] {
            put_count(&mut into, texts.len());
            for text in texts {
                put_text(&mut into, text);
            }
        }
        put_count(&mut into, self.families.len());
        for it in &self.families {
            into.extend_from_slice(&it.id);
            into.extend_from_slice(&it.area.map_or(0, |area| area + 1).to_le_bytes());
            into.push(it.decile.unwrap_or(0));
            if form > Form::First {
                put_place(&mut into, it.decile_by);
            }
            for place in [it.stands, it.running, it.proposed, it.failed] {
                put_place(&mut into, place);
            }
            into.extend_from_slice(&it.aid.to_le_bytes());
            let flags = [it.has_card, it.has_address, it.recipient_is_here];
            let bits = flags.iter().enumerate();
            into.push(bits.fold(0, |bits, (at, flag)| bits | u8::from(*flag) << at));
            into.extend_from_slice(&it.count.to_le_bytes());
        }
        put_count(&mut into, self.persons.len());
        for it in &self.persons {
            into.extend_from_slice(&it.id);
            put_day(&mut into, it.birth);
            for place in [Some(it.stands), it.birth_by, it.died, it.gone] {
                put_place(&mut into, place);
            }
            let sex = it.is_woman.map_or(0, |woman| 1 + u8::from(woman));
            into.push(sex | u8::from(it.is_head) << 2 | u8::from(it.has_nik) << 3);
        }
        put_count(&mut into, self.aided.len());
        for it in &self.aided {
            into.extend_from_slice(&it.family.to_le_bytes());
            into.push(it.programme);
            put_place(&mut into, Some(it.by));
        }
        if form == Form::Third {
            put_count(&mut into, self.grants.len());
            for text in &self.grants {
                put_text(&mut into, text);
            }
            put_count(&mut into, self.businesses.len());
            for it in &self.businesses {
                put_business(&mut into, it);
            }
        }
        into
    }

    /// Reads them again.
    ///
    /// # Errors
    /// If they are no facts, or not whole.
    pub fn read(octets: &[u8]) -> Result<Self, Broken> {
        let form = Form::of(octets).ok_or(Broken::Head)?;
        let mut from = Reader {
            rest: &octets[HEAD.len()..],
        };
        let mut facts = Self::default();
        for _ in 0..from.count(16)? {
            facts.lists.push(ListOf {
                number: i64::from_le_bytes(from.some()?),
                kind: from.text()?,
                title: from.text()?,
                as_of: from.day()?,
            });
        }
        facts.areas = from.texts()?;
        facts.programmes = from.texts()?;
        let sorted = facts.areas.is_sorted_by(|a, b| a < b);
        if !sorted || facts.programmes.len() > PROGRAMMES_MAX {
            return Err(Broken::Place);
        }
        let lists = facts.lists.len();
        let mut first = 0_u32;
        let families = from.count(match form {
            Form::First => 54,
            Form::Second | Form::Third => 60,
        })?;
        facts.families.reserve_exact(families);
        for _ in 0..families {
            let family = from.family(form, first, lists, facts.areas.len())?;
            first = first.checked_add(family.count).ok_or(Broken::Place)?;
            facts.families.push(family);
        }
        let persons = from.count(45)?;
        facts.persons.reserve_exact(persons);
        for _ in 0..persons {
            facts.persons.push(from.person(lists)?);
        }
        for _ in 0..from.count(11)? {
            facts.aided.push(Aided {
                family: u32::from_le_bytes(from.some()?),
                programme: from.octet()?,
                by: from.place(lists)?.ok_or(Broken::Place)?,
            });
        }
        if form == Form::Third {
            facts.grants = from.texts()?;
            let businesses = from.count(BUSINESS)?;
            facts.businesses.reserve_exact(businesses);
            for _ in 0..businesses {
                let business = from.business(&facts)?;
                facts.businesses.push(business);
            }
        }
        let is_whole = persons == first as usize
            && facts.grants.len() <= PROGRAMMES_MAX
            && facts.businesses.is_sorted_by(|a, b| a.id < b.id)
            && facts.families.is_sorted_by(|a, b| a.id < b.id)
            && facts.aided.is_sorted()
            && facts.aided.iter().all(|it| {
                (it.family as usize) < families
                    && usize::from(it.programme) < facts.programmes.len()
            });
        match (is_whole, from.rest.is_empty()) {
            (true, true) => Ok(facts),
            (false, _) => Err(Broken::Place),
            (true, false) => Err(Broken::Length),
        }
    }
}

fn put_count(into: &mut Vec<u8>, count: usize) {
    let count = u32::try_from(count).expect("things are counted by 32 bits");
    into.extend_from_slice(&count.to_le_bytes());
}

fn put_text(into: &mut Vec<u8>, text: &str) {
    let mut to = text.len().min(TEXT_MAX);
    while !text.is_char_boundary(to) {
        to -= 1;
    }
    put_count(into, to);
    into.extend_from_slice(&text.as_bytes()[..to]);
}

fn put_day(into: &mut Vec<u8>, day: Option<Day>) {
    let number = day.map_or(-1, |day| day.since(Day::FIRST));
    into.extend_from_slice(&number.to_le_bytes());
}

fn put_place(into: &mut Vec<u8>, place: Option<Place>) {
    let place = place.unwrap_or(Place { list: NONE, row: 0 });
    into.extend_from_slice(&place.list.to_le_bytes());
    into.extend_from_slice(&place.row.to_le_bytes());
}

fn put_business(into: &mut Vec<u8>, it: &BusinessFacts) {
    into.extend_from_slice(&it.id);
    for place in [it.family, it.owner, it.area] {
        into.extend_from_slice(&place.map_or(0, |place| place + 1).to_le_bytes());
    }
    put_place(into, Some(it.stands));
    into.extend_from_slice(&it.turnover.unwrap_or(-1).to_le_bytes());
    into.push(it.years.unwrap_or(u8::MAX));
    into.push(it.sector.unwrap_or(0));
    into.push(u8::from(it.has_nib) | u8::from(it.grants.is_some()) << 1);
    into.extend_from_slice(&it.grants.unwrap_or(0).to_le_bytes());
}

/// What has not been read yet.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn some<const N: usize>(&mut self) -> Result<[u8; N], Broken> {
        let (some, rest) = self.rest.split_first_chunk().ok_or(Broken::Length)?;
        self.rest = rest;
        Ok(*some)
    }

    fn octet(&mut self) -> Result<u8, Broken> {
        self.some::<1>().map(|it| it[0])
    }

    /// How many things of at least so many octets follow.
    fn count(&mut self, least: usize) -> Result<usize, Broken> {
        let count = u32::from_le_bytes(self.some()?) as usize;
        // Nobody reserves what the octets cannot hold.
        match count <= self.rest.len() / least {
            true => Ok(count),
            false => Err(Broken::Length),
        }
    }

    fn text(&mut self) -> Result<String, Broken> {
        let length = self.count(1)?;
        if length > TEXT_MAX {
            return Err(Broken::Text);
        }
        let (text, rest): (&'a [u8], _) = self.rest.split_at(length);
        self.rest = rest;
        let text = std::str::from_utf8(text).map_err(|_| Broken::Text)?;
        Ok(text.to_owned())
    }

    fn texts(&mut self) -> Result<Vec<String>, Broken> {
        let count = self.count(4)?;
        (0..count).map(|_| self.text()).collect()
    }

    fn day(&mut self) -> Result<Option<Day>, Broken> {
        match i32::from_le_bytes(self.some()?) {
            -1 => Ok(None),
            number if number < 0 => Err(Broken::Place),
            number => Day::FIRST.plus(number).map(Some).ok_or(Broken::Place),
        }
    }

    fn place(&mut self, lists: usize) -> Result<Option<Place>, Broken> {
        let list = u16::from_le_bytes(self.some()?);
        let row = u32::from_le_bytes(self.some()?);
        match list {
            NONE if row == 0 => Ok(None),
            list if usize::from(list) < lists => Ok(Some(Place { list, row })),
            _ => Err(Broken::Place),
        }
    }

    fn family(
        &mut self,
        form: Form,
        first: u32,
        lists: usize,
        areas: usize,
    ) -> Result<FamilyFacts, Broken> {
        let id = self.some()?;
        let area = u32::from_le_bytes(self.some()?).checked_sub(1);
        let decile = self.octet()?;
        let by = match form {
            Form::First => None,
            Form::Second | Form::Third => self.place(lists)?,
        };
        let [stands, running, proposed, failed] = [
            self.place(lists)?,
            self.place(lists)?,
            self.place(lists)?,
            self.place(lists)?,
        ];
        let aid = u32::from_le_bytes(self.some()?);
        let flags = self.octet()?;
        let count = u32::from_le_bytes(self.some()?);
        let is_sound = decile <= 10
            && flags < 1 << 3
            && count > 0
            && (by.is_none() || decile > 0)
            && area.is_none_or(|it| (it as usize) < areas);
        if !is_sound {
            return Err(Broken::Place);
        }
        Ok(FamilyFacts {
            id,
            area,
            decile: (decile > 0).then_some(decile),
            decile_by: match form {
                // What was shown for it then.
                Form::First => stands.filter(|_| decile > 0),
                Form::Second | Form::Third => by,
            },
            stands,
            running,
            proposed,
            failed,
            aid,
            has_card: flags & 1 != 0,
            has_address: flags & 2 != 0,
            recipient_is_here: flags & 4 != 0,
            first,
            count,
        })
    }

    fn business(&mut self, facts: &Facts) -> Result<BusinessFacts, Broken> {
        let id = self.some()?;
        let mut place = |most: usize| match u32::from_le_bytes(self.some()?).checked_sub(1) {
            Some(it) if it as usize >= most => Err(Broken::Place),
            it => Ok(it),
        };
        let family = place(facts.families.len())?;
        let owner = place(facts.persons.len())?;
        let area = place(facts.areas.len())?;
        let stands = self.place(facts.lists.len())?.ok_or(Broken::Place)?;
        let turnover = i32::from_le_bytes(self.some()?);
        let [years, sector, flags] = self.some()?;
        let grants = u32::from_le_bytes(self.some()?);
        let is_years = years == u8::MAX || i32::from(years) <= AGE_MAX;
        let known = 1_u64 << facts.grants.len().min(PROGRAMMES_MAX);
        let is_sound = (-1..=TURNOVER_MAX).contains(&turnover)
            && is_years
            && sector < 100
            && flags < 4
            && (flags & 2 != 0 || grants == 0)
            && u64::from(grants) < known;
        if !is_sound {
            return Err(Broken::Place);
        }
        Ok(BusinessFacts {
            id,
            family,
            owner,
            area,
            stands,
            turnover: (turnover >= 0).then_some(turnover),
            years: (years != u8::MAX).then_some(years),
            sector: (sector > 0).then_some(sector),
            has_nib: flags & 1 != 0,
            grants: (flags & 2 != 0).then_some(grants),
        })
    }

    fn person(&mut self, lists: usize) -> Result<PersonFacts, Broken> {
        let id = self.some()?;
        let birth = self.day()?;
        let stands = self.place(lists)?.ok_or(Broken::Place)?;
        let [birth_by, died, gone] = [self.place(lists)?, self.place(lists)?, self.place(lists)?];
        let flags = self.octet()?;
        let is_woman = match flags & 0b11 {
            0 => None,
            1 => Some(false),
            2 => Some(true),
            _ => return Err(Broken::Place),
        };
        if flags >= 1 << 4 {
            return Err(Broken::Place);
        }
        Ok(PersonFacts {
            id,
            birth,
            stands,
            birth_by,
            died,
            gone,
            is_woman,
            is_head: flags & 4 != 0,
            has_nik: flags & 8 != 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place() -> impl Strategy<Value = Place> {
        (0_u16..3, 0_u32..9).prop_map(|(list, row)| Place { list, row })
    }

    fn person() -> impl Strategy<Value = PersonFacts> {
        let who = (any::<[u8; 16]>(), proptest::option::of(0_i32..60_000));
        let rows = proptest::array::uniform3(proptest::option::of(place()));
        let flags = (any::<Option<bool>>(), any::<bool>(), any::<bool>());
        (who, place(), rows, flags).prop_map(|((id, birth), stands, rows, flags)| PersonFacts {
            id,
            birth: birth.and_then(|days| Day::FIRST.plus(days)),
            stands,
            birth_by: rows[0],
            died: rows[1],
            gone: rows[2],
            is_woman: flags.0,
            is_head: flags.1,
            has_nik: flags.2,
        })
    }

    fn business() -> impl Strategy<Value = BusinessFacts> {
        let whose = proptest::array::uniform2(proptest::option::of(0_u32..8));
        let says = (
            proptest::option::of(0..=TURNOVER_MAX),
            proptest::option::of(0_u8..=130),
            proptest::option::of(1_u8..100),
            any::<bool>(),
            proptest::option::of(0_u32..4),
        );
        let area = proptest::option::of(0_u32..2);
        (any::<[u8; 16]>(), whose, area, place(), says).prop_map(
            |(id, whose, area, stands, says)| BusinessFacts {
                id,
                family: whose[0],
                owner: whose[1],
                area,
                stands,
                turnover: says.0,
                years: says.1,
                sector: says.2,
                has_nib: says.3,
                grants: says.4,
            },
        )
    }

    fn facts() -> impl Strategy<Value = Facts> {
        let family = (
            any::<[u8; 16]>(),
            proptest::option::of(0_u32..2),
            proptest::option::of(1_u8..=10),
            proptest::array::uniform5(proptest::option::of(place())),
            any::<u32>(),
            any::<(bool, bool, bool)>(),
            proptest::collection::vec(person(), 1..4),
        );
        (
            proptest::collection::vec(family, 0..6),
            proptest::collection::vec(business(), 0..4),
        )
            .prop_map(|(mut families, mut businesses)| {
                families.sort_by_key(|it| it.0);
                families.dedup_by_key(|it| it.0);
                let list = |number| ListOf {
                    number,
                    kind: "dtsen".to_owned(),
                    title: format!("DTSEN «{number}»"),
                    as_of: Day::FIRST.plus(45_000),
                };
                let mut facts = Facts {
                    lists: (1..4).map(list).collect(),
                    areas: vec!["62.01.01.2001".to_owned(), "62.02".to_owned()],
                    programmes: vec!["PKH".to_owned()],
                    grants: vec!["BPUM".to_owned(), "KUR".to_owned()],
                    ..Facts::default()
                };
                for (at, (id, area, decile, rows, aid, flags, persons)) in (0..).zip(families) {
                    facts.families.push(FamilyFacts {
                        id,
                        area,
                        decile,
                        decile_by: rows[4].filter(|_| decile.is_some()),
                        stands: rows[0],
                        running: rows[1],
                        proposed: rows[2],
                        failed: rows[3],
                        aid,
                        has_card: flags.0,
                        has_address: flags.1,
                        recipient_is_here: flags.2,
                        first: u32::try_from(facts.persons.len()).expect("few"),
                        count: u32::try_from(persons.len()).expect("few"),
                    });
                    facts.persons.extend(persons);
                    facts.aided.push(Aided {
                        family: at,
                        programme: 0,
                        by: Place { list: 1, row: 7 },
                    });
                }
                businesses.sort_by_key(|it| it.id);
                businesses.dedup_by_key(|it| it.id);
                for it in &mut businesses {
                    let within =
                        |at: Option<u32>, most: usize| at.filter(|at| (*at as usize) < most);
                    it.family = within(it.family, facts.families.len());
                    it.owner = within(it.owner, facts.persons.len());
                }
                facts.businesses = businesses;
                facts
            })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(facts in facts()) {
            prop_assert_eq!(Facts::read(&facts.octets()), Ok(facts));
        }

        /// Lists that were judged by the forms before stay what they were.
        #[test]
        fn the_forms_before_are_read(mut facts in facts()) {
            (facts.grants, facts.businesses) = (Vec::new(), Vec::new());
            let second = Facts::read(&facts.octets_as(Form::Second));
            prop_assert_eq!(second.as_ref(), Ok(&facts));
            let octets = facts.octets_as(Form::First);
            for family in &mut facts.families {
                family.decile_by = family.stands.filter(|_| family.decile.is_some());
            }
            prop_assert_eq!(facts.octets_as(Form::First), octets.as_slice());
            prop_assert_eq!(Facts::read(&octets), Ok(facts));
        }

        #[test]
        fn what_is_not_whole_is_refused(facts in facts(), cut in any::<prop::sample::Index>()) {
            let octets = facts.octets();
            let cut = cut.index(octets.len());
            prop_assert!(Facts::read(&octets[..cut]).is_err());
            let longer = [octets.as_slice(), &[0]].concat();
            prop_assert!(Facts::read(&longer).is_err());
        }

        #[test]
        fn whatever_comes_is_read_or_refused(
            facts in facts(),
            at in any::<prop::sample::Index>(),
            octet in any::<u8>(),
        ) {
            let mut octets = facts.octets();
            let at = at.index(octets.len());
            octets[at] = octet;
            if let Ok(read) = Facts::read(&octets) {
                // Whatever is read can be walked.
                for family in &read.families {
                    let _ = read.representative(family);
                }
                let form = Form::of(&octets).expect("a form");
                prop_assert_eq!(read.octets_as(form), octets);
            }
        }
    }

    #[test]
    fn what_is_something_else_is_refused() {
        assert_eq!(Facts::read(b"PK\x03\x04"), Err(Broken::Head));
        for form in Form::ALL {
            assert_eq!(Facts::read(form.head()), Err(Broken::Length));
        }
        // A count that promises more than there is reserves nothing.
        let promise = [HEAD.as_slice(), &[0xff; 4]].concat();
        assert_eq!(Facts::read(&promise), Err(Broken::Length));
    }
}
