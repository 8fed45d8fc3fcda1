//! Work that outlives a restart.
//!
//! A job is leased for a time and comes back when the lease runs out, so a
//! worker who dies gives it back without a word. Jobs are therefore idempotent.
//! Each lease has its own number: who reports after his lease went to another is
//! told so and changes nothing.
//!
//! The queue is bounded by its keys: the same work of one kind is queued once.
//! Asked for again while it is being done, it is done once more, since the
//! worker may have looked before the change.

use std::time::Duration;

use base::id::{Id, Job};
use base::now::Wall;

use crate::{Conn, Error, Tx, params};

/// The pause after a first failure; it doubles with each further one.
const BACKOFF_FIRST: Duration = Duration::from_secs(10);

/// The longest pause. An hour late is late enough for whatever a retry can mend.
const BACKOFF_MAX: Duration = Duration::from_secs(60 * 60);

/// A job that is ours until its lease runs out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leased {
    /// Which.
    pub id: Id<Job>,
    /// What makes it the same work.
    pub dedupe: String,
    /// Leases since the work was asked for, this one included.
    pub attempts: i64,
    /// Never the same for two leases of one job.
    lease: i64,
}

/// How many pieces of work are due, and of how many of them the last attempt failed.
///
/// # Errors
/// If the database does not answer.
pub async fn due(conn: &mut Conn, now: Wall) -> Result<(u64, u64), Error> {
    let row = conn
        .one(
            "SELECT COUNT(*) AS due, COUNT(failed) AS failed FROM store_job WHERE due_us <= $1",
            params![now],
        )
        .await?;
    let (due, failed): (i64, i64) = (row.get("due")?, row.get("failed")?);
    let count = |of: i64| u64::try_from(of).unwrap_or_default();
    Ok((count(due), count(failed)))
}

/// Queues work that is not queued yet; whether it was new. Work that is being
/// done right now is queued once more behind it.
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
            "INSERT INTO store_job (id, kind, dedupe, due_us, attempts, lease) \
             VALUES ($1, $2, $3, $4, 0, 0) \
             ON CONFLICT (kind, dedupe) DO NOTHING",
            params![id, kind, dedupe, due],
        )
        .await?;
    if rows > 0 {
        return Ok(true);
    }
    tx.execute(
        "UPDATE store_job SET again_us = $3 WHERE kind = $1 AND dedupe = $2 \
         AND leased_until_us IS NOT NULL AND (again_us IS NULL OR again_us > $3)",
        params![kind, dedupe, due],
    )
    .await?;
    Ok(false)
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
            "UPDATE store_job SET attempts = attempts + 1, lease = lease + 1, leased_by = $1, leased_until_us = $2 \
             WHERE id = (SELECT id FROM store_job WHERE kind = $3 AND due_us <= $4 \
             AND (leased_until_us IS NULL OR leased_until_us <= $4) \
             ORDER BY due_us, id LIMIT 1) RETURNING id, dedupe, attempts, lease",
            params![by, now + span, kind, now],
        )
        .await?;
    row.map(|row| {
        Ok(Leased {
            id: row.get("id")?,
            dedupe: row.get("dedupe")?,
            attempts: row.get("attempts")?,
            lease: row.get("lease")?,
        })
    })
    .transpose()
}

/// Keeps the lease for longer; false if the job is no longer ours.
///
/// # Errors
/// If the database does not answer.
pub async fn renew(tx: &mut Tx, job: &Leased, now: Wall, span: Duration) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "UPDATE store_job SET leased_until_us = $3 \
             WHERE id = $1 AND lease = $2 AND leased_until_us IS NOT NULL",
            params![job.id, job.lease, now + span],
        )
        .await?;
    Ok(rows > 0)
}

/// The work is done; false if the job is no longer ours.
///
/// # Errors
/// If the database does not answer.
pub async fn done(tx: &mut Tx, job: &Leased) -> Result<bool, Error> {
    let again = tx
        .execute(
            "UPDATE store_job SET due_us = again_us, again_us = NULL, attempts = 0, \
             failed = NULL, leased_by = NULL, leased_until_us = NULL \
             WHERE id = $1 AND lease = $2 AND leased_until_us IS NOT NULL \
             AND again_us IS NOT NULL",
            params![job.id, job.lease],
        )
        .await?;
    if again > 0 {
        return Ok(true);
    }
    let rows = tx
        .execute(
            "DELETE FROM store_job \
             WHERE id = $1 AND lease = $2 AND leased_until_us IS NOT NULL",
            params![job.id, job.lease],
        )
        .await?;
    Ok(rows > 0)
}

/// The work has failed and is tried again after a pause; when, or nothing if the
/// job is no longer ours.
///
/// # Errors
/// If the database does not answer.
pub async fn failed(
    tx: &mut Tx,
    job: &Leased,
    why: &str,
    now: Wall,
) -> Result<Option<Wall>, Error> {
    let due = now + backoff(job.attempts);
    let rows = tx
        .execute(
            "UPDATE store_job SET failed = $3, due_us = $4, again_us = NULL, \
             leased_by = NULL, leased_until_us = NULL \
             WHERE id = $1 AND lease = $2 AND leased_until_us IS NOT NULL",
            // What a camera says about itself may hold anything.
            params![job.id, job.lease, why.replace('\0', " "), due],
        )
        .await?;
    Ok((rows > 0).then_some(due))
}

/// The pause after so many attempts.
fn backoff(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
    let factor = 2_u32.checked_pow(doublings).unwrap_or(u32::MAX);
    BACKOFF_FIRST.saturating_mul(factor).min(BACKOFF_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour() {
        let seconds = |attempts| backoff(attempts).as_secs();
        assert_eq!(
            [1, 2, 3, 9, 10, 40, i64::MAX].map(seconds),
            [10, 20, 40, 2_560, 3_600, 3_600, 3_600]
        );
    }
}
