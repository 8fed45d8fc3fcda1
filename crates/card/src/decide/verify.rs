//! An adopted list, derived once more from what it rests on and held against what was written.
//!
//! Rules, facts, the list before, rulings and exceptions give the rows; rows and records give
//! the parts of the annex; parts give the hash in the decree. Whatever was changed behind the
//! house's back differs from one of these.

use std::collections::BTreeMap;

use hall::Hall;
use hall::problem::Problem;
use serde::Serialize;
use store::blob::Sha256;
use utoipa::ToSchema;

use super::annex::{self, Head};
use super::{adopt, counting, lay, rows};
use crate::programme;
use crate::room::Room;
use crate::sql::decision::{self, DecisionRow};
use crate::sql::judged::{self, JudgedRow};
use crate::subject::SubjectId;

/// Differences that are told one by one.
const TOLD: usize = 100;

/// Something that is not as it was adopted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardTampered)]
pub(crate) struct Tampered {
    /// `rules` (the text of the programme), `row` (a row of the list), `part` (a village's
    /// part of the annex) or `seal` (the hash in the decree).
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
    /// What differs; the first hundred.
    pub(crate) differs: Vec<Tampered>,
    /// How much differs in all.
    pub(crate) count: u64,
}

/// Derives a list again.
pub(crate) async fn verify(
    hall: &Hall,
    room: &Room,
    row: &DecisionRow,
) -> Result<Verification, Problem> {
    let mut differs: Vec<Tampered> = Vec::new();
    let mut tell = |what, of: Option<String>| differs.push(Tampered { what, of });
    let mut read = hall.db().read().await?;
    let kept = programme::find(&mut read, &row.slug, Some(row.version)).await?;
    let parts = decision::parts(&mut read, row.number).await?;
    drop(read);
    if Sha256::of(kept.row.text.as_bytes()).as_str() != kept.row.sha256 {
        tell("rules", None);
    }
    let head = Head::new(row, &kept);
    // What is held in memory is not what lies on the disk.
    room.let_go(row.number, row.run);
    let laid = lay(hall, room, row).await?;
    let derived = counting(hall, "deriving a list", move || Ok(adopt::rows(&laid))).await?;
    let written = rows(hall, row.number).await?;
    let mut by_id: BTreeMap<[u8; 16], JudgedRow> =
        written.into_iter().map(|row| (row.subject, row)).collect();
    let subject = kept.programme.subject;
    for row in &derived {
        if by_id.remove(&row.subject).as_ref() != Some(row) {
            tell("row", Some(SubjectId::of(subject, row.subject).to_string()));
        }
    }
    for stranger in by_id.keys() {
        tell("row", Some(SubjectId::of(subject, *stranger).to_string()));
    }
    for part in &parts {
        let mut read = hall.db().read().await?;
        let placed = judged::annexed(&mut read, row.number, &part.area).await?;
        let opened = annex::opened(hall, &mut read, placed).await?;
        drop(read);
        if annex::sealed_part(&head, &part.area, &opened) != *part {
            tell("part", Some(part.area.clone()));
        }
    }
    if Some(annex::seal(&head, &parts)) != row.sha256 {
        tell("seal", None);
    }
    let count = differs.len() as u64;
    differs.truncate(TOLD);
    Ok(Verification {
        is_sound: count == 0,
        rows: derived.len() as u64,
        parts: parts.len() as u64,
        differs,
        count,
    })
}
