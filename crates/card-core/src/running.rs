//! The running list, held against everything else that is known.
//!
//! Each row of the list of recipients is asked: is its family on it already, is the
//! recipient dead or gone, does the family get other aid, is its decile too high, and is
//! it known at all? And the other way round: which families should be on it and are not?
//! What is found is a proposal with the record that shows it; people decide.

use crate::household::{Households, ListAt, Listed};
use crate::list::Kind;

/// What a record says besides who it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Which list it stands in, by its place among the lists.
    pub list: ListAt,
    /// The row of it.
    pub row: u32,
    /// Of DTSEN: 1 to 10; zero where it is not told.
    pub decile: u8,
    /// Of other aid: the programme as a bit.
    pub programmes: u32,
    /// Of moves: whether it was out of the province.
    pub away: bool,
    /// Whether the list calls it the head of its family.
    pub is_head: bool,
    /// Of the running list: what was paid in the last cycle, in rupiah.
    pub rupiah: Option<u32>,
    /// Of the running list: what equal card numbers have in common; zero for none.
    pub card: u64,
}

impl Told {
    /// A record that says nothing more.
    #[must_use]
    pub const fn new(list: ListAt, row: u32) -> Self {
        Self {
            list,
            row,
            decile: 0,
            programmes: 0,
            away: false,
            is_head: false,
            rupiah: None,
            card: 0,
        }
    }
}

/// By what the list is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Yardstick {
    /// The highest decile of those who should receive.
    pub decile_max: u8,
    /// The programmes that exclude, as bits.
    pub excluding: u32,
}

/// What speaks against a row, or for a family that has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// Its family stands on the list already.
    Duplicate,
    /// Another row before it has the same card number.
    SameCard,
    /// The recipient has died.
    Dead,
    /// The recipient has moved out of the province.
    Moved,
    /// The family gets other aid that excludes this.
    Aided,
    /// The family's decile is too high.
    Decile,
    /// DTSEN does not know the family, or not its decile: whether it should receive is not
    /// known.
    Unknown,
    /// Not on the list: a family that should receive by all that is known.
    LeftOut,
}

impl What {
    /// Everything that can be found.
    pub const ALL: [Self; 8] = [
        Self::Duplicate,
        Self::SameCard,
        Self::Dead,
        Self::Moved,
        Self::Aided,
        Self::Decile,
        Self::Unknown,
        Self::LeftOut,
    ];

    /// The word that rows and requests use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::SameCard => "same_card",
            Self::Dead => "dead",
            Self::Moved => "moved",
            Self::Aided => "aided",
            Self::Decile => "decile",
            Self::Unknown => "unknown",
            Self::LeftOut => "left_out",
        }
    }

    /// What a word stands for.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|what| what.as_str() == word)
    }
}

/// Something that was found about a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// The row of the running list; of [`What::LeftOut`] the family's record in DTSEN.
    pub record: u32,
    /// What.
    pub what: What,
    /// The record that shows it, where one does.
    pub shown_by: Option<u32>,
    /// What it says: the decile, or the programmes as bits.
    pub value: u32,
}

/// What was found about the whole list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// All that was found, in the order of the list, then of the families left out.
    pub findings: Vec<Finding>,
    /// Rows of the list.
    pub rows: u64,
    /// Rows against which nothing was found.
    pub fine: u64,
    /// Families that should receive, on the list or not, among those whose decile is known.
    pub eligible: u64,
}

/// What is known of one family.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Family {
    /// How many records of the newest DTSEN say each decile.
    deciles: [u16; 10],
    /// The DTSEN that those stand in.
    order: u32,
    /// The record that stands for it: its head's, else its first in DTSEN.
    pub(crate) stands: Option<u32>,
    stands_as_head: bool,
    programmes: u32,
    aided_by: Option<u32>,
    /// Its first row on the running list, whose recipient lives here if one does.
    pub(crate) row: Option<u32>,
    pub(crate) row_lives: bool,
    /// Whether somebody of it lives here.
    lives: bool,
}

impl Family {
    /// The decile that most of its members have; of as many the lower, which is in its favour.
    pub(crate) fn decile(&self) -> Option<u8> {
        let most = *self.deciles.iter().max()?;
        let at = self.deciles.iter().position(|count| *count == most)?;
        (most > 0).then(|| u8::try_from(at + 1).unwrap_or(u8::MAX))
    }

    /// Whether a record of the family in a DTSEN says its decile.
    pub(crate) fn is_told(&self, list: Listed, record: &Told) -> bool {
        let is_of = list.kind == Kind::Dtsen && list.order == self.order;
        is_of && self.decile() == Some(record.decile)
    }
}

/// Holds the running list against all other lists.
///
/// # Panics
/// If there are not as many records as households know.
#[must_use]
pub fn answer(households: &Households, lists: &[Listed], told: &[Told], by: &Yardstick) -> Answer {
    assert_eq!(told.len(), households.person.len());
    let kind = |record: &Told| lists[usize::from(record.list)].kind;
    let Fates { died, gone } = Fates::new(households, lists, told);
    let families = families(households, lists, told, by.excluding);
    let mut says_heads = vec![false; lists.len()];
    for record in told {
        says_heads[usize::from(record.list)] |= record.is_head;
    }
    let mut whole = Answer::default();
    let mut cards: crate::hash::Map<u64, u32> = crate::hash::Map::default();
    for (at, record) in told.iter().enumerate() {
        if kind(record) != Kind::Kpm {
            continue;
        }
        whole.rows += 1;
        let found = whole.findings.len();
        let family = &families[households.of(at) as usize];
        let person = households.person[at] as usize;
        let at = u32::try_from(at).expect("records are counted by 32 bits");
        let mut find = |what, shown_by, value| {
            whole.findings.push(Finding {
                record: at,
                what,
                shown_by,
                value,
            });
        };
        if let Some(first) = family.row.filter(|first| *first != at) {
            find(What::Duplicate, Some(first), 0);
        }
        if record.card != 0 {
            let first = *cards.entry(record.card).or_insert(at);
            if first != at {
                find(What::SameCard, Some(first), 0);
            }
        }
        if died[person].is_some() {
            find(What::Dead, died[person], u32::from(family.lives));
        }
        if gone[person].is_some() {
            find(What::Moved, gone[person], 0);
        }
        if family.programmes != 0 {
            find(What::Aided, family.aided_by, family.programmes);
        }
        match family.decile() {
            Some(decile) if decile > by.decile_max => {
                find(What::Decile, family.stands, decile.into());
            }
            Some(_) => {}
            None => find(What::Unknown, family.stands, 0),
        }
        whole.fine += u64::from(whole.findings.len() == found);
    }
    for family in &families {
        let should = family.decile().is_some_and(|it| it <= by.decile_max)
            && family.programmes == 0
            && family.lives;
        whole.eligible += u64::from(should);
        if should
            && family.row.is_none()
            && let Some(record) = family.stands
            // A part of a family that stands under another number is none of its own; where
            // a list calls nobody a head, nobody can tell.
            && (family.stands_as_head || !says_heads[usize::from(told[record as usize].list)])
        {
            whole.findings.push(Finding {
                record,
                what: What::LeftOut,
                shown_by: None,
                value: family.decile().unwrap_or(0).into(),
            });
        }
    }
    whole
}

/// By which records persons have died, and by which they have gone.
struct Fates {
    died: Vec<Option<u32>>,
    gone: Vec<Option<u32>>,
}

impl Fates {
    fn new(households: &Households, lists: &[Listed], told: &[Told]) -> Self {
        let persons = households.family.len();
        let (mut died, mut gone) = (vec![None; persons], vec![None; persons]);
        for (at, record) in told.iter().enumerate() {
            let person = households.person[at] as usize;
            let at = u32::try_from(at).expect("records are counted by 32 bits");
            match lists[usize::from(record.list)].kind {
                Kind::Kematian => died[person] = died[person].or(Some(at)),
                Kind::Pindah if record.away => gone[person] = gone[person].or(Some(at)),
                _ => {}
            }
        }
        Self { died, gone }
    }
}

/// What is known of each family; of programmes those that exclude.
pub(crate) fn families(
    households: &Households,
    lists: &[Listed],
    told: &[Told],
    excluding: u32,
) -> Vec<Family> {
    let Fates { died, gone } = Fates::new(households, lists, told);
    let mut families = vec![Family::default(); households.families as usize];
    for (at, record) in told.iter().enumerate() {
        let person = households.person[at] as usize;
        let family = &mut families[households.family[person] as usize];
        let here = died[person].is_none() && gone[person].is_none();
        let list = lists[usize::from(record.list)];
        let at = u32::try_from(at).expect("records are counted by 32 bits");
        match list.kind {
            Kind::Dtsen => {
                if list.order > family.order {
                    (family.order, family.deciles) = (list.order, [0; 10]);
                    (family.stands, family.stands_as_head) = (None, false);
                }
                if list.order == family.order {
                    if let Some(count) = usize::from(record.decile)
                        .checked_sub(1)
                        .and_then(|place| family.deciles.get_mut(place))
                    {
                        *count = count.saturating_add(1);
                    }
                    if family.stands.is_none() || (record.is_head && !family.stands_as_head) {
                        (family.stands, family.stands_as_head) = (Some(at), record.is_head);
                    }
                }
                family.lives |= here;
            }
            Kind::Bansos if record.programmes & excluding != 0 => {
                family.programmes |= record.programmes & excluding;
                family.aided_by = family.aided_by.or(Some(at));
                family.lives |= here;
            }
            Kind::Kpm => {
                if family.row.is_none() || (here && !family.row_lives) {
                    (family.row, family.row_lives) = (Some(at), here);
                }
                family.lives |= here;
            }
            Kind::Desa => family.lives |= here,
            _ => {}
        }
    }
    families
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [Kind; 6] = [
        Kind::Dtsen,
        Kind::Bansos,
        Kind::Kematian,
        Kind::Pindah,
        Kind::Kpm,
        Kind::Dtsen,
    ];

    const BY: Yardstick = Yardstick {
        decile_max: 2,
        excluding: 0b11,
    };

    /// Records as (list, person, family), and what they say.
    fn found(records: &[(ListAt, u32, u32, Told)]) -> (Vec<(u32, What, Option<u32>)>, Answer) {
        let lists: Vec<Listed> = KINDS
            .iter()
            .zip(1..)
            .map(|(kind, order)| Listed { kind: *kind, order })
            .collect();
        let persons = records.iter().map(|it| it.1).max().unwrap_or(0) + 1;
        let mut family = vec![0; persons as usize];
        for (_, person, of, _) in records {
            family[*person as usize] = *of;
        }
        let households = Households {
            person: records.iter().map(|it| it.1).collect(),
            families: family.iter().max().map_or(0, |last| last + 1),
            family,
            without_card: 0,
        };
        let told: Vec<Told> = records
            .iter()
            .map(|(list, .., told)| Told {
                list: *list,
                ..*told
            })
            .collect();
        let answer = answer(&households, &lists, &told, &BY);
        let found = answer.findings.iter();
        (
            found.map(|it| (it.record, it.what, it.shown_by)).collect(),
            answer,
        )
    }

    fn decile(decile: u8) -> Told {
        Told {
            decile,
            is_head: true,
            ..Told::new(0, 0)
        }
    }

    const PLAIN: Told = Told::new(0, 0);

    #[test]
    fn each_row_is_asked_everything() {
        let programme = Told {
            programmes: 0b101,
            ..PLAIN
        };
        let away = Told {
            away: true,
            ..PLAIN
        };
        let (found, answer) = found(&[
            (0, 0, 0, decile(2)),
            (0, 1, 1, decile(3)),
            (0, 2, 2, decile(1)),
            (1, 2, 2, programme),
            (2, 0, 0, PLAIN),
            (3, 3, 3, away),
            // The running list: dead, decile, aided, gone and not in DTSEN, nothing.
            (4, 0, 0, PLAIN),
            (4, 1, 1, PLAIN),
            (4, 2, 2, PLAIN),
            (4, 3, 3, PLAIN),
            (0, 4, 4, decile(2)),
            (4, 4, 4, PLAIN),
            // The dead one's family stands on it once more, by somebody who lives.
            (4, 5, 0, PLAIN),
            // Left out, and one that is aided.
            (0, 6, 6, decile(1)),
            (0, 7, 7, decile(1)),
            (1, 7, 7, programme),
        ]);
        assert_eq!(
            found,
            [
                (6, What::Duplicate, Some(12)),
                (6, What::Dead, Some(4)),
                (7, What::Decile, Some(1)),
                (8, What::Aided, Some(3)),
                (9, What::Moved, Some(5)),
                (9, What::Unknown, None),
                (13, What::LeftOut, None),
            ]
        );
        assert_eq!((answer.rows, answer.fine), (6, 2));
        // The dead one's family lives on, and one is left out.
        assert_eq!(answer.eligible, 3);
    }

    #[test]
    fn a_programme_that_does_not_exclude_is_none_and_a_move_within_is_no_move() {
        let other = Told {
            programmes: 0b100,
            ..PLAIN
        };
        let (found, _) = found(&[
            (0, 0, 0, decile(2)),
            (1, 0, 0, other),
            (3, 0, 0, PLAIN),
            (4, 0, 0, PLAIN),
        ]);
        assert_eq!(found, []);
    }

    #[test]
    fn the_newest_list_says_the_decile_and_most_members_of_it() {
        let (found, _) = found(&[
            (0, 0, 0, decile(1)),
            (5, 0, 0, decile(4)),
            (5, 1, 0, decile(4)),
            (5, 2, 0, decile(2)),
            (4, 0, 0, PLAIN),
        ]);
        assert_eq!(found, [(4, What::Decile, Some(1))]);
    }

    #[test]
    fn equal_card_numbers_are_one_card() {
        let card = Told { card: 7, ..PLAIN };
        let (found, _) = found(&[
            (0, 0, 0, decile(1)),
            (0, 1, 1, decile(1)),
            (4, 0, 0, card),
            (4, 1, 1, card),
        ]);
        assert_eq!(found, [(3, What::SameCard, Some(2))]);
    }
}
