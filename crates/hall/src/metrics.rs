//! What the house measures of itself, as Prometheus reads it (text format 0.0.4).
//!
//! A name, labels that are ids and never names of people, a number. Rooms set
//! gauges and add to counters; the page prints what is there.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// All measurements.
#[derive(Debug, Default)]
pub struct Metrics {
    rows: Mutex<BTreeMap<&'static str, Metric>>,
}

#[derive(Debug)]
struct Metric {
    kind: &'static str,
    help: &'static str,
    values: BTreeMap<String, f64>,
}

impl Metrics {
    /// Adds to a counter.
    pub fn add(&self, name: &'static str, help: &'static str, labels: &str, by: f64) {
        self.with(name, "counter", help, |values| {
            *values.entry(labels.to_owned()).or_default() += by;
        });
    }

    /// Sets a gauge.
    pub fn set(&self, name: &'static str, help: &'static str, labels: &str, to: f64) {
        self.with(name, "gauge", help, |values| {
            values.insert(labels.to_owned(), to);
        });
    }

    /// The page. Labels are as they were given: `camera="cam_…"`.
    #[must_use]
    pub fn page(&self) -> String {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let mut page = String::new();
        for (name, metric) in rows.iter() {
            page.push_str(&format!(
                "# HELP {name} {}\n# TYPE {name} {}\n",
                metric.help, metric.kind
            ));
            for (labels, value) in &metric.values {
                let labels = if labels.is_empty() {
                    String::new()
                } else {
                    format!("{{{labels}}}")
                };
                page.push_str(&format!("{name}{labels} {value}\n"));
            }
        }
        page
    }

    fn with(
        &self,
        name: &'static str,
        kind: &'static str,
        help: &'static str,
        change: impl FnOnce(&mut BTreeMap<String, f64>),
    ) {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let metric = rows.entry(name).or_insert_with(|| Metric {
            kind,
            help,
            values: BTreeMap::new(),
        });
        change(&mut metric.values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_reads_as_prometheus_wants() {
        let metrics = Metrics::default();
        metrics.add(
            "betang_requests_total",
            "Requests answered.",
            "status=\"200\"",
            1.0,
        );
        metrics.add(
            "betang_requests_total",
            "Requests answered.",
            "status=\"200\"",
            1.0,
        );
        metrics.set("betang_viewers", "Viewers now.", "", 3.0);
        assert_eq!(
            metrics.page(),
            "# HELP betang_requests_total Requests answered.\n\
             # TYPE betang_requests_total counter\n\
             betang_requests_total{status=\"200\"} 2\n\
             # HELP betang_viewers Viewers now.\n# TYPE betang_viewers gauge\nbetang_viewers 3\n"
        );
    }
}
