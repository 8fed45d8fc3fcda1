//! What can be asked of the whole house on the command line.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use hall::config::Config;

use crate::cli::{environment, say};
use crate::verb::{
    areas, audit, backup, cameras, emergency, families, fault, incidents, shifts, sites, staff,
    upgrade, villages, witness,
};
use crate::{compose, demo, doctor, link, probe, serve};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the house.
    Serve(Setting),
    /// Run the house with a simulated province, marked as one on every page.
    Demo(Demo),
    /// Sites of a running house, and the boxes that stand there.
    #[command(subcommand)]
    Sites(sites::Verb),
    /// Cameras of a running house.
    #[command(subcommand)]
    Cameras(cameras::Verb),
    /// Families of a running house: their lists, the running list answered, and who should
    /// receive.
    #[command(subcommand)]
    Families(families::Verb),
    /// Villages of a running house: lists, what is said of them, and their points.
    #[command(subcommand)]
    Villages(villages::Verb),
    /// Incidents of a running house: what is wrong, and what is being done about it.
    #[command(subcommand)]
    Incidents(Box<incidents::Verb>),
    /// Shifts of a running house, and what they leave to the next.
    #[command(subcommand)]
    Shifts(shifts::Verb),
    /// Which addresses answer, asked from here; needs no house.
    Probe(probe::Probe),
    /// Which records of a file are of one person; needs no house.
    Link(link::Link),
    /// Areas of a running house.
    #[command(subcommand)]
    Areas(areas::Verb),
    /// Staff of a running house.
    #[command(subcommand)]
    Staff(staff::Verb),
    /// The sealed way in, for the day on which no other is left.
    #[command(subcommand)]
    Emergency(emergency::Verb),
    /// The chain of what has been done.
    #[command(subcommand)]
    Audit(AuditVerb),
    /// Take a backup of all of the house, beside it while it runs; keys apart.
    Backup(backup::Backup),
    /// Make a house from a backup and its keys, in an empty place.
    Restore(backup::Restore),
    /// Copy all tables between SQLite and PostgreSQL, while the house stands still.
    Copy(backup::Copy),
    /// Bring the data of an older version to this one, with a way back.
    Upgrade(upgrade::Upgrade),
    /// Take the copy that a newer version has made before it changed the data.
    Rollback(upgrade::Rollback),
    /// Say what is wrong with this machine and the settings, and what to do about it.
    Doctor(doctor::Doctor),
    /// How the house is set up.
    #[command(subcommand)]
    Config(ConfigVerb),
    /// Print the description of the API (OpenAPI 3.1).
    Openapi,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Demo {
    #[command(subcommand)]
    verb: Option<DemoVerb>,
    #[command(flatten)]
    setting: Setting,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DemoVerb {
    /// Make something wrong with a simulated camera, or right again.
    Fault(fault::Wrong),
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditVerb {
    /// Walk the chain and name the first row that is not as it was written; hold it against
    /// checkpoints that somebody kept outside of the house.
    Verify(audit::Verify),
    /// Make a checkpoint now, for a witness to take along.
    Checkpoint(witness::Checkpoint),
    /// Take out what proves one entry to somebody who has nothing of the house.
    Proof(witness::Proof),
    /// Print the key that checkpoints are signed with, as witnesses need it.
    Key(Setting),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigVerb {
    /// Print every value and where it comes from; secrets as dots.
    Explain(Box<Setting>),
    /// Print a file with every key, its default and what it is.
    Example,
}

/// Where values come from; the command line goes before the rest.
#[derive(Debug, Default, Args)]
pub(crate) struct Setting {
    /// TOML file with settings.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Folder of the data.
    #[arg(long)]
    data: Option<String>,
    /// Address of the pages and the API.
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<String>,
    /// Address of the media port.
    #[arg(long, value_name = "ADDR:PORT")]
    media: Option<String>,
    /// Address of the port for sites.
    #[arg(long, value_name = "ADDR:PORT")]
    sites: Option<String>,
    /// Addresses that viewers are told, with commas between.
    #[arg(long, value_name = "HOST,...")]
    announce: Option<String>,
    /// own, off, or a folder with cert.pem and key.pem.
    #[arg(long)]
    tls: Option<String>,
    /// Folder of a witness that gets a copy of each checkpoint of the audit.
    #[arg(long, value_name = "DIR")]
    checkpoints: Option<String>,
    /// postgres://… instead of SQLite in the data folder.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

impl Setting {
    /// Everything put together.
    pub(crate) fn load(&self) -> anyhow::Result<Config> {
        let flags: Vec<_> = [
            ("data", &self.data),
            ("listen", &self.listen),
            ("media", &self.media),
            ("sites", &self.sites),
            ("announce", &self.announce),
            ("tls", &self.tls),
            ("checkpoints", &self.checkpoints),
            ("database", &self.database),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value.clone()?)))
        .collect();
        Ok(Config::load(self.config.as_deref(), environment(), &flags)?)
    }
}

pub(crate) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(setting) => serve::run(setting.load()?, async |_| Ok(())).await,
        Command::Demo(Demo {
            verb: None,
            setting,
        }) => demo::run(setting.load()?).await,
        Command::Demo(Demo {
            verb: Some(DemoVerb::Fault(wrong)),
            ..
        }) => fault::run(wrong).await,
        Command::Sites(verb) => sites::run(verb).await,
        Command::Cameras(verb) => cameras::run(verb).await,
        Command::Families(verb) => families::run(verb).await,
        Command::Villages(verb) => villages::run(verb).await,
        Command::Incidents(verb) => incidents::run(*verb).await,
        Command::Shifts(verb) => shifts::run(verb).await,
        Command::Probe(asked) => probe::run(asked).await,
        Command::Link(link) => link::run(link).await,
        Command::Areas(verb) => areas::run(verb).await,
        Command::Staff(verb) => staff::run(verb).await,
        Command::Emergency(verb) => emergency::run(verb).await,
        Command::Audit(AuditVerb::Verify(asked)) => audit::verify(&asked).await,
        Command::Audit(AuditVerb::Checkpoint(asked)) => witness::checkpoint(&asked).await,
        Command::Audit(AuditVerb::Proof(asked)) => witness::proof(&asked).await,
        Command::Audit(AuditVerb::Key(setting)) => witness::key(&setting.load()?),
        Command::Backup(asked) => backup::take(&asked).await,
        Command::Restore(asked) => backup::restore(&asked).await,
        Command::Copy(asked) => backup::copy(&asked).await,
        Command::Upgrade(asked) => upgrade::upgrade(&asked).await,
        Command::Rollback(asked) => upgrade::back(&asked).await,
        Command::Doctor(asked) => doctor::run(&asked).await,
        Command::Config(ConfigVerb::Explain(setting)) => {
            let config = setting.load()?;
            for value in config.explain() {
                say(format!(
                    "{} = {:?}  # {}",
                    value.key, value.value, value.origin
                ));
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Config(ConfigVerb::Example) => {
            say(Config::example());
            Ok(ExitCode::SUCCESS)
        }
        Command::Openapi => {
            let description = compose::description().context("the API cannot be described")?;
            say(description);
            Ok(ExitCode::SUCCESS)
        }
    }
}
