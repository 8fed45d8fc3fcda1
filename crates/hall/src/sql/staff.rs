//! People, their ways in, their grants and one-time codes: `hall_person`,
//! `hall_login`, `hall_grant`, `hall_code`.

use std::collections::BTreeMap;

use base::area::AreaCode;
use base::id::{Agency, Grant, Id, Login, Person};
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

use super::area::maybe_code;
use crate::guard::Role;

/// A person with the name he logs in by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PersonRow {
    pub(crate) id: Id<Person>,
    pub(crate) name: String,
    pub(crate) username: Option<String>,
    pub(crate) active: bool,
    pub(crate) area: Option<AreaCode>,
    pub(crate) agency: Option<Id<Agency>>,
    pub(crate) seen: Option<Wall>,
    /// Whether it is no human being but a television.
    pub(crate) screen: bool,
}

/// A grant, in force or not, and the path of its agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GrantRow {
    pub(crate) id: Id<Grant>,
    pub(crate) person: Id<Person>,
    pub(crate) role: Role,
    pub(crate) area: Option<AreaCode>,
    pub(crate) agency: Option<Id<Agency>>,
    pub(crate) agency_path: Option<String>,
    pub(crate) from: Wall,
    pub(crate) to: Option<Wall>,
}

/// A password way in.
#[derive(Debug, Clone)]
pub(crate) struct LoginRow {
    pub(crate) person: Id<Person>,
    pub(crate) person_name: String,
    pub(crate) active: bool,
    pub(crate) secret: String,
}

const SELECT: &str = "SELECT p.id, p.name, l.name AS username, p.active, p.area_code, \
     p.agency_id, (SELECT MAX(s.seen_us) FROM hall_session s WHERE s.person_id = p.id) AS seen_us, \
     (SELECT COUNT(*) FROM hall_screen c WHERE c.person_id = p.id) AS screen \
     FROM hall_person p LEFT JOIN hall_login l ON l.person_id = p.id AND l.kind = 'password' \
     WHERE 1 = 1";

/// Begins a list; conditions on `p` and `l` may follow.
pub(crate) fn list() -> Query {
    Query::new(SELECT)
}

pub(crate) async fn fetch(conn: &mut Conn, query: &Query) -> Result<Vec<PersonRow>, Error> {
    conn.all_query(query).await?.iter().map(person).collect()
}

pub(crate) async fn by_id(conn: &mut Conn, id: Id<Person>) -> Result<Option<PersonRow>, Error> {
    let query = list().push(" AND p.id = ", id);
    Ok(fetch(conn, &query).await?.pop())
}

/// Whether somebody has a way in.
pub(crate) async fn any(conn: &mut Conn) -> Result<bool, Error> {
    let row = conn
        .maybe("SELECT 1 AS one FROM hall_login LIMIT 1", params![])
        .await?;
    Ok(row.is_some())
}

/// Who is called so and has no way in.
pub(crate) async fn without_login(
    conn: &mut Conn,
    name: &str,
) -> Result<Option<Id<Person>>, Error> {
    conn.maybe(
        "SELECT p.id FROM hall_person p WHERE p.name = $1 AND NOT EXISTS \
         (SELECT 1 FROM hall_login l WHERE l.person_id = p.id) ORDER BY p.id LIMIT 1",
        params![name],
    )
    .await?
    .map(|row| row.get("id"))
    .transpose()
}

/// Everybody's name.
pub(crate) async fn names(conn: &mut Conn) -> Result<BTreeMap<Id<Person>, String>, Error> {
    conn.all("SELECT id, name FROM hall_person", params![])
        .await?
        .iter()
        .map(|row| Ok((row.get("id")?, row.get("name")?)))
        .collect()
}

/// People whose name has the pattern in it.
pub(crate) async fn named_like(
    conn: &mut Conn,
    pattern: &str,
    limit: i64,
) -> Result<Vec<Id<Person>>, Error> {
    conn.all(
        "SELECT id FROM hall_person WHERE LOWER(name) LIKE $1 ESCAPE '!' ORDER BY id LIMIT $2",
        params![pattern, limit],
    )
    .await?
    .iter()
    .map(|row| row.get("id"))
    .collect()
}

pub(crate) async fn insert(tx: &mut Tx, row: &PersonRow, now: Wall) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_person (id, name, active, area_code, agency_id, created_us, changed_us) \
         VALUES ($1, $2, $3, $4, $5, $6, $6)",
        params![
            row.id,
            row.name.as_str(),
            row.active,
            row.area.as_ref().map(AreaCode::as_str),
            row.agency,
            now
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn update(tx: &mut Tx, row: &PersonRow, now: Wall) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_person SET name = $2, active = $3, area_code = $4, agency_id = $5, \
         changed_us = $6 WHERE id = $1",
        params![
            row.id,
            row.name.as_str(),
            row.active,
            row.area.as_ref().map(AreaCode::as_str),
            row.agency,
            now
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn login_by_name(conn: &mut Conn, name: &str) -> Result<Option<LoginRow>, Error> {
    conn.maybe(
        "SELECT l.person_id, p.name, p.active, l.secret FROM hall_login l \
         JOIN hall_person p ON p.id = l.person_id WHERE l.kind = 'password' AND l.name = $1",
        params![name],
    )
    .await?
    .map(|row| login(&row))
    .transpose()
}

pub(crate) async fn login_of(
    conn: &mut Conn,
    person: Id<Person>,
) -> Result<Option<LoginRow>, Error> {
    conn.maybe(
        "SELECT l.person_id, p.name, p.active, l.secret FROM hall_login l \
         JOIN hall_person p ON p.id = l.person_id WHERE l.kind = 'password' AND l.person_id = $1",
        params![person],
    )
    .await?
    .map(|row| login(&row))
    .transpose()
}

pub(crate) async fn insert_login(
    tx: &mut Tx,
    id: Id<Login>,
    person: Id<Person>,
    name: &str,
    secret: &str,
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_login (id, person_id, kind, name, secret, created_us, changed_us) \
         VALUES ($1, $2, 'password', $3, $4, $5, $5)",
        params![id, person, name, secret, now],
    )
    .await?;
    Ok(())
}

/// How many ways in were changed: none if the person has no password.
pub(crate) async fn set_secret(
    tx: &mut Tx,
    person: Id<Person>,
    secret: &str,
    now: Wall,
) -> Result<u64, Error> {
    tx.execute(
        "UPDATE hall_login SET secret = $2, changed_us = $3 \
         WHERE person_id = $1 AND kind = 'password'",
        params![person, secret, now],
    )
    .await
}

const GRANTS: &str = "SELECT g.id, g.person_id, g.role, g.area_code, g.agency_id, a.path, \
     g.from_us, g.to_us FROM hall_grant g LEFT JOIN hall_agency a ON a.id = g.agency_id \
     WHERE 1 = 1";

async fn fetch_grants(conn: &mut Conn, query: &Query) -> Result<Vec<GrantRow>, Error> {
    conn.all_query(query).await?.iter().map(grant).collect()
}

/// The grants of a person that are in force. One that had begun when it was given
/// has begun, also on a clock that was set back since.
pub(crate) async fn grants_in_force(
    conn: &mut Conn,
    person: Id<Person>,
    now: Wall,
) -> Result<Vec<GrantRow>, Error> {
    let query = Query::new(GRANTS)
        .push(" AND g.person_id = ", person)
        .push(" AND (g.from_us <= g.given_us OR g.from_us <= ", now)
        .raw(")")
        .push(" AND (g.to_us IS NULL OR g.to_us > ", now)
        .raw(") ORDER BY g.id");
    fetch_grants(conn, &query).await
}

/// The grants of a person that have not ended, future ones included.
pub(crate) async fn grants_to_come(
    conn: &mut Conn,
    person: Id<Person>,
    now: Wall,
) -> Result<Vec<GrantRow>, Error> {
    let query = Query::new(GRANTS)
        .push(" AND g.person_id = ", person)
        .push(" AND (g.to_us IS NULL OR g.to_us > ", now)
        .raw(") ORDER BY g.id");
    fetch_grants(conn, &query).await
}

/// The same of everybody, for a list.
pub(crate) async fn all_grants_to_come(conn: &mut Conn, now: Wall) -> Result<Vec<GrantRow>, Error> {
    let query = Query::new(GRANTS)
        .push(" AND (g.to_us IS NULL OR g.to_us > ", now)
        .raw(") ORDER BY g.id");
    fetch_grants(conn, &query).await
}

/// Everybody whose rights hang on the tree of agencies.
pub(crate) async fn with_agency_grants(
    conn: &mut Conn,
    now: Wall,
) -> Result<Vec<Id<Person>>, Error> {
    conn.all(
        "SELECT DISTINCT person_id FROM hall_grant WHERE agency_id IS NOT NULL \
         AND (to_us IS NULL OR to_us > $1)",
        params![now],
    )
    .await?
    .iter()
    .map(|row| row.get("person_id"))
    .collect()
}

pub(crate) async fn insert_grant(
    tx: &mut Tx,
    row: &GrantRow,
    given_by: Option<Id<Person>>,
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_grant (id, person_id, role, area_code, agency_id, from_us, to_us, \
         given_by, given_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![
            row.id,
            row.person,
            row.role.as_str(),
            row.area.as_ref().map(AreaCode::as_str),
            row.agency,
            row.from,
            row.to,
            given_by,
            now
        ],
    )
    .await?;
    Ok(())
}

/// Ends a grant at once; one that has not begun ends where it begins.
pub(crate) async fn end_grant(tx: &mut Tx, id: Id<Grant>, now: Wall) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_grant SET to_us = CASE WHEN from_us > $2 AND from_us > given_us \
         THEN from_us ELSE $2 END WHERE id = $1",
        params![id, now],
    )
    .await?;
    Ok(())
}

/// How many can manage the whole house, without an end in sight: active, with a
/// way in, admin over all areas and agencies.
pub(crate) async fn lasting_admins(conn: &mut Conn, now: Wall) -> Result<i64, Error> {
    conn.one(
        "SELECT COUNT(DISTINCT p.id) AS n FROM hall_person p \
         JOIN hall_login l ON l.person_id = p.id JOIN hall_grant g ON g.person_id = p.id \
         WHERE p.active = 1 AND g.role = 'admin' AND g.area_code IS NULL \
         AND g.agency_id IS NULL AND (g.from_us <= g.given_us OR g.from_us <= $1) \
         AND g.to_us IS NULL",
        params![now],
    )
    .await?
    .get("n")
}

/// Takes back the codes of a purpose that nobody has used, and makes a new one.
pub(crate) async fn replace_code(
    tx: &mut Tx,
    purpose: &str,
    secret_hash: &[u8],
    now: Wall,
    expires: Wall,
) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM hall_code WHERE purpose = $1 AND used_us IS NULL",
        params![purpose],
    )
    .await?;
    tx.execute(
        "INSERT INTO hall_code (secret_hash, purpose, made_us, expires_us) \
         VALUES ($1, $2, $3, $4)",
        params![secret_hash, purpose, now, expires],
    )
    .await?;
    Ok(())
}

/// Uses a code up; false if there is none such, or no longer.
pub(crate) async fn use_code(
    tx: &mut Tx,
    purpose: &str,
    secret_hash: &[u8],
    now: Wall,
) -> Result<bool, Error> {
    let used = tx
        .execute(
            "UPDATE hall_code SET used_us = $3 WHERE secret_hash = $1 AND purpose = $2 \
             AND used_us IS NULL AND expires_us > $3",
            params![secret_hash, purpose, now],
        )
        .await?;
    Ok(used == 1)
}

fn person(row: &Row) -> Result<PersonRow, Error> {
    Ok(PersonRow {
        id: row.get("id")?,
        name: row.get("name")?,
        username: row.get("username")?,
        active: row.get("active")?,
        area: maybe_code(row, "area_code")?,
        agency: row.get("agency_id")?,
        seen: row.get("seen_us")?,
        screen: row.get("screen")?,
    })
}

fn login(row: &Row) -> Result<LoginRow, Error> {
    Ok(LoginRow {
        person: row.get("person_id")?,
        person_name: row.get("name")?,
        active: row.get("active")?,
        secret: row.get("secret")?,
    })
}

fn grant(row: &Row) -> Result<GrantRow, Error> {
    let role: String = row.get("role")?;
    Ok(GrantRow {
        id: row.get("id")?,
        person: row.get("person_id")?,
        role: Role::parse(&role).ok_or_else(|| Error::corrupt("hall_grant.role"))?,
        area: maybe_code(row, "area_code")?,
        agency: row.get("agency_id")?,
        agency_path: row.get("path")?,
        from: row.get("from_us")?,
        to: row.get("to_us")?,
    })
}
