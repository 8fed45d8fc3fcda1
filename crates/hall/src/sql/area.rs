//! Areas and their outlines: `hall_area`, `hall_area_polygon`, `hall_seed`.

use std::collections::BTreeMap;

use base::area::{AreaCode, AreaLevel};
use base::geo::Point;
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Row, Sql, Tx, Value, params};

/// A row of the register.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AreaRow {
    pub(crate) code: AreaCode,
    pub(crate) name: String,
    pub(crate) level: AreaLevel,
    pub(crate) point: Option<Point>,
    pub(crate) point_quality: String,
    pub(crate) elevation_m: Option<f64>,
    pub(crate) postal_code: Option<String>,
    pub(crate) decree: String,
    pub(crate) valid_from: Option<Wall>,
    pub(crate) valid_to: Option<Wall>,
    pub(crate) successors: Vec<AreaCode>,
}

/// The names of those codes that the register has.
pub(crate) async fn names(
    conn: &mut Conn,
    codes: &[&AreaCode],
) -> Result<BTreeMap<AreaCode, String>, Error> {
    let mut query = Query::new("SELECT code, name FROM hall_area WHERE code IN (");
    for (i, code) in codes.iter().enumerate() {
        query = query.push(if i == 0 { "" } else { ", " }, code.as_str());
    }
    conn.all_query(&query.raw(")"))
        .await?
        .iter()
        .map(|row| Ok((self::code(row, "code")?, row.get("name")?)))
        .collect()
}

/// An imported outline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PolygonRow {
    pub(crate) code: AreaCode,
    pub(crate) name: String,
    pub(crate) geojson: String,
    pub(crate) source: String,
}

/// Rows of one INSERT: with eight values each it stays far below the 32,766
/// parameters of SQLite and saves a round trip per row.
const ROWS_AT_ONCE: usize = 200;

const SELECT: &str = "SELECT code, name, level, lat_deg, lon_deg, point_quality, elevation_m, \
     postal_code, decree, valid_from_us, valid_to_us, successors FROM hall_area WHERE 1 = 1";

/// Begins a list; conditions on unprefixed columns may follow.
pub(crate) fn list() -> Query {
    Query::new(SELECT)
}

pub(crate) async fn fetch(conn: &mut Conn, query: &Query) -> Result<Vec<AreaRow>, Error> {
    conn.all_query(query).await?.iter().map(area).collect()
}

pub(crate) async fn by_code(conn: &mut Conn, code: &AreaCode) -> Result<Option<AreaRow>, Error> {
    let query = list().push(" AND code = ", code.as_str());
    Ok(fetch(conn, &query).await?.pop())
}

pub(crate) async fn exists(conn: &mut Conn, code: &AreaCode) -> Result<bool, Error> {
    let row = conn
        .maybe(
            "SELECT 1 AS one FROM hall_area WHERE code = $1",
            params![code.as_str()],
        )
        .await?;
    Ok(row.is_some())
}

/// Adds rows of the embedded list, and brings those that are there up to date;
/// a surveyed point and an end that the operator has recorded are kept.
pub(crate) async fn put(tx: &mut Tx, rows: &[AreaRow]) -> Result<(), Error> {
    for some in rows.chunks(ROWS_AT_ONCE) {
        let mut text = String::from(
            "INSERT INTO hall_area (code, name, level, parent, lat_deg, lon_deg, point_quality, \
             elevation_m, postal_code, decree, successors) VALUES ",
        );
        let mut values: Vec<Value> = Vec::new();
        for (i, row) in some.iter().enumerate() {
            if i > 0 {
                text.push(',');
            }
            text.push('(');
            let parent = row.code.parent();
            let fields: [Value; 11] = [
                row.code.as_str().into(),
                row.name.as_str().into(),
                row.level.as_str().into(),
                parent.as_ref().map(AreaCode::as_str).into(),
                row.point.map(Point::lat_deg).into(),
                row.point.map(Point::lon_deg).into(),
                row.point_quality.as_str().into(),
                row.elevation_m.into(),
                row.postal_code.as_deref().into(),
                row.decree.as_str().into(),
                "".into(),
            ];
            for (j, field) in fields.into_iter().enumerate() {
                values.push(field);
                text.push_str(if j > 0 { ", $" } else { "$" });
                text.push_str(&values.len().to_string());
            }
            text.push(')');
        }
        text.push_str(
            " ON CONFLICT (code) DO UPDATE SET name = excluded.name, parent = excluded.parent, \
             decree = excluded.decree, postal_code = excluded.postal_code, \
             lat_deg = CASE WHEN hall_area.point_quality = 'surveyed' THEN hall_area.lat_deg ELSE excluded.lat_deg END, \
             lon_deg = CASE WHEN hall_area.point_quality = 'surveyed' THEN hall_area.lon_deg ELSE excluded.lon_deg END, \
             elevation_m = CASE WHEN hall_area.point_quality = 'surveyed' THEN hall_area.elevation_m ELSE excluded.elevation_m END",
        );
        tx.execute(Sql::built(text), &values).await?;
    }
    Ok(())
}

pub(crate) async fn put_polygon(
    tx: &mut Tx,
    code: &AreaCode,
    geojson: &str,
    source: &str,
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_area_polygon (code, geojson, source, imported_us) \
         VALUES ($1, $2, $3, $4) ON CONFLICT (code) DO UPDATE SET \
         geojson = excluded.geojson, source = excluded.source, imported_us = excluded.imported_us",
        params![code.as_str(), geojson, source, now],
    )
    .await?;
    Ok(())
}

/// Outlines of the areas of one level that lie in an area, or are its own.
pub(crate) async fn polygons(
    conn: &mut Conn,
    level: AreaLevel,
    within: &AreaCode,
) -> Result<Vec<PolygonRow>, Error> {
    conn.all(
        "SELECT p.code, a.name, p.geojson, p.source FROM hall_area_polygon p \
         JOIN hall_area a ON a.code = p.code \
         WHERE a.level = $1 AND (p.code = $2 OR p.code LIKE $3) ORDER BY p.code",
        params![level.as_str(), within.as_str(), format!("{within}.%")],
    )
    .await?
    .iter()
    .map(|row| {
        Ok(PolygonRow {
            code: code(row, "code")?,
            name: row.get("name")?,
            geojson: row.get("geojson")?,
            source: row.get("source")?,
        })
    })
    .collect()
}

/// Which edition of an embedded list was copied last.
pub(crate) async fn seeded(conn: &mut Conn, name: &str) -> Result<Option<Vec<u8>>, Error> {
    conn.maybe(
        "SELECT sha256 FROM hall_seed WHERE name = $1",
        params![name],
    )
    .await?
    .map(|row| row.get("sha256"))
    .transpose()
}

pub(crate) async fn mark_seeded(
    tx: &mut Tx,
    name: &str,
    sha256: &[u8],
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_seed (name, sha256, at_us) VALUES ($1, $2, $3) \
         ON CONFLICT (name) DO UPDATE SET sha256 = excluded.sha256, at_us = excluded.at_us",
        params![name, sha256, now],
    )
    .await?;
    Ok(())
}

/// An area code of a column that has to hold one.
pub(crate) fn code(row: &Row, column: &str) -> Result<AreaCode, Error> {
    row.get::<String>(column)?
        .parse()
        .map_err(|_| Error::corrupt(column))
}

/// An area code of a column that may be NULL.
pub(crate) fn maybe_code(row: &Row, column: &str) -> Result<Option<AreaCode>, Error> {
    row.get::<Option<String>>(column)?
        .map(|text| text.parse().map_err(|_| Error::corrupt(column)))
        .transpose()
}

fn area(row: &Row) -> Result<AreaRow, Error> {
    let level: String = row.get("level")?;
    let point = match (row.get("lat_deg")?, row.get("lon_deg")?) {
        (Some(lat), Some(lon)) => {
            Some(Point::new(lat, lon).map_err(|_| Error::corrupt("hall_area.lat_deg"))?)
        }
        _ => None,
    };
    Ok(AreaRow {
        code: code(row, "code")?,
        name: row.get("name")?,
        level: AreaLevel::ALL
            .into_iter()
            .find(|known| known.as_str() == level)
            .ok_or_else(|| Error::corrupt("hall_area.level"))?,
        point,
        point_quality: row.get("point_quality")?,
        elevation_m: row.get("elevation_m")?,
        postal_code: row.get("postal_code")?,
        decree: row.get("decree")?,
        valid_from: row.get("valid_from_us")?,
        valid_to: row.get("valid_to_us")?,
        successors: row
            .get::<String>("successors")?
            .split_whitespace()
            .map(|text| {
                text.parse()
                    .map_err(|_| Error::corrupt("hall_area.successors"))
            })
            .collect::<Result<_, _>>()?,
    })
}
