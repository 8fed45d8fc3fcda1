//! How much there is of what people are owed an answer to.

use store::{Conn, Error, params};

/// What waits, and how much of it is late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Waits {
    pub(crate) open: u64,
    pub(crate) late: u64,
}

/// Requests of people about data of their own.
pub(crate) async fn requests(conn: &mut Conn, now_us: i64) -> Result<Waits, Error> {
    waits(
        conn,
        "SELECT COUNT(*) AS many, COALESCE(SUM(CASE WHEN due_us < $1 THEN 1 ELSE 0 END), 0) \
         AS late FROM card_request WHERE state = 'open'",
        now_us,
    )
    .await
}

/// Objections against where somebody stands on a list.
pub(crate) async fn objections(conn: &mut Conn, now_us: i64) -> Result<Waits, Error> {
    waits(
        conn,
        "SELECT COUNT(*) AS many, COALESCE(SUM(CASE WHEN due_us < $1 THEN 1 ELSE 0 END), 0) \
         AS late FROM card_objection WHERE state = 'open'",
        now_us,
    )
    .await
}

/// Breaches that are not closed; late is one of which the authority or those concerned are
/// not told in time.
pub(crate) async fn breaches(conn: &mut Conn, now_us: i64) -> Result<Waits, Error> {
    waits(
        conn,
        "SELECT COUNT(*) AS many, COALESCE(SUM(CASE WHEN due_us < $1 \
         AND (authority_us IS NULL OR people_us IS NULL) THEN 1 ELSE 0 END), 0) AS late \
         FROM card_breach WHERE state = 'open'",
        now_us,
    )
    .await
}

/// When what counts was found: the end of the newest examination that is done.
pub(crate) async fn examined(conn: &mut Conn) -> Result<Option<i64>, Error> {
    let row = conn
        .one(
            "SELECT MAX(ended_us) AS ended_us FROM card_run WHERE state = 'done'",
            params![],
        )
        .await?;
    row.get("ended_us")
}

/// Since when something that was destroyed lies in copies still.
pub(crate) async fn unsettled(conn: &mut Conn) -> Result<Option<i64>, Error> {
    let row = conn
        .one(
            "SELECT MIN(since_us) AS since_us FROM card_unsettled",
            params![],
        )
        .await?;
    row.get("since_us")
}

async fn waits(conn: &mut Conn, sql: &'static str, now_us: i64) -> Result<Waits, Error> {
    let row = conn.one(sql, params![now_us]).await?;
    let (open, late): (i64, i64) = (row.get("many")?, row.get("late")?);
    Ok(Waits {
        open: u64::try_from(open).unwrap_or_default(),
        late: u64::try_from(late).unwrap_or_default(),
    })
}
