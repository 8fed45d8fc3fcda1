//! The tree of agencies: `hall_agency`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use base::id::{Agency, Id};
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

/// A row of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AgencyRow {
    pub(crate) id: Id<Agency>,
    pub(crate) name: String,
    pub(crate) short: Option<String>,
    pub(crate) parent: Option<Id<Agency>>,
    pub(crate) path: String,
}

const SELECT: &str = "SELECT a.id, a.name, a.short, a.parent_id, a.path FROM hall_agency a \
     WHERE 1 = 1";

/// The path of an office below the one whose path is given.
pub(crate) fn path(above: &str, id: Id<Agency>) -> String {
    let mut path = String::with_capacity(above.len() + 33);
    path.push_str(above);
    for byte in id.as_bytes() {
        // Writing to a string cannot fail.
        let _ = write!(path, "{byte:02x}");
    }
    path.push('/');
    path
}

/// Begins a list; conditions on `a` may follow.
pub(crate) fn list() -> Query {
    Query::new(SELECT)
}

pub(crate) async fn fetch(conn: &mut Conn, query: &Query) -> Result<Vec<AgencyRow>, Error> {
    conn.all_query(query).await?.iter().map(agency).collect()
}

pub(crate) async fn by_id(conn: &mut Conn, id: Id<Agency>) -> Result<Option<AgencyRow>, Error> {
    let query = list().push(" AND a.id = ", id);
    Ok(fetch(conn, &query).await?.pop())
}

/// All offices whose path begins with the given one.
pub(crate) async fn members(conn: &mut Conn, path: &str) -> Result<BTreeSet<Id<Agency>>, Error> {
    conn.all(
        "SELECT id FROM hall_agency WHERE path LIKE $1",
        params![format!("{path}%")],
    )
    .await?
    .iter()
    .map(|row| row.get("id"))
    .collect()
}

/// The paths of all offices whose path begins with the given one.
pub(crate) async fn paths_below(conn: &mut Conn, path: &str) -> Result<Vec<String>, Error> {
    conn.all(
        "SELECT path FROM hall_agency WHERE path LIKE $1",
        params![format!("{path}%")],
    )
    .await?
    .iter()
    .map(|row| row.get("path"))
    .collect()
}

/// The offices directly below one, or at the top.
pub(crate) async fn siblings(
    conn: &mut Conn,
    parent: Option<Id<Agency>>,
) -> Result<Vec<AgencyRow>, Error> {
    let query = match parent {
        Some(parent) => list().push(" AND a.parent_id = ", parent),
        None => list().raw(" AND a.parent_id IS NULL"),
    };
    fetch(conn, &query).await
}

pub(crate) async fn insert(tx: &mut Tx, row: &AgencyRow, now: Wall) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_agency (id, name, short, parent_id, path, created_us, changed_us) \
         VALUES ($1, $2, $3, $4, $5, $6, $6)",
        params![
            row.id,
            row.name.as_str(),
            row.short.as_deref(),
            row.parent,
            row.path.as_str(),
            now
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn update(tx: &mut Tx, row: &AgencyRow, now: Wall) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_agency SET name = $2, short = $3, parent_id = $4, changed_us = $5 \
         WHERE id = $1",
        params![
            row.id,
            row.name.as_str(),
            row.short.as_deref(),
            row.parent,
            now
        ],
    )
    .await?;
    Ok(())
}

/// Gives a branch its new path, and all offices below it theirs.
pub(crate) async fn move_branch(tx: &mut Tx, from: &str, to: &str) -> Result<(), Error> {
    // Paths are ASCII, so characters and bytes count the same.
    let behind = i64::try_from(from.len() + 1).unwrap_or(i64::MAX);
    tx.execute(
        "UPDATE hall_agency SET path = $1 || SUBSTR(path, CAST($2 AS INTEGER)) WHERE path LIKE $3",
        params![to, behind, format!("{from}%")],
    )
    .await?;
    Ok(())
}

fn agency(row: &Row) -> Result<AgencyRow, Error> {
    Ok(AgencyRow {
        id: row.get("id")?,
        name: row.get("name")?,
        short: row.get("short")?,
        parent: row.get("parent_id")?,
        path: row.get("path")?,
    })
}
