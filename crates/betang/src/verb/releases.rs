//! `betang release add|list|offer|halt|boxes`: releases of a running house.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::cli::say;
use crate::verb::client::ReachArgs;
use crate::verb::shown::text;

/// A release to be brought.
#[derive(Debug, Args)]
pub(crate) struct Add {
    #[command(flatten)]
    reach: ReachArgs,
    /// What betang release sign has written.
    file: PathBuf,
}

/// Every release.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    reach: ReachArgs,
}

/// To whom a release is offered.
#[derive(Debug, Args)]
pub(crate) struct Offer {
    #[command(flatten)]
    reach: ReachArgs,
    /// `rel_…`
    release: String,
    /// To so many boxes of a hundred: first 1, then 10, then 100.
    #[arg(long, value_name = "PERCENT", default_value_t = 0)]
    share: u32,
    /// To the box of this site, whatever the share; may be given more than once.
    #[arg(long, value_name = "SITE")]
    site: Vec<String>,
    /// The offer halts by itself when more boxes have gone back.
    #[arg(long, value_name = "BOXES", default_value_t = 1)]
    failures: u32,
}

/// An offer to be halted.
#[derive(Debug, Args)]
pub(crate) struct Halt {
    #[command(flatten)]
    reach: ReachArgs,
    /// `rel_…`
    release: String,
    /// Why.
    #[arg(long)]
    why: Option<String>,
}

/// One release.
#[derive(Debug, Args)]
pub(crate) struct Boxes {
    #[command(flatten)]
    reach: ReachArgs,
    /// `rel_…`
    release: String,
}

pub(crate) async fn add(add: Add) -> anyhow::Result<ExitCode> {
    let file = std::fs::read(&add.file).with_context(|| format!("{}", add.file.display()))?;
    let kept = add
        .reach
        .reach()?
        .exchange("/api/v1/releases", file)
        .await?;
    let kept: Json = serde_json::from_slice(&kept).context("the house's answer")?;
    say(text(&kept["id"]));
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn list(list: List) -> anyhow::Result<ExitCode> {
    let reach = list.reach.reach()?;
    let found = reach.ask(Method::GET, "/api/v1/releases", None).await?;
    for release in found["items"].as_array().into_iter().flatten() {
        line(release);
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn offer(offer: Offer) -> anyhow::Result<ExitCode> {
    let path = format!("/api/v1/releases/{}/offer", offer.release);
    let form = json!({
        "share_percent": offer.share, "sites": offer.site, "failures_max": offer.failures,
    });
    let reach = offer.reach.reach()?;
    line(&reach.ask(Method::POST, &path, Some(&form)).await?);
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn halt(halt: Halt) -> anyhow::Result<ExitCode> {
    let path = format!("/api/v1/releases/{}/halt", halt.release);
    let form = json!({ "why": halt.why });
    let reach = halt.reach.reach()?;
    line(&reach.ask(Method::POST, &path, Some(&form)).await?);
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn boxes(one: Boxes) -> anyhow::Result<ExitCode> {
    let path = format!("/api/v1/releases/{}/boxes", one.release);
    let found = one.reach.reach()?.ask(Method::GET, &path, None).await?;
    for seen in found["items"].as_array().into_iter().flatten() {
        say(format!(
            "{} {} {:<11} {} {}",
            text(&seen["agent"]),
            text(&seen["site"]),
            text(&seen["at"]),
            text(&seen["why"]),
            text(&seen["detail"]),
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn line(release: &Json) {
    let boxes: Vec<_> = release["boxes"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| format!("{} {}", text(&one["at"]), one["count"]))
        .collect();
    say(format!(
        "{} {:<9} {:<28} {:<8} {:>3} % {}",
        text(&release["id"]),
        text(&release["version"]),
        text(&release["target"]),
        text(&release["state"]),
        release["share_percent"],
        boxes.join(", "),
    ));
}
