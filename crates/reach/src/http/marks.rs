//! `/api/v1/villages/marks`: how each village stands, in few octets, for a map.

use axum::Extension;
use axum::extract::State;
use base::area::AreaCode;
use base::day::Day;
use base::now::Wall;
use hall::Hall;
use hall::guard::{Guarded as _, Permission, Who};
use hall::problem::{Problem, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::stand::{self, StandView};
use super::{Times, villages};
use crate::room::Room;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new().routes(routes!(list).guard(Permission::VillagesRead))
}

/// Where, as of when, as known when.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Only this area and what lies in it.
    #[param(value_type = Option<String>)]
    within: Option<AreaCode>,
    /// Only what tells of this day or one before it.
    #[param(value_type = Option<String>)]
    then: Option<Day>,
    /// Only what the house knew at the end of this day.
    #[param(value_type = Option<String>)]
    known: Option<Day>,
}

/// How a village stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VillageMark)]
struct Mark {
    /// Kemendagri code.
    #[schema(value_type = String)]
    code: AreaCode,
    #[serde(flatten)]
    stand: StandView,
    /// Whether sources disagree about it.
    disputed: bool,
}

/// The villages of which there is something to show.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VillageMarks)]
struct Marks {
    /// Up to when was looked.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// By code. A village that is in no plan, report, measurement or dispute is not
    /// there.
    items: Vec<Mark>,
}

/// How villages stand, all on one page: only those that somebody has planned, reported,
/// measured or disputed.
#[utoipa::path(get, path = "/api/v1/villages/marks", tag = "villages", params(Wanted),
    responses((status = 200, body = Marks)))]
async fn list(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Query(wanted): Query<Wanted>,
) -> Result<axum::Json<Marks>, Problem> {
    let times = Times {
        then: wanted.then,
        known: wanted.known,
    };
    let within = wanted.within.as_ref();
    let mut read = hall.db().read().await?;
    let mut said = stand::said_of(&mut read, within, times.moment(&hall)).await?;
    let (at_us, points) = stand::of_points(&hall, &mut read, within, times).await?;
    drop(read);
    let mut points = stand::by_village(&points);
    let mut items = Vec::new();
    for village in room.register().villages() {
        let code = &village.code;
        let lies = within.is_none_or(|within| within.contains(code));
        if !lies || !who.may(Permission::VillagesRead, &villages::place(code)) {
            continue;
        }
        let of = said.remove(code).unwrap_or_default();
        let stand = stand::stand(&of, &points.remove(code).unwrap_or_default())?;
        let disputed = of.disputes > 0;
        if !stand.is_blank() || disputed {
            items.push(Mark {
                code: code.clone(),
                stand: stand.into(),
                disputed,
            });
        }
    }
    Ok(axum::Json(Marks { at_us, items }))
}
