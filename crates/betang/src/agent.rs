//! A site: `betang agent`.
//!
//! One process, no inbound port. It keeps what happens in its outbox, and the line
//! carries it to the house when there is one. Under [`supervise`] it may change its
//! program.

mod measure;
mod status;
mod supervise;
mod update;

use std::ffi::OsString;
use std::os::fd::AsFd as _;
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
use hall::link::fetch::Fetcher;
use hall::link::identity::Identity;
use hall::link::kinds;
use hall::link::outbox;
use hall::link::site::{Desk, Runner};
use hall::link::slots::{LINKED, OPENED, Slots};
use hall::link::stick;
use hall::link::upkeep::{self, Hands, Outfit};
use hall::link::vitals::Vitals;
use hall::task::Tasks;
use prost::Message as _;
use reach::agent::{BUDGET, BUDGETS, Outlook, SLOT, SLOTS, dish, speed};
use sync::anchor::{self, Anchor};
use sync::identity::Stream;
use sync::ledger::Slot;
use sync::record::Draft;
use sync::trial::Program;
use tokio::net::unix::pipe;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{oneshot, watch};

use crate::cli::{point, protocols, say};

/// So long what is under way may take to end.
const GRACE: Duration = Duration::from_secs(5);

/// Between two samples, where octets are dear.
const SPARING: Duration = Duration::from_secs(300);

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
    /// Seconds that a configuration of the house is tried without reaching it.
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    config_window: u64,
    /// Where to look whether there is an internet: a JSON list of one to three anchors,
    /// unless the house says otherwise.
    #[arg(long, value_name = "FILE")]
    anchors: Option<PathBuf>,
    /// Authorities (PEM) that anchors may show beside the usual ones.
    #[arg(long, value_name = "FILE")]
    anchor_roots: Option<PathBuf>,
    /// Octets that the box may use on a day (UTC) for its own ends, releases aside, unless
    /// the house says otherwise.
    #[arg(long, value_name = "OCTETS", default_value_t = BUDGET, value_parser = clap::value_parser!(u64).range(BUDGETS))]
    budget: u64,
    /// Where the dish answers, if there is one: ADDRESS, ADDRESS/PORT/PORT with the ports
    /// of gRPC and gRPC-Web, or `none`.
    #[arg(long, value_name = "ADDRESS", default_value = DISH, value_parser = dish)]
    dish: Beside,
    /// Seconds of a slot. The ledger has minutes; a test has less time.
    #[arg(long, hide = true, default_value_t = SLOT.as_secs(), value_parser = clap::value_parser!(u64).range(SLOTS))]
    slot_seconds: u64,
    /// Which program this is; said by the supervisor that has started it.
    #[arg(long, hide = true, value_parser = program)]
    slot: Option<Program>,
}

impl Live {
    /// How it looks, for a program that is started: only what was said, since a program
    /// may be older than its supervisor's words.
    fn looks(&self) -> Vec<OsString> {
        let mut said: Vec<OsString> = Vec::new();
        let files = [
            ("--anchors", &self.anchors),
            ("--anchor-roots", &self.anchor_roots),
        ];
        for (word, file) in files {
            if let Some(file) = file {
                said.extend([word.into(), file.into()]);
            }
        }
        let numbers = [
            ("--budget", self.budget, BUDGET),
            ("--slot-seconds", self.slot_seconds, SLOT.as_secs()),
        ];
        for (word, number, usual) in numbers {
            if number != usual {
                said.extend([word.into(), number.to_string().into()]);
            }
        }
        if let Beside::At(text, _) = &self.dish
            && text != DISH
        {
            said.extend(["--dish".into(), text.into()]);
        } else if matches!(self.dish, Beside::Nothing) {
            said.extend(["--dish".into(), NO_DISH.into()]);
        }
        said
    }
}

/// Where every dish answers.
const DISH: &str = "192.168.100.1";

/// Says that there is none.
const NO_DISH: &str = "none";

/// What stands beside a box.
#[derive(Debug, Clone)]
enum Beside {
    Nothing,
    /// A dish, as it was written and as it was read.
    At(String, dish::Address),
}

fn dish(text: &str) -> Result<Beside, String> {
    if text == NO_DISH {
        return Ok(Beside::Nothing);
    }
    let at = text.parse().map_err(str::to_owned)?;
    Ok(Beside::At(text.to_owned(), at))
}

fn program(text: &str) -> Result<Program, String> {
    match text {
        "own" => Ok(Program::Own),
        "a" => Ok(Program::In(Slot::A)),
        "b" => Ok(Program::In(Slot::B)),
        _ => Err("own, a or b".to_owned()),
    }
}

/// What else a box does.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Run the box under a supervisor, which may change its program.
    Run(supervise::Run),
    /// Take a release in that was carried here; it is tried at once.
    Update(update::Update),
    /// Say for which keys releases have to be signed.
    Trust(update::Trust),
    /// Look whether this program could run here; nothing is changed.
    SelfTest(update::SelfTest),
    /// Ask the house to let this box in, and wait until it does.
    Enrol(Enrol),
    /// Say who this box is.
    Status(status::Status),
    /// Measure how fast the line to a server of ndt7 is, now. It costs octets of the line.
    Speed(measure::Measure),
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

pub(crate) async fn run(agent: Agent) -> anyhow::Result<ExitCode> {
    match agent.verb {
        None => live(agent.live).await,
        Some(Verb::Run(run)) => supervise::run(run).await,
        Some(Verb::Update(it)) => update::update(&it),
        Some(Verb::Trust(it)) => update::trust(&it),
        Some(Verb::SelfTest(it)) => update::test(it).await,
        Some(Verb::Enrol(enrol)) => ask(enrol).await,
        Some(Verb::Status(status)) => status::tell(&status),
        Some(Verb::Speed(it)) => measure::measure(it).await,
        Some(Verb::Export(carried)) => export(carried).await,
        Some(Verb::Receipt(carried)) => receipt(carried).await,
    }
}

/// Runs until it is told to end. What was kept is on the disk by then.
async fn live(live: Live) -> anyhow::Result<ExitCode> {
    crate::log::begin(&live.log)?;
    let began = Clock::real().now();
    let anchors = anchors(live.anchors.as_deref())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let running = upkeep::running(&Slots::of(&live.data), live.slot);
    let (mut runner, desk) = Runner::open(&live.data, Clock::real(), seed()?).await?;
    let hands = runner.outfit(Outfit {
        version: running.version.to_string(),
        running,
        protocols: protocols()?,
        every: Duration::from_secs(live.every),
        patience: Duration::from_secs(live.config_window),
        anchors,
        budget: live.budget,
    });
    let agent = runner.agent();
    let boot = runner.boot();
    let errands = runner.errands();
    let tasks = Tasks::new();
    let stop = tasks.soft().clone();
    tasks.spawn("agent.line", async move { runner.run(&stop).await });
    // They end before the line does, so that the last that was seen is kept.
    let eyes = Tasks::new();
    let (thrift, spares) = watch::channel(false);
    let (calm, calms) = watch::channel(None);
    let stop = eyes.soft().clone();
    let outlook = Outlook {
        folder: live.data.clone(),
        agent,
        boot,
        began,
        slot: Duration::from_secs(live.slot_seconds),
        roots: live.anchor_roots,
        clock: Clock::real(),
        desk: desk.clone(),
        hands: hands.clone(),
        tasks: eyes.clone(),
        thrift,
        calm,
    };
    let ready = outlook.open()?;
    let (has_begun, begun) = oneshot::channel();
    eyes.spawn("agent.eyes", async move {
        let watcher = ready.begin().await;
        let _ = has_begun.send(());
        watcher.run(&stop).await;
    });
    if let Beside::At(_, at) = live.dish {
        let (desk, stop) = (desk.clone(), eyes.soft().clone());
        let slot = Duration::from_secs(live.slot_seconds);
        eyes.spawn("agent.dish", async move {
            dish::follow(at, slot, desk, Clock::real(), stop).await;
        });
    }
    let survey = speed::Survey {
        folder: live.data.clone(),
        agent,
        slot: Duration::from_secs(live.slot_seconds),
        clock: Clock::real(),
        desk: desk.clone(),
        hands: hands.clone(),
        errands,
        calm: calms,
        tasks: eyes.clone(),
    };
    eyes.spawn("agent.speed", survey.run(eyes.soft().clone()));
    let stop = tasks.soft().clone();
    let (samples, folder) = ((hands.clone(), desk.clone()), live.data.clone());
    tasks.spawn("agent.vitals", async move {
        // That it has begun is the first that a program says.
        let said = async {
            let _ = begun.await;
            wreck(&samples.1, &folder).await;
            sample(samples, spares, &folder).await;
        };
        stop.run_until_cancelled(said).await;
    });
    let over = async {
        if live.slot.is_some() {
            say(OPENED);
            let fetcher = Fetcher {
                folder: live.data,
                running,
                hands: hands.clone(),
                desk,
                clock: Clock::real(),
            };
            supervised(fetcher, hands).await
        } else {
            std::future::pending().await
        }
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        over = over => over?,
    }
    eyes.shutdown(GRACE).await;
    tasks.shutdown(GRACE).await;
    Ok(ExitCode::SUCCESS)
}

/// The anchors of a file; the usual ones without it.
fn anchors(file: Option<&Path>) -> anyhow::Result<Vec<Anchor>> {
    let Some(file) = file else {
        return Ok(anchor::usual());
    };
    let named = || format!("the anchors of {}", file.display());
    let text = std::fs::read(file).with_context(named)?;
    let anchors: Vec<Anchor> = serde_json::from_slice(&text).with_context(named)?;
    anchor::read(&anchors).with_context(named)?;
    anchor::apart(&anchors).with_context(named)?;
    Ok(anchors)
}

/// Says when the house has greeted, and fetches releases, until one is to be tried or
/// the supervisor has gone.
async fn supervised(fetcher: Fetcher, mut hands: Hands) -> anyhow::Result<()> {
    let stdin = std::io::stdin().as_fd().try_clone_to_owned()?;
    let stdin = pipe::Receiver::from_owned_fd(stdin).context("the supervisor's pipe")?;
    let linked = async {
        if hands.line.wait_for(|line| line.open).await.is_ok() {
            say(LINKED);
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = fetcher.until_staged() => {}
        () = linked => {}
        () = gone(&stdin) => {}
    }
    Ok(())
}

/// Until nobody holds the other end.
async fn gone(pipe: &pipe::Receiver) {
    while pipe.readable().await.is_ok() {
        let mut octets = [0; 64];
        match pipe.try_read(&mut octets) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
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

/// Says that the outbox was damaged, if it was, once.
async fn wreck(desk: &Desk, folder: &Path) {
    let Some(wreck) = outbox::wreck(folder) else {
        return;
    };
    let draft = Draft {
        kind: kinds::WRECKED,
        ver: 1,
        body: wreck.encode_to_vec(),
    };
    // What is not kept is said at the next start.
    if desk.keep(Stream::Event, draft).await.is_ok()
        && let Err(error) = outbox::told(folder, &wreck)
    {
        tracing::warn!(%error, "a damaged outbox could not be renamed");
    }
}

/// Says that it has started, and from then on how it is.
async fn sample(
    (mut hands, desk): (Hands, Desk),
    mut spares: watch::Receiver<bool>,
    folder: &Path,
) {
    let started = desk.keep(Stream::Event, upkeep::started(folder)).await;
    let mut kept = started.map(|_| ());
    loop {
        let every = hands.settings.borrow_and_update().every;
        // Where octets are dear a sample goes with what the rounds say, and not beside it.
        let every = match *spares.borrow_and_update() {
            true => every.max(SPARING),
            false => every,
        };
        let mut ticks = tokio::time::interval(every);
        // After a suspension one sample, and not one for each that was missed.
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            if let Err(error) = kept {
                tracing::warn!(%error, "how the box is could not be kept");
            }
            kept = Ok(());
            tokio::select! {
                _ = ticks.tick() => {}
                changed = hands.settings.changed() => match changed {
                    Ok(()) => break,
                    Err(_) => return,
                },
                Ok(()) = spares.changed() => break,
            }
            let body = Vitals::read(folder).encode_to_vec();
            let (kind, ver) = (kinds::VITALS, 1);
            let draft = Draft { kind, ver, body };
            kept = desk.keep(Stream::Sample, draft).await.map(|_| ());
        }
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
                say(format!("pusat {host}:{port} dikenali dari kode"));
            }
            Step::Reached { words: Some(words) } => {
                say(format!(
                    "pusat {host}:{port} menjawab; cocokkan enam kata ini"
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
