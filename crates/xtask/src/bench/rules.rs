//! `cargo xtask bench rules`: what it costs to judge a province, with every reason.
//!
//! It is a test of the card room that only a release build is asked to run.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use clap::Args;

/// Nothing to choose.
#[derive(Debug, Args)]
pub(crate) struct Rules {}

impl Rules {
    /// Builds and measures; the test itself says what was found.
    pub(crate) fn run(&self, root: &Path) -> Result<()> {
        let done = Command::new("cargo")
            .args(["test", "--release", "--package", "card"])
            .args(["--test", "speed", "--", "--ignored", "--nocapture"])
            .current_dir(root)
            .status()
            .context("cargo test")?;
        ensure!(done.success(), "the bench has failed");
        Ok(())
    }
}
