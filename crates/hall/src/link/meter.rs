//! How many octets a box uses.
//!
//! What a program hands to the kernel and takes from it is counted exactly, below TLS.
//! What lies around that on the wire is not seen by a program and is reckoned: headers of
//! IP and TCP for each piece that is sent or received, and an acknowledgement for each.
//! Packets that the kernel sends again are not counted, so on a line that loses much the
//! figure is low by about the share that is lost.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Headers of a packet: 20 of IPv4, 20 of TCP, 12 of its time stamps.
const PACKET: u64 = 52;

/// A first packet of TCP, with its options.
const FIRST: u64 = 60;

/// Octets of a full packet.
const FULL: u64 = 1_400;

/// A name that is looked up: two questions and their answers, with headers.
const LOOKUP: u64 = 2 * (68 + 116);

/// Octets that were used. Cheap to clone; all clones count together.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<AtomicU64>);

impl Meter {
    /// All so far.
    #[must_use]
    pub fn octets(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// So many more.
    pub fn add(&self, octets: u64) {
        self.0.fetch_add(octets, Ordering::Relaxed);
    }

    /// A name is looked up, unless it is an address.
    pub fn lookup(&self, host: &str) {
        if host.parse::<std::net::IpAddr>().is_err() {
            self.add(LOOKUP);
        }
    }

    /// A connection was taken, and will be ended some day.
    pub fn taken(&self) {
        self.add(2 * FIRST + PACKET + 4 * PACKET);
    }

    /// A connection was not taken within so long: the kernel has asked again after one
    /// second, three, seven.
    pub fn not_taken(&self, waited: Duration) {
        let asked = (waited.as_secs() + 1).ilog2() + 1;
        self.add(FIRST * u64::from(asked));
    }

    /// A datagram went by, one way.
    pub fn datagram(&self, octets: usize, is_v6: bool) {
        let headers = if is_v6 { 48 } else { 28 };
        self.add(headers + u64::try_from(octets).unwrap_or(u64::MAX));
    }

    /// So many octets of a connection went by, one way, and were acknowledged.
    fn piece(&self, octets: usize) {
        let octets = u64::try_from(octets).unwrap_or(u64::MAX);
        if octets > 0 {
            self.add(octets + octets.div_ceil(FULL) * 2 * PACKET);
        }
    }
}

/// A connection whose octets are counted.
#[derive(Debug)]
pub struct Metered<S> {
    inner: S,
    meter: Meter,
}

impl<S> Metered<S> {
    /// Counts what goes through it.
    pub const fn new(inner: S, meter: Meter) -> Self {
        Self { inner, meter }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let read = ready!(Pin::new(&mut self.inner).poll_read(cx, into));
        self.meter.piece(into.filled().len() - before);
        Poll::Ready(read)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write(cx, octets));
        self.meter.piece(*written.as_ref().unwrap_or(&0));
        Poll::Ready(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn what_goes_through_is_counted_with_what_lies_around_it() {
        let meter = Meter::default();
        let (near, mut far) = tokio::io::duplex(10_000);
        let mut near = Metered::new(near, meter.clone());
        near.write_all(&[0; 3_000]).await.expect("written");
        assert_eq!(meter.octets(), 3_000 + 3 * 104);
        far.write_all(&[0; 10]).await.expect("written");
        let mut heard = [0; 10];
        near.read_exact(&mut heard).await.expect("read");
        assert_eq!(meter.octets(), 3_010 + 4 * 104);
    }

    #[test]
    fn a_connection_that_is_not_taken_is_asked_for_again_and_again() {
        for (seconds, asked) in [(0, 1), (1, 2), (2, 2), (3, 3), (8, 4)] {
            let meter = Meter::default();
            meter.not_taken(Duration::from_secs(seconds));
            assert_eq!(meter.octets(), FIRST * asked, "{seconds}");
        }
        let meter = Meter::default();
        meter.lookup("10.0.0.1");
        assert_eq!(meter.octets(), 0);
    }
}
