//! `betang probe`: which addresses answer, asked by hand.
//!
//! It needs no house. Each address is asked several times, by ICMP where this process
//! may, and by asking for connections where it may not.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use hall::clock::Clock;
use hall::task::Tasks;
use reach::prober::{
    self, CONNECT_WAIT, CONNECTS_A_SECOND, COUNT, PORT, RATE, SPREAD, Sockets, WAIT,
};
use reach::prober::{Family, Plan, Round, Tally};
use serde_json::json;
use tokio_util::sync::CancellationToken;

/// Names that cannot be looked up end the program with this, as unanswered ones do with 1.
const UNKNOWN: u8 = 2;

/// Names of one call, at most.
const NAMES_MAX: usize = 1_000_000;

/// Which addresses answer.
#[derive(Debug, Args)]
pub(crate) struct Probe {
    /// Addresses or names.
    #[arg(value_name = "ADDRESS", required_unless_present = "file")]
    addresses: Vec<String>,
    /// File with one on each line; - is standard input.
    #[arg(long, value_name = "LIST")]
    file: Option<PathBuf>,
    /// Questions to each, 1 to 16.
    #[arg(long, default_value_t = COUNT)]
    count: u8,
    /// Questions a second, all together.
    #[arg(long, default_value_t = RATE)]
    rate: u32,
    /// Where ICMP is not permitted: the port to which connections are asked for.
    #[arg(long, value_name = "PORT", default_value_t = PORT)]
    port: u16,
    /// One JSON object for each address.
    #[arg(long)]
    json: bool,
}

/// How it was asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Icmp,
    Tcp,
}

pub(crate) async fn run(probe: Probe) -> anyhow::Result<ExitCode> {
    let rate = NonZeroU32::new(probe.rate).context("a rate of none asks nobody")?;
    let (named, unknown) = probe.named().await?;
    for name in &unknown {
        complain(&format!("{name}: there is no such name"));
    }
    let clock = Clock::real();
    let secret = prober::secret()?;
    let sockets = Sockets::open();
    let (icmp, tcp): (Vec<IpAddr>, Vec<IpAddr>) = named
        .keys()
        .partition(|it| sockets.way(Family::of(**it)).is_ok());
    for family in [Family::V4, Family::V6] {
        if tcp.iter().any(|it| Family::of(*it) == family)
            && let Err(closed) = sockets.way(family)
        {
            complain(&closed.to_string());
            complain(&format!(
                "asking for connections to port {} instead",
                probe.port
            ));
        }
    }
    let plan = |rate, wait| Plan {
        count: probe.count,
        spread: SPREAD,
        rate,
        wait,
    };
    let round = |plan, targets: Vec<IpAddr>| {
        let now = clock.now().mono;
        match Round::new(plan, targets, secret, 0, now) {
            Ok(round) => Ok(round),
            Err(prober::Unplannable::Count(count)) => bail!("--count {count}: use 1 to 16"),
            Err(prober::Unplannable::Targets(count)) => bail!("{count} addresses are too many"),
        }
    };
    let stop = CancellationToken::new();
    let mut by_tcp = round(
        plan(
            rate.min(CONNECTS_A_SECOND),
            CONNECT_WAIT + Duration::from_secs(1),
        ),
        tcp,
    )?;
    let mut by_icmp = round(plan(rate, WAIT), icmp)?;
    let ports: BTreeMap<_, _> = named.keys().map(|it| (*it, probe.port)).collect();
    let asking = prober::connect(&mut by_tcp, &ports, &clock, &stop);
    let (here, token) = (clock.clone(), stop.clone());
    let echoes = async move {
        let tasks = Tasks::new();
        let done = tasks.blocking("probe", move || {
            let dropped = sockets.ask(&mut by_icmp, &here, &token);
            (by_icmp, dropped)
        });
        let (round, dropped) = done.await?;
        Ok::<_, anyhow::Error>((round, dropped?))
    };
    let (connected, echoed) = tokio::join!(asking, echoes);
    connected?;
    let (by_icmp, dropped) = echoed?;
    if dropped > 0 {
        complain(&format!(
            "the kernel has dropped {dropped} answers before they were read: what is not \
             answered here is not known to be lost"
        ));
    }
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut silent = false;
    for (way, tally) in by_icmp
        .tallies()
        .map(|it| (Way::Icmp, it))
        .chain(by_tcp.tallies().map(|it| (Way::Tcp, it)))
    {
        silent |= tally.received == 0;
        for name in &named[&tally.address] {
            let line = match probe.json {
                true => object(name, way, &tally),
                false => line(name, way, &tally),
            };
            // Nobody reading it any more is no reason to complain.
            if writeln!(out, "{line}").is_err() {
                return Ok(ExitCode::SUCCESS);
            }
        }
    }
    let _ = out.flush();
    Ok(match (unknown.is_empty(), silent) {
        (false, _) => ExitCode::from(UNKNOWN),
        (true, true) => ExitCode::FAILURE,
        (true, false) => ExitCode::SUCCESS,
    })
}

impl Probe {
    /// The names of each address, and those that have none.
    async fn named(&self) -> anyhow::Result<(BTreeMap<IpAddr, Vec<String>>, Vec<String>)> {
        let mut names = self.addresses.clone();
        if let Some(file) = &self.file {
            let text = match file == Path::new("-") {
                true => std::io::read_to_string(std::io::stdin()),
                false => std::fs::read_to_string(file),
            }
            .with_context(|| format!("the file {}", file.display()))?;
            let lines = text.lines().map(str::trim);
            names.extend(
                lines
                    .filter(|line| !line.is_empty() && !line.starts_with('#'))
                    .map(str::to_owned),
            );
        }
        ensure!(!names.is_empty(), "no address was given");
        ensure!(names.len() <= NAMES_MAX, "at most {NAMES_MAX} addresses");
        let (mut named, mut unknown) = (BTreeMap::<IpAddr, Vec<String>>::new(), Vec::new());
        for name in names {
            let address = match name.parse::<IpAddr>() {
                Ok(address) => Some(address),
                Err(_) => tokio::net::lookup_host((name.as_str(), 0))
                    .await
                    .ok()
                    .and_then(|mut found| found.next())
                    .map(|found| found.ip()),
            };
            match address {
                Some(address) => {
                    let names = named.entry(address).or_default();
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
                None => unknown.push(name),
            }
        }
        Ok((named, unknown))
    }
}

/// For people: one line, in milliseconds.
fn line(name: &str, way: Way, it: &Tally) -> String {
    let lost = it.sent - it.received;
    // Rounded up, so that one of a thousand that is lost is not 0 %.
    let percent = (lost * 100).div_ceil(it.sent.max(1));
    let mut line = format!(
        "{name} : sent/answered/lost = {}/{}/{percent}%",
        it.sent, it.received
    );
    if let Some(rtt) = it.rtt {
        let ms = |us: u32| format!("{}.{:03}", us / 1_000, us % 1_000);
        line += &format!(
            ", min/median/max = {}/{}/{} ms",
            ms(rtt.min_us),
            ms(rtt.median_us),
            ms(rtt.max_us)
        );
    }
    if it.duplicates > 0 {
        line += &format!(", {} duplicates", it.duplicates);
    }
    if let Some(why) = it.refusal {
        line += &format!(
            ", {} refused: {}",
            it.refused + it.unsent,
            prober::words(why)
        );
    }
    if way == Way::Tcp {
        line += ", by TCP";
    }
    line
}

fn object(name: &str, way: Way, it: &Tally) -> String {
    json!({
        "name": name,
        "address": it.address,
        "way": if way == Way::Icmp { "icmp" } else { "tcp" },
        "sent": it.sent,
        "received": it.received,
        "duplicates": it.duplicates,
        "refused": it.refused,
        "unsent": it.unsent,
        "refusal": it.refusal.map(prober::Refusal::as_str),
        "min_us": it.rtt.map(|rtt| rtt.min_us),
        "median_us": it.rtt.map(|rtt| rtt.median_us),
        "max_us": it.rtt.map(|rtt| rtt.max_us),
    })
    .to_string()
}

#[expect(clippy::print_stderr, reason = "a person asked, and has to know")]
fn complain(text: &str) {
    eprintln!("betang: {text}");
}
