//! What the house measures of itself, as Prometheus reads it (text format 0.0.4).
//!
//! A name, labels that are ids and never names of people, a number. What happens is
//! counted where it happens, and stands here ([`Metrics::add`], [`Metrics::observe`]).
//! How things are is asked for when the page is ([`Metrics::read_by`]), so that a number is
//! never older than the page: a part that does not answer in time leaves its numbers out and
//! is counted as silent, since an old number would read like a new one and a zero would lie.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;

use crate::Hall;

/// So long each part may take to say how it is. A collector gives up after ten seconds.
const PATIENCE: Duration = Duration::from_secs(2);

/// Upper bounds of seconds that are counted apart; what takes longer is counted without one.
pub const SECONDS: [f64; 8] = [0.005, 0.02, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// A number that is true now.
#[derive(Debug, Clone, PartialEq)]
pub struct Gauge {
    /// What it is called, with its unit.
    pub name: &'static str,
    /// What it says, in a sentence.
    pub help: &'static str,
    /// As the page prints them: `state="live"`; none is empty.
    pub labels: String,
    /// The number.
    pub value: f64,
    /// Whether it only ever grows until the house starts again.
    pub total: bool,
}

impl Gauge {
    /// A number without labels.
    #[must_use]
    pub const fn new(name: &'static str, help: &'static str, value: f64) -> Self {
        Self {
            name,
            help,
            labels: String::new(),
            value,
            total: false,
        }
    }

    /// How many of something, which is exact up to 2⁵³.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a number for people to look at")]
    pub const fn count(name: &'static str, help: &'static str, count: u64) -> Self {
        Self::new(name, help, count as f64)
    }

    /// The same of those that a label tells apart.
    #[must_use]
    pub fn of(mut self, label: &str, value: &str) -> Self {
        self.labels = format!("{label}=\"{value}\"");
        self
    }

    /// One that only grows.
    #[must_use]
    pub const fn growing(mut self) -> Self {
        self.total = true;
        self
    }
}

/// What a part answers when it is asked: how it is, or nothing, if it cannot say.
pub type Reading = BoxFuture<'static, Option<Vec<Gauge>>>;

type Reader = Arc<dyn Fn(Hall) -> Reading + Send + Sync>;

/// All measurements.
#[derive(Default)]
pub struct Metrics {
    rows: Mutex<BTreeMap<&'static str, Metric>>,
    readers: Mutex<Vec<(&'static str, Reader)>>,
}

#[derive(Debug, Clone)]
struct Metric {
    kind: &'static str,
    help: &'static str,
    values: BTreeMap<String, Value>,
}

#[derive(Debug, Clone)]
enum Value {
    Number(f64),
    /// How many were within each of [`SECONDS`] and above the one before, how many in all,
    /// and their sum.
    Spread([u64; SECONDS.len()], u64, f64),
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Metrics {
    /// Adds to a counter.
    pub fn add(&self, name: &'static str, help: &'static str, labels: &str, by: f64) {
        self.with(name, "counter", help, labels, |value| {
            if let Value::Number(number) = value {
                *number += by;
            }
        });
    }

    /// Sets a gauge that only whoever sets it knows: the result of a round, say.
    pub fn set(&self, name: &'static str, help: &'static str, labels: &str, to: f64) {
        self.with(name, "gauge", help, labels, |value| {
            *value = Value::Number(to);
        });
    }

    /// Counts something that took a while, by how long it took.
    pub fn observe(&self, name: &'static str, help: &'static str, labels: &str, took: Duration) {
        let took = took.as_secs_f64();
        self.with(name, "histogram", help, labels, |value| {
            if !matches!(value, Value::Spread(..)) {
                *value = Value::Spread([0; SECONDS.len()], 0, 0.0);
            }
            if let Value::Spread(within, all, sum) = value {
                if let Some(place) = SECONDS.iter().position(|bound| took <= *bound) {
                    within[place] += 1;
                }
                *all += 1;
                *sum += took;
            }
        });
    }

    /// Asks a part how it is whenever the page is asked for. The hall holds the reader: one
    /// that held the hall would keep it for ever, so it is handed in.
    pub fn read_by(
        &self,
        part: &'static str,
        reader: impl Fn(Hall) -> Reading + Send + Sync + 'static,
    ) {
        self.readers().push((part, Arc::new(reader)));
    }

    /// What was counted so far, without how things are.
    #[must_use]
    pub fn counted(&self) -> String {
        printed(&self.rows())
    }

    /// The page. Labels are as they were given: `camera="cam_…"`.
    pub async fn page(&self, hall: &Hall) -> String {
        let readers = self.readers().clone();
        let readings = readers.iter().map(|(part, reader)| async move {
            let said = tokio::time::timeout(PATIENCE, reader(hall.clone())).await;
            (*part, said.ok().flatten())
        });
        let readings = futures::future::join_all(readings).await;
        for (part, said) in &readings {
            let silent = f64::from(u8::from(said.is_none()));
            self.add(
                "betang_silent_total",
                "Pages of measurements on which a part has not said how it is.",
                &format!("part=\"{part}\""),
                silent,
            );
        }
        let mut rows = self.rows().clone();
        for gauge in readings.into_iter().filter_map(|(_, said)| said).flatten() {
            let kind = if gauge.total { "counter" } else { "gauge" };
            row(&mut rows, gauge.name, kind, gauge.help)
                .insert(gauge.labels, Value::Number(gauge.value));
        }
        printed(&rows)
    }

    fn with(
        &self,
        name: &'static str,
        kind: &'static str,
        help: &'static str,
        labels: &str,
        change: impl FnOnce(&mut Value),
    ) {
        let mut rows = self.rows();
        let values = row(&mut rows, name, kind, help);
        match values.get_mut(labels) {
            Some(value) => change(value),
            None => change(
                values
                    .entry(labels.to_owned())
                    .or_insert(Value::Number(0.0)),
            ),
        }
    }

    fn rows(&self) -> MutexGuard<'_, BTreeMap<&'static str, Metric>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn readers(&self) -> MutexGuard<'_, Vec<(&'static str, Reader)>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn row<'a>(
    rows: &'a mut BTreeMap<&'static str, Metric>,
    name: &'static str,
    kind: &'static str,
    help: &'static str,
) -> &'a mut BTreeMap<String, Value> {
    let metric = rows.entry(name).or_insert_with(|| Metric {
        kind,
        help,
        values: BTreeMap::new(),
    });
    &mut metric.values
}

fn printed(rows: &BTreeMap<&'static str, Metric>) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    for (name, metric) in rows {
        let (help, kind) = (metric.help, metric.kind);
        let _ = writeln!(page, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in &metric.values {
            match value {
                Value::Number(number) => {
                    let _ = writeln!(page, "{name}{} {number}", braced(labels, None));
                }
                Value::Spread(within, all, sum) => {
                    let mut below = 0;
                    for (bound, count) in SECONDS.iter().zip(within) {
                        below += count;
                        let labels = braced(labels, Some(&bound.to_string()));
                        let _ = writeln!(page, "{name}_bucket{labels} {below}");
                    }
                    let endless = braced(labels, Some("+Inf"));
                    let labels = braced(labels, None);
                    let _ = writeln!(page, "{name}_bucket{endless} {all}");
                    let _ = writeln!(page, "{name}_sum{labels} {sum}");
                    let _ = writeln!(page, "{name}_count{labels} {all}");
                }
            }
        }
    }
    page
}

/// Labels as they stand behind a name, with the bound of a bucket.
fn braced(labels: &str, bound: Option<&str>) -> String {
    match (labels, bound) {
        ("", None) => String::new(),
        (labels, None) => format!("{{{labels}}}"),
        ("", Some(bound)) => format!("{{le=\"{bound}\"}}"),
        (labels, Some(bound)) => format!("{{{labels},le=\"{bound}\"}}"),
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn the_page_reads_as_prometheus_wants() {
        let metrics = Metrics::default();
        let help = "Requests answered.";
        metrics.add("betang_requests_total", help, "status=\"200\"", 1.0);
        metrics.add("betang_requests_total", help, "status=\"200\"", 1.0);
        metrics.set("betang_viewers", "Viewers now.", "", 3.0);
        assert_eq!(
            metrics.counted(),
            "# HELP betang_requests_total Requests answered.\n\
             # TYPE betang_requests_total counter\n\
             betang_requests_total{status=\"200\"} 2\n\
             # HELP betang_viewers Viewers now.\n# TYPE betang_viewers gauge\nbetang_viewers 3\n"
        );
    }

    #[test]
    fn what_takes_a_while_is_counted_by_how_long() {
        let metrics = Metrics::default();
        for took_ms in [4, 5, 90, 20_000] {
            let took = Duration::from_millis(took_ms);
            metrics.observe("betang_request_seconds", "Time.", "method=\"GET\"", took);
        }
        let page = metrics.counted();
        for line in [
            "# TYPE betang_request_seconds histogram",
            "betang_request_seconds_bucket{method=\"GET\",le=\"0.005\"} 2",
            "betang_request_seconds_bucket{method=\"GET\",le=\"0.02\"} 2",
            "betang_request_seconds_bucket{method=\"GET\",le=\"0.1\"} 3",
            "betang_request_seconds_bucket{method=\"GET\",le=\"10\"} 3",
            "betang_request_seconds_bucket{method=\"GET\",le=\"+Inf\"} 4",
            "betang_request_seconds_count{method=\"GET\"} 4",
        ] {
            assert!(page.lines().any(|said| said == line), "{line} in\n{page}");
        }
        assert!(page.contains("betang_request_seconds_sum{method=\"GET\"} 20.099"));
    }

    #[tokio::test]
    async fn a_part_that_cannot_say_is_left_out_and_counted() {
        let base = store::test::sqlite();
        let db = store::test::open(&base, &[crate::SCHEMA]).await;
        let (hall, _clock, _folder) = crate::hall::of_test(db).await;
        let metrics = Metrics::default();
        metrics.read_by("well", |_| {
            let live = Gauge::count("betang_cameras", "Cameras.", 7).of("state", "live");
            futures::future::ready(Some(vec![live])).boxed()
        });
        metrics.read_by("ill", |_| futures::future::ready(None).boxed());
        let page = metrics.page(&hall).await;
        for line in [
            "betang_cameras{state=\"live\"} 7",
            "betang_silent_total{part=\"well\"} 0",
            "betang_silent_total{part=\"ill\"} 1",
        ] {
            assert!(page.lines().any(|said| said == line), "{line} in\n{page}");
        }
    }
}
