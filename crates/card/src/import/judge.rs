//! What a row says, and what is wrong with it.
//!
//! A row is refused only where it names nobody, or where what makes it a row of this list
//! cannot be read. A number that is cut, a day that is none, a village that is not known
//! are told and kept as they came: the list is its owner's, and is mended there.

use base::area::AreaCode;
use base::day::Day;
use base::money::{Rupiah, RupiahError};
use card_core::birth::Birth;
use card_core::business as core;
use card_core::list::Kind;
use card_core::number::{self, Fault, LENGTH};
use hall::intake::{Row, Said};

use super::report::Point;
use crate::record::{NONE, Record};
use crate::room::Areas;

/// Longest text of a field, in characters.
const TEXT_MAX: usize = 200;

/// What is wrong with a row, in one word each: few, so that they can be counted.
pub(crate) type Points = Vec<Point>;

/// A row, read.
#[derive(Debug)]
pub(crate) struct Judged {
    /// What it says.
    pub(crate) record: Record,
    /// The village, or the smallest area around it that is known.
    pub(crate) area: Option<AreaCode>,
    /// What is wrong with it. One of them may refuse it.
    pub(crate) points: Points,
}

impl Judged {
    /// Whether it is not written.
    pub(crate) fn is_refused(&self) -> bool {
        self.points.iter().any(|point| point.refuses())
    }
}

/// How rows of a file are read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'a> {
    /// What it is a list of.
    pub(crate) kind: Kind,
    /// Whether its codes of villages are those of Kemendagri.
    pub(crate) kemendagri: bool,
    /// The areas of the house.
    pub(crate) areas: &'a Areas,
}

/// Reads one row.
pub(crate) fn judge(reading: &Reading<'_>, row: &Row<'_>) -> Judged {
    let mut points = Points::new();
    let record = record(reading, row, &mut points);
    if record.name.is_empty() && record.nik.is_empty() && record.kk.is_empty() {
        points.push(match reading.kind {
            // Whose it is may be found out: it stays on the list, with an owner who is not known.
            Kind::Usaha => Point::NoOwner,
            _ => Point::Nobody,
        });
    }
    let area = area(reading, &record.village, &mut points);
    Judged {
        record,
        area,
        points,
    }
}

fn record(reading: &Reading<'_>, row: &Row<'_>, points: &mut Points) -> Record {
    let kind = reading.kind;
    let text = |key: &str| -> String {
        let raw = row.raw(key).unwrap_or_default();
        let bare = raw.trim().trim_start_matches('\u{feff}').trim();
        let words = bare.split_whitespace().collect::<Vec<_>>().join(" ");
        if matches!(&*words, "-" | "–" | "—") {
            return String::new();
        }
        words.chars().filter(|sign| !sign.is_control()).collect()
    };
    let mut record = Record {
        nik: digits(&text("nik")),
        kk: digits(&text("no_kk")),
        name: text("nama"),
        birth: text("tgl_lahir"),
        sex: text("jk"),
        birthplace: text("tempat_lahir"),
        mother: text("ibu_kandung"),
        relation: text("hubungan"),
        address: text("alamat"),
        village: digits(&text("kode_desa")),
        ..Record::default()
    };
    numbers(row, &record, points);
    let is_named = kind.tells_of_people();
    if record.birth.is_empty() {
        // Lists of businesses seldom say when the owner was born.
        points.extend(is_named.then_some(Point::NoBirth));
    } else if Birth::parse(&record.birth).is_none() {
        points.push(Point::BadBirth);
    }
    if record.name.is_empty() {
        points.extend(is_named.then_some(Point::NoName));
    }
    let day = |key: &str, points: &mut Points| -> Option<Day> {
        let day = row.text(key).and_then(|text| text.parse().ok());
        if day.is_none() && !text(key).is_empty() {
            points.push(Point::BadDay);
        }
        day
    };
    match kind {
        Kind::Dtsen => {
            let said = text("desil");
            record.decile = said
                .parse()
                .ok()
                .filter(|decile: &u8| (1..=10).contains(decile));
            if record.decile.is_none() {
                points.push(match said.is_empty() {
                    true => Point::NoDecile,
                    false => Point::BadDecile,
                });
            }
        }
        Kind::Bansos => {
            record.programme = text("program").to_uppercase();
            if record.programme.is_empty() {
                points.push(Point::NoProgramme);
            }
        }
        Kind::Kematian => record.day = day("tgl_meninggal", points),
        Kind::Pindah => {
            record.day = day("tgl_pindah", points);
            record.destination = text("kode_tujuan");
            if record.destination.is_empty() {
                points.push(Point::NoDestination);
            } else if province(&record.destination).is_none() {
                points.push(Point::NamedDestination);
            }
        }
        Kind::Gagal => {
            record.day = day("tgl_gagal", points);
            record.reason = text("alasan");
        }
        Kind::Desa | Kind::Kpm => {}
        Kind::Usaha => business(&text, &mut record, points),
    }
    if matches!(kind, Kind::Kpm | Kind::Gagal) {
        record.card = digits(&text("no_kartu"));
        record.rupiah = rupiah(&text("nilai"), points);
    }
    cut(&mut record, points);
    record
}

/// What a row says of a business, besides whose it is.
fn business(text: &dyn Fn(&str) -> String, record: &mut Record, points: &mut Points) {
    record.business = text("nama_usaha");
    if record.business.is_empty() {
        points.push(Point::NoBusiness);
    }
    record.trade = text("jenis_usaha");
    record.kbli = digits(&text("kbli"));
    if !record.kbli.is_empty() && core::sector(&record.kbli).is_none() {
        points.push(Point::BadKbli);
    }
    record.nib = digits(&text("nib"));
    if !record.nib.is_empty() && !core::is_nib(&record.nib) {
        points.push(Point::BadNib);
    }
    let turnover = text("omzet");
    if turnover.is_empty() {
        points.push(Point::NoTurnover);
    } else {
        let read: Result<Rupiah, RupiahError> = Rupiah::read(&turnover);
        record.turnover = read.ok().and_then(|it| u64::try_from(it.as_i64()).ok());
        if record.turnover.is_none() {
            points.push(Point::BadTurnover);
        }
    }
    let years = text("lama_usaha");
    let number = years.to_lowercase();
    let number = number.trim_end_matches("tahun").trim();
    record.years = number.parse().ok().filter(|it| core::years(*it).is_some());
    if record.years.is_none() && !years.is_empty() {
        points.push(Point::BadYears);
    }
    record.grants = grants(&text("bantuan"));
}

/// Names of aid, each once; [`NONE`] where a row says that there was none.
fn grants(written: &str) -> String {
    let written = written.to_uppercase();
    let none = [
        "TIDAK ADA",
        "TIDAK",
        "BELUM PERNAH",
        "BELUM",
        "TIDAK PERNAH",
    ];
    if none.contains(&written.trim()) {
        return NONE.to_owned();
    }
    let mut names: Vec<&str> = written.split([',', ';', '/']).map(str::trim).collect();
    names.retain(|name| !name.is_empty());
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}

/// Digits as they are written, with what a spreadsheet needs around them taken off.
fn digits(text: &str) -> String {
    let inner = text
        .strip_prefix("=\"")
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(text);
    inner.trim_start_matches('\'').to_owned()
}

/// What is wrong with both numbers, and whether the NIK fits its person.
fn numbers(row: &Row<'_>, record: &Record, points: &mut Points) {
    for (key, text, of_person) in [("nik", &record.nik, true), ("no_kk", &record.kk, false)] {
        let reading = number::read(text);
        let length = reading.digits.map_or(0, |digits| digits.length());
        // A number of a spreadsheet has fifteen digits that can be trusted.
        let was_number = length == LENGTH && row.is_number(key);
        let point = match reading.fault {
            Some(Fault::Missing) => Some(Point::NoNumber { of_person }),
            Some(Fault::Length(15)) => Some(Point::Fifteen { of_person }),
            Some(Fault::Length(_)) => Some(Point::Length { of_person }),
            Some(Fault::Quantity) => Some(Point::Quantity { of_person }),
            Some(Fault::Parted) => Some(Point::Parted { of_person }),
            Some(Fault::LookAlike) => Some(Point::LookAlike { of_person }),
            Some(Fault::Serial) => Some(Point::Rounded { of_person }),
            Some(_) => Some(Point::NotPossible { of_person }),
            None if was_number => Some(Point::Rounded { of_person }),
            None => None,
        };
        points.extend(point);
    }
    // A card's number says a day, too: that it was given out.
    let said = number::read(&record.nik).sound().and_then(number::says);
    if let (Some(said), Some(birth)) = (said, Birth::parse(&record.birth)) {
        let fits = (said.day, said.month, u16::from(said.year))
            == (birth.day, birth.month, birth.year % 100);
        if !fits {
            points.push(Point::OtherBirth);
        }
        let woman = match record.sex.bytes().next().map(|it| it.to_ascii_lowercase()) {
            Some(b'l' | b'm' | b'1') => Some(false),
            Some(b'p' | b'f' | b'w' | b'2') => Some(true),
            _ => None,
        };
        if woman.is_some_and(|woman| woman != said.woman) {
            points.push(Point::OtherSex);
        }
    }
}

fn rupiah(text: &str, points: &mut Points) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    let read: Result<Rupiah, RupiahError> = Rupiah::read(text);
    let amount = read.ok().and_then(|it| u32::try_from(it.as_i64()).ok());
    if amount.is_none() {
        points.push(Point::BadRupiah);
    }
    amount
}

/// No text is longer than what a person would write there.
fn cut(record: &mut Record, points: &mut Points) {
    for text in [
        &mut record.nik,
        &mut record.kk,
        &mut record.name,
        &mut record.birth,
        &mut record.sex,
        &mut record.birthplace,
        &mut record.mother,
        &mut record.relation,
        &mut record.address,
        &mut record.village,
        &mut record.programme,
        &mut record.destination,
        &mut record.card,
        &mut record.reason,
        &mut record.business,
        &mut record.trade,
        &mut record.kbli,
        &mut record.nib,
        &mut record.grants,
    ] {
        if text.len() > TEXT_MAX && text.chars().count() > TEXT_MAX {
            points.push(Point::TooLong);
        }
    }
}

/// The village of a code with or without dots, or the smallest area around it that is
/// known.
fn area(reading: &Reading<'_>, written: &str, points: &mut Points) -> Option<AreaCode> {
    if written.is_empty() {
        points.push(Point::NoVillage);
        return None;
    }
    if !reading.kemendagri {
        return None;
    }
    let Some(code) = code(written) else {
        points.push(Point::BadVillage);
        return None;
    };
    if reading.areas.has(&code) {
        return Some(code);
    }
    points.push(Point::UnknownVillage);
    let mut wide = code.parent();
    while let Some(area) = &wide {
        if reading.areas.has(area) {
            break;
        }
        wide = area.parent();
    }
    wide
}

/// `6202112001` and `62.02.11.2001`.
pub(crate) fn code(written: &str) -> Option<AreaCode> {
    if written.contains('.') {
        return written.parse().ok();
    }
    if written.len() != 10 || !written.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let (province, rest) = written.split_at(2);
    let (regency, rest) = rest.split_at(2);
    let (district, village) = rest.split_at(2);
    format!("{province}.{regency}.{district}.{village}")
        .parse()
        .ok()
}

/// The beginning of a code of an area, wherever in the country: two digits tell the province.
pub(crate) fn province(written: &str) -> Option<&str> {
    let first = written.get(..2)?;
    let digits = first.bytes().all(|octet| octet.is_ascii_digit());
    let whole = written
        .bytes()
        .all(|octet| octet.is_ascii_digit() || octet == b'.');
    (digits && whole).then_some(first)
}

impl Point {
    /// What to say of it.
    pub(crate) fn said(self) -> Said {
        let (id, en) = self.words();
        match self.number() {
            Some(number) => Said::with(format!("{number}: {id}"), format!("{number}: {en}")),
            None => Said::new(id, en),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_aid_are_told_once_and_none_is_told_from_not_known() {
        for (written, read) in [
            ("kur, BPUM,,kur", "BPUM, KUR"),
            ("BPUM/KUR; PENA", "BPUM, KUR, PENA"),
            ("Tidak ada", NONE),
            ("belum pernah", NONE),
            ("", ""),
            (" , ", ""),
        ] {
            assert_eq!(grants(written), read, "{written}");
        }
    }

    #[test]
    fn codes_come_with_dots_and_without() {
        let whole: Option<AreaCode> = "62.02.11.2001".parse().ok();
        assert_eq!(code("6202112001"), whole);
        assert_eq!(code("62.02.11.2001"), whole);
        for wrong in ["", "62021120", "62O2112001", "x"] {
            assert_eq!(code(wrong), None, "{wrong}");
        }
        assert_eq!(province("6371"), Some("63"));
        assert_eq!(province("63.71.01"), Some("63"));
        assert_eq!(province("Banjarmasin"), None);
    }
}
