//! Programs for boxes: `hall_release`, `hall_release_box`.

use base::id::{Agent, Id, Person, Release, Site};
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};
use sync::command::Ulid;

use crate::enrol::Standing;
use crate::release::{At, State};
use crate::site::State as Stage;

/// A release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReleaseRow {
    pub(crate) id: Id<Release>,
    pub(crate) version: String,
    pub(crate) target: String,
    pub(crate) manifest: Vec<u8>,
    pub(crate) sha256: String,
    pub(crate) size: i64,
    pub(crate) protocols: (i64, i64),
    pub(crate) expires: Wall,
    pub(crate) made_by: Id<Person>,
    pub(crate) made: Wall,
    pub(crate) share: i64,
    pub(crate) failures_max: i64,
    pub(crate) state: State,
    pub(crate) changed: Wall,
    pub(crate) halted_why: Option<String>,
}

/// A release at a box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BoxRow {
    pub(crate) release: Id<Release>,
    pub(crate) agent: Id<Agent>,
    pub(crate) site: Id<Site>,
    pub(crate) told: Wall,
    pub(crate) at: At,
    pub(crate) why: Option<String>,
    pub(crate) detail: Option<String>,
    pub(crate) heard: Wall,
}

/// A box that a release may be offered to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Able {
    pub(crate) agent: Id<Agent>,
    pub(crate) site: Id<Site>,
    pub(crate) target: Option<String>,
}

const SELECT: &str = "SELECT r.id, r.version, r.target, r.manifest, r.sha256, r.size_bytes, \
     r.protocol_min, r.protocol_max, r.expires_us, r.made_by, r.made_us, r.share_percent, \
     r.failures_max, r.state, r.changed_us, r.halted_why FROM hall_release r";

pub(crate) async fn insert(tx: &mut Tx, row: &ReleaseRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_release (id, version, target, manifest, sha256, size_bytes, \
         protocol_min, protocol_max, expires_us, made_by, made_us, share_percent, failures_max, \
         state, changed_us) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        params![
            row.id,
            row.version.as_str(),
            row.target.as_str(),
            row.manifest.as_slice(),
            row.sha256.as_str(),
            row.size,
            row.protocols.0,
            row.protocols.1,
            row.expires,
            row.made_by,
            row.made,
            row.share,
            row.failures_max,
            row.state.as_str(),
            row.changed
        ],
    )
    .await?;
    Ok(())
}

/// Every release, the newest first.
pub(crate) async fn all(conn: &mut Conn, limit: i64) -> Result<Vec<ReleaseRow>, Error> {
    let query = Query::new(SELECT).push(" ORDER BY r.made_us DESC, r.id DESC LIMIT ", limit);
    fetch(conn, &query).await
}

pub(crate) async fn by_id(conn: &mut Conn, id: Id<Release>) -> Result<Option<ReleaseRow>, Error> {
    let query = Query::new(SELECT).push(" WHERE r.id = ", id);
    Ok(fetch(conn, &query).await?.pop())
}

/// The release of a version for a kind of machine.
pub(crate) async fn by_version(
    conn: &mut Conn,
    version: &str,
    target: &str,
) -> Result<Option<ReleaseRow>, Error> {
    let query = Query::new(SELECT)
        .push(" WHERE r.version = ", version)
        .push(" AND r.target = ", target);
    Ok(fetch(conn, &query).await?.pop())
}

/// The release that was offered to a box under a version.
pub(crate) async fn of_box(
    conn: &mut Conn,
    agent: Id<Agent>,
    version: &str,
) -> Result<Option<ReleaseRow>, Error> {
    let query = Query::new(SELECT)
        .raw(" JOIN hall_release_box b ON b.release_id = r.id")
        .push(" WHERE b.agent_id = ", agent)
        .push(" AND r.version = ", version);
    Ok(fetch(conn, &query).await?.pop())
}

/// The release that was offered to a box and whose program has that hash, while it is
/// offered.
pub(crate) async fn fetched_by(
    conn: &mut Conn,
    agent: Id<Agent>,
    sha256: &str,
) -> Result<Option<ReleaseRow>, Error> {
    let query = Query::new(SELECT)
        .raw(" JOIN hall_release_box b ON b.release_id = r.id")
        .push(" WHERE b.agent_id = ", agent)
        .push(" AND r.sha256 = ", sha256)
        .push(" AND r.state = ", State::Offered.as_str());
    Ok(fetch(conn, &query).await?.pop())
}

/// To how many, how many may fail, and where it stands from now on.
pub(crate) async fn set(tx: &mut Tx, row: &ReleaseRow, now: Wall) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_release SET share_percent = $2, failures_max = $3, state = $4, \
         changed_us = $5, halted_why = $6 WHERE id = $1",
        params![
            row.id,
            row.share,
            row.failures_max,
            row.state.as_str(),
            now,
            row.halted_why.as_deref()
        ],
    )
    .await?;
    Ok(())
}

/// Every box that is let in, at sites that are believed.
pub(crate) async fn able(conn: &mut Conn) -> Result<Vec<Able>, Error> {
    conn.all(
        "SELECT a.id, a.site_id, a.target FROM hall_agent a JOIN hall_site s ON s.id = a.site_id \
         WHERE a.state = $1 AND s.state = $2 ORDER BY a.id",
        params![Standing::Active.as_str(), Stage::Active.as_str()],
    )
    .await?
    .iter()
    .map(|row| {
        Ok(Able {
            agent: row.get("id")?,
            site: row.get("site_id")?,
            target: row.get("target")?,
        })
    })
    .collect()
}

/// A box is told of a release; again, if it was told before.
pub(crate) async fn tell(
    tx: &mut Tx,
    release: Id<Release>,
    agent: Id<Agent>,
    command: Ulid,
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_release_box (release_id, agent_id, command_id, told_us, state, heard_us) \
         VALUES ($1, $2, $3, $4, $5, $4) ON CONFLICT (release_id, agent_id) DO UPDATE \
         SET command_id = excluded.command_id, told_us = excluded.told_us, \
         state = excluded.state, why = NULL, detail = NULL, heard_us = excluded.heard_us",
        params![
            release,
            agent,
            command.as_bytes().as_slice(),
            now,
            At::Told.as_str()
        ],
    )
    .await?;
    Ok(())
}

/// How far it has come at a box.
pub(crate) async fn heard(
    tx: &mut Tx,
    release: Id<Release>,
    agent: Id<Agent>,
    at: At,
    why: &str,
    detail: &str,
    now: Wall,
) -> Result<(), Error> {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    tx.execute(
        "UPDATE hall_release_box SET state = $3, why = $4, detail = $5, heard_us = $6 \
         WHERE release_id = $1 AND agent_id = $2",
        params![release, agent, at.as_str(), some(why), some(detail), now],
    )
    .await?;
    Ok(())
}

/// The release that a command was about, if it was about one.
pub(crate) async fn by_command(
    conn: &mut Conn,
    agent: Id<Agent>,
    command: Ulid,
) -> Result<Option<Id<Release>>, Error> {
    conn.maybe(
        "SELECT release_id FROM hall_release_box WHERE agent_id = $1 AND command_id = $2",
        params![agent, command.as_bytes().as_slice()],
    )
    .await?
    .map(|row| row.get("release_id"))
    .transpose()
}

/// The boxes that a release was offered to.
pub(crate) async fn boxes(conn: &mut Conn, id: Id<Release>) -> Result<Vec<BoxRow>, Error> {
    conn.all(
        "SELECT b.release_id, b.agent_id, a.site_id, b.told_us, b.state, b.why, b.detail, \
         b.heard_us FROM hall_release_box b JOIN hall_agent a ON a.id = b.agent_id \
         WHERE b.release_id = $1 ORDER BY b.told_us, b.agent_id",
        params![id],
    )
    .await?
    .iter()
    .map(|row| {
        let at: String = row.get("state")?;
        Ok(BoxRow {
            release: row.get("release_id")?,
            agent: row.get("agent_id")?,
            site: row.get("site_id")?,
            told: row.get("told_us")?,
            at: At::parse(&at).ok_or_else(|| Error::corrupt("state"))?,
            why: row.get("why")?,
            detail: row.get("detail")?,
            heard: row.get("heard_us")?,
        })
    })
    .collect()
}

/// At how many boxes a release is, by how far it has come there.
pub(crate) async fn counts(conn: &mut Conn, id: Id<Release>) -> Result<Vec<(At, i64)>, Error> {
    conn.all(
        "SELECT state, COUNT(*) AS n FROM hall_release_box WHERE release_id = $1 \
         GROUP BY state ORDER BY state",
        params![id],
    )
    .await?
    .iter()
    .map(|row| {
        let at: String = row.get("state")?;
        let at = At::parse(&at).ok_or_else(|| Error::corrupt("state"))?;
        Ok((at, row.get("n")?))
    })
    .collect()
}

/// Commands about a release that no box has answered are not to be begun any more.
pub(crate) async fn take_back(tx: &mut Tx, id: Id<Release>, now: Wall) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_command SET ended = $2, ended_us = $3 WHERE ended IS NULL AND id IN \
         (SELECT command_id FROM hall_release_box WHERE release_id = $1)",
        params![id, "withdrawn", now],
    )
    .await?;
    Ok(())
}

/// The kind of machine that a box is.
pub(crate) async fn set_target(tx: &mut Tx, agent: Id<Agent>, target: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_agent SET target = $2 WHERE id = $1",
        params![agent, target],
    )
    .await?;
    Ok(())
}

async fn fetch(conn: &mut Conn, query: &Query) -> Result<Vec<ReleaseRow>, Error> {
    conn.all_query(query).await?.iter().map(release).collect()
}

fn release(row: &Row) -> Result<ReleaseRow, Error> {
    let state: String = row.get("state")?;
    Ok(ReleaseRow {
        id: row.get("id")?,
        version: row.get("version")?,
        target: row.get("target")?,
        manifest: row.get("manifest")?,
        sha256: row.get("sha256")?,
        size: row.get("size_bytes")?,
        protocols: (row.get("protocol_min")?, row.get("protocol_max")?),
        expires: row.get("expires_us")?,
        made_by: row.get("made_by")?,
        made: row.get("made_us")?,
        share: row.get("share_percent")?,
        failures_max: row.get("failures_max")?,
        state: State::parse(&state).ok_or_else(|| Error::corrupt("state"))?,
        changed: row.get("changed_us")?,
        halted_why: row.get("halted_why")?,
    })
}
