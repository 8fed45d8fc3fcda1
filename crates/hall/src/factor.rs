//! What somebody shows besides a password.
//!
//! A session begins with the first factor alone and may do nothing that asks for a second
//! one until that was shown in it ([`owed`], which the guard asks at every request). It is
//! asked for outside the offices ([`crate::network`]): of whoever has one, and, once the
//! rule of the house is on, of everybody. So a session that began in an office and is seen
//! from elsewhere is asked there, and goes on where it was.
//!
//! Not asked are programs (a token is made in a session that was asked, and can show
//! nothing) and televisions (which have no password that could be stolen).
//!
//! | module | noun |
//! |---|---|
//! | `totp` | codes that an app computes |
//! | `code` | codes on paper |
//! | `passkey`, `challenge` | keys that a phone, a computer or a stick vouches by |
//! | `webauthn` | what an authenticator says, judged |
//! | `own` | one's own factors |

mod challenge;
mod code;
mod own;
mod passkey;
mod totp;
pub(crate) mod webauthn;

use std::net::IpAddr;

use base::id::{Id, Person, Session};
use base::redact::Secret;
use serde_json::json;
use store::{Conn, Error, Tx};

use crate::Hall;
use crate::audit::{self, Act};
use crate::guard::{Via, Who};
use crate::network;
use crate::problem::Problem;
use crate::session::{self, Arrival};
use crate::sql::factor as rows;
use crate::sql::staff;

pub use challenge::{CHALLENGE_LIFE, Challenges};
pub use own::{
    Enrolment, Own, Proof, begin_totp, confirm_totp, own, remove_totp, renew_codes, reset, told,
};
pub use passkey::{
    Challenge, Listed, New, Vouched, add_passkey, begin_enter, begin_passkey, begin_show, enter,
    remove_passkey, rename_passkey, show_passkey,
};
pub use webauthn::ALGORITHMS;

/// What a session owes before it may do anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owed {
    /// Nothing.
    Nothing,
    /// To show a second factor.
    Factor,
    /// To show one, and its person has none.
    Missing,
}

impl Owed {
    /// Refuses while something is owed.
    pub(crate) fn settled(self) -> Result<(), Problem> {
        match self {
            Self::Nothing => Ok(()),
            Self::Factor => Err(Problem::denied(
                "factor-needed",
                "From this address a second factor is needed; show it by POST \
                 /api/v1/session/factor and ask again. Nothing was changed.",
            )),
            Self::Missing => Err(Problem::denied(
                "factor-missing",
                "From this address a second factor is needed, and you have none. Come in from \
                 the network of an office and add one. Nothing was changed.",
            )),
        }
    }
}

/// What a session owes that is seen from an address.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn owed(
    hall: &Hall,
    conn: &mut Conn,
    person: Id<Person>,
    session: Id<Session>,
    address: Option<IpAddr>,
) -> Result<Owed, Error> {
    let standing = rows::standing(conn, person, session).await?;
    if standing.shown || standing.screen || !(standing.rule || standing.has) {
        return Ok(Owed::Nothing);
    }
    if network::inside(hall, conn, address).await?.is_some() {
        return Ok(Owed::Nothing);
    }
    Ok(match standing.has {
        true => Owed::Factor,
        false => Owed::Missing,
    })
}

/// What somebody is asked for now, and what he could show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// What the session owes.
    pub owed: Owed,
    /// Whether he has an app that computes codes.
    pub totp: bool,
    /// How many codes on paper are good.
    pub recovery: i64,
    /// Whether he has a passkey.
    pub passkey: bool,
}

/// What the session of the caller is asked for.
///
/// # Errors
/// `session-needed` for a token.
pub async fn asked(hall: &Hall, who: &Who) -> Result<Asked, Problem> {
    let session = session_of(who)?;
    let mut read = hall.db().read().await?;
    let person = who.person();
    Ok(Asked {
        owed: owed(hall, &mut read, person, session, who.address()).await?,
        totp: rows::totp(&mut read, person)
            .await?
            .is_some_and(|app| app.confirmed.is_some()),
        recovery: rows::recovery(&mut read, person)
            .await?
            .map_or(0, |(good, _)| good),
        passkey: !passkey::list(&mut read, person).await?.is_empty(),
    })
}

/// Shows a code of the app or one of those on paper: the session owes nothing from now on.
///
/// # Errors
/// `factor-wrong`; `rate` after several.
pub async fn show(
    hall: &Hall,
    who: &Who,
    arrival: Arrival,
    typed: &Secret<String>,
) -> Result<(), Problem> {
    let session = session_of(who)?;
    let attempt = session::attempt(hall, &limited(who.person()), arrival)?;
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let Some(kind) = take(hall, &mut tx, who.person(), typed).await? else {
        refused(hall, &mut tx, who).await?;
        tx.commit().await?;
        return Err(wrong_code());
    };
    rows::show(&mut tx, session, kind, now.wall).await?;
    let left = rows::recovery(&mut tx, who.person()).await?;
    let act = Act {
        verb: "factor.shown",
        subject: session.to_string(),
        detail: json!({ "kind": kind, "codes_left": left.map_or(0, |(good, _)| good) }),
    };
    audit::record(&mut tx, now, who, act).await?;
    tx.commit().await?;
    session::succeeded(hall, attempt);
    Ok(())
}

/// Uses up what was typed: of which kind it was. None: it is no code of this person that
/// is still good.
async fn take(
    hall: &Hall,
    tx: &mut Tx,
    person: Id<Person>,
    typed: &Secret<String>,
) -> Result<Option<&'static str>, Problem> {
    let now = hall.now().wall;
    let typed: String = typed.expose().split_whitespace().collect();
    if totp::looks(&typed) {
        let app = rows::totp(tx, person).await?;
        let Some(app) = app.filter(|app| app.confirmed.is_some()) else {
            return Ok(None);
        };
        return Ok(take_step(hall, tx, person, &app, &typed)
            .await?
            .then_some("totp"));
    }
    let Some(code) = code::normal(&typed) else {
        return Ok(None);
    };
    let used = rows::use_recovery(tx, person, &code::hash(&code), now).await?;
    Ok(used.then_some("recovery"))
}

/// Uses up the step whose code was typed; false if it is none of now, or used up.
async fn take_step(
    hall: &Hall,
    tx: &mut Tx,
    person: Id<Person>,
    app: &rows::TotpRow,
    typed: &str,
) -> Result<bool, Problem> {
    let now = hall.now().wall;
    let secret = hall
        .vault()
        .open("hall_totp", &person.to_string(), "secret", &app.secret)?;
    match totp::step(&secret, now, app.last_step, typed) {
        Some(step) => Ok(rows::use_step(tx, person, step, now).await?),
        None => Ok(false),
    }
}

/// Writes down that a factor was wrong.
async fn refused(hall: &Hall, tx: &mut Tx, who: &Who) -> Result<(), Error> {
    let act = Act {
        verb: "factor.refused",
        subject: who.person().to_string(),
        detail: json!({}),
    };
    audit::record(tx, hall.now(), who, act).await
}

/// What attempts at somebody's second factor are counted under: no user name has a blank.
fn limited(person: Id<Person>) -> String {
    format!("factor {person}")
}

fn wrong_code() -> Problem {
    Problem::denied(
        "factor-wrong",
        "The code is wrong, over, or was used before.",
    )
    .field("code", "is no code that is good now")
}

/// The session that somebody came with.
fn session_of(who: &Who) -> Result<Id<Session>, Problem> {
    match who.via() {
        Via::Session(session) => Ok(session),
        Via::Token(_) => Err(Problem::denied(
            "session-needed",
            "A token has no second factor; log in for that.",
        )),
    }
}

/// Whether the password is that of the person.
async fn knows_password(
    hall: &Hall,
    who: &Who,
    arrival: Arrival,
    password: Secret<String>,
) -> Result<bool, Problem> {
    let mut read = hall.db().read().await?;
    let login = staff::login_of(&mut read, who.person()).await?;
    let row = staff::by_id(&mut read, who.person()).await?;
    drop(read);
    let username = row.and_then(|row| row.username).unwrap_or_default();
    let attempt = session::attempt(hall, &username, arrival)?;
    let kept = login.map(|login| login.secret);
    let fits = hall
        .door()
        .hasher
        .verify(hall.tasks(), password, kept)
        .await?;
    if fits {
        session::succeeded(hall, attempt);
    }
    Ok(fits)
}
