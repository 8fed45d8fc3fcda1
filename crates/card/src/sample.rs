//! Samples of an adopted list: whom people visit, to know how well it meets whom it is for.
//!
//! ```text
//! adopted list ──▶ frame ──▶ drawn by a seed of the list ──▶ visits ──▶ closed
//!                                                   └ sheets, outcomes
//! ```
//!
//! Nobody chooses who is visited, and anybody who may can have it drawn again. Whoever visits
//! is not told who receives while the sample is open.

pub(crate) mod draw;
pub(crate) mod measure;
pub(crate) mod verify;

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::digest;
use card_core::measure::{Aim, Design, Outcome};
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Permission, Who};
use hall::line;
use hall::problem::Problem;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Conn, Error, Tx};

use crate::decide;
use crate::sql::sample::{self as rows, SampleRow, State};
use crate::sql::visit::{self, VisitRow};

/// What a sample was drawn by, as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Drawing {
    /// Which share of those who receive is expected to be wrong there,
    pub(crate) inclusion: f64,
    /// and which share of those who should is expected not to receive.
    pub(crate) exclusion: f64,
    /// How far the truth may be from what is found.
    pub(crate) half_width: f64,
    /// How alike those of one village are.
    pub(crate) rho: f64,
    /// Of each standing so many are visited in a village.
    pub(crate) take: f64,
    /// Which share of the visits is expected to succeed.
    pub(crate) response: f64,
    /// So many who receive are visited,
    pub(crate) receiving: u32,
    /// so many others,
    pub(crate) others: u32,
    /// in so many villages.
    pub(crate) villages: u32,
}

impl Drawing {
    pub(crate) const fn new(aim: &Aim, design: Design) -> Self {
        Self {
            inclusion: aim.inclusion,
            exclusion: aim.exclusion,
            half_width: aim.half_width,
            rho: aim.rho,
            take: aim.take,
            response: aim.response,
            receiving: design.receivers,
            others: design.others,
            villages: design.villages,
        }
    }

    /// As it was kept.
    ///
    /// # Errors
    /// If it was kept otherwise.
    pub(crate) fn of(row: &SampleRow) -> Result<Self, Error> {
        serde_json::from_value(row.design.clone()).map_err(|_| Error::corrupt("card_sample.design"))
    }

    /// How many are visited in how many villages.
    pub(crate) const fn design(&self) -> Design {
        Design {
            receivers: self.receiving,
            others: self.others,
            villages: self.villages,
        }
    }
}

/// What chance is made of: the hash of the list, which nobody chooses, and the number of the
/// sample.
pub(crate) fn seed(list: &str, number: i64) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, format!("{list} {number}").as_bytes());
    let mut seed = [0; 32];
    seed.copy_from_slice(digest.as_ref());
    seed
}

/// SHA-256 of all that was found, in hexadecimal.
pub(crate) fn digest(visits: &[VisitRow]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for visit in visits {
        let (households, eligible) = counts(visit.outcome);
        let word = visit.outcome.map_or("", |it| it.as_str());
        let number = visit.number;
        context.update(format!("{number} {word} {households:?} {eligible:?}\n").as_bytes());
    }
    audit::hex(context.finish().as_ref())
}

/// How many households were found, and how many of them should receive.
pub(crate) const fn counts(outcome: Option<Outcome>) -> (Option<u32>, Option<u32>) {
    match outcome {
        Some(Outcome::Found {
            households,
            eligible,
        }) => (Some(households), Some(eligible)),
        Some(Outcome::Unreached | Outcome::Gone | Outcome::Part) | None => (None, None),
    }
}

/// How the audit calls a sample.
pub(crate) fn subject(number: i64) -> String {
    format!("sample {number}")
}

/// A sample.
///
/// # Errors
/// `card-sample` if there is none.
pub(crate) async fn find(conn: &mut Conn, number: i64) -> Result<SampleRow, Problem> {
    rows::find(conn, number)
        .await?
        .ok_or_else(|| Problem::not_found("card-sample", "There is no such sample."))
}

/// A sample that people visit.
///
/// # Errors
/// `card-sample` if there is none, `card-sample-ended` if it is closed or was dropped.
pub(crate) async fn open(conn: &mut Conn, number: i64) -> Result<SampleRow, Problem> {
    let row = find(conn, number).await?;
    match row.state {
        State::Open => Ok(row),
        State::Closed | State::Dropped => Err(ended()),
    }
}

fn ended() -> Problem {
    Problem::conflict(
        "card-sample-ended",
        "This sample is closed or was dropped; nothing of it is changed any more.",
    )
}

/// What was found at a visit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    pub(crate) visit: u32,
    pub(crate) outcome: Outcome,
}

/// Keeps what was found, all of it or nothing.
///
/// # Errors
/// `card-visit` if there is no such visit where the caller may know of it, each with its
/// number.
pub(crate) async fn answer(
    hall: &Hall,
    who: &Who,
    tx: &mut Tx,
    number: i64,
    answers: &[Answer],
) -> Result<(), Problem> {
    open(tx, number).await?;
    let visits = visit::all(tx, number).await?;
    let visits: BTreeMap<u32, &VisitRow> = visits.iter().map(|it| (it.number, it)).collect();
    let now = hall.now();
    let mut met = BTreeSet::new();
    let mut outcomes: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut changed = 0_u64;
    for it in answers {
        let named = |problem: Problem| problem.field("visit", it.visit.to_string());
        if !met.insert(it.visit) {
            let twice = line::refuse("items", "holds one visit twice");
            return Err(named(twice));
        }
        let may = |visit: &&&VisitRow, permission| decide::may(who, permission, Some(&visit.area));
        let visit = visits
            .get(&it.visit)
            .filter(|visit| may(visit, Permission::CardRead))
            .ok_or_else(|| {
                named(Problem::not_found(
                    "card-visit",
                    "There is no such visit of this sample in your area.",
                ))
            })?;
        if !may(&visit, Permission::CardOpen) {
            let denied = Problem::denied("not-allowed", "This needs card.open there.");
            return Err(named(denied));
        }
        *outcomes.entry(it.outcome.as_str()).or_default() += 1;
        changed += u64::from(visit.outcome.is_some_and(|was| was != it.outcome));
        visit::answer(tx, number, it.visit, it.outcome, who.person(), now.wall).await?;
    }
    let act = Act {
        verb: "card_visit.answered",
        subject: subject(number),
        detail: json!({ "visits": met, "outcomes": outcomes, "changed": changed }),
    };
    audit::record(tx, now, who, act).await?;
    Ok(())
}

/// Closes a sample; nothing that was found is changed any more.
pub(crate) async fn close(hall: &Hall, who: &Who, tx: &mut Tx, number: i64) -> Result<(), Problem> {
    let row = open(tx, number).await?;
    let visits = visit::all(tx, number).await?;
    let now = hall.now();
    if !rows::end(tx, number, State::Closed, now.wall).await? {
        return Err(ended());
    }
    let answered = visits.iter().filter(|it| it.outcome.is_some()).count();
    let act = Act {
        verb: "card_sample.closed",
        subject: subject(number),
        // By the hash it can be told that nobody has changed what was found behind the
        // house's back.
        detail: json!({ "decision": row.decision, "answered": answered,
            "outcomes": digest(&visits) }),
    };
    audit::record(tx, now, who, act).await?;
    Ok(())
}

/// Drops a sample of which nobody has been visited.
///
/// # Errors
/// `card-sample-answered` if somebody was: what was found is not thrown away.
pub(crate) async fn drop_unvisited(
    hall: &Hall,
    who: &Who,
    tx: &mut Tx,
    number: i64,
) -> Result<(), Problem> {
    let row = open(tx, number).await?;
    let visits = visit::all(tx, number).await?;
    if visits.iter().any(|it| it.outcome.is_some()) {
        return Err(Problem::conflict(
            "card-sample-answered",
            "Somebody was visited: what was found stays. Close the sample instead.",
        ));
    }
    let now = hall.now();
    if !rows::end(tx, number, State::Dropped, now.wall).await? {
        return Err(ended());
    }
    let act = Act {
        verb: "card_sample.dropped",
        subject: subject(number),
        detail: json!({ "decision": row.decision }),
    };
    audit::record(tx, now, who, act).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever draws a sample of years ago again makes its seed again: it never changes.
    #[test]
    fn a_seed_is_the_hash_of_the_list_and_of_the_number() {
        let one = audit::hex(&seed("ab", 1));
        let expected = store::blob::Sha256::of(b"ab 1");
        assert_eq!(one, expected.as_str());
        assert_ne!(seed("ab", 1), seed("ab", 2));
        assert_ne!(seed("ab", 11), seed("ab1", 1));
    }
}
