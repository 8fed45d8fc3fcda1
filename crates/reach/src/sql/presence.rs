//! When the house was there itself: `reach_presence`.

use std::ops::Range;

use reach_core::slot::Slot;
use store::{Conn, Error, Tx, params};

/// The house begins to be there.
pub(crate) async fn begin(tx: &mut Tx, slot: Slot) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO reach_presence (from_slot, to_slot) VALUES ($1, $2) \
         ON CONFLICT (from_slot) DO NOTHING",
        params![slot.0, slot.plus(1).0],
    )
    .await?;
    Ok(())
}

/// It is still there, since it began in a slot.
pub(crate) async fn go_on(tx: &mut Tx, since: Slot, slot: Slot) -> Result<(), Error> {
    tx.execute(
        "UPDATE reach_presence SET to_slot = $2 WHERE from_slot = $1 AND to_slot < $2",
        params![since.0, slot.plus(1).0],
    )
    .await?;
    Ok(())
}

/// Slots of a range in which it was not there. Before it ever was it owed nobody
/// anything.
pub(crate) async fn absent(
    conn: &mut Conn,
    within: &Range<Slot>,
) -> Result<Vec<Range<Slot>>, Error> {
    let rows = conn
        .all(
            "SELECT from_slot, to_slot FROM reach_presence ORDER BY from_slot",
            params![],
        )
        .await?;
    let mut there: Option<Slot> = None;
    let mut absent = Vec::new();
    for row in rows {
        let (from, to) = (Slot(row.get("from_slot")?), Slot(row.get("to_slot")?));
        if let Some(there) = there {
            let gap = there.max(within.start)..from.min(within.end);
            if gap.start < gap.end {
                absent.push(gap);
            }
        }
        there = Some(there.map_or(to, |there| there.max(to)));
    }
    Ok(absent)
}
