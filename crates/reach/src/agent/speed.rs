//! A box measures how fast its connection is: once a week at night, and when the house
//! asks.
//!
//! [`reach_core::speed`] says when, and what it may cost; [`hall::link::speed`] does it.
//! A test is a connection beside the line and has a purse of its own, so heartbeats go on
//! and the octets of the daily checks are not touched. It begins only while the line owes
//! nothing, right behind a round, and is over before the next: no check and no record
//! tells of a line that the box itself has filled.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base::id::{Agent, Id};
use base::now::{Mono, Wall};
use hall::clock::Clock;
use hall::link::identity::replace;
use hall::link::kinds;
use hall::link::meter::Meter;
use hall::link::site::{Desk, Errand};
use hall::link::speed::{Course, Gauge, NoTest, WAY_MAX};
use hall::link::upkeep::Hands;
use hall::task::Tasks;
use prost::Message as _;
use reach_core::speed::{Ask, Book, End, Fault, Plan, Refused, Tested, VER, Way, cap, shares};
pub use reach_core::speed::{CAP, CAP_LEAST};
use serde_json::{Value as Json, json};
use sync::command::End as Outcome;
use sync::identity::Stream;
use sync::record::Draft;
use sync::speed::{self as ndt7, Direction, Limits, RATE_MAX, Said};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// Its book, in the data folder.
const FILE: &str = "speed.json";

/// Longest book that is read, in octets.
const FILE_MAX: u64 = 256 * 1024;

/// How often it is looked whether a test is due.
const LOOK: Duration = Duration::from_secs(20);

/// Both ways of a test, connecting included.
const TEST_MAX: Duration = Duration::from_secs(2 * WAY_MAX.as_secs());

/// So long to stay away from a house that was not reached or says nothing of when.
const AGAIN: Duration = Duration::from_secs(600);

/// No longer than this is stayed away, whatever a house says.
const AGAIN_MAX: Duration = Duration::from_secs(3_600);

/// Of many that are sent away each comes back at another second of these.
const SPREAD: Duration = Duration::from_secs(120);

/// What a box measures with.
pub struct Survey {
    /// Folder of the box's data.
    pub folder: PathBuf,
    /// Who it is.
    pub agent: Id<Agent>,
    /// A slot of the ledger.
    pub slot: Duration,
    /// Where time comes from.
    pub clock: Clock,
    /// Where records are brought.
    pub desk: Desk,
    /// What it follows.
    pub hands: Hands,
    /// Commands to measure.
    pub errands: mpsc::Receiver<Errand>,
    /// Until when nothing is looked at.
    pub calm: watch::Receiver<Option<Mono>>,
    /// Where what blocks is done.
    pub tasks: Tasks,
}

/// What became of a test.
enum Done {
    Tested(Tested),
    /// Not now: the house is to be asked again after so long.
    Later(Duration, Fault),
    Refused(Refused),
}

/// A box that measures.
struct Surveyor {
    with: Survey,
    gauge: Gauge,
    plan: Plan,
    book: Book,
    /// Not before.
    again: Option<Mono>,
}

impl Survey {
    /// Measures until it is told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let mut surveyor = Surveyor {
            gauge: Gauge {
                folder: self.folder.clone(),
                hands: self.hands.clone(),
                clock: self.clock.clone(),
            },
            plan: Plan::of(self.agent),
            book: read(&self.folder),
            again: None,
            with: self,
        };
        stop.run_until_cancelled(surveyor.follow()).await;
    }
}

impl Surveyor {
    async fn follow(&mut self) {
        for cut in self.book.interrupted() {
            let tested = Tested {
                command: cut.command.map(Vec::from).unwrap_or_default(),
                cap: cut.octets,
                spent: cut.octets,
                fault: Fault::Interrupted.into(),
                ..Tested::default()
            };
            self.say(tested, None).await;
        }
        self.write().await;
        loop {
            let errand = tokio::time::timeout(LOOK, self.with.errands.recv()).await;
            match errand {
                Ok(Some(errand)) => self.run(errand).await,
                Ok(None) => return,
                Err(_) => self.look().await,
            }
        }
    }

    /// The house's time; none while it was not heard in this boot.
    fn house_time(&self) -> Option<Wall> {
        let time = *self.with.hands.time.borrow();
        time.map(|time| time.at(self.now()))
    }

    fn now(&self) -> Mono {
        self.with.clock.now().mono
    }

    /// Measures if it is due.
    async fn look(&mut self) {
        let is_early = self.again.is_some_and(|again| self.now() < again);
        let is_due = self
            .house_time()
            .is_some_and(|now| self.plan.is_due(self.book.weekly(), now));
        if is_early || !is_due || !self.is_calm() {
            return;
        }
        match self.test(None, None).await {
            Done::Tested(tested) => {
                let is_known = self.book.unsupported;
                self.book.unsupported = tested.fault() == Fault::Unsupported;
                // An old house is told of once.
                if !(is_known && self.book.unsupported) {
                    let began = self.now();
                    self.say(tested, Some(began)).await;
                }
                self.write().await;
            }
            Done::Later(after, _) => self.again = Some(self.now() + after),
            // The week has had enough; the next has its own.
            Done::Refused(_) => self.again = Some(self.now() + AGAIN_MAX),
        }
    }

    /// Does what the house asks for: when there is a calm, and before it is too late.
    async fn run(&mut self, errand: Errand) {
        let asked = match Ask::decode(errand.body()) {
            Ok(asked) => asked.cap,
            Err(error) => return errand.end(Outcome::Failed, error.to_string().into()).await,
        };
        let id = errand.id();
        loop {
            match self.house_time() {
                Some(now) if now >= errand.expires() => {
                    return errand.end(Outcome::Expired, Vec::new()).await;
                }
                Some(_) if self.is_calm() => {}
                Some(_) | None => {
                    self.wait(Duration::from_secs(1)).await;
                    continue;
                }
            }
            let (end, said) = match self.test(Some(id), Some(asked)).await {
                Done::Tested(tested) => {
                    let fault = tested.fault();
                    let said = told(&tested).to_string();
                    self.book.unsupported = fault == Fault::Unsupported;
                    self.say(tested, Some(self.now())).await;
                    self.write().await;
                    match fault {
                        Fault::None => (Outcome::Done, said),
                        fault => (Outcome::Failed, fault.as_str().to_owned()),
                    }
                }
                Done::Refused(refused) => (Outcome::Failed, refused.as_str().to_owned()),
                Done::Later(after, Fault::Busy) => {
                    // As long as the house says, whatever happens here meanwhile.
                    tokio::time::sleep(after).await;
                    continue;
                }
                Done::Later(_, fault) => (Outcome::Failed, fault.as_str().to_owned()),
            };
            return errand.end(end, said.into_bytes()).await;
        }
    }

    async fn wait(&mut self, most: Duration) {
        if let Ok(Err(_)) = tokio::time::timeout(most, self.with.calm.changed()).await {
            // Whoever looks has ended, and so will this.
            tokio::time::sleep(most).await;
        }
    }

    /// Whether a test would be over before the next round, and nothing waits to be sent.
    fn is_calm(&self) -> bool {
        let line = *self.with.hands.line.borrow();
        let needs = TEST_MAX.min(self.with.slot / 2);
        let calm = *self.with.calm.borrow();
        let fits = calm.is_some_and(|next| next.since(self.now()) >= needs);
        line.open && !line.owes && fits
    }

    async fn test(&mut self, command: Option<[u8; 16]>, asked: Option<u64>) -> Done {
        let Some(wall) = self.house_time() else {
            return Done::Later(AGAIN, Fault::Unreached);
        };
        let budget = self.with.hands.settings.borrow().budget;
        let most = cap(self.book.last(), budget).min(asked.unwrap_or(u64::MAX));
        let octets = match self.book.begin(command, most, wall) {
            Ok(octets) => octets,
            Err(refused) => return Done::Refused(refused),
        };
        // What is not on the disk would be spent again after a power cut.
        if !self.write().await {
            self.book.end(0, false);
            return Done::Later(AGAIN, Fault::Unknown);
        }
        let began = self.now();
        let meter = Meter::default();
        let (down, up) = shares(octets);
        let limits = |octets| Limits {
            octets,
            rate: RATE_MAX,
        };
        let brought = self
            .gauge
            .measure(Direction::Download, limits(down), &meter)
            .await;
        let taken = match &brought {
            Ok(_) => Some(
                self.gauge
                    .measure(Direction::Upload, limits(up), &meter)
                    .await,
            ),
            Err(_) => None,
        };
        let fault = match &brought {
            Ok(_) => Fault::None,
            Err(error) => {
                tracing::info!(%error, "how fast the connection is was not measured");
                fault(error)
            }
        };
        let is_later = matches!(fault, Fault::Busy | Fault::Unreached);
        self.book.end(meter.octets(), !is_later);
        let took = self.now().since(began).as_millis();
        let tested = Tested {
            command: command.map(Vec::from).unwrap_or_default(),
            ago_ms: u32::try_from(took).unwrap_or(u32::MAX),
            cap: octets,
            spent: meter.octets(),
            down: brought.as_ref().ok().map(download),
            up: taken.and_then(Result::ok).as_ref().map(upload),
            fault: fault.into(),
        };
        if let Some(figure) = tested.down.and_then(|way| way.figure()) {
            self.book.found(figure);
        }
        self.write().await;
        if is_later {
            return Done::Later(self.after(brought.err()), fault);
        }
        Done::Tested(tested)
    }

    /// So long to stay away: as the house says, and at another second than others.
    fn after(&self, why: Option<NoTest>) -> Duration {
        let said = match why {
            Some(NoTest::Busy(said)) => said.unwrap_or(AGAIN),
            Some(_) | None => AGAIN,
        };
        let [.., a, b] = *self.with.agent.as_bytes();
        let own = u64::from(u16::from_be_bytes([a, b]));
        let spread = u64::try_from(SPREAD.as_micros()).unwrap_or(u64::MAX);
        let off = (self.now().as_us() ^ own.wrapping_mul(7_919)) % spread;
        said.min(AGAIN_MAX) + Duration::from_micros(off)
    }

    /// Keeps a record of a test that is over since then.
    async fn say(&self, tested: Tested, over: Option<Mono>) {
        let make = move |now: base::now::Now| {
            let since = over.map_or(Duration::ZERO, |over| now.mono.since(over));
            let since = u32::try_from(since.as_millis()).unwrap_or(u32::MAX);
            let tested = Tested {
                ago_ms: tested.ago_ms.saturating_add(since),
                ..tested
            };
            Draft {
                kind: kinds::SPEED,
                ver: VER,
                body: tested.encode_to_vec(),
            }
        };
        if let Err(error) = self.with.desk.keep_as(Stream::Sample, make).await {
            tracing::warn!(%error, "what was measured could not be kept");
        }
    }

    /// Whether it is on the disk.
    async fn write(&self) -> bool {
        let (book, folder) = (self.book.clone(), self.with.folder.clone());
        let written = self.with.tasks.blocking("agent.speed", move || {
            let text = serde_json::to_vec(&book).unwrap_or_default();
            replace(&folder, FILE, &text)
        });
        match written.await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::warn!(%error, "what tests of speed have cost could not be written");
                false
            }
            Err(_) => false,
        }
    }
}

/// The book of a folder. One that cannot be read is as none.
fn read(folder: &Path) -> Book {
    let path = folder.join(FILE);
    let is_short = std::fs::metadata(&path).is_ok_and(|it| it.len() <= FILE_MAX);
    let text = is_short.then(|| std::fs::read(&path).ok()).flatten();
    text.and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_default()
}

const fn fault(error: &NoTest) -> Fault {
    match error {
        NoTest::Busy(_) => Fault::Busy,
        NoTest::Unsupported(_) => Fault::Unsupported,
        NoTest::Dial(_) | NoTest::Identity(_) | NoTest::Broken(_) => Fault::Unreached,
    }
}

/// What a download says: what has come is what this end has counted.
fn download(course: &Course) -> Way {
    Way {
        octets: course.octets,
        us: course.us,
        end: end(course.end).into(),
        sent: course.said.and_then(|it| it.octets),
        min_rtt_us: course.said.and_then(|it| it.min_rtt_us),
    }
}

/// What an upload says: what has come is what the other end has counted. What it says
/// beyond what was sent is not believed.
fn upload(course: &Course) -> Way {
    let arrived = course.said.and_then(|said| match said {
        Said {
            octets: Some(octets),
            elapsed_us: Some(us),
            ..
        } if octets <= course.octets => Some((octets, us)),
        _ => None,
    });
    let (octets, us) = arrived.unwrap_or((course.octets, course.us));
    Way {
        octets,
        us,
        end: end(course.end).into(),
        sent: arrived.map(|_| course.octets),
        min_rtt_us: course.said.and_then(|it| it.min_rtt_us),
    }
}

const fn end(end: ndt7::End) -> End {
    match end {
        ndt7::End::Time => End::Time,
        ndt7::End::Cap => End::Cap,
        ndt7::End::Other => End::Other,
        ndt7::End::Broken => End::Broken,
    }
}

fn told(tested: &Tested) -> Json {
    json!({
        "spent_octets": tested.spent, "cap_octets": tested.cap,
        "down": tested.down.as_ref().map(way), "up": tested.up.as_ref().map(way),
    })
}

fn way(way: &Way) -> Json {
    let figure = way.figure();
    json!({
        "octets": way.octets, "us": way.us, "end": way.end().as_str(), "sent": way.sent,
        "kbps": figure.map(|it| it.kbps()), "at_least": figure.is_some_and(|it| it.at_least),
        "min_rtt_us": way.min_rtt_us,
    })
}

/// What tests have cost a box and found, for people; `now` is its own clock, since nobody
/// else is there to ask.
#[must_use]
pub fn shown(folder: &Path, now: Wall) -> Json {
    let book = read(folder);
    let last = book.last();
    json!({
        "weekly_us": book.weekly(), "unsupported": book.unsupported,
        "week_octets": book.spent(false, now), "asked_octets": book.spent(true, now),
        "left_octets": book.left(true, now),
        "down_kbps": last.map(|it| it.kbps()), "at_least": last.is_some_and(|it| it.at_least),
    })
}

/// Measures once at whoever gives such tests without encryption, and says what came of it:
/// for whoever sets up a line, and outside of the purse.
///
/// # Errors
/// [`NoTest`], if there was none.
pub async fn once(
    address: std::net::SocketAddr,
    octets: u64,
    clock: &Clock,
) -> Result<Json, NoTest> {
    let (down, up) = shares(octets);
    let mut ways = Vec::new();
    for (direction, octets) in [(Direction::Download, down), (Direction::Upload, up)] {
        let limits = Limits {
            octets,
            rate: RATE_MAX,
        };
        let host = address.to_string();
        let measured = async {
            let stream = tokio::net::TcpStream::connect(address);
            let stream = stream
                .await
                .map_err(|error| NoTest::Broken(error.to_string()))?;
            hall::link::speed::measure(stream, &host, direction, limits, clock).await
        };
        let course = tokio::time::timeout(WAY_MAX, measured)
            .await
            .map_err(|_| NoTest::Broken("it took too long".to_owned()))??;
        ways.push(match direction {
            Direction::Download => way(&download(&course)),
            Direction::Upload => way(&upload(&course)),
        });
    }
    let [down, up] = [ways.remove(0), ways.remove(0)];
    Ok(json!({ "down": down, "up": up }))
}
