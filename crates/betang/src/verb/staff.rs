//! `betang staff`: who works here.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::json;

use crate::cli::say;
use crate::verb::client::{ReachArgs, first_line};

/// What can be done with staff.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Add a person with one role; more are given in Pengaturan.
    Add(Add),
    /// List people with their roles.
    List(List),
}

/// A new person.
#[derive(Debug, Args)]
pub(crate) struct Add {
    #[command(flatten)]
    reach: ReachArgs,
    /// What to log in by: 2 to 64 of a-z 0-9 . - _ @.
    #[arg(long)]
    username: String,
    /// By what name.
    #[arg(long)]
    name: String,
    /// File that holds the first password; - reads standard input.
    #[arg(long, value_name = "FILE")]
    password_file: PathBuf,
    /// pimpinan, operator, konektivitas, bansos, petugas, relawan, pengawas, admin
    /// or layar.
    #[arg(long)]
    role: String,
    /// Kemendagri code of the area it is for; without, all.
    #[arg(long, value_name = "CODE")]
    area: Option<String>,
    /// `opd_…` of the office it is for; without, all.
    #[arg(long, value_name = "ID")]
    agency: Option<String>,
    /// Until before when, for example 2027-01-01T00:00:00+07:00; a relawan has one.
    #[arg(long, value_name = "TIME")]
    until: Option<Timestamp>,
}

/// Which people.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    reach: ReachArgs,
    /// Part of the name or user name.
    #[arg(long)]
    q: Option<String>,
}

pub(crate) async fn run(verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Add(add) => register(add).await,
        Verb::List(which) => list(which).await,
    }
}

async fn register(add: Add) -> anyhow::Result<ExitCode> {
    let password = first_line(&add.password_file).context("the password")?;
    let form = json!({
        "username": add.username,
        "name": add.name,
        "password": password,
        "grants": [{
            "role": add.role,
            "area": add.area,
            "agency": add.agency,
            "to_us": add.until.map(Timestamp::as_microsecond),
        }],
    });
    let saved = add
        .reach
        .reach()?
        .ask(Method::POST, "/api/v1/staff", Some(&form))
        .await?;
    let id = saved["id"].as_str().unwrap_or("-");
    say(format!("{id} {}", add.username));
    Ok(ExitCode::SUCCESS)
}

async fn list(which: List) -> anyhow::Result<ExitCode> {
    let filter = [("q", which.q)];
    for person in which.reach.reach()?.all("/api/v1/staff", &filter).await? {
        let roles: Vec<_> = person["grants"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|grant| grant["role"].as_str())
            .collect();
        let word = |key: &str| person[key].as_str().unwrap_or("-").to_owned();
        say(format!(
            "{:<20} {:<28} {}",
            word("username"),
            word("name"),
            roles.join(" ")
        ));
    }
    Ok(ExitCode::SUCCESS)
}
