//! `betang areas`: the register of areas.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use reqwest::Method;

use crate::cli::say;
use crate::verb::client::ReachArgs;

/// What can be done with areas.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// List the areas of a level.
    List(List),
    /// Import outlines from a GeoJSON file whose features carry `code`.
    Import(Import),
}

/// Which areas.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    reach: ReachArgs,
    /// province, regency, district or village.
    #[arg(long, default_value = "regency")]
    level: String,
}

/// What to import.
#[derive(Debug, Args)]
pub(crate) struct Import {
    #[command(flatten)]
    reach: ReachArgs,
    /// Who made the outlines, in words that a reader in a year understands.
    #[arg(long)]
    source: String,
    /// GeoJSON, not compressed.
    file: PathBuf,
}

pub(crate) async fn run(verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::List(which) => {
            let filter = [("level", Some(which.level))];
            for area in which.reach.reach()?.all("/api/v1/areas", &filter).await? {
                let word = |key: &str| area[key].as_str().unwrap_or("-").to_owned();
                say(format!("{:<14} {}", word("code"), word("name")));
            }
        }
        Verb::Import(import) => {
            let text = std::fs::read_to_string(&import.file)
                .with_context(|| format!("the file {}", import.file.display()))?;
            let file = serde_json::from_str(&text).context("the file is not JSON")?;
            let report = import
                .reach
                .reach()?
                .ask_about(
                    Method::POST,
                    "/api/v1/areas/outlines",
                    &[("source", import.source)],
                    Some(&file),
                )
                .await?;
            say(format!("{} outlines", report["areas"]));
        }
    }
    Ok(ExitCode::SUCCESS)
}
