//! `cargo xtask bench ledger`: what the minute ledger of a whole province costs.
//!
//! It is a test of the reach room that only a release build is asked to run: it needs the
//! room's own tables.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use clap::Args;

/// Nothing to choose.
#[derive(Debug, Args)]
pub(crate) struct Ledger {}

impl Ledger {
    /// Builds and measures; the test itself says what was found.
    pub(crate) fn run(&self, root: &Path) -> Result<()> {
        let done = Command::new("cargo")
            .args(["test", "--release", "--package", "reach", "--lib", "--"])
            .args(["--ignored", "--nocapture", "what_a_month_costs"])
            .current_dir(root)
            .status()
            .context("cargo test")?;
        ensure!(done.success(), "the bench has failed");
        Ok(())
    }
}
