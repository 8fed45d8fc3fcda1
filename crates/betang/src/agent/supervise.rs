//! `betang agent run`: starts the program that stands, and tries a new one.
//!
//! It is the program that was installed by hand, and it never changes: it reads what is
//! on the disk, starts, listens to two words and a clock, and writes down what follows.
//! What follows is decided in [`sync::trial`]. The program that it starts ends when its
//! standard input does, so it ends with its supervisor, however that ends.

use std::path::PathBuf;
use std::process::{ExitCode, ExitStatus, Stdio};
use std::time::Duration;

use clap::Args;
use hall::clock::Clock;
use hall::link::selftest::Report;
use hall::link::slots::{LINKED, OPENED, Slots};
use sync::ledger::{Holding, Ledger, Slot};
use sync::release::Manifest;
use sync::trial::{PAUSE, Program, Step, Supervisor, Windows};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Live;

/// So long a program may take to end that was asked to.
const GRACE: Duration = Duration::from_secs(15);

/// So long a self-test may take; it copies an outbox of a hundred megabytes.
const TEST_MAX: Duration = Duration::from_secs(300);

/// A box that may change its program.
#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    live: Live,
    /// Seconds that a new program has to open the outbox, and to reach the house if it
    /// was reached before.
    #[arg(long, default_value_t = 1_800, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    health_window: u64,
    /// Seconds that it then has to go on, before it stands.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    settle: u64,
}

/// What a program was started as.
struct Started {
    child: Child,
    /// Held open for as long as it is to run; waiting for a child would close its own.
    stdin: Option<ChildStdin>,
    said: Option<Lines<BufReader<ChildStdout>>>,
}

/// How a run has ended.
enum Ended {
    /// By itself.
    Itself(std::io::Result<ExitStatus>),
    /// It was stopped, since it does not stand.
    Stopped,
    /// The box is to end.
    Over,
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

struct Driver {
    run: Run,
    own: PathBuf,
    slots: Slots,
    clock: Clock,
    machine: Supervisor,
    saved: Ledger,
}

pub(crate) async fn run(run: Run) -> anyhow::Result<ExitCode> {
    crate::log::begin(&run.live.log)?;
    let mut signals = Signals {
        terminate: signal(SignalKind::terminate())?,
        interrupt: signal(SignalKind::interrupt())?,
    };
    let slots = Slots::of(&run.live.data);
    // A ledger that cannot be read is no reason for a box to stand still.
    let ledger = slots.ledger().unwrap_or_else(|error| {
        tracing::error!(%error, "what is known of programs cannot be read; the own one runs");
        Ledger::default()
    });
    let windows = Windows {
        healthy: Duration::from_secs(run.health_window),
        settle: Duration::from_secs(run.settle),
    };
    let mut driver = Driver {
        own: std::env::current_exe()?,
        slots,
        clock: Clock::real(),
        machine: Supervisor::new(ledger.clone(), windows),
        saved: ledger,
        run,
    };
    loop {
        driver.look();
        let nap = match driver.step(&mut signals).await {
            Some(nap) => nap,
            None => return Ok(ExitCode::SUCCESS),
        };
        tokio::select! {
            () = tokio::time::sleep(nap) => {}
            () = signals.next() => return Ok(ExitCode::SUCCESS),
        }
    }
}

impl Driver {
    /// Takes up what was staged.
    fn look(&mut self) {
        match self.slots.staged() {
            Ok(Some(staged)) => {
                self.machine.found(staged);
                // Until the ledger is on the disk, what says so stays there.
                if self.save()
                    && let Err(error) = self.slots.unstage()
                {
                    tracing::error!(%error, "what was staged stays");
                }
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "what was staged cannot be read"),
        }
    }

    /// Puts the ledger on the disk, if it has changed.
    fn save(&mut self) -> bool {
        if *self.machine.ledger() == self.saved {
            return true;
        }
        match self.slots.save(self.machine.ledger()) {
            Ok(()) => {
                self.saved = self.machine.ledger().clone();
                true
            }
            Err(error) => {
                tracing::error!(%error, "what is known of programs cannot be written");
                false
            }
        }
    }

    /// The next step, to its end; so long to wait after it. None: the box is to end.
    async fn step(&mut self, signals: &mut Signals) -> Option<Duration> {
        let step = self.machine.step();
        if !self.save() {
            // What cannot be written down is not tried: what stands runs meanwhile.
            let stands = self
                .saved
                .stands
                .map_or(Program::Own, |it| Program::In(it.slot));
            return self.untracked(stands, signals).await;
        }
        match step {
            Step::Test(slot) => {
                tokio::select! {
                    () = self.test(slot) => Some(Duration::ZERO),
                    () = signals.next() => None,
                }
            }
            Step::Start(program) => self.start(program, signals).await,
        }
    }

    fn holding(&self, slot: Slot) -> Option<Holding> {
        let ledger = self.machine.ledger();
        let trial = ledger.trial.map(|trial| trial.staged.holding);
        let all = [trial, ledger.stands, ledger.former];
        all.into_iter().flatten().find(|it| it.slot == slot)
    }

    /// Whether a slot holds what it has to.
    fn check(&self, slot: Slot) -> Result<Manifest, String> {
        let holding = self.holding(slot).ok_or("nothing is known of it")?;
        self.slots.check(holding).map_err(|error| error.to_string())
    }

    async fn test(&mut self, slot: Slot) {
        let good = match self.check(slot) {
            Ok(manifest) => self.tested(slot, &manifest).await,
            Err(error) => {
                self.machine.damaged(slot, &error);
                self.save();
                return;
            }
        };
        if let Err(error) = &good {
            tracing::warn!(
                slot = slot.as_str(),
                error,
                "a new program fails its self-test"
            );
        }
        self.machine
            .tested(good.as_ref().copied().map_err(String::as_str));
        self.save();
    }

    async fn tested(&self, slot: Slot, manifest: &Manifest) -> Result<(), String> {
        let mut command = Command::new(self.slots.program(slot));
        command
            .args(["agent", "self-test", "--data"])
            .arg(&self.run.live.data)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let done = tokio::time::timeout(TEST_MAX, command.output()).await;
        let done = done
            .map_err(|_| "it took too long".to_owned())?
            .map_err(|error| error.to_string())?;
        if !done.status.success() {
            let said = String::from_utf8_lossy(&done.stderr);
            let last = said.lines().last().unwrap_or_default();
            let last: String = last.chars().take(200).collect();
            return Err(format!("{} {last}", done.status).trim_end().to_owned());
        }
        let report: Report = serde_json::from_slice(&done.stdout)
            .map_err(|error| format!("its report cannot be read: {error}"))?;
        let signed = (manifest.protocols.min, manifest.protocols.max);
        if report.protocols != signed || report.target != manifest.target {
            return Err("it speaks other protocols, or is for another machine, than signed".into());
        }
        Ok(())
    }

    async fn start(&mut self, program: Program, signals: &mut Signals) -> Option<Duration> {
        if let Program::In(slot) = program
            && let Err(error) = self.check(slot)
        {
            tracing::error!(
                slot = slot.as_str(),
                error,
                "a program is not what was signed"
            );
            self.machine.damaged(slot, &error);
            self.save();
            return Some(Duration::ZERO);
        }
        let mut started = match self.spawn(program) {
            Ok(started) => started,
            Err(error) => {
                tracing::error!(%error, "a program cannot be started");
                let Program::In(slot) = program else {
                    return Some(PAUSE);
                };
                self.machine.damaged(slot, &error.to_string());
                self.save();
                return Some(Duration::ZERO);
            }
        };
        self.machine.started(self.clock.now().mono);
        match self.watch(&mut started, signals).await {
            Ended::Over => {
                stop(started).await;
                None
            }
            Ended::Stopped => {
                stop(started).await;
                Some(Duration::ZERO)
            }
            Ended::Itself(status) => {
                tracing::info!(?status, "the program has ended");
                let staged = self.slots.staged().is_ok_and(|staged| staged.is_some());
                let nap = self.machine.ended(staged);
                self.save();
                Some(nap)
            }
        }
    }

    /// Runs a program of which nothing is written down.
    async fn untracked(&self, program: Program, signals: &mut Signals) -> Option<Duration> {
        match self.spawn(program) {
            Ok(mut started) => tokio::select! {
                _ = started.child.wait() => Some(PAUSE),
                () = signals.next() => {
                    stop(started).await;
                    None
                }
            },
            Err(error) => {
                tracing::error!(%error, "a program cannot be started");
                Some(PAUSE)
            }
        }
    }

    fn spawn(&self, program: Program) -> std::io::Result<Started> {
        let (path, name) = match program {
            Program::Own => (self.own.clone(), "own"),
            Program::In(slot) => (self.slots.program(slot), slot.as_str()),
        };
        tracing::info!(program = name, "a program is started");
        let live = &self.run.live;
        let mut child = Command::new(path)
            .args(["agent", "--slot", name, "--log", &live.log, "--data"])
            .arg(&live.data)
            .args(["--every", &live.every.to_string()])
            .args(["--config-window", &live.config_window.to_string()])
            .args(live.looks())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let said = child.stdout.take().map(|out| BufReader::new(out).lines());
        let stdin = child.stdin.take();
        Ok(Started { child, stdin, said })
    }

    /// Listens until it ends or has to.
    async fn watch(&mut self, started: &mut Started, signals: &mut Signals) -> Ended {
        loop {
            let now = self.clock.now().mono;
            let due = self.machine.deadline().map(|at| at.since(now));
            tokio::select! {
                status = started.child.wait() => return Ended::Itself(status),
                () = signals.next() => return Ended::Over,
                line = heard(&mut started.said) => {
                    let now = self.clock.now().mono;
                    match line.as_deref() {
                        Some(OPENED) => self.machine.opened(now),
                        Some(LINKED) => self.machine.linked(now),
                        Some(_) => {}
                        // It says nothing any more, and may go on.
                        None => started.said = None,
                    }
                }
                () = sleep(due) => {
                    let stop = self.machine.tick(self.clock.now().mono);
                    self.save();
                    if stop {
                        tracing::warn!("a new program does not stand");
                        return Ended::Stopped;
                    }
                }
            }
        }
    }
}

/// The next line that a program says; for ever without one.
async fn heard(said: &mut Option<Lines<BufReader<ChildStdout>>>) -> Option<String> {
    match said {
        Some(lines) => lines.next_line().await.ok().flatten(),
        None => std::future::pending().await,
    }
}

async fn sleep(due: Option<Duration>) {
    match due {
        // A deadline may lie in the past by a hair.
        Some(due) => tokio::time::sleep(due.max(Duration::from_millis(1))).await,
        None => std::future::pending().await,
    }
}

/// Asks a program to end, and ends it if it does not.
async fn stop(mut started: Started) {
    drop(started.stdin.take());
    let ended = tokio::time::timeout(GRACE, started.child.wait()).await;
    if ended.is_err()
        && let Err(error) = started.child.kill().await
    {
        tracing::error!(%error, "the program does not end");
    }
}
