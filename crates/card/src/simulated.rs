//! Lists of the simulation, brought in by the house itself.
//!
//! They come in like those that people bring, row by row, sealed, with their sources and
//! their audit, and are examined like them. A list that is there already is left as it is,
//! withdrawn or not, and so is what was found. By what was found, lists of who receives are
//! adopted and begun.

mod decided;
#[cfg(test)]
mod tests;

use axum::body::Body;
use base::day::Day;
use card_core::list::Kind;
use hall::Hall;
use hall::guard::Who;
use hall::problem::Problem;
use hall::simulated;
use hall::source::Card;

use crate::examine::{self, Asked};
use crate::import::desk::{self, Work};
use crate::import::write::{self, Commit};
use crate::room::Room;
use crate::sql::{list, run};

/// A list that is made up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedList {
    /// The word of its kind: `dtsen`, `kpm` and so on.
    pub kind: &'static str,
    /// What it is called.
    pub title: String,
    /// Whose it is.
    pub owner: String,
    /// The day whose state it tells.
    pub as_of: Day,
    /// The file, CSV.
    pub csv: String,
}

impl Room {
    /// How many lists there are, whoever brought them.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn lists(&self, hall: &Hall) -> Result<usize, store::Error> {
        let mut read = hall.db().read().await?;
        Ok(list::all(&mut read).await?.len())
    }

    /// Brings lists in, one after the other, has them examined, and a list of who receives
    /// adopted by that. `rupiah_each` is what a family gets in a cycle.
    ///
    /// # Errors
    /// What stands in the way of a list.
    pub async fn simulate(
        &self,
        hall: &Hall,
        lists: &[SimulatedList],
        rupiah_each: i64,
    ) -> Result<(), Problem> {
        let mut tx = hall.db().write().await?;
        let who = simulated::hand(hall, &mut tx).await?;
        let there = list::all(&mut tx).await?;
        let run = run::counting(&mut tx).await?;
        tx.commit().await?;
        let trades = |list: &SimulatedList| list.kind == Kind::Usaha.as_str();
        let mut trades_anew = false;
        for list in lists {
            let is_new = there.iter().all(|it| it.title != list.title);
            if is_new && !self.bring(hall, &who, list).await? {
                return Ok(());
            }
            trades_anew |= is_new && trades(list);
        }
        // One of an older edition did not keep what rules are judged by, or had no businesses.
        if trades_anew || run.is_none_or(|run| run.facts.is_none()) {
            let asked = Asked {
                rupiah_each: Some(rupiah_each),
                ..Asked::default()
            };
            examine::begin(hall, self, &who, asked).await?;
        }
        decided::put_in(hall, self, &who, lists.iter().any(trades)).await
    }

    /// Brings a list in; not when the house closes, after which it is for the next start.
    async fn bring(&self, hall: &Hall, who: &Who, it: &SimulatedList) -> Result<bool, Problem> {
        let soft = hall.tasks().soft();
        let kind = Kind::parse(it.kind)
            .ok_or_else(|| Problem::bug(format!("there are no lists of {}", it.kind)))?;
        let body = Body::from(it.csv.clone());
        let name = format!("{}.csv", it.kind);
        let row = desk::open(hall, self, who, kind, &name, body).await?;
        let mut turns = self.turns();
        // It may have arrived before, and the house stopped before it was written.
        desk::begin(hall, self, &row)?;
        let found = loop {
            turns.mark_unchanged();
            match self.work(row.id) {
                Some(Work::Read(found)) => break found,
                Some(Work::Failed(problem)) if !soft.is_cancelled() => {
                    return Err(Problem::bug(problem.detail()));
                }
                _ => {}
            }
            if soft.run_until_cancelled(turns.changed()).await.is_none() {
                return Ok(false);
            }
        };
        let commit = Commit {
            leave_out: found.report.refused,
            source: Card {
                title: Some(it.title.clone()),
                owner: Some(it.owner.clone()),
                as_of: Some(it.as_of.to_string()),
                legal_basis: Some("SIMULASI, bukan data siapa pun".to_owned()),
                purposes: vec!["peragaan".to_owned()],
                ..Card::default()
            },
        };
        let mut tx = hall.db().write().await?;
        let whole = write::commit(hall, self, who, &mut tx, &row, &commit).await?;
        tx.commit().await?;
        whole.run(hall, self).await;
        match self.work(row.id) {
            Some(Work::Failed(_)) if soft.is_cancelled() => Ok(false),
            Some(Work::Failed(problem)) => Err(Problem::bug(problem.detail())),
            _ => Ok(true),
        }
    }
}
