//! Televisions on walls: `hall_screen`.

use base::area::AreaCode;
use base::id::{Agency, Id, Person, Screen};
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

use super::area::maybe_code;

/// A screen, revoked or not, with the name and place of its person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScreenRow {
    pub(crate) id: Id<Screen>,
    pub(crate) person: Id<Person>,
    pub(crate) name: String,
    pub(crate) area: Option<AreaCode>,
    pub(crate) agency: Option<Id<Agency>>,
    pub(crate) shows: String,
    pub(crate) taken: Option<Wall>,
    pub(crate) address: Option<String>,
    pub(crate) paired: Wall,
    pub(crate) paired_by: Id<Person>,
    pub(crate) paired_by_name: String,
    pub(crate) revoked: Option<Wall>,
    /// When its grant ends.
    pub(crate) until: Option<Wall>,
    /// The newest request of its session, and whether that session goes on.
    pub(crate) seen: Option<Wall>,
    pub(crate) signed_in: bool,
}

const SELECT: &str = "SELECT c.id, c.person_id, p.name, p.area_code, p.agency_id, c.shows, \
     c.taken_us, c.address, c.paired_us, c.paired_by, b.name AS paired_by_name, c.revoked_us, \
     (SELECT MAX(g.to_us) FROM hall_grant g WHERE g.person_id = c.person_id) AS until_us, \
     (SELECT MAX(s.seen_us) FROM hall_session s WHERE s.person_id = c.person_id) AS seen_us, \
     (SELECT COUNT(*) FROM hall_session s WHERE s.person_id = c.person_id \
     AND s.ended_us IS NULL) AS sessions \
     FROM hall_screen c JOIN hall_person p ON p.id = c.person_id \
     JOIN hall_person b ON b.id = c.paired_by WHERE 1 = 1";

/// Begins a list of screens that are not revoked; conditions on `c` and `p` may follow.
pub(crate) fn list() -> Query {
    Query::new(SELECT).raw(" AND c.revoked_us IS NULL")
}

pub(crate) async fn fetch(conn: &mut Conn, query: &Query) -> Result<Vec<ScreenRow>, Error> {
    conn.all_query(query).await?.iter().map(screen).collect()
}

/// One that is not revoked.
pub(crate) async fn by_id(conn: &mut Conn, id: Id<Screen>) -> Result<Option<ScreenRow>, Error> {
    let query = list().push(" AND c.id = ", id);
    Ok(fetch(conn, &query).await?.pop())
}

/// The one that somebody is, if it is not revoked.
pub(crate) async fn by_person(
    conn: &mut Conn,
    person: Id<Person>,
) -> Result<Option<ScreenRow>, Error> {
    let query = list().push(" AND c.person_id = ", person);
    Ok(fetch(conn, &query).await?.pop())
}

/// The one whose browser holds a key, revoked or not.
pub(crate) async fn by_key(conn: &mut Conn, key_hash: &[u8]) -> Result<Option<ScreenRow>, Error> {
    let query = Query::new(SELECT).push(" AND c.key_hash = ", key_hash);
    Ok(fetch(conn, &query).await?.pop())
}

pub(crate) async fn insert(
    tx: &mut Tx,
    id: Id<Screen>,
    person: Id<Person>,
    shows: &str,
    key_hash: &[u8],
    by: Id<Person>,
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_screen (id, person_id, shows, key_hash, paired_us, paired_by, \
         changed_us) VALUES ($1, $2, $3, $4, $5, $6, $5)",
        params![id, person, shows, key_hash, now, by],
    )
    .await?;
    Ok(())
}

/// Exchanges the key, once; false if that was done or the screen is revoked.
pub(crate) async fn take(
    tx: &mut Tx,
    id: Id<Screen>,
    address: Option<&str>,
    now: Wall,
) -> Result<bool, Error> {
    let taken = tx
        .execute(
            "UPDATE hall_screen SET taken_us = $2, address = $3 \
             WHERE id = $1 AND taken_us IS NULL AND revoked_us IS NULL",
            params![id, now, address],
        )
        .await?;
    Ok(taken == 1)
}

pub(crate) async fn set_shows(
    tx: &mut Tx,
    id: Id<Screen>,
    shows: &str,
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_screen SET shows = $2, changed_us = $3 WHERE id = $1",
        params![id, shows, now],
    )
    .await?;
    Ok(())
}

pub(crate) async fn set_address(tx: &mut Tx, id: Id<Screen>, address: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_screen SET address = $2 WHERE id = $1",
        params![id, address],
    )
    .await?;
    Ok(())
}

pub(crate) async fn revoke(
    tx: &mut Tx,
    id: Id<Screen>,
    by: Id<Person>,
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_screen SET revoked_us = $2, revoked_by = $3 WHERE id = $1",
        params![id, now, by],
    )
    .await?;
    Ok(())
}

fn screen(row: &Row) -> Result<ScreenRow, Error> {
    Ok(ScreenRow {
        id: row.get("id")?,
        person: row.get("person_id")?,
        name: row.get("name")?,
        area: maybe_code(row, "area_code")?,
        agency: row.get("agency_id")?,
        shows: row.get("shows")?,
        taken: row.get("taken_us")?,
        address: row.get("address")?,
        paired: row.get("paired_us")?,
        paired_by: row.get("paired_by")?,
        paired_by_name: row.get("paired_by_name")?,
        revoked: row.get("revoked_us")?,
        until: row.get("until_us")?,
        seen: row.get("seen_us")?,
        signed_in: row.get::<i64>("sessions")? > 0,
    })
}
