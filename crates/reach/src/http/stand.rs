//! How villages and their points stand, as of a time, as known at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use base::area::AreaCode;
use base::id::{Id, Site};
use base::now::Wall;
use hall::Hall;
use hall::claim::Moment;
use hall::guard::Place;
use reach_core::flow::State as Stage;
use reach_core::slot::Slot;
use reach_core::stand::{Stand, Tally, Which};
use serde::Serialize;
use store::{Conn, Error};
use utoipa::ToSchema;

use super::{Times, points};
use crate::ledger;
use crate::said::{self, OfVillage};
use crate::sql::Span;
use crate::sql::point::{self, PointRow, Stands};
use crate::sql::verdict;

/// Slots in which something has to be proven for a point to count as measured: those of
/// the last 24 hours.
const MEASURED_SLOTS: i64 = 1_440;

hall::words! {
    /// How a village stands: it was to be online (planned), people say that it is
    /// (reported), the ledger proves it (measured), people say it and it has no box
    /// (unmeasured), or people say something else than the ledger shows (differs).
    pub(super) StandWord = Which::ALL.map(Which::as_str)
}

/// Three voices about a village that are never mixed, and whether two of them differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = VillageStand)]
pub(super) struct StandView {
    /// Rencana: a list that stands names it, or it has a point that was not given back,
    /// taken elsewhere or refused.
    pub(super) planned: bool,
    /// Laporan: a point of it is active by its steps, or its status is by what the house
    /// says.
    pub(super) reported: bool,
    /// Terukur: whether the ledger proves a minute of the last 24 hours of one of its
    /// points; null: no point has a box or a router, so nobody can say.
    pub(super) measured: Option<bool>,
    /// Whether it is reported and not measured although something there may tell, or
    /// measured and not reported.
    pub(super) differs: bool,
}

impl From<Stand> for StandView {
    fn from(stand: Stand) -> Self {
        Self {
            planned: stand.planned,
            reported: stand.reported,
            measured: stand.measured,
            differs: stand.differs(),
        }
    }
}

/// A point, as it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) place: Place,
    pub(super) area: AreaCode,
    pub(super) state: Stage,
    /// Whether the ledger proves it; none: it has neither a box nor a router.
    pub(super) measured: Option<bool>,
}

/// What the ledger proves of sites, of the day that ends at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Measured {
    /// When that day ends.
    pub(super) at: Wall,
    /// Those with a box that was let in, or a router that was heard.
    tell: BTreeSet<Id<Site>>,
    up: BTreeSet<Id<Site>>,
}

impl Measured {
    /// Of the sites of points of an area. As of a day it is the day up to its end; as
    /// known on a day nothing behind that day is asked about.
    pub(super) async fn of(
        hall: &Hall,
        conn: &mut Conn,
        within: Option<&AreaCode>,
        times: Times,
    ) -> Result<Self, Error> {
        Self::of_span(hall, conn, within.into(), None, times).await
    }

    /// Of sites of points of some villages, or of those of them that are named.
    async fn of_span(
        hall: &Hall,
        conn: &mut Conn,
        span: Span<'_>,
        sites: Option<&[Id<Site>]>,
        times: Times,
    ) -> Result<Self, Error> {
        let at = at(hall, times);
        let lives = ledger::asked_about(conn, sites).await?;
        let may_tell = lives
            .into_iter()
            .filter(|(_, (since, to))| *since <= at && to.is_none_or(|to| to > at));
        Ok(Self {
            at,
            tell: may_tell.map(|(site, _)| site).collect(),
            up: verdict::up(conn, span, &day_to(at), times.said(hall)).await?,
        })
    }

    /// The slots that are looked at.
    #[cfg(feature = "print")]
    pub(super) fn slots(&self) -> Range<Slot> {
        day_to(self.at)
    }

    /// Whether the ledger proves a point with that site; none: nothing there may tell.
    pub(super) fn says(&self, site: Option<Id<Site>>) -> Option<bool> {
        let site = site.filter(|site| self.tell.contains(site))?;
        Some(self.up.contains(&site))
    }
}

/// The day that ends at a time: that instant is one of its last slot, which has ended with
/// it.
fn day_to(at: Wall) -> Range<Slot> {
    let end = Slot::of(Wall::from_us(at.as_us().saturating_add(1)));
    end.plus(-MEASURED_SLOTS)..end
}

/// Up to when a question looks.
fn at(hall: &Hall, times: Times) -> Wall {
    let asked = [times.happened(hall), times.said(hall)];
    asked.into_iter().flatten().fold(hall.now().wall, Wall::min)
}

/// The points of an area as they stood, and up to when was looked.
pub(super) async fn of_points(
    hall: &Hall,
    conn: &mut Conn,
    within: Option<&AreaCode>,
    times: Times,
) -> Result<(Wall, Vec<Standing>), Error> {
    if times.are_now() {
        return of_span(hall, conn, within.into()).await;
    }
    let brief = |(row, state): (PointRow, Stage)| Stands {
        area: row.area,
        agency: row.agency,
        site: row.site,
        state,
    };
    let rows = points::at(hall, conn, within, times).await?;
    let rows = rows.into_iter().map(brief).collect();
    standing(hall, conn, within.into(), rows, times).await
}

/// The points of some villages as they stand now, and when that is.
pub(super) async fn of_span(
    hall: &Hall,
    conn: &mut Conn,
    span: Span<'_>,
) -> Result<(Wall, Vec<Standing>), Error> {
    let rows = point::stands(conn, span).await?;
    standing(hall, conn, span, rows, Times::default()).await
}

async fn standing(
    hall: &Hall,
    conn: &mut Conn,
    span: Span<'_>,
    rows: Vec<Stands>,
    times: Times,
) -> Result<(Wall, Vec<Standing>), Error> {
    // A question about a few sites names those, one about many reads all.
    const FEW: usize = 500;
    let sites: Vec<_> = rows.iter().filter_map(|row| row.site).collect();
    let few = (sites.len() <= FEW).then_some(sites.as_slice());
    // Most villages have no box, and what has none is not measured.
    let measured = match sites.is_empty() {
        true => None,
        false => Some(Measured::of_span(hall, conn, span, few, times).await?),
    };
    let standing = rows.into_iter().map(|row| Standing {
        place: Place::new(Some(row.area.clone()), row.agency),
        area: row.area,
        state: row.state,
        measured: measured.as_ref().and_then(|it| it.says(row.site)),
    });
    Ok((at(hall, times), standing.collect()))
}

/// Points, counted by the village that they lie in.
pub(super) fn by_village(points: &[Standing]) -> BTreeMap<AreaCode, Tally> {
    let mut tallies: BTreeMap<AreaCode, Tally> = BTreeMap::new();
    for point in points {
        if let Some(tally) = tallies.get_mut(&point.area) {
            tally.take(point.state, point.measured);
            continue;
        }
        let mut tally = Tally::default();
        tally.take(point.state, point.measured);
        tallies.insert(point.area.clone(), tally);
    }
    tallies
}

/// What the house says of the villages of an area.
pub(super) async fn said_of(
    conn: &mut Conn,
    within: Option<&AreaCode>,
    moment: Moment,
) -> Result<BTreeMap<AreaCode, OfVillage>, Error> {
    if moment == Moment::default() {
        return said::today(conn, within.into()).await;
    }
    let found = said::at(conn, within, moment).await?;
    Ok(found
        .into_iter()
        .map(|(code, of)| (code, of.brief()))
        .collect())
}

/// How a village stands, by what the house says of it and by its points.
pub(super) fn stand(of: &OfVillage, points: &Tally) -> Result<Stand, Error> {
    Ok(Stand::of(of.lists > 0, of.said.status()?, points))
}
