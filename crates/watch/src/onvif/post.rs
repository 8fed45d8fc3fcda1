//! How a question gets to a device: by HTTP, to the address that was typed.
//!
//! A device names the addresses of its services, and those are of its own network, or of
//! whatever it likes. Of them only the path is believed. No redirect is followed. Each
//! question has a connection of its own: devices close them as they like, and few questions
//! are asked.
//!
//! Who asks is shown by WS-UsernameToken in the question and, where the device wants it, by
//! HTTP Digest (RFC 7616). A device that wants the password in the clear (Basic) is not
//! given it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use hall::outward::{NoWay, Outward};
use http::{HeaderValue, Request, header};
use http_auth::{PasswordClient, PasswordParams};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use oxvif::transport::{Transport, TransportError};
use tokio::net::TcpStream;
use url::Url;
use watch_core::hold::OWN_STOP;

use super::events::PULL_S;
use super::{Target, Trouble, shallow};

/// How long one question may take, the connection included.
pub(crate) const PATIENCE: Duration = Duration::from_secs(4);

/// How long a question may take that a device keeps until something happens.
const PULL_PATIENCE: Duration = Duration::from_secs(PULL_S + PATIENCE.as_secs());

/// The longest answer, in octets: 128 profiles have about 200 KiB.
pub(crate) const ANSWER_MAX: usize = 512 * 1024;

/// What a device answers that wants to be shown who asks (RFC 9110 §15.5.2).
const UNAUTHORIZED: u16 = 401;

/// The way to one device.
pub(super) struct Post {
    target: Target,
    outward: Outward,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The challenge of the device, once it has made one.
    digest: Option<PasswordClient>,
    trouble: Option<Trouble>,
}

/// What a device has answered to one request.
struct Answer {
    status: u16,
    challenges: Vec<String>,
    body: Bytes,
}

impl Post {
    pub(super) fn new(target: &Target, outward: Outward) -> Self {
        Self {
            target: target.clone(),
            outward,
            state: Mutex::default(),
        }
    }

    /// Why the last question was not answered, once.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        self.state().trouble.take()
    }

    /// An address of the device, on the machine that was asked.
    pub(super) fn here(&self, mut url: Url) -> Option<Url> {
        url.set_host(self.target.url.host_str()).ok()?;
        url.set_username("").ok()?;
        url.set_password(None).ok()?;
        Some(url)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A challenge is whole or not there.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(&self, url: &str, action: &str, body: String) -> Result<String, Trouble> {
        let path = Url::parse(url).map_err(|_| Trouble::NoService)?;
        let path = match path.query() {
            Some(query) => format!("{}?{query}", path.path()),
            None => path.path().to_owned(),
        };
        let body = Bytes::from(body);
        let patience = if action.ends_with("/PullMessagesRequest") {
            PULL_PATIENCE
        } else {
            PATIENCE
        };
        // Twice at most: without what it asks for, and with it.
        let shown = self.authorization(&path);
        let mut answer = self
            .once(&path, action, body.clone(), shown, patience)
            .await?;
        if answer.status == UNAUTHORIZED && self.challenged(&answer) {
            let shown = self.authorization(&path);
            answer = self.once(&path, action, body, shown, patience).await?;
        }
        match answer.status {
            // A fault comes as 500, or as 400 (SOAP 1.2 Part 2 §7.5.2.2).
            200 | 400 | 500 => {}
            UNAUTHORIZED | 403 => return Err(Trouble::Password),
            status => return Err(Trouble::Status(status)),
        }
        let text = String::from_utf8(answer.body.to_vec())
            .map_err(|_| Trouble::Unreadable("it is not text".to_owned()))?;
        shallow::look(&text).map_err(|unfit| Trouble::Unreadable(unfit.to_string()))?;
        Ok(text)
    }

    async fn once(
        &self,
        path: &str,
        action: &str,
        body: Bytes,
        shown: Option<String>,
        patience: Duration,
    ) -> Result<Answer, Trouble> {
        let url = &self.target.url;
        let host = url.host_str().unwrap_or_default();
        let asked = async {
            let at = self.outward.find(host, super::port(url)).await;
            let at = at.map_err(|no_way| match no_way {
                NoWay::Refused(refused) => Trouble::Refused(refused),
                NoWay::Unknown(error) => Trouble::Unreachable(error.to_string()),
            })?;
            let gone = |error: &dyn std::error::Error| Trouble::Unreachable(error.to_string());
            let stream = TcpStream::connect(at).await.map_err(|error| gone(&error))?;
            let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
                .await
                .map_err(|error| gone(&error))?;
            let kind = format!("application/soap+xml; charset=utf-8; action=\"{action}\"");
            let name = match url.port() {
                Some(port) => format!("{host}:{port}"),
                None => host.to_owned(),
            };
            let mut request = Request::post(path)
                .header(header::HOST, name)
                .header(header::CONTENT_TYPE, kind)
                .header(header::CONNECTION, "close");
            if let Some(shown) = shown.and_then(|shown| HeaderValue::from_str(&shown).ok()) {
                request = request.header(header::AUTHORIZATION, shown);
            }
            let request = request
                .body(Full::new(body))
                .map_err(|error| Trouble::Unreadable(error.to_string()))?;
            let answered = async {
                let response = sender.send_request(request).await;
                let response = response.map_err(|error| gone(&error))?;
                let status = response.status().as_u16();
                let all = response.headers().get_all(header::WWW_AUTHENTICATE);
                let all = all.iter().filter_map(|value| value.to_str().ok());
                let challenges = all.map(str::to_owned).collect();
                let body = Limited::new(response.into_body(), ANSWER_MAX)
                    .collect()
                    .await;
                let body = body.map_err(|error| {
                    if error.is::<http_body_util::LengthLimitError>() {
                        Trouble::TooLarge
                    } else {
                        Trouble::Unreachable(error.to_string())
                    }
                })?;
                Ok::<Answer, Trouble>(Answer {
                    status,
                    challenges,
                    body: body.to_bytes(),
                })
            };
            // The connection lives within its question.
            let mut connection = std::pin::pin!(connection);
            let mut answered = std::pin::pin!(answered);
            tokio::select! {
                answer = &mut answered => answer,
                ended = &mut connection => match ended {
                    Ok(()) => answered.await,
                    Err(error) => Err(gone(&error)),
                },
            }
        };
        let answer = tokio::time::timeout(patience, asked).await;
        answer.unwrap_or(Err(Trouble::Silent))
    }

    /// What is shown of who asks, if the device has asked for it before.
    fn authorization(&self, path: &str) -> Option<String> {
        let (username, password) = self.target.credentials.as_ref()?;
        let mut state = self.state();
        let shown = state.digest.as_mut()?.respond(&PasswordParams {
            username,
            password: password.expose(),
            uri: path,
            method: "POST",
            body: None,
        });
        shown.ok()
    }

    /// Takes a challenge that can be answered without telling the password.
    fn challenged(&self, answer: &Answer) -> bool {
        if self.target.credentials.is_none() {
            return false;
        }
        let all = answer.challenges.iter();
        let all = all.filter_map(|text| http_auth::parse_challenges(text).ok());
        let mut builder = PasswordClient::builder();
        for challenge in all.flatten() {
            if challenge.scheme.eq_ignore_ascii_case("Digest") {
                builder = builder.challenge(&challenge);
            }
        }
        let client = builder.build().ok();
        let is_new = client.is_some();
        self.state().digest = client;
        is_new
    }
}

#[async_trait]
impl Transport for Post {
    async fn soap_post(
        &self,
        url: &str,
        action: &str,
        body: String,
    ) -> Result<String, TransportError> {
        self.state().trouble = None;
        let answer = self.ask(url, action, with_end(action, body)).await;
        answer.map_err(|trouble| {
            let said = trouble.to_string();
            self.state().trouble = Some(trouble);
            TransportError::HttpStatus {
                status: 0,
                body: said,
            }
        })
    }
}

/// A movement that ends by itself: the library leaves the time out, which stands last
/// (ONVIF PTZ Service, ContinuousMove).
fn with_end(action: &str, body: String) -> String {
    const END: &str = "</tptz:ContinuousMove>";
    if !action.ends_with("/ContinuousMove") {
        return body;
    }
    let timed = format!(
        "<tptz:Timeout>PT{}S</tptz:Timeout>{END}",
        OWN_STOP.as_secs()
    );
    body.replacen(END, &timed, 1)
}
