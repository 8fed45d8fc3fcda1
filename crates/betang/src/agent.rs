//! A site: `betang agent`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use base::geo::Point;
use clap::{Args, Subcommand};
use hall::enrol::code::Ticket;
use hall::link::apply::{About, Applicant, Step};
use hall::link::identity::Identity;
use serde_json::json;

use crate::cli::{point, say};

/// What a box does.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Ask the house to let this box in, and wait until it does.
    Enrol(Enrol),
    /// Say who this box is.
    Status(Status),
}

/// A box that asks to be let in.
#[derive(Debug, Args)]
pub(crate) struct Enrol {
    /// What the house has printed: https://HOST:PORT/c#CODE.
    ticket: String,
    /// Folder of the box's data.
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// The serial number on the case.
    #[arg(long)]
    serial: Option<String>,
    /// Where it stands: degrees north and east, with a comma between.
    #[arg(long, value_name = "LAT,LON", allow_hyphen_values = true)]
    at: Option<String>,
}

/// A box that says who it is.
#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Folder of the box's data.
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// As one JSON document.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Enrol(enrol) => ask(enrol).await,
        Verb::Status(status) => tell(&status),
    }
}

async fn ask(enrol: Enrol) -> anyhow::Result<ExitCode> {
    let ticket: Ticket = enrol.ticket.parse()?;
    if let Some(identity) = Identity::read(&enrol.data)? {
        bail!(
            "this box is {} of {} already; give --data another folder, or move {} away",
            identity.agent,
            identity.site,
            enrol.data.join("site.json").display()
        );
    }
    let at = enrol.at.as_deref().map(point).transpose()?;
    let about = About {
        serial: enrol.serial,
        point: at
            .map(serde_json::from_value::<Point>)
            .transpose()
            .context("--at")?,
    };
    let (host, port) = (ticket.host.clone(), ticket.port);
    let applicant = Applicant::new(&enrol.data, ticket, about)?;
    let identity = applicant
        .until_in(|step| match step {
            Step::Reached { words: None } => {
                say(format!("rumah {host}:{port} dikenali dari kode"));
            }
            Step::Reached { words: Some(words) } => {
                say(format!(
                    "rumah {host}:{port} menjawab; cocokkan enam kata ini"
                ));
                say("dengan yang terlihat di halaman penerimaan, jangan terima bila berbeda:");
                say(format!("\n    {words}\n"));
            }
            Step::Waiting { site, again } => say(format!(
                "menunggu diterima sebagai {site}; bertanya lagi dalam {} detik",
                again.as_secs()
            )),
            Step::Silent { why, again } => say(format!(
                "{why}; mencoba lagi dalam {} detik",
                again.as_secs()
            )),
            Step::In(_) => {}
        })
        .await?;
    say(format!("diterima: {} di {}", identity.agent, identity.site));
    Ok(ExitCode::SUCCESS)
}

fn tell(status: &Status) -> anyhow::Result<ExitCode> {
    let identity = Identity::read(&status.data)?;
    if status.json {
        let told = json!({
            "enrolled": identity.is_some(),
            "agent": identity.as_ref().map(|one| one.agent),
            "site": identity.as_ref().map(|one| &one.site),
            "certificate_until_us": identity.as_ref().map(|one| one.certificate_until_us),
        });
        say(told);
    } else {
        match &identity {
            Some(identity) => say(format!("{} di {}", identity.agent, identity.site)),
            None => say("kotak ini belum diterima di rumah mana pun"),
        }
    }
    Ok(ExitCode::SUCCESS)
}
