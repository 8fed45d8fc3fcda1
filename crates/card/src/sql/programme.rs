//! Programmes as they were written: `card_programme`.

use base::id::{Id, Person};
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

/// A version of a programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProgrammeRow {
    pub(crate) slug: String,
    pub(crate) version: i64,
    pub(crate) text: String,
    pub(crate) sha256: String,
    pub(crate) note: Option<String>,
    pub(crate) by: Id<Person>,
    pub(crate) added: Wall,
}

/// One version more; its number.
pub(crate) async fn add(
    tx: &mut Tx,
    slug: &str,
    text: &str,
    sha256: &str,
    note: Option<&str>,
    by: Id<Person>,
    now: Wall,
) -> Result<i64, Error> {
    tx.one(
        "INSERT INTO card_programme (slug, version, text, sha256, note, by_person, added_us) \
         SELECT $1, COALESCE(MAX(version), 0) + 1, $2, $3, $4, $5, $6 FROM card_programme \
         WHERE slug = $7 RETURNING version",
        params![slug, text, sha256, note, by, now, slug],
    )
    .await?
    .get("version")
}

const COLUMNS: &str =
    "SELECT slug, version, text, sha256, note, by_person, added_us FROM card_programme";

/// The newest version of each, by their names.
pub(crate) async fn newest(conn: &mut Conn) -> Result<Vec<ProgrammeRow>, Error> {
    let query = Query::new(COLUMNS).raw(
        " WHERE version = (SELECT MAX(version) FROM card_programme other \
         WHERE other.slug = card_programme.slug) ORDER BY slug",
    );
    conn.all_query(&query)
        .await?
        .iter()
        .map(programme)
        .collect()
}

/// All versions of one, the newest first.
pub(crate) async fn versions(conn: &mut Conn, slug: &str) -> Result<Vec<ProgrammeRow>, Error> {
    let query = Query::new(COLUMNS)
        .push(" WHERE slug = ", slug)
        .raw(" ORDER BY version DESC");
    conn.all_query(&query)
        .await?
        .iter()
        .map(programme)
        .collect()
}

/// One version; the newest where none is named.
pub(crate) async fn find(
    conn: &mut Conn,
    slug: &str,
    version: Option<i64>,
) -> Result<Option<ProgrammeRow>, Error> {
    let mut query = Query::new(COLUMNS).push(" WHERE slug = ", slug);
    if let Some(version) = version {
        query = query.push(" AND version = ", version);
    }
    let query = query.raw(" ORDER BY version DESC LIMIT 1");
    conn.all_query(&query)
        .await?
        .first()
        .map(programme)
        .transpose()
}

fn programme(row: &Row) -> Result<ProgrammeRow, Error> {
    Ok(ProgrammeRow {
        slug: row.get("slug")?,
        version: row.get("version")?,
        text: row.get("text")?,
        sha256: row.get("sha256")?,
        note: row.get("note")?,
        by: row.get("by_person")?,
        added: row.get("added_us")?,
    })
}
