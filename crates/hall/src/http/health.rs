//! `/healthz`, `/readyz`, `/metrics`: for those who watch the watcher.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use store::params;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Hall;
use crate::guard::{Guarded as _, Permission};
use crate::problem::Problem;

pub(crate) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(alive).open("whoever restarts the house is nobody"))
        .routes(routes!(ready).open("whoever sends it traffic is nobody"))
        .routes(routes!(metrics).guard(Permission::MetricsRead))
}

/// Whether the process answers.
#[utoipa::path(get, path = "/healthz", tag = "house",
    responses((status = 200, content_type = "text/plain", body = String)))]
async fn alive() -> &'static str {
    "ok\n"
}

/// Whether it can do its work: the database answers.
#[utoipa::path(get, path = "/readyz", tag = "house",
    responses((status = 200, content_type = "text/plain", body = String), (status = 503)))]
async fn ready(State(hall): State<Hall>) -> Result<&'static str, Problem> {
    let mut read = hall.db().read().await?;
    read.one("SELECT COUNT(*) AS steps FROM store_migration", params![])
        .await?;
    Ok("ready\n")
}

/// What the house measures of itself, in the text format of Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "house",
    responses((status = 200, content_type = "text/plain", body = String)))]
async fn metrics(State(hall): State<Hall>) -> Response {
    (
        [("content-type", "text/plain; version=0.0.4")],
        hall.metrics().page(),
    )
        .into_response()
}
