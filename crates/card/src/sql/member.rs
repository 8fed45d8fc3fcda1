//! Whose a row is: `card_member`.

use std::ops::Range;

use base::id::{Family, Id, Resident};
use store::query::Query;
use store::{Conn, Error, Row, Tx, Value, params};

use super::{many, small};
use crate::subject::SubjectId;

/// Whose a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MemberRow {
    pub(crate) list: i64,
    pub(crate) number: u32,
    pub(crate) person: Id<Resident>,
    pub(crate) family: Id<Family>,
}

/// What counts so far, behind a row, in the order of lists and rows.
pub(crate) async fn counting(
    conn: &mut Conn,
    behind: (i64, i64),
    most: i64,
) -> Result<Vec<MemberRow>, Error> {
    conn.all(
        "SELECT list, number, person, family FROM card_member WHERE until_run IS NULL \
         AND (list > $1 OR (list = $1 AND number > $2)) ORDER BY list, number LIMIT $3",
        params![behind.0, behind.1, most],
    )
    .await?
    .iter()
    .map(member)
    .collect()
}

/// Whose a row was by a run.
pub(crate) async fn at_run(
    conn: &mut Conn,
    run: i64,
    list: i64,
    number: u32,
) -> Result<Option<MemberRow>, Error> {
    conn.maybe(
        "SELECT list, number, person, family FROM card_member WHERE list = $1 AND number = $2 \
         AND since_run <= $3 AND (until_run IS NULL OR until_run > $3)",
        params![list, i64::from(number), run],
    )
    .await?
    .as_ref()
    .map(member)
    .transpose()
}

/// From this run on rows are of these.
pub(crate) async fn write(tx: &mut Tx, run: i64, rows: &[MemberRow]) -> Result<(), Error> {
    let values: Vec<Value> = rows
        .iter()
        .flat_map(|row| {
            [
                row.list.into(),
                i64::from(row.number).into(),
                run.into(),
                row.person.into(),
                row.family.into(),
            ]
        })
        .collect();
    many(
        tx,
        "INSERT INTO card_member (list, number, since_run, person, family) VALUES ",
        5,
        &values,
    )
    .await
}

/// What counted of a row ends before this run.
pub(crate) async fn end(tx: &mut Tx, run: i64, list: i64, number: u32) -> Result<(), Error> {
    tx.execute(
        "UPDATE card_member SET until_run = $1 WHERE list = $2 AND number = $3 \
         AND until_run IS NULL AND since_run < $1",
        params![run, list, i64::from(number)],
    )
    .await?;
    Ok(())
}

/// Lists of which there are rows, and their last numbers.
pub(crate) async fn lists(conn: &mut Conn) -> Result<Vec<(i64, i64)>, Error> {
    conn.all(
        "SELECT list, MAX(number) AS last FROM card_member GROUP BY list",
        params![],
    )
    .await?
    .iter()
    .map(|row| Ok((row.get("list")?, row.get("last")?)))
    .collect()
}

/// What a run that was not finished has written of some rows of a list did not happen.
pub(crate) async fn undo(tx: &mut Tx, run: i64, list: i64, rows: Range<i64>) -> Result<(), Error> {
    for statement in [
        "DELETE FROM card_member WHERE since_run = $1 AND list = $2 AND number >= $3 \
         AND number < $4",
        "UPDATE card_member SET until_run = NULL WHERE until_run = $1 AND list = $2 \
         AND number >= $3 AND number < $4",
    ] {
        tx.execute(statement, params![run, list, rows.start, rows.end])
            .await?;
    }
    Ok(())
}

/// Whose a row is.
pub(crate) async fn of_row(
    conn: &mut Conn,
    run: i64,
    list: i64,
    number: u32,
) -> Result<Option<MemberRow>, Error> {
    conn.maybe(
        "SELECT list, number, person, family FROM card_member WHERE list = $2 AND number = $3 \
         AND since_run <= $1 AND (until_run IS NULL OR until_run > $1)",
        params![run, list, i64::from(number)],
    )
    .await?
    .as_ref()
    .map(member)
    .transpose()
}

/// All rows of a family.
pub(crate) async fn of_family(
    conn: &mut Conn,
    run: i64,
    family: Id<Family>,
) -> Result<Vec<MemberRow>, Error> {
    conn.all(
        "SELECT list, number, person, family FROM card_member WHERE family = $2 \
         AND since_run <= $1 AND (until_run IS NULL OR until_run > $1) \
         ORDER BY person, list, number LIMIT 500",
        params![run, family],
    )
    .await?
    .iter()
    .map(member)
    .collect()
}

/// All rows that were of a family or person when a run, or one before it, last said whose they
/// are: also those of lists that do not count any more.
pub(crate) async fn ever_of(
    conn: &mut Conn,
    run: i64,
    subject: SubjectId,
) -> Result<Vec<MemberRow>, Error> {
    let query = Query::new("SELECT m.list, m.number, m.person, m.family FROM card_member m")
        .push(" WHERE m.since_run <= ", run);
    let query = of(query, "m", subject)
        .push(
            " AND NOT EXISTS (SELECT 1 FROM card_member n WHERE n.list = m.list \
             AND n.number = m.number AND n.since_run > m.since_run AND n.since_run <= ",
            run,
        )
        .raw(") ORDER BY m.list, m.number LIMIT 2000");
    conn.all_query(&query).await?.iter().map(member).collect()
}

/// Of whom rows are now that were of a family or person once, as a run or one before it said:
/// some of them.
pub(crate) async fn moved_to(
    conn: &mut Conn,
    run: i64,
    subject: SubjectId,
) -> Result<Vec<MemberRow>, Error> {
    let query = Query::new(
        "SELECT m.list, m.number, m.person, m.family FROM card_member o \
         JOIN card_member m ON m.list = o.list AND m.number = o.number",
    )
    .push(" WHERE m.since_run <= ", run);
    let query = of(query, "o", subject)
        .push(
            " AND m.since_run > o.since_run AND NOT EXISTS (SELECT 1 FROM card_member n \
         WHERE n.list = m.list AND n.number = m.number AND n.since_run > m.since_run \
         AND n.since_run <= ",
            run,
        )
        .raw(") ORDER BY m.list, m.number LIMIT 20");
    conn.all_query(&query).await?.iter().map(member).collect()
}

/// Whether rows are of somebody by a run.
pub(crate) async fn is_anybody(
    conn: &mut Conn,
    run: i64,
    subject: SubjectId,
) -> Result<bool, Error> {
    let query = Query::new("SELECT m.list FROM card_member m")
        .push(" WHERE m.since_run <= ", run)
        .push(" AND (m.until_run IS NULL OR m.until_run > ", run)
        .raw(")");
    let query = of(query, "m", subject).raw(" LIMIT 1");
    Ok(!conn.all_query(&query).await?.is_empty())
}

/// Only rows of a subject, by the name that the statement gives them.
fn of(query: Query, rows: &'static str, subject: SubjectId) -> Query {
    let octets = subject.octets().to_vec();
    match subject {
        SubjectId::Family(_) => query.raw(" AND ").raw(rows).push(".family = ", octets),
        SubjectId::Person(_) => query.raw(" AND ").raw(rows).push(".person = ", octets),
        SubjectId::Business(_) => query
            .raw(" AND EXISTS (SELECT 1 FROM card_business b WHERE b.list = ")
            .raw(rows)
            .raw(".list AND b.number = ")
            .raw(rows)
            .push(".number AND b.business = ", octets)
            .raw(")"),
    }
}

fn member(row: &Row) -> Result<MemberRow, Error> {
    Ok(MemberRow {
        list: row.get("list")?,
        number: small(row, "number")?,
        person: row.get("person")?,
        family: row.get("family")?,
    })
}
