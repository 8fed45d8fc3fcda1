//! `/api/v1/sites/{site}/ledger/proof`: the ledger of a site, made anew from its records.

use std::ops::Range;

use axum::extract::State;
use base::id::{Id, Site};
use hall::Hall;
use hall::guard::{Guarded as _, Permission, Who};
use hall::link::kept;
use hall::problem::{Path, Problem, Query};
use reach_core::judge::{RULE, Run, Verdict};
use reach_core::slot::{Slot, SlotDay, each};
use reach_core::uptime::counts;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ledger::{CountsView, LinkStateWord, Span, readable};
use crate::jobs::evidence::{AHEAD, Folder};
use crate::jobs::verdicts;
use crate::sql::verdict;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new().routes(routes!(verify).guard(Permission::SitesRead))
}

/// A ledger that was made anew from the records.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerProof)]
struct Proof {
    /// Which site.
    #[schema(value_type = String)]
    site: Id<Site>,
    /// From which slot on, and up to which, without it.
    from_slot: i64,
    /// Up to which, without it.
    to_slot: i64,
    /// Whether every slot came out as it stands.
    same: bool,
    /// The slots that did not, at most 100 of them.
    differing: Vec<Differing>,
    /// The numbers as they stand.
    stands: CountsView,
    /// The numbers that came out.
    came_out: CountsView,
    /// By which edition of the rule.
    rule: u32,
}

/// A slot that came out otherwise.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerDiffering)]
struct Differing {
    /// Which.
    slot: i64,
    /// How it stands; null: nothing stands.
    #[schema(value_type = Option<LinkStateWord>)]
    stands: Option<&'static str>,
    /// How it came out; null: nothing did.
    #[schema(value_type = Option<LinkStateWord>)]
    came_out: Option<&'static str>,
}

/// Makes the ledger of a site anew from the records that the house holds, and compares.
#[utoipa::path(get, path = "/api/v1/sites/{site}/ledger/proof", tag = "reach",
    params(("site" = String, Path, description = "Id of the site."), Span),
    responses((status = 200, body = Proof), (status = 404), (status = 409)))]
async fn verify(
    State(hall): State<Hall>,
    who: Who,
    Path(site): Path<Id<Site>>,
    Query(span): Query<Span>,
) -> Result<axum::Json<Proof>, Problem> {
    let slots = span.slots(&hall)?;
    let mut read = hall.db().read().await?;
    let member = readable(&mut read, &who, site).await?;
    let ended = Slot::of(hall.now().wall);
    // A verdict rests on the week before it.
    let from = slots.start.day().plus(-8);
    if let Some(since) = kept::since(&mut read).await?
        && from.first().start() < since + AHEAD
    {
        let since = hall.day_of(since);
        let why = format!(
            "Records that were held before {since} have been let go, and a verdict rests on \
             the eight days before it: this time cannot be made anew any more."
        );
        return Err(Problem::conflict("records-let-go", why));
    }
    let sheets = Folder::from_records(&mut read, site, from).await?;
    let days: Vec<SlotDay> = sheets
        .keys()
        .copied()
        .filter(|day| (slots.start.day()..=slots.end.day()).contains(day))
        .collect();
    let came_out: Vec<Run> = verdicts::decide(&sheets, &days, ended)
        .into_iter()
        .flat_map(|(_, runs)| runs)
        .filter_map(|run| clipped(run, &slots))
        .collect();
    let stands = verdict::runs(&mut read, Some(&[site]), &slots, None).await?;
    let stands = stands.get(&site).map_or(&[][..], Vec::as_slice);
    let start = slots.start.max(member.active.start);
    let end = slots.end.min(member.active.end).min(ended);
    let counted = start..end.max(start);
    let differing = differing(stands, &came_out, &slots);
    Ok(axum::Json(Proof {
        site,
        from_slot: counted.start.0,
        to_slot: counted.end.0,
        same: differing.is_empty(),
        differing,
        stands: counts(&counted, stands, &[]).into(),
        came_out: counts(&counted, &came_out, &[]).into(),
        rule: RULE,
    }))
}

fn clipped(mut run: Run, slots: &Range<Slot>) -> Option<Run> {
    run.slots.start = run.slots.start.max(slots.start);
    run.slots.end = run.slots.end.min(slots.end);
    (run.slots.start < run.slots.end).then_some(run)
}

/// Slots in which two tellings differ, at most so many as are shown.
fn differing(stands: &[Run], came_out: &[Run], slots: &Range<Slot>) -> Vec<Differing> {
    const SHOWN: usize = 100;
    let at = |runs: &[Run], slot: Slot| {
        let run = runs.iter().find(|run| run.slots.contains(&slot));
        let verdict = run.map(|run| run.verdict)?;
        (verdict != Verdict::SILENT).then_some(verdict)
    };
    // Only where a run begins or ends can two tellings begin to differ.
    let mut cuts: Vec<Slot> = stands
        .iter()
        .chain(came_out)
        .flat_map(|run| [run.slots.start, run.slots.end])
        .filter(|cut| slots.contains(cut))
        .collect();
    cuts.push(slots.start);
    cuts.push(slots.end);
    cuts.sort_unstable();
    cuts.dedup();
    let mut found = Vec::new();
    for cut in cuts.windows(2) {
        let (one, other) = (at(stands, cut[0]), at(came_out, cut[0]));
        if one == other {
            continue;
        }
        let word = |verdict: Option<Verdict>| verdict.map(|verdict| verdict.state.as_str());
        for slot in each(cut[0]..cut[1]) {
            if found.len() == SHOWN {
                return found;
            }
            found.push(Differing {
                slot: slot.0,
                stands: word(one),
                came_out: word(other),
            });
        }
    }
    found
}
