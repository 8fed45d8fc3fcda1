//! `/api/v1/points/{id}/site`: which site's box stands at a point, as whoever has
//! brought it there says by the code on its paper.

use axum::extract::State;
use axum::response::Response;
use base::id::{Id, Point};
use base::redact::Secret;
use hall::audit::{self, Act};
use hall::enrol::code::CodeError;
use hall::guard::{Guarded as _, Permission, Who};
use hall::idempotency::Keyed;
use hall::problem::{Path, Problem};
use hall::session::Arrival;
use hall::{Hall, enrol, line};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::points::{PointView, alone, changed, one};
use super::steps::mine;
use crate::sql::point::{self, PointRow};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new().routes(routes!(claim).guard(Permission::PointsStep))
}

/// The code that came with a box.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PointCode, example = json!({ "code": "7QK2-9MXD-4" }))]
struct CodeForm {
    /// The short form that is typed, or the long one of the QR, without the address in
    /// front of it and the key of the house behind it.
    #[schema(value_type = String)]
    code: Secret<String>,
}

/// Says which site's box stands at a point, by the code that came with the box. It is
/// not used up by this: the box itself still needs it.
#[utoipa::path(post, path = "/api/v1/points/{id}/site", tag = "points",
    request_body = CodeForm,
    params(("id" = String, Path, description = "`pnt_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = PointView), (status = 403), (status = 404), (status = 409),
        (status = 422), (status = 429)))]
async fn claim(
    State(hall): State<Hall>,
    who: Who,
    arrival: Arrival,
    Path(id): Path<Id<Point>>,
    Keyed { body, once }: Keyed<CodeForm>,
) -> Result<Response, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, now).await? {
        return Ok(answer);
    }
    let old = mine(&mut tx, &who, id).await?;
    let code = body.code.expose().parse();
    let code = code.map_err(|error: CodeError| line::refuse("code", error.to_string()))?;
    let site = enrol::site_of(&hall, &mut tx, &who, arrival, &code).await?;
    if old.site.is_some_and(|other| other != site) {
        return Err(Problem::conflict(
            "point-box",
            "The box of another site stands at this point; the office says which one it is.",
        ));
    }
    alone(&mut tx, site, id).await?;
    let row = PointRow {
        site: Some(site),
        changed: now.wall,
        ..old.clone()
    };
    if old.site.is_none() {
        point::put(&mut tx, &row).await?;
        changed(&hall, &mut tx, &row).await?;
        let act = Act {
            verb: "point.claimed",
            subject: id.to_string(),
            detail: json!({ "site": site }),
        };
        audit::record(&mut tx, now, &who, act).await?;
    }
    let location = format!("/api/v1/points/{id}");
    let view = one(&hall, &mut tx, &who, row).await?;
    let answer = once.created(&mut tx, now, &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}
