//! People, what they may do, and who may decide that.
//!
//! The rules, each tested in `http/tests/people.rs`:
//!
//! - A right is given only by who commands it: a grant whose role may give that
//!   role, over a place that covers the new one, and lasting at least as long.
//!   Nobody gives more than he holds, to himself or to others.
//! - A person is changed only by who commands all his grants and may write staff
//!   where he belongs. Else a clerk of one regency could set the password of the
//!   administrator of all.
//! - Somebody can always manage the house: the last administrator over all, with
//!   a way in and without an end, can neither go nor be shut out.
//! - A volunteer's grant has an end.
//! - A screen is shown among the people and not changed there: it has no way in, and
//!   none can be given to it ([`crate::screen`]).
//! - Whatever changes about a person holds from the next request on, and his
//!   open streams end.

mod first;
mod grant;
mod screen;

use std::collections::BTreeMap;

use base::area::AreaCode;
use base::fact::Fact;
use base::id::{Agency, Grant, Id, Person};
use base::now::Wall;
use base::redact::Secret;
use serde_json::{Value as Json, json};
use store::{Conn, Error, Tx, facts};

use crate::audit::{self, Act};
use crate::guard::{Permission, Place, Role, Via, Who};
use crate::problem::Problem;
use crate::session::{self, Arrival, Revoked};
use crate::sql::staff::{self as rows, GrantRow, PersonRow};
use crate::sql::{session as session_rows, token};
use crate::{Hall, emergency, line, password};

pub use first::{FirstAdmin, become_first, first_admin};
pub use grant::Wanted;
pub(crate) use grant::known;
use grant::{commands, regrant, told};
pub(crate) use screen::{add_screen, retire_screen};

/// Longest user name.
const USERNAME_MAX: usize = 64;

/// A person as a list shows him.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub id: Id<Person>,
    /// By what name.
    pub name: String,
    /// What he logs in by.
    pub username: Option<String>,
    /// Whether he may come in at all.
    pub active: bool,
    /// Where he belongs. None: the whole province.
    pub area: Option<AreaCode>,
    /// To which office. None: no single one.
    pub agency: Option<Id<Agency>>,
    /// What he may do, now or later.
    pub grants: Vec<Given>,
    /// The newest request of a session, to the minute.
    pub seen: Option<Wall>,
    /// Whether it is no human being but a television on a wall.
    pub screen: bool,
}

/// A grant as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Which.
    pub id: Id<Grant>,
    /// In which role.
    pub role: Role,
    /// Over this area. None: all.
    pub area: Option<AreaCode>,
    /// Over this branch of offices. None: all.
    pub agency: Option<Id<Agency>>,
    /// Since when.
    pub from: Wall,
    /// Until before when. None: further notice.
    pub to: Option<Wall>,
}

/// A new person.
#[derive(Debug, Clone)]
pub struct New {
    /// By what name.
    pub name: String,
    /// What he logs in by.
    pub username: String,
    /// The first password.
    pub password: Secret<String>,
    /// Where he belongs. Without area and office: where his first grant is.
    pub area: Option<AreaCode>,
    /// To which office.
    pub agency: Option<Id<Agency>>,
    /// What he may do.
    pub grants: Vec<Wanted>,
}

/// What to change. `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// By what name.
    pub name: Option<String>,
    /// Whether he may come in at all.
    pub active: Option<bool>,
    /// Another password; his sessions end, his tokens do not.
    pub password: Option<Secret<String>>,
    /// Where he belongs; `Some(None)` is the whole province.
    pub area: Option<Option<AreaCode>>,
    /// To which office; `Some(None)` is no single one.
    pub agency: Option<Option<Id<Agency>>>,
    /// All that he may do from now on. What is not in it ends.
    pub grants: Option<Vec<Wanted>>,
}

/// What everybody is called, for papers that say who has done something.
///
/// # Errors
/// If the database does not answer.
pub async fn names(conn: &mut Conn) -> Result<BTreeMap<Id<Person>, String>, Error> {
    rows::names(conn).await
}

/// People whom the caller may see, in the order in which they were added. Also
/// what to begin the next page after, if there may be one.
///
/// # Errors
/// If the database does not answer.
pub async fn list(
    hall: &Hall,
    who: &Who,
    q: Option<&str>,
    after: Option<Id<Person>>,
    limit: i64,
) -> Result<(Vec<Member>, Option<Id<Person>>), Problem> {
    let (text, values) = who.visible(Permission::StaffRead, "p.area_code", "p.agency_id");
    let mut query = rows::list().raw(" AND ").condition(&text, values);
    if let Some(q) = q {
        let pattern = crate::sql::containing(q);
        query = query
            .push(" AND (LOWER(p.name) LIKE ", pattern.as_str())
            .push(" ESCAPE '!' OR l.name LIKE ", pattern)
            .raw(" ESCAPE '!')");
    }
    if let Some(after) = after {
        query = query.push(" AND p.id > ", after);
    }
    query = query.push(" ORDER BY p.id LIMIT ", limit);
    let mut read = hall.db().read().await?;
    let found = rows::fetch(&mut read, &query).await?;
    let mut grants: BTreeMap<Id<Person>, Vec<GrantRow>> = BTreeMap::new();
    for grant in rows::all_grants_to_come(&mut read, hall.now().wall).await? {
        grants.entry(grant.person).or_default().push(grant);
    }
    let next = found
        .last()
        .map(|row| row.id)
        .filter(|_| i64::try_from(found.len()) == Ok(limit));
    let members = found
        .into_iter()
        .map(|row| {
            let grants = grants.remove(&row.id).unwrap_or_default();
            member(row, grants)
        })
        .collect();
    Ok((members, next))
}

/// One person whom the caller may see.
///
/// # Errors
/// `person` (not found) if there is none such, or none that he may see.
pub async fn find(hall: &Hall, who: &Who, id: Id<Person>) -> Result<Member, Problem> {
    let mut read = hall.db().read().await?;
    let row = rows::by_id(&mut read, id).await?.ok_or_else(not_found)?;
    if !who.may(Permission::StaffRead, &home(&row)) {
        return Err(not_found());
    }
    let grants = rows::grants_to_come(&mut read, id, hall.now().wall).await?;
    Ok(member(row, grants))
}

/// Judges a new person without the database, and hashes the password: what takes
/// long is done before others who write have to wait.
///
/// # Errors
/// A bad field; `busy`.
pub async fn prepare(hall: &Hall, new: &New) -> Result<Prepared, Problem> {
    let name = line::read("name", &new.name, line::NAME_MAX)?;
    let username = read_username(&new.username)?;
    password::check(&new.password, &username)?;
    let secret = hall
        .door()
        .hasher
        .hash(hall.tasks(), new.password.clone())
        .await?;
    Ok(Prepared {
        name,
        username,
        secret: Secret::new(secret),
    })
}

/// A new person whose fields can stand.
#[derive(Debug, Clone)]
pub struct Prepared {
    name: String,
    username: String,
    secret: Secret<String>,
}

/// Adds a person, in the caller's transaction.
///
/// # Errors
/// `not-allowed`, `not-yours-to-give`, `username-taken` or a bad field.
pub async fn add(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    prepared: Prepared,
    new: New,
) -> Result<Member, Problem> {
    let now = hall.now();
    let (area, agency) = match (new.area, new.agency) {
        (None, None) => new
            .grants
            .first()
            .map_or((None, None), |first| (first.area.clone(), first.agency)),
        given => given,
    };
    let row = PersonRow {
        id: hall.mint(),
        name: prepared.name,
        username: Some(prepared.username.clone()),
        active: true,
        area,
        agency,
        seen: None,
        screen: false,
    };
    known(tx, "", row.area.as_ref(), row.agency).await?;
    who.require(Permission::StaffWrite, &home(&row))?;
    if rows::login_by_name(tx, &prepared.username).await?.is_some() {
        return Err(
            Problem::conflict("username-taken", "Somebody has this user name.")
                .field("username", "is taken"),
        );
    }
    rows::insert(tx, &row, now.wall).await?;
    let secret = prepared.secret.expose();
    rows::insert_login(
        tx,
        hall.mint(),
        row.id,
        &prepared.username,
        secret,
        now.wall,
    )
    .await?;
    let (_, begun) = regrant(hall, tx, who, row.id, &new.grants, &[]).await?;
    let act = Act {
        verb: "person.added",
        subject: row.id.to_string(),
        detail: json!({
            "name": row.name,
            "username": row.username,
            "area": row.area,
            "agency": row.agency,
            "grants": begun.iter().map(told).collect::<Vec<_>>(),
        }),
    };
    audit::record(tx, now, who, act).await?;
    Ok(member(row, begun))
}

/// Changes a person.
///
/// # Errors
/// `person` (not found), `not-allowed`, `screen-person`, `not-yours-to-give`,
/// `last-admin` or a bad field.
pub async fn change(
    hall: &Hall,
    who: &Who,
    id: Id<Person>,
    change: Change,
) -> Result<Member, Problem> {
    let mut read = hall.db().read().await?;
    let seen = rows::by_id(&mut read, id).await?.ok_or_else(not_found)?;
    drop(read);
    if !who.may(Permission::StaffRead, &home(&seen)) {
        return Err(not_found());
    }
    // What hangs on a wall must not become somebody by a line in a list of people.
    if seen.screen {
        return Err(Problem::conflict(
            "screen-person",
            "A screen is renamed, changed and revoked among the screens; nothing was changed.",
        ));
    }
    // What it may do is while the alarm goes on, and by nothing that would outlast it.
    if emergency::is_it(id) {
        return Err(Problem::conflict(
            "emergency-person",
            "This is whoever has opened the envelope; nothing was changed. Take back the \
             envelope, or end the session.",
        ));
    }
    // Before the work of hashing, and again inside the transaction.
    who.require(Permission::StaffWrite, &home(&seen))?;
    let secret = match change.password {
        None => None,
        Some(password) => {
            password::check(&password, seen.username.as_deref().unwrap_or_default())?;
            let hasher = &hall.door().hasher;
            Some(hasher.hash(hall.tasks(), password).await?)
        }
    };
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let old = rows::by_id(&mut tx, id).await?.ok_or_else(not_found)?;
    who.require(Permission::StaffWrite, &home(&old))?;
    let grants = rows::grants_to_come(&mut tx, id, now.wall).await?;
    all_commanded(who, &grants)?;
    let mut row = old.clone();
    if let Some(name) = change.name {
        row.name = line::read("name", &name, line::NAME_MAX)?;
    }
    row.active = change.active.unwrap_or(old.active);
    row.area = change.area.unwrap_or(row.area);
    row.agency = change.agency.unwrap_or(row.agency);
    known(&mut tx, "", row.area.as_ref(), row.agency).await?;
    who.require(Permission::StaffWrite, &home(&row))?;

    let logins = session::logins(&mut tx, id).await?;
    let lasting = rows::lasting_admins(&mut tx, now.wall).await?;
    let mut told_changes = serde_json::Map::new();
    if row != old {
        rows::update(&mut tx, &row, now.wall).await?;
        told_changes.insert("from".to_owned(), told_person(&old));
        told_changes.insert("to".to_owned(), told_person(&row));
    }
    let mut after = grants.clone();
    if let Some(wanted) = &change.grants {
        let (ended, begun) = regrant(hall, &mut tx, who, id, wanted, &grants).await?;
        after.retain(|grant| !ended.contains(grant));
        after.extend(begun.iter().cloned());
        if !(ended.is_empty() && begun.is_empty()) {
            let list = |grants: &[GrantRow]| Json::from_iter(grants.iter().map(told));
            told_changes.insert("ended".to_owned(), list(&ended));
            told_changes.insert("begun".to_owned(), list(&begun));
            facts::append(&mut tx, &Fact::GrantsChanged { person: id }, now.wall).await?;
        }
    }
    if let Some(secret) = &secret {
        if rows::set_secret(&mut tx, id, secret, now.wall).await? == 0 {
            return Err(line::refuse("password", "this person has no user name"));
        }
        told_changes.insert("password".to_owned(), Json::from(true));
        let own = match who.via() {
            Via::Session(session) if who.person() == id => Some(session),
            Via::Session(_) | Via::Token(_) => None,
        };
        session_rows::end_all(&mut tx, id, own, "password", now.wall).await?;
    }
    if !row.active && old.active {
        session_rows::end_all(&mut tx, id, None, "inactive", now.wall).await?;
        token::revoke_all(&mut tx, id, now.wall).await?;
    }
    if told_changes.is_empty() {
        return Ok(member(row, grants));
    }
    if lasting > 0 && rows::lasting_admins(&mut tx, now.wall).await? == 0 {
        return Err(Problem::conflict(
            "last-admin",
            "Nobody could manage the house any more; make another administrator first.",
        ));
    }
    let rights_changed = row.active != old.active
        || ["ended", "password"]
            .iter()
            .any(|what| told_changes.contains_key(*what));
    let act = Act {
        verb: "person.changed",
        subject: id.to_string(),
        detail: Json::Object(told_changes),
    };
    audit::record(&mut tx, now, who, act).await?;
    tx.commit().await?;
    if rights_changed {
        hall.door().tell(logins);
    }
    Ok(member(row, after))
}

/// Refuses whoever could not change this person.
///
/// # Errors
/// `person` (not found), `not-allowed` or `not-yours-to-give`.
pub(crate) async fn commanded(
    conn: &mut Conn,
    who: &Who,
    id: Id<Person>,
    now: Wall,
) -> Result<(), Problem> {
    let row = rows::by_id(conn, id).await?.ok_or_else(not_found)?;
    if !who.may(Permission::StaffRead, &home(&row)) {
        return Err(not_found());
    }
    who.require(Permission::StaffWrite, &home(&row))?;
    all_commanded(who, &rows::grants_to_come(conn, id, now).await?)
}

fn all_commanded(who: &Who, grants: &[GrantRow]) -> Result<(), Problem> {
    for grant in grants {
        let place = Place::new(grant.area.clone(), grant.agency);
        if !commands(who, grant.role, &place, grant.to) {
            return Err(Problem::denied(
                "not-yours-to-give",
                "This person may do more than you could allow.",
            ));
        }
    }
    Ok(())
}

/// Changes one's own password. The other sessions end.
///
/// # Errors
/// `login` if the old one is wrong, `rate` after several; a bad field.
pub async fn change_own_password(
    hall: &Hall,
    who: &Who,
    arrival: Arrival,
    old: Secret<String>,
    new: Secret<String>,
) -> Result<(), Problem> {
    let Via::Session(own) = who.via() else {
        return Err(Problem::denied(
            "session-needed",
            "A token cannot change a password; log in for that.",
        ));
    };
    let mut read = hall.db().read().await?;
    let login = rows::login_of(&mut read, who.person()).await?;
    let row = rows::by_id(&mut read, who.person()).await?;
    drop(read);
    let username = row.and_then(|row| row.username).unwrap_or_default();
    let attempt = session::attempt(hall, &username, arrival)?;
    let hasher = &hall.door().hasher;
    let kept = login.map(|login| login.secret);
    if !hasher.verify(hall.tasks(), old, kept).await? {
        return Err(Problem::denied("login", "The old password is wrong.")
            .field("old", "is not the password"));
    }
    session::succeeded(hall, attempt);
    password::check(&new, &username)?;
    let secret = hasher.hash(hall.tasks(), new).await?;
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let logins = session::logins(&mut tx, who.person()).await?;
    rows::set_secret(&mut tx, who.person(), &secret, now.wall).await?;
    session_rows::end_all(&mut tx, who.person(), Some(own), "password", now.wall).await?;
    let act = Act {
        verb: "password.changed",
        subject: who.person().to_string(),
        detail: json!({}),
    };
    audit::record(&mut tx, now, who, act).await?;
    tx.commit().await?;
    let others = |login: &Revoked| login.login != who.login();
    hall.door().tell(logins.into_iter().filter(others));
    Ok(())
}

/// Refuses who may not set the ways in of somebody: he commands all that this person may do.
///
/// # Errors
/// `not-yours-to-give`.
pub(crate) async fn stands_above(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    person: Id<Person>,
) -> Result<(), Problem> {
    all_commanded(
        who,
        &rows::grants_to_come(tx, person, hall.now().wall).await?,
    )
}

fn read_username(text: &str) -> Result<String, Problem> {
    let name = text.trim().to_lowercase();
    let fits = (2..=USERNAME_MAX).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_@".contains(c));
    if fits {
        Ok(name)
    } else {
        Err(line::refuse(
            "username",
            format!("2 to {USERNAME_MAX} of a-z 0-9 . - _ @, a letter or digit first"),
        ))
    }
}

fn home(row: &PersonRow) -> Place {
    Place::new(row.area.clone(), row.agency)
}

fn not_found() -> Problem {
    Problem::not_found(
        "person",
        "There is no such person, or none that you may see.",
    )
}

fn told_person(row: &PersonRow) -> Json {
    json!({
        "name": row.name,
        "active": row.active,
        "area": row.area,
        "agency": row.agency,
    })
}

fn member(row: PersonRow, grants: Vec<GrantRow>) -> Member {
    Member {
        id: row.id,
        name: row.name,
        username: row.username,
        active: row.active,
        area: row.area,
        agency: row.agency,
        seen: row.seen,
        screen: row.screen,
        grants: grants
            .into_iter()
            .map(|grant| Given {
                id: grant.id,
                role: grant.role,
                area: grant.area,
                agency: grant.agency,
                from: grant.from,
                to: grant.to,
            })
            .collect(),
    }
}
