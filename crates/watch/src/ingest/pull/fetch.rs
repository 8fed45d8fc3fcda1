//! How a file comes from whoever publishes: by HTTP, to an address that was judged.
//!
//! A list leads wherever it likes, so each address is judged anew (hall outward), redirects
//! included, of which a few are followed. One connection is kept for what lies at the same
//! place. A password goes to the place that was typed and to no other.
//!
//! Nothing is asked for in a compressed form, and what comes in one is refused: what is
//! counted here is what is held.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::{Fuse, FusedFuture as _};
use hall::outward::NoWay;
use http::{HeaderValue, Request, header};
use http_auth::{PasswordClient, PasswordParams};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::{Origin, Url};
use watch_core::hls::playlist::Range;
use watch_core::supervise::Reason;

use super::super::gate::Gate;
use super::super::session::{Failure, Source};

/// How long a connection may take, and how long an answer may take to begin.
const PATIENCE: Duration = Duration::from_secs(4);

/// How long an answer that has begun may pause.
const PAUSE_MAX: Duration = Duration::from_secs(8);

/// How often one file may be said to lie elsewhere.
const REDIRECTS_MAX: usize = 3;

/// Octets of the head of an answer.
const HEAD_MAX: usize = 32 * 1024;

/// What a publisher answers (RFC 9110 §15): all of a file, part of it, that it is elsewhere,
/// that it wants to be shown who asks.
const ALL: u16 = 200;
const PART: u16 = 206;
const ELSEWHERE: [u16; 5] = [301, 302, 303, 307, 308];
const UNAUTHORIZED: u16 = 401;

trait Way: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Way for T {}

type Driver = Fuse<Pin<Box<dyn Future<Output = Result<(), hyper::Error>> + Send>>>;

/// A connection that stands.
struct Line {
    to: Origin,
    sender: SendRequest<Empty<Bytes>>,
    /// What moves octets; it lives within what waits for them.
    driver: Driver,
}

/// A file that is coming.
struct Coming {
    body: Incoming,
    /// How many octets may still come.
    room: usize,
}

/// Fetches files, one after the other.
pub(super) struct Fetch {
    gate: Gate,
    origin: Origin,
    credentials: Option<(String, base::redact::Secret<String>)>,
    /// How it is shown who asks, once that was asked for.
    shown: Option<PasswordClient>,
    line: Option<Line>,
    coming: Option<Coming>,
    stood: Duration,
}

impl Fetch {
    pub(super) fn new(source: &Source, gate: &Gate) -> Self {
        Self {
            gate: gate.clone(),
            origin: source.url.origin(),
            credentials: source.credentials.clone(),
            shown: None,
            line: None,
            coming: None,
            stood: Duration::ZERO,
        }
    }

    /// How long the last file had been as it is when it was answered with, at least.
    pub(super) const fn stood(&self) -> Duration {
        self.stood
    }

    /// All of a small file, and where it was in the end.
    pub(super) async fn whole(
        &mut self,
        url: &Url,
        range: Option<Range>,
        octets_max: usize,
    ) -> Result<(Url, Vec<u8>), Failure> {
        let at = self.begin(url, range, octets_max).await?;
        let mut all = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            all.extend_from_slice(&chunk);
        }
        Ok((at, all))
    }

    /// Asks for a file; where it was in the end.
    pub(super) async fn begin(
        &mut self,
        url: &Url,
        range: Option<Range>,
        octets_max: usize,
    ) -> Result<Url, Failure> {
        if self.coming.take().is_some() {
            // What is left of the one before stands in the way.
            self.line = None;
        }
        let mut url = url.clone();
        let mut was_asked = false;
        for _ in 0..=REDIRECTS_MAX + 1 {
            let answer = self.once(&url, range).await?;
            let status = answer.status().as_u16();
            if status == UNAUTHORIZED && !was_asked && self.challenged(&url, &answer) {
                was_asked = true;
                self.line = None;
                continue;
            }
            if ELSEWHERE.contains(&status) {
                let to = answer.headers().get(header::LOCATION);
                let to = to.and_then(|to| to.to_str().ok());
                url = to.and_then(|to| url.join(to).ok()).ok_or_else(|| {
                    failure(Reason::Protocol, "the answer says elsewhere and not where")
                })?;
                self.line = None;
                continue;
            }
            let is_part = status == PART;
            if !(status == ALL || is_part) {
                self.line = None;
                return Err(refused(status));
            }
            if is_part != range.is_some() {
                return Err(failure(Reason::Protocol, "parts of a file are not given"));
            }
            let coded = answer.headers().get(header::CONTENT_ENCODING);
            if coded.is_some_and(|coded| coded != "identity") {
                return Err(failure(Reason::Protocol, "the answer is compressed"));
            }
            self.stood = stood(answer.headers());
            self.coming = Some(Coming {
                body: answer.into_body(),
                room: octets_max,
            });
            return Ok(url);
        }
        Err(failure(
            Reason::Protocol,
            "the file is said to lie elsewhere again and again",
        ))
    }

    /// What comes next of the file; none: it is whole.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        let (Some(coming), Some(line)) = (&mut self.coming, &mut self.line) else {
            return Ok(None);
        };
        loop {
            let frame = timeout(PAUSE_MAX, driven(&mut line.driver, coming.body.frame())).await;
            let frame = frame.map_err(|_| failure(Reason::Silent, "a file stops in its middle"));
            let frame = match frame {
                Ok(None) => {
                    self.coming = None;
                    return Ok(None);
                }
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(error))) => {
                    self.line = None;
                    return Err(failure(Reason::Stopped, told(&error)));
                }
                Err(failure) => {
                    self.line = None;
                    return Err(failure);
                }
            };
            let Ok(data) = frame.into_data() else {
                continue;
            };
            let Some(room) = coming.room.checked_sub(data.len()) else {
                self.line = None;
                self.coming = None;
                return Err(failure(
                    Reason::Protocol,
                    "a file is larger than any that is read",
                ));
            };
            coming.room = room;
            return Ok(Some(data));
        }
    }

    async fn once(
        &mut self,
        url: &Url,
        range: Option<Range>,
    ) -> Result<http::Response<Incoming>, Failure> {
        let to = url.origin();
        let is_kept = self.line.as_ref().is_some_and(|line| line.to == to);
        if is_kept {
            // One that was closed meanwhile is made anew, once.
            match self.asked(url, range).await {
                Err(failed) if failed.reason == Reason::Stopped => {}
                answered => return answered,
            }
        }
        self.line = None;
        let line = timeout(PATIENCE, connect(url, &self.gate)).await;
        self.line = Some(line.unwrap_or_else(|_| Err(silent()))?);
        self.asked(url, range).await
    }

    async fn asked(
        &mut self,
        url: &Url,
        range: Option<Range>,
    ) -> Result<http::Response<Incoming>, Failure> {
        let request = self.request(url, range)?;
        let line = self.line.as_mut().ok_or_else(silent)?;
        let asked = async {
            line.sender.ready().await?;
            line.sender.send_request(request).await
        };
        match timeout(PATIENCE, driven(&mut line.driver, asked)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) if error.is_parse() || error.is_parse_too_large() => {
                Err(failure(Reason::Protocol, told(&error)))
            }
            Ok(Err(error)) => Err(failure(Reason::Stopped, told(&error))),
            Err(_) => Err(silent()),
        }
    }

    fn request(
        &mut self,
        url: &Url,
        range: Option<Range>,
    ) -> Result<Request<Empty<Bytes>>, Failure> {
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let host = url.host_str().unwrap_or_default();
        let host = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let mut request = Request::get(&path)
            .header(header::HOST, host)
            .header(header::USER_AGENT, "betang")
            .header(header::ACCEPT, "*/*")
            .header(header::ACCEPT_ENCODING, "identity");
        if let Some(Range { len, from }) = range {
            let last = from.saturating_add(len).saturating_sub(1);
            request = request.header(header::RANGE, format!("bytes={from}-{last}"));
        }
        if url.origin() == self.origin
            && let Some(shown) = self.authorization(&path)
        {
            request = request.header(header::AUTHORIZATION, shown);
        }
        let request = request.body(Empty::new());
        request.map_err(|error| failure(Reason::Protocol, error.to_string()))
    }

    /// What is shown of who asks, if it has been asked for before.
    fn authorization(&mut self, path: &str) -> Option<HeaderValue> {
        let (username, password) = self.credentials.as_ref()?;
        let shown = self.shown.as_mut()?.respond(&PasswordParams {
            username,
            password: password.expose(),
            uri: path,
            method: "GET",
            body: None,
        });
        HeaderValue::from_str(&shown.ok()?).ok()
    }

    /// Takes what the place that was typed wants to be shown; Digest goes before Basic.
    fn challenged(&mut self, url: &Url, answer: &http::Response<Incoming>) -> bool {
        if self.credentials.is_none() || url.origin() != self.origin {
            return false;
        }
        let all = answer.headers().get_all(header::WWW_AUTHENTICATE).iter();
        let all = all.filter_map(|value| http_auth::parse_challenges(value.to_str().ok()?).ok());
        let challenges: Vec<_> = all.flatten().map(|it| (it.scheme.to_owned(), it)).collect();
        for wanted in ["Digest", "Basic"] {
            let mut builder = PasswordClient::builder();
            for (scheme, challenge) in &challenges {
                if scheme.eq_ignore_ascii_case(wanted) {
                    builder = builder.challenge(challenge);
                }
            }
            if let Ok(client) = builder.build() {
                self.shown = Some(client);
                return true;
            }
        }
        false
    }
}

/// How long a file had been as it is, by the publisher's own clock for both: when it was
/// changed and when it was answered with, and how long it lay in between (RFC 9110 §6.6.1,
/// §8.8.2, RFC 9111 §5.1). None of it is nothing. Whole seconds, so one less.
fn stood(headers: &http::HeaderMap) -> Duration {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let stamp = |name| {
        let stamp = text(name).and_then(|text| jiff::fmt::rfc2822::parse(text).ok());
        stamp.map(|stamp| stamp.timestamp().as_second())
    };
    let (Some(date), Some(modified)) = (stamp(header::DATE), stamp(header::LAST_MODIFIED)) else {
        return Duration::ZERO;
    };
    let lain = text(header::AGE)
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let seconds = date.saturating_sub(modified).saturating_sub(1);
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0).saturating_add(lain))
}

/// Connects to where an address leads, if the house may.
async fn connect(url: &Url, gate: &Gate) -> Result<Line, Failure> {
    let secure = match url.scheme() {
        "https" => true,
        "http" => false,
        _ => {
            return Err(failure(
                Reason::NotAllowed,
                "the list leads to what is not HTTP",
            ));
        }
    };
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or_default();
    let at = gate.lists().find(host, port).await;
    let at = at.map_err(|no_way| {
        let reason = match no_way {
            NoWay::Refused(_) => Reason::NotAllowed,
            NoWay::Unknown(_) => Reason::Unreachable,
        };
        failure(reason, no_way.to_string())
    })?;
    let stream = TcpStream::connect(at).await.map_err(|error| {
        let reason = match error.kind() {
            std::io::ErrorKind::ConnectionRefused => Reason::Refused,
            _ => Reason::Unreachable,
        };
        failure(reason, error.to_string())
    })?;
    let way: Box<dyn Way> = if secure {
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned());
        let name = name.map_err(|error| failure(Reason::Protocol, error.to_string()))?;
        let stream = gate.tls()?.connect(name, stream).await;
        Box::new(stream.map_err(|error| failure(Reason::Protocol, error.to_string()))?)
    } else {
        Box::new(stream)
    };
    let made = http1::Builder::new()
        .max_buf_size(HEAD_MAX)
        .handshake(TokioIo::new(way))
        .await;
    let (sender, driver) = made.map_err(|error| failure(Reason::Stopped, told(&error)))?;
    let driver: Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(driver);
    Ok(Line {
        to: url.origin(),
        sender,
        driver: driver.fuse(),
    })
}

/// Waits for something that a connection brings.
async fn driven<T>(driver: &mut Driver, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            // What ends it is told to who waits for it.
            _ = &mut *driver, if !driver.is_terminated() => {}
        }
    }
}

/// How TLS is spoken with publishers: by the roots that this machine believes.
pub(in super::super) fn tls() -> Result<TlsConnector, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// A failure in these words.
pub(super) fn failure(reason: Reason, detail: impl Into<String>) -> Failure {
    Failure {
        reason,
        detail: detail.into(),
    }
}

fn silent() -> Failure {
    failure(
        Reason::Silent,
        "the host takes the connection and says nothing",
    )
}

fn refused(status: u16) -> Failure {
    let reason = match status {
        401 | 403 => Reason::WrongPassword,
        404 | 410 => Reason::NoSuchPath,
        429 | 503 => Reason::SessionLimit,
        _ => Reason::Protocol,
    };
    failure(reason, format!("the answer is {status}"))
}

/// The library's words and what lies behind them, on one line.
fn told(error: &hyper::Error) -> String {
    let behind = std::error::Error::source(error).map(ToString::to_string);
    let said = behind.map_or_else(|| error.to_string(), |why| format!("{error}: {why}"));
    said.lines().next().unwrap_or_default().to_owned()
}
