//! What is known of each minute: `reach_evidence`, `reach_cursor`.

use std::collections::BTreeMap;

use base::id::{Id, Site};
use base::now::Wall;
use reach_core::evidence::{SHEET_OCTETS, Sheet};
use reach_core::slot::SlotDay;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

/// The level of packing: days are written once a minute.
const LEVEL: i32 = 1;

/// The cursor of what makes evidence of records.
const CURSOR: &str = "evidence";

/// Up to which record evidence was made.
pub(crate) async fn cursor(conn: &mut Conn) -> Result<i64, Error> {
    let row = conn
        .maybe(
            "SELECT number FROM reach_cursor WHERE name = $1",
            params![CURSOR],
        )
        .await?;
    row.map_or(Ok(0), |row| row.get("number"))
}

/// Sets it.
pub(crate) async fn set_cursor(tx: &mut Tx, number: i64) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO reach_cursor (name, number) VALUES ($1, $2) \
         ON CONFLICT (name) DO UPDATE SET number = excluded.number",
        params![CURSOR, number],
    )
    .await?;
    Ok(())
}

fn sheet(row: &Row) -> Result<Sheet, Error> {
    let packed: Vec<u8> = row.get("octets")?;
    zstd::bulk::decompress(&packed, SHEET_OCTETS)
        .ok()
        .and_then(|octets| Sheet::from_octets(&octets))
        .ok_or_else(|| Error::corrupt("reach_evidence.octets"))
}

/// A day of a site.
pub(crate) async fn one(
    conn: &mut Conn,
    site: Id<Site>,
    day: SlotDay,
) -> Result<Option<Sheet>, Error> {
    let row = conn
        .maybe(
            "SELECT octets FROM reach_evidence WHERE site_id = $1 AND day = $2",
            params![site, day.0],
        )
        .await?;
    row.as_ref().map(sheet).transpose()
}

/// Days as they are kept. To unpack them takes longer than to read them.
#[derive(Debug)]
pub(crate) struct Packed(Vec<(SlotDay, Vec<u8>)>);

impl Packed {
    /// The sheets.
    pub(crate) fn unpacked(&self) -> Result<BTreeMap<SlotDay, Sheet>, Error> {
        let corrupt = || Error::corrupt("reach_evidence.octets");
        let mut zstd = zstd::bulk::Decompressor::new().map_err(|_| corrupt())?;
        let mut octets = vec![0; SHEET_OCTETS];
        let sheets = self.0.iter().map(|(day, packed)| {
            let long = zstd
                .decompress_to_buffer(packed, &mut octets)
                .map_err(|_| corrupt())?;
            let sheet = Sheet::from_octets(&octets[..long]).ok_or_else(corrupt)?;
            Ok((*day, sheet))
        });
        sheets.collect()
    }
}

/// The days of a site from one on and up to another, without it.
pub(crate) async fn packed(
    conn: &mut Conn,
    site: Id<Site>,
    from: SlotDay,
    to: SlotDay,
) -> Result<Packed, Error> {
    let days = conn
        .all(
            "SELECT day, octets FROM reach_evidence WHERE site_id = $1 AND day >= $2 AND day < $3",
            params![site, from.0, to.0],
        )
        .await?
        .iter()
        .map(|row| Ok((SlotDay(row.get("day")?), row.get("octets")?)))
        .collect::<Result<_, Error>>()?;
    Ok(Packed(days))
}

/// The same, unpacked.
pub(crate) async fn days(
    conn: &mut Conn,
    site: Id<Site>,
    from: SlotDay,
    to: SlotDay,
) -> Result<BTreeMap<SlotDay, Sheet>, Error> {
    packed(conn, site, from, to).await?.unpacked()
}

/// Puts a day in the place of what it was; verdicts do not follow from it yet.
pub(crate) async fn put(
    tx: &mut Tx,
    site: Id<Site>,
    day: SlotDay,
    sheet: &Sheet,
    now: Wall,
) -> Result<(), Error> {
    let packed = zstd::bulk::compress(&sheet.to_octets(), LEVEL)
        .map_err(|_| Error::corrupt("reach_evidence.octets"))?;
    tx.execute(
        "INSERT INTO reach_evidence (site_id, day, octets, dirty, changed_us) \
         VALUES ($1, $2, $3, 1, $4) ON CONFLICT (site_id, day) DO UPDATE SET \
         octets = excluded.octets, dirty = 1, changed_us = excluded.changed_us",
        params![site, day.0, packed, now],
    )
    .await?;
    Ok(())
}

/// A day that is to be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dirty {
    pub(crate) site: Id<Site>,
    pub(crate) day: SlotDay,
}

/// Days before one that are to be decided, site after site, behind one of them.
pub(crate) async fn dirty(
    conn: &mut Conn,
    before: SlotDay,
    after: Option<Dirty>,
    limit: i64,
) -> Result<Vec<Dirty>, Error> {
    let mut query =
        Query::new("SELECT site_id, day FROM reach_evidence WHERE dirty = 1 AND day < ")
            .condition("?", vec![before.0.into()]);
    if let Some(after) = after {
        query = query
            .push(" AND (site_id, day) > (", after.site)
            .push(", ", after.day.0)
            .raw(")");
    }
    let query = query.push(" ORDER BY site_id, day LIMIT ", limit);
    conn.all_query(&query)
        .await?
        .iter()
        .map(|row| {
            Ok(Dirty {
                site: row.get("site_id")?,
                day: SlotDay(row.get("day")?),
            })
        })
        .collect()
}

/// Days of one statement: far below the 32,766 parameters of SQLite.
const DAYS_AT_ONCE: usize = 500;

/// Verdicts follow from days of a site.
pub(crate) async fn decided(tx: &mut Tx, site: Id<Site>, days: &[SlotDay]) -> Result<(), Error> {
    for some in days.chunks(DAYS_AT_ONCE) {
        let marks = vec!["?"; some.len()].join(", ");
        let values = some.iter().map(|day| day.0.into()).collect();
        let query = Query::new("UPDATE reach_evidence SET dirty = 0 WHERE site_id = ")
            .push("", site)
            .condition(&format!(" AND day IN ({marks})"), values);
        tx.execute_query(&query).await?;
    }
    Ok(())
}

/// All evidence of all sites is to be decided anew, from a day on; how many days that is.
pub(crate) async fn decide_anew(tx: &mut Tx, from: SlotDay) -> Result<u64, Error> {
    tx.execute(
        "UPDATE reach_evidence SET dirty = 1 WHERE day >= $1",
        params![from.0],
    )
    .await
}
