//! Decides what is known of each minute.
//!
//! Days whose evidence has changed are decided anew, and those behind them that rest on
//! them: the loss of a morning's first minutes is judged with the evening before, and what
//! is slow by the week before. A minute is decided when it has ended.

use std::collections::{BTreeMap, BTreeSet};

use base::id::{Id, Site};
use base::now::Wall;
use futures::FutureExt as _;
use futures::stream::{FuturesUnordered, StreamExt as _};
use hall::Hall;
use reach_core::amend::{Amendment, Standing, amend};
use reach_core::evidence::Sheet;
use reach_core::fold::FINAL_AFTER;
use reach_core::judge::{self, RULE, Run, USUAL_DAYS, Usual};
use reach_core::slot::{Slot, SlotDay};
use store::{Conn, Error};

use crate::sql::evidence::{self as sheets, Dirty, Packed};
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

/// Sites that are judged at the same time, on as many processors. Bound; policy: the
/// next is read when one is done. Each has at most its days of a month and a week on
/// either side in memory, half a megabyte.
const LANES: usize = 4;

/// What was decided of a site.
struct OfSite {
    site: Id<Site>,
    days: Vec<Decided>,
}

/// A day, decided.
struct Decided {
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
        // Sites are read one after the other, and judged beside each other meanwhile.
        let mut lanes = FuturesUnordered::new();
        let mut decided = Vec::new();
        for (site, days) in by_site(&dirty) {
            if lanes.len() == LANES
                && let Some(of) = lanes.next().await
            {
                decided.push(of?);
            }
            let asked = Asked::read(&mut read, site, days, until, now).await?;
            lanes.push(judged(hall, asked));
            // Whoever is looked at once begins.
            if let Some(Some(of)) = lanes.next().now_or_never() {
                decided.push(of?);
            }
        }
        drop(read);
        while let Some(of) = lanes.next().await {
            decided.push(of?);
        }
        let mut tx = hall.db().write().await?;
        for of in &decided {
            for one in of.days.iter().filter(|one| !one.what.is_nothing()) {
                rows::amend(&mut tx, of.site, one.day, &one.what, now).await?;
            }
            let whole = of.days.iter().filter(|one| one.is_whole);
            let whole: Vec<SlotDay> = whole.map(|one| one.day).collect();
            sheets::decided(&mut tx, of.site, &whole).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// Judges a site where it holds nobody up.
async fn judged(hall: &Hall, asked: Asked) -> Result<OfSite, Error> {
    hall.tasks()
        .blocking("reach.verdicts", move || asked.judge())
        .await
        .map_err(|undone| Error::Unavailable(undone.to_string()))?
}

fn by_site(dirty: &[Dirty]) -> BTreeMap<Id<Site>, BTreeSet<SlotDay>> {
    let mut sites: BTreeMap<Id<Site>, BTreeSet<SlotDay>> = BTreeMap::new();
    for one in dirty {
        sites.entry(one.site).or_default().insert(one.day);
    }
    sites
}

/// A site with days to be decided, and what is known of them.
struct Asked {
    site: Id<Site>,
    dirty: BTreeSet<SlotDay>,
    known: Packed,
    stand: BTreeMap<SlotDay, Vec<Standing>>,
    until: Slot,
    now: Wall,
}

impl Asked {
    /// Reads what is known.
    async fn read(
        conn: &mut Conn,
        site: Id<Site>,
        dirty: BTreeSet<SlotDay>,
        until: Slot,
        now: Wall,
    ) -> Result<Self, Error> {
        let day = |at: Option<&SlotDay>| at.copied().unwrap_or(until.day());
        let (first, last) = (day(dirty.first()), day(dirty.last()));
        let from = first.plus(-RESTS);
        let to = last.plus(RESTS + 1).min(until.day().plus(1));
        Ok(Self {
            site,
            known: sheets::packed(conn, site, from, to).await?,
            stand: rows::of_days(conn, site, first, to).await?,
            dirty,
            until,
            now,
        })
    }

    fn judge(mut self) -> Result<OfSite, Error> {
        let until = self.until;
        let known = self.known.unpacked()?;
        let rests = |day: &SlotDay| {
            let before = self.dirty.range(day.plus(-RESTS)..=*day);
            before.take(1).count() > 0
        };
        let days: Vec<SlotDay> = known.keys().copied().filter(rests).collect();
        let decided = decide(&known, &days, until).into_iter().map(|(day, runs)| {
            let standing = self.stand.remove(&day).unwrap_or_default();
            let is_whole = day < until.day() || {
                let later = &known[&day].minutes()[until.minute()..];
                later.iter().all(|it| *it == Default::default())
            };
            Decided {
                day,
                what: amend(&standing, &runs, RULE, self.now),
                is_whole,
            }
        });
        Ok(OfSite {
            site: self.site,
            days: decided.collect(),
        })
    }
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
