//! What a box looks at, and when.
//!
//! A machine without IO and clock: what happened goes in as [`Input`], what is to be done
//! comes out as [`Effect`]. A slot is a minute of UTC. In each one a **round** of checks
//! begins at the box's own second, drawn from its id so that boxes do not all look at
//! once, and is over within the same slot, whatever answers:
//!
//! ```text
//! second  0        10 ─ 35              ≤ 50        60
//!         │         round begins │ 8 s: first volley │ 7 s: second │ record │
//! ```
//!
//! - **First volley**, all at once: HTTPS at one anchor, a name at another, TCP at a
//!   third. HTTPS stays with an anchor for some rounds, since a session that is kept
//!   costs a tenth of a new one; the other two change places from round to round.
//! - **Second volley**, only if the first has proved nothing: everything else at every
//!   anchor. Nobody is called unreachable by one lost packet or one anchor's bad day.
//! - **Who answers?** A captive portal takes any TCP connection and answers any name. So
//!   HTTPS decides: while whoever answers it is a stranger, no answer to the other two is
//!   believed either.
//! - **Thrift**, when the purse says so: a name and TCP alone, HTTPS every fifth time, no
//!   probes, and a record for five rounds. Each slot still has its proof.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base::id::{Agent, Id};
use base::now::{Mono, Now};

use crate::presence::Presence;
use crate::purse::{Mood, Purse};
use crate::round::{CHECKS_MAX, Fault, Spent, Way};

mod saying;
mod schedule;

pub use saying::{Ended, Probed, Saying};
use schedule::Schedule;
pub use schedule::{SLOT, SLOTS};

/// The machine wants to be asked at least so often.
const TICK_MAX: Duration = Duration::from_secs(5);

/// So long a check of the first volley may take, and a round in all: seconds of a slot of
/// a minute, as all that follows; a shorter slot has shorter ones.
const FIRST_VOLLEY_S: u32 = 8;
const ROUND_S: u32 = 15;

/// A second volley with less than this left is none.
const VOLLEY_MIN_S: u32 = 3;

/// Questions of a round that tell how the way is, so many milliseconds apart, and for how
/// many seconds the answer to one is waited for.
const PROBES: u32 = 5;
const PROBE_APART_MS: u32 = 1_500;
const PROBE_S: u32 = 5;

/// Rounds in which HTTPS stays with an anchor that answers.
const DWELL: u32 = 10;

/// Rounds of one record in thrift; in thrift HTTPS is tried as seldom.
const THRIFT_ROUNDS: u32 = 5;

/// Rounds of one record when nothing is left.
const BROKE_ROUNDS: u32 = 30;

/// Octets that a check is taken to cost before it is tried: a session that has to begin
/// anew, a question and its answer, a connection that is taken and ended.
const HTTPS_COST: u64 = 8_000;
const DNS_COST: u64 = 300;
const TCP_COST: u64 = 600;

/// Rounds whose probes wait to be told. Bound; policy: the oldest is forgotten.
const PROBED_MAX: usize = 64;

/// Which ways lead to an anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ways {
    /// It can be asked by HTTPS.
    pub https: bool,
    /// A name can be asked of it.
    pub dns: bool,
    /// It takes TCP connections.
    pub tcp: bool,
}

impl Ways {
    const fn has(self, way: Way) -> bool {
        match way {
            Way::Https => self.https,
            Way::Dns => self.dns,
            Way::Tcp => self.tcp,
            Way::Unknown => false,
        }
    }
}

/// What has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Time has passed.
    Tick,
    /// A check has ended.
    Tried {
        /// Which.
        number: u64,
        /// How long it took.
        took: Duration,
        /// How it ended.
        fault: Fault,
        /// What went over the line for it.
        octets: u64,
    },
    /// A probe was answered, or not in time.
    Asked {
        /// Which.
        number: u64,
        /// The round trip.
        rtt: Option<Duration>,
        /// What went over the line for it.
        octets: u64,
    },
    /// What was to be said is on the disk, stamped at that instant.
    Kept(Mono),
    /// It is not.
    Unkept,
    /// Others of this program have used so many octets.
    Used(u64),
    /// The anchors are others.
    Anchors(Vec<Ways>),
    /// The budget is another.
    Budget(u64),
    /// The program ends: what is there is said, and nothing more is begun.
    Leave,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Try to reach an anchor; answer [`Input::Tried`].
    Try {
        /// By which it is answered.
        number: u64,
        /// Place of the anchor in the configuration.
        anchor: usize,
        /// How.
        way: Way,
        /// It ends by then, one way or the other.
        patience: Duration,
    },
    /// Ask an anchor for its name; answer [`Input::Asked`].
    Ask {
        /// By which it is answered.
        number: u64,
        /// Place of the anchor in the configuration.
        anchor: usize,
        /// An answer is waited for so long.
        patience: Duration,
    },
    /// The other anchors count from now on.
    Changed,
    /// Keep a record; answer [`Input::Kept`] or [`Input::Unkept`].
    Say(Saying),
}

/// A round that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Open {
    began: Mono,
    second: bool,
    trying: BTreeMap<u64, (usize, Way)>,
    ended: Vec<Ended>,
    asking: BTreeSet<u64>,
    /// To which anchor probes go; none if there are none in this round.
    probed: Option<usize>,
    asked: u32,
    asked_at: Mono,
    rtts: Vec<Duration>,
}

/// What a box looks at, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookout {
    schedule: Schedule,
    anchors: Vec<Ways>,
    others: Option<Vec<Ways>>,
    purse: Purse,
    presence: Presence,
    round: Option<Open>,
    rounds: u32,
    number: u64,
    /// Where HTTPS stays, and for how many rounds it has.
    at: (usize, u32),
    probe_at: usize,
    /// Whoever answered HTTPS last was a stranger.
    stranger: bool,
    checks: Vec<Ended>,
    probes: Vec<Probed>,
    unsaid: u32,
    saying: Option<Saying>,
    due: bool,
    introduces: bool,
    leaving: bool,
    latest: BTreeMap<(usize, Way), Ended>,
    last: Option<(Mono, bool)>,
}

impl Lookout {
    /// A box that begins to look; it is at work since `presence` says.
    #[must_use]
    pub fn new(
        slot: Duration,
        agent: Id<Agent>,
        anchors: Vec<Ways>,
        purse: Purse,
        presence: Presence,
    ) -> Self {
        Self {
            schedule: Schedule::new(slot, agent),
            anchors,
            others: None,
            purse,
            presence,
            round: None,
            rounds: 0,
            number: 0,
            at: (0, 0),
            probe_at: 0,
            stranger: false,
            checks: Vec::new(),
            probes: Vec::new(),
            unsaid: 0,
            saying: None,
            due: false,
            introduces: true,
            leaving: false,
            latest: BTreeMap::new(),
            last: None,
        }
    }

    /// Takes what has happened and says what to do about it.
    #[must_use]
    pub fn handle(&mut self, input: Input, now: Now) -> Vec<Effect> {
        self.purse.look(now);
        if !self.presence.look(now.mono) {
            // What was under way then tells nothing of now.
            self.round = None;
        }
        match input {
            Input::Tick => {}
            Input::Tried {
                number,
                took,
                fault,
                octets,
            } => {
                self.purse.spend(octets);
                self.tried(number, took, fault, now.mono);
            }
            Input::Asked {
                number,
                rtt,
                octets,
            } => {
                self.purse.spend(octets);
                if let Some(open) = &mut self.round
                    && open.asking.remove(&number)
                {
                    open.rtts.extend(rtt);
                }
            }
            Input::Kept(at) => {
                if let Some(saying) = self.saying.take() {
                    self.presence.claimed(&saying.claim, at);
                }
            }
            Input::Unkept => self.unkept(),
            Input::Used(octets) => self.purse.spend(octets),
            Input::Anchors(anchors) => self.others = Some(anchors),
            Input::Budget(budget) => self.purse.allow(budget),
            Input::Leave => {
                self.leaving = true;
                self.round = None;
                self.due = true;
            }
        }
        let mut effects = Vec::new();
        self.go_on(now, &mut effects);
        self.say(&mut effects);
        effects
    }

    /// When [`Input::Tick`] is due, if nothing else happens before.
    #[must_use]
    pub fn deadline(&self, now: Now) -> Mono {
        let mut due = TICK_MAX;
        match &self.round {
            Some(open) => {
                let over = open.began + self.schedule.part(ROUND_S);
                due = due.min(over.since(now.mono));
                if open.probed.is_some() && open.asked < PROBES {
                    let next = open.asked_at + self.probe_apart();
                    due = due.min(next.since(now.mono));
                }
            }
            None => due = due.min(self.schedule.until_next(now)),
        }
        now.mono + due
    }

    /// Until when no round begins; none while one is under way. Who fills the line
    /// meanwhile is over by then, so that no check tells of a line that this box itself
    /// has filled.
    #[must_use]
    pub fn calm(&self, now: Now) -> Option<Mono> {
        let next = now.mono + self.schedule.until_next(now);
        self.round.is_none().then_some(next)
    }

    /// What was spent, and what may be.
    #[must_use]
    pub const fn purse(&self) -> &Purse {
        &self.purse
    }

    /// How each way to each anchor ended last.
    pub fn latest(&self) -> impl Iterator<Item = &Ended> {
        self.latest.values()
    }

    /// When the last round was over, and whether it proved that there is an internet.
    #[must_use]
    pub const fn last(&self) -> Option<(Mono, bool)> {
        self.last
    }

    /// Whether it has said everything and begins nothing more.
    #[must_use]
    pub const fn has_left(&self) -> bool {
        self.leaving && self.saying.is_none() && !self.due
    }

    /// A round that is under way goes on; where there is none, one may begin.
    fn go_on(&mut self, now: Now, effects: &mut Vec<Effect>) {
        if self.leaving {
            return;
        }
        if self.round.is_none() {
            self.change(effects);
            if self.others.is_none() && self.schedule.until_next(now).is_zero() {
                self.begin(now, effects);
            }
        }
        let Some(mut open) = self.round.take() else {
            return;
        };
        let over = now.mono >= open.began + self.schedule.part(ROUND_S);
        if over {
            let late = std::mem::take(&mut open.trying);
            open.ended
                .extend(late.into_values().map(|(anchor, way)| Ended {
                    anchor,
                    way,
                    at: now.mono,
                    took: now.mono.since(open.began),
                    fault: Fault::Timeout,
                }));
        } else {
            self.probe(&mut open, now.mono, effects);
            if open.trying.is_empty() && !open.second && !self.settles(&open.ended) {
                self.volley(&mut open, now.mono, effects);
            }
        }
        let probing = open.probed.is_some() && open.asked < PROBES;
        if over || (open.trying.is_empty() && open.asking.is_empty() && !probing) {
            self.close(open, now.mono);
        } else {
            self.round = Some(open);
        }
    }

    fn begin(&mut self, now: Now, effects: &mut Vec<Effect>) {
        self.schedule.begin(now);
        self.rounds = self.rounds.wrapping_add(1);
        let dear = self.purse.mood() == Mood::Thrifty;
        let probes = u64::from(PROBES) * DNS_COST;
        let probed = self
            .with(Way::Dns, self.probe_at, &[])
            .filter(|_| !dear && self.purse.left() >= probes);
        let mut open = Open {
            began: now.mono,
            second: false,
            trying: BTreeMap::new(),
            ended: Vec::new(),
            asking: BTreeSet::new(),
            probed,
            asked: 0,
            asked_at: now.mono,
            rtts: Vec::new(),
        };
        let first = match dear {
            true => self.sparing(),
            false => self.usual(),
        };
        let patience = self.schedule.part(FIRST_VOLLEY_S);
        self.send(&mut open, &first, patience, effects);
        self.round = Some(open);
    }

    /// HTTPS at one anchor, the others at others.
    fn usual(&mut self) -> Vec<(usize, Way)> {
        let mut picked = Vec::new();
        if let Some(https) = self.with(Way::Https, self.at.0, &[]) {
            self.at.0 = https;
            picked.push((https, Way::Https));
        }
        let ways = match self.rounds % 2 {
            0 => [Way::Dns, Way::Tcp],
            _ => [Way::Tcp, Way::Dns],
        };
        for way in ways {
            let from = picked.last().map_or(0, |(anchor, _)| anchor + 1);
            picked.extend(self.with(way, from, &picked).map(|anchor| (anchor, way)));
        }
        picked
    }

    /// The cheapest that proves something. HTTPS now and then, to see who answers, and
    /// always where that was a stranger.
    fn sparing(&self) -> Vec<(usize, Way)> {
        let turn = self.turn();
        let https = self.with(Way::Https, turn, &[]);
        let dns = self.with(Way::Dns, turn, &[]);
        let tcp = self.with(Way::Tcp, turn + 1, &[]);
        let is_its_turn = self.stranger || self.rounds.is_multiple_of(THRIFT_ROUNDS);
        match (https, dns, tcp) {
            (Some(https), ..) if is_its_turn => vec![(https, Way::Https)],
            (_, Some(dns), Some(tcp)) => vec![(dns, Way::Dns), (tcp, Way::Tcp)],
            (Some(https), ..) => vec![(https, Way::Https)],
            (None, dns, tcp) => {
                let dns = dns.map(|anchor| (anchor, Way::Dns));
                let tcp = tcp.map(|anchor| (anchor, Way::Tcp));
                dns.into_iter().chain(tcp).collect()
            }
        }
    }

    /// The second volley: whatever was not tried in this round. In thrift each way once.
    fn volley(&mut self, open: &mut Open, now: Mono, effects: &mut Vec<Effect>) {
        open.second = true;
        let left = (open.began + self.schedule.part(ROUND_S)).since(now);
        if left < self.schedule.part(VOLLEY_MIN_S) {
            return;
        }
        let tried = |anchor: usize, way: Way| {
            let mut ended = open.ended.iter();
            ended.any(|it| (it.anchor, it.way) == (anchor, way))
        };
        let mut rest = Vec::new();
        for way in [Way::Https, Way::Dns, Way::Tcp] {
            let turn = (0..self.anchors.len()).map(|n| (n + self.turn()) % self.anchors.len());
            let others = turn.filter(|it| self.anchors[*it].has(way) && !tried(*it, way));
            match self.purse.mood() {
                Mood::Free => rest.extend(others.map(|anchor| (anchor, way))),
                Mood::Thrifty => rest.extend(others.take(1).map(|anchor| (anchor, way))),
            }
        }
        self.send(open, &rest, left, effects);
    }

    /// As many of them as can be paid for.
    fn send(
        &mut self,
        open: &mut Open,
        what: &[(usize, Way)],
        patience: Duration,
        effects: &mut Vec<Effect>,
    ) {
        let mut left = self.purse.left();
        for &(anchor, way) in what {
            let cost = match way {
                Way::Https => HTTPS_COST,
                Way::Dns | Way::Unknown => DNS_COST,
                Way::Tcp => TCP_COST,
            };
            let Some(rest) = left.checked_sub(cost) else {
                continue;
            };
            left = rest;
            let number = self.next_number();
            open.trying.insert(number, (anchor, way));
            effects.push(Effect::Try {
                number,
                anchor,
                way,
                patience,
            });
        }
    }

    fn probe(&mut self, open: &mut Open, now: Mono, effects: &mut Vec<Effect>) {
        let Some(anchor) = open.probed.filter(|_| open.asked < PROBES) else {
            return;
        };
        if open.asked > 0 && now < open.asked_at + self.probe_apart() {
            return;
        }
        let number = self.next_number();
        open.asking.insert(number);
        open.asked += 1;
        open.asked_at = now;
        effects.push(Effect::Ask {
            number,
            anchor,
            patience: self.schedule.part(PROBE_S),
        });
    }

    fn tried(&mut self, number: u64, took: Duration, fault: Fault, now: Mono) {
        let Some(open) = &mut self.round else {
            return;
        };
        if let Some((anchor, way)) = open.trying.remove(&number) {
            open.ended.push(Ended {
                anchor,
                way,
                at: now,
                took,
                fault,
            });
        }
    }

    /// A round is over: what it says is to be told, sooner or later.
    fn close(&mut self, mut open: Open, now: Mono) {
        self.judge(&mut open.ended);
        let proof = proves(&open.ended);
        for ended in &open.ended {
            self.latest.insert((ended.anchor, ended.way), *ended);
        }
        self.last = Some((now, proof));
        self.stay(&open.ended);
        if open.asked > 0 {
            let answered = u32::try_from(open.rtts.len()).unwrap_or(u32::MAX);
            if answered == 0 && proof {
                // It alone is silent.
                self.probe_at += 1;
            }
            self.probes.push(Probed {
                at: open.asked_at,
                sent: open.asked,
                lost: open.asked.saturating_sub(answered),
                rtt_p95: nearest_rank(open.rtts),
            });
        }
        self.checks.append(&mut open.ended);
        self.bound();
        self.unsaid += 1;
        let enough = match self.purse.mood() {
            _ if self.introduces => 1,
            _ if self.purse.left() == 0 => BROKE_ROUNDS,
            Mood::Free => 1,
            Mood::Thrifty => THRIFT_ROUNDS,
        };
        self.due |= self.unsaid >= enough;
    }

    /// Whether nothing more has to be tried in this round.
    fn settles(&self, ended: &[Ended]) -> bool {
        let https = ended.iter().filter(|it| it.way == Way::Https);
        let faults: Vec<Fault> = https.map(|it| it.fault).collect();
        let strange = self.stranger || faults.iter().any(|fault| is_stranger(*fault));
        faults.contains(&Fault::None) || (!strange && proves(ended))
    }

    /// HTTPS decides whether what answered was the anchor.
    fn judge(&mut self, ended: &mut [Ended]) {
        let https = ended.iter().filter(|it| it.way == Way::Https);
        let faults: Vec<Fault> = https.map(|it| it.fault).collect();
        if faults.contains(&Fault::None) {
            self.stranger = false;
        } else if faults.iter().any(|fault| is_stranger(*fault)) {
            self.stranger = true;
        }
        if self.stranger {
            for it in ended.iter_mut().filter(|it| it.fault == Fault::None) {
                it.fault = Fault::Portal;
            }
        }
    }

    /// Where HTTPS is tried next.
    fn stay(&mut self, ended: &[Ended]) {
        let here = ended
            .iter()
            .find(|it| it.way == Way::Https && it.anchor == self.at.0);
        let Some(here) = here else {
            return;
        };
        self.at.1 += 1;
        if here.fault != Fault::None || self.at.1 >= DWELL {
            self.at = (self.at.0 + 1, 0);
        }
    }

    fn say(&mut self, effects: &mut Vec<Effect>) {
        if !self.due || self.saying.is_some() {
            return;
        }
        self.due = false;
        self.unsaid = 0;
        let saying = Saying {
            claim: self.presence.claim(),
            checks: std::mem::take(&mut self.checks),
            probes: std::mem::take(&mut self.probes),
            introduces: std::mem::take(&mut self.introduces),
            spent: Spent {
                bytes: self.purse.spent(),
                budget: self.purse.budget(),
                thrift: self.purse.mood() == Mood::Thrifty,
            },
        };
        self.saying = Some(saying.clone());
        effects.push(Effect::Say(saying));
    }

    /// It is told with the next one.
    fn unkept(&mut self) {
        let Some(mut saying) = self.saying.take() else {
            return;
        };
        self.presence.unclaimed(saying.claim);
        saying.checks.append(&mut self.checks);
        saying.probes.append(&mut self.probes);
        self.checks = saying.checks;
        self.probes = saying.probes;
        self.introduces |= saying.introduces;
        self.unsaid = BROKE_ROUNDS;
        self.bound();
    }

    fn bound(&mut self) {
        let over = self.checks.len().saturating_sub(CHECKS_MAX);
        self.checks.drain(..over);
        let over = self.probes.len().saturating_sub(PROBED_MAX);
        self.probes.drain(..over);
    }

    /// Other anchors count as soon as nothing waits that speaks of the ones before.
    fn change(&mut self, effects: &mut Vec<Effect>) {
        if self.others.is_none() || self.saying.is_some() {
            return;
        }
        if !self.checks.is_empty() || !self.probes.is_empty() {
            self.due = true;
            return;
        }
        if let Some(anchors) = self.others.take() {
            self.anchors = anchors;
            self.introduces = true;
            self.stranger = false;
            self.latest.clear();
            effects.push(Effect::Changed);
            (self.at, self.probe_at) = ((0, 0), 0);
        }
    }

    /// The first anchor that has a way, from a place on; one that is not in use if there
    /// is one.
    fn with(&self, way: Way, from: usize, used: &[(usize, Way)]) -> Option<usize> {
        let count = self.anchors.len().max(1);
        let all = (0..self.anchors.len()).map(|n| (n + from) % count);
        let has: Vec<usize> = all.filter(|it| self.anchors[*it].has(way)).collect();
        let is_free = |it: &usize| used.iter().all(|(anchor, _)| anchor != it);
        has.iter().copied().find(is_free).or(has.first().copied())
    }

    fn turn(&self) -> usize {
        usize::try_from(self.rounds).unwrap_or(0)
    }

    const fn next_number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    fn probe_apart(&self) -> Duration {
        self.schedule.part(PROBE_APART_MS) / 1_000
    }
}

/// Whether checks of one slot prove that there is an internet.
fn proves(ended: &[Ended]) -> bool {
    let mut good = [false; 3];
    for it in ended.iter().filter(|it| it.fault == Fault::None) {
        match it.way {
            Way::Https => good[0] = true,
            Way::Dns => good[1] = true,
            Way::Tcp => good[2] = true,
            Way::Unknown => {}
        }
    }
    good[0] || (good[1] && good[2])
}

/// Whether somebody else has answered in the anchor's place.
const fn is_stranger(fault: Fault) -> bool {
    matches!(fault, Fault::Portal | Fault::Certificate)
}

/// The 95th percentile by nearest rank; none of nothing.
fn nearest_rank(mut of: Vec<Duration>) -> Option<Duration> {
    of.sort_unstable();
    let rank = (of.len() * 95).div_ceil(100);
    of.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests;
