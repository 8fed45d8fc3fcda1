//! The three ways of looking at an anchor.
//!
//! HTTPS keeps its session for the next time, since a new one costs ten times as much;
//! one that the anchor has ended meanwhile is begun anew within the same check. Nobody
//! drives a session between two checks: what its other end does then is seen at the next.
//!
//! The certificate says who answers, and is asked for nothing else. A box without a
//! battery lives in 1970 until it has reached the house, so a certificate that is only
//! out of its time by the box's clock is judged as of its own last second.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use base::now::Mono;
use hall::clock::Clock;
use hall::link::meter::{Meter, Metered};
use hall::link::trust::{Shown, provider};
use http::{Request, header};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use reach_core::round::{Fault, Way};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, RootCertStore,
    SignatureScheme,
};
use sync::anchor::{Https, Targets};
use sync::desired::House;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::question;

/// Addresses of a name that are tried, one after the other.
const ADDRESSES: usize = 2;

/// Octets that the head of an answer may have.
const HEAD_MAX: usize = 16 * 1024;

/// A session that may be used again.
pub(super) struct Session {
    sender: http1::SendRequest<Empty<Bytes>>,
    connection: Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>,
    meter: Meter,
}

/// What became of a check.
pub(super) struct Tried {
    pub(super) took: Duration,
    pub(super) fault: Fault,
    pub(super) octets: u64,
    /// For the next one.
    pub(super) session: Option<Session>,
}

/// How anchors are looked at. Cheap to clone.
#[derive(Clone)]
pub(super) struct Eyes {
    clock: Clock,
    tls: Arc<ClientConfig>,
}

/// Why anchors cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum EyesError {
    /// The file of authorities cannot be used.
    #[error("the authorities of {path}: {why}")]
    Roots {
        /// Which.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// TLS does not take them.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl Eyes {
    /// Believes the authorities that browsers believe (Mozilla's), or those of a file
    /// (PEM) beside them.
    pub(super) fn open(clock: Clock, roots: Option<&Path>) -> Result<Self, EyesError> {
        let mut store = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        if let Some(path) = roots {
            let wrong = |why: String| EyesError::Roots {
                path: path.display().to_string(),
                why,
            };
            let file = CertificateDer::pem_file_iter(path).map_err(|it| wrong(it.to_string()))?;
            let mut found = 0;
            for certificate in file {
                let certificate = certificate.map_err(|it| wrong(it.to_string()))?;
                store.add(certificate).map_err(|it| wrong(it.to_string()))?;
                found += 1;
            }
            if found == 0 {
                return Err(wrong("there is none in it".to_owned()));
            }
        }
        let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider())
            .build()
            .map_err(|error| TlsError::General(error.to_string()))?;
        let tls = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(WhoAnswers(inner)))
            .with_no_client_auth();
        let tls = Arc::new(tls);
        Ok(Self { clock, tls })
    }

    /// Looks, for so long at most.
    pub(super) async fn look(
        self,
        targets: Targets,
        way: Way,
        patience: Duration,
        session: Option<Session>,
    ) -> Tried {
        let began = self.clock.now().mono;
        let meter = session
            .as_ref()
            .map_or_else(Meter::default, |it| it.meter.clone());
        let before = meter.octets();
        let (fault, session) = match (way, targets) {
            (
                Way::Https,
                Targets {
                    https: Some(https), ..
                },
            ) => {
                let asked = self.https(&https, session, &meter, patience);
                let asked = tokio::time::timeout(patience, asked).await;
                match asked {
                    Ok(Ok(session)) => (Fault::None, Some(session)),
                    Ok(Err(fault)) => (fault, None),
                    Err(_) => (Fault::Timeout, None),
                }
            }
            (Way::Tcp, Targets { tcp: Some(at), .. }) => {
                let dialled = self.dial(&at, &meter, patience);
                let dialled = tokio::time::timeout(patience, dialled).await;
                let fault = match dialled {
                    Ok(Ok(_)) => Fault::None,
                    Ok(Err(fault)) => fault,
                    Err(_) => Fault::Timeout,
                };
                (fault, None)
            }
            (
                Way::Dns,
                Targets {
                    dns: Some((server, name)),
                    ..
                },
            ) => {
                let asked = question::ask(server, &name, &meter);
                let asked = tokio::time::timeout(patience, asked).await;
                (asked.unwrap_or(Fault::Timeout), None)
            }
            (Way::Https | Way::Tcp | Way::Dns | Way::Unknown, _) => (Fault::Unknown, None),
        };
        Tried {
            took: self.clock.now().mono.since(began),
            fault,
            octets: meter.octets() - before,
            session,
        }
    }

    async fn https(
        &self,
        https: &Https,
        session: Option<Session>,
        meter: &Meter,
        patience: Duration,
    ) -> Result<Session, Fault> {
        if let Some(mut kept) = session {
            // A router that has forgotten it is silent, and there has to be time to begin
            // anew.
            let asked = tokio::time::timeout(patience / 2, kept.get(https)).await;
            if let Ok(Ok(status)) = asked {
                return of_status(status).map(|()| kept);
            }
        }
        let mut session = self.begin(https, meter, patience).await?;
        let status = session.get(https).await?;
        of_status(status).map(|()| session)
    }

    async fn begin(
        &self,
        https: &Https,
        meter: &Meter,
        patience: Duration,
    ) -> Result<Session, Fault> {
        let tcp = self.dial(&https.at, meter, patience).await?;
        let name = ServerName::try_from(https.at.host.clone()).map_err(|_| Fault::Name)?;
        let tls: TlsStream<Metered<TcpStream>> = TlsConnector::from(Arc::clone(&self.tls))
            .connect(name, Metered::new(tcp, meter.clone()))
            .await
            .map_err(|error| of_tls(&error))?;
        let (sender, connection) = http1::Builder::new()
            .max_buf_size(HEAD_MAX)
            .handshake(TokioIo::new(tls))
            .await
            .map_err(|_| Fault::Refused)?;
        Ok(Session {
            sender,
            connection: Box::pin(connection),
            meter: meter.clone(),
        })
    }

    /// A connection to one of the addresses of a name, IPv4 before IPv6: where there are
    /// both, villages more often have the first.
    async fn dial(
        &self,
        at: &House,
        meter: &Meter,
        patience: Duration,
    ) -> Result<TcpStream, Fault> {
        let began = self.clock.now().mono;
        meter.lookup(&at.host);
        let found = tokio::net::lookup_host((at.host.as_str(), at.port)).await;
        let mut found: Vec<SocketAddr> = found.map_err(|_| Fault::Name)?.collect();
        found.sort_by_key(SocketAddr::is_ipv6);
        let mut fault = Fault::Name;
        let count = u32::try_from(found.len().min(ADDRESSES)).unwrap_or(1);
        for (address, left) in found.into_iter().zip((1..=count).rev()) {
            let rest = patience.saturating_sub(self.passed(began)) / left;
            let asked = self.clock.now().mono;
            match tokio::time::timeout(rest, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    meter.taken();
                    // An octet that waits for others to leave tells of a slow line.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Ok(Err(error)) => {
                    meter.not_taken(self.passed(asked));
                    fault = of_kernel(&error);
                }
                Err(_) => {
                    meter.not_taken(rest);
                    fault = Fault::Timeout;
                }
            }
        }
        Err(fault)
    }

    fn passed(&self, since: Mono) -> Duration {
        self.clock.now().mono.since(since)
    }
}

impl Session {
    /// The status of a GET. The connection is driven while the answer is waited for.
    async fn get(&mut self, https: &Https) -> Result<u16, Fault> {
        let host = https.at.to_string();
        // The usual port is not said.
        let host = host.strip_suffix(":443").unwrap_or(&host);
        let request = Request::get(&https.path)
            .header(header::HOST, host)
            .header(header::USER_AGENT, "betang")
            .body(Empty::new())
            .map_err(|_| Fault::Unknown)?;
        let answered = async {
            self.sender.ready().await?;
            self.sender.send_request(request).await
        };
        tokio::pin!(answered);
        let answer = tokio::select! {
            answer = &mut answered => answer,
            // One that ends with its answer has answered.
            _ = &mut self.connection => answered.await,
        };
        match answer {
            Ok(answer) => Ok(answer.status().as_u16()),
            Err(error) if error.is_parse() => Err(Fault::Portal),
            Err(_) => Err(Fault::Refused),
        }
    }
}

/// The anchor says 204. One that is at its limits has answered and is no portal.
const fn of_status(status: u16) -> Result<(), Fault> {
    match status {
        204 => Ok(()),
        429 | 500..=599 => Err(Fault::Refused),
        _ => Err(Fault::Portal),
    }
}

/// What the kernel says of a connection or a datagram.
pub(super) fn of_kernel(error: &io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkDown
        | io::ErrorKind::AddrNotAvailable => Fault::NoRoute,
        io::ErrorKind::TimedOut => Fault::Timeout,
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => Fault::Refused,
        _ => Fault::Unknown,
    }
}

fn of_tls(error: &io::Error) -> Fault {
    let inner = error.get_ref().and_then(|it| it.downcast_ref::<TlsError>());
    match inner {
        Some(TlsError::InvalidCertificate(_) | TlsError::NoCertificatesPresented) => {
            Fault::Certificate
        }
        // It wants nobody, or not like this.
        Some(TlsError::AlertReceived(_)) => Fault::Refused,
        // It speaks no TLS: HTTP in the clear, most often.
        Some(_) => Fault::Portal,
        None => of_kernel(error),
    }
}

/// Asks a certificate who answers, whatever the box's clock says.
#[derive(Debug)]
struct WhoAnswers(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for WhoAnswers {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let at = |now| {
            self.0
                .verify_server_cert(end_entity, intermediates, name, ocsp, now)
        };
        match at(now) {
            Err(TlsError::InvalidCertificate(
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. },
            )) => {
                let last = Shown::by(end_entity).and_then(|it| u64::try_from(it.not_after_s).ok());
                let last = last.ok_or(CertificateError::BadEncoding)?;
                at(UnixTime::since_unix_epoch(Duration::from_secs(last)))
            }
            judged => judged,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.0.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.0.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests;
