//! `cargo xtask bench measure`: whether shares that are told hold what is true of a province.
//!
//! It is a test that only a release build is asked to run.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use clap::Args;

/// Nothing to choose: three base seeds, a thousand samples of each list.
#[derive(Debug, Args)]
pub(crate) struct Measure {}

impl Measure {
    /// Builds and measures; the test itself says what was found.
    pub(crate) fn run(&self, root: &Path) -> Result<()> {
        let done = Command::new("cargo")
            .args(["test", "--release", "--package", "sim", "--test", "measure"])
            .args(["--", "--ignored", "--nocapture"])
            .current_dir(root)
            .status()
            .context("cargo test")?;
        ensure!(
            done.success(),
            "shares do not hold what is true as they say"
        );
        Ok(())
    }
}
