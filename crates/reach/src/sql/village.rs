//! What the house says of villages as of today: `reach_village`.

use std::collections::BTreeMap;

use base::area::AreaCode;
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Tx, params};

use super::{Span, code};

/// What the house says of one village.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VillageRow {
    pub(crate) area: AreaCode,
    /// JSON.
    pub(crate) said: String,
    pub(crate) lists: i64,
    pub(crate) disputes: i64,
}

/// What is kept of some villages.
pub(crate) async fn of(
    conn: &mut Conn,
    span: Span<'_>,
) -> Result<BTreeMap<AreaCode, VillageRow>, Error> {
    let query =
        Query::new("SELECT area_code, said, lists, disputes FROM reach_village WHERE 1 = 1");
    let rows = conn.all_query(&span.narrow(query)).await?;
    rows.iter()
        .map(|row| {
            let area = code(row, "area_code")?;
            let village = VillageRow {
                area: area.clone(),
                said: row.get("said")?,
                lists: row.get("lists")?,
                disputes: row.get("disputes")?,
            };
            Ok((area, village))
        })
        .collect()
}

/// Puts what the house says now in the place of what it said.
pub(crate) async fn put(tx: &mut Tx, row: &VillageRow, now: Wall) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO reach_village (area_code, said, lists, disputes, computed_us) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (area_code) DO UPDATE SET \
         said = excluded.said, lists = excluded.lists, disputes = excluded.disputes, \
         computed_us = excluded.computed_us",
        params![
            row.area.as_str(),
            row.said.as_str(),
            row.lists,
            row.disputes,
            now
        ],
    )
    .await?;
    Ok(())
}
