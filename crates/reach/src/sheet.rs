//! The evidence sheet of a month: of a village, or of a provider.
//!
//! What stands on it follows from the ledger as it was known at one instant
//! (`reach_core::sheet`), so that a sheet can be made again: the minutes that had ended
//! ten minutes before that instant are in it, since what was decided of those by then
//! can be told apart from what was decided later. [`paper`] prints it.

pub(crate) mod paper;
pub(crate) mod words;

use std::collections::BTreeMap;
use std::ops::Range;

use aws_lc_rs::digest::{SHA256, digest};
use base::area::{AreaCode, AreaLevel};
use base::id::{Id, Person};
use base::month::Month;
use base::now::Wall;
use hall::areas::{self, NamedArea};
use hall::guard::{Permission, Who};
use hall::incident::{self, Named};
use hall::link::arrived::{self, Head};
use hall::{Hall, audit, staff};
use reach_core::amend::PROMPT;
use reach_core::judge::Run;
use reach_core::sheet::{Of, Sheet, Told};
use reach_core::slot::Slot;
use reach_core::speed::{Figure, Way};
use reach_core::uptime::Excused;
use store::{Conn, Error};

use crate::ledger::{self, Member, slots_of};
use crate::sql::excuse::{self, ExcuseRow};
use crate::sql::speed::{self, SpeedRow};

/// A sheet with all that is printed beside its integers.
#[derive(Debug, Clone)]
pub(crate) struct Evidence {
    pub(crate) sheet: Sheet,
    /// The SHA-256 of its canonical text, in hexadecimal.
    pub(crate) digest: String,
    /// What the area that it is about, or that it is narrowed to, is called.
    pub(crate) area: Option<String>,
    /// The areas around it, from the narrowest on.
    pub(crate) around: Vec<NamedArea>,
    /// What stands beside each of its sites, in their order.
    pub(crate) sites: Vec<Beside>,
    /// As known at which instant.
    pub(crate) known: Wall,
    /// Whether all minutes of the month are in it.
    pub(crate) is_whole: bool,
    pub(crate) made: Wall,
    pub(crate) by: (Id<Person>, String),
    /// The head of the audit chain when it was made: its number and its hash.
    pub(crate) chain: Option<(i64, String)>,
}

/// What is printed beside the integers of a site.
#[derive(Debug, Clone)]
pub(crate) struct Beside {
    pub(crate) member: Member,
    pub(crate) village: Option<NamedArea>,
    pub(crate) runs: Vec<Run>,
    /// Of each thing that is laid over it what was declared.
    pub(crate) declared: Vec<Option<Declared>>,
    /// What was opened as an incident in that month; none where the reader may not know.
    pub(crate) incidents: Option<Vec<Named>>,
    /// How fast it was in that month.
    pub(crate) speeds: Vec<SpeedRow>,
    /// Where the journals of its boxes stand when the sheet is made.
    pub(crate) heads: Vec<Head>,
}

/// What was declared, and by whom.
#[derive(Debug, Clone)]
pub(crate) struct Declared {
    pub(crate) row: ExcuseRow,
    pub(crate) by: String,
    /// Who has decided, as far as that was known.
    pub(crate) decided: Option<(Wall, String, bool)>,
}

/// Makes a sheet of these sites.
pub(crate) async fn make(
    hall: &Hall,
    conn: &mut Conn,
    who: &Who,
    of: Of,
    month: Month,
    (mut members, known): (Vec<Member>, Wall),
) -> Result<Evidence, Error> {
    let slots = slots_of(hall, month);
    let ended = Slot::of(known - PROMPT);
    members.sort_by_key(|member| member.site.id);
    let kept = ledger::kept(conn, &members, &slots, ended, Some(known)).await?;
    let told: Vec<Told> = members
        .iter()
        .zip(&kept)
        .map(|(member, kept)| {
            Told::new(
                member.site.id,
                member.village.clone(),
                kept.slots.clone(),
                kept.counts,
                &runs_in(&kept.runs, &kept.slots),
                &kept.excused,
            )
        })
        .collect();
    let people = staff::names(conn).await?;
    let declared = excuse::touching(conn, Some(&slots)).await?;
    let declared: BTreeMap<_, _> = declared.into_iter().map(|row| (row.id, row)).collect();
    let villages = members.iter().filter_map(|member| member.village.as_ref());
    let names = areas::names(conn, villages).await?;
    let mut sites = Vec::with_capacity(members.len());
    for ((member, kept), told) in members.into_iter().zip(kept).zip(&told) {
        let site = member.site.id;
        let span = slots.start.start()..slots.end.start();
        let may_know = who.may(Permission::IncidentsRead, &member.site.place());
        let incidents = match may_know {
            true => Some(incident::of_site(conn, site, &span, known).await?),
            false => None,
        };
        sites.push(Beside {
            incidents,
            speeds: speed::within(conn, site, &span, known).await?,
            heads: arrived::heads(conn, site, span.start).await?,
            village: member.village.clone().map(|code| NamedArea {
                name: names.get(&code).cloned().unwrap_or_default(),
                code,
            }),
            runs: runs_in(&kept.runs, &kept.slots),
            declared: told
                .over
                .iter()
                .map(|(id, _)| {
                    let row = declared.get(id.as_ref()?)?.clone();
                    Some(Declared::new(row, &people, known))
                })
                .collect(),
            member,
        });
    }
    let about = match &of {
        Of::Village(code) => Some(code),
        Of::Provider { within, .. } => within.as_ref(),
    };
    let around = around(conn, about).await?;
    let area = match about {
        Some(code) => areas::name(conn, code).await?,
        None => None,
    };
    let chain = audit::head(conn).await?;
    let sheet = Sheet {
        of,
        month,
        slots,
        sites: told,
    };
    let by = people.get(&who.person()).cloned().unwrap_or_default();
    Ok(Evidence {
        digest: audit::hex(digest(&SHA256, sheet.canonical().as_bytes()).as_ref()),
        is_whole: sheet.slots.end <= ended,
        sheet,
        area,
        around,
        sites,
        known,
        made: hall.now().wall,
        by: (who.person(), by),
        chain,
    })
}

/// What of some runs lies in some slots: what is not in the counts is in no outage.
fn runs_in(runs: &[Run], slots: &Range<Slot>) -> Vec<Run> {
    let clipped = runs.iter().map(|run| Run {
        slots: run.slots.start.max(slots.start)..run.slots.end.min(slots.end),
        verdict: run.verdict,
    });
    clipped
        .filter(|run| run.slots.start < run.slots.end)
        .collect()
}

impl Declared {
    fn new(row: ExcuseRow, people: &BTreeMap<Id<Person>, String>, known: Wall) -> Self {
        let name = |id: Id<Person>| people.get(&id).cloned().unwrap_or_default();
        let decided = row.decided.filter(|(at, ..)| *at <= known);
        Self {
            by: name(row.by),
            decided: decided.map(|(at, by, agreed)| (at, name(by), agreed)),
            row,
        }
    }

    /// It with what counts of it.
    pub(crate) const fn why(&self) -> &String {
        &self.row.why
    }
}

/// The areas around one, from the narrowest on: district and regency.
async fn around(conn: &mut Conn, of: Option<&AreaCode>) -> Result<Vec<NamedArea>, Error> {
    let mut codes = Vec::new();
    let mut at = of.and_then(AreaCode::parent);
    while let Some(code) = at {
        at = code.parent();
        if code.level() != AreaLevel::Province {
            codes.push(code);
        }
    }
    let names = areas::names(conn, codes.iter()).await?;
    let named = codes.into_iter().map(|code| NamedArea {
        name: names.get(&code).cloned().unwrap_or_default(),
        code,
    });
    Ok(named.collect())
}

/// How fast one way of a test was, kbit/s; none if nothing was measured.
pub(crate) fn kbps(of: Option<&Way>) -> Option<u64> {
    of.and_then(Way::figure).map(Figure::kbps)
}

/// Whether it counts, and if not, why.
pub(crate) fn standing(it: &Excused, declared: Option<&Declared>) -> &'static str {
    let decided = declared.and_then(|it| it.decided.as_ref());
    match (it.counts(), it.is_late(), decided) {
        (true, ..) => "dikecualikan",
        (false, _, Some((_, _, false))) => "ditolak",
        (false, _, None) => "belum disetujui",
        (false, true, _) => "terlambat diumumkan",
        (false, false, _) => "tidak dikecualikan",
    }
}
