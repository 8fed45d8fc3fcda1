//! Incidents, what has happened to them and what they are about: `hall_incident`,
//! `hall_incident_step`, `hall_incident_subject`, `hall_incident_watcher`.

use std::collections::BTreeMap;
use std::ops::Range;

use base::geo::Point;
use base::id::{Blob, Id, Incident, Person, Site};
use base::now::Wall;
use serde_json::Value as Json;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

use super::area::maybe_code;
use super::site::point;
use crate::guard::Place;
use crate::incident::{About, Event, Severity, Standing, State, Subject, due};

/// An incident.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct IncidentRow {
    pub(crate) id: Id<Incident>,
    pub(crate) number: i64,
    pub(crate) kind: String,
    pub(crate) key: Option<String>,
    pub(crate) room: Option<String>,
    pub(crate) opened_by: Option<Id<Person>>,
    pub(crate) title: String,
    pub(crate) facts: Json,
    pub(crate) said_severity: Option<Severity>,
    /// In a list without watchers and subjects, which are asked for apart.
    pub(crate) standing: Standing,
    pub(crate) opened: Wall,
    pub(crate) seen_at: Wall,
    pub(crate) seen: i64,
    pub(crate) point: Option<Point>,
    pub(crate) still: Option<Id<Blob>>,
    pub(crate) left_out: i64,
    pub(crate) steps: i64,
    pub(crate) changed: Wall,
}

/// One step of an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StepRow {
    pub(crate) seq: i64,
    pub(crate) event: Event,
    pub(crate) state: State,
    /// Of the first step: how bad it was called.
    pub(crate) severity: Option<Severity>,
    pub(crate) at: Wall,
    pub(crate) by: Option<Id<Person>>,
    pub(crate) room: Option<String>,
    pub(crate) text: Option<String>,
}

/// What an incident is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SubjectRow {
    pub(crate) nth: u32,
    pub(crate) about: About,
    pub(crate) unlinked: Option<Wall>,
}

const SELECT: &str = "SELECT i.id, i.number, i.kind, i.dedupe_key, i.room, i.opened_by, i.title, \
     i.facts, i.severity, i.said_severity, i.state, i.owner_id, i.due_us, i.due_set, i.level, \
     i.opened_us, i.seen_us, i.seen, i.cleared_us, i.closed_us, i.lat_deg, i.lon_deg, \
     i.still_id, i.left_out, i.steps, i.changed_us FROM hall_incident i WHERE 1 = 1";

/// Begins a list; conditions on `i` may follow.
pub(crate) fn list() -> Query {
    Query::new(SELECT)
}

/// Narrows a list to incidents of which a place that is linked meets a condition on
/// `s.area_code` and `s.agency_id`.
pub(crate) fn somewhere(query: Query, condition: &str, values: Vec<store::Value>) -> Query {
    query
        .raw(
            " AND EXISTS (SELECT 1 FROM hall_incident_subject s \
             WHERE s.incident_id = i.id AND s.unlinked_us IS NULL AND ",
        )
        .condition(condition, values)
        .raw(")")
}

/// Narrows a list to those of a site that went on within a span, as known at a time, the
/// oldest first.
pub(crate) fn of_site(query: Query, site: Id<Site>, span: &Range<Wall>, known: Wall) -> Query {
    query
        .push(" AND i.opened_us < ", span.end)
        .push(" AND i.opened_us <= ", known)
        .push(" AND (i.cleared_us IS NULL OR i.cleared_us >= ", span.start)
        .push(
            ") AND EXISTS (SELECT 1 FROM hall_incident_subject s WHERE s.incident_id = i.id \
             AND s.unlinked_us IS NULL AND s.kind = 'site' AND s.subject = ",
            site.to_string(),
        )
        .raw(") ORDER BY i.number")
}

/// Narrows a list to those that are somebody's: his to look after, or watched by him.
pub(crate) fn of_person(query: Query, person: Id<Person>) -> Query {
    query
        .push(" AND (i.owner_id = ", person)
        .push(
            " OR EXISTS (SELECT 1 FROM hall_incident_watcher w \
             WHERE w.incident_id = i.id AND w.person_id = ",
            person,
        )
        .raw("))")
}

pub(crate) async fn fetch(conn: &mut Conn, query: &Query) -> Result<Vec<IncidentRow>, Error> {
    conn.all_query(query).await?.iter().map(incident).collect()
}

/// One incident, with its watchers and the subjects that are linked.
pub(crate) async fn by_id(conn: &mut Conn, id: Id<Incident>) -> Result<Option<IncidentRow>, Error> {
    let query = list().push(" AND i.id = ", id);
    let found = fetch(conn, &query).await?.pop();
    whole(conn, found).await
}

/// The newest incident of a key, with its watchers and the subjects that are linked.
pub(crate) async fn newest(conn: &mut Conn, key: &str) -> Result<Option<IncidentRow>, Error> {
    let query = list()
        .push(" AND i.dedupe_key = ", key)
        .raw(" ORDER BY i.number DESC LIMIT 1");
    let found = fetch(conn, &query).await?.pop();
    whole(conn, found).await
}

async fn whole(conn: &mut Conn, found: Option<IncidentRow>) -> Result<Option<IncidentRow>, Error> {
    let Some(mut row) = found else {
        return Ok(None);
    };
    for watcher in conn
        .all(
            "SELECT person_id FROM hall_incident_watcher WHERE incident_id = $1",
            params![row.id],
        )
        .await?
    {
        row.standing.watchers.insert(watcher.get("person_id")?);
    }
    let subjects = subjects(conn, row.id).await?;
    let linked = subjects.iter().filter(|one| one.unlinked.is_none());
    row.standing.linked = linked.map(|one| one.nth).collect();
    Ok(Some(row))
}

/// Incidents of which a time may have been overrun once more, or lies further away than
/// any that the house sets.
pub(crate) async fn overrun(
    conn: &mut Conn,
    now: Wall,
    level_max: u8,
    limit: i64,
) -> Result<Vec<Id<Incident>>, Error> {
    let mut query =
        Query::new("SELECT i.id FROM hall_incident i WHERE i.state IN ('open', 'handled') AND (");
    for (n, severity) in Severity::ALL.into_iter().enumerate() {
        let or = if n == 0 { "" } else { " OR " };
        let far = [State::Open, State::Handled].map(|state| (state, due::span(state, severity)));
        query = query
            .raw(or)
            .push("(i.severity = ", severity.as_str())
            // One level more is due at each further span behind the time.
            .push(" AND ((i.level < ", i64::from(level_max))
            .push(" AND i.due_us + i.level * ", micros(due::to_note(severity)))
            .push(" <= ", now)
            .raw(")");
        for (state, span) in far {
            query = query
                .push(" OR (i.due_set = 0 AND i.state = ", state.as_str())
                .push(" AND i.due_us > ", now + span.unwrap_or_default())
                .raw(")");
        }
        query = query.raw("))");
    }
    let query = query.push(") ORDER BY i.due_us LIMIT ", limit);
    let found = conn.all_query(&query).await?;
    found.iter().map(|row| row.get("id")).collect()
}

fn micros(span: std::time::Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

/// The number of the next incident. Writers come one at a time.
pub(crate) async fn next_number(tx: &mut Tx) -> Result<i64, Error> {
    tx.one(
        "SELECT COALESCE(MAX(number), 0) + 1 AS number FROM hall_incident",
        params![],
    )
    .await?
    .get("number")
}

pub(crate) async fn insert(tx: &mut Tx, row: &IncidentRow) -> Result<(), Error> {
    let it = &row.standing;
    tx.execute(
        "INSERT INTO hall_incident (id, number, kind, dedupe_key, room, opened_by, title, facts, \
         severity, said_severity, state, owner_id, due_us, due_set, level, opened_us, seen_us, \
         seen, lat_deg, lon_deg, still_id, left_out, steps, changed_us) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, \
         $19, $20, $21, $22, $23, $24)",
        params![
            row.id,
            row.number,
            row.kind.as_str(),
            row.key.as_deref(),
            row.room.as_deref(),
            row.opened_by,
            row.title.as_str(),
            row.facts.to_string(),
            it.severity.as_str(),
            row.said_severity.map(Severity::as_str),
            it.state.as_str(),
            it.owner,
            it.due,
            it.due_set,
            i64::from(it.level),
            row.opened,
            row.seen_at,
            row.seen,
            row.point.map(Point::lat_deg),
            row.point.map(Point::lon_deg),
            row.still,
            row.left_out,
            row.steps,
            row.changed
        ],
    )
    .await?;
    Ok(())
}

/// Keeps what its steps, and its room, have made of it.
pub(crate) async fn update(tx: &mut Tx, row: &IncidentRow) -> Result<(), Error> {
    let it = &row.standing;
    tx.execute(
        "UPDATE hall_incident SET title = $2, facts = $3, severity = $4, said_severity = $5, \
         state = $6, owner_id = $7, due_us = $8, due_set = $9, level = $10, seen_us = $11, \
         seen = $12, cleared_us = $13, closed_us = $14, left_out = $15, steps = $16, \
         changed_us = $17 WHERE id = $1",
        params![
            row.id,
            row.title.as_str(),
            row.facts.to_string(),
            it.severity.as_str(),
            row.said_severity.map(Severity::as_str),
            it.state.as_str(),
            it.owner,
            it.due,
            it.due_set,
            i64::from(it.level),
            row.seen_at,
            row.seen,
            it.cleared,
            it.closed,
            row.left_out,
            row.steps,
            row.changed
        ],
    )
    .await?;
    Ok(())
}

/// Writes a step down, and what it changes beside the incident's own row.
pub(crate) async fn add_step(tx: &mut Tx, id: Id<Incident>, row: &StepRow) -> Result<(), Error> {
    let (mut person, mut severity, mut due, mut level, mut nth) =
        (None, row.severity, None, None, None);
    match row.event {
        Event::Owned(owner) => person = owner,
        Event::Rated(rated) => severity = Some(rated),
        Event::DueSet { to, .. } => due = Some(to),
        Event::Escalated(reached) => level = Some(i64::from(reached)),
        Event::Linked(of) | Event::Unlinked(of) => nth = Some(i64::from(of)),
        Event::Watched(watcher) => {
            tx.execute(
                "INSERT INTO hall_incident_watcher (incident_id, person_id) VALUES ($1, $2)",
                params![id, watcher],
            )
            .await?;
        }
        Event::Unwatched(watcher) => {
            tx.execute(
                "DELETE FROM hall_incident_watcher WHERE incident_id = $1 AND person_id = $2",
                params![id, watcher],
            )
            .await?;
        }
        Event::Opened
        | Event::Noted
        | Event::Acknowledged
        | Event::Cleared
        | Event::Closed
        | Event::Reopened => {}
    }
    if let Event::Unlinked(_) = row.event {
        tx.execute(
            "UPDATE hall_incident_subject SET unlinked_us = $3 WHERE incident_id = $1 AND nth = $2",
            params![id, nth, row.at],
        )
        .await?;
    }
    if let Event::Linked(_) = row.event {
        tx.execute(
            "UPDATE hall_incident_subject SET unlinked_us = NULL \
             WHERE incident_id = $1 AND nth = $2",
            params![id, nth],
        )
        .await?;
    }
    tx.execute(
        "INSERT INTO hall_incident_step (incident_id, seq, step, state, at_us, by_person, room, \
         person_id, severity, due_us, level, subject_nth, text) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        params![
            id,
            row.seq,
            row.event.as_str(),
            row.state.as_str(),
            row.at,
            row.by,
            row.room.as_deref(),
            person,
            severity.map(Severity::as_str),
            due,
            level,
            nth,
            row.text.as_deref()
        ],
    )
    .await?;
    Ok(())
}

/// What has happened to an incident after a step, in order.
pub(crate) async fn steps(
    conn: &mut Conn,
    id: Id<Incident>,
    after: i64,
    limit: i64,
) -> Result<Vec<StepRow>, Error> {
    conn.all(
        "SELECT seq, step, state, at_us, by_person, room, person_id, severity, due_us, level, \
         subject_nth, text FROM hall_incident_step WHERE incident_id = $1 AND seq > $2 \
         ORDER BY seq LIMIT $3",
        params![id, after, limit],
    )
    .await?
    .iter()
    .map(step)
    .collect()
}

pub(crate) async fn add_subject(
    tx: &mut Tx,
    id: Id<Incident>,
    nth: u32,
    about: &About,
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_incident_subject (incident_id, nth, kind, subject, name, area_code, \
         agency_id, linked_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            id,
            i64::from(nth),
            about.subject.kind(),
            about.subject.to_string(),
            about.name.as_str(),
            about.place.area.as_ref().map(base::area::AreaCode::as_str),
            about.place.agency,
            now
        ],
    )
    .await?;
    Ok(())
}

/// What an incident is and was about, in the order in which it was linked.
pub(crate) async fn subjects(conn: &mut Conn, id: Id<Incident>) -> Result<Vec<SubjectRow>, Error> {
    conn.all(
        "SELECT nth, kind, subject, name, area_code, agency_id, unlinked_us \
         FROM hall_incident_subject WHERE incident_id = $1 ORDER BY nth",
        params![id],
    )
    .await?
    .iter()
    .map(subject)
    .collect()
}

/// What each of the incidents from one number to another is and was about.
pub(crate) async fn subjects_of(
    conn: &mut Conn,
    first: i64,
    last: i64,
) -> Result<BTreeMap<Id<Incident>, Vec<SubjectRow>>, Error> {
    let mut of: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in conn
        .all(
            "SELECT s.incident_id, s.nth, s.kind, s.subject, s.name, s.area_code, s.agency_id, \
             s.unlinked_us FROM hall_incident_subject s \
             JOIN hall_incident i ON i.id = s.incident_id \
             WHERE i.number BETWEEN $1 AND $2 ORDER BY s.incident_id, s.nth",
            params![first, last],
        )
        .await?
    {
        of.entry(row.get("incident_id")?)
            .or_default()
            .push(subject(&row)?);
    }
    Ok(of)
}

fn subject(row: &Row) -> Result<SubjectRow, Error> {
    let kind: String = row.get("kind")?;
    let subject: String = row.get("subject")?;
    Ok(SubjectRow {
        nth: whole_number(row, "nth")?,
        about: About {
            subject: Subject::parse(&kind, &subject).ok_or_else(|| Error::corrupt("subject"))?,
            name: row.get("name")?,
            place: Place::new(maybe_code(row, "area_code")?, row.get("agency_id")?),
        },
        unlinked: row.get("unlinked_us")?,
    })
}

fn whole_number(row: &Row, column: &'static str) -> Result<u32, Error> {
    let number: i64 = row.get(column)?;
    u32::try_from(number).map_err(|_| Error::corrupt(column))
}

fn severity(row: &Row, column: &'static str) -> Result<Option<Severity>, Error> {
    let word: Option<String> = row.get(column)?;
    word.map(|word| Severity::parse(&word).ok_or_else(|| Error::corrupt(column)))
        .transpose()
}

fn state(row: &Row) -> Result<State, Error> {
    let word: String = row.get("state")?;
    State::parse(&word).ok_or_else(|| Error::corrupt("state"))
}

fn level(row: &Row) -> Result<u8, Error> {
    let level: i64 = row.get("level")?;
    u8::try_from(level).map_err(|_| Error::corrupt("level"))
}

fn step(row: &Row) -> Result<StepRow, Error> {
    let word: String = row.get("step")?;
    let wrong = || Error::corrupt("step");
    let by: Option<Id<Person>> = row.get("by_person")?;
    let rated = severity(row, "severity")?;
    let event = match word.as_str() {
        "opened" => Event::Opened,
        "noted" => Event::Noted,
        "acknowledged" => Event::Acknowledged,
        "owned" => Event::Owned(row.get("person_id")?),
        "watched" => Event::Watched(by.ok_or_else(wrong)?),
        "unwatched" => Event::Unwatched(by.ok_or_else(wrong)?),
        "rated" => Event::Rated(rated.ok_or_else(wrong)?),
        "due_set" => Event::DueSet {
            to: row.get("due_us")?,
            by_person: by.is_some(),
        },
        "cleared" => Event::Cleared,
        "closed" => Event::Closed,
        "reopened" => Event::Reopened,
        "escalated" => Event::Escalated(level(row)?),
        "linked" => Event::Linked(whole_number(row, "subject_nth")?),
        "unlinked" => Event::Unlinked(whole_number(row, "subject_nth")?),
        _ => return Err(wrong()),
    };
    Ok(StepRow {
        seq: row.get("seq")?,
        state: state(row)?,
        severity: rated.filter(|_| event == Event::Opened),
        event,
        at: row.get("at_us")?,
        by,
        room: row.get("room")?,
        text: row.get("text")?,
    })
}

fn incident(row: &Row) -> Result<IncidentRow, Error> {
    let facts: String = row.get("facts")?;
    let room: Option<String> = row.get("room")?;
    let opened = row.get("opened_us")?;
    let rated = severity(row, "severity")?.ok_or_else(|| Error::corrupt("severity"))?;
    let standing = Standing {
        state: state(row)?,
        owner: row.get("owner_id")?,
        due: row.get("due_us")?,
        due_set: row.get("due_set")?,
        level: level(row)?,
        cleared: row.get("cleared_us")?,
        closed: row.get("closed_us")?,
        ..Standing::new(rated, room.is_some(), opened)
    };
    Ok(IncidentRow {
        id: row.get("id")?,
        number: row.get("number")?,
        kind: row.get("kind")?,
        key: row.get("dedupe_key")?,
        room,
        opened_by: row.get("opened_by")?,
        title: row.get("title")?,
        facts: serde_json::from_str(&facts).map_err(|_| Error::corrupt("facts"))?,
        said_severity: severity(row, "said_severity")?,
        standing,
        opened,
        seen_at: row.get("seen_us")?,
        seen: row.get("seen")?,
        point: point(row)?,
        still: row.get("still_id")?,
        left_out: row.get("left_out")?,
        steps: row.get("steps")?,
        changed: row.get("changed_us")?,
    })
}
