//! `betang shifts`: whose turn it is at a desk, and what it leaves to the next.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::cli::say;
use crate::verb::client::ReachArgs;
use crate::verb::shown::{text, time};

/// What can be done with shifts.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Whose shift it is, and its log.
    Current(Desk),
    /// List shifts, the newest first.
    List(Desk),
    /// Begin a shift where none goes on.
    Begin(Desk),
    /// Write something into the log of a shift.
    Note(Say),
    /// Write what your shift leaves to the next; the text and its SHA-256 are shown.
    HandOver(HandOver),
    /// What a shift leaves to the next, and whether both have put their names to it.
    Left(One),
    /// Accept what was left, by the SHA-256 of what you have read: the shift is yours.
    Accept(Accept),
    /// End a shift that nobody hands over, with the reason.
    End(Say),
}

/// Which desk.
#[derive(Debug, Args)]
pub(crate) struct Desk {
    #[command(flatten)]
    reach: ReachArgs,
    /// Of this area.
    #[arg(long)]
    area: Option<String>,
}

/// One shift.
#[derive(Debug, Args)]
pub(crate) struct One {
    #[command(flatten)]
    reach: ReachArgs,
    /// `shf_…`
    shift: String,
}

/// Something to be said of a shift.
#[derive(Debug, Args)]
pub(crate) struct Say {
    #[command(flatten)]
    reach: ReachArgs,
    /// `shf_…`
    shift: String,
    /// What, or why.
    text: String,
}

/// A shift to be handed over.
#[derive(Debug, Args)]
pub(crate) struct HandOver {
    #[command(flatten)]
    reach: ReachArgs,
    /// `shf_…`
    shift: String,
    /// What the next should know beside what the house lists.
    #[arg(long)]
    message: Option<String>,
}

/// What is accepted.
#[derive(Debug, Args)]
pub(crate) struct Accept {
    #[command(flatten)]
    reach: ReachArgs,
    /// `shf_…`
    shift: String,
    /// The SHA-256 of the text that you have read.
    #[arg(long)]
    sha256: String,
}

pub(crate) async fn run(verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Current(desk) => current(desk).await,
        Verb::List(desk) => list(desk).await,
        Verb::Begin(desk) => {
            let form = json!({ "area": desk.area });
            let reach = desk.reach.reach()?;
            let begun = reach
                .ask(Method::POST, "/api/v1/shifts", Some(&form))
                .await?;
            say(line(&begun));
            Ok(ExitCode::SUCCESS)
        }
        Verb::Note(it) => {
            let form = json!({ "text": it.text });
            changed(&it.reach, &it.shift, "notes", &form).await
        }
        Verb::HandOver(it) => {
            let path = format!("/api/v1/shifts/{}/handover", it.shift);
            let form = json!({ "message": it.message });
            let reach = it.reach.reach()?;
            let written = reach.ask(Method::POST, &path, Some(&form)).await?;
            say_left(&written);
            Ok(ExitCode::SUCCESS)
        }
        Verb::Left(it) => {
            let path = format!("/api/v1/shifts/{}/handover", it.shift);
            let left = it.reach.reach()?.ask(Method::GET, &path, None).await?;
            say_left(&left);
            Ok(ExitCode::SUCCESS)
        }
        Verb::Accept(it) => {
            let form = json!({ "sha256": it.sha256 });
            changed(&it.reach, &it.shift, "accept", &form).await
        }
        Verb::End(it) => {
            let form = json!({ "why": it.text });
            changed(&it.reach, &it.shift, "end", &form).await
        }
    }
}

async fn current(desk: Desk) -> anyhow::Result<ExitCode> {
    let query: Vec<_> = desk.area.into_iter().map(|area| ("area", area)).collect();
    let found = desk
        .reach
        .reach()?
        .ask_about(Method::GET, "/api/v1/shifts/current", &query, None)
        .await?;
    let shift = &found["shift"];
    if shift.is_null() {
        say("tidak ada yang bertugas");
        return Ok(ExitCode::SUCCESS);
    }
    say(line(shift));
    for note in shift["notes"].as_array().into_iter().flatten() {
        say(format!(
            "{} {}: {}",
            time(&note["at_us"]),
            text(&note["by"]["name"]),
            text(&note["text"])
        ));
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(desk: Desk) -> anyhow::Result<ExitCode> {
    let filter = [("area", desk.area)];
    for shift in desk.reach.reach()?.all("/api/v1/shifts", &filter).await? {
        say(line(&shift));
    }
    Ok(ExitCode::SUCCESS)
}

async fn changed(
    reach: &ReachArgs,
    shift: &str,
    verb: &str,
    form: &Json,
) -> anyhow::Result<ExitCode> {
    let path = format!("/api/v1/shifts/{shift}/{verb}");
    let shift = reach.reach()?.ask(Method::POST, &path, Some(form)).await?;
    say(line(&shift));
    Ok(ExitCode::SUCCESS)
}

/// A shift in one line.
fn line(shift: &Json) -> String {
    let until = match shift["ended_us"] {
        Json::Null => "masih bertugas".to_owned(),
        _ => format!(
            "sampai {} ({})",
            time(&shift["ended_us"]),
            text(&shift["ended_how"])
        ),
    };
    format!(
        "{} {:<5} {:<14} {} sejak {} {until}",
        text(&shift["id"]),
        shift["number"],
        text(&shift["area"]["code"]),
        text(&shift["person"]["name"]),
        time(&shift["from_us"]),
    )
}

fn say_left(left: &Json) {
    say(text(&left["text"]));
    say(format!("sha256    {}", text(&left["sha256"])));
    let whole = if left["is_as_written"] == true {
        "utuh"
    } else {
        "TIDAK UTUH"
    };
    say(format!("naskah    {whole}"));
    for (label, person, at, entry) in [
        ("ditulis", "written_by", "written_us", "written_entry"),
        ("diterima", "accepted_by", "accepted_us", "accepted_entry"),
    ] {
        say(format!(
            "{label:<9} {} {} audit {}",
            text(&left[person]["name"]),
            time(&left[at]),
            text(&left[entry])
        ));
    }
}
