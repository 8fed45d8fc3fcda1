//! Points of villages and their photographs: `reach_point`, `reach_photo`.

use base::area::AreaCode;
use base::geo::Point as Degrees;
use base::id::{Agency, Id, Person, Point, Site};
use base::now::Wall;
use hall::Hall;
use reach_core::flow::State;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

use super::{Span, code, word};

/// A point.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PointRow {
    pub(crate) id: Id<Point>,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) area: AreaCode,
    pub(crate) agency: Option<Id<Agency>>,
    pub(crate) degrees: Option<Degrees>,
    pub(crate) open_to_citizens: Option<bool>,
    pub(crate) open_hours: Option<String>,
    pub(crate) radius_m: Option<i64>,
    pub(crate) users_a_day: Option<i64>,
    pub(crate) site: Option<Id<Site>>,
    pub(crate) state: State,
    pub(crate) since: Option<Wall>,
    pub(crate) added: Wall,
    pub(crate) changed: Wall,
    pub(crate) retired: Option<Wall>,
}

impl PointRow {
    /// One that is listed from now on, and of which nothing more is known.
    pub(crate) fn new(hall: &Hall, area: AreaCode, now: Wall) -> Self {
        Self {
            id: hall.mint(),
            name: String::new(),
            kind: String::new(),
            area,
            agency: None,
            degrees: None,
            open_to_citizens: None,
            open_hours: None,
            radius_m: None,
            users_a_day: None,
            site: None,
            state: State::Listed,
            since: None,
            added: now,
            changed: now,
            retired: None,
        }
    }
}

const SELECT: &str = "SELECT p.id, p.name, p.kind, p.area_code, p.agency_id, p.lat_deg, \
     p.lon_deg, p.open_to_citizens, p.open_hours, p.radius_m, p.users_a_day, p.site_id, p.state, \
     p.state_us, p.added_us, p.changed_us, p.retired_us FROM reach_point p WHERE 1 = 1";

/// Begins a list; conditions on `p` may follow.
pub(crate) fn list() -> Query {
    Query::new(SELECT)
}

/// Only what lies in an area.
pub(crate) fn within(query: Query, area: &AreaCode) -> Query {
    query
        .push(" AND (p.area_code = ", area.as_str())
        .push(" OR p.area_code LIKE ", format!("{area}.%"))
        .raw(")")
}

pub(crate) async fn fetch(conn: &mut Conn, query: &Query) -> Result<Vec<PointRow>, Error> {
    conn.all_query(query).await?.iter().map(point).collect()
}

pub(crate) async fn by_id(conn: &mut Conn, id: Id<Point>) -> Result<Option<PointRow>, Error> {
    let query = list().push(" AND p.id = ", id);
    Ok(fetch(conn, &query).await?.pop())
}

/// What of a point counts for its village.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stands {
    pub(crate) area: AreaCode,
    pub(crate) agency: Option<Id<Agency>>,
    pub(crate) site: Option<Id<Site>>,
    pub(crate) state: State,
}

/// How far the points of some villages have come by now, those that are on.
pub(crate) async fn stands(conn: &mut Conn, span: Span<'_>) -> Result<Vec<Stands>, Error> {
    let query = Query::new(
        "SELECT area_code, agency_id, site_id, state FROM reach_point WHERE retired_us IS NULL",
    );
    conn.all_query(&span.narrow(query))
        .await?
        .iter()
        .map(|row| {
            Ok(Stands {
                area: code(row, "area_code")?,
                agency: row.get("agency_id")?,
                site: row.get("site_id")?,
                state: word(row, "state", State::parse)?,
            })
        })
        .collect()
}

/// Which point a site belongs to.
pub(crate) async fn by_site(conn: &mut Conn, site: Id<Site>) -> Result<Option<PointRow>, Error> {
    let query = list().push(" AND p.site_id = ", site);
    Ok(fetch(conn, &query).await?.pop())
}

/// Adds a point, or brings it up to date; its first day stays.
pub(crate) async fn put(tx: &mut Tx, row: &PointRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO reach_point (id, name, kind, area_code, agency_id, lat_deg, lon_deg, \
         open_to_citizens, open_hours, radius_m, users_a_day, site_id, state, state_us, added_us, \
         changed_us, retired_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, \
         $14, $15, $16, $17) ON CONFLICT (id) DO UPDATE SET name = excluded.name, \
         kind = excluded.kind, area_code = excluded.area_code, agency_id = excluded.agency_id, \
         lat_deg = excluded.lat_deg, lon_deg = excluded.lon_deg, \
         open_to_citizens = excluded.open_to_citizens, open_hours = excluded.open_hours, \
         radius_m = excluded.radius_m, users_a_day = excluded.users_a_day, \
         site_id = excluded.site_id, state = excluded.state, state_us = excluded.state_us, \
         changed_us = excluded.changed_us, retired_us = excluded.retired_us",
        params![
            row.id,
            row.name.as_str(),
            row.kind.as_str(),
            row.area.as_str(),
            row.agency,
            row.degrees.map(Degrees::lat_deg),
            row.degrees.map(Degrees::lon_deg),
            row.open_to_citizens,
            row.open_hours.as_deref(),
            row.radius_m,
            row.users_a_day,
            row.site,
            row.state.as_str(),
            row.since,
            row.added,
            row.changed,
            row.retired
        ],
    )
    .await?;
    Ok(())
}

/// Writes that a photograph is one of that point; the file lies in the blobs.
pub(crate) async fn put_photo(
    tx: &mut Tx,
    point: Id<Point>,
    sha256: &str,
    media_type: &str,
    at: Wall,
    by: Id<Person>,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO reach_photo (point_id, sha256, media_type, put_us, by_person) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (point_id, sha256) DO NOTHING",
        params![point, sha256, media_type, at, by],
    )
    .await?;
    Ok(())
}

/// The media type of a photograph of that point, if it is one.
pub(crate) async fn photo(
    conn: &mut Conn,
    point: Id<Point>,
    sha256: &str,
) -> Result<Option<String>, Error> {
    let text = "SELECT media_type FROM reach_photo WHERE point_id = $1 AND sha256 = $2";
    conn.maybe(text, params![point, sha256])
        .await?
        .map(|row| row.get("media_type"))
        .transpose()
}

fn point(row: &Row) -> Result<PointRow, Error> {
    Ok(PointRow {
        id: row.get("id")?,
        name: row.get("name")?,
        kind: row.get("kind")?,
        area: code(row, "area_code")?,
        agency: row.get("agency_id")?,
        degrees: degrees(row)?,
        open_to_citizens: row.get("open_to_citizens")?,
        open_hours: row.get("open_hours")?,
        radius_m: row.get("radius_m")?,
        users_a_day: row.get("users_a_day")?,
        site: row.get("site_id")?,
        state: word(row, "state", State::parse)?,
        since: row.get("state_us")?,
        added: row.get("added_us")?,
        changed: row.get("changed_us")?,
        retired: row.get("retired_us")?,
    })
}

/// Degrees of a row that has them in `lat_deg` and `lon_deg`.
pub(crate) fn degrees(row: &Row) -> Result<Option<Degrees>, Error> {
    let (lat, lon): (Option<f64>, Option<f64>) = (row.get("lat_deg")?, row.get("lon_deg")?);
    lat.zip(lon)
        .map(|(lat, lon)| Degrees::new(lat, lon).map_err(|_| Error::corrupt("lat_deg")))
        .transpose()
}
