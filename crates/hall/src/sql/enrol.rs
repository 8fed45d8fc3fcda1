//! Codes and the boxes that came by them: `hall_enrol_code`, `hall_agent`.

use base::geo::Point;
use base::id::{Agent, Id, Person, Site};
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

use super::site::point;
use crate::enrol::{Greeting, Standing};

/// A code that lets one box ask for one site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CodeRow {
    pub(crate) secret_hash: Vec<u8>,
    pub(crate) short_hash: Vec<u8>,
    pub(crate) site: Id<Site>,
    pub(crate) made: Wall,
    pub(crate) made_by: Id<Person>,
    pub(crate) expires: Wall,
    pub(crate) near_m: Option<i64>,
    pub(crate) serial: Option<String>,
    pub(crate) agent: Option<Id<Agent>>,
    pub(crate) withdrawn: Option<Wall>,
}

/// A box.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AgentRow {
    pub(crate) id: Id<Agent>,
    pub(crate) site: Id<Site>,
    pub(crate) public_key: Vec<u8>,
    pub(crate) key_hash: [u8; 32],
    pub(crate) standing: Standing,
    pub(crate) knows_house: bool,
    pub(crate) serial: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) point: Option<Point>,
    pub(crate) address: Option<String>,
    pub(crate) asked: Wall,
    pub(crate) decided: Option<Wall>,
    pub(crate) certificate_until: Option<Wall>,
    pub(crate) greeting: Option<Greeting>,
    pub(crate) twins: Option<Wall>,
}

const CODE: &str = "SELECT c.secret_hash, c.short_hash, c.site_id, c.made_us, c.made_by, \
     c.expires_us, c.near_m, c.serial, c.agent_id, c.withdrawn_us FROM hall_enrol_code c";

const AGENT: &str = "SELECT a.id, a.site_id, a.public_key, a.key_hash, a.state, a.knows_house, \
     a.serial, a.version, a.lat_deg, a.lon_deg, a.address, a.asked_us, a.decided_us, \
     a.certificate_until_us, a.greeted_us, a.clock_off_us, a.twins_us FROM hall_agent a";

pub(crate) async fn insert_code(tx: &mut Tx, row: &CodeRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_enrol_code (secret_hash, short_hash, site_id, made_us, made_by, \
         expires_us, near_m, serial) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            row.secret_hash.as_slice(),
            row.short_hash.as_slice(),
            row.site,
            row.made,
            row.made_by,
            row.expires,
            row.near_m,
            row.serial.as_deref()
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn code_by_secret(conn: &mut Conn, hash: &[u8]) -> Result<Option<CodeRow>, Error> {
    one_code(conn, Query::new(CODE).push(" WHERE c.secret_hash = ", hash)).await
}

pub(crate) async fn code_by_short(conn: &mut Conn, hash: &[u8]) -> Result<Option<CodeRow>, Error> {
    one_code(conn, Query::new(CODE).push(" WHERE c.short_hash = ", hash)).await
}

/// The newest code of a site that can still be used.
pub(crate) async fn open_code(
    conn: &mut Conn,
    site: Id<Site>,
    now: Wall,
) -> Result<Option<CodeRow>, Error> {
    let query = Query::new(CODE)
        .push(" WHERE c.site_id = ", site)
        .raw(" AND c.used_us IS NULL AND c.withdrawn_us IS NULL")
        .push(" AND c.expires_us > ", now)
        .raw(" ORDER BY c.made_us DESC LIMIT 1");
    one_code(conn, query).await
}

/// Takes back every code of a site that nobody has used.
pub(crate) async fn withdraw_codes(tx: &mut Tx, site: Id<Site>, now: Wall) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_enrol_code SET withdrawn_us = $2 WHERE site_id = $1 AND used_us IS NULL \
         AND withdrawn_us IS NULL",
        params![site, now],
    )
    .await?;
    Ok(())
}

/// Marks a code as used by a box.
pub(crate) async fn use_code(
    tx: &mut Tx,
    secret_hash: &[u8],
    agent: Id<Agent>,
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_enrol_code SET used_us = $3, agent_id = $2 WHERE secret_hash = $1",
        params![secret_hash, agent, now],
    )
    .await?;
    Ok(())
}

pub(crate) async fn insert_agent(tx: &mut Tx, row: &AgentRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_agent (id, site_id, public_key, key_hash, state, knows_house, serial, \
         version, lat_deg, lon_deg, address, asked_us) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        params![
            row.id,
            row.site,
            row.public_key.as_slice(),
            row.key_hash.as_slice(),
            row.standing.as_str(),
            i64::from(row.knows_house),
            row.serial.as_deref(),
            row.version.as_deref(),
            row.point.map(Point::lat_deg),
            row.point.map(Point::lon_deg),
            row.address.as_deref(),
            row.asked
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn agent(conn: &mut Conn, id: Id<Agent>) -> Result<Option<AgentRow>, Error> {
    let query = Query::new(AGENT).push(" WHERE a.id = ", id);
    Ok(agents(conn, query).await?.pop())
}

pub(crate) async fn agent_by_key(
    conn: &mut Conn,
    key_hash: &[u8],
) -> Result<Option<AgentRow>, Error> {
    let query = Query::new(AGENT).push(" WHERE a.key_hash = ", key_hash);
    Ok(agents(conn, query).await?.pop())
}

/// How many boxes are let in.
pub(crate) async fn active(conn: &mut Conn) -> Result<usize, Error> {
    let row = conn
        .one(
            "SELECT COUNT(*) AS n FROM hall_agent WHERE state = $1",
            params![Standing::Active.as_str()],
        )
        .await?;
    Ok(usize::try_from(row.get::<i64>("n")?).unwrap_or(0))
}

/// The boxes of a site, the newest first.
pub(crate) async fn agents_of(conn: &mut Conn, site: Id<Site>) -> Result<Vec<AgentRow>, Error> {
    let query = Query::new(AGENT)
        .push(" WHERE a.site_id = ", site)
        .raw(" ORDER BY a.asked_us DESC, a.id DESC");
    agents(conn, query).await
}

/// Says where a box stands from now on.
pub(crate) async fn decide(
    tx: &mut Tx,
    id: Id<Agent>,
    standing: Standing,
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_agent SET state = $2, decided_us = $3 WHERE id = $1",
        params![id, standing.as_str(), now],
    )
    .await?;
    Ok(())
}

/// A certificate was signed for a box.
pub(crate) async fn certified(tx: &mut Tx, id: Id<Agent>, until: Wall) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_agent SET certificate_until_us = $2 WHERE id = $1",
        params![id, until],
    )
    .await?;
    Ok(())
}

async fn one_code(conn: &mut Conn, query: Query) -> Result<Option<CodeRow>, Error> {
    conn.all_query(&query).await?.first().map(code).transpose()
}

async fn agents(conn: &mut Conn, query: Query) -> Result<Vec<AgentRow>, Error> {
    conn.all_query(&query).await?.iter().map(agent_of).collect()
}

fn code(row: &Row) -> Result<CodeRow, Error> {
    Ok(CodeRow {
        secret_hash: row.get("secret_hash")?,
        short_hash: row.get("short_hash")?,
        site: row.get("site_id")?,
        made: row.get("made_us")?,
        made_by: row.get("made_by")?,
        expires: row.get("expires_us")?,
        near_m: row.get("near_m")?,
        serial: row.get("serial")?,
        agent: row.get("agent_id")?,
        withdrawn: row.get("withdrawn_us")?,
    })
}

fn agent_of(row: &Row) -> Result<AgentRow, Error> {
    let standing: String = row.get("state")?;
    Ok(AgentRow {
        id: row.get("id")?,
        site: row.get("site_id")?,
        public_key: row.get("public_key")?,
        key_hash: row
            .get::<Vec<u8>>("key_hash")?
            .try_into()
            .map_err(|_| Error::corrupt("key_hash"))?,
        standing: Standing::parse(&standing).ok_or_else(|| Error::corrupt("state"))?,
        knows_house: row.get::<i64>("knows_house")? == 1,
        serial: row.get("serial")?,
        version: row.get("version")?,
        point: point(row)?,
        address: row.get("address")?,
        asked: row.get("asked_us")?,
        decided: row.get("decided_us")?,
        certificate_until: row.get("certificate_until_us")?,
        greeting: Option::zip(row.get("greeted_us")?, row.get("clock_off_us")?)
            .map(|(at, clock_off_us)| Greeting { at, clock_off_us }),
        twins: row.get("twins_us")?,
    })
}
