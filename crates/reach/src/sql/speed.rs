//! How fast connections are: `reach_speed`.

use base::id::{Agent, Id, Person, Site};
use base::now::Wall;
use reach_core::speed::{End, Fault, Way};
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

use super::word;

/// A test of a box, or why there was none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SpeedRow {
    pub(crate) agent: Id<Agent>,
    pub(crate) boot: [u8; 16],
    pub(crate) mono_us: i64,
    pub(crate) site: Id<Site>,
    pub(crate) at: Wall,
    pub(crate) received: Wall,
    pub(crate) command: Option<Vec<u8>>,
    pub(crate) asked_by: Option<Id<Person>>,
    pub(crate) cap: u64,
    pub(crate) spent: u64,
    pub(crate) fault: Fault,
    pub(crate) down: Option<Way>,
    pub(crate) up: Option<Way>,
}

const SELECT: &str = "SELECT s.agent_id, s.boot, s.mono_us, s.site_id, s.at_us, s.received_us, \
     s.command_id, s.asked_by, s.cap_octets, s.spent_octets, s.fault, s.down_octets, s.down_us, \
     s.down_end, s.down_sent, s.down_min_rtt_us, s.up_octets, s.up_us, s.up_end, s.up_sent, \
     s.up_min_rtt_us FROM reach_speed s";

/// Puts it in, unless it is there.
pub(crate) async fn put(tx: &mut Tx, row: &SpeedRow) -> Result<(), Error> {
    let (down, up) = (columns(row.down.as_ref()), columns(row.up.as_ref()));
    tx.execute(
        "INSERT INTO reach_speed (agent_id, boot, mono_us, site_id, at_us, received_us, \
         command_id, asked_by, cap_octets, spent_octets, fault, down_octets, down_us, down_end, \
         down_sent, down_min_rtt_us, up_octets, up_us, up_end, up_sent, up_min_rtt_us) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, \
         $18, $19, $20, $21) ON CONFLICT (agent_id, boot, mono_us) DO NOTHING",
        params![
            row.agent,
            row.boot.as_slice(),
            row.mono_us,
            row.site,
            row.at,
            row.received,
            row.command.clone(),
            row.asked_by,
            int(row.cap),
            int(row.spent),
            row.fault.as_str(),
            down.octets,
            down.us,
            down.end,
            down.sent,
            down.min_rtt_us,
            up.octets,
            up.us,
            up.end,
            up.sent,
            up.min_rtt_us
        ],
    )
    .await?;
    Ok(())
}

/// Tests of a site within a span that the house knew of by a time, the oldest first.
#[cfg(feature = "print")]
pub(crate) async fn within(
    conn: &mut Conn,
    site: Id<Site>,
    span: &std::ops::Range<Wall>,
    known: Wall,
) -> Result<Vec<SpeedRow>, Error> {
    let query = Query::new(SELECT)
        .push(" WHERE s.site_id = ", site)
        .push(" AND s.at_us >= ", span.start)
        .push(" AND s.at_us < ", span.end)
        .push(" AND s.received_us <= ", known)
        .raw(" ORDER BY s.at_us, s.mono_us");
    conn.all_query(&query).await?.iter().map(speed).collect()
}

/// Tests of sites from a time on, the newest first, at most `limit`.
pub(crate) async fn of_sites(
    conn: &mut Conn,
    sites: &[Id<Site>],
    from: Wall,
    limit: i64,
) -> Result<Vec<SpeedRow>, Error> {
    let mut all = Vec::new();
    for site in sites {
        let query = Query::new(SELECT)
            .push(" WHERE s.site_id = ", *site)
            .push(" AND s.at_us >= ", from)
            .push(" ORDER BY s.at_us DESC, s.mono_us DESC LIMIT ", limit);
        for row in conn.all_query(&query).await? {
            all.push(speed(&row)?);
        }
    }
    all.sort_by_key(|row| std::cmp::Reverse((row.at, row.mono_us)));
    all.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(all)
}

/// Octets of tests of a site that somebody has asked for, from a time on.
pub(crate) async fn asked_since(conn: &mut Conn, site: Id<Site>, from: Wall) -> Result<u64, Error> {
    let rows = of_sites(conn, &[site], from, 1_000).await?;
    let asked = rows.iter().filter(|row| row.command.is_some());
    Ok(asked.map(|row| row.spent).fold(0, u64::saturating_add))
}

/// One way, as its columns have it.
#[derive(Default)]
struct Columns {
    octets: Option<i64>,
    us: Option<i64>,
    end: Option<&'static str>,
    sent: Option<i64>,
    min_rtt_us: Option<i64>,
}

fn columns(way: Option<&Way>) -> Columns {
    way.map_or_else(Columns::default, |way| Columns {
        octets: Some(int(way.octets)),
        us: Some(int(way.us)),
        end: Some(way.end().as_str()),
        sent: way.sent.map(int),
        min_rtt_us: way.min_rtt_us.map(int),
    })
}

fn speed(row: &Row) -> Result<SpeedRow, Error> {
    let boot: Vec<u8> = row.get("boot")?;
    Ok(SpeedRow {
        agent: row.get("agent_id")?,
        boot: boot.try_into().map_err(|_| Error::corrupt("boot"))?,
        mono_us: row.get("mono_us")?,
        site: row.get("site_id")?,
        at: row.get("at_us")?,
        received: row.get("received_us")?,
        command: row.get("command_id")?,
        asked_by: row.get("asked_by")?,
        cap: count(row, "cap_octets")?.unwrap_or(0),
        spent: count(row, "spent_octets")?.unwrap_or(0),
        fault: word(row, "fault", Fault::parse)?,
        down: way(
            row,
            [
                "down_octets",
                "down_us",
                "down_end",
                "down_sent",
                "down_min_rtt_us",
            ],
        )?,
        up: way(
            row,
            ["up_octets", "up_us", "up_end", "up_sent", "up_min_rtt_us"],
        )?,
    })
}

fn way(row: &Row, [octets, us, end, sent, rtt]: [&str; 5]) -> Result<Option<Way>, Error> {
    let (Some(octets), Some(us)) = (count(row, octets)?, count(row, us)?) else {
        return Ok(None);
    };
    Ok(Some(Way {
        octets,
        us,
        end: word(row, end, End::parse)?.into(),
        sent: count(row, sent)?,
        min_rtt_us: count(row, rtt)?,
    }))
}

fn count(row: &Row, column: &str) -> Result<Option<u64>, Error> {
    let number: Option<i64> = row.get(column)?;
    number
        .map(|number| u64::try_from(number).map_err(|_| Error::corrupt(column)))
        .transpose()
}

/// What a box says is too much for a column is as much as that takes.
fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
