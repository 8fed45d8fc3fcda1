//! Makes evidence of what sites have said.
//!
//! Reports of routers are evidence of the minute in which they came, and of no other.
//!
//! Evidence is added record by record, behind a cursor. When the house comes to know
//! better when a boot of a box was, what is known of its site is made anew from the day
//! on in which that boot began: from the records, and from nothing that was made of them
//! before.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Duration;

use base::id::{Agent, Id, Site};
use base::now::{Mono, Wall};
use hall::Hall;
use hall::link::arrived::{self, Arrived, Clocks};
use hall::link::{kept, kinds};
use prost::Message as _;
use reach_core::evidence::{Mark, Seen, Sheet};
use reach_core::fold::{self, FINAL_AFTER, When};
use reach_core::round::{Began, Round};
use reach_core::slot::{Slot, SlotDay};
use store::{Conn, Error};

use crate::dishes;
use crate::speeds;
use crate::sql::{evidence as rows, router};

/// Records of one pass.
const RECORDS: i64 = 2_000;

/// What is said to have happened so long after it was said is not believed.
pub(crate) const AHEAD: Duration = Duration::from_secs(120);

/// Sheets by site and day.
type Sheets = BTreeMap<(Id<Site>, SlotDay), Sheet>;

/// Adds to the sheet of a day, which is looked up where it is not here yet.
async fn add(
    conn: &mut Conn,
    sheets: &mut Sheets,
    site: Id<Site>,
    mark: Mark,
) -> Result<(), Error> {
    let sheet = match sheets.entry((site, mark.day())) {
        Entry::Occupied(here) => here.into_mut(),
        Entry::Vacant(free) => {
            let was = rows::one(conn, site, mark.day()).await?;
            free.insert(was.unwrap_or_default())
        }
    };
    sheet.add(mark.slot.minute(), mark.what);
    Ok(())
}

/// Makes evidence; keeps what it knows of clocks.
#[derive(Debug, Default)]
pub(crate) struct Folder {
    clocks: Clocks,
}

impl Folder {
    /// Makes evidence of what has arrived; whether there may be more.
    pub(crate) async fn pass(&mut self, hall: &Hall) -> Result<bool, Error> {
        let mut read = hall.db().read().await?;
        let behind = rows::cursor(&mut read).await?;
        let arrived = arrived::after(&mut read, behind, RECORDS).await?;
        let Some(last) = arrived.last().map(|one| one.number) else {
            return Ok(false);
        };
        for one in &arrived {
            self.clocks.look_up(&mut read, one.agent).await?;
        }
        let mut anew = self.anew(&arrived);
        // Days whose records have been let go stay as they were made of them.
        if !anew.is_empty()
            && let Some(since) = kept::since(&mut read).await?
        {
            let whole = Slot::of(since + AHEAD).day().plus(1);
            anew.values_mut().for_each(|from| *from = whole.max(*from));
        }
        let mut sheets = Sheets::new();
        for (site, from) in &anew {
            sheets.extend(self.made_anew(&mut read, *site, *from, last).await?);
        }
        for one in &arrived {
            // From that day on it is in what was made anew; before, it is of an older boot.
            let from = anew.get(&one.site);
            for mark in self.marks(one) {
                if from.is_none_or(|from| mark.day() < *from) {
                    add(&mut read, &mut sheets, one.site, mark).await?;
                }
            }
        }
        drop(read);
        let now = hall.now();
        let mut tx = hall.db().write().await?;
        for ((site, day), sheet) in &sheets {
            rows::put(&mut tx, *site, *day, sheet, now.wall).await?;
        }
        dishes::take(&mut tx, now, &arrived, &self.clocks).await?;
        speeds::take(&mut tx, &arrived, &self.clocks).await?;
        rows::set_cursor(&mut tx, last).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Makes evidence of what routers have told; whether there may be more. What counts is
    /// when the house received it: a report that had waited for days shows that there is a
    /// line now.
    pub(crate) async fn routers(&self, hall: &Hall) -> Result<bool, Error> {
        let mut read = hall.db().read().await?;
        let told = router::unfolded(&mut read, RECORDS).await?;
        if told.is_empty() {
            return Ok(false);
        }
        let mut sheets = Sheets::new();
        for (_, _, site, received) in &told {
            add(&mut read, &mut sheets, *site, fold::heard(*received)).await?;
        }
        drop(read);
        let now = hall.now().wall;
        let mut tx = hall.db().write().await?;
        for ((site, day), sheet) in &sheets {
            rows::put(&mut tx, *site, *day, sheet, now).await?;
        }
        for (id, digest, _, _) in &told {
            router::set_folded(&mut tx, *id, digest).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Goes on with what was heard of clocks: of which sites everything is to be made
    /// anew, and from which day on.
    fn anew(&mut self, arrived: &[Arrived]) -> BTreeMap<Id<Site>, SlotDay> {
        let mut anew: BTreeMap<Id<Site>, SlotDay> = BTreeMap::new();
        for one in arrived {
            let began = |clocks: &Clocks| {
                let boot = *one.says.boot.as_bytes();
                clocks.at(one.agent, boot, Mono::default().as_us())
            };
            let was = began(&self.clocks);
            self.clocks.learn(one.agent, &one.says);
            if one.says.kind != CLOCK {
                continue;
            }
            let oldest = Slot::of(one.received - FINAL_AFTER);
            for at in [was, began(&self.clocks)].into_iter().flatten() {
                // The day before too: what was thought of the boot may have been off.
                let day = Slot::of(at).max(oldest).day().plus(-1);
                let from = anew.entry(one.site).or_insert(day);
                *from = day.min(*from);
            }
        }
        anew
    }

    /// What a site's records show, from a day on; days of which nothing is left are
    /// empty.
    async fn made_anew(
        &mut self,
        conn: &mut Conn,
        site: Id<Site>,
        from: SlotDay,
        last: i64,
    ) -> Result<Sheets, Error> {
        self.clocks.look_up_site(conn, site).await?;
        let held = rows::days(conn, site, from, SlotDay(i64::MAX)).await?;
        let empty = held.into_keys().map(|day| ((site, day), Sheet::default()));
        let mut sheets: Sheets = empty.collect();
        // Nothing is held before it has happened.
        let since = from.first().start() - AHEAD;
        let mut behind = 0;
        loop {
            let page = arrived::of_site(conn, site, since, behind, last, RECORDS).await?;
            let Some(end) = page.last().map(|one| one.number) else {
                break;
            };
            for mark in page.iter().flat_map(|one| self.marks(one)) {
                if mark.day() >= from {
                    let sheet = sheets.entry((site, mark.day())).or_default();
                    sheet.add(mark.slot.minute(), mark.what);
                } else if mark.what.seen.has(Seen::GONE) {
                    // Of a start, about days before: to add such marks twice is to add
                    // them once.
                    add(conn, &mut sheets, site, mark).await?;
                }
            }
            behind = end;
        }
        for received in router::heard(conn, site, from.first().start()).await? {
            let mark = fold::heard(received);
            let sheet = sheets.entry((site, mark.day())).or_default();
            sheet.add(mark.slot.minute(), mark.what);
        }
        Ok(sheets)
    }

    /// What one record shows.
    fn marks(&self, one: &Arrived) -> Vec<Mark> {
        let mut marks = Vec::new();
        if one.by_line {
            marks.push(fold::heard(one.received));
        }
        let at = self.clocks.of(one.agent, &one.says);
        if let Some(at) = at.filter(|at| *at <= one.received + AHEAD) {
            let known = OfBox(&self.clocks, one.agent);
            let body = one.says.body.as_slice();
            if one.says.kind == kinds::ROUND {
                // A body that is not what its kind says shows nothing.
                marks.extend(
                    Round::decode(body)
                        .iter()
                        .flat_map(|it| fold::round(at, it)),
                );
            } else if one.says.kind == kinds::BEGAN {
                let boot = one.says.boot.as_bytes();
                let began = Began::decode(body);
                marks.extend(
                    began
                        .iter()
                        .flat_map(|it| fold::began(at, boot, it, &known)),
                );
            }
        }
        let oldest = Slot::of(one.received - FINAL_AFTER);
        let newest = Slot::of(one.received + AHEAD);
        marks.retain(|mark| (oldest..=newest).contains(&mark.slot));
        marks
    }

    /// All evidence of a site from a day on, made from its records alone: what is kept
    /// has to be the same.
    pub(crate) async fn from_records(
        conn: &mut Conn,
        site: Id<Site>,
        from: SlotDay,
    ) -> Result<BTreeMap<SlotDay, Sheet>, Error> {
        let last = rows::cursor(conn).await?;
        let mut folder = Self::default();
        let made = folder.made_anew(conn, site, from, last).await?;
        let blank = Sheet::default();
        let made = made.into_iter().filter(|(_, sheet)| *sheet != blank);
        Ok(made.map(|((_, day), sheet)| (day, sheet)).collect())
    }
}

const CLOCK: sync::record::Kind = sync::record::Kind::CLOCK;

/// The clocks of one box.
struct OfBox<'c>(&'c Clocks, Id<Agent>);

impl When for OfBox<'_> {
    fn when(&self, boot: &[u8; 16], mono_us: u64) -> Option<Wall> {
        self.0.at(self.1, *boot, mono_us)
    }
}
