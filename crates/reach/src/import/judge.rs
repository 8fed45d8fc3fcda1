//! What becomes of a row of a list.

use std::collections::BTreeMap;

use base::area::AreaCode;
use hall::Hall;
use hall::guard::{Permission, Place, Who};
use hall::intake::{Intake, Judged, Outcome, Row, Said, Table, excerpt};
use reach_core::code::{Evidence, System};
use reach_core::flow::State;
use reach_core::property::{Property, Unreadable, Value};
use reach_core::register::{Doubt, Found, How, Register, Written, key};
use store::{Conn, Error};

use crate::room::Room;
use crate::sql::list;

/// What a row becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) code: Option<String>,
    pub(crate) regency: Option<String>,
    pub(crate) district: Option<String>,
    pub(crate) village: Option<String>,
    /// What stands in it, as a decision about it is remembered.
    pub(crate) key: String,
    pub(crate) means: Means,
    /// What it says besides.
    pub(crate) says: Vec<(Property, Value)>,
    /// Where it lies, as rights see it.
    pub(crate) area: AreaCode,
}

/// Which village a row means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Means {
    /// This one.
    Village(AreaCode, How),
    /// A person has to say.
    Asked(Doubt, Vec<AreaCode>),
    /// A person has said of such a row that it is no village of the register.
    Foreign,
}

/// What rows are judged against: read once, before the first row.
struct Context<'c> {
    who: &'c Who,
    register: &'c Register,
    province: &'c AreaCode,
    remembered: BTreeMap<String, Option<AreaCode>>,
    /// Of which system the codes are, and what speaks for it.
    system: System,
    evidence: Evidence,
    /// The same file counts already.
    seen: bool,
}

/// Judges a list against the house as it is. Without an owner nothing is remembered.
/// None: it was written.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn judge(
    hall: &Hall,
    room: &Room,
    conn: &mut Conn,
    who: &Who,
    intake: &Intake,
    owner_key: Option<&str>,
) -> Result<Option<Judged<Plan>>, Error> {
    let Some(table) = intake.table() else {
        return Ok(None);
    };
    let remembered = match owner_key {
        Some(key) => list::remembered(conn, key).await?,
        None => BTreeMap::new(),
    };
    let earlier: Vec<_> = intake.seen().iter().map(|seen| seen.source).collect();
    let evidence = evidence(room.register(), table);
    let context = Context {
        who,
        register: room.register(),
        province: &hall.config().province,
        remembered,
        system: evidence.system(),
        evidence,
        seen: !list::standing(conn, &earlier).await?.is_empty(),
    };
    Ok(Some(table.judge(|row| judged(&context, row))))
}

/// What the whole column of codes speaks for.
fn evidence(register: &Register, table: &Table) -> Evidence {
    let rows: Vec<[Option<String>; 4]> = table
        .rows()
        .map(|row| {
            ["code", "regency", "district", "village"].map(|key| row.text(key).map(str::to_owned))
        })
        .collect();
    register.evidence(
        rows.iter()
            .map(|[code, regency, district, village]| Written {
                code: code.as_deref(),
                system: None,
                regency: regency.as_deref(),
                district: district.as_deref(),
                village: village.as_deref(),
            }),
    )
}

fn judged(context: &Context<'_>, row: &mut Row<'_>) -> Outcome<Plan> {
    let text = |key: &str| row.text(key).map(str::to_owned);
    let (regency, district, village) = (text("regency"), text("district"), text("village"));
    // A column that a person has named counts before one that nobody has.
    let (code, system) = match (text("code_kemendagri"), text("code"), text("code_bps")) {
        (Some(code), ..) => (Some(code), Some(System::Kemendagri)),
        (None, Some(code), _) => (Some(code), None),
        (None, None, bps) => (bps.clone(), bps.map(|_| System::Bps)),
    };
    let written = Written {
        code: code.as_deref(),
        system,
        regency: regency.as_deref(),
        district: district.as_deref(),
        village: village.as_deref(),
    };
    let key = key(&written);
    if code.is_some() && system.is_none() {
        ask_for_system(context, row);
    }
    let mut means = match context.register.find(&written) {
        Found::Village(code, how) => Means::Village(code, how),
        Found::Asked(doubt, candidates) => Means::Asked(doubt, candidates),
    };
    if let (Means::Asked(..), Some(decided)) = (&means, context.remembered.get(&key)) {
        means = match decided {
            Some(code) => Means::Village(code.clone(), How::Decided),
            None => Means::Foreign,
        };
    }
    let area = place(context, &means, &written);
    permitted(context, row, &area);
    let says = says(row);
    if context.seen {
        return Outcome::Exists;
    }
    note(context, row, &means);
    Outcome::Add(Plan {
        code,
        regency,
        district,
        village,
        key,
        means,
        says,
        area,
    })
}

/// A column that could be of either system counts for nothing until a person has said
/// which it is: by making it the field of that system.
fn ask_for_system(context: &Context<'_>, row: &mut Row<'_>) {
    let Evidence {
        dotted,
        agreed,
        contradicted,
        unnamed,
        unknown,
        bps,
        ..
    } = context.evidence;
    let wrong = match context.system {
        System::Kemendagri => return,
        System::Bps => Said::with(
            format!(
                "kolom ini berisi kode BPS ({bps} berbentuk BPS, {contradicted} bertentangan dengan nama)"
            ),
            format!(
                "the column holds codes of BPS ({bps} by their shape, {contradicted} contradict the names)"
            ),
        ),
        System::Unclear => Said::with(
            format!(
                "kolom ini bisa kode Kemendagri atau BPS ({dotted} bertitik, {agreed} cocok dengan nama, \
                 {contradicted} bertentangan, {unnamed} tanpa nama, {unknown} tidak dikenal, {bps} BPS)"
            ),
            format!(
                "the column could be Kemendagri's or of BPS ({dotted} with dots, {agreed} agree with the \
                 names, {contradicted} contradict them, {unnamed} without names, {unknown} unknown, {bps} BPS)"
            ),
        ),
    };
    row.fault(
        "code",
        wrong,
        Said::new(
            "pilih untuk kolom ini: kode Kemendagri, atau kode BPS",
            "choose for this column: Kemendagri code, or BPS code",
        ),
    );
}

/// Where a row lies: its village; else the regency that it names; else the province.
fn place(context: &Context<'_>, means: &Means, written: &Written<'_>) -> AreaCode {
    if let Means::Village(code, _) = means {
        return code.clone();
    }
    let regency = written
        .regency
        .and_then(|name| context.register.regency(name));
    regency.unwrap_or_else(|| context.province.clone())
}

/// Nobody says something about a place where he may not.
fn permitted(context: &Context<'_>, row: &mut Row<'_>, area: &AreaCode) {
    let place = Place::new(Some(area.clone()), None);
    if !context.who.may(Permission::ClaimsWrite, &place) {
        row.fault(
            "village",
            Said::with(
                format!("Anda tidak berwenang atas {area}"),
                format!("you may not speak about {area}"),
            ),
            Said::new("keluarkan baris ini dari impor", "leave the row out"),
        );
    }
}

fn says(row: &mut Row<'_>) -> Vec<(Property, Value)> {
    let mut says = vec![(Property::Listed, Value::Flag(true))];
    for property in Property::ALL {
        let key = property.as_str();
        let Some(text) = row.text(key).map(str::to_owned) else {
            continue;
        };
        match property.read(&text) {
            Ok(value) => says.push((property, value)),
            Err(why) => {
                let (wrong, todo) = unreadable(why, &text);
                row.fault(key, wrong, todo);
            }
        }
    }
    says
}

fn unreadable(why: Unreadable, text: &str) -> (Said, Said) {
    let text = excerpt(text);
    match why {
        Unreadable::Flag => (
            Said::new("bukan ya atau tidak", "is neither yes nor no"),
            Said::new("tulis ya atau tidak", "write ya or tidak"),
        ),
        Unreadable::Share => (
            Said::new("bukan 0 sampai 100 persen", "is not 0 to 100 per cent"),
            Said::new(
                "tulis dengan tanda persen, misalnya 45,5%",
                "write it with its sign, such as 45.5%",
            ),
        ),
        Unreadable::ShareOrPercent => (
            Said::with(
                format!("{text}: persen atau pecahan?"),
                format!("{text}: per cent, or a share?"),
            ),
            Said::new(
                "tulis dengan tanda persen, misalnya 45,5%",
                "write it with its sign, such as 45.5%",
            ),
        ),
        Unreadable::Word(words) => (
            Said::with(
                format!("{text} tidak dikenal"),
                format!("{text} is not known"),
            ),
            Said::with(
                format!("tulis salah satu: {}", words.join(", ")),
                format!("write one of {}", words.join(", ")),
            ),
        ),
    }
}

fn note(context: &Context<'_>, row: &mut Row<'_>, means: &Means) {
    let name = |code: &AreaCode| {
        let village = context.register.village(code);
        village.map_or_else(
            || code.to_string(),
            |village| format!("{code} {} ({})", village.name, village.regency),
        )
    };
    let said = match means {
        Means::Village(_, How::Code) => return,
        Means::Village(code, how) => {
            let name = name(code);
            match how {
                How::Decided => Said::with(
                    format!("menurut keputusan sebelumnya: {name}"),
                    format!("by an earlier decision: {name}"),
                ),
                _ => Said::with(format!("dibaca {name}"), format!("read as {name}")),
            }
        }
        Means::Foreign => Said::new(
            "menurut keputusan sebelumnya: bukan desa di daftar wilayah",
            "by an earlier decision: no village of the register",
        ),
        Means::Asked(doubt, candidates) => {
            let names: Vec<String> = candidates.iter().map(name).collect();
            let (id, en) = doubt_words(*doubt);
            let could = if names.is_empty() {
                (String::new(), String::new())
            } else {
                let names = names.join("; ");
                (
                    format!("; mungkin {names}"),
                    format!("; it could be {names}"),
                )
            };
            Said::with(
                format!("menunggu keputusan: {id}{}", could.0),
                format!("waits for a person: {en}{}", could.1),
            )
        }
    };
    row.note("village", said);
}

/// Why a person has to say, in words.
pub(crate) const fn doubt_words(doubt: Doubt) -> (&'static str, &'static str) {
    match doubt {
        Doubt::Empty => ("tanpa kode dan nama", "neither code nor name"),
        Doubt::CodeUnknown => (
            "kode tidak ada di daftar wilayah",
            "the code is not in the register",
        ),
        Doubt::CodeWithoutDots => (
            "kode tanpa titik dan tanpa nama",
            "a code without dots or names",
        ),
        Doubt::CodeContradictsName => (
            "kode dan nama bertentangan",
            "code and name contradict each other",
        ),
        Doubt::CodeElsewhere => (
            "kode dan kabupaten atau kecamatan bertentangan",
            "code and regency or district contradict each other",
        ),
        Doubt::NoSuchName => (
            "tidak ada desa bernama itu di sana",
            "no village has the name there",
        ),
        Doubt::NoSuchRegency => ("tidak ada kabupaten bernama itu", "no regency has the name"),
        Doubt::WrongDistrict => (
            "nama itu ada di kecamatan lain",
            "the name is in another district",
        ),
        Doubt::WrongRegency => (
            "nama itu ada di kabupaten lain",
            "the name is in another regency",
        ),
        Doubt::Several => (
            "beberapa desa bernama itu",
            "several villages have the name",
        ),
        Doubt::NameAlone => (
            "nama saja, tanpa kabupaten dan kecamatan",
            "the name alone, without regency and district",
        ),
    }
}

/// The status among what a row says.
pub(crate) fn status(says: &[(Property, Value)]) -> Option<State> {
    says.iter()
        .find_map(|(property, value)| match (property, value) {
            (Property::Status, Value::Word(word)) => State::parse(word),
            _ => None,
        })
}
