//! The centre's own look at addresses that it has a route to.
//!
//! An answer says that the way there and the device answer, and nothing of a village's
//! minutes. `reach_core::probe` decides; here packets go out and come in. Without the
//! right to send ICMP it is said what lacks, and connections are asked for instead.

mod connect;
mod permission;
mod socket;

use std::time::Duration;

use base::now::Mono;
use hall::clock::Clock;
use reach_core::probe::{Question, Secret};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use tokio_util::sync::CancellationToken;

pub use connect::{PORT, RATE as CONNECTS_A_SECOND, WAIT as CONNECT_WAIT, ask as connect};
pub use permission::Lack;
pub use reach_core::echo::{Family, Refusal};
pub use reach_core::probe::{Plan, Round, Tally, Unplannable};
pub use socket::{Closed, Way};

use socket::{BATCH, Inbox, Socket, Told};

/// Questions a second when nobody has said otherwise.
pub const RATE: u32 = 5_000;

/// Questions of a round to one address when nobody has said otherwise.
pub const COUNT: u8 = 5;

/// Over how long these are spread.
pub const SPREAD: Duration = Duration::from_secs(10);

/// How long the last one's answer is waited for: a satellite and a poor mobile line
/// behind it take some seconds on a bad day.
pub const WAIT: Duration = Duration::from_secs(5);

/// How often it is looked whether to stop.
const LOOK: Duration = Duration::from_millis(200);

/// How often one question is tried that cannot be sent: the kernel tells an error of
/// another one in its place.
const TRIES: u8 = 4;

/// How long a full queue of the kernel is waited for.
const FULL: Duration = Duration::from_millis(1);

/// It was stopped before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the round was stopped")]
pub struct Stopped;

/// Why a round was not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// It was stopped.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// The system does not give what it has.
    #[error("the socket of ICMP does not work: {0}")]
    System(#[from] std::io::Error),
}

/// The sockets of ICMP of both families.
#[derive(Debug)]
pub struct Sockets {
    v4: Result<Socket, Closed>,
    v6: Result<Socket, Closed>,
}

impl Sockets {
    /// Opens both, as far as they may be opened.
    #[must_use]
    pub fn open() -> Self {
        // Told to everybody who is asked, so it is no secret and made of none.
        let [.., high, low] = std::process::id().to_be_bytes();
        let identifier = u16::from_be_bytes([high, low]);
        Self {
            v4: Socket::open(Family::V4, identifier),
            v6: Socket::open(Family::V6, identifier),
        }
    }

    /// By which way, or why not.
    ///
    /// # Errors
    /// Why there is none.
    pub fn way(&self, family: Family) -> Result<Way, &Closed> {
        self.of(family).as_ref().map(Socket::way)
    }

    const fn of(&self, family: Family) -> &Result<Socket, Closed> {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }

    fn each(&self) -> impl Iterator<Item = &Socket> {
        [&self.v4, &self.v6].into_iter().flatten()
    }

    fn dropped(&self) -> std::io::Result<u64> {
        self.each().map(Socket::dropped).sum()
    }

    /// Runs a round to its end; blocks. How many answers the kernel has dropped
    /// meanwhile: with these, what was not answered is not known to be lost.
    ///
    /// # Errors
    /// If it was stopped, or the system does not do what it is there for.
    pub fn ask(
        &self,
        round: &mut Round,
        clock: &Clock,
        stop: &CancellationToken,
    ) -> Result<u64, Broken> {
        let before = self.dropped()?;
        let mut inboxes = [Inbox::new(), Inbox::new()];
        let (mut batch, mut tries) = (Vec::with_capacity(BATCH), 0);
        loop {
            // What had come by now is read before it is asked whether the round is over.
            let now = clock.now().mono;
            for (socket, inbox) in self.each().zip(&mut inboxes) {
                socket.read(inbox, |told| {
                    hear(round, clock.now().mono, told);
                })?;
            }
            let at = clock.now().mono;
            round.due(at, BATCH, &mut batch);
            let all = match batch.is_empty() {
                true => true,
                false => self.send(round, at, &batch, &mut tries)?,
            };
            if !all {
                continue;
            }
            let Some(next) = round.next(now) else {
                return Ok(self.dropped()?.saturating_sub(before));
            };
            if stop.is_cancelled() {
                return Err(Stopped.into());
            }
            self.wait(next.since(clock.now().mono).min(LOOK), PollFlags::IN)?;
        }
    }

    /// Sends what it can of one family; whether nothing is left.
    fn send(
        &self,
        round: &mut Round,
        at: Mono,
        batch: &[Question],
        tries: &mut u8,
    ) -> std::io::Result<bool> {
        let Some(family) = batch.first().map(|it| Family::of(it.to)) else {
            return Ok(true);
        };
        let same = batch.iter().take_while(|it| Family::of(it.to) == family);
        let run = &batch[..same.count()];
        let Ok(socket) = self.of(family) else {
            round.unsent(Refusal::NoRoute);
            return Ok(false);
        };
        match socket.send(run) {
            Ok(count) => {
                round.sent(at, count);
                *tries = 0;
                return Ok(count == batch.len());
            }
            Err(Errno::AGAIN | Errno::NOBUFS) => self.wait(FULL, PollFlags::empty())?,
            Err(Errno::INTR) => {}
            Err(error) => {
                *tries += 1;
                if *tries >= TRIES {
                    *tries = 0;
                    round.unsent(match error {
                        Errno::NETUNREACH
                        | Errno::HOSTUNREACH
                        | Errno::NETDOWN
                        | Errno::ADDRNOTAVAIL
                        | Errno::AFNOSUPPORT => Refusal::NoRoute,
                        Errno::ACCESS | Errno::PERM => Refusal::Forbidden,
                        _ => Refusal::Other,
                    });
                }
            }
        }
        Ok(false)
    }

    fn wait(&self, span: Duration, flags: PollFlags) -> std::io::Result<()> {
        let mut fds: Vec<_> = self
            .each()
            .map(|it| PollFd::from_borrowed_fd(it.fd(), flags))
            .collect();
        let span = Timespec {
            tv_sec: i64::try_from(span.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(span.subsec_nanos()),
        };
        match poll(&mut fds, Some(&span)) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn hear(round: &mut Round, now: Mono, told: Told) {
    match told {
        Told::Answer {
            from,
            sequence,
            nonce,
        } => round.answered(now, from, sequence, nonce),
        Told::Refused { to, question, why } => {
            round.refused(to, question.sequence, question.nonce, why)
        }
    };
}

/// Why something was refused, for a person.
#[must_use]
pub const fn words(why: Refusal) -> &'static str {
    match why {
        Refusal::Network => "network unreachable",
        Refusal::Host => "host unreachable",
        Refusal::Port => "port unreachable",
        Refusal::Prohibited => "prohibited on the way",
        Refusal::Hops => "too many hops",
        Refusal::Other => "refused on the way",
        Refusal::NoRoute => "no route from here",
        Refusal::Forbidden => "not permitted from here",
    }
}

/// What nonces are made of, from the system's randomness.
///
/// # Errors
/// If it gives none.
pub fn secret() -> std::io::Result<Secret> {
    let mut octets = [0; 16];
    aws_lc_rs::rand::fill(&mut octets)
        .map_err(|_| std::io::Error::other("the system gives no randomness"))?;
    let (first, second) = octets.split_at(8);
    let word = |it: &[u8]| it.try_into().map_or(0, u64::from_ne_bytes);
    Ok(Secret([word(first), word(second)]))
}
