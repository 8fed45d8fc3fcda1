//! A site: `betang agent`.
//!
//! One process, no inbound port. It keeps what happens in its outbox, and the line
//! carries it to the house when there is one.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base::geo::Point;
use clap::{Args, Subcommand};
use hall::clock::Clock;
use hall::enrol::code::Ticket;
use hall::link::apply::{About, Applicant, Step};
use hall::link::identity::Identity;
use hall::link::kinds;
use hall::link::site::{Desk, Runner, STATUS};
use hall::link::stick;
use hall::link::vitals::Vitals;
use hall::task::Tasks;
use prost::Message as _;
use serde_json::{Value as Json, json};
use sync::identity::Stream;
use sync::record::{Draft, Kind};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::{point, say};

/// So long what is under way may take to end.
const GRACE: Duration = Duration::from_secs(5);

/// A box.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Agent {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    live: Live,
}

/// A box that runs.
#[derive(Debug, Args)]
struct Live {
    /// Folder of the box's data.
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// Seconds between two samples of how the box is.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    every: u64,
    /// What is logged: error, warn, info, debug, trace, or a filter.
    #[arg(long, default_value = "info")]
    log: String,
}

/// What else a box does.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Ask the house to let this box in, and wait until it does.
    Enrol(Enrol),
    /// Say who this box is.
    Status(Status),
    /// Write what waits for the house into a file, to be carried there. The box must not
    /// be running.
    Export(Carried),
    /// Take in the receipt that came back for such a file. The box must not be running.
    Receipt(Carried),
}

/// A file that is carried.
#[derive(Debug, Args)]
struct Carried {
    /// Where it is to be written, or lies.
    file: PathBuf,
    /// Folder of the box's data.
    #[arg(long, default_value = "data")]
    data: PathBuf,
}

/// A box that asks to be let in.
#[derive(Debug, Args)]
struct Enrol {
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
struct Status {
    /// Folder of the box's data.
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// As one JSON document.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(agent: Agent) -> anyhow::Result<ExitCode> {
    match agent.verb {
        None => live(agent.live).await,
        Some(Verb::Enrol(enrol)) => ask(enrol).await,
        Some(Verb::Status(status)) => tell(&status),
        Some(Verb::Export(carried)) => export(carried).await,
        Some(Verb::Receipt(carried)) => receipt(carried).await,
    }
}

/// Runs until it is told to end. What was kept is on the disk by then.
async fn live(live: Live) -> anyhow::Result<ExitCode> {
    crate::log::begin(&live.log)?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (runner, desk) = Runner::open(&live.data, Clock::real(), seed()?).await?;
    let tasks = Tasks::new();
    let stop = tasks.soft().clone();
    tasks.spawn("agent.line", async move { runner.run(&stop).await });
    let stop = tasks.soft().clone();
    let every = Duration::from_secs(live.every);
    tasks.spawn("agent.vitals", async move {
        stop.run_until_cancelled(sample(&desk, &live.data, every))
            .await;
    });
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tasks.shutdown(GRACE).await;
    Ok(ExitCode::SUCCESS)
}

async fn export(carried: Carried) -> anyhow::Result<ExitCode> {
    let now = Clock::real().now();
    let (file, pieces) = stick::export(&carried.data, now, seed()?).await?;
    std::fs::write(&carried.file, &file).with_context(|| format!("{}", carried.file.display()))?;
    say(format!("{pieces} catatan, {} oktet", file.len()));
    Ok(ExitCode::SUCCESS)
}

async fn receipt(carried: Carried) -> anyhow::Result<ExitCode> {
    let file =
        std::fs::read(&carried.file).with_context(|| format!("{}", carried.file.display()))?;
    stick::receipt(&carried.data, &file, Clock::real().now(), seed()?).await?;
    say("tanda terima dicatat");
    Ok(ExitCode::SUCCESS)
}

fn seed() -> anyhow::Result<u64> {
    let mut seed = [0; 8];
    SystemRandom::new()
        .fill(&mut seed)
        .map_err(|_| anyhow::anyhow!("the system has no randomness"))?;
    Ok(u64::from_ne_bytes(seed))
}

/// Says that it has started, and from then on how it is.
async fn sample(desk: &Desk, folder: &Path, every: Duration) {
    let draft = |kind: Kind| Draft {
        kind,
        ver: 1,
        body: Vitals::read(folder).encode_to_vec(),
    };
    let mut kept = desk.keep(Stream::Event, draft(kinds::STARTED)).await;
    let mut ticks = tokio::time::interval(every);
    // After a suspension one sample, and not one for each that was missed.
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        if let Err(error) = kept {
            tracing::warn!(%error, "how the box is could not be kept");
        }
        ticks.tick().await;
        kept = desk.keep(Stream::Sample, draft(kinds::VITALS)).await;
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
    let live = std::fs::read(status.data.join(STATUS))
        .ok()
        .and_then(|text| serde_json::from_slice::<Json>(&text).ok());
    if status.json {
        say(json!({
            "enrolled": identity.is_some(),
            "agent": identity.as_ref().map(|one| one.agent),
            "site": identity.as_ref().map(|one| &one.site),
            "certificate_until_us": identity.as_ref().map(|one| one.certificate_until_us),
            "live": live,
        }));
        return Ok(ExitCode::SUCCESS);
    }
    match &identity {
        Some(identity) => say(format!("{} di {}", identity.agent, identity.site)),
        None => say("kotak ini belum diterima di rumah mana pun"),
    }
    for chain in live
        .iter()
        .flat_map(|live| live["chains"].as_array())
        .flatten()
    {
        say(format!(
            "{:<7} {} tersimpan {:>8} diterima pusat {:>8}",
            chain["stream"].as_str().unwrap_or("-"),
            chain["epoch"].as_str().unwrap_or("-"),
            chain["head"],
            chain["acked"],
        ));
    }
    Ok(ExitCode::SUCCESS)
}
