//! What the room answers over HTTP, one file per resource.

mod breaches;
mod corrections;
mod decisions;
mod erasures;
mod exports;
mod families;
mod findings;
mod imports;
mod indicators;
mod late;
mod lists;
mod looks;
mod objections;
mod offices;
mod pairs;
mod persons;
mod photos;
mod processing;
mod programmes;
mod requests;
mod runs;
mod samples;
mod simulations;
mod terms;

use hall::Hall;
use hall::problem::Problem;
use utoipa_axum::router::OpenApiRouter;

/// Every operation of the room.
pub(crate) fn routes() -> OpenApiRouter<Hall> {
    imports::routes()
        .merge(lists::routes())
        .merge(runs::routes())
        .merge(late::routes())
        .merge(findings::routes())
        .merge(families::routes())
        .merge(programmes::routes())
        .merge(pairs::routes())
        .merge(persons::routes())
        .merge(photos::routes())
        .merge(simulations::routes())
        .merge(decisions::routes())
        .merge(exports::routes())
        .merge(objections::routes())
        .merge(requests::routes())
        .merge(corrections::routes())
        .merge(breaches::routes())
        .merge(looks::routes())
        .merge(processing::routes())
        .merge(erasures::routes())
        .merge(terms::routes())
        .merge(offices::routes())
        .merge(samples::routes())
        .merge(indicators::routes())
}

/// Rows of a page when nobody has said otherwise.
const LIMIT: usize = 100;

/// Rows of a page at most: each is opened to be shown.
const LIMIT_MAX: usize = 1_000;

/// Longest purpose that somebody states, in characters.
const PURPOSE_MAX: usize = 200;

/// How many rows a page has.
fn limit(asked: Option<usize>) -> Result<usize, Problem> {
    let limit = asked.unwrap_or(LIMIT);
    if (1..=LIMIT_MAX).contains(&limit) {
        Ok(limit)
    } else {
        Err(refuse("limit", format!("use 1 to {LIMIT_MAX}")))
    }
}

/// Behind which number a page begins.
fn behind(cursor: Option<&str>) -> Result<Option<i64>, Problem> {
    let wrong = |_| refuse("cursor", "is none that was handed out");
    cursor.map(|it| it.parse().map_err(wrong)).transpose()
}

/// How many letters of the code of a village tell the part of such a level.
fn letters(by: Option<&str>) -> Result<usize, Problem> {
    match by {
        None | Some("regency") => Ok(5),
        Some("district") => Ok(8),
        Some("village") => Ok(13),
        Some(_) => Err(refuse("by", "use regency, district or village")),
    }
}

/// A refusal of one parameter.
fn refuse(parameter: &'static str, why: impl Into<String>) -> Problem {
    Problem::invalid("query", "A parameter cannot stand.").field(parameter, why)
}

#[cfg(test)]
mod tests;
