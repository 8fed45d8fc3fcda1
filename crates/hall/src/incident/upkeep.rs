//! What the house does with incidents by itself: says when a time is overrun, and tells
//! open pages what has changed.
//!
//! To be told is to be told by the live stream and by the list: the house sends no mail
//! and no message to a telephone yet. A level stands in the incident and in its steps,
//! so whoever looks later sees it too.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base::fact::Fact;
use base::id::{Id, Incident, Shift};
use base::now::Mono;
use serde_json::json;
use store::{Conn, Error, facts};

use super::{By, Command, Hand, changed, due, take};
use crate::Hall;
use crate::guard::{Permission, Place};
use crate::live::Event;
use crate::sql::incident as rows;
use crate::sql::shift as shifts;

/// How often somebody looks whether a time was overrun. The clock may be set meanwhile,
/// so nobody sleeps until the next one.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// Incidents that are looked at in one transaction. Bound; policy: the others come next.
const AT_ONCE: i64 = 200;

/// Facts that are read at once.
const FACTS: i64 = 500;

/// Since when the house has seen times out of reach, by the clock that nobody sets. At
/// most as many as are looked at in one transaction; a house that starts begins anew.
#[derive(Debug, Default)]
pub struct Waiting(BTreeMap<Id<Incident>, Mono>);

/// Looks after incidents until the house closes.
pub async fn keep(hall: Hall) {
    let mut waiting = Waiting::default();
    let mut commits = hall.db().commits();
    let stop = hall.tasks().soft().clone();
    let mut look = tokio::time::interval(LOOK_EVERY);
    let mut cursor = None;
    loop {
        match tell(&hall, cursor).await {
            Ok(newest) => cursor = Some(newest),
            Err(error) => tracing::error!(%error, "the facts could not be read"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            changed = commits.changed() => if changed.is_err() { return },
            _ = look.tick() => if let Err(error) = overruns(&hall, &mut waiting).await {
                tracing::error!(%error, "overrun times could not be written");
            },
        }
    }
}

/// Writes down which times were overrun by now; how many steps that were.
///
/// # Errors
/// If the database does not answer.
pub async fn overruns(hall: &Hall, waiting: &mut Waiting) -> Result<usize, Error> {
    let mut steps = 0;
    loop {
        let taken = look(hall, waiting).await?;
        steps += taken;
        // What is out of reach is found again and again.
        if taken == 0 {
            return Ok(steps);
        }
    }
}

async fn look(hall: &Hall, waiting: &mut Waiting) -> Result<usize, Error> {
    let now = hall.now();
    let mut read = hall.db().read().await?;
    let found = rows::overrun(&mut read, now.wall, due::LEVEL_MAX, AT_ONCE).await?;
    let mut ripe = Vec::new();
    let mut still = BTreeMap::new();
    for id in found {
        let Some(row) = rows::by_id(&mut read, id).await? else {
            continue;
        };
        let since = if due::is_out_of_reach(&row.standing, now.wall) {
            let since = waiting.0.get(&id).copied().unwrap_or(now.mono);
            still.insert(id, since);
            since
        } else {
            now.mono
        };
        let waited = now.mono.since(since);
        if due::overrun(&row.standing, now.wall, waited).is_some() {
            ripe.push((id, waited));
        }
    }
    drop(read);
    waiting.0 = still;
    if ripe.is_empty() {
        return Ok(0);
    }
    let mut steps = 0;
    let mut tx = hall.db().write().await?;
    let hand = Hand::house("incident");
    for (id, waited) in ripe {
        // Somebody may have taken note of it meanwhile.
        let Some(mut row) = rows::by_id(&mut tx, id).await? else {
            continue;
        };
        let tick = Command::Tick { waited };
        let ticked = row.standing.decide(tick, By::House, false, now.wall);
        let events = ticked.unwrap_or_default();
        if events.is_empty() {
            continue;
        }
        steps += events.len();
        take(&mut tx, now, &mut row, &events, &hand, None).await?;
        rows::update(&mut tx, &row).await?;
        changed(&mut tx, id, now.wall).await?;
    }
    tx.commit().await?;
    Ok(steps)
}

/// Tells open pages what has changed since a fact; the newest fact.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn tell(hall: &Hall, cursor: Option<i64>) -> Result<i64, Error> {
    let mut read = hall.db().read().await?;
    let Some(mut newest) = cursor else {
        return facts::newest(&mut read).await;
    };
    loop {
        let some = facts::after(&mut read, newest, FACTS).await?;
        if some.is_empty() {
            return Ok(newest);
        }
        let (mut incidents, mut turns) = (BTreeSet::new(), BTreeSet::new());
        for numbered in some {
            newest = numbered.number;
            match numbered.fact {
                Fact::IncidentChanged { incident } => {
                    incidents.insert(incident);
                }
                Fact::ShiftChanged { shift } => {
                    turns.insert(shift);
                }
                _ => {}
            }
        }
        for id in incidents {
            tell_incident(hall, &mut read, id).await?;
        }
        for id in turns {
            tell_shift(hall, &mut read, id).await?;
        }
    }
}

/// Whoever may see one of its places is told once, and nothing that people have written.
async fn tell_incident(hall: &Hall, conn: &mut Conn, id: Id<Incident>) -> Result<(), Error> {
    let Some(row) = rows::by_id(conn, id).await? else {
        return Ok(());
    };
    let mut places: Vec<Place> = Vec::new();
    for one in rows::subjects(conn, id).await? {
        // Also where it was once: there it goes out of the list.
        if !places.contains(&one.about.place) {
            places.push(one.about.place);
        }
    }
    let it = &row.standing;
    let data = json!({
        "id": id, "number": row.number, "kind": row.kind, "severity": it.severity,
        "state": it.state, "owner": it.owner, "level": it.level, "due_us": it.due,
        "steps": row.steps,
    });
    let mut places = places.into_iter();
    let Some(place) = places.next() else {
        return Ok(());
    };
    let event = Event {
        topic: "incident",
        permission: Permission::IncidentsRead,
        place,
        data,
    };
    hall.live().publish_over(event, places.collect());
    Ok(())
}

async fn tell_shift(hall: &Hall, conn: &mut Conn, id: Id<Shift>) -> Result<(), Error> {
    let Some(row) = shifts::by_id(conn, id).await? else {
        return Ok(());
    };
    let data = json!({
        "id": id, "number": row.number, "area": row.area, "person": row.person,
        "ended_us": row.ended,
    });
    hall.live().publish(Event {
        topic: "shift",
        permission: Permission::IncidentsRead,
        place: Place::new(Some(row.area), None),
        data,
    });
    Ok(())
}
