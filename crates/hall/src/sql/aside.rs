//! What came and could not be read: `hall_quarantine`.

use base::id::{Agent, Id, Quarantine, Site};
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};
use sync::identity::{Chain, Origin, Seq};

use super::outbox::{bits, chain, digest, int, seq};

/// A piece that is to be put aside.
#[derive(Debug)]
pub(crate) struct New<'a> {
    pub(crate) id: Id<Quarantine>,
    pub(crate) agent: Id<Agent>,
    /// Under which identity it came and was made, where it was one piece.
    pub(crate) place: Option<(Chain, Seq, Origin)>,
    pub(crate) why: &'a str,
    pub(crate) raw: &'a [u8],
    pub(crate) at: Wall,
}

/// A piece that lies aside.
#[derive(Debug)]
pub(crate) struct AsideRow {
    pub(crate) id: Id<Quarantine>,
    pub(crate) agent: Id<Agent>,
    pub(crate) at: Wall,
    pub(crate) why: String,
    pub(crate) place: Option<(Chain, Seq)>,
    /// None where it cannot be put in its place.
    pub(crate) origin: Option<Origin>,
    pub(crate) version: Option<String>,
    pub(crate) octets: i64,
}

/// Puts octets aside that are believed by nobody, with the release that the box says it
/// runs.
pub(crate) async fn put(tx: &mut Tx, it: &New<'_>) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_quarantine (id, agent_id, at_us, why, stream, epoch, seq, made_epoch, \
         made_seq, made_digest, raw, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, \
         (SELECT version FROM hall_agent WHERE id = $2))",
        params![
            it.id,
            it.agent,
            it.at,
            it.why,
            it.place.map(|(chain, ..)| i64::from(chain.stream.number())),
            it.place.map(|(chain, ..)| bits(chain.epoch)),
            it.place.map(|(_, seq, _)| int(seq)),
            it.place.map(|(.., made)| bits(made.epoch)),
            it.place.map(|(.., made)| int(made.seq)),
            it.place.map(|(.., made)| made.digest.as_bytes().to_vec()),
            it.raw
        ],
    )
    .await?;
    Ok(())
}

/// How much of an agent's lies aside, in pieces.
pub(crate) async fn count(conn: &mut Conn, agent: Id<Agent>) -> Result<i64, Error> {
    conn.one(
        "SELECT COUNT(*) AS n FROM hall_quarantine WHERE agent_id = $1",
        params![agent],
    )
    .await?
    .get("n")
}

/// How many of them have a place that they could be put into.
pub(crate) async fn placed_of(conn: &mut Conn, agent: Id<Agent>) -> Result<i64, Error> {
    conn.one(
        "SELECT COUNT(*) AS n FROM hall_quarantine \
         WHERE agent_id = $1 AND made_digest IS NOT NULL",
        params![agent],
    )
    .await?
    .get("n")
}

fn list() -> Query {
    Query::new(
        "SELECT q.id, q.agent_id, q.at_us, q.why, q.stream, q.epoch, q.seq, q.made_epoch, \
         q.made_seq, q.made_digest, q.version, LENGTH(q.raw) AS octets \
         FROM hall_quarantine q JOIN hall_agent a ON a.id = q.agent_id",
    )
}

/// What lies aside of a site's boxes, the newest first.
pub(crate) async fn of_site(
    conn: &mut Conn,
    site: Id<Site>,
    before: Option<Id<Quarantine>>,
    limit: i64,
) -> Result<Vec<AsideRow>, Error> {
    let mut query = list().push(" WHERE a.site_id = ", site);
    if let Some(before) = before {
        query = query.push(" AND q.id < ", before);
    }
    query = query.push(" ORDER BY q.id DESC LIMIT ", limit);
    conn.all_query(&query).await?.iter().map(row).collect()
}

/// What lies aside and has a place that it could be put into, the oldest first, behind one
/// of them: of a site's boxes, or of all.
pub(crate) async fn placed(
    conn: &mut Conn,
    site: Option<Id<Site>>,
    behind: Option<Id<Quarantine>>,
    limit: i64,
) -> Result<Vec<AsideRow>, Error> {
    let mut query = list().raw(" WHERE q.made_digest IS NOT NULL");
    if let Some(site) = site {
        query = query.push(" AND a.site_id = ", site);
    }
    if let Some(behind) = behind {
        query = query.push(" AND q.id > ", behind);
    }
    query = query.push(" ORDER BY q.id LIMIT ", limit);
    conn.all_query(&query).await?.iter().map(row).collect()
}

/// The octets of a piece; none once it was read.
pub(crate) async fn raw(conn: &mut Conn, id: Id<Quarantine>) -> Result<Option<Vec<u8>>, Error> {
    conn.maybe("SELECT raw FROM hall_quarantine WHERE id = $1", params![id])
        .await?
        .map(|row| row.get("raw"))
        .transpose()
}

/// It was read, and is a record now.
pub(crate) async fn forget(tx: &mut Tx, id: Id<Quarantine>) -> Result<(), Error> {
    tx.execute("DELETE FROM hall_quarantine WHERE id = $1", params![id])
        .await?;
    Ok(())
}

fn row(row: &Row) -> Result<AsideRow, Error> {
    let known = row.get::<Option<i64>>("stream")?.is_some();
    let origin = match row.get::<Option<Vec<u8>>>("made_digest")? {
        Some(_) => Some(Origin {
            epoch: sync::identity::Epoch::from_bits(row.get::<i64>("made_epoch")?.cast_unsigned()),
            seq: seq(row, "made_seq")?,
            digest: digest(row, "made_digest")?,
        }),
        None => None,
    };
    Ok(AsideRow {
        id: row.get("id")?,
        agent: row.get("agent_id")?,
        at: row.get("at_us")?,
        why: row.get("why")?,
        place: known
            .then(|| Ok::<_, Error>((chain(row)?, seq(row, "seq")?)))
            .transpose()?,
        origin,
        version: row.get("version")?,
        octets: row.get("octets")?,
    })
}
