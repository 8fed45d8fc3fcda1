//! The register of imported files and feeds: `hall_source`.

use base::area::AreaCode;
use base::id::{Agency, Id, Person, Source};
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

use super::area::maybe_code;

/// A row of the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceRow {
    pub(crate) id: Id<Source>,
    pub(crate) kind: String,
    pub(crate) subject: String,
    pub(crate) title: String,
    pub(crate) owner: Option<String>,
    pub(crate) controller: Option<String>,
    pub(crate) legal_basis: Option<String>,
    pub(crate) agreement: Option<String>,
    pub(crate) agreement_until: Option<String>,
    /// One a line.
    pub(crate) purposes: String,
    pub(crate) as_of: Option<String>,
    pub(crate) definition: Option<String>,
    pub(crate) classification: String,
    pub(crate) retention_days: Option<i64>,
    pub(crate) file_name: Option<String>,
    pub(crate) size_bytes: Option<i64>,
    pub(crate) sha256: Option<String>,
    pub(crate) row_count: Option<i64>,
    pub(crate) raw_blob: Option<String>,
    pub(crate) area: Option<AreaCode>,
    pub(crate) agency: Option<Id<Agency>>,
    pub(crate) registered_by: Id<Person>,
    pub(crate) registered: Wall,
}

const SELECT: &str = "SELECT s.id, s.kind, s.subject, s.title, s.owner, s.controller, \
     s.legal_basis, s.agreement, s.agreement_until, s.purposes, s.as_of, s.definition, \
     s.classification, s.retention_days, s.file_name, s.size_bytes, s.sha256, s.row_count, \
     s.raw_blob, s.area_code, s.agency_id, s.registered_by, s.registered_us \
     FROM hall_source s WHERE 1 = 1";

/// Begins a list; conditions on `s` may follow.
pub(crate) fn list() -> Query {
    Query::new(SELECT)
}

pub(crate) async fn fetch(conn: &mut Conn, query: &Query) -> Result<Vec<SourceRow>, Error> {
    conn.all_query(query).await?.iter().map(source).collect()
}

pub(crate) async fn insert(tx: &mut Tx, row: &SourceRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_source (id, kind, subject, title, owner, controller, legal_basis, \
         agreement, agreement_until, purposes, as_of, definition, classification, \
         retention_days, file_name, size_bytes, sha256, row_count, raw_blob, area_code, \
         agency_id, registered_by, registered_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, \
         $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)",
        params![
            row.id,
            row.kind.as_str(),
            row.subject.as_str(),
            row.title.as_str(),
            row.owner.as_deref(),
            row.controller.as_deref(),
            row.legal_basis.as_deref(),
            row.agreement.as_deref(),
            row.agreement_until.as_deref(),
            row.purposes.as_str(),
            row.as_of.as_deref(),
            row.definition.as_deref(),
            row.classification.as_str(),
            row.retention_days,
            row.file_name.as_deref(),
            row.size_bytes,
            row.sha256.as_deref(),
            row.row_count,
            row.raw_blob.as_deref(),
            row.area.as_ref().map(AreaCode::as_str),
            row.agency,
            row.registered_by,
            row.registered
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn without_raw(tx: &mut Tx, id: Id<Source>) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_source SET raw_blob = NULL WHERE id = $1",
        params![id],
    )
    .await?;
    Ok(())
}

fn source(row: &Row) -> Result<SourceRow, Error> {
    Ok(SourceRow {
        id: row.get("id")?,
        kind: row.get("kind")?,
        subject: row.get("subject")?,
        title: row.get("title")?,
        owner: row.get("owner")?,
        controller: row.get("controller")?,
        legal_basis: row.get("legal_basis")?,
        agreement: row.get("agreement")?,
        agreement_until: row.get("agreement_until")?,
        purposes: row.get("purposes")?,
        as_of: row.get("as_of")?,
        definition: row.get("definition")?,
        classification: row.get("classification")?,
        retention_days: row.get("retention_days")?,
        file_name: row.get("file_name")?,
        size_bytes: row.get("size_bytes")?,
        sha256: row.get("sha256")?,
        row_count: row.get("row_count")?,
        raw_blob: row.get("raw_blob")?,
        area: maybe_code(row, "area_code")?,
        agency: row.get("agency_id")?,
        registered_by: row.get("registered_by")?,
        registered: row.get("registered_us")?,
    })
}
