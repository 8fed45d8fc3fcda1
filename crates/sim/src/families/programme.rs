//! The lists of a welfare card's programme: who is on the running one, what is wrong with
//! it, and what the lists of other offices know of the same people.
//!
//! Each fault has its share of the running list. Which families have it is drawn by lot
//! before anything is written, so that a list of any length is as wrong as is said here;
//! now and then a family with one fault has another one besides. Each row goes out with
//! what is true of it.
//!
//! The lists of deaths, of moves and of other aid lack nobody: what is wrong with a row
//! can be found in them, behind the slips of those who keep them.

mod case;
mod offices;

use std::iter::repeat_n;

use fastrand::Rng;
use thiserror::Error;

use super::lists::Writer;
use super::places::Places;
use case::{Case, People};
use offices::Offices;

/// Of a thousand rows of the running list, those of a family that stands there already:
/// under somebody else of it, or with a number that has changed.
pub const TWICE: usize = 14;
/// Of a thousand rows, those of somebody who has died and left nobody.
pub const DIED_ALONE: usize = 5;
/// Of a thousand rows, those of somebody who has died in a family that lives on.
pub const DIED: usize = 13;
/// Of a thousand rows, those of families that have left the province.
pub const MOVED_OUT: usize = 8;
/// Of a thousand rows, those of families that get other aid.
pub const AIDED: usize = 45;
/// Of a thousand rows, those of families in a decile above the line.
pub const ABOVE: usize = 60;
/// Of a thousand rows, those of families that DTSEN does not know.
pub const UNKNOWN: usize = 12;
/// Families that should be on the running list and are not, for a thousand rows of it.
pub const LEFT_OUT: usize = 90;

/// The last decile for which the card is meant.
pub const LINE: u8 = 2;
/// What was paid to a row in the last cycle, in rupiah.
pub const PAID: u32 = 400_000;

/// What all of it follows from.
#[derive(Debug, Clone, Copy)]
pub struct Programme {
    /// What all randomness follows from.
    pub seed: u64,
    /// Rows of the running list.
    pub recipients: usize,
    /// Families of the province, on the running list or not.
    pub families: usize,
    /// How careless those are who keep the lists: one is usual.
    pub careless: f64,
}

/// A province with fewer families than its lists are to be of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{given} families: {needed} at least are on the running list or should be")]
pub struct TooFew {
    given: usize,
    needed: usize,
}

/// A list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum List {
    /// Who lives in the province, with the decile of each family.
    Dtsen,
    /// Who gets other aid.
    Bansos,
    /// Who has died.
    Kematian,
    /// Who has moved, and where to.
    Pindah,
    /// The running list: who gets the card.
    Kpm,
    /// Whom villages propose.
    Desa,
    /// Transfers that did not reach anybody.
    Gagal,
}

impl List {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Dtsen,
        Self::Bansos,
        Self::Kematian,
        Self::Pindah,
        Self::Kpm,
        Self::Desa,
        Self::Gagal,
    ];

    /// What its file is called, the ending aside.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dtsen => "dtsen",
            Self::Bansos => "bansos",
            Self::Kematian => "kematian",
            Self::Pindah => "pindah",
            Self::Kpm => "kpm",
            Self::Desa => "desa",
            Self::Gagal => "gagal",
        }
    }

    /// What its columns are called.
    #[must_use]
    pub const fn headings(self) -> &'static str {
        match self {
            Self::Dtsen => {
                "nik,no_kk,nama,tgl_lahir,jk,tempat_lahir,ibu_kandung,hubungan,alamat,kode_desa,\
                 desil"
            }
            Self::Bansos => "nik,no_kk,nama,tgl_lahir,jk,ibu_kandung,alamat,kode_desa,program",
            Self::Kematian => "nik,no_kk,nama,tgl_lahir,jk,alamat,kode_desa,tgl_meninggal",
            Self::Pindah => "nik,no_kk,nama,tgl_lahir,jk,kode_desa,tgl_pindah,kode_tujuan",
            Self::Kpm => "no_kartu,nik,no_kk,nama,tgl_lahir,jk,ibu_kandung,alamat,kode_desa,nilai",
            Self::Desa => {
                "nik,no_kk,nama,tgl_lahir,jk,tempat_lahir,ibu_kandung,hubungan,alamat,kode_desa"
            }
            Self::Gagal => "no_kartu,nik,nama,tgl_gagal,nilai,alasan",
        }
    }
}

/// What is true of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(u8);

impl Flags {
    /// Of a family that an earlier row is of. Which row is the earlier one is known when
    /// the list has its order, so no row goes out with it.
    pub const DUPLICATE: Self = Self(1);
    /// Of somebody who has died.
    pub const DEAD: Self = Self(2);
    /// Of somebody who has left the province.
    pub const MOVED: Self = Self(4);
    /// Of a family that gets other aid.
    pub const AIDED: Self = Self(8);
    /// Of a family whose decile is above the line.
    pub const DECILE: Self = Self(16);
    /// Of a family that DTSEN does not know.
    pub const UNKNOWN: Self = Self(32);
    /// Of a family that should be on the running list and is not.
    pub const LEFT_OUT: Self = Self(64);
    /// Of somebody who has died and left nobody.
    pub const ALONE: Self = Self(128);

    /// All of them, as answers call them.
    pub const NAMED: [(&'static str, Self); 8] = [
        ("duplicate", Self::DUPLICATE),
        ("dead", Self::DEAD),
        ("moved", Self::MOVED),
        ("aided", Self::AIDED),
        ("decile", Self::DECILE),
        ("unknown", Self::UNKNOWN),
        ("left_out", Self::LEFT_OUT),
        ("alone", Self::ALONE),
    ];

    /// These and another one, when it holds.
    #[must_use]
    pub const fn with(self, other: Self, holds: bool) -> Self {
        if holds { Self(self.0 | other.0) } else { self }
    }

    /// Whether another one is among them.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// A row as it goes out.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// Of which list.
    pub list: List,
    /// What stands in its columns.
    pub fields: &'a [&'a str],
    /// Whom it is of.
    pub person: u32,
    /// Of which family.
    pub family: u32,
    /// What is true of it.
    pub flags: Flags,
    /// What it was paid in the last cycle, in rupiah.
    pub paid: u32,
}

/// How it stands with a family, by lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lot {
    Right,
    DiedAlone,
    Died,
    MovedOut,
    Aided,
    Above,
    Unknown,
    LeftOut,
    /// Not on the running list, and rightly.
    Other,
}

const FAULTS: [(Lot, usize); 6] = [
    (Lot::DiedAlone, DIED_ALONE),
    (Lot::Died, DIED),
    (Lot::MovedOut, MOVED_OUT),
    (Lot::Aided, AIDED),
    (Lot::Above, ABOVE),
    (Lot::Unknown, UNKNOWN),
];

impl Programme {
    /// Makes the families one after the other and gives each row that a list has of them.
    ///
    /// # Errors
    /// When there are fewer families than are needed.
    pub fn write(&self, take: impl FnMut(&Row<'_>)) -> Result<(), TooFew> {
        let mut rng = Rng::with_seed(self.seed);
        let lots = self.lots(&mut rng)?;
        let places = Places::of_register(&mut rng);
        let mut people = People::new(&places, &mut rng);
        let writer = Writer::new(self.careless, &places);
        let mut offices = Offices::new(writer, take, &mut rng);
        for (id, (lot, rows)) in (1..).zip(lots) {
            let case = Case::new(id, lot, rows, &mut people, &mut rng);
            offices.write(&case, &mut people, &mut rng);
        }
        Ok(())
    }

    /// The lot of each family, and how many rows of the running list are of it.
    fn lots(&self, rng: &mut Rng) -> Result<Vec<(Lot, u8)>, TooFew> {
        let share = |of: usize| self.recipients * of / 1000;
        let again = share(TWICE);
        let on_it = self.recipients - again;
        let needed = on_it + share(LEFT_OUT);
        if self.families < needed {
            let given = self.families;
            return Err(TooFew { given, needed });
        }
        let mut lots = Vec::with_capacity(self.families);
        for (lot, of) in FAULTS {
            lots.extend(repeat_n((lot, 1), share(of)));
        }
        lots.resize(on_it, (Lot::Right, 1));
        rng.shuffle(&mut lots);
        for at in 0..again {
            // One in twenty stands there a third time.
            lots[at - at / 20].1 += 1;
        }
        lots.resize(needed, (Lot::LeftOut, 0));
        lots.resize(self.families, (Lot::Other, 0));
        rng.shuffle(&mut lots);
        Ok(lots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programme(recipients: usize, families: usize) -> Programme {
        Programme {
            seed: 1,
            recipients,
            families,
            careless: 1.0,
        }
    }

    #[test]
    fn so_many_rows_are_drawn_as_are_wanted() {
        for recipients in [0, 1, 9, 99, 1_000, 12_345] {
            let lots = programme(recipients, recipients * 2)
                .lots(&mut Rng::with_seed(1))
                .expect("enough families");
            assert_eq!(lots.len(), recipients * 2);
            let rows: usize = lots.iter().map(|(_, rows)| usize::from(*rows)).sum();
            assert_eq!(rows, recipients);
            let most = lots.iter().map(|(_, rows)| *rows).max().unwrap_or(0);
            assert!(most <= 3, "{most}");
            for (lot, of) in FAULTS {
                let drawn = lots.iter().filter(|(it, _)| *it == lot).count();
                assert_eq!(drawn, recipients * of / 1000, "{lot:?}");
            }
        }
    }

    #[test]
    fn too_few_families_are_refused() {
        let few = programme(1_000, 1_075).write(|_| ());
        let needed = 1_000 - TWICE + LEFT_OUT;
        let given = 1_075;
        assert_eq!(few, Err(TooFew { given, needed }));
        assert_eq!(programme(1_000, needed).write(|_| ()), Ok(()));
    }

    #[test]
    fn each_row_has_as_many_fields_as_its_list_has_columns() {
        let mut lists = std::collections::BTreeSet::new();
        let done = programme(500, 1_000).write(|row| {
            let columns = row.list.headings().split(',').count();
            assert_eq!(row.fields.len(), columns, "{row:?}");
            lists.insert(row.list);
        });
        assert_eq!(done, Ok(()));
        assert!(lists.into_iter().eq(List::ALL));
    }
}
