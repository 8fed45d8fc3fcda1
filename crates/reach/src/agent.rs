//! A box's own checks: `betang agent` at a village.
//!
//! One task runs [`reach_core::lookout`]: looks at anchors, keeps what came of it at the
//! desk of the line, and notes each minute that the box lives. The line and the house are
//! not needed for any of it.

mod anchors;
mod counters;
pub mod dish;
mod notes;
mod power;
pub(crate) mod question;
pub mod speed;
mod told;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use base::id::{Agent, Id};
use base::now::{Mono, Now};
use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use hall::clock::Clock;
use hall::link::kinds;
use hall::link::site::Desk;
use hall::link::upkeep::{Hands, Settings};
use hall::task::Tasks;
use prost::Message as _;
use reach_core::lookout::{Effect, Ended, Input, Lookout, Saying, Ways};
use reach_core::presence::Presence;
use reach_core::purse::{Mood, Purse};
use reach_core::round::{Fault, NOTED_EVERY, Named, Power, VER, Way};
use serde_json::{Value as Json, json};
use sync::anchor::{Anchor, Targets};
use sync::identity::{Boot, Stream};
use sync::record::{Draft, Kind};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use anchors::EyesError;
use anchors::{Eyes, Session};
use notes::Notes;
pub use reach_core::lookout::{SLOT, SLOTS};
pub use reach_core::purse::{BUDGET, BUDGETS};
pub use told::told;

/// So long what is left may take to be said when the program ends.
const LEAVE_MAX: Duration = Duration::from_secs(3);

/// Who follows is told of the next round anew when it is off by so much.
const CALM_OFF: Duration = Duration::from_secs(1);

/// What a box looks with.
#[derive(Debug, Clone)]
pub struct Outlook {
    /// Folder of the box's data.
    pub folder: PathBuf,
    /// Who it is.
    pub agent: Id<Agent>,
    /// Which boot this is.
    pub boot: Boot,
    /// When the program began.
    pub began: Now,
    /// A slot of the ledger.
    pub slot: Duration,
    /// Authorities that are believed beside the usual ones, PEM.
    pub roots: Option<PathBuf>,
    /// Where time comes from.
    pub clock: Clock,
    /// Where records are brought.
    pub desk: Desk,
    /// What the box is to be like.
    pub hands: Hands,
    /// Where what blocks is done.
    pub tasks: Tasks,
    /// Who else uses the line follows whether it has to be spared.
    pub thrift: watch::Sender<bool>,
    /// And until when nothing is looked at; none while a round is under way.
    pub calm: watch::Sender<Option<Mono>>,
}

/// What has come of work that was begun.
enum Done {
    Tried {
        number: u64,
        /// Of which configuration the anchor is.
        edition: u64,
        anchor: usize,
        tried: anchors::Tried,
    },
    Asked(Input),
    Kept(Option<Now>),
    Noted,
}

/// A box that could begin to look.
pub struct Ready {
    with: Outlook,
    eyes: Eyes,
}

/// A box that looks.
pub struct Watcher {
    with: Outlook,
    eyes: Eyes,
    notes: Notes,
    anchors: Vec<Anchor>,
    targets: Vec<Targets>,
    /// What is to count as soon as nothing waits that speaks of the ones before.
    others: Option<(Vec<Anchor>, Vec<Targets>)>,
    edition: u64,
    sessions: BTreeMap<usize, Session>,
    lookout: Lookout,
    work: FuturesUnordered<BoxFuture<'static, Done>>,
    metered: u64,
    noting: bool,
    noted: Option<Mono>,
    shown: Option<Mono>,
    power: Option<Power>,
}

impl Outlook {
    /// Reads what is needed to look.
    ///
    /// # Errors
    /// If the authorities cannot be read.
    pub fn open(self) -> Result<Ready, EyesError> {
        let eyes = Eyes::open(self.clock.clone(), self.roots.as_deref())?;
        Ok(Ready { with: self, eyes })
    }
}

impl Ready {
    /// Says that the program has begun, and what is known of how it ended before; then
    /// it may begin to look.
    pub async fn begin(self) -> Watcher {
        let Self { with, eyes } = self;
        let before = Notes::read(&with.folder);
        let crashes = power::crashes();
        let mut began = before
            .as_ref()
            .map(|it| it.began(&crashes))
            .unwrap_or_default();
        let since = with.began.mono;
        let kept = with.desk.keep_as(Stream::Event, move |now| {
            let covers = now.mono.since(since).as_millis();
            began.covers_ms = u32::try_from(covers).unwrap_or(u32::MAX);
            draft(kinds::BEGAN, began.encode_to_vec())
        });
        let since = match kept.await {
            Ok((_, at)) => at.mono,
            Err(error) => {
                tracing::warn!(%error, "that the program has begun could not be kept");
                since
            }
        };
        let settings = with.hands.settings.borrow().clone();
        let (anchors, targets) = read(&settings);
        let before = before.unwrap_or_default();
        let now = with.clock.now();
        let lookout = Lookout::new(
            with.slot,
            with.agent,
            targets.iter().map(ways).collect(),
            Purse::new(settings.budget, &before.spent, now),
            Presence::since(since),
        );
        let boot = u128::from_be_bytes(*with.boot.as_bytes());
        let mut notes = Notes {
            boot: format!("{boot:032x}"),
            crashes,
            spent: before.spent,
            ..Notes::default()
        };
        notes.at(now);
        Watcher {
            with,
            eyes,
            notes,
            anchors,
            targets,
            others: None,
            edition: 0,
            sessions: BTreeMap::new(),
            lookout,
            work: FuturesUnordered::new(),
            metered: 0,
            noting: false,
            noted: None,
            shown: None,
            power: power::read(),
        }
    }
}

impl Watcher {
    /// Looks until it is told to stop. What was seen is on the disk by then, and so is
    /// that the program was told to end.
    pub async fn run(mut self, stop: &CancellationToken) {
        self.tell(Input::Tick);
        loop {
            let now = self.with.clock.now();
            // The machine's own deadline may lie in the past by a hair.
            let nap = self.lookout.deadline(now).since(now.mono);
            let nap = nap.max(Duration::from_millis(1));
            let input = tokio::select! {
                () = stop.cancelled() => break,
                Some(done) = self.work.next() => self.done(done),
                changed = self.with.hands.settings.changed() => match changed {
                    Ok(()) => self.change(),
                    Err(_) => break,
                },
                () = tokio::time::sleep(nap) => Some(Input::Tick),
            };
            if let Some(input) = input {
                self.tell(input);
            }
            self.note();
        }
        self.leave().await;
    }

    /// Says what is left, and notes that this end was wanted.
    async fn leave(mut self) {
        let machine = power::machine_ends();
        self.tell(Input::Leave);
        let last = async {
            while !self.lookout.has_left() {
                let Some(done) = self.work.next().await else {
                    return;
                };
                if let Some(input) = self.done(done) {
                    self.tell(input);
                }
            }
        };
        let (said, machine) = tokio::join!(tokio::time::timeout(LEAVE_MAX, last), machine);
        if said.is_err() {
            tracing::warn!("the last that was seen could not be kept in time");
        }
        self.notes.orderly = true;
        self.notes.machine_ended = machine;
        self.write_down();
        if let Err(error) = self.notes.write(&self.with.folder) {
            tracing::warn!(%error, "the notes could not be written");
        }
    }

    fn tell(&mut self, input: Input) {
        let used = self.with.hands.meter.octets();
        let line = used.saturating_sub(self.metered);
        self.metered = used;
        let mut inputs = vec![input];
        if line > 0 {
            inputs.push(Input::Used(line));
        }
        for input in inputs {
            for effect in self.lookout.handle(input, self.with.clock.now()) {
                self.carry_out(effect);
            }
        }
        let thrift = self.lookout.purse().mood() == Mood::Thrifty;
        self.with.thrift.send_if_modified(|was| {
            let changes = *was != thrift;
            *was = thrift;
            changes
        });
        self.calm();
    }

    /// Says until when nothing is looked at, as far as that has changed.
    fn calm(&self) {
        let calm = self.lookout.calm(self.with.clock.now());
        self.with.calm.send_if_modified(|was| {
            let moves = match (*was, calm) {
                (Some(was), Some(next)) => was.since(next).max(next.since(was)) > CALM_OFF,
                (was, next) => was != next,
            };
            if moves {
                *was = calm;
            }
            moves
        });
    }

    fn carry_out(&mut self, effect: Effect) {
        let targets = |anchor: usize| self.targets.get(anchor).cloned();
        match effect {
            Effect::Try {
                number,
                anchor,
                way,
                patience,
            } => {
                let Some(targets) = targets(anchor) else {
                    return;
                };
                let session = match way {
                    Way::Https => self.sessions.remove(&anchor),
                    _ => None,
                };
                let (eyes, edition) = (self.eyes.clone(), self.edition);
                self.work.push(Box::pin(async move {
                    Done::Tried {
                        number,
                        edition,
                        anchor,
                        tried: eyes.look(targets, way, patience, session).await,
                    }
                }));
            }
            Effect::Ask {
                number,
                anchor,
                patience,
            } => {
                let Some(targets) = targets(anchor) else {
                    return;
                };
                let eyes = self.eyes.clone();
                self.work.push(Box::pin(async move {
                    let asked = eyes.look(targets, Way::Dns, patience, None).await;
                    // Who answers at all is there: the way is what is asked about.
                    let answered = matches!(
                        asked.fault,
                        Fault::None | Fault::Name | Fault::Portal | Fault::Refused
                    );
                    Done::Asked(Input::Asked {
                        number,
                        rtt: answered.then_some(asked.took),
                        octets: asked.octets,
                    })
                }));
            }
            Effect::Changed => {
                if let Some((anchors, targets)) = self.others.take() {
                    (self.anchors, self.targets) = (anchors, targets);
                    self.edition += 1;
                    self.sessions.clear();
                }
            }
            Effect::Say(saying) => self.say(saying),
        }
    }

    /// Keeps a record; its spans are told when it is known when it is stamped.
    fn say(&mut self, saying: Saying) {
        self.power = power::read();
        let (power, counters) = (self.power.clone(), counters::read());
        let named = self.anchors.iter().map(|it| Named {
            name: it.name.clone(),
            network: it.network.clone(),
        });
        let anchors: Vec<Named> = named.filter(|_| saying.introduces()).collect();
        let desk = self.with.desk.clone();
        self.work.push(Box::pin(async move {
            let make = move |now: Now| {
                let mut round = saying.round(now.mono);
                (round.power, round.counters, round.anchors) = (power, counters, anchors);
                draft(kinds::ROUND, round.encode_to_vec())
            };
            match desk.keep_as(Stream::Event, make).await {
                Ok((_, at)) => Done::Kept(Some(at)),
                Err(error) => {
                    tracing::warn!(%error, "what was seen could not be kept yet");
                    Done::Kept(None)
                }
            }
        }));
    }

    fn done(&mut self, done: Done) -> Option<Input> {
        match done {
            Done::Tried {
                number,
                edition,
                anchor,
                tried,
            } => {
                if edition == self.edition
                    && let Some(session) = tried.session
                {
                    self.sessions.insert(anchor, session);
                }
                Some(Input::Tried {
                    number,
                    took: tried.took,
                    fault: tried.fault,
                    octets: tried.octets,
                })
            }
            Done::Asked(input) => Some(input),
            Done::Kept(Some(at)) => Some(Input::Kept(at.mono)),
            Done::Kept(None) => Some(Input::Unkept),
            Done::Noted => {
                self.noting = false;
                None
            }
        }
    }

    /// The house wants other anchors, or another budget.
    fn change(&mut self) -> Option<Input> {
        let settings = self.with.hands.settings.borrow_and_update().clone();
        if settings.budget != self.lookout.purse().budget() {
            self.tell(Input::Budget(settings.budget));
        }
        let (anchors, targets) = read(&settings);
        let counts = self.others.as_ref().map_or(&self.anchors, |it| &it.0);
        (anchors != *counts).then(|| {
            let ways = targets.iter().map(ways).collect();
            self.others = Some((anchors, targets));
            Input::Anchors(ways)
        })
    }

    /// Writes the notes after each round, and when it is time.
    fn note(&mut self) {
        let now = self.with.clock.now().mono;
        let seen = self.lookout.last().map(|(at, _)| at);
        let is_due = self.noted.is_none_or(|at| now.since(at) >= NOTED_EVERY);
        if self.noting || !(is_due || seen != self.shown) {
            return;
        }
        (self.noted, self.shown, self.noting) = (Some(now), seen, true);
        self.write_down();
        let (notes, folder) = (self.notes.clone(), self.with.folder.clone());
        let tasks = self.with.tasks.clone();
        self.work.push(Box::pin(async move {
            // A card may take its time, and the box lives meanwhile.
            let written = tasks.blocking("agent.notes", move || notes.write(&folder));
            if let Ok(Err(error)) = written.await {
                tracing::warn!(%error, "the notes could not be written");
            }
            Done::Noted
        }));
    }

    fn write_down(&mut self) {
        let now = self.with.clock.now();
        self.notes.at(now);
        self.notes.set_power(self.power.as_ref());
        self.notes.spent = self.lookout.purse().days();
        self.notes.shown = self.shown(now);
    }

    /// How it is, for people.
    fn shown(&self, now: Now) -> Json {
        let wall = |at: Mono| (now.wall - now.mono.since(at)).as_us();
        let purse = self.lookout.purse();
        let latest = |anchor: usize| {
            let of = self.lookout.latest().filter(|it| it.anchor == anchor);
            let told = |it: &Ended| {
                json!({
                    "way": way_word(it.way), "result": fault_word(it.fault),
                    "at_us": wall(it.at), "took_ms": it.took.as_millis(),
                })
            };
            of.map(told).collect::<Vec<_>>()
        };
        let anchors =
            self.anchors.iter().enumerate().map(
                |(n, it)| json!({ "name": it.name, "network": it.network, "latest": latest(n) }),
            );
        json!({
            "last_round_us": self.lookout.last().map(|(at, _)| wall(at)),
            "internet": self.lookout.last().map(|(_, proof)| proof),
            "anchors": anchors.collect::<Vec<_>>(),
            "spent_octets": purse.spent(),
            "left_octets": purse.left(),
            "budget_octets": purse.budget(),
            "thrift": purse.mood() == Mood::Thrifty,
            "mains": self.power.as_ref().and_then(|it| it.mains),
            "battery_percent": self.power.as_ref().and_then(|it| it.battery_percent),
        })
    }
}

/// What the notes in a folder show to people; none if there are none.
#[must_use]
pub fn shown(folder: &std::path::Path) -> Option<Json> {
    Notes::read(folder).map(|notes| notes.shown)
}

/// What can be read of them: what cannot was refused before it came here.
fn read(settings: &Settings) -> (Vec<Anchor>, Vec<Targets>) {
    let read = |it: &Anchor| it.read().ok().map(|targets| (it.clone(), targets));
    settings.anchors.iter().filter_map(read).unzip()
}

const fn ways(targets: &Targets) -> Ways {
    Ways {
        https: targets.https.is_some(),
        dns: targets.dns.is_some(),
        tcp: targets.tcp.is_some(),
    }
}

fn draft(kind: Kind, body: Vec<u8>) -> Draft {
    let ver = VER;
    Draft { kind, ver, body }
}

/// The word of a way.
#[must_use]
pub const fn way_word(way: Way) -> &'static str {
    match way {
        Way::Https => "https",
        Way::Dns => "dns",
        Way::Tcp => "tcp",
        Way::Unknown => "unknown",
    }
}

/// The word of how a check ended.
#[must_use]
pub const fn fault_word(fault: Fault) -> &'static str {
    match fault {
        Fault::None => "ok",
        Fault::Timeout => "timeout",
        Fault::NoRoute => "no_route",
        Fault::Refused => "refused",
        Fault::Name => "name",
        Fault::Certificate => "certificate",
        Fault::Portal => "portal",
        Fault::Unknown => "unknown",
    }
}
