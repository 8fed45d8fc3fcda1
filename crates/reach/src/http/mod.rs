//! What the room answers over HTTP, one file per resource.

#[cfg(feature = "print")]
mod brief;
mod contact;
mod dish;
mod excuses;
pub(crate) mod imports;
mod ledger;
mod lists;
mod marks;
pub(crate) mod money;
mod nodes;
mod point_imports;
pub(crate) mod points;
mod progress;
mod proof;
mod reconciliation;
mod reports;
mod routers;
#[cfg(feature = "print")]
mod sheets;
mod site;
mod speed;
mod stand;
pub(crate) mod steps;
pub(crate) mod targets;
mod villages;

use base::area::AreaCode;
use base::day::Day;
use base::now::Wall;
use hall::claim::Moment;
use hall::problem::Problem;
use hall::{Hall, line};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;

/// Every operation of the room.
pub(crate) fn routes() -> OpenApiRouter<Hall> {
    let routes = villages::routes()
        .merge(imports::routes())
        .merge(lists::routes())
        .merge(reconciliation::routes())
        .merge(marks::routes())
        .merge(point_imports::routes())
        .merge(points::routes())
        .merge(progress::routes())
        .merge(steps::routes())
        .merge(site::routes())
        .merge(money::routes())
        .merge(targets::routes())
        .merge(ledger::routes())
        .merge(proof::routes())
        .merge(excuses::routes())
        .merge(contact::routes())
        .merge(dish::routes())
        .merge(routers::routes())
        .merge(speed::routes())
        .merge(reports::routes())
        .merge(nodes::routes());
    #[cfg(feature = "print")]
    let routes = routes.merge(sheets::routes()).merge(brief::routes());
    routes
}

/// Rows of a page when nobody has said otherwise.
const LIMIT: usize = 200;

/// Rows of a page at most.
const LIMIT_MAX: usize = 5_000;

/// How many rows a page has.
fn limit(asked: Option<usize>) -> Result<usize, Problem> {
    let limit = asked.unwrap_or(LIMIT);
    if (1..=LIMIT_MAX).contains(&limit) {
        Ok(limit)
    } else {
        Err(refuse("limit", format!("use 1 to {LIMIT_MAX}")))
    }
}

/// A refusal of one parameter.
fn refuse(parameter: &'static str, why: impl Into<String>) -> Problem {
    Problem::invalid("query", "A parameter cannot stand.").field(parameter, why)
}

/// Takes the first page off a list, and says what to begin the next one after.
fn paged<T, K: ToString>(
    found: impl Iterator<Item = T>,
    limit: usize,
    key: impl Fn(&T) -> K,
) -> (Vec<T>, Option<String>) {
    let mut items: Vec<T> = found.take(limit + 1).collect();
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items
        .last()
        .filter(|_| more)
        .map(|last| key(last).to_string());
    (items, next)
}

/// An area that something lies in.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = VillageAround)]
struct Around {
    /// Kemendagri code.
    #[schema(value_type = String)]
    code: AreaCode,
    /// Its name.
    name: String,
}

/// The two times of a question; left out, both are today.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Times {
    /// Only what tells of this day or one before it.
    #[param(value_type = Option<String>)]
    then: Option<Day>,
    /// Only what the house knew at the end of this day.
    #[param(value_type = Option<String>)]
    known: Option<Day>,
}

impl Times {
    /// Whether nothing else is asked about than now.
    const fn are_now(self) -> bool {
        self.then.is_none() && self.known.is_none()
    }

    fn moment(self, hall: &Hall) -> Moment {
        Moment {
            then: self.then,
            known: self.known.map(|day| last_of(hall, day)),
        }
    }

    /// By when something has to have happened; none is now.
    fn happened(self, hall: &Hall) -> Option<Wall> {
        self.then.map(|day| last_of(hall, day))
    }

    /// By when it has to have been said; none is now.
    fn said(self, hall: &Hall) -> Option<Wall> {
        self.known.map(|day| last_of(hall, day))
    }
}

/// Why something does not count any more. It stays, and so does what rests on it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Withdrawal, example = json!({ "why": "berkas yang salah" }))]
struct Withdrawal {
    /// Why.
    why: String,
}

impl Withdrawal {
    fn read(&self) -> Result<String, Problem> {
        line::read("why", &self.why, WHY_MAX)
    }
}

/// Longest reason, in characters.
const WHY_MAX: usize = 500;

/// The last moment of a day in the house's zone.
fn last_of(hall: &Hall, day: Day) -> Wall {
    Wall::from_us(hall.end_of(day).as_us() - 1)
}

#[cfg(test)]
mod tests;
