//! `betang families`: lists of the welfare card, the running list answered, and who should
//! receive.

mod decided;
mod rules;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::cli::say;
use crate::verb::client::{Reach, ReachArgs};
use crate::verb::shown::text;

/// How often it is asked how far something has come.
const LOOK: Duration = Duration::from_millis(500);

/// What can be done with families.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Bring a list in from a CSV or XLSX file, all of it or nothing.
    Import(Box<List>),
    /// The lists that count.
    Lists(ReachOnly),
    /// Say that a list does not count any more.
    Withdraw(Withdraw),
    /// Link all lists that count, and hold the running list against them.
    Examine(Examine),
    /// What the newest examination says of the running list, by area.
    Answer(Answer),
    /// Programmes of who should receive, each in its newest version.
    Programmes(ReachOnly),
    /// Keep a version of a programme, or check what its text says.
    Programme(rules::Programme),
    /// Try rules before anybody adopts them: who would enter, who would leave, at what cost.
    Try(rules::Try),
    /// Lists of who receives, the newest first.
    Decisions(ReachOnly),
    /// Derive an adopted list again, and tell whatever differs from what was adopted.
    Verify(decided::Verify),
}

/// A list to be brought in.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    reach: ReachArgs,
    /// CSV or XLSX.
    file: PathBuf,
    /// What it is a list of: dtsen, bansos, kematian, pindah, desa, kpm, gagal or usaha.
    #[arg(long)]
    kind: String,
    /// Show what was found, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Write the rows that can be, and leave out those that are refused.
    #[arg(long)]
    leave_out: bool,
    /// Of which system the codes of villages are: kemendagri or other.
    #[arg(long)]
    codes: Option<String>,
    /// What to call the file in the register of sources.
    #[arg(long)]
    title: Option<String>,
    /// Whose data it is.
    #[arg(long)]
    owner: Option<String>,
    /// The day whose state it tells.
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<String>,
    /// By which right the house has it.
    #[arg(long)]
    legal_basis: Option<String>,
    /// What it may be used for; once for each.
    #[arg(long)]
    purpose: Vec<String>,
    /// How long the raw copy is kept.
    #[arg(long, value_name = "DAYS")]
    keep_days: Option<i64>,
}

/// A house, and nothing else.
#[derive(Debug, Args)]
pub(crate) struct ReachOnly {
    #[command(flatten)]
    reach: ReachArgs,
}

/// Which list, and why.
#[derive(Debug, Args)]
pub(crate) struct Withdraw {
    #[command(flatten)]
    reach: ReachArgs,
    /// The number of the list.
    number: i64,
    /// Why.
    #[arg(long)]
    why: String,
}

/// By what the running list is measured.
#[derive(Debug, Args)]
pub(crate) struct Examine {
    #[command(flatten)]
    reach: ReachArgs,
    /// The highest decile of those who should receive.
    #[arg(long, default_value_t = 2)]
    decile_max: u8,
    /// What one family gets in a cycle, in rupiah.
    #[arg(long)]
    rupiah_each: Option<i64>,
    /// A programme that does not exclude, as the lists call it; once for each.
    #[arg(long)]
    not_excluding: Vec<String>,
}

/// Of which part.
#[derive(Debug, Args)]
pub(crate) struct Answer {
    #[command(flatten)]
    reach: ReachArgs,
    /// Only this area.
    #[arg(long)]
    area: Option<String>,
    /// By regency, district or village.
    #[arg(long, default_value = "regency")]
    by: String,
    /// json or csv.
    #[arg(long, default_value = "csv")]
    format: String,
}

pub(crate) async fn run(verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Import(list) => import(*list).await,
        Verb::Lists(asked) => lists(&asked.reach.reach()?).await,
        Verb::Withdraw(asked) => {
            let path = format!("/api/v1/card/lists/{}/withdrawal", asked.number);
            let why = json!({ "why": asked.why });
            let reach = asked.reach.reach()?;
            reach.ask(Method::POST, &path, Some(&why)).await?;
            Ok(ExitCode::SUCCESS)
        }
        Verb::Examine(asked) => examine(asked).await,
        Verb::Answer(asked) => answer(asked).await,
        Verb::Programmes(asked) => rules::list(&asked.reach.reach()?).await,
        Verb::Programme(asked) => rules::keep(asked).await,
        Verb::Try(asked) => rules::run(asked).await,
        Verb::Decisions(asked) => decided::list(&asked.reach.reach()?).await,
        Verb::Verify(asked) => decided::verify(asked).await,
    }
}

/// Asks again until it is so.
async fn until(
    reach: &Reach,
    path: &str,
    is_so: impl Fn(&Json) -> bool,
    mut tell: impl FnMut(&Json),
) -> anyhow::Result<Json> {
    loop {
        let view = reach.ask(Method::GET, path, None).await?;
        if is_so(&view) {
            return Ok(view);
        }
        tell(&view);
        tokio::time::sleep(LOOK).await;
    }
}

async fn import(list: List) -> anyhow::Result<ExitCode> {
    let name = list.file.file_name().unwrap_or_default().to_string_lossy();
    let reach = list.reach.reach()?;
    let query = [("kind", list.kind.clone()), ("name", name.into_owned())];
    let sent = reach
        .send_file("/api/v1/card/imports", &query, &list.file)
        .await?;
    let here = format!("/api/v1/card/imports/{}", text(&sent["id"]));
    if let Some(codes) = &list.codes {
        let change = json!({ "codes": codes });
        reach.ask(Method::PATCH, &here, Some(&change)).await?;
    }
    let read = until(&reach, &here, |view| view["state"] != "reading", |_| ()).await?;
    if read["state"] != "read" {
        reach.ask(Method::DELETE, &here, None).await?;
        bail!("{}", text(&read["failure"]["detail"]));
    }
    let found = &read["found"];
    for point in found["points"].as_array().into_iter().flatten() {
        let mark = if point["refuses"] == true {
            "refused"
        } else {
            "told"
        };
        say(format!(
            "{mark}: {} rows: {}",
            point["count"],
            text(&point["said"]["en"])
        ));
    }
    say(format!(
        "{} rows, {} refused",
        found["rows"], found["refused"]
    ));
    let is_whole = found["refused"] == 0 || list.leave_out;
    if list.dry_run || !is_whole {
        reach.ask(Method::DELETE, &here, None).await?;
        say(match is_whole {
            true => "nothing was written, as was asked for; it can be",
            false => "nothing was written: mend those rows, or add --leave-out",
        });
        return Ok(if is_whole {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        });
    }
    let form = json!({ "leave_out": found["refused"], "source": {
        "title": list.title, "owner": list.owner, "as_of": list.as_of,
        "legal_basis": list.legal_basis, "purposes": list.purpose,
        "retention_days": list.keep_days } });
    reach
        .ask(Method::POST, &format!("{here}/commit"), Some(&form))
        .await?;
    let done = until(&reach, &here, |view| view["state"] != "writing", |_| ()).await?;
    if done["state"] != "written" {
        bail!("{}", text(&done["failure"]["detail"]));
    }
    let written = &done["written"];
    say(format!(
        "list {}: {} rows written, {} left out, of {}; {}",
        written["list"],
        written["written"],
        written["left_out"],
        written["rows"],
        text(&written["source"])
    ));
    Ok(ExitCode::SUCCESS)
}

async fn lists(reach: &Reach) -> anyhow::Result<ExitCode> {
    let lists = reach.ask(Method::GET, "/api/v1/card/lists", None).await?;
    for list in lists["items"].as_array().into_iter().flatten() {
        say(format!(
            "{}\t{}\t{}\t{} rows\t{}\t{}",
            list["number"],
            text(&list["kind"]),
            text(&list["as_of"]),
            list["rows"],
            text(&list["owner"]),
            text(&list["title"])
        ));
    }
    Ok(ExitCode::SUCCESS)
}

async fn examine(asked: Examine) -> anyhow::Result<ExitCode> {
    let reach = asked.reach.reach()?;
    let form = json!({ "decile_max": asked.decile_max, "rupiah_each": asked.rupiah_each,
        "not_excluding": asked.not_excluding });
    let begun = reach
        .ask(Method::POST, "/api/v1/card/runs", Some(&form))
        .await?;
    let number = begun["number"].clone();
    let run = |view: &Json| {
        let mut runs = view["items"].as_array().into_iter().flatten();
        runs.find(|run| run["number"] == number).cloned()
    };
    let mut doing = String::new();
    let view = until(
        &reach,
        "/api/v1/card/runs",
        |view| run(view).is_none_or(|run| run["state"] != "working"),
        |view| {
            let now =
                run(view).map_or_else(String::new, |run| text(&run["stage"]["doing"]).to_owned());
            if now != doing {
                say(format!("{now} …"));
                doing = now;
            }
        },
    )
    .await?;
    let run = run(&view).context("the examination is not there any more")?;
    if run["state"] != "done" {
        bail!("the examination failed: {}", text(&run["failure"]));
    }
    let result = &run["result"];
    say(format!(
        "{} records of {} persons in {} families; of {} rows of the running list nothing \
         speaks against {}",
        result["records"], result["persons"], result["families"], result["rows"], result["fine"]
    ));
    Ok(ExitCode::SUCCESS)
}

async fn answer(asked: Answer) -> anyhow::Result<ExitCode> {
    let mut query = vec![("by", asked.by), ("format", asked.format)];
    query.extend(asked.area.map(|area| ("area", area)));
    let reach = asked.reach.reach()?;
    let octets = reach.file("/api/v1/card/answer", &query).await?;
    say(String::from_utf8_lossy(&octets).trim_start_matches('\u{feff}'));
    Ok(ExitCode::SUCCESS)
}
