//! How the hall is, for whoever watches the watcher.

use futures::FutureExt as _;
use store::Error;

use crate::Hall;
use crate::metrics::{Gauge, Reading};
use crate::process;
use crate::sql::measured as rows;

/// Every state and severity of an incident that is not over: one without any is told as none.
const STATES: [&str; 2] = ["open", "handled"];
const SEVERITIES: [&str; 3] = ["notice", "warning", "critical"];

/// Has the page of measurements ask the hall, too.
pub(crate) fn tell(hall: &Hall) {
    hall.metrics().read_by("process", of_process);
    hall.metrics().read_by("hall", |hall| {
        async move { of_hall(&hall).await.ok() }.boxed()
    });
}

fn of_process(hall: Hall) -> Reading {
    async move {
        let data = hall.config().data.clone();
        // A disk of a network that is gone answers when it likes.
        let read = move || process::gauges(&data);
        hall.tasks().blocking("hall.process", read).await.ok()
    }
    .boxed()
}

async fn of_hall(hall: &Hall) -> Result<Vec<Gauge>, Error> {
    let now = hall.now().wall;
    let mut read = hall.db().read().await?;
    let incidents = rows::incidents(&mut read).await?;
    let overrun = rows::overrun(&mut read, now).await?;
    let checkpoint = rows::checkpoint(&mut read).await?;
    let (due, failed) = store::jobs::due(&mut read, now).await?;
    let apart = rows::apart(&mut read).await?;
    drop(read);
    let mut said = vec![
        Gauge::new("betang_build_info", "The version that runs; always 1.", 1.0)
            .of("version", crate::house::VERSION),
        Gauge::count(
            "betang_live_streams",
            "Open streams of events.",
            many(hall.live().listeners()),
        ),
        Gauge::count(
            "betang_sites_connected",
            "Sites whose box is connected.",
            many(hall.sites().connected().len()),
        ),
        Gauge::count(
            "betang_incidents_overrun",
            "Incidents that are not over and whose time is.",
            overrun,
        ),
        Gauge::count("betang_jobs_due", "Pieces of work that are due.", due),
        Gauge::count(
            "betang_jobs_failed",
            "Those of them whose last attempt failed.",
            failed,
        ),
        Gauge::count(
            "betang_records_apart",
            "Records of sites that could not be read and lie apart.",
            apart,
        ),
    ];
    for state in STATES {
        for severity in SEVERITIES {
            let of = |row: &&(String, String, u64)| row.0 == state && row.1 == severity;
            let count = incidents.iter().find(of).map_or(0, |row| row.2);
            said.push(Gauge {
                labels: format!("state=\"{state}\",severity=\"{severity}\""),
                ..Gauge::count("betang_incidents", "Incidents that are not over.", count)
            });
        }
    }
    if let Some(made_us) = checkpoint {
        #[expect(
            clippy::cast_precision_loss,
            reason = "seconds are all that is asked for"
        )]
        let made = made_us as f64 / 1e6;
        said.push(Gauge::new(
            "betang_checkpoint_made_seconds",
            "When the newest checkpoint of the audit was signed, in seconds since 1970 UTC.",
            made,
        ));
    }
    Ok(said)
}

fn many(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
