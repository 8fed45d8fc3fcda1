//! What an examination that did not end has written, and what older ones have found, is
//! taken away in steps, so that nobody waits long for the writer.

use std::ops::Range;

use hall::Hall;
use store::Error;

use super::CHUNK;
use crate::facts;
use crate::sql::finding::{self, Runs};
use crate::sql::{member, pair, run};

/// Rows up to a last one, in steps after each of which others may write.
fn steps(last: i64) -> impl Iterator<Item = Range<i64>> {
    let step = i64::try_from(CHUNK).unwrap_or(i64::MAX);
    let firsts = (0..=last / step).map(move |at| at * step);
    firsts.map(move |first| first..first + step)
}

/// Takes away what runs have found, in steps.
pub(super) async fn forget(hall: &Hall, runs: Runs) -> Result<(), Error> {
    let mut read = hall.db().read().await?;
    let held = finding::held(&mut read).await?;
    drop(read);
    for (run, list, last) in held.into_iter().filter(|it| runs.has(it.0)) {
        for rows in steps(last) {
            let mut tx = hall.db().write().await?;
            finding::forget(&mut tx, run, list, rows).await?;
            tx.commit().await?;
        }
    }
    let mut tx = hall.db().write().await?;
    finding::forget_totals(&mut tx, runs).await?;
    pair::forget(&mut tx, runs).await?;
    tx.commit().await
}

/// What an examination has written that did not end, or is taken back, did not happen.
pub(super) async fn undo(hall: &Hall, number: i64, why: &str) -> Result<(), Error> {
    let mut read = hall.db().read().await?;
    let is_working = run::working(&mut read).await?.contains(&number);
    let lists = member::lists(&mut read).await?;
    drop(read);
    // What is done stays done, whatever failed behind it.
    if !is_working {
        return Ok(());
    }
    for (list, last) in lists {
        for rows in steps(last) {
            let mut tx = hall.db().write().await?;
            member::undo(&mut tx, number, list, rows).await?;
            tx.commit().await?;
        }
    }
    forget(hall, Runs::Only(number)).await?;
    facts::end(hall, number).await?;
    let mut tx = hall.db().write().await?;
    run::failed(&mut tx, number, why, hall.now().wall).await?;
    run::undone(&mut tx, number).await?;
    tx.commit().await
}

/// Examinations that were under way when the house stopped did not happen.
pub(crate) async fn sweep(hall: &Hall) -> Result<(), Error> {
    let mut read = hall.db().read().await?;
    let working = run::working(&mut read).await?;
    drop(read);
    for number in working {
        undo(hall, number, "closing").await?;
        tracing::warn!(
            run = number,
            "an examination that was under way was taken away"
        );
    }
    Ok(())
}
