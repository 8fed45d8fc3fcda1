//! `betang villages sheet`, `betang villages brief`, and what `betang villages ledger
//! --verify --sheet` does: papers of the house, and whether one still holds.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use aws_lc_rs::digest::{SHA256, digest};
use clap::Args;
use reqwest::Method;
use serde_json::Value as Json;

use crate::cli::say;
use crate::verb::client::{Reach, ReachArgs};
use crate::verb::ledger::prove;

/// Of whom, and of which month.
#[derive(Debug, Args)]
pub(crate) struct Sheet {
    #[command(flatten)]
    reach: ReachArgs,
    /// Of this village: its Kemendagri code.
    #[arg(long, value_name = "CODE", required_unless_present = "provider")]
    village: Option<String>,
    /// Of this provider, as sites name it.
    #[arg(long, value_name = "NAME", conflicts_with = "village")]
    provider: Option<String>,
    /// Only its sites in this area.
    #[arg(long, value_name = "CODE", requires = "provider")]
    within: Option<String>,
    /// The month.
    #[arg(long, value_name = "YYYY-MM")]
    month: String,
    /// As known at the end of this day; now when left out.
    #[arg(long, value_name = "YYYY-MM-DD")]
    known: Option<String>,
    /// Where to: FILE.pdf for printing, FILE.json for whoever calculates.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Of which area, and of which month.
#[derive(Debug, Args)]
pub(crate) struct Brief {
    #[command(flatten)]
    reach: ReachArgs,
    /// Only this area.
    #[arg(long, value_name = "CODE")]
    within: Option<String>,
    /// The month whose minutes are shown; this one when left out.
    #[arg(long, value_name = "YYYY-MM")]
    month: Option<String>,
    /// Where to: FILE.pdf, FILE.png or FILE.json.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// As what a file is wanted, by its name.
fn format(out: &Path, all: &[&'static str]) -> anyhow::Result<&'static str> {
    let ends = out.extension().and_then(|ends| ends.to_str());
    let found = all.iter().find(|word| ends == Some(**word));
    found.copied().with_context(|| {
        let all: Vec<_> = all.iter().map(|word| format!("FILE.{word}")).collect();
        format!("--out: use {}", all.join(" or "))
    })
}

async fn keep(
    reach: &Reach,
    path: &str,
    query: Vec<(&str, Option<String>)>,
    out: &Path,
) -> anyhow::Result<ExitCode> {
    let given = query.into_iter();
    let query: Vec<_> = given
        .filter_map(|(key, value)| Some((key, value?)))
        .collect();
    let octets = reach.file(path, &query).await?;
    std::fs::write(out, &octets).with_context(|| format!("the file {}", out.display()))?;
    say(format!("{} {} octets", out.display(), octets.len()));
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn sheet(asked: Sheet) -> anyhow::Result<ExitCode> {
    let format = format(&asked.out, &["pdf", "json"])?;
    let path = match &asked.village {
        Some(code) => format!("/api/v1/villages/{code}/sheet"),
        None => "/api/v1/providers/sheet".to_owned(),
    };
    let query = vec![
        ("provider", asked.provider),
        ("within", asked.within),
        ("month", Some(asked.month)),
        ("known", asked.known),
        ("format", Some(format.to_owned())),
    ];
    keep(&asked.reach.reach()?, &path, query, &asked.out).await
}

pub(crate) async fn brief(asked: Brief) -> anyhow::Result<ExitCode> {
    let format = format(&asked.out, &["pdf", "png", "json"])?;
    let query = vec![
        ("within", asked.within),
        ("month", asked.month),
        ("format", Some(format.to_owned())),
    ];
    keep(
        &asked.reach.reach()?,
        "/api/v1/villages/brief",
        query,
        &asked.out,
    )
    .await
}

/// Whether a sheet that was made earlier says what it said, what was known then, and what
/// follows from the records; and what has become known since.
pub(crate) async fn verify(reach: &Reach, file: &Path) -> anyhow::Result<ExitCode> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("the file {}", file.display()))?;
    let made: Json = serde_json::from_str(&text).context("the sheet is no JSON")?;
    let own = canonical(&made).context("the sheet")?;
    let hash = sha256(&own);
    ensure!(
        made["digest"] == hash.as_str(),
        "the sheet's integers have the digest {hash}, and it names {}: it was changed",
        made["digest"]
    );
    let (path, mut query) = asked(&made)?;
    let now = reach.ask_about(Method::GET, &path, &query, None).await?;
    query.push(("known_us", integer(&made["known_us"])?));
    let then = reach.ask_about(Method::GET, &path, &query, None).await?;
    if let Some((ours, theirs)) = difference(&own, &canonical(&then)?) {
        bail!("as it was known then, the house says otherwise: sheet `{ours}`, house `{theirs}`");
    }
    say(format!("as it was known then: same, {hash}"));
    let month = made["month"].as_str().unwrap_or_default();
    let span = days(month, &made)?;
    let sites: Vec<String> = list(&made["sites"])
        .iter()
        .filter_map(|site| site["site"].as_str().map(str::to_owned))
        .collect();
    prove(reach, &sites, &span).await?;
    match difference(&own, &canonical(&now)?) {
        None => say("as it is known now: same"),
        Some((ours, theirs)) => {
            say(format!(
                "as it is known now: more is known, first: sheet `{ours}`, now `{theirs}`"
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Where a sheet is asked for, and with what.
fn asked(made: &Json) -> anyhow::Result<(String, Vec<(&'static str, String)>)> {
    let text = |of: &Json| of.as_str().map(str::to_owned);
    let month = ("month", text(&made["month"]).context("it names no month")?);
    if let Some(code) = text(&made["village"]["code"]) {
        return Ok((format!("/api/v1/villages/{code}/sheet"), vec![month]));
    }
    let provider = text(&made["provider"]).context("it is of nobody")?;
    let mut query = vec![month, ("provider", provider)];
    query.extend(text(&made["within"]["code"]).map(|code| ("within", code)));
    Ok(("/api/v1/providers/sheet".to_owned(), query))
}

/// The days of the month, up to the one as of which the sheet is known.
fn days(month: &str, made: &Json) -> anyhow::Result<Vec<(&'static str, String)>> {
    let first: jiff::civil::Date = format!("{month}-01").parse().context("its month")?;
    let known = made["known_us"]
        .as_i64()
        .context("it does not say as known when")?;
    let zone = made["zone"].as_str().context("it names no zone")?;
    let known = jiff::Timestamp::from_microsecond(known).context("as known when")?;
    let known = known.in_tz(zone).context("its zone")?.date();
    let last = first.last_of_month().min(known.max(first));
    Ok(vec![("from", first.to_string()), ("to", last.to_string())])
}

/// The first line in which two texts differ.
fn difference(ours: &str, theirs: &str) -> Option<(String, String)> {
    let (mut ours, mut theirs) = (ours.lines(), theirs.lines());
    let mut of = String::new();
    loop {
        let pair = (ours.next(), theirs.next());
        match pair {
            (None, None) => return None,
            (one, other) if one == other => {
                // What a line of integers is about stands in the one above it.
                let begins = one.unwrap_or_default();
                if begins.starts_with("site") || begins.starts_with("total") {
                    begins.clone_into(&mut of);
                }
            }
            (one, other) => {
                let told = |line: Option<&str>| match (line, of.as_str()) {
                    (None, _) => "nothing more".to_owned(),
                    (Some(line), "") => line.to_owned(),
                    (Some(line), of) => format!("{of}: {line}"),
                };
                return Some((told(one), told(other)));
            }
        }
    }
}

fn sha256(text: &str) -> String {
    let hash = digest(&SHA256, text.as_bytes());
    hash.as_ref()
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect()
}

fn list(of: &Json) -> &[Json] {
    of.as_array().map_or(&[], Vec::as_slice)
}

fn integer(of: &Json) -> anyhow::Result<String> {
    let number = of.as_i64().with_context(|| format!("{of} is no integer"))?;
    Ok(number.to_string())
}

fn word(of: &Json) -> anyhow::Result<String> {
    match of {
        Json::Null => Ok("-".to_owned()),
        Json::String(text) => Ok(text.clone()),
        Json::Bool(it) => Ok(u8::from(*it).to_string()),
        number => integer(number),
    }
}

/// The text of a sheet's integers, written from what it says (decision 0017).
fn canonical(of: &Json) -> anyhow::Result<String> {
    let words = |of: &Json, keys: &[&str]| -> anyhow::Result<String> {
        let words = keys
            .iter()
            .map(|key| word(&of[*key]).context((*key).to_owned()));
        Ok(words.collect::<anyhow::Result<Vec<_>>>()?.join(" "))
    };
    let mut lines = vec!["betang-sheet 1".to_owned()];
    match of["of"].as_str() {
        Some("village") => lines.push(format!("village {}", word(&of["village"]["code"])?)),
        Some("provider") => {
            lines.push(format!("provider {}", word(&of["provider"])?));
            lines.push(format!("within {}", word(&of["within"]["code"])?));
        }
        _ => bail!("it is of nobody"),
    }
    lines.push(format!("month {}", word(&of["month"])?));
    lines.push(format!("slots {}", words(of, &["from_slot", "to_slot"])?));
    lines.push(format!("rule {}", word(&of["rule"])?));
    let numbers = |of: &Json, lines: &mut Vec<String>| -> anyhow::Result<()> {
        lines.push(format!("counts {}", words(&of["counts"], &COUNTS)?));
        let mut shares = words(of, &["proved_bp", "measured_bp", "coverage_bp"])?;
        for key in ["contract", "contract_without_power"] {
            let kept = match of[key]["verdict"].as_str() {
                Some("share") => integer(&of[key]["share_bp"])?,
                _ => word(&of[key]["verdict"])?,
            };
            shares = format!("{shares} {kept}");
        }
        lines.push(format!("shares {shares}"));
        Ok(())
    };
    for site in list(&of["sites"]) {
        lines.push(format!(
            "site {}",
            words(site, &["site", "from_slot", "to_slot"])?
        ));
        numbers(site, &mut lines)?;
        for it in list(&site["outages"]) {
            let slot = |of: &Json| -> anyhow::Result<String> {
                match of.as_i64() {
                    Some(us) => Ok(us.div_euclid(60_000_000).to_string()),
                    None => word(of),
                }
            };
            lines.push(format!(
                "outage {} {} {}",
                slot(&it["from_us"])?,
                slot(&it["to_us"])?,
                words(it, &["down", "off", "unknown", "changes", "cause"])?
            ));
        }
        for it in list(&site["excused"]) {
            let keys = [
                "excuse",
                "overlay",
                "from_slot",
                "to_slot",
                "counts",
                "late",
            ];
            lines.push(format!("over {}", words(it, &keys)?));
        }
    }
    lines.push(format!(
        "total {}",
        words(&of["total"], &["sites", "villages"])?
    ));
    numbers(&of["total"], &mut lines)?;
    lines.push(format!("mean {}", word(&of["total"]["village_mean_bp"])?));
    lines.push(String::new());
    Ok(lines.join("\n"))
}

/// Slots of a site or of many, in the order of the canonical text.
const COUNTS: [&str; 11] = [
    "all",
    "up",
    "degraded",
    "down",
    "off",
    "unknown",
    "maintenance",
    "force_majeure",
    "ours",
    "excused_up",
    "excused_off",
];
