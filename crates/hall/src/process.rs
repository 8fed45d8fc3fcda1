//! What the kernel says of this process and of the disk it writes to.
//!
//! Names of measurements of a process are those that Prometheus' own clients use, so that
//! ready dashboards read them.

use std::path::Path;

use rustix::process::{Resource, getrlimit};

use crate::memory;
use crate::metrics::Gauge;

/// What is known of this process; what the kernel does not say is left out.
#[must_use]
pub(crate) fn gauges(data: &Path) -> Vec<Gauge> {
    let mut said = Vec::new();
    if let Some(resident) = memory::resident() {
        said.push(Gauge::count(
            "process_resident_memory_bytes",
            "Memory that the process holds.",
            resident.as_u64(),
        ));
    }
    let ticks = rustix::param::clock_ticks_per_second();
    if let Some(Stat {
        cpu,
        threads,
        start,
    }) = read("/proc/self/stat").and_then(|it| stat(&it))
    {
        let seconds = |count| seconds(count, ticks);
        said.push(
            Gauge::new(
                "process_cpu_seconds_total",
                "Processor time that the process has used.",
                seconds(cpu),
            )
            .growing(),
        );
        said.push(Gauge::count(
            "process_threads",
            "Threads of the process.",
            threads,
        ));
        if let Some(booted) = read("/proc/stat").and_then(|it| booted(&it)) {
            let started = seconds(start) + seconds(booted * ticks);
            said.push(Gauge::new(
                "process_start_time_seconds",
                "When the process began, in seconds since 1970 UTC.",
                started,
            ));
        }
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        // One of them is the one that lists them.
        let open = u64::try_from(open.count().saturating_sub(1)).unwrap_or(u64::MAX);
        said.push(Gauge::count(
            "process_open_fds",
            "Files and sockets that the process has open.",
            open,
        ));
    }
    if let Some(most) = getrlimit(Resource::Nofile).current {
        said.push(Gauge::count(
            "process_max_fds",
            "Files and sockets that it may have open.",
            most,
        ));
    }
    if let Ok(disk) = rustix::fs::statvfs(data) {
        let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
        said.push(Gauge::count(
            "betang_data_free_bytes",
            "What is free where the data folder lies.",
            bytes(disk.f_bavail),
        ));
        said.push(Gauge::count(
            "betang_data_size_bytes",
            "What fits where the data folder lies.",
            bytes(disk.f_blocks),
        ));
    }
    said
}

/// What is used of `/proc/self/stat` (proc_pid_stat(5)): times in ticks of the clock.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    /// In user and in kernel mode.
    cpu: u64,
    threads: u64,
    /// Since the machine was booted.
    start: u64,
}

/// The name of a program stands in brackets and may hold blanks and brackets itself: fields
/// are counted from the last one. The first behind it is the third of all.
fn stat(text: &str) -> Option<Stat> {
    let (_, behind) = text.rsplit_once(')')?;
    let fields: Vec<&str> = behind.split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    Some(Stat {
        cpu: field(14)? + field(15)?,
        threads: field(20)?,
        start: field(22)?,
    })
}

/// When the machine was booted, in seconds since 1970 UTC (proc_stat(5)).
fn booted(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("btime "))?;
    line.trim().parse().ok()
}

#[expect(clippy::cast_precision_loss, reason = "a number for people to look at")]
fn seconds(ticks: u64, of_a_second: u64) -> f64 {
    ticks as f64 / of_a_second as f64
}

fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_behind_the_name() {
        let text = "12 (a b) c) S 1 2 3 4 5 6 7 8 9 10 40 2 13 14 15 16 9 18 700 20 21";
        let read = Stat {
            cpu: 42,
            threads: 9,
            start: 700,
        };
        assert_eq!(stat(text), Some(read));
        for bad in [
            "",
            "12 (a",
            "12 (a) S 1 2",
            "12 (a) S x x x x x x x x x x x x x x x x x x x",
        ] {
            assert_eq!(stat(bad), None, "{bad}");
        }
        assert_eq!(booted("cpu 1 2\nbtime 1700000000\n"), Some(1_700_000_000));
        assert_eq!(booted("cpu 1 2\n"), None);
    }

    #[test]
    fn a_process_knows_itself() {
        let folder = tempfile::tempdir().expect("a folder");
        let said = gauges(folder.path());
        let of = |name: &str| {
            let found = said.iter().find(|gauge| gauge.name == name);
            found.unwrap_or_else(|| panic!("{name} is not there")).value
        };
        assert!(of("process_resident_memory_bytes") > 1e6);
        assert!(of("process_open_fds") < of("process_max_fds"));
        assert!(of("betang_data_free_bytes") <= of("betang_data_size_bytes"));
        // A file more is one more.
        let before = of("process_open_fds");
        let held: Vec<_> = (0..64)
            .map(|_| std::fs::File::open("/proc/self/stat").expect("a file"))
            .collect();
        let now = gauges(folder.path());
        let now = now.iter().find(|gauge| gauge.name == "process_open_fds");
        assert!(now.expect("it is there").value > before);
        drop(held);
    }
}
