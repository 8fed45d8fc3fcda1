//! `/healthz`, `/readyz`, `/metrics`: for those who watch the watcher.

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use store::params;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Hall;
use crate::guard::{Guarded as _, Permission};
use crate::problem::Problem;
use crate::session::Arrival;

pub(crate) fn routes() -> OpenApiRouter<Hall> {
    let (schemas, paths, guarded) = routes!(metrics).guard(Permission::MetricsRead);
    OpenApiRouter::new()
        .routes(routes!(alive).open("whoever restarts the house is nobody"))
        .routes(routes!(ready).open("whoever sends it traffic is nobody"))
        .routes((schemas, paths, guarded.layer(from_fn(at_hand))))
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

/// What the house measures of itself, in the text format of Prometheus. On the
/// machine itself no credentials are asked for.
#[utoipa::path(get, path = "/metrics", tag = "house",
    responses((status = 200, content_type = "text/plain", body = String)))]
async fn metrics(State(hall): State<Hall>) -> Response {
    page(&hall).await
}

async fn page(hall: &Hall) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    (kind, hall.metrics().page(hall).await).into_response()
}

/// Lets a collector on the same machine read without a token. Stands before the
/// guard, which answers everybody else, and whoever says who he is.
async fn at_hand(Extension(hall): Extension<Hall>, request: Request, next: Next) -> Response {
    let arrival = Arrival::of(request.extensions());
    if is_at_hand(arrival, request.headers()) {
        page(&hall).await
    } else {
        next.run(request).await
    }
}

/// A loopback address is the machine's own only if nobody stands before the
/// house: a proxy there that is not named in the configuration would make
/// everybody look like that.
fn is_at_hand(arrival: Arrival, headers: &HeaderMap) -> bool {
    let passed_on = [
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-real-ip",
        "via",
    ];
    let says_who = [header::AUTHORIZATION, header::COOKIE];
    arrival.address.is_some_and(|address| address.is_loopback())
        && !passed_on.iter().any(|name| headers.contains_key(*name))
        && !says_who.iter().any(|name| headers.contains_key(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_machine_itself_needs_no_token() {
        let from = |address: &str, headers: &[(&'static str, &str)]| {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.insert(*name, value.parse().expect("a value"));
            }
            let arrival = Arrival {
                address: address.parse().ok(),
                ..Arrival::default()
            };
            is_at_hand(arrival, &map)
        };
        assert!(from("127.0.0.1", &[]));
        assert!(from("::1", &[]));
        assert!(!from("10.0.0.9", &[]));
        assert!(!from("unknown", &[]));
        assert!(!from("127.0.0.1", &[("x-forwarded-for", "10.0.0.9")]));
        assert!(!from("127.0.0.1", &[("forwarded", "for=127.0.0.1")]));
        assert!(!from("127.0.0.1", &[("authorization", "Bearer x")]));
    }
}
