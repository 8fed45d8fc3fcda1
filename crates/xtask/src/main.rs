//! Chores of the house: `cargo xtask tidy`, `cargo xtask areas`, `cargo xtask fuzz`,
//! `cargo xtask bench`, `cargo xtask release`, `cargo xtask fixture`.

mod areas;
mod bench;
mod fixture;
mod fuzz;
mod release;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "xtask", about = "Chores of the house")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Check what no compiler checks: arrows between crates, absences, comments.
    Tidy,
    /// Make assets/areas anew from the packages it comes from.
    Areas,
    /// Search for bytes that break a promise; see fuzz/.
    Fuzz {
        /// Which target; each in turn when left out.
        target: Option<String>,
        /// How long each is searched with.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// Make what a province installs: an archive and a Debian package.
    Release(release::Release),
    /// Make a small data folder of this version, to be opened by every later one.
    Fixture(fixture::Fixture),
    /// Measure what the house costs, beside what it could cost.
    #[command(subcommand)]
    Bench(Bench),
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// The live room: viewers, cameras, the limit and the floor.
    Live(bench::Live),
    /// The port for sites: how many boxes return after an outage, and what they cost.
    Sites(bench::Sites),
    /// The minute ledger: a month of all villages decided anew, and asked for.
    Ledger(bench::Ledger),
    /// Lists of a province brought in, linked and answered, beside what is true.
    Card(bench::Card),
    /// A whole house kept, made anew from it, and carried to the other engine.
    Keep(bench::Keep),
    /// Rules of programmes judged over a province, with every reason.
    Rules(bench::Rules),
    /// Whether shares that are told of a list hold what is true, over a thousand samples.
    Measure(bench::Measure),
    /// Who is who in a million records, beside Splink.
    Link(bench::Link),
    /// Many addresses asked from here, beside fping.
    Probe(bench::Probe),
}

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a chore talks to a person"
)]
fn main() -> ExitCode {
    let done = match Cli::parse().chore {
        Chore::Release(release) => match release.run(&root()) {
            Ok((report, code)) => {
                println!("{report}");
                return code;
            }
            Err(error) => Err(error),
        },
        Chore::Fixture(fixture) => fixture.run(&root()).map(|report| {
            println!("{report}");
            true
        }),
        Chore::Tidy => tidy::check(&root()).map(|faults| {
            for fault in &faults {
                eprintln!("{fault}");
            }
            println!("tidy: {} faults", faults.len());
            faults.is_empty()
        }),
        Chore::Areas => areas::make(&root()).map(|report| {
            println!("{report}");
            true
        }),
        Chore::Fuzz { target, seconds } => {
            fuzz::search(&root(), target.as_deref(), seconds).map(|()| true)
        }
        Chore::Bench(Bench::Sites(sites)) => sites.run(&root()).map(|report| {
            println!("{report}");
            true
        }),
        Chore::Bench(Bench::Card(card)) => card.run(&root()).map(|report| {
            println!("{report}");
            true
        }),
        Chore::Bench(Bench::Keep(keep)) => keep.run(&root()).map(|report| {
            println!("{report}");
            true
        }),
        Chore::Bench(Bench::Link(link)) => link.run(&root()).map(|()| true),
        Chore::Bench(Bench::Rules(rules)) => rules.run(&root()).map(|()| true),
        Chore::Bench(Bench::Measure(measure)) => measure.run(&root()).map(|()| true),
        Chore::Bench(Bench::Ledger(ledger)) => ledger.run(&root()).map(|()| true),
        Chore::Bench(Bench::Probe(probe)) => probe.run(&root()).map(|report| {
            println!("{report}");
            true
        }),
        Chore::Bench(Bench::Live(live)) => live.run(&root()).map(|report| {
            println!("{report}");
            true
        }),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The folder of the workspace.
fn root() -> PathBuf {
    // Where it is run, not where it was built: a target folder may outlive its clone.
    let own = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or(env!("CARGO_MANIFEST_DIR").into());
    let own = PathBuf::from(own);
    own.ancestors().nth(2).unwrap_or(&own).to_owned()
}

/// Where cargo builds.
fn target(root: &Path) -> Result<PathBuf> {
    let metadata = Command::new("cargo")
        .current_dir(root)
        .args(["metadata", "--format-version=1", "--no-deps"])
        .output()
        .context("cargo")?;
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout)?;
    let folder = metadata["target_directory"].as_str();
    Ok(folder.context("cargo does not say where it builds")?.into())
}
