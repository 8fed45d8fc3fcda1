//! `/api/v1/live`: the stream of events of one tab.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Hall;
use crate::guard::{Guarded as _, Permission, Who};
use crate::live::{Numbered, Start};

/// How often a quiet stream says that it is there: proxies end what is silent
/// for a minute.
const COMMENT_EVERY: Duration = Duration::from_secs(15);

/// Events that may wait for one tab. Policy: the task waits, and a tab that stays
/// behind for as many as the hall keeps is told `reset`.
const WAITING: usize = 64;

pub(crate) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new().routes(routes!(listen).guard(Permission::AreasRead))
}

/// What changes, as it changes. Events are named after their topic; `reset` asks
/// to load everything anew. `Last-Event-ID` goes on where a lost line ended.
#[utoipa::path(get, path = "/api/v1/live", tag = "live",
    responses((status = 200, content_type = "text/event-stream", body = String)))]
async fn listen(State(hall): State<Hall>, who: Who, headers: HeaderMap) -> Response {
    let last = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok())
        .map(str::to_owned);
    let (tell, hears) = mpsc::channel::<Result<SseEvent, Infallible>>(WAITING);
    let task = follow(hall.clone(), who, last, tell);
    hall.tasks().spawn("hall.live", task);
    let stream =
        Sse::new(ReceiverStream::new(hears)).keep_alive(KeepAlive::new().interval(COMMENT_EVERY));
    // nginx and its kin hold a stream back unless they are asked not to.
    (
        [("x-accel-buffering", "no"), ("cache-control", "no-store")],
        stream,
    )
        .into_response()
}

async fn follow(
    hall: Hall,
    who: Who,
    last: Option<String>,
    tell: mpsc::Sender<Result<SseEvent, Infallible>>,
) {
    let mut revoked = hall.revoked();
    let (start, mut events) = hall.live().listen(last.as_deref());
    let stop = hall.tasks().soft().clone();
    let first = match start {
        Start::Missed(missed) => missed,
        Start::Reset => {
            if tell.send(Ok(reset())).await.is_err() {
                return;
            }
            Vec::new()
        }
    };
    for event in first {
        if !pass(&hall, &who, &event, &tell).await {
            return;
        }
    }
    loop {
        let goes_on = tokio::select! {
            biased;
            () = stop.cancelled() => false,
            () = tell.closed() => false,
            revoked = revoked.recv() => match revoked {
                Ok(revoked) => revoked.login != who.login(),
                Err(RecvError::Lagged(_) | RecvError::Closed) => false,
            },
            event = events.recv() => match event {
                Ok(event) => pass(&hall, &who, &event, &tell).await,
                Err(RecvError::Lagged(_)) => tell.send(Ok(reset())).await.is_ok(),
                Err(RecvError::Closed) => false,
            },
        };
        if !goes_on {
            return;
        }
        if who.ends().is_some_and(|end| end <= hall.now().wall) {
            return;
        }
    }
}

/// Whether the listener is still there.
async fn pass(
    hall: &Hall,
    who: &Who,
    numbered: &Arc<Numbered>,
    tell: &mpsc::Sender<Result<SseEvent, Infallible>>,
) -> bool {
    let event = &numbered.event;
    if !who.may(event.permission, &event.place) {
        return true;
    }
    let event = SseEvent::default()
        .event(event.topic)
        .id(hall.live().id(numbered.number))
        .data(event.data.to_string());
    tell.send(Ok(event)).await.is_ok()
}

fn reset() -> SseEvent {
    SseEvent::default().event("reset").data("{}")
}
