//! Readings that have been let go: `hall_record_let_go` and `hall_record_kept`.

use std::collections::BTreeMap;

use base::id::{Agent, Id};
use base::now::Wall;
use store::{Conn, Error, Tx, params};
use sync::identity::Stream;

use crate::link::kinds::READINGS;

/// The row of `hall_record_kept`.
const NAME: &str = "readings";

/// Up to which number readings have been let go, and from when on they are here.
pub(crate) async fn kept(conn: &mut Conn) -> Result<Option<(i64, Wall)>, Error> {
    conn.maybe(
        "SELECT number, since_us FROM hall_record_kept WHERE name = $1",
        params![NAME],
    )
    .await?
    .map(|row| Ok((row.get("number")?, row.get("since_us")?)))
    .transpose()
}

/// Sets it.
pub(crate) async fn set_kept(tx: &mut Tx, number: i64, since: Wall) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_record_kept (name, number, since_us) VALUES ($1, $2, $3) \
         ON CONFLICT (name) DO UPDATE SET number = excluded.number, \
         since_us = excluded.since_us",
        params![NAME, number, since],
    )
    .await?;
    Ok(())
}

/// When the first record behind a number was held, of those that are not held in the future:
/// what the clock said of these was wrong.
pub(crate) async fn first(conn: &mut Conn, behind: i64, now: Wall) -> Result<Option<Wall>, Error> {
    conn.maybe(
        "SELECT received_us FROM hall_record WHERE number > $1 AND received_us <= $2 \
         ORDER BY number LIMIT 1",
        params![behind, now],
    )
    .await?
    .map(|row| row.get("received_us"))
    .transpose()
}

/// The newest number of all.
pub(crate) async fn newest(conn: &mut Conn) -> Result<i64, Error> {
    let row = conn
        .one(
            "SELECT COALESCE(MAX(number), 0) AS number FROM hall_record",
            params![],
        )
        .await?;
    row.get("number")
}

/// Of which chain a record is: box, stream, epoch.
type Of = (Id<Agent>, i64, i64);

/// What stands behind a number, of any stream, up to the first that was held at `before` or
/// later: the last number of it, and of each chain the first and last sequence number of its
/// readings, how many, and when the first happened.
#[derive(Debug, Default)]
pub(crate) struct Old {
    pub(crate) last: Option<i64>,
    pub(crate) readings: BTreeMap<Of, (i64, i64, i64, Wall)>,
}

/// Looks for it among so many records at most. What was held later than now is passed by and
/// stays: nobody knows when it was held.
pub(crate) async fn old(
    conn: &mut Conn,
    (behind, to): (i64, i64),
    (before, now): (Wall, Wall),
    limit: i64,
) -> Result<Old, Error> {
    let rows = conn
        .all(
            "SELECT number, agent_id, stream, epoch, seq, kind, event_us, received_us \
             FROM hall_record WHERE number > $1 AND number <= $2 ORDER BY number LIMIT $3",
            params![behind, to, limit],
        )
        .await?;
    let mut old = Old::default();
    for row in rows {
        let received: Wall = row.get("received_us")?;
        if (before..=now).contains(&received) {
            break;
        }
        old.last = Some(row.get("number")?);
        let stream: i64 = row.get("stream")?;
        if received > now || !goes(stream, row.get("kind")?) {
            continue;
        }
        let seq: i64 = row.get("seq")?;
        let event: Wall = row.get("event_us")?;
        let of = (row.get("agent_id")?, stream, row.get("epoch")?);
        let (first, last, records, at) = old.readings.entry(of).or_insert((seq, seq, 0, event));
        if seq < *first {
            (*first, *at) = (seq, event);
        }
        *last = seq.max(*last);
        *records += 1;
    }
    Ok(old)
}

/// Whether a record goes when its term is over. The same is said by [`let_go`].
fn goes(stream: i64, kind: i64) -> bool {
    stream != money() && READINGS.iter().any(|it| i64::from(it.0) == kind)
}

fn money() -> i64 {
    i64::from(Stream::Money.number())
}

/// Takes the readings of [`old`] out and writes down that they were here.
pub(crate) async fn let_go(
    tx: &mut Tx,
    behind: i64,
    old: &Old,
    (before, now): (Wall, Wall),
) -> Result<u64, Error> {
    let Some(last) = old.last else {
        return Ok(0);
    };
    for ((agent, stream, epoch), (first, to, records, from)) in &old.readings {
        tx.execute(
            "INSERT INTO hall_record_let_go (agent_id, stream, epoch, from_seq, to_seq, records, \
             from_us, at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
             ON CONFLICT (agent_id, stream, epoch) DO UPDATE \
             SET to_seq = CASE WHEN hall_record_let_go.to_seq > excluded.to_seq \
             THEN hall_record_let_go.to_seq ELSE excluded.to_seq END, \
             records = hall_record_let_go.records + excluded.records, at_us = excluded.at_us",
            params![*agent, *stream, *epoch, *first, *to, *records, *from, now],
        )
        .await?;
    }
    let [a, b, c] = READINGS.map(|kind| i64::from(kind.0));
    tx.execute(
        "DELETE FROM hall_record WHERE number > $1 AND number <= $2 AND received_us < $3 \
         AND stream <> $4 AND kind IN ($5, $6, $7)",
        params![behind, last, before, money(), a, b, c],
    )
    .await
}
