//! What was measured, as a table of ratios.

use std::fmt;

use anyhow::{Context as _, Result};
use serde_json::Value as Json;

const MIB: f64 = 1_048_576.0;

/// One server under load.
pub(super) struct Row {
    name: &'static str,
    viewers: u64,
    cameras: u64,
    /// Media bits per second of processor time, in millions.
    per_core: f64,
    /// What arrived in a second, in millions of bits.
    rate: f64,
    us_per_packet: f64,
    lost: u64,
    nacks: u64,
    /// Resident memory that each viewer adds.
    mib_per_viewer: f64,
    first_picture_ms: (f64, f64),
    behind_ms: (f64, f64),
}

impl Row {
    /// From what the viewers have printed.
    pub(super) fn new(name: &'static str, found: &Json) -> Result<Self> {
        let cpu = number(found, "server_cpu_seconds")?;
        let viewers = whole(found, "viewers")?;
        let grown = number(found, "server_resident")? - number(found, "server_resident_before")?;
        let spread = |key: &str| -> Result<(f64, f64)> {
            Ok((number(&found[key], "p50")?, number(&found[key], "p95")?))
        };
        Ok(Self {
            name,
            viewers,
            cameras: whole(found, "cameras")?,
            per_core: number(found, "bits")? / cpu / 1e6,
            rate: number(found, "bits")? / number(found, "seconds")? / 1e6,
            us_per_packet: cpu / number(found, "packets")? * 1e6,
            lost: whole(found, "lost")?,
            nacks: whole(found, "nacks")?,
            mib_per_viewer: grown / MIB / number(found, "viewers")?,
            first_picture_ms: spread("first_picture_ms")?,
            behind_ms: spread("behind_ms")?,
        })
    }
}

/// All of it.
#[derive(Default)]
pub(super) struct Table {
    /// Media bits per second of processor time, in millions; one for each time.
    limits: Vec<f64>,
    rows: Vec<Row>,
    pulled: Option<Pulled>,
    list: Option<Listed>,
}

struct Listed {
    cameras: u32,
    p50_ms: f64,
    p95_ms: f64,
}

struct Pulled {
    streams: u32,
    cores: f64,
    mib: f64,
}

impl Table {
    pub(super) fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    pub(super) fn limit(&mut self, found: &Json) -> Result<()> {
        let per_core = number(found, "bits")? / number(found, "cpu_seconds")? / 1e6;
        self.limits.push(per_core);
        Ok(())
    }

    pub(super) fn pulled(&mut self, streams: u32, found: &Json) -> Result<()> {
        self.pulled = Some(Pulled {
            streams,
            cores: number(found, "server_cpu_seconds")? / number(found, "seconds")?,
            mib: number(found, "server_resident")? / MIB,
        });
        Ok(())
    }

    pub(super) fn list(&mut self, cameras: u32, found: &Json) -> Result<()> {
        self.list = Some(Listed {
            cameras,
            p50_ms: number(found, "p50")?,
            p95_ms: number(found, "p95")?,
        });
        Ok(())
    }

    /// The mean of those before and after.
    fn mean_limit(&self) -> f64 {
        let count = u32::try_from(self.limits.len()).map_or(1.0, f64::from);
        self.limits.iter().sum::<f64>() / count
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limit = self.mean_limit();
        let floor = self.rows.iter().find(|row| row.name == "floor, GSO");
        let each: Vec<_> = self
            .limits
            .iter()
            .map(|limit| format!("{limit:.0}"))
            .collect();
        writeln!(f, "limit: {limit:.0} Mbit/s per core ({})", each.join(", "))?;
        writeln!(
            f,
            "| server | viewers on cameras | Mbit/s per core | of the limit | of the floor \
             | us/packet | Mbit/s | lost | NACKs | MiB/viewer | first picture ms p50/p95 \
             | behind ms p50/p95 |"
        )?;
        writeln!(f, "|{}", "---|".repeat(12))?;
        for row in &self.rows {
            let of_floor = floor
                .filter(|floor| floor.viewers == row.viewers && floor.cameras == row.cameras)
                .map_or("-".to_owned(), |floor| {
                    format!("{:.2}", row.per_core / floor.per_core)
                });
            writeln!(
                f,
                "| {} | {} on {} | {:.0} | {:.1} % | {of_floor} | {:.1} | {:.0} | {} | {} | {:.2} \
                 | {:.0}/{:.0} | {:.0}/{:.0} |",
                row.name,
                row.viewers,
                row.cameras,
                row.per_core,
                row.per_core / limit * 100.0,
                row.us_per_packet,
                row.rate,
                row.lost,
                row.nacks,
                row.mib_per_viewer,
                row.first_picture_ms.0,
                row.first_picture_ms.1,
                row.behind_ms.0,
                row.behind_ms.1,
            )?;
        }
        if let Some(pulled) = &self.pulled {
            writeln!(
                f,
                "{} sub streams pulled, nobody watching: {:.2} cores, {:.0} MiB",
                pulled.streams, pulled.cores, pulled.mib
            )?;
        }
        if let Some(list) = &self.list {
            writeln!(
                f,
                "a filtered page of 100 out of {} cameras: p50 {:.1} ms, p95 {:.1} ms",
                list.cameras, list.p50_ms, list.p95_ms
            )?;
        }
        Ok(())
    }
}

fn number(found: &Json, key: &str) -> Result<f64> {
    found[key]
        .as_f64()
        .with_context(|| format!("no {key} in {found}"))
}

fn whole(found: &Json, key: &str) -> Result<u64> {
    found[key]
        .as_u64()
        .with_context(|| format!("no {key} in {found}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(viewers: u32, cameras: u32, bits: u64) -> Json {
        json!({
            "viewers": viewers, "cameras": cameras, "seconds": 20.0, "bits": bits,
            "packets": 1_000_000, "pictures": 150_000, "lost": 0, "nacks": 3,
            "first_picture_ms": {"p50": 80.2, "p95": 120.9},
            "behind_ms": {"p50": 1.0, "p95": 9.6},
            "server_cpu_seconds": 5.0,
            "server_resident_before": 10_u64 << 20, "server_resident": 40_u64 << 20,
        })
    }

    #[test]
    fn ratios_are_of_the_same_run() {
        let mut table = Table::default();
        for bits in [69_000_000_000_u64, 67_000_000_000] {
            table
                .limit(&json!({"bits": bits, "cpu_seconds": 10.0}))
                .expect("a limit");
        }
        let floor = found(300, 1, 10_000_000_000);
        table.push(Row::new("floor, GSO", &floor).expect("a row"));
        let house = found(300, 1, 9_000_000_000);
        table.push(Row::new("house", &house).expect("a row"));
        let each = found(100, 100, 3_000_000_000);
        table.push(Row::new("house", &each).expect("a row"));
        let text = table.to_string();
        for line in [
            "limit: 6800 Mbit/s per core (6900, 6700)",
            "| floor, GSO | 300 on 1 | 2000 | 29.4 % | 1.00 | 5.0 | 500 | 0 | 3 | 0.10 | 80/121 | 1/10 |",
            "| house | 300 on 1 | 1800 | 26.5 % | 0.90 | 5.0 | 450 | 0 | 3 | 0.10 | 80/121 | 1/10 |",
            "| house | 100 on 100 | 600 | 8.8 % | - | 5.0 | 150 | 0 | 3 | 0.30 | 80/121 | 1/10 |",
        ] {
            assert!(text.contains(line), "{line}\nnot in\n{text}");
        }
    }

    #[test]
    fn what_was_not_measured_is_no_number() {
        let error = Row::new("house", &json!({"viewers": 1}))
            .err()
            .expect("an error");
        assert!(error.to_string().starts_with("no server_cpu_seconds"));
    }
}
