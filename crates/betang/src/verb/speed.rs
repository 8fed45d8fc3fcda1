//! How fast the connections of villages are, as their boxes measure it.

use std::process::ExitCode;

use clap::Args;
use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::cli::say;
use crate::verb::client::ReachArgs;
use crate::verb::shown::{text, time};

/// Which village.
#[derive(Debug, Args)]
pub(crate) struct Speed {
    #[command(flatten)]
    reach: ReachArgs,
    /// Kemendagri code.
    village: String,
}

/// A test that is asked for.
#[derive(Debug, Args)]
pub(crate) struct Measure {
    #[command(flatten)]
    reach: ReachArgs,
    /// `sit_…`
    site: String,
    /// Octets of the village's connection that it may cost: `betang villages speed` says
    /// what it would.
    #[arg(long, value_name = "OCTETS")]
    accept_octets: u64,
}

/// The middle of eight weeks, what a test would cost, and the tests.
pub(crate) async fn speed(asked: Speed) -> anyhow::Result<ExitCode> {
    let path = format!("/api/v1/villages/{}/speed", asked.village);
    let told = asked.reach.reach()?.ask(Method::GET, &path, None).await?;
    for (name, middle) in [("down", &told["down"]), ("up", &told["up"])] {
        let of = middle["tests"].as_u64().unwrap_or(0);
        say(format!(
            "{name:<4} {:>12}, the middle of {of} tests",
            rate(middle)
        ));
    }
    if told["stale"] == true {
        say("the newest is older than it should be");
    }
    for site in told["sites"].as_array().into_iter().flatten() {
        say(format!(
            "{} a test costs at most {} octets of {} that are left this week{}",
            text(&site["site"]),
            site["cost_octets"],
            site["left_octets"],
            if site["pending"] == true {
                ", one is on its way"
            } else {
                ""
            },
        ));
    }
    for test in told["items"].as_array().into_iter().flatten() {
        say(format!(
            "{} {} {:<12} {:>12} {:>12} {} octets",
            time(&test["at_us"]),
            text(&test["site"]),
            text(&test["fault"]),
            rate(&test["down"]),
            rate(&test["up"]),
            test["spent_octets"],
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Tells a site's box to measure.
pub(crate) async fn measure(asked: Measure) -> anyhow::Result<ExitCode> {
    let path = format!("/api/v1/sites/{}/speed", asked.site);
    let form = json!({ "accept_octets": asked.accept_octets });
    let made = asked
        .reach
        .reach()?
        .ask(Method::POST, &path, Some(&form))
        .await?;
    say(text(&made["id"]));
    Ok(ExitCode::SUCCESS)
}

/// kbit/s, and that it may be more.
fn rate(of: &Json) -> String {
    let Some(kbps) = of["kbps"].as_u64() else {
        return "-".to_owned();
    };
    let more = if of["at_least"] == true { ">=" } else { "" };
    format!("{more}{kbps} kbit/s")
}
