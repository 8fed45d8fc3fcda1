//! A file on its way into a running house: sent, shown row by row, and written
//! whole or not at all. Which rows they are, the path says.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::cli::say;
use crate::verb::client::{Reach, ReachArgs};

/// What to import, and how.
#[derive(Debug, Args)]
pub(crate) struct Import {
    #[command(flatten)]
    reach: ReachArgs,
    /// CSV or XLSX.
    file: PathBuf,
    /// Show what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Write the rows that can stand, and leave out those that are refused or there
    /// already.
    #[arg(long)]
    leave_out: bool,
    /// Let the columns of the file change what is there already.
    #[arg(long)]
    update: bool,
    /// What to call the file in the register of sources.
    #[arg(long)]
    title: Option<String>,
    /// Whose data it is.
    #[arg(long)]
    owner: Option<String>,
    /// The day whose state it tells.
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<String>,
}

/// What a kind of list has to say besides.
#[derive(Debug, Default)]
pub(crate) struct More {
    /// Columns, by their letters or headings, and the field that each is.
    pub(crate) columns: Vec<(String, String)>,
    /// What stands beside `leave_out` and `source` when it is written.
    pub(crate) commit: Vec<(&'static str, Json)>,
    /// What is known of the source besides.
    pub(crate) source: Vec<(&'static str, Json)>,
    /// Whether the owner is told with each look at the preview.
    pub(crate) owned: bool,
}

/// Imports a file at a path of the API. Fails when nothing is written; a dry run
/// fails when nothing would be.
pub(crate) async fn run(import: Import, path: &str, more: More) -> anyhow::Result<ExitCode> {
    let octets = std::fs::read(&import.file)
        .with_context(|| format!("the file {}", import.file.display()))?;
    let name = import.file.file_name().unwrap_or_default();
    let mode = if import.update { "update" } else { "add" };
    let reach = import.reach.reach()?;
    let mut preview = reach
        .upload(path, &name.to_string_lossy(), octets, mode)
        .await?;
    let here = format!("{path}/{}", word(&preview["id"]));
    if !more.columns.is_empty() {
        let columns = assigned(&preview, &more.columns)?;
        let change = json!({ "columns": columns });
        preview = reach.ask(Method::PATCH, &here, Some(&change)).await?;
    }
    let mut query: Vec<(&str, String)> = Vec::new();
    if let Some(owner) = import.owner.clone().filter(|_| more.owned) {
        query.push(("owner", owner));
        preview = reach.ask_about(Method::GET, &here, &query, None).await?;
    }
    let mut rows = items(&preview).to_vec();
    let mut next = preview["report"]["next"].clone();
    while let Some(cursor) = next.as_str() {
        let mut query = query.clone();
        query.push(("cursor", cursor.to_owned()));
        let page = reach.ask_about(Method::GET, &here, &query, None).await?;
        rows.extend_from_slice(items(&page));
        next = page["report"]["next"].clone();
    }
    tell(&preview, &rows);

    let blocks = |row: &&Json| ["refused", "exists"].contains(&word(&row["verdict"]));
    let blocked: Vec<&Json> = rows.iter().filter(blocks).map(|row| &row["row"]).collect();
    let counts = &preview["counts"];
    let writes = number(&counts["add"]) + number(&counts["change"]);
    let stands = writes > 0 && (blocked.is_empty() || import.leave_out);
    if import.dry_run || !stands {
        reach.ask(Method::DELETE, &here, None).await?;
        if stands {
            say("nothing was written, as was asked for; it can be");
            return Ok(ExitCode::SUCCESS);
        }
        say(if writes == 0 {
            "nothing was written: no row would change anything"
        } else {
            "nothing was written: mend those rows, or add --leave-out"
        });
        return Ok(ExitCode::FAILURE);
    }
    let mut commit = json!({
        "leave_out": blocked,
        "source": { "title": import.title, "owner": import.owner, "as_of": import.as_of },
    });
    for (key, value) in more.commit {
        commit[key] = value;
    }
    for (key, value) in more.source {
        commit["source"][key] = value;
    }
    let done = write(&reach, &here, &commit).await?;
    let tally = &done["tally"];
    say(format!(
        "written: {} added, {} changed, {} as they were, {} left out, of {} rows; {}",
        tally["added"],
        tally["changed"],
        tally["same"],
        tally["left_out"],
        tally["rows"],
        word(&done["source"]),
    ));
    Ok(ExitCode::SUCCESS)
}

/// The places of columns that are named by their letters or headings.
fn assigned(preview: &Json, said: &[(String, String)]) -> anyhow::Result<Vec<Json>> {
    let columns = preview["columns"].as_array().cloned().unwrap_or_default();
    said.iter()
        .map(|(name, field)| {
            let column = columns
                .iter()
                .find(|column| {
                    [word(&column["letters"]), word(&column["heading"])].contains(&&**name)
                })
                .with_context(|| format!("the file has no column {name}"))?;
            Ok(json!({ "column": column["column"], "field": field }))
        })
        .collect()
}

/// What cannot be written is not left lying either.
async fn write(reach: &Reach, here: &str, commit: &Json) -> anyhow::Result<Json> {
    let path = format!("{here}/commit");
    match reach.ask(Method::POST, &path, Some(commit)).await {
        Ok(done) => Ok(done),
        Err(error) => {
            // The first failure is the one to tell.
            let _ = reach.ask(Method::DELETE, here, None).await;
            Err(error)
        }
    }
}

fn tell(preview: &Json, rows: &[Json]) {
    for seen in preview["seen"].as_array().into_iter().flatten() {
        say(format!(
            "this file was imported before, as {}",
            word(&seen["source"])
        ));
    }
    let name = |key: &Json| {
        let fields = preview["fields"].as_array().into_iter().flatten();
        let found = fields
            .into_iter()
            .find(|field| field["key"] == *key)
            .map(|field| word(&field["name"]["en"]));
        found.unwrap_or_else(|| word(key)).to_owned()
    };
    for missing in preview["missing"].as_array().into_iter().flatten() {
        say(format!("no column is the {}", name(missing)));
    }
    for row in rows {
        let speaks = |key: &str| row[key].as_array().is_some_and(|some| !some.is_empty());
        let silent = !["faults", "notes", "changes"].iter().any(|key| speaks(key));
        if silent && word(&row["verdict"]) != "exists" {
            continue;
        }
        say(format!(
            "row {:<5} {:<8} {} {}",
            row["row"],
            word(&row["verdict"]),
            word(&row["key"]),
            word(&row["title"]),
        ));
        for change in row["changes"].as_array().into_iter().flatten() {
            say(format!(
                "    {}: {} -> {}",
                name(&change["field"]),
                word(&change["from"]),
                word(&change["to"]),
            ));
        }
        for key in ["faults", "notes"] {
            for remark in row[key].as_array().into_iter().flatten() {
                let todo = remark["todo"]["en"].as_str();
                say(format!(
                    "    {}{} {} {:?}: {}{}",
                    word(&remark["column"]),
                    row["row"],
                    name(&remark["field"]),
                    word(&remark["value"]),
                    word(&remark["said"]["en"]),
                    todo.map(|todo| format!("; {todo}")).unwrap_or_default(),
                ));
            }
        }
    }
    let counts = &preview["counts"];
    say(format!(
        "{} rows: {} new, {} changed, {} as they are, {} there already, {} refused; {} others passed over",
        counts["rows"],
        counts["add"],
        counts["change"],
        counts["same"],
        counts["exists"],
        counts["refused"],
        counts["skipped"],
    ));
}

fn items(preview: &Json) -> &[Json] {
    preview["report"]["items"]
        .as_array()
        .map_or(&[], Vec::as_slice)
}

fn word(value: &Json) -> &str {
    value.as_str().unwrap_or_default()
}

fn number(value: &Json) -> u64 {
    value.as_u64().unwrap_or(0)
}
