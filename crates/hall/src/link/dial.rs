//! A way to the house: TLS over one outbound connection, and requests on it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, version};
use sync::carry;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::meter::{Meter, Metered};
use super::trust::{OfHouse, Shown, provider};
use crate::ca::DOOR;
use crate::enrol::code::HouseKey;

/// So long a connection may take to stand, over a satellite and with losses.
const CONNECT_MAX: Duration = Duration::from_secs(30);

/// So long an answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(60);

/// Longest answer that is read, in octets.
const BODY_MAX: usize = 64 * 1024;

/// Where a house is and by what it is known.
#[derive(Debug, Clone)]
pub struct Way {
    /// Host name or address.
    pub host: String,
    /// TCP port of its door for sites.
    pub port: u16,
    /// The key of its authority. None: any, for the first time.
    pub house: Option<HouseKey>,
    /// What counts the octets of it.
    pub meter: Meter,
}

/// A box's certificate and key.
#[derive(Debug)]
pub struct Papers {
    /// Its certificate.
    pub certificate: CertificateDer<'static>,
    /// Its private key.
    pub key: PrivateKeyDer<'static>,
}

/// Why the house cannot be reached.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// No connection.
    #[error("{host}:{port} does not answer: {why}")]
    Unreachable {
        /// Where.
        host: String,
        /// On which port.
        port: u16,
        /// What the system says.
        why: String,
    },
    /// Somebody answers who is not the house: a captive portal, a lying name server, or
    /// somebody in between.
    #[error("{host}:{port} is not the house this box belongs to: {why}")]
    NotTheHouse {
        /// Where.
        host: String,
        /// On which port.
        port: u16,
        /// What was wrong.
        why: String,
    },
    /// The connection broke, or what came is no answer.
    #[error("the house's answer cannot be read: {0}")]
    Broken(String),
    /// The house says no.
    #[error("{title}: {detail}")]
    Refused {
        /// `urn:betang:problem:…`, without what all have in common.
        slug: String,
        /// In Indonesian.
        title: String,
        /// What happened.
        detail: String,
    },
    /// It took too long.
    #[error("the house took too long")]
    TimedOut,
    /// The box's own certificate and key do not fit.
    #[error("this box's own certificate cannot be used: {0}")]
    Papers(String),
}

/// A connection that stands, and whom it is with.
#[derive(Debug)]
pub struct Line {
    /// The encrypted stream.
    pub stream: TlsStream<Metered<TcpStream>>,
    /// The key of the authority that was shown.
    pub house: HouseKey,
}

impl Way {
    /// Opens a connection.
    ///
    /// # Errors
    /// If nobody answers, or not the house.
    pub async fn connect(&self, papers: Option<&Papers>) -> Result<Line, DialError> {
        let config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&version::TLS13])
            .map_err(|error| DialError::Papers(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(OfHouse::of(self.house)));
        let config = match papers {
            None => config.with_no_client_auth(),
            Some(papers) => config
                .with_client_auth_cert(vec![papers.certificate.clone()], papers.key.clone_key())
                .map_err(|error| DialError::Papers(error.to_string()))?,
        };
        tokio::time::timeout(CONNECT_MAX, self.shake_hands(config))
            .await
            .map_err(|_| DialError::TimedOut)?
    }

    async fn shake_hands(&self, config: ClientConfig) -> Result<Line, DialError> {
        let unreachable = |error: std::io::Error| DialError::Unreachable {
            host: self.host.clone(),
            port: self.port,
            why: error.to_string(),
        };
        self.meter.lookup(&self.host);
        let tcp = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(unreachable)?;
        self.meter.taken();
        tcp.set_nodelay(true).map_err(unreachable)?;
        let door =
            ServerName::try_from(DOOR).map_err(|error| DialError::Papers(error.to_string()))?;
        let stranger = |why: String| DialError::NotTheHouse {
            host: self.host.clone(),
            port: self.port,
            why,
        };
        let stream = TlsConnector::from(Arc::new(config))
            .connect(door, Metered::new(tcp, self.meter.clone()))
            .await
            .map_err(|error| match error.kind() {
                // What TLS does not understand comes as this.
                std::io::ErrorKind::InvalidData => stranger(error.to_string()),
                _ => unreachable(error),
            })?;
        let house = stream
            .get_ref()
            .1
            .peer_certificates()
            .and_then(|chain| chain.get(1))
            .and_then(Shown::by)
            .map(|shown| HouseKey(shown.key_hash))
            .ok_or_else(|| stranger("it shows no authority".to_owned()))?;
        Ok(Line { stream, house })
    }
}

impl Line {
    /// Sends one JSON document and reads the JSON that is answered; the line is used
    /// up by it.
    ///
    /// # Errors
    /// If the line breaks, the answer is none, or the house refuses.
    pub async fn post(
        self,
        path: &str,
        body: &serde_json::Value,
    ) -> Result<serde_json::Value, DialError> {
        let body = Bytes::from(body.to_string());
        let answer = self.exchange(path, "application/json", body, BODY_MAX);
        let answer = tokio::time::timeout(ANSWER_MAX, answer)
            .await
            .map_err(|_| DialError::TimedOut)??;
        serde_json::from_slice(&answer).map_err(|error| DialError::Broken(error.to_string()))
    }

    /// Sends octets and reads those that are answered; the line is used up by it.
    ///
    /// # Errors
    /// As [`post`](Self::post).
    pub async fn post_octets(self, path: &str, body: Bytes) -> Result<Vec<u8>, DialError> {
        let answer = self.exchange(path, "application/octet-stream", body, carry::BODY_MAX);
        let answer = tokio::time::timeout(ANSWER_MAX, answer)
            .await
            .map_err(|_| DialError::TimedOut)??;
        Ok(answer.to_vec())
    }

    async fn exchange(
        self,
        path: &str,
        kind: &str,
        body: Bytes,
        answer_max: usize,
    ) -> Result<Bytes, DialError> {
        let broken = |error: &dyn std::fmt::Display| DialError::Broken(error.to_string());
        let (mut sender, connection) = http1::handshake(TokioIo::new(self.stream))
            .await
            .map_err(|error| broken(&error))?;
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::HOST, DOOR)
            .header(header::CONTENT_TYPE, kind)
            .body(Full::new(body))
            .map_err(|error| broken(&error))?;
        let answered = async {
            let answer = sender.send_request(request).await?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), answer_max).collect().await;
            Ok::<_, hyper::Error>((status, body))
        };
        // The connection has to be driven while the answer is waited for.
        let (status, body) = tokio::select! {
            answered = answered => answered.map_err(|error| broken(&error))?,
            ended = connection => {
                let why = ended.err().map_or_else(|| "it hung up".to_owned(), |e| e.to_string());
                return Err(DialError::Broken(why));
            }
        };
        let body = body.map_err(|error| broken(&error))?.to_bytes();
        if status.is_success() {
            return Ok(body);
        }
        let said: serde_json::Value =
            serde_json::from_slice(&body).map_err(|error| broken(&error))?;
        let text = |key: &str| said[key].as_str().unwrap_or_default().to_owned();
        let kind = text("type");
        match kind.strip_prefix("urn:betang:problem:") {
            Some(slug) => Err(DialError::Refused {
                slug: slug.to_owned(),
                title: text("title"),
                detail: text("detail"),
            }),
            None => Err(DialError::Broken(format!("status {status}"))),
        }
    }
}
