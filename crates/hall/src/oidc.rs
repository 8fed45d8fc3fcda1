//! People whom a provider of identities vouches for (OpenID Connect Core 1.0 §3.1): the
//! authorization code flow with PKCE (RFC 7636, S256), state and nonce.
//!
//! The provider says who somebody is, and nothing else. Nobody is made by it, and what a
//! person may do is the house's own: a person is found by the provider's name of itself and
//! its subject, once these are linked. Linked they are by the person while he is here, or
//! by the first login of somebody whose verified e-mail address or user name there an
//! administrator has named.
//!
//! A browser comes back to a page of the house, which hands on what it was given; the login
//! counts only in the browser that has begun it, once, for ten minutes. Where it goes on to
//! is a path that the house has looked at and never an address.
//!
//! The provider may be down, lie or be slow: what it sends is bounded, believed by its
//! signature only ([`token`]), and never shown.
//!
//! | module | noun |
//! |---|---|
//! | [`discovery`], [`keys`], [`token`] | what a provider says, read as bytes of a stranger |
//! | [`link`] | who is whom |
//! | `waiting` | logins that have been begun |
//! | `wire` | how it is asked |
//!
//! Decided in `docs/decisions/0032-two-doors.md`.

pub mod discovery;
pub mod keys;
pub mod link;
pub mod token;
mod waiting;
mod wire;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base::id::{Id, Person};
use base::now::Mono;
use base::redact::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::json;
use store::Conn;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::Hall;
use crate::audit::{self, Act, Actor};
use crate::config::Oidc;
use crate::guard::{Via, Who};
use crate::problem::Problem;
use crate::session::{self, Arrival, Opaque, Opened, Way};
use crate::sql::identity::{self as rows};

use discovery::Discovery;
use keys::Keys;
use token::{Expected, Said, TokenError, Vouched};
use waiting::{Begun, Purpose, Waiting};
use wire::{As, Silence, Wire};

/// The cookie that binds a login to the browser that has begun it.
pub(crate) const COOKIE: &str = "betang_begun";

/// Where that cookie is sent.
const COOKIE_PATH: &str = "/api/v1/session/provider";

/// The word of the door, in a session.
const WAY: &str = "provider";

/// So long what a provider says of itself is taken for so.
const KNOWN: Duration = Duration::from_secs(3600);

/// So long a provider that was silent is not asked again.
const SILENT: Duration = Duration::from_secs(5);

/// Keys are asked for anew at most this often, whatever tokens name.
const KEYS_EVERY: Duration = Duration::from_secs(30);

/// Longest path that somebody goes on to.
const BACK_MAX: usize = 1_000;

/// What logins by a provider share.
#[derive(Debug)]
pub struct Desk {
    wire: Wire,
    known: tokio::sync::Mutex<Known>,
    /// Where a browser ends its session at the provider, once known.
    leave: Mutex<Option<Url>>,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Known {
    discovery: Option<(Mono, Arc<Discovery>)>,
    keys: Option<(Mono, Arc<Keys>)>,
    silent: Option<Mono>,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            wire: Wire::new(),
            known: tokio::sync::Mutex::default(),
            leave: Mutex::default(),
            waiting: Mutex::default(),
        }
    }
}

impl Desk {
    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        // What waits is whole at any moment.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn text(&self, url: &Url) -> Result<Vec<u8>, Silence> {
        let (status, text) = self.wire.ask(url, As::Nobody, None).await?;
        match status {
            200 => Ok(text),
            status => Err(Silence(format!("status {status}"))),
        }
    }

    async fn discovery(&self, now: Mono, issuer: &str) -> Result<Arc<Discovery>, Silence> {
        let mut known = self.known.lock().await;
        if let Some((at, found)) = &known.discovery
            && now.since(*at) < KNOWN
        {
            return Ok(Arc::clone(found));
        }
        if known.silent.is_some_and(|at| now.since(at) < SILENT) {
            return Err(Silence("it was silent just now".to_owned()));
        }
        let place = Discovery::place(issuer).map_err(|error| Silence(error.to_string()))?;
        let read = self.text(&place).await.and_then(|text| {
            Discovery::read(&text, issuer).map_err(|error| Silence(error.to_string()))
        });
        match read {
            Ok(found) => {
                let found = Arc::new(found);
                *self.leave.lock().unwrap_or_else(PoisonError::into_inner) = found.leave.clone();
                known.discovery = Some((now, Arc::clone(&found)));
                known.silent = None;
                Ok(found)
            }
            Err(silence) => {
                known.silent = Some(now);
                Err(silence)
            }
        }
    }

    /// The keys; asked for anew if those at hand are not enough and not of just now.
    async fn keys(&self, now: Mono, place: &Url, anew: bool) -> Result<Arc<Keys>, Silence> {
        let mut known = self.known.lock().await;
        if let Some((at, keys)) = &known.keys {
            let age = now.since(*at);
            if age < KEYS_EVERY || (!anew && age < KNOWN) {
                return Ok(Arc::clone(keys));
            }
        }
        let text = self.text(place).await?;
        let keys = Keys::read(&text).ok_or_else(|| Silence("its keys are no keys".to_owned()))?;
        let keys = Arc::new(keys);
        known.keys = Some((now, Arc::clone(&keys)));
        Ok(keys)
    }
}

/// The way by a provider, as the door offers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What it is called.
    pub name: String,
    /// Where a browser ends its session there. None: not known, or nowhere.
    pub leave: Option<String>,
}

/// What the door offers; none if no provider is set.
#[must_use]
pub fn offer(hall: &Hall) -> Option<Offer> {
    let oidc = hall.config().oidc.as_ref()?;
    let leave = hall.oidc().leave.lock();
    let leave = leave.unwrap_or_else(PoisonError::into_inner).clone();
    Some(Offer {
        name: oidc.name.clone(),
        leave: leave.map(|mut url| {
            url.query_pairs_mut()
                .append_pair("client_id", &oidc.client)
                .append_pair("post_logout_redirect_uri", &return_to(oidc));
            url.to_string()
        }),
    })
}

/// A login that has been begun.
#[derive(Debug)]
pub struct Going {
    /// Where the browser goes.
    pub url: String,
    /// The value of `Set-Cookie`.
    pub cookie: Secret<String>,
}

/// Begins a login, or with somebody who is here the linking of himself.
///
/// # Errors
/// `identity-none`; `identity-provider`; `session-needed` if he came with a token.
pub async fn begin(
    hall: &Hall,
    arrival: Arrival,
    who: Option<&Who>,
    back: Option<&str>,
) -> Result<Going, Problem> {
    let oidc = set(hall)?;
    let purpose = match who {
        None => Purpose::LogIn,
        Some(who) => link::may_link(who)?,
    };
    let now = hall.now();
    let desk = hall.oidc();
    let discovery = desk.discovery(now.mono, &oidc.issuer).await;
    let discovery = discovery.map_err(|silence| silent(hall, &silence))?;
    let (state, browser) = (Opaque::new("")?, Opaque::new("")?);
    let (nonce, verifier) = (random()?, random()?);
    let challenge = digest(&SHA256, verifier.expose().as_bytes());
    let mut url = discovery.authorize.clone();
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &oidc.client)
        .append_pair("redirect_uri", &return_to(oidc))
        .append_pair("scope", &oidc.scopes)
        .append_pair("state", state.text.expose())
        .append_pair("nonce", nonce.expose())
        .append_pair(
            "code_challenge",
            &URL_SAFE_NO_PAD.encode(challenge.as_ref()),
        )
        .append_pair("code_challenge_method", "S256");
    let begun = Begun {
        browser: browser.hash,
        nonce,
        verifier,
        back: page(back),
        purpose,
    };
    desk.waiting()
        .begin(now.mono, arrival.address, state.hash, begun);
    Ok(Going {
        url: url.to_string(),
        cookie: Secret::new(cookie(browser.text.expose(), waiting::LIFE, arrival.tls)),
    })
}

/// The value of `Set-Cookie` that ends what was begun.
#[must_use]
pub fn forget_cookie(arrival: Arrival) -> String {
    cookie("", Duration::ZERO, arrival.tls)
}

fn cookie(value: &str, age: Duration, tls: bool) -> String {
    let secure = if tls { "; Secure" } else { "" };
    format!(
        "{COOKIE}={value}; Path={COOKIE_PATH}; HttpOnly; SameSite=Strict; Max-Age={}{secure}",
        age.as_secs()
    )
}

/// What the browser was given at the provider.
#[derive(Debug)]
pub struct Brought {
    /// Which login it belongs to.
    pub state: Secret<String>,
    /// What is exchanged for a token.
    pub code: Option<Secret<String>>,
    /// A word of the provider for why there is no code.
    pub error: Option<String>,
    /// Who the provider says it is.
    pub issuer: Option<String>,
    /// What only the browser has that has begun it.
    pub browser: Option<Secret<String>>,
}

/// What has become of a login.
#[derive(Debug)]
pub enum Done {
    /// Somebody is in.
    In(Box<Opened>),
    /// Whoever is here is known by the provider from now on.
    Linked,
}

/// Ends a login that has been begun; also the page to go on to.
///
/// # Errors
/// `identity-state`, `identity-failed`, `identity-unknown`, `identity-taken`,
/// `identity-provider` or `identity-none`.
pub async fn finish(
    hall: &Hall,
    arrival: Arrival,
    agent: Option<&str>,
    here: Option<&Who>,
    brought: Brought,
) -> Result<(Done, String), Problem> {
    let oidc = set(hall)?;
    let now = hall.now();
    let browser = brought
        .browser
        .as_ref()
        .map(|secret| secret.expose().as_str());
    let state = Opaque::hash(brought.state.expose());
    let browser = Opaque::hash(browser.unwrap_or_default());
    let begun = hall.oidc().waiting().take(now.mono, &state, &browser);
    let begun = begun.ok_or_else(|| {
        Problem::denied(
            "identity-state",
            "This login was not begun in this browser, was used already, or is older than ten \
             minutes. Nobody was let in; begin again.",
        )
    })?;
    let vouched = vouched(hall, oidc, &begun, &brought).await?;
    let done = match begun.purpose {
        Purpose::LogIn => {
            let opened = let_in(hall, arrival, agent, oidc, &vouched).await?;
            Done::In(Box::new(opened))
        }
        Purpose::Link(login, person) => {
            let who = here.filter(|who| who.login() == login && who.person() == person);
            let who = who.ok_or_else(|| {
                Problem::denied(
                    "identity-state",
                    "Whoever has begun this is not here any more. Nothing was linked; log in \
                     and begin again.",
                )
            })?;
            link::own(hall, who, &oidc.issuer, &vouched).await?;
            Done::Linked
        }
    };
    Ok((done, begun.back))
}

/// Whom the provider vouches for by what a browser has brought.
async fn vouched(
    hall: &Hall,
    oidc: &Oidc,
    begun: &Begun,
    brought: &Brought,
) -> Result<Vouched, Problem> {
    let now = hall.now();
    let desk = hall.oidc();
    let silence = |silence: Silence| silent(hall, &silence);
    let discovery = desk
        .discovery(now.mono, &oidc.issuer)
        .await
        .map_err(silence)?;
    let named = match &brought.issuer {
        Some(named) => *named == oidc.issuer,
        None => !discovery.names_itself,
    };
    if !named {
        return Err(failed("the answer is of another provider"));
    }
    if let Some(word) = &brought.error {
        // One of a closed list, or nothing: what a stranger writes is not shown.
        return Err(failed(match word.as_str() {
            "access_denied" => "the login was refused there, or given up",
            "login_required" | "interaction_required" | "consent_required" => {
                "the provider asks for more there first"
            }
            "temporarily_unavailable" | "server_error" => "the provider has a fault of its own",
            _ => "the provider does not take this house for a client of its own",
        }));
    }
    let code = brought
        .code
        .as_ref()
        .ok_or_else(|| failed("the answer holds no code"))?;
    let got = exchange(oidc, desk, &discovery, begun, code).await;
    let got = got.map_err(silence)?.ok_or_else(|| {
        failed("the provider does not exchange the code: it is old, used, or the secret differs")
    })?;
    let expected = Expected {
        issuer: &oidc.issuer,
        client: &oidc.client,
        nonce: begun.nonce.expose(),
        access_token: Some(got.access_token.expose()),
        now: now.wall,
    };
    let keys = desk
        .keys(now.mono, &discovery.keys, false)
        .await
        .map_err(silence)?;
    let mut read = token::verify(got.id_token.expose(), &keys, &expected);
    if read == Err(TokenError::UnknownKey) {
        // It may have changed its keys since: asked for once more, and no further.
        let keys = desk
            .keys(now.mono, &discovery.keys, true)
            .await
            .map_err(silence)?;
        read = token::verify(got.id_token.expose(), &keys, &expected);
    }
    let mut vouched = read.map_err(|error| {
        tracing::warn!(%error, "an ID token of the provider was not believed");
        failed("what it says of the person is not believed")
    })?;
    // Many tell more only when asked; it counts for the same subject alone.
    if vouched.email.is_none()
        && vouched.username.is_none()
        && let Some(place) = &discovery.userinfo
    {
        let asked = desk.wire.ask(place, As::Bearer(&got.access_token), None);
        if let Ok((200, text)) = asked.await
            && let Ok(info) = serde_json::from_slice::<Info>(&text)
            && info.sub == vouched.subject
        {
            info.said.into_vouched(&mut vouched);
        }
    }
    Ok(vouched)
}

#[derive(Deserialize)]
struct Got {
    id_token: Secret<String>,
    access_token: Secret<String>,
}

#[derive(Deserialize)]
struct Info {
    sub: String,
    #[serde(flatten)]
    said: Said,
}

/// What a code is exchanged for; none if the provider refuses.
async fn exchange(
    oidc: &Oidc,
    desk: &Desk,
    discovery: &Discovery,
    begun: &Begun,
    code: &Secret<String>,
) -> Result<Option<Got>, Silence> {
    let basic = oidc.secret.as_ref().filter(|_| discovery.basic);
    let form = form(oidc, begun, code, basic.is_some());
    let asker = basic.map_or(As::Nobody, |secret| As::Client(&oidc.client, secret));
    let (status, text) = desk.wire.ask(&discovery.token, asker, Some(form)).await?;
    match status {
        200 => Ok(serde_json::from_slice(&text).ok()),
        400..500 => Ok(None),
        status => Err(Silence(format!("status {status}"))),
    }
}

/// What a code is exchanged by; who does not say who he is in the header says it here.
fn form(oidc: &Oidc, begun: &Begun, code: &Secret<String>, in_header: bool) -> String {
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code")
        .append_pair("code", code.expose())
        .append_pair("redirect_uri", &return_to(oidc))
        .append_pair("code_verifier", begun.verifier.expose());
    if !in_header {
        form.append_pair("client_id", &oidc.client);
        if let Some(secret) = &oidc.secret {
            form.append_pair("client_secret", secret.expose());
        }
    }
    form.finish()
}

/// Lets in whom the provider vouches for, if the house knows him.
async fn let_in(
    hall: &Hall,
    arrival: Arrival,
    agent: Option<&str>,
    oidc: &Oidc,
    vouched: &Vouched,
) -> Result<Opened, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let linked = rows::by_subject(&mut tx, &oidc.issuer, &vouched.subject).await?;
    let row = match linked {
        Some(row) => Some(row),
        None => link::expected(hall, &mut tx, arrival, &oidc.issuer, vouched).await?,
    };
    let Some(row) = row.filter(|row| row.active) else {
        let actor = Actor {
            address: arrival.address.map(|address| address.to_string()),
            ..Actor::house("login")
        };
        let act = Act {
            verb: "session.refused",
            subject: String::new(),
            detail: json!({ "way": WAY }),
        };
        audit::record_by(&mut tx, now, &actor, act).await?;
        tx.commit().await?;
        return Err(Problem::denied(
            "identity-unknown",
            "The provider vouches for somebody whom this house does not know, or who is shut \
             out. Nobody was let in. Ask an administrator to link the account.",
        ));
    };
    let way = Way {
        word: Some(WAY),
        until: None,
        factor: oidc
            .factors
            .iter()
            .find(|word| vouched.factors.contains(word))
            .cloned(),
    };
    let name = row.person_name;
    let opened = session::open_by(hall, &mut tx, arrival, agent, row.person, name, way).await?;
    tx.commit().await?;
    Ok(opened)
}

/// Refuses a password that was right where the configuration wants the provider instead.
///
/// # Errors
/// `password-off`.
pub(crate) async fn allows_password(
    hall: &Hall,
    conn: &mut Conn,
    person: Id<Person>,
) -> Result<(), Problem> {
    let Some(oidc) = hall.config().oidc.as_ref().filter(|oidc| !oidc.passwords) else {
        return Ok(());
    };
    let row = rows::of_person(conn, person).await?;
    let linked = row.is_some_and(|row| row.issuer == oidc.issuer && row.subject.is_some());
    if linked {
        return Err(Problem::denied(
            "password-off",
            "Who is linked comes in by the provider; his password is turned off here.",
        ));
    }
    Ok(())
}

/// A page of this house: a path with its query, and never an address.
fn page(asked: Option<&str>) -> String {
    const HOME: &str = "/situasi";
    let Some(path) = asked.filter(|path| path.len() <= BACK_MAX && path.starts_with('/')) else {
        return HOME.to_owned();
    };
    // Read as a browser reads it: `//x`, `/\x` and what a tab hides lead elsewhere.
    let base = Url::parse("https://house.invalid/");
    match base.and_then(|base| base.join(path)) {
        Ok(url) if url.host_str() == Some("house.invalid") && url.scheme() == "https" => {
            let query = url
                .query()
                .map_or_else(String::new, |query| format!("?{query}"));
            format!("{}{query}", url.path())
        }
        _ => HOME.to_owned(),
    }
}

/// The page that a browser comes back to.
fn return_to(oidc: &Oidc) -> String {
    format!("{}/masuk", oidc.home.as_str().trim_end_matches('/'))
}

fn random() -> Result<Secret<String>, Problem> {
    let mut bytes = [0; 32];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Problem::bug("the system has no randomness"))?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
}

fn set(hall: &Hall) -> Result<&Oidc, Problem> {
    hall.config().oidc.as_ref().ok_or_else(|| {
        Problem::not_found("identity-none", "No provider of identities is set up here.")
    })
}

fn silent(hall: &Hall, silence: &Silence) -> Problem {
    tracing::warn!(%silence, "nobody comes in by the provider");
    hall.metrics().add(
        "betang_oidc_silent_total",
        "Logins that a silent provider has kept out.",
        "",
        1.0,
    );
    Problem::unavailable(
        "identity-provider",
        "The provider of identities does not answer. Nobody was let in. Passwords count as \
         before; try again in a minute.",
    )
}

fn failed(why: &str) -> Problem {
    Problem::denied(
        "identity-failed",
        format!("Nobody was let in: {why}. Begin again, or ask who looks after the provider."),
    )
}

/// Whether somebody is here by his browser, for what binds a link to it.
fn own_session(who: &Who) -> bool {
    matches!(who.via(), Via::Session(_))
}

#[cfg(test)]
mod tests;
