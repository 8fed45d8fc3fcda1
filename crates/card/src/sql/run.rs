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
    /// What it knows, where that is kept.
    pub(crate) facts: Option<Kept>,
    /// The name of the file of what it knows: the hash of it, which covers of lists name. It
    /// stays where the file is destroyed with its key.
    pub(crate) facts_name: Option<String>,
    /// From which run it goes on and which list it takes, where it does not examine all.
    pub(crate) late: Option<(i64, i64)>,
    /// The lists that were taken since the last examination of all.
    pub(crate) taken: Option<Json>,
}

/// What an examination knows, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// The sealed file.
    pub(crate) blob: String,
    /// Its key, wrapped.
    pub(crate) key: Vec<u8>,
}

/// One that begins; its number. `late` says from which run it goes on and which list it
/// takes, where it does not examine all.
pub(crate) async fn begin(
    tx: &mut Tx,
    by: Id<Person>,
    yardstick: &Json,
    late: Option<(i64, i64)>,
    now: Wall,
) -> Result<i64, Error> {
    tx.one(
        "INSERT INTO card_run (number, state, by_person, began_us, yardstick, late_of, \
         late_list) SELECT COALESCE(MAX(number), 0) + 1, 'working', $1, $2, $3, $4, $5 \
         FROM card_run RETURNING number",
        params![
            by,
            now,
            yardstick.to_string(),
            late.map(|it| it.0),
            late.map(|it| it.1)
        ],
    )
    .await?
    .get("number")
}

pub(crate) async fn done(
    tx: &mut Tx,
    number: i64,
    result: &Json,
    facts: &Kept,
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE card_run SET state = 'done', result = $2, facts_blob = $3, facts_key = $4, \
         ended_us = $5 WHERE number = $1",
        params![
            number,
            result.to_string(),
            facts.blob.as_str(),
            facts.key.clone(),
            now
        ],
    )
    .await?;
    Ok(())
}

/// What an examination has learned of pairs.
pub(crate) async fn learned(tx: &mut Tx, number: i64, model: &[u8]) -> Result<(), Error> {
    tx.execute(
        "UPDATE card_run SET model = $2 WHERE number = $1",
        params![number, model],
    )
    .await?;
    Ok(())
}

/// What was learned of pairs; none of older ones.
pub(crate) async fn model(conn: &mut Conn, number: i64) -> Result<Option<Vec<u8>>, Error> {
    let row = conn
        .maybe(
            "SELECT model FROM card_run WHERE number = $1",
            params![number],
        )
        .await?;
    row.map_or(Ok(None), |row| row.get("model"))
}

/// The lists that were taken since the last examination of all.
pub(crate) async fn taken(tx: &mut Tx, number: i64, taken: &Json) -> Result<(), Error> {
    tx.execute(
        "UPDATE card_run SET late = $2 WHERE number = $1",
        params![number, taken.to_string()],
    )
    .await?;
    Ok(())
}

/// One that is done counts no more; whether it did.
pub(crate) async fn undoing(tx: &mut Tx, number: i64) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "UPDATE card_run SET state = 'undoing' WHERE number = $1 AND state = 'done' \
             AND late_of IS NOT NULL",
            params![number],
        )
        .await?;
    Ok(rows > 0)
}

/// It is taken back.
pub(crate) async fn undone(tx: &mut Tx, number: i64) -> Result<(), Error> {
    tx.execute(
        "UPDATE card_run SET state = 'undone' WHERE number = $1 AND state = 'undoing'",
        params![number],
    )
    .await?;
    Ok(())
}

/// Those before a run that keep what they know and that no list was judged by.
pub(crate) async fn idle(conn: &mut Conn, before: i64) -> Result<Vec<(i64, String)>, Error> {
    conn.all(
        "SELECT number, facts_blob FROM card_run WHERE number < $1 AND facts_blob IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM card_decision WHERE run = card_run.number \
         AND state <> 'dropped') ORDER BY number",
        params![before],
    )
    .await?
    .iter()
    .map(|row| Ok((row.get("number")?, row.get("facts_blob")?)))
    .collect()
}

/// What it knew is gone, and the key with it.
pub(crate) async fn without_facts(tx: &mut Tx, number: i64) -> Result<(), Error> {
    tx.execute(
        "UPDATE card_run SET facts_blob = NULL, facts_key = NULL WHERE number = $1",
        params![number],
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
     failure, facts_blob, facts_key, late_of, late_list, late FROM card_run";

/// The newest ones first.
pub(crate) async fn newest(conn: &mut Conn, most: i64) -> Result<Vec<RunRow>, Error> {
    let query = store::query::Query::new(COLUMNS).push(" ORDER BY number DESC LIMIT ", most);
    conn.all_query(&query).await?.iter().map(run).collect()
}

/// One of a number.
pub(crate) async fn find(conn: &mut Conn, number: i64) -> Result<Option<RunRow>, Error> {
    let query = store::query::Query::new(COLUMNS).push(" WHERE number = ", number);
    conn.all_query(&query).await?.first().map(run).transpose()
}

/// The one that counts.
pub(crate) async fn counting(conn: &mut Conn) -> Result<Option<RunRow>, Error> {
    let query =
        store::query::Query::new(COLUMNS).raw(" WHERE state = 'done' ORDER BY number DESC LIMIT 1");
    conn.all_query(&query).await?.first().map(run).transpose()
}

/// Those that are under way, or are being taken back.
pub(crate) async fn working(conn: &mut Conn) -> Result<Vec<i64>, Error> {
    conn.all(
        "SELECT number FROM card_run WHERE state IN ('working', 'undoing')",
        params![],
    )
    .await?
    .iter()
    .map(|row| row.get("number"))
    .collect()
}

fn run(row: &Row) -> Result<RunRow, Error> {
    let blob: Option<String> = row.get("facts_blob")?;
    let key: Option<Vec<u8>> = row.get("facts_key")?;
    let late_of: Option<i64> = row.get("late_of")?;
    let late_list: Option<i64> = row.get("late_list")?;
    Ok(RunRow {
        facts_name: blob.clone(),
        facts: blob.zip(key).map(|(blob, key)| Kept { blob, key }),
        number: row.get("number")?,
        state: row.get("state")?,
        by: row.get("by_person")?,
        began: row.get("began_us")?,
        ended: row.get("ended_us")?,
        yardstick: json(row, "yardstick")?,
        result: maybe_json(row, "result")?,
        failure: row.get("failure")?,
        late: late_of.zip(late_list),
        taken: maybe_json(row, "late")?,
    })
}
