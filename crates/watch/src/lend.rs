//! Other systems take cameras from here by RTSP: a port of its own, and whoever comes by it.
//!
//! ```text
//! hub ──▶ connection ──RTP inside RTSP──▶ the system of another office
//!           │ asks proving: whose secret is that, and may he see this camera?
//! ```
//!
//! A connection is one task and at most one camera. It owns a cursor in the camera's ring and
//! no queue, as a viewer by WebRTC does; while its peer does not read, nothing is made for it,
//! and it goes on at the newest key frame.
//!
//! Bounds: [`CONNECTIONS_MAX`] connections, [`UNPROVEN_OF_ONE`] of one address that have not
//! shown a secret, then one more is closed as it comes; [`OF_ONE_LOAN`] pictures of one loan
//! at once; and each takes one of the seats of all viewers.

pub(crate) mod connection;
pub(crate) mod proving;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base::id::{Id, Loan, Viewing};
use base::unit::Bytes;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::hub::StreamKey;
use crate::room::Room;
use connection::Connection;

/// Connections at the same time.
pub(crate) const CONNECTIONS_MAX: usize = 2_048;

/// Connections of one address that have not shown a secret.
pub(crate) const UNPROVEN_OF_ONE: usize = 32;

/// Pictures that one loan takes at once: each of its cameras in both qualities, twice.
pub(crate) const OF_ONE_LOAN: usize = 256;

/// How long an encrypted connection may take to come to stand.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);

/// How a record of TLS begins that is a handshake (RFC 8446 §5.1).
const HANDSHAKE: u8 = 22;

/// Who takes what.
#[derive(Debug, Default)]
pub(crate) struct Lending {
    at: Mutex<Option<SocketAddr>>,
    encryption: Mutex<Option<Arc<ServerConfig>>>,
    taking: Mutex<BTreeMap<Id<Viewing>, Taking>>,
    unproven: Mutex<BTreeMap<IpAddr, usize>>,
    refused: AtomicU64,
    sent: AtomicU64,
}

/// A picture that is being taken.
#[derive(Debug)]
struct Taking {
    loan: Id<Loan>,
    key: StreamKey,
    stop: CancellationToken,
}

/// What is going on, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Pictures that are being taken.
    pub(crate) taking: usize,
    /// Proofs that were none.
    pub(crate) refused: u64,
    /// What was sent, headers included.
    pub(crate) sent: Bytes,
}

impl Lending {
    /// Where it listens, if it does.
    pub(crate) fn at(&self) -> Option<SocketAddr> {
        *lock(&self.at)
    }

    /// Connections may be encrypted by this from now on, or not at all.
    pub(crate) fn encrypt(&self, by: Option<Arc<ServerConfig>>) {
        *lock(&self.encryption) = by;
    }

    /// Whether they may be.
    pub(crate) fn encrypts(&self) -> bool {
        lock(&self.encryption).is_some()
    }

    /// Notes that a picture is to be taken; none if the loan has enough.
    ///
    /// To be called before its row is looked at for the last time: a revocation that is
    /// committed later finds it here, one that was committed before is in the row.
    pub(crate) fn begin(
        &self,
        viewing: Id<Viewing>,
        loan: Id<Loan>,
        key: StreamKey,
        stop: &CancellationToken,
    ) -> bool {
        let mut taking = lock(&self.taking);
        if taking.values().filter(|it| it.loan == loan).count() >= OF_ONE_LOAN {
            return false;
        }
        let stop = stop.clone();
        taking.insert(viewing, Taking { loan, key, stop });
        true
    }

    pub(crate) fn end(&self, viewing: Id<Viewing>) {
        lock(&self.taking).remove(&viewing);
    }

    /// Ends all that is taken by a loan: it is revoked.
    pub(crate) fn leave_loan(&self, loan: Id<Loan>) {
        self.leave(|it| it.loan == loan);
    }

    /// Ends all that is taken of a stream: it is no more, or another now.
    pub(crate) fn leave_stream(&self, key: StreamKey) {
        self.leave(|it| it.key == key);
    }

    fn leave(&self, which: impl Fn(&Taking) -> bool) {
        for it in lock(&self.taking).values().filter(|it| which(it)) {
            it.stop.cancel();
        }
    }

    /// How many pictures are taken by each loan.
    pub(crate) fn of_loans(&self) -> BTreeMap<Id<Loan>, i64> {
        let mut counts = BTreeMap::new();
        for it in lock(&self.taking).values() {
            *counts.entry(it.loan).or_insert(0) += 1;
        }
        counts
    }

    pub(crate) fn seen(&self) -> Seen {
        Seen {
            taking: lock(&self.taking).len(),
            refused: self.refused.load(Ordering::Relaxed),
            sent: Bytes::new(self.sent.load(Ordering::Relaxed)),
        }
    }

    pub(crate) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn sent(&self, octets: usize) {
        let octets = u64::try_from(octets).unwrap_or(0);
        self.sent.fetch_add(octets, Ordering::Relaxed);
    }
}

/// A place among those of one address that have not shown a secret.
#[derive(Debug)]
pub(crate) struct Unproven {
    room: Room,
    address: IpAddr,
}

impl Unproven {
    fn of(room: &Room, address: IpAddr) -> Option<Self> {
        let mut unproven = lock(&room.inner.lending.unproven);
        let count = unproven.entry(address).or_insert(0);
        if *count >= UNPROVEN_OF_ONE {
            return None;
        }
        *count += 1;
        Some(Self {
            room: room.clone(),
            address,
        })
    }
}

impl Drop for Unproven {
    fn drop(&mut self) {
        let mut unproven = lock(&self.room.inner.lending.unproven);
        if let Some(count) = unproven.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                unproven.remove(&self.address);
            }
        }
    }
}

/// Takes the port.
///
/// # Errors
/// If it is taken.
pub(crate) async fn listen(room: &Room, at: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(at).await?;
    *lock(&room.inner.lending.at) = Some(listener.local_addr()?);
    let tasks = room.inner.hall.tasks();
    tasks.spawn("watch.lend", accept(room.clone(), listener));
    Ok(())
}

async fn accept(room: Room, listener: TcpListener) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let tasks = room.inner.hall.tasks().clone();
    let stop = tasks.soft().clone();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, peer)) = accepted else {
            // Out of files, most likely: those that are open go on, and the next
            // one may find room.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            continue;
        };
        let Some(unproven) = Unproven::of(&room, peer.ip().to_canonical()) else {
            continue;
        };
        let room = room.clone();
        tasks.spawn("watch.lend.peer", async move {
            // That a peer has gone, or is none, concerns nobody else.
            if let Err(error) = serve(room, stream, peer, unproven).await {
                tracing::debug!(%peer, %error, "a connection of another system has ended");
            }
            drop(place);
        });
    }
}

async fn serve(
    room: Room,
    stream: TcpStream,
    peer: SocketAddr,
    unproven: Unproven,
) -> io::Result<()> {
    // Packets of a picture must not wait for each other; and what the kernel keeps for a
    // slow reader is late when it comes.
    stream.set_nodelay(true)?;
    socket2::SockRef::from(&stream).set_send_buffer_size(connection::SEND_BUFFER)?;
    let stop = room.inner.hall.tasks().soft().clone();
    let mut first = [0];
    let peeked = tokio::select! {
        () = stop.cancelled() => return Ok(()),
        peeked = tokio::time::timeout(HANDSHAKE_MAX, stream.peek(&mut first)) => peeked,
    };
    let octets = peeked.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    if octets == 0 || first[0] != HANDSHAKE {
        let connection = Connection::new(room, stream, peer, unproven)?;
        return Box::pin(connection.run()).await;
    }
    let encryption = lock(&room.inner.lending.encryption).clone();
    let Some(encryption) = encryption else {
        return Ok(());
    };
    let accepted = tokio_rustls::TlsAcceptor::from(encryption).accept(stream);
    let accepted = tokio::select! {
        () = stop.cancelled() => return Ok(()),
        accepted = tokio::time::timeout(HANDSHAKE_MAX, accepted) => accepted,
    };
    let stream = accepted.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    let connection = Connection::new(room, stream, peer, unproven)?;
    Box::pin(connection.run()).await
}

/// Each of these is whole between two plain assignments, whatever panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
