//! Sends what belongs together in one system call.
//!
//! A datagram costs the kernel about as much whatever its size, so the packets
//! of one frame for one viewer leave as one buffer that the kernel cuts (GSO).
//! That wants one destination and equal sizes, but for the last.

use std::io;
use std::net::SocketAddr;

use quinn_udp::{Transmit, UdpSockRef, UdpSocketState};
use str0m::net::Protocol;
use tokio::io::Interest;
use tokio::net::UdpSocket;

use super::tcp::Connections;

/// The longest buffer that the kernel cuts: what a UDP length field holds, less
/// its header and the longest IP header.
const BATCH_MAX: usize = 65_535 - 8 - 60;

/// What the kernel may keep of ours, in octets: a key frame for a hundred
/// viewers.
const BUFFER: usize = 8 * 1024 * 1024;

/// The media port.
pub(super) struct Socket {
    udp: UdpSocket,
    state: UdpSocketState,
    local: SocketAddr,
    batch: Batch,
    /// Whether the kernel is told which of our addresses a packet leaves from.
    pins_source: bool,
    /// Those who came by TCP.
    pub(super) tcp: Connections,
    /// Datagrams that the kernel did not take. Viewers ask for them again.
    pub(super) refused: u64,
}

#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    /// The size of each datagram but the last.
    segment: usize,
    count: usize,
    closed: bool,
    to: Option<(SocketAddr, SocketAddr)>,
}

impl Socket {
    /// Takes the port. `own_addresses` if viewers are told addresses of this
    /// machine, from which packets then have to leave.
    pub(super) fn bind(at: SocketAddr, own_addresses: bool) -> io::Result<Self> {
        let udp = std::net::UdpSocket::bind(at)?;
        let state = UdpSocketState::new(UdpSockRef::from(&udp))?;
        // The kernel's own bound may be lower; it then takes what it allows.
        state.set_send_buffer_size(UdpSockRef::from(&udp), BUFFER)?;
        state.set_recv_buffer_size(UdpSockRef::from(&udp), BUFFER)?;
        let local = udp.local_addr()?;
        Ok(Self {
            udp: UdpSocket::from_std(udp)?,
            state,
            local,
            batch: Batch::default(),
            tcp: Connections::default(),
            pins_source: own_addresses && at.ip().is_unspecified(),
            refused: 0,
        })
    }

    /// The address it is bound to.
    pub(super) const fn local(&self) -> SocketAddr {
        self.local
    }

    /// Waits until there is something to read.
    pub(super) async fn readable(&self) -> io::Result<()> {
        self.udp.readable().await
    }

    /// Reads what is there; none when nothing is.
    pub(super) fn receive<'b>(
        &self,
        buffer: &'b mut [u8],
    ) -> io::Result<Option<impl Iterator<Item = (SocketAddr, SocketAddr, &'b [u8])> + use<'b>>>
    {
        let mut meta = [quinn_udp::RecvMeta::default()];
        let received = self.udp.try_io(Interest::READABLE, || {
            let mut buffers = [io::IoSliceMut::new(buffer)];
            self.state.recv((&self.udp).into(), &mut buffers, &mut meta)
        });
        match received {
            Ok(0) => return Ok(None),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error),
        }
        let [meta] = meta;
        let to = SocketAddr::new(meta.dst_ip.unwrap_or(self.local.ip()), self.local.port());
        let datagrams = buffer
            .get(..meta.len)
            .unwrap_or_default()
            .chunks(meta.stride.max(1))
            .map(move |datagram| (meta.addr, to, datagram));
        Ok(Some(datagrams))
    }

    /// Sends a datagram, or keeps it to leave with those that follow.
    pub(super) fn send(
        &mut self,
        protocol: Protocol,
        from: SocketAddr,
        to: SocketAddr,
        datagram: &[u8],
    ) {
        if protocol != Protocol::Udp {
            if !self.tcp.send(to, datagram) {
                self.refused += 1;
            }
            return;
        }
        let batch = &self.batch;
        let fits = batch.to == Some((from, to))
            && !batch.closed
            && datagram.len() <= batch.segment
            && batch.count < self.state.max_gso_segments()
            && batch.bytes.len() + datagram.len() <= BATCH_MAX;
        if !fits {
            self.flush();
            self.batch.to = Some((from, to));
            self.batch.segment = datagram.len();
        }
        self.batch.bytes.extend_from_slice(datagram);
        self.batch.count += 1;
        self.batch.closed = datagram.len() < self.batch.segment;
    }

    /// Sends what is kept. To be called before anything is waited for.
    pub(super) fn flush(&mut self) {
        let Some((from, to)) = self.batch.to.take() else {
            return;
        };
        let transmit = Transmit {
            destination: to,
            ecn: None,
            contents: &self.batch.bytes,
            segment_size: (self.batch.count > 1).then_some(self.batch.segment),
            src_ip: self.pins_source.then_some(from.ip()),
        };
        let sent = self.udp.try_io(Interest::WRITABLE, || {
            self.state.try_send((&self.udp).into(), &transmit)
        });
        if let Err(error) = sent {
            self.refused += u64::try_from(self.batch.count).unwrap_or(0);
            if error.kind() != io::ErrorKind::WouldBlock {
                tracing::debug!(%error, "the kernel did not take a viewer's packets");
            }
        }
        self.batch.bytes.clear();
        self.batch.count = 0;
        self.batch.closed = false;
    }
}
