//! `/api/v1/cameras/{camera}/incidents`: what somebody sees to be wrong on a picture.
//!
//! The incident is the hall's; which camera it is about, what that is called and where it
//! lies is this room's to say.

use axum::extract::State;
use axum::response::Response;
use base::id::{Blob, Id, Incident};
use hall::Hall;
use hall::guard::{Guarded as _, Permission, Who};
use hall::idempotency::Keyed;
use hall::incident::desk::{self, ByHand, Opened};
use hall::incident::{About, Severity, SeverityWord};
use hall::line;
use hall::problem::{Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cameras::find;
use crate::sql::camera::CameraRow;
use crate::sql::still;

pub(crate) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(open).guard(Permission::IncidentsWrite))
        .routes(routes!(link).guard(Permission::IncidentsWrite))
}

/// An incident that somebody has seen on a camera.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CameraIncidentForm, example = json!({
    "title": "Asap di simpang", "severity": "critical",
}))]
struct Form {
    /// What is wrong, in one sentence.
    title: String,
    /// How bad it is.
    #[schema(value_type = SeverityWord)]
    severity: Severity,
    /// What else there is to say.
    #[serde(default)]
    note: Option<String>,
    /// A still of this camera that somebody has kept.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    still: Option<Id<Blob>>,
}

/// Nothing more has to be said.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = CameraIncidentLink)]
struct Nothing {}

/// Opens an incident about a camera, perhaps from a still of it.
#[utoipa::path(post, path = "/api/v1/cameras/{camera}/incidents", tag = "incidents",
    request_body = Form,
    params(("camera" = String, Path, description = "id or short name"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = Opened), (status = 404), (status = 422)))]
async fn open(
    State(hall): State<Hall>,
    who: Who,
    Path(name): Path<String>,
    Keyed { body, once }: Keyed<Form>,
) -> Result<Response, Problem> {
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, hall.now()).await? {
        return Ok(answer);
    }
    let camera = find(&mut tx, &who, Permission::CamerasRead, &name).await?;
    if let Some(kept) = body.still
        && still::of(&mut tx, camera.id, kept).await?.is_none()
    {
        return Err(line::refuse("still", "is none of this camera"));
    }
    let it = ByHand {
        title: body.title,
        severity: body.severity,
        note: body.note,
        point: camera.point,
        still: body.still,
        about: vec![about(camera)],
    };
    let opened = desk::open(&hall, &mut tx, &who, it).await?;
    let location = format!("/api/v1/incidents/{}", opened.id);
    let answer = once
        .created(&mut tx, hall.now(), &location, &opened)
        .await?;
    tx.commit().await?;
    Ok(answer)
}

/// Says that an incident is about a camera too.
#[utoipa::path(post, path = "/api/v1/cameras/{camera}/incidents/{incident}", tag = "incidents",
    request_body = Nothing,
    params(("camera" = String, Path, description = "id or short name"),
        ("incident" = String, Path, description = "`inc_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = Opened), (status = 404), (status = 409)))]
async fn link(
    State(hall): State<Hall>,
    who: Who,
    Path((name, incident)): Path<(String, Id<Incident>)>,
    Keyed {
        body: Nothing {},
        once,
    }: Keyed<Nothing>,
) -> Result<Response, Problem> {
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, hall.now()).await? {
        return Ok(answer);
    }
    let camera = find(&mut tx, &who, Permission::CamerasRead, &name).await?;
    let linked = desk::link(&hall, &mut tx, &who, incident, about(camera)).await?;
    let location = format!("/api/v1/incidents/{incident}");
    let answer = once
        .created(&mut tx, hall.now(), &location, &linked)
        .await?;
    tx.commit().await?;
    Ok(answer)
}

fn about(camera: CameraRow) -> About {
    let place = camera.place();
    About::camera(camera.id, camera.name, place)
}
