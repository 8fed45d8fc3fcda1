//! What is destroyed leaves the file of the database too, and the copies beside it.
//!
//! ```text
//! destroyed, in one transaction with a mark ──▶ the log moved into the file, and emptied
//!                    ▲                          ──▶ struck from copies before migrations
//!                    └── tried again by the hour ──▶ the mark is gone
//! ```
//!
//! Somebody who reads for long holds it up. Until it went, pages and papers say so: what was
//! destroyed opens by nobody's hand in the house, and its octets may lie on the disk.

use base::now::Wall;
use hall::Hall;
use hall::problem::Problem;
use store::copies::{self, Former};

use crate::sql::settled as rows;

/// Tables in which keys lie, or what they have sealed.
const TABLES: [&str; 11] = [
    "card_key",
    "card_record",
    "card_index",
    "card_run",
    "card_list",
    "card_objection",
    "card_exception",
    "card_export",
    "card_request",
    "card_erasure",
    "card_photo",
];

/// What the vault has sealed before there were keys: copies of then hold it.
const FORMER: [Former; 2] = [
    Former {
        table: "card_exception",
        column: "reason",
        key: "wrapped",
    },
    Former {
        table: "card_export",
        column: "purpose",
        key: "wrapped",
    },
];

/// Settles what waits for it; whether nothing waits any more. What fails is told of, and tried
/// again later.
pub(crate) async fn settle(hall: &Hall) -> bool {
    match tried(hall).await {
        Ok(true) => true,
        Ok(false) => {
            tracing::warn!("the log beside the database holds what was deleted still");
            false
        }
        Err(problem) => {
            tracing::warn!(
                problem = problem.slug(),
                "what was deleted was not settled; it is tried again"
            );
            false
        }
    }
}

async fn tried(hall: &Hall) -> Result<bool, Problem> {
    let mut read = hall.db().read().await?;
    let waits = rows::waits(&mut read).await?;
    drop(read);
    let Some(waits) = waits else {
        return Ok(true);
    };
    if !hall.db().settle(&TABLES).await? {
        return Ok(false);
    }
    let struck = copies::strike(hall.db(), crate::KEYS, &FORMER).await?;
    if struck.values > 0 {
        let (copies, values) = (struck.copies, struck.values);
        tracing::info!(copies, values, "what was destroyed was struck from copies");
    }
    let mut tx = hall.db().write().await?;
    let is_done = rows::settled(&mut tx, &waits).await?;
    tx.commit().await?;
    Ok(is_done)
}

/// Since when something waits; none where nothing does.
pub(crate) async fn since(conn: &mut store::Conn) -> Result<Option<Wall>, store::Error> {
    Ok(rows::waits(conn).await?.map(|it| it.since))
}
