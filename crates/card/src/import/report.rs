//! What was found about all rows of a file.
//!
//! Millions of rows are told by how many have what, with the first rows of each; a reader
//! who needs all of them takes the report as a file, which is made row by row.

use std::collections::{BTreeMap, BTreeSet};

use base::area::AreaCode;
use card_core::list::Kind;
use hall::guard::Place;
use hall::intake::Said;
use serde::Serialize;
use utoipa::ToSchema;

/// What there is to say about a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Point {
    /// It names nobody.
    Nobody,
    /// It names no business.
    NoBusiness,
    /// What makes it a row of this list is empty.
    NoProgramme,
    NoDestination,
    /// A name instead of a code: where to is not known.
    NamedDestination,
    BadDecile,
    BadRupiah,
    BadDay,
    BadTurnover,
    BadYears,
    /// A text that nobody would write there.
    TooLong,
    NoName,
    NoDecile,
    NoNumber {
        of_person: bool,
    },
    Fifteen {
        of_person: bool,
    },
    Length {
        of_person: bool,
    },
    Quantity {
        of_person: bool,
    },
    Parted {
        of_person: bool,
    },
    LookAlike {
        of_person: bool,
    },
    Rounded {
        of_person: bool,
    },
    NotPossible {
        of_person: bool,
    },
    OtherBirth,
    OtherSex,
    NoBirth,
    BadBirth,
    NoVillage,
    BadVillage,
    UnknownVillage,
    /// The same NIK stands in a row before it.
    Again,
    /// Neither a number nor a name says whose a business is.
    NoOwner,
    BadNib,
    BadKbli,
    NoTurnover,
}

impl Point {
    /// Whether a row is not written for it.
    pub(crate) const fn refuses(self) -> bool {
        matches!(
            self,
            Self::Nobody
                | Self::NoBusiness
                | Self::BadTurnover
                | Self::BadYears
                | Self::NoProgramme
                | Self::NoDestination
                | Self::BadDecile
                | Self::BadRupiah
                | Self::BadDay
                | Self::TooLong
        )
    }

    /// The number that it is about.
    pub(crate) const fn number(self) -> Option<&'static str> {
        match self {
            Self::NoNumber { of_person }
            | Self::Fifteen { of_person }
            | Self::Length { of_person }
            | Self::Quantity { of_person }
            | Self::Parted { of_person }
            | Self::LookAlike { of_person }
            | Self::Rounded { of_person }
            | Self::NotPossible { of_person } => Some(if of_person { "NIK" } else { "KK" }),
            _ => None,
        }
    }

    /// In Indonesian and in English.
    pub(crate) const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Nobody => (
                "tidak menyebut siapa pun: nama, NIK, dan KK kosong",
                "names nobody: name, NIK and family card are empty",
            ),
            Self::NoBusiness => ("nama usaha kosong", "the name of the business is empty"),
            Self::NoOwner => (
                "pemilik tidak disebut: NIK, KK, dan nama kosong",
                "no owner is named: NIK, family card and name are empty",
            ),
            Self::BadTurnover => (
                "omzet bukan rupiah bulat",
                "the turnover is no whole number of rupiah",
            ),
            Self::NoTurnover => ("omzet kosong: belum diketahui", "no turnover: not known"),
            Self::BadYears => (
                "lama usaha bukan tahun genap",
                "years running are no whole number",
            ),
            Self::BadNib => ("NIB bukan 13 angka", "the NIB has not 13 digits"),
            Self::BadKbli => (
                "KBLI bukan 2 sampai 5 angka",
                "the KBLI has not 2 to 5 digits",
            ),
            Self::NoProgramme => ("program kosong", "the programme is empty"),
            Self::NoDestination => ("tujuan pindah kosong", "where to is empty"),
            Self::NamedDestination => (
                "tujuan bukan kode wilayah: belum diketahui apakah ke luar provinsi",
                "where to is no code of an area: not known whether out of the province",
            ),
            Self::BadDecile => ("desil bukan 1 sampai 10", "the decile is not 1 to 10"),
            Self::BadRupiah => (
                "nilai bukan rupiah bulat",
                "the value is no whole number of rupiah",
            ),
            Self::BadDay => ("bukan tanggal", "is not a day"),
            Self::TooLong => (
                "teks lebih dari 200 huruf; periksa tanda kutip yang tidak ditutup",
                "a text of more than 200 letters; look for a quotation mark that is not closed",
            ),
            Self::NoName => ("nama kosong", "the name is empty"),
            Self::NoDecile => ("desil kosong: belum diketahui", "no decile: not known"),
            Self::NoNumber { .. } => ("kosong", "is empty"),
            Self::Fifteen { .. } => (
                "15 angka; lembar sebar memotong yang ke-16",
                "15 digits; a spreadsheet has cut the sixteenth off",
            ),
            Self::Length { .. } => ("bukan 16 angka", "has not 16 digits"),
            Self::Quantity { .. } => (
                "ditulis sebagai bilangan (misalnya 6,2E+15); angkanya hilang",
                "written as a quantity (such as 6.2E+15); its digits are lost",
            ),
            Self::Parted { .. } => (
                "ada spasi atau tanda di antara angkanya",
                "blanks or signs stand between its digits",
            ),
            Self::LookAlike { .. } => (
                "ada huruf yang mirip angka (O, l, S)",
                "letters that look like digits stand among them (O, l, S)",
            ),
            Self::Rounded { .. } => (
                "angka terakhir mungkin dibulatkan lembar sebar",
                "a spreadsheet may have rounded its last digits",
            ),
            Self::NotPossible { .. } => (
                "tidak mungkin: wilayah atau tanggal di dalamnya tidak ada",
                "is not possible: the region or the day inside is none",
            ),
            Self::OtherBirth => (
                "tanggal di dalam NIK lain dari tanggal lahir",
                "the day inside the NIK is another than that of birth",
            ),
            Self::OtherSex => (
                "jenis kelamin di dalam NIK lain dari kolomnya",
                "the sex inside the NIK is another than that of the column",
            ),
            Self::NoBirth => ("tanggal lahir kosong", "no day of birth"),
            Self::BadBirth => (
                "tanggal lahir tidak terbaca",
                "the day of birth cannot be read",
            ),
            Self::NoVillage => ("kode desa kosong", "no village code"),
            Self::BadVillage => ("kode desa tidak terbaca", "the village code cannot be read"),
            Self::UnknownVillage => (
                "desa tidak ada di daftar wilayah",
                "the village is not in the register of areas",
            ),
            Self::Again => (
                "NIK yang sama ada di baris sebelumnya",
                "the same NIK stands in a row before it",
            ),
        }
    }
}

/// Programmes that make a part of a list of other aid; one of more is of all of them.
const PROGRAMMES_MAX: usize = 20;

/// First rows of each point that are named.
const NAMED: usize = 5;

/// What was found about all rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Report {
    /// Rows that count.
    pub(crate) rows: u64,
    /// Titles and remarks around them.
    pub(crate) skipped: u64,
    /// Rows that are not written.
    pub(crate) refused: u64,
    /// Rows with a code of a village.
    pub(crate) coded: u64,
    /// Programmes that rows name, as far as they are few.
    programmes: BTreeSet<String>,
    /// The smallest area around all rows of a list of villages, once there is one.
    around: Option<Place>,
    /// How many have what, and the first of them.
    found: BTreeMap<Point, (u64, Vec<u32>)>,
}

impl Report {
    /// Takes a row.
    pub(crate) fn take(&mut self, number: u32, points: &[Point]) {
        self.rows += 1;
        self.refused += u64::from(points.iter().any(|point| point.refuses()));
        self.coded += u64::from(!points.contains(&Point::NoVillage));
        for point in points {
            self.more(number, *point);
        }
    }

    /// Takes what says of which part of its kind the list is.
    pub(crate) fn take_part(&mut self, kind: Kind, programme: &str, area: Option<&AreaCode>) {
        match kind {
            Kind::Bansos if !programme.is_empty() => {
                let is_new = !self.programmes.contains(programme);
                if is_new && self.programmes.len() < PROGRAMMES_MAX {
                    self.programmes.insert(programme.to_owned());
                }
            }
            Kind::Desa | Kind::Usaha => {
                let place = Place::new(area.cloned(), None);
                self.around = Some(match self.around.take() {
                    Some(around) => around.around(&place),
                    None => place,
                });
            }
            _ => {}
        }
    }

    /// Of which part of its kind the list is.
    pub(crate) fn part(&self) -> String {
        let area = self.around.as_ref().and_then(|it| it.area.as_ref());
        match area {
            Some(area) => area.to_string(),
            None => Vec::from_iter(self.programmes.iter().map(String::as_str)).join(", "),
        }
    }

    /// Says something more of a row that was taken.
    pub(crate) fn more(&mut self, number: u32, point: Point) {
        let (count, first) = self.found.entry(point).or_default();
        *count += 1;
        if first.len() < NAMED && first.last() != Some(&number) {
            first.push(number);
        }
    }

    /// How many rows have a point.
    pub(crate) fn count(&self, point: Point) -> u64 {
        self.found.get(&point).map_or(0, |(count, _)| *count)
    }

    /// Whether the codes of villages look like those of another office: fewer than half of
    /// them are areas of the house.
    pub(crate) fn codes_are_foreign(&self) -> bool {
        let strange = self.count(Point::UnknownVillage) + self.count(Point::BadVillage);
        self.coded > 0 && strange * 2 > self.coded
    }

    /// What was found, what refuses first, then by how often.
    pub(crate) fn view(&self) -> Vec<PointView> {
        let mut views: Vec<(bool, u64, PointView)> = self
            .found
            .iter()
            .map(|(point, (count, first))| {
                let view = PointView {
                    said: point.said(),
                    refuses: point.refuses(),
                    count: *count,
                    first_rows: first.clone(),
                };
                (!point.refuses(), *count, view)
            })
            .collect();
        views.sort_by_key(|(passes, count, _)| (*passes, std::cmp::Reverse(*count)));
        views.into_iter().map(|(.., view)| view).collect()
    }
}

/// What there is to say about many rows.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = CardImportPoint)]
pub(crate) struct PointView {
    /// What.
    said: Said,
    /// Whether rows are not written for it.
    refuses: bool,
    /// How many rows.
    count: u64,
    /// The first of them, by the number beside the spreadsheet.
    first_rows: Vec<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_once_and_named_a_few_times() {
        let mut report = Report::default();
        for row in 2..20 {
            report.take(row, &[Point::NoBirth, Point::BadVillage]);
        }
        report.take(20, &[Point::Nobody, Point::NoVillage, Point::TooLong]);
        assert_eq!((report.rows, report.refused, report.coded), (19, 1, 18));
        assert_eq!(report.count(Point::NoBirth), 18);
        assert!(report.codes_are_foreign());
        let view = report.view();
        assert!(view[0].refuses && view[1].refuses && !view[2].refuses);
        assert_eq!(view[2].first_rows, [2, 3, 4, 5, 6]);
    }
}
