//! How the room is, for whoever watches the watcher: what waits for people, never whom it is
//! about.

use futures::FutureExt as _;
use hall::Hall;
use hall::metrics::Gauge;
use store::Error;

use crate::sql::measured as rows;

/// Has the page of measurements ask the room, too.
pub(crate) fn tell(hall: &Hall) {
    hall.metrics()
        .read_by("card", |hall| async move { read(&hall).await.ok() }.boxed());
}

async fn read(hall: &Hall) -> Result<Vec<Gauge>, Error> {
    let now_us = hall.now().wall.as_us();
    let mut read = hall.db().read().await?;
    let waits = [
        ("request", rows::requests(&mut read, now_us).await?),
        ("objection", rows::objections(&mut read, now_us).await?),
        ("breach", rows::breaches(&mut read, now_us).await?),
    ];
    let examined = rows::examined(&mut read).await?;
    let unsettled = rows::unsettled(&mut read).await?;
    drop(read);
    let mut said = Vec::new();
    for (kind, waits) in waits {
        let open = "What people are owed an answer to, or breaches that are not closed.";
        let late = "Those of them whose time is over.";
        said.push(Gauge::count("betang_owed", open, waits.open).of("kind", kind));
        said.push(Gauge::count("betang_owed_late", late, waits.late).of("kind", kind));
    }
    // Never examined is not examined long ago, and nothing to settle is not settled in 1970.
    said.extend(examined.map(|at| {
        let help = "When the lists were examined last, in seconds since 1970 UTC.";
        Gauge::new("betang_examined_seconds", help, seconds(at))
    }));
    said.extend(unsettled.map(|since| {
        let help = "Since when something that was destroyed lies in copies still, in seconds \
                    since 1970 UTC; absent when nothing does.";
        Gauge::new("betang_unsettled_since_seconds", help, seconds(since))
    }));
    Ok(said)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "seconds are all that is asked for"
)]
fn seconds(us: i64) -> f64 {
    us as f64 / 1e6
}
