//! `/api/v1/live`: the stream of events of one tab.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Hall;
use crate::guard::{Guarded as _, Permission, Via, Who};
use crate::live::{Numbered, Start};
use crate::problem::Problem;
use crate::session::{self, Revoked};
use crate::sql::{session as session_rows, token as token_rows};

/// How often a quiet stream says that it is there: proxies end what is silent
/// for a minute.
const COMMENT_EVERY: Duration = Duration::from_secs(15);

/// Events that may wait for one tab. Policy: the task waits, and a tab that stays
/// behind for as many as the hall keeps is told `reset`.
const WAITING: usize = 64;

/// How late the end of a grant may be seen by a stream on which nothing happens.
const LOOK_EVERY: Duration = Duration::from_secs(30);

pub(crate) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new().routes(routes!(listen).guard(Permission::AreasRead))
}

/// One event of the stream, field by field as `text/event-stream` has them.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what axum writes")]
struct Told {
    /// Its topic, or `reset`.
    event: String,
    /// JSON.
    data: String,
    /// What to send as `Last-Event-ID`.
    id: Option<String>,
}

/// What changes, as it changes. Events are named after their topic; `reset` asks
/// to load everything anew. `Last-Event-ID` goes on where a lost line ended.
#[utoipa::path(get, path = "/api/v1/live", tag = "live",
    responses((status = 200, content_type = "text/event-stream", body = Told),
        (status = 429)))]
async fn listen(
    State(hall): State<Hall>,
    who: Who,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    // Before the login is looked at once more: a revocation between the guard and
    // here is seen by one of the two.
    let revoked = hall.revoked();
    if !still(&hall, &who).await? {
        return Err(Problem::unauthenticated("The login has just been changed."));
    }
    let seat = hall.live().seat(who.login()).ok_or_else(|| {
        Problem::exhausted("exhausted", "This login has too many streams open.").retry_after_s(15)
    })?;
    let last = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok())
        .map(str::to_owned);
    let (tell, hears) = mpsc::channel(WAITING);
    let stream = Stream {
        hall: hall.clone(),
        who,
        tell,
    };
    hall.tasks().spawn("hall.live", async move {
        stream.run(last.as_deref(), revoked).await;
        drop(seat);
    });
    let events =
        Sse::new(ReceiverStream::new(hears)).keep_alive(KeepAlive::new().interval(COMMENT_EVERY));
    // nginx and its kin hold a stream back unless they are asked not to.
    let headers = [("x-accel-buffering", "no"), ("cache-control", "no-store")];
    Ok((headers, events).into_response())
}

/// Whether the login counts, with the rights that the guard saw.
async fn still(hall: &Hall, who: &Who) -> Result<bool, Problem> {
    let mut read = hall.db().read().await?;
    let counts = match who.via() {
        Via::Session(id) => session_rows::by_id(&mut read, id).await?.is_some(),
        Via::Token(id) => token_rows::by_id(&mut read, id).await?.is_some(),
    };
    let held = session::held(&mut read, who.person(), hall.now().wall).await?;
    let grants = match who.via() {
        Via::Session(_) => crate::emergency::giving(held, who.person()),
        Via::Token(_) => held,
    };
    Ok(counts && grants == who.grants())
}

/// One tab that listens.
struct Stream {
    hall: Hall,
    who: Who,
    tell: mpsc::Sender<Result<SseEvent, Infallible>>,
}

impl Stream {
    /// Tells until there is a reason not to. A tab that reads slowly holds up the
    /// telling and none of the reasons.
    async fn run(&self, last: Option<&str>, revoked: Receiver<Revoked>) {
        tokio::select! {
            biased;
            () = self.hall.tasks().soft().cancelled() => {}
            () = self.tell.closed() => {}
            () = self.revoked(revoked) => {}
            () = self.over() => {}
            () = self.follow(last) => {}
        }
    }

    /// Returns when the login is over or its rights have changed. One that missed
    /// some takes itself for revoked; the tab comes back by itself.
    async fn revoked(&self, mut revoked: Receiver<Revoked>) {
        while let Ok(revoked) = revoked.recv().await {
            if revoked.login == self.who.login() {
                return;
            }
        }
    }

    /// Returns when the credentials or a grant end by themselves. The wall clock
    /// may be set meanwhile, so it is looked at again and again.
    async fn over(&self) {
        while !self.is_over() {
            let left = self.who.ends().map_or(LOOK_EVERY, |end| {
                end.since(self.hall.now().wall)
                    .clamp(Duration::from_millis(1), LOOK_EVERY)
            });
            tokio::time::sleep(left).await;
        }
    }

    fn is_over(&self) -> bool {
        let now = self.hall.now().wall;
        self.who.ends().is_some_and(|end| end <= now)
    }

    async fn follow(&self, last: Option<&str>) {
        let (start, mut events) = self.hall.live().listen(last);
        let going = match start {
            Start::Reset(newest) => self.reset(newest).await,
            Start::Missed(missed) => {
                let mut going = true;
                for event in missed {
                    going = going && self.pass(&event).await;
                }
                going
            }
        };
        if !going {
            return;
        }
        loop {
            let going = match events.recv().await {
                Ok(event) => self.pass(&event).await,
                // What was kept of the past is older than what the tab will load
                // now, so it goes on from here.
                Err(RecvError::Lagged(_)) => {
                    let (start, from_now) = self.hall.live().listen(None);
                    events = from_now;
                    match start {
                        Start::Reset(newest) => self.reset(newest).await,
                        Start::Missed(_) => true,
                    }
                }
                Err(RecvError::Closed) => false,
            };
            if !going {
                return;
            }
        }
    }

    /// Whether the tab is still there, and still may listen.
    async fn pass(&self, numbered: &Numbered) -> bool {
        let event = &numbered.event;
        if self.is_over() {
            return false;
        }
        let mut places = numbered.places();
        if !places.any(|place| self.who.may(event.permission, place)) {
            return true;
        }
        self.send(
            SseEvent::default()
                .event(event.topic)
                .id(self.hall.live().id(numbered.number))
                .data(event.data.to_string()),
        )
        .await
    }

    async fn reset(&self, newest: Option<u64>) -> bool {
        let reset = SseEvent::default().event("reset").data("{}");
        self.send(match newest {
            Some(number) => reset.id(self.hall.live().id(number)),
            None => reset,
        })
        .await
    }

    async fn send(&self, event: SseEvent) -> bool {
        self.tell.send(Ok(event)).await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::{Body, BodyDataStream};
    use axum::extract::Request;
    use base::redact::Secret;
    use futures::StreamExt as _;
    use serde_json::json;
    use tower::ServiceExt as _;

    use super::*;
    use crate::clock::Clock;
    use crate::guard::{Place, seal};
    use crate::live::{Event, KEPT};
    use crate::schema::SCHEMA;
    use crate::staff;

    const PASSWORD: &str = "jembatan kahayan";

    struct House {
        hall: Hall,
        clock: Clock,
        app: Router,
        _store: store::test::House,
        _folder: tempfile::TempDir,
    }

    /// A stream, read event by event.
    struct Tab {
        body: BodyDataStream,
        text: String,
    }

    impl House {
        async fn new() -> (Self, String) {
            let base = store::test::sqlite();
            let db = store::test::open(&base, &[SCHEMA]).await;
            let (hall, clock, folder) = crate::hall::of_test(db).await;
            let now = hall.now().wall;
            crate::areas::seed(hall.db(), now).await.expect("areas");
            let password = Some(Secret::new(PASSWORD.to_owned()));
            staff::first_admin(&hall, password).await.expect("an admin");
            let (router, _) = seal(crate::http::routes(), &hall).expect("all is guarded");
            let house = Self {
                app: router.with_state(hall.clone()),
                hall,
                clock,
                _store: base,
                _folder: folder,
            };
            let cookie = house.log_in("admin").await;
            (house, cookie)
        }

        async fn ask(&self, request: axum::http::request::Builder, body: Body) -> Response {
            let request: Request = request.body(body).expect("a request");
            self.app.clone().oneshot(request).await.expect("infallible")
        }

        async fn post(&self, cookie: &str, path: &str, body: serde_json::Value) -> Response {
            let request = Request::post(path)
                .header("cookie", cookie)
                .header("content-type", "application/json");
            self.ask(request, Body::from(body.to_string())).await
        }

        async fn log_in(&self, username: &str) -> String {
            let form = json!({ "username": username, "password": PASSWORD });
            let answer = self.post("", "/api/v1/session", form).await;
            assert_eq!(answer.status().as_u16(), 200);
            let cookie = answer.headers()["set-cookie"].to_str().expect("text");
            cookie.split(';').next().expect("a pair").to_owned()
        }

        async fn tab(&self, cookie: &str, last: Option<&str>) -> Tab {
            let mut request = Request::get("/api/v1/live").header("cookie", cookie);
            if let Some(last) = last {
                request = request.header("last-event-id", last);
            }
            let answer = self.ask(request, Body::empty()).await;
            assert_eq!(answer.status().as_u16(), 200);
            assert_eq!(answer.headers()["content-type"], "text/event-stream");
            Tab {
                body: answer.into_body().into_data_stream(),
                text: String::new(),
            }
        }

        fn tell(&self, area: &str, n: usize) {
            self.hall.live().publish(Event {
                topic: "camera",
                permission: Permission::CamerasRead,
                place: Place::new(area.parse().ok(), None),
                data: json!({ "n": n }),
            });
        }
    }

    impl Tab {
        /// The next event as `event id data`; none when the stream has ended.
        async fn next(&mut self) -> Option<String> {
            while !self.text.contains("\n\n") {
                let bytes = self.body.next().await?.expect("the stream goes on");
                self.text
                    .push_str(std::str::from_utf8(&bytes).expect("text"));
            }
            let (event, rest) = self.text.split_once("\n\n").expect("it is there");
            let mut parts = ["", "", ""];
            for line in event.lines() {
                let (field, value) = line.split_once(": ").unwrap_or((line, ""));
                if let Some(i) = ["event", "id", "data"]
                    .iter()
                    .position(|name| *name == field)
                {
                    parts[i] = value;
                }
            }
            let event = parts.join(" ");
            self.text = rest.to_owned();
            Some(event)
        }
    }

    /// A guard against hanging; nothing waits for it to pass.
    async fn within<T>(work: impl Future<Output = T>) -> T {
        tokio::time::timeout(Duration::from_secs(60), work)
            .await
            .expect("it comes to an end")
    }

    #[tokio::test]
    async fn a_tab_goes_on_where_its_line_was_lost() {
        let (house, admin) = House::new().await;
        let id = |n| house.hall.live().id(n);
        let mut new = house.tab(&admin, None).await;
        assert_eq!(within(new.next()).await.expect("a reset"), "reset  {}");
        for n in 0..4 {
            house.tell("62.01", n);
        }
        let first = within(new.next()).await.expect("an event");
        assert_eq!(first, format!("camera {} {{\"n\":0}}", id(0)));
        let mut back = house.tab(&admin, Some(&id(1))).await;
        for n in [2, 3] {
            let event = within(back.next()).await.expect("what it missed");
            assert_eq!(event, format!("camera {} {{\"n\":{n}}}", id(n)));
        }
        let mut lost = house.tab(&admin, Some("7-1")).await;
        let reset = within(lost.next()).await.expect("a reset");
        assert_eq!(reset, format!("reset {} {{}}", id(3)), "of another life");
        assert_eq!(house.hall.live().listeners(), 3);
    }

    #[tokio::test]
    async fn a_tab_hears_of_its_own_places_only_and_until_its_rights_end() {
        let (house, admin) = House::new().await;
        let end = house.hall.now().wall + Duration::from_secs(3600);
        let form = json!({
            "name": "Operator", "username": "operator", "password": PASSWORD,
            "grants": [{ "role": "operator", "area": "62.01", "to_us": end }],
        });
        let added = house.post(&admin, "/api/v1/staff", form).await;
        assert_eq!(added.status().as_u16(), 201);
        let cookie = house.log_in("operator").await;
        let mut tab = house.tab(&cookie, None).await;
        within(tab.next()).await.expect("a reset");
        house.tell("62.02", 0);
        house.tell("62", 1);
        house.tell("62.01", 2);
        let heard = within(tab.next()).await.expect("an event");
        assert!(heard.ends_with("{\"n\":2}"), "{heard}");
        house.clock.turn(Duration::from_secs(3600));
        house.tell("62.01", 3);
        assert_eq!(within(tab.next()).await, None, "the grant is over");
    }

    #[tokio::test]
    async fn a_revoked_login_hears_nothing_more_even_if_it_reads_nothing() {
        let (house, admin) = House::new().await;
        let mut reads = house.tab(&admin, None).await;
        within(reads.next()).await.expect("a reset");
        let sleeps = house.tab(&admin, None).await;
        for n in 0..=WAITING {
            house.tell("62.01", n);
        }
        let request = Request::delete("/api/v1/session").header("cookie", &admin);
        let answer = house.ask(request, Body::empty()).await;
        assert_eq!(answer.status().as_u16(), 204);
        while within(reads.next()).await.is_some() {}
        let mut left = sleeps;
        while within(left.next()).await.is_some() {}
        let request = Request::get("/api/v1/live").header("cookie", &admin);
        let answer = house.ask(request, Body::empty()).await;
        assert_eq!(answer.status().as_u16(), 401);
        assert!(house.hall.tasks().shutdown(Duration::from_secs(60)).await);
        assert_eq!(house.hall.live().listeners(), 0);
    }

    #[tokio::test]
    async fn a_slow_tab_is_told_to_begin_anew_and_misses_nothing_after_that() {
        let (house, admin) = House::new().await;
        let mut tab = house.tab(&admin, None).await;
        within(tab.next()).await.expect("a reset");
        // On one thread nobody takes these before the next await.
        for n in 0..KEPT + 10 {
            house.tell("62.01", n);
        }
        let newest = house.hall.live().id(KEPT as u64 + 9);
        let reset = within(tab.next()).await.expect("a reset");
        assert_eq!(reset, format!("reset {newest} {{}}"));
        house.tell("62.01", 7);
        let event = within(tab.next()).await.expect("the next");
        assert!(event.ends_with("{\"n\":7}"), "{event}");
    }

    #[tokio::test]
    async fn streams_end_with_the_house() {
        let (house, admin) = House::new().await;
        let mut tab = house.tab(&admin, None).await;
        within(tab.next()).await.expect("a reset");
        assert!(house.hall.tasks().shutdown(Duration::from_secs(60)).await);
        assert_eq!(within(tab.next()).await, None);
    }
}
