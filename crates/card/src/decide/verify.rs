//! An adopted list, derived once more from what it rests on and held against what was written.
//!
//! Rules, facts, the list before, rulings and exceptions give the rows; rows and records give
//! the parts of the annex; parts give the hash in the decree. Whatever was changed behind the
//! house's back differs from one of these.

use std::collections::BTreeMap;

use hall::Hall;
use hall::audit;
use hall::problem::Problem;
use serde::Serialize;
use store::Conn;
use store::blob::Sha256;
use utoipa::ToSchema;

use super::adopt::Counts;
use super::annex::{self, Head};
use super::{adopt, counting, lay};
use crate::programme::Kept;
use crate::room::Room;
use crate::sql::decision::{self, DecisionRow, PartRow};
use crate::sql::judged::{self, JudgedRow};
use crate::sql::programme as rows;
use crate::subject::SubjectId;

/// Differences that are told one by one.
const TOLD: usize = 100;

/// Something that is not as it was adopted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardTampered)]
pub(crate) struct Tampered {
    /// `rules` (the text of the programme), `facts` (what the examination knew), `row` (a row
    /// of the list), `record` (a row of a list behind a part does not open), `part` (a
    /// village's part of the annex), `tally` (how many stand where), `seal` (the hash in the
    /// decree) or `audit` (the hash that the audit tells).
    #[schema(value_type = String)]
    pub(crate) what: &'static str,
    /// Which subject, or which village.
    pub(crate) of: Option<String>,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardVerification)]
pub(crate) struct Verification {
    /// Whether all is as it was adopted.
    pub(crate) is_sound: bool,
    /// Rows that were derived again and compared.
    pub(crate) rows: u64,
    /// Parts of the annex that were made again.
    pub(crate) parts: u64,
    /// Records of the annex whose key was destroyed: their parts have another hash for that.
    pub(crate) erased: u64,
    /// What differs; the first hundred.
    pub(crate) differs: Vec<Tampered>,
    /// How much differs in all.
    pub(crate) count: u64,
}

/// What was found so far.
#[derive(Default)]
struct Found {
    differs: Vec<Tampered>,
    rows: u64,
    parts: u64,
    erased: u64,
}

impl Found {
    fn tell(&mut self, what: &'static str, of: Option<String>) {
        self.differs.push(Tampered { what, of });
    }
}

/// Derives a list again. What cannot be read any more is told and not a failure.
pub(crate) async fn verify(
    hall: &Hall,
    room: &Room,
    row: &DecisionRow,
) -> Result<Verification, Problem> {
    let mut found = Found::default();
    let mut read = hall.db().read().await?;
    let text = rows::find(&mut read, &row.slug, Some(row.version)).await?;
    let parts = decision::parts(&mut read, row.number).await?;
    let kept = text.and_then(|text| {
        let same = Sha256::of(text.text.as_bytes()).as_str() == text.sha256;
        Kept::read(text).ok().filter(|_| same)
    });
    match kept {
        None => found.tell("rules", None),
        Some(kept) => {
            let head = Head::of(&mut read, row, &kept).await?;
            drop(read);
            derived(hall, room, row, &kept, &head, &mut found).await?;
            annexed(hall, row, &head, &parts, &mut found).await?;
            let seal = annex::seal(&head, &parts);
            if row.sha256.as_deref() != Some(&seal) {
                found.tell("seal", None);
            }
            let mut read = hall.db().read().await?;
            if told(&mut read, row).await?.as_deref() != Some(&seal) {
                found.tell("audit", None);
            }
        }
    }
    let count = found.differs.len() as u64;
    found.differs.truncate(TOLD);
    Ok(Verification {
        is_sound: count == 0,
        rows: found.rows,
        parts: found.parts,
        erased: found.erased,
        differs: found.differs,
        count,
    })
}

/// The hash that the audit tells of a list: its chain is not rebuilt by whoever changes rows.
async fn told(conn: &mut Conn, row: &DecisionRow) -> Result<Option<String>, Problem> {
    let subject = format!("list {}", row.number);
    let detail = audit::newest(conn, "card_decision.adopted", &subject).await?;
    Ok(detail.and_then(|it| it["sha256"].as_str().map(str::to_owned)))
}

/// Rows and tally, from rules, facts, the list before and what people decided.
async fn derived(
    hall: &Hall,
    room: &Room,
    row: &DecisionRow,
    kept: &Kept,
    head: &Head,
    found: &mut Found,
) -> Result<(), Problem> {
    // What is held in memory is not what lies on the disk.
    room.let_go(row.number, row.run);
    let Ok(laid) = lay(hall, room, row).await else {
        found.tell("facts", None);
        return Ok(());
    };
    let (derived, tally, headless) = counting(hall, room, "deriving a list", move || {
        Ok((adopt::rows(&laid), laid.tally(), laid.headless(None)))
    })
    .await?;
    let counts = serde_json::to_value(Counts::new(&tally, head.rupiah(1))).ok();
    // Nobody counted families without a head when the first lists were adopted.
    let is_counted = row.headless.is_none() || row.headless.map(i64::cast_unsigned) == headless;
    if row.result != counts || !is_counted {
        found.tell("tally", None);
    }
    let written = super::rows(hall, row.number).await?;
    let mut by_id: BTreeMap<[u8; 16], JudgedRow> =
        written.into_iter().map(|row| (row.subject, row)).collect();
    let subject = kept.programme.subject;
    for row in &derived {
        if by_id.remove(&row.subject).as_ref() != Some(row) {
            let id = SubjectId::of(subject, row.subject);
            found.tell("row", Some(id.to_string()));
        }
    }
    for stranger in by_id.keys() {
        let id = SubjectId::of(subject, *stranger);
        found.tell("row", Some(id.to_string()));
    }
    found.rows = derived.len() as u64;
    Ok(())
}

/// The parts of the annex, from rows and records.
async fn annexed(
    hall: &Hall,
    row: &DecisionRow,
    head: &Head,
    parts: &[PartRow],
    found: &mut Found,
) -> Result<(), Problem> {
    for part in parts {
        let mut read = hall.db().read().await?;
        let placed = judged::annexed(&mut read, row.number, &part.area).await?;
        let Ok(opened) = annex::opened(hall, &mut read, placed).await else {
            found.tell("record", Some(part.area.clone()));
            continue;
        };
        drop(read);
        let erased = opened.iter().filter(|it| it.1.is_none()).count() as u64;
        found.erased += erased;
        if annex::sealed_part(head, &part.area, &opened) != *part {
            found.tell("part", Some(part.area.clone()));
        }
        found.parts += 1;
    }
    Ok(())
}
