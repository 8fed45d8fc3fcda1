//! Routers that tell how they are: `reach_router`, `reach_report`.

use std::collections::BTreeMap;

use base::id::{Id, Person, Router, Site};
use base::now::Wall;
use store::{Conn, Error, Row, Tx, params};

/// What could not be read is kept as it came of so many reports of a router.
const RAW_KEPT: i64 = 100;

/// A router that may tell, or might.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RouterRow {
    pub(crate) id: Id<Router>,
    pub(crate) site: Id<Site>,
    pub(crate) key_hash: Vec<u8>,
    pub(crate) made: Wall,
    pub(crate) made_by: Id<Person>,
    pub(crate) revoked: Option<Wall>,
}

/// A report that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReportRow {
    pub(crate) received: Wall,
    pub(crate) own: Option<Wall>,
    pub(crate) fresh: bool,
    /// As JSON, or why there is none.
    pub(crate) taken: Result<String, String>,
}

/// From when on a site's routers were heard, and until when they may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) since: Wall,
    pub(crate) to: Option<Wall>,
}

const ROUTERS: &str =
    "SELECT id, site_id, key_hash, made_us, made_by, revoked_us FROM reach_router";

fn router(row: &Row) -> Result<RouterRow, Error> {
    Ok(RouterRow {
        id: row.get("id")?,
        site: row.get("site_id")?,
        key_hash: row.get("key_hash")?,
        made: row.get("made_us")?,
        made_by: row.get("made_by")?,
        revoked: row.get("revoked_us")?,
    })
}

pub(crate) async fn insert(tx: &mut Tx, row: &RouterRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO reach_router (id, site_id, key_hash, made_us, made_by) \
         VALUES ($1, $2, $3, $4, $5)",
        params![
            row.id,
            row.site,
            row.key_hash.as_slice(),
            row.made,
            row.made_by
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn by_id(conn: &mut Conn, id: Id<Router>) -> Result<Option<RouterRow>, Error> {
    let sql = store::query::Sql::built(format!("{ROUTERS} WHERE id = $1"));
    let row = conn.maybe(sql, params![id]).await?;
    row.as_ref().map(router).transpose()
}

/// Those of a site, the newest first.
pub(crate) async fn of_site(conn: &mut Conn, site: Id<Site>) -> Result<Vec<RouterRow>, Error> {
    let sql = store::query::Sql::built(format!("{ROUTERS} WHERE site_id = $1 ORDER BY id DESC"));
    let rows = conn.all(sql, params![site]).await?;
    rows.iter().map(router).collect()
}

pub(crate) async fn revoke(tx: &mut Tx, id: Id<Router>, now: Wall) -> Result<(), Error> {
    tx.execute(
        "UPDATE reach_router SET revoked_us = $2 WHERE id = $1 AND revoked_us IS NULL",
        params![id, now],
    )
    .await?;
    Ok(())
}

/// How many reports of a router were received from a time on.
pub(crate) async fn count_since(conn: &mut Conn, id: Id<Router>, from: Wall) -> Result<i64, Error> {
    conn.one(
        "SELECT COUNT(*) AS reports FROM reach_report WHERE router_id = $1 AND received_us >= $2",
        params![id, from],
    )
    .await?
    .get("reports")
}

/// Keeps a report; whether it is a new one. `raw` is what could not be read.
pub(crate) async fn keep(
    tx: &mut Tx,
    of: &RouterRow,
    digest: &[u8],
    row: &ReportRow,
    raw: Option<&[u8]>,
) -> Result<bool, Error> {
    let (taken, refused) = match &row.taken {
        Ok(taken) => (Some(taken.as_str()), None),
        Err(why) => (None, Some(why.as_str())),
    };
    let kept = tx
        .execute(
            "INSERT INTO reach_report (router_id, digest, site_id, received_us, own_us, fresh, \
             taken, refused, raw, folded) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0) \
             ON CONFLICT (router_id, digest) DO NOTHING",
            params![
                of.id,
                digest,
                of.site,
                row.received,
                row.own,
                i64::from(row.fresh),
                taken,
                refused,
                raw.map(<[u8]>::to_vec)
            ],
        )
        .await?;
    tx.execute(
        "UPDATE reach_router SET first_us = COALESCE(first_us, $2), heard_us = $2, \
         newest = CASE WHEN $4 = 1 AND ($5 = 1 OR newest IS NULL) THEN $3 ELSE newest END \
         WHERE id = $1",
        params![
            of.id,
            row.received,
            digest,
            i64::from(kept > 0 && row.taken.is_ok()),
            i64::from(row.fresh)
        ],
    )
    .await?;
    if raw.is_some() {
        tx.execute(
            "UPDATE reach_report SET raw = NULL WHERE router_id = $1 AND raw IS NOT NULL \
             AND digest NOT IN (SELECT n.digest FROM (SELECT digest FROM reach_report \
             WHERE router_id = $1 AND raw IS NOT NULL ORDER BY received_us DESC, digest \
             LIMIT $2) n)",
            params![of.id, RAW_KEPT],
        )
        .await?;
    }
    Ok(kept > 0)
}

fn report(row: &Row) -> Result<ReportRow, Error> {
    let taken: Option<String> = row.get("taken")?;
    let refused: Option<String> = row.get("refused")?;
    Ok(ReportRow {
        received: row.get("received_us")?,
        own: row.get("own_us")?,
        fresh: row.get::<i64>("fresh")? == 1,
        taken: match (taken, refused) {
            (Some(taken), None) => Ok(taken),
            (None, Some(why)) => Err(why),
            _ => return Err(Error::corrupt("reach_report.refused")),
        },
    })
}

/// The reports of a router, the newest first, at most `limit`.
pub(crate) async fn reports(
    conn: &mut Conn,
    id: Id<Router>,
    limit: i64,
) -> Result<Vec<ReportRow>, Error> {
    let rows = conn
        .all(
            "SELECT received_us, own_us, fresh, taken, refused FROM reach_report \
             WHERE router_id = $1 ORDER BY received_us DESC, digest LIMIT $2",
            params![id, limit],
        )
        .await?;
    rows.iter().map(report).collect()
}

/// When the first of all reports came that may be let go.
pub(crate) async fn first(conn: &mut Conn) -> Result<Option<Wall>, Error> {
    // Router by router, as the index on reports is ordered.
    let row = conn
        .one(
            "SELECT MIN(s.first_us) AS first_us FROM (SELECT (SELECT MIN(t.received_us) \
             FROM reach_report t WHERE t.router_id = r.id AND t.folded = 1 \
             AND (r.newest IS NULL OR r.newest <> t.digest)) AS first_us FROM reach_router r) s",
            params![],
        )
        .await?;
    row.get("first_us")
}

/// Lets go of reports that evidence was made of and that came before a time, but for the
/// one that tells how its router is; how many went.
pub(crate) async fn let_go(tx: &mut Tx, before: Wall, limit: i64) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM reach_report WHERE (router_id, digest) IN (SELECT t.router_id, t.digest \
         FROM reach_report t JOIN reach_router r ON r.id = t.router_id \
         WHERE t.received_us < $1 AND t.folded = 1 \
         AND (r.newest IS NULL OR r.newest <> t.digest) LIMIT $2)",
        params![before, limit],
    )
    .await
}

/// How many reports of a router could not be read, and when the newest of these came.
pub(crate) async fn refused(conn: &mut Conn, id: Id<Router>) -> Result<(i64, Option<Wall>), Error> {
    let row = conn
        .one(
            "SELECT COUNT(*) AS reports, MAX(received_us) AS newest_us FROM reach_report \
             WHERE router_id = $1 AND refused IS NOT NULL",
            params![id],
        )
        .await?;
    Ok((row.get("reports")?, row.get("newest_us")?))
}

/// Of each site that has a router: when any was heard last, and the report that tells how
/// it is.
pub(crate) async fn newest(
    conn: &mut Conn,
) -> Result<BTreeMap<Id<Site>, (Wall, Option<ReportRow>)>, Error> {
    let rows = conn
        .all(
            "SELECT r.site_id, r.heard_us, t.received_us, t.own_us, t.fresh, t.taken, t.refused \
             FROM reach_router r LEFT JOIN reach_report t \
             ON t.router_id = r.id AND t.digest = r.newest \
             WHERE r.heard_us IS NOT NULL ORDER BY r.heard_us",
            params![],
        )
        .await?;
    let mut newest: BTreeMap<_, (Wall, Option<ReportRow>)> = BTreeMap::new();
    for row in rows {
        let told: Option<Wall> = row.get("received_us")?;
        let said = told.map(|_| report(&row)).transpose()?;
        // Of several routers the one that was heard last speaks.
        newest.insert(row.get("site_id")?, (row.get("heard_us")?, said));
    }
    Ok(newest)
}

/// From when on sites were heard by routers, and until when, where all of them are
/// revoked.
pub(crate) async fn lives(conn: &mut Conn) -> Result<BTreeMap<Id<Site>, Life>, Error> {
    let rows = conn
        .all(
            "SELECT site_id, MIN(first_us) AS since_us, MAX(revoked_us) AS to_us, \
             MAX(CASE WHEN revoked_us IS NULL THEN 1 ELSE 0 END) AS counts \
             FROM reach_router WHERE first_us IS NOT NULL GROUP BY site_id",
            params![],
        )
        .await?;
    let mut lives = BTreeMap::new();
    for row in rows {
        let counts: i64 = row.get("counts")?;
        let life = Life {
            since: row.get("since_us")?,
            to: row.get::<Option<Wall>>("to_us")?.filter(|_| counts == 0),
        };
        lives.insert(row.get("site_id")?, life);
    }
    Ok(lives)
}

/// Reports that no evidence was made of yet: whose, which, where and when.
pub(crate) type Unfolded = (Id<Router>, Vec<u8>, Id<Site>, Wall);

/// Some of them, in the order in which they came.
pub(crate) async fn unfolded(conn: &mut Conn, limit: i64) -> Result<Vec<Unfolded>, Error> {
    let rows = conn
        .all(
            "SELECT router_id, digest, site_id, received_us FROM reach_report WHERE folded = 0 \
             ORDER BY received_us LIMIT $1",
            params![limit],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok((
                row.get("router_id")?,
                row.get("digest")?,
                row.get("site_id")?,
                row.get("received_us")?,
            ))
        })
        .collect()
}

/// Evidence was made of it.
pub(crate) async fn set_folded(tx: &mut Tx, id: Id<Router>, digest: &[u8]) -> Result<(), Error> {
    tx.execute(
        "UPDATE reach_report SET folded = 1 WHERE router_id = $1 AND digest = $2",
        params![id, digest],
    )
    .await?;
    Ok(())
}

/// When a site's routers were heard, from a time on, as far as evidence was made of it.
pub(crate) async fn heard(conn: &mut Conn, site: Id<Site>, from: Wall) -> Result<Vec<Wall>, Error> {
    let rows = conn
        .all(
            "SELECT received_us FROM reach_report WHERE site_id = $1 AND received_us >= $2 \
             AND folded = 1 ORDER BY received_us",
            params![site, from],
        )
        .await?;
    rows.iter().map(|row| row.get("received_us")).collect()
}
