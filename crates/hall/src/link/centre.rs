//! The house's end of the line: runs [`sync::link::Link`] for each connection, and
//! one [`sync::roster::Roster`] over all of them.
//!
//! One task owns a connection and its machine. Others reach it by a bounded queue of
//! orders; when it is full the connection is given up, since a connection that does
//! not take orders cannot be revoked. What a site sends is held in the tables before
//! it is acknowledged, and the machine keeps nothing that is not there.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use base::fact::Fact;
use base::id::{Agent, Id, Site};
use base::now::Now;
use serde_json::{Map, json};
use store::{Error, facts};
use sync::command::Command;
use sync::commit::{Commit, Entry};
use sync::frame::{Bye, Farewell, PROTOCOLS, Protocols};
use sync::link::{Effect, Greeted, Input, Link, Manners, Trouble};
use sync::roster::{Conn, Order, Roster, Twins};
use tokio::sync::mpsc;

use super::depot::Depot;
use super::{aside, effects, told};
use crate::Hall;
use crate::audit::{self, Act, Actor};
use crate::enrol;
use crate::incident::{self, About, Key, Opening, Severity};
use crate::site::desired;
use crate::sql::enrol as agents;
use crate::sql::link as rows;

/// How often each end asks whether the other lives.
const PING: Duration = Duration::from_secs(60);

/// So long a frame may take to leave before the line counts as dead.
const SEND_MAX: Duration = Duration::from_secs(60);

/// Orders that wait for a connection. Bound; policy: one that does not take them is
/// given up.
const ORDERS_MAX: usize = 16;

/// Commands that are sent at a greeting. Bound; policy: the others come with the next.
const COMMANDS_MAX: i64 = 32;

/// Facts that are read at once.
const FACTS: i64 = 500;

/// The kind of incident that a copied box is. Nobody here sees that it is over: whoever
/// has been there says so.
const LIVES_TWICE: &str = "site.lives_twice";

/// A box does not go on from where it was.
const WENT_BACK: &str = "site.went_back";

/// All connections of sites. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Centre(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// What is spoken here, if it is not what this program speaks.
    protocols: OnceLock<Protocols>,
    /// Programs that boxes are fetching.
    pub(super) depot: Depot,
    roster: Mutex<Roster>,
    open: Mutex<BTreeMap<Conn, Open>>,
    next: AtomicU64,
}

#[derive(Debug)]
struct Open {
    agent: Id<Agent>,
    site: Id<Site>,
    orders: mpsc::Sender<Input>,
}

/// Whose connection it is.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    /// The agent that its certificate names.
    pub agent: Id<Agent>,
    /// Its site.
    pub site: Id<Site>,
    /// Its key.
    pub key_hash: [u8; 32],
}

impl Centre {
    /// Nobody is connected, of so many boxes that are let in: as many may come at once.
    #[must_use]
    pub fn new(known: usize) -> Self {
        Self(Arc::new(Inner {
            roster: Mutex::new(Roster::new(known)),
            ..Inner::default()
        }))
    }

    /// Speaks these protocols from now on: as an older or newer house does.
    pub fn speak(&self, protocols: Protocols) {
        // The first one counts for as long as the house stands.
        let _ = self.0.protocols.set(protocols);
    }

    /// What is spoken here.
    #[must_use]
    pub fn protocols(&self) -> Protocols {
        self.0.protocols.get().copied().unwrap_or(PROTOCOLS)
    }

    /// Programs that boxes are fetching.
    pub(super) fn depot(&self) -> &Depot {
        &self.0.depot
    }

    /// Follows the facts until the house closes: whoever is revoked or suspended is put
    /// out at once, and not with the next batch.
    pub async fn follow(self, hall: Hall) {
        let mut commits = hall.db().commits();
        let stop = hall.tasks().soft().clone();
        let mut cursor = None;
        loop {
            match self.changed(&hall, cursor).await {
                Ok(newest) => cursor = Some(newest),
                Err(error) => tracing::error!(%error, "the facts could not be read"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                changed = commits.changed() => if changed.is_err() { return },
            }
        }
    }

    async fn changed(&self, hall: &Hall, cursor: Option<i64>) -> Result<i64, Error> {
        let mut read = hall.db().read().await?;
        let Some(mut newest) = cursor else {
            return facts::newest(&mut read).await;
        };
        loop {
            let some = facts::after(&mut read, newest, FACTS).await?;
            if some.is_empty() {
                return Ok(newest);
            }
            for numbered in some {
                newest = numbered.number;
                if let Fact::SiteChanged { site } = numbered.fact {
                    for agent in self.agents_of(site) {
                        let judged = agents::agent(&mut read, agent).await?;
                        let is_in = match judged {
                            Some(row) => enrol::judge_row(&mut read, &row).await?.is_in(),
                            None => false,
                        };
                        if !is_in {
                            self.put_out(agent);
                        }
                    }
                    told::tell(hall, &mut read, site).await?;
                }
            }
        }
    }

    /// Tells an agent what to do, on its newest connection. One that is not there hears
    /// it at its next greeting.
    pub fn command(&self, agent: Id<Agent>, command: Command) {
        let open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = open.values().rev().find(|one| one.agent == agent);
        if let Some(one) = newest {
            // A full queue is not waited for: the command stands in the table.
            let _ = one.orders.try_send(Input::Command(command));
        }
    }

    /// Whether a box of this site is connected.
    #[must_use]
    pub fn has(&self, site: Id<Site>) -> bool {
        let open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.values().any(|one| one.site == site)
    }

    /// The sites whose boxes are connected.
    #[must_use]
    pub fn connected(&self) -> BTreeSet<Id<Site>> {
        let open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.values().map(|one| one.site).collect()
    }

    fn agents_of(&self, site: Id<Site>) -> Vec<Id<Agent>> {
        let open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        let of = open.values().filter(|one| one.site == site);
        of.map(|one| one.agent).collect()
    }

    fn put_out(&self, agent: Id<Agent>) {
        let bye = Bye {
            why: Farewell::Revoked,
            retry_after_s: 300,
            renew: None,
        };
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        // Who does not take the order loses its queue, and with it the connection.
        open.retain(|_, one| one.agent != agent || one.orders.try_send(Input::Close(bye)).is_ok());
    }

    fn obey(&self, orders: Vec<Order>) {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        for order in orders {
            let (conn, input) = match order {
                Order::Probe(conn) => (conn, Input::Probe),
                Order::Close(conn, bye) => (conn, Input::Close(bye)),
            };
            let told = open
                .get(&conn)
                .is_none_or(|one| one.orders.try_send(input).is_ok());
            if !told {
                open.remove(&conn);
            }
        }
    }

    /// Takes in what a site has said in a file: the octets of its frames. What the house
    /// answers, as octets of frames too.
    pub async fn take_in(self, hall: Hall, caller: Caller, said: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        self.converse(hall, caller, None, None, said).await
    }

    /// The same for a site that says it now, and waits for the answer. It is connected
    /// for as long as that takes; an older connection of the same box ends by it.
    pub async fn answer(self, hall: Hall, caller: Caller, said: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        let conn = Conn(self.0.next.fetch_add(1, Ordering::Relaxed));
        let admitted = self.roster(|roster| roster.admit(hall.now().mono));
        let unwelcome = admitted.err();
        let spoken = self.clone();
        let answers = spoken
            .converse(hall, caller, Some(conn), unwelcome, said)
            .await;
        self.roster(|roster| roster.gone(conn));
        answers
    }

    /// A conversation in which the site says everything first.
    async fn converse(
        self,
        hall: Hall,
        caller: Caller,
        conn: Option<Conn>,
        unwelcome: Option<Bye>,
        said: Vec<Vec<u8>>,
    ) -> Vec<Vec<u8>> {
        let manners = Manners {
            protocols: self.protocols(),
            ping: PING,
            window: self.roster(|roster| roster.window()),
            config: 0,
        };
        let mut session = Session {
            link: Link::new(caller.agent, manners, hall.now(), hall.seed()),
            centre: self,
            conn,
            caller,
            hall,
        };
        let mut answers = Vec::new();
        let inputs = match unwelcome {
            Some(bye) => vec![Input::Close(bye)],
            None => said.into_iter().map(Input::Frame).collect(),
        };
        for input in inputs {
            let ends = session.tell(input).await;
            answers.extend(std::iter::from_fn(|| session.link.frame()));
            if ends {
                break;
            }
        }
        answers
    }

    fn roster<T>(&self, ask: impl FnOnce(&mut Roster) -> T) -> T {
        let mut roster = self.0.roster.lock().unwrap_or_else(PoisonError::into_inner);
        ask(&mut roster)
    }

    /// Serves one connection to its end.
    pub async fn serve(self, hall: Hall, caller: Caller, socket: WebSocket) {
        let now = hall.now();
        let (orders, inbox) = mpsc::channel(ORDERS_MAX);
        let conn = Conn(self.0.next.fetch_add(1, Ordering::Relaxed));
        let (admitted, window) = self.roster(|roster| (roster.admit(now.mono), roster.window()));
        let config = desired::wanted(&hall, caller.agent).await;
        let manners = Manners {
            protocols: self.protocols(),
            ping: PING,
            window,
            config,
        };
        let one = Open {
            agent: caller.agent,
            site: caller.site,
            orders,
        };
        self.0
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(conn, one);
        let session = Session {
            link: Link::new(caller.agent, manners, now, hall.seed()),
            centre: self.clone(),
            conn: Some(conn),
            caller,
            hall: hall.clone(),
        };
        session.run(socket, inbox, admitted.err()).await;
        self.0
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&conn);
        self.roster(|roster| roster.gone(conn));
        told::tell_now(&hall, caller.site).await;
    }
}

/// One connection, one file, or one POST.
struct Session {
    link: Link,
    centre: Centre,
    /// None for a file: whoever brings it is not connected.
    conn: Option<Conn>,
    caller: Caller,
    hall: Hall,
}

impl Session {
    async fn run(
        mut self,
        mut socket: WebSocket,
        mut orders: mpsc::Receiver<Input>,
        unwelcome: Option<Bye>,
    ) {
        let stop = self.hall.tasks().soft().clone();
        let mut ends = match unwelcome {
            Some(bye) => self.tell(Input::Close(bye)).await,
            None => false,
        };
        loop {
            while let Some(frame) = self.link.frame() {
                let sent = socket.send(Message::Binary(frame.into()));
                match tokio::time::timeout(SEND_MAX, sent).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) | Err(_) => return,
                }
            }
            if ends {
                break;
            }
            let now = self.hall.now();
            let nap = self.link.deadline().map(|at| at.since(now.mono));
            let input = tokio::select! {
                () = stop.cancelled() => Input::Close(self.closing()),
                order = orders.recv() => match order {
                    Some(order) => order,
                    None => return,
                },
                heard = socket.recv() => match heard {
                    Some(Ok(Message::Binary(octets))) => Input::Frame(octets.to_vec()),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => continue,
                },
                () = sleep(nap) => Input::Tick,
            };
            ends = self.tell(input).await;
        }
        // The last word is out; who does not say goodbye is not waited for.
        let _ =
            tokio::time::timeout(Duration::from_secs(1), socket.send(Message::Close(None))).await;
    }

    /// They come back over a window, not all at once.
    fn closing(&self) -> Bye {
        Bye {
            why: Farewell::Closing,
            retry_after_s: 1,
            renew: None,
        }
    }

    /// Tells the machine, and does what it says, one after the other. Whether the
    /// connection is to end.
    async fn tell(&mut self, input: Input) -> bool {
        let mut ends = false;
        let mut effects: VecDeque<_> = self.link.handle(input, self.hall.now()).into();
        while let Some(effect) = effects.pop_front() {
            let answer = match effect {
                Effect::Greeted(greeted) => {
                    self.greeted(greeted).await;
                    None
                }
                Effect::LookUp(chains) => Some(self.look_up(chains).await),
                Effect::Ask => Some(Input::Allowed(self.is_in().await)),
                Effect::Commit(commit) => Some(self.commit(commit).await),
                Effect::Quarantine(octets) => {
                    aside::stranger(&self.hall, self.caller.agent, &octets).await;
                    None
                }
                Effect::Lives => {
                    self.lives().await;
                    None
                }
                Effect::HangUp(why) => {
                    tracing::debug!(agent.id = %self.caller.agent, why = why.as_str(), "a site's line ends");
                    // A file may be older than what has come by the line since.
                    if why == Farewell::Fork
                        && self.conn.is_some()
                        && let Err(error) = self.went_back().await
                    {
                        tracing::error!(%error, "an alarm could not be written");
                    }
                    ends = true;
                    None
                }
            };
            if let Some(input) = answer {
                effects.extend(self.link.handle(input, self.hall.now()));
            }
        }
        ends
    }

    async fn greeted(&self, it: Greeted) {
        let now = self.hall.now();
        let Some(conn) = self.conn else {
            // Written some time ago: it says nothing of how the box is now.
            return;
        };
        let orders = self.centre.roster(|roster| roster.greeted(conn, &it));
        self.centre.obey(orders);
        let off = it.wall.as_us().saturating_sub(now.wall.as_us());
        let noted = async {
            let mut tx = self.hall.db().write().await?;
            rows::greeted(&mut tx, it.agent, it.boot, &it.version, off, now.wall).await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            tracing::error!(%error, "a greeting could not be noted");
        }
        told::tell_now(&self.hall, self.caller.site).await;
    }

    async fn look_up(&self, chains: Vec<sync::identity::Chain>) -> Input {
        let agent = self.caller.agent;
        let found = async {
            let mut read = self.hall.db().read().await?;
            let mut cursors = Vec::with_capacity(chains.len());
            for chain in chains {
                cursors.extend(rows::cursor(&mut read, agent, chain).await?);
            }
            let commands = rows::waiting(&mut read, agent, COMMANDS_MAX).await?;
            Ok::<_, Error>((cursors, commands))
        };
        match found.await {
            Ok((cursors, commands)) => Input::Cursors(cursors, commands),
            Err(error) => Input::Failed(trouble(&error)),
        }
    }

    /// Whether what it says is taken for true at this moment. In doubt it is not.
    async fn is_in(&self) -> bool {
        let judged = async {
            let mut read = self.hall.db().read().await?;
            enrol::judge(&mut read, &self.caller.key_hash).await
        };
        match judged.await {
            Ok(judged) => judged.is_some_and(|judged| judged.is_in()),
            Err(error) => {
                tracing::error!(%error, "a box could not be judged");
                false
            }
        }
    }

    async fn commit(&self, commit: Commit) -> Input {
        match self.held(commit).await {
            Ok(true) => Input::Committed,
            Ok(false) => Input::Failed(Trouble::Moved),
            Err(error) => Input::Failed(trouble(&error)),
        }
    }

    /// All of it or nothing; not if a chain stands elsewhere by now.
    async fn held(&self, commit: Commit) -> Result<bool, Error> {
        let now = self.hall.now().wall;
        let agent = commit.agent;
        let by_line = self.conn.is_some();
        let mut tx = self.hall.db().write().await?;
        for stage in commit.stages {
            let chain = stage.then.chain;
            let stands = rows::cursor(&mut tx, agent, chain).await?;
            let stands = stands.unwrap_or_else(|| sync::identity::Cursor::start(agent, chain));
            if stands != stage.expect {
                return Ok(false);
            }
            for entry in stage.entries {
                match entry {
                    Entry::Record {
                        seq,
                        origin,
                        envelope,
                        raw,
                    } => {
                        let at = (chain, seq);
                        let is_new =
                            rows::insert(&mut tx, agent, at, origin, &envelope, &raw, by_line, now)
                                .await?;
                        // Its effect comes with it or not at all, and once.
                        if is_new {
                            effects::held(&mut tx, self.hall.now(), agent, &envelope).await?;
                        }
                    }
                    Entry::Poison {
                        seq,
                        origin,
                        why,
                        raw,
                    } => {
                        let place = (chain, seq, origin);
                        aside::piece(&self.hall, &mut tx, agent, place, why, &raw).await?;
                    }
                    Entry::Gap(gap) => {
                        rows::insert_gap(&mut tx, agent, chain, &gap, now).await?;
                    }
                }
            }
            rows::set_cursor(&mut tx, agent, stage.then, now).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    async fn lives(&self) {
        let Some(conn) = self.conn else {
            return;
        };
        let (twins, orders) = self.centre.roster(|roster| roster.lives(conn));
        self.centre.obey(orders);
        if let Some(twins) = twins
            && let Err(error) = self.alarm(twins).await
        {
            tracing::error!(%error, "an alarm could not be written");
        }
    }

    /// A box knows less than it has said, or something else: its disk was restored from
    /// an older day, or another with its key has spoken meanwhile. It goes on in another
    /// epoch and nothing is swallowed; that it happened is for a person to look at.
    async fn went_back(&self) -> Result<(), Error> {
        let now = self.hall.now();
        let agent = self.caller.agent;
        tracing::warn!(agent.id = %agent, "a box was set back, or lives in two places");
        let mut tx = self.hall.db().write().await?;
        let act = Act {
            verb: "site.agent_went_back",
            subject: self.caller.site.to_string(),
            detail: json!({ "agent": agent }),
        };
        audit::record_by(&mut tx, now, &Actor::house("link"), act).await?;
        let site = About::site(&mut tx, self.caller.site).await?;
        let opening = Opening {
            key: Key::new(WENT_BACK, agent),
            by: "link",
            severity: Severity::Warning,
            title: "Perangkat kembali ke keadaan lama: dipulihkan dari cadangan atau disalin"
                .to_owned(),
            facts: Map::new(),
            about: site.into_iter().collect(),
        };
        incident::open(&mut tx, now, opening).await?;
        tx.commit().await
    }

    /// One key lives twice: a box was copied.
    async fn alarm(&self, twins: Twins) -> Result<(), Error> {
        let now: Now = self.hall.now();
        tracing::warn!(agent.id = %twins.agent, "one key lives in two boxes");
        let mut tx = self.hall.db().write().await?;
        rows::twins(&mut tx, twins.agent, now.wall).await?;
        let boot = |boot: sync::identity::Boot| audit::hex(boot.as_bytes());
        let act = Act {
            verb: "site.agent_lives_twice",
            subject: self.caller.site.to_string(),
            detail: json!({
                "agent": twins.agent,
                "boots": [boot(twins.boots.0), boot(twins.boots.1)],
            }),
        };
        audit::record_by(&mut tx, now, &Actor::house("link"), act).await?;
        let site = About::site(&mut tx, self.caller.site).await?;
        let opening = Opening {
            key: Key::new(LIVES_TWICE, twins.agent),
            by: "link",
            severity: Severity::Critical,
            title: "Satu kunci perangkat hidup di dua perangkat: perangkat disalin".to_owned(),
            facts: Map::new(),
            about: site.into_iter().collect(),
        };
        incident::open(&mut tx, now, opening).await?;
        tx.commit().await
    }
}

async fn sleep(nap: Option<Duration>) {
    match nap {
        // The machine's own deadline may lie in the past by a hair.
        Some(nap) => tokio::time::sleep(nap.max(Duration::from_millis(1))).await,
        None => std::future::pending().await,
    }
}

fn trouble(error: &Error) -> Trouble {
    tracing::error!(%error, "what a site said could not be held");
    match error {
        Error::Full => Trouble::Full,
        _ => Trouble::Other,
    }
}
