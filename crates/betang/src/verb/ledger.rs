//! `betang villages ledger` and `betang villages contact`: how much connections were
//! there, minute by minute, and who is heard now.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use reqwest::Method;
use serde_json::Value as Json;

use crate::cli::say;
use crate::verb::client::{Reach, ReachArgs};
use crate::verb::sheet;
use crate::verb::shown::{text, time};

/// Which minutes, of whom.
#[derive(Debug, Args)]
pub(crate) struct Ledger {
    #[command(flatten)]
    reach: ReachArgs,
    /// One site, minute by minute: `sit_…`
    #[arg(long, conflicts_with_all = ["within", "provider", "by"])]
    site: Option<String>,
    /// Only sites in this area.
    #[arg(long)]
    within: Option<String>,
    /// Only sites of this provider.
    #[arg(long)]
    provider: Option<String>,
    /// Added up by site, village, regency or provider.
    #[arg(long, default_value = "site")]
    by: String,
    /// The first day; the first of this month when left out.
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<String>,
    /// The last day; today when left out.
    #[arg(long, value_name = "YYYY-MM-DD")]
    to: Option<String>,
    /// As known at the end of this day; today when left out.
    #[arg(long, value_name = "YYYY-MM-DD", conflicts_with = "verify")]
    known: Option<String>,
    /// Make the ledger of the site, or of each site, anew from the records, and compare.
    #[arg(long)]
    verify: bool,
    /// Compare a sheet that was made earlier (`betang villages sheet … --out FILE.json`)
    /// with what follows from the records.
    #[arg(long, value_name = "FILE", requires = "verify",
        conflicts_with_all = ["site", "within", "provider", "by", "from", "to"])]
    sheet: Option<PathBuf>,
}

/// Who is heard now.
#[derive(Debug, Args)]
pub(crate) struct Contact {
    #[command(flatten)]
    reach: ReachArgs,
    /// Only sites in this area.
    #[arg(long)]
    within: Option<String>,
    /// Only sites of this provider.
    #[arg(long)]
    provider: Option<String>,
    /// Only those: silent, late, never or heard.
    #[arg(long)]
    contact: Option<String>,
}

impl Ledger {
    fn span(&self) -> Vec<(&'static str, String)> {
        [
            ("from", &self.from),
            ("to", &self.to),
            ("known", &self.known),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value.clone()?)))
        .collect()
    }
}

pub(crate) async fn ledger(asked: Ledger) -> anyhow::Result<ExitCode> {
    if asked.verify {
        return verify(asked).await;
    }
    let reach = asked.reach.reach()?;
    let span = asked.span();
    let Some(site) = &asked.site else {
        let filter = [
            ("within", asked.within.clone()),
            ("provider", asked.provider.clone()),
            ("by", Some(asked.by.clone())),
            ("from", asked.from.clone()),
            ("to", asked.to.clone()),
            ("known", asked.known.clone()),
        ];
        for line in reach.all("/api/v1/ledger", &filter).await? {
            say(format!("{} {}", text(&line["key"]), text(&line["name"])));
            tell(&line);
        }
        return Ok(ExitCode::SUCCESS);
    };
    let path = format!("/api/v1/sites/{site}/ledger");
    let found = reach.ask_about(Method::GET, &path, &span, None).await?;
    say(format!("{site} {}", text(&found["name"])));
    tell(&found);
    for outage in found["outages"].as_array().into_iter().flatten() {
        say(format!(
            "  outage {} .. {} {} down {} off {} unknown {}",
            time(&outage["from_us"]),
            time(&outage["to_us"]),
            text(&outage["cause"]),
            outage["down"],
            outage["off"],
            outage["unknown"],
        ));
    }
    for run in found["runs"].as_array().into_iter().flatten() {
        let basis: Vec<&str> = run["basis"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .collect();
        say(format!(
            "  {} .. {} {:<8} {:<8} {}",
            time(&run["from_us"]),
            time(&run["to_us"]),
            text(&run["state"]),
            text(&run["cause"]),
            basis.join(" "),
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// The four numbers and the slots behind them.
fn tell(of: &Json) {
    let counts = &of["counts"];
    say(format!(
        "  slots {} up {} degraded {} down {} off {} unknown {}; excused: maintenance {} force majeure {} ours {}",
        counts["all"],
        counts["up"],
        counts["degraded"],
        counts["down"],
        counts["off"],
        counts["unknown"],
        counts["maintenance"],
        counts["force_majeure"],
        counts["ours"],
    ));
    let contract = |key: &str| match of[key]["verdict"].as_str() {
        Some("share") => percent(&of[key]["share_bp"]),
        Some("not_enough") => "not enough evidence".to_owned(),
        _ => "everything excused".to_owned(),
    };
    say(format!(
        "  proved {} measured {} coverage {} contract {} without power {}",
        percent(&of["proved_bp"]),
        percent(&of["measured_bp"]),
        percent(&of["coverage_bp"]),
        contract("contract"),
        contract("contract_without_power"),
    ));
}

async fn verify(asked: Ledger) -> anyhow::Result<ExitCode> {
    let reach = asked.reach.reach()?;
    if let Some(file) = &asked.sheet {
        return sheet::verify(&reach, file).await;
    }
    let span = asked.span();
    let sites = match &asked.site {
        Some(site) => vec![site.clone()],
        None => {
            let filter = [
                ("within", asked.within.clone()),
                ("provider", asked.provider.clone()),
                ("from", asked.from.clone()),
                ("to", asked.to.clone()),
            ];
            let lines = reach.all("/api/v1/ledger", &filter).await?;
            lines
                .iter()
                .map(|line| text(&line["key"]).to_owned())
                .collect()
        }
    };
    prove(&reach, &sites, &span).await?;
    Ok(ExitCode::SUCCESS)
}

/// Makes ledgers anew from the records, and fails where one does not follow from them.
pub(crate) async fn prove(
    reach: &Reach,
    sites: &[String],
    span: &[(&str, String)],
) -> anyhow::Result<()> {
    let mut wrong = 0;
    for site in sites {
        let path = format!("/api/v1/sites/{site}/ledger/proof");
        let proof = reach.ask_about(Method::GET, &path, span, None).await?;
        let slots = &proof["stands"]["all"];
        if proof["same"] == true {
            say(format!("{site} same, {slots} slots"));
            continue;
        }
        wrong += 1;
        say(format!("{site} differs, of {slots} slots:"));
        for one in proof["differing"].as_array().into_iter().flatten() {
            say(format!(
                "  slot {} stands {} came out {}",
                one["slot"],
                text(&one["stands"]),
                text(&one["came_out"]),
            ));
        }
    }
    if wrong > 0 {
        bail!(
            "{wrong} of {} ledgers do not follow from their records",
            sites.len()
        );
    }
    Ok(())
}

pub(crate) async fn contact(asked: Contact) -> anyhow::Result<ExitCode> {
    let filter = [
        ("within", asked.within),
        ("provider", asked.provider),
        ("contact", asked.contact),
    ];
    let reach = asked.reach.reach()?;
    for site in reach.all("/api/v1/contact", &filter).await? {
        say(format!(
            "{} {:<7} {} {:<24} {:<24} {}",
            text(&site["site"]),
            text(&site["contact"]),
            time(&site["heard_us"]),
            text(&site["name"]),
            text(&site["regency"]["name"]),
            text(&site["provider"]),
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Hundredths of a percent, to two places.
fn percent(share: &Json) -> String {
    share.as_u64().map_or_else(
        || "-".to_owned(),
        |share| format!("{}.{:02}%", share / 100, share % 100),
    )
}
