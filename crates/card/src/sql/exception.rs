//! What people have decided about one family or person: `card_exception`.

use base::area::AreaCode;
use base::id::{Exception, Id, Objection, Person};
use base::now::Wall;
use card_core::decree;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

use super::text::Slip;
use super::{maybe_code, word};

/// What somebody has decided about one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExceptionRow {
    pub(crate) id: Id<Exception>,
    pub(crate) slug: String,
    pub(crate) subject: [u8; 16],
    pub(crate) area: Option<AreaCode>,
    pub(crate) answer: decree::Exception,
    pub(crate) reason: Slip,
    pub(crate) objection: Option<Id<Objection>>,
    pub(crate) by: Id<Person>,
    pub(crate) at: Wall,
    pub(crate) ended: Option<Wall>,
}

/// One more; those of the same subject that it takes the place of.
pub(crate) async fn add(tx: &mut Tx, row: &ExceptionRow) -> Result<Vec<Id<Exception>>, Error> {
    // Of one subject the newest counts.
    let ended = tx
        .all(
            "UPDATE card_exception SET ended_us = $3 WHERE slug = $1 AND subject = $2 \
             AND ended_us IS NULL RETURNING id",
            params![row.slug.as_str(), row.subject.to_vec(), row.at],
        )
        .await?;
    tx.execute(
        "INSERT INTO card_exception (id, slug, subject, area_code, answer, reason, sealed, wrapped, \
         objection, by_person, at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        params![
            row.id,
            row.slug.as_str(),
            row.subject.to_vec(),
            row.area.as_ref().map(AreaCode::as_str),
            row.answer.as_str(),
            row.reason.by_vault.clone(),
            row.reason.sealed.clone(),
            row.reason.wrapped.clone(),
            row.objection,
            row.by,
            row.at
        ],
    )
    .await?;
    ended.iter().map(|row| row.get("id")).collect()
}

/// It counts no more; whether it did.
pub(crate) async fn end(tx: &mut Tx, id: Id<Exception>, now: Wall) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "UPDATE card_exception SET ended_us = $2 WHERE id = $1 AND ended_us IS NULL",
            params![id, now],
        )
        .await?;
    Ok(rows > 0)
}

const COLUMNS: &str = "SELECT id, slug, subject, area_code, answer, reason, sealed, \
     wrapped, objection, by_person, at_us, ended_us FROM card_exception";

/// Those of a programme that counted at a time, the oldest first.
pub(crate) async fn counting(
    conn: &mut Conn,
    slug: &str,
    at: Wall,
) -> Result<Vec<ExceptionRow>, Error> {
    let query = Query::new(COLUMNS)
        .push(" WHERE slug = ", slug)
        .push(" AND at_us <= ", at)
        .push(" AND (ended_us IS NULL OR ended_us > ", at)
        .raw(") ORDER BY at_us, id");
    conn.all_query(&query)
        .await?
        .iter()
        .map(exception)
        .collect()
}

pub(crate) async fn find(
    conn: &mut Conn,
    id: Id<Exception>,
) -> Result<Option<ExceptionRow>, Error> {
    let query = Query::new(COLUMNS).push(" WHERE id = ", id);
    conn.all_query(&query)
        .await?
        .first()
        .map(exception)
        .transpose()
}

fn exception(row: &Row) -> Result<ExceptionRow, Error> {
    let subject: Vec<u8> = row.get("subject")?;
    Ok(ExceptionRow {
        id: row.get("id")?,
        slug: row.get("slug")?,
        subject: subject
            .try_into()
            .map_err(|_| Error::corrupt("card_exception.subject"))?,
        area: maybe_code(row, "area_code")?,
        answer: word(row, "answer", decree::Exception::parse)?,
        reason: Slip::of(row, "reason")?,
        objection: row.get("objection")?,
        by: row.get("by_person")?,
        at: row.get("at_us")?,
        ended: row.get("ended_us")?,
    })
}
