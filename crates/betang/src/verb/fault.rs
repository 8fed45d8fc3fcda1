//! `betang demo fault`: makes something wrong with a simulated camera.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use sim::fault::Fault;
use sim::live::ask;

use crate::cli::say;
use crate::demo;

/// What is to be wrong with which camera.
#[derive(Debug, Args)]
pub(crate) struct Wrong {
    /// Data folder of the running demonstration.
    #[arg(long)]
    data: PathBuf,
    /// The short name of the camera.
    camera: String,
    /// none, drop, freeze, loss=PERMILLE, password, h265, long-gop, clock=SECONDS,
    /// stamps, resize or flood.
    fault: Fault,
}

pub(crate) async fn run(wrong: Wrong) -> anyhow::Result<ExitCode> {
    let file = wrong.data.join(demo::ADDRESS);
    let at = std::fs::read_to_string(&file)
        .with_context(|| format!("no demonstration runs there: {}", file.display()))?;
    let camera = format!("rtsp://{at}/{}", wrong.camera);
    say(ask::fault(&camera, wrong.fault).await?);
    Ok(ExitCode::SUCCESS)
}
