//! Whom a provider vouches for: `hall_identity`.

use base::id::{Id, Identity, Person};
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

/// Who somebody is at a provider, or is expected to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IdentityRow {
    pub(crate) id: Id<Identity>,
    pub(crate) person: Id<Person>,
    pub(crate) person_name: String,
    pub(crate) active: bool,
    pub(crate) issuer: String,
    pub(crate) subject: Option<String>,
    pub(crate) expected_kind: Option<String>,
    pub(crate) expected: Option<String>,
    pub(crate) shown: Option<String>,
    pub(crate) linked: Option<Wall>,
}

const SELECT: &str = "SELECT i.id, i.person_id, p.name, p.active, i.issuer, i.subject, \
     i.expected_kind, i.expected, i.shown, i.linked_us FROM hall_identity i \
     JOIN hall_person p ON p.id = i.person_id WHERE 1 = 1";

/// Begins a list; conditions on `i` and `p` may follow.
pub(crate) fn list() -> Query {
    Query::new(SELECT)
}

pub(crate) async fn fetch(conn: &mut Conn, query: &Query) -> Result<Vec<IdentityRow>, Error> {
    conn.all_query(query).await?.iter().map(identity).collect()
}

pub(crate) async fn of_person(
    conn: &mut Conn,
    person: Id<Person>,
) -> Result<Option<IdentityRow>, Error> {
    let query = list().push(" AND i.person_id = ", person);
    Ok(fetch(conn, &query).await?.pop())
}

/// The one whom a provider calls so, for good.
pub(crate) async fn by_subject(
    conn: &mut Conn,
    issuer: &str,
    subject: &str,
) -> Result<Option<IdentityRow>, Error> {
    let query = list()
        .push(" AND i.issuer = ", issuer)
        .push(" AND i.subject = ", subject);
    Ok(fetch(conn, &query).await?.pop())
}

/// The one of whom an administrator has said that the provider will say this.
pub(crate) async fn by_expected(
    conn: &mut Conn,
    issuer: &str,
    kind: &str,
    expected: &str,
) -> Result<Option<IdentityRow>, Error> {
    let query = list()
        .push(" AND i.issuer = ", issuer)
        .push(" AND i.expected_kind = ", kind)
        .push(" AND i.expected = ", expected)
        .raw(" AND i.subject IS NULL");
    Ok(fetch(conn, &query).await?.pop())
}

pub(crate) async fn remove(tx: &mut Tx, person: Id<Person>) -> Result<bool, Error> {
    let gone = tx
        .execute(
            "DELETE FROM hall_identity WHERE person_id = $1",
            params![person],
        )
        .await?;
    Ok(gone > 0)
}

/// Says whom an administrator expects, in place of what was said before.
pub(crate) async fn expect(
    tx: &mut Tx,
    id: Id<Identity>,
    person: Id<Person>,
    issuer: &str,
    (kind, expected): (&str, &str),
    now: Wall,
) -> Result<(), Error> {
    remove(tx, person).await?;
    tx.execute(
        "INSERT INTO hall_identity (id, person_id, issuer, expected_kind, expected, made_us) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![id, person, issuer, kind, expected, now],
    )
    .await?;
    Ok(())
}

/// Says whom a provider means, in place of what was said before.
pub(crate) async fn link(
    tx: &mut Tx,
    id: Id<Identity>,
    person: Id<Person>,
    issuer: &str,
    (subject, shown): (&str, Option<&str>),
    now: Wall,
) -> Result<(), Error> {
    remove(tx, person).await?;
    tx.execute(
        "INSERT INTO hall_identity (id, person_id, issuer, subject, shown, made_us, linked_us) \
         VALUES ($1, $2, $3, $4, $5, $6, $6)",
        params![id, person, issuer, subject, shown, now],
    )
    .await?;
    Ok(())
}

fn identity(row: &Row) -> Result<IdentityRow, Error> {
    Ok(IdentityRow {
        id: row.get("id")?,
        person: row.get("person_id")?,
        person_name: row.get("name")?,
        active: row.get("active")?,
        issuer: row.get("issuer")?,
        subject: row.get("subject")?,
        expected_kind: row.get("expected_kind")?,
        expected: row.get("expected")?,
        shown: row.get("shown")?,
        linked: row.get("linked_us")?,
    })
}
