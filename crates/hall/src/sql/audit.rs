//! The audit chain: `hall_audit`, `hall_audit_head`.

use base::id::{AuditEntry, Id};
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

/// One row of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EntryRow {
    pub(crate) seq: i64,
    pub(crate) id: Id<AuditEntry>,
    pub(crate) at: Wall,
    pub(crate) actor: Option<String>,
    pub(crate) via: String,
    pub(crate) address: Option<String>,
    pub(crate) verb: String,
    pub(crate) subject: String,
    pub(crate) detail: String,
    pub(crate) prev: Vec<u8>,
    pub(crate) hash: Vec<u8>,
}

/// The end of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeadRow {
    pub(crate) seq: i64,
    pub(crate) hash: Vec<u8>,
}

const SELECT: &str = "SELECT e.seq, e.id, e.at_us, e.actor, e.via, e.address, e.verb, e.subject, \
     e.detail, e.prev, e.hash FROM hall_audit e WHERE 1 = 1";

/// Begins a list; conditions on `e` may follow.
pub(crate) fn list() -> Query {
    Query::new(SELECT)
}

pub(crate) async fn fetch(conn: &mut Conn, query: &Query) -> Result<Vec<EntryRow>, Error> {
    conn.all_query(query).await?.iter().map(entry).collect()
}

pub(crate) async fn head(conn: &mut Conn) -> Result<Option<HeadRow>, Error> {
    conn.maybe(
        "SELECT seq, hash FROM hall_audit_head WHERE id = 1",
        params![],
    )
    .await?
    .map(|row| {
        Ok(HeadRow {
            seq: row.get("seq")?,
            hash: row.get("hash")?,
        })
    })
    .transpose()
}

/// Adds a row and moves the head.
pub(crate) async fn append(tx: &mut Tx, row: &EntryRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_audit (seq, id, at_us, actor, via, address, verb, subject, detail, \
         prev, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        params![
            row.seq,
            row.id,
            row.at,
            row.actor.as_deref(),
            row.via.as_str(),
            row.address.as_deref(),
            row.verb.as_str(),
            row.subject.as_str(),
            row.detail.as_str(),
            row.prev.as_slice(),
            row.hash.as_slice()
        ],
    )
    .await?;
    tx.execute(
        "INSERT INTO hall_audit_head (id, seq, hash) VALUES (1, $1, $2) \
         ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash",
        params![row.seq, row.hash.as_slice()],
    )
    .await?;
    Ok(())
}

/// The rows after a number, oldest first.
pub(crate) async fn after(conn: &mut Conn, seq: i64, limit: i64) -> Result<Vec<EntryRow>, Error> {
    let query = list()
        .push(" AND e.seq > ", seq)
        .push(" ORDER BY e.seq LIMIT ", limit);
    fetch(conn, &query).await
}

fn entry(row: &Row) -> Result<EntryRow, Error> {
    Ok(EntryRow {
        seq: row.get("seq")?,
        id: row.get("id")?,
        at: row.get("at_us")?,
        actor: row.get("actor")?,
        via: row.get("via")?,
        address: row.get("address")?,
        verb: row.get("verb")?,
        subject: row.get("subject")?,
        detail: row.get("detail")?,
        prev: row.get("prev")?,
        hash: row.get("hash")?,
    })
}
