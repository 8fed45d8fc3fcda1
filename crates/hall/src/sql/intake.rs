//! Files on their way in: `hall_intake`.

use base::id::{Id, Intake, Person, Source};
use base::now::Wall;
use store::{Conn, Error, Row, Tx, params};

/// One import of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IntakeRow {
    pub(crate) id: Id<Intake>,
    pub(crate) source: Id<Source>,
    pub(crate) subject: String,
    pub(crate) person: Id<Person>,
    pub(crate) file_name: String,
    pub(crate) size_bytes: i64,
    pub(crate) sha256: String,
    pub(crate) raw_blob: String,
    pub(crate) choice: String,
    pub(crate) result: Option<String>,
    pub(crate) opened: Wall,
}

const SELECT: &str = "SELECT id, source_id, subject, person_id, file_name, size_bytes, sha256, \
     raw_blob, choice, result, opened_us FROM hall_intake";

/// The import of that id, if it is of that person and subject.
pub(crate) async fn own(
    conn: &mut Conn,
    id: Id<Intake>,
    person: Id<Person>,
    subject: &str,
) -> Result<Option<IntakeRow>, Error> {
    let text = format!("{SELECT} WHERE id = $1 AND person_id = $2 AND subject = $3");
    conn.maybe(store::Sql::built(text), params![id, person, subject])
        .await?
        .as_ref()
        .map(intake)
        .transpose()
}

/// An open import of the same file by the same person.
pub(crate) async fn same(conn: &mut Conn, row: &IntakeRow) -> Result<Option<IntakeRow>, Error> {
    let text = format!(
        "{SELECT} WHERE state = 'open' AND person_id = $1 AND subject = $2 AND sha256 = $3 \
         ORDER BY opened_us DESC LIMIT 1"
    );
    conn.maybe(
        store::Sql::built(text),
        params![row.person, row.subject.as_str(), row.sha256.as_str()],
    )
    .await?
    .as_ref()
    .map(intake)
    .transpose()
}

/// Open ones that were opened before a time, and of one person all but the
/// newest few: what nobody will go on with.
pub(crate) async fn left_lying(
    conn: &mut Conn,
    before: Wall,
    person: Id<Person>,
    keep: i64,
) -> Result<Vec<IntakeRow>, Error> {
    let text = format!(
        "{SELECT} WHERE state = 'open' AND (opened_us < $1 OR (person_id = $2 AND id NOT IN \
         (SELECT id FROM hall_intake WHERE state = 'open' AND person_id = $2 \
         ORDER BY opened_us DESC, id DESC LIMIT $3)))"
    );
    conn.all(store::Sql::built(text), params![before, person, keep])
        .await?
        .iter()
        .map(intake)
        .collect()
}

pub(crate) async fn insert(tx: &mut Tx, row: &IntakeRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_intake (id, source_id, subject, person_id, file_name, size_bytes, \
         sha256, raw_blob, choice, state, opened_us) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open', $10)",
        params![
            row.id,
            row.source,
            row.subject.as_str(),
            row.person,
            row.file_name.as_str(),
            row.size_bytes,
            row.sha256.as_str(),
            row.raw_blob.as_str(),
            row.choice.as_str(),
            row.opened
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn choose(tx: &mut Tx, id: Id<Intake>, choice: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_intake SET choice = $2 WHERE id = $1 AND state = 'open'",
        params![id, choice],
    )
    .await?;
    Ok(())
}

pub(crate) async fn settle(
    tx: &mut Tx,
    id: Id<Intake>,
    result: &str,
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_intake SET state = 'committed', result = $2, committed_us = $3 \
         WHERE id = $1 AND state = 'open'",
        params![id, result, now],
    )
    .await?;
    Ok(())
}

/// Takes an open one away, with the row of its blob; the file is the caller's.
pub(crate) async fn forget(tx: &mut Tx, row: &IntakeRow) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM hall_intake WHERE id = $1 AND state = 'open'",
        params![row.id],
    )
    .await?;
    Ok(())
}

fn intake(row: &Row) -> Result<IntakeRow, Error> {
    Ok(IntakeRow {
        id: row.get("id")?,
        source: row.get("source_id")?,
        subject: row.get("subject")?,
        person: row.get("person_id")?,
        file_name: row.get("file_name")?,
        size_bytes: row.get("size_bytes")?,
        sha256: row.get("sha256")?,
        raw_blob: row.get("raw_blob")?,
        choice: row.get("choice")?,
        result: row.get("result")?,
        opened: row.get("opened_us")?,
    })
}
