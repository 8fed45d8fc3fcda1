//! Televisions on walls.
//!
//! One is paired once. It asks for a code and shows it ([`ask`]); somebody who may hang a
//! screen there types it and says what it shows ([`pair`]); the browser exchanges the key
//! that only it holds for a session ([`poll`]), once. From then on it is a person of its
//! own with one grant of the role `layar`: it has no password and no limits of time, so
//! it comes back by itself after a power cut, from whatever address.
//!
//! The code is typed by a person and the key by nobody: who reads the code off the wall
//! cannot become the screen, and who has typed it can neither. That the code was typed
//! is kept with the key's hash, so neither a restart of the house nor one of the
//! television in between undoes it.
//!
//! What a screen shows is an address out of a closed set ([`shows`]). Revoking it ends
//! its session and its streams at once; the person stays, for the record.

mod shows;
mod waiting;

use base::area::AreaCode;
use base::id::{Agency, Id, Person, Screen};
use base::now::Wall;
use base::redact::Secret;
use serde_json::json;
use store::{Conn, Tx};

use crate::audit::{self, Act};
use crate::guard::{Permission, Place, Who};
use crate::limit::Attempt;
use crate::live::Event;
use crate::problem::Problem;
use crate::session::{self, Arrival, Opaque, Opened};
use crate::sql::screen::{self as rows, ScreenRow};
use crate::sql::{session as session_rows, staff as people};
use crate::{Hall, line, staff};

pub use waiting::{CODE_LIFE, WAITING_MAX, WAITING_PER_ADDRESS, Waiting};

/// A television that begins to wait. Both secrets are shown to it and to nobody else.
#[derive(Debug)]
pub struct Fresh {
    /// What it shows, for a person to type.
    pub code: Secret<String>,
    /// What it asks by whether that has been done.
    pub key: Secret<String>,
    /// Until before when the code counts.
    pub expires: Wall,
}

/// Lets a television wait for its code to be typed.
///
/// # Errors
/// `screens-waiting` if too many wait, of all or of that address.
pub fn ask(hall: &Hall, arrival: Arrival) -> Result<Fresh, Problem> {
    let now = hall.now();
    let key = Opaque::new("")?;
    let code = waiting::draw().map_err(|_| Problem::bug("the system has no randomness"))?;
    hall.screens()
        .begin(now.mono, arrival.address, key.hash, code.clone())
        .map_err(|full| {
            Problem::exhausted(
                "screens-waiting",
                "Too many screens wait for their code to be typed; wait until one is over.",
            )
            .retry_after_s(full.wait.as_secs().saturating_add(1))
        })?;
    Ok(Fresh {
        code,
        key: key.text,
        expires: now.wall + CODE_LIFE,
    })
}

/// How it stands with a television that holds a key.
#[derive(Debug)]
pub enum Stand {
    /// Nobody has typed its code yet.
    Waiting,
    /// Nobody ever will: it has to ask for another.
    Expired,
    /// Its key was exchanged before, or the screen was revoked: it is paired no more.
    Revoked,
    /// It has just become a screen.
    Paired(Box<Opened>),
}

/// Tells a television how it stands, and lets it in once its code was typed.
///
/// # Errors
/// If the database does not answer.
pub async fn poll(
    hall: &Hall,
    arrival: Arrival,
    agent: Option<&str>,
    key: &Secret<String>,
) -> Result<Stand, Problem> {
    let now = hall.now();
    let hash = Opaque::hash(key.expose());
    // In this order: what is typed between the two is in the second.
    let waits = hall.screens().waits(now.mono, &hash);
    let mut read = hall.db().read().await?;
    let found = rows::by_key(&mut read, &hash).await?;
    drop(read);
    let Some(row) = found else {
        return Ok(if waits {
            Stand::Waiting
        } else {
            Stand::Expired
        });
    };
    if row.taken.is_some() || row.revoked.is_some() {
        return Ok(Stand::Revoked);
    }
    let address = arrival.address.map(|address| address.to_string());
    let mut tx = hall.db().write().await?;
    if !rows::take(&mut tx, row.id, address.as_deref(), now.wall).await? {
        return Ok(Stand::Revoked);
    }
    let opened = session::open(hall, &mut tx, arrival, agent, row.person, row.name.clone()).await?;
    tx.commit().await?;
    tell(hall, &row);
    Ok(Stand::Paired(Box::new(opened)))
}

/// What somebody who has typed a code says of the screen.
#[derive(Debug)]
pub struct New {
    /// What he has typed.
    pub code: Secret<String>,
    /// What the screen is called.
    pub name: String,
    /// It may show what lies in this area. None: in all.
    pub area: Option<AreaCode>,
    /// It may show what is of this branch of offices. None: of all.
    pub agency: Option<Id<Agency>>,
    /// The address it shows.
    pub shows: String,
}

/// A screen whose code was right, once its transaction is committed.
#[derive(Debug)]
pub struct Paired {
    /// The screen.
    pub screen: Listed,
    key: Vec<u8>,
    attempt: Attempt,
}

/// Makes a screen of the television that shows a code, in the caller's transaction. None
/// if no television shows it: that somebody has tried is then all that there is to
/// commit.
///
/// # Errors
/// `not-allowed`; `rate` with the time to wait; a bad field. No field is judged by
/// whether the code is right.
pub async fn pair(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    arrival: Arrival,
    new: New,
) -> Result<Option<Paired>, Problem> {
    let now = hall.now();
    let name = line::read("name", &new.name, line::NAME_MAX)?;
    let shows = shows::read(&new.shows)?;
    staff::known(tx, "", new.area.as_ref(), new.agency).await?;
    let place = Place::new(new.area, new.agency);
    who.require(Permission::ScreensPair, &place)?;
    let attempt = session::attempt(hall, &format!("screen {}", who.person()), arrival)?;
    let mut typed = hall.screens().typed(now.mono, new.code.expose());
    if let Some(key) = &typed
        && rows::by_key(tx, key).await?.is_some()
    {
        // Somebody else has typed it at the same moment.
        typed = None;
    }
    let Some(key) = typed else {
        let act = Act {
            verb: "screen.refused",
            subject: String::new(),
            detail: json!({ "name": name }),
        };
        audit::record(tx, now, who, act).await?;
        return Ok(None);
    };
    let (person, grant) = staff::add_screen(hall, tx, who, name, place).await?;
    let id = hall.mint();
    rows::insert(tx, id, person, &shows, &key, who.person(), now.wall).await?;
    let row = rows::by_id(tx, id)
        .await?
        .ok_or_else(|| Problem::bug("a screen is not there once it is written"))?;
    let act = Act {
        verb: "screen.paired",
        subject: id.to_string(),
        detail: json!({
            "name": row.name, "person": person, "grant": grant.id, "role": grant.role,
            "area": row.area, "agency": row.agency, "to_us": grant.to, "shows": row.shows,
        }),
    };
    audit::record(tx, now, who, act).await?;
    Ok(Some(Paired {
        screen: row.into(),
        key,
        attempt,
    }))
}

/// What follows once a pairing is committed: its code counts no more.
pub fn paired(hall: &Hall, done: Paired) -> Listed {
    hall.screens().end(&done.key);
    session::succeeded(hall, done.attempt);
    publish(hall, &done.screen.place, done.screen.id);
    done.screen
}

/// The answer to a code that no television shows, whatever is wrong with it.
#[must_use]
pub fn wrong_code() -> Problem {
    Problem::denied(
        "screen-code",
        "No screen shows this code now. Read it off the screen again: it changes every ten \
         minutes. Nothing was paired.",
    )
    .field("code", "is not on any screen now")
}

/// A screen as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub id: Id<Screen>,
    /// As whom it is here.
    pub person: Id<Person>,
    /// What it is called.
    pub name: String,
    /// What it may show.
    pub place: Place,
    /// The address it shows.
    pub shows: String,
    /// Since when, and by whom.
    pub paired: Wall,
    /// Who has typed its code.
    pub paired_by: Id<Person>,
    /// The name of that person.
    pub paired_by_name: String,
    /// Until before when it may show anything. None: until it is revoked.
    pub until: Option<Wall>,
    /// The newest request, to the minute. None: it has never come.
    pub seen: Option<Wall>,
    /// Where it came from last.
    pub address: Option<String>,
    /// Whether it has a session. One that never came, or was logged out, has none.
    pub signed_in: bool,
}

impl From<ScreenRow> for Listed {
    fn from(row: ScreenRow) -> Self {
        Self {
            id: row.id,
            person: row.person,
            name: row.name,
            place: Place::new(row.area, row.agency),
            shows: row.shows,
            paired: row.paired,
            paired_by: row.paired_by,
            paired_by_name: row.paired_by_name,
            until: row.until,
            seen: row.seen,
            address: row.address,
            signed_in: row.signed_in,
        }
    }
}

/// Screens that the caller may pair where they hang, newest first. Also what to begin
/// the next page after, if there may be one.
///
/// # Errors
/// If the database does not answer.
pub async fn list(
    conn: &mut Conn,
    who: &Who,
    after: Option<Id<Screen>>,
    limit: i64,
) -> Result<(Vec<Listed>, Option<Id<Screen>>), Problem> {
    let (text, values) = who.visible(Permission::ScreensPair, "p.area_code", "p.agency_id");
    let mut query = rows::list().raw(" AND ").condition(&text, values);
    if let Some(after) = after {
        query = query.push(" AND c.id < ", after);
    }
    query = query.push(" ORDER BY c.id DESC LIMIT ", limit);
    let found = rows::fetch(conn, &query).await?;
    let next = found
        .last()
        .map(|row| row.id)
        .filter(|_| i64::try_from(found.len()) == Ok(limit));
    Ok((found.into_iter().map(Listed::from).collect(), next))
}

/// The screen that the caller is, and where it comes from now: another address than
/// before is written down and refused to nobody.
///
/// # Errors
/// `screen` (not found) if the caller is none.
pub async fn own(hall: &Hall, who: &Who) -> Result<Listed, Problem> {
    let mut read = hall.db().read().await?;
    let row = rows::by_person(&mut read, who.person())
        .await?
        .ok_or_else(not_found)?;
    drop(read);
    let now = who.address().map(|address| address.to_string());
    if let Some(address) = now.filter(|now| row.address.as_ref() != Some(now)) {
        session::touched(moved(hall, who, &row, &address).await);
    }
    Ok(row.into())
}

async fn moved(hall: &Hall, who: &Who, row: &ScreenRow, address: &str) -> Result<(), store::Error> {
    let mut tx = hall.db().write().await?;
    rows::set_address(&mut tx, row.id, address).await?;
    let act = Act {
        verb: "screen.moved",
        subject: row.id.to_string(),
        detail: json!({ "name": row.name, "from": row.address, "to": address }),
    };
    audit::record(&mut tx, hall.now(), who, act).await?;
    tx.commit().await?;
    tell(hall, row);
    Ok(())
}

/// Whether somebody is a screen.
///
/// # Errors
/// If the database does not answer.
pub async fn is_one(conn: &mut Conn, who: &Who) -> Result<bool, store::Error> {
    Ok(rows::by_person(conn, who.person()).await?.is_some())
}

/// Renames a screen, or lets it show something else.
///
/// # Errors
/// `screen` (not found) if there is none such, or none that is his to change; a bad
/// field.
pub async fn change(
    hall: &Hall,
    who: &Who,
    id: Id<Screen>,
    name: &str,
    shows: &str,
) -> Result<Listed, Problem> {
    let name = line::read("name", name, line::NAME_MAX)?;
    let shows = shows::read(shows)?;
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let old = his(&mut tx, who, id).await?;
    if old.name == name && old.shows == shows {
        return Ok(old.into());
    }
    rows::set_shows(&mut tx, id, &shows, now.wall).await?;
    if let Some(person) = people::by_id(&mut tx, old.person).await? {
        let renamed = people::PersonRow {
            name: name.clone(),
            ..person
        };
        people::update(&mut tx, &renamed, now.wall).await?;
    }
    let act = Act {
        verb: "screen.changed",
        subject: id.to_string(),
        detail: json!({
            "from": { "name": old.name, "shows": old.shows },
            "to": { "name": name, "shows": shows },
        }),
    };
    audit::record(&mut tx, now, who, act).await?;
    let row = his(&mut tx, who, id).await?;
    tx.commit().await?;
    tell(hall, &row);
    Ok(row.into())
}

/// Takes a screen off: its session and its streams end at once.
///
/// # Errors
/// `screen` (not found) if there is none such, or none that is his to revoke.
pub async fn revoke(hall: &Hall, who: &Who, id: Id<Screen>) -> Result<(), Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let row = his(&mut tx, who, id).await?;
    let logins = session::logins(&mut tx, row.person).await?;
    session_rows::end_all(&mut tx, row.person, None, "revoked", now.wall).await?;
    staff::retire_screen(&mut tx, row.person, now.wall).await?;
    rows::revoke(&mut tx, id, who.person(), now.wall).await?;
    let act = Act {
        verb: "screen.revoked",
        subject: id.to_string(),
        detail: json!({ "name": row.name, "person": row.person, "sessions": logins.len() }),
    };
    audit::record(&mut tx, now, who, act).await?;
    tx.commit().await?;
    hall.door().tell(logins);
    tell(hall, &row);
    Ok(())
}

/// A screen that the caller may pair where it hangs.
async fn his(tx: &mut Tx, who: &Who, id: Id<Screen>) -> Result<ScreenRow, Problem> {
    let row = rows::by_id(tx, id).await?.ok_or_else(not_found)?;
    if !who.may(
        Permission::ScreensPair,
        &Place::new(row.area.clone(), row.agency),
    ) {
        return Err(not_found());
    }
    Ok(row)
}

fn not_found() -> Problem {
    Problem::not_found(
        "screen",
        "There is no such screen, or none that you may see.",
    )
}

fn tell(hall: &Hall, row: &ScreenRow) {
    publish(hall, &Place::new(row.area.clone(), row.agency), row.id);
}

/// Tells that there is news of a screen: also to itself, so it may be heard by whoever may
/// read anything there, and says nothing but which.
fn publish(hall: &Hall, place: &Place, id: Id<Screen>) {
    hall.live().publish(Event {
        topic: "screen",
        permission: Permission::AreasRead,
        place: place.clone(),
        data: json!({ "id": id }),
    });
}
