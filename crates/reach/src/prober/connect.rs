//! The way without ICMP: a connection is asked for, and whoever takes or refuses it has
//! answered.
//!
//! It costs more of both sides than an echo, so it has a pace of its own.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::time::Duration;

use base::now::Mono;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use hall::clock::Clock;
use reach_core::echo::Refusal;
use reach_core::probe::{Question, Round};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::Stopped;

/// The port that is asked where nobody has named one: whoever refuses it answers too.
pub const PORT: u16 = 443;

/// Connections asked for in a second, at most.
pub const RATE: NonZeroU32 = NonZeroU32::new(200).expect("not zero");

/// How long one is waited for.
pub const WAIT: Duration = Duration::from_secs(3);

/// Open at once, at most; the next ones wait.
const OPEN_MAX: usize = 256;

/// What came of asking for a connection.
enum Came {
    Answer,
    Refused(Refusal),
    Unsent(Refusal),
    Nothing,
}

/// Runs a round to its end. Ports are by address; [`PORT`] where there is none.
///
/// # Errors
/// If it was stopped.
pub async fn ask(
    round: &mut Round,
    ports: &BTreeMap<IpAddr, u16>,
    clock: &Clock,
    stop: &CancellationToken,
) -> Result<(), Stopped> {
    let mut open = FuturesUnordered::new();
    let mut batch = Vec::new();
    loop {
        // What had come by now is heard before it is asked whether the round is over.
        let now = clock.now().mono;
        while let Some(Some((question, at, came))) = open.next().now_or_never() {
            told(round, question, at, came);
        }
        round.due(now, OPEN_MAX - open.len(), &mut batch);
        for question in &batch {
            let port = ports.get(&question.to).copied().unwrap_or(PORT);
            open.push(connect(*question, port, clock));
        }
        round.sent(now, batch.len());
        let Some(next) = round.next(now) else {
            return Ok(());
        };
        let full = open.len() >= OPEN_MAX;
        let pause = if full { WAIT } else { next.since(now) };
        tokio::select! {
            () = stop.cancelled() => return Err(Stopped),
            Some((question, at, came)) = open.next() => told(round, question, at, came),
            () = tokio::time::sleep(pause) => {}
        }
    }
}

fn told(round: &mut Round, it: Question, at: Mono, came: Came) {
    match came {
        Came::Answer => {
            round.answered(at, it.to, it.sequence, it.nonce);
        }
        Came::Refused(why) => {
            round.refused(it.to, it.sequence, Some(it.nonce), why);
        }
        Came::Unsent(why) => {
            round.held_back(it, why);
        }
        Came::Nothing => {}
    }
}

async fn connect(it: Question, port: u16, clock: &Clock) -> (Question, Mono, Came) {
    let connected = TcpStream::connect(SocketAddr::new(it.to, port));
    let came = match tokio::time::timeout(WAIT, connected).await {
        Ok(Ok(_)) => Came::Answer,
        Ok(Err(error)) => match error.kind() {
            ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset => Came::Answer,
            ErrorKind::HostUnreachable => Came::Refused(Refusal::Host),
            ErrorKind::NetworkUnreachable => Came::Unsent(Refusal::NoRoute),
            ErrorKind::PermissionDenied => Came::Unsent(Refusal::Forbidden),
            ErrorKind::TimedOut => Came::Nothing,
            _ => Came::Refused(Refusal::Other),
        },
        Err(_) => Came::Nothing,
    };
    (it, clock.now().mono, came)
}
