//! A sample drawn once more from its list and held against what was written.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use card_core::measure::Drawn;
use hall::Hall;
use hall::audit;
use hall::problem::Problem;

use super::draw::{self, Taken};
use super::{Drawing, digest, seed, subject};
use crate::decide::adopt::Counts;
use crate::decide::draft;
use crate::room::Room;
use crate::sql::decision::DecisionRow;
use crate::sql::sample::{self as rows, SampleRow, State};
use crate::sql::visit::{self, VisitRow};

/// Differences that are told one by one.
const TOLD: usize = 100;

/// What is another than it was when the sample was drawn; empty where nothing is. What cannot
/// be read any more is told and not a failure.
pub(crate) async fn differs(
    hall: &Hall,
    room: &Room,
    row: &SampleRow,
) -> Result<Vec<String>, Problem> {
    let mut differs = Vec::new();
    let mut read = hall.db().read().await?;
    let list = draft::find(&mut read, row.decision).await?;
    let villages = rows::villages(&mut read, row.number).await?;
    let visits = visit::all(&mut read, row.number).await?;
    let drawn = audit::newest(&mut read, "card_sample.drawn", &subject(row.number)).await?;
    let closed = audit::newest(&mut read, "card_sample.closed", &subject(row.number)).await?;
    let ordinal = rows::ordinal(&mut read, row.decision, row.number).await?;
    drop(read);
    // The chain of the audit is not rebuilt by whoever changes rows.
    let drawn = drawn.unwrap_or_default();
    let derived = seed(list.sha256.as_deref().unwrap_or_default(), ordinal);
    if audit::hex(&derived) != row.seed {
        differs.push("seed".to_owned());
    }
    if drawn["seed"] != row.seed || drawn["design"] != row.design || drawn["frame"] != row.frame {
        differs.push("audit".to_owned());
    }
    let by = drawn["seed"].as_str().and_then(octets).unwrap_or(derived);
    // What is held in memory is not what lies on the disk.
    room.let_go(list.number, list.run);
    let drawing = serde_json::from_value::<Drawing>(drawn["design"].clone());
    let drawing = drawing.or_else(|_| Drawing::of(row))?;
    match draw::draw(hall, room, &list, drawing.design(), by).await {
        Err(_) => differs.push("facts".to_owned()),
        Ok(taken) => {
            if taken.frame != row.frame || !is_whole(hall, room, &list).await? {
                differs.push("list".to_owned());
            }
            compare(&taken, &villages, &visits, &mut differs);
        }
    }
    if row.state == State::Closed {
        let found = digest(&visits);
        if closed.is_none_or(|it| it["outcomes"] != found) {
            differs.push("outcomes".to_owned());
        }
    }
    differs.truncate(TOLD);
    Ok(differs)
}

/// Whether as many receive by the rows of a list as it says itself.
async fn is_whole(hall: &Hall, room: &Room, list: &DecisionRow) -> Result<bool, Problem> {
    let (_, listed) = crate::listed::of(hall, room, list).await?;
    let counts = list.result.clone().map(serde_json::from_value::<Counts>);
    let said = match counts {
        Some(Ok(counts)) => Some(counts.included + counts.held),
        Some(Err(_)) | None => None,
    };
    Ok(said == Some(listed.after.receiving))
}

fn compare(taken: &Taken, villages: &[Drawn], visits: &[VisitRow], differs: &mut Vec<String>) {
    let by_code = |all: &[Drawn]| -> BTreeMap<String, Drawn> {
        let all = all.iter().cloned();
        all.map(|it| (it.code.clone(), it)).collect()
    };
    others(
        "village",
        &by_code(&taken.villages),
        &by_code(villages),
        differs,
    );
    // What was found since is not what was drawn.
    let by_number = |all: &[VisitRow]| -> BTreeMap<u32, VisitRow> {
        let as_drawn = all.iter().map(|it| VisitRow {
            outcome: None,
            by: None,
            at: None,
            ..it.clone()
        });
        as_drawn.map(|it| (it.number, it)).collect()
    };
    others(
        "visit",
        &by_number(&taken.visits),
        &by_number(visits),
        differs,
    );
}

/// Tells whatever is another, or only on one side.
fn others<K: Ord + Display, T: PartialEq>(
    what: &str,
    again: &BTreeMap<K, T>,
    was: &BTreeMap<K, T>,
    differs: &mut Vec<String>,
) {
    let all: BTreeSet<&K> = again.keys().chain(was.keys()).collect();
    let differ = all.into_iter().filter(|key| again.get(key) != was.get(key));
    differs.extend(differ.map(|key| format!("{what} {key}")));
}

/// A seed as it is written.
fn octets(hex: &str) -> Option<[u8; 32]> {
    let mut octets = [0; 32];
    if hex.len() != 64 {
        return None;
    }
    for (at, octet) in octets.iter_mut().enumerate() {
        *octet = u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(octets)
}
