//! `cargo xtask bench probe`: what it costs to ask many addresses, beside what it costs
//! fping.
//!
//! Both ask the same addresses of 127.0.0.0/8 once each, at the same pace, one after the
//! other and in turn. Loopback loses nothing: what is not answered was lost by whoever
//! asked.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use serde_json::Value as Json;

use super::program::Folder;

/// Addresses of 127.0.0.0/8 that have three octets of their own.
const TARGETS_MAX: u32 = 0x00ff_fffe;

/// How many, how fast, how often.
#[derive(Debug, Args)]
pub(crate) struct Probe {
    /// Addresses.
    #[arg(long, default_value_t = 100_000)]
    targets: u32,
    /// Questions a second.
    #[arg(long, default_value_t = 5_000)]
    rate: u32,
    /// How often both are run.
    #[arg(long, default_value_t = 3)]
    runs: u32,
    /// Measure the program that was built before, as it is.
    #[arg(long)]
    as_built: bool,
}

/// What one run has cost.
struct Run {
    cpu: Duration,
    wall: Duration,
    lost: u32,
}

impl Probe {
    /// Builds, measures, and says what was found.
    pub(crate) fn run(&self, root: &Path) -> Result<String> {
        ensure!(
            (1..=TARGETS_MAX).contains(&self.targets),
            "too many, or none"
        );
        ensure!(self.rate > 0, "a rate of none asks nobody");
        if !self.as_built {
            super::build(root)?;
        }
        let betang = crate::target(root)?.join("release/betang");
        let folder = Folder::new()?;
        let list = folder.path().join("targets");
        let mut text = String::new();
        for n in 1..=self.targets {
            let [_, a, b, c] = n.to_be_bytes();
            writeln!(text, "127.{a}.{b}.{c}")?;
        }
        fs::write(&list, text)?;
        let mut report = format!(
            "{} addresses, one question each, {} a second\n\
             | run | betang CPU s | wall s | lost | fping CPU s | wall s | lost | CPU, betang/fping |\n\
             |---|---|---|---|---|---|---|---|\n",
            self.targets, self.rate
        );
        for run in 1..=self.runs {
            let ours = self.betang(&betang, &list)?;
            let theirs = self.fping(&list)?;
            writeln!(
                report,
                "| {run} | {:.2} | {:.1} | {} | {:.2} | {:.1} | {} | {:.2} |",
                ours.cpu.as_secs_f64(),
                ours.wall.as_secs_f64(),
                ours.lost,
                theirs.cpu.as_secs_f64(),
                theirs.wall.as_secs_f64(),
                theirs.lost,
                ours.cpu.as_secs_f64() / theirs.cpu.as_secs_f64(),
            )?;
        }
        Ok(report)
    }

    fn betang(&self, betang: &Path, list: &Path) -> Result<Run> {
        let mut command = Command::new(betang);
        command
            .args(["probe", "--json", "--count", "1"])
            .args(["--rate", &self.rate.to_string(), "--file"])
            .arg(list);
        let (out, error, cpu, wall) = measured(&mut command)?;
        ensure!(error.is_empty(), "{error}");
        let mut answered = 0;
        for line in out.lines() {
            let one: Json = serde_json::from_str(line)?;
            ensure!(one["way"] == "icmp", "{line}");
            answered += u32::from(one["received"] == 1);
        }
        Ok(Run {
            cpu,
            wall,
            lost: self.targets - answered,
        })
    }

    fn fping(&self, list: &Path) -> Result<Run> {
        let pause_ms = 1_000.0 / f64::from(self.rate);
        let mut command = Command::new("fping");
        command
            .args(["-c", "1", "-i", &pause_ms.to_string(), "-f"])
            .arg(list);
        let (out, error, cpu, wall) = measured(&mut command)?;
        // One line for each answer; what nobody answered has "timed out".
        let answered = out.lines().filter(|line| line.contains(" bytes, "));
        let answered = u32::try_from(answered.count())?;
        ensure!(answered > 0, "fping: {error}");
        Ok(Run {
            cpu,
            wall,
            lost: self.targets - answered,
        })
    }
}

/// Runs a program to its end: what it has said, and what it and nobody else has cost.
#[expect(
    clippy::disallowed_methods,
    reason = "a chore has no clock but that of the machine"
)]
fn measured(command: &mut Command) -> Result<(String, String, Duration, Duration)> {
    let (before, start) = (children()?, Instant::now());
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{command:?}"))?;
    let wall = start.elapsed();
    let cpu = children()?.saturating_sub(before);
    Ok((
        String::from_utf8(output.stdout)?,
        String::from_utf8_lossy(&output.stderr).into_owned(),
        cpu,
        wall,
    ))
}

/// Processor time of all children that have been waited for (proc(5): cutime, cstime).
fn children() -> Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').context("no name in it")?;
    let ticks = fields.split_ascii_whitespace().skip(13).take(2);
    let ticks: u64 = ticks.map(|ticks| ticks.parse().unwrap_or(0)).sum();
    // USER_HZ is a hundred wherever this runs.
    Ok(Duration::from_millis(ticks * 10))
}
