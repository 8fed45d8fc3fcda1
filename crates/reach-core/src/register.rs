//! Which village a row means.
//!
//! By its Kemendagri code, if the names beside it do not say another; else by its
//! name within regency and district. A name alone is never enough: 53 names of the
//! province are those of two to four villages. What cannot be told is asked, with
//! the villages that it could be.

use std::collections::BTreeMap;

use base::area::AreaCode;

use crate::code::{Beside, Evidence, Shape, System, shape};
use crate::name::{Kind, Name};

/// Villages that a question names at most.
const CANDIDATES_MAX: usize = 5;

/// A village of the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Village {
    /// Its Kemendagri code.
    pub code: AreaCode,
    /// As the decree writes it.
    pub name: String,
    /// Its kecamatan.
    pub district: String,
    /// Its kabupaten or kota.
    pub regency: String,
}

impl Village {
    /// Whether it is a kelurahan: the village's part of its code begins with 1.
    #[must_use]
    pub fn is_kelurahan(&self) -> bool {
        is_kelurahan(&self.code)
    }
}

/// Whether a code of a village is that of a kelurahan (Permendagri 58/2021).
#[must_use]
pub fn is_kelurahan(code: &AreaCode) -> bool {
    code.as_str().get(9..10) == Some("1")
}

#[derive(Debug)]
struct Entry {
    village: Village,
    name: Name,
    district: Name,
    regency: Name,
}

/// Every village in force, ready to be found.
#[derive(Debug, Default)]
pub struct Register {
    entries: Vec<Entry>,
    by_code: BTreeMap<AreaCode, usize>,
}

/// What a row says of its village. What it leaves out is none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Written<'w> {
    /// The code as it stands there.
    pub code: Option<&'w str>,
    /// Of which system it is. None: as the house knows it.
    pub system: Option<System>,
    /// Kabupaten or kota.
    pub regency: Option<&'w str>,
    /// Kecamatan.
    pub district: Option<&'w str>,
    /// Desa or kelurahan.
    pub village: Option<&'w str>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The row means this village.
    Village(AreaCode, How),
    /// A person has to say, who is shown these.
    Asked(Doubt, Vec<AreaCode>),
}

/// By what a village was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// By its code.
    Code,
    /// By its code, which had lost its dots; the names agree, or a person has said
    /// that the column is Kemendagri's.
    CodeWithoutDots,
    /// By its name, in its district.
    NameInDistrict,
    /// By its name, which only one village of its regency has.
    NameInRegency,
    /// A person has said so.
    Decided,
}

impl How {
    /// Every way.
    pub const ALL: [Self; 5] = [
        Self::Code,
        Self::CodeWithoutDots,
        Self::NameInDistrict,
        Self::NameInRegency,
        Self::Decided,
    ];

    /// The word of rows and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::CodeWithoutDots => "code_without_dots",
            Self::NameInDistrict => "name_in_district",
            Self::NameInRegency => "name_in_regency",
            Self::Decided => "decided",
        }
    }

    /// The way of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|how| how.as_str() == word)
    }
}

/// Why a person has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// Neither code nor name.
    Empty,
    /// The code is no village of the register, and neither is what it could be.
    CodeUnknown,
    /// The code has lost its dots, and no name says that it is Kemendagri's.
    CodeWithoutDots,
    /// The name beside the code is that of another village.
    CodeContradictsName,
    /// The regency or district beside the code is another.
    CodeElsewhere,
    /// No village has the name.
    NoSuchName,
    /// No regency has the name.
    NoSuchRegency,
    /// The name is in another district of that regency.
    WrongDistrict,
    /// The name is in another regency.
    WrongRegency,
    /// Several villages have the name there.
    Several,
    /// The name stands alone.
    NameAlone,
}

impl Doubt {
    /// Every doubt.
    pub const ALL: [Self; 11] = [
        Self::Empty,
        Self::CodeUnknown,
        Self::CodeWithoutDots,
        Self::CodeContradictsName,
        Self::CodeElsewhere,
        Self::NoSuchName,
        Self::NoSuchRegency,
        Self::WrongDistrict,
        Self::WrongRegency,
        Self::Several,
        Self::NameAlone,
    ];

    /// The word of rows and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::CodeUnknown => "code_unknown",
            Self::CodeWithoutDots => "code_without_dots",
            Self::CodeContradictsName => "code_contradicts_name",
            Self::CodeElsewhere => "code_elsewhere",
            Self::NoSuchName => "no_such_name",
            Self::NoSuchRegency => "no_such_regency",
            Self::WrongDistrict => "wrong_district",
            Self::WrongRegency => "wrong_regency",
            Self::Several => "several",
            Self::NameAlone => "name_alone",
        }
    }

    /// The doubt of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|doubt| doubt.as_str() == word)
    }
}

/// The names of a row, folded once.
struct Names {
    regency: Option<Name>,
    district: Option<Name>,
    village: Option<Name>,
}

impl Names {
    fn of(written: &Written<'_>) -> Self {
        let fold = |text: Option<&str>| text.map(Name::new).filter(|name| !name.is_empty());
        Self {
            regency: fold(written.regency),
            district: fold(written.district),
            village: fold(written.village),
        }
    }
}

impl Entry {
    fn lies_in(&self, names: &Names) -> bool {
        let fits =
            |own: &Name, said: &Option<Name>| said.as_ref().is_none_or(|said| own.fits(said));
        fits(&self.regency, &names.regency) && fits(&self.district, &names.district)
    }

    fn is_called(&self, names: &Names) -> bool {
        names
            .village
            .as_ref()
            .is_none_or(|said| self.name.fits(said))
    }
}

impl Register {
    /// A register of these villages.
    #[must_use]
    pub fn new(villages: impl IntoIterator<Item = Village>) -> Self {
        let mut register = Self::default();
        for village in villages {
            let at = register.entries.len();
            let entry = Entry {
                name: Name::new(&village.name),
                district: Name::new(&village.district),
                regency: Name::new(&village.regency),
                village,
            };
            register.by_code.insert(entry.village.code.clone(), at);
            register.entries.push(entry);
        }
        register
    }

    /// Its villages, by code.
    pub fn villages(&self) -> impl Iterator<Item = &Village> {
        self.by_code.values().map(|at| &self.entries[*at].village)
    }

    /// The village of a code.
    #[must_use]
    pub fn village(&self, code: &AreaCode) -> Option<&Village> {
        self.entry(code).map(|entry| &entry.village)
    }

    /// The code of the one regency of a name.
    #[must_use]
    pub fn regency(&self, name: &str) -> Option<AreaCode> {
        let name = Name::new(name);
        let mut codes: Vec<AreaCode> = self
            .entries
            .iter()
            .filter(|entry| entry.regency.fits(&name))
            .filter_map(|entry| entry.village.code.parent()?.parent())
            .collect();
        codes.sort();
        codes.dedup();
        <[AreaCode; 1]>::try_from(codes).ok().map(|[code]| code)
    }

    fn entry(&self, code: &AreaCode) -> Option<&Entry> {
        self.by_code.get(code).map(|at| &self.entries[*at])
    }

    /// What speaks for a system of the codes of a list, row by row.
    #[must_use]
    pub fn evidence<'w>(&self, rows: impl IntoIterator<Item = Written<'w>>) -> Evidence {
        let mut evidence = Evidence::default();
        for row in rows {
            let Some(text) = row.code else { continue };
            let names = Names::of(&row);
            evidence.take(&shape(text), |code| {
                let entry = self.entry(code)?;
                Some(if names.village.is_none() && names.regency.is_none() {
                    Beside::Nothing
                } else if entry.is_called(&names) && entry.lies_in(&names) {
                    Beside::Agrees
                } else {
                    Beside::Contradicts
                })
            });
        }
        evidence
    }

    /// Which village a row means.
    #[must_use]
    pub fn find(&self, written: &Written<'_>) -> Found {
        let names = Names::of(written);
        let of_bps = written.system == Some(System::Bps);
        let shape = written
            .code
            .filter(|code| !of_bps && !code.trim().is_empty())
            .map(shape);
        let said = written.system == Some(System::Kemendagri);
        let (code, how) = match shape {
            // A code of BPS says nothing here, and one of a regency says no village.
            None | Some(Shape::Bps | Shape::Wider(_)) => return self.named(&names),
            Some(Shape::Neither) => return self.doubted(&names),
            Some(Shape::Dotted(code)) => (code, How::Code),
            Some(Shape::Plain(code)) => (code, How::CodeWithoutDots),
        };
        let Some(entry) = self.entry(&code) else {
            return self.doubted(&names);
        };
        if !entry.is_called(&names) {
            return self.contradicted(code, &names);
        }
        if !entry.lies_in(&names) {
            return Found::Asked(Doubt::CodeElsewhere, vec![code]);
        }
        let named = names.village.is_some();
        if how == How::CodeWithoutDots && !named && !said {
            return Found::Asked(Doubt::CodeWithoutDots, vec![code]);
        }
        Found::Village(code, how)
    }

    /// The code is none of the register: the names propose, and a person decides.
    fn doubted(&self, names: &Names) -> Found {
        let candidates = match self.named(names) {
            Found::Village(code, _) => vec![code],
            Found::Asked(_, candidates) => candidates,
        };
        Found::Asked(Doubt::CodeUnknown, candidates)
    }

    fn contradicted(&self, code: AreaCode, names: &Names) -> Found {
        let mut candidates = vec![code];
        match self.named(names) {
            Found::Village(named, _) => candidates.push(named),
            Found::Asked(_, named) => candidates.extend(named),
        }
        candidates.dedup();
        candidates.truncate(CANDIDATES_MAX);
        Found::Asked(Doubt::CodeContradictsName, candidates)
    }

    fn named(&self, names: &Names) -> Found {
        let Some(village) = &names.village else {
            return Found::Asked(Doubt::Empty, Vec::new());
        };
        let called: Vec<&Entry> = self
            .entries
            .iter()
            .filter(|entry| entry.name.fits(village))
            .collect();
        let there: Vec<&Entry> = called
            .iter()
            .filter(|entry| entry.lies_in(names))
            .copied()
            .collect();
        let there = of_kind(there, village);
        if names.regency.is_none() && names.district.is_none() {
            return match called.as_slice() {
                [] => Found::Asked(Doubt::NoSuchName, self.near(names)),
                [_] => Found::Asked(Doubt::NameAlone, codes(&called)),
                _ => Found::Asked(Doubt::Several, codes(&called)),
            };
        }
        if let [one] = there.as_slice() {
            let how = if names.district.is_some() {
                How::NameInDistrict
            } else {
                How::NameInRegency
            };
            return Found::Village(one.village.code.clone(), how);
        }
        if !there.is_empty() {
            return Found::Asked(Doubt::Several, codes(&there));
        }
        let fits = |said: &Name| self.entries.iter().any(|entry| entry.regency.fits(said));
        if names.regency.as_ref().is_some_and(|said| !fits(said)) {
            return Found::Asked(Doubt::NoSuchRegency, codes(&called));
        }
        if called.is_empty() {
            return Found::Asked(Doubt::NoSuchName, self.near(names));
        }
        let regency = Names {
            regency: names.regency.clone(),
            district: None,
            village: None,
        };
        let wider: Vec<&Entry> = called
            .iter()
            .filter(|entry| names.regency.is_some() && entry.lies_in(&regency))
            .copied()
            .collect();
        if wider.is_empty() {
            return Found::Asked(Doubt::WrongRegency, codes(&called));
        }
        Found::Asked(Doubt::WrongDistrict, codes(&wider))
    }

    /// What somebody who has mistyped could have meant, the nearest first.
    fn near(&self, names: &Names) -> Vec<AreaCode> {
        let Some(village) = &names.village else {
            return Vec::new();
        };
        let mut near: Vec<(usize, &Entry)> = self
            .entries
            .iter()
            .filter(|entry| {
                let regency = names.regency.as_ref();
                regency.is_none_or(|said| entry.regency.fits(said))
            })
            .filter_map(|entry| Some((entry.name.near(village)?, entry)))
            .collect();
        near.sort_by_key(|(distance, entry)| {
            (*distance, !entry.lies_in(names), &entry.village.code)
        });
        near.iter()
            .take(CANDIDATES_MAX)
            .map(|(_, entry)| entry.village.code.clone())
            .collect()
    }
}

/// Of a desa and a kelurahan of one name in one district, the one that was written.
fn of_kind<'e>(there: Vec<&'e Entry>, village: &Name) -> Vec<&'e Entry> {
    let kelurahan = match village.kind() {
        Some(Kind::Kelurahan) => true,
        Some(Kind::Desa) => false,
        _ => return there,
    };
    let of: Vec<&Entry> = there
        .iter()
        .filter(|entry| entry.village.is_kelurahan() == kelurahan)
        .copied()
        .collect();
    if of.is_empty() { there } else { of }
}

fn codes(entries: &[&Entry]) -> Vec<AreaCode> {
    let codes = entries.iter().map(|entry| entry.village.code.clone());
    codes.take(CANDIDATES_MAX).collect()
}

/// What a row says of its village, as a decision about it is remembered: the same
/// words, dressed otherwise, are the same key.
#[must_use]
pub fn key(written: &Written<'_>) -> String {
    let code: String = written
        .code
        .unwrap_or_default()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let fold = |text: Option<&str>| {
        let name = Name::new(text.unwrap_or_default());
        let kind = match name.kind() {
            Some(Kind::Kelurahan) => "kelurahan ",
            Some(Kind::Desa) => "desa ",
            _ => "",
        };
        format!("{kind}{}", name.key())
    };
    format!(
        "{}|{}|{}|{}",
        code.to_lowercase(),
        fold(written.regency),
        fold(written.district),
        fold(written.village)
    )
}

#[cfg(test)]
mod tests;
