//! Simulated cameras, viewers and servers as processes of their own, for tests and
//! benches.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use hall::clock::Clock;
use hall::task::Tasks;
use sim::fault::Fault;
use sim::film::{Codec, Script};
use sim::live::camera::Camera;
use sim::live::library::Library;
use sim::live::{ask, floor, limit, pages, rtsp, viewers};
use sim::picture::Scene;

#[derive(Debug, Parser)]
#[command(name = "sim", about = "A simulated world")]
enum Cli {
    /// Cameras behind one RTSP port: `/cam-1/main`, `/cam-1/sub`, `/cam-2/main`, …
    Cameras {
        /// Folder of the films; they are encoded there when first wanted.
        #[arg(long)]
        films: PathBuf,
        /// Where to listen.
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
        /// How many.
        #[arg(long, default_value_t = 1)]
        count: usize,
        /// What all randomness follows from.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Make something wrong with a camera.
    Fault {
        /// `rtsp://host:port/name`
        camera: String,
        /// What: none, drop, freeze, loss=PERMILLE, password, h265, long-gop,
        /// clock=SECONDS, stamps, resize, flood.
        fault: Fault,
    },
    /// Many WHEP viewers of a server; prints what they got and what it cost.
    Viewers(viewers::Viewers),
    /// The smallest forwarder of a camera, to hold a server against.
    Floor(floor::Floor),
    /// What this machine could do if a server cost nothing.
    Limit(limit::Limit),
    /// How long a page of an API takes.
    Pages(pages::Pages),
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(run(Cli::parse())),
        Err(error) => Err(error.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("sim: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    match cli {
        Cli::Cameras {
            films,
            listen,
            count,
            seed,
        } => cameras(&films, listen, count, seed).await,
        Cli::Fault { camera, fault } => {
            say(&ask::fault(&camera, fault).await?);
            Ok(())
        }
        Cli::Viewers(viewers) => viewers.run().await,
        Cli::Floor(floor) => floor.run().await,
        Cli::Limit(limit) => limit.run().await,
        Cli::Pages(pages) => pages.run().await,
    }
}

async fn cameras(
    films: &std::path::Path,
    listen: SocketAddr,
    count: usize,
    seed: u64,
) -> anyhow::Result<()> {
    let library = Arc::new(Library::open(films)?);
    let listener = TcpListener::bind(listen)?;
    let port = listener.local_addr()?.port();
    let cameras = (0..count).map(|at| {
        let scene = Scene::ALL[at % Scene::ALL.len()];
        let scripts = [Script::main(scene), Script::sub(scene)];
        Camera::new(
            &format!("cam-{}", at + 1),
            scripts,
            Codec::H264,
            None,
            false,
            &library,
        )
    });
    let cameras: Vec<_> = cameras.collect();
    let tasks = Tasks::new();
    let wanted = cameras
        .iter()
        .take(Scene::ALL.len())
        .flat_map(Camera::scripts);
    for script in wanted.collect::<Vec<_>>() {
        let library = Arc::clone(&library);
        let made = move || library.get(&script).map(|_| ());
        tasks.blocking("sim.film", made).await??;
    }
    rtsp::Server::start(listener, cameras, Clock::real(), &tasks, seed)?;
    say(&format!("port {port}"));
    tokio::signal::ctrl_c().await?;
    tasks.shutdown(Duration::from_secs(1)).await;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "who starts it reads the port here")]
fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "the last word of a program that ends")]
fn complain(line: &str) {
    eprintln!("{line}");
}
