//! What was decided of each minute: `reach_verdict`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use base::area::AreaCode;
use base::id::{Id, Site};
use base::now::Wall;
use reach_core::amend::{Amendment, Standing, joined};
use reach_core::evidence::Seen;
use reach_core::judge::{Cause, Run, State, Verdict};
use reach_core::slot::{Slot, SlotDay};
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

use super::{Span, point, small, word};

const COLUMNS: &str = "v.site_id, v.from_slot, v.to_slot, v.state, v.cause, v.basis, v.rule, \
     v.decided_us";

fn standing(row: &Row) -> Result<Standing, Error> {
    let basis: i64 = row.get("basis")?;
    Ok(Standing {
        run: Run {
            slots: Slot(row.get("from_slot")?)..Slot(row.get("to_slot")?),
            verdict: Verdict {
                state: word(row, "state", State::of)?,
                cause: word(row, "cause", Cause::of)?,
                basis: Seen(u16::try_from(basis).map_err(|_| Error::corrupt("basis"))?),
            },
        },
        rule: small(row, "rule")?,
        decided: row.get("decided_us")?,
    })
}

/// What stands of days of a site, from one on and up to another, without it: each day's
/// in the order of slots.
pub(crate) async fn of_days(
    conn: &mut Conn,
    site: Id<Site>,
    from: SlotDay,
    to: SlotDay,
) -> Result<BTreeMap<SlotDay, Vec<Standing>>, Error> {
    let query = Query::new("SELECT ")
        .condition(COLUMNS, Vec::new())
        .push(
            " FROM reach_verdict v WHERE v.superseded_us IS NULL AND v.site_id = ",
            site,
        )
        .push(" AND v.day >= ", from.0)
        .push(" AND v.day < ", to.0)
        .raw(" ORDER BY v.from_slot");
    let mut found: BTreeMap<SlotDay, Vec<Standing>> = BTreeMap::new();
    for row in &conn.all_query(&query).await? {
        let one = standing(row)?;
        found
            .entry(one.run.slots.start.day())
            .or_default()
            .push(one);
    }
    Ok(found)
}

/// Amends what stands of a day.
pub(crate) async fn amend(
    tx: &mut Tx,
    site: Id<Site>,
    day: SlotDay,
    what: &Amendment,
    now: Wall,
) -> Result<(), Error> {
    for from in &what.superseded {
        tx.execute(
            "UPDATE reach_verdict SET superseded_us = $4 WHERE site_id = $1 AND day = $2 \
             AND from_slot = $3 AND superseded_us IS NULL",
            params![site, day.0, from.0, now],
        )
        .await?;
    }
    for (from, to) in &what.grown {
        tx.execute(
            "UPDATE reach_verdict SET to_slot = $4 WHERE site_id = $1 AND day = $2 \
             AND from_slot = $3 AND superseded_us IS NULL",
            params![site, day.0, from.0, to.0],
        )
        .await?;
    }
    for one in &what.written {
        let verdict = one.run.verdict;
        tx.execute(
            "INSERT INTO reach_verdict (site_id, day, from_slot, to_slot, state, cause, basis, \
             rule, decided_us, written_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            params![
                site,
                day.0,
                one.run.slots.start.0,
                one.run.slots.end.0,
                verdict.state.as_str(),
                verdict.cause.as_str(),
                i64::from(verdict.basis.0),
                i64::from(one.rule),
                one.decided,
                now
            ],
        )
        .await?;
    }
    Ok(())
}

/// What was decided of slots of some sites (of all, if none are named), as of now or as
/// it was known then: each site's runs, in their order. What is known of no slot is not
/// there.
pub(crate) async fn runs(
    conn: &mut Conn,
    sites: Option<&[Id<Site>]>,
    slots: &Range<Slot>,
    known: Option<Wall>,
) -> Result<BTreeMap<Id<Site>, Vec<Run>>, Error> {
    let mut query = Query::new("SELECT ")
        .condition(COLUMNS, Vec::new())
        .push(" FROM reach_verdict v WHERE v.day >= ", slots.start.day().0)
        .push(" AND v.day <= ", slots.end.plus(-1).day().0)
        .push(" AND v.from_slot < ", slots.end.0)
        .push(" AND v.to_slot > ", slots.start.0);
    query = standing_as_known(query, known);
    if let Some(sites) = sites {
        let marks = vec!["?"; sites.len().max(1)].join(", ");
        let mut values: Vec<store::Value> = sites.iter().map(|site| (*site).into()).collect();
        if values.is_empty() {
            values.push(store::Value::Bytes(None));
        }
        query = query.condition(&format!(" AND v.site_id IN ({marks})"), values);
    }
    let query = query.raw(" ORDER BY v.site_id, v.from_slot");
    let mut found: BTreeMap<Id<Site>, Vec<Run>> = BTreeMap::new();
    for row in &conn.all_query(&query).await? {
        let mut run = standing(row)?.run;
        run.slots.start = run.slots.start.max(slots.start);
        // A row grows by minutes as they end: then it had grown to there.
        let until = known.map_or(slots.end, |known| slots.end.min(Slot::of(known)));
        run.slots.end = run.slots.end.min(until);
        if run.slots.start < run.slots.end {
            found.entry(row.get("site_id")?).or_default().push(run);
        }
    }
    for runs in found.values_mut() {
        *runs = joined(std::mem::take(runs));
    }
    Ok(found)
}

/// Whether something stands, from a day on, that another edition of the rule has decided.
pub(crate) async fn is_by_another(
    conn: &mut Conn,
    rule: u32,
    from: SlotDay,
) -> Result<bool, Error> {
    let found = conn
        .maybe(
            "SELECT rule FROM reach_verdict WHERE superseded_us IS NULL AND rule <> $1 \
             AND day >= $2 LIMIT 1",
            params![i64::from(rule), from.0],
        )
        .await?;
    Ok(found.is_some())
}

/// Those verdicts `v` that stand, as of now or as it was known then.
fn standing_as_known(query: Query, known: Option<Wall>) -> Query {
    match known {
        None => query.raw(" AND v.superseded_us IS NULL"),
        Some(known) => query
            .push(" AND v.written_us <= ", known)
            .push(" AND (v.superseded_us IS NULL OR v.superseded_us > ", known)
            .raw(")"),
    }
}

/// Only the verdicts `v` that prove a minute of some slots.
fn proving(query: Query, slots: &Range<Slot>) -> Query {
    query
        .push(" AND v.day >= ", slots.start.day().0)
        .push(" AND v.day <= ", slots.end.plus(-1).day().0)
        .push(" AND v.from_slot < ", slots.end.0)
        .push(" AND v.to_slot > ", slots.start.0)
        .raw(" AND v.state IN ('up', 'degraded')")
}

/// Sites of points of some villages of which a minute of some slots is proven, as of now or
/// as it was known then. What was known is known of slots that had ended.
pub(crate) async fn up(
    conn: &mut Conn,
    span: Span<'_>,
    slots: &Range<Slot>,
    known: Option<Wall>,
) -> Result<BTreeSet<Id<Site>>, Error> {
    // One row of a site is enough: none is asked for more.
    let query = Query::new("SELECT p.site_id FROM reach_point p WHERE p.site_id IS NOT NULL");
    let mut query = span.narrow(query);
    query = query.raw(" AND EXISTS (SELECT 1 FROM reach_verdict v WHERE v.site_id = p.site_id");
    query = standing_as_known(proving(query, slots), known).raw(")");
    let rows = conn.all_query(&query).await?;
    rows.iter().map(|row| row.get("site_id")).collect()
}

/// How many of some slots are proven of each site of a point of an area, as of now or as
/// it was known then; sites of which none is are not there. What was known is known of
/// slots that had ended.
pub(crate) async fn proven(
    conn: &mut Conn,
    area: Option<&AreaCode>,
    slots: &Range<Slot>,
    known: Option<Wall>,
) -> Result<BTreeMap<Id<Site>, u32>, Error> {
    let mut query = Query::new("SELECT v.site_id, CAST(SUM(CASE WHEN v.to_slot < ")
        .push("", slots.end.0)
        .push(" THEN v.to_slot ELSE ", slots.end.0)
        .push(" END - CASE WHEN v.from_slot > ", slots.start.0)
        .push(" THEN v.from_slot ELSE ", slots.start.0)
        .raw(
            " END) AS BIGINT) AS slots FROM reach_point p \
             JOIN reach_verdict v ON v.site_id = p.site_id WHERE 1 = 1",
        );
    if let Some(area) = area {
        query = point::within(query, area);
    }
    query = standing_as_known(proving(query, slots), known).raw(" GROUP BY v.site_id");
    conn.all_query(&query)
        .await?
        .iter()
        .map(|row| Ok((row.get("site_id")?, small(row, "slots")?)))
        .collect()
}

/// Writes another state over what stands at a slot, as nobody may: for tests.
#[cfg(test)]
pub(crate) async fn forge(
    tx: &mut Tx,
    site: Id<Site>,
    at: Slot,
    state: State,
) -> Result<u64, Error> {
    tx.execute(
        "UPDATE reach_verdict SET state = $3 WHERE site_id = $1 AND from_slot <= $2 \
         AND to_slot > $2 AND superseded_us IS NULL",
        params![site, at.0, state.as_str()],
    )
    .await
}
