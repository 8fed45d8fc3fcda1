//! What an examination knows of families and persons, in columns.
//!
//! Rules are judged over these and over nothing else, so that a decision can be told again
//! from them, whatever lists came later. Beside each value stands the row of the list that
//! says it. No name, number or address is among them: who is meant is told by the row.
//!
//! As octets they are little-endian columns with their lengths before them, read
//! defensively: what was sealed may have been altered by whoever holds the key.

mod gather;
mod octets;
mod without;

use base::day::Day;

use crate::rule::Subject;

pub use self::gather::Gathering;
pub use self::octets::Broken;

/// A row of a list, by the place of the list among [`Facts::lists`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Which list.
    pub list: u16,
    /// Its row.
    pub row: u32,
}

/// A list that facts were taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListOf {
    /// Its number in the house.
    pub number: i64,
    /// The word of its kind.
    pub kind: String,
    /// What it is called.
    pub title: String,
    /// The day whose state it tells.
    pub as_of: Option<Day>,
}

/// A family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FamilyFacts {
    /// Its id, 16 octets.
    pub id: [u8; 16],
    /// Where it lives: a place in [`Facts::areas`].
    pub area: Option<u32>,
    /// 1 to 10: what most of it have in DTSEN.
    pub decile: Option<u8>,
    /// A row that says so; none where no decile is known.
    pub decile_by: Option<Place>,
    /// The row that it stands under in DTSEN: its head's, where a list calls somebody that.
    pub stands: Option<Place>,
    /// Its row on the running list.
    pub running: Option<Place>,
    /// Whether whoever stands there lives, and here.
    pub recipient_is_here: bool,
    /// A row by which a village proposes it.
    pub proposed: Option<Place>,
    /// The newest transfer to it that failed.
    pub failed: Option<Place>,
    /// Programmes of other aid that it gets, as bits by [`Facts::programmes`].
    pub aid: u32,
    /// Whether somebody of it stands under a sound number of a family card.
    pub has_card: bool,
    /// Whether a row of it names a street.
    pub has_address: bool,
    /// Its persons: from this one in [`Facts::persons`] on,
    pub first: u32,
    /// so many.
    pub count: u32,
}

/// A person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonFacts {
    /// The id, 16 octets.
    pub id: [u8; 16],
    /// The day of birth.
    pub birth: Option<Day>,
    /// The row that says most about them: of DTSEN, else of whichever list counts first.
    pub stands: Place,
    /// The row that says the birthday.
    pub birth_by: Option<Place>,
    /// The row by which they have died.
    pub died: Option<Place>,
    /// The row by which they have moved out of the province.
    pub gone: Option<Place>,
    /// Whether they are a woman; none: not known.
    pub is_woman: Option<bool>,
    /// Whether a list calls them the head of their family.
    pub is_head: bool,
    /// Whether a row has a sound NIK of them.
    pub has_nik: bool,
}

/// Stands for the family of a business where that is not known.
pub const NOBODY: u32 = u32::MAX;

/// A household business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BusinessFacts {
    /// Its id, 16 octets.
    pub id: [u8; 16],
    /// Its owner's family: a place in [`Facts::families`]; none where no other list knows it.
    pub family: Option<u32>,
    /// Its owner: a place in [`Facts::persons`]; none where no other list knows them.
    pub owner: Option<u32>,
    /// Where it is: a place in [`Facts::areas`].
    pub area: Option<u32>,
    /// The row that says all of this: that of the newest list.
    pub stands: Place,
    /// What it takes in a month, in rupiah, at most [`crate::rule::TURNOVER_MAX`].
    pub turnover: Option<i32>,
    /// Whole years that it has run.
    pub years: Option<u8>,
    /// Its division by KBLI, 1 to 99.
    pub sector: Option<u8>,
    /// Whether it has a sound business number.
    pub has_nib: bool,
    /// Aid that it has had, as bits by [`Facts::grants`]; none where its row does not say.
    pub grants: Option<u32>,
}

impl PersonFacts {
    /// Whether they live, and here, by all that is known.
    #[must_use]
    pub const fn is_here(&self) -> bool {
        self.died.is_none() && self.gone.is_none()
    }
}

/// A programme of other aid, and the row by which a family gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Aided {
    /// The family, by its place.
    pub family: u32,
    /// The programme, by its place in [`Facts::programmes`].
    pub programme: u8,
    /// The row.
    pub by: Place,
}

/// All that an examination knows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// The lists it is from.
    pub lists: Vec<ListOf>,
    /// Codes of areas, each once, sorted.
    pub areas: Vec<String>,
    /// Programmes of other aid of which lists were examined, in capitals.
    pub programmes: Vec<String>,
    /// Families, in the order of their ids.
    pub families: Vec<FamilyFacts>,
    /// Persons, those of one family together.
    pub persons: Vec<PersonFacts>,
    /// Who gets which other aid by which row, sorted.
    pub aided: Vec<Aided>,
    /// Names of aid to businesses, in the order of their bits.
    pub grants: Vec<String>,
    /// Household businesses, by their ids.
    pub businesses: Vec<BusinessFacts>,
}

impl Facts {
    /// The persons of a family.
    ///
    /// # Panics
    /// If the family is of other facts.
    #[must_use]
    pub fn persons_of(&self, family: &FamilyFacts) -> &[PersonFacts] {
        let first = family.first as usize;
        &self.persons[first..first + family.count as usize]
    }

    /// Whether somebody of a family is known as its head.
    ///
    /// # Panics
    /// If the family is of other facts.
    #[must_use]
    pub fn has_head(&self, family: &FamilyFacts) -> bool {
        self.persons_of(family).iter().any(|it| it.is_head)
    }

    /// By which rows a family gets other aid.
    #[must_use]
    pub fn aided(&self, family: u32) -> &[Aided] {
        let from = self.aided.partition_point(|it| it.family < family);
        let to = self.aided.partition_point(|it| it.family <= family);
        &self.aided[from..to]
    }

    /// How many subjects there are.
    #[must_use]
    pub const fn count(&self, subject: Subject) -> usize {
        match subject {
            Subject::Family => self.families.len(),
            Subject::Person => self.persons.len(),
            Subject::Business => self.businesses.len(),
        }
    }

    /// The id of a subject.
    ///
    /// # Panics
    /// If there are not as many.
    #[must_use]
    pub fn id(&self, subject: Subject, at: usize) -> [u8; 16] {
        match subject {
            Subject::Family => self.families[at].id,
            Subject::Person => self.persons[at].id,
            Subject::Business => self.businesses[at].id,
        }
    }

    /// The family of each subject, by their places; [`NOBODY`] of a business whose owner's
    /// family is not known.
    #[must_use]
    pub fn homes(&self, subject: Subject) -> Vec<u32> {
        match subject {
            Subject::Family => (0_u32..).take(self.families.len()).collect(),
            Subject::Person => self.owners(),
            Subject::Business => {
                let businesses = self.businesses.iter();
                businesses.map(|it| it.family.unwrap_or(NOBODY)).collect()
            }
        }
    }

    /// Where a subject is, the family of which is told by [`Facts::homes`]: where the family
    /// lives, or where the business is.
    ///
    /// # Panics
    /// If the place is of other facts.
    #[must_use]
    pub fn area_of(&self, subject: Subject, at: usize, home: u32) -> Option<u32> {
        match subject {
            Subject::Business => self.businesses[at].area,
            Subject::Family | Subject::Person => self.families[home as usize].area,
        }
    }

    /// The decile of the family of a subject; none where that or the family is not known.
    #[must_use]
    pub fn decile_of(&self, home: u32) -> Option<u8> {
        self.families.get(home as usize)?.decile
    }

    /// The family of each person, by their places.
    #[must_use]
    pub fn owners(&self) -> Vec<u32> {
        let families = (0_u32..).zip(&self.families);
        families
            .flat_map(|(at, family)| std::iter::repeat_n(at, family.count as usize))
            .collect()
    }

    /// The place of a business.
    #[must_use]
    pub fn business(&self, id: &[u8; 16]) -> Option<u32> {
        let at = self.businesses.binary_search_by(|it| it.id.cmp(id)).ok()?;
        u32::try_from(at).ok()
    }

    /// The place of a family.
    #[must_use]
    pub fn family(&self, id: &[u8; 16]) -> Option<u32> {
        let at = self.families.binary_search_by(|it| it.id.cmp(id)).ok()?;
        u32::try_from(at).ok()
    }

    /// Who stands for a family: whoever has its card, else its head, else the oldest who
    /// lives here.
    ///
    /// # Panics
    /// If the family is of other facts.
    #[must_use]
    pub fn representative(&self, family: &FamilyFacts) -> Place {
        let persons = self.persons_of(family);
        let here = || persons.iter().filter(|it| it.is_here());
        let running = family.running.filter(|_| family.recipient_is_here);
        running
            .or_else(|| here().find(|it| it.is_head).map(|it| it.stands))
            .or_else(|| {
                let known = here().filter(|it| it.birth.is_some());
                known.min_by_key(|it| it.birth).map(|it| it.stands)
            })
            .or_else(|| here().next().map(|it| it.stands))
            .or(family.stands)
            .unwrap_or(persons[0].stands)
    }
}
