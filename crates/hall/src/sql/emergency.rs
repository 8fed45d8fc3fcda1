//! Sealed codes: `hall_emergency`.

use base::id::{Emergency, Id, Session};
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

/// A sealed code, and what has become of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EmergencyRow {
    pub(crate) id: Id<Emergency>,
    pub(crate) sealed: Wall,
    pub(crate) void: Option<Wall>,
    pub(crate) used: Option<Wall>,
    pub(crate) session: Option<Id<Session>>,
    pub(crate) until: Option<Wall>,
    pub(crate) ended: Option<Wall>,
}

const SELECT: &str =
    "SELECT id, sealed_us, void_us, used_us, session_id, until_us, ended_us FROM hall_emergency";

async fn fetch(conn: &mut Conn, query: &Query) -> Result<Vec<EmergencyRow>, Error> {
    conn.all_query(query).await?.iter().map(emergency).collect()
}

/// The one that counts, or counted last.
pub(crate) async fn newest(conn: &mut Conn) -> Result<Option<EmergencyRow>, Error> {
    // One that would open the door goes before all others, whatever the clock was then.
    let query = Query::new(SELECT).raw(
        " ORDER BY CASE WHEN used_us IS NULL AND void_us IS NULL THEN 0 ELSE 1 END, \
         sealed_us DESC, id DESC LIMIT 1",
    );
    Ok(fetch(conn, &query).await?.pop())
}

/// The one of a code, whatever has become of it.
pub(crate) async fn by_secret(
    conn: &mut Conn,
    secret_hash: &[u8],
) -> Result<Option<EmergencyRow>, Error> {
    let query = Query::new(SELECT).push(" WHERE secret_hash = ", secret_hash);
    Ok(fetch(conn, &query).await?.pop())
}

/// Those whose session has not been closed off: one, or none.
pub(crate) async fn going_on(conn: &mut Conn) -> Result<Vec<EmergencyRow>, Error> {
    let query =
        Query::new(SELECT).raw(" WHERE used_us IS NOT NULL AND ended_us IS NULL ORDER BY id");
    fetch(conn, &query).await
}

pub(crate) async fn insert(
    tx: &mut Tx,
    id: Id<Emergency>,
    secret_hash: &[u8],
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_emergency (id, secret_hash, sealed_us) VALUES ($1, $2, $3)",
        params![id, secret_hash, now],
    )
    .await?;
    Ok(())
}

/// Makes void what nobody has used; how many that were.
pub(crate) async fn make_void(tx: &mut Tx, why: &str, now: Wall) -> Result<u64, Error> {
    tx.execute(
        "UPDATE hall_emergency SET void_us = $1, void_why = $2 \
         WHERE used_us IS NULL AND void_us IS NULL",
        params![now, why],
    )
    .await
}

/// Uses it up; false if somebody has, or it is void.
pub(crate) async fn take(
    tx: &mut Tx,
    id: Id<Emergency>,
    address: Option<&str>,
    until: Wall,
    now: Wall,
) -> Result<bool, Error> {
    let taken = tx
        .execute(
            "UPDATE hall_emergency SET used_us = $2, address = $3, until_us = $4 \
             WHERE id = $1 AND used_us IS NULL AND void_us IS NULL",
            params![id, now, address, until],
        )
        .await?;
    Ok(taken == 1)
}

pub(crate) async fn set_session(
    tx: &mut Tx,
    id: Id<Emergency>,
    session: Id<Session>,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_emergency SET session_id = $2 WHERE id = $1",
        params![id, session],
    )
    .await?;
    Ok(())
}

pub(crate) async fn end(tx: &mut Tx, id: Id<Emergency>, why: &str, now: Wall) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_emergency SET ended_us = $2, ended_why = $3 \
         WHERE id = $1 AND ended_us IS NULL",
        params![id, now, why],
    )
    .await?;
    Ok(())
}

/// Why a session has ended; none while it has not been.
pub(crate) async fn why_ended(
    conn: &mut Conn,
    session: Id<Session>,
) -> Result<Option<String>, Error> {
    conn.one(
        "SELECT ended_why FROM hall_session WHERE id = $1",
        params![session],
    )
    .await?
    .get("ended_why")
}

fn emergency(row: &Row) -> Result<EmergencyRow, Error> {
    Ok(EmergencyRow {
        id: row.get("id")?,
        sealed: row.get("sealed_us")?,
        void: row.get("void_us")?,
        used: row.get("used_us")?,
        session: row.get("session_id")?,
        until: row.get("until_us")?,
        ended: row.get("ended_us")?,
    })
}
