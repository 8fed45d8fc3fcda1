//! `cargo xtask bench sites`: what many boxes cost the house.
//!
//! House and boxes are processes of their own (`sim sites`). The house is killed once
//! all are in and started again; then the steady state is counted. Its file limit is
//! that of a login shell, so that it has to raise it itself.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use serde_json::{Value as Json, json};

use super::program::{Folder, House, PASSWORD, Program};

/// What a login shell allows at first.
const FILES: u32 = 1_024;

/// Where boxes come in, so that they find the house that comes back.
const DOOR: &str = "127.0.0.1:18443";

/// How long the house is away.
const AWAY: Duration = Duration::from_secs(5);

/// How many, and how long.
#[derive(Debug, Args)]
pub(crate) struct Sites {
    /// Boxes.
    #[arg(long, default_value_t = 3_000)]
    boxes: u32,
    /// How long the steady state is counted, in seconds.
    #[arg(long, default_value_t = 120)]
    seconds: u32,
    /// Measure the programs that were built before, as they are.
    #[arg(long)]
    as_built: bool,
}

impl Sites {
    /// Builds, measures, and says what was found.
    pub(crate) fn run(&self, root: &Path) -> Result<String> {
        if !self.as_built {
            super::build(root)?;
        }
        let target = crate::target(root)?.join("release");
        let folder = Folder::new()?;
        let betang = target.join("betang");
        let house = House::of(folder.path(), "house", &mut serve(&betang, folder.path()))?;
        let mut command = Command::new(target.join("sim"));
        command
            .args(["sites", "--server", &house.url(), "--token", &house.token])
            .args(["--count", &self.boxes.to_string()])
            .args(["--steady", &self.seconds.to_string()])
            .arg("--folder")
            .arg(folder.path().join("boxes"));
        let mut boxes = Program::start(folder.path(), "boxes", &mut command)?;
        let enrolled = said(&mut boxes, "enrolled ")?;
        let first = said(&mut boxes, "in ")?;
        // Killed: nobody says goodbye.
        drop(house);
        std::thread::sleep(AWAY);
        let mut house = Program::start(folder.path(), "again", &mut serve(&betang, folder.path()))?;
        house.line("media")?;
        let pid = house.pid();
        let again = said(&mut boxes, "again ")?;
        let came = house.cpu()?;
        boxes.line("steady")?;
        let before = house.cpu()?;
        let done = said(&mut boxes, "done ")?;
        let used = house.cpu()?.saturating_sub(before);
        ensure!(done["boxes"] == json!(self.boxes), "{done}");
        let cores = used.as_secs_f64() / f64::from(self.seconds);
        let numbers = |of: &Json| {
            let keys = ["p50", "p95", "max"];
            let found = keys.map(|key| of[key].as_f64().unwrap_or(f64::NAN));
            format!("{:.1}/{:.1}/{:.1}", found[0], found[1], found[2])
        };
        Ok(format!(
            "{} boxes enrolled in {:.0} s, files {FILES} -> {}\n\
             first: all in, p50/p95/max {} s\n\
             after an outage of {} s: all in, p50/p95/max {} s, {:.1} s of processor time\n\
             steady, {} s: {cores:.3} cores, {:.0} batches a minute, {} records; {} lines lost, \
             {} of {} pings missed, answered in p50/p95/max {} ms; {} MiB",
            self.boxes,
            enrolled["seconds"].as_f64().unwrap_or(f64::NAN),
            files(pid)?,
            numbers(&first),
            AWAY.as_secs(),
            numbers(&again),
            came.as_secs_f64(),
            self.seconds,
            done["acks"].as_f64().unwrap_or(f64::NAN) * 60.0 / f64::from(self.seconds),
            done["acked"],
            done["lost"],
            done["missed"],
            done["pings"],
            numbers(&done["answered_ms"]),
            house.memory("VmRSS")?,
        ))
    }
}

fn said(program: &mut Program, beginning: &str) -> Result<Json> {
    let line = program.line(beginning)?;
    serde_json::from_str(&line).with_context(|| line.clone())
}

/// The house, with the files of a login shell.
fn serve(betang: &Path, folder: &Path) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("ulimit -Sn {FILES}; exec \"$@\""), "sh"])
        .arg(betang)
        .args(["serve", "--listen", "127.0.0.1:0", "--media", "127.0.0.1:0"])
        .args(["--sites", DOOR, "--data"])
        .arg(folder.join("house"))
        .env("BETANG_ADMIN_PASSWORD", PASSWORD);
    command
}

/// How many files a process may have open.
fn files(pid: u32) -> Result<String> {
    let limits = fs::read_to_string(format!("/proc/{pid}/limits"))?;
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let soft = line.and_then(|line| line.split_ascii_whitespace().nth(3));
    Ok(soft.context("no limit of files")?.to_owned())
}
