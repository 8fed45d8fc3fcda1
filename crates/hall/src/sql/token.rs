//! Keys of programs: `hall_token`.

use base::area::AreaCode;
use base::id::{Agency, Id, Person, Token};
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

use super::area::maybe_code;

/// A token that has not been revoked, and where its person belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenRow {
    pub(crate) id: Id<Token>,
    pub(crate) person: Id<Person>,
    pub(crate) person_name: String,
    pub(crate) area: Option<AreaCode>,
    pub(crate) agency: Option<Id<Agency>>,
    pub(crate) name: String,
    pub(crate) created: Wall,
    pub(crate) used: Option<Wall>,
    pub(crate) expires: Option<Wall>,
}

const SELECT: &str = "SELECT t.id, t.person_id, p.name AS person_name, p.area_code, p.agency_id, \
     t.name, t.created_us, t.used_us, t.expires_us FROM hall_token t \
     JOIN hall_person p ON p.id = t.person_id WHERE t.revoked_us IS NULL AND p.active = 1";

/// Begins a list of tokens that have not been revoked; conditions on `t` and `p`
/// may follow.
pub(crate) fn list() -> Query {
    Query::new(SELECT)
}

pub(crate) async fn fetch(conn: &mut Conn, query: &Query) -> Result<Vec<TokenRow>, Error> {
    conn.all_query(query).await?.iter().map(token).collect()
}

pub(crate) async fn by_secret(
    conn: &mut Conn,
    secret_hash: &[u8],
) -> Result<Option<TokenRow>, Error> {
    let query = list().push(" AND t.secret_hash = ", secret_hash);
    Ok(fetch(conn, &query).await?.pop())
}

pub(crate) async fn by_id(conn: &mut Conn, id: Id<Token>) -> Result<Option<TokenRow>, Error> {
    let query = list().push(" AND t.id = ", id);
    Ok(fetch(conn, &query).await?.pop())
}

/// How many keys a person has.
pub(crate) async fn count(conn: &mut Conn, person: Id<Person>) -> Result<i64, Error> {
    conn.one(
        "SELECT COUNT(*) AS n FROM hall_token WHERE person_id = $1 AND revoked_us IS NULL",
        params![person],
    )
    .await?
    .get("n")
}

pub(crate) async fn insert(tx: &mut Tx, row: &TokenRow, secret_hash: &[u8]) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_token (id, person_id, name, secret_hash, created_us, expires_us) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![
            row.id,
            row.person,
            row.name.as_str(),
            secret_hash,
            row.created,
            row.expires
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn touch(tx: &mut Tx, id: Id<Token>, now: Wall) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_token SET used_us = $2 WHERE id = $1 AND (used_us IS NULL OR used_us < $2)",
        params![id, now],
    )
    .await?;
    Ok(())
}

/// Revokes a token; false if it has been already.
pub(crate) async fn revoke(tx: &mut Tx, id: Id<Token>, now: Wall) -> Result<bool, Error> {
    let revoked = tx
        .execute(
            "UPDATE hall_token SET revoked_us = $2 WHERE id = $1 AND revoked_us IS NULL",
            params![id, now],
        )
        .await?;
    Ok(revoked == 1)
}

/// Revokes all tokens of a person; how many.
pub(crate) async fn revoke_all(tx: &mut Tx, person: Id<Person>, now: Wall) -> Result<u64, Error> {
    tx.execute(
        "UPDATE hall_token SET revoked_us = $2 WHERE person_id = $1 AND revoked_us IS NULL",
        params![person, now],
    )
    .await
}

fn token(row: &Row) -> Result<TokenRow, Error> {
    Ok(TokenRow {
        id: row.get("id")?,
        person: row.get("person_id")?,
        person_name: row.get("person_name")?,
        area: maybe_code(row, "area_code")?,
        agency: row.get("agency_id")?,
        name: row.get("name")?,
        created: row.get("created_us")?,
        used: row.get("used_us")?,
        expires: row.get("expires_us")?,
    })
}
