//! One port for pages and pictures.
//!
//! Many networks pass TCP 443 and nothing else. A player comes to the port of the
//! pages then, and says by its first octet that it is one ([`speaks_stun`]): such a
//! connection goes to the media engine, every other is served as it always was.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use axum_server::accept::Accept;
use tokio::net::TcpStream;
use watch::live::{Line, speaks_stun};

/// So long a caller may take to his first octet.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// Lets pages through to `pages`, and hands players over.
#[derive(Debug, Clone)]
pub(crate) struct Shared<A> {
    pages: A,
    players: Line,
}

impl<A> Shared<A> {
    /// In front of whoever accepts connections of pages.
    pub(crate) const fn new(pages: A, players: Line) -> Self {
        Self { pages, players }
    }
}

/// What becomes of a connection.
type Accepted<Stream, Service> =
    Pin<Box<dyn Future<Output = io::Result<(Stream, Service)>> + Send>>;

impl<A, S> Accept<TcpStream, S> for Shared<A>
where
    A: Accept<TcpStream, S> + Clone + Send + 'static,
    A::Future: Send,
    S: Send + 'static,
{
    type Stream = A::Stream;
    type Service = A::Service;
    type Future = Accepted<A::Stream, A::Service>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Self { pages, players } = self.clone();
        Box::pin(async move {
            // An answer of several writes would wait for the caller's delayed
            // acknowledgement of the first: 40 ms and more (RFC 896, RFC 1122 §4.2.3.2).
            stream.set_nodelay(true)?;
            let mut first = [0];
            let peeked = tokio::time::timeout(SILENCE_MAX, stream.peek(&mut first)).await;
            let octets = peeked.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
            if octets > 0 && speaks_stun(first[0]) {
                let peer = stream.peer_addr()?;
                players.take(stream, peer);
                // To the server of pages this connection is over.
                return Err(io::Error::from(io::ErrorKind::ConnectionAborted));
            }
            pages.accept(stream, service).await
        })
    }
}
