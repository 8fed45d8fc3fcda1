//! Cameras lent to other systems: `watch_loan`.

use std::collections::BTreeMap;

use base::id::{Camera, Id, Loan, Person};
use base::now::Wall;
use hall::guard::Place;
use store::query::Query;
use store::{Conn, Error, Row, Tx, Value, params};

use super::camera::{IDS_MAX, among};

/// What a loan's row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LoanRow {
    pub(crate) id: Id<Loan>,
    pub(crate) name: String,
    /// What for; absent for those that were given before it was asked.
    pub(crate) purpose: Option<String>,
    /// The letter or agreement that it stands on.
    pub(crate) basis: Option<String>,
    pub(crate) username: String,
    pub(crate) sound: bool,
    pub(crate) person: Id<Person>,
    pub(crate) person_name: String,
    pub(crate) given: Wall,
    pub(crate) until: Wall,
    pub(crate) revoked: Option<Wall>,
    pub(crate) first: Option<Wall>,
    pub(crate) used: Option<Wall>,
    pub(crate) address: Option<String>,
}

impl LoanRow {
    /// Whether it counts at that moment.
    pub(crate) fn stands(&self, now: Wall) -> bool {
        self.revoked.is_none() && now < self.until
    }
}

/// A camera that is lent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LentRow {
    pub(crate) camera: Id<Camera>,
    pub(crate) short: String,
    pub(crate) name: String,
    pub(crate) place: Place,
}

const SELECT: &str = "SELECT l.id, l.name, l.purpose, l.basis, l.username, l.sound, l.person_id, l.person_name, \
     l.given_us, l.until_us, l.revoked_us, l.first_us, l.used_us, l.address \
     FROM watch_loan l WHERE 1 = 1";

/// Begins a list of loans with some camera of which this holds; conditions on `l` may follow.
pub(crate) fn list(visible: &str, values: Vec<Value>, camera: Option<Id<Camera>>) -> Query {
    let mut query = Query::new(SELECT)
        .raw(
            " AND EXISTS (SELECT 1 FROM watch_loan_camera lc \
             JOIN watch_camera c ON c.id = lc.camera_id WHERE lc.loan_id = l.id AND (",
        )
        .condition(visible, values)
        .raw(")");
    if let Some(camera) = camera {
        query = query.push(" AND lc.camera_id = ", camera);
    }
    query.raw(")")
}

pub(crate) async fn fetch(conn: &mut Conn, query: &Query) -> Result<Vec<LoanRow>, Error> {
    conn.all_query(query).await?.iter().map(loan).collect()
}

/// By id.
pub(crate) async fn by_id(conn: &mut Conn, id: Id<Loan>) -> Result<Option<LoanRow>, Error> {
    let query = Query::new(SELECT).push(" AND l.id = ", id);
    Ok(fetch(conn, &query).await?.pop())
}

/// By what a system calls itself, with what its proofs are judged by.
pub(crate) async fn by_username(
    conn: &mut Conn,
    username: &str,
) -> Result<Option<(LoanRow, Vec<u8>)>, Error> {
    let query = Query::new(SELECT).push(" AND l.username = ", username);
    let Some(row) = fetch(conn, &query).await?.pop() else {
        return Ok(None);
    };
    let sealed = conn
        .maybe(
            "SELECT proof_sealed FROM watch_loan WHERE id = $1",
            params![row.id],
        )
        .await?;
    sealed
        .map(|found| Ok((row, found.get("proof_sealed")?)))
        .transpose()
}

/// How many count at that moment.
pub(crate) async fn count(conn: &mut Conn, now: Wall) -> Result<i64, Error> {
    let row = conn
        .maybe(
            "SELECT COUNT(*) AS many FROM watch_loan WHERE revoked_us IS NULL AND until_us > $1",
            params![now],
        )
        .await?;
    row.map_or(Ok(0), |row| row.get("many"))
}

/// The cameras of the given loans, by short name.
pub(crate) async fn cameras(
    conn: &mut Conn,
    loans: &[Id<Loan>],
) -> Result<BTreeMap<Id<Loan>, Vec<LentRow>>, Error> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for some in loans.chunks(IDS_MAX) {
        let query = among(
            Query::new(
                "SELECT lc.loan_id, c.id, c.short, c.name, c.area_code, c.agency_id \
                 FROM watch_loan_camera lc JOIN watch_camera c ON c.id = lc.camera_id \
                 WHERE lc.loan_id IN (",
            ),
            some.iter().copied(),
        )
        .raw(" ORDER BY c.short");
        for row in conn.all_query(&query).await? {
            let area: String = row.get("area_code")?;
            let area = area
                .parse()
                .map_err(|_| Error::corrupt(format!("a camera in {area}")))?;
            found.entry(row.get("loan_id")?).or_default().push(LentRow {
                camera: row.get("id")?,
                short: row.get("short")?,
                name: row.get("name")?,
                place: Place::new(Some(area), row.get("agency_id")?),
            });
        }
    }
    Ok(found)
}

pub(crate) async fn insert(
    tx: &mut Tx,
    row: &LoanRow,
    proof_sealed: &[u8],
    cameras: &[Id<Camera>],
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO watch_loan (id, name, purpose, basis, username, proof_sealed, sound, \
         person_id, person_name, given_us, until_us) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        params![
            row.id,
            row.name.as_str(),
            row.purpose.as_deref(),
            row.basis.as_deref(),
            row.username.as_str(),
            proof_sealed,
            row.sound,
            row.person,
            row.person_name.as_str(),
            row.given,
            row.until
        ],
    )
    .await?;
    for camera in cameras {
        tx.execute(
            "INSERT INTO watch_loan_camera (loan_id, camera_id) VALUES ($1, $2)",
            params![row.id, *camera],
        )
        .await?;
    }
    Ok(())
}

/// Ends one; whether it was there to be ended.
pub(crate) async fn revoke(
    tx: &mut Tx,
    id: Id<Loan>,
    by: Id<Person>,
    now: Wall,
) -> Result<bool, Error> {
    let ended = tx
        .execute(
            "UPDATE watch_loan SET revoked_us = $2, revoked_by = $3 \
             WHERE id = $1 AND revoked_us IS NULL",
            params![id, now, by],
        )
        .await?;
    Ok(ended == 1)
}

/// A picture is asked for by it.
pub(crate) async fn used(tx: &mut Tx, id: Id<Loan>, address: &str, now: Wall) -> Result<(), Error> {
    tx.execute(
        "UPDATE watch_loan SET used_us = $2, address = $3, \
         first_us = COALESCE(first_us, $2) WHERE id = $1",
        params![id, now, address],
    )
    .await?;
    Ok(())
}

fn loan(row: &Row) -> Result<LoanRow, Error> {
    Ok(LoanRow {
        id: row.get("id")?,
        name: row.get("name")?,
        purpose: row.get("purpose")?,
        basis: row.get("basis")?,
        username: row.get("username")?,
        sound: row.get("sound")?,
        person: row.get("person_id")?,
        person_name: row.get("person_name")?,
        given: row.get("given_us")?,
        until: row.get("until_us")?,
        revoked: row.get("revoked_us")?,
        first: row.get("first_us")?,
        used: row.get("used_us")?,
        address: row.get("address")?,
    })
}
