//! Browsers that have logged in.
//!
//! The cookie holds 32 random bytes and the house keeps their hash, so a stolen
//! backup opens no session. A session ends when it is idle for [`IDLE`], when it
//! is as old as [`OLDEST`], when it is ended here or there, and when its person
//! is shut out or gets another password. A screen on a wall (only `layar`
//! grants) has no limits of time: it comes back by itself after a power cut.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use axum::extract::ConnectInfo;
use base::id::{Id, Person, Session};
use base::now::Wall;
use base::redact::Secret;
use http::Extensions;
use serde_json::json;
use store::{Conn, Tx};
use tokio::sync::broadcast;

use crate::audit::{self, Act, Actor, hex};
use crate::factor::{self, Owed};
use crate::guard::{Branch, Held, Permission, Place, Role, Via, Who};
use crate::limit::{Attempt, Limiter};
use crate::password::Hasher;
use crate::problem::Problem;
use crate::sql::session::{self as rows, SessionRow};
use crate::sql::{agency, factor as factors, staff, token};
use crate::{Hall, emergency, oidc};

/// The name of the cookie.
pub const COOKIE: &str = "betang_session";

/// Without a request for so long, a session ends: longer than a shift.
pub const IDLE: Duration = Duration::from_secs(12 * 3600);

/// So old, a session ends, whatever goes on in it.
pub const OLDEST: Duration = Duration::from_secs(7 * 24 * 3600);

/// What browsers keep a cookie for at most; a wall screen asks for all of it.
const COOKIE_LONGEST: Duration = Duration::from_secs(400 * 24 * 3600);

/// A session that is in use is written down this often.
pub(crate) const TOUCH: Duration = Duration::from_secs(60);

/// Sessions of one person. Policy: one more ends the oldest.
const SESSIONS_MAX: usize = 50;

/// Revocations that a slow listener may be behind. Policy: behind more, it is
/// told that it missed some, and must take every login for revoked.
const REVOKED_MAX: usize = 1024;

/// What the browser says of itself is kept up to here, in characters.
const AGENT_MAX: usize = 200;

/// What the doors of the house share: who guesses passwords, how many hashes are
/// worked on, and who must be told of a revocation.
#[derive(Debug)]
pub struct Door {
    pub(crate) hasher: Hasher,
    limiter: Mutex<Limiter>,
    revoked: broadcast::Sender<Revoked>,
}

/// A login whose streams must end: it is over, or its rights have changed. Who
/// still may comes back with a new request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revoked {
    /// The stored id of the session or token: [`Who::login`].
    pub login: [u8; 16],
    /// Whose.
    pub person: Id<Person>,
}

impl Default for Door {
    fn default() -> Self {
        Self::new()
    }
}

impl Door {
    /// A door nobody has tried yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            hasher: Hasher::default(),
            limiter: Mutex::default(),
            revoked: broadcast::Sender::new(REVOKED_MAX),
        }
    }

    /// Tells of every login that is revoked or changed from now on.
    #[must_use]
    pub fn revoked(&self) -> broadcast::Receiver<Revoked> {
        self.revoked.subscribe()
    }

    /// Tells who listens; that nobody does is fine.
    pub(crate) fn tell(&self, revoked: impl IntoIterator<Item = Revoked>) {
        for each in revoked {
            let _ = self.revoked.send(each);
        }
    }

    fn limiter(&self) -> std::sync::MutexGuard<'_, Limiter> {
        // A count is whole at any moment: a panic elsewhere spoils nothing.
        self.limiter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a request came in. Whoever knows better than the connection (a proxy that
/// is trusted, the TLS acceptor) puts one into the request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Arrival {
    /// Where from.
    pub address: Option<IpAddr>,
    /// Whether nobody between could read it.
    pub tls: bool,
    /// The port that the caller has called, as he knows it: before a translator on
    /// the way it may be another than the house listens on. None where somebody
    /// stands between who answers himself.
    pub port: Option<u16>,
}

impl Arrival {
    /// From the extensions of a request: the one put there, else the peer.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get::<Self>().copied().unwrap_or_else(|| Self {
            address: extensions
                .get::<ConnectInfo<SocketAddr>>()
                .map(|info| info.0.ip().to_canonical()),
            ..Self::default()
        })
    }
}

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Arrival {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut http::request::Parts,
        _: &S,
    ) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.extensions))
    }
}

/// 32 random bytes in hexadecimal, behind a prefix, and the hash that is kept.
pub(crate) struct Opaque {
    pub(crate) text: Secret<String>,
    pub(crate) hash: Vec<u8>,
}

impl Opaque {
    pub(crate) fn new(prefix: &str) -> Result<Self, Problem> {
        let mut bytes = [0; 32];
        SystemRandom::new()
            .fill(&mut bytes)
            .map_err(|_| Problem::bug("the system has no randomness"))?;
        let text = format!("{prefix}{}", hex(&bytes));
        Ok(Self {
            hash: Self::hash(&text),
            text: Secret::new(text),
        })
    }

    /// What is kept of a text like that. It is as random as a key, so a plain
    /// hash is enough.
    pub(crate) fn hash(text: &str) -> Vec<u8> {
        digest(&SHA256, text.as_bytes()).as_ref().to_vec()
    }
}

/// A login that has worked.
#[derive(Debug)]
pub struct Opened {
    /// Who is there now.
    pub who: Who,
    /// The value of `Set-Cookie`.
    pub cookie: Secret<String>,
}

/// Logs a person in.
///
/// An unknown name, a wrong password and a person who is shut out get the same
/// answer after the same work.
///
/// # Errors
/// `login`; `rate` with the time to wait; `busy`.
pub async fn log_in(
    hall: &Hall,
    arrival: Arrival,
    agent: Option<&str>,
    username: &str,
    password: Secret<String>,
) -> Result<Opened, Problem> {
    let username = username.trim().to_lowercase();
    let door = hall.door();
    let attempt = attempt(hall, &username, arrival)?;
    let mut read = hall.db().read().await?;
    let login = staff::login_by_name(&mut read, &username).await?;
    drop(read);
    let kept = login.as_ref().map(|login| login.secret.clone());
    let fits = door.hasher.verify(hall.tasks(), password, kept).await?;
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    // Looked at again, since the hash took time and the person may have gone.
    let still = match &login {
        Some(login) if fits => staff::login_of(&mut tx, login.person)
            .await?
            .is_some_and(|again| again.active && again.secret == login.secret),
        _ => false,
    };
    let Some(login) = login.as_ref().filter(|_| still) else {
        let actor = Actor {
            address: arrival.address.map(|address| address.to_string()),
            ..Actor::house("login")
        };
        // The name that was typed may be a password: only a known one is kept.
        let act = Act {
            verb: "session.refused",
            subject: login
                .as_ref()
                .map_or_else(String::new, |login| login.person.to_string()),
            detail: json!({ "known": login.is_some() }),
        };
        audit::record_by(&mut tx, now, &actor, act).await?;
        tx.commit().await?;
        return Err(wrong_password());
    };
    oidc::allows_password(hall, &mut tx, login.person).await?;
    let opened = open(
        hall,
        &mut tx,
        arrival,
        agent,
        login.person,
        login.person_name.clone(),
    )
    .await?;
    tx.commit().await?;
    succeeded(hall, attempt);
    Ok(opened)
}

/// Lets somebody try a secret, or says how long to wait.
pub(crate) fn attempt(hall: &Hall, name: &str, arrival: Arrival) -> Result<Attempt, Problem> {
    hall.door()
        .limiter()
        .attempt(hall.now().mono, name, arrival.address)
        .map_err(|wait| {
            Problem::exhausted(
                "rate",
                "Too many attempts with this name or from this address.",
            )
            .retry_after_s(wait.as_secs().saturating_add(1))
        })
}

/// The secret was right.
pub(crate) fn succeeded(hall: &Hall, attempt: Attempt) {
    hall.door().limiter().succeeded(attempt);
}

fn wrong_password() -> Problem {
    Problem::unauthenticated_as("login", "The name or the password is wrong.")
}

/// By which door somebody has come in, where that says more than a password would.
#[derive(Debug, Default)]
pub(crate) struct Way {
    /// The word of the door.
    pub(crate) word: Option<&'static str>,
    /// When the session ends, whatever goes on in it.
    pub(crate) until: Option<Wall>,
    /// What counts as a second factor that was shown at that door.
    pub(crate) factor: Option<String>,
}

/// Opens a session for somebody who has shown to be that person.
pub(crate) async fn open(
    hall: &Hall,
    tx: &mut Tx,
    arrival: Arrival,
    agent: Option<&str>,
    person: Id<Person>,
    name: String,
) -> Result<Opened, Problem> {
    open_by(hall, tx, arrival, agent, person, name, Way::default()).await
}

/// The same by a door of its own.
pub(crate) async fn open_by(
    hall: &Hall,
    tx: &mut Tx,
    arrival: Arrival,
    agent: Option<&str>,
    person: Id<Person>,
    name: String,
    way: Way,
) -> Result<Opened, Problem> {
    let now = hall.now();
    let secret = Opaque::new("")?;
    let row = SessionRow {
        id: hall.mint(),
        person,
        person_name: name,
        area: None,
        agency: None,
        created: now.wall,
        seen: now.wall,
        address: arrival.address.map(|address| address.to_string()),
        agent: agent.map(|agent| {
            agent
                .chars()
                .filter(|c| !c.is_control())
                .take(AGENT_MAX)
                .collect()
        }),
        until: way.until,
        way: way.word.map(str::to_owned),
    };
    let all = rows::fetch(
        tx,
        &rows::list()
            .push(" AND s.person_id = ", person)
            .raw(" ORDER BY s.seen_us DESC"),
    )
    .await?;
    for oldest in all.iter().skip(SESSIONS_MAX - 1) {
        rows::end(tx, oldest.id, "crowded_out", now.wall).await?;
    }
    rows::insert(tx, &row, &secret.hash).await?;
    if let Some(kind) = &way.factor {
        factors::show(tx, row.id, kind, now.wall).await?;
    }
    let grants = held(tx, person, now.wall).await?;
    let unattended = is_unattended(&grants);
    let who = Who::new(
        person,
        row.person_name.clone(),
        Via::Session(row.id),
        grants,
        arrival.address,
        (!unattended).then(|| ends(&row)),
    );
    let act = Act {
        verb: "session.opened",
        subject: row.id.to_string(),
        detail: match row.way {
            None => json!({ "agent": row.agent }),
            Some(word) => json!({ "agent": row.agent, "way": word, "factor": way.factor }),
        },
    };
    audit::record(tx, now, &who, act).await?;
    let age = match row.until {
        Some(until) => until.since(now.wall),
        None if unattended => COOKIE_LONGEST,
        None => OLDEST,
    };
    Ok(Opened {
        who,
        cookie: Secret::new(set_cookie(secret.text.expose(), age, arrival.tls)),
    })
}

/// The value of `Set-Cookie` that makes a browser forget.
#[must_use]
pub fn forget_cookie(arrival: Arrival) -> String {
    set_cookie("", Duration::ZERO, arrival.tls)
}

/// The value of `Set-Cookie` by which a screen keeps its secret for as long as browsers
/// keep anything, counted anew from now.
pub(crate) fn lasting_cookie(secret: &str, arrival: Arrival) -> Secret<String> {
    Secret::new(set_cookie(secret, COOKIE_LONGEST, arrival.tls))
}

fn set_cookie(value: &str, age: Duration, tls: bool) -> String {
    let secure = if tls { "; Secure" } else { "" };
    format!(
        "{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{secure}",
        age.as_secs()
    )
}

/// Who a cookie belongs to, if it still counts, and what that session owes.
pub(crate) async fn who(
    hall: &Hall,
    secret: &str,
    address: Option<IpAddr>,
) -> Result<Option<(Who, Owed)>, Problem> {
    let now = hall.now().wall;
    let mut read = hall.db().read().await?;
    let Some(row) = rows::by_secret(&mut read, &Opaque::hash(secret)).await? else {
        return Ok(None);
    };
    let grants = held(&mut read, row.person, now).await?;
    let owed = factor::owed(hall, &mut read, row.person, row.id, address).await?;
    drop(read);
    let unattended = is_unattended(&grants);
    if !unattended && is_over(&row, now) {
        return Ok(None);
    }
    if now.since(row.seen) >= TOUCH {
        touched(touch(hall, row.id, now).await);
    }
    let ends = (!unattended).then(|| ends(&row));
    let who = Who::new(
        row.person,
        row.person_name,
        Via::Session(row.id),
        emergency::giving(grants, row.person),
        address,
        ends,
    );
    Ok(Some((who, owed)))
}

async fn touch(hall: &Hall, id: Id<Session>, now: Wall) -> Result<(), store::Error> {
    let mut tx = hall.db().write().await?;
    rows::touch(&mut tx, id, now).await?;
    tx.commit().await
}

/// A full disk stops what writes; who only reads goes on.
pub(crate) fn touched(done: Result<(), store::Error>) {
    if let Err(error) = done {
        tracing::warn!(%error, "the use of a login was not written down");
    }
}

fn is_over(row: &SessionRow, now: Wall) -> bool {
    now.since(row.seen) >= IDLE || now.since(row.created) >= OLDEST || ends(row) <= now
}

/// When a session is over however much it is used.
fn ends(row: &SessionRow) -> Wall {
    row.until.unwrap_or(row.created + OLDEST)
}

/// A screen on a wall: there are grants, and all are of that role.
fn is_unattended(grants: &[Held]) -> bool {
    !grants.is_empty() && grants.iter().all(|grant| grant.role == Role::Layar)
}

/// The grants of a person that are in force, with the branches of their agencies.
pub(crate) async fn held(
    conn: &mut Conn,
    person: Id<Person>,
    now: Wall,
) -> Result<Vec<Held>, store::Error> {
    let mut all = Vec::new();
    for row in staff::grants_in_force(conn, person, now).await? {
        let agency = match (row.agency, row.agency_path) {
            (Some(root), Some(path)) => Some(Branch {
                root,
                members: Arc::new(agency::members(conn, &path).await?),
                path,
            }),
            (None, _) => None,
            (Some(_), None) => return Err(store::Error::corrupt("hall_grant.agency_id")),
        };
        all.push(Held {
            id: row.id,
            role: row.role,
            area: row.area,
            agency,
            from: row.from,
            to: row.to,
        });
    }
    Ok(all)
}

/// Every login of a person that counts today: whom to tell when he changes.
pub(crate) async fn logins(
    conn: &mut Conn,
    person: Id<Person>,
) -> Result<Vec<Revoked>, store::Error> {
    let sessions = rows::fetch(conn, &rows::list().push(" AND s.person_id = ", person)).await?;
    let tokens = token::fetch(conn, &token::list().push(" AND t.person_id = ", person)).await?;
    let ids = sessions.iter().map(|row| *row.id.as_bytes());
    Ok(ids
        .chain(tokens.iter().map(|row| *row.id.as_bytes()))
        .map(|login| Revoked { login, person })
        .collect())
}

/// A session as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub id: Id<Session>,
    /// Whose.
    pub person: Id<Person>,
    /// The name of that person.
    pub person_name: String,
    /// Since when.
    pub created: Wall,
    /// The newest request, to the minute.
    pub seen: Wall,
    /// Where the login came from.
    pub address: Option<String>,
    /// What the browser called itself.
    pub agent: Option<String>,
}

/// Sessions that count, newest first: one's own, or all that one may manage.
/// Also what to begin the next page after, if there may be one.
///
/// # Errors
/// If the database does not answer.
pub async fn list(
    hall: &Hall,
    who: &Who,
    all: bool,
    after: Option<Id<Session>>,
    limit: i64,
) -> Result<(Vec<Listed>, Option<Id<Session>>), Problem> {
    let now = hall.now().wall;
    let mut query = rows::list();
    if all {
        let (text, values) = who.visible(Permission::SessionsManage, "p.area_code", "p.agency_id");
        query = query.raw(" AND ").condition(&text, values);
    } else {
        query = query.push(" AND s.person_id = ", who.person());
    }
    if let Some(after) = after {
        query = query.push(" AND s.id < ", after);
    }
    query = query.push(" ORDER BY s.id DESC LIMIT ", limit);
    let mut read = hall.db().read().await?;
    let found = rows::fetch(&mut read, &query).await?;
    let next = found
        .last()
        .map(|row| row.id)
        .filter(|_| i64::try_from(found.len()) == Ok(limit));
    let mut listed = Vec::new();
    for row in found {
        // A screen on a wall is never over, which only its grants can tell.
        if is_over(&row, now) && !is_unattended(&held(&mut read, row.person, now).await?) {
            continue;
        }
        listed.push(Listed {
            id: row.id,
            person: row.person,
            person_name: row.person_name,
            created: row.created,
            seen: row.seen,
            address: row.address,
            agent: row.agent,
        });
    }
    Ok((listed, next))
}

/// Ends one's own session: logs out.
///
/// # Errors
/// `not-a-session` if the caller came with a token.
pub async fn log_out(hall: &Hall, who: &Who) -> Result<(), Problem> {
    let Via::Session(id) = who.via() else {
        return Err(Problem::conflict(
            "not-a-session",
            "A token is not logged out; it is revoked.",
        ));
    };
    let mut tx = hall.db().write().await?;
    finish(hall, &mut tx, who, id, "logged_out").await?;
    tx.commit().await?;
    hall.door().tell([Revoked {
        login: *id.as_bytes(),
        person: who.person(),
    }]);
    Ok(())
}

/// Ends a session of one's own, or of somebody whom one manages.
///
/// # Errors
/// `session` (not found) if there is none such, or none that is his to end.
pub async fn revoke(hall: &Hall, who: &Who, id: Id<Session>) -> Result<(), Problem> {
    let not_found = || Problem::not_found("session", "There is no such session, or it has ended.");
    let mut tx = hall.db().write().await?;
    let row = rows::by_id(&mut tx, id).await?.ok_or_else(not_found)?;
    let place = Place::new(row.area, row.agency);
    if row.person != who.person() && !who.may(Permission::SessionsManage, &place) {
        return Err(not_found());
    }
    finish(hall, &mut tx, who, id, "revoked").await?;
    tx.commit().await?;
    hall.door().tell([Revoked {
        login: *id.as_bytes(),
        person: row.person,
    }]);
    Ok(())
}

async fn finish(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    id: Id<Session>,
    why: &'static str,
) -> Result<(), Problem> {
    let now = hall.now();
    // One that another request has just ended needs no second entry.
    if rows::end(tx, id, why, now.wall).await? {
        let act = Act {
            verb: "session.ended",
            subject: id.to_string(),
            detail: json!({ "why": why }),
        };
        audit::record(tx, now, who, act).await?;
    }
    Ok(())
}
