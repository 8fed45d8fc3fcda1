//! What the demonstration has put in: `reach_simulated`.

use base::id::{Id, Site};
use base::now::Wall;
use reach_core::slot::Slot;
use store::{Conn, Error, Tx, params};

/// Whether something was put in, whatever became of it.
pub(crate) async fn has(conn: &mut Conn, key: &str) -> Result<bool, Error> {
    let row = conn
        .maybe(
            "SELECT id FROM reach_simulated WHERE key = $1",
            params![key],
        )
        .await?;
    Ok(row.is_some())
}

/// Remembers that something was put in; of a box, from which slot on it speaks.
pub(crate) async fn put<N>(
    tx: &mut Tx,
    key: &str,
    id: Id<N>,
    speaks: Option<Slot>,
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO reach_simulated (key, id, told_slot, put_us) VALUES ($1, $2, $3, $4)",
        params![
            key,
            id.as_bytes().as_slice(),
            speaks.map(|slot| slot.0),
            now
        ],
    )
    .await?;
    Ok(())
}

/// A box that was put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BoxRow {
    pub(crate) key: String,
    pub(crate) site: Id<Site>,
    /// Up to which slot it has spoken, without it.
    pub(crate) told: Slot,
    pub(crate) put: Wall,
}

/// The boxes, by their keys.
pub(crate) async fn boxes(conn: &mut Conn) -> Result<Vec<BoxRow>, Error> {
    conn.all(
        "SELECT key, id, told_slot, put_us FROM reach_simulated WHERE told_slot IS NOT NULL \
         ORDER BY key",
        params![],
    )
    .await?
    .iter()
    .map(|row| {
        Ok(BoxRow {
            key: row.get("key")?,
            site: row.get("id")?,
            told: Slot(row.get("told_slot")?),
            put: row.get("put_us")?,
        })
    })
    .collect()
}

/// A box has spoken up to a slot.
pub(crate) async fn told(tx: &mut Tx, key: &str, to: Slot) -> Result<(), Error> {
    tx.execute(
        "UPDATE reach_simulated SET told_slot = $2 WHERE key = $1",
        params![key, to.0],
    )
    .await?;
    Ok(())
}
