//! Nodes and how they stand: `reach_node`, `reach_node_state`, `reach_node_span`,
//! `reach_node_round`.

use std::collections::BTreeMap;
use std::net::IpAddr;

use base::area::AreaCode;
use base::id::{Agency, Id, Node, Person, Site};
use base::now::Wall;
use reach_core::answering::{Answering, KEPT, Span, Standing, Way};
use reach_core::echo::Refusal;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

use super::{maybe_code, maybe_word, small, word};

/// Spans of a node that are kept, at most: of one that comes and goes by the minute
/// those of a day or so.
const SPANS_KEPT: i64 = 1_000;

/// An address that the house asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NodeRow {
    pub(crate) id: Id<Node>,
    pub(crate) name: String,
    pub(crate) address: IpAddr,
    pub(crate) port: Option<u16>,
    pub(crate) site: Option<Id<Site>>,
    pub(crate) area: Option<AreaCode>,
    pub(crate) agency: Option<Id<Agency>>,
    pub(crate) note: Option<String>,
    pub(crate) paused: bool,
    pub(crate) added: Wall,
    pub(crate) added_by: Id<Person>,
    pub(crate) changed: Wall,
    pub(crate) changed_by: Id<Person>,
}

/// How a node stands, by the last round that asked it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StateRow {
    pub(crate) standing: Standing,
    pub(crate) way: Way,
    pub(crate) sent: u32,
    pub(crate) answered: u32,
    pub(crate) late: u32,
    pub(crate) refusal: Option<Refusal>,
    /// The fastest answer and the middle one, in microseconds.
    pub(crate) rtt_us: Option<(u32, u32)>,
}

/// The last round over all nodes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct RoundRow {
    pub(crate) began: Wall,
    pub(crate) took_us: u64,
    pub(crate) asked: u32,
    pub(crate) dropped: u64,
    /// Left out before it, as far as it was not said of an earlier one.
    pub(crate) skipped: u64,
    pub(crate) lack_v4: Option<String>,
    pub(crate) lack_v6: Option<String>,
}

const SELECT: &str = "SELECT id, name, address, port, site_id, area_code, agency_id, note, \
     paused, added_us, added_by, changed_us, changed_by FROM reach_node";

fn node(row: &Row) -> Result<NodeRow, Error> {
    let address: String = row.get("address")?;
    let port: Option<i64> = row.get("port")?;
    Ok(NodeRow {
        id: row.get("id")?,
        name: row.get("name")?,
        address: address.parse().map_err(|_| Error::corrupt("address"))?,
        port: port
            .map(|port| u16::try_from(port).map_err(|_| Error::corrupt("port")))
            .transpose()?,
        site: row.get("site_id")?,
        area: maybe_code(row, "area_code")?,
        agency: row.get("agency_id")?,
        note: row.get("note")?,
        paused: row.get::<i64>("paused")? == 1,
        added: row.get("added_us")?,
        added_by: row.get("added_by")?,
        changed: row.get("changed_us")?,
        changed_by: row.get("changed_by")?,
    })
}

/// All of them, by id.
pub(crate) async fn all(conn: &mut Conn) -> Result<Vec<NodeRow>, Error> {
    let query = Query::new(SELECT).raw(" ORDER BY id");
    conn.all_query(&query).await?.iter().map(node).collect()
}

pub(crate) async fn by_id(conn: &mut Conn, id: Id<Node>) -> Result<Option<NodeRow>, Error> {
    let query = Query::new(SELECT).push(" WHERE id = ", id);
    let rows = conn.all_query(&query).await?;
    rows.first().map(node).transpose()
}

/// Adds a node, or says something else about it; when it was added stays.
pub(crate) async fn put(tx: &mut Tx, row: &NodeRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO reach_node (id, name, address, port, site_id, area_code, agency_id, note, \
         paused, added_us, added_by, changed_us, changed_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, address = excluded.address, \
         port = excluded.port, site_id = excluded.site_id, area_code = excluded.area_code, \
         agency_id = excluded.agency_id, note = excluded.note, paused = excluded.paused, \
         changed_us = excluded.changed_us, changed_by = excluded.changed_by",
        params![
            row.id,
            row.name.as_str(),
            row.address.to_string(),
            row.port.map(i64::from),
            row.site,
            row.area.as_ref().map(|area| area.as_str().to_owned()),
            row.agency,
            row.note.as_deref(),
            i64::from(row.paused),
            row.added,
            row.added_by,
            row.changed,
            row.changed_by
        ],
    )
    .await?;
    Ok(())
}

/// Forgets a node, and how it stood.
pub(crate) async fn remove(tx: &mut Tx, id: Id<Node>) -> Result<(), Error> {
    forget(tx, id).await?;
    tx.execute("DELETE FROM reach_node WHERE id = $1", params![id])
        .await?;
    Ok(())
}

/// Forgets how a node stood: what was said of another address is not of this one.
pub(crate) async fn forget(tx: &mut Tx, id: Id<Node>) -> Result<(), Error> {
    for sql in [
        "DELETE FROM reach_node_span WHERE node_id = $1",
        "DELETE FROM reach_node_state WHERE node_id = $1",
    ] {
        tx.execute(sql, params![id]).await?;
    }
    Ok(())
}

/// It is not asked any more, from now on: how it stood becomes its history.
pub(crate) async fn rest(tx: &mut Tx, id: Id<Node>, now: Wall) -> Result<(), Error> {
    let state = states(tx, Some(id)).await?.remove(&id);
    if let Some(span) = state.and_then(|state| state.standing.end(now)) {
        ended(tx, id, &span).await?;
    }
    tx.execute(
        "DELETE FROM reach_node_state WHERE node_id = $1",
        params![id],
    )
    .await?;
    Ok(())
}

fn state(row: &Row) -> Result<StateRow, Error> {
    let us = |column: &str| -> Result<Option<u32>, Error> {
        let us: Option<i64> = row.get(column)?;
        us.map(|us| u32::try_from(us).map_err(|_| Error::corrupt(column)))
            .transpose()
    };
    Ok(StateRow {
        standing: Standing {
            answering: word(row, "answering", Answering::parse)?,
            since: row.get("since_us")?,
            last: row.get("last_us")?,
        },
        way: word(row, "way", Way::parse)?,
        sent: small(row, "sent")?,
        answered: small(row, "answered")?,
        late: small(row, "late")?,
        refusal: maybe_word(row, "refusal", Refusal::parse)?,
        rtt_us: us("min_us")?.zip(us("median_us")?),
    })
}

/// How nodes stand, or one of them. Those that no round has asked are not there.
pub(crate) async fn states(
    conn: &mut Conn,
    id: Option<Id<Node>>,
) -> Result<BTreeMap<Id<Node>, StateRow>, Error> {
    let mut query = Query::new(
        "SELECT node_id, answering, since_us, last_us, way, sent, answered, late, refusal, \
         min_us, median_us FROM reach_node_state",
    );
    if let Some(id) = id {
        query = query.push(" WHERE node_id = ", id);
    }
    let rows = conn.all_query(&query).await?;
    rows.iter()
        .map(|row| Ok((row.get("node_id")?, state(row)?)))
        .collect()
}

/// How a node stands now.
pub(crate) async fn set_state(tx: &mut Tx, id: Id<Node>, row: &StateRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO reach_node_state (node_id, answering, since_us, last_us, way, sent, \
         answered, late, refusal, min_us, median_us) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (node_id) DO UPDATE SET answering = excluded.answering, \
         since_us = excluded.since_us, last_us = excluded.last_us, way = excluded.way, \
         sent = excluded.sent, answered = excluded.answered, late = excluded.late, \
         refusal = excluded.refusal, min_us = excluded.min_us, median_us = excluded.median_us",
        params![
            id,
            row.standing.answering.as_str(),
            row.standing.since,
            row.standing.last,
            row.way.as_str(),
            i64::from(row.sent),
            i64::from(row.answered),
            i64::from(row.late),
            row.refusal.map(Refusal::as_str),
            row.rtt_us.map(|(min, _)| i64::from(min)),
            row.rtt_us.map(|(_, median)| i64::from(median))
        ],
    )
    .await?;
    Ok(())
}

/// How it stood has ended.
pub(crate) async fn ended(tx: &mut Tx, id: Id<Node>, span: &Span) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO reach_node_span (node_id, from_us, to_us, answering) \
         VALUES ($1, $2, $3, $4) ON CONFLICT (node_id, from_us) DO NOTHING",
        params![id, span.from, span.to, span.answering.as_str()],
    )
    .await?;
    // Nothing is smaller than what is not there: fewer stay as they are.
    tx.execute(
        "DELETE FROM reach_node_span WHERE node_id = $1 AND from_us <= \
         (SELECT s.from_us FROM reach_node_span s WHERE s.node_id = $1 \
         ORDER BY s.from_us DESC LIMIT 1 OFFSET $2)",
        params![id, SPANS_KEPT],
    )
    .await?;
    Ok(())
}

/// Forgets what has ended too long ago.
pub(crate) async fn expire(tx: &mut Tx, now: Wall) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM reach_node_span WHERE to_us < $1",
        params![now - KEPT],
    )
    .await?;
    Ok(())
}

/// How a node stood before it stood as it does, in the order of time.
pub(crate) async fn spans(conn: &mut Conn, id: Id<Node>, from: Wall) -> Result<Vec<Span>, Error> {
    let rows = conn
        .all(
            "SELECT from_us, to_us, answering FROM reach_node_span \
             WHERE node_id = $1 AND to_us > $2 ORDER BY from_us",
            params![id, from],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Span {
                answering: word(row, "answering", Answering::parse)?,
                from: row.get("from_us")?,
                to: row.get("to_us")?,
            })
        })
        .collect()
}

/// A round over all nodes is over; those that were left out are added to those before.
pub(crate) async fn set_round(tx: &mut Tx, row: &RoundRow) -> Result<(), Error> {
    let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    tx.execute(
        "INSERT INTO reach_node_round (one, began_us, took_us, asked, dropped, skipped, \
         lack_v4, lack_v6) VALUES (1, $1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (one) DO UPDATE SET began_us = excluded.began_us, \
         took_us = excluded.took_us, asked = excluded.asked, dropped = excluded.dropped, \
         skipped = reach_node_round.skipped + excluded.skipped, \
         lack_v4 = excluded.lack_v4, lack_v6 = excluded.lack_v6",
        params![
            row.began,
            whole(row.took_us),
            i64::from(row.asked),
            whole(row.dropped),
            whole(row.skipped),
            row.lack_v4.as_deref(),
            row.lack_v6.as_deref()
        ],
    )
    .await?;
    Ok(())
}

/// The last round; none was yet.
pub(crate) async fn round(conn: &mut Conn) -> Result<Option<RoundRow>, Error> {
    let row = conn
        .maybe(
            "SELECT began_us, took_us, asked, dropped, skipped, lack_v4, lack_v6 \
             FROM reach_node_round WHERE one = 1",
            params![],
        )
        .await?;
    let whole = |row: &Row, column: &str| -> Result<u64, Error> {
        let number: i64 = row.get(column)?;
        u64::try_from(number).map_err(|_| Error::corrupt(column))
    };
    row.as_ref()
        .map(|row| {
            Ok(RoundRow {
                began: row.get("began_us")?,
                took_us: whole(row, "took_us")?,
                asked: small(row, "asked")?,
                dropped: whole(row, "dropped")?,
                skipped: whole(row, "skipped")?,
                lack_v4: row.get("lack_v4")?,
                lack_v6: row.get("lack_v6")?,
            })
        })
        .transpose()
}
