//! `betang cameras`: the register of cameras.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::cli::{point, say};
use crate::verb::client::{ReachArgs, first_line};
use crate::verb::import::{self, Import};
use crate::verb::shown::text;

/// What can be done with cameras.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Register a camera.
    Add(Add),
    /// Ask a camera what it has; save nothing.
    Probe(Probe),
    /// List cameras with their states.
    List(List),
    /// Register or change many cameras from a CSV or XLSX file.
    Import(Import),
}

/// A camera to be registered.
#[derive(Debug, Args)]
pub(crate) struct Add {
    #[command(flatten)]
    reach: ReachArgs,
    /// For URLs and speech: a-z, 0-9, -; unique.
    #[arg(long)]
    short: String,
    /// As officials call it.
    #[arg(long)]
    name: String,
    /// Kemendagri code.
    #[arg(long)]
    area: String,
    /// `rtsp://host[:port]/path`
    #[arg(long)]
    main: String,
    /// The small picture.
    #[arg(long)]
    sub: Option<String>,
    /// kantor, ruang_publik, proyek_strategis or lainnya.
    #[arg(long, default_value = "lainnya")]
    kind: String,
    /// `opd_…`
    #[arg(long)]
    agency: Option<String>,
    /// What the camera asks for.
    #[arg(long)]
    username: Option<String>,
    /// File that holds its password; - reads standard input.
    #[arg(long)]
    password_file: Option<PathBuf>,
    /// Pull it even when nobody watches.
    #[arg(long)]
    always_on: bool,
    /// Degrees north and east, with a comma between.
    #[arg(long, value_name = "LAT,LON", allow_hyphen_values = true)]
    point: Option<String>,
}

/// A camera to be asked.
#[derive(Debug, Args)]
pub(crate) struct Probe {
    #[command(flatten)]
    reach: ReachArgs,
    /// `rtsp://host[:port]/path`
    url: String,
    /// What the camera asks for.
    #[arg(long)]
    username: Option<String>,
    /// File that holds its password; - reads standard input.
    #[arg(long)]
    password_file: Option<PathBuf>,
}

/// Which cameras.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    reach: ReachArgs,
    /// In this state: idle, starting, live, stale, dark.
    #[arg(long)]
    state: Option<String>,
    /// In this area.
    #[arg(long)]
    area: Option<String>,
}

pub(crate) async fn run(verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Add(add) => register(add).await,
        Verb::Probe(probe) => ask(probe).await,
        Verb::List(which) => list(which).await,
        Verb::Import(import) => {
            import::run(import, "/api/v1/cameras/imports", import::More::default()).await
        }
    }
}

async fn register(add: Add) -> anyhow::Result<ExitCode> {
    let point = add.point.as_deref().map(point).transpose()?;
    let mut form = json!({
        "short": add.short, "name": add.name, "area": add.area, "kind": add.kind,
        "main": add.main, "always_on": add.always_on,
    });
    for (field, value) in [
        ("sub", add.sub.map(Json::from)),
        ("agency", add.agency.map(Json::from)),
        ("username", add.username.map(Json::from)),
        ("password", secret(add.password_file)?.map(Json::from)),
        ("point", point),
    ] {
        if let Some(value) = value {
            form[field] = value;
        }
    }
    let saved = add
        .reach
        .reach()?
        .ask(Method::POST, "/api/v1/cameras", Some(&form))
        .await?;
    say(format!("{} {}", text(&saved["id"]), text(&saved["short"])));
    Ok(ExitCode::SUCCESS)
}

async fn ask(probe: Probe) -> anyhow::Result<ExitCode> {
    let form = json!({
        "url": probe.url, "username": probe.username, "password": secret(probe.password_file)?,
    });
    let found = probe
        .reach
        .reach()?
        .ask(Method::POST, "/api/v1/cameras/probe", Some(&form))
        .await?;
    let size = match (found["width"].as_u64(), found["height"].as_u64()) {
        (Some(width), Some(height)) => format!("{width}x{height}"),
        _ => "size unknown".to_owned(),
    };
    let still = if found["still_jpeg_base64"].is_string() {
        "first picture received"
    } else {
        "no picture within six seconds"
    };
    say(format!("{} {size}, {still}", text(&found["codec"])));
    let playable = found["playable"].as_bool() == Some(true);
    Ok(if playable {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn list(which: List) -> anyhow::Result<ExitCode> {
    let filter = [("state", which.state), ("area", which.area)];
    for camera in which.reach.reach()?.all("/api/v1/cameras", &filter).await? {
        say(format!(
            "{:<24} {:<9} {:<14} {:<14} {}",
            text(&camera["short"]),
            text(&camera["state"]["word"]),
            text(&camera["state"]["reason"]),
            text(&camera["area"]["code"]),
            text(&camera["name"]),
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn secret(file: Option<PathBuf>) -> anyhow::Result<Option<String>> {
    file.map(|path| first_line(&path).context("the password"))
        .transpose()
}
