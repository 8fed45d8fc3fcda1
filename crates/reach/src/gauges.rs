//! How the room is, for whoever watches the watcher.

use futures::FutureExt as _;
use hall::Hall;
use hall::metrics::Gauge;
use reach_core::slot::Slot;
use store::Error;

use crate::sql::measured as rows;

/// Every verdict of a minute.
const STATES: [&str; 5] = ["up", "degraded", "down", "off", "unknown"];

/// A minute is decided when it is over and what was said of it has come: this many back.
const BACK: i64 = 2;

/// Has the page of measurements ask the room, too.
pub(crate) fn tell(hall: &Hall) {
    hall.metrics().read_by("reach", |hall| {
        async move { read(&hall).await.ok() }.boxed()
    });
}

async fn read(hall: &Hall) -> Result<Vec<Gauge>, Error> {
    let slot = Slot::of(hall.now().wall).plus(-BACK);
    let mut read = hall.db().read().await?;
    let states = rows::states(&mut read, slot).await?;
    let waiting = rows::waiting(&mut read).await?;
    drop(read);
    let mut said = vec![Gauge::count(
        "betang_ledger_waiting",
        "Days of sites from whose evidence no verdict follows yet.",
        waiting,
    )];
    for state in STATES {
        let count = states.iter().find(|row| row.0 == state);
        said.push(
            Gauge::count(
                "betang_sites",
                "Sites by the verdict of the minute before last; one that nothing is known of \
                 is in none.",
                count.map_or(0, |row| row.1),
            )
            .of("state", state),
        );
    }
    Ok(said)
}
