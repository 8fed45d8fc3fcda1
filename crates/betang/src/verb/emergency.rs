//! `betang emergency`: the sealed way in, for the day on which no other is left.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use reqwest::Method;

use crate::cli::say;
use crate::verb::client::ReachArgs;
use crate::verb::shown::{text, time};

const PATH: &str = "/api/v1/emergency";

/// What can be done with the envelope.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Make a code for an envelope, on the machine of the house; the one before is void. It
    /// is printed once, and nothing but its hash is kept.
    Seal(Which),
    /// Tell whether the envelope would open the door now.
    Show(Which),
    /// Take the code back: an envelope that somebody may have opened counts no more.
    Withdraw(Which),
}

/// Of which house.
#[derive(Debug, Args)]
pub(crate) struct Which {
    #[command(flatten)]
    reach: ReachArgs,
}

pub(crate) async fn run(verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Seal(which) => {
            let sealed = which.reach.reach()?.ask(Method::POST, PATH, None).await?;
            say(text(&sealed["code"]));
            say("write it down by hand, close the envelope over it and sign it;");
            say("it opens /masuk?darurat once, for one hour, and everybody is told");
            if sealed["replaced"] == true {
                say("the envelope before counts no more: destroy it");
            }
        }
        Verb::Show(which) => {
            let told = which.reach.reach()?.ask(Method::GET, PATH, None).await?;
            say(format!(
                "{} sealed {} used {} open until {}",
                text(&told["state"]),
                time(&told["sealed_us"]),
                time(&told["used_us"]),
                time(&told["until_us"])
            ));
        }
        Verb::Withdraw(which) => {
            which.reach.reach()?.ask(Method::DELETE, PATH, None).await?;
            say("the envelope counts no more");
        }
    }
    Ok(ExitCode::SUCCESS)
}
