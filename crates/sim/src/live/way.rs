//! Where the packets of a simulated camera go.

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::net::UdpSocket;

/// Where packets go.
pub(super) enum Way {
    /// Into the connection, on this channel and the next.
    Inside(u8),
    /// By sockets of their own, for packets and reports.
    Udp(Box<(UdpSocket, UdpSocket)>),
}

impl Way {
    /// Sends packets beside the connection, or returns what is to go into it.
    pub(super) async fn send(
        &self,
        packets: &[Vec<u8>],
        report: Option<&Vec<u8>>,
    ) -> io::Result<Vec<u8>> {
        let mut inside = Vec::new();
        match self {
            Self::Inside(channel) => {
                for (channel, packet) in report
                    .iter()
                    .map(|report| (channel + 1, *report))
                    .chain(packets.iter().map(|packet| (*channel, packet)))
                {
                    let length = u16::try_from(packet.len()).map_err(io::Error::other)?;
                    inside.extend_from_slice(&[b'$', channel]);
                    inside.extend_from_slice(&length.to_be_bytes());
                    inside.extend_from_slice(packet);
                }
            }
            Self::Udp(sockets) => {
                // A peer whose port is closed is told by the other side of the
                // connection, not by this.
                if let Some(report) = report {
                    let _ = sockets.1.send(report).await;
                }
                for packet in packets {
                    let _ = sockets.0.send(packet).await;
                }
            }
        }
        Ok(inside)
    }
}

/// Two sockets on an even port and the next (RFC 3550 §11).
pub(super) async fn sockets(ip: IpAddr) -> io::Result<(UdpSocket, UdpSocket)> {
    const TRIES: usize = 32;
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..TRIES {
        let first = UdpSocket::bind(SocketAddr::new(ip, 0)).await?;
        let port = first.local_addr()?.port();
        if port % 2 == 1 || port == u16::MAX {
            continue;
        }
        match UdpSocket::bind(SocketAddr::new(ip, port + 1)).await {
            Ok(second) => return Ok((first, second)),
            Err(error) => last = error,
        }
    }
    Err(last)
}
