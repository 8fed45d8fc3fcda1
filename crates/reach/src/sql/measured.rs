//! How sites are, counted.

use reach_core::slot::Slot;
use store::{Conn, Error, params};

/// How many sites are in each state in a minute, of those of which something was decided.
pub(crate) async fn states(conn: &mut Conn, slot: Slot) -> Result<Vec<(String, u64)>, Error> {
    let rows = conn
        .all(
            "SELECT state, COUNT(*) AS many FROM reach_verdict WHERE superseded_us IS NULL \
             AND day = $1 AND from_slot <= $2 AND to_slot > $2 GROUP BY state",
            params![slot.day().0, slot.0],
        )
        .await?;
    let each = |row: &store::Row| {
        let many: i64 = row.get("many")?;
        Ok((row.get("state")?, u64::try_from(many).unwrap_or_default()))
    };
    rows.iter().map(each).collect()
}

/// Days of evidence from which verdicts do not follow yet.
pub(crate) async fn waiting(conn: &mut Conn) -> Result<u64, Error> {
    let row = conn
        .one(
            "SELECT COUNT(*) AS many FROM reach_evidence WHERE dirty = 1",
            params![],
        )
        .await?;
    let many: i64 = row.get("many")?;
    Ok(u64::try_from(many).unwrap_or_default())
}
