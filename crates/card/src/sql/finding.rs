//! What runs have found: `card_finding`.

use std::ops::Range;

use base::area::AreaCode;
use base::id::{Family, Id};
use card_core::running::What;
use store::query::Query;
use store::{Conn, Error, Row, Tx, Value, params};

use super::{many, maybe_code, small, within, word};

/// Something that was found about a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FindingRow {
    pub(crate) list: i64,
    pub(crate) number: u32,
    pub(crate) what: What,
    pub(crate) area: Option<AreaCode>,
    pub(crate) family: Id<Family>,
    pub(crate) rupiah: Option<i64>,
    pub(crate) value: i64,
    pub(crate) with: Option<(i64, u32)>,
    /// Another finding of the same row comes before it.
    pub(crate) is_further: bool,
}

pub(crate) async fn write(tx: &mut Tx, run: i64, rows: &[FindingRow]) -> Result<(), Error> {
    let values: Vec<Value> = rows
        .iter()
        .flat_map(|row| {
            [
                run.into(),
                row.list.into(),
                i64::from(row.number).into(),
                row.what.as_str().into(),
                row.area.as_ref().map(AreaCode::as_str).into(),
                row.family.into(),
                row.rupiah.into(),
                row.value.into(),
                row.with.map(|with| with.0).into(),
                row.with.map(|with| i64::from(with.1)).into(),
                i64::from(row.is_further).into(),
            ]
        })
        .collect();
    many(
        tx,
        "INSERT INTO card_finding (run, list, number, what, area_code, family, rupiah, value, \
         with_list, with_number, further) VALUES ",
        11,
        &values,
    )
    .await
}

/// Which runs have found anything, and in which lists up to which number.
pub(crate) async fn held(conn: &mut Conn) -> Result<Vec<(i64, i64, i64)>, Error> {
    conn.all(
        "SELECT run, list, MAX(number) AS last FROM card_finding GROUP BY run, list \
         ORDER BY run, list",
        params![],
    )
    .await?
    .iter()
    .map(|row| Ok((row.get("run")?, row.get("list")?, row.get("last")?)))
    .collect()
}

/// Takes away what a run has found about some rows of a list.
pub(crate) async fn forget(
    tx: &mut Tx,
    run: i64,
    list: i64,
    rows: Range<i64>,
) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM card_finding WHERE run = $1 AND list = $2 AND number >= $3 AND number < $4",
        params![run, list, rows.start, rows.end],
    )
    .await?;
    Ok(())
}

/// Takes away how long the list was by runs.
pub(crate) async fn forget_totals(tx: &mut Tx, runs: Runs) -> Result<(), Error> {
    let query = match runs {
        Runs::Before(run) => Query::new("DELETE FROM card_total").push(" WHERE run < ", run),
        Runs::Only(run) => Query::new("DELETE FROM card_total").push(" WHERE run = ", run),
    };
    tx.execute_query(&query).await?;
    Ok(())
}

/// Which runs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Runs {
    Before(i64),
    Only(i64),
}

impl Runs {
    /// Whether a run is one of them.
    pub(crate) const fn has(self, run: i64) -> bool {
        match self {
            Self::Before(first) => run < first,
            Self::Only(one) => run == one,
        }
    }
}

/// How much of one thing was found in one regency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) what: What,
    /// The regency, or the village where an area was asked for by village.
    pub(crate) area: Option<AreaCode>,
    pub(crate) rows: i64,
    /// Of rows whose money is known.
    pub(crate) rupiah: i64,
    /// Rows whose money is not known.
    pub(crate) unknown: i64,
    /// The same sums over rows of which this is the first finding: they add up.
    pub(crate) first_rows: i64,
    pub(crate) first_rupiah: i64,
    pub(crate) first_unknown: i64,
}

/// What was found, by what and by area; `letters` of the code tell the level: 5 for
/// regencies, 13 for villages.
pub(crate) async fn counted(
    conn: &mut Conn,
    run: i64,
    letters: i64,
    area: Option<&AreaCode>,
    sight: (String, Vec<Value>),
) -> Result<Vec<Counted>, Error> {
    let query = Query::new("SELECT what, ")
        .push("substr(area_code, 1, CAST(", letters)
        .raw(
            " AS INTEGER)) AS part, COUNT(*) AS rows, \
             CAST(COALESCE(SUM(rupiah), 0) AS BIGINT) AS rupiah, \
             COUNT(*) - COUNT(rupiah) AS unknown, \
             CAST(COALESCE(SUM(1 - further), 0) AS BIGINT) AS first_rows, \
             CAST(COALESCE(SUM(CASE WHEN further = 0 THEN rupiah END), 0) AS BIGINT) \
             AS first_rupiah, CAST(COALESCE(SUM(CASE WHEN further = 0 AND rupiah IS NULL \
             THEN 1 ELSE 0 END), 0) AS BIGINT) AS first_unknown FROM card_finding",
        )
        .push(" WHERE run = ", run)
        .condition(&format!(" AND {}", sight.0), sight.1);
    let query = within(query, area).raw(" GROUP BY 1, 2 ORDER BY 1, 2");
    conn.all_query(&query)
        .await?
        .iter()
        .map(|row| {
            Ok(Counted {
                what: word(row, "what", What::parse)?,
                area: maybe_code(row, "part")?,
                rows: row.get("rows")?,
                rupiah: row.get("rupiah")?,
                unknown: row.get("unknown")?,
                first_rows: row.get("first_rows")?,
                first_rupiah: row.get("first_rupiah")?,
                first_unknown: row.get("first_unknown")?,
            })
        })
        .collect()
}

/// How long the running list is in one area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TotalRow {
    /// None where no area is known.
    pub(crate) area: Option<AreaCode>,
    pub(crate) rows: i64,
    /// Of rows whose money is known.
    pub(crate) rupiah: i64,
    /// Rows whose money is not known.
    pub(crate) unknown: i64,
}

pub(crate) async fn write_totals(tx: &mut Tx, run: i64, rows: &[TotalRow]) -> Result<(), Error> {
    let values: Vec<Value> = rows
        .iter()
        .flat_map(|row| {
            [
                run.into(),
                row.area.as_ref().map_or("", AreaCode::as_str).into(),
                row.rows.into(),
                row.rupiah.into(),
                row.unknown.into(),
            ]
        })
        .collect();
    many(
        tx,
        "INSERT INTO card_total (run, area_code, rows, rupiah, unknown) VALUES ",
        5,
        &values,
    )
    .await
}

/// How long the running list is, by area; `letters` of the code tell the level.
pub(crate) async fn totals(
    conn: &mut Conn,
    run: i64,
    letters: i64,
    area: Option<&AreaCode>,
    sight: (String, Vec<Value>),
) -> Result<Vec<TotalRow>, Error> {
    let query = Query::new("SELECT ")
        .push("substr(area_code, 1, CAST(", letters)
        .raw(
            " AS INTEGER)) AS part, CAST(SUM(rows) AS BIGINT) AS rows, \
             CAST(SUM(rupiah) AS BIGINT) AS rupiah, CAST(SUM(unknown) AS BIGINT) AS unknown \
             FROM card_total",
        )
        .push(" WHERE run = ", run)
        .condition(&format!(" AND {}", sight.0), sight.1);
    let query = within(query, area).raw(" GROUP BY 1 ORDER BY 1");
    conn.all_query(&query)
        .await?
        .iter()
        .map(|row| {
            let part: String = row.get("part")?;
            let area = match part.as_str() {
                "" => None,
                code => Some(
                    code.parse()
                        .map_err(|_| Error::corrupt("card_total.area_code"))?,
                ),
            };
            Ok(TotalRow {
                area,
                rows: row.get("rows")?,
                rupiah: row.get("rupiah")?,
                unknown: row.get("unknown")?,
            })
        })
        .collect()
}

/// Which findings of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked<'a> {
    pub(crate) what: Option<What>,
    pub(crate) area: Option<&'a AreaCode>,
    /// Only behind this one, in the order of villages, rows and what was found.
    pub(crate) behind: Option<Behind>,
}

/// The last one of the page before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Behind {
    pub(crate) area: String,
    pub(crate) list: i64,
    pub(crate) number: i64,
    pub(crate) what: String,
}

/// Findings by village, then by row.
pub(crate) async fn some(
    conn: &mut Conn,
    run: i64,
    asked: &Asked<'_>,
    sight: (String, Vec<Value>),
    most: i64,
) -> Result<Vec<FindingRow>, Error> {
    let mut query = Query::new(
        "SELECT list, number, what, area_code, family, rupiah, value, with_list, with_number, \
         further FROM card_finding",
    )
    .push(" WHERE run = ", run)
    .condition(&format!(" AND {}", sight.0), sight.1);
    if let Some(what) = asked.what {
        query = query.push(" AND what = ", what.as_str());
    }
    query = within(query, asked.area);
    if let Some(behind) = &asked.behind {
        query = query.condition(
            " AND (COALESCE(area_code, '') > ? OR (COALESCE(area_code, '') = ? AND (list > ? \
             OR (list = ? AND (number > ? OR (number = ? AND what > ?))))))",
            vec![
                behind.area.as_str().into(),
                behind.area.as_str().into(),
                behind.list.into(),
                behind.list.into(),
                behind.number.into(),
                behind.number.into(),
                behind.what.as_str().into(),
            ],
        );
    }
    let query = query.push(
        " ORDER BY COALESCE(area_code, ''), list, number, what LIMIT ",
        most,
    );
    conn.all_query(&query).await?.iter().map(finding).collect()
}

/// What was found about a family.
pub(crate) async fn of_family(
    conn: &mut Conn,
    run: i64,
    family: Id<Family>,
) -> Result<Vec<FindingRow>, Error> {
    let query = Query::new(
        "SELECT list, number, what, area_code, family, rupiah, value, with_list, with_number, \
         further FROM card_finding",
    )
    .push(" WHERE run = ", run)
    .push(" AND family = ", family)
    .raw(" ORDER BY list, number, what LIMIT 200");
    conn.all_query(&query).await?.iter().map(finding).collect()
}

fn finding(row: &Row) -> Result<FindingRow, Error> {
    let list: Option<i64> = row.get("with_list")?;
    let with = match list {
        Some(list) => Some((list, small(row, "with_number")?)),
        None => None,
    };
    Ok(FindingRow {
        list: row.get("list")?,
        number: small(row, "number")?,
        what: word(row, "what", What::parse)?,
        area: maybe_code(row, "area_code")?,
        family: row.get("family")?,
        rupiah: row.get("rupiah")?,
        value: row.get("value")?,
        with,
        is_further: row.get::<i64>("further")? != 0,
    })
}
