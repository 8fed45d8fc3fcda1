//! `cargo xtask bench link`: who is who in a million records, beside Splink.
//!
//! Splink is a Python package; it is put into a folder of its own the first time.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use clap::Args;

/// Which records, and how often.
#[derive(Debug, Args)]
pub(crate) struct Link {
    /// Records of the lists that are made; of no use where --data is told.
    #[arg(long, default_value_t = 1_000_000)]
    records: usize,
    /// What all randomness of them follows from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A folder with records.csv and truth.csv, in place of lists that are made.
    #[arg(long)]
    data: Option<PathBuf>,
    /// How often both are measured.
    #[arg(long, default_value_t = 3)]
    runs: u32,
    /// Only betang.
    #[arg(long)]
    without_splink: bool,
    /// The public sets FEBRL 1 to 4 instead.
    #[arg(long)]
    febrl: bool,
    /// One record that comes when 2.7 million are linked instead.
    #[arg(long)]
    late: bool,
}

/// What is measured against, from PyPI.
const PEERS: [&str; 3] = ["splink==5.0.0", "duckdb==2.0.1", "recordlinkage==0.16"];

impl Link {
    /// Builds, makes the lists and measures; the script prints what was found.
    pub(crate) fn run(&self, root: &Path) -> Result<()> {
        if self.late {
            return self.late(root);
        }
        super::build(root)?;
        let target = crate::target(root)?.join("release");
        let python = if self.without_splink && !self.febrl {
            PathBuf::from("python3")
        } else {
            python(root)?
        };
        let scripts = root.join("crates/xtask/src/bench");
        let folder = tempfile::tempdir()?;
        let betang = target.join("betang");
        if self.febrl {
            let script = scripts.join("febrl.py");
            return done(
                Command::new(&python)
                    .arg(script)
                    .arg(betang)
                    .arg(folder.path()),
            );
        }
        let data = match &self.data {
            Some(data) => data.clone(),
            None => {
                let (records, seed) = (self.records.to_string(), self.seed.to_string());
                let mut sim = Command::new(target.join("sim"));
                sim.args(["families", "--records", &records, "--seed", &seed, "--out"]);
                done(sim.arg(folder.path()))?;
                folder.path().to_owned()
            }
        };
        let mut script = Command::new(&python);
        script.arg(scripts.join("link.py")).arg(betang).arg(data);
        script.args(["--runs", &self.runs.to_string()]);
        script.args(self.without_splink.then_some("--without-splink"));
        done(&mut script)
    }

    /// A test that only a release build is asked to run; it says itself what was found.
    fn late(&self, root: &Path) -> Result<()> {
        for _ in 0..self.runs {
            let mut test = Command::new("cargo");
            test.args(["test", "--release", "--package", "sim", "--test", "late"]);
            test.args([
                "--",
                "--ignored",
                "--nocapture",
                "what_one_late_record_costs",
            ]);
            done(test.current_dir(root))?;
        }
        Ok(())
    }
}

/// A Python that has the peers.
fn python(root: &Path) -> Result<PathBuf> {
    let folder = root.join(".tools/splink");
    let python = folder.join("bin/python");
    let stamp = folder.join(PEERS.join(" "));
    if !stamp.exists() {
        done(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        done(
            Command::new(&python)
                .args(["-m", "pip", "install", "--quiet"])
                .args(PEERS),
        )?;
        std::fs::write(&stamp, "")?;
    }
    Ok(python)
}

fn done(command: &mut Command) -> Result<()> {
    let named = format!("{command:?}");
    let status = command.status().with_context(|| named.clone())?;
    ensure!(status.success(), "{named} has failed");
    Ok(())
}
