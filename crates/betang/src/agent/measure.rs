//! `betang agent speed`: how fast the line to a server of ndt7 is, measured once.

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use hall::clock::Clock;
use reach::agent::speed::{self, CAP, CAP_LEAST};

use crate::cli::say;

/// What is measured, and what it may cost.
#[derive(Debug, Args)]
pub(super) struct Measure {
    /// A server that speaks ndt7 without encryption: ws://ADDRESS:PORT.
    #[arg(value_name = "URL")]
    server: String,
    /// Octets that the test may cost, both ways together.
    #[arg(long, value_name = "OCTETS", default_value_t = CAP, value_parser = clap::value_parser!(u64).range(CAP_LEAST..=10_000_000_000))]
    octets: u64,
    /// As one JSON document.
    #[arg(long)]
    json: bool,
}

pub(super) async fn measure(it: Measure) -> anyhow::Result<ExitCode> {
    let at = it.server.strip_prefix("ws://");
    let at = at.context("the server is named as ws://ADDRESS:PORT")?;
    let at: SocketAddr = at
        .trim_end_matches('/')
        .parse()
        .context("the server is named by its address, as ws://10.1.2.3:8080")?;
    if !it.json {
        say(format!("memakai paling banyak {} oktet", it.octets));
    }
    let told = speed::once(at, it.octets, &Clock::real()).await?;
    if it.json {
        say(told);
        return Ok(ExitCode::SUCCESS);
    }
    for (key, word) in [("down", "unduh"), ("up", "unggah")] {
        let way = &told[key];
        let least = match way["at_least"].as_bool() {
            Some(true) => "sekurang-kurangnya ",
            Some(false) | None => "",
        };
        say(match way["kbps"].as_u64() {
            Some(kbps) => format!(
                "{word:<7} {least}{kbps} kbit/s ({} oktet dalam {} mikrodetik)",
                way["octets"], way["us"],
            ),
            None => format!("{word:<7} tidak terukur"),
        });
    }
    Ok(ExitCode::SUCCESS)
}
