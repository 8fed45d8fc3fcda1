//! Minutes that are not held against anybody: `reach_excuse`.

use std::ops::Range;

use base::area::AreaCode;
use base::id::{Excuse, Id, Person, Site};
use base::now::Wall;
use reach_core::slot::Slot;
use reach_core::uptime::{Excused, Overlay};
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

use super::{code, word};

/// What was declared, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExcuseRow {
    pub(crate) id: Id<Excuse>,
    pub(crate) overlay: Overlay,
    pub(crate) site: Option<Id<Site>>,
    pub(crate) area: AreaCode,
    pub(crate) provider: Option<String>,
    pub(crate) slots: Range<Slot>,
    pub(crate) why: String,
    pub(crate) document: Option<String>,
    pub(crate) declared: Wall,
    pub(crate) by: Id<Person>,
    /// When it was decided, by whom, and whether it was agreed to.
    pub(crate) decided: Option<(Wall, Id<Person>, bool)>,
}

impl ExcuseRow {
    /// As the ledger counts it.
    pub(crate) fn excused(&self) -> Excused {
        Excused {
            overlay: self.overlay,
            slots: self.slots.clone(),
            declared: self.declared,
            approved: self.decided.is_some_and(|(_, _, agreed)| agreed),
        }
    }

    /// Whether it is about a site of a provider in an area.
    pub(crate) fn is_about(&self, site: Id<Site>, area: &AreaCode, provider: Option<&str>) -> bool {
        match self.site {
            Some(one) => one == site,
            None => {
                self.area.contains(area)
                    && self
                        .provider
                        .as_deref()
                        .is_none_or(|of| provider.is_some_and(|it| it.eq_ignore_ascii_case(of)))
            }
        }
    }
}

const SELECT: &str = "SELECT e.id, e.overlay, e.site_id, e.area_code, e.provider, e.from_slot, \
     e.to_slot, e.why, e.document, e.declared_us, e.declared_by, e.decided_us, e.decided_by, \
     e.agreed FROM reach_excuse e WHERE 1 = 1";

fn excuse(row: &Row) -> Result<ExcuseRow, Error> {
    let decided: Option<Wall> = row.get("decided_us")?;
    let decided = match decided {
        Some(at) => Some((at, row.get("decided_by")?, row.get::<i64>("agreed")? == 1)),
        None => None,
    };
    Ok(ExcuseRow {
        id: row.get("id")?,
        overlay: word(row, "overlay", Overlay::of)?,
        site: row.get("site_id")?,
        area: code(row, "area_code")?,
        provider: row.get("provider")?,
        slots: Slot(row.get("from_slot")?)..Slot(row.get("to_slot")?),
        why: row.get("why")?,
        document: row.get("document")?,
        declared: row.get("declared_us")?,
        by: row.get("declared_by")?,
        decided,
    })
}

/// All that touch a range, or all, the newest declared first.
pub(crate) async fn touching(
    conn: &mut Conn,
    slots: Option<&Range<Slot>>,
) -> Result<Vec<ExcuseRow>, Error> {
    let mut query = Query::new(SELECT);
    if let Some(slots) = slots {
        query = query
            .push(" AND e.from_slot < ", slots.end.0)
            .push(" AND e.to_slot > ", slots.start.0);
    }
    let query = query.raw(" ORDER BY e.declared_us DESC, e.id DESC");
    conn.all_query(&query).await?.iter().map(excuse).collect()
}

pub(crate) async fn by_id(conn: &mut Conn, id: Id<Excuse>) -> Result<Option<ExcuseRow>, Error> {
    let query = Query::new(SELECT).push(" AND e.id = ", id);
    let found = conn.all_query(&query).await?;
    found.first().map(excuse).transpose()
}

pub(crate) async fn insert(tx: &mut Tx, row: &ExcuseRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO reach_excuse (id, overlay, site_id, area_code, provider, from_slot, to_slot, \
         why, document, declared_us, declared_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        params![
            row.id,
            row.overlay.as_str(),
            row.site,
            row.area.as_str(),
            row.provider.as_deref(),
            row.slots.start.0,
            row.slots.end.0,
            row.why.as_str(),
            row.document.as_deref(),
            row.declared,
            row.by
        ],
    )
    .await?;
    Ok(())
}

/// Somebody has decided about it; whether nobody had before.
pub(crate) async fn decide(
    tx: &mut Tx,
    id: Id<Excuse>,
    by: Id<Person>,
    agreed: bool,
    now: Wall,
) -> Result<bool, Error> {
    let done = tx
        .execute(
            "UPDATE reach_excuse SET decided_us = $2, decided_by = $3, agreed = $4 \
             WHERE id = $1 AND decided_us IS NULL",
            params![id, now, by, i64::from(agreed)],
        )
        .await?;
    Ok(done == 1)
}
