//! Lists that were written: `card_list`.

use base::day::Day;
use base::id::{Id, Person, Source};
use base::now::Wall;
use card_core::list::Kind;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

use super::word;

/// A list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListRow {
    pub(crate) number: i64,
    pub(crate) source: Id<Source>,
    pub(crate) kind: Kind,
    pub(crate) title: String,
    pub(crate) owner: Option<String>,
    pub(crate) as_of: Option<Day>,
    /// Which part of its kind it is of, as its rows say: programmes, or an area.
    pub(crate) part: String,
    pub(crate) rows: i64,
    pub(crate) raw_blob: Option<String>,
    pub(crate) file_key: Option<Vec<u8>>,
    pub(crate) keep_until: Option<Wall>,
    pub(crate) by: Id<Person>,
    pub(crate) written: Wall,
}

const COLUMNS: &str = "SELECT number, source_id, kind, title, owner, as_of, part, rows, raw_blob, \
     file_key, keep_until_us, by_person, written_us FROM card_list";

/// A list that nobody reads yet; its number.
pub(crate) async fn stage(tx: &mut Tx, row: &ListRow) -> Result<i64, Error> {
    tx.one(
        "INSERT INTO card_list (number, source_id, kind, state, title, owner, as_of, part, rows, \
         by_person, written_us) SELECT COALESCE(MAX(number), 0) + 1, $1, $2, 'staged', $3, $4, \
         $5, $6, 0, $7, $8 FROM card_list RETURNING number",
        params![
            row.source,
            row.kind.as_str(),
            row.title.as_str(),
            row.owner.as_deref(),
            row.as_of.map(|day| day.to_string()),
            row.part.as_str(),
            row.by,
            row.written
        ],
    )
    .await?
    .get("number")
}

/// From now on it counts, with its raw copy.
pub(crate) async fn stand(tx: &mut Tx, row: &ListRow) -> Result<(), Error> {
    tx.execute(
        "UPDATE card_list SET state = 'standing', rows = $2, raw_blob = $3, file_key = $4, \
         keep_until_us = $5, written_us = $6 WHERE number = $1",
        params![
            row.number,
            row.rows,
            row.raw_blob.as_deref(),
            row.file_key.clone(),
            row.keep_until,
            row.written
        ],
    )
    .await?;
    Ok(())
}

/// It counts no more; whether it did.
pub(crate) async fn withdraw(tx: &mut Tx, number: i64, now: Wall) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "UPDATE card_list SET state = 'withdrawn', ended_us = COALESCE(ended_us, $2) \
             WHERE number = $1 AND state = 'standing'",
            params![number, now],
        )
        .await?;
    Ok(rows > 0)
}

/// Those that count, the newest first.
pub(crate) async fn standing(conn: &mut Conn) -> Result<Vec<ListRow>, Error> {
    let query = Query::new(COLUMNS).raw(" WHERE state = 'standing' ORDER BY number DESC");
    conn.all_query(&query).await?.iter().map(list).collect()
}

/// All of some numbers, whatever their state.
pub(crate) async fn all(conn: &mut Conn) -> Result<Vec<ListRow>, Error> {
    let query = Query::new(COLUMNS).raw(" ORDER BY number");
    conn.all_query(&query).await?.iter().map(list).collect()
}

/// Those that were being written when the house stopped.
pub(crate) async fn staged(conn: &mut Conn) -> Result<Vec<i64>, Error> {
    conn.all(
        "SELECT number FROM card_list WHERE state = 'staged'",
        params![],
    )
    .await?
    .iter()
    .map(|row| row.get("number"))
    .collect()
}

/// Those of one source.
pub(crate) async fn staged_of(conn: &mut Conn, source: Id<Source>) -> Result<Vec<i64>, Error> {
    conn.all(
        "SELECT number FROM card_list WHERE state = 'staged' AND source_id = $1",
        params![source],
    )
    .await?
    .iter()
    .map(|row| row.get("number"))
    .collect()
}

pub(crate) async fn forget(tx: &mut Tx, number: i64) -> Result<(), Error> {
    tx.execute("DELETE FROM card_list WHERE number = $1", params![number])
        .await?;
    Ok(())
}

/// Those whose raw copy is kept for longer than its term.
pub(crate) async fn outlived(conn: &mut Conn, now: Wall) -> Result<Vec<ListRow>, Error> {
    let query = Query::new(COLUMNS)
        .push(" WHERE raw_blob IS NOT NULL AND keep_until_us < ", now)
        .raw(" ORDER BY number");
    conn.all_query(&query).await?.iter().map(list).collect()
}

/// Its raw copy is gone, and the key with it.
pub(crate) async fn without_raw(tx: &mut Tx, number: i64) -> Result<(), Error> {
    tx.execute(
        "UPDATE card_list SET raw_blob = NULL, file_key = NULL WHERE number = $1",
        params![number],
    )
    .await?;
    Ok(())
}

fn list(row: &Row) -> Result<ListRow, Error> {
    let as_of: Option<String> = row.get("as_of")?;
    Ok(ListRow {
        number: row.get("number")?,
        source: row.get("source_id")?,
        kind: word(row, "kind", Kind::parse)?,
        title: row.get("title")?,
        owner: row.get("owner")?,
        as_of: as_of
            .map(|day| day.parse().map_err(|_| Error::corrupt("card_list.as_of")))
            .transpose()?,
        part: row.get("part")?,
        rows: row.get("rows")?,
        raw_blob: row.get("raw_blob")?,
        file_key: row.get("file_key")?,
        keep_until: row.get("keep_until_us")?,
        by: row.get("by_person")?,
        written: row.get("written_us")?,
    })
}
