//! What happens next.
//!
//! A heap of events by their instant. Nothing here is random that does not follow
//! from the seed, and two events of one instant happen in the order in which they
//! were asked for.

mod mishap;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use base::id::{Agent, Id};
use base::now::Mono;
use sync::carry::{Label, pack, unpack};
use sync::command::{Command, End, Ulid};
use sync::frame::Frame;
use sync::identity::Stream;
use sync::record::Kind;
use sync::roster::Conn;
use sync::share::Shares;
use sync::site::Input as ToSite;

use super::centre::{self, Centre};
use super::oracle::{Broken, Oracle};
use super::pipe::{Line, Pipe};
use super::plan::Mishap;
use super::station::{self, Station};
use super::{BEGIN, Instant, SECOND};

/// More events than any second has: two ends that answer each other without end.
const CROWD_MAX: u64 = 1_000_000;

/// A promise that is broken on purpose, to see that it is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mutation {
    /// None.
    #[default]
    None,
    /// The centre takes a record in however often it comes.
    NoDedupe,
    /// The centre acknowledges before it has committed.
    AckEarly,
    /// A box that was set back goes on in its old epoch.
    SameEpoch,
    /// A box deletes what it sends.
    DeleteEarly,
}

/// How a world is made.
#[derive(Debug, Clone)]
pub struct Setting {
    /// What all randomness follows from.
    pub seed: u64,
    /// How many boxes.
    pub sites: usize,
    /// Their links.
    pub line: Line,
    /// Their shares.
    pub shares: Shares,
    /// What is broken on purpose.
    pub mutation: Mutation,
    /// What goes wrong, by its time after the begin.
    pub mishaps: Vec<(Instant, Mishap)>,
    /// Whether villages live: otherwise nothing is made but by hand.
    pub living: bool,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A box wants to be woken.
    Wake(usize),
    /// The centre's end of a connection wants to be woken.
    WakeLink(Conn),
    /// Something happens in a village.
    Make(usize, Stream),
    /// An attempt to dial has come to the centre.
    Dialled(Conn),
    /// The box knows that its connection stands.
    Connected(Conn),
    /// A frame arrives at the centre.
    Up(Conn, Vec<u8>),
    /// A frame arrives at the box.
    Down(Conn, Vec<u8>),
    /// The transport of the box has room again.
    RoomUp(Conn),
    /// The transport of the centre has room again.
    RoomDown(Conn),
    /// The box is told that its connection has ended.
    EndAtSite(Conn),
    /// The centre is told.
    EndAtCentre(Conn),
    /// Something goes wrong.
    Mishap(usize),
    /// The power is back.
    PowerOn(usize),
    /// The centre is back.
    CentreOn,
}

#[derive(Debug)]
struct Connection {
    station: usize,
    up: Pipe,
    down: Pipe,
    /// The network has forgotten it.
    hole: bool,
    at_site: bool,
    at_centre: bool,
    /// The centre ends it when its last frame is sent.
    ending: bool,
}

/// Villages, their links and a centre.
#[derive(Debug)]
pub struct World {
    /// The instant.
    pub now: Instant,
    /// The boxes.
    pub stations: Vec<Station>,
    /// The centre.
    pub centre: Centre,
    /// Who keeps count.
    pub oracle: Oracle,
    setting: Setting,
    heap: BinaryHeap<Reverse<(Instant, u64, Event)>>,
    count: u64,
    /// Events of this second.
    crowd: u64,
    conns: BTreeMap<Conn, Connection>,
    /// The connection of each box.
    of: Vec<Option<Conn>>,
    next_conn: u64,
    /// Until when each way of each box is cut.
    cut: Vec<(Instant, Instant)>,
    wakes: Vec<Instant>,
    link_wakes: BTreeMap<Conn, Instant>,
    /// Octets of connections that are gone, up and down.
    octets: (u64, u64),
    issued: Vec<Command>,
    rng: fastrand::Rng,
}

impl World {
    /// A world at its begin, all powers on.
    #[must_use]
    pub fn new(setting: Setting) -> Self {
        let mut rng = fastrand::Rng::with_seed(setting.seed);
        let mut world = Self {
            now: BEGIN,
            stations: Vec::new(),
            centre: Centre::new(setting.mutation, setting.sites),
            oracle: Oracle::default(),
            heap: BinaryHeap::new(),
            count: 0,
            crowd: 0,
            conns: BTreeMap::new(),
            of: Vec::new(),
            next_conn: 0,
            cut: Vec::new(),
            wakes: Vec::new(),
            link_wakes: BTreeMap::new(),
            octets: (0, 0),
            issued: Vec::new(),
            rng: rng.fork(),
            setting,
        };
        for at in 0..world.setting.sites {
            let mut octets = [0; 16];
            rng.fill(&mut octets);
            world.found(Id::from_bytes(octets), at);
        }
        for (at, (when, _)) in world.setting.mishaps.iter().enumerate() {
            world
                .heap
                .push(Reverse((BEGIN + when, 0, Event::Mishap(at))));
        }
        world
    }

    fn found(&mut self, agent: Id<Agent>, at: usize) {
        let (shares, mutation, seed) =
            (self.setting.shares, self.setting.mutation, self.rng.u64(..));
        let mut station = Station::new(at, agent, shares, mutation, seed);
        station.power_on(self.now);
        self.stations.push(station);
        self.of.push(None);
        self.cut.push((0, 0));
        self.wakes.push(Instant::MAX);
        self.live(at);
    }

    fn live(&mut self, at: usize) {
        if self.setting.living {
            for stream in Stream::ALL {
                let pause = self.stations[at].pause(stream);
                self.at(self.now + pause, Event::Make(at, stream));
            }
        }
        self.rouse(at);
    }

    fn at(&mut self, when: Instant, event: Event) {
        self.count += 1;
        self.heap
            .push(Reverse((when.max(self.now), self.count, event)));
    }

    /// Lets it run up to an instant.
    pub fn run_until(&mut self, end: Instant) {
        while let Some(Reverse((when, ..))) = self.heap.peek() {
            if *when > end {
                break;
            }
            let Some(Reverse((when, _, event))) = self.heap.pop() else {
                break;
            };
            if self.now / SECOND != when / SECOND {
                self.crowd = 0;
            }
            self.crowd += 1;
            assert!(
                self.crowd < CROWD_MAX,
                "seed {}: time stands still at {event:?}",
                self.setting.seed
            );
            self.now = self.now.max(when);
            self.happen(event);
        }
        self.now = self.now.max(end);
    }

    /// Lets it run until every box that has power has said everything, or an instant.
    pub fn run_until_drained(&mut self, end: Instant) {
        while self.now < end && !self.is_drained() {
            self.run_until((self.now + SECOND / 10).min(end));
        }
    }

    /// Whether the centre holds everything that lies on disks, and knows the ends of
    /// its commands.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        self.centre.tables.unanswered() == 0
            && self
                .stations
                .iter()
                .all(|station| station.disk.is_drained())
    }

    /// No villages any more: what was made is all there is.
    pub fn calm(&mut self) {
        self.setting.living = false;
    }

    /// Every promise that was broken.
    #[must_use]
    pub fn judge(&self) -> Vec<Broken> {
        let agents: Vec<_> = self.stations.iter().map(|station| station.agent).collect();
        let tables = &self.centre.tables;
        let mut broken = self.oracle.judge(&agents, &tables.held(), tables.gaps());
        let mut done: BTreeMap<(Id<Agent>, Ulid), u32> = BTreeMap::new();
        for station in &self.stations {
            for id in &station.done_once {
                *done.entry((station.agent, *id)).or_default() += 1;
            }
        }
        // Two boxes with one key, and a box that was set back, do know no better.
        let kept = |agent| {
            let of = self
                .stations
                .iter()
                .filter(|station| station.agent == agent);
            of.clone().count() == 1 && of.into_iter().all(|station| station.copy.is_none())
        };
        broken.extend(
            done.iter()
                .filter(|((agent, _), count)| **count > 1 && kept(*agent))
                .map(|_| Broken::Repeated),
        );
        broken.extend((0..tables.unanswered()).map(|_| Broken::Unanswered));
        broken
    }

    /// Something is recorded in a village.
    pub fn make(&mut self, at: usize, stream: Stream) {
        let acts = self.stations[at].make(stream, self.now, &mut self.oracle);
        self.acts(at, acts);
    }

    /// This is recorded in a village.
    pub fn record(&mut self, at: usize, stream: Stream, body: Vec<u8>) {
        let acts = self.stations[at].record(stream, body, self.now, &mut self.oracle);
        self.acts(at, acts);
    }

    /// Something of this kind is recorded in a village, whatever it is; the instant on the
    /// clock of its boot, if the outbox has taken it.
    pub fn say(&mut self, at: usize, kind: Kind, body: Vec<u8>) -> Option<Mono> {
        let now = self.stations[at].now(self.now);
        let (taken, acts) = self.stations[at].say(kind, body, self.now, &mut self.oracle);
        self.acts(at, acts);
        taken.then_some(now.mono)
    }

    /// Whether nothing goes through between a box and the rest of the world now.
    #[must_use]
    pub fn is_cut(&self, at: usize) -> bool {
        let (up, down) = self.cut[at];
        up.max(down) > self.now
    }

    /// The way of a box is another from here on: what it can do, and until when it is
    /// cut.
    pub fn set_line(&mut self, at: usize, line: Line, cut_until: Instant) {
        self.setting.line = line;
        self.cut[at] = (cut_until, cut_until);
    }

    /// Somebody walks what is pending of a box to the centre.
    #[must_use]
    pub fn carry(&mut self, at: usize) -> (Vec<u8>, Vec<Vec<u8>>) {
        let agent = self.stations[at].agent;
        let made = centre::now(self.now).wall;
        let label = Label {
            agent,
            centre: "sim".to_owned(),
            made,
        };
        let frames = self.stations[at].export(self.now);
        let file = pack(&label, frames.iter().map(Vec::as_slice));
        let receipt = self.import(at, &file);
        (file, receipt)
    }

    /// The centre reads a stick; gives its receipt.
    #[must_use]
    pub fn import(&mut self, at: usize, file: &[u8]) -> Vec<Vec<u8>> {
        let (_, frames) = unpack(file).expect("a whole file");
        self.centre
            .import(self.stations[at].agent, &frames, self.now)
    }

    /// The receipt is walked back.
    pub fn receipt(&mut self, at: usize, frames: &[Vec<u8>]) {
        let frames = frames.iter().filter_map(|frame| Frame::decode(frame).ok());
        let frames = frames.collect();
        self.tell(at, ToSite::Receipt(frames));
    }

    /// Octets that were on the wire, from the boxes and from the centre.
    #[must_use]
    pub fn octets(&self) -> (u64, u64) {
        let of = self.conns.values();
        of.fold(self.octets, |(up, down), it| {
            (up + it.up.octets, down + it.down.octets)
        })
    }

    /// The centre ends, and is back after so long.
    pub fn outage(&mut self, long: Instant) {
        self.centre_down(long);
    }

    /// The centre has a box do something; it expires after that.
    pub fn command(&mut self, at: usize, repeatable: bool, expires: Instant) -> Ulid {
        let mut id = [0; 16];
        self.rng.fill(&mut id);
        let command = Command {
            id: Ulid::from_bytes(id),
            kind: 64,
            expires: centre::now(self.now + expires).wall,
            repeatable,
            body: Vec::new(),
        };
        self.issued.push(command.clone());
        let agent = self.stations[at].agent;
        let acts = self.centre.command(agent, command, self.now);
        self.centre_acts(acts);
        self.pump_agent(agent);
        Ulid::from_bytes(id)
    }

    /// How a command ended, as the centre knows.
    #[must_use]
    pub fn outcome(&self, id: Ulid) -> Option<End> {
        self.centre.tables.outcome(id)
    }

    /// How many boxes the centre has greeted and that know it.
    #[must_use]
    pub fn open(&self) -> usize {
        let open =
            |station: &&Station| station.site.as_ref().is_some_and(|site| site.status().open);
        self.stations.iter().filter(open).count()
    }
}

/// Events.
impl World {
    fn happen(&mut self, event: Event) {
        match event {
            // One that was put off, or brought forward, is not woken for.
            Event::Wake(at) if self.wakes[at] == self.now => {
                self.wakes[at] = Instant::MAX;
                self.tell(at, ToSite::Tick);
            }
            Event::WakeLink(conn) if self.link_wakes.get(&conn) == Some(&self.now) => {
                self.link_wakes.remove(&conn);
                self.tell_link(conn, sync::link::Input::Tick);
            }
            Event::Wake(_) | Event::WakeLink(_) => {}
            Event::Make(at, stream) => {
                if self.setting.living {
                    self.make(at, stream);
                    let pause = self.stations[at].pause(stream);
                    self.at(self.now + pause, Event::Make(at, stream));
                }
            }
            Event::Dialled(conn) => self.dialled(conn),
            Event::Connected(conn) => {
                if let Some(at) = self.site_of(conn) {
                    self.tell(at, ToSite::Connected);
                }
            }
            Event::Up(conn, octets) => self.up(conn, octets),
            Event::Down(conn, octets) => self.down(conn, octets),
            Event::RoomUp(conn) => {
                if let Some(at) = self.site_of(conn) {
                    self.tell(at, ToSite::Room);
                }
            }
            Event::RoomDown(conn) => self.pump_down(conn),
            Event::EndAtSite(conn) => {
                if let Some(at) = self.site_of(conn) {
                    self.leave(conn, false);
                    self.tell(at, ToSite::Closed);
                }
            }
            Event::EndAtCentre(conn) => {
                self.centre.gone(conn);
                if let Some(it) = self.conns.get_mut(&conn) {
                    it.at_centre = false;
                }
                self.bury(conn);
            }
            Event::Mishap(at) => self.mishap(self.setting.mishaps[at].1),
            Event::PowerOn(at) => {
                if self.stations[at].site.is_none() {
                    self.stations[at].power_on(self.now);
                    self.rouse(at);
                }
            }
            Event::CentreOn => self.centre.up = true,
        }
    }
}

/// Connections.
impl World {
    /// The box whose connection it is, if it is still that box's.
    fn site_of(&self, conn: Conn) -> Option<usize> {
        let it = self.conns.get(&conn)?;
        (it.at_site && self.of[it.station] == Some(conn)).then_some(it.station)
    }

    fn dial(&mut self, at: usize) {
        self.next_conn += 1;
        let conn = Conn(self.next_conn);
        let it = Connection {
            station: at,
            up: Pipe::default(),
            down: Pipe::default(),
            hole: false,
            at_site: true,
            at_centre: false,
            ending: false,
        };
        self.conns.insert(conn, it);
        self.of[at] = Some(conn);
        // TCP and TLS: two and a half times there and back, when both ways are open.
        let open = self.cut[at].0.max(self.cut[at].1).max(self.now);
        self.at(open + 5 * self.setting.line.delay_us, Event::Dialled(conn));
    }

    fn dialled(&mut self, conn: Conn) {
        let Some(at) = self.site_of(conn) else {
            return self.bury(conn);
        };
        let agent = self.stations[at].agent;
        if self.centre.accept(conn, agent, self.now) {
            if let Some(it) = self.conns.get_mut(&conn) {
                it.at_centre = true;
            }
            self.at(
                self.now + self.setting.line.delay_us,
                Event::Connected(conn),
            );
            self.rouse_link(conn);
        } else {
            self.at(
                self.now + self.setting.line.delay_us,
                Event::EndAtSite(conn),
            );
        }
    }

    /// The box leaves a connection; the centre is told if the box can still speak.
    fn leave(&mut self, conn: Conn, told: bool) {
        let Some(it) = self.conns.get_mut(&conn) else {
            return;
        };
        it.at_site = false;
        let (at, hole) = (it.station, it.hole);
        if self.of[at] == Some(conn) {
            self.of[at] = None;
        }
        if told && !hole {
            let open = self.cut[at].0.max(self.now);
            self.at(open + self.setting.line.delay_us, Event::EndAtCentre(conn));
        }
        self.bury(conn);
    }

    /// A connection that neither end has any more is forgotten.
    fn bury(&mut self, conn: Conn) {
        if self
            .conns
            .get(&conn)
            .is_some_and(|it| !it.at_site && !it.at_centre)
            && let Some(it) = self.conns.remove(&conn)
        {
            self.octets.0 += it.up.octets;
            self.octets.1 += it.down.octets;
        }
    }

    fn up(&mut self, conn: Conn, octets: Vec<u8>) {
        let Some(it) = self.conns.get(&conn) else {
            return;
        };
        let open = self.cut[it.station].0;
        if it.hole || !it.at_centre {
            return;
        }
        if open > self.now {
            return self.at(open + SECOND / 5, Event::Up(conn, octets));
        }
        self.tell_link(conn, sync::link::Input::Frame(octets));
    }

    fn down(&mut self, conn: Conn, octets: Vec<u8>) {
        let Some(it) = self.conns.get(&conn) else {
            return;
        };
        let open = self.cut[it.station].1;
        if it.hole {
            return;
        }
        if open > self.now {
            return self.at(open + SECOND / 5, Event::Down(conn, octets));
        }
        if let Some(at) = self.site_of(conn) {
            self.tell(at, ToSite::Frame(octets));
        }
    }

    fn tell(&mut self, at: usize, input: ToSite) {
        let acts = self.stations[at].tell(input, self.now, &mut self.oracle);
        self.acts(at, acts);
    }

    fn acts(&mut self, at: usize, acts: Vec<station::Act>) {
        for act in acts {
            match act {
                station::Act::Dial => self.dial(at),
                station::Act::HangUp => {
                    if let Some(conn) = self.of[at] {
                        self.leave(conn, true);
                    }
                }
                station::Act::PowerCut => {
                    let long = self.rng.u64(5 * SECOND..300 * SECOND);
                    self.power(at, long);
                }
            }
        }
        self.pump_up(at);
        self.rouse(at);
    }

    fn pump_up(&mut self, at: usize) {
        let Some(conn) = self.of[at] else { return };
        let (Some(it), Some(site)) = (self.conns.get_mut(&conn), &mut self.stations[at].site)
        else {
            return;
        };
        if !it.up.has_room(self.now) {
            return;
        }
        let Some(octets) = site.frame() else { return };
        if it.hole && self.rng.bool() {
            // The network answers that it knows no such connection.
            let back = self.now + 2 * self.setting.line.delay_us;
            return self.at(back, Event::EndAtSite(conn));
        }
        let line = self.setting.line;
        let (room, there) = it
            .up
            .send(octets.len(), line, self.now, self.cut[at].0, &mut self.rng);
        self.at(there, Event::Up(conn, octets));
        self.at(room, Event::RoomUp(conn));
    }

    fn tell_link(&mut self, conn: Conn, input: sync::link::Input) {
        let acts = self.centre.tell(conn, input, self.now);
        self.centre_acts(acts);
        // What was said to one connection may have moved another of its agent.
        match self
            .conns
            .get(&conn)
            .map(|it| self.stations[it.station].agent)
        {
            Some(agent) => self.pump_agent(agent),
            None => self.pump_down(conn),
        }
        self.rouse_link(conn);
    }

    fn pump_agent(&mut self, agent: Id<Agent>) {
        let of = self
            .conns
            .iter()
            .filter(|(_, it)| it.at_centre && self.stations[it.station].agent == agent);
        let of: Vec<_> = of.map(|(conn, _)| *conn).collect();
        for conn in of {
            self.pump_down(conn);
            self.rouse_link(conn);
        }
    }

    fn centre_acts(&mut self, acts: Vec<centre::Act>) {
        for act in acts {
            match act {
                centre::Act::HangUp(conn) => {
                    if let Some(it) = self.conns.get_mut(&conn) {
                        it.ending = true;
                    }
                    self.pump_down(conn);
                }
                centre::Act::Down => {
                    let long = self.rng.u64(2 * SECOND..60 * SECOND);
                    self.centre_down(long);
                }
            }
        }
    }

    fn pump_down(&mut self, conn: Conn) {
        let Some(it) = self.conns.get_mut(&conn) else {
            return;
        };
        if !it.at_centre || !it.down.has_room(self.now) {
            return;
        }
        let at = it.station;
        match self.centre.frame(conn) {
            Some(octets) => {
                let line = self.setting.line;
                let (room, there) =
                    it.down
                        .send(octets.len(), line, self.now, self.cut[at].1, &mut self.rng);
                self.at(there, Event::Down(conn, octets));
                self.at(room, Event::RoomDown(conn));
            }
            None if it.ending => {
                it.at_centre = false;
                let hole = it.hole;
                self.centre.gone(conn);
                if !hole {
                    let open = self.cut[at].1.max(self.now);
                    // Behind the last frame.
                    self.at(
                        open + self.setting.line.delay_us * 2,
                        Event::EndAtSite(conn),
                    );
                }
                self.bury(conn);
            }
            None => {}
        }
    }

    fn rouse(&mut self, at: usize) {
        let Some(due) = self.stations[at].wakes() else {
            return;
        };
        let due = due.max(self.now + 1);
        if due < self.wakes[at] {
            self.wakes[at] = due;
            self.at(due, Event::Wake(at));
        }
    }

    fn rouse_link(&mut self, conn: Conn) {
        let Some(due) = self.centre.wakes(conn) else {
            return;
        };
        let due = due.max(self.now + 1);
        if self
            .link_wakes
            .get(&conn)
            .is_none_or(|before| due < *before)
        {
            self.link_wakes.insert(conn, due);
            self.at(due, Event::WakeLink(conn));
        }
    }
}
