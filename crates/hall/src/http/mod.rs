//! What the hall answers over HTTP, one file per resource.

mod agencies;
mod areas;
mod audit;
mod checkpoints;
mod emergency;
mod factors;
mod health;
mod incidents;
mod latlon;
mod live;
mod networks;
mod oidc;
mod passkeys;
mod releases;
mod screens;
mod session;
mod shifts;
mod sites;
mod sources;
pub(crate) mod speed;
mod staff;
mod tokens;

pub use latlon::LatLon;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::Hall;
use crate::problem::Problem;

/// Every operation of the hall.
#[must_use]
pub fn routes() -> OpenApiRouter<Hall> {
    session::routes()
        .merge(factors::routes())
        .merge(passkeys::routes())
        .merge(networks::routes())
        .merge(emergency::routes())
        .merge(oidc::routes())
        .merge(tokens::routes())
        .merge(screens::routes())
        .merge(staff::routes())
        .merge(agencies::routes())
        .merge(areas::routes())
        .merge(audit::routes())
        .merge(checkpoints::routes())
        .merge(sources::routes())
        .merge(sites::routes())
        .merge(releases::routes())
        .merge(incidents::routes())
        .merge(shifts::routes())
        .merge(live::routes())
        .merge(speed::routes())
        .merge(health::routes())
}

/// Rows of a page when nobody has said otherwise.
const LIMIT: i64 = 200;

/// Rows of a page at most.
const LIMIT_MAX: i64 = 5_000;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// What is on it.
    pub(crate) items: Vec<T>,
    /// What to send as `cursor` for the next page; null on the last.
    pub(crate) next: Option<String>,
}

/// How many rows a page has.
fn limit(asked: Option<i64>) -> Result<i64, Problem> {
    let limit = asked.unwrap_or(LIMIT);
    if (1..=LIMIT_MAX).contains(&limit) {
        Ok(limit)
    } else {
        Err(refuse("limit", format!("use 1 to {LIMIT_MAX}")))
    }
}

/// Where the last page ended.
fn cursor<T: std::str::FromStr>(asked: Option<&str>) -> Result<Option<T>, Problem> {
    asked
        .map(|text| {
            text.parse()
                .map_err(|_| refuse("cursor", "is not one of this list"))
        })
        .transpose()
}

/// A refusal of one parameter.
fn refuse(parameter: &'static str, why: impl Into<String>) -> Problem {
    Problem::invalid("query", "A parameter cannot stand.").field(parameter, why)
}

/// A field that is left out stays as it is; one that is null is taken away.
#[expect(
    clippy::option_option,
    reason = "absent, null and a value are three answers"
)]
fn present<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests;
