//! What carries frames for a box, and how it comes to be.
//!
//! Nothing here is waited for: an attempt is a future of its own, and a frame that does
//! not leave is looked at again. A box that dials into a dead link, or whose link died
//! under it, goes on keeping what is brought.

use std::path::PathBuf;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use base::now::Mono;
use futures::future::poll_fn;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt as _, StreamExt as _};
use http::Request;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::Error as SocketError;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use super::apply;
use super::dial::{DialError, Way};
use super::identity::{Identity, IdentityError, Key};
use super::meter::Metered;
use super::posts::Posts;
use crate::ca::{DOOR, RENEW_BEFORE};
use crate::clock::Clock;

/// So long a frame may take to leave before the line counts as dead.
const SEND_MAX: Duration = Duration::from_secs(60);

/// So long a line may take to end.
const CLOSE_MAX: Duration = Duration::from_secs(1);

/// What has happened to a line.
#[derive(Debug)]
pub(super) enum Moved {
    /// A frame has come.
    Frame(Vec<u8>),
    /// A frame has left, and there is room.
    Room,
}

/// What the machine takes for a connection.
#[derive(Debug)]
pub(super) enum Line {
    /// A line.
    Socket(Box<Socket>),
    /// What stands in for one where none lasts.
    Posts(Box<Posts>),
}

/// A WebSocket.
#[derive(Debug)]
pub(super) struct Socket {
    out: SplitSink<WebSocketStream<TlsStream<Metered<TcpStream>>>, Message>,
    back: SplitStream<WebSocketStream<TlsStream<Metered<TcpStream>>>>,
    /// Since when a frame is on its way out.
    leaving: Option<Mono>,
}

impl Line {
    /// Whether it takes a frame now.
    pub(super) const fn has_room(&self) -> bool {
        match self {
            Self::Socket(socket) => socket.leaving.is_none(),
            Self::Posts(posts) => posts.has_room(),
        }
    }

    /// Takes a frame.
    ///
    /// # Errors
    /// If the line is gone.
    pub(super) fn push(&mut self, frame: Vec<u8>, now: Mono) -> Result<(), DialError> {
        match self {
            Self::Socket(socket) => {
                let message = Message::Binary(Bytes::from(frame));
                socket.leaving = Some(now);
                socket.out.start_send_unpin(message).map_err(broken)
            }
            Self::Posts(posts) => {
                posts.push(frame);
                Ok(())
            }
        }
    }

    /// When it counts as dead if what is on its way has not left by then.
    pub(super) fn dead_at(&self) -> Option<Mono> {
        match self {
            Self::Socket(socket) => socket.leaving.map(|since| since + SEND_MAX),
            // A POST ends by itself.
            Self::Posts(_) => None,
        }
    }

    /// What happens next. Nothing is lost if this is given up and asked again.
    pub(super) async fn moved(&mut self) -> Result<Moved, DialError> {
        match self {
            Self::Socket(socket) => poll_fn(|cx| socket.poll(cx)).await,
            Self::Posts(posts) => posts.moved().await,
        }
    }

    /// Ends it in good order, if that does not take long.
    pub(super) async fn close(self) {
        if let Self::Socket(mut socket) = self {
            let _ = tokio::time::timeout(CLOSE_MAX, socket.out.close()).await;
        }
    }
}

impl Socket {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Moved, DialError>> {
        if self.leaving.is_some()
            && let Poll::Ready(left) = self.out.poll_flush_unpin(cx)
        {
            self.leaving = None;
            return Poll::Ready(left.map(|()| Moved::Room).map_err(broken));
        }
        loop {
            return Poll::Ready(match futures::ready!(self.back.poll_next_unpin(cx)) {
                Some(Ok(Message::Binary(octets))) => Ok(Moved::Frame(octets.to_vec())),
                Some(Ok(Message::Close(_))) | None => {
                    Err(DialError::Broken("the line has ended".to_owned()))
                }
                Some(Err(error)) => Err(broken(error)),
                // Whether the other end lives is asked in frames of our own.
                Some(Ok(_)) => continue,
            });
        }
    }
}

fn broken(error: SocketError) -> DialError {
    DialError::Broken(error.to_string())
}

/// An attempt to reach the house, with everything it needs.
#[derive(Debug)]
pub(super) struct Attempt {
    /// Where to.
    pub(super) way: Result<Way, IdentityError>,
    pub(super) folder: PathBuf,
    pub(super) clock: Clock,
    pub(super) key: Arc<Key>,
    pub(super) identity: Identity,
    /// Whether the certificate has to be renewed, however young it is.
    pub(super) renews: bool,
    /// Whether frames go by POST.
    pub(super) is_by_post: bool,
}

/// What became of an attempt.
#[derive(Debug)]
pub(super) struct Dialled {
    /// Who the box is from now on, if that has changed.
    pub(super) identity: Option<Identity>,
    /// The line.
    pub(super) line: Result<Line, Failed>,
}

/// Why there is no line.
#[derive(Debug)]
pub(super) struct Failed {
    /// In words.
    pub(super) why: String,
    /// Whether the right house was reached, and the line broke before it stood.
    pub(super) is_barren: bool,
    /// Whether the house wants the certificate renewed.
    pub(super) renews: bool,
}

impl Failed {
    fn unreached(why: &dyn std::fmt::Display) -> Self {
        Self {
            why: why.to_string(),
            is_barren: false,
            renews: false,
        }
    }

    fn barren(why: &dyn std::fmt::Display) -> Self {
        Self {
            is_barren: true,
            ..Self::unreached(why)
        }
    }
}

impl Attempt {
    /// Makes it.
    pub(super) async fn run(mut self) -> Dialled {
        let mut identity = None;
        let way = match self.way {
            Ok(ref way) => way.clone(),
            Err(error) => {
                let line = Err(Failed::unreached(&error));
                return Dialled { identity, line };
            }
        };
        let soon = self.clock.now().wall + RENEW_BEFORE;
        if self.renews || soon.as_us() >= self.identity.certificate_until_us {
            match apply::renew(&self.folder, &self.identity, &self.key, &way).await {
                Ok(renewed) => {
                    self.identity = renewed.clone();
                    identity = Some(renewed);
                }
                // The one that is there may still do.
                Err(error) => tracing::warn!(%error, "the certificate was not renewed"),
            }
        }
        let line = self.connect(way).await;
        Dialled { identity, line }
    }

    async fn connect(&self, way: Way) -> Result<Line, Failed> {
        let papers = self.identity.papers(&self.key);
        let papers = papers.map_err(|error| Failed::unreached(&error))?;
        if self.is_by_post {
            tracing::info!("no line lasts here; what there is goes by POST");
            let now = self.clock.now().mono;
            return Ok(Line::Posts(Box::new(Posts::new(way, papers, now))));
        }
        let line = way.connect(Some(&papers)).await;
        let line = line.map_err(|error| Failed::unreached(&error))?;
        let request = Request::builder()
            .uri(format!("wss://{DOOR}{}", super::door::LINK))
            .header("host", DOOR)
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", generate_key())
            .body(())
            .map_err(|error| Failed::unreached(&error))?;
        let begun =
            tokio_tungstenite::client_async_with_config(request, line.stream, Some(limits()));
        match tokio::time::timeout(sync::site::GREETING_MAX, begun).await {
            Ok(Ok((stream, _))) => {
                let (out, back) = stream.split();
                let leaving = None;
                Ok(Line::Socket(Box::new(Socket { out, back, leaving })))
            }
            Ok(Err(SocketError::Http(answer))) => {
                let body = answer.body().as_deref().unwrap_or_default();
                let body = String::from_utf8_lossy(body).into_owned();
                Err(Failed {
                    renews: body.contains("certificate-expired"),
                    is_barren: !body.contains("urn:betang:problem:"),
                    why: format!("the house says {}: {body}", answer.status()),
                })
            }
            Ok(Err(error)) => Err(Failed::barren(&error)),
            Err(_) => Err(Failed::barren(&"the house took too long")),
        }
    }
}

/// A frame is the longest message.
fn limits() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(sync::frame::FRAME_MAX))
        .max_frame_size(Some(sync::frame::FRAME_MAX))
}
