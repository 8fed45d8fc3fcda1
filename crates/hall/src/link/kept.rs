//! How long readings are held.
//!
//! What a box reads each minute, in each of 1,571 villages, is two million records a day.
//! Rooms make of them what they keep for ever; the records themselves are held for a term,
//! for whoever wants to make it anew, and then let go. What was let go is written down, so
//! that a number that is missing is known to have been here.
//!
//! It goes in the order in which things were held, up to the first whose term is not over.
//! A clock that leaps ahead must not let everything go at once: a pass, which is an hour's,
//! goes on by a day at most. What was held at a time that has not come yet stays for good.

use std::time::Duration;

use base::now::Wall;
use store::{Conn, Error};

use crate::Hall;
use crate::sql::kept as rows;

/// Between two passes.
pub const EVERY: Duration = Duration::from_secs(3_600);

/// What a pass lets go of at most: what was held here within so long.
pub const STEP_MAX: Duration = Duration::from_secs(86_400);

/// Records of a transaction: others wait behind it.
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
    let now = hall.now().wall;
    let mut read = hall.db().read().await?;
    let kept = rows::kept(&mut read).await?;
    let (mut behind, since) = kept.map_or((0, None), |(number, since)| (number, Some(since)));
    let Some(first) = rows::first(&mut read, behind, now).await? else {
        return Ok(0);
    };
    // Numbers count on from the newest.
    let to = read_to.min(rows::newest(&mut read).await? - 1);
    drop(read);
    let from = since.map_or(first, |since| since.max(first));
    let before = (now - hall.config().keep_readings).min(from + STEP_MAX);
    let since = since.map_or(before, |since| since.max(before));
    let mut gone = 0;
    while !stop.is_cancelled() {
        let mut read = hall.db().read().await?;
        let old = rows::old(&mut read, (behind, to), (before, now), RECORDS).await?;
        drop(read);
        let Some(last) = old.last else {
            break;
        };
        let mut tx = hall.db().write().await?;
        gone += rows::let_go(&mut tx, behind, &old, (before, now)).await?;
        rows::set_kept(&mut tx, last, since).await?;
        tx.commit().await?;
        behind = last;
    }
    Ok(gone)
}
