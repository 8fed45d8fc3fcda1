//! Asks the nodes of the house, each minute, whether they answer.
//!
//! One round at a time: the one over all nodes each minute, and between two of these one
//! over the nodes that no round has asked yet. A round that is not over when the next is
//! due makes that one be left out, and counted. Nothing of it goes into the ledger.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use base::id::{Id, Node};
use base::now::{Mono, Wall};
use hall::{Hall, house};
use reach_core::answering::{Answering, EVERY, Standing, Way};
use reach_core::node::NODES_MAX;
use reach_core::probe::{Plan, Secret};
use store::Error;

use crate::prober::{
    self, Broken, CONNECT_WAIT, CONNECTS_A_SECOND, COUNT, Closed, Family, RATE, Round, SPREAD,
    Sockets, Tally, WAIT,
};
use crate::sql::node::{self as rows, NodeRow, RoundRow, StateRow};

/// How often it is looked whether somebody is to be asked.
const LOOK: Duration = Duration::from_secs(5);

/// Connections are waited for a little longer than each of them waits.
const TCP_WAIT: Duration = CONNECT_WAIT.saturating_add(Duration::from_secs(1));

/// Why a round came to nothing.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Store(#[from] Error),
    #[error("the system gives no randomness: {0}")]
    Secret(std::io::Error),
    #[error(transparent)]
    Broken(#[from] Broken),
    #[error(transparent)]
    Undone(#[from] hall::task::Undone),
    #[error("{0} addresses are too many for a round")]
    Plan(usize),
}

/// Asks until the house closes.
pub(crate) async fn go_on(hall: Hall) {
    let stop = hall.tasks().soft().clone();
    let mut asker = Asker::default();
    let mut due = hall.now().mono;
    while stop
        .run_until_cancelled(tokio::time::sleep(LOOK))
        .await
        .is_some()
    {
        let now = hall.now().mono;
        let which = if now < due {
            Which::New
        } else {
            let skipped = late(now, due);
            due = due + EVERY.saturating_mul(u32::try_from(skipped).unwrap_or(u32::MAX)) + EVERY;
            Which::All { skipped }
        };
        match asker.pass(&hall, which).await {
            // It was stopped: what it has is of no whole round.
            Ok(()) | Err(Failed::Broken(Broken::Stopped(_))) => {}
            Err(error) => {
                // Sockets that do not work are opened anew.
                asker.sockets = None;
                tracing::error!(%error, "nodes were not asked");
            }
        }
    }
}

/// Whole rounds that were due before the one that begins now.
fn late(now: Mono, due: Mono) -> u64 {
    now.since(due).as_secs() / EVERY.as_secs()
}

/// Whom a round asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    /// Everybody, after so many rounds that were left out.
    All { skipped: u64 },
    /// Those that no round has asked yet.
    New,
}

/// Who asks.
#[derive(Debug, Default)]
struct Asker {
    /// Open from the first round on that had somebody to ask, so that an answer which
    /// comes after its round is known to be late.
    sockets: Option<Arc<Sockets>>,
    secret: Option<Secret>,
    number: u32,
}

/// What came of a round.
struct Asked {
    tallies: Vec<(Way, Tally)>,
    dropped: u64,
    lacks: [Option<String>; 2],
}

impl Asker {
    async fn pass(&mut self, hall: &Hall, which: Which) -> Result<(), Failed> {
        let began = hall.now();
        let mut read = hall.db().read().await?;
        let mut nodes = rows::all(&mut read).await?;
        nodes.retain(|node| !node.paused);
        if nodes.is_empty() {
            return Ok(());
        }
        if which == Which::New {
            let states = rows::states(&mut read, None).await?;
            nodes.retain(|node| !states.contains_key(&node.id));
        }
        if house::is_simulated(&mut read).await? {
            // A province that is made up has no devices; nobody else's are asked for it.
            nodes.retain(|node| node.address.is_loopback());
        }
        drop(read);
        // A register that another hand has filled.
        nodes.truncate(NODES_MAX);
        if nodes.is_empty() {
            return Ok(());
        }
        let asked = self.ask(hall, &nodes).await?;
        let ended = hall.now();
        let round = match which {
            Which::New => None,
            Which::All { skipped } => Some(RoundRow {
                began: began.wall,
                took_us: u64::try_from(ended.mono.since(began.mono).as_micros())
                    .unwrap_or(u64::MAX),
                asked: u32::try_from(nodes.len()).unwrap_or(u32::MAX),
                dropped: asked.dropped,
                skipped,
                lack_v4: asked.lacks[0].clone(),
                lack_v6: asked.lacks[1].clone(),
            }),
        };
        measure(hall, &asked, round.as_ref());
        Ok(write(hall, &nodes, &asked, began.wall, round).await?)
    }

    async fn ask(&mut self, hall: &Hall, nodes: &[NodeRow]) -> Result<Asked, Failed> {
        let secret = match self.secret {
            Some(secret) => secret,
            None => *self
                .secret
                .insert(prober::secret().map_err(Failed::Secret)?),
        };
        let sockets = self.sockets();
        self.number = self.number.wrapping_add(1);
        let (icmp, tcp): (Vec<IpAddr>, Vec<IpAddr>) = nodes
            .iter()
            .map(|node| node.address)
            .partition(|it| sockets.way(Family::of(*it)).is_ok());
        let lacks = [Family::V4, Family::V6].map(|family| {
            let is_asked = tcp.iter().any(|it| Family::of(*it) == family);
            match sockets.way(family) {
                Err(Closed::Lack(lack)) if is_asked => Some(lack.to_string()),
                _ => None,
            }
        });
        let ports: BTreeMap<IpAddr, u16> = nodes
            .iter()
            .filter_map(|node| Some((node.address, node.port?)))
            .collect();
        let round = |rate, wait, targets: Vec<IpAddr>| {
            let plan = Plan {
                count: COUNT,
                spread: SPREAD,
                rate,
                wait,
            };
            let (many, now) = (targets.len(), hall.now().mono);
            Round::new(plan, targets, secret, self.number, now).map_err(|_| Failed::Plan(many))
        };
        let rate = NonZeroU32::new(RATE).unwrap_or(NonZeroU32::MIN);
        let mut by_icmp = round(rate, WAIT, icmp)?;
        let mut by_tcp = round(CONNECTS_A_SECOND, TCP_WAIT, tcp)?;
        let (clock, stop) = (hall.clock().clone(), hall.tasks().soft().clone());
        let echoes = hall.tasks().blocking("reach.nodes", move || {
            let dropped = sockets.ask(&mut by_icmp, &clock, &stop);
            (by_icmp, dropped)
        });
        let connections = prober::connect(&mut by_tcp, &ports, hall.clock(), hall.tasks().soft());
        let (echoes, connections) = tokio::join!(echoes, connections);
        let (by_icmp, dropped) = echoes?;
        let dropped = dropped?;
        connections.map_err(Broken::from)?;
        let icmp = by_icmp.tallies().map(|it| (Way::Icmp, it));
        let tcp = by_tcp.tallies().map(|it| (Way::Tcp, it));
        Ok(Asked {
            tallies: icmp.chain(tcp).collect(),
            dropped,
            lacks,
        })
    }

    /// The sockets, opened anew where the right was lacking: it may have come.
    fn sockets(&mut self) -> Arc<Sockets> {
        let lacks = |sockets: &Arc<Sockets>| {
            [Family::V4, Family::V6]
                .iter()
                .any(|family| matches!(sockets.way(*family), Err(Closed::Lack(_))))
        };
        match self.sockets.take().filter(|it| !lacks(it)) {
            Some(sockets) => Arc::clone(self.sockets.insert(sockets)),
            None => Arc::clone(self.sockets.insert(Arc::new(Sockets::open()))),
        }
    }
}

/// Keeps what came of a round, but of nodes that were changed meanwhile.
async fn write(
    hall: &Hall,
    nodes: &[NodeRow],
    asked: &Asked,
    began: Wall,
    round: Option<RoundRow>,
) -> Result<(), Error> {
    let by_address: BTreeMap<IpAddr, Id<Node>> =
        nodes.iter().map(|node| (node.address, node.id)).collect();
    let mut tx = hall.db().write().await?;
    let still: BTreeMap<Id<Node>, IpAddr> = rows::all(&mut tx)
        .await?
        .into_iter()
        .filter(|node| !node.paused)
        .map(|node| (node.id, node.address))
        .collect();
    let states = rows::states(&mut tx, None).await?;
    for (way, tally) in &asked.tallies {
        let Some(id) = by_address
            .get(&tally.address)
            .filter(|id| still.get(*id) == Some(&tally.address))
        else {
            continue;
        };
        let answering = Answering::of(tally, *way == Way::Tcp || asked.dropped == 0);
        let (standing, ended) = match states.get(id) {
            Some(before) => before.standing.after(answering, began),
            None => (Standing::begin(answering, began), None),
        };
        if let Some(span) = ended {
            rows::ended(&mut tx, *id, &span).await?;
        }
        let row = StateRow {
            standing,
            way: *way,
            sent: tally.sent,
            answered: tally.received,
            late: tally.late,
            refusal: tally.refusal,
            rtt_us: tally.rtt.map(|rtt| (rtt.min_us, rtt.median_us)),
        };
        rows::set_state(&mut tx, *id, &row).await?;
    }
    if let Some(round) = round {
        rows::set_round(&mut tx, &round).await?;
        rows::expire(&mut tx, began).await?;
    }
    tx.commit().await
}

fn measure(hall: &Hall, asked: &Asked, round: Option<&RoundRow>) {
    let Some(round) = round else {
        return;
    };
    let metrics = hall.metrics();
    metrics.add(
        "betang_node_rounds_total",
        "Rounds that asked all nodes.",
        "",
        1.0,
    );
    #[expect(clippy::cast_precision_loss, reason = "few, for a gauge")]
    metrics.add(
        "betang_node_rounds_skipped_total",
        "Rounds that were left out, because the one before was not over.",
        "",
        round.skipped as f64,
    );
    for answering in Answering::ALL {
        let of = |(way, tally): &&(Way, Tally)| {
            Answering::of(tally, *way == Way::Tcp || asked.dropped == 0) == answering
        };
        let count = asked.tallies.iter().filter(of).count();
        metrics.set(
            "betang_nodes",
            "Nodes by what the last round has said of them.",
            &format!("state=\"{}\"", answering.as_str()),
            f64::from(u32::try_from(count).unwrap_or(u32::MAX)),
        );
    }
    for (family, lack) in ["4", "6"].iter().zip(&asked.lacks) {
        metrics.set(
            "betang_icmp_lacks",
            "1 where nodes are asked by connections, since ICMP is not permitted.",
            &format!("ip=\"{family}\""),
            f64::from(u8::from(lack.is_some())),
        );
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// One round over all nodes.
    pub(crate) async fn round(hall: &Hall, skipped: u64) {
        let mut asker = Asker::default();
        asker
            .pass(hall, Which::All { skipped })
            .await
            .expect("a round");
    }

    /// What a round says that is made up, as one that was asked would.
    pub(crate) async fn said(hall: &Hall, tallies: Vec<Tally>, dropped: u64) {
        let mut read = hall.db().read().await.expect("a read");
        let mut nodes = rows::all(&mut read).await.expect("nodes");
        nodes.retain(|node| !node.paused);
        drop(read);
        let asked = Asked {
            tallies: tallies.into_iter().map(|it| (Way::Icmp, it)).collect(),
            dropped,
            lacks: [None, None],
        };
        let began = hall.now().wall;
        let round = RoundRow {
            began,
            ..RoundRow::default()
        };
        write(hall, &nodes, &asked, began, Some(round))
            .await
            .expect("a write");
    }

    #[test]
    fn a_round_that_took_too_long_leaves_out_what_was_due_meanwhile() {
        let at = |seconds: u64| Mono::from_us(seconds * 1_000_000);
        for (now, due, skipped) in [(60, 60, 0), (119, 60, 0), (120, 60, 1), (310, 60, 4)] {
            assert_eq!(late(at(now), at(due)), skipped, "{now}");
        }
    }
}
