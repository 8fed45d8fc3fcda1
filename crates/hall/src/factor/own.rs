//! One's own factors: added, removed, renewed; and taken by an administrator from somebody
//! who has lost them.
//!
//! Nothing changes without the password or a factor once more: an open session that
//! somebody else sits down at is not enough.

use base::id::{Id, Person};
use base::now::Wall;
use base::redact::Secret;
use serde_json::json;
use store::Tx;

use super::{code, limited, passkey, refused, rows, session_of, take, take_step, totp, wrong_code};
use crate::Hall;
use crate::audit::{self, Act};
use crate::guard::Who;
use crate::line;
use crate::network;
use crate::problem::Problem;
use crate::session::{self, Arrival, Revoked};
use crate::sql::network as network_rows;
use crate::sql::{passkey as passkeys, session as session_rows, staff as people};
use crate::staff;

/// Longest reason of a reset, in characters.
const REASON_MAX: usize = 300;

/// What somebody shows once more before a factor changes: one of the two.
#[derive(Debug, Clone, Default)]
pub struct Proof {
    /// His password.
    pub password: Option<Secret<String>>,
    /// A code of the app, or one on paper.
    pub code: Option<Secret<String>>,
}

/// Which factors somebody has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// Since when there is an app that computes codes, and when it was used last.
    pub totp: Option<(Wall, Option<Wall>)>,
    /// How many codes on paper are good, and since when there are any.
    pub recovery: Option<(i64, Wall)>,
    /// Keys that a phone, a computer or a stick vouches by.
    pub passkeys: Vec<passkey::Listed>,
    /// Whether the rule of the house is on.
    pub rule: bool,
    /// The network of an office that he is in now.
    pub here: Option<String>,
    /// What an administrator has done: when, who, why; until he says that he knows.
    pub reset: Option<(Wall, String, String)>,
}

/// One's own factors.
///
/// # Errors
/// `session-needed` for a token.
pub async fn own(hall: &Hall, who: &Who) -> Result<Own, Problem> {
    session_of(who)?;
    let person = who.person();
    let mut read = hall.db().read().await?;
    let app = rows::totp(&mut read, person).await?;
    Ok(Own {
        totp: app.and_then(|app| app.confirmed.map(|since| (since, app.used))),
        recovery: rows::recovery(&mut read, person).await?,
        passkeys: passkey::list(&mut read, person).await?,
        rule: network_rows::rule(&mut read).await?.is_some(),
        here: network::inside(hall, &mut read, who.address()).await?,
        reset: rows::untold(&mut read, person).await?,
    })
}

/// What an app is told once.
#[derive(Debug)]
pub struct Enrolment {
    /// For typing, in base 32.
    pub secret: Secret<String>,
    /// For the QR.
    pub uri: Secret<String>,
}

/// Makes a secret for an app. It counts for nothing until a code of it was typed.
///
/// # Errors
/// `factor-enrolled` if there is an app already; as [`Proof`] is refused.
pub async fn begin_totp(
    hall: &Hall,
    who: &Who,
    arrival: Arrival,
    proof: Proof,
) -> Result<Enrolment, Problem> {
    prove(hall, who, arrival, proof).await?;
    let person = who.person();
    let secret = code::random::<{ totp::SECRET }>()?;
    let row = person.to_string();
    let sealed = hall.vault().seal("hall_totp", &row, "secret", &secret)?;
    let mut tx = hall.db().write().await?;
    let app = rows::totp(&mut tx, person).await?;
    if app.is_some_and(|app| app.confirmed.is_some()) {
        return Err(Problem::conflict(
            "factor-enrolled",
            "There is an app already; remove it first. It still counts.",
        ));
    }
    rows::begin_totp(&mut tx, person, &sealed, hall.now().wall).await?;
    let username = people::by_id(&mut tx, person)
        .await?
        .and_then(|row| row.username);
    tx.commit().await?;
    let text = code::base32(&secret);
    let label = |text: &str| -> String {
        url::form_urlencoded::byte_serialize(text.as_bytes())
            .collect::<String>()
            .replace('+', "%20")
    };
    let house = label(&hall.config().name);
    let account = label(username.as_deref().unwrap_or(who.name()));
    Ok(Enrolment {
        uri: Secret::new(format!(
            "otpauth://totp/{house}:{account}?secret={text}&issuer={house}&algorithm=SHA1&digits=6&period=30"
        )),
        secret: Secret::new(text),
    })
}

/// The app has the secret: its first code. It counts from now on, and so do the codes on
/// paper, which are shown here and never again; none if there are some already.
///
/// # Errors
/// `factor-none` if no secret waits; `factor-wrong`; `rate`.
pub async fn confirm_totp(
    hall: &Hall,
    who: &Who,
    arrival: Arrival,
    typed: &Secret<String>,
) -> Result<Vec<Secret<String>>, Problem> {
    let session = session_of(who)?;
    let person = who.person();
    let attempt = session::attempt(hall, &limited(person), arrival)?;
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let app = rows::totp(&mut tx, person).await?;
    let Some(app) = app.filter(|app| app.confirmed.is_none()) else {
        return Err(Problem::not_found(
            "factor-none",
            "No secret waits for its first code; begin anew.",
        ));
    };
    let typed: String = typed.expose().split_whitespace().collect();
    if !totp::looks(&typed) || !take_step(hall, &mut tx, person, &app, &typed).await? {
        return Err(wrong_code());
    }
    rows::confirm_totp(&mut tx, person, now.wall).await?;
    rows::show(&mut tx, session, "totp", now.wall).await?;
    added(hall, &mut tx, who, "totp").await?;
    let codes = first_codes(hall, &mut tx, who).await?;
    let others = others(&mut tx, who).await?;
    tx.commit().await?;
    session::succeeded(hall, attempt);
    hall.door().tell(others);
    Ok(codes)
}

/// Forgets the app.
///
/// # Errors
/// `factor-none`; `factor-last` where nothing would be left to come in with; as [`Proof`]
/// is refused.
pub async fn remove_totp(
    hall: &Hall,
    who: &Who,
    arrival: Arrival,
    proof: Proof,
) -> Result<(), Problem> {
    prove(hall, who, arrival, proof).await?;
    let mut tx = hall.db().write().await?;
    if !rows::remove_totp(&mut tx, who.person()).await? {
        return Err(none());
    }
    removed(hall, &mut tx, who, json!({ "kind": "totp" })).await?;
    tx.commit().await?;
    Ok(())
}

/// Makes ten other codes; those on older paper are good no more.
///
/// # Errors
/// `factor-none` for whoever has no factor; as [`Proof`] is refused.
pub async fn renew_codes(
    hall: &Hall,
    who: &Who,
    arrival: Arrival,
    proof: Proof,
) -> Result<Vec<Secret<String>>, Problem> {
    prove(hall, who, arrival, proof).await?;
    let mut tx = hall.db().write().await?;
    if !rows::has(&mut tx, who.person()).await? {
        return Err(none());
    }
    let codes = new_codes(hall, &mut tx, who).await?;
    tx.commit().await?;
    Ok(codes)
}

/// Somebody knows what an administrator has done.
///
/// # Errors
/// If the database does not answer.
pub async fn told(hall: &Hall, who: &Who) -> Result<(), Problem> {
    let mut tx = hall.db().write().await?;
    rows::tell(&mut tx, who.person(), hall.now().wall).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes every factor from somebody who has lost them, and ends his sessions. He is told
/// who has done it and why as soon as he is in again.
///
/// # Errors
/// `person` (not found), `not-allowed`, `not-yours-to-give`, `screen-person`; `factor-own`
/// for oneself; `factor-none`; a bad field.
pub async fn reset(
    hall: &Hall,
    who: &Who,
    person: Id<Person>,
    reason: &str,
) -> Result<(), Problem> {
    if person == who.person() {
        return Err(Problem::conflict(
            "factor-own",
            "One's own factors are removed with the password; another administrator resets \
             them. Nothing was changed.",
        ));
    }
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    staff::commanded(&mut tx, who, person, now.wall).await?;
    let reason = line::read("reason", reason, REASON_MAX)?;
    let app = rows::remove_totp(&mut tx, person).await?;
    let passkeys = passkeys::remove_all(&mut tx, person).await?;
    if !app && passkeys == 0 {
        return Err(Problem::not_found(
            "factor-none",
            "This person has no second factor.",
        ));
    }
    rows::replace_recovery(&mut tx, person, &[], now.wall).await?;
    rows::reset(&mut tx, person, who.person(), &reason, now.wall).await?;
    let logins = session::logins(&mut tx, person).await?;
    session_rows::end_all(&mut tx, person, None, "factor_reset", now.wall).await?;
    let act = Act {
        verb: "factor.reset",
        subject: person.to_string(),
        detail: json!({ "reason": reason, "totp": app, "passkeys": passkeys }),
    };
    audit::record(&mut tx, now, who, act).await?;
    tx.commit().await?;
    hall.door().tell(logins);
    Ok(())
}

/// Refuses who shows neither his password nor a code. Somebody without a password who has
/// no factor yet has nothing to show.
pub(super) async fn prove(
    hall: &Hall,
    who: &Who,
    arrival: Arrival,
    proof: Proof,
) -> Result<(), Problem> {
    session_of(who)?;
    if let Some(password) = proof.password {
        return match super::knows_password(hall, who, arrival, password).await? {
            true => Ok(()),
            false => Err(
                Problem::denied("login", "The password is wrong; nothing was changed.")
                    .field("password", "is not the password"),
            ),
        };
    }
    let person = who.person();
    if let Some(typed) = proof.code {
        let attempt = session::attempt(hall, &limited(person), arrival)?;
        let mut tx = hall.db().write().await?;
        let right = take(hall, &mut tx, person, &typed).await?.is_some();
        if !right {
            refused(hall, &mut tx, who).await?;
        }
        tx.commit().await?;
        if !right {
            return Err(wrong_code());
        }
        session::succeeded(hall, attempt);
        return Ok(());
    }
    let mut read = hall.db().read().await?;
    if people::login_of(&mut read, person).await?.is_none() && !rows::has(&mut read, person).await?
    {
        return Ok(());
    }
    Err(line::refuse(
        "password",
        "the password, or a code, is needed for that",
    ))
}

/// Writes down that a factor counts from now on.
pub(super) async fn added(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    kind: &'static str,
) -> Result<(), store::Error> {
    let act = Act {
        verb: "factor.added",
        subject: who.person().to_string(),
        detail: json!({ "kind": kind }),
    };
    audit::record(tx, hall.now(), who, act).await
}

/// Judges and writes down that a factor was removed. With the last one go the codes on
/// paper, which stand in for it.
pub(super) async fn removed(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    detail: serde_json::Value,
) -> Result<(), Problem> {
    let now = hall.now();
    if !rows::has(tx, who.person()).await? {
        let rule = network_rows::rule(tx).await?.is_some();
        if rule && network::inside(hall, tx, who.address()).await?.is_none() {
            return Err(Problem::conflict(
                "factor-last",
                "It is your last second factor, and from here none comes in without: add \
                 another first, or do it in an office. It still counts.",
            ));
        }
        rows::replace_recovery(tx, who.person(), &[], now.wall).await?;
    }
    let act = Act {
        verb: "factor.removed",
        subject: who.person().to_string(),
        detail,
    };
    audit::record(tx, now, who, act).await?;
    Ok(())
}

/// The codes on paper of somebody who has none yet.
pub(super) async fn first_codes(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
) -> Result<Vec<Secret<String>>, Problem> {
    match rows::recovery(tx, who.person()).await? {
        Some(_) => Ok(Vec::new()),
        None => new_codes(hall, tx, who).await,
    }
}

async fn new_codes(hall: &Hall, tx: &mut Tx, who: &Who) -> Result<Vec<Secret<String>>, Problem> {
    let now = hall.now();
    let (shown, kept) = code::draw()?;
    rows::replace_recovery(tx, who.person(), &kept, now.wall).await?;
    let act = Act {
        verb: "recovery.made",
        subject: who.person().to_string(),
        detail: json!({ "codes": shown.len() }),
    };
    audit::record(tx, now, who, act).await?;
    Ok(shown)
}

/// One's other logins: their streams end, and where a factor is asked for they show it.
pub(super) async fn others(tx: &mut Tx, who: &Who) -> Result<Vec<Revoked>, store::Error> {
    let all = session::logins(tx, who.person()).await?;
    Ok(all
        .into_iter()
        .filter(|login| login.login != who.login())
        .collect())
}

pub(super) fn none() -> Problem {
    Problem::not_found(
        "factor-none",
        "You have no such factor; nothing was changed.",
    )
}
