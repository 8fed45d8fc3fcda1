//! What every request has, whoever answers it: an id, a limit of time, a count.
//!
//! The id stands in the answer (`x-request-id`), in the body of a failure and on
//! every line that is logged on the way, so what a person reads out over the
//! phone is found. It is always the house's own: one that a caller sends along
//! could be that of another request.

use std::fmt::Write as _;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tracing::Instrument as _;

use crate::Hall;
use crate::problem::{self, Problem};

/// So long an answer may take to begin. A probe waits for a camera, an import for
/// a large file; a stream has begun by then and goes on.
const ANSWER_MAX: Duration = Duration::from_secs(60);

/// So long where a file is the body, as it is: a list of a whole province may come over
/// a slow line.
const FILE_MAX: Duration = Duration::from_secs(3_600);

/// The header of the id.
const ID: HeaderName = HeaderName::from_static("x-request-id");

/// The noun of the ids of requests, which are never stored.
enum Asked {}

/// Surrounds everything else that a request meets, but for its [arrival].
///
/// [arrival]: crate::proxy::arrival
pub async fn surround(State(hall): State<Hall>, request: Request, next: Next) -> Response {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let limit = match kind.is_some_and(|kind| kind == "application/octet-stream") {
        true => FILE_MAX,
        false => ANSWER_MAX,
    };
    within(limit, hall, request, next).await
}

async fn within(limit: Duration, hall: Hall, request: Request, next: Next) -> Response {
    let id = printed(hall.mint::<Asked>().as_bytes());
    let instance = request.uri().path().to_owned();
    let span = tracing::info_span!("request", id, method = %request.method());
    let kind = kind(request.method());
    let began = hall.now().mono;
    let answered = tokio::time::timeout(limit, next.run(request).instrument(span.clone()));
    let mut response = answered.await.unwrap_or_else(|_| {
        span.in_scope(|| tracing::error!("a request took too long and was given up"));
        Problem::timeout().into_response()
    });
    let status = response.status().as_u16();
    let took = hall.now().mono.since(began);
    let took_ms = took.as_millis();
    span.in_scope(|| tracing::debug!(status, took_ms, "answered"));
    hall.metrics().add(
        "betang_requests_total",
        "Requests answered, by status.",
        &format!("status=\"{status}\""),
        1.0,
    );
    hall.metrics().observe(
        "betang_request_seconds",
        "From a request to the beginning of its answer.",
        kind,
        took,
    );
    response = problem::complete(response, &instance, &id);
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(ID, id);
    }
    response
}

/// Which kind of request: what only reads is asked far more often, and answered otherwise.
/// A method may be any word that a caller sends, and is none of the labels.
fn kind(method: &Method) -> &'static str {
    match method.is_safe() {
        true => "kind=\"read\"",
        false => "kind=\"write\"",
    }
}

fn printed(id: &[u8; 16]) -> String {
    id.iter().fold(String::with_capacity(32), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::{from_fn, from_fn_with_state};
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;
    use crate::schema::SCHEMA;

    async fn ask(app: &Router, path: &str) -> (Response, Option<String>) {
        let request = Request::builder().uri(path).body(Body::empty());
        let answer = app
            .clone()
            .oneshot(request.expect("a request"))
            .await
            .expect("infallible");
        let id = answer.headers().get(ID).cloned();
        (
            answer,
            id.and_then(|id| id.to_str().ok().map(str::to_owned)),
        )
    }

    #[tokio::test]
    async fn every_request_has_an_id_a_limit_and_a_count() {
        let base = store::test::sqlite();
        let db = store::test::open(&base, &[SCHEMA]).await;
        let (hall, _clock, _folder) = crate::hall::of_test(db).await;
        let app = Router::new()
            .route("/well", get(async || "well"))
            .route("/ill", get(async || Problem::no_route()))
            .layer(from_fn_with_state(hall.clone(), surround));
        let (_, first) = ask(&app, "/well").await;
        let (answer, second) = ask(&app, "/ill?code=secret").await;
        assert!(first.is_some() && second.is_some() && first != second);
        let body = axum::body::to_bytes(answer.into_body(), 1 << 16).await;
        let body: serde_json::Value = serde_json::from_slice(&body.expect("a body")).expect("JSON");
        assert_eq!(body["request_id"].as_str(), second.as_deref());
        assert_eq!(body["instance"], "/ill", "a query may hold a secret");

        let within = hall.clone();
        let app = Router::new()
            .route("/never", get(std::future::pending::<()>))
            .layer(from_fn(move |request, next| {
                within_of(within.clone(), request, next)
            }));
        let (answer, id) = ask(&app, "/never").await;
        assert_eq!(answer.status().as_u16(), 503);
        assert!(id.is_some());
        let page = hall.metrics().counted();
        for line in [
            "betang_requests_total{status=\"200\"} 1",
            "betang_requests_total{status=\"404\"} 1",
            "betang_requests_total{status=\"503\"} 1",
        ] {
            assert!(page.contains(line), "{page}");
        }
    }

    async fn within_of(hall: Hall, request: Request, next: Next) -> Response {
        within(Duration::ZERO, hall, request, next).await
    }
}
