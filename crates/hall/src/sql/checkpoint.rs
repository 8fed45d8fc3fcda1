//! What is held of the chain: `hall_audit_salt`, `hall_audit_tile`, `hall_checkpoint`.

use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

/// A checkpoint as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CheckpointRow {
    pub(crate) size: i64,
    pub(crate) day: Option<String>,
    pub(crate) made: Wall,
    pub(crate) root: Vec<u8>,
    pub(crate) note: String,
    pub(crate) filed: Option<Wall>,
    pub(crate) foldered: Option<Wall>,
    pub(crate) sent: Option<Wall>,
    pub(crate) printed: Option<Wall>,
}

const SELECT: &str = "SELECT size, day, made_us, root, note, filed_us, foldered_us, sent_us, \
     printed_us FROM hall_checkpoint WHERE 1 = 1";

fn checkpoint(row: &Row) -> Result<CheckpointRow, Error> {
    Ok(CheckpointRow {
        size: row.get("size")?,
        day: row.get("day")?,
        made: row.get("made_us")?,
        root: row.get("root")?,
        note: row.get("note")?,
        filed: row.get("filed_us")?,
        foldered: row.get("foldered_us")?,
        sent: row.get("sent_us")?,
        printed: row.get("printed_us")?,
    })
}

async fn fetch(conn: &mut Conn, query: &Query) -> Result<Vec<CheckpointRow>, Error> {
    conn.all_query(query)
        .await?
        .iter()
        .map(checkpoint)
        .collect()
}

/// Newest first, before a size.
pub(crate) async fn list(
    conn: &mut Conn,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<CheckpointRow>, Error> {
    let mut query = Query::new(SELECT);
    if let Some(before) = before {
        query = query.push(" AND size < ", before);
    }
    fetch(conn, &query.push(" ORDER BY size DESC LIMIT ", limit)).await
}

/// Oldest first, after a size.
pub(crate) async fn after(
    conn: &mut Conn,
    size: i64,
    limit: i64,
) -> Result<Vec<CheckpointRow>, Error> {
    let query = Query::new(SELECT).push(" AND size > ", size);
    fetch(conn, &query.push(" ORDER BY size LIMIT ", limit)).await
}

pub(crate) async fn by_size(conn: &mut Conn, size: i64) -> Result<Option<CheckpointRow>, Error> {
    let query = Query::new(SELECT).push(" AND size = ", size);
    Ok(fetch(conn, &query).await?.pop())
}

pub(crate) async fn of_day(conn: &mut Conn, day: &str) -> Result<Option<CheckpointRow>, Error> {
    let query = Query::new(SELECT).push(" AND day = ", day);
    Ok(fetch(conn, &query).await?.pop())
}

pub(crate) async fn insert(tx: &mut Tx, row: &CheckpointRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_checkpoint (size, day, made_us, root, note) \
         VALUES ($1, $2, $3, $4, $5)",
        params![
            row.size,
            row.day.as_deref(),
            row.made,
            row.root.as_slice(),
            row.note.as_str()
        ],
    )
    .await?;
    Ok(())
}

/// Where a checkpoint went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Went {
    Filed,
    Foldered,
    Sent,
    Printed,
}

/// Writes down that it went there, if it had not before; whether it had not.
pub(crate) async fn went(tx: &mut Tx, size: i64, to: Went, now: Wall) -> Result<bool, Error> {
    let statement = match to {
        Went::Filed => {
            "UPDATE hall_checkpoint SET filed_us = $2 WHERE size = $1 AND filed_us IS NULL"
        }
        Went::Foldered => {
            "UPDATE hall_checkpoint SET foldered_us = $2 WHERE size = $1 AND foldered_us IS NULL"
        }
        Went::Sent => "UPDATE hall_checkpoint SET sent_us = $2 WHERE size = $1 AND sent_us IS NULL",
        Went::Printed => {
            "UPDATE hall_checkpoint SET printed_us = $2 WHERE size = $1 AND printed_us IS NULL"
        }
    };
    Ok(tx.execute(statement, params![size, now]).await? > 0)
}

/// A row of the chain by what a leaf needs of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeafRow {
    pub(crate) seq: i64,
    pub(crate) hash: Vec<u8>,
}

/// The hashes of rows after a number, oldest first.
pub(crate) async fn hashes_after(
    conn: &mut Conn,
    seq: i64,
    limit: i64,
) -> Result<Vec<LeafRow>, Error> {
    conn.all(
        "SELECT seq, hash FROM hall_audit WHERE seq > $1 ORDER BY seq LIMIT $2",
        params![seq, limit],
    )
    .await?
    .iter()
    .map(|row| {
        Ok(LeafRow {
            seq: row.get("seq")?,
            hash: row.get("hash")?,
        })
    })
    .collect()
}

pub(crate) async fn put_salt(tx: &mut Tx, seq: i64, salt: &[u8]) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_audit_salt (seq, salt) VALUES ($1, $2)",
        params![seq, salt],
    )
    .await?;
    Ok(())
}

/// The salts of rows from one number to another, both of them too.
pub(crate) async fn salts(
    conn: &mut Conn,
    from: i64,
    to: i64,
) -> Result<Vec<(i64, Vec<u8>)>, Error> {
    conn.all(
        "SELECT seq, salt FROM hall_audit_salt WHERE seq >= $1 AND seq <= $2 ORDER BY seq",
        params![from, to],
    )
    .await?
    .iter()
    .map(|row| Ok((row.get("seq")?, row.get("salt")?)))
    .collect()
}

/// The hashes that a tile has by now.
pub(crate) async fn tile(
    conn: &mut Conn,
    level: i64,
    number: i64,
) -> Result<Option<Vec<u8>>, Error> {
    conn.maybe(
        "SELECT hashes FROM hall_audit_tile WHERE level = $1 AND number = $2",
        params![level, number],
    )
    .await?
    .map(|row| row.get("hashes"))
    .transpose()
}

/// The last tile of a level.
pub(crate) async fn last_tile(
    conn: &mut Conn,
    level: i64,
) -> Result<Option<(i64, Vec<u8>)>, Error> {
    conn.maybe(
        "SELECT number, hashes FROM hall_audit_tile WHERE level = $1 \
         ORDER BY number DESC LIMIT 1",
        params![level],
    )
    .await?
    .map(|row| Ok((row.get("number")?, row.get("hashes")?)))
    .transpose()
}

pub(crate) async fn put_tile(
    tx: &mut Tx,
    level: i64,
    number: i64,
    hashes: &[u8],
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_audit_tile (level, number, hashes) VALUES ($1, $2, $3) \
         ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes",
        params![level, number, hashes],
    )
    .await?;
    Ok(())
}
