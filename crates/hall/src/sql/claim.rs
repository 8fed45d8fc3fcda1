//! What somebody has said: `hall_claim`, `hall_claim_withdrawal`.

use base::id::{Claim, Id, Person, Source};
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

use super::area::code;
use crate::claim::{Listed, Subject, Value, Withdrawn};

/// Rows of one INSERT: with thirteen values each it stays far below the 32,766
/// parameters of SQLite and saves a round trip per row.
const ROWS_AT_ONCE: usize = 200;

const SELECT: &str = "SELECT c.id, c.subject_kind, c.subject, c.area_code, c.property, \
     c.value_kind, c.value, c.source_id, c.source_row, c.as_of, \
     COALESCE(c.definition, s.definition) AS meaning, s.owner, c.recorded_us, c.recorded_by, \
     w.at_us, w.by_person, w.why FROM hall_claim c \
     JOIN hall_source s ON s.id = c.source_id \
     LEFT JOIN hall_claim_withdrawal w ON w.claim_id = c.id WHERE 1 = 1";

/// Begins a list; conditions on `c`, `s` and `w` may follow.
pub(crate) fn list() -> Query {
    Query::new(SELECT)
}

pub(crate) async fn fetch(conn: &mut Conn, query: &Query) -> Result<Vec<Listed>, Error> {
    conn.all_query(query).await?.iter().map(claim).collect()
}

pub(crate) async fn insert(tx: &mut Tx, rows: &[Listed]) -> Result<(), Error> {
    for some in rows.chunks(ROWS_AT_ONCE) {
        let mut query = Query::new(
            "INSERT INTO hall_claim (id, subject_kind, subject, area_code, property, value_kind, \
             value, source_id, source_row, as_of, definition, recorded_us, recorded_by) VALUES ",
        );
        for (at, row) in some.iter().enumerate() {
            let (kind, value) = row.value.stored();
            query = query
                .push(if at == 0 { "(" } else { ", (" }, row.id)
                .push(", ", row.subject.kind())
                .push(", ", row.subject.key())
                .push(", ", row.area.as_str())
                .push(", ", row.property.as_str())
                .push(", ", kind)
                .push(", ", value)
                .push(", ", row.source)
                .push(", ", row.row.map(i64::from))
                .push(", ", row.as_of.to_string())
                .push(", ", row.definition.as_deref())
                .push(", ", row.recorded)
                .push(", ", row.by)
                .raw(")");
        }
        tx.execute_query(&query).await?;
    }
    Ok(())
}

/// Withdraws one claim, unless it is withdrawn; whether it was not.
pub(crate) async fn withdraw(
    tx: &mut Tx,
    id: Id<Claim>,
    at: Wall,
    by: Id<Person>,
    why: &str,
) -> Result<bool, Error> {
    let done = tx
        .execute(
            "INSERT INTO hall_claim_withdrawal (claim_id, at_us, by_person, why) \
             VALUES ($1, $2, $3, $4) ON CONFLICT (claim_id) DO NOTHING",
            params![id, at, by, why],
        )
        .await?;
    Ok(done == 1)
}

/// Withdraws what is left of a source's claims; how many that were.
pub(crate) async fn withdraw_source(
    tx: &mut Tx,
    source: Id<Source>,
    at: Wall,
    by: Id<Person>,
    why: &str,
) -> Result<u64, Error> {
    tx.execute(
        "INSERT INTO hall_claim_withdrawal (claim_id, at_us, by_person, why) \
         SELECT c.id, $2, $3, $4 FROM hall_claim c \
         WHERE c.source_id = $1 AND NOT EXISTS \
         (SELECT 1 FROM hall_claim_withdrawal w WHERE w.claim_id = c.id)",
        params![source, at, by, why],
    )
    .await
}

fn claim(row: &Row) -> Result<Listed, Error> {
    let (kind, key): (String, String) = (row.get("subject_kind")?, row.get("subject")?);
    let (value_kind, value): (String, String) = (row.get("value_kind")?, row.get("value")?);
    let as_of: String = row.get("as_of")?;
    let at: Option<Wall> = row.get("at_us")?;
    Ok(Listed {
        id: row.get("id")?,
        subject: Subject::parse(&kind, &key).ok_or_else(|| Error::corrupt("subject"))?,
        area: code(row, "area_code")?,
        property: row.get("property")?,
        value: Value::parse(&value_kind, &value).ok_or_else(|| Error::corrupt("value"))?,
        source: row.get("source_id")?,
        row: row
            .get::<Option<i64>>("source_row")?
            .map(|row| u32::try_from(row).map_err(|_| Error::corrupt("source_row")))
            .transpose()?,
        as_of: as_of.parse().map_err(|_| Error::corrupt("as_of"))?,
        definition: row.get("meaning")?,
        owner: row.get("owner")?,
        recorded: row.get("recorded_us")?,
        by: row.get("recorded_by")?,
        withdrawn: at
            .map(|at| {
                Ok::<_, Error>(Withdrawn {
                    at,
                    by: row.get("by_person")?,
                    why: row.get("why")?,
                })
            })
            .transpose()?,
    })
}
