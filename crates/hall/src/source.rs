//! The register of imported files and feeds.
//!
//! Whose the data is, by which right the house has it, what it may be used for,
//! as of which day, what its words mean and how long the raw copy may be kept.
//! What nobody has said is unknown and stays empty: a guess would read as a fact.
//! A row is never changed; a newer file is a newer row.
//!
//! The raw copy lies sealed in the blobs. No door hands it out.

use base::id::{Id, Person, Source};
use base::now::Wall;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Conn, Error, Tx, Value};
use utoipa::ToSchema;

use crate::Hall;
use crate::audit::{self, Act};
use crate::guard::{Permission, Place, Who};
use crate::line::{self, NAME_MAX};
use crate::problem::Problem;
use crate::sql::source::{self as rows, SourceRow};

/// How openly data may be spoken of, the most open first.
pub const CLASSES: [&str; 4] = ["terbuka", "internal", "terbatas", "pribadi"];

/// Longest text of a card, in characters.
const TEXT_MAX: usize = 500;

/// Purposes of one source.
const PURPOSES_MAX: usize = 20;

/// Days that a raw copy may be kept at most: thirty years.
const RETENTION_MAX: i64 = 10_950;

/// What is known about where data comes from. What is left out is unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = SourceCard)]
pub struct Card {
    /// What people call it; a file's own name when left out.
    pub title: Option<String>,
    /// Whose data it is.
    pub owner: Option<String>,
    /// Who answers for it by law (pengendali data).
    pub controller: Option<String>,
    /// The regulation or decree.
    pub legal_basis: Option<String>,
    /// Number of the agreement.
    pub agreement: Option<String>,
    /// The day it ends, YYYY-MM-DD.
    pub agreement_until: Option<String>,
    /// What it may be used for.
    pub purposes: Vec<String>,
    /// The day whose state it tells, YYYY-MM-DD.
    pub as_of: Option<String>,
    /// What its words and numbers mean.
    pub definition: Option<String>,
    /// `terbuka`, `internal`, `terbatas` or `pribadi`.
    pub classification: Option<String>,
    /// How long the raw copy may be kept, in days.
    pub retention_days: Option<i64>,
}

/// A file that was imported, as the register keeps it.
#[derive(Debug, Clone)]
pub struct Brought {
    /// What it was called.
    pub name: String,
    /// Octets.
    pub size_bytes: i64,
    /// SHA-256 as it arrived, in hexadecimal.
    pub sha256: String,
    /// Rows that count.
    pub rows: i64,
    /// The blob that it lies sealed in.
    pub raw_blob: String,
}

/// A file that was imported before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenBefore {
    /// What it became.
    pub source: Id<Source>,
    /// When.
    pub at_us: Wall,
    /// Rows of it that counted.
    pub rows: Option<i64>,
}

/// A row of the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub id: Id<Source>,
    /// `file` or `feed`.
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// What is known about it.
    pub card: Card,
    /// Of a file: its name.
    pub file_name: Option<String>,
    /// Of a file: octets.
    pub size_bytes: Option<i64>,
    /// Of a file: SHA-256 as it arrived, in hexadecimal.
    pub sha256: Option<String>,
    /// Of a file: rows that count.
    pub row_count: Option<i64>,
    /// Whether the house keeps a raw copy.
    pub has_raw: bool,
    /// Where it lies, as rights see it.
    pub place: Place,
    /// Who brought it in.
    pub registered_by: Id<Person>,
    /// When.
    pub registered: Wall,
}

/// What a list is asked for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Part of the title, owner or file name.
    pub q: Option<String>,
    /// Only about this.
    pub subject: Option<String>,
    /// Only the file with this hash.
    pub sha256: Option<String>,
    /// Only older than this one.
    pub before: Option<Id<Source>>,
}

/// Registers a feed, or a file that came by another way than an import.
///
/// # Errors
/// `not-allowed`, or the fields that cannot stand.
pub async fn register(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    kind: &str,
    subject: &str,
    card: &Card,
    place: Place,
) -> Result<Listed, Problem> {
    who.require(Permission::SourcesWrite, &place)?;
    if !["file", "feed"].contains(&kind) {
        return Err(line::refuse("kind", "use file or feed"));
    }
    let subject = line::read("subject", subject, NAME_MAX)?;
    if card.title.is_none() {
        return Err(line::refuse("title", "is required"));
    }
    if let Some(area) = &place.area
        && !crate::areas::exists(tx, area).await?
    {
        return Err(line::refuse("area", "is not in the register of areas"));
    }
    if let Some(agency) = place.agency
        && !crate::agencies::exists(tx, agency).await?
    {
        return Err(line::refuse("agency", "is not in the register of agencies"));
    }
    let row = row(hall, who, hall.mint(), kind, &subject, card, None, place)?;
    rows::insert(tx, &row).await?;
    let act = Act {
        verb: "source.registered",
        subject: row.id.to_string(),
        detail: json!({ "kind": row.kind, "about": row.subject, "title": row.title }),
    };
    audit::record(tx, hall.now(), who, act).await?;
    Ok(listed(row))
}

/// Registers an imported file, in the transaction of what was written from it. The
/// import writes the audit.
///
/// # Errors
/// What of the card cannot stand.
#[expect(clippy::too_many_arguments, reason = "each is a part of one row")]
pub async fn bring(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    id: Id<Source>,
    subject: &str,
    card: &Card,
    file: &Brought,
    place: Place,
) -> Result<Listed, Problem> {
    let row = row(hall, who, id, "file", subject, card, Some(file), place)?;
    rows::insert(tx, &row).await?;
    Ok(listed(row))
}

/// Says what of a card cannot stand, before anything is done for it.
///
/// # Errors
/// The fields.
pub fn check(hall: &Hall, who: &Who, card: &Card) -> Result<(), Problem> {
    row(hall, who, hall.mint(), "file", "", card, None, Place::HOUSE).map(drop)
}

/// When the same file was imported before as the same subject, the last first.
///
/// # Errors
/// If the database does not answer.
pub async fn seen(
    conn: &mut Conn,
    subject: &str,
    sha256: &str,
    but: Id<Source>,
) -> Result<Vec<SeenBefore>, Error> {
    let query = rows::list()
        .push(" AND s.sha256 = ", sha256)
        .push(" AND s.subject = ", subject)
        .push(" AND s.id <> ", but)
        .push(" ORDER BY s.id DESC LIMIT ", 5_i64);
    Ok(rows::fetch(conn, &query)
        .await?
        .into_iter()
        .map(|source| SeenBefore {
            source: source.id,
            at_us: source.registered,
            rows: source.row_count,
        })
        .collect())
}

/// The raw copy of a source is kept no longer.
///
/// # Errors
/// If the database does not answer.
pub async fn without_raw(tx: &mut Tx, id: Id<Source>) -> Result<(), Error> {
    rows::without_raw(tx, id).await
}

/// Sources that the caller may see or has brought in, newest first. Also what to
/// begin the next page after, if there may be one.
///
/// # Errors
/// If the database does not answer.
pub async fn list(
    conn: &mut Conn,
    who: &Who,
    filter: &Filter,
    limit: i64,
) -> Result<(Vec<Listed>, Option<Id<Source>>), store::Error> {
    let mut query = seen_by(who);
    if let Some(subject) = &filter.subject {
        query = query.push(" AND s.subject = ", subject.as_str());
    }
    if let Some(sha256) = &filter.sha256 {
        query = query.push(" AND s.sha256 = ", sha256.as_str());
    }
    if let Some(q) = filter.q.as_deref().filter(|q| !q.trim().is_empty()) {
        let pattern = crate::sql::containing(q);
        query = query
            .push(" AND (LOWER(s.title) LIKE ", pattern.as_str())
            .push(" ESCAPE '!' OR LOWER(s.owner) LIKE ", pattern.as_str())
            .push(" ESCAPE '!' OR LOWER(s.file_name) LIKE ", pattern)
            .raw(" ESCAPE '!')");
    }
    if let Some(before) = filter.before {
        query = query.push(" AND s.id < ", before);
    }
    query = query.push(" ORDER BY s.id DESC LIMIT ", limit);
    let found = rows::fetch(conn, &query).await?;
    let next = found
        .last()
        .map(|row| row.id)
        .filter(|_| i64::try_from(found.len()) == Ok(limit));
    Ok((found.into_iter().map(listed).collect(), next))
}

/// One source, if the caller may see it.
///
/// # Errors
/// If the database does not answer.
pub async fn find(
    conn: &mut Conn,
    who: &Who,
    id: Id<Source>,
) -> Result<Option<Listed>, store::Error> {
    let query = seen_by(who).push(" AND s.id = ", id);
    Ok(rows::fetch(conn, &query).await?.pop().map(listed))
}

/// Whoever brought a file in goes on seeing it, also where it lies wider than his
/// own place.
fn seen_by(who: &Who) -> store::query::Query {
    let (visible, mut values) = who.visible(Permission::SourcesRead, "s.area_code", "s.agency_id");
    values.push(Value::from(who.person()));
    let either = format!(" AND ({visible} OR s.registered_by = ?)");
    rows::list().condition(&either, values)
}

/// Judges a card and puts the row together.
#[expect(clippy::too_many_arguments, reason = "each is a part of one row")]
fn row(
    hall: &Hall,
    who: &Who,
    id: Id<Source>,
    kind: &str,
    subject: &str,
    card: &Card,
    file: Option<&Brought>,
    place: Place,
) -> Result<SourceRow, Problem> {
    let classification = card.classification.as_deref().unwrap_or("internal");
    if !CLASSES.contains(&classification) {
        return Err(line::refuse(
            "classification",
            format!("use one of {}", CLASSES.join(", ")),
        ));
    }
    if card
        .retention_days
        .is_some_and(|days| !(0..=RETENTION_MAX).contains(&days))
    {
        return Err(line::refuse(
            "retention_days",
            format!("use 0 to {RETENTION_MAX}"),
        ));
    }
    if card.purposes.len() > PURPOSES_MAX {
        return Err(line::refuse("purposes", format!("at most {PURPOSES_MAX}")));
    }
    let mut purposes = Vec::new();
    for purpose in &card.purposes {
        purposes.extend(text("purposes", Some(purpose))?);
    }
    let title = match text("title", card.title.as_ref())? {
        Some(title) => title,
        None => file.map(|file| file.name.clone()).unwrap_or_default(),
    };
    Ok(SourceRow {
        id,
        kind: kind.to_owned(),
        subject: subject.to_owned(),
        title,
        owner: text("owner", card.owner.as_ref())?,
        controller: text("controller", card.controller.as_ref())?,
        legal_basis: text("legal_basis", card.legal_basis.as_ref())?,
        agreement: text("agreement", card.agreement.as_ref())?,
        agreement_until: day("agreement_until", card.agreement_until.as_ref())?,
        purposes: purposes.join("\n"),
        as_of: day("as_of", card.as_of.as_ref())?,
        definition: text("definition", card.definition.as_ref())?,
        classification: classification.to_owned(),
        retention_days: card.retention_days,
        file_name: file.map(|file| file.name.clone()),
        size_bytes: file.map(|file| file.size_bytes),
        sha256: file.map(|file| file.sha256.clone()),
        row_count: file.map(|file| file.rows),
        raw_blob: file.map(|file| file.raw_blob.clone()),
        area: place.area,
        agency: place.agency,
        registered_by: who.person(),
        registered: hall.now().wall,
    })
}

fn text(field: &'static str, value: Option<&String>) -> Result<Option<String>, Problem> {
    line::read_maybe(field, value.map(String::as_str), TEXT_MAX)
}

fn day(field: &'static str, value: Option<&String>) -> Result<Option<String>, Problem> {
    let day = text(field, value)?;
    match &day {
        Some(written) if written.parse::<jiff::civil::Date>().is_err() => {
            Err(line::refuse(field, "write the day as YYYY-MM-DD"))
        }
        _ => Ok(day),
    }
}

fn listed(row: SourceRow) -> Listed {
    Listed {
        id: row.id,
        kind: row.kind,
        subject: row.subject,
        card: Card {
            title: Some(row.title),
            owner: row.owner,
            controller: row.controller,
            legal_basis: row.legal_basis,
            agreement: row.agreement,
            agreement_until: row.agreement_until,
            purposes: row.purposes.lines().map(str::to_owned).collect(),
            as_of: row.as_of,
            definition: row.definition,
            classification: Some(row.classification),
            retention_days: row.retention_days,
        },
        file_name: row.file_name,
        size_bytes: row.size_bytes,
        sha256: row.sha256,
        row_count: row.row_count,
        has_raw: row.raw_blob.is_some(),
        place: Place::new(row.area, row.agency),
        registered_by: row.registered_by,
        registered: row.registered,
    }
}
