//! What people ask about data of their own: `card_request`.

use base::area::AreaCode;
use base::id::{Id, Person};
use base::now::Wall;
use card_core::rule::Subject;
use store::query::Query;
use store::{Conn, Error, Row, Tx, Value, params};

use super::{maybe_code, within, word};
use crate::subject::SubjectId;

/// What somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// To know what is kept of him.
    Access,
    /// That something is wrong and is to be put right.
    Correction,
    /// That it is destroyed.
    Erasure,
    /// That a machine has judged him.
    Objection,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [
        Self::Access,
        Self::Correction,
        Self::Erasure,
        Self::Objection,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Correction => "correction",
            Self::Erasure => "erasure",
            Self::Objection => "objection",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// What has become of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Nobody has answered yet.
    Open,
    /// What was asked for was done.
    Granted,
    /// Some of it was.
    Partly,
    /// None of it was.
    Refused,
}

impl State {
    pub(crate) const ALL: [Self; 4] = [Self::Open, Self::Granted, Self::Partly, Self::Refused];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Granted => "granted",
            Self::Partly => "partly",
            Self::Refused => "refused",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// What somebody asks about data of his own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestRow {
    pub(crate) number: i64,
    pub(crate) kind: Kind,
    pub(crate) subject: Option<SubjectId>,
    pub(crate) area: Option<AreaCode>,
    pub(crate) state: State,
    /// Who asks and what for, sealed.
    pub(crate) sealed: Vec<u8>,
    /// Empty where the key was destroyed.
    pub(crate) wrapped: Vec<u8>,
    /// How it was checked who he is, sealed.
    pub(crate) identity: Option<Vec<u8>>,
    pub(crate) owner: Option<Id<Person>>,
    pub(crate) by: Id<Person>,
    pub(crate) at: Wall,
    pub(crate) due: Wall,
    pub(crate) answered: Option<Answered>,
    pub(crate) erasure: Option<i64>,
}

/// Who has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) by: Id<Person>,
    pub(crate) at: Wall,
    /// Sealed.
    pub(crate) answer: Vec<u8>,
}

/// The number of the next one. Writers come one at a time: it is nobody else's.
pub(crate) async fn next(tx: &mut Tx) -> Result<i64, Error> {
    tx.one(
        "SELECT COALESCE(MAX(number), 0) + 1 AS number FROM card_request",
        params![],
    )
    .await?
    .get("number")
}

/// A request more, open.
pub(crate) async fn add(tx: &mut Tx, row: &RequestRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO card_request (number, kind, subject, subject_kind, area_code, state, \
         sealed, wrapped, identity, owner_person, by_person, at_us, due_us) VALUES ($1, $2, $3, \
         $4, $5, 'open', $6, $7, $8, $9, $10, $11, $12)",
        params![
            row.number,
            row.kind.as_str(),
            row.subject.map(|it| it.octets().to_vec()),
            row.subject.map(|it| it.subject().as_str()),
            row.area.as_ref().map(AreaCode::as_str),
            row.sealed.clone(),
            row.wrapped.clone(),
            row.identity.clone(),
            row.owner,
            row.by,
            row.at,
            row.due
        ],
    )
    .await?;
    Ok(())
}

/// From now on this one looks after it; none: nobody. Whether it is open.
pub(crate) async fn own(
    tx: &mut Tx,
    number: i64,
    owner: Option<Id<Person>>,
) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "UPDATE card_request SET owner_person = $2 WHERE number = $1 AND state = 'open'",
            params![number, owner],
        )
        .await?;
    Ok(rows > 0)
}

/// It was checked who he is; whether it is open.
pub(crate) async fn identify(tx: &mut Tx, number: i64, identity: &[u8]) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "UPDATE card_request SET identity = $2 WHERE number = $1 AND state = 'open'",
            params![number, identity.to_vec()],
        )
        .await?;
    Ok(rows > 0)
}

/// It is answered; whether it was open.
pub(crate) async fn answer(
    tx: &mut Tx,
    number: i64,
    state: State,
    it: &Answered,
    erasure: Option<i64>,
) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "UPDATE card_request SET state = $2, answered_by = $3, answered_us = $4, \
             answer = $5, erasure = $6 WHERE number = $1 AND state = 'open'",
            params![
                number,
                state.as_str(),
                it.by,
                it.at,
                it.answer.clone(),
                erasure
            ],
        )
        .await?;
    Ok(rows > 0)
}

const COLUMNS: &str = "SELECT number, kind, subject, subject_kind, area_code, state, sealed, \
     wrapped, identity, owner_person, by_person, at_us, due_us, answered_by, answered_us, answer, \
     erasure FROM card_request";

pub(crate) async fn find(conn: &mut Conn, number: i64) -> Result<Option<RequestRow>, Error> {
    let query = Query::new(COLUMNS).push(" WHERE number = ", number);
    conn.all_query(&query)
        .await?
        .first()
        .map(request)
        .transpose()
}

/// Which of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked<'a> {
    pub(crate) kind: Option<Kind>,
    pub(crate) state: Option<State>,
    /// About whom.
    pub(crate) subject: Option<SubjectId>,
    pub(crate) owner: Option<Id<Person>>,
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
) -> Result<Vec<RequestRow>, Error> {
    let mut query = Query::new(COLUMNS).condition(&format!(" WHERE {}", sight.0), sight.1);
    if let Some(kind) = asked.kind {
        query = query.push(" AND kind = ", kind.as_str());
    }
    if let Some(state) = asked.state {
        query = query.push(" AND state = ", state.as_str());
    }
    if let Some(subject) = asked.subject {
        query = query.push(" AND subject = ", subject.octets().to_vec());
    }
    if let Some(owner) = asked.owner {
        query = query.push(" AND owner_person = ", owner);
    }
    query = within(query, asked.area);
    if let Some(behind) = asked.behind {
        query = query.push(" AND number < ", behind);
    }
    let query = query.push(" ORDER BY number DESC LIMIT ", most);
    conn.all_query(&query).await?.iter().map(request).collect()
}

fn request(row: &Row) -> Result<RequestRow, Error> {
    let (by, at, answer): (Option<_>, Option<_>, Option<_>) = (
        row.get("answered_by")?,
        row.get("answered_us")?,
        row.get("answer")?,
    );
    Ok(RequestRow {
        number: row.get("number")?,
        kind: word(row, "kind", Kind::parse)?,
        subject: subject(row)?,
        area: maybe_code(row, "area_code")?,
        state: word(row, "state", State::parse)?,
        sealed: row.get("sealed")?,
        wrapped: row.get("wrapped")?,
        identity: row.get("identity")?,
        owner: row.get("owner_person")?,
        by: row.get("by_person")?,
        at: row.get("at_us")?,
        due: row.get("due_us")?,
        answered: match (by, at, answer) {
            (Some(by), Some(at), Some(answer)) => Some(Answered { by, at, answer }),
            _ => None,
        },
        erasure: row.get("erasure")?,
    })
}

fn subject(row: &Row) -> Result<Option<SubjectId>, Error> {
    let octets: Option<Vec<u8>> = row.get("subject")?;
    let wrong = || Error::corrupt("card_request.subject");
    octets
        .map(|octets| {
            let octets = octets.try_into().map_err(|_| wrong())?;
            let kind = word(row, "subject_kind", Subject::parse)?;
            Ok(SubjectId::of(kind, octets))
        })
        .transpose()
}
