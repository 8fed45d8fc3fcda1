//! `betang families decisions` and `verify`: lists of who receives, and whether one is as it
//! was adopted.

use std::process::ExitCode;

use clap::Args;
use reqwest::Method;
use serde_json::Value as Json;

use crate::cli::say;
use crate::verb::client::{Reach, ReachArgs};
use crate::verb::shown::{count, rupiah, text};

/// Which list.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    reach: ReachArgs,
    /// The number of an adopted list.
    number: i64,
}

pub(super) async fn list(reach: &Reach) -> anyhow::Result<ExitCode> {
    for it in reach.all("/api/v1/card/decisions", &[]).await? {
        say(format!(
            "{}\t{}\t{}@{}\t{}\t{}\t{}",
            it["number"],
            state(&it),
            text(&it["slug"]),
            it["version"],
            text(&it["day"]),
            received(&it["tally"]),
            match it["adopted"]["decree"]["number"].as_str() {
                Some(decree) => format!("{}; decree {decree}", text(&it["title"])),
                None => text(&it["title"]).to_owned(),
            }
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn state(it: &Json) -> String {
    let stage = &it["stage"];
    match stage.is_object() {
        true => format!(
            "writing, {} of {}",
            count(&stage["done"]),
            count(&stage["of"])
        ),
        false => text(&it["state"]).to_owned(),
    }
}

/// How many receive by an adopted list; of others it follows from what people rule.
fn received(tally: &Json) -> String {
    let sum = |included: i64| Some(included + tally["held"].as_i64()?);
    match tally["included"].as_i64().and_then(sum) {
        Some(receive) => format!(
            "{} receive, {} in a cycle",
            count(&receive.into()),
            rupiah(&tally["rupiah"])
        ),
        None => "-".to_owned(),
    }
}

/// Fails where something differs from what was adopted.
pub(super) async fn verify(asked: Verify) -> anyhow::Result<ExitCode> {
    let path = format!("/api/v1/card/decisions/{}/verification", asked.number);
    let it = asked.reach.reach()?.ask(Method::POST, &path, None).await?;
    let differs = it["differs"].as_array().map_or(&[][..], Vec::as_slice);
    for one in differs {
        say(match one["of"].as_str() {
            Some(of) => format!("differs: {} {of}", what(&one["what"])),
            None => format!("differs: {}", what(&one["what"])),
        });
    }
    let (rows, parts) = (count(&it["rows"]), count(&it["parts"]));
    if it["is_sound"] == true {
        say(format!(
            "sound: {rows} rows derived again, {parts} parts of the annex made again"
        ));
        return Ok(ExitCode::SUCCESS);
    }
    say(format!(
        "not sound: {} differ, {} of them above; {rows} rows derived again, {parts} parts of \
         the annex made again",
        count(&it["count"]),
        count(&differs.len().into())
    ));
    Ok(ExitCode::FAILURE)
}

fn what(word: &Json) -> &str {
    match text(word) {
        "rules" => "the text of the programme",
        "facts" => "what the examination knew",
        "row" => "the row of",
        "record" => "a record, which does not open, behind the part of the annex of",
        "part" => "the part of the annex of",
        "tally" => "how many stand where",
        "seal" => "the SHA-256 in the decree",
        "audit" => "the SHA-256 in the audit",
        other => other,
    }
}
