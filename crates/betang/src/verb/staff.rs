//! `betang staff`: who works here.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::cli::{ReachArgs, say};

/// What can be done with staff.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// List people with their roles.
    List(List),
}

/// Which people.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    reach: ReachArgs,
}

pub(crate) async fn run(verb: Verb) -> anyhow::Result<ExitCode> {
    let Verb::List(which) = verb;
    for person in which.reach.reach().all("/api/v1/staff").await? {
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
