//! What sites have said, in the order in which it was held: `hall_record`.

use base::id::{Agent, Id, Site};
use base::now::Wall;
use store::{Conn, Error, Row, params};
use sync::identity::Cursor;
use sync::record::{Envelope, Kind};

use super::outbox::{chain, digest, seq};
use crate::link::arrived::Arrived;

const SELECT: &str = "SELECT r.number, r.agent_id, a.site_id, r.received_us, r.by_line, r.raw \
     FROM hall_record r JOIN hall_agent a ON a.id = r.agent_id";

fn arrived(row: &Row) -> Result<Arrived, Error> {
    let raw: Vec<u8> = row.get("raw")?;
    Ok(Arrived {
        number: row.get("number")?,
        agent: row.get("agent_id")?,
        site: row.get("site_id")?,
        received: row.get("received_us")?,
        by_line: row.get::<Option<i64>>("by_line")? == Some(1),
        // What is no record is never held.
        says: Envelope::decode(&raw).map_err(|_| Error::corrupt("hall_record.raw"))?,
    })
}

/// Those behind a number, in their order.
pub(crate) async fn after(conn: &mut Conn, number: i64, limit: i64) -> Result<Vec<Arrived>, Error> {
    let text = format!("{SELECT} WHERE r.number > $1 ORDER BY r.number LIMIT $2");
    let sql = store::query::Sql::built(text);
    let rows = conn.all(sql, params![number, limit]).await?;
    rows.iter().map(arrived).collect()
}

/// Those of a site that were held from a time on, behind a number and up to another.
pub(crate) async fn of_site(
    conn: &mut Conn,
    site: Id<Site>,
    from: Wall,
    behind: i64,
    to: i64,
    limit: i64,
) -> Result<Vec<Arrived>, Error> {
    let text = format!(
        "{SELECT} WHERE a.site_id = $1 AND r.received_us >= $2 AND r.number > $3 \
         AND r.number <= $4 ORDER BY r.number LIMIT $5"
    );
    let sql = store::query::Sql::built(text);
    let rows = conn
        .all(sql, params![site, from, behind, to, limit])
        .await?;
    rows.iter().map(arrived).collect()
}

/// How far the journals of a site's boxes are held of which something came from a time on.
pub(crate) async fn heads(
    conn: &mut Conn,
    site: Id<Site>,
    from: Wall,
) -> Result<Vec<(Id<Agent>, Cursor)>, Error> {
    let found = conn
        .all(
            "SELECT c.agent_id, c.stream, c.epoch, c.seq, c.digest FROM hall_record_chain c \
             JOIN hall_agent a ON a.id = c.agent_id \
             WHERE a.site_id = $1 AND c.heard_us >= $2 \
             ORDER BY c.agent_id, c.stream, c.heard_us DESC, c.epoch",
            params![site, from],
        )
        .await?;
    let head = |row: &Row| {
        let head = Cursor {
            chain: chain(row)?,
            seq: seq(row, "seq")?,
            digest: digest(row, "digest")?,
        };
        Ok((row.get("agent_id")?, head))
    };
    found.iter().map(head).collect()
}

/// What was heard of a box's clocks.
pub(crate) async fn clocks(conn: &mut Conn, agent: Id<Agent>) -> Result<Vec<Envelope>, Error> {
    conn.all(
        "SELECT raw FROM hall_record WHERE agent_id = $1 AND kind = 1",
        params![agent],
    )
    .await?
    .iter()
    .map(|row| {
        let raw: Vec<u8> = row.get("raw")?;
        let it = Envelope::decode(&raw).map_err(|_| Error::corrupt("hall_record.raw"))?;
        debug_assert_eq!(it.kind, Kind::CLOCK, "the condition of the index");
        Ok(it)
    })
    .collect()
}

/// The boxes of a site.
pub(crate) async fn boxes(conn: &mut Conn, site: Id<Site>) -> Result<Vec<Id<Agent>>, Error> {
    conn.all(
        "SELECT id FROM hall_agent WHERE site_id = $1 ORDER BY id",
        params![site],
    )
    .await?
    .iter()
    .map(|row| row.get("id"))
    .collect()
}
