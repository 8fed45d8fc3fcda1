//! What was said of a point's way: `reach_event`.

use std::collections::BTreeMap;

use base::geo::Point as Degrees;
use base::id::{Id, Person, Point};
use reach_core::flow::{Cause, Event, Evidence, Said, State, Step};
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

use super::point::degrees;
use super::{maybe_word, small};

/// An event, and who said it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EventRow {
    pub(crate) event: Event,
    pub(crate) by: Id<Person>,
    /// Of a correction.
    pub(crate) why: Option<String>,
}

const SELECT: &str = "SELECT e.point_id, e.seq, e.corrects, e.to_state, e.happened_us, e.cause, \
     e.photo, e.lat_deg, e.lon_deg, e.serial, e.note, e.why, e.said_us, e.by_person FROM reach_event e";

/// What was said of a point, in order.
pub(crate) async fn of_point(conn: &mut Conn, point: Id<Point>) -> Result<Vec<EventRow>, Error> {
    let query = Query::new(SELECT)
        .push(" WHERE e.point_id = ", point)
        .raw(" ORDER BY e.seq");
    conn.all_query(&query).await?.iter().map(event).collect()
}

/// What was said of the points of an area, by point.
pub(crate) async fn within(
    conn: &mut Conn,
    area: Option<&base::area::AreaCode>,
) -> Result<BTreeMap<Id<Point>, Vec<EventRow>>, Error> {
    let mut query = Query::new(SELECT);
    if let Some(area) = area {
        query = query
            .raw(" JOIN reach_point p ON p.id = e.point_id")
            .push(" WHERE (p.area_code = ", area.as_str())
            .push(" OR p.area_code LIKE ", format!("{area}.%"))
            .raw(")");
    }
    let query = query.raw(" ORDER BY e.point_id, e.seq");
    let mut found: BTreeMap<Id<Point>, Vec<EventRow>> = BTreeMap::new();
    for row in conn.all_query(&query).await? {
        let point = row.get("point_id")?;
        found.entry(point).or_default().push(event(&row)?);
    }
    Ok(found)
}

/// Points of which a serial number was said, the given one left out.
pub(crate) async fn with_serial(
    conn: &mut Conn,
    serial: &str,
    but: Id<Point>,
) -> Result<Vec<Id<Point>>, Error> {
    conn.all(
        "SELECT DISTINCT point_id FROM reach_event WHERE serial = $1 AND point_id <> $2",
        params![serial, but],
    )
    .await?
    .iter()
    .map(|row| row.get("point_id"))
    .collect()
}

pub(crate) async fn append(tx: &mut Tx, point: Id<Point>, row: &EventRow) -> Result<(), Error> {
    let (corrects, step) = match &row.event.kind {
        Said::Took(step) => (None, Some(step)),
        Said::Corrected { of, instead } => (Some(i64::from(*of)), instead.as_ref()),
    };
    let evidence = step.map(|step| step.evidence.clone()).unwrap_or_default();
    tx.execute(
        "INSERT INTO reach_event (point_id, seq, corrects, to_state, happened_us, cause, photo, \
         lat_deg, lon_deg, serial, note, why, said_us, by_person) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        params![
            point,
            i64::from(row.event.seq),
            corrects,
            step.map(|step| step.to.as_str()),
            step.map(|step| step.happened),
            step.and_then(|step| step.cause).map(Cause::as_str),
            evidence.photo,
            evidence.gps.map(Degrees::lat_deg),
            evidence.gps.map(Degrees::lon_deg),
            evidence.serial,
            evidence.note,
            row.why.as_deref(),
            row.event.said,
            row.by
        ],
    )
    .await?;
    Ok(())
}

fn event(row: &Row) -> Result<EventRow, Error> {
    let to = maybe_word(row, "to_state", State::parse)?;
    let step = to
        .map(|to| {
            Ok::<_, Error>(Step {
                to,
                happened: row.get("happened_us")?,
                cause: maybe_word(row, "cause", Cause::parse)?,
                evidence: Evidence {
                    photo: row.get("photo")?,
                    gps: degrees(row)?,
                    serial: row.get("serial")?,
                    note: row.get("note")?,
                },
            })
        })
        .transpose()?;
    let corrects: Option<i64> = row.get("corrects")?;
    let kind = match (corrects, step) {
        (None, Some(step)) => Said::Took(step),
        (None, None) => return Err(Error::corrupt("to_state")),
        (Some(of), instead) => Said::Corrected {
            of: u32::try_from(of).map_err(|_| Error::corrupt("corrects"))?,
            instead,
        },
    };
    Ok(EventRow {
        event: Event {
            seq: small(row, "seq")?,
            said: row.get("said_us")?,
            kind,
        },
        by: row.get("by_person")?,
        why: row.get("why")?,
    })
}
