//! What people say against where they stand on lists: `card_objection`.

use base::area::AreaCode;
use base::id::{Id, Objection, Person};
use base::now::Wall;
use card_core::decree;
use store::query::Query;
use store::{Conn, Error, Row, Tx, Value, params};

use super::{maybe_code, within, word};

/// What has become of an objection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Nobody has answered yet.
    Open,
    /// It was right.
    Accepted,
    /// It was not.
    Rejected,
}

impl State {
    pub(crate) const ALL: [Self; 3] = [Self::Open, Self::Accepted, Self::Rejected];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// What somebody says against where he stands on an adopted list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ObjectionRow {
    pub(crate) id: Id<Objection>,
    pub(crate) number: i64,
    pub(crate) decision: i64,
    pub(crate) subject: [u8; 16],
    pub(crate) area: Option<AreaCode>,
    pub(crate) state: State,
    pub(crate) wants: decree::Exception,
    /// Who objects and on what ground, sealed.
    pub(crate) sealed: Vec<u8>,
    /// Empty where the key was destroyed.
    pub(crate) wrapped: Vec<u8>,
    pub(crate) by: Id<Person>,
    pub(crate) at: Wall,
    pub(crate) due: Wall,
    pub(crate) answered: Option<Answered>,
}

/// Who has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) by: Id<Person>,
    pub(crate) at: Wall,
    /// Sealed.
    pub(crate) reason: Vec<u8>,
}

/// An objection more; its number. That of the row is not looked at.
pub(crate) async fn add(tx: &mut Tx, row: &ObjectionRow) -> Result<i64, Error> {
    tx.one(
        "INSERT INTO card_objection (number, id, decision, subject, area_code, state, wants, \
         sealed, wrapped, by_person, at_us, due_us) SELECT COALESCE(MAX(number), 0) + 1, $1, $2, \
         $3, $4, $5, $6, $7, $8, $9, $10, $11 FROM card_objection RETURNING number",
        params![
            row.id,
            row.decision,
            row.subject.to_vec(),
            row.area.as_ref().map(AreaCode::as_str),
            row.state.as_str(),
            row.wants.as_str(),
            row.sealed.clone(),
            row.wrapped.clone(),
            row.by,
            row.at,
            row.due
        ],
    )
    .await?
    .get("number")
}

/// It is answered; whether it was open.
pub(crate) async fn answer(
    tx: &mut Tx,
    id: Id<Objection>,
    state: State,
    it: &Answered,
) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "UPDATE card_objection SET state = $2, answered_by = $3, answered_us = $4, \
             answer = $5 WHERE id = $1 AND state = 'open'",
            params![id, state.as_str(), it.by, it.at, it.reason.clone()],
        )
        .await?;
    Ok(rows > 0)
}

const COLUMNS: &str = "SELECT id, number, decision, subject, area_code, state, wants, sealed, \
     wrapped, by_person, at_us, due_us, answered_by, answered_us, answer FROM card_objection";

pub(crate) async fn find(
    conn: &mut Conn,
    id: Id<Objection>,
) -> Result<Option<ObjectionRow>, Error> {
    let query = Query::new(COLUMNS).push(" WHERE id = ", id);
    conn.all_query(&query)
        .await?
        .first()
        .map(objection)
        .transpose()
}

/// Which of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked<'a> {
    pub(crate) state: Option<State>,
    pub(crate) decision: Option<i64>,
    /// About whom: the id of a family or person, 16 octets.
    pub(crate) subject: Option<&'a [u8; 16]>,
    pub(crate) area: Option<&'a AreaCode>,
    /// Only those of a smaller number.
    pub(crate) behind: Option<i64>,
}

/// The newest first.
pub(crate) async fn some(
    conn: &mut Conn,
    asked: &Asked<'_>,
    sight: (String, Vec<Value>),
    most: i64,
) -> Result<Vec<ObjectionRow>, Error> {
    let mut query = Query::new(COLUMNS).condition(&format!(" WHERE {}", sight.0), sight.1);
    if let Some(state) = asked.state {
        query = query.push(" AND state = ", state.as_str());
    }
    if let Some(decision) = asked.decision {
        query = query.push(" AND decision = ", decision);
    }
    if let Some(subject) = asked.subject {
        query = query.push(" AND subject = ", subject.to_vec());
    }
    query = within(query, asked.area);
    if let Some(behind) = asked.behind {
        query = query.push(" AND number < ", behind);
    }
    let query = query.push(" ORDER BY number DESC LIMIT ", most);
    conn.all_query(&query)
        .await?
        .iter()
        .map(objection)
        .collect()
}

fn objection(row: &Row) -> Result<ObjectionRow, Error> {
    let subject: Vec<u8> = row.get("subject")?;
    let (by, at, reason): (Option<_>, Option<_>, Option<_>) = (
        row.get("answered_by")?,
        row.get("answered_us")?,
        row.get("answer")?,
    );
    Ok(ObjectionRow {
        id: row.get("id")?,
        number: row.get("number")?,
        decision: row.get("decision")?,
        subject: subject
            .try_into()
            .map_err(|_| Error::corrupt("card_objection.subject"))?,
        area: maybe_code(row, "area_code")?,
        state: word(row, "state", State::parse)?,
        wants: word(row, "wants", decree::Exception::parse)?,
        sealed: row.get("sealed")?,
        wrapped: row.get("wrapped")?,
        by: row.get("by_person")?,
        at: row.get("at_us")?,
        due: row.get("due_us")?,
        answered: match (by, at, reason) {
            (Some(by), Some(at), Some(reason)) => Some(Answered { by, at, reason }),
            _ => None,
        },
    })
}
