//! Browsers that have logged in: `hall_session`.

use base::area::AreaCode;
use base::id::{Agency, Id, Person, Session};
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

use super::area::maybe_code;

/// A session that has not ended, and where its person belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionRow {
    pub(crate) id: Id<Session>,
    pub(crate) person: Id<Person>,
    pub(crate) person_name: String,
    pub(crate) area: Option<AreaCode>,
    pub(crate) agency: Option<Id<Agency>>,
    pub(crate) created: Wall,
    pub(crate) seen: Wall,
    pub(crate) address: Option<String>,
    pub(crate) agent: Option<String>,
    /// When it ends, whatever goes on in it.
    pub(crate) until: Option<Wall>,
    /// By which door, where it was not one of the first.
    pub(crate) way: Option<String>,
}

const SELECT: &str = "SELECT s.id, s.person_id, p.name, p.area_code, p.agency_id, s.created_us, \
     s.seen_us, s.address, s.agent, s.until_us, s.way FROM hall_session s JOIN hall_person p ON p.id = s.person_id \
     WHERE s.ended_us IS NULL AND p.active = 1";

/// Begins a list of sessions that have not been ended; conditions on `s` and `p`
/// may follow.
pub(crate) fn list() -> Query {
    Query::new(SELECT)
}

pub(crate) async fn fetch(conn: &mut Conn, query: &Query) -> Result<Vec<SessionRow>, Error> {
    conn.all_query(query).await?.iter().map(session).collect()
}

pub(crate) async fn by_secret(
    conn: &mut Conn,
    secret_hash: &[u8],
) -> Result<Option<SessionRow>, Error> {
    let query = list().push(" AND s.secret_hash = ", secret_hash);
    Ok(fetch(conn, &query).await?.pop())
}

pub(crate) async fn by_id(conn: &mut Conn, id: Id<Session>) -> Result<Option<SessionRow>, Error> {
    let query = list().push(" AND s.id = ", id);
    Ok(fetch(conn, &query).await?.pop())
}

pub(crate) async fn insert(tx: &mut Tx, row: &SessionRow, secret_hash: &[u8]) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_session (id, person_id, secret_hash, created_us, seen_us, address, agent, \
         until_us, way) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![
            row.id,
            row.person,
            secret_hash,
            row.created,
            row.seen,
            row.address.as_deref(),
            row.agent.as_deref(),
            row.until,
            row.way.as_deref()
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn touch(tx: &mut Tx, id: Id<Session>, now: Wall) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_session SET seen_us = $2 WHERE id = $1 AND seen_us < $2",
        params![id, now],
    )
    .await?;
    Ok(())
}

/// Ends a session; false if it has ended already.
pub(crate) async fn end(tx: &mut Tx, id: Id<Session>, why: &str, now: Wall) -> Result<bool, Error> {
    let ended = tx
        .execute(
            "UPDATE hall_session SET ended_us = $2, ended_why = $3 \
             WHERE id = $1 AND ended_us IS NULL",
            params![id, now, why],
        )
        .await?;
    Ok(ended == 1)
}

/// Ends all sessions of a person, one excepted; how many.
pub(crate) async fn end_all(
    tx: &mut Tx,
    person: Id<Person>,
    but: Option<Id<Session>>,
    why: &str,
    now: Wall,
) -> Result<u64, Error> {
    let but = but.map_or([0; 16], |id| *id.as_bytes());
    tx.execute(
        "UPDATE hall_session SET ended_us = $3, ended_why = $4 \
         WHERE person_id = $1 AND ended_us IS NULL AND id <> $2",
        params![person, &but[..], now, why],
    )
    .await
}

fn session(row: &Row) -> Result<SessionRow, Error> {
    Ok(SessionRow {
        id: row.get("id")?,
        person: row.get("person_id")?,
        person_name: row.get("name")?,
        area: maybe_code(row, "area_code")?,
        agency: row.get("agency_id")?,
        created: row.get("created_us")?,
        seen: row.get("seen_us")?,
        address: row.get("address")?,
        agent: row.get("agent")?,
        until: row.get("until_us")?,
        way: row.get("way")?,
    })
}
