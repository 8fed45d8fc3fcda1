//! What a box is told to run and to be like.
//!
//! The line's task owns it ([`super::site::Runner`]): commands about releases and
//! configurations come by the line, and what became of them goes out as records. What
//! fetches and what samples are tasks of their own, which follow by [`Hands`].

use std::path::{Path, PathBuf};
use std::time::Duration;

use base::id::{Agent, Id};
use base::now::{Mono, Now, Wall};
use prost::Message as _;
use serde::Serialize;
use sync::anchor::Anchor;
use sync::command::End;
use sync::desired::{Configured, Desired, Fate, Held, House, unseal};
use sync::fetch::PER_HOUR;
use sync::frame::Protocols;
use sync::identity::{Boot, Stream};
use sync::record::{Draft, Kind};
use sync::release::{Progress, Signed, Updated};
use sync::site::Site;
use sync::trial::Program;
use tokio::sync::watch;

use super::dial::Way;
use super::identity::{Identity, IdentityError, replace, trouble};
use super::kinds;
use super::meter::Meter;
use super::slots::{Running, SlotError, Slots};
use crate::enrol::code::HouseKey;

/// Where configurations are kept, in the data folder.
const FILE: &str = "config.json";

/// How a box is run.
#[derive(Debug, Clone)]
pub struct Outfit {
    /// The release that runs, for people.
    pub version: String,
    /// What was started, and by whom.
    pub running: Running,
    /// The protocols that are spoken.
    pub protocols: Protocols,
    /// Between two samples, if nobody says otherwise.
    pub every: Duration,
    /// So long a configuration is tried without reaching the house.
    pub patience: Duration,
    /// Where it looks whether there is an internet, if nobody says otherwise.
    pub anchors: Vec<Anchor>,
    /// Octets of a day, if nobody says otherwise.
    pub budget: u64,
}

/// What others follow.
#[derive(Debug, Clone)]
pub struct Hands {
    /// What the box is to be like now.
    pub settings: watch::Receiver<Settings>,
    /// How the line is.
    pub line: watch::Receiver<LineNow>,
    /// The newest release that was offered and taken.
    pub offered: watch::Receiver<Option<Offer>>,
    /// By which address the house was looked for last.
    pub way: watch::Receiver<Option<Way>>,
    /// Octets of the line, releases aside.
    pub meter: Meter,
    /// What the house has said that the time is.
    pub time: watch::Receiver<Option<HouseTime>>,
}

/// The house's time on the clock of this boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HouseTime {
    /// An instant of the boot,
    mono: Mono,
    /// and when that was.
    wall: Wall,
}

impl HouseTime {
    /// When an instant of this boot is.
    #[must_use]
    pub fn at(self, mono: Mono) -> Wall {
        if mono >= self.mono {
            self.wall + mono.since(self.mono)
        } else {
            self.wall - self.mono.since(mono)
        }
    }
}

/// Followers are told of the house's time anew when it is off by so much.
const OFF: Duration = Duration::from_secs(1);

/// A release that was offered and taken.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Counts up: the same release may be offered again.
    pub number: u64,
    /// What is signed about it.
    pub signed: Signed,
}

/// What a box is to be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Between two samples.
    pub every: Duration,
    /// Octets of a release that may be fetched in an hour.
    pub per_hour: u64,
    /// Where it looks whether there is an internet.
    pub anchors: Vec<Anchor>,
    /// Octets that it may use on a day for its own ends.
    pub budget: u64,
}

/// How the line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LineNow {
    /// The house has greeted, and answers.
    pub open: bool,
    /// Money or events wait to be sent.
    pub owes: bool,
}

/// What the line is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Go on.
    Go,
    /// End, and begin anew by the addresses that count now.
    Redial,
}

/// The configuration that counts, as the status shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Its version; none: as the box was started.
    version: Option<u64>,
    /// Whether it is on trial.
    trying: bool,
    /// The highest version that was ever taken.
    floor: u64,
    /// Seconds between two samples.
    sample_every_s: u64,
    /// Where the house is looked for; empty: where it was when the box was let in.
    houses: Vec<String>,
    /// Kibibytes of a release in an hour.
    update_kib_per_hour: u64,
    /// What its anchors are called.
    anchors: Vec<String>,
    /// Octets of a day.
    budget_octets: u64,
}

/// What the line's task keeps of it.
#[derive(Debug)]
pub struct Upkeep {
    folder: PathBuf,
    slots: Slots,
    agent: Id<Agent>,
    house: [u8; 32],
    boot: u128,
    held: Held,
    current: Option<Desired>,
    outfit: Option<Outfit>,
    /// Which of its addresses is tried next.
    next_house: usize,
    was_open: bool,
    redial: bool,
    drafts: Vec<Draft>,
    settings: watch::Sender<Settings>,
    line: watch::Sender<LineNow>,
    offered: watch::Sender<Option<Offer>>,
    way: watch::Sender<Option<Way>>,
    time: watch::Sender<Option<HouseTime>>,
}

impl Upkeep {
    /// Reads what a box was last told to be like.
    ///
    /// # Errors
    /// If its files cannot be used.
    pub fn open(
        folder: &Path,
        identity: &Identity,
        boot: Boot,
        now: Now,
    ) -> Result<Self, IdentityError> {
        let held = held(folder)?;
        let house: HouseKey = identity
            .house
            .parse()
            .map_err(|_| trouble(Path::new("site.json"), &std::io::Error::other("house")))?;
        let nothing = Settings {
            every: Duration::from_secs(60),
            per_hour: PER_HOUR,
            anchors: Vec::new(),
            budget: 0,
        };
        let mut upkeep = Self {
            folder: folder.to_owned(),
            slots: Slots::of(folder),
            agent: identity.agent,
            house: house.0,
            boot: u128::from_be_bytes(*boot.as_bytes()),
            held,
            current: None,
            outfit: None,
            next_house: 0,
            was_open: false,
            redial: false,
            drafts: Vec::new(),
            settings: watch::Sender::new(nothing),
            line: watch::Sender::new(LineNow::default()),
            offered: watch::Sender::new(None),
            way: watch::Sender::new(None),
            time: watch::Sender::new(None),
        };
        let tried = upkeep.held.floor;
        let was = upkeep.held.clone();
        if upkeep.held.begun(upkeep.boot, now.mono) {
            upkeep.say(tried, Fate::RolledBack, "restarted");
        }
        if upkeep.held != was {
            upkeep.save();
        }
        upkeep.apply();
        Ok(upkeep)
    }

    /// How it is run, and what others follow from it.
    pub fn outfit(&mut self, outfit: Outfit, meter: Meter) -> Hands {
        self.outfit = Some(outfit);
        self.apply();
        Hands {
            settings: self.settings.subscribe(),
            line: self.line.subscribe(),
            offered: self.offered.subscribe(),
            way: self.way.subscribe(),
            meter,
            time: self.time.subscribe(),
        }
    }

    /// The house wants another release here: how the command ends.
    pub(super) fn update(&mut self, body: &[u8], now: Now) -> (End, Vec<u8>) {
        let signed = match Signed::decode(body) {
            Ok(signed) => signed,
            Err(error) => return (End::Failed, error.to_string().into_bytes()),
        };
        let Some(outfit) = &self.outfit else {
            return (End::Failed, b"unsupervised".to_vec());
        };
        match self.slots.admit(&signed, outfit.running, now.wall) {
            Ok(manifest) => {
                let number = self.offered.borrow().as_ref().map_or(1, |it| it.number + 1);
                self.offered.send_replace(Some(Offer { number, signed }));
                (End::Done, manifest.version.to_string().into_bytes())
            }
            Err(error) => {
                if let (SlotError::Refused(refused), Ok(manifest)) = (&error, signed.believed()) {
                    let updated = Updated {
                        version: manifest.version,
                        progress: Progress::Refused,
                        why: refused.as_str().to_owned(),
                        detail: refused.to_string(),
                    };
                    self.drafts.push(draft(kinds::UPDATED, updated.encode()));
                }
                (End::Failed, error.to_string().into_bytes())
            }
        }
    }

    /// The house wants the box to be like this: how the command ends.
    pub(super) fn configure(&mut self, body: &[u8], now: Now) -> (End, Vec<u8>) {
        let taken = unseal(body, &self.house, self.agent).and_then(|desired| {
            self.held
                .offer(body.to_vec(), &desired, self.boot, now.mono)
                .map(|()| desired.version)
        });
        match taken {
            Ok(version) => {
                self.save();
                self.apply();
                self.say(version, Fate::Applied, "");
                // Only a greeting after this says that the house is reached with it.
                self.redial = true;
                (End::Done, version.to_string().into_bytes())
            }
            Err(error) => (End::Failed, error.to_string().into_bytes()),
        }
    }

    /// The way to the house, by the address that is tried next.
    pub(super) fn way(&self, first: Way) -> Way {
        let houses = self.houses();
        let way = match houses.get(self.next_house % houses.len().max(1)) {
            Some(house) => Way {
                host: house.host.clone(),
                port: house.port,
                ..first
            },
            None => first,
        };
        // What others fetch by it is not the line's.
        let meter = Meter::default();
        self.way.send_replace(Some(Way {
            meter,
            ..way.clone()
        }));
        way
    }

    /// It did not answer there: the next address is tried.
    pub(super) fn missed(&mut self) {
        self.next_house = self.next_house.wrapping_add(1);
    }

    /// So long until [`Upkeep::tick`] is due; none if nothing is.
    pub(super) fn nap(&self, now: Mono) -> Option<Duration> {
        let due = self.held.deadline(self.patience())?;
        // It may lie in the past by a hair.
        Some(due.since(now).max(Duration::from_millis(1)))
    }

    /// Looks at how things are: what there is to keep, and what the line is to do.
    pub(super) fn tick(&mut self, site: &Site, now: Now) -> (Vec<Draft>, Turn) {
        let open = site.status().open;
        if !std::mem::replace(&mut self.was_open, open) && open && !self.redial {
            let version = self.held.floor;
            if self.held.contact() {
                self.save();
                self.say(version, Fate::Confirmed, "");
            }
        }
        let version = self.held.floor;
        if self.held.tick(self.patience(), now.mono) {
            tracing::warn!(version, "the house is not reached with this configuration");
            self.save();
            self.apply();
            self.say(version, Fate::RolledBack, "no_contact");
            self.redial = true;
        }
        let queue = site.queue();
        let owes = queue.chains().any(|chain| {
            let head = queue.head(chain).map_or(0, |at| at.seq.get());
            let acked = queue.acked(chain).map_or(0, |at| at.get());
            chain.stream != Stream::Sample && head > acked
        });
        self.line.send_if_modified(|was| {
            let now = LineNow { open, owes };
            std::mem::replace(was, now) != now
        });
        self.time.send_if_modified(|was| {
            let Some(wall) = site.house_time(now) else {
                return false;
            };
            let told = was.map(|it| it.at(now.mono));
            let is_off = told.is_none_or(|told| wall.since(told).max(told.since(wall)) > OFF);
            if is_off {
                let mono = now.mono;
                *was = Some(HouseTime { mono, wall });
            }
            is_off
        });
        let turn = match std::mem::take(&mut self.redial) {
            true => Turn::Redial,
            false => Turn::Go,
        };
        if turn == Turn::Redial {
            self.was_open = false;
        }
        (std::mem::take(&mut self.drafts), turn)
    }

    /// What it was told, for the status.
    pub(super) fn told(&self) -> Told {
        let settings = self.settings.borrow();
        Told {
            version: self.current.as_ref().map(|it| it.version),
            trying: self.held.is_trying(),
            floor: self.held.floor,
            sample_every_s: settings.every.as_secs(),
            houses: self.houses().iter().map(House::to_string).collect(),
            update_kib_per_hour: settings.per_hour / 1024,
            anchors: settings.anchors.iter().map(|it| it.name.clone()).collect(),
            budget_octets: settings.budget,
        }
    }

    fn houses(&self) -> &[House] {
        self.current.as_ref().map_or(&[], |it| &it.houses)
    }

    fn patience(&self) -> Duration {
        let told = self.outfit.as_ref().map(|outfit| outfit.patience);
        told.unwrap_or(sync::desired::PATIENCE)
    }

    /// What counts now is what others follow.
    fn apply(&mut self) {
        let read = |octets: &Vec<u8>| match unseal(octets, &self.house, self.agent) {
            Ok(desired) => Some(desired),
            Err(error) => {
                // Of a house that it belonged to before.
                tracing::warn!(%error, "the configuration on the disk does not count");
                None
            }
        };
        self.current = self.held.current.as_ref().and_then(read);
        self.next_house = 0;
        let every = self.outfit.as_ref().map(|outfit| outfit.every);
        let told = self.current.as_ref();
        let seconds = told.and_then(|it| it.sample_every_s);
        let kib = told.and_then(|it| it.update_kib_per_hour);
        let settings = Settings {
            every: seconds.map_or_else(
                || every.unwrap_or(Duration::from_secs(60)),
                |seconds| Duration::from_secs(seconds.into()),
            ),
            per_hour: kib.map_or(PER_HOUR, |kib| u64::from(kib) * 1024),
            anchors: match told.map(|it| it.anchors.as_slice()) {
                Some(anchors @ [_, ..]) => anchors.to_vec(),
                Some([]) | None => self
                    .outfit
                    .as_ref()
                    .map(|it| it.anchors.clone())
                    .unwrap_or_default(),
            },
            budget: told
                .and_then(|it| it.budget_octets)
                .or(self.outfit.as_ref().map(|it| it.budget))
                .unwrap_or_default(),
        };
        self.settings.send_replace(settings);
    }

    fn say(&mut self, version: u64, fate: Fate, why: &'static str) {
        let configured = Configured { version, fate, why };
        self.drafts
            .push(draft(kinds::CONFIGURED, configured.encode()));
    }

    /// What cannot be written counts until the next start, and the log says so.
    fn save(&self) {
        let written = serde_json::to_vec(&self.held)
            .map_err(|error| trouble(Path::new(FILE), &error.into()))
            .and_then(|text| replace(&self.folder, FILE, &text));
        if let Err(error) = written {
            tracing::error!(%error, "the configuration could not be kept");
        }
    }
}

/// What is on the disk about configurations; nothing, before the first one.
fn held(folder: &Path) -> Result<Held, IdentityError> {
    let path = folder.join(FILE);
    match std::fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text).map_err(|error| trouble(&path, &error.into())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Held::default()),
        Err(error) => Err(trouble(&path, &error)),
    }
}

/// Whether what is there can be read.
///
/// # Errors
/// If it cannot.
pub(super) fn readable(folder: &Path) -> Result<(), IdentityError> {
    held(folder).map(|_| ())
}

fn draft(kind: Kind, body: Vec<u8>) -> Draft {
    Draft { kind, ver: 1, body }
}

/// The body of a record of [`kinds::STARTED`]: how the box is, and which kind of
/// machine.
#[must_use]
pub fn started(folder: &Path) -> Draft {
    let vitals = super::vitals::Vitals {
        target: Some(super::slots::TARGET.to_owned()),
        ..super::vitals::Vitals::read(folder)
    };
    draft(kinds::STARTED, vitals.encode_to_vec())
}

/// The body of a record about a release.
#[must_use]
pub fn updated(updated: &Updated) -> Draft {
    draft(kinds::UPDATED, updated.encode())
}

/// The release in a slot that was started; the program's own version otherwise.
#[must_use]
pub fn running(slots: &Slots, program: Option<Program>) -> Running {
    let version = match program {
        Some(Program::In(slot)) => slots.manifest(slot).ok().map(|it| it.version),
        Some(Program::Own) | None => None,
    };
    Running {
        program,
        version: version.unwrap_or_else(Running::own_version),
    }
}
