//! What is destroyed and may lie in the file still: `card_unsettled`.

use base::now::Wall;
use store::{Conn, Error, Tx, params};

/// That something waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Waits {
    pub(crate) since: Wall,
    times: i64,
}

/// Something is destroyed in this transaction.
pub(crate) async fn destroyed(tx: &mut Tx, now: Wall) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO card_unsettled (id, since_us, times) VALUES (1, $1, 0) \
         ON CONFLICT (id) DO UPDATE SET times = card_unsettled.times + 1",
        params![now],
    )
    .await?;
    Ok(())
}

pub(crate) async fn waits(conn: &mut Conn) -> Result<Option<Waits>, Error> {
    let row = conn
        .maybe(
            "SELECT since_us, times FROM card_unsettled WHERE id = 1",
            params![],
        )
        .await?;
    row.map(|row| {
        Ok(Waits {
            since: row.get("since_us")?,
            times: row.get("times")?,
        })
    })
    .transpose()
}

/// It went; whether nothing was destroyed meanwhile.
pub(crate) async fn settled(tx: &mut Tx, waits: &Waits) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "DELETE FROM card_unsettled WHERE id = 1 AND since_us = $1 AND times = $2",
            params![waits.since, waits.times],
        )
        .await?;
    Ok(rows > 0)
}
