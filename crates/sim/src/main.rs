//! Simulated cameras, viewers and servers as processes of their own, for tests and
//! benches.

use std::collections::BTreeMap;
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
use sim::link::SECOND;
use sim::link::figures::{self, Telemetry};
use sim::link::pipe::Line;
use sim::link::plan::{self, Weather};
use sim::link::village::{self, Looks};
use sim::link::world::Mutation;
use sim::live::camera::Camera;
use sim::live::library::Library;
use sim::live::{
    ask, dish, families, floor, limit, net, onvif, pages, recorder, rtsp, sites, viewers,
};
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
    /// Many boxes of a centre; prints how they return and whether it answers them.
    Sites(sites::Sites),
    /// How long a page of an API takes.
    Pages(pages::Pages),
    /// A network of delay, loss and cuts between TUN devices, told by lines.
    Net(net::Net),
    /// A recorder with many channels behind one RTSP port; lines tell it what to be.
    Recorder(recorder::Process),
    /// A camera with motors that is asked by ONVIF; lines tell it what to be.
    Onvif(onvif::Onvif),
    /// A Starlink dish; a word on a line changes how it is.
    Dish(dish::Dish),
    /// Lists of families as files, and who is who in them.
    Families(families::Families),
    /// Days of villages and their links in virtual time; says which promise broke.
    Link(Link),
}

#[derive(Debug, clap::Args)]
struct Link {
    /// What all randomness of the first day follows from.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many days.
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// How many sites.
    #[arg(long, default_value_t = 10)]
    sites: usize,
    /// With wiped, set back and copied cards, wrong clocks and full disks.
    #[arg(long)]
    foul: bool,
    /// Whether the minute ledger tells each day as it was, instead.
    #[arg(long, conflicts_with_all = ["foul", "figures"])]
    ledger: bool,
    /// What it costs instead: octets on the wire and virtual seconds.
    #[arg(long)]
    figures: bool,
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
        Cli::Families(lists) => {
            say(&lists.run()?);
            Ok(())
        }
        Cli::Recorder(recorder) => recorder.run(say).await,
        Cli::Onvif(camera) => camera.run(&Tasks::new(), say).await,
        Cli::Dish(dish) => dish.run(&Tasks::new(), say).await,
        Cli::Viewers(viewers) => viewers.run().await,
        Cli::Floor(floor) => floor.run().await,
        Cli::Limit(limit) => limit.run().await,
        Cli::Sites(sites) => sites.run().await,
        Cli::Pages(pages) => pages.run().await,
        Cli::Net(net) => net.run().await,
        Cli::Link(link) if link.figures => {
            costs(link.seed);
            Ok(())
        }
        Cli::Link(link) if link.ledger => minutes(&link),
        Cli::Link(link) => days(&link),
    }
}

fn days(link: &Link) -> anyhow::Result<()> {
    let weather = if link.foul {
        Weather::Foul
    } else {
        Weather::Rough
    };
    let (mut made, mut bad) = (0, 0);
    for seed in link.seed..link.seed.saturating_add(link.seeds) {
        let world = plan::live(seed, link.sites, weather, Mutation::None);
        let broken = world.judge();
        made += world.oracle.made();
        if !broken.is_empty() {
            bad += 1;
            let mut counts = BTreeMap::new();
            for it in broken {
                *counts.entry(it).or_insert(0) += 1;
            }
            say(&format!("seed {seed}: {counts:?}"));
        }
    }
    say(&format!(
        "{} days, {made} records, {bad} days with a broken promise",
        link.seeds
    ));
    anyhow::ensure!(bad == 0, "a promise was broken");
    Ok(())
}

fn minutes(link: &Link) -> anyhow::Result<()> {
    let (mut slots, mut known, mut unknown, mut wrong) = (0, 0, 0, 0);
    for seed in link.seed..link.seed.saturating_add(link.seeds) {
        let judged = village::day(seed, link.sites, Looks::Honest);
        for it in &judged.wrong {
            say(&format!("seed {seed}: {it:?}"));
        }
        slots += judged.slots;
        known += judged.known;
        unknown += judged.unknown.len();
        wrong += judged.wrong.len();
    }
    say(&format!(
        "{} days, {slots} minutes of villages: {known} judged, {wrong} of them otherwise than they were; {unknown} whole ones unknown",
        link.seeds
    ));
    anyhow::ensure!(wrong == 0, "a minute was judged otherwise than it was");
    Ok(())
}

fn costs(seed: u64) {
    for (name, kind) in [("usual", Telemetry::Usual), ("wild", Telemetry::Wild)] {
        let octets = figures::octets_per_sample(kind);
        say(&format!(
            "a sample of twenty fields, {name}: {octets:.1} octets in a frame of 500"
        ));
    }
    for (name, line) in [
        ("60 ms, 50 Mbit/s", Line::FAST),
        ("600 ms, 2 Mbit/s", Line::VSAT),
        ("1,200 ms, 40 kbit/s, 2 % lost", Line::POOR),
    ] {
        say(&format!(
            "three days over {name}: {}",
            figures::drain(line, Telemetry::Usual, seed)
        ));
    }
    let all_in = figures::herd(3_000, seed);
    say(&format!(
        "3,000 sites after an outage: all in after {} s",
        all_in / SECOND
    ));
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
