//! Persons out of clusters, and families out of persons.
//!
//! A family is whoever stands under one number of a family card (KK). Lists disagree about
//! that number, and one in a hundred is written wrong: a person's is the one that most of
//! his records say; of as many one that somebody else has, too, since nobody shares a slip;
//! then the one of the list that counts first. Who stands under
//! a number without a head belongs to the one family with a head whose number is a slip
//! away in the same street, or that two of them have stood under elsewhere. Two families
//! with heads are never made one: numbers of cards follow each other.

use std::cmp::Reverse;

use crate::hash::Map;
use crate::link::cluster::Clusters;
use crate::link::register::Register;
use crate::list::Kind;
use crate::number::LENGTH;

/// Which list a record stands in, by its place among the lists.
pub type ListAt = u16;

/// A list, as far as families need to know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// What it is a list of.
    pub kind: Kind,
    /// Later ones count before earlier ones of the same kind.
    pub order: u32,
}

/// Who is who, and who belongs together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Households {
    /// The person of each record, from zero, in the order of their first records.
    pub person: Vec<u32>,
    /// The family of each person, from zero, in the order of their first persons.
    pub family: Vec<u32>,
    /// How many families there are.
    pub families: u32,
    /// Persons of whom no record names a family card: each is a family of its own.
    pub without_card: u32,
}

impl Households {
    /// The family of a record.
    #[must_use]
    pub fn of(&self, record: usize) -> u32 {
        self.family[self.person[record] as usize]
    }

    /// Groups what clusters hold. `list` gives the list of each record, `is_head` whether
    /// that list calls it the head of its family.
    ///
    /// # Panics
    /// If there are not as many records as the register has.
    #[must_use]
    pub fn new(
        register: &Register,
        clusters: &Clusters,
        lists: &[Listed],
        list: &[ListAt],
        is_head: &[bool],
    ) -> Self {
        assert_eq!(register.len(), clusters.of.len());
        assert_eq!(register.len(), list.len());
        assert_eq!(register.len(), is_head.len());
        let person = persons(&clusters.of);
        let count = person.iter().max().map_or(0, |last| *last as usize + 1);
        let of_people = |record: usize| lists[usize::from(list[record])].kind.tells_of_people();
        let mut is_told = vec![false; count];
        for (record, person) in person.iter().enumerate() {
            is_told[*person as usize] |= of_people(record);
        }
        let said = (0..register.len()).filter_map(|record| {
            // A list of businesses says whose one is, and nothing of whom others tell.
            if is_told[person[record] as usize] && !of_people(record) {
                return None;
            }
            let card = register
                .card(record)
                .filter(|card| card.length() == LENGTH)?;
            let list = lists[usize::from(list[record])];
            Some(Said {
                person: person[record],
                card: card.value(),
                rank: list.kind.rank(),
                order: list.order,
            })
        });
        let mut said: Vec<Said> = said.collect();
        said.sort_unstable();
        let mut cards = elected(count, &said);
        let mut headless = Headless::new(&cards, &person, is_head);
        headless.in_one_street(register, &cards, &person);
        headless.elsewhere(&cards, &said);
        headless.join(&mut cards);
        let mut families: Map<u64, u32> = Map::default();
        let mut whole = Self {
            person,
            ..Self::default()
        };
        whole.family = cards
            .into_iter()
            .zip(is_told)
            .map(|(card, is_told)| {
                let next = whole.families;
                let family = match card {
                    Some(card) => *families.entry(card).or_insert(next),
                    None => {
                        whole.without_card += u32::from(is_told);
                        next
                    }
                };
                whole.families += u32::from(family == next);
                family
            })
            .collect();
        whole
    }
}

/// Persons by the order of their first records.
fn persons(first: &[u32]) -> Vec<u32> {
    let mut person = vec![0; first.len()];
    let mut next = 0;
    for (record, first) in first.iter().enumerate() {
        let first = *first as usize;
        // The first record of a cluster names it, and comes before the others.
        person[record] = if first == record {
            next += 1;
            next - 1
        } else {
            person[first]
        };
    }
    person
}

/// One record's word on the card of its person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Said {
    person: u32,
    card: u64,
    rank: u8,
    order: u32,
}

/// The card of each person.
fn elected(count: usize, said: &[Said]) -> Vec<Option<u64>> {
    let mut cards = vec![None; count];
    let mut people: Map<u64, u32> = Map::default();
    for of_one in said.chunk_by(|a, b| (a.person, a.card) == (b.person, b.card)) {
        *people.entry(of_one[0].card).or_default() += 1;
    }
    let is_shared = |card: u64| people.get(&card).is_some_and(|people| *people > 1);
    for of_person in said.chunk_by(|a, b| a.person == b.person) {
        let best = of_person
            .chunk_by(|a, b| a.card == b.card)
            .map(|same| {
                // Of as many votes what others say, too, then the list that counts first, then
                // its newest, then the smaller number, so that it is always the same.
                let rank = same.iter().map(|said| said.rank).min();
                let order = same.iter().map(|said| said.order).max();
                let card = same[0].card;
                (
                    same.len(),
                    is_shared(card),
                    Reverse(rank),
                    order,
                    Reverse(card),
                )
            })
            .max();
        cards[of_person[0].person as usize] = best.map(|(.., card)| card.0);
    }
    cards
}

/// Numbers of cards under which nobody is called a head, and the families with one that
/// they may belong to.
struct Headless {
    has_head: Map<u64, bool>,
    /// A number without a head, and one with a head that may be meant.
    may_be: Vec<(u64, u64)>,
}

/// Numbers of one street that are compared with each other at most.
const STREET_MAX: usize = 400;

/// So many persons have to have stood under both numbers.
const BOTH_MIN: usize = 2;

impl Headless {
    fn new(cards: &[Option<u64>], person: &[u32], is_head: &[bool]) -> Self {
        let mut has_head: Map<u64, bool> = Map::default();
        for (record, person) in person.iter().enumerate() {
            if let Some(card) = cards[*person as usize] {
                *has_head.entry(card).or_default() |= is_head[record];
            }
        }
        Self {
            has_head,
            may_be: Vec::new(),
        }
    }

    fn has(&self, card: u64) -> bool {
        self.has_head.get(&card).copied().unwrap_or(false)
    }

    /// Numbers a slip apart whose people live in one street.
    fn in_one_street(&mut self, register: &Register, cards: &[Option<u64>], person: &[u32]) {
        let mut at_home: Vec<((u32, u32), u64)> = person
            .iter()
            .enumerate()
            .filter_map(|(record, person)| {
                let home = register.lives(record)?;
                Some((home, cards[*person as usize]?))
            })
            .collect();
        at_home.sort_unstable();
        at_home.dedup();
        for street in at_home.chunk_by(|a, b| a.0 == b.0) {
            if street.len() > STREET_MAX {
                continue;
            }
            let (with, without): (Vec<u64>, Vec<u64>) = street
                .iter()
                .map(|it| it.1)
                .partition(|card| self.has(*card));
            for card in without {
                let near = with.iter().filter(|it| is_a_slip(**it, card));
                self.may_be.extend(near.map(|it| (card, *it)));
            }
        }
    }

    /// Numbers under which two persons or more have stood in other lists.
    fn elsewhere(&mut self, cards: &[Option<u64>], said: &[Said]) {
        let mut both: Vec<(u64, u64)> = Vec::new();
        for of_person in said.chunk_by(|a, b| a.person == b.person) {
            let Some(own) = cards[of_person[0].person as usize] else {
                continue;
            };
            for same in of_person.chunk_by(|a, b| a.card == b.card) {
                let other = same[0].card;
                match (self.has(own), self.has(other)) {
                    (false, true) => both.push((own, other)),
                    (true, false) if other != own => both.push((other, own)),
                    _ => {}
                }
            }
        }
        both.sort_unstable();
        let often = both.chunk_by(|a, b| a == b);
        let often = often.filter(|same| same.len() >= BOTH_MIN);
        self.may_be.extend(often.map(|same| same[0]));
    }

    /// Who may belong to one family only belongs to it.
    fn join(mut self, cards: &mut [Option<u64>]) {
        self.may_be.sort_unstable();
        self.may_be.dedup();
        let mut into: Map<u64, u64> = Map::default();
        for of_one in self.may_be.chunk_by(|a, b| a.0 == b.0) {
            if let [(without, with)] = of_one {
                into.insert(*without, *with);
            }
        }
        for card in cards.iter_mut().flatten() {
            if let Some(with) = into.get(card) {
                *card = *with;
            }
        }
    }
}

/// Whether two numbers of as many digits differ by one digit, or by two neighbours that
/// have changed places.
fn is_a_slip(one: u64, other: u64) -> bool {
    let (mut one, mut other) = (one, other);
    let mut differ: [(u32, u64, u64); 2] = [(0, 0, 0); 2];
    let mut count = 0;
    for place in 0..LENGTH {
        let (a, b) = (one % 10, other % 10);
        if a != b {
            if count == 2 {
                return false;
            }
            differ[count] = (place, a, b);
            count += 1;
        }
        (one, other) = (one / 10, other / 10);
    }
    let [(at, a, b), (next, c, d)] = differ;
    match count {
        1 => true,
        2 => next == at + 1 && a == d && b == c,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::register::Row;

    const LISTS: [Listed; 3] = [
        Listed {
            kind: Kind::Dtsen,
            order: 1,
        },
        Listed {
            kind: Kind::Kpm,
            order: 2,
        },
        Listed {
            kind: Kind::Dtsen,
            order: 3,
        },
    ];

    fn families(records: &[(u32, ListAt, &str)]) -> Households {
        let mut register = Register::new();
        for (_, _, kk) in records {
            register.push(&Row {
                kk,
                ..Row::default()
            });
        }
        let clusters = Clusters {
            of: records.iter().map(|(first, ..)| *first).collect(),
            count: 0,
            refused: 0,
        };
        let list: Vec<ListAt> = records.iter().map(|(_, list, _)| *list).collect();
        let heads = vec![true; records.len()];
        Households::new(&register, &clusters, &LISTS, &list, &heads)
    }

    /// People of one list, each with a card, a street and whether a head.
    fn joined(people: &[(&str, &str, bool)]) -> Vec<u32> {
        let mut register = Register::new();
        for (kk, address, _) in people {
            register.push(&Row {
                kk,
                address,
                village: "6202112001",
                ..Row::default()
            });
        }
        let count = u32::try_from(people.len()).expect("few");
        let clusters = Clusters {
            of: (0..count).collect(),
            count: people.len(),
            refused: 0,
        };
        let heads: Vec<bool> = people.iter().map(|(.., head)| *head).collect();
        let list = vec![0; people.len()];
        Households::new(&register, &clusters, &LISTS, &list, &heads).family
    }

    const ONE: &str = "6202110101150009";
    const TWO: &str = "6202110101150017";

    #[test]
    fn a_family_stands_under_one_card_and_most_records_say_which() {
        // One slip of three does not part the first from the second; who has no card is
        // alone, and so is one whose card nobody else has.
        let all = families(&[
            (0, 0, ONE),
            (1, 0, ONE),
            (0, 1, TWO),
            (0, 2, ONE),
            (4, 0, ""),
            (5, 0, "62021101011500"),
            (6, 0, TWO),
        ]);
        assert_eq!(all.person, [0, 1, 0, 0, 2, 3, 4]);
        assert_eq!(all.family, [0, 0, 1, 2, 3]);
        assert_eq!((all.families, all.without_card), (4, 2));
    }

    #[test]
    fn nobody_shares_a_slip() {
        // DTSEN counts first, but nobody else has the number that it writes.
        let all = families(&[(0, 0, TWO), (0, 1, ONE), (2, 0, ONE)]);
        assert_eq!(all.family, [0, 0]);
        let all = families(&[(0, 0, TWO), (0, 1, ONE), (2, 0, ONE), (3, 0, TWO)]);
        assert_eq!(all.family, [0, 1, 0]);
    }

    #[test]
    fn who_has_no_head_belongs_to_the_family_a_slip_away() {
        const NEXT: &str = "6202110101150019";
        let (a, b) = ("Jl. Mawar RT 02", "Jl. Melati RT 02");
        // The wife's number is a slip away from the head's.
        assert_eq!(joined(&[(ONE, a, true), (NEXT, a, false)]), [0, 0]);
        // Two heads are two families; another street is another family.
        assert_eq!(joined(&[(ONE, a, true), (NEXT, a, true)]), [0, 1]);
        assert_eq!(joined(&[(ONE, a, true), (NEXT, b, false)]), [0, 1]);
        // It could belong to either: nobody guesses.
        let other = "6202110101150018";
        let unsure = [(ONE, a, true), (other, a, true), (NEXT, a, false)];
        assert_eq!(joined(&unsure), [0, 1, 2]);
        // Two slips are no slip.
        assert_eq!(joined(&[(ONE, a, true), (TWO, a, false)]), [0, 1]);
    }

    #[test]
    fn two_that_stood_under_another_number_elsewhere_belong_there() {
        // Mother and child moved: under a new number in DTSEN, where nobody is called the
        // head, and under the old one, with him, on the running list.
        let lists = [
            (0, 0, TWO),
            (1, 0, TWO),
            (2, 0, ONE),
            (0, 1, ONE),
            (1, 1, ONE),
        ];
        let mut register = Register::new();
        for (.., kk) in lists {
            register.push(&Row {
                kk,
                ..Row::default()
            });
        }
        let clusters = Clusters {
            of: lists.iter().map(|it| it.0).collect(),
            count: 3,
            refused: 0,
        };
        let list: Vec<ListAt> = lists.iter().map(|it| it.1).collect();
        let family =
            |heads: [bool; 5]| Households::new(&register, &clusters, &LISTS, &list, &heads).family;
        assert_eq!(family([false, false, true, false, false]), [0, 0, 0]);
        assert_eq!(family([true, false, true, false, false]), [0, 0, 1]);
    }

    #[test]
    fn a_slip_is_one_digit_or_two_neighbours() {
        let of = |text: &str| text.parse::<u64>().expect("digits");
        for (other, is) in [
            ("6202110101150008", true),
            ("6202110101150090", true),
            ("6202110101500119", false),
            ("6202110101150019", true),
            ("6202110101150118", false),
            ("2602110101150009", true),
        ] {
            assert_eq!(is_a_slip(of(ONE), of(other)), is, "{other}");
        }
        assert!(!is_a_slip(of(ONE), of(ONE)));
    }

    #[test]
    fn of_as_many_records_the_list_that_counts_first_decides_then_the_newest() {
        let all = |records: &[(u32, ListAt, &str)]| {
            // Both numbers are somebody else's, too.
            let mut more = records.to_vec();
            let next = u32::try_from(records.len()).expect("few");
            more.extend([(next, 0, ONE), (next + 1, 0, TWO)]);
            let all = families(&more);
            all.family[0] == all.family[all.family.len() - 2]
        };
        assert!(all(&[(0, 1, TWO), (0, 0, ONE)]));
        assert!(all(&[(0, 0, TWO), (0, 2, ONE)]));
        assert!(!all(&[(0, 2, TWO), (0, 0, ONE)]));
    }
}
