//! What can be asked for on the command line.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use serde_json::{Value as Json, json};

use sync::frame::{PROTOCOLS, Protocols};

#[cfg(feature = "centre")]
use crate::house;
use crate::{agent, release};

/// A provincial command centre.
#[derive(Debug, Parser)]
#[command(name = "betang", version, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Be a site: a box that dials in.
    Agent(Box<agent::Agent>),
    /// Programs for boxes: signed where no network is, offered by a running house.
    #[command(subcommand)]
    Release(release::Verb),
    #[cfg(feature = "centre")]
    #[command(flatten)]
    House(Box<house::Command>),
}

pub(crate) async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Agent(agent) => agent::run(*agent).await,
        Command::Release(verb) => release::run(verb).await,
        #[cfg(feature = "centre")]
        Command::House(command) => house::run(*command).await,
    }
}

/// The environment, for the configuration: nobody else reads it.
#[cfg(feature = "centre")]
#[expect(
    clippy::disallowed_methods,
    reason = "the environment is read here, once"
)]
pub(crate) fn environment() -> std::env::Vars {
    std::env::vars()
}

/// The protocols that this program speaks. A build for development can be told to speak
/// others, so that a test has an older or a newer program; one for use cannot.
pub(crate) fn protocols() -> anyhow::Result<Protocols> {
    if cfg!(debug_assertions)
        && let Ok(text) = std::env::var("BETANG_TEST_PROTOCOLS")
    {
        let range = text.split_once("..").context("BETANG_TEST_PROTOCOLS")?;
        return Ok(Protocols {
            min: range.0.parse()?,
            max: range.1.parse()?,
        });
    }
    Ok(PROTOCOLS)
}

/// Whether this program plays the next version, with one table more: so that a test has data
/// that a newer program has migrated. One for use cannot.
#[cfg(feature = "centre")]
pub(crate) fn plays_next() -> bool {
    cfg!(debug_assertions) && std::env::var_os("BETANG_TEST_NEXT").is_some()
}

/// Degrees north and east, with a comma between, as the API takes them.
pub(crate) fn point(text: &str) -> anyhow::Result<Json> {
    let (lat, lon) = text.split_once(',').context("write LAT,LON")?;
    let lat: f64 = lat.trim().parse().context("the latitude is not a number")?;
    let lon: f64 = lon
        .trim()
        .parse()
        .context("the longitude is not a number")?;
    Ok(json!({ "lat_deg": lat, "lon_deg": lon }))
}

/// What a person has asked for goes to standard output, line by line. Nobody
/// reading it any more is no reason to end.
pub(crate) fn say(text: impl std::fmt::Display) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout(), "{text}");
}
