//! The same request twice, with one effect.
//!
//! A client on a bad link does not know whether its request arrived, and sends it
//! again under the same `Idempotency-Key`. The answer is kept in the transaction
//! of the effect: either both are there or neither, whenever the power fails. A
//! repeated request gets the kept answer; another request under the same key is
//! refused. Keys belong to a person and are kept for [`KEPT`].
//!
//! ```ignore
//! async fn add(State(hall): State<Hall>, who: Who, Keyed { body, once }: Keyed<New>)
//!     -> Result<Response, Problem>
//! {
//!     let mut tx = hall.db().write().await?;
//!     if let Some(answer) = once.replay(&mut tx, hall.now()).await? {
//!         return Ok(answer);
//!     }
//!     // … the effect …
//!     let answer = once.created(&mut tx, hall.now(), &location, &view).await?;
//!     tx.commit().await?;
//!     Ok(answer)
//! }
//! ```

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use axum::response::Response;
use base::id::{Id, Person};
use base::now::Now;
use http::{HeaderMap, HeaderValue};
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::Tx;

use crate::Hall;
use crate::guard::Who;
use crate::problem::{self, Json, Problem};
use crate::sql::idempotency::{self as rows, AnswerRow};

/// The header that carries the key.
pub const HEADER: &str = "idempotency-key";

/// So long a key is remembered: a weekend without a link.
pub const KEPT: Duration = Duration::from_secs(3 * 24 * 3600);

/// Longest key.
const KEY_MAX: usize = 128;

/// Status of a kept answer that must not be given twice: it held a secret.
const ONCE_ONLY: i64 = 0;

/// A JSON body, and what makes its request the same as an earlier one.
#[derive(Debug)]
pub struct Keyed<T> {
    /// The body.
    pub body: T,
    /// Whether it was here before.
    pub once: Once,
}

/// What makes a request the same as an earlier one. Without a key it never is.
#[derive(Debug)]
pub struct Once {
    person: Id<Person>,
    key: Option<String>,
    request: String,
    body_mac: Vec<u8>,
}

impl<T, S> FromRequest<S> for Keyed<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let who = request
            .extensions()
            .get::<Who>()
            .cloned()
            .ok_or_else(|| Problem::bug("a keyed request on a route without a guard"))?;
        let hall = request
            .extensions()
            .get::<Hall>()
            .cloned()
            .ok_or_else(|| Problem::bug("a keyed request on a router that was not sealed"))?;
        let key = key(request.headers())?;
        let line = format!(
            "{} {}",
            request.method(),
            request
                .uri()
                .path_and_query()
                .map_or("", http::uri::PathAndQuery::as_str)
        );
        let (parts, body) = request.into_parts();
        let limited = Request::from_parts(parts.clone(), body);
        let bytes = Bytes::from_request(limited, state)
            .await
            .map_err(|rejection| Problem::from(JsonRejection::from(rejection)))?;
        // Keyed, since a body may hold a password, and a plain hash of one can be
        // guessed from a stolen copy.
        let body_mac = hall
            .vault()
            .blind_index("hall_idempotency", "body_mac", &bytes)
            .ok_or_else(|| Problem::bug("the vault has no key"))?;
        let again = Request::from_parts(parts, Body::from(bytes));
        let Json(body) = Json::<T>::from_request(again, state).await?;
        Ok(Self {
            body,
            once: Once {
                person: who.person(),
                key,
                request: line,
                body_mac,
            },
        })
    }
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(HEADER) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    if text.is_empty() || text.len() > KEY_MAX || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Problem::invalid("form", "A header cannot stand.").field(
            HEADER,
            format!("1 to {KEY_MAX} visible ASCII characters without blanks"),
        ));
    }
    Ok(Some(text.to_owned()))
}

impl Once {
    /// The answer that the same request got before, if it was here.
    ///
    /// # Errors
    /// `idempotency` if another request used the key; `once-only` if the
    /// answer was a secret, which is shown once.
    pub async fn replay(&self, tx: &mut Tx, now: Now) -> Result<Option<Response>, Problem> {
        let Some(key) = &self.key else {
            return Ok(None);
        };
        rows::forget_before(tx, now.wall - KEPT).await?;
        let Some(row) = rows::find(tx, self.person, key).await? else {
            return Ok(None);
        };
        if row.request != self.request || row.body_mac != self.body_mac {
            return Err(Problem::conflict(
                "idempotency",
                "Another request was made under this key.",
            ));
        }
        if row.status == ONCE_ONLY {
            return Err(Problem::conflict(
                "once-only",
                format!(
                    "This was done, and its answer was a secret that is shown once: {}",
                    row.location.unwrap_or_default()
                ),
            ));
        }
        let mut answer = problem::answered(row.status, row.location.as_deref(), row.body)?;
        answer
            .headers_mut()
            .insert("idempotency-replayed", HeaderValue::from_static("true"));
        Ok(Some(answer))
    }

    /// `201` with the place and the thing, kept for whoever asks again.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn created(
        &self,
        tx: &mut Tx,
        now: Now,
        location: &str,
        thing: &impl Serialize,
    ) -> Result<Response, Problem> {
        let body = json(thing)?;
        self.keep(tx, now, problem::CREATED, Some(location), &body)
            .await?;
        problem::answered(problem::CREATED, Some(location), body)
    }

    /// `202` with what was begun, kept for whoever asks again.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn accepted(
        &self,
        tx: &mut Tx,
        now: Now,
        begun: &impl Serialize,
    ) -> Result<Response, Problem> {
        let body = json(begun)?;
        self.keep(tx, now, problem::ACCEPTED, None, &body).await?;
        problem::answered(problem::ACCEPTED, None, body)
    }

    /// The same for an answer with a secret: only that it was given is kept.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn created_secret(
        &self,
        tx: &mut Tx,
        now: Now,
        location: &str,
        thing: &impl Serialize,
    ) -> Result<Response, Problem> {
        self.keep(tx, now, ONCE_ONLY, Some(location), "").await?;
        problem::answered(problem::CREATED, Some(location), json(thing)?)
    }

    async fn keep(
        &self,
        tx: &mut Tx,
        now: Now,
        status: i64,
        location: Option<&str>,
        body: &str,
    ) -> Result<(), Problem> {
        let Some(key) = &self.key else {
            return Ok(());
        };
        let row = AnswerRow {
            request: self.request.clone(),
            body_mac: self.body_mac.clone(),
            status,
            location: location.map(str::to_owned),
            body: body.to_owned(),
        };
        Ok(rows::keep(tx, self.person, key, &row, now.wall).await?)
    }
}

fn json(thing: &impl Serialize) -> Result<String, Problem> {
    serde_json::to_string(thing)
        .map_err(|error| Problem::bug(format!("an answer cannot be written: {error}")))
}

#[cfg(test)]
mod tests {
    use base::now::{Mono, Wall};
    use http::StatusCode;
    use store::Db;

    use super::*;
    use crate::schema::SCHEMA;

    fn once(key: Option<&str>, body: &[u8]) -> Once {
        Once {
            person: Id::from_bytes([1; 16]),
            key: key.map(str::to_owned),
            request: "POST /api/v1/things".to_owned(),
            body_mac: body.to_vec(),
        }
    }

    fn at(hours: u64) -> Now {
        Now {
            mono: Mono::from_us(0),
            wall: Wall::from_us(1_700_000_000_000_000),
        }
        .later(Duration::from_secs(hours * 3600))
    }

    async fn body(answer: Response) -> String {
        let bytes = axum::body::to_bytes(answer.into_body(), 1000)
            .await
            .expect("a body");
        String::from_utf8(bytes.to_vec()).expect("text")
    }

    async fn kept(db: Db) {
        let mut tx = db.write().await.expect("a transaction");
        let first = once(Some("k1"), b"{}");
        assert!(
            first
                .replay(&mut tx, at(0))
                .await
                .expect("a look")
                .is_none()
        );
        first
            .created(
                &mut tx,
                at(0),
                "/api/v1/things/1",
                &serde_json::json!({"n": 1}),
            )
            .await
            .expect("an answer");
        let secret = once(Some("k2"), b"{}");
        secret
            .created_secret(&mut tx, at(0), "/api/v1/things/2", &"secret")
            .await
            .expect("an answer");
        tx.commit().await.expect("a commit");

        let mut tx = db.write().await.expect("a transaction");
        let again = once(Some("k1"), b"{}")
            .replay(&mut tx, at(1))
            .await
            .expect("a look")
            .expect("the kept answer");
        assert_eq!(again.status(), StatusCode::CREATED);
        assert_eq!(again.headers()["location"], "/api/v1/things/1");
        assert_eq!(again.headers()["idempotency-replayed"], "true");
        assert_eq!(body(again).await, "{\"n\":1}");
        assert!(
            once(Some("k1"), b"[]")
                .replay(&mut tx, at(1))
                .await
                .is_err()
        );
        assert!(
            once(Some("k2"), b"{}")
                .replay(&mut tx, at(1))
                .await
                .is_err()
        );
        for other in [once(None, b"{}"), once(Some("k3"), b"{}")] {
            assert!(
                other
                    .replay(&mut tx, at(1))
                    .await
                    .expect("a look")
                    .is_none()
            );
        }
        let late = once(Some("k1"), b"[]").replay(&mut tx, at(73)).await;
        assert!(late.expect("forgotten").is_none());
    }

    store::on_both_engines!(
        answers_are_kept_with_their_effect,
        &[SCHEMA],
        async |db: Db| {
            kept(db).await;
        }
    );

    #[test]
    fn keys_are_visible_ascii() {
        let read = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_static(text));
            key(&headers)
        };
        assert_eq!(read("a-1").ok(), Some(Some("a-1".to_owned())));
        assert!(read("").is_err());
        assert!(read("a b").is_err());
        assert_eq!(key(&HeaderMap::new()).ok(), Some(None));
    }
}
