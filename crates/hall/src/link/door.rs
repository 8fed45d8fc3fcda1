//! The house's port for sites: TLS that the house ends itself.
//!
//! | path | who | what |
//! |---|---|---|
//! | `POST /edge/v1/enrol` | anybody with a code | ask to be let in |
//! | `POST /edge/v1/renew` | a box, its certificate may have expired | the next certificate |
//! | `GET /edge/v1/releases/SHA-256` | a box | octets of a program it was offered |
//! | `GET /ndt/v7/download`, `…/upload` | a box | a test of speed (ndt7), with the bounds of [`crate::speed`] |
//! | `GET /edge/v1` | a box | the line: a WebSocket of `betang-edge/1` frames |
//! | `POST /edge/v1/batch` | a box | the same frames, where no line lasts (`posts`) |
//!
//! Other bodies are small JSON documents; failures are problems as everywhere else.
//! This port is no part of the API for people and programs: its callers are boxes.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{AddExtension, from_fn_with_state};
use axum::response::Response;
use axum::{Extension, Router};
use axum_server::Handle;
use axum_server::accept::Accept;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use base::geo::Point;
use base::now::Wall;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures::future::BoxFuture;
use rustls::pki_types::CertificateDer;
use rustls::{ServerConfig, version};
use serde::{Deserialize, Serialize};
use sync::carry;
use sync::frame::FRAME_MAX;
use sync::speed::Direction;
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tower::Layer as _;

use super::centre::{Caller, Centre};
use super::depot;
use super::trust::{OfBoxes, Shown, provider};
use crate::ca::{CaError, RENEW_AFTER_END, RENEW_BEFORE, Request as Signing};
use crate::enrol::{self, ASK_AGAIN, Asking, Standing};
use crate::http::speed;
use crate::problem::{Json, Problem};
use crate::session::Arrival;
use crate::{Hall, line, request};

/// Where the line begins.
pub(super) const LINK: &str = "/edge/v1";

/// Where the same frames are taken in a body.
pub(super) const BATCH: &str = "/edge/v1/batch";

/// Longest body of a document, in octets.
const BODY_MAX: usize = 16 * 1024;

/// So long a caller may take to say what he wants.
const HEADER_MAX: Duration = Duration::from_secs(30);

/// How often somebody looks whether the door's certificate is still a good one.
const CERTIFICATE_EVERY: Duration = Duration::from_secs(3600);

/// What a box says when it asks to be let in.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    /// One of the two forms of its code.
    pub(super) code: String,
    /// A request for a certificate (PKCS#10 DER), base 64.
    pub(super) request: String,
    /// The serial number on its case.
    #[serde(default)]
    pub(super) serial: Option<String>,
    /// The version of its program.
    #[serde(default)]
    pub(super) version: Option<String>,
    /// Where it stands.
    #[serde(default)]
    pub(super) point: Option<Point>,
}

/// What it is answered.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Told {
    /// `agt_…`.
    pub(super) agent: base::id::Id<base::id::Agent>,
    /// The name of its site.
    pub(super) site: String,
    /// `pending` or `active`.
    pub(super) standing: Standing,
    /// Its certificate (DER), base 64, once it is let in.
    #[serde(default)]
    pub(super) certificate: Option<Signed>,
    /// Seconds until it is to ask again, while it waits.
    #[serde(default)]
    pub(super) ask_again_s: Option<u64>,
    /// The keys that releases of its program are signed for, once it is let in.
    #[serde(default)]
    pub(super) release_keys: Vec<String>,
}

/// A certificate on its way to a box.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Signed {
    /// The certificate (DER), base 64.
    pub(super) der: String,
    /// Until when it is good.
    pub(super) until_us: i64,
}

/// A request for the next certificate.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Renew {
    /// PKCS#10 DER, base 64, of the key that the certificate is for.
    pub(super) request: String,
}

/// The port, open but not yet served.
#[derive(Debug)]
pub struct Door {
    hall: Hall,
    listener: TcpListener,
    encryption: RustlsConfig,
    centre: Centre,
}

impl Door {
    /// Takes a listener, and says where sites find it from now on.
    ///
    /// # Errors
    /// If the authority cannot sign.
    pub fn open(hall: &Hall, listener: TcpListener) -> io::Result<Self> {
        let first = config(hall).map_err(io::Error::other)?;
        hall.sites_open(listener.local_addr()?.port());
        Ok(Self {
            hall: hall.clone(),
            listener,
            encryption: RustlsConfig::from_config(first),
            centre: hall.sites().clone(),
        })
    }

    /// Serves sites until the handle says otherwise.
    ///
    /// # Errors
    /// If the port cannot be served.
    pub async fn serve(self, handle: Handle<SocketAddr>) -> io::Result<()> {
        let acceptor = Acceptor(RustlsAcceptor::new(self.encryption.clone()));
        let kept = keep(self.hall.clone(), self.encryption);
        self.hall.tasks().spawn("hall.link.certificate", kept);
        let followed = self.centre.clone().follow(self.hall.clone());
        self.hall.tasks().spawn("hall.link.follow", followed);
        let mut server = axum_server::from_tcp(self.listener)?.acceptor(acceptor);
        server
            .http_builder()
            .http1()
            .header_read_timeout(HEADER_MAX);
        let service = router(self.hall).into_make_service_with_connect_info::<SocketAddr>();
        server
            .first_request_timeout(HEADER_MAX)
            .handle(handle)
            .serve(service)
            .await
    }
}

fn router(hall: Hall) -> Router {
    Router::new()
        .route(LINK, axum::routing::get(link))
        .route(BATCH, axum::routing::post(batch))
        .route("/edge/v1/enrol", axum::routing::post(ask))
        .route("/edge/v1/renew", axum::routing::post(renew))
        .route(
            "/edge/v1/releases/{sha256}",
            axum::routing::get(depot::piece),
        )
        .route("/ndt/v7/download", axum::routing::get(download))
        .route("/ndt/v7/upload", axum::routing::get(upload))
        .fallback(async || Problem::no_route())
        .method_not_allowed_fallback(async || Problem::no_method())
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(from_fn_with_state(hall.clone(), request::surround))
        .with_state(hall)
}

/// TLS 1.3 with a certificate that is fresh.
fn config(hall: &Hall) -> Result<Arc<ServerConfig>, CaError> {
    let authority = hall.authority();
    let (chain, key) = authority.door(hall.now().wall)?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&version::TLS13])?
        .with_client_cert_verifier(Arc::new(OfBoxes::signed_by(authority.certificate())?))
        .with_single_cert(chain, key)?;
    // A WebSocket begins as HTTP/1.1.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

async fn keep(hall: Hall, encryption: RustlsConfig) {
    let stop = hall.tasks().soft();
    let mut made = hall.now();
    while stop
        .run_until_cancelled(tokio::time::sleep(CERTIFICATE_EVERY))
        .await
        .is_some()
    {
        let now = hall.now();
        let is_young = now.wall >= made.wall && now.wall.since(made.wall) < RENEW_BEFORE;
        if is_young {
            continue;
        }
        match config(&hall) {
            Ok(fresh) => {
                encryption.reload_from_config(fresh);
                made = now;
            }
            Err(error) => tracing::error!(%error, "the certificate for sites stays"),
        }
    }
}

/// A box begins its line. One whose key is known may also if it is not let in any
/// more: what it says is put aside then, and it hears that nobody believes it.
async fn link(
    State(hall): State<Hall>,
    Extension(Peer(shown)): Extension<Peer>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let caller = known(&hall, shown).await?;
    let upgrade = upgrade.map_err(|_| Problem::media_type("a WebSocket"))?;
    let centre = hall.sites().clone();
    Ok(upgrade
        .max_message_size(FRAME_MAX)
        .max_frame_size(FRAME_MAX)
        .on_upgrade(move |socket| centre.serve(hall, caller, socket)))
}

/// What a box would say on a line, and what it would be answered.
async fn batch(
    State(hall): State<Hall>,
    Extension(Peer(shown)): Extension<Peer>,
    body: Body,
) -> Result<Vec<u8>, Problem> {
    // Nobody who is not known is listened to for so long.
    let caller = known(&hall, shown).await?;
    let octets = axum::body::to_bytes(body, carry::BODY_MAX)
        .await
        .map_err(|_| Problem::too_large())?;
    let frames = carry::split(&octets, carry::BODY_MAX)
        .map_err(|error| line::refuse("body", error.to_string()))?;
    let frames = frames.into_iter().map(<[u8]>::to_vec).collect();
    let centre = hall.sites().clone();
    let answers = centre.answer(hall, caller, frames).await;
    Ok(carry::join(answers.iter().map(Vec::as_slice)))
}

/// A box measures how fast the house can send.
async fn download(
    State(hall): State<Hall>,
    Extension(Peer(shown)): Extension<Peer>,
    request: Request,
) -> Result<Response, Problem> {
    let_in(&hall, shown).await?;
    speed::upgrade(hall, Direction::Download, request).await
}

/// And how fast it can itself.
async fn upload(
    State(hall): State<Hall>,
    Extension(Peer(shown)): Extension<Peer>,
    request: Request,
) -> Result<Response, Problem> {
    let_in(&hall, shown).await?;
    speed::upgrade(hall, Direction::Upload, request).await
}

/// Whose certificate it is, if that box is let in now.
pub(super) async fn let_in(hall: &Hall, shown: Option<Shown>) -> Result<enrol::Judged, Problem> {
    let shown = shown.ok_or_else(|| Problem::unauthenticated("Show the certificate."))?;
    let end = Wall::from_us(shown.not_after_s.saturating_mul(1_000_000));
    if hall.now().wall >= end {
        let why = "The certificate has expired; it may be renewed and nothing else.";
        return Err(Problem::denied("certificate-expired", why));
    }
    let mut read = hall.db().read().await?;
    enrol::judge(&mut read, &shown.key_hash)
        .await?
        .filter(enrol::Judged::is_in)
        .ok_or_else(|| Problem::denied("turned-away", "This box is not let in."))
}

/// Whose certificate it is, if it is a box that may speak.
async fn known(hall: &Hall, shown: Option<Shown>) -> Result<Caller, Problem> {
    let shown = shown.ok_or_else(|| Problem::unauthenticated("Show the certificate."))?;
    let end = Wall::from_us(shown.not_after_s.saturating_mul(1_000_000));
    if hall.now().wall >= end {
        let why = "The certificate has expired; it may be renewed and nothing else.";
        return Err(Problem::denied("certificate-expired", why));
    }
    let mut read = hall.db().read().await?;
    let judged = enrol::judge(&mut read, &shown.key_hash).await?;
    drop(read);
    let judged = judged
        .filter(|judged| !matches!(judged.standing, Standing::Pending | Standing::TurnedAway))
        .ok_or_else(|| Problem::denied("turned-away", "This box is not let in."))?;
    Ok(Caller {
        agent: judged.agent,
        site: judged.site,
        key_hash: shown.key_hash,
    })
}

async fn ask(
    State(hall): State<Hall>,
    arrival: Arrival,
    Json(said): Json<Ask>,
) -> Result<axum::Json<Told>, Problem> {
    let code = said
        .code
        .parse()
        .map_err(|error: enrol::code::CodeError| line::refuse("code", error.to_string()))?;
    let asking = Asking {
        code,
        request: read(&said.request)?,
        serial: said.serial,
        version: said.version,
        point: said.point,
    };
    let answer = enrol::ask(&hall, arrival, asking).await?;
    let waits = answer.standing == Standing::Pending;
    let keys = match waits {
        true => &[],
        false => hall.config().release_keys.as_slice(),
    };
    Ok(axum::Json(Told {
        agent: answer.agent,
        site: answer.site,
        standing: answer.standing,
        certificate: answer.certificate.map(signed),
        ask_again_s: waits.then_some(ASK_AGAIN.as_secs()),
        release_keys: keys.iter().map(ToString::to_string).collect(),
    }))
}

async fn renew(
    State(hall): State<Hall>,
    Extension(Peer(shown)): Extension<Peer>,
    Json(said): Json<Renew>,
) -> Result<axum::Json<Signed>, Problem> {
    let shown = shown.ok_or_else(|| Problem::unauthenticated("Show the certificate."))?;
    let end = Wall::from_us(shown.not_after_s.saturating_mul(1_000_000));
    if hall.now().wall >= end + RENEW_AFTER_END {
        return Err(Problem::denied(
            "turned-away",
            "The certificate expired too long ago: this box needs a new code.",
        ));
    }
    let renewed = enrol::renew(&hall, &shown.key_hash, read(&said.request)?).await?;
    Ok(axum::Json(signed(renewed)))
}

fn read(request: &str) -> Result<Signing, Problem> {
    let der = BASE64
        .decode(request)
        .map_err(|_| line::refuse("request", "is not base 64"))?;
    Signing::read(&der).map_err(|error| line::refuse("request", error.to_string()))
}

fn signed((certificate, until): (CertificateDer<'static>, Wall)) -> Signed {
    Signed {
        der: BASE64.encode(certificate),
        until_us: until.as_us(),
    }
}

/// What the other side has shown, if it has shown a certificate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) Option<Shown>);

/// Puts what the other side has shown beside each of its requests.
#[derive(Debug, Clone)]
struct Acceptor(RustlsAcceptor);

impl<S: Send + 'static> Accept<TcpStream, S> for Acceptor {
    type Stream = TlsStream<TcpStream>;
    type Service = AddExtension<<RustlsAcceptor as Accept<TcpStream, S>>::Service, Peer>;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let shaken = self.0.accept(stream, service);
        Box::pin(async move {
            let (stream, service) = shaken.await?;
            let shown = stream
                .get_ref()
                .1
                .peer_certificates()
                .and_then(<[_]>::first)
                .and_then(Shown::by);
            Ok((stream, Extension(Peer(shown)).layer(service)))
        })
    }
}
