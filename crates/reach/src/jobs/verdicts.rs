//! Decides what is known of each minute.
//!
//! Days whose evidence has changed are decided anew, and those behind them that rest on
//! them: the loss of a morning's first minutes is judged with the evening before, and what
//! is slow by the week before. A minute is decided when it has ended.

use std::collections::{BTreeMap, BTreeSet};

use base::id::{Id, Site};
use base::now::Wall;
use hall::Hall;
use reach_core::amend::{Amendment, amend};
use reach_core::evidence::Sheet;
use reach_core::fold::FINAL_AFTER;
use reach_core::judge::{self, RULE, Run, USUAL_DAYS, Usual};
use reach_core::slot::{Slot, SlotDay};
use store::{Conn, Error};

use crate::sql::evidence::{self as sheets, Dirty};
use crate::sql::verdict as rows;

/// Days of one transaction.
const DAYS: i64 = 2_000;

/// Days that rest on a day: those that it tells what is usual.
const RESTS: i64 = USUAL_DAYS;

/// Which days are decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// Those that have ended.
    Past,
    /// Those and the one that has not: once in a minute is enough.
    All,
}

/// What another edition of the rule has decided and is not final is decided anew.
pub(crate) async fn by_this_rule(hall: &Hall) -> Result<(), Error> {
    let from = Slot::of(hall.now().wall - FINAL_AFTER).day();
    let mut tx = hall.db().write().await?;
    if rows::is_by_another(&mut tx, RULE, from).await? {
        let days = sheets::decide_anew(&mut tx, from).await?;
        tracing::info!(
            days,
            rule = RULE,
            "the ledger is decided anew by another rule"
        );
    }
    tx.commit().await
}

/// A site's day, decided.
struct Decided {
    site: Id<Site>,
    day: SlotDay,
    what: Amendment,
    /// Whether all that is known of it was decided.
    is_whole: bool,
}

/// Decides what there is to be decided.
pub(crate) async fn pass(hall: &Hall, which: Which) -> Result<(), Error> {
    let now = hall.now().wall;
    let until = Slot::of(now);
    let before = match which {
        Which::Past => until.day(),
        Which::All => until.day().plus(1),
    };
    let mut after = None;
    while !hall.tasks().soft().is_cancelled() {
        let mut read = hall.db().read().await?;
        let dirty = sheets::dirty(&mut read, before, after, DAYS).await?;
        let Some(last) = dirty.last().copied() else {
            break;
        };
        // A day that has not ended stays to be decided, so it is walked past by name.
        after = Some(last);
        let mut decided = Vec::new();
        for (site, days) in by_site(&dirty) {
            decided.extend(of_site(&mut read, site, &days, until, now).await?);
        }
        drop(read);
        let mut tx = hall.db().write().await?;
        for one in &decided {
            rows::amend(&mut tx, one.site, one.day, &one.what, now).await?;
            if one.is_whole {
                sheets::decided(&mut tx, one.site, one.day).await?;
            }
        }
        tx.commit().await?;
    }
    Ok(())
}

fn by_site(dirty: &[Dirty]) -> BTreeMap<Id<Site>, BTreeSet<SlotDay>> {
    let mut sites: BTreeMap<Id<Site>, BTreeSet<SlotDay>> = BTreeMap::new();
    for one in dirty {
        sites.entry(one.site).or_default().insert(one.day);
    }
    sites
}

async fn of_site(
    conn: &mut Conn,
    site: Id<Site>,
    dirty: &BTreeSet<SlotDay>,
    until: Slot,
    now: Wall,
) -> Result<Vec<Decided>, Error> {
    let (Some(first), Some(last)) = (dirty.first(), dirty.last()) else {
        return Ok(Vec::new());
    };
    let from = first.plus(-RESTS);
    let to = last.plus(RESTS + 1).min(until.day().plus(1));
    let known = sheets::days(conn, site, from, to).await?;
    let rests = |day: &SlotDay| dirty.range(day.plus(-RESTS)..=*day).next().is_some();
    let days: Vec<SlotDay> = known.keys().copied().filter(rests).collect();
    let mut stand = rows::of_days(conn, site, *first, to).await?;
    Ok(decide(&known, &days, until)
        .into_iter()
        .map(|(day, runs)| {
            let standing = stand.remove(&day).unwrap_or_default();
            let is_whole = day < until.day() || {
                let later = &known[&day].minutes()[until.minute()..];
                later.iter().all(|it| *it == Default::default())
            };
            Decided {
                site,
                day,
                what: amend(&standing, &runs, RULE, now),
                is_whole,
            }
        })
        .collect())
}

/// Decides days of a site, of which these sheets are known.
pub(crate) fn decide(
    known: &BTreeMap<SlotDay, Sheet>,
    days: &[SlotDay],
    until: Slot,
) -> Vec<(SlotDay, Vec<Run>)> {
    // What is usual moves on with the days: each comes in once and goes out once.
    let mut usual = Usual::default();
    let mut within: BTreeSet<SlotDay> = BTreeSet::new();
    let mut decided = Vec::with_capacity(days.len());
    for day in days {
        let Some(sheet) = known.get(day) else {
            continue;
        };
        let wanted: BTreeSet<SlotDay> = known
            .range(day.plus(-USUAL_DAYS)..*day)
            .map(|(day, _)| *day)
            .collect();
        for gone in within.difference(&wanted) {
            usual.take(&known[gone]);
        }
        for come in wanted.difference(&within) {
            usual.add(&known[come]);
        }
        within = wanted;
        let before = known.get(&day.plus(-1));
        decided.push((*day, judge::day(*day, sheet, before, &usual, until)));
    }
    decided
}
