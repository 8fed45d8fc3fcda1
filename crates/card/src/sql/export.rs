//! Annexes as a whole, asked for and taken: `card_export`.

use base::id::{Id, Person};
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

use super::text::Slip;
use super::word;

/// What was answered to whoever asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Nothing yet.
    Asked,
    /// It may be taken.
    Granted,
    /// It may not.
    Refused,
}

impl State {
    pub(crate) const ALL: [Self; 3] = [Self::Asked, Self::Granted, Self::Refused];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Granted => "granted",
            Self::Refused => "refused",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// Somebody asks for the annex of a list as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExportRow {
    pub(crate) number: i64,
    pub(crate) decision: i64,
    /// How many rows the annex has.
    pub(crate) rows: i64,
    pub(crate) state: State,
    pub(crate) purpose: Slip,
    pub(crate) by: Id<Person>,
    pub(crate) at: Wall,
    pub(crate) answered: Option<Answered>,
    pub(crate) taken: i64,
    pub(crate) last: Option<Wall>,
}

/// What somebody answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) by: Id<Person>,
    pub(crate) at: Wall,
    /// Before that it can be taken; none: it was refused.
    pub(crate) until: Option<Wall>,
}

/// The number of the next one: it is sealed with it.
pub(crate) async fn next(tx: &mut Tx) -> Result<i64, Error> {
    tx.one(
        "SELECT COALESCE(MAX(number), 0) + 1 AS number FROM card_export",
        params![],
    )
    .await?
    .get("number")
}

/// One more, that nobody has answered yet.
pub(crate) async fn add(tx: &mut Tx, row: &ExportRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO card_export (number, decision, rows, state, purpose, sealed, wrapped, \
         by_person, at_us, taken) VALUES ($1, $2, $3, 'asked', $4, $5, $6, $7, $8, 0)",
        params![
            row.number,
            row.decision,
            row.rows,
            row.purpose.by_vault.clone(),
            row.purpose.sealed.clone(),
            row.purpose.wrapped.clone(),
            row.by,
            row.at
        ],
    )
    .await?;
    Ok(())
}

/// It is answered; whether nobody had.
pub(crate) async fn answer(tx: &mut Tx, number: i64, it: &Answered) -> Result<bool, Error> {
    let state = match it.until {
        Some(_) => State::Granted,
        None => State::Refused,
    };
    let rows = tx
        .execute(
            "UPDATE card_export SET state = $2, answered_by = $3, answered_us = $4, \
             until_us = $5 WHERE number = $1 AND state = 'asked'",
            params![number, state.as_str(), it.by, it.at, it.until],
        )
        .await?;
    Ok(rows > 0)
}

/// It is taken once more; whether it may be, at that time and so often at most.
pub(crate) async fn take(tx: &mut Tx, number: i64, now: Wall, most: i64) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "UPDATE card_export SET taken = taken + 1, taken_us = $2 WHERE number = $1 \
             AND state = 'granted' AND until_us > $2 AND taken < $3",
            params![number, now, most],
        )
        .await?;
    Ok(rows > 0)
}

const COLUMNS: &str = "SELECT number, decision, rows, state, purpose, sealed, wrapped, by_person, at_us, \
     answered_by, answered_us, until_us, taken, taken_us FROM card_export";

pub(crate) async fn find(conn: &mut Conn, number: i64) -> Result<Option<ExportRow>, Error> {
    let query = Query::new(COLUMNS).push(" WHERE number = ", number);
    conn.all_query(&query)
        .await?
        .first()
        .map(export)
        .transpose()
}

/// Those of a list or of all, the newest first, behind one.
pub(crate) async fn some(
    conn: &mut Conn,
    decision: Option<i64>,
    behind: Option<i64>,
    most: i64,
) -> Result<Vec<ExportRow>, Error> {
    let mut query = Query::new(COLUMNS).raw(" WHERE 1 = 1");
    if let Some(decision) = decision {
        query = query.push(" AND decision = ", decision);
    }
    if let Some(behind) = behind {
        query = query.push(" AND number < ", behind);
    }
    let query = query.push(" ORDER BY number DESC LIMIT ", most);
    conn.all_query(&query).await?.iter().map(export).collect()
}

fn export(row: &Row) -> Result<ExportRow, Error> {
    let (by, at): (Option<_>, Option<_>) = (row.get("answered_by")?, row.get("answered_us")?);
    let until = row.get("until_us")?;
    Ok(ExportRow {
        number: row.get("number")?,
        decision: row.get("decision")?,
        rows: row.get("rows")?,
        state: word(row, "state", State::parse)?,
        purpose: Slip::of(row, "purpose")?,
        by: row.get("by_person")?,
        at: row.get("at_us")?,
        answered: by.zip(at).map(|(by, at)| Answered { by, at, until }),
        taken: row.get("taken")?,
        last: row.get("taken_us")?,
    })
}
