//! How much of a span each site was there.
//!
//! A site is asked about from the slot on in which it became active: before that nobody
//! owed anything, after it silence is no success. One without a box is asked about from
//! the first report of a router on. Where a site belongs to a point, its
//! village is the point's.

use std::collections::BTreeMap;
use std::ops::Range;

use base::area::{AreaCode, AreaLevel};
use base::id::{Excuse, Id, Site};
use base::month::Month;
use base::now::Wall;
use hall::Hall;
use hall::site::{self, Listed};
use reach_core::judge::Run;
use reach_core::slot::Slot;
use reach_core::uptime::{Counts, Excused, Overlay, counts};
use store::{Conn, Error};

use crate::sql::{excuse, point, presence, router, verdict};

/// A site that was active at some time.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) site: Listed,
    /// The village that it brings online; none where it stands for no village.
    pub(crate) village: Option<AreaCode>,
    /// In which slots it is asked about.
    pub(crate) active: Range<Slot>,
    /// Whether a router may tell of it.
    pub(crate) has_router: bool,
}

/// What is known of a site in a span.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    /// The slots that count: of the span those in which the site was active and that
    /// have ended.
    pub(crate) slots: Range<Slot>,
    pub(crate) counts: Counts,
    pub(crate) runs: Vec<Run>,
    /// What is laid over it, and by whom it was declared; by nobody: ours.
    pub(crate) excused: Vec<(Option<Id<Excuse>>, Excused)>,
}

/// From when on, and until when, each of some sites (all, if none are named) is asked
/// about, by its box and its routers; one that never had either is not there.
pub(crate) async fn asked_about(
    conn: &mut Conn,
    sites: Option<&[Id<Site>]>,
) -> Result<BTreeMap<Id<Site>, (Wall, Option<Wall>)>, Error> {
    let mut lives = site::lives(conn, sites).await?;
    for (site, router) in router::lives(conn).await? {
        if sites.is_none_or(|sites| sites.contains(&site))
            && let Some(life) = both(lives.get(&site).copied(), Some((router.since, router.to)))
        {
            lives.insert(site, life);
        }
    }
    Ok(lives)
}

/// All sites that were active at some time.
pub(crate) async fn members(conn: &mut Conn) -> Result<Vec<Member>, Error> {
    let lives = site::lives(conn, None).await?;
    let routers = router::lives(conn).await?;
    let points = point::fetch(conn, &point::list().raw(" AND p.site_id IS NOT NULL")).await?;
    let villages: BTreeMap<Id<Site>, AreaCode> = points
        .into_iter()
        .filter_map(|row| row.site.map(|site| (site, row.area)))
        .collect();
    let sites = site::all(conn).await?.into_iter();
    let members = sites.filter_map(|site| {
        let routers = routers.get(&site.id).map(|it| (it.since, it.to));
        let has_router = matches!(routers, Some((_, None)));
        let (since, to) = both(lives.get(&site.id).copied(), routers)?;
        let own = (site.form.area.level() == AreaLevel::Village).then(|| site.form.area.clone());
        let village = villages.get(&site.id).cloned().or(own);
        let end = to.map_or(Slot(i64::MAX), Slot::of);
        Some(Member {
            site,
            village,
            active: Slot::of(since)..end,
            has_router,
        })
    });
    Ok(members.collect())
}

/// From when on a site with a box, routers or both is asked about, and until when.
fn both(
    boxes: Option<(Wall, Option<Wall>)>,
    routers: Option<(Wall, Option<Wall>)>,
) -> Option<(Wall, Option<Wall>)> {
    let (Some((since, to)), Some((first, last))) = (boxes, routers) else {
        return boxes.or(routers);
    };
    // Until neither may speak any more.
    let ends = to.zip(last).map(|(to, last)| to.max(last));
    Some((since.min(first), ends))
}

/// What is known of sites in a span, as of now or as it was known then. `ended` is the
/// slot before which all have ended.
pub(crate) async fn kept(
    conn: &mut Conn,
    members: &[Member],
    span: &Range<Slot>,
    ended: Slot,
    known: Option<Wall>,
) -> Result<Vec<Kept>, Error> {
    // A question about a few sites reads those, one about many reads all.
    const FEW: usize = 50;
    let ids: Vec<_> = members.iter().map(|member| member.site.id).collect();
    let few = (ids.len() <= FEW).then_some(ids.as_slice());
    let mut runs = verdict::runs(conn, few, span, known).await?;
    let declared = excuse::touching(conn, Some(span)).await?;
    let declared: Vec<_> = declared
        .into_iter()
        .filter(|row| known.is_none_or(|known| row.declared <= known))
        .collect();
    let absent = presence::absent(conn, span).await?;
    let until = known.map_or(ended, |known| ended.min(Slot::of(known)));
    Ok(members
        .iter()
        .map(|member| {
            let start = span.start.max(member.active.start);
            let end = span.end.min(member.active.end).min(until);
            let slots = start..end.max(start);
            let runs = runs.remove(&member.site.id).unwrap_or_default();
            let excused = excused(member, &declared, &absent, known);
            let plain: Vec<_> = excused.iter().map(|(_, it)| it.clone()).collect();
            Kept {
                counts: counts(&slots, &runs, &plain),
                slots,
                runs,
                excused,
            }
        })
        .collect())
}

/// What is laid over a site.
fn excused(
    member: &Member,
    declared: &[excuse::ExcuseRow],
    absent: &[Range<Slot>],
    known: Option<Wall>,
) -> Vec<(Option<Id<Excuse>>, Excused)> {
    let form = &member.site.form;
    let ours = absent.iter().map(|slots| {
        let ours = Excused {
            overlay: Overlay::Ours,
            slots: slots.clone(),
            declared: slots.end.start(),
            approved: true,
        };
        (None, ours)
    });
    declared
        .iter()
        .filter(|row| row.is_about(member.site.id, &form.area, form.provider.as_deref()))
        .map(|row| {
            let mut it = row.excused();
            let late = |(at, ..): (Wall, _, _)| known.is_some_and(|known| at > known);
            it.approved &= !row.decided.is_some_and(late);
            (Some(row.id), it)
        })
        .chain(ours)
        .collect()
}

/// The slots of a month of the house's zone.
pub(crate) fn slots_of(hall: &Hall, month: Month) -> Range<Slot> {
    let before = month.first().plus(-1);
    let begins = before.map_or(Wall::from_us(0), |day| hall.end_of(day));
    Slot::of(begins)..Slot::of(hall.end_of(month.last()))
}

/// The regency that an area lies in.
pub(crate) fn regency(area: &AreaCode) -> Option<AreaCode> {
    let mut at = Some(area.clone());
    while let Some(code) = &at {
        if code.level() == AreaLevel::Regency {
            break;
        }
        at = code.parent();
    }
    at
}
