//! The outbox: facts written with their effect, read after a cursor.
//!
//! Whoever follows the facts reads what is there, then waits until
//! [`Db::commits`](crate::Db::commits) moves, then reads again. Numbers have no
//! gaps: a reader whose cursor is older than the oldest fact sees it by the first
//! number, and has to look at everything again.

use base::fact::Fact;
use base::now::Wall;

use crate::{Conn, Error, Tx, params};

/// How many facts are kept; the oldest go first. Weeks of an ordinary house, and
/// some tens of megabytes.
pub const FACTS_MAX: i64 = 100_000;

/// A fact with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    /// Counts up by one, in the order of commits.
    pub number: i64,
    /// What has happened.
    pub fact: Fact,
}

/// Writes a fact into the transaction of its effect.
///
/// # Errors
/// If the database does not answer.
pub async fn append(tx: &mut Tx, fact: &Fact, now: Wall) -> Result<(), Error> {
    let body = serde_json::to_string(fact).map_err(|_| Error::corrupt("store_fact.body"))?;
    // One writer at a time, so the next number is nobody else's.
    let row = tx
        .one(
            "INSERT INTO store_fact (number, at_us, name, subject, body) \
             SELECT COALESCE(MAX(number), 0) + 1, $1, $2, $3, $4 FROM store_fact \
             RETURNING number",
            params![now, fact.name(), fact.subject(), body],
        )
        .await?;
    tx.execute(
        "DELETE FROM store_fact WHERE number <= $1",
        params![row.get::<i64>("number")? - FACTS_MAX],
    )
    .await?;
    Ok(())
}

/// The facts after a number, oldest first.
///
/// # Errors
/// If the database does not answer.
pub async fn after(conn: &mut Conn, number: i64, limit: i64) -> Result<Vec<Numbered>, Error> {
    conn.all(
        "SELECT number, body FROM store_fact WHERE number > $1 ORDER BY number LIMIT $2",
        params![number, limit],
    )
    .await?
    .iter()
    .map(|row| {
        let body: String = row.get("body")?;
        Ok(Numbered {
            number: row.get("number")?,
            fact: serde_json::from_str(&body).map_err(|_| Error::corrupt("store_fact.body"))?,
        })
    })
    .collect()
}

/// The number of the newest fact; zero when there is none.
///
/// # Errors
/// If the database does not answer.
pub async fn newest(conn: &mut Conn) -> Result<i64, Error> {
    conn.one(
        "SELECT COALESCE(MAX(number), 0) AS number FROM store_fact",
        params![],
    )
    .await?
    .get("number")
}
