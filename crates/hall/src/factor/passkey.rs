//! Passkeys: added, shown as a second factor, and shown instead of a password.
//!
//! An authenticator signs only for the name of the house that it was made for, and only
//! after it has looked who is there (PIN, finger or face). So one passkey is two factors,
//! and a page that pretends to be the house gets nothing that the house believes.
//!
//! The name of the house is that of the page which asked for the challenge, and is kept
//! with the key: one that was made for another name vouches for that name alone. Browsers
//! have passkeys only over https and on localhost, and never for a bare address.

use base::id::{Id, Passkey, Person};
use base::now::Wall;
use base::redact::Secret;
use serde_json::json;
use store::Tx;
use url::{Host, Url};

use super::challenge::Purpose;
use super::own::{Proof, added, first_codes, none, others, prove, removed};
use super::webauthn::{self, Fault, Made};
use super::{code, limited, rows, session_of};
use crate::Hall;
use crate::audit::{self, Act, Actor, hex};
use crate::guard::Who;
use crate::line;
use crate::problem::Problem;
use crate::session::{self, Arrival, Opened};
use crate::sql::passkey::{self as keys, PasskeyRow};
use crate::sql::staff as people;

/// Passkeys of one person. Policy: one more is refused.
const PASSKEYS_MAX: usize = 20;

/// A passkey as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub id: Id<Passkey>,
    /// What its owner calls it.
    pub name: String,
    /// The name of the house that it vouches for.
    pub rp_id: String,
    /// Since when.
    pub created: Wall,
    /// When it was used last.
    pub used: Option<Wall>,
    /// When one was shown that counts less: somebody holds a copy.
    pub copied: Option<Wall>,
}

impl From<PasskeyRow> for Listed {
    fn from(row: PasskeyRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            rp_id: row.rp_id,
            created: row.created,
            used: row.used,
            copied: row.copied,
        }
    }
}

/// What a browser is asked to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// 32 random bytes.
    pub challenge: [u8; 32],
    /// The name of the house.
    pub rp_id: String,
    /// By what the authenticator knows those that will do, or that it has already.
    pub credentials: Vec<Vec<u8>>,
}

/// What somebody has signed.
#[derive(Debug, Clone)]
pub struct Vouched {
    /// By what the authenticator knows the key.
    pub credential: Vec<u8>,
    /// The challenge that is answered.
    pub challenge: Vec<u8>,
    /// What the browser says.
    pub client: Vec<u8>,
    /// What the authenticator says.
    pub data: Vec<u8>,
    /// Over both.
    pub signature: Vec<u8>,
}

/// A passkey that was made.
#[derive(Debug, Clone)]
pub struct New {
    /// What its owner calls it.
    pub name: String,
    /// The challenge that is answered.
    pub challenge: Vec<u8>,
    /// What the browser says.
    pub client: Vec<u8>,
    /// What the authenticator says.
    pub attestation: Vec<u8>,
}

/// The address of a page and the name of the house that a browser takes it for. None where
/// browsers have no passkeys.
fn house(origin: Option<&str>) -> Option<(String, String)> {
    let origin = origin?;
    let url = Url::parse(origin).ok()?;
    let Some(Host::Domain(name)) = url.host() else {
        return None;
    };
    let secure = url.scheme() == "https" || (url.scheme() == "http" && name == "localhost");
    // As a browser writes it, and with nothing behind it.
    let plain = url.origin().ascii_serialization() == origin;
    (secure && plain).then(|| (origin.to_owned(), name.to_owned()))
}

fn begin(
    hall: &Hall,
    arrival: Arrival,
    origin: Option<&str>,
    purpose: Purpose,
    rows: &[PasskeyRow],
) -> Result<Challenge, Problem> {
    let (origin, rp_id) = house(origin).ok_or_else(|| {
        Problem::conflict(
            "passkey-address",
            "Passkeys work at an address with https and a name, or on localhost; use an app \
             that computes codes instead.",
        )
    })?;
    let challenge = code::random::<32>()?;
    hall.challenges()
        .begin(
            hall.now().mono,
            arrival.address,
            purpose,
            challenge,
            (origin, rp_id.clone()),
        )
        .map_err(|wait| {
            Problem::exhausted("rate", "Too many wait for a passkey from this address.")
                .retry_after_s(wait.as_secs().saturating_add(1))
        })?;
    let here = rows.iter().filter(|row| row.rp_id == rp_id);
    Ok(Challenge {
        challenge,
        credentials: here.map(|row| row.credential.clone()).collect(),
        rp_id,
    })
}

/// One's own passkeys.
pub(super) async fn list(
    conn: &mut store::Conn,
    person: Id<Person>,
) -> Result<Vec<Listed>, store::Error> {
    let all = keys::of(conn, person).await?;
    Ok(all.into_iter().map(Listed::from).collect())
}

/// Asks for a passkey to be made. The credentials are those that one has already.
///
/// # Errors
/// `passkey-address`; `exhausted`; as [`Proof`] is refused.
pub async fn begin_passkey(
    hall: &Hall,
    who: &Who,
    arrival: Arrival,
    origin: Option<&str>,
    proof: Proof,
) -> Result<Challenge, Problem> {
    prove(hall, who, arrival, proof).await?;
    let mut read = hall.db().read().await?;
    let own = keys::of(&mut read, who.person()).await?;
    if own.len() >= PASSKEYS_MAX {
        return Err(too_many());
    }
    begin(hall, arrival, origin, Purpose::Add(who.person()), &own)
}

/// Takes a passkey that was made. The codes on paper, if there were none before.
///
/// # Errors
/// `passkey` if it is not believed; `exhausted`; a bad field.
pub async fn add_passkey(
    hall: &Hall,
    who: &Who,
    new: New,
) -> Result<(Listed, Vec<Secret<String>>), Problem> {
    let session = session_of(who)?;
    let person = who.person();
    let name = line::read("name", &new.name, line::NAME_MAX)?;
    let now = hall.now();
    let expected = hall
        .challenges()
        .take(now.mono, Purpose::Add(person), &new.challenge)
        .ok_or_else(over)?;
    let Made {
        credential,
        key,
        counter,
    } = webauthn::made(&expected, &new.client, &new.attestation)
        .map_err(|fault| not_believed(&fault))?;
    let mut tx = hall.db().write().await?;
    if keys::of(&mut tx, person).await?.len() >= PASSKEYS_MAX {
        return Err(too_many());
    }
    if keys::by_credential(&mut tx, &credential).await?.is_some() {
        return Err(Problem::conflict(
            "passkey-taken",
            "This passkey is known already; nothing was changed.",
        ));
    }
    let row = PasskeyRow {
        id: hall.mint(),
        person,
        name,
        credential,
        rp_id: expected.rp_id,
        key,
        counter,
        created: now.wall,
        used: None,
        copied: None,
    };
    keys::insert(&mut tx, &row).await?;
    rows::show(&mut tx, session, "passkey", now.wall).await?;
    added(hall, &mut tx, who, "passkey").await?;
    let codes = first_codes(hall, &mut tx, who).await?;
    let others = others(&mut tx, who).await?;
    tx.commit().await?;
    hall.door().tell(others);
    Ok((row.into(), codes))
}

/// Calls one's own passkey something else.
///
/// # Errors
/// `factor-none` (not found), or a bad field.
pub async fn rename_passkey(
    hall: &Hall,
    who: &Who,
    id: Id<Passkey>,
    name: &str,
) -> Result<Listed, Problem> {
    let name = line::read("name", name, line::NAME_MAX)?;
    let mut tx = hall.db().write().await?;
    let mut row = own(&mut tx, who, id).await?;
    keys::rename(&mut tx, id, &name).await?;
    tx.commit().await?;
    row.name = name;
    Ok(row.into())
}

/// Forgets one's own passkey.
///
/// # Errors
/// `factor-none` (not found); `factor-last` where nothing would be left to come in with;
/// as [`Proof`] is refused.
pub async fn remove_passkey(
    hall: &Hall,
    who: &Who,
    arrival: Arrival,
    id: Id<Passkey>,
    proof: Proof,
) -> Result<(), Problem> {
    prove(hall, who, arrival, proof).await?;
    let mut tx = hall.db().write().await?;
    let row = own(&mut tx, who, id).await?;
    keys::remove(&mut tx, id).await?;
    let detail = json!({ "kind": "passkey", "name": row.name });
    removed(hall, &mut tx, who, detail).await?;
    tx.commit().await?;
    Ok(())
}

async fn own(tx: &mut Tx, who: &Who, id: Id<Passkey>) -> Result<PasskeyRow, Problem> {
    let all = keys::of(tx, who.person()).await?;
    all.into_iter().find(|row| row.id == id).ok_or_else(none)
}

/// Asks for one of one's own passkeys, as a second factor.
///
/// # Errors
/// `session-needed`; `factor-none`; `passkey-address`; `rate`.
pub async fn begin_show(
    hall: &Hall,
    who: &Who,
    arrival: Arrival,
    origin: Option<&str>,
) -> Result<Challenge, Problem> {
    session_of(who)?;
    let mut read = hall.db().read().await?;
    let own = keys::of(&mut read, who.person()).await?;
    if own.is_empty() {
        return Err(none());
    }
    begin(hall, arrival, origin, Purpose::Show(who.person()), &own)
}

/// Shows a passkey: the session owes nothing from now on.
///
/// # Errors
/// `passkey`, `passkey-copied`; `rate` after several.
pub async fn show_passkey(
    hall: &Hall,
    who: &Who,
    arrival: Arrival,
    vouched: &Vouched,
) -> Result<(), Problem> {
    let session = session_of(who)?;
    let person = who.person();
    let attempt = session::attempt(hall, &limited(person), arrival)?;
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let found = keys::by_credential(&mut tx, &vouched.credential).await?;
    let row = found.filter(|row| row.person == person);
    let judged = judge(hall, Purpose::Show(person), row.as_ref(), vouched);
    let actor = Actor::from(who);
    let Some(row) = settle(hall, &mut tx, &actor, row, &judged).await? else {
        tx.commit().await?;
        return Err(refusal(judged));
    };
    rows::show(&mut tx, session, "passkey", now.wall).await?;
    let act = Act {
        verb: "factor.shown",
        subject: session.to_string(),
        detail: json!({ "kind": "passkey", "name": row.name }),
    };
    audit::record(&mut tx, now, who, act).await?;
    tx.commit().await?;
    session::succeeded(hall, attempt);
    Ok(())
}

/// Asks whoever is there for any passkey.
///
/// # Errors
/// `passkey-address`; `rate`.
pub fn begin_enter(
    hall: &Hall,
    arrival: Arrival,
    origin: Option<&str>,
) -> Result<Challenge, Problem> {
    begin(hall, arrival, origin, Purpose::Enter, &[])
}

/// Comes in by a passkey, without a password.
///
/// # Errors
/// `passkey`, `passkey-copied`; `rate` after several.
pub async fn enter(
    hall: &Hall,
    arrival: Arrival,
    agent: Option<&str>,
    vouched: &Vouched,
) -> Result<Opened, Problem> {
    // Of one key, as of one name: whoever guesses at it holds nobody else up.
    let name = format!("passkey {}", hex(&vouched.credential));
    let attempt = session::attempt(hall, &name, arrival)?;
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let row = keys::by_credential(&mut tx, &vouched.credential).await?;
    let judged = judge(hall, Purpose::Enter, row.as_ref(), vouched);
    let actor = Actor {
        address: arrival.address.map(|address| address.to_string()),
        ..Actor::house("login")
    };
    let row = settle(hall, &mut tx, &actor, row, &judged).await?;
    let person = match &row {
        Some(row) => people::by_id(&mut tx, row.person).await?,
        None => None,
    };
    let Some(person) = person.filter(|person| person.active && !person.screen) else {
        tx.commit().await?;
        return Err(match judged {
            Ok(_) => over_or_unknown(),
            judged => refusal(judged),
        });
    };
    let opened = session::open(hall, &mut tx, arrival, agent, person.id, person.name).await?;
    let session = session_of(&opened.who)?;
    rows::show(&mut tx, session, "passkey", now.wall).await?;
    let act = Act {
        verb: "factor.shown",
        subject: session.to_string(),
        detail: json!({ "kind": "passkey", "name": row.map(|row| row.name) }),
    };
    audit::record(&mut tx, now, &opened.who, act).await?;
    tx.commit().await?;
    session::succeeded(hall, attempt);
    Ok(opened)
}

/// How it was judged: the counter, or why it is not believed.
type Judged = Result<u32, Option<Fault>>;

/// The challenge is used up, whatever comes out. `None` is a key or a challenge that is
/// not known.
fn judge(hall: &Hall, purpose: Purpose, row: Option<&PasskeyRow>, vouched: &Vouched) -> Judged {
    let expected = hall
        .challenges()
        .take(hall.now().mono, purpose, &vouched.challenge)
        .ok_or(None)?;
    let row = row.ok_or(None)?;
    // Of another name of the house: its authenticator would not have signed either.
    if row.rp_id != expected.rp_id {
        return Err(Some(Fault::House));
    }
    let Vouched {
        client,
        data,
        signature,
        ..
    } = vouched;
    webauthn::vouched(&expected, client, data, signature, &row.key, row.counter).map_err(Some)
}

/// Writes down how it was judged; the key, if it was believed.
async fn settle(
    hall: &Hall,
    tx: &mut Tx,
    actor: &Actor,
    row: Option<PasskeyRow>,
    judged: &Judged,
) -> Result<Option<PasskeyRow>, Problem> {
    let now = hall.now();
    if let (Ok(counter), Some(row)) = (judged, &row) {
        keys::used(tx, row.id, *counter, now.wall).await?;
        return Ok(Some(row.clone()));
    }
    let copied = *judged == Err(Some(Fault::Copied));
    if let (true, Some(row)) = (copied, &row) {
        keys::copied(tx, row.id, now.wall).await?;
    }
    let act = Act {
        verb: if copied {
            "passkey.copied"
        } else {
            "factor.refused"
        },
        subject: row
            .as_ref()
            .map_or_else(String::new, |row| row.person.to_string()),
        detail: json!({
            "kind": "passkey",
            "passkey": row.map(|row| row.id.to_string()),
            "why": judged.err().flatten().map(|fault| fault.to_string()),
        }),
    };
    audit::record_by(tx, now, actor, act).await?;
    Ok(None)
}

fn refusal(judged: Judged) -> Problem {
    match judged {
        Err(Some(Fault::Copied)) => Problem::denied(
            "passkey-copied",
            "This passkey counts less than it did before: somebody may hold a copy of it. \
             Remove it and make another.",
        ),
        Err(Some(fault)) => not_believed(&fault),
        Ok(_) | Err(None) => over_or_unknown(),
    }
}

fn not_believed(fault: &Fault) -> Problem {
    Problem::denied(
        "passkey",
        format!("The passkey is not believed: {fault}. Nothing was changed."),
    )
}

fn over() -> Problem {
    Problem::denied(
        "passkey",
        "It took longer than five minutes, or was answered before; begin anew.",
    )
}

fn over_or_unknown() -> Problem {
    Problem::denied(
        "passkey",
        "The passkey is not known here, or it took longer than five minutes; begin anew, or \
         log in with your password.",
    )
}

fn too_many() -> Problem {
    Problem::exhausted(
        "exhausted",
        format!("A person has at most {PASSKEYS_MAX} passkeys; remove one."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_are_for_names_and_not_in_the_clear() {
        for (origin, name) in [
            ("https://betang.example", Some("betang.example")),
            ("https://betang.example:8443", Some("betang.example")),
            ("http://localhost:8080", Some("localhost")),
            ("https://localhost", Some("localhost")),
            ("http://betang.example", None),
            ("http://localhost.example", None),
            ("https://10.62.0.1", None),
            ("https://[::1]:8080", None),
            ("http://127.0.0.1:8080", None),
            ("https://betang.example/", None),
            ("https://betang.example:443", None),
            ("https://a@betang.example", None),
            ("null", None),
            ("", None),
        ] {
            let found = house(Some(origin)).map(|(_, name)| name);
            assert_eq!(found.as_deref(), name, "{origin}");
        }
        assert_eq!(house(None), None);
    }
}
