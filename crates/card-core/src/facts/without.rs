//! Facts without somebody: what is left of them when all his rows are destroyed.

use std::collections::BTreeSet;

use super::{BusinessFacts, Facts, FamilyFacts, PersonFacts, Place};

impl Facts {
    /// Takes out families and persons by their ids, and whatever rests on some rows, each by
    /// the number of its list and its own. A family of which nobody is left goes too. Whether
    /// there was anything to take out.
    ///
    /// # Panics
    /// If they are not whole.
    pub fn without(&mut self, ids: &BTreeSet<[u8; 16]>, rows: &BTreeSet<(i64, u32)>) -> bool {
        let lists: Vec<i64> = self.lists.iter().map(|list| list.number).collect();
        let is_gone = |place: Place| rows.contains(&(lists[usize::from(place.list)], place.row));
        let families = std::mem::take(&mut self.families);
        let persons = std::mem::take(&mut self.persons);
        let mut changed = false;
        let mut places = Vec::with_capacity(families.len());
        let mut people = vec![None; persons.len()];
        self.families.reserve_exact(families.len());
        self.persons.reserve_exact(persons.len());
        for mut family in families {
            let its = &persons[family.first as usize..][..family.count as usize];
            let first = self.persons.len();
            if !ids.contains(&family.id) {
                for (person, was) in its.iter().zip(family.first as usize..) {
                    if ids.contains(&person.id) || is_gone(person.stands) {
                        changed = true;
                        continue;
                    }
                    let mut person = *person;
                    changed |= forget_person(&mut person, is_gone);
                    people[was] = u32::try_from(self.persons.len()).ok();
                    self.persons.push(person);
                }
            }
            if self.persons.len() == first {
                changed = true;
                places.push(None);
                continue;
            }
            changed |= forget_family(&mut family, is_gone);
            family.first = u32::try_from(first).expect("counted by 32 bits");
            family.count = u32::try_from(self.persons.len() - first).expect("counted by 32 bits");
            places.push(u32::try_from(self.families.len()).ok());
            self.families.push(family);
        }
        changed |= self.less_trade(&places, &people, is_gone);
        changed | self.less_aid(&places, is_gone)
    }

    /// Businesses without those whose row is gone, each with who of its owners is left.
    fn less_trade(
        &mut self,
        families: &[Option<u32>],
        people: &[Option<u32>],
        is_gone: impl Fn(Place) -> bool,
    ) -> bool {
        let before = self.businesses.len();
        self.businesses.retain(|it| !is_gone(it.stands));
        let mut changed = self.businesses.len() < before;
        for BusinessFacts { family, owner, .. } in &mut self.businesses {
            let was = (family.is_some(), owner.is_some());
            *family = family.and_then(|at| families[at as usize]);
            *owner = owner.and_then(|at| people[at as usize]);
            changed |= was != (family.is_some(), owner.is_some());
        }
        changed
    }

    /// Aid of families that are left, by rows that are. `places` says where each is now.
    fn less_aid(&mut self, places: &[Option<u32>], is_gone: impl Fn(Place) -> bool) -> bool {
        let before = self.aided.len();
        let mut less = BTreeSet::new();
        self.aided
            .retain_mut(|aided| match places[aided.family as usize] {
                None => false,
                Some(now) => {
                    aided.family = now;
                    let stays = !is_gone(aided.by);
                    if !stays {
                        less.insert(now);
                    }
                    stays
                }
            });
        for family in less {
            let bits = self
                .aided(family)
                .iter()
                .fold(0, |bits, aided| bits | 1_u32 << aided.programme);
            self.families[family as usize].aid = bits;
        }
        self.aided.len() < before
    }
}

/// What one of those rows says is not known any more; whether one did.
fn forget_person(person: &mut PersonFacts, is_gone: impl Fn(Place) -> bool) -> bool {
    let mut changed = false;
    if person.birth_by.is_some_and(&is_gone) {
        (person.birth, person.birth_by) = (None, None);
        changed = true;
    }
    changed |= forget(&mut person.died, &is_gone);
    changed | forget(&mut person.gone, &is_gone)
}

fn forget_family(family: &mut FamilyFacts, is_gone: impl Fn(Place) -> bool) -> bool {
    let mut changed = forget(&mut family.stands, &is_gone);
    if forget(&mut family.decile_by, &is_gone) {
        family.decile = None;
        changed = true;
    }
    if forget(&mut family.running, &is_gone) {
        family.recipient_is_here = false;
        changed = true;
    }
    changed |= forget(&mut family.proposed, &is_gone);
    changed | forget(&mut family.failed, &is_gone)
}

fn forget(place: &mut Option<Place>, is_gone: impl Fn(Place) -> bool) -> bool {
    let gone = place.is_some_and(is_gone);
    if gone {
        *place = None;
    }
    gone
}

#[cfg(test)]
mod tests {
    use super::super::{Aided, ListOf};
    use super::*;

    const fn place(list: u16, row: u32) -> Place {
        Place { list, row }
    }

    fn family(id: u8, first: u32, count: u32) -> FamilyFacts {
        FamilyFacts {
            id: [id; 16],
            area: None,
            decile: Some(1),
            decile_by: Some(place(0, id.into())),
            stands: Some(place(0, id.into())),
            running: Some(place(1, id.into())),
            recipient_is_here: true,
            proposed: None,
            failed: None,
            aid: 0b11,
            has_card: true,
            has_address: true,
            first,
            count,
        }
    }

    fn person(id: u8, row: u32) -> PersonFacts {
        PersonFacts {
            id: [id; 16],
            birth: "1975-06-14".parse().ok(),
            stands: place(0, row),
            birth_by: Some(place(1, row)),
            died: None,
            gone: None,
            is_woman: None,
            is_head: false,
            has_nik: true,
        }
    }

    /// Of a family and a person by their places, in a row of the second list.
    fn business(id: u8, family: u32, owner: u32) -> BusinessFacts {
        BusinessFacts {
            id: [id; 16],
            family: Some(family),
            owner: Some(owner),
            area: None,
            stands: place(1, 100 + u32::from(id)),
            turnover: Some(1_500_000),
            years: Some(3),
            sector: Some(47),
            has_nib: false,
            grants: Some(0b1),
        }
    }

    /// Three families: the first of two persons, the others of one; a business of each.
    fn facts() -> Facts {
        let list = |number| ListOf {
            number,
            kind: "dtsen".to_owned(),
            title: String::new(),
            as_of: None,
        };
        let aided = |family, programme, row| Aided {
            family,
            programme,
            by: place(1, row),
        };
        Facts {
            lists: vec![list(7), list(9)],
            areas: Vec::new(),
            programmes: vec!["BLT".to_owned(), "PKH".to_owned()],
            grants: vec!["BPUM".to_owned()],
            businesses: vec![business(1, 0, 1), business(2, 1, 2), business(3, 2, 3)],
            families: vec![family(1, 0, 2), family(2, 2, 1), family(3, 3, 1)],
            persons: vec![person(11, 1), person(12, 10), person(21, 2), person(31, 3)],
            aided: vec![
                aided(0, 0, 1),
                aided(0, 1, 10),
                aided(1, 0, 2),
                aided(2, 0, 3),
            ],
        }
    }

    fn ids(facts: &Facts) -> (Vec<u8>, Vec<u8>) {
        let families = facts.families.iter().map(|it| it.id[0]).collect();
        (families, facts.persons.iter().map(|it| it.id[0]).collect())
    }

    fn without(ids: &[u8], rows: &[(i64, u32)]) -> (bool, Facts) {
        let mut facts = facts();
        let ids = ids.iter().map(|id| [*id; 16]).collect();
        let changed = facts.without(&ids, &rows.iter().copied().collect());
        assert_eq!(Facts::read(&facts.octets()).as_ref(), Ok(&facts), "whole");
        (changed, facts)
    }

    #[test]
    fn whoever_is_not_there_leaves_them_as_they_are() {
        assert_eq!(without(&[], &[]), (false, facts()));
        assert_eq!(without(&[99], &[(7, 99), (8, 1)]), (false, facts()));
    }

    #[test]
    fn a_family_goes_with_all_that_hangs_on_it() {
        let (changed, left) = without(&[2], &[]);
        assert!(changed);
        assert_eq!(ids(&left), (vec![1, 3], vec![11, 12, 31]));
        let of: Vec<(u32, u32)> = left.aided.iter().map(|it| (it.family, it.by.row)).collect();
        assert_eq!(of, [(0, 1), (0, 10), (1, 3)]);
        assert_eq!(left.persons_of(&left.families[1])[0].id, [31; 16]);
    }

    #[test]
    fn a_person_goes_and_what_his_rows_say_of_others_too() {
        let (changed, left) = without(&[11], &[(7, 1), (9, 1)]);
        assert!(changed);
        assert_eq!(ids(&left), (vec![1, 2, 3], vec![12, 21, 31]));
        let family = &left.families[0];
        assert_eq!((family.stands, family.decile), (None, None));
        assert_eq!((family.running, family.recipient_is_here), (None, false));
        assert_eq!(family.aid, 0b10, "by the other row only");
        // The last of a family takes it along.
        let (_, left) = without(&[31], &[(7, 3), (9, 3)]);
        assert_eq!(ids(&left), (vec![1, 2], vec![11, 12, 21]));
    }

    #[test]
    fn a_business_goes_with_its_row_and_stays_without_its_owner() {
        let whose = |facts: &Facts| -> Vec<(u8, Option<u32>, Option<u32>)> {
            let all = facts.businesses.iter();
            all.map(|it| (it.id[0], it.family, it.owner)).collect()
        };
        let (_, left) = without(&[2], &[(9, 102)]);
        assert_eq!(whose(&left), [(1, Some(0), Some(1)), (3, Some(1), Some(2))]);
        // The family stays by another of it: the owner is not known any more.
        let (changed, left) = without(&[12], &[(7, 10)]);
        assert!(changed);
        assert_eq!(whose(&left)[0], (1, Some(0), None));
        assert_eq!(whose(&left)[2], (3, Some(2), Some(2)));
        assert!(without(&[], &[(9, 101)]).0);
    }

    #[test]
    fn what_a_row_said_of_somebody_who_stays_is_not_known_any_more() {
        let (changed, left) = without(&[], &[(9, 2)]);
        assert!(changed);
        assert_eq!(left.persons[2].birth, None);
        assert_eq!(left.families[1].running, None);
        assert_eq!(left.families[1].stands, Some(place(0, 2)));
        assert_eq!(left.families[1].aid, 0);
    }
}
