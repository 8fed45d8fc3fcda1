//! Shifts, their notes and what they left to the next: `hall_shift`, `hall_shift_note`,
//! `hall_handover`.

use base::area::AreaCode;
use base::id::{Id, Person, Shift};
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

use super::area::code;

/// A turn at the desk of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShiftRow {
    pub(crate) id: Id<Shift>,
    pub(crate) number: i64,
    pub(crate) area: AreaCode,
    pub(crate) person: Id<Person>,
    pub(crate) from: Wall,
    pub(crate) after: Option<Id<Shift>>,
    pub(crate) ended: Option<Wall>,
    /// `handed_over` or `left`.
    pub(crate) ended_how: Option<String>,
    pub(crate) ended_by: Option<Id<Person>>,
    pub(crate) ended_why: Option<String>,
}

/// A note in the log of a shift.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NoteRow {
    pub(crate) seq: i64,
    pub(crate) at: Wall,
    pub(crate) by: Id<Person>,
    pub(crate) text: String,
}

/// What a shift leaves to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HandoverRow {
    pub(crate) nth: i64,
    pub(crate) text: String,
    pub(crate) sha256: String,
    pub(crate) written: Wall,
    pub(crate) written_by: Id<Person>,
    pub(crate) accepted: Option<Wall>,
    pub(crate) accepted_by: Option<Id<Person>>,
}

const SELECT: &str = "SELECT h.id, h.number, h.area_code, h.person_id, h.from_us, h.after_id, \
     h.ended_us, h.ended_how, h.ended_by, h.ended_why FROM hall_shift h WHERE 1 = 1";

/// Begins a list; conditions on `h` may follow.
pub(crate) fn list() -> Query {
    Query::new(SELECT)
}

pub(crate) async fn fetch(conn: &mut Conn, query: &Query) -> Result<Vec<ShiftRow>, Error> {
    conn.all_query(query).await?.iter().map(shift).collect()
}

pub(crate) async fn by_id(conn: &mut Conn, id: Id<Shift>) -> Result<Option<ShiftRow>, Error> {
    let query = list().push(" AND h.id = ", id);
    Ok(fetch(conn, &query).await?.pop())
}

/// The shift of a place that goes on.
pub(crate) async fn going_on(conn: &mut Conn, area: &AreaCode) -> Result<Option<ShiftRow>, Error> {
    let query = list()
        .push(" AND h.area_code = ", area.as_str())
        .raw(" AND h.ended_us IS NULL");
    Ok(fetch(conn, &query).await?.pop())
}

/// Writes a new shift down, under the next number. Writers come one at a time.
pub(crate) async fn insert(tx: &mut Tx, row: &ShiftRow) -> Result<i64, Error> {
    tx.one(
        "INSERT INTO hall_shift (id, number, area_code, person_id, from_us, after_id) \
         SELECT $1, COALESCE(MAX(number), 0) + 1, $2, $3, $4, $5 FROM hall_shift \
         RETURNING number",
        params![row.id, row.area.as_str(), row.person, row.from, row.after],
    )
    .await?
    .get("number")
}

pub(crate) async fn end(
    tx: &mut Tx,
    id: Id<Shift>,
    now: Wall,
    how: &str,
    by: Id<Person>,
    why: Option<&str>,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_shift SET ended_us = $2, ended_how = $3, ended_by = $4, ended_why = $5 \
         WHERE id = $1",
        params![id, now, how, by, why],
    )
    .await?;
    Ok(())
}

pub(crate) async fn add_note(
    tx: &mut Tx,
    id: Id<Shift>,
    now: Wall,
    by: Id<Person>,
    text: &str,
) -> Result<i64, Error> {
    tx.one(
        "INSERT INTO hall_shift_note (shift_id, seq, at_us, by_person, text) \
         SELECT $1, COALESCE(MAX(seq), 0) + 1, $2, $3, $4 FROM hall_shift_note \
         WHERE shift_id = $1 RETURNING seq",
        params![id, now, by, text],
    )
    .await?
    .get("seq")
}

/// The log of a shift, in order.
pub(crate) async fn notes(conn: &mut Conn, id: Id<Shift>) -> Result<Vec<NoteRow>, Error> {
    conn.all(
        "SELECT seq, at_us, by_person, text FROM hall_shift_note WHERE shift_id = $1 ORDER BY seq",
        params![id],
    )
    .await?
    .iter()
    .map(|row| {
        Ok(NoteRow {
            seq: row.get("seq")?,
            at: row.get("at_us")?,
            by: row.get("by_person")?,
            text: row.get("text")?,
        })
    })
    .collect()
}

/// Writes down what is left to the next; the how manyth that is.
pub(crate) async fn add_handover(
    tx: &mut Tx,
    id: Id<Shift>,
    row: &HandoverRow,
) -> Result<i64, Error> {
    tx.one(
        "INSERT INTO hall_handover (shift_id, nth, text, sha256, written_us, written_by) \
         SELECT $1, COALESCE(MAX(nth), 0) + 1, $2, $3, $4, $5 FROM hall_handover \
         WHERE shift_id = $1 RETURNING nth",
        params![
            id,
            row.text.as_str(),
            row.sha256.as_str(),
            row.written,
            row.written_by
        ],
    )
    .await?
    .get("nth")
}

pub(crate) async fn accept(
    tx: &mut Tx,
    id: Id<Shift>,
    nth: i64,
    now: Wall,
    by: Id<Person>,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_handover SET accepted_us = $3, accepted_by = $4 \
         WHERE shift_id = $1 AND nth = $2",
        params![id, nth, now, by],
    )
    .await?;
    Ok(())
}

/// What a shift leaves to the next: the newest that was written.
pub(crate) async fn handover(conn: &mut Conn, id: Id<Shift>) -> Result<Option<HandoverRow>, Error> {
    conn.maybe(
        "SELECT nth, text, sha256, written_us, written_by, accepted_us, accepted_by \
         FROM hall_handover WHERE shift_id = $1 ORDER BY nth DESC LIMIT 1",
        params![id],
    )
    .await?
    .map(|row| {
        Ok(HandoverRow {
            nth: row.get("nth")?,
            text: row.get("text")?,
            sha256: row.get("sha256")?,
            written: row.get("written_us")?,
            written_by: row.get("written_by")?,
            accepted: row.get("accepted_us")?,
            accepted_by: row.get("accepted_by")?,
        })
    })
    .transpose()
}

fn shift(row: &Row) -> Result<ShiftRow, Error> {
    Ok(ShiftRow {
        id: row.get("id")?,
        number: row.get("number")?,
        area: code(row, "area_code")?,
        person: row.get("person_id")?,
        from: row.get("from_us")?,
        after: row.get("after_id")?,
        ended: row.get("ended_us")?,
        ended_how: row.get("ended_how")?,
        ended_by: row.get("ended_by")?,
        ended_why: row.get("ended_why")?,
    })
}
