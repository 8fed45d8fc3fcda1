//! Files on their way in: `card_import`.

use base::id::{Id, Intake, Person, Source};
use base::now::Wall;
use card_core::list::Kind;
use store::{Conn, Error, Row, Tx, params};

use super::word;

/// A file on its way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImportRow {
    pub(crate) id: Id<Intake>,
    pub(crate) source: Id<Source>,
    pub(crate) kind: Kind,
    pub(crate) person: Id<Person>,
    pub(crate) file_name: String,
    pub(crate) size_bytes: i64,
    pub(crate) sha256: String,
    pub(crate) raw_blob: String,
    pub(crate) file_key: Vec<u8>,
    pub(crate) shape: String,
    pub(crate) choice: String,
    pub(crate) state: State,
    pub(crate) result: Option<String>,
    pub(crate) opened: Wall,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    Staged,
    Written,
}

impl State {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Staged => "staged",
            Self::Written => "written",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Open, Self::Staged, Self::Written]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}

const COLUMNS: &str = "SELECT id, source_id, kind, person_id, file_name, size_bytes, sha256, \
     raw_blob, file_key, shape, choice, state, result, opened_us FROM card_import";

pub(crate) async fn insert(tx: &mut Tx, row: &ImportRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO card_import (id, source_id, kind, person_id, file_name, size_bytes, \
         sha256, raw_blob, file_key, shape, choice, state, opened_us) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        params![
            row.id,
            row.source,
            row.kind.as_str(),
            row.person,
            row.file_name.as_str(),
            row.size_bytes,
            row.sha256.as_str(),
            row.raw_blob.as_str(),
            row.file_key.as_slice(),
            row.shape.as_str(),
            row.choice.as_str(),
            row.state.as_str(),
            row.opened
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn find(conn: &mut Conn, id: Id<Intake>) -> Result<Option<ImportRow>, Error> {
    let text = store::query::Query::new(COLUMNS).push(" WHERE id = ", id);
    conn.all_query(&text).await?.first().map(import).transpose()
}

/// One of the same person with the same file that is not written yet.
pub(crate) async fn same(
    conn: &mut Conn,
    person: Id<Person>,
    kind: Kind,
    sha256: &str,
) -> Result<Option<ImportRow>, Error> {
    let query = store::query::Query::new(COLUMNS)
        .push(" WHERE person_id = ", person)
        .push(" AND kind = ", kind.as_str())
        .push(" AND sha256 = ", sha256)
        .raw(" AND state <> 'written'");
    conn.all_query(&query)
        .await?
        .first()
        .map(import)
        .transpose()
}

/// Those that are not written, of one person or of all, the oldest first.
pub(crate) async fn unwritten(
    conn: &mut Conn,
    person: Option<Id<Person>>,
) -> Result<Vec<ImportRow>, Error> {
    let mut query = store::query::Query::new(COLUMNS).raw(" WHERE state <> 'written'");
    if let Some(person) = person {
        query = query.push(" AND person_id = ", person);
    }
    let query = query.raw(" ORDER BY opened_us, id");
    conn.all_query(&query).await?.iter().map(import).collect()
}

/// Changes the choice of an open one; whether it was.
pub(crate) async fn choose(tx: &mut Tx, id: Id<Intake>, choice: &str) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "UPDATE card_import SET choice = $2 WHERE id = $1 AND state = 'open'",
            params![id, choice],
        )
        .await?;
    Ok(rows > 0)
}

/// Moves it on; whether it was where it was thought to be.
pub(crate) async fn moves(
    tx: &mut Tx,
    id: Id<Intake>,
    from: State,
    to: State,
) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "UPDATE card_import SET state = $3 WHERE id = $1 AND state = $2",
            params![id, from.as_str(), to.as_str()],
        )
        .await?;
    Ok(rows > 0)
}

pub(crate) async fn written(
    tx: &mut Tx,
    id: Id<Intake>,
    result: &str,
    now: Wall,
) -> Result<(), Error> {
    // The list has the file and its key from now on.
    tx.execute(
        "UPDATE card_import SET state = 'written', result = $2, written_us = $3, \
         raw_blob = '', file_key = $4 WHERE id = $1",
        params![id, result, now, [].as_slice()],
    )
    .await?;
    Ok(())
}

/// Forgets an open one; whether it was.
pub(crate) async fn forget(tx: &mut Tx, id: Id<Intake>) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "DELETE FROM card_import WHERE id = $1 AND state = 'open'",
            params![id],
        )
        .await?;
    Ok(rows > 0)
}

fn import(row: &Row) -> Result<ImportRow, Error> {
    Ok(ImportRow {
        id: row.get("id")?,
        source: row.get("source_id")?,
        kind: word(row, "kind", Kind::parse)?,
        person: row.get("person_id")?,
        file_name: row.get("file_name")?,
        size_bytes: row.get("size_bytes")?,
        sha256: row.get("sha256")?,
        raw_blob: row.get("raw_blob")?,
        file_key: row.get("file_key")?,
        shape: row.get("shape")?,
        choice: row.get("choice")?,
        state: word(row, "state", State::parse)?,
        result: row.get("result")?,
        opened: row.get("opened_us")?,
    })
}
