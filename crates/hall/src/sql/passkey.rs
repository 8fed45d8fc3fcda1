//! Keys that a phone, a computer or a stick vouches by: `hall_passkey`.

use base::id::{Id, Passkey, Person};
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

use crate::factor::webauthn::Key;

/// A passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PasskeyRow {
    pub(crate) id: Id<Passkey>,
    pub(crate) person: Id<Person>,
    pub(crate) name: String,
    pub(crate) credential: Vec<u8>,
    pub(crate) rp_id: String,
    pub(crate) key: Key,
    pub(crate) counter: u32,
    pub(crate) created: Wall,
    pub(crate) used: Option<Wall>,
    pub(crate) copied: Option<Wall>,
}

const SELECT: &str = "SELECT id, person_id, name, credential, rp_id, algorithm, public_key, \
     counter, created_us, used_us, copied_us FROM hall_passkey WHERE 1 = 1";

/// Those of a person, the oldest first.
pub(crate) async fn of(conn: &mut Conn, person: Id<Person>) -> Result<Vec<PasskeyRow>, Error> {
    let query = Query::new(SELECT)
        .push(" AND person_id = ", person)
        .raw(" ORDER BY created_us, id");
    conn.all_query(&query).await?.iter().map(passkey).collect()
}

/// The one that an authenticator knows by this name.
pub(crate) async fn by_credential(
    conn: &mut Conn,
    credential: &[u8],
) -> Result<Option<PasskeyRow>, Error> {
    let query = Query::new(SELECT).push(" AND credential = ", credential);
    let found = conn.all_query(&query).await?;
    found.first().map(passkey).transpose()
}

pub(crate) async fn insert(tx: &mut Tx, row: &PasskeyRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_passkey (id, person_id, name, credential, rp_id, algorithm, \
         public_key, counter, created_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![
            row.id,
            row.person,
            row.name.as_str(),
            row.credential.as_slice(),
            row.rp_id.as_str(),
            row.key.algorithm,
            row.key.bytes.as_slice(),
            i64::from(row.counter),
            row.created
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn rename(tx: &mut Tx, id: Id<Passkey>, name: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_passkey SET name = $2 WHERE id = $1",
        params![id, name],
    )
    .await?;
    Ok(())
}

/// It has vouched, so often by now.
pub(crate) async fn used(
    tx: &mut Tx,
    id: Id<Passkey>,
    counter: u32,
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_passkey SET counter = $2, used_us = $3 WHERE id = $1",
        params![id, i64::from(counter), now],
    )
    .await?;
    Ok(())
}

/// Somebody holds a copy of it.
pub(crate) async fn copied(tx: &mut Tx, id: Id<Passkey>, now: Wall) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_passkey SET copied_us = $2 WHERE id = $1",
        params![id, now],
    )
    .await?;
    Ok(())
}

pub(crate) async fn remove(tx: &mut Tx, id: Id<Passkey>) -> Result<(), Error> {
    tx.execute("DELETE FROM hall_passkey WHERE id = $1", params![id])
        .await?;
    Ok(())
}

/// Removes all of a person; how many there were.
pub(crate) async fn remove_all(tx: &mut Tx, person: Id<Person>) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM hall_passkey WHERE person_id = $1",
        params![person],
    )
    .await
}

fn passkey(row: &Row) -> Result<PasskeyRow, Error> {
    let counter = u32::try_from(row.get::<i64>("counter")?);
    Ok(PasskeyRow {
        id: row.get("id")?,
        person: row.get("person_id")?,
        name: row.get("name")?,
        credential: row.get("credential")?,
        rp_id: row.get("rp_id")?,
        key: Key {
            algorithm: row.get("algorithm")?,
            bytes: row.get("public_key")?,
        },
        counter: counter.map_err(|_| Error::corrupt("hall_passkey.counter"))?,
        created: row.get("created_us")?,
        used: row.get("used_us")?,
        copied: row.get("copied_us")?,
    })
}
