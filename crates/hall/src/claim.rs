//! What somebody has said.
//!
//! A claim is a value that a source has stated about a thing: with the day whose
//! state it tells, what its words mean, and when the house learned it. Claims
//! contradict each other and are all kept; none is ever changed or deleted, and one
//! that must not count any more is withdrawn. What the house itself says is computed
//! from claims by the room that owns the property.
//!
//! Every question has two times ([`Moment`]): what was so **then**, as **known**
//! when. Rights are those of the room that asks: it names its permission to read, and
//! asks for its own permission before it records.

use base::area::AreaCode;
use base::day::Day;
use base::id::{Camera, Claim, Id, Person, Point, Source};
use base::now::Wall;
use serde_json::json;
use store::{Conn, Error, Tx};

use crate::Hall;
use crate::audit::{self, Act};
use crate::guard::{Permission, Who};
use crate::line;
use crate::problem::Problem;
use crate::sql::claim as rows;

/// Longest word of a claim, in characters.
pub const WORD_MAX: usize = 500;

/// Longest name of a property, and of a project or an indicator.
const KEY_MAX: usize = 120;

/// What a claim is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A desa or kelurahan.
    Village(AreaCode),
    /// A place of a village that is to be online.
    Point(Id<Point>),
    /// A project, by its code.
    Project(String),
    /// A number that somebody follows, by its key.
    Indicator(String),
    /// A camera.
    Camera(Id<Camera>),
}

impl Subject {
    /// The words of the kinds.
    pub const KINDS: [&'static str; 5] = ["village", "point", "project", "indicator", "camera"];

    /// Of which kind it is.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Village(_) => "village",
            Self::Point(_) => "point",
            Self::Project(_) => "project",
            Self::Indicator(_) => "indicator",
            Self::Camera(_) => "camera",
        }
    }

    /// Which one of its kind.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Village(code) => code.to_string(),
            Self::Point(id) => id.to_string(),
            Self::Project(key) | Self::Indicator(key) => key.clone(),
            Self::Camera(id) => id.to_string(),
        }
    }

    /// The subject of a kind and a key.
    #[must_use]
    pub fn parse(kind: &str, key: &str) -> Option<Self> {
        Some(match kind {
            "village" => Self::Village(key.parse().ok()?),
            "point" => Self::Point(key.parse().ok()?),
            "project" => Self::Project(key.to_owned()),
            "indicator" => Self::Indicator(key.to_owned()),
            "camera" => Self::Camera(key.parse().ok()?),
            _ => return None,
        })
    }
}

/// A value that somebody has stated. There are no fractions: a share is in
/// thousandths, money in rupiah.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Yes or no.
    Flag(bool),
    /// A whole number, in the unit of its property.
    Whole(i64),
    /// A word or a line of words.
    Word(String),
    /// A day.
    Day(Day),
}

impl Value {
    /// The words of the kinds.
    pub const KINDS: [&'static str; 4] = ["flag", "whole", "word", "day"];

    /// Of which kind it is, and how it is written: `ya` or `tidak`, digits, the word
    /// itself, an ISO date.
    #[must_use]
    pub fn stored(&self) -> (&'static str, String) {
        match self {
            Self::Flag(flag) => ("flag", if *flag { "ya" } else { "tidak" }.to_owned()),
            Self::Whole(number) => ("whole", number.to_string()),
            Self::Word(word) => ("word", word.clone()),
            Self::Day(day) => ("day", day.to_string()),
        }
    }

    /// The value of a kind and a text.
    #[must_use]
    pub fn parse(kind: &str, text: &str) -> Option<Self> {
        Some(match (kind, text) {
            ("flag", "ya") => Self::Flag(true),
            ("flag", "tidak") => Self::Flag(false),
            ("whole", text) => Self::Whole(text.parse().ok()?),
            ("word", text) => Self::Word(text.to_owned()),
            ("day", text) => Self::Day(text.parse().ok()?),
            _ => return None,
        })
    }

    /// As a cell of a table shows it.
    #[must_use]
    pub fn shown(&self) -> String {
        self.stored().1
    }
}

/// A claim to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct New {
    /// What it is about.
    pub subject: Subject,
    /// Where that lies.
    pub area: AreaCode,
    /// What is said of it.
    pub property: String,
    /// The value.
    pub value: Value,
    /// Who says so.
    pub source: Id<Source>,
    /// In which row of the file.
    pub row: Option<u32>,
    /// The day whose state it tells.
    pub as_of: Day,
    /// What its words mean, where that is not what the source says of all of them.
    pub definition: Option<String>,
}

/// A claim as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub id: Id<Claim>,
    /// What it is about.
    pub subject: Subject,
    /// Where that lies.
    pub area: AreaCode,
    /// What is said of it.
    pub property: String,
    /// The value.
    pub value: Value,
    /// Who says so.
    pub source: Id<Source>,
    /// In which row of the file.
    pub row: Option<u32>,
    /// The day whose state it tells.
    pub as_of: Day,
    /// What its words mean: its own definition, else that of its source.
    pub definition: Option<String>,
    /// Whose the source is.
    pub owner: Option<String>,
    /// When the house learned it.
    pub recorded: Wall,
    /// By whose hand.
    pub by: Id<Person>,
    /// That it does not count any more.
    pub withdrawn: Option<Withdrawn>,
}

/// That a claim does not count any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawn {
    /// From when on.
    pub at: Wall,
    /// By whom.
    pub by: Id<Person>,
    /// Why.
    pub why: String,
}

/// The two times of a question. Left out, both are today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moment {
    /// Only what tells of this day or one before it.
    pub then: Option<Day>,
    /// Only what the house knew at this time: recorded by then, and not withdrawn by
    /// then.
    pub known: Option<Wall>,
}

/// Which claims.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// As of when, known when.
    pub moment: Moment,
    /// Only about this.
    pub subject: Option<Subject>,
    /// Only about things of this kind.
    pub kind: Option<&'static str>,
    /// Only what lies in this area.
    pub within: Option<AreaCode>,
    /// Only of this source.
    pub source: Option<Id<Source>>,
    /// Withdrawn ones as well, each with its withdrawal.
    pub withdrawn: bool,
}

/// Records claims, each for good; their ids in the same order. The caller has asked
/// whether he may, and writes the audit of what they came from.
///
/// # Errors
/// `form` if a property or a value cannot stand.
pub async fn record(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    claims: Vec<New>,
) -> Result<Vec<Id<Claim>>, Problem> {
    let now = hall.now().wall;
    let mut kept = Vec::with_capacity(claims.len());
    for new in claims {
        line::read("property", &new.property, KEY_MAX)?;
        if let Subject::Project(key) | Subject::Indicator(key) = &new.subject {
            line::read("subject", key, KEY_MAX)?;
        }
        let value = match new.value {
            Value::Word(word) => Value::Word(line::read("value", &word, WORD_MAX)?),
            other => other,
        };
        kept.push(Listed {
            id: hall.mint(),
            subject: new.subject,
            area: new.area,
            property: new.property,
            value,
            source: new.source,
            row: new.row,
            as_of: new.as_of,
            definition: line::read_maybe("definition", new.definition.as_deref(), WORD_MAX)?,
            owner: None,
            recorded: now,
            by: who.person(),
            withdrawn: None,
        });
    }
    rows::insert(tx, &kept).await?;
    Ok(kept.into_iter().map(|claim| claim.id).collect())
}

/// Claims that the caller may read, in the order they were recorded.
///
/// # Errors
/// If the database does not answer.
pub async fn list(
    conn: &mut Conn,
    who: &Who,
    permission: Permission,
    filter: &Filter,
) -> Result<Vec<Listed>, Error> {
    let (visible, values) = who.visible(permission, "c.area_code", "NULL");
    let query = rows::list().raw(" AND ").condition(&visible, values);
    all(conn, query, filter).await
}

/// Every claim, whoever asks: for what the house computes for itself.
///
/// # Errors
/// If the database does not answer.
pub async fn every(conn: &mut Conn, filter: &Filter) -> Result<Vec<Listed>, Error> {
    all(conn, rows::list(), filter).await
}

async fn all(
    conn: &mut Conn,
    mut query: store::query::Query,
    filter: &Filter,
) -> Result<Vec<Listed>, Error> {
    let Moment { then, known } = filter.moment;
    if let Some(then) = then {
        query = query.push(" AND c.as_of <= ", then.to_string());
    }
    if let Some(known) = known {
        query = query.push(" AND c.recorded_us <= ", known);
    }
    match known {
        _ if filter.withdrawn => {}
        Some(known) => {
            query = query
                .push(" AND (w.at_us IS NULL OR w.at_us > ", known)
                .raw(")");
        }
        None => query = query.raw(" AND w.at_us IS NULL"),
    }
    if let Some(subject) = &filter.subject {
        query = query
            .push(" AND c.subject_kind = ", subject.kind())
            .push(" AND c.subject = ", subject.key());
    }
    if let Some(kind) = filter.kind {
        query = query.push(" AND c.subject_kind = ", kind);
    }
    if let Some(within) = &filter.within {
        query = query
            .push(" AND (c.area_code = ", within.as_str())
            .push(" OR c.area_code LIKE ", format!("{within}.%"))
            .raw(")");
    }
    if let Some(source) = filter.source {
        query = query.push(" AND c.source_id = ", source);
    }
    query = query.raw(" ORDER BY c.recorded_us, c.id");
    rows::fetch(conn, &query).await
}

/// Withdraws one claim. The caller has asked whether he may.
///
/// # Errors
/// `form` without a reason; `claim-withdrawn` if it was withdrawn before.
pub async fn withdraw(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    id: Id<Claim>,
    why: &str,
) -> Result<(), Problem> {
    let why = line::read("why", why, WORD_MAX)?;
    let now = hall.now();
    if !rows::withdraw(tx, id, now.wall, who.person(), &why).await? {
        return Err(Problem::conflict(
            "claim-withdrawn",
            "It was withdrawn before.",
        ));
    }
    let act = Act {
        verb: "claim.withdrawn",
        subject: id.to_string(),
        detail: json!({ "why": why }),
    };
    Ok(audit::record(tx, now, who, act).await?)
}

/// Withdraws all that is left of a source's claims; how many that were. The caller
/// has asked whether he may.
///
/// # Errors
/// `form` without a reason.
pub async fn withdraw_source(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    source: Id<Source>,
    why: &str,
) -> Result<u64, Problem> {
    let why = line::read("why", why, WORD_MAX)?;
    let now = hall.now();
    let count = rows::withdraw_source(tx, source, now.wall, who.person(), &why).await?;
    let act = Act {
        verb: "claim.withdrawn",
        subject: source.to_string(),
        detail: json!({ "claims": count, "why": why }),
    };
    audit::record(tx, now, who, act).await?;
    Ok(count)
}

#[cfg(test)]
mod tests;
