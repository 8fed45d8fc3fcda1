//! Examinations: `card_run`.

use base::id::{Id, Person};
use base::now::Wall;
use serde_json::Value as Json;
use store::{Conn, Error, Row, Tx, params};

use super::{json, maybe_json};

/// An examination.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RunRow {
    pub(crate) number: i64,
    pub(crate) state: String,
    pub(crate) by: Id<Person>,
    pub(crate) began: Wall,
    pub(crate) ended: Option<Wall>,
    pub(crate) yardstick: Json,
    pub(crate) result: Option<Json>,
    pub(crate) failure: Option<String>,
}

/// One that begins; its number.
pub(crate) async fn begin(
    tx: &mut Tx,
    by: Id<Person>,
    yardstick: &Json,
    now: Wall,
) -> Result<i64, Error> {
    tx.one(
        "INSERT INTO card_run (number, state, by_person, began_us, yardstick) \
         SELECT COALESCE(MAX(number), 0) + 1, 'working', $1, $2, $3 FROM card_run \
         RETURNING number",
        params![by, now, yardstick.to_string()],
    )
    .await?
    .get("number")
}

pub(crate) async fn done(tx: &mut Tx, number: i64, result: &Json, now: Wall) -> Result<(), Error> {
    tx.execute(
        "UPDATE card_run SET state = 'done', result = $2, ended_us = $3 WHERE number = $1",
        params![number, result.to_string(), now],
    )
    .await?;
    Ok(())
}

/// What goes wrong is told in words of the house, never with a value of a record.
pub(crate) async fn failed(tx: &mut Tx, number: i64, why: &str, now: Wall) -> Result<(), Error> {
    tx.execute(
        "UPDATE card_run SET state = 'failed', failure = $2, ended_us = $3 \
         WHERE number = $1 AND state = 'working'",
        params![number, why, now],
    )
    .await?;
    Ok(())
}

const COLUMNS: &str = "SELECT number, state, by_person, began_us, ended_us, yardstick, result, \
     failure FROM card_run";

/// The newest ones first.
pub(crate) async fn newest(conn: &mut Conn, most: i64) -> Result<Vec<RunRow>, Error> {
    let query = store::query::Query::new(COLUMNS).push(" ORDER BY number DESC LIMIT ", most);
    conn.all_query(&query).await?.iter().map(run).collect()
}

/// The one that counts.
pub(crate) async fn counting(conn: &mut Conn) -> Result<Option<RunRow>, Error> {
    let query =
        store::query::Query::new(COLUMNS).raw(" WHERE state = 'done' ORDER BY number DESC LIMIT 1");
    conn.all_query(&query).await?.first().map(run).transpose()
}

/// Those that were under way when the house stopped.
pub(crate) async fn working(conn: &mut Conn) -> Result<Vec<i64>, Error> {
    conn.all(
        "SELECT number FROM card_run WHERE state = 'working'",
        params![],
    )
    .await?
    .iter()
    .map(|row| row.get("number"))
    .collect()
}

fn run(row: &Row) -> Result<RunRow, Error> {
    Ok(RunRow {
        number: row.get("number")?,
        state: row.get("state")?,
        by: row.get("by_person")?,
        began: row.get("began_us")?,
        ended: row.get("ended_us")?,
        yardstick: json(row, "yardstick")?,
        result: maybe_json(row, "result")?,
        failure: row.get("failure")?,
    })
}
