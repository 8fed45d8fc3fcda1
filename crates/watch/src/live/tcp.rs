//! Viewers whose network passes no UDP: ICE over TCP (RFC 6544), on the same port
//! number, and on any other port whose connections are handed over ([`Line`]).
//!
//! Packets travel behind their length in two octets (RFC 4571 §2). A connection
//! is two tasks, one that reads and one that writes; the engine sees datagrams
//! either way.
//!
//! Bounds: [`CONNECTIONS_MAX`] connections, then one is closed as it comes;
//! [`WAITING`] packets for one of them, then what is more is dropped, and its
//! viewer asks for the key frame again, as on any bad network.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hall::task::Tasks;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufWriter};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};

/// Connections at the same time: one for each viewer that there may be.
const CONNECTIONS_MAX: usize = super::engine::VIEWERS_MAX;

/// Packets that may wait for one connection: a second of 5 Mbit/s.
const WAITING: usize = 512;

/// Datagrams from all connections that may wait for the engine; then readers wait.
const INBOUND: usize = 256;

/// A peer that says nothing for so long is gone; ICE speaks every few seconds.
const SILENCE_MAX: Duration = Duration::from_secs(40);

/// What a connection has brought.
#[derive(Debug)]
pub(super) enum Inbound {
    /// It is there; packets for its peer go into the queue.
    Opened(SocketAddr, mpsc::Sender<Arc<[u8]>>),
    /// A datagram from its peer, and the address of ours that it came to.
    Datagram(SocketAddr, SocketAddr, Vec<u8>),
    /// It is gone.
    Closed(SocketAddr),
}

/// The connections, as the engine holds them.
#[derive(Default)]
pub(super) struct Connections {
    open: BTreeMap<SocketAddr, mpsc::Sender<Arc<[u8]>>>,
}

impl Connections {
    /// Takes notice of a connection that has come or gone.
    pub(super) fn opened(&mut self, peer: SocketAddr, queue: mpsc::Sender<Arc<[u8]>>) {
        self.open.insert(peer, queue);
    }

    /// Whether somebody has come by a connection.
    pub(super) fn has(&self, peer: SocketAddr) -> bool {
        self.open.contains_key(&peer)
    }

    /// It is gone.
    pub(super) fn closed(&mut self, peer: SocketAddr) {
        self.open.remove(&peer);
    }

    /// Sends a datagram; whether it found room.
    pub(super) fn send(&self, to: SocketAddr, datagram: &[u8]) -> bool {
        self.open
            .get(&to)
            .is_some_and(|queue| queue.try_send(datagram.into()).is_ok())
    }
}

/// Takes the port.
///
/// # Errors
/// If it is taken.
pub(super) fn take(at: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = socket2::Socket::new(
        socket2::Domain::for_address(at),
        socket2::Type::STREAM,
        Some(socket2::Protocol::TCP),
    )?;
    // A port that was in use a moment ago is ours again.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&at.into())?;
    socket.listen(256)?;
    Ok(socket.into())
}

/// Whether a connection that begins with this octet is of a viewer. What comes first is
/// the length of a STUN message, of which none has 4,096 octets; TLS begins with 22, the
/// kind of its record (RFC 8446 §5.1), and HTTP with a letter.
#[must_use]
pub const fn speaks_stun(first: u8) -> bool {
    first < 16
}

/// The way into the engine for connections. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Line {
    tasks: Tasks,
    tell: mpsc::Sender<Inbound>,
    room: Arc<Semaphore>,
}

impl Line {
    /// Takes a connection; one too many is closed.
    pub fn take(&self, stream: TcpStream, peer: SocketAddr) {
        let Ok(place) = Arc::clone(&self.room).try_acquire_owned() else {
            return;
        };
        let connection = serve(self.tasks.clone(), stream, peer, self.tell.clone());
        self.tasks.spawn("watch.live.tcp.peer", async move {
            connection.await;
            drop(place);
        });
    }
}

/// Lets connections in.
///
/// # Errors
/// If the port cannot be watched.
pub(super) fn listen(
    tasks: &Tasks,
    listener: std::net::TcpListener,
) -> io::Result<(Line, mpsc::Receiver<Inbound>)> {
    let listener = TcpListener::from_std(listener)?;
    let (tell, inbound) = mpsc::channel(INBOUND);
    let line = Line {
        tasks: tasks.clone(),
        tell,
        room: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
    };
    tasks.spawn("watch.live.tcp", accept(listener, line.clone()));
    Ok((line, inbound))
}

async fn accept(listener: TcpListener, line: Line) {
    let stop = line.tasks.soft().clone();
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
        line.take(stream, peer);
    }
}

async fn serve(tasks: Tasks, stream: TcpStream, peer: SocketAddr, tell: mpsc::Sender<Inbound>) {
    // Packets of a picture must not wait for each other.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let Ok(local) = stream.local_addr() else {
        return;
    };
    let (read, write) = stream.into_split();
    let (queue, packets) = mpsc::channel(WAITING);
    if tell.send(Inbound::Opened(peer, queue)).await.is_err() {
        return;
    }
    tokio::select! {
        () = tasks.soft().cancelled() => {}
        () = reading(read, (peer, local), &tell) => {}
        _ = writing(write, packets) => {}
    }
    // Refused only when the engine has gone.
    let _ = tell.send(Inbound::Closed(peer)).await;
}

async fn reading(
    mut read: OwnedReadHalf,
    (peer, local): (SocketAddr, SocketAddr),
    tell: &mpsc::Sender<Inbound>,
) {
    loop {
        let datagram = tokio::time::timeout(SILENCE_MAX, packet(&mut read)).await;
        let Ok(Ok(datagram)) = datagram else {
            return;
        };
        if tell
            .send(Inbound::Datagram(peer, local, datagram))
            .await
            .is_err()
        {
            return;
        }
    }
}

/// One packet behind its length; at most 65,535 octets, as the length has it.
async fn packet(read: &mut OwnedReadHalf) -> io::Result<Vec<u8>> {
    let length = read.read_u16().await?;
    let mut packet = vec![0; usize::from(length)];
    read.read_exact(&mut packet).await?;
    Ok(packet)
}

async fn writing(write: OwnedWriteHalf, mut packets: mpsc::Receiver<Arc<[u8]>>) -> io::Result<()> {
    let mut write = BufWriter::with_capacity(64 * 1024, write);
    while let Some(packet) = packets.recv().await {
        framed(&mut write, &packet).await?;
        // What waits already leaves together.
        while let Ok(packet) = packets.try_recv() {
            framed(&mut write, &packet).await?;
        }
        write.flush().await?;
    }
    Ok(())
}

async fn framed(write: &mut BufWriter<OwnedWriteHalf>, packet: &[u8]) -> io::Result<()> {
    let length = u16::try_from(packet.len()).map_err(|_| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "a packet of more than 65,535 octets",
        )
    })?;
    write.write_u16(length).await?;
    write.write_all(packet).await
}
