//! `betang agent update`, `trust`, `self-test`: a release by hand, and what a program
//! says about itself.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use hall::clock::Clock;
use hall::link::selftest::self_test;
use hall::link::site::STATUS;
use hall::link::slots::Slots;
use hall::link::upkeep;
use serde_json::{Value as Json, json};
use sync::ledger::Ledger;
use sync::release::{PublicKey, unpack};
use sync::trial::Program;

use super::seed;
use crate::cli::{protocols, say};

/// A release that was carried here.
#[derive(Debug, Args)]
pub(crate) struct Update {
    /// The file of the release.
    file: PathBuf,
    /// Folder of the box's data.
    #[arg(long, default_value = "data")]
    data: PathBuf,
}

/// Keys that releases are signed for.
#[derive(Debug, Args)]
pub(crate) struct Trust {
    /// Public keys (betang release key): only these count from now on.
    #[arg(required = true)]
    keys: Vec<PublicKey>,
    /// Folder of the box's data.
    #[arg(long, default_value = "data")]
    data: PathBuf,
}

/// A program that looks whether it could run.
#[derive(Debug, Args)]
pub(crate) struct SelfTest {
    /// Folder of the box's data.
    #[arg(long, default_value = "data")]
    data: PathBuf,
}

/// Puts it into the free slot. The program that runs notices it within seconds, ends, and
/// its supervisor tries the new one.
pub(crate) fn update(update: &Update) -> anyhow::Result<ExitCode> {
    let file = std::fs::read(&update.file)
        .with_context(|| format!("the file {}", update.file.display()))?;
    let (signed, program) = unpack(&file)?;
    let slots = Slots::of(&update.data);
    let ledger = slots.ledger()?;
    let running = upkeep::running(&slots, Some(stands(&ledger)));
    let now = Clock::real().now().wall;
    // Whether the line is up says the program that runs, when it ends for this.
    let manifest = slots.install(&signed, program, running, false, now)?;
    say(format!(
        "rilis {} diperiksa dan disimpan; dicoba begitu perangkat (betang agent run) membacanya",
        manifest.version
    ));
    Ok(ExitCode::SUCCESS)
}

/// What a supervisor starts when nothing is tried.
fn stands(ledger: &Ledger) -> Program {
    ledger
        .stands
        .map_or(Program::Own, |holding| Program::In(holding.slot))
}

/// What a running box says about itself.
pub(super) fn live(data: &std::path::Path) -> Option<Json> {
    let text = std::fs::read(data.join(STATUS)).ok()?;
    serde_json::from_slice(&text).ok()
}

pub(crate) fn trust(trust: &Trust) -> anyhow::Result<ExitCode> {
    Slots::of(&trust.data).trust(&trust.keys)?;
    say(format!("{} kunci rilis dipercaya", trust.keys.len()));
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn test(test: SelfTest) -> anyhow::Result<ExitCode> {
    let now = Clock::real().now();
    let report = self_test(&test.data, protocols()?, now, seed()?).await?;
    say(json!(report));
    Ok(ExitCode::SUCCESS)
}

/// What is known of the box's programs, for its status.
pub(super) fn programs(data: &std::path::Path) -> Json {
    let slots = Slots::of(data);
    let keys = slots.keys().unwrap_or_default();
    let keys: Vec<_> = keys.iter().map(PublicKey::to_string).collect();
    match slots.ledger() {
        Ok(ledger) => json!({
            "stands": ledger.stands,
            "version": upkeep::running(&slots, Some(stands(&ledger))).version,
            "trial": ledger.trial,
            "staged": slots.staged().ok().flatten(),
            "bad": ledger.bad,
            "release_keys": keys,
        }),
        Err(error) => json!({ "error": error.to_string() }),
    }
}
