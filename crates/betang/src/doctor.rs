//! `betang doctor`: what is wrong with a machine and with how a house is set up on it.
//!
//! It looks and changes nothing; the one thing it writes is a file of 4 KiB in the data
//! folder, to measure how fast the disk keeps it, and that goes again. Beside a running house
//! it asks the kernel about that process, where it may, and not about itself.
//!
//! Each part is a file: it measures, and says for each thing what was measured, why it
//! matters and what to do. The program ends with 0 where all is well, 1 where something
//! will go wrong or is not for everybody, 2 where something does not work.

mod certificates;
mod clock;
mod database;
mod disk;
mod finding;
mod limits;
mod ports;
mod reached;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use hall::clock::Clock;
use hall::config::Config;
use serde_json::{Value as Json, json};

use crate::cli::say;
use crate::house::Setting;
use finding::{Finding, Language, Level, said};

/// What is looked at, and in which words it is said.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    setting: Setting,
    /// In which language: id or en.
    #[arg(long, value_enum, default_value_t = Language::Id)]
    lang: Language,
    /// One JSON object, in both languages.
    #[arg(long)]
    json: bool,
    /// Read the whole database, however large.
    #[arg(long)]
    deep: bool,
    /// Folder that holds backups, each in a folder of its own: how old is the newest?
    #[arg(long, value_name = "FOLDER")]
    backups: Option<PathBuf>,
    /// A server of time (SNTP, RFC 4330) to hold the clock against.
    #[arg(long, value_name = "HOST[:PORT]")]
    ntp: Option<String>,
}

/// What a part may ask.
struct Asked<'a> {
    config: &'a Config,
    clock: Clock,
    /// The process that serves this data folder, where there is one.
    running: Option<i32>,
    deep: bool,
    backups: Option<&'a PathBuf>,
    ntp: Option<&'a str>,
}

pub(crate) async fn run(doctor: &Doctor) -> anyhow::Result<ExitCode> {
    let findings = found(doctor).await;
    let worst = findings.iter().map(|it| it.level).max();
    let code = worst.unwrap_or(Level::Good).code();
    if doctor.json {
        let all: Vec<Json> = findings.iter().map(Finding::json).collect();
        let version = env!("CARGO_PKG_VERSION");
        say(json!({ "betang": version, "code": code, "findings": all }));
        return Ok(ExitCode::from(code));
    }
    for finding in &findings {
        say(finding.text(doctor.lang));
    }
    let count = |level| findings.iter().filter(|it| it.level == level).count();
    let (bad, warnings) = (count(Level::Bad), count(Level::Warning));
    let looked = findings.len();
    let sum = said(
        format!("{looked} hal diperiksa: {bad} rusak, {warnings} perlu perhatian"),
        format!("{looked} things looked at: {bad} bad, {warnings} warnings"),
    );
    say(sum.of(doctor.lang));
    Ok(ExitCode::from(code))
}

async fn found(doctor: &Doctor) -> Vec<Finding> {
    let config = match doctor.setting.load() {
        Ok(config) => config,
        // Nothing else can be looked at: what would it be held against?
        Err(error) => {
            return vec![Finding::bad(
                "config",
                said(format!("{error:#}"), format!("{error:#}")),
                said(
                    "pengaturan yang tidak dikenal atau salah tidak dipakai diam-diam: rumah tidak mulai",
                    "a setting that is unknown or wrong is not used silently: the house does not start",
                ),
                said(
                    "perbaiki baris itu; semua kunci: betang config example",
                    "mend that line; all keys: betang config example",
                ),
            )];
        }
    };
    let set = config.explain().iter().filter(|it| it.origin != "default");
    let set = set.count();
    let mut findings = vec![Finding::good(
        "config",
        said(
            format!("{set} pengaturan dipilih, semuanya dikenal"),
            format!("{set} settings were chosen, all of them known"),
        ),
    )];
    let asked = Asked {
        config: &config,
        clock: Clock::real(),
        running: ports::running(&config.data).await,
        deep: doctor.deep,
        backups: doctor.backups.as_ref(),
        ntp: doctor.ntp.as_deref(),
    };
    findings.extend(ports::look(&asked));
    findings.extend(reached::look(&asked));
    findings.extend(certificates::look(&asked));
    findings.extend(disk::look(&asked));
    findings.extend(limits::look(&asked));
    findings.extend(database::look(&asked).await);
    findings.extend(clock::look(&asked).await);
    findings
}

/// A line of a table of the kernel, `key: value` or `key value`.
fn line_of<'t>(table: &'t str, key: &str) -> Option<&'t str> {
    table
        .lines()
        .find_map(|line| line.strip_prefix(key))
        .map(|rest| rest.trim_start_matches(':').trim())
}
