//! The centre with its tables.
//!
//! A commit is on the disk when it is done; what runs around it forgets everything
//! when it ends.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use base::id::{Agent, Id};
use base::now::{Mono, Now, Wall};
use sync::batch::Gap;
use sync::clock::{Anchor, Timeline};
use sync::command::{Command, End, Outcome, Ulid};
use sync::commit::{Commit, Entry, Stage};
use sync::identity::{Chain, Cursor, Origin, Seq, Stream};
use sync::link::{Effect, Input, Link, Manners, Trouble};
use sync::record::{Envelope, Kind};
use sync::roster::{Conn, Order, Roster, Twins};

use super::oracle::Held;
use super::world::Mutation;
use super::{BEGIN, Instant};

/// What is on the centre's disk.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    cursors: BTreeMap<(Id<Agent>, Chain), Cursor>,
    held: Vec<Record>,
    origins: BTreeSet<(Id<Agent>, Stream, Origin)>,
    gaps: Vec<(Id<Agent>, Chain, Gap)>,
    poison: Vec<Vec<u8>>,
    /// Commands and whose they are, until there is an outcome.
    commands: BTreeMap<Ulid, (Id<Agent>, Command)>,
    outcomes: BTreeMap<Ulid, End>,
}

/// A record that is held.
#[derive(Debug, Clone)]
struct Record {
    agent: Id<Agent>,
    chain: Chain,
    seq: Seq,
    envelope: Envelope,
    raw: Vec<u8>,
}

/// The centre.
#[derive(Debug, Default)]
pub struct Centre {
    /// What is on its disk.
    pub tables: Tables,
    /// A copy of it.
    pub backup: Option<Tables>,
    /// Whether it runs.
    pub up: bool,
    /// Whether its disk takes no more.
    pub full: bool,
    /// It ends with its next commit: before it, or after.
    pub down_at: Option<bool>,
    /// Who may not any more.
    pub barred: BTreeSet<Id<Agent>>,
    /// Octets of who may not.
    pub quarantine: usize,
    /// Keys that were seen to live twice.
    pub twins: Vec<Twins>,
    /// What was acknowledged and is not on the disk: a mutation.
    unwritten: Vec<Commit>,
    mutation: Mutation,
    roster: Roster,
    links: BTreeMap<Conn, Link>,
    seeds: u64,
    known: usize,
}

/// What the world has to do for the centre.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// End a connection once its last frame is sent.
    HangUp(Conn),
    /// It ends here.
    Down,
}

/// The centre's clocks are right.
#[must_use]
pub fn now(world: Instant) -> Now {
    Now {
        mono: Mono::from_us(world - BEGIN),
        wall: Wall::from_us(i64::try_from(world).unwrap_or(i64::MAX)),
    }
}

impl Centre {
    /// One that runs, with empty tables, and knows of so many boxes.
    #[must_use]
    pub fn new(mutation: Mutation, known: usize) -> Self {
        let roster = Roster::new(known);
        Self {
            up: true,
            mutation,
            roster,
            known,
            ..Self::default()
        }
    }

    /// It ends: what runs is forgotten.
    pub fn down(&mut self) {
        self.up = false;
        self.links.clear();
        self.roster = Roster::new(self.known);
        self.unwritten.clear();
    }

    /// A box has come by a connection; none is taken if it comes too fast.
    pub fn accept(&mut self, conn: Conn, agent: Id<Agent>, world: Instant) -> bool {
        let now = now(world);
        if !self.up || self.roster.admit(now.mono).is_err() {
            return false;
        }
        self.seeds += 1;
        let ping = Duration::from_secs(60);
        let manners = Manners {
            protocols: sync::frame::PROTOCOLS,
            ping,
            window: self.roster.window(),
            config: 1,
        };
        self.links
            .insert(conn, Link::new(agent, manners, now, self.seeds));
        true
    }

    /// A connection has ended.
    pub fn gone(&mut self, conn: Conn) {
        self.roster.gone(conn);
        self.links.remove(&conn);
    }

    /// The next frame of a connection.
    pub fn frame(&mut self, conn: Conn) -> Option<Vec<u8>> {
        self.links.get_mut(&conn)?.frame()
    }

    /// When a connection wants to be woken.
    #[must_use]
    pub fn wakes(&self, conn: Conn) -> Option<Instant> {
        let due = self.links.get(&conn)?.deadline()?;
        Some(BEGIN + due.as_us())
    }

    /// Has a box do something.
    pub fn command(&mut self, agent: Id<Agent>, command: Command, world: Instant) -> Vec<Act> {
        self.tables
            .commands
            .insert(command.id, (agent, command.clone()));
        let conns: Vec<_> = self.links.keys().copied().collect();
        let mut acts = Vec::new();
        for conn in conns {
            if self.roster_has(conn, agent) {
                acts.extend(self.tell(conn, Input::Command(command.clone()), world));
            }
        }
        acts
    }

    fn roster_has(&self, conn: Conn, agent: Id<Agent>) -> bool {
        self.links
            .get(&conn)
            .is_some_and(|link| link.agent() == agent)
    }

    /// Reads the frames of a stick; gives those of its receipt.
    pub fn import(&mut self, agent: Id<Agent>, frames: &[&[u8]], world: Instant) -> Vec<Vec<u8>> {
        // No connection that the world counts has it.
        let conn = Conn(u64::MAX);
        let mut receipt = Vec::new();
        if self.accept(conn, agent, world) {
            for frame in frames {
                let _ = self.tell(conn, Input::Frame(frame.to_vec()), world);
                receipt.extend(std::iter::from_fn(|| self.frame(conn)));
            }
            self.gone(conn);
        }
        receipt
    }

    /// Tells a connection what has happened and does what it says.
    pub fn tell(&mut self, conn: Conn, input: Input, world: Instant) -> Vec<Act> {
        let now = now(world);
        let mut todo = VecDeque::from([(conn, input)]);
        let mut acts = Vec::new();
        while let Some((conn, input)) = todo.pop_front() {
            let Some(link) = self.links.get_mut(&conn) else {
                continue;
            };
            let agent = link.agent();
            for effect in link.handle(input, now) {
                match effect {
                    Effect::Greeted(greeted) => {
                        let orders = self.roster.greeted(conn, &greeted);
                        todo.extend(orders.into_iter().map(obey));
                    }
                    Effect::LookUp(chains) => {
                        let held = chains
                            .iter()
                            .filter_map(|chain| self.tables.cursors.get(&(agent, *chain)));
                        let held = held.copied().collect();
                        let commands = self.tables.commands.values();
                        let commands = commands.filter(|(whose, _)| *whose == agent);
                        let commands = commands.map(|(_, command)| command.clone()).collect();
                        todo.push_back((conn, Input::Cursors(held, commands)));
                    }
                    Effect::Ask => {
                        todo.push_back((conn, Input::Allowed(!self.barred.contains(&agent))));
                    }
                    Effect::Commit(commit) => match self.commit(commit) {
                        Some(answer) => todo.push_back((conn, answer)),
                        None => {
                            acts.push(Act::Down);
                            return acts;
                        }
                    },
                    Effect::Quarantine(octets) => self.quarantine += octets.len(),
                    Effect::Lives => {
                        let (twins, orders) = self.roster.lives(conn);
                        self.twins.extend(twins);
                        todo.extend(orders.into_iter().map(obey));
                    }
                    Effect::HangUp(_) => acts.push(Act::HangUp(conn)),
                }
            }
        }
        acts
    }

    /// None if it ends here.
    fn commit(&mut self, commit: Commit) -> Option<Input> {
        if self.full {
            return Some(Input::Failed(Trouble::Full));
        }
        if self.down_at == Some(false) {
            return None;
        }
        let dedupe = self.mutation != Mutation::NoDedupe;
        if self.mutation == Mutation::AckEarly {
            for late in std::mem::take(&mut self.unwritten) {
                self.tables.write(late, dedupe);
            }
            self.unwritten.push(commit);
        } else if !self.tables.write(commit, dedupe) {
            return Some(Input::Failed(Trouble::Moved));
        }
        if self.down_at == Some(true) {
            return None;
        }
        Some(Input::Committed)
    }
}

fn obey(order: Order) -> (Conn, Input) {
    match order {
        Order::Probe(conn) => (conn, Input::Probe),
        Order::Close(conn, bye) => (conn, Input::Close(bye)),
    }
}

impl Tables {
    /// One transaction; false if it is undone.
    fn write(&mut self, commit: Commit, dedupe: bool) -> bool {
        let agent = commit.agent;
        let stands = |stage: &Stage| {
            let chain = stage.expect.chain;
            let start = Cursor::start(agent, chain);
            *self.cursors.get(&(agent, chain)).unwrap_or(&start) == stage.expect
        };
        if !commit.stages.iter().all(stands) {
            return false;
        }
        for stage in commit.stages {
            let chain = stage.then.chain;
            self.cursors.insert((agent, chain), stage.then);
            for entry in stage.entries {
                match entry {
                    Entry::Record {
                        seq,
                        origin,
                        envelope,
                        raw,
                    } => {
                        if self.origins.insert((agent, chain.stream, origin)) || !dedupe {
                            self.effect(&envelope);
                            self.held.push(Record {
                                agent,
                                chain,
                                seq,
                                envelope,
                                raw,
                            });
                        }
                    }
                    Entry::Poison { raw, .. } => self.poison.push(raw),
                    Entry::Gap(gap) => self.gaps.push((agent, chain, gap)),
                }
            }
        }
        true
    }

    fn effect(&mut self, envelope: &Envelope) {
        if envelope.kind == Kind::OUTCOME
            && let Some(outcome) = Outcome::decode(&envelope.body)
        {
            self.commands.remove(&outcome.id);
            self.outcomes.insert(outcome.id, outcome.end);
        }
    }

    /// Everything that is held, with the times that follow from all of it.
    #[must_use]
    pub fn held(&self) -> Vec<Held> {
        let mut times: BTreeMap<Id<Agent>, Timeline> = BTreeMap::new();
        for Record {
            agent, envelope, ..
        } in &self.held
        {
            if envelope.kind == Kind::CLOCK
                && let Some(anchor) = Anchor::decode(&envelope.body)
            {
                times
                    .entry(*agent)
                    .or_default()
                    .learn(envelope.boot, anchor);
            }
        }
        let held = self.held.iter().map(|record| Held {
            agent: record.agent,
            chain: record.chain,
            seq: record.seq,
            raw: record.raw.clone(),
            quality: record.envelope.quality,
            time: times
                .get(&record.agent)
                .and_then(|times| times.of(&record.envelope)),
        });
        held.collect()
    }

    /// Every gap.
    #[must_use]
    pub fn gaps(&self) -> &[(Id<Agent>, Chain, Gap)] {
        &self.gaps
    }

    /// How many commands have no outcome.
    #[must_use]
    pub fn unanswered(&self) -> usize {
        self.commands.len()
    }

    /// Whether a command has an outcome.
    #[must_use]
    pub fn outcome(&self, id: Ulid) -> Option<End> {
        self.outcomes.get(&id).copied()
    }

    /// How many octets were put aside as no record.
    #[must_use]
    pub fn poisoned(&self) -> usize {
        self.poison.len()
    }
}
