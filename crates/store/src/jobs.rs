//! Work that outlives a restart.
//!
//! A job is leased for a time and comes back when the lease runs out, so a
//! worker who dies gives it back without a word. Jobs are therefore idempotent.

use std::time::Duration;

use base::id::{Id, Job};
use base::now::Wall;

use crate::{Error, Tx, params};

/// A job that is ours until its lease runs out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leased {
    /// Which.
    pub id: Id<Job>,
    /// What makes it the same work.
    pub dedupe: String,
    /// Leases so far, this one included.
    pub attempts: i64,
}

/// Queues work that is not queued yet; whether it was new.
///
/// # Errors
/// If the database does not answer.
pub async fn enqueue(
    tx: &mut Tx,
    id: Id<Job>,
    kind: &str,
    dedupe: &str,
    due: Wall,
) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "INSERT INTO store_job (id, kind, dedupe, due_us, attempts) VALUES ($1, $2, $3, $4, 0) \
             ON CONFLICT (dedupe) DO NOTHING",
            params![id, kind, dedupe, due],
        )
        .await?;
    Ok(rows > 0)
}

/// Leases the job that is due longest, if any.
///
/// # Errors
/// If the database does not answer.
pub async fn lease(
    tx: &mut Tx,
    kind: &str,
    by: &str,
    now: Wall,
    span: Duration,
) -> Result<Option<Leased>, Error> {
    let row = tx
        .maybe(
            "UPDATE store_job SET attempts = attempts + 1, leased_by = $1, leased_until_us = $2 \
             WHERE id = (SELECT id FROM store_job WHERE kind = $3 AND due_us <= $4 \
             AND (leased_until_us IS NULL OR leased_until_us <= $4) \
             ORDER BY due_us, id LIMIT 1) RETURNING id, dedupe, attempts",
            params![by, now + span, kind, now],
        )
        .await?;
    row.map(|row| {
        Ok(Leased {
            id: row.get("id")?,
            dedupe: row.get("dedupe")?,
            attempts: row.get("attempts")?,
        })
    })
    .transpose()
}

/// The work is done; false if the lease was another's by now.
///
/// # Errors
/// If the database does not answer.
pub async fn done(tx: &mut Tx, id: Id<Job>, by: &str) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "DELETE FROM store_job WHERE id = $1 AND leased_by = $2",
            params![id, by],
        )
        .await?;
    Ok(rows > 0)
}

/// The work has failed and is to be tried again; false if the lease was
/// another's by now.
///
/// # Errors
/// If the database does not answer.
pub async fn failed(
    tx: &mut Tx,
    id: Id<Job>,
    by: &str,
    why: &str,
    again: Wall,
) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "UPDATE store_job SET failed = $3, due_us = $4, leased_by = NULL, \
             leased_until_us = NULL WHERE id = $1 AND leased_by = $2",
            params![id, by, why, again],
        )
        .await?;
    Ok(rows > 0)
}
