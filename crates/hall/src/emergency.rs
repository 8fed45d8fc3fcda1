//! The sealed way in, for the day on which the provider, the telephone or every
//! administrator is gone.
//!
//! Whoever owns the machine has a code made ([`seal`]); it is shown once, goes into an
//! envelope, and only its hash is kept. Whoever opens the envelope types it ([`open`]) and
//! is *Admin darurat* for [`LASTS`], without another factor and without any other machine:
//! nothing is asked but the database. There is no renewal. A code counts once.
//!
//! To be seen is the point of it. In the transaction in which it is used stand the entry in
//! the audit and an incident of the highest severity; every open page of those who command
//! the house is told at once, and shows it for as long as it lasts.
//!
//! The person has a grant only while it lasts: whatever it leaves behind, a token or
//! another way in, opens nothing afterwards. What it gives to others may last, since to
//! make an administrator is what it is for.
//!
//! Decided in `docs/decisions/0032-two-doors.md`.

mod code;

use std::time::Duration;

use base::id::{Emergency, Id, Person};
use base::now::{Now, Wall};
use base::redact::Secret;
use serde_json::{Map, json};
use store::{Conn, Error, Tx};
use tokio::sync::broadcast::error::RecvError;

use crate::audit::{self, Act, Actor};
use crate::guard::{Held, Permission, Place, Role, Who};
use crate::incident::{self, Key, Opening, Severity};
use crate::live::Event;
use crate::problem::Problem;
use crate::session::{self, Arrival, Opaque, Opened, Revoked, Way};
use crate::sql::emergency::{self as rows, EmergencyRow};
use crate::sql::staff::{self as people, GrantRow, PersonRow};
use crate::sql::{session as sessions, token};
use crate::{Hall, line, local};

/// So long it lasts, from the moment the code is used.
pub const LASTS: Duration = Duration::from_secs(3600);

/// How often somebody looks whether it is over.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The same person in every house, so that no row has to remember it.
const PERSON: [u8; 16] = *b"betang.sealed.01";

/// By what name the audit and the list of people show it.
const NAME: &str = "Admin darurat";

/// What the audit says it was done by.
const PART: &str = "emergency";

/// The word of the door, in a session.
const WAY: &str = "emergency";

/// The kind of the incident.
const KIND: &str = "house.emergency";

/// Whether that is whoever has opened the envelope.
pub(crate) fn is_it(person: Id<Person>) -> bool {
    *person.as_bytes() == PERSON
}

/// A new code, to be shown once.
#[derive(Debug)]
pub struct Sealed {
    /// For the envelope.
    pub code: Secret<String>,
    /// When it was made.
    pub at: Wall,
    /// Whether one was made void by it.
    pub replaced: bool,
}

/// How it stands with the envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// There never was one.
    None,
    /// The code would open the door now.
    Intact,
    /// The code was used.
    Used,
    /// The code was taken back.
    Void,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::None, Self::Intact, Self::Used, Self::Void];

    /// The word of answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Intact => "intact",
            Self::Used => "used",
            Self::Void => "void",
        }
    }
}

/// The envelope, as who may read the settings sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envelope {
    /// How it stands.
    pub state: State,
    /// When it was sealed.
    pub sealed: Option<Wall>,
    /// When it was used.
    pub used: Option<Wall>,
    /// Until when what came of it lasts. None: nothing goes on.
    pub until: Option<Wall>,
}

impl From<Option<EmergencyRow>> for Envelope {
    fn from(row: Option<EmergencyRow>) -> Self {
        let state = match &row {
            None => State::None,
            Some(row) if row.used.is_some() => State::Used,
            Some(row) if row.void.is_some() => State::Void,
            Some(_) => State::Intact,
        };
        Self {
            state,
            sealed: row.as_ref().map(|row| row.sealed),
            used: row.as_ref().and_then(|row| row.used),
            until: row
                .filter(|row| row.ended.is_none())
                .and_then(|row| row.until),
        }
    }
}

/// How it stands with the envelope.
///
/// # Errors
/// `not-allowed` unless the caller may read the settings of the house.
pub async fn envelope(conn: &mut Conn, who: &Who) -> Result<Envelope, Problem> {
    who.require(Permission::SettingsRead, &Place::HOUSE)?;
    let mut envelope = Envelope::from(rows::newest(conn).await?);
    // One may have been sealed anew while another is still in use.
    let going = rows::going_on(conn).await?;
    envelope.until = going.into_iter().filter_map(|row| row.until).max();
    Ok(envelope)
}

/// Makes a code; the one before is void.
///
/// # Errors
/// `emergency-server` unless it is asked for on the machine of the house: a code that
/// travels is in no envelope.
pub async fn seal(hall: &Hall, who: &Who) -> Result<Sealed, Problem> {
    who.require(Permission::SettingsWrite, &Place::HOUSE)?;
    if !local::is_door(who.person()) {
        return Err(Problem::conflict(
            "emergency-server",
            "A code is made where the house runs: betang emergency seal --data FOLDER. \
             Nothing was made, and the envelope counts as before.",
        ));
    }
    let code = code::draw().map_err(|_| Problem::bug("the system has no randomness"))?;
    let normal = code::read(code.expose()).ok_or_else(|| Problem::bug("a code is none"))?;
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let before = rows::newest(&mut tx).await?.is_some();
    let replaced = rows::make_void(&mut tx, "replaced", now.wall).await? > 0;
    let id = hall.mint();
    rows::insert(&mut tx, id, &Opaque::hash(normal.expose()), now.wall).await?;
    let act = Act {
        verb: if before {
            "emergency.resealed"
        } else {
            "emergency.sealed"
        },
        subject: id.to_string(),
        detail: json!({ "replaced": replaced }),
    };
    audit::record(&mut tx, now, who, act).await?;
    tx.commit().await?;
    count(hall, "sealed");
    Ok(Sealed {
        code,
        at: now.wall,
        replaced,
    })
}

/// Takes the code back: an envelope that somebody may have opened counts no more.
///
/// # Errors
/// `emergency-none` if there is none that counts.
pub async fn withdraw(hall: &Hall, who: &Who) -> Result<(), Problem> {
    who.require(Permission::SettingsWrite, &Place::HOUSE)?;
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let newest = rows::newest(&mut tx).await?;
    let Some(row) = newest.filter(|row| row.used.is_none() && row.void.is_none()) else {
        return Err(Problem::conflict(
            "emergency-none",
            "No envelope counts now; nothing was changed.",
        ));
    };
    rows::make_void(&mut tx, "withdrawn", now.wall).await?;
    let act = Act {
        verb: "emergency.withdrawn",
        subject: row.id.to_string(),
        detail: json!({}),
    };
    audit::record(&mut tx, now, who, act).await?;
    tx.commit().await?;
    Ok(())
}

/// Lets in who has the code, once, and says so to everybody who commands the house.
///
/// # Errors
/// `emergency-code`, whatever is wrong with it; `form` if it was mistyped; `rate`.
pub async fn open(
    hall: &Hall,
    arrival: Arrival,
    agent: Option<&str>,
    typed: &Secret<String>,
) -> Result<Opened, Problem> {
    let read = code::read(typed.expose());
    let hash = Opaque::hash(read.as_ref().unwrap_or(typed).expose());
    // Counted by address, and by what was typed and not by a name: there is only one
    // envelope, and who tries others all day must not hold up who has it. 135 random bits
    // are found by nobody from however many addresses.
    let attempt = session::attempt(hall, &format!("emergency {}", audit::hex(&hash)), arrival)?;
    let now = hall.now();
    let until = now.wall + LASTS;
    let address = arrival.address.map(|address| address.to_string());
    let mut tx = hall.db().write().await?;
    let found = rows::by_secret(&mut tx, &hash).await?;
    let taken = match &found {
        Some(row) => rows::take(&mut tx, row.id, address.as_deref(), until, now.wall).await?,
        None => false,
    };
    let Some(row) = found.as_ref().filter(|_| taken) else {
        let why = match &found {
            None if read.is_none() => "mistyped",
            None => "unknown",
            Some(row) if row.used.is_some() => "used",
            Some(_) => "void",
        };
        refuse(&mut tx, now, address, found.as_ref(), why).await?;
        tx.commit().await?;
        count(hall, "refused");
        return Err(refused(why));
    };
    let mut told = Vec::new();
    for earlier in rows::going_on(&mut tx).await? {
        if earlier.id != row.id {
            told.extend(end(&mut tx, now, &earlier, "again").await?);
        }
    }
    settle(hall, &mut tx, until).await?;
    let person = Id::from_bytes(PERSON);
    let way = Way {
        word: Some(WAY),
        until: Some(until),
        // On this day no other is left.
        factor: Some(WAY.to_owned()),
    };
    let name = NAME.to_owned();
    let opened = session::open_by(hall, &mut tx, arrival, agent, person, name, way).await?;
    if let crate::guard::Via::Session(session) = opened.who.via() {
        rows::set_session(&mut tx, row.id, session).await?;
    }
    let act = Act {
        verb: "emergency.used",
        subject: row.id.to_string(),
        detail: json!({ "sealed_us": row.sealed, "until_us": until }),
    };
    audit::record(&mut tx, now, &opened.who, act).await?;
    alarm(&mut tx, now, row.id).await?;
    tx.commit().await?;
    session::succeeded(hall, attempt);
    hall.door().tell(told);
    count(hall, "used");
    tracing::warn!(emergency = %row.id, "the sealed code was used");
    publish(hall);
    Ok(opened)
}

async fn refuse(
    tx: &mut Tx,
    now: Now,
    address: Option<String>,
    found: Option<&EmergencyRow>,
    why: &'static str,
) -> Result<(), Error> {
    let actor = Actor {
        address,
        ..Actor::house(PART)
    };
    let act = Act {
        verb: "emergency.refused",
        subject: found.map_or_else(String::new, |row| row.id.to_string()),
        detail: json!({ "why": why }),
    };
    audit::record_by(tx, now, &actor, act).await
}

fn refused(why: &str) -> Problem {
    if why == "mistyped" {
        return line::refuse(
            "code",
            "28 letters and digits, of which one was mistyped or left out; nothing was used up",
        );
    }
    Problem::denied(
        "emergency-code",
        "This code opens nothing: it was used, replaced or taken back, or is none of this \
         house. Nobody was let in. Whoever owns the machine makes another.",
    )
}

async fn alarm(tx: &mut Tx, now: Now, id: Id<Emergency>) -> Result<(), Error> {
    let mut facts = Map::new();
    facts.insert("minutes".to_owned(), json!(LASTS.as_secs() / 60));
    let opening = Opening {
        key: Key::new(KIND, id),
        by: PART,
        severity: Severity::Critical,
        title: "Amplop darurat dibuka: seseorang masuk sebagai admin darurat".to_owned(),
        facts,
        about: Vec::new(),
    };
    incident::open(tx, now, opening).await?;
    Ok(())
}

/// The person, with one grant that lasts as long as this does and nothing of before.
async fn settle(hall: &Hall, tx: &mut Tx, until: Wall) -> Result<(), Error> {
    let now = hall.now().wall;
    let id = Id::from_bytes(PERSON);
    let row = PersonRow {
        id,
        name: NAME.to_owned(),
        username: None,
        active: true,
        area: None,
        agency: None,
        seen: None,
        screen: false,
    };
    if people::by_id(tx, id).await?.is_some() {
        // Whoever shut it out has taken the envelope back first, or meant somebody else.
        people::update(tx, &row, now).await?;
        strip(tx, now).await?;
    } else {
        people::insert(tx, &row, now).await?;
    }
    let grant = GrantRow {
        id: hall.mint(),
        person: id,
        role: Role::Admin,
        area: None,
        agency: None,
        agency_path: None,
        from: now,
        to: Some(until),
    };
    people::insert_grant(tx, &grant, None, now).await
}

/// Takes away whatever the person has.
async fn strip(tx: &mut Tx, now: Wall) -> Result<(), Error> {
    let id = Id::from_bytes(PERSON);
    for grant in people::grants_to_come(tx, id, now).await? {
        people::end_grant(tx, grant.id, now).await?;
    }
    token::revoke_all(tx, id, now).await?;
    Ok(())
}

/// The rights of a session that ends at a time, as they bear on what it gives to others:
/// the grants end with it, what it gives need not.
pub(crate) fn giving(mut grants: Vec<Held>, person: Id<Person>) -> Vec<Held> {
    if is_it(person) {
        for grant in &mut grants {
            grant.to = None;
        }
    }
    grants
}

/// What pages show for as long as it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoingOn {
    /// Until when.
    pub until: Wall,
    /// Whether the caller is the one.
    pub own: bool,
}

/// Whether somebody is in by the sealed code, for himself and for those who command the
/// house.
///
/// # Errors
/// If the database does not answer.
pub async fn going_on(conn: &mut Conn, who: &Who, now: Wall) -> Result<Option<GoingOn>, Error> {
    if !who.may(Permission::IncidentsRead, &Place::HOUSE) {
        return Ok(None);
    }
    let rows = rows::going_on(conn).await?;
    let until = rows.into_iter().filter_map(|row| row.until).max();
    Ok(until.filter(|until| *until > now).map(|until| GoingOn {
        until,
        own: is_it(who.person()),
    }))
}

/// Closes off what is over until the house closes.
pub async fn keep(hall: Hall) {
    let mut revoked = hall.revoked();
    let stop = hall.tasks().soft().clone();
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            told = revoked.recv() => match told {
                Ok(told) if !is_it(told.person) => continue,
                Err(RecvError::Closed) => return,
                Ok(_) | Err(RecvError::Lagged(_)) => {}
            },
            _ = look.tick() => {}
        }
        if let Err(error) = lapse(&hall).await {
            tracing::error!(%error, "the end of an emergency could not be written");
        }
    }
}

/// Closes off each emergency whose session is over or was ended; how many.
///
/// # Errors
/// If the database does not answer.
pub async fn lapse(hall: &Hall) -> Result<usize, Error> {
    let now = hall.now();
    let mut read = hall.db().read().await?;
    let mut over = Vec::new();
    for row in rows::going_on(&mut read).await? {
        let ended = match row.session {
            Some(session) => rows::why_ended(&mut read, session).await?,
            None => None,
        };
        let late = row.until.is_none_or(|until| until <= now.wall);
        if let Some(why) = ended.or_else(|| late.then(|| "over".to_owned())) {
            over.push((row, why));
        }
    }
    drop(read);
    if over.is_empty() {
        return Ok(0);
    }
    let mut tx = hall.db().write().await?;
    let mut told = Vec::new();
    for (row, why) in &over {
        told.extend(end(&mut tx, now, row, why).await?);
    }
    tx.commit().await?;
    hall.door().tell(told);
    for _ in &over {
        count(hall, "ended");
    }
    publish(hall);
    Ok(over.len())
}

/// It is over: the session, what the person may do, and the cause of the incident.
async fn end(tx: &mut Tx, now: Now, row: &EmergencyRow, why: &str) -> Result<Vec<Revoked>, Error> {
    let id = Id::from_bytes(PERSON);
    let logins = session::logins(tx, id).await?;
    sessions::end_all(tx, id, None, why, now.wall).await?;
    strip(tx, now.wall).await?;
    if let Some(person) = people::by_id(tx, id).await? {
        let gone = PersonRow {
            active: false,
            ..person
        };
        people::update(tx, &gone, now.wall).await?;
    }
    rows::end(tx, row.id, why, now.wall).await?;
    let act = Act {
        verb: "emergency.ended",
        subject: row.id.to_string(),
        detail: json!({ "why": why }),
    };
    audit::record_by(tx, now, &Actor::house(PART), act).await?;
    incident::clear(tx, now, &Key::new(KIND, row.id), PART).await?;
    Ok(logins)
}

/// Says that there is news: pages ask what it is, and show what they may.
fn publish(hall: &Hall) {
    hall.live().publish(Event {
        topic: "emergency",
        permission: Permission::IncidentsRead,
        place: Place::HOUSE,
        data: json!({}),
    });
}

fn count(hall: &Hall, what: &str) {
    hall.metrics().add(
        "betang_emergency_total",
        "What has become of sealed codes.",
        &format!("what=\"{what}\""),
        1.0,
    );
}
