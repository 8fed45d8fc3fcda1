//! Sites and what has happened to them: `hall_site`, `hall_site_step`.

use std::collections::BTreeMap;

use base::area::AreaCode;
use base::geo::Point;
use base::id::{Agency, Agent, Id, Person, Site};
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

use super::area::code;
use crate::site::{Kind, State, Step};

/// A site of the register.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SiteRow {
    pub(crate) id: Id<Site>,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) area: AreaCode,
    pub(crate) agency: Option<Id<Agency>>,
    pub(crate) point: Option<Point>,
    pub(crate) contact_name: Option<String>,
    pub(crate) contact_phone: Option<String>,
    pub(crate) provider: Option<String>,
    pub(crate) contract: Option<String>,
    pub(crate) state: State,
}

/// One step of a site's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StepRow {
    pub(crate) step: Step,
    pub(crate) state: State,
    pub(crate) at: Wall,
    pub(crate) by: Option<Id<Person>>,
    pub(crate) agent: Option<Id<Agent>>,
    pub(crate) why: Option<String>,
}

const SELECT: &str = "SELECT s.id, s.name, s.kind, s.area_code, s.agency_id, s.lat_deg, s.lon_deg, \
     s.contact_name, s.contact_phone, s.provider, s.contract, s.state FROM hall_site s WHERE 1 = 1";

/// Begins a list; conditions on `s` may follow.
pub(crate) fn list() -> Query {
    Query::new(SELECT)
}

pub(crate) async fn fetch(conn: &mut Conn, query: &Query) -> Result<Vec<SiteRow>, Error> {
    conn.all_query(query).await?.iter().map(site).collect()
}

pub(crate) async fn by_id(conn: &mut Conn, id: Id<Site>) -> Result<Option<SiteRow>, Error> {
    let query = list().push(" AND s.id = ", id);
    Ok(fetch(conn, &query).await?.pop())
}

/// When each of some sites (of all, if none are named) became active first, and when one
/// that is revoked was.
pub(crate) async fn lives(
    conn: &mut Conn,
    sites: Option<&[Id<Site>]>,
) -> Result<BTreeMap<Id<Site>, (Wall, Option<Wall>)>, Error> {
    let mut query = Query::new(
        "SELECT t.site_id, MIN(CASE WHEN t.state = 'active' THEN t.at_us END) AS since_us, \
         MAX(CASE WHEN s.state = 'revoked' AND t.state = 'revoked' THEN t.at_us END) AS to_us \
         FROM hall_site_step t JOIN hall_site s ON s.id = t.site_id",
    );
    if let Some(sites) = sites {
        let Some((first, others)) = sites.split_first() else {
            return Ok(BTreeMap::new());
        };
        query = query.push(" WHERE t.site_id IN (", *first);
        for site in others {
            query = query.push(", ", *site);
        }
        query = query.raw(")");
    }
    let rows = conn.all_query(&query.raw(" GROUP BY t.site_id")).await?;
    let mut lives = BTreeMap::new();
    for row in rows {
        let since: Option<Wall> = row.get("since_us")?;
        if let Some(since) = since {
            lives.insert(row.get("site_id")?, (since, row.get("to_us")?));
        }
    }
    Ok(lives)
}

pub(crate) async fn insert(tx: &mut Tx, row: &SiteRow, now: Wall) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_site (id, name, kind, area_code, agency_id, lat_deg, lon_deg, \
         contact_name, contact_phone, provider, contract, state, created_us, changed_us) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)",
        params![
            row.id,
            row.name.as_str(),
            row.kind.as_str(),
            row.area.as_str(),
            row.agency,
            row.point.map(Point::lat_deg),
            row.point.map(Point::lon_deg),
            row.contact_name.as_deref(),
            row.contact_phone.as_deref(),
            row.provider.as_deref(),
            row.contract.as_deref(),
            row.state.as_str(),
            now
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn update(tx: &mut Tx, row: &SiteRow, now: Wall) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_site SET name = $2, kind = $3, area_code = $4, agency_id = $5, lat_deg = $6, \
         lon_deg = $7, contact_name = $8, contact_phone = $9, provider = $10, contract = $11, \
         state = $12, changed_us = $13 WHERE id = $1",
        params![
            row.id,
            row.name.as_str(),
            row.kind.as_str(),
            row.area.as_str(),
            row.agency,
            row.point.map(Point::lat_deg),
            row.point.map(Point::lon_deg),
            row.contact_name.as_deref(),
            row.contact_phone.as_deref(),
            row.provider.as_deref(),
            row.contract.as_deref(),
            row.state.as_str(),
            now
        ],
    )
    .await?;
    Ok(())
}

/// Adds a step behind the others. Writers come one at a time.
pub(crate) async fn add_step(tx: &mut Tx, site: Id<Site>, row: &StepRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_site_step (site_id, seq, step, state, at_us, by_person, agent_id, why) \
         SELECT $1, COALESCE(MAX(seq), 0) + 1, $2, $3, $4, $5, $6, $7 FROM hall_site_step \
         WHERE site_id = $1",
        params![
            site,
            row.step.as_str(),
            row.state.as_str(),
            row.at,
            row.by,
            row.agent,
            row.why.as_deref()
        ],
    )
    .await?;
    Ok(())
}

/// What has happened to a site, the newest first.
pub(crate) async fn steps(conn: &mut Conn, site: Id<Site>) -> Result<Vec<StepRow>, Error> {
    conn.all(
        "SELECT step, state, at_us, by_person, agent_id, why FROM hall_site_step \
         WHERE site_id = $1 ORDER BY seq DESC",
        params![site],
    )
    .await?
    .iter()
    .map(|row| {
        let step: String = row.get("step")?;
        let state: String = row.get("state")?;
        Ok(StepRow {
            step: Step::parse(&step).ok_or_else(|| Error::corrupt("step"))?,
            state: State::parse(&state).ok_or_else(|| Error::corrupt("state"))?,
            at: row.get("at_us")?,
            by: row.get("by_person")?,
            agent: row.get("agent_id")?,
            why: row.get("why")?,
        })
    })
    .collect()
}

/// The point of two columns that are NULL together.
pub(super) fn point(row: &Row) -> Result<Option<Point>, Error> {
    match (row.get("lat_deg")?, row.get("lon_deg")?) {
        (Some(lat), Some(lon)) => Point::new(lat, lon)
            .map(Some)
            .map_err(|_| Error::corrupt("lat_deg")),
        _ => Ok(None),
    }
}

fn site(row: &Row) -> Result<SiteRow, Error> {
    let kind: String = row.get("kind")?;
    let state: String = row.get("state")?;
    Ok(SiteRow {
        id: row.get("id")?,
        name: row.get("name")?,
        kind: Kind::parse(&kind).ok_or_else(|| Error::corrupt("kind"))?,
        area: code(row, "area_code")?,
        agency: row.get("agency_id")?,
        point: point(row)?,
        contact_name: row.get("contact_name")?,
        contact_phone: row.get("contact_phone")?,
        provider: row.get("provider")?,
        contract: row.get("contract")?,
        state: State::parse(&state).ok_or_else(|| Error::corrupt("state"))?,
    })
}
