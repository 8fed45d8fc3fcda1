//! Answers that may be asked for again: `hall_idempotency`.

use base::id::{Id, Person};
use base::now::Wall;
use store::{Conn, Error, Tx, params};

/// A request that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AnswerRow {
    pub(crate) request: String,
    pub(crate) body_mac: Vec<u8>,
    pub(crate) status: i64,
    pub(crate) location: Option<String>,
    pub(crate) body: String,
}

pub(crate) async fn find(
    conn: &mut Conn,
    person: Id<Person>,
    key: &str,
) -> Result<Option<AnswerRow>, Error> {
    conn.maybe(
        "SELECT request, body_mac, status, location, body FROM hall_idempotency \
         WHERE person_id = $1 AND key = $2",
        params![person, key],
    )
    .await?
    .map(|row| {
        Ok(AnswerRow {
            request: row.get("request")?,
            body_mac: row.get("body_mac")?,
            status: row.get("status")?,
            location: row.get("location")?,
            body: row.get("body")?,
        })
    })
    .transpose()
}

pub(crate) async fn keep(
    tx: &mut Tx,
    person: Id<Person>,
    key: &str,
    answer: &AnswerRow,
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_idempotency (person_id, key, request, body_mac, status, location, \
         body, at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            person,
            key,
            answer.request.as_str(),
            answer.body_mac.as_slice(),
            answer.status,
            answer.location.as_deref(),
            answer.body.as_str(),
            now
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn forget_before(tx: &mut Tx, before: Wall) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM hall_idempotency WHERE at_us < $1",
        params![before],
    )
    .await?;
    Ok(())
}
