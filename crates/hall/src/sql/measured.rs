//! How much there is of what people have to look after.

use base::now::Wall;
use store::{Conn, Error, params};

/// How many incidents are of each state and severity, of those that are not over.
pub(crate) async fn incidents(conn: &mut Conn) -> Result<Vec<(String, String, u64)>, Error> {
    let rows = conn
        .all(
            "SELECT state, severity, COUNT(*) AS many FROM hall_incident \
             WHERE state IN ('open', 'handled') GROUP BY state, severity",
            params![],
        )
        .await?;
    let each = |row: &store::Row| Ok((row.get("state")?, row.get("severity")?, many(row)?));
    rows.iter().map(each).collect()
}

/// How many incidents have overrun their time.
pub(crate) async fn overrun(conn: &mut Conn, now: Wall) -> Result<u64, Error> {
    let row = conn
        .one(
            "SELECT COUNT(*) AS many FROM hall_incident \
             WHERE state IN ('open', 'handled') AND due_us < $1",
            params![now],
        )
        .await?;
    many(&row)
}

/// When the newest checkpoint of the audit was signed.
pub(crate) async fn checkpoint(conn: &mut Conn) -> Result<Option<i64>, Error> {
    let row = conn
        .one(
            "SELECT MAX(made_us) AS made_us FROM hall_checkpoint",
            params![],
        )
        .await?;
    row.get("made_us")
}

/// Records of sites that could not be read and lie apart.
pub(crate) async fn apart(conn: &mut Conn) -> Result<u64, Error> {
    let row = conn
        .one("SELECT COUNT(*) AS many FROM hall_quarantine", params![])
        .await?;
    many(&row)
}

fn many(row: &store::Row) -> Result<u64, Error> {
    let many: i64 = row.get("many")?;
    Ok(u64::try_from(many).unwrap_or_default())
}
