//! Incidents: what is wrong, where, and what is being done about it, by whom.
//!
//! A room opens one, says it again and clears it, **in the transaction of what it has
//! found**, and names it by a [`Key`]: what is said again under the same key is the
//! same incident. The hall never matches on a room's fact.
//!
//! ```ignore
//! let key = Key::new("site.lives_twice", site);
//! incident::open(tx, now, Opening { key, by: "link", … }).await?;
//! // and once it is over
//! incident::clear(tx, now, &key, "link").await?;
//! ```
//!
//! What people do with one is [`desk`]; how far it may come and what is refused is
//! [`life`]; by when, [`due`]. Decided in `docs/decisions/0015-what-an-incident-is.md`.

pub mod desk;
pub mod due;
pub mod life;
pub(crate) mod sight;
pub mod upkeep;

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use base::area::AreaCode;
use base::fact::Fact;
use base::id::{Camera, Id, Incident, Person, Point, Site};
use base::now::{Now, Wall};
use serde_json::{Map, Value as Json, json};
use store::{Conn, Error, Tx, facts};

use crate::areas;
use crate::audit::{self, Act, Actor, hex};
use crate::ca::sha256;
use crate::guard::{Place, Who};
use crate::sql::incident::{self as rows, IncidentRow, StepRow};
use crate::sql::site as sites;

pub use life::{By, Command, Event, Refusal, Severity, Standing, State};

/// Subjects that one incident can have. Policy: further ones that a room names are
/// counted and not linked; of a person they are refused.
pub const SUBJECTS_MAX: usize = 200;

/// The kind of those that people open.
pub const MANUAL: &str = "manual";

crate::words! {
    /// How bad an incident is.
    pub SeverityWord = Severity::ALL.map(Severity::as_str)
}

/// What an incident can be about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The house itself: its disk, its clock.
    House,
    /// An area: a village, a district, a regency, the province.
    Area(AreaCode),
    /// A site.
    Site(Id<Site>),
    /// A camera.
    Camera(Id<Camera>),
    /// A point of a village.
    Point(Id<Point>),
}

impl Subject {
    /// The words of all kinds.
    pub const KINDS: [&'static str; 5] = ["house", "area", "site", "camera", "point"];

    /// The word of its kind, as rows and answers have it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::House => "house",
            Self::Area(_) => "area",
            Self::Site(_) => "site",
            Self::Camera(_) => "camera",
            Self::Point(_) => "point",
        }
    }

    /// The subject of a kind and a printed id.
    #[must_use]
    pub fn parse(kind: &str, printed: &str) -> Option<Self> {
        Some(match kind {
            "house" if printed.is_empty() => Self::House,
            "area" => Self::Area(printed.parse().ok()?),
            "site" => Self::Site(printed.parse().ok()?),
            "camera" => Self::Camera(printed.parse().ok()?),
            "point" => Self::Point(printed.parse().ok()?),
            _ => return None,
        })
    }
}

/// Its printed id; nothing for the house.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::House => Ok(()),
            Self::Area(code) => code.fmt(f),
            Self::Site(id) => id.fmt(f),
            Self::Camera(id) => id.fmt(f),
            Self::Point(id) => id.fmt(f),
        }
    }
}

/// A subject with what is kept of it: what it is called, and where it lies as rights
/// see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// What.
    pub subject: Subject,
    /// What it is called now.
    pub name: String,
    /// Where it lies now.
    pub place: Place,
}

impl About {
    /// The house itself; seen by those whose grants are over everything.
    #[must_use]
    pub const fn house() -> Self {
        Self {
            subject: Subject::House,
            name: String::new(),
            place: Place::HOUSE,
        }
    }

    /// An area of the register; none if there is no such area.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn area(conn: &mut Conn, code: &AreaCode) -> Result<Option<Self>, Error> {
        Ok(areas::name(conn, code).await?.map(|name| Self {
            subject: Subject::Area(code.clone()),
            name,
            place: Place::new(Some(code.clone()), None),
        }))
    }

    /// A site of the register; none if there is no such site.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn site(conn: &mut Conn, id: Id<Site>) -> Result<Option<Self>, Error> {
        Ok(sites::by_id(conn, id).await?.map(|row| Self {
            subject: Subject::Site(id),
            place: row.place(),
            name: row.name,
        }))
    }

    /// A camera, as its room knows it.
    #[must_use]
    pub const fn camera(id: Id<Camera>, name: String, place: Place) -> Self {
        Self {
            subject: Subject::Camera(id),
            name,
            place,
        }
    }

    /// A point of a village, as its room knows it.
    #[must_use]
    pub const fn point(id: Id<Point>, name: String, place: Place) -> Self {
        Self {
            subject: Subject::Point(id),
            name,
            place,
        }
    }
}

/// What makes it the same incident when it is said again: the kind, and what it is
/// about. Kinds are words of the room that opens them, `noun.what_is_wrong`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    kind: &'static str,
    of: String,
}

impl Key {
    /// Of this kind, about that: a printed id, a code, or nothing where there is only
    /// one of the kind.
    #[must_use]
    pub fn new(kind: &'static str, of: impl fmt::Display) -> Self {
        Self {
            kind,
            of: of.to_string(),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.of)
    }
}

/// What a room has found to be wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Opening {
    /// What makes it the same when it is said again.
    pub key: Key,
    /// The part of the house that says so, for the record.
    pub by: &'static str,
    /// How bad it is. Said again and worse, the incident becomes worse; people may call
    /// it something else in between.
    pub severity: Severity,
    /// One sentence in Bahasa Indonesia, for files and the command line; pages say it by
    /// kind and facts, in both languages. It names no place and no person: whoever sees
    /// one place of an incident reads it, and subjects say where.
    pub title: String,
    /// What was measured: numbers and words of closed lists, no names.
    pub facts: Map<String, Json>,
    /// What it is about. None: the house itself. Said again, further ones are added, and
    /// one that a person took off stays off.
    pub about: Vec<About>,
}

/// Opens an incident, in the transaction of what was found.
///
/// Said again under the same key it is the same incident: counted, with the newest
/// facts; opened again if it was cleared less than [`due::FLAPPING`] ago. Later it is
/// another one.
///
/// # Errors
/// If the database does not answer.
pub async fn open(tx: &mut Tx, now: Now, opening: Opening) -> Result<Id<Incident>, Error> {
    let hand = Hand::house(opening.by);
    let about = if opening.about.is_empty() {
        vec![About::house()]
    } else {
        opening.about
    };
    let key = opening.key.to_string();
    let held = rows::newest(tx, &key).await?;
    if let Some(row) = held.filter(|row| row.standing.is_same(now.wall)) {
        let said = Again {
            severity: opening.severity,
            title: opening.title,
            facts: Json::from(opening.facts),
            about,
        };
        return again(tx, now, row, said, &hand).await;
    }
    let fresh = Fresh {
        kind: opening.key.kind,
        key: Some(key),
        title: opening.title,
        facts: Json::from(opening.facts),
        severity: opening.severity,
        about,
        point: None,
        still: None,
        text: None,
    };
    first(tx, now, fresh, &hand).await
}

/// Whether there is one of that key which goes on: to be looked up before a transaction is
/// begun for nothing.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn goes_on(conn: &mut Conn, key: &Key) -> Result<bool, Error> {
    let found = rows::newest(conn, &key.to_string()).await?;
    Ok(found.is_some_and(|row| row.standing.state.goes_on()))
}

/// The cause is gone, in the transaction of what was found. Which incident it was; none
/// if there is none of that key which goes on.
///
/// # Errors
/// If the database does not answer.
pub async fn clear(
    tx: &mut Tx,
    now: Now,
    key: &Key,
    by: &'static str,
) -> Result<Option<Id<Incident>>, Error> {
    let found = rows::newest(tx, &key.to_string()).await?;
    let Some(mut row) = found.filter(|row| row.standing.state.goes_on()) else {
        return Ok(None);
    };
    let hand = Hand::house(by);
    take(tx, now, &mut row, &[Event::Cleared], &hand, None).await?;
    rows::update(tx, &row).await?;
    changed(tx, row.id, now.wall).await?;
    Ok(Some(row.id))
}

/// Who does it, for steps and audit.
struct Hand {
    by: By,
    room: Option<&'static str>,
    actor: Actor,
}

impl Hand {
    fn house(part: &'static str) -> Self {
        Self {
            by: By::House,
            room: Some(part),
            actor: Actor::house(part),
        }
    }

    fn of(who: &Who) -> Self {
        Self {
            by: By::Person(who.person()),
            room: None,
            actor: Actor::from(who),
        }
    }

    const fn person(&self) -> Option<Id<Person>> {
        match self.by {
            By::Person(person) => Some(person),
            By::House => None,
        }
    }
}

/// An incident that is not there yet.
struct Fresh {
    kind: &'static str,
    key: Option<String>,
    title: String,
    facts: Json,
    severity: Severity,
    about: Vec<About>,
    point: Option<base::geo::Point>,
    still: Option<Id<base::id::Blob>>,
    /// What was said with the opening.
    text: Option<String>,
}

/// What a room says again.
struct Again {
    severity: Severity,
    title: String,
    facts: Json,
    about: Vec<About>,
}

async fn first(tx: &mut Tx, now: Now, it: Fresh, hand: &Hand) -> Result<Id<Incident>, Error> {
    let number = rows::next_number(tx).await?;
    let mut row = IncidentRow {
        id: identity(number, it.key.as_deref().unwrap_or(&it.title), now.wall),
        number,
        kind: it.kind.to_owned(),
        key: it.key,
        room: hand.room.map(str::to_owned),
        opened_by: hand.person(),
        title: it.title,
        facts: it.facts,
        said_severity: hand.room.is_some().then_some(it.severity),
        standing: Standing::new(it.severity, hand.room.is_some(), now.wall),
        opened: now.wall,
        seen_at: now.wall,
        seen: 1,
        point: it.point,
        still: it.still,
        left_out: 0,
        steps: 0,
        changed: now.wall,
    };
    rows::insert(tx, &row).await?;
    take(
        tx,
        now,
        &mut row,
        &[Event::Opened],
        hand,
        it.text.as_deref(),
    )
    .await?;
    row.left_out = link(tx, now, &mut row, it.about, hand).await?;
    rows::update(tx, &row).await?;
    changed(tx, row.id, now.wall).await?;
    Ok(row.id)
}

async fn again(
    tx: &mut Tx,
    now: Now,
    mut row: IncidentRow,
    said: Again,
    hand: &Hand,
) -> Result<Id<Incident>, Error> {
    let before = row.clone();
    if !row.standing.state.goes_on() {
        take(tx, now, &mut row, &[Event::Reopened], hand, None).await?;
    }
    // What a person calls it counts until the room finds it worse than it did before.
    let worse = row.said_severity.is_none_or(|last| said.severity > last);
    if worse && said.severity > row.standing.severity {
        let rated = [Event::Rated(said.severity)];
        take(tx, now, &mut row, &rated, hand, None).await?;
    }
    row.said_severity = Some(said.severity);
    row.left_out = link(tx, now, &mut row, said.about, hand).await?;
    row.title = said.title;
    row.facts = said.facts;
    row.seen += 1;
    row.seen_at = now.wall;
    rows::update(tx, &row).await?;
    // Who says the same each minute wakes nobody each minute.
    let told = row.steps != before.steps
        || row.facts != before.facts
        || row.title != before.title
        || row.left_out != before.left_out;
    if told {
        changed(tx, row.id, now.wall).await?;
    }
    Ok(row.id)
}

/// Links what it was not about before; how many were too many.
async fn link(
    tx: &mut Tx,
    now: Now,
    row: &mut IncidentRow,
    about: Vec<About>,
    hand: &Hand,
) -> Result<i64, Error> {
    let mut known: BTreeSet<Subject> = rows::subjects(tx, row.id)
        .await?
        .into_iter()
        .map(|one| one.about.subject)
        .collect();
    let mut left_out = 0;
    for one in about {
        if known.contains(&one.subject) {
            continue;
        }
        if known.len() >= SUBJECTS_MAX {
            left_out += 1;
            continue;
        }
        let nth = u32::try_from(known.len() + 1).unwrap_or(u32::MAX);
        rows::add_subject(tx, row.id, nth, &one, now.wall).await?;
        take(tx, now, row, &[Event::Linked(nth)], hand, None).await?;
        known.insert(one.subject);
    }
    Ok(left_out)
}

/// Events happen: steps, audit, and what they make of the row, which the caller keeps.
async fn take(
    tx: &mut Tx,
    now: Now,
    row: &mut IncidentRow,
    events: &[Event],
    hand: &Hand,
    text: Option<&str>,
) -> Result<(), Error> {
    for event in events {
        row.standing.apply(event, now.wall);
        row.steps += 1;
        row.changed = now.wall;
        let opened = *event == Event::Opened;
        let step = StepRow {
            seq: row.steps,
            event: *event,
            state: row.standing.state,
            severity: opened.then_some(row.standing.severity),
            at: now.wall,
            by: hand.person(),
            room: hand.room.map(str::to_owned),
            text: text.map(str::to_owned),
        };
        rows::add_step(tx, row.id, &step).await?;
        let act = Act {
            verb: verb(event),
            subject: row.id.to_string(),
            detail: told(row, event, text),
        };
        audit::record_by(tx, now, &hand.actor, act).await?;
    }
    Ok(())
}

async fn changed(tx: &mut Tx, incident: Id<Incident>, now: Wall) -> Result<(), Error> {
    facts::append(tx, &Fact::IncidentChanged { incident }, now).await
}

/// Rooms open them inside their transactions and have no generator at hand, so the id
/// comes from time, number and key: no two incidents share a number.
fn identity(number: i64, key: &str, at: Wall) -> Id<Incident> {
    let digest = sha256(format!("{number}:{key}").as_bytes());
    let seed = digest.first_chunk().copied().map_or(0, u64::from_be_bytes);
    Id::mint(at, &mut fastrand::Rng::with_seed(seed))
}

/// What the audit keeps of a step: of what was said only the hash, since the words are
/// for those who may see the places, and the chain is read by others.
fn told(row: &IncidentRow, event: &Event, text: Option<&str>) -> Json {
    let mut detail = json!({
        "number": row.number, "kind": row.kind, "seq": row.steps,
        "state": row.standing.state,
    });
    match event {
        Event::Opened => {
            detail["severity"] = json!(row.standing.severity);
            detail["key"] = json!(row.key);
            detail["title_sha256"] = json!(hex(&sha256(row.title.as_bytes())));
        }
        Event::Owned(owner) => detail["owner"] = json!(owner),
        Event::Rated(severity) => detail["severity"] = json!(severity),
        Event::DueSet { to, .. } => detail["due_us"] = json!(to),
        Event::Escalated(level) => detail["level"] = json!(level),
        Event::Linked(nth) | Event::Unlinked(nth) => detail["nth"] = json!(nth),
        _ => {}
    }
    if let Some(text) = text {
        detail["text_sha256"] = json!(hex(&sha256(text.as_bytes())));
    }
    detail
}

const fn verb(event: &Event) -> &'static str {
    match event {
        Event::Opened => "incident.opened",
        Event::Noted => "incident.noted",
        Event::Acknowledged => "incident.acknowledged",
        Event::Owned(_) => "incident.owned",
        Event::Watched(_) => "incident.watched",
        Event::Unwatched(_) => "incident.unwatched",
        Event::Rated(_) => "incident.rated",
        Event::DueSet { .. } => "incident.due_set",
        Event::Cleared => "incident.cleared",
        Event::Closed => "incident.closed",
        Event::Reopened => "incident.reopened",
        Event::Escalated(_) => "incident.escalated",
        Event::Linked(_) => "incident.linked",
        Event::Unlinked(_) => "incident.unlinked",
    }
}

/// An incident as a paper names it: without the words of persons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The number by which people speak of it.
    pub number: i64,
    /// What kind.
    pub kind: String,
    /// What is wrong. None: a person has opened it, in words of his own.
    pub title: Option<String>,
    /// When it was opened,
    pub opened: Wall,
    /// and when it was over. None: it goes on.
    pub cleared: Option<Wall>,
}

/// The incidents of a site that went on within a span, as known at a time, the oldest
/// first.
///
/// # Errors
/// If the database does not answer.
pub async fn of_site(
    conn: &mut Conn,
    site: Id<Site>,
    span: &Range<Wall>,
    known: Wall,
) -> Result<Vec<Named>, Error> {
    let query = rows::of_site(rows::list(), site, span, known);
    let found = rows::fetch(conn, &query).await?;
    Ok(found
        .into_iter()
        .map(|row| Named {
            number: row.number,
            kind: row.kind,
            title: row.room.is_some().then_some(row.title),
            opened: row.opened,
            cleared: row.standing.cleared.filter(|at| *at <= known),
        })
        .collect())
}

#[cfg(test)]
mod tests;
