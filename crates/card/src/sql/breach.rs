//! Failures to protect what is kept: `card_breach`.

use base::id::{Id, Person};
use base::now::Wall;
use serde_json::Value as Json;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

use super::{json, word};

/// What has become of a breach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Something is to be done about it.
    Open,
    /// All was done.
    Closed,
}

impl State {
    pub(crate) const ALL: [Self; 2] = [Self::Open, Self::Closed];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// Who is told of a breach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whom {
    /// The institution of UU 27/2022, article 58.
    Authority,
    /// Those whose data it is.
    People,
}

impl Whom {
    pub(crate) const ALL: [Self; 2] = [Self::Authority, Self::People];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::People => "people",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// A failure to protect what is kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BreachRow {
    pub(crate) number: i64,
    pub(crate) state: State,
    pub(crate) found: Wall,
    pub(crate) due: Wall,
    /// Which classes of data: words of a closed list.
    pub(crate) data: Vec<String>,
    pub(crate) people: Option<i64>,
    /// What has happened and what is done about it, sealed.
    pub(crate) sealed: Vec<u8>,
    /// Empty where the key was destroyed.
    pub(crate) wrapped: Vec<u8>,
    pub(crate) by: Id<Person>,
    pub(crate) at: Wall,
    pub(crate) told_authority: Option<Told>,
    pub(crate) told_people: Option<Told>,
    pub(crate) closed: Option<Closed>,
}

impl BreachRow {
    /// Whether somebody was told, and how.
    pub(crate) const fn told(&self, whom: Whom) -> Option<&Told> {
        match whom {
            Whom::Authority => self.told_authority.as_ref(),
            Whom::People => self.told_people.as_ref(),
        }
    }
}

/// That somebody was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) at: Wall,
    /// Who wrote it down.
    pub(crate) by: Id<Person>,
    /// How, sealed.
    pub(crate) how: Vec<u8>,
}

/// Who has closed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Closed {
    pub(crate) by: Id<Person>,
    pub(crate) at: Wall,
    /// Why somebody was not told, sealed.
    pub(crate) reason: Option<Vec<u8>>,
}

/// The number of the next one. Writers come one at a time: it is nobody else's.
pub(crate) async fn next(tx: &mut Tx) -> Result<i64, Error> {
    tx.one(
        "SELECT COALESCE(MAX(number), 0) + 1 AS number FROM card_breach",
        params![],
    )
    .await?
    .get("number")
}

/// A breach more, open.
pub(crate) async fn add(tx: &mut Tx, row: &BreachRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO card_breach (number, state, found_us, due_us, data, people, sealed, \
         wrapped, by_person, at_us) VALUES ($1, 'open', $2, $3, $4, $5, $6, $7, $8, $9)",
        params![
            row.number,
            row.found,
            row.due,
            Json::from(row.data.clone()).to_string(),
            row.people,
            row.sealed.clone(),
            row.wrapped.clone(),
            row.by,
            row.at
        ],
    )
    .await?;
    Ok(())
}

/// What is known of it is another; whether it is open.
pub(crate) async fn change(tx: &mut Tx, row: &BreachRow) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "UPDATE card_breach SET data = $2, people = $3, sealed = $4 WHERE number = $1 \
             AND state = 'open'",
            params![
                row.number,
                Json::from(row.data.clone()).to_string(),
                row.people,
                row.sealed.clone()
            ],
        )
        .await?;
    Ok(rows > 0)
}

/// Somebody was told; whether it is open and he was not before.
pub(crate) async fn tell(tx: &mut Tx, number: i64, whom: Whom, told: &Told) -> Result<bool, Error> {
    let statement = match whom {
        Whom::Authority => {
            "UPDATE card_breach SET authority_us = $2, authority_by = $3, authority_how = $4 \
             WHERE number = $1 AND state = 'open' AND authority_us IS NULL"
        }
        Whom::People => {
            "UPDATE card_breach SET people_us = $2, people_by = $3, people_how = $4 \
             WHERE number = $1 AND state = 'open' AND people_us IS NULL"
        }
    };
    let values = params![number, told.at, told.by, told.how.clone()];
    Ok(tx.execute(statement, values).await? > 0)
}

/// It is closed; whether it was open.
pub(crate) async fn close(tx: &mut Tx, number: i64, it: &Closed) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "UPDATE card_breach SET state = 'closed', closed_by = $2, closed_us = $3, \
             closing = $4 WHERE number = $1 AND state = 'open'",
            params![number, it.by, it.at, it.reason.clone()],
        )
        .await?;
    Ok(rows > 0)
}

const COLUMNS: &str = "SELECT number, state, found_us, due_us, data, people, sealed, wrapped, \
     by_person, at_us, authority_us, authority_by, authority_how, people_us, people_by, \
     people_how, closed_by, closed_us, closing FROM card_breach";

pub(crate) async fn find(conn: &mut Conn, number: i64) -> Result<Option<BreachRow>, Error> {
    let query = Query::new(COLUMNS).push(" WHERE number = ", number);
    conn.all_query(&query)
        .await?
        .first()
        .map(breach)
        .transpose()
}

/// The newest first.
pub(crate) async fn some(
    conn: &mut Conn,
    state: Option<State>,
    behind: Option<i64>,
    most: i64,
) -> Result<Vec<BreachRow>, Error> {
    let mut query = Query::new(COLUMNS).raw(" WHERE 1 = 1");
    if let Some(state) = state {
        query = query.push(" AND state = ", state.as_str());
    }
    if let Some(behind) = behind {
        query = query.push(" AND number < ", behind);
    }
    let query = query.push(" ORDER BY number DESC LIMIT ", most);
    conn.all_query(&query).await?.iter().map(breach).collect()
}

fn breach(row: &Row) -> Result<BreachRow, Error> {
    let (by, at): (Option<_>, Option<_>) = (row.get("closed_by")?, row.get("closed_us")?);
    let reason = row.get("closing")?;
    Ok(BreachRow {
        number: row.get("number")?,
        state: word(row, "state", State::parse)?,
        found: row.get("found_us")?,
        due: row.get("due_us")?,
        data: json(row, "data")?,
        people: row.get("people")?,
        sealed: row.get("sealed")?,
        wrapped: row.get("wrapped")?,
        by: row.get("by_person")?,
        at: row.get("at_us")?,
        told_authority: told(row, "authority_us", "authority_by", "authority_how")?,
        told_people: told(row, "people_us", "people_by", "people_how")?,
        closed: by.zip(at).map(|(by, at)| Closed { by, at, reason }),
    })
}

fn told(row: &Row, at: &str, by: &str, how: &str) -> Result<Option<Told>, Error> {
    let (at, by, how): (Option<_>, Option<_>, Option<_>) =
        (row.get(at)?, row.get(by)?, row.get(how)?);
    Ok(match (at, by, how) {
        (Some(at), Some(by), Some(how)) => Some(Told { at, by, how }),
        _ => None,
    })
}
