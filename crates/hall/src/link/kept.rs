//! How long readings are held.
//!
//! What a box reads each minute, in each of 1,571 villages, is two million records a day.
//! Rooms make of them what they keep for ever; the records themselves are held for a term,
//! for whoever wants to make it anew, and then let go. What was let go is written down, so
//! that a number that is missing is known to have been here.
//!
//! A clock that leaps ahead must not let everything go at once: a pass, which is an hour's,
//! goes on by a day at most.

use std::time::Duration;

use base::now::Wall;
use store::{Conn, Error};

use crate::Hall;
use crate::sql::kept as rows;

/// Between two passes.
pub const EVERY: Duration = Duration::from_secs(3_600);

/// What a pass lets go of at most: what was held here within so long.
const STEP_MAX: Duration = Duration::from_secs(86_400);

/// Records of a transaction: others wait behind it for some milliseconds.
const RECORDS: i64 = 2_000;

/// From when on everything that was held here still is; none if nothing was let go.
///
/// # Errors
/// If the database does not answer.
pub async fn since(conn: &mut Conn) -> Result<Option<Wall>, Error> {
    Ok(rows::kept(conn).await?.map(|(_, since)| since))
}

/// Lets readings go whose term is over, up to a number which every room has read; how many
/// went. To be called every [`EVERY`].
///
/// # Errors
/// If the database does not answer; what was let go before is.
pub async fn let_go(hall: &Hall, read_to: i64) -> Result<u64, Error> {
    let stop = hall.tasks().soft();
    let term = hall.now().wall - hall.config().keep_readings;
    let mut read = hall.db().read().await?;
    let (mut behind, since) = match rows::kept(&mut read).await? {
        Some(kept) => kept,
        None => {
            let oldest = rows::oldest(&mut read, RECORDS).await?;
            (0, oldest.map_or(term, |oldest| oldest.min(term)))
        }
    };
    // Numbers count on from the newest.
    let to = read_to.min(rows::newest(&mut read).await? - 1);
    drop(read);
    let before = term.min(since + STEP_MAX).max(since);
    let mut gone = 0;
    while !stop.is_cancelled() {
        let mut read = hall.db().read().await?;
        let old = rows::old(&mut read, behind, to, before, RECORDS).await?;
        drop(read);
        let mut tx = hall.db().write().await?;
        gone += rows::let_go(&mut tx, behind, &old, hall.now().wall).await?;
        behind = old.last.unwrap_or(behind);
        rows::set_kept(&mut tx, behind, before).await?;
        tx.commit().await?;
        if old.last.is_none() {
            break;
        }
    }
    Ok(gone)
}
