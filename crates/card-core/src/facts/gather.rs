//! Facts out of records that were linked.
//!
//! Where records of one person disagree, what most of them say counts; of as many the list
//! that counts first, then its newest.

use std::cmp::Reverse;

use base::area::AreaCode;
use base::day::Day;

use super::{Aided, BusinessFacts, Facts, FamilyFacts, ListOf, PersonFacts, Place};
use crate::birth::Birth;
use crate::business::Said;
use crate::household::{Households, Listed};
use crate::link::register::{Register, WOMAN};
use crate::list::Kind;
use crate::number::LENGTH;
use crate::running::{self, Told};

/// What facts are gathered from: records in one order, and who they are of.
#[derive(Debug, Clone, Copy)]
pub struct Gathering<'a> {
    /// All records.
    pub register: &'a Register,
    /// Who is who.
    pub households: &'a Households,
    /// The lists that records stand in.
    pub lists: &'a [Listed],
    /// What each record says besides.
    pub told: &'a [Told],
    /// Where each record lies.
    pub areas: &'a [Option<AreaCode>],
    /// The id of each person,
    pub persons: &'a [[u8; 16]],
    /// and of each family.
    pub families: &'a [[u8; 16]],
    /// What records of businesses say of them.
    pub businesses: &'a [Said],
}

impl Gathering<'_> {
    /// All that is known. `lists`, `programmes` and `grants` say what the places in `told` and
    /// the bits of businesses are called. Whoever stands on lists of businesses alone is not
    /// among the persons, nor a family of nobody else among the families.
    ///
    /// # Panics
    /// If there are not as many of each as households know.
    #[must_use]
    pub fn facts(&self, lists: Vec<ListOf>, programmes: Vec<String>, grants: Vec<String>) -> Facts {
        let count = self.told.len();
        assert_eq!(count, self.households.person.len());
        assert_eq!(count, self.areas.len());
        assert_eq!(lists.len(), self.lists.len());
        assert_eq!(self.families.len(), self.households.families as usize);
        let mut areas: Vec<&AreaCode> = self.areas.iter().flatten().collect();
        areas.sort_unstable();
        areas.dedup();
        let persons = self.people();
        let mut facts = Facts {
            lists,
            areas: areas.iter().map(ToString::to_string).collect(),
            programmes,
            families: Vec::with_capacity(self.families.len()),
            persons: Vec::with_capacity(persons.len()),
            aided: Vec::new(),
            grants,
            businesses: Vec::new(),
        };
        let area = |record: u32| {
            let code = self.areas[record as usize].as_ref()?;
            u32::try_from(areas.binary_search(&code).ok()?).ok()
        };
        facts.areas.sort_unstable();
        self.fill(&mut facts, persons, area);
        facts
    }

    fn place(&self, record: u32) -> Place {
        let told = &self.told[record as usize];
        Place {
            list: told.list,
            row: told.row,
        }
    }

    /// What each person's records say; none of whom lists of businesses alone tell.
    fn people(&self) -> Vec<Option<PersonFacts>> {
        let count = self.households.family.len();
        let mut records: Vec<(u32, u8, Reverse<u32>, u32)> = (0_u32..)
            .zip(self.told)
            .map(|(at, told)| {
                let list = self.lists[usize::from(told.list)];
                let person = self.households.person[at as usize];
                (person, list.kind.rank(), Reverse(list.order), at)
            })
            .collect();
        records.sort_unstable();
        let mut people = Vec::with_capacity(count);
        for of_one in records.chunk_by(|a, b| a.0 == b.0) {
            let person = of_one[0].0 as usize;
            assert_eq!(person, people.len(), "persons are counted without gaps");
            // Lists of businesses stand last, and say nothing of whom others tell.
            let told = of_one.partition_point(|it| it.1 < Kind::Usaha.rank());
            let records = of_one[..told].iter().map(|it| it.3);
            people.push((told > 0).then(|| self.person(person, records)));
        }
        people
    }

    /// One person, by records in the order in which they count.
    fn person(&self, person: usize, records: impl Iterator<Item = u32> + Clone) -> PersonFacts {
        let kind = |record: u32| self.lists[usize::from(self.told[record as usize].list)].kind;
        let folded = |record: u32| &self.register.records[record as usize];
        let said = |stands_in: bool| {
            let births = records.clone().filter_map(move |record| {
                let birth = folded(record).birth?;
                (birth.stands_in() == stands_in).then_some((birth, record))
            });
            most(births)
        };
        // A day that stands in for one that is not known counts where there is no other.
        let birth = said(false).or_else(|| said(true));
        let sexes = records
            .clone()
            .map(|record| (folded(record).sex, record))
            .filter(|it| it.0 != 0);
        let find = |wanted: fn(Kind, &Told) -> bool| {
            let mut found = records.clone();
            let found = found.find(|it| wanted(kind(*it), &self.told[*it as usize]));
            found.map(|record| self.place(record))
        };
        let first = records.clone().next().expect("a person has a record");
        PersonFacts {
            id: self.persons[person],
            birth: birth.and_then(|it| day(it.0)),
            stands: self.place(first),
            birth_by: birth.map(|it| self.place(it.1)),
            died: find(|kind, _| kind == Kind::Kematian),
            gone: find(|kind, told| kind == Kind::Pindah && told.away),
            is_woman: most(sexes).map(|it| it.0 == WOMAN),
            is_head: records
                .clone()
                .any(|record| self.told[record as usize].is_head),
            has_nik: records.clone().any(|record| {
                let nik = folded(record).nik;
                nik.is_some_and(|nik| nik.length() == LENGTH)
            }),
        }
    }

    fn fill(
        &self,
        facts: &mut Facts,
        people: Vec<Option<PersonFacts>>,
        area: impl Fn(u32) -> Option<u32> + Copy,
    ) {
        let mut is_known = vec![false; self.households.families as usize];
        for (person, family) in people.iter().zip(&self.households.family) {
            is_known[*family as usize] |= person.is_some();
        }
        let known = running::families(self.households, self.lists, self.told, u32::MAX);
        let mut order: Vec<u32> = (0..self.households.families)
            .filter(|at| is_known[*at as usize])
            .collect();
        order.sort_unstable_by_key(|at| self.families[*at as usize]);
        let mut place_of = vec![u32::MAX; is_known.len()];
        for (place, at) in (0_u32..).zip(&order) {
            place_of[*at as usize] = place;
        }
        let mut families: Vec<FamilyFacts> = order
            .iter()
            .map(|at| {
                let known = &known[*at as usize];
                FamilyFacts {
                    id: self.families[*at as usize],
                    area: known.stands.or(known.row).and_then(&area),
                    decile: known.decile(),
                    decile_by: None,
                    stands: known.stands.map(|it| self.place(it)),
                    running: known.row.map(|it| self.place(it)),
                    recipient_is_here: known.row.is_some() && known.row_lives,
                    proposed: None,
                    failed: None,
                    aid: 0,
                    has_card: false,
                    has_address: false,
                    first: 0,
                    count: 0,
                }
            })
            .collect();
        for (at, told) in (0_u32..).zip(self.told) {
            let list = self.lists[usize::from(told.list)];
            if !list.kind.tells_of_people() {
                // Neither the number nor the place of a business is its owner's.
                continue;
            }
            let of = self.households.of(at as usize) as usize;
            let place = place_of[of];
            let family = &mut families[place as usize];
            if known[of].is_told(list, told) {
                let own = self.place(at);
                // Of those who say it the one that the family stands under.
                let is_first = family.decile_by.is_none() || family.stands == Some(own);
                family.decile_by = if is_first {
                    Some(own)
                } else {
                    family.decile_by
                };
            }
            let folded = &self.register.records[at as usize];
            family.has_card |= folded.kk.is_some_and(|it| it.length() == LENGTH);
            family.has_address |= folded.home.street != 0;
            family.area = family.area.or_else(|| area(at));
            match list.kind {
                Kind::Desa => family.proposed = family.proposed.or(Some(self.place(at))),
                Kind::Gagal => family.failed = Some(self.place(at)),
                Kind::Bansos => {
                    family.aid |= told.programmes;
                    for programme in 0_u8..32 {
                        if told.programmes >> programme & 1 == 1 {
                            facts.aided.push(Aided {
                                family: place,
                                programme,
                                by: self.place(at),
                            });
                        }
                    }
                }
                _ => {}
            }
        }
        facts.aided.sort_unstable();
        let mut by_family: Vec<(u32, usize)> = (0..people.len())
            .filter(|at| people[*at].is_some())
            .map(|at| (place_of[self.households.family[at] as usize], at))
            .collect();
        by_family.sort_unstable();
        let mut at_person = vec![None; people.len()];
        for (family, person) in by_family {
            let family = &mut families[family as usize];
            if family.count == 0 {
                family.first = u32::try_from(facts.persons.len()).expect("counted by 32 bits");
            }
            family.count += 1;
            at_person[person] = u32::try_from(facts.persons.len()).ok();
            facts.persons.extend(people[person]);
        }
        facts.families = families;
        facts.businesses = self.trades(&at_person, &place_of, area);
    }

    /// Each business by what its newest row says. Where rows of one lead to several owners,
    /// or to one and to nobody, nobody knows whose it is.
    fn trades(
        &self,
        at_person: &[Option<u32>],
        place_of: &[u32],
        area: impl Fn(u32) -> Option<u32>,
    ) -> Vec<BusinessFacts> {
        let order = |said: &Said| {
            let told = &self.told[said.record as usize];
            Reverse((self.lists[usize::from(told.list)].order, told.row))
        };
        let mut said: Vec<&Said> = self.businesses.iter().collect();
        said.sort_unstable_by_key(|it| (it.id, order(it)));
        let owner = |it: &Said| at_person[self.households.person[it.record as usize] as usize];
        let family = |it: &Said| {
            let place = place_of[self.households.of(it.record as usize) as usize];
            (place != u32::MAX).then_some(place)
        };
        let businesses = said.chunk_by(|a, b| a.id == b.id).map(|same| {
            let newest = same[0];
            let (whose, home) = (owner(newest), family(newest));
            BusinessFacts {
                id: newest.id,
                owner: whose.filter(|_| same.iter().all(|it| owner(it) == whose)),
                family: home.filter(|_| same.iter().all(|it| family(it) == home)),
                area: area(newest.record),
                stands: self.place(newest.record),
                turnover: newest.turnover,
                years: newest.years,
                sector: newest.sector,
                has_nib: newest.has_nib,
                grants: newest.grants,
            }
        });
        businesses.collect()
    }
}

/// What is said most often; of as many what is said first.
fn most<T: Copy + PartialEq>(said: impl Iterator<Item = (T, u32)> + Clone) -> Option<(T, u32)> {
    let mut best: Option<(usize, (T, u32))> = None;
    for (value, record) in said.clone() {
        let times = said.clone().filter(|other| other.0 == value).count();
        if best.is_none_or(|best| times > best.0) {
            best = Some((times, (value, record)));
        }
    }
    best.map(|best| best.1)
}

fn day(birth: Birth) -> Option<Day> {
    Day::new(birth.year.into(), birth.month.into(), birth.day.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::cluster::Clusters;
    use crate::link::register::Row;

    const LISTS: [Listed; 5] = [
        listed(Kind::Dtsen, 1),
        listed(Kind::Bansos, 2),
        listed(Kind::Kematian, 3),
        listed(Kind::Kpm, 4),
        listed(Kind::Desa, 5),
    ];

    const fn listed(kind: Kind, order: u32) -> Listed {
        Listed { kind, order }
    }

    const ONE: &str = "6202110101150009";

    struct Says {
        /// The first record of the same person.
        same: u32,
        list: u16,
        birth: &'static str,
        sex: &'static str,
        told: Told,
    }

    fn gathered(records: &[Says]) -> Facts {
        let mut register = Register::new();
        for it in records {
            register.push(&Row {
                kk: ONE,
                birth: it.birth,
                sex: it.sex,
                address: "Jl. Mawar",
                ..Row::default()
            });
        }
        let clusters = Clusters {
            of: records.iter().map(|it| it.same).collect(),
            count: 0,
            refused: 0,
        };
        let told: Vec<Told> = (1..)
            .zip(records)
            .map(|(row, it)| Told {
                list: it.list,
                row,
                ..it.told
            })
            .collect();
        let list: Vec<u16> = told.iter().map(|it| it.list).collect();
        let heads: Vec<bool> = told.iter().map(|it| it.is_head).collect();
        let households = Households::new(&register, &clusters, &LISTS, &list, &heads);
        let areas = vec!["62.01.01.2001".parse().ok(); records.len()];
        let count = households.family.len();
        // Ids go down, so that order by id is another than the order of records.
        let id = |at: usize| [u8::try_from(200 - at).expect("few"); 16];
        let persons: Vec<[u8; 16]> = (0..count).map(id).collect();
        let families: Vec<[u8; 16]> = (0..households.families as usize).map(id).collect();
        let gathering = Gathering {
            register: &register,
            households: &households,
            lists: &LISTS,
            told: &told,
            areas: &areas,
            persons: &persons,
            families: &families,
            businesses: &[],
        };
        let called = |(number, it): (i64, &Listed)| ListOf {
            number,
            kind: it.kind.as_str().to_owned(),
            title: String::new(),
            as_of: None,
        };
        let lists = (1..).zip(&LISTS).map(called).collect();
        let facts = gathering.facts(lists, vec!["PKH".to_owned()], Vec::new());
        assert_eq!(Facts::read(&facts.octets()).as_ref(), Ok(&facts));
        facts
    }

    fn says(same: u32, list: u16, birth: &'static str, sex: &'static str, told: Told) -> Says {
        Says {
            same,
            list,
            birth,
            sex,
            told,
        }
    }

    const PLAIN: Told = Told::new(0, 0);

    #[test]
    fn the_row_that_says_the_decile_is_named() {
        let says_decile = |same, decile, is_head| {
            let told = Told {
                decile,
                is_head,
                ..PLAIN
            };
            says(same, 0, "1970-01-01", "L", told)
        };
        for (records, decile, by) in [
            // The head's, though another says it first.
            (
                vec![says_decile(0, 2, false), says_decile(1, 2, true)],
                Some(2),
                Some(2),
            ),
            // The head is outvoted.
            (
                vec![
                    says_decile(0, 1, true),
                    says_decile(1, 4, false),
                    says_decile(2, 4, false),
                ],
                Some(4),
                Some(2),
            ),
            (
                vec![says_decile(0, 0, true), says_decile(1, 3, false)],
                Some(3),
                Some(2),
            ),
            (vec![says_decile(0, 0, true)], None, None),
        ] {
            let facts = gathered(&records);
            let family = &facts.families[0];
            assert_eq!(family.decile, decile);
            let place = by.map(|row| Place { list: 0, row });
            assert_eq!(family.decile_by, place);
        }
    }

    #[test]
    fn a_family_is_told_by_what_its_records_say() {
        let head = Told {
            is_head: true,
            decile: 2,
            ..PLAIN
        };
        let aided = Told {
            programmes: 1,
            ..PLAIN
        };
        let facts = gathered(&[
            says(0, 0, "1970-01-01", "L", head),
            says(1, 0, "1975-06-18", "P", Told { decile: 2, ..PLAIN }),
            says(1, 1, "1975-06-19", "P", aided),
            says(0, 2, "", "", PLAIN),
            says(0, 3, "1970-03-04", "L", PLAIN),
            says(1, 4, "1975-06-18", "L", PLAIN),
        ]);
        let [family] = facts.families.as_slice() else {
            panic!("one family")
        };
        let place = |list, row| Place { list, row };
        assert_eq!(family.decile, Some(2));
        assert_eq!(family.stands, Some(place(0, 1)));
        assert_eq!(family.running, Some(place(3, 5)));
        assert_eq!(family.proposed, Some(place(4, 6)));
        assert_eq!(
            (family.aid, family.has_card, family.has_address),
            (1, true, true)
        );
        assert_eq!(facts.areas, ["62.01.01.2001"]);
        assert_eq!(facts.aided.len(), 1);
        assert_eq!(facts.aided[0].by, place(1, 3));
        let [husband, wife] = facts.persons_of(family) else {
            panic!("two persons")
        };
        // A day that only stands in gives way to one that was said once.
        assert_eq!(husband.birth, Day::new(1970, 3, 4));
        assert_eq!(husband.birth_by, Some(place(3, 5)));
        assert_eq!(husband.died, Some(place(2, 4)));
        assert!(husband.is_head && !husband.is_here());
        // Two records of three say the 18th, and a woman.
        assert_eq!(wife.birth, Day::new(1975, 6, 18));
        assert_eq!(wife.is_woman, Some(true));
        assert_eq!(wife.stands, place(0, 2));
        // He who has the card has died: she stands for the family.
        assert_eq!(facts.representative(family), place(0, 2));
    }
}
